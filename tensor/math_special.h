// Special functions: erf, erfc, erfcx and erfinv, branch-free, and lgamma, which is the C library's.
#pragma once
#include <math.h>

#include "playhead/tensor/math_core.h"
#include "playhead/tensor/math_exp.h"
#include "playhead/tensor/math_log.h"
#include "playhead/tensor/math_trig.h"

namespace ph::math {

PH_INLINE float erf(float x) {
  // Around 0 an odd polynomial; beyond 1, erfc is e^-q(x) with a polynomial q (as N. Juffa proposed), and 0 from 4 on.
  const float a = abs(x), z = a * a, b = where(a > 4.0f, 4.0f, a);
  const float small = madd(a, horner(z, 0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2cf6p-4f, -0x1.b7f9p-6f, 0x1.5405560p-8f, -0x1.a3f49ap-11f,
                                     0x1.496414p-14f), a);
  const float q = horner(b, 0x1.66567ap-12f, 0x1.2088dcp+0f, 0x1.46bb2p-1f, 0x1.a651dp-4f, -0x1.65c89ep-6f, 0x1.825524p-9f, -0x1.86d3ccp-13f);
  return copysign(where(a < 1, small, 1.0f - exp_normal(-q)), x);
}

/// erf(x) / x - 1 for |x| <= 1, z = x^2.
PH_INLINE double erf_poly(double z) {
  return horner(z, 0x1.06eba8214db69p-3, -0x1.812746b0379bdp-2, 0x1.ce2f21a040d16p-4, -0x1.b82ce311fa917p-6, 0x1.565bccf92adf5p-8,
                -0x1.c02db03dcc8e5p-11, 0x1.f9a2baa830d6fp-14, -0x1.f4ca4d65ab3a8p-17, 0x1.b97fd3940c2aep-20, -0x1.5c0725caa1325p-23,
                0x1.d71b0a2cd0381p-27, -0x1.abae41cdb0397p-31);
}
/// The P of e^(a^2) erfc(a) = P / (1 + 2 a) for 0.45 <= a <= 27.5, as M. Shepherd and J. Laframboise (1981) proposed.
PH_INLINE double erfc_poly(double a) {
  const double t = (a - 4.0) / (a + 4.0);
  return horner(t, 0x1.3ba5916e9fd7fp+0, -0x1.1df1ad154a28ep-3, 0x1.f7f5df66fd706p-7, 0x1.16ecefcfa52b1p-4, -0x1.9ddb23c3e8a6dp-4,
                          0x1.7fee004e14c7ep-4, -0x1.0fb06dfe547a2p-4, 0x1.3079edf61edbep-5, -0x1.0962388294fc2p-6, 0x1.49c672a99bf09p-8,
                          -0x1.8d4a9c774e518p-11, -0x1.a1df444889ac1p-13, 0x1.3be0715458b0dp-13, -0x1.9954f1cdcace5p-16,
                          -0x1.788f2d7bf05e4p-17, 0x1.7ef5dbd394660p-18, 0x1.3c423aab90a7bp-22, -0x1.b80689b3f4b3fp-21,
                          0x1.3c04dd7d8719ep-24, 0x1.bbe507ba4c00bp-24, -0x1.253f67f379b6fp-26, -0x1.4ceb9907d97a1p-27, 0x1.a9ccb4dd4847dp-30);
}
/// erfc(a) for 0.45 <= a.
PH_INLINE double erfc_tail(double x) {
  const double a = where(x > 27.5, 27.5, x), p = erfc_poly(a);
  const Sum<double> s = two_prod(a, a);
  const ExpArg<double> e = exp_reduce(-s.hi);
  const double m = 1.0 + expm1_reduced(e.r + (e.tail - s.lo)), d = madd(2.0, a, 1.0);
  // m p / d lies far below 1/2 for large a: halves of the power of two keep every step normal but the last.
  const double h = rint_small(e.n * 0.5);
  return (m * p / d) * pow2(h) * pow2(e.n - h);
}
PH_INLINE double erf(double x) {
  const double a = abs(x), z = a * a;
  return copysign(where(a < 1, madd(a, erf_poly(z), a), 1.0 - erfc_tail(a)), x);
}
PH_INLINE double erfc(double x) {
  const double a = abs(x), tail = erfc_tail(a), near = 1.0 - madd(x, erf_poly(x * x), x);
  return where(a < 0.45, near, where(x < 0, 2.0 - tail, tail));
}
PH_INLINE float erfc(float x) { return static_cast<float>(erfc(static_cast<double>(x))); }

namespace inlined {  // beside the call of that name
/// e^(x^2) erfc(x).
PH_INLINE double erfcx(double x) {
  const double a = abs(x), b = where(a > 27.5, 27.5, a), far = where(a > 27.5, a, 27.5), r = 1.0 / (far * far);
  const double middle = erfc_poly(b) / madd(2.0, b, 1.0);
  const double beyond = horner(r, 1.0, -0.5, 0.75, -1.875, 6.5625, -29.53125, 162.421875) * 0.56418958354775628695 / far;  // 1 / sqrt(pi)
  const double tail = where(a > 27.5, beyond, middle);
  // e^(x^2), where there is need of it.
  const double c = where(x > 0.45, 0.45, where(x < -27.0, -27.0, x));
  const Sum<double> s = two_prod(c, c);
  const double e = exp(s.hi) * (1.0 + s.lo);
  return where(a < 0.45, e * (1.0 - madd(c, erf_poly(c * c), c)), where(x > 0, tail, 2.0 * e - tail));
}
}  // namespace inlined

/// erfinv to 2^-28, from w = -log(1 - x^2) (M. Giles, 2010, re-fitted).
PH_INLINE double erfinv_rough(double x) {
  const double w = -log((1.0 - x) * (1.0 + x)), v = w - 2.5, u = sqrt(w) - 4.0;
  const double mid = x * horner(v, 0x1.805c5cfd151fbp+0, 0x1.f91e8993d0410p-3, -0x1.11c3c5375faa5p-8, -0x1.4863ce55a45f3p-10, 0x1.c9b4de4cd9e75p-13,
                                -0x1.4f472108ba4e0p-18, -0x1.cab7153ac2ba6p-19, 0x1.01003b2cd21fbp-21, 0x1.dcb7329a30b54p-27,
                                -0x1.754715e2244ccp-27, 0x1.bb38b7fb162edp-31, 0x1.0fc9053d779e0p-33, -0x1.5bc4f180d3567p-36);
  const double far = horner(u, 0x1.eb7e0740850d7p+1, 0x1.026e4376e1548p+0, 0x1.48a38b1fe6d20p-10, -0x1.bffdc9eff6146p-11, 0x1.3572b7ba0ac62p-12,
                            -0x1.5e1bea58178b7p-14, 0x1.67c643a22b4fap-16, -0x1.65a17e0d4d42ap-18, 0x1.5d9cc840b76ffp-21, 0x1.ed570c65cd0dep-22,
                            -0x1.133fbd4214072p-22, 0x1.5ac39dee0ca3ep-25, -0x1.39c914f1c35e7p-31);
  return where(w < 5, mid, copysign(far, x));
}
PH_INLINE double erfinv(double x) {
  const double a = abs(x), y = abs(erfinv_rough(x));
  // One step of Halley's on erfc, where nothing cancels; around 0 on erf.
  const double f = where(a > 0.5, (1.0 - a) - erfc_tail(y), madd(y, erf_poly(y * y), y) - a);
  const double u = f * exp(y * y) * 0.88622692545275801365;  // sqrt(pi) / 2
  const double z = y - u / (1.0 + y * u);
  return where(a < 1, copysign(z, x), where(a == 1, copysign(infinity<double>, x), quiet_nan<double>));
}
PH_INLINE float erfinv(float x) {
  const float a = abs(x), y = static_cast<float>(erfinv_rough(static_cast<double>(x)));
  return where(a < 1, y, where(a == 1, copysign(infinity<float>, x), quiet_nan<float>));
}

// --- scalar ------------------------------------------------------------------------------------------------------------
PH_INLINE double lgamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}
PH_INLINE float lgamma(float x) { return static_cast<float>(lgamma(static_cast<double>(x))); }

}  // namespace ph::math
