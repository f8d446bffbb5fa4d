// Softmax, gates, distances and shuffles. Dropout, embedding and attention have files of their own.
#include "playhead/autograd/ops_nn.h"

#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::check_floating;
using detail::dense;
using detail::is_half;
using detail::make_tensor;

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

// --- gates --------------------------------------------------------------------------------------------------------------

Tensor glu(const Tensor& x, std::int64_t dim) {
  const char* op = "glu";
  check_floating(op, "x", x);
  if (x.ndim() == 0) value_error(op, "x needs a dimension to halve; got shape=[]");
  const int k = normalize_dim(op, dim, x.ndim());
  if (x.size(k) % 2 != 0) value_error(op, "the dimension must be even; got shape=", x.shape(), ", dim=", dim);
  const std::vector<Tensor> half = split(x, {x.size(k) / 2, x.size(k) / 2}, k);
  return half[0] * sigmoid(half[1]);
}

Tensor gelu(const Tensor& x, const std::string& approximate) {
  if (approximate != "none" && approximate != "tanh") value_error("gelu", "approximate must be none or tanh; got approximate=", approximate);
  return approximate == "tanh" ? gelu_tanh(x) : gelu(x);
}

// --- distances ----------------------------------------------------------------------------------------------------------

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double eps) {
  const char* op = "cosine_similarity";
  check_floating(op, "a", a), check_floating(op, "b", b);
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  const Shape dims = shape.empty() ? Shape{} : Shape{normalize_dim(op, dim, shape.size())};
  const Tensor x = expand(a, shape), y = expand(b, shape);
  // Each is normalised first, so that no product overflows; the norm's gradient at 0 is 0.
  const Tensor nx = vector_norm(x, 2, dims, true), ny = vector_norm(y, 2, dims, true);
  return sum((x / clamp_min(nx, eps)) * (y / clamp_min(ny, eps)), dims);
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  check_floating("pairwise_distance", "a", a), check_floating("pairwise_distance", "b", b);
  const Tensor d = a - b + eps;
  return vector_norm(d, p, d.ndim() == 0 ? Shape{} : Shape{-1}, keepdim);
}

Tensor pdist(const Tensor& x, double p) {
  const char* op = "pdist";
  check_floating(op, "x", x);
  if (x.ndim() != 2) value_error(op, "x must be a matrix; got shape=", x.shape());
  if (!(p >= 0)) value_error(op, "p must not be negative; got p=", p);
  const Tensor pairs = triu_indices(x.size(0), x.size(0), 1).to(x.device());
  return vector_norm(index_select(x, 0, pairs[0]) - index_select(x, 0, pairs[1]), p, {-1});
}

Tensor bilinear(const Tensor& a, const Tensor& b, const Tensor& weight, const Tensor& bias) {
  const char* op = "bilinear";
  if (a.ndim() < 1 || a.ndim() != b.ndim() || weight.ndim() != 3 || a.size(-1) != weight.size(1) || b.size(-1) != weight.size(2))
    value_error(op, "a must be [..., n], b [..., m], and weight [out, n, m]; got a=", a.shape(), ", b=", b.shape(), ", weight=", weight.shape());
  Shape batch = a.shape(), other = b.shape();
  batch.resize(batch.size() - 1), other.resize(other.size() - 1);
  if (!(batch == other)) value_error(op, "a and b must have one batch shape; got a=", a.shape(), ", b=", b.shape());
  const std::int64_t out = weight.size(0), n = weight.size(1), m = weight.size(2);
  if (bias.defined() && !(bias.shape() == Shape{out})) value_error(op, "bias must be [out]; got bias=", bias.shape(), ", weight=", weight.shape());
  const Tensor rows = matmul(a.reshape({numel(batch), n}), weight.transpose(0, 1).reshape({n, out * m})).reshape({numel(batch), out, m});
  batch.push_back(out);
  const Tensor y = matmul(rows, b.reshape({rows.size(0), m, 1})).reshape(batch);
  return bias.defined() ? y + bias : y;
}

// --- shuffles -----------------------------------------------------------------------------------------------------------

namespace {
/// x's shape with its last three dims replaced.
Shape with_image(const Tensor& x, std::initializer_list<std::int64_t> image) {
  Shape s = x.shape();
  s.resize(s.size() - 3);
  for (std::int64_t n : image) s.push_back(n);
  return s;
}
void check_image(const char* op, const Tensor& x, std::int64_t factor) {
  if (x.ndim() < 3) value_error(op, "x must be [..., C, H, W]; got shape=", x.shape());
  if (factor < 1) value_error(op, "the factor must be positive; got ", factor);
}
}  // namespace

Tensor pixel_shuffle(const Tensor& x, std::int64_t r) {
  const char* op = "pixel_shuffle";
  check_image(op, x, r);
  const std::int64_t c = x.size(-3), h = x.size(-2), w = x.size(-1);
  checked_numel(op, {r, r, h, w}, 1);
  if (c % (r * r) != 0) value_error(op, "the factor's square must divide the channels; got factor=", r, ", x=", x.shape());
  const Tensor apart = x.reshape(with_image(x, {c / (r * r), r, r, h, w}));
  return movedim(apart, Shape{-4, -3}, Shape{-3, -1}).reshape(with_image(x, {c / (r * r), h * r, w * r}));
}

Tensor pixel_unshuffle(const Tensor& x, std::int64_t r) {
  const char* op = "pixel_unshuffle";
  check_image(op, x, r);
  const std::int64_t c = x.size(-3), h = x.size(-2), w = x.size(-1);
  checked_numel(op, {c, r, r}, 1);
  if (h % r != 0 || w % r != 0) value_error(op, "the factor must divide height and width; got factor=", r, ", x=", x.shape());
  const Tensor apart = x.reshape(with_image(x, {c, h / r, r, w / r, r}));
  return movedim(apart, Shape{-3, -1}, Shape{-4, -3}).reshape(with_image(x, {c * r * r, h / r, w / r}));
}

Tensor channel_shuffle(const Tensor& x, std::int64_t groups) {
  const char* op = "channel_shuffle";
  if (x.ndim() < 3) value_error(op, "x must be [N, C, size...]; got shape=", x.shape());
  if (groups < 1 || x.size(1) % groups != 0) value_error(op, "groups must divide the channels; got groups=", groups, ", x=", x.shape());
  return unflatten(x, 1, {groups, x.size(1) / groups}).transpose(1, 2).reshape(x.shape());
}

}  // namespace ph
