// Copies with conversion between any two layouts, fills, and ranges.
#include <algorithm>
#include <cstring>

#include "playhead/tensor/cpu/isa.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/strided.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

using Convert = void (*)(void* dst, const void* src, std::int64_t n);
PH_PER_ISA(Convert conversion(DType to, DType from))

namespace {

constexpr std::int64_t grain_bytes = 1 << 18;  // of one thread's piece: long against waking it, short against the caches
constexpr std::int64_t chunk = 1024;           // elements per step through a buffer
constexpr std::int64_t tile = 32;              // rows and columns of a transposed block

// For pairs without a loop of their own: the dtype to go through.
DType stepping_stone(DType to, DType from) {
  if (from == float16 || from == bfloat16) return float32;
  if (is_complex(from)) return is_complex(to) ? to : real_dtype(from);
  if (is_complex(to)) return real_dtype(to);
  return itemsize(from) <= 2 ? float32 : float64;  // an integer to 16-bit floats: exact on the way
}

struct Conversions {
  Convert direct[dtype_count][dtype_count];
  Conversions() {
    const auto get = PH_PICK_ISA(conversion);
    for (int t = 0; t < dtype_count; ++t)
      for (int f = 0; f < dtype_count; ++f) direct[t][f] = get(static_cast<DType>(t), static_cast<DType>(f));
  }
};

}  // namespace

void convert(void* dst, DType to, const void* src, DType from, std::int64_t n) {
  static const Conversions conversions;
  if (same_bits(to, from)) {
    std::memcpy(dst, src, static_cast<std::size_t>(n) * itemsize(to));
    return;
  }
  if (const Convert f = conversions.direct[static_cast<int>(to)][static_cast<int>(from)]) {
    f(dst, src, n);
    return;
  }
  const DType via = stepping_stone(to, from);
  alignas(64) std::byte buffer[256 * 16];
  auto* d = static_cast<std::byte*>(dst);
  const auto* s = static_cast<const std::byte*>(src);
  for (std::int64_t i = 0; i < n; i += 256) {
    const std::int64_t m = std::min<std::int64_t>(256, n - i);
    convert(buffer, via, s + static_cast<std::size_t>(i) * itemsize(from), from, m);
    convert(d + static_cast<std::size_t>(i) * itemsize(to), to, buffer, via, m);
  }
}

namespace {

// dst runs along its inner dimension, src along another one: both are long. Blocks are read along src into a buffer and
// written along dst, so that each cache line is used whole on both sides.
int transposed_dim(const Dims<2>& d, std::int64_t itemsize) {
  if (d.stride[0][0] != itemsize || std::abs(d.stride[1][0]) <= itemsize || d.size[0] < 8) return 0;
  for (int k = 1; k < d.ndim; ++k)
    if (d.stride[1][k] == itemsize && d.size[k] >= 8) return k;
  return 0;
}

void copy_transposed(char* dst, const char* src, const Dims<2>& d, int k, std::int64_t itemsize) {
  const std::int64_t cols = d.size[0], rows = d.size[k];
  const std::int64_t across = (cols + tile - 1) / tile, down = (rows + tile - 1) / tile;
  std::int64_t outer = 1;
  for (int i = 1; i < d.ndim; ++i)
    if (i != k) outer *= d.size[i];
  const std::int64_t blocks = outer * down * across;
  const std::int64_t grain = std::max<std::int64_t>(1, grain_bytes / (tile * tile * itemsize));
  parallel_for(blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) char buffer[tile * tile * 16];
    for (std::int64_t b = begin; b < end; ++b) {
      std::int64_t rest = b;
      const std::int64_t i0 = rest % down * tile;  // neighbours in b read neighbours in src
      rest /= down;
      const std::int64_t j0 = rest % across * tile;
      rest /= across;
      char* to = dst + i0 * d.stride[0][k] + j0 * itemsize;
      const char* from = src + i0 * itemsize + j0 * d.stride[1][0];
      for (int i = 1; i < d.ndim; ++i) {
        if (i == k) continue;
        to += rest % d.size[i] * d.stride[0][i];
        from += rest % d.size[i] * d.stride[1][i];
        rest /= d.size[i];
      }
      const std::int64_t r = std::min(tile, rows - i0), c = std::min(tile, cols - j0);
      pack_transposed(buffer, from, r, c, itemsize, d.stride[1][0], static_cast<std::size_t>(itemsize));
      for (std::int64_t i = 0; i < r; ++i)
        std::memcpy(to + i * d.stride[0][k], buffer + i * c * itemsize, static_cast<std::size_t>(c * itemsize));
    }
  });
}

