// Factors of square matrices and what is solved with them: Cholesky, triangular systems, LU, inverses, determinants, LDL.
#include "linalg_samples.h"

using namespace ph;
using namespace test;

namespace {

const std::vector<Shape> batches{{3, 3}, {1, 1}, {0, 0}, {2, 4, 4}, {2, 1, 3, 3}, {0, 3, 3}, {70, 70}};

std::vector<Tensor> list(const linalg::LU& f) { return {f.L, f.U}; }

}  // namespace

TEST_CASE("linalg: without LAPACK every op that needs it says so") {
  if (cpu::has_blas()) {
    CHECK(cpu::blas_kernels()[0] != 0);
    return;
  }
  // Only a build that leaves OpenBLAS out may be tested without it: the stages of ./dev test install it.
  const std::string text = ": needs LAPACK, which OpenBLAS brings; got this build leaves it out (PLAYHEAD_BLAS=builtin). Install OpenBLAS "
                           "(libopenblas0-serial in Debian and Ubuntu)";
  CHECK_ERROR(linalg::eigh(eye(2)), "linalg.eigh" + text);
  CHECK_ERROR(linalg::svd(eye(2)), "linalg.svd" + text);
  CHECK_ERROR(linalg::qr(eye(2)), "linalg.qr" + text);
}

TEST_CASE("linalg.cholesky: the factor of every dtype, batch and triangle") {
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : batches) {
      const Tensor a = spd(matrix(shape, t));
      const Tensor l = linalg::cholesky(a), u = linalg::cholesky(a, true);
      CHECK(l.dtype() == t);
      CHECK(near(matmul(l, l.mH()), a));
      CHECK(near(matmul(u.mH(), u), a));
      CHECK(near(l, tril(l), 0));
      CHECK(near(u, triu(u), 0));
      // The other triangle is not looked at.
      CHECK(near(linalg::cholesky(tril(a) + triu(full_like(a, 7), 1)), l, 0));
      CHECK(near(linalg::cholesky(triu(a) + tril(full_like(a, 7), -1), true), u, 0));
    }
  const Tensor a = from_data<double>({4, 2, 2, 5}, {2, 2});
  CHECK(close(linalg::cholesky(a), from_data<double>({2, 0, 1, 2}, {2, 2})));
  CHECK(linalg::cholesky(from_data<int>({4, 2, 2, 5}, {2, 2})).dtype() == float32);
  for (const auto& p : layouts(spd(matrix({2, 4, 4})))) CHECK(near(linalg::cholesky(p.x), linalg::cholesky(p.x.clone()), 0));
}

TEST_CASE("linalg.cholesky: derivatives") {
  for (const DType t : {float64, complex128})
    for (const bool upper : {false, true}) {
      check_derivatives([upper](const Tensor& x) { return linalg::cholesky(spd(x), upper); }, {leaf_matrix({2, 3, 3}, t)});
      check_derivatives([upper](const Tensor& x) { return linalg::cholesky_ex(spd(x), upper).L; }, {leaf_matrix({0, 0}, t)});
    }
  // d sum(L) / dx of a matrix that is read from its lower triangle is shared by both.
  const Tensor x = spd(matrix({3, 3})).requires_grad_();
  const Tensor g = grad(sum(linalg::cholesky(x)), x);
  CHECK(close(g, g.mT(), 1e-12, 1e-14));
}

