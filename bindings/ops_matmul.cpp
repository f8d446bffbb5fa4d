// Products of vectors and matrices, einsum.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {
using I = std::int64_t;
}

void define_matmul() {
#define PH_PRODUCT(name) op(#name, "x1, x2, /", [](const Tensor& a, const Tensor& b) { return ph::name(a, b); });
  PH_PRODUCT(matmul) PH_PRODUCT(mm) PH_PRODUCT(bmm) PH_PRODUCT(mv) PH_PRODUCT(dot) PH_PRODUCT(vdot) PH_PRODUCT(inner) PH_PRODUCT(outer) PH_PRODUCT(kron)
#undef PH_PRODUCT
  op("vecdot", "x1, x2, /, *, axis=-1", [](const Tensor& a, const Tensor& b, I axis) { return vecdot(a, b, axis); });
  op("cross", "x1, x2, /, *, axis=-1", [](const Tensor& a, const Tensor& b, I axis) { return cross(a, b, axis); });
  op("trace", "x, /, offset=0, axis1=0, axis2=1", [](const Tensor& x, std::int64_t offset, std::int64_t a, std::int64_t b) { return trace(x, offset, a, b); });
  op("tensordot", "x1, x2, /, axes=2", [](const Tensor& a, const Tensor& b, PyObject* axes) {
    std::int64_t work = 0;
    const Arg arg{"tensordot", "axes", &work};
    if (PyLong_Check(axes)) return tensordot(a, b, to_int(axes, arg));
    if (!(PyTuple_Check(axes) || PyList_Check(axes)) || PySequence_Fast_GET_SIZE(axes) != 2) wrong_argument(arg, "an int or two sequences of ints", axes);
    return tensordot(a, b, to_shape(PySequence_Fast_GET_ITEM(axes, 0), arg), to_shape(PySequence_Fast_GET_ITEM(axes, 1), arg));
  });
#define PH_ADDED(name) \
  op(#name, "input, x1, x2, *, beta=1, alpha=1", [](const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta, Scalar alpha) { return ph::name(c, a, b, beta, alpha); });
  PH_ADDED(addmm) PH_ADDED(baddbmm) PH_ADDED(addmv)
#undef PH_ADDED
  function("einsum", "equation, *operands", [](const std::string& equation, const std::vector<Tensor>& xs) { return einsum(equation, xs); });
  function("linear", "x, weight, bias=None", [](const Tensor& x, const Tensor& w, const MaybeTensor& b) { return linear(x, w, b); });
}

}  // namespace ph::python
