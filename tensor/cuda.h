// CUDA devices as a user sees them. The code behind it is a library of its own, libplayhead_cuda, opened when first needed:
// a program that links playhead runs where there is no GPU and no driver.
#pragma once
#include <cstdint>
#include <string>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/api.h"
#include "playhead/tensor/device.h"

namespace PH_PUBLIC ph {
namespace cuda {

/// Whether a CUDA device can be used by this process. Never throws.
bool is_available();
/// Why not, in words; empty if it can.
std::string why_unavailable();
/// 0 where CUDA is not available.
int device_count();

struct DeviceProperties {
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  std::int64_t memory = 0;   ///< bytes
};
/// Throws a runtime error without CUDA, an index error for a device that does not exist.
DeviceProperties device_properties(int device = 0);

/// Waits for all work on the device.
void synchronize(int device = 0);
/// Figures of the device's caching allocator.
MemoryStats memory_stats(int device = 0);
/// Gives cached device memory back to the driver.
void empty_cache();

/// A queue of work on one device. Work on one stream runs in order; streams run beside each other. Copies are handles.
class Stream {
 public:
  /// A new stream. Throws a runtime error without CUDA.
  explicit Stream(int device = 0);
  /// The stream that the calling thread's ops go to; the default stream unless a StreamGuard is alive.
  static Stream current(int device = 0);
  int device() const { return device_; }
  /// The cudaStream_t.
  void* handle() const { return handle_; }
  /// Waits on the host until the stream is idle.
  void synchronize() const;
  /// Work submitted to this stream from now on waits for all work now in `other`.
  void wait(const Stream& other) const;

 private:
  Stream(int device, void* handle) : device_(device), handle_(handle) {}
  int device_;
  void* handle_;
};

/// Sends the calling thread's ops to a stream while it lives.
class StreamGuard {
 public:
  explicit StreamGuard(const Stream& s);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  int device_;
  void* before_;
};

}  // namespace cuda
}  // namespace ph
