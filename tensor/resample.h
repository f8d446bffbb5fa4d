// What the kernels of interpolation and grid sampling are called with. All operands are row-major, float32 or float64 throughout.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// y[…, i, …] = sum over begin[i] <= j < begin[i + 1] of weight[j] * x[…, index[j], …] along `dim`: a sparse matrix acting on one dim.
/// begin: int64 [y's size + 1]; index: int64 and weight: float64, [begin's last].
struct ResampleCall {
  View y, x, begin, index, weight;
  int dim = 0;
};

/// y[n, c, p] = sum over k of weight[n, p, k] * x[n, c, index[n, p, k]], without the terms whose index is negative. x: [N, C, S];
/// y: [N, C, P]; weight, and index of int64: [N, P, K]. Three slots use it: gather_taps writes y; the other two are its gradients,
/// y being the incoming one: scatter_taps writes x, dot_taps writes weight (0 for negative indices).
struct TapsCall {
  View x, y, weight, index;
};

}  // namespace ph
