// Views: each op computes a layout, and its rule puts the gradient back where the elements came from. Windows and other layouts
// whose elements may overlap are in ops_strided.cpp, parts of complex numbers in ops_complex.cpp.
#include "playhead/autograd/ops_shape.h"

#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::make_view;
using detail::placed;
using detail::write;

// --- reshape -----------------------------------------------------------------------------------------------------------

namespace {

// Strides under which the elements of x, which is not contiguous, have the new shape in row-major order; false if there are none.
bool reshape_strides(const Tensor& x, const Shape& shape, Strides& out) {
  out.resize(shape.size());
  const Shape& old = x.shape();
  const Strides& step = x.strides();
  // x's dims fall into runs that lie evenly in memory; each run must be filled by whole new dims.
  int v = shape.size() - 1;
  std::int64_t base = step.back(), run = 1, filled = 1;
  for (int d = old.size() - 1; d >= 0; --d) {
    run *= old[d];
    if (d > 0 && (old[d - 1] == 1 || step[d - 1] == run * base)) continue;
    while (v >= 0 && (filled < run || shape[v] == 1)) {
      out[v] = filled * base;
      filled *= shape[v--];
    }
    if (filled != run) return false;
    if (d > 0) base = step[d - 1];
    run = filled = 1;
  }
  return v < 0;
}

void record_reshape(Tensor& y, const char* op, const Tensor& x) {
  if (recording(x)) record(y, op, {x}, [](Backward& d) { d[0] = reshape(d.g(), d.input_shape(0)); });
}

// A view under another shape that is known to fit.
Tensor reshaped(const char* op, const Tensor& x, Shape shape, Strides strides) {
  Tensor y = make_view(x, std::move(shape), std::move(strides), 0);
  record_reshape(y, op, x);
  return y;
}

/// Whether these sizes, none of them -1, hold n elements.
bool holds(const Shape& shape, std::int64_t n) {
  std::int64_t product = 1;
  for (const std::int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(product, size, &product)) return false;
  return product == n;
}

// x under a shape of as many elements, one of which may be -1, without a copy; undefined where the strides do not allow it.
Tensor viewed(const char* op, const Tensor& x, const Shape& shape) {
  if (x.is_contiguous() && holds(shape, x.numel())) {  // nothing to infer, which saves a copy of the shape
    Tensor y = detail::make_contiguous_view(x, shape);
    record_reshape(y, op, x);
    return y;
  }
  Shape whole = infer_shape(op, shape, x.numel());
  Strides strides = contiguous_strides(whole);
  if (!x.is_contiguous() && !reshape_strides(x, whole, strides)) return Tensor();
  return reshaped(op, x, std::move(whole), std::move(strides));
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  Tensor y = viewed("reshape", x, shape);
  if (y.defined()) return y;
  y = detail::make_tensor(infer_shape("reshape", shape, x.numel()), x.dtype(), x.device());
  write(make_view(y, x.shape(), contiguous_strides(x.shape()), 0), x);
  record_reshape(y, "reshape", x);
  return y;
}

Tensor view(const Tensor& x, const Shape& shape) {
  const Tensor y = viewed("view", x, shape);
  if (!y.defined())
    value_error("view", "the strides do not allow this shape; got x=", x.shape(), " with strides=", x.strides(), ", shape=", shape, ". Use reshape, which copies");
  return y;
}

Tensor flatten(const Tensor& x, std::int64_t start, std::int64_t end) {
  if (x.ndim() == 0) return reshape(x, {1});
  const int a = normalize_dim("flatten", start, x.ndim()), b = normalize_dim("flatten", end, x.ndim());
  if (a > b) value_error("flatten", "start must not be after end; got start=", start, ", end=", end);
  Shape s;
  for (int d = 0; d < x.ndim(); ++d) {
    if (d > a && d <= b) s[a] *= x.shape()[d];
    else s.push_back(x.shape()[d]);
  }
  return reshape(x, s);
}

Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes) {
  if (x.ndim() == 0) value_error("unflatten", "needs at least one dimension; got shape=[]");
  const int k = normalize_dim("unflatten", dim, x.ndim());
  const Shape inner = infer_shape("unflatten", sizes, x.shape()[k]);
  Shape s(x.shape().data(), k);
  for (const std::int64_t n : inner) s.push_back(n);
  for (int d = k + 1; d < x.ndim(); ++d) s.push_back(x.shape()[d]);
  return reshape(x, s);
}

Tensor ravel(const Tensor& x) { return reshape(x, {x.numel()}); }

// --- order of dims -------------------------------------------------------------------------------------------------------

