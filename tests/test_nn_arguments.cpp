// Options of layers' functions that change how they work: grouped heads, rows of limited norm, results in place; and gumbel_softmax.
#include <playhead/nn.h>

#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {
using V = std::vector<Tensor>;
}  // namespace

TEST_CASE("attention of grouped heads: each key's head stands for neighbouring queries'") {
  const Tensor q = sample({2, 6, 5, 4}), k = sample({2, 2, 7, 4}, float64, -1, 1, 2), v = sample({2, 3, 7, 3}, float64, -1, 1, 3);
  const Tensor wide_k = repeat_interleave(k, 3, 1), wide_v = repeat_interleave(v, 2, 1);
  for (const bool causal : {false, true}) {
    const Tensor y = scaled_dot_product_attention(q, k, v, {.is_causal = causal, .enable_gqa = true});
    CHECK(same_bits(y, scaled_dot_product_attention(q, wide_k, wide_v, {.is_causal = causal})));
  }
  const Tensor mask = greater(sample({6, 5, 7}, float64, -1, 1, 4), 0);
  CHECK(same_bits(scaled_dot_product_attention(q, k, v, {.mask = mask, .enable_gqa = true}), scaled_dot_product_attention(q, wide_k, wide_v, {.mask = mask})));
  CHECK(scaled_dot_product_attention(q[0], k[0], v[0], {.enable_gqa = true}).shape() == Shape{6, 5, 3});
  CHECK(scaled_dot_product_attention(zeros({0, 5, 4}), zeros({2, 7, 4}), zeros({2, 7, 4}), {.enable_gqa = true}).shape() == Shape{0, 5, 4});
  derivatives([](const V& x) { return scaled_dot_product_attention(x[0], x[1], x[2], {.is_causal = true, .enable_gqa = true}); },
              {leaf({4, 3, 2}), leaf({2, 3, 2}, float64, -1, 1, 2), leaf({2, 3, 2}, float64, -1, 1, 3)});
  CHECK_ERROR(scaled_dot_product_attention(zeros({1, 4, 3, 2}), zeros({1, 3, 3, 2}), zeros({1, 3, 3, 2}), {.enable_gqa = true}),
                    "scaled_dot_product_attention: k's heads must divide q's; got q=[1, 4, 3, 2], k=[1, 3, 3, 2]");
  CHECK_ERROR(scaled_dot_product_attention(zeros({3, 2}), zeros({3, 2}), zeros({3, 2}), {.enable_gqa = true}),
                    "scaled_dot_product_attention: enable_gqa needs dimensions [..., heads, length, depth]; got q=[3, 2], k=[3, 2]");
}

