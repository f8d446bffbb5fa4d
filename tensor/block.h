// The block of a fresh CPU tensor; see Note [One allocation] in storage.cpp.
#pragma once
#include "playhead/tensor/tensor.h"

namespace ph::detail {

class BlockStorage final : public Storage {
 public:
  BlockStorage(void* d, std::size_t n) : Storage(d, n, cpu_device) {}

 private:
  void destroy() noexcept override;
};

/// A TensorImpl with one reference over `nbytes` of fresh memory; shape and dtype are for the caller to fill in.
TensorImpl* make_block(std::size_t nbytes);

/// Whether tensors made on this thread now are inference tensors; set by inference_mode.
extern thread_local constinit bool inference_tensors __attribute__((tls_model("initial-exec")));

}  // namespace ph::detail
