// Tensors from Python data and back: nested lists, the buffer protocol (NumPy), __array_interface__; DLPack is in dlpack.cpp.
#include <algorithm>
#include <cstring>

#include "bindings/op.h"
#include "playhead/tensor/fits.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

Tensor from_dlpack(PyObject* producer, const char* op, bool copy);  // dlpack.cpp

namespace {

// --- buffers ----------------------------------------------------------------------------------------------------------------

/// The dtype of a buffer's format, as module struct writes it; null for what we have no dtype for.
std::optional<DType> dtype_of_format(const char* f, Py_ssize_t size) {
  if (!f) return uint8;
  if (*f == '@' || *f == '=' || *f == '<' || *f == '|') ++f;
  if (!std::strcmp(f, "Zf")) return complex64;
  if (!std::strcmp(f, "Zd")) return complex128;
  if (!*f || f[1]) return std::nullopt;
  constexpr DType with_sign[] = {int8, int16, int32, int64}, without[] = {uint8, uint16, uint32, uint64};
  const int width = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
  switch (*f) {
    case '?': return bool_;
    case 'b': case 'h': case 'i': case 'l': case 'q': case 'n': return with_sign[width];
    case 'B': case 'H': case 'I': case 'L': case 'Q': case 'N': case 'c': return without[width];
    case 'e': return float16;
    case 'f': return float32;
    case 'd': return float64;
    default: return std::nullopt;
  }
}
const char* format_of(DType t) {
  switch (t) {
    case bool_: return "?";
    case uint8: return "B";
    case uint16: return "H";
    case uint32: return "I";
    case uint64: return "L";
    case int8: return "b";
    case int16: return "h";
    case int32: return "i";
    case int64: return "l";
    case float16: return "e";
    case float32: return "f";
    case float64: return "d";
    case complex64: return "Zf";
    case complex128: return "Zd";
    case bfloat16: break;
  }
  return nullptr;
}

/// As NumPy names them where it made the buffer: dtype '<U1'.
std::string kind_of_elements(PyObject* o, const char* format) {
  const Object dtype(PyObject_GetAttrString(o, "dtype")), text(dtype ? PyObject_Str(dtype.get()) : nullptr);
  if (!text) PyErr_Clear();
  return ph::text(text ? "dtype '" : "format '", text ? PyUnicode_AsUTF8(text.get()) : format ? format : "", "'");
}
/// A tensor over the memory of a buffer, which lives as long as the tensor.
Tensor from_buffer(PyObject* o, const char* op) {
  auto* view = new Py_buffer;
  const auto release = [view](const void*) {
    if (const Locked locked; locked) {
      PyBuffer_Release(view);
      delete view;
    }
  };
  if (PyObject_GetBuffer(o, view, PyBUF_RECORDS_RO) < 0) {
    delete view;
    throw PythonError();
  }
  struct Guard {
    decltype(release)* undo;
    ~Guard() { if (undo) (*undo)(nullptr); }
  } guard{&release};
  std::optional<DType> t = dtype_of_format(view->format, view->itemsize);
  // NumPy hands out the bytes of a date.
  if (t == uint8 && (std::strstr(Py_TYPE(o)->tp_name, "datetime64") || std::strstr(Py_TYPE(o)->tp_name, "timedelta64"))) t.reset();
  if (!t || static_cast<std::size_t>(view->itemsize) != itemsize(*t))
    type_error(op, "no dtype for elements of ", kind_of_elements(o, view->format), ". Convert them to a number type, in the machine's byte order");
  Shape shape;
  Strides strides;
  for (int d = 0; d < view->ndim; ++d) {
    shape.push_back(view->shape[d]);
    const Py_ssize_t s = view->strides ? view->strides[d] : 0;
    if (s % view->itemsize != 0) value_error(op, "strides must be whole elements; got ", static_cast<std::int64_t>(s), " bytes. Copy the array first");
    strides.push_back(s / view->itemsize);
  }
  if (!view->strides) strides = contiguous_strides(shape);
  if (numel(shape) == 0) return empty(shape, {.dtype = *t});
  if (view->ndim == 0 && view->readonly) {  // NumPy's scalars, which are values
    Tensor copy = empty(shape, {.dtype = *t});
    std::memcpy(copy.data_ptr(), view->buf, itemsize(*t));
    return copy;
  }
  if (reinterpret_cast<std::uintptr_t>(view->buf) % std::min<std::size_t>(itemsize(*t), 8) != 0) {
    const Object bytes = checked(PyBytes_FromStringAndSize(nullptr, view->len));
    if (PyBuffer_ToContiguous(PyBytes_AS_STRING(bytes.get()), view, view->len, 'C') < 0) throw PythonError();
    Tensor copy = empty(shape, {.dtype = *t});
    std::memcpy(copy.data_ptr(), PyBytes_AS_STRING(bytes.get()), static_cast<std::size_t>(view->len));
    return copy;
  }
  const TensorOptions options{.dtype = *t};
  Tensor x = view->readonly ? from_blob(static_cast<const void*>(view->buf), shape, strides, options, release)
                            : from_blob(view->buf, shape, strides, options, release);
  guard.undo = nullptr;
  return x;
}

struct Exported {
  std::vector<Py_ssize_t> shape, strides;
  Tensor tensor;
};
int get_buffer(PyObject* o, Py_buffer* view, int flags) {
  view->obj = nullptr;
  try {
    const Tensor& x = tensor_of(o);
    if (!x.is_cpu()) throw Error(ErrorKind::type, text("numpy: only memory of the CPU can be shared; got device=", x.device(), ". Use x.cpu()"));
    if (x.requires_grad()) throw Error(ErrorKind::runtime, "numpy: the tensor requires a gradient, which NumPy would lose. Use x.detach()");
    const char* format = format_of(x.dtype());
    if (!format) throw Error(ErrorKind::type, text("numpy: no NumPy type for dtype=", x.dtype(), ". Use x.to(ph.float32)"));
    const bool writable = x.impl().storage->writable;
    if ((flags & PyBUF_WRITABLE) && !writable) throw Error(ErrorKind::value, "numpy: the memory is read-only");
    if (!(flags & PyBUF_STRIDES) && !x.is_contiguous()) throw Error(ErrorKind::value, "numpy: the memory is not contiguous");
    auto* e = new Exported;
    for (int d = 0; d < x.ndim(); ++d) {
      e->shape.push_back(x.shape()[d]);
      e->strides.push_back(x.strides()[d] * static_cast<Py_ssize_t>(x.itemsize()));
    }
    e->tensor = x;
    *view = {};
    view->buf = x.data_ptr();
    view->obj = Py_NewRef(o);
    view->len = static_cast<Py_ssize_t>(x.nbytes());
    view->itemsize = static_cast<Py_ssize_t>(x.itemsize());
    view->readonly = !writable;
    view->ndim = x.ndim();
    view->format = (flags & PyBUF_FORMAT) ? const_cast<char*>(format) : nullptr;
    view->shape = (flags & PyBUF_ND) ? e->shape.data() : nullptr;
    view->strides = (flags & PyBUF_STRIDES) ? e->strides.data() : nullptr;
    view->internal = e;
    return 0;
  } catch (const Error& e) {  // consumers look for a BufferError, and try other ways after it
    PyErr_SetString(PyExc_BufferError, e.what());
    return -1;
  }
}
void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<Exported*>(view->internal); }

