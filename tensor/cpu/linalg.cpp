// Cholesky, LU, inverses and triangular systems: split in halves whose products go to gemm, down to blocks (linalg_blocks.isa.cpp). No
// LAPACK. QR and LDL are in linalg_factor.cpp, eigenvalues, singular values and least squares in linalg_eigen.cpp.
#include "playhead/tensor/cpu/linalg.h"

#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/linalg_blocks.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

// --- blocks and products of any type --------------------------------------------------------------------------------------

#define PH_BLOCK_OF(s, T)                                                                                                          \
  Index block_cholesky(T* a, Index n, Index row) { return PH_PICK_ISA(cholesky_##s(a, n, row)); }                                  \
  Index block_lu(T* a, Index m, Index n, Index row, std::int32_t* pivots) { return PH_PICK_ISA(lu_##s(a, m, n, row, pivots)); }    \
  void block_triangular(const TriangularBlock<T>& b) { PH_PICK_ISA(triangular_##s(b)); }
PH_BLOCK_OF(f32, float)
PH_BLOCK_OF(f64, double)
PH_BLOCK_OF(c64, cfloat)
PH_BLOCK_OF(c128, cdouble)
#undef PH_BLOCK_OF

/// A matrix in memory, with its strides.
template <class T> struct Strided {
  T* p;
  Index row, col = 1;
  Strided at(Index i, Index j) const { return {p + i * row + j * col, row, col}; }
};

/// c [m, n] -= a [m, k] b [k, n]; c's columns are adjacent.
template <class T> void subtract_product(Index m, Index n, Index k, Strided<const T> a, Strided<const T> b, Strided<T> c) {
  if (m == 0 || n == 0 || k == 0) return;
  Gemm<T, Real<T>> g;
  g.m = m, g.n = n, g.k = k;
  g.a = a.p, g.a_row = a.row, g.a_col = a.col;
  g.b = b.p, g.b_row = b.row, g.b_col = b.col;
  g.c = c.p, g.c_row = c.row, g.c_col = 1;
  g.add = c.p, g.add_row = c.row, g.add_col = 1;
  g.alpha = -1;
  gemm(g);
}

/// Where n is split: near the middle, between blocks.
Index half(Index n) { return (n / 2 + linalg_block - 1) / linalg_block * linalg_block; }

// --- triangular systems -----------------------------------------------------------------------------------------------------

struct Side {
  bool left, lower, unit;
};

/// x [n, k] = a^-1 x, or x [k, n] = x a^-1, for a triangular a [n, n] of any strides.
template <class T> void solve_triangle(const Side& side, Index n, Index k, Strided<const T> a, Strided<T> x) {
  if (n <= linalg_block) {
    T m[linalg_block * linalg_block];
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) m[i * n + j] = a.p[i * a.row + j * a.col];
    return block_triangular({side.left, side.lower, side.unit, n, k, m, x.p, x.row});
  }
  const Index h = half(n), r = n - h;
  const Strided<T> second = side.left ? x.at(h, 0) : x.at(0, h);
  const auto read = [](Strided<T> s) { return Strided<const T>{s.p, s.row, s.col}; };
  // The first half is known first where its equations have no other unknowns.
  const bool first_first = side.left == side.lower;
  if (first_first) solve_triangle(side, h, k, a, x);
  else solve_triangle(side, r, k, a.at(h, h), second);
  const Strided<const T> corner = side.lower ? a.at(h, 0) : a.at(0, h);
  if (side.left) {
    if (side.lower) subtract_product(r, k, h, corner, read(x), second);
    else subtract_product(h, k, r, corner, read(second), x);
  } else {
    if (side.lower) subtract_product(k, h, r, read(second), corner, x);
    else subtract_product(k, r, h, read(x), corner, second);
  }
  if (first_first) solve_triangle(side, r, k, a.at(h, h), second);
  else solve_triangle(side, h, k, a, x);
}

void triangular(const char*, const View& a, const View& b, const TriangularCall& how) {
  by_type(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> f(a), x(b);
    const Index n = f.rows, k = how.left ? x.cols : x.rows;
    if (n == 0 || k == 0) return;
    const Side side{how.left, how.upper == how.transpose, how.unit};
    for_batch(x.count, static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(k), [&](Index item) {
      solve_triangle<T>(side, n, k, {f[item], how.transpose ? 1 : n, how.transpose ? n : 1}, {x[item], x.cols});
    });
  });
}

// --- Cholesky -----------------------------------------------------------------------------------------------------------------

/// c [n, n] -= a b for what is known to be Hermitian; what it does above the diagonal is without meaning.
template <class T> void subtract_square(Index n, Index k, Strided<const T> a, Strided<const T> b, Strided<T> c) {
  if (n <= 4 * linalg_block) return subtract_product(n, n, k, a, b, c);
  const Index h = half(n);
  subtract_square(h, k, a, b, c);
  subtract_product(n - h, h, k, a.at(h, 0), b, c.at(h, 0));
  subtract_square(n - h, k, a.at(h, 0), b.at(0, h), c.at(h, h));
}

/// a = its lower factor; 0, or the order of the first leading minor that is not positive.
template <class T> Index factor(Index n, Strided<T> a) {
  if (n <= linalg_block) return block_cholesky(a.p, n, a.row);
  const Index h = half(n), r = n - h;
  if (const Index failed = factor(h, a)) return failed;
  // L21 = A21 L11^-H. Complex numbers are solved as conjugates, with L11^T.
  const Strided<T> low = a.at(h, 0);
  const auto conjugate_low = [&] {
    if constexpr (is_complex_type<T>)
      for (Index i = 0; i < r; ++i) conjugate(low.p + i * a.row, h);
  };
  conjugate_low();
  solve_triangle<T>({.left = false, .lower = false, .unit = false}, h, r, {a.p, 1, a.row}, low);
  if constexpr (is_complex_type<T>) {
    const Scratch<T> copy(r * h);  // conjugate
    for (Index i = 0; i < r; ++i)
      for (Index j = 0; j < h; ++j) copy.data()[i * h + j] = low.p[i * a.row + j];
    conjugate_low();
    subtract_square<T>(r, h, {low.p, a.row}, {copy.data(), 1, h}, a.at(h, h));
  } else {
    subtract_square<T>(r, h, {low.p, a.row}, {low.p, 1, a.row}, a.at(h, h));
  }
  const Index failed = factor(r, a.at(h, h));
  return failed == 0 ? 0 : failed + h;
}

void cholesky(const char*, const View& a, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Index n = m.rows;
    for_batch(m.count, cube(n) / 3, [&](Index item) {
      T* p = m[item];
      info.as<std::int32_t>()[item] = static_cast<std::int32_t>(factor<T>(n, {p, n}));
      for (Index i = 0; i < n; ++i)
        for (Index j = i + 1; j < n; ++j) p[i * n + j] = T(0);
    });
  });
}

// --- LU -------------------------------------------------------------------------------------------------------------------------

/// Exchanges rows of b [.., k] as pivots 0 to n - 1 say, in their order or backwards.
template <class T> void exchange(Strided<T> b, Index k, const std::int32_t* pivots, Index n, bool backwards) {
  for (Index step = 0; step < n; ++step) {
    const Index i = backwards ? n - 1 - step : step, j = pivots[i] - 1;
    T *p = b.p + i * b.row, *q = b.p + j * b.row;
    if (i == j) continue;
    for (Index c = 0; c < k; ++c) {
      const T t = p[c];
      p[c] = q[c], q[c] = t;
    }
  }
}

/// a [m, n] = L and U, by halves of its columns; 0, or the number of the first pivot that is 0.
template <class T> Index factor(Index m, Index n, Strided<T> a, std::int32_t* pivots) {
  const Index k = m < n ? m : n;
  if (n <= linalg_block / 2 || m == 1) return block_lu(a.p, m, n, a.row, pivots);
  const Index h = k <= linalg_block / 2 ? k : k <= linalg_block ? linalg_block / 2 : half(k), r = n - h;
  Index failed = factor(m, h, a, pivots);
  const Strided<T> right = a.at(0, h), rest = a.at(h, h);
  exchange(right, r, pivots, h, false);
  solve_triangle<T>({.left = true, .lower = true, .unit = true}, h, r, {a.p, a.row}, right);
  if (h == k) return failed;
  subtract_product<T>(m - h, r, h, {a.at(h, 0).p, a.row}, {right.p, a.row}, rest);
  const Index later = factor(m - h, r, rest, pivots + h);
  exchange(a.at(h, 0), h, pivots + h, k - h, false);
  for (Index i = h; i < k; ++i) pivots[i] += static_cast<std::int32_t>(h);
  if (failed == 0 && later != 0) failed = later + h;
  return failed;
}

void lu(const char* op, const View& a, const View& pivots, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Index k = m.rows < m.cols ? m.rows : m.cols;
    if (m.rows > INT32_MAX) value_error(op, "pivots are int32: at most 2^31 - 1 rows; got rows=", m.rows);
    if (k == 0) return;
    for_batch(m.count, 2 * cube(k) / 3, [&](Index item) {
      info.as<std::int32_t>()[item] = static_cast<std::int32_t>(factor<T>(m.rows, m.cols, {m[item], m.cols}, pivots.as<std::int32_t>() + item * k));
    });
  });
}

