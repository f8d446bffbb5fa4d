// The CPU caching allocator. Small blocks come from per-thread free lists that touch no shared memory; threads trade whole
// batches of blocks through central lists, so memory freed by another thread than its maker's finds its way back. Large
// blocks are in allocator_large.cpp. See allocator.h for what is promised.
#include "playhead/tensor/allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>

#include "playhead/tensor/allocator_large.h"
#include "playhead/tensor/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define PH_BYPASS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PH_BYPASS 1
#endif
#endif

namespace PH_PUBLIC ph {
namespace {

using memory::KiB;
using memory::large;
using memory::map;
using memory::MiB;
using memory::Size;
using memory::system_calls;

#ifdef PH_BYPASS
constexpr bool bypass = true;  // a reused block would hide from the sanitizer that it was freed
#else
constexpr bool bypass = false;
#endif
constexpr std::size_t alignment = 64;
constexpr Size small_limit = 32 * KiB;
constexpr std::size_t absurd = std::size_t{1} << 47;  // past the address space: not worth a system call

// --- figures ---------------------------------------------------------------------------------------------------------
// A thread counts for itself and reports when it next leaves the fast path. Only large blocks are counted at once.

std::atomic<Size> reported{0}, peak{0}, reported_allocations{0};

void raise_peak(Size value) {
  Size p = peak.load(std::memory_order_relaxed);
  while (p < value && !peak.compare_exchange_weak(p, value, std::memory_order_relaxed)) {}
}

// A counter with one writer that others may read: a plain load and store, but no data race.
struct Counter {
  Size get() const { return value.load(std::memory_order_relaxed); }
  void set(Size v) { value.store(v, std::memory_order_relaxed); }
  std::atomic<Size> value{0};
};

// --- small blocks: size classes --------------------------------------------------------------------------------------
// Steps of 64 bytes up to 1 KiB, then four classes per power of two: at most a quarter of a block is wasted.

constexpr int class_count = 16 + 4 * 5;

constexpr auto class_sizes = [] {
  std::array<std::int32_t, class_count> sizes{};
  for (int c = 0; c < 16; ++c) sizes[static_cast<std::size_t>(c)] = 64 * (c + 1);
  for (int c = 16; c < class_count; ++c) sizes[static_cast<std::size_t>(c)] = (1 << (8 + (c - 16) / 4)) * (5 + (c - 16) % 4);
  return sizes;
}();
static_assert(class_sizes.back() == small_limit);

// Indexed by the size in units of 64 bytes, rounded up.
constexpr auto class_table = [] {
  std::array<std::uint8_t, small_limit / 64 + 1> table{};
  std::size_t c = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    while (static_cast<std::size_t>(class_sizes[c]) < 64 * i) ++c;
    table[i] = static_cast<std::uint8_t>(c);
  }
  return table;
}();

std::size_t class_of(std::size_t bytes) { return class_table[(bytes + 63) / 64]; }
// How many free blocks a thread keeps, and how many it trades at once.
constexpr std::int32_t capacity(std::size_t c) {
  const std::int32_t n = static_cast<std::int32_t>(256 * KiB) / class_sizes[c];
  return n > 1024 ? 1024 : n;
}
constexpr std::int32_t batch_size(std::size_t c) { return capacity(c) / 2; }

// What a free block holds. The last two fields are used in the first block of a batch.
struct Block {
  Block* next;
  Block* next_batch;
  std::int32_t count;
};

// --- small blocks: central lists -------------------------------------------------------------------------------------

constexpr Size slab_size = 256 * KiB, region_size = 4 * MiB;

// Blocks of one class are cut from slabs, which are aligned to their size so that a block leads to its slab.
struct Slab {
  Slab* next;
  std::int32_t carved;  // blocks handed out so far
  std::int32_t free;    // of these in the central list; only valid within Central::release
  char* blocks() { return reinterpret_cast<char*>(this) + alignment; }
};
static_assert(sizeof(Slab) <= alignment);

Slab* slab_of(void* block) {
  return reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~static_cast<std::uintptr_t>(slab_size - 1));
}

// Slabs in use by no class. Address space is kept for good; memory is given back.
struct Slabs {
  std::mutex lock;
  Slab* free = nullptr;
  char* begin = nullptr;
  char* end = nullptr;
  Size in_use = 0;  // bytes

