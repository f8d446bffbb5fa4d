// Multi-head attention: projections and masks around scaled_dot_product_attention.
#include <cmath>

#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/tensor/error.h"

namespace ph {

namespace {

constexpr const char* op = "multi_head_attention_forward";

// A mask where true hides, as numbers to add to the scores.
Tensor as_scores(const Tensor& mask, DType t) {
  if (!is_bool(mask.dtype())) return mask;
  return where(mask, full({}, -inf, {.dtype = t, .device = mask.device()}), zeros({}, {.dtype = t, .device = mask.device()}));
}

// Both masks as one, in scaled_dot_product_attention's form. Undefined if there is none.
Tensor joined(const MultiheadOptions& m, std::int64_t n, std::int64_t heads, std::int64_t t, std::int64_t s, DType dtype) {
  Tensor keys, scores;
  if (m.key_padding_mask.defined()) {
    if (m.key_padding_mask.numel() != n * s || m.key_padding_mask.size(-1) != s)
      value_error(op, "key_padding_mask must be [n, s]; got shape=", m.key_padding_mask.shape(), ", expected ", Shape{n, s});
    keys = m.key_padding_mask.reshape({n, 1, 1, s});
  }
  if (m.attn_mask.defined()) {
    const Shape each{n * heads, t, s};
    if (!(m.attn_mask.shape() == each) && !(m.attn_mask.shape() == Shape{t, s}))
      value_error(op, "attn_mask must be [t, s] or [n * heads, t, s]; got shape=", m.attn_mask.shape(), ", expected ", each);
    scores = m.attn_mask.ndim() == 3 ? m.attn_mask.reshape({n, heads, t, s}) : m.attn_mask;
  }
  if (!keys.defined() && !scores.defined()) return {};
  if (!keys.defined() || !scores.defined()) {
    const Tensor& one = keys.defined() ? keys : scores;
    return is_bool(one.dtype()) ? logical_not(one) : one;
  }
  if (is_bool(keys.dtype()) && is_bool(scores.dtype())) return logical_not(logical_or(keys, scores));
  return as_scores(keys, dtype) + as_scores(scores, dtype);
}

void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value, std::int64_t heads, const MultiheadParameters& p) {
  if (query.ndim() < 2 || query.ndim() > 3 || key.ndim() != query.ndim() || value.ndim() != query.ndim())
    value_error(op, "query, key and value must all have two dims, or three; got query=", query.shape(), ", key=", key.shape(), ", value=", value.shape());
  if (key.size(0) != value.size(0) || (query.ndim() == 3 && (key.size(1) != query.size(1) || value.size(1) != query.size(1))))
    value_error(op, "key and value must be as long, and all have one batch size; got query=", query.shape(), ", key=", key.shape(), ", value=", value.shape());
  if (heads < 1 || query.size(-1) % heads != 0) value_error(op, "the width must be a multiple of the heads; got width=", query.size(-1), ", heads=", heads);
  const bool apart = p.q_proj_weight.defined() && p.k_proj_weight.defined() && p.v_proj_weight.defined();
  if (!p.in_proj_weight.defined() && !apart) value_error(op, "in_proj_weight is needed, or q_proj_weight, k_proj_weight and v_proj_weight; got in_proj_weight=none");
  if (!p.out_proj_weight.defined()) value_error(op, "out_proj_weight is needed; got out_proj_weight=none");
  if (p.bias_k.defined() != p.bias_v.defined()) value_error(op, "bias_k and bias_v go together; got one of them");
}

}  // namespace

