// Sorting, order statistics and searching. The kernels are in tensor/cpu/sort.cpp; distinct values are in ops_unique.cpp.
#include "playhead/autograd/ops_sort.h"

#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/reducing.h"

namespace PH_PUBLIC ph {

using namespace detail;

// --- sorting and selecting --------------------------------------------------------------------------------------------------

namespace {

/// The one dim, as a list that is empty for 0-d; x checked.
Shape sort_dims(const char* op, std::int64_t dim, const Tensor& x) {
  const Shape dims = dims_of(op, {dim}, x);
  need_real(op, x);
  if (count_over(x.shape(), dims) > std::int64_t{1} << 32)
    value_error(op, "sorts at most 2^32 elements; got shape=", x.shape(), ", dim=", dim);
  return dims;
}

Shape with_size(const Shape& shape, const Shape& dims, std::int64_t size) {
  Shape s = shape;
  if (!dims.empty()) s[axis_of(dims)] = size;
  return s;
}

/// Elements first, first + 1, … first + count - 1 of x's order.
ValuesIndices selection(const char* op, const Tensor& x, const Shape& dims, std::int64_t first, std::int64_t count, bool descending, bool sorted) {
  const Shape shape = with_size(x.shape(), dims, count);
  Tensor values = make_tensor(shape, x.dtype(), x.device()), indices = make_tensor(shape, int64, x.device());
  if (dims.empty() && count == 0) return {reshape(values, {0}), reshape(indices, {0})};
  kernels(x.device()).select({.values = view_of(values), .indices = view_of(indices), .in = view_of(x), .axis = axis_of(dims),
                              .first = first, .descending = descending, .sorted = sorted});
  if (recording(x)) record_selection(values, op, x, indices, dims);
  return {values, indices};
}

/// Drops the dim of a selection of one.
ValuesIndices without_dim(const ValuesIndices& r, const Shape& dims, bool keepdim) {
  if (keepdim || dims.empty()) return r;
  return {squeeze(r.values, dims[0]), squeeze(r.indices, dims[0])};
}

/// x at `positions` (with keepdim) along dims' one dim.
ValuesIndices picked(const char* op, const Tensor& x, const Tensor& positions, const Shape& dims, bool keepdim) {
  if (dims.empty()) return {x.clone(), reshape(positions, {})};
  Tensor values = gather(x.detach(), dims[0], positions);
  if (recording(x)) record_selection(values, op, x, positions, dims);
  return without_dim({values, positions}, dims, keepdim);
}

void need_elements(const char* op, const Tensor& x, const Shape& dims) {
  if (count_over(x.shape(), dims) == 0) value_error(op, "needs at least one element; got shape=", x.shape(), ", dims=", dims);
}

}  // namespace

ValuesIndices sort(const Tensor& x, std::int64_t dim, bool descending) {
  const Shape dims = sort_dims("sort", dim, x);
  Tensor values = make_tensor(x.shape(), x.dtype(), x.device()), indices = make_tensor(x.shape(), int64, x.device());
  kernels(x.device()).sort({.values = view_of(values), .indices = view_of(indices), .in = view_of(x), .axis = axis_of(dims), .descending = descending});
  if (recording(x)) record_selection(values, "sort", x, indices, dims);
  return {values, indices};
}

Tensor argsort(const Tensor& x, std::int64_t dim, bool descending) {
  const Shape dims = sort_dims("argsort", dim, x);
  Tensor indices = make_tensor(x.shape(), int64, x.device());
  kernels(x.device()).sort({.indices = view_of(indices), .in = view_of(x), .axis = axis_of(dims), .descending = descending});
  return indices;
}

Tensor msort(const Tensor& x) { return sort(x, 0).values; }

ValuesIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim, bool largest, bool sorted) {
  const Shape dims = sort_dims("topk", dim, x);
  const std::int64_t n = count_over(x.shape(), dims);
  if (k < 0 || k > n) value_error("topk", "k must be between 0 and the size of the dim; got k=", k, ", size=", n, ", dim=", dim);
  return selection("topk", x, dims, 0, k, largest, sorted);
}

ValuesIndices kthvalue(const Tensor& x, std::int64_t k, std::int64_t dim, bool keepdim) {
  const Shape dims = sort_dims("kthvalue", dim, x);
  const std::int64_t n = count_over(x.shape(), dims);
  if (k < 1 || k > n) value_error("kthvalue", "k must be between 1 and the size of the dim; got k=", k, ", size=", n, ", dim=", dim);
  return without_dim(selection("kthvalue", x, dims, k - 1, 1, false, false), dims, keepdim);
}

