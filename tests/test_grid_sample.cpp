// Grid sampling and affine grids: values and gradients beside PyTorch's, derivatives, layouts, dtypes, places far outside, threads, errors.
#include "reference.h"

using namespace ph;
using test::close;
using test::layouts;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {

struct Case {
  Shape x, grid;
  GridSampleOptions options;
  double value, by_x, by_grid;
};

// torch.nn.functional.grid_sample (2.15.0, float64) of sample(x) at sample(grid, -1.6, 1.6, salt 3); the numbers of test::projections.
const std::vector<Case> cases = {
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = false}, -4.037540633692827, 0.45953514078794644, -54.754859897270222},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = true}, -0.57779658219800489, 6.6071338254705552, -36.772021120003565},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = false}, -12.067432738920893, -2.1193785640789446, -40.338952402350714},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = true}, -10.317614965806264, 3.6236237502304949, -5.5079040123489396},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = false}, 1.641860115358865, -1.2206367959814086, -17.186061413771693},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, 12.901791898678844, 8.2465603732122954, -13.588637375239502},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = false}, -10.290645413695824, 0.92938467678622283, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = true}, -0.71020331068494746, 3.3761780453821526, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = false}, -16.8879905090919, -5.3673697200779902, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = true}, -9.6246723106978465, -2.7553579191365687, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = false}, -5.26352844516913, -3.58524055478791, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = true}, 14.330487928010035, -2.4004630627043939, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::zeros, .align_corners = false}, -4.3803677136893819, 0.92559105638530736, -106.412067279333},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::zeros, .align_corners = true}, -0.37052347929883878, 7.1140063862276497, -53.646348861343853},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::border, .align_corners = false}, -12.784109517668297, -3.8746415566896122, -82.008673194174719},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::border, .align_corners = true}, -11.187285799446895, 3.0270793722361802, -14.267889118957495},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::reflection, .align_corners = false}, 1.764737111670982, -3.5365286447770714, -36.633659186901411},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::reflection, .align_corners = true}, 11.750795687085208, 4.8420616655064963, -34.947519686866606},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = false}, 2.3775705580165916, 1.3466060055772493, -2.9856474414382639},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = true}, 2.7498811074664022, 3.6007963318269969, -2.1045253667760466},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = false}, 8.89931646731287, 1.1572371375365043, 20.969878331467267},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = true}, 9.1613071305726734, -0.015620129622369028, 11.989635124042451},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = false}, -3.5295601653512003, 1.7424466225535182, -26.721659650963389},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, -6.9921075589287716, 1.8782317609531911, 16.441520283841768},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = false}, 2.8274095532948591, -0.15282078064543764, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = true}, 1.9991900942687044, 6.624362326482645, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = false}, 7.5722456924645805, -5.3642629906239208, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = true}, 13.635407244257712, 3.2982366688184657, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = false}, -2.8546842689630707, -11.22026322902796, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = true}, -12.47223721921266, 4.5642009703899795, 0},
    {{1, 2, 1, 1}, {1, 3, 2, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, -2.5341239546630376, -0.90935480370804656, 0},
};

struct Affine {
  Shape size;
  bool align_corners;
  Shape y;
  double value, gradient;
};
// torch.nn.functional.affine_grid of sample(theta).
const std::vector<Affine> affine = {
    {{2, 3, 4, 5}, false, {2, 4, 5, 2}, 23.74953773212647, -15.942199533222896},
    {{2, 3, 4, 5}, true, {2, 4, 5, 2}, 28.894972463809321, -21.593895244296625},
    {{1, 1, 1, 3}, false, {1, 1, 3, 2}, 7.9997291618491522, -1.1224433971644454},
    {{1, 1, 1, 3}, true, {1, 1, 3, 2}, 7.4193620717930351, -0.72079422905877633},
    {{2, 1, 2, 3, 4}, false, {2, 2, 3, 4, 3}, -13.39515674499247, 20.037150473199247},
    {{2, 1, 2, 3, 4}, true, {2, 2, 3, 4, 3}, -15.134529804357793, 18.082190101247527},
};

}  // namespace

