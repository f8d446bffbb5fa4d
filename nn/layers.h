// The layers that most models are made of. Parameters, their names and their initial values are PyTorch's.
#pragma once
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

struct LinearOptions {
  bool bias = true;
  DType dtype = default_dtype();
};
/// y = x W^T + b. x: [..., in]; weight: [out, in]; bias: [out].
struct Linear : Module {
  Linear(std::int64_t in, std::int64_t out, const LinearOptions& options = {});
  Tensor forward(const Tensor& x) override;
  Parameter weight, bias;
  PH_MODULE(Linear, weight, bias)
};

/// Rows of a table. x: integers of any shape in [0, count); y: x.shape + [dim]; weight: [count, dim].
struct Embedding : Module {
  Embedding(std::int64_t count, std::int64_t dim, DType dtype = default_dtype());
  Tensor forward(const Tensor& x) override;
  Parameter weight;
  PH_MODULE(Embedding, weight)
};

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;
  bool bias = true;
  DType dtype = default_dtype();
};
/// (x - mean) / sqrt(var + eps) * weight + bias over the trailing dims `shape`.
struct LayerNorm : Module {
  LayerNorm(const Shape& shape, const LayerNormOptions& options = {});
  LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) override;
  Parameter weight, bias;
  Shape normalized_shape;
  double eps;
  PH_MODULE(LayerNorm, weight, bias)
};

/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); otherwise the identity.
struct Dropout : Module {
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  double p;
  PH_MODULE(Dropout)
};

/// Modules of one tensor in a row: `nn::Sequential{nn::Linear(4, 16), nn::Tanh(), nn::Linear(16, 1)}`. Keys: "0.weight", ….
struct Sequential : Module {
  Sequential() = default;
  template <class... M>
    requires(std::is_base_of_v<Module, M> && ...)
  explicit Sequential(const M&... modules) { (layers.push_back(modules), ...); }
  template <class M> Sequential& push_back(const M& m) {
    layers.push_back(m);
    return *this;
  }
  Tensor forward(const Tensor& x) override;
  Module& operator[](std::size_t i) { return *layers.at(i); }
  std::size_t size() const { return layers.size(); }

  std::vector<AnyModule> layers;

  void visit(Visitor& v) override {
    for (std::size_t i = 0; i < layers.size(); ++i) v(std::to_string(i), *layers[i]);
  }
  const char* type_name() const override { return "Sequential"; }
  Module* copy() const override { return new Sequential(*this); }
};

/// Activations as modules, for Sequential.
#define PH_ACTIVATION(Type)                  \
  struct Type : Module {                     \
    Tensor forward(const Tensor& x) override; \
    PH_MODULE(Type)                          \
  };
PH_ACTIVATION(ReLU)
PH_ACTIVATION(Tanh)
PH_ACTIVATION(Sigmoid)
PH_ACTIVATION(SiLU)
PH_ACTIVATION(Mish)
PH_ACTIVATION(Softplus)
PH_ACTIVATION(Identity)
#undef PH_ACTIVATION

/// x * Phi(x), or its tanh approximation.
struct GELU : Module {
  explicit GELU(bool approximate = false) : approximate(approximate) {}
  Tensor forward(const Tensor& x) override;
  bool approximate;
  PH_MODULE(GELU)
};
struct LeakyReLU : Module {
  explicit LeakyReLU(double negative_slope = 0.01) : negative_slope(negative_slope) {}
  Tensor forward(const Tensor& x) override;
  double negative_slope;
  PH_MODULE(LeakyReLU)
};
/// Flattens dims start..end into one.
struct Flatten : Module {
  explicit Flatten(std::int64_t start = 1, std::int64_t end = -1) : start(start), end(end) {}
  Tensor forward(const Tensor& x) override;
  std::int64_t start, end;
  PH_MODULE(Flatten)
};

}  // namespace nn
}  // namespace ph
