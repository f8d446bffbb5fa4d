// Convolutions. Three ops are each other's derivatives: the convolution, and its gradients by input and by weight.
#include "playhead/autograd/ops_conv.h"

#include <cstring>

#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/windows.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {

using detail::per_dim;
using detail::window_room;

/// What all three ops of one convolution share.
struct Conv {
  const char* op;
  Shape x, w, y;  // sizes of the three tensors, batch included
  Shape stride, padding, dilation;
  std::int64_t groups;
};

ConvCall call_of(const Conv& c, const Tensor& x, const Tensor& w, const Tensor& y) {
  ConvCall call;
  call.x = view_of(x), call.w = view_of(w), call.y = view_of(y), call.groups = c.groups;
  for (int d = 0; d < c.stride.size(); ++d) call.stride[d] = c.stride[d], call.padding[d] = c.padding[d], call.dilation[d] = c.dilation[d];
  return call;
}

Tensor forward(const Conv& c, const Tensor& x, const Tensor& w, const Tensor& bias);
Tensor by_input(const Conv& c, const Tensor& g, const Tensor& w);
Tensor by_weight(const Conv& c, const Tensor& x, const Tensor& g);

Tensor sum_to_bias(const Tensor& g) {
  Shape dims{0};
  for (int d = 2; d < g.ndim(); ++d) dims.push_back(d);
  return g.sum(dims);
}

Tensor forward(const Conv& c, const Tensor& x_, const Tensor& w_, const Tensor& bias_) {
  const Tensor x = x_.contiguous(), w = w_.contiguous(), bias = bias_.defined() ? bias_.contiguous() : bias_;
  Tensor y = detail::make_tensor(c.y, x.dtype(), x.device());
  ConvCall call = call_of(c, x, w, y);
  if (bias.defined()) call.bias = view_of(bias);
  kernels(x.device()).conv(call);
  if (recording(x, w, bias))
    record(y, c.op, {x, w, bias}, [c, x = Saved(x), w = Saved(w)](Backward& d) {
      if (d.needs(0)) d[0] = by_input(c, d.g(), w(d));
      if (d.needs(1)) d[1] = by_weight(c, x(d), d.g());
      if (d.needs(2)) d[2] = sum_to_bias(d.g());
    });
  return y;
}

Tensor by_input(const Conv& c, const Tensor& g_, const Tensor& w_) {
  const Tensor g = g_.contiguous(), w = w_.contiguous();
  Tensor x = detail::make_tensor(c.x, g.dtype(), g.device());
  kernels(g.device()).conv_input(call_of(c, x, w, g));
  if (recording(g, w))
    record(x, c.op, {g, w}, [c, g = Saved(g), w = Saved(w)](Backward& d) {
      if (d.needs(0)) d[0] = forward(c, d.g(), w(d), {});
      if (d.needs(1)) d[1] = by_weight(c, d.g(), g(d));
    });
  return x;
}

Tensor by_weight(const Conv& c, const Tensor& x_, const Tensor& g_) {
  const Tensor x = x_.contiguous(), g = g_.contiguous();
  Tensor w = detail::make_tensor(c.w, x.dtype(), x.device());
  kernels(x.device()).conv_weight(call_of(c, x, w, g));
  if (recording(x, g))
    record(w, c.op, {x, g}, [c, x = Saved(x), g = Saved(g)](Backward& d) {
      if (d.needs(0)) d[0] = by_input(c, g(d), d.g());
      if (d.needs(1)) d[1] = forward(c, x(d), d.g(), {});
    });
  return w;
}

/// One floating dtype and one device for all.
void unify(const char* op, Tensor& x, Tensor& w, Tensor& bias) {
  for (const Tensor* t : {&w, &bias})
    if (t->defined() && t->device() != x.device())
      runtime_error(op, "tensors must be on one device; got ", x.device(), " and ", t->device(), ". Move one with x.to(device)");
  DType t = promote(x.dtype(), w.dtype());
  if (bias.defined()) t = promote(t, bias.dtype());
  if (!is_differentiable(t)) type_error(op, "needs a floating or complex dtype; got x=", x.dtype(), ", weight=", w.dtype());
  if (x.dtype() != t) x = x.to(t);
  if (w.dtype() != t) w = w.to(t);
  if (bias.defined() && bias.dtype() != t) bias = bias.to(t);
}

