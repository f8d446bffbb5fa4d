// Normalisation, as functions.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {

void define_norm() {
  using I = std::int64_t;
  function("layer_norm", "x, normalized_shape, weight=None, bias=None, eps=1e-05",
           [](const Tensor& x, const Shape& shape, const MaybeTensor& w, const MaybeTensor& b, double eps) { return layer_norm(x, shape, w, b, eps); });
  function("rms_norm", "x, normalized_shape, weight=None, eps=None",
           [](const Tensor& x, const Shape& shape, const MaybeTensor& w, std::optional<double> eps) { return rms_norm(x, shape, w, eps.value_or(-1)); });
  function("normalize", "x, p=2.0, dim=1, eps=1e-12", [](const Tensor& x, double p, I dim, double eps) { return normalize(x, p, dim, eps); });
  function("batch_norm", "input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05",
           [](const Tensor& x, const MaybeTensor& m, const MaybeTensor& v, const MaybeTensor& w, const MaybeTensor& b, bool training, double momentum, double eps) {
             return batch_norm(x, training, {.running_mean = m, .running_var = v, .weight = w, .bias = b, .momentum = momentum, .eps = eps});
           });
  function("instance_norm", "input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-05",
           [](const Tensor& x, const MaybeTensor& m, const MaybeTensor& v, const MaybeTensor& w, const MaybeTensor& b, bool own, double momentum, double eps) {
             return instance_norm(x, {.running_mean = m, .running_var = v, .weight = w, .bias = b, .momentum = momentum, .eps = eps}, own);
           });
  function("group_norm", "input, num_groups, weight=None, bias=None, eps=1e-05",
           [](const Tensor& x, I groups, const MaybeTensor& w, const MaybeTensor& b, double eps) { return group_norm(x, groups, w, b, eps); });
  function("local_response_norm", "input, size, alpha=0.0001, beta=0.75, k=1.0",
           [](const Tensor& x, I size, double alpha, double beta, double k) { return local_response_norm(x, size, alpha, beta, k); });
}

}  // namespace ph::python