// --- nested sequences -------------------------------------------------------------------------------------------------------

bool is_sequence(PyObject* o) { return PyList_Check(o) || PyTuple_Check(o) || PyRange_Check(o); }

/// The shape and the widest kind of nested sequences, and their leaves in row-major order.
struct Nested {
  const char* op;
  Shape shape;
  std::vector<Scalar> values;
  std::vector<Tensor> tensors;  // instead of values, when the leaves are tensors or arrays
  Scalar::Kind kind = Scalar::Kind::boolean;
  int leaf_depth = -1;

  void read(PyObject* o, int depth) {
    if (!is_sequence(o)) return leaf(o, depth);
    if (depth > 64) value_error(op, "nested too deeply (or in itself); got more than 64 levels");
    if (leaf_depth >= 0 && depth >= leaf_depth) ragged();
    const Object list = checked(PySequence_Tuple(o));  // a copy: an item's conversion may change the list
    const Py_ssize_t n = PyTuple_GET_SIZE(list.get());
    if (depth == shape.size()) shape.push_back(n);
    else if (shape[depth] != n) ragged();
    if (n == 0) leaf_depth = depth + 1;
    for (Py_ssize_t i = 0; i < n; ++i) read(PyTuple_GET_ITEM(list.get(), i), depth + 1);
  }

