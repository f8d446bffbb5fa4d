// Shape: a vector of 64-bit sizes (or strides) that lives inline up to five dimensions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

class Shape {
 public:
  static constexpr int inline_dims = 5;

  Shape() noexcept : n_(0), capacity_(inline_dims), inline_{} {}
  /// One dimension, or one dim: `zeros(3)`, `sum(x, 1)`. From integers only, so that `sum(x, true)` does not compile.
  template <class I>
    requires(__is_same(I, int) || __is_same(I, long) || __is_same(I, long long))
  Shape(I n) : n_(1), capacity_(inline_dims) { inline_[0] = n; }
  Shape(std::initializer_list<std::int64_t> v) : Shape(v.begin(), static_cast<int>(v.size())) {}
  Shape(const std::vector<std::int64_t>& v) : Shape(v.data(), static_cast<int>(v.size())) {}
  Shape(const std::int64_t* p, int n) : Shape() { assign(p, n); }
  Shape(const Shape& o) : Shape() { assign(o.data(), o.n_); }
  Shape(Shape&& o) noexcept : Shape() { steal(o); }
  ~Shape() { drop(); }
  Shape& operator=(const Shape& o) { if (this != &o) assign(o.data(), o.n_); return *this; }
  Shape& operator=(Shape&& o) noexcept {
    if (this == &o) return *this;
    drop();
    capacity_ = inline_dims;
    steal(o);
    return *this;
  }

  /// `n` dimensions, all `value`.
  static Shape filled(int n, std::int64_t value);

  int size() const noexcept { return n_; }
  bool empty() const noexcept { return n_ == 0; }
  std::int64_t* data() noexcept { return capacity_ == inline_dims ? inline_ : heap_; }
  const std::int64_t* data() const noexcept { return capacity_ == inline_dims ? inline_ : heap_; }
  std::int64_t& operator[](int i) noexcept { return data()[i]; }
  std::int64_t operator[](int i) const noexcept { return data()[i]; }
  std::int64_t* begin() noexcept { return data(); }
  std::int64_t* end() noexcept { return data() + n_; }
  const std::int64_t* begin() const noexcept { return data(); }
  const std::int64_t* end() const noexcept { return data() + n_; }
  std::int64_t front() const noexcept { return data()[0]; }
  std::int64_t back() const noexcept { return data()[n_ - 1]; }

  void push_back(std::int64_t v) { resize(n_ + 1); data()[n_ - 1] = v; }
  void insert(int i, std::int64_t v);
  void erase(int i);
  /// New entries are 0.
  void resize(int n) {
    grow(n);
    if (capacity_ == inline_dims) zero_inline();
    else for (int i = n_; i < n; ++i) heap_[i] = 0;
    n_ = n;
  }
  void assign(const std::int64_t* p, int n) {
    grow(n);
    n_ = n;
    if (capacity_ == inline_dims) copy_inline(p);
    else __builtin_memmove(heap_, p, static_cast<std::size_t>(n) * sizeof *p);
  }

  std::vector<std::int64_t> vec() const { return {begin(), end()}; }

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.n_ != b.n_) return false;
    const std::int64_t *p = a.data(), *q = b.data();
    for (int i = 0; i < a.n_; ++i)
      if (p[i] != q[i]) return false;
    return true;
  }

 private:
  // One by one, and no loop, which the compiler would make a call of memcpy: its wide loads, right after the narrow stores
  // that made the sizes, have to wait for those to reach the cache.
  void copy_inline(const std::int64_t* from) noexcept {
    switch (n_) {
      case 5: inline_[4] = from[4]; [[fallthrough]];
      case 4: inline_[3] = from[3]; [[fallthrough]];
      case 3: inline_[2] = from[2]; [[fallthrough]];
      case 2: inline_[1] = from[1]; [[fallthrough]];
      case 1: inline_[0] = from[0]; [[fallthrough]];
      default: return;
    }
  }
  /// All that is inline past the last size; no loop, as above.
  void zero_inline() noexcept {
    switch (n_) {
      case 0: inline_[0] = 0; [[fallthrough]];
      case 1: inline_[1] = 0; [[fallthrough]];
      case 2: inline_[2] = 0; [[fallthrough]];
      case 3: inline_[3] = 0; [[fallthrough]];
      case 4: inline_[4] = 0; [[fallthrough]];
      default: return;
    }
  }
  void steal(Shape& o) noexcept {
    n_ = o.n_;
    if (o.capacity_ == inline_dims) {
      copy_inline(o.inline_);
    } else {
      heap_ = o.heap_;
      capacity_ = o.capacity_;
      o.capacity_ = inline_dims;
    }
    o.n_ = 0;
  }
  void grow(int n) { if (n > capacity_) reserve(n); }
  void reserve(int n);
  void drop() noexcept { if (capacity_ != inline_dims) delete[] heap_; }

  std::int32_t n_, capacity_;
  union {
    std::int64_t inline_[inline_dims];
    std::int64_t* heap_;
  };
};

using Strides = Shape;

/// "[2, 3]".
std::string to_string(const Shape& s);
/// Product of the sizes. Sizes must have been checked with `checked_numel`.
std::int64_t numel(const Shape& s) noexcept;
/// Product of the sizes; throws a value error naming `op` for a negative size or a byte count past 2^63.
std::int64_t checked_numel(const char* op, const Shape& s, std::size_t itemsize);
/// Row-major strides in elements.
Strides contiguous_strides(const Shape& s);
bool is_contiguous(const Shape& shape, const Strides& strides) noexcept;
/// NumPy's broadcasting of two shapes; throws a value error naming `op`.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);
/// Dimension `dim` (which may count from the end) of `ndim`, as 0 <= result < ndim; a 0-d tensor takes 0 and -1.
/// Throws an index error naming `op`.
int normalize_dim(const char* op, std::int64_t dim, int ndim);
/// All of `dims` normalised, sorted, and checked for repeats; empty `dims` means all.
Shape normalize_dims(const char* op, const Shape& dims, int ndim);
/// `shape` with one -1 replaced so that it holds `numel` elements; throws a value error naming `op`.
Shape infer_shape(const char* op, const Shape& shape, std::int64_t numel);

}  // namespace ph