/// The product of complex numbers from four real convolutions.
template <class F>
Tensor by_parts(const Tensor& x, const Tensor& w, const F& f) {
  const Tensor a = real(x), b = imag(x), c = real(w), d = imag(w);
  return complex(f(a, c) - f(b, d), f(a, d) + f(b, c));
}

Tensor with_bias(const Tensor& y, const Tensor& bias) {
  if (!bias.defined()) return y;
  Shape shape = Shape::filled(y.ndim() - 1, 1);
  shape[0] = bias.shape()[0];
  return y + bias.reshape(shape);
}

struct Common {
  const char* op;
  int dims;
  Shape stride, padding, dilation;
  std::int64_t groups;
};
Common common(const char* op, int dims, const PerDim& stride, const PerDim& padding, const PerDim& dilation, std::int64_t groups) {
  if (groups < 1) value_error(op, "groups must be at least 1; got groups=", groups);
  return {op, dims, per_dim(op, "stride", stride, dims, 1), per_dim(op, "padding", padding, dims, 0), per_dim(op, "dilation", dilation, dims, 1), groups};
}

/// Checks ranks, channels and bias. `channels`: which dim of weight x's channels are divided over, `outs`: y's channels.
void check_operands(const Common& o, const Tensor& x, const Tensor& w, const Tensor& bias, bool transposed) {
  if ((x.ndim() != o.dims + 2 && x.ndim() != o.dims + 1) || w.ndim() != o.dims + 2)
    value_error(o.op, "needs x of ", o.dims + 2, " dimensions (", o.dims + 1, " without a batch) and weight of ", o.dims + 2, "; got x=", x.shape(),
                ", weight=", w.shape());
  const std::int64_t channels = x.shape()[x.ndim() - o.dims - 1], first = w.shape()[0];
  if (transposed ? channels != first || channels % o.groups != 0 : channels != w.shape()[1] * o.groups)
    value_error(o.op, transposed ? "x's channels must be weight's first size and divide by groups; got x=" : "x's channels must be groups times weight's second size; got x=",
                x.shape(), ", weight=", w.shape(), ", groups=", o.groups);
  if (!transposed && first % o.groups != 0) value_error(o.op, "weight's first size must divide by groups; got weight=", w.shape(), ", groups=", o.groups);
  const std::int64_t outs = transposed ? w.shape()[1] * o.groups : first;
  if (bias.defined() && (bias.ndim() != 1 || bias.shape()[0] != outs))
    value_error(o.op, "bias must be one number per output channel; got bias=", bias.shape(), ", channels=", outs);
  for (int d = 0; d < o.dims; ++d)
    if (w.shape()[d + 2] < 1) value_error(o.op, "the kernel must not be empty; got weight=", w.shape());
}

Tensor conv_nd(int dims, const char* op, const Tensor& x_, const Tensor& w_, const Tensor& bias_, const ConvOptions& options) {
  const Common o = common(op, dims, options.stride, options.padding, options.dilation, options.groups);
  check_operands(o, x_, w_, bias_, false);
  Tensor x = x_, w = w_, bias = bias_;
  unify(op, x, w, bias);
  if (is_complex(x.dtype())) {
    const auto part = [&](const Tensor& a, const Tensor& b) { return conv_nd(dims, op, a, b, {}, options); };
    return with_bias(by_parts(x, w, part), bias);
  }
  const bool batched = x.ndim() == dims + 2;
  if (!batched) x = x.unsqueeze(0);
  Conv c{op, x.shape(), w.shape(), {x.shape()[0], w.shape()[0]}, o.stride, o.padding, o.dilation, o.groups};
  for (int d = 0; d < dims; ++d) {
    if (options.padding.same()) {
      if (o.stride[d] != 1) value_error(op, "padding \"same\" needs stride 1; got stride=", o.stride);
      c.padding[d] = (-1 - window_room(op, 0, w.shape()[d + 2], 0, o.dilation[d])) / 2;  // what stands behind follows from y's size
      c.y.push_back(x.shape()[d + 2]);
      continue;
    }
    const std::int64_t room = window_room(op, x.shape()[d + 2], w.shape()[d + 2], o.padding[d], o.dilation[d]);
    if (room < 0)
      value_error(op, "the dilated kernel must fit the padded input; got x=", x_.shape(), ", weight=", w.shape(), ", padding=", o.padding, ", dilation=", o.dilation);
    c.y.push_back(room / o.stride[d] + 1);
  }
  checked_numel(op, c.y, x.itemsize());
  const Tensor y = forward(c, x, w, bias);
  return batched ? y : y.squeeze(0);
}

