// Losses: values against their formulas, derivatives, reductions, errors.
#include <playhead/playhead.h>

#include <functional>

#include "harness.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;
using test::same_bits;

namespace {

constexpr LossReduction each = LossReduction::none, total = LossReduction::sum, average = LossReduction::mean;

/// The definition, class by class; x: [N, C].
std::vector<double> entropy_by_hand(const Tensor& x, const std::vector<std::int64_t>& t, const std::vector<double>& w, std::int64_t ignore,
                                    double smoothing) {
  const std::int64_t n = x.size(0), c = x.size(1);
  const std::vector<double> v = test::values(x);
  std::vector<double> loss;
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0, l = 0;
    for (std::int64_t j = 0; j < c; ++j) sum += std::exp(v[static_cast<std::size_t>(i * c + j)]);
    for (std::int64_t j = 0; j < c; ++j) {
      const double q = (j == t[static_cast<std::size_t>(i)] ? 1 - smoothing : 0) + smoothing / static_cast<double>(c);
      l -= q * w[static_cast<std::size_t>(j)] * (v[static_cast<std::size_t>(i * c + j)] - std::log(sum));
    }
    loss.push_back(t[static_cast<std::size_t>(i)] == ignore ? 0 : l);
  }
  return loss;
}

template <class F>
void derivatives(const F& f, const std::vector<Tensor>& xs) {
  const std::function<Tensor(const std::vector<Tensor>&)> call = f;
  CHECK(gradcheck(call, xs));
  CHECK(gradgradcheck(call, xs));
}

}  // namespace

TEST_CASE("cross_entropy: class indices, weights, smoothing, ignored targets, reductions") {
  const Tensor x = sample({6, 5}), weight = sample({5}, float64, 0.5, 2, 4);
  const std::vector<std::int64_t> classes = {0, 4, 2, -100, 2, 1};
  const Tensor t = from_data(classes, Shape{6});
  for (double smoothing : {0.0, 0.3})
    for (bool weighted : {false, true}) {
      const std::vector<double> w = weighted ? test::values(weight) : std::vector<double>(5, 1.0);
      const std::vector<double> hand = entropy_by_hand(x, classes, w, -100, smoothing);
      const ClassLossOptions o = {.weight = weighted ? weight : Tensor(), .reduction = each, .label_smoothing = smoothing};
      const auto with = [&](LossReduction r) {
        ClassLossOptions p = o;
        p.reduction = r;
        return cross_entropy(x, t, p);
      };
      CHECK(close(with(each), from_data(hand, Shape{6}), 1e-12));
      double sum = 0, count = 0;
      for (std::size_t i = 0; i < 6; ++i) sum += hand[i], count += classes[i] < 0 ? 0 : w[static_cast<std::size_t>(classes[i])];
      CHECK(with(total).item<double>() == doctest::Approx(sum).epsilon(1e-12));
      CHECK(with(average).item<double>() == doctest::Approx(sum / count).epsilon(1e-12));
      CHECK(close(cross_entropy(x.to(float32), t, {.reduction = each, .label_smoothing = smoothing}).to(float64),
                  cross_entropy(x, t, {.reduction = each, .label_smoothing = smoothing}), 1e-5, 1e-6));

      for (LossReduction r : {each, total, average}) {
        const auto f = [&](const std::vector<Tensor>& v) {
          ClassLossOptions p = o;
          p.reduction = r;
          return cross_entropy(v[0], t, p);
        };
        const Tensor y = x.clone().requires_grad_();
        derivatives(f, {y});
        const Tensor loss = f({y}), g = ones(loss.shape(), {.dtype = float64});
        CHECK(close(grad(loss, y, {.gradients = {g}, .retain_graph = true}), grad(loss, y, {.gradients = {g}, .create_graph = true})));
        // The same as log_softmax and nll_loss, where that has the option.
        if (smoothing == 0) {
          ClassLossOptions p = o;
          p.reduction = r;
          CHECK(close(nll_loss(log_softmax(x, 1), t, p), cross_entropy(x, t, p), 1e-12));
        }
      }
    }
}

