// Learning-rate schedules: each sets the optimiser's lr when step() is called, once after every optimiser step.
#pragma once
#include <cstdint>

#include "playhead/optim/optimizer.h"

namespace PH_PUBLIC ph {
namespace optim {

struct CosineWarmupOptions {
  std::int64_t warmup = 0;  ///< steps of linear growth from 0
  std::int64_t total = 1;   ///< steps in all
  double min_lr = 0;        ///< reached at the end, kept after it
};
/// The rate at a step, where `top` is reached after the warm-up.
double lr_at(const CosineWarmupOptions& options, double top, std::int64_t step);
/// From 0 up to the optimiser's lr linearly, then down to min_lr along half a cosine. (Loshchilov & Hutter 2017)
class CosineWarmup {
 public:
  /// Takes the optimiser's present lr as the top, and sets the lr of step 0. The optimiser must outlive the schedule.
  CosineWarmup(Optimizer& optimizer, const CosineWarmupOptions& options);
  void step() { set_step(step_ + 1); }
  /// Goes to any step, after loading a checkpoint for example.
  void set_step(std::int64_t step);
  std::int64_t current_step() const { return step_; }
  double lr_at(std::int64_t step) const { return optim::lr_at(options_, top_, step); }

 private:
  Optimizer& optimizer_;
  CosineWarmupOptions options_;
  double top_;
  std::int64_t step_ = 0;
};

}  // namespace optim
}  // namespace ph
