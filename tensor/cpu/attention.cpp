// Scaled dot product attention in tiles of the score matrix, which is never whole in memory (T. Dao et al., 2022): forward with a
// running softmax, backward with the scores computed again.
//
// Tiles are turned: a row per key, a column per query. So keys and values are packed once for all products of a head, the
// softmax runs over columns side by side, and the weights are the right operand of the next product as they lie.
#include "playhead/tensor/cpu/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/cpu/gemm.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

namespace {

using Int = std::int64_t;
constexpr Int Q = attention_queries, K = attention_keys;
constexpr Int few_heads = 4;  // fewer are shared out tile by tile

const AttentionLoops<float>& loops(float) { return PH_PICK_ISA(attention_loops_f32)(); }
const AttentionLoops<double>& loops(double) { return PH_PICK_ISA(attention_loops_f64)(); }
void pack_left(float* p, const float* a, Int row, Int column, Int m, Int k) { PH_PICK_ISA(pack_left_f32)(p, a, row, column, m, k); }
void pack_left(double* p, const double* a, Int row, Int column, Int m, Int k) { PH_PICK_ISA(pack_left_f64)(p, a, row, column, m, k); }
void turn(float* dst, Int height, const float* src, Int row, Int rows, Int n) { PH_PICK_ISA(turn_f32)(dst, height, src, row, rows, n); }
void turn(double* dst, Int height, const double* src, Int row, Int rows, Int n) { PH_PICK_ISA(turn_f64)(dst, height, src, row, rows, n); }

Int tiles_of(Int n, Int size) { return (n + size - 1) / size; }

template <class T>
class Scratch {
 public:
  explicit Scratch(Int n) : bytes_(static_cast<std::size_t>(n + ShiftedGemm<T>::slack) * sizeof(T)), p_(static_cast<T*>(allocate(bytes_))) {}
  ~Scratch() { deallocate(p_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  operator T*() const { return p_; }

 private:
  std::size_t bytes_;
  T* p_;
};

/// Rows of one length, one after the other: what the right operand of a product is told.
class Steps {
 public:
  Steps(Int rows, Int step) : at_(rows) {
    for (Int p = 0; p < rows; ++p) at_[p] = p * step;
  }
  operator const Int*() const { return at_; }

 private:
  Scratch<Int> at_;
};

/// c[m, n] (+)= a b; a packed, b's rows at the steps.
template <class T>
void product(T* c, Int c_row, Int m, Int n, Int k, const T* a, const T* b, const Int* steps, bool add) {
  ShiftedGemm<T> g;
  g.m = m, g.n = n, g.k = k, g.a = a, g.b = b, g.offsets = steps, g.c = c, g.c_row = c_row, g.accumulate = add;
  shifted(g);
}

/// One head's matrix.
template <class T>
struct Matrix {
  T* data;
  Int row, column;
  T* at(Int i) const { return data + i * row; }
};
template <class T>
Matrix<T> head(const View& v, Int b, Int h) { return {v.as<T>() + b * v.strides[0] + h * v.strides[1], v.strides[2], v.strides[3]}; }

/// dst[i] = scale * row i, row-major; and turned, a column per row.
template <class T>
void take_rows(T* dst, T* turned, const Matrix<T>& m, Int first, Int rows, Int width, T scale) {
  for (Int i = 0; i < rows; ++i)
    for (Int j = 0; j < width; ++j) dst[i * width + j] = scale * m.at(first + i)[j * m.column];
  turn(turned, Q, dst, width, rows, width);
}

/// A head's matrix of keys or values, packed tile by tile as left operands: as it is, or transposed.
template <class T>
class Packed {
 public:
  Packed(const Matrix<T>& m, Int keys, Int width, bool transposed)
      : step_(transposed ? (width + 3) * K : (K + 3) * width), data_(tiles_of(keys, K) * step_) {
    for (Int j = 0; j < keys; j += K) {
      const Int n = std::min(K, keys - j);
      T* to = data_ + j / K * step_;
      transposed ? pack_left(to, m.at(j), m.column, m.row, width, n) : pack_left(to, m.at(j), m.row, m.column, n, width);
    }
  }
  const T* tile(Int j) const { return data_ + j / K * step_; }

 private:
  Int step_;
  Scratch<T> data_;
};

/// Puts the mask on a tile of scores: rows are keys j…, columns queries i….
template <class T, class Call>
void apply_mask(const Call& c, Int b, Int h, T* s, Int j, Int rows, Int i, Int width) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  if (c.causal)
    for (Int r = std::max(Int(0), i - j + 1); r < rows; ++r) std::fill(s + r * Q, s + r * Q + std::min(width, j + r - i), -inf);
  const View& m = c.mask;
  if (absent(m)) return;
  const Int by_query = m.strides[2], by_key = m.strides[3], first = b * m.strides[0] + h * m.strides[1] + i * by_query + j * by_key;
  // In the order of the mask's memory: the tile is in cache.
  for (Int q = 0; q < width; ++q)
    for (Int r = 0; r < rows; ++r) {
      const Int at = first + q * by_query + r * by_key;
      if (m.dtype != bool_) s[r * Q + q] += m.as<T>()[at];
      else if (!m.as<std::uint8_t>()[at]) s[r * Q + q] = -inf;
    }
}

Int keys_seen(bool causal, Int i, Int width, Int all) { return causal ? std::min(i + width, all) : all; }

// --- forward ----------------------------------------------------------------------------------------------------------

template <class T>
void forward_tile(const AttentionCall& c, Int b, Int h, Int i, const Packed<T>& keys, const Packed<T>& values) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  const Int length = c.q.shape[2], depth = c.q.shape[3], out_width = c.v.shape[3], width = std::min(Q, length - i);
  const Scratch<T> rows(Q * depth), q(Q * depth), s(Q * K), out(Q * out_width);
  const Steps steps(std::max(depth, K), Q);
  take_rows<T>(rows, q, head<T>(c.q, b, h), i, width, depth, static_cast<T>(c.scale));
  T top[Q], base[Q], part[Q], shrink[Q];
  double sum[Q];
  for (Int n = 0; n < width; ++n) top[n] = -inf, sum[n] = 0;

