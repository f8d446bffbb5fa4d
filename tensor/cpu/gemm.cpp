// One matrix product: who computes it, and how a short and deep one is shared between threads.
#include "playhead/tensor/cpu/gemm.h"

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/scratch.h"

namespace ph::cpu {
namespace {

using Int = std::int64_t;

template <class G> void one(const G& g, void (*builtin)(const G&)) {
  // Below 64 x 64 x 64 nobody asks the BLAS.
  if (g.m * g.n >= 4096 && g.k >= 64 && products() != Products::builtin && blas_gemm(g)) return;
  builtin(g);
}

/// Few results, many terms: each stretch of k makes a result of its own, and these are added in order.
template <class S, class T> void split(const Gemm<S, T>& g, void (*builtin)(const Gemm<S, T>&)) {
  constexpr Int stretch = 8192;
  if (g.k < 2 * stretch || g.m * g.n > 128 * 128 || g.m == 0 || g.n <= 1 || g.m == 1) return one(g, builtin);
  const Int pieces = (g.k - 1) / stretch + 1 < 64 ? (g.k - 1) / stretch + 1 : 64, depth = (g.k - 1) / pieces + 1, size = g.m * g.n;
  const Scratch<S> parts(pieces * size);
  parallel_for(g.k, depth, [&](Int first, Int last) {
    Gemm<S, T> part = g;
    part.k = last - first;
    part.a += first * g.a_col, part.b += first * g.b_row;
    part.c = parts.data() + first / depth * size, part.c_row = g.n, part.c_col = 1;
    part.add = nullptr;
    one(part, builtin);
  });
  const Int made = (g.k - 1) / depth + 1;
  for (Int i = 0; i < g.m; ++i)
    for (Int j = 0; j < g.n; ++j) {
      const S* part = parts.data() + i * g.n + j;
      S sum = part[0];
      for (Int p = 1; p < made; ++p) sum = sum + part[p * size];
      if (g.add) sum = sum + g.add[i * g.add_row + j * g.add_col] * g.beta;
      g.c[i * g.c_row + j * g.c_col] = sum;
    }
}

}  // namespace

void gemm(const Gemm<float>& g) { split(g, PH_PICK_ISA(gemm_f32)); }
void gemm(const Gemm<double>& g) { split(g, PH_PICK_ISA(gemm_f64)); }
void gemm(const GemmC64& g) { split(g, PH_PICK_ISA(gemm_c64)); }
void gemm(const GemmC128& g) { split(g, PH_PICK_ISA(gemm_c128)); }
void gemm(const Gemm<std::uint8_t>& g) { PH_PICK_ISA(gemm_u8)(g); }
void gemm(const Gemm<std::uint16_t>& g) { PH_PICK_ISA(gemm_u16)(g); }
void gemm(const Gemm<std::uint32_t>& g) { PH_PICK_ISA(gemm_u32)(g); }
void gemm(const Gemm<std::uint64_t>& g) { PH_PICK_ISA(gemm_u64)(g); }

void shifted(const ShiftedGemm<float>& g) { PH_PICK_ISA(shifted_f32)(g); }
void shifted(const ShiftedGemm<double>& g) { PH_PICK_ISA(shifted_f64)(g); }
void pack_left(float* packed, const float* a, Int a_row, Int a_col, Int m, Int k) {
  PH_PICK_ISA(pack_left_f32)(packed, a, a_row, a_col, m, k);
}
void pack_left(double* packed, const double* a, Int a_row, Int a_col, Int m, Int k) {
  PH_PICK_ISA(pack_left_f64)(packed, a, a_row, a_col, m, k);
}
void turn(float* dst, Int height, const float* src, Int row, Int rows, Int n) { PH_PICK_ISA(turn_f32)(dst, height, src, row, rows, n); }
void turn(double* dst, Int height, const double* src, Int row, Int rows, Int n) { PH_PICK_ISA(turn_f64)(dst, height, src, row, rows, n); }

}  // namespace ph::cpu
