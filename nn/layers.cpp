// Forward passes and initial values of the layers.
#include "playhead/nn/layers.h"

#include <cmath>

#include "playhead/autograd/mode.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops.h"
#include "playhead/nn/init.h"

namespace ph::nn {

namespace {
void check_size(const char* op, const char* what, std::int64_t n) {
  if (n < 0) value_error(op, "sizes must not be negative; got ", what, "=", n);
}
}  // namespace

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options) {
  check_size("Linear", "in", in), check_size("Linear", "out", out);
  weight = Parameter(empty({out, in}, {.dtype = options.dtype}));
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!options.bias) return;
  bias = Parameter(empty({out}, {.dtype = options.dtype}));
  const double bound = in > 0 ? 1 / std::sqrt(static_cast<double>(in)) : 0;
  init::uniform_(bias, -bound, bound);
}
Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

namespace {
Parameter table(const char* op, std::int64_t count, std::int64_t dim, Bound padding_idx, DType dtype) {
  check_size(op, "count", count), check_size(op, "dim", dim);
  Parameter weight(empty({count, dim}, {.dtype = dtype}));
  init::normal_(weight);
  if (!padding_idx.set) return weight;
  if (padding_idx.value < -count || padding_idx.value >= count)
    index_error(op, "padding_idx is out of range; got padding_idx=", padding_idx.value, ", count=", count);
  const no_grad guard;
  weight.select(0, padding_idx.value).zero_();
  return weight;
}
}  // namespace

Embedding::Embedding(std::int64_t count, std::int64_t dim, const EmbeddingOptions& o)
    : weight(table("Embedding", count, dim, o.padding_idx, o.dtype)), padding_idx(o.padding_idx), max_norm(o.max_norm), norm_type(o.norm_type) {}
Tensor Embedding::forward(const Tensor& x) {
  if (max_norm > 0) embedding_renorm_(weight, x, max_norm, norm_type);
  return embedding(x, weight, padding_idx);
}

EmbeddingBag::EmbeddingBag(std::int64_t count, std::int64_t dim, const EmbeddingBagLayerOptions& o)
    : weight(table("EmbeddingBag", count, dim, o.padding_idx, o.dtype)), options(o) {}
Tensor EmbeddingBag::forward(const Tensor& x, const Tensor& offsets, const Tensor& per_sample_weights) {
  if (options.max_norm > 0) embedding_renorm_(weight, x, options.max_norm, options.norm_type);
  return embedding_bag(x, weight, {.offsets = offsets, .mode = options.mode, .per_sample_weights = per_sample_weights,
                                   .include_last_offset = options.include_last_offset, .padding_idx = options.padding_idx});
}

Bilinear::Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out, const LinearOptions& o) {
  check_size("Bilinear", "in1", in1), check_size("Bilinear", "in2", in2), check_size("Bilinear", "out", out);
  const double bound = in1 > 0 ? 1 / std::sqrt(static_cast<double>(in1)) : 0;
  weight = Parameter(empty({out, in1, in2}, {.dtype = o.dtype}));
  init::uniform_(weight, -bound, bound);
  if (!o.bias) return;
  bias = Parameter(empty({out}, {.dtype = o.dtype}));
  init::uniform_(bias, -bound, bound);
}
Tensor Bilinear::forward(const Tensor& a, const Tensor& b) { return bilinear(a, b, weight, bias); }

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& options) : normalized_shape(shape), eps(options.eps) {
  if (!options.affine) return;
  weight = Parameter(ones(shape, {.dtype = options.dtype}));
  if (options.bias) bias = Parameter(zeros(shape, {.dtype = options.dtype}));
}
Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, normalized_shape, weight, bias, eps); }

RMSNorm::RMSNorm(const Shape& shape, const RMSNormOptions& options) : normalized_shape(shape), eps(options.eps) {
  if (options.affine) weight = Parameter(ones(shape, {.dtype = options.dtype}));
}
Tensor RMSNorm::forward(const Tensor& x) { return rms_norm(x, normalized_shape, weight, eps); }

Dropout::Dropout(double p_, bool inplace_) : p(p_), inplace(inplace_) {
  if (!(p >= 0 && p <= 1)) value_error("Dropout", "probability must be in [0, 1]; got p=", p);
}
Tensor Dropout::forward(const Tensor& x) { return ph::detail::written(x, dropout(x, p, training), inplace); }

Tensor Dropout1d::forward(const Tensor& x) { return ph::detail::written(x, dropout1d(x, p, training), inplace); }
Tensor Dropout2d::forward(const Tensor& x) { return ph::detail::written(x, dropout2d(x, p, training), inplace); }
Tensor Dropout3d::forward(const Tensor& x) { return ph::detail::written(x, dropout3d(x, p, training), inplace); }
Tensor AlphaDropout::forward(const Tensor& x) { return ph::detail::written(x, alpha_dropout(x, p, training), inplace); }
Tensor FeatureAlphaDropout::forward(const Tensor& x) { return ph::detail::written(x, feature_alpha_dropout(x, p, training), inplace); }

Tensor PixelShuffle::forward(const Tensor& x) { return pixel_shuffle(x, upscale_factor); }
Tensor PixelUnshuffle::forward(const Tensor& x) { return pixel_unshuffle(x, downscale_factor); }
Tensor ChannelShuffle::forward(const Tensor& x) { return channel_shuffle(x, groups); }

Tensor CosineSimilarity::forward(const Tensor& a, const Tensor& b) { return cosine_similarity(a, b, dim, eps); }
Tensor PairwiseDistance::forward(const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, p, eps, keepdim); }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (AnyModule& m : layers) y = m->forward(y);
  return y;
}

Module& Sequential::operator[](std::size_t i) {
  if (i >= layers.size())
    index_error("Sequential", "index is out of range; got index=", static_cast<std::int64_t>(i), ", size=", static_cast<std::int64_t>(layers.size()));
  return *layers[i];
}

Tensor Flatten::forward(const Tensor& x) { return x.flatten(start, end); }

}  // namespace ph::nn
