// Reading and writing safetensors, the format in which weights travel between libraries (https://github.com/huggingface/safetensors).
#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {
namespace io {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct Safetensors {
  NamedTensors tensors;  ///< in the order of the file's data
  Metadata metadata;     ///< in the order of the file's header

  bool contains(const std::string& name) const;
  /// The tensor called `name`; throws an index error if there is none.
  const Tensor& operator[](const std::string& name) const;
};

/// Writes the tensors and metadata to `path`, atomically: a crash leaves the old file or the new one.
/// Any dtype but complex128; any layout and device. The same tensors give the same bytes: the reference's, with metadata
/// in order of its keys. Tied weights (names of one tensor) are stored once, under the first name in alphabetical order; a line of
/// metadata lets load_safetensors tie them again, and other readers miss the other names, as after the reference's save_model.
/// Throws a value error for names that repeat or are not UTF-8, a type error for complex128, an io error if writing fails.
void save_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata = {});
/// The same, as bytes in memory.
std::string safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata = {});

/// All tensors of a file, on the CPU, each in memory of its own. Nothing is allocated before the whole header is checked against
/// the file's size. Throws a value error that says what is wrong with the file, or an io error if it cannot be read.
Safetensors load_safetensors(const std::string& path);
/// The same from `size` bytes in memory.
Safetensors load_safetensors(const void* bytes, std::size_t size);

}  // namespace io
}  // namespace ph
