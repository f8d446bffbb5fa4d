// Random ops: values in their range, what they take from the generator, layouts, errors word for word, gradients.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <numeric>
#include <string>
#include <vector>

#include "playhead/playhead.h"
#include "playhead/tensor/cpu/parallel.h"

using namespace ph;

namespace {

template <class F> std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

double mean_of(const Tensor& x) {
  const auto v = x.to(float64).to_vector<double>();
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double variance_of(const Tensor& x) {
  const double m = mean_of(x);
  double s = 0;
  for (double v : x.to(float64).to_vector<double>()) s += (v - m) * (v - m);
  return s / static_cast<double>(x.numel());
}
/// Kolmogorov and Smirnov: the largest distance between the sample's distribution and F, times sqrt(n); above 1.95 once in 1000.
template <class F> double distance(const Tensor& x, const F& distribution) {
  auto v = x.to(float64).to_vector<double>();
  std::sort(v.begin(), v.end());
  const auto n = static_cast<double>(v.size());
  double worst = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const double f = distribution(v[i]), at = static_cast<double>(i);
    worst = std::max({worst, f - at / n, (at + 1) / n - f});
  }
  return worst * std::sqrt(n);
}
bool holds(const Tensor& x) { return all(x).item<bool>(); }
template <class T> bool same(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && a.to_vector<T>() == b.to_vector<T>(); }

}  // namespace

TEST_CASE("random ops: shapes, dtypes and repetition") {
  manual_seed(1);
  const Tensor a = rand({3, 4}), b = rand({3, 4});
  manual_seed(1);
  CHECK(same<float>(a, rand({3, 4})));
  CHECK(same<float>(b, rand({3, 4})));
  CHECK(!same<float>(a, b));
  Generator g(1);
  CHECK(same<float>(a, rand({3, 4}, {}, g)));
  CHECK(rand({0, 3}).shape() == Shape{0, 3});
  CHECK(randn({}).shape() == Shape{});
  CHECK(rand({2}, {.dtype = bfloat16}).dtype() == bfloat16);
  CHECK(randn({2}, {.dtype = float64, .requires_grad = true}).requires_grad());
  CHECK(randint(5, {2}).dtype() == int64);
  CHECK(randint(0, 5, {2}, {.dtype = uint8}).dtype() == uint8);
  CHECK(rand_like(ones({2, 5}, {.dtype = float64})).dtype() == float64);
  CHECK(randn_like(ones({2, 5}), {.dtype = float64}).shape() == Shape{2, 5});
  CHECK(randint_like(ones({7}, {.dtype = int16}), 0, 3).dtype() == int16);
}

TEST_CASE("random ops: distributions") {
  Generator g(2);
  const std::int64_t n = 200000;
  const double root = std::sqrt(static_cast<double>(n));
  CHECK(std::fabs(mean_of(rand({n}, {}, g)) - 0.5) < 5 * 0.289 / root);
  CHECK(std::fabs(mean_of(uniform(-2, 6, {n}, {}, g)) - 2) < 5 * 2.31 / root);
  const Tensor z = normal(1, 2, {n}, {.dtype = float64}, g);
  CHECK(std::fabs(mean_of(z) - 1) < 5 * 2 / root);
  CHECK(std::fabs(variance_of(z) - 4) < 5 * 4 * std::sqrt(2.0) / root);
  const Tensor k = randint(-2, 4, {n}, {}, g);
  CHECK(std::fabs(mean_of(k) - 0.5) < 5 * 1.71 / root);
  CHECK(std::fabs(mean_of(bernoulli(0.2, {n}, {.dtype = bool_}, g).to(float32)) - 0.2) < 5 * 0.4 / root);
  const Tensor c = randn({n}, {.dtype = complex64}, g);
  CHECK(std::fabs(variance_of(real(c)) - 0.5) < 5 * 0.5 * std::sqrt(2.0) / root);
  CHECK(std::fabs(variance_of(imag(c)) - 0.5) < 5 * 0.5 * std::sqrt(2.0) / root);
  const Tensor p = from_data<double>({0, 0.25, 1});
  const Tensor flips = bernoulli(p.expand({n, 3}), g);
  CHECK(mean_of(flips.select(1, 0)) == 0);
  CHECK(std::fabs(mean_of(flips.select(1, 1)) - 0.25) < 5 * 0.433 / root);
  CHECK(mean_of(flips.select(1, 2)) == 1);
  CHECK(flips.dtype() == float64);
}

