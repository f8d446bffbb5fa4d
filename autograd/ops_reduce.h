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

/// Sum over dims, or over all; of none 0. Integers and bool give int64, unsigned ones uint64; a `dtype` is converted to before anything
/// is added.
Tensor sum(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor sum(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
/// Product over dims, or over all; of none 1. Dtypes as for sum. The derivatives hold at zeros.
Tensor prod(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor prod(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
/// Arithmetic mean over dims, or over all; of none NaN. Integers give floats.
Tensor mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
Tensor mean(const Tensor& x, const Shape& dims, bool keepdim, DType dtype);
/// Sum with NaN left out, of real numbers; of none 0.
Tensor nansum(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// Mean with NaN left out, of real numbers; of none NaN.
Tensor nanmean(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// log(sum(e^x)) without overflow; of none, or of nothing but -inf: -inf.
Tensor logsumexp(const Tensor& x, const Shape& dims = {}, bool keepdim = false);

/// Variance: mean squared distance from the mean, with n - correction for n (the array API's default, 0). Two passes over x. Where that
/// leaves nothing the divisor is 0, as in NumPy: infinite, or NaN if all are equal. Of complex numbers: of the absolute distance, real.
Tensor var(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
/// Standard deviation: the square root of var. Its gradient is 0 where it is 0. (Beside `using namespace ph`: ph::std.)
Tensor std(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
struct MeanResult {
  Tensor value, mean;
};
/// Variance, as var has it, and mean.
MeanResult var_mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);
/// Standard deviation, as std has it, and mean.
MeanResult std_mean(const Tensor& x, const Shape& dims = {}, bool keepdim = false, double correction = 0);

/// (sum |x|^p)^(1/p); p = 0 counts what is not 0, p = ±inf is the largest or smallest |x| (not of none). Real, also of complex numbers.
/// The gradient is 0 where the norm is 0, and at 0 where it is infinite.
Tensor vector_norm(const Tensor& x, double p = 2, const Shape& dims = {}, bool keepdim = false);
inline Tensor norm(const Tensor& x, double p = 2, const Shape& dims = {}, bool keepdim = false) { return vector_norm(x, p, dims, keepdim); }

// --- extrema. NaN wins; of none is a value error -------------------------------------------------------------------------

/// The largest element over dims, or of all. The gradient is shared equally by equal elements.
Tensor max(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// The smallest element over dims, or of all. The gradient is shared equally by equal elements.
Tensor min(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
inline Tensor amax(const Tensor& x, const Shape& dims = {}, bool keepdim = false) { return max(x, dims, keepdim); }
inline Tensor amin(const Tensor& x, const Shape& dims = {}, bool keepdim = false) { return min(x, dims, keepdim); }
struct MinMax {
  Tensor min, max;
};
/// The smallest and the largest element, over a dim or of all. The gradient is shared equally by equal elements.
MinMax aminmax(const Tensor& x, const Shape& dims = {}, bool keepdim = false);

/// The extremum along one dim and the position of the first one, which gets the gradient. For `max(x, 1)`; {1} gives values only.
ValuesIndices max_along(const Tensor& x, std::int64_t dim, bool keepdim = false);
ValuesIndices min_along(const Tensor& x, std::int64_t dim, bool keepdim = false);
template <class I> requires(__is_same(I, int) || __is_same(I, long) || __is_same(I, long long))
ValuesIndices max(const Tensor& x, I dim, bool keepdim = false) { return max_along(x, dim, keepdim); }
template <class I> requires(__is_same(I, int) || __is_same(I, long) || __is_same(I, long long))
ValuesIndices min(const Tensor& x, I dim, bool keepdim = false) { return min_along(x, dim, keepdim); }

/// The position (int64) of the first of the largest elements: in x flattened, or along a dim.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The position (int64) of the first of the smallest elements: in x flattened, or along a dim.
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, std::int64_t dim, bool keepdim = false);

// --- tests of x != 0 --------------------------------------------------------------------------------------------------------

/// Whether any element is not 0, bool; of none false.
Tensor any(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// Whether all elements are not 0, bool; of none true.
Tensor all(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// How many elements are not 0, int64.
Tensor count_nonzero(const Tensor& x, const Shape& dims = {}, bool keepdim = false);
/// Whether shapes and all elements are equal; PyTorch's `equal` (which here, as in the array API, compares each element).
bool array_equal(const Tensor& a, const Tensor& b);
/// Whether all elements are close, as isclose has it; shapes broadcast.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);

// --- scans: y[i] of x[0..i] along a dim ----------------------------------------------------------------------------------------

/// Running sum along a dim. Integers and bool give int64, unsigned ones uint64, unless a dtype is given.
Tensor cumsum(const Tensor& x, std::int64_t dim);
Tensor cumsum(const Tensor& x, std::int64_t dim, DType dtype);
/// Running product along a dim. Dtypes as for cumsum. The derivatives hold at zeros.
Tensor cumprod(const Tensor& x, std::int64_t dim);
Tensor cumprod(const Tensor& x, std::int64_t dim, DType dtype);
/// Running sum, as the array API has it: with `include_initial` it starts from 0 and is one element longer. x without a dim has one
/// dimension at most.
Tensor cumulative_sum(const Tensor& x, bool include_initial = false);
Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial = false);
Tensor cumulative_sum(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype);
/// Running product, as the array API has it: with `include_initial` it starts from 1 and is one element longer. x without a dim has one
/// dimension at most.
Tensor cumulative_prod(const Tensor& x, bool include_initial = false);
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial = false);
Tensor cumulative_prod(const Tensor& x, std::int64_t dim, bool include_initial, DType dtype);
/// Running maximum along a dim, and the position of the latest element equal to it, which gets the gradient; NaN wins.
ValuesIndices cummax(const Tensor& x, std::int64_t dim);
/// Running minimum along a dim, and the position of the latest element equal to it, which gets the gradient; NaN wins.
ValuesIndices cummin(const Tensor& x, std::int64_t dim);
/// Logarithm of the running sum of e^x along a dim, without overflow.
Tensor logcumsumexp(const Tensor& x, std::int64_t dim);

/// x[i + 1] - x[i] along a dim, n times over; of bool: whether they differ.
Tensor diff(const Tensor& x, std::int64_t n = 1, std::int64_t dim = -1);
/// `prepend` and `append` are joined to x first.
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
/// Running integral by the trapezoidal rule, from the second point on: one element less than y.
Tensor cumulative_trapezoid(const Tensor& y, double dx = 1, std::int64_t dim = -1);
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);

}  // namespace ph
