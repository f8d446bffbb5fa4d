// Boolean masks: counting, finding, compressing, expanding. All operands are row-major, so a mask is one row of bytes.
#include <algorithm>
#include <cstring>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/dtype.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

constexpr std::int64_t block = 1 << 16;  // elements; a block's place in the result is the count of those before it

std::int64_t count_range(const std::uint8_t* m, std::int64_t n) {
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < n;) {  // bytes are summed 255 at a time, in a loop that becomes SIMD code
    const std::int64_t end = std::min(n, i + 255);
    std::uint8_t part = 0;
    for (; i < end; ++i) part = static_cast<std::uint8_t>(part + (m[i] != 0));
    total += part;
  }
  return total;
}

// starts[b]: how many are set before block b; the last entry is the total.
std::vector<std::int64_t> block_starts(const View& mask) {
  const std::int64_t blocks = (mask.numel + block - 1) / block;
  std::vector<std::int64_t> starts(static_cast<std::size_t>(blocks) + 1, 0);
  parallel_for(mask.numel, block, [&](std::int64_t b, std::int64_t e) {
    starts[static_cast<std::size_t>(b / block) + 1] = count_range(mask.as<std::uint8_t>() + b, e - b);
  });
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  return starts;
}

std::int64_t count(const View& mask) { return block_starts(mask).back(); }

// Calls f(position of the first result, begin, end) for each block.
template <class F>
void each_block(const View& mask, const F& f) {
  const std::vector<std::int64_t> starts = block_starts(mask);
  parallel_for(mask.numel, block, [&](std::int64_t b, std::int64_t e) { f(starts[static_cast<std::size_t>(b / block)], b, e); });
}

void nonzero(const View& out, const View& mask) {
  const std::uint8_t* m = mask.as<std::uint8_t>();
  const int ndim = mask.ndim;
  const std::int64_t n = out.shape[1], cols = ndim ? mask.shape[ndim - 1] : 1;
  if (n == 0 || ndim == 0) return;
  each_block(mask, [&](std::int64_t at, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end;) {
      const std::int64_t row = i / cols, stop = std::min(end, (row + 1) * cols), first = at;
      std::int64_t* last = out.as<std::int64_t>() + (ndim - 1) * n;
      for (; i < stop; ++i)
        if (m[i]) last[at++] = i - row * cols;
      std::int64_t rest = row;
      for (int d = ndim - 2; d >= 0 && at > first; --d) {
        std::fill(out.as<std::int64_t>() + d * n + first, out.as<std::int64_t>() + d * n + at, rest % mask.shape[d]);
        rest /= mask.shape[d];
      }
    }
  });
}

struct Bytes16 {
  std::uint64_t a, b;
};

template <class T>
void compress(const View& out, const View& x, const View& mask) {
  const std::uint8_t* m = mask.as<std::uint8_t>();
  const T* s = x.as<T>();
  each_block(mask, [&](std::int64_t at, std::int64_t begin, std::int64_t end) {
    T kept[257];  // each element is stored, and kept only by counting it: no branch to mispredict
    for (std::int64_t i = begin; i < end;) {
      const std::int64_t stop = std::min(end, i + 256);
      std::int64_t k = 0;
      for (; i < stop; ++i) {
        kept[k] = s[i];
        k += m[i] != 0;
      }
      std::memcpy(out.as<T>() + at, kept, static_cast<std::size_t>(k) * sizeof(T));
      at += k;
    }
  });
}

template <class T>
void expand(const View& x, const View& mask, const View& source) {
  const std::uint8_t* m = mask.as<std::uint8_t>();
  T* d = x.as<T>();
  const T* s = source.as<T>();
  each_block(mask, [&](std::int64_t at, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      if (m[i]) d[i] = s[at++];
  });
}

void masked_get(const View& out, const View& x, const View& mask) {
  switch (itemsize(x.dtype)) {
    case 1: return compress<std::uint8_t>(out, x, mask);
    case 2: return compress<std::uint16_t>(out, x, mask);
    case 4: return compress<std::uint32_t>(out, x, mask);
    case 8: return compress<std::uint64_t>(out, x, mask);
    default: return compress<Bytes16>(out, x, mask);
  }
}

void masked_put(const View& x, const View& mask, const View& source) {
  switch (itemsize(x.dtype)) {
    case 1: return expand<std::uint8_t>(x, mask, source);
    case 2: return expand<std::uint16_t>(x, mask, source);
    case 4: return expand<std::uint32_t>(x, mask, source);
    case 8: return expand<std::uint64_t>(x, mask, source);
    default: return expand<Bytes16>(x, mask, source);
  }
}

}  // namespace

void fill_mask(Kernels& k) {
  k.count = count;
  k.nonzero = nonzero;
  k.masked_get = masked_get;
  k.masked_put = masked_put;
}

}  // namespace ph::cpu
