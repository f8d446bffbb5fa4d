// Forward passes and initial values of the convolution and pooling layers.
#include "playhead/nn/conv.h"

#include <cmath>

#include "playhead/autograd/ops.h"
#include "playhead/nn/init.h"

namespace ph::nn {

Conv2d::Conv2d(std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvLayerOptions& o)
    : options{.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups} {
  if (in < 0 || out < 0) value_error("Conv2d", "sizes must not be negative; got in=", in, ", out=", out);
  if (o.groups < 1 || in % o.groups != 0 || out % o.groups != 0)
    value_error("Conv2d", "groups must divide the channels; got groups=", o.groups, ", in=", in, ", out=", out);
  const Shape& k = kernel.values();
  if (k.size() != 1 && k.size() != 2) value_error("Conv2d", "kernel must be one size, or two; got kernel=", k);
  weight = Parameter(empty({out, in / o.groups, k.front(), k.back()}, {.dtype = o.dtype}));
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!o.bias) return;
  bias = Parameter(empty({out}, {.dtype = o.dtype}));
  const double fan = init::fan_in(weight), bound = fan > 0 ? 1 / std::sqrt(fan) : 0;
  init::uniform_(bias, -bound, bound);
}
Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight, bias, options); }

Tensor MaxPool2d::forward(const Tensor& x) { return max_pool2d(x, kernel, options); }
Tensor AvgPool2d::forward(const Tensor& x) { return avg_pool2d(x, kernel, options); }
Tensor AdaptiveAvgPool2d::forward(const Tensor& x) { return adaptive_avg_pool2d(x, size); }

}  // namespace ph::nn
