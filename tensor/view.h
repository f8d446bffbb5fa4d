// View: what a kernel sees of a tensor. Plain data, no ownership, no gradients; cheap to copy, valid while the tensor lives.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/dtype.h"

namespace PH_PUBLIC ph {

struct View {
  void* data = nullptr;
  const std::int64_t* shape = nullptr;
  const std::int64_t* strides = nullptr;  // in elements
  std::int64_t numel = 0;
  std::int32_t ndim = 0;
  DType dtype = float32;
  bool contiguous = true;

  template <class T> T* as() const { return static_cast<T*>(data); }
};

class Tensor;
/// x must be defined and outlive the result.
View view_of(const Tensor& x);
/// An absent operand: `data` is null and `numel` 0.
inline bool absent(const View& v) { return v.shape == nullptr; }

enum class Overlap : std::uint8_t { none, same, partial };
/// How the memory of two views relates: apart, the same element at the same place, or (possibly) anything else.
Overlap overlap(const View& a, const View& b);
/// Whether two elements of x may be the same memory (stride 0, or as_strided windows).
bool overlaps_itself(const View& x);

}  // namespace ph
