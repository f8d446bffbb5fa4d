// Softmax, normalisation, dropout, embedding and attention. Losses are in test_loss_ops.cpp.
#include <playhead/playhead.h>

#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::layouts;
using test::leaf;
using test::sample;
using test::fused_is_composite;
using test::same_bits;
using test::same_for_any_threads;

namespace {

Tensor plain_softmax(const Tensor& x, std::int64_t dim) {
  const Tensor e = exp(x - max(x, Shape{dim}, true));
  return e / sum(e, {dim}, true);
}

Tensor plain_norm(const Tensor& x, int dims, const Tensor& w, const Tensor& b, double eps, bool center) {
  Shape over;
  for (int i = 0; i < dims; ++i) over.push_back(-1 - i);
  const Tensor c = center ? x - mean(x, over, true) : x;
  Tensor y = c / sqrt(mean(c * c, over, true) + eps);
  if (w.defined()) y = y * w;
  return b.defined() ? y + b : y;
}

Tensor plain_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal) {
  Tensor s = matmul(q, k.mT()) / std::sqrt(static_cast<double>(q.size(-1)));
  if (mask.defined()) s = mask.dtype() == bool_ ? where(mask, s, Scalar(-inf)) : s + mask;
  if (causal) s = where(tri(s.size(-2), s.size(-1), 0, {.dtype = bool_}), s, Scalar(-inf));
  return matmul(nan_to_num(plain_softmax(s, -1)), v);
}

}  // namespace

TEST_CASE("softmax: values, any dim, any layout, odd lengths") {
  for (const Shape& shape : {Shape{5}, Shape{3, 67}, Shape{2, 3, 130}, Shape{4, 1, 5}, Shape{2, 5000}, Shape{1}})
    for (int dim = -1; dim < shape.size(); ++dim) {
      const Tensor x = sample(shape, float64, -3, 3);
      for (const auto& [label, view] : layouts(x)) {
        const std::string name = label;  // clang 14 cannot capture a structured binding
        CAPTURE(name);
        CHECK(close(softmax(view, dim), plain_softmax(x, dim), 1e-13));
        CHECK(close(log_softmax(view, dim), log(plain_softmax(x, dim)), 1e-12, 1e-13));
      }
      CHECK(close(softmax(x.to(float32), dim), plain_softmax(x.to(float32).to(float64), dim), 1e-6));
      CHECK(close(softmax(x.to(float16), dim), plain_softmax(x.to(float16).to(float64), dim), 1e-3, 1e-7));
      CHECK(softmax(x.to(bfloat16), dim).dtype() == bfloat16);
      CHECK(close(softmin(x, dim), plain_softmax(-x, dim), 1e-13));
    }
  CHECK(softmax(full({}, 3.0)).item<double>() == 1);
  CHECK(log_softmax(full({}, 3.0)).item<double>() == 0);
  CHECK(softmax(zeros({0, 3}), 1).shape() == Shape{0, 3});
  CHECK(softmax(zeros({3, 0}), 1).shape() == Shape{3, 0});
  CHECK(softmax(zeros({3, 0, 2}), 0).shape() == Shape{3, 0, 2});
}

TEST_CASE("softmax: derivatives of both orders") {
  for (int dim : {0, 1, 2}) {
    derivatives([dim](const std::vector<Tensor>& x) { return softmax(x[0], dim); }, {leaf({3, 4, 2})});
    derivatives([dim](const std::vector<Tensor>& x) { return log_softmax(x[0], dim); }, {leaf({3, 4, 2})});
  }
  derivatives([](const std::vector<Tensor>& x) { return softmax(x[0], 0); }, {leaf({2, 70})});
  derivatives([](const std::vector<Tensor>& x) { return softmax(x[0]); }, {leaf({})});
  const Tensor x = leaf({2, 3}, float16);
  CHECK(grad(sum(square(softmax(x))), x).dtype() == float16);
}

