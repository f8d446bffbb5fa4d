// QR and reflectors, eigenvalues, singular values, and what is computed from them: by what they must reproduce, and by closed forms.
#include "linalg_samples.h"

using namespace ph;
using namespace test;

namespace {

const std::vector<Shape> shapes{{3, 3}, {5, 3}, {3, 5}, {2, 4, 3}, {2, 3, 4}, {1, 1}, {0, 0}, {0, 3}, {3, 0}, {0, 4, 3}, {40, 35}};
const std::vector<Shape> squares{{3, 3}, {1, 1}, {0, 0}, {2, 4, 4}, {0, 3, 3}, {45, 45}};
const std::vector<Shape> small_shapes{{3, 3}, {4, 3}, {3, 4}, {2, 3, 2}, {0, 2}};

bool orthonormal(const Tensor& q) { return near(matmul(q.mH(), q), identity(q, q.size(-1)), 10 * precision(q.dtype())); }
/// What does not depend on the phases of the columns.
Tensor projectors(const Tensor& v) { return v.unsqueeze(-2) * conj(v).unsqueeze(-3); }

}  // namespace

TEST_CASE("linalg.qr") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : shapes) {
      const Tensor a = matrix(shape, t);
      const std::int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
      const auto [q, r] = linalg::qr(a);
      CHECK(q.size(-1) == k);
      CHECK(r.size(-2) == k);
      CHECK(near(matmul(q, r), a, 10 * precision(t)));
      CHECK(orthonormal(q));
      CHECK(near(r, triu(r), 0));
      const auto c = linalg::qr(a, linalg::QRMode::complete);
      CHECK(c.Q.size(-1) == m);
      CHECK(orthonormal(c.Q));
      CHECK(near(matmul(c.Q, c.R), a, 10 * precision(t)));
      const auto only_r = linalg::qr(a, linalg::QRMode::r);
      CHECK(only_r.Q.shape() == Shape{0});
      CHECK(near(only_r.R, r, 0));
    }
  for (const auto& p : layouts(matrix({2, 4, 3}))) CHECK(near(linalg::qr(p.x).R, linalg::qr(p.x.clone()).R, 0));
  for (const DType t : {float64, complex128})
    for (const Shape& shape : small_shapes) {
      const auto both = [](const Tensor& x) {
        const auto f = linalg::qr(x);
        return std::vector<Tensor>{f.Q, f.R};
      };
      check_derivatives(both, {leaf_matrix(shape, t, 3)});
      check_derivatives([](const Tensor& x) { return linalg::qr(x).Q; }, {leaf_matrix(shape, t, 3)});
      check_derivatives([](const Tensor& x) { return linalg::qr(x).R; }, {leaf_matrix(shape, t, 3)});
    }
  check_derivatives([](const Tensor& x) { return linalg::qr(x, linalg::QRMode::complete).Q; }, {leaf_matrix({3, 4})});
  CHECK_ERROR(sum(linalg::qr(leaf_matrix({3, 2}), linalg::QRMode::r).R).backward(), "linalg.qr: has no derivative with mode r, which leaves out Q. Use mode reduced");
  CHECK_ERROR(sum(linalg::qr(leaf_matrix({3, 2}), linalg::QRMode::complete).Q).backward(),
              "linalg.qr: has no derivative with mode complete where there are more rows than columns. Use mode reduced");
}

