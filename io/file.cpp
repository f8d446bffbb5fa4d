// System calls behind file.h. No stdio: its buffers would be a copy more, and fsync needs the descriptor anyway.
#include "playhead/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "playhead/tensor/error.h"

namespace ph::io {

namespace {

// Linux moves at most this much per call; asking for less is portable.
constexpr std::size_t largest_chunk = std::size_t{1} << 30;

[[noreturn]] void fail(const char* op, const char* what, const std::string& path, int error) {
  io_error(op, what, "; got ", path, " (", std::generic_category().message(error), ")");
}

/// What a chain of symbolic links leads to, or `path` itself where there is nothing yet.
std::string resolve(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (!real) return path;
  std::string out = real;
  std::free(real);
  return out;
}

}  // namespace

InputFile::InputFile(const char* op, const std::string& path) : op_(op), path_(path) {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) fail(op, "cannot open the file", path, errno);
  struct stat info;
  const bool known = ::fstat(fd_, &info) == 0;
  const int error = errno;
  if (!known || !S_ISREG(info.st_mode)) ::close(fd_);
  if (!known) fail(op, "cannot open the file", path, error);
  if (!S_ISREG(info.st_mode)) io_error(op, "needs a regular file; got ", path);
  size_ = static_cast<std::uint64_t>(info.st_size);
}

InputFile::~InputFile() { ::close(fd_); }

void InputFile::read(void* to, std::size_t n, std::uint64_t offset) const {
  auto* p = static_cast<char*>(to);
  while (n > 0) {
    const ssize_t got = ::pread(fd_, p, n < largest_chunk ? n : largest_chunk, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(op_, "cannot read the file", path_, errno);
    if (got == 0) io_error(op_, "the file became shorter while it was read; got ", path_);
    p += got, offset += static_cast<std::uint64_t>(got), n -= static_cast<std::size_t>(got);
  }
}

OutputFile::OutputFile(const char* op, const std::string& path) : op_(op), path_(resolve(path)) {
  struct stat old;
  const bool exists = ::stat(path_.c_str(), &old) == 0;
  // Renaming over a device or a folder would destroy or not replace it.
  if (exists && !S_ISREG(old.st_mode)) io_error(op, "can only replace a regular file; got ", path);
  const std::size_t slash = path_.rfind('/');
  folder_ = slash == std::string::npos ? "./" : path_.substr(0, slash + 1);
  static std::atomic<std::uint64_t> counter{0};
  do {
    temporary_ = text(folder_, ".playhead-", std::int64_t{::getpid()}, "-", counter++, ".tmp");
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd_ < 0 && errno == EEXIST);
  if (fd_ < 0) fail(op, "cannot make a temporary file in the folder", path, errno);
  if (exists) (void)!::fchmod(fd_, old.st_mode & 07777);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void OutputFile::write(const void* data, std::size_t n) {
  const auto* p = static_cast<const char*>(data);
  while (n > 0) {
    const ssize_t put = ::write(fd_, p, n < largest_chunk ? n : largest_chunk);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(op_, "cannot write the file", path_, errno);
    p += put, n -= static_cast<std::size_t>(put);
  }
}

void OutputFile::commit() {
  if (::fsync(fd_) != 0) fail(op_, "cannot flush the file to the disk", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(op_, "cannot replace the file", path_, errno);
  ::close(fd_);
  fd_ = -1;
  // The rename itself is on the disk only once the folder is. Some file systems cannot flush a folder; there it is done already.
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const int error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error == EIO || error == ENOSPC) fail(op_, "cannot flush the folder to the disk", path_, error);
}

void write_file(const std::string& path, const std::string& content) {
  OutputFile file("write_file", path);
  file.write(content.data(), content.size());
  file.commit();
}

}  // namespace ph::io
