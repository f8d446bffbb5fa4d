// The elementwise rows in float.
#include "elementwise.cuh"

namespace ph::cuda_backend {
const Launcher* launchers_f32(Part q) { return launchers_of<float>(q); }
}  // namespace ph::cuda_backend