 private:
  [[noreturn]] void ragged() const { value_error(op, "nested sequences must have equal lengths at each level. Pad the shorter ones"); }
  void leaf(PyObject* o, int depth) {
    if (leaf_depth < 0) leaf_depth = depth;
    if (depth != leaf_depth || depth != shape.size()) ragged();
    if (is_tensor(o) || (!is_number(o) && is_foreign_array(o))) {
      const Tensor x = is_tensor(o) ? tensor_of(o) : as_tensor(o, op);
      if (values.empty()) tensors.push_back(x);
      else number(x);
      return;
    }
    if (!is_number(o)) type_error(op, "elements must be numbers; got ", kind_of(o));
    for (const Tensor& x : tensors) number(x);
    tensors.clear();
    number(to_scalar(o, op, "elements"));
  }
  void number(const Scalar& s) {
    values.push_back(s);
    kind = std::max(kind, s.kind());
  }
  void number(const Tensor& x) {
    if (x.ndim() != 0) ragged();
    number(x.item_scalar());
  }
};

/// Numbers that the dtype cannot hold are an error, as in NumPy 2.
void check_range(const std::vector<Scalar>& values, DType t, const char* op) {
  for (const Scalar& s : values) {
    if (detail::fits(s, t)) continue;
    const std::string v = s.is_floating() ? text(s.re()) : s.kind() == Scalar::Kind::unsigned_integer ? text(s.to<std::uint64_t>()) : text(s.to<std::int64_t>());
    PyErr_Format(PyExc_OverflowError, "%s: elements must fit dtype=%s; got %s", op, name(t), v.c_str());
    throw PythonError();
  }
}

Tensor from_nested(PyObject* o, const MaybeDType& dtype, const char* op, DType floats = default_dtype()) {
  Nested n{.op = op};
  n.read(o, 0);
  if (!n.tensors.empty()) {
    const Tensor all = stack(n.tensors);
    Shape shape = n.shape;
    for (int d = 1; d < all.ndim(); ++d) shape.push_back(all.size(d));
    const Tensor y = all.reshape(shape);
    return dtype ? y.to(*dtype) : y;
  }
  using Kind = Scalar::Kind;
  // Of nothing: floats, as NumPy has it.
  const DType natural = n.values.empty() ? floats
                        : n.kind == Kind::boolean ? bool_
                        : n.kind == Kind::integer ? int64
                        : n.kind == Kind::unsigned_integer ? uint64
                        : n.kind == Kind::floating ? floats : complex_dtype(floats);
  const DType t = dtype.value_or(natural);
  if (n.kind == Kind::complex && !is_complex(t)) type_error(op, "complex numbers do not fit dtype=", t);
  check_range(n.values, t, op);
  // Through the widest type of the kind, which holds every element.
  const auto gather = [&]<class T>(std::type_identity<T>) {
    std::vector<T> v;
    v.reserve(n.values.size());
    for (const Scalar& s : n.values) v.push_back(s.template to<T>());
    return from_data(v, n.shape, {.dtype = t});
  };
  if (n.kind == Kind::complex || is_complex(t)) return gather(std::type_identity<cdouble>{});
  if (n.kind == Kind::floating || is_floating(t)) return gather(std::type_identity<double>{});
  if (n.kind == Kind::unsigned_integer) return gather(std::type_identity<std::uint64_t>{});
  return gather(std::type_identity<std::int64_t>{});
}

