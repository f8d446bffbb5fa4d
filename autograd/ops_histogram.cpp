// Counts: every op finds a bin for each element by binary search, and adds up what meets in a bin.
#include "playhead/autograd/ops_histogram.h"

#include <algorithm>
#include <cmath>

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/ops_sort.h"
#include "playhead/autograd/reducing.h"

namespace PH_PUBLIC ph {

using detail::as_float, detail::need_real;

Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t min_length) {
  if (x.ndim() != 1 || !is_integer(x.dtype())) type_error("bincount", "needs one dimension of integers; got shape=", x.shape(), ", dtype=", x.dtype());
  if (min_length < 0) value_error("bincount", "min_length must not be negative; got min_length=", min_length);
  if (weights.defined() && !(weights.shape() == x.shape()))
    value_error("bincount", "needs one weight for each element; got x=", x.shape(), ", weights=", weights.shape());
  std::int64_t n = min_length;
  if (x.numel() > 0) {
    if (!is_unsigned(x.dtype()) && min(x).item<std::int64_t>() < 0)
      value_error("bincount", "needs numbers from 0 up; got min=", min(x).item<std::int64_t>());
    const auto most = max(x).item<std::uint64_t>();
    if (most >= INT64_MAX) value_error("bincount", "the largest number says how many counts there are, and is too large; got max=", most);
    n = std::max(n, static_cast<std::int64_t>(most) + 1);
  }
  const Tensor w = weights.defined() ? weights : ones(x.shape(), {.dtype = int64, .device = x.device()});
  return scatter_add(new_zeros(w, n), 0, x, w);
}

namespace {

struct Range {
  double low, high;
};

/// Where bins lie that were only counted: as given, or over all of x; a range of no width is widened on both sides.
Range outer_edges(const char* op, const Tensor& x, Range r, bool given, double widen) {
  if (!given) r = x.numel() > 0 ? Range{min(x).item<double>(), max(x).item<double>()} : Range{0, 1};
  if (!(std::isfinite(r.low) && std::isfinite(r.high) && r.low <= r.high))
    value_error(op, "the range must be finite, from low to high; got low=", r.low, ", high=", r.high, given ? "" : ", the least and largest of x");
  if (r.low == r.high) return {r.low - widen, r.high + widen};
  return r;
}

Tensor even_edges(const Tensor& x, std::int64_t bins, Range r) {
  return linspace(r.low, r.high, bins + 1, {.dtype = as_float(x).dtype(), .device = x.device()});
}

void check_bins(const char* op, std::int64_t bins) {
  if (bins < 1) value_error(op, "needs at least one bin; got bins=", bins);
}
void check_edges(const char* op, const Tensor& edges) {
  if (edges.ndim() != 1 || edges.numel() < 2) value_error(op, "edges must have one dimension and at least 2 elements; got edges=", edges.shape());
  need_real(op, edges);
  if (!all(greater_equal(diff(edges.detach()), 0)).item<bool>()) value_error(op, "edges must be in ascending order");
}
void check_weight(const char* op, const Tensor& weight, const Shape& points) {
  if (weight.defined() && !(weight.shape() == points)) value_error(op, "needs one weight for each point; got weight=", weight.shape(), ", expected ", points);
}

/// The bin of each element, int64, and -1 for those outside.
Tensor bin_of(const Tensor& x, const Tensor& edges) {
  const Tensor v = x.detach(), last = edges[-1];
  const Tensor at = sub(searchsorted(edges, v, true), 1), closed = where(equal(v, last), edges.numel() - 2, at);
  return where(greater(closed, edges.numel() - 2), -1, closed);
}

/// What falls into each of `bins` bins; `at` as from bin_of. Without weights int64.
Tensor counted(const Tensor& at, const Tensor& weight, std::int64_t bins) {
  const Tensor place = reshape(where(less(at, 0), bins, at), at.numel());  // one more bin for what is outside
  return narrow(bincount(place, weight.defined() ? reshape(weight, weight.numel()) : weight, bins + 1), 0, 0, bins);
}

Tensor as_density(const Tensor& counts, const Tensor& sizes) { return div(counts, mul(sum(counts), sizes)); }

HistogramGrid grid(const char* op, const Tensor& points, const std::vector<Tensor>& edges, const HistogramOptions& o) {
  const Shape rows(points.shape().data(), points.ndim() - 1);
  check_weight(op, o.weight, rows);
  Tensor at = zeros(rows, {.dtype = int64, .device = points.device()}), sizes = ones({}, {.dtype = edges[0].dtype(), .device = points.device()});
  Tensor inside = ones(rows, {.dtype = bool_, .device = points.device()});
  Shape shape;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const std::int64_t n = edges[i].numel() - 1;
    const Tensor bin = bin_of(select(points, -1, static_cast<std::int64_t>(i)), edges[i]);
    at = add(mul(at, n), bin);
    inside = logical_and(inside, greater_equal(bin, 0));
    sizes = mul(unsqueeze(sizes, -1), diff(edges[i]));
    shape.push_back(n);
  }
  const std::int64_t cells = checked_numel(op, shape, sizeof(double));
  const DType t = o.weight.defined() ? as_float(o.weight).dtype() : as_float(points).dtype();
  const Tensor counts = reshape(counted(where(inside, at, -1), o.weight.defined() ? as_float(o.weight) : Tensor(), cells), shape).to(t);
  return {o.density ? as_density(counts, sizes) : counts, edges};
}

