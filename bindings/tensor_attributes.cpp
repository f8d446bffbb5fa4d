// Tensor's attributes: shape, dtype, grad and the like.
#include "bindings/tensor_slots.h"
#include "playhead/autograd/node.h"
#include "playhead/autograd/record.h"

namespace ph::python {
namespace {

template <class F>
PyObject* from(PyObject* o, F f) {
  return guarded([&] { return f(tensor_of(o)); });
}
#define PH_GET(name, expression) \
  PyObject* get_##name(PyObject* o, void*) { return from(o, [](Tensor & x) -> PyObject* { return expression; }); }
PH_GET(shape, Into<Shape>::get(x.shape()))
PH_GET(strides, Into<Shape>::get(x.strides()))
PH_GET(ndim, PyLong_FromLong(x.ndim()))
PH_GET(itemsize, PyLong_FromSize_t(x.itemsize()))
PH_GET(nbytes, PyLong_FromSize_t(x.nbytes()))
PH_GET(dtype, wrap(x.dtype()))
PH_GET(device, wrap(x.device()))
PH_GET(T, wrap(x.T()))
PH_GET(mT, wrap(x.mT()))
PH_GET(mH, wrap(x.mH()))
PH_GET(H, wrap(x.ndim() == 2 ? x.mH() : (value_error("H", "needs a matrix; got shape=", x.shape(), ". Use mH"), Tensor())))
PyObject* get_real(PyObject* o, void*) {
  return from(o, [o](Tensor& x) -> PyObject* { return is_complex(x.dtype()) ? wrap(ph::real(x)) : Py_NewRef(o); });
}
PH_GET(imag, wrap(ph::imag(x)))
PH_GET(data, wrap(x.detach()))
PH_GET(grad, wrap(x.grad()))
PH_GET(requires_grad, PyBool_FromLong(x.requires_grad()))
PH_GET(is_leaf, PyBool_FromLong(x.is_leaf()))
PH_GET(is_cpu, PyBool_FromLong(x.is_cpu()))
PH_GET(is_cuda, PyBool_FromLong(x.is_cuda()))
PH_GET(version, PyLong_FromUnsignedLong(x.version()))
#undef PH_GET

/// An int that may be called: x.size is the array API's, x.size(0) PyTorch's (playhead/_size.py).
PyObject* get_size(PyObject* o, void*) {
  return from(o, [](Tensor& x) -> PyObject* {
    static PyObject* const type = checked(PyObject_GetAttrString(checked(PyImport_ImportModule("playhead._size")).get(), "Size")).release();
    Object n = checked(PyLong_FromLongLong(x.numel()));
    Object size = checked(PyObject_CallOneArg(type, n.get()));
    if (PyObject_SetAttrString(size.get(), "_shape", checked(Into<Shape>::get(x.shape())).get()) < 0) throw PythonError();
    return size.release();
  });
}
PyObject* get_grad_fn(PyObject* o, void*) {
  return from(o, [](Tensor& x) -> PyObject* {
    if (!x.requires_grad() || x.is_leaf()) Py_RETURN_NONE;
    return PyUnicode_FromString(gradient_edge(x).node->name);  // a view of what was changed in place finds its node in the base's history
  });
}

int set_grad(PyObject* o, PyObject* value, void*) {
  return guarded([&] {
    if (value && value != Py_None && !is_tensor(value)) type_error("grad", "must be a Tensor or None; got ", kind_of(value));
    tensor_of(o).set_grad(value && value != Py_None ? tensor_of(value) : Tensor());
    return 0;
  });
}
int set_requires_grad(PyObject* o, PyObject* value, void*) {
  return guarded([&] {
    std::int64_t work = 0;
    tensor_of(o).requires_grad_(!value || to_bool(value, {"requires_grad", "value", &work}));
    return 0;
  });
}
/// Other memory for the same leaf: its tape position, and so its gradient, stay.
int set_data(PyObject* o, PyObject* value, void*) {
  return guarded([&] {
    if (!value || !is_tensor(value)) type_error("data", "must be a Tensor");
    const no_grad guard;
    tensor_of(o).detach().copy_(tensor_of(value));
    return 0;
  });
}
/// x.real = values, x.imag = values.
template <Tensor (*part)(const Tensor&)>
int set_part(PyObject* o, PyObject* value, void* name) {
  return guarded([&] {
    const auto* op = static_cast<const char*>(name);
    if (!value) type_error(op, "cannot be deleted");
    Tensor into = part(tensor_of(o));
    if (is_number(value)) into.fill_(to_scalar(value));
    else into.copy_(as_tensor(value, op));
    return 0;
  }, static_cast<const char*>(name));
}
char real_name[] = "real", imag_name[] = "imag";

}  // namespace

PyGetSetDef tensor_attributes[] = {
    {"shape", get_shape, nullptr, "Sizes of the dimensions.", nullptr},
    {"strides", get_strides, nullptr, "Steps between neighbours along each dimension, in elements; may be 0 or negative.", nullptr},
    {"ndim", get_ndim, nullptr, "Number of dimensions.", nullptr},
    {"size", get_size, nullptr, "Number of elements; called, as x.size() and x.size(dim), the shape.", nullptr},
    {"itemsize", get_itemsize, nullptr, "Bytes of one element.", nullptr},
    {"nbytes", get_nbytes, nullptr, "Bytes of all elements.", nullptr},
    {"dtype", get_dtype, nullptr, "Type of the elements.", nullptr},
    {"device", get_device, nullptr, "Where the memory is.", nullptr},
    {"T", get_T, nullptr, "All dimensions reversed; a view.", nullptr},
    {"mT", get_mT, nullptr, "The last two dimensions swapped; a view.", nullptr},
    {"mH", get_mH, nullptr, "The conjugate of mT.", nullptr},
    {"H", get_H, nullptr, "The conjugate transpose of a matrix.", nullptr},
    {"real", get_real, set_part<&real>, "The real part, a view; x itself if it is real.", real_name},
    {"imag", get_imag, set_part<&imag>, "The imaginary part, a view. A real tensor has none.", imag_name},
    {"data", get_data, set_data, "The same memory, cut off from the tape. Assigning copies values.", nullptr},
    {"grad", get_grad, set_grad, "The accumulated gradient of a leaf, or None.", nullptr},
    {"requires_grad", get_requires_grad, set_requires_grad, "Whether ops on it are recorded.", nullptr},
    {"is_leaf", get_is_leaf, nullptr, "Whether it was made by the user rather than by a recorded op.", nullptr},
    {"is_cpu", get_is_cpu, nullptr, "Whether the memory is the CPU's.", nullptr},
    {"is_cuda", get_is_cuda, nullptr, "Whether the memory is a CUDA device's.", nullptr},
    {"grad_fn", get_grad_fn, nullptr, "Name of the recorded op that made it, or None.", nullptr},
    {"_version", get_version, nullptr, "How often the memory was changed in place.", nullptr},
    {}};

}  // namespace ph::python
