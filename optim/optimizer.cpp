// Optimisers: bookkeeping here, arithmetic in one kernel call over all parameters.
#include "playhead/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "playhead/autograd/leaf.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph::optim {

Optimizer::Optimizer(std::vector<Tensor> params) : params_(std::move(params)), updates_(params_.size()) {
  if (params_.empty()) value_error("optimizer", "needs at least one parameter");
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const Tensor& p = params_[i];
    if (!p.is_leaf())
      runtime_error("optimizer", "can only update leaves; got the result of an op as number ", static_cast<std::int64_t>(i), ", shape=", p.shape());
    for (std::size_t j = 0; j < i; ++j)
      if (params_[j].is_same(p)) value_error("optimizer", "a parameter appears twice; got numbers ", static_cast<std::int64_t>(j), " and ", static_cast<std::int64_t>(i));
  }
}

void Optimizer::zero_grad() {
  for (const Tensor& p : params_)
    if (LeafNode* leaf = leaf_node(p)) leaf->set_grad({});
}

void Optimizer::step() {
  const no_grad guard;
  std::vector<std::size_t> active;
  std::vector<Tensor> gradients;
  active.reserve(params_.size());
  gradients.reserve(params_.size());
  for (std::size_t i = 0; i < params_.size(); ++i) {
    const LeafNode* leaf = leaf_node(params_[i]);
    Tensor g = leaf ? leaf->grad() : Tensor();
    if (!g.defined()) continue;
    check_inplace("step", params_[i], false);
    active.push_back(i);
    gradients.push_back(std::move(g));
  }
  ++steps_;
  for (const std::size_t i : active) ++updates_[i];
  update(active, gradients);
  for (const std::size_t i : active) params_[i].impl().storage->bump_version();
}

Tensor& Optimizer::state(std::size_t slot, std::size_t i) {
  std::vector<Tensor>& all = slots_[slot].tensors;
  if (all.empty()) all.resize(params_.size());
  if (!all[i].defined()) {
    all[i] = detail::make_tensor(params_[i].shape(), params_[i].dtype(), params_[i].device());
    all[i].zero_();
  }
  return all[i];
}

namespace {
std::string key(std::size_t i, const std::string& name) { return text(static_cast<std::int64_t>(i), ".", name); }
}  // namespace

StateDict Optimizer::state_dict() const {
  StateDict all;
  const auto number = [](std::int64_t n) { return full({}, n, {.dtype = int64}); };
  all.push_back({"step", number(steps_)});
  for (std::size_t i = 0; i < params_.size(); ++i) {
    if (updates_[i] > 0) all.push_back({key(i, "step"), number(updates_[i])});
    for (const Slot& s : slots_)
      if (i < s.tensors.size() && s.tensors[i].defined()) all.push_back({key(i, s.name), s.tensors[i]});
  }
  return all;
}

void Optimizer::load_state_dict(const StateDict& given) {
  struct Place {
    std::size_t parameter, slot;
  };
  std::unordered_map<std::string, Place> places;
  const std::size_t counts = slots_.size();  // stands for the number of updates
  for (std::size_t i = 0; i < params_.size(); ++i) {
    places[key(i, "step")] = {i, counts};
    for (std::size_t s = 0; s < slots_.size(); ++s) places[key(i, slots_[s].name)] = {i, s};
  }
  // Everything is checked before anything is changed.
  const Tensor* step = nullptr;
  for (const auto& [name, x] : given) {
    const auto at = places.find(name);
    if (name != "step" && at == places.end()) value_error("load_state_dict", "unexpected entry; got \"", name, "\"");
    const Shape shape = at == places.end() || at->second.slot == counts ? Shape{} : params_[at->second.parameter].shape();
    if (!(x.shape() == shape)) value_error("load_state_dict", "shapes must match; got ", name, " of ", x.shape(), ", expected ", shape);
    if (name == "step") step = &x;
  }
  if (!step) value_error("load_state_dict", "entry \"step\" is missing");
  const no_grad guard;
  for (Slot& s : slots_) s.tensors.clear();
  std::fill(updates_.begin(), updates_.end(), 0);
  for (const auto& [name, x] : given) {
    const auto at = places.find(name);
    if (at == places.end()) steps_ = x.item<std::int64_t>();
    else if (at->second.slot == counts) updates_[at->second.parameter] = x.item<std::int64_t>();
    else state(at->second.slot, at->second.parameter).copy_(x);
  }
}

namespace {

// What one kernel call works on. The kernel wants contiguous float32 or float64; anything else is copied to and fro.
class Batch {
 public:
  Batch(std::size_t n) { p.reserve(n), g.reserve(n), a.reserve(n), b.reserve(n); }
  void add(const Tensor& param, const Tensor& gradient, const Tensor& first, const Tensor& second = {}) {
    p.push_back(writable(param));
    g.push_back(readable(gradient));
    if (first.defined()) a.push_back(writable(first));
    if (second.defined()) b.push_back(writable(second));
  }
  void write_back() {
    for (auto& [from, to] : copies_) kernels(to.device()).copy(view_of(to), view_of(from));
  }
  std::vector<View> p, g, a, b;

