// Interpolation: values and gradients beside PyTorch's, derivatives, layouts, dtypes, empties, infinities, threads, errors.
#include "reference.h"

using namespace ph;
using test::close;
using test::layouts;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {

struct Case {
  Shape x;
  InterpolateOptions options;
  Shape y;
  double value, gradient;
};

// torch.nn.functional.interpolate (2.15.0, float64) of sample(x); the numbers of test::projections.
const std::vector<Case> cases = {
    {{2, 3, 5}, {.size = {8}, .mode = Resample::nearest}, {2, 3, 8}, -5.5288536701767921, -0.051481645184218827},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::nearest}, {1, 2, 7, 3}, 0.5946739426825125, 4.9135555495060235},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::nearest}, {1, 2, 2, 6, 5}, -20.92582795821426, 19.495745734156639},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::nearest}, {1, 2, 9, 3}, 14.901156441815477, 5.0766887865985755},
    {{2, 3, 5}, {.size = {8}, .mode = Resample::nearest_exact}, {2, 3, 8}, -5.2851681357550042, -0.34180888131590836},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::nearest_exact}, {1, 2, 7, 3}, -14.500122382386268, 10.936321493548579},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::nearest_exact}, {1, 2, 2, 6, 5}, -26.012205953334224, -4.3744039364794949},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::nearest_exact}, {1, 2, 9, 3}, 9.8699564260596837, 2.2468656879368107},
    {{2, 3, 5}, {.size = {8}, .mode = Resample::area}, {2, 3, 8}, -7.8084795134333529, 1.309821112811913},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::area}, {1, 2, 7, 3}, 4.2474688770692337, 1.9287569497380415},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::area}, {1, 2, 2, 6, 5}, -10.268630829961303, 0.48666271898342295},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::area}, {1, 2, 9, 3}, 16.117820564055521, 4.8745093412217457},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest}, {1, 1, 16}, -3.473970557165468, 2.5698559407520944},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest_exact}, {1, 1, 16}, -5.7179357124634898, 7.5730208085794368},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest, .recompute_scale_factor = true}, {1, 1, 16}, -3.473970557165468, 2.5698559407520944},
    {{2, 2, 6}, {.size = {9}, .mode = Resample::linear}, {2, 2, 9}, -3.2059801268693269, 1.0760402523358601},
    {{2, 2, 6}, {.size = {1}, .mode = Resample::linear}, {2, 2, 1}, -1.002957782024837, 0.29165103599099418},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear}, {2, 2, 10}, -5.3575512927965336, 1.8697754309125698},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .recompute_scale_factor = true}, {2, 2, 10}, -5.4912000784923052, 1.7595999731783496},
    {{2, 2, 6}, {.size = {9}, .mode = Resample::linear, .align_corners = true}, {2, 2, 9}, -3.1484483914787509, -0.095046133459257831},
    {{2, 2, 6}, {.size = {1}, .mode = Resample::linear, .align_corners = true}, {2, 2, 1}, -1.5735087194525681, 0.76307969513613894},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .align_corners = true}, {2, 2, 10}, -4.5114258694686828, 2.0985850862346256},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 10}, -4.5114258694686828, 2.0985850862346256},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bilinear}, {2, 2, 9, 3}, 1.0098846311132341, 0.055296328454484955},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bilinear}, {2, 2, 1, 8}, 4.0830379483574264, -6.34720062342336},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear}, {2, 2, 6, 12}, -29.265045801987121, 3.3487528646160412},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .recompute_scale_factor = true}, {2, 2, 6, 12}, -20.107158530041733, -1.5894819052540612},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 9, 3}, 0.92932478028405341, -1.0534054873314112},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 1, 8}, 14.318140330287974, -7.6954141183521276},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 6, 12}, -21.815981939792508, 0.9222375008058652},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 6, 12}, -21.815981939792508, 0.9222375008058652},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bicubic}, {2, 2, 9, 3}, 0.72400746380379477, 2.005866958163236},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bicubic}, {2, 2, 1, 8}, 3.2401845927682666, -6.6854380697297682},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic}, {2, 2, 6, 12}, -35.944041119374937, -0.26666895692305737},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .recompute_scale_factor = true}, {2, 2, 6, 12}, -23.728175656548128, -7.6444202174316072},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 9, 3}, -0.979582818787335, -0.62154201724974456},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 1, 8}, 16.960976163708473, -8.9024969728425702},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 6, 12}, -25.105902924130454, -0.61343392006286379},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 6, 12}, -25.105902924130454, -0.61343392006286379},
    {{1, 2, 3, 4, 3}, {.size = {9, 3, 5}, .mode = Resample::trilinear}, {1, 2, 9, 3, 5}, 12.414178304391536, -10.877196711349018},
    {{1, 2, 3, 4, 3}, {.size = {1, 8, 2}, .mode = Resample::trilinear}, {1, 2, 1, 8, 2}, 4.8402196031609899, 8.8208498496797372},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear}, {1, 2, 5, 10, 2}, 4.0793124670054617, -27.785045175005429},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .recompute_scale_factor = true}, {1, 2, 5, 10, 2}, -4.9320580726429224, -29.448578037032618},
    {{1, 2, 3, 4, 3}, {.size = {9, 3, 5}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 9, 3, 5}, 8.2300296138104567, -10.440453750152745},
    {{1, 2, 3, 4, 3}, {.size = {1, 8, 2}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 1, 8, 2}, -2.7532673728519335, 2.3034471101856764},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 5, 10, 2}, -2.9046027790318298, -31.347331937203048},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .align_corners = true, .recompute_scale_factor = true}, {1, 2, 5, 10, 2}, -2.9046027790318298, -31.347331937203048},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 4, 3}, 0.18414962350394914, -2.0513450731039558},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 8, 4}, 6.5881795551064402, -3.3420284558701185},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 2, 3}, 0.050796059767808585, 0.53900543318656635},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bilinear, .antialias = true}, {1, 1, 1, 1}, 0.33553761005570354, 0.32640788933226433},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 4, 3}, 1.6441514735604432, -0.33317480849237069},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 8, 4}, 2.774699462767118, 6.0728716715516979},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 2, 3}, -0.25423011315668514, 0.068586785638705156},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 1, 1, 1}, -0.29749338570563216, -1.1049166428723725},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 4, 3}, 0.34581895625283077, -2.4708299286405353},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 8, 4}, 8.2453519490907254, -3.3191601345452235},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 2, 3}, 0.040650021842272899, 0.6197581600412635},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bicubic, .antialias = true}, {1, 1, 1, 1}, 0.34771113637502066, 0.3076404627544771},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 4, 3}, 2.2732988442881656, -0.77686030434059883},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 8, 4}, 2.6999100742224247, 9.4686257466235482},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 2, 3}, -0.70022485593381101, 0.38510980741952483},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 1, 1, 1}, 0.13051882374020343, -1.6941624465530341},
};

}  // namespace

