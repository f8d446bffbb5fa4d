// Tensors from nothing: constants, ranges, and copies or views of memory that C++ already has. Random ones are elsewhere.
#pragma once
#include <initializer_list>
#include <utility>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// Every factory refuses negative sizes, and sizes whose bytes would pass 2^63, before it allocates.

/// Uninitialised memory.
Tensor empty(const Shape& shape, const TensorOptions& options = {});
/// Filled with 0.
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
/// Filled with 1.
Tensor ones(const Shape& shape, const TensorOptions& options = {});
/// Filled with `value`, which the dtype must have (of a fraction, integers keep the whole part). Without a dtype: bool, int64, the default dtype, or its complex partner, by the kind of the value.
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {});

/// Uninitialised memory of x's shape, and of its dtype and device where the options leave them out.
Tensor empty_like(const Tensor& x, const TensorOptions& options = {});
/// Zeros of x's shape, and of its dtype and device where the options leave them out.
Tensor zeros_like(const Tensor& x, const TensorOptions& options = {});
/// Ones of x's shape, and of its dtype and device where the options leave them out.
Tensor ones_like(const Tensor& x, const TensorOptions& options = {});
/// Filled with `value`, of x's shape, and of its dtype and device where the options leave them out.
Tensor full_like(const Tensor& x, Scalar value, const TensorOptions& options = {});

/// Uninitialised memory of a shape, and of x's dtype and device where the options leave them out.
Tensor new_empty(const Tensor& x, const Shape& shape, const TensorOptions& options = {});
/// Zeros of a shape, and of x's dtype and device where the options leave them out.
Tensor new_zeros(const Tensor& x, const Shape& shape, const TensorOptions& options = {});
/// Ones of a shape, and of x's dtype and device where the options leave them out.
Tensor new_ones(const Tensor& x, const Shape& shape, const TensorOptions& options = {});
/// Filled with `value`, of a shape, and of x's dtype and device where the options leave them out.
Tensor new_full(const Tensor& x, const Shape& shape, Scalar value, const TensorOptions& options = {});

/// start, start + step, … below `end` (above it for a negative step). Without a dtype: int64 for integers, else the default dtype.
/// Floating values are start + i * step, each rounded once. Throws for a step of 0.
Tensor arange(Scalar end, const TensorOptions& options = {});
Tensor arange(Scalar start, Scalar end, const TensorOptions& options = {});
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options = {});
/// `n` values from `start` to `end`, evenly apart; the last is `end` itself, unless `endpoint` is false. Floating or complex.
Tensor linspace(Scalar start, Scalar end, std::int64_t n, const TensorOptions& options = {}, bool endpoint = true);
/// base ** linspace(start, end, n): values whose logarithms are evenly apart.
Tensor logspace(Scalar start, Scalar end, std::int64_t n, double base = 10.0, const TensorOptions& options = {});

/// Uninitialised, with the given strides (in elements, not negative), which may make elements share memory.
Tensor empty_strided(const Shape& shape, const Strides& strides, const TensorOptions& options = {});
/// A 0-d tensor; without a dtype the default one, or its complex partner.
Tensor scalar_tensor(Scalar value, const TensorOptions& options = {});

/// [n, m] (m = n if -1) with ones on the k-th diagonal.
Tensor eye(std::int64_t n, std::int64_t m = -1, std::int64_t k = 0, const TensorOptions& options = {});
/// [n, m] (m = n if -1) with ones on and below the k-th diagonal.
Tensor tri(std::int64_t n, std::int64_t m = -1, std::int64_t k = 0, const TensorOptions& options = {});
/// int64 [2, count]: rows and columns of the elements on and below the k-th diagonal of an [n, m] matrix.
Tensor tril_indices(std::int64_t n, std::int64_t m = -1, std::int64_t k = 0);
/// int64 [2, count]: rows and columns of the elements on and above the k-th diagonal of an [n, m] matrix.
Tensor triu_indices(std::int64_t n, std::int64_t m = -1, std::int64_t k = 0);
/// Coordinates of a grid, as views: output i varies along dim i with x[i] ("ij"), or with the first two dims swapped ("xy").
/// In Python a list, as the array API has it.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& xs, const char* indexing = "xy");

/// Nested braces: `tensor({{1., 2.}, {3., 4.}})`. Made by the compiler from the call; not for use by name.
class NestedValues {
 public:
  template <class T, class = decltype(Scalar(std::declval<T>()))>
  NestedValues(T value) : value_(value) {}
  NestedValues(std::initializer_list<NestedValues> list) : list_(list), is_list_(true) {}

