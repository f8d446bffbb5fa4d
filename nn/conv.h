// Convolution layers, and windows as columns. Parameters, their names and their initial values are PyTorch's. Pooling is in pool.h.
#pragma once
#include "playhead/autograd/ops_conv.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

struct ConvLayerOptions {
  PerDim stride = 1;
  ConvPadding padding = 0;
  PerDim dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  Pad padding_mode = Pad::constant;  ///< what stands around x: zeros, or x itself mirrored, its edge, its other side
  DType dtype = default_dtype();
};
struct ConvTransposeLayerOptions {
  PerDim stride = 1;
  PerDim padding = 0;
  PerDim output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  PerDim dilation = 1;
  DType dtype = default_dtype();
};

/// Cross-correlation. x: [n, in, size…]; weight: [out, in / groups, kernel…]; bias: [out].
struct ConvLayer : Module {
  Tensor forward(const Tensor& x) override;
  ConvOptions options;  ///< of the op; its padding is 0 where the layer pads x itself
  Pad padding_mode;
  Shape margins;        ///< for pad(x, margins, padding_mode), or empty
  Parameter weight, bias;

 protected:
  ConvLayer(const char* name, int dims, std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvLayerOptions& options);
};
/// The gradient of a convolution by its input. x: [n, in, size…]; weight: [in, out / groups, kernel…]; bias: [out].
struct ConvTransposeLayer : Module {
  Tensor forward(const Tensor& x) override;
  /// The same with output_padding such that the result has this size (its last dims).
  Tensor forward(const Tensor& x, const Shape& size);
  ConvTransposeOptions options;
  Parameter weight, bias;

 protected:
  ConvTransposeLayer(const char* name, int dims, std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvTransposeLayerOptions& options);
};

#define PH_CONV_LAYERS(n)                                                                                                              \
  struct Conv##n##d : ConvLayer {                                                                                                      \
    Conv##n##d(std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvLayerOptions& options = {})                          \
        : ConvLayer("Conv" #n "d", n, in, out, kernel, options) {}                                                                     \
    PH_MODULE(Conv##n##d, weight, bias)                                                                                                \
  };                                                                                                                                   \
  struct ConvTranspose##n##d : ConvTransposeLayer {                                                                                    \
    ConvTranspose##n##d(std::int64_t in, std::int64_t out, const PerDim& kernel, const ConvTransposeLayerOptions& options = {})        \
        : ConvTransposeLayer("ConvTranspose" #n "d", n, in, out, kernel, options) {}                                                   \
    PH_MODULE(ConvTranspose##n##d, weight, bias)                                                                                       \
  };
PH_CONV_LAYERS(1)
PH_CONV_LAYERS(2)
PH_CONV_LAYERS(3)
#undef PH_CONV_LAYERS

/// Windows as columns (im2col), and columns added up as windows (fold).
struct Unfold : Module {
  explicit Unfold(const PerDim& kernel, const WindowOptions& options = {}) : kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) override;
  PerDim kernel;
  WindowOptions options;
  PH_MODULE(Unfold)
};
struct Fold : Module {
  Fold(const PerDim& size, const PerDim& kernel, const WindowOptions& options = {}) : size(size), kernel(kernel), options(options) {}
  Tensor forward(const Tensor& x) override;
  PerDim size, kernel;
  WindowOptions options;
  PH_MODULE(Fold)
};

}  // namespace nn
}  // namespace ph
