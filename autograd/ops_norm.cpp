// Normalisation. Each op has a kernel for values and first derivatives, and a rule in public ops for what is recorded.
#include "playhead/autograd/ops_norm.h"

#include <limits>

#include "playhead/autograd/mode.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::check_device;
using detail::check_floating;
using detail::compute_dtype;
using detail::dense;
using detail::make_tensor;
using detail::maybe_view;
using detail::read;

// --- over trailing dims -------------------------------------------------------------------------------------------------

namespace {

void check_norm(const char* op, const Tensor& x, const Shape& shape, const char* name, const Tensor& t) {
  if (!t.defined()) return;
  check_floating(op, name, t);
  check_device(op, x, name, t);
  if (!(t.shape() == shape)) value_error(op, name, " must have the normalized shape; got ", name, "=", t.shape(), ", normalized_shape=", shape);
}

/// The rule in other ops: differentiable in g, x and weight.
void norm_gradient(Backward& d, const Tensor& x, const Tensor& weight, const Shape& dims, double eps, bool center) {
  const Tensor& g = d.g();
  const Tensor from_mean = center ? x - mean(x, dims, true) : x;
  const Tensor rstd = rsqrt(mean(square(from_mean), dims, true) + eps), hat = from_mean * rstd;
  if (d.needs(0)) {
    const Tensor gw = weight.defined() ? g * weight : g;
    const Tensor inner = gw - hat * mean(gw * hat, dims, true);
    d[0] = rstd * (center ? inner - mean(gw, dims, true) : inner);
  }
  if (d.needs(1)) d[1] = g * hat;
  if (center && d.needs(2)) d[2] = g;
}

Tensor norm_of(const char* op, const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias, double eps, bool center) {
  check_floating(op, "x", x);
  bool fits = shape.size() > 0 && shape.size() <= x.ndim();
  for (int i = 0; fits && i < shape.size(); ++i) fits = shape[i] == x.shape()[x.ndim() - shape.size() + i];
  if (!fits) value_error(op, "x must end in the normalized shape; got x=", x.shape(), ", normalized_shape=", shape);
  check_norm(op, x, shape, "weight", weight);
  check_norm(op, x, shape, "bias", bias);

  DType dtype = compute_dtype(x.dtype());
  for (const Tensor* t : {&weight, &bias})
    if (t->defined() && t->dtype() == float64) dtype = float64;
  const auto wants = [&](const Tensor& t) { return !t.defined() || t.dtype() == dtype; };
  if (!wants(x) || !wants(weight) || !wants(bias)) {
    const auto to = [&](const Tensor& t) { return t.defined() ? t.to(dtype) : t; };
    return norm_of(op, to(x), shape, to(weight), to(bias), eps, center).to(x.dtype());
  }

  NormCall c;
  c.n = numel(shape), c.rows = c.n == 0 ? 0 : x.numel() / c.n, c.eps = eps, c.center = center;
  const Tensor xc = dense(x), wc = weight.defined() ? dense(weight) : weight, bc = bias.defined() ? dense(bias) : bias;
  Tensor y = make_tensor(x.shape(), dtype, x.device());
  const Tensor rstd = make_tensor({c.rows}, dtype, x.device()), mean = center ? make_tensor({c.rows}, dtype, x.device()) : Tensor();
  c.y = view_of(y), c.x = view_of(xc), c.weight = maybe_view(wc), c.bias = maybe_view(bc);
  c.mean = maybe_view(mean), c.rstd = view_of(rstd);
  kernels(x.device()).norm(c);
  if (!recording(x, weight, bias)) return y;
  const auto rule = [x = Saved(x), weight = weight.defined() ? Saved(weight) : Saved(), mean, rstd, rows = c.rows, n = c.n, eps, center,
                     first = x.ndim() - shape.size()](Backward& d) {
    const Tensor input = x(d), w = read(weight, d);
    if (d.create_graph()) {
      Shape dims;
      for (int i = first; i < input.ndim(); ++i) dims.push_back(i);
      return norm_gradient(d, input, w, dims, eps, center);
    }
    NormGradCall call;
    call.rows = rows, call.n = n, call.center = center;
    const Tensor gc = dense(d.g()), xc = dense(input), wc = w.defined() ? dense(w) : w;
    call.g = view_of(gc), call.x = view_of(xc), call.weight = maybe_view(wc), call.mean = maybe_view(mean), call.rstd = view_of(rstd);
    const Shape row(input.shape().data() + first, input.ndim() - first);
    const auto make = [&](int i, const Shape& s, View& v) {
      d[i] = make_tensor(s, input.dtype(), input.device());
      v = view_of(d[i]);
    };
    if (d.needs(0)) make(0, input.shape(), call.dx);
    if (d.needs(1)) make(1, row, call.dweight);
    if (call.center && d.needs(2)) make(2, row, call.dbias);
    kernels(input.device()).norm_grad(call);
  };
  center ? record(y, op, {x, weight, bias}, rule) : record(y, op, {x, weight}, rule);
  return y;
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight, const Tensor& bias, double eps) {
  return norm_of("layer_norm", x, shape, weight, bias, eps, true);
}

Tensor rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight, double eps) {
  if (eps < 0) eps = x.dtype() == float64 ? std::numeric_limits<double>::epsilon() : static_cast<double>(std::numeric_limits<float>::epsilon());
  return norm_of("rms_norm", x, shape, weight, {}, eps, false);
}

