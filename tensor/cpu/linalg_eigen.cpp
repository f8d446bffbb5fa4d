// Eigenvalues, singular values, and least squares: what LAPACK finds by iteration, which may fail.
#include "playhead/tensor/cpu/linalg.h"

#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

void eigh(const char* op, const View& a, const View& w, const View& info, bool lower, bool vectors) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    using R = Real<T>;
    const Matrices<T> m(a);
    const Int n = narrow(op, m.rows);
    if (n == 0) return;
    check_workspace(op, 2.0 * static_cast<double>(n) * static_cast<double>(n) + 6.0 * n + 1, n, n);
    const char job = vectors ? 'V' : 'N', uplo = lower ? 'U' : 'L';  // LAPACK sees the transpose, the conjugate of a Hermitian matrix
    T answer{};
    R real_answer = 0;
    Int int_answer = 0;
    lapack::heevd(job, uplo, n, m.data, n, w.as<R>(), &answer, -1, &real_answer, -1, &int_answer, -1);
    const Index lwork = asked(op, answer), lrwork = asked(op, real_answer);
    for_items(m.count, 4 * cube(n), [&](Index first, Index last) {
      const Scratch<T> work(lwork);
      const Scratch<R> rwork(lrwork);
      const Scratch<Int> iwork(int_answer);
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        std::int32_t& failed = info.as<std::int32_t>()[item];
        bool fine = true;  // of the triangle that is read
        for (Index i = 0; i < n && fine; ++i) fine = lower ? all_finite(p + i * n, i + 1) : all_finite(p + i * n + i, n - i);
        if (!fine) {
          failed = not_finite;
          continue;
        }
        failed = static_cast<std::int32_t>(lapack::heevd(job, uplo, n, p, n, w.as<R>() + item * n, work.data(), static_cast<Int>(lwork),
                                                         rwork.data(), static_cast<Int>(lrwork), iwork.data(), int_answer));
        if (vectors) turn_over(p, n), conjugate(p, static_cast<Index>(n) * n);
      }
    });
  });
}

/// A's eigenvectors as complex columns, from the real ones of which two stand for a conjugate pair.
template <class R> void unpack_vectors(Complex<R>* v, const R* columns, const R* imaginary, Index n) {
  for (Index j = 0; j < n; ++j) {
    const bool pair = imaginary[j] != 0;
    for (Index i = 0; i < n; ++i) {
      const R re = columns[j * n + i], im = pair ? columns[(j + 1) * n + i] : 0;
      v[i * n + j] = {re, im};
      if (pair) v[i * n + j + 1] = {re, -im};
    }
    j += pair;
  }
}

void eig(const char* op, const View& a, const View& w, const View& v, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    using R = Real<T>;
    using C = Complex<R>;
    const Matrices<T> m(a);
    const Int n = narrow(op, m.rows);
    const Index square = m.rows * m.cols;
    const bool vectors = !absent(v);
    if (n == 0) return;
    check_workspace(op, 2.0 * static_cast<double>(n) * static_cast<double>(n), n, n);
    const auto solve = [&](T* p, C* values, R* re_im, T* columns, T* work, Int lwork, R* rwork) {
      const char job = vectors ? 'V' : 'N';
      return lapack::geev(job, n, p, n, values, re_im, columns, n, work, lwork, rwork);
    };
    T answer{};
    R unused = 0;
    solve(m.data, w.as<C>(), &unused, nullptr, &answer, -1, &unused);
    const Index lwork = asked(op, answer);
    for_items(m.count, 20 * cube(n), [&](Index first, Index last) {
      const Scratch<T> work(lwork), columns(vectors ? square : 0);
      const Scratch<R> re_im(2 * n), rwork(2 * n);
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        C* values = w.as<C>() + item * n;
        std::int32_t& failed = info.as<std::int32_t>()[item];
        if (!all_finite(p, square)) {
          failed = not_finite;
          continue;
        }
        turn_over(p, n);  // for values alone too: those of the transpose come in another order
        failed = static_cast<std::int32_t>(solve(p, values, re_im.data(), columns.data(), work.data(), static_cast<Int>(lwork), rwork.data()));
        C* out = vectors ? v.as<C>() + item * square : nullptr;
        if constexpr (is_complex_type<T>) {
          if (vectors) turn_over(out, columns.data(), n, n);
        } else {
          for (Index i = 0; i < n; ++i) values[i] = {re_im.data()[i], re_im.data()[n + i]};
          if (vectors && failed == 0) unpack_vectors(out, columns.data(), re_im.data() + n, n);
        }
      }
    });
  });
}

