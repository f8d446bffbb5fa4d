// What the files of ops_loss.h share. Not for users.
#pragma once
#include "playhead/autograd/ops_loss.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/tensor/error.h"

namespace ph::detail {

inline Tensor reduced(const char* op, const Tensor& loss, LossReduction how) {
  switch (how) {
    case LossReduction::none: return loss;
    case LossReduction::mean: return mean(loss);
    case LossReduction::sum: return sum(loss);
    default: value_error(op, "reduction must be none, mean or sum; got reduction=batchmean. Only kl_div has it");
  }
}

}  // namespace ph::detail
