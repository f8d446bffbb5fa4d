// The Python types Tensor, dtype, device and Generator: how they are made, destroyed, printed, compared and hashed.
#include <cstring>
#include <new>

#include "bindings/op.h"
#include "bindings/tensor_slots.h"
#include "playhead/autograd/node.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/print.h"

namespace ph::python {
namespace {

// --- Tensor ---------------------------------------------------------------------------------------------------------------

#ifndef Py_GIL_DISABLED
/// Objects of dead tensors, kept for the next: the lock guards the list.
PyTensor* spare[64];
int spares = 0;
#endif

void destroy(PyObject* o) {
  auto* t = reinterpret_cast<PyTensor*>(o);
  if (t->weak_references) PyObject_ClearWeakRefs(o);
  t->tensor.~Tensor();
  PyTypeObject* type = Py_TYPE(o);
#ifndef Py_GIL_DISABLED
  if (type == &TensorType && spares < 64) {
    spare[spares++] = t;
    return;
  }
#endif
  type->tp_free(o);  // a subclass's reference to its type is dropped by the caller, CPython's subtype_dealloc
}

/// Tensor(data): of a Tensor another handle to it, of anything else what asarray gives. Subclasses (nn.Parameter) pass through here.
PyObject* make(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    const Py_ssize_t n = PyTuple_GET_SIZE(args), all = n + (keywords ? PyDict_GET_SIZE(keywords) : 0);
    if (n < 1 || (type == &TensorType && all > 1))  // what else a subclass takes is its own business
      type_error("Tensor", "takes one argument, the data; got ", static_cast<std::int64_t>(all), ". Use ph.tensor(data, dtype=...), or ph.empty(shape), ph.zeros(shape)");
    PyObject* data = PyTuple_GET_ITEM(args, 0);
    Tensor t = is_tensor(data) ? tensor_of(data) : as_tensor(data, "Tensor");
    Object o = checked(type->tp_alloc(type, 0));
    new (&tensor_of(o.get())) Tensor(std::move(t));
    return o.release();
  });
}

std::string text_of(Device d) { return d.is_cpu() ? "cpu" : "cuda:" + std::to_string(d.index); }
std::string python_text(const Shape& s) {
  const Object tuple = checked(Into<Shape>::get(s)), text = checked(PyObject_Repr(tuple.get()));
  return PyUnicode_AsUTF8(text.get());
}
/// The values as NumPy's repr has them, and what they do not show, each on the last line if it has room.
std::string described(const Tensor& x) {
  if (!x.defined()) return "tensor(undefined)";
  const auto line_width = static_cast<std::size_t>(print_options().linewidth);
  std::string s = "tensor(";
  const int prefix = static_cast<int>(s.size());
  s += detail::array_text(x, true, prefix);
  const auto add = [&](const std::string& what) {
    s += ',';
    const std::size_t line = s.size() - (s.rfind('\n') == std::string::npos ? 0 : s.rfind('\n') + 1);
    if (line + what.size() + 2 > line_width) s += '\n' + std::string(static_cast<std::size_t>(prefix), ' ');
    else s += ' ';
    s += what;
  };
  const DType t = x.dtype();
  const bool implied = t == default_dtype() || t == int64 || t == bool_ || t == complex_dtype(default_dtype());
  if ((x.numel() == 0 && x.ndim() != 1) || x.numel() > print_options().threshold) add("shape=" + python_text(x.shape()));
  if (!implied || x.numel() == 0) add(std::string("dtype=") + name(t));
  if (x.device() != default_device()) add("device='" + text_of(x.device()) + "'");
  if (x.requires_grad()) add(x.is_leaf() ? "requires_grad=True" : std::string("grad_fn=<") + gradient_edge(x).node->name + '>');
  return s + ')';
}
PyObject* represent(PyObject* o) {
  return guarded([&] { return Into<std::string>::get(described(tensor_of(o))); });
}
Py_hash_t hash(PyObject* o) {
  const Py_hash_t h = static_cast<Py_hash_t>(reinterpret_cast<std::uintptr_t>(tensor_of(o).impl_ref().get()) >> 4);
  return h == -1 ? -2 : h;
}

