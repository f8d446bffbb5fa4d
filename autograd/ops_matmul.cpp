// Matrix products and what is made of them. The kernel sees every case as a batch of matrices.
#include "playhead/autograd/ops_matmul.h"

#include "playhead/autograd/ops.h"
#include "playhead/autograd/product.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace detail {

namespace {

/// One operand as a batch of matrices: `row` and `col` are the strides of its last two dims.
struct Matrices {
  Matrices(const TensorImpl& x, bool transpose, bool left) : shape(x.shape.data()), strides(x.strides.data()), batch_dims(x.shape.size() - 2) {
    const int n = x.shape.size();
    if (n == 1) {
      batch_dims = 0;
      rows = left ? 1 : shape[0], cols = left ? shape[0] : 1;
      row = left ? 0 : strides[0], col = left ? strides[0] : 0;
      return;
    }
    const int r = transpose ? n - 1 : n - 2, c = transpose ? n - 2 : n - 1;
    rows = shape[r], cols = shape[c], row = strides[r], col = strides[c];
  }
  const std::int64_t *shape, *strides;
  int batch_dims;
  std::int64_t rows = 0, cols = 0, row = 0, col = 0;
};

/// Strides of a shape under a larger one that it broadcasts to.
void broadcast_strides(std::int64_t* out, int n, const std::int64_t* shape, const std::int64_t* strides, int own) {
  for (int i = 0; i < n; ++i) {
    const int j = i - (n - own);
    out[i] = j < 0 || shape[j] == 1 ? 0 : strides[j];
  }
}

[[noreturn]] void inner_mismatch(const char* op, const Tensor& a, const Tensor& b, std::int64_t k, std::int64_t l) {
  value_error(op, "inner sizes must match; got a=", a.shape(), ", b=", b.shape(), " (", k, " vs ", l, ")");
}

void check_addend(const char* op, const Shape& c, const Shape& y) {
  bool fits = c.size() <= y.size();
  for (int i = 1; fits && i <= c.size(); ++i) fits = c[c.size() - i] == 1 || c[c.size() - i] == y[y.size() - i];
  if (!fits) value_error(op, "what is added must broadcast to the product's shape; got shape=", c, ", product=", y);
}

}  // namespace

Tensor product(const char* op, const Tensor& a, const Tensor& b, const ProductOptions& o) {
  const TensorImpl &ta = a.impl(), &tb = b.impl();
  const int na = ta.shape.size(), nb = tb.shape.size();
  if (na == 0 || nb == 0) value_error(op, "needs at least one dimension; got a=", ta.shape, ", b=", tb.shape, ". Multiply numbers with *");
  const Matrices ma(ta, o.transpose_a, true), mb(tb, o.transpose_b, false);
  if (ma.cols != mb.rows) inner_mismatch(op, a, b, ma.cols, mb.rows);

  MatmulCall call;
  call.alpha = o.alpha, call.beta = o.beta;
  const DType dtype = ta.dtype;
  if (ma.batch_dims + mb.batch_dims == 0) {
    const std::int64_t as[] = {ma.rows, ma.cols}, at[] = {ma.row, ma.col}, bs[] = {mb.rows, mb.cols}, bt[] = {mb.row, mb.col};
    const std::int64_t ys[] = {ma.rows, mb.cols}, yt[] = {mb.cols, 1};
    Shape shape(na == 1 ? ys + 1 : ys, (na > 1) + (nb > 1));
    checked_numel(op, shape, itemsize(dtype));
    std::int64_t ct[2];
    if (o.add) {
      const TensorImpl& tc = o.add->impl();
      check_addend(op, tc.shape, shape);
      std::int64_t own[2] = {0, 0};
      broadcast_strides(own, shape.size(), tc.shape.data(), tc.strides.data(), tc.shape.size());
      ct[0] = na > 1 ? own[0] : 0, ct[1] = nb > 1 ? own[na > 1 ? 1 : 0] : 0;
      call.c = {tc.data, ys, ct, ma.rows * mb.cols, 2, dtype, false};
    }
    Tensor y = make_tensor(shape, dtype, ta.device);
    call.out = {y.data_ptr(), ys, yt, y.numel(), 2, dtype, true};
    call.a = {ta.data, as, at, ta.numel, 2, dtype, false};
    call.b = {tb.data, bs, bt, tb.numel, 2, dtype, false};
    kernels(ta.device).matmul(call);
    return y;
  }

  const Shape batch = broadcast_shapes(op, Shape(ma.shape, ma.batch_dims), Shape(mb.shape, mb.batch_dims));
  const int n = batch.size();
  Shape shape = batch, full = batch;  // the result's, and with the dims that vectors drop
  full.push_back(ma.rows), full.push_back(mb.cols);
  if (na > 1) shape.push_back(ma.rows);
  if (nb > 1) shape.push_back(mb.cols);
  const std::int64_t count = checked_numel(op, shape, itemsize(dtype));
  const auto with_matrix = [&](Shape s, std::int64_t last_two, std::int64_t last) {
    s.push_back(last_two), s.push_back(last);
    return s;
  };
  const Shape sa = with_matrix(batch, ma.rows, ma.cols), sb = with_matrix(batch, mb.rows, mb.cols);
  Strides at = with_matrix(batch, ma.row, ma.col), bt = with_matrix(batch, mb.row, mb.col), ct;
  broadcast_strides(at.data(), n, ma.shape, ma.strides, ma.batch_dims);
  broadcast_strides(bt.data(), n, mb.shape, mb.strides, mb.batch_dims);
  if (o.add) {
    const TensorImpl& tc = o.add->impl();
    check_addend(op, tc.shape, shape);
    Strides own = Shape::filled(shape.size(), 0);
    broadcast_strides(own.data(), shape.size(), tc.shape.data(), tc.strides.data(), tc.shape.size());
    ct = Shape(own.data(), n);
    ct.push_back(na > 1 ? own[n] : 0), ct.push_back(nb > 1 ? own.back() : 0);
    call.c = {tc.data, full.data(), ct.data(), count, n + 2, dtype, false};
  }
  Tensor y = make_tensor(shape, dtype, ta.device);
  const Strides yt = contiguous_strides(full);
  call.out = {y.data_ptr(), full.data(), yt.data(), count, n + 2, dtype, true};
  call.a = {ta.data, sa.data(), at.data(), numel(sa), n + 2, dtype, false};
  call.b = {tb.data, sb.data(), bt.data(), numel(sb), n + 2, dtype, false};
  kernels(ta.device).matmul(call);
  return y;
}

}  // namespace detail

