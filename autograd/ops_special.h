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
// n is cut to a whole number; 0 for a negative one, NaN above 2^24. Derivatives in x of any order up to 31.
#define PH_POLYNOMIAL(name) \
  Tensor name(const Tensor& x, const Tensor& n); Tensor name(const Tensor& x, std::int64_t n); Tensor name(Scalar x, const Tensor& n);
PH_POLYNOMIAL(chebyshev_polynomial_t)
PH_POLYNOMIAL(chebyshev_polynomial_u)
PH_POLYNOMIAL(chebyshev_polynomial_v)
PH_POLYNOMIAL(chebyshev_polynomial_w)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_t)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_u)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_v)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_w)
PH_POLYNOMIAL(hermite_polynomial_h)
PH_POLYNOMIAL(hermite_polynomial_he)
PH_POLYNOMIAL(laguerre_polynomial_l)
PH_POLYNOMIAL(legendre_polynomial_p)
#undef PH_POLYNOMIAL

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