Tensor permute(const Tensor& x, const Shape& dims) {
  const int n = x.ndim();
  if (dims.size() != n) value_error("permute", "needs each dimension once; got dims=", dims, " for ", n, " dimensions");
  Shape shape;
  Strides strides;
  Shape back = Shape::filled(n, -1);
  for (int i = 0; i < n; ++i) {
    const int d = normalize_dim("permute", dims[i], n);
    if (back[d] != -1) value_error("permute", "needs each dimension once; got dims=", dims, " for ", n, " dimensions");
    back[d] = i;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  Tensor y = make_view(x, std::move(shape), std::move(strides), 0);
  if (recording(x)) record(y, "permute", {x}, [back](Backward& d) { d[0] = permute(d.g(), back); });
  return y;
}

Tensor transpose(const Tensor& x, std::int64_t a, std::int64_t b) {
  const int p = normalize_dim("transpose", a, x.ndim()), q = normalize_dim("transpose", b, x.ndim());
  Shape shape = x.shape();
  Strides strides = x.strides();
  if (x.ndim() > 0) {
    std::swap(shape[p], shape[q]);
    std::swap(strides[p], strides[q]);
  }
  Tensor y = make_view(x, std::move(shape), std::move(strides), 0);
  if (recording(x)) record(y, "transpose", {x}, [p, q](Backward& d) { d[0] = transpose(d.g(), p, q); });
  return y;
}

Tensor t(const Tensor& x) {
  if (x.ndim() > 2) value_error("t", "needs at most two dimensions; got shape=", x.shape(), ". Use mT or permute");
  return transpose(x, 0, x.ndim() - 1);
}

Tensor matrix_transpose(const Tensor& x) {
  if (x.ndim() < 2) value_error("mT", "needs at least two dimensions; got shape=", x.shape());
  return transpose(x, -2, -1);
}

Tensor movedim(const Tensor& x, const Shape& source, const Shape& destination) {
  const int n = x.ndim();
  if (source.size() != destination.size())
    value_error("movedim", "source and destination must be as long; got source=", source, ", destination=", destination);
  Shape dims = Shape::filled(n, -1);
  Shape moved = Shape::filled(n, 0);
  for (int i = 0; i < source.size(); ++i) {
    const int s = normalize_dim("movedim", source[i], n), t = normalize_dim("movedim", destination[i], n);
    if (n == 0) continue;
    if (moved[s] || dims[t] != -1)
      value_error("movedim", "a dimension is repeated; got source=", source, ", destination=", destination);
    moved[s] = 1;
    dims[t] = s;
  }
  int next = 0;
  for (int t = 0; t < n; ++t) {
    if (dims[t] != -1) continue;
    while (moved[next]) ++next;
    dims[t] = next++;
  }
  return permute(x, dims);
}

Tensor squeeze(const Tensor& x) {
  Shape shape;
  Strides strides;
  for (int d = 0; d < x.ndim(); ++d) {
    if (x.shape()[d] == 1) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  return reshaped("squeeze", x, std::move(shape), std::move(strides));
}

Tensor squeeze(const Tensor& x, std::int64_t dim) { return squeeze(x, Shape{dim}); }

Tensor squeeze(const Tensor& x, const Shape& dims) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  const Shape drop = dims.empty() ? Shape() : normalize_dims("squeeze", dims, x.ndim());
  for (int i = drop.size() - 1; i >= 0; --i) {
    const int d = static_cast<int>(drop[i]);
    if (shape[d] != 1) value_error("squeeze", "only a dimension of size 1 can be dropped; got dim=", d, " of shape=", x.shape());
    shape.erase(d);
    strides.erase(d);
  }
  return reshaped("squeeze", x, std::move(shape), std::move(strides));
}

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  const int d = normalize_dim("unsqueeze", dim, x.ndim() + 1);
  Shape shape = x.shape();
  Strides strides = x.strides();
  strides.insert(d, d < x.ndim() ? shape[d] * strides[d] : 1);
  shape.insert(d, 1);
  return reshaped("unsqueeze", x, std::move(shape), std::move(strides));
}

