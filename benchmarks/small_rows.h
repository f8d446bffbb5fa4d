// The rows of `./dev bench small` that are timed inside a process; run adds those about size and building.
#pragma once
#include "bench.h"

namespace bench {

inline const Rows<8> small_rows = {{
    {"a + b, 4x4", 10},
    {"a * b, 4x4, recorded", 10},
    {"chain of 100 recorded multiplies, forward and backward, per op", 20, 100},
    {"the same with gradients for both factors", 20, 100},
    {"view", 10},
    {"slice", 10},
    {"matmul, 4x4", 8},
    {"Adam step of Linear(4,16)-Tanh-Linear(16,1), batch 8", 12},
}};

}  // namespace bench
