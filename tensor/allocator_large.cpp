// Large blocks: found by size among those that were freed, else mapped; unmapped when too much lies idle.
#include "playhead/tensor/allocator_large.h"

#include <sys/mman.h>

#include <bit>
#include <new>

namespace ph::memory {

constinit std::atomic<Size> system_calls{0};
constinit LargeCache large;

namespace {
constexpr Size huge_page = 2 * MiB, huge_from = 4 * MiB;

void unmap(LargeBlock* victims) {
  while (victims) {
    LargeBlock* b = victims;
    victims = b->newer;
    munmap(b, static_cast<std::size_t>(b->size));
  }
}
}  // namespace

char* map(Size size, Size align) {
  const Size extra = align > 4 * KiB ? align : 0;
  system_calls.fetch_add(1, std::memory_order_relaxed);
  void* raw = mmap(nullptr, static_cast<std::size_t>(size + extra), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  char* p = static_cast<char*>(raw);
  if (extra == 0) return p;
  const Size before = static_cast<Size>(-reinterpret_cast<std::uintptr_t>(p) & static_cast<std::uintptr_t>(align - 1));
  if (before > 0) munmap(p, static_cast<std::size_t>(before));
  if (extra > before) munmap(p + before + size, static_cast<std::size_t>(extra - before));
  return p + before;
}

Rounded round_large(std::size_t bytes) {
  const int log = static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^log < bytes <= 2^(log + 1)
  const std::size_t step = std::size_t{1} << (log - 3), size = (bytes + step - 1) & ~(step - 1);
  const auto octave = static_cast<std::size_t>(log - LargeCache::first_log);
  return {static_cast<Size>(size), octave * 8 + (size - (std::size_t{1} << log)) / step - 1};
}

void LargeCache::account(Size size) {
  in_use += size;
  if (in_use > peak_now_) peak_now_ = in_use;
}

void LargeCache::unlink(LargeBlock* b) {
  (b->bin_previous ? b->bin_previous->bin_next : bins_[b->bin]) = b->bin_next;
  if (b->bin_next) b->bin_next->bin_previous = b->bin_previous;
  (b->older ? b->older->newer : oldest_) = b->newer;
  (b->newer ? b->newer->older : newest_) = b->older;
  cached -= b->size;
}

// Unlinks the oldest blocks until no more than `most` bytes are cached; the caller unmaps them without the lock.
LargeBlock* LargeCache::trim(Size most) {
  LargeBlock* victims = nullptr;
  while (oldest_ && cached > most) {
    LargeBlock* b = oldest_;
    unlink(b);
    b->newer = victims;
    victims = b;
  }
  return victims;
}

// What may stay cached when `more` bytes are mapped: enough to work at the recent peak without system calls, and some slack.
Size LargeCache::allowance(Size more) const {
  const Size recent = peak_now_ > peak_before_ ? peak_now_ : peak_before_, now = in_use + more, p = now > recent ? now : recent;
  return p + p / 4 + 128 * MiB - now;
}

void LargeCache::empty() {
  LargeBlock* victims;
  {
    std::lock_guard guard(lock);
    victims = trim(0);
  }
  unmap(victims);
}

void* LargeCache::take(Rounded r) {
  LargeBlock* victims;
  {
    std::lock_guard guard(lock);
    if (LargeBlock* b = bins_[r.bin]) {
      unlink(b);
      account(r.size);
      return b;
    }
    victims = trim(allowance(r.size));
  }
  unmap(victims);
  char* p = map(r.size, r.size >= huge_from ? huge_page : 1);
  if (!p) return nullptr;
  if (r.size >= huge_from) madvise(p, static_cast<std::size_t>(r.size), MADV_HUGEPAGE);
  std::lock_guard guard(lock);
  account(r.size);
  return p;
}

void LargeCache::give(void* p, Rounded r) {
  LargeBlock* victims = nullptr;
  {
    std::lock_guard guard(lock);
    auto* b = new (p) LargeBlock{nullptr, bins_[r.bin], newest_, nullptr, r.size, r.bin};
    if (b->bin_next) b->bin_next->bin_previous = b;
    bins_[r.bin] = b;
    (newest_ ? newest_->newer : oldest_) = b;
    newest_ = b;
    cached += r.size;
    in_use -= r.size;
    if (++frees_ == 65536) {
      frees_ = 0;
      peak_before_ = peak_now_;
      peak_now_ = in_use;
      victims = trim(allowance(0));
    }
  }
  unmap(victims);
}

}  // namespace ph::memory
