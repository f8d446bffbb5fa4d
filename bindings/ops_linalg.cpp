// Linear algebra: playhead.linalg, and what PyTorch has in its main module. Plain products are in ops_matmul.cpp.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

PH_NAMED_RESULT(linalg::CholeskyEx, "CholeskyEx", L, info)
PH_NAMED_RESULT(linalg::LUFactor, "LUFactor", LU, pivots)
PH_NAMED_RESULT(linalg::LUFactorEx, "LUFactorEx", LU, pivots, info)
PH_NAMED_RESULT(linalg::LU, "LU", P, L, U)
PH_NAMED_RESULT(linalg::SolveEx, "SolveEx", result, info)
PH_NAMED_RESULT(linalg::InvEx, "InvEx", inverse, info)
PH_NAMED_RESULT(linalg::Slogdet, "Slogdet", sign, logabsdet)
PH_NAMED_RESULT(linalg::LstsqResult, "Lstsq", solution, residuals, rank, singular_values)
PH_NAMED_RESULT(linalg::LDLFactor, "LDLFactor", LD, pivots)
PH_NAMED_RESULT(linalg::LDLFactorEx, "LDLFactorEx", LD, pivots, info)
PH_NAMED_RESULT(linalg::QR, "QR", Q, R)
PH_NAMED_RESULT(linalg::Polar, "Polar", U, H)
PH_NAMED_RESULT(linalg::Eigh, "Eigh", eigenvalues, eigenvectors)
PH_NAMED_RESULT(linalg::Eig, "Eig", eigenvalues, eigenvectors)
PH_NAMED_RESULT(linalg::SVD, "SVD", U, S, Vh)
PH_NAMED_RESULT(LowRank, "LowRank", U, S, V)
PH_NAMED_RESULT(Geqrf, "Geqrf", a, tau)
PH_CHOICE(linalg::QRMode, {"reduced", linalg::QRMode::reduced}, {"complete", linalg::QRMode::complete}, {"r", linalg::QRMode::r})
PH_CHOICE(LstsqDriver, {"gelsy", LstsqDriver::gelsy}, {"gelsd", LstsqDriver::gelsd}, {"gelss", LstsqDriver::gelss}, {"gels", LstsqDriver::gels})
template <> struct OrNone<LstsqDriver> { static constexpr const char* type = "str | None"; };

namespace {

/// Which triangle of a Hermitian matrix is read.
enum class Triangle { lower, upper };
/// The order of a norm: a number, a name, or None.
struct Order {
  std::optional<double> number;
  std::string name;
};

using I = std::int64_t;

linalg::RankOptions rank_options(const linalg::Tolerance& rtol, const linalg::Tolerance& atol, bool hermitian) { return {rtol, atol, hermitian}; }
void check_pivot(const char* op, bool pivot) {
  if (!pivot) value_error(op, "pivot=False is not supported: without exchanges of rows the factors are not accurate");
}

}  // namespace

PH_CHOICE(Triangle, {"L", Triangle::lower}, {"U", Triangle::upper})
template <> struct From<Order> {
  static constexpr const char* type = "float | str | None";
  static Order get(PyObject* o, const Arg& a) {
    if (o == Py_None) return {};
    if (PyUnicode_Check(o)) return {{}, to_text(o, a)};
    return {to_double(o, a), {}};
  }
};
template <> struct From<linalg::Tolerance> {
  static constexpr const char* type = "Tensor | float | None";
  static linalg::Tolerance get(PyObject* o, const Arg& a) {
    if (o == Py_None) return {};
    if (is_tensor(o)) return linalg::Tolerance(From<Tensor>::get(o, a));
    return linalg::Tolerance(to_double(o, a));
  }
};

