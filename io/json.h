// A strict reader of JSON text, pulled token by token, and the writing of strings. No tree is built, nothing recurses, and
// only what file headers need is here: objects, arrays, strings, whole numbers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "playhead/tensor/api.h"

namespace ph::io {

/// Reads `size` bytes at `text`, which must outlive it. Errors are value errors of `op` that name the byte they are about.
/// Strict: no comments, no trailing commas, valid UTF-8 and escapes, no lone surrogates. The caller's calls give the grammar,
/// so depth is bounded by the caller's own code.
class JsonReader {
 public:
  JsonReader(const char* op, const char* text, std::size_t size) : op_(op), begin_(text), p_(text), end_(text + size) {}

  void begin_object() { expect('{'), first_ = true; }
  /// Moves to the next member and reads its key; false at the closing brace.
  bool next_key(std::string& key);
  void begin_array() { expect('['), first_ = true; }
  /// Moves to the next element; false at the closing bracket.
  bool next_item();
  std::string string();
  /// A whole number below 2^63, without sign, fraction or exponent.
  std::int64_t whole_number();
  /// Throws unless only white space is left.
  void end();

 private:
  void skip_space();
  void expect(char c);
  bool next(char close);
  unsigned hex4();
  void escape(std::string& out);
  void utf8(std::string& out);
  [[noreturn]] void fail(const std::string& rule, const char* at) const;

  const char* op_;
  const char *begin_, *p_, *end_;
  bool first_ = false;  ///< whether the innermost open object or array has had no member yet
};

/// Appends `text` to `out` as a JSON string in quotes. Control characters are escaped, the rest is copied.
void append_json_string(std::string& out, const std::string& text);
bool is_valid_utf8(const std::string& text);
/// `text` as a JSON string for an error message: cut after 80 bytes, and with anything that is not plain ASCII escaped.
std::string quoted(const std::string& text);

}  // namespace ph::io