// --- over channels ------------------------------------------------------------------------------------------------------

namespace {

void check_channels(const char* op, const Tensor& x, const char* name, const Tensor& t) {
  if (!t.defined()) return;
  check_floating(op, name, t);
  check_device(op, x, name, t);
  if (!(t.shape() == Shape{x.size(1)})) value_error(op, name, " must have one number per channel; got ", name, "=", t.shape(), ", x=", x.shape());
}

void check_channel_norm(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_floating(op, "x", x);
  if (x.ndim() < 2) value_error(op, "x needs a batch and channels; got shape=", x.shape());
  check_channels(op, x, "weight", weight);
  check_channels(op, x, "bias", bias);
}

/// Statistics of channels, or those that stand in their place.
struct Statistics {
  Tensor mean, rstd, var;
  bool given = false;
};

/// The rule in other ops: differentiable in g, x and weight.
void channel_norm_gradient(Backward& d, const Tensor& x, const Tensor& weight, std::int64_t groups, double eps, const Statistics& s) {
  const std::int64_t n = x.size(0), c = x.size(1), l = x.numel() / (n * c);
  const bool batch = groups == 0;
  const Shape apart = batch ? Shape{n, c, l} : Shape{n, groups, c / groups, l}, channels = batch ? Shape{c, 1} : Shape{groups, c / groups, 1};
  const Shape dims = batch ? Shape{0, 2} : Shape{2, 3}, but_channels = batch ? Shape{0, 2} : Shape{0, 3};
  const Tensor g = d.g().reshape(apart), input = x.reshape(apart);
  const Tensor from_mean = s.given ? input - s.mean.reshape({c, 1}) : input - mean(input, dims, true);
  const Tensor rstd = s.given ? s.rstd.reshape({c, 1}) : rsqrt(mean(square(from_mean), dims, true) + eps), hat = from_mean * rstd;
  if (d.needs(0)) {
    const Tensor gw = weight.defined() ? g * weight.reshape(channels) : g;
    d[0] = (s.given ? rstd * gw : rstd * (gw - hat * mean(gw * hat, dims, true) - mean(gw, dims, true))).reshape(x.shape());
  }
  if (d.needs(1)) d[1] = sum(g * hat, but_channels).reshape({c});
  if (d.needs(2)) d[2] = sum(g, but_channels).reshape({c});
}

/// x and weights were checked. Statistics that are not given are returned.
Tensor channel_norm(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t groups, double eps, Statistics& s) {
  if (x.numel() == 0) {
    Shape channels = Shape::filled(x.ndim(), 1);
    channels[1] = x.size(1);
    const Tensor y = weight.defined() ? x * weight.reshape(channels) : x * 1;
    return (bias.defined() ? y + bias.reshape(channels) : y).to(x.dtype());
  }
  DType dtype = compute_dtype(x.dtype());
  for (const Tensor* t : {&weight, &bias})
    if (t->defined() && t->dtype() == float64) dtype = float64;
  const auto to = [&](const Tensor& t) { return t.defined() ? t.to(dtype) : t; };
  const auto wants = [&](const Tensor& t) { return !t.defined() || t.dtype() == dtype; };
  if (!wants(x) || !wants(weight) || !wants(bias)) return channel_norm(op, to(x), to(weight), to(bias), groups, eps, s).to(x.dtype());

  ChannelNormCall call;
  call.n = x.size(0), call.c = x.size(1), call.l = x.numel() / (call.n * call.c), call.groups = groups, call.eps = eps, call.given = s.given;
  if (s.given) {
    s.mean = to(s.mean), s.rstd = to(s.rstd);
  } else {
    const Shape shape = groups == 0 ? Shape{call.c} : Shape{call.n, groups};
    for (Tensor* t : {&s.mean, &s.rstd, &s.var}) *t = make_tensor(shape, dtype, x.device());
  }
  const Tensor xc = dense(x), wc = weight.defined() ? dense(weight) : weight, bc = bias.defined() ? dense(bias) : bias;
  Tensor y = make_tensor(x.shape(), dtype, x.device());
  call.y = view_of(y), call.x = view_of(xc), call.weight = maybe_view(wc), call.bias = maybe_view(bc);
  call.mean = view_of(s.mean), call.rstd = view_of(s.rstd), call.var = maybe_view(s.var);
  kernels(x.device()).channel_norm(call);
  if (recording(x, weight, bias))
    record(y, op, {x, weight, bias}, [x = Saved(x), weight = weight.defined() ? Saved(weight) : Saved(), s, groups, eps](Backward& d) {
      const Tensor input = x(d), w = read(weight, d);
      if (d.create_graph()) return channel_norm_gradient(d, input, w, groups, eps, s);
      ChannelNormGradCall grad;
      grad.n = input.size(0), grad.c = input.size(1), grad.l = input.numel() / (grad.n * grad.c), grad.groups = groups, grad.given = s.given;
      const Tensor gc = dense(d.g()), xc = dense(input), wc = w.defined() ? dense(w) : w;
      grad.g = view_of(gc), grad.x = view_of(xc), grad.weight = maybe_view(wc), grad.mean = view_of(s.mean), grad.rstd = view_of(s.rstd);
      const auto make = [&](int i, const Shape& shape, View& v) {
        if (!d.needs(i)) return;
        d[i] = make_tensor(shape, input.dtype(), input.device());
        v = view_of(d[i]);
      };
      make(0, input.shape(), grad.dx), make(1, {grad.c}, grad.dweight), make(2, {grad.c}, grad.dbias);
      kernels(input.device()).channel_norm_grad(grad);
    });
  return y;
}

void check_running(const char* op, const Tensor& x, const ChannelNormOptions& o, bool needed) {
  check_channels(op, x, "running_mean", o.running_mean);
  check_channels(op, x, "running_var", o.running_var);
  if (o.running_mean.defined() != o.running_var.defined())
    value_error(op, "running_mean and running_var go together; got running_mean=", o.running_mean.defined() ? "a tensor" : "none",
                ", running_var=", o.running_var.defined() ? "a tensor" : "none");
  if (needed && !o.running_mean.defined()) value_error(op, "running statistics are needed outside training; got running_mean=none");
}

/// The running statistics in place of x's own. Copies, which later updates leave alone.
Statistics running_statistics(const ChannelNormOptions& o, DType dtype) {
  const no_grad guard;
  const DType t = compute_dtype(dtype) == float64 ? float64 : compute_dtype(o.running_var.dtype());
  return {o.running_mean.to(t).clone(), rsqrt(o.running_var.to(t) + o.eps), {}, true};
}

/// running = (1 - momentum) running + momentum now. `count`: values behind each variance, which is made unbiased.
void update_running(const ChannelNormOptions& o, const Tensor& mean, const Tensor& var, std::int64_t count) {
  if (!o.running_mean.defined()) return;
  const no_grad guard;
  const double n = static_cast<double>(count);
  Tensor running_mean = o.running_mean, running_var = o.running_var;
  running_mean.copy_(running_mean * (1 - o.momentum) + mean * o.momentum);
  running_var.copy_(running_var * (1 - o.momentum) + var * (o.momentum * n / (n - 1)));
}

}  // namespace

