// Forward passes of the losses.
#include "playhead/nn/loss.h"

#include "playhead/autograd/ops.h"

namespace ph::nn {

namespace {
Buffer buffer(const Tensor& x) { return x.defined() ? Buffer(x) : Buffer(); }
}  // namespace

Tensor L1Loss::forward(const Tensor& x, const Tensor& target) { return l1_loss(x, target, reduction); }
Tensor MSELoss::forward(const Tensor& x, const Tensor& target) { return mse_loss(x, target, reduction); }
Tensor SmoothL1Loss::forward(const Tensor& x, const Tensor& target) { return smooth_l1_loss(x, target, reduction, beta); }
Tensor HuberLoss::forward(const Tensor& x, const Tensor& target) { return huber_loss(x, target, reduction, delta); }
Tensor KLDivLoss::forward(const Tensor& x, const Tensor& target) { return kl_div(x, target, reduction, log_target); }
Tensor SoftMarginLoss::forward(const Tensor& x, const Tensor& target) { return soft_margin_loss(x, target, reduction); }
Tensor HingeEmbeddingLoss::forward(const Tensor& x, const Tensor& target) { return hinge_embedding_loss(x, target, margin, reduction); }
Tensor MultiLabelMarginLoss::forward(const Tensor& x, const Tensor& target) { return multilabel_margin_loss(x, target, reduction); }
Tensor MarginRankingLoss::forward(const Tensor& a, const Tensor& b, const Tensor& target) { return margin_ranking_loss(a, b, target, margin, reduction); }
Tensor CosineEmbeddingLoss::forward(const Tensor& a, const Tensor& b, const Tensor& target) {
  return cosine_embedding_loss(a, b, target, margin, reduction);
}

ClassLoss::ClassLoss(const ClassLossOptions& options) : weight(buffer(options.weight)), options_(options) {}
ClassLossOptions ClassLoss::now() const {
  ClassLossOptions o = options_;
  o.weight = weight;
  return o;
}
Tensor CrossEntropyLoss::forward(const Tensor& x, const Tensor& target) { return cross_entropy(x, target, now()); }
Tensor NLLLoss::forward(const Tensor& x, const Tensor& target) { return nll_loss(x, target, now()); }
Tensor LinearCrossEntropyLoss::forward(const Tensor& x, const Tensor& target) {
  return linear_cross_entropy(x, linear.weight, target, linear.bias, now());
}

BCELoss::BCELoss(const Tensor& weight_, LossReduction reduction_) : weight(buffer(weight_)), reduction(reduction_) {}
Tensor BCELoss::forward(const Tensor& x, const Tensor& target) { return binary_cross_entropy(x, target, weight, reduction); }
BCEWithLogitsLoss::BCEWithLogitsLoss(const Tensor& weight_, LossReduction reduction_, const Tensor& pos_weight_)
    : weight(buffer(weight_)), pos_weight(buffer(pos_weight_)), reduction(reduction_) {}
Tensor BCEWithLogitsLoss::forward(const Tensor& x, const Tensor& target) {
  return binary_cross_entropy_with_logits(x, target, weight, reduction, pos_weight);
}
MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss(const Tensor& weight_, LossReduction reduction_) : weight(buffer(weight_)), reduction(reduction_) {}
Tensor MultiLabelSoftMarginLoss::forward(const Tensor& x, const Tensor& target) { return multilabel_soft_margin_loss(x, target, weight, reduction); }
MultiMarginLoss::MultiMarginLoss(const MultiMarginOptions& options_) : weight(buffer(options_.weight)), options(options_) {}
Tensor MultiMarginLoss::forward(const Tensor& x, const Tensor& target) {
  MultiMarginOptions o = options;
  o.weight = weight;
  return multi_margin_loss(x, target, o);
}

Tensor PoissonNLLLoss::forward(const Tensor& x, const Tensor& target) { return poisson_nll_loss(x, target, options); }
Tensor GaussianNLLLoss::forward(const Tensor& x, const Tensor& target, const Tensor& var) { return gaussian_nll_loss(x, target, var, options); }
Tensor TripletMarginLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
  return triplet_margin_loss(anchor, positive, negative, options);
}
Tensor CTCLoss::forward(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths) {
  return ctc_loss(x, targets, input_lengths, target_lengths, options);
}

}  // namespace ph::nn
