// Multi-head attention as a module: its parameters. The computation is an op.
#include "playhead/nn/attention.h"

#include "playhead/autograd/ops.h"
#include "playhead/nn/init.h"

namespace ph::nn {

MultiheadAttention::MultiheadAttention(std::int64_t c, std::int64_t heads_, const MultiheadAttentionOptions& options)
    : heads(heads_), dropout(options.dropout), batch_first(options.batch_first), add_zero_attn(options.add_zero_attn),
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
  if (options.add_bias_kv)
    for (Parameter* p : {&bias_k, &bias_v}) {
      *p = Parameter(empty({1, 1, c}, {.dtype = options.dtype}));
      init::xavier_normal_(*p);
    }
  if (!options.bias) return;
  in_proj_bias = Parameter(zeros({3 * c}, {.dtype = options.dtype}));
  init::zeros_(out_proj.bias);
}

MultiheadResult MultiheadAttention::attend(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask, bool need_weights,
                                           bool average_weights) {
  const bool turn = batch_first && query.ndim() == 3;  // the op wants [t, n, c]
  const auto turned = [&](const Tensor& x) { return turn && x.ndim() == 3 ? x.transpose(0, 1) : x; };
  const Tensor q = turned(query), k = key.is_same(query) ? q : turned(key), v = value.is_same(query) ? q : value.is_same(key) ? k : turned(value);
  MultiheadResult r = multi_head_attention_forward(
      q, k, v, heads, {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, bias_k, bias_v, out_proj.weight, out_proj.bias},
      {.key_padding_mask = mask.key_padding_mask, .attn_mask = mask.attn_mask, .is_causal = mask.is_causal, .add_zero_attn = add_zero_attn,
       .dropout_p = dropout, .training = training, .need_weights = need_weights, .average_attn_weights = average_weights});
  r.output = turned(r.output);
  return r;
}

Tensor MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask) {
  return attend(query, key, value, mask, false).output;
}

}  // namespace ph::nn