  bool is_list() const { return is_list_; }
  const std::vector<NestedValues>& list() const { return list_; }
  Scalar value() const { return value_; }

 private:
  Scalar value_;
  std::vector<NestedValues> list_;
  bool is_list_ = false;
};
/// A tensor of the given values. Without a dtype: bool, int64, the default dtype or its complex partner, the widest kind among them.
/// Throws a value error if the braces are ragged.
Tensor tensor(std::initializer_list<NestedValues> values, const TensorOptions& options = {});
Tensor tensor(Scalar value, const TensorOptions& options = {});

namespace detail {
Tensor copy_in(const void* data, DType from, std::int64_t count, const Shape& shape, const TensorOptions& options);
Tensor copy_in(const std::vector<bool>& values, const Shape& shape, const TensorOptions& options);
}  // namespace detail

/// A copy of `values` in row-major order, of their type unless a dtype is given. Throws if the count is not the shape's.
template <class T>
Tensor from_data(const std::vector<T>& values, const Shape& shape, const TensorOptions& options = {}) {
  if constexpr (__is_same(T, bool)) return detail::copy_in(values, shape, options);
  else return detail::copy_in(values.data(), dtype_of<T>, static_cast<std::int64_t>(values.size()), shape, options);
}
/// A one-dimensional copy of `values`.
template <class T>
Tensor from_data(const std::vector<T>& values, const TensorOptions& options = {}) {
  return from_data(values, Shape{static_cast<std::int64_t>(values.size())}, options);
}
/// A copy of the elements at `data`, as many as the shape holds.
template <class T>
Tensor from_data(const T* data, const Shape& shape, const TensorOptions& options = {}) {
  return detail::copy_in(data, dtype_of<T>, checked_numel("from_data", shape, sizeof(T)), shape, options);
}

namespace detail {
/// The memory that a layout reaches, relative to its first element. Throws for one that cannot be.
struct BlobExtent {
  std::int64_t begin = 0;
  std::size_t nbytes = 0;
};
BlobExtent blob_extent(const void* data, const Shape& shape, const Strides& strides, DType dtype);
Tensor wrap_blob(Ref<Storage> storage, const BlobExtent& extent, const Shape& shape, const Strides& strides, DType dtype, bool requires_grad);

template <class T> struct BlobType { static DType pick(const Option<DType, default_dtype>& asked) {
  if (asked.given() && asked != dtype_of<T>) type_error("from_blob", "dtype must be the pointer's; got dtype=", DType(asked), ", pointer to ", dtype_of<T>);
  return dtype_of<T>;
} };
template <> struct BlobType<void> { static DType pick(const Option<DType, default_dtype>& asked) { return asked; } };
template <class T> struct Mutable { using Type = T; static constexpr bool writable = true; };
template <class T> struct Mutable<const T> { using Type = T; static constexpr bool writable = false; };
}  // namespace detail

/// A tensor over memory that is yours: nothing is copied. `data` points to the first element; strides (in elements) may be
/// 0 or negative. `done(data)` runs when the last tensor over it dies. A pointer to const gives read-only tensors.
/// The dtype is the pointer's, or the options' for a void pointer. Throws for null, misaligned or overflowing memory.
template <class T, class Done>
Tensor from_blob(T* data, const Shape& shape, const Strides& strides, const TensorOptions& options, Done done) {
  using M = detail::Mutable<T>;
  const DType dtype = detail::BlobType<typename M::Type>::pick(options.dtype);
  const detail::BlobExtent extent = detail::blob_extent(data, shape, strides, dtype);
  auto* p = const_cast<typename M::Type*>(data);
  auto release = [done = static_cast<Done&&>(done), p](void*) mutable { done(p); };
  auto* begin = extent.nbytes ? reinterpret_cast<char*>(p) + extent.begin : nullptr;
  Ref<Storage> storage = Ref<Storage>::adopt(new BorrowedStorage<decltype(release)>(begin, extent.nbytes, options.device, std::move(release)));
  storage->writable = M::writable;
  return detail::wrap_blob(std::move(storage), extent, shape, strides, dtype, options.requires_grad);
}
template <class T>
Tensor from_blob(T* data, const Shape& shape, const Strides& strides, const TensorOptions& options = {}) {
  return from_blob(data, shape, strides, options, [](const void*) {});
}
template <class T>
Tensor from_blob(T* data, const Shape& shape, const TensorOptions& options = {}) {
  checked_numel("from_blob", shape, 1);
  return from_blob(data, shape, contiguous_strides(shape), options);
}

}  // namespace ph
