// Memory for the length of a call.
#pragma once
#include <cstddef>
#include <cstdint>

#include "playhead/tensor/allocator.h"

namespace ph::cpu {
namespace {  // so that each instruction set's objects have their own (see isa.h)

template <class T>
class Scratch {
 public:
  explicit Scratch(std::int64_t n) : bytes_(static_cast<std::size_t>(n) * sizeof(T)), p_(static_cast<T*>(allocate(bytes_))) {}
  ~Scratch() { deallocate(p_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() const { return p_; }

 private:
  std::size_t bytes_;
  T* p_;
};

}  // namespace
}  // namespace ph::cpu
