// Reductions over any set of dimensions of any layout. Work is cut by size only and partial results are combined in pairs,
// so that bits do not depend on the number of threads. The inner loops are in reduce.isa.cpp.
#include <algorithm>
#include <cmath>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/reduce_layout.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

using std::int64_t;

constexpr int64_t piece = 32768;        // elements that one thread takes at a time, at least
constexpr int64_t block = 1024;         // columns side by side in contiguous memory
constexpr int64_t gathered_block = 512; // and when they have to be collected
constexpr int64_t narrow = 128;         // fewer contiguous columns than this are worth laying side by side
constexpr int64_t batch = 256;          // outputs finished together
constexpr int64_t max_acc = 16;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// What becomes of an accumulator at the end.
enum class Finish : std::uint8_t { none, divide, root, log, mean_center, max_center };

/// One pass over the input.
struct Pass {
  Pass(const Dims& kept_, const Dims& reduced_, const char* in_, DType in_dtype, Fold fold, Lane lane_, Map map = Map::none)
      : kept(kept_), reduced(reduced_), in(in_), outputs(kept_.numel()), count(reduced_.numel()),
        lane(lane_), loops(PH_PICK_ISA(fold_loops)(fold, lane_)), pack(packer(in_dtype, lane_, map)) {}

  const Dims &kept, &reduced;
  const char* in;
  int64_t outputs, count;  // count: elements per output
  Lane lane;
  FoldLoops loops;
  Packer pack;
  double* center = nullptr;    // per output: read by squared_deviation and exp, written by mean_center and max_center
  bool uses_center = false;
  Finish finish = Finish::none;
  double divisor = 1, power = 1;
  char* out = nullptr;
  DType out_dtype = float32;

  const double* extra(int64_t output) const { return uses_center ? center + output : nullptr; }
  /// The accumulator's type as a lane.
  Lane acc_lane() const { return loops.acc_size == loops.lane_size ? lane : lane == Lane::u8 ? Lane::u64 : Lane::f64; }
  void run() const;

 private:
  void run_rows(int64_t width) const;
  void run_columns() const;
  void fold_row(void* acc, int64_t output, int64_t begin, int64_t end) const;
  void fold_narrow(void* acc, int64_t output, int64_t width, int64_t begin, int64_t end) const;
  void fold_block(void* acc, int64_t output, int64_t n, bool contiguous, int64_t begin, int64_t end) const;
  void combine_chunks(char* partial, int64_t chunks) const;
  void store(const void* acc, int64_t n, int64_t output) const;
};

/// Calls f(offset, first, length) for the runs of the innermost dimension that elements [begin, end) consist of.
template <class F> void for_runs(const Dims& dims, int64_t begin, int64_t end, const F& f) {
  const int64_t size = dims.count() ? dims.inner().size : 1;
  while (begin < end) {
    const int64_t n = std::min(size - begin % size, end - begin);
    f(dims.offset<&Dim::in>(begin), begin, n);
    begin += n;
  }
}

// --- rows: the reduced elements of one output (or of `width` neighbours) lie side by side ---

void Pass::fold_row(void* acc, int64_t output, int64_t begin, int64_t end) const {
  const char* x = in + kept.offset<&Dim::in>(output);
  const double* e = extra(output);
  const int64_t step = reduced.count() ? reduced.inner().in : pack.item;
  alignas(16) char part[max_acc];
  alignas(64) char lanes[pack_lanes * 16];
  int64_t filled = 0;
  bool first = true;
  auto add = [&](const void* p, int64_t n) {
    loops.rows(first ? acc : part, p, 0, 1, n, e);
    if (!first) loops.combine(acc, part, 1);
    first = false;
  };
  for_runs(reduced, begin, end, [&](int64_t offset, int64_t, int64_t n) {
    const char* p = x + offset;
    if (pack.is_native() && step == pack.item && n >= 2 * row_lanes) return add(p, n);
    while (n > 0) {
      const int64_t take = std::min(n, pack_lanes - filled);
      pack.strided(lanes + filled * pack.lane, p, step, take);
      filled += take, p += take * step, n -= take;
      if (filled == pack_lanes) add(lanes, filled), filled = 0;
    }
  });
  if (filled > 0 || first) add(lanes, filled);
}

