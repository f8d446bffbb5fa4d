// Losses of classes, and of pairs of equal shape. Margins and likelihoods: ops_margin.cpp; sequences: ops_ctc.cpp.
#include "playhead/autograd/ops_loss.h"

#include <algorithm>

#include "playhead/autograd/checkpoint.h"
#include "playhead/autograd/loss_common.h"
#include "playhead/autograd/nn_common.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_nn.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::check_device;
using detail::check_floating;
using detail::dense;
using detail::make_tensor;
using detail::maybe_view;
using detail::reduced;

namespace {

void check_pair(const char* op, const Tensor& x, const Tensor& target) {
  check_floating(op, "x", x);
  check_floating(op, "target", target);
  check_device(op, x, "target", target);
  if (!(x.shape() == target.shape())) value_error(op, "shapes must be equal; got x=", x.shape(), ", target=", target.shape());
}

// --- classes ------------------------------------------------------------------------------------------------------------

/// Logits as [N, C], and the shape that the losses of the rows have.
struct Rows {
  Tensor x;
  Shape shape;
};
Rows rows_of(const Tensor& x) {
  if (x.ndim() == 1) return {x.unsqueeze(0), {}};
  Shape shape = x.shape();
  shape.erase(1);
  return {x.ndim() == 2 ? x : movedim(x, 1, -1).reshape({numel(shape), x.size(1)}), shape};
}

void check_options(const char* op, const Tensor& x, std::int64_t classes, const ClassLossOptions& o) {
  if (o.weight.defined()) {
    check_floating(op, "weight", o.weight);
    check_device(op, x, "weight", o.weight);
    if (!(o.weight.shape() == Shape{classes})) value_error(op, "weight must have one number per class; got weight=", o.weight.shape(), ", x=", x.shape());
    if (o.weight.requires_grad()) value_error(op, "weight takes no gradient, but requires one. Pass weight.detach()");
  }
  if (!(o.label_smoothing >= 0 && o.label_smoothing <= 1)) value_error(op, "label_smoothing must be in [0, 1]; got label_smoothing=", o.label_smoothing);
  if (o.reduction == LossReduction::batchmean) reduced(op, x, o.reduction);
}

void check_classes(const char* op, const Tensor& x, const Tensor& target, const ClassLossOptions& o) {
  check_floating(op, "x", x);
  check_device(op, x, "target", target);
  if (x.ndim() == 0) value_error(op, "x needs a dimension of classes; got shape=[]");
  check_options(op, x, x.size(x.ndim() == 1 ? 0 : 1), o);
}

void check_target(const char* op, const Tensor& x, const Tensor& target) {
  if (!is_integer(target.dtype())) type_error(op, "target must be integers; got dtype=", target.dtype());
  Shape expected = x.shape();
  expected.erase(x.ndim() == 1 ? 0 : 1);
  if (!(target.shape() == expected)) value_error(op, "target must have x's shape without the classes; got x=", x.shape(), ", target=", target.shape());
}

/// What a row's target comes to: where it counts, and by how much.
struct Targets {
  Tensor kept;    // bool [N]
  Tensor at;      // int64 [N], 0 where ignored
  Tensor weight;  // [N], 0 where ignored
};
Targets targets_of(const Tensor& target, const Tensor& weight, std::int64_t ignore, DType dtype) {
  Targets t;
  t.kept = not_equal(target, ignore);
  t.at = where(t.kept, target, Scalar(0));
  t.weight = weight.defined() ? where(t.kept, index_select(weight, 0, t.at), Scalar(0)) : t.kept.to(dtype);
  return t;
}

struct Entropy {
  std::int64_t ignore;
  double smoothing;
};

/// The rule of the fused loss in other ops: g (softmax(x) sum q - q), q being what the target gives each class.
Tensor entropy_gradient(const Tensor& g, const Tensor& x, const Tensor& target, const Tensor& weight, const Entropy& e) {
  const Targets t = targets_of(target, weight, e.ignore, x.dtype());
  const Tensor kept = t.kept.to(x.dtype()).unsqueeze(1);
  const double share = e.smoothing / static_cast<double>(x.size(1));
  const Tensor everywhere = weight.defined() ? kept * weight * share : kept.expand(x.shape()) * share;
  const Tensor q = scatter_add(everywhere, 1, t.at.unsqueeze(1), (t.weight * (1 - e.smoothing)).unsqueeze(1));
  return g.unsqueeze(1) * (softmax(x, 1) * sum(q, {1}, true) - q);
}

/// The loss of each row. x: [N, C]; target: int64 [N].
Tensor row_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, const Entropy& e) {
  const Tensor xc = dense(x), tc = dense(target), wc = weight.defined() ? dense(weight) : weight;
  Tensor loss = make_tensor({x.size(0)}, x.dtype(), x.device());
  const Tensor lse = make_tensor({x.size(0)}, x.dtype(), x.device());
  kernels(x.device()).cross_entropy({"cross_entropy", view_of(loss), view_of(lse), view_of(xc), view_of(tc), maybe_view(wc), e.ignore, e.smoothing});
  if (recording(x))
    record(loss, "cross_entropy", {x}, [x = Saved(x), target = Saved(tc), weight = wc.defined() ? Saved(wc) : Saved(), lse, e](Backward& d) {
      const Tensor input = x(d), t = target(d), w = detail::read(weight, d);
      if (d.create_graph()) {
        d[0] = entropy_gradient(d.g(), input, t, w, e);
        return;
      }
      const Tensor g = dense(d.g()), xc = dense(input);
      d[0] = make_tensor(input.shape(), input.dtype(), input.device());
      kernels(input.device()).cross_entropy_grad({view_of(d[0]), view_of(g), view_of(xc), view_of(lse), view_of(t), maybe_view(w), e.ignore, e.smoothing});
    });
  return loss;
}

