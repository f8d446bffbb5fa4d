// Contiguous conversion loops between dtypes. Pairs that are not here go in steps (copy.cpp).
#include <cstdint>

#include "playhead/tensor/dtype.h"

#include "playhead/tensor/half.h"

#if defined(__clang__)
#define PH_LOOP _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic ignored "-Wpass-failed"  // sanitized code stays scalar
#else
#define PH_LOOP _Pragma("GCC ivdep")
#endif
#define PH_CAST static inline __attribute__((always_inline))

namespace ph::cpu {

using Convert = void (*)(void* dst, const void* src, std::int64_t n);

namespace PH_ISA {

namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
struct Truth { u8 v; };  // a bool as it lies in memory
struct F16 { u16 v; };
struct BF16 { u16 v; };

template <class T> constexpr bool is_int = T(1) / T(2) == T(0);
template <> [[maybe_unused]] constexpr bool is_int<Truth> = false;
template <> [[maybe_unused]] constexpr bool is_int<F16> = false;
template <> [[maybe_unused]] constexpr bool is_int<BF16> = false;

// To an integer: rounded to zero, kept in range, NaN as 0. The bounds are the range's ends as F, exact or next inside.
template <class I, class F>
PH_CAST I to_int(F x) {
  constexpr bool is_signed = I(-1) < I(0);
  constexpr I least = is_signed ? static_cast<I>(I(1) << (8 * sizeof(I) - 1)) : I(0), most = static_cast<I>(~least);
  constexpr F top = static_cast<F>(most);  // for 32 and 64 bits it may be rounded up to a power of two
  constexpr F low = static_cast<F>(least);
  const F t = x < low ? low : x;
  const bool over = t >= top;
  const I inside = static_cast<I>((over | (t != t)) ? F(0) : t);
  return over ? most : inside;
}

// float64 to float32 with the last bit set when inexact: rounding that to 16 bits then rounds once, correctly.
PH_CAST float to_odd(double x) {
  const float f = static_cast<float>(x);
  const u32 bits = __builtin_bit_cast(u32, f);
  const double back = static_cast<double>(f);
  // Away from zero by rounding: step back, so that `f` is the truncated value; then stick.
  const bool away = (back < 0 ? -back : back) > (x < 0 ? -x : x);
  const u32 truncated = bits - (away ? 1u : 0u);
  const bool inexact = (back != x) & (x == x);
  return __builtin_bit_cast(float, inexact ? truncated | 1u : bits);
}

template <class To, class From>
PH_CAST To cast(From x) {
  if constexpr (__is_same(To, Truth)) return {static_cast<u8>(x != 0)};
  else if constexpr (__is_same(From, F16)) return detail::from_half_bits(x.v);
  else if constexpr (__is_same(From, BF16)) return detail::bits_float(static_cast<u32>(x.v) << 16);
  else if constexpr (__is_same(To, F16) && __is_same(From, double)) return {detail::to_half_bits(to_odd(x))};
  else if constexpr (__is_same(To, BF16) && __is_same(From, double)) return {detail::to_bfloat_bits(to_odd(x))};
  else if constexpr (__is_same(To, F16)) return {detail::to_half_bits(x)};
  else if constexpr (__is_same(To, BF16)) return {detail::to_bfloat_bits(x)};
  else if constexpr (is_int<To> && !is_int<From>) return to_int<To>(x);
  else return static_cast<To>(x);
}

template <class To, class From>
void loop(void* dst, const void* src, i64 n) {
  To* d = static_cast<To*>(dst);
  const From* s = static_cast<const From*>(src);
  PH_LOOP for (i64 i = 0; i < n; ++i) d[i] = cast<To>(s[i]);
}
// Complex numbers as pairs.
template <class To, class From>
void to_complex(void* dst, const void* src, i64 n) {
  To* d = static_cast<To*>(dst);
  const From* s = static_cast<const From*>(src);
  for (i64 i = 0; i < n; ++i) d[2 * i] = static_cast<To>(s[i]), d[2 * i + 1] = 0;
}
template <class To, class From>
void real_part(void* dst, const void* src, i64 n) {
  To* d = static_cast<To*>(dst);
  const From* s = static_cast<const From*>(src);
  for (i64 i = 0; i < n; ++i) d[i] = static_cast<To>(s[2 * i]);
}
template <class To, class From>
void pairs(void* dst, const void* src, i64 n) { loop<To, From>(dst, src, 2 * n); }
template <class From>
void complex_truth(void* dst, const void* src, i64 n) {
  u8* d = static_cast<u8*>(dst);
  const From* s = static_cast<const From*>(src);
  for (i64 i = 0; i < n; ++i) d[i] = static_cast<u8>((s[2 * i] != 0) | (s[2 * i + 1] != 0));
}

// Integers of one width are one as a destination; as a source their sign matters only when they are widened.
template <class From>
constexpr Convert from_int(DType to) {
  switch (to) {
    case DType::boolean: return loop<Truth, From>;
    case DType::uint8: case DType::int8: return sizeof(From) > 1 ? loop<u8, From> : nullptr;
    case DType::uint16: case DType::int16: return sizeof(From) != 2 ? loop<u16, From> : nullptr;
    case DType::uint32: case DType::int32: return sizeof(From) != 4 ? loop<u32, From> : nullptr;
    case DType::uint64: case DType::int64: return sizeof(From) != 8 ? loop<u64, From> : nullptr;
    case DType::float32: return loop<float, From>;
    case DType::float64: return loop<double, From>;
    default: return nullptr;
  }
}
template <class From>
constexpr Convert from_float(DType to) {
  constexpr bool single = sizeof(From) == 4;
  switch (to) {
    case DType::boolean: return loop<Truth, From>;
    case DType::uint8: return loop<u8, From>;
    case DType::uint16: return loop<u16, From>;
    case DType::uint32: return loop<u32, From>;
    case DType::uint64: return loop<u64, From>;
    case DType::int8: return loop<i8, From>;
    case DType::int16: return loop<i16, From>;
    case DType::int32: return loop<i32, From>;
    case DType::int64: return loop<i64, From>;
    case DType::float16: return loop<F16, From>;
    case DType::bfloat16: return loop<BF16, From>;
    case DType::float32: return single ? nullptr : loop<float, From>;
    case DType::float64: return single ? loop<double, From> : nullptr;
    case DType::complex64: return single ? to_complex<float, From> : nullptr;
    case DType::complex128: return single ? nullptr : to_complex<double, From>;
  }
  return nullptr;
}

}  // namespace

Convert conversion(DType to, DType from);
Convert conversion(DType to, DType from) {
  switch (from) {
    case DType::boolean: case DType::uint8: return from_int<u8>(to);
    case DType::uint16: return from_int<u16>(to);
    case DType::uint32: return from_int<u32>(to);
    case DType::uint64: return from_int<u64>(to);
    case DType::int8: return from_int<i8>(to);
    case DType::int16: return from_int<i16>(to);
    case DType::int32: return from_int<i32>(to);
    case DType::int64: return from_int<i64>(to);
    case DType::float16: return to == float32 ? loop<float, F16> : nullptr;
    case DType::bfloat16: return to == float32 ? loop<float, BF16> : nullptr;
    case DType::float32: return from_float<float>(to);
    case DType::float64: return from_float<double>(to);
    case DType::complex64:
      return to == float32 ? real_part<float, float> : to == complex128 ? pairs<double, float> : is_bool(to) ? complex_truth<float> : nullptr;
    case DType::complex128:
      return to == float64 ? real_part<double, double> : to == complex64 ? pairs<float, double> : is_bool(to) ? complex_truth<double> : nullptr;
  }
  return nullptr;
}

}  // namespace PH_ISA
}  // namespace ph::cpu
