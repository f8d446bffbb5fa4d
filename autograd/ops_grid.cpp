// Grid sampling: sums over the entries of x around each place. The sums are three fused ops that are each other's derivatives; what
// the entries count is one more, whose recorded gradient is the same formula in elementwise ops.
#include <cmath>

#include "playhead/autograd/engine.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {

using Int = std::int64_t;

enum class Term { y, x, weight };

/// One of x [N, C, S], weight [N, P, K] and y [N, C, P] from the other two (see TapsCall), of `shape`.
Tensor taps(Term result, const Shape& shape, const Tensor& a_, const Tensor& b_, const Tensor& index) {
  const Tensor a = detail::dense(a_), b = detail::dense(b_);
  Tensor out = detail::make_tensor(shape, a.dtype(), a.device());
  const Kernels& k = kernels(a.device());
  if (result == Term::y) k.gather_taps({view_of(a), view_of(out), view_of(b), view_of(index)});
  else if (result == Term::x) k.scatter_taps({view_of(out), view_of(a), view_of(b), view_of(index)});
  else k.dot_taps({view_of(a), view_of(b), view_of(out), view_of(index)});
  if (!recording(a_, b_)) return out;
  record(out, "grid_sample", {a_, b_}, [result, a = Saved(a_), b = Saved(b_), index = Saved(index)](Backward& d) {
    const Tensor at = index(d), g = d.g();
    switch (result) {
      case Term::y:  // a is x, b is weight
        if (d.needs(0)) d[0] = taps(Term::x, d.input_shape(0), g, b(d), at);
        if (d.needs(1)) d[1] = taps(Term::weight, d.input_shape(1), a(d), g, at);
        break;
      case Term::x:  // a is y, b is weight
        if (d.needs(0)) d[0] = taps(Term::y, d.input_shape(0), g, b(d), at);
        if (d.needs(1)) d[1] = taps(Term::weight, d.input_shape(1), g, a(d), at);
        break;
      case Term::weight:  // a is x, b is y
        if (d.needs(0)) d[0] = taps(Term::x, d.input_shape(0), b(d), g, at);
        if (d.needs(1)) d[1] = taps(Term::y, d.input_shape(1), a(d), g, at);
        break;
    }
  });
  return out;
}

/// c within [0, n - 1]; the gradient is 0 from the borders on.
Tensor clipped(const Tensor& c, Int n) {
  const double top = static_cast<double>(n - 1);
  return where((c > 0) & (c < top), c, clamp(c.detach(), 0, top));
}

/// c mirrored at the borders until it lies between them.
Tensor reflected(const Tensor& c, Int n, bool align_corners) {
  const double low = align_corners ? 0 : -0.5, span = static_cast<double>(align_corners ? n - 1 : n);
  if (span == 0) return c * 0;
  const Tensor off = abs(c - low), flips = floor(off.detach() / span), extra = off - flips * span;
  return where(remainder(flips, 2) == 0, extra, span - extra) + low;
}

Tensor padded(const Tensor& c, Int n, const GridSampleOptions& o) {
  if (o.padding == GridPadding::zeros) return c;
  return clipped(o.padding == GridPadding::border ? c : reflected(c, n, o.align_corners), n);
}

/// What the entries around a place count along one dim of size n, as GridCall has it, in ops: [N, P, reach].
Tensor weights_along(const Tensor& place, Int n, const GridSampleOptions& o) {
  const double size = static_cast<double>(n);
  const Tensor raw = o.align_corners ? (place + 1) / 2 * (size - 1) : ((place + 1) * size - 1) / 2;
  if (o.mode == Resample::bilinear) {
    const Tensor c = padded(raw, n, o), t = c - floor(c.detach());
    return stack({1 - t, t}, -1);
  }
  const Tensor t = raw - floor(raw.detach());
  constexpr double a = -0.75;
  const auto near = [](const Tensor& u) { return ((a + 2) * u - (a + 3)) * u * u + 1; };          // at distance u <= 1
  const auto far = [](const Tensor& u) { return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a; };     // at distance 1 <= u <= 2
  return stack({far(t + 1), near(t), near(1 - t), far(2 - t)}, -1);
}

struct Around {
  Tensor index, weight;
};

