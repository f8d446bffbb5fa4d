// Tensor's operators, as slots of the type: + - * / and so on, comparisons, conversions to Python numbers.
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {

using Pair = Tensor (*)(const Tensor&, const Tensor&);
using Right = Tensor (*)(const Tensor&, Scalar);
using Left = Tensor (*)(Scalar, const Tensor&);

PyObject* not_implemented() { return Py_NewRef(Py_NotImplemented); }
std::int64_t work_of(const Tensor& a) { return a.numel(); }

PyObject* both_of(const Tensor& a, const Tensor& b, Pair f) {
  return computed(work_of(a) + work_of(b), [&] { return f(a, b); });
}
/// a op b, where one of them is a tensor; the other a tensor, a number, or another library's array.
PyObject* binary(PyObject* a, PyObject* b, Pair both, Right right, Left left) {
  return guarded([&]() -> PyObject* {
    if (is_tensor(a)) {
      const Tensor& x = tensor_of(a);
      if (is_tensor(b)) return both_of(x, tensor_of(b), both);
      if (is_number(b)) return computed(work_of(x), [&, s = to_scalar(b)] { return right(x, s); });
      if (is_foreign_array(b)) return both_of(x, as_tensor(b, "operator"), both);
    } else if (is_number(a)) {
      const Tensor& x = tensor_of(b);
      return computed(work_of(x), [&, s = to_scalar(a)] { return left(s, x); });
    } else if (is_foreign_array(a)) {
      return both_of(as_tensor(a, "operator"), tensor_of(b), both);
    }
    return not_implemented();
  });
}

using PairInPlace = Tensor& (Tensor::*)(const Tensor&);
using RightInPlace = Tensor& (Tensor::*)(Scalar);
PyObject* in_place(PyObject* a, PyObject* b, PairInPlace both, RightInPlace right) {
  return guarded([&]() -> PyObject* {
    Tensor& x = tensor_of(a);
    const auto run = [&](auto method, const auto& y) {
      const Unlocked unlocked(work_of(x) > unlock_above);
      (x.*method)(y);
    };
    if (is_tensor(b)) run(both, tensor_of(b));
    else if (is_number(b)) run(right, to_scalar(b));
    else if (is_foreign_array(b)) run(both, as_tensor(b, "operator"));
    else return not_implemented();
    return Py_NewRef(a);
  });
}

#define PH_BINARY(slot, name)                                                                          \
  PyObject* slot(PyObject* a, PyObject* b) { return binary(a, b, &ph::name, &ph::name, &ph::name); }
#define PH_IN_PLACE(slot, name) \
  PyObject* in_place_##slot(PyObject* a, PyObject* b) { return in_place(a, b, &Tensor::name##_, &Tensor::name##_); }
#define PH_OPERATOR(slot, name) PH_BINARY(slot, name) PH_IN_PLACE(slot, name)
PH_OPERATOR(add, add)
PH_OPERATOR(subtract, sub)
PH_OPERATOR(multiply, mul)
PH_OPERATOR(divide, div)
PH_OPERATOR(floor_divide, floor_divide)
PH_OPERATOR(modulo, remainder)
PH_OPERATOR(bit_and, bitwise_and)
PH_OPERATOR(bit_or, bitwise_or)
PH_OPERATOR(bit_xor, bitwise_xor)
PH_OPERATOR(shift_left, bitwise_left_shift)
PH_OPERATOR(shift_right, bitwise_right_shift)
PH_OPERATOR(power2, pow)
#undef PH_OPERATOR

PyObject* divide_with_rest(PyObject* a, PyObject* b) {
  const Object q(floor_divide(a, b));
  if (!q || q.get() == Py_NotImplemented) return Py_XNewRef(q.get());
  const Object r(modulo(a, b));
  return r ? PyTuple_Pack(2, q.get(), r.get()) : nullptr;
}
PyObject* power(PyObject* a, PyObject* b, PyObject* modulus) { return modulus == Py_None ? power2(a, b) : not_implemented(); }
PyObject* in_place_power(PyObject* a, PyObject* b, PyObject* modulus) { return modulus == Py_None ? in_place_power2(a, b) : not_implemented(); }

PyObject* product(PyObject* a, PyObject* b) {
  return guarded([&]() -> PyObject* {
    const bool ours = is_tensor(a), theirs = is_tensor(b);
    if ((!ours && !is_foreign_array(a)) || (!theirs && !is_foreign_array(b))) return not_implemented();
    const Tensor x = ours ? tensor_of(a) : as_tensor(a, "matmul"), y = theirs ? tensor_of(b) : as_tensor(b, "matmul");
    return computed(work_of(x) + work_of(y), [&] { return matmul(x, y); });
  });
}

using Unary = Tensor (*)(const Tensor&);
PyObject* unary(PyObject* a, Unary f) {
  return guarded([&] { return computed(tensor_of(a).numel(), [&] { return f(tensor_of(a)); }); });
}
PyObject* negative(PyObject* a) { return unary(a, &ph::neg); }
PyObject* positive(PyObject* a) { return unary(a, &ph::positive); }
PyObject* absolute(PyObject* a) { return unary(a, &ph::abs); }
PyObject* invert(PyObject* a) { return unary(a, &ph::bitwise_not); }

/// The only element.
Scalar element(PyObject* o, const char* what) {
  const Tensor& x = tensor_of(o);
  if (x.numel() != 1) type_error(what, "needs a one-element tensor; got shape=", x.shape());
  return x.item_scalar();
}
PyObject* to_python(const Scalar& s) {
  if (s.is_bool()) return PyBool_FromLong(s.to<bool>());
  if (s.is_complex()) return PyComplex_FromDoubles(s.re(), s.im());
  if (s.is_floating()) return PyFloat_FromDouble(s.re());
  return s.kind() == Scalar::Kind::unsigned_integer ? PyLong_FromUnsignedLongLong(s.to<std::uint64_t>()) : PyLong_FromLongLong(s.to<std::int64_t>());
}
int truth(PyObject* o) {
  return guarded([&] {
    const Tensor& x = tensor_of(o);
    if (x.numel() != 1)
      value_error("bool", "the truth value of a tensor with ", x.numel() == 0 ? "no" : "several", " elements is ambiguous; got shape=", x.shape(),
                  ". Use any(x) or all(x)");
    const Scalar s = x.item_scalar();
    return static_cast<int>(s.re() != 0 || s.im() != 0);
  });
}
PyObject* to_integer(PyObject* o) {
  return guarded([&] {
    const Scalar s = element(o, "int");
    if (s.is_complex()) type_error("int", "a complex number is no integer; got dtype=", tensor_of(o).dtype());
    const Object number = checked(to_python(s));
    return PyNumber_Long(number.get());
  });
}
PyObject* to_float(PyObject* o) {
  return guarded([&] {
    const Scalar s = element(o, "float");
    if (s.is_complex()) type_error("float", "a complex number is no float; got dtype=", tensor_of(o).dtype());
    return PyFloat_FromDouble(s.re());
  });
}
PyObject* to_index(PyObject* o) {
  return guarded([&] {
    const Tensor& x = tensor_of(o);
    if (x.numel() != 1 || !is_integer(x.dtype()))
      type_error("index", "only a one-element integer tensor is an index; got shape=", x.shape(), ", dtype=", x.dtype());
    return to_python(x.item_scalar());
  });
}

}  // namespace

