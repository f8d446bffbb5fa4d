// Generator: where random numbers come from, as a place in a counter-based stream. The same seed gives the same numbers on
// every device, for any number of threads and any SIMD width. The numbers themselves: philox.h. The ops: autograd/ops_random.h.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// All that a generator remembers; three integers to put into a checkpoint.
struct GeneratorState {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  ///< generators of one seed and different streams are independent
  std::uint64_t offset = 0;  ///< how far the stream was used, in blocks of 128 bits
  friend constexpr bool operator==(const GeneratorState&, const GeneratorState&) = default;
};

/// Not to be used by two threads at once.
class Generator {
 public:
  constexpr explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0) : state_{seed, stream, 0} {}
  constexpr const GeneratorState& state() const { return state_; }
  constexpr void set_state(const GeneratorState& s) { state_ = s; }
  /// Starts again, at the beginning of stream 0 of `seed`.
  constexpr void manual_seed(std::uint64_t seed) { state_ = {seed, 0, 0}; }
  /// Takes the next `blocks` blocks; returns where they begin.
  constexpr GeneratorState reserve(std::uint64_t blocks) {
    const GeneratorState s = state_;
    state_.offset += blocks;
    return s;
  }

 private:
  GeneratorState state_;
};

/// The calling thread's generator, which ops use when they are given none. It starts with seed 0, so that programs repeat;
/// each thread that draws has its own stream, numbered in the order in which they first did.
Generator& default_generator();
/// Seeds the calling thread's generator.
void manual_seed(std::uint64_t seed);
/// Seeds the calling thread's generator from the operating system, and returns the seed.
std::uint64_t seed();

enum class Distribution : std::uint8_t {
  uniform,    ///< floats in [a, b)
  normal,     ///< floats with mean a and standard deviation b
  integers,   ///< low + an integer in [0, range), which wraps around as the dtype does; range 0 stands for 2^64. Also as floats
  bernoulli,  ///< 1 with probability a, else 0, in any dtype
  exponential,  ///< floats: a times one of mean 1
  cauchy,       ///< floats: a + b tan(angle)
  log_normal,   ///< floats: e to a normal of mean a and standard deviation b
  geometric,    ///< 1, 2, … as floats or integers: an exponential of mean a, rounded up
};

/// What a backend's kernel is asked: to fill `out`, which is row-major. Complex numbers are asked for as pairs of reals.
struct RandomCall {
  Distribution distribution = Distribution::uniform;
  View out;
  double a = 0, b = 1;
  std::int64_t low = 0;
  std::uint64_t range = 0;
  GeneratorState place;
};

/// Whether numbers of this kind take 64 bits each rather than 32.
constexpr bool is_wide(Distribution d, DType t) {
  const bool by_dtype = d == Distribution::uniform || d == Distribution::normal;
  return by_dtype ? t == float64 : d != Distribution::bernoulli;
}

/// Places the call at the generator's next numbers (the thread's own if it is null) and runs the kernel.
void fill_random(RandomCall call, Device device, Generator* generator = nullptr);

}  // namespace ph
