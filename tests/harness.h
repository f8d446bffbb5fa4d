// What tests share: sample tensors, comparisons, layouts, and the check of an error's exact text.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "playhead/playhead.h"

/// The expression must throw a ph::Error with exactly this text.
#define CHECK_ERROR(expression, message)                 \
  do {                                                   \
    std::string got_ = "nothing was thrown";             \
    try {                                                \
      (void)(expression);                                \
    } catch (const ph::Error& e) {                       \
      got_ = e.what();                                   \
    }                                                    \
    CHECK_EQ(got_, std::string(message));                \
  } while (false)

namespace test {

using ph::Shape;
using ph::Tensor;

/// Values without any symmetry in [low, high), the same at every run; different for different `salt`.
inline Tensor sample(const Shape& shape, ph::DType dtype = ph::float64, double low = -2, double high = 2, std::uint64_t salt = 1) {
  std::vector<double> v;
  const auto mixed = [](std::uint64_t z) {  // splitmix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  std::uint64_t z = mixed(salt);  // else the salts would be places in one stream
  for (std::int64_t i = 0, n = ph::numel(shape); i < n; ++i)
    v.push_back(low + (high - low) * static_cast<double>(mixed(z += 0x9e3779b97f4a7c15u) >> 11) * 0x1p-53);
  return ph::from_data(v, shape).to(dtype);
}
/// The same as a leaf that requires a gradient.
inline Tensor leaf(const Shape& shape, ph::DType dtype = ph::float64, double low = -2, double high = 2, std::uint64_t salt = 1) {
  return sample(shape, dtype, low, high, salt).requires_grad_();
}

inline std::vector<double> values(const Tensor& x) { return x.detach().to(ph::float64).to_vector<double>(); }

/// Same shape, and every element within atol + rtol |b|; NaN equals NaN.
inline bool close(const Tensor& a, const Tensor& b, double rtol = 1e-9, double atol = 1e-12) {
  if (!(a.shape() == b.shape())) return false;
  const std::vector<double> p = values(a), q = values(b);
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (std::isnan(p[i]) && std::isnan(q[i])) continue;
    if (p[i] == q[i]) continue;
    if (!(std::fabs(p[i] - q[i]) <= atol + rtol * std::fabs(q[i]))) return false;
  }
  return true;
}
/// Same shape, dtype and bits.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype()) return false;
  const Tensor p = a.detach().contiguous(), q = b.detach().contiguous();
  return p.nbytes() == 0 || std::memcmp(p.data_ptr(), q.data_ptr(), p.nbytes()) == 0;
}

struct Layout {
  const char* name;
  Tensor x;
};
/// x's values in memory of many kinds: row-major, reversed dims, every second element, an offset, negative steps.
inline std::vector<Layout> layouts(const Tensor& x) {
  std::vector<Layout> all{{"contiguous", x}};
  if (x.ndim() == 0) return all;
  Shape reversed;
  for (int d = x.ndim(); d-- > 0;) reversed.push_back(d);
  all.push_back({"reversed dims", x.permute(reversed).clone().permute(reversed)});
  Shape twice = x.shape();
  twice[twice.size() - 1] = twice[twice.size() - 1] * 2 + 1;
  const auto into = [&](ph::Slice s) {
    Tensor big = ph::zeros(twice, {.dtype = x.dtype()});
    Tensor part = big.slice(-1, s);
    part.copy_(x);
    return part;
  };
  const std::int64_t n = x.size(-1);
  all.push_back({"step 2", into({0, 2 * n, 2})});
  all.push_back({"offset", into({n + 1, ph::None})});
  if (n > 0) {
    Tensor flipped = x.slice(-1, {ph::None, ph::None, -1}).clone();
    all.push_back({"negative step", flipped.slice(-1, {ph::None, ph::None, -1})});
  }
  return all;
}

}  // namespace test
