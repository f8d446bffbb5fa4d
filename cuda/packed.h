// Row-major temporaries on the device.
#pragma once
#include <algorithm>
#include <vector>

#include "runtime.h"

namespace ph::cuda_backend {

/// Memory for a tensor of the shape of `like`, for the time of a call: packed operands and results.
struct Packed {
  Scratch memory;
  std::vector<std::int64_t> strides;
  View view;

  Packed(const View& like, DType dtype) : memory(static_cast<std::size_t>(like.numel) * itemsize(dtype)), strides(static_cast<std::size_t>(like.ndim)) {
    std::int64_t step = 1;
    for (int d = like.ndim - 1; d >= 0; --d) {
      strides[static_cast<std::size_t>(d)] = step;
      step *= std::max<std::int64_t>(like.shape[d], 1);
    }
    view = {memory.get(), like.shape, strides.data(), like.numel, like.ndim, dtype, true};
  }
  Packed(Packed&&) = default;
};

}  // namespace ph::cuda_backend
