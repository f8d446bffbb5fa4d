// Normalisation of rows: each is read from memory once, and again from cache.
#include "playhead/tensor/cpu/norm.h"

#include "playhead/tensor/cpu/lanes.h"
#include "playhead/tensor/math_core.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

template <class T>
void forward(T* y, T* mean, T* rstd, const T* x, const T* w, const T* b, Int rows, Int n, double eps) {
  const double by_n = 1 / static_cast<double>(n);
  for (Int r = 0; r < rows; ++r, x += n, y += n) {
    T m = 0;
    if (mean) {
      m = static_cast<T>(row_sum<T>(n, [=](Int i) { return x[i]; }) * by_n);
      mean[r] = m;
    }
    // Around the rounded mean: what is squared below is what is normalised.
    const double var = row_sum<T>(n, [=](Int i) { return (x[i] - m) * (x[i] - m); }) * by_n;
    const T s = static_cast<T>(1 / math::sqrt(var + eps));
    rstd[r] = s;
    if (w && b)
      for (Int i = 0; i < n; ++i) y[i] = math::madd((x[i] - m) * s, w[i], b[i]);
    else if (w)
      for (Int i = 0; i < n; ++i) y[i] = (x[i] - m) * s * w[i];
    else if (b)
      for (Int i = 0; i < n; ++i) y[i] = (x[i] - m) * s + b[i];
    else
      for (Int i = 0; i < n; ++i) y[i] = (x[i] - m) * s;
  }
}

template <class T>
void input_gradient(T* dx, const T* g, const T* x, const T* w, const T* mean, const T* rstd, Int rows, Int n) {
  const double by_n = 1 / static_cast<double>(n);
  for (Int r = 0; r < rows; ++r, dx += n, g += n, x += n) {
    const T m = mean ? mean[r] : T(0), s = rstd[r];
    const auto hat = [=](Int i) { return (x[i] - m) * s; };
    const TwoSums sums = w ? two_row_sums<T>(n, [=](Int i) { return g[i] * w[i]; }, hat) : two_row_sums<T>(n, [=](Int i) { return g[i]; }, hat);
    // Without centring the mean is no function of x.
    const T p = mean ? static_cast<T>(sums.first * by_n) : T(0), q = static_cast<T>(sums.second * by_n);
    if (w)
      for (Int i = 0; i < n; ++i) dx[i] = s * ((g[i] * w[i] - p) - (x[i] - m) * s * q);
    else
      for (Int i = 0; i < n; ++i) dx[i] = s * ((g[i] - p) - (x[i] - m) * s * q);
  }
}

// Columns in blocks that fit the first cache; a few rows in T, then into the sums.
template <class T>
void weight_gradient(double* dw, double* db, const T* g, const T* x, const T* mean, const T* rstd, Int rows, Int n) {
  constexpr Int width = 512, some = 64;
  for (Int r0 = 0; r0 < rows; r0 += some) {
    const Int r1 = rows - r0 < some ? rows : r0 + some;
    for (Int j0 = 0; j0 < n; j0 += width) {
      const Int k = n - j0 < width ? n - j0 : width;
      T a[width] = {}, b[width] = {};
      for (Int r = r0; r < r1; ++r) {
        const T m = mean ? mean[r] : T(0), s = rstd[r];
        const T *gr = g + r * n + j0, *xr = x + r * n + j0;
        for (Int j = 0; j < k; ++j) {
          a[j] += gr[j] * ((xr[j] - m) * s);
          b[j] += gr[j];
        }
      }
      if (dw)
        for (Int j = 0; j < k; ++j) dw[j0 + j] += static_cast<double>(a[j]);
      if (db)
        for (Int j = 0; j < k; ++j) db[j0 + j] += static_cast<double>(b[j]);
    }
  }
}

template <class T>
void backward(T* dx, double* dw, double* db, const T* g, const T* x, const T* w, const T* mean, const T* rstd, Int rows, Int n) {
  // A handful of rows at a time, so that the second pass finds them in cache.
  const Int some = n < 1024 ? 64 : 8;
  for (Int r = 0; r < rows; r += some) {
    const Int k = rows - r < some ? rows - r : some;
    const T* m = mean ? mean + r : nullptr;
    if (dx) input_gradient(dx + r * n, g + r * n, x + r * n, w, m, rstd + r, k, n);
    if (dw || db) weight_gradient(dw, db, g + r * n, x + r * n, m, rstd + r, k, n);
  }
}

template <class T>
constexpr NormLoops<T> loops = {forward<T>, backward<T>};

}  // namespace

const NormLoops<float>& norm_loops_f32() { return loops<float>; }
const NormLoops<double>& norm_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
