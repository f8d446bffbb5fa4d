// Running sums, products, extrema and logsumexp along one axis of any layout. Long rows are cut into chunks of fixed size:
// first each chunk's total, then the chunks from their starting values; so bits do not depend on the number of threads.
#include <algorithm>
#include <cmath>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/reduce_layout.h"
#include "playhead/tensor/cpu/scan_loops.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

using std::int64_t;

constexpr int64_t piece = 32768;    // elements that one thread takes at a time, at least; and a chunk of a long row
constexpr int64_t block = 256;      // columns side by side
constexpr int64_t step_lanes = pack_lanes;

/// One step of a scan: the state after x. For extrema `at` is where the state was found.
struct Add { template <class A> static A step(A a, A x) { return a + x; } };
struct Multiply { template <class A> static A step(A a, A x) { return a * x; } };
struct LogAddExp {
  static double step(double a, double x) {
    const double m = std::fmax(a, x), d = std::fmin(a, x) - m;
    // Equal infinities have no difference; a NaN on either side stays.
    return a != a || x != x ? a + x : std::isinf(m) ? m : m + std::log1p(std::exp(d));
  }
};
template <bool Largest> struct Extremum {
  template <class A> static bool takes(A a, A x) {
    if constexpr (__is_same(A, float) || __is_same(A, double)) return x != x || (Largest ? x >= a : x <= a);
    else return Largest ? x >= a : x <= a;
  }
};

/// The inner loops, on lanes side by side. `at` and `first` are only for extrema.
struct Loops {
  void (*init)(void* state, int64_t n);
  /// x[0..n) becomes the running value; *state goes along.
  void (*row)(void* state, int64_t* at, void* x, int64_t* index, int64_t first, int64_t n);
  /// x[j] and state[j] become the next value of column j.
  void (*columns)(void* state, int64_t* at, void* x, int64_t* index, int64_t position, int64_t n);
};

template <class O, class A, class T> void init(void* state, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    if constexpr (__is_same(O, Multiply)) static_cast<A*>(state)[j] = A(1);
    else if constexpr (__is_same(O, LogAddExp)) static_cast<A*>(state)[j] = -HUGE_VAL;
    else static_cast<A*>(state)[j] = A(0);
  }
}

template <class O, class A> void row(void* state, int64_t*, void* x_, int64_t*, int64_t, int64_t n) {
  A a = *static_cast<A*>(state), *x = static_cast<A*>(x_);
  for (int64_t i = 0; i < n; ++i) x[i] = a = O::step(a, x[i]);
  *static_cast<A*>(state) = a;
}

/// Sums of e^(x - m) for the largest x of the piece, m: quick, and right while the first of them is not next to nothing.
void logsumexp_row(void* state_, int64_t* at, void* x_, int64_t* index, int64_t first, int64_t n) {
  double *state = static_cast<double*>(state_), *x = static_cast<double*>(x_), m = *state;
  bool finite = m == m;
  for (int64_t i = 0; i < n; ++i) m = x[i] > m ? x[i] : m, finite = finite & (x[i] == x[i]);
  if (!finite || std::isinf(m) || std::fmax(*state, x[0]) < m - 600) return row<LogAddExp, double>(state, at, x, index, first, n);
  double sum = std::exp(*state - m);
  PH_PICK_ISA(exp_minus)(x, n, m);
  PH_PICK_ISA(sum_loop)(DType::float64)(&sum, x, x, n);
  PH_PICK_ISA(log_plus)(x, n, m);
  *state = x[n - 1];
}

template <class O, class A> void columns(void* state, int64_t*, void* x_, int64_t*, int64_t, int64_t n) {
  A *a = static_cast<A*>(state), *x = static_cast<A*>(x_);
  for (int64_t j = 0; j < n; ++j) x[j] = a[j] = O::step(a[j], x[j]);
}

template <class O, class A> void extremum_columns(void* state, int64_t* at, void* x_, int64_t* index, int64_t position, int64_t n) {
  A *a = static_cast<A*>(state), *x = static_cast<A*>(x_);
  for (int64_t j = 0; j < n; ++j) {
    if (position == 0 || O::takes(a[j], x[j])) a[j] = x[j], at[j] = position;
    x[j] = a[j], index[j] = at[j];
  }
}
template <class O, class A> void extremum_row(void* state, int64_t* at_, void* x_, int64_t* index, int64_t first, int64_t n) {
  A a = *static_cast<A*>(state), *x = static_cast<A*>(x_);
  int64_t at = *at_;
  for (int64_t i = 0; i < n; ++i) {  // a branch: it is rarely taken
    if (first + i == 0 || O::takes(a, x[i])) a = x[i], at = first + i;
    x[i] = a, index[i] = at;
  }
  *static_cast<A*>(state) = a, *at_ = at;
}

