// How an op puts itself on the tape:
//
//   if (recording(a, b))
//     record(y, "matmul", {a, b}, [a = Saved(a), b = Saved(b)](Backward& d) {
//       if (d.needs(0)) d[0] = matmul(d.g(), b(d).mH());
//       if (d.needs(1)) d[1] = matmul(a(d).mH(), d.g());
//     });
//
// The rule is written in public ops, so it can itself be recorded; it never sums, casts, or accumulates.
#pragma once
#include <initializer_list>
#include <utility>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/node.h"

namespace PH_PUBLIC ph {

/// One input of a recorded op.
struct Input {
  Input(const Tensor& t) : tensor(&t) {}
  const Tensor* tensor;
};

namespace detail {
inline bool wants_grad(const Tensor& x) { return x.defined() && x.requires_grad(); }
bool any_wants_grad(const std::vector<Tensor>& xs);
inline bool wants_grad(const std::vector<Tensor>& xs) { return any_wants_grad(xs); }
/// Gives `node` its name, edges and sequence number and makes it the origin of the outputs.
void attach(Ref<Node> node, const char* name, const Input* inputs, int n_inputs, Tensor* const* outputs, int n_outputs);
}  // namespace detail

/// Whether an op on these inputs has to be recorded.
template <class... X>
bool recording(const X&... inputs) {
  return detail::modes.grad && (detail::wants_grad(inputs) || ...);
}

/// A node made of a rule, which is called with a Backward&.
template <class Rule>
class RuleNode final : public Node {
 public:
  explicit RuleNode(Rule&& rule) : rule_(std::move(rule)) {}
  ~RuleNode() override { release_saved(); }
  void backward(Backward& d) override { rule_(d); }
  void release_saved() noexcept override {
    if (alive_) rule_.~Rule();
    alive_ = false;
  }

 private:
  union { Rule rule_; };  // destroyed early by release_saved
  bool alive_ = true;
};

template <class Rule>
void record(Tensor& y, const char* name, std::initializer_list<Input> inputs, Rule rule) {
  Tensor* out[] = {&y};
  detail::attach(Ref<Node>::adopt(new RuleNode<Rule>(std::move(rule))), name, inputs.begin(), static_cast<int>(inputs.size()), out, 1);
}
/// For ops with several outputs.
template <class Rule>
void record(std::initializer_list<Tensor*> ys, const char* name, std::initializer_list<Input> inputs, Rule rule) {
  detail::attach(Ref<Node>::adopt(new RuleNode<Rule>(std::move(rule))), name, inputs.begin(), static_cast<int>(inputs.size()),
                 ys.begin(), static_cast<int>(ys.size()));
}
/// For ops with a list of inputs.
template <class Rule>
void record(Tensor& y, const char* name, const std::vector<Tensor>& inputs, Rule rule) {
  std::vector<Input> in(inputs.begin(), inputs.end());
  Tensor* out[] = {&y};
  detail::attach(Ref<Node>::adopt(new RuleNode<Rule>(std::move(rule))), name, in.data(), static_cast<int>(in.size()), out, 1);
}

/// Must be called by every in-place op before it writes to x: refuses leaves that require a gradient (while recording),
/// read-only memory, overlapping layouts, and views that the tape cannot follow. `recorded`: whether the op will be recorded.
///
/// An op that needs old values of x in its rule must save an alias of x, `Saved(detail::make_alias(x))`: x itself is about
/// to point to the new node, and saving it there would be a cycle. (Reading it later is an error anyway: its version changed.)
void check_inplace(const char* op, const Tensor& x, bool recorded);
/// Must be called after: bumps the version and, when the change was recorded as the out-of-place result `y` of the same op
/// (an alias of x that carries the tape position), makes it part of x's history. An undefined y: nothing was recorded.
/// An op that overwrites x without reading it must be recorded too, with a zero gradient for x, to cut off its past.
void finish_inplace(Tensor& x, const Tensor& y);

/// Where x stands on the tape, brought up to date if x is a view whose base was changed in place. Null if it needs no gradient.
Edge gradient_edge(const Tensor& x);

/// Gives x's position on the tape to `node`'s output; the op that made x is then `node`.
inline void set_edge(const Tensor& x, const Ref<Node>& node, std::uint32_t output) {
  x.impl().node = Ref<RefCounted>(node.get());
  x.impl().output = output;
}

}  // namespace ph
