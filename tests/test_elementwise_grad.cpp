// The elementwise rows' derivatives, generated from the table: against differences, of first and second order, fused and
// differentiable, over layouts, dtypes and broadcast shapes; kinks and special points; in place.
#include "row_ops.h"

using namespace ph;
using namespace test;

namespace {
Tensors leaves_of(const RowOp& op, const std::vector<Shape>& shapes, DType dtype = float64) {
  Tensors x;
  for (int i = 0; i < op.arity(); ++i) {
    x.push_back(operand(op, i, shapes[static_cast<std::size_t>(i) % shapes.size()], dtype));
    if (is_differentiable(x.back().dtype()) && op.differentiable_by(i)) x.back().requires_grad_();
  }
  return x;
}
// Steps from one number to the next: differences see either 0 or a jump.
bool smooth(const RowOp& op) { return op.row != Row::nextafter; }
}  // namespace

TEST_CASE("elementwise: first and second derivatives of every row") {
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable() || !smooth(op)) continue;
    CAPTURE(std::string(op.name()));
    const Tensors x = leaves_of(op, {{3, 4}});
    CHECK(gradcheck(op.apply, x));
    CHECK(gradgradcheck(op.apply, x));
  }
}

TEST_CASE("elementwise: derivatives over layouts") {
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable() || !smooth(op)) continue;
    CAPTURE(std::string(op.name()));
    const Tensors x = leaves_of(op, {{3, 4}});
    const Tensor g = sample({3, 4}, float64, -1, 1, 99);
    const auto gradients = [&](const Tensors& in, const Tensor& cotangent) {
      Tensors at, out;
      for (const Tensor& t : in) at.push_back(x[at.size()].requires_grad() ? t.detach().requires_grad_() : t);
      op.apply(at).backward(cotangent);
      for (const Tensor& t : at)
        if (t.requires_grad()) out.push_back(t.grad());
      return out;
    };
    const Tensors want = gradients(x, g);
    const auto kinds = layouts(x.back().detach());
    for (std::size_t l = 0; l < kinds.size(); ++l) {
      Tensors in;
      for (const Tensor& t : x) in.push_back(layouts(t.detach())[l].x);
      const Tensors got = gradients(in, layouts(g)[l].x);
      for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], want[i]));
    }
    // A cotangent of one repeated number.
    const Tensors a = gradients(x, ones({}, {.dtype = float64}).expand({3, 4})), b = gradients(x, ones({3, 4}, {.dtype = float64}));
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(same_bits(a[i], b[i]));
  }
}

TEST_CASE("elementwise: the fused derivative is the differentiable one, at special points too") {
  const std::vector<double> special = {0.0, -0.0, 1, -1, 0.5, -0.5, 3, -3, 6, 1e-30, 1e30, inf, -inf, ph::nan};
  const auto n = static_cast<std::int64_t>(special.size());
  const Tensor line = from_data(special, {n}, {.dtype = float64});
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable()) continue;
    CAPTURE(std::string(op.name()));
    Tensors x;
    if (op.arity() == 1) x = {line};
    else x = {line.reshape({n, 1, 1}), line.reshape({1, n, 1}), line};
    x.resize(static_cast<std::size_t>(op.arity()));
    if (op.info().select) x[0] = greater(x[0], 0.0);
    Shape shape{n};
    if (op.arity() > 1) shape = op.arity() == 2 ? Shape{n, n, 1} : Shape{n, n, n};
    for (int i = 0; i < op.arity(); ++i) {
      Tensor& t = x[static_cast<std::size_t>(i)];
      t = t.expand(shape).clone();
      if (!is_bool(t.dtype()) && op.differentiable_by(i)) t.requires_grad_();
    }
    Tensors at;
    for (const Tensor& t : x)
      if (t.requires_grad()) at.push_back(t);
    const Tensor g = sample(shape, float64, 0.5, 2, 5);
    const Tensor y = op.apply(x);
    const Tensors fused = grad({y}, at, {.gradients = {g}, .retain_graph = true});
    const Tensors composed = grad({y}, at, {.gradients = {g}, .create_graph = true});
    for (std::size_t i = 0; i < at.size(); ++i) {
      const std::vector<double> p = values(fused[i]), q = values(composed[i]);
      for (std::size_t k = 0; k < p.size(); ++k) {
        CAPTURE(i);
        CAPTURE(k);
        CHECK((p[k] == q[k] || (std::isnan(p[k]) && std::isnan(q[k])) || std::fabs(p[k] - q[k]) <= 1e-11 * std::fabs(q[k])));
      }
    }
  }
}

