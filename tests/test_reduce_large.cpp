// Reductions, scans and sorts of many elements: accuracy, the same bits for any number of threads, and sizes beyond 2^31.
// The last need 8 GB and a minute, and run only when asked for: playhead_tests --no-skip -tc="*beyond 2^31*"
#include "harness.h"

using namespace ph;
using test::sample;

namespace {

struct Threads {  // the number of threads, for the time of a test
  explicit Threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before;
};

/// 250 + 70 * (the fractional part of i * the golden ratio), whose mean is known: [n, 2].
Tensor spread_out(std::int64_t n) {
  const Tensor i = arange(0, 2 * n, 1, {.dtype = float64});
  const Tensor g = mul(i, 0.6180339887498949);
  return reshape(add(mul(sub(g, floor(g)), 70), 250), {n, 2}).to(float32);
}

}  // namespace

TEST_CASE("reduce: accuracy of float32 (hard case 12)") {
  const std::int64_t ones_count = std::int64_t{1} << 25;
  CHECK(sum(ones(ones_count)).item<float>() == static_cast<float>(ones_count));
  CHECK(sum(expand(ones(1), {std::int64_t{1} << 28})).item<float>() == 0x1p28f);
  CHECK(sum(expand(ones(1 << 14), {1 << 14, 1 << 14})).item<float>() == 0x1p28f);
  CHECK(std::fabs(sum(expand(full({1}, 0.1f), {100'000'000})).item<float>() / 1e7 - 1) < 1e-6);
  CHECK(std::fabs(sum(full({10'000'000}, 0.1f)).item<float>() / 1e6 - 1) < 1e-6);
  CHECK(test::values(mean(ones({20'000'000, 2}), 0)) == std::vector<double>{1, 1});
  const Tensor u = spread_out(10'485'760);
  const Tensor exact = mean(u, 0, false, float64);
  CHECK(test::close(mean(u, 0), exact, 1e-5));
  CHECK(std::fabs(test::values(exact)[0] - 285) < 1e-2);
  CHECK(test::close(sum(u.mT().contiguous(), 1), sum(u, 0), 1e-7));
  // Normal by the sum of twelve uniform numbers; the mean is 10^4 standard deviations from 0.
  const Tensor normal = sum(sample({200'000, 12}, float64, -0.5, 0.5), 1), shifted = add(normal, 1e4).to(float32);
  CHECK(var(shifted).item<float>() == doctest::Approx(var(shifted.to(float64)).item<double>()).epsilon(1e-6));
  CHECK(var(shifted).item<float>() == doctest::Approx(1).epsilon(1e-2));
  CHECK(test::close(var(expand(shifted.unsqueeze(1), {200'000, 3}).contiguous(), 0), expand(var(shifted), {3}), 1e-6));
  CHECK(std::fabs(cumsum(full({10'000'000}, 0.1f), 0)[-1].item<float>() / 1e6 - 1) < 1e-6);
  CHECK(sum(ones({100'000}, {.dtype = bfloat16})).item<float>() == 99840);  // 10^5 rounded once
  CHECK(mean(ones({100'000}, {.dtype = float16})).item<float>() == 1);
}

TEST_CASE("reduce: the same bits, always and for any number of threads (hard case 13)") {
  const Tensor row = sample({1 << 19}, float32), columns = sample({3001, 257}, float32), narrow_ = sample({300'007, 3}, float64);
  const Tensor cube = sample({40, 50, 130}, float32).permute({1, 2, 0});
  const auto all_of = [&] {
    std::vector<Tensor> ys;
    for (const Tensor& v : {row, columns, columns.mT(), narrow_, cube, columns.slice(1, {None, None, 2})}) {
      const Tensor x = v.detach().requires_grad_();
      for (const Shape& dims : {Shape{}, Shape{0}, Shape{-1}}) {
        std::vector<Tensor> some = {sum(x, dims), mean(x, dims), prod(add(mul(x, 1e-6), 1), dims), max(x, dims), var(x, dims), vector_norm(x, 2, dims), vector_norm(x, 3, dims), logsumexp(x, dims)};
        Tensor total = zeros({});
        for (Tensor& y : some) total = add(total, sum(y));
        ys.insert(ys.end(), some.begin(), some.end());
        ys.push_back(grad(total, x));
      }
      for (const int dim : {0, -1}) {
        const Tensor s = cumsum(x, dim), p = cumprod(add(mul(x, 1e-6), 1), dim), m = cummax(x, dim);
        const ValuesIndices o = sort(x, dim), k = topk(x, 3, dim);
        for (const Tensor& y : {s, p, m, o.values, o.indices, k.indices, argmin(x, dim), median(x, dim).indices}) ys.push_back(y);
        ys.push_back(grad(add(add(sum(mul(s, s)), sum(mul(p, s))), sum(mul(o.values, m))), x));
      }
    }
    return ys;
  };
  std::vector<Tensor> first;
  for (const int n : {1, 2, 7, 16}) {
    const Threads guard(n);
    for (int round = 0; round < (n == 2 ? 2 : 1); ++round) {
      const std::vector<Tensor> ys = all_of();
      if (first.empty()) first = ys;
      for (std::size_t i = 0; i < ys.size(); ++i) {
        CAPTURE(n); CAPTURE(i);
        CHECK(test::same_bits(ys[i], first[i]));
      }
    }
  }
  // A hundred times over what threads share most: the chunks of one sum, and of one sort.
  const Threads guard(7);
  const Tensor s = sum(row), c = cumsum(row, 0), o = argsort(row);
  for (int round = 0; round < 100; ++round) {
    CHECK(test::same_bits(sum(row), s));
    if (round % 10 == 0) CHECK(test::same_bits(cumsum(row, 0), c));
    if (round % 20 == 0) CHECK(test::same_bits(argsort(row), o));
  }
}

TEST_CASE("reduce: beyond 2^31 elements (hard case 10)" * doctest::skip()) {
  const std::int64_t edge = std::int64_t{1} << 31, n = edge + 65536;
  Tensor x = zeros(n, {.dtype = int8});
  const std::int64_t marks[] = {0, edge - 1, edge, n - 1};
  for (std::size_t i = 0; i < 4; ++i) x[marks[i]].fill_(static_cast<int>(i) + 3);
  for (const Tensor& v : {x, reshape(x, {n / 16, 16}), reshape(x, {16, n / 16}), flip(x)}) {
    CAPTURE(to_string(v.shape()));
    CHECK(sum(v).item<std::int64_t>() == 3 + 4 + 5 + 6);
    CHECK(count_nonzero(v).item<std::int64_t>() == 4);
    CHECK(max(v).item<int>() == 6);
    CHECK(any(v).item<bool>());
    CHECK(!all(v).item<bool>());
  }
  CHECK(sum(add(x.slice(0, {None, 10}), 1)).item<std::int64_t>() == 13);
  CHECK(argmax(x).item<std::int64_t>() == n - 1);
  CHECK(argmin(flip(x)).item<std::int64_t>() == 1);
  CHECK(argmax(reshape(x, {n / 2, 2}), 0).to_vector<std::int64_t>() == std::vector<std::int64_t>{edge / 2, n / 2 - 1});
  CHECK(argmax(reshape(x, {2, n / 2}), 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, n / 2 - 1});
  CHECK(topk(x, 4).indices.to_vector<std::int64_t>() == std::vector<std::int64_t>{n - 1, edge, edge - 1, 0});
  CHECK(sum(expand(ones(1, {.dtype = int8}), n)).item<std::int64_t>() == n);
  const Tensor c = cumsum(x, 0, int8);
  const int running[] = {3, 7, 12, 18};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(c[marks[i]].item<int>() == running[i]);
    if (i < 3) CHECK(c[marks[i + 1] - 1].item<int>() == (i == 1 ? 7 : running[i]));
  }
  CHECK(cumsum(reshape(x, {n / 2, 2}), 0, int8)[-1].to_vector<std::int8_t>() == std::vector<std::int8_t>{3 + 5, 4 + 6});
}
