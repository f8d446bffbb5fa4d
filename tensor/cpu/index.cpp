// Moving elements by index: gather, scatter, and NumPy's index arrays, read and written. Masks are in mask.cpp.
//
// Every kernel turns indices into element offsets, a stack buffer at a time, and hands those to one of a few tiny typed loops:
// where bytes only move there is one loop per element size, where they are combined one per dtype. Work is split so that
// all writes to one element are made by one thread in the order of the indices: no result depends on the threads.
#include <algorithm>
#include <cstring>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/dtype.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/shape.h"

namespace ph::cpu {

namespace {

constexpr std::int64_t batch = 512;      // offsets kept on the stack
constexpr std::int64_t task = 1 << 15;   // elements worth a thread's while

// --- typed loops -----------------------------------------------------------------------------------------------------

struct Bytes16 {
  std::uint64_t a, b;
};

// dst[doff[i]] (op)= src[soff[i]] for i in order.
using AtFn = void (*)(void* dst, const std::int64_t* doff, const void* src, const std::int64_t* soff, std::int64_t n);
// dst[i * ds] (op)= src[i * ss].
using RowFn = void (*)(void* dst, std::int64_t ds, const void* src, std::int64_t ss, std::int64_t n);

struct Loops {
  AtFn at;
  RowFn row;
};

struct Assign {
  template <class T> static T apply(T, T b) { return b; }
};
struct Add {
  template <class T> static T apply(T a, T b) { return static_cast<T>(a + b); }
};
struct Multiply {
  template <class T> static T apply(T a, T b) { return static_cast<T>(a * b); }
};
// A NaN on either side wins.
struct Minimum {
  template <class T> static T apply(T a, T b) { return a < b || a != a ? a : b; }
};
struct Maximum {
  template <class T> static T apply(T a, T b) { return a > b || a != a ? a : b; }
};

// 16-bit floats are combined as float, small integers without promotion's sign surprises.
template <class T, class Op>
T combine(T a, T b) {
  if constexpr (__is_same(T, Half) || __is_same(T, BFloat16)) return T(Op::apply(static_cast<float>(a), static_cast<float>(b)));
  else return Op::template apply<T>(a, b);
}

template <class T, class Op>
void at_loop(void* dst, const std::int64_t* doff, const void* src, const std::int64_t* soff, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  for (std::int64_t i = 0; i < n; ++i) d[doff[i]] = combine<T, Op>(d[doff[i]], s[soff[i]]);
}

template <class T, class Op>
void row_loop(void* dst, std::int64_t ds, const void* src, std::int64_t ss, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  if (ds == 1 && ss == 1) {
    if constexpr (__is_same(Op, Assign)) std::memcpy(d, s, static_cast<std::size_t>(n) * sizeof(T));
    else for (std::int64_t i = 0; i < n; ++i) d[i] = combine<T, Op>(d[i], s[i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) d[i * ds] = combine<T, Op>(d[i * ds], s[i * ss]);
  }
}

template <class T, class Op>
constexpr Loops loops() { return {at_loop<T, Op>, row_loop<T, Op>}; }

Loops moving_loops(std::size_t itemsize) {
  switch (itemsize) {
    case 1: return loops<std::uint8_t, Assign>();
    case 2: return loops<std::uint16_t, Assign>();
    case 4: return loops<std::uint32_t, Assign>();
    case 8: return loops<std::uint64_t, Assign>();
    default: return loops<Bytes16, Assign>();
  }
}

// Sums and products wrap alike for signed and unsigned, so integers of one size share a loop.
template <class Op>
Loops arithmetic_loops(DType t) {
  switch (t) {
    case DType::uint8: case DType::int8: return loops<std::uint8_t, Op>();
    case DType::uint16: case DType::int16: return loops<std::uint16_t, Op>();
    case DType::uint32: case DType::int32: return loops<std::uint32_t, Op>();
    case DType::uint64: case DType::int64: return loops<std::uint64_t, Op>();
    case DType::float16: return loops<Half, Op>();
    case DType::bfloat16: return loops<BFloat16, Op>();
    case DType::float32: return loops<float, Op>();
    case DType::float64: return loops<double, Op>();
    case DType::complex64: return loops<cfloat, Op>();
    case DType::complex128: return loops<cdouble, Op>();
    default: return {};
  }
}

template <class Op>
Loops order_loops(DType t) {
  switch (t) {
    case DType::boolean: case DType::uint8: return loops<std::uint8_t, Op>();
    case DType::uint16: return loops<std::uint16_t, Op>();
    case DType::uint32: return loops<std::uint32_t, Op>();
    case DType::uint64: return loops<std::uint64_t, Op>();
    case DType::int8: return loops<std::int8_t, Op>();
    case DType::int16: return loops<std::int16_t, Op>();
    case DType::int32: return loops<std::int32_t, Op>();
    case DType::int64: return loops<std::int64_t, Op>();
    case DType::float16: return loops<Half, Op>();
    case DType::bfloat16: return loops<BFloat16, Op>();
    case DType::float32: return loops<float, Op>();
    case DType::float64: return loops<double, Op>();
    default: return {};
  }
}

Loops loops_for(DType t, Combine mode) {
  if (mode == Combine::assign) return moving_loops(itemsize(t));
  if (mode == Combine::minimum || (is_bool(t) && mode == Combine::multiply)) return order_loops<Minimum>(t);
  if (mode == Combine::maximum || is_bool(t)) return order_loops<Maximum>(t);
  return mode == Combine::add ? arithmetic_loops<Add>(t) : arithmetic_loops<Multiply>(t);
}

// --- walking ---------------------------------------------------------------------------------------------------------

// Dims that K operands walk together, outermost first, merged wherever all of them allow it.
template <int K>
struct Nest {
  Shape size;
  Strides step[K];

  template <class... S>
  void push(std::int64_t n, S... s) {
    static_assert(sizeof...(S) == K);
    const std::int64_t steps[] = {s...};
    if (n == 1) return;
    const int last = size.size() - 1;
    bool merges = last >= 0;
    for (int k = 0; k < K && merges; ++k) merges = step[k][last] == steps[k] * n;
    if (merges) size[last] *= n;
    else size.push_back(n);
    for (int k = 0; k < K; ++k) {
      if (merges) step[k][last] = steps[k];
      else step[k].push_back(steps[k]);
    }
  }
  std::int64_t count() const { return numel(size); }
};

// A position in a nest's dims [0, ndim), with the offset of each operand.
template <int K>
struct Cursor {
  const Nest<K>& nest;
  int ndim;
  Shape at;
  std::int64_t offset[K] = {};

  Cursor(const Nest<K>& n, int dims, std::int64_t position) : nest(n), ndim(dims), at(Shape::filled(dims, 0)) {
    for (int d = ndim - 1; d >= 0; --d) {
      at[d] = position % nest.size[d];
      position /= nest.size[d];
      for (int k = 0; k < K; ++k) offset[k] += at[d] * nest.step[k][d];
    }
  }
  void next() {
    for (int d = ndim - 1; d >= 0; --d) {
      for (int k = 0; k < K; ++k) offset[k] += nest.step[k][d];
      if (++at[d] < nest.size[d]) return;
      for (int k = 0; k < K; ++k) offset[k] -= nest.size[d] * nest.step[k][d];
      at[d] = 0;
    }
  }
};

// --- indices -----------------------------------------------------------------------------------------------------------

[[noreturn]] void out_of_range(const char* op, std::int64_t index, std::int64_t dim, std::int64_t size) {
  index_error(op, "index out of range; got index=", index, " for dimension ", dim, " of size ", size);
}

inline std::int64_t wrapped(std::int64_t i, std::int64_t size) { return i < 0 ? i + size : i; }

// Throws for the first of n indices, `step` apart, that is out of range.
void check_row(const char* op, const std::int64_t* index, std::int64_t step, std::int64_t n, std::int64_t dim, std::int64_t size) {
  bool good = true;
  for (std::int64_t i = 0; i < n; ++i) good &= index[i * step] >= -size && index[i * step] < size;
  if (good) return;
  for (std::int64_t i = 0; i < n; ++i)
    if (index[i * step] < -size || index[i * step] >= size) out_of_range(op, index[i * step], dim, size);
}

// What index_get and index_put share: the outer dims, the indexed ones, and the inner dims, of x and of the other operand.
struct Plan {
  const char* op;
  Nest<2> outer, inner;           // x, other
  std::int64_t indices;           // how many positions the index arrays name
  std::int64_t other_step;        // of the other operand from one position to the next
  const View* index;
  int n, dim;
  const std::int64_t *sizes, *steps;  // of x's indexed dims
  std::int64_t inner_count, outer_count;

  Plan(const char* name, const View& x, const View& other, const View* idx, int count, int first)
      : op(name), indices(idx[0].numel), index(idx), n(count), dim(first), sizes(x.shape + first), steps(x.strides + first) {
    const int b = idx[0].ndim;
    for (int d = 0; d < dim; ++d) outer.push(x.shape[d], x.strides[d], other.strides[d]);
    for (int d = dim + n; d < x.ndim; ++d) inner.push(x.shape[d], x.strides[d], other.strides[d - n + b]);
    other_step = 0;
    for (int d = b - 1; d >= 0 && other_step == 0; --d)
      if (other.shape[dim + d] != 1) other_step = other.strides[dim + d];
    inner_count = inner.count();
    outer_count = outer.count();
  }

  void check(std::int64_t begin, std::int64_t end) const {
    for (int k = 0; k < n; ++k) check_row(op, index[k].as<std::int64_t>() + begin, 1, end - begin, dim + k, sizes[k]);
  }
  // Offsets in x of positions [begin, end).
  void offsets(std::int64_t begin, std::int64_t end, std::int64_t* out) const {
    for (int k = 0; k < n; ++k) {
      const std::int64_t* p = index[k].as<std::int64_t>() + begin;
      if (k == 0)
        for (std::int64_t i = 0; i < end - begin; ++i) out[i] = wrapped(p[i], sizes[0]) * steps[0];
      else
        for (std::int64_t i = 0; i < end - begin; ++i) out[i] += wrapped(p[i], sizes[k]) * steps[k];
    }
  }
};

// Runs `loops` over outer positions [o0, o1), the given pairs of offsets, and columns [c0, c1) of the innermost dim.
struct Sweep {
  const Plan& plan;
  Loops loops;
  std::size_t size;
  bool to_other;  // index_get: other = x; else x (op)= other
  std::byte *x, *other;

  void run(std::int64_t o0, std::int64_t o1, const std::int64_t* xoff, const std::int64_t* ooff, std::int64_t m, std::int64_t c0,
           std::int64_t c1) const {
    const Nest<2>& in = plan.inner;
    const int last = in.size.size() - 1;
    Cursor<2> out(plan.outer, plan.outer.size.size(), o0);
    for (std::int64_t o = o0; o < o1; ++o, out.next()) {
      std::byte* px = x + out.offset[0] * static_cast<std::int64_t>(size);
      std::byte* po = other + out.offset[1] * static_cast<std::int64_t>(size);
      if (last < 0) {
        if (to_other) loops.at(po, ooff, px, xoff, m);
        else loops.at(px, xoff, po, ooff, m);
        continue;
      }
      const std::int64_t xs = in.step[0][last], os = in.step[1][last], rows = plan.inner_count / in.size[last];
      for (std::int64_t i = 0; i < m; ++i) {
        Cursor<2> at(in, last, 0);
        for (std::int64_t r = 0; r < rows; ++r, at.next()) {
          std::byte* qx = px + (xoff[i] + at.offset[0] + c0 * xs) * static_cast<std::int64_t>(size);
          std::byte* qo = po + (ooff[i] + at.offset[1] + c0 * os) * static_cast<std::int64_t>(size);
          if (to_other) loops.row(qo, os, qx, xs, c1 - c0);
          else loops.row(qx, xs, qo, os, c1 - c0);
        }
      }
    }
  }
  std::int64_t columns() const { return plan.inner.size.empty() ? 1 : plan.inner.size.back(); }
};

void index_get(const char* op, const View& out, const View& x, const View* index, int n, int dim) {
  if (out.numel == 0) {
    // Even with nothing to read, a wrong index is a wrong index.
    for (int k = 0; k < n; ++k) check_row(op, index[k].as<std::int64_t>(), 1, index[k].numel, dim + k, x.shape[dim + k]);
    return;
  }
  const Plan plan(op, x, out, index, n, dim);
  const Sweep sweep{plan, moving_loops(itemsize(x.dtype)), itemsize(x.dtype), true, x.as<std::byte>(), out.as<std::byte>()};
  const std::int64_t piece = std::clamp<std::int64_t>(task / plan.inner_count, 16, batch);
  const std::int64_t pieces = (plan.indices + piece - 1) / piece, per_outer = std::min(piece, plan.indices) * plan.inner_count;
  const std::int64_t outer_piece = std::max<std::int64_t>(1, task / per_outer);
  const std::int64_t outer_pieces = (plan.outer_count + outer_piece - 1) / outer_piece;
  const std::int64_t grain = std::max<std::int64_t>(1, task / (per_outer * std::min(outer_piece, plan.outer_count)));
  parallel_for(pieces * outer_pieces, grain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t xoff[batch], ooff[batch];
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t b0 = t / outer_pieces * piece, b1 = std::min(plan.indices, b0 + piece);
      const std::int64_t o0 = t % outer_pieces * outer_piece, o1 = std::min(plan.outer_count, o0 + outer_piece);
      plan.check(b0, b1);
      plan.offsets(b0, b1, xoff);
      for (std::int64_t i = 0; i < b1 - b0; ++i) ooff[i] = (b0 + i) * plan.other_step;
      sweep.run(o0, o1, xoff, ooff, b1 - b0, 0, sweep.columns());
    }
  });
}

void index_put(const char* op, const View& x, const View* index, int n, int dim, const View& values, Combine mode) {
  for (int k = 0; k < n; ++k) {
    const std::int64_t* p = index[k].as<std::int64_t>();
    parallel_for(index[k].numel, task, [&](std::int64_t b, std::int64_t e) { check_row(op, p + b, 1, e - b, dim + k, x.shape[dim + k]); });
  }
  if (values.numel == 0) return;
  const Plan plan(op, x, values, index, n, dim);
  const Sweep sweep{plan, loops_for(x.dtype, mode), itemsize(x.dtype), false, x.as<std::byte>(), values.as<std::byte>()};
  // Each piece owns some elements of x: columns of the inner rows, else outer positions, else a range of offsets.
  const std::int64_t columns = sweep.columns(), total = plan.indices * plan.inner_count * plan.outer_count;
  const auto all = [&](std::int64_t o0, std::int64_t o1, std::int64_t c0, std::int64_t c1, std::int64_t low, std::int64_t high) {
    std::int64_t xoff[batch], voff[batch];
    for (std::int64_t b0 = 0; b0 < plan.indices; b0 += batch) {
      const std::int64_t b1 = std::min(plan.indices, b0 + batch);
      plan.offsets(b0, b1, xoff);
      std::int64_t m = 0;
      for (std::int64_t i = 0; i < b1 - b0; ++i) {  // keeps those in [low, high), branch-free
        const std::int64_t at = xoff[i];
        xoff[m] = at;
        voff[m] = (b0 + i) * plan.other_step;
        m += at >= low && at < high;
      }
      sweep.run(o0, o1, xoff, voff, m, c0, c1);
    }
  };
  if (total <= task) return all(0, plan.outer_count, 0, columns, INT64_MIN, INT64_MAX);
  if (columns >= 128) {
    const std::int64_t width = std::clamp<std::int64_t>(columns / 16, 64, 1024);
    return parallel_for(columns, width, [&](std::int64_t b, std::int64_t e) { all(0, plan.outer_count, b, e, INT64_MIN, INT64_MAX); });
  }
  if (plan.outer_count >= 16)
    return parallel_for(plan.outer_count, (plan.outer_count + 63) / 64,
                        [&](std::int64_t b, std::int64_t e) { all(b, e, 0, columns, INT64_MIN, INT64_MAX); });
  // The number of parts may follow the threads: an element gets its values in the same order whichever part it falls in.
  std::int64_t low = 0, high = 0;
  for (int k = 0; k < n; ++k) (plan.steps[k] < 0 ? low : high) += (plan.sizes[k] - 1) * plan.steps[k];
  const std::int64_t parts = num_threads(), width = (high - low) / parts + 1;
  parallel_for(parts, 1, [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t p = b; p < e; ++p) all(0, plan.outer_count, 0, columns, low + p * width, low + (p + 1) * width);
  });
}

