// Activations as modules, for Sequential. Each applies the op of its name.
#pragma once
#include "playhead/nn/module.h"

namespace PH_PUBLIC ph {
namespace nn {

#define PH_ACTIVATION(Type)                   \
  struct Type : Module {                      \
    Tensor forward(const Tensor& x) override; \
    PH_MODULE(Type)                           \
  };
#define PH_ACTIVATION1(Type, T, param, value)       \
  struct Type : Module {                            \
    explicit Type(T param = value) : param(param) {} \
    Tensor forward(const Tensor& x) override;       \
    T param;                                        \
    PH_MODULE(Type)                                 \
  };
// With `inplace` the result is written over x.
#define PH_ACTIVATION_INPLACE(Type)                                 \
  struct Type : Module {                                            \
    explicit Type(bool inplace = false) : inplace(inplace) {}       \
    Tensor forward(const Tensor& x) override;                       \
    bool inplace;                                                   \
    PH_MODULE(Type)                                                 \
  };
#define PH_ACTIVATION_INPLACE1(Type, param, value)                                                 \
  struct Type : Module {                                                                           \
    explicit Type(double param = value, bool inplace = false) : param(param), inplace(inplace) {}  \
    Tensor forward(const Tensor& x) override;                                                      \
    double param;                                                                                  \
    bool inplace;                                                                                  \
    PH_MODULE(Type)                                                                                \
  };
/// x itself.
PH_ACTIVATION(Identity)

PH_ACTIVATION_INPLACE(ReLU)
PH_ACTIVATION_INPLACE(ReLU6)
PH_ACTIVATION_INPLACE(SELU)
PH_ACTIVATION_INPLACE(SiLU)
PH_ACTIVATION_INPLACE(Mish)
PH_ACTIVATION(Tanh)
PH_ACTIVATION(Sigmoid)
PH_ACTIVATION(LogSigmoid)
PH_ACTIVATION(Softsign)
PH_ACTIVATION_INPLACE(Hardswish)
PH_ACTIVATION_INPLACE(Hardsigmoid)
PH_ACTIVATION(Tanhshrink)
PH_ACTIVATION_INPLACE1(LeakyReLU, negative_slope, 0.01)
PH_ACTIVATION_INPLACE1(ELU, alpha, 1)
PH_ACTIVATION_INPLACE1(CELU, alpha, 1)
PH_ACTIVATION1(Softplus, double, beta, 1)
/// x * Phi(x), or its tanh approximation.
PH_ACTIVATION1(GELU, bool, approximate, false)
PH_ACTIVATION1(Softmax, std::int64_t, dim, -1)
PH_ACTIVATION1(LogSoftmax, std::int64_t, dim, -1)
PH_ACTIVATION1(Softmin, std::int64_t, dim, -1)
PH_ACTIVATION1(GLU, std::int64_t, dim, -1)
PH_ACTIVATION1(Softshrink, double, lambda, 0.5)
PH_ACTIVATION1(Hardshrink, double, lambda, 0.5)
/// Softmax over the channels of [n, c, h, w] or [c, h, w].
PH_ACTIVATION(Softmax2d)
#undef PH_ACTIVATION
#undef PH_ACTIVATION1
#undef PH_ACTIVATION_INPLACE
#undef PH_ACTIVATION_INPLACE1

struct Hardtanh : Module {
  explicit Hardtanh(double min = -1, double max = 1, bool inplace = false) : min(min), max(max), inplace(inplace) {}
  Tensor forward(const Tensor& x) override;
  double min, max;
  bool inplace;
  PH_MODULE(Hardtanh)
};

/// x where it is above `at`, else `value`.
struct Threshold : Module {
  Threshold(double at, double value, bool inplace = false) : at(at), value(value), inplace(inplace) {}
  Tensor forward(const Tensor& x) override;
  double at, value;
  bool inplace;
  PH_MODULE(Threshold)
};

/// A leaky ReLU whose slopes are random while training.
struct RReLU : Module {
  explicit RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3, bool inplace = false) : lower(lower), upper(upper), inplace(inplace) {}
  Tensor forward(const Tensor& x) override;
  double lower, upper;
  bool inplace;
  PH_MODULE(RReLU)
};

/// x where it is positive, else weight * x; one weight, or one for each entry of dim 1.
struct PReLU : Module {
  explicit PReLU(std::int64_t count = 1, double value = 0.25, DType dtype = default_dtype());
  Tensor forward(const Tensor& x) override;
  Parameter weight;
  PH_MODULE(PReLU, weight)
};

}  // namespace nn
}  // namespace ph
