// playhead.cuda: devices, their memory, waiting for their work. Streams are C++'s only.
#include "playhead/tensor/cuda.h"

#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
namespace {

/// A CUDA device given as an int, a device or its name; None is the first.
struct Place {
  int index = 0;
};
PyObject* as_list(PyTypeObject* type, const Object& values) {
  Object r = checked(PyStructSequence_New(type));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values.get()); ++i) PyStructSequence_SET_ITEM(r.get(), i, Py_NewRef(PyTuple_GET_ITEM(values.get(), i)));
  return r.release();
}
std::int64_t reading(const Place& d, std::int64_t MemoryStats::*what) { return cuda::is_available() ? cuda::memory_stats(d.index).*what : 0; }

}  // namespace
template <> struct From<Place> {
  static constexpr const char* type = "int | DeviceLike | None";
  static Place get(PyObject* o, const Arg& a) {
    if (o == Py_None) return {};
    if (PyLong_Check(o)) return {From<int>::get(o, a)};
    const Device d = to_device(o, a);
    if (!d.is_cuda()) value_error(a.op, a.name, " must be a CUDA device; got device=", d);
    return {d.index};
  }
};

void define_cuda() {
  /// Whether a CUDA device can be used.
  function("is_available", "", [] { return cuda::is_available(); });
  /// Why no CUDA device can be used, in words; empty if one can.
  function("why_unavailable", "", [] { return cuda::why_unavailable(); });
  /// The number of CUDA devices.
  function("device_count", "", [] { return static_cast<std::int64_t>(cuda::device_count()); });
  /// Waits for all work on a device.
  function("synchronize", "device=None", [](Place d) { cuda::synchronize(d.index); });
  /// Gives memory that is kept for reuse back to the driver.
  function("empty_cache", "", [] {
    if (cuda::is_available()) cuda::empty_cache();
  });
  /// Bytes in use by tensors.
  function("memory_allocated", "device=None", [](Place d) { return reading(d, &MemoryStats::in_use); });
  /// The most bytes that were in use at once.
  function("max_memory_allocated", "device=None", [](Place d) { return reading(d, &MemoryStats::peak); });
  /// Bytes kept for reuse.
  function("memory_cached", "device=None", [](Place d) { return reading(d, &MemoryStats::cached); });
  /// A device's name.
  function("get_device_name", "device=None", [](Place d) { return cuda::device_properties(d.index).name; });
  /// A device's compute capability: (major, minor).
  function("get_device_capability", "device=None", [](Place d) {
    const auto p = cuda::device_properties(d.index);
    return Shape{p.major, p.minor};
  });
  /// A device's name, compute capability, bytes of memory and number of multiprocessors.
  function("get_device_properties", "device=None", [](Place d) {
    const auto p = cuda::device_properties(d.index);
    static constexpr const char* fields[] = {"name", "major", "minor", "total_memory", "multi_processor_count"};
    static PyTypeObject* const type = named_tuple("DeviceProperties", fields, 5);
    return checked(as_list(type, checked(Py_BuildValue("(siiLi)", p.name.c_str(), p.major, p.minor, static_cast<long long>(p.memory), p.multiprocessors))));
  });
}

}  // namespace ph::python