bool has(PyObject* o, const char* attribute) {
  PyObject* found = PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(o)), attribute);
  if (!found) PyErr_Clear();
  Py_XDECREF(found);
  return found;
}

/// o as a tensor that shares memory where it can.
Tensor converted(PyObject* o, const MaybeDType& dtype, const char* op) {
  if (is_tensor(o)) return tensor_of(o);
  // NumPy's float64 and complex128 are Python numbers too, and buffers: they keep their dtype.
  if (PyObject_CheckBuffer(o)) {
    try {
      return from_buffer(o, op);
    } catch (const PythonError&) {
      // JAX's arrays have a buffer for some dtypes and layouts, DLPack for all.
      if (!has(o, "__dlpack__")) throw;
      return from_dlpack(o, op, false);
    }
  }
  if (is_number(o) || is_sequence(o)) return from_nested(o, dtype, op);
  if (has(o, "__dlpack__")) return from_dlpack(o, op, false);
  if (has(o, "__array__")) {
    const Object array = checked(PyObject_CallMethod(o, "__array__", nullptr));
    if (array.get() != o && PyObject_CheckBuffer(array.get())) return from_buffer(array.get(), op);
  }
  type_error(op, "data must be numbers, nested sequences of them, or an array; got ", kind_of(o));
}

/// Copies where asked to, and where dtype or device say so.
Tensor settled(const Tensor& x, bool ours, const MaybeDType& dtype, const MaybeDevice& device, const std::optional<bool>& copy, const char* op) {
  const DType t = dtype.value_or(x.dtype());
  const Device d = device.value_or(ours ? x.device() : device.value_or(x.device()));
  if (t == x.dtype() && d == x.device()) return copy.value_or(false) ? x.clone() : x;
  if (copy && !*copy) value_error(op, "cannot convert without a copy, which copy=False forbids");
  return x.to(d, t);
}

}  // namespace

PyBufferProcs tensor_buffer = {get_buffer, release_buffer};

bool is_foreign_array(PyObject* o) {
  if (is_tensor(o) || PyList_Check(o) || PyTuple_Check(o) || PyUnicode_Check(o) || PyBytes_Check(o)) return false;
  return has(o, "__array_interface__") || has(o, "__dlpack__") || has(o, "__array__");
}
Tensor as_tensor(PyObject* o, const char* op) { return converted(o, std::nullopt, op); }
Tensor as_tensor(PyObject* o, const char* op, DType t) { return converted(o, t, op).to(t); }
Tensor as_wide_tensor(PyObject* o, const char* op) { return is_sequence(o) ? from_nested(o, std::nullopt, op, float64) : as_tensor(o, op); }

namespace {
PyObject* apply_ufunc(PyObject*, PyObject* args, PyObject* keywords) {
  return guarded([&] {
    const Object module = checked(PyImport_ImportModule("playhead._numpy")), f = checked(PyObject_GetAttrString(module.get(), "ufunc"));
    return checked(PyObject_Call(f.get(), args, keywords)).release();
  });
}
}  // namespace

