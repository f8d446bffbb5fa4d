// Linear algebra on matrices and batches of them: factors, solutions, eigenvalues, and what is computed from those. Plain products
// are in ops_matmul.h, norms, powers and functions of matrices in ops_matrix.h.
//
// The last two dims of a tensor are its matrices, the dims before are a batch; those of two operands broadcast. Dtypes are float32,
// float64, complex64 and complex128; integers become the default floating dtype, two operands are promoted. Any size may be 0.
// A matrix that a computation cannot take (singular, not positive definite, not finite) is a value error that names the batch entry;
// the `_ex` forms return LAPACK's code (int32, 0 is success) in `info` instead. "Lower" etc. say which triangle is read: the other
// is not looked at, and the gradient is that of the symmetric (Hermitian) matrix. Cholesky, LU, triangular systems, inverses and
// determinants are playhead's own; the rest needs LAPACK, and throws a runtime error in a build without it.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/linalg.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

namespace linalg {

// --- Cholesky ---------------------------------------------------------------------------------------------------------------

/// L of x = L L^H, lower triangular with a positive diagonal; with `upper`, U of x = U^H U. x: Hermitian, positive definite; its
/// lower (upper) triangle is read.
Tensor cholesky(const Tensor& x, bool upper = false);
struct CholeskyEx {
  Tensor L, info;
};
/// L of x = L L^H, as cholesky has it, and LAPACK's code instead of an error. With `check_errors` that is an error after all.
CholeskyEx cholesky_ex(const Tensor& x, bool upper = false, bool check_errors = false);

// --- LU -----------------------------------------------------------------------------------------------------------------------

struct LUFactor {
  Tensor LU;      ///< [..., m, n]: U on and above the diagonal, L below
  Tensor pivots;  ///< int32 [..., min(m, n)]: row i was exchanged with row pivots[i] - 1
};
struct LUFactorEx {
  Tensor LU, pivots, info;
};
struct LU {
  Tensor P, L, U;
};
/// The factors of x = P L U, with partial pivoting, packed in one matrix, and the row exchanges. x: [..., m, n].
LUFactor lu_factor(const Tensor& x);
/// The packed factors and row exchanges, as lu_factor has them, and LAPACK's code instead of an error.
LUFactorEx lu_factor_ex(const Tensor& x, bool check_errors = false);
/// x = P L U: a permutation, unit lower and upper triangular factors. x: [..., m, n].
LU lu(const Tensor& x);
/// y with A y = b (y A = b if not `left`; A^H for A if `adjoint`), from lu_factor(A). b: [..., n, k].
Tensor lu_solve(const Tensor& factors, const Tensor& pivots, const Tensor& b, bool left = true, bool adjoint = false);

// --- solving and inverting ------------------------------------------------------------------------------------------------------

/// y with a y = b, or y a = b if not `left`. a: [..., n, n]; b: [..., n, k] or [n].
Tensor solve(const Tensor& a, const Tensor& b, bool left = true);
struct SolveEx {
  Tensor result, info;
};
/// y with a y = b, as solve has it, and LAPACK's code instead of an error.
SolveEx solve_ex(const Tensor& a, const Tensor& b, bool left = true, bool check_errors = false);
/// y with a y = b, or y a = b if not `left`, for a triangular a, of which the other triangle, and with `unitriangular` the diagonal, is
/// not looked at. Never throws for a singular a: there the result is not finite.
Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left = true, bool unitriangular = false);
/// The inverse. x: [..., n, n].
Tensor inv(const Tensor& x);
struct InvEx {
  Tensor inverse, info;
};
/// The inverse, and LAPACK's code instead of an error where there is none.
InvEx inv_ex(const Tensor& x, bool check_errors = false);
/// Determinant: [...]. The gradient also holds where x is singular.
Tensor det(const Tensor& x);
struct Slogdet {
  Tensor sign, logabsdet;
};
/// Determinant as sign (0, or of modulus 1) and logarithm of its modulus (real; -inf for a singular matrix).
Slogdet slogdet(const Tensor& x);
/// y with tensordot(a, y, b's rank) = b; `dims` of a are moved to the end first.
Tensor tensorsolve(const Tensor& a, const Tensor& b, const Shape& dims = {});
/// The inverse of x as a map from its last dims to its first `ind`: tensordot(tensorinv(x), x, ind) is the identity.
Tensor tensorinv(const Tensor& x, std::int64_t ind = 2);

