// Forward passes of the activation modules.
#include "playhead/nn/activation.h"

#include "playhead/autograd/ops.h"

namespace ph::nn {

Tensor Identity::forward(const Tensor& x) { return x; }
Tensor ReLU::forward(const Tensor& x) { return inplace ? Tensor(x).relu_() : relu(x); }
Tensor ReLU6::forward(const Tensor& x) { return inplace ? Tensor(x).relu6_() : relu6(x); }
Tensor SELU::forward(const Tensor& x) { return inplace ? Tensor(x).selu_() : selu(x); }
Tensor SiLU::forward(const Tensor& x) { return inplace ? Tensor(x).silu_() : silu(x); }
Tensor Mish::forward(const Tensor& x) { return inplace ? Tensor(x).mish_() : mish(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x); }
Tensor Softsign::forward(const Tensor& x) { return softsign(x); }
Tensor Hardswish::forward(const Tensor& x) { return inplace ? Tensor(x).hardswish_() : hardswish(x); }
Tensor Hardsigmoid::forward(const Tensor& x) { return inplace ? Tensor(x).hardsigmoid_() : hardsigmoid(x); }
Tensor LeakyReLU::forward(const Tensor& x) { return inplace ? Tensor(x).leaky_relu_(negative_slope) : leaky_relu(x, negative_slope); }
Tensor ELU::forward(const Tensor& x) { return inplace ? Tensor(x).elu_(alpha) : elu(x, alpha); }
Tensor CELU::forward(const Tensor& x) { return inplace ? Tensor(x).celu_(alpha) : celu(x, alpha); }
Tensor Softplus::forward(const Tensor& x) { return softplus(x, beta); }
Tensor GELU::forward(const Tensor& x) { return approximate ? gelu_tanh(x) : gelu(x); }
Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim); }
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, dim); }
Tensor Tanhshrink::forward(const Tensor& x) { return tanhshrink(x); }
Tensor Softmin::forward(const Tensor& x) { return softmin(x, dim); }
Tensor GLU::forward(const Tensor& x) { return glu(x, dim); }
Tensor Softshrink::forward(const Tensor& x) { return softshrink(x, lambda); }
Tensor Hardshrink::forward(const Tensor& x) { return hardshrink(x, lambda); }
Tensor Softmax2d::forward(const Tensor& x) {
  if (x.ndim() < 3 || x.ndim() > 4) value_error("Softmax2d", "x must be [n, c, h, w] or [c, h, w]; got shape=", x.shape());
  return softmax(x, -3);
}
Tensor Threshold::forward(const Tensor& x) { return inplace ? Tensor(x).threshold_(at, value) : threshold(x, at, value); }
Tensor RReLU::forward(const Tensor& x) {
  Tensor y = x;
  return inplace ? rrelu_(y, lower, upper, training) : rrelu(x, lower, upper, training);
}
Tensor Hardtanh::forward(const Tensor& x) { return inplace ? Tensor(x).hardtanh_(min, max) : hardtanh(x, min, max); }

PReLU::PReLU(std::int64_t count, double value, DType dtype) {
  if (count < 1) value_error("PReLU", "needs at least one weight; got count=", count);
  weight = Parameter(full({count}, value, {.dtype = dtype}));
}
Tensor PReLU::forward(const Tensor& x) { return prelu(x, weight); }

}  // namespace ph::nn
