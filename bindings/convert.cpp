// The conversions that are not inline.
#include "bindings/convert.h"

#include <structmember.h>  // PyMemberDef, before Python 3.12

#include <algorithm>
#include <cstring>

#include "playhead/tensor/fits.h"

namespace ph::python {

const char* kind_of(PyObject* o) {
  if (o == Py_None) return "None";
  const char* name = Py_TYPE(o)->tp_name;
  return std::strncmp(name, "playhead.", 9) ? name : name + 9;
}
void wrong_argument(const Arg& a, const char* thing, PyObject* got) {
  const bool array = PyList_Check(got) || PyTuple_Check(got) || is_number(got) || is_foreign_array(got);
  type_error(a.op, a.name, " must be ", thing, "; got ", kind_of(got), array && !std::strncmp(thing, "a Tensor", 8) ? ". Convert it: ph.asarray(...)" : "");
}

std::int64_t to_int(PyObject* o, const Arg& a, const char* thing) {
  if (PyFloat_Check(o) || !PyIndex_Check(o) || (is_tensor(o) && (tensor_of(o).numel() != 1 || !is_integer(tensor_of(o).dtype())))) wrong_argument(a, thing, o);
  const Object i = checked(PyNumber_Index(o));
  int overflow = 0;
  const long long v = PyLong_AsLongLongAndOverflow(i.get(), &overflow);
  if (overflow) {
    const Object text = checked(PyObject_Str(i.get()));
    value_error(a.op, a.name, " must fit 64 bits; got ", PyUnicode_AsUTF8(text.get()));
  }
  return v;
}

double to_double(PyObject* o, const Arg& a) {
  if (PyFloat_CheckExact(o)) return PyFloat_AS_DOUBLE(o);
  if (PyUnicode_Check(o) || PyComplex_Check(o) || (!PyFloat_Check(o) && !PyIndex_Check(o) && !is_tensor(o) && !PyObject_HasAttrString(o, "__float__")))
    wrong_argument(a, "a float", o);
  const double v = PyFloat_AsDouble(o);
  if (v == -1 && PyErr_Occurred()) throw PythonError();
  return v;
}

Diagonal From<Diagonal>::get(PyObject* o, const Arg& a) {
  if (!PyLong_Check(o)) return {to_int(o, a)};
  int overflow = 0;
  const long long k = PyLong_AsLongLongAndOverflow(o, &overflow);
  constexpr std::int64_t end = std::int64_t{1} << 62;  // room for a size to be added
  return {overflow ? overflow * end : std::clamp<std::int64_t>(k, -end, end)};
}

bool to_bool(PyObject* o, const Arg& a) {
  if (o == Py_True) return true;
  if (o == Py_False) return false;
  if (PyUnicode_Check(o) || o == Py_None || PySequence_Check(o)) wrong_argument(a, "a bool", o);
  const int v = PyObject_IsTrue(o);
  if (v < 0) throw PythonError();
  return v;
}

Tensor beside(const Values& v, const Tensor& x) {
  if (v.is_tensor() && !v.listed) return v.tensor;
  if (!v.is_tensor()) {
    const DType t = weak_promote(x.dtype(), v.scalar);
    return full({}, v.scalar, detail::fits(v.scalar, t) ? TensorOptions{.dtype = t, .device = x.device()} : TensorOptions{.device = x.device()});
  }
  const Tensor y = v.tensor.to(x.device());
  if (is_complex(y.dtype())) return y.to(is_differentiable(x.dtype()) ? complex_dtype(x.dtype()) : complex_dtype(default_dtype()));
  return is_floating(y.dtype()) ? y.to(is_differentiable(x.dtype()) ? x.dtype() : default_dtype()) : y;
}
Tensor alone(const Values& v) { return v.is_tensor() ? v.tensor : full({}, v.scalar); }
std::pair<Tensor, Tensor> together(const Values& a, const Values& b) {
  const bool ours = a.is_tensor() && !a.listed;
  const Tensor x = ours || !b.is_tensor() || b.listed ? alone(a) : beside(a, b.tensor);
  return {x, beside(b, x)};
}

std::string to_text(PyObject* o, const Arg& a) {
  if (!PyUnicode_Check(o)) wrong_argument(a, "a str", o);
  Py_ssize_t n = 0;
  const char* s = PyUnicode_AsUTF8AndSize(o, &n);
  if (!s) throw PythonError();
  return {s, static_cast<std::size_t>(n)};
}

Shape to_shape(PyObject* o, const Arg& a, const char* thing) {
  if (PyLong_CheckExact(o)) return Shape(to_int(o, a));
  if (is_tensor(o) && !is_integer(tensor_of(o).dtype())) wrong_argument(a, thing, o);
  Shape s;
  // A copy: an item's __index__ may change the list.
  const auto sizes = [&](PyObject* sequence) {
    const Object items = checked(PySequence_Tuple(sequence));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items.get()); ++i) s.push_back(to_int(PyTuple_GET_ITEM(items.get(), i), a, thing));
  };
  if (PyTuple_Check(o) || PyList_Check(o)) {
    sizes(o);
  } else if (PyIndex_Check(o) && !(is_tensor(o) && tensor_of(o).ndim() > 0)) {
    s.push_back(to_int(o, a));
  } else if (PySequence_Check(o) && !PyUnicode_Check(o) && !PyBytes_Check(o)) {
    sizes(o);
  } else {
    wrong_argument(a, thing, o);
  }
  return s;
}

