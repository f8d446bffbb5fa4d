// What every file of the Python bindings stands on: the Python object around a Tensor, how C++ errors become Python's and the
// reverse, and the interpreter's lock. What is exposed is in the other files.
#pragma once
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cxxabi.h>
#include <unistd.h>

#include <exception>
#include <utility>

#include "playhead/playhead.h"

namespace ph::python {

/// The Python object around a tensor. Two of them may hold the same tensor: identity is the handle's, not the object's.
struct PyTensor {
  PyObject_HEAD
  Tensor tensor;
  PyObject* weak_references;
};
/// The same around a plain C++ value.
template <class T> struct PyValue {
  PyObject_HEAD
  T value;
};
extern PyTypeObject TensorType, DTypeObject, DeviceObject, GeneratorObject;
template <class T> T& value_of(PyObject* o) { return reinterpret_cast<PyValue<T>*>(o)->value; }

inline bool is_exactly_tensor(PyObject* o) { return Py_TYPE(o) == &TensorType; }
inline bool is_tensor(PyObject* o) { return is_exactly_tensor(o) || PyType_IsSubtype(Py_TYPE(o), &TensorType); }
/// The tensor in `o`, which must be one.
inline Tensor& tensor_of(PyObject* o) { return reinterpret_cast<PyTensor*>(o)->tensor; }

/// New references. An undefined tensor is None.
PyObject* wrap(Tensor&& t);
inline PyObject* wrap(const Tensor& t) { return wrap(Tensor(t)); }
PyObject* wrap(DType t);
PyObject* wrap(Device d);
/// An array-like (nested sequence, buffer, NumPy array, DLPack producer, number) as a tensor that shares memory where it can.
/// Throws naming `op`.
Tensor as_tensor(PyObject* o, const char* op);
/// The same of dtype t; numbers of nested sequences must fit it.
Tensor as_tensor(PyObject* o, const char* op, DType t);
/// The first with floats of nested sequences in double precision.
Tensor as_wide_tensor(PyObject* o, const char* op);
/// Whether `o` is something that operators convert by themselves: an array of another library, but no list.
bool is_foreign_array(PyObject* o);
/// Whether `o` is a Python number (or bool), and its value. `index` objects (NumPy integers) count as well.
bool is_number(PyObject* o);
Scalar to_scalar(PyObject* o, const char* op = "number", const char* name = "an int");

// --- errors -------------------------------------------------------------------------------------------------------------

/// A Python exception on its way through C++; it may be thrown and caught by threads that do not hold the lock.
class PythonError : public std::exception {
 public:
  PythonError();  ///< takes the error that is set
  PythonError(const PythonError& o) noexcept;
  PythonError& operator=(const PythonError&) = delete;
  ~PythonError() override;
  const char* what() const noexcept override { return "a Python exception"; }
  void restore() const;
  /// Shows `text` behind its traceback (before Python 3.11, which has no notes: as a warning).
  void add_note(const std::string& text) const;

 private:
  PyObject *type_ = nullptr, *value_ = nullptr, *trace_ = nullptr;
};

/// Sets the Python error that stands for the C++ exception being handled. With `op`, what the user called, its message begins with
/// that name, whichever op inside it was that threw: `x[0] = y` says nothing of copy_.
void set_error(const char* op = nullptr) noexcept;
/// Runs f, whose result is a new reference; a C++ exception becomes a Python error and null.
template <class F>
auto guarded(F&& f, const char* op = nullptr) noexcept -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    set_error(op);
    if constexpr (std::is_pointer_v<decltype(f())>) return nullptr;
    else return static_cast<decltype(f())>(-1);
  }
}

// --- references and the lock ----------------------------------------------------------------------------------------------

/// Owns one reference.
class Object {
 public:
  Object() = default;
  explicit Object(PyObject* owned) : o_(owned) {}
  Object(Object&& o) noexcept : o_(std::exchange(o.o_, nullptr)) {}
  Object(const Object&) = delete;
  Object& operator=(Object o) noexcept { std::swap(o_, o.o_); return *this; }
  ~Object() { Py_XDECREF(o_); }
  static Object borrowed(PyObject* o) { Py_XINCREF(o); return Object(o); }
  PyObject* get() const { return o_; }
  PyObject* release() { return std::exchange(o_, nullptr); }
  explicit operator bool() const { return o_ != nullptr; }

 private:
  PyObject* o_ = nullptr;
};
/// The same, from a call that gives null after an error: throws then.
inline Object checked(PyObject* owned) {
  if (!owned) throw PythonError();
  return Object(owned);
}

/// f(), which takes the lock or runs Python code. When the interpreter ends, CPython before 3.14 ends a thread there by unwinding its stack;
/// destructors on the way would touch objects without the lock, or end the process. Such a thread sleeps instead, as 3.14 lets it.
template <class F>
decltype(auto) outlive_interpreter(F f) {
#ifdef __GLIBCXX__
  try {
    return f();
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
#else
  return f();
#endif
}
/// function(*args), called by C++ that holds objects.
inline Object call(PyObject* function, PyObject* args) {
  return checked(outlive_interpreter([&] { return PyObject_Call(function, args, nullptr); }));
}
inline Object call_one(PyObject* function, PyObject* arg) {
  return checked(outlive_interpreter([&] { return PyObject_CallOneArg(function, arg); }));
}

/// Lets other Python threads run while it lives, if `on`.
class Unlocked {
 public:
  explicit Unlocked(bool on = true) : state_(on ? PyEval_SaveThread() : nullptr) {}
  ~Unlocked() { if (state_) outlive_interpreter([&] { PyEval_RestoreThread(state_); }); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* state_;
};
/// Holds the lock while it lives, on any thread. False once the interpreter is gone: nothing of Python may be touched then.
class Locked {
 public:
  Locked();
  ~Locked() { if (on_) PyGILState_Release(state_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  explicit operator bool() const { return on_; }

 private:
  bool on_;
  PyGILState_STATE state_{};
};
/// A reference that may be copied and dropped by any thread, also while a graph is torn down.
class Held {
 public:
  explicit Held(PyObject* o) : o_(Py_NewRef(o)) {}
  Held(Held&& o) noexcept : o_(std::exchange(o.o_, nullptr)) {}
  Held(const Held& o) : o_(o.o_) {
    const Locked locked;
    if (locked) Py_XINCREF(o_);
  }
  Held& operator=(Held) = delete;
  ~Held() {
    if (!o_) return;
    if (const Locked locked; locked) Py_DECREF(o_);
  }
  PyObject* get() const { return o_; }

 private:
  PyObject* o_;
};
/// Lets C++ that may run on any thread call Python, whose exceptions pass through it.
template <class F>
auto with_python(const char* op, F f) {
  const Locked locked;
  if (!locked) runtime_error(op, "the Python interpreter has ended");
  return f();
}
/// Work on fewer elements than this is over before another thread could start.
inline constexpr std::int64_t unlock_above = 1 << 13;

}  // namespace ph::python
