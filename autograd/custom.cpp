// How user-defined functions are put on the tape and replayed.
#include "playhead/autograd/custom.h"

#include "playhead/autograd/ops.h"
#include "playhead/autograd/replay.h"

namespace ph {

void FunctionNode::attach(Ref<FunctionNode> node, const char* name, const std::vector<Input>& inputs, std::vector<Tensor>& outputs) {
  Context& ctx = node->context;
  const auto is_input = [&](const Tensor& x) {
    for (const Input& in : inputs)
      if (in.tensor->is_same(x)) return true;
    return false;
  };
  // An output that is an input as it was given, or a view of one, must not take the input's place on the tape with it.
  for (Tensor& y : outputs)
    if (is_input(y) || (y.defined() && y.impl().base)) {
      for (Tensor& kept : ctx.kept_)
        if (kept.is_same(y) && !is_input(y)) kept = y.detach();
      y = y.detach();
    }
  for (const Tensor& x : ctx.kept_) {
    int output = -1;
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (outputs[i].is_same(x)) output = static_cast<int>(i);
    ctx.intermediate_.push_back(output < 0 && !is_input(x) && x.defined() && is_differentiable(x.dtype()));
    ctx.saved_.push_back(output >= 0 ? Saved::output(x, output) : Saved(x));
  }
  ctx.kept_.clear();
  std::vector<Tensor*> ys;
  for (Tensor& y : outputs) ys.push_back(&y);
  node->sums_to_input = false;
  const int n = static_cast<int>(ys.size());
  detail::attach(Ref<Node>(std::move(node)), name, inputs.data(), static_cast<int>(inputs.size()), ys.data(), n);
}

void FunctionNode::backward(Backward& d) {
  std::vector<Tensor> gradients;
  for (int i = 0; i < outputs.size(); ++i) gradients.push_back(d.g_or_zeros(i));
  context.pass_ = &d;
  std::vector<Tensor> results = run(context, gradients);
  if (static_cast<int>(results.size()) != edges.size())
    runtime_error(name, "its backward must return one gradient per tensor argument; got ", static_cast<std::int64_t>(results.size()),
                  ", expected ", edges.size());
  for (int i = 0; i < edges.size(); ++i) d[i] = std::move(results[static_cast<std::size_t>(i)]);
}

Tensor Context::saved(int i) const {
  if (i < 0 || i >= static_cast<int>(saved_.size()))
    index_error("saved", "no such saved tensor; got ", i, " of ", static_cast<std::int64_t>(saved_.size()));
  const auto k = static_cast<std::size_t>(i);
  Tensor x = saved_[k](*pass_);
  if (!intermediate_[k] || !pass_->create_graph()) return x;
  // Only a gradient that flows back into it is wrong, so that is where the error waits; with the edges of the function
  // itself, so that no search for an input passes it by.
  class Barrier final : public Node {
    void backward(Backward&) override {
      runtime_error(name, "cannot be differentiated twice: its backward uses a saved tensor that is neither an input nor an output. "
                          "Return it from forward as an output, or compute it again in backward");
    }
  };
  Tensor barrier = detail::make_alias(x);
  const Node& function = pass_->node();
  detail::attach_edges(Ref<Node>::adopt(new Barrier), function.name, {function.edges.begin(), function.edges.end()}, barrier);
  return barrier;
}

}  // namespace ph
