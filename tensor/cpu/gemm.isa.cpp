// The built-in matrix product. Operands are packed into panels that fit the caches, and a register tile of R rows by W vectors
// is kept in registers while it runs along k. The same text with narrower tiles and no packing serves small products.
#include "playhead/tensor/cpu/gemm.h"

#include "playhead/tensor/cpu/gemm_tile.h"
#include "playhead/tensor/cpu/parallel.h"

namespace ph::cpu::PH_ISA {
namespace {

constexpr Int kc_max = 384;       // a panel of b (kc x 2 vectors) stays in the first-level cache
constexpr Int block_panels = 8;   // panels of a in one piece: they stay in the second-level cache
constexpr Int direct_depth = 256;  // the same for products that pack little: their panel is on the stack
constexpr Int mc_max = 4096 / max_rows * max_rows, nc_max = 4096;  // what is packed at once: a few megabytes
constexpr double small_work = 128 * 128 * 128;  // up to here, packing a costs more than it brings
constexpr Int task_work = 1 << 20;  // multiply-adds that are worth a piece of their own

// --- packing ------------------------------------------------------------------------------------------------------------

// A complex product is a real one of twice the rows and depth: row 2i is (re, -im), row 2i+1 is (im, re), against b's re and im
// in turn along k. So a complex panel differs in its packing only.
template <class T> void pack_a(T* dst, Int height, const T* a, Int a_row, Int a_col, Int i0, Int p0, Int rows, Int k) {
  pack_panel(dst, height, a + i0 * a_row + p0 * a_col, a_row, a_col, rows, k);
}
template <class T> void pack_a(T* dst, Int height, const Complex<T>* a, Int a_row, Int a_col, Int i0, Int p0, Int rows, Int k) {
  a += i0 / 2 * a_row + p0 / 2 * a_col;
  for (Int p = 0; p < k / 2; ++p, dst += 2 * height, a += a_col) {
    for (Int i = 0; i < rows / 2; ++i) {
      const Complex<T> z = a[i * a_row];
      dst[2 * i] = z.re, dst[2 * i + 1] = z.im;
      dst[height + 2 * i] = -z.im, dst[height + 2 * i + 1] = z.re;
    }
    for (Int i = rows; i < height; ++i) dst[i] = dst[height + i] = 0;
  }
}
template <class T> void pack_b(T* dst, Int width, const T* b, Int b_row, Int b_col, Int p0, Int j0, Int k, Int cols) {
  pack_panel(dst, width, b + p0 * b_row + j0 * b_col, b_col, b_row, cols, k);
}
template <class T> void pack_b(T* dst, Int width, const Complex<T>* b, Int b_row, Int b_col, Int p0, Int j0, Int k, Int cols) {
  b += p0 / 2 * b_row + j0 * b_col;
  for (Int p = 0; p < k / 2; ++p, dst += 2 * width, b += b_row) {
    for (Int j = 0; j < cols; ++j) {
      const Complex<T> z = b[j * b_col];
      dst[j] = z.re, dst[width + j] = z.im;
    }
    for (Int j = cols; j < width; ++j) dst[j] = dst[width + j] = 0;
  }
}

// --- large products -----------------------------------------------------------------------------------------------------

template <class T, class Rows = Int> using TileFn = void (*)(Int, const T*, Int, Int, const T*, Rows, const Target<T>&, int, int);

/// The height of the tile that `rows` rows are computed with: the lowest there is.
constexpr Int tile_height(Int rows) { return rows > 8 ? 12 : rows > 6 ? 8 : rows > 4 ? 6 : rows > 2 ? 4 : 2; }

template <class T, int W, From F, bool Cx, class Rows = Int> TileFn<T, Rows> packed_tile(Int height) {
  constexpr int L = lanes<T>;
  switch (height) {
    case 2: return tile<T, 2, L, W, F, Cx, Rows>;
    case 4: return tile<T, 4, L, W, F, Cx, Rows>;
    case 6: return tile<T, 6, L, W, F, Cx, Rows>;
    case 8: return tile<T, (max_rows > 6 ? 8 : 6), L, W, F, Cx, Rows>;
    default: return tile<T, max_rows, L, W, F, Cx, Rows>;
  }
}

template <class S, class T> Target<T> target_of(const Gemm<S, T>& g) {
  constexpr Int u = sizeof(S) / sizeof(T);
  return {reinterpret_cast<T*>(g.c), u * g.c_row, u * g.c_col, reinterpret_cast<const T*>(g.add), u * g.add_row, u * g.add_col, g.alpha, g.beta};
}

template <class S, class T> void blocked(const Gemm<S, T>& g) {
  constexpr bool Cx = sizeof(S) != sizeof(T);
  constexpr Int width = 2 * lanes<T>;
  const Int m = Cx ? 2 * g.m : g.m, n = g.n, k = Cx ? 2 * g.k : g.k;
  const Int kc = ceil_div(ceil_div(k, ceil_div(k, kc_max)), 4) * 4;  // blocks of nearly equal depth; even, for complex pairs
  const Int mc = min(m, mc_max), nc = min(n, nc_max);
  Scratch<T> packed_a(ceil_div(mc, max_rows) * max_rows * min(k, kc)), packed_b(ceil_div(nc, width) * width * min(k, kc));

  for (Int j0 = 0; j0 < n; j0 += nc)
    for (Int p0 = 0; p0 < k; p0 += kc)
      for (Int i0 = 0; i0 < m; i0 += mc) {
        const Int depth = min(kc, k - p0), rows = min(mc, m - i0), cols = min(nc, n - j0);
        const Int a_panels = ceil_div(rows, max_rows), b_panels = ceil_div(cols, width);
        const Int fresh_b = i0 == 0 ? b_panels : 0;
        // Both operands are packed once, by all threads.
        parallel_for(fresh_b + a_panels, max(1, task_work / 8 / (width * depth)), [&](Int first, Int last) {
          for (Int q = first; q < last; ++q)
            if (q < fresh_b) {
              pack_b(packed_b.data() + q * width * depth, width, g.b, g.b_row, g.b_col, p0, j0 + q * width, depth, min(width, cols - q * width));
            } else {
              const Int i = (q - fresh_b) * max_rows, r = min(max_rows, rows - i);
              pack_a(packed_a.data() + i * depth, tile_height(r), g.a, g.a_row, g.a_col, i0 + i, p0, r, depth);
            }
        });
        Target<T> target = at<T, Cx>(target_of(g), i0, j0);
        if (p0 > 0) target.add = target.c, target.add_row = target.c_row, target.add_col = target.c_col, target.beta = 1;
        // Pieces: some panels of a, which stay in the second-level cache, times some panels of b, each in the first-level one.
        const Int tall = min(a_panels, block_panels), blocks = ceil_div(a_panels, tall);
        const Int wanted = max(1, static_cast<Int>(static_cast<double>(rows) * static_cast<double>(cols * depth) / task_work));
        const Int wide = ceil_div(b_panels, min(b_panels, ceil_div(wanted, blocks))), chunks = ceil_div(b_panels, wide);
        parallel_for(blocks * chunks, 1, [&](Int first, Int last) {
          for (Int piece = first; piece < last; ++piece) {
            const Int i1 = piece % blocks * tall * max_rows, i2 = min(rows, i1 + tall * max_rows);
            const Int q1 = piece / blocks * wide, q2 = min(b_panels, q1 + wide);
            for (Int q = q1; q < q2; ++q) {
              const Int left = min(width, cols - q * width);
              for (Int i = i1; i < i2; i += max_rows) {
                const Int r = min(max_rows, rows - i), height = tile_height(r);
                const TileFn<T> fn = left <= lanes<T> ? packed_tile<T, 1, From::packed, Cx>(height) : packed_tile<T, 2, From::packed, Cx>(height);
                fn(depth, packed_a.data() + i * depth, 0, 0, packed_b.data() + q * width * depth, width, at<T, Cx>(target, i, q * width),
                   static_cast<int>(r), static_cast<int>(left));
              }
            }
          }
        });
      }
}

// --- products with shifted rows ---------------------------------------------------------------------------------------------

template <class T> void pack_panels(T* packed, const T* a, Int a_row, Int a_col, Int m, Int k) {
  for (Int i = 0; i < m; i += max_rows) {
    const Int r = min(max_rows, m - i);
    pack_panel(packed + i * k, tile_height(r), a + i * a_row, a_row, a_col, r, k);
  }
}

template <class T> void shifted_product(const ShiftedGemm<T>& g) {
  constexpr Int width = 2 * lanes<T>;
  const Int kc = ceil_div(g.k, ceil_div(g.k, kc_max));
  for (Int p0 = 0; p0 < g.k; p0 += kc) {
    const Int depth = min(kc, g.k - p0);
    for (Int item = 0; item < g.batch; ++item)
      for (Int j = 0; j < g.n; j += width) {
        const Int left = min(width, g.n - j);
        for (Int i = 0; i < g.m; i += max_rows) {
          const Int r = min(max_rows, g.m - i), height = tile_height(r);
          T* c = g.c + item * g.c_batch + i * g.c_row + j;
          const Target<T> t{c, g.c_row, 1, g.accumulate || p0 > 0 ? c : nullptr, g.c_row, 1, 1, 1};
          const auto fn = left <= lanes<T> ? packed_tile<T, 1, From::shifted, false, const Int*>(height)
                                           : packed_tile<T, 2, From::shifted, false, const Int*>(height);
          fn(depth, g.a + i * g.k + p0 * height, 0, 0, g.b + item * g.b_batch + j, g.offsets + p0, t, static_cast<int>(r), static_cast<int>(left));
        }
      }
  }
}

// --- small and thin products --------------------------------------------------------------------------------------------

/// All rows of a against one group of W * L columns of b; `b` has at least that many columns.
template <class T, int L, int W> void column_group(const Gemm<T>& g, const T* a, Int k, const T* b, Int b_row, const Target<T>& t, Int rows, int cols) {
  Int i = 0;
  const auto run = [&](auto tile_fn, int height) {
    tile_fn(k, a + i * g.a_row, g.a_row, g.a_col, b, b_row, at<T, false>(t, i, 0), height, cols);
    i += height;
  };
  if constexpr (floating<T>)
    while (i + 8 <= rows) run(tile<T, 8, L, W, From::memory, false, Int>, 8);
  while (i + 4 <= rows) run(tile<T, 4, L, W, From::memory, false, Int>, 4);
  if constexpr (floating<T>)
    if (i + 2 <= rows) run(tile<T, 2, L, W, From::memory, false, Int>, 2);
  while (i < rows) run(tile<T, 1, L, W, From::memory, false, Int>, 1);
}

/// c[i1:i2, j1:j2] without packing a, and packing b only where its rows are not contiguous or too short for a vector.
template <class T> void direct_piece(const Gemm<T>& g, Int i1, Int i2, Int j1, Int j2) {
  constexpr int L = lanes<T>, half = L > 8 ? 8 : L > 4 ? 4 : L, least = L > 4 ? 4 : L;
  alignas(64) T scratch[direct_depth * 2 * L];
  for (Int p0 = 0; p0 < g.k; p0 += direct_depth) {
    const Int depth = min(direct_depth, g.k - p0);
    for (Int j = j1; j < j2;) {
      const Int left = j2 - j;
      const bool rows_contiguous = g.b_col == 1;
      const int group = left >= 2 * L || (left > L && !rows_contiguous) ? 2 * L : left > half ? L : left > least ? half : least;
      const int cols = static_cast<int>(min(group, left));
      const T* b = g.b + p0 * g.b_row + j * g.b_col;
      Int b_row = g.b_row;
      if (!rows_contiguous || cols < group) {
        pack_panel(scratch, group, b, g.b_col, g.b_row, cols, depth);
        b = scratch, b_row = group;
      }
      Target<T> t = at<T, false>(target_of(g), i1, j);
      if (p0 > 0) t.add = t.c, t.add_row = t.c_row, t.add_col = t.c_col, t.beta = 1;
      const T* a = g.a + i1 * g.a_row + p0 * g.a_col;
      if (group == 2 * L) column_group<T, L, 2>(g, a, depth, b, b_row, t, i2 - i1, cols);
      else if (group == L) column_group<T, L, 1>(g, a, depth, b, b_row, t, i2 - i1, cols);
      else if (group == half) column_group<T, half, 1>(g, a, depth, b, b_row, t, i2 - i1, cols);
      else column_group<T, least, 1>(g, a, depth, b, b_row, t, i2 - i1, cols);
      j += cols;
    }
  }
}

template <class T> void direct(const Gemm<T>& g) {
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (work < 2 * task_work) return direct_piece(g, 0, g.m, 0, g.n);
  const Int wanted = static_cast<Int>(work / task_work) + 1;
  if (g.m >= g.n) parallel_for(g.m, ceil_div(ceil_div(g.m, wanted), 8) * 8, [&](Int i1, Int i2) { direct_piece(g, i1, i2, 0, g.n); });
  else parallel_for(g.n, ceil_div(ceil_div(g.n, wanted), 2 * lanes<T>) * 2 * lanes<T>, [&](Int j1, Int j2) { direct_piece(g, 0, g.m, j1, j2); });
}

// --- matrix times vector ------------------------------------------------------------------------------------------------

template <class T, int N> inline T lane_sum(Simd<T, N> v) {
  T x[N];
  store(x, v);
  for (int w = N / 2; w > 0; w /= 2)
    for (int i = 0; i < w; ++i) x[i] += x[i + w];
  return x[0];
}

/// out[i] = a[i, :] . x for R rows, along contiguous memory.
template <class T, int R> inline void dots(const T* a, Int a_row, const T* x, Int k, T* out) {
  constexpr int L = lanes<T>, W = R == 1 ? 8 : 2;
  Simd<T, L> acc[R][W] = {};
  Int p = 0;
  for (; p + W * L <= k; p += W * L)
#pragma GCC unroll 8
    for (int w = 0; w < W; ++w) {
      const auto xv = load<Simd<T, L>>(x + p + w * L);
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) acc[i][w] += load<Simd<T, L>>(a + i * a_row + p + w * L) * xv;
    }
  for (; p + L <= k; p += L)
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i) acc[i][0] += load<Simd<T, L>>(a + i * a_row + p) * load<Simd<T, L>>(x + p);
#pragma GCC unroll 4
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 3
    for (int w = W / 2; w > 0; w /= 2)
#pragma GCC unroll 4
      for (int v = 0; v < w; ++v) acc[i][v] += acc[i][v + w];
    T s = lane_sum<T, L>(acc[i][0]);
    for (Int q = p; q < k; ++q) s += a[i * a_row + q] * x[q];
    out[i] = s;
  }
}

