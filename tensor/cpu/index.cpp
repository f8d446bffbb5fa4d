// NumPy's index arrays, read and written, and triangles. An index for each element is in scatter.cpp, masks are in mask.cpp.
//
// Every kernel turns indices into element offsets, a stack buffer at a time, and hands those to one of a few tiny typed loops.
// Work is split so that all writes to one element are made by one thread in the order of the indices: no result depends on the threads.
#include <algorithm>
#include <cstring>

#include "playhead/tensor/cpu/index_loops.h"
#include "playhead/tensor/cpu/index_walk.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

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
  k.triangle = triangle;
}

}  // namespace ph::cpu
