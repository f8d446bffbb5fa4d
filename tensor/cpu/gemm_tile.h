// What the products of gemm.isa.cpp are made of: vectors (stencil.isa.cpp uses them too), the register tile, and the packing of
// operands. Only for *.isa.cpp files.
#pragma once
#include <cstdint>

#include "playhead/tensor/complex.h"
#include "playhead/tensor/cpu/scratch.h"

namespace ph::cpu::PH_ISA {
namespace {

using Int = std::int64_t;

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
constexpr int max_rows = vector_bytes == 64 ? 12 : 6;  // of a packed tile: 2 * max_rows accumulators leave a few registers
template <class T> constexpr bool floating = T(0.5) != T(0);
template <class T> constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));

constexpr Int min(Int a, Int b) { return a < b ? a : b; }
constexpr Int max(Int a, Int b) { return a > b ? a : b; }
constexpr Int ceil_div(Int a, Int b) { return (a + b - 1) / b; }

template <class T, int N> struct SimdOf { typedef T type __attribute__((vector_size(N * sizeof(T)))); };
template <class T> struct SimdOf<T, 1> { typedef T type; };
template <class T, int N> using Simd = typename SimdOf<T, N>::type;

template <class V, class T> inline V load(const T* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V, class T> inline void store(T* p, const V& v) { __builtin_memcpy(p, &v, sizeof v); }

/// Where a tile goes: c = alpha * tile + beta * add. A complex result is seen as rows of reals, re and im in turn.
template <class T> struct Target {
  T* c;
  Int c_row, c_col;
  const T* add;
  Int add_row, add_col;
  T alpha, beta;
};

template <bool Cx> inline Int row_offset(Int i, Int stride) { return Cx ? (i >> 1) * stride + (i & 1) : i * stride; }

template <class T, bool Cx> inline Target<T> at(Target<T> t, Int i, Int j) {
  t.c += row_offset<Cx>(i, t.c_row) + j * t.c_col;
  if (t.add) t.add += row_offset<Cx>(i, t.add_row) + j * t.add_col;
  return t;
}

template <class T, bool Cx> __attribute__((noinline)) void store_scalars(const T* tile, Int width, const Target<T>& t, int rows, int cols) {
  for (Int i = 0; i < rows; ++i) {
    T* c = t.c + row_offset<Cx>(i, t.c_row);
    const T* add = t.add ? t.add + row_offset<Cx>(i, t.add_row) : nullptr;
    for (Int j = 0; j < cols; ++j) {
      const T v = static_cast<T>(t.alpha * tile[i * width + j]);
      c[j * t.c_col] = add ? static_cast<T>(v + t.beta * add[j * t.add_col]) : v;
    }
  }
}

enum class From { packed, shifted, memory };

/// R rows of a times W vectors of L columns of b, over k. `a` is a packed panel ([k][R]), or strided memory (From::memory).
/// Row p of b is at p * b_row, or at b_row[p] (From::shifted).
template <class T, int R, int L, int W, From F, bool Cx, class Rows>
__attribute__((noinline)) void tile(Int k, const T* a, Int a_row, Int a_col, const T* b, Rows b_row, const Target<T>& t, int rows, int cols) {
  constexpr bool Packed = F != From::memory;
  using V = Simd<T, L>;
  if constexpr (F == From::packed && !Cx) {  // large products: c comes from far away
    constexpr int line = 64 / static_cast<int>(sizeof(T));
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < W * L; j += line) __builtin_prefetch(t.c + i * t.c_row + j * t.c_col, 1);
  }
  V acc[R][W];
#pragma GCC unroll 16
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
    for (int w = 0; w < W; ++w) acc[i][w] = V{};
  for (Int p = 0; p < k; ++p) {
    if constexpr (F == From::packed) __builtin_prefetch(a + 32 * R);  // a streams by from the second-level cache
    V bv[W];
#pragma GCC unroll 4
    for (int w = 0; w < W; ++w) {
      if constexpr (F == From::shifted) bv[w] = load<V>(b + b_row[p] + w * L);
      else bv[w] = load<V>(b + w * L);
    }
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const T s = Packed ? a[i] : a[i * a_row];
#pragma GCC unroll 4
      for (int w = 0; w < W; ++w) acc[i][w] += bv[w] * s;
    }
    a += Packed ? R : a_col;
    if constexpr (F != From::shifted) b += b_row;
  }
  if (!Cx && t.c_col == 1 && rows == R && cols == W * L && (!t.add || t.add_col == 1)) {
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
      for (int w = 0; w < W; ++w) {
        V v = acc[i][w] * t.alpha;
        if (t.add) v += load<V>(t.add + i * t.add_row + w * L) * t.beta;
        store(t.c + i * t.c_row + w * L, v);
      }
  } else {
    alignas(64) T out[R * W * L];
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
      for (int w = 0; w < W; ++w) store(out + (i * W + w) * L, acc[i][w]);
    store_scalars<T, Cx>(out, W * L, t, rows, cols);
  }
}

// --- packing ------------------------------------------------------------------------------------------------------------

/// dst[p * height + i] = src[i * row + p] for i < rows, 0 for the other i < height: rows become columns.
template <class T> void turn_rows(T* dst, Int height, const T* src, Int row, Int rows, Int k) {
  Int p = 0;
  if constexpr (4 * sizeof(T) <= vector_bytes)
    for (; p + 4 <= k; p += 4) {  // four columns at a time, so that what is written stays close
      using V = Simd<T, 4>;
      T* d = dst + p * height;
      const T* s = src + p;
      Int i = 0;
      for (; i + 4 <= rows; i += 4, s += 4 * row, d += 4) {
        const V r0 = load<V>(s), r1 = load<V>(s + row), r2 = load<V>(s + 2 * row), r3 = load<V>(s + 3 * row);
        const V u0 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), u1 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
        const V u2 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7), u3 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
        store(d, __builtin_shufflevector(u0, u1, 0, 1, 4, 5));
        store(d + height, __builtin_shufflevector(u0, u1, 2, 3, 6, 7));
        store(d + 2 * height, __builtin_shufflevector(u2, u3, 0, 1, 4, 5));
        store(d + 3 * height, __builtin_shufflevector(u2, u3, 2, 3, 6, 7));
      }
      for (; i < height; ++i, s += row, ++d)
        for (int q = 0; q < 4; ++q) d[q * height] = i < rows ? s[q] : T(0);
    }
  for (; p < k; ++p)
    for (Int i = 0; i < height; ++i) dst[p * height + i] = i < rows ? src[i * row + p] : T(0);
}

/// The same from any strides: dst[p * height + i] = src[i * si + p * sp].
template <class T> void pack_panel(T* dst, Int height, const T* src, Int si, Int sp, Int rows, Int k) {
  if (sp == 1 && si != 1) return turn_rows(dst, height, src, si, rows, k);
  if (si == 1) {
    for (Int p = 0; p < k; ++p, dst += height, src += sp) {
      Int i = 0;
      for (; i + lanes<T> <= rows; i += lanes<T>) store(dst + i, load<Simd<T, lanes<T>>>(src + i));
      if constexpr (lanes<T> > 4)
        for (; i + 4 <= rows; i += 4) store(dst + i, load<Simd<T, 4>>(src + i));
      for (; i < rows; ++i) dst[i] = src[i];
      for (; i < height; ++i) dst[i] = 0;
    }
    return;
  }
  for (Int i = 0; i < height; ++i)
    for (Int p = 0; p < k; ++p) dst[p * height + i] = i < rows ? src[i * si + p * sp] : T(0);
}

}  // namespace
}  // namespace ph::cpu::PH_ISA
