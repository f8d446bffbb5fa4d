// Pooling, forward and backward: windows over the last one to three dims, plane by plane.
#include <cstdint>
#include <vector>

#include "playhead/tensor/conv.h"
#include "playhead/tensor/cpu/conv_plan.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/pool.h"
#include "playhead/tensor/half.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

/// One window along one dim: entries begin, begin + step, … below end; all within the input.
struct Window {
  Int begin, end, step;
  Int share;  // what its entries are divided by on average, along this dim
};

/// The pooled dims, the missing ones first and of size 1, and every window along each.
struct Plan {
  Int planes = 1, size[3] = {1, 1, 1}, count[3] = {1, 1, 1};
  std::vector<Window> windows[3];
  bool even = false;                                     // windows of the last dim are `stride` apart, with entries `dilation` apart
  Int kernel = 1, stride = 1, padding = 0, dilation = 1;  // in the last dim
  Int instead = 0;                                       // the divisor, if not 0

  explicit Plan(const PoolCall& c) {
    const int lead = c.x.ndim - c.dims;
    for (int d = 0; d < lead; ++d) planes *= c.x.shape[d];
    for (int e = 0; e < 3; ++e) {
      const int d = e - (3 - c.dims);
      if (d >= 0) size[e] = c.x.shape[lead + d], count[e] = c.y.shape[lead + d];
      for (Int i = 0; i < count[e]; ++i) windows[e].push_back(d < 0 ? Window{0, 1, 1, 1} : window(c, d, i, size[e], count[e]));
    }
    even = !c.adaptive && absent(c.starts), instead = c.divisor;
    kernel = c.kernel[c.dims - 1], stride = c.stride[c.dims - 1], padding = c.padding[c.dims - 1], dilation = c.dilation[c.dims - 1];
  }
  Int divisor(Int z, Int y, Int x) const {
    const Int n = windows[0][static_cast<std::size_t>(z)].share * windows[1][static_cast<std::size_t>(y)].share * windows[2][static_cast<std::size_t>(x)].share;
    return instead != 0 ? instead : n > 0 ? n : 1;
  }
  /// Puts the windows where `starts` says.
  void place(const PoolCall& c, const Int* starts) {
    for (int e = 3 - c.dims; e < 3; ++e)
      for (Window& w : windows[e]) w.begin = *starts++, w.end = w.begin + c.kernel[e - (3 - c.dims)];
  }
  Int inputs() const { return size[0] * size[1] * size[2]; }
  Int outputs() const { return count[0] * count[1] * count[2]; }

 private:
  static Window window(const PoolCall& c, int d, Int i, Int size, Int count) {
    if (c.adaptive) {
      const Int begin = i * size / count, end = ceil_div((i + 1) * size, count);
      return {begin, end, 1, end - begin};
    }
    const Int step = c.dilation[d], start = i * c.stride[d] - c.padding[d], past = start + (c.kernel[d] - 1) * step + 1;
    const Int padded = past < size + c.padding[d] ? past : size + c.padding[d];
    const Int begin = start >= 0 ? start : start + ceil_div(-start, step) * step, end = past < size ? past : size;
    return {begin, end, step, c.count_padding ? ceil_div(padded - start, step) : end > begin ? ceil_div(end - begin, step) : 0};
  }
};

/// Calls f(first window, how many, position of the first one's entry) for every place in the windows of row (z, r): neighbouring
/// windows that all have an entry there, `stride` apart, or one window where they are not evenly apart.
template <class F>
inline void each_run(const Plan& p, Int z, Int r, const F& f) {
  const Window &wz = p.windows[0][static_cast<std::size_t>(z)], &wy = p.windows[1][static_cast<std::size_t>(r)];
  for (Int a = wz.begin; a < wz.end; a += wz.step)
    for (Int b = wy.begin; b < wy.end; b += wy.step) {
      const Int row = (a * p.size[1] + b) * p.size[2];
      if (p.even)
        for (Int c = 0; c < p.kernel; ++c) {
          const Int at = c * p.dilation - p.padding, lo = at >= 0 ? 0 : ceil_div(-at, p.stride);
          const Int inside = p.size[2] > at ? ceil_div(p.size[2] - at, p.stride) : 0, hi = inside < p.count[2] ? inside : p.count[2];
          if (lo < hi) f(lo, hi - lo, row + at + lo * p.stride);
        }
      else
        for (Int q = 0; q < p.count[2]; ++q) {
          const Window& w = p.windows[2][static_cast<std::size_t>(q)];
          for (Int c = w.begin; c < w.end; ++c) f(q, 1, row + c);
        }
    }
}

Int planes_per_piece(const Plan& p) { return ceil_div(1 << 15, p.inputs() + p.outputs() + 1); }

const PoolLoops<float>& loops_of(float) { return PH_PICK_ISA(pool_loops_f32)(); }
const PoolLoops<double>& loops_of(double) { return PH_PICK_ISA(pool_loops_f64)(); }

/// A plane of x as T: itself, or converted into `wide`.
template <class T, class S>
const T* as_wide(const S* x, Int n, T* wide) {
  if constexpr (__is_same(S, T)) return x;
  for (Int i = 0; i < n; ++i) wide[i] = static_cast<T>(x[i]);
  return wide;
}

