// Interpolation: along each dim a sparse matrix acts on x. One op, whose gradient is the same op with the matrix transposed.
#include "playhead/autograd/ops_resample.h"

#include <algorithm>
#include <cmath>

#include "playhead/autograd/ops.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {

using Int = std::int64_t;

/// The rows of a sparse matrix, one per entry of the result.
struct Rows {
  std::vector<Int> begin{0}, index;
  std::vector<double> weight;

  /// Adds to the row at hand, by rising index; entries of one index are merged.
  void add(Int at, double w) {
    if (static_cast<Int>(index.size()) > begin.back() && index.back() == at) weight.back() += w;
    else index.push_back(at), weight.push_back(w);
  }
  /// Closes the row. Zero weights go: nothing of what is infinite there may show.
  void next() {
    std::size_t keep = static_cast<std::size_t>(begin.back());
    for (std::size_t j = keep; j < index.size(); ++j)
      if (weight[j] != 0) index[keep] = index[j], weight[keep++] = weight[j];
    index.resize(keep), weight.resize(keep);
    begin.push_back(static_cast<Int>(keep));
  }
};

/// The same on x's device.
struct Table {
  Tensor begin, index, weight;
  Int columns;
};
Table table_of(const Rows& r, Int columns, Device device) {
  return {from_data(r.begin, {.device = device}), from_data(r.index, {.device = device}), from_data(r.weight, {.device = device}), columns};
}
Table transposed(const Table& t) {
  const std::vector<Int> begin = t.begin.to_vector<Int>(), index = t.index.to_vector<Int>();
  const std::vector<double> weight = t.weight.to_vector<double>();
  Rows r;
  r.begin.assign(static_cast<std::size_t>(t.columns) + 1, 0);
  for (const Int i : index) ++r.begin[static_cast<std::size_t>(i) + 1];
  for (std::size_t i = 1; i < r.begin.size(); ++i) r.begin[i] += r.begin[i - 1];
  r.index.resize(index.size()), r.weight.resize(index.size());
  std::vector<Int> at(r.begin.begin(), r.begin.end() - 1);
  for (std::size_t i = 0; i + 1 < begin.size(); ++i)
    for (std::size_t j = static_cast<std::size_t>(begin[i]); j < static_cast<std::size_t>(begin[i + 1]); ++j) {
      const std::size_t to = static_cast<std::size_t>(at[static_cast<std::size_t>(index[j])]++);
      r.index[to] = static_cast<Int>(i), r.weight[to] = weight[j];
    }
  return table_of(r, static_cast<Int>(begin.size()) - 1, t.begin.device());
}

Tensor resample(const Tensor& x_, int dim, const Table& table) {
  const Tensor x = detail::dense(x_);
  Shape shape = x.shape();
  shape[dim] = table.begin.numel() - 1;
  Tensor y = detail::make_tensor(shape, x.dtype(), x.device());
  kernels(x.device()).resample({view_of(y), view_of(x), view_of(table.begin), view_of(table.index), view_of(table.weight), dim});
  if (recording(x_)) record(y, "interpolate", {x_}, [dim, table](Backward& d) { d[0] = resample(d.g(), dim, transposed(table)); });
  return y;
}

/// Keys' cubic convolution kernel with parameter a, at distance t. (Keys 1981)
double cubic(double t, double a) {
  t = std::fabs(t);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/// How the n entries of one dim become m. `step`: entries of x per entry of the result.
Rows rows_of(Resample mode, bool align_corners, bool antialias, Int n, Int m, double step, bool by_factor) {
  Rows r;
  const bool cubic_mode = mode == Resample::bicubic;
  for (Int i = 0; i < m; ++i, r.next()) {
    if (mode == Resample::nearest || mode == Resample::nearest_exact) {
      // Sizes give the place exactly, as a quotient of integers.
      const Int half = mode == Resample::nearest_exact;
      const Int at = by_factor ? static_cast<Int>((static_cast<double>(i) + 0.5 * static_cast<double>(half)) * step) : (2 * i + half) * n / (2 * m);
      r.add(std::min(at, n - 1), 1);
      continue;
    }
    if (antialias) {
      const double reach = (cubic_mode ? 2 : 1) * std::max(step, 1.0), centre = step * (static_cast<double>(i) + 0.5), narrow = 1 / std::max(step, 1.0);
      const Int first = std::max<Int>(static_cast<Int>(centre - reach + 0.5), 0), last = std::min(static_cast<Int>(centre + reach + 0.5), n);
      const auto filter = [&](Int j) {
        const double t = (static_cast<double>(j) - centre + 0.5) * narrow;
        return cubic_mode ? cubic(t, -0.5) : std::max(0.0, 1 - std::fabs(t));
      };
      double total = 0;
      for (Int j = first; j < last; ++j) total += filter(j);
      for (Int j = first; j < last; ++j) r.add(j, filter(j) / total);
      continue;
    }
    double place = align_corners ? step * static_cast<double>(i) : step * (static_cast<double>(i) + 0.5) - 0.5;
    if (!cubic_mode) place = std::max(place, 0.0);
    const Int low = std::min(static_cast<Int>(std::floor(place)), n - 1);
    const double t = std::min(std::max(place - static_cast<double>(low), 0.0), 1.0);
    const auto within = [n](Int j) { return std::min(std::max<Int>(j, 0), n - 1); };
    if (cubic_mode)
      for (Int j = -1; j <= 2; ++j) r.add(within(low + j), cubic(t - static_cast<double>(j), -0.75));
    else
      r.add(low, 1 - t), r.add(within(low + 1), t);
  }
  return r;
}

const char* name_of(Resample mode) {
  constexpr const char* names[] = {"nearest", "nearest_exact", "linear", "bilinear", "bicubic", "trilinear", "area"};
  return names[static_cast<int>(mode)];
}

}  // namespace

