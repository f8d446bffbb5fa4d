// Derivatives against finite differences.
#include "playhead/autograd/gradcheck.h"

#include <cmath>
#include <cstring>

#include "playhead/autograd/engine.h"
#include "playhead/autograd/mode.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {

// Numbers in [-1, 1) that follow from seed and place only (splitmix64). A cotangent of ones would hide errors that cancel.
double noise(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = (seed + 1) * 0x9e3779b97f4a7c15u + i * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

/// The numbers of a float64 tensor, or of a complex128 one as pairs, in row-major order.
std::vector<double> numbers(const Tensor& x) {
  const bool pairs = is_complex(x.dtype());
  std::vector<double> v(static_cast<std::size_t>(x.numel()) * (pairs ? 2 : 1));
  if (v.empty()) return v;
  detail::copy_out(x.detach(), pairs ? complex128 : float64, v.data());
  return v;
}
Tensor from_numbers(const std::vector<double>& v, const Tensor& like) {
  Tensor y = detail::make_tensor(like.shape(), like.dtype(), cpu_device);
  if (!v.empty()) std::memcpy(y.data_ptr(), v.data(), v.size() * sizeof(double));
  return y.to(like.device());
}

bool checked(const Tensor& x) { return x.defined() && x.requires_grad(); }


void keep_differentiable(std::vector<Tensor>& ys) {
  std::vector<Tensor> kept;
  for (Tensor& y : ys)
    if (y.defined() && is_differentiable(y.dtype())) kept.push_back(y);
  ys = std::move(kept);
}

std::vector<double> cotangent(const Tensor& y, std::uint64_t seed, std::size_t which) {
  std::vector<double> v(static_cast<std::size_t>(y.numel()) * (is_complex(y.dtype()) ? 2 : 1));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = noise(seed + 977 * which, i);
  return v;
}

/// Re sum conj(v) y: the real function whose gradient the cotangents v ask for.
double loss(const std::vector<Tensor>& ys, const std::vector<std::vector<double>>& v) {
  long double sum = 0;
  for (std::size_t k = 0; k < ys.size(); ++k) {
    const std::vector<double> y = numbers(ys[k]);
    if (y.size() != v[k].size()) runtime_error("gradcheck", "the function gives outputs of other shapes the second time");
    for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<long double>(y[i]) * static_cast<long double>(v[k][i]);
  }
  return static_cast<double>(sum);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// "[1, 2]" of the i-th element.
Shape place(std::int64_t i, const Shape& shape) {
  Shape at = Shape::filled(shape.size(), 0);
  for (int d = shape.size() - 1; d >= 0; --d) {
    at[d] = i % shape[d];
    i /= shape[d];
  }
  return at;
}

std::vector<std::vector<double>> analytic(const TensorFunction& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& xs,
                                          std::uint64_t seed, std::vector<std::vector<double>>& v) {
  std::vector<Tensor> ys = f(inputs);
  keep_differentiable(ys);
  std::vector<Tensor> outs, gradients;
  v.clear();
  for (std::size_t k = 0; k < ys.size(); ++k) {
    if (ys[k].dtype() != float64 && ys[k].dtype() != complex128)
      type_error("gradcheck", "outputs must be float64 or complex128; got dtype=", ys[k].dtype());
    v.push_back(cotangent(ys[k], seed, k));
    if (!ys[k].requires_grad()) continue;
    outs.push_back(ys[k]);
    gradients.push_back(from_numbers(v[k], ys[k]));
  }
  std::vector<std::vector<double>> result;
  std::vector<Tensor> gs(xs.size());
  if (!outs.empty()) gs = grad(outs, xs, {.gradients = gradients, .allow_unused = true});
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!gs[i].defined()) {
      result.emplace_back(static_cast<std::size_t>(xs[i].numel()) * (is_complex(xs[i].dtype()) ? 2 : 1), 0.0);
      continue;
    }
    if (!(gs[i].shape() == xs[i].shape()) || gs[i].dtype() != xs[i].dtype())
      runtime_error("gradcheck", "a gradient must have its input's shape and dtype; got shape=", gs[i].shape(), ", dtype=", gs[i].dtype(),
                    ", expected ", xs[i].shape(), ", ", xs[i].dtype());
    result.push_back(numbers(gs[i]));
  }
  return result;
}

}  // namespace

