// The scalar maths that kernels are written in, for float and double: correct for every input (zeros, subnormals, infinities,
// NaN, overflow), within 2 ulp unless its line says otherwise, and free of branches so that loops become SIMD code.
//
// All of it is inlined into the file that uses it (see PH_INLINE); a kernel file says `using namespace ph::math`.
// The few functions that cannot be right everywhere without a branch have a form for Quick numbers that gives up (NaN) there.
#pragma once
#include "playhead/tensor/math_arith.h"
#include "playhead/tensor/math_calls.h"
#include "playhead/tensor/math_core.h"
#include "playhead/tensor/math_derived.h"
#include "playhead/tensor/math_bessel_i.h"
#include "playhead/tensor/math_normal.h"
#if !defined(__CUDACC__)
#include "playhead/tensor/math_special.h"
#endif