  Slab* take() {
    std::lock_guard guard(lock);
    Slab* s = free;
    if (s) {
      free = s->next;
    } else {
      if (begin == end) {
        begin = map(region_size, slab_size);
        end = begin ? begin + region_size : nullptr;
        if (!begin) return nullptr;
      }
      s = reinterpret_cast<Slab*>(begin);
      begin += slab_size;
    }
    in_use += slab_size;
    s->next = nullptr;
    s->carved = 0;
    return s;
  }
  void give(Slab* s) {
    madvise(s, slab_size, MADV_DONTNEED);
    std::lock_guard guard(lock);
    s->next = free;
    free = s;
    in_use -= slab_size;
  }
};
constinit Slabs slabs;

struct Central {
  std::mutex lock;
  Block* batches = nullptr;
  Slab* slabs = nullptr;  // the first is the one being carved

  void give(Block* first, std::int32_t count) {
    first->count = count;
    std::lock_guard guard(lock);
    first->next_batch = batches;
    batches = first;
  }
  // A list of blocks, its length in `count` of the first; null when there is no memory.
  Block* take(std::size_t c) {
    std::lock_guard guard(lock);
    if (Block* b = batches) {
      batches = b->next_batch;
      return b;
    }
    const std::int32_t size = class_sizes[c], per_slab = static_cast<std::int32_t>(slab_size - static_cast<Size>(alignment)) / size;
    if (!slabs || slabs->carved == per_slab) {
      Slab* s = ph::slabs.take();
      if (!s) return nullptr;
      s->next = slabs;
      slabs = s;
    }
    // Few at a time, so that pages nobody needs stay untouched.
    std::int32_t n = static_cast<std::int32_t>(16 * KiB) / size;
    n = n < 1 ? 1 : n > per_slab - slabs->carved ? per_slab - slabs->carved : n;
    Block* list = nullptr;
    for (std::int32_t i = n - 1; i >= 0; --i) {
      Block* b = reinterpret_cast<Block*>(slabs->blocks() + static_cast<Size>(slabs->carved + i) * size);
      b->next = list;
      list = b;
    }
    slabs->carved += n;
    list->count = n;
    return list;
  }
  // Gives back the slabs whose blocks are all here.
  void release() {
    std::lock_guard guard(lock);
    for (Slab* s = slabs; s; s = s->next) s->free = 0;
    for (Block* first = batches; first; first = first->next_batch)
      for (Block* b = first; b; b = b->next) ++slab_of(b)->free;
    Block* all = batches;
    batches = nullptr;
    while (all) {
      Block* b = all;
      all = all->next_batch;
      Block* kept = nullptr;
      std::int32_t n = 0;
      while (b) {
        Block* next = b->next;
        if (slab_of(b)->free != slab_of(b)->carved) b->next = kept, kept = b, ++n;
        b = next;
      }
      if (kept) kept->count = n, kept->next_batch = batches, batches = kept;
    }
    for (Slab** at = &slabs; *at;) {
      Slab* s = *at;
      if (s->free == s->carved) {
        *at = s->next;
        ph::slabs.give(s);
      } else {
        at = &s->next;
      }
    }
  }
};
constinit Central central[class_count];

// --- small blocks: the threads' own lists ----------------------------------------------------------------------------

struct FreeList {
  Block* head;
  std::int32_t room;  // how many more it may keep
  std::int32_t size;  // of a block
};

struct ThreadCache {
  FreeList lists[class_count];
  Counter in_use, high, allocations;  // since the last report; in_use may be negative
  ThreadCache *previous, *next;       // all threads' caches

  void take(Size bytes) {
    const Size now = in_use.get() + bytes;
    in_use.set(now);
    if (now > high.get()) high.set(now);
    allocations.set(allocations.get() + 1);
  }
  void report() {
    const Size delta = in_use.get();
    raise_peak(reported.fetch_add(delta, std::memory_order_relaxed) + high.get());
    reported_allocations.fetch_add(allocations.get(), std::memory_order_relaxed);
    in_use.set(0), high.set(0), allocations.set(0);
  }
  void flush() {
    for (std::size_t c = 0; c < class_count; ++c) {
      FreeList& list = lists[c];
      if (list.head) central[c].give(list.head, capacity(c) - list.room);
      list.head = nullptr;
      list.room = capacity(c);
    }
    report();
  }
};

