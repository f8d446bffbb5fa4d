// Optimiser steps: all parameters form one range of elements, which is cut into pieces for the threads.
#include "playhead/tensor/cpu/optim.h"

#include <algorithm>

#include "playhead/tensor/cpu/parallel.h"

namespace ph::cpu {

namespace {

// Calls f(parameter, begin, end) for the pieces of all n parameters; complex elements count as two.
template <class F>
void for_pieces(int n, const View* p, const F& f) {
  constexpr std::int64_t grain = 32768;
  const auto count = [&](int i) { return p[i].numel * (is_complex(p[i].dtype) ? 2 : 1); };
  std::int64_t pieces = 0;
  for (int i = 0; i < n; ++i) pieces += (count(i) + grain - 1) / grain;
  if (pieces <= n) {  // nothing is large
    for (int i = 0; i < n; ++i) f(i, static_cast<std::int64_t>(0), count(i));
    return;
  }
  parallel_for(pieces, 1, [&](std::int64_t piece, std::int64_t) {
    int i = 0;
    for (std::int64_t k; piece >= (k = (count(i) + grain - 1) / grain); ++i) piece -= k;
    f(i, piece * grain, std::min(count(i), (piece + 1) * grain));
  });
}

template <class T>
T* at(const View& v, std::int64_t i) { return static_cast<T*>(v.data) + i; }

void sgd_step(int n, const View* p, const View* g, const View* v, const std::uint8_t* first, const SGDStep& how) {
  for_pieces(n, p, [&](int i, std::int64_t begin, std::int64_t end) {
    const bool starts = first[i] != 0;
    if (real_dtype(p[i].dtype) == float32)
      PH_PICK_ISA(sgd_f32)(at<float>(p[i], begin), at<float>(g[i], begin), v ? at<float>(v[i], begin) : nullptr, starts, end - begin, how);
    else
      PH_PICK_ISA(sgd_f64)(at<double>(p[i], begin), at<double>(g[i], begin), v ? at<double>(v[i], begin) : nullptr, starts, end - begin, how);
  });
}

void adam_step(int n, const View* p, const View* g, const View* m, const View* v, const AdamStep& how) {
  for_pieces(n, p, [&](int i, std::int64_t begin, std::int64_t end) {
    if (real_dtype(p[i].dtype) == float32)
      PH_PICK_ISA(adam_f32)(at<float>(p[i], begin), at<float>(g[i], begin), at<float>(m[i], begin), at<float>(v[i], begin), end - begin, how);
    else
      PH_PICK_ISA(adam_f64)(at<double>(p[i], begin), at<double>(g[i], begin), at<double>(m[i], begin), at<double>(v[i], begin), end - begin, how);
  });
}

}  // namespace

void fill_optim(Kernels& k) {
  k.sgd_step = sgd_step;
  k.adam_step = adam_step;
}

}  // namespace ph::cpu
