// Normalisation: over trailing dims, channels, groups, neighbours, or a vector's length.
//
// Inputs are floating; float16 and bfloat16 are computed in float32 and rounded once. Derivatives of any order; the first is
// fused for layer_norm, rms_norm, batch_norm, group_norm and instance_norm.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the trailing dims `shape`.
/// weight and bias have that shape, or are undefined.
Tensor layer_norm(const Tensor& x, const Shape& shape, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);
/// x / sqrt(mean(x^2) + eps) * weight over the trailing dims `shape`. A negative eps stands for the dtype's machine epsilon.
Tensor rms_norm(const Tensor& x, const Shape& shape, const Tensor& weight = {}, double eps = -1);

struct ChannelNormOptions {
  Tensor running_mean = {}, running_var = {};  ///< [C]; both or none
  Tensor weight = {}, bias = {};               ///< [C]; may be undefined
  double momentum = 0.1;                       ///< share of the new statistic in the running one
  double eps = 1e-5;
};
/// (x - mean) / sqrt(var + eps) * weight + bias for each channel. x: [N, C, …]. While training, with the mean and variance over all dims
/// but C, which also move the running ones (in place, unrecorded; their variance is the unbiased one); otherwise with the running ones.
/// Throws in training with one value per channel. (Ioffe & Szegedy 2015)
Tensor batch_norm(const Tensor& x, bool training, const ChannelNormOptions& options = {});
/// (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance of each channel of each n, over the pixels alone; with the running ones if `use_input_stats` is false.
/// x: [N, C, size…]. (Ulyanov et al. 2016)
Tensor instance_norm(const Tensor& x, const ChannelNormOptions& options = {}, bool use_input_stats = true);
/// (x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the channels of each of `groups` groups, which are equally
/// many, and the pixels. x: [N, C, size…]; weight, bias: [C]. (Wu & He 2018)
Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);

/// x / (k + alpha mean of x^2)^beta, the mean over `size` neighbouring channels, with zeros beyond the ends. x: [N, C, size…].
/// (Krizhevsky et al. 2012)
Tensor local_response_norm(const Tensor& x, std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1);
/// x / max(|x|_p, eps) along `dim`; 0 stays 0, with a finite gradient.
Tensor normalize(const Tensor& x, double p = 2, std::int64_t dim = 1, double eps = 1e-12);

}  // namespace ph
