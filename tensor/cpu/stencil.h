// Convolutions with next to no channels (depthwise ones): sums over taps of one plane, row by row. As matrix products they would
// have a single row. Also the copies that make such planes. Compiled per instruction set in stencil.isa.cpp.
#pragma once
#include <cstdint>

#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

/// dst[r, q] = bias + sum over k of weights[k] * src[offsets[k] + r * pitch + q] for r < rows, q < width. Up to 128 bytes after
/// the last element of src that counts are read, and not used. dst has its own steps.
template <class T>
struct Stencil {
  std::int64_t rows = 0, width = 0, taps = 0;
  const T* src = nullptr;
  std::int64_t pitch = 0;
  const std::int64_t* offsets = nullptr;
  const T* weights = nullptr;
  T bias = 0;
  T* dst = nullptr;
  std::int64_t dst_row = 0, dst_col = 1;
};

/// The gradient of the weights: the sum over r and q of g[r, q] * src[offsets[k] + r * pitch + q] is added to sums[k * lanes…],
/// in some of `lanes` parts whose total is meant.
template <class T>
struct StencilDots {
  static constexpr std::int64_t lanes = 64 / sizeof(T);
  std::int64_t rows = 0, width = 0, taps = 0;
  const T* src = nullptr;
  std::int64_t pitch = 0;
  const std::int64_t* offsets = nullptr;
  const T* g = nullptr;
  std::int64_t g_row = 0;
  T* sums = nullptr;
};

/// dst[r, q] = src[r, q * step].
template <class T>
struct Rows {
  T* dst = nullptr;
  std::int64_t dst_row = 0;
  const T* src = nullptr;
  std::int64_t src_row = 0, step = 1, rows = 0, width = 0;
};

PH_PER_ISA(void take_rows_f32(const Rows<float>&); void take_rows_f64(const Rows<double>&);
           void stencil_f32(const Stencil<float>&); void stencil_f64(const Stencil<double>&);
           void stencil_dots_f32(const StencilDots<float>&); void stencil_dots_f64(const StencilDots<double>&))

// The same for this machine.
inline void take_rows(const Rows<float>& s) { PH_PICK_ISA(take_rows_f32)(s); }
inline void take_rows(const Rows<double>& s) { PH_PICK_ISA(take_rows_f64)(s); }
inline void stencil(const Stencil<float>& s) { PH_PICK_ISA(stencil_f32)(s); }
inline void stencil(const Stencil<double>& s) { PH_PICK_ISA(stencil_f64)(s); }
inline void stencil_dots(const StencilDots<float>& s) { PH_PICK_ISA(stencil_dots_f32)(s); }
inline void stencil_dots(const StencilDots<double>& s) { PH_PICK_ISA(stencil_dots_f64)(s); }

}  // namespace ph::cpu
