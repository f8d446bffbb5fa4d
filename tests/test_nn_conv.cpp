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
  CHECK_ERROR(nn::Conv2d(3, 4, {1, 2, 3}), "Conv2d: kernel must be one size, or two; got kernel=[1, 2, 3]");
}