TEST_CASE("random ops: in place, in any layout, elements get their numbers in row-major order") {
  Generator g(3), h(3);
  const Tensor want = rand({4, 6}, {}, g);
  Tensor x = zeros({6, 4}).transpose(0, 1);
  uniform_(x, 0, 1, h);
  CHECK(same<float>(want, x));
  CHECK(g.state() == h.state());
  Tensor wide = zeros({4, 12}), every_other = wide.slice(1, {None, None, 2});
  h.set_state({3, 0, 0});
  uniform_(every_other, 0, 1, h);
  CHECK(same<float>(want, every_other));
  CHECK(mean_of(wide.slice(1, {1, None, 2})) == 0);
  CHECK(wide.version() > 0);
  Tensor k = zeros({100}, {.dtype = int32});
  randint_(k, 5, 8);
  for (int v : k.to_vector<std::int32_t>()) CHECK((v >= 5 && v < 8));
  Tensor b = zeros({100});
  bernoulli_(b, 1.0);
  CHECK(mean_of(b) == 1);
  Tensor z = zeros({3}, {.dtype = complex128}).slice(0, {None, None, 2});
  normal_(z);
  CHECK(z.to_vector<cdouble>()[1].im != 0);
}

TEST_CASE("random ops: continuous distributions, by their distribution functions") {
  Generator g(7);
  const std::int64_t n = 40000;
  const auto normal_below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (DType t : {float32, float64}) {
    CAPTURE(std::string(name(t)));
    Tensor x = zeros({n}, {.dtype = t});
    CHECK(distance(exponential_(x, 2.5, g), [](double v) { return -std::expm1(-2.5 * v); }) < 1.95);
    CHECK(x.min().item<double>() > 0);
    CHECK(distance(cauchy_(x, 1, 3, g), [](double v) { return 0.5 + std::atan((v - 1) / 3) / std::acos(-1.0); }) < 1.95);
    CHECK(distance(log_normal_(x, 0.5, 1.5, g), [&](double v) { return normal_below((std::log(v) - 0.5) / 1.5); }) < 1.95);
    CHECK(distance(normal_(x, 1, 2, g), [&](double v) { return normal_below((v - 1) / 2); }) < 1.95);
    CHECK(distance(uniform_(x, -1, 3, g), [](double v) { return (v + 1) / 4; }) < 1.95);
  }
  // The first numbers of a seed: to the bit, on every instruction set.
  Generator first(3);
  Tensor x = zeros({5000}, {.dtype = float64});
  const auto head = [&](const Tensor& x) { return x.select(0, 0).item<double>(); };
  CHECK(head(exponential_(x, 1, first)) == 1.696385698264026);
  CHECK(head(cauchy_(x, 0, 1, first)) == 1.1594002481911454);
  CHECK(head(log_normal_(x, 0, 1, first)) == 0.46417140023476444);
  CHECK(head(geometric_(x, 0.01, first)) == 11);
  // Log-normal numbers are e to the normal numbers of the same place.
  Generator h(8), k(8);
  Tensor a = zeros({1000}, {.dtype = float64}), b = zeros({1000}, {.dtype = float64});
  log_normal_(a, 0.3, 20, h);
  normal_(b, 0.3, 20, k);
  const auto p = a.to_vector<double>(), q = b.to_vector<double>();
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(std::fabs(p[i] - std::exp(q[i])) <= 1e-15 * p[i]);
  CHECK(holds(isinf(log_normal_(a, 1e3, 1, h))));
  CHECK(holds((log_normal_(a, -1e3, 1, h) == 0)));
}

