// The loops of batch, instance and group normalisation, one set per instruction set (channel_norm.isa.cpp). Each exists for rows, where
// a row shares its statistics, and for columns, where neighbours have their own (channels without or with few pixels).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

/// How many elements, their mean, and the sum of the squares of their distances from it.
struct Moments {
  double count = 0, mean = 0, square = 0;
};
namespace {  // so that each instruction set's objects have their own (see isa.h)
/// The moments of both together (Chan, Golub & LeVeque 1979).
inline void join(Moments& a, const Moments& b) {
  if (b.count == 0) return;
  const double total = a.count + b.count, d = b.mean - a.mean;
  a.square += b.square + d * d * (a.count * b.count / total);
  a.mean += d * (b.count / total);
  a.count = total;
}
}  // namespace

template <class T>
struct ChannelNormLoops {
  using Int = std::int64_t;
  /// moments[r] of each row of n.
  void (*moments)(Moments* moments, const T* x, Int rows, Int n);
  /// moments[j] of each of n columns, whose rows are n apart.
  void (*column_moments)(Moments* moments, const T* x, Int rows, Int n);
  /// y = (x - m) a + b, with entry (first + r) % period of m, a, b for row r.
  void (*apply)(T* y, const T* x, const T* m, const T* a, const T* b, Int first, Int period, Int rows, Int n);
  void (*apply_columns)(T* y, const T* x, const T* m, const T* a, const T* b, Int rows, Int n);
  /// Sums of g and of g (x - m).
  void (*sums)(double* sg, double* sgx, const T* g, const T* x, const T* m, Int first, Int period, Int rows, Int n);
  /// The same, added to what is there.
  void (*column_sums)(double* sg, double* sgx, const T* g, const T* x, const T* m, Int rows, Int n);
  /// dx = g a + (x - m) b + c.
  void (*gradient)(T* dx, const T* g, const T* x, const T* m, const T* a, const T* b, const T* c, Int first, Int period, Int rows, Int n);
  void (*column_gradient)(T* dx, const T* g, const T* x, const T* m, const T* a, const T* b, const T* c, Int rows, Int n);
};

PH_PER_ISA(const ChannelNormLoops<float>& channel_norm_loops_f32(); const ChannelNormLoops<double>& channel_norm_loops_f64())

}  // namespace ph::cpu
