// Forward passes and initial values of the layers.
#include "playhead/nn/layers.h"

#include <cmath>

#include "playhead/autograd/mode.h"
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

Embedding::Embedding(std::int64_t count, std::int64_t dim, const EmbeddingOptions& options) : padding_idx(options.padding_idx) {
  check_size("Embedding", "count", count), check_size("Embedding", "dim", dim);
  weight = Parameter(empty({count, dim}, {.dtype = options.dtype}));
  init::normal_(weight);
  if (!padding_idx.set) return;
  if (padding_idx.value < -count || padding_idx.value >= count)
    index_error("Embedding", "padding_idx is out of range; got padding_idx=", padding_idx.value, ", count=", count);
  const no_grad guard;
  weight.select(0, padding_idx.value).zero_();
}
Tensor Embedding::forward(const Tensor& x) { return embedding(x, weight, padding_idx); }

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

Dropout::Dropout(double p_) : p(p_) {
  if (!(p >= 0 && p <= 1)) value_error("Dropout", "probability must be in [0, 1]; got p=", p);
}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p, training); }

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