void copy(const View& dst, const View& src) {
  const std::int64_t n = dst.numel;
  if (n == 0) return;
  const auto dsize = static_cast<std::int64_t>(itemsize(dst.dtype)), ssize = static_cast<std::int64_t>(itemsize(src.dtype));
  char* to = static_cast<char*>(dst.data);
  const char* from = static_cast<const char*>(src.data);
  if (dst.contiguous && src.contiguous) {
    if (to == from && same_bits(dst.dtype, src.dtype)) return;
    parallel_for(n, grain_bytes / dsize, [&](std::int64_t b, std::int64_t e) {
      convert(to + b * dsize, dst.dtype, from + b * ssize, src.dtype, e - b);
    });
    return;
  }
  Dims<2> d;
  const View* views[] = {&dst, &src};
  collapse(d, views, 2);
  const bool moves = same_bits(dst.dtype, src.dtype);
  if (moves)
    if (const int k = transposed_dim(d, dsize)) return copy_transposed(to, from, d, k, dsize);
  // Chunks are gathered, converted, scattered; what is contiguous already skips its step.
  const bool dst_dense = d.ndim == 1 && d.stride[0][0] == dsize, src_dense = d.ndim == 1 && d.stride[1][0] == ssize;
  parallel_for(n, grain_bytes / dsize, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) char in[chunk * 16], out[chunk * 16];
    for (std::int64_t i = begin; i < end; i += chunk) {
      const std::int64_t m = std::min(chunk, end - i);
      const void* s = from + i * ssize;
      if (!src_dense) {
        void* gathered = moves && dst_dense ? static_cast<void*>(to + i * dsize) : in;
        pack(gathered, from, d.size, d.stride[1], d.ndim, i, m, itemsize(src.dtype));
        s = gathered;
        if (gathered != in) continue;
      }
      if (!moves) {
        void* converted = dst_dense ? static_cast<void*>(to + i * dsize) : out;
        convert(converted, dst.dtype, s, src.dtype, m);
        s = converted;
      }
      if (!dst_dense) unpack(to, s, d.size, d.stride[0], d.ndim, i, m, itemsize(dst.dtype));
    }
  });
}

void fill(const View& dst, Scalar value) {
  const std::int64_t n = dst.numel;
  if (n == 0) return;
  const std::size_t size = itemsize(dst.dtype);
  alignas(16) char element[16];
  if (value.is_complex()) {
    const cdouble v = value.to<cdouble>();
    convert(element, dst.dtype, &v, complex128, 1);
  } else if (value.is_floating()) {
    const double v = value.re();
    convert(element, dst.dtype, &v, float64, 1);
  } else {
    const auto v = value.to<std::uint64_t>();
    convert(element, dst.dtype, &v, value.kind() == Scalar::Kind::unsigned_integer ? uint64 : int64, 1);
  }
  char* to = static_cast<char*>(dst.data);
  if (dst.contiguous) {
    parallel_for(n, grain_bytes / static_cast<std::int64_t>(size), [&](std::int64_t b, std::int64_t e) {
      repeat(to + b * static_cast<std::int64_t>(size), element, e - b, size);
    });
    return;
  }
  Dims<2> d;
  const View* views[] = {&dst};
  collapse(d, views, 1);
  parallel_for(n, grain_bytes / static_cast<std::int64_t>(size), [&](std::int64_t begin, std::int64_t end) {
    alignas(64) char buffer[chunk * 16];
    repeat(buffer, element, std::min(chunk, end - begin), size);
    for (std::int64_t i = begin; i < end; i += chunk)
      unpack(to, buffer, d.size, d.stride[0], d.ndim, i, std::min(chunk, end - i), size);
  });
}

template <class T>
void iota_as(const View& dst, DType as, T start, T step) {
  const std::int64_t stride = dst.strides[0] * static_cast<std::int64_t>(itemsize(dst.dtype)), size = dst.numel;
  char* to = static_cast<char*>(dst.data);
  parallel_for(size, grain_bytes / 8, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) T values[chunk];
    alignas(64) char converted[chunk * 16];
    for (std::int64_t i = begin; i < end; i += chunk) {
      const std::int64_t m = std::min(chunk, end - i);
      for (std::int64_t j = 0; j < m; ++j) values[j] = start + static_cast<T>(i + j) * step;
      convert(converted, dst.dtype, values, as, m);
      unpack(to, converted, &size, &stride, 1, i, m, itemsize(dst.dtype));
    }
  });
}

void iota(const View& dst, Scalar start, Scalar step) {
  // Unsigned, so that what passes the end of int64 wraps.
  if (is_integer(dst.dtype)) iota_as<std::uint64_t>(dst, int64, static_cast<std::uint64_t>(start.to<std::int64_t>()), static_cast<std::uint64_t>(step.to<std::int64_t>()));
  else iota_as<double>(dst, float64, start.re(), step.re());
}

}  // namespace

void fill_copy(Kernels& k) {
  k.copy = copy;
  k.fill = fill;
  k.iota = iota;
}

}  // namespace ph::cpu
