// Pooling of all kinds: values and gradients beside PyTorch's and beside slices, derivatives, layouts, dtypes, NaN, threads, errors.
#include "reference.h"

using namespace ph;
using test::close;
using test::layouts;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {

struct Case {
  Tensor (*f)(const Tensor& x);
  Shape x, y;
  double value, gradient;
};

// The functions of torch.nn.functional (2.15.0, float64) on sample(x); the numbers of test::projections.
const std::vector<Case> cases = {
    {[](const Tensor& x) { return max_pool1d(x, 3, {.stride = 2, .padding = 1}); }, {2, 3, 9}, {2, 3, 5}, 5.234795553714914, -4.9289924944754659},
    {[](const Tensor& x) { return max_pool1d(x, 2, {.stride = 3, .dilation = 3, .ceil_mode = true}); }, {3, 10}, {3, 3}, 3.0415809571760075, 0.20162613976882193},
    {[](const Tensor& x) { return max_pool2d(x, {3, 2}, {.stride = {2, 1}, .padding = {1, 1}, .ceil_mode = true}); }, {2, 3, 7, 8}, {2, 3, 4, 9}, 14.349879449519722, -5.8860286869195999},
    {[](const Tensor& x) { return max_pool2d(x, 2, {.dilation = {2, 3}}); }, {3, 9, 8}, {3, 4, 3}, -1.2088440602940034, 11.341239814287468},
    {[](const Tensor& x) { return max_pool2d(x, 3, {.stride = 4, .ceil_mode = true}); }, {1, 2, 6, 7}, {1, 2, 2, 2}, 6.9560714393768546, -2.2138586809016916},
    {[](const Tensor& x) { return max_pool3d(x, {2, 3, 2}, {.stride = 2, .padding = 1, .ceil_mode = true}); }, {1, 2, 5, 6, 4}, {1, 2, 3, 4, 3}, 20.466215316550784, 14.308118207720597},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = false, .count_include_pad = false}); }, {2, 3, 8}, {2, 3, 4}, 0.14477786576415275, -5.7744873062200117},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = false, .count_include_pad = false}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, 6.3597465227825793, 8.2629203123809667},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = false, .count_include_pad = false}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 2, 2}, 1.9360850191255055, 2.8274069000445183},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = false, .count_include_pad = true}); }, {2, 3, 8}, {2, 3, 4}, -0.35334259082581787, -5.7090991341157729},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = false, .count_include_pad = true}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, 2.6174415502197594, 3.7101686634688735},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = false, .count_include_pad = true}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 2, 2}, 1.2171917598251634, 1.3869143198205227},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}); }, {2, 3, 8}, {2, 3, 5}, 6.7409580002962706, 0.084556930989950985},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = true, .count_include_pad = false}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, 6.3597465227825793, 8.2629203123809667},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = true, .count_include_pad = false}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 3, 2}, -1.0751792229130193, -3.6501757377554949},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = true}); }, {2, 3, 8}, {2, 3, 5}, 5.6914086742954009, 0.11464824640355298},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = true, .count_include_pad = true}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, 2.6174415502197594, 3.7101686634688735},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = true, .count_include_pad = true}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 3, 2}, -0.48743664831375999, -0.83688189036269756},
    {[](const Tensor& x) { return avg_pool2d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .divisor_override = 5}); }, {2, 7, 6}, {2, 4, 4}, -2.0937320860049944, 0.47933338174717677},
    {[](const Tensor& x) { return avg_pool3d(x, 2, {.divisor_override = 3}); }, {1, 4, 4, 4}, {1, 2, 2, 2}, 1.2190353635064972, 1.9129671560290888},
    {[](const Tensor& x) { return adaptive_avg_pool1d(x, 4); }, {2, 3, 7}, {2, 3, 4}, -7.814773379016394, 1.6156941539107035},
    {[](const Tensor& x) { return adaptive_avg_pool2d(x, {3, 4}); }, {2, 2, 5, 9}, {2, 2, 3, 4}, -5.0341474939215498, 1.1492486319858948},
    {[](const Tensor& x) { return adaptive_avg_pool2d(x, {5, 2}); }, {2, 3, 4}, {2, 5, 2}, 1.3281781429838766, 1.3940975568534986},
    {[](const Tensor& x) { return adaptive_avg_pool3d(x, {3, 2, 2}); }, {1, 2, 4, 5, 3}, {1, 2, 3, 2, 2}, 0.98677685504339152, -0.79226472921051816},
    {[](const Tensor& x) { return adaptive_max_pool1d(x, 4); }, {2, 3, 7}, {2, 3, 4}, 3.6867058349741377, -0.44357418119149039},
    {[](const Tensor& x) { return adaptive_max_pool2d(x, {3, 4}); }, {2, 2, 5, 9}, {2, 2, 3, 4}, -4.7796570492662287, -1.0751858814637743},
    {[](const Tensor& x) { return adaptive_max_pool2d(x, {5, 2}); }, {2, 3, 4}, {2, 5, 2}, 5.6544982702312145, -4.8581425574060901},
    {[](const Tensor& x) { return adaptive_max_pool3d(x, {3, 2, 2}); }, {1, 2, 4, 5, 3}, {1, 2, 3, 2, 2}, 20.54197894993996, -1.3686224319637132},
    {[](const Tensor& x) { return lp_pool1d(x * 0.475 + 1.05, 2, 3, {.stride = 2}); }, {2, 2, 7}, {2, 2, 3}, 7.8670765560555145, 0.22642574588555942},
    {[](const Tensor& x) { return lp_pool2d(x * 0.475 + 1.05, 3, {2, 3}, {.ceil_mode = true}); }, {2, 2, 6, 7}, {2, 2, 3, 3}, 5.5029994597624583, -1.9562369273981104},
    {[](const Tensor& x) { return lp_pool2d(x * 0.475 + 1.05, 1, 2, {}); }, {1, 5, 5}, {1, 2, 2}, 5.986892021801193, 1.0718134217870932},
    {[](const Tensor& x) { return lp_pool3d(x * 0.475 + 1.05, 2.5, 2, {.stride = 1}); }, {1, 2, 4, 3, 5}, {1, 2, 3, 2, 4}, 5.4591694126831172, -0.075046830460031369},
    {[](const Tensor& x) { return fractional_max_pool2d(x, {2, 3}, {.size = {4, 5}, .random_samples = sample({2, 3, 2}, float64, 0, 1, 3)}); }, {2, 3, 9, 11}, {2, 3, 4, 5}, 0.15607414993258573, -26.505681652008345},
    {[](const Tensor& x) { return fractional_max_pool2d(x, 2, {.size = {6, 3}, .random_samples = sample({1, 2, 2}, float64, 0, 1, 4)}); }, {1, 2, 7, 8}, {1, 2, 6, 3}, 8.5477691603768164, -0.60141638367135875},
    {[](const Tensor& x) { return fractional_max_pool3d(x, {2, 3, 2}, {.size = {3, 2, 4}, .random_samples = sample({1, 2, 3}, float64, 0, 1, 5)}); }, {1, 2, 6, 7, 8}, {1, 2, 3, 2, 4}, -0.58531162814229498, 5.5222039222935546},
    {[](const Tensor& x) { return fractional_max_pool2d(x, 3, {.size = {1, 2}, .random_samples = sample({1, 2, 2}, float64, 0, 1, 6)}); }, {1, 2, 5, 5}, {1, 2, 1, 2}, -0.57106601020835746, 4.4077807172326784},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool1d_with_indices(x, 2, {}); return max_unpool1d(r.values, r.indices, 2, {}); }, {2, 3, 8}, {2, 3, 8}, 12.359176167141822, 6.4712146932452477},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool1d_with_indices(x, 2, {}); return max_unpool1d(r.values, r.indices, 2, {.size = {9}}); }, {2, 3, 9}, {2, 3, 9}, 3.37683839106437, 5.124819798133208},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool2d_with_indices(x, {2, 3}, {}); return max_unpool2d(r.values, r.indices, {2, 3}, {.size = {6, 7}}); }, {2, 2, 6, 7}, {2, 2, 6, 7}, 5.9979892299489297, 0.39280570718252661},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool2d_with_indices(x, 2, {.stride = 3, .padding = 1}); return max_unpool2d(r.values, r.indices, 2, {.stride = 3, .padding = 1, .size = {7, 7}}); }, {1, 2, 7, 7}, {1, 2, 7, 7}, 6.2706411676758291, -0.89989667545549645},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool3d_with_indices(x, 2, {}); return max_unpool3d(r.values, r.indices, 2, {.size = {4, 6, 5}}); }, {1, 2, 4, 6, 5}, {1, 2, 4, 6, 5}, 5.3800126871289473, -1.8194724863443461},
};

}  // namespace

