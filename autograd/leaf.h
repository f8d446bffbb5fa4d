// LeafNode: where the tape ends. It holds the gradient of a leaf tensor; the tensor itself it does not keep alive.
#pragma once
#include <atomic>

#include "playhead/autograd/node.h"

namespace PH_PUBLIC ph {

class LeafNode final : public Node {
 public:
  explicit LeafNode(const Tensor& x);
  /// Adds d.g() to the gradient. Several threads may do so at once.
  void backward(Backward& d) override;
  Tensor grad() const;
  void set_grad(Tensor g);

 private:
  class Lock;
  Tensor grad_;
  mutable std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};

/// x's leaf node, or null if x is not a leaf that requires a gradient.
LeafNode* leaf_node(const Tensor& x);

}  // namespace ph
