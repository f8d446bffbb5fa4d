// Building error messages without iostreams, so that the process's locale cannot change them.
#include "playhead/tensor/error.h"

#include <charconv>

namespace ph::detail {

namespace {
template <class T>
void append_number(std::string& s, T v) {
  char buffer[32];
  const auto r = std::to_chars(buffer, buffer + sizeof buffer, v);
  s.append(buffer, static_cast<std::size_t>(r.ptr - buffer));
}
}  // namespace

void append(std::string& s, const char* v) { s += v; }
void append(std::string& s, const std::string& v) { s += v; }
void append(std::string& s, bool v) { s += v ? "true" : "false"; }
void append(std::string& s, std::int64_t v) { append_number(s, v); }
void append(std::string& s, std::uint64_t v) { append_number(s, v); }
void append(std::string& s, double v) { append_number(s, v); }
void append(std::string& s, DType v) { s += name(v); }
void append(std::string& s, Device v) {
  s += v.is_cpu() ? "cpu" : "cuda:";
  if (!v.is_cpu()) append_number(s, static_cast<int>(v.index));
}
void append(std::string& s, const Shape& v) { s += to_string(v); }

void raise(ErrorKind kind, const char* op, const std::string& message) { throw Error(kind, std::string(op) + ": " + message); }

}  // namespace ph::detail
