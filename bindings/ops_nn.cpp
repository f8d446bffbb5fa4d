// What models are made of, as functions: softmax, gates, distances, dropout, embedding, attention; convolutions. Normalisation and
// losses are in ops_norm.cpp and ops_loss.cpp.
#include "bindings/choices.h"
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

namespace {
using I = std::int64_t;
Tensor cast(const Tensor& x, const MaybeDType& dtype) { return dtype ? x.to(*dtype) : x; }
/// PyTorch's choice for None depends on the number of dims, and it warns of it.
I given(const char* op, const std::optional<I>& dim) {
  if (!dim) type_error(op, "dim is required; got None. The last one is dim=-1");
  return *dim;
}
/// y; with `inplace`, x with its values.
Changed changed(Tensor& x, Tensor y, bool inplace) {
  if (!inplace) return {std::move(y)};
  if (!y.is_same(x)) x.copy_(y);
  return {};
}
Bound bound(const std::optional<I>& i) { return i ? Bound(*i) : Bound(); }
}  // namespace

void define_nn() {
  op("softmax", "x, dim=-1, dtype=None", [](const Tensor& x, std::optional<I> dim, const MaybeDType& t) { return softmax(cast(x, t), given("softmax", dim)); });
  op("log_softmax", "x, dim=-1, dtype=None", [](const Tensor& x, std::optional<I> dim, const MaybeDType& t) { return log_softmax(cast(x, t), given("log_softmax", dim)); });
  function("softmin", "x, dim=-1, dtype=None", [](const Tensor& x, std::optional<I> dim, const MaybeDType& t) { return softmin(cast(x, t), given("softmin", dim)); });
  function("cosine_similarity", "x1, x2, dim=1, eps=1e-08", [](const Tensor& a, const Tensor& b, I dim, double eps) { return cosine_similarity(a, b, dim, eps); });
  function("pairwise_distance", "x1, x2, p=2.0, eps=1e-06, keepdim=False",
           [](const Tensor& a, const Tensor& b, double p, double eps, bool keep) { return pairwise_distance(a, b, p, eps, keep); });
  function("pdist", "input, p=2.0", [](const Tensor& x, double p) { return pdist(x, p); });
  function("bilinear", "input1, input2, weight, bias=None",
           [](const Tensor& a, const Tensor& b, const Tensor& w, const MaybeTensor& bias) { return bilinear(a, b, w, bias); });
  function("glu", "input, dim=-1", [](const Tensor& x, I dim) { return glu(x, dim); });
  function("rrelu", "input, lower=0.125, upper=0.3333333333333333, training=False, inplace=False, *, generator=None",
           [](Tensor& x, double lower, double upper, bool training, bool inplace, Generator& g) -> Changed {
             if (inplace) return rrelu_(x, lower, upper, training, g), Changed{};
             return {rrelu(x, lower, upper, training, g)};
           });
  // eps has no effect in PyTorch either.
  function("gumbel_softmax", "logits, tau=1.0, hard=False, eps=1e-10, dim=-1, *, generator=None",
           [](const Tensor& x, double tau, bool hard, double, I dim, Generator& g) { return gumbel_softmax(x, tau, hard, dim, g); });
  function("pixel_shuffle", "input, upscale_factor", [](const Tensor& x, I r) { return pixel_shuffle(x, r); });
  function("pixel_unshuffle", "input, downscale_factor", [](const Tensor& x, I r) { return pixel_unshuffle(x, r); });
  function("channel_shuffle", "input, groups", [](const Tensor& x, I groups) { return channel_shuffle(x, groups); });

#define PH_DROPOUT(name, training_is)                                                              \
  function(#name, "input, p=0.5, training=" #training_is ", inplace=False, *, generator=None",     \
           [](Tensor& x, double p, bool training, bool inplace, Generator& g) { return changed(x, name(x, p, training, g), inplace); });
  PH_DROPOUT(dropout, True)
  PH_DROPOUT(dropout1d, True)
  PH_DROPOUT(dropout2d, True)
  PH_DROPOUT(dropout3d, True)
  PH_DROPOUT(alpha_dropout, False)
  PH_DROPOUT(feature_alpha_dropout, False)
#undef PH_DROPOUT
  function("embedding", "x, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False",
           [](const Tensor& x, Tensor& w, std::optional<I> pad, std::optional<double> max_norm, double norm_type, bool by_frequency, bool sparse) {
             if (by_frequency || sparse) value_error("embedding", "scale_grad_by_freq and sparse are not supported; got one of them");
             if (max_norm) embedding_renorm_(w, x, *max_norm, norm_type);
             return embedding(x, w, bound(pad));
           });
  function("embedding_renorm_", "weight, indices, max_norm, norm_type=2.0",
           [](Tensor& w, const Tensor& x, double max_norm, double norm_type) -> Tensor& { return embedding_renorm_(w, x, max_norm, norm_type); });
  function("embedding_bag",
           "input, weight, offsets=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, per_sample_weights=None, "
           "include_last_offset=False, padding_idx=None",
           [](const Tensor& x, Tensor& w, const MaybeTensor& offsets, std::optional<double> max_norm, double norm_type, bool by_frequency, BagMode mode, bool sparse,
              const MaybeTensor& weights, bool last, std::optional<I> pad) {
             if (by_frequency || sparse) value_error("embedding_bag", "scale_grad_by_freq and sparse are not supported; got one of them");
             if (max_norm) embedding_renorm_(w, x, *max_norm, norm_type);
             return embedding_bag(x, w, {.offsets = offsets, .mode = mode, .per_sample_weights = weights, .include_last_offset = last, .padding_idx = bound(pad)});
           });
  function("one_hot", "x, num_classes=-1", [](const Tensor& x, I n) { return one_hot(x, n); });
  function("scaled_dot_product_attention", "query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False",
           [](const Tensor& q, const Tensor& k, const Tensor& v, const MaybeTensor& mask, double p, bool causal, std::optional<double> scale, bool gqa) {
             return scaled_dot_product_attention(q, k, v, {.mask = mask, .dropout_p = p, .is_causal = causal, .scale = scale.value_or(0), .enable_gqa = gqa});
           });

  // PyTorch's order of arguments; the width is that of the query.
  function("multi_head_attention_forward",
           "query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, "
           "training=True, key_padding_mask=None, need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, "
           "average_attn_weights=True, is_causal=False",
           [](const Tensor& q, const Tensor& k, const Tensor& v, I width, I heads, const MaybeTensor& in_w, const MaybeTensor& in_b, const MaybeTensor& bias_k,
              const MaybeTensor& bias_v, bool zero, double p, const Tensor& out_w, const MaybeTensor& out_b, bool training, const MaybeTensor& padding, bool weights,
              const MaybeTensor& mask, bool separate, const MaybeTensor& q_w, const MaybeTensor& k_w, const MaybeTensor& v_w, const MaybeTensor& static_k, const MaybeTensor& static_v, bool average,
              bool causal) {
             const char* op = "multi_head_attention_forward";
             if (q.ndim() > 0 && q.size(-1) != width) value_error(op, "embed_dim_to_check must be the query's width; got embed_dim_to_check=", width, ", query=", q.shape());
             MultiheadParameters parameters{.in_proj_weight = in_w, .in_proj_bias = in_b, .bias_k = bias_k, .bias_v = bias_v, .out_proj_weight = out_w, .out_proj_bias = out_b};
             if (separate) parameters.in_proj_weight = {}, parameters.q_proj_weight = q_w, parameters.k_proj_weight = k_w, parameters.v_proj_weight = v_w;
             MultiheadResult r = multi_head_attention_forward(q, k, v, heads, parameters,
                                                              {.key_padding_mask = padding, .attn_mask = mask, .is_causal = causal, .add_zero_attn = zero, .dropout_p = p,
                                                               .training = training, .need_weights = weights, .average_attn_weights = average, .static_k = static_k, .static_v = static_v});
             return checked(PyTuple_Pack(2, wrap(std::move(r.output)), r.weights.defined() ? wrap(std::move(r.weights)) : Py_NewRef(Py_None)));
           });
}

}  // namespace ph::python