TEST_CASE("geqrf, linalg.householder_product and ormqr") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : {Shape{5, 3}, Shape{2, 4, 4}, Shape{3, 3}, Shape{2, 0}}) {
      const Tensor a = matrix(shape, t);
      const auto f = geqrf(a);
      const Tensor q = linalg::householder_product(f.a, f.tau);
      CHECK(near(q, linalg::qr(a).Q, 0));
      // Reflector by reflector, by definition.
      const std::int64_t m = a.size(-2), k = a.size(-1);
      Tensor full = identity(a, m);
      for (std::int64_t i = 0; i < k; ++i) {
        const Tensor v = tril(f.a, -1).select(-1, i) + eye(m, -1, 0, {.dtype = t}).select(-1, i);
        full = full - f.tau.select(-1, i).unsqueeze(-1).unsqueeze(-1) * matmul(full, v.unsqueeze(-1) * conj(v).unsqueeze(-2));
      }
      CHECK(near(full.narrow(-1, 0, k), q, 10 * precision(t)));
      Shape other = shape;
      other[other.size() - 1] = 2;
      const Tensor c = matrix(other, t, 7);
      for (const bool adjoint : {false, true}) {
        const Tensor m_ = adjoint ? full.mH() : full;
        CHECK(near(ormqr(f.a, f.tau, c, true, adjoint), matmul(m_, c), 20 * precision(t)));
        CHECK(near(ormqr(f.a, f.tau, c.mT(), false, adjoint), matmul(c.mT(), m_), 20 * precision(t)));
      }
    }
  for (const DType t : {float64, complex128}) {
    check_derivatives([](const Tensor& x, const Tensor& tau) { return linalg::householder_product(x, tau); }, {leaf_matrix({2, 4, 3}, t), leaf_matrix({2, 3}, t, 2)});
    check_derivatives([](const Tensor& x, const Tensor& tau) { return linalg::householder_product(x, tau); }, {leaf_matrix({4, 3}, t), leaf_matrix({2}, t, 2)});
    for (const bool left : {false, true})
      check_derivatives([left](const Tensor& x, const Tensor& tau, const Tensor& c) { return ormqr(x, tau, c, left, !left); },
                        {leaf_matrix({4, 2}, t), leaf_matrix({2}, t, 2), leaf_matrix(left ? Shape{4, 3} : Shape{3, 4}, t, 3)});
    // With and without a tape the values agree.
    const Tensor x = matrix({4, 3}, t), tau = matrix({3}, t, 2);
    CHECK(near(linalg::householder_product(x, tau), linalg::householder_product(x.clone().requires_grad_(), tau), 1e-12));
  }
  CHECK_ERROR(linalg::householder_product(zeros({2, 3}), zeros({2})), "linalg.householder_product: needs at least as many rows as columns; got shape=[2, 3]");
  CHECK_ERROR(linalg::householder_product(zeros({3, 2}), zeros({3})),
              "linalg.householder_product: tau must have x's batch and no more entries than x has rows and columns; got x=[3, 2], tau=[3]");
  CHECK_ERROR(ormqr(zeros({3, 2}), zeros({2}), zeros({2, 2})), "ormqr: sizes must match; got x=[3, 2], c=[2, 2]");
  CHECK_ERROR(sum(geqrf(leaf_matrix({2, 2})).a).backward(), "geqrf: has no derivative");
}

TEST_CASE("linalg.eigh and linalg.eigvalsh") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : squares) {
      const Tensor a = hermitian(matrix(shape, t));
      for (const bool upper : {false, true}) {
        const Tensor read = upper ? triu(a) + tril(full_like(a, 7), -1) : tril(a) + triu(full_like(a, 7), 1);
        const auto [w, v] = linalg::eigh(read, upper);
        CHECK(w.dtype() == real_dtype(t));
        CHECK(near(matmul(a, v), v * w.unsqueeze(-2), 20 * precision(t)));
        CHECK(orthonormal(v));
        CHECK(near(linalg::eigvalsh(read, upper), w, 10 * precision(t)));
        CHECK(all(greater_equal(diff(w, 1, -1), 0)).item<bool>());
      }
    }
  // Eigenvalues of the second difference matrix: 2 - 2 cos(k pi / (n + 1)).
  const std::int64_t n = 12;
  const Tensor d = eye(n, -1, 0, {.dtype = float64}) * 2 - eye(n, -1, 1, {.dtype = float64}) - eye(n, -1, -1, {.dtype = float64});
  CHECK(close(linalg::eigvalsh(d), 2 - 2 * cos(arange(1., n + 1., {.dtype = float64}) * (ph::pi / (n + 1))), 1e-12, 1e-13));
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 2, 2}, Shape{0, 0}}) {
      check_derivatives([](const Tensor& x) { return linalg::eigvalsh(hermitian(x)); }, {leaf_matrix(shape, t)});
      check_derivatives([](const Tensor& x) { return linalg::eigh(hermitian(x), true).eigenvalues; }, {leaf_matrix(shape, t)});
      check_derivatives(
          [](const Tensor& x) {
            const auto f = linalg::eigh(hermitian(x));
            return std::vector<Tensor>{f.eigenvalues, projectors(f.eigenvectors)};
          },
          {leaf_matrix(shape, t)});
    }
  // Real vectors have a sign only, which does not change nearby.
  check_derivatives([](const Tensor& x) { return linalg::eigh(hermitian(x)).eigenvectors; }, {leaf_matrix({3, 3})});
  const Tensor z = leaf_matrix({2, 2}, complex128);
  bool refused = false;
  try {
    sum(real(linalg::eigh(hermitian(z)).eigenvectors * matrix({2, 2}, complex128, 9))).backward();
  } catch (const Error& e) {
    refused = std::string(e.what()).starts_with("linalg.eigh: the loss must not depend on the phase of complex vectors, which is arbitrary; got a derivative of ");
  }
  CHECK(refused);
}

