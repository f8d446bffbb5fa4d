// The elementwise ops and methods, expanded from the table, and those that are made of rows.
#include "playhead/autograd/ops_elementwise.h"

#include "playhead/autograd/elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::apply;
using detail::apply_inplace;
using detail::apply_out;
using detail::RowCall;

namespace {
/// A number as a tensor of its own, of the dtype that its kind has by default.
Tensor number(Scalar s, Device device) {
  Tensor t = detail::make_tensor({}, weak_promote(bool_, s), device);
  kernels(device).fill(view_of(t), s);
  return t;
}
}  // namespace

// --- one of each for every row ------------------------------------------------------------------------------------------
#define UNARY(name, ...)                                                                                                  \
  Tensor name(const Tensor& x) { return detail::unary(Row::name, x); }                                                    \
  Tensor& name##_out(Tensor& out, const Tensor& x) { return apply_out(#name "_out", out, {.row = Row::name, .tensors = {&x}}); } \
  Tensor Tensor::name() const { return ph::name(*this); }                                                                 \
  Tensor& Tensor::name##_() { return apply_inplace(#name "_", *this, {.row = Row::name, .tensors = {this}}); }
#define UNARY1(name, p, d, ...)                                                                                           \
  Tensor name(const Tensor& x, double p) { return detail::unary(Row::name, x, p); }                                       \
  Tensor& name##_out(Tensor& out, const Tensor& x, double p) { return apply_out(#name "_out", out, {.row = Row::name, .tensors = {&x}, .params = {p}}); } \
  Tensor Tensor::name(double p) const { return ph::name(*this, p); }                                                      \
  Tensor& Tensor::name##_(double p) { return apply_inplace(#name "_", *this, {.row = Row::name, .tensors = {this}, .params = {p}}); }
#define UNARY2(name, p, d, q, e, ...)                                                                                     \
  Tensor name(const Tensor& x, double p, double q) { return detail::unary(Row::name, x, p, q); }                          \
  Tensor& name##_out(Tensor& out, const Tensor& x, double p, double q) { return apply_out(#name "_out", out, {.row = Row::name, .tensors = {&x}, .params = {p, q}}); } \
  Tensor Tensor::name(double p, double q) const { return ph::name(*this, p, q); }                                         \
  Tensor& Tensor::name##_(double p, double q) { return apply_inplace(#name "_", *this, {.row = Row::name, .tensors = {this}, .params = {p, q}}); }
#define PH_TWO(name)                                                                                                      \
  Tensor name(const Tensor& a, const Tensor& b) { return detail::binary(Row::name, a, b); }                               \
  Tensor name(const Tensor& a, Scalar b) { return detail::binary(Row::name, a, b); }                                      \
  Tensor name(Scalar a, const Tensor& b) { return detail::binary(Row::name, a, b); }                                      \
  Tensor& name##_out(Tensor& out, const Tensor& a, const Tensor& b) { return apply_out(#name "_out", out, {.row = Row::name, .n = 2, .tensors = {&a, &b}}); } \
  Tensor& name##_out(Tensor& out, const Tensor& a, Scalar b) { return apply_out(#name "_out", out, {.row = Row::name, .n = 2, .tensors = {&a}, .scalar_at = 1, .scalar = b}); } \
  Tensor Tensor::name(const Tensor& b) const { return ph::name(*this, b); }                                               \
  Tensor Tensor::name(Scalar b) const { return ph::name(*this, b); }
#define BINARY(name, ...)                                                                                                 \
  PH_TWO(name)                                                                                                            \
  Tensor& Tensor::name##_(const Tensor& b) { return detail::binary_inplace(Row::name, #name "_", *this, b); }             \
  Tensor& Tensor::name##_(Scalar b) { return apply_inplace(#name "_", *this, {.row = Row::name, .n = 2, .tensors = {this}, .scalar_at = 1, .scalar = b}); }
#define PH_THREE(name)                                                                                                    \
  Tensor name(const Tensor& a, const Tensor& b, const Tensor& c) { return apply({.row = Row::name, .n = 3, .tensors = {&a, &b, &c}}); } \
  Tensor name(const Tensor& a, const Tensor& b, Scalar c) { return apply({.row = Row::name, .n = 3, .tensors = {&a, &b}, .scalar_at = 2, .scalar = c}); } \
  Tensor& name##_out(Tensor& out, const Tensor& a, const Tensor& b, const Tensor& c) { return apply_out(#name "_out", out, {.row = Row::name, .n = 3, .tensors = {&a, &b, &c}}); }
#define TERNARY(name, ...)                                                                                                \
  PH_THREE(name)                                                                                                          \
  Tensor Tensor::name(const Tensor& b, const Tensor& c) const { return ph::name(*this, b, c); }                           \
  Tensor& Tensor::name##_(const Tensor& b, const Tensor& c) { return apply_inplace(#name "_", *this, {.row = Row::name, .n = 3, .tensors = {this, &b, &c}}); }
#define SELECT(name, ...)                                                                                                 \
  PH_THREE(name)                                                                                                          \
  Tensor name(const Tensor& a, Scalar b, const Tensor& c) { return apply({.row = Row::name, .n = 3, .tensors = {&a, nullptr, &c}, .scalar_at = 1, .scalar = b}); } \
  Tensor name(const Tensor& a, Scalar b, Scalar c) { return name(a, number(b, a.device()), c); }
