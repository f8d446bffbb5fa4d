// Generators, and the way from one to a kernel.
#include "playhead/tensor/random.h"

#include <atomic>
#include <random>

#include "playhead/tensor/kernels.h"
#include "playhead/tensor/philox.h"

namespace PH_PUBLIC ph {

Generator& default_generator() {
  static constinit std::atomic<std::uint64_t> streams{0};
  thread_local Generator generator(0, streams.fetch_add(1, std::memory_order_relaxed));
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

std::uint64_t seed() {
  std::random_device device;
  const std::uint64_t s = static_cast<std::uint64_t>(device()) << 32 | device();
  manual_seed(s);
  return s;
}

void fill_random(RandomCall call, Device device, Generator* generator) {
  const auto n = static_cast<std::uint64_t>(call.out.numel);
  if (n == 0) return;
  Generator& g = generator ? *generator : default_generator();
  call.place = g.reserve(philox::blocks(n, is_wide(call.distribution, call.out.dtype)));
  kernels(device).random(call);
}

}  // namespace ph
