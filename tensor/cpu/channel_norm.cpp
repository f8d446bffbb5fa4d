// Batch, instance and group normalisation: statistics in pieces for the threads, which meet in a fixed order, then one pass over x.
#include "playhead/tensor/cpu/channel_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int piece_elements = 32768;
constexpr Int few = 16;  // pixels of a channel below which channels are taken side by side

const ChannelNormLoops<float>& loops(float) { return PH_PICK_ISA(channel_norm_loops_f32)(); }
const ChannelNormLoops<double>& loops(double) { return PH_PICK_ISA(channel_norm_loops_f64)(); }

template <class T>
T* at(const View& v, Int i = 0) { return absent(v) ? nullptr : v.as<T>() + i; }
std::size_t index(Int i) { return static_cast<std::size_t>(i); }

/// Runs f(row, rows, begin, length, item) over rows of n: whole short rows together, long ones in parts, of which there are
/// `parts(n)` to a row. Items are numbered row by row.
Int parts(Int n) { return std::max<Int>(1, (n + piece_elements - 1) / piece_elements); }
template <class F>
void for_rows(Int rows, Int n, const F& f) {
  const Int k = parts(n);
  if (k == 1) {
    parallel_for(rows, std::max<Int>(1, piece_elements / std::max<Int>(1, n)), [&](Int begin, Int end) { f(begin, end - begin, Int(0), n, begin); });
    return;
  }
  parallel_for(rows * k, 1, [&](Int begin, Int end) {
    for (Int i = begin; i < end; ++i) {
      const Int from = i % k * piece_elements;
      f(i / k, Int(1), from, std::min(piece_elements, n - from), i);
    }
  });
}
/// Rows for each piece when columns are taken side by side: at most 64 pieces, so that the partial sums stay small beside x.
Int column_grain(Int rows, Int width) { return std::max({Int(1), piece_elements / std::max<Int>(1, width), (rows + 63) / 64}); }

/// Moments of each of `out`'s entries, of which rows r, r + out's size, … are a part (or columns l by l).
template <class T>
std::vector<Moments> moments_of(const T* x, Int rows, Int n, Int entries) {
  std::vector<Moments> out(index(entries));
  const Int k = parts(n);
  std::vector<Moments> partial(index(rows * k));
  for_rows(rows, n, [&](Int r, Int count, Int from, Int length, Int item) { loops(T()).moments(&partial[index(item)], x + r * n + from, count, length); });
  for (Int i = 0; i < rows * k; ++i) join(out[index(i / k % entries)], partial[index(i)]);
  return out;
}
template <class T>
std::vector<Moments> column_moments_of(const T* x, Int rows, Int channels, Int l) {
  const Int w = channels * l, grain = column_grain(rows, w), pieces = (rows + grain - 1) / grain;
  std::vector<Moments> out(index(channels)), partial(index(pieces * w));
  parallel_for(rows, grain, [&](Int begin, Int end) { loops(T()).column_moments(&partial[index(begin / grain * w)], x + begin * w, end - begin, w); });
  for (Int i = 0; i < pieces * w; ++i) join(out[index(i % w / l)], partial[index(i)]);
  return out;
}

/// Factors of rows or of columns: entry i of `from` for each of `times` neighbours.
template <class T>
std::vector<T> spread(const std::vector<T>& from, Int times) {
  if (times == 1) return from;
  std::vector<T> to;
  to.reserve(from.size() * index(times));
  for (T v : from) to.insert(to.end(), index(times), v);
  return to;
}

/// What a call normalises by. `batch`: statistics belong to channels. `columns`: channels are taken side by side.
struct Plan {
  Int n, c, l, groups;
  bool batch() const { return groups == 0; }
  bool columns() const { return batch() && l < few; }
  Int entries() const { return batch() ? c : n * c; }        // of the factors of channels (of each n)
  Int statistic(Int i) const { return batch() ? i : i / (c / groups); }  // that entry i belongs to
  Int per_statistic() const { return batch() ? n * l : c / groups * l; }
};

