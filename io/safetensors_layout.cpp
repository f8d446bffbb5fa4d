// Checking and writing safetensors headers. A header is untrusted: every number is checked before it is used.
#include "playhead/io/safetensors_layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "playhead/io/json.h"
#include "playhead/tensor/error.h"

namespace ph::io {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and data is read as it stands");

struct Code {
  const char* text;
  DType dtype;
};
// In the order of the reference's enum, by which it sorts (from the last to the first).
constexpr Code codes[] = {{"BOOL", bool_}, {"U8", uint8},    {"I8", int8},   {"I16", int16},   {"U16", uint16},
                          {"F16", float16}, {"BF16", bfloat16}, {"I32", int32}, {"U32", uint32},  {"F32", float32},
                          {"C64", complex64}, {"F64", float64}, {"I64", int64}, {"U64", uint64}};
constexpr int code_count = static_cast<int>(std::size(codes));

int code_of(DType t) {
  for (int i = 0; i < code_count; ++i)
    if (codes[i].dtype == t) return i;
  return -1;
}

constexpr const char* metadata_key = "__metadata__";

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// An error message must stay short even when the file says that a tensor has a million dimensions.
std::string brief(const Shape& s) {
  if (s.size() <= 16) return to_string(s);
  return text("[", s[0], ", ", s[1], ", ... ", s.size(), " dimensions]");
}

/// Throws if two of the names are equal.
template <class Items, class NameOf>
void check_distinct(const char* op, const char* what, const Items& items, NameOf name_of) {
  std::vector<const std::string*> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(&name_of(item));
  std::sort(names.begin(), names.end(), [](const auto* a, const auto* b) { return *a < *b; });
  for (std::size_t i = 1; i < names.size(); ++i)
    if (*names[i] == *names[i - 1]) value_error(op, what, " must not repeat; got ", quoted(*names[i]), " twice");
}

DType read_dtype(const char* op, const std::string& tensor, const std::string& code) {
  for (const Code& c : codes)
    if (code == c.text) return c.dtype;
  std::string known;
  for (const Code& c : codes) known += (known.empty() ? "" : ", ") + std::string(c.text);
  value_error(op, "dtype must be one of ", known, "; got ", quoted(code), " for tensor ", quoted(tensor));
}

std::vector<std::int64_t> read_numbers(JsonReader& in) {
  std::vector<std::int64_t> v;
  in.begin_array();
  while (in.next_item()) v.push_back(in.whole_number());
  return v;
}

SafetensorsEntry read_entry(const char* op, JsonReader& in, std::string name) {
  SafetensorsEntry e;
  std::vector<std::int64_t> offsets;
  std::string key;
  int dtypes = 0, shapes = 0, ranges = 0;
  in.begin_object();
  while (in.next_key(key)) {
    if (key == "dtype" && ++dtypes == 1) e.dtype = read_dtype(op, name, in.string());
    else if (key == "shape" && ++shapes == 1) e.shape = Shape(read_numbers(in));
    else if (key == "data_offsets" && ++ranges == 1) offsets = read_numbers(in);
    else value_error(op, "a tensor has dtype, shape and data_offsets, once each; got ", quoted(key), " in tensor ", quoted(name));
  }
  if (dtypes + shapes + ranges != 3)
    value_error(op, "a tensor has dtype, shape and data_offsets, once each; got no ",
                !dtypes ? "dtype" : !shapes ? "shape" : "data_offsets", " in tensor ", quoted(name));
  if (offsets.size() != 2)
    value_error(op, "data_offsets must be two numbers; got ", offsets.size(), " for tensor ", quoted(name));
  e.name = std::move(name);
  e.begin = offsets[0], e.end = offsets[1];
  return e;
}

Pairs read_metadata(JsonReader& in) {
  Pairs pairs;
  std::string key;
  in.begin_object();
  while (in.next_key(key)) {
    std::string value = in.string();
    pairs.emplace_back(std::move(key), std::move(value));
  }
  return pairs;
}

/// Bytes that shape and dtype ask for; throws if they pass 2^63, even where a size of 0 would hide it.
std::int64_t checked_bytes(const char* op, const SafetensorsEntry& e) {
  auto bytes = static_cast<std::int64_t>(itemsize(e.dtype));
  bool empty = false;
  for (const std::int64_t n : e.shape) {
    empty |= n == 0;
    if (n != 0 && __builtin_mul_overflow(bytes, n, &bytes))
      value_error(op, "a tensor must have fewer than 2^63 bytes; got shape=", brief(e.shape), ", dtype=", e.dtype, " for tensor ",
                  quoted(e.name));
  }
  return empty ? 0 : bytes;
}

void check_range(const char* op, const SafetensorsEntry& e, std::uint64_t data_size) {
  if (e.begin > e.end) value_error(op, "data_offsets must be [begin, end]; got [", e.begin, ", ", e.end, "] for tensor ", quoted(e.name));
  if (static_cast<std::uint64_t>(e.end) > data_size)
    value_error(op, "the file is shorter than its header says; got ", data_size, " bytes of data, tensor ", quoted(e.name), " ends at ", e.end,
                ". Was it cut short?");
  const std::int64_t bytes = checked_bytes(op, e);
  if (e.end - e.begin != bytes)
    value_error(op, "data_offsets must span what shape and dtype ask for; got [", e.begin, ", ", e.end, "], shape=", brief(e.shape),
                ", dtype=", e.dtype, " (", bytes, " bytes) for tensor ", quoted(e.name));
}

}  // namespace

