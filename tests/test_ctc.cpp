// Connectionist temporal classification: PyTorch's numbers, all paths counted one by one, derivatives, what does not fit, errors.
#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::leaf;
using test::sample;
using test::same_for_any_threads;

namespace {

constexpr LossReduction each = LossReduction::none, total = LossReduction::sum, average = LossReduction::mean;
using V = std::vector<Tensor>;
using Labels = std::vector<std::int64_t>;

/// -log of the sum over all paths that spell the target. x: [T, C].
double by_all_paths(const Tensor& x, const Labels& target, std::int64_t blank) {
  const std::int64_t times = x.size(0), classes = x.size(1);
  const std::vector<double> v = test::values(x);
  double probability = 0;
  std::int64_t paths = 1;
  for (std::int64_t t = 0; t < times; ++t) paths *= classes;
  for (std::int64_t path = 0; path < paths; ++path) {
    Labels spelt;
    std::int64_t rest = path, before = -1;
    double log_p = 0;
    for (std::int64_t t = 0; t < times; ++t, rest /= classes) {
      const std::int64_t c = rest % classes;
      log_p += v[static_cast<std::size_t>(t * classes + c)];
      if (c != before && c != blank) spelt.push_back(c);
      before = c;
    }
    if (spelt == target) probability += std::exp(log_p);
  }
  return -std::log(probability);
}

}  // namespace

TEST_CASE("ctc_loss: PyTorch's values") {
  const Tensor x = log_softmax(sample({6, 3, 5}), -1), lengths = tensor({6, 5, 3}), sizes = tensor({3, 2, 1});
  {
    const Tensor targets = tensor({{1, 1, 3}, {2, 4, 9}, {3, 7, 7}});  // what is beyond a target's size is not looked at
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 0, .reduction = each}), {6.335000497737797, 4.537159716107608, 3.8890817731983685});
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 0, .reduction = average}), {2.756442821277146});
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 0, .reduction = total}), {14.761241987043773});
    CHECK(close(ctc_loss(x.to(float32), targets, lengths, sizes).to(float64), ctc_loss(x, targets, lengths, sizes), 1e-6));
    CHECK(ctc_loss(x.to(float16), targets, lengths, sizes).dtype() == float16);
    CHECK(close(ctc_loss(x, targets.to(int32), lengths.to(int16), sizes), ctc_loss(x, targets, lengths, sizes)));
    for (const auto& [label, view] : test::layouts(x)) CHECK(close(ctc_loss(view, targets, lengths, sizes), ctc_loss(x, targets, lengths, sizes), 1e-14));
    const Tensor logits = leaf({6, 3, 5});
    CHECK_VALUES(grad(ctc_loss(log_softmax(logits, -1), targets, lengths, sizes), logits), {-0.020456406405281763, -0.055735997815620025, 0.00822734855258379, 0.06476692346533662, 0.003198132202981386,
               -0.10690136594395011, 0.018183833890165806, -0.021752037014898643, 0.010348966018157298, 0.10012060305052564, -0.2300096976481771,
               0.0465784830628376, 0.22091409688823213, -0.047722627701549974, 0.01023974539865736, -0.044666103096678705, -0.03061492542888353,
               0.025883597437477757, 0.026031777936023504, 0.023365653152060965, 0.00264062811502645, 0.012769629521941306, -0.0632945224105496,
               0.04412821351919459, 0.003756051254387256, -0.0318243391882017, 0.09434155129907887, 0.008426493891037608, -0.0766688881561855,
               0.005725182154270711, -0.03016986641023953, -0.020347188293541024, 0.01404139653634347, 0.018648071779178956, 0.01782758638825813,
               -0.06336073079404567, 0.01778574072762398, -0.030638007095574894, 0.09687882642545466, -0.020665829263458075, -0.049922826855375996,
               0.02409306212583211, 0.19365445878437754, -0.1967352735251035, 0.02891057947026986, -0.02212890567076866, -0.02170777808454048,
               0.005925897106773281, 0.0042542304901916584, 0.033656556158344196, -0.0031976210597342825, 0.04880102655957825, 0.002907214857641015,
               0.028045261419635228, -0.07655588177712021, 0, 0, 0, 0, 0, -0.00304762068009497, -0.049818884924706125, 0.052770601848307376,
               -0.00519589261560399, 0.005291796372097711, -0.006109038241883955, 0.019374955484352786, 0.0034485011819390273, 0.0620759276623761,
               -0.07879034608678397, 0, 0, 0, 0, 0, 0.01904809167397227, 0.009645640549994066, 0.011222624580694864, -0.06516928877752999,
               0.025252931972868792, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  }
  {
    const Tensor targets = tensor({1, 1, 3, 4, 0, 3});
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 2, .reduction = each}), {7.043482785908254, 7.819778227881241, 2.2068567539033124});
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 2, .reduction = average}), {2.821524487715562});
    CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.blank = 2, .reduction = total}), {17.070117767692807});
  }
  const Tensor one = log_softmax(sample({4, 3}), -1);
  CHECK(ctc_loss(one, tensor({1, 2}), tensor(4), tensor(2)).item<double>() == doctest::Approx(1.2510940110814148).epsilon(1e-13));
  CHECK(ctc_loss(one, tensor({1, 2}), tensor(4), tensor(2), {.reduction = each}).shape() == Shape{});
  CHECK(ctc_loss(one, zeros({0}, {.dtype = int64}), tensor(4), tensor(0)).item<double>() == doctest::Approx(1.701648621453003).epsilon(1e-13));
}