struct Registry {
  std::mutex lock;
  ThreadCache* first = nullptr;
};
constinit Registry registry;

// Initial-exec: one load, not a call. Only a pointer, because room for such variables is scarce when a library is opened late.
thread_local constinit ThreadCache* cache __attribute__((tls_model("initial-exec"))) = nullptr;
thread_local constinit bool exiting __attribute__((tls_model("initial-exec"))) = false;

// Ends a thread's cache. Blocks freed or asked for later, by other thread-local destructors, go to and from the central lists.
struct Farewell {
  ~Farewell() {
    ThreadCache* t = cache;
    cache = nullptr;
    exiting = true;
    if (!t) return;
    t->flush();
    {
      std::lock_guard guard(registry.lock);
      (t->previous ? t->previous->next : registry.first) = t->next;
      if (t->next) t->next->previous = t->previous;
    }
    delete t;
  }
  bool armed = false;
};
thread_local Farewell farewell;

void protect_from_fork();

// The calling thread's cache, made if need be; null in a thread that is ending or when there is no memory.
ThreadCache* own_cache() {
  if (cache || exiting) return cache;
  static const bool protected_once = (protect_from_fork(), true);
  static_cast<void>(protected_once);
  auto* t = new (std::nothrow) ThreadCache{};
  if (!t) return nullptr;
  for (std::size_t c = 0; c < class_count; ++c) t->lists[c] = {nullptr, capacity(c), class_sizes[c]};
  {
    std::lock_guard guard(registry.lock);
    t->next = registry.first;
    if (t->next) t->next->previous = t;
    registry.first = t;
  }
  cache = t;
  farewell.armed = true;  // the first use registers the destructor
  return t;
}

void count_alone(Size bytes) {
  const Size before = reported.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes > 0) {
    raise_peak(before + bytes);
    reported_allocations.fetch_add(1, std::memory_order_relaxed);
  }
}

[[noreturn]] void out_of_memory(std::size_t bytes) { memory_error("allocate", "out of memory; got bytes=", static_cast<std::uint64_t>(bytes)); }

[[gnu::noinline]] void* allocate_small(std::size_t c) {
  Block* list = central[c].take(c);
  if (!list) {
    empty_cache();
    list = central[c].take(c);
    if (!list) out_of_memory(static_cast<std::size_t>(class_sizes[c]));
  }
  Block* rest = list->next;
  const std::int32_t n = list->count - 1;
  if (ThreadCache* t = own_cache()) {
    t->report();
    t->lists[c].head = rest;
    t->lists[c].room -= n;
    t->take(class_sizes[c]);
  } else {
    if (rest) central[c].give(rest, n);
    count_alone(class_sizes[c]);
  }
  return list;
}

[[gnu::noinline]] void spill(ThreadCache* t, std::size_t c) {
  FreeList& list = t->lists[c];
  const std::int32_t n = batch_size(c);
  Block *first = list.head, *last = first;
  for (std::int32_t i = 1; i < n; ++i) last = last->next;
  list.head = last->next;
  list.room += n;
  last->next = nullptr;
  central[c].give(first, n);
  t->report();
}

[[gnu::noinline]] void deallocate_alone(Block* b, std::size_t c) {
  if (ThreadCache* t = own_cache()) {
    b->next = nullptr;
    t->lists[c].head = b;
    --t->lists[c].room;
    t->in_use.set(t->in_use.get() - class_sizes[c]);
    return;
  }
  b->next = nullptr;
  central[c].give(b, 1);
  count_alone(-class_sizes[c]);
}

// --- large blocks ----------------------------------------------------------------------------------------------------

[[gnu::noinline]] void* allocate_large(std::size_t bytes) {
  if (bytes > absurd) out_of_memory(bytes);
  const memory::Rounded r = memory::round_large(bytes);
  void* p = large.take(r);
  if (!p) {
    empty_cache();
    p = large.take(r);
    if (!p) out_of_memory(bytes);
  }
  if (ThreadCache* t = own_cache()) t->report();
  count_alone(r.size);
  return p;
}

