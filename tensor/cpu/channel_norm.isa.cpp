// Batch, instance and group normalisation: sums around a mean, and one pass that applies them.
#include "playhead/tensor/cpu/channel_norm.h"

#include "playhead/tensor/cpu/lanes.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

// A chunk is read again from the first cache for the squares around its own mean: exact where a sum of squares would cancel.
template <class T>
void moments(Moments* out, const T* x, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, x += n) {
    Moments all;
    for (Int begin = 0; begin < n; begin += row_chunk) {
      const T* p = x + begin;
      const Int k = n - begin < row_chunk ? n - begin : row_chunk;
      const double count = static_cast<double>(k);
      const T m = static_cast<T>(row_sum<T>(k, [=](Int i) { return p[i]; }) / count);
      const auto away = [=](Int i) { return p[i] - m; };
      const TwoSums s = two_row_sums<T>(k, away, away);
      // What rounding m has left is corrected.
      const double rest = s.first / count;
      join(all, {count, static_cast<double>(m) + rest, s.second - s.first * rest});
    }
    out[r] = all;
  }
}

template <class T>
void column_moments(Moments* out, const T* x, Int rows, Int n) {
  constexpr Int width = 256, some = 64;
  for (Int r0 = 0; r0 < rows; r0 += some) {
    const Int k = rows - r0 < some ? rows - r0 : some;
    for (Int j0 = 0; j0 < n; j0 += width) {
      const Int w = n - j0 < width ? n - j0 : width;
      const T* p = x + r0 * n + j0;
      double mean[width] = {}, square[width] = {};
      for (Int r = 0; r < k; ++r)
        for (Int j = 0; j < w; ++j) mean[j] += static_cast<double>(p[r * n + j]);
      for (Int j = 0; j < w; ++j) mean[j] /= static_cast<double>(k);
      for (Int r = 0; r < k; ++r)
        for (Int j = 0; j < w; ++j) {
          const double d = static_cast<double>(p[r * n + j]) - mean[j];
          square[j] += d * d;
        }
      for (Int j = 0; j < w; ++j) join(out[j0 + j], {static_cast<double>(k), mean[j], square[j]});
    }
  }
}

template <class T>
void apply(T* y, const T* x, const T* m, const T* a, const T* b, Int first, Int period, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, y += n, x += n) {
    const Int j = (first + r) % period;
    const T mj = m[j], aj = a[j], bj = b[j];
    for (Int i = 0; i < n; ++i) y[i] = math::madd(x[i] - mj, aj, bj);
  }
}

template <class T>
void apply_columns(T* y, const T* x, const T* m, const T* a, const T* b, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, y += n, x += n)
    for (Int j = 0; j < n; ++j) y[j] = math::madd(x[j] - m[j], a[j], b[j]);
}

template <class T>
void sums(double* sg, double* sgx, const T* g, const T* x, const T* m, Int first, Int period, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, g += n, x += n) {
    const T mj = m[(first + r) % period];
    const TwoSums s = two_row_sums<T>(n, [=](Int i) { return g[i]; }, [=](Int i) { return x[i] - mj; });
    sg[r] = s.first;
    sgx[r] = s.second;
  }
}

template <class T>
void column_sums(double* sg, double* sgx, const T* g, const T* x, const T* m, Int rows, Int n) {
  constexpr Int width = 256, some = 64;
  for (Int r0 = 0; r0 < rows; r0 += some) {
    const Int r1 = rows - r0 < some ? rows : r0 + some;
    for (Int j0 = 0; j0 < n; j0 += width) {
      const Int w = n - j0 < width ? n - j0 : width;
      T s[width] = {}, t[width] = {};
      for (Int r = r0; r < r1; ++r) {
        const T *gr = g + r * n + j0, *xr = x + r * n + j0, *mr = m + j0;
        for (Int j = 0; j < w; ++j) {
          s[j] += gr[j];
          t[j] += gr[j] * (xr[j] - mr[j]);
        }
      }
      for (Int j = 0; j < w; ++j) {
        sg[j0 + j] += static_cast<double>(s[j]);
        sgx[j0 + j] += static_cast<double>(t[j]);
      }
    }
  }
}

template <class T>
void gradient(T* dx, const T* g, const T* x, const T* m, const T* a, const T* b, const T* c, Int first, Int period, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, dx += n, g += n, x += n) {
    const Int j = (first + r) % period;
    const T mj = m[j], aj = a[j], bj = b[j], cj = c[j];
    for (Int i = 0; i < n; ++i) dx[i] = math::madd(g[i], aj, math::madd(x[i] - mj, bj, cj));
  }
}

template <class T>
void column_gradient(T* dx, const T* g, const T* x, const T* m, const T* a, const T* b, const T* c, Int rows, Int n) {
  for (Int r = 0; r < rows; ++r, dx += n, g += n, x += n)
    for (Int j = 0; j < n; ++j) dx[j] = math::madd(g[j], a[j], math::madd(x[j] - m[j], b[j], c[j]));
}

template <class T>
constexpr ChannelNormLoops<T> loops = {moments<T>, column_moments<T>, apply<T>, apply_columns<T>, sums<T>, column_sums<T>, gradient<T>, column_gradient<T>};

}  // namespace

const ChannelNormLoops<float>& channel_norm_loops_f32() { return loops<float>; }
const ChannelNormLoops<double>& channel_norm_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
