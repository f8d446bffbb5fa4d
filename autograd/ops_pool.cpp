// Pooling. Windows are checked and counted here; the kernels only look through them.
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/windows.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace detail {

Shape per_dim(const char* op, const char* name, const PerDim& v, int dims, std::int64_t least) {
  const Shape& s = v.values();
  if (s.size() != dims && s.size() != 1) value_error(op, name, " must be one number, or one per spatial dimension; got ", name, "=", s);
  for (const std::int64_t n : s)
    if (n < least || n > INT32_MAX) value_error(op, name, " must be at least ", least, " and below 2^31; got ", name, "=", s);
  return s.size() == dims ? s : Shape::filled(dims, s[0]);
}

std::int64_t window_room(const char* op, std::int64_t size, std::int64_t kernel, std::int64_t padding, std::int64_t dilation) {
  std::int64_t reach = 0;
  if (size > INT64_MAX / 4 || __builtin_mul_overflow(dilation, kernel - 1, &reach) || reach > INT64_MAX / 4) value_error(op, "sizes are too large; got size=", size, ", kernel=", kernel);
  return size + 2 * padding - reach - 1;
}

}  // namespace detail

namespace {

using detail::per_dim;

/// The windows of one call, and the result's shape.
struct Pool {
  const char* op;
  PoolCall call;  // without views
  Shape x, y;
};

Tensor average(const Pool& p, const Tensor& x);
Tensor spread(const Pool& p, const Tensor& g);

Tensor average(const Pool& p, const Tensor& x_) {
  const Tensor x = x_.contiguous();
  Tensor y = detail::make_tensor(p.y, x.dtype(), x.device());
  PoolCall call = p.call;
  call.x = view_of(x), call.y = view_of(y);
  kernels(x.device()).pool(call);
  if (recording(x)) record(y, p.op, {x}, [p](Backward& d) { d[0] = spread(p, d.g()); });
  return y;
}

/// The gradient of the average, which is linear: its own gradient is the average again.
Tensor spread(const Pool& p, const Tensor& g_) {
  const Tensor g = g_.contiguous();
  Tensor x = detail::make_tensor(p.x, g.dtype(), g.device());
  PoolCall call = p.call;
  call.x = view_of(x), call.y = view_of(g);
  kernels(g.device()).pool_input(call);
  if (recording(g)) record(x, p.op, {g}, [p](Backward& d) { d[0] = average(p, d.g()); });
  return x;
}

/// Shape with the pooled dims merged, which is how the indices count.
Shape merged(const Shape& s, int dims) {
  Shape r(s.data(), s.size() - dims);
  std::int64_t n = 1;
  for (int d = s.size() - dims; d < s.size(); ++d) n *= s[d];
  r.push_back(n);
  return r;
}

/// Puts g where the maxima were; its gradient takes from there.
Tensor put_back(const Pool& p, const Tensor& g_, const Tensor& indices) {
  const Tensor g = g_.contiguous();
  Tensor x = detail::make_tensor(p.x, g.dtype(), g.device());
  PoolCall call = p.call;
  call.x = view_of(x), call.y = view_of(g), call.index = view_of(indices);
  kernels(g.device()).pool_input(call);
  if (recording(g))
    record(x, p.op, {g}, [p, indices = Saved(indices)](Backward& d) {
      const int n = p.call.dims;
      d[0] = gather(d.g().reshape(merged(p.x, n)), -1, indices(d).reshape(merged(p.y, n))).reshape(p.y);
    });
  return x;
}

/// `starts`: where each plane's windows begin (see PoolCall), or undefined.
MaxPoolResult maximum_of(const Pool& p, const Tensor& x_, const Tensor& starts = {}) {
  const Tensor x = x_.contiguous();
  Tensor y = detail::make_tensor(p.y, x.dtype(), x.device()), indices = detail::make_tensor(p.y, int64, x.device());
  PoolCall call = p.call;
  call.x = view_of(x), call.y = view_of(y), call.index = view_of(indices);
  if (starts.defined()) call.starts = view_of(starts);
  kernels(x.device()).pool(call);
  if (recording(x)) record(y, p.op, {x}, [p, indices = Saved(indices)](Backward& d) { d[0] = put_back(p, d.g(), indices(d)); });
  return {y, indices};
}

Pool start(const char* op, const Tensor& x, int dims, PoolCall::Kind kind) {
  if (x.ndim() != dims + 1 && x.ndim() != dims + 2)
    value_error(op, "needs x of ", dims + 2, " dimensions (", dims + 1, " without a batch); got x=", x.shape());
  if (!is_floating(x.dtype())) type_error(op, "needs a real floating dtype; got dtype=", x.dtype());
  Pool p;
  p.op = op, p.call.kind = kind, p.call.dims = dims;
  p.x = x.shape(), p.y = Shape(x.shape().data(), x.ndim() - dims);
  return p;
}

Pool windows(const char* op, const Tensor& x, int dims, PoolCall::Kind kind, const PerDim& kernel, const PerDim& stride, const PerDim& padding,
             const PerDim& dilation, bool ceil_mode) {
  Pool p = start(op, x, dims, kind);
  const Shape k = per_dim(op, "kernel", kernel, dims, 1), pad = per_dim(op, "padding", padding, dims, 0), step = per_dim(op, "dilation", dilation, dims, 1);
  const Shape given = per_dim(op, "stride", stride, dims, 0);
  for (int d = 0; d < dims; ++d) {
    const std::int64_t s = given[d] == 0 ? k[d] : given[d], size = x.shape()[x.ndim() - dims + d];
    if (2 * pad[d] > k[d]) value_error(op, "padding must be at most half the kernel; got padding=", pad, ", kernel=", k);
    const std::int64_t room = size < 1 ? -1 : detail::window_room(op, size, k[d], pad[d], step[d]);
    if (room < 0) value_error(op, "the kernel must fit the padded input; got x=", x.shape(), ", kernel=", k, ", padding=", pad, ", dilation=", step);
    std::int64_t n = (room + (ceil_mode ? s - 1 : 0)) / s + 1;
    // A window that begins before the input has its first entry a few dilations on, which may be past a short one's end.
    if (kind == PoolCall::Kind::max)
      for (std::int64_t at = -pad[d]; at < 0 && size < step[d]; at += s)
        if (at + (step[d] - 1 - at) / step[d] * step[d] >= size)
          value_error(op, "every window must have an entry of the input; got x=", x.shape(), ", kernel=", k, ", padding=", pad, ", dilation=", step);
    // A window must begin in the input or in the padding before it.
    if (ceil_mode && (n - 1) * s >= size + pad[d]) --n;
    p.call.kernel[d] = k[d], p.call.stride[d] = s, p.call.padding[d] = pad[d], p.call.dilation[d] = step[d];
    p.y.push_back(n);
  }
  checked_numel(op, p.y, sizeof(std::int64_t));
  return p;
}

Pool adaptive(const char* op, const Tensor& x, int dims, PoolCall::Kind kind, const PerDim& size) {
  Pool p = start(op, x, dims, kind);
  const Shape n = per_dim(op, "size", size, dims, 0);
  for (int d = 0; d < dims; ++d) {
    const std::int64_t s = x.shape()[x.ndim() - dims + d];
    if (s < 1 && n[d] > 0) value_error(op, "the pooled dimensions must not be empty; got x=", x.shape());
    if (s > 0 && n[d] > INT64_MAX / s) value_error(op, "size is too large; got size=", n);
    p.y.push_back(n[d]);
  }
  p.call.adaptive = true;
  checked_numel(op, p.y, sizeof(std::int64_t));
  return p;
}

MaxPoolResult max_nd(const char* op, int dims, const Tensor& x, const PerDim& kernel, const MaxPoolOptions& o) {
  return maximum_of(windows(op, x, dims, PoolCall::Kind::max, kernel, o.stride, o.padding, o.dilation, o.ceil_mode), x);
}

Tensor avg_nd(const char* op, int dims, const Tensor& x, const PerDim& kernel, const AvgPoolOptions& o) {
  Pool p = windows(op, x, dims, PoolCall::Kind::average, kernel, o.stride, o.padding, 1, o.ceil_mode);
  if (o.divisor_override < 0) value_error(op, "divisor_override must not be negative; got divisor_override=", o.divisor_override);
  p.call.count_padding = o.count_include_pad, p.call.divisor = o.divisor_override;
  return average(p, x);
}

Tensor adaptive_average(const char* op, int dims, const Tensor& x, const PerDim& size) {
  const Pool p = adaptive(op, x, dims, PoolCall::Kind::average, size);
  Shape last;
  bool whole = true;  // one window: a mean like any other
  for (int d = x.ndim() - dims; d < x.ndim(); ++d) last.push_back(d), whole = whole && p.y[d] == 1;
  return whole ? mean(x, last, true) : average(p, x);
}

/// The sizes that options give: each of `given` (one per pooled dim, or one for all), or parts of x's.
Shape fractional_size(const char* op, const Tensor& x, int dims, const FractionalPoolOptions& o) {
  if (o.size.empty() == o.ratio.empty()) value_error(op, "needs output_size or output_ratio; got ", o.size.empty() ? "neither" : "both");
  const int given = o.size.empty() ? static_cast<int>(o.ratio.size()) : o.size.size();
  if (given != dims && given != 1) value_error(op, "output_size or output_ratio must be one number, or one per pooled dimension; got ", given, " for ", dims);
  Shape size;
  for (int d = 0; d < dims; ++d) {
    const int i = given == 1 ? 0 : d;
    const double ratio = o.size.empty() ? o.ratio[static_cast<std::size_t>(i)] : 0.5;
    if (!(ratio > 0 && ratio < 1)) value_error(op, "ratio must be between 0 and 1; got ratio=", ratio);
    size.push_back(o.size.empty() ? static_cast<std::int64_t>(static_cast<double>(x.shape()[x.ndim() - dims + d]) * ratio) : o.size[i]);
  }
  return size;
}

/// Beginnings of n windows of k entries within s, from u in [0, 1]. Computed in T, as PyTorch does.
template <class T>
void begin_windows(std::int64_t* begin, std::int64_t n, std::int64_t s, std::int64_t k, T u) {
  const T alpha = n > 1 ? static_cast<T>(s - k) / static_cast<T>(n - 1) : T(0);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t at = static_cast<std::int64_t>((static_cast<T>(i) + u) * alpha) - static_cast<std::int64_t>(u * alpha);
    begin[i] = i == n - 1 || at > s - k ? s - k : at;
  }
}