TEST_CASE("grid_sample: values and gradients are PyTorch's") {
  for (const Case& c : cases) {
    const Tensor x = leaf(c.x), grid = leaf(c.grid, float64, -1.6, 1.6, 3), y = grid_sample(x, grid, c.options);
    CAPTURE(static_cast<int>(c.options.mode));
    CAPTURE(static_cast<int>(c.options.padding));
    CAPTURE(c.options.align_corners);
    CHECK(y.shape()[1] == c.x[1]);
    CHECK(test::agree(test::projections(y, {x, grid}), {c.value, c.by_x, c.by_grid}));
  }
}

TEST_CASE("grid_sample: derivatives") {
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.options.mode));
    CAPTURE(static_cast<int>(c.options.padding));
    const Shape x{1, 2, 3, 4}, grid{1, 2, 3, 2};
    if (c.x.size() != 4 || c.x[3] == 1) continue;
    const auto f = [&](const Tensor& a, const Tensor& b) { return grid_sample(a, b, c.options); };
    CHECK(gradcheck(f, {leaf(x), leaf(grid, float64, -1.6, 1.6, 3)}));
    CHECK(gradgradcheck(f, {leaf(x), leaf(grid, float64, -1.6, 1.6, 3)}));
  }
  CHECK(gradgradcheck([](const Tensor& a, const Tensor& b) { return grid_sample(a, b); }, {leaf({1, 1, 2, 3, 2}), leaf({1, 1, 2, 2, 3}, float64, -1.2, 1.2, 3)}));
  CHECK(gradgradcheck([](const Tensor& a) { return affine_grid(a, {2, 1, 2, 3}); }, {leaf({2, 2, 3})}));
}

TEST_CASE("grid_sample: layouts, dtypes, empties, places far outside") {
  const Tensor x = sample({2, 3, 4, 5}), grid = sample({2, 3, 6, 2}, float64, -1.2, 1.2, 3), y = grid_sample(x, grid);
  for (const auto& l : layouts(x)) CHECK(close(grid_sample(l.x, grid), y));
  for (const auto& l : layouts(grid)) CHECK(close(grid_sample(x, l.x), y));
  CHECK(close(grid_sample(x.to(float32), grid.to(float32)), y, 1e-4, 1e-4));
  CHECK(grid_sample(x.to(float16), grid.to(float16)).dtype() == float16);
  CHECK(close(grid_sample(x.to(float16), grid.to(float32)), y, 1e-2, 1e-2));
  CHECK(grid_sample(x.to(float32), grid).dtype() == float64);
  CHECK(grid_sample(zeros({0, 3, 4, 5}), zeros({0, 2, 2, 2})).shape() == Shape{0, 3, 2, 2});
  CHECK(grid_sample(zeros({2, 0, 4, 5}), zeros({2, 2, 2, 2})).shape() == Shape{2, 0, 2, 2});
  CHECK(grid_sample(zeros({2, 3, 4, 5}), zeros({2, 0, 2, 2})).shape() == Shape{2, 3, 0, 2});
  // NaN counts as -1; what lies outside is 0 however far, and an infinity of x that no place touches is not seen.
  const Tensor ones_ = ones({1, 1, 2, 2}, {.dtype = float64});
  const Tensor places = from_data(std::vector<double>{NAN, NAN, 1e30, 0, -HUGE_VAL, 0, HUGE_VAL, HUGE_VAL}, {1, 1, 4, 2});
  CHECK(test::values(grid_sample(ones_, places, {.align_corners = true})) == std::vector<double>{1, 0, 0, 0});
  CHECK(test::values(grid_sample(ones_, places, {.padding = GridPadding::border})) == std::vector<double>{1, 1, 1, 1});
  Tensor hot = sample({1, 1, 4, 4});
  hot.index_put_({0, 0, 3, 3}, HUGE_VAL);
  CHECK(all(isfinite(grid_sample(hot, full({1, 1, 1, 2}, -0.9)))).item<bool>());
  // The gradient for the places of nearest entries is there, and 0.
  const Tensor at = leaf({2, 3, 6, 2}, float64, -1.2, 1.2, 3);
  CHECK(close(grad(sum(grid_sample(x, at, {.mode = Resample::nearest})), at), zeros(at.shape())));
}

