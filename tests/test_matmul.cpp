// Matrix products: values against a sum of elementwise products, derivatives, layouts, dtypes, empties, errors, threads, both back ends.
#include <thread>

#include "harness.h"
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/kernels.h"

using namespace ph;
using test::close;
using test::layouts;
using test::leaf;
using test::same_bits;
using test::sample;

namespace {

/// a @ b by broadcasting and summing, which shares nothing with the kernels under test.
Tensor plain_matmul(const Tensor& a, const Tensor& b) {
  if (a.ndim() == 1 && b.ndim() == 1) return sum(a * b);
  if (b.ndim() == 1) return sum(a * b, {-1});
  if (a.ndim() == 1) return sum(a.unsqueeze(-1) * b, {-2});
  return sum(a.unsqueeze(-1) * b.unsqueeze(-3), {-2});
}

struct Pair {
  Shape a, b;
};
const std::vector<Pair> small_pairs = {{{5}, {5}},       {{5}, {5, 3}},       {{4, 5}, {5}},       {{4, 5}, {5, 3}},          {{2, 4, 5}, {5}},
                                       {{2, 4, 5}, {5, 3}}, {{5}, {2, 5, 3}},    {{4, 5}, {2, 5, 3}}, {{2, 1, 4, 5}, {3, 5, 6}}, {{1, 4, 5}, {7, 5, 2}},
                                       {{0, 5}, {5, 3}}, {{4, 0}, {0, 3}},    {{2, 0, 5}, {5, 3}}, {{3, 4, 5}, {3, 5, 0}},    {{0}, {0}},
                                       {{0}, {0, 2}},    {{1, 1}, {1, 1}},    {{1, 7}, {7, 1}},    {{3, 1}, {1, 4}},          {{0, 2, 3}, {3, 2}}};

/// Restores what a test changes process-wide.
struct Restore {
  int threads = num_threads();
  cpu::Products who = cpu::products();
  ~Restore() {
    set_num_threads(threads);
    cpu::set_products(who);
  }
};

std::vector<cpu::Products> back_ends() {
  std::vector<cpu::Products> all{cpu::Products::builtin};
  if (cpu::has_blas()) all.push_back(cpu::Products::blas);
  return all;
}

View over(const Tensor& x) { return view_of(x); }

}  // namespace

TEST_CASE("matmul: every kind of operands") {
  for (const Pair& p : small_pairs) {
    CAPTURE(to_string(p.a));
    CAPTURE(to_string(p.b));
    const Tensor a = sample(p.a), b = sample(p.b, float64, -2, 2, 2);
    CHECK(close(matmul(a, b), plain_matmul(a, b)));
    CHECK(close(matmul(a.to(float32), b.to(float32)), plain_matmul(a, b), 1e-5, 1e-5));
    CHECK(gradcheck([](const Tensor& x, const Tensor& y) { return matmul(x, y); }, {leaf(p.a), leaf(p.b, float64, -2, 2, 2)}));
    CHECK(gradgradcheck([](const Tensor& x, const Tensor& y) { return matmul(x, y); }, {leaf(p.a), leaf(p.b, float64, -2, 2, 2)}));
  }
}

TEST_CASE("matmul: layouts of both operands") {
  const Tensor a = sample({2, 4, 6}), b = sample({2, 6, 3}, float64, -2, 2, 2), y = plain_matmul(a, b);
  for (const auto& p : layouts(a))
    for (const auto& q : layouts(b)) {
      CAPTURE(p.name);
      CAPTURE(q.name);
      CHECK(close(matmul(p.x, q.x), y));
    }
  const Tensor w = sample({6}).expand({4, 6}), v = sample({6, 1}, float64, -2, 2, 3).expand({6, 5});
  CHECK(close(matmul(w, v), plain_matmul(w, v)));
  CHECK(close(matmul(w, w.mT()), plain_matmul(w, w.mT())));
  Tensor x = leaf({4, 6}), z = leaf({6, 3}, float64, -2, 2, 2);
  const Tensor g = sample({3, 4}, float64, -1, 1, 4).mT();  // an incoming gradient that is not row-major
  const auto d = grad({matmul(x, z)}, {x, z}, {.gradients = {g}});
  CHECK(close(d[0], plain_matmul(g, z.detach().mT())));
  CHECK(close(d[1], plain_matmul(x.detach().mT(), g)));
}

