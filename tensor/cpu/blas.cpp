// OpenBLAS: opened at its first use. Large products by it: fixed tiles, one call each, run by playhead's threads.
#include <dlfcn.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/lapack.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/library.h"

namespace ph::cpu {

namespace {

struct OpenBlas {
  void* library = nullptr;
  const char* prefix = "";  // before the name of every symbol
  std::string why_not;
  bool threaded = false;

  void* symbol(const char* name) const { return dlsym(library, (prefix + std::string(name)).c_str()); }
  template <class F> F* function(const char* name) const { return reinterpret_cast<F*>(symbol(name)); }
};

OpenBlas load() {
  OpenBlas r;
#ifndef PH_OPENBLAS
  r.why_not = "this build leaves it out (PLAYHEAD_BLAS=builtin)";
#else
  // The copy that a wheel brings is this library's alone: its name and its symbols are of no other in the process. PH_OPENBLAS is
  // where the build found one: a serial one if it could, which starts no threads.
  std::string unused;
  r.library = open_library("libplayhead_openblas.so", &unused);
  if (r.library) r.prefix = "scipy_";
  else if (PH_OPENBLAS[0]) r.library = open_library(PH_OPENBLAS, &unused);
  if (!r.library) r.library = open_library("libopenblas.so.0", &r.why_not);
  if (!r.library) return r;
  const auto config = r.function<const char*()>("openblas_get_config");
  if (!config || std::strstr(config(), "USE64BITINT") || !r.symbol("sgelqf_")) {
    r.why_not = config ? text("this one is of another kind: ", config()) : "it is not OpenBLAS";
    r.library = nullptr;
    return r;
  }
  if (r.prefix[0]) r.function<void(int)>("openblas_set_num_threads")(1);  // playhead brings its own
  r.threaded = r.function<int()>("openblas_get_parallel")() != 0;
#endif
  return r;
}

const OpenBlas& blas() {
  static const OpenBlas once = load();
  return once;
}

std::atomic<Products> choice{Products::automatic};

}  // namespace

void need_lapack(const char* op) {
  if (!blas().library)
    runtime_error(op, "needs LAPACK, which OpenBLAS brings; got ", blas().why_not, ". Install OpenBLAS (libopenblas0-serial in Debian and Ubuntu)");
}

void* lapack::routine(char type, const char* name) {
  need_lapack(name);
  void* f = blas().symbol((type + std::string(name) + "_").c_str());
  if (!f) runtime_error(name, "this OpenBLAS lacks the routine");
  return f;
}

}  // namespace ph::cpu

namespace PH_PUBLIC ph {
namespace cpu {

void set_products(Products who) { choice.store(who, std::memory_order_relaxed); }
Products products() { return choice.load(std::memory_order_relaxed); }
bool has_blas() { return blas().library != nullptr; }
const char* blas_kernels() { return has_blas() ? blas().function<const char*()>("openblas_get_corename")() : ""; }

}  // namespace cpu
}  // namespace ph

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int tile = 512;        // rows and columns of one call
constexpr Int least_side = 128;  // with a shorter side the built-in product is as fast
constexpr Int max_blas = (Int{1} << 31) - 1;

/// Where the built-in product has wide vectors, it is as fast as the best kernels of OpenBLAS, shares its packing between threads,
/// and does not depend on OpenBLAS knowing the processor (one that it does not know gets its oldest kernels, five times slower).
/// A threaded OpenBLAS is left alone: to keep its calls on their own threads, their number would have to be changed process-wide.
bool usable() {
  if (products() == Products::blas) return has_blas();
  return isa() == Isa::baseline && has_blas() && !blas().threaded;
}

/// The leading dimension of a matrix whose one stride is 1; 0 if it has none that BLAS takes.
Int leading(Int row, Int col, Int rows, Int cols, char* trans) {
  const bool by_rows = col == 1 && row >= cols, by_cols = row == 1 && col >= rows;
  *trans = by_rows ? 'N' : 'T';
  const Int ld = by_rows ? row : by_cols ? col : 0;
  return ld <= max_blas ? ld : 0;
}

template <class S, class T> bool tiled(const Gemm<S, T>& g) {
  const bool forced = products() == Products::blas;
  if (!forced && (g.m < least_side || g.n < least_side || g.k < least_side)) return false;
  if (g.m == 0 || g.n == 0 || g.k == 0 || g.k > max_blas) return false;
  char ta = 'N', tb = 'N';
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
      // What is column-major there is the transpose: C^T = B^T A^T.
      const auto narrow = [](Int i) { return static_cast<lapack::Int>(i); };
      lapack::gemm(tb, ta, narrow(n), narrow(m), narrow(g.k), S(g.alpha), g.b + j0 * g.b_col, narrow(ldb), g.a + i0 * g.a_row, narrow(lda),
                   S(beta), c, narrow(g.c_row));
    }
  };
  if (blas_takes_turns()) take_turn([&] { run(0, rows * cols); });
  else parallel_for(rows * cols, 1, run);
  return true;
}

}  // namespace

bool blas_takes_turns() { return has_blas() && !blas().threaded; }
void take_turn_raw(void (*f)(const void*), const void* context) {
  static std::mutex turn;
  const std::lock_guard guard(turn);
  f(context);
}

bool blas_gemm(const Gemm<float>& g) { return tiled(g); }
bool blas_gemm(const Gemm<double>& g) { return tiled(g); }
bool blas_gemm(const GemmC64& g) { return tiled(g); }
bool blas_gemm(const GemmC128& g) { return tiled(g); }

}  // namespace ph::cpu
