// Forward passes and initial values of the convolution layers.
#include "playhead/nn/conv.h"

#include <cmath>

#include "playhead/autograd/ops.h"
#include "playhead/nn/init.h"

namespace ph::nn {

namespace {

Shape per_dim(const char* op, const char* name, const PerDim& v, int dims) {
  if (v.values().size() == dims) return v.values();
  if (v.values().size() != 1) value_error(op, name, " must be one number, or one per spatial dimension; got ", name, "=", v.values());
  return Shape::filled(dims, v.values()[0]);
}

void check_positive(const char* op, const char* name, const PerDim& v) {
  for (const std::int64_t n : v.values())
    if (n < 1) value_error(op, name, " must be positive; got ", name, "=", v.values());
}

/// [first, second / groups, kernel…], and a bias of `out`, in PyTorch's distributions.
void make_parameters(const char* op, int dims, std::int64_t in, std::int64_t out, bool transposed, const PerDim& kernel, std::int64_t groups, bool with_bias,
                     DType dtype, Parameter& weight, Parameter& bias) {
  if (in < 0 || out < 0) value_error(op, "sizes must not be negative; got in=", in, ", out=", out);
  if (groups < 1 || in % groups != 0 || out % groups != 0) value_error(op, "groups must divide the channels; got groups=", groups, ", in=", in, ", out=", out);
  Shape shape{transposed ? in : out, (transposed ? out : in) / groups};
  check_positive(op, "kernel", kernel);
  for (const std::int64_t k : per_dim(op, "kernel", kernel, dims)) shape.push_back(k);
  weight = Parameter(empty(shape, {.dtype = dtype}));
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!with_bias) return;
  bias = Parameter(empty({out}, {.dtype = dtype}));
  const double fan = init::fan_in(weight), bound = fan > 0 ? 1 / std::sqrt(fan) : 0;
  init::uniform_(bias, -bound, bound);
}

}  // namespace

ConvLayer::ConvLayer(const char* name, int dims, std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvLayerOptions& o)
    : options{.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups}, padding_mode(o.padding_mode) {
  check_positive(name, "stride", o.stride), check_positive(name, "dilation", o.dilation);
  make_parameters(name, dims, in, out, false, kernel, o.groups, o.bias, o.dtype, weight, bias);
  if (padding_mode == Pad::constant) return;
  const Shape k = per_dim(name, "kernel", kernel, dims), dilation = per_dim(name, "dilation", o.dilation, dims), given = per_dim(name, "padding", o.padding, dims);
  for (int d = dims; d-- > 0;) {
    const std::int64_t both = o.padding.same() ? dilation[d] * (k[d] - 1) : 2 * given[d];
    margins.push_back(both / 2), margins.push_back(both - both / 2);
  }
  options.padding = 0;
}
Tensor ConvLayer::forward(const Tensor& x) {
  const Tensor in = margins.empty() ? x : pad(x, margins, padding_mode);
  switch (weight.ndim()) {
    case 3: return conv1d(in, weight, bias, options);
    case 4: return conv2d(in, weight, bias, options);
    default: return conv3d(in, weight, bias, options);
  }
}

ConvTransposeLayer::ConvTransposeLayer(const char* name, int dims, std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvTransposeLayerOptions& o)
    : options{.stride = o.stride, .padding = o.padding, .output_padding = o.output_padding, .dilation = o.dilation, .groups = o.groups} {
  check_positive(name, "stride", o.stride), check_positive(name, "dilation", o.dilation);
  make_parameters(name, dims, in, out, true, kernel, o.groups, o.bias, o.dtype, weight, bias);
}

namespace {
Tensor transposed(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTransposeOptions& options) {
  switch (weight.ndim()) {
    case 3: return conv_transpose1d(x, weight, bias, options);
    case 4: return conv_transpose2d(x, weight, bias, options);
    default: return conv_transpose3d(x, weight, bias, options);
  }
}
}  // namespace

Tensor ConvTransposeLayer::forward(const Tensor& x) { return transposed(x, weight, bias, options); }

Tensor ConvTransposeLayer::forward(const Tensor& x, const Shape& size) {
  const int dims = weight.ndim() - 2;
  if (x.ndim() < dims || size.size() < dims) value_error(type_name(), "size must name the last ", dims, " dimensions; got x=", x.shape(), ", size=", size);
  const Shape stride = per_dim(type_name(), "stride", options.stride, dims), padding = per_dim(type_name(), "padding", options.padding, dims);
  const Shape dilation = per_dim(type_name(), "dilation", options.dilation, dims);
  Shape extra;
  for (int d = 0; d < dims; ++d) {
    const std::int64_t least = (x.shape()[x.ndim() - dims + d] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (weight.shape()[d + 2] - 1) + 1;
    const std::int64_t wanted = size[size.size() - dims + d];
    if (wanted < least || wanted >= least + stride[d])
      value_error(type_name(), "size must be at least ", least, " and below ", least + stride[d], " there; got size=", size, " for spatial dimension ", d);
    extra.push_back(wanted - least);
  }
  ConvTransposeOptions o = options;
  o.output_padding = extra;
  return transposed(x, weight, bias, o);
}

Tensor Unfold::forward(const Tensor& x) { return im2col(x, kernel, options); }
Tensor Fold::forward(const Tensor& x) { return fold(x, size, kernel, options); }

}  // namespace ph::nn