TEST_CASE("cross_entropy: one sample, more dims, dtypes, probabilities, empty") {
  const Tensor x = sample({2, 3, 4, 5}), t = remainder(arange(40).reshape({2, 4, 5}), Scalar(3));
  const Tensor rows = movedim(x, 1, -1).reshape({40, 3});
  CHECK(close(cross_entropy(x, t, {.reduction = each}), cross_entropy(rows, t.reshape({40}), {.reduction = each}).reshape({2, 4, 5})));
  CHECK(close(cross_entropy(rows[0], t.reshape({40})[0]), cross_entropy(rows.narrow(0, 0, 1), t.reshape({40}).narrow(0, 0, 1))));
  CHECK(close(cross_entropy(rows, t.reshape({40}).to(int32)), cross_entropy(rows, t.reshape({40}))));
  CHECK(cross_entropy(rows.to(float16), t.reshape({40})).dtype() == float16);
  derivatives([t](const std::vector<Tensor>& v) { return cross_entropy(v[0], t); }, {x.clone().requires_grad_()});

  const Tensor hard = one_hot(t.reshape({40}), 3).to(float64);
  const Tensor weight = tensor({1.0, 2.0, 0.5}, {.dtype = float64});
  CHECK(close(cross_entropy(rows, hard), cross_entropy(rows, t.reshape({40}))));
  CHECK(close(cross_entropy(rows, hard, {.weight = weight, .reduction = total, .label_smoothing = 0.2}),
              cross_entropy(rows, t.reshape({40}), {.weight = weight, .reduction = total, .label_smoothing = 0.2})));
  derivatives([](const std::vector<Tensor>& v) { return cross_entropy(v[0], softmax(v[1], 1)); }, {leaf({4, 3}), leaf({4, 3}, float64, -2, 2, 2)});

  CHECK(cross_entropy(zeros({0, 3}), zeros({0}, {.dtype = int64}), {.reduction = total}).item<float>() == 0);
  CHECK(std::isnan(cross_entropy(zeros({0, 3}), zeros({0}, {.dtype = int64})).item<float>()));
  // A class that is ruled out costs nothing where it is not the target.
  const Tensor out = tensor({{0.0, -inf}}, {.dtype = float64}).requires_grad_();
  CHECK(cross_entropy(out, tensor({0})).item<double>() == 0);
  CHECK(close(grad(cross_entropy(out, tensor({0})), out), zeros({1, 2}, {.dtype = float64})));
  CHECK(cross_entropy(out, tensor({{1.0, 0.0}}, {.dtype = float64})).item<double>() == 0);
}

TEST_CASE("nll_loss: derivatives") {
  const Tensor t = tensor({0, 2, -100, 1}), w = tensor({1.0, 2.0, 0.5}, {.dtype = float64});
  derivatives([=](const std::vector<Tensor>& v) { return nll_loss(v[0], t, {.weight = w}); }, {leaf({4, 3})});
}

TEST_CASE("losses of pairs: values and derivatives") {
  const Tensor x = leaf({3, 4}), y = leaf({3, 4}, float64, -2, 2, 2), e = (x - y).detach();
  const Tensor p = leaf({3, 4}, float64, 0.1, 0.9, 3), q = leaf({3, 4}, float64, 0.1, 0.9, 4), w = sample({4}, float64, 0.5, 2, 5);
  CHECK(close(mse_loss(x, y, each), e * e));
  CHECK(close(mse_loss(x, y), mean(e * e)));
  CHECK(close(mse_loss(x, y, total), sum(e * e)));
  CHECK(close(l1_loss(x, y), mean(abs(e))));
  CHECK(close(smooth_l1_loss(x, y, each, 0.5), where(less(abs(e), Scalar(0.5)), e * e, abs(e) - 0.25)));
  CHECK(close(smooth_l1_loss(x, y, each, 0), abs(e)));
  CHECK(close(huber_loss(x, y, each, 2), where(less(abs(e), Scalar(2)), e * e / 2, 2 * (abs(e) - 1))));
  CHECK(close(binary_cross_entropy(p, q), mean(-(q * log(p) + (1 - q) * log(1 - p)))));
  CHECK(close(binary_cross_entropy_with_logits(x, q, w, each), -w * (q * log(sigmoid(x)) + (1 - q) * log(sigmoid(-x))), 1e-12));
  CHECK(close(binary_cross_entropy_with_logits(x, q, {}, each, w), -(w * q * log(sigmoid(x)) + (1 - q) * log(sigmoid(-x))), 1e-12));
  CHECK(close(kl_div(log(p), q, each), q * (log(q) - log(p)), 1e-12));
  CHECK(close(kl_div(log(p), log(q), each, true), q * (log(q) - log(p)), 1e-12));
  CHECK(close(kl_div(log(p), q, LossReduction::batchmean), sum(q * (log(q) - log(p))) / 3, 1e-12));

  using V = std::vector<Tensor>;
  for (LossReduction r : {each, total, average}) {
    derivatives([r](const V& v) { return mse_loss(v[0], v[1], r); }, {x, y});
    derivatives([r](const V& v) { return l1_loss(v[0], v[1], r); }, {x, y});
    derivatives([r](const V& v) { return smooth_l1_loss(v[0], v[1], r, 0.7); }, {x, y});
    derivatives([r](const V& v) { return huber_loss(v[0], v[1], r, 0.7); }, {x, y});
    derivatives([r](const V& v) { return binary_cross_entropy(v[0], v[1], {}, r); }, {p, q});
    derivatives([r, w](const V& v) { return binary_cross_entropy_with_logits(v[0], v[1], w, r, w); }, {x, q});
    derivatives([r](const V& v) { return kl_div(v[0], v[1], r); }, {x, q});
    derivatives([r](const V& v) { return kl_div(v[0], v[1], r, true); }, {x, y});
  }
}

