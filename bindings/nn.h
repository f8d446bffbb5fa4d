// How C++ modules become Python classes: a call of `layer` for each, from PyTorch's constructor signature and a lambda that makes one.
//
//   layer<nn::Dropout>("Dropout", "p=0.5, inplace=False", "p, inplace", [](double p, bool) { return nn::Dropout(p); })
//       .field("p", [](nn::Dropout& m) -> double& { return m.p; });
//
// The third argument says what repr shows: `name` as name=value, `=name` the value alone, `name?` only if it is not the default.
// An argument is a field (the C++ member, also when it is set), a parameter, buffer or module of its name, or else an attribute
// that remembers what was given.
#pragma once
#include <memory>

#include "bindings/op.h"
#include "playhead/nn.h"

namespace ph::python {

struct LayerType;

/// The object of nn.Module and all that derives from it. Its dicts say what its parameters, buffers and modules are; the members of
/// the C++ module, where there is one, are made to follow them before each forward.
struct PyModule {
  struct Member {
    PyObject* name;  // interned
    Tensor* tensor;
    bool buffer;
  };
  struct Child {
    PyObject* name;
    nn::Module* module;
  };
  PyObject_HEAD
  PyObject *parameters, *buffers, *modules;  // dicts
  PyObject* transient;                       // set: names of buffers that are not saved
  PyObject *before, *after;                  // dicts of hooks, or null
  PyObject* weak_references;
  bool training;
  bool own_forward;  // an attribute `forward` of this object hides its class's
  int running;       // forwards that use `native` without the lock
  const LayerType* layer;
  std::shared_ptr<nn::Module> native;  // null if it is written in Python
  std::vector<Member> members;
  std::vector<Child> children;
};
extern PyTypeObject ModuleType;
inline bool is_module(PyObject* o) { return PyType_IsSubtype(Py_TYPE(o), &ModuleType); }
inline PyModule* module_of(PyObject* o) { return reinterpret_cast<PyModule*>(o); }

/// Parameter, Buffer and Module as playhead.nn defines them.
struct NnClasses {
  PyTypeObject *module, *parameter, *buffer;
};
extern NnClasses nn_classes;
/// A tensor as an object of a subclass of Tensor.
Object wrap_as(PyTypeObject* type, const Tensor& x);

/// A C++ type that Python knows.
struct LayerType {
  const char* name;
  Signature* signature;
  void (*make)(PyObject* self, PyObject** arguments);
  std::vector<std::string> fields;
  // For type stubs: the types of the constructor's arguments, of the fields, and what forward takes and gives.
  std::string (*types)() = nullptr;
  std::vector<const char*> field_types;
  std::string forward_signature = "input", forward_types = "Tensor\nTensor";
  std::vector<PyObject*> fixed;  // arguments that are kept as they were given, interned
  bool one_tensor = true;        // its forward is that of any module
  bool container = false;        // a PythonSequential
  PyObject* dict = nullptr;      // of the class to be made
  PyTypeObject* type = nullptr;
};
template <class M> inline LayerType layer_type{};

/// Gives `self` its C++ module, whose parameters become self's. Takes `m` over.
void adopt(PyObject* self, LayerType& type, nn::Module* m, PyObject** arguments);
/// The C++ module of `self`, whose members are those in self's dicts now. Throws unless it is of `type`. Adds the size of the parameters to `work`.
nn::Module& native_of(PyObject* self, const LayerType& type, std::int64_t* work);
/// module(x), whatever kind of module it is.
Tensor run_module(PyObject* module, const Tensor& x);

/// Any Python module as a C++ one. Copies share the parameters' memory, as those of other modules do.
class PythonModule final : public nn::Module {
 public:
  explicit PythonModule(PyObject* module) : module_(module), seen_(module_of(module)->training) { training = seen_; }
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& v) override;
  const char* type_name() const override { return Py_TYPE(module_.get())->tp_name; }
  nn::Module* copy() const override;
  PyObject* object() const { return module_.get(); }