// --- along one dim -----------------------------------------------------------------------------------------------------

// A box of index positions, cut out of the whole along one dim so that tasks can share the work.
struct Box {
  int dim;
  std::int64_t begin, end;
};

// The dim to cut: the largest, or the largest but `except`. -1 if that leaves nothing to cut.
int dim_to_cut(const View& index, int except) {
  int best = -1;
  for (int d = 0; d < index.ndim; ++d)
    if (d != except && index.shape[d] > 1 && (best < 0 || index.shape[d] > index.shape[best])) best = d;
  return best;
}

// Calls `flush(xoff, ooff, m)` with batches of offsets in x and in `other`, in the order of the indices of the box.
// Indices outside [low, high) are left out.
template <class Flush>
void along(const char* op, const View& x, const View& index, const View& other, int dim, Box box, bool check, std::int64_t low,
           std::int64_t high, const Flush& flush) {
  Nest<3> nest;
  std::int64_t start[3] = {};
  for (int d = 0; d < index.ndim; ++d) {
    const bool cut = d == box.dim;
    const std::int64_t steps[3] = {d == dim ? 0 : x.strides[d], index.strides[d], other.strides[d]};
    nest.push(cut ? box.end - box.begin : index.shape[d], steps[0], steps[1], steps[2]);
    for (int k = 0; k < 3 && cut; ++k) start[k] = box.begin * steps[k];
  }
  const std::int64_t size = index.ndim ? x.shape[dim] : 1, along_step = index.ndim ? x.strides[dim] : 0;
  const int last = nest.size.size() - 1;
  const std::int64_t n = last < 0 ? 1 : nest.size[last], rows = nest.count() / n;
  const std::int64_t xs = last < 0 ? 0 : nest.step[0][last], is = last < 0 ? 0 : nest.step[1][last], os = last < 0 ? 0 : nest.step[2][last];
  std::int64_t xoff[batch], ooff[batch], m = 0;
  Cursor<3> row(nest, std::max(last, 0), 0);
  for (std::int64_t r = 0; r < rows; ++r, row.next()) {
    const std::int64_t x0 = start[0] + row.offset[0], o0 = start[2] + row.offset[2];
    const std::int64_t* p = index.as<std::int64_t>() + start[1] + row.offset[1];
    for (std::int64_t i0 = 0; i0 < n;) {
      const std::int64_t i1 = std::min(n, i0 + batch - m);
      if (check) check_row(op, p + i0 * is, is, i1 - i0, dim, size);
      for (std::int64_t i = i0; i < i1; ++i) {
        const std::int64_t j = wrapped(p[i * is], size);
        xoff[m] = x0 + i * xs + j * along_step;
        ooff[m] = o0 + i * os;
        m += j >= low && j < high;
      }
      i0 = i1;
      if (m == batch) flush(xoff, ooff, m), m = 0;
    }
  }
  if (m > 0) flush(xoff, ooff, m);
}

