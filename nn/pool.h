// Pooling, padding and resizing layers: the ops of their names with their arguments kept. None has parameters.
#pragma once
#include "playhead/autograd/ops_conv.h"
#include "playhead/autograd/ops_resample.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

// MaxPool: the largest entry of each window of the last n dims. AvgPool: their mean. LPPool: the p-th root of the sum of their powers.
// Adaptive…: windows are cut so that the result has the given size. MaxUnpool: zeros with x's entries where MaxPool found them.
#define PH_POOL_LAYERS(n)                                                                                                                      \
  struct MaxPool##n##d : Module {                                                                                                              \
    explicit MaxPool##n##d(const PerDim& kernel, const MaxPoolOptions& options = {}) : kernel(kernel), options(options) {}                     \
    Tensor forward(const Tensor& x) override;                                                                                                  \
    MaxPoolResult with_indices(const Tensor& x) const;                                                                                         \
    PerDim kernel;                                                                                                                             \
    MaxPoolOptions options;                                                                                                                    \
    PH_MODULE(MaxPool##n##d)                                                                                                                   \
  };                                                                                                                                           \
  struct AvgPool##n##d : Module {                                                                                                              \
    explicit AvgPool##n##d(const PerDim& kernel, const AvgPoolOptions& options = {}) : kernel(kernel), options(options) {}                     \
    Tensor forward(const Tensor& x) override;                                                                                                  \
    PerDim kernel;                                                                                                                             \
    AvgPoolOptions options;                                                                                                                    \
    PH_MODULE(AvgPool##n##d)                                                                                                                   \
  };                                                                                                                                           \
  struct LPPool##n##d : Module {                                                                                                               \
    LPPool##n##d(double p, const PerDim& kernel, const LPPoolOptions& options = {}) : p(p), kernel(kernel), options(options) {}                \
    Tensor forward(const Tensor& x) override;                                                                                                  \
    double p;                                                                                                                                  \
    PerDim kernel;                                                                                                                             \
    LPPoolOptions options;                                                                                                                     \
    PH_MODULE(LPPool##n##d)                                                                                                                    \
  };                                                                                                                                           \
  struct AdaptiveMaxPool##n##d : Module {                                                                                                      \
    explicit AdaptiveMaxPool##n##d(const PerDim& size) : size(size) {}                                                                         \
    Tensor forward(const Tensor& x) override;                                                                                                  \
    MaxPoolResult with_indices(const Tensor& x) const;                                                                                         \
    PerDim size;                                                                                                                               \
    PH_MODULE(AdaptiveMaxPool##n##d)                                                                                                           \
  };                                                                                                                                           \
  struct AdaptiveAvgPool##n##d : Module {                                                                                                      \
    explicit AdaptiveAvgPool##n##d(const PerDim& size) : size(size) {}                                                                         \
    Tensor forward(const Tensor& x) override;                                                                                                  \
    PerDim size;                                                                                                                               \
    PH_MODULE(AdaptiveAvgPool##n##d)                                                                                                           \
  };                                                                                                                                           \
  struct MaxUnpool##n##d : Module {                                                                                                            \
    explicit MaxUnpool##n##d(const PerDim& kernel, const MaxUnpoolOptions& options = {}) : kernel(kernel), options(options) {}                 \
    using Module::forward;                                                                                                                     \
    Tensor forward(const Tensor& x, const Tensor& indices) const;                                                                              \
    Tensor operator()(const Tensor& x, const Tensor& indices) const { return forward(x, indices); }                                            \
    PerDim kernel;                                                                                                                             \
    MaxUnpoolOptions options;                                                                                                                  \
    PH_MODULE(MaxUnpool##n##d)                                                                                                                 \
  };
PH_POOL_LAYERS(1)
PH_POOL_LAYERS(2)
PH_POOL_LAYERS(3)
#undef PH_POOL_LAYERS

/// Max pooling with windows that begin at random, anew for each call.
#define PH_FRACTIONAL_LAYER(n)                                                                                                       \
  struct FractionalMaxPool##n##d : Module {                                                                                          \
    FractionalMaxPool##n##d(const PerDim& kernel, const FractionalPoolOptions& options) : kernel(kernel), options(options) {}        \
    Tensor forward(const Tensor& x) override;                                                                                        \
    MaxPoolResult with_indices(const Tensor& x) const;                                                                               \
    PerDim kernel;                                                                                                                   \
    FractionalPoolOptions options;                                                                                                   \
    PH_MODULE(FractionalMaxPool##n##d)                                                                                               \
  };
PH_FRACTIONAL_LAYER(2)
PH_FRACTIONAL_LAYER(3)
#undef PH_FRACTIONAL_LAYER

/// Margins around the last dims of x: one number for all sides, or {last dim before, after, second to last before, …}.
struct PadLayer : Module {
  Tensor forward(const Tensor& x) override;
  Shape margins;
  Pad mode;
  double value;

 protected:
  PadLayer(const char* name, int dims, const PerDim& margins, Pad mode, double value = 0);
};
#define PH_PAD_LAYER(Type, n, mode)                                                        \
  struct Type##n##d : PadLayer {                                                           \
    explicit Type##n##d(const PerDim& margins) : PadLayer(#Type #n "d", n, margins, mode) {} \
    PH_MODULE(Type##n##d)                                                                  \
  };
#define PH_PAD_LAYERS(n)                                                                                                                    \
  PH_PAD_LAYER(ZeroPad, n, Pad::constant)                                                                                                   \
  PH_PAD_LAYER(ReflectionPad, n, Pad::reflect)                                                                                              \
  PH_PAD_LAYER(ReplicationPad, n, Pad::replicate)                                                                                           \
  PH_PAD_LAYER(CircularPad, n, Pad::circular)                                                                                               \
  struct ConstantPad##n##d : PadLayer {                                                                                                     \
    ConstantPad##n##d(const PerDim& margins, double value) : PadLayer("ConstantPad" #n "d", n, margins, Pad::constant, value) {}            \
    PH_MODULE(ConstantPad##n##d)                                                                                                            \
  };
PH_PAD_LAYERS(1)
PH_PAD_LAYERS(2)
PH_PAD_LAYERS(3)
#undef PH_PAD_LAYERS
#undef PH_PAD_LAYER

/// x at another size.
struct Upsample : Module {
  explicit Upsample(const InterpolateOptions& options) : options(options) {}
  Tensor forward(const Tensor& x) override;
  InterpolateOptions options;
  PH_MODULE(Upsample)
};

}  // namespace nn
}  // namespace ph