TEST_CASE("matmul: sizes that take each way through the kernels, on both back ends") {
  const Restore restore;
  const Pair pairs[] = {{{3, 7}, {7, 5}},       {{17, 19}, {19, 23}},    {{33, 65}, {65, 47}},     {{130, 140}, {140, 150}}, {{200, 513}, {513, 33}},
                        {{1, 1500}, {1500, 70}}, {{70, 1500}, {1500}},     {{150, 40}, {40, 1}},    {{3, 20000}, {20000, 5}}, {{140, 300}, {300, 300}},
                        {{9, 300}, {300, 300}},  {{300, 300}, {300, 9}}, {{300, 1}, {1, 300}},    {{1, 300000}, {300000, 1}}, {{530, 520}, {520, 515}}};
  for (const Pair& p : pairs) {
    CAPTURE(to_string(p.a));
    CAPTURE(to_string(p.b));
    // Small integers: every sum is exact, whatever the order of its terms.
    const Tensor a = round(sample(p.a, float64, -4, 4)), b = round(sample(p.b, float64, -4, 4, 2));
    Tensor y = zeros({numel(p.a) / p.a.back(), p.b.size() == 1 ? 1 : p.b[1]}, {.dtype = float64});
    {
      const auto m = a.accessor<double, 2>();
      const Tensor bm = p.b.size() == 1 ? b.unsqueeze(1) : b;
      const double* q = bm.data<double>();
      const std::int64_t n = bm.shape()[1];
      double* out = y.data<double>();
      for (std::int64_t i = 0; i < a.shape()[0]; ++i)
        for (std::int64_t k = 0; k < a.shape()[1]; ++k) {
          const double v = m(i, k);
          for (std::int64_t j = 0; j < n; ++j) out[i * n + j] += v * q[k * n + j];
        }
      if (p.b.size() == 1) y = y.squeeze(1);
    }
    for (const cpu::Products who : back_ends()) {
      cpu::set_products(who);
      for (const DType t : {float32, float64, complex64, complex128, int32, uint64, float16}) {
        if (t == float16 && p.a.back() > 100) continue;
        CAPTURE(static_cast<int>(who));
        CAPTURE(name(t));
        const Tensor u = a.to(int64).to(t), v = b.to(int64).to(t), want = y.to(int64).to(t);
        for (const bool ta : {false, true})
          for (const bool tb : {false, true}) {
            if (tb && p.b.size() == 1) continue;
            const Tensor left = ta ? u.mT().contiguous().mT() : u, right = tb ? v.mT().contiguous().mT() : v;
            CHECK(same_bits(matmul(left, right), want));
          }
        if (is_complex(t)) {
          const Tensor i = u * Scalar(cdouble(0, 1));
          CHECK(same_bits(matmul(i, v) * Scalar(cdouble(0, -1)) + Scalar(0), want + Scalar(0)));
        }
      }
    }
  }
}

