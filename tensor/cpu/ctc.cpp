// Connectionist temporal classification: the forward and backward recurrences of each sample. Samples are shared among the threads.
#include "playhead/tensor/cpu/ctc.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/scratch.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr double never = -HUGE_VAL;  // log 0
constexpr Int margin = 2;            // entries of log 0 on both sides of a row of states

const CtcLoops& loops() { return PH_PICK_ISA(ctc_loops)(); }

/// One sample. Its states are the target's labels with blanks between and around them: 2 S + 1.
template <class T>
class Sample {
 public:
  Sample(const CtcCall& call, Int n)
      : x_(call.x.as<T>() + n * call.x.shape[2]), step_(call.x.shape[1] * call.x.shape[2]), times_(call.input_lengths.as<Int>()[n]),
        states_(2 * call.target_lengths.as<Int>()[n] + 1), width_(states_ + 2 * margin), label_(static_cast<std::size_t>(states_), call.blank),
        skip_(static_cast<std::size_t>(width_), never) {
    const Int* target = call.targets.as<Int>() + call.starts.as<Int>()[n];
    for (Int s = 1; s < states_; s += 2) {
      label_[at(s)] = target[s / 2];
      // A blank may be left out between labels that differ.
      if (s >= 3 && target[s / 2] != target[s / 2 - 1]) skip_[at(s)] = 0;
    }
  }

  /// log of the probability; only two rows of the recurrence are kept.
  double run() {
    const Scratch<double> rows(2 * width_);
    return forward(rows.data(), 2);
  }

  /// dx (of this sample; rows beyond its length are left alone) += -scale times the share of paths in each class at each time.
  void gradient(T* dx, double scale, bool zero_infinity) {
    if (times_ == 0) return;
    const Scratch<double> alpha(times_ * width_), scratch(3 * width_);
    const double log_p = forward(alpha.data(), times_);
    if (log_p == never) {
      for (Int t = 0; t < times_ && !zero_infinity; ++t)
        for (Int l : label_) dx[t * step_ + l] = static_cast<T>(NAN);
      return;
    }
    // beta: of the rest of the path, without (ahead) and with (here) what is emitted now.
    double *ahead = scratch.data() + margin, *here = ahead + width_, *share = here + width_;
    std::fill(scratch.data(), scratch.data() + 3 * width_, never);
    for (Int t = times_; t-- > 0;) {
      if (t + 1 == times_) {
        ahead[states_ - 1] = 0;
        if (states_ > 1) ahead[states_ - 2] = 0;
      } else {
        loops().meet(ahead, here, here + 1, here + 2, skip_.data() + 2, states_);
      }
      loops().occupancy(share, alpha.data() + t * width_ + margin, ahead, -log_p, states_);
      for (Int s = 0; s < states_; ++s) {
        dx[t * step_ + label_[at(s)]] -= static_cast<T>(scale * share[s]);
        here[s] = ahead[s] + emitted(t, s);
      }
    }
  }

 private:
  static std::size_t at(Int s) { return static_cast<std::size_t>(s); }
  double emitted(Int t, Int s) const { return static_cast<double>(x_[t * step_ + label_[at(s)]]); }

  /// alpha, of the path until now, in `kept` rows taken in turn; its end is the probability.
  double forward(double* alpha, Int kept) {
    if (times_ == 0) return states_ == 1 ? 0 : never;
    std::fill(alpha, alpha + kept * width_, never);
    double* row = alpha + margin;
    for (Int s = 0; s < std::min<Int>(2, states_); ++s) row[s] = emitted(0, s);
    for (Int t = 1; t < times_; ++t) {
      const double* before = row;
      row = alpha + t % kept * width_ + margin;
      loops().meet(row, before, before - 1, before - 2, skip_.data(), states_);
      for (Int s = 0; s < states_; ++s) row[s] += emitted(t, s);
    }
    const double a = row[states_ - 1], b = states_ > 1 ? row[states_ - 2] : never, most = std::max(a, b);
    if (a == never && b == never) return never;
    return most + std::log(std::exp(a - most) + std::exp(b - most));
  }

  const T* x_;
  Int step_, times_, states_, width_;
  std::vector<Int> label_;
  std::vector<double> skip_;  // 0 where state s may follow s - 2, else log 0
};

template <class T>
void ctc_of(const CtcCall& call) {
  const Int n = call.x.shape[1], c = call.x.shape[2];
  if (!absent(call.dx)) std::fill_n(call.dx.as<T>(), call.dx.numel, T(0));
  parallel_for(n, 1, [&](Int begin, Int end) {
    for (Int i = begin; i < end; ++i) {
      Sample<T> sample(call, i);
      if (absent(call.dx)) call.loss.as<T>()[i] = static_cast<T>(-sample.run());
      else sample.gradient(call.dx.as<T>() + i * c, static_cast<double>(call.g.as<T>()[i]), call.zero_infinity);
    }
  });
}

void ctc(const CtcCall& call) { call.x.dtype == float32 ? ctc_of<float>(call) : ctc_of<double>(call); }

}  // namespace

void fill_ctc(Kernels& k) { k.ctc = ctc; }

}  // namespace ph::cpu
