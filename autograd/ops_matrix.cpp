// Norms, powers and functions of matrices, distances and covariances.
#include "playhead/autograd/ops_matrix.h"

#include <cmath>
#include <string_view>

#include "playhead/autograd/linalg.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/reducing.h"

namespace ph {

using namespace detail;

namespace {

/// The order of a matrix norm: a number, or a name.
struct Order {
  enum Kind { frobenius, nuclear, number } kind = number;
  double p = 0;
};

/// What the op calls it.
const char* order_of(const char* op) { return std::string_view(op) == "linalg.cond" ? "p" : "ord"; }
Order order_named(const char* op, const std::string& name) {
  if (name == "fro") return {Order::frobenius};
  if (name == "nuc") return {Order::nuclear};
  value_error(op, order_of(op), " must be \"fro\", \"nuc\" or a number; got ", order_of(op), "=\"", name, "\"");
}

Tensor matrix_norm_as(const char* op, const Tensor& x_, const Order& ord, const Shape& dims, bool keepdim) {
  if (dims.size() != 2) value_error(op, "needs two dims; got dims=", dims);
  const Tensor x = as_float(x_);
  const std::int64_t r = normalize_dim(op, dims[0], x.ndim()), c = normalize_dim(op, dims[1], x.ndim());
  if (r == c) value_error(op, "dims must be different; got dims=", dims, ", shape=", x.shape());
  if (ord.kind == Order::frobenius) return vector_norm(x, 2, {r, c}, keepdim);
  const double p = ord.p, size = std::fabs(p);
  const auto extremum = [&](const Tensor& t, std::int64_t dim, bool keep) {
    if (p > 0 && t.size(dim) == 0) return sum(t, {dim}, keep);  // of nothing that is not negative, 0
    return p > 0 ? max(t, {dim}, keep) : min(t, {dim}, keep);
  };
  if (ord.kind == Order::nuclear || size == 2) {
    const Tensor s = linalg::svdvals(movedim(x, {r, c}, {-2, -1}));
    const Tensor y = ord.kind == Order::nuclear ? sum(s, -1) : extremum(s, -1, false);
    return keepdim ? unsqueeze(unsqueeze(y, r < c ? r : c), r < c ? c : r) : y;
  }
  if (size != 1 && !std::isinf(p)) value_error(op, order_of(op), " must be 1, 2, inf, one of these negative, \"fro\" or \"nuc\"; got ", order_of(op), "=", p);
  const std::int64_t added = size == 1 ? r : c, other = size == 1 ? c : r;
  const Tensor y = extremum(sum(abs(x), {added}, true), other, true);
  return keepdim ? y : squeeze(squeeze(y, r > c ? r : c), r > c ? c : r);
}

Tensor norm_as(const char* op, const Tensor& x, const Order& ord, const Shape& dims, bool keepdim) {
  if (dims.empty() && x.ndim() != 1 && x.ndim() != 2) value_error(op, "needs dims for more than two dimensions; got shape=", x.shape());
  if (dims.size() > 2) value_error(op, "needs one or two dims; got dims=", dims);
  if (dims.size() == 2 || (dims.empty() && x.ndim() == 2)) return matrix_norm_as(op, x, ord, dims.empty() ? Shape{0, 1} : dims, keepdim);
  if (ord.kind != Order::number) value_error(op, "\"fro\" and \"nuc\" are norms of matrices; got dims=", dims, ", shape=", x.shape());
  return vector_norm(x, ord.p, dims, keepdim);
}

Tensor cond_as(const char* op, const Tensor& x_, const Order& ord) {
  const Tensor x = matrix_operand(op, x_);
  if (ord.kind == Order::number && std::fabs(ord.p) == 2) {
    const Tensor s = linalg::svdvals(x);
    if (s.size(-1) == 0) return zeros(batch_shape(x), {.dtype = s.dtype(), .device = s.device()});
    const Tensor most = select(s, -1, 0), least = select(s, -1, s.size(-1) - 1);
    return ord.p > 0 ? most / least : least / most;
  }
  square_operand(op, x_);
  if (x.size(-1) == 0) return zeros(batch_shape(x), {.dtype = real_dtype(x.dtype()), .device = x.device()});
  const linalg::InvEx r = linalg::inv_ex(x);
  const Tensor y = matrix_norm_as(op, x, ord, {-2, -1}, false) * matrix_norm_as(op, r.inverse, ord, {-2, -1}, false);
  return where(equal(r.info, 0), y, inf);
}

}  // namespace

namespace linalg {

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t a, std::int64_t b) { return ph::diagonal(x, offset, a, b); }
Tensor trace(const Tensor& x, std::int64_t offset) { return ph::trace(x, offset, -2, -1); }

Tensor matrix_norm(const Tensor& x, const std::string& ord, const Shape& dims, bool keepdim) {
  return matrix_norm_as("linalg.matrix_norm", x, order_named("linalg.matrix_norm", ord), dims, keepdim);
}
Tensor matrix_norm(const Tensor& x, double ord, const Shape& dims, bool keepdim) {
  return matrix_norm_as("linalg.matrix_norm", x, {Order::number, ord}, dims, keepdim);
}

Tensor norm(const Tensor& x, const std::string& ord, const Shape& dims, bool keepdim) {
  if (ord.empty()) return vector_norm(x, 2, dims, keepdim);
  return norm_as("linalg.norm", x, order_named("linalg.norm", ord), dims, keepdim);
}
Tensor norm(const Tensor& x, double ord, const Shape& dims, bool keepdim) { return norm_as("linalg.norm", x, {Order::number, ord}, dims, keepdim); }

Tensor cond(const Tensor& x) { return cond_as("linalg.cond", x, {Order::number, 2}); }
Tensor cond(const Tensor& x, const std::string& ord) { return cond_as("linalg.cond", x, order_named("linalg.cond", ord)); }
Tensor cond(const Tensor& x, double ord) { return cond_as("linalg.cond", x, {Order::number, ord}); }

Tensor matrix_power(const Tensor& x, std::int64_t n) {
  const char* op = "linalg.matrix_power";
  if (x.ndim() < 2 || x.size(-1) != x.size(-2)) value_error(op, "needs square matrices; got shape=", x.shape());
  if (n == 0) return eye(x.size(-1), -1, 0, {.dtype = x.dtype(), .device = x.device()}).expand(x.shape()).clone();
  if (n == INT64_MIN) value_error(op, "n must be larger than -2^63; got n=", n);
  if (n == 1) return x.clone();
  Tensor square = n < 0 ? inv(x) : x, y;
  for (std::int64_t rest = n < 0 ? -n : n;;) {
    if (rest & 1) y = y.defined() ? matmul(y, square) : square;
    rest >>= 1;
    if (rest == 0) return y;
    square = matmul(square, square);
  }
}

namespace {

/// Largest sum of |column|, [..., 1, 1].
Tensor norm1(const Tensor& x) { return max(sum(abs(x), {-2}, true), {-1}, true); }

/// e^x by Taylor's polynomial of degree 16 (9 for float32) of x / 2^s, whose norm is at most 3/4: an error below the last bit. With
/// powers up to q kept, a polynomial of degree q k costs q + k - 2 products (Paterson and Stockmeyer).
Tensor exponential(const Tensor& x) {
  if (x.numel() == 0) return x.clone();
  const Tensor size = norm1(x), steps = clamp_min(ceil(log2(size / 0.75)), 0);
  const Tensor s = where(isfinite(size), steps, 0);
  const Tensor a = x * exp2(neg(s));
  const int q = itemsize(real_dtype(x.dtype())) == 4 ? 3 : 4;
  std::vector<Tensor> powers{eye(x.size(-1), -1, 0, {.dtype = x.dtype(), .device = x.device()}), a};
  while (static_cast<int>(powers.size()) <= q) powers.push_back(matmul(powers.back(), a));
  double factorial = 1;
  for (int i = 2; i <= q * q; ++i) factorial *= i;
  Tensor y = powers[static_cast<std::size_t>(q)] * (1 / factorial);
  for (int k = q * q - 1; k >= 0; --k) {
    factorial /= k + 1;
    y = y + powers[static_cast<std::size_t>(k % q)] * (1 / factorial);
    if (k % q == 0 && k > 0) y = matmul(y, powers[static_cast<std::size_t>(q)]);
  }
  const int most = static_cast<int>(max(s).to(float64).item<double>()), least = static_cast<int>(min(s).to(float64).item<double>());
  for (int i = 0; i < most; ++i) {
    const Tensor square = matmul(y, y);
    y = i < least ? square : where(greater(s, i), square, y);
  }
  return y;
}

}  // namespace

Tensor matrix_exp(const Tensor& x_) {
  const char* op = "linalg.matrix_exp";
  const Tensor x = square_operand(op, x_);
  Tensor y;
  {
    const no_grad guard;
    y = exponential(x.detach());
  }
  // The corner of e^[[A, G], [0, A]] is the derivative of e^A in the direction G; the transpose of that map takes A^H. It is linear in
  // G, which is brought to the size of A so that it costs no squarings.
  if (recording(x))
    record(y, op, {x}, [x = Saved(x)](Backward& d) {
      if (d.g().numel() == 0) return;
      const Tensor a = x(d).mH(), g = d.g();
      const std::int64_t n = a.size(-1);
      const Tensor ratio = norm1(g.detach()) / maximum(norm1(a.detach()), 1), scale = where(greater(ratio, 0), ratio, 1);
      const Tensor block = cat({cat({a, g / scale}, -1), cat({zeros_like(a), a}, -1)}, -2);
      d[0] = narrow(narrow(matrix_exp(block), -2, 0, n), -1, n, n) * scale;
    });
  return y;
}

Tensor multi_dot(const std::vector<Tensor>& xs) {
  const char* op = "linalg.multi_dot";
  const int n = static_cast<int>(xs.size());
  if (n < 2) value_error(op, "needs two tensors or more; got ", n);
  const bool row = xs.front().ndim() == 1, column = xs.back().ndim() == 1;
  std::vector<Tensor> m = xs;
  if (row) m.front() = unsqueeze(xs.front(), 0);
  if (column) m.back() = unsqueeze(xs.back(), 1);
  std::vector<double> size;  // m[i] is size[i] by size[i + 1]
  for (int i = 0; i < n; ++i) {
    const Tensor& t = m[static_cast<std::size_t>(i)];
    if (t.ndim() != 2) value_error(op, "needs matrices (the first and last may be vectors); got tensor ", i, " of shape ", xs[static_cast<std::size_t>(i)].shape());
    if (i > 0 && m[static_cast<std::size_t>(i - 1)].shape()[1] != t.shape()[0])
      value_error(op, "inner sizes must match; got tensors ", i - 1, " and ", i, " of shapes ", xs[static_cast<std::size_t>(i - 1)].shape(), " and ", xs[static_cast<std::size_t>(i)].shape());
    size.push_back(static_cast<double>(t.shape()[0]));
  }
  size.push_back(static_cast<double>(m.back().shape()[1]));
  // cost[i][j]: of the product of m[i] to m[j]; cut[i][j]: where it is split last.
  const auto at = [n](int i, int j) { return static_cast<std::size_t>(i * n + j); };
  std::vector<double> cost(at(n, 0), 0);
  std::vector<int> cut(at(n, 0), 0);
  for (int length = 1; length < n; ++length)
    for (int i = 0; i + length < n; ++i) {
      const int j = i + length;
      for (int k = i; k < j; ++k) {
        const auto s = [&](int d) { return size[static_cast<std::size_t>(d)]; };
        const double c = cost[at(i, k)] + cost[at(k + 1, j)] + s(i) * s(k + 1) * s(j + 1);
        if (k == i || c < cost[at(i, j)]) cost[at(i, j)] = c, cut[at(i, j)] = k;
      }
    }
  const auto product = [&](const auto& self, int i, int j) -> Tensor {
    if (i == j) return m[static_cast<std::size_t>(i)];
    const int k = cut[at(i, j)];
    return matmul(self(self, i, k), self(self, k + 1, j));
  };
  Tensor y = product(product, 0, n - 1);
  if (column) y = squeeze(y, 1);
  return row ? squeeze(y, 0) : y;
}

Tensor vander(const Tensor& x, std::int64_t count) {
  const char* op = "linalg.vander";
  if (x.ndim() == 0) value_error(op, "needs at least one dimension; got shape=", x.shape());
  const std::int64_t n = count < 0 ? x.size(-1) : count;
  const Shape first = with_dims(x.shape(), {1});
  const Tensor one = ones(first, {.dtype = x.dtype(), .device = x.device()});
  if (n < 2) return narrow(one, -1, 0, n).clone();
  const Tensor all = cat({one, reshape(x, first).expand(with_dims(x.shape(), {n - 1}))}, -1);
  return is_bool(x.dtype()) ? cumprod(all, -1) : cumprod(all, -1, x.dtype());
}

}  // namespace linalg