std::uint64_t safetensors_header_size(const char* op, const void* prefix, std::uint64_t file_size) {
  if (file_size < safetensors_prefix) value_error(op, "a file has at least 8 bytes; got ", file_size);
  std::uint64_t n;
  std::memcpy(&n, prefix, sizeof n);
  if (n > safetensors_longest_header)
    value_error(op, "header must be at most ", safetensors_longest_header, " bytes; got ", n, ". Is it a safetensors file?");
  if (n > file_size - safetensors_prefix)
    value_error(op, "header must lie inside the file; got header=", n, ", file=", file_size, " bytes. Was the file cut short?");
  return n;
}

SafetensorsLayout parse_safetensors_header(const char* op, const char* header, std::size_t size, std::uint64_t data_size) {
  SafetensorsLayout layout;
  if (size == 0 || header[0] != '{') value_error(op, "header must begin with {. Is it a safetensors file?");
  JsonReader in(op, header, size);
  std::string key;
  int metadata_blocks = 0;
  in.begin_object();
  while (in.next_key(key)) {
    if (key != metadata_key) layout.entries.push_back(read_entry(op, in, std::move(key)));
    else if (++metadata_blocks == 1) layout.metadata = read_metadata(in);
    else value_error(op, "names must not repeat; got \"__metadata__\" twice");
  }
  in.end();

  auto& entries = layout.entries;
  check_distinct(op, "names", entries, [](const auto& e) -> const std::string& { return e.name; });
  check_distinct(op, "metadata keys", layout.metadata, [](const auto& m) -> const std::string& { return m.first; });
  for (const auto& e : entries) check_range(op, e, data_size);
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::int64_t at = 0;
  for (const auto& e : entries) {
    if (e.begin != at)
      value_error(op, "data must have no gaps and no overlaps; got begin=", e.begin, " after end=", at, " at tensor ", quoted(e.name));
    at = e.end;
  }
  if (static_cast<std::uint64_t>(at) != data_size)
    value_error(op, "data must end with the last tensor; got ", data_size, " bytes, described ", at);
  return layout;
}

std::string lay_out_safetensors(const char* op, SafetensorsLayout& layout) {
  auto& entries = layout.entries;
  const auto check_text = [&](const char* what, const std::string& s) {
    if (!is_valid_utf8(s)) value_error(op, what, " must be valid UTF-8; got ", quoted(s));
  };
  for (const auto& e : entries) {
    check_text("names", e.name);
    if (e.name == metadata_key) value_error(op, "a tensor cannot be called \"__metadata__\", which the format reserves");
    if (code_of(e.dtype) < 0) type_error(op, "the format has no ", e.dtype, "; got tensor ", quoted(e.name), ". Save real and imag apart");
  }
  for (const auto& [key, value] : layout.metadata) check_text("metadata", key), check_text("metadata", value);
  check_distinct(op, "names", entries, [](const auto& e) -> const std::string& { return e.name; });
  check_distinct(op, "metadata keys", layout.metadata, [](const auto& m) -> const std::string& { return m.first; });

  std::sort(layout.metadata.begin(), layout.metadata.end());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    const int i = code_of(a.dtype), j = code_of(b.dtype);
    return i != j ? i > j : a.name < b.name;
  });

  std::string out(safetensors_prefix, '\0');
  out += '{';
  if (!layout.metadata.empty()) {
    out += "\"__metadata__\":{";
    for (const auto& [key, value] : layout.metadata) {
      append_json_string(out, key), out += ':';
      append_json_string(out, value), out += ',';
    }
    out.back() = '}';
    if (!entries.empty()) out += ',';
  }
  std::int64_t at = 0;
  for (auto& e : entries) {
    e.begin = at;
    if (__builtin_add_overflow(at, checked_bytes(op, e), &e.end)) value_error(op, "a file has fewer than 2^63 bytes");
    at = e.end;
    append_json_string(out, e.name);
    out += text(":{\"dtype\":\"", codes[code_of(e.dtype)].text, "\",\"shape\":[");
    for (int d = 0; d < e.shape.size(); ++d) out += text(d ? "," : "", e.shape[d]);
    out += text("],\"data_offsets\":[", e.begin, ",", e.end, "]},");
  }
  if (!entries.empty()) out.pop_back();
  out += '}';
  while (out.size() % 8 != 0) out += ' ';
  const std::uint64_t n = out.size() - safetensors_prefix;
  if (n > safetensors_longest_header) value_error(op, "header must be at most ", safetensors_longest_header, " bytes; got ", n);
  std::memcpy(out.data(), &n, sizeof n);
  return out;
}

}  // namespace ph::io
