// The tables of kernels by device.
#include "playhead/tensor/kernels.h"

#include "playhead/tensor/cuda_plugin.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/tensor.h"

namespace ph {

namespace cpu {
Kernels table();  // cpu/register.cpp
}

View view_of(const Tensor& x) {
  const TensorImpl& t = x.impl();
  return {t.data, t.shape.data(), t.strides.data(), t.numel, t.shape.size(), t.dtype, t.contiguous};
}

const Kernels& kernels(Device device) {
  static const Kernels cpu_table = cpu::table();
  if (device.is_cpu()) return cpu_table;
  return *cuda_plugin("kernels", device.index).kernels;
}

void detail::missing_kernel(const char* name, DeviceType device) {
  runtime_error(name, "has no kernel on this device; got device=", device == DeviceType::cpu ? "cpu" : "cuda",
                ". Move the inputs to the CPU");
}

}  // namespace ph