template <class T> void matvec(const Gemm<T>& g) {
  constexpr Int long_row = 1 << 16;  // rows longer than two of these are summed in pieces
  const bool copy_x = g.b_row != 1;
  Scratch<T> copy(copy_x ? g.k : 0);
  if (copy_x)
    for (Int p = 0; p < g.k; ++p) copy.data()[p] = g.b[p * g.b_row];
  const T* x = copy_x ? copy.data() : g.b;
  const auto rows = [&](Int i1, Int i2, Int p1, Int p2, T* out) {
    Int i = i1;
    for (; i + 4 <= i2; i += 4) dots<T, 4>(g.a + i * g.a_row + p1, g.a_row, x + p1, p2 - p1, out + (i - i1));
    for (; i < i2; ++i) dots<T, 1>(g.a + i * g.a_row + p1, g.a_row, x + p1, p2 - p1, out + (i - i1));
  };
  const auto put = [&](Int i, T v) {
    v = static_cast<T>(v * g.alpha);
    g.c[i * g.c_row] = g.add ? v + g.beta * g.add[i * g.add_row] : v;
  };
  if (g.k > 2 * long_row && g.m < 32) {
    const Int pieces = ceil_div(g.k, long_row);
    Scratch<T> parts(pieces * g.m);
    parallel_for(g.k, long_row, [&](Int p1, Int p2) { rows(0, g.m, p1, p2, parts.data() + p1 / long_row * g.m); });
    for (Int i = 0; i < g.m; ++i) {
      double s = 0;
      for (Int q = 0; q < pieces; ++q) s += static_cast<double>(parts.data()[q * g.m + i]);
      put(i, static_cast<T>(s));
    }
    return;
  }
  parallel_for(g.m, max(64, ceil_div(task_work / 8 / max(1, g.k), 4) * 4), [&](Int i1, Int i2) {
    T out[64];
    for (Int i = i1; i < i2; i += 64) {
      const Int n = min(64, i2 - i);
      rows(i, i + n, 0, g.k, out);
      for (Int q = 0; q < n; ++q) put(i + q, out[q]);
    }
  });
}