TEST_CASE("linalg: matrices that are not finite") {
  NEEDS_LAPACK;
  Tensor a = eye(3, -1, 0, {.dtype = float64}).expand({2, 3, 3}).clone();
  a.index({1, 1, 0}).fill_(ph::nan);
  const char* rest = ": needs finite numbers; got a NaN or an infinity in the matrix of batch entry [1]";
  CHECK_ERROR(linalg::eigh(a), std::string("linalg.eigh") + rest);
  CHECK_ERROR(linalg::eigvalsh(a), std::string("linalg.eigvalsh") + rest);
  CHECK_ERROR(linalg::eig(a), std::string("linalg.eig") + rest);
  CHECK_ERROR(linalg::eigvals(a), std::string("linalg.eigvals") + rest);
  CHECK_ERROR(linalg::svd(a), std::string("linalg.svd") + rest);
  CHECK_ERROR(linalg::svdvals(a * ph::inf), "linalg.svdvals: needs finite numbers; got a NaN or an infinity in the matrix of batch entry [0]");
  CHECK_ERROR(linalg::lstsq(a, ones({2, 3, 1})), std::string("linalg.lstsq") + rest);
  linalg::eigh(a, true);  // the NaN is in the triangle that is not read
  CHECK(any(isnan(linalg::qr(a).R)).item<bool>());
}

TEST_CASE("linalg.eig and linalg.eigvals") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : squares) {
      const Tensor a = matrix(shape, t);
      const auto [w, v] = linalg::eig(a);
      CHECK(w.dtype() == complex_dtype(t));
      CHECK(near(matmul(a.to(w.dtype()), v), v * w.unsqueeze(-2), 40 * precision(t)));
      CHECK(near(vector_norm(v, 2, {-2}), ones(w.shape(), {.dtype = real_dtype(t)}), 10 * precision(t)));
      CHECK(near(sum(linalg::eigvals(a), -1), linalg::trace(a).to(w.dtype()), 100 * precision(t)));
    }
  // A quarter turn has the eigenvalues i and -i.
  const Tensor turn = linalg::eigvals(from_data<double>({0, -1, 1, 0}, {2, 2}));
  CHECK(close(sort(imag(turn)).values, from_data<double>({-1, 1}, 2)));
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 2, 2}, Shape{0, 0}}) {
      check_derivatives([](const Tensor& x) { return linalg::eigvals(x); }, {leaf_matrix(shape, t, 4)});
      check_derivatives(
          [](const Tensor& x) {
            const auto f = linalg::eig(x);
            return std::vector<Tensor>{f.eigenvalues, projectors(f.eigenvectors)};
          },
          {leaf_matrix(shape, t, 4)});
    }
}