Tensor interpolate(const Tensor& x, const InterpolateOptions& o) {
  constexpr const char* op = "interpolate";
  const int dims = x.ndim() - 2;
  const Resample mode = o.mode;
  if (dims < 1 || dims > 3) value_error(op, "needs x of 3 to 5 dimensions; got x=", x.shape());
  const int wanted = mode == Resample::linear ? 1 : mode == Resample::trilinear ? 3 : mode == Resample::bilinear || mode == Resample::bicubic ? 2 : dims;
  if (dims != wanted) value_error(op, "mode ", name_of(mode), " needs x of ", wanted + 2, " dimensions; got x=", x.shape());
  const bool smooth = mode != Resample::nearest && mode != Resample::nearest_exact && mode != Resample::area;
  if (o.align_corners && !smooth) value_error(op, "align_corners is for linear, bilinear, bicubic and trilinear; got mode=", name_of(mode));
  if (o.antialias && mode != Resample::bilinear && mode != Resample::bicubic) value_error(op, "antialias is for bilinear and bicubic; got mode=", name_of(mode));
  const bool by_factor = !o.scale_factor.empty();
  if (by_factor == !o.size.empty()) value_error(op, "needs size or scale_factor; got ", by_factor ? "both" : "neither");
  const int given = by_factor ? static_cast<int>(o.scale_factor.size()) : o.size.size();
  if (given != 1 && given != dims) value_error(op, by_factor ? "scale_factor" : "size", " must be one number, or one per spatial dimension; got ", given, " for ", dims);
  if (!is_floating(x.dtype())) type_error(op, "needs a real floating dtype; got dtype=", x.dtype());

  Shape shape = x.shape(), size;
  std::vector<double> step;
  for (int d = 0; d < dims; ++d) {
    const Int n = x.shape()[d + 2];
    const double factor = by_factor ? o.scale_factor[static_cast<std::size_t>(given == 1 ? 0 : d)] : 1, scaled = std::floor(static_cast<double>(n) * factor);
    if (by_factor && !(factor > 0 && scaled < 1e18)) value_error(op, "scale_factor must be positive; got scale_factor=", factor);
    const Int m = by_factor ? static_cast<Int>(scaled) : o.size[given == 1 ? 0 : d];
    if (n < 1 || m < 1) value_error(op, "sizes must be positive; got x=", x.shape(), ", new size ", m, " for dimension ", d + 2);
    if (m >= INT32_MAX || n >= INT32_MAX) value_error(op, "sizes must be below 2^31; got x=", x.shape(), ", new size ", m);
    shape[d + 2] = m;
    size.push_back(m);
    if (o.align_corners) step.push_back(m > 1 ? static_cast<double>(n - 1) / static_cast<double>(m - 1) : 0);
    else step.push_back(by_factor && !o.recompute_scale_factor ? 1 / factor : static_cast<double>(n) / static_cast<double>(m));
  }
  checked_numel(op, shape, sizeof(double));
  if (mode == Resample::area) return dims == 1 ? adaptive_avg_pool1d(x, size) : dims == 2 ? adaptive_avg_pool2d(x, size) : adaptive_avg_pool3d(x, size);
  if (detail::is_half(x.dtype())) return interpolate(x.to(float32), o).to(x.dtype());

  // Dims that shrink most go first, so that the others have less to do; of equals the last one.
  std::vector<int> order;
  for (int d = dims; d-- > 0;) order.push_back(d);
  const auto growth = [&](int d) { return static_cast<double>(shape[d + 2]) / static_cast<double>(x.shape()[d + 2]); };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return growth(a) < growth(b); });
  Tensor y = x;
  for (const int d : order) {
    const Int n = x.shape()[d + 2], m = shape[d + 2];
    const double s = step[static_cast<std::size_t>(d)];
    if (n == m && s == 1) continue;
    const Rows rows = rows_of(mode, o.align_corners, o.antialias, n, m, s, by_factor && !o.recompute_scale_factor);
    y = resample(y, d + 2, table_of(rows, n, x.device()));
  }
  return y.is_same(x) ? x.clone() : y;
}

}  // namespace ph
