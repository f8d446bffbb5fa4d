// The engine: nodes whose gradients have all arrived are run in the order of falling sequence numbers, until none is left.
// A node's number is larger than those of the nodes its edges lead to, so the largest waiting one can never receive more.
#include "playhead/autograd/engine.h"

#include <time.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "playhead/autograd/anomaly.h"
#include "playhead/autograd/front_end.h"
#include "playhead/autograd/hooks.h"
#include "playhead/autograd/leaf.h"
#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/replay.h"

namespace ph {

namespace {

// A node that waits, with what has arrived for each of its outputs.
struct Waiting {
  Ref<Node> node;
  Tensor first;               // for output 0
  std::vector<Tensor> others; // for outputs 1, 2, …
  Tensor& at(std::uint32_t i) { return i == 0 ? first : others[i - 1]; }
};

// The waiting nodes: found by address when a gradient arrives, taken by largest sequence number.
class Queue {
 public:
  bool empty() const { return heap_.empty(); }

  Waiting& find_or_add(const Ref<Node>& node) {
    if (2 * (heap_.size() + 1) > table_.size()) grow();
    std::size_t i = home(node.get());
    for (; table_[i] != vacant; i = (i + 1) & (table_.size() - 1))
      if (slots_[table_[i]].node == node) return slots_[table_[i]];
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot].node = node;
    if (node->outputs.size() > 1) slots_[slot].others.resize(static_cast<std::size_t>(node->outputs.size() - 1));
    table_[i] = slot;
    heap_.push_back({node->sequence, slot});
    std::push_heap(heap_.begin(), heap_.end());
    return slots_[slot];
  }

  Waiting pop() {
    std::pop_heap(heap_.begin(), heap_.end());
    const std::uint32_t slot = heap_.back().slot;
    heap_.pop_back();
    Waiting w = std::move(slots_[slot]);
    slots_[slot] = {};
    free_.push_back(slot);
    erase(w.node.get(), slot);
    return w;
  }

 private:
  struct Item {
    std::uint64_t sequence;
    std::uint32_t slot;
    // Equal numbers (nodes of different threads) may run in either order; the slot makes it a fixed one.
    bool operator<(const Item& o) const { return sequence != o.sequence ? sequence < o.sequence : slot > o.slot; }
  };
  static constexpr std::uint32_t vacant = UINT32_MAX;

  std::size_t home(const Node* n) const {
    return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(n) >> 6) * 0x9e3779b97f4a7c15u >> 32) & (table_.size() - 1);
  }
  void grow() {
    table_.assign(table_.empty() ? 64 : 2 * table_.size(), vacant);
    for (const Item& item : heap_) {
      std::size_t i = home(slots_[item.slot].node.get());
      while (table_[i] != vacant) i = (i + 1) & (table_.size() - 1);
      table_[i] = item.slot;
    }
  }
  void erase(const Node* n, std::uint32_t slot) {
    const std::size_t mask = table_.size() - 1;
    std::size_t i = home(n);
    while (table_[i] != slot) i = (i + 1) & mask;
    // Linear probing without tombstones: later entries of the same run move up.
    for (std::size_t j = (i + 1) & mask; table_[j] != vacant; j = (j + 1) & mask) {
      const std::size_t h = home(slots_[table_[j]].node.get());
      if (((j - h) & mask) >= ((j - i) & mask)) {
        table_[i] = table_[j];
        i = j;
      }
    }
    table_[i] = vacant;
  }

  std::vector<Item> heap_;
  std::vector<Waiting> slots_;
  std::vector<std::uint32_t> free_, table_;
};

bool fits(const TensorImpl& g, const OutputInfo& want) {
  return g.dtype == want.dtype && g.shape == want.shape && g.device == want.device;
}

bool only_ours(const Tensor& g) {
  const TensorImpl& t = g.impl();
  return t.sole_owner() && t.contiguous && !t.node;
}

void accumulate(Tensor& into, Tensor g, bool create_graph) {
  if (!into.defined())
    into = std::move(g);
  else if (!create_graph && only_ours(into))
    into.add_(g);
  else if (!create_graph && only_ours(g))
    into = std::move(g.add_(into));
  else
    into = into + g;
}

// The nodes from which a target can be reached; only their rules have to run.
class Reachable {
 public:
  Reachable(const std::vector<Edge>& roots, const std::vector<Edge>& targets) {
    std::uint64_t lowest = UINT64_MAX;
    for (const Edge& t : targets)
      if (t.node) yes_.insert(t.node.get()), lowest = std::min(lowest, t.node->sequence);
    std::vector<const Node*> found;
    std::unordered_set<const Node*> seen;
    const auto visit = [&](const Edge& e) {
      // Below the lowest target there is nothing to find.
      if (e.node && e.node->sequence >= lowest && seen.insert(e.node.get()).second) found.push_back(e.node.get());
    };
    for (const Edge& r : roots) visit(r);
    for (std::size_t i = 0; i < found.size(); ++i)
      for (const Edge& e : found[i]->edges) visit(e);
    std::sort(found.begin(), found.end(), [](const Node* a, const Node* b) { return a->sequence < b->sequence; });
    for (const Node* n : found)
      if (std::any_of(n->edges.begin(), n->edges.end(), [&](const Edge& e) { return yes_.contains(e.node.get()); })) yes_.insert(n);
  }
  bool operator()(const Node* n) const { return yes_.contains(n); }