MultiheadResult multi_head_attention_forward(const Tensor& query, const Tensor& key, const Tensor& value, std::int64_t heads, const MultiheadParameters& p,
                                             const MultiheadOptions& o) {
  check_inputs(query, key, value, heads, p);
  const bool single = query.ndim() == 2;
  const auto batched = [&](const Tensor& x) { return single ? x.unsqueeze(0) : x.transpose(0, 1); };
  const Tensor q = batched(query), k = batched(key), v = batched(value);  // [n, t, c], [n, s, kdim], [n, s, vdim]
  const std::int64_t n = q.size(0), t = q.size(1), c = q.size(2), depth = c / heads;

  // Parts of one product where it is the same tensor three times.
  const auto part = [&](const Tensor& x, std::int64_t i, std::int64_t count) {
    const Tensor w = p.in_proj_weight.defined() ? p.in_proj_weight.narrow(0, i * c, count * c) : i == 0 ? p.q_proj_weight : i == 1 ? p.k_proj_weight : p.v_proj_weight;
    return linear(x, w, p.in_proj_bias.defined() ? p.in_proj_bias.narrow(0, i * c, count * c) : Tensor());
  };
  const auto split_heads = [&](const Tensor& x) { return x.reshape({n, x.size(1), heads, depth}).transpose(1, 2); };  // [n, heads, t, depth]
  const auto fixed = [&](const char* name, const Tensor& x) {
    if (x.ndim() != 3 || x.size(0) != n * heads || x.size(2) != depth)
      value_error(op, name, " must be [n * heads, s, depth]; got shape=", x.shape(), ", n * heads=", n * heads, ", depth=", depth);
    return x.reshape({n, heads, x.size(1), depth});
  };
  Tensor a, b, d;
  if (p.in_proj_weight.defined() && query.is_same(key) && query.is_same(value)) {
    const Tensor all = part(q, 0, 3);
    a = all.narrow(2, 0, c), b = all.narrow(2, c, c), d = all.narrow(2, 2 * c, c);
  } else {
    a = part(q, 0, 1), b = part(k, 1, 1), d = part(v, 2, 1);
  }
  const std::int64_t s = o.static_k.defined() ? o.static_k.size(1) : b.size(1);
  std::int64_t more = 0;  // keys that everybody sees
  if (p.bias_k.defined()) {
    if (o.static_k.defined() || o.static_v.defined()) value_error(op, "bias_k and bias_v cannot be joined to static_k, static_v");
    b = cat({b, p.bias_k.expand({n, 1, c})}, 1), d = cat({d, p.bias_v.expand({n, 1, c})}, 1);
    ++more;
  }
  a = split_heads(a);
  b = o.static_k.defined() ? fixed("static_k", o.static_k) : split_heads(b);
  d = o.static_v.defined() ? fixed("static_v", o.static_v) : split_heads(d);
  if (b.size(2) != d.size(2)) value_error(op, "keys and values must be as long; got keys=", b.size(2), ", values=", d.size(2));
  if (o.add_zero_attn) {
    const Tensor none = new_zeros(b, {n, heads, 1, depth});
    b = cat({b, none}, 2), d = cat({d, none}, 2);
    ++more;
  }

  MultiheadOptions who = o;
  if (o.is_causal && (more > 0 || o.need_weights)) {
    const Tensor later = triu(ones({t, s}, {.dtype = bool_, .device = q.device()}), 1);
    if (!o.attn_mask.defined()) who.attn_mask = later;
    else who.attn_mask = is_bool(o.attn_mask.dtype()) ? logical_or(o.attn_mask, later) : o.attn_mask + as_scores(later, o.attn_mask.dtype());
    who.is_causal = false;
  }
  Tensor mask = joined(who, n, heads, t, s, q.dtype());
  if (mask.defined() && more > 0) mask = pad(mask, {0, more}, Pad::constant, is_bool(mask.dtype()) ? Scalar(true) : Scalar(0));

  const double dropout_p = o.training ? o.dropout_p : 0;
  MultiheadResult r;
  Tensor y;  // [n, heads, t, depth]
  if (o.need_weights) {
    Tensor scores = matmul(a * (1 / std::sqrt(static_cast<double>(depth))), b.mT());
    if (mask.defined()) scores = is_bool(mask.dtype()) ? where(mask, scores, Scalar(-inf)) : scores + mask;
    r.weights = dropout(detail::softmax_of_seen(scores), dropout_p);
    y = matmul(r.weights, d);
    if (o.average_attn_weights) r.weights = mean(r.weights, {1});
    if (single) r.weights = r.weights.squeeze(0);
  } else {
    y = scaled_dot_product_attention(a, b, d, {.mask = mask, .dropout_p = dropout_p, .is_causal = who.is_causal});
  }
  const Tensor out = linear(y.transpose(1, 2).reshape({n, t, c}), p.out_proj_weight, p.out_proj_bias);
  r.output = single ? out.squeeze(0) : out.transpose(0, 1);
  return r;
}

}  // namespace ph