TEST_CASE("grid_sample: bits do not depend on the number of threads") {
  const int before = num_threads();
  const Tensor x = leaf({3, 5, 40, 50}, float32), grid = leaf({3, 60, 70, 2}, float32, -1.1, 1.1, 3);
  std::vector<Tensor> first;
  for (const int n : {1, 2, 7, 16}) {
    set_num_threads(n);
    const Tensor y = grid_sample(x, grid);
    std::vector<Tensor> got = grad({y}, {x, grid}, {.gradients = {sample(y.shape(), float32)}});
    got.push_back(y);
    if (first.empty()) first = got;
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], first[i]));
  }
  set_num_threads(before);
}

TEST_CASE("affine_grid") {
  for (const Affine& c : affine) {
    const std::int64_t dims = c.size.size() - 2;
    const Tensor theta = leaf({c.size[0], dims, dims + 1}), y = affine_grid(theta, c.size, c.align_corners);
    CHECK(y.shape() == c.y);
    CHECK(test::agree(test::projections(y, {theta}), {c.value, c.gradient}));
  }
  // The identity gives the places of x's own entries.
  const Tensor x = sample({1, 2, 3, 4}), same = from_data(std::vector<double>{1, 0, 0, 0, 1, 0}, {1, 2, 3});
  CHECK(close(grid_sample(x, affine_grid(same, x.shape())), x));
  CHECK(close(grid_sample(x, affine_grid(same, x.shape(), true), {.align_corners = true}), x));
}

TEST_CASE("grid_sample, affine_grid: errors") {
  const Tensor x = zeros({1, 1, 4, 4});
  CHECK_ERROR(grid_sample(x, zeros({1, 2, 2, 3})),
              "grid_sample: needs x of [N, C, H, W] with grid of [N, h, w, 2], or x of [N, C, D, H, W] with grid of [N, d, h, w, 3]; got x=[1, 1, 4, 4], grid=[1, 2, 2, 3]");
  CHECK_ERROR(grid_sample(x, zeros({2, 2, 2, 2})), "grid_sample: x and grid must have one batch size; got x=[1, 1, 4, 4], grid=[2, 2, 2, 2]");
  CHECK_ERROR(grid_sample(x, zeros({1, 2, 2, 2}), {.mode = Resample::area}), "grid_sample: mode must be bilinear, nearest or bicubic");
  CHECK_ERROR(grid_sample(zeros({1, 1, 2, 2, 2}), zeros({1, 2, 2, 2, 3}), {.mode = Resample::bicubic}), "grid_sample: bicubic needs x of 4 dimensions; got x=[1, 1, 2, 2, 2]");
  CHECK_ERROR(grid_sample(zeros({1, 1, 0, 4}), zeros({1, 2, 2, 2})), "grid_sample: the sampled dimensions must not be empty; got x=[1, 1, 0, 4]");
  CHECK_ERROR(grid_sample(x.to(int32), zeros({1, 2, 2, 2})), "grid_sample: needs real floating dtypes; got x=int32, grid=float32");
  CHECK_ERROR(affine_grid(zeros({1, 2, 2}), {1, 1, 2, 2}),
              "affine_grid: needs theta of [N, 2, 3] with size of [N, C, H, W], or theta of [N, 3, 4] with size of [N, C, D, H, W]; got theta=[1, 2, 2], size=[1, 1, 2, 2]");
  CHECK_ERROR(affine_grid(zeros({1, 2, 3}), {1, 1, 0, 2}), "affine_grid: sizes must be positive; got size=[1, 1, 0, 2]");
  CHECK_ERROR(affine_grid(zeros({1, 2, 3}, {.dtype = int64}), {1, 1, 2, 2}), "affine_grid: theta must be floating; got dtype=int64");
}