TEST_CASE("pooling: values and gradients are PyTorch's") {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    CAPTURE(i);
    const Tensor x = leaf(c.x), y = c.f(x);
    CHECK(y.shape() == c.y);
    CHECK(test::agree(test::projections(y, {x}), {c.value, c.gradient}));
    CHECK(close(c.f(x.detach().to(float32)), y, 1e-5, 1e-5));
    CHECK(c.f(x.detach().to(bfloat16)).dtype() == bfloat16);
    for (const auto& l : layouts(x)) CHECK(close(c.f(l.x), y));
  }
}

TEST_CASE("pooling: first and second derivatives") {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    if (numel(cases[i].x) > 120) continue;
    CHECK(gradcheck(cases[i].f, {leaf(cases[i].x)}));
    CHECK(gradgradcheck(cases[i].f, {leaf(cases[i].x)}));
  }
}

TEST_CASE("pooling: values") {
  const Tensor x = sample({2, 3, 7, 8});
  const auto window = [&](std::int64_t y, std::int64_t h, std::int64_t z, std::int64_t w) { return x.slice(2, {y, y + h}).slice(3, {z, z + w}); };
  const Tensor m = max_pool2d(x, {2, 3}), a = avg_pool2d(x, {2, 3}), o = max_pool2d(x, 3, {.stride = 2}), p = avg_pool2d(x, 3, {.stride = 1, .padding = 1});
  CHECK(m.shape() == Shape{2, 3, 3, 2});
  CHECK(o.shape() == Shape{2, 3, 3, 3});
  CHECK(p.shape() == x.shape());
  CHECK(close(m.select(3, 1).select(2, 2), max(window(4, 2, 3, 3), Shape{2, 3})));
  CHECK(close(a.select(3, 1).select(2, 2), mean(window(4, 2, 3, 3), {2, 3})));
  CHECK(close(o.select(3, 2).select(2, 1), max(window(2, 3, 4, 3), Shape{2, 3})));
  CHECK(close(p.select(3, 0).select(2, 0), sum(window(0, 2, 0, 2), {2, 3}) / 9));
  CHECK(close(avg_pool2d(x, 3, {.stride = 1, .padding = 1, .count_include_pad = false}).select(3, 0).select(2, 0), mean(window(0, 2, 0, 2), {2, 3})));
  CHECK(close(avg_pool2d(x, 2, {.divisor_override = 3})[0][0][0][0], sum(window(0, 2, 0, 2), {2, 3})[0][0] / 3));
  // The last window reaches past the end: it counts what there is.
  const Tensor c = avg_pool2d(x, 2, {.ceil_mode = true});
  CHECK(c.shape() == Shape{2, 3, 4, 4});
  CHECK(close(c.select(3, 0).select(2, 3), mean(window(6, 1, 0, 2), {2, 3})));
  CHECK(max_pool2d(x, 2, {.ceil_mode = true}).shape() == Shape{2, 3, 4, 4});
  CHECK(max_pool1d(sample({1, 5}), 2, {.stride = 2, .padding = 1, .ceil_mode = true}).shape() == Shape{1, 3});
  CHECK(close(max_pool2d(x, 2, {.stride = 1, .dilation = 3})[0][0][1][2], max(x[0][0].slice(0, {1, 5, 3}).slice(1, {2, 6, 3}))));
  CHECK(close(max_pool1d(x[0], 3), max(x[0].slice(2, {0, 6}).reshape({3, 7, 2, 3}), Shape{3})));
  CHECK(close(avg_pool3d(x, {1, 7, 8}).reshape({2, 3}), mean(x, {2, 3})));
  CHECK(max_pool3d(x.unsqueeze(0), 2).shape() == Shape{1, 2, 1, 3, 4});
  CHECK(close(adaptive_avg_pool2d(x, 1).reshape({2, 3}), mean(x, {2, 3})));
  CHECK(close(adaptive_avg_pool2d(x, {3, 8}).select(2, 1), mean(x.slice(2, {2, 5}), {2})));
  CHECK(close(adaptive_max_pool1d(x[0], 3).select(2, 2), max(x[0].slice(2, {5, 8}), Shape{2})));
  CHECK(close(adaptive_max_pool2d(x, {7, 8}), x));
  CHECK(close(adaptive_avg_pool3d(x, {2, 9, 8}).shape() == Shape{2, 2, 9, 8} ? x : x * 0, x));
  CHECK(adaptive_max_pool3d(x, 2).shape() == Shape{2, 2, 2, 2});
  CHECK(close(adaptive_avg_pool1d(x[0], 4), avg_pool1d(x[0], 2)));

  const MaxPoolResult r = max_pool2d_with_indices(x, 2);
  CHECK(same_bits(gather(x.reshape({2, 3, 56}), -1, r.indices.reshape({2, 3, 12})).reshape({2, 3, 3, 4}), r.values));
  CHECK(same_bits(max_pool1d_with_indices(x[0], 2).values, max_pool1d(x[0], 2)));
  CHECK(same_bits(max_pool3d_with_indices(x, 2).values, max_pool3d(x, 2)));
  CHECK(same_bits(adaptive_max_pool1d_with_indices(x[0], 2).values, adaptive_max_pool1d(x[0], 2)));
  CHECK(same_bits(adaptive_max_pool2d_with_indices(x, 2).values, adaptive_max_pool2d(x, 2)));
  CHECK(same_bits(adaptive_max_pool3d_with_indices(x, 2).values, adaptive_max_pool3d(x, 2)));
  for (const auto& l : layouts(x)) {
    CHECK(close(max_pool2d(l.x, {2, 3}), m));
    CHECK(close(avg_pool2d(l.x, {2, 3}), a));
  }
  for (const DType t : {float16, bfloat16, float32}) {
    CHECK(same_bits(max_pool2d(x.to(t), {2, 3}), m.to(t)));
    CHECK(close(avg_pool2d(x.to(t), {2, 3}), avg_pool2d(x.to(t).to(float64), {2, 3}), 1e-2, 1e-2));
  }
  CHECK(max_pool2d(zeros({0, 3, 4, 4}), 2).shape() == Shape{0, 3, 2, 2});
  CHECK(max_pool2d(full({1, 2, 2}, -INFINITY), 2).item<float>() == -INFINITY);
}