// --- the choice ---------------------------------------------------------------------------------------------------------

/// c = beta * add, for an empty sum.
template <class S, class T> void no_terms(const Gemm<S, T>& g) {
  for (Int i = 0; i < g.m; ++i)
    for (Int j = 0; j < g.n; ++j)
      g.c[i * g.c_row + j * g.c_col] = g.add ? static_cast<S>(g.add[i * g.add_row + j * g.add_col] * g.beta) : S(0);
}

template <class T> void real(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return no_terms(g);
  // A result stored along its columns, or a vector on the left of a matrix stored so, is the transposed problem.
  if ((g.c_col != 1 && g.c_row == 1 && g.n > 1) || (g.m == 1 && g.n > 1 && g.b_row == 1 && g.b_col != 1)) return real(g.transposed());
  if (g.n == 1 && g.m > 1 && g.a_row == 1 && g.a_col != 1) return direct(g.transposed());
  if (g.n == 1 && g.a_col == 1) return matvec(g);
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (work <= small_work || g.m <= 8 || g.n <= 2 * lanes<T>) return direct(g);
  blocked(g);
}

template <class T> void integer(const Gemm<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return no_terms(g);
  direct(g);
}
template <class S> void complex(const S& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) return no_terms(g);
  blocked(g);
}

}  // namespace