TEST_CASE("linalg.cholesky: what is not positive definite") {
  const Tensor bad = from_data<double>({1, 2, 2, 1}, {2, 2}), good = eye(2, -1, 0, {.dtype = float64});
  CHECK_ERROR(linalg::cholesky(bad), "linalg.cholesky: the matrix must be positive definite; got a leading minor of order 2 that is not");
  CHECK_ERROR(linalg::cholesky(stack({good, bad}).expand({3, 2, 2, 2})),
              "linalg.cholesky: the matrix must be positive definite; got a leading minor of order 2 of batch entry [0, 1] that is not");
  const auto r = linalg::cholesky_ex(stack({good, bad}));
  CHECK(r.info.to_vector<std::int32_t>() == std::vector<std::int32_t>{0, 2});
  CHECK(close(r.L[0], good));
  CHECK_ERROR(linalg::cholesky_ex(bad, false, true), "linalg.cholesky_ex: the matrix must be positive definite; got a leading minor of order 2 that is not");
  CHECK_ERROR(linalg::cholesky(good * ph::nan), "linalg.cholesky: the matrix must be positive definite; got a leading minor of order 1 that is not");
  CHECK_ERROR(linalg::cholesky(zeros({2, 3})), "linalg.cholesky: needs square matrices; got shape=[2, 3]");
  CHECK_ERROR(linalg::cholesky(zeros({2})), "linalg.cholesky: needs matrices, at least two dimensions; got shape=[2]");
  CHECK_ERROR(linalg::cholesky(zeros({2, 2}, {.dtype = float16})),
              "linalg.cholesky: needs float32, float64, complex64 or complex128; got dtype=float16. Convert with x.to(float32)");
}

TEST_CASE("cholesky_solve and cholesky_inverse") {
  for (const DType t : lapack_dtypes)
    for (const bool upper : {false, true}) {
      const Tensor a = spd(matrix({2, 3, 3}, t)), f = linalg::cholesky(a, upper), b = matrix({2, 3, 2}, t, 5);
      CHECK(near(matmul(a, cholesky_solve(b, f, upper)), b, 50 * precision(t)));
      CHECK(near(matmul(a, cholesky_inverse(f, upper)), identity(a, 3), 50 * precision(t)));
    }
  CHECK(cholesky_solve(zeros({0, 2}), zeros({0, 0})).shape() == Shape{0, 2});
  for (const DType t : {float64, complex128}) {
    check_derivatives([](const Tensor& b, const Tensor& f) { return cholesky_solve(b, f + eye(3, -1, 0, {.dtype = f.dtype()}) * 4); },
                      {leaf_matrix({3, 2}, t), leaf_matrix({2, 3, 3}, t, 3)});
    check_derivatives([](const Tensor& f) { return cholesky_inverse(f + eye(3, -1, 0, {.dtype = f.dtype()}) * 4, true); }, {leaf_matrix({3, 3}, t)});
  }
  CHECK_ERROR(cholesky_solve(zeros({2, 1}), zeros({3, 3})), "cholesky_solve: sizes must match; got b=[2, 1], factor=[3, 3]");
}

TEST_CASE("linalg.solve_triangular") {
  for (const DType t : lapack_dtypes)
    for (const bool upper : {false, true})
      for (const bool left : {false, true})
        for (const bool unit : {false, true}) {
          const Tensor full = regular({2, 4, 4}, t), b = matrix(left ? Shape{2, 4, 3} : Shape{2, 3, 4}, t, 2);
          Tensor a = upper ? triu(full) : tril(full);
          if (unit) a = a - diag_embed(diagonal(a, 0, -2, -1)) + identity(a, 4);
          for (const Tensor& m : {full, full.mT().clone().mT()}) {  // row by row, and as a transpose lies in memory
            const Tensor x = linalg::solve_triangular(m, b, upper, left, unit);
            CHECK(near(left ? matmul(a, x) : matmul(x, a), b, 100 * precision(t)));
          }
        }
  CHECK(linalg::solve_triangular(regular({3, 3}), matrix({2, 1, 3, 2}), true).shape() == Shape{2, 1, 3, 2});
  CHECK(linalg::solve_triangular(regular({5, 3, 3}), matrix({3, 2}), true).shape() == Shape{5, 3, 2});
  CHECK(linalg::solve_triangular(zeros({0, 0}), zeros({0, 4}), true).shape() == Shape{0, 4});
  for (const DType t : {float64, complex128})
    for (const bool upper : {false, true})
      for (const bool left : {false, true})
        check_derivatives(
            [=](const Tensor& a, const Tensor& b) {
              return linalg::solve_triangular(a + eye(3, -1, 0, {.dtype = a.dtype()}) * 3, b, upper, left, !upper);
            },
            {leaf_matrix({3, 3}, t), leaf_matrix(left ? Shape{2, 3, 2} : Shape{2, 2, 3}, t, 2)});
  CHECK_ERROR(linalg::solve_triangular(zeros({2, 2}), zeros({3, 1}), true), "linalg.solve_triangular: sizes must match; got a=[2, 2], b=[3, 1]");
  CHECK_ERROR(linalg::solve_triangular(zeros({2, 2}), zeros({3, 1}), true, false), "linalg.solve_triangular: sizes must match; got a=[2, 2], b=[3, 1], on the right");
  CHECK(isinf(linalg::solve_triangular(zeros({1, 1}), ones({1, 1}), true)).item<bool>());
}

