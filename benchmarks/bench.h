// What the two sides of a benchmark share: their inputs, and how the driver (run) talks to them. Each side is a process of its
// own, for two tensor libraries in one process share allocators, OpenMP runtimes and BLAS symbols; the driver lets one work
// while the other waits. Nothing of either library is here.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace bench {

/// One line of the table: what is measured and how many times faster than the peer it is to be.
struct Row {
  const char* name;
  double target;
  double per = 1;         ///< how many times what is counted happens in one repeat
  double amount = 0;      ///< bytes moved or operations done by one repeat, for rows told as a rate
  const char* rate = "";  ///< "GB/s" or "GFLOP/s"
};
template <std::size_t N>
using Rows = std::array<Row, N>;

/// What a side makes for a row.
struct Work {
  std::function<void(std::int64_t n)> repeat;   ///< does the work n times
  std::function<std::vector<float>()> outcome;  ///< what it computes; the sides' outcomes are compared before they are timed
};
using Prepare = std::function<Work()>;

/// Work that is one call.
template <class Call, class Outcome>
Work work(Call call, Outcome outcome) {
  return {[call](std::int64_t n) mutable {
            for (std::int64_t i = 0; i < n; ++i) call();
          },
          outcome};
}

/// The same n numbers in [-1, 1) on both sides.
inline std::vector<float> numbers(std::int64_t n, std::uint32_t seed) {
  std::vector<float> v(static_cast<std::size_t>(n));
  std::uint32_t s = seed * 2654435761u + 12345u;
  for (float& x : v) {
    s ^= s << 13, s ^= s >> 17, s ^= s << 5;
    x = static_cast<float>(s >> 8) * (2.0f / 16777216.0f) - 1.0f;
  }
  return v;
}

/// Keeps the compiler from dropping a result that nobody reads.
template <class T>
void keep(const T& x) {
  asm volatile("" : : "g"(&x) : "memory");
}

/// Kilobytes of `field` in /proc/self/status.
inline long memory(const char* field) {
  std::FILE* f = std::fopen("/proc/self/status", "r");
  char line[256];
  long kb = 0;
  while (f && std::fgets(line, sizeof line, f))
    if (std::strncmp(line, field, std::strlen(field)) == 0) kb = std::strtol(line + std::strlen(field) + 1, nullptr, 10);
  if (f) std::fclose(f);
  return kb;
}

/// Answers the driver's lines until the input ends:
///   rows              a line of JSON for each row, then an empty line
///   open I            prepares row I and drops the row before
///   outcome           its outcome, as numbers in one line
///   time N            nanoseconds that N repeats took
///   memory            resident and peak kilobytes of this process
///   threads N         threads to use
template <std::size_t N>
int serve(const Rows<N>& rows, const std::array<Prepare, N>& prepare, const std::function<void(int)>& set_threads) {
  Work work;
  std::string command;
  const auto number = [] {
    std::int64_t n = 0;
    std::cin >> n;
    return n;
  };
  while (std::cin >> command) {
    try {
      if (command == "rows") {
        for (const Row& r : rows)
          std::printf("{\"name\": \"%s\", \"target\": %g, \"per\": %g, \"amount\": %g, \"rate\": \"%s\"}\n", r.name, r.target, r.per,
                      r.amount, r.rate);
        std::printf("\n");
      } else if (command == "open") {
        const auto i = static_cast<std::size_t>(number());
        work = {};
        work = prepare.at(i)();
        std::printf("ok\n");
      } else if (command == "outcome") {
        for (const float x : work.outcome()) std::printf("%.9g ", static_cast<double>(x));
        std::printf("\n");
      } else if (command == "time") {
        const std::int64_t n = number();
        const auto began = std::chrono::steady_clock::now();
        work.repeat(n);
        const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
        std::printf("%lld\n", static_cast<long long>(took.count()));
      } else if (command == "memory") {
        std::printf("%ld %ld\n", memory("VmRSS:"), memory("VmHWM:"));
      } else if (command == "threads") {
        set_threads(static_cast<int>(number()));
        std::printf("ok\n");
      }
    } catch (const std::exception& e) {
      std::string what = e.what();
      for (char& c : what) c = c == '\n' ? ' ' : c;
      std::printf("error %s\n", what.c_str());
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace bench
