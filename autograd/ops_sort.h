// Ops by order: sorting, order statistics, searching, distinct values. Extrema are in ops_reduce.h, counts in ops_histogram.h.
//
// Along one dim, which may be negative. Sorting is stable; -0 equals 0; NaN is greater than every number, so it comes last,
// or first when descending. Values that were picked out of x have derivatives of any order; a gradient goes back to the place
// it came from. Complex numbers are a type error. At most 2^32 elements along the dim.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// --- sorting and selecting --------------------------------------------------------------------------------------------------

/// The elements along a dim in ascending order (descending), and where they were. Stable.
ValuesIndices sort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// The positions (int64) of the elements in ascending order (descending) along a dim. Stable.
Tensor argsort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// Sorted along the first dim, values only.
Tensor msort(const Tensor& x);
/// The k largest (smallest) elements, in order unless `sorted` is false. Of equal ones, those that come first.
ValuesIndices topk(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool largest = true, bool sorted = true);
/// The k-th smallest element; k counts from 1.
ValuesIndices kthvalue(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool keepdim = false);
/// The element in the middle, the lower one of two; NaN if there is a NaN. Of all of x: its gradient is shared by equal elements.
Tensor median(const Tensor& x);
ValuesIndices median(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The median with NaN left out, unless there is nothing else.
Tensor nanmedian(const Tensor& x);
ValuesIndices nanmedian(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The most frequent element, the smallest of several, and the last place where it is.
ValuesIndices mode(const Tensor& x, std::int64_t dim = -1, bool keepdim = false);

/// How to get a value between two neighbours.
enum class Interpolation : std::uint8_t { linear, lower, higher, nearest, midpoint };
/// The value below which a share q in [0, 1] of the elements lies, of all of x or along a dim. NaN if there is one. A one-dimensional q
/// adds a first dimension to the result.
Tensor quantile(const Tensor& x, const Tensor& q, Interpolation interpolation = Interpolation::linear);
Tensor quantile(const Tensor& x, const Tensor& q, std::int64_t dim, bool keepdim = false, Interpolation interpolation = Interpolation::linear);
Tensor quantile(const Tensor& x, double q, Interpolation interpolation = Interpolation::linear);
Tensor quantile(const Tensor& x, double q, std::int64_t dim, bool keepdim = false, Interpolation interpolation = Interpolation::linear);
/// The quantile, as quantile has it, with NaN left out.
Tensor nanquantile(const Tensor& x, const Tensor& q, Interpolation interpolation = Interpolation::linear);
Tensor nanquantile(const Tensor& x, const Tensor& q, std::int64_t dim, bool keepdim = false, Interpolation interpolation = Interpolation::linear);
Tensor nanquantile(const Tensor& x, double q, Interpolation interpolation = Interpolation::linear);
Tensor nanquantile(const Tensor& x, double q, std::int64_t dim, bool keepdim = false, Interpolation interpolation = Interpolation::linear);

// --- searching --------------------------------------------------------------------------------------------------------------------

/// For each value, how many elements of its sorted row are before it (`right`: before it or equal), int64. `sorted` is one
/// dimensional, or has values' shape but for the last dim. `sorter`: the positions that sort it, if it is not sorted.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right = false, const Tensor& sorter = {});
/// For each element of x, how many of the ascending boundaries are before it (`right`: before it or equal), int64.
inline Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool right = false) { return searchsorted(boundaries, x, right); }
/// Whether each element of x is among those of `test` (is not, if `invert`); NaN never is. `assume_unique` changes nothing here.
Tensor isin(const Tensor& x, const Tensor& test, bool assume_unique = false, bool invert = false);
Tensor isin(const Tensor& x, Scalar test, bool assume_unique = false, bool invert = false);
Tensor isin(Scalar x, const Tensor& test, bool assume_unique = false, bool invert = false);

// --- distinct values, sorted (complex numbers by real part, then by imaginary part); each NaN is one of its own --------------------

struct UniqueAll {
  Tensor values, indices;  ///< `indices`: the first place of each in x flattened, or along the dim
  Tensor inverse_indices;  ///< x's shape: values[inverse_indices] is x; with a dim, one for each entry of it
  Tensor counts;
};
struct UniqueCounts {
  Tensor values, counts;
};
struct UniqueInverse {
  Tensor values, inverse_indices;
};
/// The distinct elements in ascending order, where each is first, which one each element of x is, and how often it occurs.
UniqueAll unique_all(const Tensor& x);
/// The distinct elements in ascending order, and how often each occurs.
UniqueCounts unique_counts(const Tensor& x);
/// The distinct elements in ascending order, and which of them each element of x is.
UniqueInverse unique_inverse(const Tensor& x);
/// The distinct elements in ascending order.
Tensor unique_values(const Tensor& x);
/// The distinct elements in ascending order, or the distinct slices of a dim in lexicographic order.
inline Tensor unique(const Tensor& x) { return unique_values(x); }
/// Of the slices of a dim, in lexicographic order.
UniqueAll unique_all(const Tensor& x, std::int64_t dim);

Tensor unique(const Tensor& x, std::int64_t dim);
/// One of each run of equal neighbours, in x flattened or among the slices of a dim; which run each element is in, and how long the runs are.
UniqueAll unique_consecutive(const Tensor& x);
UniqueAll unique_consecutive(const Tensor& x, std::int64_t dim);

}  // namespace ph
