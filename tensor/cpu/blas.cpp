// Large products by OpenBLAS: fixed tiles, one BLAS call each, run by playhead's threads.
#include "playhead/tensor/cpu/gemm.h"

#include <atomic>

#ifdef PH_OPENBLAS
#include <cblas.h>

#include <mutex>

#include "playhead/tensor/cpu/parallel.h"
#endif

namespace PH_PUBLIC ph {
namespace cpu {

namespace {
std::atomic<Products> choice{Products::automatic};
}

void set_products(Products who) { choice.store(who, std::memory_order_relaxed); }
Products products() { return choice.load(std::memory_order_relaxed); }

#ifndef PH_OPENBLAS
bool has_blas() { return false; }
const char* blas_kernels() { return ""; }
#else
bool has_blas() { return true; }
const char* blas_kernels() { return openblas_get_corename(); }
#endif

}  // namespace cpu
}  // namespace ph

namespace ph::cpu {

#ifndef PH_OPENBLAS

bool blas_gemm(const Gemm<float>&) { return false; }
bool blas_gemm(const Gemm<double>&) { return false; }
bool blas_gemm(const GemmC64&) { return false; }
bool blas_gemm(const GemmC128&) { return false; }

#else

namespace {

using Int = std::int64_t;
constexpr Int tile = 512;        // rows and columns of one call
constexpr Int least_side = 128;  // with a shorter side the built-in product is as fast

/// Where the built-in product has wide vectors, it is as fast as the best kernels of OpenBLAS, shares its packing between threads,
/// and does not depend on OpenBLAS knowing the processor (one that it does not know gets its oldest kernels, five times slower).
/// A threaded OpenBLAS is left alone: to keep its calls on their own threads, their number would have to be changed process-wide.
bool usable() {
  static const bool yes = openblas_get_parallel() == 0 && isa() == Isa::baseline;
  return yes || products() == Products::blas;
}

void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, float alpha, const float* a, blasint lda, const float* b,
          blasint ldb, float beta, float* c, blasint ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, double alpha, const double* a, blasint lda,
          const double* b, blasint ldb, double beta, double* c, blasint ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, cfloat alpha, const cfloat* a, blasint lda,
          const cfloat* b, blasint ldb, cfloat beta, cfloat* c, blasint ldc) {
  cblas_cgemm(CblasRowMajor, ta, tb, m, n, k, &alpha, a, lda, b, ldb, &beta, c, ldc);
}
void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, cdouble alpha, const cdouble* a, blasint lda,
          const cdouble* b, blasint ldb, cdouble beta, cdouble* c, blasint ldc) {
  cblas_zgemm(CblasRowMajor, ta, tb, m, n, k, &alpha, a, lda, b, ldb, &beta, c, ldc);
}

constexpr Int max_blas = (Int{1} << 31) - 1;

/// The leading dimension of a matrix whose one stride is 1; 0 if it has none that BLAS takes.
Int leading(Int row, Int col, Int rows, Int cols, CBLAS_TRANSPOSE* trans) {
  const bool by_rows = col == 1 && row >= cols, by_cols = row == 1 && col >= rows;
  *trans = by_rows ? CblasNoTrans : CblasTrans;
  const Int ld = by_rows ? row : by_cols ? col : 0;
  return ld <= max_blas ? ld : 0;
}

template <class S, class T> bool tiled(const Gemm<S, T>& g) {
  const bool forced = products() == Products::blas;
  if (!forced && (g.m < least_side || g.n < least_side || g.k < least_side)) return false;
  if (g.m == 0 || g.n == 0 || g.k == 0 || g.k > max_blas) return false;
  CBLAS_TRANSPOSE ta, tb;
  const Int lda = leading(g.a_row, g.a_col, g.m, g.k, &ta), ldb = leading(g.b_row, g.b_col, g.k, g.n, &tb);
  if (lda == 0 || ldb == 0 || g.c_col != 1 || g.c_row < g.n || g.c_row > max_blas || !usable()) return false;
  const Int rows = (g.m - 1) / tile + 1, cols = (g.n - 1) / tile + 1;
  const Int tm = (g.m - 1) / rows + 1, tn = (g.n - 1) / cols + 1;  // tiles of nearly equal size
  const bool in_place = g.add == g.c;
  const auto run = [&](Int first, Int last) {
    for (Int piece = first; piece < last; ++piece) {
      const Int i0 = piece / cols * tm, j0 = piece % cols * tn;
      const Int m = g.m - i0 < tm ? g.m - i0 : tm, n = g.n - j0 < tn ? g.n - j0 : tn;
      if (m <= 0 || n <= 0) continue;
      S* c = g.c + i0 * g.c_row + j0;
      if (g.add && !in_place)
        for (Int i = 0; i < m; ++i)
          for (Int j = 0; j < n; ++j) c[i * g.c_row + j] = g.add[(i0 + i) * g.add_row + (j0 + j) * g.add_col] * g.beta;
      const T beta = in_place ? g.beta : g.add ? T(1) : T(0);
      call(ta, tb, static_cast<blasint>(m), static_cast<blasint>(n), static_cast<blasint>(g.k), S(g.alpha), g.a + i0 * g.a_row,
           static_cast<blasint>(lda), g.b + j0 * g.b_col, static_cast<blasint>(ldb), S(beta), c, static_cast<blasint>(g.c_row));
    }
  };
  if (blas_takes_turns()) take_turn([&] { run(0, rows * cols); });
  else parallel_for(rows * cols, 1, run);
  return true;
}

}  // namespace

bool blas_takes_turns() {
  static const bool yes = openblas_get_parallel() == 0;
  return yes;
}
void take_turn_raw(void (*f)(const void*), const void* context) {
  static std::mutex turn;
  const std::lock_guard guard(turn);
  f(context);
}

bool blas_gemm(const Gemm<float>& g) { return tiled(g); }
bool blas_gemm(const Gemm<double>& g) { return tiled(g); }
bool blas_gemm(const GemmC64& g) { return tiled(g); }
bool blas_gemm(const GemmC128& g) { return tiled(g); }

#endif

}  // namespace ph::cpu
