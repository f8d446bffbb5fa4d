// What reductions, scans and sorts have in common: which dims are meant, and how a result or its gradient meets the input again. Internal.
#pragma once
#include "playhead/autograd/node.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// The dims that a reduction is over: normalised, sorted; none for a 0-d tensor.
inline Shape dims_of(const char* op, const Shape& dims, const Tensor& x) { return normalize_dims(op, dims, x.ndim()); }
/// For kernels along one axis, which do not look at it in 0-d: dims holds one dim, or none.
inline int axis_of(const Shape& dims) { return dims.empty() ? 0 : static_cast<int>(dims[0]); }
/// Number of elements that meet over `dims`.
std::int64_t count_over(const Shape& shape, const Shape& dims);

/// `shape` with size 1 at `dims` (sorted), or without them.
Shape shape_over(const Shape& shape, const Shape& dims, bool keepdim);

/// y, the result over `dims` with or without keepdim, as if with it: a view.
Tensor kept(const Tensor& y, const Shape& dims, const Shape& x_shape);
/// The same expanded to x's shape: what a gradient of the result is for the elements.
Tensor spread(const Tensor& g, const Shape& dims, const Shape& x_shape);

/// A fresh result over `dims`, and its view with keepdim for the kernel.
struct Result {
  Result(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
  View view() const { return {y.data_ptr(), shape.data(), strides.data(), y.numel(), shape.size(), y.dtype(), true}; }
  Tensor y;
  Shape shape;
  Strides strides;
};

/// Records that y is x at `indices` along dims' one dim: each element's gradient goes back to where it came from.
void record_selection(Tensor& y, const char* op, const Tensor& x, const Tensor& indices, const Shape& dims);

/// Records that y, over dims, is one of x's elements: all that are equal to it share its gradient.
void record_shared(Tensor& y, const char* op, const Tensor& x, const Shape& dims);

void need_real(const char* op, const Tensor& x);
/// Integers and bool become the default floating dtype.
Tensor as_float(const Tensor& x);
/// What sums and products of integers are computed in.
DType sum_dtype(DType t);

/// x - y for y >= x, or neither finite: equal infinities are 0 apart, and everything is -inf from -inf. For e^(x - y).
Tensor log_ratio(const Tensor& x, const Tensor& y);

}  // namespace ph::detail
