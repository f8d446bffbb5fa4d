// Differences, areas and derivatives of sampled functions: the last part of ops_reduce.h.
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/reducing.h"

namespace PH_PUBLIC ph {

using namespace detail;

// --- differences and areas --------------------------------------------------------------------------------------------------

Tensor diff(const Tensor& x, std::int64_t n, std::int64_t dim) { return diff(x, n, dim, {}, {}); }

Tensor diff(const Tensor& x, std::int64_t n, std::int64_t dim_, const Tensor& prepend, const Tensor& append) {
  if (x.ndim() == 0) value_error("diff", "needs at least one dimension; got shape=[]");
  if (n < 0) value_error("diff", "n must not be negative; got n=", n);
  const int dim = normalize_dim("diff", dim_, x.ndim());
  Tensor y = x;
  if (prepend.defined() || append.defined()) {
    std::vector<Tensor> parts = {x};
    if (prepend.defined()) parts.insert(parts.begin(), prepend);
    if (append.defined()) parts.push_back(append);
    y = cat(parts, dim);
  }
  for (std::int64_t i = 0; i < n && (i == 0 || y.size(dim) > 0); ++i) {  // of nothing, all differences are nothing
    const std::int64_t left = y.size(dim) > 0 ? y.size(dim) - 1 : 0, from = y.size(dim) > 0 ? 1 : 0;
    const Tensor a = narrow(y, dim, 0, left), b = narrow(y, dim, from, left);
    y = is_bool(y.dtype()) ? logical_xor(b, a) : sub(b, a);
  }
  return n == 0 ? y.clone() : y;
}

namespace {

/// Twice the areas between neighbouring points.
Tensor double_areas(const char* op, const Tensor& y, const Tensor& x, int dim) {
  const std::int64_t n = y.size(dim);
  if (n < 2) return narrow(as_float(y), dim, 0, 0);
  const Tensor pairs = add(narrow(y, dim, 0, n - 1), narrow(y, dim, 1, n - 1));
  if (!x.defined()) return pairs;
  if (x.ndim() == 1) {
    if (x.size(0) != n) value_error(op, "needs one x for each y; got x=", x.shape(), ", y=", y.shape(), ", dim=", dim);
    Shape along = Shape::filled(y.ndim(), 1);
    along[dim] = n - 1;
    return mul(pairs, reshape(diff(x), along));
  }
  if (!(x.shape() == y.shape())) value_error(op, "x must be one-dimensional or of y's shape; got x=", x.shape(), ", y=", y.shape());
  return mul(pairs, diff(x, 1, dim));
}

int area_dim(const char* op, const Tensor& y, std::int64_t dim) {
  if (y.ndim() == 0) value_error(op, "needs at least one dimension; got shape=[]");
  return normalize_dim(op, dim, y.ndim());
}

}  // namespace

Tensor trapezoid(const Tensor& y, double dx, std::int64_t dim) {
  const int d = area_dim("trapezoid", y, dim);
  return mul(sum(double_areas("trapezoid", y, {}, d), d), dx / 2);
}
Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim) {
  const int d = area_dim("trapezoid", y, dim);
  return mul(sum(double_areas("trapezoid", y, x, d), d), 0.5);
}
Tensor cumulative_trapezoid(const Tensor& y, double dx, std::int64_t dim) {
  const int d = area_dim("cumulative_trapezoid", y, dim);
  return mul(cumsum(double_areas("cumulative_trapezoid", y, {}, d), d), dx / 2);
}
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim) {
  const int d = area_dim("cumulative_trapezoid", y, dim);
  return mul(cumsum(double_areas("cumulative_trapezoid", y, x, d), d), 0.5);
}

// --- derivatives by central differences ---------------------------------------------------------------------------------------

