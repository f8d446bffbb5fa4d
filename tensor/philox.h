// The numbers behind every random op: Philox 4x32-10 (Salmon et al., SC 2011) and the maps from its bits to distributions.
// For kernels on the CPU and in CUDA, which must give the same bits: only plain arithmetic, and no fused multiply-adds
// (CUDA files that include this are compiled with -fmad=false).
#pragma once
#include <cstdint>

#include "playhead/tensor/math_core.h"

namespace ph::philox {

struct Words {
  std::uint32_t x[4];
};

/// The block at `counter` of stream `stream` for the key `seed`.
PH_INLINE Words block(std::uint64_t counter, std::uint64_t stream, std::uint64_t seed) {
  std::uint32_t a = static_cast<std::uint32_t>(counter), b = static_cast<std::uint32_t>(counter >> 32);
  std::uint32_t c = static_cast<std::uint32_t>(stream), d = static_cast<std::uint32_t>(stream >> 32);
  std::uint32_t k = static_cast<std::uint32_t>(seed), l = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{0xD2511F53u} * a, q = std::uint64_t{0xCD9E8D57u} * c;
    a = static_cast<std::uint32_t>(q >> 32) ^ b ^ k;
    b = static_cast<std::uint32_t>(q);
    c = static_cast<std::uint32_t>(p >> 32) ^ d ^ l;
    d = static_cast<std::uint32_t>(p);
    k += 0x9E3779B9u;
    l += 0xBB67AE85u;
  }
  return {{a, b, c, d}};
}

// --- where a number comes from -----------------------------------------------------------------------------------------
// Blocks are used in groups of 16, so that a SIMD register of blocks is also a run of neighbouring elements. A block holds
// four narrow numbers (of 32 bits) or two wide ones. Number i comes from block `16 * group + lane`, from its word `word`
// (narrow) or from its words `2 * word` and `2 * word + 1` (wide).

inline constexpr int lanes = 16;

/// Blocks that n numbers take.
constexpr std::uint64_t blocks(std::uint64_t n, bool wide) {
  const std::uint64_t per_group = wide ? 2 * lanes : 4 * lanes;
  return (n / per_group + (n % per_group != 0)) * lanes;
}

// --- distributions -------------------------------------------------------------------------------------------------------

/// In [0, 1), a multiple of 2^-bits; bits <= 24.
PH_INLINE float unit(std::uint32_t x, int bits) {
  return static_cast<float>(static_cast<std::int32_t>(x >> (32 - bits))) * (1.0f / static_cast<float>(1 << bits));
}
/// In [0, 1), a multiple of 2^-53.
PH_INLINE double unit(std::uint32_t high, std::uint32_t low) {
  // In two parts of 26 and 27 bits, because SIMD units below AVX-512 convert no 64-bit integers.
  const auto h = static_cast<std::int32_t>(high >> 6), l = static_cast<std::int32_t>((high & 63) << 21 | low >> 11);
  return static_cast<double>(h) * 0x1p-26 + static_cast<double>(l) * 0x1p-53;
}

/// low + u * (high - low), kept below high where rounding would reach it.
template <class T> PH_INLINE T affine(T u, T low, T high) {
  const T y = low + u * (high - low);
  return y < high ? y : low;
}

/// The upper half of x * range: x's 64 bits mapped to [0, range). A range of 0 stands for 2^64.
PH_INLINE std::uint64_t below(std::uint64_t x, std::uint64_t range) {
  if (range == 0) return x;
  const std::uint64_t h = x >> 32, l = x & 0xffffffffu, rh = range >> 32, rl = range & 0xffffffffu;
  const std::uint64_t middle = h * rl + (l * rl >> 32);  // at most 2^64 - 2^33 + 1 + 2^32 - 2
  return h * rh + (middle >> 32) + ((l * rh + (middle & 0xffffffffu)) >> 32);
}
/// The same for a range that fits in 32 bits, at half the cost.
PH_INLINE std::uint64_t below_narrow(std::uint64_t x, std::uint64_t range) {
  return ((x >> 32) * range + ((x & 0xffffffffu) * range >> 32)) >> 32;
}

