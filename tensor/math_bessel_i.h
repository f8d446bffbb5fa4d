// The modified Bessel functions of the first kind, branch-free. Plain code for host and device.
#pragma once
#include "playhead/tensor/math_core.h"
#if defined(__CUDACC__)
#include "playhead/tensor/math_cuda.h"
#else
#include "playhead/tensor/math_exp.h"
#include "playhead/tensor/math_log.h"
#include "playhead/tensor/math_trig.h"
#endif

namespace ph::math {

// Up to 8 the power series' minimax polynomial in x^2, beyond it e^x / sqrt(x) times one in 1 / x.
PH_INLINE double i0_near(double z) {
  return horner(z, 0x1p+0, 0x1p-2, 0x1.ffffffffffff3p-7, 0x1.c71c71c71c85bp-12, 0x1.c71c71c71a938p-18,
                0x1.23456789c5e69p-24, 0x1.02e85c06c947cp-31, 0x1.522a44218f944p-39, 0x1.522a41269909ap-47,
                0x1.0b3153e7e1e61p-55, 0x1.55ff4d7878ebep-64, 0x1.69e61fb2f0799p-73, 0x1.40a5d9d30cbb7p-82,
                0x1.f2a312bff8a23p-92, 0x1.108b3409671p-101, 0x1.1cafff0751516p-110);
}
PH_INLINE double i1_near(double z) {
  return horner(z, 0x1p-1, 0x1p-4, 0x1.5555555555552p-9, 0x1.c71c71c71c7a1p-15, 0x1.6c16c16c160bcp-21,
                0x1.845c8a0cf7722p-28, 0x1.27e4fb765846cp-35, 0x1.522a441146ddep-43, 0x1.2c97572ffc16ep-51,
                0x1.ab82105d4a8d9p-60, 0x1.f17427d5313eap-69, 0x1.e28089e8b8e37p-78, 0x1.8ad6abc323004p-87,
                0x1.1c186fddbd718p-96, 0x1.26fdf20a0f62bp-106, 0x1.17ce884a32212p-115);
}
PH_INLINE double i0_far(double t) {
  return horner(t, 0x1.9bd428ad249a5p-2, 0x1.b87969bb93aeap-9, 0x1.1daa72b5cea99p-13, 0x1.75e5ee75302e8p-17,
                0x1.8e513c51a7bf6p-20, 0x1.3f499b569afdap-22, 0x1.7d0ce4c805375p-24, 0x1.51d367523d1dap-25,
                0x1.72872999d1b1p-26, 0x1.03089a6c17b08p-27, -0x1.d728a965b6683p-28, -0x1.ca68882ff1d36p-27,
                -0x1.58af21972a907p-28, 0x1.fa5cc2a21bf93p-28, 0x1.bfb01ed2fbc3dp-28, -0x1.b4cd7bc654c98p-29,
                -0x1.3663de891ce8cp-28, 0x1.39888449637c6p-30, 0x1.27812fb4ebb94p-29, -0x1.4614b99a25f78p-32,
                -0x1.612c02b2d0864p-31, 0x1.5b1a2b1bd6e97p-35, 0x1.8a3f1ab0c6cabp-34);
}
PH_INLINE double i1_far(double t) {
  return horner(t, 0x1.8ebe783a8403p-2, -0x1.3f796198ee60bp-7, -0x1.cbc54df1d4532p-13, -0x1.f89c2309386e4p-17,
                -0x1.ec8e1261781cp-20, -0x1.7613748b56f1bp-22, -0x1.ad8b0cbc0d894p-24, -0x1.727e6ece57ea3p-25,
                -0x1.91e741a1fb048p-26, -0x1.21180f0c2730fp-27, 0x1.d68a3af30bd8p-28, 0x1.e02568352adcap-27,
                0x1.7ecbaa9b568e5p-28, -0x1.00ece338fcce8p-27, -0x1.dcb4499d2d37dp-28, 0x1.ae589a589f161p-29,
                0x1.46677f1d1eb77p-28, -0x1.2d30ce07d465ap-30, -0x1.35082882536e3p-29, 0x1.33da1af6ad748p-32,
                0x1.7056b7edd641ep-31, -0x1.448ad32542cbdp-35, -0x1.9a954bc3b9c84p-34);
}
/// e^-|x| I0(x).
PH_INLINE double i0e(double x) {
  const double a = abs(x), z = where(a > 8, 8.0, a), b = where(a < 8, 8.0, a);
  return where(a < 8, exp(-z) * i0_near(z * z), i0_far(16.0 / b - 1.0) / sqrt(b));
}
PH_INLINE double i1e(double x) {
  const double a = abs(x), z = where(a > 8, 8.0, a), b = where(a < 8, 8.0, a);
  return copysign(where(a < 8, z * exp(-z) * i1_near(z * z), i1_far(16.0 / b - 1.0) / sqrt(b)), x);
}
PH_INLINE double i0(double x) {
  const double a = abs(x), z = where(a > 8, 8.0, a), h = exp(0.5 * a);  // in two factors: e^a overflows too soon
  return where(a < 8, i0_near(z * z), h * (i0e(clamp(x, -1500.0, 1500.0)) * h));
}
PH_INLINE double i1(double x) {
  const double a = abs(x), z = where(a > 8, 8.0, a), h = exp(0.5 * a);
  return where(a < 8, x * i1_near(z * z), h * (i1e(clamp(x, -1500.0, 1500.0)) * h));
}
PH_INLINE float i0e(float x) { return static_cast<float>(i0e(static_cast<double>(x))); }
PH_INLINE float i1e(float x) { return static_cast<float>(i1e(static_cast<double>(x))); }
PH_INLINE float i0(float x) { return static_cast<float>(i0(static_cast<double>(x))); }
PH_INLINE float i1(float x) { return static_cast<float>(i1(static_cast<double>(x))); }

}  // namespace ph::math