TEST_CASE("interpolate: values and gradients are PyTorch's") {
  for (const Case& c : cases) {
    const Tensor x = leaf(c.x), y = interpolate(x, c.options);
    CAPTURE(to_string(c.x));
    CAPTURE(static_cast<int>(c.options.mode));
    CAPTURE(to_string(c.y));
    CHECK(y.shape() == c.y);
    CHECK(test::agree(test::projections(y, {x}), {c.value, c.gradient}));
  }
}

TEST_CASE("interpolate: places follow from sizes exactly") {
  // 7/10 is less than 0.7 as a float, where 10 x 7/10 could fall short of 7.
  const Tensor x = arange(7, {.dtype = float64}).reshape({1, 1, 7}), y = interpolate(x, {.size = {1000}});
  for (std::int64_t i = 0; i < 1000; ++i) CHECK(y[0][0][i].item<std::int64_t>() == i * 7 / 1000);
  CHECK(same_bits(interpolate(x, {.size = {7}, .mode = Resample::linear}), x));
  CHECK_FALSE(interpolate(x, {.size = {7}}).shares_storage(x));
}

TEST_CASE("interpolate: derivatives") {
  for (const Case& c : cases) {
    CAPTURE(to_string(c.x));
    CAPTURE(static_cast<int>(c.options.mode));
    if (numel(c.x) * numel(c.y) > 4000) continue;
    CHECK(gradcheck([&](const Tensor& x) { return interpolate(x, c.options); }, {leaf(c.x)}));
    CHECK(gradgradcheck([&](const Tensor& x) { return interpolate(x, c.options); }, {leaf(c.x)}));
  }
}