TEST_CASE("embedding_renorm_: long rows that are named become short, in place; repeated ones once") {
  // PyTorch 2.15: torch.embedding_renorm_(w, torch.tensor([[0, 2], [0, 0]]), 2.5, 2.0) of these rows.
  Tensor w = from_data(std::vector<double>{3, 4, 6, 8, 0.6, 0.8}).reshape({3, 2});
  embedding_renorm_(w, from_data(std::vector<std::int64_t>{0, 2, 0, 0}).reshape({2, 2}), 2.5);
  CHECK_VALUES(w, {1.4999999700000006, 1.9999999600000009, 6, 8, 0.6, 0.8});
  embedding_renorm_(w, from_data(std::vector<std::int64_t>{1}), 7, 1);
  CHECK(close(w[1], from_data(std::vector<double>{3, 4}), 1e-7));

  nn::Embedding layer(3, 2, {.max_norm = 1, .dtype = float64});
  {
    const no_grad guard;
    layer.weight.fill_(2);
  }
  const Tensor y = layer(from_data(std::vector<std::int64_t>{1, 1}));
  CHECK(norm(y[0]).item<double>() == doctest::Approx(1).epsilon(1e-6));
  CHECK(norm(layer.weight[0]).item<double>() == doctest::Approx(std::sqrt(8.0)));
  sum(y).backward();
  CHECK(same_bits(layer.weight.grad(), from_data(std::vector<double>{0, 0, 2, 2, 0, 0}).reshape({3, 2})));
  nn::EmbeddingBag bag(3, 2, {.mode = BagMode::sum, .max_norm = 1});
  {
    const no_grad guard;
    bag.weight.fill_(2);
  }
  CHECK(norm(bag(from_data(std::vector<std::int64_t>{0}).reshape({1, 1}))).item<float>() == doctest::Approx(1).epsilon(1e-5));

  Tensor half = full({2, 2}, 3, {.dtype = float16}), none = zeros({0, 2});
  embedding_renorm_(half, from_data(std::vector<std::int64_t>{1}), 1);
  CHECK(half[0][0].item<float>() == 3);
  CHECK(half[1][0].item<float>() == doctest::Approx(0.7071).epsilon(1e-3));
  CHECK(embedding_renorm_(none, from_data(std::vector<std::int64_t>{}), 1).numel() == 0);
  CHECK_ERROR(embedding_renorm_(w, from_data(std::vector<std::int64_t>{3}), 1), "embedding_renorm_: index out of range; got index=3 for dimension 0 of size 3");
  CHECK_ERROR(embedding_renorm_(w, from_data(std::vector<std::int64_t>{0}), -1), "embedding_renorm_: max_norm must not be negative; got max_norm=-1");
  Tensor row = half[0];
  CHECK_ERROR(embedding_renorm_(row, from_data(std::vector<std::int64_t>{0}), 1), "embedding_renorm_: weight must be a matrix; got shape=[2]");
}

TEST_CASE("rows are counted from 0: a negative index of an embedding is an error") {
  const Tensor w = ones({3, 2}), at = from_data(std::vector<std::int64_t>{0, -2, 1});
  CHECK_ERROR(embedding(at, w), "embedding: index must not be negative; got index=-2 for dimension 0 of size 3");
  CHECK_ERROR(embedding(at.to(int8), w), "embedding: index must not be negative; got index=-2 for dimension 0 of size 3");
  CHECK_ERROR(one_hot(at), "one_hot: values must not be negative; got -2");
  CHECK_ERROR(one_hot(at, 3), "one_hot: values must not be negative; got -2");
}

TEST_CASE("gumbel_softmax: choices by their weights, soft and hard; one gradient for both") {
  Generator g(3);
  const Tensor p = from_data(std::vector<double>{0.1, 0.2, 0.7}), many = expand(log(p), {20000, 3});
  const Tensor hard = gumbel_softmax(many, 1, true, -1, g);
  CHECK(array_equal(sum(hard, {1}), ones({20000}, {.dtype = float64})));
  CHECK(logical_or(equal(hard, 0), equal(hard, 1)).to(float64).sum().item<double>() == 60000);
  CHECK(close(mean(hard, {0}), p, 0, 0.015));  // four standard deviations

  // Colder is nearer to the choice, and the same noise chooses the same.
  for (const double tau : {0.1, 1.0, 10.0}) {
    Generator a(5), b(5);
    const Tensor soft = gumbel_softmax(many.narrow(0, 0, 50), tau, false, 1, a), choice = gumbel_softmax(many.narrow(0, 0, 50), tau, true, 1, b);
    CHECK(close(sum(soft, {1}), ones({50}, {.dtype = float64}), 1e-12));
    CHECK(array_equal(argmax(soft, 1), argmax(choice, 1)));
  }
  const auto fixed = [](bool hard_one) {
    return [hard_one](const V& v) {
      Generator seed(7);
      return gumbel_softmax(v[0], 0.8, hard_one, 0, seed);
    };
  };
  derivatives(fixed(false), {leaf({4, 3})});
  const Tensor x = leaf({4, 3}), w = sample({4, 3}, float64, -1, 1, 6);
  CHECK(same_bits(grad(sum(fixed(true)({x}) * w), x), grad(sum(fixed(false)({x}) * w), x)));

  CHECK(gumbel_softmax(zeros({0, 3}), 1, true).shape() == Shape{0, 3});
  CHECK(gumbel_softmax(zeros({2, 0}), 1, true).shape() == Shape{2, 0});
  CHECK(gumbel_softmax(tensor(2.0), 1, true).item<float>() == 1);
  CHECK(gumbel_softmax(zeros({2, 3}, {.dtype = bfloat16}), 1, true).dtype() == bfloat16);
  CHECK_ERROR(gumbel_softmax(zeros({2}), 0), "gumbel_softmax: tau must be positive; got tau=0");
  CHECK_ERROR(gumbel_softmax(zeros({2}, {.dtype = int64})), "gumbel_softmax: x must be floating; got dtype=int64");
}

