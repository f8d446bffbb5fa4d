// Tensor: a handle to strided memory, and the methods that read better in a chain. Ops are free functions in
// autograd/ops.h; a method here is one of them under the same name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/dtype.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/index.h"
#include "playhead/tensor/ref.h"
#include "playhead/tensor/scalar.h"
#include "playhead/tensor/shape.h"
#include "playhead/tensor/storage.h"

namespace PH_PUBLIC ph {

class Tensor;

/// All that a tensor is. Handles share it; nothing of it but the tape fields changes once it is made.
class TensorImpl final : public RefCounted {
 public:
  DType dtype = float32;
  Device device;
  bool contiguous = true;        ///< row-major without gaps
  bool inference = false;        ///< made in inference mode: never to be recorded
  bool embedded = false;         ///< lives in its storage's block (see Note [One allocation])
  bool retains_grad = false;     ///< a non-leaf whose gradient is kept
  std::uint32_t output = 0;      ///< which output of `node` this tensor is
  std::uint32_t generation = 0;  ///< for a base: rewrites of its history; for a view: the base's when it was made
  Ref<Storage> storage;          ///< a view with a base counts no reference of its own (see make_view)
  std::byte* data = nullptr;     ///< first element
  std::int64_t numel = 0;
  Shape shape;
  Strides strides;               ///< in elements; may be 0 or negative
  Ref<RefCounted> node;          ///< the Node that made it, or a leaf's LeafNode; null when it needs no gradient
  Ref<TensorImpl> base;          ///< what this is a view of, for in-place ops on views

  /// Whether one handle is all that leads to this memory.
  bool sole_owner() const noexcept { return use_count() == 1 && !base && storage->use_count() == 1; }

 private:
  void destroy() noexcept override;
};

/// An option that may be left out: it then reads as the thread's default, unless the op has something better to infer it from.
template <class T, T (*fallback)()>
class Option {
 public:
  constexpr Option() = default;
  constexpr Option(T value) : value_(value), given_(true) {}
  operator T() const { return given_ ? value_ : fallback(); }
  constexpr bool given() const { return given_; }
  constexpr T value_or(T other) const { return given_ ? value_ : other; }

 private:
  T value_{};
  bool given_ = false;
};

/// Options of the factories; each may be left out: `ph::zeros({2, 3}, {.dtype = ph::float64})`.
struct TensorOptions {
  Option<DType, default_dtype> dtype = {};
  Option<Device, default_device> device = {};
  bool requires_grad = false;
};

class Tensor {
 public:
  /// An undefined tensor: no shape, no data. Every use but `defined` and assignment throws.
  Tensor() noexcept = default;
  explicit Tensor(Ref<TensorImpl> impl) noexcept : impl_(static_cast<Ref<TensorImpl>&&>(impl)) {}
  bool defined() const noexcept { return static_cast<bool>(impl_); }

  // --- what it is -------------------------------------------------------------------------------------------------
  const Shape& shape() const { return impl().shape; }
  const Strides& strides() const { return impl().strides; }
  int ndim() const { return impl().shape.size(); }
  /// Size along `dim`, which may count from the end.
  std::int64_t size(std::int64_t dim) const;
  std::int64_t numel() const { return impl().numel; }
  DType dtype() const { return impl().dtype; }
  Device device() const { return impl().device; }
  std::size_t itemsize() const { return ph::itemsize(impl().dtype); }
  std::size_t nbytes() const { return static_cast<std::size_t>(impl().numel) * itemsize(); }
  std::int64_t storage_offset() const;
  bool is_contiguous() const { return impl().contiguous; }
  bool is_cpu() const { return impl().device.is_cpu(); }
  bool is_cuda() const { return impl().device.is_cuda(); }
  /// Same handle target (not equal values).
  bool is_same(const Tensor& o) const noexcept { return impl_ == o.impl_; }
  bool shares_storage(const Tensor& o) const { return impl().storage == o.impl().storage; }
  std::uint32_t version() const { return impl().storage->version(); }

  // --- its data ---------------------------------------------------------------------------------------------------
  /// Pointer to the first element; T must be the dtype's C++ type and the tensor on the CPU. Strides apply.
  template <class T> T* data() const {
    check_access(dtype_of<T>);
    return reinterpret_cast<T*>(impl_->data);
  }
  /// The raw pointer, on whichever device.
  void* data_ptr() const { return impl().data; }
  /// The only element's value, converted to T; throws unless numel is 1.
  template <class T> T item() const { return item_scalar().template to<T>(); }
  Scalar item_scalar() const;
  /// All elements in row-major order; T must be the dtype's C++ type. A bool tensor gives std::uint8_t too, as 0 and 1.
  template <class T> std::vector<T> to_vector() const;
  /// Checked element access for loops: `auto a = x.accessor<float, 2>(); a(i, j)`.
  template <class T, int N> auto accessor() const;

