// Methods of Tensor that are no ops: gradients, conversions, in-place assignment, pickling.
#include <algorithm>
#include <string_view>

#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

PyObject* item(const Tensor& x);  // tensor_number.cpp

namespace {

PyObject* to_list(const Tensor& x) {
  if (x.ndim() == 0) return item(x);
  if (x.ndim() > 500) value_error("tolist", "lists can be nested 500 deep; got ", x.ndim(), " dimensions");
  Object list = checked(PyList_New(static_cast<Py_ssize_t>(x.size(0))));
  for (std::int64_t i = 0; i < x.size(0); ++i) PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), checked(to_list(x[i])).release());
  return list.release();
}

/// x.to(dtype), x.to(device), x.to(device, dtype), x.to(other).
Tensor to(const Tensor& x, PyObject* args, const MaybeDType& dtype, const MaybeDevice& device, bool copy) {
  std::int64_t work = 0;
  DType t = dtype.value_or(x.dtype());
  Device d = device.value_or(x.device());
  const auto named = [&](const std::string& text, PyObject* a) {
    if (text.starts_with("cpu") || text.starts_with("cuda")) return void(d = to_device(a, {"to", "device", &work}));
    for (int i = 0; i < dtype_count; ++i)
      if (text == name(static_cast<DType>(i))) return void(t = static_cast<DType>(i));
    value_error("to", "needs a dtype such as 'float32' or a device such as 'cuda:0'; got '", text, "'");
  };
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
    PyObject* a = PyTuple_GET_ITEM(args, i);
    if (a == Py_None) continue;
    if (is_tensor(a)) t = tensor_of(a).dtype(), d = tensor_of(a).device();
    else if (Py_TYPE(a) == &DeviceObject) d = value_of<Device>(a);
    else if (PyUnicode_Check(a)) named(to_text(a, {"to", "device", &work}), a);
    else t = to_dtype(a, {"to", "dtype", &work});
  }
  if (t == x.dtype() && d == x.device()) return copy ? x.clone() : x;
  return x.to(d, t);
}

Object reduce(const Tensor& x) {
  const Object module = checked(PyImport_ImportModule("playhead._core")), rebuild = checked(PyObject_GetAttrString(module.get(), "_rebuild"));
  const Tensor flat = x.detach().cpu().contiguous();
  const Object bytes = checked(PyBytes_FromStringAndSize(static_cast<const char*>(flat.numel() ? flat.data_ptr() : nullptr), static_cast<Py_ssize_t>(flat.nbytes())));
  const Object shape = checked(Into<Shape>::get(x.shape())), dtype = checked(wrap(x.dtype())), device = checked(wrap(x.device()));
  return checked(Py_BuildValue("O(OOOOO)", rebuild.get(), bytes.get(), shape.get(), dtype.get(), device.get(), x.requires_grad() && x.is_leaf() ? Py_True : Py_False));
}
Tensor rebuild(PyObject* bytes, const Shape& shape, DType dtype, Device device, bool requires_grad) {
  if (!PyBytes_Check(bytes)) type_error("pickle", "data must be bytes");
  const std::int64_t n = checked_numel("pickle", shape, itemsize(dtype));
  if (PyBytes_GET_SIZE(bytes) != n * static_cast<std::int64_t>(itemsize(dtype))) value_error("pickle", "data does not fit shape=", shape);
  Tensor x = empty(shape, {.dtype = dtype});
  if (n) __builtin_memcpy(x.data_ptr(), PyBytes_AS_STRING(bytes), x.nbytes());
  x = x.to(device);
  if (requires_grad) x.requires_grad_();
  return x;
}
}  // namespace

