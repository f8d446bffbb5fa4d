// Counts: bincount, histc, histogram, histogramdd against NumPy's and PyTorch's numbers; weights and their derivatives; error texts.
#include "harness.h"
#include "playhead/autograd/gradcheck.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;
using test::values;

namespace {

using Row = std::vector<double>;
Tensor doubles(const Row& v) { return from_data(v); }

const Row points = {0.1, 0.5, 0.5, 1.0, 1.7, 2.0, -0.3, 2.5, 0.25, 1.25};
const Row weights = {1, 2, 0.5, 1, 1, 3, 1, 1, 0.25, 2};
Tensor pairs() { return tensor({{0.1, 1.0}, {0.5, 2.0}, {1.5, 0.0}, {0.7, 0.3}, {1.0, 1.9}, {3.0, 1.0}, {0.2, 2.0}}, {.dtype = float64}); }

}  // namespace

TEST_CASE("histogram: as numpy.histogram") {
  const Tensor x = doubles(points), w = doubles(weights), edges = tensor({0.0, 0.5, 1.0, 2.0}, {.dtype = float64});
  for (const test::Layout& layout : test::layouts(reshape(x, {2, 5}))) {
    CAPTURE(layout.name);
    const Histogram h = histogram(layout.x, 4);
    CHECK(values(h.counts) == Row{3, 3, 2, 2});
    CHECK(close(h.edges, doubles({-0.3, 0.4, 1.1, 1.8, 2.5}), 1e-14));
    CHECK(h.counts.dtype() == float64);
  }
  const Histogram within = histogram(x, 4, {.range = {0, 2}});
  CHECK(values(within.counts) == Row{2, 2, 2, 2});
  CHECK(values(within.edges) == Row{0, 0.5, 1, 1.5, 2});
  CHECK(values(histogram(x, edges, {.weight = w}).counts) == Row{1.25, 2.5, 7});
  CHECK(close(histogram(x, edges, {.weight = w, .density = true}).counts, doubles({0.23255813953488372, 0.46511627906976744, 0.6511627906976745})));
  CHECK(close(histogram(x, 5, {.range = {0, 2}, .density = true}).counts, doubles({0.625, 0.625, 0.3125, 0.3125, 0.625}), 1e-12));
  for (const test::Layout& layout : test::layouts(reshape(w, {2, 5})))
    CHECK(values(histogram(reshape(x, {2, 5}), edges, {.weight = layout.x}).counts) == Row{1.25, 2.5, 7});
  const Histogram whole = histogram(tensor({1, 2, 2, 5}), 2);  // integers
  CHECK(whole.counts.dtype() == float32);
  CHECK(values(whole.counts) == Row{3, 1});
  CHECK(values(histogram(tensor({2.0, 2.0}), 2).edges) == Row{1.5, 2, 2.5});
  CHECK(values(histogram(tensor({2.0, NAN, INFINITY, 0.5}), 2, {.range = {0, 2}}).counts) == Row{1, 1});
  CHECK(values(histogram(zeros({0}), 3).counts) == Row{0, 0, 0});
  CHECK(values(histogram(tensor(0.25), 2, {.range = {0, 1}}).counts) == Row{1, 0});
  // Counts are made in integers: ones past 2^24 are not lost in float32.
  CHECK(histogram(expand(tensor({0.5}), {(1 << 24) + 5}), 1, {.range = {0, 1}}).counts.dtype() == float32);
  CHECK(histogram(expand(tensor({0.5}), {(1 << 24) + 4}), 1, {.range = {0, 1}}).counts.item<double>() == (1 << 24) + 4);
}

TEST_CASE("histogramdd: as numpy.histogramdd") {
  const HistogramGrid g = histogramdd(pairs(), Shape{2, 3}, {.range = {0, 2, 0, 2}});
  CHECK(close(g.counts, tensor({{1, 1, 2}, {1, 0, 1}}, {.dtype = float64})));
  CHECK(g.edges.size() == 2);
  CHECK(values(g.edges[0]) == Row{0, 1, 2});
  const HistogramGrid own = histogramdd(pairs(), Shape{2, 2});
  CHECK(close(own.counts, tensor({{2, 4}, {0, 1}}, {.dtype = float64})));
  CHECK(close(own.edges[0], doubles({0.1, 1.55, 3})));
  const std::vector<Tensor> edges = {tensor({0.0, 1.0, 4.0}, {.dtype = float64}), tensor({0.0, 0.5, 1.0, 2.0}, {.dtype = float64})};
  const HistogramGrid d = histogramdd(pairs(), edges, {.weight = arange(1, 8).to(float64), .density = true});
  CHECK(close(d.counts, tensor({{0.2857142857142857, 0.0, 0.35714285714285715}, {0.07142857142857142, 0.0, 0.13095238095238096}}, {.dtype = float64})));
  for (const test::Layout& layout : test::layouts(pairs())) CHECK(test::same_bits(histogramdd(layout.x, Shape{3, 2}).counts, histogramdd(pairs(), Shape{3, 2}).counts));
  CHECK(test::same_bits(histogramdd(reshape(pairs(), {7, 1, 2}), Shape{3, 2}).counts, histogramdd(pairs(), Shape{3, 2}).counts));
  CHECK(values(histogramdd(zeros({0, 2}), Shape{1, 2}).counts) == Row{0, 0});
}

