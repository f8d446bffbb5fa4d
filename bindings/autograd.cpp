// The tape from Python: backward and grad, functions and hooks written in Python, checkpointing, modes, gradcheck.
#include <memory>

#include "bindings/op.h"
#include "bindings/tensor_slots.h"
#include "playhead/autograd/front_end.h"
#include "playhead/autograd/custom.h"

namespace ph::python {
namespace {

std::vector<Tensor> tensors_from(PyObject* result, const char* op) {
  std::vector<Tensor> ts;
  const auto add = [&](PyObject* o) {
    if (o == Py_None) ts.emplace_back();
    else if (is_tensor(o)) ts.push_back(tensor_of(o));
    else type_error(op, "must return tensors (None for no gradient); got ", kind_of(o));
  };
  if (PyTuple_Check(result) || PyList_Check(result)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(result); ++i) add(PySequence_Fast_GET_ITEM(result, i));
  } else {
    add(result);
  }
  return ts;
}

// --- functions with a backward in Python ---------------------------------------------------------------------------------

class PythonFunction final : public FunctionNode {
 public:
  PythonFunction(PyObject* type, PyObject* ctx) : type_(type), ctx_(ctx) {}
  std::vector<bool> is_tensor_argument;
  int saved = 0;

 protected:
  std::vector<Tensor> run(Context& c, const std::vector<Tensor>& gradients) override {
    return with_python(name, [&] {
      const Object kept = checked(PyTuple_New(saved));
      for (int i = 0; i < saved; ++i) PyTuple_SET_ITEM(kept.get(), i, checked(wrap(c.saved(i))).release());
      const Object needs = checked(PyTuple_New(static_cast<Py_ssize_t>(is_tensor_argument.size())));
      int t = 0;
      for (std::size_t i = 0; i < is_tensor_argument.size(); ++i)
        PyTuple_SET_ITEM(needs.get(), static_cast<Py_ssize_t>(i), Py_NewRef(is_tensor_argument[i] && c.needs_input_grad(t++) ? Py_True : Py_False));
      if (PyObject_SetAttrString(ctx_.get(), "saved_tensors", kept.get()) < 0 || PyObject_SetAttrString(ctx_.get(), "needs_input_grad", needs.get()) < 0)
        throw PythonError();
      const Object backward = checked(PyObject_GetAttrString(type_.get(), "backward"));
      const Object args = checked(PyTuple_New(static_cast<Py_ssize_t>(gradients.size()) + 1));
      PyTuple_SET_ITEM(args.get(), 0, Py_NewRef(ctx_.get()));
      for (std::size_t i = 0; i < gradients.size(); ++i) PyTuple_SET_ITEM(args.get(), static_cast<Py_ssize_t>(i) + 1, checked(wrap(gradients[i])).release());
      const Object result = call(backward.get(), args.get());
      std::vector<Tensor> all = tensors_from(result.get(), name);
      // The saved tensors are the tape's; ctx must not keep them beyond this call.
      if (PyObject_SetAttrString(ctx_.get(), "saved_tensors", Py_None) < 0) throw PythonError();
      if (all.size() != is_tensor_argument.size())
        runtime_error(name, "its backward must return one gradient (or None) per argument of forward; got ", static_cast<std::int64_t>(all.size()), ", expected ",
                      static_cast<std::int64_t>(is_tensor_argument.size()));
      std::vector<Tensor> wanted;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (is_tensor_argument[i]) wanted.push_back(std::move(all[i]));
        else if (all[i].defined()) runtime_error(name, "its backward must return None for an argument that is no tensor; got a Tensor at ", static_cast<std::int64_t>(i));
      }
      return wanted;
    });
  }

 private:
  Held type_, ctx_;
};

