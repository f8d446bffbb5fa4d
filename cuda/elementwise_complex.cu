// The elementwise rows in complex numbers.
#include "elementwise.cuh"

namespace ph::cuda_backend {
const Launcher* launchers_complex(rows::LoopType t, Part q) { return t == rows::LoopType::c64 ? launchers_of<cfloat>(q) : launchers_of<cdouble>(q); }
}  // namespace ph::cuda_backend
