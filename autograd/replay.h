// The engine's one entry, behind backward(), grad() and checkpoint(). Not for users.
#pragma once
#include <vector>

#include "playhead/autograd/node.h"

namespace ph::detail {

struct Replay {
  bool retain_graph = false;
  bool create_graph = false;
  /// Where to stop and hand the gradient back; null to run through to the leaves and add to their gradients.
  const std::vector<Edge>* targets = nullptr;
  /// Whether a target's own rule is left alone even when another target lies behind it.
  bool stop_at_targets = false;
};

/// Replays the tape from `roots`, each starting with the gradient beside it. Returns one gradient per target,
/// undefined where none arrived.
std::vector<Tensor> replay(const std::vector<Edge>& roots, const std::vector<Tensor>& gradients, const Replay& how);

/// `r` as a gradient for `want`: summed over broadcast dimensions, cast, moved. `from` is the node whose rule made it.
Tensor settle_gradient(Tensor r, const OutputInfo& want, const Node& from);

/// The number of the newest node that this thread has seen; nodes recorded from now on have larger ones.
std::uint64_t current_sequence();
/// Like `attach`, for a node whose edges are known.
void attach_edges(Ref<Node> node, const char* name, const std::vector<Edge>& edges, Tensor& y);

}  // namespace ph::detail
