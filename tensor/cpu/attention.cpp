// Scaled dot product attention in tiles of the score matrix, which is never whole in memory (T. Dao et al., 2022): forward with a
// running softmax, backward with the scores computed again.
#include "playhead/tensor/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int tile_rows = 128, tile_columns = 512;

const AttentionLoops<float>& loops(float) { return PH_PICK_ISA(attention_loops_f32)(); }
const AttentionLoops<double>& loops(double) { return PH_PICK_ISA(attention_loops_f64)(); }

/// One head's matrix.
template <class T>
struct Matrix {
  T* data = nullptr;
  Int row = 0, column = 0;

  T* at(Int i, Int j = 0) const { return data + i * row + j * column; }
  Matrix from(Int i) const { return {at(i), row, column}; }
  Matrix t() const { return {data, column, row}; }
};

template <class T>
Matrix<T> head(const View& v, Int b, Int h) {
  return {v.as<T>() + b * v.strides[0] + h * v.strides[1], v.strides[2], v.strides[3]};
}

/// c (+)= alpha a b.
template <class T>
void product(Matrix<T> c, Int m, Int n, Int k, Matrix<T> a, Matrix<T> b, T alpha, bool add) {
  Gemm<T> g;
  g.m = m, g.n = n, g.k = k;
  g.a = a.data, g.a_row = a.row, g.a_col = a.column;
  g.b = b.data, g.b_row = b.row, g.b_col = b.column;
  g.c = c.data, g.c_row = c.row, g.c_col = c.column;
  if (add) g.add = c.data, g.add_row = c.row, g.add_col = c.column;
  g.alpha = alpha;
  gemm(g);
}

/// The scores of a tile: rows i.., columns j.. of one head.
template <class T, class Call>
struct Scores {
  const Call& call;
  Int b, h;
  Matrix<T> q, k;

  Int columns_seen(Int i, Int all) const { return call.causal ? std::min(i + 1, all) : all; }

  void fill(Matrix<T> s, Int i, Int rows, Int j, Int columns) const {
    product(s, rows, columns, call.q.shape[3], q.from(i), k.from(j).t(), static_cast<T>(call.scale), false);
    const View& m = call.mask;
    if (absent(m)) return;
    for (Int r = 0; r < rows; ++r) {
      const Int at = b * m.strides[0] + h * m.strides[1] + (i + r) * m.strides[2] + j * m.strides[3];
      if (m.dtype == bool_) loops(T()).hide(s.at(r), m.as<std::uint8_t>() + at, m.strides[3], columns);
      else loops(T()).add(s.at(r), m.as<T>() + at, m.strides[3], columns);
    }
  }
};

template <class T>
void forward_tile(const AttentionCall& c, Int b, Int h, Int i0, Int rows) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  const Int all = c.k.shape[2], width = c.v.shape[3], seen = c.causal ? std::min(i0 + rows, all) : all;
  const Scores<T, AttentionCall> scores{c, b, h, head<T>(c.q, b, h), head<T>(c.k, b, h)};
  const Matrix<T> v = head<T>(c.v, b, h), out = head<T>(c.out, b, h).from(i0);
  std::vector<T> tile(static_cast<std::size_t>(rows * std::min(tile_columns, seen))), top(static_cast<std::size_t>(rows), -inf);
  std::vector<double> sum(static_cast<std::size_t>(rows));
  for (Int i = 0; i < rows; ++i) std::fill(out.at(i), out.at(i) + width, T(0));

  for (Int j0 = 0; j0 < seen; j0 += tile_columns) {
    const Int columns = std::min(tile_columns, seen - j0);
    const Matrix<T> s{tile.data(), columns, 1};
    scores.fill(s, i0, rows, j0, columns);
    for (Int i = 0; i < rows; ++i) {
      T* row = s.at(i);
      const auto k = static_cast<std::size_t>(i);
      const Int n = std::clamp(scores.columns_seen(i0 + i, all) - j0, Int(0), columns);
      std::fill(row + n, row + columns, T(0));
      const T highest = loops(T()).max(row, n), now = highest > top[k] || std::isnan(highest) ? highest : top[k];
      if (now == -inf) {  // nothing seen so far
        std::fill(row, row + n, T(0));
        continue;
      }
      const T shrink = std::exp(top[k] - now);  // of what was summed under the old maximum
      sum[k] = sum[k] * static_cast<double>(shrink) + loops(T()).exp_sum(row, n, now);
      if (j0 > 0 && shrink != 1) loops(T()).scale(out.at(i), shrink, width);
      top[k] = now;
    }
    product(out, rows, width, columns, s, v.from(j0), T(1), j0 > 0);
  }
  T* lse = c.lse.as<T>() + (b * c.q.shape[1] + h) * c.q.shape[2] + i0;
  for (Int i = 0; i < rows; ++i) {
    const double total = sum[static_cast<std::size_t>(i)];
    // +inf makes every weight of an empty row 0 in the gradient.
    lse[i] = total == 0 ? inf : static_cast<T>(static_cast<double>(top[static_cast<std::size_t>(i)]) + std::log(total));
    if (total != 0) loops(T()).scale(out.at(i), static_cast<T>(1 / total), width);
  }
}

