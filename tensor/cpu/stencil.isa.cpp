// The loops of stencil.h: tiles of a few rows by one or two vectors stay in registers while the taps go by.
#include "playhead/tensor/cpu/stencil.h"

#include "playhead/tensor/cpu/gemm_tile.h"

namespace ph::cpu::PH_ISA {

namespace {

/// W elements, `Step` (1 or 2) apart in src; reads no further than the last of them.
template <int Step, int W, class T>
inline void piece(T* dst, const T* src) {
  if constexpr (Step == 1 || W == 1) {
    __builtin_memcpy(dst, src, W * sizeof(T));
  } else {
    using Vec = Simd<T, W>;
    const Vec low = load<Vec>(src), high = load<Vec>(src + W - 1);
    if constexpr (W == 2) store(dst, __builtin_shufflevector(low, high, 0, 3));
    if constexpr (W == 4) store(dst, __builtin_shufflevector(low, high, 0, 2, 5, 7));
    if constexpr (W == 8) store(dst, __builtin_shufflevector(low, high, 0, 2, 4, 6, 9, 11, 13, 15));
    if constexpr (W == 16) store(dst, __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31));
  }
}

/// n elements in pieces of W, of which the last two may overlap; fewer than W in smaller pieces.
template <int Step, int W, class T>
inline void take(T* dst, const T* src, Int n) {
  if (n >= W) {
    for (Int q = 0; q + W <= n; q += W) piece<Step, W>(dst + q, src + q * Step);
    if (n % W != 0) piece<Step, W>(dst + n - W, src + (n - W) * Step);
  } else if constexpr (W > 1) {
    take<Step, W / 2>(dst, src, n);
  }
}

template <class T>
void taken_rows(const Rows<T>& s) {
  for (Int r = 0; r < s.rows; ++r) {
    T* dst = s.dst + r * s.dst_row;
    const T* src = s.src + r * s.src_row;
    if (s.step == 1) take<1, lanes<T>>(dst, src, s.width);
    else if (s.step == 2) take<2, lanes<T>>(dst, src, s.width);
    else
      for (Int q = 0; q < s.width; ++q) dst[q] = src[q * s.step];
  }
}

/// R rows by V vectors of dst from (r, q) on; only the first `cols` columns are written.
template <class T, int R, int V>
inline void tile(const Stencil<T>& s, Int r, Int q, Int cols) {
  constexpr int n = lanes<T>;
  using Vec = Simd<T, n>;
  Vec sum[R][V];
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < V; ++j) sum[i][j] = Vec{} + s.bias;
  const T* src = s.src + r * s.pitch + q;
  for (Int k = 0; k < s.taps; ++k) {
    const T* p = src + s.offsets[k];
    const T w = s.weights[k];
    for (int i = 0; i < R; ++i)
      for (int j = 0; j < V; ++j) sum[i][j] += load<Vec>(p + i * s.pitch + j * n) * w;
  }
  T* dst = s.dst + r * s.dst_row + q * s.dst_col;
  if (s.dst_col == 1 && cols == V * n) {
    for (int i = 0; i < R; ++i)
      for (int j = 0; j < V; ++j) store(dst + i * s.dst_row + j * n, sum[i][j]);
    return;
  }
  T out[V * n];
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < V; ++j) store(out + j * n, sum[i][j]);
    if (s.dst_col == 1) take<1, V * n / 2>(dst + i * s.dst_row, out, cols);
    else
      for (Int c = 0; c < cols; ++c) dst[i * s.dst_row + c * s.dst_col] = out[c];
  }
}

/// A column of tiles. Where the width is no multiple of theirs, the last ones begin earlier and write some elements twice.
template <class T, int V>
inline void column(const Stencil<T>& s, Int q, Int cols) {
  Int r = 0;
  for (; r + 4 <= s.rows; r += 4) tile<T, 4, V>(s, r, q, cols);
  for (; r < s.rows; ++r) tile<T, 1, V>(s, r, q, cols);
}

template <class T>
void rows_of(const Stencil<T>& s) {
  constexpr Int one = lanes<T>, two = 2 * one;
  Int q = 0;
  for (; q + two <= s.width; q += two) column<T, 2>(s, q, two);
  const Int rest = s.width - q;
  if (rest > one) column<T, 2>(s, max(s.width - two, 0), min(s.width, two));
  else if (rest > 0) column<T, 1>(s, max(s.width - one, 0), min(s.width, one));
}

/// N taps from the k-th on.
template <class T, int N>
void dots_of(const StencilDots<T>& s, Int k) {
  constexpr Int n = lanes<T>;
  using Vec = Simd<T, n>;
  Vec sum[N];
  for (int t = 0; t < N; ++t) sum[t] = load<Vec>(s.sums + (k + t) * s.lanes);
  // The last vector of a row begins earlier, or reaches into the next rows, if there are any; lanes that do not count stay as they are.
  const Int whole = s.width / n * n, rest = s.width - whole, last = s.width < n ? 0 : s.width - n;
  T kept[n], staged[n] = {};
  for (Int j = 0; j < n; ++j) kept[j] = T(s.width < n ? j < rest : j >= n - rest);
  const Vec keep = load<Vec>(kept);
  for (Int r = 0; r < s.rows; ++r) {
    const T *g = s.g + r * s.g_row, *src = s.src + r * s.pitch;
    for (Int q = 0; q < whole; q += n) {
      const Vec a = load<Vec>(g + q);
      for (int t = 0; t < N; ++t) sum[t] += a * load<Vec>(src + s.offsets[k + t] + q);
    }
    if (rest == 0) continue;
    if (s.width < n && (s.rows - r - 1) * s.g_row + s.width < n) {
      for (Int j = 0; j < rest; ++j) staged[j] = g[j];
      g = staged;
    }
    const Vec a = load<Vec>(g + last);
    for (int t = 0; t < N; ++t) sum[t] = keep != Vec{} ? sum[t] + a * load<Vec>(src + s.offsets[k + t] + last) : sum[t];
  }
  for (int t = 0; t < N; ++t) store(s.sums + (k + t) * s.lanes, sum[t]);
}

template <class T>
void dots(const StencilDots<T>& s) {
  constexpr void (*some[])(const StencilDots<T>&, Int) = {dots_of<T, 1>, dots_of<T, 2>, dots_of<T, 3>, dots_of<T, 4>,
                                                          dots_of<T, 5>, dots_of<T, 6>, dots_of<T, 7>, dots_of<T, 8>};
  const Int blocks = ceil_div(s.taps, 8);
  for (Int b = 0, k = 0; b < blocks; ++b) {
    const Int count = ceil_div(s.taps - k, blocks - b);
    some[count - 1](s, k);
    k += count;
  }
}

}  // namespace

void take_rows_f32(const Rows<float>& s) { taken_rows(s); }
void take_rows_f64(const Rows<double>& s) { taken_rows(s); }
void stencil_f32(const Stencil<float>& s) { rows_of(s); }
void stencil_f64(const Stencil<double>& s) { rows_of(s); }
void stencil_dots_f32(const StencilDots<float>& s) { dots(s); }
void stencil_dots_f64(const StencilDots<double>& s) { dots(s); }

}  // namespace ph::cpu::PH_ISA
