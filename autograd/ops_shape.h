// Ops that change a tensor's shape, or join and repeat tensors. Those that can be views are: they share memory with x,
// and their gradients are placed where the elements came from. Indexing by arrays is in ops_index.h.
#pragma once
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// --- views: one to one ------------------------------------------------------------------------------------------------

/// x's elements in row-major order under another shape, in which one size may be -1; a view where x's strides allow, else a copy.
Tensor reshape(const Tensor& x, const Shape& shape);
/// x's elements under another shape, in which one size may be -1, as a view; throws where that would take a copy.
Tensor view(const Tensor& x, const Shape& shape);
/// x's elements in row-major order under the shape of another tensor; a view where x's strides allow, else a copy.
inline Tensor reshape_as(const Tensor& x, const Tensor& like) { return reshape(x, like.shape()); }
/// x's elements under the shape of another tensor, as a view; throws where that would take a copy.
inline Tensor view_as(const Tensor& x, const Tensor& like) { return view(x, like.shape()); }
/// Dimensions start to end (inclusive) merged into one; a view where strides allow.
Tensor flatten(const Tensor& x, std::int64_t start = 0, std::int64_t end = -1);
/// Dimension `dim` split into `sizes`, of which one may be -1.
Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes);
/// All dimensions merged into one; a view where x is row-major.
Tensor ravel(const Tensor& x);
/// Dimension i of the result is dimension dims[i] of x. A view.
Tensor permute(const Tensor& x, const Shape& dims);
inline Tensor permute_dims(const Tensor& x, const Shape& axes) { return permute(x, axes); }
/// Two dimensions swapped. A view.
Tensor transpose(const Tensor& x, std::int64_t a, std::int64_t b);
inline Tensor swapaxes(const Tensor& x, std::int64_t a, std::int64_t b) { return transpose(x, a, b); }
/// A matrix transposed; a vector or a number as it is. A view.
Tensor t(const Tensor& x);
/// The last two dimensions swapped. A view.
Tensor matrix_transpose(const Tensor& x);
/// Dimension source[i] moves to place destination[i]; the others keep their order. A view.
Tensor movedim(const Tensor& x, const Shape& source, const Shape& destination);
inline Tensor movedim(const Tensor& x, std::int64_t source, std::int64_t destination) { return movedim(x, Shape{source}, Shape{destination}); }
inline Tensor moveaxis(const Tensor& x, const Shape& source, const Shape& destination) { return movedim(x, source, destination); }
/// Dimensions of size 1 dropped: all of them, or the given ones. Throws a value error for a given one of another size. A view.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
Tensor squeeze(const Tensor& x, const Shape& dims);
/// A new dimension of size 1 at `dim` of the result. A view.
Tensor unsqueeze(const Tensor& x, std::int64_t dim);
inline Tensor expand_dims(const Tensor& x, std::int64_t axis) { return unsqueeze(x, axis); }
/// The order of elements reversed along `dims` (all if empty). A view with negative strides.
Tensor flip(const Tensor& x, const Shape& dims = {});
/// The order of columns, the second dimension, reversed. A view.
Tensor fliplr(const Tensor& x);
/// The order of rows, the first dimension, reversed. A view.
Tensor flipud(const Tensor& x);
/// k quarter turns in the plane of two dimensions, from the first towards the second. A view.
Tensor rot90(const Tensor& x, std::int64_t k = 1, const Shape& dims = {0, 1});
/// x, of at least one dimension. A view.
Tensor atleast_1d(const Tensor& x);
/// x, of at least two dimensions: [n] becomes [1, n]. A view.
Tensor atleast_2d(const Tensor& x);
/// x, of at least three dimensions: [n] becomes [1, n, 1] and [m, n] becomes [m, n, 1]. A view.
Tensor atleast_3d(const Tensor& x);

// --- views: some of the elements, or some of them several times ---------------------------------------------------------

