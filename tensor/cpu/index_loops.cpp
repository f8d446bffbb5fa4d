// The typed loops of index_loops.h.
#include "playhead/tensor/cpu/index_loops.h"

#include <cstring>

namespace ph::cpu {
namespace {

struct Bytes16 {
  std::uint64_t a, b;
};

struct Assign {
  template <class T> static T apply(T, T b) { return b; }
};
struct Add {
  template <class T> static T apply(T a, T b) { return static_cast<T>(a + b); }
};
struct Multiply {
  template <class T> static T apply(T a, T b) { return static_cast<T>(a * b); }
};
// A NaN on either side wins.
struct Minimum {
  template <class T> static T apply(T a, T b) { return a < b || a != a ? a : b; }
};
struct Maximum {
  template <class T> static T apply(T a, T b) { return a > b || a != a ? a : b; }
};

// 16-bit floats are combined as float, small integers without promotion's sign surprises.
template <class T, class Op>
T combine(T a, T b) {
  if constexpr (__is_same(T, Half) || __is_same(T, BFloat16)) return T(Op::apply(static_cast<float>(a), static_cast<float>(b)));
  else return Op::template apply<T>(a, b);
}

template <class T, class Op>
void at_loop(void* dst, const std::int64_t* doff, const void* src, const std::int64_t* soff, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  for (std::int64_t i = 0; i < n; ++i) d[doff[i]] = combine<T, Op>(d[doff[i]], s[soff[i]]);
}

template <class T, class Op>
void row_loop(void* dst, std::int64_t ds, const void* src, std::int64_t ss, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  if (ds == 1 && ss == 1) {
    if constexpr (__is_same(Op, Assign)) std::memcpy(d, s, static_cast<std::size_t>(n) * sizeof(T));
    else for (std::int64_t i = 0; i < n; ++i) d[i] = combine<T, Op>(d[i], s[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) d[i * ds] = combine<T, Op>(d[i * ds], s[i * ss]);
  }
}

template <class T, class Op>
void scatter_loop(const Row& r, std::int64_t low, std::int64_t span, void* x, const void* other) {
  T* d = static_cast<T*>(x);
  const T* s = static_cast<const T*>(other);
  if (r.index_step == 1 && r.other_step == 1 && r.x_step == 0 && r.step == 1 && span == r.size) {  // all in one line: no multiplications
    for (std::int64_t i = 0; i < r.n; ++i) {
      T& target = d[wrapped(r.index[i], r.size)];
      target = combine<T, Op>(target, s[i]);
    }
    return;
  }
  for (std::int64_t i = 0; i < r.n; ++i) {
    const std::int64_t j = wrapped(r.index[i * r.index_step], r.size);
    if (static_cast<std::uint64_t>(j - low) >= static_cast<std::uint64_t>(span)) continue;
    T& target = d[i * r.x_step + j * r.step];
    target = combine<T, Op>(target, s[i * r.other_step]);
  }
}

template <class T>
void gather_loop(const Row& r, const void* x, void* other) {
  const T* s = static_cast<const T*>(x);
  T* d = static_cast<T*>(other);
  for (std::int64_t i = 0; i < r.n; ++i) d[i * r.other_step] = s[i * r.x_step + wrapped(r.index[i * r.index_step], r.size) * r.step];
}

template <class T>
void take_loop(void* dst, std::int64_t step, const void* src, const std::int64_t* off, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  for (std::int64_t i = 0; i < n; ++i) d[i * step] = s[off[i]];
}

template <class T>
constexpr Moves moves() { return {take_loop<T>, row_loop<T, Assign>, gather_loop<T>}; }
template <class T, class Op>
constexpr Loops loops() { return {at_loop<T, Op>, row_loop<T, Op>, scatter_loop<T, Op>}; }

Loops assigning_loops(std::size_t itemsize) {
  switch (itemsize) {
    case 1: return loops<std::uint8_t, Assign>();
    case 2: return loops<std::uint16_t, Assign>();
    case 4: return loops<std::uint32_t, Assign>();
    case 8: return loops<std::uint64_t, Assign>();
    default: return loops<Bytes16, Assign>();
  }
}

// Sums and products wrap alike for signed and unsigned, so integers of one size share a loop.
template <class Op>
Loops arithmetic_loops(DType t) {
  switch (t) {
    case DType::uint8: case DType::int8: return loops<std::uint8_t, Op>();
    case DType::uint16: case DType::int16: return loops<std::uint16_t, Op>();
    case DType::uint32: case DType::int32: return loops<std::uint32_t, Op>();
    case DType::uint64: case DType::int64: return loops<std::uint64_t, Op>();
    case DType::float16: return loops<Half, Op>();
    case DType::bfloat16: return loops<BFloat16, Op>();
    case DType::float32: return loops<float, Op>();
    case DType::float64: return loops<double, Op>();
    case DType::complex64: return loops<cfloat, Op>();
    case DType::complex128: return loops<cdouble, Op>();
    default: return {};
  }
}

template <class Op>
Loops order_loops(DType t) {
  switch (t) {
    case DType::boolean: case DType::uint8: return loops<std::uint8_t, Op>();
    case DType::uint16: return loops<std::uint16_t, Op>();
    case DType::uint32: return loops<std::uint32_t, Op>();
    case DType::uint64: return loops<std::uint64_t, Op>();
    case DType::int8: return loops<std::int8_t, Op>();
    case DType::int16: return loops<std::int16_t, Op>();
    case DType::int32: return loops<std::int32_t, Op>();
    case DType::int64: return loops<std::int64_t, Op>();
    case DType::float16: return loops<Half, Op>();
    case DType::bfloat16: return loops<BFloat16, Op>();
    case DType::float32: return loops<float, Op>();
    case DType::float64: return loops<double, Op>();
    default: return {};
  }
}

}  // namespace

Moves moves_for(DType t) {
  switch (itemsize(t)) {
    case 1: return moves<std::uint8_t>();
    case 2: return moves<std::uint16_t>();
    case 4: return moves<std::uint32_t>();
    case 8: return moves<std::uint64_t>();
    default: return moves<Bytes16>();
  }
}

Loops loops_for(DType t, Combine mode) {
  if (mode == Combine::assign) return assigning_loops(itemsize(t));
  if (mode == Combine::minimum || (is_bool(t) && mode == Combine::multiply)) return order_loops<Minimum>(t);
  if (mode == Combine::maximum || is_bool(t)) return order_loops<Maximum>(t);
  return mode == Combine::add ? arithmetic_loops<Add>(t) : arithmetic_loops<Multiply>(t);
}

}  // namespace ph::cpu