// Cuts the whole box along `dim` into tasks.
template <class F>
void each_box(const View& index, int dim, const F& f) {
  if (dim < 0 || index.numel <= task) return f(Box{-1, 0, 0});
  const std::int64_t per = index.numel / index.shape[dim], grain = std::max<std::int64_t>(1, task / per);
  parallel_for(index.shape[dim], grain, [&](std::int64_t b, std::int64_t e) { f(Box{dim, b, e}); });
}

void gather(const char* op, const View& out, const View& x, const View& index, int dim) {
  if (index.numel == 0) return;
  const AtFn move = moving_loops(itemsize(x.dtype)).at;
  each_box(index, dim_to_cut(index, -1), [&](Box box) {
    along(op, x, index, out, dim, box, true, 0, INT64_MAX, [&](const std::int64_t* xoff, const std::int64_t* ooff, std::int64_t m) { move(out.data, ooff, x.data, xoff, m); });
  });
}

void scatter(const char* op, const View& x, const View& index, const View& src, int dim, Combine mode) {
  if (index.numel == 0) return;
  // All indices are checked before the first element is written.
  each_box(index, dim_to_cut(index, -1), [&](Box box) {
    along(op, x, index, index, dim, box, true, 0, 0, [](const std::int64_t*, const std::int64_t*, std::int64_t) {});
  });
  const AtFn combine = loops_for(x.dtype, mode).at;
  const auto part = [&](Box box, std::int64_t low, std::int64_t high) {
    along(op, x, index, src, dim, box, false, low, high, [&](const std::int64_t* xoff, const std::int64_t* soff, std::int64_t m) { combine(x.data, xoff, src.data, soff, m); });
  };
  // Elements that differ in another dim are never the same; with no such dim, parts own ranges of the target (as in index_put).
  const int cut = dim_to_cut(index, dim);
  if (index.numel <= task || (cut >= 0 && index.shape[cut] >= 4)) return each_box(index, cut, [&](Box box) { part(box, 0, INT64_MAX); });
  const std::int64_t size = x.shape[dim], parts = std::min<std::int64_t>(num_threads(), size), width = (size + parts - 1) / parts;
  parallel_for(parts, 1, [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t p = b; p < e; ++p) part(Box{-1, 0, 0}, p * width, (p + 1) * width);
  });
}

