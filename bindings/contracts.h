// The contracts of the C++ headers as docstrings; contracts.py writes them to a source file of the build.
#pragma once
#include <string>

namespace ph::python {
/// The comment above the C++ declaration of `name` ("sum", "linalg.svd"), or "".
const char* contract_of(const std::string& name);
}  // namespace ph::python
