// Reductions and scans.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
PH_RESULT(ValuesIndices, values, indices)
PH_RESULT(MinMax, min, max)
PH_NAMED_RESULT(MeanResult, "VarMean", var, mean)
PH_CHOICE(Interpolation, {"linear", Interpolation::linear}, {"lower", Interpolation::lower}, {"higher", Interpolation::higher},
          {"nearest", Interpolation::nearest}, {"midpoint", Interpolation::midpoint})

namespace {
/// The only dim of x, where an op along one dim was given none.
std::int64_t only_dim(const char* op, const Tensor& x, const std::optional<std::int64_t>& axis) {
  if (axis) return *axis;
  if (x.ndim() > 1) value_error(op, "axis may be left out only for a one-dimensional x; got shape=", x.shape());
  return 0;
}
}  // namespace

void define_reduce() {
#define PH_SUM(name)                                                                                                            \
  op(#name, "x, /, axis=None, *, dtype=None, keepdims=False", [](const Tensor& x, const Axes& axis, const MaybeDType& dtype, bool keep) { \
    return reduced(x, axis, keep, [&](const Tensor& y, const Shape& dims, bool k) { return dtype ? ph::name(y, dims, k, *dtype) : ph::name(y, dims, k); }); \
  });
  PH_SUM(sum)
  PH_SUM(prod)
  PH_SUM(mean)
#undef PH_SUM
#define PH_REDUCE(name)                                                                                              \
  op(#name, "x, /, axis=None, *, keepdims=False", [](const Tensor& x, const Axes& axis, bool keep) {                 \
    return reduced(x, axis, keep, [](const Tensor& y, const Shape& dims, bool k) { return ph::name(y, dims, k); });  \
  });
  PH_REDUCE(nansum)
  PH_REDUCE(nanmean)
  PH_REDUCE(logsumexp)
  /// The largest element over axes, or of all: the values alone, argmax tells where. NaN wins; of nothing it is an error. The
  /// gradient is shared equally by equal elements.
  PH_REDUCE(max)
  /// The smallest element over axes, or of all: the values alone, argmin tells where. NaN wins; of nothing it is an error. The
  /// gradient is shared equally by equal elements.
  PH_REDUCE(min)
  PH_REDUCE(any)
  PH_REDUCE(all)
  PH_REDUCE(count_nonzero)
#undef PH_REDUCE
  alias("amax", "max");
  alias("amin", "min");
#define PH_VAR(name)                                                                                                                \
  op(#name, "x, /, axis=None, *, correction=0.0, keepdims=False", [](const Tensor& x, const Axes& axis, double correction, bool keep) { \
    return reduced(x, axis, keep, [&](const Tensor& y, const Shape& dims, bool k) { return ph::name(y, dims, k, correction); });    \
  });
  PH_VAR(var)
  /// Standard deviation over axes, or of all: the square root of var. Its gradient is 0 where it is 0.
  PH_VAR(std)
#undef PH_VAR
  op("var_mean", "x, axis=None, *, correction=0.0, keepdims=False", [](const Tensor& x, const Axes& axis, double c, bool keep) { return var_mean(x, axis.dims, keep, c); });
  op("std_mean", "x, axis=None, *, correction=0.0, keepdims=False", [](const Tensor& x, const Axes& axis, double c, bool keep) { return std_mean(x, axis.dims, keep, c); });
  op("norm", "x, ord=2.0, axis=None, keepdims=False", [](const Tensor& x, double p, const Axes& axis, bool keep) { return norm(x, p, axis.dims, keep); });
  op("aminmax", "x, *, axis=None, keepdims=False", [](const Tensor& x, const Axes& axis, bool keep) { return aminmax(x, axis.dims, keep); });
  op("argmax", "x, /, axis=None, *, keepdims=False", [](const Tensor& x, std::optional<std::int64_t> axis, bool keep) {
    if (axis) return argmax(x, *axis, keep);
    return keep ? argmax(x).reshape(Shape::filled(x.ndim(), 1)) : argmax(x);
  });
  op("argmin", "x, /, axis=None, *, keepdims=False", [](const Tensor& x, std::optional<std::int64_t> axis, bool keep) {
    if (axis) return argmin(x, *axis, keep);
    return keep ? argmin(x).reshape(Shape::filled(x.ndim(), 1)) : argmin(x);
  });
  op("allclose", "x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False",
     [](const Values& a, const Values& b, double rtol, double atol, bool equal_nan) {
       const auto [x, y] = together(a, b);
       return allclose(x, y, rtol, atol, equal_nan);
     });
  op("array_equal", "x1, x2", [](const Values& a, const Values& b) {
    const auto [x, y] = together(a, b);
    return array_equal(x, y);
  });

  op("cumsum", "x, /, axis, *, dtype=None", [](const Tensor& x, std::int64_t axis, const MaybeDType& dtype) { return dtype ? cumsum(x, axis, *dtype) : cumsum(x, axis); });
  op("cumprod", "x, /, axis, *, dtype=None", [](const Tensor& x, std::int64_t axis, const MaybeDType& dtype) { return dtype ? cumprod(x, axis, *dtype) : cumprod(x, axis); });
  op("cumulative_sum", "x, /, *, axis=None, dtype=None, include_initial=False", [](const Tensor& x, std::optional<std::int64_t> axis, const MaybeDType& dtype, bool initial) {
    const std::int64_t dim = only_dim("cumulative_sum", x, axis);
    return dtype ? cumulative_sum(x, dim, initial, *dtype) : cumulative_sum(x, dim, initial);
  });
  op("cumulative_prod", "x, /, *, axis=None, dtype=None, include_initial=False", [](const Tensor& x, std::optional<std::int64_t> axis, const MaybeDType& dtype, bool initial) {
    const std::int64_t dim = only_dim("cumulative_prod", x, axis);
    return dtype ? cumulative_prod(x, dim, initial, *dtype) : cumulative_prod(x, dim, initial);
  });
  op("cummax", "x, axis", [](const Tensor& x, std::int64_t axis) { return cummax(x, axis); });
  op("cummin", "x, axis", [](const Tensor& x, std::int64_t axis) { return cummin(x, axis); });
  op("logcumsumexp", "x, axis", [](const Tensor& x, std::int64_t axis) { return logcumsumexp(x, axis); });
  op("diff", "x, /, n=1, axis=-1, prepend=None, append=None", [](const Tensor& x, std::int64_t n, std::int64_t axis, const MaybeTensor& prepend, const MaybeTensor& append) {
    return diff(x, n, axis, prepend, append);
  });