template <class S, class T>
void max_forward(const PoolCall& call) {
  const Plan common(call);
  const PoolLoops<T>& loops = loops_of(T());
  parallel_for(common.planes, planes_per_piece(common), [&](Int first, Int last) {
    Plan p = common;
    Scratch<T> wide(__is_same(S, T) ? 0 : p.inputs()), best(p.count[2]);
    Scratch<Int> where(p.count[2]);
    for (Int plane = first; plane < last; ++plane) {
      if (!absent(call.starts)) p.place(call, call.starts.as<Int>() + plane * (call.starts.numel / p.planes));
      const T* x = as_wide(call.x.as<S>() + plane * p.inputs(), p.inputs(), wide.data());
      S* y = call.y.as<S>() + plane * p.outputs();
      Int* index = call.index.as<Int>() + plane * p.outputs();
      for (Int row = 0; row < p.count[0] * p.count[1]; ++row, y += p.count[2], index += p.count[2]) {
        T* b = best.data();
        Int* w = where.data();
        for (Int q = 0; q < p.count[2]; ++q) w[q] = -1, b[q] = 0;
        each_run(p, row / p.count[1], row % p.count[1], [&](Int q, Int n, Int at) {
          if (n > 1) return loops.max(b + q, w + q, {n, p.stride, x + at, at});
          const T v = x[at];
          const bool takes = (w[q] < 0) | (v > b[q]) | ((v != v) & (b[q] == b[q]));
          b[q] = takes ? v : b[q], w[q] = takes ? at : w[q];
        });
        for (Int q = 0; q < p.count[2]; ++q) y[q] = static_cast<S>(b[q]), index[q] = w[q];
      }
    }
  });
}

template <class S, class T>
void average_forward(const PoolCall& call) {
  const Plan p(call);
  const PoolLoops<T>& loops = loops_of(T());
  parallel_for(p.planes, planes_per_piece(p), [&](Int first, Int last) {
    Scratch<T> wide(__is_same(S, T) ? 0 : p.inputs()), sums(p.count[2]);
    for (Int plane = first; plane < last; ++plane) {
      const T* x = as_wide(call.x.as<S>() + plane * p.inputs(), p.inputs(), wide.data());
      S* y = call.y.as<S>() + plane * p.outputs();
      for (Int row = 0; row < p.count[0] * p.count[1]; ++row, y += p.count[2]) {
        T* sum = sums.data();
        for (Int q = 0; q < p.count[2]; ++q) sum[q] = 0;
        const Int z = row / p.count[1], r = row % p.count[1];
        each_run(p, z, r, [&](Int q, Int n, Int at) {
          if (n > 1) loops.add(sum + q, {n, p.stride, x + at, at});
          else sum[q] += x[at];
        });
        for (Int q = 0; q < p.count[2]; ++q) y[q] = static_cast<S>(sum[q] / static_cast<T>(p.divisor(z, r, q)));
      }
    }
  });
}

/// x = the gradient that each window hands to its entries, summed in T and rounded once.
template <class S, class T>
void backward(const PoolCall& call) {
  const Plan p(call);
  const PoolLoops<T>& loops = loops_of(T());
  constexpr bool narrow = sizeof(S) < sizeof(T);
  parallel_for(p.planes, planes_per_piece(p), [&](Int first, Int last) {
    Scratch<T> wide(narrow ? p.inputs() : 0), shares(p.count[2]);
    for (Int plane = first; plane < last; ++plane) {
      S* out = call.x.as<S>() + plane * p.inputs();
      T* x;
      if constexpr (narrow) x = wide.data();
      else x = out;
      const S* y = call.y.as<S>() + plane * p.outputs();
      for (Int i = 0; i < p.inputs(); ++i) x[i] = 0;
      if (call.kind == PoolCall::Kind::max) {
        const Int* index = call.index.as<Int>() + plane * p.outputs();
        for (Int i = 0; i < p.outputs(); ++i) x[index[i]] += static_cast<T>(y[i]);
      } else {
        for (Int row = 0; row < p.count[0] * p.count[1]; ++row, y += p.count[2]) {
          T* g = shares.data();
          const Int z = row / p.count[1], r = row % p.count[1];
          for (Int q = 0; q < p.count[2]; ++q) g[q] = static_cast<T>(y[q]) / static_cast<T>(p.divisor(z, r, q));
          each_run(p, z, r, [&](Int q, Int n, Int at) {
            if (n > 1) loops.spread(x + at, p.stride, g + q, n);
            else x[at] += g[q];
          });
        }
      }
      if constexpr (narrow)
        for (Int i = 0; i < p.inputs(); ++i) out[i] = static_cast<S>(x[i]);
    }
  });
}

template <class S, class T>
void forward(const PoolCall& call) {
  if (call.kind == PoolCall::Kind::max) max_forward<S, T>(call);
  else average_forward<S, T>(call);
}

void pool(const PoolCall& call) {
  switch (call.x.dtype) {
    case DType::float64: return forward<double, double>(call);
    case DType::float16: return forward<Half, float>(call);
    case DType::bfloat16: return forward<BFloat16, float>(call);
    default: return forward<float, float>(call);
  }
}

void pool_input(const PoolCall& call) {
  switch (call.x.dtype) {
    case DType::float64: return backward<double, double>(call);
    case DType::float16: return backward<Half, float>(call);
    case DType::bfloat16: return backward<BFloat16, float>(call);
    default: return backward<float, float>(call);
  }
}

}  // namespace

void fill_pool(Kernels& k) {
  k.pool = pool;
  k.pool_input = pool_input;
}

}  // namespace ph::cpu
