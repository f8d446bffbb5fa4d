// Losses as modules. One call of `layer` each.
#include "bindings/choices.h"
#include "bindings/nn.h"
#include "playhead/nn/loss.h"

namespace ph::python {
namespace {
using I = std::int64_t;
using R = LossReduction;
}  // namespace

void define_losses() {
#define PH_FORWARD2(Name, signature) .forward(signature, [](nn::Name& m, const Tensor& x, const Tensor& target) { return m(x, target); })
#define PH_FORWARD3(Name, signature) .forward(signature, [](nn::Name& m, const Tensor& a, const Tensor& b, const Tensor& c) { return m(a, b, c); })
#define PH_REDUCTION(Name) .field("reduction", [](nn::Name& m) -> R& { return m.reduction; })
#define PH_OPTIONS(Name, field_, T) .field(#field_, [](nn::Name& m) -> T& { return m.options.field_; })
#define PH_LOSS(Name) \
  layer<nn::Name>(#Name, "reduction='mean'", "", [](R r) { return nn::Name(r); }) PH_REDUCTION(Name) PH_FORWARD2(Name, "input, target");
  PH_LOSS(L1Loss) PH_LOSS(MSELoss) PH_LOSS(SoftMarginLoss) PH_LOSS(MultiLabelMarginLoss)
#define PH_LOSS1(Name, signature, argument)                                                         \
  layer<nn::Name>(#Name, signature, "", [](double v, R r) { return nn::Name(v, r); })               \
      .field(#argument, [](nn::Name& m) -> double& { return m.argument; }) PH_REDUCTION(Name)
  PH_LOSS1(HingeEmbeddingLoss, "margin=1.0, reduction='mean'", margin) PH_FORWARD2(HingeEmbeddingLoss, "input, target");
  PH_LOSS1(MarginRankingLoss, "margin=0.0, reduction='mean'", margin) PH_FORWARD3(MarginRankingLoss, "input1, input2, target");
  PH_LOSS1(CosineEmbeddingLoss, "margin=0.0, reduction='mean'", margin) PH_FORWARD3(CosineEmbeddingLoss, "input1, input2, target");
#undef PH_LOSS1
  layer<nn::SmoothL1Loss>("SmoothL1Loss", "reduction='mean', beta=1.0", "", [](R r, double beta) { return nn::SmoothL1Loss(beta, r); })
      .field("beta", [](nn::SmoothL1Loss& m) -> double& { return m.beta; }) PH_REDUCTION(SmoothL1Loss) PH_FORWARD2(SmoothL1Loss, "input, target");
  layer<nn::HuberLoss>("HuberLoss", "reduction='mean', delta=1.0", "", [](R r, double delta) { return nn::HuberLoss(delta, r); })
      .field("delta", [](nn::HuberLoss& m) -> double& { return m.delta; }) PH_REDUCTION(HuberLoss) PH_FORWARD2(HuberLoss, "input, target");
  layer<nn::KLDivLoss>("KLDivLoss", "reduction='mean', log_target=False", "", [](R r, bool log) { return nn::KLDivLoss(r, log); })
      .field("log_target", [](nn::KLDivLoss& m) -> bool& { return m.log_target; }) PH_REDUCTION(KLDivLoss) PH_FORWARD2(KLDivLoss, "input, target");
  layer<nn::CrossEntropyLoss>("CrossEntropyLoss", "weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0", "",
                              [](const MaybeTensor& w, I ignore, R r, double smoothing) {
                                return nn::CrossEntropyLoss({.weight = w, .ignore_index = ignore, .reduction = r, .label_smoothing = smoothing});
                              }) PH_FORWARD2(CrossEntropyLoss, "input, target");
  layer<nn::NLLLoss>("NLLLoss", "weight=None, ignore_index=-100, reduction='mean'", "", [](const MaybeTensor& w, I ignore, R r) {
    return nn::NLLLoss({.weight = w, .ignore_index = ignore, .reduction = r});
  }) PH_FORWARD2(NLLLoss, "input, target");
  layer<nn::BCELoss>("BCELoss", "weight=None, reduction='mean'", "", [](const MaybeTensor& w, R r) { return nn::BCELoss(w, r); })
      PH_REDUCTION(BCELoss) PH_FORWARD2(BCELoss, "input, target");
  layer<nn::BCEWithLogitsLoss>("BCEWithLogitsLoss", "weight=None, reduction='mean', pos_weight=None", "",
                               [](const MaybeTensor& w, R r, const MaybeTensor& pos) { return nn::BCEWithLogitsLoss(w, r, pos); })
      PH_REDUCTION(BCEWithLogitsLoss) PH_FORWARD2(BCEWithLogitsLoss, "input, target");
  layer<nn::MultiLabelSoftMarginLoss>("MultiLabelSoftMarginLoss", "weight=None, reduction='mean'", "", [](const MaybeTensor& w, R r) { return nn::MultiLabelSoftMarginLoss(w, r); })
      PH_REDUCTION(MultiLabelSoftMarginLoss) PH_FORWARD2(MultiLabelSoftMarginLoss, "input, target");
  layer<nn::MultiMarginLoss>("MultiMarginLoss", "p=1, margin=1.0, weight=None, reduction='mean'", "",
                             [](int p, double margin, const MaybeTensor& w, R r) { return nn::MultiMarginLoss({.p = p, .margin = margin, .weight = w, .reduction = r}); })
      .field("p", [](nn::MultiMarginLoss& m) { return static_cast<I>(m.options.p); })
      PH_OPTIONS(MultiMarginLoss, margin, double) PH_OPTIONS(MultiMarginLoss, reduction, R) PH_FORWARD2(MultiMarginLoss, "input, target");
  layer<nn::PoissonNLLLoss>("PoissonNLLLoss", "log_input=True, full=False, eps=1e-08, reduction='mean'", "",
                            [](bool log, bool full, double eps, R r) { return nn::PoissonNLLLoss({.log_input = log, .full = full, .eps = eps, .reduction = r}); })
      PH_OPTIONS(PoissonNLLLoss, log_input, bool) PH_OPTIONS(PoissonNLLLoss, full, bool) PH_OPTIONS(PoissonNLLLoss, eps, double)
      PH_OPTIONS(PoissonNLLLoss, reduction, R) PH_FORWARD2(PoissonNLLLoss, "input, target");
  layer<nn::GaussianNLLLoss>("GaussianNLLLoss", "*, full=False, eps=1e-06, reduction='mean'", "",
                             [](bool full, double eps, R r) { return nn::GaussianNLLLoss({.full = full, .eps = eps, .reduction = r}); })
      PH_OPTIONS(GaussianNLLLoss, full, bool) PH_OPTIONS(GaussianNLLLoss, eps, double) PH_OPTIONS(GaussianNLLLoss, reduction, R)
      PH_FORWARD3(GaussianNLLLoss, "input, target, var");
  layer<nn::TripletMarginLoss>("TripletMarginLoss", "margin=1.0, p=2.0, eps=1e-06, swap=False, reduction='mean'", "",
                               [](double margin, double p, double eps, bool swap, R r) {
                                 return nn::TripletMarginLoss({.margin = margin, .p = p, .eps = eps, .swap = swap, .reduction = r});
                               })
      PH_OPTIONS(TripletMarginLoss, margin, double) PH_OPTIONS(TripletMarginLoss, p, double) PH_OPTIONS(TripletMarginLoss, eps, double)
      PH_OPTIONS(TripletMarginLoss, swap, bool) PH_OPTIONS(TripletMarginLoss, reduction, R) PH_FORWARD3(TripletMarginLoss, "anchor, positive, negative");
  layer<nn::CTCLoss>("CTCLoss", "blank=0, reduction='mean', zero_infinity=False", "",
                     [](I blank, R r, bool zero) { return nn::CTCLoss({.blank = blank, .reduction = r, .zero_infinity = zero}); })
      PH_OPTIONS(CTCLoss, blank, I) PH_OPTIONS(CTCLoss, reduction, R) PH_OPTIONS(CTCLoss, zero_infinity, bool)
      .forward("log_probs, targets, input_lengths, target_lengths",
               [](nn::CTCLoss& m, const Tensor& x, const Tensor& t, const Tensor& n, const Tensor& s) { return m(x, t, n, s); });
#undef PH_FORWARD2
#undef PH_FORWARD3
#undef PH_REDUCTION
#undef PH_OPTIONS
#undef PH_LOSS
}

}  // namespace ph::python