/// Weights of the targets that count, together.
Tensor counted(const Tensor& target, const Tensor& weight, std::int64_t ignore, DType dtype) {
  return weight.defined() ? sum(targets_of(target, weight, ignore, dtype).weight) : count_nonzero(not_equal(target, ignore)).to(dtype);
}

/// The mean over what counts, or the sum, or each. `target` as for row_entropy.
Tensor class_loss(const Tensor& loss, const Shape& shape, const Tensor& target, const Tensor& weight, const ClassLossOptions& o) {
  if (o.reduction == LossReduction::none) return loss.reshape(shape);
  const Tensor total = sum(loss);
  if (o.reduction == LossReduction::sum) return total;
  return total / counted(target, weight, o.ignore_index, loss.dtype());
}

Tensor probability_entropy(const Tensor& x, const Tensor& target, const ClassLossOptions& o) {
  const char* op = "cross_entropy";
  if (!(x.shape() == target.shape())) value_error(op, "probabilities must have x's shape; got x=", x.shape(), ", target=", target.shape());
  const int dim = x.ndim() == 1 ? 0 : 1;
  const std::int64_t classes = x.size(dim);
  const Tensor logp = log_softmax(x, dim);
  Tensor q = target;
  if (o.label_smoothing > 0) q = q * (1 - o.label_smoothing) + o.label_smoothing / static_cast<double>(classes);
  if (o.weight.defined()) {
    Shape along = Shape::filled(x.ndim(), 1);
    along[dim] = classes;
    q = q * o.weight.reshape(along);
  }
  // 0 log 0 is 0.
  const Tensor nothing = logical_and(equal(q, Scalar(0)), isinf(logp));
  const Tensor loss = -sum(where(nothing, Scalar(0), q * logp), {dim});
  return o.reduction == LossReduction::mean ? mean(loss) : reduced(op, loss, o.reduction);
}

}  // namespace

