// Inner loops of the reductions: plain loops that the compiler turns into SIMD code. The order of the additions is written out
// and the same for each instruction set. Layouts, chunks and threads are in reduce.cpp.
#include "playhead/tensor/cpu/reduce_loops.h"
#include "playhead/tensor/math.h"

namespace ph::cpu::PH_ISA {
namespace {

using std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t;

template <class T> constexpr bool is_float = __is_same(T, float) || __is_same(T, double);
template <class A> constexpr A least() {
  if constexpr (is_float<A>) return -static_cast<A>(__builtin_inf());
  else if constexpr (static_cast<A>(-1) < static_cast<A>(0)) return static_cast<A>(static_cast<A>(1) << (8 * sizeof(A) - 1));
  else return 0;
}
template <class A> constexpr A greatest() {
  if constexpr (is_float<A>) return static_cast<A>(__builtin_inf());
  else return static_cast<A>(~least<A>());
}
/// Strictly before `a` in the search for an extremum: greater (or less), or the first NaN.
template <bool Largest, class A> inline bool better(A x, A a) {
  bool b = Largest ? x > a : x < a;
  if constexpr (is_float<A>) b = b | ((x != x) & (a == a));
  return b;
}

/// One kind of fold over lanes of type I with accumulators of type A.
template <Fold F, class I, class A>
struct Op {
  static constexpr A identity() {
    if constexpr (F == Fold::prod) return A(1);
    else if constexpr (F == Fold::min) return greatest<A>();
    else if constexpr (F == Fold::max) return least<A>();
    else return A(0);
  }
  static inline A map(I x, double extra) {
    if constexpr (F == Fold::square) return static_cast<A>(x) * static_cast<A>(x);
    else if constexpr (F == Fold::squared_deviation) {
      const A d = static_cast<A>(x) - extra;
      return d * d;
    } else if constexpr (F == Fold::exp) return static_cast<A>(math::exp(static_cast<I>(x - static_cast<I>(extra))));
    else return static_cast<A>(x);
  }
  static inline A combine(A a, A b) {
    if constexpr (F == Fold::prod) return a * b;
    else if constexpr (F == Fold::min || F == Fold::max) {
      const A r = F == Fold::max ? (b > a ? b : a) : (b < a ? b : a);  // keeps a NaN in a
      if constexpr (is_float<A>) return b == b ? r : b;
      else return r;
    } else return a + b;
  }
};

template <class O, class A> void init(void* acc, int64_t n) {
  for (int64_t j = 0; j < n; ++j) static_cast<A*>(acc)[j] = O::identity();
}

template <class O, class A> void combine(void* a_, const void* b_, int64_t n) {
  A* __restrict a = static_cast<A*>(a_);
  const A* __restrict b = static_cast<const A*>(b_);
  for (int64_t j = 0; j < n; ++j) a[j] = O::combine(a[j], b[j]);
}

// Four rows at a time, so that accumulators are read and written once for four elements. ExtraStep is 0 for one `extra` for all.
template <class O, class I, class A, int ExtraStep>
inline __attribute__((always_inline)) void fold_columns(A* __restrict acc, const I* __restrict x, int64_t stride, int64_t rows,
                                                        int64_t n, const double* __restrict extra) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const I *x0 = x + r * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    for (int64_t j = 0; j < n; ++j) {
      const double e = extra[j * ExtraStep];
      acc[j] = O::combine(acc[j], O::combine(O::combine(O::map(x0[j], e), O::map(x1[j], e)), O::combine(O::map(x2[j], e), O::map(x3[j], e))));
    }
  }
  for (; r < rows; ++r) {
    const I* x0 = x + r * stride;
    for (int64_t j = 0; j < n; ++j) acc[j] = O::combine(acc[j], O::map(x0[j], extra[j * ExtraStep]));
  }
}

constexpr double no_extra = 0;

template <class O, class I, class A, bool Extra>
void columns(void* acc, const void* x, int64_t stride, int64_t rows, int64_t n, const double* extra) {
  fold_columns<O, I, A, Extra>(static_cast<A*>(acc), static_cast<const I*>(x), stride, rows, n, Extra ? extra : &no_extra);
}

template <class O, class I, class A, bool Extra>
void rows(void* acc, const void* x_, int64_t stride, int64_t count, int64_t n, const double* extra) {
  for (int64_t i = 0; i < count; ++i) {
    const I* x = static_cast<const I*>(x_) + i * stride;
    const double e = Extra ? extra[i] : 0;
    A lane[row_lanes];
    for (int64_t j = 0; j < row_lanes; ++j) lane[j] = O::identity();
    const int64_t whole = n / row_lanes;
    fold_columns<O, I, A, 0>(lane, x, row_lanes, whole, row_lanes, &e);
    x += whole * row_lanes;
    for (int64_t j = 0; j < n % row_lanes; ++j) lane[j] = O::combine(lane[j], O::map(x[j], e));
    for (int64_t half = row_lanes / 2; half > 0; half /= 2)
      for (int64_t j = 0; j < half; ++j) lane[j] = O::combine(lane[j], lane[j + half]);
    static_cast<A*>(acc)[i] = lane[0];
  }
}

