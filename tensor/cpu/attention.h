// The loops of attention over a tile of scores, one set per instruction set (attention.isa.cpp). A tile holds a row for each key
// and, side by side, a column for each query (`width` of them, at most attention_queries; rows are attention_queries apart).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

inline constexpr std::int64_t attention_queries = 128, attention_keys = 256;

template <class T>
struct AttentionLoops {
  /// top = the largest of itself and its column.
  void (*top)(T* top, const T* s, std::int64_t rows, std::int64_t width);
  /// s = e^(s - base); sum gets the sums of the columns.
  void (*exp_sum)(T* s, T* sum, const T* base, std::int64_t rows, std::int64_t width);
  /// s *= by, column by column.
  void (*scale)(T* s, const T* by, std::int64_t rows, std::int64_t width);
  /// p = e^(p - lse), ds = p (ds - delta).
  void (*grad)(T* p, T* ds, const T* lse, const T* delta, std::int64_t rows, std::int64_t width);
};

PH_PER_ISA(const AttentionLoops<float>& attention_loops_f32(); const AttentionLoops<double>& attention_loops_f64())

}  // namespace ph::cpu
