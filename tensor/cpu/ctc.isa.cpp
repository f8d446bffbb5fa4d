// Sums of probabilities that are held as logarithms.
#include "playhead/tensor/cpu/ctc.h"

#include "playhead/tensor/math_exp.h"
#include "playhead/tensor/math_log.h"

namespace ph::cpu::PH_ISA {

namespace {

using Int = std::int64_t;

// The largest of the three is e^0: two exponentials do.
void meet(double* y, const double* a, const double* b, const double* c, const double* d, Int n) {
  for (Int i = 0; i < n; ++i) {
    const double p = a[i], q = b[i], r = c[i] + d[i];
    const double high = math::maximum(p, q), low = math::minimum(p, q);
    const double most = math::maximum(high, r), middle = math::maximum(low, math::minimum(high, r)), least = math::minimum(low, r);
    const double from = math::where(most == -math::infinity<double>, 0.0, most);  // all impossible: log 0, not NaN
    y[i] = most + math::log(1 + (math::exp(middle - from) + math::exp(least - from)));
  }
}

void occupancy(double* y, const double* a, const double* b, double shift, Int n) {
  for (Int i = 0; i < n; ++i) y[i] = math::exp(a[i] + b[i] + shift);
}

constexpr CtcLoops loops = {meet, occupancy};

}  // namespace

const CtcLoops& ctc_loops() { return loops; }

}  // namespace ph::cpu::PH_ISA
