// Optimisers: each holds handles to the parameters and updates them in place, all in one pass.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace optim {

/// Names and tensors of an optimiser's state: "step", "0.step", "0.exp_avg", …, by the parameter's position.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

class Optimizer {
 public:
  /// Throws a value error for an empty list and a runtime error for a tensor that is not a leaf. Leaves that require no gradient are
  /// left alone.
  explicit Optimizer(std::vector<Tensor> params);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Updates every parameter that has a gradient, unrecorded; bumps the versions of those.
  void step();
  /// Drops the gradients.
  void zero_grad();

  double lr = 0;  ///< may be changed between steps; schedules do
  const std::vector<Tensor>& parameters() const { return params_; }
  /// How often step() was called.
  std::int64_t steps() const { return steps_; }

  StateDict state_dict() const;
  /// Throws a value error that names the first entry that is unexpected, missing, or of another shape, and changes nothing then.
  void load_state_dict(const StateDict& state);

 protected:
  /// One slot of state for each parameter, such as "exp_avg"; zeros of its shape, made when first needed.
  struct Slot {
    std::string name;
    std::vector<Tensor> tensors;
  };
  virtual void update(const std::vector<std::size_t>& active, const std::vector<Tensor>& gradients) = 0;
  /// The slot's tensor of parameter i.
  Tensor& state(std::size_t slot, std::size_t i);

  std::vector<Tensor> params_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
  std::vector<std::int64_t> updates_;  // of each parameter; fewer than steps_ where there was no gradient
};

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};
/// g += weight_decay p;  v = momentum v + (1 - dampening) g (v = g at the first step);  p -= lr (nesterov ? g + momentum v : v).
class SGD final : public Optimizer {
 public:
  explicit SGD(std::vector<Tensor> params, const SGDOptions& options = {});
  SGDOptions options;

 private:
  void update(const std::vector<std::size_t>& active, const std::vector<Tensor>& gradients) override;
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};
/// m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p -= lr m/(1 - b1^t) / (sqrt(v/(1 - b2^t)) + eps).
/// Weight decay is added to the gradient. (Kingma & Ba 2015)
class Adam : public Optimizer {
 public:
  explicit Adam(std::vector<Tensor> params, const AdamOptions& options = {});
  AdamOptions options;

 protected:
  Adam(const char* op, std::vector<Tensor> params, const AdamOptions& options, bool decoupled);

 private:
  void update(const std::vector<std::size_t>& active, const std::vector<Tensor>& gradients) override;
  bool decoupled_ = false;
};
/// Adam whose weight decay acts on the parameter itself: p *= 1 - lr weight_decay. (Loshchilov & Hutter 2019)
class AdamW final : public Adam {
 public:
  explicit AdamW(std::vector<Tensor> params, AdamOptions options = {.weight_decay = 1e-2});
};

/// The norm over all gradients together, which are scaled down to `max_norm` if it is larger. `p`: 2, 1, or infinity.
/// Returns the norm before. Throws a runtime error with `error_if_nonfinite` when it is NaN or infinite.
double clip_grad_norm_(const std::vector<Tensor>& params, double max_norm, double p = 2, bool error_if_nonfinite = false);
/// Every gradient element clamped to [-value, value].
void clip_grad_value_(const std::vector<Tensor>& params, double value);

}  // namespace optim
}  // namespace ph
