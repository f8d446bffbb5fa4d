// Python objects to the C++ types of ops' arguments, and results back. One From<T> or Into<T> per type, each with the name that
// type stubs and error messages give it.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "bindings/python.h"

namespace ph::python {

/// Whose argument is being converted, for errors, and how many elements the call will touch, as far as its arguments tell.
struct Arg {
  const char* op;
  const char* name;
  std::int64_t* work;
};
/// The name of o's type, as users know it: None, list, Tensor.
const char* kind_of(PyObject* o);
/// `op: name must be a thing; got type`.
[[noreturn]] void wrong_argument(const Arg& a, const char* thing, PyObject* got);

template <class T> struct From;  // static T get(PyObject*, const Arg&); static constexpr const char* type, *thing

/// Dims to reduce over. `None` is all of them; `()` is none of them, which C++ has no way to say.
struct Axes {
  Shape dims;
  bool nothing = false;
};
/// A tensor or a number.
struct Operand {
  Tensor tensor;
  Scalar scalar;
  bool is_tensor() const { return tensor.defined(); }
};
/// A tensor, a number, or nested sequences of numbers: beside a tensor they are weak, and take its dtype where their kind allows.
struct Values : Operand {
  bool listed = false;
};
/// v as a tensor beside x, or alone.
Tensor beside(const Values& v, const Tensor& x);
Tensor alone(const Values& v);
/// Both as tensors, each beside the other.
std::pair<Tensor, Tensor> together(const Values& a, const Values& b);
/// A tensor that may be left out; undefined for None.
struct MaybeTensor : Tensor {
  using Tensor::Tensor;
  MaybeTensor(Tensor t) : Tensor(std::move(t)) {}
};
/// The number of a diagonal: an int of any size, as the ends of 64 bits are beyond any matrix.
struct Diagonal {
  std::int64_t k;
};
/// The dtype and device of a factory, both of which may be None.
using MaybeDType = std::optional<DType>;
using MaybeDevice = std::optional<Device>;
inline TensorOptions options(const MaybeDType& dtype, const MaybeDevice& device, bool requires_grad = false) {
  TensorOptions o;
  if (dtype) o.dtype = *dtype;
  if (device) o.device = *device;
  o.requires_grad = requires_grad;
  return o;
}

std::int64_t to_int(PyObject* o, const Arg& a, const char* thing = "an int");
double to_double(PyObject* o, const Arg& a);
bool to_bool(PyObject* o, const Arg& a);
Shape to_shape(PyObject* o, const Arg& a, const char* thing = "a tuple of ints");
DType to_dtype(PyObject* o, const Arg& a);
Device to_device(PyObject* o, const Arg& a);
Tensor to_tensor(PyObject* o, const Arg& a);
std::vector<Tensor> to_tensors(PyObject* o, const Arg& a);
std::string to_text(PyObject* o, const Arg& a);
Generator& to_generator(PyObject* o, const Arg& a);

template <> struct From<std::int64_t> {
  static constexpr const char* type = "int";
  static std::int64_t get(PyObject* o, const Arg& a) { return to_int(o, a); }
};
template <> struct From<int> {
  static constexpr const char* type = "int";
  static int get(PyObject* o, const Arg& a) {
    const std::int64_t v = to_int(o, a);
    if (v != static_cast<int>(v)) value_error(a.op, a.name, " must fit 32 bits; got ", v);
    return static_cast<int>(v);
  }
};
template <> struct From<Diagonal> {
  static constexpr const char* type = "int";
  static Diagonal get(PyObject* o, const Arg& a);
};
template <> struct From<double> {
  static constexpr const char* type = "float";
  static double get(PyObject* o, const Arg& a) { return to_double(o, a); }
};
template <> struct From<bool> {
  static constexpr const char* type = "bool";
  static bool get(PyObject* o, const Arg& a) { return to_bool(o, a); }
};
template <> struct From<std::string> {
  static constexpr const char* type = "str";
  static std::string get(PyObject* o, const Arg& a) { return to_text(o, a); }
};
template <> struct From<Scalar> {
  static constexpr const char* type = "Scalar";
  static Scalar get(PyObject* o, const Arg& a) {
    if (!is_number(o)) wrong_argument(a, "a number", o);
    return to_scalar(o, a.op, a.name);
  }
};
template <> struct From<Shape> {
  static constexpr const char* type = "int | Sequence[int]";
  static Shape get(PyObject* o, const Arg& a) {
    Shape s = to_shape(o, a);
    std::int64_t n = 1;  // of what a factory fills
    for (int d = 0; d < s.size() && n <= unlock_above; ++d) n *= std::clamp<std::int64_t>(s[d], 0, unlock_above + 1);
    *a.work += n;
    return s;
  }
};
template <> struct From<Axes> {
  static constexpr const char* type = "int | Sequence[int] | None";
  static Axes get(PyObject* o, const Arg& a) {
    if (o == Py_None) return {};
    Shape s = to_shape(o, a, "an int, a tuple of ints or None");
    const bool nothing = s.empty();
    return {std::move(s), nothing};
  }
};
template <> struct From<DType> {
  static constexpr const char* type = "DTypeLike";
  static DType get(PyObject* o, const Arg& a) { return to_dtype(o, a); }
};
template <> struct From<Device> {
  static constexpr const char* type = "DeviceLike";
  static Device get(PyObject* o, const Arg& a) { return to_device(o, a); }
};
template <> struct From<Tensor> {
  static constexpr const char* type = "Tensor";
  static Tensor& get(PyObject* o, const Arg& a) {
    if (!is_tensor(o)) wrong_argument(a, "a Tensor", o);
    Tensor& t = tensor_of(o);
    if (t.defined()) *a.work += t.numel();
    return t;
  }
};
template <> struct From<MaybeTensor> {
  static constexpr const char* type = "Tensor | None";
  static MaybeTensor get(PyObject* o, const Arg& a) { return o == Py_None ? MaybeTensor() : MaybeTensor(From<Tensor>::get(o, a)); }
};
template <> struct From<Operand> {
  static constexpr const char* type = "Tensor | Scalar";
  static Operand get(PyObject* o, const Arg& a) {
    if (is_tensor(o)) return {From<Tensor>::get(o, a), {}};
    if (!is_number(o)) wrong_argument(a, "a Tensor or a number", o);
    return {{}, to_scalar(o, a.op, a.name)};
  }
};
template <> struct From<Values> {
  static constexpr const char* type = "Tensor | Scalar | Sequence[Any]";
  static Values get(PyObject* o, const Arg& a) {
    if (PyList_Check(o) || PyTuple_Check(o) || is_foreign_array(o)) return {{as_wide_tensor(o, a.op), {}}, true};
    return {From<Operand>::get(o, a)};
  }
};
template <> struct From<std::vector<Tensor>> {
  static constexpr const char* type = "Sequence[Tensor]";
  static std::vector<Tensor> get(PyObject* o, const Arg& a) { return to_tensors(o, a); }
};
template <> struct From<Generator> {
  static constexpr const char* type = "Generator | None";
  static Generator& get(PyObject* o, const Arg& a) { return to_generator(o, a); }
};
template <> struct From<PerDim> {
  static constexpr const char* type = "int | Sequence[int]";
  static PerDim get(PyObject* o, const Arg& a) {
    if (PyLong_Check(o)) return PerDim(to_int(o, a));
    return PerDim(to_shape(o, a));
  }
};
/// Any object, as it is.
template <> struct From<PyObject*> {
  static constexpr const char* type = "Any";
  static PyObject* get(PyObject* o, const Arg&) { return o; }
};
/// Type names with ` | None` behind.
template <class T> struct OrNone;
template <class T> struct From<std::optional<T>> {
  static constexpr const char* type = OrNone<T>::type;
  static std::optional<T> get(PyObject* o, const Arg& a) {
    if (o == Py_None) return std::nullopt;
    return From<T>::get(o, a);
  }
};
template <> struct OrNone<std::int64_t> { static constexpr const char* type = "int | None"; };
template <> struct OrNone<int> { static constexpr const char* type = "int | None"; };
template <> struct OrNone<double> { static constexpr const char* type = "float | None"; };
template <> struct OrNone<bool> { static constexpr const char* type = "bool | None"; };
template <> struct OrNone<Scalar> { static constexpr const char* type = "Scalar | None"; };
template <> struct OrNone<Shape> { static constexpr const char* type = "int | Sequence[int] | None"; };
template <> struct OrNone<PerDim> { static constexpr const char* type = "int | Sequence[int] | None"; };
template <> struct OrNone<DType> { static constexpr const char* type = "DTypeLike | None"; };
template <> struct OrNone<Device> { static constexpr const char* type = "DeviceLike | None"; };
template <> struct OrNone<std::string> { static constexpr const char* type = "str | None"; };
template <> struct OrNone<Operand> { static constexpr const char* type = "Tensor | Scalar | None"; };
template <> struct OrNone<std::vector<Tensor>> { static constexpr const char* type = "Sequence[Tensor] | None"; };

/// An enum of C++ is a string in Python: PH_CHOICE(Pad, {"constant", Pad::constant}, …) in namespace ph::python.
template <class E> struct Choice {
  const char* name;
  E value;
};
template <class E, std::size_t n>
E choose(const Choice<E> (&all)[n], PyObject* o, const Arg& a) {
  const std::string text = to_text(o, a);
  std::string names;
  for (const Choice<E>& c : all) {
    if (text == c.name) return c.value;
    names += (names.empty() ? "'" : ", '") + std::string(c.name) + "'";
  }
  value_error(a.op, a.name, " must be one of ", names, "; got '", text, "'");
}
template <class E, std::size_t n>
PyObject* chosen(const Choice<E> (&all)[n], E v) {
  for (const Choice<E>& c : all)
    if (c.value == v) return PyUnicode_FromString(c.name);
  Py_RETURN_NONE;
}
template <class T> struct Into;
#define PH_CHOICE(E, ...)                                       \
  template <> struct From<E> {                                  \
    static constexpr const char* type = "str";                  \
    static E get(PyObject* o, const Arg& a) {                   \
      static constexpr Choice<E> all[] = {__VA_ARGS__};         \
      return choose(all, o, a);                                 \
    }                                                           \
  };                                                            \
  template <> struct Into<E> {                                  \
    static constexpr const char* type = "str";                  \
    static PyObject* get(E v) {                                 \
      static constexpr Choice<E> all[] = {__VA_ARGS__};         \
      return chosen(all, v);                                    \
    }                                                           \
  };

// --- results -------------------------------------------------------------------------------------------------------------

/// A named tuple type called `name` with these fields, made once.
PyTypeObject* named_tuple(const char* name, const char* const* fields, int n);

template <> struct Into<Tensor> {
  static constexpr const char* type = "Tensor";
  static PyObject* get(Tensor&& t) { return wrap(std::move(t)); }
};
template <> struct Into<bool> {
  static constexpr const char* type = "bool";
  static PyObject* get(bool v) { return PyBool_FromLong(v); }
};
template <> struct Into<std::int64_t> {
  static constexpr const char* type = "int";
  static PyObject* get(std::int64_t v) { return PyLong_FromLongLong(v); }
};
template <> struct Into<double> {
  static constexpr const char* type = "float";
  static PyObject* get(double v) { return PyFloat_FromDouble(v); }
};
template <> struct Into<std::optional<double>> {
  static constexpr const char* type = "float | None";
  static PyObject* get(const std::optional<double>& v) { return v ? PyFloat_FromDouble(*v) : Py_NewRef(Py_None); }
};
template <> struct Into<DType> {
  static constexpr const char* type = "dtype";
  static PyObject* get(DType v) { return wrap(v); }
};
template <> struct Into<std::string> {
  static constexpr const char* type = "str";
  static PyObject* get(const std::string& v) { return PyUnicode_FromStringAndSize(v.data(), static_cast<Py_ssize_t>(v.size())); }
};
template <> struct Into<Shape> {
  static constexpr const char* type = "tuple[int, ...]";
  static PyObject* get(const Shape& s);
};
template <> struct Into<std::vector<Tensor>> {
  static constexpr const char* type = "tuple[Tensor, ...]";
  static PyObject* get(std::vector<Tensor>&& ts);
};
/// What an op with `inplace` returns: a new tensor, or none if it changed its first argument, which is the result then.
struct Changed {
  Tensor made;
};
template <> struct Into<Changed> {
  static constexpr const char* type = "Tensor";
  static PyObject* get(Changed&& c) { return wrap(std::move(c.made)); }
};
/// Tensors that the array API standard wants in a list.
struct TensorList {
  std::vector<Tensor> tensors;
};
template <> struct Into<TensorList> {
  static constexpr const char* type = "list[Tensor]";
  static PyObject* get(TensorList&& l) { return PySequence_List(checked(Into<std::vector<Tensor>>::get(std::move(l.tensors))).get()); }
};
/// What an op that hands over a Python object returns: a new reference.
template <> struct Into<Object> {
  static constexpr const char* type = "Any";
  static PyObject* get(Object&& o) { return o.release(); }
};
template <> struct Into<std::pair<Tensor, Tensor>> {
  static constexpr const char* type = "tuple[Tensor, Tensor]";
  static PyObject* get(std::pair<Tensor, Tensor>&& p) {
    return Into<std::vector<Tensor>>::get({std::move(p.first), std::move(p.second)});
  }
};

/// A struct of tensors is a named tuple: PH_RESULT(SVD, U, S, Vh) in namespace ph::python names C++'s type and Python's fields.
#define PH_RESULT(Type, ...) PH_NAMED_RESULT(Type, #Type, __VA_ARGS__)
#define PH_NAMED_RESULT(Type, python_name, ...)                                                  \
  template <> struct Into<Type> {                                                                \
    static constexpr const char* type = python_name "(" #__VA_ARGS__ ")";                        \
    static PyObject* get(Type&& r) {                                                             \
      static const auto names = split_names(#__VA_ARGS__);                                       \
      static PyTypeObject* const made = named_tuple(python_name, names.pointers.data(), static_cast<int>(names.pointers.size())); \
      return fill_tuple(made, members(std::move(r)));                                            \
    }                                                                                            \
  };
struct Names {
  std::string text;
  std::vector<const char*> pointers;
};
Names split_names(const char* comma_separated);
PyObject* fill_tuple(PyTypeObject* type, std::vector<Tensor>&& values);
/// The tensors of an aggregate of up to four.
template <class T>
std::vector<Tensor> members(T&& r) {
  if constexpr (requires { T{{}, {}, {}, {}}; }) {
    auto& [a, b, c, d] = r;
    return {std::move(a), std::move(b), std::move(c), std::move(d)};
  } else if constexpr (requires { T{{}, {}, {}}; }) {
    auto& [a, b, c] = r;
    return {std::move(a), std::move(b), std::move(c)};
  } else {
    auto& [a, b] = r;
    return {std::move(a), std::move(b)};
  }
}

}  // namespace ph::python