TEST_CASE("pooling: NaN at every position") {
  for (int n = 1; n <= 20; ++n)
    for (int i = 0; i < n; ++i) {
      Tensor x = sample({1, n}, float32);
      x.index_put_({0, i}, NAN);
      CHECK(isnan(max_pool1d(x, n)).item<bool>());
      CHECK(max_pool1d_with_indices(x, n).indices.item<int>() == i);
      CHECK(isnan(avg_pool1d(x, n)).item<bool>());
    }
}

TEST_CASE("pooling: derivatives") {
  const auto check = [](const auto& f, const Shape& s) {
    CHECK(gradcheck(f, {leaf(s)}));
    CHECK(gradgradcheck(f, {leaf(s)}));
  };
  check([](const Tensor& x) { return max_pool1d(x, 2); }, {2, 7});
  check([](const Tensor& x) { return max_pool2d(x, 3, {.stride = 2, .padding = 1}); }, {2, 2, 5, 6});
  check([](const Tensor& x) { return max_pool2d(x, 2, {.stride = 1, .dilation = 2, .ceil_mode = true}); }, {2, 5, 6});
  check([](const Tensor& x) { return max_pool3d(x, 2); }, {2, 4, 2, 3});
  check([](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 1, .padding = 1, .count_include_pad = false}); }, {2, 7});
  check([](const Tensor& x) { return avg_pool2d(x, {2, 3}, {.stride = 2, .padding = 1, .ceil_mode = true}); }, {2, 2, 5, 6});
  check([](const Tensor& x) { return avg_pool3d(x, 2, {.divisor_override = 3}); }, {2, 4, 2, 3});
  check([](const Tensor& x) { return adaptive_avg_pool2d(x, {3, 2}); }, {2, 5, 6});
  check([](const Tensor& x) { return adaptive_max_pool2d(x, {3, 2}); }, {2, 5, 6});
  check([](const Tensor& x) { return max_pool2d(x, 2); }, {0, 2, 4, 4});
  // Overlapping windows of 16-bit floats are summed in float32: 2048 ones and one more.
  Tensor x = ones({1, 1}, {.dtype = float16}).requires_grad_();
  const Tensor y = adaptive_avg_pool1d(x, 2049);
  CHECK(grad(y, x, {.gradients = {ones(y.shape(), {.dtype = float16})}}).item<float>() == 2048);  // 2049 rounded once
}