  for (Int j = 0, seen = keys_seen(c.causal, i, width, c.k.shape[2]); j < seen; j += K) {
    const Int n = std::min(K, c.k.shape[2] - j);  // the tile as it was packed; what lies past `seen` is hidden
    product<T>(s, Q, n, width, depth, keys.tile(j), q, steps, false);
    apply_mask<T>(c, b, h, s, j, n, i, width);
    std::copy(top, top + width, shrink);
    loops(T()).top(top, s, n, width);
    for (Int k = 0; k < width; ++k) {
      base[k] = top[k] == -inf ? 0 : top[k];  // nothing seen so far: all weights 0
      shrink[k] = std::exp(shrink[k] - base[k]);
    }
    loops(T()).exp_sum(s, part, base, n, width);
    for (Int k = 0; k < width; ++k) sum[k] = sum[k] * static_cast<double>(shrink[k]) + static_cast<double>(part[k]);
    if (j > 0) loops(T()).scale(out, shrink, out_width, width);
    product<T>(out, Q, out_width, width, n, values.tile(j), s, steps, j > 0);
  }
  T* lse = c.lse.as<T>() + (b * c.q.shape[1] + h) * length + i;
  for (Int n = 0; n < width; ++n) {
    // +inf makes every weight of an empty row 0 in the gradient.
    lse[n] = sum[n] == 0 ? inf : static_cast<T>(static_cast<double>(top[n]) + std::log(sum[n]));
    part[n] = sum[n] == 0 ? T(0) : static_cast<T>(1 / sum[n]);
  }
  loops(T()).scale(out, part, out_width, width);
  turn(head<T>(c.out, b, h).at(i), out_width, out, Q, out_width, width);
}

/// Runs f(b, h) for all heads: shared out whole, or one after the other if they are few.
template <class F>
void for_heads(const View& q, const F& f) {
  const Int heads = q.shape[1], count = q.shape[0] * heads;
  const auto run = [&](Int begin, Int end) {
    for (Int n = begin; n < end; ++n) f(n / heads, n % heads);
  };
  count < few_heads ? run(0, count) : parallel_for(count, 1, run);
}

template <class T>
void attention_of(const AttentionCall& c) {
  for_heads(c.q, [&](Int b, Int h) {
    const Packed<T> keys(head<T>(c.k, b, h), c.k.shape[2], c.k.shape[3], false), values(head<T>(c.v, b, h), c.v.shape[2], c.v.shape[3], true);
    parallel_for(tiles_of(c.q.shape[2], Q), 1, [&](Int first, Int last) {
      for (Int n = first; n < last; ++n) forward_tile<T>(c, b, h, n * Q, keys, values);
    });
  });
}

// --- backward ---------------------------------------------------------------------------------------------------------

template <class T>
class BackwardHead {
 public:
  BackwardHead(const AttentionGradCall& c, Int b, Int h)
      : c_(c), b_(b), h_(h), length_(c.q.shape[2]), depth_(c.q.shape[3]), keys_(c.k.shape[2]), width_(c.v.shape[3]),
        k_(head<T>(c.k, b, h), keys_, depth_, false), k_turned_(head<T>(c.k, b, h), keys_, depth_, true),
        v_(head<T>(c.v, b, h), keys_, width_, false), steps_(std::max({depth_, width_, K}), Q), by_depth_(Q, depth_), by_width_(Q, width_),
        dk_(head<T>(c.dk, b, h)), dv_(head<T>(c.dv, b, h)) {
    for (Int j = 0; j < keys_; ++j) std::fill_n(dk_.at(j), depth_, T(0)), std::fill_n(dv_.at(j), width_, T(0));
  }

