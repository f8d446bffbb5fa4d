// The table of kernels: one slot per kernel, one table per device. The layers above call `kernels(device).matmul(…)`.
//
// Contract of every slot: arguments were checked by the caller; shapes are right, dtypes are as the slot says; outputs are
// allocated and overlap no input unless the slot allows it; nothing is thrown but a memory error or what the slot names.
// A CPU slot is never null (a test checks). An empty CUDA slot throws one uniform error naming the op and the device.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/elementwise.h"
#include "playhead/tensor/scalar.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

struct Kernels {
  // --- memory: copy.cpp ---
  /// dst = src converted to dst's dtype; same shape; they may be the same memory but not partly overlap.
  void (*copy)(const View& dst, const View& src) = nullptr;
  void (*fill)(const View& dst, Scalar value) = nullptr;
  /// dst (1-D) = start + i * step, computed in int64 for integers and in double otherwise.
  void (*iota)(const View& dst, Scalar start, Scalar step) = nullptr;

  // --- elementwise.cpp ---
  void (*elementwise)(const ElementwiseCall& call) = nullptr;
};

/// The table of a device. For CUDA the plugin is loaded at the first call; throws if there is none.
const Kernels& kernels(Device device);
/// Called by a backend to hand in its table.
void register_kernels(DeviceType type, const Kernels& table);

namespace cpu {
/// Each file of tensor/cpu fills its own slots here; cpu/register.cpp calls them all.
void fill_copy(Kernels& k);
void fill_elementwise(Kernels& k);
}  // namespace cpu

}  // namespace ph
