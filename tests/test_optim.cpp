// Optimisers against PyTorch 2.15's results in float64; their state; schedules; clipping.
#include "harness.h"

#include <cmath>
#include <vector>

#include "playhead/optim.h"

using namespace ph;
using namespace ph::optim;

namespace {

struct Skipped {
  int step;
  std::size_t parameter;
};

std::vector<Tensor> start(DType t = float64) {
  return {from_data<double>({1, -2, 0.5}).to(t).requires_grad_(), from_data<double>({0.25, 3}, Shape{1, 2}).to(t).requires_grad_()};
}

// Step t has the gradient x (t + 1) - i - 0.5 for parameter number i, or none.
void train(Optimizer& o, int from, int to, const std::vector<Skipped>& skipped = {}) {
  for (int t = from; t < to; ++t) {
    for (std::size_t i = 0; i < o.parameters().size(); ++i) {
      Tensor p = o.parameters()[i];
      p.set_grad(p.detach() * (t + 1.0) - (static_cast<double>(i) + 0.5));
      for (const Skipped& s : skipped)
        if (s.step == t && s.parameter == i) p.set_grad({});
    }
    o.step();
  }
}

std::vector<double> all_values(const std::vector<Tensor>& params) {
  std::vector<double> v;
  for (const Tensor& p : params)
    for (double x : test::values(p)) v.push_back(x);
  return v;
}

void check(const std::vector<Tensor>& params, const std::vector<double>& want, double tolerance = 1e-14) {
  const std::vector<double> got = all_values(params);
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::fabs(got[i] - want[i]) <= tolerance * std::fmax(1, std::fabs(want[i])));
}

}  // namespace

