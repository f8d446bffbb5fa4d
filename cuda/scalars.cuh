// Element types in kernels: dispatch, conversion, launch sizes.
#pragma once
#include <cstdint>

#include "playhead/tensor/dtype.h"

namespace ph::cuda_backend {

template <class T> struct Type {};

/// Calls f(Type<T>{}) for the dtype's C++ type (bool as std::uint8_t would lose its meaning in conversions, so it is bool).
template <class F>
void with_type(DType t, F f) {
  switch (t) {
    case DType::boolean: return f(Type<bool>{});
    case DType::uint8: return f(Type<std::uint8_t>{});
    case DType::uint16: return f(Type<std::uint16_t>{});
    case DType::uint32: return f(Type<std::uint32_t>{});
    case DType::uint64: return f(Type<std::uint64_t>{});
    case DType::int8: return f(Type<std::int8_t>{});
    case DType::int16: return f(Type<std::int16_t>{});
    case DType::int32: return f(Type<std::int32_t>{});
    case DType::int64: return f(Type<std::int64_t>{});
    case DType::float16: return f(Type<Half>{});
    case DType::bfloat16: return f(Type<BFloat16>{});
    case DType::float32: return f(Type<float>{});
    case DType::float64: return f(Type<double>{});
    case DType::complex64: return f(Type<cfloat>{});
    case DType::complex128: return f(Type<cdouble>{});
  }
}

template <class T> inline constexpr bool is_complex_v = false;
template <> inline constexpr bool is_complex_v<cfloat> = true;
template <> inline constexpr bool is_complex_v<cdouble> = true;
template <class T> inline constexpr bool is_half_v = __is_same(T, Half) || __is_same(T, BFloat16);
template <class T> inline constexpr bool is_integral = !is_complex_v<T> && !is_half_v<T> && !__is_same(T, float) && !__is_same(T, double);

/// A value of one dtype as another; real part of complex for real ones; bool is "not zero".
template <class D, class S>
__device__ inline D convert(S v) {
  if constexpr (__is_same(D, S)) return v;
  else if constexpr (__is_same(D, bool)) {
    if constexpr (is_complex_v<S>) return v.re != 0 || v.im != 0;
    else if constexpr (is_half_v<S>) return static_cast<float>(v) != 0;
    else return v != S(0);
  } else if constexpr (is_complex_v<D>) {
    using R = decltype(D::re);
    if constexpr (is_complex_v<S>) return D(static_cast<R>(v.re), static_cast<R>(v.im));
    else return D(convert<R>(v), R(0));
  } else if constexpr (is_complex_v<S>) return convert<D>(v.re);
  else if constexpr (is_half_v<S>) return convert<D>(static_cast<float>(v));
  else if constexpr (is_half_v<D>) return D(static_cast<float>(v));
  else return static_cast<D>(v);
}

inline constexpr int block_size = 256;
/// Blocks for a grid-stride loop over n elements: enough to fill any device.
inline unsigned grid(std::int64_t n) {
  const std::int64_t blocks = (n + block_size - 1) / block_size;
  return static_cast<unsigned>(blocks < 65536 ? blocks : 65536);
}

}  // namespace ph::cuda_backend