TEST_CASE("linalg.svd and linalg.svdvals") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : shapes) {
      const Tensor a = matrix(shape, t);
      const std::int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
      for (const bool full : {false, true}) {
        const auto [u, s, vh] = linalg::svd(a, full);
        CHECK(s.dtype() == real_dtype(t));
        CHECK(u.size(-1) == (full ? m : k));
        CHECK(vh.size(-2) == (full ? n : k));
        CHECK(near(matmul(u.narrow(-1, 0, k) * s.unsqueeze(-2), vh.narrow(-2, 0, k)), a, 20 * precision(t)));
        CHECK(orthonormal(u));
        CHECK(orthonormal(vh.mH()));
        CHECK(near(linalg::svdvals(a), s, 10 * precision(t)));
        CHECK(all(less_equal(diff(s, 1, -1), 0)).item<bool>());
      }
    }
  for (const auto& p : layouts(matrix({2, 4, 3}))) CHECK(near(linalg::svdvals(p.x), linalg::svdvals(p.x.clone()), 0));
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{4, 3}, Shape{2, 2, 3}, Shape{0, 2}}) {
      check_derivatives([](const Tensor& x) { return linalg::svdvals(x); }, {leaf_matrix(shape, t)});
      for (const bool full : {false, true})
        check_derivatives(
            [full](const Tensor& x) {
              const auto f = linalg::svd(x, full);
              const std::int64_t k = f.S.size(-1);
              const Tensor u = f.U.narrow(-1, 0, k), v = f.Vh.narrow(-2, 0, k);
              return std::vector<Tensor>{projectors(u), f.S, projectors(v.mH()), u.unsqueeze(-1) * v.unsqueeze(-3)};
            },
            {leaf_matrix(shape, t)});
      check_derivatives([](const Tensor& x) { return projectors(linalg::svd(x, false).U); }, {leaf_matrix(shape, t)});
      check_derivatives([](const Tensor& x) { return projectors(linalg::svd(x, false).Vh.mH()); }, {leaf_matrix(shape, t)});
    }
}

TEST_CASE("linalg.pinv, pinverse and linalg.matrix_rank") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const Shape& shape : shapes) {
      const Tensor a = matrix(shape, t), p = linalg::pinv(a);
      CHECK(near(matmul(a, matmul(p, a)), a, 100 * precision(t)));
      CHECK(near(matmul(p, matmul(a, p)), p, 100 * precision(t)));
      CHECK(near(hermitian(matmul(a, p)), matmul(a, p), 100 * precision(t)));
      CHECK(all(equal(linalg::matrix_rank(a), std::min(a.size(-1), a.size(-2)))).item<bool>());
      if (a.size(-1) != a.size(-2)) continue;
      const Tensor h = hermitian(a);
      CHECK(near(linalg::pinv(tril(h), {.hermitian = true}), linalg::pinv(h), 1000 * precision(t)));
    }
  const Tensor low = matmul(matrix({4, 2}), matrix({2, 5}, float64, 2)), p = linalg::pinv(low);
  CHECK(near(matmul(low, matmul(p, low)), low, 1e-11));
  CHECK(near(pinverse(low, 1e-10), p, 1e-11));
  CHECK(linalg::matrix_rank(low).item<std::int64_t>() == 2);
  CHECK(linalg::matrix_rank(matmul(low, low.mT()), {.hermitian = true}).item<std::int64_t>() == 2);
  const Tensor d = diag_embed(from_data<double>({5, 1, 0.1}, 3));
  CHECK(linalg::matrix_rank(d, {.rtol = 0.1}).item<std::int64_t>() == 2);
  CHECK(linalg::matrix_rank(d, {.atol = 2.0}).item<std::int64_t>() == 1);
  CHECK(linalg::matrix_rank(stack({d, d, d}), {.rtol = from_data<double>({0, 0.1, 0.5}, 3)}).to_vector<std::int64_t>() == std::vector<std::int64_t>{3, 2, 1});
  CHECK(linalg::matrix_rank(zeros({0, 3})).item<std::int64_t>() == 0);
  CHECK(linalg::pinv(zeros({0, 3})).shape() == Shape{3, 0});
  for (const DType t : {float64, complex128}) {
    for (const Shape& shape : small_shapes) check_derivatives([](const Tensor& x) { return linalg::pinv(x); }, {leaf_matrix(shape, t)});
    check_derivatives([](const Tensor& x) { return linalg::pinv(hermitian(x), {.hermitian = true}); }, {leaf_matrix({3, 3}, t)});
    // Of a rank that stays, as the shapes make it.
    check_derivatives([](const Tensor& a, const Tensor& b) { return linalg::pinv(matmul(a, b), {.rtol = 1e-6}); }, {leaf_matrix({4, 2}, t), leaf_matrix({2, 3}, t, 2)});
  }
  CHECK_ERROR(linalg::pinv(zeros({2, 3}), {.hermitian = true}), "linalg.pinv: needs square matrices; got shape=[2, 3]");
  CHECK_ERROR(linalg::pinv(zeros({2, 2}), {.rtol = zeros({}, {.dtype = complex64})}), "linalg.pinv: tolerances must be real; got dtype=complex64");
}

