// Dropout, of elements and of channels; leaky units with random slopes; softened choices.
#include <cmath>

#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_random.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"

namespace ph {

namespace {

void check(const char* op, const Tensor& x, double p) {
  detail::check_floating(op, "x", x);
  if (!(p >= 0 && p <= 1)) value_error(op, "p must be a probability; got p=", p);
}

/// True with probability 1 - p.
Tensor kept(const Tensor& x, const Shape& shape, double p, Generator& generator) {
  return bernoulli(1 - p, shape, {.dtype = bool_, .device = x.device()}, generator);
}

Tensor dropped(const Tensor& x, const Shape& mask, double p, Generator& generator) {
  return where(kept(x, mask, p, generator), p == 1 ? x : x * (1 / (1 - p)), Scalar(0));
}

/// One entry for each channel of each sample. x: [N, C, …].
Shape channels_of(const char* op, const Tensor& x) {
  if (x.ndim() < 2) value_error(op, "x must be [N, C, size...]; got shape=", x.shape());
  Shape s = Shape::filled(x.ndim(), 1);
  s[0] = x.size(0), s[1] = x.size(1);
  return s;
}

Tensor feature_dropout(const char* op, const Tensor& x, double p, bool training, Generator& generator) {
  check(op, x, p);
  const Shape mask = channels_of(op, x);
  return !training || p == 0 ? x : dropped(x, mask, p, generator);
}
/// The same where x may be a single sample: of `rank` dims less one.
Tensor feature_dropout(const char* op, int rank, const Tensor& x, double p, bool training, Generator& generator) {
  if (x.ndim() != rank && x.ndim() != rank - 1) value_error(op, "x must have ", rank - 1, " or ", rank, " dimensions; got shape=", x.shape());
  return x.ndim() == rank ? feature_dropout(op, x, p, training, generator)
                          : feature_dropout(op, x.unsqueeze(0), p, training, generator).squeeze(0);
}

// What selu tends to: dropped elements become that, and all are moved and scaled to keep mean and variance.
Tensor alpha_dropped(const Tensor& x, const Shape& mask, double p, Generator& generator) {
  constexpr double least = -1.7580993408473766;
  if (p == 1) return x * 0;
  const double scale = 1 / std::sqrt((least * least * p + 1) * (1 - p));
  return where(kept(x, mask, p, generator), x, Scalar(least)) * scale - least * scale * p;
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check("dropout", x, p);
  if (!training || p == 0) return x;
  return dropped(x, x.shape(), p, generator);
}

Tensor dropout1d(const Tensor& x, double p, bool training, Generator& generator) { return feature_dropout("dropout1d", 3, x, p, training, generator); }
Tensor dropout2d(const Tensor& x, double p, bool training, Generator& generator) { return feature_dropout("dropout2d", x, p, training, generator); }
Tensor dropout3d(const Tensor& x, double p, bool training, Generator& generator) { return feature_dropout("dropout3d", 5, x, p, training, generator); }

Tensor alpha_dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check("alpha_dropout", x, p);
  return !training || p == 0 ? x : alpha_dropped(x, x.shape(), p, generator);
}

Tensor feature_alpha_dropout(const Tensor& x, double p, bool training, Generator& generator) {
  const char* op = "feature_alpha_dropout";
  check(op, x, p);
  const Shape mask = channels_of(op, x);
  return !training || p == 0 ? x : alpha_dropped(x, mask, p, generator);
}

Tensor rrelu(const Tensor& x, double lower, double upper, bool training, Generator& generator) {
  const char* op = "rrelu";
  detail::check_floating(op, "x", x);
  if (!(lower <= upper)) value_error(op, "lower must not be above upper; got lower=", lower, ", upper=", upper);
  if (!training) return leaky_relu(x, (lower + upper) / 2);
  const Tensor slope = uniform(lower, upper, x.shape(), {.dtype = x.dtype(), .device = x.device()}, generator);
  return where(greater(x, 0), x, x * slope);
}
Tensor& rrelu_(Tensor& x, double lower, double upper, bool training, Generator& generator) {
  if (training || !is_floating(x.dtype()) || !(lower <= upper)) return x.copy_(rrelu(x, lower, upper, training, generator));
  return x.leaky_relu_((lower + upper) / 2);
}

Tensor gumbel_softmax(const Tensor& x, double tau, bool hard, std::int64_t dim, Generator& generator) {
  const char* op = "gumbel_softmax";
  detail::check_floating(op, "x", x);
  if (!(tau > 0)) value_error(op, "tau must be positive; got tau=", tau);
  if (x.ndim() == 0) return gumbel_softmax(x.reshape({1}), tau, hard, dim, generator).reshape({});
  const int k = normalize_dim(op, dim, x.ndim());
  if (detail::is_half(x.dtype())) return gumbel_softmax(x.to(float32), tau, hard, k, generator).to(x.dtype());
  Tensor waiting = empty(x.shape(), {.dtype = x.dtype(), .device = x.device()});
  const Tensor soft = softmax((x - log(exponential_(waiting, 1, generator))) / tau, k);
  if (!hard || x.numel() == 0) return soft;
  Tensor choice = zeros_like(soft.detach());
  scatter_(choice, k, argmax(soft.detach(), k, true), Scalar(1));
  // The gradient passes straight through; choice - soft.detach() + soft would round.
  if (recording(soft)) record(choice, op, {soft}, [](Backward& d) { d[0] = d.g(); });
  return choice;
}

}  // namespace ph
