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
    {[](const Tensor& x) { return max_pool1d(x, 3, {.stride = 2, .padding = 1}); }, {2, 3, 9}, {2, 3, 5}, 6.0606849150648774, -2.8710761634557773},
    {[](const Tensor& x) { return max_pool1d(x, 2, {.stride = 3, .dilation = 3, .ceil_mode = true}); }, {3, 10}, {3, 3}, 2.5007343939332136, -2.9211529720483904},
    {[](const Tensor& x) { return max_pool2d(x, {3, 2}, {.stride = {2, 1}, .padding = {1, 1}, .ceil_mode = true}); }, {2, 3, 7, 8}, {2, 3, 4, 9}, -20.302607960697905, -0.5013211382934637},
    {[](const Tensor& x) { return max_pool2d(x, 2, {.dilation = {2, 3}}); }, {3, 9, 8}, {3, 4, 3}, 9.5960015699693848, -3.1305011849517079},
    {[](const Tensor& x) { return max_pool2d(x, 3, {.stride = 4, .ceil_mode = true}); }, {1, 2, 6, 7}, {1, 2, 2, 2}, 0.15513223508432605, -3.1196229206069526},
    {[](const Tensor& x) { return max_pool3d(x, {2, 3, 2}, {.stride = 2, .padding = 1, .ceil_mode = true}); }, {1, 2, 5, 6, 4}, {1, 2, 3, 4, 3}, 9.0878812477382507, 2.1681918699992719},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = false, .count_include_pad = false}); }, {2, 3, 8}, {2, 3, 4}, -7.07931645453532, -3.0684162596595086},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = false, .count_include_pad = false}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, -2.1623248297695015, -2.1218178326308377},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = false, .count_include_pad = false}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 2, 2}, -4.6622775437358115, -1.4351216928085957},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = false, .count_include_pad = true}); }, {2, 3, 8}, {2, 3, 4}, -6.5763932097739266, -3.2295903757316755},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = false, .count_include_pad = true}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, -1.4476574632858674, -0.93956654735087919},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = false, .count_include_pad = true}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 2, 2}, -3.7933182010019495, 0.46863858162255012},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}); }, {2, 3, 8}, {2, 3, 5}, -7.9229584013166114, -0.30703754841642361},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = true, .count_include_pad = false}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, -2.1623248297695015, -2.1218178326308377},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = true, .count_include_pad = false}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 3, 2}, -1.0206664172644189, -5.7838130829322791},
    {[](const Tensor& x) { return avg_pool1d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = true}); }, {2, 3, 8}, {2, 3, 5}, -5.7147670166000442, -0.23999028267893485},
    {[](const Tensor& x) { return avg_pool2d(x, {3, 4}, {.stride = {2, 3}, .padding = {1, 2}, .ceil_mode = true, .count_include_pad = true}); }, {2, 2, 7, 6}, {2, 2, 4, 3}, -1.4476574632858674, -0.93956654735087919},
    {[](const Tensor& x) { return avg_pool3d(x, {2, 3, 2}, {.stride = {2, 2, 3}, .padding = {1, 1, 0}, .ceil_mode = true, .count_include_pad = true}); }, {1, 2, 5, 4, 6}, {1, 2, 3, 3, 2}, 0.43478047986530721, -2.778969519388828},
    {[](const Tensor& x) { return avg_pool2d(x, 3, {.stride = 2, .padding = 1, .ceil_mode = true, .divisor_override = 5}); }, {2, 7, 6}, {2, 4, 4}, 4.5029530303002527, -3.9238801792183082},
    {[](const Tensor& x) { return avg_pool3d(x, 2, {.divisor_override = 3}); }, {1, 4, 4, 4}, {1, 2, 2, 2}, -1.9488734584771685, 4.0918882534084391},
    {[](const Tensor& x) { return adaptive_avg_pool1d(x, 4); }, {2, 3, 7}, {2, 3, 4}, -2.2151563095830875, 0.41041664259019184},
    {[](const Tensor& x) { return adaptive_avg_pool2d(x, {3, 4}); }, {2, 2, 5, 9}, {2, 2, 3, 4}, 0.65516933996032201, -9.2563255187079694},
    {[](const Tensor& x) { return adaptive_avg_pool2d(x, {5, 2}); }, {2, 3, 4}, {2, 5, 2}, -0.067697611689995885, 0.40157323278130752},
    {[](const Tensor& x) { return adaptive_avg_pool3d(x, {3, 2, 2}); }, {1, 2, 4, 5, 3}, {1, 2, 3, 2, 2}, 0.36609435358686698, -2.9190428478751702},
    {[](const Tensor& x) { return adaptive_max_pool1d(x, 4); }, {2, 3, 7}, {2, 3, 4}, 8.4087566362459683, -9.4093795500136004},
    {[](const Tensor& x) { return adaptive_max_pool2d(x, {3, 4}); }, {2, 2, 5, 9}, {2, 2, 3, 4}, 5.3218706615327216, -12.826347014826167},
    {[](const Tensor& x) { return adaptive_max_pool2d(x, {5, 2}); }, {2, 3, 4}, {2, 5, 2}, 11.188566956581935, 7.2979314558429103},
    {[](const Tensor& x) { return adaptive_max_pool3d(x, {3, 2, 2}); }, {1, 2, 4, 5, 3}, {1, 2, 3, 2, 2}, 16.235491348736748, -0.030738407810290802},
    {[](const Tensor& x) { return lp_pool1d(x * 0.475 + 1.05, 2, 3, {.stride = 2}); }, {2, 2, 7}, {2, 2, 3}, 3.2111990635922094, -1.9243718815899495},
    {[](const Tensor& x) { return lp_pool2d(x * 0.475 + 1.05, 3, {2, 3}, {.ceil_mode = true}); }, {2, 2, 6, 7}, {2, 2, 3, 3}, 18.701685515745524, -6.1665701798083337},
    {[](const Tensor& x) { return lp_pool2d(x * 0.475 + 1.05, 1, 2, {}); }, {1, 5, 5}, {1, 2, 2}, 10.417175621730891, -2.8273101249710519},
    {[](const Tensor& x) { return lp_pool3d(x * 0.475 + 1.05, 2.5, 2, {.stride = 1}); }, {1, 2, 4, 3, 5}, {1, 2, 3, 2, 4}, 16.862429566820769, -2.2368518228941565},
    {[](const Tensor& x) { return fractional_max_pool2d(x, {2, 3}, {.size = {4, 5}, .random_samples = sample({2, 3, 2}, float64, 0, 1, 3)}); }, {2, 3, 9, 11}, {2, 3, 4, 5}, -16.423276395829628, -14.326964252213376},
    {[](const Tensor& x) { return fractional_max_pool2d(x, 2, {.size = {6, 3}, .random_samples = sample({1, 2, 2}, float64, 0, 1, 4)}); }, {1, 2, 7, 8}, {1, 2, 6, 3}, 2.7186231837555681, 1.6371335935195956},
    {[](const Tensor& x) { return fractional_max_pool3d(x, {2, 3, 2}, {.size = {3, 2, 4}, .random_samples = sample({1, 2, 3}, float64, 0, 1, 5)}); }, {1, 2, 6, 7, 8}, {1, 2, 3, 2, 4}, 9.144187975215301, 5.4714407699393304},
    {[](const Tensor& x) { return fractional_max_pool2d(x, 3, {.size = {1, 2}, .random_samples = sample({1, 2, 2}, float64, 0, 1, 6)}); }, {1, 2, 5, 5}, {1, 2, 1, 2}, 2.3434504322393179, -6.9128664420096344},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool1d_with_indices(x, 2, {}); return max_unpool1d(r.values, r.indices, 2, {}); }, {2, 3, 8}, {2, 3, 8}, 3.3670851289681076, 10.819229063343094},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool1d_with_indices(x, 2, {}); return max_unpool1d(r.values, r.indices, 2, {.size = {9}}); }, {2, 3, 9}, {2, 3, 9}, 2.2061684103932198, 10.990164115613689},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool2d_with_indices(x, {2, 3}, {}); return max_unpool2d(r.values, r.indices, {2, 3}, {.size = {6, 7}}); }, {2, 2, 6, 7}, {2, 2, 6, 7}, 8.8819434600221303, 3.8244427110372361},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool2d_with_indices(x, 2, {.stride = 3, .padding = 1}); return max_unpool2d(r.values, r.indices, 2, {.stride = 3, .padding = 1, .size = {7, 7}}); }, {1, 2, 7, 7}, {1, 2, 7, 7}, -7.596861292128569, 6.5068627784686681},
    {[](const Tensor& x) { const MaxPoolResult r = max_pool3d_with_indices(x, 2, {}); return max_unpool3d(r.values, r.indices, 2, {.size = {4, 6, 5}}); }, {1, 2, 4, 6, 5}, {1, 2, 4, 6, 5}, 10.816316512871577, 11.319463910433711},
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