TEST_CASE("linalg.lu: factors of every shape") {
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 3, 5}, Shape{2, 5, 3}, Shape{0, 3}, Shape{3, 0}, Shape{0, 2, 2}, Shape{1, 1}, Shape{40, 33}}) {
      const Tensor a = matrix(shape, t);
      const auto [p, l, u] = linalg::lu(a);
      CHECK(near(matmul(p, matmul(l, u)), a, 10 * precision(t)));
      CHECK(near(l, tril(l), 0));
      CHECK(near(u, triu(u), 0));
      CHECK(near(matmul(p, p.mT()), identity(p, shape[shape.size() - 2]), 0));
      const auto f = linalg::lu_factor(a);
      CHECK(f.pivots.dtype() == int32);
      const auto only_data = lu_unpack(f.LU, f.pivots, true, false);
      CHECK(!only_data.P.defined());
      CHECK(near(only_data.U, u, 0));
      CHECK(!lu_unpack(f.LU, f.pivots, false).L.defined());
    }
  // scipy.linalg.lu_factor([[0, 2, 1], [4, 1, 3], [2, 5, 7]])
  const auto f = linalg::lu_factor(from_data<double>({0, 2, 1, 4, 1, 3, 2, 5, 7}, {3, 3}));
  CHECK(close(f.LU, from_data<double>({4, 1, 3, 0.5, 4.5, 5.5, 0, 4. / 9, -13. / 9}, {3, 3}), 1e-12, 1e-14));
  CHECK(f.pivots.to_vector<std::int32_t>() == std::vector<std::int32_t>{2, 3, 3});
  const auto ex = linalg::lu_factor_ex(zeros({2, 2, 2}));
  CHECK(ex.info.to_vector<std::int32_t>() == std::vector<std::int32_t>{1, 1});
  CHECK_ERROR(linalg::lu_factor_ex(stack({eye(2), zeros({2, 2})}), true), "linalg.lu_factor_ex: the matrix must be invertible; got a zero at pivot 1 of batch entry [1]");
  CHECK_ERROR(lu_unpack(f.LU, f.pivots.to(int64)), "lu_unpack: pivots must be int32, one for each row of U; got pivots=[3] of int64, factors=[3, 3]");
  CHECK_ERROR(lu_unpack(f.LU, f.pivots + from_data<std::int32_t>({0, 0, 1}, 3)), "lu_unpack: pivots must be between 1 and the number of rows; got pivot=4, rows=3");
}

TEST_CASE("linalg.lu: derivatives") {
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{2, 3, 3}, Shape{3, 5}, Shape{5, 3}, Shape{0, 0}}) {
      check_derivatives([](const Tensor& x) { return list(linalg::lu(x)); }, {leaf_matrix(shape, t)});
      check_derivatives([](const Tensor& x) { return linalg::lu_factor(x).LU; }, {leaf_matrix(shape, t, 4)});
    }
}

