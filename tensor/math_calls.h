// Functions that are too long to be inlined into every loop: compiled once on the host (math_calls.cpp), and with CUDA's files.
// Scalar code in double, within a few ulp where a line says nothing else; float versions round the result.
#pragma once
#include "playhead/tensor/math_core.h"

#if defined(__CUDACC__)
#define PH_CALL inline __host__ __device__
#define PH_PART inline __host__ __device__  // what calls are made of
#include "playhead/tensor/math_bessel.h"
#include "playhead/tensor/math_gamma.h"
#include "playhead/tensor/math_polynomial.h"
#else
#define PH_CALL
#define PH_PART [[gnu::noinline]] static

namespace ph::math {

// --- math_bessel.h ------------------------------------------------------------------------------------------------------
/// Bessel functions of the first and second kind, orders 0 and 1; within a few ulp of their amplitude.
double bessel_j0(double x);
double bessel_j1(double x);
double bessel_y0(double x);
double bessel_y1(double x);
/// Modified Bessel functions of the second kind, and times e^x.
double modified_bessel_k0(double x);
double modified_bessel_k1(double x);
double scaled_modified_bessel_k0(double x);
double scaled_modified_bessel_k1(double x);
/// Airy's function and its derivative; left of 0 within a few ulp of their amplitude.
double airy_ai(double x);
double airy_ai_prime(double x);

// --- math_gamma.h --------------------------------------------------------------------------------------------------------
/// The regularised incomplete gamma functions, lower and upper. The relative error grows as that of e^-z does where they are e^-z.
double igamma(double a, double x);
double igammac(double a, double x);
/// The sum over k >= 0 of (k + q)^-s.
double zeta(double s, double q);
/// d log Gamma(x) / dx; right around the positive root too. And its n-th derivative.
double digamma(double x);
double polygamma(double n, double x);
/// e^(x^2) erfc(x); log of the normal distribution function; the inverse of that function.
double erfcx(double x);
double log_ndtr(double x);
double ndtri(double p);

// --- math_polynomial.h ------------------------------------------------------------------------------------------------------
/// See there.
double orthogonal_polynomial(double x, double n, double code);

}  // namespace ph::math
#endif

namespace ph::math {

#define PH_ROUNDED(name) PH_INLINE float name(float x) { return static_cast<float>(name(static_cast<double>(x))); }
PH_ROUNDED(bessel_j0)
PH_ROUNDED(bessel_j1)
PH_ROUNDED(bessel_y0)
PH_ROUNDED(bessel_y1)
PH_ROUNDED(modified_bessel_k0)
PH_ROUNDED(modified_bessel_k1)
PH_ROUNDED(scaled_modified_bessel_k0)
PH_ROUNDED(scaled_modified_bessel_k1)
PH_ROUNDED(airy_ai)
PH_ROUNDED(airy_ai_prime)
PH_ROUNDED(digamma)
PH_ROUNDED(erfcx)
PH_ROUNDED(log_ndtr)
PH_ROUNDED(ndtri)
#undef PH_ROUNDED
#define PH_ROUNDED(name) \
  PH_INLINE float name(float a, float b) { return static_cast<float>(name(static_cast<double>(a), static_cast<double>(b))); }
PH_ROUNDED(igamma)
PH_ROUNDED(igammac)
PH_ROUNDED(zeta)
PH_ROUNDED(polygamma)
#undef PH_ROUNDED
PH_INLINE float orthogonal_polynomial(float x, float n, float code) {
  return static_cast<float>(orthogonal_polynomial(static_cast<double>(x), static_cast<double>(n), static_cast<double>(code)));
}

}  // namespace ph::math
