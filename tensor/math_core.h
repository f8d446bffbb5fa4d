// The ground under the scalar maths: bit tricks, selection, rounding, extrema. No tables, no branches, no library calls,
// so that a loop over any of it becomes SIMD code for whatever instruction set the file is compiled for.
#pragma once
#include <cstdint>

// Everything is inlined and internal: a file compiled for AVX-512 must not leave a copy that another machine could run.
#if defined(__CUDACC__)
#define PH_INLINE static __host__ __device__ __forceinline__
#include <math.h>
#else
#define PH_INLINE static inline __attribute__((always_inline))
#endif
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PH_FMA 1
#endif

namespace ph::math {

template <class T> concept Real = __is_same(T, float) || __is_same(T, double);
template <class T> concept Integer = T(1) / T(2) == T(0) && !__is_same(T, bool);
template <class T> concept Signed = Integer<T> && T(-1) < T(0);
template <class T> concept Number = Real<T> || Integer<T>;

template <class T> struct Format;
template <> struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float min_normal = 0x1p-126f, inf = __builtin_inff(), nan = __builtin_nanf("");
  /// t + magic - magic rounds t, |t| < 2^21, to an integer, which then is in the low bits of t + magic.
  static constexpr float magic = 0x1.8p23f;
};
template <> struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double min_normal = 0x1p-1022, inf = __builtin_inf(), nan = __builtin_nan("");
  static constexpr double magic = 0x1.8p52;
};
template <class T> using Bits = typename Format<T>::Bits;
template <class T> inline constexpr T infinity = Format<T>::inf;
template <class T> inline constexpr T quiet_nan = Format<T>::nan;
/// e^x is finite up to here.
template <class T> inline constexpr T exp_limit = sizeof(T) == 4 ? T(88) : T(709);
template <class T> inline constexpr Bits<T> sign_bit = static_cast<Bits<T>>(1) << (8 * sizeof(T) - 1);

template <Real T> PH_INLINE constexpr Bits<T> bits(T x) { return __builtin_bit_cast(Bits<T>, x); }
template <Real T> PH_INLINE constexpr T from_bits(Bits<T> b) { return __builtin_bit_cast(T, b); }

/// c ? a : b with both sides computed.
template <class T> PH_INLINE T where(bool c, T a, T b) { return c ? a : b; }