TEST_CASE("linalg.lu_solve") {
  for (const DType t : lapack_dtypes)
    for (const bool left : {false, true})
      for (const bool adjoint : {false, true}) {
        const Tensor a = regular({2, 3, 3}, t), b = matrix(left ? Shape{3, 4} : Shape{4, 3}, t, 2), m = adjoint ? a.mH() : a;
        const auto f = linalg::lu_factor(a);
        const Tensor x = linalg::lu_solve(f.LU, f.pivots, b, left, adjoint);
        CHECK(near(left ? matmul(m, x) : matmul(x, m), b.expand(x.shape()), 50 * precision(t)));
      }
  const auto f = linalg::lu_factor(regular({3, 3}));
  CHECK(close(lu_solve(matrix({3, 2}), f.LU, f.pivots), linalg::lu_solve(f.LU, f.pivots, matrix({3, 2}))));
  for (const DType t : {float64, complex128})
    for (const bool left : {false, true})
      for (const bool adjoint : {false, true}) {
        const Tensor a = regular({2, 3, 3}, t), b = leaf_matrix(left ? Shape{3, 2} : Shape{2, 3}, t, 2);
        const Tensor pivots = linalg::lu_factor(a).pivots;
        check_derivatives([=](const Tensor& x) { return linalg::lu_solve(linalg::lu_factor(a).LU, pivots, x, left, adjoint); }, {b});
        check_derivatives([=](const Tensor& x, const Tensor& y) { return linalg::lu_solve(linalg::lu_factor(x).LU, pivots, y, left, adjoint); },
                          {a.detach().requires_grad_(), b});
      }
  CHECK_ERROR(linalg::lu_solve(f.LU, f.pivots, zeros({4, 1}, {.dtype = float64})), "linalg.lu_solve: sizes must match; got factors=[3, 3], b=[4, 1]");
  CHECK_ERROR(linalg::lu_solve(f.LU, f.pivots * 0, zeros({3, 1}, {.dtype = float64})), "linalg.lu_solve: pivots must be between 1 and the number of rows; got pivot=0, rows=3");
}

TEST_CASE("linalg.solve and linalg.inv") {
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : batches) {
      const Tensor a = regular(shape, t);
      const double tol = precision(t) * (shape.back() > 10 ? 2000 : 50);
      Shape right = shape;
      right[right.size() - 1] = 2;
      const Tensor b = matrix(right, t, 2);
      CHECK(near(matmul(a, linalg::solve(a, b)), b, tol));
      CHECK(near(matmul(linalg::solve(a, b.mT(), false), a), b.mT(), tol));
      CHECK(near(matmul(a, linalg::inv(a)), identity(a, shape.back()), tol));
    }
  // numpy.linalg.solve([[3, 1], [1, 2]], [9, 8])
  const Tensor a = from_data<double>({3, 1, 1, 2}, {2, 2});
  CHECK(close(linalg::solve(a, from_data<double>({9, 8}, 2)), from_data<double>({2, 3}, 2), 1e-14));
  CHECK(close(linalg::solve(a, from_data<double>({9, 8}, 2), false), from_data<double>({2, 3}, 2), 1e-14));
  CHECK(close(linalg::inv(a), from_data<double>({0.4, -0.2, -0.2, 0.6}, {2, 2}), 1e-14));
  CHECK(linalg::solve(regular({4, 1, 3, 3}), matrix({5, 3, 2})).shape() == Shape{4, 5, 3, 2});
  CHECK(linalg::solve(regular({4, 3, 3}), matrix({3})).shape() == Shape{4, 3});
  CHECK(linalg::solve(zeros({0, 0}), zeros({0, 3})).shape() == Shape{0, 3});
  CHECK(linalg::solve(eye(3), zeros({3, 0})).shape() == Shape{3, 0});
  CHECK(linalg::solve(eye(2), matrix({2, 1})).dtype() == float64);
  for (const auto& p : layouts(regular({2, 4, 4})))
    for (const auto& q : layouts(matrix({2, 4, 3}))) CHECK(near(linalg::solve(p.x, q.x), linalg::solve(p.x.clone(), q.x.clone()), 1e-13));
}

TEST_CASE("linalg.solve and linalg.inv: derivatives") {
  for (const DType t : {float64, complex128}) {
    const Tensor a = regular({2, 3, 3}, t).requires_grad_();
    for (const bool left : {false, true})
      check_derivatives([left](const Tensor& x, const Tensor& y) { return linalg::solve(x, y, left); },
                        {a, leaf_matrix(left ? Shape{3, 2} : Shape{2, 3}, t, 2)});
    check_derivatives([](const Tensor& x, const Tensor& y) { return linalg::solve_ex(x, y).result; }, {a, leaf_matrix({3}, t, 2)});
    check_derivatives([](const Tensor& x) { return linalg::inv(x); }, {a});
    check_derivatives([](const Tensor& x) { return linalg::inv_ex(x).inverse; }, {regular({3, 3}, t).mT().requires_grad_()});
  }
}

