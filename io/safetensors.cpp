// Tensors to and from safetensors files. What a header may say is checked in safetensors_layout.cpp.
#include "playhead/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "playhead/autograd/mode.h"
#include "playhead/io/file.h"
#include "playhead/io/json.h"
#include "playhead/io/safetensors_layout.h"
#include "playhead/tensor/error.h"

namespace ph::io {

namespace {

const Tensor* find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return &tensor;
  return nullptr;
}

/// The names, sorted, with their places in `tensors`.
std::vector<std::pair<std::string, std::size_t>> sorted_names(const NamedTensors& tensors) {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (std::size_t i = 0; i < tensors.size(); ++i) names.emplace_back(tensors[i].first, i);
  std::sort(names.begin(), names.end());
  return names;
}

// Tied weights are stored once. For each other name there is one entry of metadata: this prefix and the name, to the stored name.
constexpr std::string_view tie_prefix = "playhead.tied.";
bool is_tie(const std::string& key) { return key.starts_with(tie_prefix); }

// --- reading ----------------------------------------------------------------------------------------------------------

/// A bool's byte must be 0 or 1: any other is undefined behaviour in C++ and a third truth value elsewhere.
void check_bools(const char* op, const std::string& name, const Tensor& x) {
  const auto* p = static_cast<const unsigned char*>(x.data_ptr());
  unsigned char seen = 0;
  for (std::size_t i = 0; i < x.nbytes(); ++i) seen |= p[i];
  if (seen > 1) value_error(op, "a BOOL must be 0 or 1; got another byte in tensor ", quoted(name));
}

/// Gives their other names to the tensors that the metadata calls tied; such entries are no metadata to the user.
void tie(const char* op, Safetensors& file) {
  const auto names = sorted_names(file.tensors);
  const auto lookup = [&](const std::string& name) {
    const auto at = std::lower_bound(names.begin(), names.end(), std::pair(name, std::size_t{0}));
    return at != names.end() && at->first == name ? &file.tensors[at->second].second : nullptr;
  };
  for (const auto& [key, value] : file.metadata) {
    if (!is_tie(key)) continue;
    std::string name = key.substr(tie_prefix.size());
    const Tensor* stored = lookup(value);
    if (!stored || lookup(name))
      value_error(op, "a tied name must be new and lead to a tensor of the file; got ", quoted(name), " tied to ", quoted(value));
    const Tensor same = *stored;
    file.tensors.emplace_back(std::move(name), same);
  }
  std::erase_if(file.metadata, [](const auto& m) { return is_tie(m.first); });
}

/// `read(to, n, offset)` copies n bytes of the data.
template <class Read>
Safetensors make_tensors(const char* op, SafetensorsLayout&& layout, Read read) {
  Safetensors file;
  file.metadata = std::move(layout.metadata);
  file.tensors.reserve(layout.entries.size());
  for (auto& e : layout.entries) {
    Tensor x = detail::make_tensor(e.shape, e.dtype, cpu_device);
    if (e.end > e.begin) read(x.data_ptr(), static_cast<std::size_t>(e.end - e.begin), static_cast<std::uint64_t>(e.begin));
    if (e.dtype == bool_) check_bools(op, e.name, x);
    file.tensors.emplace_back(std::move(e.name), std::move(x));
  }
  tie(op, file);
  return file;
}

// --- writing ----------------------------------------------------------------------------------------------------------

bool same_memory(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && a.strides() == b.strides() && a.shares_storage(b);
}

/// Moves all but the first name (alphabetically) of each tied tensor from `tensors` to `metadata`.
void untie(const char* op, NamedTensors& tensors, Metadata& metadata) {
  const auto names = sorted_names(tensors);
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (const auto twice = std::adjacent_find(names.begin(), names.end(), same_name); twice != names.end())
    value_error(op, "names must not repeat; got ", quoted(twice->first), " twice");
  for (const auto& [key, value] : metadata)
    if (is_tie(key)) value_error(op, "metadata keys must not begin with playhead.tied.; got ", quoted(key));

  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    const void *p = a.second.data_ptr(), *q = b.second.data_ptr();
    return p != q ? std::less<>()(p, q) : a.first < b.first;
  });
  NamedTensors kept;
  std::size_t run = 0;  // where in `kept` the tensors at the present address begin
  for (auto& [name, x] : tensors) {
    if (kept.empty() || kept.back().second.data_ptr() != x.data_ptr()) run = kept.size();
    const auto first = std::find_if(kept.begin() + static_cast<std::ptrdiff_t>(run), kept.end(),
                                    [&x = x](const auto& k) { return same_memory(k.second, x); });
    if (x.numel() > 0 && first != kept.end()) metadata.emplace_back(std::string(tie_prefix) + name, first->first);
    else kept.emplace_back(std::move(name), std::move(x));
  }
  tensors = std::move(kept);
}