TEST_CASE("losses at kinks and edges") {
  Tensor zero = zeros({2}, {.dtype = float64}).requires_grad_();
  const Tensor same = zeros({2}, {.dtype = float64});
  // The second derivative of the quadratic part is there at 0 too.
  const Tensor g = grad(sum(smooth_l1_loss(zero, same, total, 0.5)), zero, {.create_graph = true});
  CHECK(close(grad(sum(g), zero), full({2}, 2.0, {.dtype = float64})));
  CHECK(close(grad(l1_loss(zero, same), zero), same));
  const Tensor sure = tensor({0.0, 1.0}, {.dtype = float64}).requires_grad_();
  CHECK(close(binary_cross_entropy(sure, tensor({0.0, 1.0}, {.dtype = float64}), {}, each), same));
  CHECK(close(binary_cross_entropy(sure, tensor({1.0, 0.0}, {.dtype = float64}), {}, each), full({2}, 100.0, {.dtype = float64})));
  CHECK(all(isfinite(grad(sum(binary_cross_entropy(sure, tensor({0.0, 1.0}, {.dtype = float64}))), sure))).item<bool>());
  const Tensor far = tensor({-1e4, 1e4}, {.dtype = float32}).requires_grad_();
  CHECK(close(binary_cross_entropy_with_logits(far, tensor({1.0, 0.0}), {}, each), full({2}, 1e4)));
  CHECK(close(kl_div(zero, same, total), tensor(0.0, {.dtype = float64})));
  CHECK(close(mse_loss(zeros({0}), zeros({0}), total), tensor(0.0)));
}

TEST_CASE("losses: errors, word for word") {
  const Tensor x = zeros({2, 3}), t = tensor({0, 1});
  CHECK_ERROR(mse_loss(zeros({2}), zeros({3})), "mse_loss: shapes must be equal; got x=[2], target=[3]");
  CHECK_ERROR(mse_loss(zeros({2}), tensor({1, 2})), "mse_loss: target must be floating; got dtype=int64");
  CHECK_ERROR(cross_entropy(x, tensor({0, 3})), "cross_entropy: targets must be classes in [0, 3); got target=3 at position 1");
  CHECK_ERROR(cross_entropy(x, tensor({-1, 0})), "cross_entropy: targets must be classes in [0, 3); got target=-1 at position 0");
  CHECK_ERROR(nll_loss(x, tensor({0, 3})), "nll_loss: targets must be classes in [0, 3); got target=3 at position 1");
  CHECK_ERROR(cross_entropy(x, tensor({0})), "cross_entropy: target must have x's shape without the classes; got x=[2, 3], target=[1]");
  CHECK_ERROR(cross_entropy(x, zeros({2})), "cross_entropy: probabilities must have x's shape; got x=[2, 3], target=[2]");
  CHECK_ERROR(cross_entropy(x, t, {.weight = ones({2})}), "cross_entropy: weight must have one number per class; got weight=[2], x=[2, 3]");
  CHECK_ERROR(cross_entropy(x, t, {.weight = ones({3}).requires_grad_()}),
              "cross_entropy: weight takes no gradient, but requires one. Pass weight.detach()");
  CHECK_ERROR(cross_entropy(x, t, {.label_smoothing = 2}), "cross_entropy: label_smoothing must be in [0, 1]; got label_smoothing=2");
  CHECK_ERROR(cross_entropy(x, t, {.reduction = LossReduction::batchmean}),
              "cross_entropy: reduction must be none, mean or sum; got reduction=batchmean. Only kl_div has it");
  CHECK_ERROR(nll_loss(x, t, {.label_smoothing = 0.1}), "nll_loss: label_smoothing is cross_entropy's; got label_smoothing=0.1");
  CHECK_ERROR(huber_loss(zeros({2}), zeros({2}), average, 0), "huber_loss: delta must be positive; got delta=0");
}
