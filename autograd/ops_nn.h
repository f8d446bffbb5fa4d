// What models are made of: softmax, gates, distances, dropout, embedding, attention. Pointwise activations are rows of the
// elementwise table; normalisation, losses, convolution and pooling are in ops_norm.h, ops_loss.h, ops_conv.h.
//
// Inputs are floating; float16 and bfloat16 are computed in float32 and rounded once. Everything here has derivatives of any
// order; where the first is fused, the others are made of other ops.
#pragma once
#include <cstdint>
#include <string>

#include "playhead/tensor/api.h"
#include "playhead/tensor/random.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// --- softmax ------------------------------------------------------------------------------------------------------------

/// e^x / sum e^x along `dim`, without overflow. -inf gives 0; a slice of nothing but -inf, or with NaN or inf, gives NaN.
Tensor softmax(const Tensor& x, std::int64_t dim = -1);
/// log(softmax(x)); -inf stays -inf and leaves the gradient of the others finite.
Tensor log_softmax(const Tensor& x, std::int64_t dim = -1);
/// softmax(-x): the smallest elements get the most.
Tensor softmin(const Tensor& x, std::int64_t dim = -1);
/// softmax((x + noise) / tau) with noise of the Gumbel distribution: a random choice along `dim`, softened (Jang et al. 2017). `hard` gives
/// the choice itself, 0 and a single 1, with the gradient of the soft one.
Tensor gumbel_softmax(const Tensor& x, double tau = 1, bool hard = false, std::int64_t dim = -1, Generator& generator = default_generator());

// --- gates and slopes -----------------------------------------------------------------------------------------------------

/// The first half of `dim` times the sigmoid of the second. (Dauphin et al. 2017)
Tensor glu(const Tensor& x, std::int64_t dim = -1);
/// gelu or, for "tanh", gelu_tanh.
Tensor gelu(const Tensor& x, const std::string& approximate);
/// x, or below 0 x times a slope: drawn for each element from [lower, upper) while training, else the middle of that. (Xu et al. 2015)
Tensor rrelu(const Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false, Generator& generator = default_generator());
Tensor& rrelu_(Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false, Generator& generator = default_generator());

// --- distances -----------------------------------------------------------------------------------------------------------------

/// a·b / (max(|a|, eps) max(|b|, eps)) along `dim`; a and b broadcast.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim = 1, double eps = 1e-8);
/// |a - b + eps|_p along the last dim.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6, bool keepdim = false);
/// |x[i] - x[j]|_p for all pairs i < j of rows, in order. x: [n, d]; result: [n (n - 1) / 2].
Tensor pdist(const Tensor& x, double p = 2);
/// Sum over i and j of a[i] weight[o, i, j] b[j], plus bias[o]. a: [..., n]; b: [..., m]; weight: [out, n, m]; result: [..., out].
Tensor bilinear(const Tensor& a, const Tensor& b, const Tensor& weight, const Tensor& bias = {});

// --- shuffles ----------------------------------------------------------------------------------------------------------------

/// Channels become pixels: [..., C r^2, H, W] to [..., C, H r, W r]. (Shi et al. 2016)
Tensor pixel_shuffle(const Tensor& x, std::int64_t upscale_factor);
/// Pixels become channels: [..., C, H r, W r] to [..., C r^2, H, W].
Tensor pixel_unshuffle(const Tensor& x, std::int64_t downscale_factor);
/// Channels as [groups, C / groups], swapped. x: [N, C, size…]. (Zhang et al. 2018)
Tensor channel_shuffle(const Tensor& x, std::int64_t groups);

// --- dropout, embedding -----------------------------------------------------------------------------------------------------