TEST_CASE("linalg.solve and linalg.inv: singular matrices") {
  const Tensor bad = ones({2, 2}, {.dtype = float64}), both = stack({eye(2, -1, 0, {.dtype = float64}), bad});
  CHECK_ERROR(linalg::inv(bad), "linalg.inv: the matrix must be invertible; got a zero at pivot 2");
  CHECK_ERROR(linalg::inv(both), "linalg.inv: the matrix must be invertible; got a zero at pivot 2 of batch entry [1]");
  CHECK_ERROR(linalg::solve(both, ones({2, 1})), "linalg.solve: the matrix must be invertible; got a zero at pivot 2 of batch entry [1]");
  CHECK(linalg::inv_ex(both).info.to_vector<std::int32_t>() == std::vector<std::int32_t>{0, 2});
  CHECK(linalg::solve_ex(both, ones({2, 1})).info.to_vector<std::int32_t>() == std::vector<std::int32_t>{0, 2});
  CHECK_ERROR(linalg::inv_ex(both, true), "linalg.inv_ex: the matrix must be invertible; got a zero at pivot 2 of batch entry [1]");
  CHECK_ERROR(linalg::solve(eye(2), ones({3})), "linalg.solve: sizes must match; got a=[2, 2], b=[3]");
  CHECK_ERROR(linalg::solve(eye(2), tensor(1.0)), "linalg.solve: needs matrices, at least two dimensions; got shape=[]");
  CHECK_ERROR(linalg::solve(zeros({2, 2, 2}), ones({3, 2, 1})), "linalg.solve: shapes do not broadcast; got a=[2], b=[3] (2 vs 3 at dimension -1)");
}

TEST_CASE("linalg.det, slogdet and logdet") {
  // numpy.linalg.det([[1, 2, 3], [4, 5, 6], [7, 8, 10]])
  const Tensor a = from_data<double>({1, 2, 3, 4, 5, 6, 7, 8, 10}, {3, 3});
  CHECK(close(linalg::det(a), tensor(-3.0, {.dtype = float64}), 1e-12));
  CHECK(close(linalg::slogdet(a).sign, tensor(-1.0, {.dtype = float64})));
  CHECK(close(linalg::slogdet(a).logabsdet, tensor(std::log(3.0), {.dtype = float64}), 1e-12));
  CHECK(isnan(logdet(a)).item<bool>());
  CHECK(close(logdet(matmul(a, a)), tensor(std::log(9.0), {.dtype = float64}), 1e-12));
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : batches) {
      if (shape.back() > 10) continue;
      const Tensor x = regular(shape, t), d = linalg::det(x);
      const auto s = linalg::slogdet(x);
      CHECK(near(s.sign * exp(s.logabsdet), d, 20 * precision(t)));
      CHECK(s.logabsdet.dtype() == real_dtype(t));
      CHECK(near(linalg::det(matmul(x, x)), d * d, 100 * precision(t)));
      CHECK(near(exp(logdet(matmul(x, x.mH()))), (d * conj(d)), 100 * precision(t)));
    }
  CHECK(linalg::det(zeros({0, 0})).item<float>() == 1);
  CHECK(linalg::slogdet(zeros({2, 2})).logabsdet.item<float>() == -inf);
  CHECK(linalg::slogdet(zeros({2, 2})).sign.item<float>() == 0);
  CHECK(logdet(zeros({2, 2})).item<float>() == -inf);
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 2, 2}, Shape{1, 1}, Shape{0, 0}}) {
      check_derivatives([](const Tensor& x) { return linalg::det(x); }, {regular(shape, t).requires_grad_()});
      check_derivatives(
          [](const Tensor& x) {
            const auto s = linalg::slogdet(x);
            return is_complex(x.dtype()) ? std::vector<Tensor>{s.sign, s.logabsdet} : std::vector<Tensor>{s.logabsdet};
          },
          {regular(shape, t).requires_grad_()});
      check_derivatives([](const Tensor& x) { return logdet(spd(x)); }, {regular(shape, t).requires_grad_()});
    }
}