namespace {

/// One number or row of coefficients for each of three neighbours.
struct Stencil {
  Tensor before, here, after;
};
/// The sum over three entries of x's dim, from `start` to `start + length - 1`, times the coefficients.
Tensor weighted(const Tensor& x, int dim, std::int64_t start, std::int64_t length, const Stencil& c) {
  return add(add(mul(narrow(x, dim, start, length), c.before), mul(narrow(x, dim, start + 1, length), c.here)),
             mul(narrow(x, dim, start + 2, length), c.after));
}

/// Along one dim with points `h` apart: [.., size - 1, ..], as many dims as x. Second order inside (the parabola through three
/// neighbours), and at the ends where edge_order is 2.
Tensor slopes(const Tensor& x, const Tensor& h, int dim, int edge_order) {
  const std::int64_t n = x.size(dim);
  std::vector<Tensor> parts;
  const auto pair = [&](std::int64_t i) { return div(sub(narrow(x, dim, i + 1, 1), narrow(x, dim, i, 1)), narrow(h, dim, i, 1)); };
  if (edge_order == 1) {
    parts.push_back(pair(0));
  } else {
    const Tensor a = narrow(h, dim, 0, 1), b = narrow(h, dim, 1, 1), s = add(a, b);
    parts.push_back(weighted(x, dim, 0, 1, {neg(div(add(a, s), mul(a, s))), div(s, mul(a, b)), neg(div(a, mul(b, s)))}));
  }
  if (n > 2) {
    const Tensor a = narrow(h, dim, 0, n - 2), b = narrow(h, dim, 1, n - 2), s = add(a, b);
    parts.push_back(weighted(x, dim, 0, n - 2, {neg(div(b, mul(a, s))), div(sub(b, a), mul(a, b)), div(a, mul(b, s))}));
  }
  if (edge_order == 1) {
    parts.push_back(pair(n - 2));
  } else {
    const Tensor a = narrow(h, dim, n - 3, 1), b = narrow(h, dim, n - 2, 1), s = add(a, b);
    parts.push_back(weighted(x, dim, n - 3, 1, {div(b, mul(a, s)), neg(div(s, mul(a, b))), div(add(b, s), mul(b, s))}));
  }
  return cat(parts, dim);
}

/// The same for points one apart, times their distance.
Tensor unit_slopes(const Tensor& x, int dim, int edge_order) {
  const std::int64_t n = x.size(dim);
  const auto at = [&](std::int64_t i) { return narrow(x, dim, i, 1); };
  std::vector<Tensor> parts;
  if (edge_order == 1) parts.push_back(sub(at(1), at(0)));
  else parts.push_back(sub(mul(at(1), 2), add(mul(at(0), 1.5), mul(at(2), 0.5))));
  if (n > 2) parts.push_back(mul(sub(narrow(x, dim, 2, n - 2), narrow(x, dim, 0, n - 2)), 0.5));
  if (edge_order == 1) parts.push_back(sub(at(n - 1), at(n - 2)));
  else parts.push_back(sub(add(mul(at(n - 1), 1.5), mul(at(n - 3), 0.5)), mul(at(n - 2), 2)));
  return cat(parts, dim);
}

}  // namespace

std::vector<Tensor> gradient(const Tensor& x_, const GradientOptions& o) {
  if (x_.ndim() == 0) value_error("gradient", "needs at least one dimension; got shape=[]");
  if (o.edge_order != 1 && o.edge_order != 2) value_error("gradient", "edge_order must be 1 or 2; got edge_order=", o.edge_order);
  Shape dims;  // in the order they were asked for
  for (const std::int64_t d : o.dims) dims.push_back(normalize_dim("gradient", d, x_.ndim()));
  for (int d = 0; o.dims.empty() && d < x_.ndim(); ++d) dims.push_back(d);
  normalize_dims("gradient", dims, x_.ndim());
  const auto n_dims = static_cast<std::size_t>(dims.size());
  if (!o.spacing.empty() && !o.coordinates.empty()) value_error("gradient", "takes spacing or coordinates; got both");
  if (o.spacing.size() > 1 && o.spacing.size() != n_dims)
    value_error("gradient", "needs one spacing, or one for each dim; got ", static_cast<std::int64_t>(o.spacing.size()), " for dims=", dims);
  if (!o.coordinates.empty() && o.coordinates.size() != n_dims)
    value_error("gradient", "needs coordinates for each dim; got ", static_cast<std::int64_t>(o.coordinates.size()), " for dims=", dims);
  for (int i = 0; i < dims.size(); ++i) {
    const std::int64_t n = x_.size(dims[i]);
    if (n <= o.edge_order)
      value_error("gradient", "needs more than edge_order points; got shape=", x_.shape(), ", dim=", dims[i], ", edge_order=", o.edge_order);
    if (o.coordinates.empty()) continue;
    const Shape& points = o.coordinates[static_cast<std::size_t>(i)].shape();
    if (!(points == Shape{n})) value_error("gradient", "needs one coordinate for each point; got coordinates=", points, " for dim ", dims[i], " of size ", n);
  }
  const Tensor x = as_float(x_);
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < n_dims; ++i) {
    const int d = static_cast<int>(dims[static_cast<int>(i)]);
    if (o.coordinates.empty()) {
      const double h = o.spacing.empty() ? 1 : o.spacing[o.spacing.size() == 1 ? 0 : i];
      out.push_back(div(unit_slopes(x, d, o.edge_order), h));
      continue;
    }
    Shape along = Shape::filled(x.ndim(), 1);
    along[d] = x.size(d) - 1;
    out.push_back(slopes(x, reshape(diff(as_float(o.coordinates[i])), along), d, o.edge_order));
  }
  return out;
}

}  // namespace ph
