// Layouts whose elements may share memory: windows, and any strides at all; what their gradients add up to.
#include <algorithm>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::make_view;
using detail::placed;
using detail::write;

// --- windows -----------------------------------------------------------------------------------------------------------

namespace {
// The transpose of unfold: each window of g is added to where it was taken from.
Tensor fold_windows(const Tensor& g, const Shape& shape, int dim, std::int64_t size, std::int64_t step) {
  const auto windows = [dim, size, step](const Tensor& t) { return unfold(t, dim, size, step); };
  if (step >= size) return placed("unfold_backward", g, shape, windows);
  Tensor y = zeros(shape, {.dtype = g.dtype(), .device = g.device()});
  {
    no_grad guard;
    const Tensor plain = g.detach();
    const std::int64_t n = plain.shape()[dim];
    // Over the offsets within a window, or over the windows, whichever are fewer: neither set overlaps itself.
    for (std::int64_t i = 0; size <= n && i < size; ++i) slice(y, dim, {i, i + (n - 1) * step + 1, step}).add_(select(plain, -1, i));
    for (std::int64_t w = 0; size > n && w < n; ++w) narrow(y, dim, w * step, size).add_(movedim(select(plain, dim, w), -1, dim));
  }
  if (recording(g)) record(y, "unfold_backward", {g}, [windows](Backward& d) { d[0] = windows(d.g()); });
  return y;
}
}  // namespace

Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step) {
  if (x.ndim() == 0) value_error("unfold", "needs at least one dimension; got shape=[]");
  const int k = normalize_dim("unfold", dim, x.ndim());
  const std::int64_t n = x.shape()[k];
  if (size < 0 || size > n || step <= 0)
    value_error("unfold", "size must lie within the dimension and step be positive; got size=", size, ", step=", step, " for dimension ", k, " of size ", n);
  Shape shape = x.shape();
  Strides strides = x.strides();
  const std::int64_t windows = (n - size) / step + 1, unit = strides[k];
  shape[k] = windows;
  strides[k] = windows > 1 ? unit * step : unit;
  shape.push_back(size);
  strides.push_back(unit);
  checked_numel("unfold", shape, x.itemsize());
  Tensor y = make_view(x, std::move(shape), std::move(strides), 0);
  if (recording(x))
    record(y, "unfold", {x}, [k, size, step](Backward& d) { d[0] = fold_windows(d.g(), d.input_shape(0), k, size, step); });
  return y;
}

// --- any strides -------------------------------------------------------------------------------------------------------

namespace {

// What as_strided does, as a linear map between tensors of any layout: x's elements are laid out as x's were, then read as y's.
struct Restride {
  Strides x_strides;
  Shape shape;
  Strides strides;
  std::int64_t x_origin = 0, origin = 0;  // of the first elements, in a buffer of `extent`
  std::int64_t extent = 0;
};

void reach(const Shape& shape, const Strides& strides, std::int64_t start, std::int64_t& low, std::int64_t& high) {
  std::int64_t a = start, b = start;
  for (int d = 0; d < shape.size(); ++d) (strides[d] < 0 ? a : b) += (shape[d] - 1) * strides[d];
  low = std::min(low, a);
  high = std::max(high, b);
}

Tensor restrided_sum(const Tensor& g, const Shape& x_shape, const Restride& r);

Tensor restrided(const Tensor& x, const Restride& r) {
  const Tensor buffer = zeros({r.extent}, {.dtype = x.dtype(), .device = x.device()});
  write(make_view(buffer, x.shape(), r.x_strides, r.x_origin), x);
  Tensor y = detail::make_tensor(r.shape, x.dtype(), x.device());
  write(y, make_view(buffer, r.shape, r.strides, r.origin));
  if (recording(x)) record(y, "as_strided", {x}, [r](Backward& d) { d[0] = restrided_sum(d.g(), d.input_shape(0), r); });
  return y;
}

Tensor restrided_sum(const Tensor& g, const Shape& x_shape, const Restride& r) {
  const Tensor buffer = zeros({r.extent}, {.dtype = g.dtype(), .device = g.device()});
  const Tensor at = make_view(arange(r.extent, {.device = g.device()}), r.shape, r.strides, r.origin).contiguous();
  const View index = view_of(at);
  const Tensor plain = g.detach().contiguous();
  kernels(g.device()).index_put("as_strided", view_of(buffer), &index, 1, 0, view_of(plain), Combine::add);
  Tensor y = detail::make_tensor(x_shape, g.dtype(), g.device());
  write(y, make_view(buffer, x_shape, r.x_strides, r.x_origin));
  if (recording(g)) record(y, "as_strided_backward", {g}, [r](Backward& d) { d[0] = restrided(d.g(), r); });
  return y;
}

}  // namespace

