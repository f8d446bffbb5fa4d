// The contracts and examples of the ops, for docstrings; contracts.py writes them to a source file of the build.
#pragma once
#include <string_view>

namespace ph::python {
struct Contract {
  const char* text = "";     ///< the comment above the C++ declaration, or ""
  const char* example = "";  ///< under its heading and indented, or ""
};
/// Of the op with this name in C++: "sum", "linalg.svd"; of a method that has one of its own: "Tensor.item".
Contract contract_of(std::string_view name);
}  // namespace ph::python
