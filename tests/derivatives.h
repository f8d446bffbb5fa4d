// First and second derivatives of a tensor function against central differences, in float64, with asymmetric cotangents.
#pragma once
#include <playhead/playhead.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace derivatives {

using ph::Tensor;
using Tensors = std::vector<Tensor>;
using Function = std::function<Tensor(const Tensors&)>;

/// The same numbers on every run, in (-1, 1), none of them equal.
inline Tensor randoms(const ph::Shape& shape, std::uint64_t seed = 1, ph::DType dtype = ph::float64) {
  std::vector<double> v(static_cast<std::size_t>(ph::numel(shape)));
  std::uint64_t s = seed * 0x9E3779B97F4A7C15u + 1;
  for (double& x : v) {
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    x = static_cast<double>(s >> 11) * 0x1p-52 - 1;
  }
  return ph::from_data(v, shape, {.dtype = dtype});
}

inline double dot(const Tensor& a, const Tensor& b) {
  const auto p = a.to_vector<double>(), q = b.to_vector<double>();
  double s = 0;
  for (std::size_t i = 0; i < p.size(); ++i) s += p[i] * q[i];
  return s;
}

inline Tensors leaves(const Tensors& xs) {
  Tensors out;
  for (const Tensor& x : xs) out.push_back(x.detach().clone().requires_grad_());
  return out;
}

/// Empty if grad(f) at xs is what differences of f give, else what is wrong.
inline std::string wrong_gradient(const Function& f, const Tensors& xs, double eps = 1e-6, double tolerance = 1e-6) {
  const Tensors at = leaves(xs);
  const Tensor y = f(at);
  if (!y.requires_grad()) return "the result needs no gradient";
  const Tensor w = randoms(y.shape(), 77);
  const Tensors g = ph::grad({y}, at, {.gradients = {w}, .allow_unused = true});
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!g[i].defined()) continue;
    if (!(g[i].shape() == xs[i].shape())) return "gradient " + std::to_string(i) + " has another shape";
    const auto analytic = g[i].to_vector<double>();
    for (std::size_t k = 0; k < analytic.size(); ++k) {
      double side[2];
      for (int s = 0; s < 2; ++s) {
        Tensors moved = xs;
        moved[i] = xs[i].detach().clone();
        moved[i].data<double>()[k] += s ? -eps : eps;
        ph::no_grad guard;
        side[s] = dot(f(moved), w);
      }
      const double numeric = (side[0] - side[1]) / (2 * eps);
      if (!(std::fabs(numeric - analytic[k]) <= tolerance * (1 + std::fabs(numeric))))
        return "input " + std::to_string(i) + ", element " + std::to_string(k) + ": " + std::to_string(analytic[k]) + ", expected " + std::to_string(numeric);
    }
  }
  return "";
}

/// The same for the gradient as a function of xs and of the cotangent.
inline std::string wrong_second_gradient(const Function& f, const Tensors& xs, double eps = 1e-6, double tolerance = 1e-5) {
  const Function g = [&](const Tensors& in) {
    ph::enable_grad guard;
    Tensors at(in.begin(), in.end() - 1);
    for (Tensor& x : at)
      if (!x.requires_grad()) x = x.detach().requires_grad_();
    const Tensor y = f(at);
    Tensors used;
    for (const Tensor& d : ph::grad({y}, at, {.gradients = {in.back()}, .create_graph = true, .allow_unused = true}))
      if (d.defined()) used.push_back(ph::ravel(d));
    return ph::cat(used);
  };
  Tensors in = xs;
  in.push_back(randoms(f(xs).shape(), 5));
  return wrong_gradient(g, in, eps, tolerance);
}

}  // namespace derivatives
