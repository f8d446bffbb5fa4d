// Functions of complex numbers: scalar, with the special values of C99's Annex G. Built on math.h; no <complex>.
// Formulas: W. Kahan, "Branch cuts for complex elementary functions" (1987); errors are a few ulp of |result|.
#pragma once
#include "playhead/tensor/complex.h"
#include "playhead/tensor/math.h"

namespace ph::math {

template <Real T> PH_INLINE T real(Complex<T> z) { return z.re; }
template <Real T> PH_INLINE T imag(Complex<T> z) { return z.im; }
template <Real T> PH_INLINE Complex<T> conj(Complex<T> z) { return {z.re, -z.im}; }
template <Real T> PH_INLINE T abs(Complex<T> z) { return hypot(z.re, z.im); }
template <Real T> PH_INLINE T angle(Complex<T> z) { return atan2(z.im, z.re); }
template <Real T> PH_INLINE bool isnan(Complex<T> z) { return isnan(z.re) || isnan(z.im); }
template <Real T> PH_INLINE bool isinf(Complex<T> z) { return isinf(z.re) || isinf(z.im); }
template <Real T> PH_INLINE bool isfinite(Complex<T> z) { return isfinite(z.re) && isfinite(z.im); }
template <Real T> PH_INLINE Complex<T> square(Complex<T> z) { return z * z; }
template <Real T> PH_INLINE Complex<T> round(Complex<T> z) { return {round(z.re), round(z.im)}; }
/// z times i, and z over i.
template <Real T> PH_INLINE Complex<T> times_i(Complex<T> z) { return {-z.im, z.re}; }
template <Real T> PH_INLINE Complex<T> over_i(Complex<T> z) { return {z.im, -z.re}; }

/// z / |z|, and 0 for 0.
template <Real T> PH_INLINE Complex<T> sign(Complex<T> z) {
  const T a = abs(z);
  return a == 0 ? Complex<T>(0) : Complex<T>(z.re / a, z.im / a);
}

/// r (cos t + i sin t) where a zero r stays zero and t = 0 stays real.
template <Real T> PH_INLINE Complex<T> polar(T r, T t) {
  if (t == 0) return {r, r * t};
  return {r * cos(t), r * sin(t)};
}

template <Real T> PH_INLINE Complex<T> exp(Complex<T> z) {
  if (z.im == 0) return {exp(z.re), z.im};
  if (!isfinite(z.im)) {
    if (z.re == -infinity<T>) return {T(0), copysign(T(0), z.im)};
    if (z.re == infinity<T>) return {infinity<T>, quiet_nan<T>};
    return {quiet_nan<T>, quiet_nan<T>};
  }
  // Two factors: e^x overflows before e^x cos y does.
  const T c = cos(z.im), s = sin(z.im), big = exp_limit<T>;
  if (z.re > big && z.re < T(4) * big) {
    const T h = exp(z.re - big), e = exp(big);
    return {(c * e) * h, (s * e) * h};
  }
  const T e = exp(z.re);
  return {e * c, e * s};
}

/// log|z| without the loss of log(hypot) around |z| = 1.
template <Real T> PH_INLINE T log_abs(Complex<T> z) {
  const double x = abs(static_cast<double>(z.re)), y = abs(static_cast<double>(z.im)), hi = maximum(x, y), lo = minimum(x, y);
  if (isinf(x) || isinf(y)) return infinity<T>;
  if (hi > 0.5 && hi < 2 && lo < 2) {  // (hi - 1)(hi + 1) + lo^2, each product with its rounding error
    const Sum<double> p = two_prod(hi - 1, hi + 1), q = two_prod(lo, lo), s = two_sum(p.hi, q.hi);
    return static_cast<T>(0.5 * log1p(s.hi + (s.lo + p.lo + q.lo)));
  }
  if (hi > 0x1p1000) return static_cast<T>(log(hypot(hi * 0x1p-2, lo * 0x1p-2)) + 1.3862943611198906188);
  if (hi < 0x1p-1000 && hi > 0) return static_cast<T>(log(hypot(hi * 0x1p100, lo * 0x1p100)) - 69.314718055994530942);
  return static_cast<T>(log(hypot(hi, lo)));
}
template <Real T> PH_INLINE Complex<T> log(Complex<T> z) { return {log_abs(z), angle(z)}; }
template <Real T> PH_INLINE Complex<T> log2(Complex<T> z) { return log(z) * static_cast<T>(1.44269504088896340736); }
template <Real T> PH_INLINE Complex<T> log10(Complex<T> z) { return log(z) * static_cast<T>(0.43429448190325182765); }

template <Real T> PH_INLINE Complex<T> sqrt(Complex<T> z) {
  if (z.re == 0 && z.im == 0) return {T(0), z.im};
  if (isinf(z.im)) return {infinity<T>, z.im};
  if (isinf(z.re)) {
    if (z.re > 0) return {z.re, isnan(z.im) ? z.im : copysign(T(0), z.im)};
    return {isnan(z.im) ? z.im : T(0), isnan(z.im) ? z.re : copysign(infinity<T>, z.im)};
  }
  if (isnan(z.re) || isnan(z.im)) return {quiet_nan<T>, quiet_nan<T>};
  // Scaled by a power of 4, so that neither the sum overflows nor a subnormal loses its bits.
  const T a = maximum(abs(z.re), abs(z.im)), least = Format<T>::min_normal / static_cast<T>(Format<T>::mantissa > 30 ? 0x1p-108 : 0x1p-48);
  const bool big = a > T(1), tiny = a < least;
  const T scale = big ? T(0.0625) : tiny ? static_cast<T>(Format<T>::mantissa > 30 ? 0x1p108 : 0x1p48) : T(1);
  const T back = big ? T(4) : tiny ? static_cast<T>(Format<T>::mantissa > 30 ? 0x1p-54 : 0x1p-24) : T(1);
  const T x = z.re * scale, y = z.im * scale, t = sqrt(T(0.5) * (abs(x) + hypot(x, y)));
  const T u = t * back, v = (abs(y) / (T(2) * t)) * back;
  return x >= 0 ? Complex<T>(u, copysign(v, z.im)) : Complex<T>(v, copysign(u, z.im));
}
template <Real T> PH_INLINE Complex<T> rsqrt(Complex<T> z) { return Complex<T>(1) / sqrt(z); }

template <Real T> PH_INLINE Complex<T> sinh(Complex<T> z) {
  if (z.im == 0) return {sinh(z.re), z.im};
  if (!isfinite(z.im)) {
    if (z.re == 0) return {z.re, quiet_nan<T>};
    return {isinf(z.re) ? z.re : quiet_nan<T>, quiet_nan<T>};
  }
  const T c = cos(z.im), s = sin(z.im);
  if (z.re == 0) return {z.re * c, s};
  if (abs(z.re) > exp_limit<T> - 1) {  // both are e^|x| / 2 here
    const Complex<T> e = exp(Complex<T>(abs(z.re) - static_cast<T>(0.69314718055994530942), z.im));
    return {copysign(T(1), z.re) * e.re, e.im};
  }
  return {sinh(z.re) * c, cosh(z.re) * s};
}
template <Real T> PH_INLINE Complex<T> cosh(Complex<T> z) {
  if (z.im == 0) return {cosh(z.re), z.re < 0 || signbit(z.re) ? -z.im : z.im};
  if (!isfinite(z.im)) {
    if (z.re == 0) return {quiet_nan<T>, z.re * copysign(T(0), z.im)};
    return {isinf(z.re) ? infinity<T> : quiet_nan<T>, quiet_nan<T>};
  }
  const T c = cos(z.im), s = sin(z.im);
  if (z.re == 0) return {c, z.re * s};
  if (isnan(z.re)) return {z.re, z.re};
  if (abs(z.re) > exp_limit<T> - 1) {
    const Complex<T> e = exp(Complex<T>(abs(z.re) - static_cast<T>(0.69314718055994530942), z.im));
    return {e.re, copysign(T(1), z.re) * e.im};
  }
  return {cosh(z.re) * c, sinh(z.re) * s};
}
template <Real T> PH_INLINE Complex<T> tanh(Complex<T> z) {
  const T x = z.re, y = z.im;
  if (isinf(x)) return {copysign(T(1), x), copysign(T(0), y)};  // the array API's; C99 has the sign of sin(2 y)
  if (y == 0) return {tanh(x), y};
  if (!isfinite(y)) return {x == 0 ? x : quiet_nan<T>, quiet_nan<T>};
  if (isnan(x)) return {x, x};
  // Kahan: with t = tan y, b = 1 + t^2, s = sinh x, r = sqrt(1 + s^2).
  if (abs(x) > T(Format<T>::mantissa > 30 ? 22 : 11)) {
    const T e = exp(-abs(x));
    return {copysign(T(1), x), T(4) * (sin(y) * cos(y)) * e * e};
  }
  const T t = tan(y), b = T(1) + t * t, s = sinh(x), r = sqrt(T(1) + s * s);
  if (isinf(t)) return {r / s, T(1) / t};
  const T d = T(1) + b * s * s;
  return {b * r * s / d, t / d};
}
template <Real T> PH_INLINE Complex<T> sin(Complex<T> z) { return over_i(sinh(times_i(z))); }
template <Real T> PH_INLINE Complex<T> cos(Complex<T> z) { return cosh(times_i(z)); }
template <Real T> PH_INLINE Complex<T> tan(Complex<T> z) { return over_i(tanh(times_i(z))); }

/// e^z - 1 without cancellation: expm1(x) cos y - 2 sin^2(y / 2), e^x sin y.
template <Real T> PH_INLINE Complex<T> expm1(Complex<T> z) {
  if (z.im == 0) return {expm1(z.re) + T(0), z.im};  // +0 for either zero, as the array API has it
  if (!isfinite(z.im) || abs(z.re) > T(20)) {
    const Complex<T> e = exp(z);
    return {e.re - T(1), e.im};
  }
  const T h = sin(T(0.5) * z.im);
  return {expm1(z.re) * cos(z.im) - T(2) * h * h, exp(z.re) * sin(z.im)};
}
template <Real T> PH_INLINE Complex<T> log1p(Complex<T> z) {
  if (z.im == 0 && z.re > T(-1)) return {log1p(z.re), z.im};
  if (abs(z.re) > T(0.5) || abs(z.im) > T(1)) return log(Complex<T>(T(1) + z.re, z.im));
  const T s = z.re * (T(2) + z.re) + z.im * z.im;  // |1 + z|^2 - 1
  return {T(0.5) * log1p(s), atan2(z.im, T(1) + z.re)};
}

// --- inverses (Kahan's formulas, which keep the sign of zero on the cuts) ---------------------------------------------------
template <Real T> PH_INLINE Complex<T> asinh_far(Complex<T> z) {  // |z| past 1 / epsilon, or not finite
  if (isnan(z.re) || isnan(z.im)) {
    if (isinf(z.re) || isinf(z.im)) return {isinf(z.re) ? z.re : copysign(infinity<T>, z.re), quiet_nan<T>};
    return {quiet_nan<T>, z.im == 0 ? z.im : quiet_nan<T>};
  }
  const T a = atan2(abs(z.im), abs(z.re));
  return {copysign(log_abs(z) + static_cast<T>(0.69314718055994530942), z.re), copysign(a, z.im)};
}
template <Real T> PH_INLINE bool is_far(Complex<T> z) {
  constexpr T limit = static_cast<T>(Format<T>::mantissa > 30 ? 0x1p52 : 0x1p23);
  return !(abs(z.re) < limit && abs(z.im) < limit);
}
template <Real T> PH_INLINE Complex<T> asinh(Complex<T> z) {
  if (is_far(z)) return asinh_far(z);
  // asin(i z) / i, and asin's formula: Re by atan2, Im by a sum that does not cancel.
  const Complex<T> p = sqrt(Complex<T>(T(1) + z.im, -z.re)), q = sqrt(Complex<T>(T(1) - z.im, z.re));  // sqrt(1 - iz), sqrt(1 + iz)
  const T im = atan2(z.im, p.re * q.re - p.im * q.im);
  const T re = asinh(q.im * p.re - q.re * p.im);
  return {copysign(abs(re), z.re), copysign(abs(im), z.im)};
}
template <Real T> PH_INLINE Complex<T> asin(Complex<T> z) { return over_i(asinh(times_i(z))); }
template <Real T> PH_INLINE Complex<T> acos(Complex<T> z) {
  if (is_far(z)) {
    if (isnan(z.re) || isnan(z.im)) {
      if (isinf(z.re)) return {quiet_nan<T>, infinity<T>};
      if (isinf(z.im)) return {quiet_nan<T>, -z.im};
      return {z.re == 0 ? static_cast<T>(1.57079632679489661923) : quiet_nan<T>, quiet_nan<T>};
    }
    return {abs(atan2(z.im, z.re)), copysign(log_abs(z) + static_cast<T>(0.69314718055994530942), -z.im)};
  }
  const Complex<T> p = sqrt(Complex<T>(T(1) - z.re, -z.im)), q = sqrt(Complex<T>(T(1) + z.re, z.im));
  return {T(2) * atan2(p.re, q.re), copysign(abs(asinh(q.re * p.im - q.im * p.re)), -z.im)};
}
template <Real T> PH_INLINE Complex<T> acosh(Complex<T> z) {
  const Complex<T> c = acos(z);  // acosh = ±i acos, with a real part that is not negative
  if (isnan(c.re) && !isnan(c.im)) return {abs(c.im), quiet_nan<T>};
  return {abs(c.im), copysign(c.re, z.im)};
}
template <Real T> PH_INLINE Complex<T> atanh(Complex<T> z) {
  const T x = abs(z.re), y = z.im;
  if (isnan(z.re) || isnan(y)) {
    if (isinf(z.re) || (z.re == 0 && isnan(y))) return {copysign(T(0), z.re), quiet_nan<T>};
    if (isinf(y)) return {copysign(T(0), z.re), copysign(static_cast<T>(1.57079632679489661923), y)};
    return {quiet_nan<T>, quiet_nan<T>};
  }
  if (is_far(z)) {  // 1 / z, and pi/2
    const T m = maximum(x, abs(y)), s = isinf(m) ? T(0) : (x / m) / (m * ((x / m) * (x / m) + (y / m) * (y / m)));
    return {copysign(s, z.re), copysign(static_cast<T>(1.57079632679489661923), y)};
  }
  const T d = T(1) - x, y2 = y * y;
  // y^2 would underflow beside the pole.
  const T re = x == 1 && abs(y) < static_cast<T>(1e-3) ? T(0.5) * (log(hypot(T(2), y)) - log(abs(y))) : T(0.25) * log1p(T(4) * x / (d * d + y2));
  const T im = y == 0 && x <= 1 ? T(0) : T(0.5) * atan2(T(2) * abs(y), d * (T(1) + x) - y2);
  return {copysign(re, z.re), copysign(im, y)};
}
template <Real T> PH_INLINE Complex<T> atan(Complex<T> z) { return over_i(atanh(times_i(z))); }

template <Real T> PH_INLINE Complex<T> sigmoid(Complex<T> z) { return Complex<T>(1) / (Complex<T>(1) + exp(-z)); }

/// a^b as e^(b log a); small whole powers by multiplication, 0^b by NumPy's rules.
template <Real T> PH_INLINE Complex<T> pow(Complex<T> a, Complex<T> b) {
  if (b.re == 0 && b.im == 0) return {T(1), T(0)};
  if (a.re == 0 && a.im == 0) {
    if (b.re > 0) return {T(0), T(0)};
    return {quiet_nan<T>, quiet_nan<T>};
  }
  if (b.im == 0 && b.re == rint(b.re) && abs(b.re) <= T(64)) {
    Complex<T> y(1), power = a;
    for (unsigned n = static_cast<unsigned>(abs(b.re)); n != 0; n >>= 1) {
      if (n & 1) y = y * power;
      power = power * power;
    }
    return b.re < 0 ? Complex<T>(1) / y : y;
  }
  if (b.im == 0 && a.im == 0 && a.re > 0) return {pow(a.re, b.re), T(0)};
  const T r = log_abs(a), t = angle(a);
  return exp(Complex<T>(b.re * r - b.im * t, b.im * r + b.re * t));
}

}  // namespace ph::math