TEST_CASE("matmul: dtypes") {
  for (const DType t : {uint8, uint16, uint32, uint64, int8, int16, int32, int64}) {
    const Tensor a = arange(12, {.dtype = t}).reshape({3, 4}), b = arange(20, {.dtype = t}).reshape({4, 5});
    CHECK(matmul(a, b).dtype() == t);
    CHECK(same_bits(matmul(a, b), matmul(a.to(int64), b.to(int64)).to(t)));  // wraps
  }
  CHECK(matmul(ones({2, 3}, {.dtype = int32}), ones({3}, {.dtype = float32})).dtype() == float32);
  CHECK(matmul(ones({2, 3}, {.dtype = float32}), ones({3}, {.dtype = complex64})).dtype() == complex64);
  CHECK(matmul(ones({2, 3}, {.dtype = float16}), ones({3}, {.dtype = bfloat16})).dtype() == float32);
  const Tensor p = from_data(std::vector<int>{1, 0, 0, 0}, {2, 2}).to(bool_), q = from_data(std::vector<int>{1, 0, 0, 1}, {2, 2}).to(bool_);
  CHECK(matmul(p, q).dtype() == bool_);
  CHECK(matmul(ones({1, 256}, {.dtype = bool_}), ones({256, 1}, {.dtype = bool_})).item<bool>());
  CHECK(same_bits(matmul(p, q), p));
  // 16-bit floats are summed in float32: 2048 + 1 would be lost at each step.
  const Tensor h = ones({1, 4096}, {.dtype = float16});
  CHECK(matmul(h, h.mT()).item<float>() == 4096);
  CHECK(matmul(h.to(bfloat16), h.to(bfloat16).mT()).item<float>() == 4096);
  CHECK(close(matmul(sample({3, 4}, float16), sample({4, 5}, float16)), matmul(sample({3, 4}, float16).to(float64), sample({4, 5}, float16).to(float64)), 1e-3));
  // A batch that is broadcast is converted once, and stays broadcast.
  CHECK(matmul(sample({1, 3, 4}, bfloat16).expand({5, 3, 4}), sample({5, 4, 2}, bfloat16)).shape() == Shape{5, 3, 2});
  Tensor a = leaf({2, 3}, float32), b = leaf({3, 2});
  const auto d = grad({matmul(a, b)}, {a, b}, {.gradients = {ones({2, 2}, {.dtype = float64})}});
  CHECK(d[0].dtype() == float32);
  CHECK(d[1].dtype() == float64);
}

TEST_CASE("matmul: complex derivatives") {
  const auto z = [](const Shape& s, std::uint64_t salt) { return complex(sample(s, float64, -1, 1, salt), sample(s, float64, -1, 1, salt + 7)).requires_grad_(); };
  for (const Pair& p : {Pair{{3}, {3}}, Pair{{2, 3}, {3, 2}}, Pair{{3}, {3, 2}}, Pair{{2, 2, 3}, {3}}, Pair{{2, 2, 3}, {3, 2}}}) {
    CHECK(gradcheck([](const Tensor& x, const Tensor& y) { return matmul(x, y); }, {z(p.a, 1), z(p.b, 2)}));
    CHECK(gradgradcheck([](const Tensor& x, const Tensor& y) { return matmul(x, y); }, {z(p.a, 1), z(p.b, 2)}));
  }
  CHECK(gradcheck([](const Tensor& x, const Tensor& w, const Tensor& b) { return linear(x, w, b); }, {z({2, 3}, 1), z({4, 3}, 2), z({4}, 3)}));
  CHECK(gradcheck([](const Tensor& x, const Tensor& y) { return vdot(x, y); }, {z({4}, 1), z({4}, 2)}));
  CHECK(gradcheck([](const Tensor& x, const Tensor& y) { return vecdot(x, y); }, {z({2, 4}, 1), z({4}, 2)}));
}

TEST_CASE("matmul kernel: what the result held is not read, what is added is") {
  const Restore restore;
  for (const cpu::Products who : back_ends())
    for (const std::int64_t n : {3, 40, 160, 600}) {
      cpu::set_products(who);
      const Tensor a = round(sample({n, n}, float32, -4, 4)), b = round(sample({n, n}, float32, -4, 4, 2)), c = round(sample({n, n}, float32, -4, 4, 3));
      const Tensor y = matmul(a, b);
      Tensor out = full({n, n}, NAN, {.dtype = float32});
      MatmulCall call{over(out), over(a), over(b), {}};
      kernels(cpu_device).matmul(call);
      CHECK(same_bits(out, y));
      call.c = over(c), call.alpha = 2, call.beta = 3;
      kernels(cpu_device).matmul(call);
      CHECK(same_bits(out, y * 2 + c * 3));
      out = c.clone();  // in place
      call.out = call.c = over(out), call.alpha = -1, call.beta = 1;
      kernels(cpu_device).matmul(call);
      CHECK(close(out, c - y, 0, 0));  // 0 may have either sign
      Tensor t = full({n, 2 * n}, NAN, {.dtype = float32});  // results stored along columns, and with gaps
      for (Tensor o : {t.slice(1, {0, n}).mT(), t.slice(1, {ph::None, ph::None, 2}), t.slice(1, {n, ph::None})}) {
        call.out = over(o), call.c = {}, call.alpha = 1;
        kernels(cpu_device).matmul(call);
        CHECK(same_bits(o, y));
      }
    }
}

