// float16 and bfloat16 as storage types: converted to float for every computation, rounded to nearest even once.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/complex.h"

namespace PH_PUBLIC ph {

// Inlined always: a copy left behind by a file compiled for AVX-512 must not serve an older machine (see tensor/cpu/isa.h).
#define PH_HALF PH_HD __attribute__((always_inline)) constexpr

namespace detail {
PH_HALF std::uint32_t float_bits(float f) { return __builtin_bit_cast(std::uint32_t, f); }
PH_HALF float bits_float(std::uint32_t u) { return __builtin_bit_cast(float, u); }

PH_HALF std::uint16_t to_half_bits(float f) {
  const std::uint32_t x = float_bits(f), sign = (x >> 16) & 0x8000u, a = x & 0x7fffffffu;
  if (a > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | ((a >> 13) & 0x3ffu));  // NaN, payload kept
  if (a >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // rounds past 65504
  if (a < 0x38800000u) {  // subnormal half: adding 0.5 makes the FPU round at the right bit
    const std::uint32_t r = float_bits(bits_float(a) + 0.5f) - 0x3f000000u;
    return static_cast<std::uint16_t>(sign | r);
  }
  const std::uint32_t r = a + 0xc8000fffu + ((a >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | (r >> 13));
}
PH_HALF float from_half_bits(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16, a = h & 0x7fffu;
  if (a >= 0x7c00u) return bits_float(sign | 0x7f800000u | (a & 0x3ffu) << 13);
  // 2^112 moves the exponent bias; it also normalises subnormals.
  return bits_float(sign | float_bits(bits_float(a << 13) * bits_float(0x77800000u)));
}
PH_HALF std::uint16_t to_bfloat_bits(float f) {
  const std::uint32_t x = float_bits(f);
  if ((x & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((x >> 16) | 0x40u);
  return static_cast<std::uint16_t>((x + 0x7fffu + ((x >> 16) & 1u)) >> 16);
}
}  // namespace detail

struct Half {
  std::uint16_t bits = 0;
  constexpr Half() = default;
  PH_HALF explicit Half(float f) : bits(detail::to_half_bits(f)) {}
  PH_HALF operator float() const { return detail::from_half_bits(bits); }
};

struct BFloat16 {
  std::uint16_t bits = 0;
  constexpr BFloat16() = default;
  PH_HALF explicit BFloat16(float f) : bits(detail::to_bfloat_bits(f)) {}
  PH_HALF operator float() const { return detail::bits_float(static_cast<std::uint32_t>(bits) << 16); }
};

#undef PH_HALF

}  // namespace ph
