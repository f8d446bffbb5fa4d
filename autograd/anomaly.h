// Anomaly mode: names the forward op, and the place it was called from, behind the first NaN of a backward pass.
#pragma once
#include "playhead/autograd/node.h"

namespace PH_PUBLIC ph {

namespace detail {
struct Anomaly {
  bool on = false, check_nan = true;
};
/// Sets this thread's mode; returns what it was.
Anomaly set_anomaly(Anomaly a);
}  // namespace detail

/// While it lives, every recorded op remembers its caller, whom the error of a failing backward then names; every gradient is searched for
/// NaN, if `check_nan`. Slow, for debugging.
class detect_anomaly {
 public:
  explicit detect_anomaly(bool check_nan = true);
  ~detect_anomaly();
  detect_anomaly(const detect_anomaly&) = delete;
  detect_anomaly& operator=(const detect_anomaly&) = delete;

 private:
  detail::Anomaly before_;
};

namespace detail {
void remember_call_site(Node& n);
/// n.backward(d) in anomaly mode: errors name n's call site.
void backward_watched(Node& n, Backward& d);
/// Throws a runtime error that names n's op and call site if one of the gradients that it returned holds a NaN.
void check_for_nan(const Node& n, const Tensor* results, int count);
}  // namespace detail

}  // namespace ph
