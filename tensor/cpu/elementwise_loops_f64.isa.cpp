// The elementwise loops in double: values and derivatives.
#include "playhead/tensor/cpu/elementwise_loops.h"

namespace ph::cpu::PH_ISA {

const Loop* loops_f64(Part q);
const Loop* loops_f64(Part q) { return loops_of<double>(q); }

}  // namespace ph::cpu::PH_ISA
