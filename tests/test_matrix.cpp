// Norms, powers and functions of matrices, distances and covariances. Literals are NumPy's and SciPy's.
#include "linalg_samples.h"

using namespace ph;
using namespace test;

namespace {

Tensor given(std::vector<double> v, const Shape& shape) { return from_data<double>(v, shape); }
const Tensor three = given({1, 2, 0, -1, 0.5, 3, 2, 1, -1}, {3, 3});
Tensor number(double v) { return tensor(v, {.dtype = float64}); }

}  // namespace

TEST_CASE("linalg.matrix_norm and linalg.norm") {
  const double infinity = ph::inf;
  struct Case {
    double ord, value;
  };
  for (const Case& c : {Case{1, 4}, Case{-1, 3.5}, Case{infinity, 4.5}, Case{-infinity, 3}}) {
    CHECK(close(linalg::matrix_norm(three, c.ord), number(c.value), 1e-14));
    CHECK(close(linalg::norm(three, c.ord), number(c.value), 1e-14));
  }
  CHECK(close(linalg::matrix_norm(three), number(4.6097722286464435), 1e-14));
  for (const double p : {1.0, 2.0, ph::inf}) {  // of nothing
    if (p == 2 && !cpu::has_blas()) continue;
    CHECK(linalg::matrix_norm(zeros({0, 3}), p).item<float>() == 0);
    CHECK(linalg::matrix_norm(zeros({2, 3, 0}), p).shape() == Shape{2});
  }
  CHECK(close(linalg::norm(three, "fro"), number(4.6097722286464435), 1e-14));
  CHECK(close(linalg::norm(three), number(4.6097722286464435), 1e-14));
  CHECK(close(linalg::norm(three.flatten(), 1), number(11.5), 1e-14));
  CHECK(close(linalg::norm(three, 1, 0), given({4, 3.5, 4}, 3), 1e-14));
  CHECK(close(linalg::norm(three, "", 1), linalg::vector_norm(three, 2, 1)));
  CHECK(close(linalg::norm(matrix({2, 3, 4}), "", {0, 2}), linalg::vector_norm(matrix({2, 3, 4}), 2, {0, 2})));
  const Tensor x = matrix({2, 3, 4});
  for (const double p : {1., -1., infinity, -infinity}) {
    const Tensor y = linalg::matrix_norm(x, p, {0, 2}), z = linalg::matrix_norm(x.permute({1, 0, 2}), p);
    CHECK(close(y, z));
    CHECK(linalg::matrix_norm(x, p, {0, 2}, true).shape() == Shape{1, 3, 1});
    CHECK(close(linalg::matrix_norm(x, p, {2, 0}), linalg::matrix_norm(x.permute({1, 2, 0}), p)));
    check_derivatives([p](const Tensor& m) { return linalg::matrix_norm(m, p); }, {leaf_matrix({2, 3, 4})});
    check_derivatives([p](const Tensor& m) { return linalg::matrix_norm(m, p, {0, 1}, true); }, {leaf_matrix({3, 2}, complex128)});
  }
  CHECK_ERROR(linalg::matrix_norm(three, 3), "linalg.matrix_norm: ord must be 1, 2, inf, one of these negative, \"fro\" or \"nuc\"; got ord=3");
  CHECK_ERROR(linalg::matrix_norm(three, "max"), "linalg.matrix_norm: ord must be \"fro\", \"nuc\" or a number; got ord=\"max\"");
  CHECK_ERROR(linalg::matrix_norm(three, 1, {0, 0}), "linalg.matrix_norm: dims must be different; got dims=[0, 0], shape=[3, 3]");
  CHECK_ERROR(linalg::matrix_norm(three, 1, {0}), "linalg.matrix_norm: needs two dims; got dims=[0]");
  CHECK_ERROR(linalg::norm(x, 2), "linalg.norm: needs dims for more than two dimensions; got shape=[2, 3, 4]");
  CHECK_ERROR(linalg::norm(three.flatten(), "nuc"), "linalg.norm: \"fro\" and \"nuc\" are norms of matrices; got dims=[], shape=[9]");
  NEEDS_LAPACK;
  CHECK(close(linalg::matrix_norm(three, 2), number(3.7017522637921765), 1e-13));
  CHECK(close(linalg::matrix_norm(three, -2), number(0.6583569075758762), 1e-13));
  CHECK(close(linalg::matrix_norm(three, "nuc"), number(7.027241781448891), 1e-13));
  CHECK(close(linalg::matrix_norm(x, 2, {2, 0}), linalg::matrix_norm(x.permute({1, 2, 0}), 2), 1e-13));
  CHECK(linalg::matrix_norm(x, "nuc", {0, 2}, true).shape() == Shape{1, 3, 1});
  CHECK(linalg::norm(zeros({0, 3}), "nuc").item<float>() == 0);
  for (const DType t : {float64, complex128})
    for (const double p : {2., -2.}) {
      check_derivatives([p](const Tensor& m) { return linalg::matrix_norm(m, p); }, {leaf_matrix({2, 3, 4}, t)});
      check_derivatives([](const Tensor& m) { return linalg::matrix_norm(m, "nuc"); }, {leaf_matrix({3, 2}, t)});
    }
}

