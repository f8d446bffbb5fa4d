// The contiguous loops over a row's text, as templates and as tables indexed by row. Included by the files that are compiled
// for each instruction set; what calls the loops is in elementwise.cpp.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/elementwise_types.h"

// Each element is read before it is written, so an output that is one of the inputs carries nothing from one pass to the next.
#if defined(__clang__)
#define PH_LOOP _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic ignored "-Wpass-failed"  // complex numbers and calls stay scalar, and sanitized code does
#else
#define PH_LOOP _Pragma("GCC ivdep")
#endif

namespace ph::cpu {

using rows::LoopType;

using Loop = DenseLoop;

namespace PH_ISA {

/// out[i] = quick(i), and full(i) where that is NaN. Through a buffer: `out` may be an operand.
template <class T, class Quick, class Full>
PH_INLINE void quick_loop(T* out, std::int64_t n, const Quick& quick, const Full& full) {
  constexpr std::int64_t block = 512;
  T y[block];
  for (std::int64_t begin = 0; begin < n; begin += block) {
    const std::int64_t k = n - begin < block ? n - begin : block;
    math::Bits<T> lost = 0;
    for (std::int64_t i = 0; i < k; ++i) y[i] = quick(begin + i);
    for (std::int64_t i = 0; i < k; ++i) lost |= math::Bits<T>(y[i] != y[i]);
    if (lost)
      for (std::int64_t i = 0; i < k; ++i)
        if (y[i] != y[i]) y[i] = full(begin + i);
    for (std::int64_t i = 0; i < k; ++i) out[begin + i] = y[i];
  }
}

// T is what the text computes in, S how elements lie in memory: narrow integers are computed in 32 bits, where they wrap
// without C++'s promotion to int turning that into an overflow.
template <Row R, class T, class S>
void value_loop(void* out, const void* const* in, std::int64_t n, const double* params) {
  using X = rows::Text<R, T>;
  const auto p0 = rows::param<typename X::P>(params[0]), p1 = rows::param<typename X::P>(params[1]);
  const auto run = [&]<class O, class S0>(O* o, const S0* a, const S* b, const S* c) {
    using A = typename X::A;
    if constexpr (rows::has_quick_form<R> && math::Real<T>) {
      using Q = math::Quick<T>;
      if constexpr (X::arity == 1)
        return quick_loop(o, n, [=](std::int64_t i) { return X::value(Q{a[i]}, p0, p1); }, [=](std::int64_t i) { return X::value(a[i], p0, p1); });
      else
        return quick_loop(o, n, [=](std::int64_t i) { return X::value(Q{a[i]}, Q{b[i]}, p0, p1); },
                          [=](std::int64_t i) { return X::value(a[i], b[i], p0, p1); });
    } else PH_LOOP for (std::int64_t i = 0; i < n; ++i) {
      if constexpr (X::arity == 1) o[i] = static_cast<O>(X::value(static_cast<A>(a[i]), p0, p1));
      else if constexpr (X::arity == 2) o[i] = static_cast<O>(X::value(static_cast<A>(a[i]), static_cast<T>(b[i]), p0, p1));
      else o[i] = static_cast<O>(X::value(static_cast<A>(a[i]), static_cast<T>(b[i]), static_cast<T>(c[i]), p0, p1));
    }
  };
  const S* b = X::arity > 1 ? static_cast<const S*>(in[1]) : nullptr;
  const S* c = X::arity > 2 ? static_cast<const S*>(in[2]) : nullptr;
  if constexpr (X::predicate) run(static_cast<std::uint8_t*>(out), static_cast<const S*>(in[0]), b, c);
  else if constexpr (X::select) run(static_cast<S*>(out), static_cast<const std::uint8_t*>(in[0]), b, c);
  else run(static_cast<S*>(out), static_cast<const S*>(in[0]), b, c);
}

/// An operand of a derivative: its elements, or nothing.
template <bool used, class A, class S>
struct Operand {
  const S* p;
  __attribute__((always_inline)) auto operator[](std::int64_t i) const {
    if constexpr (used) return static_cast<A>(p[i]);
    else return rows::Unsaved{};
  }
};

template <Row R, Part Q, class T>
void grad_loop(void* out, const void* const* in, std::int64_t n, const double* params) {
  using X = rows::Text<R, T>;
  using A = typename X::A;
  constexpr unsigned used = rows::uses<R, Q>;
  const auto p0 = rows::param<typename X::P>(params[0]), p1 = rows::param<typename X::P>(params[1]);
  const T* g = static_cast<const T*>(*in++);
  const auto run = [&]<class S0>(T* o, const S0*) {
    const auto next = [&](unsigned bit) { return used & bit ? *in++ : nullptr; };
    const Operand<(used & 1) != 0, A, S0> a{static_cast<const S0*>(next(1))};
    const Operand<(used & 2) != 0, T, T> b{static_cast<const T*>(next(2))};
    const Operand<(used & 4) != 0, T, T> c{static_cast<const T*>(next(4))};
    const Operand<(used & 8) != 0, T, T> y{static_cast<const T*>(next(8))};
    if constexpr (rows::has_quick_form<R> && math::Real<T> && Q == Part::grad_a && (used & 1) != 0) {
      return quick_loop(o, n, [=](std::int64_t i) { return rows::chain(g[i], X::grad_a(math::Quick<T>{a[i]}, b[i], c[i], y[i], p0, p1)); },
                        [=](std::int64_t i) { return rows::chain(g[i], X::grad_a(a[i], b[i], c[i], y[i], p0, p1)); });
    } else PH_LOOP for (std::int64_t i = 0; i < n; ++i) {
      if constexpr (Q == Part::grad_a) o[i] = rows::chain(g[i], X::grad_a(a[i], b[i], c[i], y[i], p0, p1));
      else if constexpr (Q == Part::grad_b) o[i] = rows::chain(g[i], X::grad_b(a[i], b[i], c[i], y[i], p0, p1));
      else o[i] = rows::chain(g[i], X::grad_c(a[i], b[i], c[i], y[i], p0, p1));
    }
  };
  if constexpr (X::select) run(static_cast<T*>(out), static_cast<const std::uint8_t*>(nullptr));
  else run(static_cast<T*>(out), static_cast<const T*>(nullptr));
}

template <Row R, class T, class S>
constexpr Loop value_entry() {
  if constexpr (rows::covers<T, S>(rows::Text<R, T>::domain)) return value_loop<R, T, S>;
  else return nullptr;
}
template <Row R, Part Q, class T>
constexpr Loop grad_entry() {
  if constexpr (!rows::has_grad<R, Q>) return nullptr;
  else if constexpr (rows::covers<T, T>(rows::Text<R, T>::domain) && rows::uses<R, Q> != 0) return grad_loop<R, Q, T>;
  else return nullptr;
}

template <class T, class S>
struct ValueLoops {
  static constexpr Loop rows[] = {
#define UNARY(name, ...) value_entry<Row::name, T, S>(),
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
struct GradLoops {
  static constexpr Loop rows[] = {
#define UNARY(name, ...) grad_entry<Row::name, Q, T>(),
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

/// All of one type: indexed by row, null where there is none.
template <class T>
const Loop* loops_of(Part q) {
  switch (q) {
    case Part::value: return ValueLoops<T, T>::rows;
    case Part::grad_a: return GradLoops<Part::grad_a, T>::rows;
    case Part::grad_b: return GradLoops<Part::grad_b, T>::rows;
    default: return GradLoops<Part::grad_c, T>::rows;
  }
}

}  // namespace PH_ISA
}  // namespace ph::cpu
