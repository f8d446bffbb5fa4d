// A convolution, the gradient of its input, and that of its weight are all sums over taps: out[j] = sum over t of w[t] * src[j * step + start[t]].
// Here are the taps, and the planes of `src` from which each of them is a contiguous, shifted read.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "playhead/tensor/conv.h"
#include "playhead/tensor/cpu/scratch.h"
#include "playhead/tensor/cpu/stencil.h"

namespace ph::cpu {

using Int = std::int64_t;

inline Int floor_div(Int a, Int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
inline Int ceil_div(Int a, Int b) { return (a + b - 1) / b; }

struct Tap {
  Int start[3];
  Int index;  // which entry of the kernel
};

/// A ConvCall with three spatial dims, the missing ones first and of size 1.
struct Geometry {
  Int images = 0, groups = 1, in_channels = 0, out_channels = 0;  // channels per group
  Int size[3] = {1, 1, 1}, positions[3] = {1, 1, 1}, kernel[3] = {1, 1, 1};
  Int stride[3] = {1, 1, 1}, padding[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  explicit Geometry(const ConvCall& c) {
    const int dims = c.x.ndim - 2;
    images = c.x.shape[0], groups = c.groups;
    in_channels = c.x.shape[1] / groups, out_channels = c.w.shape[0] / groups;
    for (int d = 0; d < dims; ++d) {
      const int e = d + 3 - dims;
      size[e] = c.x.shape[d + 2], positions[e] = c.y.shape[d + 2], kernel[e] = c.w.shape[d + 2];
      stride[e] = c.stride[d], padding[e] = c.padding[d], dilation[e] = c.dilation[d];
    }
  }
  Int taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  /// Where entry k of the kernel stands along dim d.
  Int place(Int k, int d) const { return d == 0 ? k / (kernel[1] * kernel[2]) : d == 1 ? k / kernel[2] % kernel[1] : k % kernel[2]; }
  /// What every entry of the kernel reads of x.
  std::vector<Tap> all_taps() const {
    std::vector<Tap> all;
    for (Int k = 0; k < taps(); ++k) {
      Tap t{{}, k};
      for (int d = 0; d < 3; ++d) t.start[d] = place(k, d) * dilation[d] - padding[d];
      all.push_back(t);
    }
    return all;
  }
  Int x_plane() const { return size[0] * size[1] * size[2]; }
  Int y_plane() const { return positions[0] * positions[1] * positions[2]; }
};

/// One layer of planes: src rows y_start + r * step, columns x_start + q * step, at depth z * step + z_start.
struct PlaneKind {
  Int start[3];
};

/// Where the taps read: planes are `pitch` wide, `rows(n)` high for n rows of output, and output (r, q) reads tap t at
/// plane[t] * plane size + shift[t] + r * pitch + q.
struct TapPlan {
  std::vector<PlaneKind> kinds;
  std::vector<Int> plane, shift;
  Int step[3], span = 0, pitch = 0;

  TapPlan(const std::vector<Tap>& taps, const Int* step_, Int width) {
    Int least[3] = {}, most[3] = {};
    for (int d = 0; d < 3; ++d) step[d] = step_[d];
    const auto at = [&](const Tap& t, int d) { return floor_div(t.start[d], step[d]); };
    for (std::size_t i = 0; i < taps.size(); ++i)
      for (int d = 1; d < 3; ++d) {
        const Int s = at(taps[i], d);
        least[d] = i == 0 || s < least[d] ? s : least[d];
        most[d] = i == 0 || s > most[d] ? s : most[d];
      }
    span = most[1] - least[1], pitch = width + most[2] - least[2];
    for (const Tap& t : taps) {
      PlaneKind k;
      k.start[0] = t.start[0];
      for (int d = 1; d < 3; ++d) k.start[d] = least[d] * step[d] + (t.start[d] - at(t, d) * step[d]);
      std::size_t i = 0;
      while (i < kinds.size() && std::memcmp(kinds[i].start, k.start, sizeof k.start) != 0) ++i;
      if (i == kinds.size()) kinds.push_back(k);
      plane.push_back(static_cast<Int>(i));
      shift.push_back((at(t, 1) - least[1]) * pitch + at(t, 2) - least[2]);
    }
  }
  Int rows(Int n) const { return n + span; }
};

/// Copies one plane for the output rows from y on: zeros stand for what lies outside src, which is [size…].
template <class T>
void fill_plane(T* dst, const T* src, const Int* size, const TapPlan& plan, const PlaneKind& kind, Int z, Int y, Int rows) {
  const Int depth = z * plan.step[0] + kind.start[0], top = y * plan.step[1] + kind.start[1], left = kind.start[2];
  // Rows first <= r < last and columns a <= q < b lie inside.
  const auto within = [](Int start, Int step, Int n, Int count, Int& from, Int& to) {
    from = start >= 0 ? 0 : ceil_div(-start, step), to = n > start ? ceil_div(n - start, step) : 0;
    to = to < count ? to : count;
    from = from < to ? from : to;
  };
  Int first, last, a, b;
  within(top, plan.step[1], size[1], rows, first, last);
  within(left, plan.step[2], size[2], plan.pitch, a, b);
  if (depth < 0 || depth >= size[0]) last = first;
  if ((last - first) * (b - a) < rows * plan.pitch) std::memset(static_cast<void*>(dst), 0, static_cast<std::size_t>(rows * plan.pitch) * sizeof(T));
  if ((last - first) * (b - a) > 0)
    take_rows({dst + first * plan.pitch + a, plan.pitch, src + (depth * size[1] + top + first * plan.step[1]) * size[2] + left + a * plan.step[2],
               plan.step[1] * size[2], plan.step[2], last - first, b - a});
}

/// Runs a slot in float32 for 16-bit operands: `written` is the one that it writes.
void through_float(const ConvCall& call, View ConvCall::* written, void (*kernel)(const ConvCall&));

void conv_weight(const ConvCall& call);  // conv_weight.cpp

}  // namespace ph::cpu
