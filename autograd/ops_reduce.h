// Reductions over dimensions, and scans (running reductions) along one. Sorting and order statistics are in ops_sort.h.
//
// `dims` may be one dim, several, negative, or empty for all of them; with `keepdim` they stay, with size 1.
// Float sums are accumulated more widely and in an order that depends on the shape only: the bits are the same for any number
// of threads. Where integers must become floats, they become the default dtype. All but counts, tests and positions have
// derivatives of any order. Reducing complex numbers by order is a type error.
#pragma once
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// Values and where they were (int64); stands for the values where a tensor is wanted: `Tensor y = max(x, 1)`.
struct ValuesIndices {
  Tensor values, indices;
  operator Tensor() const { return values; }
};

// --- sums and products --------------------------------------------------------------------------------------------------

/// Of none: 0 and 1. Integers and bool give int64, unsigned ones uint64; a `dtype` is converted to before anything is added.
Tensor sum(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor sum(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
Tensor prod(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor prod(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
/// Of none: NaN. Integers give floats.
Tensor mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor mean(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
/// With NaN left out; real numbers.
Tensor nansum(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor nanmean(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// log(sum(e^x)) without overflow; of none, or of nothing but -inf: -inf.
Tensor logsumexp(const Tensor& x, const Shape& dims = {}, bool keepdim = false);

/// Mean squared distance from the mean, with n - correction for n (the array API's default, 0). Two passes over x. NaN if nothing is left.
/// Of complex numbers: of the absolute distance, real. The gradient of std is 0 where std is 0. (Beside `using namespace ph`: ph::std.)
Tensor var(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
Tensor std(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
struct MeanResult {
  Tensor value, mean;
};
MeanResult var_mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
MeanResult std_mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);

/// (sum |x|^p)^(1/p); p = 0 counts what is not 0, p = ±inf is the largest or smallest |x| (not of none). Real, also of complex numbers.
/// The gradient is 0 where the norm is 0, and at 0 where it is infinite.
Tensor vector_norm(const Tensor& x, double p = 2, const Shape& dims = {}, bool keepdim = false);
inline Tensor norm(const Tensor& x, double p = 2, const Shape& dims = {}, bool keepdim = false) { return vector_norm(x, p, dims, keepdim); }

// --- extrema. NaN wins; of none is a value error -------------------------------------------------------------------------

/// The gradient is shared equally by equal elements.
Tensor max(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor min(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
inline Tensor amax(const Tensor& x, const Shape& dims = {}, bool keepdim = false) { return max(x, dims, keepdim); }
inline Tensor amin(const Tensor& x, const Shape& dims = {}, bool keepdim = false) { return min(x, dims, keepdim); }
struct MinMax {
  Tensor min, max;
};
MinMax aminmax(const Tensor& x, const Shape& dims = {}, bool keepdim = false);

/// The same along one dim with the position of the first extremum, which gets the gradient. For `max(x, 1)`; {1} gives values only.
ValuesIndices max_along(const Tensor& x, std::int64_t dim, bool keepdim = false);
ValuesIndices min_along(const Tensor& x, std::int64_t dim, bool keepdim = false);
template <class I> requires(__is_same(I, int) || __is_same(I, long) || __is_same(I, long long))
ValuesIndices max(const Tensor& x, I dim, bool keepdim = false) { return max_along(x, dim, keepdim); }
template <class I> requires(__is_same(I, int) || __is_same(I, long) || __is_same(I, long long))
ValuesIndices min(const Tensor& x, I dim, bool keepdim = false) { return min_along(x, dim, keepdim); }

/// The position (int64) of the first extremum: in x flattened, or along a dim.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim = false);

// --- tests of x != 0 --------------------------------------------------------------------------------------------------------

/// bool; of none: false and true.
Tensor any(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor all(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// int64.
Tensor count_nonzero(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// Whether all elements are close, as isclose has it; shapes broadcast.
/// Whether shapes and all elements are equal; PyTorch's `equal` (which here, as in the array API, compares each element).
bool array_equal(const Tensor& a, const Tensor& b);
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);

// --- scans: y[i] of x[0..i] along a dim ----------------------------------------------------------------------------------------

/// Dtypes as for sum and prod.
Tensor cumsum(const Tensor& x, std::int64_t dim);
Tensor cumsum(const Tensor& x, std::int64_t dim, DType dtype);
Tensor cumprod(const Tensor& x, std::int64_t dim);
Tensor cumprod(const Tensor& x, std::int64_t dim, DType dtype);
/// The array API's: the same, starting from 0 (1) with `include_initial`, one element longer. x without a dim has one dimension at most.
Tensor cumulative_sum(const Tensor& x, bool include_initial = false);
Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial = false);
Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype);
Tensor cumulative_prod(const Tensor& x, bool include_initial = false);
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial = false);
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype);
/// With the position of the latest element equal to the extremum so far, which gets the gradient; NaN wins.
ValuesIndices cummax(const Tensor& x, std::int64_t dim);
ValuesIndices cummin(const Tensor& x, std::int64_t dim);
/// log of the running sum of e^x.
Tensor logcumsumexp(const Tensor& x, std::int64_t dim);

/// x[i + 1] - x[i] along a dim, n times over; of bool: whether they differ.
Tensor diff(const Tensor& x, std::int64_t n = 1, std::int64_t dim = -1);
/// The same of x with tensors joined before and after it (undefined: nothing).
Tensor diff(const Tensor& x, std::int64_t n, std::int64_t dim, const Tensor& prepend, const Tensor& append = {});
struct GradientOptions {
  std::vector<double> spacing = {};      ///< between points: one number, or one for each dim
  std::vector<Tensor> coordinates = {};  ///< or the points of each dim, one-dimensional
  Shape dims = {};                       ///< all if empty
  int edge_order = 1;                    ///< 1 or 2: the order of the differences at both ends
};
/// Derivatives along each dim by central differences, second order inside. Differentiable by x and by the coordinates.
std::vector<Tensor> gradient(const Tensor& x, const GradientOptions& options = {});
/// Integral of y by the trapezoidal rule: over points dx apart, or at x (of y's shape, or one-dimensional).
Tensor trapezoid(const Tensor& y, double dx = 1, std::int64_t dim = -1);
Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);
inline Tensor trapz(const Tensor& y, double dx = 1, std::int64_t dim = -1) { return trapezoid(y, dx, dim); }
inline Tensor trapz(const Tensor& y, const Tensor& x, std::int64_t dim = -1) { return trapezoid(y, x, dim); }
/// Its running value, from the second point on.
Tensor cumulative_trapezoid(const Tensor& y, double dx = 1, std::int64_t dim = -1);
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);

}  // namespace ph
