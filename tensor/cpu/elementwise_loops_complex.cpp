// The elementwise loops over complex numbers: mostly scalar code and calls, so one copy serves every instruction set.
#define PH_ISA any
#include "playhead/tensor/cpu/elementwise_loops.h"

namespace ph::cpu::any {

const Loop* loops_complex(LoopType t, Part q);
const Loop* loops_complex(LoopType t, Part q) { return t == LoopType::c64 ? loops_of<cfloat>(q) : loops_of<cdouble>(q); }

}  // namespace ph::cpu::any
