// Errors and the lock: what of python.h is not inline.
#include "python.h"

namespace ph::python {
namespace {
bool interpreter_gone() {
#if PY_VERSION_HEX >= 0x030d0000
  return !Py_IsInitialized() || Py_IsFinalizing();
#else
  return !Py_IsInitialized() || _Py_IsFinalizing();
#endif
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
  if (on_) state_ = PyGILState_Ensure();
}

PythonError::PythonError() { PyErr_Fetch(&type_, &value_, &trace_); }

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

void set_error() noexcept {
  try {
    throw;
  } catch (const PythonError& e) {
    e.restore();
  } catch (const Error& e) {
    PyErr_SetString(exception_of(e.kind()), e.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "an unknown C++ exception");
  }
}

}  // namespace ph::python
