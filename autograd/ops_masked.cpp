// Masked ops: what does not count is replaced by what changes nothing, and the op of that name does the rest.
#include "playhead/autograd/ops_masked.h"

#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/ops_sort.h"

namespace ph::masked {

namespace {

/// The mask in x's shape.
Tensor mask_of(const char* op, const Tensor& x, const Tensor& mask) {
  if (!is_bool(mask.dtype())) type_error(op, "mask must be bool; got dtype=", mask.dtype());
  if (mask.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", mask=", mask.device());
  bool fits = mask.ndim() <= x.ndim();
  for (int d = 1; fits && d <= mask.ndim(); ++d) fits = mask.size(-d) == 1 || mask.size(-d) == x.size(-d);
  if (!fits) value_error(op, "mask must broadcast to x; got x=", x.shape(), ", mask=", mask.shape());
  return expand(mask, x.shape());
}

Tensor filled(const char* op, const Tensor& x, const Tensor& mask, Scalar with) { return mask.defined() ? where(mask_of(op, x, mask), x, with) : x; }

/// The least or greatest number of a dtype.
Scalar extreme(DType t, bool greatest) {
  if (is_bool(t)) return greatest;
  if (!is_integer(t)) return greatest ? inf : -inf;
  const int bits = static_cast<int>(8 * itemsize(t));
  const bool has_sign = t == int8 || t == int16 || t == int32 || t == int64;
  if (!greatest) return has_sign ? Scalar(INT64_MIN >> (64 - bits)) : Scalar(0);
  return has_sign ? Scalar(INT64_MAX >> (64 - bits)) : Scalar(UINT64_MAX >> (64 - bits));
}

Tensor count_of(const char* op, const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) {
  return count_nonzero(mask_of(op, x, mask), dims, keepdim);
}

}  // namespace

Tensor sum(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) { return ph::sum(filled("masked.sum", x, mask, 0), dims, keepdim); }
Tensor prod(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) { return ph::prod(filled("masked.prod", x, mask, 1), dims, keepdim); }

Tensor amax(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) {
  return ph::amax(filled("masked.amax", x, mask, extreme(x.dtype(), false)), dims, keepdim);
}
Tensor amin(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) {
  return ph::amin(filled("masked.amin", x, mask, extreme(x.dtype(), true)), dims, keepdim);
}
Tensor argmax(const Tensor& x, const Tensor& mask) { return ph::argmax(filled("masked.argmax", x, mask, extreme(x.dtype(), false))); }
Tensor argmax(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim) {
  return ph::argmax(filled("masked.argmax", x, mask, extreme(x.dtype(), false)), dim, keepdim);
}
Tensor argmin(const Tensor& x, const Tensor& mask) { return ph::argmin(filled("masked.argmin", x, mask, extreme(x.dtype(), true))); }
Tensor argmin(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim) {
  return ph::argmin(filled("masked.argmin", x, mask, extreme(x.dtype(), true)), dim, keepdim);
}

Tensor mean(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) {
  if (!mask.defined()) return ph::mean(x, dims, keepdim);
  const char* op = "masked.mean";
  const Tensor total = ph::sum(filled(op, x, mask, 0), dims, keepdim), n = count_of(op, x, mask, dims, keepdim);
  return total / n.to(is_differentiable(total.dtype()) ? real_dtype(total.dtype()) : default_dtype());  // a uint64 and an int64 have no quotient
}

Tensor var(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim, double correction) {
  if (!mask.defined()) return ph::var(x, dims, keepdim, correction);
  const char* op = "masked.var";
  const Tensor away = filled(op, x - mean(x, mask, dims, true), mask, 0);
  const Tensor squares = is_complex(x.dtype()) ? square(real(away)) + square(imag(away)) : square(away);
  return ph::sum(squares, dims, keepdim) / clamp_min(count_of(op, x, mask, dims, keepdim).to(squares.dtype()) - correction, 0);
}

Tensor std(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim, double correction) {
  if (!mask.defined()) return ph::std(x, dims, keepdim, correction);
  const Tensor v = masked::var(x, mask, dims, keepdim, correction), none = equal(v, 0);
  return where(none, Scalar(0), sqrt(where(none, Scalar(1), v)));  // the gradient at 0 is 0
}

Tensor median(const Tensor& x, const Tensor& mask, std::int64_t dim, bool keepdim) {
  const char* op = "masked.median";
  if (is_floating(x.dtype())) return nanmedian(filled(op, x, mask, nan), dim, keepdim).values;
  if (!mask.defined()) return ph::median(x, dim, keepdim).values;
  if (x.ndim() > 0 && any(equal(count_of(op, x, mask, {dim}, false), 0)).item<bool>())
    value_error(op, "integers need at least one element that counts; got dtype=", x.dtype());
  return nanmedian(filled(op, x.to(float64), mask, nan), dim, keepdim).values.to(x.dtype());
}

Tensor logsumexp(const Tensor& x, const Tensor& mask, const Shape& dims, bool keepdim) {
  return ph::logsumexp(filled("masked.logsumexp", x, mask, -inf), dims, keepdim);
}
Tensor norm(const Tensor& x, const Tensor& mask, double p, const Shape& dims, bool keepdim) {
  const char* op = "masked.norm";
  if (p >= 0 || p == -inf || !mask.defined()) return vector_norm(filled(op, x, mask, p < 0 ? inf : 0.0), p, dims, keepdim);
  // The power of 0 or of inf has no derivative: what does not count is left out of the sum.
  return pow(ph::sum(filled(op, pow(abs(filled(op, x, mask, 1)), p), mask, 0), dims, keepdim), 1 / p);
}

Tensor cumsum(const Tensor& x, const Tensor& mask, std::int64_t dim) { return ph::cumsum(filled("masked.cumsum", x, mask, 0), dim); }
Tensor cumprod(const Tensor& x, const Tensor& mask, std::int64_t dim) { return ph::cumprod(filled("masked.cumprod", x, mask, 1), dim); }

Tensor softmax(const Tensor& x, const Tensor& mask, std::int64_t dim) { return ph::softmax(filled("masked.softmax", x, mask, -inf), dim); }
Tensor log_softmax(const Tensor& x, const Tensor& mask, std::int64_t dim) { return ph::log_softmax(filled("masked.log_softmax", x, mask, -inf), dim); }
Tensor softmin(const Tensor& x, const Tensor& mask, std::int64_t dim) { return ph::softmin(filled("masked.softmin", x, mask, inf), dim); }

Tensor normalize(const Tensor& x, const Tensor& mask, double p, std::int64_t dim, double eps) {
  const char* op = "masked.normalize";
  const Shape dims = x.ndim() == 0 ? Shape{} : Shape{normalize_dim(op, dim, x.ndim())};
  return filled(op, x, mask, 0) / clamp_min(masked::norm(x, mask, p, dims, true), eps);
}

Tensor logaddexp(const Tensor& a, const Tensor& b, const Tensor& mask_a, const Tensor& mask_b) {
  const char* op = "masked.logaddexp";
  return ph::logaddexp(filled(op, a, mask_a, -inf), filled(op, b, mask_b, -inf));
}

}  // namespace ph::masked
