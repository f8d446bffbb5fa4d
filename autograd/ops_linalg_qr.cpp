// QR and what is made of reflectors; polar decomposition; least squares.
#include "playhead/autograd/linalg.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/ops_linalg.h"
#include "playhead/autograd/placed.h"

namespace ph {

using namespace detail;

namespace {

/// Not recorded.
Geqrf factor(const char* op, const Tensor& x) {
  const std::int64_t m = x.size(-2), n = x.size(-1);
  Geqrf f{raw_copy(x.detach()), empty(with_dims(batch_shape(x), {m < n ? m : n}), {.dtype = x.dtype(), .device = x.device()})};
  kernels(x.device()).qr(op, view_of(f.a), view_of(f.tau));
  return f;
}

/// The first `cols` columns of the product of the reflectors in a's first columns; not recorded.
Tensor columns(const char* op, const Tensor& a, const Tensor& tau, std::int64_t cols) {
  Tensor q = zeros(with_dims(batch_shape(a), {a.size(-2), cols}), {.dtype = a.dtype(), .device = a.device()});
  const std::int64_t k = tau.size(-1);
  write(narrow(q, -1, 0, k), narrow(a, -1, 0, k));
  kernels(q.device()).householder(op, view_of(q), view_of(tau));
  return q;
}

// With tangents of Q in Q * skew-Hermitian and of R in upper triangles with a real diagonal. g: of Q and R, either may be undefined.
Tensor qr_rule(const Tensor& q, const Tensor& r, const Tensor& gq, const Tensor& gr) {
  const std::int64_t m = q.size(-2), n = r.size(-1);
  Tensor inner = gr.defined() ? matmul(gr, r.mH()) : Tensor();  // gR R^H - Q^H gQ
  if (gq.defined()) inner = inner.defined() ? inner - matmul(q.mH(), gq) : neg(matmul(q.mH(), gq));
  if (m >= n) {
    Tensor y = matmul(q, mirrored(triu(inner)));
    if (gq.defined()) y = y + gq;
    return linalg::solve_triangular(r.mH(), y, false, false);
  }
  const Tensor skew = tril(inner.mH() - inner), half = skew - diag_embed(diagonal(skew, 0, -2, -1)) * 0.5;
  Tensor y = linalg::solve_triangular(narrow(r, -1, 0, m).mH(), half, false, false);
  y = cat({y, zeros(with_dims(batch_shape(y), {m, n - m}), {.dtype = y.dtype(), .device = y.device()})}, -1);
  return matmul(q, gr.defined() ? y + gr : y);
}

/// V, unit lower trapezoidal, and T, upper triangular, with I - V T V^H the product of the reflectors (Schreiber and Van Loan); recorded.
struct Compact {
  Tensor v, t;
};
Compact compact(const Tensor& x, const Tensor& tau) {
  const std::int64_t k = tau.size(-1);
  const TensorOptions like{.dtype = x.dtype(), .device = x.device()};
  const Tensor v = tril(narrow(x, -1, 0, k), -1) + eye(x.size(-2), k, 0, like);
  const Tensor system = tau.unsqueeze(-1) * triu(matmul(v.mH(), v), 1);
  return {v, linalg::solve_triangular(system, diag_embed(tau), true, true, true)};
}

void check_reflectors(const char* op, const Tensor& x, const Tensor& tau) {
  const std::int64_t m = x.size(-2), n = x.size(-1);
  if (tau.ndim() == 0 || !(batch_shape(tau, 1) == batch_shape(x)) || tau.size(-1) > n || tau.size(-1) > m)
    value_error(op, "tau must have x's batch and no more entries than x has rows and columns; got x=", x.shape(), ", tau=", tau.shape());
  if (tau.dtype() != x.dtype() || tau.device() != x.device())
    type_error(op, "x and tau must have one dtype on one device; got ", x.dtype(), " and ", tau.dtype());
}

}  // namespace

Geqrf geqrf(const Tensor& x_) {
  const Tensor x = matrix_operand("geqrf", x_);
  Geqrf f = factor("geqrf", x);
  refuse_gradient(f.a, "geqrf", x);
  refuse_gradient(f.tau, "geqrf", x);
  return f;
}

Tensor ormqr(const Tensor& x_, const Tensor& tau, const Tensor& c_, bool left, bool adjoint) {
  const char* op = "ormqr";
  Tensor x = matrix_operand(op, x_), c = matrix_operand(op, c_);
  match_dtypes(op, x, c);
  check_reflectors(op, x, tau);
  if (x.size(-2) != c.size(left ? -2 : -1)) value_error(op, "sizes must match; got x=", x.shape(), ", c=", c.shape(), left ? "" : ", on the right");
  const Shape batch = broadcast_shapes(op, batch_shape(x), batch_shape(c));
  if (recording(x, tau, c)) {
    const Compact q = compact(x, tau);
    const Tensor t = adjoint ? q.t.mH() : q.t;
    return left ? c - matmul(q.v, matmul(t, matmul(q.v.mH(), c))) : c - matmul(matmul(matmul(c, q.v), t), q.v.mH());
  }
  Tensor y = raw_copy(with_batch(c, batch));
  const Tensor a = row_major(with_batch(narrow(x, -1, 0, tau.size(-1)), batch)), t = row_major(with_batch(tau, batch, 1));
  kernels(y.device()).multiply_householder(op, view_of(a), view_of(t), view_of(y), left, adjoint);
  return y;
}

namespace linalg {

Tensor householder_product(const Tensor& x_, const Tensor& tau) {
  const char* op = "linalg.householder_product";
  const Tensor x = matrix_operand(op, x_);
  check_reflectors(op, x, tau);
  const std::int64_t m = x.size(-2), n = x.size(-1);
  if (m < n) value_error(op, "needs at least as many rows as columns; got shape=", x.shape());
  if (!recording(x, tau)) return columns(op, x, row_major(tau), n);
  const Compact q = compact(x, tau);
  return eye(m, n, 0, {.dtype = x.dtype(), .device = x.device()}) - matmul(q.v, matmul(q.t, narrow(q.v, -2, 0, n).mH()));
}

QR qr(const Tensor& x_, QRMode mode) {
  const char* op = "linalg.qr";
  const Tensor x = matrix_operand(op, x_);
  const std::int64_t m = x.size(-2), n = x.size(-1), k = m < n ? m : n;
  const Geqrf f = factor(op, x);
  const bool complete = mode == QRMode::complete;
  QR y{{}, triu(narrow(f.a, -2, 0, complete ? m : k))};
  if (mode == QRMode::r) {
    y.Q = empty({0}, {.dtype = x.dtype(), .device = x.device()});
    if (recording(x))
      record(y.R, op, {x}, [op](Backward&) { runtime_error(op, "has no derivative with mode r, which leaves out Q. Use mode reduced"); });
    return y;
  }
  y.Q = columns(op, f.a, f.tau, complete ? m : k);
  if (recording(x))
    record({&y.Q, &y.R}, op, {x}, [q = Saved::output(y.Q, 0), r = Saved::output(y.R, 1), op, lost = complete && m > n](Backward& d) {
      if (lost) runtime_error(op, "has no derivative with mode complete where there are more rows than columns. Use mode reduced");
      d[0] = qr_rule(q(d), r(d), d.g(0), d.g(1));
    });
  return y;
}

Polar polar(const Tensor& x_) {
  const char* op = "linalg.polar";
  const Tensor x = matrix_operand(op, x_);
  if (x.size(-2) < x.size(-1)) value_error(op, "needs at least as many rows as columns; got shape=", x.shape());
  Polar y;
  {
    const no_grad guard;
    const auto [u, s, vh] = svd(x, false);
    y = {matmul(u, vh), matmul(vh.mH() * s.unsqueeze(-2), vh)};
  }
  // H's square is x^H x, and U = x H^-1.
  if (recording(x))
    record({&y.U, &y.H}, op, {x}, [x = Saved(x), u = Saved::output(y.U, 0), h = Saved::output(y.H, 1)](Backward& d) {
      const Tensor q = u(d), p = h(d);
      if (d.g(0).defined()) {
        const Tensor g = d.g(0), inside = matmul(q.mH(), g), outside = g - matmul(q, inside);
        d[0] = matmul(q, solve_sylvester(p, inside - inside.mH())) + solve(p, outside, false);
      }
      if (!d.g(1).defined()) return;
      const Tensor part = matmul(x(d), solve_sylvester(p, d.g(1) + d.g(1).mH()));
      d[0] = d[0].defined() ? d[0] + part : part;
    });
  return y;
}

LstsqResult lstsq(const Tensor& a_, const Tensor& b_, double rcond, LstsqDriver driver) {
  const char* op = "linalg.lstsq";
  Tensor a = matrix_operand(op, a_);
  const bool vector = b_.ndim() == 1 || (b_.ndim() == a.ndim() - 1 && b_.shape() == batch_shape(a, 1));
  Tensor b = matrix_operand(op, vector ? b_.unsqueeze(-1) : b_);
  match_dtypes(op, a, b);
  const std::int64_t m = a.size(-2), n = a.size(-1), k = m < n ? m : n, right = b.size(-1);
  if (b.size(-2) != m) value_error(op, "sizes must match; got a=", a_.shape(), ", b=", b_.shape());
  const Shape batch = broadcast_shapes(op, batch_shape(a), batch_shape(b));
  if (rcond < 0) rcond = (itemsize(real_dtype(a.dtype())) == 4 ? 0x1p-23 : 0x1p-52) * static_cast<double>(m > n ? m : n);
  const bool ranks = driver != LstsqDriver::gels, values = driver == LstsqDriver::gelsd || driver == LstsqDriver::gelss;
  const Device device = a.device();
  const DType real_type = real_dtype(a.dtype());
  LstsqResult r{{}, empty({0}, {.dtype = real_type, .device = device}), empty({0}, {.dtype = int64, .device = device}), empty({0}, {.dtype = real_type, .device = device})};
  if (ranks) r.rank = zeros(batch, {.dtype = int64, .device = device});
  if (values) r.singular_values = zeros(with_dims(batch, {k}), {.dtype = real_type, .device = device});
  Tensor y = zeros(with_dims(batch, {m > n ? m : n, right}), {.dtype = a.dtype(), .device = device});
  const Tensor wide_a = row_major(with_batch(a.detach(), batch)), wide_b = with_batch(b.detach(), batch), info = zeros(batch, {.dtype = int32, .device = device});
  if (k > 0) {
    write(narrow(y, -2, 0, m), wide_b);
    kernels(device).lstsq(op, view_of(wide_a), view_of(y), ranks ? view_of(r.rank) : View(), values ? view_of(r.singular_values) : View(), view_of(info), rcond, driver);
    require_success(op, info, driver == LstsqDriver::gels ? Failure::singular : Failure::no_convergence);
  }
  r.solution = raw_copy(narrow(y, -2, 0, n));
  if (m > n && (!ranks || all(equal(r.rank, n)).item<bool>()))
    r.residuals = sum(square(abs(wide_b - matmul(wide_a, r.solution))), -2);
  if (recording(a, b))
    record(r.solution, op, {a, b}, [a = Saved(a), b = Saved(b), rcond](Backward& d) {
      const Tensor p = pinv(a(d), {.rtol = rcond});
      if (d.needs(0)) d[0] = pinv_rule(p, a(d), matmul(d.g(), b(d).mH()));
      if (d.needs(1)) d[1] = matmul(p.mH(), d.g());
    });
  if (vector) r.solution = squeeze(r.solution, -1);
  return r;
}

}  // namespace linalg

}  // namespace ph