// --- the plain values -----------------------------------------------------------------------------------------------------

template <class T> PyObject* new_value(PyTypeObject* type, const T& v) {
  PyObject* o = type->tp_alloc(type, 0);
  if (o) new (&value_of<T>(o)) T(v);
  return o;
}

PyObject* dtypes[dtype_count];

PyObject* represent_dtype(PyObject* o) { return PyUnicode_FromFormat("playhead.%s", name(value_of<DType>(o))); }
PyObject* dtype_name(PyObject* o, void*) { return PyUnicode_FromString(name(value_of<DType>(o))); }
PyObject* dtype_itemsize(PyObject* o, void*) { return PyLong_FromSize_t(itemsize(value_of<DType>(o))); }
PyObject* dtype_is_floating(PyObject* o, void*) { return PyBool_FromLong(is_floating(value_of<DType>(o))); }
PyObject* dtype_is_complex(PyObject* o, void*) { return PyBool_FromLong(is_complex(value_of<DType>(o))); }
PyObject* reduce_dtype(PyObject* o, PyObject*) { return PyUnicode_FromString(name(value_of<DType>(o))); }  // pickled as a global of the module
PyGetSetDef dtype_attributes[] = {{"name", dtype_name, nullptr, "float32, …", nullptr},
                                  {"itemsize", dtype_itemsize, nullptr, "Bytes of one element.", nullptr},
                                  {"is_floating_point", dtype_is_floating, nullptr, "Whether it is a real floating type.", nullptr},
                                  {"is_complex", dtype_is_complex, nullptr, "Whether it is a complex type.", nullptr},
                                  {}};
PyMethodDef dtype_methods[] = {{"__reduce__", reduce_dtype, METH_NOARGS, nullptr}, {}};

PyObject* represent_device(PyObject* o) { return PyUnicode_FromFormat("device('%s')", text_of(value_of<Device>(o)).c_str()); }
PyObject* print_device(PyObject* o) { return PyUnicode_FromString(text_of(value_of<Device>(o)).c_str()); }
/// device('cuda:1'), device('cuda', 1).
PyObject* make_device(PyTypeObject*, PyObject* args, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static auto* s = new Signature("device", "type, index=None");
    PyObject* slots[2] = {};
    Object rest;
    std::int64_t work = 0;
    s->bind(args, keywords, slots, rest);
    if (slots[1] == Py_None) return wrap(to_device(slots[0], {"device", "type", &work}));
    const std::string type = to_text(slots[0], {"device", "type", &work});
    const std::int64_t index = to_int(slots[1], {"device", "index", &work});
    if (type.find(':') != std::string::npos || index < 0) value_error("device", "index must be 0 or more, beside 'cpu' or 'cuda'; got '", type, "', index=", index);
    return wrap(to_device(checked(PyUnicode_FromFormat("%s:%lld", type.c_str(), static_cast<long long>(index))).get(), {"device", "type", &work}));
  });
}
/// dtype('float32') is float32.
PyObject* make_dtype(PyTypeObject*, PyObject* args, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static auto* s = new Signature("dtype", "type");
    PyObject* slots[1] = {};
    Object rest;
    std::int64_t work = 0;
    s->bind(args, keywords, slots, rest);
    return wrap(to_dtype(slots[0], {"dtype", "type", &work}));
  });
}
PyObject* compare_device(PyObject* a, PyObject* b, int how) {
  return guarded([&]() -> PyObject* {
    std::int64_t work = 0;
    if ((how != Py_EQ && how != Py_NE) || (Py_TYPE(b) != &DeviceObject && !PyUnicode_Check(b))) Py_RETURN_NOTIMPLEMENTED;
    const Device d = Py_TYPE(b) == &DeviceObject ? value_of<Device>(b) : to_device(b, {"device", "device", &work});
    return PyBool_FromLong((value_of<Device>(a) == d) == (how == Py_EQ));
  });
}
Py_hash_t hash_device(PyObject* o) { return static_cast<int>(value_of<Device>(o).type) * 256 + value_of<Device>(o).index + 1; }
PyObject* device_type(PyObject* o, void*) { return PyUnicode_FromString(value_of<Device>(o).is_cpu() ? "cpu" : "cuda"); }
PyObject* device_index(PyObject* o, void*) { return PyLong_FromLong(value_of<Device>(o).index); }
PyObject* reduce_device(PyObject* o, PyObject*) { return Py_BuildValue("(O(s))", Py_TYPE(o), text_of(value_of<Device>(o)).c_str()); }
PyGetSetDef device_attributes[] = {{"type", device_type, nullptr, "'cpu' or 'cuda'.", nullptr},
                                   {"index", device_index, nullptr, "Which of them.", nullptr},
                                   {}};
