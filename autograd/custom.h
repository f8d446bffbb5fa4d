// User-defined functions with a backward of their own:
//
//   struct Cube : ph::Function<Cube> {
//     static Tensor forward(ph::Context& ctx, const Tensor& x) { ctx.save_for_backward({x}); return x * x * x; }
//     static std::vector<Tensor> backward(ph::Context& ctx, const Tensor& g) { return {g * 3 * ctx.saved(0) * ctx.saved(0)}; }
//   };
//   Tensor y = Cube::apply(x);
//
// `forward` runs unrecorded. `backward` gets one gradient per output (zeros where none arrived) and returns one gradient per
// tensor argument, undefined for "none"; written in ops, it can be differentiated again.
#pragma once
#include <utility>
#include <vector>

#include "playhead/autograd/record.h"

namespace PH_PUBLIC ph {

/// What a function keeps from forward to backward.
class Context {
 public:
  /// Tensors that backward needs. Inputs and outputs of the function are known to the tape; anything else is an
  /// intermediate, through which a second derivative would be lost: differentiating through it is an error.
  void save_for_backward(std::vector<Tensor> xs) { kept_ = std::move(xs); }
  /// The i-th of them; throws if it was changed in place since.
  Tensor saved(int i) const;
  /// Whether the i-th tensor argument wants a gradient.
  bool needs_input_grad(int i) const { return !pass_ || pass_->needs(i); }

 private:
  template <class> friend class Function;
  friend class FunctionNode;
  std::vector<Tensor> kept_;   // between forward and apply
  std::vector<Saved> saved_;
  std::vector<bool> intermediate_;
  const Backward* pass_ = nullptr;
};

/// The node of a function; the templates below only fill in what depends on its type.
class FunctionNode : public Node {
 public:
  Context context;
  void backward(Backward& d) final;
  void release_saved() noexcept final { context.saved_.clear(); }
  /// Turns context's tensors into saved ones and records the outputs.
  static void attach(Ref<FunctionNode> node, const char* name, const std::vector<Input>& inputs, std::vector<Tensor>& outputs);

 protected:
  virtual std::vector<Tensor> run(Context& ctx, const std::vector<Tensor>& gradients) = 0;
};

template <class Derived>
class Function {
 public:
  /// Runs forward and records it. `args`: Tensors, and anything else, in the order that forward takes them.
  template <class... Args>
  static auto apply(const Args&... args) {
    std::vector<Input> inputs;
    (collect(inputs, args), ...);
    Ref<TypedNode> node = Ref<TypedNode>::adopt(new TypedNode);
    bool record = detail::modes.grad, any = false;
    for (const Input& in : inputs) any |= detail::wants_grad(*in.tensor);
    auto result = [&] {
      no_grad guard;
      return Derived::forward(node->context, args...);
    }();
    if constexpr (__is_same(decltype(result), Tensor)) {
      std::vector<Tensor> outputs{result};
      if (record && any) FunctionNode::attach(std::move(node), op_name(), inputs, outputs);
      return outputs[0];
    } else {
      if (record && any) FunctionNode::attach(std::move(node), op_name(), inputs, result);
      return result;
    }
  }

 private:
  struct TypedNode final : FunctionNode {
    std::vector<Tensor> run(Context& ctx, const std::vector<Tensor>& g) override {
      if constexpr (requires { Derived::backward(ctx, g[0]); })
        return Derived::backward(ctx, g[0]);
      else
        return Derived::backward(ctx, g);
    }
  };
  static const char* op_name() {
    if constexpr (requires { Derived::name; })
      return Derived::name;
    else
      return "Function";
  }
  static void collect(std::vector<Input>& in, const Tensor& x) { in.push_back(x); }
  static void collect(std::vector<Input>& in, const std::vector<Tensor>& xs) { in.insert(in.end(), xs.begin(), xs.end()); }
  template <class T> static void collect(std::vector<Input>&, const T&) {}
};

}  // namespace ph