Tensor addbmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  if (a.ndim() != 3 || b.ndim() != 3 || a.shape()[0] != b.shape()[0] || a.shape()[2] != b.shape()[1])
    value_error("addbmm", "needs batches of matrices [k, n, m] and [k, m, p]; got a=", a.shape(), ", b=", b.shape());
  const Shape &s = a.shape(), &t = b.shape();
  // One product over batch and inner dims adds the batch up.
  return addmm(c, reshape(permute(a, {1, 0, 2}), {s[1], s[0] * s[2]}), reshape(b, {t[0] * t[1], t[2]}), beta, alpha);
}

Tensor addr(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) {
  if (a.ndim() != 1 || b.ndim() != 1) value_error("addr", "needs vectors; got a=", a.shape(), ", b=", b.shape());
  return addmm(c, unsqueeze(a, 1), unsqueeze(b, 0), beta, alpha);
}

Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  if (a.ndim() < 2 || b.ndim() < 2 || a.size(-1) != b.size(-1))
    value_error("cdist", "needs rows of one length, [..., n, k] and [..., m, k]; got a=", a.shape(), ", b=", b.shape());
  if (!is_floating(a.dtype()) || !is_floating(b.dtype())) type_error("cdist", "needs floats; got a=", a.dtype(), ", b=", b.dtype());
  if (!(p >= 0)) value_error("cdist", "p must not be negative; got p=", p);
  if (a.size(-1) == 0) return sum(unsqueeze(a, -2) - unsqueeze(b, -3), -1);
  return vector_norm(unsqueeze(a, -2) - unsqueeze(b, -3), p, -1);
}

