// What models are made of: softmax, normalisation, losses, dropout, embedding, attention. Pointwise activations are rows of the
// elementwise table; convolution and pooling are in ops_conv.h.
//
// Inputs are floating; float16 and bfloat16 are computed in float32 and rounded once. Everything here has derivatives of any
// order; where the first is fused, the others are made of other ops.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/random.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// --- softmax ------------------------------------------------------------------------------------------------------------

/// e^x / sum e^x along `dim`, without overflow. -inf gives 0; a slice of nothing but -inf, or with NaN or inf, gives NaN.
Tensor softmax(const Tensor& x, std::int64_t dim = -1);
/// log(softmax(x)); -inf stays -inf and leaves the gradient of the others finite.
Tensor log_softmax(const Tensor& x, std::int64_t dim = -1);
/// softmax(-x).
Tensor softmin(const Tensor& x, std::int64_t dim = -1);

// --- normalisation --------------------------------------------------------------------------------------------------------

/// (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the trailing dims `shape`.
/// weight and bias have that shape, or are undefined.
Tensor layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
/// x / sqrt(mean(x^2) + eps) * weight over the trailing dims `shape`. A negative eps stands for the dtype's machine epsilon.
Tensor rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight = {}, double eps = -1);
/// x / max(|x|_p, eps) along `dim`; 0 stays 0, with a finite gradient.
Tensor normalize(const Tensor& x, double p = 2, std::int64_t dim = 1, double eps = 1e-12);
/// a·b / max(|a| |b|, eps) along `dim`; a and b broadcast.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim = 1, double eps = 1e-8);
/// |a - b + eps|_p along the last dim.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6, bool keepdim = false);

// --- dropout, embedding -----------------------------------------------------------------------------------------------------

/// While training, x with each element zeroed with probability p and the others divided by 1 - p; otherwise x itself.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true, Generator& generator = default_generator());
/// Rows of `weight` [count, …]: integers x of any shape give x.shape + […]. The gradient of repeated rows is added in order of x;
/// that of row `padding_idx` is 0.
Tensor embedding(const Tensor& x, const Tensor& weight, Bound padding_idx = None);
/// int64, 1 at [..., x[...]] and 0 elsewhere; `classes` is by default the largest x plus 1.
Tensor one_hot(const Tensor& x, std::int64_t classes = -1);

// --- attention ----------------------------------------------------------------------------------------------------------------

struct AttentionOptions {
  Tensor mask = {};        ///< broadcasts to [..., T, S]; bool: true where seen; floating: added to the scores
  double dropout_p = 0;    ///< of the weights, always (there is no training flag here)
  bool is_causal = false;  ///< position i sees positions up to i
  double scale = 0;        ///< of the scores; 0 stands for 1 / sqrt(D)
};
/// softmax(scale q k^T + mask) v. q: [..., T, D]; k: [..., S, D]; v: [..., S, E]; result: [..., T, E]; the leading dims broadcast.
/// A position that sees nothing gives 0. Memory is O(T) unless there is dropout, or a mask that wants a gradient.
Tensor scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options = {});

// --- losses (autograd/ops_loss.cpp) -----------------------------------------------------------------------------------------

enum class LossReduction : std::uint8_t {
  none,
  mean,      ///< over elements, or over the weights of those that count
  sum,
  batchmean  ///< the sum divided by the size of the first dim; kl_div only
};

struct ClassLossOptions {
  Tensor weight = {};                ///< of each class, [C]; takes no gradient
  std::int64_t ignore_index = -100;  ///< targets that do not count
  LossReduction reduction = LossReduction::mean;
  double label_smoothing = 0;        ///< share of the target spread over all classes; cross_entropy only
};
/// -log softmax(x) at the targets. x: [C], [N, C] or [N, C, …]; target: integers in [0, C), of x's shape without C; or floating
/// of x's shape: probabilities. `mean` divides by the sum of the weights of the targets that count (probabilities: by their number).
Tensor cross_entropy(const Tensor& x, const Tensor& target, const ClassLossOptions& options = {});
/// The same, of integer targets, where x is a logarithm of probabilities already.
Tensor nll_loss(const Tensor& x, const Tensor& target, const ClassLossOptions& options = {});

/// Shapes must be equal. The derivatives at x = target are those of the formula: 0 for the absolute value.
Tensor mse_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
Tensor l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
/// (x - target)^2 / (2 beta) within beta, else |x - target| - beta / 2.
Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, double beta = 1);
/// delta times smooth_l1_loss with that beta.
Tensor huber_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, double delta = 1);

/// -(target log x + (1 - target) log(1 - x)) with logarithms held above -100; x in [0, 1]. `weight` broadcasts.
Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight = {}, LossReduction reduction = LossReduction::mean);
/// The same of sigmoid(x), without overflow; pos_weight multiplies the first term.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const Tensor& weight = {},
                                        LossReduction reduction = LossReduction::mean, const Tensor& pos_weight = {});
/// target (log target - x), x being a logarithm; so is target if `log_target`.
Tensor kl_div(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, bool log_target = false);

}  // namespace ph
