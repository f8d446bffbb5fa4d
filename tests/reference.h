// Comparison with another library's numbers: a result and its gradients are each summed up as one number, with samples as weights.
#pragma once
#include "harness.h"

namespace test {

/// {sum of y times sample 7, then for each input that wants one: sum of its gradient under that cotangent times sample 8}.
inline std::vector<double> projections(const Tensor& y, const std::vector<Tensor>& inputs) {
  const auto dot = [](const Tensor& a, std::uint64_t salt) { return ph::sum(a.detach() * sample(a.shape(), ph::float64, -2, 2, salt)).item<double>(); };
  std::vector<double> all{dot(y, 7)};
  for (const Tensor& d : ph::grad({y}, inputs, {.gradients = {sample(y.shape(), ph::float64, -2, 2, 7)}})) all.push_back(dot(d, 8));
  return all;
}

/// Whether they are all near the reference's.
inline bool agree(const std::vector<double>& a, const std::vector<double>& reference, double rtol = 1e-11) {
  if (a.size() != reference.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::fabs(a[i] - reference[i]) <= rtol * (1 + std::fabs(reference[i])))) {
      MESSAGE("number ", i, ": ", a[i], " instead of ", reference[i]);
      return false;
    }
  return true;
}

}  // namespace test