TEST_CASE("linalg.cond") {
  NEEDS_LAPACK;
  CHECK(close(linalg::cond(three), number(5.622713487464315), 1e-12));
  CHECK(close(linalg::cond(three, -2), number(0.1778500722523871), 1e-12));
  CHECK(close(linalg::cond(three, "fro"), number(7.318817442551524), 1e-12));
  CHECK(close(linalg::cond(three, "nuc"), number(15.207019895500768), 1e-12));
  CHECK(close(linalg::cond(three, 1), number(7.076923076923077), 1e-12));
  CHECK(close(linalg::cond(three, -ph::inf), number(3.461538461538461), 1e-12));
  CHECK(linalg::cond(matrix({2, 4, 3})).shape() == Shape{2});
  CHECK(std::isinf(linalg::cond(ones({2, 2}), 1).item<float>()));
  CHECK(linalg::cond(zeros({0, 0})).item<float>() == 0);
  check_derivatives([](const Tensor& x) { return linalg::cond(x); }, {regular({3, 3}).requires_grad_()});
  check_derivatives([](const Tensor& x) { return linalg::cond(x, "fro"); }, {regular({2, 2, 2}, complex128).requires_grad_()});
  CHECK_ERROR(linalg::cond(zeros({2, 3}), 1), "linalg.cond: needs square matrices; got shape=[2, 3]");
}

TEST_CASE("linalg.diagonal, linalg.trace, and the names that linalg shares") {
  const Tensor x = matrix({2, 3, 4}), y = matrix({2, 3, 4}, float64, 2);
  CHECK(close(linalg::diagonal(x, 1), diagonal(x, 1, 1, 2)));
  CHECK(close(linalg::trace(x, -1), trace(x, -1, 1, 2)));
  CHECK(close(linalg::matmul(x, linalg::matrix_transpose(y)), matmul(x, y.mT())));
  CHECK(close(linalg::vecdot(x, y), sum(x * y, -1)));
  CHECK(close(linalg::outer(x[0][0], y[0][1]), outer(x[0][0], y[0][1])));
  CHECK(close(linalg::tensordot(x, y, 3), sum(x * y)));
  CHECK(linalg::cross(x.narrow(2, 0, 3), y.narrow(2, 0, 3)).shape() == Shape{2, 3, 3});
}

TEST_CASE("linalg.matrix_power") {
  const Tensor x = regular({2, 3, 3});
  CHECK(close(linalg::matrix_power(x, 0), identity(x, 3)));
  CHECK(close(linalg::matrix_power(x, 1), x));
  CHECK(close(matrix_power(x, 5), matmul(x, matmul(matmul(x, x), matmul(x, x))), 1e-12));
  CHECK(linalg::matrix_power(from_data<int>({1, 1, 1, 0}, {2, 2}), 10).to_vector<std::int32_t>() == std::vector<std::int32_t>{89, 55, 55, 34});
  CHECK(linalg::matrix_power(zeros({0, 0}), 3).shape() == Shape{0, 0});
  for (const int n : {0, 1, 2, 3, 6}) check_derivatives([n](const Tensor& m) { return linalg::matrix_power(m, n); }, {leaf_matrix({2, 2, 2}, complex128)});
  CHECK_ERROR(linalg::matrix_power(zeros({2, 3}), 2), "linalg.matrix_power: needs square matrices; got shape=[2, 3]");
  NEEDS_LAPACK;
  CHECK(near(matmul(linalg::matrix_power(x, -3), linalg::matrix_power(x, 3)), identity(x, 3), 1e-11));
  check_derivatives([](const Tensor& m) { return linalg::matrix_power(m, -2); }, {regular({3, 3}).requires_grad_()});
}