TEST_CASE("random ops: geometric") {
  Generator g(9);
  const std::int64_t n = 60000;
  for (DType t : {float32, float64, int32, uint8}) {
    CAPTURE(std::string(name(t)));
    const double p = 0.3;
    Tensor x = zeros({n}, {.dtype = t});
    std::vector<double> count(12);
    for (double v : geometric_(x, p, g).to(float64).to_vector<double>()) count.at(static_cast<std::size_t>(std::min(v, 12.0)) - 1) += 1;
    double chi = 0;
    for (std::size_t k = 0; k < 12; ++k) {
      const double rest = std::pow(1 - p, static_cast<double>(k)), want = static_cast<double>(n) * (k == 11 ? rest : rest * p);
      chi += (count[k] - want) * (count[k] - want) / want;
    }
    CHECK(chi < 31.3);  // 11 degrees of freedom: above once in 1000
  }
  Tensor x = zeros({100}, {.dtype = int8});
  geometric_(x, 1, g);
  CHECK(holds((x == 1)));
  geometric_(x, 1e-9, g);
  CHECK(holds((x == 127)));
  Tensor wide = zeros({3}, {.dtype = int64}), words = zeros({3}, {.dtype = uint64});
  CHECK(holds((geometric_(wide, 1e-300, g) == INT64_MAX)));
  CHECK(holds((geometric_(words, 1e-300, g) == Scalar(UINT64_MAX))));
}

TEST_CASE("random ops: the same bits for any number of threads, in any layout and dtype") {
  const int before = num_threads();
  const auto draws = [](Tensor x) {
    std::vector<Tensor> made;
    Generator g(10);
    const auto keep = [&](const Tensor& y) { made.push_back(y.clone()); };
    keep(exponential_(x, 1, g));
    keep(cauchy_(x, 0, 1, g));
    keep(log_normal_(x, 0, 1, g));
    keep(geometric_(x, 0.1, g));
    keep(bernoulli_(x, full({}, 0.5), g));
    return made;
  };
  for (DType t : {float32, float64, bfloat16, float16}) {
    set_num_threads(1);
    const auto want = draws(zeros({300, 301}, {.dtype = t}));
    set_num_threads(4);
    const auto threads = draws(zeros({300, 301}, {.dtype = t})), turned = draws(zeros({301, 300}, {.dtype = t}).transpose(0, 1));
    for (std::size_t i = 0; i < want.size(); ++i) {
      CHECK(want[i].dtype() == t);
      CHECK(holds(equal(want[i], threads[i])));
      CHECK(holds(equal(want[i], turned[i])));
    }
  }
  set_num_threads(before);
  for (const Tensor& y : draws(zeros({0, 3}))) CHECK(y.shape() == Shape{0, 3});
  CHECK(draws(zeros({}))[0].item<float>() > 0);
}

TEST_CASE("random ops: probabilities that are tensors") {
  Generator g(11);
  Tensor x = zeros({4000, 3}, {.dtype = int32});
  bernoulli_(x, from_data<double>({0, 0.25, 1}), g);
  CHECK(mean_of(x.select(1, 0)) == 0);
  CHECK(std::fabs(mean_of(x.select(1, 1)) - 0.25) < 5 * 0.433 / std::sqrt(4000.0));
  CHECK(mean_of(x.select(1, 2)) == 1);
  CHECK(bernoulli(zeros({0})).shape() == Shape{0});
  // Numbers beside tensors.
  const Tensor mean = from_data<float>({1e6f, -1e6f});
  CHECK(normal(mean, 1e-3, g).dtype() == float32);
  CHECK(normal(mean, 0, g).to_vector<float>() == mean.to_vector<float>());
  CHECK(normal(2, from_data<double>({0}), g).to_vector<double>() == std::vector<double>{2});
}

TEST_CASE("random ops: the past of a tensor that is overwritten has no gradient") {
  Tensor x = ones({3}, {.requires_grad = true});
  Tensor y = x * 2;
  uniform_(y);
  sum(y * y).backward();
  CHECK((!x.grad().defined() || x.grad().to_vector<float>() == std::vector<float>(3, 0.0f)));
  CHECK(error_of([&] { uniform_(x); }) != "no error");
  const no_grad guard;
  uniform_(x);
}

