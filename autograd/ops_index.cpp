// Indexing by slices of a dim and by flat position, and writing into views. An index for each element is in ops_scatter.cpp, masks
// are in ops_mask.cpp, NumPy's brackets in brackets.cpp.
#include "playhead/autograd/ops_index.h"

#include "playhead/autograd/indexed.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::as_index;
using detail::fill_value;
using detail::index_dim;

// --- an index for each slice ---------------------------------------------------------------------------------------------

namespace {

// One index for take_at and combine_at.
std::vector<Tensor> one_index(const char* op, const Tensor& x, const Tensor& index, bool vector) {
  if (vector && index.ndim() > 1) value_error(op, "the index must have one dimension; got index=", index.shape());
  const Tensor at = as_index(op, x, index);
  return {vector && at.ndim() == 0 ? unsqueeze(at, 0) : at};
}

void check_source(const char* op, const Tensor& x, const Tensor& index, int k, const Tensor& source) {
  Shape want = x.shape();
  want[k] = index.numel();
  if (!(source.shape() == want)) value_error(op, "source must have x's shape with one slice per index; got source=", source.shape(), ", expected ", want);
  if (!can_promote(x.dtype(), source.dtype()) || promote(x.dtype(), source.dtype()) != x.dtype())
    type_error(op, "source must fit x's dtype; got x=", x.dtype(), ", source=", source.dtype());
}

// What index_add adds.
Tensor scaled(const Tensor& source, Scalar alpha) { return alpha.is_integer() && alpha.to<std::int64_t>() == 1 ? source : mul(source, alpha); }

struct Slices {
  int dim;
  std::vector<Tensor> index;
};
Slices slices(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index) {
  const int k = index_dim(op, x, dim);
  return {k, one_index(op, x, index, true)};
}

}  // namespace

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const Slices s = slices("index_select", x, dim, index);
  return detail::take_at("index_select", x, s.index, s.dim);
}

Tensor take(const Tensor& x, const Tensor& indices, std::int64_t axis) {
  return detail::take_at("take", x, one_index("take", x, indices, false), index_dim("take", x, axis));
}
Tensor take(const Tensor& x, const Tensor& indices) { return take(ravel(x), indices, 0); }

Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  const Slices s = slices("index_add", x, dim, index);
  check_source("index_add", x, s.index[0], s.dim, source);
  return detail::combined_at("index_add", x, s.index, s.dim, scaled(source, alpha), Combine::add);
}
Tensor& index_add_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  const Slices s = slices("index_add_", x, dim, index);
  check_source("index_add_", x, s.index[0], s.dim, source);
  detail::combine_at("index_add_", x, s.index, s.dim, scaled(source, alpha), Combine::add);
  return x;
}

Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Slices s = slices("index_copy", x, dim, index);
  check_source("index_copy", x, s.index[0], s.dim, source);
  return detail::combined_at("index_copy", x, s.index, s.dim, source, Combine::assign);
}
Tensor& index_copy_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Slices s = slices("index_copy_", x, dim, index);
  check_source("index_copy_", x, s.index[0], s.dim, source);
  detail::combine_at("index_copy_", x, s.index, s.dim, source, Combine::assign);
  return x;
}

namespace {
template <class Value>
Tensor filled_at(const Tensor& x, std::int64_t dim, const Tensor& index, const Value& value) {
  const Slices s = slices("index_fill", x, dim, index);
  return detail::combined_at("index_fill", x, s.index, s.dim, fill_value("index_fill", x, value), Combine::assign);
}
template <class Value>
Tensor& fill_at(Tensor& x, std::int64_t dim, const Tensor& index, const Value& value) {
  const Slices s = slices("index_fill_", x, dim, index);
  detail::combine_at("index_fill_", x, s.index, s.dim, fill_value("index_fill_", x, value), Combine::assign);
  return x;
}
}  // namespace

Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) { return filled_at(x, dim, index, value); }
Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value) { return filled_at(x, dim, index, value); }
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) { return fill_at(x, dim, index, value); }
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value) { return fill_at(x, dim, index, value); }

// --- flat positions --------------------------------------------------------------------------------------------------------

namespace {
void check_put(const char* op, const Tensor& index, const Tensor& source) {
  if (index.numel() != source.numel()) value_error(op, "needs one value per index; got index=", index.shape(), ", source=", source.shape());
}
}  // namespace

Tensor put(const Tensor& x, const Tensor& index, const Tensor& source, bool accumulate) {
  check_put("put", index, source);
  const Tensor flat = ravel(x);
  return reshape(detail::combined_at("put", flat, one_index("put", x, ravel(index), true), 0, ravel(source), accumulate ? Combine::add : Combine::assign), x.shape());
}

Tensor& put_(Tensor& x, const Tensor& index, const Tensor& source, bool accumulate) {
  if (!x.is_contiguous()) return x.copy_(put(x, index, source, accumulate));
  check_put("put_", index, source);
  Tensor flat = ravel(x);
  detail::combine_at("put_", flat, one_index("put_", x, ravel(index), true), 0, ravel(source), accumulate ? Combine::add : Combine::assign);
  return x;
}

std::vector<Tensor> unravel_index(const Tensor& indices, const Shape& shape) {
  const std::int64_t n = checked_numel("unravel_index", shape, sizeof(std::int64_t));
  Tensor rest = as_index("unravel_index", indices, indices);
  if (rest.numel() > 0) {
    const auto low = min(rest).item<std::int64_t>(), high = max(rest).item<std::int64_t>();
    if (low < 0 || high >= n) index_error("unravel_index", "index out of range; got index=", low < 0 ? low : high, " for shape=", shape, " of ", n, " elements");
  }
  std::vector<Tensor> out(static_cast<std::size_t>(shape.size()));
  for (int d = shape.size() - 1; d >= 0; --d) {
    const std::int64_t size = n > 0 ? shape[d] : 1;
    out[static_cast<std::size_t>(d)] = remainder(rest, size);
    rest = floor_divide(rest, size);
  }
  return out;
}

namespace {
template <class Value>
Tensor filled(const Tensor& x, const Value& value) {
  return detail::overwritten("fill", x, expand(fill_value("fill", x, value), x.shape()), [](const Tensor& t) { return t; });
}
}  // namespace
Tensor fill(const Tensor& x, Scalar value) { return filled(x, value); }
Tensor fill(const Tensor& x, const Tensor& value) { return filled(x, value); }

// --- into views ----------------------------------------------------------------------------------------------------------------

Tensor select_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, std::int64_t index) {
  return detail::overwritten("select_scatter", x, src, [dim, index](const Tensor& t) { return select(t, dim, index); });
}
Tensor slice_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, Slice s) {
  return detail::overwritten("slice_scatter", x, src, [dim, s](const Tensor& t) { return slice(t, dim, s); });
}
Tensor diagonal_scatter(const Tensor& x, const Tensor& src, std::int64_t offset, std::int64_t a, std::int64_t b) {
  return detail::overwritten("diagonal_scatter", x, src, [offset, a, b](const Tensor& t) { return diagonal(t, offset, a, b); });
}

}  // namespace ph
