// The factories' bodies.
#include "playhead/autograd/ops_creation.h"

#include <cmath>
#include <cstring>

#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/tensor/fits.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {

// The dtype of a value that comes alone.
DType inferred_dtype(Scalar::Kind kind) {
  switch (kind) {
    case Scalar::Kind::boolean: return bool_;
    case Scalar::Kind::integer: return int64;
    case Scalar::Kind::unsigned_integer: return uint64;
    case Scalar::Kind::floating: return default_dtype();
    default: return complex_dtype(default_dtype());
  }
}

Tensor with_grad(Tensor x, const TensorOptions& options) {
  if (options.requires_grad) x.requires_grad_();
  return x;
}

Tensor filled(const char* op, const Shape& shape, Scalar value, DType dtype, const TensorOptions& options) {
  checked_numel(op, shape, itemsize(dtype));
  if (value.is_complex() && !is_complex(dtype)) type_error(op, "a complex value does not fit; got dtype=", dtype);
  detail::check_fits(op, value, dtype);
  Tensor x = detail::make_tensor(shape, dtype, options.device);
  kernels(x.device()).fill(view_of(x), value);
  return with_grad(std::move(x), options);
}

TensorOptions like(const Tensor& x, const TensorOptions& o) {
  return {.dtype = o.dtype.value_or(x.dtype()), .device = o.device.value_or(x.device()), .requires_grad = o.requires_grad};
}

std::int64_t columns(std::int64_t n, std::int64_t m) { return m == -1 ? n : m; }

}  // namespace

Tensor empty(const Shape& shape, const TensorOptions& options) {
  const DType dtype = options.dtype;
  checked_numel("empty", shape, itemsize(dtype));
  return with_grad(detail::make_tensor(shape, dtype, options.device), options);
}

Tensor zeros(const Shape& shape, const TensorOptions& options) { return filled("zeros", shape, 0, options.dtype, options); }
Tensor ones(const Shape& shape, const TensorOptions& options) { return filled("ones", shape, 1, options.dtype, options); }
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options) {
  return filled("full", shape, value, options.dtype.value_or(inferred_dtype(value.kind())), options);
}

Tensor empty_like(const Tensor& x, const TensorOptions& options) { return empty(x.shape(), like(x, options)); }
Tensor zeros_like(const Tensor& x, const TensorOptions& options) { return zeros(x.shape(), like(x, options)); }
Tensor ones_like(const Tensor& x, const TensorOptions& options) { return ones(x.shape(), like(x, options)); }
Tensor full_like(const Tensor& x, Scalar value, const TensorOptions& options) { return full(x.shape(), value, like(x, options)); }

Tensor new_empty(const Tensor& x, const Shape& shape, const TensorOptions& options) { return empty(shape, like(x, options)); }
Tensor new_zeros(const Tensor& x, const Shape& shape, const TensorOptions& options) { return zeros(shape, like(x, options)); }
Tensor new_ones(const Tensor& x, const Shape& shape, const TensorOptions& options) { return ones(shape, like(x, options)); }
Tensor new_full(const Tensor& x, const Shape& shape, Scalar value, const TensorOptions& options) {
  return full(shape, value, like(x, options));
}

Tensor scalar_tensor(Scalar value, const TensorOptions& options) {
  const DType dtype = options.dtype.value_or(value.is_complex() ? complex_dtype(default_dtype()) : default_dtype());
  return filled("scalar_tensor", {}, value, dtype, options);
}

Tensor empty_strided(const Shape& shape, const Strides& strides, const TensorOptions& options) {
  const DType dtype = options.dtype;
  const std::int64_t n = checked_numel("empty_strided", shape, itemsize(dtype));
  if (strides.size() != shape.size()) value_error("empty_strided", "needs one stride per dimension; got shape=", shape, ", strides=", strides);
  std::int64_t extent = n > 0;
  for (int d = 0; d < shape.size(); ++d) {
    std::int64_t reach;
    if (strides[d] < 0) value_error("empty_strided", "strides must not be negative; got strides=", strides);
    if (n > 0 && (__builtin_mul_overflow(shape[d] - 1, strides[d], &reach) || __builtin_add_overflow(extent, reach, &extent)))
      value_error("empty_strided", "the layout reaches past the address space; got shape=", shape, ", strides=", strides);
  }
  checked_numel("empty_strided", {extent}, itemsize(dtype));
  const Tensor memory = detail::make_tensor({extent}, dtype, options.device);
  return with_grad(detail::make_tensor(memory.impl().storage, 0, shape, strides, dtype), options);
}

