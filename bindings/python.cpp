// Errors and the lock: what of python.h is not inline.
#include "bindings/python.h"

#include <string>

namespace ph::python {
namespace {
bool interpreter_gone() {
#if PY_VERSION_HEX >= 0x030d0000
  return !Py_IsInitialized() || Py_IsFinalizing();
#else
  return !Py_IsInitialized() || _Py_IsFinalizing();
#endif
}

/// `inner: rule` as `op: rule`.
std::string told_by(const char* op, const char* message) {
  const std::string text = message;
  const std::size_t n = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
  return op && n != std::string::npos && text.compare(n, 2, ": ") == 0 ? op + text.substr(n) : text;
}
PyObject* exception_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::value: return PyExc_ValueError;
    case ErrorKind::type: return PyExc_TypeError;
    case ErrorKind::index: return PyExc_IndexError;
    case ErrorKind::memory: return PyExc_MemoryError;
    case ErrorKind::io: return PyExc_OSError;
    case ErrorKind::runtime: break;
  }
  return PyExc_RuntimeError;
}
}  // namespace

Locked::Locked() : on_(!interpreter_gone()) {
  if (on_) state_ = outlive_interpreter([] { return PyGILState_Ensure(); });
}

PythonError::PythonError() {
  PyErr_Fetch(&type_, &value_, &trace_);
  PyErr_NormalizeException(&type_, &value_, &trace_);
}

PythonError::PythonError(const PythonError& o) noexcept : std::exception(o), type_(o.type_), value_(o.value_), trace_(o.trace_) {
  const Locked locked;
  if (!locked) return;
  Py_XINCREF(type_);
  Py_XINCREF(value_);
  Py_XINCREF(trace_);
}

PythonError::~PythonError() {
  const Locked locked;
  if (!locked) return;
  Py_XDECREF(type_);
  Py_XDECREF(value_);
  Py_XDECREF(trace_);
}

void PythonError::restore() const {
  Py_XINCREF(type_);
  Py_XINCREF(value_);
  Py_XINCREF(trace_);
  PyErr_Restore(type_, value_, trace_);
}

void PythonError::add_note(const std::string& text) const {
#if PY_VERSION_HEX >= 0x030b0000
  const Object done(value_ ? PyObject_CallMethod(value_, "add_note", "s", text.c_str()) : nullptr);
  if (!done) PyErr_Clear();  // the error itself matters more
#else
  if (PyErr_WarnEx(PyExc_RuntimeWarning, text.c_str(), 1) < 0) PyErr_Clear();
#endif
}

void set_error(const char* op) noexcept {
  try {
    outlive_interpreter([] { throw; });
  } catch (const PythonError& e) {
    e.restore();
  } catch (const Error& e) {
    PyErr_SetString(exception_of(e.kind()), told_by(op, e.what()).c_str());
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, told_by(op, "allocate: out of memory").c_str());
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "an unknown C++ exception");
  }
}

}  // namespace ph::python
