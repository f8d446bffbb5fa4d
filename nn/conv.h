// Convolution and pooling layers. Parameters, their names and their initial values are PyTorch's.
#pragma once
#include "playhead/autograd/ops_conv.h"
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

struct ConvLayerOptions {
  PerDim stride = 1;
  PerDim padding = 0;
  PerDim dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  DType dtype = default_dtype();
};
/// Cross-correlation. x: [n, in, h, w]; weight: [out, in / groups, kernel]; bias: [out].
struct Conv2d : Module {
  Conv2d(std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvLayerOptions& options = {});
  Tensor forward(const Tensor& x) override;
  ConvOptions options;
  Parameter weight, bias;
  PH_MODULE(Conv2d, weight, bias)
};

/// The largest entry of each window of the last two dims.
struct MaxPool2d : Module {
  explicit MaxPool2d(const PerDim& kernel, const MaxPoolOptions& options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) override;
  PerDim kernel;
  MaxPoolOptions options;
  PH_MODULE(MaxPool2d)
};
/// The mean of each window of the last two dims.
struct AvgPool2d : Module {
  explicit AvgPool2d(const PerDim& kernel, const AvgPoolOptions& options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) override;
  PerDim kernel;
  AvgPoolOptions options;
  PH_MODULE(AvgPool2d)
};
/// Means of windows that are cut so that the result has the given size.
struct AdaptiveAvgPool2d : Module {
  explicit AdaptiveAvgPool2d(const PerDim& size) : size(size) {}
  Tensor forward(const Tensor& x) override;
  PerDim size;
  PH_MODULE(AdaptiveAvgPool2d)
};

}  // namespace nn
}  // namespace ph
