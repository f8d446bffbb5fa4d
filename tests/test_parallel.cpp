// The thread pool: every piece once, nesting, exceptions, several callers, fork, and no traces in the process.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/error.h"

#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }  // the fork tests start threads in children
#endif

using namespace ph;
using ph::cpu::parallel_for;

namespace {

struct Threads {  // the number of threads, for the time of a test
  explicit Threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before;
};

std::int64_t sum_of_squares(std::int64_t n, std::int64_t grain) {
  std::atomic<std::int64_t> total{0};
  parallel_for(n, grain, [&](std::int64_t b, std::int64_t e) {
    std::int64_t s = 0;
    for (std::int64_t i = b; i < e; ++i) s += i * i;
    total += s;
  });
  return total;
}

int exit_status_of_child(void (*body)()) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    body();
    _exit(7);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("parallel_for: each index once, pieces cut by size only") {
  for (int threads : {1, 2, 7, 16}) {
    Threads guard(threads);
    for (std::int64_t n : {0, 1, 2, 5, 63, 64, 65, 1000, 4097})
      for (std::int64_t grain : {1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> hits(static_cast<std::size_t>(n));
        std::atomic<int> wrong{0};
        parallel_for(n, grain, [&](std::int64_t b, std::int64_t e) {
          if (b % grain != 0 || (e != n && e - b != grain) || e <= b) ++wrong;
          for (std::int64_t i = b; i < e; ++i) ++hits[static_cast<std::size_t>(i)];
        });
        CHECK(wrong == 0);
        bool once = true;
        for (auto& h : hits) once = once && h == 1;
        CHECK(once);
      }
  }
}

TEST_CASE("parallel_for: several threads take part") {
  Threads guard(4);
  std::atomic<int> waiting{0};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  // Each piece waits for all the others, so one thread alone could not finish in time.
  parallel_for(4, 1, [&](std::int64_t, std::int64_t) {
    ++waiting;
    while (waiting < 4 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  });
  CHECK(std::chrono::steady_clock::now() < deadline);
}

TEST_CASE("parallel_for: many short calls") {
  Threads guard(4);
  std::int64_t wrong = 0;
  for (int i = 0; i < 20000; ++i) {
    std::int64_t parts[8] = {};
    parallel_for(8, 1, [&](std::int64_t b, std::int64_t) { parts[b] = b + i; });
    for (int k = 0; k < 8; ++k) wrong += parts[k] != k + i;
  }
  CHECK(wrong == 0);
}

TEST_CASE("parallel_for: nested calls run inside their piece") {
  Threads guard(4);
  std::atomic<std::int64_t> total{0};
  parallel_for(16, 1, [&](std::int64_t, std::int64_t) {
    const auto me = std::this_thread::get_id();
    parallel_for(100, 10, [&](std::int64_t b, std::int64_t e) {
      total += e - b;
      if (std::this_thread::get_id() != me) total += 1000000;
    });
  });
  CHECK(total == 1600);
}

TEST_CASE("parallel_for: an exception reaches the caller, once, and the pool lives on") {
  for (int threads : {1, 4}) {
    Threads guard(threads);
    for (int round = 0; round < 50; ++round) {
      std::string what;
      try {
        parallel_for(100, 1, [&](std::int64_t b, std::int64_t) {
          if (b % 10 == 3) throw std::runtime_error("piece " + std::to_string(b % 10));
        });
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      CHECK(what == "piece 3");
      CHECK(sum_of_squares(1000, 10) == 332833500);
    }
  }
}

TEST_CASE("parallel_for: callers on many threads at once") {
  Threads guard(3);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 8; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        if (sum_of_squares(1000 + t, 50) != sum_of_squares(1000 + t, 5000)) ++wrong;
        try {
          parallel_for(10, 1, [&](std::int64_t b, std::int64_t) { if (b == t) throw t; });
          if (t < 10) ++wrong;
        } catch (int got) {
          if (got != t) ++wrong;
        }
      }
    });
  for (auto& t : callers) t.join();
  CHECK(wrong == 0);
}

TEST_CASE("set_num_threads: bounds") {
  Threads guard(num_threads());
  CHECK(num_threads() >= 1);
  for (int n : {0, -1, 1025}) {
    std::string what;
    try {
      set_num_threads(n);
    } catch (const Error& e) {
      what = e.what();
      CHECK(e.kind() == ErrorKind::value);
    }
    CHECK(what == "set_num_threads: must be from 1 to 1024; got n=" + std::to_string(n));
  }
  set_num_threads(16);
  CHECK(num_threads() == 16);
}

TEST_CASE("hard case 16: parallel work in a forked child") {
  Threads guard(4);
  REQUIRE(sum_of_squares(100000, 100) == 333328333350000);
  auto body = [] { _exit(sum_of_squares(100000, 100) == 333328333350000 ? 0 : 1); };
  CHECK(exit_status_of_child(body) == 0);
  // A child's child, and a fork while another thread keeps the pool busy.
  CHECK(exit_status_of_child([] {
          sum_of_squares(1000, 1);
          _exit(exit_status_of_child([] { _exit(sum_of_squares(100000, 100) == 333328333350000 ? 0 : 1); }));
        }) == 0);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) sum_of_squares(100000, 10);
  });
  int good = 0;
  for (int i = 0; i < 20; ++i) good += exit_status_of_child(body) == 0;
  stop = true;
  other.join();
  CHECK(good == 20);
  CHECK(sum_of_squares(100000, 100) == 333328333350000);
}

