// Cholesky, LU and triangular systems of small blocks; see linalg_blocks.h.
#include "playhead/tensor/cpu/linalg_blocks.h"

namespace ph::cpu {
namespace PH_ISA {
namespace {

using Index = std::int64_t;

template <class T> struct RealOf { using Type = T; };
template <class T> struct RealOf<Complex<T>> { using Type = T; };
template <class T> using Real = typename RealOf<T>::Type;

inline float re(float v) { return v; }
inline double re(double v) { return v; }
template <class R> inline R re(Complex<R> v) { return v.re; }
inline float conjugate(float v) { return v; }
inline double conjugate(double v) { return v; }
template <class R> inline Complex<R> conjugate(Complex<R> v) { return {v.re, -v.im}; }
/// What LAPACK compares pivots by.
template <class R> inline R size(R v) { return v < 0 ? -v : v; }
template <class R> inline R size(Complex<R> v) { return size(v.re) + size(v.im); }

/// y[0..n) -= f * x[0..n).
template <class T> inline void subtract(T* y, T f, const T* x, Index n) {
  for (Index i = 0; i < n; ++i) y[i] = y[i] - f * x[i];
}

template <class T> Index cholesky(T* a, Index n, Index row) {
  T column[linalg_block];  // conjugate, of the column that is done
  for (Index j = 0; j < n; ++j) {
    const Real<T> d = re(a[j * row + j]);
    if (!(d > 0)) return j + 1;
    const Real<T> root = static_cast<Real<T>>(__builtin_sqrt(d)), scale = 1 / root;
    a[j * row + j] = T(root);
    for (Index i = j + 1; i < n; ++i) {
      const T l = a[i * row + j] * scale;
      a[i * row + j] = l, column[i] = conjugate(l);
      subtract(a + i * row + j + 1, l, column + j + 1, i - j);
    }
  }
  return 0;
}

template <class T> void swap_rows(T* p, T* q, Index n) {
  for (Index i = 0; i < n; ++i) {
    const T t = p[i];
    p[i] = q[i], q[i] = t;
  }
}

template <class T> Index lu(T* a, Index m, Index n, Index row, std::int32_t* pivots) {
  Index failed = 0;
  for (Index j = 0, k = m < n ? m : n; j < k; ++j) {
    Index at = j;
    for (Index i = j + 1; i < m; ++i) at = size(a[i * row + j]) > size(a[at * row + j]) ? i : at;
    pivots[j] = static_cast<std::int32_t>(at + 1);
    if (at != j) swap_rows(a + j * row, a + at * row, n);
    const T pivot = a[j * row + j];
    if (pivot == T(0)) {
      if (failed == 0) failed = j + 1;
      continue;
    }
    for (Index i = j + 1; i < m; ++i) {
      const T l = a[i * row + j] / pivot;
      a[i * row + j] = l;
      subtract(a + i * row + j + 1, l, a + j * row + j + 1, n - j - 1);
    }
  }
  return failed;
}

template <class T> void scale(T* x, T diagonal, Index n) {
  for (Index i = 0; i < n; ++i) x[i] = x[i] / diagonal;
}

template <class T> void triangular(const TriangularBlock<T>& b) {
  const Index n = b.n;
  constexpr Index width = 256;  // columns that are worked on at once, so that a block of rows stays in cache
  if (b.left) {
    for (Index c = 0; c < b.k; c += width) {
      const Index w = b.k - c < width ? b.k - c : width;
      for (Index s = 0; s < n; ++s) {
        const Index i = b.lower ? s : n - 1 - s, first = b.lower ? 0 : i + 1, last = b.lower ? i : n;
        T* x = b.x + i * b.row + c;
        for (Index j = first; j < last; ++j) subtract(x, b.m[i * n + j], b.x + j * b.row + c, w);
        if (!b.unit) scale(x, b.m[i * n + i], w);
      }
    }
    return;
  }
  for (Index r = 0; r < b.k; ++r) {
    T* x = b.x + r * b.row;
    for (Index s = 0; s < n; ++s) {
      const Index j = b.lower ? n - 1 - s : s, first = b.lower ? 0 : j + 1, last = b.lower ? j : n;
      if (!b.unit) x[j] = x[j] / b.m[j * n + j];
      subtract(x + first, x[j], b.m + j * n + first, last - first);
    }
  }
}

}  // namespace

#define PH_LINALG_BLOCKS(s, T)                                                                                                       \
  Index cholesky_##s(T* a, Index n, Index row) { return cholesky(a, n, row); }                                                       \
  Index lu_##s(T* a, Index m, Index n, Index row, std::int32_t* pivots) { return lu(a, m, n, row, pivots); }                         \
  void triangular_##s(const TriangularBlock<T>& b) { triangular(b); }
PH_LINALG_BLOCKS(f32, float)
PH_LINALG_BLOCKS(f64, double)
PH_LINALG_BLOCKS(c64, cfloat)
PH_LINALG_BLOCKS(c128, cdouble)

}  // namespace PH_ISA
}  // namespace ph::cpu