// A^T = U' S V'^H to LAPACK, so that its U', read row-major, is our Vh, and its V'^H our U: nothing is turned over.
void svd(const char* op, const View& a, const View& u, const View& s, const View& vh, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    using R = Real<T>;
    const Matrices<T> m(a);
    const Int rows = narrow(op, m.rows), cols = narrow(op, m.cols);
    const Int k = rows < cols ? rows : cols, longer = rows < cols ? cols : rows;
    if (k == 0) return;
    check_workspace(op, 5.0 * k * static_cast<double>(k) + 10.0 * longer, rows, cols);
    const bool vectors = !absent(u);
    const Int u_cols = vectors ? narrow(op, u.shape[u.ndim - 1]) : 1, vh_rows = vectors ? narrow(op, vh.shape[vh.ndim - 2]) : 1;
    const char job = !vectors ? 'N' : u_cols == rows && vh_rows == cols ? 'A' : 'S';
    const Index u_size = vectors ? static_cast<Index>(rows) * u_cols : 0, vh_size = vectors ? static_cast<Index>(vh_rows) * cols : 0;
    const Index lrwork = !is_complex_type<T> ? 1 : vectors ? k * (5 * static_cast<Index>(k) + 7) + 2 * static_cast<Index>(longer) * k + k : 7 * static_cast<Index>(k);
    T answers[2] = {};
    R unused = 0;
    Int unused_int = 0;
    T* none = nullptr;
    lapack::gesdd(job, cols, rows, m.data, cols, s.as<R>(), none, cols, none, u_cols, &answers[0], -1, &unused, &unused_int);
    lapack::gesvd(job, cols, rows, m.data, cols, s.as<R>(), none, cols, none, u_cols, &answers[1], -1, &unused);
    const Index lwork = asked(op, answers[0]), lwork_again = asked(op, answers[1]);
    for_items(m.count, 10.0 * static_cast<double>(k) * k * longer, [&](Index first, Index last) {
      const Scratch<T> work(lwork > lwork_again ? lwork : lwork_again), copy(m.rows * m.cols);
      const Scratch<R> rwork(lrwork);
      const Scratch<Int> iwork(8 * static_cast<Index>(k));
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        T *pu = vectors ? u.as<T>() + item * u_size : nullptr, *pv = vectors ? vh.as<T>() + item * vh_size : nullptr;
        R* ps = s.as<R>() + item * k;
        std::int32_t& failed = info.as<std::int32_t>()[item];
        if (!all_finite(p, m.rows * m.cols)) {
          failed = not_finite;
          continue;
        }
        for (Index i = 0; i < m.rows * m.cols; ++i) copy.data()[i] = p[i];
        Int code = lapack::gesdd(job, cols, rows, p, cols, ps, pv, cols, pu, u_cols, work.data(), static_cast<Int>(lwork), rwork.data(), iwork.data());
        // Divide and conquer gives up on a few matrices that the slower iteration solves.
        if (code > 0) code = lapack::gesvd(job, cols, rows, copy.data(), cols, ps, pv, cols, pu, u_cols, work.data(), static_cast<Int>(lwork_again), rwork.data());
        failed = static_cast<std::int32_t>(code);
      }
    });
  });
}

void lstsq(const char* op, const View& a, const View& b, const View& rank, const View& singular, const View& info, double rcond, LstsqDriver driver) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    using R = Real<T>;
    const Matrices<T> m(a), x(b);  // x has max(rows, cols) rows
    const Int rows = narrow(op, m.rows), cols = narrow(op, m.cols), right = narrow(op, x.cols), longer = narrow(op, x.rows);
    const Int k = rows < cols ? rows : cols;
    if (k == 0 || right == 0) return;
    check_workspace(op, 5.0 * k * static_cast<double>(k) + 40.0 * longer, rows, cols);
    const auto solve = [&](T* pa, T* pb, R* s, Int* found, Int* ints, T* work, Int lwork, R* rwork) {
      switch (driver) {
        case LstsqDriver::gels: return lapack::gels(rows, cols, right, pa, rows, pb, longer, work, lwork);
        case LstsqDriver::gelsy: return lapack::gelsy(rows, cols, right, pa, rows, pb, longer, ints, static_cast<R>(rcond), found, work, lwork, rwork);
        case LstsqDriver::gelsd: return lapack::gelsd(rows, cols, right, pa, rows, pb, longer, s, static_cast<R>(rcond), found, work, lwork, rwork, ints);
        default: return lapack::gelss(rows, cols, right, pa, rows, pb, longer, s, static_cast<R>(rcond), found, work, lwork, rwork);
      }
    };
    T answer{};
    R real_answer = 0;
    Int found = 0, int_answer = cols;
    solve(m.data, x.data, nullptr, &found, &int_answer, &answer, -1, &real_answer);
    const Index lwork = asked(op, answer);
    const Index lints = driver == LstsqDriver::gelsd ? int_answer : cols;
    const Index lrwork = !is_complex_type<T> ? 1 : driver == LstsqDriver::gelsd ? asked(op, real_answer) : driver == LstsqDriver::gelss ? 5 * static_cast<Index>(k) : 2 * static_cast<Index>(cols);
    for_items(m.count, 4.0 * static_cast<double>(k) * k * longer, [&](Index first, Index last) {
      const Scratch<T> work(lwork), turned_a(m.rows * m.cols), turned_b(x.rows * x.cols);
      const Scratch<R> rwork(lrwork), s(k);
      const Scratch<Int> ints(lints);
      for (Index item = first; item < last; ++item) {
        std::int32_t& failed = info.as<std::int32_t>()[item];
        if (!all_finite(m[item], m.rows * m.cols)) {
          failed = not_finite;
          continue;
        }
        turn_over(turned_a.data(), m[item], rows, cols);
        turn_over(turned_b.data(), x[item], longer, right);
        for (Index i = 0; i < lints; ++i) ints.data()[i] = 0;  // gelsy: every column may be exchanged
        Int r = 0;
        failed = static_cast<std::int32_t>(solve(turned_a.data(), turned_b.data(), s.data(), &r, ints.data(), work.data(), static_cast<Int>(lwork), rwork.data()));
        turn_over(x[item], turned_b.data(), right, longer);
        if (!absent(rank)) rank.as<std::int64_t>()[item] = r;
        if (!absent(singular))
          for (Index i = 0; i < k; ++i) singular.as<R>()[item * k + i] = s.data()[i];
      }
    });
  });
}

}  // namespace

void fill_linalg_eigen(Kernels& k) {
  k.eigh = with_lapack<eigh>;
  k.eig = with_lapack<eig>;
  k.svd = with_lapack<svd>;
  k.lstsq = with_lapack<lstsq>;
}

}  // namespace ph::cpu