/// Size-1 dimensions repeated without copying, new ones in front; -1 keeps a size. Gradient: summed over the repeats.
Tensor expand(const Tensor& x, const Shape& shape);
/// Size-1 dimensions repeated without copying, up to the shape of another tensor.
Tensor expand_as(const Tensor& x, const Tensor& like);
/// Size-1 dimensions repeated without copying, new ones in front. Gradient: summed over the repeats.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Tensors broadcast against each other to one shape, without copying.
std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& xs);
inline std::vector<Tensor> broadcast_arrays(const std::vector<Tensor>& xs) { return broadcast_tensors(xs); }
/// The shape that all the shapes broadcast to.
Shape broadcast_shapes(const std::vector<Shape>& shapes);
/// The reverse of broadcasting x from `shape`: summed over what was repeated.
Tensor sum_to_size(const Tensor& x, const Shape& shape);
/// x at one index of `dim`, which is dropped. Throws an index error when out of range.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// start:stop:step of `dim`, with Python's rules.
Tensor slice(const Tensor& x, std::int64_t dim, Slice s);
/// `length` entries of `dim` from `start`, which must lie within.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// The diagonal of dims a and b, as the last dimension; `offset` above (below, if negative) the main one.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t a = 0, std::int64_t b = 1);
/// Windows of `size` entries of `dim`, `step` apart: [..., windows, ..., size]. Gradient: summed where windows overlap.
Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step);
/// Any layout within x's memory; `offset` counts elements from the start of its storage (-1: where x starts).
/// Throws if an element would lie outside. Gradient: summed where elements overlap; only elements of x receive any.
Tensor as_strided(const Tensor& x, const Shape& shape, const Strides& strides, std::int64_t offset = -1);
/// The real parts of a complex tensor, as a view; a real tensor itself.
Tensor real(const Tensor& x);
/// The imaginary parts of a complex tensor, as a view; throws for a real one.
Tensor imag(const Tensor& x);
/// Complex [...] as real [..., 2], as a view.
Tensor view_as_real(const Tensor& x);
/// Real [..., 2] as complex [...], as a view: the last dimension must be two adjacent elements.
Tensor view_as_complex(const Tensor& x);
/// Complex numbers re + im·i, a copy. Of two real tensors, which broadcast and are promoted.
Tensor complex(const Tensor& re, const Tensor& im);

/// Pieces of `size` along `dim` (the last may be smaller), or of the given sizes, which must add up. Views, recorded as one op.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t dim = 0);
std::vector<Tensor> split(const Tensor& x, const Shape& sizes, std::int64_t dim = 0);
/// At most `chunks` pieces along `dim`, of one size but for the last; of a dim of size 0, `chunks` empty ones. Views.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);
/// `sections` pieces along `dim`, the first ones larger by one if they must; or cut at the given indices, as NumPy's array_split.
std::vector<Tensor> tensor_split(const Tensor& x, std::int64_t sections, std::int64_t dim = 0);
std::vector<Tensor> tensor_split(const Tensor& x, const Shape& indices, std::int64_t dim = 0);
/// Pieces along the second dimension (of a vector: the first): `sections` of one size, or cut at the given indices. Views.
std::vector<Tensor> hsplit(const Tensor& x, std::int64_t sections);
std::vector<Tensor> hsplit(const Tensor& x, const Shape& indices);
/// Pieces along the first dimension: `sections` of one size, or cut at the given indices. Views.
std::vector<Tensor> vsplit(const Tensor& x, std::int64_t sections);
std::vector<Tensor> vsplit(const Tensor& x, const Shape& indices);
/// Pieces along the third dimension: `sections` of one size, or cut at the given indices. Views.
std::vector<Tensor> dsplit(const Tensor& x, std::int64_t sections);
std::vector<Tensor> dsplit(const Tensor& x, const Shape& indices);
/// x at each index of `dim`, which is dropped: as many views as it is long.
std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim = 0);
inline std::vector<Tensor> unstack(const Tensor& x, std::int64_t axis = 0) { return unbind(x, axis); }

// --- joining and repeating: copies ----------------------------------------------------------------------------------------

