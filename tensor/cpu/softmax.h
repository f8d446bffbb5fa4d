// The loops of softmax and cross entropy over rows and columns, one set per instruction set (softmax.isa.cpp).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

template <class T>
struct SoftmaxLoops {
  /// `rows` slices of n contiguous elements, one after the other.
  void (*rows)(T* y, const T* x, std::int64_t rows, std::int64_t n, bool log);
  void (*grad_rows)(T* dx, const T* g, const T* y, std::int64_t rows, std::int64_t n, bool log);
  /// `width` slices side by side (at most `columns`), their n elements `stride` apart.
  void (*columns)(T* y, const T* x, std::int64_t n, std::int64_t stride, std::int64_t width, bool log);
  void (*grad_columns)(T* dx, const T* g, const T* y, std::int64_t n, std::int64_t stride, std::int64_t width, bool log);
  /// log sum e^x of a row; and sum w x (x alone if w is null).
  T (*lse)(const T* x, std::int64_t n);
  double (*weighted_sum)(const T* w, const T* x, std::int64_t n);
  /// dx = a e^(x - lse) - b w (w null: 1).
  void (*cross_entropy_grad)(T* dx, const T* x, const T* w, std::int64_t n, T lse, T a, T b);
};
inline constexpr std::int64_t softmax_columns = 64;

PH_PER_ISA(const SoftmaxLoops<float>& softmax_loops_f32(); const SoftmaxLoops<double>& softmax_loops_f64())

}  // namespace ph::cpu
