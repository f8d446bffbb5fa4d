// Special functions that are no rows of the table, and namespace ph::special, which has all of them under SciPy's and PyTorch's names.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// log of the multivariate gamma function of dimension p: the sum of lgamma(x - i / 2) for i < p, + p (p - 1) / 4 log(pi). NaN
/// where x <= (p - 1) / 2. Floating results; gradients of any order.
Tensor mvlgamma(const Tensor& x, std::int64_t p);
/// logit of x kept between eps and 1 - eps; no gradient outside.
Tensor logit(const Tensor& x, double eps);

namespace special {

// --- orthogonal polynomials of degree n at x, broadcast; shifted ones at 2 x - 1 ----------------------------------------------
// Derivatives in x of any order up to 31.
#define PH_NUMBERS(name) Tensor name(const Tensor& x, std::int64_t n); Tensor name(Scalar x, const Tensor& n);
/// Chebyshev polynomial of the first kind T_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor chebyshev_polynomial_t(const Tensor& x, const Tensor& n);
PH_NUMBERS(chebyshev_polynomial_t)
/// Chebyshev polynomial of the second kind U_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor chebyshev_polynomial_u(const Tensor& x, const Tensor& n);
PH_NUMBERS(chebyshev_polynomial_u)
/// Chebyshev polynomial of the third kind V_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor chebyshev_polynomial_v(const Tensor& x, const Tensor& n);
PH_NUMBERS(chebyshev_polynomial_v)
/// Chebyshev polynomial of the fourth kind W_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor chebyshev_polynomial_w(const Tensor& x, const Tensor& n);
PH_NUMBERS(chebyshev_polynomial_w)
/// T_n(2 x - 1). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor shifted_chebyshev_polynomial_t(const Tensor& x, const Tensor& n);
PH_NUMBERS(shifted_chebyshev_polynomial_t)
/// U_n(2 x - 1). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor shifted_chebyshev_polynomial_u(const Tensor& x, const Tensor& n);
PH_NUMBERS(shifted_chebyshev_polynomial_u)
/// V_n(2 x - 1). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor shifted_chebyshev_polynomial_v(const Tensor& x, const Tensor& n);
PH_NUMBERS(shifted_chebyshev_polynomial_v)
/// W_n(2 x - 1). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor shifted_chebyshev_polynomial_w(const Tensor& x, const Tensor& n);
PH_NUMBERS(shifted_chebyshev_polynomial_w)
/// Physicists' Hermite polynomial H_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor hermite_polynomial_h(const Tensor& x, const Tensor& n);
PH_NUMBERS(hermite_polynomial_h)
/// Probabilists' Hermite polynomial He_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor hermite_polynomial_he(const Tensor& x, const Tensor& n);
PH_NUMBERS(hermite_polynomial_he)
/// Laguerre polynomial L_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor laguerre_polynomial_l(const Tensor& x, const Tensor& n);
PH_NUMBERS(laguerre_polynomial_l)
/// Legendre polynomial P_n(x). Degree n is cut to a whole number; 0 for a negative one, NaN above 2^24.
Tensor legendre_polynomial_p(const Tensor& x, const Tensor& n);
PH_NUMBERS(legendre_polynomial_p)
#undef PH_NUMBERS

// --- the same as in ph -------------------------------------------------------------------------------------------------------
using ph::airy_ai, ph::bessel_j0, ph::bessel_j1, ph::bessel_y0, ph::bessel_y1;
using ph::digamma, ph::entr, ph::erf, ph::erfc, ph::erfcx, ph::erfinv, ph::exp2, ph::expm1;
using ph::i0, ph::i0e, ph::i1, ph::i1e, ph::log1p, ph::log_ndtr, ph::log_softmax, ph::logit, ph::logsumexp;
using ph::modified_bessel_k0, ph::modified_bessel_k1, ph::scaled_modified_bessel_k0, ph::scaled_modified_bessel_k1;
using ph::ndtr, ph::ndtri, ph::polygamma, ph::round, ph::sinc, ph::softmax, ph::spherical_bessel_j0, ph::xlog1py, ph::xlogy, ph::zeta;

// --- under another name ------------------------------------------------------------------------------------------------------
#define PH_ALIAS(alias, name)                                                    \
  template <class... Args> requires requires(const Args&... args) { ph::name(args...); } \
  Tensor alias(const Args&... args) { return ph::name(args...); }
PH_ALIAS(expit, sigmoid)
PH_ALIAS(gammainc, igamma)
PH_ALIAS(gammaincc, igammac)
PH_ALIAS(gammaln, lgamma)
PH_ALIAS(modified_bessel_i0, i0)
PH_ALIAS(modified_bessel_i1, i1)
PH_ALIAS(multigammaln, mvlgamma)
PH_ALIAS(psi, digamma)
#undef PH_ALIAS

}  // namespace special
}  // namespace ph
