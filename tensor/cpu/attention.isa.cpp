// What attention does to rows of scores between its matrix products.
#include "playhead/tensor/cpu/attention.h"

#include "playhead/tensor/cpu/lanes.h"
#include "playhead/tensor/math_exp.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

template <class T>
void add(T* s, const T* mask, Int step, Int n) {
  if (step == 1)
    for (Int i = 0; i < n; ++i) s[i] += mask[i];
  else
    for (Int i = 0; i < n; ++i) s[i] += mask[i * step];
}
template <class T>
void hide(T* s, const std::uint8_t* mask, Int step, Int n) {
  for (Int i = 0; i < n; ++i) s[i] = math::where(mask[i * step] != 0, s[i], -math::infinity<T>);
}
template <class T>
T max(const T* s, Int n) { return row_max(s, n); }
template <class T>
double exp_sum(T* s, Int n, T m) {
  return row_sum<T>(n, [=](Int i) { return s[i] = math::exp_negative(s[i] - m); });
}
template <class T>
void scale(T* y, T by, Int n) {
  for (Int i = 0; i < n; ++i) y[i] *= by;
}
template <class T>
double dot(const T* a, const T* b, Int n) {
  return row_sum<T>(n, [=](Int i) { return a[i] * b[i]; });
}
template <class T>
void grad(T* p, T* ds, Int n, T lse, T delta) {
  for (Int i = 0; i < n; ++i) {
    const T e = math::exp_negative(p[i] - lse);
    p[i] = e;
    ds[i] = e * (ds[i] - delta);
  }
}

template <class T>
constexpr AttentionLoops<T> loops = {add<T>, hide<T>, max<T>, exp_sum<T>, scale<T>, dot<T>, grad<T>};

}  // namespace

const AttentionLoops<float>& attention_loops_f32() { return loops<float>; }
const AttentionLoops<double>& attention_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