TEST_CASE("linalg.matrix_exp") {
  CHECK(close(linalg::matrix_exp(three), given({3.441978205976179, 5.881363734539789, 4.658670410901188, 1.7179885436312918, 4.300972477791822,
                                               4.163375190908501, 2.775583460605667, 4.493572004236956, 3.7721750193046355}, {3, 3}), 1e-13));
  for (const DType t : lapack_dtypes) {
    const Tensor x = matrix({3, 2, 4, 4}, t) * exp(arange(-4., 2., 3., {.dtype = float64})).reshape({2, 1, 1}).to(real_dtype(t));  // sizes far apart in one batch
    CHECK(near(matmul(matrix_exp(x), matrix_exp(-x)), identity(x, 4), 3000 * precision(t)));
    CHECK(near(matrix_exp(x * 2), matmul(matrix_exp(x), matrix_exp(x)), 300 * precision(t)));
    CHECK(near(matrix_exp(diag_embed(linspace(-3., 3., 5, {.dtype = t}))), diag_embed(exp(linspace(-3., 3., 5, {.dtype = t}))), 5 * precision(t)));
  }
  // A rotation by an angle of many turns.
  const Tensor turn = matrix_exp(given({0, -100, 100, 0}, {2, 2}));
  CHECK(near(turn, given({std::cos(100), -std::sin(100), std::sin(100), std::cos(100)}, {2, 2}), 1e-12));
  CHECK(close(matrix_exp(zeros({2, 2}, {.dtype = float64})), eye(2, -1, 0, {.dtype = float64})));
  CHECK(matrix_exp(zeros({0, 0})).shape() == Shape{0, 0});
  CHECK(matrix_exp(zeros({0, 3, 3})).shape() == Shape{0, 3, 3});
  CHECK(all(isnan(matrix_exp(full({2, 2}, ph::nan)))).item<bool>());
  for (const DType t : {float64, complex128})
    for (const Shape& shape : {Shape{3, 3}, Shape{2, 2, 2}, Shape{1, 1}, Shape{0, 0}}) check_derivatives([](const Tensor& x) { return matrix_exp(x); }, {leaf_matrix(shape, t)});
  // A large incoming gradient must not spoil the small exponent.
  const Tensor x = leaf_matrix({3, 3});
  const Tensor g = matrix({3, 3}, float64, 2), small = grad({matrix_exp(x)}, {x}, {.gradients = {g}})[0], large = grad({matrix_exp(x)}, {x}, {.gradients = {g * 1e12}})[0];
  CHECK(near(large * 1e-12, small, 1e-14));
  CHECK_ERROR(matrix_exp(zeros({2, 3})), "linalg.matrix_exp: needs square matrices; got shape=[2, 3]");
}

TEST_CASE("linalg.multi_dot") {
  const Tensor a = matrix({7, 2}), b = matrix({2, 9}, float64, 2), c = matrix({9, 3}, float64, 3), d = matrix({3, 4}, float64, 4);
  CHECK(close(linalg::multi_dot({a, b, c, d}), matmul(matmul(matmul(a, b), c), d), 1e-12));
  CHECK(close(linalg::multi_dot({a.select(1, 0), a, b}), matmul(matmul(a.select(1, 0), a), b), 1e-12));
  CHECK(linalg::multi_dot({a.select(1, 0), a, b.select(1, 0)}).shape() == Shape{});
  CHECK(linalg::multi_dot({a, b.select(1, 0)}).shape() == Shape{7});
  check_derivatives([](const std::vector<Tensor>& x) { return linalg::multi_dot(x); }, {leaf_matrix({2, 3}), leaf_matrix({3, 4}), leaf_matrix({4})});
  CHECK_ERROR(linalg::multi_dot({a}), "linalg.multi_dot: needs two tensors or more; got 1");
  CHECK_ERROR(linalg::multi_dot({a, c}), "linalg.multi_dot: inner sizes must match; got tensors 0 and 1 of shapes [7, 2] and [9, 3]");
  CHECK_ERROR(linalg::multi_dot({a, matrix({2}), c}), "linalg.multi_dot: needs matrices (the first and last may be vectors); got tensor 1 of shape [2]");
}

