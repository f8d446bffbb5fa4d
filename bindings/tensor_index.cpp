// x[...], x[...] = y, len and iteration: what stands between the brackets becomes a list of ph::Index.
#include "bindings/tensor_slots.h"
#include "playhead/tensor/fits.h"

namespace ph::python {
namespace {

Bound to_bound(PyObject* o) {
  if (o == Py_None) return None;
  if (!PyIndex_Check(o)) type_error("slice", "bounds must be ints or None; got ", kind_of(o));
  const Py_ssize_t v = PyNumber_AsSsize_t(o, nullptr);  // beyond its range it is beyond any dimension's
  if (v == -1 && PyErr_Occurred()) throw PythonError();
  return static_cast<long>(v);
}
Slice to_slice(PyObject* o) {
  const auto* s = reinterpret_cast<PySliceObject*>(o);
  const Bound step = to_bound(s->step);
  return {to_bound(s->start), to_bound(s->stop), step.set ? step.value : 1};
}

Index to_entry(PyObject* o) {
  if (PyLong_Check(o) && !PyBool_Check(o)) {
    int overflow = 0;
    const long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
    return overflow ? INT64_MAX : i;  // out of any range
  }
  if (PySlice_Check(o)) return to_slice(o);
  if (o == Py_None) return newaxis;
  if (o == Py_Ellipsis) return ellipsis;
  if (is_tensor(o)) return tensor_of(o);
  if (PyBool_Check(o)) return full({}, o == Py_True);
  if (is_number(o) && PyIndex_Check(o)) return static_cast<long long>(to_scalar(o).to<std::int64_t>());
  if (PyList_Check(o) || PyTuple_Check(o) || is_foreign_array(o)) {  // a tuple within the key is an array
    Tensor t = as_tensor(o, "index");
    if (t.numel() == 0 && !is_foreign_array(o)) t = t.to(int64);
    return t;
  }
  type_error("index", "only integers, slices, None, ..., and integer or boolean arrays index a tensor; got ", kind_of(o));
}

std::vector<Index> to_entries(PyObject* key) {
  std::vector<Index> all;
  if (!PyTuple_Check(key)) {
    all.push_back(to_entry(key));
    return all;
  }
  const Py_ssize_t n = PyTuple_GET_SIZE(key);
  all.reserve(static_cast<std::size_t>(n));
  for (Py_ssize_t i = 0; i < n; ++i) all.push_back(to_entry(PyTuple_GET_ITEM(key, i)));
  return all;
}

PyObject* get(PyObject* self, PyObject* key) {
  return guarded([&]() -> PyObject* {
    const Tensor& x = tensor_of(self);
    if (PyLong_CheckExact(key)) {
      const Index i = to_entry(key);
      if (x.ndim() > 0) return wrap(x.select(0, i.integer()));
    }
    if (PySlice_Check(key) && x.ndim() > 0) return wrap(x.slice(0, to_slice(key)));
    const std::vector<Index> entries = to_entries(key);
    std::int64_t work = 0;
    for (const Index& e : entries)
      if (e.kind() == Index::Kind::tensor) work += x.numel();
    return computed(work, [&] { return x.index(entries.data(), static_cast<int>(entries.size())); });
  }, "index");
}

int set(PyObject* self, PyObject* key, PyObject* value) {
  return guarded([&] {
    if (!value) type_error("index", "elements of a tensor cannot be deleted");
    Tensor& x = tensor_of(self);
    const std::vector<Index> entries = to_entries(key);
    const int n = static_cast<int>(entries.size());
    const auto put = [&](const Tensor& v) {
      const Unlocked unlocked(x.numel() > unlock_above);
      x.index_put_(entries.data(), n, v);
    };
    if (is_tensor(value)) {
      put(tensor_of(value));
    } else if (is_number(value)) {
      const Scalar s = to_scalar(value);
      if (s.is_complex() && !is_complex(x.dtype())) type_error("index", "a complex number does not fit dtype=", x.dtype());
      detail::check_fits("index", s, x.dtype());
      put(full({}, s, {.dtype = x.dtype(), .device = x.device()}));
    } else {
      put(is_foreign_array(value) ? as_tensor(value, "index") : as_tensor(value, "index", x.dtype()));
    }
    return 0;
  }, "index");
}

Py_ssize_t length(PyObject* self) {
  return guarded([&]() -> Py_ssize_t {
    const Tensor& x = tensor_of(self);
    if (x.ndim() == 0) type_error("len", "a 0-d tensor has no length");
    return static_cast<Py_ssize_t>(x.size(0));
  });
}
PyObject* entry(PyObject* self, Py_ssize_t i) {
  return guarded([&] { return wrap(tensor_of(self).select(0, i)); });
}
int contains(PyObject* self, PyObject* value) {
  return guarded([&]() -> int {
    const Object same = checked(compare(self, value, Py_EQ));
    if (same.get() == Py_NotImplemented) return 0;
    return any(tensor_of(same.get())).item<bool>();
  });
}

}  // namespace

PyObject* iterate(PyObject* self) {
  return guarded([&]() -> PyObject* {
    if (tensor_of(self).ndim() == 0) type_error("iter", "a 0-d tensor cannot be iterated over");
    return PySeqIter_New(self);
  });
}

PyMappingMethods tensor_mapping = {.mp_length = length, .mp_subscript = get, .mp_ass_subscript = set};
PySequenceMethods tensor_sequence = {.sq_length = length, .sq_item = entry, .sq_contains = contains};

}  // namespace ph::python
