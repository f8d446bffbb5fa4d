// What all files of the plugin need: checked calls, the current device and stream, device memory.
#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/kernels.h"

namespace ph::cuda_backend {

/// Throws for anything but success: a memory error when memory ran out, else a runtime error naming `op`.
void check(cudaError_t status, const char* op);
/// After a launch.
inline void check_launch(const char* op) { check(cudaGetLastError(), op); }

int device_count();
/// The device that the calling thread's launches go to, and its stream there.
int current_device();
void activate(int device);
cudaStream_t stream();
cudaStream_t stream_of(int device);
void set_stream(int device, cudaStream_t s);

/// Device memory from the caching allocator, for use on the current stream. Throws a memory error.
void* allocate(std::size_t nbytes, int device, cudaStream_t stream);
/// Gives a block back. Work that was already submitted to its stream may still use it.
void deallocate(void* p, int device) noexcept;
MemoryStats stats(int device);
void empty_cache();

/// Device memory that lives as long as this does.
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(std::size_t nbytes) : device_(current_device()), p_(allocate(nbytes, device_, stream())) {}
  Scratch(Scratch&& o) noexcept : device_(o.device_), p_(o.p_) { o.p_ = nullptr; }
  Scratch& operator=(Scratch&& o) noexcept {
    const int d = device_;
    void* p = p_;
    device_ = o.device_, p_ = o.p_;
    o.device_ = d, o.p_ = p;
    return *this;
  }
  ~Scratch() {
    if (p_) deallocate(p_, device_);
  }
  void* get() const { return p_; }

 private:
  int device_ = 0;
  void* p_ = nullptr;
};

/// Each file fills its own slots.
void fill_copy(Kernels& k);
void fill_elementwise(Kernels& k);
void fill_matmul(Kernels& k);

/// dst = src converted; what the copy slot does.
void copy(const View& dst, const View& src);

}  // namespace ph::cuda_backend