Tensor transpose_nd(int dims, const char* op, const Tensor& x_, const Tensor& w_, const Tensor& bias_, const ConvTransposeOptions& options) {
  const Common o = common(op, dims, options.stride, options.padding, options.dilation, options.groups);
  const Shape extra = per_dim(op, "output_padding", options.output_padding, dims, 0);
  check_operands(o, x_, w_, bias_, true);
  Tensor x = x_, w = w_, bias = bias_;
  unify(op, x, w, bias);
  if (is_complex(x.dtype())) {
    const auto part = [&](const Tensor& a, const Tensor& b) { return transpose_nd(dims, op, a, b, {}, options); };
    return with_bias(by_parts(x, w, part), bias);
  }
  const bool batched = x.ndim() == dims + 2;
  if (!batched) x = x.unsqueeze(0);
  Conv c{op, {x.shape()[0], w.shape()[1] * o.groups}, w.shape(), x.shape(), o.stride, o.padding, o.dilation, o.groups};
  for (int d = 0; d < dims; ++d) {
    if (extra[d] >= o.stride[d] && extra[d] >= o.dilation[d])
      value_error(op, "output_padding must be below stride or dilation; got output_padding=", extra, ", stride=", o.stride, ", dilation=", o.dilation);
    const std::int64_t n = x.shape()[d + 2];
    std::int64_t spread = 0;
    if (__builtin_mul_overflow(n - 1, o.stride[d], &spread) || spread > INT64_MAX / 4) value_error(op, "sizes are too large; got x=", x_.shape(), ", stride=", o.stride);
    const std::int64_t size = extra[d] - window_room(op, 0, w.shape()[d + 2], o.padding[d], o.dilation[d]) + spread;
    if (n < 1 || size < 0) value_error(op, "the result would have a negative size; got x=", x_.shape(), ", weight=", w.shape(), ", padding=", o.padding);
    c.x.push_back(size);
  }
  checked_numel(op, c.x, x.itemsize());
  const Tensor y = with_bias(by_input(c, x, w), bias);
  return batched ? y : y.squeeze(0);
}

}  // namespace

ConvPadding::ConvPadding(const char* name) : PerDim(0) {
  const auto is = [name](const char* word) { return name && std::strcmp(name, word) == 0; };
  same_ = is("same");
  if (!same_ && !is("valid")) value_error("conv", "padding must be numbers, \"same\" or \"valid\"; got padding=", name ? name : "null");
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) { return conv_nd(1, "conv1d", x, weight, bias, options); }
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) { return conv_nd(2, "conv2d", x, weight, bias, options); }
Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options) { return conv_nd(3, "conv3d", x, weight, bias, options); }
Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTransposeOptions& options) {
  return transpose_nd(1, "conv_transpose1d", x, weight, bias, options);
}
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTransposeOptions& options) {
  return transpose_nd(2, "conv_transpose2d", x, weight, bias, options);
}
Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTransposeOptions& options) {
  return transpose_nd(3, "conv_transpose3d", x, weight, bias, options);
}

// --- windows as columns ---------------------------------------------------------------------------------------------------

