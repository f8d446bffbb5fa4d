// Forward passes and initial values of the normalisation modules.
#include "playhead/nn/norm.h"

#include "playhead/autograd/mode.h"
#include "playhead/autograd/ops.h"

namespace ph::nn {

namespace {

template <class M, class O>
void make_channels(const char* op, M& m, std::int64_t channels, const O& o, bool track) {
  if (channels < 0) value_error(op, "sizes must not be negative; got channels=", channels);
  if (o.affine) m.weight = Parameter(ones({channels}, {.dtype = o.dtype})), m.bias = Parameter(zeros({channels}, {.dtype = o.dtype}));
  if (!track) return;
  m.running_mean = Buffer(zeros({channels}, {.dtype = o.dtype})), m.running_var = Buffer(ones({channels}, {.dtype = o.dtype}));
  m.num_batches_tracked = Buffer(zeros({}, {.dtype = int64}));
}

}  // namespace

BatchNorm::BatchNorm(std::int64_t channels, const BatchNormOptions& o, int least_rank, int most_rank)
    : eps(o.eps), momentum(o.momentum), least_rank_(least_rank), most_rank_(most_rank) {
  make_channels("BatchNorm", *this, channels, o, o.track_running_stats);
}

Tensor BatchNorm::forward(const Tensor& x) {
  if (x.ndim() < least_rank_ || x.ndim() > most_rank_)
    value_error(type_name(), "x must have ", least_rank_, least_rank_ < most_rank_ ? " or 3" : "", " dimensions; got shape=", x.shape());
  const bool track = running_mean.defined(), own = training || !track;
  double share = momentum;
  if (training && track) {
    const no_grad guard;
    num_batches_tracked.add_(1);
    if (momentum < 0) share = 1 / static_cast<double>(num_batches_tracked.item<std::int64_t>());
  }
  ChannelNormOptions o{.weight = weight, .bias = bias, .momentum = share, .eps = eps};
  if (!own || track) o.running_mean = running_mean, o.running_var = running_var;
  return batch_norm(x, own, o);
}

InstanceNorm::InstanceNorm(std::int64_t channels, const InstanceNormOptions& o, int rank) : eps(o.eps), momentum(o.momentum), rank_(rank) {
  make_channels("InstanceNorm", *this, channels, o, o.track_running_stats);
}

Tensor InstanceNorm::forward(const Tensor& x) {
  if (x.ndim() != rank_ && x.ndim() != rank_ - 1) value_error(type_name(), "x must have ", rank_ - 1, " or ", rank_, " dimensions; got shape=", x.shape());
  const ChannelNormOptions o{.running_mean = running_mean, .running_var = running_var, .weight = weight, .bias = bias, .momentum = momentum, .eps = eps};
  const bool own = training || !running_mean.defined();
  return x.ndim() == rank_ ? instance_norm(x, o, own) : instance_norm(x.unsqueeze(0), o, own).squeeze(0);
}

GroupNorm::GroupNorm(std::int64_t groups_, std::int64_t channels, const GroupNormOptions& o) : groups(groups_), eps(o.eps) {
  if (channels < 0 || groups < 1 || channels % groups != 0)
    value_error("GroupNorm", "num_groups must divide the channels; got num_groups=", groups, ", num_channels=", channels);
  if (o.affine) weight = Parameter(ones({channels}, {.dtype = o.dtype})), bias = Parameter(zeros({channels}, {.dtype = o.dtype}));
}
Tensor GroupNorm::forward(const Tensor& x) { return group_norm(x, groups, weight, bias, eps); }

Tensor LocalResponseNorm::forward(const Tensor& x) { return local_response_norm(x, size, alpha, beta, k); }

}  // namespace ph::nn