DType to_dtype(PyObject* o, const Arg& a) {
  if (Py_TYPE(o) == &DTypeObject) return value_of<DType>(o);
  if (o == reinterpret_cast<PyObject*>(&PyBool_Type)) return bool_;
  if (o == reinterpret_cast<PyObject*>(&PyLong_Type)) return int64;
  if (o == reinterpret_cast<PyObject*>(&PyFloat_Type)) return float64;  // Python's own, as in NumPy and PyTorch
  if (o == reinterpret_cast<PyObject*>(&PyComplex_Type)) return complex128;
  // NumPy's dtypes have a `name`, its scalar types a `__name__`; a string is the name itself.
  Object name = Object::borrowed(o);
  if (!PyUnicode_Check(o)) {
    name = Object(PyObject_GetAttrString(o, PyType_Check(o) ? "__name__" : "name"));
    if (!name) PyErr_Clear();
  }
  if (!name || !PyUnicode_Check(name.get())) wrong_argument(a, "a dtype such as ph.float32", o);
  const std::string text = to_text(name.get(), a);
  for (int i = 0; i < dtype_count; ++i)
    if (text == ph::name(static_cast<DType>(i))) return static_cast<DType>(i);
  if (text == "bool_") return bool_;
  std::string known;
  for (int i = 0; i < dtype_count; ++i) known += (i ? ", " : "") + std::string(ph::name(static_cast<DType>(i)));
  value_error(a.op, a.name, " must be a dtype; got '", text, "'. There are ", known);
}

Device to_device(PyObject* o, const Arg& a) {
  if (Py_TYPE(o) == &DeviceObject) return value_of<Device>(o);
  const std::string text = PyUnicode_Check(o) ? to_text(o, a) : std::string();
  if (text.empty()) wrong_argument(a, "a device such as 'cpu' or 'cuda:0'", o);
  if (text == "cpu" || text == "cpu:0") return cpu_device;
  if (text == "cuda") return cuda_device(0);
  if (text.starts_with("cuda:") && text.size() > 5 && text.size() <= 7 && text.find_first_not_of("0123456789", 5) == std::string::npos)
    return cuda_device(std::stoi(text.substr(5)));
  value_error(a.op, a.name, " must be 'cpu', 'cuda' or 'cuda:N'; got '", text, "'");
}

std::vector<Tensor> to_tensors(PyObject* o, const Arg& a) {
  if (is_tensor(o)) {  // the entries of its first dimension, as iteration gives them
    if (tensor_of(o).ndim() == 0) wrong_argument(a, "a sequence of Tensors", o);
    return unbind(tensor_of(o));
  }
  if (PyUnicode_Check(o) || !PySequence_Check(o)) wrong_argument(a, "a sequence of Tensors", o);
  const Object list = checked(PySequence_Fast(o, a.name));
  std::vector<Tensor> ts;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(list.get(), i);
    if (!is_tensor(item)) wrong_argument({a.op, text(a.name, "[", static_cast<std::int64_t>(i), "]").c_str(), a.work}, "a Tensor", item);
    ts.push_back(From<Tensor>::get(item, a));
  }
  return ts;
}

