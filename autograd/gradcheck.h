// Checks of derivatives against finite differences, for ops and for users' own functions.
#pragma once
#include <cstdint>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

struct GradcheckOptions {
  double eps = 1e-6;        ///< step of the differences
  double rtol = 1e-5;       ///< |analytic - numeric| <= atol + rtol |numeric|
  double atol = 1e-6;
  std::uint64_t seed = 0;   ///< of the random cotangent
};

/// A callable from tensors to a tensor or several: f(x), f(a, b), … up to four, or f(const std::vector<Tensor>&).
/// Holds a reference to it.
class TensorFunction {
 public:
  template <class F>
    requires(!__is_same(F, TensorFunction))
  TensorFunction(const F& f) : f_(&f), call_(&call<F>) {}
  std::vector<Tensor> operator()(const std::vector<Tensor>& xs) const { return call_(f_, xs); }

 private:
  template <class F>
  static std::vector<Tensor> call(const void* p, const std::vector<Tensor>& x) {
    const F& f = *static_cast<const F*>(p);
    if constexpr (requires { f(x); }) return several(f(x));
    else if constexpr (requires { f(x[0]); }) return count(x, 1), several(f(x[0]));
    else if constexpr (requires { f(x[0], x[1]); }) return count(x, 2), several(f(x[0], x[1]));
    else if constexpr (requires { f(x[0], x[1], x[2]); }) return count(x, 3), several(f(x[0], x[1], x[2]));
    else return count(x, 4), several(f(x[0], x[1], x[2], x[3]));
  }
  static std::vector<Tensor> several(const Tensor& y) { return {y}; }
  static std::vector<Tensor> several(std::vector<Tensor> ys) { return ys; }
  static void count(const std::vector<Tensor>& x, std::size_t n);

  const void* f_;
  std::vector<Tensor> (*call_)(const void*, const std::vector<Tensor>&);
};

/// Compares the gradients that the tape gives for f with central differences, for every input that requires a gradient
/// (float64 or complex128), under a random cotangent. Returns true, or throws a runtime error with the first mismatch. Also throws if
/// f or its gradient gives other bits the second time. Layouts of the inputs are kept in the analytic pass.
bool gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});
/// The same for the gradient of f as a function of the inputs and the cotangents: second derivatives.
bool gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {});

}  // namespace ph
