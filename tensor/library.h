// Opening shared libraries that are optional: CUDA's plugin, OpenBLAS.
#pragma once
#include <string>

namespace ph {

/// Opens a library and keeps it open: the file of that name beside this library first, so that the two match, then wherever the
/// system looks. Null if there is none; `why_not` then says what the system said.
void* open_library(const char* file, std::string* why_not);

}  // namespace ph