 private:
  void agree_on_training();
  Held module_;
  bool seen_;  // what `training` was when both sides agreed
  std::vector<std::unique_ptr<PythonModule>> children_;
};
/// What nn.Sequential in Python is: C++'s, of the modules in the dict.
class PythonSequential final : public nn::Sequential {
 public:
  void follow(PyObject* modules);
  nn::Module* copy() const override { return new PythonSequential; }  // it will follow another dict
};

/// A C++ module while it is used: others may let it follow new parameters meanwhile, but then in a copy.
class Running {
 public:
  Running(PyObject* o, const LayerType& type, std::int64_t* work) : of_(module_of(o)) {
    native_of(o, type, work);
    native_ = of_->native;
    ++of_->running;
  }
  Running(Running&& o) noexcept : of_(std::exchange(o.of_, nullptr)), native_(std::move(o.native_)) {}
  Running& operator=(Running) = delete;
  ~Running() { if (of_) --of_->running; }
  nn::Module& get() const { return *native_; }
  template <class M>
    requires std::is_base_of_v<nn::Module, M>
  operator M&() const { return static_cast<M&>(*native_); }

 private:
  PyModule* of_;
  std::shared_ptr<nn::Module> native_;
};
template <class M>
  requires std::is_base_of_v<nn::Module, M>
struct From<M> {
  static constexpr const char* type = "Module";
  static Running get(PyObject* o, const Arg& a) { return Running(o, layer_type<M>, a.work); }
};
template <class M>
  requires std::is_base_of_v<nn::Module, M>
struct Into<M> {  // only the name of what a constructor makes
  static constexpr const char* type = "Module";
};
template <> struct From<Bound> {
  static constexpr const char* type = "int | None";
  static Bound get(PyObject* o, const Arg& a) { return o == Py_None ? Bound() : Bound(to_int(o, a)); }
};
template <> struct Into<Bound> {
  static constexpr const char* type = "int | None";
  static PyObject* get(Bound b) { return b.set ? PyLong_FromLongLong(b.value) : Py_NewRef(Py_None); }
};
template <> struct Into<PerDim> {
  static constexpr const char* type = "int | tuple[int, ...]";
  static PyObject* get(const PerDim& n) { return n.values().size() == 1 ? PyLong_FromLongLong(n.values()[0]) : Into<Shape>::get(n.values()); }
};

/// Counts as a call of Python's, so that modules which hold themselves end in a RecursionError and not in a crash.
class Recursion {
 public:
  Recursion() { if (Py_EnterRecursiveCall(" in modules that hold each other")) throw PythonError(); }
  ~Recursion() { Py_LeaveRecursiveCall(); }
  Recursion(const Recursion&) = delete;
  Recursion& operator=(const Recursion&) = delete;
};

