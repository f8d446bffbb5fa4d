// Where a tensor's memory is: the host, or a CUDA device by index.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {

enum class DeviceType : std::uint8_t { cpu, cuda };

struct Device {
  DeviceType type = DeviceType::cpu;
  std::int8_t index = 0;

  constexpr Device() = default;
  constexpr Device(DeviceType t, int i = 0) : type(t), index(static_cast<std::int8_t>(i)) {}
  constexpr bool is_cpu() const { return type == DeviceType::cpu; }
  constexpr bool is_cuda() const { return type == DeviceType::cuda; }
  friend constexpr bool operator==(Device a, Device b) { return a.type == b.type && a.index == b.index; }
  friend constexpr bool operator!=(Device a, Device b) { return !(a == b); }
};

inline constexpr Device cpu_device{};
constexpr Device cuda_device(int index) { return {DeviceType::cuda, index}; }

/// The device of factories that are given none: the CPU unless changed. Thread-local.
Device default_device();
void set_default_device(Device d);

}  // namespace ph