 private:
  std::unordered_set<const Node*> yes_;
};

class GradMode {
 public:
  explicit GradMode(bool on) : before_(detail::modes.grad) { detail::modes.grad = on; }
  ~GradMode() { detail::modes.grad = before_; }
  GradMode(const GradMode&) = delete;

 private:
  bool before_;
};

void run_hooks(Node& n, Waiting& w) {
  // Copied, because a hook may remove itself.
  for (const Node::Extras::Entry& e : std::vector<Node::Extras::Entry>(n.extras->hooks)) {
    Tensor& g = w.at(e.output);
    if (!g.defined()) continue;
    Tensor replaced = e.hook->call(g);
    if (!replaced.defined()) continue;
    const Shape& want = n.outputs[static_cast<int>(e.output)].shape;
    if (!(replaced.shape() == want))
      runtime_error("register_hook", "a hook must keep the gradient's shape; got ", replaced.shape(), ", expected ", want);
    g = std::move(replaced);
  }
  for (auto& [output, kept] : n.extras->retained)
    if (w.at(output).defined()) kept = kept.defined() ? kept + w.at(output) : w.at(output);
}

// Lets the user stop a long pass, at no cost to a short one: the clock is read at every sixteenth node and at those whose work takes longer
// than that. The coarse clock only looks at what the kernel noted at its last tick.
class Interruption {
 public:
  void check(const Tensor& g) {
    if (++nodes_ % 16 != 0 && (!g.defined() || g.numel() < 1 << 14)) return;
    if (!detail::front_end.check_interrupt) return;
    const std::int64_t t = milliseconds();
    if (t < next_) return;
    if (next_ > 0) detail::front_end.check_interrupt();
    next_ = t + 50;
  }

 private:
  static std::int64_t milliseconds() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec * std::int64_t{1000} + t.tv_nsec / 1000000;
  }
  std::int64_t next_ = 0;
  std::uint32_t nodes_ = 0;
};

// Enters a node for one run; leaves it even when the rule throws.
class Visit {
 public:
  Visit(Node& n, bool keep) : node_(n), keep_(keep) { n.enter(keep); }
  ~Visit() { node_.leave(keep_); }

 private:
  Node& node_;
  bool keep_;
};

}  // namespace