#define PREDICATE(name, ...)                                                                                              \
  Tensor name(const Tensor& x) { return detail::unary(Row::name, x); }                                                    \
  Tensor& name##_out(Tensor& out, const Tensor& x) { return apply_out(#name "_out", out, {.row = Row::name, .tensors = {&x}}); } \
  Tensor Tensor::name() const { return ph::name(*this); }
#define COMPARE(name, ...) PH_TWO(name)
#include "playhead/tensor/elementwise.def"
#undef PH_TWO
#undef PH_THREE

// --- made of rows ---------------------------------------------------------------------------------------------------

Tensor addcmul(const Tensor& a, const Tensor& b, const Tensor& c, Scalar value) { return addcmul(a, mul(b, value), c); }
Tensor addcdiv(const Tensor& a, const Tensor& b, const Tensor& c, Scalar value) { return addcdiv(a, mul(b, value), c); }
Tensor rsub(const Tensor& a, const Tensor& b) { return sub(b, a); }
Tensor rsub(const Tensor& a, Scalar b) { return sub(b, a); }

namespace {
Tensor as_double(const Tensor& x) { return x.to(is_complex(x.dtype()) ? complex128 : float64); }
}  // namespace
Tensor float_power(const Tensor& a, const Tensor& b) { return pow(as_double(a), as_double(b)); }
Tensor float_power(const Tensor& a, Scalar b) { return pow(as_double(a), b.is_complex() ? b : Scalar(b.re())); }

Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  if (!min.defined() && !max.defined()) value_error("clamp", "needs a bound; got neither min nor max");
  return !min.defined() ? clamp_max(x, max) : !max.defined() ? clamp_min(x, min) : clip(x, min, max);
}
// The bound takes no part in the gradient where x is equal to it, as in clip.
Tensor clamp_min(const Tensor& x, const Tensor& min) { return where(logical_or(less(x, min), not_equal(min, min)), min, x); }
Tensor clamp_max(const Tensor& x, const Tensor& max) { return where(logical_or(greater(x, max), not_equal(max, max)), max, x); }

Tensor nan_to_num(const Tensor& x, double nan) {
  if (!is_differentiable(x.dtype())) return positive(x);
  const FloatInfo limits = finfo(x.dtype());
  return nan_to_num(x, nan, limits.max, limits.min);
}
Tensor nan_to_num(const Tensor& x, double nan, double posinf, double neginf) {
  if (!is_differentiable(x.dtype())) return positive(x);
  if (is_complex(x.dtype())) return complex(nan_to_num(real(x), nan, posinf, neginf), nan_to_num(imag(x), nan, posinf, neginf));
  return where(isnan(x), nan, where(isposinf(x), posinf, where(isneginf(x), neginf, x)));
}

Tensor round(const Tensor& x, int decimals) {
  if (!is_differentiable(x.dtype()) && decimals >= 0) return round(x);
  double scale = 1;
  for (int i = 0; i < (decimals < 0 ? -decimals : decimals); ++i) scale *= 10;
  return decimals < 0 ? mul(round(div(x, scale)), scale) : div(round(mul(x, scale)), scale);
}

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  if (rtol < 0 || atol < 0) value_error("isclose", "tolerances must not be negative; got rtol=", rtol, ", atol=", atol);
  const no_grad guard;
  if (!is_differentiable(a.dtype()) && !is_differentiable(b.dtype())) return isclose(a.to(float64), b.to(float64), rtol, atol, equal_nan);
  Tensor close = logical_or(equal(a, b), logical_and(less_equal(abs(sub(a, b)), add(mul(abs(b), rtol), atol)), isfinite(b)));
  return equal_nan ? logical_or(close, logical_and(isnan(a), isnan(b))) : close;
}

std::pair<Tensor, Tensor> frexp(const Tensor& x) {
  if (is_complex(x.dtype())) type_error("frexp", "is not defined for complex numbers; got dtype=", x.dtype());
  const Tensor y = is_differentiable(x.dtype()) ? x : x.to(default_dtype());
  Tensor e;
  {
    const no_grad guard;
    const Tensor a = abs(y.detach());
    // log2 may be off by one next to a power of two; 2^e <= |x| < 2^(e+1) is then set right. Subnormals are scaled up first.
    const Tensor tiny = less(a, 1e-30), scaled = where(tiny, mul(a, 0x1p100), a);
    e = add(floor(log2(where(logical_and(isfinite(a), greater(a, 0)), scaled, 0.5))), 1);
    e = sub(e, where(tiny, where(greater(a, 0), 100, 0), 0));
    const Tensor m = ldexp(a, neg(e));
    e = add(e, where(logical_and(greater_equal(m, 1), isfinite(a)), 1, 0));
    e = sub(e, where(logical_and(less(m, 0.5), greater(a, 0)), 1, 0));
  }
  return {ldexp(y, neg(e)), e.to(int32)};
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  const std::int64_t count = weight.numel();
  if (weight.ndim() > 1 || (count != 1 && (x.ndim() < 2 || x.size(1) != count)))
    value_error("prelu", "weight must be one number, or one for each entry of dim 1; got x=", x.shape(), ", weight=", weight.shape());
  Shape aligned = Shape::filled(x.ndim(), 1);
  if (count != 1) aligned[1] = count;
  return where(greater(x, 0), x, mul(x, weight.reshape(aligned)));
}

}  // namespace ph
