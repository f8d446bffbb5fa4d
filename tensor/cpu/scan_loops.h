// The inner loops of scans along contiguous rows, one set per instruction set (scan.isa.cpp).
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/dtype.h"

namespace ph::cpu {

/// y[i] = *state with x[0..i] added; *state goes along. Without y, only that. x and y may be the same.
using SumLoop = void (*)(void* state, const void* x, void* y, std::int64_t n);

PH_PER_ISA(
  /// For float32 and float64 (the state is a double) and 64-bit integers (the state is a uint64); null for others.
  SumLoop sum_loop(DType t);
  /// x[i] = e^(x[i] - shift), and log(x[i]) + shift.
  void exp_minus(double* x, std::int64_t n, double shift);
  void log_plus(double* x, std::int64_t n, double shift))

}  // namespace ph::cpu
