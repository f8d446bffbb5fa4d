// Trigonometric functions and their inverses.
//
// `sin`, `cos`, `tan` are right for every number. Of a Quick number they have no branch, so that a loop over them becomes SIMD
// code, and give NaN beyond the range in which their reduction by pi / 2 is good (2^17 in float, 2^26 in double). A kernel
// runs the quick form over a block and, where a NaN came out, the full one.
#pragma once
#include <math.h>

#include "playhead/tensor/math_core.h"

namespace ph::math {

/// x = q pi/2 + r + tail, |r| a little over pi/4 at most; the low bits of `quadrant` are those of q.
template <class T, class Work> struct TrigArg { Work r, tail; Bits<T> quadrant; };

PH_INLINE TrigArg<float, double> trig_reduce(float x) {
  // In double: 29 bits of pi/2 times q are exact, and 2^-70 of it remains.
  const float shifted = x * 0x1.45f306p-1f + Format<float>::magic;
  const double q = static_cast<double>(shifted - Format<float>::magic);
  return {madd(q, -0x1.10b4611a62633p-30, static_cast<double>(x) - q * 0x1.921fb54p+0), 0.0, bits(shifted)};
}
PH_INLINE TrigArg<double, double> trig_reduce(double x) {
  // pi/2 in pieces of 26 bits, so that the products with q are exact (Cody and Waite, 1980).
  const double shifted = x * 0x1.45f306dc9c883p-1 + Format<double>::magic;
  const double q = shifted - Format<double>::magic;
  const double exact = (x - q * 0x1.921fb5p+0) - q * 0x1.110b46p-26;
  const Sum<double> a = two_sum(exact, -q * 0x1.1a6263p-54);
  const Sum<double> b = fast_two_sum(a.hi, a.lo - q * 0x1.8a2e03707344ap-81);
  return {b.hi, b.lo, bits(shifted)};
}
template <class T> inline constexpr T trig_limit = sizeof(T) == 4 ? T(0x1p17) : T(0x1p26);

PH_INLINE float sin_reduced(float r, float) {
  const float z = r * r;
  return madd(r, z * horner(z, -0x1.555544p-3f, 0x1.1106d4p-7f, -0x1.9920c4p-13f), r);
}
PH_INLINE float cos_reduced(float r, float) {
  const float z = r * r;
  return madd(z, horner(z, -0.5f, 0x1.55554ap-5f, -0x1.6c0bc8p-10f, 0x1.99cc22p-16f), 1.0f);
}
PH_INLINE double sin_reduced(double r, double tail) {
  const double z = r * r;
  const double p = horner(z, -0x1.5555555555547p-3, 0x1.111111110f52dp-7, -0x1.a01a019ba6d84p-13, 0x1.71de351a41577p-19,
                          -0x1.ae5e1c69a4d8ep-26, 0x1.5d7d6eaa6ce37p-33);
  return r + madd(r * z, p, madd(z, -0.5 * tail, tail));
}
PH_INLINE double cos_reduced(double r, double tail) {
  const double z = r * r, h = 0.5 * z, w = 1.0 - h;
  const double p = horner(z, 0x1.5555555555549p-5, -0x1.6c16c16c14c8ep-10, 0x1.a01a019c3776ep-16, -0x1.27e4f7b2462f0p-22,
                          0x1.1ee9b0b4860bfp-29, -0x1.8f902027fe7c5p-37);
  return w + (((1.0 - w) - h) + madd(z * z, p, -r * tail));
}
/// tan(r) / r - 1, z = r^2: to float's precision and to double's.
PH_INLINE double tan_poly(double z, float) {
  return z * horner(z, 0x1.5555605a1aa9bp-2, 0x1.110d8da1ad3b4p-3, 0x1.badbf03dd0ed6p-5, 0x1.5caed57f89af7p-6, 0x1.6318931e69a6bp-7,
                    0x1.7256814fdaa9fp-14, 0x1.1ed8fa62b79fdp-8);
}
PH_INLINE double tan_poly(double z, double) {
  return z * horner(z, 0x1.555555555555dp-2, 0x1.111111111067dp-3, 0x1.ba1ba1bab6190p-5, 0x1.664f485f18a7ep-6, 0x1.226e3a4229777p-7,
                    0x1.d6d2f207abdbcp-9, 0x1.7db0fb649d205p-10, 0x1.34c1e1ba6a1f4p-11, 0x1.fedbc09547c60p-13, 0x1.6022bdfbd1f1cp-14,
                    0x1.16e98a06ea1ffp-14, -0x1.9ea9b4e9b5502p-16, 0x1.918b07ee4775fp-15, -0x1.90d8f79af66ecp-16, 0x1.45f1c8bf74e52p-17);
}

/// sin(x + turn pi/2).
template <Real T> PH_INLINE T sin_turned(T x, Bits<T> turn) {
  const auto a = trig_reduce(x);
  const Bits<T> q = a.quadrant + turn;
  const T r = static_cast<T>(a.r), tail = static_cast<T>(a.tail);
  const T y = where((q & 1) != 0, cos_reduced(r, tail), sin_reduced(r, tail));
  const T signed_y = from_bits<T>(bits(y) ^ ((q & 2) << (8 * sizeof(T) - 2)));
  return where(abs(x) <= trig_limit<T>, signed_y, quiet_nan<T>);
}
template <Real T> PH_INLINE T sin(Quick<T> x) { return where(x.v == 0, x.v, sin_turned(x.v, Bits<T>(0))); }
template <Real T> PH_INLINE T cos(Quick<T> x) { return sin_turned(x.v, Bits<T>(1)); }
template <Real T> PH_INLINE T tan(Quick<T> quick) {
  const T x = quick.v;
  const auto a = trig_reduce(x);
  const bool odd = (a.quadrant & 1) != 0;
  if constexpr (sizeof(T) == 4) {
    const float t = static_cast<float>(a.r + a.r * tan_poly(a.r * a.r, x));
    const float co = static_cast<float>(-1.0 / (a.r + a.r * tan_poly(a.r * a.r, x)));
    return where(x == 0, x, where(abs(x) <= trig_limit<T>, where(odd, co, t), quiet_nan<T>));
  } else {
    const double low = madd(a.r, tan_poly(a.r * a.r, x), a.tail), t = a.r + low;
    // -1 / (t + rest), rest being what t lost and the tail's share of the slope t^2.
    const double rest = (low - (t - a.r)) + a.tail * t * t, c = -1.0 / t;
    return where(x == 0, x, where(abs(x) <= trig_limit<T>, where(odd, c * (1.0 + c * rest), t + a.tail * t * t), quiet_nan<T>));
  }
}

#define PH_FULL_RANGE(f)                                         \
  PH_INLINE double f(double x) {                                 \
    const double y = f(Quick<double>{x});                        \
    return y == y ? y : ::f(x);                                  \
  }                                                              \
  PH_INLINE float f(float x) {                                   \
    const float y = f(Quick<float>{x});                                    \
    return y == y ? y : static_cast<float>(::f(static_cast<double>(x))); \
  }
PH_FULL_RANGE(sin)
PH_FULL_RANGE(cos)
PH_FULL_RANGE(tan)
#undef PH_FULL_RANGE

// --- inverses ---------------------------------------------------------------------------------------------------------
inline constexpr double pi = 0x1.921fb54442d18p+1, half_pi = 0x1.921fb54442d18p+0, half_pi_tail = 0x1.1a62633145c07p-54;

/// atan(t) / t - 1 for |t| <= 1, z = t^2.
PH_INLINE double atan_poly(double z) {
  return z * horner(z, -0x1.5555555555526p-2, 0x1.9999999995545p-3, -0x1.249249237e1fep-3, 0x1.c71c717f944c4p-4, -0x1.745d11aaf51a1p-4,
                    0x1.3b1366764edb8p-4, -0x1.110e5020d32b0p-4, 0x1.e1bb9b5a5a1e6p-5, -0x1.ae5e456ffa547p-5, 0x1.82da48babd8f2p-5,
                    -0x1.59a2a07e22d8ep-5, 0x1.2c2bbb511f7f8p-5, -0x1.e9f22475af078p-6, 0x1.683385b07c748p-6, -0x1.c77f16d7a5ee4p-7,
                    0x1.d7a2670cf526fp-8, -0x1.7a2301cd38122p-9, 0x1.b3dbe87dfa52cp-11, -0x1.3f1c56cb1fc94p-13, 0x1.bbc52b5ebf115p-17);
}
/// asin(t) / t - 1 for |t| <= 1/2, z = t^2.
PH_INLINE double asin_poly(double z) {
  return z * horner(z, 0x1.5555555555577p-3, 0x1.333333332e10dp-4, 0x1.6db6db7213af5p-5, 0x1.f1c71a948eb95p-6, 0x1.6e8bdee9a0d0cp-6,
                    0x1.1c49efc90ff79p-6, 0x1.ca1f99e49f121p-7, 0x1.75852c0ed1bf2p-7, 0x1.613e765ca686cp-7, 0x1.e5da2b4029670p-9,
                    0x1.63a467d84fce9p-6, -0x1.580859b000f3bp-6, 0x1.0b4a0a4075879p-5);
}
PH_INLINE double atan(double x) {
  const double a = abs(x), t = where(a > 1, 1.0 / a, a), y = madd(t, atan_poly(t * t), t);
  return copysign(where(a > 1, half_pi - (y - half_pi_tail), y), x);
}
PH_INLINE double asin(double x) {
  // Beyond 1/2: asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)).
  const double a = abs(x), far = 0.5 * (1.0 - a), z = where(a > 0.5, far, a * a), t = where(a > 0.5, sqrt(far), a);
  const double y = madd(t, asin_poly(z), t);
  return copysign(where(a > 0.5, half_pi - (2.0 * y - half_pi_tail), y), x);
}
PH_INLINE double acos(double x) {
  const double a = abs(x), far = 0.5 * (1.0 - a), z = where(a > 0.5, far, a * a), t = where(a > 0.5, sqrt(far), x);
  const double p = asin_poly(z), y = madd(t, p, t);
  const double outer = where(x > 0, 2.0 * y, 2.0 * (half_pi - (y - half_pi_tail)));
  return where(a > 0.5, outer, half_pi - (t - (half_pi_tail - t * p)));
}
/// The angle of the point (x, y), with C's rules for zeros and infinities.
PH_INLINE double atan2(double y, double x) {
  const double ax = abs(x), ay = abs(y), hi = maximum(ax, ay), lo = minimum(ax, ay);
  const double q = lo / hi, t = where(hi == 0, 0.0, where(lo == infinity<double>, 1.0, q));
  const double p = madd(t, atan_poly(t * t), t);
  const double first = where(ay > ax, half_pi - (p - half_pi_tail), p);
  const double r = where(signbit(x), 2.0 * half_pi - (first - 2.0 * half_pi_tail), first);
  return where((x != x) | (y != y), x + y, copysign(r, y));
}
PH_INLINE float atan(float x) { return static_cast<float>(atan(static_cast<double>(x))); }
PH_INLINE float asin(float x) { return static_cast<float>(asin(static_cast<double>(x))); }
PH_INLINE float acos(float x) { return static_cast<float>(acos(static_cast<double>(x))); }
PH_INLINE float atan2(float y, float x) { return static_cast<float>(atan2(static_cast<double>(y), static_cast<double>(x))); }

/// sin(pi x), exact at whole and half numbers.
template <Real T> PH_INLINE T sinpi(T x) {
  const T half = x * T(0.5), turns = T(2) * (half - rint(half));  // x modulo 2, exact, in [-1, 1]
  const double t = static_cast<double>(turns), a = abs(t), r = where(a > 0.5, 1.0 - a, a);
  // The sine of r pi from 0 to pi/2, the upper half of it by the cosine.
  const double u = where(r > 0.25, 0.5 - r, r) * pi, y = where(r > 0.25, cos_reduced(u, 0.0), sin_reduced(u, 0.0));
  return static_cast<T>(copysign(y, t));
}

}  // namespace ph::math