// --- ranges ----------------------------------------------------------------------------------------------------------

Tensor arange(Scalar end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(Scalar start, Scalar end, const TensorOptions& options) { return arange(start, end, 1, options); }

Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options) {
  for (const Scalar& s : {start, end, step})
    if (s.is_complex()) type_error("arange", "bounds and step must be real");
  const bool integers = !start.is_floating() && !end.is_floating() && !step.is_floating();
  const DType dtype = options.dtype.value_or(integers ? int64 : default_dtype());
  if (is_complex(dtype) || is_bool(dtype)) type_error("arange", "needs an integer or floating dtype; got dtype=", dtype);
  std::int64_t n = 0;
  Scalar last;
  const char* too_many = "too many elements; got start=";
  if (integers) {
    if (end.kind() == Scalar::Kind::unsigned_integer || start.kind() == Scalar::Kind::unsigned_integer ||
        step.kind() == Scalar::Kind::unsigned_integer)
      value_error("arange", "bounds and step must be below 2^63");
    const auto a = start.to<std::int64_t>(), b = end.to<std::int64_t>(), s = step.to<std::int64_t>();
    if (s == 0) value_error("arange", "step must not be 0; got start=", a, ", end=", b);
    __extension__ using wide = __int128;
    const wide span = static_cast<wide>(b) - a, count = s > 0 ? (span + s - 1) / s : (span + s + 1) / s;
    if (count > INT64_MAX / 16) value_error("arange", too_many, a, ", end=", b, ", step=", s);
    n = count < 0 ? 0 : static_cast<std::int64_t>(count);
    last = n > 0 ? static_cast<std::int64_t>(a + static_cast<wide>(n - 1) * s) : a;  // the product alone may overflow
  } else {
    const double a = start.re(), b = end.re(), s = step.re();
    if (!(std::isfinite(a) && std::isfinite(b) && std::isfinite(s))) value_error("arange", "bounds and step must be finite; got start=", a, ", end=", b, ", step=", s);
    if (s == 0) value_error("arange", "step must not be 0; got start=", a, ", end=", b);
    const double count = std::ceil((b - a) / s);
    if (!(count < 0x1p59)) value_error("arange", too_many, a, ", end=", b, ", step=", s);
    n = count < 0 ? 0 : static_cast<std::int64_t>(count);
    last = a + static_cast<double>(n - 1) * s;
  }
  for (const Scalar& v : {start, last})
    if (n > 0) detail::check_fits("arange", v, dtype);
  Tensor x = detail::make_tensor({n}, dtype, options.device);
  if (n > 0) kernels(x.device()).iota(view_of(x), start, step);
  return with_grad(std::move(x), options);
}

Tensor linspace(Scalar start, Scalar end, std::int64_t n, const TensorOptions& options, bool endpoint) {
  const bool z = start.is_complex() || end.is_complex();
  const DType dtype = options.dtype.value_or(z ? complex_dtype(default_dtype()) : default_dtype());
  if (!is_differentiable(dtype) || (z && !is_complex(dtype)))
    type_error("linspace", z ? "needs a complex dtype; got dtype=" : "needs a floating or complex dtype; got dtype=", dtype);
  if (n < 0) value_error("linspace", "num must not be negative; got num=", n);
  checked_numel("linspace", {n}, itemsize(dtype));
  Tensor x = detail::make_tensor({n}, dtype, options.device);
  const auto fill = [&](const Tensor& part, double a, double b) {
    const double intervals = static_cast<double>(endpoint ? n - 1 : n);
    // Not (b - a) / intervals where the difference overflows.
    const double step = intervals > 0 ? (std::isfinite(b - a) ? (b - a) / intervals : b / intervals - a / intervals) : 0;
    kernels(x.device()).iota(view_of(part), a, step);
    if (endpoint && n > 1) kernels(x.device()).fill(view_of(part.select(0, n - 1)), b);
  };
  if (n > 0 && is_complex(dtype)) {
    fill(real(x), start.re(), end.re());
    fill(imag(x), start.im(), end.im());
  } else if (n > 0) {
    fill(x, start.re(), end.re());
  }
  return with_grad(std::move(x), options);
}

Tensor logspace(Scalar start, Scalar end, std::int64_t n, double base, const TensorOptions& options) {
  // In double: an exponent that is rounded to the dtype puts the power off by many units in the last place.
  const DType dtype = options.dtype.value_or(start.is_complex() || end.is_complex() ? complex_dtype(default_dtype()) : default_dtype());
  if (!is_differentiable(dtype)) type_error("logspace", "needs a floating or complex dtype; got dtype=", dtype);
  const Tensor exponent = linspace(start, end, n, {.dtype = is_complex(dtype) ? complex128 : float64, .device = options.device});
  return with_grad(pow(full_like(exponent, base), exponent).to(dtype), options);
}