/// x [n, k] = A^-1 x, or A^-T x if `transpose`, for A = P L U.
template <class T> void solve(Index n, Index k, const T* f, const std::int32_t* pivots, T* x, bool transpose) {
  const Index row = transpose ? 1 : n, col = transpose ? n : 1;
  if (!transpose) exchange<T>({x, k}, k, pivots, n, false);
  solve_triangle<T>({.left = true, .lower = true, .unit = !transpose}, n, k, {f, row, col}, {x, k});
  solve_triangle<T>({.left = true, .lower = false, .unit = transpose}, n, k, {f, row, col}, {x, k});
  if (transpose) exchange<T>({x, k}, k, pivots, n, true);
}

void lu_solve(const char*, const View& factors, const View& pivots, const View& b, bool adjoint) {
  by_type(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> f(factors), x(b);
    const Index n = f.rows, k = x.cols;
    if (n == 0 || k == 0) return;
    for_batch(x.count, 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(k), [&](Index item) {
      if (adjoint) conjugate(x[item], n * k);  // A^H x = b is A^T conj(x) = conj(b)
      solve(n, k, f[item], pivots.as<std::int32_t>() + item * n, x[item], adjoint);
      if (adjoint) conjugate(x[item], n * k);
    });
  });
}

void inverse(const char* op, const View& a, const View& info) {
  by_type(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Matrices<T> m(a);
    const Index n = m.rows;
    if (n > INT32_MAX) value_error(op, "pivots are int32: at most 2^31 - 1 rows; got rows=", n);
    for_batch(m.count, 3 * cube(n), [&](Index item) {
      const Scratch<T> factors(n * n);
      const Scratch<std::int32_t> pivots(n);
      T* p = m[item];
      for (Index i = 0; i < n * n; ++i) factors.data()[i] = p[i];
      const Index failed = factor<T>(n, n, {factors.data(), n}, pivots.data());
      info.as<std::int32_t>()[item] = static_cast<std::int32_t>(failed);
      if (failed != 0) return;
      for (Index i = 0; i < n * n; ++i) p[i] = T(0);
      for (Index i = 0; i < n; ++i) p[i * n + i] = T(1);
      solve(n, n, factors.data(), pivots.data(), p, false);
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

}  // namespace ph::cpu
