// Devices, streams, errors.
#include "runtime.h"

#include <mutex>
#include <vector>

#include "playhead/tensor/cuda_plugin.h"
#include "playhead/tensor/error.h"

namespace ph::cuda_backend {

void check(cudaError_t status, const char* op) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // forget it, so that the next call is judged by itself
  if (status == cudaErrorMemoryAllocation) memory_error(op, "the device is out of memory");
  runtime_error(op, "CUDA failed: ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

int device_count() {
  int n = 0;
  if (cudaGetDeviceCount(&n) != cudaSuccess) {
    cudaGetLastError();
    return 0;
  }
  return n;
}

namespace {
constexpr int most_devices = 64;
thread_local int active = 0;
thread_local cudaStream_t streams[most_devices] = {};  // null is the device's default stream
}  // namespace

int current_device() { return active; }

void activate(int device) {
  // The runtime's notion may differ: another library on this thread sets it too.
  check(cudaSetDevice(device), "cuda");
  active = device;
}

cudaStream_t stream() { return streams[active]; }
cudaStream_t stream_of(int device) { return streams[device]; }
void set_stream(int device, cudaStream_t s) { streams[device] = s; }

namespace {

cuda::DeviceProperties properties(int device) {
  cudaDeviceProp p{};
  check(cudaGetDeviceProperties(&p, device), "device_properties");
  return {p.name, p.major, p.minor, p.multiProcessorCount, static_cast<std::int64_t>(p.totalGlobalMem)};
}

void* new_stream(int device) {
  activate(device);
  cudaStream_t s = nullptr;
  check(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), "Stream");
  return s;
}

void synchronize_stream(int, void* s) { check(cudaStreamSynchronize(static_cast<cudaStream_t>(s)), "synchronize"); }

void wait_stream(int device, void* waits, void* other) {
  activate(device);
  cudaEvent_t e = nullptr;
  check(cudaEventCreateWithFlags(&e, cudaEventDisableTiming), "wait");
  const cudaError_t recorded = cudaEventRecord(e, static_cast<cudaStream_t>(other));
  const cudaError_t waited = recorded == cudaSuccess ? cudaStreamWaitEvent(static_cast<cudaStream_t>(waits), e, 0) : recorded;
  cudaEventDestroy(e);  // released by the driver once it has happened
  check(waited, "wait");
}

void synchronize(int device) {
  activate(device);
  check(cudaDeviceSynchronize(), "synchronize");
}

const Kernels& table() {
  static const Kernels k = [] {
    Kernels t;
    fill_copy(t);
    fill_elementwise(t);
    fill_matmul(t);
    return t;
  }();
  return k;
}

}  // namespace
}  // namespace ph::cuda_backend

const ph::CudaPlugin* playhead_cuda_plugin(const char** why_not) {
  using namespace ph::cuda_backend;
  int n = 0;
  const cudaError_t status = cudaGetDeviceCount(&n);
  if (status != cudaSuccess || n == 0) {
    cudaGetLastError();
    *why_not = status == cudaSuccess ? "there is no CUDA device" : cudaGetErrorString(status);
    return nullptr;
  }
  static const ph::CudaPlugin plugin{
      PH_VERSION,  &table(), device_count, properties, activate, synchronize, stats, empty_cache, new_stream,
      [](int device) -> void* { return stream_of(device); },
      [](int device, void* s) { set_stream(device, static_cast<cudaStream_t>(s)); },
      synchronize_stream, wait_stream};
  return &plugin;
}
