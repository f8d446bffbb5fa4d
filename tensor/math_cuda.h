// The functions of math_exp.h, math_log.h, math_trig.h and math_special.h from CUDA's own library, for files that nvcc compiles.
// On the host side of such a file they are libm's; kernels there only run on the device.
#pragma once
#include <math.h>

#include "playhead/tensor/math_core.h"

namespace ph::math {

#define PH_FORWARD1(name)                                    \
  PH_INLINE float name(float x) { return ::name##f(x); }     \
  PH_INLINE double name(double x) { return ::name(x); }
PH_FORWARD1(exp)
PH_FORWARD1(exp2)
PH_FORWARD1(expm1)
PH_FORWARD1(sinh)
PH_FORWARD1(cosh)
PH_FORWARD1(tanh)
PH_FORWARD1(log)
PH_FORWARD1(log2)
PH_FORWARD1(log10)
PH_FORWARD1(log1p)
PH_FORWARD1(asinh)
PH_FORWARD1(acosh)
PH_FORWARD1(atanh)
PH_FORWARD1(cbrt)
PH_FORWARD1(sin)
PH_FORWARD1(cos)
PH_FORWARD1(tan)
PH_FORWARD1(asin)
PH_FORWARD1(acos)
PH_FORWARD1(atan)
PH_FORWARD1(erf)
PH_FORWARD1(erfc)
PH_FORWARD1(lgamma)
#undef PH_FORWARD1
#define PH_FORWARD2(name)                                              \
  PH_INLINE float name(float a, float b) { return ::name##f(a, b); }   \
  PH_INLINE double name(double a, double b) { return ::name(a, b); }
PH_FORWARD2(pow)
PH_FORWARD2(atan2)
#undef PH_FORWARD2

// CUDA has these and the host has not.
#if defined(__CUDA_ARCH__)
PH_INLINE float erfinv(float x) { return ::erfinvf(x); }
PH_INLINE double erfinv(double x) { return ::erfinv(x); }
namespace inlined {
PH_INLINE double erfcx(double x) { return ::erfcx(x); }
}  // namespace inlined
PH_INLINE float sinpi(float x) { return ::sinpif(x); }
PH_INLINE double sinpi(double x) { return ::sinpi(x); }
#else
template <Real T> PH_INLINE T erfinv(T) { return quiet_nan<T>; }
namespace inlined {
PH_INLINE double erfcx(double) { return quiet_nan<double>; }
}  // namespace inlined
template <Real T> PH_INLINE T sinpi(T) { return quiet_nan<T>; }
#endif
inline constexpr double pi = 0x1.921fb54442d18p+1;

template <Real T> PH_INLINE T sigmoid(T x) {
  const T z = exp(-abs(x));
  return where(x < 0, z, T(1)) / (T(1) + z);
}

}  // namespace ph::math
