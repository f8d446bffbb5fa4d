// Multi-head attention with its projections. The computation is the op multi_head_attention_forward.
#pragma once
#include "playhead/autograd/ops_nn.h"
#include "playhead/nn/layers.h"

namespace PH_PUBLIC ph {
namespace nn {

struct MultiheadAttentionOptions {
  double dropout = 0;  ///< of the attention weights, while training
  bool bias = true;
  bool batch_first = false;  ///< [n, t, c] instead of [t, n, c]
  std::int64_t kdim = 0;     ///< width of the keys and of the values; 0: that of the queries
  std::int64_t vdim = 0;
  bool add_bias_kv = false;    ///< a key and a value that are learnt
  bool add_zero_attn = false;  ///< a key and a value of zeros
  DType dtype = default_dtype();
};
/// Who may look where. In bool masks true means hidden, as in PyTorch (and the reverse of scaled_dot_product_attention).
struct MultiheadMask {
  Tensor key_padding_mask = {};  ///< [n, s]: bool, or floating and added to the scores
  Tensor attn_mask = {};         ///< [t, s] or [n * heads, t, s]: the same
  bool is_causal = false;
};

/// Attention in `heads` subspaces at once (Vaswani et al. 2017). query: [t, n, c]; key: [s, n, kdim]; value: [s, n, vdim]; result:
/// [t, n, c]; without the n for a single one. State-dict keys are PyTorch's: in_proj_weight, in_proj_bias, out_proj.weight, ….
struct MultiheadAttention : Module {
  MultiheadAttention(std::int64_t c, std::int64_t heads, const MultiheadAttentionOptions& options = {});
  Tensor forward(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask = {});
  /// The same with the attention weights, if they are needed: [n, t, s], or of each head [n, heads, t, s].
  MultiheadResult attend(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask = {}, bool need_weights = true,
                         bool average_weights = true);
  /// Of x to itself.
  Tensor forward(const Tensor& x) override { return forward(x, x, x); }
  using Module::operator();
  Tensor operator()(const Tensor& query, const Tensor& key, const Tensor& value, const MultiheadMask& mask = {}) {
    return forward(query, key, value, mask);
  }

  std::int64_t heads;
  double dropout;
  bool batch_first;
  bool add_zero_attn;
  Parameter in_proj_weight;  // [3 c, c]; or, if the widths differ, the next three
  Parameter q_proj_weight, k_proj_weight, v_proj_weight;
  Parameter in_proj_bias;  // [3 c]
  Parameter bias_k, bias_v;  // [1, 1, c]
  Linear out_proj;
  PH_MODULE(MultiheadAttention, in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias, bias_k, bias_v, out_proj)
};

}  // namespace nn
}  // namespace ph