TEST_CASE("ctc_loss: every path counted") {
  for (const Labels& target : {Labels{}, Labels{1}, Labels{1, 1}, Labels{1, 2}, Labels{2, 1, 2}, Labels{2, 2, 2}})
    for (std::int64_t blank : {0, 3})
      for (std::int64_t times : {1, 3, 5}) {
        const Tensor x = log_softmax(sample({times, 4}, float64, -2, 2, static_cast<std::uint64_t>(times)), -1);
        const Tensor loss = ctc_loss(x, from_data(target), tensor(times), tensor(static_cast<std::int64_t>(target.size())), {.blank = blank, .reduction = each});
        const double expected = by_all_paths(x, target, blank);
        CHECK((loss.item<double>() == expected || std::fabs(loss.item<double>() - expected) < 1e-12));
      }
}

TEST_CASE("ctc_loss: what does not fit") {
  const Tensor x = log_softmax(sample({3, 3, 4}), -1).requires_grad_(), targets = tensor({{1, 1, 1}, {2, 3, 1}, {1, 2, 3}});
  const Tensor lengths = tensor({3, 3, 2}), sizes = tensor({3, 3, 2});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = each, .zero_infinity = false}), {inf, 5.684244585949941, 0.9517546231142169});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = average, .zero_infinity = false}), {inf});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = total, .zero_infinity = false}), {inf});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = each, .zero_infinity = true}), {0, 5.684244585949941, 0.9517546231142169});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = average, .zero_infinity = true}), {0.7902085022912518});
  CHECK_VALUES(ctc_loss(x, targets, lengths, sizes, {.reduction = total, .zero_infinity = true}), {6.635999209064158});
  for (bool create : {false, true}) {
    const Tensor g = grad(sum(ctc_loss(x, targets, lengths, sizes, {.reduction = each, .zero_infinity = true})), x, {.create_graph = create});
    CHECK(close(g.select(1, 0), zeros({3, 4}, {.dtype = float64})));
    CHECK(all(isfinite(g)).item<bool>());
    const Tensor wild = grad(sum(ctc_loss(x, targets, lengths, sizes, {.reduction = each})), x, {.create_graph = create});
    CHECK(any(isnan(wild.select(1, 0))).item<bool>());
    CHECK(close(wild.narrow(1, 1, 2), g.narrow(1, 1, 2)));
  }
  // No time at all spells nothing.
  const Tensor some = ctc_loss(x, targets, tensor({0, 3, 0}), tensor({0, 3, 1}), {.reduction = each});
  CHECK(some[0].item<double>() == 0);
  CHECK(some[2].item<double>() == inf);
  // A class that is ruled out.
  Tensor out = log_softmax(sample({4, 1, 3}), -1);
  out.select(2, 2).fill_(-inf);
  const Tensor closed = out.clone().requires_grad_();
  CHECK(ctc_loss(closed, tensor({{2}}), tensor({4}), tensor({1})).item<double>() == inf);
  const Tensor g = grad(ctc_loss(closed, tensor({{1}}), tensor({4}), tensor({1})), closed);
  CHECK(all(isfinite(g)).item<bool>());
}

