// The base type of playhead.nn.Module: its dicts, attributes, call and life. The rest of Module is Python (playhead/nn/module.py).
#include <algorithm>
#include <new>

#include "bindings/nn.h"

namespace ph::python {

PyObject* forward_of_one_tensor = nullptr;  // the method that layers without a forward of their own have

namespace {

PyObject* interned(const char* s) { return PyUnicode_InternFromString(s); }
PyObject* name_of_forward() {
  static PyObject* const s = interned("forward");
  return s;
}
const char* type_name(PyObject* o) { return kind_of(o); }

// --- life -----------------------------------------------------------------------------------------------------------------

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* o = type->tp_alloc(type, 0);
  if (!o) return nullptr;
  PyModule* m = module_of(o);
  new (&m->native) std::shared_ptr<nn::Module>;
  new (&m->members) std::vector<PyModule::Member>;
  new (&m->children) std::vector<PyModule::Child>;
  m->training = true;
  m->parameters = PyDict_New();
  m->buffers = PyDict_New();
  m->modules = PyDict_New();
  m->transient = PySet_New(nullptr);
  if (m->parameters && m->buffers && m->modules && m->transient) return o;
  Py_DECREF(o);
  return nullptr;
}
int initialize(PyObject* o, PyObject* args, PyObject* keywords) {
  if (PyTuple_GET_SIZE(args) == 0 && (!keywords || PyDict_GET_SIZE(keywords) == 0)) return 0;
  PyErr_Format(PyExc_TypeError, "%s: takes no arguments", type_name(o));
  return -1;
}

int visit_references(PyObject* o, visitproc visit, void* arg) {
  PyModule* m = module_of(o);
  Py_VISIT(m->parameters);
  Py_VISIT(m->buffers);
  Py_VISIT(m->modules);
  Py_VISIT(m->before);
  Py_VISIT(m->after);
  if (m->native && m->layer->container && m->native.use_count() == 1)
    for (nn::AnyModule& l : static_cast<PythonSequential&>(*m->native).layers) Py_VISIT(static_cast<PythonModule&>(*l).object());
  return 0;
}
int drop_references(PyObject* o) {
  PyModule* m = module_of(o);
  if (m->native && m->layer->container && m->native.use_count() == 1) {
    const std::vector<nn::AnyModule> gone = std::move(static_cast<PythonSequential&>(*m->native).layers);
  }
  Py_CLEAR(m->parameters);
  Py_CLEAR(m->buffers);
  Py_CLEAR(m->modules);
  Py_CLEAR(m->before);
  Py_CLEAR(m->after);
  return 0;
}
void destroy(PyObject* o) {
  PyObject_GC_UnTrack(o);
  PyModule* m = module_of(o);
  if (m->weak_references) PyObject_ClearWeakRefs(o);
  drop_references(o);
  Py_CLEAR(m->transient);
  m->native.~shared_ptr();
  m->members.~vector();
  m->children.~vector();
  Py_TYPE(o)->tp_free(o);
}

// --- attributes -----------------------------------------------------------------------------------------------------------

PyObject* lookup(PyObject* dict, PyObject* name) {  // borrowed; null without an error if it is not there
  if (!dict || PyDict_GET_SIZE(dict) == 0) return nullptr;
  PyObject* v = PyDict_GetItemWithError(dict, name);
  if (!v && PyErr_Occurred()) throw PythonError();
  return v;
}

PyObject* get_attribute(PyObject* o, PyObject* name) {
  return guarded([&]() -> PyObject* {
    const PyModule* m = module_of(o);
    for (PyObject* d : {m->modules, m->parameters, m->buffers})
      if (PyObject* v = lookup(d, name)) return Py_NewRef(v);
    return PyObject_GenericGetAttr(o, name);
  });
}

void forget(PyObject* dict, PyObject* name) {
  if (dict && lookup(dict, name) && PyDict_DelItem(dict, name) < 0) throw PythonError();
}
void put(PyObject* o, PyObject* dict, PyObject* name, PyObject* value) {
  PyModule* m = module_of(o);
  for (PyObject* d : {m->modules, m->parameters, m->buffers})
    if (d != dict) forget(d, name);
  if (PyDict_SetItem(dict, name, value) < 0) throw PythonError();
}
[[noreturn]] void wrong_kind(PyObject* o, PyObject* name, const char* is, const char* takes, PyObject* got) {
  type_error(type_name(o), PyUnicode_AsUTF8(name), " is ", is, " and takes ", takes, " or None; got ", type_name(got));
}
void check_name(PyObject* o, PyObject* name) {
  const std::string text = PyUnicode_AsUTF8(name);
  if (text.empty() || text.find('.') != std::string::npos) value_error(type_name(o), "a member's name must not be empty or contain a dot; got '", text, "'");
}

int set_attribute(PyObject* o, PyObject* name, PyObject* value) {
  return guarded([&] {
    PyModule* m = module_of(o);
    if (!PyUnicode_Check(name)) type_error(type_name(o), "names of attributes must be str");
    if (name == name_of_forward()) m->own_forward = value != nullptr;
    if (!value) {
      for (PyObject* d : {m->modules, m->parameters, m->buffers})
        if (lookup(d, name)) {
          if (PyDict_DelItem(d, name) < 0 || PySet_Discard(m->transient, name) < 0) throw PythonError();
          return 0;
        }
      return PyObject_GenericSetAttr(o, name, nullptr);
    }
    if (nn_classes.parameter && PyType_IsSubtype(Py_TYPE(value), nn_classes.parameter)) {
      check_name(o, name);
      put(o, m->parameters, name, value);
    } else if (is_module(value)) {
      check_name(o, name);
      put(o, m->modules, name, value);
    } else if (nn_classes.buffer && PyType_IsSubtype(Py_TYPE(value), nn_classes.buffer)) {
      check_name(o, name);
      put(o, m->buffers, name, value);
      const Object persistent = checked(PyObject_GetAttrString(value, "persistent"));
      if ((persistent.get() == Py_True ? PySet_Discard(m->transient, name) : PySet_Add(m->transient, name)) < 0) throw PythonError();
    } else if (lookup(m->parameters, name)) {
      if (value != Py_None) wrong_kind(o, name, "a parameter", "an nn.Parameter", value);
      if (PyDict_SetItem(m->parameters, name, value) < 0) throw PythonError();
    } else if (lookup(m->modules, name)) {
      if (value != Py_None) wrong_kind(o, name, "a module", "an nn.Module", value);
      if (PyDict_SetItem(m->modules, name, value) < 0) throw PythonError();
    } else if (lookup(m->buffers, name)) {
      if (value != Py_None && !is_tensor(value)) wrong_kind(o, name, "a buffer", "a Tensor", value);
      if (PyDict_SetItem(m->buffers, name, value) < 0) throw PythonError();
    } else {
      if (m->native && std::find(m->layer->fixed.begin(), m->layer->fixed.end(), name) != m->layer->fixed.end())
        type_error(m->layer->name, PyUnicode_AsUTF8(name), " cannot be changed. Make a new layer");
      return PyObject_GenericSetAttr(o, name, value);
    }
    // What was an ordinary attribute is one no more.
    const Object own = checked(PyObject_GenericGetDict(o, nullptr));
    forget(own.get(), name);
    return 0;
  });
}

template <PyObject* PyModule::*field>
PyObject* get_dict(PyObject* o, void*) {
  PyObject* d = module_of(o)->*field;
  return Py_NewRef(d ? d : Py_None);
}
template <PyObject* PyModule::*field>
int set_dict(PyObject* o, PyObject* v, void*) {
  if (!v || !PyDict_Check(v)) {
    PyErr_Format(PyExc_TypeError, "%s: must be a dict", type_name(o));
    return -1;
  }
  Py_XSETREF(module_of(o)->*field, Py_NewRef(v));
  return 0;
}
PyObject* get_transient(PyObject* o, void*) { return Py_NewRef(module_of(o)->transient); }
PyObject* get_training(PyObject* o, void*) { return PyBool_FromLong(module_of(o)->training); }
int set_training(PyObject* o, PyObject* v, void*) {
  return guarded([&] {
    std::int64_t work = 0;
    if (!v) type_error(type_name(o), "training cannot be deleted");
    module_of(o)->training = to_bool(v, {type_name(o), "training", &work});
    return 0;
  });
}
PyGetSetDef attributes[] = {
    {"_parameters", get_dict<&PyModule::parameters>, set_dict<&PyModule::parameters>, nullptr, nullptr},
    {"_buffers", get_dict<&PyModule::buffers>, set_dict<&PyModule::buffers>, nullptr, nullptr},
    {"_modules", get_dict<&PyModule::modules>, set_dict<&PyModule::modules>, nullptr, nullptr},
    {"_forward_pre_hooks", get_dict<&PyModule::before>, set_dict<&PyModule::before>, nullptr, nullptr},
    {"_forward_hooks", get_dict<&PyModule::after>, set_dict<&PyModule::after>, nullptr, nullptr},
    {"_non_persistent_buffers_set", get_transient, nullptr, nullptr, nullptr},
    {"training", get_training, set_training, "Whether dropout drops and batch norm averages; set by train() and eval().", nullptr},
    {}};

// --- calls ------------------------------------------------------------------------------------------------------------------

bool hooked(const PyModule* m) { return (m->before && PyDict_GET_SIZE(m->before)) || (m->after && PyDict_GET_SIZE(m->after)); }
/// Whether module(x) is just the C++ module's forward(x).
bool plain(PyObject* o) {
  const PyModule* m = module_of(o);
  return m->native && m->layer->one_tensor && !m->own_forward && !hooked(m) && _PyType_Lookup(Py_TYPE(o), name_of_forward()) == forward_of_one_tensor;
}
Tensor run_native(PyObject* o, const Tensor& x) {
  std::int64_t work = x.defined() ? x.numel() : 0;
  const Running m(o, *module_of(o)->layer, &work);
  // A Sequential's modules let others run, each by itself.
  const Unlocked unlocked(work > unlock_above && !module_of(o)->layer->container);
  return m.get().forward(x);
}

PyObject* forward(PyObject* o, PyObject* args, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    if (!keywords && PyTuple_GET_SIZE(args) == 1 && is_tensor(PyTuple_GET_ITEM(args, 0)) && plain(o))
      return wrap(run_native(o, tensor_of(PyTuple_GET_ITEM(args, 0))));
    PyObject* method = module_of(o)->own_forward ? nullptr : _PyType_Lookup(Py_TYPE(o), name_of_forward());
    constexpr Py_ssize_t most = 7;
    const Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (method && PyType_HasFeature(Py_TYPE(method), Py_TPFLAGS_METHOD_DESCRIPTOR) && !keywords && n <= most) {
      PyObject* stack[most + 1] = {o};
      for (Py_ssize_t i = 0; i < n; ++i) stack[i + 1] = PyTuple_GET_ITEM(args, i);
      const Object kept = Object::borrowed(method);
      return PyObject_Vectorcall(method, stack, static_cast<std::size_t>(n) + 1, nullptr);
    }
    const Object f = checked(PyObject_GetAttr(o, name_of_forward()));
    return PyObject_Call(f.get(), args, keywords);
  });
}
PyObject* call(PyObject* o, PyObject* args, PyObject* keywords) {
  if (!hooked(module_of(o))) return forward(o, args, keywords);
  return guarded([&]() -> PyObject* {
    static PyObject* const name = interned("_call_with_hooks");
    const Object none = checked(PyDict_New());
    return PyObject_CallMethodObjArgs(o, name, args, keywords ? keywords : none.get(), nullptr);
  });
}
PyObject* forward_one(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    static auto* s = new Signature("forward", "self, input");
    PyObject* slots[2] = {};
    Object rest;
    s->bind(self, args, n, keywords, slots, rest);
    std::int64_t work = 0;
    if (!module_of(self)->native) runtime_error(type_name(self), "is not set up. Call super().__init__(...) first");
    if (!module_of(self)->layer->one_tensor) type_error(module_of(self)->layer->name, "has a forward of its own");
    return wrap(run_native(self, From<Tensor>::get(slots[1], {type_name(self), "input", &work})));
  });
}
PyMethodDef forward_definition = {"forward", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(forward_one)), METH_FASTCALL | METH_KEYWORDS,
                                  "forward($self, input)\n--\n\nThe layer's result."};
