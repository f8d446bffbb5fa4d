// How tensors come to be and what they say of themselves. No op is here: those are in autograd/.
#include "playhead/tensor/tensor.h"

#include <new>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/block.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace detail {

thread_local constinit bool inference_tensors __attribute__((tls_model("initial-exec"))) = false;

namespace {
void set_contiguous_strides(TensorImpl& t) {
  t.strides.resize(t.shape.size());
  std::int64_t step = 1;
  for (int i = t.shape.size() - 1; i >= 0; --i) {
    t.strides[i] = step;
    step *= t.shape[i] > 0 ? t.shape[i] : 1;
  }
}
}  // namespace

Tensor make_tensor(const Shape& shape, DType dtype, Device device) {
  const std::int64_t n = numel(shape);
  const std::size_t nbytes = static_cast<std::size_t>(n) * itemsize(dtype);
  if (!device.is_cpu()) return make_tensor(allocate_storage(nbytes, device), 0, shape, contiguous_strides(shape), dtype);
  TensorImpl* t = make_block(nbytes);
  Tensor x(Ref<TensorImpl>::adopt(t));
  t->dtype = dtype;
  t->inference = inference_tensors;
  t->numel = n;
  t->shape = shape;
  set_contiguous_strides(*t);
  return x;
}

Tensor make_like(const TensorImpl& like, DType dtype) {
  TensorImpl* t = make_block(static_cast<std::size_t>(like.numel) * itemsize(dtype));
  Tensor x(Ref<TensorImpl>::adopt(t));
  t->dtype = dtype;
  t->inference = inference_tensors;
  t->numel = like.numel;
  t->shape = like.shape;
  t->strides = like.strides;
  return x;
}

namespace {
TensorImpl* bare_impl() { return new (allocate(sizeof(TensorImpl))) TensorImpl; }
}  // namespace

Tensor make_tensor(Ref<Storage> storage, std::size_t offset, const Shape& shape, const Strides& strides, DType dtype) {
  TensorImpl* t = bare_impl();
  Tensor x(Ref<TensorImpl>::adopt(t));
  t->dtype = dtype;
  t->device = storage->device;
  t->data = static_cast<std::byte*>(storage->data) + offset;
  t->storage = std::move(storage);
  t->inference = inference_tensors;
  t->numel = numel(shape);
  t->shape = shape;
  t->strides = strides;
  t->contiguous = is_contiguous(shape, strides);
  return x;
}

Tensor make_view(const Tensor& x, Shape shape, Strides strides, std::int64_t offset) {
  const std::int64_t bytes = offset * static_cast<std::int64_t>(itemsize(x.dtype()));
  return make_view(x, x.dtype(), std::move(shape), std::move(strides), bytes);
}

namespace {
/// A view of x that has everything but its layout.
Tensor bare_view(const Tensor& x, DType dtype, std::int64_t byte_offset) {
  const TensorImpl& from = x.impl();
  TensorImpl* t = bare_impl();
  Tensor y(Ref<TensorImpl>::adopt(t));
  t->dtype = dtype;
  t->device = from.device;
  t->inference = from.inference;
  t->data = from.data + byte_offset;
  if (from.inference) {
    t->storage = from.storage;
  } else {
    t->base = from.base ? from.base : x.impl_ref();
    t->generation = t->base->generation;
    // Without a reference of its own, which would be two locked instructions in each view's life: the base has one.
    t->storage = Ref<Storage>::adopt(t->base->storage.get());
  }
  return y;
}
}  // namespace

Tensor make_view(const Tensor& x, DType dtype, Shape shape, Strides strides, std::int64_t byte_offset) {
  Tensor y = bare_view(x, dtype, byte_offset);
  TensorImpl& t = y.impl();
  t.numel = numel(shape);
  t.contiguous = is_contiguous(shape, strides);
  t.shape = std::move(shape);
  t.strides = std::move(strides);
  return y;
}

Tensor make_contiguous_view(const Tensor& x, const Shape& shape) {
  Tensor y = bare_view(x, x.dtype(), 0);
  TensorImpl& t = y.impl();
  t.numel = x.numel();
  t.shape = shape;
  set_contiguous_strides(t);
  return y;
}

Tensor make_alias(const Tensor& x) {
  const TensorImpl& from = x.impl();
  TensorImpl* t = bare_impl();
  Tensor y(Ref<TensorImpl>::adopt(t));
  t->dtype = from.dtype;
  t->device = from.device;
  t->inference = from.inference;
  t->data = from.data;
  t->storage = from.storage;
  t->numel = from.numel;
  t->shape = from.shape;
  t->strides = from.strides;
  t->contiguous = from.contiguous;
  return y;
}

