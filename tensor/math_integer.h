// Scalar maths of integers: rounding (nothing to do), powers, shifts, common divisors. Arithmetic wraps; nothing here is
// undefined for any input. Division is in math_arith.h.
#pragma once
#include <cstdint>

#include "playhead/tensor/math_core.h"

namespace ph::math {

/// The unsigned type of T's width, whose arithmetic wraps.
template <class T> struct Wrap { using type = T; };
template <> struct Wrap<std::int32_t> { using type = std::uint32_t; };
template <> struct Wrap<std::int64_t> { using type = std::uint64_t; };
template <class T> using Wrapped = typename Wrap<T>::type;

template <Integer T> PH_INLINE T floor(T x) { return x; }
template <Integer T> PH_INLINE T ceil(T x) { return x; }
template <Integer T> PH_INLINE T trunc(T x) { return x; }
template <Integer T> PH_INLINE T round(T x) { return x; }

/// By squaring; ops refuse a negative power before it gets here.
template <Integer T> PH_INLINE T pow(T a, T b) {
  Wrapped<T> r = 1, x = static_cast<Wrapped<T>>(a);
  for (auto n = static_cast<Wrapped<T>>(b); n != 0; n >>= 1) {
    if (n & 1) r *= x;
    x *= x;
  }
  return static_cast<T>(r);
}

template <Integer T> PH_INLINE T gcd(T a, T b) {
  auto x = static_cast<Wrapped<T>>(abs(a)), y = static_cast<Wrapped<T>>(abs(b));
  while (y != 0) {
    const auto r = x % y;
    x = y;
    y = r;
  }
  return static_cast<T>(x);
}
template <Integer T> PH_INLINE T lcm(T a, T b) {
  const auto x = static_cast<Wrapped<T>>(abs(a)), y = static_cast<Wrapped<T>>(abs(b)), d = static_cast<Wrapped<T>>(gcd(a, b));
  return static_cast<T>(abs(static_cast<T>(d == 0 ? Wrapped<T>(0) : x / d * y)));
}

// A count that is negative or at least T's width shifts everything out.
template <Integer T> PH_INLINE bool shift_fits(T b) { return static_cast<std::uint64_t>(b) < 8 * sizeof(T); }
template <Integer T> PH_INLINE T left_shift(T a, T b) {
  return shift_fits(b) ? static_cast<T>(static_cast<Wrapped<T>>(a) << (shift_fits(b) ? b : T(0))) : T(0);
}
template <Integer T> PH_INLINE T right_shift(T a, T b) {
  return shift_fits(b) ? static_cast<T>(a >> (shift_fits(b) ? b : T(0))) : a < T(0) ? static_cast<T>(-1) : T(0);
}

}  // namespace ph::math