Histogram one_dimensional(const Tensor& x, const std::vector<Tensor>& edges, const HistogramOptions& o) {
  check_weight("histogram", o.weight, x.shape());
  HistogramOptions flat = o;
  if (o.weight.defined()) flat.weight = reshape(o.weight, o.weight.numel());
  const HistogramGrid g = grid("histogram", reshape(x, {x.numel(), 1}), edges, flat);
  return {g.counts, g.edges[0]};
}

/// x's last dim as coordinates, of which there are as many as bins.
void check_points(const Tensor& x, std::int64_t coordinates) {
  need_real("histogramdd", x);
  if (x.ndim() < 2) value_error("histogramdd", "needs points as [..., coordinates]; got shape=", x.shape());
  if (coordinates == 0 || coordinates != x.size(-1))
    value_error("histogramdd", "needs bins for each coordinate; got ", coordinates, " for points of shape=", x.shape());
}

}  // namespace

Tensor histc(const Tensor& x, std::int64_t bins, double low, double high) {
  need_real("histc", x);
  check_bins("histc", bins);
  const Tensor edges = even_edges(x, bins, outer_edges("histc", x, {low, high}, low != high, 1));
  const Tensor counts = counted(bin_of(x, edges), {}, bins);
  return is_floating(x.dtype()) ? counts.to(x.dtype()) : counts;
}

Histogram histogram(const Tensor& x, std::int64_t bins, const HistogramOptions& o) {
  need_real("histogram", x);
  check_bins("histogram", bins);
  if (!o.range.empty() && o.range.size() != 2) value_error("histogram", "the range must be two numbers, low and high; got ", static_cast<std::int64_t>(o.range.size()), " numbers");
  const bool given = !o.range.empty();
  return one_dimensional(x, {even_edges(x, bins, outer_edges("histogram", x, given ? Range{o.range[0], o.range[1]} : Range{0, 0}, given, 0.5))}, o);
}

Histogram histogram(const Tensor& x, const Tensor& edges, const HistogramOptions& o) {
  need_real("histogram", x);
  check_edges("histogram", edges);
  return one_dimensional(x, {as_float(edges)}, o);
}

HistogramGrid histogramdd(const Tensor& x, const Shape& bins, const HistogramOptions& o) {
  check_points(x, bins.size());
  if (!o.range.empty() && o.range.size() != 2 * static_cast<std::size_t>(bins.size()))
    value_error("histogramdd", "the range must have low and high for each coordinate; got ", static_cast<std::int64_t>(o.range.size()), " numbers for ",
                bins.size(), " coordinates");
  std::vector<Tensor> edges;
  for (int i = 0; i < bins.size(); ++i) {
    check_bins("histogramdd", bins[i]);
    const bool given = !o.range.empty();
    const auto at = static_cast<std::size_t>(2 * i);
    const Tensor column = select(x.detach(), -1, i);
    edges.push_back(even_edges(x, bins[i], outer_edges("histogramdd", column, given ? Range{o.range[at], o.range[at + 1]} : Range{0, 0}, given, 0.5)));
  }
  return grid("histogramdd", x, edges, o);
}

HistogramGrid histogramdd(const Tensor& x, const std::vector<Tensor>& edges, const HistogramOptions& o) {
  check_points(x, static_cast<std::int64_t>(edges.size()));
  std::vector<Tensor> floats;
  for (const Tensor& e : edges) {
    check_edges("histogramdd", e);
    floats.push_back(as_float(e));
  }
  return grid("histogramdd", x, floats, o);
}

}  // namespace ph