TEST_CASE("fractional pooling") {
  const Tensor x = sample({2, 3, 12, 10});
  manual_seed(5);
  const Tensor a = fractional_max_pool2d(x, 2, {.ratio = {0.5, 0.7}});
  CHECK(a.shape() == Shape{2, 3, 6, 7});
  CHECK_FALSE(same_bits(fractional_max_pool2d(x, 2, {.ratio = {0.5, 0.7}}), a));
  manual_seed(5);
  CHECK(same_bits(fractional_max_pool2d(x, 2, {.ratio = {0.5, 0.7}}), a));
  Generator own(9), again(9);
  CHECK(same_bits(fractional_max_pool3d(x, 2, {.size = {2, 5, 4}, .generator = &own}), fractional_max_pool3d(x, 2, {.size = {2, 5, 4}, .generator = &again})));
  const Tensor u = full({1, 3, 2}, 0.3, {.dtype = float64});
  CHECK(same_bits(fractional_max_pool2d(x[0], 2, {.size = {5}, .random_samples = u}), fractional_max_pool2d(x[0], 2, {.size = {5}, .random_samples = u[0]})));
  const MaxPoolResult r = fractional_max_pool2d_with_indices(x, 3, {.size = {4}});
  CHECK(same_bits(gather(x.reshape({2, 3, 120}), -1, r.indices.reshape({2, 3, 16})).reshape({2, 3, 4, 4}), r.values));
  CHECK(fractional_max_pool3d_with_indices(x.unsqueeze(0), 2, {.size = {2}}).indices.shape() == Shape{1, 2, 2, 2, 2});
  CHECK(fractional_max_pool2d(zeros({0, 3, 5, 5}), 2, {.size = {3}}).shape() == Shape{0, 3, 3, 3});
}

