// The text of a tensor's values, and how it is written. to_string(Tensor), which adds what else is to say, is in autograd/print.cpp.
#pragma once
#include <string>

#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// How tensors are printed, by NumPy's rules. Each thread has its own, as it has its default dtype.
struct PrintOptions {
  enum class Scientific : std::uint8_t { if_needed, never, always };
  int precision = 8;              ///< digits after the point, 0 to 50; at 8 a number that stands alone has all of its own
  std::int64_t threshold = 1000;  ///< above this many elements, the middle of long dims is left out
  std::int64_t edgeitems = 3;     ///< how many then stay at either end
  int linewidth = 75;
  Scientific scientific = Scientific::if_needed;  ///< whether numbers have exponents
  bool operator==(const PrintOptions&) const = default;
};
PrintOptions print_options();
/// Returns those before. Throws for a precision outside its range, a negative threshold, and edgeitems or a linewidth below 1.
PrintOptions set_print_options(const PrintOptions& options);

namespace detail {
/// The values as NumPy's str writes them; as its repr does with commas, after a text of `indent` columns.
std::string array_text(const Tensor& x, bool commas = false, int indent = 0);
}  // namespace detail
}  // namespace ph