// Rows of `width` neighbouring elements are laid side by side, as many as make a long row, and folded in halves at the end.
void Pass::fold_narrow(void* acc, int64_t output, int64_t width, int64_t begin, int64_t end) const {
  const char* x = in + kept.offset<&Dim::in>(output);
  int64_t side = 1;
  while (2 * side * width <= gathered_block) side *= 2;
  const int64_t wide = side * width;
  alignas(64) char sums[gathered_block * max_acc], lanes[2 * gathered_block * 16];
  double extras[gathered_block];
  if (uses_center)
    for (int64_t j = 0; j < wide; ++j) extras[j] = center[output + j % width];
  loops.init(sums, wide);
  auto add = [&](const void* p, int64_t n) {
    loops.columns(sums, p, wide, n / wide, wide, extras);
    loops.columns(sums, static_cast<const char*>(p) + n / wide * wide * pack.lane, 0, 1, n % wide, extras);
  };
  for_runs(reduced, begin, end, [&](int64_t offset, int64_t, int64_t rows) {
    const char* p = x + offset;
    int64_t n = rows * width;
    if (pack.is_native()) return add(p, n);
    for (int64_t take; n > 0; n -= take, p += take * pack.item) {
      take = std::min(n, 2 * wide);
      pack.strided(lanes, p, pack.item, take);
      add(lanes, take);
    }
  });
  for (; side > 1; side /= 2) loops.combine(sums, sums + side / 2 * width * loops.acc_size, side / 2 * width);
  std::memcpy(acc, sums, static_cast<std::size_t>(width * loops.acc_size));
}

void Pass::run_rows(int64_t width) const {
  const int64_t groups = outputs / width, chunk = std::max<int64_t>(1, piece / width), chunks = std::max<int64_t>(1, ceil_div(count, chunk));
  auto fold = [&](void* acc, int64_t group, int64_t begin, int64_t end) {
    if (width == 1) fold_row(acc, group, begin, end);
    else fold_narrow(acc, group * width, width, begin, end);
  };
  const bool plain = width == 1 && pack.is_native() && kept.count() == 1 && reduced.count() == 1 && reduced.inner().in == pack.item &&
                     kept.inner().in % pack.item == 0;
  if (chunks == 1) {
    const int64_t per_batch = batch / width;
    return parallel_for(groups, std::max<int64_t>(1, piece / std::max<int64_t>(1, count * width)), [&](int64_t b, int64_t e) {
      alignas(64) char acc[batch * max_acc];
      for (int64_t n; b < e; b += n) {
        n = std::min(per_batch, e - b);
        if (plain) loops.rows(acc, in + b * kept.inner().in, kept.inner().in / pack.item, n, count, extra(b));
        else for (int64_t i = 0; i < n; ++i) fold(acc + i * width * loops.acc_size, b + i, 0, count);
        store(acc, n * width, b * width);
      }
    });
  }
  Scratch partial(outputs * chunks * loops.acc_size);  // [chunks, outputs]
  parallel_for(groups * chunks, 1, [&](int64_t u, int64_t end) {
    for (; u < end; ++u) {
      const int64_t g = u / chunks, c = u % chunks;
      fold(partial.bytes() + (c * outputs + g * width) * loops.acc_size, g, c * chunk, std::min(count, (c + 1) * chunk));
    }
  });
  combine_chunks(partial.bytes(), chunks);
}

// --- columns: neighbours in memory belong to different outputs ---