namespace {

using detail::product;

/// Brings two operands to one numeric dtype; true if they were not of one already.
bool unify(const char* op, Tensor& a, Tensor& b) {
  const DType s = a.dtype(), t = b.dtype();
  if (a.device() != b.device()) runtime_error(op, "tensors must be on one device; got ", a.device(), " and ", b.device(), ". Move one with x.to(device)");
  if (s == t) return false;
  if (!can_promote(s, t)) type_error(op, "no integer dtype holds both; got ", s, " and ", t, ". Convert one with x.to(dtype)");
  const DType u = promote(s, t);
  a = a.to(u), b = b.to(u);
  return true;
}
inline bool same_kind(const Tensor& a, const Tensor& b) { return a.dtype() == b.dtype() && a.device() == b.device(); }

/// A product inside a rule: recorded only when the pass is. Swaps the last two dims where asked to.
Tensor times(const Backward& d, const Tensor& a, bool ta, const Tensor& b, bool tb) {
  if (d.create_graph()) return matmul(ta ? a.mT() : a, tb ? b.mT() : b);
  detail::ProductOptions o;
  o.transpose_a = ta, o.transpose_b = tb;
  return product(d.node().name, a, b, o);
}

Tensor conj_of(const Tensor& x) { return is_complex(x.dtype()) ? conj(x) : x; }

/// x as a matrix of all its leading dims by its last one.
Tensor as_rows(const Tensor& x) {
  if (x.ndim() == 2) return x;
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < x.ndim(); ++i) rows *= x.shape()[i];
  return x.reshape({rows, x.shape().back()});
}

// For y = a @ b: da = g @ b^H and db = a^H @ g, where a vector is a matrix of one row or column; the engine sums over
// broadcast batches.
void matmul_rule(Backward& d, const Tensor& a, const Tensor& b, const Tensor& g) {
  const int na = a.ndim(), nb = b.ndim();
  if (d.needs(0)) {
    const Tensor h = conj_of(b);
    if (na == 1 && nb == 1) d[0] = g * h;
    else if (nb == 1) d[0] = g.unsqueeze(-1) * h;
    else if (na == 1 && nb == 2) d[0] = times(d, h, false, g, false);
    else if (na == 1) d[0] = times(d, h, false, g.unsqueeze(-1), false).squeeze(-1);
    else d[0] = times(d, g, false, h, true);
  }
  if (d.needs(1)) {
    const Tensor h = conj_of(a);
    if (na == 1 && nb == 1) d[1] = g * h;
    else if (na == 1) d[1] = h.unsqueeze(-1) * g.unsqueeze(-2);
    else if (nb == 1) d[1] = times(d, g.reshape({g.numel()}), false, as_rows(h), false);
    else if (nb == 2 && na > 2) d[1] = times(d, as_rows(h), true, as_rows(g), false);  // one product sums over the batch
    else d[1] = times(d, h, true, g, false);
  }
}

