// Pooling, forward and backward: windows over the last one to three dims, plane by plane.
#include <cstdint>
#include <vector>

#include "playhead/tensor/conv.h"
#include "playhead/tensor/cpu/conv_plan.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/half.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

/// One window along one dim: entries begin, begin + step, … below end; all within the input.
struct Window {
  Int begin, end, step;
  Int full;  // entries with the padding counted
};

/// The pooled dims, the missing ones first and of size 1, and every window along each.
struct Plan {
  Int planes = 1, size[3] = {1, 1, 1}, count[3] = {1, 1, 1};
  std::vector<Window> windows[3];

  explicit Plan(const PoolCall& c) {
    const int lead = c.x.ndim - c.dims;
    for (int d = 0; d < lead; ++d) planes *= c.x.shape[d];
    for (int e = 0; e < 3; ++e) {
      const int d = e - (3 - c.dims);
      if (d >= 0) size[e] = c.x.shape[lead + d], count[e] = c.y.shape[lead + d];
      for (Int i = 0; i < count[e]; ++i) windows[e].push_back(d < 0 ? Window{0, 1, 1, 1} : window(c, d, i, size[e], count[e]));
    }
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
    return {start >= 0 ? start : start + ceil_div(-start, step) * step, past < size ? past : size, step, ceil_div(padded - start, step)};
  }
};

/// Calls f(position in the plane) for every entry of the window at (z, y, x).
template <class F>
inline void entries(const Plan& p, Int z, Int y, Int x, const F& f) {
  const Window &wz = p.windows[0][static_cast<std::size_t>(z)], &wy = p.windows[1][static_cast<std::size_t>(y)],
               &wx = p.windows[2][static_cast<std::size_t>(x)];
  for (Int a = wz.begin; a < wz.end; a += wz.step)
    for (Int b = wy.begin; b < wy.end; b += wy.step)
      for (Int c = wx.begin; c < wx.end; c += wx.step) f((a * p.size[1] + b) * p.size[2] + c);
}

Int divisor(const PoolCall& call, const Plan& p, Int z, Int y, Int x) {
  if (call.divisor != 0) return call.divisor;
  Int n = 1;
  const Int at[3] = {z, y, x};
  for (int d = 0; d < 3; ++d) {
    const Window& w = p.windows[d][static_cast<std::size_t>(at[d])];
    n *= call.count_padding ? w.full : w.end > w.begin ? ceil_div(w.end - w.begin, w.step) : 0;
  }
  return n > 0 ? n : 1;
}

/// f(z, y, x, position in the output plane) for every window.
template <class F>
inline void each_window(const Plan& p, const F& f) {
  Int i = 0;
  for (Int z = 0; z < p.count[0]; ++z)
    for (Int y = 0; y < p.count[1]; ++y)
      for (Int x = 0; x < p.count[2]; ++x) f(z, y, x, i++);
}

Int planes_per_piece(const Plan& p) { return ceil_div(1 << 15, p.inputs() + p.outputs() + 1); }

template <class S, class T>
void max_forward(const PoolCall& call) {
  const Plan common(call);
  parallel_for(common.planes, planes_per_piece(common), [&](Int first, Int last) {
    Plan p = common;
    for (Int plane = first; plane < last; ++plane) {
      if (!absent(call.starts)) p.place(call, call.starts.as<Int>() + plane * (call.starts.numel / p.planes));
      const S* x = call.x.as<S>() + plane * p.inputs();
      S* y = call.y.as<S>() + plane * p.outputs();
      Int* index = call.index.as<Int>() + plane * p.outputs();
      each_window(p, [&](Int z, Int r, Int q, Int at) {
        T best = 0;
        Int where = -1;
        entries(p, z, r, q, [&](Int i) {
          const T v = static_cast<T>(x[i]);
          // The first NaN wins, then the first of the largest.
          const bool takes = (where < 0) | (v > best) | ((v != v) & (best == best));
          best = takes ? v : best;
          where = takes ? i : where;
        });
        y[at] = static_cast<S>(best);
        index[at] = where;
      });
    }
  });
}

template <class S, class T>
void average_forward(const PoolCall& call) {
  const Plan p(call);
  parallel_for(p.planes, planes_per_piece(p), [&](Int first, Int last) {
    for (Int plane = first; plane < last; ++plane) {
      const S* x = call.x.as<S>() + plane * p.inputs();
      S* y = call.y.as<S>() + plane * p.outputs();
      each_window(p, [&](Int z, Int r, Int q, Int at) {
        T sum = 0;
        entries(p, z, r, q, [&](Int i) { sum += static_cast<T>(x[i]); });
        y[at] = static_cast<S>(sum / static_cast<T>(divisor(call, p, z, r, q)));
      });
    }
  });
}

/// x = the gradient that each window hands to its entries, summed in T and rounded once.
template <class S, class T>
void backward(const PoolCall& call) {
  const Plan p(call);
  constexpr bool narrow = sizeof(S) < sizeof(T);
  parallel_for(p.planes, planes_per_piece(p), [&](Int first, Int last) {
    Scratch<T> wide(narrow ? p.inputs() : 0);
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
        each_window(p, [&](Int z, Int r, Int q, Int at) {
          const T g = static_cast<T>(y[at]) / static_cast<T>(divisor(call, p, z, r, q));
          entries(p, z, r, q, [&](Int i) { x[i] += g; });
        });
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
