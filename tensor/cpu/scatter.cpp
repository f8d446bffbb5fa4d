// gather and scatter: an index for each element, along one dim. As in index.cpp, no result depends on the number of threads.
#include <algorithm>

#include "playhead/tensor/cpu/index_loops.h"
#include "playhead/tensor/cpu/index_walk.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

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

}  // namespace

void fill_scatter(Kernels& k) {
  k.gather = gather;
  k.scatter = scatter;
}

}  // namespace ph::cpu
