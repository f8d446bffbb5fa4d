// Storage: the memory behind one or more tensors, who frees it, and how often it was written in place.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/ref.h"

namespace PH_PUBLIC ph {

class Storage : public RefCounted {
 public:
  void* data = nullptr;
  std::size_t nbytes = 0;
  Device device;
  bool writable = true;  ///< false for memory that was lent read-only; in-place ops refuse it

  /// Bumped by every in-place op on any tensor of this storage; a saved tensor remembers the value it saw.
  std::uint32_t version() const noexcept { return version_.load(std::memory_order_relaxed); }
  void bump_version() noexcept { version_.fetch_add(1, std::memory_order_relaxed); }

 protected:
  Storage(void* d, std::size_t n, Device dev) : data(d), nbytes(n), device(dev) {}
  virtual ~Storage() = default;

 private:
  std::atomic<std::uint32_t> version_{0};
};

/// Memory that belongs to somebody else; `done` (any callable) runs when the last tensor over it dies.
template <class Done>
class BorrowedStorage final : public Storage {
 public:
  BorrowedStorage(void* d, std::size_t n, Device dev, Done done) : Storage(d, n, dev), done_(static_cast<Done&&>(done)) {}

 private:
  void destroy() noexcept override {
    done_(data);
    delete this;
  }
  Done done_;
};

/// Fresh, uninitialised memory on `device`. Throws a memory error.
Ref<Storage> allocate_storage(std::size_t nbytes, Device device);

}  // namespace ph
