// Convolution: values against sums over shifted slices, derivatives of any order, layouts, dtypes, empties, NaN, errors, threads.
#include "harness.h"

using namespace ph;
using test::close;
using test::layouts;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {

struct Case {
  int dims;
  Shape x, w;
  Shape stride, padding, dilation;
  std::int64_t groups;
};

const std::vector<Case> cases = {
    {1, {2, 3, 9}, {4, 3, 3}, {1}, {0}, {1}, 1},
    {1, {2, 4, 12}, {6, 2, 3}, {2}, {2}, {2}, 2},
    {2, {2, 3, 5, 6}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {2, {1, 4, 7, 6}, {4, 1, 3, 2}, {2, 1}, {1, 0}, {1, 2}, 4},
    {2, {2, 13, 4, 5}, {3, 13, 1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},
    {2, {2, 2, 5, 5}, {3, 2, 2, 2}, {3, 3}, {0, 0}, {1, 1}, 1},   // entries that no window sees
    {2, {2, 12, 4, 4}, {5, 12, 3, 3}, {2, 2}, {1, 1}, {1, 1}, 1},
    {2, {2, 2, 3, 3}, {2, 2, 1, 1}, {2, 2}, {1, 1}, {1, 1}, 1},
    {2, {9, 2, 3, 2}, {3, 2, 3, 2}, {1, 1}, {1, 1}, {1, 1}, 1},   // small images, several at a time
    {3, {1, 2, 4, 5, 3}, {4, 1, 2, 3, 2}, {1, 2, 1}, {1, 1, 0}, {2, 1, 1}, 2},
    {2, {0, 3, 5, 5}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {2, {2, 3, 1, 1}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {2, {2, 0, 4, 4}, {4, 0, 3, 3}, {1, 1}, {0, 0}, {1, 1}, 1},
    {1, {2, 3, 0}, {4, 3, 3}, {1}, {2}, {1}, 1},
};

PerDim per(const Shape& s) { return PerDim(s); }
ConvOptions options(const Case& c) { return {.stride = per(c.stride), .padding = per(c.padding), .dilation = per(c.dilation), .groups = c.groups}; }

Tensor conv(const Case& c, const Tensor& x, const Tensor& w, const Tensor& b = {}) {
  return c.dims == 1 ? conv1d(x, w, b, options(c)) : c.dims == 2 ? conv2d(x, w, b, options(c)) : conv3d(x, w, b, options(c));
}
Tensor transposed(const Case& c, const Tensor& x, const Tensor& w, const Shape& extra) {
  const ConvTransposeOptions o{.stride = per(c.stride), .padding = per(c.padding), .output_padding = per(extra), .dilation = per(c.dilation), .groups = c.groups};
  return c.dims == 1 ? conv_transpose1d(x, w, {}, o) : c.dims == 2 ? conv_transpose2d(x, w, {}, o) : conv_transpose3d(x, w, {}, o);
}

/// The definition: for every entry of the kernel, a product of channels with a strided slice of the padded input.
Tensor plain_conv(const Case& c, const Tensor& x, const Tensor& w) {
  Shape pads;
  for (int d = c.dims; d-- > 0;) pads.push_back(c.padding[d]), pads.push_back(c.padding[d]);
  const Tensor p = pad(x, pads);
  std::vector<Tensor> groups;
  const std::int64_t outs = c.w[0] / c.groups, ins = c.w[1];
  for (std::int64_t g = 0; g < c.groups; ++g) {
    Tensor y;
    const Tensor xg = p.narrow(1, g * ins, ins), wg = w.narrow(0, g * outs, outs);
    std::int64_t taps = 1;
    for (int d = 0; d < c.dims; ++d) taps *= c.w[d + 2];
    for (std::int64_t t = 0; t < taps; ++t) {
      Tensor part = xg, entry = wg;
      std::int64_t rest = t;
      for (int d = c.dims; d-- > 0;) {
        const std::int64_t k = rest % c.w[d + 2], n = (p.shape()[d + 2] - c.dilation[d] * (c.w[d + 2] - 1) - 1) / c.stride[d] + 1;
        rest /= c.w[d + 2];
        const std::int64_t from = k * c.dilation[d];
        part = part.slice(d + 2, {from, from + (n - 1) * c.stride[d] + 1, c.stride[d]});
        entry = entry.select(d + 2, k);
      }
      Shape as = {1, outs, ins};
      for (int d = 0; d < c.dims; ++d) as.push_back(1);
      const Tensor term = sum(part.unsqueeze(1) * entry.reshape(as), {2});
      y = y.defined() ? y + term : term;
    }
    groups.push_back(y);
  }
  return cat(groups, 1);
}

Shape bias_shape(int dims, std::int64_t n) {
  Shape s = Shape::filled(dims + 1, 1);
  s[0] = n;
  return s;
}

}  // namespace

TEST_CASE("conv: values, layouts, dtypes") {
  for (const Case& c : cases) {
    CAPTURE(to_string(c.x));
    CAPTURE(to_string(c.w));
    const Tensor x = sample(c.x), w = sample(c.w, float64, -2, 2, 2), b = sample({c.w[0]}, float64, -2, 2, 3);
    const Tensor want = plain_conv(c, x, w);
    CHECK(close(conv(c, x, w), want, 1e-9, 1e-11));
    CHECK(close(conv(c, x, w, b), want + b.reshape(bias_shape(c.dims, c.w[0])), 1e-9, 1e-11));
    CHECK(close(conv(c, x.to(float32), w.to(float32)), want, 1e-4, 1e-4));
    CHECK(close(conv(c, x.to(bfloat16), w.to(bfloat16)), plain_conv(c, x.to(bfloat16).to(float64), w.to(bfloat16).to(float64)), 1e-2, 1e-2));
    for (const auto& l : layouts(x)) CHECK(close(conv(c, l.x, w.permute(c.dims == 1 ? Shape{2, 1, 0} : c.dims == 2 ? Shape{3, 2, 1, 0} : Shape{4, 3, 2, 1, 0})
                                                               .contiguous().permute(c.dims == 1 ? Shape{2, 1, 0} : c.dims == 2 ? Shape{3, 2, 1, 0} : Shape{4, 3, 2, 1, 0})),
                                                      want, 1e-9, 1e-11));
    if (c.x[0] > 0) CHECK(close(conv(c, x[0], w, b), conv(c, x, w, b)[0], 1e-9, 1e-11));
  }
  const Case& c = cases[2];
  CHECK(conv(c, ones(c.x, {.dtype = int32}), ones(c.w, {.dtype = float32})).dtype() == float32);
  const Tensor x = complex(sample(c.x), sample(c.x, float64, -2, 2, 5)), w = complex(sample(c.w), sample(c.w, float64, -2, 2, 6));
  const Tensor y = conv(c, x, w), want = plain_conv(c, x, w);
  CHECK(close(real(y), real(want)));
  CHECK(close(imag(y), imag(want)));
}

TEST_CASE("conv: larger shapes, cut into pieces") {
  for (const Case& c : {Case{2, {3, 20, 70, 90}, {17, 20, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1}, Case{2, {40, 16, 7, 7}, {24, 16, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
                        Case{2, {2, 3, 90, 90}, {20, 3, 7, 7}, {2, 2}, {3, 3}, {1, 1}, 1}, Case{2, {4, 24, 30, 30}, {24, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 24},
                        Case{2, {3, 5, 40, 75}, {10, 1, 5, 5}, {2, 2}, {2, 2}, {1, 1}, 5}, Case{2, {2, 3, 9, 3}, {3, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 3},
                        Case{2, {5, 6, 14, 14}, {6, 1, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 6}, Case{2, {2, 4, 21, 35}, {4, 1, 3, 4}, {3, 2}, {2, 0}, {1, 2}, 4},
                        Case{2, {2, 4, 12, 50}, {1, 4, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1}, Case{3, {2, 2, 5, 9, 33}, {2, 1, 3, 3, 3}, {1, 1, 2}, {1, 1, 1}, {1, 1, 1}, 2},
                        Case{1, {2, 3, 9000}, {5, 3, 9}, {1}, {4}, {1}, 1}}) {
    CAPTURE(to_string(c.x));
    // Small integers: every sum is exact.
    const Tensor x = round(sample(c.x, float64, -3, 3)), w = round(sample(c.w, float64, -3, 3, 2));
    Tensor p = x.detach().requires_grad_(), q = w.detach().requires_grad_();
    const Tensor y = conv(c, p, q), want = plain_conv(c, p, q), g = round(sample(y.shape(), float64, -3, 3, 3));
    CHECK(same_bits(y + 0, want + 0));
    const auto d = grad({y}, {p, q}, {.gradients = {g}}), e = grad({want}, {p, q}, {.gradients = {g}});
    CHECK(same_bits(d[0] + 0, e[0] + 0));
    CHECK(same_bits(d[1] + 0, e[1] + 0));
    Tensor u = x.to(float32).requires_grad_(), v = w.to(float32).requires_grad_();
    const auto f = grad({conv(c, u, v)}, {u, v}, {.gradients = {g.to(float32)}});
    CHECK(close(f[0], e[0], 0, 0));
    CHECK(close(f[1], e[1], 0, 0));
  }
}

TEST_CASE("conv: first and second derivatives") {
  for (const Case& c : cases) {
    CAPTURE(to_string(c.x));
    CAPTURE(to_string(c.w));
    const auto f = [&](const Tensor& x, const Tensor& w, const Tensor& b) { return conv(c, x, w, b); };
    CHECK(gradcheck(f, {leaf(c.x), leaf(c.w, float64, -2, 2, 2), leaf({c.w[0]}, float64, -2, 2, 3)}));
    if (numel(c.x) * numel(c.w) < 20000) CHECK(gradgradcheck(f, {leaf(c.x), leaf(c.w, float64, -2, 2, 2), leaf({c.w[0]}, float64, -2, 2, 3)}));
  }
}

TEST_CASE("conv: an infinity beside a sum does not enter it") {
  Tensor x = sample({1, 1, 4, 4}, float64);
  x.index_put_({0, 0, 1, 3}, INFINITY);
  for (const std::int64_t outs : {1, 4}) {
    Tensor w = leaf({outs, 1, 3, 3});
    const Tensor y = conv2d(x, w, {}, {.padding = 1});
    const Tensor g = ones(y.shape(), {.dtype = float64});
    const Tensor d = grad(y, w, {.gradients = {g}});
    CHECK_FALSE(any(isnan(d)).item<bool>());
    // The last column of x meets column 0 of the kernel only past the last window.
    CHECK(all(isfinite(d.select(3, 0))).item<bool>());
  }
}

TEST_CASE("conv_transpose") {
  for (const Case& c : cases) {
    if (c.x[0] == 0 || numel(c.x) == 0 || numel(c.w) == 0) continue;
    // The gradient of conv by its input, which was checked above.
    Tensor x = leaf(c.x);
    const Tensor w = sample(c.w, float64, -2, 2, 2), y = conv(c, x, w), g = sample(y.shape(), float64, -2, 2, 4);
    const Tensor want = grad(y, x, {.gradients = {g}});
    Shape extra;
    for (int d = 0; d < c.dims; ++d)
      extra.push_back(c.x[d + 2] - ((y.shape()[d + 2] - 1) * c.stride[d] - 2 * c.padding[d] + c.dilation[d] * (c.w[d + 2] - 1) + 1));
    CAPTURE(to_string(c.x));
    CHECK(close(transposed(c, g, w, extra), want));
    CHECK(gradcheck([&](const Tensor& p, const Tensor& q) { return transposed(c, p, q, extra); }, {leaf(y.shape()), leaf(c.w, float64, -2, 2, 2)}));
    if (numel(c.x) * numel(c.w) < 5000)
      CHECK(gradgradcheck([&](const Tensor& p, const Tensor& q) { return transposed(c, p, q, extra); }, {leaf(y.shape()), leaf(c.w, float64, -2, 2, 2)}));
  }
  const Tensor b = sample({2}, float64, -2, 2, 9), x = sample({1, 3, 4}), w = sample({3, 2, 3});
  CHECK(close(conv_transpose1d(x, w, b), conv_transpose1d(x, w) + b.reshape({2, 1})));
  CHECK(conv_transpose1d(x[0], w).shape() == Shape{2, 6});
  const Tensor z = complex(x, x * 2);
  CHECK(close(imag(conv_transpose1d(z, w.to(complex128))), conv_transpose1d(x * 2, w)));
}

TEST_CASE("conv: bits do not depend on the number of threads") {
  const int before = num_threads();
  for (const Case& c : {Case{2, {5, 12, 40, 40}, {20, 12, 3, 3}, {1, 1}, {1, 1}, {1, 1}, 1}, Case{2, {16, 8, 30, 30}, {8, 1, 3, 3}, {2, 2}, {1, 1}, {1, 1}, 8},
                        Case{2, {9, 32, 14, 14}, {48, 32, 1, 1}, {1, 1}, {0, 0}, {1, 1}, 1}}) {
    Tensor x = leaf(c.x, float32), w = leaf(c.w, float32, -2, 2, 2);
    std::vector<Tensor> first;
    for (const int n : {1, 2, 7, 16}) {
      set_num_threads(n);
      const Tensor y = conv(c, x, w);
      std::vector<Tensor> all = grad({y}, {x, w}, {.gradients = {sample(y.shape(), float32, -1, 1, 5)}});
      all.push_back(y);
      if (first.empty()) first = all;
      for (std::size_t i = 0; i < all.size(); ++i) CHECK(same_bits(all[i], first[i]));
    }
  }
  set_num_threads(before);
}

TEST_CASE("conv: padding by name") {
  const Tensor x = sample({2, 3, 7, 6}), w = sample({4, 3, 4, 3}, float64, -2, 2, 2), b = sample({4}, float64, -2, 2, 3);
  CHECK(same_bits(conv2d(x, w, b, {.padding = "valid"}), conv2d(x, w, b)));
  // 3 (4 - 1) = 9 zeros along the first dim: 4 before, 5 behind.
  CHECK(close(conv2d(x, w, b, {.padding = "same", .dilation = {3, 2}}), conv2d(pad(x, {2, 2, 4, 5}), w, b, {.dilation = {3, 2}})));
  CHECK(conv1d(x[0], sample({2, 7, 12}), {}, {.padding = "same"}).shape() == Shape{3, 2, 6});
  CHECK(gradgradcheck([](const Tensor& p, const Tensor& q) { return conv1d(p, q, {}, {.padding = "same"}); }, {leaf({1, 2, 5}), leaf({2, 2, 4}, float64, -2, 2, 2)}));
  CHECK_ERROR(conv2d(x, w, b, {.stride = 2, .padding = "same"}), "conv2d: padding \"same\" needs stride 1; got stride=[2, 2]");
  CHECK_ERROR(conv2d(x, w, b, {.padding = "full"}), "conv: padding must be numbers, \"same\" or \"valid\"; got padding=full");
}

TEST_CASE("conv: errors") {
  CHECK_ERROR(conv2d(zeros({2, 3}), zeros({4, 3, 3, 3})), "conv2d: needs x of 4 dimensions (3 without a batch) and weight of 4; got x=[2, 3], weight=[4, 3, 3, 3]");
  CHECK_ERROR(conv2d(zeros({1, 3, 5, 5}), zeros({4, 2, 3, 3})),
              "conv2d: x's channels must be groups times weight's second size; got x=[1, 3, 5, 5], weight=[4, 2, 3, 3], groups=1");
  CHECK_ERROR(conv2d(zeros({1, 4, 5, 5}), zeros({3, 2, 3, 3}), {}, {.groups = 2}), "conv2d: weight's first size must divide by groups; got weight=[3, 2, 3, 3], groups=2");
  CHECK_ERROR(conv2d(zeros({1, 3, 5, 5}), zeros({4, 3, 3, 3}), zeros({3})), "conv2d: bias must be one number per output channel; got bias=[3], channels=4");
  CHECK_ERROR(conv2d(zeros({1, 3, 2, 2}), zeros({4, 3, 3, 3})),
              "conv2d: the dilated kernel must fit the padded input; got x=[1, 3, 2, 2], weight=[4, 3, 3, 3], padding=[0, 0], dilation=[1, 1]");
  CHECK_ERROR(conv1d(zeros({1, 1, 5}), zeros({1, 1, 3}), {}, {.stride = 0}), "conv1d: stride must be at least 1 and below 2^31; got stride=[0]");
  CHECK_ERROR(conv2d(zeros({1, 1, 5, 5}), zeros({1, 1, 3, 3}), {}, {.padding = {1, 2, 3}}), "conv2d: padding must be one number, or one per spatial dimension; got padding=[1, 2, 3]");
  CHECK_ERROR(conv1d(zeros({1, 1, 5}), zeros({1, 1, 3}), {}, {.groups = 0}), "conv1d: groups must be at least 1; got groups=0");
  CHECK_ERROR(conv1d(zeros({1, 1, 5}), zeros({1, 1, 0})), "conv1d: the kernel must not be empty; got weight=[1, 1, 0]");
  CHECK_ERROR(conv1d(zeros({1, 1, 5}, {.dtype = int32}), zeros({1, 1, 3}, {.dtype = int32})), "conv1d: needs a floating or complex dtype; got x=int32, weight=int32");
  CHECK_ERROR(conv_transpose1d(zeros({1, 2, 5}), zeros({3, 1, 3})), "conv_transpose1d: x's channels must be weight's first size and divide by groups; got x=[1, 2, 5], weight=[3, 1, 3], groups=1");
  CHECK_ERROR(conv_transpose1d(zeros({1, 1, 5}), zeros({1, 1, 3}), {}, {.output_padding = 1}),
              "conv_transpose1d: output_padding must be below stride or dilation; got output_padding=[1], stride=[1], dilation=[1]");
  CHECK_ERROR(fold(zeros({1, 4, 5}), 4, 2), "fold: x must be [N, C * kernel, windows]; got x=[1, 4, 5], size=[4, 4], kernel=[2, 2] (9 windows)");
}

TEST_CASE("im2col and fold") {
  const Tensor x = sample({2, 3, 5, 6}), w = sample({4, 3, 2, 3}, float64, -2, 2, 2);
  const WindowOptions o{.dilation = {1, 2}, .padding = {1, 0}, .stride = {2, 1}};
  const Tensor u = im2col(x, {2, 3}, o);
  CHECK(close(matmul(w.reshape({4, 18}), u), conv2d(x, w, {}, {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}}).reshape({2, 4, 6})));
  CHECK(close(im2col(x[0], {2, 3}, o), u[0]));
  // fold is the transpose of im2col.
  const Tensor g = sample(u.shape(), float64, -2, 2, 3);
  CHECK(close(sum(fold(g, {5, 6}, {2, 3}, o) * x), sum(g * u)));
  CHECK(close(fold(g[0], {5, 6}, {2, 3}, o), fold(g, {5, 6}, {2, 3}, o)[0]));
  CHECK(gradgradcheck([&](const Tensor& p) { return im2col(p, {2, 3}, o); }, {leaf({1, 2, 5, 6})}));
  CHECK(gradgradcheck([&](const Tensor& p) { return fold(p, {5, 6}, {2, 3}, o); }, {leaf({1, 12, 6})}));
  CHECK(im2col(zeros({0, 3, 5, 6}), 2).shape() == Shape{0, 12, 20});
}
