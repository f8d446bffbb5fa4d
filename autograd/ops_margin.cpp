// Losses with margins, and negative log-likelihoods: all made of other ops.
#include <cmath>

#include "playhead/autograd/loss_common.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_shape.h"

namespace ph {

using detail::check_device;
using detail::check_floating;
using detail::reduced;

namespace {

/// x as [N, C] and a target of `per_row` integers for each row, or one if that is 0.
struct ClassRows {
  Tensor x, target;
  bool single;
};
ClassRows class_rows(const char* op, const Tensor& x, const Tensor& target, bool one_each) {
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  if (!is_integer(target.dtype())) type_error(op, "target must be integers; got dtype=", target.dtype());
  if (x.ndim() < 1 || x.ndim() > 2 || x.size(-1) == 0) value_error(op, "x must be [N, C] or [C] with at least one class; got shape=", x.shape());
  Shape expected = x.shape();
  if (one_each) expected.erase(expected.size() - 1);
  if (!(target.shape() == expected)) value_error(op, "target does not fit; got x=", x.shape(), ", target=", target.shape(), ", expected ", expected);
  const bool single = x.ndim() == 1;
  return {single ? x.unsqueeze(0) : x, single ? target.to(int64).unsqueeze(0) : target.to(int64), single};
}

void check_targets(const char* op, const Tensor& target, const Tensor& wrong, std::int64_t classes) {
  if (!any(wrong).item<bool>()) return;
  const Tensor flat = target.reshape({target.numel()});
  const auto at = argmax(wrong.to(int64)).item<std::int64_t>();
  index_error(op, "targets must be classes in [0, ", classes, "); got target=", flat[at].item<std::int64_t>(), " at position ", at);
}

Tensor of_rows(const char* op, const Tensor& loss, bool single, LossReduction reduction) {
  return reduced(op, single ? loss.squeeze(0) : loss, reduction);
}

}  // namespace

// --- yes or no ----------------------------------------------------------------------------------------------------------

Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, double margin, LossReduction reduction) {
  const char* op = "hinge_embedding_loss";
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  // Targets that are neither count as both, as in PyTorch.
  const Tensor no = where(equal(target, 1), Scalar(0), relu(margin - x)), yes = where(equal(target, -1), Scalar(0), x);
  return reduced(op, no + yes, reduction);
}

Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& target, double margin, LossReduction reduction) {
  const char* op = "margin_ranking_loss";
  check_floating(op, "a", a), check_floating(op, "b", b);
  check_device(op, a, "b", b), check_device(op, a, "target", target);
  return reduced(op, relu(-target * (a - b) + margin), reduction);
}

Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target, double margin, LossReduction reduction) {
  const char* op = "cosine_embedding_loss";
  check_floating(op, "a", a), check_floating(op, "b", b);
  check_device(op, a, "b", b), check_device(op, a, "target", target);
  const int rank = target.ndim() + 1;
  if (rank > 2 || a.ndim() != rank || b.ndim() != rank)
    value_error(op, "a and b must be [N, D] with target [N], or [D] with []; got a=", a.shape(), ", b=", b.shape(), ", target=", target.shape());
  constexpr double eps = 1e-12;  // within the roots, where cosine_similarity has it beside them
  const auto square_of = [](const Tensor& x) { return sum(square(x), {-1}) + eps; };
  const Tensor cosine = sum(a * b, {-1}) / sqrt(square_of(a) * square_of(b));
  const Tensor yes = where(equal(target, 1), 1 - cosine, Scalar(0)), no = where(equal(target, -1), relu(cosine - margin), Scalar(0));
  return reduced(op, yes + no, reduction);
}

Tensor soft_margin_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  const char* op = "soft_margin_loss";
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  return reduced(op, softplus(-target * x), reduction);
}

// --- classes ------------------------------------------------------------------------------------------------------------

Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginOptions& o) {
  const char* op = "multi_margin_loss";
  const ClassRows r = class_rows(op, x, target, true);
  const std::int64_t classes = r.x.size(1);
  if (o.p != 1 && o.p != 2) value_error(op, "p must be 1 or 2; got p=", o.p);
  if (o.weight.defined()) {
    check_floating(op, "weight", o.weight);
    check_device(op, x, "weight", o.weight);
    if (!(o.weight.shape() == Shape{classes})) value_error(op, "weight must have one number per class; got weight=", o.weight.shape(), ", x=", x.shape());
    if (o.weight.requires_grad()) value_error(op, "weight takes no gradient, but requires one. Pass weight.detach()");
  }
  check_targets(op, r.target, logical_or(less(r.target, 0), greater_equal(r.target, classes)), classes);
  const Tensor t = r.target.unsqueeze(1);
  const Tensor over = relu(o.margin - gather(r.x, 1, t) + r.x);
  const Tensor other = not_equal(arange(classes, {.device = x.device()}), t);
  Tensor loss = sum(where(other, o.p == 2 ? square(over) : over, Scalar(0)), {1}) / static_cast<double>(classes);
  if (o.weight.defined()) loss = loss * index_select(o.weight.to(x.dtype()), 0, r.target);
  return of_rows(op, loss, r.single, o.reduction);
}

Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  const char* op = "multilabel_margin_loss";
  const ClassRows r = class_rows(op, x, target, false);
  const std::int64_t n = r.x.size(0), classes = r.x.size(1);
  const Tensor counts = cumprod(greater_equal(r.target, 0).to(int64), 1), live = not_equal(counts, 0);
  check_targets(op, r.target, logical_and(live, greater_equal(r.target, classes)), classes);
  // Only as many columns as the longest list of targets.
  const std::int64_t most = n == 0 ? 0 : max(sum(counts, {1})).item<std::int64_t>();
  Tensor chosen = zeros({n, classes + 1}, {.dtype = int64, .device = x.device()});  // the last column takes what is no target
  if (n > 0) scatter_(chosen, 1, where(live, r.target, Scalar(classes)), Scalar(1));
  const Tensor others = equal(chosen.narrow(1, 0, classes), 0).unsqueeze(1), first = live.narrow(1, 0, most);
  const Tensor picked = gather(r.x, 1, where(first, r.target.narrow(1, 0, most), Scalar(0)));
  const Tensor over = relu(1 - picked.unsqueeze(2) + r.x.unsqueeze(1));  // [n, targets, classes]
  const Tensor loss = sum(where(logical_and(first.unsqueeze(2), others), over, Scalar(0)), {1, 2}) / static_cast<double>(classes);
  return of_rows(op, loss, r.single, reduction);
}

Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target, const Tensor& weight, LossReduction reduction) {
  const char* op = "multilabel_soft_margin_loss";
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  if (x.ndim() == 0) value_error(op, "x needs a dimension of classes; got shape=[]");
  if (!(x.shape() == target.shape())) value_error(op, "shapes must be equal; got x=", x.shape(), ", target=", target.shape());
  Tensor loss = (1 - target) * x - logsigmoid(x);  // logsigmoid(-x) is logsigmoid(x) - x
  if (weight.defined()) loss = loss * weight;
  return reduced(op, mean(loss, {-1}), reduction);
}

