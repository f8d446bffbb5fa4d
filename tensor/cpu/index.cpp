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

// dst[i * step] = src[off[i]].
using TakeFn = void (*)(void* dst, std::int64_t step, const void* src, const std::int64_t* off, std::int64_t n);
// dst[doff[i]] (op)= src[soff[i]] for i in order.
using AtFn = void (*)(void* dst, const std::int64_t* doff, const void* src, const std::int64_t* soff, std::int64_t n);
// dst[i * ds] (op)= src[i * ss].
using RowFn = void (*)(void* dst, std::int64_t ds, const void* src, std::int64_t ss, std::int64_t n);


// One row of index positions in a walk along a dim of x: the dim has `size` entries, `step` apart.
struct Row {
  const std::int64_t* index;
  std::int64_t n, index_step, x_step, other_step, size, step;
};
// other[i] = x[i, index[i]].
using GatherFn = void (*)(const Row& r, const void* x, void* other);
// x[i, index[i]] (op)= other[i] where low <= index[i] < low + span.
using ScatterFn = void (*)(const Row& r, std::int64_t low, std::int64_t span, void* x, const void* other);

struct Moves {
  TakeFn take;
  RowFn row;
  GatherFn gather;
};
struct Loops {
  AtFn at;
  RowFn row;
  ScatterFn scatter;
};

inline std::int64_t wrapped(std::int64_t i, std::int64_t size) { return i < 0 ? i + size : i; }

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
void scatter_loop(const Row& r, std::int64_t low, std::int64_t span, void* x, const void* other) {
  T* d = static_cast<T*>(x);
  const T* s = static_cast<const T*>(other);
  if (r.index_step == 1 && r.other_step == 1 && r.x_step == 0 && r.step == 1 && span == r.size) {  // all in one line: no multiplications
    for (std::int64_t i = 0; i < r.n; ++i) {
      T& target = d[wrapped(r.index[i], r.size)];
      target = combine<T, Op>(target, s[i]);
    }
    return;
  }
  for (std::int64_t i = 0; i < r.n; ++i) {
    const std::int64_t j = wrapped(r.index[i * r.index_step], r.size);
    if (static_cast<std::uint64_t>(j - low) >= static_cast<std::uint64_t>(span)) continue;
    T& target = d[i * r.x_step + j * r.step];
    target = combine<T, Op>(target, s[i * r.other_step]);
  }
}

template <class T>
void gather_loop(const Row& r, const void* x, void* other) {
  const T* s = static_cast<const T*>(x);
  T* d = static_cast<T*>(other);
  for (std::int64_t i = 0; i < r.n; ++i) d[i * r.other_step] = s[i * r.x_step + wrapped(r.index[i * r.index_step], r.size) * r.step];
}

template <class T>
void take_loop(void* dst, std::int64_t step, const void* src, const std::int64_t* off, std::int64_t n) {
  T* d = static_cast<T*>(dst);
  const T* s = static_cast<const T*>(src);
  for (std::int64_t i = 0; i < n; ++i) d[i * step] = s[off[i]];
}

template <class T>
constexpr Moves moves() { return {take_loop<T>, row_loop<T, Assign>, gather_loop<T>}; }
template <class T, class Op>
constexpr Loops loops() { return {at_loop<T, Op>, row_loop<T, Op>, scatter_loop<T, Op>}; }

Moves moves_for(DType t) {
  switch (itemsize(t)) {
    case 1: return moves<std::uint8_t>();
    case 2: return moves<std::uint16_t>();
    case 4: return moves<std::uint32_t>();
    case 8: return moves<std::uint64_t>();
    default: return moves<Bytes16>();
  }
}

