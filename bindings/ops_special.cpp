// Special functions that are no rows of the table; playhead/special.py puts them together with those that are.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

void define_special() {
  op("mvlgamma", "x, p", [](const Tensor& x, std::int64_t p) { return mvlgamma(x, p); });
  op("logit", "x, eps=None", [](const Tensor& x, const std::optional<double>& eps) { return eps ? logit(x, *eps) : logit(x); });
  method("logit_", "self, eps=None", [](Tensor& x, const std::optional<double>& eps) -> Tensor& { return eps ? x.copy_(logit(x, *eps)) : x.logit_(); });
}

void define_polynomials() {
#define PH_POLYNOMIAL(name)                                                                                      \
  function(#name, "x, n", [](const Operand& x, const Operand& n) {                                               \
    if (n.is_tensor()) return x.is_tensor() ? special::name(x.tensor, n.tensor) : special::name(x.scalar, n.tensor); \
    if (!x.is_tensor()) type_error(#name, "one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)"); \
    return special::name(x.tensor, n.scalar.to<std::int64_t>());                                                 \
  });
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
}

}  // namespace ph::python