TEST_CASE("linalg.lstsq") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes)
    for (const auto driver : {LstsqDriver::gelsy, LstsqDriver::gelsd, LstsqDriver::gelss, LstsqDriver::gels})
      for (const Shape& shape : {Shape{5, 3}, Shape{2, 3, 5}, Shape{4, 4}, Shape{0, 3}, Shape{3, 0}}) {
        const Tensor a = matrix(shape, t);
        Shape right = shape;
        right[right.size() - 1] = 2;
        const Tensor b = matrix(right, t, 2);
        const auto r = linalg::lstsq(a, b, -1, driver);
        CHECK(near(r.solution, matmul(linalg::pinv(a), b), 200 * precision(t)));
        const bool ranks = driver != LstsqDriver::gels, values = driver == LstsqDriver::gelsd || driver == LstsqDriver::gelss;
        if (ranks) CHECK(all(equal(r.rank, std::min(a.size(-1), a.size(-2)))).item<bool>());
        else CHECK(r.rank.numel() == 0);
        if (values && a.numel() > 0) CHECK(near(r.singular_values, linalg::svdvals(a), 20 * precision(t)));
        if (a.size(-2) > a.size(-1)) CHECK(near(r.residuals, sum(square(abs(b - matmul(a, r.solution))), -2), 20 * precision(t)));
        else CHECK(r.residuals.numel() == 0);
      }
  // A line through four points: numpy.linalg.lstsq([[0, 1], [1, 1], [2, 1], [3, 1]], [-1, 0.2, 0.9, 2.1])
  const auto line = linalg::lstsq(from_data<double>({0, 1, 1, 1, 2, 1, 3, 1}, {4, 2}), from_data<double>({-1, 0.2, 0.9, 2.1}, 4));
  CHECK(close(line.solution, from_data<double>({1, -0.95}, 2), 1e-12, 1e-13));
  CHECK(close(line.residuals, from_data<double>({0.05}, 1), 1e-10));
  CHECK(linalg::lstsq(matmul(matrix({4, 2}), matrix({2, 3})), matrix({4, 1})).rank.item<std::int64_t>() == 2);
  CHECK(linalg::lstsq(matrix({2, 4, 3}), matrix({2, 4})).solution.shape() == Shape{2, 3});
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 3, 4}, Shape{3, 3}})
      check_derivatives([](const Tensor& a, const Tensor& b) { return linalg::lstsq(a, b).solution; },
                        {leaf_matrix(shape, t), leaf_matrix({shape[shape.size() - 2], 2}, t, 2)});
  CHECK_ERROR(linalg::lstsq(zeros({3, 2}), zeros({2, 2})), "linalg.lstsq: sizes must match; got a=[3, 2], b=[2, 2]");
  CHECK_ERROR(linalg::lstsq(eye(3, 2) * from_data<float>({1, 0}, 2), zeros({3}), -1, LstsqDriver::gels), "linalg.lstsq: the matrix must be invertible; got a zero at pivot 2");
}

