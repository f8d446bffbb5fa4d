// Reading and writing elements by index arrays and masks. x[...] with NumPy's rules is Tensor::index and index_put_.
//
// Indices are integer tensors of any width and count from the end when negative; one out of range is an index error, thrown
// before anything is written. Where an index is repeated, the last value stays (assigning ops) or all count (adding ops), in
// the order of the indices: results do not depend on the number of threads. Masks are bool.
#pragma once
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// --- along one dimension, an index for each element ---------------------------------------------------------------------

/// y[..., i, ...] = x[..., index[..., i, ...], ...]; index has x's rank and, in the other dims, at most x's sizes.
Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// y[..., i, ...] = x[..., index[..., i, ...], ...], where x and index are broadcast against each other in the other dims; without a dim
/// over x flattened. What argsort and argmax give can be the index.
Tensor take_along_dim(const Tensor& x, const Tensor& index, std::int64_t dim);
Tensor take_along_dim(const Tensor& x, const Tensor& index);
/// y[..., i, ...] = x[..., index[..., i, ...], ...] along the axis, where x and index are broadcast against each other in the others.
inline Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::int64_t axis = -1) { return take_along_dim(x, indices, axis); }

/// x with src[..., i, ...] at [..., index[..., i, ...], ...]. src has index's rank and at least its sizes, of which a corner is used.
/// Gradient: of a repeated target, only the value that stayed gets any.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src);
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
/// x with src[..., i, ...] added at [..., index[..., i, ...], ...]; repeated targets add up.
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src);
enum class Reduce : std::uint8_t { sum, prod, mean, amax, amin };
/// x with src[..., i, ...] at [..., index[..., i, ...], ...], reduced (by sum, prod, mean, amax or amin) with what is there, or only among
/// src if `include_self` is false. Gradient of amax, amin: shared by equal ones.
Tensor scatter_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self = true);

Tensor& scatter_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src);
Tensor& scatter_(Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
Tensor& scatter_add_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src);
Tensor& scatter_reduce_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self = true);

// --- along one dimension, an index for each slice -----------------------------------------------------------------------

/// The slices of `dim` that the one-dimensional index names.
Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// The entries of a dimension that an index of any shape names: the index's shape takes the place of the dimension. Without an axis
/// over x flattened.
Tensor take(const Tensor& x, const Tensor& indices, std::int64_t axis);
Tensor take(const Tensor& x, const Tensor& indices);
/// x with alpha * source added to the slices of `dim` that the one-dimensional index names; repeated ones add up.
Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha = 1);
/// x with source copied over the slices of `dim` that the one-dimensional index names.
Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with a value in all the slices of `dim` that the one-dimensional index names.
Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value);
/// x with source reduced (by prod, mean, amax or amin) into the slices of `dim` that the one-dimensional index names; among source alone
/// if `include_self` is false. Gradients as for scatter_reduce.
Tensor index_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Reduce reduce, bool include_self = true);

Tensor& index_reduce_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Reduce reduce, bool include_self = true);
Tensor& index_add_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha = 1);
Tensor& index_copy_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value);

// --- anywhere -----------------------------------------------------------------------------------------------------------

/// x with values, broadcast, at x[indices]; with `accumulate`, added there. Entries as in Tensor::index.
Tensor index_put(const Tensor& x, const std::vector<Index>& indices, const Tensor& values, bool accumulate = false);
/// x with source at the positions that the indices name in x flattened, as many as there are indices; with `accumulate`, added there.
Tensor put(const Tensor& x, const Tensor& index, const Tensor& source, bool accumulate = false);

Tensor& put_(Tensor& x, const Tensor& index, const Tensor& source, bool accumulate = false);
/// Coordinates (int64, one tensor per dim) in an array of `shape` of positions in it flattened, which must lie within, from 0 up.
std::vector<Tensor> unravel_index(const Tensor& indices, const Shape& shape);
/// x's shape, dtype and device, all elements `value` (0-d).
Tensor fill(const Tensor& x, Scalar value);
Tensor fill(const Tensor& x, const Tensor& value);

// --- masks ----------------------------------------------------------------------------------------------------------------

/// x with value where the mask, broadcast, is set.
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);

Tensor& masked_fill_(Tensor& x, const Tensor& mask, Scalar value);
Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Tensor& value);
/// The elements where the mask is set, in row-major order; one-dimensional. x and mask are broadcast.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// x with the elements of source, in order, where the mask, broadcast, is set. Throws if source has too few.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);

Tensor& masked_scatter_(Tensor& x, const Tensor& mask, const Tensor& source);
/// Coordinates of the elements that are not 0: an int64 vector for each dimension.
std::vector<Tensor> nonzero(const Tensor& x);
/// Coordinates of the elements that are not 0: int64 [count, dims].
Tensor argwhere(const Tensor& x);

// --- a copy of x with src in place of one of its views ------------------------------------------------------------------------

/// A copy of x with src in the place of x.select(dim, index).
Tensor select_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, std::int64_t index);
/// A copy of x with src in the place of the slice start:stop:step of `dim`.
Tensor slice_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, Slice s);
/// A copy of x with src in the place of its diagonal.
Tensor diagonal_scatter(const Tensor& x, const Tensor& src, std::int64_t offset = 0, std::int64_t a = 0, std::int64_t b = 1);
/// A copy of x with src in the place of as_strided(x, shape, strides, offset), all of whose elements must be elements of x; where they meet, the last one stays.
Tensor as_strided_scatter(const Tensor& x, const Tensor& src, const Shape& shape, const Strides& strides, std::int64_t offset = -1);

}  // namespace ph