/// The sum over all dims but the last, for a gradient that is not recorded: a product with a row of ones, which costs a small
/// layer a third of what a reduction does. Where that is no gain or less exact, g itself, which the engine sums.
Tensor sum_rows(const Backward& d, const Tensor& g) {
  const std::int64_t n = g.ndim() > 0 ? g.shape().back() : 0, rows = n > 0 ? g.numel() / n : 0;
  if (d.create_graph() || !g.is_cpu() || g.dtype() != float32 || !g.is_contiguous() || rows < 2 || rows > 256) return g;
  static const float one = 1;
  const std::int64_t as[] = {1, rows}, at[] = {0, 0}, bs[] = {rows, n}, bt[] = {n, 1}, ys[] = {1, n}, yt[] = {n, 1};
  Tensor y = detail::make_tensor({n}, float32, g.device());
  MatmulCall call;
  call.a = {const_cast<float*>(&one), as, at, rows, 2, float32, false};
  call.b = {g.data_ptr(), bs, bt, g.numel(), 2, float32, true};
  call.out = {y.data_ptr(), ys, yt, n, 2, float32, true};
  kernels(g.device()).matmul(call);
  return y;
}

void check_dims(const char* op, const Tensor& a, int na, const Tensor& b, int nb) {
  if (a.ndim() != na || b.ndim() != nb)
    value_error(op, "needs ", na, " and ", nb, " dimensions; got a=", a.shape(), ", b=", b.shape(), ". matmul takes any");
}

Tensor matmul_as(const char* op, const Tensor& a, const Tensor& b) {
  if (!same_kind(a, b)) {
    Tensor p = a, q = b;
    unify(op, p, q);
    return matmul_as(op, p, q);
  }
  // The sum of non-negative floats is 0 only if all terms are, however many there are.
  if (is_bool(a.dtype())) return product(op, a.to(float32), b.to(float32)).to(bool_);
  Tensor y = product(op, a, b);
  if (recording(a, b))
    record(y, op, {a, b}, [a = Saved(a), b = Saved(b)](Backward& d) { matmul_rule(d, a(d), b(d), d.g()); });
  return y;
}

bool is_real_number(const Scalar& s) { return s.is_integer() || s.is_floating(); }

/// beta * c + alpha * a @ b.
Tensor add_product(const char* op, const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  if (!same_kind(a, b) || !same_kind(a, c)) {
    Tensor p = a, q = b, r = c;
    unify(op, p, q);
    if (unify(op, p, r)) unify(op, p, q);
    return add_product(op, r, p, q, beta, alpha);
  }
  const bool adds = beta.re() != 0 || beta.im() != 0;
  const DType t = a.dtype();
  if (!is_differentiable(t) || !is_real_number(alpha) || !is_real_number(beta)) {
    Tensor y = matmul_as(op, a, b);
    if (adds) detail::check_addend(op, c.shape(), y.shape());
    if (!alpha.is_integer() || alpha.to<std::int64_t>() != 1) y = y * alpha;
    return adds ? y + (beta.is_integer() && beta.to<std::int64_t>() == 1 ? c : c * beta) : y;
  }
  detail::ProductOptions o;
  o.alpha = alpha.re(), o.beta = beta.re();
  if (adds) o.add = &c;
  Tensor y = product(op, a, b, o);
  if (!adds) {
    // Checked all the same, so that a shape does not start to matter when beta changes.
    detail::check_addend(op, c.shape(), y.shape());
  }
  if (recording(c, a, b))
    record(y, op, {a, b, c}, [a = Saved(a), b = Saved(b), alpha, beta](Backward& d) {
      if (d.needs(2)) d[2] = beta.re() == 1 ? d.g() : d.g() * beta;
      if (d.needs(0) || d.needs(1)) matmul_rule(d, a(d), b(d), alpha.re() == 1 ? d.g() : d.g() * alpha);
    });
  return y;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) { return matmul_as("matmul", a, b); }
Tensor Tensor::matmul(const Tensor& b) const { return ph::matmul(*this, b); }