#define PH_TRAPEZOID(name)                                                                                                        \
  op(#name, "y, x=None, *, dx=1.0, axis=-1", [](const Tensor& y, const MaybeTensor& x, double dx, std::int64_t axis) {             \
    return x.defined() ? ph::name(y, x, axis) : ph::name(y, dx, axis);                                                            \
  });
  PH_TRAPEZOID(trapezoid)
  PH_TRAPEZOID(cumulative_trapezoid)
#undef PH_TRAPEZOID
  alias("trapz", "trapezoid");

  op("median", "x, axis=None, keepdims=False", [](const Tensor& x, std::optional<std::int64_t> axis, bool keep) {
    return checked(axis ? Into<ValuesIndices>::get(median(x, *axis, keep)) : wrap(median(x)));
  });
  op("nanmedian", "x, axis=None, keepdims=False", [](const Tensor& x, std::optional<std::int64_t> axis, bool keep) {
    return checked(axis ? Into<ValuesIndices>::get(nanmedian(x, *axis, keep)) : wrap(nanmedian(x)));
  });
  op("mode", "x, axis=-1, keepdims=False", [](const Tensor& x, std::int64_t axis, bool keep) { return mode(x, axis, keep); });
  op("kthvalue", "x, k, axis=-1, keepdims=False", [](const Tensor& x, std::int64_t k, std::int64_t axis, bool keep) { return kthvalue(x, k, axis, keep); });
#define PH_QUANTILE(name)                                                                                                                           \
  op(#name, "x, q, axis=None, keepdims=False, *, interpolation='linear'", [](const Tensor& x, const Values& q, std::optional<std::int64_t> axis, bool keep, Interpolation how) { \
    if (q.is_tensor()) return axis ? ph::name(x, beside(q, x), *axis, keep, how) : ph::name(x, beside(q, x), how);                                   \
    const Tensor y = axis ? ph::name(x, q.scalar.re(), *axis, keep, how) : ph::name(x, q.scalar.re(), how);                                          \
    return !axis && keep ? y.reshape(Shape::filled(x.ndim(), 1)) : y;                                                                                \
  });
  PH_QUANTILE(quantile)
  PH_QUANTILE(nanquantile)
#undef PH_QUANTILE
}

void define_sort() {
  /// The elements along an axis in ascending order (descending), NaN last; stable. argsort tells where they were.
  op("sort", "x, /, axis=-1, *, descending=False, stable=True", [](const Tensor& x, std::int64_t axis, bool descending, bool) { return sort(x, axis, descending).values; });
  op("argsort", "x, /, axis=-1, *, descending=False, stable=True", [](const Tensor& x, std::int64_t axis, bool descending, bool) { return argsort(x, axis, descending); });
  op("msort", "x", [](const Tensor& x) { return msort(x); });
  op("topk", "x, k, axis=-1, largest=True, sorted=True", [](const Tensor& x, std::int64_t k, std::int64_t axis, bool largest, bool sorted) { return topk(x, k, axis, largest, sorted); });
}

}  // namespace ph::python