TEST_CASE("random ops: normal of tensors is differentiable in both") {
  Tensor mean = zeros({2, 1}, {.dtype = float64, .requires_grad = true}), std = ones({3}, {.dtype = float64, .requires_grad = true});
  Generator g(4), h(4);
  const Tensor y = normal(mean, std, g);
  CHECK(y.shape() == Shape{2, 3});
  const Tensor noise = randn({2, 3}, {.dtype = float64}, h);
  CHECK(same<double>(y, noise));
  sum(y).backward();
  CHECK(same<double>(mean.grad(), full({2, 1}, 3.0, {.dtype = float64})));
  const auto got = std.grad().to_vector<double>(), want = sum(noise, {0}).to_vector<double>();
  for (std::size_t i = 0; i < 3; ++i) CHECK(got[i] == doctest::Approx(want[i]));
}

TEST_CASE("random ops: randperm") {
  Generator g(5);
  for (std::int64_t n : {0, 1, 2, 10, 1000}) {
    auto v = randperm(n, {}, g).to_vector<std::int64_t>();
    std::sort(v.begin(), v.end());
    for (std::int64_t i = 0; i < n; ++i) CHECK(v[static_cast<std::size_t>(i)] == i);
  }
  CHECK(randperm(10, {.dtype = int8}, g).dtype() == int8);
  // All six orders of three are equally likely.
  std::vector<int> count(27);
  for (int i = 0; i < 6000; ++i) {
    const auto v = randperm(3, {}, g).to_vector<std::int64_t>();
    ++count[static_cast<std::size_t>(9 * v[0] + 3 * v[1] + v[2])];
  }
  double chi = 0;
  int orders = 0;
  for (int c : count)
    if (c > 0) chi += std::pow(c - 1000.0, 2) / 1000, ++orders;
  CHECK(orders == 6);
  CHECK(chi < 25.7);
}

TEST_CASE("random ops: multinomial") {
  Generator g(6);
  const Tensor p = from_data<double>({1, 0, 3, 0, 6, 0}, Shape{6});
  const auto frequencies = [](const Tensor& drawn) {
    std::vector<double> f(6);
    for (std::int64_t k : drawn.to_vector<std::int64_t>()) f.at(static_cast<std::size_t>(k)) += 1;
    return f;
  };
  const auto close = [](double count, double want) { return std::fabs(count - want) < 5 * std::sqrt(want + 1); };
  const std::int64_t n = 50000;
  auto f = frequencies(multinomial(p, n, true, g));
  CHECK((close(f[0], 0.1 * n) && close(f[2], 0.3 * n) && close(f[4], 0.6 * n)));
  CHECK(f[1] + f[3] + f[5] == 0);
  f = frequencies(multinomial(p.expand({n, 6}), 1, false, g));
  CHECK((close(f[0], 0.1 * n) && close(f[2], 0.3 * n) && close(f[4], 0.6 * n)));
  // Without replacement: the first as above, the second in proportion to what is left.
  const Tensor pairs = multinomial(p.expand({n, 6}), 2, false, g);
  CHECK(pairs.shape() == Shape{n, 2});
  f = frequencies(pairs.select(1, 0));
  CHECK((close(f[0], 0.1 * n) && close(f[2], 0.3 * n) && close(f[4], 0.6 * n)));
  f = frequencies(pairs.select(1, 1));
  CHECK(close(f[0], n * (0.3 * 1 / 7 + 0.6 * 1 / 4)));
  CHECK(f[1] + f[3] + f[5] == 0);
  auto all = multinomial(p, 3, false, g).to_vector<std::int64_t>();
  std::sort(all.begin(), all.end());
  CHECK(all == std::vector<std::int64_t>{0, 2, 4});
  CHECK(multinomial(p, 0, true, g).shape() == Shape{0});
  CHECK(multinomial(p.to(float32), 4, true, g).dtype() == int64);
}

