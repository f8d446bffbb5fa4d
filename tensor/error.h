// The one exception type, and how its messages are put together: `op: rule that was broken; got name=value. Hint.`
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include "playhead/tensor/api.h"
#include "playhead/tensor/dtype.h"
#include "playhead/tensor/device.h"
#include "playhead/tensor/shape.h"

namespace PH_PUBLIC ph {

/// What went wrong, coarsely; the Python bindings map each to a Python exception.
enum class ErrorKind : std::uint8_t { value, type, index, runtime, memory, io };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

namespace detail {
void append(std::string& s, const char* v);
void append(std::string& s, const std::string& v);
void append(std::string& s, bool v);
void append(std::string& s, std::int64_t v);
void append(std::string& s, std::uint64_t v);
void append(std::string& s, double v);
void append(std::string& s, DType v);
void append(std::string& s, Device v);
void append(std::string& s, const Shape& v);
inline void append(std::string& s, int v) { append(s, static_cast<std::int64_t>(v)); }
inline void append(std::string& s, unsigned v) { append(s, static_cast<std::uint64_t>(v)); }
inline void append(std::string& s, long long v) { append(s, static_cast<std::int64_t>(v)); }
[[noreturn]] void raise(ErrorKind kind, const char* op, const std::string& message);
}  // namespace detail

/// The parts, one after the other, as text.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::string s;
  (detail::append(s, parts), ...);
  return s;
}

/// Throw `op: parts…`.
template <class... P> [[noreturn]] void value_error(const char* op, const P&... p) { detail::raise(ErrorKind::value, op, text(p...)); }
template <class... P> [[noreturn]] void type_error(const char* op, const P&... p) { detail::raise(ErrorKind::type, op, text(p...)); }
template <class... P> [[noreturn]] void index_error(const char* op, const P&... p) { detail::raise(ErrorKind::index, op, text(p...)); }
template <class... P> [[noreturn]] void runtime_error(const char* op, const P&... p) { detail::raise(ErrorKind::runtime, op, text(p...)); }
template <class... P> [[noreturn]] void memory_error(const char* op, const P&... p) { detail::raise(ErrorKind::memory, op, text(p...)); }
template <class... P> [[noreturn]] void io_error(const char* op, const P&... p) { detail::raise(ErrorKind::io, op, text(p...)); }

}  // namespace ph
