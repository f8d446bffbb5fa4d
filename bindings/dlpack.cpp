// DLPack, both ways: memory exchanged with PyTorch, JAX, CuPy and NumPy without copies. The structs are those of dlpack.h 1.1
// (https://dmlc.github.io/dlpack/latest/c_api.html), which is a fixed ABI.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {

struct DLDevice {
  std::int32_t type, id;
};
struct DLDataType {
  std::uint8_t code, bits;
  std::uint16_t lanes;
};
struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t *shape, *strides;
  std::uint64_t byte_offset;
};
struct DLManagedTensor {
  DLTensor tensor;
  void* context;
  void (*deleter)(DLManagedTensor*);
};
struct DLManagedTensorVersioned {
  std::uint32_t major, minor;
  void* context;
  void (*deleter)(DLManagedTensorVersioned*);
  std::uint64_t flags;
  DLTensor tensor;
};
constexpr std::uint64_t flag_read_only = 1, flag_copied = 2;
constexpr std::int32_t device_cpu = 1, device_cuda = 2, device_cuda_host = 3, device_cuda_managed = 13;

DLDataType to_dl(DType t) {
  const std::uint8_t code = is_bool(t) ? 6 : is_unsigned(t) ? 1 : is_signed_integer(t) ? 0 : t == bfloat16 ? 4 : is_complex(t) ? 5 : 2;
  return {code, static_cast<std::uint8_t>(8 * itemsize(t)), 1};
}
DType from_dl(DLDataType t, const char* op) {
  for (int i = 0; i < dtype_count; ++i) {
    const DLDataType ours = to_dl(static_cast<DType>(i));
    if (ours.code == t.code && ours.bits == t.bits && t.lanes == 1) return static_cast<DType>(i);
  }
  type_error(op, "no dtype for DLPack code ", int{t.code}, " with ", int{t.bits}, " bits and ", int{t.lanes}, " lanes");
}
DLDevice to_dl(Device d) { return d.is_cpu() ? DLDevice{device_cpu, 0} : DLDevice{device_cuda, d.index}; }
Device from_dl(DLDevice d, const char* op) {
  if (d.type == device_cpu || d.type == device_cuda_host) return cpu_device;
  if ((d.type == device_cuda || d.type == device_cuda_managed) && d.id >= 0 && d.id < 128) return cuda_device(d.id);
  value_error(op, "no device for DLPack device type ", int{d.type}, ", id ", int{d.id});
}

// --- out ----------------------------------------------------------------------------------------------------------------------

/// The tensor and the arrays that a consumer reads, which live until it calls the deleter.
template <class Managed>
struct Lent {
  Managed managed{};
  Tensor tensor;
  std::vector<std::int64_t> shape, strides;
};
template <class Managed>
void destroy(Managed* m) {
  delete static_cast<Lent<Managed>*>(m->context);
}
template <class Managed>
void destroy_unused(PyObject* capsule) {
  const char* name = std::is_same_v<Managed, DLManagedTensor> ? "dltensor" : "dltensor_versioned";
  if (PyCapsule_IsValid(capsule, name)) destroy(static_cast<Managed*>(PyCapsule_GetPointer(capsule, name)));
}
template <class Managed>
Object lend(const Tensor& x, bool copied) {
  auto* l = new Lent<Managed>;
  l->tensor = x;
  l->shape = x.shape().vec();
  l->strides = x.strides().vec();
  l->managed.context = l;
  l->managed.deleter = &destroy<Managed>;
  l->managed.tensor = {x.data_ptr(), to_dl(x.device()), x.ndim(), to_dl(x.dtype()), l->shape.data(), l->strides.data(), 0};
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) {
    l->managed.major = 1;
    l->managed.flags = (x.impl().storage->writable ? 0 : flag_read_only) | (copied ? flag_copied : 0);
  } else {
    (void)copied;
  }
  PyObject* capsule = PyCapsule_New(&l->managed, std::is_same_v<Managed, DLManagedTensor> ? "dltensor" : "dltensor_versioned", &destroy_unused<Managed>);
  if (!capsule) delete l;
  return checked(capsule);
}

Object to_capsule(const Tensor& self, PyObject* stream, PyObject* max_version, PyObject* dl_device, std::optional<bool> copy) {
  if (self.requires_grad()) throw Error(ErrorKind::runtime, "dlpack: the tensor requires a gradient, which would be lost. Use x.detach()");
  if (stream != Py_None && self.is_cpu()) value_error("dlpack", "stream must be None for memory of the CPU");
  Tensor x = self;
  if (dl_device != Py_None) {
    int type = 0, id = 0;
    if (!PyTuple_Check(dl_device) || !PyArg_ParseTuple(dl_device, "ii", &type, &id)) type_error("dlpack", "dl_device must be a tuple of two ints");
    const Device wanted = from_dl(DLDevice{type, id}, "dlpack");
    if (wanted != x.device()) {
      if (copy && !*copy) value_error("dlpack", "cannot move to another device without a copy, which copy=False forbids");
      x = x.to(wanted);
    }
  }
  const bool copied = copy.value_or(false);
  if (copied && x.is_same(self)) x = x.clone();
  long major = 0;
  if (max_version != Py_None) {
    const Object first = checked(PySequence_GetItem(max_version, 0));
    major = PyLong_AsLong(first.get());
    if (PyErr_Occurred()) throw PythonError();
  }
  if (major >= 1) return lend<DLManagedTensorVersioned>(x, copied);
  if (!x.impl().storage->writable)
    throw Error(ErrorKind::value, "dlpack: read-only memory needs a consumer of DLPack 1.0 or newer. Use x.clone()");
  return lend<DLManagedTensor>(x, copied);
}