PyObject* forward_missing(PyObject* self, PyObject*, PyObject*) {
  PyErr_Format(PyExc_NotImplementedError, "%s: forward is missing. Define it in the class", type_name(self));
  return nullptr;
}
PyMethodDef methods[] = {{"forward", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(forward_missing)), METH_VARARGS | METH_KEYWORDS,
                          "What the module computes; subclasses define it. Call the module itself, so that hooks run."},
                         {}};

}  // namespace

PyTypeObject ModuleType = {
    .ob_base = {PyObject_HEAD_INIT(nullptr) 0}, .tp_name = "playhead._core._Module", .tp_basicsize = sizeof(PyModule), .tp_dealloc = destroy,
    .tp_call = call, .tp_getattro = get_attribute, .tp_setattro = set_attribute, .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = visit_references, .tp_clear = drop_references, .tp_weaklistoffset = offsetof(PyModule, weak_references), .tp_methods = methods,
    .tp_getset = attributes, .tp_init = initialize, .tp_new = make};

Tensor run_module(PyObject* o, const Tensor& x) {
  const Recursion guard;
  if (plain(o)) return run_native(o, x);
  const Object argument = checked(wrap(x)), y = checked(PyObject_CallOneArg(o, argument.get()));
  if (!is_tensor(y.get())) type_error(type_name(o), "must return a Tensor; got ", type_name(y.get()));
  return tensor_of(y.get());
}

void define_module_type(PyObject* module) {
  if (PyType_Ready(&ModuleType) < 0) throw PythonError();
  forward_of_one_tensor = checked(PyDescr_NewMethod(&ModuleType, &forward_definition)).release();
  if (PyModule_AddObjectRef(module, "_Module", reinterpret_cast<PyObject*>(&ModuleType)) < 0) throw PythonError();
}

}  // namespace ph::python
