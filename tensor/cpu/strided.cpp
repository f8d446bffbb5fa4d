// Merging dimensions, and moving elements between strided memory and contiguous buffers.
#include "playhead/tensor/cpu/strided.h"

#include <algorithm>
#include <cstring>

namespace ph::cpu {

template <int N>
void collapse(Dims<N>& d, const View* const* views, int n) {
  const int rank = views[0]->ndim;
  const std::int64_t* shape = views[0]->shape;
  d.operands = n;
  d.ndim = 0;
  for (int k = rank - 1; k >= 0; --k) {
    if (shape[k] == 1) continue;
    const int i = d.ndim++;
    d.size[i] = shape[k];
    for (int o = 0; o < n; ++o) d.stride[o][i] = views[o]->strides[k] * static_cast<std::int64_t>(itemsize(views[o]->dtype));
  }
  const auto inner = [&](int i, int j) {  // whether dim i should be further inside than dim j
    for (int o = 0; o < n; ++o) {
      const std::int64_t a = std::abs(d.stride[o][i]), b = std::abs(d.stride[o][j]);
      // A broadcast operand has no opinion.
      if (a != b && a != 0 && b != 0) return a < b;
    }
    return false;
  };
  const auto swap = [&](int i, int j) {
    std::swap(d.size[i], d.size[j]);
    for (int o = 0; o < n; ++o) std::swap(d.stride[o][i], d.stride[o][j]);
  };
  for (int i = 1; i < d.ndim; ++i)
    for (int j = i; j > 0 && inner(j, j - 1); --j) swap(j, j - 1);

  int last = 0;
  for (int i = 1; i < d.ndim; ++i) {
    bool joins = true;
    for (int o = 0; o < n; ++o) joins &= d.stride[o][i] == d.stride[o][last] * d.size[last];
    if (joins) {
      d.size[last] *= d.size[i];
      continue;
    }
    ++last;
    d.size[last] = d.size[i];
    for (int o = 0; o < n; ++o) d.stride[o][last] = d.stride[o][i];
  }
  if (d.ndim == 0) {
    d.size[0] = 1;
    for (int o = 0; o < n; ++o) d.stride[o][0] = 0;
  }
  d.ndim = last + 1;
}
template void collapse(Dims<2>&, const View* const*, int);
template void collapse(Dims<6>&, const View* const*, int);

namespace {

struct Bytes16 {
  std::uint64_t a, b;
};

// `rows` rows of n elements, `stride` apart on the strided side and `row_stride` from row to row.
template <class U, bool packing>
void move_rows(char* strided, U* dense, std::int64_t n, std::int64_t stride, std::int64_t rows, std::int64_t row_stride) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(U));
  for (std::int64_t r = 0; r < rows; ++r, strided += row_stride, dense += n) {
    if (stride == size && n >= 32) {
      if (packing) std::memcpy(dense, strided, static_cast<std::size_t>(n) * sizeof(U));
      else std::memcpy(strided, dense, static_cast<std::size_t>(n) * sizeof(U));
    } else {
      char* p = strided;
      for (std::int64_t i = 0; i < n; ++i, p += stride) {
        if (packing) std::memcpy(dense + i, p, sizeof(U));
        else std::memcpy(p, dense + i, sizeof(U));
      }
    }
  }
}

template <class U, bool packing>
void move(void* dense_side, const void* strided_side, const std::int64_t* size, const std::int64_t* stride, int ndim, std::int64_t begin,
          std::int64_t n) {
  U* dense = static_cast<U*>(dense_side);
  char* p = const_cast<char*>(static_cast<const char*>(strided_side));
  std::int64_t at[64];
  for (int d = 0; d < ndim; ++d) {
    at[d] = begin % size[d];
    begin /= size[d];
    p += at[d] * stride[d];
  }
  while (n > 0) {
    std::int64_t moved;
    if (at[0] != 0 || n < size[0]) {  // part of a row
      moved = std::min(n, size[0] - at[0]);
      move_rows<U, packing>(p, dense, moved, stride[0], 1, 0);
      at[0] += moved;
      p += moved * stride[0];
      dense += moved;
      n -= moved;
      if (at[0] < size[0] || ndim == 1) return;
      p -= size[0] * stride[0];
      at[0] = 0;
      ++at[1];
      p += stride[1];
    } else {  // whole rows
      const std::int64_t rows = ndim == 1 ? 1 : std::min(n / size[0], size[1] - at[1]);
      move_rows<U, packing>(p, dense, size[0], stride[0], rows, ndim == 1 ? 0 : stride[1]);
      dense += rows * size[0];
      n -= rows * size[0];
      if (ndim == 1) return;
      at[1] += rows;
      p += rows * stride[1];
    }
    for (int d = 1; at[d] == size[d]; ++d) {
      p -= size[d] * stride[d];
      at[d] = 0;
      if (d + 1 == ndim) return;
      ++at[d + 1];
      p += stride[d + 1];
    }
  }
}

template <class U>
void transpose_tile(void* dst, const char* src, std::int64_t rows, std::int64_t cols, std::int64_t row_stride, std::int64_t col_stride) {
  U* out = static_cast<U*>(dst);
  for (std::int64_t j = 0; j < cols; ++j) {
    const char* p = src + j * col_stride;
    for (std::int64_t i = 0; i < rows; ++i) std::memcpy(out + i * cols + j, p + i * row_stride, sizeof(U));
  }
}

}  // namespace

// Calls f with an object of the unsigned type of that size.
#define PH_BY_SIZE(itemsize, f)                  \
  switch (itemsize) {                            \
    case 1: { using U = std::uint8_t; f; break; }  \
    case 2: { using U = std::uint16_t; f; break; } \
    case 4: { using U = std::uint32_t; f; break; } \
    case 8: { using U = std::uint64_t; f; break; } \
    default: { using U = Bytes16; f; break; }      \
  }

void pack(void* dst, const void* src, const std::int64_t* size, const std::int64_t* stride, int ndim, std::int64_t begin,
          std::int64_t n, std::size_t itemsize) {
  PH_BY_SIZE(itemsize, (move<U, true>(dst, src, size, stride, ndim, begin, n)))
}
void unpack(void* dst, const void* src, const std::int64_t* size, const std::int64_t* stride, int ndim, std::int64_t begin,
            std::int64_t n, std::size_t itemsize) {
  PH_BY_SIZE(itemsize, (move<U, false>(const_cast<void*>(src), dst, size, stride, ndim, begin, n)))
}
void repeat(void* dst, const void* element, std::int64_t n, std::size_t itemsize) {
  PH_BY_SIZE(itemsize, U v; std::memcpy(&v, element, sizeof v); std::fill_n(static_cast<U*>(dst), n, v))
}
void pack_transposed(void* dst, const void* src, std::int64_t rows, std::int64_t cols, std::int64_t row_stride,
                     std::int64_t col_stride, std::size_t itemsize) {
  PH_BY_SIZE(itemsize, (transpose_tile<U>(dst, static_cast<const char*>(src), rows, cols, row_stride, col_stride)))
}

}  // namespace ph::cpu