/// cls.apply(*args).
Object apply(PyObject* type, PyObject* args) {
  const Object module = checked(PyImport_ImportModule("playhead.autograd")), make = checked(PyObject_GetAttrString(module.get(), "FunctionCtx"));
  const Object ctx = checked(PyObject_CallNoArgs(make.get()));
  auto node = Ref<PythonFunction>::adopt(new PythonFunction(type, ctx.get()));
  std::vector<Input> inputs;
  bool record = false;
  const Py_ssize_t n = PyTuple_GET_SIZE(args);
  const Object arguments = checked(PyTuple_New(n + 1));
  PyTuple_SET_ITEM(arguments.get(), 0, Py_NewRef(ctx.get()));
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* a = PyTuple_GET_ITEM(args, i);
    PyTuple_SET_ITEM(arguments.get(), i + 1, Py_NewRef(a));
    node->is_tensor_argument.push_back(is_tensor(a));
    if (!is_tensor(a)) continue;
    inputs.emplace_back(tensor_of(a));
    record |= tensor_of(a).requires_grad();
  }
  record &= is_grad_enabled();
  const Object forward = checked(PyObject_GetAttrString(type, "forward"));
  Object result;
  {
    const no_grad guard;
    result = call(forward.get(), arguments.get());
  }
  if (!record) return result;
  const bool several = PyTuple_Check(result.get()) || PyList_Check(result.get());
  std::vector<Tensor> outputs = tensors_from(result.get(), "forward");
  const Object kept = checked(PyObject_GetAttrString(ctx.get(), "_to_save"));
  std::vector<Tensor> saved = tensors_from(kept.get(), "save_for_backward");
  node->saved = static_cast<int>(saved.size());
  node->context.save_for_backward(std::move(saved));
  const Object none = checked(PyTuple_New(0));
  if (PyObject_SetAttrString(ctx.get(), "_to_save", none.get()) < 0) throw PythonError();
  const Object constant = checked(PyObject_GetAttrString(ctx.get(), "_constant"));
  const std::vector<Tensor> constants = tensors_from(constant.get(), "mark_non_differentiable");
  static auto* names = new std::vector<std::string*>;  // nodes keep a pointer to their name
  const Object title = checked(PyObject_GetAttrString(type, "__name__"));
  const std::string text = PyUnicode_AsUTF8(title.get());
  const char* name = nullptr;
  for (const std::string* s : *names)
    if (*s == text) name = s->c_str();
  if (!name) names->push_back(new std::string(text)), name = names->back()->c_str();
  const std::vector<Tensor> plain = outputs;
  FunctionNode::attach(std::move(node), name, inputs, outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (const Tensor& c : constants)
      if (plain[i].defined() && plain[i].is_same(c)) outputs[i] = outputs[i].detach();
  if (several) return checked(Into<std::vector<Tensor>>::get(std::move(outputs)));
  return checked(wrap(std::move(outputs[0])));
}

// --- hooks, checkpoints ------------------------------------------------------------------------------------------------------

class PythonHook final : public Hook {
 public:
  explicit PythonHook(PyObject* f) : f_(f) {}
  Tensor call(const Tensor& g) override {
    return with_python("hook", [&]() -> Tensor {
      const Object argument = checked(wrap(g)), result = call_one(f_.get(), argument.get());
      if (result.get() == Py_None) return {};
      if (!is_tensor(result.get())) type_error("hook", "must return a Tensor or None; got ", kind_of(result.get()));
      return tensor_of(result.get());
    });
  }

 private:
  void destroy() noexcept override { delete this; }
  Held f_;
};

constexpr const char* handle_name = "playhead.HookHandle";
Object add_hook(const Tensor& x, PyObject* f, bool after) {
  if (!PyCallable_Check(f)) type_error("register_hook", "hook must be callable; got ", kind_of(f));
  auto* handle = new HookHandle(ph::detail::add_hook(x, Ref<Hook>::adopt(new PythonHook(f)), after));
  const Object capsule = checked(PyCapsule_New(handle, handle_name, [](PyObject* c) { delete static_cast<HookHandle*>(PyCapsule_GetPointer(c, handle_name)); }));
  const Object module = checked(PyImport_ImportModule("playhead.autograd")), make = checked(PyObject_GetAttrString(module.get(), "RemovableHandle"));
  return checked(PyObject_CallOneArg(make.get(), capsule.get()));
}

Tensor call_for_tensor(PyObject* f, PyObject* args, const char* op) {
  const Object result = call(f, args);
  if (!is_tensor(result.get())) type_error(op, "the function must return one Tensor; got ", kind_of(result.get()));
  return tensor_of(result.get());
}

struct Replayed {
  Held f, args;
  Tensor operator()() const {
    return with_python("checkpoint", [&] { return call_for_tensor(f.get(), args.get(), "checkpoint"); });
  }
};

