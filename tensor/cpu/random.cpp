// Random numbers on the CPU: cut into pieces of whole groups, each computed from its place in the stream alone.
#include "playhead/tensor/random.h"

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/philox.h"

namespace ph::cpu {

PH_PER_ISA(void random(const RandomCall& c, std::int64_t begin, std::int64_t end))

namespace {
void random_kernel(const RandomCall& c) {
  const std::int64_t per_group = (is_wide(c.distribution, c.out.dtype) ? 2 : 4) * philox::lanes;
  parallel_for((c.out.numel - 1) / per_group + 1, 256, [&](std::int64_t begin, std::int64_t end) { PH_PICK_ISA(random)(c, begin, end); });
}
}  // namespace

void fill_random(Kernels& k) { k.random = random_kernel; }

}  // namespace ph::cpu