TEST_CASE("softmax: NaN at every position, infinities, large numbers (hard cases 8 and 9)") {
  for (std::int64_t n = 1; n <= 67; ++n)
    for (std::int64_t at = 0; at < n; at += n < 9 ? 1 : 7) {
      Tensor x = sample({n}, float32);
      x[at].fill_(ph::nan);
      CHECK(all(isnan(softmax(x))).item<bool>());
      CHECK(all(isnan(log_softmax(x))).item<bool>());
      Tensor column = stack({x, zeros({n}, {.dtype = float32})}, 1);
      const Tensor y = softmax(column, 0);
      CHECK(all(isnan(y.select(1, 0))).item<bool>());
      CHECK(!any(isnan(y.select(1, 1))).item<bool>());
    }
  Tensor x = tensor({-inf, 1.0, 2.0, -inf}, {.dtype = float64}).requires_grad_();
  CHECK(close(softmax(x), tensor({0.0, 0.2689414213699951, 0.7310585786300049, 0.0}, {.dtype = float64}), 1e-14));
  CHECK(close(log_softmax(x), tensor({-inf, -1.3132616875182228, -0.3132616875182228, -inf}, {.dtype = float64}), 1e-14));
  for (bool create : {false, true}) {
    const Tensor picked = log_softmax(x)[1], g = grad(picked, x, {.create_graph = create});
    CHECK(close(g, tensor({0.0, 0.7310585786300049, -0.7310585786300049, 0.0}, {.dtype = float64}), 1e-13));
  }
  CHECK(all(isnan(softmax(full({3}, -inf)))).item<bool>());
  CHECK(close(softmax(tensor({1e30, -1e30}, {.dtype = float32})), tensor({1.0, 0.0})));
  CHECK(close(log_softmax(tensor({1000.0, 0.0}, {.dtype = float32})), tensor({0.0, -1000.0})));
}

TEST_CASE("layer_norm and rms_norm: values, layouts, dtypes, empty") {
  for (const Shape& shape : {Shape{3, 5}, Shape{2, 3, 67}, Shape{4, 130}, Shape{2, 4100}, Shape{7, 1}})
    for (int dims = 1; dims < shape.size(); ++dims) {
      const Shape last(shape.data() + shape.size() - dims, dims);
      const Tensor x = sample(shape), w = sample(last, float64, 0.5, 2, 2), b = sample(last, float64, -1, 1, 3);
      for (const auto& [label, view] : layouts(x)) {
        const std::string name = label;  // clang 14 cannot capture a structured binding
        CAPTURE(name);
        CHECK(close(layer_norm(view, last, w, b), plain_norm(x, dims, w, b, 1e-5, true), 1e-11, 1e-12));
      }
      CHECK(close(layer_norm(x, last), plain_norm(x, dims, {}, {}, 1e-5, true), 1e-11, 1e-12));
      CHECK(close(layer_norm(x, last, w), plain_norm(x, dims, w, {}, 1e-5, true), 1e-11, 1e-12));
      CHECK(close(layer_norm(x, last, {}, b), plain_norm(x, dims, {}, b, 1e-5, true), 1e-11, 1e-12));
      CHECK(close(rms_norm(x, last, w, 1e-3), plain_norm(x, dims, w, {}, 1e-3, false), 1e-11, 1e-12));
      CHECK(close(rms_norm(x, last), plain_norm(x, dims, {}, {}, 2.220446049250313e-16, false), 1e-11, 1e-12));
      CHECK(close(layer_norm(x.to(float32), last, w.to(float32), b.to(float32)), plain_norm(x, dims, w, b, 1e-5, true), 1e-4, 1e-4));
      CHECK(layer_norm(x.to(float16), last, w.to(float32), b.to(float32)).dtype() == float16);
    }
  CHECK(layer_norm(zeros({0, 4}), {4}, ones({4}), zeros({4})).shape() == Shape{0, 4});
  CHECK(layer_norm(zeros({3, 0}), {0}).shape() == Shape{3, 0});
  // Far from 0 the variance keeps its digits.
  const Tensor far = sample({2, 1000}, float32) + 1e4;
  CHECK(close(layer_norm(far, {1000}), plain_norm(far.to(float64), 1, {}, {}, 1e-5, true), 1e-3, 1e-3));
  // An empty batch still gives weight and bias gradients of zeros.
  const Tensor w = ones({4}).requires_grad_();
  CHECK(close(grad(sum(layer_norm(zeros({0, 4}), {4}, w)), w), zeros({4})));
}

TEST_CASE("layer_norm and rms_norm: derivatives of both orders") {
  const Tensor x = leaf({3, 2, 4}), w = leaf({2, 4}, float64, 0.5, 2, 2), b = leaf({2, 4}, float64, -1, 1, 3);
  derivatives([](const std::vector<Tensor>& t) { return layer_norm(t[0], {2, 4}, t[1], t[2]); }, {x, w, b});
  derivatives([](const std::vector<Tensor>& t) { return layer_norm(t[0], {4}); }, {x});
  derivatives([](const std::vector<Tensor>& t) { return layer_norm(t[0], {2, 4}, {}, t[1]); }, {x, b});
  derivatives([](const std::vector<Tensor>& t) { return rms_norm(t[0], {2, 4}, t[1], 1e-2); }, {x, w});
  fused_is_composite([](const std::vector<Tensor>& t) { return layer_norm(t[0], {70}, t[1], t[2]); }, {leaf({200, 70}), leaf({70}), leaf({70})});
  fused_is_composite([](const std::vector<Tensor>& t) { return rms_norm(t[0], {600}, t[1]); }, {leaf({70, 600}), leaf({600})});
}

