// exp and its family: exp2, expm1, sigmoid, and the hyperbolic functions.
// Method: x = n ln2 + r (Cody and Waite), a minimax polynomial for e^r on |r| <= ln2 / 2 (Remez, fitted for this file), times 2^n.
#pragma once
#include "playhead/tensor/math_core.h"

namespace ph::math {

template <class T> struct ExpRange;
template <> struct ExpRange<float> {
  static constexpr float log2e = 0x1.715476p+0f;
  static constexpr float ln2_hi = 0x1.63p-1f, ln2_lo = -0x1.bd0106p-13f;  // n * ln2_hi is exact
  static constexpr float low = -104, high = 89;                           // e^x is 0 below, infinite above
};
template <> struct ExpRange<double> {
  static constexpr double log2e = 0x1.71547652b82fep+0;
  static constexpr double ln2_hi = 0x1.62e42feep-1, ln2_lo = 0x1.a39ef35793c76p-33;
  static constexpr double low = -746, high = 710;
};

/// (e^r - 1 - r) / r^2 for |r| <= ln2 / 2: within 2^-28 (float), 2^-60 (double) of the result.
PH_INLINE float exp_poly(float r) {
  return horner(r, 0x1p-1f, 0x1.55552cp-3f, 0x1.555502p-5f, 0x1.1155aap-7f, 0x1.6d2e1ap-10f, 0x1.3b795ep-13f);
}
PH_INLINE double exp_poly(double r) {
  return horner(r, 0x1p-1, 0x1.5555555555559p-3, 0x1.555555555555ap-5, 0x1.111111110f6e1p-7, 0x1.6c16c16c14d16p-10, 0x1.a01a01af84ca9p-13,
                0x1.a01a01a582a55p-16, 0x1.71ddf9d0c4049p-19, 0x1.27e4f1f4fca0fp-22, 0x1.af5b8b0c7979dp-26, 0x1.1f333ea18f754p-29);
}

/// x = n ln2 + r + tail; x within ExpRange. The low bits of `count` are those of n.
template <Real T> struct ExpArg { T n, r, tail; Bits<T> count; };
template <Real T> PH_INLINE ExpArg<T> exp_reduce(T x) {
  using R = ExpRange<T>;
  const T shifted = madd(x, R::log2e, Format<T>::magic), n = shifted - Format<T>::magic;
  const T hi = madd(n, -R::ln2_hi, x), r = madd(n, -R::ln2_lo, hi);
  return {n, r, madd(n, -R::ln2_lo, hi - r), bits(shifted)};
}
/// 2^(n + offset), which must be a normal number (or 0: the power below the least).
template <Real T> PH_INLINE T power_of_two(Bits<T> count, int offset) {
  return from_bits<T>((count + static_cast<Bits<T>>(Format<T>::bias + offset)) << Format<T>::mantissa);
}
/// e^r, and e^r - 1.
template <Real T> PH_INLINE T exp_reduced(T r) { return madd(madd(exp_poly(r), r, T(1)), r, T(1)); }
template <Real T> PH_INLINE T expm1_reduced(T r) { return madd(r * r, exp_poly(r), r); }

/// 2^-(mantissa + 1): brings a result that was computed that much too large down to the subnormals.
template <class T>
inline constexpr T exp_down = from_bits<T>(static_cast<Bits<T>>(Format<T>::bias - Format<T>::mantissa - 1) << Format<T>::mantissa);

/// y * 2^n for y in [1/2, 2], any n that an exponential can have: rounds once, to infinity, subnormals and zero too.
template <Real T> PH_INLINE T exp_scale(T y, T n, Bits<T> count) {
  constexpr Bits<T> less = static_cast<Bits<T>>(Format<T>::bias - 1), more = static_cast<Bits<T>>(Format<T>::bias + Format<T>::mantissa + 1);
  const bool big = n > 0;
  const T s = from_bits<T>((count + where(big, less, more)) << Format<T>::mantissa);
  return y * s * where(big, T(2), exp_down<T>);
}

template <Real T> PH_INLINE T exp(T x) {
  const ExpArg<T> a = exp_reduce(clamp(x, ExpRange<T>::low, ExpRange<T>::high));
  return exp_scale(exp_reduced(a.r), a.n, a.count);
}
/// e^x for x <= 0 (or NaN), with less to watch for.
template <Real T> PH_INLINE T exp_negative(T x) {
  const ExpArg<T> a = exp_reduce(where(x < ExpRange<T>::low, ExpRange<T>::low, x));
  return exp_reduced(a.r) * power_of_two<T>(a.count, Format<T>::mantissa + 1) * exp_down<T>;
}
/// The same with 0 for results below the normal numbers: for weights that are summed beside a 1.
template <Real T> PH_INLINE T exp_weight(T x) {
  constexpr T least = sizeof(T) == 4 ? T(-88.1) : T(-709.1);  // rounds to n = 1 - 2^…, whose power is 0
  const ExpArg<T> a = exp_reduce(where(x < least, least, x));
  return exp_reduced(a.r) * power_of_two<T>(a.count, 0);
}
/// e^x where the result is known to be normal.
template <Real T> PH_INLINE T exp_normal(T x) {
  const ExpArg<T> a = exp_reduce(x);
  return exp_reduced(a.r) * power_of_two<T>(a.count, 0);
}
template <Real T> PH_INLINE T exp2(T x) {
  constexpr T high = Format<T>::bias + 2, low = -(Format<T>::bias + Format<T>::mantissa + 1);
  const T c = clamp(x, low, high), shifted = c + Format<T>::magic, n = shifted - Format<T>::magic;
  return exp_scale(exp_reduced((c - n) * static_cast<T>(0.69314718055994530942)), n, bits(shifted));
}

template <Real T> PH_INLINE T expm1(T x) {
  const ExpArg<T> a = exp_reduce(clamp(x, T(-50), ExpRange<T>::high));
  // The tail matters where the 1 cancels: e^tail - 1 = tail.
  const T m = madd(a.r * a.r, exp_poly(a.r), a.tail) + a.r;
  const T half = power_of_two<T>(a.count, -1);
  const T y = T(2) * madd(half, m, half - T(0.5));
  return where(abs(x) < static_cast<T>(0x1p-60), x, y);
}

template <Real T> PH_INLINE T sigmoid(T x) {
  const T z = exp(-abs(x));  // at most 1, and not 0 where the result is not
  const T d = T(1) + z, lost = z - (d - T(1));
  const T y = where(x < 0, z, T(1)) / d;
  return madd(y * lost, madd(d, T(0.5), T(-1.457)), y);  // 1 / d within 4 % is enough for what 1 + z lost
}

/// (tanh(x) - x) / x^3, z = x^2, |x| <= 0.625.
PH_INLINE float tanh_poly(float z) { return horner(z, -0x1.555532p-2f, 0x1.110726p-3f, -0x1.b83c5ap-5f, 0x1.522694p-6f, -0x1.75e186p-8f); }
PH_INLINE double tanh_poly(double z) {
  return horner(z, -0x1.55555555554ffp-2, 0x1.111111110acd2p-3, -0x1.ba1ba1b5065dcp-5, 0x1.664f477ad9cedp-6, -0x1.226e162ba7002p-7,
                0x1.d6cf280210137p-9, -0x1.7d68a2ab16704p-10, 0x1.33660fc2cd6eep-11, -0x1.df5563b4f94f4p-13, 0x1.4390f805baa34p-14,
                -0x1.0da6e8476b9dap-16);
}
template <Real T> PH_INLINE T tanh(T x) {
  const T a = abs(x), z = a * a;
  const T small = madd(a, z * tanh_poly(z), a);
  const T large = T(1) - T(2) / (exp_normal(T(2) * where(a > T(22), T(22), a)) + T(1));
  return copysign(where(a < static_cast<T>(0.625), small, large), x);
}

/// e^a / 2 without overflow before the result's own; a >= 0.
template <Real T> PH_INLINE T half_exp(T a) {
  const ExpArg<T> e = exp_reduce(where(a > ExpRange<T>::high + 1, ExpRange<T>::high + 1, a));
  return exp_scale(exp_reduced(e.r + e.tail), e.n - 1, e.count - 1);
}
PH_INLINE double sinh(double x) {
  const double a = abs(x), z = a * a, h = half_exp(a);
  const double small = madd(a, z * horner(z, 0x1.5555555555556p-3, 0x1.11111111110a6p-7, 0x1.a01a01a028986p-13, 0x1.71de3a465c0e6p-19,
                                          0x1.ae64671a8c0ffp-26, 0x1.611a56417a8fdp-33, 0x1.b4c754f1efe6cp-41), a);
  return copysign(where(a < 1, small, h - 0.25 / h), x);
}
PH_INLINE double cosh(double x) {
  const double a = abs(x), h = half_exp(a);
  return h + 0.25 / h;
}
PH_INLINE float sinh(float x) { return static_cast<float>(sinh(static_cast<double>(x))); }
PH_INLINE float cosh(float x) { return static_cast<float>(cosh(static_cast<double>(x))); }

}  // namespace ph::math