TEST_CASE("rrelu_: rrelu in place, random or not") {
  const Tensor x = sample({2, 30}, float64, -2, 2), a = leaf({2, 30}, float64, -2, 2);
  for (const bool training : {false, true}) {
    Generator one(4), two(4);
    Tensor y = x.clone();
    CHECK(rrelu_(y, 0.1, 0.4, training, one).is_same(y));
    CHECK(same_bits(y, rrelu(x, 0.1, 0.4, training, two)));
    Tensor z = a * 1;
    const Tensor w = sample({2, 30}, float64, -1, 1, 2);
    CHECK(close(grad(sum(rrelu_(z, 0.1, 0.4, training, one) * w), a), grad(sum(rrelu(a, 0.1, 0.4, training, two) * w), a), 1e-14, 1e-14));
  }
  Tensor whole = ones({2}, {.dtype = int64}), y = x.clone();
  CHECK_ERROR(rrelu_(whole), "rrelu: x must be floating; got dtype=int64");
  CHECK_ERROR(rrelu_(y, 2, 1), "rrelu: lower must not be above upper; got lower=2, upper=1");
}

TEST_CASE("modules with inplace write over what they are given") {
  const auto check = [](nn::Module& fresh, nn::Module& inplace) {
    const Tensor x = sample({2, 3, 4}, float64, -2, 2), y = x.clone(), z = inplace.forward(y);
    CHECK(z.is_same(y));
    CHECK(same_bits(fresh.forward(x), y));
    const Tensor a = leaf({2, 3, 4}, float64, -2, 2), w = sample({2, 3, 4}, float64, -1, 1, 2);
    CHECK(close(grad(sum(inplace.forward(a * 1) * w), a), grad(sum(fresh.forward(a) * w), a), 1e-14, 1e-14));
  };
#define PH_BOTH(Type, ...)               \
  {                                      \
    nn::Type fresh{__VA_ARGS__};         \
    nn::Type inplace{__VA_ARGS__};       \
    inplace.inplace = true;              \
    fresh.eval(), inplace.eval();        \
    check(fresh, inplace);               \
  }
  PH_BOTH(ReLU) PH_BOTH(ReLU6) PH_BOTH(SELU) PH_BOTH(SiLU) PH_BOTH(Mish) PH_BOTH(Hardswish) PH_BOTH(Hardsigmoid)
  PH_BOTH(LeakyReLU) PH_BOTH(ELU) PH_BOTH(CELU) PH_BOTH(Hardtanh) PH_BOTH(Threshold, 0.5, 0.25) PH_BOTH(RReLU)
#undef PH_BOTH
  nn::Dropout drop(0.5, true);
  Tensor x = ones({100});
  CHECK(drop(x).is_same(x));
  CHECK(min(x).item<float>() == 0);
  CHECK(max(x).item<float>() == 2);
  drop.eval();
  CHECK(drop(x).is_same(x));
  CHECK_THROWS_AS(nn::ReLU(true)(leaf({2})), Error);  // a leaf that requires its gradient
}
