// The elementwise loops over integers.
#include "playhead/tensor/cpu/elementwise_loops.h"

namespace ph::cpu::PH_ISA {

const Loop* loops_int(LoopType t);
const Loop* loops_int(LoopType t) {
  switch (t) {
    case LoopType::u8: return ValueLoops<std::uint32_t, std::uint8_t>::rows;
    case LoopType::u16: return ValueLoops<std::uint32_t, std::uint16_t>::rows;
    case LoopType::u32: return ValueLoops<std::uint32_t, std::uint32_t>::rows;
    case LoopType::u64: return ValueLoops<std::uint64_t, std::uint64_t>::rows;
    case LoopType::i32: return ValueLoops<std::int32_t, std::int32_t>::rows;
    default: return ValueLoops<std::int64_t, std::int64_t>::rows;
  }
}

}  // namespace ph::cpu::PH_ISA