/// ln(x) of a normal x > 0, as fdlibm has it, within 1 ulp. Unlike math.h's it has the same bits with and without FMA.
PH_INLINE float log(float x) {
  const std::uint32_t i = __builtin_bit_cast(std::uint32_t, x) + (0x3f800000u - 0x3f3504f3u);
  const float k = static_cast<float>(static_cast<std::int32_t>(i >> 23) - 127);
  const float f = __builtin_bit_cast(float, (i & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const float s = f / (2.0f + f), z = s * s, w = z * z;
  const float r = z * (0.66666662693f + w * 0.28498786688f) + w * (0.40000972152f + w * 0.24279078841f), h = 0.5f * f * f;
  return s * (h + r) + k * 9.0580006145e-06f - h + f + k * 6.9313812256e-01f;
}
PH_INLINE double log(double x) {
  const std::uint64_t i = __builtin_bit_cast(std::uint64_t, x) + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
  const double k = static_cast<double>(static_cast<std::int32_t>(i >> 52) - 1023);
  const double f = __builtin_bit_cast(double, (i & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0;
  const double s = f / (2.0 + f), z = s * s, w = z * z, h = 0.5 * f * f;
  const double r = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)) +
                   z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  return s * (h + r) + k * 1.90821492927058770002e-10 - h + f + k * 6.93147180369123816490e-01;
}

/// Two independent standard normals, by Box and Muller. The angle is reduced in integers, so sine and cosine are exact to an ulp.
PH_INLINE void normal_pair(std::uint32_t x, std::uint32_t y, float* first, float* second) {
  const float u = static_cast<float>(static_cast<std::int32_t>(x >> 1)) * 0x1p-31f + 0x1p-32f;  // in (0, 1]
  const float r = __builtin_sqrtf(-2.0f * log(u));
  const std::uint32_t quarter = (y + 0x20000000u) >> 30;
  const float t = static_cast<float>(static_cast<std::int32_t>(y - (quarter << 30))) * 1.4629180792671596e-09f, z = t * t;  // pi / 2^31
  const float s = t + t * z * (-1.6666654611e-1f + z * (8.3321608736e-3f + z * -1.9515295891e-4f));
  const float c = 1.0f - 0.5f * z + z * z * (4.166664568298827e-2f + z * (-1.388731625493765e-3f + z * 2.443315711809948e-5f));
  const float a = quarter & 1 ? s : c, b = quarter & 1 ? c : s;
  *first = r * ((quarter + 1) & 2 ? -a : a);
  *second = r * (quarter & 2 ? -b : b);
}
/// Sine and cosine of a turn's share of 64 bits.
PH_INLINE void sine_cosine(std::uint32_t x, std::uint32_t y, double* sine, double* cosine) {
  const std::uint32_t quarter = (x + 0x20000000u) >> 30;
  const double high = static_cast<double>(static_cast<std::int32_t>(x - (quarter << 30))) * 0x1p32;
  const double low = static_cast<double>(static_cast<std::int32_t>(y ^ 0x80000000u)) + 0x1p31;
  const double t = (high + low) * 3.4061215800865545e-19, z = t * t;  // pi / 2^63
  const double s = t + t * z * (-1.66666666666666307295e-1 + z * (8.33333333332211858878e-3 + z * (-1.98412698295895385996e-4 +
                   z * (2.75573136213857245213e-6 + z * (-2.50507477628578072866e-8 + z * 1.58962301576546568060e-10)))));
  const double c = 1.0 - 0.5 * z + z * z * (4.16666666666665929218e-2 + z * (-1.38888888888730564116e-3 + z * (2.48015872888517045348e-5 +
                   z * (-2.75573141792967388112e-7 + z * (2.08757008419747316778e-9 + z * -1.13585365213876817300e-11)))));
  const double a = quarter & 1 ? s : c, b = quarter & 1 ? c : s;
  *cosine = (quarter + 1) & 2 ? -a : a;
  *sine = quarter & 2 ? -b : b;
}
PH_INLINE void normal_pair(const Words& w, double* first, double* second) {
  const double r = __builtin_sqrt(-2.0 * log(unit(w.x[0], w.x[1]) + 0x1p-54));
  double s, c;
  sine_cosine(w.x[2], w.x[3], &s, &c);
  *first = r * c;
  *second = r * s;
}

/// e^x within 2 ulp, with the same bits everywhere; of any x that is no NaN.
PH_INLINE double exp(double x) {
  const double c = x > 800 ? 800 : x < -800 ? -800 : x;
  const double k = (c * 1.44269504088896340736 + 0x1.8p52) - 0x1.8p52, half = (0.5 * k + 0x1.8p52) - 0x1.8p52;
  const double r = (c - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  constexpr double inverse_factorials[] = {2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07, 2.7557319223985893e-06, 2.48015873015873e-05, 0.0001984126984126984, 0.001388888888888889, 0.008333333333333333, 0.041666666666666664, 0.16666666666666666, 0.5, 1.0, 1.0};
  double s = 1.6059043836821613e-10;
  for (const double f : inverse_factorials) s = s * r + f;
  return s * math::pow2(half) * math::pow2(k - half);
}

/// Exponential with mean 1, and never 0.
PH_INLINE double exponential(std::uint32_t x, std::uint32_t y) {
  const double e = -log(1.0 - unit(x, y));
  return e > 0x1p-54 ? e : 0x1p-54;
}
/// The tangent of a uniform angle; finite.
PH_INLINE double cauchy(std::uint32_t x, std::uint32_t y) {
  double s, c;
  sine_cosine(x, y, &s, &c);
  return s / (c == 0 ? 0x1p-64 : c);
}

}  // namespace ph::philox