TEST_CASE("max_unpool and lp_pool at the edges") {
  const Tensor x = leaf({1, 2, 6});
  const MaxPoolResult r = max_pool1d_with_indices(x, 2);
  CHECK(close(max_pool1d(max_unpool1d(relu(r.values), r.indices, 2), 2), relu(r.values)));
  // Two windows found one entry: what stays is the last, and so does its gradient.
  const Tensor two = from_data(std::vector<double>{5, 6}, {1, 2}).requires_grad_(), same = from_data(std::vector<std::int64_t>{1, 1}, {1, 2});
  const Tensor y = max_unpool1d(two, same, 2, {.stride = 1});
  CHECK(test::values(y) == std::vector<double>{0, 6, 0});
  CHECK(test::values(grad(sum(y), two)) == std::vector<double>{0, 1});
  CHECK(max_unpool2d(zeros({0, 2, 2, 2}), zeros({0, 2, 2, 2}, {.dtype = int64}), 2).shape() == Shape{0, 2, 4, 4});
  CHECK(max_unpool3d(ones({1, 1, 1, 1}), zeros({1, 1, 1, 1}, {.dtype = int64}), 2).shape() == Shape{1, 2, 2, 2});
  // A window of zeros has a gradient of zeros.
  const Tensor zero = zeros({1, 4}, {.dtype = float64}).requires_grad_();
  for (const double p : {1.5, 2.0, 3.0}) CHECK(test::values(grad(sum(lp_pool1d(zero, p, 2)), zero)) == std::vector<double>{0, 0, 0, 0});
  CHECK(test::values(lp_pool1d(from_data(std::vector<double>{3, -4, 1, 0}, {1, 4}), inf, 2)) == std::vector<double>{4, 1});
  CHECK(lp_pool2d(full({1, 2, 2}, 200, {.dtype = float16}), 2, 2).item<float>() == 400);  // 40000 would not fit
  CHECK(lp_pool3d(ones({1, 2, 2, 2}), 1, 2).item<float>() == 8);
}

