// to_string(Tensor): the values, then what they do not show of the tensor.
#include "playhead/tensor/print.h"

#include "playhead/autograd/leaf.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/error.h"

namespace ph {

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "undefined";
  std::string s = detail::array_text(x);
  const DType t = x.dtype();
  const bool implied = t == default_dtype() || t == int64 || t == bool_ || t == complex_dtype(default_dtype());
  if ((x.numel() == 0 && !(x.shape() == Shape{0})) || x.numel() > print_options().threshold) s += ", shape=" + to_string(x.shape());
  if (!implied || x.numel() == 0) s += text(", dtype=", t);
  if (x.device() != default_device()) s += text(", device=", x.device());
  if (x.requires_grad()) s += leaf_node(x) ? ", requires_grad=true" : text(", grad_fn=", gradient_edge(x).node->name);
  return s;
}

}  // namespace ph
