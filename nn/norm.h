// Normalisation over channels as modules. Parameters, buffers, their names and their initial values are PyTorch's. LayerNorm and
// RMSNorm are in layers.h.
#pragma once
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

struct BatchNormOptions {
  double eps = 1e-5;
  double momentum = 0.1;  ///< share of a batch in the running statistics; negative: they are the average of all batches
  bool affine = true;
  bool track_running_stats = true;  ///< otherwise batches are normalised by their own statistics in eval mode too
  DType dtype = default_dtype();
};
/// What BatchNorm1d, 2d and 3d have in common: the op batch_norm. num_batches_tracked is int64.
struct BatchNorm : Module {
  Tensor forward(const Tensor& x) override;
  double eps, momentum;
  Parameter weight, bias;
  Buffer running_mean, running_var, num_batches_tracked;
  PH_MODULE(BatchNorm, weight, bias, running_mean, running_var, num_batches_tracked)

 protected:
  BatchNorm(std::int64_t channels, const BatchNormOptions& options, int least_rank, int most_rank);
  int least_rank_, most_rank_;
};
#define PH_BATCH_NORM(Type, least, most)                                                                                    \
  struct Type : BatchNorm {                                                                                                 \
    explicit Type(std::int64_t channels, const BatchNormOptions& options = {}) : BatchNorm(channels, options, least, most) {} \
    PH_MODULE(Type, weight, bias, running_mean, running_var, num_batches_tracked)                                           \
  };
/// x: [n, c] or [n, c, l]; [n, c, h, w]; [n, c, d, h, w].
PH_BATCH_NORM(BatchNorm1d, 2, 3)
PH_BATCH_NORM(BatchNorm2d, 4, 4)
PH_BATCH_NORM(BatchNorm3d, 5, 5)
#undef PH_BATCH_NORM

struct InstanceNormOptions {
  double eps = 1e-5;
  double momentum = 0.1;
  bool affine = false;
  bool track_running_stats = false;  ///< then they are what eval mode normalises by
  DType dtype = default_dtype();
};
/// What InstanceNorm1d, 2d and 3d have in common: the op instance_norm. The batch dim may be left out.
struct InstanceNorm : Module {
  Tensor forward(const Tensor& x) override;
  double eps, momentum;
  Parameter weight, bias;
  Buffer running_mean, running_var, num_batches_tracked;
  PH_MODULE(InstanceNorm, weight, bias, running_mean, running_var, num_batches_tracked)

 protected:
  InstanceNorm(std::int64_t channels, const InstanceNormOptions& options, int rank);
  int rank_;  // with the batch
};
#define PH_INSTANCE_NORM(Type, rank)                                                                                     \
  struct Type : InstanceNorm {                                                                                           \
    explicit Type(std::int64_t channels, const InstanceNormOptions& options = {}) : InstanceNorm(channels, options, rank) {} \
    PH_MODULE(Type, weight, bias, running_mean, running_var, num_batches_tracked)                                        \
  };
PH_INSTANCE_NORM(InstanceNorm1d, 3)
PH_INSTANCE_NORM(InstanceNorm2d, 4)
PH_INSTANCE_NORM(InstanceNorm3d, 5)
#undef PH_INSTANCE_NORM

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;
  DType dtype = default_dtype();
};
/// Over the channels of each of `groups` groups, and the pixels. x: [n, c, …].
struct GroupNorm : Module {
  GroupNorm(std::int64_t groups, std::int64_t channels, const GroupNormOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::int64_t groups;
  double eps;
  Parameter weight, bias;
  PH_MODULE(GroupNorm, weight, bias)
};

/// Over neighbouring channels. x: [n, c, size…].
struct LocalResponseNorm : Module {
  explicit LocalResponseNorm(std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1) : size(size), alpha(alpha), beta(beta), k(k) {}
  Tensor forward(const Tensor& x) override;
  std::int64_t size;
  double alpha, beta, k;
  PH_MODULE(LocalResponseNorm)
};

}  // namespace nn
}  // namespace ph
