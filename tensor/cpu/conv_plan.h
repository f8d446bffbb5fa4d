// A convolution, the gradient of its input, and that of its weight are all sums over taps: out[j] = sum over t of w[t] * src[j * step + start[t]].
// Here are the taps, and the planes of `src` from which each of them is a contiguous, shifted read.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "playhead/tensor/conv.h"
#include "playhead/tensor/cpu/scratch.h"

namespace ph::cpu {

using Int = std::int64_t;

inline Int floor_div(Int a, Int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
inline Int ceil_div(Int a, Int b) { return (a + b - 1) / b; }

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
  Int x_plane() const { return size[0] * size[1] * size[2]; }
  Int y_plane() const { return positions[0] * positions[1] * positions[2]; }
};

struct Tap {
  Int start[3];
  Int index;  // which entry of the kernel
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
  const Int depth = z * plan.step[0] + kind.start[0], step = plan.step[2], first = kind.start[2];
  const bool inside = depth >= 0 && depth < size[0];
  // Columns a <= q < b lie inside.
  Int a = first >= 0 ? 0 : ceil_div(-first, step), b = size[2] > first ? ceil_div(size[2] - first, step) : 0;
  a = a < plan.pitch ? a : plan.pitch, b = b < plan.pitch ? (b > a ? b : a) : plan.pitch;
  for (Int r = 0; r < rows; ++r, dst += plan.pitch) {
    const Int row = (y + r) * plan.step[1] + kind.start[1];
    if (!inside || row < 0 || row >= size[1]) {
      std::memset(static_cast<void*>(dst), 0, static_cast<std::size_t>(plan.pitch) * sizeof(T));
      continue;
    }
    const T* s = src + (depth * size[1] + row) * size[2] + first;
    for (Int q = 0; q < a; ++q) dst[q] = 0;
    if (step == 1) std::memcpy(dst + a, s + a, static_cast<std::size_t>(b - a) * sizeof(T));
    else
      for (Int q = a; q < b; ++q) dst[q] = s[q * step];
    for (Int q = b; q < plan.pitch; ++q) dst[q] = 0;
  }
}

/// Runs a slot in float32 for 16-bit operands: `written` is the one that it writes.
void through_float(const ConvCall& call, View ConvCall::* written, void (*kernel)(const ConvCall&));

void conv_weight(const ConvCall& call);  // conv_weight.cpp

}  // namespace ph::cpu
