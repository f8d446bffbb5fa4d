// The layers that most models are made of. Parameters, their names and their initial values are PyTorch's.
#pragma once
#include "playhead/autograd/ops_nn.h"
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
  double max_norm = 0;       ///< above 0: rows are scaled down to this norm, in place, when they are used
  double norm_type = 2;      ///< which norm that is
  DType dtype = default_dtype();
};
/// Rows of a table. x: integers of any shape in [0, count); y: x.shape + [dim]; weight: [count, dim].
struct Embedding : Module {
  Embedding(std::int64_t count, std::int64_t dim, const EmbeddingOptions& options = {});
  Tensor forward(const Tensor& x) override;
  Parameter weight;
  Bound padding_idx;
  double max_norm, norm_type;
  PH_MODULE(Embedding, weight)
};

struct EmbeddingBagLayerOptions {
  BagMode mode = BagMode::mean;
  bool include_last_offset = false;
  Bound padding_idx = None;  ///< a row that starts as zeros and does not count
  double max_norm = 0;       ///< as in EmbeddingOptions
  double norm_type = 2;
  DType dtype = default_dtype();
};
/// Sum, mean or maximum of the rows of each bag. x: integers [bags, entries], or [entries] with offsets; weight: [count, dim].
struct EmbeddingBag : Module {
  EmbeddingBag(std::int64_t count, std::int64_t dim, const EmbeddingBagLayerOptions& options = {});
  Tensor forward(const Tensor& x) override { return forward(x, Tensor()); }
  Tensor forward(const Tensor& x, const Tensor& offsets, const Tensor& per_sample_weights = {});
  using Module::operator();
  Tensor operator()(const Tensor& x, const Tensor& offsets, const Tensor& per_sample_weights = {}) { return forward(x, offsets, per_sample_weights); }
  Parameter weight;
  EmbeddingBagLayerOptions options;
  PH_MODULE(EmbeddingBag, weight)
};

/// y[o] = a weight[o] b + bias[o]. a: [..., in1]; b: [..., in2]; weight: [out, in1, in2].
struct Bilinear : Module {
  Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out, const LinearOptions& options = {});
  using Module::forward;
  using Module::operator();
  Tensor forward(const Tensor& a, const Tensor& b);
  Tensor operator()(const Tensor& a, const Tensor& b) { return forward(a, b); }
  Parameter weight, bias;
  PH_MODULE(Bilinear, weight, bias)
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
  explicit Dropout(double p = 0.5, bool inplace = false);
  Tensor forward(const Tensor& x) override;
  double p;
  bool inplace;  ///< the result is written over x
  PH_MODULE(Dropout)
};

#define PH_DROPOUT(Type)                      \
  struct Type : Dropout {                     \
    using Dropout::Dropout;                   \
    Tensor forward(const Tensor& x) override; \
    PH_MODULE(Type)                           \
  };
/// The same for whole channels, [n, c, …].
PH_DROPOUT(Dropout1d)
PH_DROPOUT(Dropout2d)
PH_DROPOUT(Dropout3d)
/// Dropout that keeps mean 0 and variance 1, for SELU; of elements, and of whole channels.
PH_DROPOUT(AlphaDropout)
PH_DROPOUT(FeatureAlphaDropout)
#undef PH_DROPOUT

#define PH_REARRANGEMENT(Type, param)         \
  struct Type : Module {                      \
    explicit Type(std::int64_t param) : param(param) {} \
    Tensor forward(const Tensor& x) override; \
    std::int64_t param;                       \
    PH_MODULE(Type)                           \
  };
/// Channels to pixels, pixels to channels, and channels among each other.
PH_REARRANGEMENT(PixelShuffle, upscale_factor)
PH_REARRANGEMENT(PixelUnshuffle, downscale_factor)
PH_REARRANGEMENT(ChannelShuffle, groups)
#undef PH_REARRANGEMENT

/// The cosine of the angle between a and b along `dim`.
struct CosineSimilarity : Module {
  explicit CosineSimilarity(std::int64_t dim = 1, double eps = 1e-8) : dim(dim), eps(eps) {}
  using Module::forward;
  using Module::operator();
  Tensor forward(const Tensor& a, const Tensor& b);
  Tensor operator()(const Tensor& a, const Tensor& b) { return forward(a, b); }
  std::int64_t dim;
  double eps;
  PH_MODULE(CosineSimilarity)
};
/// |a - b + eps|_p along the last dim.
struct PairwiseDistance : Module {
  explicit PairwiseDistance(double p = 2, double eps = 1e-6, bool keepdim = false) : p(p), eps(eps), keepdim(keepdim) {}
  using Module::forward;
  using Module::operator();
  Tensor forward(const Tensor& a, const Tensor& b);
  Tensor operator()(const Tensor& a, const Tensor& b) { return forward(a, b); }
  double p, eps;
  bool keepdim;
  PH_MODULE(PairwiseDistance)
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
