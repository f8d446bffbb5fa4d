// The thread pool. Workers start at the first parallel call and take pieces from a shared counter; the caller works too.
// One call at a time uses the pool; a second one, from another thread, does its own work. A forked child gets a new pool.
#include "playhead/tensor/cpu/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <new>

#include "playhead/tensor/error.h"

namespace PH_PUBLIC ph {
namespace {

using cpu::RangeFn;

constexpr int max_threads = 1024;

int available_cores() {
#if defined(__linux__)
  // The mask grows until it holds all the machine's cores.
  for (int cores = CPU_SETSIZE; cores <= 1 << 16; cores *= 4) {
    cpu_set_t* set = CPU_ALLOC(static_cast<unsigned>(cores));
    if (!set) break;
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<unsigned>(cores));
    const int n = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (n > 0) return n;
  }
#endif
  return 1;
}

int default_threads() {
  if (const char* wish = std::getenv("PLAYHEAD_NUM_THREADS")) {
    char* end = nullptr;
    const long n = std::strtol(wish, &end, 10);
    if (end != wish && *end == '\0' && n >= 1) return static_cast<int>(n < max_threads ? n : max_threads);
  }
  const int n = available_cores();
  return n < max_threads ? n : max_threads;
}

constinit std::atomic<int> thread_count{0};  // 0: not yet asked for
constinit std::atomic<unsigned> forks{0};
thread_local constinit bool inside __attribute__((tls_model("initial-exec"))) = false;

// Marks the calling thread as being inside a parallel call.
struct Inside {
  Inside() : before(inside) { inside = true; }
  ~Inside() { inside = before; }
  bool before;
};

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Looks at `word` for some microseconds, then sleeps, until it is not `old`. Sleeping and waking costs more than most
// kernels take, and the next one usually comes soon.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t old, bool spin) {
  if (spin) {
    const auto start = std::chrono::steady_clock::now();
    do {
      for (int i = 0; i < 64; ++i) {
        if (word.load(std::memory_order_acquire) != old) return;
        relax();
      }
    } while (std::chrono::steady_clock::now() - start < std::chrono::microseconds(30));
  }
  word.wait(old, std::memory_order_acquire);
}

// Nothing here has a destructor: threads may use the pool until the very end of the process.
class Pool {
 public:
  // Whether the pool did the work; false if it is in use, or has no second thread.
  bool run(std::int64_t n, std::int64_t grain, RangeFn f, const void* context, int threads) {
    if (busy_.load(std::memory_order_relaxed) || busy_.exchange(true, std::memory_order_acquire)) return false;
    const std::int64_t pieces = (n - 1) / grain + 1, most = threads < pieces ? threads - 1 : pieces - 1;
    const int workers = start(threads - 1), helpers = most < workers ? static_cast<int>(most) : workers;
    if (helpers == 0 || stopping_.load(std::memory_order_relaxed)) {
      busy_.store(false, std::memory_order_release);
      return false;
    }
    const unsigned forks_before = forks.load(std::memory_order_relaxed);
    std::exception_ptr error;
    job_ = {f, context, n, grain, pieces, &error};
    next_.store(0, std::memory_order_relaxed);
    failed_.store(false, std::memory_order_relaxed);
    helpers_.store(static_cast<std::uint32_t>(helpers), std::memory_order_relaxed);
    state_.store(open, std::memory_order_release);
    generation_.fetch_add(1);
    if (helpers == workers) {
      generation_.notify_all();
    } else {
      for (int i = 0; i < helpers; ++i) generation_.notify_one();
    }
    work();
    // No worker may join from here on, and those that did must have left before the caller's memory goes.
    std::uint32_t s = state_.fetch_and(~open, std::memory_order_acq_rel) & ~open;
    if (forks.load(std::memory_order_relaxed) != forks_before)
      runtime_error("parallel_for", "the process was forked inside it; the child lacks what the other threads were doing");
    while (s != 0) {
      wait_while(state_, s, spin_.load(std::memory_order_relaxed));
      s = state_.load(std::memory_order_acquire);
    }
    busy_.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
    return true;
  }

  // At exit and at dlclose, when the workers' code may be about to vanish.
  void stop() {
    stopping_.store(true);
    generation_.fetch_add(1);
    generation_.notify_all();
    if (inside) return;  // a piece called exit(); it must not wait for itself
    const int n = started_.exchange(0);
    for (int i = 0; i < n; ++i) pthread_join(workers_[i], nullptr);
  }

