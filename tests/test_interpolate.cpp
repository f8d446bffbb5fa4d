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
    {{2, 3, 5}, {.size = {8}, .mode = Resample::nearest}, {2, 3, 8}, -11.63363763003356, 0.23675271052336422},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::nearest}, {1, 2, 7, 3}, -4.9158719975923271, 17.119746645877363},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::nearest}, {1, 2, 2, 6, 5}, -16.319307469106906, 18.509294843986872},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::nearest}, {1, 2, 9, 3}, 6.9858429096065739, 15.513329249796747},
    {{2, 3, 5}, {.size = {8}, .mode = Resample::nearest_exact}, {2, 3, 8}, -11.081467020755351, 7.4364538751564311},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::nearest_exact}, {1, 2, 7, 3}, 5.6651548247732819, -18.517873179639878},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::nearest_exact}, {1, 2, 2, 6, 5}, -8.8806147421388442, 17.161183228767747},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::nearest_exact}, {1, 2, 9, 3}, 1.2435464436133075, 18.183190264755616},
    {{2, 3, 5}, {.size = {8}, .mode = Resample::area}, {2, 3, 8}, -8.8778339229496765, 6.5208617794343544},
    {{1, 2, 5, 7}, {.size = {7, 3}, .mode = Resample::area}, {1, 2, 7, 3}, -1.5597561384043446, 0.94056873038511712},
    {{1, 2, 3, 4, 2}, {.size = {2, 6, 5}, .mode = Resample::area}, {1, 2, 2, 6, 5}, -0.12485299021465912, 15.970186203108822},
    {{1, 2, 6, 5}, {.scale_factor = {1.5, 0.6}, .mode = Resample::area}, {1, 2, 9, 3}, 2.584683194515188, 12.153298763220082},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest}, {1, 1, 16}, 0.667944062674241, 0.55024124394234097},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest_exact}, {1, 1, 16}, 0.89153442627084678, 4.2977325050096695},
    {{1, 1, 7}, {.scale_factor = {2.3}, .mode = Resample::nearest, .recompute_scale_factor = true}, {1, 1, 16}, 0.667944062674241, 0.55024124394234097},
    {{2, 2, 6}, {.size = {9}, .mode = Resample::linear}, {2, 2, 9}, -7.500160564583477, 9.3469949574139513},
    {{2, 2, 6}, {.size = {1}, .mode = Resample::linear}, {2, 2, 1}, -2.7276053241356131, -2.1386369328444457},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear}, {2, 2, 10}, -11.770002098370323, 5.5890094414196492},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .recompute_scale_factor = true}, {2, 2, 10}, -11.942741308662939, 3.5716960575000014},
    {{2, 2, 6}, {.size = {9}, .mode = Resample::linear, .align_corners = true}, {2, 2, 9}, -7.1086245896908622, 9.7601724776418841},
    {{2, 2, 6}, {.size = {1}, .mode = Resample::linear, .align_corners = true}, {2, 2, 1}, 3.236206524296247, -0.42633253800287552},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .align_corners = true}, {2, 2, 10}, -11.72278914301336, 6.813133795335407},
    {{2, 2, 6}, {.scale_factor = {1.7}, .mode = Resample::linear, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 10}, -11.72278914301336, 6.813133795335407},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bilinear}, {2, 2, 9, 3}, 4.3999378594634173, 10.091663335320131},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bilinear}, {2, 2, 1, 8}, -3.6856789750681394, 6.1311826536366514},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear}, {2, 2, 6, 12}, 10.178506111815089, -10.304237836708372},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .recompute_scale_factor = true}, {2, 2, 6, 12}, 17.777628023631927, -13.268802433229137},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 9, 3}, 11.728100837556552, 17.543297059429662},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 1, 8}, -12.298829040355763, -1.1986274629872953},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .align_corners = true}, {2, 2, 6, 12}, 11.994356325845565, -16.277008179564287},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bilinear, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 6, 12}, 11.994356325845565, -16.277008179564287},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bicubic}, {2, 2, 9, 3}, 5.5034038762518067, 8.0665322785221605},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bicubic}, {2, 2, 1, 8}, -1.8833454831898839, 6.4150652802433008},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic}, {2, 2, 6, 12}, 9.4599466286671205, -13.99854965699191},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .recompute_scale_factor = true}, {2, 2, 6, 12}, 19.306633707813326, -20.913245235385659},
    {{2, 2, 4, 5}, {.size = {9, 3}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 9, 3}, 12.538320762678143, 16.676939056788235},
    {{2, 2, 4, 5}, {.size = {1, 8}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 1, 8}, -13.453729564184503, -0.41351478190919533},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .align_corners = true}, {2, 2, 6, 12}, 11.398076011380901, -23.127789451478414},
    {{2, 2, 4, 5}, {.scale_factor = {1.7, 2.5}, .mode = Resample::bicubic, .align_corners = true, .recompute_scale_factor = true}, {2, 2, 6, 12}, 11.398076011380901, -23.127789451478414},
    {{1, 2, 3, 4, 3}, {.size = {9, 3, 5}, .mode = Resample::trilinear}, {1, 2, 9, 3, 5}, 8.5151861484182643, 16.452483917544615},
    {{1, 2, 3, 4, 3}, {.size = {1, 8, 2}, .mode = Resample::trilinear}, {1, 2, 1, 8, 2}, 3.9674156847214248, -6.8197207832046427},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear}, {1, 2, 5, 10, 2}, 4.7059257222226494, 26.796660998838544},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .recompute_scale_factor = true}, {1, 2, 5, 10, 2}, 6.5196636058272848, 26.715429852784823},
    {{1, 2, 3, 4, 3}, {.size = {9, 3, 5}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 9, 3, 5}, 11.042192560225821, 16.270537055936522},
    {{1, 2, 3, 4, 3}, {.size = {1, 8, 2}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 1, 8, 2}, 4.0896381524545751, 1.8678370185149313},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .align_corners = true}, {1, 2, 5, 10, 2}, 8.4640249817927273, 26.509203314396284},
    {{1, 2, 3, 4, 3}, {.scale_factor = {1.7, 2.5, 0.8}, .mode = Resample::trilinear, .align_corners = true, .recompute_scale_factor = true}, {1, 2, 5, 10, 2}, 8.4640249817927273, 26.509203314396284},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 4, 3}, -2.0211203531703523, 0.64345699084013341},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 8, 4}, -8.3838430912669395, 3.0326108660849886},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bilinear, .antialias = true}, {1, 2, 2, 3}, -0.4723331377313672, -0.826507665699872},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bilinear, .antialias = true}, {1, 1, 1, 1}, -0.0077693604700311714, 0.028996103891409587},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 4, 3}, -0.84414635068189503, 3.0173168419637966},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 8, 4}, -5.3259485789458232, 3.7863468117208643},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 2, 2, 3}, 1.5952353299451725, -0.81837878810117259},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bilinear, .align_corners = true, .antialias = true}, {1, 1, 1, 1}, 0.097285697892296408, 0.16600060014668422},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 4, 3}, -1.9093212495959948, 1.2776064627672648},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 8, 4}, -9.3163644734292017, 2.2389260676657194},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bicubic, .antialias = true}, {1, 2, 2, 3}, -0.75188166918746435, -0.92342100243593439},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bicubic, .antialias = true}, {1, 1, 1, 1}, -0.0084002373769371027, 0.027799167776809169},
    {{1, 2, 11, 9}, {.size = {4, 3}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 4, 3}, -0.40540193543216518, 4.2624809036451889},
    {{1, 2, 5, 9}, {.size = {8, 4}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 8, 4}, -5.9563807766100894, 4.3988465835030599},
    {{1, 2, 7, 12}, {.scale_factor = {0.4, 0.3}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 2, 2, 3}, 2.2136730982081367, -0.87501621745430036},
    {{1, 1, 6, 5}, {.size = {1, 1}, .mode = Resample::bicubic, .align_corners = true, .antialias = true}, {1, 1, 1, 1}, 0.12460207097389692, 0.21428982906805538},
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
  CHECK_ERROR(interpolate(x, {}), "interpolate: needs size or scale_factor; got neither");
  CHECK_ERROR(interpolate(x, {.size = {2}, .scale_factor = {2}}), "interpolate: needs size or scale_factor; got both");
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
