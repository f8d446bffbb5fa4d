// The thread pool of the CPU kernels. Work is cut into chunks whose bounds depend on the size only, never on the number
// of threads, so that no result does either.
#pragma once
#include <cstdint>

#include "playhead/tensor/threads.h"

namespace PH_PUBLIC ph {
namespace cpu {

using RangeFn = void (*)(const void* context, std::int64_t begin, std::int64_t end);
/// Calls f on [0, n) cut into pieces of `grain` (the last may be shorter), on several threads if there are two pieces or
/// more and the caller is not itself inside such a call. Returns when all are done. The first exception is rethrown here.
void parallel_for_raw(std::int64_t n, std::int64_t grain, RangeFn f, const void* context);

/// `parallel_for(n, grain, [&](int64_t begin, int64_t end) {…})`. Each call sees exactly one piece.
template <class F>
inline void parallel_for(std::int64_t n, std::int64_t grain, const F& f) {
  if (n <= grain) {
    if (n > 0) f(static_cast<std::int64_t>(0), n);
    return;
  }
  parallel_for_raw(n, grain, [](const void* c, std::int64_t b, std::int64_t e) { (*static_cast<const F*>(c))(b, e); }, &f);
}

}  // namespace cpu
}  // namespace ph
