// The loops of pool.h: steps of one and two, which vectors know, have loops of their own.
#include "playhead/tensor/cpu/pool.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

/// f(step) with the commonest steps as constants.
template <class F>
inline void with_step(Int step, const F& f) {
  struct One { constexpr operator Int() const { return 1; } };
  struct Two { constexpr operator Int() const { return 2; } };
  if (step == 1) f(One());
  else if (step == 2) f(Two());
  else f(step);
}

template <class T>
void max_run(T* __restrict best, Int* __restrict where, const PoolRun<T>& run) {
  const T* __restrict x = run.x;
  const Int n = run.n, at = run.at;
  with_step(run.step, [=](auto step) {
    for (Int j = 0; j < n; ++j) {
      const T v = x[j * step], b = best[j];
      const Int w = where[j];
      const bool takes = (w < 0) | (v > b) | ((v != v) & (b == b));
      best[j] = takes ? v : b;
      where[j] = takes ? at + j * step : w;
    }
  });
}

template <class T>
void add_run(T* __restrict sum, const PoolRun<T>& run) {
  const T* __restrict x = run.x;
  const Int n = run.n;
  with_step(run.step, [=](auto step) {
    for (Int j = 0; j < n; ++j) sum[j] += x[j * step];
  });
}

template <class T>
void spread(T* __restrict x, Int step_, const T* __restrict g, Int n) {
  with_step(step_, [=](auto step) {
    for (Int j = 0; j < n; ++j) x[j * step] += g[j];
  });
}

template <class T>
constexpr PoolLoops<T> loops{max_run<T>, add_run<T>, spread<T>};

}  // namespace

const PoolLoops<float>& pool_loops_f32() { return loops<float>; }
const PoolLoops<double>& pool_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