namespace impl {
void add_to_class(LayerType& t, const char* name, PyObject* owned);
PyObject* class_method(const char* name, const std::string& signature, const char* doc, Run run);
LayerType& new_layer(LayerType& t, const char* name, const char* signature, const char* shown, int arity, std::string (*types)(), Run init);

template <class M, class F, std::size_t... i>
void make_layer(PyObject* self, PyObject** slots, std::index_sequence<i...>) {
  const Signature& s = *layer_type<M>.signature;
  std::int64_t work = 0;
  using C = Call<F>;
  const auto made = [&]<class R, class O, class... A>(R (O::*)(A...) const) {
    std::tuple<decltype(From<Plain<A>>::get(nullptr, std::declval<const Arg&>()))...> args{
        From<Plain<A>>::get(slots[i], Arg{s.op(), s.name(static_cast<int>(i)), &work})...};
    return new M(std::apply(F{}, std::move(args)));
  };
  static_assert(C::arity == sizeof...(i));
  adopt(self, layer_type<M>, made(&F::operator()), slots);
}
template <class M, class F>
PyObject* run_init(PyObject* self, PyObject* const* args, Py_ssize_t n, PyObject* keywords) {
  return guarded([&]() -> PyObject* {
    PyObject* slots[Call<F>::arity + 1] = {};
    Object rest;
    layer_type<M>.signature->bind(nullptr, args, n, keywords, slots, rest);
    layer_type<M>.make(self, slots);
    Py_RETURN_NONE;
  });
}
template <class M, class F> struct FieldOf {
  using T = Plain<decltype(F{}(std::declval<M&>()))>;
  static M& of(PyObject* o) {
    std::int64_t work = 0;
    return static_cast<M&>(native_of(o, layer_type<M>, &work));
  }
  static PyObject* get(PyObject* o, void*) {
    return guarded([&] { return Into<T>::get(T(F{}(of(o)))); });
  }
  static int set(PyObject* o, PyObject* v, void* name) {
    return guarded([&] {
      std::int64_t work = 0;
      M& m = of(o);
      if (!v) type_error(layer_type<M>.name, static_cast<const char*>(name), " cannot be deleted");
      if constexpr (std::is_lvalue_reference_v<decltype(F{}(m))>) F{}(m) = From<T>::get(v, Arg{layer_type<M>.name, static_cast<const char*>(name), &work});
      else type_error(layer_type<M>.name, static_cast<const char*>(name), " follows from other things and cannot be set");
      return 0;
    });
  }
};
}  // namespace impl

/// What `layer` returns, for the rest of the definition.
template <class M> struct Layer {
  LayerType& t;
  /// An attribute that is a C++ member: f(M&) returns a reference to it, or a value that can only be read.
  template <class F> Layer field(const char* name, F) {
    using Field = impl::FieldOf<M, F>;
    auto* d = new PyGetSetDef{name, Field::get, Field::set, nullptr, const_cast<char*>(name)};
    impl::add_to_class(t, name, checked(PyDescr_NewGetSet(&ModuleType, d)).release());
    t.fields.emplace_back(name);
    t.field_types.push_back(Into<typename Field::T>::type);
    return *this;
  }
  /// A forward of its own: f(M&, …), with the signature of what follows the module.
  template <class F> Layer forward(const char* signature, F) {
    const std::string text = std::string("self, ") + signature;
    auto* kept = new std::string(text);
    impl::signature_of<F>[0] = new Signature(t.name, kept->c_str());
    impl::add_to_class(t, "forward", impl::class_method("forward", signature, "", &impl::run_method<F, 0>));
    t.one_tensor = false;
    t.forward_signature = signature;
    t.forward_types = impl::Call<F>::types();
    t.forward_types.erase(0, t.forward_types.find('\n') + 1);  // that of the module itself
    return *this;
  }
};
template <class M, class F> Layer<M> layer(const char* name, const char* signature, const char* shown, F) {
  LayerType& t = layer_type<M>;
  t.make = [](PyObject* self, PyObject** slots) { impl::make_layer<M, F>(self, slots, std::make_index_sequence<impl::Call<F>::arity>()); };
  impl::new_layer(t, name, signature, shown, impl::Call<F>::arity, &impl::Call<F>::types, &impl::run_init<M, F>);
  return {t};
}

/// What most layers take last: where and of which dtype their parameters are.
inline DType dtype_or_default(const MaybeDType& t) { return t ? *t : default_dtype(); }
template <class M> M placed(M m, const MaybeDevice& d) {
  if (d) m.to(*d);
  return m;
}

void define_module_type(PyObject* module);  // nn_module.cpp
void define_layers();                       // nn_layers.cpp and its like
void define_conv_layers();
void define_pool_layers();
void define_losses();
void define_clipping();                     // nn_init.cpp
void define_optim();                        // optim.cpp
void define_io();                           // io.cpp

}  // namespace ph::python
