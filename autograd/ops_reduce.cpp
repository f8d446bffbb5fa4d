// Reductions over any dims. The kernels are in tensor/cpu/reduce.cpp; extrema with positions are in ops_extrema.cpp.
#include "playhead/autograd/ops_reduce.h"

#include <cmath>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/reducing.h"

namespace PH_PUBLIC ph {

using namespace detail;

// --- what they have in common -------------------------------------------------------------------------------------------

namespace detail {

std::int64_t count_over(const Shape& shape, const Shape& dims) {
  std::int64_t n = 1;
  for (const std::int64_t d : dims) n *= shape[static_cast<int>(d)];
  return n;
}

Shape shape_over(const Shape& shape, const Shape& dims, bool keepdim) {
  Shape s;
  for (int d = 0, i = 0; d < shape.size(); ++d) {
    const bool over = i < dims.size() && dims[i] == d;
    if (!over) s.push_back(shape[d]);
    else if (++i, keepdim) s.push_back(1);
  }
  return s;
}

Tensor kept(const Tensor& y, const Shape& dims, const Shape& x_shape) {
  return y.ndim() == x_shape.size() ? y : reshape(y, shape_over(x_shape, dims, true));
}

Tensor spread(const Tensor& g, const Shape& dims, const Shape& x_shape) {
  if (recording(g)) return expand(kept(g, dims, x_shape), x_shape);
  Strides strides;  // the same in one step
  const bool keepdim = g.ndim() == x_shape.size();
  for (int d = 0, i = 0, from = 0; d < x_shape.size(); ++d) {
    const bool over = i < dims.size() && dims[i] == d;
    strides.push_back(over ? 0 : g.strides()[from]);
    i += over, from += keepdim || !over;
  }
  return make_view(g, x_shape, std::move(strides), 0);
}

Result::Result(const Tensor& x, const Shape& dims, bool keepdim, DType dtype)
    : y(make_tensor(shape_over(x.shape(), dims, keepdim), dtype, x.device())),
      shape(shape_over(x.shape(), dims, true)), strides(contiguous_strides(shape)) {}

void need_real(const char* op, const Tensor& x) {
  if (is_complex(x.dtype())) type_error(op, "complex numbers have no order; got dtype=", x.dtype());
}

Tensor as_float(const Tensor& x) { return is_differentiable(x.dtype()) ? x : x.to(default_dtype()); }

DType sum_dtype(DType t) { return is_differentiable(t) ? t : is_unsigned(t) ? uint64 : int64; }

Tensor log_ratio(const Tensor& x, const Tensor& y) {
  return where(equal(x, y), where(isneginf(y), y, zeros_like(y)), sub(x, y));
}

}  // namespace detail

namespace {

Tensor reduce(Reduction op, const Tensor& x, const Shape& dims, bool keepdim, DType dtype, double parameter = 0) {
  Result r(x, dims, keepdim, dtype);
  kernels(x.device()).reduce({.op = op, .out = r.view(), .in = view_of(x), .parameter = parameter});
  return r.y;
}

/// g / y, and 0 where y is 0, in derivatives too.
Tensor divide_or_zero(const Tensor& g, const Tensor& y) {
  const Tensor zero = equal(y, 0);
  return where(zero, 0, div(g, where(zero, 1, y)));
}

}  // namespace

// --- sums and products ----------------------------------------------------------------------------------------------------

Tensor sum(const Tensor& x_, const Shape& dims, bool keepdim) { return sum(x_, dims, keepdim, sum_dtype(x_.dtype())); }

Tensor sum(const Tensor& x_, const Shape& dims_, bool keepdim, DType dtype) {
  const Shape dims = dims_of("sum", dims_, x_);
  const Tensor x = dtype == sum_dtype(x_.dtype()) ? x_ : x_.to(dtype);
  Tensor y = reduce(Reduction::sum, x, dims, keepdim, dtype);
  if (recording(x)) record(y, "sum", {x}, [dims](Backward& d) { d[0] = spread(d.g(), dims, d.input_shape(0)); });
  return y;
}

Tensor mean(const Tensor& x_, const Shape& dims, bool keepdim) {
  return mean(x_, dims, keepdim, is_differentiable(x_.dtype()) ? x_.dtype() : default_dtype());
}

Tensor mean(const Tensor& x_, const Shape& dims_, bool keepdim, DType dtype) {
  const Shape dims = dims_of("mean", dims_, x_);
  if (!is_differentiable(dtype)) type_error("mean", "needs a floating or complex dtype; got dtype=", dtype);
  // Integers are added up as float64 by the kernel itself.
  const Tensor x = x_.dtype() == dtype || (is_floating(dtype) && !is_differentiable(x_.dtype())) ? x_ : x_.to(dtype);
  Tensor y = reduce(Reduction::mean, x, dims, keepdim, dtype);
  if (recording(x))
    record(y, "mean", {x}, [dims](Backward& d) {
      const Shape& shape = d.input_shape(0);
      d[0] = spread(mul(d.g(), 1.0 / static_cast<double>(count_over(shape, dims))), dims, shape);
    });
  return y;
}

namespace {

/// For each element of the last dim, the product of all others: pairs are multiplied, and the pairs' products of others
/// handed down. Right with zeros, and made of products only, so that derivatives of any order are right too.
Tensor product_of_others(const Tensor& x) {
  const std::int64_t n = x.size(-1);
  if (n <= 1) return ones_like(x);
  const std::int64_t half = n / 2;
  const Tensor a = narrow(x, -1, 0, half), b = narrow(x, -1, half, half);
  Tensor pairs = mul(a, b);
  if (n % 2) pairs = cat({pairs, narrow(x, -1, n - 1, 1)}, -1);
  const Tensor others = product_of_others(pairs), of_pairs = narrow(others, -1, 0, half);
  std::vector<Tensor> parts = {mul(b, of_pairs), mul(a, of_pairs)};
  if (n % 2) parts.push_back(narrow(others, -1, half, 1));
  return cat(parts, -1);
}

/// The same over several dims at once.
Tensor product_of_others(const Tensor& x, const Shape& dims) {
  Shape order, back = Shape::filled(x.ndim(), 0), rows;
  for (int d = 0, i = 0; d < x.ndim(); ++d) {
    if (i < dims.size() && dims[i] == d) ++i;
    else order.push_back(d), rows.push_back(x.shape()[d]);
  }
  for (const std::int64_t d : dims) order.push_back(d);
  for (int i = 0; i < order.size(); ++i) back[static_cast<int>(order[i])] = i;
  rows.push_back(count_over(x.shape(), dims));
  const Tensor moved = permute(x, order);
  return permute(reshape(product_of_others(reshape(moved, rows)), moved.shape()), back);
}

}  // namespace

Tensor prod(const Tensor& x_, const Shape& dims, bool keepdim) { return prod(x_, dims, keepdim, sum_dtype(x_.dtype())); }

Tensor prod(const Tensor& x_, const Shape& dims_, bool keepdim, DType dtype) {
  const Shape dims = dims_of("prod", dims_, x_);
  const Tensor x = dtype == sum_dtype(x_.dtype()) ? x_ : x_.to(dtype);
  Tensor y = reduce(Reduction::prod, x, dims, keepdim, dtype);
  if (recording(x))
    record(y, "prod", {x}, [dims, x = Saved(x)](Backward& d) {
      d[0] = mul(spread(d.g(), dims, d.input_shape(0)), conj(product_of_others(x(d), dims)));
    });
  return y;
}

Tensor nansum(const Tensor& x, const Shape& dims_, bool keepdim) {
  const Shape dims = dims_of("nansum", dims_, x);
  if (is_complex(x.dtype())) type_error("nansum", "needs real numbers; got dtype=", x.dtype());
  Tensor y = reduce(Reduction::nansum, x, dims, keepdim, sum_dtype(x.dtype()));
  if (recording(x))
    record(y, "nansum", {x}, [dims, x = Saved(x)](Backward& d) {
      d[0] = where(isnan(x(d)), 0, spread(d.g(), dims, d.input_shape(0)));
    });
  return y;
}

Tensor nanmean(const Tensor& x, const Shape& dims, bool keepdim) {
  return div(nansum(as_float(x), dims, keepdim), sum(logical_not(isnan(x)), dims, keepdim).to(as_float(x).dtype()));
}

Tensor logsumexp(const Tensor& x_, const Shape& dims_, bool keepdim) {
  const Shape dims = dims_of("logsumexp", dims_, x_);
  if (is_complex(x_.dtype())) type_error("logsumexp", "needs real numbers; got dtype=", x_.dtype());
  const Tensor x = as_float(x_);
  Tensor y = reduce(Reduction::logsumexp, x, dims, keepdim, x.dtype());
  if (recording(x))
    record(y, "logsumexp", {x}, [dims, x = Saved(x), y = Saved::output(y)](Backward& d) {
      // x's softmax. y may be off by half a unit in its last place, much where x is large: e^(x - y) is divided by its own sum, which
      // makes any y do that is near, so also one that is a constant for derivatives. Infinite: 1 for +inf, 0 for -inf, before the sum.
      const Shape& shape = d.input_shape(0);
      const Tensor c = kept(y(d).detach(), dims, shape), inside = where(isneginf(c), 0, where(isposinf(c), finfo(c.dtype()).max, c));
      const Tensor e = exp(clamp_max(sub(x(d), inside), 0)), s = sum(e, dims, true);
      d[0] = mul(div(kept(d.g(), dims, shape), where(equal(s, 0), 1, s)), e);
    });
  return y;
}

// --- spread --------------------------------------------------------------------------------------------------------------------

namespace {

Tensor variance(Reduction op, const char* name, const Tensor& x_, const Shape& dims_, bool keepdim, double correction) {
  const Shape dims = dims_of(name, dims_, x_);
  const double left = std::fmax(0.0, static_cast<double>(count_over(x_.shape(), dims)) - correction);
  if (is_complex(x_.dtype())) {
    const Tensor v = sub(x_, mean(x_, dims, true)), y = div(sum(real(mul(v, conj(v))), dims, keepdim), left);
    return op == Reduction::var ? y : sqrt(y);
  }
  const Tensor x = as_float(x_);
  Tensor y = reduce(op, x, dims, keepdim, x.dtype(), correction);
  if (recording(x))
    record(y, name, {x}, [dims, op, left, x = Saved(x), y = Saved::output(y)](Backward& d) {
      const Shape& shape = d.input_shape(0);
      const Tensor g = op == Reduction::var ? mul(d.g(), 2 / left) : divide_or_zero(mul(d.g(), 1 / left), y(d)), v = x(d);
      d[0] = mul(kept(g, dims, shape), sub(v, mean(v, dims, true)));
    });
  return y;
}

}  // namespace

Tensor var(const Tensor& x, const Shape& dims, bool keepdim, double correction) {
  return variance(Reduction::var, "var", x, dims, keepdim, correction);
}
Tensor std(const Tensor& x, const Shape& dims, bool keepdim, double correction) {
  return variance(Reduction::std, "std", x, dims, keepdim, correction);
}
MeanResult var_mean(const Tensor& x, const Shape& dims, bool keepdim, double correction) {
  return {variance(Reduction::var, "var_mean", x, dims, keepdim, correction), mean(x, dims, keepdim)};
}
MeanResult std_mean(const Tensor& x, const Shape& dims, bool keepdim, double correction) {
  return {variance(Reduction::std, "std_mean", x, dims, keepdim, correction), mean(x, dims, keepdim)};
}

// --- norms -------------------------------------------------------------------------------------------------------------------------

Tensor vector_norm(const Tensor& x_, double p, const Shape& dims_, bool keepdim) {
  const Shape dims = dims_of("vector_norm", dims_, x_);
  if (std::isnan(p)) value_error("vector_norm", "p must be a number; got p=", p);
  if (std::isinf(p) && count_over(x_.shape(), dims) == 0)
    value_error("vector_norm", "p=±inf needs at least one element; got shape=", x_.shape(), ", dims=", dims);
  const Tensor x = as_float(x_);
  if (is_complex(x.dtype()) && p != 2 && p != 0) return vector_norm(abs(x), p, dims_, keepdim);
  Tensor y = reduce(Reduction::norm, x, dims, keepdim, real_dtype(x.dtype()), p);
  if (p == 0 || !recording(x)) return y;
  record(y, "vector_norm", {x}, [dims, p, x = Saved(x), y = Saved::output(y)](Backward& d) {
    const Shape& shape = d.input_shape(0);
    const Tensor v = x(d), g = kept(d.g(), dims, shape), norm = kept(y(d), dims, shape);
    if (p == 2) {
      d[0] = mul(v, divide_or_zero(g, norm));
    } else if (p == 1) {
      d[0] = mul(g, sign(v));
    } else if (std::isinf(p)) {
      const Tensor at = equal(abs(v), norm);
      d[0] = mul(div(g, sum(at, dims, true)), where(at, sign(v), 0));
    } else {
      // |x|^(p-2) x has a limit at 0 for p > 1; for smaller p the slope is infinite there, and taken as 0.
      const Tensor zero = equal(v, 0), none = equal(norm, 0);
      const Tensor direction = where(zero, 0, mul(pow(where(zero, 1, abs(v)), p - 2), v));
      d[0] = mul(direction, where(none, 0, div(g, pow(where(none, 1, norm), p - 1))));
    }
  });
  return y;
}

// --- extrema over dims -----------------------------------------------------------------------------------------------------------

namespace {

Tensor extremum(Reduction op, const char* name, const Tensor& x, const Shape& dims_, bool keepdim) {
  const Shape dims = dims_of(name, dims_, x);
  need_real(name, x);
  if (count_over(x.shape(), dims) == 0) value_error(name, "needs at least one element; got shape=", x.shape(), ", dims=", dims);
  Tensor y = reduce(op, x, dims, keepdim, x.dtype());
  if (recording(x)) record_shared(y, name, x, dims);
  return y;
}

}  // namespace

void detail::record_shared(Tensor& y, const char* op, const Tensor& x, const Shape& dims) {
  record(y, op, {x}, [dims, x = Saved(x), y = Saved::output(y)](Backward& d) {
    const Shape& shape = d.input_shape(0);
    const Tensor v = x(d).detach(), m = kept(y(d), dims, shape).detach();
    const Tensor at = logical_or(equal(v, m), logical_and(isnan(v), isnan(m)));
    d[0] = where(at, div(kept(d.g(), dims, shape), sum(at, dims, true)), 0);
  });
}

Tensor max(const Tensor& x, const Shape& dims, bool keepdim) { return extremum(Reduction::max, "max", x, dims, keepdim); }
Tensor min(const Tensor& x, const Shape& dims, bool keepdim) { return extremum(Reduction::min, "min", x, dims, keepdim); }
MinMax aminmax(const Tensor& x, const Shape& dims, bool keepdim) {
  return {extremum(Reduction::min, "aminmax", x, dims, keepdim), extremum(Reduction::max, "aminmax", x, dims, keepdim)};
}

// --- tests -----------------------------------------------------------------------------------------------------------------------------

Tensor any(const Tensor& x, const Shape& dims, bool keepdim) {
  return reduce(Reduction::any, x, dims_of("any", dims, x), keepdim, bool_);
}
Tensor all(const Tensor& x, const Shape& dims, bool keepdim) {
  return reduce(Reduction::all, x, dims_of("all", dims, x), keepdim, bool_);
}
Tensor count_nonzero(const Tensor& x, const Shape& dims, bool keepdim) {
  return reduce(Reduction::count_nonzero, x, dims_of("count_nonzero", dims, x), keepdim, int64);
}
bool array_equal(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && all(equal(a.detach(), b.detach())).item<bool>();
}
bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return all(isclose(a, b, rtol, atol, equal_nan)).item<bool>();
}

// --- methods ----------------------------------------------------------------------------------------------------------------------------

Tensor Tensor::sum() const { return ph::sum(*this); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const { return ph::sum(*this, dims, keepdim); }
Tensor Tensor::mean() const { return ph::mean(*this); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const { return ph::mean(*this, dims, keepdim); }
Tensor Tensor::max() const { return ph::max(*this); }
Tensor Tensor::min() const { return ph::min(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return ph::argmax(*this, dim, keepdim); }

}  // namespace ph