TEST_CASE("elementwise: float32 gradients agree with float64") {
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable()) continue;
    CAPTURE(std::string(op.name()));
    const Tensors wide = leaves_of(op, {{40}});
    Tensors narrow;
    for (const Tensor& t : wide) narrow.push_back(is_bool(t.dtype()) ? t : t.detach().to(float32).requires_grad_(t.requires_grad()));
    const Tensor g = sample({40}, float64, 0.5, 2, 7);
    op.apply(wide).backward(g);
    op.apply(narrow).backward(g.to(float32));
    for (std::size_t i = 0; i < wide.size(); ++i) {
      if (!wide[i].requires_grad()) continue;
      CHECK(narrow[i].grad().dtype() == float32);
      CHECK(close(narrow[i].grad(), wide[i].grad(), 1e-4, 1e-5));
    }
  }
}

TEST_CASE("elementwise: a gradient has its input's dtype") {
  const Tensor a = leaf({3, 4}, float32), b = leaf({4}, float64, 1, 2, 3), h = leaf({3, 4}, float16, -1, 1, 5);
  const Tensor z = complex(sample({4}), sample({4}, float64, -1, 1, 2)).requires_grad_();
  (a * b * h * z).backward(complex(ones({3, 4}, {.dtype = float64}), zeros({3, 4}, {.dtype = float64})));
  CHECK(a.grad().dtype() == float32);
  CHECK(b.grad().dtype() == float64);
  CHECK(h.grad().dtype() == float16);
  CHECK(z.grad().dtype() == complex128);
  CHECK(b.grad().shape() == Shape{4});
}

// Hard case 3.
TEST_CASE("elementwise: gradients of all pairs of broadcast shapes") {
  const std::vector<Shape> shapes = {{}, {1}, {5}, {1, 5}, {4, 1}, {4, 5}, {3, 1, 5}, {0, 5}, {1, 0}};
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable() || op.arity() < 2 || !smooth(op)) continue;
    CAPTURE(std::string(op.name()));
    for (const Shape& s : shapes)
      for (const Shape& t : shapes) {
        CAPTURE(to_string(s));
        CAPTURE(to_string(t));
        try {
          broadcast_shapes("test", s, t);
        } catch (const Error&) {
          CHECK_THROWS_AS(op.apply(leaves_of(op, {s, t})), Error);
          continue;
        }
        const Tensors x = leaves_of(op, {s, t});
        const Tensor y = op.apply(x);
        y.backward(ones(y.shape(), {.dtype = float64}));
        for (const Tensor& v : x)
          if (v.requires_grad()) CHECK(v.grad().shape() == v.shape());
        CHECK(gradcheck(op.apply, x));
      }
  }
}

// Hard case 9, and the derivatives that masks silence.
TEST_CASE("elementwise: kinks") {
  const auto slope = [](const auto& f, std::vector<double> at) {
    const Tensor x = from_data(at, {static_cast<std::int64_t>(at.size())}, {.dtype = float64}).requires_grad_();
    f(x).backward(ones(x.shape(), {.dtype = float64}));
    return x.grad().template to_vector<double>();
  };
  using V = std::vector<double>;
  CHECK(slope([](const Tensor& x) { return abs(x); }, {-1, 0, 1}) == V{-1, 0, 1});
  CHECK(slope([](const Tensor& x) { return relu(x); }, {-1, 0, 1}) == V{0, 0, 1});
  CHECK(slope([](const Tensor& x) { return clamp(x, -1, 1); }, {-2, -1, 0, 1, 2}) == V{0, 1, 1, 1, 0});
  CHECK(slope([](const Tensor& x) { return hypot(x, x * 0); }, {0, 2}) == V{0, 1});
  CHECK(slope([](const Tensor& x) { return atan2(x, x); }, {0}) == V{0});
  CHECK(slope([](const Tensor& x) { return pow(x, 0); }, {0, 2}) == V{0, 0});
  CHECK(slope([](const Tensor& x) { return pow(x, 1); }, {0, 2}) == V{1, 1});
  CHECK(slope([](const Tensor& x) { return pow(x, 2); }, {0, 3}) == V{0, 6});
  CHECK(slope([](const Tensor& x) { return pow(0, x); }, {1, 2}) == V{0, 0});
  CHECK(slope([](const Tensor& x) { return xlogy(x, 0.0); }, {0}) == V{0});
  CHECK(slope([](const Tensor& x) { return logaddexp(x, full({}, -inf, {.dtype = float64})); }, {-inf, 0}) == V{0.5, 1});
  CHECK(slope([](const Tensor& x) { return sinc(x); }, {0}) == V{0});
  CHECK(slope([](const Tensor& x) { return where(x > 0, sqrt(where(x > 0, x, 1)), 0); }, {0, 4}) == V{0, 0.25});
  const Tensor a = from_data(V{1, 2, 3}, {3}).requires_grad_(), b = from_data(V{1, 3, 2}, {3}).requires_grad_();
  maximum(a, b).backward(ones({3}, {.dtype = a.dtype()}));
  CHECK(values(a.grad()) == V{0.5, 0, 1});
  CHECK(values(b.grad()) == V{0.5, 1, 0});
  // An infinite gradient does not pass a mask.
  const Tensor x = from_data(V{-1, 1}, {2}).requires_grad_();
  relu(x).backward(full({2}, inf, {.dtype = x.dtype()}));
  CHECK(values(x.grad()) == V{0, inf});
}

