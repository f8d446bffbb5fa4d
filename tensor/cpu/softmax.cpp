// Softmax, its gradient, and cross entropy of class indices: slices are cut into pieces for the threads.
#include "playhead/tensor/cpu/softmax.h"

#include <algorithm>
#include <cmath>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int piece_elements = 32768;

const SoftmaxLoops<float>& loops(float) { return PH_PICK_ISA(softmax_loops_f32)(); }
const SoftmaxLoops<double>& loops(double) { return PH_PICK_ISA(softmax_loops_f64)(); }

/// Runs rows(first, count) over slices along a last axis, or columns(offset, width) over groups of slices side by side.
template <class Rows, class Columns>
void for_slices(const View& x, int axis, const Rows& rows, const Columns& columns) {
  if (x.numel == 0) return;
  const Int n = x.ndim == 0 ? 1 : x.shape[axis];
  Int inner = 1;
  for (int d = axis + 1; d < x.ndim; ++d) inner *= x.shape[d];
  if (inner == 1) {
    parallel_for(x.numel / n, std::max<Int>(1, piece_elements / n), [&](Int begin, Int end) { rows(begin, end - begin); });
    return;
  }
  const Int groups = (inner + softmax_columns - 1) / softmax_columns, outer = x.numel / n / inner;
  const Int grain = std::max<Int>(1, piece_elements / (n * std::min(inner, softmax_columns)));
  parallel_for(outer * groups, grain, [&](Int begin, Int end) {
    for (Int i = begin; i < end; ++i) {
      const Int column = i % groups * softmax_columns;
      columns(i / groups * n * inner + column, n, inner, std::min(softmax_columns, inner - column));
    }
  });
}

template <class T>
void softmax_of(const SoftmaxCall& c) {
  const Int n = c.x.ndim == 0 ? 1 : c.x.shape[c.axis];
  for_slices(
      c.x, c.axis, [&](Int first, Int rows) { loops(T()).rows(c.y.as<T>() + first * n, c.x.as<T>() + first * n, rows, n, c.log); },
      [&](Int at, Int length, Int stride, Int width) {
        loops(T()).columns(c.y.as<T>() + at, c.x.as<T>() + at, length, stride, width, c.log);
      });
}

template <class T>
void softmax_grad_of(const SoftmaxGradCall& c) {
  const Int n = c.y.ndim == 0 ? 1 : c.y.shape[c.axis];
  T *dx = c.dx.as<T>(), *g = c.g.as<T>(), *y = c.y.as<T>();
  for_slices(
      c.y, c.axis, [&](Int first, Int rows) { loops(T()).grad_rows(dx + first * n, g + first * n, y + first * n, rows, n, c.log); },
      [&](Int at, Int length, Int stride, Int width) {
        loops(T()).grad_columns(dx + at, g + at, y + at, length, stride, width, c.log);
      });
}

void check_targets(const char* op, const View& target, Int classes, Int ignore) {
  const Int* t = target.as<Int>();
  for (Int i = 0; i < target.numel; ++i)
    if (t[i] != ignore && (t[i] < 0 || t[i] >= classes))
      index_error(op, "targets must be classes in [0, ", classes, "); got target=", t[i], " at position ", i);
}

/// Of the smoothed loss: log softmax's factor is `whole` = sum q w, and 1 - smoothing falls on the target.
struct Smoothing {
  double share, all;  // smoothing / C, and its sum over the weights
  double target;      // 1 - smoothing
};
template <class T>
Smoothing smoothing_of(double smoothing, const View& weight, Int classes) {
  double total = static_cast<double>(classes);
  if (!absent(weight)) {
    total = 0;
    for (Int c = 0; c < classes; ++c) total += static_cast<double>(weight.as<T>()[c]);
  }
  const double share = smoothing == 0 ? 0 : smoothing / static_cast<double>(classes);
  return {share, share * total, 1 - smoothing};
}

template <class T>
void cross_entropy_of(const CrossEntropyCall& c) {
  const Int classes = c.x.shape[1];
  check_targets(c.op, c.target, classes, c.ignore);
  const Smoothing s = smoothing_of<T>(c.smoothing, c.weight, classes);
  const T* w = absent(c.weight) ? nullptr : c.weight.as<T>();
  parallel_for(c.x.shape[0], std::max<Int>(1, piece_elements / std::max<Int>(1, classes)), [&](Int begin, Int end) {
    for (Int i = begin; i < end; ++i) {
      const T* x = c.x.as<T>() + i * classes;
      const Int t = c.target.as<Int>()[i];
      const T lse = loops(T()).lse(x, classes);
      c.lse.as<T>()[i] = lse;
      if (t == c.ignore) {
        c.loss.as<T>()[i] = 0;
        continue;
      }
      double loss = s.target * (w ? static_cast<double>(w[t]) : 1.0) * (static_cast<double>(lse) - static_cast<double>(x[t]));
      if (s.share != 0) loss += s.all * static_cast<double>(lse) - s.share * loops(T()).weighted_sum(w, x, classes);
      c.loss.as<T>()[i] = static_cast<T>(loss);
    }
  });
}

template <class T>
void cross_entropy_grad_of(const CrossEntropyGradCall& c) {
  const Int classes = c.x.shape[1];
  const Smoothing s = smoothing_of<T>(c.smoothing, c.weight, classes);
  const T* w = absent(c.weight) ? nullptr : c.weight.as<T>();
  parallel_for(c.x.shape[0], std::max<Int>(1, piece_elements / std::max<Int>(1, classes)), [&](Int begin, Int end) {
    for (Int i = begin; i < end; ++i) {
      T* dx = c.dx.as<T>() + i * classes;
      const Int t = c.target.as<Int>()[i];
      if (t == c.ignore) {
        std::fill(dx, dx + classes, T(0));
        continue;
      }
      const double g = static_cast<double>(c.g.as<T>()[i]), hit = s.target * (w ? static_cast<double>(w[t]) : 1.0);
      loops(T()).cross_entropy_grad(dx, c.x.as<T>() + i * classes, w, classes, c.lse.as<T>()[i], static_cast<T>(g * (hit + s.all)),
                                    static_cast<T>(g * s.share));
      dx[t] -= static_cast<T>(g * hit);
    }
  });
}

void softmax(const SoftmaxCall& c) { c.x.dtype == float32 ? softmax_of<float>(c) : softmax_of<double>(c); }
void softmax_grad(const SoftmaxGradCall& c) { c.y.dtype == float32 ? softmax_grad_of<float>(c) : softmax_grad_of<double>(c); }
void cross_entropy(const CrossEntropyCall& c) { c.x.dtype == float32 ? cross_entropy_of<float>(c) : cross_entropy_of<double>(c); }
void cross_entropy_grad(const CrossEntropyGradCall& c) {
  c.x.dtype == float32 ? cross_entropy_grad_of<float>(c) : cross_entropy_grad_of<double>(c);
}

}  // namespace

void fill_softmax(Kernels& k) {
  k.softmax = softmax;
  k.softmax_grad = softmax_grad;
  k.cross_entropy = cross_entropy;
  k.cross_entropy_grad = cross_entropy_grad;
}

}  // namespace ph::cpu
