// Division with remainder, neighbours, scaling: exact operations rather than approximations. For integers too.
#pragma once
#include <math.h>

#include "playhead/tensor/math_core.h"

namespace ph::math {

// --- division -----------------------------------------------------------------------------------------------------------
/// The remainder of truncated division: sign of a, |result| < |b|, exact (C's fmod). The quick form gives up (NaN) where the
/// quotient is 2^29 or more, or the result is NaN.
PH_INLINE float fmod(Quick<float> qa, Quick<float> qb) {
  const float a = qa.v, b = qb.v;
  const double x = abs(static_cast<double>(a)), y = abs(static_cast<double>(b)), q = trunc(x / y);
  const double r0 = x - q * y, r1 = where(r0 < 0, r0 + y, r0), r = where(r1 >= y, r1 - y, r1);  // q may be off by one
  const float ok = static_cast<float>(where(q < 0x1p29, r, quiet_nan<double>));
  const float aa = abs(a), ab = abs(b);
  return where((ab == infinity<float>) & (aa < infinity<float>), a, copysign(ok, a));
}
PH_INLINE float fmod(float a, float b) {
  const float r = fmod(Quick<float>{a}, Quick<float>{b});
  return r == r ? r : ::fmodf(a, b);
}
PH_INLINE double fmod(double a, double b) { return ::fmod(a, b); }
PH_INLINE double fmod(Quick<double> a, Quick<double> b) { return ::fmod(a.v, b.v); }

// From r = fmod(a, b): the remainder of floored division, and its quotient.
template <Real T> PH_INLINE T floored(T r, T b) { return where(r == 0, copysign(T(0), b), where((r < 0) != (b < 0), r + b, r)); }
template <Real T> PH_INLINE T floored_quotient(T a, T b, T r) {
  const T q = (a - r) / b;  // whole but for rounding
  const T d = where((r != 0) & ((r < 0) != (b < 0)), q - T(1), q), f = floor(d);
  const T whole = where(d - f > T(0.5), f + T(1), f), y = where(d == 0, copysign(T(0), a / b), whole);
  // At zeros and infinities floor(a / b) is a / b, the array API's choice; Python's and NumPy's inf // 2 is NaN, 1 // -inf is -1.
  return where((b == 0) | (abs(a) == infinity<T>) | (abs(b) == infinity<T>), a / b, y);
}
/// Python's %: takes the sign of b.
template <Real T> PH_INLINE T remainder(T a, T b) { return floored(fmod(a, b), b); }
template <Real T> PH_INLINE T remainder(Quick<T> a, Quick<T> b) { return floored(fmod(a, b), b.v); }
/// floor(a / b) of the exact quotient.
template <Real T> PH_INLINE T floor_divide(T a, T b) { return floored_quotient(a, b, fmod(a, b)); }
template <Real T> PH_INLINE T floor_divide(Quick<T> a, Quick<T> b) { return floored_quotient(a.v, b.v, fmod(a, b)); }

// Integers: a zero divisor gives 0 (ops refuse it before they get here), and the least integer by -1 wraps; neither traps.
template <Integer T> PH_INLINE T fmod(T a, T b) {
  if constexpr (Signed<T>)
    if (b == T(-1)) return 0;
  return b == 0 ? T(0) : static_cast<T>(a % b);
}
template <Integer T> PH_INLINE T remainder(T a, T b) {
  const T r = fmod(a, b);
  return static_cast<T>(r != 0 && (r < T(0)) != (b < T(0)) ? r + b : r);
}
template <Integer T> PH_INLINE T floor_divide(T a, T b) {
  if (b == 0) return 0;
  if constexpr (Signed<T>)
    if (b == T(-1)) return static_cast<T>(0 - static_cast<std::uint64_t>(a));
  const T q = static_cast<T>(a / b);
  return static_cast<T>(q - T((a % b != 0) & ((a < T(0)) != (b < T(0)))));
}

// --- neighbours and scaling -----------------------------------------------------------------------------------------------
/// The next number after a in the direction of b.
template <Real T> PH_INLINE T nextafter(T a, T b) {
  const Bits<T> i = bits(a), up = i + 1, down = i - 1;
  const bool grow = (a < b) == (a > 0);  // away from zero
  const T step = from_bits<T>(where(grow, up, down)), least = copysign(from_bits<T>(1), b);
  const T y = where(a == 0, least, step);
  return where((a != a) | (b != b), a + b, where(a == b, b, y));
}

/// x * 2^n for whole n of any size, rounded once.
template <Real T> PH_INLINE T ldexp(T x, T n) {
  // Subnormal results: first down to just above them, exactly, then the rest (as musl does).
  constexpr T span = static_cast<T>(Format<T>::bias - 1), mant = static_cast<T>(Format<T>::mantissa + 1);
  const T c = clamp(n, T(-3) * span, T(3) * span);
  T y = x, k = c;
  for (int i = 0; i < 2; ++i) {
    const T step = where(k > span, span, where(k < -span, mant - span, T(0)));
    y = y * pow2(step);
    k = k - step;
  }
  return y * pow2(clamp(k, -span, span));
}

/// sqrt(a^2 + b^2) without overflow on the way; infinite if either is.
PH_INLINE float hypot(float a, float b) {
  const double x = static_cast<double>(a), y = static_cast<double>(b);
  const float r = static_cast<float>(sqrt(x * x + y * y));
  const bool far = isinf(a), wide = isinf(b);
  return where(far | wide, infinity<float>, r);
}
PH_INLINE double hypot(double a, double b) {
  const double x = abs(a), y = abs(b), hi = maximum(x, y), lo = minimum(x, y);
  const double scale = where(hi > 0x1p500, 0x1p-600, where(hi < 0x1p-500, 0x1p600, 1.0));
  const double u = hi * scale, v = lo * scale;
  const Sum<double> uu = two_prod(u, u), vv = two_prod(v, v), s = two_sum(uu.hi, vv.hi);
  const double r = sqrt(s.hi), rest = s.lo + (uu.lo + vv.lo);
  const Sum<double> rr = two_prod(r, r);
  const double fixed = r + ((s.hi - rr.hi) - rr.lo + rest) / (r + r);
  const double y1 = where(r > 0, fixed, 0.0) / scale;
  return where((x == infinity<double>) | (y == infinity<double>), infinity<double>, where(hi != hi, hi, y1));
}

}  // namespace ph::math
