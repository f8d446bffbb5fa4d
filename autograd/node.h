// Node: one recorded op. Edges lead from it to the nodes that made its inputs; the engine walks them in reverse.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/allocator.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

class Node;
struct Burial;

/// Where a gradient goes: output number `output` of `node`. A null node wants none.
struct Edge {
  Ref<Node> node;
  std::uint32_t output = 0;
};

/// What a gradient for one output of a node must look like.
struct OutputInfo {
  Shape shape;
  DType dtype = float32;
  Device device;
};

/// A vector with room for N inside: most nodes have one output and at most two inputs.
template <class T, int N>
class Small {
 public:
  Small() = default;
  Small(const Small&) = delete;
  Small& operator=(const Small&) = delete;
  ~Small() { delete[] heap_; }
  void reset(int n) {
    delete[] heap_;
    heap_ = n > N ? new T[static_cast<std::size_t>(n)] : nullptr;
    n_ = n;
  }
  int size() const noexcept { return n_; }
  T* data() noexcept { return heap_ ? heap_ : inside_; }
  const T* data() const noexcept { return heap_ ? heap_ : inside_; }
  T& operator[](int i) noexcept { return data()[i]; }
  const T& operator[](int i) const noexcept { return data()[i]; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + n_; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + n_; }

 private:
  int n_ = 0;
  T* heap_ = nullptr;
  T inside_[N];
};

/// What a derivative rule sees while the engine runs it: the gradients of the outputs come in, those of the inputs go out.
/// The rule is only the formula; the engine sums to the input's shape, casts to its dtype, accumulates, and skips.
class Backward {
 public:
  /// `wanted`: one flag per input, or null for all that have an edge.
  Backward(Node& node, Tensor* gradients, Tensor* results, bool create_graph, const bool* wanted = nullptr)
      : node_(node), gradients_(gradients), results_(results), wanted_(wanted), create_graph_(create_graph) {}

  /// Gradient of output `i`. Output 0's is always defined for nodes with one output; others may be undefined (zero).
  const Tensor& g(int i = 0) const { return gradients_[i]; }
  /// The same, with zeros in place of an undefined one.
  Tensor g_or_zeros(int i) const;
  /// Whether input `i` wants a gradient.
  inline bool needs(int i) const;
  /// The gradient of input `i`, to be assigned. Left undefined it counts as zero.
  Tensor& operator[](int i) { return results_[i]; }
  /// Shape of input `i`, which needs a gradient: rules use it instead of keeping a copy.
  inline const Shape& input_shape(int i) const;
  /// Whether this pass is itself recorded; fused kernels without a rule of their own must then not be used.
  bool create_graph() const { return create_graph_; }
  Node& node() const { return node_; }

 private:
  Node& node_;
  Tensor* gradients_;
  Tensor* results_;
  const bool* wanted_;
  bool create_graph_;
};

class Node : public RefCounted {
 public:
  const char* name = "";
  std::uint64_t sequence = 0;     ///< larger than that of every node an edge leads to
  bool sums_to_input = true;      ///< whether a gradient of a broadcast shape is summed (rules), or refused (custom functions)
  bool is_leaf = false;           ///< a LeafNode: the tape ends here
  bool frees = false;             ///< whether anything is saved, so that a pass without retain_graph uses the node up
  Small<Edge, 2> edges;           ///< one per input, null where no gradient is wanted
  Small<OutputInfo, 1> outputs;

  virtual void backward(Backward& d) = 0;
  /// Drops what was saved for backward; the node cannot run again.
  virtual void release_saved() noexcept {}

  /// Guards against one thread freeing what another still replays. Throws when the saved tensors are gone.
  void enter(bool keep);
  void leave(bool keep) noexcept;

  struct Extras;                  ///< hooks, retained gradients, call site: rare (hooks.h)
  Extras* extras = nullptr;
  Extras& more();

  static void* operator new(std::size_t n) { return allocate(n); }
  static void operator delete(void* p, std::size_t n) { deallocate(p, n); }

 protected:
  Node() = default;
  virtual ~Node();

 private:
  friend struct Burial;
  void destroy() noexcept final;  // never recursive: see Note [Deep graphs] in node.cpp
  std::atomic<std::int32_t> users_{0};  // passes that replay it now; -1 once used up
  Node* next_dead_ = nullptr;
};

inline bool Backward::needs(int i) const { return node_.edges[i].node && (!wanted_ || wanted_[i]); }
inline const Shape& Backward::input_shape(int i) const {
  const Edge& e = node_.edges[i];
  return e.node->outputs[static_cast<int>(e.output)].shape;
}

/// A tensor kept for backward, with the version it had. `Saved(x)` for an input, `Saved::output(y)` for a result of the
/// node itself (kept without its tape position, which would be a cycle). Reading it, `saved(d)`, throws if it was changed since.
class Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& x);
  static Saved output(const Tensor& y, int index = 0);
  /// The tensor, with its place on the tape where d.create_graph() needs it.
  Tensor operator()(const Backward& d) const;
  /// The same without its place on the tape, and without a new handle; for fused kernels.
  const Tensor& unrecorded(const Backward& d) const;
  bool defined() const { return tensor_.defined(); }

 private:
  Tensor tensor_;
  std::uint32_t version_ = 0;
  std::int32_t output_ = -1;
};

}  // namespace ph