namespace detail {

Tensor settle_gradient(Tensor r, const OutputInfo& want, const Node& from) {
  if (!(r.shape() == want.shape)) {
    bool fits = from.sums_to_input && r.ndim() >= want.shape.size();
    Shape over;
    const int lead = r.ndim() - want.shape.size();
    for (int i = 0; fits && i < r.ndim(); ++i) {
      if (i < lead)
        over.push_back(i);
      else if (want.shape[i - lead] != r.shape()[i]) {
        fits = want.shape[i - lead] == 1;
        over.push_back(i);
      }
    }
    if (!fits) runtime_error(from.name, "its backward returned a gradient of the wrong shape; got ", r.shape(), ", expected ", want.shape);
    r = sum(r, over, true).reshape(want.shape);
  }
  if (r.dtype() != want.dtype) {
    if (is_complex(r.dtype()) && !is_complex(want.dtype)) r = real(r);
    if (r.dtype() != want.dtype) r = r.to(want.dtype);
  }
  if (r.device() != want.device) r = r.to(want.device);
  return r;
}

std::vector<Tensor> replay(const std::vector<Edge>& roots, const std::vector<Tensor>& gradients, const Replay& how) {
  const bool keep = how.retain_graph || how.create_graph;
  const GradMode mode(how.create_graph);
  std::vector<Tensor> caught(how.targets ? how.targets->size() : 0);
  std::unordered_map<const Node*, std::vector<std::size_t>> catches;
  if (how.targets)
    for (std::size_t i = 0; i < how.targets->size(); ++i)
      if (const Edge& t = (*how.targets)[i]; t.node) catches[t.node.get()].push_back(i);
  const Reachable reachable = how.targets ? Reachable(roots, *how.targets) : Reachable({}, {});

  Queue queue;
  for (std::size_t i = 0; i < roots.size(); ++i)
    accumulate(queue.find_or_add(roots[i].node).at(roots[i].output), gradients[i], how.create_graph);

  Small<Tensor, 4> results;
  Small<bool, 4> wanted;
  std::vector<Tensor> incoming;
  Interruption interruption;
  while (!queue.empty()) {
    Waiting w = queue.pop();
    interruption.check(w.first);
    Node& n = *w.node;
    if (n.extras) run_hooks(n, w);
    if (how.targets) {
      const auto c = catches.find(&n);
      if (c != catches.end())
        for (const std::size_t i : c->second) caught[i] = w.at((*how.targets)[i].output);
      if (n.is_leaf || (how.stop_at_targets && c != catches.end())) continue;
    }
    const int edges = n.edges.size();
    bool any = n.is_leaf;
    wanted.reset(edges);
    for (int i = 0; i < edges; ++i) {
      Node* to = n.edges[i].node.get();
      wanted[i] = to && (!how.targets || reachable(to));
      any |= wanted[i];
    }
    if (!any) continue;

    results.reset(edges);
    Tensor* g = &w.first;
    if (!w.others.empty()) {
      incoming.push_back(std::move(w.first));
      for (Tensor& other : w.others) incoming.push_back(std::move(other));
      g = incoming.data();
    }
    Backward d(n, g, results.data(), how.create_graph, wanted.data());
    {
      const Visit visit(n, keep);
      if (modes.anomaly) backward_watched(n, d);
      else n.backward(d);
    }
    if (modes.anomaly) check_for_nan(n, results.data(), edges);
    // What came in is not needed any more; freeing it here lets an accumulation below reuse its memory.
    incoming.clear();
    w.first = {};
    for (int i = 0; i < edges; ++i) {
      Tensor result = std::move(results[i]);
      if (!wanted[i] || !result.defined()) continue;
      const Edge& e = n.edges[i];
      const OutputInfo& want = e.node->outputs[static_cast<int>(e.output)];
      if (!fits(result.impl(), want)) result = settle_gradient(std::move(result), want, n);
      accumulate(queue.find_or_add(e.node).at(e.output), std::move(result), how.create_graph);
    }
  }
  return caught;
}

namespace {

// The edges of `outputs` and the gradients to start from, checked.
void prepare(const char* op, const std::vector<Tensor>& outputs, const std::vector<Tensor>& gradients, std::vector<Edge>& roots,
             std::vector<Tensor>& start) {
  if (!gradients.empty() && gradients.size() != outputs.size())
    value_error(op, "needs one gradient per output; got ", static_cast<std::int64_t>(gradients.size()), " for ",
                static_cast<std::int64_t>(outputs.size()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& y = outputs[i];
    if (!y.requires_grad())
      runtime_error(op, "the output needs no gradient; got shape=", y.shape(), ". No input of it requires one, or it was made under no_grad");
    if (i < gradients.size() && gradients[i].defined()) {
      const Tensor& g = gradients[i];
      if (!(g.shape() == y.shape())) value_error(op, "the gradient must have the output's shape; got ", g.shape(), ", expected ", y.shape());
      start.push_back(g.dtype() == y.dtype() ? g : g.to(y.dtype()));
    } else {
      if (y.numel() != 1)
        value_error(op, "needs a one-element tensor; got shape=", y.shape(), ". Pass a gradient of that shape");
      start.push_back(ones(y.shape(), {.dtype = y.dtype(), .device = y.device()}));
    }
    roots.push_back(gradient_edge(y));
  }
}

}  // namespace
}  // namespace detail

void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& gradients, bool retain_graph, bool create_graph) {
  std::vector<Edge> roots;
  std::vector<Tensor> start;
  detail::prepare("backward", outputs, gradients, roots, start);
  detail::replay(roots, start, {retain_graph, create_graph, nullptr});
}

void backward(const Tensor& output) { backward(std::vector<Tensor>{output}); }
void backward(const Tensor& output, const Tensor& gradient) { backward(std::vector<Tensor>{output}, {gradient}); }

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const GradOptions& options) {
  std::vector<Edge> roots, targets;
  std::vector<Tensor> start;
  detail::prepare("grad", outputs, options.gradients, roots, start);
  for (const Tensor& x : inputs) {
    if (!x.requires_grad() && !options.allow_unused)
      runtime_error("grad", "an input requires no gradient; got shape=", x.shape(), ". Call x.requires_grad_() or pass allow_unused");
    targets.push_back(x.requires_grad() ? gradient_edge(x) : Edge{});
  }
  std::vector<Tensor> gs = detail::replay(roots, start, {options.retain_graph, options.create_graph, &targets});
  if (!options.allow_unused)
    for (std::size_t i = 0; i < gs.size(); ++i)
      if (!gs[i].defined())
        runtime_error("grad", "an input was not used by the outputs; got number ", static_cast<std::int64_t>(i), ", shape=", inputs[i].shape(),
                      ". Pass allow_unused if it may be left out");
  return gs;
}

Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options) {
  return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, options)[0];
}

}  // namespace ph
