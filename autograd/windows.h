// Arguments that convolution and pooling share.
#pragma once
#include "playhead/autograd/ops_conv.h"

namespace ph::detail {

/// One value per spatial dim, each at least `least`.
Shape per_dim(const char* op, const char* name, const PerDim& v, int dims, std::int64_t least);
/// How far the last window of a dilated kernel begins behind the first; negative if not even one fits.
std::int64_t window_room(const char* op, std::int64_t size, std::int64_t kernel, std::int64_t padding, std::int64_t dilation);

}  // namespace ph::detail