void Pass::fold_block(void* acc, int64_t output, int64_t n, bool contiguous, int64_t begin, int64_t end) const {
  loops.init(acc, n);
  const int64_t step = reduced.count() ? reduced.inner().in : 0;
  const double* e = extra(output);
  if (contiguous && pack.is_native() && step % pack.item == 0) {
    const char* x = in + kept.offset<&Dim::in>(output);
    for_runs(reduced, begin, end, [&](int64_t offset, int64_t, int64_t rows) {
      loops.columns(acc, x + offset, step / pack.item, rows, n, e);
    });
    return;
  }
  alignas(64) char lanes[4 * gathered_block * 16];
  int64_t offsets[gathered_block], filled = 0;
  kept.offsets<&Dim::in>(output, n, offsets);
  for_runs(reduced, begin, end, [&](int64_t offset, int64_t, int64_t rows) {
    for (const char* x = in + offset; rows > 0; --rows, x += step) {
      char* to = lanes + filled * n * pack.lane;
      if (contiguous) pack.strided(to, x + offsets[0], pack.item, n);
      else pack.gather(to, x, offsets, n);
      if (++filled == 4) loops.columns(acc, lanes, n, filled, n, e), filled = 0;
    }
  });
  loops.columns(acc, lanes, n, filled, n, e);
}

void Pass::run_columns() const {
  const int64_t inner = kept.inner().size;
  const bool contiguous = kept.inner().in == pack.item && inner >= narrow;
  const int64_t per_run = contiguous ? inner : outputs, size = contiguous && pack.is_native() ? block : gathered_block;
  const int64_t width = std::min(size, per_run), blocks_per_run = ceil_div(per_run, size), blocks = outputs / per_run * blocks_per_run;
  const int64_t chunk = std::max<int64_t>(256, 2 * piece / width), chunks = std::max<int64_t>(1, ceil_div(count, chunk));
  Scratch partial(chunks > 1 ? outputs * chunks * loops.acc_size : 0);  // [chunks, outputs]
  const int64_t work = std::max<int64_t>(1, std::min(count, chunk) * width);
  parallel_for(blocks * chunks, ceil_div(piece, work), [&](int64_t u, int64_t end) {
    alignas(64) char acc[block * max_acc];
    for (; u < end; ++u) {
      const int64_t c = u / blocks, b = u % blocks, in_run = b % blocks_per_run * size;
      const int64_t output = b / blocks_per_run * per_run + in_run, n = std::min(size, per_run - in_run);
      void* to = chunks > 1 ? partial.bytes() + (c * outputs + output) * loops.acc_size : acc;
      fold_block(to, output, n, contiguous, c * chunk, std::min(count, (c + 1) * chunk));
      if (chunks == 1) store(acc, n, output);
    }
  });
  if (chunks > 1) combine_chunks(partial.bytes(), chunks);
}

void Pass::combine_chunks(char* partial, int64_t chunks) const {
  const int64_t row = outputs * loops.acc_size;
  parallel_for(outputs, std::max<int64_t>(batch, ceil_div(piece, chunks)), [&](int64_t b, int64_t e) {
    char* p = partial + b * loops.acc_size;
    for (int64_t step = 1; step < chunks; step *= 2)
      for (int64_t c = 0; c + step < chunks; c += 2 * step) loops.combine(p + c * row, p + (c + step) * row, e - b);
    store(p, e - b, b);
  });
}

void Pass::run() const {
  if (outputs == 0) return;
  if (kept.count() == 0) return run_rows(1);
  if (reduced.count() > 0) {
    const Dim &r = reduced.inner(), &k = kept.inner();
    if (r.size >= 2 * row_lanes && r.in != 0 && (r.in < k.in || k.in == 0)) return run_rows(1);
    if (k.in == pack.item && r.in == k.in * k.size && k.size < narrow && r.size * k.size >= gathered_block) return run_rows(k.size);
  }
  run_columns();
}

// --- results ---

template <class To, class From> void widen(To* to, const void* from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(static_cast<const From*>(from)[i]);
}