ValuesIndices median(const Tensor& x, std::int64_t dim, bool keepdim) {
  const Shape dims = sort_dims("median", dim, x);
  need_elements("median", x, dims);
  const Tensor v = x.detach();
  Tensor at = selection("median", v, dims, (count_over(x.shape(), dims) - 1) / 2, 1, false, false).indices;
  if (is_floating(x.dtype())) {
    const ValuesIndices top = max_along(v, dim, true);  // the first NaN, if there is one
    at = where(isnan(top.values), top.indices, at);
  }
  return picked("median", x, at, dims, keepdim);
}

ValuesIndices nanmedian(const Tensor& x, std::int64_t dim, bool keepdim) {
  const Shape dims = sort_dims("nanmedian", dim, x);
  need_elements("nanmedian", x, dims);
  if (dims.empty()) return picked("nanmedian", x, zeros({}, {.dtype = int64}), dims, keepdim);
  const Tensor v = x.detach(), numbers = sum(logical_not(isnan(v)), dims, true);
  const Tensor middle = maximum(floor_divide(sub(numbers, 1), 2), 0);
  return picked("nanmedian", x, gather(argsort(v, dim), dims[0], middle), dims, keepdim);
}

namespace {

/// An order statistic of all of x, whose gradient is shared by the elements equal to it.
template <class Along> Tensor of_all(const char* op, const Tensor& x, const Along& along) {
  need_elements(op, x, dims_of(op, {}, x));
  Tensor y = reshape(along(reshape(x.detach(), x.numel()), 0, false).values, {});
  if (recording(x)) record_shared(y, op, x, dims_of(op, {}, x));
  return y;
}

}  // namespace

Tensor median(const Tensor& x) {
  return of_all("median", x, [](const Tensor& v, std::int64_t dim, bool keepdim) { return median(v, dim, keepdim); });
}
Tensor nanmedian(const Tensor& x) {
  return of_all("nanmedian", x, [](const Tensor& v, std::int64_t dim, bool keepdim) { return nanmedian(v, dim, keepdim); });
}

ValuesIndices mode(const Tensor& x, std::int64_t dim, bool keepdim) {
  const Shape dims = sort_dims("mode", dim, x);
  need_elements("mode", x, dims);
  if (dims.empty()) return picked("mode", x, zeros({}, {.dtype = int64}), dims, keepdim);
  // In sorted order, each element's number among its equals is its distance from the last start of a run.
  const ValuesIndices s = sort(x.detach(), dim);
  const std::int64_t d = dims[0], n = x.size(d);
  Shape first = s.values.shape(), along = Shape::filled(x.ndim(), 1);
  first[static_cast<int>(d)] = 1, along[static_cast<int>(d)] = n;
  const Tensor place = reshape(arange(n, {.dtype = int64}), along);
  const Tensor starts = cat({zeros(first, {.dtype = int64}), where(diff(s.values, 1, d) == 0, 0, narrow(place, d, 1, n - 1))}, d);
  const Tensor number = sub(place, cummax(starts, d).values);
  return picked("mode", x, gather(s.indices, d, argmax(number, d, true)), dims, keepdim);
}

// --- quantiles ------------------------------------------------------------------------------------------------------------------

