// Large blocks of the CPU allocator: mappings of their own, kept after use. Internal to allocator.cpp, which counts and throws.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace ph::memory {

using Size = std::int64_t;
inline constexpr Size KiB = 1 << 10, MiB = 1 << 20;

extern std::atomic<Size> system_calls;
/// Fresh zeroed memory from the system, aligned to `align` (a power of two); null when there is none.
char* map(Size size, Size align);

/// A request rounded up to one of eight sizes per power of two. The pages that rounding adds are never touched, so they cost nothing.
struct Rounded {
  Size size;
  std::size_t bin;
};
Rounded round_large(std::size_t bytes);

/// A cached block: in its bin's list, the most recent first, and in the list of all by age.
struct LargeBlock {
  LargeBlock *bin_previous, *bin_next;
  LargeBlock *older, *newer;
  Size size;
  std::size_t bin;
};

class LargeCache {
 public:
  /// Null when there is no memory.
  void* take(Rounded r);
  void give(void* p, Rounded r);
  /// Unmaps everything that is cached.
  void empty();

  std::mutex lock;  // around all of the following
  Size in_use = 0, cached = 0;

 private:
  void account(Size size);
  void unlink(LargeBlock* b);
  LargeBlock* trim(Size most);
  Size allowance(Size more) const;

  static constexpr int first_log = 15, bin_count = (47 - first_log) * 8;
  friend Rounded round_large(std::size_t bytes);
  LargeBlock* bins_[bin_count] = {};
  LargeBlock *oldest_ = nullptr, *newest_ = nullptr;
  // The peak of in_use over the current and the last 65,536 frees: the memory this program works with nowadays.
  Size peak_now_ = 0, peak_before_ = 0, frees_ = 0;
};
extern LargeCache large;

}  // namespace ph::memory