template <class T>
void attention_of(const AttentionCall& c) {
  const Int heads = c.q.shape[1], length = c.q.shape[2], tiles = (length + tile_rows - 1) / tile_rows;
  parallel_for(c.q.shape[0] * heads * tiles, 1, [&](Int begin, Int end) {
    for (Int n = begin; n < end; ++n) {
      const Int i0 = n % tiles * tile_rows;
      forward_tile<T>(c, n / tiles / heads, n / tiles % heads, i0, std::min(tile_rows, length - i0));
    }
  });
}

template <class T>
void backward_head(const AttentionGradCall& c, Int b, Int h) {
  const Int length = c.q.shape[2], depth = c.q.shape[3], all = c.k.shape[2], width = c.v.shape[3];
  const Scores<T, AttentionGradCall> scores{c, b, h, head<T>(c.q, b, h), head<T>(c.k, b, h)};
  const Matrix<T> q = scores.q, k = scores.k, v = head<T>(c.v, b, h), g = head<T>(c.g, b, h), out = head<T>(c.out, b, h);
  const Matrix<T> dq = head<T>(c.dq, b, h), dk = head<T>(c.dk, b, h), dv = head<T>(c.dv, b, h);
  const T* lse = c.lse.as<T>() + (b * c.q.shape[1] + h) * length;
  const T scale = static_cast<T>(c.scale);
  std::vector<T> first(static_cast<std::size_t>(std::min(tile_rows, length) * std::min(tile_columns, all))), second(first.size());
  for (Int i = 0; i < length; ++i) std::fill(dq.at(i), dq.at(i) + depth, T(0));
  for (Int j = 0; j < all; ++j) std::fill(dk.at(j), dk.at(j) + depth, T(0)), std::fill(dv.at(j), dv.at(j) + width, T(0));

  for (Int i0 = 0; i0 < length; i0 += tile_rows) {
    const Int rows = std::min(tile_rows, length - i0), seen = c.causal ? std::min(i0 + rows, all) : all;
    T delta[tile_rows];
    for (Int i = 0; i < rows; ++i) delta[i] = static_cast<T>(loops(T()).dot(g.at(i0 + i), out.at(i0 + i), width));
    for (Int j0 = 0; j0 < seen; j0 += tile_columns) {
      const Int columns = std::min(tile_columns, seen - j0);
      const Matrix<T> p{first.data(), columns, 1}, ds{second.data(), columns, 1};
      scores.fill(p, i0, rows, j0, columns);
      product(ds, rows, columns, width, g.from(i0), v.from(j0).t(), T(1), false);
      for (Int i = 0; i < rows; ++i) {
        const Int n = std::clamp(scores.columns_seen(i0 + i, all) - j0, Int(0), columns);
        loops(T()).grad(p.at(i), ds.at(i), n, lse[i0 + i], delta[i]);
        std::fill(p.at(i, n), p.at(i, columns), T(0));
        std::fill(ds.at(i, n), ds.at(i, columns), T(0));
      }
      product(dv.from(j0), columns, width, rows, p.t(), g.from(i0), T(1), true);
      product(dk.from(j0), columns, depth, rows, ds.t(), q.from(i0), scale, true);
      product(dq.from(i0), rows, depth, columns, ds, k.from(j0), scale, true);
    }
  }
}

template <class T>
void attention_grad_of(const AttentionGradCall& c) {
  const Int heads = c.q.shape[1], count = c.q.shape[0] * heads;
  const auto run = [&](Int begin, Int end) {
    for (Int n = begin; n < end; ++n) backward_head<T>(c, n / heads, n % heads);
  };
  // A few heads: one after the other, each product cut among the threads. The order of every sum is the same.
  count < 4 ? run(0, count) : parallel_for(count, 1, run);
}

void attention(const AttentionCall& c) { c.q.dtype == float32 ? attention_of<float>(c) : attention_of<double>(c); }
void attention_grad(const AttentionGradCall& c) { c.q.dtype == float32 ? attention_grad_of<float>(c) : attention_grad_of<double>(c); }

}  // namespace

void fill_attention(Kernels& k) {
  k.attention = attention;
  k.attention_grad = attention_grad;
}

}  // namespace ph::cpu
