// What models are made of, as functions: softmax, normalisation, dropout, embedding, attention, losses.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
PH_CHOICE(LossReduction, {"none", LossReduction::none}, {"mean", LossReduction::mean}, {"sum", LossReduction::sum}, {"batchmean", LossReduction::batchmean})

namespace {
using I = std::int64_t;
Tensor cast(const Tensor& x, const MaybeDType& dtype) { return dtype ? x.to(*dtype) : x; }
}  // namespace

void define_nn() {
  op("softmax", "x, dim=-1, dtype=None", [](const Tensor& x, I dim, const MaybeDType& t) { return softmax(cast(x, t), dim); });
  op("log_softmax", "x, dim=-1, dtype=None", [](const Tensor& x, I dim, const MaybeDType& t) { return log_softmax(cast(x, t), dim); });
  function("softmin", "x, dim=-1, dtype=None", [](const Tensor& x, I dim, const MaybeDType& t) { return softmin(cast(x, t), dim); });
  function("layer_norm", "x, normalized_shape, weight=None, bias=None, eps=1e-05",
           [](const Tensor& x, const Shape& shape, const MaybeTensor& w, const MaybeTensor& b, double eps) { return layer_norm(x, shape, w, b, eps); });
  function("rms_norm", "x, normalized_shape, weight=None, eps=None",
           [](const Tensor& x, const Shape& shape, const MaybeTensor& w, std::optional<double> eps) { return rms_norm(x, shape, w, eps.value_or(-1)); });
  function("normalize", "x, p=2.0, dim=1, eps=1e-12", [](const Tensor& x, double p, I dim, double eps) { return normalize(x, p, dim, eps); });
  function("cosine_similarity", "x1, x2, dim=1, eps=1e-08", [](const Tensor& a, const Tensor& b, I dim, double eps) { return cosine_similarity(a, b, dim, eps); });
  function("pairwise_distance", "x1, x2, p=2.0, eps=1e-06, keepdim=False",
           [](const Tensor& a, const Tensor& b, double p, double eps, bool keep) { return pairwise_distance(a, b, p, eps, keep); });
  function("dropout", "x, p=0.5, training=True", [](const Tensor& x, double p, bool training) { return dropout(x, p, training); });
  function("embedding", "x, weight, padding_idx=None", [](const Tensor& x, const Tensor& w, std::optional<I> pad) { return embedding(x, w, pad ? Bound(*pad) : Bound()); });
  function("one_hot", "x, num_classes=-1", [](const Tensor& x, I n) { return one_hot(x, n); });
  function("scaled_dot_product_attention", "query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None",
           [](const Tensor& q, const Tensor& k, const Tensor& v, const MaybeTensor& mask, double p, bool causal, std::optional<double> scale) {
             return scaled_dot_product_attention(q, k, v, {.mask = mask, .dropout_p = p, .is_causal = causal, .scale = scale.value_or(0)});
           });

  function("cross_entropy", "x, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0",
           [](const Tensor& x, const Tensor& t, const MaybeTensor& w, I ignore, LossReduction r, double smoothing) {
             return cross_entropy(x, t, {.weight = w, .ignore_index = ignore, .reduction = r, .label_smoothing = smoothing});
           });
  function("nll_loss", "x, target, weight=None, ignore_index=-100, reduction='mean'", [](const Tensor& x, const Tensor& t, const MaybeTensor& w, I ignore, LossReduction r) {
    return nll_loss(x, t, {.weight = w, .ignore_index = ignore, .reduction = r});
  });
  function("mse_loss", "x, target, reduction='mean'", [](const Tensor& x, const Tensor& t, LossReduction r) { return mse_loss(x, t, r); });
  function("l1_loss", "x, target, reduction='mean'", [](const Tensor& x, const Tensor& t, LossReduction r) { return l1_loss(x, t, r); });
  function("smooth_l1_loss", "x, target, reduction='mean', beta=1.0", [](const Tensor& x, const Tensor& t, LossReduction r, double beta) { return smooth_l1_loss(x, t, r, beta); });
  function("huber_loss", "x, target, reduction='mean', delta=1.0", [](const Tensor& x, const Tensor& t, LossReduction r, double delta) { return huber_loss(x, t, r, delta); });
  function("binary_cross_entropy", "x, target, weight=None, reduction='mean'",
           [](const Tensor& x, const Tensor& t, const MaybeTensor& w, LossReduction r) { return binary_cross_entropy(x, t, w, r); });
  function("binary_cross_entropy_with_logits", "x, target, weight=None, reduction='mean', pos_weight=None",
           [](const Tensor& x, const Tensor& t, const MaybeTensor& w, LossReduction r, const MaybeTensor& pos) { return binary_cross_entropy_with_logits(x, t, w, r, pos); });
  function("kl_div", "x, target, reduction='mean', log_target=False", [](const Tensor& x, const Tensor& t, LossReduction r, bool log) { return kl_div(x, t, r, log); });
}

}  // namespace ph::python
