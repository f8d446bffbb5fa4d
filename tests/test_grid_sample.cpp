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
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = false}, -2.8702905311910838, 1.4260012723120927, -13.989330207149024},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = true}, -1.7829998328706971, 11.619577238327025, -50.611633066845947},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = false}, -7.1662587655893493, 6.915696702302081, -4.2708966913882778},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = true}, -4.7933695487669459, 14.811913113862012, -40.998942273024937},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = false}, -4.9605242239189975, 8.4996279025934491, -18.077540099510486},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, -0.31379754893719136, 16.370872361331212, -22.58186438447116},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = false}, -1.2838633873049734, 7.127572586283998, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = true}, -3.2442222276839185, 16.380382300056123, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = false}, -4.8586453952146531, 13.027692970368875, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = true}, -6.1229814480855334, 18.602367263932081, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = false}, -4.5488494913908832, 19.408987614855441, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = true}, -1.7031438932446923, 22.343214924476182, 0},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::zeros, .align_corners = false}, -3.5145574476055002, 2.0157057681864323, -19.603301717680072},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::zeros, .align_corners = true}, -1.5409738807171482, 11.473935753654242, -54.047694622930294},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::border, .align_corners = false}, -8.0660642033139425, 7.6860837610245625, 17.515310673843043},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::border, .align_corners = true}, -4.9191505193630167, 14.115877100590593, -48.728480844072337},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::reflection, .align_corners = false}, -5.461549195472303, 10.908359188700242, -15.090713205503477},
    {{2, 3, 4, 5}, {2, 3, 6, 2}, {.mode = Resample::bicubic, .padding = GridPadding::reflection, .align_corners = true}, 0.57540203467511741, 14.950074565560614, -19.009922350677229},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = false}, 2.5789750384489727, -1.9174678282033213, -9.6082742737764519},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::zeros, .align_corners = true}, 2.6710035470976758, -1.1835043465514987, 13.181485972862898},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = false}, 5.6807923771519242, -1.5041716936681211, 13.822257231146722},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::border, .align_corners = true}, 2.2671377408027782, -0.039128579894683657, 5.2176621594664843},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = false}, 8.9585538483816514, -2.463344826049461, -17.192394907977377},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, 5.7761131838315594, -4.5782841821915499, 2.4700366036787109},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = false}, 4.8572150929309714, -1.9432683778253503, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::zeros, .align_corners = true}, -3.0059463619718461, 0.065449745173958185, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = false}, 9.6167103972717101, 0.055649924194370648, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::border, .align_corners = true}, 3.8403972775786044, 1.8433898957194208, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = false}, 19.708551983873203, 1.2753423038076352, 0},
    {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 3}, {.mode = Resample::nearest, .padding = GridPadding::reflection, .align_corners = true}, 4.942060691149238, 0.055509750455618345, 0},
    {{1, 2, 1, 1}, {1, 3, 2, 2}, {.mode = Resample::bilinear, .padding = GridPadding::reflection, .align_corners = true}, 2.6647081217619819, 4.3905978534490471, 0},
};

struct Affine {
  Shape size;
  bool align_corners;
  Shape y;
  double value, gradient;
};
// torch.nn.functional.affine_grid of sample(theta).
const std::vector<Affine> affine = {
    {{2, 3, 4, 5}, false, {2, 4, 5, 2}, -20.05696666199615, -16.999365991447014},
    {{2, 3, 4, 5}, true, {2, 4, 5, 2}, -24.537634552626567, -23.69114139014868},
    {{1, 1, 1, 3}, false, {1, 1, 3, 2}, 0.001703498815065041, 4.9156763318055186},
    {{1, 1, 1, 3}, true, {1, 1, 3, 2}, 0.29016010896810446, 5.3024536855981204},
    {{2, 1, 2, 3, 4}, false, {2, 2, 3, 4, 3}, -6.9538220916477602, -0.82883047905597174},
    {{2, 1, 2, 3, 4}, true, {2, 2, 3, 4, 3}, -6.2156743898533797, -17.173233779668191},
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