/// a * b + c, rounded once where the hardware can; only for places where either rounding will do.
PH_INLINE float madd(float a, float b, float c) {
#if defined(__CUDACC__)
  return ::fmaf(a, b, c);
#elif defined(PH_FMA)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
PH_INLINE double madd(double a, double b, double c) {
#if defined(__CUDACC__)
  return ::fma(a, b, c);
#elif defined(PH_FMA)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// c0 + c1 x + c2 x^2 + …
template <Real T> PH_INLINE T horner(T, T c) { return c; }
template <Real T, class... C> PH_INLINE T horner(T x, T c0, T c1, C... c) { return madd(horner(x, c1, c...), x, c0); }

// --- signs ----------------------------------------------------------------------------------------------------------
template <Real T> PH_INLINE bool isnan(T x) { return x != x; }
template <Real T> PH_INLINE T abs(T x) { return from_bits<T>(bits(x) & ~sign_bit<T>); }
template <Real T> PH_INLINE bool isinf(T x) { return abs(x) == infinity<T>; }
template <Real T> PH_INLINE bool isfinite(T x) { return abs(x) < infinity<T>; }
template <Real T> PH_INLINE bool signbit(T x) { return (bits(x) & sign_bit<T>) != 0; }
template <Real T> PH_INLINE T copysign(T x, T s) { return from_bits<T>((bits(x) & ~sign_bit<T>) | (bits(s) & sign_bit<T>)); }
/// -1, 0 or 1; NaN for NaN.
template <Real T> PH_INLINE T sign(T x) { return where(x > 0, T(1), where(x < 0, T(-1), x + T(0))); }

template <Integer T> PH_INLINE T abs(T x) {
  if constexpr (Signed<T>) return static_cast<T>(x < 0 ? T(0) - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x));  // the least integer wraps
  else return x;
}
template <Integer T> PH_INLINE T sign(T x) { return static_cast<T>((x > 0) - (x < T(0))); }

// --- extrema --------------------------------------------------------------------------------------------------------
/// NaN if either is NaN; the same for integers without it.
template <Number T> PH_INLINE T maximum(T a, T b) { return where((a > b) | (a != a), a, b); }
template <Number T> PH_INLINE T minimum(T a, T b) { return where((a < b) | (a != a), a, b); }
/// The other one if one is NaN.
template <Number T> PH_INLINE T fmax(T a, T b) { return where((a > b) | (b != b), a, b); }
template <Number T> PH_INLINE T fmin(T a, T b) { return where((a < b) | (b != b), a, b); }
template <Number T> PH_INLINE T max(T a, T b) { return maximum(a, b); }
template <Number T> PH_INLINE T min(T a, T b) { return minimum(a, b); }
/// x held between lo and hi; NaN stays.
template <Number T> PH_INLINE T clamp(T x, T lo, T hi) {
  const T y = x < lo ? lo : x;
  return y > hi ? hi : y;
}

// --- rounding -------------------------------------------------------------------------------------------------------
#if defined(__CUDACC__)
#define PH_BUILTIN(f) ::f
#else
#define PH_BUILTIN(f) __builtin_##f
#endif
#if defined(__SSE4_1__) || defined(__aarch64__) || defined(__CUDACC__)
PH_INLINE float rint(float x) { return PH_BUILTIN(rintf)(x); }
PH_INLINE double rint(double x) { return PH_BUILTIN(rint)(x); }
PH_INLINE float floor(float x) { return PH_BUILTIN(floorf)(x); }
PH_INLINE double floor(double x) { return PH_BUILTIN(floor)(x); }
PH_INLINE float ceil(float x) { return PH_BUILTIN(ceilf)(x); }
PH_INLINE double ceil(double x) { return PH_BUILTIN(ceil)(x); }
PH_INLINE float trunc(float x) { return PH_BUILTIN(truncf)(x); }
PH_INLINE double trunc(double x) { return PH_BUILTIN(trunc)(x); }
#else
// Plain SSE2 has no such instruction. Above 2^mantissa every number is whole.
template <Real T> PH_INLINE T rint(T x) {
  constexpr T big = static_cast<T>(static_cast<Bits<T>>(1) << Format<T>::mantissa);
  const T a = abs(x);
  return where(a < big, copysign((a + big) - big, x), x);
}
template <Real T> PH_INLINE T floor(T x) {
  const T r = rint(x);
  return where(r > x, r - 1, r);
}
template <Real T> PH_INLINE T ceil(T x) {
  const T r = rint(x);
  return copysign(where(r < x, r + 1, r), x);
}
template <Real T> PH_INLINE T trunc(T x) { return copysign(floor(abs(x)), x); }
#endif
/// To the nearest integer, halves to even.
template <Real T> PH_INLINE T round(T x) { return rint(x); }
/// rint for |x| < 2^21 (float) or 2^51.
template <Real T> PH_INLINE T rint_small(T x) { return (x + Format<T>::magic) - Format<T>::magic; }

// --- roots ----------------------------------------------------------------------------------------------------------
PH_INLINE float sqrt(float x) { return PH_BUILTIN(sqrtf)(x); }
PH_INLINE double sqrt(double x) { return PH_BUILTIN(sqrt)(x); }
template <Real T> PH_INLINE T rsqrt(T x) { return T(1) / sqrt(x); }
template <Number T> PH_INLINE T square(T x) { return static_cast<T>(x * x); }

// --- powers of two --------------------------------------------------------------------------------------------------
/// 2^n for a whole n in the normal range, without a conversion to integer.
template <Real T> PH_INLINE T pow2(T n) {
  return from_bits<T>(bits(n + (Format<T>::magic + Format<T>::bias)) << Format<T>::mantissa);
}

/// x = m * 2^e with m in [sqrt(1/2), sqrt(2)); x must be positive and normal.
template <Real T> struct Split { T m, e; Bits<T> e_bits; };
template <Real T> PH_INLINE Split<T> split(T x) {
  constexpr int mant = Format<T>::mantissa;
  constexpr Bits<T> root_half = bits(static_cast<T>(0.70710678118654752440));
  constexpr Bits<T> bias = static_cast<Bits<T>>(Format<T>::bias) << mant;
  constexpr T two_mant = static_cast<T>(static_cast<Bits<T>>(1) << mant);
  const Bits<T> t = bits(x) - root_half, shifted = t + bias;  // the exponent, biased, at the top: never negative
  const T e = from_bits<T>((shifted >> mant) | bits(two_mant)) - (two_mant + Format<T>::bias);
  return {from_bits<T>((t & ((static_cast<Bits<T>>(1) << mant) - 1)) + root_half), e, (shifted & ~((static_cast<Bits<T>>(1) << mant) - 1)) - bias};
}

/// A number that asks for the quick form of a function, one without a branch that gives NaN where it gives up: `sin(Quick{x})`.
template <Real T> struct Quick {
  T v;
  __attribute__((always_inline)) constexpr operator T() const { return v; }
};

// --- a number as an unevaluated sum -----------------------------------------------------------------------------------
template <Real T> struct Sum { T hi, lo; };
/// a + b exactly.
template <Real T> PH_INLINE Sum<T> two_sum(T a, T b) {
  const T s = a + b, bb = s - a;
  return {s, (a - (s - bb)) + (b - bb)};
}
/// The same for |a| >= |b|.
template <Real T> PH_INLINE Sum<T> fast_two_sum(T a, T b) {
  const T s = a + b;
  return {s, b - (s - a)};
}
/// a * b exactly, away from overflow and underflow.
PH_INLINE Sum<double> two_prod(double a, double b) {
  const double p = a * b;
#if defined(__CUDACC__) || defined(PH_FMA)
  return {p, madd(a, b, -p)};
#else
  // Dekker: halves of 26 bits by masking, whose products are exact.
  constexpr std::uint64_t mask = ~static_cast<std::uint64_t>(0x7ffffff);
  const double ah = from_bits<double>(bits(a) & mask), al = a - ah;
  const double bh = from_bits<double>(bits(b) & mask), bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
#endif
}

}  // namespace ph::math

#undef PH_BUILTIN
