// Softmax, normalisation, dropout and embedding. Losses and attention have files of their own.
#include "playhead/autograd/ops_nn.h"

#include <cmath>
#include <limits>

#include "playhead/autograd/indexed.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::check_device;
using detail::check_floating;
using detail::compute_dtype;
using detail::dense;
using detail::is_half;
using detail::make_tensor;
using detail::maybe_view;
using detail::read;

// --- softmax ------------------------------------------------------------------------------------------------------------

namespace {

Tensor softmax_gradient(const Tensor& g, const Tensor& y, int dim, bool log, bool create_graph) {
  if (create_graph) return log ? g - exp(y) * sum(g, {dim}, true) : y * (g - sum(g * y, {dim}, true));
  const Tensor gc = dense(g), dx = make_tensor(y.shape(), y.dtype(), y.device());
  kernels(y.device()).softmax_grad({view_of(dx), view_of(gc), view_of(y), dim, log});
  return dx;
}

Tensor softmax_of(const char* op, const Tensor& x, std::int64_t dim, bool log) {
  check_floating(op, "x", x);
  const int k = normalize_dim(op, dim, x.ndim());
  if (is_half(x.dtype())) return softmax_of(op, x.to(float32), k, log).to(x.dtype());
  const Tensor xc = dense(x);
  Tensor y = make_tensor(x.shape(), x.dtype(), x.device());
  if (x.ndim() > 0) kernels(x.device()).softmax({view_of(y), view_of(xc), k, log});
  else return softmax_of(op, x.reshape({1}), 0, log).reshape({});
  if (recording(x))
    record(y, op, {x}, [y = Saved::output(y), k, log](Backward& d) { d[0] = softmax_gradient(d.g(), y(d), k, log, d.create_graph()); });
  return y;
}

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t dim) { return softmax_of("softmax", x, dim, false); }
Tensor log_softmax(const Tensor& x, std::int64_t dim) { return softmax_of("log_softmax", x, dim, true); }
Tensor softmin(const Tensor& x, std::int64_t dim) {
  check_floating("softmin", "x", x);
  return softmax_of("softmin", -x, dim, false);
}

// --- normalisation --------------------------------------------------------------------------------------------------------

namespace {

void check_norm(const char* op, const Tensor& x, const Shape& shape, const char* name, const Tensor& t) {
  if (!t.defined()) return;
  check_floating(op, name, t);
  check_device(op, x, name, t);
  if (!(t.shape() == shape)) value_error(op, name, " must have the normalized shape; got ", name, "=", t.shape(), ", shape=", shape);
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
  if (!fits) value_error(op, "x must end in the normalized shape; got x=", x.shape(), ", shape=", shape);
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

Tensor normalize(const Tensor& x, double p, std::int64_t dim, double eps) {
  check_floating("normalize", "x", x);
  const int k = normalize_dim("normalize", dim, x.ndim());
  return x / clamp_min(vector_norm(x, p, x.ndim() == 0 ? Shape{} : Shape{k}, true), eps);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double eps) {
  const char* op = "cosine_similarity";
  check_floating(op, "a", a), check_floating(op, "b", b);
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  const Shape dims = shape.empty() ? Shape{} : Shape{normalize_dim(op, dim, shape.size())};
  const Tensor x = expand(a, shape), y = expand(b, shape);
  // Each is normalised first, so that no product overflows; the norm's gradient at 0 is 0.
  const Tensor nx = vector_norm(x, 2, dims, true), ny = vector_norm(y, 2, dims, true);
  const double floor = std::sqrt(eps);
  return sum((x / clamp_min(nx, floor)) * (y / clamp_min(ny, floor)), dims);
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  check_floating("pairwise_distance", "a", a), check_floating("pairwise_distance", "b", b);
  const Tensor d = a - b + eps;
  return vector_norm(d, p, d.ndim() == 0 ? Shape{} : Shape{-1}, keepdim);
}

// --- dropout, embedding -----------------------------------------------------------------------------------------------------

Tensor dropout(const Tensor& x, double p, bool training, Generator& generator) {
  check_floating("dropout", "x", x);
  if (!(p >= 0 && p <= 1)) value_error("dropout", "p must be a probability; got p=", p);
  if (!training || p == 0) return x;
  const Tensor kept = make_tensor(x.shape(), bool_, x.device());
  RandomCall c;
  c.distribution = Distribution::bernoulli, c.out = view_of(kept), c.a = 1 - p;
  fill_random(c, x.device(), &generator);
  return where(kept, p == 1 ? x : x * (1 / (1 - p)), Scalar(0));
}

Tensor embedding(const Tensor& x, const Tensor& weight, Bound padding_idx) {
  const char* op = "embedding";
  if (weight.ndim() == 0) value_error(op, "weight needs at least one dimension; got shape=[]");
  const Tensor y = detail::take_at(op, weight, {detail::as_index(op, weight, x)}, 0);
  if (!padding_idx.set) return y;
  const std::int64_t count = weight.shape()[0], row = padding_idx.value < 0 ? padding_idx.value + count : padding_idx.value;
  if (row < 0 || row >= count) index_error(op, "padding_idx must be a row of weight; got padding_idx=", padding_idx.value, ", weight=", weight.shape());
  Tensor padded = equal(x, row);
  for (int d = 1; d < weight.ndim(); ++d) padded = padded.unsqueeze(-1);
  return where(padded, y.detach(), y);
}

Tensor one_hot(const Tensor& x, std::int64_t classes) {
  const char* op = "one_hot";
  if (!is_integer(x.dtype())) type_error(op, "x must be integers; got dtype=", x.dtype());
  const Tensor at = x.to(int64);
  if (classes < 0) {
    if (x.numel() == 0) value_error(op, "classes must be given for an empty x; got shape=", x.shape());
    classes = max(at).item<std::int64_t>() + 1;
  }
  if (at.numel() > 0) {
    const auto low = min(at).item<std::int64_t>(), high = max(at).item<std::int64_t>();
    if (low < 0 || high >= classes) index_error(op, "values must be in [0, ", classes, "); got values from ", low, " to ", high);
  }
  Shape shape = x.shape();
  shape.push_back(classes);
  checked_numel(op, shape, sizeof(std::int64_t));
  Tensor y = zeros(shape, {.dtype = int64, .device = x.device()});
  if (y.numel() > 0) scatter_(y, -1, at.unsqueeze(-1), Scalar(1));
  return y;
}

}  // namespace ph
