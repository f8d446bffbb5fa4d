// Losses, as functions.
#include "bindings/choices.h"
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

namespace {
using I = std::int64_t;

/// A Python function of two tensors.
struct Distance {
  PyObject* f;
  Tensor operator()(const Tensor& a, const Tensor& b) const {
    const Object x(wrap(Tensor(a))), y(wrap(Tensor(b)));
    const Object r = checked(PyObject_CallFunctionObjArgs(f, x.get(), y.get(), nullptr));
    std::int64_t work = 0;
    return From<Tensor>::get(r.get(), Arg{"triplet_margin_with_distance_loss", "distance_function's result", &work});
  }
};

/// Lengths of sequences: integers as a tensor, or as ints.
struct Lengths : Tensor {
  Lengths(Tensor t) : Tensor(std::move(t)) {}
};
}  // namespace

template <> struct From<Lengths> {
  static constexpr const char* type = "Tensor | Sequence[int]";
  static Lengths get(PyObject* o, const Arg& a) {
    if (is_tensor(o)) return Tensor(From<Tensor>::get(o, a));
    return from_data(to_shape(o, a, "a Tensor or a tuple of ints").vec());
  }
};

void define_loss() {
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
  function("linear_cross_entropy", "input, linear_weight, target, *, linear_bias=None, weight=None, reduction='mean', ignore_index=-100, label_smoothing=0.0",
           [](const Tensor& x, const Tensor& w, const Tensor& t, const MaybeTensor& b, const MaybeTensor& classes, LossReduction r, I ignore, double smoothing) {
             return linear_cross_entropy(x, w, t, b, {.weight = classes, .ignore_index = ignore, .reduction = r, .label_smoothing = smoothing});
           });
  function("ctc_loss", "log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False",
           [](const Tensor& x, const Tensor& t, const Lengths& inputs, const Lengths& targets, I blank, LossReduction r, bool zero) {
             return ctc_loss(x, t, inputs, targets, {.blank = blank, .reduction = r, .zero_infinity = zero});
           });
  function("poisson_nll_loss", "input, target, log_input=True, full=False, eps=1e-08, reduction='mean'",
           [](const Tensor& x, const Tensor& t, bool log, bool full, double eps, LossReduction r) {
             return poisson_nll_loss(x, t, {.log_input = log, .full = full, .eps = eps, .reduction = r});
           });
  function("gaussian_nll_loss", "input, target, var, full=False, eps=1e-06, reduction='mean'",
           [](const Tensor& x, const Tensor& t, const Operand& var, bool full, double eps, LossReduction r) {
             const GaussianOptions o{.full = full, .eps = eps, .reduction = r};
             return var.is_tensor() ? gaussian_nll_loss(x, t, var.tensor, o) : gaussian_nll_loss(x, t, var.scalar.to<double>(), o);
           });
  function("hinge_embedding_loss", "input, target, margin=1.0, reduction='mean'",
           [](const Tensor& x, const Tensor& t, double margin, LossReduction r) { return hinge_embedding_loss(x, t, margin, r); });
  function("margin_ranking_loss", "input1, input2, target, margin=0.0, reduction='mean'",
           [](const Tensor& a, const Tensor& b, const Tensor& t, double margin, LossReduction r) { return margin_ranking_loss(a, b, t, margin, r); });
  function("cosine_embedding_loss", "input1, input2, target, margin=0.0, reduction='mean'",
           [](const Tensor& a, const Tensor& b, const Tensor& t, double margin, LossReduction r) { return cosine_embedding_loss(a, b, t, margin, r); });
  function("soft_margin_loss", "input, target, reduction='mean'", [](const Tensor& x, const Tensor& t, LossReduction r) { return soft_margin_loss(x, t, r); });
  function("multi_margin_loss", "input, target, p=1, margin=1.0, weight=None, reduction='mean'",
           [](const Tensor& x, const Tensor& t, int p, double margin, const MaybeTensor& w, LossReduction r) {
             return multi_margin_loss(x, t, {.p = p, .margin = margin, .weight = w, .reduction = r});
           });
  function("multilabel_margin_loss", "input, target, reduction='mean'",
           [](const Tensor& x, const Tensor& t, LossReduction r) { return multilabel_margin_loss(x, t, r); });
  function("multilabel_soft_margin_loss", "input, target, weight=None, reduction='mean'",
           [](const Tensor& x, const Tensor& t, const MaybeTensor& w, LossReduction r) { return multilabel_soft_margin_loss(x, t, w, r); });
  function("triplet_margin_loss", "anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, reduction='mean'",
           [](const Tensor& a, const Tensor& b, const Tensor& c, double margin, double p, double eps, bool swap, LossReduction r) {
             return triplet_margin_loss(a, b, c, {.margin = margin, .p = p, .eps = eps, .swap = swap, .reduction = r});
           });
  function("triplet_margin_with_distance_loss", "anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction='mean'",
           [](const Tensor& a, const Tensor& b, const Tensor& c, PyObject* f, double margin, bool swap, LossReduction r) {
             if (f != Py_None && !PyCallable_Check(f))
               type_error("triplet_margin_with_distance_loss", "distance_function must be callable or None; got ", kind_of(f));
             const TripletOptions o{.margin = margin, .swap = swap, .reduction = r};
             if (f == Py_None) return triplet_margin_loss(a, b, c, o);
             return triplet_margin_with_distance_loss(a, b, c, Distance{f}, o);
           });
}

}  // namespace ph::python