template <class O, class A> Loops loops_of() { return {init<O, A, A>, row<O, A>, columns<O, A>}; }
template <class O, class A> Loops extrema_of() { return {init<Add, A, A>, extremum_row<O, A>, extremum_columns<O, A>}; }

template <class O> Loops arithmetic(Lane lane) {
  switch (lane) {
    case Lane::f64: return loops_of<O, double>();
    case Lane::c128: return loops_of<O, cdouble>();
    default: return loops_of<O, std::uint64_t>();
  }
}
template <class O> Loops extrema(Lane lane) {
  switch (lane) {
    case Lane::i32: return extrema_of<O, std::int32_t>();
    case Lane::i64: return extrema_of<O, int64_t>();
    case Lane::u64: return extrema_of<O, std::uint64_t>();
    case Lane::f32: return extrema_of<O, float>();
    default: return extrema_of<O, double>();
  }
}

struct Job {
  const char* in;
  char *out, *indices;
  int64_t n, step, out_step, index_step;  // along the axis; bytes
  DType dtype;
  const Dims& kept;
  Loops loops;
  Packer pack;
  Lane lane;
  bool reverse;
  SumLoop quick = nullptr;  // of lanes; and of rows side by side in memory if `direct`
  bool direct = false;
  bool only_rows = false;    // their loop is so much quicker

  /// Elements [begin, end) of a row, from `state` on; only the state if !keep.
  void scan_row(void* state, int64_t* at, int64_t output, int64_t begin, int64_t end, bool keep) const {
    alignas(64) char lanes[step_lanes * 16];
    int64_t index[step_lanes], offsets[step_lanes], index_offsets[step_lanes];
    const char* x = in + kept.offset<&Dim::in>(output);
    char *to = out + kept.offset<&Dim::out>(output), *index_to = indices + (indices ? kept.offset<&Dim::out2>(output) : 0);
    if (direct) return quick(state, x + begin * step, keep ? to + begin * out_step : nullptr, end - begin);
    const bool side_by_side = out_step == static_cast<int64_t>(itemsize(dtype)) && (!indices || index_step == 8);
    const int64_t most = std::min(step_lanes, end - begin);
    for (int64_t i = 0; keep && !side_by_side && i < most; ++i) offsets[i] = i * out_step, index_offsets[i] = i * index_step;
    for (int64_t i = begin, count; i < end; i += count) {
      count = std::min(step_lanes, end - i);
      pack.strided(lanes, x + i * step, step, count);
      const bool index_there = side_by_side && indices && !reverse;
      if (quick) quick(state, lanes, lanes, count);
      else loops.row(state, at, lanes, index_there ? reinterpret_cast<int64_t*>(index_to) + i : index, i, count);
      if (!keep) continue;
      finish(index, count);
      store_lanes(lane, lanes, count, dtype, to + i * out_step, side_by_side ? nullptr : offsets);
      if (indices && !index_there)
        store_lanes(Lane::i64, index, count, DType::int64, index_to + i * index_step, side_by_side ? nullptr : index_offsets);
    }
  }

  void scan_block(int64_t output, int64_t width) const {
    alignas(64) char lanes[block * 16], state[block * 16];
    int64_t at[block], index[block], in_offsets[block], offsets[block], index_offsets[block];
    kept.offsets<&Dim::in>(output, width, in_offsets);
    kept.offsets<&Dim::out>(output, width, offsets);
    kept.offsets<&Dim::out2>(output, width, index_offsets);
    const bool contiguous = kept.inner().in == pack.item && in_offsets[width - 1] == in_offsets[0] + (width - 1) * pack.item;
    loops.init(state, width);
    for (int64_t i = 0; i < n; ++i) {
      if (contiguous) pack.contiguous(lanes, in + in_offsets[0] + i * step, width);
      else pack.gather(lanes, in + i * step, in_offsets, width);
      loops.columns(state, at, lanes, index, i, width);
      finish(index, width);
      store_lanes(lane, lanes, width, dtype, out + i * out_step, offsets);
      if (indices) store_lanes(Lane::i64, index, width, DType::int64, indices + i * index_step, index_offsets);
    }
  }

  void finish(int64_t* index, int64_t count) const {
    for (int64_t j = 0; reverse && indices && j < count; ++j) index[j] = n - 1 - index[j];
  }

