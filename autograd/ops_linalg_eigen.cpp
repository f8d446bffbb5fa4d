// Eigenvalues and singular values, and what is computed from them: pseudo-inverse, rank, square root, low-rank factors.
#include "playhead/autograd/linalg.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/ops_linalg.h"
#include "playhead/autograd/placed.h"

namespace ph {

using namespace detail;

namespace {

/// d[i, j] = w[j] - w[i], with ones on the diagonal, which is not divided by.
Tensor gaps(const Tensor& w) {
  return w.unsqueeze(-2) - w.unsqueeze(-1) + eye(w.size(-1), -1, 0, {.dtype = w.dtype(), .device = w.device()});
}
Tensor without_diagonal(const Tensor& x) { return x - diag_embed(diagonal(x, 0, -2, -1)); }

// d x = V (diag(dw) + [E, diag(w)]) V^H with E = V^H dV skew-Hermitian; its diagonal is the phases, which are free.
Tensor eigh_rule(const char* op, const Tensor& w, const Tensor& v, const Tensor& gw, const Tensor& gv) {
  if (!gv.defined()) return matmul(v * gw.unsqueeze(-2), v.mH());
  const Tensor p = matmul(v.mH(), gv);
  if (is_complex(v.dtype())) require_phase_free(op, imag(diagonal(p, 0, -2, -1)), p);
  Tensor inner = without_diagonal(p - p.mH()) * 0.5 / gaps(w);
  if (gw.defined()) inner = inner + diag_embed(gw);
  return matmul(matmul(v, inner), v.mH());
}

linalg::Eigh eigh_as(const char* op, const Tensor& x_, bool upper, bool vectors) {
  const Tensor x = square_operand(op, x_);
  const bool record_it = recording(x);
  linalg::Eigh y{empty(batch_shape(x, 1), {.dtype = real_dtype(x.dtype()), .device = x.device()}), raw_copy(x.detach())};
  const Tensor info = new_info(x);
  kernels(x.device()).eigh(op, view_of(y.eigenvectors), view_of(y.eigenvalues), view_of(info), !upper, vectors || record_it);
  require_success(op, info, Failure::no_convergence);
  if (record_it)
    record({&y.eigenvalues, &y.eigenvectors}, op, {x},
           [w = Saved::output(y.eigenvalues, 0), v = Saved::output(y.eigenvectors, 1), op](Backward& d) {
             d[0] = eigh_rule(op, w(d), v(d), d.g(0), d.g(1));
           });
  return y;
}

// d x V = V diag(dw) + dV diag(w) - x dV, with V's columns kept at norm 1.
Tensor eig_rule(const char* op, const Tensor& w, const Tensor& v, const Tensor& gw, const Tensor& gv) {
  const Tensor vh = v.mH();
  if (!gv.defined()) return linalg::solve(vh, gw.unsqueeze(-1) * vh);
  const Tensor p = matmul(vh, gv), on = diagonal(p, 0, -2, -1);
  require_phase_free(op, imag(on), p);
  Tensor inner = without_diagonal(p - matmul(vh, v * real(on).unsqueeze(-2))) / gaps(conj(w));
  if (gw.defined()) inner = inner + diag_embed(gw);
  return linalg::solve(vh, matmul(inner, vh));
}

linalg::Eig eig_as(const char* op, const Tensor& x_, bool vectors) {
  const Tensor x = square_operand(op, x_);
  const bool record_it = recording(x);
  const TensorOptions complex_like{.dtype = complex_dtype(x.dtype()), .device = x.device()};
  linalg::Eig y{empty(batch_shape(x, 1), complex_like), {}};
  if (vectors || record_it) y.eigenvectors = empty(x.shape(), complex_like);
  const Tensor a = raw_copy(x.detach()), info = new_info(x);
  kernels(x.device()).eig(op, view_of(a), view_of(y.eigenvalues), y.eigenvectors.defined() ? view_of(y.eigenvectors) : View(), view_of(info));
  require_success(op, info, Failure::no_convergence);
  if (record_it)
    record({&y.eigenvalues, &y.eigenvectors}, op, {x},
           [w = Saved::output(y.eigenvalues, 0), v = Saved::output(y.eigenvectors, 1), op, is_real = !is_complex(x.dtype())](Backward& d) {
             const Tensor g = eig_rule(op, w(d), v(d), d.g(0), d.g(1));
             d[0] = is_real ? real(g) : g;
           });
  return y;
}

// Of a thin decomposition (Townsend, "Differentiating the singular value decomposition"; Wan and Zhang, arXiv 1909.02659).
Tensor svd_rule(const char* op, const Tensor& u, const Tensor& s, const Tensor& vh, const Tensor& gu, const Tensor& gs, const Tensor& gvh) {
  if (!gu.defined() && !gvh.defined()) return matmul(u * gs.unsqueeze(-2), vh);
  const std::int64_t k = s.size(-1);
  const auto skew = [](const Tensor& x) { return x - x.mH(); };
  const Tensor pu = gu.defined() ? skew(matmul(u.mH(), gu)) : Tensor(), pv = gvh.defined() ? skew(matmul(vh, gvh.mH())) : Tensor();
  const Tensor square = gaps(s * s), columns = s.unsqueeze(-2), rows = s.unsqueeze(-1);
  Tensor inner = pu.defined() ? without_diagonal(pu) / square * columns : Tensor();
  if (pv.defined()) inner = inner.defined() ? inner + without_diagonal(pv) / square * rows : without_diagonal(pv) / square * rows;
  if (gs.defined()) inner = inner + diag_embed(gs);
  if (is_complex(u.dtype())) {
    // U and V may turn by a common phase only.
    const auto phases = [](const Tensor& p) { return diagonal(p, 0, -2, -1); };
    const Tensor both = !pv.defined() ? phases(pu) : !pu.defined() ? phases(pv) : phases(pu) + phases(pv);
    const Tensor all = !pv.defined() ? matmul(u.mH(), gu) : !pu.defined() ? matmul(vh, gvh.mH()) : cat({matmul(u.mH(), gu), matmul(vh, gvh.mH())}, -1);
    require_phase_free(op, imag(both), all);
    if (pu.defined() && pv.defined()) inner = inner + diag_embed(phases(pu) / (s * 2));
  }
  if (u.size(-2) > k && gu.defined()) {
    const Tensor scaled = gu / columns;
    return matmul(matmul(u, inner - matmul(u.mH(), scaled)) + scaled, vh);
  }
  if (vh.size(-1) > k && gvh.defined()) {
    const Tensor scaled = gvh / rows;
    return matmul(u, matmul(inner - matmul(scaled, vh.mH()), vh) + scaled);
  }
  return matmul(matmul(u, inner), vh);
}

linalg::SVD svd_as(const char* op, const Tensor& x_, bool full, bool vectors) {
  const Tensor x = matrix_operand(op, x_);
  const std::int64_t m = x.size(-2), n = x.size(-1), k = m < n ? m : n;
  const Shape batch = batch_shape(x);
  const TensorOptions like{.dtype = x.dtype(), .device = x.device()};
  linalg::SVD y{{}, empty(with_dims(batch, {k}), {.dtype = real_dtype(x.dtype()), .device = x.device()}), {}};
  const bool record_it = recording(x);
  if (vectors || record_it) {
    // Of an empty matrix the decomposition is any orthonormal vectors.
    const std::int64_t left = full ? m : k, right = full ? n : k;
    y.U = k > 0 ? empty(with_dims(batch, {m, left}), like) : raw_copy(eye(m, left, 0, like).expand(with_dims(batch, {m, left})));
    y.Vh = k > 0 ? empty(with_dims(batch, {right, n}), like) : raw_copy(eye(right, n, 0, like).expand(with_dims(batch, {right, n})));
  }
  const Tensor a = raw_copy(x.detach()), info = new_info(x);
  const auto view = [](const Tensor& t) { return t.defined() ? view_of(t) : View(); };
  kernels(x.device()).svd(op, view_of(a), view(y.U), view_of(y.S), view(y.Vh), view_of(info));
  require_success(op, info, Failure::no_convergence);
  if (record_it)
    record({&y.U, &y.S, &y.Vh}, op, {x},
           [u = Saved::output(y.U, 0), s = Saved::output(y.S, 1), vh = Saved::output(y.Vh, 2), op, k](Backward& d) {
             const auto first = [&](const Tensor& t, std::int64_t dim) { return t.defined() ? narrow(t, dim, 0, k) : t; };
             d[0] = svd_rule(op, first(u(d), -1), s(d), first(vh(d), -2), first(d.g(0), -1), d.g(1), first(d.g(2), -2));
           });
  return y;
}

/// The bound below which a matrix's |singular values| count as 0, [..., 1]. `values`: [..., k].
Tensor bound(const char* op, const Tensor& x, const Tensor& values, const linalg::RankOptions& o) {
  const std::int64_t m = x.size(-2), n = x.size(-1);
  const DType t = values.dtype();
  const auto number = [&](const linalg::Tolerance& given, double otherwise) {
    const Tensor& v = given.value();
    if (!v.defined()) return full({1}, otherwise, {.dtype = t, .device = values.device()});
    if (is_complex(v.dtype())) type_error(op, "tolerances must be real; got dtype=", v.dtype());
    return v.to(values.device(), t).unsqueeze(-1);
  };
  const double eps = itemsize(t) == 4 ? 0x1p-23 : 0x1p-52;
  const Tensor rtol = number(o.rtol, o.atol.value().defined() ? 0 : eps * static_cast<double>(m > n ? m : n));
  const Tensor largest = values.size(-1) > 0 ? max(values, {-1}, true) : zeros(with_dims(batch_shape(values, 1), {1}), {.dtype = t, .device = values.device()});
  return maximum(number(o.atol, 0), rtol * largest);
}

}  // namespace

namespace linalg {

Tolerance::Tolerance(double v) : value_(full({}, v, {.dtype = float64})) {}

Eigh eigh(const Tensor& x, bool upper) { return eigh_as("linalg.eigh", x, upper, true); }
Tensor eigvalsh(const Tensor& x, bool upper) { return eigh_as("linalg.eigvalsh", x, upper, false).eigenvalues; }
Eig eig(const Tensor& x) { return eig_as("linalg.eig", x, true); }
Tensor eigvals(const Tensor& x) { return eig_as("linalg.eigvals", x, false).eigenvalues; }
SVD svd(const Tensor& x, bool full_matrices) { return svd_as("linalg.svd", x, full_matrices, true); }
Tensor svdvals(const Tensor& x) { return svd_as("linalg.svdvals", x, false, false).S; }

Tensor matrix_sqrth(const Tensor& x_) {
  const char* op = "linalg.matrix_sqrth";
  const Tensor x = square_operand(op, x_);
  Tensor y;
  {
    const no_grad guard;
    const auto [w, v] = eigh_as(op, x, false, true);
    if (any(less(w, 0)).item<bool>()) value_error(op, "the matrix must be positive definite; got an eigenvalue of ", min(w).to(float64).item<double>());
    y = matmul(v * sqrt(w).unsqueeze(-2), v.mH());
  }
  if (recording(x))
    record(y, op, {x}, [y = Saved::output(y)](Backward& d) { d[0] = solve_sylvester(y(d), (d.g() + d.g().mH()) * 0.5); });
  return y;
}

Tensor pinv(const Tensor& x_, const RankOptions& options) {
  const char* op = "linalg.pinv";
  const Tensor x = options.hermitian ? square_operand(op, x_) : matrix_operand(op, x_);
  Tensor y;
  {
    const no_grad guard;
    const auto inverse = [&](const Tensor& values, const Tensor& sizes) {
      const Tensor large = greater(sizes, bound(op, x, sizes, options));
      return where(large, reciprocal(where(large, values, 1)), 0).unsqueeze(-2);
    };
    if (options.hermitian) {
      const auto [w, v] = eigh_as(op, x, false, true);
      y = matmul(v * inverse(w, abs(w)), v.mH());
    } else {
      const auto [u, s, vh] = svd_as(op, x, false, true);
      y = matmul(vh.mH() * inverse(s, s), u.mH());
    }
  }
  if (recording(x))
    record(y, op, {x}, [x = Saved(x), y = Saved::output(y), hermitian = options.hermitian](Backward& d) {
      const Tensor g = pinv_rule(y(d), hermitian ? mirrored(tril(x(d))) : x(d), d.g());
      d[0] = hermitian ? (g + g.mH()) * 0.5 : g;
    });
  return y;
}

Tensor matrix_rank(const Tensor& x_, const RankOptions& options) {
  const char* op = "linalg.matrix_rank";
  const Tensor x = (options.hermitian ? square_operand(op, x_) : matrix_operand(op, x_)).detach();
  const Tensor s = options.hermitian ? abs(eigh_as(op, x, false, false).eigenvalues) : svd_as(op, x, false, false).S;
  return sum(greater(s, bound(op, x, s, options)), -1);
}

}  // namespace linalg

LowRank svd_lowrank(const Tensor& x_, std::int64_t q, std::int64_t iterations, const Tensor& mean) {
  const char* op = "svd_lowrank";
  Tensor x = matrix_operand(op, x_);
  if (mean.defined()) x = x - mean;
  const std::int64_t m = x.size(-2), n = x.size(-1);
  if (q < 0 || q > (m < n ? m : n)) value_error(op, "q must be between 0 and the smaller size; got q=", q, ", shape=", x.shape());
  if (iterations < 0) value_error(op, "iterations must not be negative; got iterations=", iterations);
  if (m < n) {
    const LowRank r = svd_lowrank(x.mH(), q, iterations);
    return {r.V, r.S, r.U};
  }
  const auto basis = [](const Tensor& t) { return linalg::qr(t).Q; };
  Tensor b = basis(matmul(x, randn({n, q}, {.dtype = x.dtype(), .device = x.device()})));  // [..., m, q]
  for (std::int64_t i = 0; i < iterations; ++i) b = basis(matmul(x, basis(matmul(x.mH(), b))));
  const auto [u, s, vh] = linalg::svd(matmul(b.mH(), x), false);
  return {matmul(b, u), s, vh.mH()};
}

LowRank pca_lowrank(const Tensor& x_, std::int64_t q, bool center, std::int64_t iterations) {
  const Tensor x = matrix_operand("pca_lowrank", x_);
  const std::int64_t m = x.size(-2), n = x.size(-1), least = m < n ? m : n;
  return svd_lowrank(center ? x - mean(x, {-2}, true) : x, q < 0 ? (least < 6 ? least : 6) : q, iterations);
}

}  // namespace ph