PyObject* item(const Tensor& x) {
  if (x.numel() != 1) value_error("item", "needs a one-element tensor; got shape=", x.shape());
  return to_python(x.item_scalar());
}

bool is_number(PyObject* o) {
  if (PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o)) return true;
  // NumPy's integer scalars; its float32 is an array with a dtype of its own.
  return !is_tensor(o) && PyIndex_Check(o) && !PySequence_Check(o) && !PyObject_CheckBuffer(o) && !is_foreign_array(o);
}
Scalar to_scalar(PyObject* o, const char* op, const char* name) {
  if (PyFloat_Check(o)) return PyFloat_AS_DOUBLE(o);
  if (PyBool_Check(o)) return o == Py_True;
  if (PyComplex_Check(o)) {
    const Py_complex z = PyComplex_AsCComplex(o);
    return cdouble(z.real, z.imag);
  }
  const Object i = checked(PyNumber_Index(o));
  int overflow = 0;
  const long long v = PyLong_AsLongLongAndOverflow(i.get(), &overflow);
  if (!overflow) return v;
  if (overflow > 0) {
    const unsigned long long u = PyLong_AsUnsignedLongLong(i.get());
    if (!PyErr_Occurred()) return u;
    PyErr_Clear();
  }
  const Object text = checked(PyObject_Str(i.get()));
  PyErr_Format(PyExc_OverflowError, "%s: %s must fit 64 bits; got %U", op, name, text.get());
  throw PythonError();
}

