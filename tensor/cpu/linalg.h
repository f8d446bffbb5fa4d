// What the kernels of linear algebra share: batches of row-major matrices, workspace, turned copies. The kernels are in linalg*.cpp.
#pragma once
#include "playhead/tensor/complex.h"
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/lapack.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/scratch.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/view.h"

namespace ph::cpu {
namespace {

using Index = std::int64_t;

using lapack::Real, lapack::is_complex_type;

/// Runs f with a value of the type that `dtype` names.
template <class F> void by_type(DType dtype, const F& f) {
  switch (dtype) {
    case DType::float32: return f(float{});
    case DType::float64: return f(double{});
    case DType::complex64: return f(cfloat{});
    default: return f(cdouble{});
  }
}

/// A row-major [..., rows, cols] view as `count` matrices.
template <class T> struct Matrices {
  T* data;
  Index count, rows, cols;

  explicit Matrices(const View& v) : data(v.as<T>()), count(1), rows(v.shape[v.ndim - 2]), cols(v.shape[v.ndim - 1]) {
    for (int d = 0; d < v.ndim - 2; ++d) count *= v.shape[d];
  }
  T* operator[](Index i) const { return data + i * rows * cols; }
};

template <class T> void conjugate(T* a, Index n) {
  if constexpr (is_complex_type<T>)
    for (Index i = 0; i < n; ++i) a[i].im = -a[i].im;
}

inline double cube(Index n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

/// f(item) for a batch, of `work` operations each: small items joined, a single one free to use the threads itself.
template <class F> void for_batch(Index count, double work, const F& f) {
  const Index grain = work > 1e5 ? 1 : static_cast<Index>(1e5 / (work + 200)) + 1;
  parallel_for(count, grain, [&](Index first, Index last) {
    for (Index item = first; item < last; ++item) f(item);
  });
}

// --- for LAPACK ----------------------------------------------------------------------------------------------------------------

using lapack::Int;

/// A kernel that first makes sure of LAPACK, which is opened at its first use.
template <auto kernel, class... A> void with_lapack(const char* op, A... args) {
  need_lapack(op);
  kernel(op, args...);
}

/// A size as LAPACK takes it.
inline Int narrow(const char* op, Index n) {
  if (n > INT32_MAX) value_error(op, "LAPACK takes sizes below 2^31; got size=", n);
  return static_cast<Int>(n);
}
/// The same for a leading dimension, which may not be 0.
inline Int leading(const char* op, Index n) { return narrow(op, n > 1 ? n : 1); }

/// Throws where LAPACK, which counts in Int, could not count its own workspace.
inline void check_workspace(const char* op, double elements, Index rows, Index cols) {
  if (elements > 2147483647.0)
    value_error(op, "the matrix is too large for the workspace of this build's LAPACK, which counts in 32 bits; got rows=", rows, ", cols=", cols);
}

/// What a workspace query answered, which is a count in a floating number that may have been rounded down.
template <class T> Index asked(const char* op, T answer) {
  double n = 0;
  if constexpr (is_complex_type<T>) n = static_cast<double>(answer.re);
  else n = static_cast<double>(answer);
  if (sizeof(Real<T>) == 4) n *= 1 + 1e-6;
  return narrow(op, static_cast<Index>(n) + 1);
}

/// f(first, last) over the items of a batch, of `work` operations each; small ones are joined, so that scratch is allocated rarely.
template <class F> void for_items(Index count, double work, const F& f) {
  if (blas_takes_turns()) {
    if (count > 0) take_turn([&] { f(Index{0}, count); });
    return;
  }
  const Index grain = work > 1e5 ? 1 : static_cast<Index>(1e5 / (work + 200)) + 1;
  parallel_for(count, grain, f);
}

/// dst [cols, rows] = the transpose of src [rows, cols], in blocks that stay in cache.
template <class T> void turn_over(T* dst, const T* src, Index rows, Index cols) {
  constexpr Index block = 16;
  for (Index i0 = 0; i0 < rows; i0 += block)
    for (Index j0 = 0; j0 < cols; j0 += block) {
      const Index i1 = i0 + block < rows ? i0 + block : rows, j1 = j0 + block < cols ? j0 + block : cols;
      for (Index j = j0; j < j1; ++j)
        for (Index i = i0; i < i1; ++i) dst[j * rows + i] = src[i * cols + j];
    }
}
/// A square matrix, in place.
template <class T> void turn_over(T* a, Index n) {
  constexpr Index block = 16;
  for (Index i0 = 0; i0 < n; i0 += block)
    for (Index j0 = i0; j0 < n; j0 += block) {
      const Index i1 = i0 + block < n ? i0 + block : n, j1 = j0 + block < n ? j0 + block : n;
      for (Index i = i0; i < i1; ++i)
        for (Index j = j0 > i ? j0 : i + 1; j < j1; ++j) {
          const T t = a[i * n + j];
          a[i * n + j] = a[j * n + i], a[j * n + i] = t;
        }
    }
}

/// Whether all are finite. LAPACK's iterations may not end, or end with nonsense, on anything else.
template <class T> bool all_finite(const T* a, Index n) {
  const auto* p = reinterpret_cast<const Real<T>*>(a);
  Real<T> zero = 0;  // 0 * x is 0 for finite x, else NaN
  for (Index i = 0, m = is_complex_type<T> ? 2 * n : n; i < m; ++i) zero += p[i] * 0;
  return zero == 0;
}
/// The info of an item whose matrix is not finite.
constexpr std::int32_t not_finite = -1;

}  // namespace
}  // namespace ph::cpu
