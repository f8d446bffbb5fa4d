// What attention does to tiles of scores between its matrix products.
#include "playhead/tensor/cpu/attention.h"

#include "playhead/tensor/math_exp.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;
constexpr Int apart = attention_queries;

template <class T>
void top(T* top, const T* s, Int rows, Int width) {
  T m[apart];
  for (Int i = 0; i < width; ++i) m[i] = top[i];
  for (Int r = 0; r < rows; ++r)
    for (Int i = 0; i < width; ++i) m[i] = math::maximum(m[i], s[r * apart + i]);
  for (Int i = 0; i < width; ++i) top[i] = m[i];
}

template <class T>
void exp_sum(T* s, T* sum, const T* base, Int rows, Int width) {
  T b[apart], total[apart];
  for (Int i = 0; i < width; ++i) b[i] = base[i], total[i] = 0;
  constexpr Int some = 32;  // added up apart, which rounds less
  for (Int r0 = 0; r0 < rows; r0 += some) {
    const Int r1 = rows - r0 < some ? rows : r0 + some;
    T part[apart] = {};
    for (Int r = r0; r < r1; ++r) {
      T* row = s + r * apart;
      for (Int i = 0; i < width; ++i) {
        const T e = math::exp_weight(row[i] - b[i]);
        row[i] = e;
        part[i] += e;
      }
    }
    for (Int i = 0; i < width; ++i) total[i] += part[i];
  }
  for (Int i = 0; i < width; ++i) sum[i] = total[i];
}

template <class T>
void scale(T* s, const T* by, Int rows, Int width) {
  T b[apart];
  for (Int i = 0; i < width; ++i) b[i] = by[i];
  for (Int r = 0; r < rows; ++r)
    for (Int i = 0; i < width; ++i) s[r * apart + i] *= b[i];
}

template <class T>
void grad(T* p, T* ds, const T* lse, const T* delta, Int rows, Int width) {
  T l[apart], d[apart];
  for (Int i = 0; i < width; ++i) l[i] = lse[i], d[i] = delta[i];
  for (Int r = 0; r < rows; ++r)
    for (Int i = 0; i < width; ++i) {
      const T e = math::exp_weight(p[r * apart + i] - l[i]);
      const T v = e * (ds[r * apart + i] - d[i]);
      p[r * apart + i] = e;
      ds[r * apart + i] = v;
    }
}

template <class T>
constexpr AttentionLoops<T> loops = {top<T>, exp_sum<T>, scale<T>, grad<T>};

}  // namespace

const AttentionLoops<float>& attention_loops_f32() { return loops<float>; }
const AttentionLoops<double>& attention_loops_f64() { return loops<double>; }

}  // namespace ph::cpu::PH_ISA