Tensor flip(const Tensor& x, const Shape& dims) {
  const Shape which = normalize_dims("flip", dims, x.ndim());
  Strides strides = x.strides();
  std::int64_t offset = 0;
  for (const std::int64_t w : which) {
    const int d = static_cast<int>(w);
    if (x.numel() > 0) offset += (x.shape()[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  Tensor y = make_view(x, x.shape(), std::move(strides), offset);
  if (recording(x)) record(y, "flip", {x}, [which](Backward& d) { d[0] = flip(d.g(), which); });
  return y;
}

Tensor fliplr(const Tensor& x) {
  if (x.ndim() < 2) value_error("fliplr", "needs at least two dimensions; got shape=", x.shape());
  return flip(x, {1});
}

Tensor flipud(const Tensor& x) {
  if (x.ndim() < 1) value_error("flipud", "needs at least one dimension; got shape=", x.shape());
  return flip(x, {0});
}

Tensor rot90(const Tensor& x, std::int64_t k, const Shape& dims) {
  if (dims.size() != 2) value_error("rot90", "needs two dimensions; got dims=", dims);
  const int a = normalize_dim("rot90", dims[0], x.ndim()), b = normalize_dim("rot90", dims[1], x.ndim());
  if (a == b) value_error("rot90", "needs two different dimensions; got dims=", dims, " for ", x.ndim(), " dimensions");
  switch ((k % 4 + 4) % 4) {
    case 0: return reshaped("rot90", x, x.shape(), x.strides());
    case 1: return transpose(flip(x, {b}), a, b);
    case 2: return flip(x, {a, b});
    default: return flip(transpose(x, a, b), {b});
  }
}

Tensor atleast_1d(const Tensor& x) { return x.ndim() >= 1 ? x : unsqueeze(x, 0); }
Tensor atleast_2d(const Tensor& x) { return x.ndim() >= 2 ? x : unsqueeze(atleast_1d(x), 0); }
Tensor atleast_3d(const Tensor& x) { return x.ndim() >= 3 ? x : unsqueeze(atleast_2d(x), 2); }

// --- broadcasting --------------------------------------------------------------------------------------------------------

namespace {
Tensor expanded(const char* op, const Tensor& x, const Shape& shape) {
  const int n = shape.size(), lead = n - x.ndim();
  const auto refuse = [&] { value_error(op, "the shape does not fit; got x=", x.shape(), ", shape=", shape); };
  if (lead < 0) refuse();
  Shape s = shape;
  Strides strides = Shape::filled(n, 0);
  for (int d = 0; d < n; ++d) {
    const std::int64_t have = d < lead ? 1 : x.shape()[d - lead];
    if (s[d] == -1 && d >= lead) s[d] = have;
    if (s[d] != have && (have != 1 || s[d] < 0)) refuse();
    if (d >= lead && s[d] == have) strides[d] = x.strides()[d - lead];
  }
  checked_numel(op, s, x.itemsize());
  Tensor y = make_view(x, std::move(s), std::move(strides), 0);
  // The engine sums the gradient to x's shape.
  if (recording(x)) record(y, op, {x}, [](Backward& d) { d[0] = d.g(); });
  return y;
}
}  // namespace

Tensor expand(const Tensor& x, const Shape& shape) { return expanded("expand", x, shape); }
Tensor expand_as(const Tensor& x, const Tensor& like) { return expanded("expand_as", x, like.shape()); }

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  checked_numel("broadcast_to", shape, x.itemsize());
  return expanded("broadcast_to", x, shape);
}

std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& xs) {
  Shape shape;
  for (const Tensor& x : xs) shape = broadcast_shapes("broadcast_tensors", shape, x.shape());
  std::vector<Tensor> out;
  for (const Tensor& x : xs) out.push_back(expanded("broadcast_tensors", x, shape));
  return out;
}

Shape broadcast_shapes(const std::vector<Shape>& shapes) {
  Shape common;
  for (const Shape& s : shapes) common = broadcast_shapes("broadcast_shapes", common, s);
  return common;
}

Tensor sum_to_size(const Tensor& x, const Shape& shape) {
  const int lead = x.ndim() - shape.size();
  Shape over;
  bool fits = lead >= 0;
  for (int d = 0; d < x.ndim() && fits; ++d) {
    if (d >= lead && shape[d - lead] == x.shape()[d]) continue;
    fits = d < lead || shape[d - lead] == 1;
    over.push_back(d);
  }
  if (!fits) value_error("sum_to_size", "the shape must broadcast to x's; got x=", x.shape(), ", shape=", shape);
  return over.empty() ? x : reshape(sum(x, over, false, x.dtype()), shape);
}

// --- some of the elements ------------------------------------------------------------------------------------------------

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  if (x.ndim() == 0) index_error("select", "a 0-d tensor cannot be indexed; got index=", index);
  const int k = normalize_dim("select", dim, x.ndim());
  const std::int64_t size = x.shape()[k], i = index < 0 ? index + size : index;
  if (i < 0 || i >= size) index_error("select", "index out of range; got index=", index, " for dimension ", k, " of size ", size);
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t offset = i * strides[k];
  shape.erase(k);
  strides.erase(k);
  Tensor y = make_view(x, std::move(shape), std::move(strides), offset);
  if (recording(x))
    record(y, "select", {x}, [k, i](Backward& d) {
      d[0] = placed("select_backward", d.g(), d.input_shape(0), [k, i](const Tensor& t) { return select(t, k, i); });
    });
  return y;
}

