// The text of a tensor's values. to_string(Tensor), which adds what else is to say, is in autograd/print.cpp.
#pragma once
#include <string>

#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// Above this many elements, the middle of long dims is left out.
inline constexpr std::int64_t print_threshold = 1000;

/// The values as NumPy's str writes them with its default options.
std::string array_text(const Tensor& x);

}  // namespace ph::detail