struct LstsqResult {
  Tensor solution;         ///< [..., n, k]
  Tensor residuals;        ///< [..., k]: squared distance of each column, real; empty unless m > n and every a has rank n
  Tensor rank;             ///< int64 [...]; empty for gels
  Tensor singular_values;  ///< [..., min(m, n)], real; empty for gels and gelsy
};
/// The y of least norm that makes |b - a y| least. a: [..., m, n]; b: [..., m, k], or [..., m] with one dim less than a. Singular
/// values below rcond times the largest count as 0 (rcond < 0: the dtype's epsilon times max(m, n)). Gradient: of solution.
LstsqResult lstsq(const Tensor& a, const Tensor& b, double rcond = -1, LstsqDriver driver = LstsqDriver::gelsy);

// --- symmetric, not positive: L D L^H --------------------------------------------------------------------------------------------

struct LDLFactor {
  Tensor LD, pivots;
};
struct LDLFactorEx {
  Tensor LD, pivots, info;
};
/// Bunch and Kaufman's factors of a symmetric (with `hermitian`, Hermitian) x, as LAPACK stores them; no gradient.
LDLFactor ldl_factor(const Tensor& x, bool hermitian = false);
/// The factors that ldl_factor gives, and LAPACK's code instead of an error; no gradient.
LDLFactorEx ldl_factor_ex(const Tensor& x, bool hermitian = false, bool check_errors = false);
/// y with A y = b, from ldl_factor(A). b: [..., n, k]. Gradient: of b.
Tensor ldl_solve(const Tensor& factors, const Tensor& pivots, const Tensor& b, bool hermitian = false);

// --- orthogonal factors -------------------------------------------------------------------------------------------------------------

enum class QRMode : std::uint8_t { reduced, complete, r };
struct QR {
  Tensor Q, R;  ///< Q is empty for QRMode::r
};
/// x = Q R: orthonormal columns, upper triangular. x: [..., m, n]; Q: [..., m, k], R: [..., k, n] with k = min(m, n), or m if complete.
/// Gradient: where the first k columns are independent; not for r, nor for complete with m > n.
QR qr(const Tensor& x, QRMode mode = QRMode::reduced);
/// The first n columns of the product of the reflectors I - tau_i v_i v_i^H, v_i in x's column i below a 1 on the diagonal.
/// x: [..., m, n] with m >= n; tau: [..., k] with k <= n.
Tensor householder_product(const Tensor& x, const Tensor& tau);
struct Polar {
  Tensor U, H;
};
/// x = U H: orthonormal columns, Hermitian and positive semidefinite. x: [..., m, n] with m >= n. Gradient: for rank n.
Polar polar(const Tensor& x);

// --- eigenvalues and singular values ----------------------------------------------------------------------------------------------------

struct Eigh {
  Tensor eigenvalues, eigenvectors;
};
/// Real eigenvalues, ascending, and orthonormal eigenvectors (columns) of a Hermitian x; its lower (upper) triangle is read.
/// The gradient of eigenvectors is infinite or NaN where eigenvalues repeat. A loss that depends on the phase of complex
/// eigenvectors, which is arbitrary, is a runtime error in backward.
Eigh eigh(const Tensor& x, bool upper = false);
/// The real eigenvalues, ascending, of a Hermitian x; its lower (upper) triangle is read.
Tensor eigvalsh(const Tensor& x, bool upper = false);
struct Eig {
  Tensor eigenvalues, eigenvectors;
};
/// Complex eigenvalues and eigenvectors (columns, of norm 1) of any square x. Gradients as for eigh.
Eig eig(const Tensor& x);
/// The complex eigenvalues of any square x.
Tensor eigvals(const Tensor& x);
struct SVD {
  Tensor U, S, Vh;
};
/// x = U diag(S) Vh, S real and descending. x: [..., m, n]; U: [..., m, m], Vh: [..., n, n], or with k = min(m, n) columns and
/// rows if not `full_matrices`. Gradients of U and Vh: of the first k columns and rows, for distinct S that are not 0; phases as for eigh.
SVD svd(const Tensor& x, bool full_matrices = true);
/// The singular values of x, real and descending: [..., min(m, n)].
Tensor svdvals(const Tensor& x);
/// The Hermitian positive definite square root of a Hermitian positive definite matrix; the lower triangle is read.
Tensor matrix_sqrth(const Tensor& x);

