// Convolution and pooling layers are their ops, with PyTorch's names and initial values.
#include "harness.h"

#include <algorithm>
#include <cmath>

#include "playhead/nn.h"

using namespace ph;

TEST_CASE("nn: convolution and pooling layers") {
  const Tensor x = test::sample({2, 4, 7, 6}, float32);
  nn::Conv2d layer(4, 6, {3, 2}, {.stride = 2, .padding = {1, 0}, .groups = 2});
  CHECK(layer.weight.shape() == Shape{6, 2, 3, 2});
  CHECK(layer.bias.shape() == Shape{6});
  CHECK(layer.state_dict()[0].first == "weight");
  CHECK(layer.state_dict()[1].first == "bias");
  CHECK(test::close(layer(x), conv2d(x, layer.weight, layer.bias, {.stride = 2, .padding = {1, 0}, .groups = 2}), 0));
  CHECK(layer(x).shape() == Shape{2, 6, 4, 3});
  const double bound = 1 / std::sqrt(12.0);
  for (double v : test::values(layer.weight)) CHECK(std::fabs(v) <= bound);
  for (double v : test::values(layer.bias)) CHECK(std::fabs(v) <= bound);
  CHECK(nn::Conv2d(4, 6, 3, {.bias = false}).parameters().size() == 1);
  CHECK(nn::Conv2d(1, 1, 3, {.dtype = float64}).weight.dtype() == float64);
  CHECK(test::close(nn::MaxPool2d(2)(x), max_pool2d(x, 2), 0));
  CHECK(test::close(nn::AvgPool2d(3, {.stride = 1, .padding = 1})(x), avg_pool2d(x, 3, {.stride = 1, .padding = 1}), 0));
  CHECK(test::close(nn::AdaptiveAvgPool2d({2, 3})(x), adaptive_avg_pool2d(x, {2, 3}), 0));
  sum(layer(x)).backward();
  CHECK(layer.weight.grad().shape() == layer.weight.shape());
  CHECK_ERROR(nn::Conv2d(3, 4, 3, {.groups = 2}), "Conv2d: groups must divide the channels; got groups=2, in=3, out=4");
  CHECK_ERROR(nn::Conv2d(-1, 4, 3), "Conv2d: sizes must not be negative; got in=-1, out=4");
  CHECK_ERROR(nn::Conv2d(3, 4, {1, 2, 3}), "Conv2d: kernel must be one number, or one per spatial dimension; got kernel=[1, 2, 3]");
}

namespace {
std::vector<std::string> keys(nn::Module& m) {
  std::vector<std::string> all;
  for (const auto& [name, t] : m.state_dict()) all.push_back(name + to_string(t.shape()));
  return all;
}
}  // namespace

TEST_CASE("nn: convolutions of every rank, and their transposes") {
  nn::Conv1d a(4, 6, 3, {.padding = 1, .groups = 2});
  nn::Conv3d b(2, 3, {1, 2, 3}, {.stride = 2, .bias = false});
  CHECK(keys(a) == std::vector<std::string>{"weight[6, 2, 3]", "bias[6]"});
  CHECK(keys(b) == std::vector<std::string>{"weight[3, 2, 1, 2, 3]"});
  const Tensor x = test::sample({2, 4, 9}, float32), z = test::sample({2, 2, 3, 4, 5}, float32);
  CHECK(test::same_bits(a(x), conv1d(x, a.weight, a.bias, {.padding = 1, .groups = 2})));
  CHECK(test::same_bits(b(z), conv3d(z, b.weight, {}, {.stride = 2})));
  CHECK(a(x[0]).shape() == Shape{6, 9});

  nn::ConvTranspose1d c(4, 6, 3, {.stride = 2, .groups = 2});
  nn::ConvTranspose2d d(3, 2, {2, 3}, {.stride = {2, 3}, .padding = 1, .output_padding = 1, .dilation = 2});
  nn::ConvTranspose3d e(2, 1, 2, {.bias = false});
  CHECK(keys(c) == std::vector<std::string>{"weight[4, 3, 3]", "bias[6]"});
  CHECK(keys(d) == std::vector<std::string>{"weight[3, 2, 2, 3]", "bias[2]"});
  const Tensor y = test::sample({1, 3, 4, 4}, float32);
  CHECK(test::same_bits(d(y), conv_transpose2d(y, d.weight, d.bias, {.stride = {2, 3}, .padding = 1, .output_padding = 1, .dilation = 2})));
  CHECK(e(z).shape() == Shape{2, 1, 4, 5, 6});
  CHECK(c(x).shape() == Shape{2, 6, 19});
  CHECK(c.forward(x, {20}).shape() == Shape{2, 6, 20});
  CHECK_ERROR(c.forward(x, {21}), "ConvTranspose1d: size must be at least 19 and below 21 there; got size=[21] for spatial dimension 0");
  CHECK_ERROR(nn::Conv1d(1, 1, 0), "Conv1d: kernel must be positive; got kernel=[0]");
  CHECK_ERROR(nn::Conv2d(1, 1, 3, {.stride = 0}), "Conv2d: stride must be positive; got stride=[0]");
  CHECK_ERROR(nn::ConvTranspose2d(1, 1, 3, {.dilation = -1}), "ConvTranspose2d: dilation must be positive; got dilation=[-1]");
  CHECK_ERROR(nn::ConvTranspose2d(3, 4, 3, {.groups = 2}), "ConvTranspose2d: groups must divide the channels; got groups=2, in=3, out=4");
  sum(d(y)).backward();
  CHECK(d.bias.grad().defined());
}