TEST_CASE("ctc_loss: derivatives of both orders") {
  const Tensor targets = tensor({{1, 1, 3}, {2, 4, 0}, {3, 0, 0}}), sizes = tensor({3, 2, 1});
  for (LossReduction r : {each, total, average}) {
    derivatives([=](const V& v) { return ctc_loss(v[0], targets, tensor({6, 5, 3}), sizes, {.reduction = r}); }, {leaf({6, 3, 5}, float64, -3, 0)});
    derivatives([=](const V& v) { return ctc_loss(log_softmax(v[0], -1), targets, tensor({6, 6, 6}), sizes, {.reduction = r}); }, {leaf({6, 3, 5})});
  }
  derivatives([=](const V& v) { return ctc_loss(v[0], targets, tensor({4, 2, 0}), tensor({3, 2, 1}), {.reduction = each, .zero_infinity = true}); },
              {leaf({5, 3, 5}, float64, -3, 0)});
  derivatives([](const V& v) { return ctc_loss(v[0], tensor({1, 2, 2}), tensor({4, 4}), tensor({3, 0})); }, {leaf({4, 2, 3}, float64, -3, 0)});
}

TEST_CASE("ctc_loss: long sequences, threads") {
  const Tensor targets = randint(1, 20, {4, 60}), lengths = full({4}, 300), sizes = tensor({60, 1, 30, 0});
  const auto loss = [&](const V& v) { return ctc_loss(log_softmax(v[0], -1), targets, lengths, sizes); };
  const Tensor x = leaf({300, 4, 20});
  same_for_any_threads(loss, {leaf({300, 4, 20}, float32)});
  CHECK(close(grad(loss({x}), x), grad(loss({x}), x, {.create_graph = true}), 1e-8, 1e-13));
}

TEST_CASE("ctc_loss: errors, word for word") {
  const Tensor x = zeros({4, 2, 3}), targets = tensor({{1, 2}, {2, 1}}), lengths = tensor({4, 4}), sizes = tensor({2, 2});
  CHECK_ERROR(ctc_loss(zeros({3}), targets, lengths, sizes), "ctc_loss: x must be [T, N, C] or [T, C]; got shape=[3]");
  CHECK_ERROR(ctc_loss(tensor({{1}}), targets, lengths, sizes), "ctc_loss: x must be floating; got dtype=int64");
  CHECK_ERROR(ctc_loss(x, targets.to(float32), lengths, sizes), "ctc_loss: targets must be integers; got dtype=float32");
  CHECK_ERROR(ctc_loss(x, tensor({{1, 2}}), lengths, sizes), "ctc_loss: targets must be [N, S], or one after the other; got targets=[1, 2], samples=2");
  CHECK_ERROR(ctc_loss(x, targets, tensor({4, 5}), sizes), "ctc_loss: input_lengths must be in [0, 4]; got 5 at position 1");
  CHECK_ERROR(ctc_loss(x, targets, lengths, tensor({2, 3})), "ctc_loss: target_lengths must be in [0, 2]; got 3 at position 1");
  CHECK_ERROR(ctc_loss(x, targets, tensor({4}), sizes), "ctc_loss: input_lengths must have one number per sample; got input_lengths=[1], samples=2");
  CHECK_ERROR(ctc_loss(x, targets, lengths, tensor({2.0, 2.0})), "ctc_loss: target_lengths must be integers; got dtype=float32");
  CHECK_ERROR(ctc_loss(x, tensor({1, 2, 1}), lengths, sizes), "ctc_loss: target_lengths must add up to the number of targets; got sum=4, targets=[3]");
  CHECK_ERROR(ctc_loss(x, targets, lengths, sizes, {.blank = 3}), "ctc_loss: blank must be a class in [0, 3); got blank=3");
  CHECK_ERROR(ctc_loss(x, tensor({{1, 2}, {2, 0}}), lengths, sizes),
              "ctc_loss: targets must be classes in [0, 3) other than the blank; got target=0 at position 1 of sample 1, blank=0");
}
