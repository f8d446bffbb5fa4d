// Finding and opening the CUDA plugin, and the public functions that it answers.
#include "playhead/tensor/cuda.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cstring>
#include <mutex>

#include "playhead/tensor/cuda_plugin.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/library.h"

namespace ph {

namespace {

struct Loaded {
  const CudaPlugin* plugin = nullptr;
  std::string why_not;
  int devices = 0;
};

bool in_forked_child = false;  // a CUDA context does not survive fork

Loaded load() {
  Loaded r;
  constexpr const char* file = "libplayhead_cuda.so";
  void* library = open_library(file, &r.why_not);
  if (!library) {
    r.why_not = "the CUDA library could not be opened (" + r.why_not + ")";
    return r;
  }
  using Entry = const CudaPlugin* (*)(const char**);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, "playhead_cuda_plugin"));
  const char* why = "it has no entry point";
  const CudaPlugin* plugin = entry ? entry(&why) : nullptr;
  if (!plugin) {
    r.why_not = why;
  } else if (std::strcmp(plugin->version, PH_VERSION) != 0) {
    r.why_not = text("libplayhead_cuda is of version ", plugin->version, ", this is ", PH_VERSION);
  } else {
    r.plugin = plugin;
    r.devices = plugin->device_count();
    pthread_atfork(nullptr, nullptr, [] { in_forked_child = true; });
  }
  return r;
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

const CudaPlugin& cuda_plugin(const char* op, int device) {
  const Loaded& l = loaded();
  if (!l.plugin) runtime_error(op, "CUDA is not available: ", l.why_not);
  if (in_forked_child) runtime_error(op, "CUDA was used before fork and cannot be used in the child. Start the child with exec, or use CUDA only there");
  if (device < 0 || device >= l.devices) index_error(op, "no such CUDA device; got cuda:", device, " of ", l.devices);
  l.plugin->activate(device);
  return *l.plugin;
}

namespace cuda {

bool is_available() { return loaded().plugin && loaded().devices > 0 && !in_forked_child; }
std::string why_unavailable() {
  if (is_available()) return {};
  if (in_forked_child) return "CUDA was used before fork";
  return loaded().why_not;
}
int device_count() { return is_available() ? loaded().devices : 0; }

DeviceProperties device_properties(int device) { return cuda_plugin("device_properties", device).device_properties(device); }
void synchronize(int device) { cuda_plugin("synchronize", device).synchronize(device); }
MemoryStats memory_stats(int device) { return cuda_plugin("memory_stats", device).memory_stats(device); }
void empty_cache() {
  if (is_available()) loaded().plugin->empty_cache();
}

Stream::Stream(int device) : device_(device), handle_(cuda_plugin("Stream", device).new_stream(device)) {}
Stream Stream::current(int device) { return {device, cuda_plugin("Stream", device).current_stream(device)}; }
void Stream::synchronize() const { cuda_plugin("Stream", device_).synchronize_stream(device_, handle_); }
void Stream::wait(const Stream& other) const { cuda_plugin("Stream", device_).wait_stream(device_, handle_, other.handle_); }

StreamGuard::StreamGuard(const Stream& s) : device_(s.device()), before_(Stream::current(s.device()).handle()) {
  cuda_plugin("StreamGuard", device_).set_stream(device_, s.handle());
}
StreamGuard::~StreamGuard() { loaded().plugin->set_stream(device_, before_); }

}  // namespace cuda
}  // namespace ph
