// What grid sampling reads around each place of a grid, and what each entry counts: see GridCall.
#include <cmath>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/resample.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;

/// A coordinate in entries, and its derivative by the grid's.
template <class T>
struct Place {
  T at, slope;
};

template <class T>
Place<T> padded(Place<T> p, Int n, const GridCall& c) {
  if (c.padding == GridPadding::zeros) return p;
  const T top = static_cast<T>(n - 1);
  if (c.padding == GridPadding::reflection) {
    const T low = c.align_corners ? T(0) : T(-0.5), span = c.align_corners ? top : static_cast<T>(n);
    if (span == 0) return {0, 0};
    const T off = std::fabs(p.at - low), flips = std::floor(off / span), extra = off - flips * span;
    const bool back = std::fmod(flips, T(2)) != 0;
    p.slope *= static_cast<T>((p.at > low) - (p.at < low)) * (back ? T(-1) : T(1));
    p.at = (back ? span - extra : extra) + low;
  }
  if (p.at > 0 && p.at < top) return p;
  return {p.at <= 0 ? T(0) : p.at >= top ? top : p.at, 0};
}

/// The entries of one dim: -1 where they are outside.
template <class T>
struct Around {
  Int entry[4];
  T weight[4], slope[4];
};

template <class T>
Int entry_of(T at, Int n) { return at >= 0 && at < static_cast<T>(n) ? static_cast<Int>(at) : -1; }

template <class T>
Around<T> around(T g, Int n, const GridCall& c) {
  const T size = static_cast<T>(n), known = g == g;
  if (g != g) g = -1;
  const Place<T> raw = c.align_corners ? Place<T>{(g + 1) / 2 * (size - 1), known * (size - 1) / 2} : Place<T>{((g + 1) * size - 1) / 2, known * size / 2};
  Around<T> out;
  if (c.reach == 1) {
    out.entry[0] = entry_of(std::nearbyint(padded(raw, n, c).at), n), out.weight[0] = 1, out.slope[0] = 0;
  } else if (c.reach == 2) {
    const Place<T> p = padded(raw, n, c);
    const T low = std::floor(p.at), t = p.at - low;
    out.entry[0] = entry_of(low, n), out.weight[0] = 1 - t, out.slope[0] = -p.slope;
    out.entry[1] = entry_of(low + 1, n), out.weight[1] = t, out.slope[1] = p.slope;
  } else {
    // Keys' cubic convolution kernel with a = -3/4: near for distances up to 1, far up to 2.
    constexpr T a = T(-0.75);
    const auto near = [](T u) { return ((a + 2) * u - (a + 3)) * u * u + 1; };
    const auto far = [](T u) { return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a; };
    const auto near_slope = [](T u) { return (3 * (a + 2) * u - 2 * (a + 3)) * u; };
    const auto far_slope = [](T u) { return (3 * a * u - 10 * a) * u + 8 * a; };
    const T low = std::floor(raw.at), t = raw.at - low;
    for (int k = 0; k < 4; ++k) out.entry[k] = entry_of(padded(Place<T>{low + static_cast<T>(k - 1), 0}, n, c).at, n);
    out.weight[0] = far(t + 1), out.weight[1] = near(t), out.weight[2] = near(1 - t), out.weight[3] = far(2 - t);
    out.slope[0] = raw.slope * far_slope(t + 1), out.slope[1] = raw.slope * near_slope(t);
    out.slope[2] = -raw.slope * near_slope(1 - t), out.slope[3] = -raw.slope * far_slope(2 - t);
  }
  return out;
}

template <class T>
void grid_of(const GridCall& c) {
  const int dims = static_cast<int>(c.grid.shape[2]);
  const Int places = c.grid.shape[0] * c.grid.shape[1], taps = c.weight.shape[2];
  const bool slopes = !absent(c.slope);
  int which[64][3];  // entry k's place along each dim; the last one changes quickest
  for (Int k = 0; k < taps; ++k)
    for (Int d = dims - 1, rest = k; d >= 0; --d, rest /= c.reach) which[k][d] = static_cast<int>(rest % c.reach);
  parallel_for(places, 2048, [&](Int first, Int last) {
    for (Int p = first; p < last; ++p) {
      const T* g = c.grid.as<T>() + p * dims;
      Around<T> by[3];
      for (int d = 0; d < dims; ++d) by[d] = around(g[dims - 1 - d], c.size[d], c);
      Int* index = c.index.as<Int>() + p * taps;
      T* weight = c.weight.as<T>() + p * taps;
      T* slope = slopes ? c.slope.as<T>() + p * taps * dims : nullptr;
      for (Int k = 0; k < taps; ++k) {
        const int* at = which[k];
        Int offset = 0;
        T product = 1;
        for (int d = 0; d < dims; ++d) {
          const Int entry = by[d].entry[at[d]];
          offset = offset < 0 || entry < 0 ? -1 : offset * c.size[d] + entry;
          product *= by[d].weight[at[d]];
        }
        index[k] = offset, weight[k] = product;
        for (int d = 0; d < dims && slopes; ++d) {
          T s = 1;
          for (int e = 0; e < dims; ++e) s *= e == d ? by[e].slope[at[e]] : by[e].weight[at[e]];
          slope[k * dims + dims - 1 - d] = s;
        }
      }
    }
  });
}

void grid_taps(const GridCall& c) { c.grid.dtype == DType::float64 ? grid_of<double>(c) : grid_of<float>(c); }

}  // namespace

void fill_grid(Kernels& k) { k.grid_taps = grid_taps; }

}  // namespace ph::cpu
