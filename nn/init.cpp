// Initial values of parameters.
#include "playhead/nn/init.h"

#include <cmath>

#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"

namespace ph::nn::init {

Tensor& zeros_(Tensor& x) { return constant_(x, 0); }
Tensor& ones_(Tensor& x) { return constant_(x, 1); }
Tensor& constant_(Tensor& x, Scalar value) {
  const no_grad guard;
  return x.fill_(value);
}
Tensor& uniform_(Tensor& x, double low, double high) {
  const no_grad guard;
  return ph::uniform_(x, low, high);
}
Tensor& normal_(Tensor& x, double mean, double std) {
  const no_grad guard;
  return ph::normal_(x, mean, std);
}

double gain(Nonlinearity f, double slope) {
  switch (f) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid: return 1;
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + slope * slope));
    case Nonlinearity::selu: return 0.75;
  }
  return 1;
}

namespace {
double receptive(const Tensor& x) {
  if (x.ndim() < 2) value_error("init", "fan needs at least two dims; got shape=", x.shape());
  double n = 1;
  for (int d = 2; d < x.ndim(); ++d) n *= static_cast<double>(x.shape()[d]);
  return n;
}
double kaiming_std(const Tensor& x, double slope, Fan fan, Nonlinearity f) {
  const double n = fan == Fan::in ? fan_in(x) : fan_out(x);
  return n > 0 ? gain(f, slope) / std::sqrt(n) : 0;
}
double xavier_std(const Tensor& x, double gain) {
  const double n = fan_in(x) + fan_out(x);
  return n > 0 ? gain * std::sqrt(2 / n) : 0;
}
// Qualified, because ph::uniform_ and ph::normal_ are found by their argument too.
Tensor& uniform_of_std(Tensor& x, double std) { return init::uniform_(x, -std::sqrt(3.0) * std, std::sqrt(3.0) * std); }
}  // namespace

double fan_in(const Tensor& x) { return receptive(x) * static_cast<double>(x.shape()[1]); }
double fan_out(const Tensor& x) { return receptive(x) * static_cast<double>(x.shape()[0]); }

Tensor& kaiming_uniform_(Tensor& x, double slope, Fan fan, Nonlinearity f) { return uniform_of_std(x, kaiming_std(x, slope, fan, f)); }
Tensor& kaiming_normal_(Tensor& x, double slope, Fan fan, Nonlinearity f) { return init::normal_(x, 0, kaiming_std(x, slope, fan, f)); }
Tensor& xavier_uniform_(Tensor& x, double gain) { return uniform_of_std(x, xavier_std(x, gain)); }
Tensor& xavier_normal_(Tensor& x, double gain) { return init::normal_(x, 0, xavier_std(x, gain)); }

}  // namespace ph::nn::init