// --- in -----------------------------------------------------------------------------------------------------------------------

/// `writable`: whether memory may be written to that says nothing of it.
template <class Managed>
Tensor take(PyObject* capsule, const char* name, const char* used_name, const char* op, bool writable) {
  auto* m = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
  if (!m) throw PythonError();
  if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) {
    if (m->major != 1) {
      value_error(op, "only DLPack 1 is understood; got version ", static_cast<std::int64_t>(m->major));
    }
    writable = !(m->flags & flag_read_only);
  }
  const DLTensor& t = m->tensor;
  const DType dtype = from_dl(t.dtype, op);
  const Device device = from_dl(t.device, op);
  if (t.ndim < 0) value_error(op, "number of dimensions must not be negative; got ", int{t.ndim});
  const Shape shape(t.shape, t.ndim);
  const Strides strides = t.strides ? Strides(t.strides, t.ndim) : contiguous_strides(shape);
  const bool nothing = checked_numel(op, shape, itemsize(dtype)) == 0;
  // From here on the memory is ours to give back.
  if (PyCapsule_SetName(capsule, used_name) < 0) throw PythonError();
  const auto done = [m](const void*) {
    const Locked locked;  // the producer's deleter may touch Python
    if (locked && m->deleter) m->deleter(m);
  };
  struct Guard {
    const decltype(done)* undo;
    ~Guard() { if (undo) (*undo)(nullptr); }
  } guard{&done};
  const TensorOptions options{.dtype = dtype, .device = device};
  if (nothing) return empty(shape, options);
  char* data = static_cast<char*>(t.data) + t.byte_offset;
  Tensor x = writable ? from_blob(static_cast<void*>(data), shape, strides, options, done)
                      : from_blob(static_cast<const void*>(data), shape, strides, options, done);
  guard.undo = nullptr;
  return x;
}

}  // namespace

Tensor from_dlpack(PyObject* producer, const char* op, bool copy) {
  Object capsule = Object::borrowed(producer);
  if (!PyCapsule_CheckExact(producer)) {
    const Object call = Object(PyObject_GetAttrString(producer, "__dlpack__"));
    if (!call) {
      PyErr_Clear();
      type_error(op, "needs an object with __dlpack__; got ", kind_of(producer));
    }
    const Object none = checked(PyTuple_New(0)), keywords = checked(Py_BuildValue("{s(ii)}", "max_version", 1, 1));
    capsule = Object(PyObject_Call(call.get(), none.get(), keywords.get()));
    if (!capsule && PyErr_ExceptionMatches(PyExc_TypeError)) {  // a producer from before DLPack 1.0
      PyErr_Clear();
      capsule = Object(PyObject_Call(call.get(), none.get(), nullptr));
    }
    if (!capsule) throw PythonError();
  }
  Tensor x;
  if (PyCapsule_IsValid(capsule.get(), "dltensor_versioned"))
    x = take<DLManagedTensorVersioned>(capsule.get(), "dltensor_versioned", "used_dltensor_versioned", op, true);
  else if (PyCapsule_IsValid(capsule.get(), "dltensor"))
    // A producer that cannot say that its memory is read-only may well mean it (JAX's arrays never change); as NumPy has it. A capsule that
    // the caller took out himself is at his own risk.
    x = take<DLManagedTensor>(capsule.get(), "dltensor", "used_dltensor", op, capsule.get() == producer);
  else
    value_error(op, "needs a DLPack capsule that nobody has used yet");
  return copy ? x.clone() : x;
}

void define_dlpack() {
  method("__dlpack__", "self, *, stream=None, max_version=None, dl_device=None, copy=None",
         [](const Tensor& x, PyObject* stream, PyObject* max_version, PyObject* dl_device, std::optional<bool> copy) {
           return to_capsule(x, stream, max_version, dl_device, copy);
         });
  method("__dlpack_device__", "self", [](const Tensor& x) {
    const DLDevice d = to_dl(x.device());
    return checked(Py_BuildValue("(ii)", int{d.type}, int{d.id}));
  });
  /// A tensor over the memory of any array that speaks DLPack (NumPy, PyTorch, JAX, CuPy), without a copy unless asked for.
  function("from_dlpack", "x, /, *, device=None, copy=None", [](PyObject* x, const MaybeDevice& device, std::optional<bool> copy) {
    Tensor y = from_dlpack(x, "from_dlpack", copy.value_or(false));
    if (!device || *device == y.device()) return y;
    if (copy && !*copy) value_error("from_dlpack", "cannot move to another device without a copy, which copy=False forbids");
    return y.to(*device);
  });
}

}  // namespace ph::python
