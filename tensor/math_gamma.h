// The gamma function's relatives: digamma, polygamma, Hurwitz's zeta function, the incomplete gamma functions (DLMF 8: series,
// continued fraction, Temme's uniform expansion); and what the normal distribution needs. Included as math_calls.h says.
#pragma once
#include "playhead/tensor/math_bessel.h"
#include "playhead/tensor/math_normal.h"

namespace ph::math {

// --- zeta ----------------------------------------------------------------------------------------------------------------------
/// For q > 0, s > 1: terms, then Euler and Maclaurin's series.
PH_PART double zeta_right(double s, double q) {
  double sum = 0;
  for (const double enough = 10 + s; q < enough; q += 1) {
    const double term = pow(q, -s);
    sum += term;
    if (term <= 0x1p-60 * sum) return sum;
  }
  const double last = pow(q, -s);
  double term = last * s / q;  // s (s + 1) … (s + 2 j) q^-(s + 2 j + 1)
  const double bernoulli[] = {1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160, -691.0 / 1307674368000.0,
                              1.0 / 74724249600.0, -3617.0 / 10670622842880000.0, 43867.0 / 5109094217170944000.0};
  double tail = 0;
  for (int j = 0; j < 9; ++j) {
    tail += term * bernoulli[j];
    term *= (s + 2 * j + 1) / q * ((s + 2 * j + 2) / q);
  }
  return sum + (tail + 0.5 * last + last * (q / (s - 1)));
}
PH_CALL double zeta(double s, double q) {
  if (!(s >= 1) || q != q) return quiet_nan<double>;
  if (s == 1) return infinity<double>;
  if (q > 0) return q == infinity<double> ? 0 : s == infinity<double> ? (q < 1 ? s : q == 1 ? 1 : 0) : zeta_right(s, q);
  if (q == floor(q)) return infinity<double>;
  if (s != floor(s)) return quiet_nan<double>;  // complex
  // The sum over all whole shifts of q, less the one over what is left of q.
  const double f = q - floor(q), parity = s - 2 * floor(0.5 * s) == 0 ? 1.0 : -1.0;
  return zeta_right(s, f) + parity * (zeta_right(s, 1 - f) - zeta_right(s, 1 - q));
}

// --- digamma, polygamma ----------------------------------------------------------------------------------------------------------
/// d log Gamma(x) / dx; relative error of a few ulp, around the positive root too.
PH_CALL double digamma(double x) {
  double y = 0;
  if (x <= 0) {
    if (x == 0) return copysign(infinity<double>, -x);
    if (x == floor(x)) return quiet_nan<double>;  // the poles: -inf from one side, inf from the other
    // Reflection: digamma(1 - x) - pi / tan(pi x).
    const double d = x - rint(x);
    y = -pi * (sinpi(0.5 - abs(d)) / sinpi(d));
    x = 1.0 - x;
  }
  if (x == infinity<double>) return x;
  if (x < 1) {
    y -= 1.0 / x;
    x += 1.0;
  }
  if (x < 8) {
    for (; x > 2; y += 1.0 / x) x -= 1.0;
    // On [1, 2] the root x0 is divided out.
    const double from_root = (x - 0x1.762d86356be3fp+0) - 0x1.b86a722197829p-54;
    return y + from_root * horner(x - 1.5, 0x1.e6f0cbb873616p-1, -0x1.b1cb63005ee5bp-2, 0x1.eca189b8e6e2p-3,
                                        -0x1.2feeeb98b04f9p-3, 0x1.8512e59054f12p-4, -0x1.fb44201e4fe71p-5,
                                        0x1.4de9aa091668fp-5, -0x1.b9f8b4c570953p-6, 0x1.2564753bf5e92p-6,
                                        -0x1.8634c4630b578p-7, 0x1.03c01bd05e8f1p-7, -0x1.5a16f9354128bp-8,
                                        0x1.cd3b7253e51b3p-9, -0x1.3261beca661d4p-9, 0x1.982f7786e4fb3p-10,
                                        -0x1.1a8d59b994063p-10, 0x1.7a63ca04f6f58p-11, -0x1.73a69b298e868p-12,
                                        0x1.e2e1924d9f421p-13, -0x1.8d1029f0ff123p-12, 0x1.0dc36901733bep-12);
  }
  const double z = 1.0 / (x * x);  // Abramowitz and Stegun 6.3.18
  return y + (log(x) - 0.5 / x -
              z * horner(z, 1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12, -3617.0 / 8160, 43867.0 / 14364));
}
/// The n-th derivative of digamma, n whole and not negative: (-1)^(n+1) n! zeta(n + 1, x).
PH_CALL double polygamma(double n, double x) {
  if (n == 0) return digamma(x);
  if (!(n > 0) || n != floor(n) || x != x) return quiet_nan<double>;
  const double s = n + 1, parity = n - 2 * floor(n * 0.5) == 1 ? 1.0 : -1.0;  // (-1)^s = (-1)^(n+1)
  double zeta;
  if (x > 0) {
    zeta = zeta_right(s, x);
  } else if (x == floor(x)) {
    return parity > 0 ? infinity<double> : x == 0 ? copysign(infinity<double>, -x) : quiet_nan<double>;
  } else {
    // The sum over all whole shifts of x has period 1.
    const double d = x - floor(x);
    zeta = zeta_right(s, d) + parity * (zeta_right(s, 1 - d) - zeta_right(s, 1 - x));
  }
  double factorial = 1;
  for (double k = 2; k <= n && factorial < 1e308; k += 1.0) factorial *= k;
  return parity * factorial * zeta;
}

// --- incomplete gamma --------------------------------------------------------------------------------------------------------
/// log(1 + m) - m for |m| <= 0.6: with r = m / (2 + m) it is r (2 r^2 (1 / 3 + r^2 / 5 + …) - m).
PH_INLINE double log1p_less(double m) {
  const double r = m / (2 + m), y = r * r;
  double sum = 0;
  for (int k = 45; k >= 3; k -= 2) sum = madd(sum, y, 1.0 / k);
  return r * (2 * y * sum - m);
}
/// -log of (x / a)^a e^(a - x), over a.
PH_INLINE double igamma_decay(double a, double x) {
  const double m = (x - a) / a;
  return abs(m) <= 0.6 ? -log1p_less(m) : m - log(x / a);
}
/// x^a e^-x / Gamma(a).
PH_PART double igamma_front(double a, double x) {
  if (a < 140) {  // factors with errors of an ulp, while they are numbers
    if (x > 1400) return 0;
    const double h = pow(x, 0.5 * a) * exp(-0.5 * x);
    return h / ::tgamma(a) * h;
  }
  double star = 0;  // Gamma*(a)
  for (int k = sizeof tables::stirling / sizeof(double) - 1; k >= 0; --k) star = star / a + tables::stirling[k];
  return sqrt(a * 0.15915494309189533577) * exp(-a * igamma_decay(a, x)) / star;  // 1 / (2 pi)
}
/// The lower one by its power series.
PH_INLINE double igamma_series(double a, double x) {
  const double front = igamma_front(a, x) / a;
  if (!(front > 0)) return 0;
  double term = 1, sum = 1;
  for (double n = a + 1; term > 0x1p-56 * sum; n += 1) sum += term *= x / n;
  return front * sum;
}
/// The upper one by its continued fraction, from the back, which loses nothing; x > 1.1, x > a, and not near a where that is large.
PH_INLINE double igammac_fraction(double a, double x) {
  const double front = igamma_front(a, x);
  if (!(front > 0)) return 0;
  const double b = x - a + 1;
  const int terms = static_cast<int>(40 + 100 / x);  // the error falls as e^(-4 sqrt(n x)), or faster
  double t = 0;
  for (double n = terms; n > 0; n -= 1) t = n * (a - n) / (b + 2 * n + t);
  return front / (b + t);
}
/// The upper one for small x and a, where it is what 1 and x^a / Gamma(1 + a) differ by.
PH_INLINE double igammac_series(double a, double x) {
  double term = 1, sum = 0;
  for (double n = 1; abs(term) > 0x1p-56 * abs(sum) || n < 3; n += 1) {
    term *= -x / n;
    sum += term / (a + n);
    if (n > 60) break;
  }
  const double power = a * log(x) - a * chebyshev(1.6 * a - 1, tables::lgamma1p);
  return -expm1(power) - a * exp(power) * sum;
}
/// Of the two the one that is the smaller, and by the sign of eta which: lower below a. a >= 20, |x - a| < 0.3 a.
PH_PART double igamma_uniform(double a, double x) {
  const double decay = igamma_decay(a, x), eta = copysign(sqrt(2 * decay), x - a);
  double total = 0;
  int at = sizeof tables::temme / sizeof(double);
  for (int k = sizeof tables::temme_sizes / sizeof(int) - 1; k >= 0; --k) {
    double c = 0;
    for (int n = tables::temme_sizes[k]; n > 0; --n) c = madd(c, eta, tables::temme[--at]);
    total = total / a + c;
  }
  const double rest = total / sqrt(6.28318530717958647693 * a);
  return exp(-a * decay) * (0.5 * inlined::erfcx(abs(eta) * sqrt(0.5 * a)) + where(eta < 0, -rest, rest));
}

/// Both at once would cost twice: `upper` chooses.
PH_PART double igamma_either(double a, double x, bool upper) {
  if (!(a >= 0) || !(x >= 0) || (a == 0 && x == 0)) return quiet_nan<double>;
  if (a == infinity<double>) return x == infinity<double> ? quiet_nan<double> : upper ? 1 : 0;
  if (x == 0 || a == 0 || x == infinity<double>) return upper == (x == 0) ? 1 : 0;
  double y;
  bool is_upper;
  if (a >= 20 && abs(x - a) < 0.3 * a) {
    y = igamma_uniform(a, x);
    is_upper = x >= a;
  } else if (x > 1.1 && x > a) {
    y = igammac_fraction(a, x);
    is_upper = true;
  } else if (x <= 1.1 && (x > 0.5 ? x * 1.1 >= a : -0.4 / log(x) >= a)) {
    y = igammac_series(a, x);
    is_upper = true;
  } else {
    y = igamma_series(a, x);
    is_upper = false;
  }
  return upper == is_upper ? y : 1 - y;
}
PH_CALL double igamma(double a, double x) { return igamma_either(a, x, false); }
PH_CALL double igammac(double a, double x) { return igamma_either(a, x, true); }

// --- the normal distribution --------------------------------------------------------------------------------------------------
PH_CALL double erfcx(double x) { return inlined::erfcx(x); }
PH_CALL double log_ndtr(double x) {
  const double a = abs(x);
  return x < 0 ? log(0.5 * erfcx(a * 0.70710678118654752440)) - 0.5 * a * a : log1p(-normal_tail(a));
}
PH_CALL double ndtri(double p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -infinity<double> : p == 1 ? infinity<double> : quiet_nan<double>;
  if (p >= 0.1 && p <= 0.9) return 1.41421356237309504880 * erfinv(2 * p - 1);
  // In a tail: Halley's steps on the logarithm of q = e^(-y^2 / 2) erfcx(y / sqrt 2) / 2.
  const double goal = p < 0.5 ? log(p) : log(1 - p), z = sqrt(-2 * goal);
  double y = z - (log(z) + 0.91893853320467274178) / z;
  for (int step = 0; step < 3; ++step) {
    const double scaled = erfcx(y * 0.70710678118654752440);
    const double g = log(0.5 * scaled) - 0.5 * y * y - goal, h = 0.79788456080286535588 / scaled;  // sqrt(2 / pi)
    y += 2 * g / (2 * h + g * (h - y));
  }
  return p < 0.5 ? -y : y;
}

}  // namespace ph::math