  void run() const {
    const int64_t rows = kept.numel();
    if (rows == 0 || n == 0) return;
    if (!only_rows && kept.count() > 0 && std::abs(kept.inner().in) < std::abs(step)) {
      const int64_t blocks = (rows + block - 1) / block;
      return parallel_for(blocks, std::max<int64_t>(1, piece / (n * block)), [&](int64_t b, int64_t e) {
        for (; b < e; ++b) scan_block(b * block, std::min(block, rows - b * block));
      });
    }
    // Few long rows are cut; chunks need the sums before them, which costs reading twice. Products are not: parts of one could
    // overflow where the whole does not.
    const int64_t chunks = rows < 16 && n >= 4 * piece && quick ? (n + piece - 1) / piece : 1, size = pack.lane;
    if (chunks == 1)
      return parallel_for(rows, std::max<int64_t>(1, piece / n), [&](int64_t b, int64_t e) {
        for (alignas(16) char state[16]; b < e; ++b) {
          int64_t at = 0;
          loops.init(state, 1);
          scan_row(state, &at, b, 0, n, true);
        }
      });
    Scratch totals(rows * chunks * size);
    auto chunk = [&](int64_t u, bool keep) {
      alignas(16) char state[16];
      int64_t at = 0;
      const int64_t c = u % chunks;
      char* mine = totals.bytes() + u * size;
      if (keep) std::memcpy(state, mine, static_cast<std::size_t>(size));
      else loops.init(state, 1);
      scan_row(state, &at, u / chunks, c * piece, std::min(n, (c + 1) * piece), keep);
      if (!keep) std::memcpy(mine, state, static_cast<std::size_t>(size));
    };
    parallel_for(rows * chunks, 1, [&](int64_t u, int64_t e) { for (; u < e; ++u) chunk(u, false); });
    for (int64_t r = 0; r < rows; ++r) {  // each chunk's total becomes what comes before the chunk
      alignas(16) char state[16], before[16];
      int64_t at = 0, index = 0;
      loops.init(state, 1);
      for (int64_t c = 0; c < chunks; ++c) {
        char* total = totals.bytes() + (r * chunks + c) * size;
        std::memcpy(before, state, static_cast<std::size_t>(size));
        loops.row(state, &at, total, &index, 0, 1);
        std::memcpy(total, before, static_cast<std::size_t>(size));
      }
    }
    parallel_for(rows * chunks, 1, [&](int64_t u, int64_t e) { for (; u < e; ++u) chunk(u, true); });
  }
};

void scan(const ScanCall& c) {
  Dims kept(c.in.ndim);
  add_dims_but(c.axis, c.in, c.out, c.indices, kept);
  kept.order_by_memory();
  const DType t = c.in.dtype;
  const bool extremum = c.op == Scan::max || c.op == Scan::min;
  Lane lane = is_complex(t) ? Lane::c128 : is_floating(t) ? Lane::f64 : Lane::u64;
  if (extremum) lane = extremum_lane(t) == Lane::u8 ? Lane::i32 : extremum_lane(t);
  auto stride = [&](const View& v) { return absent(v) || v.ndim == 0 ? 0 : v.strides[c.axis] * static_cast<int64_t>(itemsize(v.dtype)); };
  Job j{c.in.as<char>(), c.out.as<char>(), c.indices.as<char>(), c.in.ndim > 0 ? c.in.shape[c.axis] : 1,
        stride(c.in), stride(c.out), stride(c.indices), c.out.dtype, kept, {}, packer(t, lane), lane, c.reverse};
  switch (c.op) {
    case Scan::sum: j.loops = arithmetic<Add>(lane); break;
    case Scan::prod: j.loops = arithmetic<Multiply>(lane); break;
    case Scan::logsumexp:
      j.loops = loops_of<LogAddExp, double>();
      j.loops.row = logsumexp_row, j.only_rows = true;
      break;
    case Scan::max: j.loops = extrema<Extremum<true>>(lane); break;
    case Scan::min: j.loops = extrema<Extremum<false>>(lane); break;
  }
  if (c.reverse) {
    j.in += (j.n - 1) * j.step, j.out += (j.n - 1) * j.out_step, j.indices += j.indices ? (j.n - 1) * j.index_step : 0;
    j.step = -j.step, j.out_step = -j.out_step, j.index_step = -j.index_step;
  }
  if (c.op == Scan::sum && lane != Lane::c128) {
    const int64_t item = static_cast<int64_t>(itemsize(t));
    const SumLoop own = PH_PICK_ISA(sum_loop)(t);
    j.direct = own && c.out.dtype == t && j.step == item && j.out_step == item;
    j.quick = j.direct ? own : PH_PICK_ISA(sum_loop)(lane == Lane::f64 ? float64 : uint64);
  }
  j.run();
}

}  // namespace

void fill_scan(Kernels& k) { k.scan = scan; }

}  // namespace ph::cpu