[[gnu::noinline]] void deallocate_large(void* p, std::size_t bytes) {
  const memory::Rounded r = memory::round_large(bytes);
  if (ThreadCache* t = own_cache()) t->report();
  count_alone(-r.size);
  large.give(p, r);
}

// --- fork ------------------------------------------------------------------------------------------------------------
// The child must find every lock free and every list whole, so the forking thread holds all locks meanwhile. What other
// threads had cached is lost to the child.

void lock_all() {
  registry.lock.lock();
  for (Central& c : central) c.lock.lock();
  slabs.lock.lock();
  large.lock.lock();
}
void unlock_all() {
  large.lock.unlock();
  slabs.lock.unlock();
  for (Central& c : central) c.lock.unlock();
  registry.lock.unlock();
}
void protect_from_fork() { pthread_atfork(lock_all, unlock_all, unlock_all); }

// --- without caches --------------------------------------------------------------------------------------------------

[[maybe_unused]] void* allocate_plain(std::size_t bytes) {
  const std::size_t size = (bytes + alignment - 1) & ~(alignment - 1);
  void* p = bytes > absurd ? nullptr : std::aligned_alloc(alignment, size ? size : alignment);
  if (!p) out_of_memory(bytes);
  system_calls.fetch_add(1, std::memory_order_relaxed);
  count_alone(static_cast<Size>(size ? size : alignment));
  return p;
}
[[maybe_unused]] void deallocate_plain(void* p, std::size_t bytes) {
  const std::size_t size = (bytes + alignment - 1) & ~(alignment - 1);
  count_alone(-static_cast<Size>(size ? size : alignment));
  std::free(p);
}

}  // namespace

void* allocate(std::size_t bytes) {
  if constexpr (bypass) return allocate_plain(bytes);
  if (bytes > static_cast<std::size_t>(small_limit)) return allocate_large(bytes);
  const std::size_t c = class_of(bytes);
  if (ThreadCache* t = cache) [[likely]] {
    FreeList& list = t->lists[c];
    if (Block* b = list.head) [[likely]] {
      list.head = b->next;
      ++list.room;
      t->take(list.size);
      return b;
    }
  }
  return allocate_small(c);
}

void deallocate(void* p, std::size_t bytes) noexcept {
  if constexpr (bypass) return deallocate_plain(p, bytes);
  if (bytes > static_cast<std::size_t>(small_limit)) return deallocate_large(p, bytes);
  const std::size_t c = class_of(bytes);
  auto* b = static_cast<Block*>(p);
  ThreadCache* t = cache;
  if (!t) [[unlikely]] return deallocate_alone(b, c);
  FreeList& list = t->lists[c];
  b->next = list.head;
  list.head = b;
  t->in_use.set(t->in_use.get() - list.size);
  if (--list.room < 0) [[unlikely]] spill(t, c);
}

MemoryStats memory_stats() {
  std::scoped_lock guard(registry.lock, slabs.lock, large.lock);
  MemoryStats s;
  s.in_use = reported.load(std::memory_order_relaxed);
  s.allocations = reported_allocations.load(std::memory_order_relaxed);
  for (ThreadCache* t = registry.first; t; t = t->next) {
    s.in_use += t->in_use.get();
    s.allocations += t->allocations.get();
  }
  s.peak = peak.load(std::memory_order_relaxed);
  for (ThreadCache* t = registry.first; t; t = t->next) {
    const Size high = s.in_use - t->in_use.get() + t->high.get();
    if (high > s.peak) s.peak = high;
  }
  if (s.in_use > s.peak) s.peak = s.in_use;
  if (!bypass) s.cached = large.cached + slabs.in_use - (s.in_use - large.in_use);
  s.system_calls = system_calls.load(std::memory_order_relaxed);
  return s;
}

void reset_peak_memory() {
  std::lock_guard guard(registry.lock);
  Size now = reported.load(std::memory_order_relaxed);
  for (ThreadCache* t = registry.first; t; t = t->next) {
    now += t->in_use.get();
    t->high.set(t->in_use.get());
  }
  peak.store(now, std::memory_order_relaxed);
}

void empty_cache() {
  if (ThreadCache* t = own_cache()) t->flush();
  for (Central& c : central) c.release();
  large.empty();
}

}  // namespace ph