MaxPoolResult fractional(const char* op, int dims, const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& o) {
  Pool p = start(op, x, dims, PoolCall::Kind::max);
  const Shape k = per_dim(op, "kernel", kernel, dims, 1), size = fractional_size(op, x, dims, o);
  std::int64_t planes = 1, per_plane = 0;
  Shape wanted;
  for (int d = 0; d < x.ndim() - dims; ++d) planes *= x.shape()[d], wanted.push_back(x.shape()[d]);
  wanted.push_back(dims);
  for (int d = 0; d < dims; ++d) {
    const std::int64_t s = x.shape()[x.ndim() - dims + d];
    if (size[d] < 1 || size[d] > s || k[d] > s - size[d] + 1)
      value_error(op, "so many windows do not fit; got x=", x.shape(), ", kernel=", k, ", size=", size);
    p.call.kernel[d] = k[d], per_plane += size[d];
    p.y.push_back(size[d]);
  }
  checked_numel(op, p.y, sizeof(std::int64_t));
  Tensor u = o.random_samples;
  if (!u.defined()) u = rand(wanted, {.dtype = x.dtype() == float64 ? float64 : float32}, o.generator ? *o.generator : default_generator());
  if (u.ndim() == wanted.size() + 1 && u.shape()[0] == 1) u = u.squeeze(0);
  if (!is_floating(u.dtype())) type_error(op, "random_samples must be floating; got dtype=", u.dtype());
  if (!(u.shape() == wanted)) value_error(op, "random_samples must be ", wanted, "; got random_samples=", u.shape());
  const std::vector<double> samples = u.to(float64).to_vector<double>();
  for (const double v : samples)
    if (!(v >= 0 && v <= 1)) value_error(op, "random_samples must be in [0, 1); got ", v);

  std::vector<std::int64_t> starts(static_cast<std::size_t>(planes * per_plane));
  std::int64_t* at = starts.data();
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (int d = 0; d < dims; at += size[d++]) {
      // In two dims the first sample is the last dim's.
      const double v = samples[static_cast<std::size_t>(plane * dims + (dims == 2 ? 1 - d : d))];
      const std::int64_t s = x.shape()[x.ndim() - dims + d];
      if (x.dtype() == float64) begin_windows(at, size[d], s, k[d], v);
      else begin_windows(at, size[d], s, k[d], static_cast<float>(v));
    }
  return maximum_of(p, x, from_data(starts, {planes, per_plane}, {.device = x.device()}));
}