TEST_CASE("elementwise: higher orders at points where a text chooses a branch") {
  const auto nth = [](const auto& f, double at, int n) {
    Tensor x = full({}, at, {.dtype = float64}).requires_grad_();
    Tensor y = f(x);
    for (int i = 0; i < n; ++i) y = grad(y, x, {.create_graph = true});
    return y.item<double>();
  };
  CHECK(nth([](const Tensor& x) { return sinc(x); }, 0, 2) == doctest::Approx(-pi * pi / 3));
  CHECK(nth([](const Tensor& x) { return sinc(x); }, 0, 4) == doctest::Approx(pi * pi * pi * pi / 5));
  CHECK(nth([](const Tensor& x) { return pow(x, 3); }, 0, 3) == doctest::Approx(6));
  CHECK(nth([](const Tensor& x) { return logaddexp(x, full({}, 1.0, {.dtype = float64})); }, 1, 2) == doctest::Approx(0.25));
  CHECK(nth([](const Tensor& x) { return exp(mul(x, x)); }, 0, 4) == doctest::Approx(12));
  CHECK(nth([](const Tensor& x) { return tanh(x); }, 0.3, 3) == doctest::Approx(2 * std::pow(std::cosh(0.3), -4) * (2 * std::sinh(0.3) * std::sinh(0.3) - 1)));
  const Tensor a = full({}, 2.0, {.dtype = float64}).requires_grad_(), b = zeros({}, {.dtype = float64}).requires_grad_();
  const Tensor by_a = grad(pow(a, b), a, {.create_graph = true});
  CHECK(grad(by_a, b).item<double>() == doctest::Approx(0.5));  // d/db of b a^(b-1) at b = 0
}

TEST_CASE("elementwise: complex derivatives of the rows that take complex numbers") {
  for (const RowOp& op : row_ops()) {
    if (!op.complex() || !op.differentiable() || op.info().select) continue;
    CAPTURE(std::string(op.name()));
    Tensors x;
    for (int i = 0; i < op.arity(); ++i)
      x.push_back(complex(sample({5}, float64, 0.3, 0.8, static_cast<std::uint64_t>(i + 2)), sample({5}, float64, 0.2, 0.7, static_cast<std::uint64_t>(i + 7))).requires_grad_());
    CHECK(gradcheck(op.apply, x));
    CHECK(gradgradcheck(op.apply, x));
  }
}

TEST_CASE("elementwise: recorded in place") {
  for (const RowOp& op : row_ops()) {
    if (!op.differentiable() || !op.inplace || !smooth(op)) continue;
    CAPTURE(std::string(op.name()));
    const auto changed = [&](const Tensors& in) {
      Tensor t = in[0] + 0.0;
      Tensors x = in;
      x[0] = t;
      op.inplace(t, x);
      return t * t;
    };
    CHECK(gradcheck(changed, leaves_of(op, {{3, 4}})));
    CHECK(gradgradcheck(changed, leaves_of(op, {{3, 4}})));
  }
  const Tensor x = leaf({4});
  CHECK(gradcheck([](const Tensor& x) {
    Tensor y = x * 1.0;
    y.mul_(y);
    y[0].add_(y[3]);
    y.narrow(0, 1, 2).exp_();
    return y;
  }, {x}));
}

TEST_CASE("elementwise: nothing that is not needed is kept for backward") {
  // x * mask keeps only the mask, so that a later change of x is allowed.
  const Tensor x = leaf({4}), mask = (sample({4}) > 0).to(float64);
  Tensor y = x * 1.0;
  const Tensor z = y * mask;
  y.add_(1);
  z.backward(ones({4}, {.dtype = float64}));
  CHECK(same_bits(x.grad(), mask));
  Tensor v = leaf({4}) * 1.0;
  const Tensor w = v * v;
  v.add_(1);
  CHECK_ERROR(w.backward(ones({4}, {.dtype = float64})),
              "mul: saved tensor was changed in place after it was recorded; got shape=[4], version 1, saved at 0. Clone it before the change");
}