/// Finishes accumulators of the outputs from `output` on.
void Pass::store(const void* acc, int64_t n, int64_t output) const {
  for (; n > batch; n -= batch, output += batch) {
    store(acc, batch, output);
    acc = static_cast<const char*>(acc) + batch * loops.acc_size;
  }
  int64_t offsets[batch];
  double floats[batch];
  if (out) kept.offsets<&Dim::out>(output, n, offsets);
  if (finish == Finish::none && out) return store_lanes(acc_lane(), acc, n, out_dtype, out, offsets);
  switch (acc_lane()) {
    case Lane::f32: widen<double, float>(floats, acc, n); break;
    case Lane::u64: widen<double, std::uint64_t>(floats, acc, n); break;
    default: std::memcpy(floats, acc, static_cast<std::size_t>(n) * 8); break;
  }
  switch (finish) {
    case Finish::none: break;
    case Finish::mean_center: case Finish::divide:
      for (int64_t i = 0; i < n; ++i) floats[i] /= divisor;
      if (finish == Finish::mean_center) std::memcpy(center + output, floats, static_cast<std::size_t>(n) * 8);
      break;
    case Finish::root:
      for (int64_t i = 0; i < n; ++i) floats[i] = power == 0.5 ? std::sqrt(floats[i] / divisor) : std::pow(floats[i], power);
      break;
    case Finish::log:
      for (int64_t i = 0; i < n; ++i) floats[i] = std::log(floats[i]) + center[output + i];
      break;
    case Finish::max_center:  // Infinities and NaN come out of the sum of exponentials by themselves.
      for (int64_t i = 0; i < n; ++i) center[output + i] = std::isfinite(floats[i]) ? floats[i] : 0;
      return;
  }
  if (out) store_lanes(Lane::f64, floats, n, out_dtype, out, offsets);
}

// --- the slot ---

Lane sum_lane(DType t) {
  if (t == DType::boolean || t == DType::uint8) return Lane::u8;
  if (is_integer(t)) return Lane::u64;
  return t == DType::float64 ? Lane::f64 : Lane::f32;
}

/// A call with its dimensions sorted out: complex numbers are pairs of real ones where that does.
struct Problem {
  explicit Problem(const ReduceCall& c, bool as_pairs)
      : kept(c.in.ndim + 1), reduced(c.in.ndim + 1), in(c.in.as<char>()), out(c.out.as<char>()),
        in_dtype(as_pairs ? real_dtype(c.in.dtype) : c.in.dtype), out_dtype(as_pairs ? real_dtype(c.out.dtype) : c.out.dtype) {
    const int64_t item = static_cast<int64_t>(itemsize(c.in.dtype)), out_item = static_cast<int64_t>(itemsize(c.out.dtype));
    for (int d = 0; d < c.in.ndim; ++d) {
      Dim dim{c.in.shape[d], c.in.strides[d] * item, 0};
      if (dim.size == 1) continue;
      const bool is_kept = c.out.shape[d] != 1;
      if (is_kept) dim.out = c.out.strides[d] * out_item;
      if (dim.in < 0 && dim.size > 0) {  // walk it the other way
        in += dim.in * (dim.size - 1), out += dim.out * (dim.size - 1);
        dim.in = -dim.in, dim.out = -dim.out;
      }
      (is_kept ? kept : reduced).add(dim);
    }
    count = reduced.numel();
    if (as_pairs) {
      const Dim pair{2, item / 2, is_complex(c.out.dtype) ? out_item / 2 : 0};
      (is_complex(c.out.dtype) ? kept : reduced).add(pair);
    }
    kept.order_by_memory();
    reduced.order_by_memory();
  }
  Pass pass(Fold fold, Lane lane, Map map = Map::none) const {
    Pass p(kept, reduced, in, in_dtype, fold, lane, map);
    p.out = out, p.out_dtype = out_dtype;
    return p;
  }
  Dims kept, reduced;
  const char* in;
  char* out;
  DType in_dtype, out_dtype;
  int64_t count = 1;
};

