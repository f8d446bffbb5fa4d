// Interpolation along a dim, and sums over scattered entries of planes with their gradients (grid sampling).
#include "playhead/tensor/resample.h"

#include <cstring>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/scratch.h"
#include "playhead/tensor/cpu/stencil.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;

Int ceil_div(Int a, Int b) { return (a + b - 1) / b; }
Int grain_for(Int work) { return ceil_div(1 << 15, work + 1); }

/// Dims before the one that is resampled, its sizes, and what lies within it, side by side.
struct Lines {
  Int outer = 1, from, to, inner = 1;
  explicit Lines(const ResampleCall& c) : from(c.x.shape[c.dim]), to(c.y.shape[c.dim]) {
    for (int d = 0; d < c.x.ndim; ++d) (d < c.dim ? outer : inner) *= d == c.dim ? 1 : c.x.shape[d];
  }
};

/// `Rows` lines of one element each, side by side so that the table is read once for all.
template <int Rows, class T>
void mix_lines(T* y, const T* x, const Lines& n, const Int* begin, const Int* index, const T* weight) {
  for (Int i = 0; i < n.to; ++i) {
    T sum[Rows] = {};
    for (Int j = begin[i]; j < begin[i + 1]; ++j)
      for (int r = 0; r < Rows; ++r) sum[r] += weight[j] * x[r * n.from + index[j]];
    for (int r = 0; r < Rows; ++r) y[r * n.to + i] = sum[r];
  }
}

template <class T>
void resample_of(const ResampleCall& c) {
  const Lines n(c);
  const Int *begin = c.begin.as<Int>(), *index = c.index.as<Int>(), terms = c.index.numel;
  Scratch<T> weight(terms);
  for (Int j = 0; j < terms; ++j) weight.data()[j] = static_cast<T>(c.weight.as<double>()[j]);
  const T* x = c.x.as<T>();
  T* y = c.y.as<T>();
  const Int per_row = terms / (n.to > 0 ? n.to : 1) + 1;
  if (n.inner == 1) {
    parallel_for(n.outer, ceil_div(grain_for(n.to * per_row), 4) * 4, [&](Int first, Int last) {
      Int a = first;
      for (; a + 4 <= last; a += 4) mix_lines<4>(y + a * n.to, x + a * n.from, n, begin, index, weight.data());
      for (; a < last; ++a) mix_lines<1>(y + a * n.to, x + a * n.from, n, begin, index, weight.data());
    });
    return;
  }
  std::vector<Int> offsets(static_cast<std::size_t>(terms));
  for (Int j = 0; j < terms; ++j) offsets[static_cast<std::size_t>(j)] = index[j] * n.inner;
  const bool wide = n.inner * static_cast<Int>(sizeof(T)) >= 128;  // a stencil then reads no further than it should
  parallel_for(n.outer * n.to, grain_for(n.inner * per_row), [&](Int first, Int last) {
    for (Int r = first; r < last; ++r) {
      const Int i = r % n.to, from = begin[i], count = begin[i + 1] - from;
      const T* line = x + r / n.to * n.from * n.inner;
      T* out = y + r * n.inner;
      if (wide) {
        Stencil<T> s;
        s.rows = 1, s.width = n.inner, s.taps = count, s.src = line, s.offsets = offsets.data() + from, s.weights = weight.data() + from, s.dst = out;
        stencil(s);
        continue;
      }
      for (Int q = 0; q < n.inner; ++q) out[q] = 0;
      for (Int j = from; j < from + count; ++j)
        for (Int q = 0; q < n.inner; ++q) out[q] += weight.data()[j] * line[offsets[static_cast<std::size_t>(j)] + q];
    }
  });
}

constexpr Int block = 512;  // positions that are done for all channels before the next

struct Taps {
  Int images, channels, size, positions, count;
  explicit Taps(const TapsCall& c)
      : images(c.x.shape[0]), channels(c.x.shape[1]), size(c.x.shape[2]), positions(c.weight.shape[1]), count(c.weight.shape[2]) {}
  Int blocks() const { return ceil_div(positions, block); }
  Int end(Int b) const { return (b + 1) * block < positions ? (b + 1) * block : positions; }
};