template <Fold F, class I, class A> FoldLoops loops_of() {
  using O = Op<F, I, A>;
  constexpr bool extra = F == Fold::squared_deviation || F == Fold::exp;
  return {sizeof(I), sizeof(A), init<O, A>, columns<O, I, A, extra>, rows<O, I, A, extra>, combine<O, A>};
}

template <Fold F> FoldLoops sums(Lane lane) {
  return lane == Lane::f32 ? loops_of<F, float, double>() : loops_of<F, double, double>();
}

template <Fold F> FoldLoops extrema(Lane lane) {
  switch (lane) {
    case Lane::u8: return loops_of<F, uint8_t, uint8_t>();
    case Lane::i32: return loops_of<F, int32_t, int32_t>();
    case Lane::i64: return loops_of<F, int64_t, int64_t>();
    case Lane::u64: return loops_of<F, uint64_t, uint64_t>();
    case Lane::f32: return loops_of<F, float, float>();
    default: return loops_of<F, double, double>();
  }
}

// --- argmin, argmax ---

template <bool Largest, class V, class X>
void arg_columns(void* acc_, void* index_, const void* x_, int64_t stride, int64_t rows, int64_t n) {
  V* __restrict acc = static_cast<V*>(acc_);
  X* __restrict index = static_cast<X*>(index_);
  const V* __restrict x = static_cast<const V*>(x_);
  for (int64_t j = 0; j < n; ++j) acc[j] = x[j], index[j] = 0;
  for (int64_t r = 1; r < rows; ++r) {
    const V* xr = x + r * stride;
    const X i = static_cast<X>(r);
    for (int64_t j = 0; j < n; ++j) {
      const V v = xr[j], a = acc[j];
      const bool b = better<Largest>(v, a);
      acc[j] = b ? v : a;
      index[j] = b ? i : index[j];
    }
  }
}

template <bool Largest, class V, class X>
void arg_row(void* acc, void* index, const void* x_, int64_t n) {
  const V* x = static_cast<const V*>(x_);
  V best = x[0];
  int64_t at = 0, done = 1;
  if (n >= row_lanes) {
    V lane[row_lanes];
    X where[row_lanes];
    const int64_t rows = n / row_lanes;
    arg_columns<Largest, V, X>(lane, where, x, row_lanes, rows, row_lanes);
    done = rows * row_lanes;
    best = lane[0], at = where[0] * row_lanes;
    for (int64_t j = 1; j < row_lanes; ++j) {
      const int64_t i = where[j] * row_lanes + j;
      // Of equals, the earlier one; two NaNs are equals here.
      const bool same = !better<Largest>(lane[j], best) && !better<Largest>(best, lane[j]);
      if (better<Largest>(lane[j], best) || (same && i < at)) best = lane[j], at = i;
    }
  }
  for (int64_t i = done; i < n; ++i)
    if (better<Largest>(x[i], best)) best = x[i], at = i;
  *static_cast<V*>(acc) = best;
  *static_cast<X*>(index) = static_cast<X>(at);
}

template <bool Largest, class V, class X>
void arg_combine(void* a_, int64_t* total, const void* b_, const void* index, int64_t offset, int64_t n) {
  V* a = static_cast<V*>(a_);
  const V* b = static_cast<const V*>(b_);
  for (int64_t j = 0; j < n; ++j)
    if (better<Largest>(b[j], a[j])) a[j] = b[j], total[j] = static_cast<const X*>(index)[j] + offset;
}

template <class X>
void arg_widen(int64_t* total, const void* index, int64_t offset, int64_t n) {
  for (int64_t j = 0; j < n; ++j) total[j] = static_cast<const X*>(index)[j] + offset;
}

template <bool Largest, class V> ArgLoops arg_loops_of() {
  using X = decltype([] { if constexpr (sizeof(V) <= 4) return int32_t{}; else return int64_t{}; }());
  return {sizeof(V), arg_columns<Largest, V, X>, arg_row<Largest, V, X>, arg_combine<Largest, V, X>, arg_combine<Largest, V, int64_t>, arg_widen<X>};
}

template <bool Largest> ArgLoops arg_loops_for(Lane lane) {
  switch (lane) {
    case Lane::i32: return arg_loops_of<Largest, int32_t>();
    case Lane::i64: return arg_loops_of<Largest, int64_t>();
    case Lane::u64: return arg_loops_of<Largest, uint64_t>();
    case Lane::f32: return arg_loops_of<Largest, float>();
    default: return arg_loops_of<Largest, double>();
  }
}

// --- conversion to lanes ---

