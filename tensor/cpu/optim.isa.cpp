// One pass over a parameter, its gradient and its state: each is read and written once.
#include "playhead/tensor/cpu/optim.h"

namespace ph::cpu::PH_ISA {

namespace {

template <class T>
inline T root(T x) {
  if constexpr (sizeof(T) == 4) return __builtin_sqrtf(x);
  else return __builtin_sqrt(x);
}

template <class T>
void sgd_loop(T* p, const T* g, T* v, bool first, std::int64_t n, const SGDStep& how) {
  const T lr = static_cast<T>(how.lr), decay = static_cast<T>(how.weight_decay);
  if (!v) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) p[i] -= lr * (g[i] + decay * p[i]);
    return;
  }
  const T keep = first ? T(0) : static_cast<T>(how.momentum), take = first ? T(1) : static_cast<T>(1 - how.dampening);
  const T by_g = how.nesterov ? T(1) : T(0), by_v = how.nesterov ? static_cast<T>(how.momentum) : T(1);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + decay * p[i];
    v[i] = keep * v[i] + take * d;
    p[i] -= lr * (by_g * d + by_v * v[i]);
  }
}

template <class T>
void adam_loop(T* p, const T* g, T* m, T* v, std::int64_t n, const AdamStep& how) {
  const T beta1 = static_cast<T>(how.beta1), beta2 = static_cast<T>(how.beta2);
  const T rest1 = static_cast<T>(1 - how.beta1), rest2 = static_cast<T>(1 - how.beta2);
  const T into_g = how.decoupled ? T(0) : static_cast<T>(how.weight_decay);
  const T shrink = how.decoupled ? static_cast<T>(1 - how.lr * how.weight_decay) : T(1);
  const T step = static_cast<T>(how.lr / how.bias1), correct = static_cast<T>(1 / __builtin_sqrt(how.bias2)), eps = static_cast<T>(how.eps);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = g[i] + into_g * p[i];
    m[i] = beta1 * m[i] + rest1 * d;
    v[i] = beta2 * v[i] + rest2 * (d * d);
    p[i] = shrink * p[i] - step * m[i] / (root(v[i]) * correct + eps);
  }
}

}  // namespace

void sgd_f32(float* p, const float* g, float* v, bool first, std::int64_t n, const SGDStep& how) { sgd_loop(p, g, v, first, n, how); }
void sgd_f64(double* p, const double* g, double* v, bool first, std::int64_t n, const SGDStep& how) { sgd_loop(p, g, v, first, n, how); }
void adam_f32(float* p, const float* g, float* m, float* v, std::int64_t n, const AdamStep& how) { adam_loop(p, g, m, v, n, how); }
void adam_f64(double* p, const double* g, double* m, double* v, std::int64_t n, const AdamStep& how) { adam_loop(p, g, m, v, n, how); }

}  // namespace ph::cpu::PH_ISA
