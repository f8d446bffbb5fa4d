// The elementwise rows in double.
#include "elementwise.cuh"

namespace ph::cuda_backend {
const Launcher* launchers_f64(Part q) { return launchers_of<double>(q); }
}  // namespace ph::cuda_backend
