// Softmax of rows that are in cache: largest element, exponentials and their sum, scaling.
#include "playhead/tensor/cpu/softmax.h"

#include "playhead/tensor/cpu/lanes.h"
#include "playhead/tensor/math_exp.h"
#include "playhead/tensor/math_log.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

template <class T>
void softmax_rows(T* y, const T* x, Int rows, Int n, bool log) {
  for (Int r = 0; r < rows; ++r, x += n, y += n) {
    const T m = row_max(x, n);
    if (log) {
      const T shift = static_cast<T>(math::log(row_sum<T>(n, [=](Int i) { return math::exp_weight(x[i] - m); })));
      for (Int i = 0; i < n; ++i) y[i] = (x[i] - m) - shift;
    } else {
      const T scale = static_cast<T>(1 / row_sum<T>(n, [=](Int i) { return y[i] = math::exp_negative(x[i] - m); }));
      for (Int i = 0; i < n; ++i) y[i] *= scale;
    }
  }
}

template <class T>
void softmax_grad_rows(T* dx, const T* g, const T* y, Int rows, Int n, bool log) {
  for (Int r = 0; r < rows; ++r, dx += n, g += n, y += n) {
    if (log) {
      const T s = static_cast<T>(row_sum<T>(n, [=](Int i) { return g[i]; }));
      for (Int i = 0; i < n; ++i) dx[i] = g[i] - math::exp_negative(y[i]) * s;
    } else {
      const T s = static_cast<T>(row_sum<T>(n, [=](Int i) { return g[i] * y[i]; }));
      for (Int i = 0; i < n; ++i) dx[i] = y[i] * (g[i] - s);
    }
  }
}

// The same for slices side by side: one accumulator per column. Long slices add up in double every so often.
template <class T, class F>
void column_sums(double* total, Int n, Int width, const F& f) {
  for (Int j = 0; j < width; ++j) total[j] = 0;
  for (Int begin = 0; begin < n; begin += row_chunk / row_width) {
    const Int end = n - begin < row_chunk / row_width ? n : begin + row_chunk / row_width;
    T part[softmax_columns] = {};
    for (Int i = begin; i < end; ++i)
      for (Int j = 0; j < width; ++j) part[j] += f(i, j);
    for (Int j = 0; j < width; ++j) total[j] += static_cast<double>(part[j]);
  }
}

template <class T>
void softmax_columns_of(T* y, const T* x, Int n, Int stride, Int width, bool log) {
  T m[softmax_columns];
  for (Int j = 0; j < width; ++j) m[j] = -math::infinity<T>;
  for (Int i = 0; i < n; ++i)
    for (Int j = 0; j < width; ++j) m[j] = math::maximum(m[j], x[i * stride + j]);
  double total[softmax_columns];
  T last[softmax_columns];
  if (log) {
    column_sums<T>(total, n, width, [&](Int i, Int j) { return math::exp_weight(x[i * stride + j] - m[j]); });
    for (Int j = 0; j < width; ++j) last[j] = static_cast<T>(math::log(total[j]));
    for (Int i = 0; i < n; ++i)
      for (Int j = 0; j < width; ++j) y[i * stride + j] = (x[i * stride + j] - m[j]) - last[j];
  } else {
    column_sums<T>(total, n, width, [&](Int i, Int j) { return y[i * stride + j] = math::exp_negative(x[i * stride + j] - m[j]); });
    for (Int j = 0; j < width; ++j) last[j] = static_cast<T>(1 / total[j]);
    for (Int i = 0; i < n; ++i)
      for (Int j = 0; j < width; ++j) y[i * stride + j] *= last[j];
  }
}

template <class T>
void softmax_grad_columns(T* dx, const T* g, const T* y, Int n, Int stride, Int width, bool log) {
  double total[softmax_columns];
  T s[softmax_columns];
  column_sums<T>(total, n, width, [&](Int i, Int j) { return log ? g[i * stride + j] : g[i * stride + j] * y[i * stride + j]; });
  for (Int j = 0; j < width; ++j) s[j] = static_cast<T>(total[j]);
  for (Int i = 0; i < n; ++i) {
    const Int at = i * stride;
    if (log)
      for (Int j = 0; j < width; ++j) dx[at + j] = g[at + j] - math::exp_negative(y[at + j]) * s[j];
    else
      for (Int j = 0; j < width; ++j) dx[at + j] = y[at + j] * (g[at + j] - s[j]);
  }
}

template <class T>
T log_sum_exp(const T* x, Int n) {
  const T m = row_max(x, n);
  return m + static_cast<T>(math::log(row_sum<T>(n, [=](Int i) { return math::exp_weight(x[i] - m); })));
}

template <class T>
double weighted_sum(const T* w, const T* x, Int n) {
  if (w) return row_sum<T>(n, [=](Int i) { return w[i] * x[i]; });
  return row_sum<T>(n, [=](Int i) { return x[i]; });
}

template <class T>
void cross_entropy_grad(T* dx, const T* x, const T* w, Int n, T lse, T a, T b) {
  if (w)
    for (Int i = 0; i < n; ++i) dx[i] = a * math::exp_negative(x[i] - lse) - b * w[i];
  else
    for (Int i = 0; i < n; ++i) dx[i] = a * math::exp_negative(x[i] - lse) - b;
}

template <class T>
constexpr SoftmaxLoops<T> loops = {softmax_rows<T>,    softmax_grad_rows<T>, softmax_columns_of<T>,  softmax_grad_columns<T>,
                                   log_sum_exp<T>, weighted_sum<T>,      cross_entropy_grad<T>};

}  // namespace

const SoftmaxLoops<float>& softmax_loops_f32() { return loops<float>; }
const SoftmaxLoops<double>& softmax_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