TEST_CASE("normalize, cosine_similarity, pairwise_distance") {
  const Tensor x = leaf({3, 4}), y = leaf({3, 4}, float64, -2, 2, 2);
  CHECK(close(vector_norm(normalize(x), 2, {1}), ones({3}, {.dtype = float64})));
  CHECK(close(normalize(x, 1, 0), x / sum(abs(x), {0}, true)));
  CHECK(close(cosine_similarity(x, y), sum(x * y, {1}) / (vector_norm(x, 2, {1}) * vector_norm(y, 2, {1}))));
  CHECK(close(pairwise_distance(x, y), vector_norm(x - y + 1e-6, 2, {1})));
  derivatives([](const std::vector<Tensor>& t) { return normalize(t[0], 2, 1); }, {x});
  derivatives([](const std::vector<Tensor>& t) { return cosine_similarity(t[0], t[1], 1); }, {x, y});
  derivatives([](const std::vector<Tensor>& t) { return pairwise_distance(t[0], t[1]); }, {x, y});
  Tensor zero = zeros({2, 3}, {.dtype = float64}).requires_grad_();
  CHECK(close(normalize(zero), zeros({2, 3}, {.dtype = float64})));
  CHECK(all(isfinite(grad(sum(normalize(zero)), zero))).item<bool>());
  CHECK(all(isfinite(grad(sum(cosine_similarity(zero, zero)), zero))).item<bool>());
}

TEST_CASE("dropout: rate, scale, gradient, repeatability") {
  const Tensor x = (sample({200, 300}, float64) + 3).requires_grad_();
  Generator one(7), two(7);
  const Tensor y = dropout(x, 0.25, true, one);
  CHECK(same_bits(y, dropout(x, 0.25, true, two)));
  CHECK(!same_bits(y, dropout(x, 0.25, true, one)));
  const Tensor kept = not_equal(y, Scalar(0));
  CHECK(mean(kept.to(float64)).item<double>() == doctest::Approx(0.75).epsilon(0.01));
  CHECK(close(y, where(kept, x / 0.75, Scalar(0))));
  CHECK(close(grad(sum(y), x), kept.to(float64) / 0.75));
  CHECK(dropout(x, 0.5, false).is_same(x));
  CHECK(dropout(x, 0).is_same(x));
  CHECK(close(dropout(x, 1), zeros_like(x)));
  CHECK(gradgradcheck([](const Tensor& t) {
    Generator g(3);
    return square(dropout(t, 0.5, true, g));
  }, {leaf({3, 4})}));
}

TEST_CASE("embedding and one_hot") {
  const Tensor w = leaf({5, 3}), x = tensor({{1, 4, 1}, {0, 1, 4}});
  const Tensor y = embedding(x, w);
  CHECK(y.shape() == Shape{2, 3, 3});
  CHECK(close(y[0][1], w[4]));
  CHECK(close(y[1][2], w[4]));
  CHECK(close(grad(sum(y), w), (tensor({1.0, 3.0, 0.0, 0.0, 2.0}, {.dtype = float64}).unsqueeze(1) * ones({5, 3}, {.dtype = float64}))));
  CHECK(close(grad(sum(embedding(x, w, 1)), w).select(1, 0), tensor({1.0, 0.0, 0.0, 0.0, 2.0}, {.dtype = float64})));
  CHECK(close(embedding(x, w, 1), y));
  for (const auto& [label, view] : layouts(x)) CHECK(close(embedding(view, w), y));
  derivatives([x](const std::vector<Tensor>& t) { return embedding(x, t[0]); }, {w});
  CHECK(embedding(zeros({0, 2}, {.dtype = int64}), w).shape() == Shape{0, 2, 3});
  CHECK_ERROR(embedding(x, w, 5), "embedding: padding_idx must be a row of weight; got padding_idx=5, weight=[5, 3]");

  CHECK(same_bits(one_hot(tensor({2, 0})), tensor({{0, 0, 1}, {1, 0, 0}}, {.dtype = int64})));
  CHECK(one_hot(tensor({{1}}), 4).shape() == Shape{1, 1, 4});
  CHECK(one_hot(zeros({0}, {.dtype = int64}), 4).shape() == Shape{0, 4});
  CHECK_ERROR(one_hot(tensor({1, 5}), 3), "one_hot: values must be in [0, 3); got values from 1 to 5");
  CHECK_ERROR(one_hot(tensor({1.0})), "one_hot: x must be integers; got dtype=float32");
}