  // --- gradients (autograd/tensor_methods.cpp) --------------------------------------------------------------------
  bool requires_grad() const {
    const TensorImpl& t = impl();
    // A view made before its base was changed in place takes part in the base's new history.
    return t.node || (t.base && t.generation != t.base->generation && t.base->node);
  }
  /// Makes a leaf (or stops it being one); throws for a non-leaf or a dtype that carries no gradient.
  Tensor& requires_grad_(bool on = true);
  bool is_leaf() const;
  /// The accumulated gradient of a leaf, undefined if there is none.
  Tensor grad() const;
  void set_grad(const Tensor& g);
  /// Keep the gradient of this non-leaf too.
  void retain_grad();
  /// Replays the tape from here: adds d(this)/d(leaf) to every leaf's gradient. `gradient` is needed unless numel is 1.
  void backward() const;
  void backward(const Tensor& gradient, bool retain_graph = false, bool create_graph = false) const;
  /// The same data, cut off from the tape; shares memory and version.
  Tensor detach() const;
  Tensor& detach_();

  // --- conversions (recorded) -------------------------------------------------------------------------------------
  Tensor to(DType dtype) const;
  Tensor to(Device device) const;
  Tensor to(Device device, DType dtype) const;
  Tensor cpu() const { return to(ph::cpu_device); }
  Tensor clone() const;
  /// Itself if row-major already, else a row-major copy.
  Tensor contiguous() const;
  Tensor& copy_(const Tensor& src);
  Tensor& fill_(Scalar value);
  Tensor& zero_() { return fill_(0); }

  // --- shape (views where they can be) ----------------------------------------------------------------------------
  Tensor reshape(const Shape& shape) const;
  Tensor view(const Shape& shape) const;
  Tensor flatten(std::int64_t start = 0, std::int64_t end = -1) const;
  Tensor permute(const Shape& dims) const;
  Tensor transpose(std::int64_t a, std::int64_t b) const;
  /// Last two dims swapped; needs two.
  Tensor mT() const;
  /// Conjugate of mT.
  Tensor mH() const;
  /// All dims reversed.
  Tensor T() const;
  /// Conjugate transpose of a matrix.
  Tensor H() const;
  Tensor expand(const Shape& shape) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor slice(std::int64_t dim, Slice s) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;

  // --- indexing, NumPy's rules ------------------------------------------------------------------------------------
  Tensor operator[](std::int64_t i) const { return select(0, i); }
  Tensor operator[](const Tensor& index) const { return this->index({index}); }
  Tensor index(std::initializer_list<Index> indices) const { return index(indices.begin(), static_cast<int>(indices.size())); }
  Tensor index(const Index* indices, int n) const;
  /// `x[indices] = value`, broadcast; with `accumulate`, `+=` that counts repeated indices each time.
  Tensor& index_put_(std::initializer_list<Index> indices, const Tensor& value, bool accumulate = false) {
    return index_put_(indices.begin(), static_cast<int>(indices.size()), value, accumulate);
  }
  Tensor& index_put_(std::initializer_list<Index> indices, Scalar value);
  Tensor& index_put_(const Index* indices, int n, const Tensor& value, bool accumulate = false);

  // --- a few reductions and products, for chains ------------------------------------------------------------------
  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor mean() const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor matmul(const Tensor& b) const;

  // --- elementwise: one method, and one in-place method, for each row of the table ----------------------------------
#define UNARY(name, ...)  Tensor name() const; Tensor& name##_();
#define UNARY1(name, p0, d0, ...) Tensor name(double p0 = d0) const; Tensor& name##_(double p0 = d0);
#define UNARY2(name, p0, d0, p1, d1, ...) Tensor name(double p0 = d0, double p1 = d1) const; Tensor& name##_(double p0 = d0, double p1 = d1);
#define BINARY(name, ...) Tensor name(const Tensor& b) const; Tensor name(Scalar b) const; \
                          Tensor& name##_(const Tensor& b); Tensor& name##_(Scalar b);
#define TERNARY(name, ...) Tensor name(const Tensor& b, const Tensor& c) const; Tensor& name##_(const Tensor& b, const Tensor& c);
#define PREDICATE(name, ...) Tensor name() const;
#define COMPARE(name, ...) Tensor name(const Tensor& b) const; Tensor name(Scalar b) const;
#include "playhead/tensor/elementwise.def"

