// Scaled dot product attention: fused where it can be, else in matrix products and softmax.
#include <cmath>

#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::dense;
using detail::make_tensor;

Tensor detail::softmax_of_seen(const Tensor& scores) {
  if (scores.size(-1) == 0) return softmax(scores, -1);
  const Tensor blind = isneginf(max(scores.detach(), Shape{-1}, true));
  return where(blind, Scalar(0), softmax(where(blind, Scalar(0), scores), -1));
}

namespace {

constexpr const char* op = "scaled_dot_product_attention";

struct Setting {
  double scale;
  bool causal;
};

/// The attention weights; rows that see nothing are 0.
Tensor weights(const Tensor& q, const Tensor& k, const Tensor& mask, const Setting& s) {
  Tensor scores = matmul(q, k.mT()) * s.scale;
  const double inf = HUGE_VAL;
  if (mask.defined()) scores = mask.dtype() == bool_ ? where(mask, scores, Scalar(-inf)) : scores + mask;
  if (s.causal) {
    const Tensor seen = tri(scores.size(-2), scores.size(-1), 0, {.dtype = bool_, .device = q.device()});
    scores = where(seen, scores, Scalar(-inf));
  }
  return mask.defined() ? detail::softmax_of_seen(scores) : softmax(scores, -1);
}

/// The rule in other ops, differentiable in g, q, k and v.
void gradient(Backward& d, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Setting& s) {
  const Tensor& g = d.g();
  const Tensor p = weights(q, k, mask, s);
  if (d.needs(2)) d[2] = matmul(p.mT(), g);
  if (!d.needs(0) && !d.needs(1)) return;
  const Tensor dp = matmul(g, v.mT()), ds = p * (dp - sum(p * dp, {-1}, true)) * s.scale;
  if (d.needs(0)) d[0] = matmul(ds, k);
  if (d.needs(1)) d[1] = matmul(ds.mT(), q);
}

/// q, k, v: [B, H, …]; mask: undefined, or expanded to [B, H, T, S].
Tensor fused(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const Setting& s) {
  Tensor y = make_tensor({q.size(0), q.size(1), q.size(2), v.size(3)}, q.dtype(), q.device());
  const Tensor lse = make_tensor({q.size(0), q.size(1), q.size(2)}, q.dtype(), q.device());
  const Kernels& table = kernels(q.device());
  table.attention({view_of(y), view_of(lse), view_of(q), view_of(k), view_of(v), detail::maybe_view(mask), s.scale, s.causal});
  if (!recording(q, k, v)) return y;
  record(y, op, {q, k, v},
         [q = Saved(q), k = Saved(k), v = Saved(v), mask = mask.defined() ? Saved(mask) : Saved(), y = Saved::output(y), lse, s](Backward& d) {
           const Tensor a = q(d), b = k(d), c = v(d), m = detail::read(mask, d);
           if (d.create_graph()) return gradient(d, a, b, c, m, s);
           const Tensor g = dense(d.g()), out = y(d);
           const Tensor* of[] = {&a, &b, &c};
           Tensor grads[3];
           for (int i = 0; i < 3; ++i) grads[i] = make_tensor(of[i]->shape(), a.dtype(), a.device());
           kernels(a.device()).attention_grad({view_of(grads[0]), view_of(grads[1]), view_of(grads[2]), view_of(g), view_of(out), view_of(lse),
                                               view_of(a), view_of(b), view_of(c), detail::maybe_view(m), s.scale, s.causal});
           for (int i = 0; i < 3; ++i)
             if (d.needs(i)) d[i] = grads[i];
         });
  return y;
}

/// x with its leading dims broadcast to `batch` and made two.
Tensor heads(const Tensor& x, const Shape& batch, const Shape& two) {
  Shape wide = batch, flat = two;
  for (const int i : {-2, -1}) wide.push_back(x.size(i)), flat.push_back(x.size(i));
  return (x.shape() == wide ? x : expand(x, wide)).reshape(flat);
}

Shape leading(const Tensor& x) { return Shape(x.shape().data(), x.ndim() - 2); }

/// Keys or values with each head repeated for its share of q's heads.
Tensor for_heads_of(const Tensor& q, const char* name, const Tensor& x) {
  if (q.ndim() < 3 || x.ndim() < 3) value_error(op, "enable_gqa needs dimensions [..., heads, length, depth]; got q=", q.shape(), ", ", name, "=", x.shape());
  const std::int64_t many = q.size(-3), few = x.size(-3);
  if (few == 0 ? many != 0 : many % few != 0) value_error(op, name, "'s heads must divide q's; got q=", q.shape(), ", ", name, "=", x.shape());
  if (many == few) return x;
  Shape wide = x.shape(), merged = x.shape();
  merged[x.ndim() - 3] = many;
  wide.insert(x.ndim() - 2, many / few);
  return expand(x.unsqueeze(-3), wide).reshape(merged);
}

}  // namespace

Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
  const Tensor& mask = options.mask;
  const struct { const char* name; const Tensor& x; } operands[] = {{"q", q}, {"k", k}, {"v", v}};
  for (const auto& [name, x] : operands) {
    detail::check_floating(op, name, x);
    if (x.ndim() < 2) value_error(op, name, " needs at least two dimensions; got shape=", x.shape());
    if (x.dtype() != q.dtype()) type_error(op, "dtypes must match; got q=", q.dtype(), ", ", name, "=", x.dtype());
    if (x.device() != q.device()) runtime_error(op, "devices must match; got q=", q.device(), ", ", name, "=", x.device());
  }
  if (options.enable_gqa) {
    AttentionOptions plain = options;
    plain.enable_gqa = false;
    const Tensor wide_k = for_heads_of(q, "k", k), wide_v = for_heads_of(q, "v", v);
    return scaled_dot_product_attention(q, wide_k, wide_v, plain);
  }
  if (q.size(-1) != k.size(-1)) value_error(op, "q and k must have one depth; got q=", q.shape(), ", k=", k.shape());
  if (k.size(-2) != v.size(-2)) value_error(op, "k and v must have one length; got k=", k.shape(), ", v=", v.shape());
  if (!(options.dropout_p >= 0 && options.dropout_p <= 1)) value_error(op, "dropout_p must be a probability; got dropout_p=", options.dropout_p);
  if (mask.defined()) {
    if (mask.dtype() != bool_ && !is_floating(mask.dtype())) type_error(op, "mask must be bool or floating; got dtype=", mask.dtype());
    if (mask.device() != q.device()) runtime_error(op, "devices must match; got q=", q.device(), ", mask=", mask.device());
  }
  const Shape batch = broadcast_shapes(op, broadcast_shapes(op, leading(q), leading(k)), leading(v));
  Shape scores = batch;
  scores.push_back(q.size(-2)), scores.push_back(k.size(-2));
  if (mask.defined() && !(broadcast_shapes(op, mask.shape(), scores) == scores))
    value_error(op, "mask must broadcast to [..., T, S]; got mask=", mask.shape(), ", scores=", scores);

  if (detail::is_half(q.dtype())) {
    AttentionOptions wide = options;
    if (mask.defined() && mask.dtype() != bool_) wide.mask = mask.to(float32);
    return scaled_dot_product_attention(q.to(float32), k.to(float32), v.to(float32), wide).to(q.dtype());
  }
  const Setting s = {options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(q.size(-1))), options.is_causal};
  const Tensor m = mask.defined() && mask.dtype() != bool_ ? mask.to(q.dtype()) : mask;
  if (options.dropout_p > 0 || recording(m) || numel(scores) == 0 || q.size(-1) == 0 || v.size(-1) == 0) {
    const Tensor p = weights(q, k, m, s);
    return matmul(options.dropout_p > 0 ? dropout(p, options.dropout_p) : p, v);
  }
  const Shape two = batch.size() == 2 ? batch : Shape{1, numel(batch)};
  Shape flat = two;
  flat.push_back(q.size(-2)), flat.push_back(k.size(-2));
  Tensor wide_mask;
  if (m.defined()) wide_mask = batch.size() <= 2 || m.ndim() <= 2 ? expand(m, flat) : expand(m, scores).reshape(flat);
  const Tensor y = fused(heads(q, batch, two), heads(k, batch, two), heads(v, batch, two), wide_mask, s);
  if (batch.size() == 2) return y;
  Shape shape = batch;
  shape.push_back(y.size(2)), shape.push_back(y.size(3));
  return y.reshape(shape);
}

}  // namespace ph