TEST_CASE("matmul: NaN and infinity go where they belong") {
  for (const std::int64_t n : {3, 20, 67, 140}) {
    Tensor a = ones({n, n}, {.dtype = float32});
    a.index_put_({static_cast<int>(n) - 1, 0}, NAN);
    const Tensor y = matmul(a, ones({n, n}, {.dtype = float32}));
    CHECK(isnan(y).to(int64).sum().item<std::int64_t>() == n);
    CHECK(isnan(y[n - 1]).to(int64).sum().item<std::int64_t>() == n);
  }
}

TEST_CASE("matmul: bits do not depend on the number of threads") {
  const Restore restore;
  const Pair pairs[] = {{{520, 400}, {400, 530}}, {{8, 700}, {700, 900}}, {{900, 700}, {700, 8}}, {{3000, 700}, {700}}, {{1, 300000}, {300000, 1}},
                        {{7, 50000}, {50000, 9}}, {{40, 30, 50}, {40, 50, 30}}, {{3, 300, 300}, {300, 300}}};
  for (const cpu::Products who : back_ends())
    for (const Pair& p : pairs)
      for (const DType t : {float32, complex64}) {
        cpu::set_products(who);
        const Tensor a = sample(p.a, t), b = sample(p.b, t, -2, 2, 2);
        Tensor first;
        for (const int n : {1, 2, 7, 16}) {
          set_num_threads(n);
          const Tensor y = matmul(a, b);
          if (!first.defined()) first = y;
          CHECK(same_bits(y, first));
        }
      }
}

TEST_CASE("matmul: many threads at once, large products on the BLAS") {
  const Restore restore;
  for (const cpu::Products who : back_ends()) {
    cpu::set_products(who);
    const Tensor a = sample({180, 170}, float32), b = sample({170, 190}, float32, -2, 2, 2), y = matmul(a, b);
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int i = 0; i < 48; ++i)
      threads.emplace_back([&] {
        for (int r = 0; r < 20; ++r)
          if (!same_bits(matmul(a, b), y)) ++wrong;
      });
    for (std::thread& t : threads) t.join();
    CHECK(wrong == 0);
  }
}

