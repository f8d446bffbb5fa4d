// What every module can do, by walking its members.
#include "playhead/nn/module.h"

#include <unordered_map>
#include <unordered_set>

#include "playhead/autograd/leaf.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"

namespace ph::nn {

namespace {

// Calls f(name, member) for every parameter and buffer, with its full name.
template <class OnParameter, class OnBuffer, class OnModule>
class Walk final : public Visitor {
 public:
  Walk(OnParameter p, OnBuffer b, OnModule m) : p_(p), b_(b), m_(m) {}
  void parameter(const std::string& name, Parameter& x) override { p_(prefix_ + name, x); }
  void buffer(const std::string& name, Buffer& x) override { b_(prefix_ + name, x); }
  void module(const std::string& name, Module& m) override {
    const std::string before = prefix_;
    m_(prefix_ + name, m);
    prefix_ += name + ".";
    m.visit(*this);
    prefix_ = before;
  }
  void start(Module& m) {
    m_(std::string(), m);
    m.visit(*this);
  }

 private:
  OnParameter p_;
  OnBuffer b_;
  OnModule m_;
  std::string prefix_;
};

template <class P, class B>
void walk(Module& root, P p, B b) {
  const auto m = [](const std::string&, Module&) {};
  Walk<P, B, decltype(m)>(p, b, m).start(root);
}
template <class P>
void walk_parameters(Module& root, P p) {
  walk(root, p, [](const std::string&, Buffer&) {});
}

// Applies `convert` to every parameter and buffer; names of one tensor get one result.
template <class Convert>
void replace_values(Module& root, Convert convert) {
  std::unordered_map<const TensorImpl*, Tensor> done;
  std::vector<Tensor> keep;  // so that no address is used twice
  const auto replaced = [&](const Tensor& x) {
    const TensorImpl* key = &x.impl();
    if (const auto i = done.find(key); i != done.end()) return i->second;
    keep.push_back(x);
    return done[key] = convert(x);
  };
  walk(
      root,
      [&](const std::string&, Parameter& p) {
        if (!p.defined()) return;
        const bool trained = p.requires_grad();
        Tensor x = replaced(p);
        if (trained) x.requires_grad_();
        p = x;
      },
      [&](const std::string&, Buffer& b) {
        if (b.defined()) static_cast<Tensor&>(b) = replaced(b);
      });
}

std::string listed(const char* title, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  constexpr std::size_t most = 8;
  std::string s = text(" ", title, ":");
  for (std::size_t i = 0; i < keys.size() && i < most; ++i) s += (i ? ", " : " ") + keys[i];
  if (keys.size() > most) s += text(", … (", static_cast<std::int64_t>(keys.size()), " in all)");
  return s + ".";
}

}  // namespace

Tensor Module::forward(const Tensor&) { runtime_error(type_name(), "has no forward of one tensor. Call the forward that it declares"); }
Module* Module::copy() const { runtime_error(type_name(), "cannot be copied without PH_MODULE in its body"); }

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  std::vector<std::pair<std::string, Module*>> all;
  const auto ignore = [](const std::string&, auto&) {};
  const auto note = [&](const std::string& name, Module& m) { all.push_back({name, &m}); };
  Walk<decltype(ignore), decltype(ignore), decltype(note)>(ignore, ignore, note).start(*this);
  return all;
}

void Module::train(bool on) {
  apply([on](Module& m) { m.training = on; });
}

StateDict Module::named_parameters() {
  StateDict all;
  std::unordered_set<const TensorImpl*> seen;
  walk_parameters(*this, [&](const std::string& name, Parameter& p) {
    if (p.defined() && seen.insert(&p.impl()).second) all.push_back({name, p});
  });
  return all;
}

std::vector<Tensor> Module::parameters() {
  std::vector<Tensor> all;
  for (auto& [name, p] : named_parameters()) all.push_back(p);
  return all;
}

StateDict Module::named_buffers() {
  StateDict all;
  walk(*this, [](const std::string&, Parameter&) {}, [&](const std::string& name, Buffer& b) {
    if (b.defined()) all.push_back({name, b});
  });
  return all;
}

void Module::zero_grad() {
  for (Tensor& p : parameters())
    if (p.requires_grad()) p.set_grad({});
}

void Module::requires_grad_(bool on) {
  for (Tensor& p : parameters()) p.requires_grad_(on);
}

std::int64_t Module::num_parameters() {
  std::int64_t n = 0;
  for (const Tensor& p : parameters()) n += p.numel();
  return n;
}

void Module::to(Device device) {
  replace_values(*this, [&](const Tensor& x) { return x.device() == device ? x : x.detach().to(device); });
}
void Module::to(DType dtype) {
  if (!is_differentiable(dtype)) type_error("to", "a module's parameters must be floating or complex; got dtype=", dtype);
  replace_values(*this, [&](const Tensor& x) { return is_differentiable(x.dtype()) && x.dtype() != dtype ? x.detach().to(dtype) : x; });
}
void detail::own_values(Module& m) {
  replace_values(m, [](const Tensor& x) { return x.detach().clone(); });
}

StateDict Module::state_dict() {
  StateDict all;
  walk(
      *this,
      [&](const std::string& name, Parameter& p) {
        if (p.defined()) all.push_back({name, p.detach()});
      },
      [&](const std::string& name, Buffer& b) {
        if (b.defined() && b.persistent) all.push_back({name, b.detach()});
      });
  return all;
}

void Module::load_state_dict(const StateDict& state, bool strict) {
  std::unordered_map<std::string, const Tensor*> given;
  for (const auto& [name, x] : state)
    if (!given.emplace(name, &x).second) value_error("load_state_dict", "a key appears twice; got \"", name, "\"");
  std::vector<std::string> missing, unexpected, misshapen;
  StateDict mine = state_dict();
  std::unordered_set<std::string> known;
  for (const auto& [name, x] : mine) {
    known.insert(name);
    const auto i = given.find(name);
    if (i == given.end()) {
      missing.push_back(name);
    } else if (!(i->second->shape() == x.shape())) {
      misshapen.push_back(text(name, " (got ", i->second->shape(), ", expected ", x.shape(), ")"));
    }
  }
  for (const auto& [name, x] : state)
    if (!known.contains(name)) unexpected.push_back(name);
  if (!misshapen.empty() || (strict && !(missing.empty() && unexpected.empty())))
    value_error("load_state_dict", "keys and shapes must match ", type_name(), "'s;", listed("missing", missing),
                listed("unexpected", unexpected), listed("of another shape", misshapen));
  const no_grad guard;
  for (auto& [name, x] : mine)
    if (const auto i = given.find(name); i != given.end()) x.copy_(i->second->detach());
}

}  // namespace ph::nn
