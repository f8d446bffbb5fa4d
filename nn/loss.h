// Losses as modules; each applies the op of its kind (autograd/ops_loss.h), whose options it keeps. Class weights and the like are
// buffers, as in PyTorch, so that they move and are saved with the model.
#pragma once
#include "playhead/autograd/ops_loss.h"
#include "playhead/nn/layers.h"

namespace PH_PUBLIC ph {
namespace nn {

// loss(x, target).
#define PH_PAIR_LOSS                                    \
  using Module::forward;                                \
  using Module::operator();                             \
  Tensor forward(const Tensor& x, const Tensor& target); \
  Tensor operator()(const Tensor& x, const Tensor& target) { return forward(x, target); }
// loss(a, b, c).
#define PH_TRIPLE_LOSS(a, b, c)                                         \
  using Module::forward;                                                \
  using Module::operator();                                             \
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c);    \
  Tensor operator()(const Tensor& a, const Tensor& b, const Tensor& c) { return forward(a, b, c); }
// What has no option but the reduction, or one number before it.
#define PH_LOSS(Type)                                                                          \
  struct Type : Module {                                                                       \
    explicit Type(LossReduction reduction = LossReduction::mean) : reduction(reduction) {}     \
    PH_PAIR_LOSS                                                                               \
    LossReduction reduction;                                                                   \
    PH_MODULE(Type)                                                                            \
  };
#define PH_LOSS1(Type, param, value, ARGUMENTS)                                                                                    \
  struct Type : Module {                                                                                                           \
    explicit Type(double param = value, LossReduction reduction = LossReduction::mean) : param(param), reduction(reduction) {}     \
    ARGUMENTS                                                                                                                      \
    double param;                                                                                                                  \
    LossReduction reduction;                                                                                                       \
    PH_MODULE(Type)                                                                                                                \
  };
PH_LOSS(L1Loss)
PH_LOSS(MSELoss)
PH_LOSS(SoftMarginLoss)
PH_LOSS(MultiLabelMarginLoss)
PH_LOSS1(SmoothL1Loss, beta, 1, PH_PAIR_LOSS)
PH_LOSS1(HuberLoss, delta, 1, PH_PAIR_LOSS)
PH_LOSS1(HingeEmbeddingLoss, margin, 1, PH_PAIR_LOSS)
PH_LOSS1(MarginRankingLoss, margin, 0, PH_TRIPLE_LOSS(a, b, target))
PH_LOSS1(CosineEmbeddingLoss, margin, 0, PH_TRIPLE_LOSS(a, b, target))
#undef PH_LOSS
#undef PH_LOSS1

struct KLDivLoss : Module {
  explicit KLDivLoss(LossReduction reduction = LossReduction::mean, bool log_target = false) : reduction(reduction), log_target(log_target) {}
  PH_PAIR_LOSS
  LossReduction reduction;
  bool log_target;
  PH_MODULE(KLDivLoss)
};

/// What CrossEntropyLoss and NLLLoss have in common. `weight` is a buffer, if it was given.
struct ClassLoss : Module {
  Buffer weight;
  PH_MODULE(ClassLoss, weight)

 protected:
  explicit ClassLoss(const ClassLossOptions& options);
  ClassLossOptions now() const;
  ClassLossOptions options_;
};
struct CrossEntropyLoss : ClassLoss {
  explicit CrossEntropyLoss(const ClassLossOptions& options = {}) : ClassLoss(options) {}
  PH_PAIR_LOSS
  PH_MODULE(CrossEntropyLoss, weight)
};
struct NLLLoss : ClassLoss {
  explicit NLLLoss(const ClassLossOptions& options = {}) : ClassLoss(options) {}
  PH_PAIR_LOSS
  PH_MODULE(NLLLoss, weight)
};
/// A linear layer and the cross entropy of its logits, which are never all in memory.
struct LinearCrossEntropyLoss : ClassLoss {
  LinearCrossEntropyLoss(std::int64_t in, std::int64_t classes, const ClassLossOptions& options = {}, const LinearOptions& layer = {.bias = false})
      : ClassLoss(options), linear(in, classes, layer) {}
  PH_PAIR_LOSS
  Linear linear;
  PH_MODULE(LinearCrossEntropyLoss, weight, linear)
};

/// binary_cross_entropy as a module: x are probabilities.
struct BCELoss : Module {
  explicit BCELoss(const Tensor& weight = {}, LossReduction reduction = LossReduction::mean);
  PH_PAIR_LOSS
  Buffer weight;
  LossReduction reduction;
  PH_MODULE(BCELoss, weight)
};
/// binary_cross_entropy_with_logits as a module: x are logits.
struct BCEWithLogitsLoss : Module {
  explicit BCEWithLogitsLoss(const Tensor& weight = {}, LossReduction reduction = LossReduction::mean, const Tensor& pos_weight = {});
  PH_PAIR_LOSS
  Buffer weight, pos_weight;
  LossReduction reduction;
  PH_MODULE(BCEWithLogitsLoss, weight, pos_weight)
};
struct MultiLabelSoftMarginLoss : Module {
  explicit MultiLabelSoftMarginLoss(const Tensor& weight = {}, LossReduction reduction = LossReduction::mean);
  PH_PAIR_LOSS
  Buffer weight;
  LossReduction reduction;
  PH_MODULE(MultiLabelSoftMarginLoss, weight)
};
struct MultiMarginLoss : Module {
  explicit MultiMarginLoss(const MultiMarginOptions& options = {});
  PH_PAIR_LOSS
  Buffer weight;
  MultiMarginOptions options;
  PH_MODULE(MultiMarginLoss, weight)
};

struct PoissonNLLLoss : Module {
  explicit PoissonNLLLoss(const PoissonOptions& options = {}) : options(options) {}
  PH_PAIR_LOSS
  PoissonOptions options;
  PH_MODULE(PoissonNLLLoss)
};
struct GaussianNLLLoss : Module {
  explicit GaussianNLLLoss(const GaussianOptions& options = {}) : options(options) {}
  PH_TRIPLE_LOSS(x, target, var)
  GaussianOptions options;
  PH_MODULE(GaussianNLLLoss)
};
struct TripletMarginLoss : Module {
  explicit TripletMarginLoss(const TripletOptions& options = {}) : options(options) {}
  PH_TRIPLE_LOSS(anchor, positive, negative)
  TripletOptions options;
  PH_MODULE(TripletMarginLoss)
};
/// `distance(a, b)` is any function of two tensors.
template <class Distance>
struct TripletMarginWithDistanceLoss : Module {
  explicit TripletMarginWithDistanceLoss(const Distance& distance, const TripletOptions& options = {}) : distance(distance), options(options) {}
  PH_TRIPLE_LOSS(anchor, positive, negative)
  Distance distance;
  TripletOptions options;
  PH_MODULE(TripletMarginWithDistanceLoss)
};
template <class Distance>
Tensor TripletMarginWithDistanceLoss<Distance>::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
  return triplet_margin_with_distance_loss(anchor, positive, negative, distance, options);
}

struct CTCLoss : Module {
  explicit CTCLoss(const CtcOptions& options = {}) : options(options) {}
  using Module::forward;
  using Module::operator();
  Tensor forward(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths);
  Tensor operator()(const Tensor& x, const Tensor& targets, const Tensor& input_lengths, const Tensor& target_lengths) {
    return forward(x, targets, input_lengths, target_lengths);
  }
  CtcOptions options;
  PH_MODULE(CTCLoss)
};
#undef PH_PAIR_LOSS
#undef PH_TRIPLE_LOSS

}  // namespace nn
}  // namespace ph