/// Tensors joined along an existing dimension; the other sizes must match; dtypes are promoted.
Tensor cat(const std::vector<Tensor>& xs, std::int64_t dim = 0);
inline Tensor concat(const std::vector<Tensor>& xs, std::int64_t axis = 0) { return cat(xs, axis); }
inline Tensor concatenate(const std::vector<Tensor>& xs, std::int64_t axis = 0) { return cat(xs, axis); }
/// Tensors joined along a new dimension; shapes must match.
Tensor stack(const std::vector<Tensor>& xs, std::int64_t dim = 0);
/// Tensors joined along the second dimension, those of one dimension (or none) along the first.
Tensor hstack(const std::vector<Tensor>& xs);
/// Tensors joined along the first dimension, [n] as a row [1, n].
Tensor vstack(const std::vector<Tensor>& xs);
/// Tensors joined along the third dimension, [m, n] as [m, n, 1].
Tensor dstack(const std::vector<Tensor>& xs);
/// Tensors joined along the second dimension, [n] as a column [n, 1].
Tensor column_stack(const std::vector<Tensor>& xs);
/// Matrices (vectors as rows, numbers as 1x1) along the diagonal of one, zeros elsewhere; of none [1, 0].
Tensor block_diag(const std::vector<Tensor>& xs);
/// All tuples of one element of each (one-dimensional) x, the last varying fastest: [product of sizes, tensors]; of one x, x.
Tensor cartesian_prod(const std::vector<Tensor>& xs);
/// All choices of r elements of a one-dimensional x, in order: [choices, r]. An element may come again `with_replacement`.
Tensor combinations(const Tensor& x, std::int64_t r = 2, bool with_replacement = false);
/// The whole of x repeated reps[i] times along dimension i, as NumPy's tile.
Tensor tile(const Tensor& x, const Shape& reps);
/// Each element repeated: along `dim`, or of x flattened. NumPy's and the array API's repeat.
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats);
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, std::int64_t dim);
/// With an integer tensor of one dimension, entry i of `dim` repeats[i] times.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::int64_t dim);
/// Each element repeated: along `axis`, or of x flattened. With an integer tensor, entry i of `axis` repeats[i] times.
inline Tensor repeat(const Tensor& x, std::int64_t repeats) { return repeat_interleave(x, repeats); }
inline Tensor repeat(const Tensor& x, std::int64_t repeats, std::int64_t axis) { return repeat_interleave(x, repeats, axis); }
inline Tensor repeat(const Tensor& x, const Tensor& repeats, std::int64_t axis) { return repeat_interleave(x, repeats, axis); }
/// Elements moved by `shift` places along dim, those past the end coming in at the start; without dims over x flattened.
Tensor roll(const Tensor& x, std::int64_t shift);
Tensor roll(const Tensor& x, const Shape& shifts, const Shape& dims);
/// Zeros with x on the diagonal of dims a and b of the result.
Tensor diag_embed(const Tensor& x, std::int64_t offset = 0, std::int64_t a = -2, std::int64_t b = -1);
/// Of a vector, the matrix with it on the k-th diagonal; of a matrix, its k-th diagonal (a view).
Tensor diag(const Tensor& x, std::int64_t k = 0);
/// The matrix with x, flattened, on its k-th diagonal.
Tensor diagflat(const Tensor& x, std::int64_t k = 0);
/// The lower triangle: x on and below the k-th diagonal of the last two dimensions, 0 elsewhere.
Tensor tril(const Tensor& x, std::int64_t k = 0);
/// The upper triangle: x on and above the k-th diagonal of the last two dimensions, 0 elsewhere.
Tensor triu(const Tensor& x, std::int64_t k = 0);

enum class Pad : std::uint8_t { constant, reflect, replicate, circular };
/// Margins around x: pads = {last dim before, after, second to last before, after, …}. Negative ones crop (constant only).
/// `reflect` mirrors without repeating the edge, `replicate` repeats it, `circular` wraps around.
Tensor pad(const Tensor& x, const Shape& pads, Pad mode = Pad::constant, Scalar value = 0);

}  // namespace ph
