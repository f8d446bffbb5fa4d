// Pictures of the tape.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// The tape behind `outputs` in Graphviz's DOT language: ops as boxes (name, shape of each output), leaves as ellipses.
/// `names` labels tensors, parameters for example. Render with `dot -Tsvg`.
std::string to_dot(const std::vector<Tensor>& outputs, const std::vector<std::pair<std::string, Tensor>>& names = {});

}  // namespace ph