/// Calls `write(bytes, n)` for the header, then for each tensor's data.
template <class Write>
void write_tensors(const char* op, NamedTensors tensors, Metadata metadata, Write write) {
  for (const auto& [name, x] : tensors)
    if (!x.defined()) value_error(op, "tensors must be defined; got an undefined one called ", quoted(name));
  untie(op, tensors, metadata);
  SafetensorsLayout layout;
  layout.metadata = std::move(metadata);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    layout.entries.push_back({tensors[i].first, tensors[i].second.dtype(), tensors[i].second.shape(), i});
  const std::string header = lay_out_safetensors(op, layout);
  write(header.data(), header.size());
  const no_grad guard;
  for (const auto& e : layout.entries) {
    const Tensor x = tensors[e.source].second.cpu().contiguous();  // one at a time: a copy of the whole model may not fit
    write(x.data_ptr(), x.nbytes());
  }
}

}  // namespace

bool Safetensors::contains(const std::string& name) const { return find(tensors, name) != nullptr; }

const Tensor& Safetensors::operator[](const std::string& name) const {
  const Tensor* x = find(tensors, name);
  if (!x) index_error("safetensors", "no tensor has this name; got ", quoted(name), ", the file has ", tensors.size(), " tensors");
  return *x;
}

void save_safetensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
  constexpr const char* op = "save_safetensors";
  OutputFile file(op, path);
  write_tensors(op, tensors, metadata, [&](const void* p, std::size_t n) { file.write(p, n); });
  file.commit();
}

std::string safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata) {
  std::string out;
  write_tensors("safetensors_bytes", tensors, metadata,
                [&](const void* p, std::size_t n) { out.append(static_cast<const char*>(p), n); });
  return out;
}

Safetensors load_safetensors(const std::string& path) {
  constexpr const char* op = "load_safetensors";
  const InputFile file(op, path);
  try {
    char prefix[safetensors_prefix] = {};
    if (file.size() >= sizeof prefix) file.read(prefix, sizeof prefix, 0);
    std::string header(safetensors_header_size(op, prefix, file.size()), '\0');
    file.read(header.data(), header.size(), sizeof prefix);
    const std::uint64_t start = sizeof prefix + header.size();
    return make_tensors(op, parse_safetensors_header(op, header.data(), header.size(), file.size() - start),
                        [&](void* to, std::size_t n, std::uint64_t offset) { file.read(to, n, start + offset); });
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::value) throw;
    throw Error(ErrorKind::value, text(e.what(), " (", path, ")"));
  }
}

Safetensors load_safetensors(const void* bytes, std::size_t size) {
  constexpr const char* op = "load_safetensors";
  const char* p = static_cast<const char*>(bytes);
  const auto n = static_cast<std::size_t>(safetensors_header_size(op, p, size));
  const char* data = p + safetensors_prefix + n;
  return make_tensors(op, parse_safetensors_header(op, p + safetensors_prefix, n, size - safetensors_prefix - n),
                      [&](void* to, std::size_t count, std::uint64_t offset) { std::memcpy(to, data + offset, count); });
}

}  // namespace ph::io
