// The header of a safetensors file as plain data: what is where. Nothing here touches a file or makes a tensor.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "playhead/tensor/dtype.h"
#include "playhead/tensor/shape.h"

namespace ph::io {

inline constexpr std::uint64_t safetensors_prefix = 8;  ///< the header's length, little-endian, stands before it
inline constexpr std::uint64_t safetensors_longest_header = 100'000'000;

struct SafetensorsEntry {
  std::string name;
  DType dtype = float32;
  Shape shape;
  std::size_t source = 0;           ///< for the writer: which of its tensors this is, kept through the sorting
  std::int64_t begin = 0, end = 0;  ///< bytes, counted from the end of the header
};

struct SafetensorsLayout {
  std::vector<SafetensorsEntry> entries;  ///< by ascending offset, without gaps
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// The header's length, from the file's first 8 bytes; throws unless it fits a file of `file_size` bytes.
std::uint64_t safetensors_header_size(const char* op, const void* prefix, std::uint64_t file_size);
/// Reads and checks a header that describes `data_size` bytes of data.
SafetensorsLayout parse_safetensors_header(const char* op, const char* header, std::size_t size, std::uint64_t data_size);

/// Sorts the entries as the reference does (wider dtypes first, so that all data is aligned; then by name), gives them
/// their offsets, and returns the file's bytes up to the data. Throws for names that repeat, are reserved or are not UTF-8.
std::string lay_out_safetensors(const char* op, SafetensorsLayout& layout);

}  // namespace ph::io
