// Which instruction sets this machine has, asked once.
#include "playhead/tensor/cpu/isa.h"

#include <cstdlib>
#include <cstring>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ph::cpu {
namespace {

Isa detect() {
  Isa best = Isa::baseline;
#if defined(__x86_64__)
  // The compiler's support library also asks the system whether it saves the wide registers.
  __builtin_cpu_init();
  unsigned a, b, c = 0, d;
  const bool f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);  // clang's builtin does not know this one
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && f16c;
  if (avx2) best = Isa::avx2;
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd"))
    best = Isa::avx512;
#endif
  // For tests and for comparing machines; asking for more than there is changes nothing.
  if (const char* wish = std::getenv("PLAYHEAD_ISA")) {
    const Isa most = std::strcmp(wish, "baseline") == 0 ? Isa::baseline : std::strcmp(wish, "avx2") == 0 ? Isa::avx2 : Isa::avx512;
    if (most < best) best = most;
  }
  return best;
}

}  // namespace

Isa isa() {
  static const Isa chosen = detect();
  return chosen;
}

}  // namespace ph::cpu
