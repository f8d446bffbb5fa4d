// Walking over the dims around an index, and checking the indices on the way.
#pragma once
#include <cstdint>

#include "playhead/tensor/error.h"
#include "playhead/tensor/shape.h"

namespace ph::cpu {

inline constexpr std::int64_t batch = 512;     // offsets kept on the stack
inline constexpr std::int64_t task = 1 << 15;  // elements worth a thread's while

// Dims that K operands walk together, outermost first, merged wherever all of them allow it.
template <int K>
struct Nest {
  Shape size;
  Strides step[K];

  template <class... S>
  void push(std::int64_t n, S... s) {
    static_assert(sizeof...(S) == K);
    const std::int64_t steps[] = {s...};
    if (n == 1) return;
    const int last = size.size() - 1;
    bool merges = last >= 0;
    for (int k = 0; k < K && merges; ++k) merges = step[k][last] == steps[k] * n;
    if (merges) size[last] *= n;
    else size.push_back(n);
    for (int k = 0; k < K; ++k) {
      if (merges) step[k][last] = steps[k];
      else step[k].push_back(steps[k]);
    }
  }
  std::int64_t count() const { return numel(size); }
};

// A position in a nest's dims [0, ndim), with the offset of each operand.
template <int K>
struct Cursor {
  const Nest<K>& nest;
  int ndim;
  Shape at;
  std::int64_t offset[K] = {};

  Cursor(const Nest<K>& n, int dims, std::int64_t position) : nest(n), ndim(dims), at(Shape::filled(dims, 0)) {
    for (int d = ndim - 1; d >= 0; --d) {
      at[d] = position % nest.size[d];
      position /= nest.size[d];
      for (int k = 0; k < K; ++k) offset[k] += at[d] * nest.step[k][d];
    }
  }
  void next() {
    for (int d = ndim - 1; d >= 0; --d) {
      for (int k = 0; k < K; ++k) offset[k] += nest.step[k][d];
      if (++at[d] < nest.size[d]) return;
      for (int k = 0; k < K; ++k) offset[k] -= nest.size[d] * nest.step[k][d];
      at[d] = 0;
    }
  }
};

[[noreturn]] inline void out_of_range(const char* op, std::int64_t index, std::int64_t dim, std::int64_t size) {
  index_error(op, "index out of range; got index=", index, " for dimension ", dim, " of size ", size);
}

// Throws for the first of n indices, `step` apart, that is out of range.
inline void check_row(const char* op, const std::int64_t* index, std::int64_t step, std::int64_t n, std::int64_t dim, std::int64_t size) {
  bool good = true;
  for (std::int64_t i = 0; i < n; ++i) good &= index[i * step] >= -size && index[i * step] < size;
  if (good) return;
  for (std::int64_t i = 0; i < n; ++i)
    if (index[i * step] < -size || index[i * step] >= size) out_of_range(op, index[i * step], dim, size);
}

}  // namespace ph::cpu