TEST_CASE("linalg.polar and linalg.matrix_sqrth") {
  NEEDS_LAPACK;
  for (const DType t : lapack_dtypes) {
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 4, 3}, Shape{3, 0}}) {
      const Tensor a = matrix(shape, t);
      const auto [u, h] = linalg::polar(a);
      CHECK(near(matmul(u, h), a, 20 * precision(t)));
      CHECK(orthonormal(u));
      CHECK(near(hermitian(h), h, 10 * precision(t)));
      CHECK(all(greater(linalg::eigvalsh(h), 0)).item<bool>());
    }
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 2, 2}, Shape{0, 0}}) {
      const Tensor a = spd(matrix(shape, t)), r = linalg::matrix_sqrth(tril(a));
      CHECK(near(matmul(r, r), a, 20 * precision(t)));
      CHECK(near(hermitian(r), r, 10 * precision(t)));
    }
  }
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 3, 2}, Shape{2, 0}}) {
      check_derivatives(
          [](const Tensor& x) {
            const auto f = linalg::polar(x);
            return std::vector<Tensor>{f.U, f.H};
          },
          {leaf_matrix(shape, t)});
      check_derivatives([](const Tensor& x) { return linalg::polar(x).H; }, {leaf_matrix(shape, t)});
      if (shape.back() == shape[shape.size() - 2]) check_derivatives([](const Tensor& x) { return linalg::matrix_sqrth(spd(x)); }, {leaf_matrix(shape, t)});
    }
  // Equal eigenvalues and singular values do no harm to these.
  const Tensor one = eye(3, -1, 0, {.dtype = float64}).clone().requires_grad_();
  check_derivatives([](const Tensor& x) { return linalg::matrix_sqrth(spd(x)); }, {one});
  check_derivatives([](const Tensor& x) { return linalg::polar(x).U; }, {one});
  CHECK_ERROR(linalg::polar(zeros({2, 3})), "linalg.polar: needs at least as many rows as columns; got shape=[2, 3]");
  CHECK_ERROR(linalg::matrix_sqrth(eye(2) * -1), "linalg.matrix_sqrth: the matrix must be positive definite; got an eigenvalue of -1");
}

TEST_CASE("svd_lowrank and pca_lowrank") {
  NEEDS_LAPACK;
  for (const Shape& shape : {Shape{2, 9, 3}, Shape{3, 9}}) {
    const Shape left = shape, right{3, 7};
    const Tensor a = shape.back() == 3 ? matmul(matrix(left), matrix(right, float64, 2)) : matmul(matrix({12, 3}), matrix(shape, float64, 2)).mT();
    const auto [u, s, v] = svd_lowrank(a, 3);
    CHECK(near(matmul(u * s.unsqueeze(-2), v.mH()), a, 1e-10));
    CHECK(near(s, linalg::svdvals(a).narrow(-1, 0, 3), 1e-10));
  }
  const Tensor x = matrix({20, 4}) + 5;
  const auto p = pca_lowrank(x);
  CHECK(p.S.size(-1) == 4);
  CHECK(near(p.S, linalg::svdvals(x - mean(x, 0, true)), 1e-10));
  CHECK(near(pca_lowrank(x, 4, false).S, linalg::svdvals(x), 1e-10));
  CHECK(near(svd_lowrank(x, 4, 2, mean(x, 0, true)).S, p.S, 1e-10));
  Tensor leaf = matrix({6, 3}).requires_grad_();
  const Tensor g = grad(sum(svd_lowrank(leaf, 3).S), leaf), h = grad(sum(linalg::svdvals(leaf)), leaf);
  CHECK(near(g, h, 1e-9));
  CHECK_ERROR(svd_lowrank(zeros({3, 2}), 3), "svd_lowrank: q must be between 0 and the smaller size; got q=3, shape=[3, 2]");
  CHECK_ERROR(svd_lowrank(zeros({3, 2}), 1, -1), "svd_lowrank: iterations must not be negative; got iterations=-1");
}
