// C++ optimisers for Python: each serves one of an optimiser's param_groups, whose dict says what the options are at every step.
#include <memory>

#include "bindings/nn.h"
#include "playhead/optim.h"

namespace ph::python {
namespace {

enum class Kind { sgd, adam, adamw };
struct Fused {
  Kind kind;
  std::unique_ptr<optim::Optimizer> o;
  std::int64_t elements = 0;
  const char* name() const { return kind == Kind::sgd ? "SGD" : kind == Kind::adam ? "Adam" : "AdamW"; }
};
constexpr const char* capsule_name = "playhead.Fused";

/// What a group says under one name.
struct Option {
  explicit Option(const char* text) : text(text), key(PyUnicode_InternFromString(text)) {}
  const char* text;
  PyObject* key;
  PyObject* in(PyObject* group, const char* op) const {
    PyObject* v = PyDict_GetItemWithError(group, key);
    if (!v && !PyErr_Occurred()) value_error(op, "the group has no '", text, "'");
    if (!v) throw PythonError();
    return v;
  }
  double number(PyObject* group, const char* op) const {
    std::int64_t work = 0;
    return to_double(in(group, op), {op, text, &work});
  }
};
struct Options {
  Option params{"params"}, lr{"lr"}, momentum{"momentum"}, dampening{"dampening"}, weight_decay{"weight_decay"}, nesterov{"nesterov"}, betas{"betas"}, eps{"eps"};
};
const Options& names() {
  static const auto* all = new Options;
  return *all;
}

optim::SGDOptions sgd_options(PyObject* group, const char* op) {
  const Options& n = names();
  std::int64_t work = 0;
  return {.lr = n.lr.number(group, op), .momentum = n.momentum.number(group, op), .dampening = n.dampening.number(group, op),
          .weight_decay = n.weight_decay.number(group, op), .nesterov = to_bool(n.nesterov.in(group, op), {op, "nesterov", &work})};
}
optim::AdamOptions adam_options(PyObject* group, const char* op) {
  const Options& n = names();
  PyObject* betas = n.betas.in(group, op);
  if ((!PyTuple_Check(betas) && !PyList_Check(betas)) || PySequence_Fast_GET_SIZE(betas) != 2) type_error(op, "betas must be two floats; got ", kind_of(betas));
  std::int64_t work = 0;
  return {.lr = n.lr.number(group, op), .beta1 = to_double(PySequence_Fast_GET_ITEM(betas, 0), {op, "betas", &work}),
          .beta2 = to_double(PySequence_Fast_GET_ITEM(betas, 1), {op, "betas", &work}), .eps = n.eps.number(group, op), .weight_decay = n.weight_decay.number(group, op)};
}

PyObject* group_params(PyObject* group, const char* op) {
  if (!PyDict_Check(group)) type_error(op, "a group must be a dict");
  PyObject* list = names().params.in(group, op);
  if (!PyList_Check(list)) type_error(op, "a group's params must be a list");
  return list;
}
void make(Fused& f, PyObject* group) {
  std::int64_t work = 0;
  std::vector<Tensor> params = to_tensors(group_params(group, f.name()), {f.name(), "params", &work});
  if (f.kind == Kind::sgd) f.o = std::make_unique<optim::SGD>(std::move(params), sgd_options(group, f.name()));
  else if (f.kind == Kind::adam) f.o = std::make_unique<optim::Adam>(std::move(params), adam_options(group, f.name()));
  else f.o = std::make_unique<optim::AdamW>(std::move(params), adam_options(group, f.name()));
  f.elements = work;
}
/// Parameters may have become other tensors, by module.to(dtype) for example: the state goes with them.
void follow(Fused& f, PyObject* group) {
  PyObject* list = group_params(group, f.name());
  const std::vector<Tensor>& mine = f.o->parameters();
  bool same = static_cast<std::size_t>(PyList_GET_SIZE(list)) == mine.size();
  for (std::size_t i = 0; same && i < mine.size(); ++i) {
    PyObject* p = PyList_GET_ITEM(list, static_cast<Py_ssize_t>(i));
    same = is_tensor(p) && tensor_of(p).is_same(mine[i]);
  }
  if (same) return;
  const optim::StateDict state = f.o->state_dict();
  Fused fresh{f.kind, nullptr, 0};
  make(fresh, group);
  fresh.o->load_state_dict(state);
  f = std::move(fresh);
}

Fused& fused(PyObject* capsule) {
  auto* f = static_cast<Fused*>(PyCapsule_GetPointer(capsule, capsule_name));
  if (!f) throw PythonError();
  return *f;
}

}  // namespace

void define_optim() {
  function("_fused", "kind, group", [](const std::string& kind, PyObject* group) {
    auto f = std::make_unique<Fused>(kind == "SGD" ? Kind::sgd : kind == "Adam" ? Kind::adam : Kind::adamw);
    make(*f, group);
    Object c = checked(PyCapsule_New(f.get(), capsule_name, [](PyObject* o) { delete static_cast<Fused*>(PyCapsule_GetPointer(o, capsule_name)); }));
    (void)f.release();
    return c;
  });
  function("_fused_step", "fused, group", [](PyObject* capsule, PyObject* group) {
    Fused& f = fused(capsule);
    follow(f, group);
    if (f.kind == Kind::sgd) {
      auto& o = static_cast<optim::SGD&>(*f.o);
      o.options = sgd_options(group, "SGD");
      o.lr = o.options.lr;
    } else {
      auto& o = static_cast<optim::Adam&>(*f.o);
      o.options = adam_options(group, f.name());
      o.lr = o.options.lr;
    }
    const Unlocked unlocked(f.elements > unlock_above);
    f.o->step();
  });
  function("_fused_zero_grad", "fused, group", [](PyObject* capsule, PyObject* group) {
    Fused& f = fused(capsule);
    follow(f, group);
    f.o->zero_grad();
  });
  function("_fused_state", "fused", [](PyObject* capsule) {
    Object all = checked(PyDict_New());
    for (auto& [name, x] : fused(capsule).o->state_dict()) {
      const Object t = checked(wrap(x));
      if (PyDict_SetItemString(all.get(), name.c_str(), t.get()) < 0) throw PythonError();
    }
    return all;
  });
  function("_fused_load", "fused, group, state", [](PyObject* capsule, PyObject* group, PyObject* state) {
    Fused& f = fused(capsule);
    follow(f, group);
    if (!PyDict_Check(state)) type_error("load_state_dict", "state must be a dict");
    optim::StateDict all;
    PyObject *key = nullptr, *value = nullptr;
    std::int64_t work = 0;
    for (Py_ssize_t at = 0; PyDict_Next(state, &at, &key, &value);)
      all.emplace_back(to_text(key, {"load_state_dict", "key", &work}), From<Tensor>::get(value, {"load_state_dict", "value", &work}));
    f.o->load_state_dict(all);
  });
  function("_cosine_warmup", "top, warmup, total, min_lr, step",
           [](double top, std::int64_t warmup, std::int64_t total, double min_lr, std::int64_t step) {
             return optim::lr_at(optim::CosineWarmupOptions{warmup, total, min_lr}, top, step);
           });
}

}  // namespace ph::python
