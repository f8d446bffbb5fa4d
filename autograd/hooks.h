// Hooks: user code that runs when a gradient has been computed.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "playhead/autograd/node.h"

namespace PH_PUBLIC ph {

/// Type-erased user code. It may return a gradient to use instead, or an undefined tensor to leave it as it is.
class Hook : public RefCounted {
 public:
  virtual Tensor call(const Tensor& g) = 0;

 protected:
  virtual ~Hook() = default;
};

/// Removes its hook when asked to; letting it go out of scope leaves the hook in place.
class HookHandle {
 public:
  HookHandle(Ref<Node> node, std::uint64_t id) : node_(std::move(node)), id_(id) {}
  void remove();

 private:
  Ref<Node> node_;
  std::uint64_t id_;
};

struct Node::Extras {
  struct Entry {
    std::uint64_t id;
    std::uint32_t output;
    Ref<Hook> hook;
  };
  std::vector<Entry> hooks;            // before the node runs, on the gradient of one output
  std::vector<Entry> post_accumulate;  // of a leaf, after its gradient was added to
  Tensor leaf_alias;                   // what post_accumulate hooks are given: the leaf without its tape position
  std::vector<std::pair<std::uint32_t, Tensor>> retained;  // gradients kept for non-leaf tensors, by output
  std::string call_site;               // anomaly mode: where the forward op was called from
};

namespace detail {
template <class F>
class HookOf final : public Hook {
 public:
  explicit HookOf(F f) : f_(std::move(f)) {}
  Tensor call(const Tensor& g) override {
    if constexpr (__is_same(decltype(f_(g)), void)) {
      f_(g);
      return {};
    } else {
      return f_(g);
    }
  }

 private:
  void destroy() noexcept override { delete this; }
  F f_;
};
HookHandle add_hook(const Tensor& x, Ref<Hook> hook, bool after_accumulation);
}  // namespace detail

/// Calls `f(gradient)` whenever the gradient of x has been computed; a tensor that it returns replaces the gradient.
/// Throws a runtime error if x needs no gradient.
template <class F>
HookHandle register_hook(const Tensor& x, F f) {
  return detail::add_hook(x, Ref<Hook>::adopt(new detail::HookOf<F>(std::move(f))), false);
}
/// Calls `f(x)` after x.grad() was added to; x must be a leaf that requires a gradient.
template <class F>
HookHandle register_post_accumulate_grad_hook(const Tensor& x, F f) {
  return detail::add_hook(x, Ref<Hook>::adopt(new detail::HookOf<F>(std::move(f))), true);
}

}  // namespace ph
