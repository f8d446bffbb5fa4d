// What test_index.cpp and test_scatter.cpp share: random choices, coordinates, and tensors of random layout.
#pragma once
#include "shape_cases.h"

namespace test {

using namespace ph;
using Ints = std::vector<std::int64_t>;

struct Random {
  std::uint64_t s;
  std::int64_t operator()(std::int64_t low, std::int64_t high) {  // both inclusive
    s ^= s << 13, s ^= s >> 7, s ^= s << 17;
    return low + static_cast<std::int64_t>((s >> 33) % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return (*this)(1, 100) <= percent; }
};

inline Ints coordinates_of(std::int64_t i, const Shape& shape) {
  Ints at(static_cast<std::size_t>(shape.size()));
  for (int d = shape.size() - 1; d >= 0; --d) at[static_cast<std::size_t>(d)] = i % shape[d], i /= shape[d];
  return at;
}

// The values of x in memory of a random order.
inline Tensor shuffled(Random& random, const Tensor& x) {
  Shape order, back = Shape::filled(x.ndim(), 0), mirror;
  for (int d = 0; d < x.ndim(); ++d) order.insert(static_cast<int>(random(0, d)), d);
  for (int d = 0; d < x.ndim(); ++d) back[static_cast<int>(order[d])] = d;
  for (int d = 0; d < x.ndim(); ++d)
    if (random.chance(30)) mirror.push_back(d);
  const Tensor y = permute(permute(x, order).clone(), back);
  return mirror.empty() ? y : flip(flip(y, mirror).clone(), mirror);
}

}  // namespace test
