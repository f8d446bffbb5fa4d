// Initial values of parameters, and clipping of gradients.
#include "bindings/nn.h"
#include "playhead/optim.h"

namespace ph::python {
using nn::init::Fan;
using nn::init::Nonlinearity;
PH_CHOICE(Fan, {"fan_in", Fan::in}, {"fan_out", Fan::out})
PH_CHOICE(Nonlinearity, {"linear", Nonlinearity::linear}, {"relu", Nonlinearity::relu}, {"leaky_relu", Nonlinearity::leaky_relu}, {"tanh", Nonlinearity::tanh},
          {"sigmoid", Nonlinearity::sigmoid}, {"selu", Nonlinearity::selu}, {"conv1d", Nonlinearity::linear}, {"conv2d", Nonlinearity::linear},
          {"conv3d", Nonlinearity::linear})

void define_init() {
  namespace init = nn::init;
  function("zeros_", "tensor", [](Tensor& x) -> Tensor& { return init::zeros_(x); });
  function("ones_", "tensor", [](Tensor& x) -> Tensor& { return init::ones_(x); });
  function("constant_", "tensor, val", [](Tensor& x, Scalar v) -> Tensor& { return init::constant_(x, v); });
  function("uniform_", "tensor, a=0.0, b=1.0", [](Tensor& x, double a, double b) -> Tensor& { return init::uniform_(x, a, b); });
  function("normal_", "tensor, mean=0.0, std=1.0", [](Tensor& x, double mean, double std) -> Tensor& { return init::normal_(x, mean, std); });
  function("trunc_normal_", "tensor, mean=0.0, std=1.0, a=-2.0, b=2.0",
           [](Tensor& x, double mean, double std, double a, double b) -> Tensor& { return init::trunc_normal_(x, mean, std, a, b); });
  function("xavier_uniform_", "tensor, gain=1.0", [](Tensor& x, double gain) -> Tensor& { return init::xavier_uniform_(x, gain); });
  function("xavier_normal_", "tensor, gain=1.0", [](Tensor& x, double gain) -> Tensor& { return init::xavier_normal_(x, gain); });
  function("kaiming_uniform_", "tensor, a=0.0, mode='fan_in', nonlinearity='leaky_relu'",
           [](Tensor& x, double a, Fan fan, Nonlinearity f) -> Tensor& { return init::kaiming_uniform_(x, a, fan, f); });
  function("kaiming_normal_", "tensor, a=0.0, mode='fan_in', nonlinearity='leaky_relu'",
           [](Tensor& x, double a, Fan fan, Nonlinearity f) -> Tensor& { return init::kaiming_normal_(x, a, fan, f); });
  function("orthogonal_", "tensor, gain=1.0", [](Tensor& x, double gain) -> Tensor& { return init::orthogonal_(x, gain); });
  function("eye_", "tensor", [](Tensor& x) -> Tensor& { return init::eye_(x); });
  function("dirac_", "tensor, groups=1", [](Tensor& x, std::int64_t groups) -> Tensor& { return init::dirac_(x, groups); });
  /// What an activation's weights are multiplied by to keep the variance: sqrt(2) for relu, 5 / 3 for tanh.
  function("calculate_gain", "nonlinearity, param=0.01", [](Nonlinearity f, std::optional<double> param) { return init::gain(f, param.value_or(0.01)); });
}

void define_clipping() {
  function("_clip_grad_norm_", "parameters, max_norm, norm_type=2.0, error_if_nonfinite=False",
           [](const std::vector<Tensor>& params, double max_norm, double p, bool strict) { return optim::clip_grad_norm_(params, max_norm, p, strict); });
  function("_clip_grad_value_", "parameters, clip_value", [](const std::vector<Tensor>& params, double v) { optim::clip_grad_value_(params, v); });
}

}  // namespace ph::python
