// The rows of the elementwise table as CUDA kernels, one for each row, part and type, over dense operands. The texts are those
// of the CPU (tensor/elementwise_rows.h); which types a row covers is decided there too.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "playhead/tensor/elementwise_rows.h"
#include "playhead/tensor/elementwise_types.h"
#include "scalars.cuh"

namespace ph::cuda_backend {

constexpr int most_inputs = 5;

/// One launch. An operand with step 0 is one element for all.
struct Launch {
  void* out;
  const void* in[most_inputs];
  std::int64_t step[most_inputs];
  std::int64_t n;
  double params[2];
  cudaStream_t stream;
};
using Launcher = void (*)(const Launch&);

/// Four elements in flight per thread hide the memory's latency; neighbouring threads read neighbouring elements.
template <class F>
__global__ void each(F f, std::int64_t n) {
  constexpr int unroll = 4;
  const std::int64_t base = (blockIdx.x * static_cast<std::int64_t>(blockDim.x)) * unroll + threadIdx.x;
#pragma unroll
  for (int u = 0; u < unroll; ++u) {
    const std::int64_t i = base + static_cast<std::int64_t>(u) * blockDim.x;
    if (i < n) f(i);
  }
}
template <class F>
void launch_each(F f, std::int64_t n, cudaStream_t stream) {
  constexpr std::int64_t per_block = 4 * block_size;
  each<<<static_cast<unsigned>((n + per_block - 1) / per_block), block_size, 0, stream>>>(f, n);
}

template <Row R, class T, class S>
struct Value {
  using X = rows::Text<R, T>;
  using A = typename X::A;
  Launch l;
  typename X::P p0, p1;
  template <int k, class E>
  __device__ E at(std::int64_t i) const { return static_cast<const E*>(l.in[k])[i * l.step[k]]; }
  __device__ void operator()(std::int64_t i) const {
    using S0 = std::conditional_t<X::select, std::uint8_t, S>;
    using O = std::conditional_t<X::predicate, std::uint8_t, S>;
    O* out = static_cast<O*>(l.out);
    const A a = static_cast<A>(at<0, S0>(i));
    if constexpr (X::arity == 1) out[i] = static_cast<O>(X::value(a, p0, p1));
    else if constexpr (X::arity == 2) out[i] = static_cast<O>(X::value(a, static_cast<T>(at<1, S>(i)), p0, p1));
    else out[i] = static_cast<O>(X::value(a, static_cast<T>(at<1, S>(i)), static_cast<T>(at<2, S>(i)), p0, p1));
  }
};

template <Row R, Part Q, class T>
struct Grad {
  using X = rows::Text<R, T>;
  using A = typename X::A;
  using S0 = std::conditional_t<X::select, std::uint8_t, T>;
  static constexpr unsigned used = rows::uses<R, Q>;
  Launch l;
  typename X::P p0, p1;
  /// Operand number of the one with this bit: g, then those that are used.
  static constexpr int place(unsigned bit) {
    int k = 1;
    for (unsigned b = 1; b < bit; b *= 2) k += (used & b) != 0;
    return k;
  }
  template <unsigned bit, class E, class As>
  __device__ auto operand(std::int64_t i) const {
    if constexpr ((used & bit) != 0) return static_cast<As>(static_cast<const E*>(l.in[place(bit)])[i * l.step[place(bit)]]);
    else return rows::Unsaved{};
  }
  __device__ void operator()(std::int64_t i) const {
    const T g = static_cast<const T*>(l.in[0])[i * l.step[0]];
    const auto a = operand<1, S0, A>(i);
    const auto b = operand<2, T, T>(i);
    const auto c = operand<4, T, T>(i);
    const auto y = operand<8, T, T>(i);
    T* out = static_cast<T*>(l.out);
    if constexpr (Q == Part::grad_a) out[i] = rows::chain(g, X::grad_a(a, b, c, y, p0, p1));
    else if constexpr (Q == Part::grad_b) out[i] = rows::chain(g, X::grad_b(a, b, c, y, p0, p1));
    else out[i] = rows::chain(g, X::grad_c(a, b, c, y, p0, p1));
  }
};

template <class F, class P>
void launch(const Launch& l) {
  launch_each(F{l, rows::param<P>(l.params[0]), rows::param<P>(l.params[1])}, l.n, l.stream);
}

template <Row R, class T, class S>
constexpr Launcher value_launcher() {
  if constexpr (rows::covers<T, S>(rows::Text<R, T>::domain)) return launch<Value<R, T, S>, typename rows::Text<R, T>::P>;
  else return nullptr;
}
template <Row R, Part Q, class T>
constexpr Launcher grad_launcher() {
  if constexpr (!rows::has_grad<R, Q>) return nullptr;
  else if constexpr (rows::covers<T, T>(rows::Text<R, T>::domain) && rows::uses<R, Q> != 0) return launch<Grad<R, Q, T>, typename rows::Text<R, T>::P>;
  else return nullptr;
}

template <class T, class S>
struct ValueLaunchers {
  static constexpr Launcher rows[] = {
#define UNARY(name, ...) value_launcher<Row::name, T, S>(),
#define UNARY1 UNARY
#define UNARY2 UNARY
#define BINARY UNARY
#define TERNARY UNARY
#define SELECT UNARY
#define PREDICATE UNARY
#define COMPARE UNARY
#include "playhead/tensor/elementwise.def"
  };
};
template <Part Q, class T>
struct GradLaunchers {
  static constexpr Launcher rows[] = {
#define UNARY(name, ...) grad_launcher<Row::name, Q, T>(),
#define UNARY1 UNARY
#define UNARY2 UNARY
#define BINARY UNARY
#define TERNARY UNARY
#define SELECT UNARY
#define PREDICATE UNARY
#define COMPARE UNARY
#include "playhead/tensor/elementwise.def"
  };
};

template <class T>
const Launcher* launchers_of(Part q) {
  switch (q) {
    case Part::value: return ValueLaunchers<T, T>::rows;
    case Part::grad_a: return GradLaunchers<Part::grad_a, T>::rows;
    case Part::grad_b: return GradLaunchers<Part::grad_b, T>::rows;
    default: return GradLaunchers<Part::grad_c, T>::rows;
  }
}

// One per file, so that they compile side by side.
const Launcher* launchers_f32(Part q);
const Launcher* launchers_f64(Part q);
const Launcher* launchers_complex(rows::LoopType t, Part q);
const Launcher* launchers_integer(rows::LoopType t);

}  // namespace ph::cuda_backend