PyMethodDef device_methods[] = {{"__reduce__", reduce_device, METH_NOARGS, nullptr}, {}};

/// Any 64 bits: negative numbers count from above.
std::uint64_t to_bits(PyObject* o, const char* op, const char* name) {
  std::int64_t work = 0;
  if (!PyLong_Check(o)) return static_cast<std::uint64_t>(to_int(o, {op, name, &work}));
  const unsigned long long v = PyLong_AsUnsignedLongLong(o);
  if (!PyErr_Occurred()) return v;
  PyErr_Clear();
  return static_cast<std::uint64_t>(to_int(o, {op, name, &work}));
}
PyObject* make_generator(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  return guarded([&] {
    static auto* s = new Signature("Generator", "seed=0, stream=0, *, device=None");
    PyObject* slots[3] = {};
    Object rest;
    std::int64_t work = 0;
    s->bind(args, keywords, slots, rest);
    if (PyUnicode_Check(slots[0])) type_error("Generator", "seed must be an int; got str. A generator serves every device");
    if (slots[2] != Py_None) to_device(slots[2], {"Generator", "device", &work});
    return new_value(type, Generator(to_bits(slots[0], "Generator", "seed"), to_bits(slots[1], "Generator", "stream")));
  });
}
PyObject* generator_seed(PyObject* o, PyObject* seed) {
  return guarded([&] {
    value_of<Generator>(o).manual_seed(to_bits(seed, "manual_seed", "seed"));
    return Py_NewRef(o);
  });
}
PyObject* generator_state(PyObject* o, PyObject*) {
  const GeneratorState& s = value_of<Generator>(o).state();
  return Py_BuildValue("(KKK)", static_cast<unsigned long long>(s.seed), static_cast<unsigned long long>(s.stream), static_cast<unsigned long long>(s.offset));
}
PyObject* set_generator_state(PyObject* o, PyObject* state) {
  return guarded([&] {
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) != 3) type_error("set_state", "state must be a tuple of three ints, as get_state gives it; got ", kind_of(state));
    std::uint64_t bits[3];
    for (int i = 0; i < 3; ++i) bits[i] = to_bits(PyTuple_GET_ITEM(state, i), "set_state", "state");
    value_of<Generator>(o).set_state({bits[0], bits[1], bits[2]});
    return Py_NewRef(Py_None);
  });
}
PyMethodDef generator_methods[] = {
    {"manual_seed", generator_seed, METH_O, "manual_seed($self, seed, /)\n--\n\nStarts again, at the beginning of stream 0 of `seed`."},
    {"get_state", generator_state, METH_NOARGS, "get_state($self, /)\n--\n\nAll that it remembers: (seed, stream, offset)."},
    {"set_state", set_generator_state, METH_O, "set_state($self, state, /)\n--\n\nGoes to a place that get_state gave."},
    {}};