TEST_CASE("nn: convolutions that pad x with itself") {
  const Tensor x = test::sample({2, 3, 6, 7}, float32);
  for (const Pad mode : {Pad::reflect, Pad::replicate, Pad::circular}) {
    nn::Conv2d layer(3, 2, {2, 3}, {.padding = {2, 1}, .padding_mode = mode});
    CHECK(test::same_bits(layer(x), conv2d(pad(x, {1, 1, 2, 2}, mode), layer.weight, layer.bias)));
    nn::Conv2d same(3, 2, {4, 3}, {.padding = "same", .dilation = {1, 2}, .padding_mode = mode});
    CHECK(test::same_bits(same(x), conv2d(pad(x, {2, 2, 1, 2}, mode), same.weight, same.bias, {.dilation = {1, 2}})));
  }
  CHECK(nn::Conv2d(3, 2, 3, {.padding = "same"})(x).shape() == Shape{2, 2, 6, 7});
}

TEST_CASE("nn: pooling, padding, windows and resizing are their ops") {
  const Tensor x = test::sample({2, 4, 8}, float32), y = test::sample({2, 4, 8, 6}, float32), z = test::sample({1, 2, 6, 4, 8}, float32);
  const auto same = [](const Tensor& a, const Tensor& b) { return test::same_bits(a, b); };
  CHECK(same(nn::MaxPool1d(2)(x), max_pool1d(x, 2)));
  CHECK(same(nn::MaxPool3d(2, {.stride = 1})(z), max_pool3d(z, 2, {.stride = 1})));
  CHECK(same(nn::AvgPool1d(3, {.padding = 1})(x), avg_pool1d(x, 3, {.padding = 1})));
  CHECK(same(nn::AvgPool3d(2)(z), avg_pool3d(z, 2)));
  CHECK(same(nn::LPPool1d(2, 2)(x), lp_pool1d(x, 2, 2)));
  CHECK(same(nn::LPPool2d(2, {2, 3}, {.stride = 1})(y), lp_pool2d(y, 2, {2, 3}, {.stride = 1})));
  CHECK(same(nn::LPPool3d(2, 2)(z), lp_pool3d(z, 2, 2)));
  CHECK(same(nn::AdaptiveMaxPool1d(3)(x), adaptive_max_pool1d(x, 3)));
  CHECK(same(nn::AdaptiveMaxPool2d({3, 2})(y), adaptive_max_pool2d(y, {3, 2})));
  CHECK(same(nn::AdaptiveMaxPool3d(2).with_indices(z).indices, adaptive_max_pool3d_with_indices(z, 2).indices));
  CHECK(same(nn::AdaptiveAvgPool1d(3)(x), adaptive_avg_pool1d(x, 3)));
  CHECK(same(nn::AdaptiveAvgPool3d(2)(z), adaptive_avg_pool3d(z, 2)));
  const MaxPoolResult r = nn::MaxPool2d(2).with_indices(y);
  CHECK(same(nn::MaxUnpool2d(2)(r.values, r.indices), max_unpool2d(r.values, r.indices, 2)));
  const MaxPoolResult p = nn::MaxPool1d(2).with_indices(x), q = nn::MaxPool3d(2).with_indices(z);
  CHECK(nn::MaxUnpool1d(2)(p.values, p.indices).shape() == x.shape());
  CHECK(nn::MaxUnpool3d(2)(q.values, q.indices).shape() == z.shape());
  CHECK(nn::FractionalMaxPool2d(2, {.size = {5, 4}})(y).shape() == Shape{2, 4, 5, 4});
  CHECK(nn::FractionalMaxPool3d(2, {.ratio = {0.5}}).with_indices(z).values.shape() == Shape{1, 2, 3, 2, 4});

  CHECK(same(nn::ZeroPad1d(2)(x), pad(x, {2, 2})));
  CHECK(same(nn::ZeroPad2d({1, 2, 0, 3})(y), pad(y, {1, 2, 0, 3})));
  CHECK(same(nn::ConstantPad2d(1, 7)(y), pad(y, {1, 1, 1, 1}, Pad::constant, 7)));
  CHECK(same(nn::ReflectionPad1d({3, 1})(x), pad(x, {3, 1}, Pad::reflect)));
  CHECK(same(nn::ReplicationPad3d(1)(z), pad(z, {1, 1, 1, 1, 1, 1}, Pad::replicate)));
  CHECK(same(nn::CircularPad2d({1, 0, 2, 1})(y), pad(y, {1, 0, 2, 1}, Pad::circular)));
  CHECK_ERROR(nn::ReflectionPad2d({1, 2, 3}), "ReflectionPad2d: needs one margin, or 4 of them; got margins=[1, 2, 3]");

  CHECK(same(nn::Unfold(2, {.stride = 2})(y), im2col(y, 2, {.stride = 2})));
  CHECK(same(nn::Fold({8, 6}, 2, {.stride = 2})(im2col(y, 2, {.stride = 2})), y));
  CHECK(same(nn::Upsample({.scale_factor = {2}, .mode = Resample::bilinear})(y), interpolate(y, {.scale_factor = {2}, .mode = Resample::bilinear})));
  CHECK(same(nn::Sequential{nn::ZeroPad2d(1), nn::MaxPool2d(2)}(y), max_pool2d(pad(y, {1, 1, 1, 1}), 2)));
  CHECK(std::string(nn::ReplicationPad3d(1).type_name()) == "ReplicationPad3d");
}