// --- matrices --------------------------------------------------------------------------------------------------------

Tensor eye(std::int64_t n, std::int64_t m, std::int64_t k, const TensorOptions& options) {
  const DType dtype = options.dtype;
  Tensor x = filled("eye", {n, columns(n, m)}, 0, dtype, {.device = options.device});
  if (k > -n && k < x.size(1)) kernels(x.device()).fill(view_of(diagonal(x, k)), 1);
  return with_grad(std::move(x), options);
}

Tensor tri(std::int64_t n, std::int64_t m, std::int64_t k, const TensorOptions& options) {
  Tensor x = filled("tri", {n, columns(n, m)}, 1, options.dtype, {.device = options.device});
  kernels(x.device()).triangle(view_of(x), view_of(x), k, false);
  return with_grad(std::move(x), options);
}

namespace {
Tensor triangle_indices(const char* op, std::int64_t n, std::int64_t m, std::int64_t k, bool upper) {
  const Tensor mask = filled(op, {n, columns(n, m)}, true, bool_, {});
  const Kernels& kernel = kernels(mask.device());
  kernel.triangle(view_of(mask), view_of(mask), k, upper);
  Tensor out = detail::make_tensor({2, kernel.count(view_of(mask))}, int64, mask.device());
  kernel.nonzero(view_of(out), view_of(mask));
  return out;
}
}  // namespace

Tensor tril_indices(std::int64_t n, std::int64_t m, std::int64_t k) { return triangle_indices("tril_indices", n, m, k, false); }
Tensor triu_indices(std::int64_t n, std::int64_t m, std::int64_t k) { return triangle_indices("triu_indices", n, m, k, true); }

std::vector<Tensor> meshgrid(const std::vector<Tensor>& xs, const char* indexing) {
  const bool xy = std::strcmp(indexing, "xy") == 0;
  if (!xy && std::strcmp(indexing, "ij") != 0) value_error("meshgrid", "indexing must be xy or ij; got indexing=", indexing);
  const int n = static_cast<int>(xs.size());
  const auto place = [&](int i) { return xy && n > 1 && i < 2 ? 1 - i : i; };
  Shape shape = Shape::filled(n, 1);
  for (int i = 0; i < n; ++i) {
    const Tensor& x = xs[static_cast<std::size_t>(i)];
    if (x.ndim() > 1) value_error("meshgrid", "inputs must have at most one dimension; got shape=", x.shape());
    shape[place(i)] = x.numel();
  }
  std::vector<Tensor> out;
  for (int i = 0; i < n; ++i) {
    Shape line = Shape::filled(n, 1);
    line[place(i)] = shape[place(i)];
    out.push_back(expand(reshape(xs[static_cast<std::size_t>(i)], line), shape));
  }
  return out;
}

// --- from C++ data ----------------------------------------------------------------------------------------------------

namespace {

Shape nested_shape(const std::vector<NestedValues>& list) {
  Shape shape;
  for (const auto* level = &list;; level = &level->front().list()) {
    shape.push_back(static_cast<std::int64_t>(level->size()));
    if (level->empty() || !level->front().is_list()) return shape;
  }
}

void flatten_values(const std::vector<NestedValues>& list, const Shape& shape, int depth, std::vector<Scalar>& out) {
  const auto size = static_cast<std::int64_t>(list.size());
  if (size != shape[depth])
    value_error("tensor", "braces must hold as many values at each level; got ", size, " beside ", shape[depth], " at depth ", depth);
  for (const NestedValues& v : list) {
    if (v.is_list() != (depth + 1 < shape.size())) value_error("tensor", "braces must be nested equally deep; got shape=", shape, " and another");
    if (v.is_list()) flatten_values(v.list(), shape, depth + 1, out);
    else out.push_back(v.value());
  }
}

// A CPU tensor made of `values`, of the kind that holds them all, before it is cast and moved as the options ask.
Tensor from_scalars(const std::vector<Scalar>& values, const Shape& shape, const TensorOptions& options) {
  auto kind = values.empty() ? Scalar::Kind::floating : Scalar::Kind::boolean;
  for (const Scalar& v : values) kind = std::max(kind, v.kind());
  const DType dtype = options.dtype.value_or(inferred_dtype(kind));
  if (kind == Scalar::Kind::unsigned_integer && !options.dtype.given())
    for (const Scalar& v : values)
      if (v.kind() == Scalar::Kind::integer && v.to<std::int64_t>() < 0) type_error("tensor", "no integer dtype holds all values; got ", v.to<std::int64_t>(), " beside one past 2^63");
  if (kind == Scalar::Kind::complex && !is_complex(dtype)) type_error("tensor", "complex values do not fit; got dtype=", dtype);
  for (const Scalar& v : values) detail::check_fits("tensor", v, dtype);
  Tensor x = detail::make_tensor(shape, dtype, cpu_device);
  View at{x.data_ptr(), nullptr, nullptr, 1, 0, dtype, true};
  const Shape none;
  at.shape = at.strides = none.data();
  for (const Scalar& v : values) {
    kernels(cpu_device).fill(at, v);
    at.data = static_cast<char*>(at.data) + itemsize(dtype);
  }
  return with_grad(x.to(options.device), options);
}

}  // namespace

