// The thread-local modes.
#include "playhead/autograd/mode.h"

#include "playhead/tensor/block.h"

namespace ph {

namespace detail {
thread_local constinit Modes modes __attribute__((tls_model("initial-exec")));
}

using detail::modes;

bool is_grad_enabled() { return modes.grad; }
void set_grad_enabled(bool on) { modes.grad = on; }
bool is_inference_mode() { return modes.inference; }

no_grad::no_grad() : before_(modes.grad) { modes.grad = false; }
no_grad::~no_grad() { modes.grad = before_; }

enable_grad::enable_grad() : before_(modes.grad) { modes.grad = true; }
enable_grad::~enable_grad() { modes.grad = before_; }

inference_mode::inference_mode() : grad_before_(modes.grad), inference_before_(modes.inference) {
  modes.grad = false;
  modes.inference = detail::inference_tensors = true;
}
inference_mode::~inference_mode() {
  modes.grad = grad_before_;
  modes.inference = detail::inference_tensors = inference_before_;
}

}  // namespace ph
