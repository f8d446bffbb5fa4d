// LU factors and what is solved with them: systems, inverses, determinants.
#include "playhead/autograd/linalg.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/ops_linalg.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"

namespace ph {

using namespace detail;

namespace {

struct Factors {
  Tensor lu, pivots, info;
};

/// Not recorded.
Factors factor(const char* op, const Tensor& x) {
  Factors f{raw_copy(x.detach()), {}, new_info(x)};
  const std::int64_t m = x.size(-2), n = x.size(-1);
  f.pivots = empty(with_dims(batch_shape(x), {m < n ? m : n}), {.dtype = int32, .device = x.device()});
  kernels(x.device()).lu(op, view_of(f.lu), view_of(f.pivots), view_of(f.info));
  return f;
}

struct Triangles {
  Tensor l, u;
};

/// L [..., m, k] with its ones, and U [..., k, n].
Triangles unpack(const Tensor& lu) {
  const std::int64_t m = lu.size(-2), n = lu.size(-1), k = m < n ? m : n;
  const Tensor one = eye(m, k, 0, {.dtype = lu.dtype(), .device = lu.device()});
  return {tril(narrow(lu, -1, 0, k), -1) + one, triu(narrow(lu, -2, 0, k))};
}

Tensor solve_lower(const Tensor& l, const Tensor& b) { return linalg::solve_triangular(l, b, false, true, true); }

// The gradient of x = P L U by L U in one, with `inverse` the permutation of P. L's and U's own tangent spaces are the strictly lower
// and the upper triangles; where x is not square, the part beyond is a plain product.
Tensor lu_rule(const Tensor& lu, const Tensor& inverse, const Tensor& g) {
  const std::int64_t m = lu.size(-2), n = lu.size(-1), k = m < n ? m : n;
  const auto [l, u] = unpack(lu);
  const Tensor gl = tril(narrow(g, -1, 0, k), -1), gu = triu(narrow(g, -2, 0, k));
  const Tensor l1 = narrow(l, -2, 0, k).mH(), u1 = narrow(u, -1, 0, k).mH();
  const auto over_l = [&](const Tensor& b) { return linalg::solve_triangular(l1, b, true, true, true); };  // L1^-H b
  const auto over_u = [&](const Tensor& b) { return linalg::solve_triangular(u1, b, false, false); };        // b U1^-H
  Tensor y;
  if (m == n) {
    y = over_l(over_u(tril(matmul(l1, gl), -1) + triu(matmul(gu, u1))));
  } else if (m < n) {
    const Tensor part = over_u(tril(matmul(l1, gl) - matmul(gu, u.mH()), -1));
    y = over_l(cat({part + narrow(gu, -1, 0, k), narrow(gu, -1, k, n - k)}, -1));
  } else {
    const Tensor part = over_l(triu(matmul(gu, u1) - matmul(l.mH(), gl)));
    y = over_u(cat({part + narrow(gl, -2, 0, k), narrow(gl, -2, k, m - k)}, -2));
  }
  return permute_rows(y, inverse);
}

linalg::LUFactorEx lu_as(const char* op, const Tensor& x_, bool check) {
  const Tensor x = matrix_operand(op, x_);
  Factors f = factor(op, x);
  if (check) require_success(op, f.info, Failure::singular);
  if (recording(x))
    record(f.lu, op, {x}, [lu = Saved::output(f.lu), pivots = Saved(f.pivots), op](Backward& d) {
      const Tensor saved = lu(d);
      d[0] = lu_rule(saved, permutation_of(op, pivots(d), saved.size(-2), true), d.g());
    });
  return {f.lu, f.pivots, f.info};
}

void check_pivots(const char* op, const Tensor& factors, const Tensor& pivots) {
  const std::int64_t m = factors.size(-2), n = factors.size(-1);
  if (pivots.dtype() != int32 || !(pivots.shape() == with_dims(batch_shape(factors), {m < n ? m : n})))
    value_error(op, "pivots must be int32, one for each row of U; got pivots=", pivots.shape(), " of ", pivots.dtype(), ", factors=", factors.shape());
}

}  // namespace

namespace linalg {

LUFactor lu_factor(const Tensor& x) {
  const LUFactorEx r = lu_as("linalg.lu_factor", x, false);  // a singular matrix has factors too
  return {r.LU, r.pivots};
}
LUFactorEx lu_factor_ex(const Tensor& x, bool check_errors) { return lu_as("linalg.lu_factor_ex", x, check_errors); }
LU lu(const Tensor& x) {
  const LUFactorEx r = lu_as("linalg.lu", x, false);
  return lu_unpack(r.LU, r.pivots);
}

}  // namespace linalg

linalg::LU lu_unpack(const Tensor& factors, const Tensor& pivots, bool unpack_data, bool unpack_pivots) {
  const Tensor lu = matrix_operand("lu_unpack", factors);
  check_pivots("lu_unpack", lu, pivots);
  linalg::LU y;
  if (unpack_pivots) {
    const std::int64_t m = lu.size(-2);
    const Tensor one = eye(m, -1, 0, {.dtype = lu.dtype(), .device = lu.device()});
    y.P = permute_rows(with_batch(one, batch_shape(lu)), permutation_of("lu_unpack", pivots, m, true));
  }
  if (unpack_data) {
    Triangles t = unpack(lu);
    y.L = t.l, y.U = t.u;
  }
  return y;
}

// --- solving ----------------------------------------------------------------------------------------------------------------

namespace {

/// X with A X = B for matrices; `check`: throw for a singular A.
linalg::SolveEx solve_left(const char* op, const Tensor& a, const Tensor& b, bool check) {
  const Factors f = factor(op, a);
  if (check) require_success(op, f.info, Failure::singular);
  Tensor y = solve_factored(op, f.lu, f.pivots, b, false);
  if (recording(a, b))
    record(y, op, {a, b}, [a = Saved(a), y = Saved::output(y), lu = Saved(f.lu), pivots = Saved(f.pivots), op](Backward& d) {
      const Tensor g = d.create_graph() ? solve_left(op, a(d).mH(), d.g(), false).result
                                        : solve_factored(op, lu(d), pivots(d), d.g(), true);  // A^-H g
      if (d.needs(1)) d[1] = g;
      if (d.needs(0)) d[0] = neg(matmul(g, y(d).mH()));
    });
  return {y, f.info};
}

linalg::SolveEx solve_as(const char* op, const Tensor& a_, const Tensor& b_, bool left, bool check) {
  Tensor a = square_operand(op, a_), b = b_;
  const bool vector = b_.ndim() == 1;
  if (vector) b = unsqueeze(b_, left ? 1 : 0);
  b = matrix_operand(op, b);
  match_dtypes(op, a, b);
  if (a.size(-1) != b.size(left ? -2 : -1)) value_error(op, "sizes must match; got a=", a_.shape(), ", b=", b_.shape(), left ? "" : ", on the right");
  broadcast_shapes(op, batch_shape(a), batch_shape(b));
  linalg::SolveEx r = left ? solve_left(op, a, b, check) : solve_left(op, a.mT(), b.mT(), check);
  if (!left) r.result = r.result.mT();
  if (vector) r.result = squeeze(r.result, left ? -1 : -2);
  return r;
}

linalg::InvEx inv_as(const char* op, const Tensor& x_, bool check) {
  const Tensor x = square_operand(op, x_);
  Tensor y = raw_copy(x.detach()), info = new_info(x);
  kernels(x.device()).inverse(op, view_of(y), view_of(info));
  if (check) require_success(op, info, Failure::singular);
  if (recording(x))
    record(y, op, {x}, [y = Saved::output(y)](Backward& d) {
      const Tensor h = y(d).mH();
      d[0] = neg(matmul(h, matmul(d.g(), h)));
    });
  return {y, info};
}

}  // namespace

namespace linalg {

Tensor solve(const Tensor& a, const Tensor& b, bool left) { return solve_as("linalg.solve", a, b, left, true).result; }
SolveEx solve_ex(const Tensor& a, const Tensor& b, bool left, bool check_errors) { return solve_as("linalg.solve_ex", a, b, left, check_errors); }
Tensor inv(const Tensor& x) { return inv_as("linalg.inv", x, true).inverse; }
InvEx inv_ex(const Tensor& x, bool check_errors) { return inv_as("linalg.inv_ex", x, check_errors); }

Tensor lu_solve(const Tensor& factors_, const Tensor& pivots, const Tensor& b_, bool left, bool adjoint) {
  const char* op = "linalg.lu_solve";
  Tensor factors = square_operand(op, factors_), b = matrix_operand(op, b_);
  match_dtypes(op, factors, b);
  check_pivots(op, factors, pivots);
  if (factors.size(-1) != b.size(left ? -2 : -1))
    value_error(op, "sizes must match; got factors=", factors.shape(), ", b=", b.shape(), left ? "" : ", on the right");
  broadcast_shapes(op, batch_shape(factors), batch_shape(b));
  if (!left) return lu_solve(factors, pivots, b.mH(), true, !adjoint).mH();
  const std::int64_t n = factors.size(-1);
  if (recording(factors)) {  // by the triangles, each with its own rule
    const Triangles t = unpack(factors);
    if (!adjoint) return solve_triangular(t.u, solve_lower(t.l, permute_rows(b, permutation_of(op, pivots, n, false))), true);
    const Tensor y = solve_triangular(t.l.mH(), solve_triangular(t.u.mH(), b, false), true, true, true);
    return permute_rows(y, permutation_of(op, pivots, n, true));
  }
  permutation_of(op, pivots, n, false);  // throws for pivots that are none
  Tensor y = solve_factored(op, factors, pivots, b, adjoint);
  if (recording(b))
    record(y, op, {b}, [f = Saved(factors), pivots = Saved(pivots), adjoint](Backward& d) {
      d[0] = lu_solve(f(d), pivots(d), d.g(), true, !adjoint);
    });
  return y;
}

Tensor tensorsolve(const Tensor& a_, const Tensor& b, const Shape& dims) {
  const char* op = "linalg.tensorsolve";
  Tensor a = a_;
  if (!dims.empty()) {
    Shape last;
    for (int i = 0; i < dims.size(); ++i) last.push_back(i - dims.size());
    a = movedim(a_, dims, last);
  }
  Shape rest;
  for (int i = b.ndim(); i < a.ndim(); ++i) rest.push_back(a.shape()[i]);
  if (a.ndim() < b.ndim() || !(Shape(a.shape().data(), b.ndim()) == b.shape()) || numel(rest) != b.numel())
    value_error(op, "a must have b's shape, then dims with as many elements; got a=", a.shape(), ", b=", b.shape());
  return reshape(solve(reshape(a, {b.numel(), b.numel()}), reshape(b, {b.numel()})), rest);
}

Tensor tensorinv(const Tensor& x, std::int64_t ind) {
  const char* op = "linalg.tensorinv";
  if (ind <= 0 || ind > x.ndim()) value_error(op, "ind must be between 1 and the number of dimensions; got ind=", ind, ", shape=", x.shape());
  Shape first(x.shape().data(), static_cast<int>(ind)), last;
  for (int i = static_cast<int>(ind); i < x.ndim(); ++i) last.push_back(x.shape()[i]);
  if (numel(first) != numel(last))
    value_error(op, "the first ind dimensions must hold as many elements as the others; got ind=", ind, ", shape=", x.shape());
  Shape shape = last;
  for (const std::int64_t n : first) shape.push_back(n);
  return reshape(inv(reshape(x, {numel(first), numel(last)})), shape);
}

}  // namespace linalg

Tensor lu_solve(const Tensor& b, const Tensor& factors, const Tensor& pivots) { return linalg::lu_solve(factors, pivots, b); }

// --- determinants -----------------------------------------------------------------------------------------------------------

namespace {

/// 1 or -1 for each matrix, of the dtype of its factors: whether the exchanges are even or odd.
Tensor parity(const Factors& f) {
  const std::int64_t n = f.lu.size(-1);
  const Tensor moved = not_equal(f.pivots, arange(1, n + 1, {.dtype = int32, .device = f.lu.device()}));
  return sub(1, mul(remainder(sum(moved, -1), 2), 2)).to(f.lu.dtype());
}

// The adjugate of U S Vh is det(U) det(Vh) V adj(S) U^H: no division, so singular matrices have it too.
Tensor adjugate_rule(const Tensor& x, const Tensor& g) {
  const auto [u, s, vh] = linalg::svd(x, false);
  const std::int64_t n = x.size(-1);
  // [..., n, n] with s but for a 1 on the diagonal; the product of a row leaves one value out.
  const Tensor hole = eye(n, -1, 0, {.dtype = bool_, .device = x.device()});
  const Tensor others = prod(where(hole, 1, s.unsqueeze(-2)), -1);
  const Tensor c = conj(linalg::det(u) * linalg::det(vh)) * g;
  return c.unsqueeze(-1).unsqueeze(-1) * matmul(u * others.unsqueeze(-2), vh);
}

/// g conj(det) x^-H for invertible matrices, from factors if they are given.
Tensor det_rule(const char* op, const Tensor& x, const Tensor& weight, const Tensor* lu, const Tensor* pivots) {
  const Tensor b = diag_embed(weight.unsqueeze(-1).expand(batch_shape(x, 1)));
  return lu ? solve_factored(op, *lu, *pivots, b, true) : solve_left(op, x.mH(), b, false).result;
}

}  // namespace

namespace linalg {

Tensor det(const Tensor& x_) {
  const char* op = "linalg.det";
  const Tensor x = square_operand(op, x_);
  const Factors f = factor(op, x);
  Tensor y = prod(ph::diagonal(f.lu, 0, -2, -1), -1) * parity(f);
  if (recording(x))
    record(y, op, {x}, [x = Saved(x), y = Saved::output(y), lu = Saved(f.lu), pivots = Saved(f.pivots), op](Backward& d) {
      const Tensor a = x(d), factors = lu(d), swaps = pivots(d);
      const Tensor singular = any(equal(ph::diagonal(factors, 0, -2, -1), 0), -1);
      if (!any(singular).item<bool>()) {
        d[0] = det_rule(op, a, d.g() * conj(y(d)), d.create_graph() ? nullptr : &factors, &swaps);
        return;
      }
      const std::int64_t n = a.size(-1), count = singular.numel();
      const Tensor flat = reshape(a, {count, n, n}), g = reshape(d.g(), {count}), value = reshape(y(d), {count});
      const Tensor bad = nonzero(reshape(singular, {count}))[0], good = nonzero(logical_not(reshape(singular, {count})))[0];
      const auto of = [](const Tensor& t, const Tensor& at) { return index_select(t, 0, at); };
      Tensor result = index_copy(zeros_like(flat), 0, bad, adjugate_rule(of(flat, bad), of(g, bad)));
      if (good.numel() > 0) result = index_copy(result, 0, good, det_rule(op, of(flat, good), of(g, good) * conj(of(value, good)), nullptr, nullptr));
      d[0] = reshape(result, a.shape());
    });
  return y;
}

Slogdet slogdet(const Tensor& x_) {
  const char* op = "linalg.slogdet";
  const Tensor x = square_operand(op, x_);
  const Factors f = factor(op, x);
  const Tensor u = ph::diagonal(f.lu, 0, -2, -1);
  Slogdet y{prod(sign(u), -1) * parity(f), sum(log(abs(u)), -1)};
  if (!recording(x)) return y;
  const bool complex = is_complex(x.dtype());
  // d log det = tr(x^-1 dx); the real part belongs to the logarithm, the imaginary part turns the sign.
  const auto rule = [x = Saved(x), lu = Saved(f.lu), pivots = Saved(f.pivots), sign = complex ? Saved::output(y.sign, 1) : Saved(), op](Backward& d) {
    Tensor weight = d.g_or_zeros(0);
    if (sign.defined() && d.g(1).defined()) weight = ph::complex(weight, neg(imag(conj(d.g(1)) * sign(d))));
    const Tensor factors = lu(d), swaps = pivots(d);
    d[0] = det_rule(op, x(d), weight.to(factors.dtype()), d.create_graph() ? nullptr : &factors, &swaps);
  };
  if (complex) record({&y.logabsdet, &y.sign}, op, {x}, rule);
  else record(y.logabsdet, op, {x}, rule);
  return y;
}

}  // namespace linalg

Tensor logdet(const Tensor& x) {
  const linalg::Slogdet r = linalg::slogdet(x);
  return r.logabsdet + log(r.sign);
}

}  // namespace ph
