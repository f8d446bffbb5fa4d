// The text of a tensor's values. to_string(Tensor), which adds what else is to say, is in autograd/print.cpp.
#pragma once
#include <string>

#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace detail {

/// Above this many elements, the middle of long dims is left out.
inline constexpr std::int64_t print_threshold = 1000;

/// The values as NumPy's str writes them with its default options; as its repr does with commas, after a text of `indent` columns.
std::string array_text(const Tensor& x, bool commas = false, int indent = 0);

}  // namespace detail
}  // namespace ph
