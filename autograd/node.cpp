// What a node is made of, how it joins the tape, and how it dies.
#include "playhead/autograd/node.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "playhead/autograd/anomaly.h"
#include "playhead/autograd/checkpoint.h"
#include "playhead/autograd/hooks.h"
#include "playhead/autograd/leaf.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/replay.h"

namespace ph {

namespace {
// A clock per thread, advanced past every node that is seen, gives sequence numbers that grow along every edge
// without any thread waiting for another.
thread_local constinit std::uint64_t clock __attribute__((tls_model("initial-exec"))) = 0;

// Saved tensors made since the last node was attached: they belong to the next one. A rule is a lambda, which cannot be asked.
thread_local constinit std::uint32_t saved_since __attribute__((tls_model("initial-exec"))) = 0;

thread_local constinit Node* dead __attribute__((tls_model("initial-exec"))) = nullptr;
thread_local constinit bool burying __attribute__((tls_model("initial-exec"))) = false;
}  // namespace

// Note [Deep graphs]: freeing a node frees its edges and saved tensors, which may free further nodes, and so on for a
// million of them. A dying node is therefore only queued; the first one on the stack frees them all in a loop.
struct Burial {
  static void run() noexcept {
    while (Node* n = dead) {
      dead = n->next_dead_;
      delete n;
    }
  }
};

void Node::destroy() noexcept {
  next_dead_ = dead;
  dead = this;
  if (burying) return;
  burying = true;
  Burial::run();
  burying = false;
}

Node::~Node() { delete extras; }

Node::Extras& Node::more() {
  if (!extras) extras = new Extras;
  return *extras;
}

void Node::enter(bool keep) {
  if (!frees) return;
  std::int32_t n = users_.load(std::memory_order_acquire);
  for (;;) {
    if (n < 0)
      runtime_error("backward", "the graph was freed by an earlier pass; got op=", name,
                    ". Keep it in the first one (retain_graph)");
    if (!keep && n > 0) {  // another thread replays it now; its saved tensors must outlive that
      std::this_thread::yield();
      n = users_.load(std::memory_order_acquire);
    } else if (users_.compare_exchange_weak(n, keep ? n + 1 : -1, std::memory_order_acq_rel)) {
      return;
    }
  }
}

void Node::leave(bool keep) noexcept {
  if (!frees) return;
  if (keep)
    users_.fetch_sub(1, std::memory_order_acq_rel);
  else
    release_saved();
}

Tensor Backward::g_or_zeros(int i) const {
  if (gradients_[i].defined()) return gradients_[i];
  const OutputInfo& o = node_.outputs[i];
  return zeros(o.shape, {.dtype = o.dtype, .device = o.device});
}

// --- recording -----------------------------------------------------------------------------------------------------

namespace detail {

bool any_wants_grad(const std::vector<Tensor>& xs) {
  return std::any_of(xs.begin(), xs.end(), [](const Tensor& x) { return wants_grad(x); });
}

namespace {
// The last part of joining the tape, once the edges are there: number, outputs, call site.
void finish_attach(const Ref<Node>& node, const char* name, Tensor* const* outputs, int n_outputs) {
  Node& n = *node;
  n.name = name;
  std::uint64_t sequence = clock;
  for (const Edge& e : n.edges)
    if (e.node) sequence = std::max(sequence, e.node->sequence);
  n.sequence = clock = sequence + 1;
  n.frees |= std::exchange(saved_since, 0) != 0;
  n.outputs.reset(n_outputs);
  for (int i = 0; i < n_outputs; ++i) {
    const Tensor& y = *outputs[i];
    if (!y.defined()) continue;
    n.outputs[i].shape = y.shape();
    n.outputs[i].dtype = y.dtype();
    n.outputs[i].device = y.device();
    if (is_differentiable(y.dtype())) set_edge(y, node, static_cast<std::uint32_t>(i));
  }
  if (modes.anomaly) remember_call_site(n);
}
}  // namespace

void attach(Ref<Node> node, const char* name, const Input* inputs, int n_inputs, Tensor* const* outputs, int n_outputs) {
  node->edges.reset(n_inputs);
  for (int i = 0; i < n_inputs; ++i) {
    const Tensor& x = *inputs[i].tensor;
    if (!x.defined()) continue;
    if (x.impl().inference) runtime_error(name, "a tensor made in inference mode cannot be recorded; got shape=", x.shape(), ". Clone it outside");
    if (x.requires_grad()) node->edges[i] = gradient_edge(x);
  }
  finish_attach(node, name, outputs, n_outputs);
}

void attach_edges(Ref<Node> node, const char* name, const std::vector<Edge>& edges, Tensor& y) {
  node->edges.reset(static_cast<int>(edges.size()));
  std::copy(edges.begin(), edges.end(), node->edges.begin());
  Tensor* out[] = {&y};
  finish_attach(node, name, out, 1);
}

std::uint64_t current_sequence() { return clock; }

void advance_sequence(const Tensor& x) {
  if (x.defined() && x.requires_grad()) clock = std::max(clock, gradient_edge(x).node->sequence);
}

}  // namespace detail

// --- saved tensors -------------------------------------------------------------------------------------------------

Saved::Saved(const Tensor& x) : tensor_(x) {
  if (!x.defined()) return;
  version_ = x.version();
  ++saved_since;
}

Saved Saved::output(const Tensor& y, int index) {
  Saved s;
  s.tensor_ = detail::make_alias(y);
  s.version_ = y.version();
  s.output_ = index;
  ++saved_since;
  return s;
}

const Tensor& Saved::unrecorded(const Backward& d) const {
  if (tensor_.defined() && tensor_.version() != version_)
    runtime_error(d.node().name, "saved tensor was changed in place after it was recorded; got shape=", tensor_.shape(), ", version ",
                  tensor_.version(), ", saved at ", version_, ". Clone it before the change");
  return tensor_;
}

Tensor Saved::operator()(const Backward& d) const {
  const Tensor& x = unrecorded(d);
  if (output_ < 0 || !x.defined() || !d.create_graph()) return x;
  Tensor y = detail::make_alias(x);
  set_edge(y, Ref<Node>(&d.node()), static_cast<std::uint32_t>(output_));
  return y;
}

// --- leaves --------------------------------------------------------------------------------------------------------

class LeafNode::Lock {
 public:
  explicit Lock(std::atomic_flag& f) : flag_(f) {
    while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  ~Lock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& flag_;
};

LeafNode::LeafNode(const Tensor& x) {
  name = "leaf";
  is_leaf = true;
  outputs.reset(1);
  outputs[0] = {x.shape(), x.dtype(), x.device()};
}

LeafNode* leaf_node(const Tensor& x) {
  auto* n = static_cast<Node*>(x.impl().node.get());
  return n && n->is_leaf ? static_cast<LeafNode*>(n) : nullptr;
}

void LeafNode::backward(Backward& d) {
  const Tensor& g = d.g();
  {
    Lock lock(busy_);
    const TensorImpl& t = g.impl();
    if (!grad_.defined()) {
      // A gradient that nobody else holds becomes ours; any other could be changed behind our back.
      const bool ours = t.sole_owner() && t.contiguous;
      grad_ = d.create_graph() || ours ? g : g.clone();
    } else if (d.create_graph() || grad_.requires_grad()) {
      grad_ = grad_ + g;
    } else {
      grad_.add_(g);
    }
  }
  if (!extras) return;
  for (const Extras::Entry& e : std::vector<Extras::Entry>(extras->post_accumulate)) {
    const Tensor x = detail::make_alias(extras->leaf_alias);
    set_edge(x, Ref<Node>(this), 0);
    no_grad guard;
    e.hook->call(x);
  }
}

Tensor LeafNode::grad() const {
  Lock lock(busy_);
  return grad_;
}

void LeafNode::set_grad(Tensor g) {
  Lock lock(busy_);
  std::swap(grad_, g);
}

// --- hooks ---------------------------------------------------------------------------------------------------------

HookHandle detail::add_hook(const Tensor& x, Ref<Hook> hook, bool after_accumulation) {
  static std::atomic<std::uint64_t> next_id{0};
  const char* op = after_accumulation ? "register_post_accumulate_grad_hook" : "register_hook";
  if (!x.requires_grad()) runtime_error(op, "the tensor needs no gradient; got shape=", x.shape(), ". Call x.requires_grad_()");
  const Edge edge = gradient_edge(x);
  if (after_accumulation && !leaf_node(x)) runtime_error(op, "the tensor must be a leaf; got the result of ", edge.node->name);
  const std::uint64_t id = ++next_id;
  Node::Extras& extras = edge.node->more();
  (after_accumulation ? extras.post_accumulate : extras.hooks).push_back({id, edge.output, std::move(hook)});
  if (after_accumulation && !extras.leaf_alias.defined()) extras.leaf_alias = make_alias(x);
  return {edge.node, id};
}

void HookHandle::remove() {
  if (!node_ || !node_->extras) return;
  for (auto* list : {&node_->extras->hooks, &node_->extras->post_accumulate})
    list->erase(std::remove_if(list->begin(), list->end(), [&](const Node::Extras::Entry& e) { return e.id == id_; }), list->end());
  node_.reset();
}

}  // namespace ph