void define_linalg() {
  using namespace linalg;
  using ph::outer, ph::tensordot, ph::vecdot;

  // --- factors and systems ---
  function("cholesky", "x, /, *, upper=False", [](const Tensor& x, bool upper) { return cholesky(x, upper); });
  function("cholesky_ex", "x, /, *, upper=False, check_errors=False", [](const Tensor& x, bool upper, bool check) { return cholesky_ex(x, upper, check); });
  function("lu_factor", "x, /, *, pivot=True", [](const Tensor& x, bool pivot) {
    check_pivot("linalg.lu_factor", pivot);
    return lu_factor(x);
  });
  function("lu_factor_ex", "x, /, *, pivot=True, check_errors=False", [](const Tensor& x, bool pivot, bool check) {
    check_pivot("linalg.lu_factor_ex", pivot);
    return lu_factor_ex(x, check);
  });
  function("lu", "x, /, *, pivot=True", [](const Tensor& x, bool pivot) {
    check_pivot("linalg.lu", pivot);
    return lu(x);
  });
  function("lu_solve", "LU, pivots, B, *, left=True, adjoint=False", [](const Tensor& f, const Tensor& p, const Tensor& b, bool left, bool adjoint) {
    return linalg::lu_solve(f, p, b, left, adjoint);
  });
  function("ldl_factor", "x, /, *, hermitian=False", [](const Tensor& x, bool h) { return ldl_factor(x, h); });
  function("ldl_factor_ex", "x, /, *, hermitian=False, check_errors=False", [](const Tensor& x, bool h, bool check) { return ldl_factor_ex(x, h, check); });
  function("ldl_solve", "LD, pivots, B, *, hermitian=False", [](const Tensor& f, const Tensor& p, const Tensor& b, bool h) { return ldl_solve(f, p, b, h); });
  function("solve", "x1, x2, /, *, left=True", [](const Tensor& a, const Tensor& b, bool left) { return solve(a, b, left); });
  function("solve_ex", "x1, x2, /, *, left=True, check_errors=False", [](const Tensor& a, const Tensor& b, bool left, bool check) { return solve_ex(a, b, left, check); });
  function("solve_triangular", "A, B, *, upper, left=True, unitriangular=False", [](const Tensor& a, const Tensor& b, bool upper, bool left, bool unit) {
    return solve_triangular(a, b, upper, left, unit);
  });
  function("inv", "x, /", [](const Tensor& x) { return inv(x); });
  function("inv_ex", "x, /, *, check_errors=False", [](const Tensor& x, bool check) { return inv_ex(x, check); });
  /// linalg.det.
  function("det", "x, /", [](const Tensor& x) { return det(x); });
  /// linalg.slogdet.
  function("slogdet", "x, /", [](const Tensor& x) { return slogdet(x); });
  function("tensorsolve", "a, b, axes=None", [](const Tensor& a, const Tensor& b, const std::optional<Shape>& axes) { return tensorsolve(a, b, axes.value_or(Shape{})); });
  function("tensorinv", "a, ind=2", [](const Tensor& a, I ind) { return tensorinv(a, ind); });
  function("lstsq", "A, B, rcond=None, *, driver=None", [](const Tensor& a, const Tensor& b, std::optional<double> rcond, std::optional<LstsqDriver> driver) {
    return lstsq(a, b, rcond.value_or(-1), driver.value_or(LstsqDriver::gelsy));
  });

  // --- decompositions ---
  function("qr", "x, /, mode='reduced'", [](const Tensor& x, QRMode mode) { return qr(x, mode); });
  function("householder_product", "A, tau", [](const Tensor& a, const Tensor& tau) { return householder_product(a, tau); });
  function("polar", "x, /", [](const Tensor& x) { return linalg::polar(x); });
  function("eigh", "x, /, UPLO='L'", [](const Tensor& x, Triangle t) { return eigh(x, t == Triangle::upper); });
  function("eigvalsh", "x, /, UPLO='L'", [](const Tensor& x, Triangle t) { return eigvalsh(x, t == Triangle::upper); });
  function("eig", "x, /", [](const Tensor& x) { return eig(x); });
  function("eigvals", "x, /", [](const Tensor& x) { return eigvals(x); });
  function("svd", "x, /, full_matrices=True", [](const Tensor& x, bool full) { return svd(x, full); });
  function("svdvals", "x, /", [](const Tensor& x) { return svdvals(x); });
  function("matrix_sqrth", "x, /", [](const Tensor& x) { return matrix_sqrth(x); });
  function("pinv", "x, /, *, rtol=None, atol=None, hermitian=False", [](const Tensor& x, const Tolerance& rtol, const Tolerance& atol, bool h) { return pinv(x, rank_options(rtol, atol, h)); });
  function("matrix_rank", "x, /, *, rtol=None, atol=None, hermitian=False", [](const Tensor& x, const Tolerance& rtol, const Tolerance& atol, bool h) {
    return matrix_rank(x, rank_options(rtol, atol, h));
  });

  // --- norms, powers, products ---
  function("vector_norm", "x, /, ord=2.0, axis=None, keepdims=False", [](const Tensor& x, double ord, const Axes& axis, bool keep) {
    return reduced(x, axis, keep, [&](const Tensor& y, const Shape& dims, bool k) { return vector_norm(y, ord, dims, k); });
  });
  function("matrix_norm", "x, /, ord='fro', axis=None, keepdims=False", [](const Tensor& x, const Order& ord, const std::optional<Shape>& axis, bool keep) {
    const Shape dims = axis.value_or(Shape{-2, -1});
    return ord.number ? matrix_norm(x, *ord.number, dims, keep) : matrix_norm(x, ord.name.empty() ? "fro" : ord.name, dims, keep);
  });
  function("norm", "x, /, ord=None, axis=None, keepdims=False", [](const Tensor& x, const Order& ord, const Axes& axis, bool keep) {
    return ord.number ? linalg::norm(x, *ord.number, axis.dims, keep) : linalg::norm(x, ord.name, axis.dims, keep);
  });
  function("cond", "x, /, p=None", [](const Tensor& x, const Order& p) { return p.number ? cond(x, *p.number) : p.name.empty() ? cond(x) : cond(x, p.name); });
  function("matrix_power", "x, n, /", [](const Tensor& x, I n) { return linalg::matrix_power(x, n); });
  function("matrix_exp", "x, /", [](const Tensor& x) { return linalg::matrix_exp(x); });
  function("multi_dot", "tensors", [](const std::vector<Tensor>& xs) { return multi_dot(xs); });
  function("vander", "x, /, N=None", [](const Tensor& x, std::optional<I> n) {
    if (n && *n < 0) value_error("linalg.vander", "N must not be negative; got N=", *n);
    return vander(x, n.value_or(-1));
  });
  function("diagonal", "x, /, *, offset=0, dim1=-2, dim2=-1", [](const Tensor& x, I offset, I a, I b) { return linalg::diagonal(x, offset, a, b); });
  function("trace", "x, /, *, offset=0, dtype=None", [](const Tensor& x, I offset, const MaybeDType& dtype) { return linalg::trace(dtype ? x.to(*dtype) : x, offset); });
  function("matmul", "x1, x2, /", [](const Tensor& a, const Tensor& b) { return ph::matmul(a, b); });
  function("matrix_transpose", "x, /", [](const Tensor& x) { return ph::matrix_transpose(x); });
  function("outer", "x1, x2, /", [](const Tensor& a, const Tensor& b) { return outer(a, b); });
  function("cross", "x1, x2, /, *, axis=-1", [](const Tensor& a, const Tensor& b, I axis) { return ph::cross(a, b, axis); });
  function("vecdot", "x1, x2, /, *, axis=-1", [](const Tensor& a, const Tensor& b, I axis) { return vecdot(a, b, axis); });
}

