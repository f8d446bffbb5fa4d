// gradient against numpy.gradient; its derivatives by values and coordinates; dtypes, layouts, error texts.
#include "harness.h"
#include "playhead/autograd/gradcheck.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;
using test::values;

namespace {

Tensor table() { return tensor({{1, 2, 4, 7, 11, 16}, {0, 1, 0, 2, 0, 3}, {5, 4, 4, 2, 2, 1}}, {.dtype = float64}); }
Tensor points() { return tensor({0.0, 1.0, 1.5, 3.5, 4.0, 6.0}, {.dtype = float64}); }

}  // namespace

TEST_CASE("gradient: as numpy.gradient") {
  for (const test::Layout& layout : test::layouts(table())) {
    CAPTURE(layout.name);
    const std::vector<Tensor> g = gradient(layout.x);
    CHECK(g.size() == 2);
    CHECK(close(g[1], tensor({{1, 1.5, 2.5, 3.5, 4.5, 5}, {1, 0, 0.5, 0, 0.5, 3}, {-1, -0.5, -1, -1, -0.5, -1}}, {.dtype = float64})));
    const std::vector<Tensor> h = gradient(layout.x, {.spacing = {0.5, 2.0}, .edge_order = 2});
    CHECK(close(h[0], tensor({{-8, -6, -16, -15, -35, -37}, {4, 2, 0, -5, -9, -15}, {16, 10, 16, 5, 17, 7}}, {.dtype = float64})));
    CHECK(close(h[1], tensor({{0.25, 0.75, 1.25, 1.75, 2.25, 2.75}, {1.0, 0.0, 0.25, 0.0, 0.25, 2.75}, {-0.75, -0.25, -0.5, -0.5, -0.25, -0.75}}, {.dtype = float64})));
    const std::vector<Tensor> c = gradient(layout.x, {.coordinates = {points()}, .dims = {1}});
    CHECK(c.size() == 1);
    CHECK(close(c[0], tensor({{1.0, 3.0, 3.5, 6.7, 6.9, 2.5}, {1.0, -1.0, -1.4, -3.0, -2.9, 1.5}, {-1.0, -1.0 / 3, -0.2, -0.2, -0.1, -0.5}}, {.dtype = float64}), 1e-12));
    const Tensor e = gradient(layout.x, {.coordinates = {points()}, .dims = {-1}, .edge_order = 2})[0];
    CHECK(close(select(e, 1, 0), tensor({-1.0, 3.0, -5.0 / 3}, {.dtype = float64}), 1e-12));
    CHECK(close(select(e, 1, 5), tensor({-1.9, 5.9, -0.9}, {.dtype = float64}), 1e-12));
  }
  CHECK(values(gradient(tensor({1, 2, 4, 7}))[0]) == std::vector<double>{1, 1.5, 2.5, 3});
  CHECK(gradient(tensor({1, 2, 4, 7}))[0].dtype() == float32);
  CHECK(gradient(tensor({1.0, 2.0}, {.dtype = float16}))[0].dtype() == float16);
  CHECK(values(gradient(tensor({1.0, 3.0}))[0]) == std::vector<double>{2, 2});
  CHECK(test::same_bits(gradient(table(), {.spacing = {2}, .dims = {1, 0}})[1], gradient(table(), {.spacing = {2}})[0]));
  CHECK(gradient(zeros({3, 0}), {.dims = {0}})[0].shape() == Shape{3, 0});
  // Of a complex function: of its parts.
  const Tensor z = complex(table(), -table());
  CHECK(close(imag(gradient(z)[0]), -gradient(table())[0]));
  CHECK(std::isnan(values(gradient(tensor({1.0, NAN, 2.0, 3.0, 4.0}))[0])[2]));
  CHECK_FALSE(std::isnan(values(gradient(tensor({1.0, NAN, 2.0, 3.0, 4.0}))[0])[3]));
}

TEST_CASE("gradient: derivatives by the values and by the coordinates") {
  const auto plain = [](const Tensor& x) { return gradient(x, {.spacing = {0.3}}); };
  const auto second = [](const Tensor& x) { return gradient(x, {.edge_order = 2}); };
  const auto uneven = [](const Tensor& x, const Tensor& c) { return gradient(x, {.coordinates = {cumsum(c, 0)}, .dims = {1}, .edge_order = 2}); };
  const auto uneven_first = [](const Tensor& x, const Tensor& c) { return gradient(x, {.coordinates = {cumsum(c, 0)}, .dims = {0}}); };
  const std::vector<Tensor> x = {leaf({4, 3})}, with_rows = {leaf({3, 4}), leaf({4}, float64, 0.5, 2, 4)}, with_columns = {leaf({4, 2}), leaf({4}, float64, 0.5, 2, 4)};
  CHECK(gradcheck(plain, x)); CHECK(gradgradcheck(plain, x));
  CHECK(gradcheck(second, x)); CHECK(gradgradcheck(second, x));
  CHECK(gradcheck(uneven, with_rows)); CHECK(gradgradcheck(uneven, with_rows));
  CHECK(gradcheck(uneven_first, with_columns)); CHECK(gradgradcheck(uneven_first, with_columns));
}

TEST_CASE("trapezoid of one point is 0, with a gradient of 0") {
  const Tensor y = leaf({1, 3});
  const Tensor a = trapezoid(y, 1.0, 0);
  CHECK(values(a) == std::vector<double>{0, 0, 0});
  CHECK(test::same_bits(grad(a.sum(), y), zeros({1, 3}, {.dtype = float64})));
  CHECK(cumulative_trapezoid(y, 1.0, 0).shape() == Shape{0, 3});
}

TEST_CASE("gradient: error texts") {
  const Tensor x = zeros({3, 2});
  CHECK(diff(ones({2, 3}), std::int64_t{1} << 40).shape() == Shape{2, 0});  // ends
  CHECK_ERROR(gradient(tensor(1.0)), "gradient: needs at least one dimension; got shape=[]");
  CHECK_ERROR(gradient(x, {.edge_order = 3}), "gradient: edge_order must be 1 or 2; got edge_order=3");
  CHECK_ERROR(gradient(x, {.edge_order = 2}), "gradient: needs more than edge_order points; got shape=[3, 2], dim=1, edge_order=2");
  CHECK_ERROR(gradient(zeros({1})), "gradient: needs more than edge_order points; got shape=[1], dim=0, edge_order=1");
  CHECK_ERROR(gradient(x, {.dims = {2}}), "gradient: dimension out of range; got dim=2 for 2 dimensions");
  CHECK_ERROR(gradient(x, {.dims = {0, -2}}), "gradient: a dimension is repeated; got dims=[0, 0]");
  CHECK_ERROR(gradient(x, {.spacing = {1, 2, 3}}), "gradient: needs one spacing, or one for each dim; got 3 for dims=[0, 1]");
  CHECK_ERROR(gradient(x, {.coordinates = {arange(3)}}), "gradient: needs coordinates for each dim; got 1 for dims=[0, 1]");
  CHECK_ERROR(gradient(x, {.coordinates = {arange(2)}, .dims = {0}}), "gradient: needs one coordinate for each point; got coordinates=[2] for dim 0 of size 3");
  CHECK_ERROR(gradient(x, {.spacing = {1}, .coordinates = {arange(3)}}), "gradient: takes spacing or coordinates; got both");
}
