// The routines of OpenBLAS that playhead calls: products, and of LAPACK what the kernels do not do themselves. The library is opened
// at the first call, so that neither building nor starting a program needs it. Matrices are column-major here.
#pragma once
#include <cstddef>
#include <cstdint>

#include "playhead/tensor/complex.h"

namespace ph::cpu {

/// Throws an error in the name of `op` where there is no OpenBLAS.
void need_lapack(const char* op);

namespace lapack {

using Int = std::int32_t;  // builds whose integers have 64 bits are not opened
constexpr std::size_t len = 1;  // Fortran passes the length of each text argument after all others

template <class T> struct RealOf { using Type = T; };
template <class T> struct RealOf<Complex<T>> { using Type = T; };
template <class T> using Real = typename RealOf<T>::Type;
template <class T> constexpr bool is_complex_type = !__is_same(T, Real<T>);

/// A routine's name, without the letter that stands for the type, as an argument of a template.
template <std::size_t n> struct Name {
  char text[n];
  constexpr Name(const char (&from)[n]) { for (std::size_t i = 0; i < n; ++i) text[i] = from[i]; }
};
/// The address of a routine for the type of that letter.
void* routine(char type, const char* name);

/// Calls a routine as Fortran does: everything by address. Its own address is looked up once.
template <class T, Name real, Name complex = real, class... A> void call(A... args) {
  constexpr bool wide = sizeof(Real<T>) == 8;
  static void* const f = is_complex_type<T> ? routine(wide ? 'z' : 'c', complex.text) : routine(wide ? 'd' : 's', real.text);
  reinterpret_cast<void (*)(A...)>(f)(args...);
}

template <class T>
void gemm(char ta, char tb, Int m, Int n, Int k, T alpha, const T* a, Int lda, const T* b, Int ldb, T beta, T* c, Int ldc) {
  call<T, "gemm">(&ta, &tb, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, len, len);
}

// All of these return info. Where a complex routine takes one more array than the real one, both take `rwork` here.
template <class T>
Int gelqf(Int m, Int n, T* a, Int lda, T* tau, T* work, Int lwork) {
  Int info = 0;
  call<T, "gelqf">(&m, &n, a, &lda, tau, work, &lwork, &info);
  return info;
}
template <class T>
Int orglq(Int m, Int n, Int k, T* a, Int lda, const T* tau, T* work, Int lwork) {
  Int info = 0;
  call<T, "orglq", "unglq">(&m, &n, &k, a, &lda, tau, work, &lwork, &info);
  return info;
}
template <class T>
Int ormlq(char side, char trans, Int m, Int n, Int k, const T* a, Int lda, const T* tau, T* c, Int ldc, T* work, Int lwork) {
  Int info = 0;
  call<T, "ormlq", "unmlq">(&side, &trans, &m, &n, &k, a, &lda, tau, c, &ldc, work, &lwork, &info, len, len);
  return info;
}
template <class T>
Int sytrf(char uplo, Int n, T* a, Int lda, Int* pivots, T* work, Int lwork) {
  Int info = 0;
  call<T, "sytrf">(&uplo, &n, a, &lda, pivots, work, &lwork, &info, len);
  return info;
}
template <class T>
Int hetrf(char uplo, Int n, T* a, Int lda, Int* pivots, T* work, Int lwork) {
  Int info = 0;
  call<T, "sytrf", "hetrf">(&uplo, &n, a, &lda, pivots, work, &lwork, &info, len);
  return info;
}
template <class T>
Int sytrs(char uplo, Int n, Int k, const T* a, Int lda, const Int* pivots, T* b, Int ldb) {
  Int info = 0;
  call<T, "sytrs">(&uplo, &n, &k, a, &lda, pivots, b, &ldb, &info, len);
  return info;
}
template <class T>
Int hetrs(char uplo, Int n, Int k, const T* a, Int lda, const Int* pivots, T* b, Int ldb) {
  Int info = 0;
  call<T, "sytrs", "hetrs">(&uplo, &n, &k, a, &lda, pivots, b, &ldb, &info, len);
  return info;
}
template <class T>
Int gels(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, T* work, Int lwork) {
  Int info = 0;
  call<T, "gels">("N", &m, &n, &k, a, &lda, b, &ldb, work, &lwork, &info, len);
  return info;
}
template <class T>
Int heevd(char job, char uplo, Int n, T* a, Int lda, Real<T>* w, T* work, Int lwork, Real<T>* rwork, Int lrwork, Int* iwork, Int liwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "heevd">(&job, &uplo, &n, a, &lda, w, work, &lwork, rwork, &lrwork, iwork, &liwork, &info, len, len);
  else call<T, "syevd">(&job, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, len, len);
  return info;
}
/// The eigenvalues of a complex matrix come in `w`; those of a real one in `re_im`, all real parts before all imaginary ones.
template <class T>
Int geev(char job, Int n, T* a, Int lda, Complex<Real<T>>* w, Real<T>* re_im, T* v, Int ldv, T* work, Int lwork, Real<T>* rwork) {
  Int info = 0;
  const Int one = 1;
  T* const none = nullptr;
  if constexpr (is_complex_type<T>) call<T, "geev">("N", &job, &n, a, &lda, w, none, &one, v, &ldv, work, &lwork, rwork, &info, len, len);
  else call<T, "geev">("N", &job, &n, a, &lda, re_im, re_im + n, none, &one, v, &ldv, work, &lwork, &info, len, len);
  return info;
}
template <class T>
Int gesdd(char job, Int m, Int n, T* a, Int lda, Real<T>* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, Real<T>* rwork, Int* iwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "gesdd">(&job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, rwork, iwork, &info, len);
  else call<T, "gesdd">(&job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, len);
  return info;
}
template <class T>
Int gesvd(char job, Int m, Int n, T* a, Int lda, Real<T>* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, Real<T>* rwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "gesvd">(&job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, rwork, &info, len, len);
  else call<T, "gesvd">(&job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, &info, len, len);
  return info;
}
template <class T>
Int gelsy(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, Int* pivots, Real<T> rcond, Int* rank, T* work, Int lwork, Real<T>* rwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "gelsy">(&m, &n, &k, a, &lda, b, &ldb, pivots, &rcond, rank, work, &lwork, rwork, &info);
  else call<T, "gelsy">(&m, &n, &k, a, &lda, b, &ldb, pivots, &rcond, rank, work, &lwork, &info);
  return info;
}
template <class T>
Int gelsd(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, Real<T>* s, Real<T> rcond, Int* rank, T* work, Int lwork, Real<T>* rwork, Int* iwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "gelsd">(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, rwork, iwork, &info);
  else call<T, "gelsd">(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, iwork, &info);
  return info;
}
template <class T>
Int gelss(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, Real<T>* s, Real<T> rcond, Int* rank, T* work, Int lwork, Real<T>* rwork) {
  Int info = 0;
  if constexpr (is_complex_type<T>) call<T, "gelss">(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, rwork, &info);
  else call<T, "gelss">(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, &info);
  return info;
}

}  // namespace lapack
}  // namespace ph::cpu
