// Files as the readers and writers of this folder need them: reading at a position, and replacing a file atomically.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "playhead/tensor/api.h"

namespace PH_PUBLIC ph {
namespace io {

/// A regular file opened for reading. Errors are io errors of `op`.
class InputFile {
 public:
  InputFile(const char* op, const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Reads exactly `n` bytes from `offset`; a file that became shorter meanwhile is an error.
  void read(void* to, std::size_t n, std::uint64_t offset) const;

 private:
  const char* op_;
  std::string path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

/// Writes a file so that at every moment, a power cut included, `path` holds all of the old content or all of the new:
/// into a temporary file in the same folder, which `commit` flushes to the disk and renames. Without a commit it is removed.
/// A killed process may leave `.playhead-PID-N.tmp` behind. A symbolic link stays one: the file that it leads to is replaced.
class OutputFile {
 public:
  OutputFile(const char* op, const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, std::size_t n);
  void commit();

 private:
  const char* op_;
  std::string path_, folder_, temporary_;
  int fd_ = -1;
};

/// Replaces or makes the file `path`, atomically.
void write_file(const std::string& path, const std::string& content);

}  // namespace io
}  // namespace ph