Tensor cross_entropy(const Tensor& x, const Tensor& target, const ClassLossOptions& options) {
  const char* op = "cross_entropy";
  check_classes(op, x, target, options);
  const bool indices = !is_floating(target.dtype());
  if (indices) check_target(op, x, target);
  if (detail::is_half(x.dtype())) {
    ClassLossOptions wide = options;
    if (options.weight.defined()) wide.weight = options.weight.to(float32);
    return cross_entropy(x.to(float32), indices ? target : target.to(float32), wide).to(x.dtype());
  }
  if (!indices) return probability_entropy(x, target, options);
  const Rows rows = rows_of(x);
  const Tensor t = target.to(int64).reshape({rows.x.size(0)}), w = options.weight.defined() ? options.weight.to(x.dtype()) : options.weight;
  const Tensor loss = row_entropy(rows.x, t, w, {options.ignore_index, options.label_smoothing});
  return class_loss(loss, rows.shape, t, w, options);
}

Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& target, const Tensor& bias, const ClassLossOptions& o) {
  const char* op = "linear_cross_entropy";
  check_floating(op, "x", x), check_floating(op, "weight", weight);
  check_device(op, x, "weight", weight), check_device(op, x, "target", target);
  if (x.ndim() < 1 || x.ndim() > 2 || weight.ndim() < 2 || x.size(-1) != weight.size(-1))
    value_error(op, "x must be [in] or [N, in], and weight [C, in] or [C, size..., in]; got x=", x.shape(), ", weight=", weight.shape());
  if (x.ndim() == 1) {
    const Tensor loss = linear_cross_entropy(x.unsqueeze(0), weight, target.unsqueeze(0), bias, o);
    return o.reduction == LossReduction::none ? loss.squeeze(0) : loss;
  }
  check_options(op, x, weight.size(0), o);
  const std::int64_t n = x.size(0), in = x.size(1);
  Shape out = weight.shape();
  out.resize(out.size() - 1);  // [C, size...]
  if (bias.defined()) {
    check_floating(op, "bias", bias);
    if (!(bias.shape() == out)) value_error(op, "bias must have weight's shape without its last dimension; got bias=", bias.shape(), ", weight=", weight.shape());
  }
  const bool indices = !is_floating(target.dtype());
  Shape expected = out;
  if (indices) expected[0] = n;
  else expected.insert(0, n);
  if (!(target.shape() == expected)) value_error(op, "target does not fit; got target=", target.shape(), ", expected ", expected);

  const Tensor w = weight.reshape({numel(out), in}), b = bias.defined() ? bias.reshape({numel(out)}) : bias;
  ClassLossOptions part = o;
  part.reduction = o.reduction == LossReduction::none ? LossReduction::none : LossReduction::sum;
  const auto loss_of = [out, part](const std::vector<Tensor>& t) {  // rows, their targets, weight, bias
    Shape logits = out;
    logits.insert(0, t[0].size(0));
    return cross_entropy(linear(t[0], t[2], t.size() > 3 ? t[3] : Tensor()).reshape(logits), t[1], part);
  };
  // Rows enough to keep the product of each part busy, and its sum into the weight's gradient small beside it.
  const std::int64_t rows = std::max<std::int64_t>(256, (1 << 21) / std::max<std::int64_t>(1, numel(out)));
  const std::vector<Tensor> xs = n > rows ? split(x, rows) : std::vector<Tensor>{x}, targets = n > rows ? split(target, rows) : std::vector<Tensor>{target};
  std::vector<Tensor> losses;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    std::vector<Tensor> inputs{xs[i], targets[i], w};
    if (b.defined()) inputs.push_back(b);
    losses.push_back(xs.size() > 1 && recording(inputs) ? checkpoint(loss_of, inputs) : loss_of(inputs));
  }
  if (o.reduction == LossReduction::none) return losses.size() == 1 ? losses[0] : cat(losses);
  const Tensor total = losses.size() == 1 ? losses[0] : sum(stack(losses));
  if (o.reduction == LossReduction::sum) return total;
  if (!indices) return total / static_cast<double>(target.numel() / std::max<std::int64_t>(1, out[0]));
  const Tensor flat = target.to(int64).reshape({target.numel()});
  return total / counted(flat, o.weight.defined() ? o.weight.to(total.dtype()) : o.weight, o.ignore_index, total.dtype());
}