TEST_CASE("linalg.vander") {
  CHECK(linalg::vander(from_data<int>({2, 3}, 2), 4).to_vector<std::int32_t>() == std::vector<std::int32_t>{1, 2, 4, 8, 1, 3, 9, 27});
  CHECK(linalg::vander(matrix({2, 3})).shape() == Shape{2, 3, 3});
  CHECK(linalg::vander(matrix({2}), 0).shape() == Shape{2, 0});
  CHECK(linalg::vander(matrix({2}), 1).to_vector<double>() == std::vector<double>{1, 1});
  CHECK(linalg::vander(matrix({0})).shape() == Shape{0, 0});
  check_derivatives([](const Tensor& x) { return linalg::vander(x, 4); }, {given({0, 0.5, -2}, {3}).requires_grad_()});
  CHECK_ERROR(linalg::vander(tensor(1.0)), "linalg.vander: needs at least one dimension; got shape=[]");
}

TEST_CASE("addbmm and addr") {
  const Tensor a = leaf_matrix({2, 3, 4}), b = leaf_matrix({2, 4, 5}, float64, 2), c = leaf_matrix({3, 5}, float64, 3);
  CHECK(close(addbmm(c, a, b, 0.5, 2), c * 0.5 + sum(matmul(a, b), 0) * 2, 1e-12));
  CHECK(close(addbmm(c * ph::nan, a, b, 0), sum(matmul(a, b), 0), 1e-12));
  check_derivatives([](const Tensor& x, const Tensor& y, const Tensor& z) { return addbmm(x, y, z, 0.5, 2); }, {c, a, b});
  const Tensor u = leaf_matrix({3}), v = leaf_matrix({5}, float64, 2);
  CHECK(close(addr(c, u, v, 2, -1), c * 2 - outer(u, v), 1e-12));
  CHECK(addr(from_data<int>({1}, 1), from_data<int>({1, 2}, 2), from_data<int>({3}, 1)).to_vector<std::int32_t>() == std::vector<std::int32_t>{4, 7});
  CHECK(close(addbmm(c, zeros({0, 3, 4}, {.dtype = float64}), zeros({0, 4, 5}, {.dtype = float64})), c));
  check_derivatives([](const Tensor& x, const Tensor& y, const Tensor& z) { return addr(x, y, z, 2, -1); }, {c, u, v});
  CHECK_ERROR(addbmm(c, a, a), "addbmm: needs batches of matrices [k, n, m] and [k, m, p]; got a=[2, 3, 4], b=[2, 3, 4]");
  CHECK_ERROR(addr(c, a, u), "addr: needs vectors; got a=[2, 3, 4], b=[3]");
}

