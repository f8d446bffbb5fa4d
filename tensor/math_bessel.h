// Bessel functions J, Y, K and Airy's functions. Chebyshev sums from docs/fit_special.py; DLMF 9 and 10 have the formulas.
// Included as math_calls.h says.
#pragma once
#include <math.h>

#include "playhead/tensor/math_bessel_i.h"
#include "playhead/tensor/math_tables.h"
#if defined(__CUDACC__)
#include "playhead/tensor/math_cuda.h"
#else
#include "playhead/tensor/math_exp.h"
#include "playhead/tensor/math_log.h"
#include "playhead/tensor/math_trig.h"
#endif

namespace ph::math {

/// Clenshaw's sum of c[k] T_k(t).
template <int n>
PH_INLINE double chebyshev(double t, const double (&c)[n]) {
  double a = 0, b = 0;
  for (int k = n - 1; k > 0; --k) {
    const double next = madd(2 * t, a, c[k] - b);
    b = a;
    a = next;
  }
  return madd(t, a, c[0] - b);
}
/// The t in [-1, 1] of a number z between `first` and infinity.
PH_INLINE double beyond(double first, double z) { return z < 1e300 ? (z - 3 * first) / (z + first) : 1.0; }

// --- J, Y: the C library's, which are right around their zeros too ---------------------------------------------------------
PH_CALL double bessel_j0(double x) { return ::j0(x); }
PH_CALL double bessel_j1(double x) { return ::j1(x); }
PH_CALL double bessel_y0(double x) { return x < 0 ? quiet_nan<double> : x == 0 ? -infinity<double> : ::y0(x); }
PH_CALL double bessel_y1(double x) { return x < 0 ? quiet_nan<double> : x == 0 ? -infinity<double> : ::y1(x); }

// --- K ---------------------------------------------------------------------------------------------------------------------
PH_PART double k0_near(double x) { return chebyshev(2 * x * x - 1, tables::k0_near) - log(x) * i0(x); }
PH_PART double k1_near(double x) { return 1 / x + (log(x) * i1(x) + x * chebyshev(2 * x * x - 1, tables::k1_near)); }
PH_PART double k0_far(double x) { return chebyshev(beyond(1, x), tables::k0_far) / sqrt(x); }
PH_PART double k1_far(double x) { return chebyshev(beyond(1, x), tables::k1_far) / sqrt(x); }
/// e^-x y without losing what e^-x alone would: it is subnormal before the product is.
PH_PART double decayed(double x, double y) {
  const double h = exp(-0.5 * x);
  return y * h * h;
}
PH_CALL double modified_bessel_k0(double x) {
  if (!(x > 0)) return x == 0 ? infinity<double> : quiet_nan<double>;
  return x < 1 ? k0_near(x) : decayed(x, k0_far(x));
}
PH_CALL double modified_bessel_k1(double x) {
  if (!(x > 0)) return x == 0 ? infinity<double> : quiet_nan<double>;
  return x < 1 ? k1_near(x) : decayed(x, k1_far(x));
}
PH_CALL double scaled_modified_bessel_k0(double x) {
  if (!(x > 0)) return x == 0 ? infinity<double> : quiet_nan<double>;
  return x < 1 ? exp(x) * k0_near(x) : k0_far(x);
}
PH_CALL double scaled_modified_bessel_k1(double x) {
  if (!(x > 0)) return x == 0 ? infinity<double> : quiet_nan<double>;
  return x < 1 ? exp(x) * k1_near(x) : k1_far(x);
}

// --- Airy ------------------------------------------------------------------------------------------------------------------
/// 2/3 x^(3/2) with twice the digits: both e^-z and the phase need them.
PH_PART Sum<double> airy_zeta(double x) {
  const double s = sqrt(x);
  const Sum<double> square = two_prod(s, s), p = two_prod(x, s);
  const double low = p.lo + x * (((x - square.hi) - square.lo) / (2 * s));
  const double third = p.hi / 3;
  const Sum<double> back = two_prod(3.0, third);
  return {2 * third, 2 * (((p.hi - back.hi) - back.lo + low) / 3)};
}
/// The real part of (p + i q / z) e^(i (z - pi / 4)), or of that with 3 pi / 4.
PH_PART double airy_wave(const Sum<double>& z, double p, double q, bool prime) {
  const double s0 = sin(z.hi), c0 = cos(z.hi), s1 = sin(z.lo), c1 = cos(z.lo);
  const double s = s0 * c1 + c0 * s1, c = c0 * c1 - s0 * s1;
  constexpr double root_half = 0.70710678118654752440;
  const double a = root_half * (s + c), b = root_half * (s - c);  // cos and sin of z - pi / 4
  return prime ? p * b + q / z.hi * a : p * a - q / z.hi * b;
}
inline constexpr double airy_scale = 0.22507907903927651739, airy_amplitude = 0.56418958354775628695;  // 1 / (pi sqrt 2), 1 / sqrt pi
PH_CALL double airy_ai(double x) {
  if (x >= 1.32) {
    if (x > 110) return 0;
    const Sum<double> z = airy_zeta(x);
    return decayed(z.hi, chebyshev(beyond(1, z.hi), tables::airy_right) / sqrt(sqrt(x)) * (1 - z.lo)) * airy_scale;
  }
  if (!(x < -2.1)) return chebyshev((2 * x + 0.78) / 3.42, tables::airy_middle);
  if (x == -infinity<double>) return 0;
  const Sum<double> z = airy_zeta(-x);
  const double t = beyond(2, z.hi);
  return airy_amplitude / sqrt(sqrt(-x)) * airy_wave(z, chebyshev(t, tables::airy_left_p), chebyshev(t, tables::airy_left_q), false);
}
PH_CALL double airy_ai_prime(double x) {
  if (x >= 1.32) {
    if (x > 110) return 0;
    const Sum<double> z = airy_zeta(x);
    return -decayed(z.hi, chebyshev(beyond(1, z.hi), tables::airy_prime_right) * sqrt(sqrt(x)) * (1 - z.lo)) * airy_scale;
  }
  if (!(x < -2.1)) return chebyshev((2 * x + 0.78) / 3.42, tables::airy_prime_middle);
  const Sum<double> z = airy_zeta(-x);
  const double t = beyond(2, z.hi);
  return airy_amplitude * sqrt(sqrt(-x)) * airy_wave(z, chebyshev(t, tables::airy_prime_left_p), chebyshev(t, tables::airy_prime_left_q), true);
}

}  // namespace ph::math