Loops assigning_loops(std::size_t itemsize) {
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
  if (mode == Combine::assign) return assigning_loops(itemsize(t));
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

  std::int64_t columns() const { return inner.size.empty() ? 1 : inner.size.back(); }
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

// Runs over outer positions [o0, o1), m pairs of offsets in x and the other operand, and columns [c0, c1) of the innermost dim.
// `single` does all pairs where there are no inner dims, `row` a stretch of the innermost one.
template <class Single, class RowOf>
void sweep(const Plan& plan, std::int64_t o0, std::int64_t o1, const std::int64_t* xoff, const std::int64_t* ooff, std::int64_t m, std::int64_t c0,
           std::int64_t c1, const Single& single, const RowOf& row) {
  const Nest<2>& in = plan.inner;
  const int last = in.size.size() - 1;
  const std::int64_t xs = last < 0 ? 0 : in.step[0][last], os = last < 0 ? 0 : in.step[1][last];
  Cursor<2> out(plan.outer, plan.outer.size.size(), o0);
  for (std::int64_t o = o0; o < o1; ++o, out.next()) {
    if (last < 0) {
      single(out.offset[0], out.offset[1]);
    } else if (last == 0) {
      const std::int64_t x0 = out.offset[0] + c0 * xs, y0 = out.offset[1] + c0 * os;
      for (std::int64_t i = 0; i < m; ++i) row(x0 + xoff[i], xs, y0 + ooff[i], os, c1 - c0);
    } else {
      const std::int64_t rows = plan.inner_count / in.size[last];
      Cursor<2> at(in, last, 0);
      for (std::int64_t r = 0; r < rows; ++r, at.next()) {
        const std::int64_t x0 = out.offset[0] + at.offset[0] + c0 * xs, y0 = out.offset[1] + at.offset[1] + c0 * os;
        for (std::int64_t i = 0; i < m; ++i) row(x0 + xoff[i], xs, y0 + ooff[i], os, c1 - c0);
      }
    }
  }
}

void index_get(const char* op, const View& out, const View& x, const View* index, int n, int dim) {
  if (out.numel == 0) {
    // Even with nothing to read, a wrong index is a wrong index.
    for (int k = 0; k < n; ++k) check_row(op, index[k].as<std::int64_t>(), 1, index[k].numel, dim + k, x.shape[dim + k]);
    return;
  }
  const Plan plan(op, x, out, index, n, dim);
  const Moves move = moves_for(x.dtype);
  const auto size = static_cast<std::int64_t>(itemsize(x.dtype));
  std::byte *from = x.as<std::byte>(), *to = out.as<std::byte>();
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
      sweep(plan, o0, o1, xoff, ooff, b1 - b0, 0, plan.columns(),
            [&](std::int64_t xo, std::int64_t oo) { move.take(to + (oo + ooff[0]) * size, plan.other_step, from + xo * size, xoff, b1 - b0); },
            [&](std::int64_t xo, std::int64_t xs, std::int64_t oo, std::int64_t os, std::int64_t n) { move.row(to + oo * size, os, from + xo * size, xs, n); });
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
  const Loops loop = loops_for(x.dtype, mode);
  const auto size = static_cast<std::int64_t>(itemsize(x.dtype));
  std::byte *to = x.as<std::byte>(), *from = values.as<std::byte>();
  // Each piece owns some elements of x: columns of the inner rows, else outer positions, else a range of offsets.
  const std::int64_t columns = plan.columns(), total = plan.indices * plan.inner_count * plan.outer_count;
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
      sweep(plan, o0, o1, xoff, voff, m, c0, c1, [&](std::int64_t xo, std::int64_t vo) { loop.at(to + xo * size, xoff, from + vo * size, voff, m); },
            [&](std::int64_t xo, std::int64_t xs, std::int64_t vo, std::int64_t vs, std::int64_t n) { loop.row(to + xo * size, xs, from + vo * size, vs, n); });
    }
  };
  if (total <= task) return all(0, plan.outer_count, 0, columns, INT64_MIN, INT64_MAX);
  // The number of pieces may follow the threads: an element gets its values in the same order whichever piece it falls in.
  const std::int64_t threads = num_threads();
  if (columns >= 64 * threads) {
    const std::int64_t width = (columns + threads - 1) / threads;
    return parallel_for(columns, width, [&](std::int64_t b, std::int64_t e) { all(0, plan.outer_count, b, e, INT64_MIN, INT64_MAX); });
  }
  if (plan.outer_count >= 16)
    return parallel_for(plan.outer_count, (plan.outer_count + 63) / 64,
                        [&](std::int64_t b, std::int64_t e) { all(b, e, 0, columns, INT64_MIN, INT64_MAX); });
  std::int64_t low = 0, high = 0;
  for (int k = 0; k < n; ++k) (plan.steps[k] < 0 ? low : high) += (plan.sizes[k] - 1) * plan.steps[k];
  const std::int64_t width = (high - low) / threads + 1;
  parallel_for(threads, 1, [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t p = b; p < e; ++p) all(0, plan.outer_count, 0, columns, low + p * width, low + (p + 1) * width);
  });
}

// --- along one dim -----------------------------------------------------------------------------------------------------

// A box of index positions, cut out of the whole along one dim so that tasks can share the work.
struct Box {
  int dim;
  std::int64_t begin, end;
};
constexpr Box whole{-1, 0, 0};

