// Initial values of parameters. Each fills x in place, unrecorded, from the thread's default generator, and returns it.
#pragma once
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace nn::init {

/// x filled with 0.
Tensor& zeros_(Tensor& x);
/// x filled with 1.
Tensor& ones_(Tensor& x);
/// x filled with a value.
Tensor& constant_(Tensor& x, Scalar value);
/// Uniform in [a, b): U(a, b).
Tensor& uniform_(Tensor& x, double a = 0, double b = 1);
/// Normal: N(mean, std^2).
Tensor& normal_(Tensor& x, double mean = 0, double std = 1);

enum class Fan { in, out };
/// How an activation shrinks the variance, made good by the gain.
enum class Nonlinearity { linear, relu, leaky_relu, tanh, sigmoid, selu };
/// What an activation's weights are multiplied by to keep the variance: sqrt(2) for relu, 5 / 3 for tanh.
double gain(Nonlinearity f, double negative_slope = 0.01);

/// U(-b, b), b = gain * sqrt(3 / fan). x: [out, in, …]; fan counts the trailing dims. (He et al. 2015)
Tensor& kaiming_uniform_(Tensor& x, double negative_slope = 0, Fan fan = Fan::in, Nonlinearity f = Nonlinearity::leaky_relu);
/// N(0, (gain / sqrt(fan))^2).
Tensor& kaiming_normal_(Tensor& x, double negative_slope = 0, Fan fan = Fan::in, Nonlinearity f = Nonlinearity::leaky_relu);
/// U(-b, b), b = gain * sqrt(6 / (fan in + fan out)). (Glorot & Bengio 2010)
Tensor& xavier_uniform_(Tensor& x, double gain = 1);
/// N(0, std^2), std = gain * sqrt(2 / (fan in + fan out)).
Tensor& xavier_normal_(Tensor& x, double gain = 1);

/// N(mean, std^2) with what falls outside [a, b] drawn again (in effect: the quantile function of a uniform number).
Tensor& trunc_normal_(Tensor& x, double mean = 0, double std = 1, double a = -2, double b = 2);
/// A random matrix [x.size(0), the rest] whose rows, or columns if there are more rows, are orthonormal, times `gain`.
/// (Saxe et al. 2014; by Gram and Schmidt, each vector twice, in float64)
Tensor& orthogonal_(Tensor& x, double gain = 1);
/// Ones on the diagonal of a matrix, else zeros.
Tensor& eye_(Tensor& x);
/// The identity as a convolution: in each group, output channel i passes input channel i on. x: [out, in, kernel…].
Tensor& dirac_(Tensor& x, std::int64_t groups = 1);

/// Inputs that feed one output, and outputs that one input feeds. Throws a value error for fewer than two dims.
double fan_in(const Tensor& x);
double fan_out(const Tensor& x);

}  // namespace nn::init
}  // namespace ph