template <class T>
void channel_norm_of(const ChannelNormCall& call) {
  const Plan p = {call.n, call.c, call.l, call.groups};
  const T *x = at<T>(call.x), *w = at<T>(call.weight), *bias = at<T>(call.bias);
  T *mean = at<T>(call.mean), *rstd = at<T>(call.rstd), *var = at<T>(call.var), *y = at<T>(call.y);
  if (!call.given) {
    const std::vector<Moments> all = p.columns() ? column_moments_of(x, p.n, p.c, p.l)
                                     : p.batch() ? moments_of(x, p.n * p.c, p.l, p.c)
                                                 : moments_of(x, p.n * p.groups, p.per_statistic(), p.n * p.groups);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double v = all[i].square / all[i].count;
      mean[i] = static_cast<T>(all[i].mean);
      rstd[i] = static_cast<T>(1 / std::sqrt(v + call.eps));
      var[i] = static_cast<T>(v);
    }
  }
  std::vector<T> m(index(p.entries())), a(m.size()), b(m.size());
  for (Int i = 0; i < p.entries(); ++i) {
    const Int s = p.statistic(i), channel = i % p.c;
    m[index(i)] = mean[s];
    a[index(i)] = w ? static_cast<T>(rstd[s] * w[channel]) : rstd[s];
    b[index(i)] = bias ? bias[channel] : T(0);
  }
  if (p.columns()) {
    const Int width = p.c * p.l;
    m = spread(m, p.l), a = spread(a, p.l), b = spread(b, p.l);
    parallel_for(p.n, std::max<Int>(1, piece_elements / std::max<Int>(1, width)), [&](Int begin, Int end) {
      loops(T()).apply_columns(y + begin * width, x + begin * width, m.data(), a.data(), b.data(), end - begin, width);
    });
    return;
  }
  for_rows(p.n * p.c, p.l, [&](Int r, Int rows, Int from, Int length, Int) {
    loops(T()).apply(y + r * p.l + from, x + r * p.l + from, m.data(), a.data(), b.data(), r, p.entries(), rows, length);
  });
}

/// Sums of g and g (x - mean) of each channel of each n, or of each channel alone if `p.columns()`.
struct Sums {
  std::vector<double> g, gx;
};
template <class T>
Sums sums_of(const Plan& p, const T* g, const T* x, const std::vector<T>& m) {
  if (p.columns()) {
    const Int w = p.c * p.l, grain = column_grain(p.n, w), pieces = (p.n + grain - 1) / grain;
    const std::vector<T> wide = spread(m, p.l);
    Sums out{std::vector<double>(index(p.c)), std::vector<double>(index(p.c))};
    std::vector<double> partial(index(2 * pieces * w));
    parallel_for(p.n, grain, [&](Int begin, Int end) {
      double* to = &partial[index(begin / grain * 2 * w)];
      loops(T()).column_sums(to, to + w, g + begin * w, x + begin * w, wide.data(), end - begin, w);
    });
    for (Int i = 0; i < pieces; ++i)
      for (Int j = 0; j < w; ++j) {
        out.g[index(j / p.l)] += partial[index(2 * i * w + j)];
        out.gx[index(j / p.l)] += partial[index((2 * i + 1) * w + j)];
      }
    return out;
  }
  const Int rows = p.n * p.c, k = parts(p.l);
  Sums out{std::vector<double>(index(rows)), std::vector<double>(index(rows))};
  std::vector<double> pg(index(rows * k)), pgx(index(rows * k));
  for_rows(rows, p.l, [&](Int r, Int count, Int from, Int length, Int item) {
    loops(T()).sums(&pg[index(item)], &pgx[index(item)], g + r * p.l + from, x + r * p.l + from, m.data(), r, p.entries(), count, length);
  });
  for (Int i = 0; i < rows * k; ++i) out.g[index(i / k)] += pg[index(i)], out.gx[index(i / k)] += pgx[index(i)];
  return out;
}