TEST_CASE("histc and bincount") {
  CHECK(values(histc(tensor({0.0, 1.0, 2.0, 1.0, 5.0, -1.0, NAN}), 4, 0, 3)) == Row{1, 2, 1, 0});
  CHECK(values(histc(tensor({1.0, 2.0, 1.0}), 4)) == Row{2, 0, 0, 1});
  CHECK(values(histc(tensor({2.0, 2.0}), 2)) == Row{0, 2});
  CHECK(histc(tensor({1.0, 2.0}, {.dtype = float16})).dtype() == float16);
  CHECK(histc(tensor({1, 2, 2}), 2).dtype() == int64);
  CHECK(values(histc(tensor({1, 2, 2}), 2)) == Row{1, 2});
  CHECK(histc(zeros({0})).shape() == Shape{100});
  CHECK(values(bincount(tensor({3, 0, 3}, {.dtype = uint64}))) == Row{1, 0, 0, 2});
}

TEST_CASE("histogram: weights have derivatives") {
  const Tensor x = sample({12}, float64, 0, 3), i = floor(x).to(int64), p = sample({12, 2}, float64, 0, 3, 5);
  const std::vector<Tensor> w = {leaf({12}, float64, 0.5, 2, 3)};
  const auto counts = [&](const Tensor& v) { return histogram(x, 3, {.weight = v}).counts; };
  const auto density = [&](const Tensor& v) { return histogram(x, 3, {.weight = v, .density = true}).counts; };
  const auto grid = [&](const Tensor& v) { return histogramdd(p, Shape{2, 3}, {.weight = v}).counts; };
  const auto bins = [&](const Tensor& v) { return bincount(i, v); };
  CHECK(gradcheck(counts, w)); CHECK(gradgradcheck(counts, w));
  CHECK(gradcheck(density, w)); CHECK(gradgradcheck(density, w));
  CHECK(gradcheck(grid, w)); CHECK(gradgradcheck(grid, w));
  CHECK(gradcheck(bins, w)); CHECK(gradgradcheck(bins, w));
  CHECK_FALSE(histogram(leaf({3}), 2).counts.requires_grad());
}

TEST_CASE("histogram: error texts") {
  const Tensor x = tensor({1.0, 2.0}), z = zeros({2}, {.dtype = complex64});
  CHECK_ERROR(histc(x, 0), "histc: needs at least one bin; got bins=0");
  CHECK_ERROR(histc(x, 3, 2, 1), "histc: the range must be finite, from low to high; got low=2, high=1");
  CHECK_ERROR(histc(tensor({1.0, INFINITY})), "histc: the range must be finite, from low to high; got low=1, high=inf, the least and largest of x");
  CHECK_ERROR(histc(z), "histc: complex numbers have no order; got dtype=complex64");
  CHECK_ERROR(histogram(z, 2), "histogram: complex numbers have no order; got dtype=complex64");
  CHECK_ERROR(histogram(x, -1), "histogram: needs at least one bin; got bins=-1");
  CHECK_ERROR(histogram(x, 2, {.range = {1}}), "histogram: the range must be two numbers, low and high; got 1 numbers");
  CHECK_ERROR(histogram(x, 2, {.range = {0, NAN}}), "histogram: the range must be finite, from low to high; got low=0, high=nan");
  CHECK_ERROR(histogram(x, 2, {.weight = ones({3})}), "histogram: needs one weight for each point; got weight=[3], expected [2]");
  CHECK_ERROR(histogram(x, tensor({1.0})), "histogram: edges must have one dimension and at least 2 elements; got edges=[1]");
  CHECK_ERROR(histogram(x, tensor({1.0, 3.0, 2.0})), "histogram: edges must be in ascending order");
  CHECK_ERROR(histogram(x, tensor({1.0, NAN})), "histogram: edges must be in ascending order");
  CHECK_ERROR(histogramdd(x, Shape{2}), "histogramdd: needs points as [..., coordinates]; got shape=[2]");
  CHECK_ERROR(histogramdd(pairs(), Shape{2}), "histogramdd: needs bins for each coordinate; got 1 for points of shape=[7, 2]");
  CHECK_ERROR(histogramdd(pairs(), Shape{2, 0}), "histogramdd: needs at least one bin; got bins=0");
  CHECK_ERROR(histogramdd(pairs(), Shape{2, 2}, {.range = {0, 1}}), "histogramdd: the range must have low and high for each coordinate; got 2 numbers for 2 coordinates");
  CHECK_ERROR(histogramdd(pairs(), std::vector<Tensor>{x, tensor({{1.0}})}), "histogramdd: edges must have one dimension and at least 2 elements; got edges=[1, 1]");
  CHECK_ERROR(bincount(tensor({INT64_MAX})), "bincount: the largest number says how many counts there are, and is too large; got max=9223372036854775807");
}
