// QR, products of Householder reflectors, and the factors of symmetric matrices that need not be positive (LDL), by LAPACK.
//
// Note [Row-major LAPACK]: what LAPACK reads as column-major is the transpose of what is stored. Wherever the factors of the
// transpose say as much as those of the matrix, no matrix is turned over: QR is LQ, U and V of an SVD trade places.
#include "playhead/tensor/cpu/linalg.h"

#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

// See Note [Row-major LAPACK]: A^T = L Q', so A = Q'^T L^T, and the reflectors that gelqf leaves in the rows it sees are those of
// geqrf in A's columns, with conjugated factors tau.
void qr(const char* op, const View& a, const View& tau) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Int rows = narrow(op, m.rows), cols = narrow(op, m.cols);
    const Index k = rows < cols ? rows : cols;
    if (k == 0) return;
    T answer{};
    lapack::gelqf(cols, rows, m.data, cols, tau.as<T>(), &answer, -1);
    const Index lwork = asked(op, answer);
    for_items(m.count, 2.0 * static_cast<double>(k) * static_cast<double>(k) * static_cast<double>(rows + cols - k), [&](Index first, Index last) {
      const Scratch<T> work(lwork);
      for (Index item = first; item < last; ++item) {
        T* t = tau.as<T>() + item * k;
        lapack::gelqf(cols, rows, m[item], cols, t, work.data(), static_cast<Int>(lwork));
        conjugate(t, k);
      }
    });
  });
}

/// The factors of reflectors as LAPACK wants them for rows.
template <class T> void load_tau(T* to, const T* from, Index k) {
  for (Index i = 0; i < k; ++i) to[i] = from[i];
  conjugate(to, k);
}

void householder(const char* op, const View& a, const View& tau) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Int rows = narrow(op, m.rows), cols = narrow(op, m.cols), k = narrow(op, tau.shape[tau.ndim - 1]);
    if (cols == 0) return;
    T answer{};
    lapack::orglq(cols, rows, k, m.data, cols, tau.as<T>(), &answer, -1);
    const Index lwork = asked(op, answer);
    for_items(m.count, 4.0 * static_cast<double>(rows) * static_cast<double>(cols) * (k + 1.0), [&](Index first, Index last) {
      const Scratch<T> work(lwork), t(k);
      for (Index item = first; item < last; ++item) {
        load_tau(t.data(), tau.as<T>() + item * k, k);
        lapack::orglq(cols, rows, k, m[item], cols, t.data(), work.data(), static_cast<Int>(lwork));
      }
    });
  });
}

// C row-major is C^T to LAPACK, and Q^T is the Q' of the rows: (Q C)^T = C^T Q', (Q^H C)^T = C^T Q'^H, (C Q)^T = Q' C^T.
void multiply_householder(const char* op, const View& a, const View& tau, const View& c, bool left, bool adjoint) {
  by_type(c.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a), x(c);
    const Int rows = narrow(op, x.rows), cols = narrow(op, x.cols), k = narrow(op, tau.shape[tau.ndim - 1]), lda = leading(op, m.cols);
    if (rows == 0 || cols == 0 || k == 0) return;
    const char side = left ? 'R' : 'L', trans = !adjoint ? 'N' : is_complex_type<T> ? 'C' : 'T';
    T answer{};
    lapack::ormlq(side, trans, cols, rows, k, m.data, lda, tau.as<T>(), x.data, cols, &answer, -1);
    const Index lwork = asked(op, answer);
    for_items(x.count, 4.0 * static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(k), [&](Index first, Index last) {
      const Scratch<T> work(lwork), t(k), reflectors(m.rows * m.cols);
      for (Index item = first; item < last; ++item) {
        load_tau(t.data(), tau.as<T>() + item * k, k);
        // Some versions write to the reflectors for a moment, and another thread may read them.
        for (Index i = 0; i < m.rows * m.cols; ++i) reflectors.data()[i] = m[item][i];
        lapack::ormlq(side, trans, cols, rows, k, reflectors.data(), lda, t.data(), x[item], cols, work.data(), static_cast<Int>(lwork));
      }
    });
  });
}

// The upper and the lower variant are different factors, so the matrix has to be turned over.
void ldl(const char* op, const View& a, const View& pivots, const View& info, bool hermitian) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Int n = narrow(op, m.rows);
    if (n == 0) return;
    const auto factor = [&](T* p, Int* swaps, T* work, Int lwork) {
      if constexpr (is_complex_type<T>)
        if (hermitian) return lapack::hetrf('L', n, p, n, swaps, work, lwork);
      return lapack::sytrf('L', n, p, n, swaps, work, lwork);
    };
    T answer{};
    Int unused = 0;
    factor(m.data, &unused, &answer, -1);
    const Index lwork = asked(op, answer);
    for_items(m.count, cube(n) / 3, [&](Index first, Index last) {
      const Scratch<T> work(lwork);
      const Scratch<Int> swaps(n);
      for (Index item = first; item < last; ++item) {
        T* p = m[item];
        for (Index i = 0; i < n; ++i)
          for (Index j = i + 1; j < n; ++j) p[i * n + j] = T(0);
        turn_over(p, n);
        info.as<std::int32_t>()[item] = static_cast<std::int32_t>(factor(p, swaps.data(), work.data(), static_cast<Int>(lwork)));
        turn_over(p, n);
        for (Index i = 0; i < n; ++i) pivots.as<std::int32_t>()[item * n + i] = static_cast<std::int32_t>(swaps.data()[i]);
      }
    });
  });
}

void ldl_solve(const char* op, const View& factors, const View& pivots, const View& b, bool hermitian) {
  by_type(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> f(factors), x(b);
    const Int n = narrow(op, f.rows), k = narrow(op, x.cols);
    if (n == 0 || k == 0) return;
    for_items(x.count, 2.0 * static_cast<double>(n) * static_cast<double>(n) * (k + 1.0), [&](Index first, Index last) {
      const Scratch<T> turned(f.rows * f.cols), columns(x.rows * x.cols);
      const Scratch<Int> swaps(n);
      for (Index item = first; item < last; ++item) {
        turn_over(turned.data(), f[item], n, n);
        turn_over(columns.data(), x[item], n, k);
        for (Index i = 0; i < n; ++i) swaps.data()[i] = static_cast<Int>(pivots.as<std::int32_t>()[item * n + i]);
        bool done = false;
        if constexpr (is_complex_type<T>)
          if (hermitian) lapack::hetrs('L', n, k, turned.data(), n, swaps.data(), columns.data(), n), done = true;
        if (!done) lapack::sytrs('L', n, k, turned.data(), n, swaps.data(), columns.data(), n);
        turn_over(x[item], columns.data(), k, n);
      }
    });
  });
}

}  // namespace

void fill_linalg_factor(Kernels& k) {
  k.qr = with_lapack<qr>;
  k.householder = with_lapack<householder>;
  k.multiply_householder = with_lapack<multiply_householder>;
  k.ldl = with_lapack<ldl>;
  k.ldl_solve = with_lapack<ldl_solve>;
}

}  // namespace ph::cpu
