// Replaying the tape: backward and grad.
#pragma once
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// Adds d(sum of y·gradient)/d(leaf) to the gradient of every leaf that the `outputs` were made from.
/// `gradients`: one per output, of its shape; may be left out (or undefined) for one-element outputs.
/// Throws a runtime error if an output needs no gradient, or if the graph was freed by an earlier pass without `retain_graph`.
void backward(const std::vector<Tensor>& outputs, const std::vector<Tensor>& gradients = {}, bool retain_graph = false,
              bool create_graph = false);
void backward(const Tensor& output);
void backward(const Tensor& output, const Tensor& gradient);

struct GradOptions {
  std::vector<Tensor> gradients = {};  ///< cotangents of the outputs; ones for one-element outputs
  bool retain_graph = false;           ///< keep the graph for another pass; implied by create_graph
  bool create_graph = false;           ///< record the pass, for higher derivatives
  bool allow_unused = false;           ///< undefined instead of an error for inputs that no output depends on
};
/// d(sum of outputs·gradients)/d(inputs), leaving every leaf's gradient alone.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const GradOptions& options = {});
/// The same for one output and one input.
Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options = {});

}  // namespace ph
