// What may stand between the brackets: Slice, newaxis, ellipsis, integers, integer and boolean tensors.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "playhead/tensor/api.h"
#include "playhead/tensor/ref.h"

namespace PH_PUBLIC ph {

class Tensor;
class TensorImpl;

struct NoneType {};
struct EllipsisType {};
/// An open end of a slice, or a new axis of size 1.
inline constexpr NoneType None{}, newaxis{};
/// As many full slices as are missing.
inline constexpr EllipsisType ellipsis{};

namespace detail {
/// An unsigned number as a signed one; beyond its range it is beyond any dimension's.
constexpr std::int64_t to_signed(unsigned long long v) { return v > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(v); }
}  // namespace detail

/// A bound of a slice: a number, or None.
struct Bound {
  constexpr Bound(NoneType = None) {}
  constexpr Bound(int v) : value(v), set(true) {}
  constexpr Bound(long v) : value(v), set(true) {}
  constexpr Bound(long long v) : value(v), set(true) {}
  constexpr Bound(unsigned v) : value(v), set(true) {}
  constexpr Bound(unsigned long v) : value(detail::to_signed(v)), set(true) {}
  constexpr Bound(unsigned long long v) : value(detail::to_signed(v)), set(true) {}
  std::int64_t value = 0;
  bool set = false;
};

/// start:stop:step as in Python, each end open when it is None; step may be negative, not 0.
struct Slice {
  constexpr Slice(Bound start_ = None, Bound stop_ = None, std::int64_t step_ = 1) : start(start_), stop(stop_), step(step_) {}
  Bound start, stop;
  std::int64_t step;
};

namespace detail {
/// A slice resolved against a dimension: `length` entries, start, start + step, …, all within it.
struct SliceRange {
  std::int64_t start, step, length;
};
/// Throws a value error naming `op` for a step of 0.
SliceRange resolve_slice(const char* op, const Slice& s, std::int64_t size);
}  // namespace detail

/// One entry of an index.
class Index {
 public:
  enum class Kind : std::uint8_t { integer, slice, newaxis, ellipsis, tensor };
  Index(int i) : kind_(Kind::integer), integer_(i) {}
  Index(long i) : kind_(Kind::integer), integer_(i) {}
  Index(long long i) : kind_(Kind::integer), integer_(i) {}
  Index(unsigned i) : kind_(Kind::integer), integer_(i) {}
  Index(unsigned long i) : kind_(Kind::integer), integer_(detail::to_signed(i)) {}
  Index(unsigned long long i) : kind_(Kind::integer), integer_(detail::to_signed(i)) {}
  Index(Slice s) : kind_(Kind::slice), slice_(s) {}
  Index(NoneType) : kind_(Kind::newaxis) {}
  Index(EllipsisType) : kind_(Kind::ellipsis) {}
  Index(const Tensor& t);
  Index(bool) = delete;  // a mask of rank 0 is asked for with a bool tensor
  Index(const Index&);
  ~Index();
  Index& operator=(const Index&) = delete;

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  const Slice& slice() const { return slice_; }
  /// The tensor; only for Kind::tensor.
  Tensor tensor() const;

 private:
  Kind kind_;
  std::int64_t integer_ = 0;
  Slice slice_;
  Ref<RefCounted> tensor_;  // a TensorImpl, incomplete here
};

}  // namespace ph
