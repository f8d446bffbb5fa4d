// The blocks that Cholesky, LU and triangular systems end in when they have been split until they fit a cache: compiled for each
// instruction set (linalg_blocks.isa.cpp), called by linalg.cpp. Everything is row-major, with a stride between rows.
#pragma once
#include <cstdint>

#include "playhead/tensor/complex.h"
#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

/// Sides up to this are a block.
constexpr std::int64_t linalg_block = 32;

/// m (n <= linalg_block, dense) is the triangular matrix, its other triangle is not read; x, [n, k] (left) or [k, n], is solved in place.
template <class T>
struct TriangularBlock {
  bool left, lower, unit;
  std::int64_t n, k;
  const T* m;
  T* x;
  std::int64_t row;
};

// cholesky: the lower factor of a [n, n] in place of its lower triangle; 0, or the order of the first leading minor that is not positive.
// lu: P a = L U for a [m, n], min(m, n) <= linalg_block, pivots counted from 1; 0, or the number of the first pivot that is 0.
#define PH_LINALG_BLOCKS(s, T)                                                                                       \
  std::int64_t cholesky_##s(T* a, std::int64_t n, std::int64_t row);                                                 \
  std::int64_t lu_##s(T* a, std::int64_t m, std::int64_t n, std::int64_t row, std::int32_t* pivots);                 \
  void triangular_##s(const TriangularBlock<T>& b);
PH_PER_ISA(PH_LINALG_BLOCKS(f32, float) PH_LINALG_BLOCKS(f64, double) PH_LINALG_BLOCKS(c64, cfloat) PH_LINALG_BLOCKS(c128, cdouble))
#undef PH_LINALG_BLOCKS

}  // namespace ph::cpu
