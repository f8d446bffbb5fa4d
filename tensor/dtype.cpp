// Names and promotion of dtypes; thread-local defaults of dtype and device.
#include "playhead/tensor/dtype.h"

#include <cstring>

#include "playhead/tensor/error.h"
#include "playhead/tensor/scalar.h"

namespace ph {

namespace {
constexpr const char* names[dtype_count] = {"bool",  "uint8",   "uint16",   "uint32",  "uint64",  "int8",      "int16",     "int32",
                                            "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"};

thread_local DType current_dtype = float32;
thread_local Device current_device = cpu_device;
}  // namespace

const char* name(DType t) { return names[static_cast<int>(t)]; }

DType dtype_from_name(const char* text) {
  for (int i = 0; i < dtype_count; ++i)
    if (std::strcmp(names[i], text) == 0) return static_cast<DType>(i);
  std::string known;
  for (const char* n : names) known += (known.empty() ? "" : ", ") + std::string(n);
  value_error("dtype", "unknown name; got \"", text, "\". Known: ", known);
}

bool can_promote(DType a, DType b) {
  return !((a == uint64 && is_signed_integer(b)) || (b == uint64 && is_signed_integer(a)));
}

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (a > b) {
    const DType t = a;
    a = b, b = t;
  }
  // Now a < b in the enum's order, so that a's kind is no wider than b's.
  if (is_bool(a)) return b;
  if (is_complex(b)) return is_complex(a) || a == float64 ? complex128 : b;
  if (is_floating(b)) {
    if (a == float16 && b == bfloat16) return float32;
    return b;
  }
  if (is_unsigned(a) && is_signed_integer(b)) {
    // The smallest signed type that holds both.
    if (a == uint64) type_error("promote", "no integer type holds both; got ", a, " and ", b, ". Convert one with x.to(dtype)");
    const int need = static_cast<int>(a) - static_cast<int>(uint8) + 1, have = static_cast<int>(b) - static_cast<int>(int8);
    return static_cast<DType>(static_cast<int>(int8) + (need > have ? need : have));
  }
  return b;
}

DType real_dtype(DType t) { return t == complex64 ? float32 : t == complex128 ? float64 : t; }
DType complex_dtype(DType t) { return is_complex(t) ? t : t == float64 ? complex128 : complex64; }

bool can_cast(DType from, DType to) { return can_promote(from, to) && promote(from, to) == to; }

bool isdtype(DType t, const char* kind) {
  const auto is = [kind](const char* k) { return std::strcmp(kind, k) == 0; };
  if (is("bool")) return is_bool(t);
  if (is("signed integer")) return is_signed_integer(t);
  if (is("unsigned integer")) return is_unsigned(t);
  if (is("integral")) return is_integer(t);
  if (is("real floating")) return is_floating(t);
  if (is("complex floating")) return is_complex(t);
  if (is("numeric")) return !is_bool(t);
  value_error("isdtype", "unknown kind; got \"", kind,
              "\". Known: bool, signed integer, unsigned integer, integral, real floating, complex floating, numeric");
}

FloatInfo finfo(DType t) {
  switch (real_dtype(t)) {
    case DType::float16: return {float16, 16, 0x1p-10, 65504, -65504, 0x1p-14};
    case DType::bfloat16: return {bfloat16, 16, 0x1p-7, 0x1.fep127, -0x1.fep127, 0x1p-126};
    case DType::float32: return {float32, 32, 0x1p-23, 0x1.fffffep127, -0x1.fffffep127, 0x1p-126};
    case DType::float64: return {float64, 64, 0x1p-52, 0x1.fffffffffffffp1023, -0x1.fffffffffffffp1023, 0x1p-1022};
    default: type_error("finfo", "needs a floating or complex dtype; got dtype=", t);
  }
}

IntegerInfo iinfo(DType t) {
  if (!is_integer(t)) type_error("iinfo", "needs an integer dtype; got dtype=", t);
  const int bits = 8 * static_cast<int>(itemsize(t));
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  if (is_unsigned(t)) return {t, bits, 0, all};
  return {t, bits, INT64_MIN >> (64 - bits), all >> 1};
}

DType weak_promote(DType t, const Scalar& s) {
  if (s.is_complex()) return is_complex(t) ? t : is_floating(t) ? complex_dtype(t) : complex_dtype(default_dtype());
  if (s.is_floating()) return is_differentiable(t) ? t : default_dtype();
  if (s.is_integer()) return is_bool(t) ? int64 : t;
  return t;
}

DType default_dtype() { return current_dtype; }
void set_default_dtype(DType t) {
  if (!is_floating(t)) type_error("set_default_dtype", "must be a real floating type; got dtype=", t);
  current_dtype = t;
}

Device default_device() { return current_device; }
void set_default_device(Device d) { current_device = d; }

}  // namespace ph
