// Forward passes and initial values of the layers.
#include "playhead/nn/layers.h"

#include <cmath>

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

Embedding::Embedding(std::int64_t count, std::int64_t dim, DType dtype) {
  check_size("Embedding", "count", count), check_size("Embedding", "dim", dim);
  weight = Parameter(empty({count, dim}, {.dtype = dtype}));
  init::normal_(weight);
}
Tensor Embedding::forward(const Tensor& x) { return embedding(x, weight); }

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& options) : normalized_shape(shape), eps(options.eps) {
  if (!options.affine) return;
  weight = Parameter(ones(shape, {.dtype = options.dtype}));
  if (options.bias) bias = Parameter(zeros(shape, {.dtype = options.dtype}));
}
Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, normalized_shape, weight, bias, eps); }

Dropout::Dropout(double p_) : p(p_) {
  if (!(p >= 0 && p <= 1)) value_error("Dropout", "probability must be in [0, 1]; got p=", p);
}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p, training); }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (AnyModule& m : layers) y = m->forward(y);
  return y;
}

Tensor ReLU::forward(const Tensor& x) { return relu(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor SiLU::forward(const Tensor& x) { return silu(x); }
Tensor Mish::forward(const Tensor& x) { return mish(x); }
Tensor Softplus::forward(const Tensor& x) { return softplus(x); }
Tensor Identity::forward(const Tensor& x) { return x; }
Tensor GELU::forward(const Tensor& x) { return approximate ? gelu_tanh(x) : gelu(x); }
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, negative_slope); }
Tensor Flatten::forward(const Tensor& x) { return x.flatten(start, end); }

}  // namespace ph::nn