Tensor as_strided(const Tensor& x, const Shape& shape, const Strides& strides, std::int64_t offset) {
  const std::int64_t n = checked_numel("as_strided", shape, x.itemsize());
  if (strides.size() != shape.size()) value_error("as_strided", "needs one stride per dimension; got shape=", shape, ", strides=", strides);
  const std::int64_t own = x.storage_offset(), start = offset == -1 ? own : offset;
  const auto room = static_cast<std::int64_t>(x.impl().storage->nbytes / x.itemsize());
  __extension__ using wide = __int128;
  wide low = start, high = start;
  for (int d = 0; d < shape.size(); ++d) (strides[d] < 0 ? low : high) += static_cast<wide>(shape[d] - 1) * strides[d];
  if (start < 0 || start > room || (n > 0 && (low < 0 || high >= room)))
    value_error("as_strided", "elements must lie within the storage; got shape=", shape, ", strides=", strides, ", offset=", start, " for ", room, " elements");
  Tensor y = make_view(x, shape, strides, start - own);
  if (recording(x)) {
    if (overlaps_itself(view_of(x))) value_error("as_strided", "x must not overlap itself where a gradient is recorded; got strides=", x.strides(), ". Clone it first");
    Restride r{x.strides(), shape, strides};
    std::int64_t first = 0, last = 0;
    if (x.numel() > 0) reach(x.shape(), x.strides(), 0, first, last);
    if (n > 0) reach(shape, strides, start - own, first, last);
    r.x_origin = -first;
    r.origin = n > 0 ? start - own - first : 0;
    r.extent = last - first + 1;
    record(y, "as_strided", {x}, [r](Backward& d) { d[0] = restrided_sum(d.g(), d.input_shape(0), r); });
  }
  return y;
}

Tensor as_strided_scatter(const Tensor& x, const Tensor& src, const Shape& shape, const Strides& strides, std::int64_t offset) {
  const char* op = "as_strided_scatter";
  const Tensor region = as_strided(x.detach(), shape, strides, offset);
  if (!(src.shape() == shape)) value_error(op, "src must have the region's shape; got src=", src.shape(), ", shape=", shape);
  if (overlaps_itself(view_of(x))) value_error(op, "x must not overlap itself; got strides=", x.strides(), ". Clone it first");
  if (region.numel() == 0) return x.clone();
  // Which element of x is at each place of its memory, and so which ones the region has.
  const std::int64_t room = static_cast<std::int64_t>(x.impl().storage->nbytes / x.itemsize());
  const Tensor owner = full({room}, -1, {.dtype = int64, .device = x.device()});
  write(make_view(owner, x.shape(), x.strides(), x.storage_offset()), reshape(arange(x.numel(), {.device = x.device()}), x.shape()));
  const Tensor at = make_view(owner, shape, strides, region.storage_offset()).contiguous();
  if (any(less(at, 0)).item<bool>())
    value_error(op, "the region must lie within x's elements; got shape=", shape, ", strides=", strides, ", offset=", region.storage_offset(), " for x=", x.shape(),
                " with strides=", x.strides(), ", offset=", x.storage_offset());
  return put(x, at, src);
}

}  // namespace ph
