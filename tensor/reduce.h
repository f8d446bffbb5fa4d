// Reductions, scans and sorts as data: what a backend's kernels are asked for.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

enum class Reduction : std::uint8_t {
  sum, mean, nansum, prod, min, max,  // min and max: NaN wins
  any, all, count_nonzero,            // of x != 0
  norm,                               // (sum |x|^p)^(1/p); p may be 0, 1, 2, inf, -inf
  var, std,                           // sum (x - mean)^2 / max(0, n - correction)
  logsumexp
};

/// One call of the reduction kernel. `out` has as many dimensions as `in`, and size 1 where the dimension is reduced.
/// in -> out: sum, nansum, prod: same kind; integers wrap to out's width. mean: integer or float -> float, complex ->
/// complex. min, max: same dtype, not complex. any, all -> bool. count_nonzero -> int64. norm, var, std, logsumexp: float -> float.
/// Of no elements: 0, NaN, 0, 1, (min, max: not allowed), false, true, 0, 0, NaN, NaN, -inf.
struct ReduceCall {
  Reduction op = Reduction::sum;
  View out, in;
  double parameter = 0;  ///< p of norm; correction of var and std
};

/// The position (int64) and value of the first smallest or largest element along `axis`; NaN wins, the first one. Real types.
/// `values` (in's dtype) or `indices` may be absent. Both have size 1 along `axis`; in has at least one element there.
struct ArgReduceCall {
  bool largest = true;
  View values = {}, indices = {}, in;
  int axis = 0;
};

enum class Scan : std::uint8_t { sum, prod, max, min, logsumexp };

/// out[i] = op over in[0..i] along `axis`, or over in[i..end] if `reverse`. sum, prod: out of in's kind; integers wrap to its width.
/// max, min: same dtype, real; `indices` (int64) gets the position of the latest element equal to the extremum; NaN wins.
/// logsumexp: floats.
struct ScanCall {
  Scan op = Scan::sum;
  View out, in, indices = {};
  int axis = 0;
  bool reverse = false;
};

/// Along `axis`; -0 equals 0, NaN is greater than everything, equal elements keep their order. Real types.
/// `values` has in's dtype, `indices` is int64; either may be absent. At most 2^32 elements along the axis.
struct SortCall {
  View values = {}, indices = {}, in;
  int axis = 0;
  bool descending = false;
};

/// Elements number `first`, first + 1, … of the order that sort (with `descending`) gives, as many as the outputs have along
/// `axis`; in that order if `sorted`. For top-k, k-th value and median.
struct SelectCall {
  View values = {}, indices = {}, in;
  int axis = 0;
  std::int64_t first = 0;
  bool descending = false, sorted = true;
};

/// out (int64, shape of `values`) = how many elements of `sorted`'s row are < the value (<= if `right`), in sort's order.
/// `sorted` and `values` have one dtype, are row-major; sorted is 1-D, or has values' shape but for the last dimension.
struct SearchCall {
  View out, sorted, values;
  bool right = false;
};

}  // namespace ph