template <class T>
PyTypeObject value_type(const char* name, const char* doc) {
  return {.ob_base = {PyObject_HEAD_INIT(nullptr) 0}, .tp_name = name, .tp_basicsize = sizeof(PyValue<T>), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_doc = doc};
}

void ready(PyObject* module, PyTypeObject& type, const char* name) {
  if (PyType_Ready(&type) < 0 || PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(&type)) < 0) throw PythonError();
}

}  // namespace

PyTypeObject DTypeObject = value_type<DType>("playhead.dtype", "dtype(type)\n--\n\nThe type of a tensor's elements: playhead.float32 and so on; dtype('float32') finds one.");
PyTypeObject DeviceObject = value_type<Device>("playhead.device", "device(type, index=None)\n--\n\nWhere memory is: device('cpu'), device('cuda:0').");
PyTypeObject GeneratorObject =
    value_type<Generator>("playhead.Generator", "Generator(seed=0, stream=0, *, device=None)\n--\n\nWhere random numbers come from: a place in a counter-based stream.");
PyTypeObject TensorType = {
    .ob_base = {PyObject_HEAD_INIT(nullptr) 0}, .tp_name = "playhead.Tensor", .tp_basicsize = sizeof(PyTensor), .tp_dealloc = destroy,
    .tp_repr = represent, .tp_as_number = &tensor_number, .tp_as_sequence = &tensor_sequence, .tp_as_mapping = &tensor_mapping,
    .tp_hash = hash, .tp_as_buffer = &tensor_buffer, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "A strided array of numbers on a device, which may take part in the tape.", .tp_richcompare = compare,
    .tp_weaklistoffset = offsetof(PyTensor, weak_references), .tp_iter = iterate, .tp_getset = tensor_attributes, .tp_new = make};

PyObject* wrap(Tensor&& t) {
  if (!t.defined()) Py_RETURN_NONE;
  PyTensor* o = nullptr;
#ifndef Py_GIL_DISABLED
  if (spares > 0) {
    o = spare[--spares];
    PyObject_Init(reinterpret_cast<PyObject*>(o), &TensorType);
  }
#endif
  if (!o) o = PyObject_New(PyTensor, &TensorType);
  if (!o) return nullptr;
  new (&o->tensor) Tensor(std::move(t));
  o->weak_references = nullptr;
  return reinterpret_cast<PyObject*>(o);
}
PyObject* wrap(DType t) { return Py_NewRef(dtypes[static_cast<int>(t)]); }
PyObject* wrap(Device d) { return new_value(&DeviceObject, d); }

void define_types(PyObject* module) {
  DTypeObject.tp_new = make_dtype;
  DTypeObject.tp_repr = represent_dtype;
  DTypeObject.tp_getset = dtype_attributes;
  DTypeObject.tp_methods = dtype_methods;
  DeviceObject.tp_repr = represent_device;
  DeviceObject.tp_str = print_device;
  DeviceObject.tp_new = make_device;
  DeviceObject.tp_richcompare = compare_device;
  DeviceObject.tp_hash = hash_device;
  DeviceObject.tp_getset = device_attributes;
  DeviceObject.tp_methods = device_methods;
  GeneratorObject.tp_new = make_generator;
  GeneratorObject.tp_methods = generator_methods;
  ready(module, DTypeObject, "dtype");
  ready(module, DeviceObject, "device");
  ready(module, GeneratorObject, "Generator");
  ready(module, TensorType, "Tensor");
  for (int i = 0; i < dtype_count; ++i) {
    dtypes[i] = checked(new_value(&DTypeObject, static_cast<DType>(i))).release();
    if (PyModule_AddObjectRef(module, name(static_cast<DType>(i)), dtypes[i]) < 0) throw PythonError();
  }
}

}  // namespace ph::python
