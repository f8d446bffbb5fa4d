// gather, scatter and their kin against loops over random samples; derivatives, in-place forms, NaN.
#include <functional>

#include "index_samples.h"

using namespace ph;
using test::Ints, test::Random, test::coordinates_of, test::shuffled;

namespace {

double reduced(double a, double b, Reduce r) {
  switch (r) {
    case Reduce::prod: return a * b;
    case Reduce::amax: return std::max(a, b);
    case Reduce::amin: return std::min(a, b);
    default: return a + b;
  }
}

struct ScatterSample {
  Tensor x, index, src;
  int dim;
};

ScatterSample scatter_sample(Random& random, DType dtype) {
  Shape xs, is, ss;
  const int n = static_cast<int>(random(1, 3)), dim = static_cast<int>(random(0, n - 1));
  for (int d = 0; d < n; ++d) {
    xs.push_back(random(1, 5));
    is.push_back(d == dim ? random(0, 6) : random(1, xs[d]));
    ss.push_back(is[d] + random(0, 1));
  }
  Ints at;
  for (std::int64_t i = 0; i < numel(is); ++i) at.push_back(random(-xs[dim], xs[dim] - 1));
  const auto draw = [&](const Shape& s) { return mul(randoms(s, static_cast<std::uint64_t>(random(1, 1 << 20))), 4.0).to(dtype); };
  return {shuffled(random, draw(xs)), shuffled(random, from_data(at, is)), shuffled(random, draw(ss)), dim};
}

// f(offset in x, offset in index, offset in src) for each entry of the index, in order.
template <class F>
void each_target(const ScatterSample& s, F f) {
  const auto at = s.index.to_vector<std::int64_t>();
  for (std::int64_t i = 0; i < s.index.numel(); ++i) {
    const Ints c = coordinates_of(i, s.index.shape());
    std::int64_t xo = 0, so = 0;
    for (int d = 0; d < s.x.ndim(); ++d) {
      const std::int64_t j = at[static_cast<std::size_t>(i)];
      xo = xo * s.x.shape()[d] + (d == s.dim ? (j < 0 ? j + s.x.shape()[d] : j) : c[static_cast<std::size_t>(d)]);
      so = so * s.src.shape()[d] + c[static_cast<std::size_t>(d)];
    }
    f(static_cast<std::size_t>(xo), static_cast<std::size_t>(i), static_cast<std::size_t>(so));
  }
}

}  // namespace

TEST_CASE("index: gather and scatter agree with loops") {
  Random random{99};
  for (int round = 0; round < 600; ++round) {
    const DType dtype = std::vector<DType>{float64, float32, int32, uint8, int64, complex128, float16}[static_cast<std::size_t>(round % 7)];
    const ScatterSample s = scatter_sample(random, dtype);
    CAPTURE(round);
    const std::size_t width = is_complex(dtype) ? 2 : 1;
    const auto x = parts(s.x), src = parts(s.src);
    std::vector<double> gathered(static_cast<std::size_t>(s.index.numel()) * width), assigned = x, added = x;
    each_target(s, [&](std::size_t xo, std::size_t i, std::size_t so) {
      for (std::size_t k = 0; k < width; ++k) {
        gathered[width * i + k] = x[width * xo + k];
        assigned[width * xo + k] = src[width * so + k];
        added[width * xo + k] += src[width * so + k];
      }
    });
    CHECK(parts(gather(s.x, s.dim, s.index)) == gathered);
    CHECK(parts(scatter(s.x, s.dim, s.index, s.src)) == assigned);
    Tensor y = s.x.clone();
    scatter_(y, s.dim, s.index.to(int32), s.src);
    CHECK(parts(y) == assigned);
    const Tensor sum = scatter_add(s.x, s.dim, s.index, s.src);
    const auto got = parts(sum), expected = dtype == uint8 ? parts(from_data(added, {static_cast<std::int64_t>(added.size())}).to(int64).to(uint8)) : added;
    const double tolerance = dtype == float16 ? 2e-2 : dtype == float32 ? 1e-5 : 1e-12;
    bool close = true;
    for (std::size_t i = 0; i < got.size(); ++i) close &= std::fabs(got[i] - expected[i]) <= tolerance;
    CHECK(close);
    if (is_complex(dtype) || dtype == uint8) continue;
    for (const Reduce r : {Reduce::sum, Reduce::prod, Reduce::mean, Reduce::amax, Reduce::amin})
      for (const bool self : {true, false}) {
        std::vector<double> want = x, count(x.size(), 1);
        std::vector<bool> hit(x.size(), false);
        each_target(s, [&](std::size_t xo, std::size_t, std::size_t so) {
          const bool first = !hit[xo] && !self;
          want[xo] = first ? src[so] : reduced(want[xo], src[so], r);
          count[xo] += first ? 0 : 1;
          hit[xo] = true;
        });
        if (r == Reduce::mean)
          for (std::size_t i = 0; i < want.size(); ++i) want[i] = is_integer(dtype) ? std::floor(want[i] / count[i]) : want[i] / count[i];
        const auto have = parts(scatter_reduce(s.x, s.dim, s.index, s.src, r, self));
        close = true;
        for (std::size_t i = 0; i < have.size(); ++i) close &= std::fabs(have[i] - want[i]) <= tolerance * (1 + std::fabs(want[i])) * 8;
        CAPTURE(static_cast<int>(r));
        CHECK(close);
      }
  }
}