 private:
  static bool fits(const Tensor& x) { return x.is_contiguous() && itemsize(real_dtype(x.dtype())) >= 4; }
  static DType wide(DType t) { return itemsize(t) < 4 ? float32 : t; }
  View readable(const Tensor& x) {
    if (fits(x)) return view_of(x);
    held_.push_back(x.detach().contiguous().to(wide(x.dtype())));
    return view_of(held_.back());
  }
  View writable(const Tensor& x) {
    if (fits(x)) return view_of(x);
    const View v = readable(x);
    copies_.push_back({held_.back(), x});
    return v;
  }
  std::vector<Tensor> held_;
  std::vector<std::pair<Tensor, Tensor>> copies_;
};

// Calls f(device, begin, end) for every run of parameters that one kernel call can serve: `alike(i, j)`, and of one device.
// Nearly always that is one call.
template <class Alike, class F>
void by_run(const std::vector<Tensor>& params, const std::vector<std::size_t>& active, Alike alike, F f) {
  for (std::size_t begin = 0; begin < active.size();) {
    const std::size_t first = active[begin];
    std::size_t end = begin + 1;
    while (end < active.size() && params[active[end]].device() == params[first].device() && alike(first, active[end])) ++end;
    f(params[first].device(), begin, end);
    begin = end;
  }
}

void check_rate(const char* op, const char* name, double v, double below) {
  if (!(v >= 0 && v < below)) value_error(op, name, " is out of range; got ", name, "=", v);
}
}  // namespace

SGD::SGD(std::vector<Tensor> params, const SGDOptions& o) : Optimizer(std::move(params)), options(o) {
  check_rate("SGD", "lr", o.lr, INFINITY), check_rate("SGD", "momentum", o.momentum, INFINITY);
  check_rate("SGD", "weight_decay", o.weight_decay, INFINITY);
  if (o.nesterov && (o.momentum <= 0 || o.dampening != 0))
    value_error("SGD", "nesterov needs momentum > 0 and dampening 0; got momentum=", o.momentum, ", dampening=", o.dampening);
  lr = o.lr;
  slots_.push_back({"momentum_buffer", {}});  // stays empty without momentum, which may be set later
}

void SGD::update(const std::vector<std::size_t>& active, const std::vector<Tensor>& gradients) {
  const bool momentum = options.momentum != 0;
  const SGDStep how{lr, options.momentum, options.dampening, options.weight_decay, options.nesterov};
  const auto alike = [](std::size_t, std::size_t) { return true; };
  by_run(params_, active, alike, [&](Device device, std::size_t begin, std::size_t end) {
    Batch all(end - begin);
    std::vector<std::uint8_t> first;
    for (std::size_t k = begin; k < end; ++k) {
      const std::size_t i = active[k];
      first.push_back(momentum && (slots_[0].tensors.empty() || !slots_[0].tensors[i].defined()));
      all.add(params_[i], gradients[k], momentum ? state(0, i) : Tensor());
    }
    kernels(device).sgd_step(static_cast<int>(end - begin), all.p.data(), all.g.data(), momentum ? all.a.data() : nullptr, first.data(), how);
    all.write_back();
  });
}

Adam::Adam(const char* op, std::vector<Tensor> params, const AdamOptions& o, bool decoupled)
    : Optimizer(std::move(params)), options(o), decoupled_(decoupled) {
  check_rate(op, "lr", o.lr, INFINITY), check_rate(op, "beta1", o.beta1, 1), check_rate(op, "beta2", o.beta2, 1);
  check_rate(op, "eps", o.eps, INFINITY), check_rate(op, "weight_decay", o.weight_decay, INFINITY);
  lr = o.lr;
  slots_.push_back({"exp_avg", {}});
  slots_.push_back({"exp_avg_sq", {}});
}
Adam::Adam(std::vector<Tensor> params, const AdamOptions& o) : Adam("Adam", std::move(params), o, false) {}
AdamW::AdamW(std::vector<Tensor> params, AdamOptions o) : Adam("AdamW", std::move(params), o, true) {}

void Adam::update(const std::vector<std::size_t>& active, const std::vector<Tensor>& gradients) {
  const auto alike = [this](std::size_t i, std::size_t j) { return updates_[i] == updates_[j]; };
  by_run(params_, active, alike, [&](Device device, std::size_t begin, std::size_t end) {
    const auto t = static_cast<double>(updates_[active[begin]]);
    const AdamStep how{lr, options.beta1, options.beta2, options.eps, options.weight_decay, decoupled_,
                       1 - std::pow(options.beta1, t), 1 - std::pow(options.beta2, t)};
    Batch all(end - begin);
    for (std::size_t k = begin; k < end; ++k) all.add(params_[active[k]], gradients[k], state(0, active[k]), state(1, active[k]));
    kernels(device).adam_step(static_cast<int>(end - begin), all.p.data(), all.g.data(), all.a.data(), all.b.data(), how);
    all.write_back();
  });
}

double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, double p, bool error_if_nonfinite) {
  if (!(max_norm >= 0)) value_error("clip_grad_norm_", "max_norm must not be negative; got max_norm=", max_norm);
  const no_grad guard;
  double total = 0;
  std::vector<Tensor> gs;
  for (const Tensor& x : params)
    if (Tensor g = x.grad(); g.defined()) gs.push_back(g);
  for (const Tensor& g : gs) {
    const double n = vector_norm(g, p).item<double>();
    total = !std::isinf(p) ? total + std::pow(n, p) : n > total || std::isnan(n) ? n : total;
  }
  if (!std::isinf(p)) total = std::pow(total, 1 / p);
  if (error_if_nonfinite && !std::isfinite(total)) runtime_error("clip_grad_norm_", "the norm is not finite; got norm=", total);
  const double scale = max_norm / (total + 1e-6);
  if (scale < 1)
    for (Tensor& g : gs) g.mul_(scale);
  return total;
}

void clip_grad_value_(const std::vector<Tensor>& params, double value) {
  if (!(value >= 0)) value_error("clip_grad_value_", "value must not be negative; got value=", value);
  const no_grad guard;
  for (const Tensor& x : params)
    if (Tensor g = x.grad(); g.defined()) g.clamp_(-value, value);
}

}  // namespace ph::optim
