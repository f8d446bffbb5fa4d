// Softmax, normalisation, cross entropy, attention and dropout as data: what a backend's kernels are asked for.
// Floats are float32 or float64, all of one dtype in a call; unless said otherwise every operand is row-major and nothing overlaps.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// y = e^x / sum e^x along `axis`, or its logarithm. A slice that holds NaN or inf, or nothing but -inf, becomes NaN.
struct SoftmaxCall {
  View y, x;
  int axis = 0;
  bool log = false;
};
/// dx for the incoming gradient g, from the result y: y (g - sum g y), or g - e^y sum g.
struct SoftmaxGradCall {
  View dx, g, y;
  int axis = 0;
  bool log = false;
};

/// Over rows of n elements, x being [rows, n]: y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(var + eps), or without
/// `center` x rstd weight + bias with rstd = 1 / sqrt(mean of x^2 + eps). weight, bias: [n], may be absent.
/// mean (absent without `center`) and rstd, [rows], are written for the gradient.
struct NormCall {
  View y, mean, rstd, x, weight, bias;
  std::int64_t rows = 0, n = 0;
  double eps = 0;
  bool center = true;
};
/// dx, dweight and dbias may each be absent.
struct NormGradCall {
  View dx, dweight, dbias, g, x, weight, mean, rstd;
  std::int64_t rows = 0, n = 0;
  bool center = true;
};

/// x: [n, c, l]. Statistics are over n and l for each channel (groups = 0), or over l and the channels of each of `groups` groups for
/// each n: y = (x - mean) rstd weight + bias with rstd = 1 / sqrt(var + eps). weight, bias: [c], may be absent. mean, rstd, var: [c] or
/// [n, groups]; written, unless `given`: then mean and rstd are read, and var is absent. No statistic is over nothing.
struct ChannelNormCall {
  View y, mean, rstd, var, x, weight, bias;
  std::int64_t n = 0, c = 0, l = 0, groups = 0;
  double eps = 0;
  bool given = false;
};
/// dx, dweight and dbias may each be absent. `given`: mean and rstd are no functions of x.
struct ChannelNormGradCall {
  View dx, dweight, dbias, g, x, weight, mean, rstd;
  std::int64_t n = 0, c = 0, l = 0, groups = 0;
  bool given = false;
};

/// loss[i] = -sum over c of q[c] weight[c] log softmax(x[i])[c], with q = 1 - smoothing at target[i] plus smoothing / C
/// everywhere; 0 where target[i] is `ignore`. x: [N, C]; target: int64 [N]; weight: [C] or absent; loss, lse (log sum e^x): [N].
/// An index error naming `op` is thrown for a target outside [0, C) before anything is written.
struct CrossEntropyCall {
  const char* op = "";
  View loss, lse, x, target, weight;
  std::int64_t ignore = -100;
  double smoothing = 0;
};
/// dx = g[i] times the derivative. g: [N].
struct CrossEntropyGradCall {
  View dx, g, x, lse, target, weight;
  std::int64_t ignore = -100;
  double smoothing = 0;
};

/// Connectionist temporal classification: loss[i] = -log of the probability that x[:, i], logarithms of probabilities of C classes
/// at T times, spells target i once repeats are merged and blanks dropped. x: [T, N, C]; loss, g: [N]; int64: targets [sum or more],
/// starts (of each target), input_lengths (at most T), target_lengths, [N]. Classes were checked.
/// With dx, it is what is written (g[i] times the derivative; NaN, or 0 with `zero_infinity`, where the loss is infinite), not the loss.
struct CtcCall {
  View loss, dx, g, x, targets, starts, input_lengths, target_lengths;
  std::int64_t blank = 0;
  bool zero_infinity = false;
};

/// out = softmax(scale q k^T + mask) v, with rows that see nothing giving 0. q: [B, H, T, D]; k: [B, H, S, D]; v: [B, H, S, E];
/// out: [B, H, T, E]; lse: [B, H, T], log of the softmax's denominator. q, k, v of any strides. mask: absent, or [B, H, T, S] of any
/// strides, bool (true: seen) or q's dtype (added). With `causal`, row i sees columns up to i. Memory beside the operands is O(T).
struct AttentionCall {
  View out, lse, q, k, v, mask;
  double scale = 1;
  bool causal = false;
};
struct AttentionGradCall {
  View dq, dk, dv, g, out, lse, q, k, v, mask;
  double scale = 1;
  bool causal = false;
};

}  // namespace ph
