// Module: a struct whose members are parameters and other modules. A member is an ordinary value; one line lists their names:
//
//   struct Net : ph::nn::Module {
//     ph::nn::Linear fc1{784, 128}, fc2{128, 10};
//     Tensor forward(const Tensor& x) override { return fc2(relu(fc1(x))); }
//     PH_MODULE(Net, fc1, fc2)
//   };
//
// Copying a module copies handles: both share their parameters, as copies of a Tensor share memory. `clone(net)` copies values.
#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace nn {

class Module;
class AnyModule;

/// A tensor that is trained: a leaf that requires a gradient.
class Parameter : public Tensor {
 public:
  Parameter() = default;
  /// Takes the tensor's memory; throws a type error for a dtype without gradients.
  explicit Parameter(const Tensor& x) : Tensor(x.detach()) { requires_grad_(); }
  using Tensor::operator=;
  Parameter& operator=(const Tensor& x) {
    static_cast<Tensor&>(*this) = x;
    return *this;
  }
};

/// A tensor that belongs to the module's state but is not trained: running statistics, masks.
class Buffer : public Tensor {
 public:
  Buffer() = default;
  explicit Buffer(const Tensor& x, bool persistent = true) : Tensor(x.detach()), persistent(persistent) {}
  bool persistent = true;  ///< whether it is part of the state dict
};

/// Names and tensors, in the order of the members.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// Walks the members of a module; PH_MODULE calls it with each member and its name.
class Visitor {
 public:
  virtual void parameter(const std::string&, Parameter&) {}
  virtual void buffer(const std::string&, Buffer&) {}
  virtual void module(const std::string& name, Module& m) = 0;

  void operator()(const std::string& name, Parameter& p) { parameter(name, p); }
  void operator()(const std::string& name, Buffer& b) { buffer(name, b); }
  void operator()(const std::string& name, Module& m) { module(name, m); }
  inline void operator()(const std::string& name, AnyModule& m);
  /// A list's entries are called name.0, name.1, ….
  template <class T>
  void operator()(const std::string& name, std::vector<T>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) (*this)(name + "." + std::to_string(i), list[i]);
  }

 protected:
  ~Visitor() = default;
};

class Module {
 public:
  virtual ~Module() = default;
  /// y = module(x). Modules that take other arguments declare a forward of their own instead.
  virtual Tensor forward(const Tensor& x);
  Tensor operator()(const Tensor& x) { return forward(x); }

  bool training = true;  ///< whether dropout drops and batch norm averages; set by train() and eval()
  /// Sets `training` here and below.
  void train(bool on = true);
  void eval() { train(false); }

  /// Each once, even if tied to several names (the first is used).
  std::vector<Tensor> parameters();
  StateDict named_parameters();
  StateDict named_buffers();
  std::vector<std::pair<std::string, Module*>> named_modules();
  /// Calls f(Module&) for every module below, then for this one.
  template <class F>
  void apply(F f) {
    const auto all = named_modules();
    for (std::size_t i = all.size(); i-- > 0;) f(*all[i].second);
  }

  /// Drops the gradients of all parameters.
  void zero_grad();
  void requires_grad_(bool on = true);
  /// Converts parameters and buffers; dtype only those that are floating. Make optimisers after this.
  void to(Device device);
  void to(DType dtype);
  /// Elements of all parameters, each counted once.
  std::int64_t num_parameters();

  /// Parameters and persistent buffers under PyTorch's keys ("layers.0.weight"), sharing memory with them.
  StateDict state_dict();
  /// Copies values into parameters and buffers. Strict: throws a value error that lists the missing, the unexpected and the
  /// differently shaped keys, and changes nothing then. Not strict: loads what fits by name, still throws for other shapes.
  void load_state_dict(const StateDict& state, bool strict = true);

  // What PH_MODULE writes.
  virtual void visit(Visitor&) {}
  virtual const char* type_name() const { return "Module"; }
  virtual Module* copy() const;  ///< on the heap, sharing parameters
};

namespace detail {
/// Gives every parameter and buffer of m memory of its own; tied ones stay tied.
void own_values(Module& m);
}  // namespace detail

/// A module of the same values in memory of its own; tied parameters stay tied, and gradients are not copied.
template <class M>
M clone(const M& m) {
  M c = m;
  detail::own_values(c);
  return c;
}

/// A deep-copying pointer to some module; what Sequential is made of.
class AnyModule {
 public:
  template <class M>
    requires std::is_base_of_v<Module, M>
  AnyModule(const M& m) : m_(m.copy()) {}
  /// Takes over a module that was made with new.
  explicit AnyModule(Module* owned) : m_(owned) {}
  AnyModule(const AnyModule& o) : m_(o.m_->copy()) {}
  AnyModule(AnyModule&& o) noexcept : m_(std::exchange(o.m_, nullptr)) {}
  AnyModule& operator=(AnyModule o) noexcept {
    std::swap(m_, o.m_);
    return *this;
  }
  ~AnyModule() { delete m_; }
  Module& operator*() const { return *m_; }
  Module* operator->() const { return m_; }

 private:
  Module* m_;
};

inline void Visitor::operator()(const std::string& name, AnyModule& m) { module(name, *m); }

}  // namespace nn
}  // namespace ph

// One line per module type: its name, then its members that are parameters, buffers, modules, or vectors of those.
#define PH_MODULE(Type, ...)                                                              \
 public:                                                                                  \
  void visit([[maybe_unused]] ::ph::nn::Visitor& v) override { PH_EACH_(__VA_ARGS__) }    \
  const char* type_name() const override { return #Type; }                                \
  ::ph::nn::Module* copy() const override { return new Type(*this); }

#define PH_FIELD_(member) v(#member, member);
#define PH_EACH_(...) __VA_OPT__(PH_EXPAND_(PH_NEXT_(__VA_ARGS__)))
#define PH_NEXT_(first, ...) PH_FIELD_(first) __VA_OPT__(PH_AGAIN_ PH_PARENS_(__VA_ARGS__))
#define PH_AGAIN_() PH_NEXT_
#define PH_PARENS_ ()
// Four times four scans: enough for 256 members.
#define PH_EXPAND_(...) PH_EXPAND4_(PH_EXPAND4_(PH_EXPAND4_(PH_EXPAND4_(__VA_ARGS__))))
#define PH_EXPAND4_(...) PH_EXPAND3_(PH_EXPAND3_(PH_EXPAND3_(PH_EXPAND3_(__VA_ARGS__))))
#define PH_EXPAND3_(...) PH_EXPAND2_(PH_EXPAND2_(PH_EXPAND2_(PH_EXPAND2_(__VA_ARGS__))))
#define PH_EXPAND2_(...) __VA_ARGS__