Tensor im2col(const Tensor& x, const PerDim& kernel, const WindowOptions& options) {
  const Shape k = per_dim("im2col", "kernel", kernel, 2, 1), stride = per_dim("im2col", "stride", options.stride, 2, 1);
  const Shape padding = per_dim("im2col", "padding", options.padding, 2, 0), dilation = per_dim("im2col", "dilation", options.dilation, 2, 1);
  if (x.ndim() == 3) return im2col(x.unsqueeze(0), kernel, options).squeeze(0);
  if (x.ndim() != 4) value_error("im2col", "needs 4 dimensions (3 without a batch); got x=", x.shape());
  Shape count;
  for (int d = 0; d < 2; ++d) {
    const std::int64_t room = window_room("im2col", x.shape()[d + 2], k[d], padding[d], dilation[d]);
    if (room < 0) value_error("im2col", "the dilated kernel must fit the padded input; got x=", x.shape(), ", kernel=", k, ", padding=", padding);
    count.push_back(room / stride[d] + 1);
  }
  const bool pads = padding[0] != 0 || padding[1] != 0;
  const Tensor plain = x.detach(), p = (pads ? pad(plain, {padding[1], padding[1], padding[0], padding[0]}) : plain).contiguous();
  const std::int64_t n = p.shape()[0], c = p.shape()[1], w = p.shape()[3], plane = p.shape()[2] * w;
  const Shape shape{n, c * k[0] * k[1], count[0] * count[1]};
  Tensor y = p.numel() == 0 ? zeros(shape, {.dtype = x.dtype(), .device = x.device()})
                            : as_strided(p, {n, c, k[0], k[1], count[0], count[1]},
                                         {c * plane, plane, dilation[0] * w, dilation[1], stride[0] * w, stride[1]}).reshape(shape);
  if (y.shares_storage(p)) y = y.clone();
  if (recording(x))
    record(y, "im2col", {x}, [size = Shape{x.shape()[2], x.shape()[3]}, kernel, options](Backward& d) { d[0] = fold(d.g(), size, kernel, options); });
  return y;
}

Tensor fold(const Tensor& x, const PerDim& size_, const PerDim& kernel, const WindowOptions& options) {
  const Shape size = per_dim("fold", "size", size_, 2, 1), k = per_dim("fold", "kernel", kernel, 2, 1);
  const Shape stride = per_dim("fold", "stride", options.stride, 2, 1), padding = per_dim("fold", "padding", options.padding, 2, 0);
  const Shape dilation = per_dim("fold", "dilation", options.dilation, 2, 1);
  if (x.ndim() == 2) return fold(x.unsqueeze(0), size_, kernel, options).squeeze(0);
  if (x.ndim() != 3) value_error("fold", "needs 3 dimensions (2 without a batch); got x=", x.shape());
  if (is_complex(x.dtype())) return complex(fold(real(x), size_, kernel, options), fold(imag(x), size_, kernel, options));
  if (!is_floating(x.dtype())) type_error("fold", "needs a floating or complex dtype; got dtype=", x.dtype());
  const std::int64_t taps = k[0] * k[1];
  Shape count;
  for (int d = 0; d < 2; ++d) {
    const std::int64_t room = window_room("fold", size[d], k[d], padding[d], dilation[d]);
    count.push_back(room < 0 ? 0 : room / stride[d] + 1);
  }
  if (x.shape()[1] % taps != 0 || x.shape()[2] != count[0] * count[1] || count[0] < 1 || count[1] < 1)
    value_error("fold", "x must be [N, C * kernel, windows]; got x=", x.shape(), ", size=", size, ", kernel=", k, " (", count[0] * count[1], " windows)");
  // Each window entry is a channel of its own, put in its place by a kernel that is 1 there.
  const std::int64_t channels = x.shape()[1] / taps;
  if (channels == 0) return x.reshape({x.shape()[0], 0, size[0], size[1]});
  const Tensor place = eye(taps, -1, 0, {.dtype = x.dtype(), .device = x.device()}).reshape({1, taps, 1, k[0], k[1]});
  const Tensor w = place.expand({channels, taps, 1, k[0], k[1]}).reshape({channels * taps, 1, k[0], k[1]});
  const Conv c{"fold", {x.shape()[0], channels, size[0], size[1]}, w.shape(), {x.shape()[0], channels * taps, count[0], count[1]}, stride, padding, dilation, channels};
  return by_input(c, x.reshape(c.y), w);
}

}  // namespace ph
