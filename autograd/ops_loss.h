// Losses. What they compare is floating unless said otherwise; float16 and bfloat16 are computed in float32 where there is a kernel.
//
// Each has derivatives of any order for all that it compares, integer targets and class weights excepted.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

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
/// Cross entropy of integer targets where x is a logarithm of probabilities already: -x at the targets. Shapes and `mean` as for
/// cross_entropy.
Tensor nll_loss(const Tensor& x, const Tensor& target, const ClassLossOptions& options = {});

/// (x - target)^2. Shapes must be equal.
Tensor mse_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
/// |x - target|. Shapes must be equal. The derivative at x = target is 0.
Tensor l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
/// (x - target)^2 / (2 beta) within beta, else |x - target| - beta / 2.
Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, double beta = 1);
/// delta times smooth_l1_loss with that beta.
Tensor huber_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, double delta = 1);

/// -(target log x + (1 - target) log(1 - x)) with logarithms held above -100; x in [0, 1]. `weight` broadcasts.
Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight = {}, LossReduction reduction = LossReduction::mean);
/// binary_cross_entropy of sigmoid(x), without overflow; `weight` broadcasts, pos_weight multiplies the term of target 1.
Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const Tensor& weight = {},
                                        LossReduction reduction = LossReduction::mean, const Tensor& pos_weight = {});
/// target (log target - x), x being a logarithm; so is target if `log_target`.
Tensor kl_div(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean, bool log_target = false);

// --- classes of a linear layer, sequences -------------------------------------------------------------------------------------

/// cross_entropy of linear(x, weight, bias), of which only a few hundred rows are in memory at a time, backward too. x: [in] or [N, in];
/// weight: [C, in] or [C, size…, in]; bias: weight's shape without `in`; target as for logits [N, C, size…].
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& target, const Tensor& bias = {}, const ClassLossOptions& options = {});

struct CtcOptions {
  std::int64_t blank = 0;
  LossReduction reduction = LossReduction::mean;  ///< mean: of each loss divided by its target's length
  bool zero_infinity = false;                     ///< targets that do not fit cost 0 and not infinity, whose gradient is NaN
};
/// -log of the probability that paths through the classes spell the target once repeats are merged and blanks dropped.
/// x: [T, N, C] or [T, C], logarithms of probabilities; targets: [N, S], or [sum of lengths] one after the other: integers in [0, C) but
/// blank; lengths: integers [N]. The gradient is that of x, not of the logits behind it; log_softmax makes both the same. (Graves et al. 2006)
Tensor ctc_loss(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths, const CtcOptions& options = {});

// --- likelihoods ------------------------------------------------------------------------------------------------------------------

struct PoissonOptions {
  bool log_input = true;  ///< x is the logarithm of the expectation
  bool full = false;      ///< with Stirling's term for log target!
  double eps = 1e-8;      ///< within the logarithm, if x is none
  LossReduction reduction = LossReduction::mean;
};
/// e^x - target x, or x - target log(x + eps). Shapes broadcast.
Tensor poisson_nll_loss(const Tensor& x, const Tensor& target, const PoissonOptions& options = {});

struct GaussianOptions {
  bool full = false;  ///< with log(2 pi) / 2
  double eps = 1e-6;  ///< the least variance; the gradient ignores that
  LossReduction reduction = LossReduction::mean;
};
/// (log var + (x - target)^2 / var) / 2. var: x's shape, or size 1 in one dim, or without the last one; not negative.
Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, const Tensor& var, const GaussianOptions& options = {});
Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, double var, const GaussianOptions& options = {});

// --- margins. A target that says yes or no is 1 or -1, of any real dtype; shapes broadcast ------------------------------------------

/// x where the target is 1, max(0, margin - x) where it is -1.
Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, double margin = 1, LossReduction reduction = LossReduction::mean);
/// max(0, -target (a - b) + margin).
Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& target, double margin = 0, LossReduction reduction = LossReduction::mean);
/// 1 - cos(a, b) where the target is 1, max(0, cos(a, b) - margin) where it is -1. a, b: [N, D] with target [N], or [D] with [].
Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target, double margin = 0, LossReduction reduction = LossReduction::mean);
/// log(1 + e^(-target x)).
Tensor soft_margin_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);

struct MultiMarginOptions {
  int p = 1;            ///< 1 or 2
  double margin = 1;
  Tensor weight = {};   ///< of each class, [C]; takes no gradient
  LossReduction reduction = LossReduction::mean;
};
/// Sum over the other classes i of weight[t] max(0, margin - x[t] + x[i])^p / C. x: [N, C] or [C]; target: integers t, [N] or [].
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginOptions& options = {});
/// Sum over targets j and the other classes i of max(0, 1 - x[j] + x[i]) / C. x: [N, C] or [C]; target: integers of x's shape, the
/// classes of each row up to the first that is negative.
Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
/// binary_cross_entropy_with_logits averaged over the last dim. `weight` broadcasts.
Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target, const Tensor& weight = {}, LossReduction reduction = LossReduction::mean);

struct TripletOptions {
  double margin = 1;
  double p = 2, eps = 1e-6;  ///< of the distance, as in pairwise_distance
  bool swap = false;         ///< the negative's distance is the lesser of those from the anchor and from the positive (Balntas et al. 2016)
  LossReduction reduction = LossReduction::mean;
};
/// max(0, margin + |anchor - positive| - |anchor - negative|), distances over the last dim.
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletOptions& options = {});
namespace detail {
void check_triplet(const char* op, const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletOptions& options);
/// `between`: the distance of positive and negative, undefined without `swap`.
Tensor triplet_loss(const char* op, const Tensor& to_positive, const Tensor& to_negative, const Tensor& between, const TripletOptions& options);
}  // namespace detail
/// max(0, margin + distance(anchor, positive) - distance(anchor, negative)) with any distance(a, b); the options' p and eps are not used.
template <class Distance>
Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const Distance& distance,
                                         const TripletOptions& options = {}) {
  const char* op = "triplet_margin_with_distance_loss";
  detail::check_triplet(op, anchor, positive, negative, options);
  const Tensor between = options.swap ? distance(positive, negative) : Tensor();
  return detail::triplet_loss(op, distance(anchor, positive), distance(anchor, negative), between, options);
}

}  // namespace ph
