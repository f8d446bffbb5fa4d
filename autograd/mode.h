// Thread-local modes of the tape, and their guards.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

namespace detail {
struct Modes {
  bool grad = true;
  bool inference = false;
  bool anomaly = false;
};
// Read on every op: initial-exec makes it one load instead of a call.
extern thread_local constinit Modes modes __attribute__((tls_model("initial-exec")));
}  // namespace detail

bool is_grad_enabled();
void set_grad_enabled(bool on);
bool is_inference_mode();

/// Records nothing while it lives: `ph::no_grad guard;`
class no_grad {
 public:
  no_grad();
  ~no_grad();
  no_grad(const no_grad&) = delete;
  no_grad& operator=(const no_grad&) = delete;

 private:
  bool before_;
};

/// Records again inside a no_grad.
class enable_grad {
 public:
  enable_grad();
  ~enable_grad();
  enable_grad(const enable_grad&) = delete;
  enable_grad& operator=(const enable_grad&) = delete;

 private:
  bool before_;
};

/// Like no_grad, and the tensors made inside can never be recorded later, which saves their view bookkeeping.
class inference_mode {
 public:
  inference_mode();
  ~inference_mode();
  inference_mode(const inference_mode&) = delete;
  inference_mode& operator=(const inference_mode&) = delete;

 private:
  bool grad_before_, inference_before_;
};

}  // namespace ph