Tensor mm(const Tensor& a, const Tensor& b) {
  check_dims("mm", a, 2, b, 2);
  return matmul_as("mm", a, b);
}
Tensor bmm(const Tensor& a, const Tensor& b) {
  check_dims("bmm", a, 3, b, 3);
  if (a.shape()[0] != b.shape()[0]) value_error("bmm", "batch sizes must match; got a=", a.shape(), ", b=", b.shape(), ". matmul broadcasts");
  return matmul_as("bmm", a, b);
}
Tensor mv(const Tensor& a, const Tensor& b) {
  check_dims("mv", a, 2, b, 1);
  return matmul_as("mv", a, b);
}
Tensor dot(const Tensor& a, const Tensor& b) {
  check_dims("dot", a, 1, b, 1);
  return matmul_as("dot", a, b);
}

Tensor vdot(const Tensor& a, const Tensor& b) {
  if (a.numel() != b.numel()) value_error("vdot", "sizes must match; got a=", a.shape(), ", b=", b.shape(), " (", a.numel(), " vs ", b.numel(), ")");
  return matmul_as("vdot", conj_of(a).reshape({a.numel()}), b.reshape({b.numel()}));
}

Tensor vecdot(const Tensor& a, const Tensor& b, std::int64_t axis) {
  if (a.ndim() == 0 || b.ndim() == 0) value_error("vecdot", "needs at least one dimension; got a=", a.shape(), ", b=", b.shape());
  const int i = normalize_dim("vecdot", axis, a.ndim()), j = normalize_dim("vecdot", axis, b.ndim());
  if (a.shape()[i] != b.shape()[j])
    value_error("vecdot", "sizes along axis must match; got a=", a.shape(), ", b=", b.shape(), " (", a.shape()[i], " vs ", b.shape()[j], ")");
  const Tensor p = conj_of(i == a.ndim() - 1 ? a : movedim(a, i, -1)), q = j == b.ndim() - 1 ? b : movedim(b, j, -1);
  if (p.ndim() == 1 && q.ndim() == 1) return matmul_as("vecdot", p, q);
  return matmul_as("vecdot", p.unsqueeze(-2), q.unsqueeze(-1)).squeeze(-1).squeeze(-1);
}

Tensor inner(const Tensor& a, const Tensor& b) {
  if (a.ndim() == 0 || b.ndim() == 0) return a * b;
  if (a.shape().back() != b.shape().back())
    value_error("inner", "last sizes must match; got a=", a.shape(), ", b=", b.shape(), " (", a.shape().back(), " vs ", b.shape().back(), ")");
  return tensordot(a, b, {-1}, {-1});
}

Tensor outer(const Tensor& a, const Tensor& b) { return a.reshape({a.numel(), 1}) * b.reshape({1, b.numel()}); }

Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t axes) {
  if (axes < 0 || axes > a.ndim() || axes > b.ndim())
    value_error("tensordot", "axes must lie within the dimensions of both; got axes=", axes, ", a=", a.shape(), ", b=", b.shape());
  Shape last, first;
  for (std::int64_t i = 0; i < axes; ++i) last.push_back(a.ndim() - axes + i), first.push_back(i);
  return tensordot(a, b, last, first);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& axes_a, const Shape& axes_b) {
  if (axes_a.size() != axes_b.size()) value_error("tensordot", "as many axes of a as of b; got axes_a=", axes_a, ", axes_b=", axes_b);
  Shape order_a, order_b, shape;
  const auto mark = [](const Tensor& x, const Shape& axes) {
    Shape used = Shape::filled(x.ndim(), 0);
    for (const std::int64_t axis : axes) {
      const int i = normalize_dim("tensordot", x.ndim() == 0 ? 1 : axis, x.ndim());
      if (used[i]) value_error("tensordot", "an axis is repeated; got axes=", axes);
      used[i] = 1;
    }
    return used;
  };
  const Shape used_a = mark(a, axes_a), used_b = mark(b, axes_b);
  std::int64_t m = 1, n = 1, k = 1;
  for (int i = 0; i < a.ndim(); ++i)
    if (!used_a[i]) order_a.push_back(i), shape.push_back(a.shape()[i]), m *= a.shape()[i];
  for (int i = 0; i < axes_a.size(); ++i) {
    const int p = normalize_dim("tensordot", axes_a[i], a.ndim()), q = normalize_dim("tensordot", axes_b[i], b.ndim());
    if (a.shape()[p] != b.shape()[q])
      value_error("tensordot", "sizes along the axes must match; got a=", a.shape(), ", b=", b.shape(), " (", a.shape()[p], " vs ", b.shape()[q], ")");
    order_a.push_back(p), order_b.push_back(q), k *= a.shape()[p];
  }
  for (int i = 0; i < b.ndim(); ++i)
    if (!used_b[i]) order_b.push_back(i), shape.push_back(b.shape()[i]), n *= b.shape()[i];
  checked_numel("tensordot", shape, a.itemsize());
  return matmul_as("tensordot", a.permute(order_a).reshape({m, k}), b.permute(order_b).reshape({k, n})).reshape(shape);
}

