// What holds for dtypes, devices and the process: promotion, limits, defaults, threads.
#include <iterator>
#include <limits>

#include "bindings/op.h"
#include "bindings/tensor_slots.h"
#include "playhead/tensor/cuda.h"
#include "playhead/tensor/print.h"

namespace ph::python {
namespace {

DType dtype_or_of(PyObject* o, const char* op) {
  std::int64_t work = 0;
  return is_tensor(o) ? tensor_of(o).dtype() : to_dtype(o, {op, "type", &work});
}
/// The values and, as the last field, the dtype they hold for.
Object named(PyTypeObject* type, const Object& values, DType t) {
  Object r = checked(PyStructSequence_New(type));
  const Py_ssize_t n = PyTuple_GET_SIZE(values.get());
  for (Py_ssize_t i = 0; i < n; ++i) PyStructSequence_SET_ITEM(r.get(), i, Py_NewRef(PyTuple_GET_ITEM(values.get(), i)));
  PyStructSequence_SET_ITEM(r.get(), n, wrap(t));
  return r;
}
bool is_dtype(DType t, PyObject* kind) {
  std::int64_t work = 0;
  if (PyTuple_Check(kind)) {
    bool any = false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kind); ++i) any |= is_dtype(t, PyTuple_GET_ITEM(kind, i));
    return any;
  }
  if (PyUnicode_Check(kind)) return isdtype(t, to_text(kind, {"isdtype", "kind", &work}).c_str());
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

using Scientific = PrintOptions::Scientific;
/// PyTorch's profiles, and inf for no threshold as NumPy has it.
void set_printing(std::optional<int> precision, const std::optional<double>& threshold, std::optional<std::int64_t> edgeitems, std::optional<int> linewidth,
                  const std::optional<std::string>& profile, std::optional<bool> sci_mode) {
  PrintOptions o = print_options();
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  if (profile) {
    o = PrintOptions();
    if (*profile == "short") o.precision = 2, o.edgeitems = 2;
    else if (*profile == "full") o.threshold = all;
    else if (*profile != "default") value_error("set_printoptions", "profile must be one of 'default', 'short', 'full'; got '", *profile, "'");
  }
  if (precision) o.precision = *precision;
  if (threshold) o.threshold = *threshold >= 0x1p63 ? all : *threshold >= 0 ? static_cast<std::int64_t>(*threshold) : -1;
  if (edgeitems) o.edgeitems = *edgeitems;
  if (linewidth) o.linewidth = *linewidth;
  o.scientific = !sci_mode ? Scientific::if_needed : *sci_mode ? Scientific::always : Scientific::never;
  set_print_options(o);
}
Object printing() {
  const PrintOptions o = print_options();
  return checked(Py_BuildValue("{s:i,s:L,s:L,s:i,s:O}", "precision", o.precision, "threshold", static_cast<long long>(o.threshold), "edgeitems",
                               static_cast<long long>(o.edgeitems), "linewidth", o.linewidth, "sci_mode",
                               o.scientific == Scientific::if_needed ? Py_None : o.scientific == Scientific::always ? Py_True : Py_False));
}

}  // namespace

void define_dtype() {
  function("result_type", "*arrays_and_dtypes", [](PyObject* args) { return common_dtype(args); });
  /// The dtype that two dtypes have in common: the narrowest one that both convert to.
  function("promote_types", "type1, type2", [](DType a, DType b) {
    if (!can_promote(a, b)) type_error("promote_types", "no dtype holds both; got ", a, " and ", b);
    return promote(a, b);
  });
  function("can_cast", "from_, to, /", [](PyObject* from, DType to) { return can_cast(dtype_or_of(from, "can_cast"), to); });
  /// Whether a dtype is of a kind: a dtype, 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating', 'complex
  /// floating', 'numeric', or a tuple of such.
  function("isdtype", "dtype, kind", [](DType t, PyObject* kind) { return is_dtype(t, kind); });
  /// Limits of a floating dtype, of a complex one those of its parts: bits, eps, max, min, smallest_normal, dtype.
  function("finfo", "type, /", [](PyObject* o) {
    const FloatInfo i = finfo(dtype_or_of(o, "finfo"));
    static constexpr const char* fields[] = {"bits", "eps", "max", "min", "smallest_normal", "dtype"};
    static PyTypeObject* const type = named_tuple("finfo", fields, std::size(fields));
    return named(type, checked(Py_BuildValue("(idddd)", i.bits, i.eps, i.max, i.min, i.smallest_normal)), i.dtype);
  });
  /// Limits of an integer dtype: bits, max, min, dtype.
  function("iinfo", "type, /", [](PyObject* o) {
    const IntegerInfo i = iinfo(dtype_or_of(o, "iinfo"));
    static constexpr const char* fields[] = {"bits", "max", "min", "dtype"};
    static PyTypeObject* const type = named_tuple("iinfo", fields, std::size(fields));
    return named(type, checked(Py_BuildValue("(iKL)", i.bits, static_cast<unsigned long long>(i.max), static_cast<long long>(i.min))), i.dtype);
  });
  op("astype", "x, dtype, /, *, copy=True, device=None", [](const Tensor& x, DType t, bool copy, const MaybeDevice& device) {
    const Device d = device.value_or(x.device());
    if (t == x.dtype() && d == x.device()) return copy ? x.clone() : x;
    if (is_complex(x.dtype()) && !is_complex(t)) type_error("astype", "a complex number is no ", t, ". Take x.real or abs(x)");
    return x.to(d, t);
  });
  /// The dtype that this thread's factories give to real numbers: float32 unless it was set.
  function("get_default_dtype", "", [] { return default_dtype(); });
  /// Sets the dtype that this thread's factories give to real numbers; a floating one.
  function("set_default_dtype", "dtype", [](DType t) { set_default_dtype(t); });
  /// Sets the device on which this thread's factories make tensors.
  function("set_default_device", "device", [](Device d) {
    if (d.is_cuda() && !cuda::is_available()) runtime_error("set_default_device", "CUDA is not available; got device=", d);
    set_default_device(d);
  });
  /// The device on which this thread's factories make tensors.
  function("get_default_device", "", [] { return checked(wrap(default_device())); });
  /// How many threads an op may use.
  function("get_num_threads", "", [] { return static_cast<std::int64_t>(num_threads()); });
  /// Sets how many threads an op may use. Results do not depend on it, to the bit.
  function("set_num_threads", "n", [](int n) { set_num_threads(n); });
  /// Gives memory that the allocator keeps for reuse back to the system.
  function("empty_cache", "", [] { empty_cache(); });
  /// How this thread prints tensors: digits after the point, the number of elements above which the middle is left out (inf: never), how many
  /// then stay at either end, columns of a line; profile 'default', 'short' or 'full' sets all of these. sci_mode: numbers with exponents
  /// always (True), never (False), or where they need one (None). What is None stays as it is, but for sci_mode.
  function("set_printoptions", "precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None",
           [](std::optional<int> precision, std::optional<double> threshold, std::optional<std::int64_t> edgeitems, std::optional<int> linewidth,
              const std::optional<std::string>& profile, std::optional<bool> sci_mode) { set_printing(precision, threshold, edgeitems, linewidth, profile, sci_mode); });
  /// What set_printoptions takes, as it stands: a dict.
  function("get_printoptions", "", [] { return printing(); });
}

}  // namespace ph::python
