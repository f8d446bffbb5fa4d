// The CPU caching allocator. Freed blocks are kept and reused, because fresh pages cost more than most kernels.
#pragma once
#include <cstddef>
#include <cstdint>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

struct MemoryStats {
  std::int64_t in_use = 0;       ///< bytes handed out now
  std::int64_t peak = 0;         ///< the most that was handed out at once since `reset_peak_memory`
  std::int64_t cached = 0;       ///< bytes kept for reuse
  std::int64_t allocations = 0;  ///< blocks handed out so far
  std::int64_t system_calls = 0; ///< times the operating system was asked for memory
};

/// Figures of the CPU allocator, over all threads. Exact when no other thread allocates meanwhile.
MemoryStats memory_stats();
void reset_peak_memory();
/// Gives all cached blocks back to the operating system (the calling thread's small ones, and all large ones).
void empty_cache();

/// At least `bytes` bytes, aligned to 64. Throws a memory error. Never returns null; `bytes` may be 0.
void* allocate(std::size_t bytes);
/// Gives back a block of `allocate(bytes)`, from any thread.
void deallocate(void* p, std::size_t bytes) noexcept;

}  // namespace ph
