// The elementwise rows in integers.
#include "elementwise.cuh"

namespace ph::cuda_backend {
const Launcher* launchers_integer(rows::LoopType t) {
  using rows::LoopType;
  switch (t) {
    case LoopType::u8: return ValueLaunchers<std::uint32_t, std::uint8_t>::rows;
    case LoopType::u16: return ValueLaunchers<std::uint32_t, std::uint16_t>::rows;
    case LoopType::u32: return ValueLaunchers<std::uint32_t, std::uint32_t>::rows;
    case LoopType::u64: return ValueLaunchers<std::uint64_t, std::uint64_t>::rows;
    case LoopType::i32: return ValueLaunchers<std::int32_t, std::int32_t>::rows;
    default: return ValueLaunchers<std::int64_t, std::int64_t>::rows;
  }
}
}  // namespace ph::cuda_backend