TEST_CASE("interpolate: layouts, dtypes, empties, infinities") {
  const Tensor x = sample({2, 3, 6, 40});
  for (const InterpolateOptions& o : {InterpolateOptions{.size = {9, 61}, .mode = Resample::bilinear}, InterpolateOptions{.size = {3, 20}, .mode = Resample::bicubic},
                                      InterpolateOptions{.scale_factor = {2}, .mode = Resample::nearest}, InterpolateOptions{.size = {2}, .mode = Resample::area}}) {
    const Tensor y = interpolate(x, o);
    for (const auto& l : layouts(x)) CHECK(close(interpolate(l.x, o), y));
    CHECK(close(interpolate(x.to(float32), o), y, 1e-5, 1e-5));
    CHECK(interpolate(x.to(float16), o).dtype() == float16);
    CHECK(close(interpolate(x.to(float16), o), interpolate(x.to(float16).to(float32), o), 1e-3, 1e-3));
    CHECK(close(interpolate(x.to(bfloat16), o), interpolate(x.to(bfloat16).to(float32), o), 1e-2, 1e-2));
    CHECK(interpolate(zeros({0, 3, 6, 40}), o).numel() == 0);
    CHECK(interpolate(zeros({2, 0, 6, 40}), o).shape()[1] == 0);
    Tensor e = zeros({0, 3, 6, 40}).requires_grad_();
    sum(interpolate(e, o)).backward();
    CHECK(e.grad().shape() == e.shape());
  }
  // An entry that does not count is not seen.
  const Tensor far = from_data(std::vector<double>{1, 2, HUGE_VAL}, {1, 1, 3});
  CHECK(test::values(interpolate(far, {.size = {5}, .mode = Resample::linear, .align_corners = true}).slice(2, {0, 3})) == std::vector<double>{1, 1.5, 2});
}

TEST_CASE("interpolate: bits do not depend on the number of threads") {
  const int before = num_threads();
  const Tensor x = leaf({4, 6, 90, 70}, float32);
  std::vector<Tensor> first;
  for (const int n : {1, 2, 7, 16}) {
    set_num_threads(n);
    const Tensor y = interpolate(x, {.size = {130, 101}, .mode = Resample::bicubic}), d = grad(y, x, {.gradients = {sample(y.shape(), float32)}});
    if (first.empty()) first = {y, d};
    CHECK(same_bits(y, first[0]));
    CHECK(same_bits(d, first[1]));
  }
  set_num_threads(before);
}

TEST_CASE("interpolate: errors") {
  const Tensor x = zeros({1, 1, 4, 4});
  CHECK_ERROR(interpolate(x, {}), "interpolate: needs either size or scale_factor");
  CHECK_ERROR(interpolate(x, {.size = {2}, .scale_factor = {2}}), "interpolate: needs either size or scale_factor");
  CHECK_ERROR(interpolate(zeros({4, 4}), {.size = {2}}), "interpolate: needs x of 3 to 5 dimensions; got x=[4, 4]");
  CHECK_ERROR(interpolate(x, {.size = {2}, .mode = Resample::linear}), "interpolate: mode linear needs x of 3 dimensions; got x=[1, 1, 4, 4]");
  CHECK_ERROR(interpolate(x, {.size = {2, 2, 2}}), "interpolate: size must be one number, or one per spatial dimension; got 3 for 2");
  CHECK_ERROR(interpolate(x, {.size = {0}}), "interpolate: sizes must be positive; got x=[1, 1, 4, 4], new size 0 for dimension 2");
  CHECK_ERROR(interpolate(x, {.scale_factor = {-1}}), "interpolate: scale_factor must be positive; got scale_factor=-1");
  CHECK_ERROR(interpolate(x, {.scale_factor = {0.1}}), "interpolate: sizes must be positive; got x=[1, 1, 4, 4], new size 0 for dimension 2");
  CHECK_ERROR(interpolate(x, {.size = {std::int64_t{1} << 40}}), "interpolate: sizes must be below 2^31; got x=[1, 1, 4, 4], new size 1099511627776");
  CHECK_ERROR(interpolate(x, {.size = {2}, .align_corners = true}), "interpolate: align_corners is for linear, bilinear, bicubic and trilinear; got mode=nearest");
  CHECK_ERROR(interpolate(x, {.size = {2}, .mode = Resample::area, .antialias = true}), "interpolate: antialias is for bilinear and bicubic; got mode=area");
  CHECK_ERROR(interpolate(zeros({1, 1, 4}, {.dtype = int32}), {.size = {2}}), "interpolate: needs a real floating dtype; got dtype=int32");
}