namespace {

Tensor quantiles(const char* op, const Tensor& x_, const Tensor& q_, std::int64_t dim, bool keepdim, Interpolation how, bool skip_nan) {
  const Shape dims = sort_dims(op, dim, x_);
  need_elements(op, x_, dims);
  if (!is_floating(x_.dtype())) type_error(op, "needs floats; got dtype=", x_.dtype());
  if (q_.ndim() > 1) value_error(op, "q must be a number or one-dimensional; got shape=", q_.shape());
  const Tensor outside = logical_not(logical_and(greater_equal(q_, 0), less_equal(q_, 1)));
  if (any(outside).item<bool>())
    value_error(op, "q must be between 0 and 1; got q=", reshape(q_, q_.numel())[argmax(outside.to(uint8)).item<std::int64_t>()].item<double>());
  const Tensor x = dims.empty() ? reshape(x_, 1) : x_, q = q_.to(float64);
  const std::int64_t d = dims.empty() ? 0 : dims[0], n = x.size(d), m = q.numel();
  const Tensor sorted = sort(x, d).values, nan = isnan(x.detach());
  // [q, rest of x's dims with 1 for d] ranks, moved to dim d.
  Shape first = Shape::filled(x.ndim(), 1);
  first[static_cast<int>(d)] = m;
  const Tensor numbers = sum(logical_not(nan), d, true), last = skip_nan ? maximum(sub(numbers, 1), 0) : full_like(numbers, n - 1);
  Tensor rank = mul(reshape(q, first), last.to(float64));
  if (!skip_nan) rank = where(less(numbers, n), static_cast<double>(n - 1), rank);
  if (how == Interpolation::lower) rank = floor(rank);
  if (how == Interpolation::higher) rank = ceil(rank);
  if (how == Interpolation::nearest) rank = round(rank);
  const Tensor below = floor(rank), weight = how == Interpolation::midpoint ? mul(sub(ceil(rank), below), 0.5) : sub(rank, below);
  const Tensor low = gather(sorted, d, below.to(int64)), high = gather(sorted, d, ceil(rank).to(int64));
  const Tensor w = weight.to(x.dtype()), y = where(equal(w, 0), low, lerp(low, high, w));  // [.., m at d, ..]
  if (q_.ndim() == 0) return keepdim && !dims.empty() ? y : squeeze(y, d);
  const Tensor front = movedim(keepdim && !dims.empty() ? unsqueeze(y, d + 1) : y, d, 0);
  return front;
}

Tensor quantiles_of_all(const char* op, const Tensor& x, const Tensor& q, Interpolation how, bool skip_nan) {
  return quantiles(op, reshape(x, x.numel()), q, 0, false, how, skip_nan);
}
Tensor number(double q) { return full({}, q, {.dtype = float64}); }

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, Interpolation how) { return quantiles_of_all("quantile", x, q, how, false); }
Tensor quantile(const Tensor& x, const Tensor& q, std::int64_t dim, bool keepdim, Interpolation how) {
  return quantiles("quantile", x, q, dim, keepdim, how, false);
}
Tensor quantile(const Tensor& x, double q, Interpolation how) { return quantile(x, number(q), how); }
Tensor quantile(const Tensor& x, double q, std::int64_t dim, bool keepdim, Interpolation how) { return quantile(x, number(q), dim, keepdim, how); }
Tensor nanquantile(const Tensor& x, const Tensor& q, Interpolation how) { return quantiles_of_all("nanquantile", x, q, how, true); }
Tensor nanquantile(const Tensor& x, const Tensor& q, std::int64_t dim, bool keepdim, Interpolation how) {
  return quantiles("nanquantile", x, q, dim, keepdim, how, true);
}
Tensor nanquantile(const Tensor& x, double q, Interpolation how) { return nanquantile(x, number(q), how); }
Tensor nanquantile(const Tensor& x, double q, std::int64_t dim, bool keepdim, Interpolation how) { return nanquantile(x, number(q), dim, keepdim, how); }

// --- searching --------------------------------------------------------------------------------------------------------------------

Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right, const Tensor& sorter) {
  need_real("searchsorted", sorted);
  need_real("searchsorted", values);
  bool rows_match = sorted.ndim() == 1 || sorted.ndim() == values.ndim();
  for (int d = 0; sorted.ndim() > 1 && rows_match && d < sorted.ndim() - 1; ++d) rows_match = sorted.shape()[d] == values.shape()[d];
  if (sorted.ndim() == 0 || !rows_match)
    value_error("searchsorted", "the sorted tensor must have one dimension, or all but the last of values' dimensions; got sorted=",
                sorted.shape(), ", values=", values.shape());
  if (sorter.defined() && !(sorter.shape() == sorted.shape()))
    value_error("searchsorted", "sorter must have the shape of what it sorts; got sorter=", sorter.shape(), ", sorted=", sorted.shape());
  const Tensor ordered = sorter.defined() ? take_along_dim(sorted.detach(), sorter, -1) : sorted.detach();
  const DType t = promote(sorted.dtype(), values.dtype());
  const Tensor s = ordered.to(t).contiguous(), v = values.detach().to(t).contiguous();
  Tensor y = make_tensor(values.shape(), int64, values.device());
  kernels(y.device()).searchsorted({.out = view_of(y), .sorted = view_of(s), .values = view_of(v), .right = right});
  return y;
}

}  // namespace ph