TEST_CASE("pooling: bits do not depend on the number of threads") {
  const int before = num_threads();
  const Tensor x = leaf({9, 16, 33, 29}, float32), u = sample({9, 16, 2}, float32, 0, 1, 3);
  std::vector<Tensor> first;
  for (const int n : {1, 2, 7, 16}) {
    set_num_threads(n);
    std::vector<Tensor> got;
    for (const Tensor& y : {max_pool2d(x, 3, {.stride = 2, .padding = 1}), avg_pool2d(x, 3, {.stride = 1}), adaptive_avg_pool2d(x, 7),
                            fractional_max_pool2d(x, 2, {.size = {11}, .random_samples = u}), lp_pool2d(abs(x), 2, 3)}) {
      got.push_back(y);
      got.push_back(grad(y, x, {.gradients = {sample(y.shape(), float32)}}));
    }
    if (first.empty()) first = got;
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], first[i]));
  }
  set_num_threads(before);
}

TEST_CASE("pooling: errors") {
  CHECK_ERROR(max_pool2d(zeros({2, 2}), 2), "max_pool2d: needs x of 4 dimensions (3 without a batch); got x=[2, 2]");
  CHECK_ERROR(max_pool2d(zeros({1, 2, 2}), 3), "max_pool2d: the kernel must fit the padded input; got x=[1, 2, 2], kernel=[3, 3], padding=[0, 0], dilation=[1, 1]");
  CHECK_ERROR(max_pool2d(zeros({1, 4, 4}), 2, {.padding = 2}), "max_pool2d: padding must be at most half the kernel; got padding=[2, 2], kernel=[2, 2]");
  CHECK_ERROR(avg_pool1d(zeros({1, 4}, {.dtype = int32}), 2), "avg_pool1d: needs a real floating dtype; got dtype=int32");
  CHECK_ERROR(adaptive_avg_pool1d(zeros({1, 0}), 2), "adaptive_avg_pool1d: the pooled dimensions must not be empty; got x=[1, 0]");
  const Tensor x = zeros({1, 6, 6});
  CHECK_ERROR(fractional_max_pool2d(x, 2, {}), "fractional_max_pool2d: needs either size or ratio");
  CHECK_ERROR(fractional_max_pool2d(x, 2, {.size = {2, 2, 2}}), "fractional_max_pool2d: size or ratio must be one number, or one per pooled dimension; got 3 for 2");
  CHECK_ERROR(fractional_max_pool2d(x, 2, {.ratio = {1.5}}), "fractional_max_pool2d: ratio must be between 0 and 1; got ratio=1.5");
  CHECK_ERROR(fractional_max_pool2d(x, 3, {.size = {5}}), "fractional_max_pool2d: so many windows do not fit; got x=[1, 6, 6], kernel=[3, 3], size=[5, 5]");
  CHECK_ERROR(fractional_max_pool2d(x, 2, {.size = {3}, .random_samples = zeros({1, 3})}), "fractional_max_pool2d: random_samples must be [1, 2]; got random_samples=[1, 3]");
  CHECK_ERROR(fractional_max_pool2d(x, 2, {.size = {3}, .random_samples = full({1, 2}, 2.0)}), "fractional_max_pool2d: random_samples must be in [0, 1); got 2");
  CHECK_ERROR(max_unpool1d(zeros({1, 2}), zeros({1, 2}), 2), "max_unpool1d: indices must be integers; got dtype=float32");
  CHECK_ERROR(max_unpool1d(zeros({1, 2}), zeros({1, 3}, {.dtype = int64}), 2), "max_unpool1d: indices must have x's shape; got x=[1, 2], indices=[1, 3]");
  CHECK_ERROR(max_unpool1d(zeros({1, 2}), full({1, 2}, 4, {.dtype = int64}), 2), "max_unpool1d: indices must lie within the result; got 4 for 4 entries");
  CHECK_ERROR(max_unpool1d(zeros({1, 2}), full({1, 2}, -1, {.dtype = int64}), 2), "max_unpool1d: indices must lie within the result; got -1 for 4 entries");
  CHECK_ERROR(max_unpool1d(zeros({1, 2}), zeros({1, 2}, {.dtype = int64}), 2, {.size = {6}}),
              "max_unpool1d: size must be positive and less than a stride from 4; got 6 for pooled dimension 0");
  CHECK_ERROR(lp_pool1d(zeros({1, 2}), 0, 2), "lp_pool1d: p must be positive; got p=0");
  CHECK_ERROR(lp_pool1d(zeros({1, 2}), 2, 3), "lp_pool1d: the kernel must fit the padded input; got x=[1, 2], kernel=[3], padding=[0], dilation=[1]");
}