TEST_CASE("matmul: errors") {
  CHECK_ERROR(matmul(zeros({3, 4}), zeros({5, 6})), "matmul: inner sizes must match; got a=[3, 4], b=[5, 6] (4 vs 5)");
  CHECK_ERROR(matmul(zeros({4}), zeros({5})), "matmul: inner sizes must match; got a=[4], b=[5] (4 vs 5)");
  CHECK_ERROR(matmul(zeros({}), zeros({5})), "matmul: needs at least one dimension; got a=[], b=[5]. Multiply numbers with *");
  CHECK_ERROR(matmul(zeros({2, 3, 4}), zeros({3, 4, 5})), "matmul: shapes do not broadcast; got a=[2], b=[3] (2 vs 3 at dimension -1)");
  CHECK_ERROR(matmul(zeros({2}, {.dtype = uint64}), zeros({2}, {.dtype = int8})),
              "matmul: no integer dtype holds both; got uint64 and int8. Convert one with x.to(dtype)");
  CHECK_ERROR(mm(zeros({2}), zeros({2, 2})), "mm: needs 2 and 2 dimensions; got a=[2], b=[2, 2]. matmul takes any");
  CHECK_ERROR(bmm(zeros({2, 2, 2}), zeros({3, 2, 2})), "bmm: batch sizes must match; got a=[2, 2, 2], b=[3, 2, 2]. matmul broadcasts");
  CHECK_ERROR(addmm(zeros({3}), zeros({2, 2}), zeros({2, 2})), "addmm: what is added must broadcast to the product's shape; got shape=[3], product=[2, 2]");
  CHECK_ERROR(addmm(zeros({3}), zeros({2, 2}), zeros({2, 2}), 0), "addmm: what is added must broadcast to the product's shape; got shape=[3], product=[2, 2]");
  CHECK_ERROR(linear(zeros({2, 3}), zeros({4, 5})), "linear: x's last size must be weight's second; got x=[2, 3], weight=[4, 5]");
  CHECK_ERROR(linear(zeros({2, 5}), zeros({4, 5}), zeros({5})), "linear: bias must be one number per row of weight; got bias=[5], weight=[4, 5]");
  CHECK_ERROR(vdot(zeros({2, 3}), zeros({5})), "vdot: sizes must match; got a=[2, 3], b=[5] (6 vs 5)");
  CHECK_ERROR(vecdot(zeros({2, 3}), zeros({2})), "vecdot: sizes along axis must match; got a=[2, 3], b=[2] (3 vs 2)");
  CHECK_ERROR(inner(zeros({2, 3}), zeros({2})), "inner: last sizes must match; got a=[2, 3], b=[2] (3 vs 2)");
  CHECK_ERROR(tensordot(zeros({2, 3}), zeros({2, 3}), 3), "tensordot: axes must lie within the dimensions of both; got axes=3, a=[2, 3], b=[2, 3]");
  CHECK_ERROR(tensordot(zeros({2, 3}), zeros({2, 3}), {0}, {1}), "tensordot: sizes along the axes must match; got a=[2, 3], b=[2, 3] (2 vs 3)");
  CHECK_ERROR(tensordot(zeros({2, 2}), zeros({2, 2}), {0, 0}, {0, 1}), "tensordot: an axis is repeated; got axes=[0, 0]");
  CHECK_ERROR(cross(zeros({2}), zeros({3})), "cross: sizes along dim must be 3; got a=[2], b=[3], dim=-1");
  // 2^40 x 2^40 from broadcast operands: refused before anything is allocated.
  CHECK_THROWS_AS(matmul(zeros({1}).expand({std::int64_t{1} << 40, 1}), zeros({1}).expand({1, std::int64_t{1} << 40})), Error);
}

TEST_CASE("products of vectors and their kin") {
  const Tensor a = sample({3, 4}), b = sample({4}, float64, -2, 2, 2), c = sample({5}, float64, -2, 2, 3);
  CHECK(close(mm(a, a.mT()), plain_matmul(a, a.mT())));
  CHECK(close(bmm(sample({2, 3, 4}), sample({2, 4, 5}, float64, -2, 2, 2)), plain_matmul(sample({2, 3, 4}), sample({2, 4, 5}, float64, -2, 2, 2))));
  CHECK(close(mv(a, b), sum(a * b, {-1})));
  CHECK(close(dot(b, b), sum(b * b)));
  CHECK(close(vdot(a, a), sum(a * a)));
  CHECK(close(vecdot(a, b), sum(a * b, {-1})));
  CHECK(close(vecdot(a, a, 0), sum(a * a, {0})));
  CHECK(close(inner(a, sample({2, 4}, float64, -2, 2, 5)), plain_matmul(a, sample({2, 4}, float64, -2, 2, 5).mT())));
  CHECK(close(outer(b, c), b.unsqueeze(1) * c));
  CHECK(close(kron(a, sample({2, 3}, float64, -2, 2, 4)),
              (a.reshape({3, 1, 4, 1}) * sample({2, 3}, float64, -2, 2, 4).reshape({1, 2, 1, 3})).reshape({6, 12})));
  CHECK(kron(b, a).shape() == Shape{3, 16});
  CHECK(close(trace(a), a[0][0] + a[1][1] + a[2][2]));
  const Tensor u = sample({2, 3}), v = sample({3}, float64, -2, 2, 2), w = cross(u, v);
  CHECK(close(vecdot(w, u), zeros({2}, {.dtype = float64}), 0, 1e-12));
  CHECK(close(w.select(1, 2), u.select(1, 0) * v[1] - u.select(1, 1) * v[0]));
  CHECK(close(cross(u.mT(), u.mT() * 2 + 1, 0), cross(u, u * 2 + 1).mT()));
  const Tensor p = sample({2, 3, 4}), q = sample({4, 3, 5}, float64, -2, 2, 2);
  CHECK(close(tensordot(p, q, {1, 2}, {1, 0}), plain_matmul(p.reshape({2, 12}), q.permute({1, 0, 2}).reshape({12, 5}))));
  CHECK(tensordot(p, q, 0).shape() == Shape{2, 3, 4, 4, 3, 5});
  CHECK(close(tensordot(p, q, 1), plain_matmul(p.reshape({6, 4}), q.reshape({4, 15})).reshape({2, 3, 3, 5})));
  CHECK(close(a.matmul(b), matmul(a, b)));
  for (const auto& f : std::vector<Tensor (*)(const Tensor&, const Tensor&)>{
           [](const Tensor& x, const Tensor& y) { return outer(x, y); }, [](const Tensor& x, const Tensor& y) { return inner(x, y); },
           [](const Tensor& x, const Tensor& y) { return kron(x, y); }, [](const Tensor& x, const Tensor& y) { return cross(x, y); },
           [](const Tensor& x, const Tensor& y) { return tensordot(x, y, 1); }, [](const Tensor& x, const Tensor& y) { return vecdot(x, y); }})
    CHECK(gradgradcheck(f, {leaf({3, 3}), leaf({3, 3}, float64, -2, 2, 2)}));
}

