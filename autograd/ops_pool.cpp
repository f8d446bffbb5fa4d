// Pooling. Windows are checked and counted here; the kernels only look through them.
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

MaxPoolResult maximum_of(const Pool& p, const Tensor& x_) {
  const Tensor x = x_.contiguous();
  Tensor y = detail::make_tensor(p.y, x.dtype(), x.device()), indices = detail::make_tensor(p.y, int64, x.device());
  PoolCall call = p.call;
  call.x = view_of(x), call.y = view_of(y), call.index = view_of(indices);
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

}  // namespace

#define PH_POOLS(n)                                                                                                                          \
  Tensor max_pool##n##d(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& o) { return max_nd("max_pool" #n "d", n, x, kernel, o).values; } \
  MaxPoolResult max_pool##n##d_with_indices(const Tensor& x, const PerDim& kernel, const MaxPoolOptions& o) {                                \
    return max_nd("max_pool" #n "d", n, x, kernel, o);                                                                                       \
  }                                                                                                                                          \
  Tensor avg_pool##n##d(const Tensor& x, const PerDim& kernel, const AvgPoolOptions& o) { return avg_nd("avg_pool" #n "d", n, x, kernel, o); } \
  Tensor adaptive_avg_pool##n##d(const Tensor& x, const PerDim& size) {                                                                      \
    return average(adaptive("adaptive_avg_pool" #n "d", x, n, PoolCall::Kind::average, size), x);                                            \
  }                                                                                                                                          \
  MaxPoolResult adaptive_max_pool##n##d_with_indices(const Tensor& x, const PerDim& size) {                                                  \
    return maximum_of(adaptive("adaptive_max_pool" #n "d", x, n, PoolCall::Kind::max, size), x);                                             \
  }                                                                                                                                          \
  Tensor adaptive_max_pool##n##d(const Tensor& x, const PerDim& size) { return adaptive_max_pool##n##d_with_indices(x, size).values; }
PH_POOLS(1)
PH_POOLS(2)
PH_POOLS(3)
#undef PH_POOLS

}  // namespace ph