void gemm_f32(const Gemm<float>& g) { real(g); }
void gemm_f64(const Gemm<double>& g) { real(g); }
void gemm_c64(const GemmC64& g) { complex(g); }
void gemm_c128(const GemmC128& g) { complex(g); }
void shifted_f32(const ShiftedGemm<float>& g) { shifted_product(g); }
void shifted_f64(const ShiftedGemm<double>& g) { shifted_product(g); }
void pack_left_f32(float* packed, const float* a, Int a_row, Int a_col, Int m, Int k) {
  pack_panels(packed, a, a_row, a_col, m, k);
}
void pack_left_f64(double* packed, const double* a, Int a_row, Int a_col, Int m, Int k) {
  pack_panels(packed, a, a_row, a_col, m, k);
}
void turn_f32(float* dst, Int height, const float* src, Int row, Int rows, Int n) {
  turn_rows(dst, height, src, row, rows, n);
}
void turn_f64(double* dst, Int height, const double* src, Int row, Int rows, Int n) {
  turn_rows(dst, height, src, row, rows, n);
}
void gemm_u8(const Gemm<std::uint8_t>& g) { integer(g); }
void gemm_u16(const Gemm<std::uint16_t>& g) { integer(g); }
void gemm_u32(const Gemm<std::uint32_t>& g) { integer(g); }
void gemm_u64(const Gemm<std::uint64_t>& g) { integer(g); }

}  // namespace ph::cpu::PH_ISA