TEST_CASE("random ops: errors") {
  CHECK(error_of([] { rand({2}, {.dtype = int64}); }) == "rand: needs a floating or complex dtype; got dtype=int64");
  CHECK(error_of([] { uniform(2, 1, {2}); }) == "uniform: needs low <= high, both finite and not too far apart; got low=2, high=1");
  CHECK(error_of([] { normal(0.0, -1.0, {2}); }) == "normal: needs a finite mean and a finite std >= 0; got mean=0, std=-1");
  CHECK(error_of([] { randint(3, 3, {2}); }) == "randint: needs low < high; got low=3, high=3");
  CHECK(error_of([] { randint(0, 257, {2}, {.dtype = uint8}); }) == "randint: bounds must fit the dtype; got low=0, high=257, dtype=uint8");
  CHECK(error_of([] { randint(-1, 2, {2}, {.dtype = bool_}); }) == "randint: bounds must fit the dtype; got low=-1, high=2, dtype=bool");
  CHECK(error_of([] { randint(0, 2, {2}, {.dtype = complex64}); }) == "randint: needs a real dtype; got dtype=complex64");
  CHECK(error_of([] { bernoulli(1.5, {2}); }) == "bernoulli: probability must be in [0, 1]; got p=1.5");
  CHECK(error_of([] { bernoulli(from_data<float>({0.5f, NAN})); }) == "bernoulli: probabilities must be in [0, 1]");
  CHECK(error_of([] { bernoulli(from_data<int>({1})); }) == "bernoulli: needs floating probabilities; got dtype=int32");
  CHECK(error_of([] { randperm(-1); }) == "randperm: n must not be negative; got n=-1");
  CHECK(error_of([] { randperm(300, {.dtype = int8}); }) == "randperm: bounds must fit the dtype; got low=0, high=300, dtype=int8");
  CHECK(error_of([] { multinomial(ones({2, 2, 2}), 1); }) == "multinomial: probabilities must be [k] or [m, k] with k > 0; got shape=[2, 2, 2]");
  CHECK(error_of([] { multinomial(ones({2}), 3); }) == "multinomial: cannot draw more than there are without replacement; got n=3, shape=[2]");
  CHECK(error_of([] { multinomial(from_data<float>({1, 0}), 2); }) ==
        "multinomial: cannot draw more than there are positive probabilities without replacement; got n=2");
  for (const Tensor& p : {zeros({2}), from_data<float>({1, -1}), from_data<float>({1, NAN}), from_data<float>({1, INFINITY})})
    CHECK(error_of([&] { multinomial(p, 1); }) == "multinomial: probabilities must be finite, not negative, and have a positive sum");
  Tensor x = zeros({2, 3}), k = zeros({2}, {.dtype = int32}), b = zeros({2}, {.dtype = bool_}), z = zeros({2}, {.dtype = complex64});
  CHECK(error_of([&] { exponential_(x, 0); }) == "exponential_: needs lambd > 0, and 1 / lambd finite; got lambd=0");
  CHECK(error_of([&] { exponential_(k); }) == "exponential_: needs a floating dtype; got dtype=int32");
  CHECK(error_of([&] { cauchy_(x, 0, -1); }) == "cauchy_: needs a finite median and a finite sigma > 0; got median=0, sigma=-1");
  CHECK(error_of([&] { cauchy_(z); }) == "cauchy_: needs a floating dtype; got dtype=complex64");
  CHECK(error_of([&] { log_normal_(x, 0, -1); }) == "log_normal_: needs a finite mean and a finite std >= 0; got mean=0, std=-1");
  CHECK(error_of([&] { log_normal_(k); }) == "log_normal_: needs a floating dtype; got dtype=int32");
  CHECK(error_of([&] { geometric_(x, 0); }) == "geometric_: probability must be in (0, 1]; got p=0");
  CHECK(error_of([&] { geometric_(b, 0.5); }) == "geometric_: needs floats or integers; got dtype=bool");
  CHECK(error_of([&] { bernoulli_(x, zeros({2})); }) == "bernoulli_: shapes do not broadcast; got a=[2, 3], b=[2] (3 vs 2 at dimension -1)");
  CHECK(error_of([&] { bernoulli_(x, zeros({4, 2, 3})); }) == "bernoulli_: p must broadcast to x; got x=[2, 3], p=[4, 2, 3]");
  CHECK(error_of([&] { bernoulli_(x, full({}, 2.0)); }) == "bernoulli_: probabilities must be in [0, 1]");
  CHECK(error_of([&] { normal(k, 1.0); }) == "normal: needs a floating mean and std; got mean=int32, std=float32");
  CHECK(error_of([] { rand({-1}); }).substr(0, 6) == "rand: ");
  // Bounds at the ends of the types.
  CHECK(randint(INT64_MIN, INT64_MAX, {100}).numel() == 100);
  CHECK(randint(-128, 128, {100}, {.dtype = int8}).numel() == 100);
}
