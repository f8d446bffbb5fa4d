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

/// What stands around an image.
enum class GridPadding : std::uint8_t { zeros, border, reflection };

/// The entries that count at each place of a grid, as offsets in a plane of `size`, or -1 outside of it, and how much. grid: [N, P, dims]
/// in (x, y, z) order from -1 to 1; index (int64) and weight: [N, P, reach^dims]; slope: weight's derivatives by the grid, [N, P,
/// reach^dims, dims], or absent. `reach` entries along each dim: 1 nearest, 2 linear, 4 cubic.
struct GridCall {
  View grid, index, weight, slope;
  std::int64_t size[3] = {1, 1, 1};
  int reach = 2;
  GridPadding padding = GridPadding::zeros;
  bool align_corners = false;
};

/// y[n, c, p] = sum over k of weight[n, p, k] * x[n, c, index[n, p, k]], without the terms whose index is negative. x: [N, C, S];
/// y: [N, C, P]; weight, and index of int64: [N, P, K]. Three slots use it: gather_taps writes y; the other two are its gradients,
/// y being the incoming one: scatter_taps writes x, dot_taps writes weight (0 for negative indices).
struct TapsCall {
  View x, y, weight, index;
};

}  // namespace ph