Generator& to_generator(PyObject* o, const Arg& a) {
  if (o == Py_None) return default_generator();
  if (Py_TYPE(o) != &GeneratorObject) wrong_argument(a, "a Generator", o);
  return value_of<Generator>(o);
}

PyObject* Into<Shape>::get(const Shape& s) {
  PyObject* t = PyTuple_New(s.size());
  for (int i = 0; t && i < s.size(); ++i) {
    PyObject* n = PyLong_FromLongLong(s[i]);
    if (!n) {
      Py_DECREF(t);
      return nullptr;
    }
    PyTuple_SET_ITEM(t, i, n);
  }
  return t;
}

PyObject* Into<std::vector<Tensor>>::get(std::vector<Tensor>&& ts) {
  Object t = checked(PyTuple_New(static_cast<Py_ssize_t>(ts.size())));
  for (std::size_t i = 0; i < ts.size(); ++i) PyTuple_SET_ITEM(t.get(), static_cast<Py_ssize_t>(i), checked(wrap(std::move(ts[i]))).release());
  return t.release();
}

Names split_names(const char* all) {
  Names n;
  for (const char* p = all; *p; ++p)
    if (*p != ' ') n.text += *p == ',' ? '\0' : *p;
  for (const char *p = n.text.c_str(), *end = p + n.text.size(); p < end; p += std::strlen(p) + 1) n.pointers.push_back(p);
  return n;
}

namespace {
/// On one line, or each tensor of several lines with its rows under each other:
///   playhead.ValuesIndices(
///       values=tensor([[1., 2.],
///                      [3., 4.]]),
///       indices=tensor([[0, 1],
///                       [1, 0]]))
PyObject* represent_named(PyObject* o) {
  return guarded([&] {
    const PyMemberDef* fields = Py_TYPE(o)->tp_members;
    std::vector<std::string> names, texts;
    bool tall = false;
    for (Py_ssize_t i = 0; i < Py_SIZE(o); ++i) {
      const Object value = checked(PyObject_Repr(PyStructSequence_GET_ITEM(o, i)));
      names.push_back(std::string(fields[i].name) + '=');
      texts.push_back(to_text(value.get(), {"repr", "value", nullptr}));
      tall |= texts.back().find('\n') != std::string::npos;
    }
    std::string s = std::string(Py_TYPE(o)->tp_name) + '(';
    for (std::size_t i = 0; i < texts.size(); ++i) {
      s += tall ? (i ? ",\n    " : "\n    ") : i ? ", " : "";
      s += names[i];
      for (const char c : texts[i]) {
        s += c;
        if (c == '\n') s.append(4 + names[i].size(), ' ');
      }
    }
    return Into<std::string>::get(s + ')');
  });
}
}  // namespace

PyTypeObject* named_tuple(const char* name, const char* const* fields, int n) {
  static std::vector<std::string*> kept;  // CPython keeps the pointers
  std::vector<PyStructSequence_Field> list;
  for (int i = 0; i < n; ++i) {
    kept.push_back(new std::string(fields[i]));
    list.push_back({kept.back()->c_str(), nullptr});
  }
  list.push_back({nullptr, nullptr});
  kept.push_back(new std::string(std::string("playhead.") + name));
  PyStructSequence_Desc desc{kept.back()->c_str(), nullptr, list.data(), n};
  PyTypeObject* type = PyStructSequence_NewType(&desc);
  if (!type) throw PythonError();
  type->tp_repr = represent_named;
  return type;
}

PyObject* fill_tuple(PyTypeObject* type, std::vector<Tensor>&& values) {
  Object t = checked(PyStructSequence_New(type));
  for (std::size_t i = 0; i < values.size(); ++i)
    PyStructSequence_SET_ITEM(t.get(), static_cast<Py_ssize_t>(i), checked(wrap(std::move(values[i]))).release());
  return t.release();
}

}  // namespace ph::python
