// Anomaly mode: names the forward op, and the place it was called from, behind the first NaN of a backward pass.
#pragma once
#include "playhead/autograd/node.h"

namespace PH_PUBLIC ph {

/// While it lives, every recorded op remembers its caller and every gradient is searched for NaN; slow, for debugging.
class detect_anomaly {
 public:
  detect_anomaly();
  ~detect_anomaly();
  detect_anomaly(const detect_anomaly&) = delete;
  detect_anomaly& operator=(const detect_anomaly&) = delete;

 private:
  bool before_;
};

namespace detail {
void remember_call_site(Node& n);
/// Throws a runtime error that names n's op and call site if one of the gradients that it returned holds a NaN.
void check_for_nan(const Node& n, const Tensor* results, int count);
}  // namespace detail

}  // namespace ph
