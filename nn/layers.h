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

struct EmbeddingOptions {
  Bound padding_idx = None;  ///< a row that starts as zeros and takes no gradient
  DType dtype = default_dtype();
};
/// Rows of a table. x: integers of any shape in [0, count); y: x.shape + [dim]; weight: [count, dim].
struct Embedding : Module {
  Embedding(std::int64_t count, std::int64_t dim, const EmbeddingOptions& options = {});
  Tensor forward(const Tensor& x) override;
  Parameter weight;
  Bound padding_idx;
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

struct RMSNormOptions {
  double eps = -1;  ///< negative: the smallest step of x's dtype
  bool affine = true;
  DType dtype = default_dtype();
};
/// x / sqrt(mean(x^2) + eps) * weight over the trailing dims `shape`. (Zhang & Sennrich 2019)
struct RMSNorm : Module {
  RMSNorm(const Shape& shape, const RMSNormOptions& options = {});
  RMSNorm(std::int64_t size, const RMSNormOptions& options = {}) : RMSNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) override;
  Parameter weight;
  Shape normalized_shape;
  double eps;
  PH_MODULE(RMSNorm, weight)
};

/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); otherwise the identity.
struct Dropout : Module {
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  double p;
  PH_MODULE(Dropout)
};

/// Modules of one tensor in a row: `nn::Sequential{nn::Linear(4, 16), nn::Tanh(), nn::Linear(16, 1)}`. Keys: "0.weight", ….
/// A list of modules that you call yourself is a std::vector of them, listed in PH_MODULE.
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
  Module& operator[](std::size_t i);
  std::size_t size() const { return layers.size(); }

  std::vector<AnyModule> layers;

  void visit(Visitor& v) override {
    for (std::size_t i = 0; i < layers.size(); ++i) v(std::to_string(i), *layers[i]);
  }
  const char* type_name() const override { return "Sequential"; }
  Module* copy() const override { return new Sequential(*this); }
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
