// Text as numbers: reading files, the vocabulary, and which stretches of text make up a batch.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "playhead/playhead.h"

/// A file, or all sources and documents below a folder in the order of their paths.
inline std::string read_text(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    const std::vector<std::string> kinds = {".h", ".cpp", ".cu", ".cuh", ".def", ".md", ".txt", ".py", ".cmake", ".sh"};
    for (auto i = fs::recursive_directory_iterator(path); i != fs::recursive_directory_iterator(); ++i) {
      const std::string name = i->path().filename().string();
      if (i->is_directory() && (name.starts_with('.') || name.starts_with("build") || name == "out")) i.disable_recursion_pending();
      if (i->is_regular_file() && std::count(kinds.begin(), kinds.end(), i->path().extension().string())) files.push_back(i->path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::string text;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text;
}

/// Numbers that depend on nothing but their place (SplitMix64), so that a resumed run draws the same ones.
inline std::uint64_t random_at(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = seed * 0x9e3779b97f4a7c15u + a * 0xd1342543de82ef95u + b * 0x2545f4914f6cdd1du + 0x632be59bd9b4e019u;
  for (int round = 0; round < 2; ++round) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
  }
  return z;
}

class Corpus {
 public:
  /// The first nine tenths are for training, the rest for validation.
  Corpus(const std::string& text, std::int64_t context) : context_(context) {
    std::array<std::int64_t, 256> count{};
    for (const char c : text) ++count[static_cast<unsigned char>(c)];
    std::array<std::uint8_t, 256> id{};
    for (int c = 0; c < 256; ++c)
      if (count[static_cast<std::size_t>(c)]) {
        id[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(symbols_.size());
        symbols_ += static_cast<char>(c);
        const double p = static_cast<double>(count[static_cast<std::size_t>(c)]) / static_cast<double>(text.size());
        entropy_ -= p * std::log(p);
      }
    ids_.reserve(text.size());
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      ids_.push_back(id[byte]);
      hash_ = (hash_ ^ byte) * 0x100000001b3u;  // FNV-1a
    }
    train_ = static_cast<std::int64_t>(ids_.size()) * 9 / 10;
    if (static_cast<std::int64_t>(ids_.size()) - train_ <= context + 1)
      throw std::runtime_error("the text is too short: " + std::to_string(ids_.size()) + " characters for a context of " + std::to_string(context));
  }

  struct Batch {
    ph::Tensor x, y;  // int64 [b, t]; y is x one character later
  };
  /// The batch of a training step.
  Batch train_batch(std::uint64_t seed, std::int64_t step, std::int64_t b) const {
    std::vector<std::int64_t> starts;
    for (std::int64_t i = 0; i < b; ++i)
      starts.push_back(static_cast<std::int64_t>(random_at(seed, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(i)) %
                                                 static_cast<std::uint64_t>(train_ - context_)));
    return batch(starts);
  }
  /// Part `k` of `n` of the validation text: b stretches, evenly spread.
  Batch validation_batch(std::int64_t k, std::int64_t n, std::int64_t b) const {
    const std::int64_t room = static_cast<std::int64_t>(ids_.size()) - train_ - context_ - 1;
    std::vector<std::int64_t> starts;
    for (std::int64_t i = 0; i < b; ++i) starts.push_back(train_ + room * (k * b + i) / std::max<std::int64_t>(n * b - 1, 1));
    return batch(starts);
  }

  std::int64_t size() const { return static_cast<std::int64_t>(ids_.size()); }
  std::int64_t vocabulary() const { return static_cast<std::int64_t>(symbols_.size()); }
  char symbol(std::int64_t id) const { return symbols_.at(static_cast<std::size_t>(id)); }
  /// Id of a character, or 0 if the text has none of it.
  std::int64_t id_of(char c) const {
    const auto i = symbols_.find(c);
    return i == std::string::npos ? 0 : static_cast<std::int64_t>(i);
  }
  double unigram_entropy() const { return entropy_; }  ///< nats per character
  std::uint64_t hash() const { return hash_; }

 private:
  Batch batch(const std::vector<std::int64_t>& starts) const {
    std::vector<std::int64_t> x, y;
    for (const std::int64_t s : starts)
      for (std::int64_t t = s; t < s + context_; ++t) {
        x.push_back(ids_[static_cast<std::size_t>(t)]);
        y.push_back(ids_[static_cast<std::size_t>(t) + 1]);
      }
    const ph::Shape shape{static_cast<std::int64_t>(starts.size()), context_};
    return {ph::from_data(x, shape), ph::from_data(y, shape)};
  }

  std::int64_t context_, train_ = 0;
  std::string symbols_;
  std::vector<std::uint8_t> ids_;
  double entropy_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};