// --- triplets -----------------------------------------------------------------------------------------------------------

void detail::check_triplet(const char* op, const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletOptions& o) {
  check_floating(op, "anchor", anchor), check_floating(op, "positive", positive), check_floating(op, "negative", negative);
  check_device(op, anchor, "positive", positive), check_device(op, anchor, "negative", negative);
  if (anchor.ndim() != positive.ndim() || anchor.ndim() != negative.ndim())
    value_error(op, "all must have one number of dimensions; got anchor=", anchor.shape(), ", positive=", positive.shape(), ", negative=", negative.shape());
  if (!(o.margin > 0)) value_error(op, "margin must be positive; got margin=", o.margin);
}

Tensor detail::triplet_loss(const char* op, const Tensor& to_positive, const Tensor& to_negative, const Tensor& between, const TripletOptions& o) {
  const Tensor far = between.defined() ? minimum(to_negative, between) : to_negative;
  return reduced(op, relu(to_positive - far + o.margin), o.reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative, const TripletOptions& o) {
  const char* op = "triplet_margin_loss";
  detail::check_triplet(op, anchor, positive, negative, o);
  const auto distance = [&](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, o.p, o.eps); };
  return detail::triplet_loss(op, distance(anchor, positive), distance(anchor, negative), o.swap ? distance(positive, negative) : Tensor(), o);
}

// --- likelihoods --------------------------------------------------------------------------------------------------------

Tensor poisson_nll_loss(const Tensor& x, const Tensor& target, const PoissonOptions& o) {
  const char* op = "poisson_nll_loss";
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  Tensor loss = o.log_input ? exp(x) - target * x : x - target * log(x + o.eps);
  if (o.full) {
    // log target!, from 2 on; below that it counts as 0.
    const Tensor many = greater(target, 1), t = where(many, target, Scalar(2));
    loss = loss + where(many, t * log(t) - t + 0.5 * log(2 * pi * t), Scalar(0));
  }
  return reduced(op, loss, o.reduction);
}

Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, const Tensor& var, const GaussianOptions& o) {
  const char* op = "gaussian_nll_loss";
  check_floating(op, "x", x), check_floating(op, "target", target), check_floating(op, "var", var);
  check_device(op, x, "target", target), check_device(op, x, "var", var);
  Tensor v = var;
  if (!(var.shape() == x.shape())) {
    Shape shorter = x.shape();
    if (shorter.size() > 0) shorter.resize(shorter.size() - 1);
    bool fits = x.ndim() > 0 && var.shape() == shorter;
    if (fits) v = var.unsqueeze(-1);
    int ones = 0, others = 0;
    for (int d = 0; d < x.ndim() && var.ndim() == x.ndim(); ++d)
      if (var.size(d) != x.size(d)) (var.size(d) == 1 ? ones : others) += 1;
    fits = fits || (ones == 1 && others == 0);
    if (!fits) value_error(op, "var must have x's shape, or size 1 in one dimension, or leave out the last one; got x=", x.shape(), ", var=", var.shape());
  }
  if (any(less(v, 0)).item<bool>()) value_error(op, "var must not be negative; got ", min(v).item<double>());
  v = where(less(v, o.eps), v - v.detach() + o.eps, v);  // the bound passes gradients
  Tensor loss = 0.5 * (log(v) + square(x - target) / v);
  if (o.full) loss = loss + 0.5 * std::log(2 * pi);
  return reduced(op, loss, o.reduction);
}

Tensor gaussian_nll_loss(const Tensor& x, const Tensor& target, double var, const GaussianOptions& o) {
  check_floating("gaussian_nll_loss", "x", x);
  return gaussian_nll_loss(x, target, full({}, var, {.dtype = x.dtype(), .device = x.device()}).expand(x.shape()), o);
}

}  // namespace ph