/// A bound of pinv, matrix_rank and the like: one number, or one for each matrix of a batch. Left out it has a default.
class Tolerance {
 public:
  Tolerance() = default;
  Tolerance(double v);
  Tolerance(const Tensor& v) : value_(v) {}
  const Tensor& value() const { return value_; }

 private:
  Tensor value_;
};
/// Singular values up to max(atol, rtol * largest) count as 0. Defaults: atol 0; rtol 0 if atol was given, else epsilon * max(m, n).
struct RankOptions {
  Tolerance rtol = {}, atol = {};
  bool hermitian = false;  ///< x is Hermitian: eigenvalues are computed instead, from the lower triangle
};
/// Moore and Penrose's inverse: [..., n, m] for [..., m, n]. Gradient: where the rank does not change.
Tensor pinv(const Tensor& x, const RankOptions& options = {});
/// Number of singular values above the tolerance, int64: [...].
Tensor matrix_rank(const Tensor& x, const RankOptions& options = {});

}  // namespace linalg

/// y with A y = b, from cholesky(A). b: [..., n, k].
Tensor cholesky_solve(const Tensor& b, const Tensor& factor, bool upper = false);
/// The inverse of A, from cholesky(A).
Tensor cholesky_inverse(const Tensor& factor, bool upper = false);
/// y with A y = b, from the results of lu_factor(A); linalg::lu_solve with the arguments in PyTorch's older order.
Tensor lu_solve(const Tensor& b, const Tensor& factors, const Tensor& pivots);
/// P, L, U from lu_factor's result; what is not asked for is undefined.
linalg::LU lu_unpack(const Tensor& factors, const Tensor& pivots, bool unpack_data = true, bool unpack_pivots = true);
/// Logarithm of the determinant: NaN where that is negative, -inf where it is 0. Complex for complex x.
Tensor logdet(const Tensor& x);
struct Geqrf {
  Tensor a, tau;
};
/// The reflectors and R that QR is made of, as householder_product takes them; no gradient.
Geqrf geqrf(const Tensor& x);
/// Q c, or c Q if not `left`, Q^H for Q if `adjoint`; Q [m, m] the product of the reflectors in x, as householder_product has them.
Tensor ormqr(const Tensor& x, const Tensor& tau, const Tensor& c, bool left = true, bool adjoint = false);
/// Moore and Penrose's inverse: linalg::pinv, where singular values up to rcond times the largest count as 0.
inline Tensor pinverse(const Tensor& x, double rcond = 1e-15) { return linalg::pinv(x, {.rtol = rcond}); }

struct LowRank {
  Tensor U, S, V;
};
/// About the q largest singular values and vectors of x (less `mean`, if given), by random projection and `iterations` of subspace
/// iteration: U [..., m, q], S [..., q], V [..., n, q].
LowRank svd_lowrank(const Tensor& x, std::int64_t q = 6, std::int64_t iterations = 2, const Tensor& mean = {});
/// About the q main components of the rows of x, less their mean if `center`: svd_lowrank of that. q = -1 is min(6, m, n).
LowRank pca_lowrank(const Tensor& x, std::int64_t q = -1, bool center = true, std::int64_t iterations = 2);

}  // namespace ph
