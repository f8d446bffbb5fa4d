// Counting: how often values occur, or fall between edges. Distinct values themselves are in ops_sort.h.
//
// Bins are half open, [edge, next edge), but for the last one, which is closed. What lies outside, and NaN, is not counted.
// Counts of weights have derivatives of any order by the weights; nothing has one by x.
#pragma once
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// How often each of 0, 1, … occurs in a one-dimensional x of integers; with weights, the sum of those. At least `min_length` entries.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, std::int64_t min_length = 0);

/// Counts in `bins` equal bins from min to max (those of x if both are equal), in x's dtype, int64 for integers.
Tensor histc(const Tensor& x, std::int64_t bins = 100, double min = 0, double max = 0);

struct HistogramOptions {
  std::vector<double> range = {};  ///< the outer edges {low, high, …} of each dimension, for a number of bins; the least and largest of x if empty
  Tensor weight = {};              ///< one for each point
  bool density = false;            ///< divide by the bins' sizes and the sum of the counts: an integral of 1
};
struct Histogram {
  Tensor counts, edges;
};
/// Of all elements of x, in `bins` equal bins, or between ascending edges. Results are of x's dtype, the default one for integers.
Histogram histogram(const Tensor& x, std::int64_t bins, const HistogramOptions& options = {});
Histogram histogram(const Tensor& x, const Tensor& edges, const HistogramOptions& options = {});

struct HistogramGrid {
  Tensor counts;               ///< one dim for each coordinate
  std::vector<Tensor> edges;
};
/// Of the points in x's last dim, in a grid: a number of bins, or edges, for each coordinate.
HistogramGrid histogramdd(const Tensor& x, const Shape& bins, const HistogramOptions& options = {});
HistogramGrid histogramdd(const Tensor& x, const std::vector<Tensor>& edges, const HistogramOptions& options = {});

}  // namespace ph