TEST_CASE("linalg.det: derivatives at singular matrices") {
  NEEDS_LAPACK;
  // Exact zeros at a pivot: of rank n - 1, of rank 1, and zero; the determinant is a polynomial, so all are smooth.
  const Tensor one = from_data<double>({2, 0, 1, 0, 0, 0, 1, 0, 3}, {3, 3}), rank1 = from_data<double>({1, 2, 0, 2, 4, 0, 0, 0, 0}, {3, 3});
  for (const Tensor& x : {one, rank1, zeros({3, 3}, {.dtype = float64}), zeros({1, 1}, {.dtype = float64}), stack({one, regular({3, 3})})}) {
    CHECK(gradcheck([](const Tensor& m) { return linalg::det(m); }, {x.clone().requires_grad_()}));
    CHECK(gradcheck([](const Tensor& m) { return linalg::det(m); }, {complex(x, x * 0.5).requires_grad_()}));
  }
  CHECK(gradgradcheck([](const Tensor& m) { return linalg::det(m); }, {stack({one, regular({3, 3})}).requires_grad_()}));
}

TEST_CASE("linalg.tensorsolve and linalg.tensorinv") {
  const Tensor a = regular({12, 12}).reshape({3, 4, 2, 6}), b = matrix({3, 4});
  CHECK(near(tensordot(a, linalg::tensorsolve(a, b), 2), b, 1e-11));
  CHECK(near(linalg::tensorsolve(a.permute({2, 3, 0, 1}).clone(), b, {0, 1}), linalg::tensorsolve(a, b), 1e-12));
  CHECK(near(tensordot(linalg::tensorinv(a), a, 2).reshape({12, 12}), identity(a.reshape({12, 12}), 12), 1e-11));
  CHECK(linalg::tensorinv(regular({6, 6}).reshape({6, 2, 3}), 1).shape() == Shape{2, 3, 6});
  check_derivatives([](const Tensor& x, const Tensor& y) { return linalg::tensorsolve(x.reshape({2, 2, 4}), y); },
                    {regular({4, 4}).requires_grad_(), leaf_matrix({2, 2})});
  CHECK_ERROR(linalg::tensorsolve(zeros({2, 3, 5}), zeros({2, 3})), "linalg.tensorsolve: a must have b's shape, then dims with as many elements; got a=[2, 3, 5], b=[2, 3]");
  CHECK_ERROR(linalg::tensorinv(zeros({2, 3}), 1), "linalg.tensorinv: the first ind dimensions must hold as many elements as the others; got ind=1, shape=[2, 3]");
  CHECK_ERROR(linalg::tensorinv(zeros({2, 2}), 0), "linalg.tensorinv: ind must be between 1 and the number of dimensions; got ind=0, shape=[2, 2]");
}