  // In a forked child: the workers are gone, and whatever they or other callers were doing with them.
  void forget() {
    new (this) Pool;
    next_.store(INT64_MAX / 2, std::memory_order_relaxed);  // ends the loop of a piece that forked
  }

 private:
  static constexpr std::uint32_t open = 1u << 31;

  struct Job {
    RangeFn f = nullptr;
    const void* context = nullptr;
    std::int64_t n = 0, grain = 1, pieces = 0;
    std::exception_ptr* error = nullptr;
  };

  void work() {
    Inside guard;
    const Job job = job_;
    for (std::int64_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < job.pieces;) {
      const std::int64_t begin = i * job.grain, end = job.n - begin > job.grain ? begin + job.grain : job.n;
      try {
        job.f(job.context, begin, end);
      } catch (...) {
        if (!failed_.exchange(true, std::memory_order_relaxed)) *job.error = std::current_exception();
        next_.store(job.pieces, std::memory_order_relaxed);  // the rest is not worth starting
      }
    }
  }

  // state_ counts the workers at the job and has a bit that says whether more may join. Once a worker is counted, job_ stays.
  bool join() {
    std::uint32_t s = state_.load(std::memory_order_acquire);
    while ((s & open) && (s & ~open) < helpers_.load(std::memory_order_relaxed))
      if (state_.compare_exchange_weak(s, s + 1, std::memory_order_acq_rel, std::memory_order_acquire)) return true;
    return false;
  }
  void leave() {
    if (state_.fetch_sub(1, std::memory_order_acq_rel) == 1) state_.notify_one();
  }

  void worker() {
    for (std::uint32_t seen = 0;;) {
      wait_while(generation_, seen, spin_.load(std::memory_order_relaxed));
      seen = generation_.load();
      if (stopping_.load()) return;
      if (join()) {
        work();
        leave();
      }
    }
  }

  int start(int wanted);

  alignas(64) std::atomic<bool> busy_{false};  // held by the caller whose job it is
  std::atomic<int> started_{0};
  std::atomic<bool> spin_{false};
  Job job_;
  pthread_t workers_[max_threads] = {};
  alignas(64) std::atomic<std::uint32_t> generation_{0};  // a new value: look for a job
  std::atomic<bool> stopping_{false};
  alignas(64) std::atomic<std::uint32_t> state_{0};
  std::atomic<std::uint32_t> helpers_{0};  // how many workers may join
  alignas(64) std::atomic<std::int64_t> next_{0};
  std::atomic<bool> failed_{false};
};

constinit Pool pool;

void in_child() {
  forks.fetch_add(1, std::memory_order_relaxed);
  pool.forget();
}

// Starts workers until there are `wanted`, if the system lets it; returns how many there are.
int Pool::start(int wanted) {
  int n = started_.load(std::memory_order_relaxed);
  if (n >= wanted) return n;
  struct Ending {
    Ending() { pthread_atfork(nullptr, nullptr, in_child); }
    ~Ending() { pool.stop(); }
  };
  static Ending ending;
  // With more threads than cores, one that spins keeps another from working.
  spin_.store(wanted < available_cores(), std::memory_order_relaxed);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the user's threads
  for (; n < wanted && !stopping_.load(std::memory_order_relaxed); ++n) {
    const auto body = [](void*) -> void* { return pool.worker(), nullptr; };
    if (pthread_create(&workers_[n], nullptr, body, nullptr) != 0) break;
    started_.store(n + 1);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return n;
}

}  // namespace

int num_threads() {
  int n = thread_count.load(std::memory_order_relaxed);
  if (n == 0) {
    n = default_threads();
    int none = 0;
    if (!thread_count.compare_exchange_strong(none, n)) n = none;
  }
  return n;
}

void set_num_threads(int n) {
  if (n < 1 || n > max_threads) value_error("set_num_threads", "must be from 1 to ", max_threads, "; got n=", n);
  thread_count.store(n);
}

namespace cpu {

void parallel_for_raw(std::int64_t n, std::int64_t grain, RangeFn f, const void* context) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const int threads = num_threads();
  if (n > grain && threads > 1 && !inside && pool.run(n, grain, f, context, threads)) return;
  Inside guard;
  for (std::int64_t begin = 0; begin < n;) {
    const std::int64_t end = n - begin > grain ? begin + grain : n;
    f(context, begin, end);
    begin = end;
  }
}

}  // namespace cpu
}  // namespace ph
