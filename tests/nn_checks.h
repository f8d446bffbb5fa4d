// Checks that the tests of nn ops share: derivatives of both orders, the fused first one, threads, literal values.
#pragma once
#include <functional>

#include "harness.h"

/// The elements of a tensor are these numbers (which PyTorch 2.15 gave, in float64), within a relative or absolute 1e-12.
#define CHECK_VALUES(got, ...) CHECK(::test::has_values(got, __VA_ARGS__))

namespace test {

using namespace ph;

inline bool has_values(const Tensor& got, const std::vector<double>& want) {
  const bool same = close(got.reshape({got.numel()}), from_data(want), 1e-12, 1e-12);
  if (!same) MESSAGE(to_string(got));
  return same;
}

/// The fused gradient (of a plain pass) is that of the rule written in other ops (of a recorded pass).
template <class F>
void fused_is_composite(const F& f, const std::vector<Tensor>& xs, double rtol = 1e-10) {
  const Tensor y = f(xs);
  const Tensor w = sample(y.shape(), y.dtype(), -1, 1, 99);
  const auto plain = grad({y}, xs, {.gradients = {w}, .retain_graph = true, .allow_unused = true});
  const auto recorded = grad({y}, xs, {.gradients = {w}, .create_graph = true, .allow_unused = true});
  for (std::size_t i = 0; i < xs.size(); ++i) {
    CHECK(plain[i].defined() == recorded[i].defined());
    if (plain[i].defined()) CHECK(close(plain[i], recorded[i], rtol, 1e-11));
  }
}

template <class F>
void derivatives(const F& f, const std::vector<Tensor>& xs) {
  const std::function<Tensor(const std::vector<Tensor>&)> call = f;
  CHECK(gradcheck(call, xs));
  CHECK(gradgradcheck(call, xs));
  fused_is_composite(call, xs);
}

/// f gives the same bits for any number of threads, forward and backward.
template <class F>
void same_for_any_threads(const F& f, const std::vector<Tensor>& xs) {
  const int before = num_threads();
  std::vector<Tensor> first;
  for (int n : {1, 2, 7}) {
    set_num_threads(n);
    const Tensor y = f(xs);
    std::vector<Tensor> all = grad({y}, xs, {.gradients = {sample(y.shape(), y.dtype(), -1, 1, 5)}});
    all.push_back(y);
    if (first.empty()) first = all;
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(same_bits(all[i], first[i]));
  }
  set_num_threads(before);
}

}  // namespace test