void define_interchange() {
  /// A tensor of obj: a tensor itself, an array through the buffer protocol, DLPack or __array_interface__ without a copy where that can
  /// be, nested lists and numbers copied. copy=True copies in any case, copy=False throws where it would have to.
  function("asarray", "obj, /, *, dtype=None, device=None, copy=None, requires_grad=False",
           [](PyObject* obj, const MaybeDType& dtype, const MaybeDevice& device, std::optional<bool> copy, bool requires_grad) {
             const bool made = is_number(obj) || is_sequence(obj);
             if (made && copy && !*copy) value_error("asarray", "Python numbers and lists cannot become a tensor without a copy");
             Tensor x = settled(converted(obj, dtype, "asarray"), is_tensor(obj), dtype, device, made ? std::optional(false) : copy, "asarray");
             if (requires_grad && !x.requires_grad()) x = x.detach().requires_grad_();  // what was given stays as it is
             return x;
           });
  /// A tensor of data; one that is a tensor already, or an array whose memory can be shared, is not copied.
  function("as_tensor", "data, dtype=None, device=None", [](PyObject* data, const MaybeDType& dtype, const MaybeDevice& device) {
    return settled(converted(data, dtype, "as_tensor"), is_tensor(data), dtype, device, std::nullopt, "as_tensor");
  });
  /// A copy of data: nested lists, numbers, arrays or tensors. Without a dtype that of an array, or of the widest kind of number; floats
  /// get the default dtype. A leaf of the tape with requires_grad.
  function("tensor", "data, *, dtype=None, device=None, requires_grad=False",
           [](PyObject* data, const MaybeDType& dtype, const MaybeDevice& device, bool requires_grad) {
             const bool made = is_number(data) || is_sequence(data);
             Tensor x = settled(converted(data, dtype, "tensor").detach(), is_tensor(data), dtype, device, !made, "tensor");
             if (requires_grad) x.requires_grad_();
             return x;
           });
  /// A tensor over the memory of a NumPy array; read-only arrays give read-only tensors.
  function("from_numpy", "array, /", [](PyObject* array) {
    if (!is_foreign_array(array) && !PyObject_CheckBuffer(array)) type_error("from_numpy", "array must be an array of NumPy; got ", kind_of(array), ". Use ph.tensor(data)");
    return as_tensor(array, "from_numpy");
  });
  method("__array__", "self, dtype=None, *, copy=None", [](const Tensor& x, PyObject* dtype, PyObject* copy) {
    (void)copy;
    if (!x.is_cpu()) type_error("numpy", "only memory of the CPU can be shared; got device=", x.device(), ". Use x.cpu()");
    if (x.requires_grad()) runtime_error("numpy", "the tensor requires a gradient, which NumPy would lose. Use x.detach()");
    const Object numpy = checked(PyImport_ImportModule("numpy"));
    const Object view = checked(PyMemoryView_FromObject(checked(wrap(x)).get()));
    return checked(PyObject_CallMethod(numpy.get(), dtype == Py_None ? "asarray" : "array", dtype == Py_None ? "O" : "OO", view.get(), dtype));
  });
  // NumPy's own functions on tensors, and ndarray + Tensor. Its keywords go through as they are: left out is not None.
  static PyMethodDef array_ufunc{"__array_ufunc__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(apply_ufunc)), METH_VARARGS | METH_KEYWORDS,
                                 "What a ufunc of NumPy gives for tensors: playhead/_numpy.py."};
  const Object ufunc = checked(PyDescr_NewMethod(&TensorType, &array_ufunc));
  if (PyDict_SetItemString(TensorType.tp_dict, array_ufunc.ml_name, ufunc.get()) < 0) throw PythonError();
  /// A NumPy array over the same memory. Throws for a tensor that needs a gradient (detach it first), lies on a GPU, or is bfloat16.
  method("numpy", "self, *, force=False", [](const Tensor& given, bool force) {
    const Tensor x = force ? given.detach().cpu() : given;
    if (x.requires_grad()) runtime_error("numpy", "the tensor requires a gradient, which NumPy would lose. Use x.detach()");
    const Object numpy = checked(PyImport_ImportModule("numpy"));
    const Object view = checked(PyMemoryView_FromObject(checked(wrap(x)).get()));
    return checked(PyObject_CallMethod(numpy.get(), "asarray", "O", view.get()));
  });
}

}  // namespace ph::python
