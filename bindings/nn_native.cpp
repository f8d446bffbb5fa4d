// C++ modules inside Python ones and the reverse; how the classes of C++ layers are made.
#include <algorithm>
#include <cstring>
#include <new>

#include "bindings/contracts.h"
#include "bindings/nn.h"

namespace ph::python {

extern PyObject* forward_of_one_tensor;
NnClasses nn_classes{};

namespace {

std::vector<LayerType*>& layer_types() {
  static auto* all = new std::vector<LayerType*>;
  return *all;
}
const char* type_name(PyObject* o) { return kind_of(o); }
Object text_object(const std::string& s) { return checked(PyUnicode_FromStringAndSize(s.data(), static_cast<Py_ssize_t>(s.size()))); }

/// Where the members of a C++ module are.
class Members final : public nn::Visitor {
 public:
  explicit Members(PyModule* of) : of_(of) { of->members.clear(), of->children.clear(); }
  void parameter(const std::string& name, nn::Parameter& p) override { of_->members.push_back({interned(name), &p, false}); }
  void buffer(const std::string& name, nn::Buffer& b) override { of_->members.push_back({interned(name), &b, true}); }
  void module(const std::string& name, nn::Module& m) override { of_->children.push_back({interned(name), &m}); }

 private:
  static PyObject* interned(const std::string& name) { return checked(PyUnicode_InternFromString(name.c_str())).release(); }
  PyModule* of_;
};
void hold(PyModule* m, std::shared_ptr<nn::Module> native, const LayerType& type) {
  m->native = std::move(native);
  m->layer = &type;
  if (type.container) return;  // its modules are Python's already
  Members members(m);
  m->native->visit(members);
}

/// The Python side of what a C++ module was made with.
void take_members(PyObject* self) {
  PyModule* m = module_of(self);
  for (const PyModule::Member& k : m->members) {
    Object v = k.tensor->defined() ? wrap_as(k.buffer ? nn_classes.buffer : nn_classes.parameter, *k.tensor) : Object::borrowed(Py_None);
    if (k.buffer && k.tensor->defined()) {
      const bool kept = static_cast<nn::Buffer*>(k.tensor)->persistent;
      if (PyObject_SetAttrString(v.get(), "persistent", kept ? Py_True : Py_False) < 0 || (!kept && PySet_Add(m->transient, k.name) < 0)) throw PythonError();
    }
    if (PyDict_SetItem(k.buffer ? m->buffers : m->parameters, k.name, v.get()) < 0) throw PythonError();
  }
  for (const PyModule::Child& c : m->children) {
    const LayerType* type = nullptr;
    for (const LayerType* t : layer_types())
      if (!std::strcmp(t->name, c.module->type_name())) type = t;
    if (!type) runtime_error(m->layer->name, "holds a module that Python does not know; got ", c.module->type_name());
    const Object none = checked(PyTuple_New(0)), child = checked(type->type->tp_new(type->type, none.get(), nullptr));
    hold(module_of(child.get()), std::shared_ptr<nn::Module>(m->native, c.module), *type);
    take_members(child.get());
    if (PyDict_SetItem(m->modules, c.name, child.get()) < 0) throw PythonError();
  }
}

/// Lets the members be what the dicts say. `busy`: some thread uses the module right now, so that it must not change.
/// False: it would have had to.
bool follow(PyObject* self, std::int64_t* work, bool busy) {
  PyModule* m = module_of(self);
  for (const PyModule::Member& k : m->members) {
    PyObject* v = PyDict_GetItemWithError(k.buffer ? m->buffers : m->parameters, k.name);
    Object attribute;
    if (!v) {  // computed anew each time, perhaps, and set as a plain tensor
      if (PyErr_Occurred()) throw PythonError();
      attribute = checked(PyObject_GetAttr(self, k.name));
      v = attribute.get();
    }
    if (v != Py_None && !is_tensor(v)) type_error(type_name(self), PyUnicode_AsUTF8(k.name), " must be a Tensor or None; got ", type_name(v));
    const Tensor now = v == Py_None ? Tensor() : tensor_of(v);
    if (now.defined()) *work += now.numel();
    if (k.tensor->is_same(now)) continue;
    if (busy) return false;
    *k.tensor = now;
  }
  for (const PyModule::Child& c : m->children) {
    PyObject* v = PyDict_GetItemWithError(m->modules, c.name);
    if (!v || !is_module(v) || !module_of(v)->native || std::strcmp(module_of(v)->native->type_name(), c.module->type_name()))
      type_error(m->layer->name, PyUnicode_AsUTF8(c.name), " must stay a ", c.module->type_name(), "; got ", v ? type_name(v) : "nothing");
    if (module_of(v)->native.get() != c.module) {
      if (busy) return false;
      hold(module_of(v), std::shared_ptr<nn::Module>(m->native, c.module), *module_of(v)->layer);
    }
    if (!follow(v, work, busy || module_of(v)->running > 0)) return false;
  }
  if (m->native->training != m->training) m->native->training = m->training;
  return true;
}

}  // namespace

Object wrap_as(PyTypeObject* type, const Tensor& x) {
  Object o = checked(type->tp_alloc(type, 0));
  new (&tensor_of(o.get())) Tensor(x);
  return o;
}

nn::Module& native_of(PyObject* self, const LayerType& type, std::int64_t* work) {
  PyModule* m = module_of(self);
  if (!m->native) runtime_error(type_name(self), "is not set up. Call super().__init__(...) first");
  if (m->layer != &type) type_error(type.name, "is called with a ", type_name(self));
  if (type.container) {
    if (m->running == 0) static_cast<PythonSequential&>(*m->native).follow(m->modules);
    else {
      auto fresh = std::make_shared<PythonSequential>();
      fresh->follow(m->modules);
      m->native = std::move(fresh);
    }
  } else if (!follow(self, work, m->running > 0)) {
    // Those who run it keep what they have.
    hold(m, std::shared_ptr<nn::Module>(m->native->copy()), type);
    follow(self, work, false);
  }
  return *m->native;
}

void adopt(PyObject* self, LayerType& type, nn::Module* owned, PyObject** arguments) {
  std::shared_ptr<nn::Module> native(owned);
  PyModule* m = module_of(self);
  hold(m, std::move(native), type);
  take_members(self);
  for (int i = 0; i < type.signature->size(); ++i) {
    const char* name = type.signature->name(i);
    bool known = !std::strcmp(name, "device") || !std::strcmp(name, "dtype");
    for (const std::string& f : type.fields) known |= f == name;
    const Object key = checked(PyUnicode_InternFromString(name));
    for (PyObject* d : {m->parameters, m->buffers, m->modules}) known |= PyDict_Contains(d, key.get()) == 1;
    if (known) continue;
    if (PyObject_GenericSetAttr(self, key.get(), arguments[i]) < 0) throw PythonError();
    if (std::find(type.fixed.begin(), type.fixed.end(), key.get()) == type.fixed.end() && std::strcmp(name, "inplace")) type.fixed.push_back(Py_NewRef(key.get()));
  }
}

// --- Python modules as C++ ones ---------------------------------------------------------------------------------------------

void PythonModule::agree_on_training() {
  const Object now(PyBool_FromLong(training));
  if (training != seen_ && PyObject_SetAttrString(object(), "training", now.get()) < 0) throw PythonError();
  training = seen_ = module_of(object())->training;
}

Tensor PythonModule::forward(const Tensor& x) {
  return with_python(type_name(), [&] {
    agree_on_training();
    return run_module(object(), x);
  });
}

void PythonModule::visit(nn::Visitor& v) {
  with_python(type_name(), [&] {
    const Recursion guard;
    agree_on_training();
    const auto each = [this](PyObject* dict, bool modules, const auto& f) {
      const Object items = checked(PyDict_Items(dict));
      for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
        PyObject* item = PyList_GET_ITEM(items.get(), i);
        const char* name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(item, 0));
        if (!name) throw PythonError();
        PyObject* v = PyTuple_GET_ITEM(item, 1);
        if (v == Py_None) continue;
        if (modules ? !is_module(v) : !is_tensor(v)) type_error(type_name(), name, " must be ", modules ? "an nn.Module" : "a Tensor", "; got ", python::type_name(v));
        f(std::string(name), PyTuple_GET_ITEM(item, 0), v);
      }
    };
    const PyModule* m = module_of(object());
    each(m->parameters, false, [&](const std::string& name, PyObject*, PyObject* o) {
      nn::Parameter p;
      p = tensor_of(o);
      v(name, p);
      if (!p.is_same(tensor_of(o))) tensor_of(o) = p;
    });
    each(m->buffers, false, [&](const std::string& name, PyObject* key, PyObject* o) {
      nn::Buffer b;
      static_cast<Tensor&>(b) = tensor_of(o);
      b.persistent = PySet_Contains(m->transient, key) != 1;
      v(name, b);
      if (!b.is_same(tensor_of(o))) tensor_of(o) = b;
    });
    std::vector<std::unique_ptr<PythonModule>> now;
    each(m->modules, true, [&](const std::string&, PyObject*, PyObject* o) {
      for (auto& c : children_)
        if (c && c->object() == o) return now.push_back(std::move(c));
      now.push_back(std::make_unique<PythonModule>(o));
    });
    children_ = std::move(now);
    std::size_t i = 0;
    each(m->modules, true, [&](const std::string& name, PyObject*, PyObject*) { v(name, *children_.at(i++)); });
  });
}

