// Initial values of parameters.
#include "playhead/nn/init.h"

#include <algorithm>
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
Tensor& uniform_(Tensor& x, double a, double b) {
  if (!(a <= b)) value_error("uniform_", "needs a <= b; got a=", a, ", b=", b);
  const no_grad guard;
  return ph::uniform_(x, a, b);
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

Tensor& trunc_normal_(Tensor& x, double mean, double std, double a, double b) {
  if (!(std > 0) || !(a < b)) value_error("trunc_normal_", "needs std > 0 and a < b; got std=", std, ", a=", a, ", b=", b);
  if (!is_floating(x.dtype())) type_error("trunc_normal_", "needs a floating dtype; got dtype=", x.dtype());
  const no_grad guard;
  const auto erf_at = [&](double bound) { return std::erf((bound - mean) / (std * std::sqrt(2.0))); };
  // In float64, because next to 1 the inverse of erf tears the numbers of a narrow type apart.
  Tensor y = ph::uniform(erf_at(a), erf_at(b), x.shape(), {.dtype = float64, .device = x.device()});
  y.erfinv_().mul_(std * std::sqrt(2.0)).add_(mean).clamp_(a, b);
  return x.copy_(y);
}

Tensor& orthogonal_(Tensor& x, double gain) {
  if (x.ndim() < 2) value_error("orthogonal_", "needs at least two dims; got shape=", x.shape());
  if (!is_floating(x.dtype())) type_error("orthogonal_", "needs a floating dtype; got dtype=", x.dtype());
  if (x.numel() == 0) return x;
  const no_grad guard;
  const std::int64_t rows = x.size(0), columns = x.numel() / rows, n = std::min(rows, columns), m = std::max(rows, columns);
  Tensor q = randn({n, m}, {.dtype = float64, .device = x.device()});
  for (std::int64_t i = 0; i < n; ++i) {
    Tensor v = q.select(0, i);
    const Tensor before = q.narrow(0, 0, i);
    for (int pass = 0; pass < 2 && i > 0; ++pass) v.sub_(matmul(matmul(before, v), before));
    v.div_(vector_norm(v));
  }
  if (rows > columns) q = q.transpose(0, 1);
  return x.copy_(q.mul(gain).reshape(x.shape()));
}

Tensor& eye_(Tensor& x) {
  if (x.ndim() != 2) value_error("eye_", "needs two dims; got shape=", x.shape());
  const no_grad guard;
  return x.copy_(eye(x.size(0), x.size(1), 0, {.dtype = x.dtype(), .device = x.device()}));
}

Tensor& dirac_(Tensor& x, std::int64_t groups) {
  if (x.ndim() < 3 || x.ndim() > 5) value_error("dirac_", "needs [out, in, kernel…]; got shape=", x.shape());
  if (groups < 1 || x.size(0) % groups != 0) value_error("dirac_", "groups must divide the output channels; got groups=", groups, ", shape=", x.shape());
  const no_grad guard;
  x.zero_();
  if (x.numel() == 0) return x;
  Tensor middle = x;
  for (int d = x.ndim() - 1; d >= 2; --d) middle = middle.select(d, x.size(d) / 2);
  const std::int64_t out = x.size(0) / groups;
  for (std::int64_t g = 0; g < groups; ++g) diagonal(middle.narrow(0, g * out, out)).fill_(1);
  return x;
}

}  // namespace ph::nn::init
