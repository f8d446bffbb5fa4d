// Factors of symmetric matrices, and triangular systems.
#include "playhead/autograd/ops_linalg.h"

#include "playhead/autograd/linalg.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"

namespace ph {

using namespace detail;

namespace linalg {

namespace {

// For x = L L^H with Φ(M) = M's lower triangle with half the diagonal: dL = L Φ(L^-1 dx L^-H), so the gradient is the Hermitian
// part of L^-H Φ(L^H g) L^-1 (Murray, arXiv 1602.07527).
Tensor cholesky_rule(const Tensor& l, const Tensor& g) {
  const Tensor p = matmul(l.mH(), g), low = tril(p) + tril(p, -1);
  return solve_triangular(l, solve_triangular(l.mH(), low + low.mH(), true), false, false) * 0.25;
}

CholeskyEx lower_factor(const char* op, const Tensor& x, bool check) {
  Tensor l = raw_copy(x.detach()), info = new_info(x);
  kernels(x.device()).cholesky(op, view_of(l), view_of(info));
  if (check) require_success(op, info, Failure::not_positive_definite);
  if (recording(x)) record(l, op, {x}, [l = Saved::output(l)](Backward& d) { d[0] = cholesky_rule(l(d), d.g()); });
  return {l, info};
}

CholeskyEx cholesky_as(const char* op, const Tensor& x_, bool upper, bool check) {
  const Tensor x = square_operand(op, x_);
  if (!upper) return lower_factor(op, x, check);
  const CholeskyEx low = lower_factor(op, x.mH(), check);
  return {low.L.mH(), low.info};
}

}  // namespace

Tensor cholesky(const Tensor& x, bool upper) { return cholesky_as("linalg.cholesky", x, upper, true).L; }
CholeskyEx cholesky_ex(const Tensor& x, bool upper, bool check_errors) { return cholesky_as("linalg.cholesky_ex", x, upper, check_errors); }

Tensor solve_triangular(const Tensor& a_, const Tensor& b_, bool upper, bool left, bool unitriangular) {
  const char* op = "linalg.solve_triangular";
  Tensor a = square_operand(op, a_), b = matrix_operand(op, b_);
  match_dtypes(op, a, b);
  if (a.size(-1) != b.size(left ? -2 : -1))
    value_error(op, "sizes must match; got a=", a.shape(), ", b=", b.shape(), left ? "" : ", on the right");
  const Shape batch = broadcast_shapes(op, batch_shape(a), batch_shape(b));
  const Tensor wide = with_batch(a.detach(), batch);
  // A transposed matrix is solved as it lies in memory.
  const bool turned = !wide.is_contiguous() && wide.mT().is_contiguous();
  const Tensor f = turned ? wide.mT() : row_major(wide);
  Tensor y = raw_copy(with_batch(b.detach(), batch));
  kernels(y.device()).triangular(op, view_of(f), view_of(y), {.left = left, .upper = upper != turned, .unit = unitriangular, .transpose = turned});
  if (recording(a, b))
    record(y, op, {a, b}, [a = Saved(a), y = Saved::output(y), upper, left, unitriangular](Backward& d) {
      const Tensor g = solve_triangular(a(d).mH(), d.g(), !upper, left, unitriangular);
      if (d.needs(1)) d[1] = g;
      if (!d.needs(0)) return;
      const Tensor h = y(d).mH(), full = neg(left ? matmul(g, h) : matmul(h, g));
      d[0] = upper ? triu(full, unitriangular) : tril(full, unitriangular ? -1 : 0);
    });
  return y;
}

namespace {

LDLFactorEx ldl_as(const char* op, const Tensor& x_, bool hermitian, bool check) {
  const Tensor x = square_operand(op, x_);
  Tensor ld = raw_copy(x.detach()), info = new_info(x);
  Tensor pivots = empty(batch_shape(x, 1), {.dtype = int32, .device = x.device()});
  kernels(x.device()).ldl(op, view_of(ld), view_of(pivots), view_of(info), hermitian);
  if (check) require_success(op, info, Failure::singular);
  refuse_gradient(ld, op, x);
  return {ld, pivots, info};
}

/// Wrong pivots would make LAPACK read and write outside the matrix: each lies within, and the negative ones come in pairs.
void check_ldl_pivots(const char* op, const Tensor& pivots, std::int64_t n) {
  const std::vector<std::int32_t> all = pivots.cpu().to_vector<std::int32_t>();
  std::int64_t row = 0;
  bool second = false;
  for (const std::int32_t p : all) {
    if (p == 0 || p > n || p < -n || (second && p > 0) || (p < 0 && !second && row == n - 1))
      value_error(op, "pivots must be those of ldl_factor; got pivot=", p, " at row ", row);
    second = p < 0 && !second;
    row = row + 1 == n ? 0 : row + 1;
  }
}

}  // namespace

LDLFactor ldl_factor(const Tensor& x, bool hermitian) {
  const LDLFactorEx r = ldl_as("linalg.ldl_factor", x, hermitian, true);
  return {r.LD, r.pivots};
}
LDLFactorEx ldl_factor_ex(const Tensor& x, bool hermitian, bool check_errors) { return ldl_as("linalg.ldl_factor_ex", x, hermitian, check_errors); }

Tensor ldl_solve(const Tensor& factors_, const Tensor& pivots, const Tensor& b_, bool hermitian) {
  const char* op = "linalg.ldl_solve";
  Tensor factors = square_operand(op, factors_), b = matrix_operand(op, b_);
  match_dtypes(op, factors, b);
  const std::int64_t n = factors.size(-1);
  if (b.size(-2) != n) value_error(op, "sizes must match; got factors=", factors.shape(), ", b=", b.shape());
  if (pivots.dtype() != int32 || !(pivots.shape() == batch_shape(factors, 1)))
    value_error(op, "pivots must be int32, one for each row; got pivots=", pivots.shape(), " of ", pivots.dtype(), ", factors=", factors.shape());
  check_ldl_pivots(op, pivots, n);
  const Shape batch = broadcast_shapes(op, batch_shape(factors), batch_shape(b));
  const Tensor f = row_major(with_batch(factors.detach(), batch)), p = row_major(with_batch(pivots, batch, 1));
  Tensor y = raw_copy(with_batch(b.detach(), batch));
  kernels(y.device()).ldl_solve(op, view_of(f), view_of(p), view_of(y), hermitian);
  if (recording(factors, b))
    record(y, op, {factors, b}, [f = Saved(f), pivots = Saved(p), hermitian, op](Backward& d) {
      if (d.needs(0)) runtime_error(op, "has no derivative by the factors");
      // A^-H is A^-1 of a Hermitian matrix, and its conjugate of a symmetric one.
      d[1] = hermitian ? ldl_solve(f(d), pivots(d), d.g(), true) : conj(ldl_solve(f(d), pivots(d), conj(d.g()), false));
    });
  return y;
}

}  // namespace linalg

Tensor cholesky_solve(const Tensor& b, const Tensor& factor, bool upper) {
  const char* op = "cholesky_solve";
  const Tensor f = square_operand(op, factor), x = matrix_operand(op, b);
  if (f.size(-1) != x.size(-2)) value_error(op, "sizes must match; got b=", b.shape(), ", factor=", factor.shape());
  if (upper) return linalg::solve_triangular(f, linalg::solve_triangular(f.mH(), x, false), true);
  return linalg::solve_triangular(f.mH(), linalg::solve_triangular(f, x, false), true);
}

Tensor cholesky_inverse(const Tensor& factor, bool upper) {
  const Tensor f = square_operand("cholesky_inverse", factor);
  const Tensor one = eye(f.size(-1), -1, 0, {.dtype = f.dtype(), .device = f.device()});
  const Tensor g = linalg::solve_triangular(f, one, upper);
  return upper ? matmul(g, g.mH()) : matmul(g.mH(), g);
}

}  // namespace ph