template <class T>
void channel_norm_grad_of(const ChannelNormGradCall& call) {
  const Plan p = {call.n, call.c, call.l, call.groups};
  const T *g = at<T>(call.g), *x = at<T>(call.x), *w = at<T>(call.weight), *mean = at<T>(call.mean), *rstd = at<T>(call.rstd);
  std::vector<T> m(index(p.entries()));
  for (Int i = 0; i < p.entries(); ++i) m[index(i)] = mean[p.statistic(i)];
  const bool statistics = !absent(call.dx) && !call.given;
  Sums sums;
  if (statistics || !absent(call.dweight) || !absent(call.dbias)) sums = sums_of(p, g, x, m);

  // For each channel, and (scaled by the weights) for each statistic.
  const Int groups = p.batch() ? p.c : p.n * p.groups;
  std::vector<double> db(index(p.c)), dw(index(p.c)), sg(index(groups)), sgx(index(groups));
  for (Int i = 0; i < static_cast<Int>(sums.g.size()); ++i) {
    const Int channel = i % p.c, s = p.batch() ? channel : p.statistic(i);
    const double weight = w ? static_cast<double>(w[channel]) : 1;
    db[index(channel)] += sums.g[index(i)];
    dw[index(channel)] += sums.gx[index(i)] * static_cast<double>(rstd[s]);
    sg[index(s)] += weight * sums.g[index(i)];
    sgx[index(s)] += weight * sums.gx[index(i)];
  }
  for (Int i = 0; i < p.c; ++i) {
    if (T* out = at<T>(call.dweight)) out[i] = static_cast<T>(dw[index(i)]);
    if (T* out = at<T>(call.dbias)) out[i] = static_cast<T>(db[index(i)]);
  }
  if (absent(call.dx)) return;

  // dx = weight rstd g - rstd (mean of weight g) - (x - mean) rstd^3 (mean of weight g (x - mean))
  std::vector<T> a(m.size()), b(m.size()), c(m.size());
  const double share = 1 / static_cast<double>(p.per_statistic());
  for (Int i = 0; i < p.entries(); ++i) {
    const Int s = p.statistic(i);
    const double r = static_cast<double>(rstd[s]);
    a[index(i)] = static_cast<T>(w ? r * static_cast<double>(w[i % p.c]) : r);
    if (!statistics) continue;
    b[index(i)] = static_cast<T>(-r * r * r * share * sgx[index(s)]);
    c[index(i)] = static_cast<T>(-r * share * sg[index(s)]);
  }
  T* dx = at<T>(call.dx);
  if (!statistics) std::fill(m.begin(), m.end(), T(0));  // dx = g a: x is not looked at
  if (p.columns()) {
    const Int width = p.c * p.l;
    m = spread(m, p.l), a = spread(a, p.l), b = spread(b, p.l), c = spread(c, p.l);
    parallel_for(p.n, std::max<Int>(1, piece_elements / std::max<Int>(1, width)), [&](Int begin, Int end) {
      const Int o = begin * width;
      if (statistics) loops(T()).column_gradient(dx + o, g + o, x + o, m.data(), a.data(), b.data(), c.data(), end - begin, width);
      else loops(T()).apply_columns(dx + o, g + o, m.data(), a.data(), b.data(), end - begin, width);
    });
    return;
  }
  for_rows(p.n * p.c, p.l, [&](Int r, Int rows, Int from, Int length, Int) {
    const Int o = r * p.l + from;
    if (statistics) loops(T()).gradient(dx + o, g + o, x + o, m.data(), a.data(), b.data(), c.data(), r, p.entries(), rows, length);
    else loops(T()).apply(dx + o, g + o, m.data(), a.data(), b.data(), r, p.entries(), rows, length);
  });
}

void channel_norm(const ChannelNormCall& c) { c.x.dtype == float32 ? channel_norm_of<float>(c) : channel_norm_of<double>(c); }
void channel_norm_grad(const ChannelNormGradCall& c) { c.x.dtype == float32 ? channel_norm_grad_of<float>(c) : channel_norm_grad_of<double>(c); }

}  // namespace

void fill_channel_norm(Kernels& k) {
  k.channel_norm = channel_norm;
  k.channel_norm_grad = channel_norm_grad;
}

}  // namespace ph::cpu
