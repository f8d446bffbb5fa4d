// Special functions made of rows.
#include "playhead/autograd/ops_special.h"

#include <cmath>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_shape.h"

namespace ph {

Tensor mvlgamma(const Tensor& x, std::int64_t p) {
  if (p < 1) value_error("mvlgamma", "p must be positive; got p=", p);
  if (p > 1 << 20) value_error("mvlgamma", "p must be at most 2^20, for it is a sum of p terms; got p=", p);
  if (is_complex(x.dtype())) type_error("mvlgamma", "is not defined for complex numbers; got dtype=", x.dtype());
  const Tensor y = is_floating(x.dtype()) ? x : x.to(default_dtype());
  const double n = static_cast<double>(p), log_pi = 1.14472988584940017414;
  Tensor total = lgamma(y);
  for (std::int64_t i = 1; i < p; ++i) total = add(total, lgamma(sub(y, 0.5 * static_cast<double>(i))));
  return where(greater(y, 0.5 * (n - 1)), add(total, 0.25 * n * (n - 1) * log_pi), std::nan(""));
}

Tensor logit(const Tensor& x, double eps) {
  if (!(eps >= 0 && eps <= 0.5)) value_error("logit", "eps must be between 0 and 1 / 2; got eps=", eps);
  return logit(clamp(is_differentiable(x.dtype()) ? x : x.to(default_dtype()), eps, 1 - eps));
}

namespace special {

namespace {
Tensor polynomial(int family, const Tensor& x, const Tensor& n) { return orthogonal_polynomial(x, n, static_cast<double>(family)); }
Tensor number(std::int64_t n, const Tensor& beside) { return full({}, n, {.dtype = int64, .device = beside.device()}); }
Tensor number(Scalar x, const Tensor& beside) {
  const DType t = weak_promote(beside.dtype(), x);
  return full({}, x, {.dtype = t, .device = beside.device()});
}
Tensor shifted(const Tensor& x) { return sub(mul(is_differentiable(x.dtype()) ? x : x.to(default_dtype()), 2), 1); }
}  // namespace

#define PH_POLYNOMIAL(name, family, at)                                                            \
  Tensor name(const Tensor& x, const Tensor& n) { return polynomial(family, at(x), n); }           \
  Tensor name(const Tensor& x, std::int64_t n) { return polynomial(family, at(x), number(n, x)); } \
  Tensor name(Scalar x, const Tensor& n) { return polynomial(family, at(number(x, n)), n); }
PH_POLYNOMIAL(chebyshev_polynomial_t, 0, )
PH_POLYNOMIAL(chebyshev_polynomial_u, 1, )
PH_POLYNOMIAL(chebyshev_polynomial_v, 2, )
PH_POLYNOMIAL(chebyshev_polynomial_w, 3, )
PH_POLYNOMIAL(shifted_chebyshev_polynomial_t, 0, shifted)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_u, 1, shifted)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_v, 2, shifted)
PH_POLYNOMIAL(shifted_chebyshev_polynomial_w, 3, shifted)
PH_POLYNOMIAL(hermite_polynomial_h, 4, )
PH_POLYNOMIAL(hermite_polynomial_he, 5, )
PH_POLYNOMIAL(laguerre_polynomial_l, 6, )
PH_POLYNOMIAL(legendre_polynomial_p, 7, )
#undef PH_POLYNOMIAL

}  // namespace special
}  // namespace ph