TEST_CASE("attention: values with and without masks, several tiles, broadcast heads") {
  const auto check = [](const Shape& qs, const Shape& ks, const Shape& vs, const Tensor& mask, bool causal) {
    const Tensor q = sample(qs), k = sample(ks, float64, -2, 2, 2), v = sample(vs, float64, -2, 2, 3);
    const Tensor expected = plain_attention(q, k, v, mask, causal);
    CHECK(close(scaled_dot_product_attention(q, k, v, {.mask = mask, .is_causal = causal}), expected, 1e-10, 1e-12));
    const Tensor single = scaled_dot_product_attention(q.to(float32), k.to(float32), v.to(float32), {.mask = mask, .is_causal = causal});
    CHECK(close(single, expected, 1e-4, 1e-5));
    CHECK(scaled_dot_product_attention(q.to(float16), k.to(float16), v.to(float16), {.mask = mask, .is_causal = causal}).dtype() == float16);
  };
  for (bool causal : {false, true}) {
    check({2, 3, 5, 4}, {2, 3, 5, 4}, {2, 3, 5, 6}, {}, causal);
    check({3, 5, 4}, {3, 7, 4}, {3, 7, 4}, {}, causal);
    check({5, 4}, {7, 4}, {7, 2}, {}, causal);
    check({2, 1, 5, 4}, {1, 3, 7, 4}, {7, 2}, {}, causal);
    check({2, 2, 2, 5, 4}, {2, 2, 2, 6, 4}, {2, 2, 2, 6, 4}, {}, causal);
    check({1, 2, 300, 8}, {1, 2, 1100, 8}, {1, 2, 1100, 8}, {}, causal);  // three tiles of rows and of columns
  }
  check({2, 3, 5, 4}, {2, 3, 7, 4}, {2, 3, 7, 4}, sample({5, 7}), false);
  check({2, 3, 5, 4}, {2, 3, 7, 4}, {2, 3, 7, 4}, sample({2, 1, 1, 7}), true);
  check({2, 3, 5, 4}, {2, 3, 7, 4}, {2, 3, 7, 4}, greater(sample({2, 1, 5, 7}), Scalar(0)), false);
  check({3, 5, 4}, {3, 7, 4}, {3, 7, 4}, greater(sample({3, 5, 7}), Scalar(0)), false);
  check({2, 2, 2, 5, 4}, {2, 2, 2, 6, 4}, {2, 2, 2, 6, 4}, sample({2, 1, 1, 5, 6}), false);
  check({1, 1, 140, 4}, {1, 1, 1030, 4}, {1, 1, 1030, 4}, greater(sample({140, 1030}), Scalar(1)), false);

  // Rows that see nothing are 0, with gradient 0.
  Tensor mask = ones({3, 4}, {.dtype = bool_});
  mask[1].fill_(false);
  const Tensor q = leaf({3, 2}), k = leaf({4, 2}, float64, -2, 2, 2), v = leaf({4, 2}, float64, -2, 2, 3);
  const Tensor y = scaled_dot_product_attention(q, k, v, {.mask = mask});
  CHECK(close(y[1], zeros({2}, {.dtype = float64})));
  for (const Tensor& g : grad({sum(square(y))}, {q, k, v})) CHECK(all(isfinite(g)).item<bool>());

  for (const auto& [label, view] : layouts(sample({2, 3, 5, 4}))) {
    const std::string name = label;  // clang 14 cannot capture a structured binding
    CAPTURE(name);
    const Tensor plain = view.contiguous();
    CHECK(close(scaled_dot_product_attention(view, view, view), scaled_dot_product_attention(plain, plain, plain), 1e-12));
  }
  CHECK(scaled_dot_product_attention(zeros({0, 2, 3, 4}), zeros({0, 2, 3, 4}), zeros({0, 2, 3, 4})).shape() == Shape{0, 2, 3, 4});
  CHECK(close(scaled_dot_product_attention(zeros({2, 3, 4}), zeros({2, 0, 4}), zeros({2, 0, 5})), zeros({2, 3, 5})));
}

