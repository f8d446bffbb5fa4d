// Walking several strided operands together: dimensions are ordered and merged once, then elements are packed into, and
// unpacked from, small contiguous buffers, so that every kernel needs a contiguous loop only. No allocation.
#pragma once
#include <cstdint>

#include "playhead/tensor/view.h"

namespace ph::cpu {

/// Common dimensions of up to `N` operands of one shape, innermost first. Strides are in bytes.
template <int N>
struct Dims {
  // More than 63 dimensions of size 2 or more cannot be: their product would not fit 64 bits.
  static constexpr int most = 63;
  int ndim = 0, operands = 0;
  std::int64_t size[most];
  std::int64_t stride[N][most];
};

/// The shape of the views, size-1 dimensions dropped, dimensions ordered by the strides of the first view (then of the
/// next, for ties), and neighbours merged where all operands allow it. At least one dimension remains.
template <int N>
void collapse(Dims<N>& d, const View* const* views, int n);
extern template void collapse(Dims<2>&, const View* const*, int);
extern template void collapse(Dims<6>&, const View* const*, int);

/// Elements [begin, begin + n) of an operand, in the dims' order, to (or from) side by side.
void pack(void* dst, const void* src, const std::int64_t* size, const std::int64_t* stride, int ndim, std::int64_t begin,
          std::int64_t n, std::size_t itemsize);
void unpack(void* dst, const void* src, const std::int64_t* size, const std::int64_t* stride, int ndim, std::int64_t begin,
            std::int64_t n, std::size_t itemsize);
/// `n` copies of one element, side by side.
void repeat(void* dst, const void* element, std::int64_t n, std::size_t itemsize);
/// dst[i * cols + j] = the element at src + i * row_stride + j * col_stride, where going down a column is the short way.
void pack_transposed(void* dst, const void* src, std::int64_t rows, std::int64_t cols, std::int64_t row_stride,
                     std::int64_t col_stride, std::size_t itemsize);

/// n elements of dtype `from`, side by side, as `to`. Floats go to integers rounded to zero and kept in range, NaN as 0;
/// complex numbers lose their imaginary part; anything but 0 is true.
void convert(void* dst, DType to, const void* src, DType from, std::int64_t n);
}  // namespace ph::cpu
