// The segment is first run recorded, to learn at which nodes it hangs on the rest of the tape; then that recording is
// dropped, and one node with exactly those edges takes its place. Its backward records the segment again and replays it.
#include "playhead/autograd/checkpoint.h"

#include <unordered_set>

#include "playhead/autograd/replay.h"
#include "playhead/tensor/random.h"

namespace ph::detail {

namespace {

// The edges that lead from nodes younger than `start` to older ones, each once.
std::vector<Edge> boundary(const Edge& root, std::uint64_t start) {
  std::vector<Edge> found;
  std::vector<const Node*> stack;
  std::unordered_set<const Node*> seen;
  const auto visit = [&](const Edge& e) {
    if (!e.node) return;
    if (e.node->sequence > start) {
      if (seen.insert(e.node.get()).second) stack.push_back(e.node.get());
      return;
    }
    for (const Edge& f : found)
      if (f.node == e.node && f.output == e.output) return;
    found.push_back(e);
  };
  visit(root);
  while (!stack.empty()) {
    const Node* n = stack.back();
    stack.pop_back();
    for (const Edge& e : n->edges) visit(e);
  }
  return found;
}

// Runs again with the random state of the first time, and leaves the present one as it was.
class SameRandomState {
 public:
  explicit SameRandomState(const GeneratorState& then) : now_(default_generator().state()) { default_generator().set_state(then); }
  ~SameRandomState() { default_generator().set_state(now_); }

 private:
  GeneratorState now_;
};

class CheckpointNode final : public Node {
 public:
  CheckpointNode(Ref<Segment> segment, const GeneratorState& state) : segment_(std::move(segment)), state_(state) { frees = true; }
  void backward(Backward& d) override {
    Tensor y;
    {
      const enable_grad guard;
      const SameRandomState same(state_);
      y = segment_->run();
    }
    std::vector<Edge> targets;
    for (int i = 0; i < edges.size(); ++i) targets.push_back(d.needs(i) ? edges[i] : Edge{});
    std::vector<Tensor> gs = replay({gradient_edge(y)}, {d.g()}, {false, d.create_graph(), &targets, true});
    for (int i = 0; i < edges.size(); ++i) d[i] = std::move(gs[static_cast<std::size_t>(i)]);
  }
  void release_saved() noexcept override { segment_.reset(); }

 private:
  Ref<Segment> segment_;
  GeneratorState state_;
};

}  // namespace

Tensor checkpoint(Ref<Segment> segment) {
  if (!modes.grad) return segment->run();
  const GeneratorState state = default_generator().state();
  const std::uint64_t start = current_sequence();
  Tensor y = segment->run();
  if (!y.requires_grad()) return y;
  const Edge root = gradient_edge(y);
  if (root.node->sequence <= start) return y;  // f returned an input as it was
  const std::vector<Edge> edges = boundary(root, start);
  y = y.detach();
  attach_edges(Ref<Node>::adopt(new CheckpointNode(std::move(segment), state)), "checkpoint", edges, y);
  return y;
}

}  // namespace ph::detail