/// While training, x with each element zeroed with probability p and the others divided by 1 - p; otherwise x itself.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Dropout of whole channels while training. x: [N, C, L] or [C, L].
Tensor dropout1d(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Dropout of whole channels while training. x: [N, C, …].
Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Dropout of whole channels while training. x: [N, C, D, H, W] or [C, D, H, W].
Tensor dropout3d(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Dropout that keeps mean 0 and variance 1, for selu: elements become its limit. (Klambauer et al. 2017)
Tensor alpha_dropout(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Dropout that keeps mean 0 and variance 1, for selu: whole channels become its limit.
Tensor feature_alpha_dropout(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Rows of `weight` [count, …]: integers x of any shape, from 0 to count - 1, give x.shape + […]. The gradient of repeated rows is added
/// in order of x; that of row `padding_idx` is 0.
Tensor embedding(const Tensor& x, const Tensor& weight, Bound padding_idx = None);
/// Scales, in place and unrecorded, the rows of `weight` [count, dim] that x names and whose norm is above max_norm down to it.
Tensor& embedding_renorm_(Tensor& weight, const Tensor& x, double max_norm, double norm_type = 2);
enum class BagMode : std::uint8_t { sum, mean, max };
struct EmbeddingBagOptions {
  Tensor offsets = {};             ///< where each bag begins in a one-dimensional x; the last one reaches to the end
  BagMode mode = BagMode::mean;
  Tensor per_sample_weights = {};  ///< factors of the rows, of x's shape; sums only
  bool include_last_offset = false;  ///< offsets end with the number of entries
  Bound padding_idx = None;        ///< entries that do not count
};
/// Sum, mean or maximum of the rows that each bag names; 0 of none. x: integers [bags, entries], or [entries] with offsets;
/// weight: [count, dim]; result: [bags, dim]. The gradient of a maximum goes to the first of equal rows.
Tensor embedding_bag(const Tensor& x, const Tensor& weight, const EmbeddingBagOptions& options = {});
/// A row for each integer of x: int64, 1 at [..., x[...]] and 0 elsewhere; `classes` is by default the largest x plus 1.
Tensor one_hot(const Tensor& x, std::int64_t classes = -1);

// --- attention ----------------------------------------------------------------------------------------------------------------

struct AttentionOptions {
  Tensor mask = {};        ///< broadcasts to [..., T, S]; bool: true where seen; floating: added to the scores
  double dropout_p = 0;    ///< of the weights, always (there is no training flag here)
  bool is_causal = false;  ///< position i sees positions up to i
  double scale = 0;        ///< of the scores; 0 stands for 1 / sqrt(D)
  bool enable_gqa = false;  ///< k and v have fewer heads (dim -3) than q; each stands for as many neighbours of q's (Ainslie et al. 2023)
};
/// softmax(scale q k^T + mask) v. q: [..., T, D]; k: [..., S, D]; v: [..., S, E]; result: [..., T, E]; the leading dims broadcast.
/// A position that sees nothing gives 0. Memory is O(T) unless there is dropout, or a mask that wants a gradient.
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});

struct MultiheadParameters {
  Tensor in_proj_weight = {};                                         ///< [3 c, c], of queries, keys, values; or the next three
  Tensor q_proj_weight = {}, k_proj_weight = {}, v_proj_weight = {};  ///< [c, c], [c, kdim], [c, vdim]
  Tensor in_proj_bias = {};                                           ///< [3 c]
  Tensor bias_k = {}, bias_v = {};                                    ///< [1, 1, c]: one more key and value
  Tensor out_proj_weight = {}, out_proj_bias = {};                    ///< [c, c], [c]
};
/// In bool masks true means hidden, as in PyTorch (and the reverse of scaled_dot_product_attention).
struct MultiheadOptions {
  Tensor key_padding_mask = {};  ///< [n, s]: bool, or floating and added to the scores
  Tensor attn_mask = {};         ///< [t, s] or [n * heads, t, s]: the same
  bool is_causal = false;        ///< position i sees positions up to i, and what is added below
  bool add_zero_attn = false;    ///< one more key and value, of zeros
  double dropout_p = 0;          ///< of the weights, while training
  bool training = true;
  bool need_weights = false, average_attn_weights = true;
  Tensor static_k = {}, static_v = {};  ///< [n * heads, s, c / heads], in place of the projected ones
};
struct MultiheadResult {
  Tensor output;   ///< [t, n, c]
  Tensor weights;  ///< [n, t, s], or for each head [n, heads, t, s]; undefined unless needed
};
/// Attention in `heads` subspaces at once (Vaswani et al. 2017). query: [t, n, c]; key: [s, n, kdim]; value: [s, n, vdim]; without the n
/// for a single one.
MultiheadResult multi_head_attention_forward(const Tensor& query, const Tensor& key, const Tensor& value, std::int64_t heads,
                                             const MultiheadParameters& parameters, const MultiheadOptions& options = {});

}  // namespace ph