nn::Module* PythonModule::copy() const {
  return with_python(type_name(), [&] {
    const Object python = checked(PyImport_ImportModule("playhead.nn.module"));
    const Object twin = checked(PyObject_CallMethod(python.get(), "_sharing_copy", "O", object()));
    return new PythonModule(twin.get());
  });
}

void PythonSequential::follow(PyObject* modules) {
  std::size_t n = 0;
  PyObject *key = nullptr, *m = nullptr;
  bool same = true;
  for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &key, &m); ++n)
    same = same && n < layers.size() && static_cast<PythonModule&>(*layers[n]).object() == m;
  if (same && n == layers.size()) return;
  std::vector<nn::AnyModule> now;
  for (Py_ssize_t at = 0; PyDict_Next(modules, &at, &key, &m);) {
    if (!is_module(m)) type_error("Sequential", "its members must be modules; got ", python::type_name(m));
    now.push_back(nn::AnyModule(new PythonModule(m)));
  }
  layers.swap(now);
}

// --- classes ----------------------------------------------------------------------------------------------------------------

namespace impl {
void add_to_class(LayerType& t, const char* name, PyObject* owned) {
  const Object o = checked(owned);
  if (PyDict_SetItemString(t.dict, name, o.get()) < 0) throw PythonError();
}
PyObject* class_method(const char* name, const std::string& signature, const char* doc, Run run) {
  const bool bare = signature.empty() || signature == "self";
  std::string head = std::string(name) + "($self" + (bare ? "" : ", " + (signature.starts_with("self, ") ? signature.substr(6) : signature)) + ")\n--\n\n";
  auto* text = new std::string(head + doc);
  auto* d = new PyMethodDef{name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(run)), METH_FASTCALL | METH_KEYWORDS, text->c_str()};
  return PyDescr_NewMethod(&ModuleType, d);
}
LayerType& new_layer(LayerType& t, const char* name, const char* signature, const char* shown, int, std::string (*types)(), Run init) {
  t.name = name;
  t.types = types;
  t.signature = new Signature(name, signature);
  t.signature->prepare();
  const Object names = checked(PyTuple_New(t.signature->size()));
  for (int i = 0; i < t.signature->size(); ++i) PyTuple_SET_ITEM(names.get(), i, checked(PyUnicode_InternFromString(t.signature->name(i))).release());
  t.dict = checked(PyDict_New()).release();
  add_to_class(t, "__module__", PyUnicode_FromString("playhead.nn"));
  add_to_class(t, "__doc__", text_object(contract_of(std::string("nn.") + name).text).release());
  add_to_class(t, "__init__", class_method("__init__", signature, "", init));
  add_to_class(t, "forward", Py_NewRef(forward_of_one_tensor));
  add_to_class(t, "_signature", PyUnicode_FromString(signature));
  add_to_class(t, "_names", Py_NewRef(names.get()));
  add_to_class(t, "_shown", PyUnicode_FromString(shown));
  layer_types().push_back(&t);
  return t;
}
}  // namespace impl

