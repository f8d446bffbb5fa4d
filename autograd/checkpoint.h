// Activation checkpointing: trade a second forward pass for the memory of what it saved.
#pragma once
#include <utility>
#include <vector>

#include "playhead/autograd/record.h"

namespace PH_PUBLIC ph {

namespace detail {
/// A computation that can be run again.
class Segment : public RefCounted {
 public:
  virtual Tensor run() = 0;

 protected:
  virtual ~Segment() = default;
};
Tensor checkpoint(Ref<Segment> segment);
/// Makes sure that nodes recorded by this thread from now on have larger numbers than the one that x comes from.
void advance_sequence(const Tensor& x);
inline void advance_sequence(const std::vector<Tensor>& xs) {
  for (const Tensor& x : xs) advance_sequence(x);
}
template <class T> void advance_sequence(const T&) {}

template <class F>
class SegmentOf final : public Segment {
 public:
  explicit SegmentOf(F f) : f_(std::move(f)) {}
  Tensor run() override { return f_(); }

 private:
  void destroy() noexcept override { delete this; }
  F f_;
};
}  // namespace detail

/// y = f(inputs…), keeping only the inputs: what f's ops would save is computed again when backward comes by, from the same
/// random state. Tensors that f captures (parameters) get their gradients too. Any order of derivative; f must be deterministic
/// and must not change its inputs.
template <class F, class... Inputs>
Tensor checkpoint(F f, const Inputs&... inputs) {
  (detail::advance_sequence(inputs), ...);
  auto run = [f = std::move(f), inputs...]() mutable { return f(inputs...); };
  return detail::checkpoint(Ref<detail::Segment>::adopt(new detail::SegmentOf<decltype(run)>(std::move(run))));
}

}  // namespace ph