void define_methods() {
  // ndarray + Tensor is ours to compute.
  const Object priority = checked(PyFloat_FromDouble(1000));
  if (PyDict_SetItemString(TensorType.tp_dict, "__array_priority__", priority.get()) < 0) throw PythonError();
  method("__array_namespace__", "self, /, *, api_version=None", [](const Tensor&, const std::optional<std::string>& version) {
    constexpr std::string_view known[] = {"2021.12", "2022.12", "2023.12", "2024.12"};
    if (version && std::find(std::begin(known), std::end(known), *version) == std::end(known))
      value_error("__array_namespace__", "api_version must be None or one of '2021.12' to '2024.12'; got '", *version, "'");
    return checked(PyImport_ImportModule("playhead"));
  });
  /// The only element as a Python number; a value error unless there is one element.
  method("item", "self", [](const Tensor& x) { return checked(item(x)); });
  /// The elements as Python numbers in nested lists; of a 0-d tensor the number.
  method("tolist", "self", [](const Tensor& x) { return checked(to_list(x.detach().cpu())); });
  method("__complex__", "self", [](const Tensor& x) {
    if (x.numel() != 1) type_error("complex", "needs a one-element tensor; got shape=", x.shape());
    const Scalar s = x.item_scalar();
    return checked(PyComplex_FromDoubles(s.re(), s.im()));
  });
  method("__format__", "self, spec", [](const Tensor& x, PyObject* spec) {
    const Object plain = x.numel() == 1 && x.ndim() == 0 ? checked(item(x)) : checked(wrap(x));
    if (!PyUnicode_Check(spec)) type_error("format", "spec must be a str; got ", kind_of(spec));
    if (x.ndim() == 0) return checked(PyObject_Format(plain.get(), spec));
    if (PyUnicode_GET_LENGTH(spec) > 0) type_error("format", "only 0-d tensors take a format; got shape=", x.shape());
    return checked(PyObject_Str(plain.get()));
  });
  // For notebooks: the text, under a line with what it is.
  method("_repr_html_", "self", [](const Tensor& x) {
    const Object values = checked(PyObject_Repr(checked(wrap(x)).get())), shape = checked(Into<Shape>::get(x.shape())), device = checked(wrap(x.device()));
    const Object html = checked(PyImport_ImportModule("html")), safe = checked(PyObject_CallMethod(html.get(), "escape", "O", values.get()));
    return checked(PyUnicode_FromFormat("<div><small>shape %R, %s, %S</small><pre>%U</pre></div>", shape.get(), name(x.dtype()), device.get(), safe.get()));
  });
  method("__round__", "self, ndigits=0, /", [](const Tensor& x, int n) { return n == 0 ? round(x) : round(x, n); });
  method("__reduce__", "self", [](const Tensor& x) { return reduce(x); });
  method("__deepcopy__", "self, memo", [](const Tensor& x, PyObject*) {
    Tensor y = x.detach().clone();
    if (x.requires_grad() && x.is_leaf()) y.requires_grad_();
    return y;
  });
  function("_rebuild", "data, shape, dtype, device, requires_grad",
           [](PyObject* data, const Shape& shape, DType dtype, Device device, bool requires_grad) { return rebuild(data, shape, dtype, device, requires_grad); });
  /// Whether both are one tensor, not only equal in value.
  method("is_same", "self, other", [](const Tensor& x, const Tensor& y) { return x.is_same(y); });
  /// The address of the first element.
  method("data_ptr", "self", [](const Tensor& x) { return static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(x.data_ptr())); });
  /// Whether the elements lie in row-major order without gaps.
  method("is_contiguous", "self", [](const Tensor& x) { return x.is_contiguous(); });
  /// How many elements the first one lies behind the start of the memory.
  method("storage_offset", "self", [](const Tensor& x) { return x.storage_offset(); });
  /// Bytes of one element.
  method("element_size", "self", [](const Tensor& x) { return static_cast<std::int64_t>(x.itemsize()); });
  /// Number of elements.
  op("numel", "x", [](const Tensor& x) { return x.numel(); });
  /// Number of dimensions.
  method("dim", "self", [](const Tensor& x) { return static_cast<std::int64_t>(x.ndim()); });
  alias("nelement", "numel");
  alias("ndimension", "dim");
  /// Whether its dtype is a real floating one.
  op("is_floating_point", "x", [](const Tensor& x) { return is_floating(x.dtype()); });
  /// Whether its dtype is a complex one.
  op("is_complex", "x", [](const Tensor& x) { return is_complex(x.dtype()); });
  /// Whether its dtype has negative numbers.
  op("is_signed", "x", [](const Tensor& x) { return !is_unsigned(x.dtype()); });
  /// Whether an object is a Tensor.
  function("is_tensor", "obj", [](PyObject* o) { return is_tensor(o); });
  /// The number of the CUDA device that has the memory; -1 for the CPU.
  method("get_device", "self", [](const Tensor& x) { return x.is_cpu() ? std::int64_t{-1} : std::int64_t{x.device().index}; });
  /// How many elements apart neighbours along each dimension lie; or along one.
  method("stride", "self, dim=None", [](const Tensor& x, std::optional<std::int64_t> dim) {
    return checked(dim ? Into<std::int64_t>::get(x.strides()[normalize_dim("stride", *dim, x.ndim())]) : Into<Shape>::get(x.strides()));
  });

  /// In another dtype or on another device: to(dtype), to(device), to(device, dtype), to(other). Itself where nothing changes, unless
  /// copy=True. Recorded.
  method("to", "self, *args, dtype=None, device=None, copy=False, non_blocking=False",
         [](const Tensor& x, PyObject* args, const MaybeDType& dtype, const MaybeDevice& device, bool copy, bool) { return to(x, args, dtype, device, copy); });
  /// In another tensor's dtype and on its device.
  method("type_as", "self, other", [](const Tensor& x, const Tensor& other) { return x.to(other.device(), other.dtype()); });
  /// In another dtype; without one, the dtype itself.
  method("type", "self, dtype=None", [](const Tensor& x, const MaybeDType& t) { return checked(t ? wrap(x.to(*t)) : wrap(x.dtype())); });
  /// On a device; itself if it is there already. Recorded.
  method("to_device", "self, device, /, *, stream=None", [](const Tensor& x, Device device, PyObject* stream) {
    if (stream != Py_None) value_error("to_device", "stream must be None");
    return x.to(device);
  });
  /// On the CPU; itself if it is there already. Recorded.
  method("cpu", "self", [](const Tensor& x) { return x.cpu(); });
  /// On a GPU, the first one unless given. Recorded.
  method("cuda", "self, device=None, non_blocking=False", [](const Tensor& x, const MaybeDevice& device, bool) { return x.to(device.value_or(cuda_device(0))); });