Tensor kron(const Tensor& a, const Tensor& b) {
  const int n = a.ndim() > b.ndim() ? a.ndim() : b.ndim();
  Shape sa, sb, shape;
  for (int i = 0; i < n; ++i) {
    const int p = i - (n - a.ndim()), q = i - (n - b.ndim());
    const std::int64_t u = p < 0 ? 1 : a.shape()[p], v = q < 0 ? 1 : b.shape()[q];
    sa.push_back(u), sa.push_back(1), sb.push_back(1), sb.push_back(v), shape.push_back(u * v);
  }
  return (a.reshape(sa) * b.reshape(sb)).reshape(shape);
}

Tensor cross(const Tensor& a, const Tensor& b, std::int64_t dim) {
  if (a.ndim() == 0 || b.ndim() == 0) value_error("cross", "needs at least one dimension; got a=", a.shape(), ", b=", b.shape());
  const int i = normalize_dim("cross", dim, a.ndim()), j = normalize_dim("cross", dim, b.ndim());
  if (a.shape()[i] != 3 || b.shape()[j] != 3) value_error("cross", "sizes along dim must be 3; got a=", a.shape(), ", b=", b.shape(), ", dim=", dim);
  const Tensor p = movedim(a, i, -1), q = movedim(b, j, -1);
  const auto part = [&](int u, int v) { return p.select(-1, u) * q.select(-1, v) - p.select(-1, v) * q.select(-1, u); };
  const Tensor y = stack({part(1, 2), part(2, 0), part(0, 1)}, -1);
  const std::int64_t at = dim < 0 ? dim : (a.ndim() > b.ndim() ? i : j);
  return movedim(y, -1, at);
}

Tensor trace(const Tensor& x, std::int64_t offset, std::int64_t a, std::int64_t b) { return diagonal(x, offset, a, b).sum({-1}); }

Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  check_dims("addmm", a, 2, b, 2);
  return add_product("addmm", c, a, b, beta, alpha);
}
Tensor baddbmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  check_dims("baddbmm", a, 3, b, 3);
  if (a.shape()[0] != b.shape()[0]) value_error("baddbmm", "batch sizes must match; got a=", a.shape(), ", b=", b.shape());
  return add_product("baddbmm", c, a, b, beta, alpha);
}
Tensor addmv(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  check_dims("addmv", a, 2, b, 1);
  return add_product("addmv", c, a, b, beta, alpha);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (x.ndim() == 0 || weight.ndim() != 2 || x.shape().back() != weight.shape()[1])
    value_error("linear", "x's last size must be weight's second; got x=", x.shape(), ", weight=", weight.shape());
  if (bias.defined() && (bias.ndim() != 1 || bias.shape()[0] != weight.shape()[0]))
    value_error("linear", "bias must be one number per row of weight; got bias=", bias.shape(), ", weight=", weight.shape());
  if (!same_kind(x, weight) || (bias.defined() && !same_kind(x, bias)) || is_bool(x.dtype())) {
    if (is_bool(x.dtype()) && is_bool(weight.dtype())) type_error("linear", "needs numbers; got x=bool, weight=bool");
    Tensor p = x, w = weight, b = bias;
    unify("linear", p, w);
    if (b.defined() && unify("linear", p, b)) unify("linear", p, w);
    return linear(p, w, b);
  }
  detail::ProductOptions o;
  o.transpose_b = true;
  if (bias.defined()) o.add = &bias;
  Tensor y = product("linear", x, weight, o);
  if (recording(x, weight, bias))
    record(y, "linear", {x, weight, bias}, [x = Saved(x), w = Saved(weight)](Backward& d) {
      const Tensor& g = d.g();
      if (d.needs(0)) d[0] = times(d, g, false, conj_of(w(d)), false);
      if (d.needs(1)) {
        const Tensor p = x(d);
        if (p.ndim() == 1) d[1] = g.unsqueeze(-1) * conj_of(p);
        else d[1] = times(d, as_rows(g), true, conj_of(as_rows(p)), false);
      }
      if (d.needs(2)) d[2] = sum_rows(d, g);
    });
  return y;
}

}  // namespace ph
