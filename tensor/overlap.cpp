// Which tensors share memory, and how: asked before anything is written in place.
#include <algorithm>
#include <cstdlib>

#include "playhead/tensor/view.h"

namespace ph {

namespace {
// First and one-past-last byte that x touches.
struct Extent {
  const char *begin, *end;
};
Extent extent(const View& x) {
  std::int64_t low = 0, high = 0;
  for (int d = 0; d < x.ndim; ++d) (x.strides[d] < 0 ? low : high) += (x.shape[d] - 1) * x.strides[d];
  const auto size = static_cast<std::int64_t>(itemsize(x.dtype));
  const char* p = static_cast<const char*>(x.data);
  return {p + low * size, p + (high + 1) * size};
}
}  // namespace

Overlap overlap(const View& a, const View& b) {
  if (a.numel == 0 || b.numel == 0) return Overlap::none;
  const Extent p = extent(a), q = extent(b);
  if (p.end <= q.begin || q.end <= p.begin) return Overlap::none;
  if (a.data == b.data && a.dtype == b.dtype && a.ndim == b.ndim) {
    bool same = true;
    for (int d = 0; d < a.ndim; ++d) same &= a.shape[d] == b.shape[d] && (a.strides[d] == b.strides[d] || a.shape[d] == 1);
    if (same) return Overlap::same;
  }
  return Overlap::partial;
}

bool overlaps_itself(const View& x) {
  if (x.contiguous || x.numel <= 1) return false;
  // Dims by growing step: none may begin before the one below it has ended. Sufficient for every layout that views make.
  struct Dim {
    std::int64_t step, size;
  };
  constexpr int most = 64;
  if (x.ndim > most) return true;
  Dim dims[most];
  int n = 0;
  for (int d = 0; d < x.ndim; ++d)
    if (x.shape[d] > 1) dims[n++] = {std::abs(x.strides[d]), x.shape[d]};
  std::sort(dims, dims + n, [](const Dim& a, const Dim& b) { return a.step < b.step; });
  std::int64_t reach = 0;
  for (int d = 0; d < n; ++d) {
    if (dims[d].step <= reach) return true;
    reach += dims[d].step * (dims[d].size - 1);
  }
  return false;
}

}  // namespace ph
