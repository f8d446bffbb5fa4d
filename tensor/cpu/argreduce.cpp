// argmin and argmax along one axis of any layout. Cut into chunks like the sums; ties and NaN go to the first.
#include <algorithm>

#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/reduce_layout.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {
namespace {

using std::int64_t;

constexpr int64_t piece = 65536;   // elements that one thread takes at a time, at least
constexpr int64_t block = 512;     // columns side by side
constexpr int64_t packed_rows = 8; // rows of a block collected at a time

struct Job {
  const char* in;
  int64_t n, step;  // along the axis; bytes
  const Dims& kept;
  ArgLoops loops;
  Packer pack;
  Lane lane;
  char *values, *indices;
  DType dtype;

  int64_t outputs() const { return kept.numel(); }

  /// Keeps the better of what is known and what was found in `rows` from `begin` on; the first call just takes it.
  void take(void* best, int64_t* total, bool first, const void* found, const void* index, int64_t begin, int64_t width) const {
    if (!first) return loops.combine(best, total, found, index, begin, width);
    std::memcpy(best, found, static_cast<std::size_t>(width * loops.lane_size));
    loops.widen(total, index, begin, width);
  }

  void fold_row(void* best, int64_t* total, int64_t output, int64_t begin, int64_t end) const {
    const char* x = in + kept.offset<&Dim::in>(output);
    alignas(64) char lanes[pack_lanes * 8];
    int64_t index, found;
    const bool direct = pack.is_native() && step == pack.item;
    for (int64_t i = begin, take_n; i < end; i += take_n) {
      take_n = direct ? end - i : std::min(pack_lanes, end - i);
      if (!direct) pack.strided(lanes, x + i * step, step, take_n);
      loops.row(&found, &index, direct ? static_cast<const void*>(x + i * step) : lanes, take_n);
      take(best, total, i == begin, &found, &index, i, 1);
    }
  }

  void fold_block(void* best, int64_t* total, int64_t output, int64_t width, bool contiguous, int64_t begin, int64_t end) const {
    alignas(64) char found[block * 8], index[block * 8], lanes[packed_rows * block * 8];
    int64_t offsets[block];
    kept.offsets<&Dim::in>(output, width, offsets);
    const bool direct = contiguous && pack.is_native() && step % pack.item == 0;
    for (int64_t i = begin, rows; i < end; i += rows) {
      rows = direct ? end - i : std::min(packed_rows, end - i);
      if (direct) {
        loops.columns(found, index, in + offsets[0] + i * step, step / pack.item, rows, width);
      } else {
        for (int64_t r = 0; r < rows; ++r) pack.gather(lanes + r * width * pack.lane, in + (i + r) * step, offsets, width);
        loops.columns(found, index, lanes, width, rows, width);
      }
      take(best, total, i == begin, found, index, i, width);
    }
  }

  void store(const void* best, const int64_t* total, int64_t output, int64_t width) const {
    int64_t offsets[block];
    if (values) kept.offsets<&Dim::out>(output, width, offsets), store_lanes(lane, best, width, dtype, values, offsets);
    if (indices) kept.offsets<&Dim::out2>(output, width, offsets), store_lanes(Lane::i64, total, width, DType::int64, indices, offsets);
  }

  void run() const {
    const int64_t all = outputs();
    const bool rows = kept.count() == 0 || (n >= 2 * row_lanes && step < kept.inner().in);
    const int64_t inner = kept.count() ? kept.inner().size : 1;
    const bool contiguous = !rows && kept.inner().in == pack.item && inner >= block / 4;
    const int64_t per_run = rows ? 1 : contiguous ? inner : all, width = std::min(block, per_run);
    const int64_t blocks_per_run = (per_run + block - 1) / block, blocks = all / per_run * blocks_per_run;
    const int64_t chunk = std::max<int64_t>(256, piece / width), chunks = (n + chunk - 1) / chunk;
    const int64_t size = loops.lane_size;
    Scratch best_parts(chunks > 1 ? chunks * all * size : 0), total_parts(chunks > 1 ? chunks * all * 8 : 0);  // [chunks, outputs]
    parallel_for(blocks * chunks, std::max<int64_t>(1, piece / (std::min(n, chunk) * width)), [&](int64_t u, int64_t end) {
      alignas(64) char best[block * 8];
      int64_t total[block];
      for (; u < end; ++u) {
        const int64_t c = u / blocks, b = u % blocks, in_run = b % blocks_per_run * block;
        const int64_t output = b / blocks_per_run * per_run + in_run, w = std::min(block, per_run - in_run);
        char* to = chunks > 1 ? best_parts.bytes() + (c * all + output) * size : best;
        int64_t* to_total = chunks > 1 ? total_parts.as<int64_t>() + c * all + output : total;
        if (rows) fold_row(to, to_total, output, c * chunk, std::min(n, (c + 1) * chunk));
        else fold_block(to, to_total, output, w, contiguous, c * chunk, std::min(n, (c + 1) * chunk));
        if (chunks == 1) store(to, to_total, output, w);
      }
    });
    if (chunks == 1) return;
    parallel_for(all, block, [&](int64_t b, int64_t e) {
      char* best = best_parts.bytes() + b * size;
      int64_t* total = total_parts.as<int64_t>() + b;
      for (int64_t c = 1; c < chunks; ++c) loops.merge(best, total, best + c * all * size, total + c * all, 0, e - b);
      store(best, total, b, e - b);
    });
  }
};

void arg_reduce(const ArgReduceCall& c) {
  Dims kept(c.in.ndim);
  add_dims_but(c.axis, c.in, c.values, c.indices, kept);
  kept.order_by_memory();
  if (kept.numel() == 0) return;
  const DType t = c.in.dtype;
  const Lane lane = extremum_lane(t) == Lane::u8 ? Lane::i32 : extremum_lane(t);
  const int64_t item = static_cast<int64_t>(itemsize(t));
  const bool axis = c.in.ndim > 0;
  Job{c.in.as<char>(), axis ? c.in.shape[c.axis] : 1, axis ? c.in.strides[c.axis] * item : item, kept,
      PH_PICK_ISA(arg_loops)(c.largest, lane), packer(t, lane), lane, c.values.as<char>(), c.indices.as<char>(), t}.run();
}

}  // namespace

void fill_argreduce(Kernels& k) { k.arg_reduce = arg_reduce; }

}  // namespace ph::cpu