TEST_CASE("cdist, dist and renorm") {
  const Tensor a = matrix({2, 1, 4, 3}), b = matrix({3, 5, 3}, float64, 2);
  for (const double p : {0., 0.5, 1., 1.5, 2., 3., static_cast<double>(ph::inf)}) {
    CHECK(close(cdist(a, b, p), linalg::vector_norm(a.unsqueeze(-2) - b.unsqueeze(-3), p, -1), 1e-12));
    check_derivatives([p](const Tensor& x, const Tensor& y) { return cdist(x, y, p); }, {leaf_matrix({2, 3, 2}), leaf_matrix({4, 2}, float64, 2)});
    check_derivatives([p](const Tensor& x, const Tensor& y) { return dist(x, y, p); }, {leaf_matrix({2, 3}), leaf_matrix({3}, float64, 2)});
  }
  CHECK(cdist(zeros({2, 0}), zeros({3, 0})).to_vector<float>() == std::vector<float>(6, 0));
  CHECK(cdist(zeros({0, 2}), zeros({3, 2})).shape() == Shape{0, 3});
  Tensor x = ones({2, 2}, {.dtype = float64, .requires_grad = true});
  sum(cdist(x, x.detach())).backward();  // all distances are 0
  CHECK(close(x.grad(), zeros({2, 2})));
  // Points close together and far from 0 keep their distance.
  const Tensor far = full({1, 2}, 1e8, {.dtype = float64}), step = far + given({1, 0}, {1, 2});
  CHECK(cdist(far, step).item<double>() == 1);
  CHECK_ERROR(cdist(zeros({2, 3}), zeros({2, 4})), "cdist: needs rows of one length, [..., n, k] and [..., m, k]; got a=[2, 3], b=[2, 4]");
  CHECK_ERROR(cdist(zeros({2, 3}), zeros({2, 3}), -1), "cdist: p must not be negative; got p=-1");
  CHECK_ERROR(cdist(zeros({2, 3}, {.dtype = int32}), zeros({2, 3})), "cdist: needs floats; got a=int32, b=float32");
  const Tensor r = renorm(matrix({3, 4, 2}), 1, 1, 5.);
  CHECK(all(less_equal(linalg::vector_norm(r, 1, {0, 2}), 5)).item<bool>());
  CHECK(close(renorm(matrix({3, 4}), 2, 0, 100.), matrix({3, 4})));
  CHECK(renorm(matrix({3, 4}, complex64), 2, 0, 1.).dtype() == complex64);
  check_derivatives([](const Tensor& m) { return renorm(m, 2, -1, 2.); }, {leaf_matrix({3, 4})});
  CHECK_ERROR(renorm(zeros({3}), 2, 0, 1), "renorm: needs at least two dimensions; got shape=[3]");
  CHECK_ERROR(renorm(zeros({3, 3}), 0, 0, 1), "renorm: p must be positive and most not negative; got p=0, most=1");
  CHECK_ERROR(renorm(zeros({3, 3}, {.dtype = int64}), 2, 0, 1), "renorm: needs floats or complex numbers; got dtype=int64");
}

TEST_CASE("cov and corrcoef") {
  const Tensor x = given({1, 2, 4, 3, 0, 1, 1, 5}, {2, 4}), f = from_data<int>({1, 2, 1, 3}, 4), a = given({0.5, 1, 2, 0.25}, 4);
  CHECK(close(cov(x), given({1.6666666666666665, 1.1666666666666665, 1.1666666666666665, 4.916666666666666}, {2, 2}), 1e-14));
  CHECK(close(cov(x, 1, f, a), given({1.4437869822485205, 0.3668639053254437, 0.3668639053254437, 2.8106508875739644}, {2, 2}), 1e-14));
  CHECK(close(cov(x[0], 0), number(1.25), 1e-14));
  CHECK(close(corrcoef(x), given({1, 0.40755575681770734, 0.40755575681770734, 1}, {2, 2}), 1e-14));
  CHECK(corrcoef(x[0]).item<double>() == 1);
  const Tensor z = complex(x, flip(x, 0)), c = cov(z);
  CHECK(close(real(c), given({6.583333333333333, 2.333333333333333, 2.333333333333333, 6.583333333333333}, {2, 2}), 1e-14));
  CHECK(close(imag(c), given({0, 3.25, -3.25, 0}, {2, 2}), 1e-14));
  CHECK(near(corrcoef(z), c / real(c[0][0]), 1e-14));
  CHECK(cov(from_data<int>({1, 2, 3}, 3)).item<float>() == 1);
  CHECK(std::isnan(cov(tensor(2.0)).item<float>()));
  for (const DType t : {float64, complex128}) {
    check_derivatives([&](const Tensor& m) { return cov(m, 0, f, a); }, {leaf_matrix({2, 4}, t)});
    check_derivatives([&](const Tensor& m) { return corrcoef(m); }, {leaf_matrix({3, 4}, t)});
  }
  check_derivatives([&](const Tensor& m, const Tensor& w) { return cov(m, 1, {}, w); }, {leaf_matrix({2, 4}), a.clone().requires_grad_()});
  CHECK_ERROR(cov(zeros({2, 2, 2})), "cov: needs at most two dimensions; got shape=[2, 2, 2]");
  CHECK_ERROR(cov(x, 1, a), "cov: fweights must be integers; got dtype=float64");
  CHECK_ERROR(cov(x, 1, {}, zeros({3})), "cov: aweights must have one entry for each observation; got aweights=[3], observations=4");
  CHECK_ERROR(cov(x, 1, f - 2), "cov: fweights must not be negative");
  CHECK_ERROR(cov(zeros({2, 2}, {.dtype = bool_})), "cov: needs numbers; got dtype=bool");
}