TEST_CASE("addmm, baddbmm, addmv, linear") {
  const Tensor a = sample({3, 4}), b = sample({4, 5}, float64, -2, 2, 2), y = plain_matmul(a, b);
  for (const Shape& s : {Shape{3, 5}, Shape{5}, Shape{3, 1}, Shape{}, Shape{1, 5}}) {
    const Tensor c = sample(s, float64, -2, 2, 3);
    CHECK(close(addmm(c, a, b), y + c));
    CHECK(close(addmm(c, a, b, 0.5, -2), y * -2 + c * 0.5));
    CHECK(close(addmm(c * NAN, a, b, 0), y));
    CHECK(gradcheck([](const Tensor& p, const Tensor& q, const Tensor& r) { return addmm(p, q, r, 0.5, 3); },
                    {leaf(s, float64, -2, 2, 3), leaf({3, 4}), leaf({4, 5}, float64, -2, 2, 2)}));
    CHECK(gradgradcheck([](const Tensor& p, const Tensor& q, const Tensor& r) { return addmm(p, q, r, 0.5, 3); },
                        {leaf(s, float64, -2, 2, 3), leaf({3, 4}), leaf({4, 5}, float64, -2, 2, 2)}));
  }
  CHECK(close(addmv(sample({3}), a, b.select(1, 0)), y.select(1, 0) + sample({3})));
  CHECK(close(baddbmm(sample({5}), a.expand({2, 3, 4}), b.expand({2, 4, 5}), 2, 3), (y * 3 + sample({5}) * 2).expand({2, 3, 5})));
  CHECK(same_bits(addmm(ones({2}, {.dtype = int32}), ones({2, 3}, {.dtype = int32}), ones({3, 2}, {.dtype = int32}), 2, 3), full({2, 2}, 11, {.dtype = int32})));
  CHECK(addmm(zeros({2}), zeros({2, 0}), zeros({0, 2})).shape() == Shape{2, 2});

  const Tensor w = sample({5, 4}, float64, -2, 2, 4), bias = sample({5}, float64, -2, 2, 5);
  for (const Shape& s : {Shape{4}, Shape{3, 4}, Shape{2, 3, 4}, Shape{0, 4}, Shape{2, 1, 3, 4}}) {
    const Tensor x = sample(s);
    const Tensor want = s.size() == 1 ? sum(x * w, {-1}) : sum(x.unsqueeze(-2) * w, {-1});
    CHECK(close(linear(x, w), want));
    CHECK(close(linear(x, w, bias), want + bias));
    for (const auto& l : layouts(x)) CHECK(close(linear(l.x, w.mT().contiguous().mT(), bias), want + bias));
    const auto f = [](const Tensor& p, const Tensor& q, const Tensor& r) { return linear(p, q, r); };
    CHECK(gradcheck(f, {leaf(s), leaf({5, 4}, float64, -2, 2, 4), leaf({5}, float64, -2, 2, 5)}));
    CHECK(gradgradcheck(f, {leaf(s), leaf({5, 4}, float64, -2, 2, 4), leaf({5}, float64, -2, 2, 5)}));
  }
  // Hard case 6: a layer on an empty dimension trains, with a gradient of zeros for its weight.
  Tensor x = leaf({0, 100}), v = leaf({7, 100}, float64, -2, 2, 2);
  sum(linear(x, v)).backward();
  CHECK(close(v.grad(), zeros({7, 100}, {.dtype = float64})));
  CHECK(close(matmul(zeros({3, 0}), zeros({0, 2})), zeros({3, 2})));
}