/// A Tensor, or several. With `gaps` None may stand for one of them, or for all.
std::vector<Tensor> given(PyObject* o, const char* op, const char* name, bool gaps = false) {
  std::int64_t work = 0;
  const Arg a{op, name, &work};
  const char* thing = gaps ? "a Tensor, or a sequence of Tensors and None" : "a Tensor or a sequence of Tensors";
  if (gaps && o == Py_None) return {};
  if (is_tensor(o)) return {tensor_of(o)};
  if (!Py_TYPE(o)->tp_iter || PyDict_Check(o) || PyUnicode_Check(o)) wrong_argument(a, thing, o);
  const Object items = checked(PySequence_Tuple(o));
  std::vector<Tensor> ts;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items.get()); ++i) {
    PyObject* item = PyTuple_GET_ITEM(items.get(), i);
    if (!is_tensor(item) && !(gaps && item == Py_None)) wrong_argument(a, thing, item);
    ts.push_back(is_tensor(item) ? tensor_of(item) : Tensor());
  }
  return ts;
}
void check_callable(const char* op, PyObject* f) {
  if (!PyCallable_Check(f)) type_error(op, "function must be callable; got ", kind_of(f));
}

bool check(PyObject* f, PyObject* inputs, double eps, double rtol, double atol, bool second) {
  check_callable(second ? "gradgradcheck" : "gradcheck", f);
  const Object args = checked(is_tensor(inputs) ? PyTuple_Pack(1, inputs) : PySequence_Tuple(inputs));
  const auto run = [&](const std::vector<Tensor>& xs) {
    const Object given = checked(Into<std::vector<Tensor>>::get(std::vector<Tensor>(xs))), result = call(f, given.get());
    return tensors_from(result.get(), "gradcheck");
  };
  const std::vector<Tensor> xs = tensors_from(args.get(), "gradcheck");
  const GradcheckOptions options{.eps = eps, .rtol = rtol, .atol = atol};
  return second ? gradgradcheck(run, xs, options) : gradcheck(run, xs, options);
}

thread_local std::vector<std::unique_ptr<inference_mode>> inference_modes;

// --- anomaly mode, Ctrl-C -------------------------------------------------------------------------------------------------------------

std::string call_site() {
  const Locked locked;
  if (!locked) return {};
  const Object module = checked(PyImport_ImportModule("playhead.autograd")), text = checked(PyObject_CallMethod(module.get(), "_call_site", nullptr));
  return PyUnicode_AsUTF8(text.get());
}

void add_note(const std::exception& e, const std::string& text) {
  const auto* error = dynamic_cast<const PythonError*>(&e);
  if (!error) return;
  const Locked locked;
  if (locked) error->add_note(text);
}

void check_interrupt() {
  if (gettid() != getpid()) return;  // Python's signals are the main thread's business
  const Locked locked;
  if (locked && PyErr_CheckSignals() < 0) throw PythonError();
}

}  // namespace

