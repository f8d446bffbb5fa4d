// What the kernels of linear algebra are told beside their operands.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

/// Which triangular system is solved; `upper` and `unit` are about the matrix as it is stored.
struct TriangularCall {
  bool left = true, upper = false, unit = false, transpose = false;
};

/// LAPACK's ways to least squares: by QR (full rank), by QR with column exchanges, by singular values (divide and conquer, or not).
enum class LstsqDriver : std::uint8_t { gels, gelsy, gelsd, gelss };

}  // namespace ph
