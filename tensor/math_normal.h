// The normal distribution function, with a small relative error in either tail. Branch-free.
#pragma once
#if defined(__CUDACC__)
#include "playhead/tensor/math_cuda.h"
#else
#include "playhead/tensor/math_special.h"
#endif

namespace ph::math {

/// The upper tail of a >= 0: e^(-a^2 / 2) erfcx(a / sqrt 2) / 2.
PH_INLINE double normal_tail(double x) {
  const double a = where(x > 40, 40.0, x);
  const Sum<double> s = two_prod(a, a);
  return 0.5 * inlined::erfcx(a * 0.70710678118654752440) * (exp(-0.5 * s.hi) * (1.0 - 0.5 * s.lo));
}
PH_INLINE double ndtr(double x) {
  const double t = normal_tail(abs(x));
  return where(x < 0, t, 1.0 - t);
}
PH_INLINE float ndtr(float x) { return static_cast<float>(ndtr(static_cast<double>(x))); }

}  // namespace ph::math