TEST_CASE("index: derivatives of gather and scatter, repeated targets and zeros included") {
  const Tensor x = randoms({3, 4}), index = tensor({{0, 2, 2, -1}, {1, 2, 0, 3}, {3, 3, 3, 3}});
  Tensor src = randoms({3, 4}, 2), zeroed = src.clone(), x_zeroed = x.clone();
  zeroed.index_put_({0, 1}, 0.0), zeroed.index_put_({0, 2}, 0.0), zeroed.index_put_({2, 1}, 0.0);
  x_zeroed.index_put_({1, 2}, 0.0);
  const Tensor column = tensor({{0, 1, 2, 1}, {2, 2, 1, 1}});
  const auto check = [](const TensorFunction& f, const Tensors& in) { CHECK(wrong_derivative(f, in) == ""); };
  check([&](const Tensors& in) { return gather(in[0], 1, index); }, {x});
  check([&](const Tensors& in) { return gather(in[0], 0, column); }, {x});
  check([&](const Tensors& in) { return take_along_dim(in[0], tensor({{1}, {0}, {3}}), 1); }, {x});
  check([&](const Tensors& in) { return scatter(in[0], 1, index, in[1]); }, {x, src});
  check([&](const Tensors& in) { return scatter(in[0], 0, column, in[1]); }, {x, src});
  check([&](const Tensors& in) { return scatter_add(in[0], 1, index, in[1]); }, {x, src});
  for (const Reduce r : {Reduce::sum, Reduce::prod, Reduce::mean, Reduce::amax, Reduce::amin})
    for (const bool self : {true, false}) {
      CAPTURE(static_cast<int>(r));
      CAPTURE(self);
      check([&](const Tensors& in) { return scatter_reduce(in[0], 1, index, in[1], r, self); }, {x, src});
      if (r == Reduce::prod) check([&](const Tensors& in) { return scatter_reduce(in[0], 1, index, in[1], r, self); }, {x_zeroed, zeroed});
    }
  check([&](const Tensors& in) { return index_add(in[0], 0, tensor({2, 0, 2}), in[1], -3.0); }, {x, src});
  check([&](const Tensors& in) { return index_copy(in[0], 0, tensor({2, 0, 2}), in[1]); }, {x, src});
  check([&](const Tensors& in) { return index_fill(in[0], 1, tensor({1, 1, 3}), in[1].select(0, 0).select(0, 0)); }, {x, src});
  check([&](const Tensors& in) { return put(in[0], tensor({3, 1, 3, -1}), in[1].select(0, 0)); }, {x, src});
  check([&](const Tensors& in) { return put(in[0], tensor({3, 1, 3, -1}), in[1].select(0, 0), true); }, {x, src});
  check([&](const Tensors& in) { return index_put(in[0], {tensor({0, 2, 0}), tensor({1, 1, 1})}, in[1].select(0, 1).slice(0, {0, 3})); }, {x, src});
  check([&](const Tensors& in) { return index_put(in[0], {Slice(), tensor({1, 1, 0})}, in[1].slice(1, {0, 3}), true); }, {x, src});
  const Tensor mask = tensor({{true, false, true, true}, {false, false, true, false}, {true, true, false, false}});
  check([&](const Tensors& in) { return masked_select(in[0], mask); }, {x});
  check([&](const Tensors& in) { return masked_select(in[0], mask.select(0, 0)); }, {x});
  check([&](const Tensors& in) { return masked_scatter(in[0], mask, in[1]); }, {x, src});
  check([&](const Tensors& in) { return masked_fill(in[0], mask, in[1].select(0, 0).select(0, 0)); }, {x, src});
  check([&](const Tensors& in) { return select_scatter(in[0], in[1].select(0, 0), 0, 1); }, {x, src});
  check([&](const Tensors& in) { return slice_scatter(in[0], in[1].slice(1, {0, 2}), 1, {None, None, 2}); }, {x, src});
  check([&](const Tensors& in) { return diagonal_scatter(in[0], in[1].select(1, 0)); }, {x, src});
}