TEST_CASE("einsum") {
  const Tensor a = sample({3, 4}), b = sample({4, 5}, float64, -2, 2, 2), c = sample({5, 3}, float64, -2, 2, 3), s = sample({4, 4});
  CHECK(close(einsum("ij,jk->ik", {a, b}), plain_matmul(a, b)));
  CHECK(close(einsum("ij, jk", {a, b}), plain_matmul(a, b)));
  CHECK(close(einsum("ij->ji", {a}), a.mT()));
  CHECK(close(einsum("ba", {a}), a.mT()));
  CHECK(close(einsum("ij->", {a}), sum(a)));
  CHECK(close(einsum("ii->i", {s}), diagonal(s)));
  CHECK(close(einsum("ii", {s}), trace(s)));
  CHECK(close(einsum("ij,ij->j", {a, a}), sum(a * a, {0})));
  CHECK(close(einsum("i,j->ij", {a[0], b[0]}), outer(a[0], b[0])));
  CHECK(close(einsum("ij,jk,kl->il", {a, b, c}), plain_matmul(plain_matmul(a, b), c)));
  CHECK(close(einsum("ij,jk,ki->", {a, b, c}), trace(plain_matmul(plain_matmul(a, b), c))));
  const Tensor p = sample({2, 6, 3, 4}), q = sample({2, 6, 5, 4}, float64, -2, 2, 2);
  CHECK(close(einsum("bhid,bhjd->bhij", {p, q}), plain_matmul(p, q.mT())));
  CHECK(close(einsum("...id,...jd->...ij", {p, q}), plain_matmul(p, q.mT())));
  CHECK(close(einsum("...ij,jk", {p, b}), plain_matmul(p, b)));
  CHECK(close(einsum("bhid,bhjd->jbi", {p, q}), plain_matmul(p, q.mT()).sum({1}).permute({2, 0, 1})));
  CHECK(close(einsum("i...->...", {p}), sum(p, {0})));
  CHECK(close(einsum("ij,kl->", {a, b}), sum(a) * sum(b)));
  CHECK(einsum("ij,jk->ik", {zeros({0, 4}), b.to(float32)}).shape() == Shape{0, 5});
  for (const char* e : {"ij,jk->ik", "ij,jk->", "ij,kj->ikj", "ii,ij->j"})
    CHECK(gradgradcheck([e](const Tensor& x, const Tensor& y) { return einsum(e, {x, y}); }, {leaf({3, 3}), leaf({3, 3}, float64, -2, 2, 2)}));
  CHECK_ERROR(einsum("ij,jk->ik", {a}), "einsum: one operand per term; got equation=\"ij,jk->ik\" with 2 terms, 1 operands");
  CHECK_ERROR(einsum("ij,jk->ik", {a, c}), "einsum: sizes of one letter must match; got equation=\"ij,jk->ik\", j=4 and 5");
  CHECK_ERROR(einsum("i->i", {a}), "einsum: a term names every dimension of its operand; got term=\"i\", shape=[3, 4]");
  CHECK_ERROR(einsum("ij->k", {a}), "einsum: every letter of the result stands in a term; got equation=\"ij->k\" (k)");
  CHECK_ERROR(einsum("ij->ii", {a}), "einsum: a letter of the result stands there once; got equation=\"ij->ii\"");
  CHECK_ERROR(einsum("i1->i", {a}), "einsum: only letters, commas, \"...\" and one \"->\" may stand in an equation; got equation=\"i1->i\"");
  CHECK_ERROR(einsum("..i->i", {a}), "einsum: dots stand in threes, once in an operand; got equation=\"..i->i\"");
  CHECK_ERROR(einsum("", {}), "einsum: needs at least one operand; got equation=\"\"");
}