template <class T>
void gather_of(const TapsCall& c) {
  const Taps n(c);
  const T *x = c.x.as<T>(), *weight = c.weight.as<T>();
  T* y = c.y.as<T>();
  parallel_for(n.images * n.blocks(), grain_for(block * n.count * n.channels), [&](Int first, Int last) {
    for (Int item = first; item < last; ++item) {
      const Int image = item / n.blocks(), b = item % n.blocks();
      for (Int ch = 0; ch < n.channels; ++ch) {
        const T* plane = x + (image * n.channels + ch) * n.size;
        T* out = y + (image * n.channels + ch) * n.positions;
        const Int* at = c.index.as<Int>() + (image * n.positions + b * block) * n.count;
        const T* w = weight + (image * n.positions + b * block) * n.count;
        for (Int p = b * block; p < n.end(b); ++p) {
          T sum = 0;
          for (Int k = 0; k < n.count; ++k, ++at, ++w)
            if (*at >= 0) sum += *w * plane[*at];
          out[p] = sum;
        }
      }
    }
  });
}

template <class T>
void scatter_of(const TapsCall& c) {
  const Taps n(c);
  const T *g = c.y.as<T>(), *weight = c.weight.as<T>();
  T* x = c.x.as<T>();
  // One thread makes all writes to a plane, in the order of the positions.
  parallel_for(n.images * n.channels, grain_for(n.positions * n.count + n.size), [&](Int first, Int last) {
    for (Int plane = first; plane < last; ++plane) {
      T* out = x + plane * n.size;
      std::memset(static_cast<void*>(out), 0, static_cast<std::size_t>(n.size) * sizeof(T));
      const Int* at = c.index.as<Int>() + plane / n.channels * n.positions * n.count;
      const T* w = weight + plane / n.channels * n.positions * n.count;
      for (Int p = 0; p < n.positions; ++p)
        for (Int k = 0; k < n.count; ++k, ++at, ++w)
          if (*at >= 0) out[*at] += *w * g[plane * n.positions + p];
    }
  });
}

template <class T>
void dot_of(const TapsCall& c) {
  const Taps n(c);
  const T *x = c.x.as<T>(), *g = c.y.as<T>();
  parallel_for(n.images * n.blocks(), grain_for(block * n.count * n.channels), [&](Int first, Int last) {
    for (Int item = first; item < last; ++item) {
      const Int image = item / n.blocks(), b = item % n.blocks(), begin = (image * n.positions + b * block) * n.count;
      const Int terms = (n.end(b) - b * block) * n.count;
      const Int* index = c.index.as<Int>() + begin;
      T* out = c.weight.as<T>() + begin;
      std::memset(static_cast<void*>(out), 0, static_cast<std::size_t>(terms) * sizeof(T));
      for (Int ch = 0; ch < n.channels; ++ch) {
        const T *plane = x + (image * n.channels + ch) * n.size, *from = g + (image * n.channels + ch) * n.positions + b * block;
        for (Int j = 0, p = 0; j < terms; ++p)
          for (Int k = 0; k < n.count; ++k, ++j)
            if (index[j] >= 0) out[j] += from[p] * plane[index[j]];
      }
    }
  });
}

void resample(const ResampleCall& c) { c.x.dtype == DType::float64 ? resample_of<double>(c) : resample_of<float>(c); }
void gather_taps(const TapsCall& c) { c.x.dtype == DType::float64 ? gather_of<double>(c) : gather_of<float>(c); }
void scatter_taps(const TapsCall& c) { c.x.dtype == DType::float64 ? scatter_of<double>(c) : scatter_of<float>(c); }
void dot_taps(const TapsCall& c) { c.x.dtype == DType::float64 ? dot_of<double>(c) : dot_of<float>(c); }

}  // namespace

void fill_resample(Kernels& k) {
  k.resample = resample;
  k.gather_taps = gather_taps;
  k.scatter_taps = scatter_taps;
  k.dot_taps = dot_taps;
}

}  // namespace ph::cpu