Tensor unpool(const char* op, int dims, const Tensor& x, const Tensor& indices, const PerDim& kernel, const MaxUnpoolOptions& o) {
  Pool p = start(op, x, dims, PoolCall::Kind::max);
  const Shape k = per_dim(op, "kernel", kernel, dims, 1), step = per_dim(op, "stride", o.stride, dims, 0), pad = per_dim(op, "padding", o.padding, dims, 0);
  if (!is_integer(indices.dtype())) type_error(op, "indices must be integers; got dtype=", indices.dtype());
  if (!(indices.shape() == x.shape())) value_error(op, "indices must have x's shape; got x=", x.shape(), ", indices=", indices.shape());
  if (!o.size.empty() && o.size.size() != dims) value_error(op, "size must be one number per pooled dimension; got size=", o.size);
  for (int d = 0; d < dims; ++d) {
    const std::int64_t s = step[d] == 0 ? k[d] : step[d], n = x.shape()[x.ndim() - dims + d];
    std::int64_t whole = 0;
    if (__builtin_mul_overflow(n - 1, s, &whole) || whole > INT64_MAX / 4) value_error(op, "sizes are too large; got x=", x.shape(), ", stride=", step);
    whole += k[d] - 2 * pad[d];
    const std::int64_t size = o.size.empty() ? whole : o.size[d];
    if (size < 1 || (!o.size.empty() && (size <= whole - s || size >= whole + s)))
      value_error(op, "size must be positive and less than a stride from ", whole, "; got ", size, " for pooled dimension ", d);
    p.y.push_back(size);
  }
  checked_numel(op, p.y, x.itemsize());
  const Shape flat = merged(p.y, dims);
  if (x.numel() > 0) {
    const std::int64_t low = min(indices).item<std::int64_t>(), high = max(indices).item<std::int64_t>();
    if (low < 0 || high >= flat.back()) index_error(op, "indices must lie within the result; got ", low < 0 ? low : high, " for ", flat.back(), " entries");
  }
  const Shape from = merged(p.x, dims);
  return scatter(zeros(flat, {.dtype = x.dtype(), .device = x.device()}), -1, indices.reshape(from), x.reshape(from)).reshape(p.y);
}

