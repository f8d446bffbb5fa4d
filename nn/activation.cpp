// Forward passes of the activation modules.
#include "playhead/nn/activation.h"

#include "playhead/autograd/ops.h"

namespace ph::nn {

Tensor Identity::forward(const Tensor& x) { return x; }
Tensor ReLU::forward(const Tensor& x) { return relu(x); }
Tensor ReLU6::forward(const Tensor& x) { return relu6(x); }
Tensor SELU::forward(const Tensor& x) { return selu(x); }
Tensor SiLU::forward(const Tensor& x) { return silu(x); }
Tensor Mish::forward(const Tensor& x) { return mish(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x); }
Tensor Softsign::forward(const Tensor& x) { return softsign(x); }
Tensor Hardswish::forward(const Tensor& x) { return hardswish(x); }
Tensor Hardsigmoid::forward(const Tensor& x) { return hardsigmoid(x); }
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, negative_slope); }
Tensor ELU::forward(const Tensor& x) { return elu(x, alpha); }
Tensor CELU::forward(const Tensor& x) { return celu(x, alpha); }
Tensor Softplus::forward(const Tensor& x) { return softplus(x, beta); }
Tensor GELU::forward(const Tensor& x) { return approximate ? gelu_tanh(x) : gelu(x); }
Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim); }
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, dim); }
Tensor Hardtanh::forward(const Tensor& x) { return hardtanh(x, min, max); }

PReLU::PReLU(std::int64_t count, double value, DType dtype) {
  if (count < 1) value_error("PReLU", "needs at least one weight; got count=", count);
  weight = Parameter(full({count}, value, {.dtype = dtype}));
}
Tensor PReLU::forward(const Tensor& x) {
  Shape aligned = Shape::filled(x.ndim() > 1 ? x.ndim() : 1, 1);
  if (x.ndim() > 1) aligned[1] = weight.numel();
  if (weight.numel() > 1 && (x.ndim() < 2 || x.size(1) != weight.numel()))
    value_error("PReLU", "needs one weight, or one for each entry of dim 1; got x=", x.shape(), ", weight=", weight.shape());
  return where(greater(x, 0), x, weight.reshape(x.ndim() == 0 ? Shape{} : aligned) * x);
}

}  // namespace ph::nn
