// Learning-rate schedules.
#include "playhead/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "playhead/tensor/error.h"

namespace ph::optim {

CosineWarmup::CosineWarmup(Optimizer& optimizer, const CosineWarmupOptions& options)
    : optimizer_(optimizer), options_(options), top_(optimizer.lr) {
  if (options.warmup < 0 || options.total < std::max<std::int64_t>(options.warmup, 1))
    value_error("CosineWarmup", "needs 0 <= warmup <= total and total >= 1; got warmup=", options.warmup, ", total=", options.total);
  set_step(0);
}

double lr_at(const CosineWarmupOptions& options, double top, std::int64_t step) {
  const auto [warmup, total, min_lr] = options;
  if (step < warmup) return top * static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (step >= total) return min_lr;
  const double t = static_cast<double>(step - warmup) / static_cast<double>(std::max<std::int64_t>(total - warmup, 1));
  return min_lr + (top - min_lr) * 0.5 * (1 + std::cos(std::numbers::pi * t));
}

void CosineWarmup::set_step(std::int64_t step) {
  step_ = step;
  optimizer_.lr = lr_at(step);
}

}  // namespace ph::optim