#define PH_TO(name, type) method(name, "self", [](const Tensor& x) { return x.to(type); });
  /// In the dtype that the method is named for (byte uint8, char int8, short int16, int int32, long int64, half float16, float float32,
  /// double float64, cfloat complex64, cdouble complex128); itself if it has it. Recorded.
  PH_TO("bool", bool_) PH_TO("byte", uint8) PH_TO("char", int8) PH_TO("short", int16) PH_TO("int", int32) PH_TO("long", int64)
  PH_TO("half", float16) PH_TO("bfloat16", bfloat16) PH_TO("float", float32) PH_TO("double", float64)
  PH_TO("cfloat", complex64) PH_TO("cdouble", complex128)
#undef PH_TO
  /// Itself if its elements lie in row-major order, else such a copy.
  method("contiguous", "self", [](const Tensor& x) { return x.contiguous(); });

  /// Overwritten by src, which is broadcast and converted. Recorded: the gradient goes to src.
  method("copy_", "self, src, non_blocking=False", [](Tensor& x, const Operand& src, bool) -> Tensor& { return src.is_tensor() ? x.copy_(src.tensor) : x.fill_(src.scalar); });
  /// Filled with a value in place.
  method("fill_", "self, value", [](Tensor& x, const Operand& value) -> Tensor& { return value.is_tensor() ? x.copy_(value.tensor) : x.fill_(value.scalar); });
  /// Filled with 0 in place.
  method("zero_", "self", [](Tensor& x) -> Tensor& { return x.zero_(); });

  /// Makes a leaf whose gradient is accumulated in `.grad`, or stops it being one. Floating and complex dtypes.
  method("requires_grad_", "self, requires_grad=True", [](Tensor& x, bool on) -> Tensor& { return x.requires_grad_(on); });
  method("detach", "self", [](const Tensor& x) { return x.detach(); });
  /// Cut off from the tape, in place.
  method("detach_", "self", [](Tensor& x) -> Tensor& { return x.detach_(); });
  /// Keeps the gradient of a tensor that is no leaf in `.grad` too.
  method("retain_grad", "self", [](Tensor& x) { x.retain_grad(); });
}

}  // namespace ph::python
