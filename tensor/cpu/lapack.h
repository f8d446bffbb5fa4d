// The routines of LAPACK and the triangular solve of BLAS that playhead calls, for its four types: Fortran's prototypes, and
// calls of one name and by value over them. Matrices are column-major here. What they do for batches is in linalg*.cpp.
#pragma once
#ifdef PH_OPENBLAS
#include <cblas.h>

#include <cstddef>

#include "playhead/tensor/complex.h"

// Distributions of OpenBLAS that must not clash with another one in the process put a prefix before every symbol.
#define PH_LAPACK_JOIN2(a, b) a##b##_
#define PH_LAPACK_JOIN(a, b) PH_LAPACK_JOIN2(a, b)
#ifdef PH_BLAS_PREFIX
#define PH_LAPACK(name) PH_LAPACK_JOIN(PH_BLAS_PREFIX, name)
#else
#define PH_LAPACK(name) name##_
#endif

namespace ph::cpu::lapack {

using Int = blasint;
using Len = std::size_t;  // Fortran passes the length of each text argument after all others
using In = const Int*;
using Flag = const char*;

// clang-format off
#define PH_LAPACK_SHARED(t, T)                                                                                                  \
  extern "C" {                                                                                                                  \
  void PH_LAPACK(t##potrf)(Flag, In, T*, In, Int*, Len);                                                                        \
  void PH_LAPACK(t##getrf)(In, In, T*, In, Int*, Int*);                                                                         \
  void PH_LAPACK(t##getri)(In, T*, In, In, T*, In, Int*);                                                                       \
  void PH_LAPACK(t##gelqf)(In, In, T*, In, T*, T*, In, Int*);                                                                   \
  void PH_LAPACK(t##sytrf)(Flag, In, T*, In, Int*, T*, In, Int*, Len);                                                          \
  void PH_LAPACK(t##sytrs)(Flag, In, In, const T*, In, In, T*, In, Int*, Len);                                                  \
  void PH_LAPACK(t##gels)(Flag, In, In, In, T*, In, T*, In, T*, In, Int*, Len);                                                 \
  void PH_LAPACK(t##trsm)(Flag, Flag, Flag, Flag, In, In, const T*, const T*, In, T*, In, Len, Len, Len, Len);                  \
  }                                                                                                                             \
  inline Int potrf(char uplo, Int n, T* a, Int lda) { Int info = 0; PH_LAPACK(t##potrf)(&uplo, &n, a, &lda, &info, 1); return info; } \
  inline Int getrf(Int m, Int n, T* a, Int lda, Int* pivots) { Int info = 0; PH_LAPACK(t##getrf)(&m, &n, a, &lda, pivots, &info); return info; } \
  inline Int getri(Int n, T* a, Int lda, const Int* pivots, T* work, Int lwork) { Int info = 0; PH_LAPACK(t##getri)(&n, a, &lda, pivots, work, &lwork, &info); return info; } \
  inline Int gelqf(Int m, Int n, T* a, Int lda, T* tau, T* work, Int lwork) { Int info = 0; PH_LAPACK(t##gelqf)(&m, &n, a, &lda, tau, work, &lwork, &info); return info; } \
  inline Int sytrf(char uplo, Int n, T* a, Int lda, Int* pivots, T* work, Int lwork) { Int info = 0; PH_LAPACK(t##sytrf)(&uplo, &n, a, &lda, pivots, work, &lwork, &info, 1); return info; } \
  inline Int sytrs(char uplo, Int n, Int k, const T* a, Int lda, const Int* pivots, T* b, Int ldb) { Int info = 0; PH_LAPACK(t##sytrs)(&uplo, &n, &k, a, &lda, pivots, b, &ldb, &info, 1); return info; } \
  inline Int gels(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, T* work, Int lwork) { Int info = 0; const char no = 'N'; PH_LAPACK(t##gels)(&no, &m, &n, &k, a, &lda, b, &ldb, work, &lwork, &info, 1); return info; } \
  inline void trsm(char side, char uplo, char trans, bool unit, Int m, Int n, const T* a, Int lda, T* b, Int ldb) {             \
    const T one = 1; const char diag = unit ? 'U' : 'N';                                                                        \
    PH_LAPACK(t##trsm)(&side, &uplo, &trans, &diag, &m, &n, &one, a, &lda, b, &ldb, 1, 1, 1, 1);                                \
  }
PH_LAPACK_SHARED(s, float)
PH_LAPACK_SHARED(d, double)
PH_LAPACK_SHARED(c, cfloat)
PH_LAPACK_SHARED(z, cdouble)
#undef PH_LAPACK_SHARED

#define PH_LAPACK_UNITARY(orglq_, ormlq_, T)                                                                                    \
  extern "C" {                                                                                                                  \
  void PH_LAPACK(orglq_)(In, In, In, T*, In, const T*, T*, In, Int*);                                                           \
  void PH_LAPACK(ormlq_)(Flag, Flag, In, In, In, const T*, In, const T*, T*, In, T*, In, Int*, Len, Len);                       \
  }                                                                                                                             \
  inline Int orglq(Int m, Int n, Int k, T* a, Int lda, const T* tau, T* work, Int lwork) { Int info = 0; PH_LAPACK(orglq_)(&m, &n, &k, a, &lda, tau, work, &lwork, &info); return info; } \
  inline Int ormlq(char side, char trans, Int m, Int n, Int k, const T* a, Int lda, const T* tau, T* c, Int ldc, T* work, Int lwork) { Int info = 0; PH_LAPACK(ormlq_)(&side, &trans, &m, &n, &k, a, &lda, tau, c, &ldc, work, &lwork, &info, 1, 1); return info; }
PH_LAPACK_UNITARY(sorglq, sormlq, float)
PH_LAPACK_UNITARY(dorglq, dormlq, double)
PH_LAPACK_UNITARY(cunglq, cunmlq, cfloat)
PH_LAPACK_UNITARY(zunglq, zunmlq, cdouble)
#undef PH_LAPACK_UNITARY

#define PH_LAPACK_HERMITIAN(t, T)                                                                                               \
  extern "C" {                                                                                                                  \
  void PH_LAPACK(t##hetrf)(Flag, In, T*, In, Int*, T*, In, Int*, Len);                                                          \
  void PH_LAPACK(t##hetrs)(Flag, In, In, const T*, In, In, T*, In, Int*, Len);                                                  \
  }                                                                                                                             \
  inline Int hetrf(char uplo, Int n, T* a, Int lda, Int* pivots, T* work, Int lwork) { Int info = 0; PH_LAPACK(t##hetrf)(&uplo, &n, a, &lda, pivots, work, &lwork, &info, 1); return info; } \
  inline Int hetrs(char uplo, Int n, Int k, const T* a, Int lda, const Int* pivots, T* b, Int ldb) { Int info = 0; PH_LAPACK(t##hetrs)(&uplo, &n, &k, a, &lda, pivots, b, &ldb, &info, 1); return info; }
PH_LAPACK_HERMITIAN(c, cfloat)
PH_LAPACK_HERMITIAN(z, cdouble)
#undef PH_LAPACK_HERMITIAN

// Where a complex routine takes one more array than the real one, the calls of both take `rwork`; the real ones leave it alone.
#define PH_LAPACK_REAL(t, T)                                                                                                    \
  extern "C" {                                                                                                                  \
  void PH_LAPACK(t##syevd)(Flag, Flag, In, T*, In, T*, T*, In, Int*, In, Int*, Len, Len);                                       \
  void PH_LAPACK(t##geev)(Flag, Flag, In, T*, In, T*, T*, T*, In, T*, In, T*, In, Int*, Len, Len);                              \
  void PH_LAPACK(t##gesdd)(Flag, In, In, T*, In, T*, T*, In, T*, In, T*, In, Int*, Int*, Len);                                  \
  void PH_LAPACK(t##gesvd)(Flag, Flag, In, In, T*, In, T*, T*, In, T*, In, T*, In, Int*, Len, Len);                             \
  void PH_LAPACK(t##gelsy)(In, In, In, T*, In, T*, In, Int*, const T*, Int*, T*, In, Int*);                                     \
  void PH_LAPACK(t##gelsd)(In, In, In, T*, In, T*, In, T*, const T*, Int*, T*, In, Int*, Int*);                                 \
  void PH_LAPACK(t##gelss)(In, In, In, T*, In, T*, In, T*, const T*, Int*, T*, In, Int*);                                       \
  }                                                                                                                             \
  inline Int heevd(char job, char uplo, Int n, T* a, Int lda, T* w, T* work, Int lwork, T*, Int, Int* iwork, Int liwork) { Int info = 0; PH_LAPACK(t##syevd)(&job, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1); return info; } \
  inline Int gesdd(char job, Int m, Int n, T* a, Int lda, T* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, T*, Int* iwork) { Int info = 0; PH_LAPACK(t##gesdd)(&job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, 1); return info; } \
  inline Int gesvd(char job, Int m, Int n, T* a, Int lda, T* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, T*) { Int info = 0; PH_LAPACK(t##gesvd)(&job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, &info, 1, 1); return info; } \
  inline Int gelsy(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, Int* pivots, T rcond, Int* rank, T* work, Int lwork, T*) { Int info = 0; PH_LAPACK(t##gelsy)(&m, &n, &k, a, &lda, b, &ldb, pivots, &rcond, rank, work, &lwork, &info); return info; } \
  inline Int gelsd(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, T* s, T rcond, Int* rank, T* work, Int lwork, T*, Int* iwork) { Int info = 0; PH_LAPACK(t##gelsd)(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, iwork, &info); return info; } \
  inline Int gelss(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, T* s, T rcond, Int* rank, T* work, Int lwork, T*) { Int info = 0; PH_LAPACK(t##gelss)(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, &info); return info; } \
  inline Int geev(char job, Int n, T* a, Int lda, T* wr, T* wi, T* v, Int ldv, T* work, Int lwork) { Int info = 0; const char no = 'N'; const Int one = 1; PH_LAPACK(t##geev)(&no, &job, &n, a, &lda, wr, wi, nullptr, &one, v, &ldv, work, &lwork, &info, 1, 1); return info; }
PH_LAPACK_REAL(s, float)
PH_LAPACK_REAL(d, double)
#undef PH_LAPACK_REAL

#define PH_LAPACK_COMPLEX(t, T, R)                                                                                              \
  extern "C" {                                                                                                                  \
  void PH_LAPACK(t##heevd)(Flag, Flag, In, T*, In, R*, T*, In, R*, In, Int*, In, Int*, Len, Len);                               \
  void PH_LAPACK(t##geev)(Flag, Flag, In, T*, In, T*, T*, In, T*, In, T*, In, R*, Int*, Len, Len);                              \
  void PH_LAPACK(t##gesdd)(Flag, In, In, T*, In, R*, T*, In, T*, In, T*, In, R*, Int*, Int*, Len);                              \
  void PH_LAPACK(t##gesvd)(Flag, Flag, In, In, T*, In, R*, T*, In, T*, In, T*, In, R*, Int*, Len, Len);                         \
  void PH_LAPACK(t##gelsy)(In, In, In, T*, In, T*, In, Int*, const R*, Int*, T*, In, R*, Int*);                                 \
  void PH_LAPACK(t##gelsd)(In, In, In, T*, In, T*, In, R*, const R*, Int*, T*, In, R*, Int*, Int*);                             \
  void PH_LAPACK(t##gelss)(In, In, In, T*, In, T*, In, R*, const R*, Int*, T*, In, R*, Int*);                                   \
  }                                                                                                                             \
  inline Int heevd(char job, char uplo, Int n, T* a, Int lda, R* w, T* work, Int lwork, R* rwork, Int lrwork, Int* iwork, Int liwork) { Int info = 0; PH_LAPACK(t##heevd)(&job, &uplo, &n, a, &lda, w, work, &lwork, rwork, &lrwork, iwork, &liwork, &info, 1, 1); return info; } \
  inline Int gesdd(char job, Int m, Int n, T* a, Int lda, R* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, R* rwork, Int* iwork) { Int info = 0; PH_LAPACK(t##gesdd)(&job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, rwork, iwork, &info, 1); return info; } \
  inline Int gesvd(char job, Int m, Int n, T* a, Int lda, R* s, T* u, Int ldu, T* vt, Int ldvt, T* work, Int lwork, R* rwork) { Int info = 0; PH_LAPACK(t##gesvd)(&job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, rwork, &info, 1, 1); return info; } \
  inline Int gelsy(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, Int* pivots, R rcond, Int* rank, T* work, Int lwork, R* rwork) { Int info = 0; PH_LAPACK(t##gelsy)(&m, &n, &k, a, &lda, b, &ldb, pivots, &rcond, rank, work, &lwork, rwork, &info); return info; } \
  inline Int gelsd(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, R* s, R rcond, Int* rank, T* work, Int lwork, R* rwork, Int* iwork) { Int info = 0; PH_LAPACK(t##gelsd)(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, rwork, iwork, &info); return info; } \
  inline Int gelss(Int m, Int n, Int k, T* a, Int lda, T* b, Int ldb, R* s, R rcond, Int* rank, T* work, Int lwork, R* rwork) { Int info = 0; PH_LAPACK(t##gelss)(&m, &n, &k, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, rwork, &info); return info; } \
  inline Int geev(char job, Int n, T* a, Int lda, T* w, T* v, Int ldv, T* work, Int lwork, R* rwork) { Int info = 0; const char no = 'N'; const Int one = 1; PH_LAPACK(t##geev)(&no, &job, &n, a, &lda, w, nullptr, &one, v, &ldv, work, &lwork, rwork, &info, 1, 1); return info; }
PH_LAPACK_COMPLEX(c, cfloat, float)
PH_LAPACK_COMPLEX(z, cdouble, double)
#undef PH_LAPACK_COMPLEX
// clang-format on

}  // namespace ph::cpu::lapack
#endif
