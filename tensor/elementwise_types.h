// Which types the rows of a domain are compiled for, and how dtypes map to them. The same for every backend.
#pragma once
#include <cstdint>

#include "playhead/tensor/elementwise_rows.h"

namespace ph::rows {

/// The types that loops are compiled for.
enum class LoopType : std::uint8_t { u8, u16, u32, u64, i32, i64, f32, f64, c64, c128 };
inline constexpr int loop_type_count = 10;

/// In these domains a text sees an integer as unsigned of its width, in the others with its sign, as 32 bits or more.
constexpr bool wraps(char domain) { return domain == 'A' || domain == 'N' || domain == 'I'; }

/// The loop type of a compute dtype in a domain.
constexpr LoopType loop_type(DType compute, char domain) {
  switch (compute) {
    case DType::float16: case DType::bfloat16: case DType::float32: return LoopType::f32;
    case DType::float64: return LoopType::f64;
    case DType::complex64: return LoopType::c64;
    case DType::complex128: return LoopType::c128;
    default: break;
  }
  if (wraps(domain)) return itemsize(compute) == 1 ? LoopType::u8 : itemsize(compute) == 2 ? LoopType::u16 : itemsize(compute) == 4 ? LoopType::u32 : LoopType::u64;
  if (compute == uint64) return LoopType::u64;
  return compute == int64 || compute == uint32 ? LoopType::i64 : LoopType::i32;
}

/// The dtype that a loop type reads and writes.
inline constexpr DType loop_dtypes[] = {uint8, uint16, uint32, uint64, int32, int64, float32, float64, complex64, complex128};

/// Whether a row of this domain has loops that compute in T and keep elements as S.
template <class T, class S>
constexpr bool covers(char domain) {
  using namespace math;
  if constexpr (is_complex_scalar<T>) return domain == 'A' || domain == 'N' || domain == 'S' || domain == 'C';
  else if constexpr (Real<T>) return domain != 'I' && domain != 'Z';
  else if constexpr (__is_same(T, std::uint64_t)) return domain != 'F' && domain != 'C';
  else if constexpr (Signed<T>) return domain != 'F' && domain != 'C' && !wraps(domain);
  else return wraps(domain);
}

}  // namespace ph::rows
