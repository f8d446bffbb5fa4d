// The loops of attention over a row of scores, one set per instruction set (attention.isa.cpp).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

template <class T>
struct AttentionLoops {
  /// s += mask, or -inf where the mask is false; `step` between the mask's elements.
  void (*add)(T* s, const T* mask, std::int64_t step, std::int64_t n);
  void (*hide)(T* s, const std::uint8_t* mask, std::int64_t step, std::int64_t n);
  T (*max)(const T* s, std::int64_t n);
  /// s = e^(s - m); returns the sum.
  double (*exp_sum)(T* s, std::int64_t n, T m);
  void (*scale)(T* y, T by, std::int64_t n);
  double (*dot)(const T* a, const T* b, std::int64_t n);
  /// p = e^(p - lse), ds = p (ds - delta).
  void (*grad)(T* p, T* ds, std::int64_t n, T lse, T delta);
};

PH_PER_ISA(const AttentionLoops<float>& attention_loops_f32(); const AttentionLoops<double>& attention_loops_f64())

}  // namespace ph::cpu
