// Images (or signals, or volumes) at other sizes and at other places: interpolation, grid sampling. Arguments and results are PyTorch's.
//
// Real floating dtypes; 16-bit ones are computed in float32. Gradients of any order.
#pragma once
#include <cstdint>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/resample.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

enum class Resample : std::uint8_t { nearest, nearest_exact, linear, bilinear, bicubic, trilinear, area };

struct InterpolateOptions {
  Shape size = {};                        ///< one number per spatial dim, or one for all; or
  std::vector<double> scale_factor = {};  ///< the same as factors of x's sizes, rounded down
  Resample mode = Resample::nearest;
  bool align_corners = false;             ///< linear, bilinear, bicubic, trilinear: corner entries stay in the corners
  bool recompute_scale_factor = false;    ///< places follow from the rounded sizes, not from the factors
  bool antialias = false;                 ///< bilinear, bicubic: shrinking averages over all that an entry stands for
};
/// x at another size. x: [N, C, size…] with one to three spatial dims (linear: one, bilinear and bicubic: two, trilinear: three).
Tensor interpolate(const Tensor& x, const InterpolateOptions& options);

struct GridSampleOptions {
  Resample mode = Resample::bilinear;  ///< or nearest; or bicubic, in two dims
  GridPadding padding = GridPadding::zeros;      ///< what stands outside x
  bool align_corners = false;                    ///< -1 and 1 are the centres of the outermost entries, not their outer edges
};
/// x read at the places that grid names: y[n, c, p…] is channel c at grid[n, p…]. x: [N, C, H, W] or [N, C, D, H, W];
/// grid: [N, places…, 2 or 3], in (x, y, z) order from -1 to 1, NaN as -1. The gradient for grid is 0 outside of x and with nearest.
Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampleOptions& options = {});
/// Places for grid_sample under affine maps. theta: [N, 2, 3] or [N, 3, 4]; size: the result's, [N, C, H, W] or [N, C, D, H, W];
/// y: [N, H, W, 2] or [N, D, H, W, 3].
Tensor affine_grid(const Tensor& theta, const Shape& size, bool align_corners = false);

}  // namespace ph