  void run(bool share) {
    if (!share) return queries(0, length_, 0, keys_, true, true);
    // Two passes: tiles of keys with all queries, tiles of queries with all keys.
    parallel_for(tiles_of(keys_, K), 1, [&](Int first, Int last) {
      for (Int n = first; n < last; ++n) queries(0, length_, n * K, std::min(keys_, (n + 1) * K), true, false);
    });
    parallel_for(tiles_of(length_, Q), 1, [&](Int first, Int last) {
      for (Int n = first; n < last; ++n) queries(n * Q, std::min(length_, (n + 1) * Q), 0, keys_, false, true);
    });
  }

 private:
  struct Buffers {
    Buffers(Int depth, Int width)
        : q(Q * depth), q_turned(Q * depth), g(Q * width), g_turned(Q * width), p(Q * K), ds(Q * K), dq(Q * depth), packed((K + 3) * Q) {}
    Scratch<T> q, q_turned, g, g_turned, p, ds, dq, packed;
    T lse[Q], delta[Q];
  };

  /// The gradients that queries [i0, i1) and keys [j0, j1) give: those of keys and values, those of queries.
  void queries(Int i0, Int i1, Int j0, Int j1, bool key_side, bool query_side) {
    Buffers t(depth_, width_);
    const Matrix<T> out = head<T>(c_.out, b_, h_), dq = head<T>(c_.dq, b_, h_);
    const T scale = static_cast<T>(c_.scale), *lse = c_.lse.template as<T>() + (b_ * c_.q.shape[1] + h_) * length_;
    for (Int i = i0; i < i1; i += Q) {
      const Int width = std::min(Q, i1 - i), seen = std::min(j1, keys_seen(c_.causal, i, width, keys_));
      if (seen <= j0 && !query_side) continue;
      take_rows<T>(t.q, t.q_turned, head<T>(c_.q, b_, h_), i, width, depth_, scale);
      take_rows<T>(t.g, t.g_turned, head<T>(c_.g, b_, h_), i, width, width_, T(1));
      for (Int n = 0; n < width; ++n) {
        double d = 0;
        for (Int e = 0; e < width_; ++e) d += static_cast<double>(t.g[n * width_ + e] * out.at(i + n)[e * out.column]);
        t.delta[n] = static_cast<T>(d), t.lse[n] = lse[i + n];
      }
      for (Int j = j0; j < seen; j += K) tile(t, i, width, j, std::min(K, keys_ - j), key_side, query_side, j > j0);
      if (!query_side) continue;
      if (seen <= j0) std::fill_n(static_cast<T*>(t.dq), Q * depth_, T(0));
      for (Int n = 0; n < depth_ * Q; ++n) t.dq[n] *= scale;
      turn(dq.at(i), depth_, t.dq, Q, depth_, width);
    }
  }

  void tile(Buffers& t, Int i, Int width, Int j, Int n, bool key_side, bool query_side, bool add) {
    product<T>(t.p, Q, n, width, depth_, k_.tile(j), t.q_turned, steps_, false);
    apply_mask<T>(c_, b_, h_, t.p, j, n, i, width);
    product<T>(t.ds, Q, n, width, width_, v_.tile(j), t.g_turned, steps_, false);
    loops(T()).grad(t.p, t.ds, t.lse, t.delta, n, width);
    if (key_side) {
      pack_left(t.packed, t.p, Q, 1, n, width);
      product<T>(dv_.at(j), dv_.row, n, width_, width, t.packed, t.g, by_width_, true);
      pack_left(t.packed, t.ds, Q, 1, n, width);
      product<T>(dk_.at(j), dk_.row, n, depth_, width, t.packed, t.q, by_depth_, true);
    }
    if (query_side) product<T>(t.dq, Q, depth_, width, n, k_turned_.tile(j), t.ds, steps_, add);
  }

  const AttentionGradCall& c_;
  Int b_, h_, length_, depth_, keys_, width_;
  Packed<T> k_, k_turned_, v_;
  Steps steps_, by_depth_, by_width_;
  Matrix<T> dk_, dv_;
};

template <class T>
void attention_grad_of(const AttentionGradCall& c) {
  const bool few = c.q.shape[0] * c.q.shape[1] < few_heads;
  for_heads(c.q, [&](Int b, Int h) { BackwardHead<T>(c, b, h).run(few); });
}

void attention(const AttentionCall& c) { c.q.dtype == float32 ? attention_of<float>(c) : attention_of<double>(c); }
void attention_grad(const AttentionGradCall& c) { c.q.dtype == float32 ? attention_grad_of<float>(c) : attention_grad_of<double>(c); }

}  // namespace

void fill_attention(Kernels& k) {
  k.attention = attention;
  k.attention_grad = attention_grad;
}

}  // namespace ph::cpu