std::optional<double> far_value(PyObject* o) {
  if (!PyLong_Check(o)) return {};
  int overflow = 0;
  PyLong_AsLongLongAndOverflow(o, &overflow);
  if (!overflow || (overflow > 0 && (PyLong_AsUnsignedLongLong(o), !PyErr_Occurred()))) return {};
  PyErr_Clear();
  const double v = PyLong_AsDouble(o);
  if (!PyErr_Occurred()) return v;
  PyErr_Clear();
  return overflow * inf;
}
Scalar far_from(const Tensor& x, double value) { return is_differentiable(x.dtype()) ? value : value < 0 ? -inf : inf; }

PyObject* compare(PyObject* a, PyObject* b, int how) {
  Object far;  // Python swaps operands whose left one is a number
  if (const auto v = is_tensor(a) ? far_value(b) : std::nullopt) b = (far = checked(PyFloat_FromDouble(far_from(tensor_of(a), *v).re()))).get();
  switch (how) {
    case Py_EQ: return binary(a, b, &ph::equal, &ph::equal, &ph::equal);
    case Py_NE: return binary(a, b, &ph::not_equal, &ph::not_equal, &ph::not_equal);
    case Py_LT: return binary(a, b, &ph::less, &ph::less, &ph::less);
    case Py_LE: return binary(a, b, &ph::less_equal, &ph::less_equal, &ph::less_equal);
    case Py_GT: return binary(a, b, &ph::greater, &ph::greater, &ph::greater);
    default: return binary(a, b, &ph::greater_equal, &ph::greater_equal, &ph::greater_equal);
  }
}

PyNumberMethods tensor_number = {
    .nb_add = add, .nb_subtract = subtract, .nb_multiply = multiply, .nb_remainder = modulo, .nb_divmod = divide_with_rest, .nb_power = power,
    .nb_negative = negative, .nb_positive = positive, .nb_absolute = absolute, .nb_bool = truth, .nb_invert = invert,
    .nb_lshift = shift_left, .nb_rshift = shift_right, .nb_and = bit_and, .nb_xor = bit_xor, .nb_or = bit_or,
    .nb_int = to_integer, .nb_float = to_float,
    .nb_inplace_add = in_place_add, .nb_inplace_subtract = in_place_subtract, .nb_inplace_multiply = in_place_multiply,
    .nb_inplace_remainder = in_place_modulo, .nb_inplace_power = in_place_power, .nb_inplace_lshift = in_place_shift_left,
    .nb_inplace_rshift = in_place_shift_right, .nb_inplace_and = in_place_bit_and, .nb_inplace_xor = in_place_bit_xor,
    .nb_inplace_or = in_place_bit_or,
    .nb_floor_divide = floor_divide, .nb_true_divide = divide, .nb_inplace_floor_divide = in_place_floor_divide,
    .nb_inplace_true_divide = in_place_divide, .nb_index = to_index, .nb_matrix_multiply = product};

}  // namespace ph::python
