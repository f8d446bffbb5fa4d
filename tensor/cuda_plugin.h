// What libplayhead_cuda hands to the library: its kernels and a handful of functions. Errors cross as playhead's own exceptions.
#pragma once
#include "playhead/tensor/cuda.h"
#include "playhead/tensor/kernels.h"

namespace ph {

struct CudaPlugin {
  const char* version;  ///< of the playhead that it was built with
  const Kernels* kernels;
  int (*device_count)();
  cuda::DeviceProperties (*device_properties)(int device);
  void (*activate)(int device);  ///< the calling thread's launches go to this device from now on
  void (*synchronize)(int device);
  MemoryStats (*memory_stats)(int device);
  void (*empty_cache)();
  void* (*new_stream)(int device);
  void* (*current_stream)(int device);
  void (*set_stream)(int device, void* stream);
  void (*synchronize_stream)(int device, void* stream);
  void (*wait_stream)(int device, void* waits, void* other);
};

/// The plugin, ready for `device`; throws a runtime error naming `op` where there is none, an index error for a missing device.
const CudaPlugin& cuda_plugin(const char* op, int device);

}  // namespace ph

/// The plugin's one exported symbol; null, with a reason, if no device can be used.
extern "C" __attribute__((visibility("default"))) const ph::CudaPlugin* playhead_cuda_plugin(const char** why_not);