template <Map M, class L, class T> void load(void* lanes_, const void* x_, int64_t n) {
  L* __restrict lanes = static_cast<L*>(lanes_);
  const T* __restrict x = static_cast<const T*>(x_);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (M == Map::nonzero) lanes[i] = x[i] != T(0);
    else if constexpr (M == Map::nan_to_zero) lanes[i] = static_cast<L>(x[i] == x[i] ? x[i] : T(0));
    else if constexpr (M == Map::abs) lanes[i] = static_cast<L>(__builtin_fabs(static_cast<double>(x[i])));
    else lanes[i] = static_cast<L>(x[i]);
  }
}
/// Halves are zero when all bits but the sign are.
void load_nonzero_half(void* lanes_, const void* x_, int64_t n) {
  uint8_t* __restrict lanes = static_cast<uint8_t*>(lanes_);
  const uint16_t* __restrict x = static_cast<const uint16_t*>(x_);
  for (int64_t i = 0; i < n; ++i) lanes[i] = (x[i] & 0x7fff) != 0;
}

LoadLoop load_nonzero(DType from) {
  switch (from) {
    case DType::float16: case DType::bfloat16: return load_nonzero_half;
    case DType::float32: return load<Map::nonzero, uint8_t, float>;
    case DType::float64: return load<Map::nonzero, uint8_t, double>;
    case DType::complex64: return load<Map::nonzero, uint8_t, cfloat>;
    case DType::complex128: return load<Map::nonzero, uint8_t, cdouble>;
    default: break;
  }
  switch (itemsize(from)) {
    case 1: return load<Map::nonzero, uint8_t, uint8_t>;
    case 2: return load<Map::nonzero, uint8_t, uint16_t>;
    case 4: return load<Map::nonzero, uint8_t, uint32_t>;
    default: return load<Map::nonzero, uint8_t, uint64_t>;
  }
}

template <class L> LoadLoop load_integer(DType from) {
  switch (from) {
    case DType::boolean: case DType::uint8: return load<Map::none, L, uint8_t>;
    case DType::uint16: return load<Map::none, L, uint16_t>;
    case DType::uint32: return load<Map::none, L, uint32_t>;
    case DType::int8: return load<Map::none, L, int8_t>;
    case DType::int16: return load<Map::none, L, int16_t>;
    case DType::int32: return load<Map::none, L, int32_t>;
    case DType::int64: return load<Map::none, L, int64_t>;
    default: return load<Map::none, L, uint64_t>;
  }
}

template <Map M, class L> LoadLoop load_float(DType from) {
  switch (from) {
    case DType::float16: return load<M, L, Half>;
    case DType::bfloat16: return load<M, L, BFloat16>;
    case DType::float32: return load<M, L, float>;
    default: return load<M, L, double>;
  }
}

}  // namespace

FoldLoops fold_loops(Fold fold, Lane lane) {
  switch (fold) {
    case Fold::sum:
      if (lane == Lane::u8) return loops_of<Fold::sum, uint8_t, uint64_t>();
      if (lane == Lane::u64) return loops_of<Fold::sum, uint64_t, uint64_t>();
      return sums<Fold::sum>(lane);
    case Fold::square: return sums<Fold::square>(lane);
    case Fold::squared_deviation: return sums<Fold::squared_deviation>(lane);
    case Fold::exp: return sums<Fold::exp>(lane);
    case Fold::prod:
      if (lane == Lane::u64) return loops_of<Fold::prod, uint64_t, uint64_t>();
      if (lane == Lane::c128) return loops_of<Fold::prod, cdouble, cdouble>();
      return loops_of<Fold::prod, double, double>();
    case Fold::min: return extrema<Fold::min>(lane);
    case Fold::max: return extrema<Fold::max>(lane);
  }
  __builtin_unreachable();
}

ArgLoops arg_loops(bool largest, Lane lane) { return largest ? arg_loops_for<true>(lane) : arg_loops_for<false>(lane); }

LoadLoop load_loop(Lane lane, DType from, Map map) {
  if (map == Map::nonzero) return load_nonzero(from);
  if (map == Map::nan_to_zero) return load_float<Map::nan_to_zero, double>(from);
  if (map == Map::abs) return load_float<Map::abs, double>(from);
  switch (lane) {
    case Lane::u8: return load<Map::none, uint8_t, uint8_t>;
    case Lane::i32: return load_integer<int32_t>(from);
    case Lane::i64: case Lane::u64: return load_integer<uint64_t>(from);
    case Lane::f32: return load_float<Map::none, float>(from);
    case Lane::f64: return is_floating(from) ? load_float<Map::none, double>(from) : load_integer<double>(from);
    case Lane::c128: return from == DType::complex64 ? load<Map::none, cdouble, cfloat> : load<Map::none, cdouble, cdouble>;
  }
  __builtin_unreachable();
}

}  // namespace ph::cpu::PH_ISA