TEST_CASE("linalg.ldl_factor and linalg.ldl_solve") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const bool herm : {false, true}) {
      const Tensor x = matrix({2, 5, 5}, t), a = herm ? hermitian(x) : x + x.mT(), b = matrix({2, 5, 3}, t, 2);
      const auto f = linalg::ldl_factor(a, herm);
      const Tensor y = linalg::ldl_solve(f.LD, f.pivots, b, herm);
      CHECK(near(matmul(a, y), b, 1000 * precision(t)));
      CHECK(near(linalg::ldl_factor(tril(a), herm).LD, f.LD, 0));
    }
  const Tensor a = hermitian(matrix({4, 4})), singular = zeros({2, 2});
  const auto f = linalg::ldl_factor(a);
  check_derivatives([&](const Tensor& b) { return linalg::ldl_solve(f.LD, f.pivots, b); }, {leaf_matrix({4, 2})});
  for (const bool herm : {false, true}) {
    const Tensor x = matrix({3, 3}, complex128), z = herm ? hermitian(x) : x + x.mT();
    const auto g = linalg::ldl_factor(z, herm);
    check_derivatives([&](const Tensor& b) { return linalg::ldl_solve(g.LD, g.pivots, b, herm); }, {leaf_matrix({3, 2}, complex128)});
  }
  CHECK(linalg::ldl_factor_ex(singular).info.item<std::int32_t>() == 1);
  CHECK_ERROR(linalg::ldl_factor(singular), "linalg.ldl_factor: the matrix must be invertible; got a zero at pivot 1");
  CHECK_ERROR(sum(linalg::ldl_factor(leaf_matrix({2, 2})).LD).backward(), "linalg.ldl_factor: has no derivative");
  CHECK_ERROR(linalg::ldl_solve(eye(2), from_data<std::int32_t>({1, 5}, 2), ones({2, 1})), "linalg.ldl_solve: pivots must be those of ldl_factor; got pivot=5 at row 1");
  CHECK_ERROR(linalg::ldl_solve(eye(2), from_data<std::int32_t>({1, -2}, 2), ones({2, 1})), "linalg.ldl_solve: pivots must be those of ldl_factor; got pivot=-2 at row 1");
  CHECK_ERROR(linalg::ldl_solve(eye(2), from_data<std::int32_t>({-2, 1}, 2), ones({2, 1})), "linalg.ldl_solve: pivots must be those of ldl_factor; got pivot=1 at row 1");
}

TEST_CASE("linalg: sizes around and above the blocks that factors are split into") {
  for (const DType t : lapack_dtypes)
    for (const std::int64_t n : {15, 16, 17, 31, 32, 33, 63, 64, 65, 97, 200}) {
      CAPTURE(n);
      const double tol = 200 * static_cast<double>(n) * precision(t);
      const Tensor a = regular({n, n}, t), p = spd(a) / static_cast<double>(n), b = matrix({n, 3}, t, 2), wide = matrix({n / 2 + 1, n}, t, 3);
      const Tensor l = linalg::cholesky(p);
      CHECK(near(matmul(l, l.mH()), p, precision(t) * 10));
      CHECK(near(matmul(a, linalg::solve(a, b)), b, tol));
      CHECK(near(matmul(a, linalg::inv(a)), identity(a, n), tol));
      for (const Tensor& m : {a, wide, wide.mT()}) {
        const auto f = linalg::lu(m);
        CHECK(near(matmul(f.P, matmul(f.L, f.U)), m, precision(t) * 10));
        CHECK(max(abs(f.L)).to(float64).item<double>() <= (is_complex(t) ? 1.5 : 1));
      }
      for (const bool left : {false, true})
        for (const bool upper : {false, true}) {
          const Tensor c = left ? b : b.mT(), f = l + identity(a, n);
          const Tensor m = upper ? f.mH() : f, x = linalg::solve_triangular(m, c, upper, left);
          CHECK(near(left ? matmul(m, x) : matmul(x, m), c, tol));
        }
      // The first bad pivot and minor, wherever it is.
      Tensor bad = p.clone(), singular = eye(n, -1, 0, {.dtype = t}).clone();
      bad.index({n - 2, n - 2}).fill_(-1), singular.index({n - 2, n - 2}).fill_(0);
      CHECK(linalg::cholesky_ex(bad).info.item<std::int32_t>() == n - 1);
      CHECK(linalg::lu_factor_ex(singular).info.item<std::int32_t>() == n - 1);
    }
}

TEST_CASE("linalg: the same bits for any number of threads") {
  const int before = num_threads();
  const Tensor a = regular({300, 20, 20}), p = spd(a);
  set_num_threads(1);
  const Tensor x = linalg::inv(a), l = linalg::cholesky(p), big = linalg::inv(regular({150, 150}));
  const Tensor w = cpu::has_blas() ? linalg::eigvalsh(p) : Tensor();
  for (const int n : {2, 5}) {
    set_num_threads(n);
    CHECK(same_bits(linalg::inv(a), x));
    CHECK(same_bits(linalg::cholesky(p), l));
    CHECK(same_bits(linalg::inv(regular({150, 150})), big));
    if (w.defined()) CHECK(same_bits(linalg::eigvalsh(p), w));
  }
  set_num_threads(before);
}