Tensor dist(const Tensor& a, const Tensor& b, double p) { return vector_norm(sub(a, b), p); }

Tensor renorm(const Tensor& x, double p, std::int64_t dim, double most) {
  if (!is_differentiable(x.dtype())) type_error("renorm", "needs floats or complex numbers; got dtype=", x.dtype());
  if (x.ndim() < 2) value_error("renorm", "needs at least two dimensions; got shape=", x.shape());
  if (!(p > 0) || !(most >= 0)) value_error("renorm", "p must be positive and most not negative; got p=", p, ", most=", most);
  const int along = normalize_dim("renorm", dim, x.ndim());
  Shape others;
  for (int d = 0; d < x.ndim(); ++d)
    if (d != along) others.push_back(d);
  const Tensor size = vector_norm(x, p, others, true);
  // The small number keeps the result within the bound in spite of rounding; it is PyTorch's.
  return mul(x, where(greater(size, most), div(most, add(size, 1e-7)), 1));
}

Tensor cov(const Tensor& x_, double correction, const Tensor& fweights, const Tensor& aweights) {
  const char* op = "cov";
  if (x_.ndim() > 2) value_error(op, "needs at most two dimensions; got shape=", x_.shape());
  if (is_bool(x_.dtype())) type_error(op, "needs numbers; got dtype=bool");
  const Tensor x = reshape(as_float(x_), {x_.ndim() == 2 ? x_.shape()[0] : 1, x_.ndim() == 2 ? x_.shape()[1] : x_.numel()});
  const std::int64_t n = x.shape()[1];
  const DType real_type = real_dtype(x.dtype());
  const auto check = [&](const Tensor& w, const char* name) {
    if (w.ndim() != 1 || w.numel() != n) value_error(op, name, " must have one entry for each observation; got ", name, "=", w.shape(), ", observations=", n);
    if (w.numel() > 0 && any(less(w.detach(), 0)).item<bool>()) value_error(op, name, " must not be negative");
  };
  Tensor weights;
  if (fweights.defined()) {
    if (!is_integer(fweights.dtype())) type_error(op, "fweights must be integers; got dtype=", fweights.dtype());
    check(fweights, "fweights");
    weights = fweights.to(real_type);
  }
  if (aweights.defined()) {
    if (is_complex(aweights.dtype())) type_error(op, "aweights must be real; got dtype=", aweights.dtype());
    check(aweights, "aweights");
    weights = weights.defined() ? weights * aweights.to(real_type) : aweights.to(real_type);
  }
  const Tensor total = weights.defined() ? sum(weights) : full({}, static_cast<double>(n), {.dtype = real_type, .device = x.device()});
  const auto weighed = [&](const Tensor& t) { return weights.defined() ? t * weights : t; };
  const Tensor centered = x - sum(weighed(x), 1, true) / total;
  const Tensor lost = aweights.defined() ? sum(weights * aweights.to(real_type)) / total * correction : full_like(total, correction);
  const Tensor left = total - lost;
  return squeeze(matmul(weighed(centered), centered.mH()) / where(greater(left, 0), left, 0));
}

Tensor corrcoef(const Tensor& x) {
  const Tensor c = cov(x);
  if (c.ndim() == 0) return c / c;
  const Tensor d = sqrt(is_complex(c.dtype()) ? real(diagonal(c)) : diagonal(c));
  const Tensor y = c / d.unsqueeze(-1) / d.unsqueeze(-2);
  const auto within = [](const Tensor& t) { return clamp(t, -1.0, 1.0); };  // rounding may lead out
  return is_complex(y.dtype()) ? complex(within(real(y)), within(imag(y))) : within(y);
}

}  // namespace ph
