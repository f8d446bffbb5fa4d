// Factors of square systems and their solution: Cholesky, LU, inverse, triangular. QR and LDL are in linalg_factor.cpp,
// eigenvalues, singular values and least squares in linalg_eigen.cpp.
//
// Note [Row-major LAPACK]: what LAPACK reads as column-major is the transpose of what is stored. Wherever the factors of the
// transpose say as much as those of the matrix, no matrix is turned over: Cholesky's L is the U of the conjugate, QR is LQ.
#include "playhead/tensor/cpu/linalg.h"

#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

#ifdef PH_OPENBLAS

namespace {

void cholesky(const char* op, const View& a, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Index n = m.rows;
    const Int size = narrow(op, n);
    if (n == 0) return;
    for_items(m.count, cube(n) / 3, [&](Index first, Index last) {
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        Index failed = lapack::potrf('U', size, p, size);
        for (Index i = 0; i < n; ++i) {
          if (failed == 0 && is_nan(p[i * n + i])) failed = i + 1;  // which LAPACK lets pass
          for (Index j = i + 1; j < n; ++j) p[i * n + j] = T(0);
        }
        info.as<std::int32_t>()[item] = static_cast<std::int32_t>(failed);
      }
    });
  });
}

void copy_pivots(std::int32_t* to, const Int* from, Index n) {
  for (Index i = 0; i < n; ++i) to[i] = static_cast<std::int32_t>(from[i]);
}

void lu(const char* op, const View& a, const View& pivots, const View& info, bool of_transpose) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Int rows = narrow(op, m.rows), cols = narrow(op, m.cols);
    const Index k = rows < cols ? rows : cols;
    if (k == 0) return;
    for_items(m.count, 2 * cube(k) / 3, [&](Index first, Index last) {
      const Scratch<T> turned(of_transpose ? 0 : m.rows * m.cols);
      const Scratch<Int> swaps(k);
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        T* q = of_transpose ? p : turned.data();
        if (!of_transpose) turn_over(q, p, m.rows, m.cols);
        const Int failed = of_transpose ? lapack::getrf(cols, rows, q, cols, swaps.data()) : lapack::getrf(rows, cols, q, rows, swaps.data());
        info.as<std::int32_t>()[item] = static_cast<std::int32_t>(failed);
        if (!of_transpose) turn_over(p, q, m.cols, m.rows);
        copy_pivots(pivots.as<std::int32_t>() + item * k, swaps.data(), k);
      }
    });
  });
}

template <class T> void swap_rows(T* b, const std::int32_t* pivots, Index n, Index k, bool backwards) {
  for (Index step = 0; step < n; ++step) {
    const Index i = backwards ? n - 1 - step : step, j = pivots[i] - 1;
    if (i == j) continue;
    for (Index c = 0; c < k; ++c) {
      const T t = b[i * k + c];
      b[i * k + c] = b[j * k + c], b[j * k + c] = t;
    }
  }
}

// With P, L, U as LAPACK has them, and memory F in which it reads L and U: of A itself if `of_transpose` is false and F is
// stored row-major (LAPACK reads F^T), else of A^T, in which case LAPACK reads F as it wrote it. B is row-major, so LAPACK
// reads B^T and every system is X^T M = B^T.
void lu_solve(const char* op, const View& factors, const View& pivots, const View& b, bool of_transpose, bool adjoint) {
  by_type(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> f(factors), x(b);
    const Int n = narrow(op, f.rows), k = narrow(op, x.cols);
    if (n == 0 || k == 0) return;
    for_items(x.count, 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(k), [&](Index first, Index last) {
      for (Index item = first; item < last; ++item) {
        const T* p = f[item];
        T* y = x[item];
        const std::int32_t* swaps = pivots.as<std::int32_t>() + item * n;
        // A row-major factor has U in the lower triangle that LAPACK sees, L (unit) in the upper one.
        const char u = of_transpose ? 'U' : 'L', l = of_transpose ? 'L' : 'U';
        const char trans = adjoint ? 'C' : 'N';
        const bool swaps_first = of_transpose == adjoint;  // A = P L U, or A^T = P L U so that A = U^T L^T P^T
        if (swaps_first) {
          swap_rows(y, swaps, n, k, false);
          lapack::trsm('R', l, trans, true, k, n, p, n, y, k);
          lapack::trsm('R', u, trans, false, k, n, p, n, y, k);
        } else {
          lapack::trsm('R', u, trans, false, k, n, p, n, y, k);
          lapack::trsm('R', l, trans, true, k, n, p, n, y, k);
          swap_rows(y, swaps, n, k, true);
        }
      }
    });
  });
}

void inverse(const char* op, const View& a, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Int n = narrow(op, m.rows);
    if (n == 0) return;
    T answer{};
    lapack::getri(n, m.data, n, nullptr, &answer, -1);
    const Index lwork = asked(op, answer);
    for_items(m.count, 2 * cube(n), [&](Index first, Index last) {
      const Scratch<T> work(lwork);
      const Scratch<Int> swaps(n);
      for (Index item = first; item < last; ++item) {
        Int failed = lapack::getrf(n, n, m[item], n, swaps.data());
        if (failed == 0) failed = lapack::getri(n, m[item], n, swaps.data(), work.data(), static_cast<Int>(lwork));
        info.as<std::int32_t>()[item] = static_cast<std::int32_t>(failed);
      }
    });
  });
}

void triangular(const char* op, const View& a, const View& b, const TriangularCall& how) {
  by_type(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> f(a), x(b);
    const Int n = narrow(op, f.rows), rows = narrow(op, x.rows), cols = narrow(op, x.cols);
    if (n == 0 || rows == 0 || cols == 0) return;
    const char uplo = how.upper ? 'L' : 'U', side = how.left ? 'R' : 'L', trans = how.transpose ? 'T' : 'N';
    const double work = static_cast<double>(n) * static_cast<double>(rows) * static_cast<double>(cols);
    for_items(x.count, work, [&](Index first, Index last) {
      for (Index item = first; item < last; ++item) lapack::trsm(side, uplo, trans, how.unit, cols, rows, f[item], n, x[item], cols);
    });
  });
}

}  // namespace

void fill_linalg(Kernels& k) {
  k.cholesky = cholesky;
  k.lu = lu;
  k.lu_solve = lu_solve;
  k.inverse = inverse;
  k.triangular = triangular;
}

#else

namespace {

template <class... A> void none(const char* op, A...) {
  runtime_error(op, "needs LAPACK, which this build leaves out; got PLAYHEAD_BLAS=builtin. Install OpenBLAS and build with PLAYHEAD_BLAS=openblas");
}

}  // namespace

void fill_linalg(Kernels& k) { k.cholesky = none, k.lu = none, k.lu_solve = none, k.inverse = none, k.triangular = none; }
void fill_linalg_factor(Kernels& k) { k.qr = none, k.householder = none, k.multiply_householder = none, k.ldl = none, k.ldl_solve = none; }
void fill_linalg_eigen(Kernels& k) { k.eigh = none, k.eig = none, k.svd = none, k.lstsq = none; }

#endif

}  // namespace ph::cpu