Tensor nll_loss(const Tensor& x, const Tensor& target, const ClassLossOptions& options) {
  const char* op = "nll_loss";
  check_classes(op, x, target, options);
  check_target(op, x, target);
  if (options.label_smoothing != 0) value_error(op, "label_smoothing is cross_entropy's; got label_smoothing=", options.label_smoothing);
  const Rows rows = rows_of(x);
  const std::int64_t classes = rows.x.size(1);
  const Tensor t = target.to(int64).reshape({rows.x.size(0)}), w = options.weight.defined() ? options.weight.to(x.dtype()) : options.weight;
  const Tensor wrong = logical_and(logical_or(less(t, Scalar(0)), greater_equal(t, classes)), not_equal(t, options.ignore_index));
  if (any(wrong).item<bool>()) {
    const auto at = argmax(wrong.to(int64)).item<std::int64_t>();
    index_error(op, "targets must be classes in [0, ", classes, "); got target=", t[at].item<std::int64_t>(), " at position ", at);
  }
  const Targets at = targets_of(t, w, options.ignore_index, x.dtype());
  const Tensor picked = gather(rows.x, 1, at.at.unsqueeze(1)).squeeze(1);
  return class_loss(where(at.kept, -picked * at.weight, Scalar(0)), rows.shape, t, w, options);
}

// --- pairs of equal shape -------------------------------------------------------------------------------------------------

Tensor mse_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  check_pair("mse_loss", x, target);
  return reduced("mse_loss", square(x - target), reduction);
}

Tensor l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction) {
  check_pair("l1_loss", x, target);
  return reduced("l1_loss", abs(x - target), reduction);
}

namespace {
// slope (e^2 / (2 beta)) within beta, slope (|e| - beta / 2) beyond; the square is not made from |e|, whose slope at 0 is no number's.
Tensor rounded_l1(const char* op, const Tensor& x, const Tensor& target, LossReduction reduction, double beta, double slope) {
  const Tensor e = x - target, a = abs(e);
  return reduced(op, where(less(a, Scalar(beta)), square(e) * (slope / (2 * beta)), (a - beta / 2) * slope), reduction);
}
}  // namespace

Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction, double beta) {
  const char* op = "smooth_l1_loss";
  check_pair(op, x, target);
  if (!(beta >= 0)) value_error(op, "beta must not be negative; got beta=", beta);
  return beta == 0 ? reduced(op, abs(x - target), reduction) : rounded_l1(op, x, target, reduction, beta, 1);
}

Tensor huber_loss(const Tensor& x, const Tensor& target, LossReduction reduction, double delta) {
  check_pair("huber_loss", x, target);
  if (!(delta > 0)) value_error("huber_loss", "delta must be positive; got delta=", delta);
  return rounded_l1("huber_loss", x, target, reduction, delta, delta);
}

namespace {
// f(x), -100 at least; at the pole the gradient is 0, not 0 times infinity.
template <class F>
Tensor held(const Tensor& x, double pole, double elsewhere, F f) {
  const Tensor at = equal(x, Scalar(pole));
  return where(at, Scalar(-100.0), clamp_min(f(where(at, Scalar(elsewhere), x)), -100));
}
}  // namespace

Tensor binary_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight, LossReduction reduction) {
  const char* op = "binary_cross_entropy";
  check_pair(op, x, target);
  const Tensor log_p = held(x, 0, 1, [](const Tensor& v) { return log(v); });
  const Tensor log_rest = held(x, 1, 0, [](const Tensor& v) { return log1p(-v); });
  const Tensor loss = -(target * log_p + (1 - target) * log_rest);
  return reduced(op, weight.defined() ? loss * weight : loss, reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& target, const Tensor& weight, LossReduction reduction,
                                        const Tensor& pos_weight) {
  const char* op = "binary_cross_entropy_with_logits";
  check_pair(op, x, target);
  const Tensor log_p = logsigmoid(x);  // log(1 - p) = log p - x
  const Tensor loss = pos_weight.defined() ? (1 - target) * x - (1 + (pos_weight - 1) * target) * log_p : (1 - target) * x - log_p;
  return reduced(op, weight.defined() ? loss * weight : loss, reduction);
}

Tensor kl_div(const Tensor& x, const Tensor& target, LossReduction reduction, bool log_target) {
  check_pair("kl_div", x, target);
  const Tensor loss = log_target ? exp(target) * (target - x) : xlogy(target, target) - target * x;
  if (reduction != LossReduction::batchmean) return reduced("kl_div", loss, reduction);
  if (x.ndim() == 0) value_error("kl_div", "batchmean needs a batch; got shape=[]");
  return sum(loss) / static_cast<double>(x.size(0));
}

}  // namespace ph