// Calls f(row, offset in x, offset in other) for each row of the box, in the order of the indices.
template <class F>
void each_row(const View& x, const View& index, const View& other, int dim, Box box, const F& f) {
  Nest<3> nest;  // x with index 0 throughout, index, other
  std::int64_t x0 = 0, i0 = 0, o0 = 0;
  for (int d = 0; d < index.ndim; ++d) {
    const std::int64_t xs = d == dim ? 0 : x.strides[d], is = index.strides[d], os = other.strides[d];
    nest.push(d == box.dim ? box.end - box.begin : index.shape[d], xs, is, os);
    if (d == box.dim) x0 = box.begin * xs, i0 = box.begin * is, o0 = box.begin * os;
  }
  const int last = nest.size.size() - 1;
  Row row{nullptr, 1, 0, 0, 0, x.shape[dim], x.strides[dim]};
  if (last >= 0) row = {nullptr, nest.size[last], nest.step[1][last], nest.step[0][last], nest.step[2][last], x.shape[dim], x.strides[dim]};
  Cursor<3> at(nest, std::max(last, 0), 0);
  for (std::int64_t r = nest.count() / row.n; r > 0; --r, at.next()) {
    row.index = index.as<std::int64_t>() + i0 + at.offset[1];
    f(row, x0 + at.offset[0], o0 + at.offset[2]);
  }
}

// Cuts the whole box along `dim` into tasks of `least` positions or more.
template <class F>
void each_box(const View& index, int dim, std::int64_t least, const F& f) {
  if (dim < 0 || index.numel <= task) return f(whole);
  const std::int64_t per = index.numel / index.shape[dim], grain = std::max(least, task / per);
  parallel_for(index.shape[dim], grain, [&](std::int64_t b, std::int64_t e) { f(Box{dim, b, e}); });
}

int largest_dim(const View& index) { return index.ndim == 0 ? -1 : static_cast<int>(std::max_element(index.shape, index.shape + index.ndim) - index.shape); }

// Rows are checked a stretch at a time, while they are in the nearest cache.
template <class F>
void checked_row(const char* op, Row r, int dim, const F& f) {
  const std::int64_t n = r.n;
  for (std::int64_t i = 0; i < n; i += batch, r.index += batch * r.index_step) {
    r.n = std::min(batch, n - i);
    check_row(op, r.index, r.index_step, r.n, dim, r.size);
    f(r, i);
  }
}

void gather(const char* op, const View& out, const View& x, const View& index, int dim) {
  if (index.numel == 0) return;
  const GatherFn move = moves_for(x.dtype).gather;
  const auto size = static_cast<std::int64_t>(itemsize(x.dtype));
  each_box(index, largest_dim(index), 1, [&](Box box) {
    each_row(x, index, out, dim, box, [&](const Row& row, std::int64_t xo, std::int64_t oo) {
      checked_row(op, row, dim, [&](const Row& r, std::int64_t i) {
        move(r, x.as<std::byte>() + (xo + i * r.x_step) * size, out.as<std::byte>() + (oo + i * r.other_step) * size);
      });
    });
  });
}

void scatter(const char* op, const View& x, const View& index, const View& src, int dim, Combine mode, bool fresh) {
  if (index.numel == 0) return;
  if (!fresh)
    each_box(index, largest_dim(index), 1, [&](Box box) {
      each_row(x, index, index, dim, box, [&](const Row& row, std::int64_t, std::int64_t) { check_row(op, row.index, row.index_step, row.n, dim, row.size); });
    });
  const ScatterFn put = loops_for(x.dtype, mode).scatter;
  const auto size = static_cast<std::int64_t>(itemsize(x.dtype));
  const auto part = [&](Box box, std::int64_t low, std::int64_t span) {
    each_row(x, index, src, dim, box, [&](const Row& row, std::int64_t xo, std::int64_t so) {
      const auto run = [&](const Row& r, std::int64_t i) {
        put(r, low, span, x.as<std::byte>() + (xo + i * r.x_step) * size, src.as<std::byte>() + (so + i * r.other_step) * size);
      };
      if (fresh) checked_row(op, row, dim, run);
      else run(row, 0);
    });
  };
  // Elements that differ in another dim are never the same. Best is one outside `dim`, where tasks are whole stretches of
  // memory; one inside is cut into wide strips; with neither, each thread owns a range of the target (as in index_put).
  int cut = -1;
  for (int d = 0; d < dim; ++d)
    if (index.shape[d] >= 4 && (cut < 0 || index.shape[d] > index.shape[cut])) cut = d;
  for (int d = dim + 1; d < index.ndim && cut < 0; ++d)
    if (index.shape[d] >= 256) cut = d;
  const std::int64_t entries = x.shape[dim], threads = std::min<std::int64_t>(num_threads(), entries);
  if (index.numel <= task || cut >= 0 || threads == 1) return each_box(index, cut, cut < dim ? 1 : 128, [&](Box box) { part(box, 0, entries); });
  const std::int64_t width = (entries + threads - 1) / threads;
  parallel_for(threads, 1, [&](std::int64_t b, std::int64_t e) {
    for (std::int64_t p = b; p < e; ++p) part(whole, p * width, width);
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
