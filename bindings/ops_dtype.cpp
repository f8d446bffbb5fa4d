// What holds for dtypes, devices and the process: promotion, limits, defaults, threads.
#include <limits>

#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {

/// Floating types as (bits, eps, max, min, smallest_normal); float16 and bfloat16 have no numeric_limits.
struct Limits {
  int bits;
  double eps, max, smallest;
};
Limits limits(DType t) {
  switch (real_dtype(t)) {
    case float16: return {16, 0x1p-10, 65504, 0x1p-14};
    case bfloat16: return {16, 0x1p-7, 0x1.fep127, 0x1p-126};
    case float32: return {32, std::numeric_limits<float>::epsilon(), std::numeric_limits<float>::max(), std::numeric_limits<float>::min()};
    default: return {64, std::numeric_limits<double>::epsilon(), std::numeric_limits<double>::max(), std::numeric_limits<double>::min()};
  }
}
DType dtype_or_of(PyObject* o, const char* op) {
  std::int64_t work = 0;
  return is_tensor(o) ? tensor_of(o).dtype() : to_dtype(o, {op, "type", &work});
}
bool castable(DType from, DType to) { return can_promote(from, to) && promote(from, to) == to; }
bool is_kind(DType t, const std::string& kind) {
  if (kind == "bool") return is_bool(t);
  if (kind == "signed integer") return is_signed_integer(t);
  if (kind == "unsigned integer") return is_unsigned(t);
  if (kind == "integral") return is_integer(t);
  if (kind == "real floating") return is_floating(t);
  if (kind == "complex floating") return is_complex(t);
  if (kind == "numeric") return !is_bool(t);
  value_error("isdtype", "kind must be a dtype, a tuple of kinds, 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating', 'complex floating' or "
                         "'numeric'; got '", kind, "'");
}
bool is_dtype(DType t, PyObject* kind) {
  std::int64_t work = 0;
  if (PyTuple_Check(kind)) {
    bool any = false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kind); ++i) any |= is_dtype(t, PyTuple_GET_ITEM(kind, i));
    return any;
  }
  if (PyUnicode_Check(kind)) return is_kind(t, to_text(kind, {"isdtype", "kind", &work}));
  return t == to_dtype(kind, {"isdtype", "kind", &work});
}
/// Of tensors, dtypes and at least one of them; Python numbers are weak.
DType common_dtype(PyObject* args) {
  std::optional<DType> t;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
    PyObject* a = PyTuple_GET_ITEM(args, i);
    if (is_number(a) && !PyType_Check(a)) continue;
    const DType d = dtype_or_of(a, "result_type");
    if (t && !can_promote(*t, d)) type_error("result_type", "no dtype holds both; got ", *t, " and ", d);
    t = t ? promote(*t, d) : d;
  }
  if (!t) value_error("result_type", "needs at least one tensor or dtype");
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i)
    if (PyObject* a = PyTuple_GET_ITEM(args, i); is_number(a)) t = weak_promote(*t, to_scalar(a));
  return *t;
}

}  // namespace

void define_dtype() {
  function("result_type", "*arrays_and_dtypes", [](PyObject* args) { return common_dtype(args); });
  function("promote_types", "type1, type2", [](DType a, DType b) {
    if (!can_promote(a, b)) type_error("promote_types", "no dtype holds both; got ", a, " and ", b);
    return promote(a, b);
  });
  function("can_cast", "from_, to, /", [](PyObject* from, DType to) { return castable(dtype_or_of(from, "can_cast"), to); });
  function("isdtype", "dtype, kind", [](DType t, PyObject* kind) { return is_dtype(t, kind); });
  function("_finfo", "type, /", [](PyObject* o) {
    const DType t = dtype_or_of(o, "finfo");
    if (!is_floating(t) && !is_complex(t)) type_error("finfo", "needs a floating dtype; got ", t, ". Use iinfo");
    const Limits l = limits(t);
    return checked(Py_BuildValue("(iddddN)", l.bits, l.eps, l.max, -l.max, l.smallest, wrap(real_dtype(t))));
  });
  function("_iinfo", "type, /", [](PyObject* o) {
    const DType t = dtype_or_of(o, "iinfo");
    if (!is_integer(t)) type_error("iinfo", "needs an integer dtype; got ", t, ". Use finfo");
    const int bits = static_cast<int>(8 * itemsize(t));
    const unsigned long long max = ~0ull >> (64 - bits + is_signed_integer(t));
    return checked(Py_BuildValue("(iKLN)", bits, max, is_unsigned(t) ? 0LL : -static_cast<long long>(max) - 1, wrap(t)));
  });
  function("astype", "x, dtype, /, *, copy=True, device=None", [](const Tensor& x, DType t, bool copy, const MaybeDevice& device) {
    const Device d = device.value_or(x.device());
    if (t == x.dtype() && d == x.device()) return copy ? x.clone() : x;
    if (is_complex(x.dtype()) && !is_complex(t)) type_error("astype", "a complex number is no ", t, ". Take x.real or abs(x)");
    return x.to(d, t);
  });
  function("get_default_dtype", "", [] { return default_dtype(); });
  function("set_default_dtype", "dtype", [](DType t) { set_default_dtype(t); });
  function("set_default_device", "device", [](Device d) { set_default_device(d); });
  function("get_default_device", "", [] { return checked(wrap(default_device())); });
  function("get_num_threads", "", [] { return static_cast<std::int64_t>(num_threads()); });
  function("set_num_threads", "n", [](int n) { set_num_threads(n); });
  function("empty_cache", "", [] { empty_cache(); });
}

}  // namespace ph::python