/// The entries that count at each place, for an x of `sizes`, and their weights, recorded.
Around around(const Tensor& grid_, const Shape& sizes, const GridSampleOptions& o) {
  const Tensor grid = detail::dense(grid_);
  const int dims = sizes.size();
  GridCall call;
  call.reach = o.mode == Resample::nearest ? 1 : o.mode == Resample::bilinear ? 2 : 4;
  call.padding = o.padding, call.align_corners = o.align_corners;
  Int taps = 1;
  for (int d = 0; d < dims; ++d) call.size[d] = sizes[d], taps *= call.reach;
  const Shape shape{grid.shape()[0], grid.shape()[1], taps};
  Around all{detail::make_tensor(shape, int64, grid.device()), detail::make_tensor(shape, grid.dtype(), grid.device())};
  const bool recorded = recording(grid_), flat = o.mode == Resample::nearest;
  Tensor slope;
  if (recorded && !flat) slope = detail::make_tensor({shape[0], shape[1], taps, dims}, grid.dtype(), grid.device());
  call.grid = view_of(grid), call.index = view_of(all.index), call.weight = view_of(all.weight), call.slope = detail::maybe_view(slope);
  kernels(grid.device()).grid_taps(call);
  if (recorded)
    record(all.weight, "grid_sample", {grid_}, [slope, flat, sizes, o, grid = Saved(grid_)](Backward& d) {
      if (flat) {
        d[0] = zeros(d.input_shape(0), {.dtype = d.g().dtype(), .device = d.g().device()});
      } else if (!d.create_graph()) {
        d[0] = sum(unsqueeze(d.g(), -1) * slope, {2});
      } else {
        // The same formula in ops, whose gradient can be differentiated again. NaN counts as -1.
        const Tensor place = grid(d), known = where(isnan(place.detach()), -1, place);
        Tensor weight;
        for (int k = 0; k < sizes.size(); ++k) {
          const Tensor one = weights_along(select(known, 2, sizes.size() - 1 - k), sizes[k], o);
          weight = weight.defined() ? flatten(unsqueeze(weight, -1) * unsqueeze(one, -2), 2) : one;
        }
        d[0] = ph::grad(weight, place, {.gradients = {d.g()}, .create_graph = true});
      }
    });
  return all;
}

/// Places from -1 to 1 in n steps.
Tensor steps(Int n, bool align_corners, const TensorOptions& options) {
  if (n == 1) return zeros({1}, options);
  const Tensor all = linspace(-1, 1, n, options);
  return align_corners ? all : all * (static_cast<double>(n - 1) / static_cast<double>(n));
}

}  // namespace

Tensor grid_sample(const Tensor& x_, const Tensor& grid_, const GridSampleOptions& o) {
  constexpr const char* op = "grid_sample";
  const int dims = x_.ndim() - 2;
  if ((dims != 2 && dims != 3) || grid_.ndim() != dims + 2 || grid_.shape()[dims + 1] != dims)
    value_error(op, "needs x of [N, C, H, W] with grid of [N, h, w, 2], or x of [N, C, D, H, W] with grid of [N, d, h, w, 3]; got x=", x_.shape(), ", grid=", grid_.shape());
  if (grid_.shape()[0] != x_.shape()[0]) value_error(op, "x and grid must have one batch size; got x=", x_.shape(), ", grid=", grid_.shape());
  if (o.mode != Resample::bilinear && o.mode != Resample::nearest && o.mode != Resample::bicubic)
    value_error(op, "mode must be bilinear, nearest or bicubic");
  if (o.mode == Resample::bicubic && dims != 2) value_error(op, "bicubic needs x of 4 dimensions; got x=", x_.shape());
  if (!is_floating(x_.dtype()) || !is_floating(grid_.dtype())) type_error(op, "needs real floating dtypes; got x=", x_.dtype(), ", grid=", grid_.dtype());
  detail::check_device(op, x_, "grid", grid_);
  const Int images = x_.shape()[0], channels = x_.shape()[1];
  Int plane = 1, places = 1;
  Shape shape{images, channels};
  for (int d = 0; d < dims; ++d) {
    const Int n = x_.shape()[d + 2];
    if (n < 1) value_error(op, "the sampled dimensions must not be empty; got x=", x_.shape());
    plane *= n, places *= grid_.shape()[d + 1];
    shape.push_back(grid_.shape()[d + 1]);
  }
  checked_numel(op, shape, sizeof(double));
  const DType dtype = promote(x_.dtype(), grid_.dtype()), wide = detail::compute_dtype(dtype);
  const Tensor x = x_.to(wide).reshape({images, channels, plane});
  const Around all = around(grid_.to(wide).reshape({images, places, dims}), Shape(x_.shape().data() + 2, dims), o);
  return taps(Term::y, {images, channels, places}, x, all.weight, all.index).reshape(shape).to(dtype);
}

Tensor affine_grid(const Tensor& theta, const Shape& size, bool align_corners) {
  constexpr const char* op = "affine_grid";
  const int dims = size.size() - 2;
  if ((dims != 2 && dims != 3) || theta.ndim() != 3 || theta.shape()[0] != size[0] || theta.shape()[1] != dims || theta.shape()[2] != dims + 1)
    value_error(op, "needs theta of [N, 2, 3] with size of [N, C, H, W], or theta of [N, 3, 4] with size of [N, C, D, H, W]; got theta=", theta.shape(), ", size=", size);
  if (!is_floating(theta.dtype())) type_error(op, "theta must be floating; got dtype=", theta.dtype());
  checked_numel(op, size, sizeof(double));
  for (const Int n : size)
    if (n < 1) value_error(op, "sizes must be positive; got size=", size);
  const TensorOptions options{.dtype = theta.dtype(), .device = theta.device()};
  std::vector<Tensor> parts;
  Shape shape(size.data() + 2, dims);
  for (int d = dims; d-- > 0;) {
    Shape along = Shape::filled(dims, 1);
    along[d] = shape[d];
    parts.push_back(expand(steps(shape[d], align_corners, options).reshape(along), shape));
  }
  parts.push_back(ones(shape, options));
  const Tensor base = flatten(stack(parts, -1), 0, -2);  // [places, dims + 1]
  Shape result{size[0]};
  for (const Int n : shape) result.push_back(n);
  result.push_back(dims);
  return matmul(base, theta.mT()).reshape(result);
}

}  // namespace ph
