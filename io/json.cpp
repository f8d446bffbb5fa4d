// The JSON reader and writer of json.h. What the keys and values mean is said in the files that use it.
#include "playhead/io/json.h"

#include "playhead/tensor/error.h"

namespace ph::io {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Length of the UTF-8 sequence at p, or 0 if it is not valid (overlong, a surrogate, past U+10FFFF, cut short).
std::size_t sequence_length(const char* p, const char* end) {
  const auto byte = [&](int i) { return static_cast<unsigned char>(p[i]); };
  const auto tail = [&](int i) { return end - p > i && (byte(i) & 0xC0) == 0x80; };
  const unsigned char b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(1) || !tail(2) || (b == 0xE0 && byte(1) < 0xA0) || (b == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (b == 0xF0 && byte(1) < 0x90) || (b == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, unsigned c) {
  const auto put = [&](unsigned b) { out += static_cast<char>(b); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 63));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
}

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: out += "\\u00", out += "0123456789abcdef"[c >> 4], out += "0123456789abcdef"[c & 15];
  }
}

}  // namespace

void JsonReader::fail(const std::string& rule, const char* at) const {
  value_error(op_, "header ", rule, "; got byte ", static_cast<std::int64_t>(at - begin_), " of ", static_cast<std::int64_t>(end_ - begin_));
}

void JsonReader::skip_space() {
  while (p_ != end_ && is_space(*p_)) ++p_;
}

void JsonReader::expect(char c) {
  skip_space();
  if (p_ == end_ || *p_ != c) fail(text("must have ", std::string(1, c), " here"), p_);
  ++p_;
}

bool JsonReader::next(char close) {
  skip_space();
  if (p_ != end_ && *p_ == close) {
    // Whoever closes was a member of the enclosing object or array, which therefore is not at its first any more.
    first_ = false;
    return ++p_, false;
  }
  if (!first_) expect(',');
  first_ = false;
  return true;
}

bool JsonReader::next_key(std::string& key) {
  if (!next('}')) return false;
  key = string();
  expect(':');
  return true;
}

bool JsonReader::next_item() { return next(']'); }

unsigned JsonReader::hex4() {
  if (end_ - p_ < 4) fail("must have four hexadecimal digits after \\u", p_);
  unsigned v = 0;
  for (int i = 0; i < 4; ++i, ++p_) {
    const char c = *p_, lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) v = v << 4 | static_cast<unsigned>(c - '0');
    else if (lower >= 'a' && lower <= 'f') v = v << 4 | static_cast<unsigned>(lower - 'a' + 10);
    else fail("must have four hexadecimal digits after \\u", p_);
  }
  return v;
}

void JsonReader::escape(std::string& out) {
  const char* at = p_++;
  const char c = p_ == end_ ? '\0' : *p_++;
  switch (c) {
    case '"': case '\\': case '/': out += c; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'u': break;
    default: fail("must not have an unknown escape", at);
  }
  unsigned v = hex4();
  if (v >= 0xD800 && v < 0xE000) {
    if (v >= 0xDC00 || end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u') fail("must not have half a surrogate pair", at);
    p_ += 2;
    const unsigned low = hex4();
    if (low < 0xDC00 || low >= 0xE000) fail("must not have half a surrogate pair", at);
    v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, v);
}

std::string JsonReader::string() {
  expect('"');
  std::string out;
  while (true) {
    if (p_ == end_) fail("must close its strings", p_);
    if (*p_ == '"') return ++p_, out;
    if (*p_ == '\\') {
      escape(out);
      continue;
    }
    if (static_cast<unsigned char>(*p_) < 0x20) fail("must escape control characters", p_);
    const std::size_t n = sequence_length(p_, end_);
    if (n == 0) fail("must be valid UTF-8", p_);
    out.append(p_, n);
    p_ += n;
  }
}

std::int64_t JsonReader::whole_number() {
  skip_space();
  const char* at = p_;
  if (p_ == end_ || !is_digit(*p_)) fail("must have a whole number here", at);
  if (*p_ == '0' && end_ - p_ > 1 && is_digit(p_[1])) fail("must not have leading zeros", at);
  std::int64_t v = 0;
  for (; p_ != end_ && is_digit(*p_); ++p_)
    if (__builtin_mul_overflow(v, std::int64_t{10}, &v) || __builtin_add_overflow(v, std::int64_t{*p_ - '0'}, &v))
      fail("must have numbers below 2^63", at);
  if (p_ != end_ && (*p_ == '.' || *p_ == 'e' || *p_ == 'E')) fail("must have a whole number here", at);
  return v;
}

void JsonReader::end() {
  skip_space();
  if (p_ != end_) fail("must end after its closing brace", p_);
}

void append_json_string(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20 || c == '"' || c == '\\') append_escape(out, b);
    else out += c;
  }
  out += '"';
}

bool is_valid_utf8(const std::string& text) {
  for (const char *p = text.data(), *end = p + text.size(); p != end;) {
    const std::size_t n = sequence_length(p, end);
    if (n == 0) return false;
    p += n;
  }
  return true;
}

std::string quoted(const std::string& text) {
  constexpr std::size_t longest = 80;
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size() && i < longest; ++i) {
    const auto b = static_cast<unsigned char>(text[i]);
    if (b >= 0x7F) out += "\\x", out += "0123456789abcdef"[b >> 4], out += "0123456789abcdef"[b & 15];
    else if (b < 0x20 || b == '"' || b == '\\') append_escape(out, b);
    else out += text[i];
  }
  out += text.size() > longest ? "\"..." : "\"";
  return out;
}

}  // namespace ph::io