void define_autograd(PyObject*) {
  /// Replays the tape from here: adds the derivative of this to the `.grad` of every leaf (or of `inputs` alone). A tensor of more than
  /// one element needs a gradient of its shape.
  method("backward", "self, gradient=None, retain_graph=False, create_graph=False, inputs=None",
         [](const Tensor& y, const MaybeTensor& gradient, std::optional<bool> retain, bool create, const std::optional<std::vector<Tensor>>& inputs) {
           const bool keep = retain.value_or(false) || create;
           const Unlocked unlocked;
           if (!inputs) return ph::backward({y}, {gradient}, keep, create);
           const std::vector<Tensor> g = ph::grad({y}, *inputs, {.gradients = {gradient}, .retain_graph = keep, .create_graph = create, .allow_unused = true});
           for (std::size_t i = 0; i < g.size(); ++i) {
             Tensor x = (*inputs)[i];
             if (g[i].defined()) x.set_grad(x.grad().defined() ? x.grad() + g[i] : g[i]);
           }
         });
  /// hook(gradient) is called when the gradient of this tensor is known; what it returns, if anything, replaces it. Gives a handle with
  /// remove().
  method("register_hook", "self, hook", [](const Tensor& x, PyObject* f) { return add_hook(x, f, false); });
  /// hook(leaf) is called when the `.grad` of this leaf has been added to. Gives a handle with remove().
  method("register_post_accumulate_grad_hook", "self, hook", [](const Tensor& x, PyObject* f) { return add_hook(x, f, true); });

  function("_backward", "tensors, grad_tensors, retain_graph, create_graph", [](PyObject* ys, PyObject* gs, bool retain, bool create) {
    const std::vector<Tensor> outputs = given(ys, "backward", "tensors"), gradients = given(gs, "backward", "grad_tensors", true);
    const Unlocked unlocked;
    ph::backward(outputs, gradients, retain || create, create);
  });
  function("_grad", "outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused",
           [](PyObject* ys, PyObject* xs, PyObject* gs, bool retain, bool create, bool unused) {
             const std::vector<Tensor> outputs = given(ys, "grad", "outputs"), inputs = given(xs, "grad", "inputs");
             const GradOptions options{.gradients = given(gs, "grad", "grad_outputs", true), .retain_graph = retain, .create_graph = create, .allow_unused = unused};
             std::vector<Tensor> g = [&] {
               const Unlocked unlocked;
               return ph::grad(outputs, inputs, options);
             }();
             return checked(Into<std::vector<Tensor>>::get(std::move(g)));
           });
  function("_apply", "cls, args", [](PyObject* cls, PyObject* args) { return apply(cls, args); });
  function("_remove_hook", "handle", [](PyObject* handle) {
    auto* h = static_cast<HookHandle*>(PyCapsule_GetPointer(handle, handle_name));
    if (!h) throw PythonError();
    h->remove();
  });
  function("_checkpoint", "function, args", [](PyObject* f, PyObject* args) {
    check_callable("checkpoint", f);
    std::vector<Tensor> inputs;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i)
      if (is_tensor(PyTuple_GET_ITEM(args, i))) inputs.push_back(tensor_of(PyTuple_GET_ITEM(args, i)));
    return checked(wrap(ph::checkpoint([run = Replayed{Held(f), Held(args)}](const std::vector<Tensor>&) { return run(); }, inputs)));
  });
  function("_gradcheck", "function, inputs, eps, rtol, atol, second", [](PyObject* f, PyObject* inputs, double eps, double rtol, double atol, bool second) {
    return check(f, inputs, eps, rtol, atol, second);
  });
  /// The tape behind the outputs as a graph in Graphviz's language.
  function("to_dot", "outputs, names=None", [](PyObject* outputs, PyObject* names) {
    std::vector<std::pair<std::string, Tensor>> named;
    if (names != Py_None) {
      if (!PyDict_Check(names)) type_error("to_dot", "names must be a dict from str to Tensor; got ", kind_of(names));
      PyObject *key = nullptr, *x = nullptr;
      std::int64_t work = 0;
      for (Py_ssize_t at = 0; PyDict_Next(names, &at, &key, &x);)
        named.emplace_back(to_text(key, {"to_dot", "names", &work}), From<Tensor>::get(x, {"to_dot", "names", &work}));
    }
    return checked(Into<std::string>::get(to_dot(given(outputs, "to_dot", "outputs"), named)));
  });

  /// Whether ops are recorded in this thread.
  function("is_grad_enabled", "", [] { return is_grad_enabled(); });
  function("_set_grad_enabled", "mode", [](bool on) {
    const bool before = is_grad_enabled();
    set_grad_enabled(on);
    return before;
  });
  /// Whether this thread is in inference mode.
  function("is_inference_mode_enabled", "", [] { return is_inference_mode(); });
  function("_set_anomaly", "mode, check_nan", [](bool on, bool check_nan) {
    const ph::detail::Anomaly before = ph::detail::set_anomaly({on, check_nan});
    return checked(Py_BuildValue("(OO)", before.on ? Py_True : Py_False, before.check_nan ? Py_True : Py_False));
  });
  ph::detail::front_end = {.call_site = call_site, .add_note = add_note, .check_interrupt = check_interrupt};
  function("_enter_inference", "", [] { inference_modes.push_back(std::make_unique<inference_mode>()); });
  function("_leave_inference", "", [] {
    if (inference_modes.empty()) runtime_error("inference_mode", "left more often than entered");
    inference_modes.pop_back();
  });
}

}  // namespace ph::python
