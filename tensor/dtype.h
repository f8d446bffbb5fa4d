// Element types: the enum, their sizes and names, and the rules by which two of them promote.
#pragma once
#include <cstddef>
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/complex.h"
#include "playhead/tensor/half.h"

namespace PH_PUBLIC ph {

// Order matters: within a kind, a later type is wider. `promote` and the kernel tables are indexed by it.
enum class DType : std::uint8_t {
  boolean, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
  float16, bfloat16, float32, float64, complex64, complex128
};
inline constexpr int dtype_count = 15;

inline constexpr DType bool_ = DType::boolean;
inline constexpr DType uint8 = DType::uint8, uint16 = DType::uint16, uint32 = DType::uint32, uint64 = DType::uint64;
inline constexpr DType int8 = DType::int8, int16 = DType::int16, int32 = DType::int32, int64 = DType::int64;
inline constexpr DType float16 = DType::float16, bfloat16 = DType::bfloat16;
inline constexpr DType float32 = DType::float32, float64 = DType::float64;
inline constexpr DType complex64 = DType::complex64, complex128 = DType::complex128;

namespace detail {
inline constexpr std::uint8_t dtype_sizes[dtype_count] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 8, 16};
}

/// Bytes of one element.
constexpr std::size_t itemsize(DType t) { return detail::dtype_sizes[static_cast<int>(t)]; }
/// "float32", "bool", …: the array API's names.
const char* name(DType t);
/// The dtype called `text`; throws a value error that lists the names otherwise.
DType dtype_from_name(const char* text);

constexpr bool is_bool(DType t) { return t == DType::boolean; }
constexpr bool is_unsigned(DType t) { return t >= DType::uint8 && t <= DType::uint64; }
constexpr bool is_signed_integer(DType t) { return t >= DType::int8 && t <= DType::int64; }
constexpr bool is_integer(DType t) { return t >= DType::uint8 && t <= DType::int64; }
constexpr bool is_floating(DType t) { return t >= DType::float16 && t <= DType::float64; }
constexpr bool is_complex(DType t) { return t >= DType::complex64; }
/// Types that can carry a gradient.
constexpr bool is_differentiable(DType t) { return t >= DType::float16; }

/// Whether elements of the two mean the same bits when they are only moved.
constexpr bool same_bits(DType to, DType from) {
  return to == from || (is_integer(to) && is_integer(from) && itemsize(to) == itemsize(from)) ||
         (is_bool(from) && is_integer(to) && itemsize(to) == 1);
}

/// The array API's promotion (which is NumPy's for same kinds), completed as PyTorch does where the standard is
/// silent: bool gives way to everything, integers to floats, floats to complex; float16 with bfloat16 is float32;
/// uint64 with a signed type is float64 in NumPy but an error here (`can_promote` is false).
bool can_promote(DType a, DType b);
DType promote(DType a, DType b);
/// complex64 -> float32, complex128 -> float64; others unchanged.
DType real_dtype(DType t);
/// float32 and narrower -> complex64, float64 -> complex128; complex unchanged.
DType complex_dtype(DType t);

/// Whether promotion takes `from` to `to`: the array API's can_cast.
bool can_cast(DType from, DType to);
/// Whether t is of a kind: "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating" or "numeric".
bool isdtype(DType t, const char* kind);

/// Machine limits of floats; for a complex dtype those of its parts.
struct FloatInfo {
  DType dtype;             ///< of the parts, if complex
  int bits;                ///< of one part
  double eps, max, min, smallest_normal;
};
struct IntegerInfo {
  DType dtype;
  int bits;
  std::int64_t min;
  std::uint64_t max;
};
/// Throws a type error for a dtype that has no such limits.
FloatInfo finfo(DType t);
IntegerInfo iinfo(DType t);

/// The dtype of factories that are given none: float32 unless changed. Thread-local.
DType default_dtype();
void set_default_dtype(DType t);

/// C++ type <-> dtype.
template <class T> struct dtype_of_t;
template <> struct dtype_of_t<bool> { static constexpr DType value = DType::boolean; };
template <> struct dtype_of_t<std::uint8_t> { static constexpr DType value = DType::uint8; };
template <> struct dtype_of_t<std::uint16_t> { static constexpr DType value = DType::uint16; };
template <> struct dtype_of_t<std::uint32_t> { static constexpr DType value = DType::uint32; };
template <> struct dtype_of_t<std::uint64_t> { static constexpr DType value = DType::uint64; };
template <> struct dtype_of_t<std::int8_t> { static constexpr DType value = DType::int8; };
template <> struct dtype_of_t<std::int16_t> { static constexpr DType value = DType::int16; };
template <> struct dtype_of_t<std::int32_t> { static constexpr DType value = DType::int32; };
template <> struct dtype_of_t<std::int64_t> { static constexpr DType value = DType::int64; };
template <> struct dtype_of_t<Half> { static constexpr DType value = DType::float16; };
template <> struct dtype_of_t<BFloat16> { static constexpr DType value = DType::bfloat16; };
template <> struct dtype_of_t<float> { static constexpr DType value = DType::float32; };
template <> struct dtype_of_t<double> { static constexpr DType value = DType::float64; };
template <> struct dtype_of_t<Complex<float>> { static constexpr DType value = DType::complex64; };
template <> struct dtype_of_t<Complex<double>> { static constexpr DType value = DType::complex128; };
template <class T> inline constexpr DType dtype_of = dtype_of_t<T>::value;

}  // namespace ph
