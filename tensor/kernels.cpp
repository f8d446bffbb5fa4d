// The tables of kernels by device, and the way to the CUDA plugin's.
#include "playhead/tensor/kernels.h"

#include "playhead/tensor/error.h"
#include "playhead/tensor/tensor.h"

namespace ph {

namespace cpu {
Kernels table();  // cpu/register.cpp
}

namespace {
const Kernels* cuda_table = nullptr;
}

View view_of(const Tensor& x) {
  const TensorImpl& t = x.impl();
  return {t.data, t.shape.data(), t.strides.data(), t.numel, t.shape.size(), t.dtype, t.contiguous};
}

const Kernels& kernels(Device device) {
  static const Kernels cpu_table = cpu::table();
  if (device.is_cpu()) return cpu_table;
  if (!cuda_table) runtime_error("cuda", "no CUDA device can be used here");
  return *cuda_table;
}

void register_kernels(DeviceType type, const Kernels& table) {
  if (type == DeviceType::cuda) cuda_table = &table;
}

void detail::missing_kernel(const char* name, DeviceType device) {
  runtime_error(name, "has no kernel on this device; got device=", device == DeviceType::cpu ? "cpu" : "cuda",
                ". Move the inputs: x.to(ph::cpu_device)");
}

}  // namespace ph
