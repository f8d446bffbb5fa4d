// Logarithms and what is made of them: log, log2, log10, log1p, the inverse hyperbolic functions, pow and cbrt.
// Method: x = m 2^e with m around 1; float: a minimax polynomial in m - 1, double: one in s^2 with s = f / (2 + f), as in
// fdlibm (Sun, 1993); the coefficients were fitted for this file (Remez).
#pragma once
#include "playhead/tensor/math_core.h"
#include "playhead/tensor/math_exp.h"

namespace ph::math {

/// log(1 + f) + e ln2, for 1 + f in [sqrt(1/2), sqrt(2)) and whole e; `tail` is added where it still counts.
PH_INLINE float log_sum(float f, float e, float tail) {
  const float f2 = f * f;
  const float p = horner(f, 0x1.555548p-2f, -0x1.000006p-2f, 0x1.99a4b4p-3f, -0x1.555c44p-3f, 0x1.233778p-3f, -0x1.fc2328p-4f,
                         0x1.e6f118p-4f, -0x1.de36f4p-4f, 0x1.145012p-4f);
  const float low = madd(f2, madd(f, p, -0.5f), madd(e, ExpRange<float>::ln2_lo, tail));
  return madd(e, ExpRange<float>::ln2_hi, f + low);
}
PH_INLINE double log_poly(double z) {  // log((1 + s) / (1 - s)) = 2 s + s z P(z), z = s^2
  return horner(z, 0x1.5555555555592p-1, 0x1.999999997fef8p-2, 0x1.24924941e07b1p-2, 0x1.c71c5216164bbp-3, 0x1.74663c75fe290p-3,
                0x1.39a1f5c3bc297p-3, 0x1.2f03382ea5219p-3);
}
PH_INLINE double log_sum(double f, double e, double tail) {
  const double s = f / (2.0 + f), z = s * s, r = z * log_poly(z), h = 0.5 * f * f;
  return e * ExpRange<double>::ln2_hi - ((h - madd(s, h + r, madd(e, ExpRange<double>::ln2_lo, tail))) - f);
}

/// The value for x where y is that for positive, finite x.
template <Real T> PH_INLINE T log_special(T x, T y) {
  y = where(x == infinity<T>, x, y);
  return where(x > 0, y, where(x == 0, -infinity<T>, quiet_nan<T>));
}
/// split, of subnormal numbers too.
template <Real T> PH_INLINE Split<T> split_any(T x) {
  constexpr T up = static_cast<T>(static_cast<Bits<T>>(1) << Format<T>::mantissa);
  const bool tiny = x < Format<T>::min_normal;
  Split<T> s = split(where(tiny, x * up, x));
  s.e = s.e - where(tiny, static_cast<T>(Format<T>::mantissa), T(0));
  return s;
}

template <Real T> PH_INLINE T log(T x) {
  const Split<T> s = split_any(x);
  return log_special(x, log_sum(s.m - T(1), s.e, T(0)));
}

template <Real T> PH_INLINE T log1p(T x) {
  // With 1 + x = m 2^e, f = m - 1 = x 2^-e + (2^-e - 1) has none of the rounding of 1 + x. Past 2^60 the 2^-e is nothing.
  const Split<T> s = split(T(1) + x);
  const T f = from_bits<T>(bits(x) - s.e_bits) + (pow2(-where(s.e > T(60), T(60), s.e)) - T(1));
  const T y = where(x == infinity<T>, x, log_sum(f, s.e, T(0)));
  const T z = where(x > T(-1), y, where(x == T(-1), -infinity<T>, quiet_nan<T>));
  return where(abs(x) < static_cast<T>(0x1p-60), x, z);
}

/// log(m) / ln(b) + e * scale, where inv_hi + inv_lo = 1 / ln(b) and inv_hi has 21 bits; scale = scale_hi + scale_lo.
PH_INLINE double log_base(double x, double inv_hi, double inv_lo, double scale_hi, double scale_lo) {
  const Split<double> p = split_any(x);
  const double f = p.m - 1.0, s = f / (2.0 + f), z = s * s, r = z * log_poly(z), h = 0.5 * f * f;
  // log(m) = hi + lo with a hi of 21 bits, whose product with inv_hi is exact.
  const double hi = from_bits<double>(bits(f - h) & ~static_cast<std::uint64_t>(0xffffffff));
  const double lo = ((f - hi) - h) + s * (h + r);
  const Sum<double> big = two_sum(p.e * scale_hi, hi * inv_hi);
  const double y = big.hi + (big.lo + (madd(p.e, scale_lo, (hi + lo) * inv_lo) + lo * inv_hi));
  return log_special(x, y);
}
PH_INLINE double log2(double x) { return log_base(x, 0x1.71547p+0, 0x1.94ae0bf85ddf4p-22, 1.0, 0.0); }
PH_INLINE double log10(double x) { return log_base(x, 0x1.bcb7bp-2, 0x1.526e50e32a6abp-26, 0x1.34413509f6p-2, 0x1.9fef311f12b36p-42); }
PH_INLINE float log2(float x) { return static_cast<float>(log2(static_cast<double>(x))); }
PH_INLINE float log10(float x) { return static_cast<float>(log10(static_cast<double>(x))); }

// --- inverse hyperbolic -----------------------------------------------------------------------------------------------
PH_INLINE double asinh(double x) {
  const double a = abs(x), a2 = a * a;
  const double mid = log1p(a + a2 / (1.0 + sqrt(1.0 + a2)));
  const double big = log(a) + 0.69314718055994530942;
  return copysign(where(a > 0x1p28, big, mid), x);
}
PH_INLINE double acosh(double x) {
  const double t = x - 1.0;
  const double mid = log1p(t + sqrt(t * (t + 2.0)));
  const double big = log(x) + 0.69314718055994530942;
  return where(x >= 1, where(x > 0x1p28, big, mid), quiet_nan<double>);
}
PH_INLINE double atanh(double x) {
  const double a = abs(x);
  return copysign(0.5 * log1p(2.0 * a / (1.0 - a)), x);
}
PH_INLINE float asinh(float x) { return static_cast<float>(asinh(static_cast<double>(x))); }
PH_INLINE float acosh(float x) { return static_cast<float>(acosh(static_cast<double>(x))); }
PH_INLINE float atanh(float x) { return static_cast<float>(atanh(static_cast<double>(x))); }

// --- powers -----------------------------------------------------------------------------------------------------------
PH_INLINE double cbrt(double x) {
  // |x| = m 8^k: a quartic for cbrt(m) on [1/2, 8), one step of Halley's, one of Newton's with an exact cube.
  const double a = abs(x);
  const bool tiny = a < 0x1p-1022;
  const Split<double> p = split(where(tiny, a * 0x1p54, a));
  const double k = rint_small(p.e * (1.0 / 3.0)), j = p.e - 3.0 * k;  // j is -1, 0 or 1
  const double m = p.m * where(j > 0, 2.0, where(j < 0, 0.5, 1.0));
  double t = horner(p.m, 0x1.03935f4c82faap-1, 0x1.6fb03f0a1a924p-1, -0x1.33d021f4e9d5ap-2, 0x1.609b354258292p-4, -0x1.5b6fd20c08725p-7) *
             where(j > 0, 1.2599210498948732, where(j < 0, 0.79370052598409974, 1.0));
  const double t3 = t * t * t;
  t = t * (t3 + 2.0 * m) / (2.0 * t3 + m);
  const Sum<double> sq = two_prod(t, t), cube = two_prod(sq.hi, t);
  const double residual = (m - cube.hi) - (cube.lo + sq.lo * t);
  const double y = (t + residual / (3.0 * sq.hi)) * pow2(k - where(tiny, 18.0, 0.0));
  return where((a < infinity<double>) & (a > 0), copysign(y, x), x + x);
}
PH_INLINE float cbrt(float x) { return static_cast<float>(cbrt(static_cast<double>(x))); }

/// The special cases of pow (C99 F.9.4.4), where y is |a|^b computed for finite, positive |a|.
template <Real T> PH_INLINE T pow_special(T a, T b, T y) {
  const T aa = abs(a), ab = abs(b);
  const T rest = abs(b - T(2) * rint(b * T(0.5)));
  const bool whole = rint(b) == b, odd = whole & (ab < infinity<T>) & (rest == T(1));
  y = where((a < 0) & !whole, quiet_nan<T>, where((a < 0) & odd, -y, y));
  const T edge = where(b < 0, infinity<T>, T(0));  // 0^b
  y = where(aa == 0, where(odd, copysign(edge, a), edge), y);
  const T far = where(b < 0, T(0), infinity<T>);   // inf^b
  y = where(aa == infinity<T>, where(odd, copysign(far, a), far), y);
  const T huge = where((aa > 1) == (b > 0), infinity<T>, T(0));
  y = where(ab == infinity<T>, where(aa == 1, T(1), huge), y);
  y = where((a != a) | (b != b), a + b, y);
  return where((a == 1) | (b == 0), T(1), y);
}
PH_INLINE float pow(float a, float b) {
  const double y = exp2(static_cast<double>(b) * log2(abs(static_cast<double>(a))));
  return pow_special(a, b, static_cast<float>(y));
}
// Tried: a logarithm in double length and exp of the sum, 1.1 ulp. 1.6 times faster than the library's with AVX-512, slower without.
PH_INLINE double pow(double a, double b) { return __builtin_pow(a, b); }

}  // namespace ph::math