// --- triangles ----------------------------------------------------------------------------------------------------------

void triangle(const View& dst, const View& src, std::int64_t k, bool upper) {
  if (dst.numel == 0) return;
  const std::int64_t cols = dst.shape[dst.ndim - 1], rows = dst.shape[dst.ndim - 2], size = static_cast<std::int64_t>(itemsize(dst.dtype));
  const auto bytes = [&](std::int64_t n) { return static_cast<std::size_t>(n * size); };
  k = std::clamp(k, -rows, cols);
  parallel_for(dst.numel / cols, std::max<std::int64_t>(1, task / cols), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t edge = std::clamp<std::int64_t>(r % rows + k + (upper ? 0 : 1), 0, cols);
      const std::int64_t keep = upper ? edge : 0, clear = upper ? 0 : edge;
      std::byte* d = dst.as<std::byte>() + r * cols * size;
      const std::byte* s = src.as<std::byte>() + r * cols * size;
      std::memcpy(d + keep * size, s + keep * size, bytes(upper ? cols - edge : edge));
      std::memset(d + clear * size, 0, bytes(upper ? edge : cols - edge));
    }
  });
}

}  // namespace

void fill_index(Kernels& k) {
  k.index_get = index_get;
  k.index_put = index_put;
  k.gather = gather;
  k.scatter = scatter;
  k.triangle = triangle;
}

}  // namespace ph::cpu
