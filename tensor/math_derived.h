// Functions made of others, the same on every device.
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

template <Real T> PH_INLINE T log_sigmoid(T x) { return minimum(x, T(0)) - log1p(exp(-abs(x))); }
/// log(e^a + e^b).
template <Real T> PH_INLINE T logaddexp(T a, T b) {
  const T d = where(a == b, T(0), abs(a - b));  // equal infinities have no difference
  return maximum(a, b) + log1p(exp(-d));
}
/// x log(y), and 0 for x = 0 whatever y is (NaN aside).
template <Real T> PH_INLINE T xlogy(T x, T y) { return where((x == 0) & (y == y), T(0), x * log(y)); }
template <Real T> PH_INLINE T xlog1py(T x, T y) { return where((x == 0) & (y == y), T(0), x * log1p(y)); }
/// sin(pi x) / (pi x).
template <Real T> PH_INLINE T sinc(T x) {
  const T d = x * static_cast<T>(pi);
  return where(x == 0, T(1), where(abs(x) == infinity<T>, T(0), sinpi(x) / d));
}

}  // namespace ph::math
