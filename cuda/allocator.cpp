// The caching allocator of device memory. A freed block goes back to the list of the stream that it was used on, where it may be
// handed out again at once: work on one stream runs in order. No call of the driver, no waiting, on the usual path.
#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "playhead/tensor/error.h"
#include "runtime.h"

namespace ph::cuda_backend {

namespace {

// Small sizes are rounded to 512 bytes, large ones to 1/8 of their power of two, so that few distinct sizes occur.
std::size_t rounded(std::size_t n) {
  constexpr std::size_t small = 512;
  if (n <= small) return small;
  std::size_t step = small;
  while (step * 16 <= n) step *= 2;
  return (n + step - 1) / step * step;
}

struct Block {
  std::size_t size;
  cudaStream_t stream;
};

struct Pool {
  std::mutex mutex;
  std::unordered_map<void*, Block> used;
  std::map<std::pair<cudaStream_t, std::size_t>, std::vector<void*>> free;
  MemoryStats stats;

  void release_all() {
    for (auto& [key, blocks] : free)
      for (void* p : blocks) {
        cudaFree(p);  // waits for the device, so nothing still uses p
        stats.cached -= static_cast<std::int64_t>(key.second);
      }
    free.clear();
  }
};

Pool& pool(int device) {
  // Never destroyed: tensors may outlive every static object.
  static auto* pools = new std::vector<Pool>(static_cast<std::size_t>(std::max(device_count(), 1)));
  return (*pools)[static_cast<std::size_t>(device)];
}

}  // namespace

void* allocate(std::size_t nbytes, int device, cudaStream_t stream) {
  Pool& p = pool(device);
  const std::size_t size = rounded(nbytes);
  if (size < nbytes) memory_error("allocate", "the device is out of memory; got bytes=", static_cast<std::uint64_t>(nbytes));
  const std::lock_guard lock(p.mutex);
  void* block = nullptr;
  // The best fit on this stream that wastes at most a quarter.
  auto found = p.free.lower_bound({stream, size});
  while (found != p.free.end() && found->first.first == stream && found->second.empty()) ++found;
  std::size_t got = size;
  if (found != p.free.end() && found->first.first == stream && found->first.second <= size + size / 4) {
    block = found->second.back();
    found->second.pop_back();
    got = found->first.second;
    p.stats.cached -= static_cast<std::int64_t>(got);
  } else {
    int before = 0;
    cudaGetDevice(&before);
    check(cudaSetDevice(device), "allocate");
    cudaError_t status = cudaMalloc(&block, size);
    if (status == cudaErrorMemoryAllocation) {
      // Everything that is only kept for later goes back first.
      cudaGetLastError();
      p.release_all();
      status = cudaMalloc(&block, size);
    }
    cudaSetDevice(before);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      memory_error("allocate", "the device is out of memory; got bytes=", static_cast<std::uint64_t>(nbytes), ", in use ", p.stats.in_use);
    }
    check(status, "allocate");
    ++p.stats.system_calls;
  }
  p.used[block] = {got, stream};
  ++p.stats.allocations;
  p.stats.in_use += static_cast<std::int64_t>(got);
  p.stats.peak = std::max(p.stats.peak, p.stats.in_use);
  return block;
}

void deallocate(void* block, int device) noexcept {
  Pool& p = pool(device);
  const std::lock_guard lock(p.mutex);
  const auto i = p.used.find(block);
  if (i == p.used.end()) return;
  const Block b = i->second;
  p.used.erase(i);
  p.stats.in_use -= static_cast<std::int64_t>(b.size);
  p.stats.cached += static_cast<std::int64_t>(b.size);
  p.free[{b.stream, b.size}].push_back(block);
}

MemoryStats stats(int device) {
  Pool& p = pool(device);
  const std::lock_guard lock(p.mutex);
  return p.stats;
}

void empty_cache() {
  for (int d = 0; d < device_count(); ++d) {
    Pool& p = pool(d);
    const std::lock_guard lock(p.mutex);
    p.release_all();
  }
}

}  // namespace ph::cuda_backend
