// Intrusive reference counting. One counter per object, no control block, no virtual call until the last release.
#pragma once
#include <atomic>
#include <cstdint>

#include "playhead/tensor/api.h"

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define PH_SINGLE_THREADED __libc_single_threaded
#else
#define PH_SINGLE_THREADED false
#endif

namespace PH_PUBLIC ph {

class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  // While the process has one thread, as the C library knows, a locked instruction (some 20 cycles) would guard against nobody.
  void retain() const noexcept {
    if (PH_SINGLE_THREADED) refs_.store(refs_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    else refs_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() const noexcept {
    // The only owner needs none either: nobody else can be adding a reference.
    const std::uint32_t n = refs_.load(std::memory_order_acquire);
    if (n != 1) {
      if (PH_SINGLE_THREADED) return refs_.store(n - 1, std::memory_order_relaxed);
      if (refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    }
    const_cast<RefCounted*>(this)->destroy();
  }
  std::uint32_t use_count() const noexcept { return refs_.load(std::memory_order_relaxed); }

  /// Takes a reference unless the object is already being destroyed. The caller must keep the memory alive.
  bool try_retain() const noexcept {
    std::uint32_t n = refs_.load(std::memory_order_relaxed);
    while (n != 0 && n != UINT32_MAX)
      if (refs_.compare_exchange_weak(n, n + 1, std::memory_order_acquire)) return true;
    return false;
  }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;
  /// Called once, when the last reference is gone; frees the object.
  virtual void destroy() noexcept = 0;

 private:
  mutable std::atomic<std::uint32_t> refs_{1};
};

/// A strong reference to a RefCounted. `Ref<T>::adopt(p)` takes over the reference that `new` made.
template <class T>
class Ref {
 public:
  constexpr Ref() noexcept = default;
  explicit Ref(T* p) noexcept : p_(p) { if (p_) p_->retain(); }
  Ref(const Ref& o) noexcept : p_(o.p_) { if (p_) p_->retain(); }
  Ref(Ref&& o) noexcept : p_(o.p_) { o.p_ = nullptr; }
  template <class U> Ref(Ref<U>&& o) noexcept : p_(o.leak()) {}
  ~Ref() { if (p_) p_->release(); }
  Ref& operator=(const Ref& o) noexcept { Ref(o).swap(*this); return *this; }
  Ref& operator=(Ref&& o) noexcept { Ref(static_cast<Ref&&>(o)).swap(*this); return *this; }

  static Ref adopt(T* p) noexcept { Ref r; r.p_ = p; return r; }
  T* leak() noexcept { T* p = p_; p_ = nullptr; return p; }
  void reset() noexcept { Ref().swap(*this); }
  void swap(Ref& o) noexcept { T* p = p_; p_ = o.p_; o.p_ = p; }

  T* get() const noexcept { return p_; }
  T* operator->() const noexcept { return p_; }
  T& operator*() const noexcept { return *p_; }
  explicit operator bool() const noexcept { return p_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.p_ == b.p_; }

 private:
  T* p_ = nullptr;
};

}  // namespace ph
