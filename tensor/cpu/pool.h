// The loops of pooling over neighbouring windows, which read entries `step` apart. Compiled per instruction set in pool.isa.cpp.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

/// Entry j of a run belongs to window j: x[j * step], at position `at` + j * step of its plane.
template <class T>
struct PoolRun {
  std::int64_t n, step;
  const T* x;
  std::int64_t at;
};

template <class T>
struct PoolLoops {
  /// best[j], where[j] = the entry and its position if it is the first (where[j] < 0), larger, or the first NaN.
  void (*max)(T* best, std::int64_t* where, const PoolRun<T>& run);
  /// sum[j] += the entry.
  void (*add)(T* sum, const PoolRun<T>& run);
  /// x[j * step] += g[j].
  void (*spread)(T* x, std::int64_t step, const T* g, std::int64_t n);
};

PH_PER_ISA(const PoolLoops<float>& pool_loops_f32(); const PoolLoops<double>& pool_loops_f64())

}  // namespace ph::cpu