void TensorFunction::count(const std::vector<Tensor>& x, std::size_t n) {
  if (x.size() != n)
    value_error("gradcheck", "needs as many inputs as the function takes; got ", static_cast<std::int64_t>(x.size()), ", expected ",
                static_cast<std::int64_t>(n));
}

bool gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& o) {
  std::vector<Tensor> xs;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!checked(inputs[i])) continue;
    if (inputs[i].dtype() != float64 && inputs[i].dtype() != complex128)
      type_error("gradcheck", "inputs must be float64 or complex128; got dtype=", inputs[i].dtype());
    xs.push_back(inputs[i]);
    where.push_back(i);
  }
  if (xs.empty()) value_error("gradcheck", "needs an input that requires a gradient");

  const enable_grad on;
  std::vector<std::vector<double>> v, again_v;
  const auto gs = analytic(f, inputs, xs, o.seed, v), again = analytic(f, inputs, xs, o.seed, again_v);
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (!same_bits(gs[i], again[i])) runtime_error("gradcheck", "the gradient of input ", static_cast<std::int64_t>(where[i]), " is not the same the second time");

  const no_grad off;
  std::vector<Tensor> moved = inputs;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const bool pairs = is_complex(xs[i].dtype());
    std::vector<double> x = numbers(xs[i]);
    for (std::size_t e = 0; e < x.size(); ++e) {
      const auto at = [&](double step) {
        const double before = x[e];
        x[e] += step;
        moved[where[i]] = from_numbers(x, xs[i]);
        x[e] = before;
        std::vector<Tensor> ys = f(moved);
        keep_differentiable(ys);
        if (ys.size() != v.size()) runtime_error("gradcheck", "the function gives other outputs the second time");
        return loss(ys, v);
      };
      const double numeric = (at(o.eps) - at(-o.eps)) / (2 * o.eps), got = gs[i][e];
      if (std::abs(got - numeric) <= o.atol + o.rtol * std::abs(numeric)) continue;
      runtime_error("gradcheck", "the gradient differs from finite differences; got input=", static_cast<std::int64_t>(where[i]), ", index=",
                    place(static_cast<std::int64_t>(pairs ? e / 2 : e), xs[i].shape()), pairs ? e % 2 ? " (imaginary part)" : " (real part)" : "",
                    ", tape=", got, ", differences=", numeric);
    }
    moved[where[i]] = inputs[where[i]];
  }
  return true;
}

bool gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& o) {
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (checked(inputs[i])) where.push_back(i);
  if (where.empty()) value_error("gradgradcheck", "needs an input that requires a gradient");

  // The gradient as a function of the inputs, followed by one cotangent for each output that is recorded.
  std::vector<Tensor> all = inputs;
  {
    const enable_grad on;
    std::vector<Tensor> ys = f(inputs);
    keep_differentiable(ys);
    for (std::size_t k = 0; k < ys.size(); ++k)
      if (ys[k].requires_grad()) all.push_back(from_numbers(cotangent(ys[k], o.seed + 31, k), ys[k]).requires_grad_());
  }
  const std::size_t n = inputs.size();
  if (all.size() == n) return true;  // the gradient is zero everywhere
  const auto first = [&](const std::vector<Tensor>& xv) {
    const enable_grad on;
    std::vector<Tensor> in(xv.begin(), xv.begin() + static_cast<std::ptrdiff_t>(n)), xs, outs;
    for (const std::size_t i : where) {
      if (!in[i].requires_grad()) in[i] = in[i].detach().requires_grad_();
      xs.push_back(in[i]);
    }
    for (const Tensor& y : f(in))
      if (y.defined() && y.requires_grad()) outs.push_back(y);
    std::vector<Tensor> gs = grad(outs, xs, {.gradients = {xv.begin() + static_cast<std::ptrdiff_t>(n), xv.end()}, .create_graph = true, .allow_unused = true});
    for (std::size_t i = 0; i < gs.size(); ++i)
      if (!gs[i].defined()) gs[i] = from_numbers(std::vector<double>(numbers(xs[i]).size()), xs[i]);
    return gs;
  };
  return gradcheck(first, all, o);
}

}  // namespace ph
