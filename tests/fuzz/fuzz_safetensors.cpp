// libFuzzer target: any bytes through the safetensors reader. What loads must survive saving and loading, with the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "playhead/io.h"

namespace {

/// Input that begins with a brace is taken as a header and its data, which lack the 8 bytes of length: a fuzzer that had to
/// keep those right would spend most of its time in the first check.
std::string as_file(const std::uint8_t* bytes, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty() || input[0] != '{') return input;
  const std::uint64_t header = input.rfind('}') == std::string::npos ? size : input.rfind('}') + 1;
  std::string prefix(8, '\0');
  std::memcpy(prefix.data(), &header, 8);
  return prefix + input;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string input = as_file(bytes, size);
  ph::io::Safetensors file;
  try {
    file = ph::io::load_safetensors(input.data(), input.size());
  } catch (const ph::Error& e) {
    if (e.kind() != ph::ErrorKind::value) std::abort();
    return 0;
  }
  const std::string once = ph::io::safetensors_bytes(file.tensors, file.metadata);
  const ph::io::Safetensors again = ph::io::load_safetensors(once.data(), once.size());
  if (again.tensors.size() != file.tensors.size()) std::abort();
  if (ph::io::safetensors_bytes(again.tensors, again.metadata) != once) std::abort();
  return 0;
}
