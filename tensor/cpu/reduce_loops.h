// The inner loops of reductions, one set per instruction set (reduce.isa.cpp); reduce.cpp walks the layout and calls them.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/dtype.h"

namespace ph::cpu {

/// What is summed, or how elements are combined. squared_deviation is (x - extra)^2, exp is e^(x - extra).
enum class Fold : std::uint8_t { sum, square, squared_deviation, exp, prod, min, max };

/// What elements are converted to before they are folded. u64 stands for sums and products of all integers: they wrap the same way.
enum class Lane : std::uint8_t { u8, i32, i64, u64, f32, f64, c128 };

/// What is done to an element when it is converted.
enum class Map : std::uint8_t { none, nonzero, nan_to_zero, abs };

/// `acc` is an array of the accumulator's type: the lane's own, but double for sums of f32 and uint64 for those of u8.
/// `extra` is one number per column: the mean of squared_deviation, the maximum of exp.
struct FoldLoops {
  std::int64_t lane_size = 0, acc_size = 0;
  /// acc[0..n) = the value of no elements.
  void (*init)(void* acc, std::int64_t n) = nullptr;
  /// acc[j] gets x[r * stride + j] for all rows r, in a fixed order.
  void (*columns)(void* acc, const void* x, std::int64_t stride, std::int64_t rows, std::int64_t n, const double* extra) = nullptr;
  /// acc[r] = the fold of x[r * stride + 0..n).
  void (*rows)(void* acc, const void* x, std::int64_t stride, std::int64_t rows, std::int64_t n, const double* extra) = nullptr;
  /// a[j] gets b[j].
  void (*combine)(void* a, const void* b, std::int64_t n) = nullptr;
};

/// The same for argmin and argmax: `acc` holds values, `index` (int32 for lanes of 4 bytes, else int64) where they were.
struct ArgLoops {
  std::int64_t lane_size = 0;
  /// Starts afresh at the first row; index counts from it.
  void (*columns)(void* acc, void* index, const void* x, std::int64_t stride, std::int64_t rows, std::int64_t n) = nullptr;
  void (*row)(void* acc, void* index, const void* x, std::int64_t n) = nullptr;
  /// Where b[j] is strictly better, a[j] becomes it and total[j] becomes index[j] + offset. `merge` has int64 indices.
  void (*combine)(void* a, std::int64_t* total, const void* b, const void* index, std::int64_t offset, std::int64_t n) = nullptr;
  void (*merge)(void* a, std::int64_t* total, const void* b, const void* index, std::int64_t offset, std::int64_t n) = nullptr;
  /// total[j] = index[j] + offset.
  void (*widen)(std::int64_t* total, const void* index, std::int64_t offset, std::int64_t n) = nullptr;
};

/// `n` contiguous elements as lanes.
using LoadLoop = void (*)(void* lanes, const void* x, std::int64_t n);

PH_PER_ISA(
  FoldLoops fold_loops(Fold fold, Lane lane);
  ArgLoops arg_loops(bool largest, Lane lane);
  LoadLoop load_loop(Lane lane, DType from, Map map))

/// How many numbers a row is folded into before these are folded into one.
inline constexpr std::int64_t row_lanes = 32;

}  // namespace ph::cpu
