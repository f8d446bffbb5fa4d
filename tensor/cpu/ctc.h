// The loops of connectionist temporal classification, one set per instruction set (ctc.isa.cpp). Logarithms, in double.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

struct CtcLoops {
  /// y[i] = log(e^a[i] + e^b[i] + e^(c[i] + d[i])).
  void (*meet)(double* y, const double* a, const double* b, const double* c, const double* d, std::int64_t n);
  /// y[i] = e^(a[i] + b[i] + shift).
  void (*occupancy)(double* y, const double* a, const double* b, double shift, std::int64_t n);
};

PH_PER_ISA(const CtcLoops& ctc_loops())

}  // namespace ph::cpu
