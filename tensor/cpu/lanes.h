// Sums and extrema of a row, for *.isa.cpp files: a fixed number of running results side by side, which SIMD registers hold,
// and a fixed order in which they meet. The bits depend on the length alone.
#pragma once
#include <cstdint>

#include "playhead/tensor/math_core.h"

namespace ph::cpu::PH_ISA {

namespace {

inline constexpr std::int64_t row_width = 64, row_chunk = 4096;

/// The largest element; NaN if there is one; -inf of none.
template <class T>
PH_INLINE T row_max(const T* x, std::int64_t n) {
  T m[row_width];
  for (std::int64_t j = 0; j < row_width; ++j) m[j] = -math::infinity<T>;
  std::int64_t i = 0;
  for (; i + row_width <= n; i += row_width)
    for (std::int64_t j = 0; j < row_width; ++j) m[j] = math::maximum(m[j], x[i + j]);
  for (std::int64_t j = 0; i + j < n; ++j) m[j] = math::maximum(m[j], x[i + j]);
  for (std::int64_t step = row_width / 2; step > 0; step /= 2)
    for (std::int64_t j = 0; j < step; ++j) m[j] = math::maximum(m[j], m[j + step]);
  return m[0];
}

/// f(0) + … + f(n - 1), each of type T: in T within a chunk, in double from chunk to chunk. f may have side effects on element i.
template <class T, class F>
PH_INLINE double row_sum(std::int64_t n, const F& f) {
  double total = 0;
  for (std::int64_t begin = 0; begin < n; begin += row_chunk) {
    const std::int64_t end = n - begin < row_chunk ? n : begin + row_chunk;
    T s[row_width] = {};
    std::int64_t i = begin;
    for (; i + row_width <= end; i += row_width)
      for (std::int64_t j = 0; j < row_width; ++j) s[j] += f(i + j);
    for (std::int64_t j = 0; i + j < end; ++j) s[j] += f(i + j);
    for (std::int64_t step = row_width / 2; step > 0; step /= 2)
      for (std::int64_t j = 0; j < step; ++j) s[j] += s[j + step];
    total += static_cast<double>(s[0]);
  }
  return total;
}

struct TwoSums { double first, second; };

/// Sums of f and f h over a row.
template <class T, class F, class H>
PH_INLINE TwoSums two_row_sums(std::int64_t n, const F& f, const H& h) {
  TwoSums total = {0, 0};
  for (std::int64_t begin = 0; begin < n; begin += row_chunk) {
    const std::int64_t end = n - begin < row_chunk ? n : begin + row_chunk;
    T s[row_width] = {}, t[row_width] = {};
    std::int64_t i = begin;
    for (; i + row_width <= end; i += row_width)
      for (std::int64_t j = 0; j < row_width; ++j) {
        const T v = f(i + j);
        s[j] += v;
        t[j] += v * h(i + j);
      }
    for (std::int64_t j = 0; i + j < end; ++j) {
      const T v = f(i + j);
      s[j] += v;
      t[j] += v * h(i + j);
    }
    for (std::int64_t step = row_width / 2; step > 0; step /= 2)
      for (std::int64_t j = 0; j < step; ++j) {
        s[j] += s[j + step];
        t[j] += t[j + step];
      }
    total.first += static_cast<double>(s[0]);
    total.second += static_cast<double>(t[0]);
  }
  return total;
}

}  // namespace

}  // namespace ph::cpu::PH_ISA