Tensor tensor(std::initializer_list<NestedValues> values, const TensorOptions& options) {
  const std::vector<NestedValues> list(values);
  const Shape shape = nested_shape(list);
  std::vector<Scalar> flat;
  flatten_values(list, shape, 0, flat);
  return from_scalars(flat, shape, options);
}

Tensor tensor(Scalar value, const TensorOptions& options) { return full({}, value, options); }

Tensor detail::copy_in(const void* data, DType from, std::int64_t count, const Shape& shape, const TensorOptions& options) {
  const DType dtype = options.dtype.value_or(from);
  const std::int64_t n = checked_numel("from_data", shape, itemsize(dtype));
  if (n != count) value_error("from_data", "the shape must hold as many elements as the data; got shape=", shape, " for ", count, " elements");
  if (is_complex(from) && !is_complex(dtype)) type_error("from_data", "complex values do not fit; got dtype=", dtype);
  const Tensor x = make_tensor(shape, dtype, cpu_device);
  const Strides strides = contiguous_strides(shape);
  const View source{const_cast<void*>(data), shape.data(), strides.data(), n, shape.size(), from, true};
  if (n > 0) kernels(cpu_device).copy(view_of(x), source);
  return with_grad(x.to(options.device), options);
}

Tensor detail::copy_in(const std::vector<bool>& values, const Shape& shape, const TensorOptions& options) {
  const std::vector<std::uint8_t> bytes(values.begin(), values.end());
  return copy_in(bytes.data(), bool_, static_cast<std::int64_t>(bytes.size()), shape, options);
}

detail::BlobExtent detail::blob_extent(const void* data, const Shape& shape, const Strides& strides, DType dtype) {
  const auto size = static_cast<std::int64_t>(itemsize(dtype));
  const std::int64_t n = checked_numel("from_blob", shape, itemsize(dtype));
  if (strides.size() != shape.size())
    value_error("from_blob", "needs one stride per dimension; got shape=", shape, ", strides=", strides);
  if (n == 0) return {};
  if (!data) value_error("from_blob", "memory must not be null; got shape=", shape);
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t align = static_cast<std::uintptr_t>(is_complex(dtype) ? size / 2 : size);
  if (address % align != 0) value_error("from_blob", "memory must be aligned to its elements; got dtype=", dtype, ", address ", address % align, " past a multiple of ", static_cast<std::uint64_t>(align));
  std::int64_t low = 0, high = size;
  for (int d = 0; d < shape.size(); ++d) {
    std::int64_t reach;
    std::int64_t& end = strides[d] < 0 ? low : high;
    if (__builtin_mul_overflow(shape[d] - 1, strides[d], &reach) || __builtin_mul_overflow(reach, size, &reach) || __builtin_add_overflow(end, reach, &end))
      value_error("from_blob", "the layout reaches past the address space; got shape=", shape, ", strides=", strides);
  }
  std::int64_t length;
  if (__builtin_sub_overflow(high, low, &length) || static_cast<std::uintptr_t>(-low) > address || static_cast<std::uintptr_t>(high) > UINTPTR_MAX - address)
    value_error("from_blob", "the layout reaches past the address space; got shape=", shape, ", strides=", strides);
  return {low, static_cast<std::size_t>(length)};
}

Tensor detail::wrap_blob(Ref<Storage> storage, const BlobExtent& extent, const Shape& shape, const Strides& strides, DType dtype,
                         bool requires_grad) {
  Tensor x = make_tensor(std::move(storage), static_cast<std::size_t>(-extent.begin), shape, strides, dtype);
  if (requires_grad) x.requires_grad_();
  return x;
}

}  // namespace ph
