// fits.h's bodies.
#include "playhead/tensor/fits.h"

#include "playhead/tensor/error.h"

namespace ph::detail {

bool fits(const Scalar& s, DType t) {
  if (s.is_complex()) return is_complex(t);
  if (!is_integer(t) || s.is_bool()) return true;
  const int bits = 8 * static_cast<int>(itemsize(t)) - is_signed_integer(t);  // of the largest value
  if (s.is_floating()) {
    const double v = s.re(), end = __builtin_ldexp(1, bits);
    return v < end && (is_signed_integer(t) ? __builtin_trunc(v) >= -end : v > -1);
  }
  if (s.kind() == Scalar::Kind::unsigned_integer) return t == uint64;
  const auto v = s.to<std::int64_t>();
  if (is_unsigned(t)) return v >= 0 && (bits == 64 || v >> bits == 0);
  return bits == 63 || v >> bits == 0 || v >> bits == -1;
}

void check_fits(const char* op, const Scalar& s, DType t) {
  if (s.is_complex() || fits(s, t)) return;
  constexpr const char* rule = "a number must fit the tensor's dtype; got value=";
  if (s.is_floating()) value_error(op, rule, s.re(), ", dtype=", t);
  if (s.kind() == Scalar::Kind::unsigned_integer) value_error(op, rule, s.to<std::uint64_t>(), ", dtype=", t);
  value_error(op, rule, s.to<std::int64_t>(), ", dtype=", t);
}

}  // namespace ph::detail