void define_matrix() {
#define PH_ADDED(name, b, c) \
  op(#name, "input, " b ", " c ", *, beta=1, alpha=1", [](const Tensor& x, const Tensor& y, const Tensor& z, Scalar beta, Scalar alpha) { return ph::name(x, y, z, beta, alpha); });
  PH_ADDED(addbmm, "batch1", "batch2")
  PH_ADDED(addr, "vec1", "vec2")
#undef PH_ADDED
  op("matrix_power", "x, n", [](const Tensor& x, I n) { return matrix_power(x, n); });
  op("matrix_exp", "x", [](const Tensor& x) { return matrix_exp(x); });
  op("det", "x", [](const Tensor& x) { return linalg::det(x); });
  op("slogdet", "x", [](const Tensor& x) { return linalg::slogdet(x); });
  /// linalg.inv.
  op("inverse", "x", [](const Tensor& x) { return linalg::inv(x); });
  op("logdet", "x", [](const Tensor& x) { return logdet(x); });
  op("pinverse", "x, rcond=1e-15", [](const Tensor& x, double rcond) { return pinverse(x, rcond); });
  op("cholesky_solve", "B, L, upper=False", [](const Tensor& b, const Tensor& l, bool upper) { return cholesky_solve(b, l, upper); });
  op("cholesky_inverse", "L, upper=False", [](const Tensor& l, bool upper) { return cholesky_inverse(l, upper); });
  op("lu_solve", "b, LU_data, LU_pivots", [](const Tensor& b, const Tensor& f, const Tensor& p) { return lu_solve(b, f, p); });
  function("lu_unpack", "LU_data, LU_pivots, unpack_data=True, unpack_pivots=True", [](const Tensor& f, const Tensor& p, bool data, bool pivots) {
    linalg::LU r = lu_unpack(f, p, data, pivots);
    const auto given = [&](Tensor& t) { if (!t.defined()) t = empty({0}, {.dtype = f.dtype(), .device = f.device()}); };
    given(r.P), given(r.L), given(r.U);
    return r;
  });
  op("geqrf", "x", [](const Tensor& x) { return geqrf(x); });
  op("ormqr", "x, tau, other, left=True, transpose=False", [](const Tensor& x, const Tensor& tau, const Tensor& c, bool left, bool transpose) { return ormqr(x, tau, c, left, transpose); });
  function("svd_lowrank", "A, q=6, niter=2, M=None", [](const Tensor& a, I q, I n, const MaybeTensor& mean) { return svd_lowrank(a, q, n, mean); });
  function("pca_lowrank", "A, q=None, center=True, niter=2", [](const Tensor& a, std::optional<I> q, bool center, I n) {
    if (q && *q < 0) value_error("pca_lowrank", "q must not be negative; got q=", *q);
    return pca_lowrank(a, q.value_or(-1), center, n);
  });
  function("cdist", "x1, x2, p=2.0", [](const Tensor& a, const Tensor& b, double p) { return cdist(a, b, p); });
  op("dist", "input, other, p=2.0", [](const Tensor& a, const Operand& b, double p) {
    return dist(a, b.is_tensor() ? b.tensor : full({}, b.scalar, {.dtype = weak_promote(a.dtype(), b.scalar), .device = a.device()}), p);
  });
  op("renorm", "x, p, dim, maxnorm", [](const Tensor& x, double p, I dim, double most) { return renorm(x, p, dim, most); });
  op("cov", "x, *, correction=1.0, fweights=None, aweights=None", [](const Tensor& x, double correction, const MaybeTensor& f, const MaybeTensor& a) { return cov(x, correction, f, a); });
  op("corrcoef", "x", [](const Tensor& x) { return corrcoef(x); });
}

}  // namespace ph::python