TEST_CASE("pooling: NaN in rows of windows") {
  for (const DType t : {float32, float64})
    for (const int stride : {1, 2, 3})
      for (int i = 0; i < 67; ++i) {
        Tensor x = sample({1, 67}, t);
        x.index_put_({0, i}, NAN);
        const MaxPoolResult r = max_pool1d_with_indices(x, 3, {.stride = stride, .padding = 1});
        const std::vector<double> largest = test::values(r.values), mean = test::values(avg_pool1d(x, 3, {.stride = stride, .padding = 1}));
        bool right = true;
        for (std::size_t q = 0; q < largest.size(); ++q) {
          const int first = static_cast<int>(q) * stride - 1;
          const bool seen = first <= i && i < first + 3;
          right = right && std::isnan(largest[q]) == seen && std::isnan(mean[q]) == seen;
          if (seen) right = right && r.indices[0][static_cast<std::int64_t>(q)].item<int>() == i;
        }
        CHECK(right);
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
  CHECK_ERROR(max_pool1d(zeros({1, 2}), 2, {.padding = 1, .dilation = 3}),
              "max_pool1d: every window must have an entry of the input; got x=[1, 2], kernel=[2], padding=[1], dilation=[3]");
  const Tensor x = zeros({1, 6, 6});
  CHECK_ERROR(fractional_max_pool2d(x, 2, {}), "fractional_max_pool2d: needs output_size or output_ratio; got neither");
  CHECK_ERROR(fractional_max_pool2d(x, 2, {.size = {2, 2, 2}}), "fractional_max_pool2d: output_size or output_ratio must be one number, or one per pooled dimension; got 3 for 2");
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