namespace {

LayerType& layer_called(PyObject* self) {
  PyModule* m = module_of(self);
  if (m->layer) return const_cast<LayerType&>(*m->layer);
  for (LayerType* t : layer_types())
    if (PyType_IsSubtype(Py_TYPE(self), t->type)) return *t;
  type_error(type_name(self), "is no class of a layer");
}
PyObject* of_module(PyObject* o, const char* op) {
  if (!is_module(o)) type_error(op, "needs an nn.Module; got ", type_name(o));
  return o;
}

/// _init_nn(Module, Parameter, Buffer): the classes of all C++ layers, by name.
Object init_nn(PyObject* module, PyObject* parameter, PyObject* buffer) {
  nn_classes = {reinterpret_cast<PyTypeObject*>(module), reinterpret_cast<PyTypeObject*>(parameter), reinterpret_cast<PyTypeObject*>(buffer)};
  if (layer_types().empty()) {
    layer<PythonSequential>("Sequential", "", "", [] { return PythonSequential(); }).t.container = true;
    define_layers();
    define_conv_layers();
    define_pool_layers();
    define_losses();
  }
  Object all = checked(PyDict_New());
  for (LayerType* t : layer_types()) {
    const Object type = checked(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(O)O", t->name, module, t->dict));
    t->type = reinterpret_cast<PyTypeObject*>(Py_NewRef(type.get()));
    if (PyDict_SetItemString(all.get(), t->name, type.get()) < 0) throw PythonError();
  }
  return all;
}

}  // namespace

void define_modules(PyObject* module) {
  define_module_type(module);
  define_clipping();
  define_optim();
  define_io();
  function("_init_nn", "module, parameter, buffer", [](PyObject* m, PyObject* p, PyObject* b) { return init_nn(m, p, b); });
  // For type stubs: (name, signature, types, forward's signature and types, fields, their types) of each layer.
  function("_layers", "", [] {
    Object all = checked(PyList_New(0));
    for (const LayerType* t : layer_types()) {
      const Object fields = checked(PyList_New(0));
      for (std::size_t i = 0; i < t->fields.size(); ++i)
        if (PyList_Append(fields.get(), checked(Py_BuildValue("(ss)", t->fields[i].c_str(), t->field_types[i])).get()) < 0) throw PythonError();
      const Object entry = checked(Py_BuildValue("(sssssO)", t->name, t->signature->text(), t->types().c_str(), t->forward_signature.c_str(), t->forward_types.c_str(), fields.get()));
      if (PyList_Append(all.get(), entry.get()) < 0) throw PythonError();
    }
    return all;
  });
  // x as an object of a subclass of Tensor.
  function("_wrap_as", "type, x", [](PyObject* type, const Tensor& x) {
    if (!PyType_Check(type) || !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), &TensorType)) type_error("_wrap_as", "needs a subclass of Tensor");
    return wrap_as(reinterpret_cast<PyTypeObject*>(type), x);
  });
  // Lets the object x stand for another tensor.
  function("_replace", "x, by", [](PyObject* x, PyObject* by) {
    if (!is_tensor(x) || !is_tensor(by)) type_error("_replace", "needs tensors");
    tensor_of(x) = tensor_of(by);
  });
  // Makes the C++ module of an unpickled layer from its arguments; the random numbers that this takes are given back.
  function("_remake", "self, arguments", [](PyObject* self, PyObject* arguments) {
    const LayerType& t = layer_called(of_module(self, "_remake"));
    PyObject* slots[Signature::most + 1] = {};
    Object rest, none = checked(PyTuple_New(0));
    if (!PyTuple_Check(arguments)) type_error("_remake", "arguments must be a tuple");
    if (PyTuple_GET_SIZE(arguments) != t.signature->size()) value_error("_remake", "the arguments are of another version of ", t.name);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) slots[i] = PyTuple_GET_ITEM(arguments, i);
    const GeneratorState before = default_generator().state();
    t.make(self, slots);
    default_generator().set_state(before);
  });
  // Gives a copied layer a C++ module of its own; its dicts say what the members are.
  function("_copy_native", "self, other", [](PyObject* self, PyObject* other) {
    const PyModule* from = module_of(of_module(other, "_copy_native"));
    if (from->native) hold(module_of(of_module(self, "_copy_native")), std::shared_ptr<nn::Module>(from->native->copy()), *from->layer);
  });
  function("_module_state_dict", "module", [](PyObject* m) {
    Object all = checked(PyDict_New());
    for (auto& [name, x] : PythonModule(of_module(m, "state_dict")).state_dict()) {
      const Object t = checked(wrap(std::move(x)));
      if (PyDict_SetItem(all.get(), text_object(name).get(), t.get()) < 0) throw PythonError();
    }
    return all;
  });
  function("_module_load_state_dict", "module, state, strict", [](PyObject* m, PyObject* state, bool strict) {
    if (!PyDict_Check(state)) type_error("load_state_dict", "state must be a dict from str to Tensor; got ", type_name(state));
    const Object items = checked(PyDict_Items(state));
    nn::StateDict all;
    std::int64_t work = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* item = PyList_GET_ITEM(items.get(), i);
      all.emplace_back(to_text(PyTuple_GET_ITEM(item, 0), {"load_state_dict", "key", &work}),
                       From<Tensor>::get(PyTuple_GET_ITEM(item, 1), {"load_state_dict", "value", &work}));
    }
    PythonModule(of_module(m, "load_state_dict")).load_state_dict(all, strict);
  });
  function("_to", "module, device=None, dtype=None", [](PyObject* m, const MaybeDevice& device, const MaybeDType& dtype) {
    PythonModule all(of_module(m, "to"));
    if (device) all.to(*device);
    if (dtype) all.to(*dtype);
  });
}

}  // namespace ph::python
