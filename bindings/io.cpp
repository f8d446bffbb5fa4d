// Files of tensors for Python.
#include "bindings/nn.h"
#include "playhead/io.h"

namespace ph::python {
namespace {

std::string path_of(PyObject* path, const char* op) {
  if (!PyUnicode_Check(path) && !PyBytes_Check(path) && !PyObject_HasAttrString(path, "__fspath__"))
    type_error(op, "path must be a str or a path; got ", kind_of(path));
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path, &bytes)) throw PythonError();
  const Object owned(bytes);
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

io::NamedTensors tensors_of(PyObject* dict, const char* op) {
  if (!PyDict_Check(dict)) type_error(op, "tensors must be a dict from str to Tensor; got ", kind_of(dict));
  io::NamedTensors all;
  PyObject *key = nullptr, *value = nullptr;
  std::int64_t work = 0;
  for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &key, &value);) {
    std::string name = to_text(key, {op, "names of tensors", &work});
    if (!is_tensor(value)) type_error(op, "tensors must be a dict from str to Tensor; got ", kind_of(value), " under '", name, "'",
                                      PyDict_Check(value)                             ? ". Save each dict to a file of its own, or pickle the whole"
                                      : PyUnicode_Check(value) || PyLong_Check(value) || PyFloat_Check(value) ? ". Put it into metadata, or pickle the whole"
                                                                                        : "");
    all.emplace_back(std::move(name), tensor_of(value).detach());
  }
  return all;
}
io::Metadata metadata_of(PyObject* dict, const char* op) {
  io::Metadata all;
  if (dict == Py_None) return all;
  if (!PyDict_Check(dict)) type_error(op, "metadata must be a dict from str to str; got ", kind_of(dict));
  PyObject *key = nullptr, *value = nullptr;
  std::int64_t work = 0;
  for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &key, &value);)
    all.emplace_back(to_text(key, {op, "keys of metadata", &work}), to_text(value, {op, "values of metadata", &work}));
  return all;
}

/// (tensors, metadata).
Object both(io::Safetensors&& file) {
  Object tensors = checked(PyDict_New()), metadata = checked(PyDict_New());
  for (auto& [name, x] : file.tensors) {
    const Object k = checked(Into<std::string>::get(name)), v = checked(wrap(std::move(x)));
    if (PyDict_SetItem(tensors.get(), k.get(), v.get()) < 0) throw PythonError();
  }
  for (auto& [name, text] : file.metadata) {
    const Object k = checked(Into<std::string>::get(name)), v = checked(Into<std::string>::get(text));
    if (PyDict_SetItem(metadata.get(), k.get(), v.get()) < 0) throw PythonError();
  }
  return checked(PyTuple_Pack(2, tensors.get(), metadata.get()));
}

}  // namespace

void define_io() {
  function("_save_safetensors", "tensors, path, metadata", [](PyObject* dict, PyObject* path, PyObject* metadata) {
    const std::string to = path_of(path, "save_safetensors");
    const io::NamedTensors tensors = tensors_of(dict, "save_safetensors");
    const io::Metadata more = metadata_of(metadata, "save_safetensors");
    const Unlocked unlocked;
    io::save_safetensors(to, tensors, more);
  });
  function("_safetensors_bytes", "tensors, metadata", [](PyObject* dict, PyObject* metadata) {
    const std::string bytes = io::safetensors_bytes(tensors_of(dict, "safetensors_bytes"), metadata_of(metadata, "safetensors_bytes"));
    return checked(PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
  });
  function("_load_safetensors", "path", [](PyObject* path) {
    const std::string from = path_of(path, "load_safetensors");
    io::Safetensors file = [&] {
      const Unlocked unlocked;
      return io::load_safetensors(from);
    }();
    return both(std::move(file));
  });
  function("_safetensors_from_bytes", "data", [](PyObject* data) {
    if (!PyBytes_Check(data)) type_error("load_safetensors", "data must be bytes; got ", kind_of(data));
    return both(io::load_safetensors(PyBytes_AS_STRING(data), static_cast<std::size_t>(PyBytes_GET_SIZE(data))));
  });
}

}  // namespace ph::python