  Tensor& operator+=(const Tensor& b) { return add_(b); }
  Tensor& operator-=(const Tensor& b) { return sub_(b); }
  Tensor& operator*=(const Tensor& b) { return mul_(b); }
  Tensor& operator/=(const Tensor& b) { return div_(b); }
  Tensor& operator+=(Scalar b) { return add_(b); }
  Tensor& operator-=(Scalar b) { return sub_(b); }
  Tensor& operator*=(Scalar b) { return mul_(b); }
  Tensor& operator/=(Scalar b) { return div_(b); }

  /// The checked impl: throws for an undefined tensor.
  TensorImpl& impl() const {
    if (!impl_) undefined();
    return *impl_;
  }
  const Ref<TensorImpl>& impl_ref() const noexcept { return impl_; }

 private:
  [[noreturn]] static void undefined();
  void check_access(DType t) const;
  Ref<TensorImpl> impl_;
};

/// As NumPy prints an array: "[[1. 2.]\n [3. 4.]]", long ones with "...", then dtype and device where they are not the default.
std::string to_string(const Tensor& x);
template <class Stream>
  requires requires(Stream& s) { s.write("", 1); }
Stream& operator<<(Stream& s, const Tensor& x) {
  const std::string t = to_string(x);
  s.write(t.data(), static_cast<long>(t.size()));
  return s;
}

/// Bounds-checked view of the elements for a user's own loop; holds no reference, so the tensor must outlive it.
template <class T, int N>
class Accessor {
 public:
  Accessor(T* data, const Shape& shape, const Strides& strides) : data_(data) {
    for (int d = 0; d < N; ++d) shape_[d] = shape[d], strides_[d] = strides[d];
  }
  std::int64_t size(int d) const { return shape_[d]; }
  template <class... I> T& operator()(I... i) const {
    static_assert(sizeof...(I) == N, "as many indices as dimensions");
    std::int64_t offset = 0, k = 0;
    ((offset += at(static_cast<int>(k), static_cast<std::int64_t>(i)), ++k), ...);
    return data_[offset];
  }

 private:
  std::int64_t at(int d, std::int64_t i) const {
    if (i < 0 || i >= shape_[d]) index_error("accessor", "index out of range; got index=", i, " for dimension ", d, " of size ", shape_[d]);
    return i * strides_[d];
  }
  T* data_;
  std::int64_t shape_[N > 0 ? N : 1], strides_[N > 0 ? N : 1];
};

template <class T, int N>
auto Tensor::accessor() const {
  T* p = data<T>();
  if (ndim() != N) value_error("accessor", "number of dimensions must match; got ", ndim(), ", asked for ", N);
  return Accessor<T, N>(p, shape(), strides());
}

namespace detail {
/// Copies the elements of a CPU tensor in row-major order to `out`.
void copy_out(const Tensor& x, DType as, void* out);

// --- how tensors are made; used by the layers above, never by users ---------------------------------------------------
/// Uninitialised, row-major. Small ones take one allocation. The shape must have been checked.
Tensor make_tensor(const Shape& shape, DType dtype, Device device);
/// The same with the shape and strides of `like`, which must be row-major and on the CPU.
Tensor make_like(const TensorImpl& like, DType dtype);
/// A tensor over `storage`, at `offset` bytes.
Tensor make_tensor(Ref<Storage> storage, std::size_t offset, const Shape& shape, const Strides& strides, DType dtype);
/// A view of x: same storage, `offset` elements from x's first; remembers its base for in-place ops.
Tensor make_view(const Tensor& x, Shape shape, Strides strides, std::int64_t offset);
/// All of a contiguous x under another shape of as many elements.
Tensor make_contiguous_view(const Tensor& x, const Shape& shape);
/// The same with another dtype (real part of a complex tensor, …) and the offset in bytes.
Tensor make_view(const Tensor& x, DType dtype, Shape shape, Strides strides, std::int64_t byte_offset);
/// The same memory under a new handle, with no tape position and no base.
Tensor make_alias(const Tensor& x);
}  // namespace detail

template <class T>
std::vector<T> Tensor::to_vector() const {
  if constexpr (__is_same(T, bool)) {  // std::vector<bool> has no elements to copy into
    if (dtype() != bool_) detail::copy_out(*this, bool_, nullptr);
    const auto bytes = to_vector<std::uint8_t>();
    return {bytes.begin(), bytes.end()};
  } else {
    std::vector<T> out(static_cast<std::size_t>(numel()));
    detail::copy_out(*this, dtype_of<T>, out.data());
    return out;
  }
}

}  // namespace ph