TEST_CASE("index: in-place forms are the others, values and gradients") {
  const Tensor index = tensor({{0, 2, 2, -1}, {1, 2, 0, 3}, {3, 3, 3, 3}}), rows = tensor({2, 0, 2}), mask = randoms({3, 4}, 8) > 0.0;
  struct Pair {
    std::function<Tensor(const Tensor&, const Tensor&)> out;
    std::function<void(Tensor&, const Tensor&)> in;
  };
  const std::vector<Pair> pairs = {
      {[&](const Tensor& x, const Tensor& v) { return scatter(x, 1, index, v); }, [&](Tensor& x, const Tensor& v) { scatter_(x, 1, index, v); }},
      {[&](const Tensor& x, const Tensor& v) { return add(scatter(x, 1, index, 2.0), v); }, [&](Tensor& x, const Tensor& v) { scatter_(x, 1, index, 2.0); x.add_(v); }},
      {[&](const Tensor& x, const Tensor& v) { return scatter_add(x, 1, index, v); }, [&](Tensor& x, const Tensor& v) { scatter_add_(x, 1, index, v); }},
      {[&](const Tensor& x, const Tensor& v) { return scatter_reduce(x, 1, index, v, Reduce::prod); },
       [&](Tensor& x, const Tensor& v) { scatter_reduce_(x, 1, index, v, Reduce::prod); }},
      {[&](const Tensor& x, const Tensor& v) { return index_add(x, 0, rows, v, 2.0); }, [&](Tensor& x, const Tensor& v) { index_add_(x, 0, rows, v, 2.0); }},
      {[&](const Tensor& x, const Tensor& v) { return index_copy(x, 0, rows, v); }, [&](Tensor& x, const Tensor& v) { index_copy_(x, 0, rows, v); }},
      {[&](const Tensor& x, const Tensor& v) { return index_fill(x, 0, rows, v[0][0]); }, [&](Tensor& x, const Tensor& v) { index_fill_(x, 0, rows, v[0][0]); }},
      {[&](const Tensor& x, const Tensor& v) { return put(x, index, v); }, [&](Tensor& x, const Tensor& v) { put_(x, index, v); }},
      {[&](const Tensor& x, const Tensor& v) { return masked_fill(x, mask, v[1][1]); }, [&](Tensor& x, const Tensor& v) { masked_fill_(x, mask, v[1][1]); }},
      {[&](const Tensor& x, const Tensor& v) { return masked_scatter(x, mask, v); }, [&](Tensor& x, const Tensor& v) { masked_scatter_(x, mask, v); }},
  };
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (const bool view : {false, true}) {
      CAPTURE(i);
      CAPTURE(view);
      Tensor a = randoms({3, 4}).requires_grad_(), v = randoms({3, 4}, 3).requires_grad_();
      const Tensor w = randoms({3, 4}, 4);
      const Tensor y = mul(pairs[i].out(mul(a, a), v), 3.0);
      // As a view, x is some columns of a wider tensor, the rest of which must stay.
      Tensor wide = view ? cat({mul(a, a), ones({3, 1}, {.dtype = float64})}, 1) : mul(a, a);
      Tensor x = view ? wide.narrow(1, 0, 4) : wide;
      pairs[i].in(x, v);
      const Tensor z = mul(view ? wide.narrow(1, 0, 4) : wide, 3.0);
      CHECK(test::same_bits(y.detach(), z.detach()));
      if (view) CHECK(test::same_bits(wide.detach().select(1, 4), ones({3}, {.dtype = float64})));
      const Tensors g = grad({y}, {a, v}, {.gradients = {w}}), h = grad({z}, {a, v}, {.gradients = {w}});
      for (std::size_t k = 0; k < 2; ++k) {
        const auto p = g[k].to_vector<double>(), q = h[k].to_vector<double>();
        for (std::size_t e = 0; e < p.size(); ++e) CHECK(p[e] == doctest::Approx(q[e]));
      }
    }
}

TEST_CASE("index: NaN wins amax and amin wherever it stands") {
  for (std::int64_t at = 0; at < 5; ++at)
    for (const Reduce r : {Reduce::amax, Reduce::amin}) {
      Tensor src = ones({5});
      src.index_put_({at}, NAN);
      CHECK(std::isnan(scatter_reduce(zeros({1}), 0, zeros({5}, {.dtype = int64}), src, r).item<double>()));
      CHECK(std::isnan(scatter_reduce(full({1}, NAN), 0, zeros({5}, {.dtype = int64}), ones({5}), r).item<double>()));
    }
}
