// Masked ops: PyTorch's numbers, what is masked does not matter, derivatives, integers, errors.
#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::leaf;
using test::sample;
using test::same_bits;

namespace {

using V = std::vector<Tensor>;
constexpr TensorOptions f64 = {.dtype = float64};

Tensor a_mask() { return tensor({{true, true, false, true}, {false, false, false, false}, {false, true, true, false}}); }
/// The same with a place in each row and column.
Tensor full_mask() { return tensor({{true, true, false, true}, {true, false, false, true}, {false, true, true, false}}); }

}  // namespace

TEST_CASE("masked: PyTorch's values, rows without anything included") {
  const Tensor x = sample({3, 4}), y = sample({3, 4}, float64, -2, 2, 2), mask = a_mask(), inverse = logical_not(mask);
  const Tensor column = tensor({{true}, {false}, {true}});
  CHECK_VALUES(masked::sum(x, mask, 1), {2.3050335205752654, 0, 1.5891621535786702});
  CHECK_VALUES(masked::sum(x, mask, 0, true), {0.9989929654321204, 1.0184934659180866, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::sum(x, mask), {3.8941956741539356});
  CHECK_VALUES(masked::sum(x, {}, 0), {-0.9333373531325844, 1.4015651945846863, -0.3635447595420449, 0.6947063188623979});
  CHECK_VALUES(masked::prod(x, mask, 1), {-0.9262387809497706, 1, 0.09210576478108091});
  CHECK_VALUES(masked::prod(x, mask, 0, true), {0.9989929654321204, -0.780400876414895, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::prod(x, mask), {-0.08531193128927471});
  CHECK_VALUES(masked::prod(x, {}, 0), {0.8816927439838294, -0.2989495127811832, 0.002631141785282708, -0.3068160057255724});
  CHECK_VALUES(masked::mean(x, mask, 1), {0.7683445068584218, ph::nan, 0.7945810767893351});
  CHECK_VALUES(masked::mean(x, mask, 0, true), {0.9989929654321204, 0.5092467329590433, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::mean(x, mask), {0.7788391348307871});
  CHECK_VALUES(masked::mean(x, {}, 0), {-0.31111245104419477, 0.46718839819489544, -0.12118158651401496, 0.2315687729541326});
  CHECK_VALUES(masked::amax(x, mask, 1), {1.816466863626482, -inf, 1.5289197744014236});
  CHECK_VALUES(masked::amax(x, mask, 0, true), {0.9989929654321204, 1.5289197744014236, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::amax(x, mask), {1.816466863626482});
  CHECK_VALUES(masked::amax(x, {}, 0), {0.9989929654321204, 1.5289197744014236, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::amin(x, mask, 1), {-0.5104263084833369, inf, 0.06024237917724662});
  CHECK_VALUES(masked::amin(x, mask, 0, true), {0.9989929654321204, -0.5104263084833369, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::amin(x, mask), {-0.5104263084833369});
  CHECK_VALUES(masked::amin(x, {}, 0), {-1.191761216236935, -0.5104263084833369, -0.2468643748617887, -1.2562181769005938});
  CHECK_VALUES(masked::argmax(x, mask, 1), {3, 0, 1});
  CHECK_VALUES(masked::argmax(x, mask, 0, true), {0, 2, 2, 0});
  CHECK_VALUES(masked::argmax(x, mask), {3});
  CHECK_VALUES(masked::argmax(x, {}, 0), {0, 2, 2, 0});
  CHECK_VALUES(masked::argmin(x, mask, 1), {1, 0, 2});
  CHECK_VALUES(masked::argmin(x, mask, 0, true), {0, 0, 2, 0});
  CHECK_VALUES(masked::argmin(x, mask), {1});
  CHECK_VALUES(masked::argmin(x, {}, 0), {1, 0, 0, 1});
  CHECK_VALUES(masked::logsumexp(x, mask, 1), {2.2476933686862206, -inf, 1.7361207449735983});
  CHECK_VALUES(masked::logsumexp(x, mask, 0, true), {0.9989929654321204, 1.651238080539912, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::logsumexp(x, mask), {2.717416938339568});
  CHECK_VALUES(masked::logsumexp(x, {}, 0), {1.2516406832199234, 1.8991499805497065, 0.9862588914617895, 2.0253464163967605});
  CHECK_VALUES(masked::var(x, mask, 1), {1.393506992184641, ph::nan, 1.0785066456212367});
  CHECK_VALUES(masked::var(x, mask, 0, true), {ph::nan, 2.0794662228887084, ph::nan, ph::nan});
  CHECK_VALUES(masked::var(x, mask), {0.9665866647781516});
  const Tensor bytes = from_data<std::uint8_t>({1, 2, 4}, {3}), some = from_data<bool>({true, false, true}, {3});
  CHECK(masked::mean(bytes, some).dtype() == float32);
  CHECK(masked::var(bytes, some).item<float>() == 4.5F);
  CHECK_VALUES(masked::var(x, {}, 0), {1.3381757326238897, 1.0450398220137536, 0.02590894873282676, 2.3674212698228945});
  CHECK_VALUES(masked::std(x, mask, 1), {1.1804689712926135, ph::nan, 1.0385117455384107});
  CHECK_VALUES(masked::std(x, mask, 0, true), {ph::nan, 1.4420354443940373, ph::nan, ph::nan});
  CHECK_VALUES(masked::std(x, mask), {0.9831513946377494});
  CHECK_VALUES(masked::std(x, {}, 0), {1.1567954584211895, 1.0222718924110912, 0.1609625693533337, 1.5386426712602554});
  CHECK_VALUES(masked::norm(x, mask, 2, 1), {2.134964596434287, 0, 1.5301061469076696});
  CHECK_VALUES(masked::norm(x, mask, 1, 1), {3.3258861375419393, 0, 1.5891621535786702});
  CHECK_VALUES(masked::norm(x, mask, 0, 1), {3, 0, 2});
  CHECK_VALUES(masked::norm(x, mask, inf, 1), {1.816466863626482, 0, 1.5289197744014236});
  CHECK_VALUES(masked::norm(x, mask, -inf, 1), {0.5104263084833369, inf, 0.06024237917724662});
  CHECK_VALUES(masked::norm(x, mask, 3, 1), {1.924114845301255, 0, 1.528950949428583});
  CHECK_VALUES(masked::softmax(x, mask, 1), {0.28687737961310145, 0.06341088927445716, 0, 0.6497117311124413, ph::nan, ph::nan, ph::nan, ph::nan, 0,
               0.8128562733808187, 0.18714372661918138, 0});
  CHECK_VALUES(masked::softmax(x, mask, 0), {1, 0.11513333482021353, 0, 1, 0, 0, 0, 0, 0, 0.8848666651797866, 1, 0});
  CHECK_VALUES(masked::log_softmax(x, mask, 1), {-1.2487004032541, -2.7581196771695575, -inf, -0.4312265050597384, ph::nan, ph::nan, ph::nan,
               ph::nan, -inf, -0.20720097057217474, -1.6758783657963516, -inf});
  CHECK_VALUES(masked::log_softmax(x, mask, 0), {0, -2.161664389023249, -inf, 0, -inf, -inf, -inf, -inf, -inf, -0.12231830613848849, 0, -inf});
  CHECK_VALUES(masked::softmin(x, mask, 1), {0.16762637226592175, 0.7583589345602905, 0, 0.07401469317378784, ph::nan, ph::nan, ph::nan, ph::nan, 0,
               0.18714372661918138, 0.8128562733808187, 0});
  CHECK_VALUES(masked::softmin(x, mask, 0), {1, 0.8848666651797866, 0, 1, 0, 0, 0, 0, 0, 0.11513333482021353, 1, 0});
  CHECK_VALUES(masked::cumsum(x, mask, 1), {0.9989929654321204, 0.48856665694878343, 0.48856665694878343, 2.3050335205752654, 0, 0, 0, 0, 0,
               1.5289197744014236, 1.5891621535786702, 1.5891621535786702});
  CHECK_VALUES(masked::cumsum(x, mask, 0), {0.9989929654321204, -0.5104263084833369, 0, 1.816466863626482, 0.9989929654321204, -0.5104263084833369,
               0, 1.816466863626482, 0.9989929654321204, 1.0184934659180866, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::cumprod(x, mask, 1), {0.9989929654321204, -0.509912291546339, -0.509912291546339, -0.9262387809497706, 1, 1, 1, 1, 1,
               1.5289197744014236, 0.09210576478108091, 0.09210576478108091});
  CHECK_VALUES(masked::cumprod(x, mask, 0), {0.9989929654321204, -0.5104263084833369, 1, 1.816466863626482, 0.9989929654321204, -0.5104263084833369,
               1, 1.816466863626482, 0.9989929654321204, -0.780400876414895, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::normalize(x, mask, 2, 1), {0.4679201552571829, -0.23907951885283057, 0, 0.8508182602466832, 0, 0, 0, 0, 0, 0.9992246469248923,
               0.03937137256718817, 0});
  CHECK_VALUES(masked::normalize(x, mask, 1, 0), {1, -0.2502892043518737, 0, 1, 0, 0, 0, 0, 0, 0.7497107956481264, 1, 0});
  CHECK_VALUES(masked::median(x, mask, 1), {0.9989929654321204, ph::nan, 0.06024237917724662});
  CHECK_VALUES(masked::median(x, mask, 0, true), {0.9989929654321204, -0.5104263084833369, 0.06024237917724662, 1.816466863626482});
  CHECK_VALUES(masked::logaddexp(x, y, mask, inverse), {0.9989929654321204, -0.5104263084833369, -0.5044471105689787, 1.816466863626482,
               0.14858518896036488, 1.6399798868851332, 1.573505447336987, 0.29601699167345963, -0.9904554091661635, 1.5289197744014236,
               0.06024237917724662, 0.3596344171474133});
  CHECK_VALUES(masked::logaddexp(x, y, mask, mask), {1.1280670422712806, 1.6955831408172575, -inf, 2.178962267570126, -inf, -inf, -inf, -inf, -inf,
               1.6585213332109563, 0.37971535744477714, -inf});
  CHECK_VALUES(masked::var(x, mask, 1, false, 0), {0.9290046614564273, ph::nan, 0.5392533228106183});
  CHECK_VALUES(masked::sum(x, column, 0), {0.2584238631043507, 1.0184934659180866, -0.18662199568454207, 1.9509244957629917});
  CHECK_VALUES(masked::norm(x, mask, -1, 1), {1 / (1 / std::fabs(x[0][0].item<double>()) + 1 / std::fabs(x[0][1].item<double>()) + 1 / std::fabs(x[0][3].item<double>())), inf,
                                              1 / (1 / std::fabs(x[2][1].item<double>()) + 1 / std::fabs(x[2][2].item<double>()))});
}

TEST_CASE("masked: what is masked does not matter, whatever it is") {
  const Tensor mask = full_mask(), x = sample({3, 4});
  const Tensor wild = where(mask, x, full({}, ph::nan, f64));
  const std::vector<std::function<Tensor(const Tensor&)>> ops = {
      [&](const Tensor& v) { return masked::sum(v, mask, 1); },       [&](const Tensor& v) { return masked::prod(v, mask, 0); },
      [&](const Tensor& v) { return masked::amax(v, mask, 1); },      [&](const Tensor& v) { return masked::amin(v, mask, 1); },
      [&](const Tensor& v) { return masked::mean(v, mask, 0); },      [&](const Tensor& v) { return masked::var(v, mask, 1); },
      [&](const Tensor& v) { return masked::std(v, mask, 1); },       [&](const Tensor& v) { return masked::median(v, mask, 1); },
      [&](const Tensor& v) { return masked::logsumexp(v, mask, 1); }, [&](const Tensor& v) { return masked::norm(v, mask, 3, 1); },
      [&](const Tensor& v) { return masked::cumsum(v, mask, 1); },    [&](const Tensor& v) { return masked::cumprod(v, mask, 1); },
      [&](const Tensor& v) { return masked::softmax(v, mask, 1); },   [&](const Tensor& v) { return masked::softmin(v, mask, 0); },
      [&](const Tensor& v) { return masked::normalize(v, mask, 2, 1); },
      [&](const Tensor& v) { return where(mask, masked::logaddexp(v, v, mask, mask), Scalar(0)); }};
  for (const auto& op : ops) {
    CHECK(same_bits(op(wild), op(x)));
    const Tensor p = x.clone().requires_grad_(), q = wild.clone().requires_grad_();
    const auto total = [](const Tensor& y) { return sum(y * sample(y.shape())); };
    const Tensor g = grad(total(op(p)), p);
    CHECK(close(grad(total(op(q)), q), g, 1e-12));
    CHECK(close(where(mask, zeros({3, 4}, f64), g), zeros({3, 4}, f64)));
  }
  CHECK(same_bits(masked::argmax(wild, mask, 1), masked::argmax(x, mask, 1)));
  CHECK(same_bits(masked::argmin(wild, mask), masked::argmin(x, mask)));
  // Nothing masked.
  CHECK(same_bits(masked::sum(x, {}, 1), sum(x, 1)));
  CHECK(same_bits(masked::var(x, {}, 1), var(x, 1, false, 1)));
  CHECK(close(masked::var(x, ones({4}, {.dtype = bool_}), 1), var(x, 1, false, 1), 1e-13));
}

TEST_CASE("masked: derivatives of both orders") {
  const Tensor mask = full_mask();
  derivatives([=](const V& v) { return masked::sum(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::prod(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::amax(v[0], mask, 0); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::amin(v[0], mask); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::mean(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::var(v[0], mask, 0, true, 0); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::std(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::median(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::logsumexp(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::norm(v[0], mask, 3, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::norm(v[0], mask, -1, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::cumsum(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::cumprod(v[0], mask, 0); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::softmax(v[0], mask, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return where(mask, masked::log_softmax(v[0], mask, 1), Scalar(0)); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::softmin(v[0], mask, 0); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::normalize(v[0], mask, 2, 1); }, {leaf({3, 4})});
  derivatives([=](const V& v) { return masked::logaddexp(v[0], v[1], mask, {}); }, {leaf({3, 4}), leaf({3, 4}, float64, -2, 2, 2)});
  // The gradient of std is 0 where there is one value.
  const Tensor x = leaf({2});
  CHECK(close(grad(masked::std(x, tensor({true, false}), {}, false, 0), x), zeros({2}, f64)));
}

TEST_CASE("masked: integers, complex numbers, empty ones, errors") {
  const Tensor x = tensor({{3, -2, 7}, {4, 9, 5}}), mask = tensor({{true, true, false}, {true, false, true}});
  CHECK(masked::sum(x.to(int32), mask, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 9});
  CHECK(masked::prod(x, mask, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{-6, 20});
  CHECK(masked::amax(x.to(int8), mask, 1).to_vector<std::int8_t>() == std::vector<std::int8_t>{3, 5});
  CHECK(masked::amin(x.to(uint8), mask, 0).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{3, 254, 5});
  CHECK(masked::amax(x, zeros({3}, {.dtype = bool_}), 1).to_vector<std::int64_t>() == std::vector<std::int64_t>(2, INT64_MIN));
  CHECK(masked::amin(x.to(uint64), zeros({3}, {.dtype = bool_}), 1).to_vector<std::uint64_t>() == std::vector<std::uint64_t>(2, UINT64_MAX));
  CHECK(masked::amin(x.to(int16), zeros({3}, {.dtype = bool_}), 1).to_vector<std::int16_t>() == std::vector<std::int16_t>(2, INT16_MAX));
  CHECK(masked::argmax(x, mask, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 2});
  CHECK(masked::argmin(x, mask).item<std::int64_t>() == 1);
  CHECK(masked::median(x, mask, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{-2, 4});
  CHECK(masked::median(x, {}, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{3, 5});
  CHECK(masked::mean(x, mask, 1).to_vector<float>() == std::vector<float>{0.5, 4.5});
  const Tensor z = complex(tensor({1.0, 5.0, 2.0}, f64), tensor({2.0, 5.0, -1.0}, f64)), some = tensor({true, false, true});
  CHECK(masked::var(z, some).item<double>() == doctest::Approx(5));
  CHECK(masked::sum(zeros({0, 3}), zeros({3}, {.dtype = bool_}), 0).to_vector<float>() == std::vector<float>(3));
  CHECK(masked::sum(tensor(3.0), tensor(false)).item<float>() == 0);
  CHECK_ERROR(masked::sum(x, x), "masked.sum: mask must be bool; got dtype=int64");
  CHECK_ERROR(masked::mean(x, tensor({true, false})), "masked.mean: mask must broadcast to x; got x=[2, 3], mask=[2]");
  CHECK_ERROR(masked::amax(x, ones({1, 2, 3}, {.dtype = bool_})), "masked.amax: mask must broadcast to x; got x=[2, 3], mask=[1, 2, 3]");
  CHECK_ERROR(masked::median(x, tensor({{true}, {false}}), 1), "masked.median: integers need at least one element that counts; got dtype=int64");
}
