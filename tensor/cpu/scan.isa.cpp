// Running sums: within a vector by doubling steps, then what came before is added, so that only one addition in
// eight waits for the one before. Written in the compiler's vector types: no loop of scalars becomes this by itself.
#include "playhead/tensor/cpu/scan_loops.h"
#include "playhead/tensor/math.h"

namespace ph::cpu::PH_ISA {
namespace {

using std::int64_t, std::uint64_t;

constexpr int64_t width = 8;
typedef double Doubles __attribute__((vector_size(64)));
typedef uint64_t Integers __attribute__((vector_size(64)));
typedef float Floats __attribute__((vector_size(32)));

// T: an element; S: a vector of them; A: the state; V: a vector of it.
template <class T, class S, class A, class V>
void scan(void* state_, const void* x_, void* y_, int64_t n) {
  const T* x = static_cast<const T*>(x_);
  T* y = static_cast<T*>(y_);
  A state = *static_cast<A*>(state_);
  const V zero = {};
  if (!y) {
    V lanes = zero;
    for (; n >= width; n -= width, x += width) {
      S s;
      __builtin_memcpy(&s, x, sizeof(S));
      lanes += __builtin_convertvector(s, V);
    }
    for (int64_t k = 0; k < width; ++k) state += static_cast<A>(lanes[k]);
  }
  for (; n >= width; n -= width, x += width, y += width) {
    S s;
    __builtin_memcpy(&s, x, sizeof(S));
    V v = __builtin_convertvector(s, V);
    v += __builtin_shufflevector(v, zero, 8, 0, 1, 2, 3, 4, 5, 6);
    v += __builtin_shufflevector(v, zero, 8, 9, 0, 1, 2, 3, 4, 5);
    v += __builtin_shufflevector(v, zero, 8, 9, 10, 11, 0, 1, 2, 3);
    const A all = v[width - 1];
    const V before = {state, state, state, state, state, state, state, state};
    v += before;
    s = __builtin_convertvector(v, S);
    __builtin_memcpy(y, &s, sizeof(S));
    state += all;
  }
  for (int64_t k = 0; k < n; ++k) {
    state += static_cast<A>(x[k]);
    if (y) y[k] = static_cast<T>(state);
  }
  *static_cast<A*>(state_) = state;
}

}  // namespace

SumLoop sum_loop(DType t) {
  switch (t) {
    case DType::float32: return scan<float, Floats, double, Doubles>;
    case DType::float64: return scan<double, Doubles, double, Doubles>;
    case DType::int64: case DType::uint64: return scan<uint64_t, Integers, uint64_t, Integers>;
    default: return nullptr;
  }
}

void exp_minus(double* x, int64_t n, double shift) {
  for (int64_t i = 0; i < n; ++i) x[i] = math::exp(x[i] - shift);
}
void log_plus(double* x, int64_t n, double shift) {
  for (int64_t i = 0; i < n; ++i) x[i] = math::log(x[i]) + shift;
}

}  // namespace ph::cpu::PH_ISA