TEST_CASE("hard case 14: exit while the pool works does not hang") {
#if defined(__SANITIZE_THREAD__)
  return;  // it takes a thread of the child for one of the parent's
#endif
  Threads guard(4);
  // From outside, with another thread in the middle of a call; and from inside a piece, on whichever thread.
  CHECK(exit_status_of_child([] {
          std::thread([] {
            for (;;) sum_of_squares(1000000, 10);
          }).detach();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          std::_Exit((sum_of_squares(1000, 1), 3));
        }) == 3);
  CHECK(exit_status_of_child([] {
          std::thread([] {
            for (;;) sum_of_squares(1000000, 10);
          }).detach();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          std::exit(4);
        }) == 4);
  CHECK(exit_status_of_child([] {
          parallel_for(100, 1, [](std::int64_t b, std::int64_t) { if (b == 50) std::exit(5); });
        }) == 5);
}

TEST_CASE("hard case 20: parallel work leaves the process's state alone") {
  Threads guard(4);
  sum_of_squares(10000, 10);  // the pool is up; what it changed at start would show below as well, in the child
  CHECK(exit_status_of_child([] {
          const int rounding = std::fegetround();
          const int exceptions = std::fetestexcept(FE_ALL_EXCEPT);
          const std::string locale = std::setlocale(LC_ALL, nullptr);
          sigset_t mask_before, mask_after;
          sigprocmask(SIG_BLOCK, nullptr, &mask_before);
          std::vector<struct sigaction> before(32), after(32);
          for (int s = 1; s < 32; ++s) sigaction(s, nullptr, &before[static_cast<std::size_t>(s)]);
          bool same = true;
#if defined(__linux__)
          cpu_set_t cores_before, cores_after;
          same = same && sched_getaffinity(0, sizeof cores_before, &cores_before) == 0;
#endif
#if defined(__x86_64__)
          const unsigned csr = _mm_getcsr() & ~0x3fu;  // the control bits
#endif
          sum_of_squares(100000, 10);
          same = same && rounding == std::fegetround() && exceptions == std::fetestexcept(FE_ALL_EXCEPT);
          same = same && locale == std::setlocale(LC_ALL, nullptr);
          sigprocmask(SIG_BLOCK, nullptr, &mask_after);
          for (int s = 1; s < 32; ++s) {
            same = same && sigismember(&mask_before, s) == sigismember(&mask_after, s);
            sigaction(s, nullptr, &after[static_cast<std::size_t>(s)]);
            same = same && before[static_cast<std::size_t>(s)].sa_handler == after[static_cast<std::size_t>(s)].sa_handler;
          }
#if defined(__linux__)
          same = same && sched_getaffinity(0, sizeof cores_after, &cores_after) == 0 && CPU_EQUAL(&cores_before, &cores_after);
#endif
#if defined(__x86_64__)
          same = same && csr == (_mm_getcsr() & ~0x3fu);
#endif
          _exit(same ? 0 : 1);
        }) == 0);
}
