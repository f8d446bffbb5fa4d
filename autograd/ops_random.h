// Random tensors. Numbers come from a generator, the thread's own unless another is given; the same state gives the same
// numbers on every device, for any number of threads. Nothing here but normal(mean, std) has a gradient.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/random.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

/// Uniform in [0, 1). Floating, or complex with such parts.
Tensor rand(const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Normal with mean 0 and variance 1. Floating, or complex with that variance in both parts together.
Tensor randn(const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Integers from low to high - 1, each as likely. int64 without a dtype; any real dtype that holds them all.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Uniform in [low, high).
Tensor uniform(double low, double high, const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Normal numbers with this mean and standard deviation.
Tensor normal(double mean, double std, const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());
/// mean + std * randn, of the broadcast shape; differentiable in both. Floating.
Tensor normal(const Tensor& mean, const Tensor& std, Generator& generator = default_generator());
Tensor normal(const Tensor& mean, double std = 1, Generator& generator = default_generator());
Tensor normal(double mean, const Tensor& std, Generator& generator = default_generator());
/// 1 with the probability that p has there, else 0; of p's shape and (floating) dtype. Throws for a value outside [0, 1].
Tensor bernoulli(const Tensor& p, Generator& generator = default_generator());
/// 1 with probability p, else 0; any dtype.
Tensor bernoulli(double p, const Shape& shape, const TensorOptions& options = {}, Generator& generator = default_generator());

/// Uniform in [0, 1), of x's shape, and of its dtype and device where the options leave them out.
Tensor rand_like(const Tensor& x, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Normal with mean 0 and variance 1, of x's shape, and of its dtype and device where the options leave them out.
Tensor randn_like(const Tensor& x, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Integers from low to high - 1, of x's shape, and of its dtype and device where the options leave them out.
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high, const TensorOptions& options = {}, Generator& generator = default_generator());

/// 0 … n - 1 in random order, each order as likely; int64 without a dtype.
Tensor randperm(std::int64_t n, const TensorOptions& options = {}, Generator& generator = default_generator());
/// Indices (int64) drawn with probabilities in proportion to p: [k] gives [n], [m, k] gives [m, n]. p: floating, finite, not
/// negative, of positive sum. Without replacement all n are different, and p must have as many positive values.
Tensor multinomial(const Tensor& p, std::int64_t n, bool replacement = false, Generator& generator = default_generator());

/// x overwritten by numbers uniform in [low, high).
Tensor& uniform_(Tensor& x, double low = 0, double high = 1, Generator& generator = default_generator());
/// x overwritten by normal numbers with this mean and standard deviation.
Tensor& normal_(Tensor& x, double mean = 0, double std = 1, Generator& generator = default_generator());
/// x overwritten by integers from low to high - 1, each as likely.
Tensor& randint_(Tensor& x, std::int64_t low, std::int64_t high, Generator& generator = default_generator());
/// x overwritten by 1 with probability p, else 0.
Tensor& bernoulli_(Tensor& x, double p = 0.5, Generator& generator = default_generator());
/// p may be a floating tensor of probabilities, which is broadcast to x.
Tensor& bernoulli_(Tensor& x, const Tensor& p, Generator& generator = default_generator());
/// x overwritten by exponential numbers: density lambd e^(-lambd x) for x > 0. Floating, as are the next two.
Tensor& exponential_(Tensor& x, double lambd = 1, Generator& generator = default_generator());
/// x overwritten by Cauchy numbers: density sigma / (pi ((x - median)^2 + sigma^2)).
Tensor& cauchy_(Tensor& x, double median = 0, double sigma = 1, Generator& generator = default_generator());
/// x overwritten by e to a normal number with this mean and std.
Tensor& log_normal_(Tensor& x, double mean = 1, double std = 2, Generator& generator = default_generator());
/// x overwritten by how many trials of probability p it takes to succeed: k >= 1 with probability p (1 - p)^(k - 1). Floating or integers, which
/// end at the dtype's largest.
Tensor& geometric_(Tensor& x, double p, Generator& generator = default_generator());

}  // namespace ph
