// The loops of layer and rms normalisation, one set per instruction set (norm.isa.cpp).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

template <class T>
struct NormLoops {
  /// y = (x - mean) rstd w + b for `rows` rows of n; w, b and, for rms normalisation, mean may be null.
  void (*forward)(T* y, T* mean, T* rstd, const T* x, const T* w, const T* b, std::int64_t rows, std::int64_t n, double eps);
  /// dx of the same rows, from g; dw and db (n sums each, to be added to) and dx may be null; so may mean.
  void (*backward)(T* dx, double* dw, double* db, const T* g, const T* x, const T* w, const T* mean, const T* rstd, std::int64_t rows,
                   std::int64_t n);
};

PH_PER_ISA(const NormLoops<float>& norm_loops_f32(); const NormLoops<double>& norm_loops_f64())

}  // namespace ph::cpu
