// The elementwise loops in float: values and derivatives.
#include "playhead/tensor/cpu/elementwise_loops.h"

namespace ph::cpu::PH_ISA {

const Loop* loops_f32(Part q);
const Loop* loops_f32(Part q) { return loops_of<float>(q); }

}  // namespace ph::cpu::PH_ISA
