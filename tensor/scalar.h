// Scalar: a C++ number handed to an op. It is weak: it takes the tensor's dtype where the kinds allow it.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/dtype.h"

namespace PH_PUBLIC ph {

inline constexpr double inf = __builtin_inf(), nan = __builtin_nan(""), pi = 3.14159265358979323846;

class Scalar {
 public:
  enum class Kind : std::uint8_t { boolean, integer, unsigned_integer, floating, complex };

  constexpr Scalar() : kind_(Kind::integer), i_(0) {}
  constexpr Scalar(bool v) : kind_(Kind::boolean), i_(v) {}
  constexpr Scalar(int v) : kind_(Kind::integer), i_(v) {}
  constexpr Scalar(long v) : kind_(Kind::integer), i_(v) {}
  constexpr Scalar(long long v) : kind_(Kind::integer), i_(v) {}
  constexpr Scalar(unsigned v) : kind_(Kind::integer), i_(v) {}
  constexpr Scalar(unsigned long v) : kind_(v > INT64_MAX ? Kind::unsigned_integer : Kind::integer), i_(static_cast<std::int64_t>(v)) {}
  constexpr Scalar(unsigned long long v) : Scalar(static_cast<unsigned long>(v)) {}
  constexpr Scalar(float v) : kind_(Kind::floating), z_(static_cast<double>(v)) {}
  constexpr Scalar(double v) : kind_(Kind::floating), z_(v) {}
  constexpr Scalar(Half v) : Scalar(static_cast<float>(v)) {}
  constexpr Scalar(BFloat16 v) : Scalar(static_cast<float>(v)) {}
  template <class T> constexpr Scalar(Complex<T> v) : kind_(Kind::complex), z_(static_cast<double>(v.re), static_cast<double>(v.im)) {}

  constexpr Kind kind() const { return kind_; }
  constexpr bool is_bool() const { return kind_ == Kind::boolean; }
  constexpr bool is_integer() const { return kind_ == Kind::integer || kind_ == Kind::unsigned_integer; }
  constexpr bool is_floating() const { return kind_ == Kind::floating; }
  constexpr bool is_complex() const { return kind_ == Kind::complex; }

  /// The value as T, by C++'s conversion; the imaginary part is dropped for a real T. Check kinds before.
  template <class T> constexpr T to() const {
    if constexpr (is_complex_type<T>) return T(static_cast<decltype(T::re)>(re()), static_cast<decltype(T::re)>(im()));
    else if constexpr (sizeof(T) == 2 && !is_integral_type<T>) return T(static_cast<float>(re()));
    else if (kind_ == Kind::unsigned_integer) return static_cast<T>(static_cast<std::uint64_t>(i_));
    else if (kind_ == Kind::floating || kind_ == Kind::complex) return static_cast<T>(z_.re);
    else return static_cast<T>(i_);
  }
  constexpr double re() const {
    return kind_ == Kind::floating || kind_ == Kind::complex ? z_.re
         : kind_ == Kind::unsigned_integer ? static_cast<double>(static_cast<std::uint64_t>(i_)) : static_cast<double>(i_);
  }
  constexpr double im() const { return kind_ == Kind::complex ? z_.im : 0.0; }

 private:
  template <class T> static constexpr bool is_complex_type = false;
  template <class T> static constexpr bool is_integral_type = __is_same(T, std::int16_t) || __is_same(T, std::uint16_t);

  Kind kind_;
  union {
    std::int64_t i_;
    cdouble z_;
  };
};
template <> inline constexpr bool Scalar::is_complex_type<cfloat> = true;
template <> inline constexpr bool Scalar::is_complex_type<cdouble> = true;

/// The dtype that `scalar` takes beside a tensor of dtype `t`: t itself unless the scalar's kind is wider.
DType weak_promote(DType t, const Scalar& s);

}  // namespace ph
