// Layers without windows: linear, embedding, normalisation, dropout, activations, attention. One call of `layer` each.
#include "bindings/choices.h"
#include "bindings/nn.h"

namespace ph::python {
namespace {
using I = std::int64_t;
using Type = MaybeDType;
using Place = MaybeDevice;
/// Arguments that change nothing.
struct Ignored {};
}  // namespace
template <> struct From<Ignored> {
  static constexpr const char* type = "Any";
  static Ignored get(PyObject*, const Arg&) { return {}; }
};
namespace {

/// C++ has 0 for no limit.
double limit(const char* layer, const std::optional<double>& max_norm) {
  if (max_norm && !(*max_norm > 0)) value_error(layer, "max_norm must be positive; got max_norm=", *max_norm);
  return max_norm.value_or(0);
}
void refuse(const char* layer, bool by_frequency, bool sparse) {
  if (by_frequency || sparse) value_error(layer, "scale_grad_by_freq and sparse are not supported; got one of them");
}

void define_linear() {
  layer<nn::Identity>("Identity", "*args", "", [](Ignored) { return nn::Identity(); });
  layer<nn::Linear>("Linear", "in_features, out_features, bias=True, device=None, dtype=None", "in_features, out_features, bias",
                    [](I in, I out, bool bias, Place d, Type t) { return placed(nn::Linear(in, out, {.bias = bias, .dtype = dtype_or_default(t)}), d); })
      .field("in_features", [](nn::Linear& m) { return m.weight.size(1); })
      .field("out_features", [](nn::Linear& m) { return m.weight.size(0); });
  layer<nn::Bilinear>("Bilinear", "in1_features, in2_features, out_features, bias=True, device=None, dtype=None", "in1_features, in2_features, out_features, bias",
                      [](I a, I b, I out, bool bias, Place d, Type t) { return placed(nn::Bilinear(a, b, out, {.bias = bias, .dtype = dtype_or_default(t)}), d); })
      .forward("input1, input2", [](nn::Bilinear& m, const Tensor& a, const Tensor& b) { return m(a, b); });
  layer<nn::Embedding>("Embedding",
                       "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, *, device=None, dtype=None",
                       "=num_embeddings, =embedding_dim, padding_idx?, max_norm?, norm_type?",
                       [](I n, I dim, Bound pad, std::optional<double> max_norm, double norm_type, bool by_frequency, bool sparse, Place d, Type t) {
                         refuse("Embedding", by_frequency, sparse);
                         return placed(nn::Embedding(n, dim, {.padding_idx = pad, .max_norm = limit("Embedding", max_norm), .norm_type = norm_type, .dtype = dtype_or_default(t)}), d);
                       })
      .field("num_embeddings", [](nn::Embedding& m) { return m.weight.size(0); })
      .field("embedding_dim", [](nn::Embedding& m) { return m.weight.size(1); })
      .field("padding_idx", [](nn::Embedding& m) -> Bound& { return m.padding_idx; })
      .field("max_norm", [](nn::Embedding& m) { return m.max_norm > 0 ? std::optional(m.max_norm) : std::nullopt; })
      .field("norm_type", [](nn::Embedding& m) -> double& { return m.norm_type; });
  layer<nn::EmbeddingBag>("EmbeddingBag",
                          "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, *, include_last_offset=False, "
                          "padding_idx=None, device=None, dtype=None",
                          "=num_embeddings, =embedding_dim, max_norm?, norm_type?, mode, padding_idx?",
                          [](I n, I dim, std::optional<double> max_norm, double norm_type, bool by_frequency, BagMode mode, bool sparse, bool last, Bound pad, Place d, Type t) {
                            refuse("EmbeddingBag", by_frequency, sparse);
                            return placed(nn::EmbeddingBag(n, dim, {.mode = mode, .include_last_offset = last, .padding_idx = pad, .max_norm = limit("EmbeddingBag", max_norm),
                                                                    .norm_type = norm_type, .dtype = dtype_or_default(t)}), d);
                          })
      .field("mode", [](nn::EmbeddingBag& m) -> BagMode& { return m.options.mode; })
      .field("include_last_offset", [](nn::EmbeddingBag& m) -> bool& { return m.options.include_last_offset; })
      .field("padding_idx", [](nn::EmbeddingBag& m) -> Bound& { return m.options.padding_idx; })
      .field("max_norm", [](nn::EmbeddingBag& m) { return m.options.max_norm > 0 ? std::optional(m.options.max_norm) : std::nullopt; })
      .field("norm_type", [](nn::EmbeddingBag& m) -> double& { return m.options.norm_type; })
      .forward("input, offsets=None, per_sample_weights=None",
               [](nn::EmbeddingBag& m, const Tensor& x, const MaybeTensor& offsets, const MaybeTensor& weights) { return m(x, offsets, weights); });
  layer<nn::Flatten>("Flatten", "start_dim=1, end_dim=-1", "start_dim, end_dim", [](I start, I end) { return nn::Flatten(start, end); })
      .field("start_dim", [](nn::Flatten& m) -> I& { return m.start; })
      .field("end_dim", [](nn::Flatten& m) -> I& { return m.end; });
  layer<nn::CosineSimilarity>("CosineSimilarity", "dim=1, eps=1e-08", "dim?, eps?", [](I dim, double eps) { return nn::CosineSimilarity(dim, eps); })
      .field("dim", [](nn::CosineSimilarity& m) -> I& { return m.dim; })
      .field("eps", [](nn::CosineSimilarity& m) -> double& { return m.eps; })
      .forward("x1, x2", [](nn::CosineSimilarity& m, const Tensor& a, const Tensor& b) { return m(a, b); });
  layer<nn::PairwiseDistance>("PairwiseDistance", "p=2.0, eps=1e-06, keepdim=False", "p?, eps?, keepdim?", [](double p, double eps, bool keep) { return nn::PairwiseDistance(p, eps, keep); })
      .field("p", [](nn::PairwiseDistance& m) -> double& { return m.p; })
      .field("eps", [](nn::PairwiseDistance& m) -> double& { return m.eps; })
      .field("keepdim", [](nn::PairwiseDistance& m) -> bool& { return m.keepdim; })
      .forward("x1, x2", [](nn::PairwiseDistance& m, const Tensor& a, const Tensor& b) { return m(a, b); });
#define PH_REARRANGE(Name, argument) \
  layer<nn::Name>(#Name, #argument, #argument, [](I n) { return nn::Name(n); }).field(#argument, [](nn::Name& m) -> I& { return m.argument; });
  PH_REARRANGE(PixelShuffle, upscale_factor)
  PH_REARRANGE(PixelUnshuffle, downscale_factor)
  PH_REARRANGE(ChannelShuffle, groups)
#undef PH_REARRANGE
#define PH_DROPOUT(Name) \
  layer<nn::Name>(#Name, "p=0.5, inplace=False", "p, inplace", [](double p, bool inplace) { return nn::Name(p, inplace); }) \
      .field("p", [](nn::Name& m) -> double& { return m.p; })                                                               \
      .field("inplace", [](nn::Name& m) -> bool& { return m.inplace; });
  PH_DROPOUT(Dropout) PH_DROPOUT(Dropout1d) PH_DROPOUT(Dropout2d) PH_DROPOUT(Dropout3d) PH_DROPOUT(AlphaDropout) PH_DROPOUT(FeatureAlphaDropout)
#undef PH_DROPOUT
}

void define_norms() {
  layer<nn::LayerNorm>("LayerNorm", "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None",
                       "=normalized_shape, eps, elementwise_affine, bias",
                       [](const Shape& shape, double eps, bool affine, bool bias, Place d, Type t) {
                         return placed(nn::LayerNorm(shape, {.eps = eps, .affine = affine, .bias = bias, .dtype = dtype_or_default(t)}), d);
                       })
      .field("normalized_shape", [](nn::LayerNorm& m) -> Shape& { return m.normalized_shape; })
      .field("eps", [](nn::LayerNorm& m) -> double& { return m.eps; });
  layer<nn::RMSNorm>("RMSNorm", "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None", "=normalized_shape, eps, elementwise_affine",
                     [](const Shape& shape, std::optional<double> eps, bool affine, Place d, Type t) {
                       return placed(nn::RMSNorm(shape, {.eps = eps.value_or(-1), .affine = affine, .dtype = dtype_or_default(t)}), d);
                     })
      .field("normalized_shape", [](nn::RMSNorm& m) -> Shape& { return m.normalized_shape; });
#define PH_BATCH_NORM(Name)                                                                                                                                  \
  layer<nn::Name>(#Name, "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None",                            \
                  "=num_features, eps, momentum, affine, track_running_stats",                                                                               \
                  [](I n, double eps, std::optional<double> momentum, bool affine, bool track, Place d, Type t) {                                            \
                    return placed(nn::Name(n, {.eps = eps, .momentum = momentum.value_or(-1), .affine = affine, .track_running_stats = track, .dtype = dtype_or_default(t)}), d); \
                  })                                                                                                                                         \
      .field("eps", [](nn::Name& m) -> double& { return m.eps; });
  PH_BATCH_NORM(BatchNorm1d) PH_BATCH_NORM(BatchNorm2d) PH_BATCH_NORM(BatchNorm3d)
#undef PH_BATCH_NORM
#define PH_INSTANCE_NORM(Name)                                                                                                                               \
  layer<nn::Name>(#Name, "num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None",                          \
                  "=num_features, eps, momentum, affine, track_running_stats",                                                                               \
                  [](I n, double eps, double momentum, bool affine, bool track, Place d, Type t) {                                                           \
                    return placed(nn::Name(n, {.eps = eps, .momentum = momentum, .affine = affine, .track_running_stats = track, .dtype = dtype_or_default(t)}), d); \
                  })                                                                                                                                         \
      .field("eps", [](nn::Name& m) -> double& { return m.eps; })                                                                                            \
      .field("momentum", [](nn::Name& m) -> double& { return m.momentum; });
  PH_INSTANCE_NORM(InstanceNorm1d) PH_INSTANCE_NORM(InstanceNorm2d) PH_INSTANCE_NORM(InstanceNorm3d)
#undef PH_INSTANCE_NORM
  layer<nn::GroupNorm>("GroupNorm", "num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None", "=num_groups, =num_channels, eps, affine",
                       [](I groups, I channels, double eps, bool affine, Place d, Type t) {
                         return placed(nn::GroupNorm(groups, channels, {.eps = eps, .affine = affine, .dtype = dtype_or_default(t)}), d);
                       })
      .field("num_groups", [](nn::GroupNorm& m) -> I& { return m.groups; })
      .field("eps", [](nn::GroupNorm& m) -> double& { return m.eps; });
  layer<nn::LocalResponseNorm>("LocalResponseNorm", "size, alpha=0.0001, beta=0.75, k=1.0", "=size, alpha, beta, k",
                               [](I size, double alpha, double beta, double k) { return nn::LocalResponseNorm(size, alpha, beta, k); })
      .field("size", [](nn::LocalResponseNorm& m) -> I& { return m.size; })
      .field("alpha", [](nn::LocalResponseNorm& m) -> double& { return m.alpha; })
      .field("beta", [](nn::LocalResponseNorm& m) -> double& { return m.beta; })
      .field("k", [](nn::LocalResponseNorm& m) -> double& { return m.k; });
}

void define_activations() {
#define PH_PLAIN(Name) layer<nn::Name>(#Name, "", "", [] { return nn::Name(); });
#define PH_INPLACE(Name) \
  layer<nn::Name>(#Name, "inplace=False", "inplace?", [](bool inplace) { return nn::Name(inplace); }).field("inplace", [](nn::Name& m) -> bool& { return m.inplace; });
#define PH_NUMBER(Name, signature, shown, argument) \
  layer<nn::Name>(#Name, signature, shown, [](double v, bool inplace) { return nn::Name(v, inplace); }) \
      .field(#argument, [](nn::Name& m) -> double& { return m.argument; })                              \
      .field("inplace", [](nn::Name& m) -> bool& { return m.inplace; });
#define PH_DIM(Name) layer<nn::Name>(#Name, "dim=-1", "dim", [](I dim) { return nn::Name(dim); }).field("dim", [](nn::Name& m) -> I& { return m.dim; });
#define PH_LAMBDA(Name) \
  layer<nn::Name>(#Name, "lambd=0.5", "=lambd", [](double v) { return nn::Name(v); }).field("lambd", [](nn::Name& m) -> double& { return m.lambda; });
  PH_PLAIN(Tanh) PH_PLAIN(Sigmoid) PH_PLAIN(LogSigmoid) PH_PLAIN(Softsign) PH_PLAIN(Tanhshrink) PH_PLAIN(Softmax2d)
  PH_INPLACE(ReLU) PH_INPLACE(ReLU6) PH_INPLACE(SELU) PH_INPLACE(SiLU) PH_INPLACE(Mish) PH_INPLACE(Hardswish) PH_INPLACE(Hardsigmoid)
  PH_NUMBER(LeakyReLU, "negative_slope=0.01, inplace=False", "negative_slope, inplace?", negative_slope)
  PH_NUMBER(ELU, "alpha=1.0, inplace=False", "alpha, inplace?", alpha)
  PH_NUMBER(CELU, "alpha=1.0, inplace=False", "alpha, inplace?", alpha)
  PH_DIM(Softmax) PH_DIM(LogSoftmax) PH_DIM(Softmin) PH_DIM(GLU)
  PH_LAMBDA(Softshrink) PH_LAMBDA(Hardshrink)
#undef PH_PLAIN
#undef PH_INPLACE
#undef PH_NUMBER
#undef PH_DIM
#undef PH_LAMBDA
  layer<nn::Softplus>("Softplus", "beta=1.0, threshold=20.0", "beta, threshold",
                      [](double beta, double threshold) {
                        if (!(threshold >= 20)) value_error("Softplus", "is exact, so that a threshold under 20 would change nothing but its accuracy; got threshold=", threshold);
                        return nn::Softplus(beta);
                      })
      .field("beta", [](nn::Softplus& m) -> double& { return m.beta; });
  layer<nn::GELU>("GELU", "approximate='none'", "approximate", [](const std::string& approximate) {
    if (approximate != "none" && approximate != "tanh") value_error("GELU", "approximate must be 'none' or 'tanh'; got '", approximate, "'");
    return nn::GELU(approximate == "tanh");
  });
  layer<nn::Hardtanh>("Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False", "min_val, max_val, inplace?", [](double a, double b, bool inplace) { return nn::Hardtanh(a, b, inplace); })
      .field("inplace", [](nn::Hardtanh& m) -> bool& { return m.inplace; })
      .field("min_val", [](nn::Hardtanh& m) -> double& { return m.min; })
      .field("max_val", [](nn::Hardtanh& m) -> double& { return m.max; });
  layer<nn::Threshold>("Threshold", "threshold, value, inplace=False", "threshold, value, inplace?", [](double at, double v, bool inplace) { return nn::Threshold(at, v, inplace); })
      .field("inplace", [](nn::Threshold& m) -> bool& { return m.inplace; })
      .field("threshold", [](nn::Threshold& m) -> double& { return m.at; })
      .field("value", [](nn::Threshold& m) -> double& { return m.value; });
  layer<nn::RReLU>("RReLU", "lower=0.125, upper=0.3333333333333333, inplace=False", "lower, upper, inplace?", [](double a, double b, bool inplace) { return nn::RReLU(a, b, inplace); })
      .field("inplace", [](nn::RReLU& m) -> bool& { return m.inplace; })
      .field("lower", [](nn::RReLU& m) -> double& { return m.lower; })
      .field("upper", [](nn::RReLU& m) -> double& { return m.upper; });
  layer<nn::PReLU>("PReLU", "num_parameters=1, init=0.25, device=None, dtype=None", "num_parameters",
                   [](I n, double init, Place d, Type t) { return placed(nn::PReLU(n, init, dtype_or_default(t)), d); })
      .field("num_parameters", [](nn::PReLU& m) { return m.weight.numel(); });
}

void define_attention() {
  layer<nn::MultiheadAttention>(
      "MultiheadAttention",
      "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None", "",
      [](I c, I heads, double p, bool bias, bool bias_kv, bool zero, std::optional<I> kdim, std::optional<I> vdim, bool first, Place d, Type t) {
        return placed(nn::MultiheadAttention(c, heads, {.dropout = p, .bias = bias, .batch_first = first, .kdim = kdim.value_or(0), .vdim = vdim.value_or(0),
                                                        .add_bias_kv = bias_kv, .add_zero_attn = zero, .dtype = dtype_or_default(t)}), d);
      })
      .field("embed_dim", [](nn::MultiheadAttention& m) { return m.out_proj.weight.size(1); })
      .field("num_heads", [](nn::MultiheadAttention& m) -> I& { return m.heads; })
      .field("dropout", [](nn::MultiheadAttention& m) -> double& { return m.dropout; })
      .field("batch_first", [](nn::MultiheadAttention& m) -> bool& { return m.batch_first; })
      .field("add_zero_attn", [](nn::MultiheadAttention& m) -> bool& { return m.add_zero_attn; })
      .forward("query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False",
               [](nn::MultiheadAttention& m, const Tensor& q, const Tensor& k, const Tensor& v, const MaybeTensor& keys, bool need, const MaybeTensor& mask, bool average, bool causal) {
                 MultiheadResult r = m.attend(q, k, v, {.key_padding_mask = keys, .attn_mask = mask, .is_causal = causal}, need, average);
                 return std::pair<Tensor, Tensor>(std::move(r.output), std::move(r.weights));
               });
}

}  // namespace

void define_layers() {
  define_linear();
  define_norms();
  define_activations();
  define_attention();
}

}  // namespace ph::python
