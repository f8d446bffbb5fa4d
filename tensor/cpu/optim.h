// The loops of the optimiser steps, one set per instruction set.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

PH_PER_ISA(
void sgd_f32(float* p, const float* g, float* v, bool first, std::int64_t n, const SGDStep& how);
void sgd_f64(double* p, const double* g, double* v, bool first, std::int64_t n, const SGDStep& how);
void adam_f32(float* p, const float* g, float* m, float* v, std::int64_t n, const AdamStep& how);
void adam_f64(double* p, const double* g, double* m, double* v, std::int64_t n, const AdamStep& how))

}  // namespace ph::cpu
