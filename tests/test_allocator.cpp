// The caching CPU allocator: reuse, statistics, threads, fork.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <doctest/doctest.h>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define PH_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PH_TEST_ASAN 1
#endif
#endif

using namespace ph;

namespace {
#ifdef PH_TEST_ASAN
constexpr bool caching = false;  // the allocator steps aside so that the sanitizer sees every block
#else
constexpr bool caching = true;
#endif

bool is_aligned(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 == 0; }
std::int64_t in_use() { return memory_stats().in_use; }
}  // namespace

TEST_CASE("allocator: blocks are aligned, distinct and as large as asked") {
  std::vector<std::pair<char*, std::size_t>> blocks;
  std::vector<std::size_t> sizes = {0, 1, 63, 64, 65, 1023, 1024, 1025, 1280, 1281, 32767, 32768, 32769, 36864, 36865, 100000};
  for (std::size_t k = 1; k < 8 << 20; k = k * 3 / 2 + 1) sizes.push_back(k);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t n : sizes) {
      auto* p = static_cast<char*>(allocate(n));
      REQUIRE(p != nullptr);
      CHECK(is_aligned(p));
      std::memset(p, static_cast<int>(blocks.size()), n);
      blocks.emplace_back(p, n);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      auto [p, n] = blocks[i];
      if (n > 0) CHECK((p[0] == static_cast<char>(i) && p[n / 2] == static_cast<char>(i) && p[n - 1] == static_cast<char>(i)));
      deallocate(p, n);
    }
    blocks.clear();
  }
}

TEST_CASE("allocator: a random program never hands out overlapping blocks") {
  std::mt19937 rng(1);
  std::vector<std::pair<unsigned char*, std::size_t>> live;
  const std::int64_t before = in_use();
  auto check_and_free = [&](std::size_t i) {
    auto [p, n] = live[i];
    const auto mark = static_cast<unsigned char>(n * 7);
    REQUIRE(std::all_of(p, p + n, [&](unsigned char c) { return c == mark; }));
    deallocate(p, n);
    live[i] = live.back();
    live.pop_back();
  };
  for (int step = 0; step < 20000; ++step) {
    if (live.empty() || rng() % 100 < 52) {
      const std::size_t n = rng() % (rng() % 16 == 0 ? 200000 : 3000);
      auto* p = static_cast<unsigned char*>(allocate(n));
      std::memset(p, static_cast<unsigned char>(n * 7), n);
      live.emplace_back(p, n);
    } else {
      check_and_free(rng() % live.size());
    }
    if (step % 5000 == 4999) empty_cache();
  }
  while (!live.empty()) check_and_free(live.size() - 1);
  CHECK(in_use() == before);
}

TEST_CASE("allocator: freed blocks are reused without system calls") {
  if (!caching) return;
  for (std::size_t n : {std::size_t{320}, std::size_t{20000}, std::size_t{50000}, std::size_t{5} << 20, std::size_t{64} << 20}) {
    void* p = allocate(n);
    deallocate(p, n);
    const auto calls = memory_stats().system_calls;
    for (int i = 0; i < 1000; ++i) {
      void* q = allocate(n);
      CHECK(q == p);
      deallocate(q, n);
    }
    CHECK(memory_stats().system_calls == calls);
  }
}

TEST_CASE("allocator: statistics") {
  empty_cache();
  reset_peak_memory();
  const MemoryStats start = memory_stats();
  CHECK(start.peak == start.in_use);
  void* a = allocate(1000);
  void* b = allocate(std::size_t{3} << 20);
  const MemoryStats two = memory_stats();
  CHECK(two.allocations == start.allocations + 2);
  CHECK(two.in_use - start.in_use >= 1000 + (3 << 20));
  CHECK(two.in_use - start.in_use <= (1000 + (3 << 20)) * 5 / 4);
  CHECK(two.peak == two.in_use);
  deallocate(a, 1000);
  deallocate(b, std::size_t{3} << 20);
  const MemoryStats none = memory_stats();
  CHECK(none.in_use == start.in_use);
  CHECK(none.peak == two.peak);
  if (caching) CHECK(none.cached >= start.cached + (3 << 20));
  reset_peak_memory();
  CHECK(memory_stats().peak == none.in_use);

  // Small blocks alone: the peak is exact even though they are counted by the thread itself.
  std::vector<void*> many;
  for (int i = 0; i < 5000; ++i) many.push_back(allocate(64));
  for (void* p : many) deallocate(p, 64);
  CHECK(memory_stats().peak == none.in_use + 5000 * 64);

  empty_cache();
  CHECK(memory_stats().cached < (8 << 20));  // at most what live blocks of other tests keep in their slabs
}

