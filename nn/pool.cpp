// Forward passes of the pooling, padding and resizing layers.
#include "playhead/nn/pool.h"

#include "playhead/autograd/ops.h"

namespace ph::nn {

#define PH_POOL_LAYERS(n)                                                                                                              \
  Tensor MaxPool##n##d::forward(const Tensor& x) { return max_pool##n##d(x, kernel, options); }                                        \
  MaxPoolResult MaxPool##n##d::with_indices(const Tensor& x) const { return max_pool##n##d_with_indices(x, kernel, options); }         \
  Tensor AvgPool##n##d::forward(const Tensor& x) { return avg_pool##n##d(x, kernel, options); }                                        \
  Tensor LPPool##n##d::forward(const Tensor& x) { return lp_pool##n##d(x, p, kernel, options); }                                       \
  Tensor AdaptiveMaxPool##n##d::forward(const Tensor& x) { return adaptive_max_pool##n##d(x, size); }                                  \
  MaxPoolResult AdaptiveMaxPool##n##d::with_indices(const Tensor& x) const { return adaptive_max_pool##n##d_with_indices(x, size); }   \
  Tensor AdaptiveAvgPool##n##d::forward(const Tensor& x) { return adaptive_avg_pool##n##d(x, size); }                                  \
  Tensor MaxUnpool##n##d::forward(const Tensor& x, const Tensor& indices) const { return max_unpool##n##d(x, indices, kernel, options); }
PH_POOL_LAYERS(1)
PH_POOL_LAYERS(2)
PH_POOL_LAYERS(3)
#undef PH_POOL_LAYERS

Tensor FractionalMaxPool2d::forward(const Tensor& x) { return fractional_max_pool2d(x, kernel, options); }
Tensor FractionalMaxPool3d::forward(const Tensor& x) { return fractional_max_pool3d(x, kernel, options); }
MaxPoolResult FractionalMaxPool2d::with_indices(const Tensor& x) const { return fractional_max_pool2d_with_indices(x, kernel, options); }
MaxPoolResult FractionalMaxPool3d::with_indices(const Tensor& x) const { return fractional_max_pool3d_with_indices(x, kernel, options); }

PadLayer::PadLayer(const char* name, int dims, const PerDim& given, Pad mode_, double value_) : margins(given.values()), mode(mode_), value(value_) {
  if (margins.size() == 1) margins = Shape::filled(2 * dims, margins[0]);
  if (margins.size() != 2 * dims) value_error(name, "needs one margin, or ", 2 * dims, " of them; got margins=", margins);
}
Tensor PadLayer::forward(const Tensor& x) { return pad(x, margins, mode, value); }

Tensor Upsample::forward(const Tensor& x) { return interpolate(x, options); }

}  // namespace ph::nn