TEST_CASE("attention: derivatives of both orders, fused and not") {
  for (bool causal : {false, true}) {
    const auto f = [causal](const std::vector<Tensor>& t) { return scaled_dot_product_attention(t[0], t[1], t[2], {.is_causal = causal}); };
    derivatives(f, {leaf({2, 3, 2}), leaf({2, 4, 2}, float64, -2, 2, 2), leaf({2, 4, 3}, float64, -2, 2, 3)});
    derivatives(f, {leaf({2, 1, 3, 2}), leaf({1, 2, 3, 2}, float64, -2, 2, 2), leaf({3, 2}, float64, -2, 2, 3)});
    fused_is_composite(f, {leaf({1, 1, 200, 3}), leaf({1, 1, 700, 3}, float64, -2, 2, 2), leaf({1, 1, 700, 5}, float64, -2, 2, 3)}, 1e-8);
  }
  const Tensor mask = greater(sample({3, 4}), Scalar(-0.5));
  const auto masked = [mask](const std::vector<Tensor>& t) { return scaled_dot_product_attention(t[0], t[1], t[2], {.mask = mask, .scale = 0.7}); };
  derivatives(masked, {leaf({2, 3, 2}), leaf({2, 4, 2}, float64, -2, 2, 2), leaf({2, 4, 3}, float64, -2, 2, 3)});
  // A mask that wants a gradient.
  derivatives([](const std::vector<Tensor>& t) { return scaled_dot_product_attention(t[0], t[0], t[0], {.mask = t[1]}); }, {leaf({3, 2}), leaf({3, 3})});
  const Tensor q = leaf({2, 3, 4, 2});
  CHECK(grad(sum(scaled_dot_product_attention(q, q, q, {.dropout_p = 0.5})), q).shape() == q.shape());
}

TEST_CASE("nn ops: bits do not depend on the number of threads (hard case 13)") {
  same_for_any_threads([](const std::vector<Tensor>& t) { return softmax(t[0], 1); }, {leaf({300, 500}, float32)});
  same_for_any_threads([](const std::vector<Tensor>& t) { return log_softmax(t[0], 0); }, {leaf({300, 500}, float32)});
  same_for_any_threads([](const std::vector<Tensor>& t) { return layer_norm(t[0], {300}, t[1], t[2]); },
                       {leaf({1000, 300}, float32), leaf({300}, float32), leaf({300}, float32)});
  same_for_any_threads([](const std::vector<Tensor>& t) { return scaled_dot_product_attention(t[0], t[1], t[2]); },
                       {leaf({2, 3, 200, 32}, float32), leaf({2, 3, 600, 32}, float32), leaf({2, 3, 600, 32}, float32)});
  same_for_any_threads([](const std::vector<Tensor>& t) { return scaled_dot_product_attention(t[0], t[0], t[0]); }, {leaf({1, 1, 300, 64}, float32)});
}

TEST_CASE("nn ops: errors, word for word") {
  CHECK_ERROR(softmax(tensor({1, 2})), "softmax: x must be floating; got dtype=int64");
  CHECK_ERROR(layer_norm(zeros({2, 3}), {4}), "layer_norm: x must end in the normalized shape; got x=[2, 3], normalized_shape=[4]");
  CHECK_ERROR(layer_norm(zeros({2, 3}), {}), "layer_norm: x must end in the normalized shape; got x=[2, 3], normalized_shape=[]");
  CHECK_ERROR(layer_norm(zeros({2, 3}), {3}, ones({2})), "layer_norm: weight must have the normalized shape; got weight=[2], normalized_shape=[3]");
  CHECK_ERROR(rms_norm(zeros({2, 3}), {3}, ones({3}, {.dtype = int64})), "rms_norm: weight must be floating; got dtype=int64");
  CHECK_ERROR(dropout(zeros({2}), 1.5), "dropout: p must be a probability; got p=1.5");
  CHECK_ERROR(scaled_dot_product_attention(zeros({3}), zeros({3}), zeros({3})),
              "scaled_dot_product_attention: q needs at least two dimensions; got shape=[3]");
  CHECK_ERROR(scaled_dot_product_attention(zeros({3, 2}), zeros({3, 4}), zeros({3, 4})),
              "scaled_dot_product_attention: q and k must have one depth; got q=[3, 2], k=[3, 4]");
  CHECK_ERROR(scaled_dot_product_attention(zeros({3, 2}), zeros({3, 2}), zeros({4, 2})),
              "scaled_dot_product_attention: k and v must have one length; got k=[3, 2], v=[4, 2]");
  CHECK_ERROR(scaled_dot_product_attention(zeros({3, 2}), zeros({3, 2}), zeros({3, 2}), {.mask = ones({2, 3}, {.dtype = bool_})}),
              "scaled_dot_product_attention: shapes do not broadcast; got a=[2, 3], b=[3, 3] (2 vs 3 at dimension -2)");
}