TEST_CASE("optim: SGD is PyTorch's") {
  const auto run = [](const SGDOptions& o, const std::vector<double>& want, const std::vector<Skipped>& skipped = {}) {
    const std::vector<Tensor> p = start();
    SGD sgd(p, o);
    train(sgd, 0, 5, skipped);
    check(p, want);
  };
  run({.lr = 0.05}, {0.519025, -0.7891250000000001, 0.301, 0.35793749999999996, 1.557075});
  run({.lr = 0.05, .weight_decay = 0.1}, {0.5054287767312501, -0.7644322921656249, 0.2937852652484375, 0.35224701703828126, 1.51628633019375});
  run({.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01},
      {0.06582872589111709, 0.4687774684093328, 0.13298684964415308, 0.5668558583150493, 0.19748617767335166});
  run({.lr = 0.05, .momentum = 0.9, .dampening = 0.3}, {0.26817833499999993, 0.007603225000000004, 0.22474914999999998, 0.5656744875, 0.804535005});
  run({.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
      {-0.02639694003781243, 0.5717563604065454, 0.07329527670291389, 0.4691163719605575, -0.07919082011343721});
  run({.lr = 0.05, .momentum = 0.9}, {0.367375, -0.22999999999999993, 0.2678125, 0.3751875, 0.7443749999999998}, {{0, 1}, {1, 1}, {3, 0}});
}

TEST_CASE("optim: Adam and AdamW are PyTorch's") {
  std::vector<Tensor> p = start();
  Adam adam(p, {.lr = 0.05, .weight_decay = 0.1});
  train(adam, 0, 5);
  check(p, {0.7603206023470559, -1.7540078339583252, 0.2736127426310711, 0.44423793038782566, 2.7618898334952124});

  const std::vector<double> want = {0.7396515135733914, -1.7074029651524747, 0.31890490391285853, 0.44055307808048744, 2.6917054317615374};
  p = start();
  AdamW adamw(p, {.lr = 0.05, .weight_decay = 0.1});
  train(adamw, 0, 5);
  check(p, want);

  p = start(float32);
  AdamW single(p, {.lr = 0.05, .weight_decay = 0.1});
  train(single, 0, 5);
  check(p, want, 2e-6);

  // A parameter without a gradient keeps its state; its own updates count for the bias correction, not the calls.
  p = start();
  AdamW skipping(p, {.lr = 0.05, .weight_decay = 0.1});
  train(skipping, 0, 5, {{0, 1}, {1, 1}, {3, 0}});
  check(p, {0.7929640644766348, -1.7663840769269759, 0.36847761986988453, 0.36621178228970086, 2.806379614799702});
  CHECK(skipping.steps() == 5);
}

TEST_CASE("optim: any layout, narrow and complex parameters") {
  for (DType t : {float16, bfloat16}) {
    std::vector<Tensor> p = start(t);
    AdamW o(p, {.lr = 0.05, .weight_decay = 0.1});
    train(o, 0, 5);
    CHECK(p[0].dtype() == t);
    check(p, {0.7396515135733914, -1.7074029651524747, 0.31890490391285853, 0.44055307808048744, 2.6917054317615374}, t == float16 ? 2e-3 : 2e-2);
  }
  // A transposed view of other memory, with a gradient of another layout still.
  const Tensor base = test::sample({3, 4});
  Tensor strided = base.clone().transpose(0, 1).detach().requires_grad_(), dense = base.transpose(0, 1).contiguous().detach().requires_grad_();
  CHECK(!strided.is_contiguous());
  const Tensor g = test::sample({4, 3}, float64, -1, 1, 7);
  for (int kind = 0; kind < 2; ++kind) {
    SGD a({strided}, {.lr = 0.1, .momentum = 0.9}), b({dense}, {.lr = 0.1, .momentum = 0.9});
    for (int i = 0; i < 3; ++i) {
      strided.set_grad(g);
      dense.set_grad(g);
      a.step(), b.step();
    }
  }
  CHECK(test::close(strided, dense, 1e-14));
  // Complex numbers are trained as pairs of reals.
  Tensor z = from_data<cdouble>({{1, 2}, {-3, 0.5}}).requires_grad_(), x = view_as_real(z.detach().clone()).detach().requires_grad_();
  Adam oz({z}, {.lr = 0.1}), ox({x}, {.lr = 0.1});
  for (int i = 0; i < 3; ++i) {
    z.set_grad(z.detach() * 2);
    x.set_grad(x.detach() * 2);
    oz.step(), ox.step();
  }
  CHECK(test::close(view_as_real(z.detach()), x, 1e-14));
}

TEST_CASE("optim: large parameters give the same bits for any number of threads") {
  std::vector<std::vector<double>> results;
  for (int threads : {1, 2, 7, 16}) {
    const int before = num_threads();
    set_num_threads(threads);
    std::vector<Tensor> p = {test::sample({300, 301}, float32).requires_grad_(), test::sample({5}, float32).requires_grad_(),
                             test::sample({70000}, float32).requires_grad_()};
    AdamW a(p, {.lr = 0.01});
    SGD s(p, {.lr = 0.01, .momentum = 0.9});
    train(a, 0, 2);
    train(s, 0, 2);
    results.push_back(all_values(p));
    set_num_threads(before);
  }
  for (const auto& r : results) CHECK(r == results[0]);
}

TEST_CASE("optim: a step bumps versions, so that a saved parameter is found out") {
  Tensor w = test::leaf({3});
  const Tensor y = w * w;
  SGD o({w}, {.lr = 0.1});
  w.set_grad(ones({3}, {.dtype = float64}));
  o.step();
  CHECK_ERROR(sum(y).backward(), "mul: saved tensor was changed in place after it was recorded; got shape=[3], version 1, saved at 0. Clone it before the change");
  o.zero_grad();
  CHECK(!w.grad().defined());
  const auto before = test::values(w);
  o.step();  // nothing to do
  CHECK(test::values(w) == before);
}

TEST_CASE("optim: a resumed optimiser continues with the same bits") {
  std::vector<Tensor> p = start(), q = start();
  AdamW whole(p, {.lr = 0.05});
  train(whole, 0, 4, {{0, 1}});
  std::vector<Tensor> half = start();
  AdamW first(half, {.lr = 0.05});
  train(first, 0, 2, {{0, 1}});
  const StateDict state = first.state_dict();
  std::vector<std::string> names;
  for (const auto& [name, x] : state) names.push_back(name);
  CHECK(names == std::vector<std::string>{"step", "0.step", "0.exp_avg", "0.exp_avg_sq", "1.step", "1.exp_avg", "1.exp_avg_sq"});
  CHECK(state[0].second.item<std::int64_t>() == 2);
  CHECK(state[4].second.item<std::int64_t>() == 1);

  std::vector<Tensor> resumed = {half[0].detach().clone().requires_grad_(), half[1].detach().clone().requires_grad_()};
  AdamW second(resumed, {.lr = 0.05});
  train(second, 0, 1);  // must be forgotten
  for (std::size_t i = 0; i < 2; ++i) {
    const no_grad guard;
    resumed[i].copy_(half[i]);
  }
  second.load_state_dict(state);
  train(second, 2, 4);
  CHECK(all_values(resumed) == all_values(p));

  CHECK_ERROR(second.load_state_dict({}), "load_state_dict: entry \"step\" is missing");
  CHECK_ERROR(second.load_state_dict({{"step", full({}, 1)}, {"2.exp_avg", zeros({3})}}), "load_state_dict: unexpected entry; got \"2.exp_avg\"");
  CHECK_ERROR(second.load_state_dict({{"step", full({}, 1)}, {"0.exp_avg", zeros({4})}}),
              "load_state_dict: shapes must match; got 0.exp_avg of [4], expected [3]");
  CHECK(second.steps() == 4);
}

TEST_CASE("optim: errors") {
  Tensor w = test::leaf({2}), plain = ones({2});
  CHECK_ERROR(SGD({}), "optimizer: needs at least one parameter");
  CHECK_ERROR(SGD({plain, w * 2}), "optimizer: can only update leaves; got the result of an op as number 1, shape=[2]");
  CHECK_ERROR(SGD({w, w}), "optimizer: a parameter appears twice; got numbers 0 and 1");
  CHECK_ERROR(SGD({w}, {.lr = -1}), "SGD: lr is out of range; got lr=-1");
  CHECK_ERROR(SGD({w}, {.nesterov = true}), "SGD: nesterov needs momentum > 0 and dampening 0; got momentum=0, dampening=0");
  CHECK_ERROR(Adam({w}, {.beta2 = 1}), "Adam: beta2 is out of range; got beta2=1");
  CHECK_ERROR(AdamW({w}, {.eps = NAN}), "AdamW: eps is out of range; got eps=nan");
  CHECK_ERROR(clip_grad_norm_({w}, -1), "clip_grad_norm_: max_norm must not be negative; got max_norm=-1");
  CHECK_ERROR(clip_grad_value_({w}, -1), "clip_grad_value_: value must not be negative; got value=-1");
}

TEST_CASE("optim: clipping") {
  Tensor a = test::leaf({2}), b = test::leaf({3}), none = test::leaf({1});
  const auto set = [&] {
    a.set_grad(from_data<double>({3, -4}));
    b.set_grad(from_data<double>({0, 12, 0}));
  };
  set();
  CHECK(clip_grad_norm_({a, b, none}, 6.5) == 13);
  CHECK(test::close(a.grad(), from_data<double>({1.5, -2}), 1e-6));
  CHECK(test::close(b.grad(), from_data<double>({0, 6, 0}), 1e-6));
  set();
  CHECK(clip_grad_norm_({a, b}, 20) == 13);
  CHECK(test::values(a.grad()) == std::vector<double>{3, -4});
  CHECK(clip_grad_norm_({a, b}, 100, 1) == 19);
  CHECK(clip_grad_norm_({a, b}, 100, INFINITY) == 12);
  CHECK(clip_grad_norm_({none}, 1) == 0);
  a.set_grad(from_data<double>({NAN, 1}));
  CHECK(std::isnan(clip_grad_norm_({a, b}, 100, INFINITY)));
  CHECK_ERROR(clip_grad_norm_({a, b}, 1, 2, true), "clip_grad_norm_: the norm is not finite; got norm=nan");
  set();
  clip_grad_value_({a, b, none}, 3.5);
  CHECK(test::values(a.grad()) == std::vector<double>{3, -3.5});
  CHECK(test::values(b.grad()) == std::vector<double>{0, 3.5, 0});
}

TEST_CASE("optim: cosine schedule with warm-up") {
  Tensor w = test::leaf({1});
  SGD o({w}, {.lr = 2});
  CosineWarmup schedule(o, {.warmup = 4, .total = 14, .min_lr = 0.5});
  CHECK(o.lr == 0.5);  // the first of four steps up to 2
  std::vector<double> lrs = {o.lr};
  for (int i = 0; i < 16; ++i) {
    schedule.step();
    lrs.push_back(o.lr);
  }
  CHECK(lrs[1] == 1.0);
  CHECK(lrs[3] == 2.0);
  CHECK(lrs[4] == 2.0);
  CHECK(lrs[9] == doctest::Approx(1.25));  // half way down
  CHECK(lrs[14] == 0.5);
  CHECK(lrs[16] == 0.5);
  for (std::size_t i = 5; i < 15; ++i) CHECK(lrs[i] < lrs[i - 1]);
  schedule.set_step(9);
  CHECK(o.lr == lrs[9]);
  CHECK_ERROR(CosineWarmup(o, {.warmup = 5, .total = 4}), "CosineWarmup: needs 0 <= warmup <= total and total >= 1; got warmup=5, total=4");
}

TEST_CASE("optim: a small problem is solved") {
  // Least squares: the solution is known.
  const Tensor x = test::sample({50, 3}), truth = from_data<double>({1, -2, 0.5}, Shape{3, 1}), y = matmul(x, truth);
  const auto loss_after = [&](auto make) {
    Tensor w = zeros({3, 1}, {.dtype = float64, .requires_grad = true});
    auto o = make(w);
    double loss = 0;
    for (int i = 0; i < 300; ++i) {
      o.zero_grad();
      const Tensor l = mean(square(matmul(x, w) - y));
      l.backward();
      o.step();
      loss = l.item<double>();
    }
    return loss;
  };
  CHECK(loss_after([](const Tensor& w) { return SGD({w}, {.lr = 0.1, .momentum = 0.9, .nesterov = true}); }) < 1e-12);
  CHECK(loss_after([](const Tensor& w) { return AdamW({w}, {.lr = 0.1, .weight_decay = 0}); }) < 1e-6);
}