Tensor lp_pool(const char* op, int dims, const Tensor& x, double p, const PerDim& kernel, const LPPoolOptions& o) {
  const Pool pool = windows(op, x, dims, PoolCall::Kind::average, kernel, o.stride, 0, 1, o.ceil_mode);
  if (!(p > 0)) value_error(op, "p must be positive; got p=", p);
  if (p == inf) {
    Pool largest = pool;
    largest.call.kind = PoolCall::Kind::max;
    return maximum_of(largest, abs(x)).values;
  }
  if (detail::is_half(x.dtype())) return lp_pool(op, dims, x.to(float32), p, kernel, o).to(x.dtype());
  double entries = 1;
  for (int d = 0; d < dims; ++d) entries *= static_cast<double>(pool.call.kernel[d]);
  const Tensor sums = average(pool, p == 1 ? x : pow(x, p)) * entries;
  if (p == 1) return sums;
  const Tensor none = sums.detach() == 0;
  return where(none, 0, pow(where(none, 1, sums), 1 / p));
}

}  // namespace

#define PH_POOLS(n)                                                                                                                          \
  Tensor max_pool##n##d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& o) { return max_nd("max_pool" #n "d", n, x, kernel, o).values; } \
  MaxPoolResult max_pool##n##d_with_indices(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& o) {                                \
    return max_nd("max_pool" #n "d", n, x, kernel, o);                                                                                       \
  }                                                                                                                                          \
  Tensor avg_pool##n##d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& o) { return avg_nd("avg_pool" #n "d", n, x, kernel, o); } \
  Tensor adaptive_avg_pool##n##d(const Tensor& x, const PerDim& size) {                                                                      \
    return adaptive_average("adaptive_avg_pool" #n "d", n, x, size);                                                                         \
  }                                                                                                                                          \
  MaxPoolResult adaptive_max_pool##n##d_with_indices(const Tensor& x, const PerDim& size) {                                                  \
    return maximum_of(adaptive("adaptive_max_pool" #n "d", x, n, PoolCall::Kind::max, size), x);                                             \
  }                                                                                                                                          \
  Tensor adaptive_max_pool##n##d(const Tensor& x, const PerDim& size) { return adaptive_max_pool##n##d_with_indices(x, size).values; }          \
  Tensor max_unpool##n##d(const Tensor& x, const Tensor& indices, const PerDim& kernel, const MaxUnpoolOptions& o) {                          \
    return unpool("max_unpool" #n "d", n, x, indices, kernel, o);                                                                            \
  }                                                                                                                                          \
  Tensor lp_pool##n##d(const Tensor& x, double p, const PerDim& kernel, const LPPoolOptions& o) { return lp_pool("lp_pool" #n "d", n, x, p, kernel, o); }
PH_POOLS(1)
PH_POOLS(2)
PH_POOLS(3)
#undef PH_POOLS

MaxPoolResult fractional_max_pool2d_with_indices(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& o) {
  return fractional("fractional_max_pool2d", 2, x, kernel, o);
}
MaxPoolResult fractional_max_pool3d_with_indices(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& o) {
  return fractional("fractional_max_pool3d", 3, x, kernel, o);
}
Tensor fractional_max_pool2d(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& o) { return fractional_max_pool2d_with_indices(x, kernel, o).values; }
Tensor fractional_max_pool3d(const Tensor& x, const PerDim& kernel, const FractionalPoolOptions& o) { return fractional_max_pool3d_with_indices(x, kernel, o).values; }

}  // namespace ph