namespace {
Tensor sliced(const char* op, const Tensor& x, int k, detail::SliceRange r) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t offset = r.length > 0 ? r.start * strides[k] : 0;
  shape[k] = r.length;
  strides[k] *= r.step;
  Tensor y = make_view(x, std::move(shape), std::move(strides), offset);
  if (recording(x))
    record(y, op, {x}, [k, r](Backward& d) {
      d[0] = placed("slice_backward", d.g(), d.input_shape(0), [k, r](const Tensor& t) { return sliced("slice", t, k, r); });
    });
  return y;
}
}  // namespace

Tensor slice(const Tensor& x, std::int64_t dim, Slice s) {
  if (x.ndim() == 0) index_error("slice", "a 0-d tensor cannot be sliced");
  const int k = normalize_dim("slice", dim, x.ndim());
  return sliced("slice", x, k, detail::resolve_slice("slice", s, x.shape()[k]));
}

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  if (x.ndim() == 0) index_error("narrow", "a 0-d tensor cannot be narrowed");
  const int k = normalize_dim("narrow", dim, x.ndim());
  const std::int64_t size = x.shape()[k], first = start < 0 ? start + size : start;
  if (first < 0 || first > size || length < 0 || length > size - first)
    index_error("narrow", "start and length must lie within the dimension; got start=", start, ", length=", length, " for dimension ", k, " of size ", size);
  return sliced("narrow", x, k, {first, 1, length});
}

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t a, std::int64_t b) {
  if (x.ndim() < 2) value_error("diagonal", "needs at least two dimensions; got shape=", x.shape());
  const int p = normalize_dim("diagonal", a, x.ndim()), q = normalize_dim("diagonal", b, x.ndim());
  if (p == q) value_error("diagonal", "needs two different dimensions; got a=", a, ", b=", b);
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t rows = shape[p], cols = shape[q];
  const std::int64_t length = std::max<std::int64_t>(0, offset >= 0 ? std::min(rows, cols - std::min(offset, cols)) : std::min(rows + std::max(offset, -rows), cols));
  const std::int64_t start = length == 0 ? 0 : offset >= 0 ? offset * strides[q] : -offset * strides[p], step = strides[p] + strides[q];
  for (const int d : {std::max(p, q), std::min(p, q)}) {
    shape.erase(d);
    strides.erase(d);
  }
  shape.push_back(length);
  strides.push_back(step);
  Tensor y = make_view(x, std::move(shape), std::move(strides), start);
  if (recording(x))
    record(y, "diagonal", {x}, [offset, p, q](Backward& d) {
      d[0] = placed("diagonal_backward", d.g(), d.input_shape(0), [offset, p, q](const Tensor& t) { return diagonal(t, offset, p, q); });
    });
  return y;
}

// --- methods -----------------------------------------------------------------------------------------------------------------

Tensor Tensor::reshape(const Shape& shape) const { return ph::reshape(*this, shape); }
Tensor Tensor::view(const Shape& shape) const { return ph::view(*this, shape); }
Tensor Tensor::flatten(std::int64_t start, std::int64_t end) const { return ph::flatten(*this, start, end); }
Tensor Tensor::permute(const Shape& dims) const { return ph::permute(*this, dims); }
Tensor Tensor::transpose(std::int64_t a, std::int64_t b) const { return ph::transpose(*this, a, b); }
Tensor Tensor::mT() const { return matrix_transpose(*this); }
Tensor Tensor::mH() const { return conj(matrix_transpose(*this)); }
Tensor Tensor::T() const {
  Shape dims;
  for (int d = ndim() - 1; d >= 0; --d) dims.push_back(d);
  return ph::permute(*this, dims);
}
Tensor Tensor::H() const {
  if (ndim() != 2) value_error("H", "needs a matrix; got shape=", shape(), ". Use mH");
  return mH();
}
Tensor Tensor::expand(const Shape& shape) const { return ph::expand(*this, shape); }
Tensor Tensor::squeeze() const { return ph::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return ph::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return ph::unsqueeze(*this, dim); }
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return ph::select(*this, dim, index); }
Tensor Tensor::slice(std::int64_t dim, Slice s) const { return ph::slice(*this, dim, s); }
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const { return ph::narrow(*this, dim, start, length); }

}  // namespace ph
