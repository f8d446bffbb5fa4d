// The projections around attention, and the masks in the form that the op wants.
#include "playhead/nn/attention.h"

#include <cmath>

#include "playhead/autograd/ops.h"
#include "playhead/nn/init.h"

namespace ph::nn {

MultiheadAttention::MultiheadAttention(std::int64_t c, std::int64_t heads_, const MultiheadAttentionOptions& options)
    : heads(heads_), dropout(options.dropout), batch_first(options.batch_first),
      out_proj(c, c, {.bias = options.bias, .dtype = options.dtype}) {
  if (heads < 1 || c % heads != 0) value_error("MultiheadAttention", "the width must be a multiple of the heads; got width=", c, ", heads=", heads);
  if (!(dropout >= 0 && dropout <= 1)) value_error("MultiheadAttention", "probability must be in [0, 1]; got dropout=", dropout);
  const std::int64_t kdim = options.kdim ? options.kdim : c, vdim = options.vdim ? options.vdim : c;
  const auto projection = [&](std::int64_t out, std::int64_t in) {
    Parameter w(empty({out, in}, {.dtype = options.dtype}));
    init::xavier_uniform_(w);
    return w;
  };
  if (kdim == c && vdim == c) {
    in_proj_weight = projection(3 * c, c);
  } else {
    q_proj_weight = projection(c, c);
    k_proj_weight = projection(c, kdim);
    v_proj_weight = projection(c, vdim);
  }
  if (!options.bias) return;
  in_proj_bias = Parameter(zeros({3 * c}, {.dtype = options.dtype}));
  init::zeros_(out_proj.bias);
}

namespace {

// A mask where true hides, as numbers to add to the scores.
Tensor as_scores(const Tensor& mask, DType t) {
  if (!is_bool(mask.dtype())) return mask;
  return where(mask, full({}, -HUGE_VAL, {.dtype = t, .device = mask.device()}), zeros({}, {.dtype = t, .device = mask.device()}));
}

// Both masks as one, in scaled_dot_product_attention's form. Undefined if there is none.
Tensor joined(const MultiheadMask& m, std::int64_t n, std::int64_t heads, std::int64_t t, std::int64_t s, DType dtype) {
  Tensor keys, scores;
  if (m.key_padding_mask.defined()) {
    if (m.key_padding_mask.numel() != n * s || m.key_padding_mask.size(-1) != s)
      value_error("MultiheadAttention", "key_padding_mask must be [n, s]; got shape=", m.key_padding_mask.shape(), ", expected ", Shape{n, s});
    keys = m.key_padding_mask.reshape({n, 1, 1, s});
  }
  if (m.attn_mask.defined()) {
    const Shape each{n * heads, t, s};
    if (!(m.attn_mask.shape() == each) && !(m.attn_mask.shape() == Shape{t, s}))
      value_error("MultiheadAttention", "attn_mask must be [t, s] or [n * heads, t, s]; got shape=", m.attn_mask.shape(), ", expected ", each);
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

}  // namespace

Tensor MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask) {
  const bool single = query.ndim() == 2;
  for (const Tensor* x : {&query, &key, &value})
    if (x->ndim() != (single ? 2 : 3))
      value_error("MultiheadAttention", "query, key and value must all have two dims, or three; got query=", query.shape(), ", key=", key.shape(),
                  ", value=", value.shape());
  const auto batched = [&](const Tensor& x) { return single ? x.unsqueeze(0) : batch_first ? x : x.transpose(0, 1); };
  const Tensor q = batched(query), k = batched(key), v = batched(value);  // [n, t, c], [n, s, kdim], [n, s, vdim]
  const std::int64_t n = q.size(0), t = q.size(1), s = k.size(1), c = out_proj.weight.size(1);

  // Parts of one product where it is the same tensor three times.
  const auto part = [&](const Tensor& x, std::int64_t i, std::int64_t count) {
    const Tensor w = in_proj_weight.defined() ? in_proj_weight.narrow(0, i * c, count * c) : Tensor(i == 0 ? q_proj_weight : i == 1 ? k_proj_weight : v_proj_weight);
    return linear(x, w, in_proj_bias.defined() ? in_proj_bias.narrow(0, i * c, count * c) : Tensor());
  };
  const auto split = [&](const Tensor& x) { return x.reshape({n, x.size(1), heads, c / heads}).transpose(1, 2); };  // [n, heads, t, c / heads]
  Tensor a, b, d;
  if (in_proj_weight.defined() && query.is_same(key) && query.is_same(value)) {
    const Tensor all = part(q, 0, 3);
    a = split(all.narrow(2, 0, c)), b = split(all.narrow(2, c, c)), d = split(all.narrow(2, 2 * c, c));
  } else {
    a = split(part(q, 0, 1)), b = split(part(k, 1, 1)), d = split(part(v, 2, 1));
  }
  const Tensor y = scaled_dot_product_attention(a, b, d, {.mask = joined(mask, n, heads, t, s, q.dtype()), .dropout_p = training ? dropout : 0,
                                                          .is_causal = mask.is_causal});
  const Tensor out = out_proj(y.transpose(1, 2).reshape({n, t, c}));
  return single ? out.squeeze(0) : batch_first ? out : out.transpose(0, 1);
}

}  // namespace ph::nn