void copy_out(const Tensor& x, DType as, void* out) {
  x.impl();
  if (x.dtype() != as && !(is_bool(x.dtype()) && as == uint8)) type_error("to_vector", "element type must match; got dtype=", x.dtype(), ", asked for ", as);
  const Tensor host = x.detach().cpu();
  const Strides strides = contiguous_strides(host.shape());
  const View dst{out, host.shape().data(), strides.data(), host.numel(), host.ndim(), as, true};
  kernels(cpu_device).copy(dst, view_of(host));
}

}  // namespace detail

void Tensor::undefined() { value_error("tensor", "it is undefined (default-constructed or moved from)"); }

void Tensor::check_access(DType t) const {
  if (dtype() != t) type_error("data", "element type must match; got dtype=", dtype(), ", asked for ", t);
  if (!is_cpu()) runtime_error("data", "memory is not on the CPU; got device=", device(), ". Use x.cpu()");
}

std::int64_t Tensor::size(std::int64_t dim) const {
  const Shape& s = shape();
  if (s.empty()) index_error("size", "dimension out of range; got dim=", dim, " for 0 dimensions");
  return s[normalize_dim("size", dim, s.size())];
}

std::int64_t Tensor::storage_offset() const {
  const TensorImpl& t = impl();
  return (t.data - static_cast<std::byte*>(t.storage->data)) / static_cast<std::int64_t>(ph::itemsize(t.dtype));
}

namespace {
template <class T>
Scalar read(const std::byte* p) { return Scalar(*reinterpret_cast<const T*>(p)); }
template <class T>
Scalar read_small(const std::byte* p) { return Scalar(static_cast<std::int64_t>(*reinterpret_cast<const T*>(p))); }
}  // namespace

Scalar Tensor::item_scalar() const {
  if (numel() != 1) value_error("item", "needs a one-element tensor; got shape=", shape());
  const Tensor host = is_cpu() ? *this : detach().cpu();
  const std::byte* p = host.impl().data;
  switch (dtype()) {
    case DType::boolean: return Scalar(*reinterpret_cast<const std::uint8_t*>(p) != 0);
    case DType::uint8: return read_small<std::uint8_t>(p);
    case DType::uint16: return read_small<std::uint16_t>(p);
    case DType::uint32: return read_small<std::uint32_t>(p);
    case DType::uint64: return read<unsigned long>(p);
    case DType::int8: return read_small<std::int8_t>(p);
    case DType::int16: return read_small<std::int16_t>(p);
    case DType::int32: return read_small<std::int32_t>(p);
    case DType::int64: return read_small<std::int64_t>(p);
    case DType::float16: return read<Half>(p);
    case DType::bfloat16: return read<BFloat16>(p);
    case DType::float32: return read<float>(p);
    case DType::float64: return read<double>(p);
    case DType::complex64: return read<cfloat>(p);
    case DType::complex128: return read<cdouble>(p);
  }
  return {};
}

// --- Index ---------------------------------------------------------------------------------------------------------

detail::SliceRange detail::resolve_slice(const char* op, const Slice& s, std::int64_t size) {
  if (s.step == 0) value_error(op, "the step of a slice must not be 0");
  const bool up = s.step > 0;
  // Ends beyond the dimension are brought to its edges: before its first entry is -1 going down, past its last is size going up.
  const std::int64_t low = up ? 0 : -1, high = up ? size : size - 1;
  const auto end = [&](const Bound& b, std::int64_t open) {
    if (!b.set) return open;
    const std::int64_t v = b.value < 0 ? b.value + size : b.value;
    return v < low ? low : v > high ? high : v;
  };
  const std::int64_t start = end(s.start, up ? low : high), stop = end(s.stop, up ? high : low);
  const std::int64_t span = up ? stop - start : start - stop;
  if (span <= 0) return {0, 1, 0};
  // One entry needs no step; a huge one would overflow the stride.
  const std::int64_t stride = s.step == INT64_MIN ? INT64_MAX : up ? s.step : -s.step, length = 1 + (span - 1) / stride;
  return {start, length > 1 ? s.step : 1, length};
}

Index::Index(const Tensor& t) : kind_(Kind::tensor), tensor_(Ref<TensorImpl>(&t.impl())) {}
Index::Index(const Index&) = default;
Index::~Index() = default;
Tensor Index::tensor() const { return Tensor(Ref<TensorImpl>(static_cast<TensorImpl*>(tensor_.get()))); }

}  // namespace ph