TEST_CASE("allocator: a failure is a memory error and leaves the allocator usable") {
  auto message = [](std::size_t n) {
    try {
      deallocate(allocate(n), n);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::memory);
      return std::string(e.what());
    }
    return std::string("none");
  };
  const auto before = memory_stats();
  CHECK(message(SIZE_MAX) == "allocate: out of memory; got bytes=18446744073709551615");
  CHECK(message((std::size_t{1} << 47) + 1) == "allocate: out of memory; got bytes=140737488355329");
  if (caching) CHECK(memory_stats().system_calls == before.system_calls);  // absurd sizes never reach the system
  CHECK(memory_stats().in_use == before.in_use);
  void* p = allocate(100);
  deallocate(p, 100);
}

TEST_CASE("allocator: what one thread makes and another frees comes back") {
  const std::int64_t before = in_use();
  auto ping_pong = [](int rounds) {
    std::mutex lock;
    std::deque<void*> queue;
    bool done = false;
    std::thread consumer([&] {
      for (;;) {
        std::deque<void*> got;
        bool last;
        {
          std::lock_guard guard(lock);
          got.swap(queue);
          last = done;
        }
        for (void* p : got) deallocate(p, 320);
        if (last && got.empty()) return;
        if (got.empty()) std::this_thread::yield();
      }
    });
    for (int i = 0; i < rounds; ++i) {
      std::vector<void*> batch;
      for (int k = 0; k < 100; ++k) batch.push_back(allocate(320));
      for (;;) {
        std::lock_guard guard(lock);
        if (queue.size() > 2000) continue;
        queue.insert(queue.end(), batch.begin(), batch.end());
        break;
      }
    }
    {
      std::lock_guard guard(lock);
      done = true;
    }
    consumer.join();
  };
  ping_pong(200);
  const auto calls = memory_stats().system_calls;
  ping_pong(2000);  // 64 MB pass through; a leak would need 16 regions of 4 MiB
  if (caching) CHECK(memory_stats().system_calls - calls <= 1);
  CHECK(in_use() == before);
}

TEST_CASE("allocator: many threads that come and go leave nothing behind") {
  const std::int64_t before = in_use();
  auto round = [] {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 8; ++t)
      threads.emplace_back([t] {
        std::mt19937 rng(t);
        std::vector<std::pair<void*, std::size_t>> live;
        for (int i = 0; i < 3000; ++i) {
          const std::size_t n = rng() % (i % 64 == 0 ? 100000 : 2000);
          live.emplace_back(allocate(n), n);
          static_cast<char*>(live.back().first)[n / 2] = 1;
          if (live.size() > 50) {
            deallocate(live.front().first, live.front().second);
            live.front() = live.back();
            live.pop_back();
          }
          if (i % 1000 == 0) memory_stats();
        }
        for (auto [p, n] : live) deallocate(p, n);
      });
    for (auto& t : threads) t.join();
  };
  round();
  const auto calls = memory_stats().system_calls;
  for (int i = 0; i < 5; ++i) round();
  CHECK(in_use() == before);
  if (caching) CHECK(memory_stats().system_calls - calls < 200);
}

namespace {
// A thread-local that is made before the thread's cache and so dies after it.
struct Late {
  ~Late() {
    deallocate(block, 200);
    void* p = allocate(3000);
    static_cast<char*>(p)[2999] = 1;
    deallocate(p, 3000);
    p = allocate(100000);
    deallocate(p, 100000);
  }
  void* block = nullptr;
};
thread_local Late late;
}  // namespace

TEST_CASE("allocator: works in destructors that run after the thread's cache is gone") {
  const std::int64_t before = in_use();
  for (int i = 0; i < 20; ++i)
    std::thread([] {
      late.block = nullptr;  // registers its destructor first
      late.block = allocate(200);
    }).join();
  CHECK(in_use() == before);
}

TEST_CASE("hard case 16: allocator after fork, while other threads allocate") {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < (caching ? 3 : 0); ++t)  // the sanitizer's own allocator does not survive a fork in its midst
    threads.emplace_back([&stop] {
      while (!stop) {
        std::vector<void*> v;
        for (int i = 0; i < 2000; ++i) v.push_back(allocate(128));
        for (void* p : v) deallocate(p, 128);
        void* big = allocate(100000);
        deallocate(big, 100000);
      }
    });
  int good = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(10);
      std::vector<void*> v;
      for (int k = 0; k < 5000; ++k) v.push_back(allocate(128));
      for (void* p : v) deallocate(p, 128);
      deallocate(allocate(100000), 100000);
      empty_cache();
      memory_stats();
      _exit(0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    good += status == 0;
  }
  stop = true;
  for (auto& t : threads) t.join();
  CHECK(good == 20);
}
