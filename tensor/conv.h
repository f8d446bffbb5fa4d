// What the convolution and pooling kernels are called with. All operands are row-major.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// y[n, o, p] = bias[o] + sum over c, k of w[o, c, k] * x[n, g(o) * C / groups + c, p * stride + k * dilation - padding], where x is 0
/// outside its bounds. x is [N, C, size…], w [O, C / groups, kernel…], y [N, O, positions…], with 1 to 3 spatial dims. Three slots
/// use it: conv writes y, conv_input writes x (the sum that is its gradient, y being the incoming one), conv_weight writes w.
/// `padding` is what stands before x; how much stands behind follows from y's sizes. One floating dtype.
struct ConvCall {
  View x, w, y;
  View bias;  // [O], or absent; only for conv
  std::int64_t stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};
  std::int64_t groups = 1;
};

/// Windows of the last `dims` dims of x; y has as many entries there as there are windows. The dims before are [planes].
struct PoolCall {
  enum class Kind : std::uint8_t { max, average };
  Kind kind = Kind::max;
  bool adaptive = false;           ///< window i of n over size s is [floor(i s / n), ceil((i + 1) s / n)); the rest is not used
  bool count_padding = true;       ///< average: divide by the window's size with padding (but never what is past it), else by what is in x
  int dims = 2;
  View x, y;
  View index;                      ///< max: int64, y's shape: where in its plane of x the maximum was
  View starts;                     ///< absent, or max: int64 [planes, y's pooled sizes added up]: where each plane's windows begin, dim after
                                   ///< dim; they are `kernel` long and lie within x
  std::int64_t kernel[3] = {1, 1, 1}, stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};
  std::int64_t divisor = 0;        ///< average: divide by this instead, if not 0
};

}  // namespace ph
