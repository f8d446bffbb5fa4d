// Factories.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {
#define PH_OPTIONS "dtype=None, device=None, requires_grad=False"

Tensor range(const Scalar& start, const std::optional<Scalar>& stop, const Scalar& step, const TensorOptions& o) {
  return stop ? arange(start, *stop, step, o) : arange(0, start, step, o);
}
}  // namespace

void define_creation() {
#define PH_FACTORY(name)                                                                                                       \
  function(#name, "shape*, " PH_OPTIONS, [](const Shape& shape, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { \
    return ph::name(shape, options(dtype, device, grad));                                                                      \
  });                                                                                                                          \
  function(#name "_like", "x, /, *, " PH_OPTIONS, [](const Tensor& x, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { \
    return ph::name##_like(x, options(dtype, device, grad));                                                           \
  });                                                                                                                          \
  method("new_" #name, "self, *shape, " PH_OPTIONS, [](const Tensor& x, const Shape& shape, const MaybeDType& dtype, const MaybeDevice& device, bool grad) { \
    return ph::new_##name(x, shape, options(dtype, device, grad));                                                             \
  });
  PH_FACTORY(empty)
  PH_FACTORY(zeros)
  PH_FACTORY(ones)
#undef PH_FACTORY
  function("empty_strided", "size, stride, *, " PH_OPTIONS, [](const Shape& shape, const Shape& strides, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return empty_strided(shape, strides, options(dtype, device, grad));
  });
  function("full", "shape, fill_value, *, " PH_OPTIONS, [](const Shape& shape, const Operand& value, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    if (!value.is_tensor()) return full(shape, value.scalar, options(dtype, device, grad));
    const Tensor x = value.tensor.detach().to(dtype.value_or(value.tensor.dtype())).expand(shape).clone();
    return grad ? Tensor(x).requires_grad_() : x;
  });
  function("full_like", "x, /, fill_value, *, " PH_OPTIONS, [](const Tensor& x, Scalar value, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return full_like(x, value, options(dtype, device, grad));
  });
  method("new_full", "self, shape, fill_value, *, " PH_OPTIONS, [](const Tensor& x, const Shape& shape, Scalar value, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return new_full(x, shape, value, options(dtype, device, grad));
  });
  /// A copy of data, in the tensor's dtype unless one is given.
  method("new_tensor", "self, data, *, dtype=None", [](const Tensor& x, PyObject* data, const MaybeDType& dtype) {
    const Tensor y = as_tensor(data, "new_tensor", dtype.value_or(x.dtype()));
    return is_tensor(data) || is_foreign_array(data) ? y.clone() : y;
  });
  function("scalar_tensor", "value, *, " PH_OPTIONS, [](Scalar value, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return scalar_tensor(value, options(dtype, device, grad));
  });
  function("arange", "start, /, stop=None, step=1, *, " PH_OPTIONS, [](Scalar start, const std::optional<Scalar>& stop, Scalar step, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return range(start, stop, step, options(dtype, device, grad));
  });
  function("linspace", "start, stop, /, num, *, dtype=None, device=None, endpoint=True, requires_grad=False",
           [](Scalar start, Scalar stop, std::int64_t n, const MaybeDType& dtype, const MaybeDevice& device, bool endpoint, bool grad) {
             return linspace(start, stop, n, options(dtype, device, grad), endpoint);
           });
  function("logspace", "start, stop, num, base=10.0, *, " PH_OPTIONS, [](Scalar start, Scalar stop, std::int64_t n, double base, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return logspace(start, stop, n, base, options(dtype, device, grad));
  });
  function("eye", "n_rows, n_cols=None, /, *, k=0, " PH_OPTIONS, [](std::int64_t n, std::optional<std::int64_t> m, Diagonal k, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    if (m && *m < 0) value_error("eye", "sizes must not be negative; got n_cols=", *m);
    return eye(n, m.value_or(-1), k.k, options(dtype, device, grad));
  });
  function("tri", "n, m=None, k=0, *, " PH_OPTIONS, [](std::int64_t n, std::optional<std::int64_t> m, Diagonal k, const MaybeDType& dtype, const MaybeDevice& device, bool grad) {
    return tri(n, m.value_or(-1), k.k, options(dtype, device, grad));
  });
  function("tril_indices", "row, col=None, offset=0", [](std::int64_t n, std::optional<std::int64_t> m, std::int64_t k) { return tril_indices(n, m.value_or(-1), k); });
  function("triu_indices", "row, col=None, offset=0", [](std::int64_t n, std::optional<std::int64_t> m, std::int64_t k) { return triu_indices(n, m.value_or(-1), k); });
  function("meshgrid", "*arrays, indexing='xy'", [](const std::vector<Tensor>& xs, const std::string& indexing) { return TensorList{meshgrid(xs, indexing.c_str())}; });
  /// A copy with memory of its own. Recorded.
  op("clone", "x, /", [](const Tensor& x) { return x.clone(); });
  /// x's memory, cut off from the tape.
  op("detach", "x, /", [](const Tensor& x) { return x.detach(); });
}

}  // namespace ph::python