void reduce_norm(const Problem& q, double p) {
  const Lane lane = sum_lane(q.in_dtype);
  if (std::isinf(p)) {
    Pass pass = q.pass(p > 0 ? Fold::max : Fold::min, Lane::f64, Map::abs);
    return pass.run();
  }
  if (p == 0) {
    Pass pass = q.pass(Fold::sum, Lane::u8, Map::nonzero);
    pass.finish = Finish::divide;
    return pass.run();
  }
  Pass pass = p == 2 ? q.pass(Fold::square, lane) : q.pass(Fold::sum, Lane::f64, Map::abs);
  if (p != 1) pass.finish = Finish::root, pass.power = p == 2 ? 0.5 : 1 / p;
  if (p != 1 && p != 2) pass.pack.power = p;
  pass.run();
}

/// The sum or mean of a few contiguous floats, which is what losses end in: the same as below without the layout.
void reduce_small(const ReduceCall& c) {
  double y;
  PH_PICK_ISA(fold_loops)(Fold::sum, sum_lane(c.in.dtype)).rows(&y, c.in.data, 0, 1, c.in.numel, nullptr);
  if (c.op == Reduction::mean) y /= static_cast<double>(c.in.numel);
  if (c.out.dtype == DType::float32) *c.out.as<float>() = static_cast<float>(y);
  else *c.out.as<double>() = y;
}

void reduce(const ReduceCall& c) {
  const DType t = c.in.dtype;
  if ((c.op == Reduction::sum || c.op == Reduction::mean) && c.out.numel == 1 && c.in.contiguous && c.in.numel <= piece &&
      (t == DType::float32 || t == DType::float64) && c.out.dtype == t)
    return reduce_small(c);
  const bool pairs = is_complex(t) && (c.op == Reduction::sum || c.op == Reduction::mean || (c.op == Reduction::norm && c.parameter == 2));
  const Problem q(c, pairs);
  const Map of_bool = t == DType::boolean ? Map::nonzero : Map::none;
  switch (c.op) {
    case Reduction::sum: return q.pass(Fold::sum, sum_lane(q.in_dtype), of_bool).run();
    case Reduction::nansum: return q.pass(Fold::sum, is_floating(t) ? Lane::f64 : sum_lane(t), is_floating(t) ? Map::nan_to_zero : of_bool).run();
    case Reduction::mean: {
      Pass p = q.pass(Fold::sum, is_floating(q.in_dtype) ? sum_lane(q.in_dtype) : Lane::f64);
      p.finish = Finish::divide, p.divisor = static_cast<double>(q.count);
      return p.run();
    }
    case Reduction::prod:
      return q.pass(Fold::prod, is_complex(t) ? Lane::c128 : is_floating(t) ? Lane::f64 : Lane::u64).run();
    case Reduction::min: return q.pass(Fold::min, extremum_lane(t), of_bool).run();
    case Reduction::max: return q.pass(Fold::max, extremum_lane(t), of_bool).run();
    case Reduction::any: return q.pass(Fold::max, Lane::u8, Map::nonzero).run();
    case Reduction::all: return q.pass(Fold::min, Lane::u8, Map::nonzero).run();
    case Reduction::count_nonzero: return q.pass(Fold::sum, Lane::u8, Map::nonzero).run();
    case Reduction::norm: return reduce_norm(q, c.parameter);
    case Reduction::var: case Reduction::std: case Reduction::logsumexp: break;
  }
  // Two passes: the mean or the maximum first.
  const bool exps = c.op == Reduction::logsumexp;
  const Lane lane = sum_lane(t);
  Pass first = q.pass(exps ? Fold::max : Fold::sum, lane);
  Scratch center(first.outputs * 8);
  first.center = center.as<double>();
  first.finish = exps ? Finish::max_center : Finish::mean_center;
  first.divisor = static_cast<double>(q.count);
  first.out = nullptr;
  first.run();
  Pass second = q.pass(exps ? Fold::exp : Fold::squared_deviation, lane);
  second.center = first.center, second.uses_center = true;
  second.finish = exps ? Finish::log : c.op == Reduction::var ? Finish::divide : Finish::root;
  second.power = 0.5;
  second.divisor = std::fmax(0.0, static_cast<double>(q.count) - c.parameter);
  second.run();
}

}  // namespace

void fill_reduce(Kernels& k) {
  k.reduce = reduce;
}

}  // namespace ph::cpu