Tensor batch_norm(const Tensor& x, bool training, const ChannelNormOptions& o) {
  const char* op = "batch_norm";
  check_channel_norm(op, x, o.weight, o.bias);
  check_running(op, x, o, !training);
  Statistics s;
  if (!training) s = running_statistics(o, x.dtype());
  const std::int64_t count = x.size(1) == 0 ? 0 : x.numel() / x.size(1);
  if (training && count == 1) value_error(op, "training needs more than one value per channel; got x=", x.shape());
  const Tensor y = channel_norm(op, x, o.weight, o.bias, 0, o.eps, s);
  if (training && x.numel() > 0) update_running(o, s.mean, s.var, count);
  return y;
}

Tensor instance_norm(const Tensor& x, const ChannelNormOptions& o, bool use_input_stats) {
  const char* op = "instance_norm";
  check_channel_norm(op, x, o.weight, o.bias);
  if (x.ndim() < 3) value_error(op, "x needs a batch, channels and at least one more dimension; got shape=", x.shape());
  check_running(op, x, o, !use_input_stats);
  if (!use_input_stats) {
    Statistics s = running_statistics(o, x.dtype());
    return channel_norm(op, x, o.weight, o.bias, 0, o.eps, s);
  }
  const std::int64_t planes = x.size(0) * x.size(1), count = planes == 0 ? 0 : x.numel() / planes;
  if (count == 1) value_error(op, "needs more than one value per channel; got x=", x.shape());
  Statistics s;
  const Tensor y = channel_norm(op, x, o.weight, o.bias, x.size(1), o.eps, s);
  if (x.numel() > 0 && o.running_mean.defined()) update_running(o, mean(s.mean, {0}), mean(s.var, {0}), count);
  return y;
}

Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  const char* op = "group_norm";
  check_channel_norm(op, x, weight, bias);
  if (groups < 1 || x.size(1) % groups != 0) value_error(op, "num_groups must divide the channels; got num_groups=", groups, ", x=", x.shape());
  Statistics s;
  return channel_norm(op, x, weight, bias, groups, eps, s);
}

// --- over neighbours, and vectors ---------------------------------------------------------------------------------------

Tensor local_response_norm(const Tensor& x, std::int64_t size, double alpha, double beta, double k) {
  const char* op = "local_response_norm";
  check_floating(op, "x", x);
  if (x.ndim() < 3) value_error(op, "x needs a batch, channels and at least one more dimension; got shape=", x.shape());
  if (size < 1) value_error(op, "size must be positive; got size=", size);
  if (x.numel() == 0) return x;
  Shape margin = Shape::filled(2 * (x.ndim() - 1), 0);
  margin[margin.size() - 2] = size / 2, margin[margin.size() - 1] = (size - 1) / 2;
  const Tensor around = sum(unfold(pad(square(x), margin), 1, size, 1), {-1});
  return x / pow(around * (alpha / static_cast<double>(size)) + k, beta);
}

Tensor normalize(const Tensor& x, double p, std::int64_t dim, double eps) {
  check_floating("normalize", "x", x);
  const int k = normalize_dim("normalize", dim, x.ndim());
  return x / clamp_min(vector_norm(x, p, x.ndim() == 0 ? Shape{} : Shape{k}, true), eps);
}

}  // namespace ph
