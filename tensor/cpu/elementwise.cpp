// The elementwise engine: picks a row's contiguous loop and brings any layout and dtype to it. Operands that are dense go to
// the loop as they are; others pass through small buffers in cache, chunk by chunk.
#include <algorithm>
#include <cstring>

#include "playhead/tensor/cpu/elementwise_loops.h"
#include "playhead/tensor/cpu/parallel.h"
#include "playhead/tensor/cpu/strided.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

using rows::loop_dtypes;
using rows::loop_type;
using rows::loop_type_count;

PH_PER_ISA(const Loop* loops_f32(Part q); const Loop* loops_f64(Part q); const Loop* loops_int(LoopType t))
namespace any {
const Loop* loops_complex(LoopType t, Part q);
}

namespace {

constexpr std::int64_t grain = 1 << 15;     // elements of one thread's piece
constexpr std::int64_t buffer_bytes = 4096;  // of one operand's chunk
constexpr int most_inputs = 5;

struct AllLoops {
  const Loop* of[loop_type_count][4] = {};
  AllLoops() {
    const auto f32 = PH_PICK_ISA(loops_f32), f64 = PH_PICK_ISA(loops_f64);
    const auto integer = PH_PICK_ISA(loops_int);
    for (int q = 0; q < 4; ++q) {
      const auto part = static_cast<Part>(q);
      of[static_cast<int>(LoopType::f32)][q] = f32(part);
      of[static_cast<int>(LoopType::f64)][q] = f64(part);
      of[static_cast<int>(LoopType::c64)][q] = any::loops_complex(LoopType::c64, part);
      of[static_cast<int>(LoopType::c128)][q] = any::loops_complex(LoopType::c128, part);
    }
    for (int t = 0; t <= static_cast<int>(LoopType::i64); ++t) of[t][0] = integer(static_cast<LoopType>(t));
  }
};
const AllLoops& all_loops() {
  static const AllLoops loops;
  return loops;
}

// What a loop wants of one operand, and where that is.
struct Input {
  const char* data;
  const std::int64_t* stride;  // bytes, per dimension
  DType stored, wanted;
  std::int64_t stored_size, wanted_size;
  bool moves;                  // the bits are right as they are
  enum Kind : std::uint8_t { dense, single, periodic, strided } kind;
  std::int64_t period;
};

struct Job {
  Loop loop;
  const double* params;
  int nin;
  Input in[most_inputs];
  char* out;
  DType out_stored, out_made;
  std::int64_t out_stored_size, out_made_size;
  bool out_moves;
  std::int64_t chunk;
  Dims<6> dims;
};

void run_dense(const Job& j, std::int64_t n) {
  parallel_for(n, grain, [&j](std::int64_t begin, std::int64_t end) {
    const void* in[most_inputs];
    for (int k = 0; k < j.nin; ++k) in[k] = j.in[k].data + begin * j.in[k].stored_size;
    j.loop(j.out + begin * j.out_stored_size, in, end - begin, j.params);
  });
}

/// How operand k lies along the dimensions: one dense run, one element, a dense run that repeats, or anything.
void classify(Input& x, const Dims<6>& d, std::int64_t chunk) {
  std::int64_t run = 1;
  int k = 0;
  while (k < d.ndim && x.stride[k] == run * x.stored_size) run *= d.size[k++];
  const bool rest_still = std::all_of(x.stride + k, x.stride + d.ndim, [](std::int64_t s) { return s == 0; });
  x.kind = k == d.ndim ? Input::dense : !rest_still ? Input::strided : k == 0 ? Input::single : run <= chunk ? Input::periodic : Input::strided;
  x.period = run;
}

// Buffers of one thread. 64-byte aligned, left uninitialised.
struct Buffers {
  alignas(64) char in[most_inputs][2 * buffer_bytes];
  alignas(64) char raw[2 * buffer_bytes];
  alignas(64) char out[2 * buffer_bytes];
};

// `n` dense elements at p, as the loop wants them.
const void* converted(const Input& x, const void* p, std::int64_t n, char* buffer) {
  if (x.moves) return p;
  convert(buffer, x.wanted, p, x.stored, n);
  return buffer;
}

const void* gather(const Input& x, const Dims<6>& d, std::int64_t begin, std::int64_t n, char* buffer, char* raw) {
  char* to = x.moves ? buffer : raw;
  pack(to, x.data, d.size, x.stride, d.ndim, begin, n, static_cast<std::size_t>(x.stored_size));
  return converted(x, to, n, buffer);
}

// The first element of x, m times.
void spread(const Input& x, const char* element, std::int64_t m, char* buffer) {
  alignas(16) char one[16];
  convert(one, x.wanted, element, x.stored, 1);
  repeat(buffer, one, m, static_cast<std::size_t>(x.wanted_size));
}

// Chunks of the dims' order, whatever lies where. For operands that repeat a short run the buffer holds the run so often
// that a chunk can start anywhere in the first one.
void run_chunks(const Job& j, std::int64_t begin, std::int64_t end) {
  Buffers b;
  const Dims<6>& d = j.dims;
  for (int k = 0; k < j.nin; ++k) {
    const Input& x = j.in[k];
    if (x.kind == Input::single) spread(x, x.data, std::min(j.chunk, end - begin), b.in[k]);
    if (x.kind == Input::periodic) {
      convert(b.in[k], x.wanted, x.data, x.stored, x.period);
      const std::int64_t whole = std::min(j.chunk, end - begin) + x.period;
      for (std::int64_t have = x.period; have < whole;) {
        const std::int64_t more = std::min(have, whole - have);
        std::memcpy(b.in[k] + have * x.wanted_size, b.in[k], static_cast<std::size_t>(more * x.wanted_size));
        have += more;
      }
    }
  }
  const std::int64_t* out_stride = d.stride[0];
  bool out_dense = true;
  for (std::int64_t k = 0, run = 1; k < d.ndim; run *= d.size[k++]) out_dense &= out_stride[k] == run * j.out_stored_size;

  for (std::int64_t i = begin; i < end; i += j.chunk) {
    const std::int64_t n = std::min(j.chunk, end - i);
    const void* in[most_inputs];
    for (int k = 0; k < j.nin; ++k) {
      const Input& x = j.in[k];
      switch (x.kind) {
        case Input::dense: in[k] = converted(x, x.data + i * x.stored_size, n, b.in[k]); break;
        case Input::single: in[k] = b.in[k]; break;
        case Input::periodic: in[k] = b.in[k] + i % x.period * x.wanted_size; break;
        case Input::strided: in[k] = gather(x, d, i, n, b.in[k], b.raw); break;
      }
    }
    char* place = out_dense ? j.out + i * j.out_stored_size : nullptr;
    char* made = place && j.out_moves ? place : b.out;
    j.loop(made, in, n, j.params);
    if (made == place) continue;
    if (!j.out_moves) {
      char* to = place ? place : b.raw;
      convert(to, j.out_stored, made, j.out_made, n);
      made = to;
    }
    if (!place) unpack(j.out, made, d.size, out_stride, d.ndim, i, n, static_cast<std::size_t>(j.out_stored_size));
  }
}

// Long rows: a piece of a row at a time, so that what is dense along a row is used where it lies.
void run_rows(const Job& j, std::int64_t begin, std::int64_t end) {
  Buffers b;
  const Dims<6>& d = j.dims;
  const std::int64_t length = d.size[0];
  bool direct = d.stride[0][0] == j.out_stored_size && j.out_moves;  // no buffer at all: whole rows at once
  for (int k = 0; k < j.nin; ++k) direct &= j.in[k].moves && j.in[k].stride[0] == j.in[k].stored_size;
  const char* spread_of[most_inputs] = {};
  std::int64_t spread_count[most_inputs] = {};

  std::int64_t at[Dims<6>::most];
  std::int64_t offset[1 + most_inputs] = {};  // of the current row, per operand
  std::int64_t row = begin / length;
  for (int k = 1; k < d.ndim; ++k) {
    at[k] = row % d.size[k];
    row /= d.size[k];
    for (int o = 0; o < d.operands; ++o) offset[o] += at[k] * d.stride[o][k];
  }
  std::int64_t column = begin % length;
  for (std::int64_t i = begin; i < end;) {
    const std::int64_t n = std::min({direct ? length : j.chunk, length - column, end - i});
    const void* in[most_inputs];
    for (int k = 0; k < j.nin; ++k) {
      const Input& x = j.in[k];
      const char* p = x.data + offset[k + 1] + column * x.stride[0];
      if (x.stride[0] == x.stored_size) {
        in[k] = converted(x, p, n, b.in[k]);
      } else if (x.stride[0] == 0) {
        if (spread_of[k] != p || spread_count[k] < n) {
          spread(x, p, n, b.in[k]);
          spread_of[k] = p;
          spread_count[k] = n;
        }
        in[k] = b.in[k];
      } else {
        char* to = x.moves ? b.in[k] : b.raw;
        pack(to, p, &n, x.stride, 1, 0, n, static_cast<std::size_t>(x.stored_size));
        in[k] = converted(x, to, n, b.in[k]);
      }
    }
    char* place = j.out + offset[0] + column * d.stride[0][0];
    const bool dense = d.stride[0][0] == j.out_stored_size;
    char* made = dense && j.out_moves ? place : b.out;
    j.loop(made, in, n, j.params);
    if (made != place) {
      if (!j.out_moves) {
        char* to = dense ? place : b.raw;
        convert(to, j.out_stored, made, j.out_made, n);
        made = to;
      }
      if (!dense) unpack(place, made, &n, d.stride[0], 1, 0, n, static_cast<std::size_t>(j.out_stored_size));
    }
    i += n;
    column += n;
    if (column < length) continue;
    column = 0;
    for (int k = 1; k < d.ndim; ++k) {
      for (int o = 0; o < d.operands; ++o) offset[o] += d.stride[o][k];
      if (++at[k] < d.size[k]) break;
      for (int o = 0; o < d.operands; ++o) offset[o] -= d.size[k] * d.stride[o][k];
      at[k] = 0;
    }
  }
}

/// Whether some integer of x is `bad` (0, or negative): asked before a loop that could not say so.
bool has(const View& x, bool negative) {
  Dims<2> d;
  const View* views[] = {&x};
  collapse(d, views, 1);
  alignas(64) char raw[512 * 8];
  std::int64_t value[512];
  for (std::int64_t i = 0; i < x.numel; i += 512) {
    const std::int64_t n = std::min<std::int64_t>(512, x.numel - i);
    pack(raw, x.data, d.size, d.stride[0], d.ndim, i, n, itemsize(x.dtype));
    convert(value, int64, raw, x.dtype, n);
    bool found = false;
    for (std::int64_t k = 0; k < n; ++k) found |= negative ? value[k] < 0 : value[k] == 0;
    if (found) return true;
  }
  return false;
}

void refuse_bad_integers(const ElementwiseCall& c, const char* name) {
  if (c.row == Row::floor_divide || c.row == Row::remainder || c.row == Row::fmod) {
    if (has(c.in[1], false)) value_error(name, "integer division by zero");
  } else if (c.row == Row::pow && !is_unsigned(c.in[1].dtype) && has(c.in[1], true)) {
    value_error(name, "an integer cannot be raised to a negative power. Convert it to a floating dtype");
  }
}

void elementwise(const ElementwiseCall& c) {
  const std::int64_t n = c.out.numel;
  if (n == 0) return;
  const RowInfo& row = info(c.row);
  const LoopType type = loop_type(c.compute, row.domain);
  const DType wanted = loop_dtypes[static_cast<int>(type)];
  Job j;
  j.loop = all_loops().of[static_cast<int>(type)][static_cast<int>(c.part)][static_cast<int>(c.row)];
  if (type <= LoopType::i64) refuse_bad_integers(c, row.name);
  j.params = c.params;
  j.nin = c.nin;
  // In the value part a condition comes first; in a derivative, which g leads, second.
  const int condition = !row.select ? -1 : c.part == Part::value ? 0 : 1;
  bool dense = c.out.contiguous;
  std::int64_t widest = 1;
  for (int k = 0; k < c.nin; ++k) {
    Input& x = j.in[k];
    x.data = static_cast<const char*>(c.in[k].data);
    x.stored = c.in[k].dtype;
    x.wanted = k == condition ? bool_ : wanted;
    x.stored_size = static_cast<std::int64_t>(itemsize(x.stored));
    x.wanted_size = static_cast<std::int64_t>(itemsize(x.wanted));
    x.moves = same_bits(x.wanted, x.stored);
    dense &= x.moves && c.in[k].contiguous;
    widest = std::max({widest, x.stored_size, x.wanted_size});
  }
  j.out = static_cast<char*>(c.out.data);
  j.out_stored = c.out.dtype;
  j.out_made = row.predicate ? bool_ : wanted;
  j.out_stored_size = static_cast<std::int64_t>(itemsize(j.out_stored));
  j.out_made_size = static_cast<std::int64_t>(itemsize(j.out_made));
  j.out_moves = same_bits(j.out_stored, j.out_made);
  if (dense && j.out_moves) return run_dense(j, n);

  const View* views[1 + most_inputs] = {&c.out};
  for (int k = 0; k < c.nin; ++k) views[k + 1] = &c.in[k];
  collapse(j.dims, views, 1 + c.nin);
  widest = std::max({widest, j.out_stored_size, j.out_made_size});
  j.chunk = buffer_bytes / widest;
  for (int k = 0; k < c.nin; ++k) {
    j.in[k].stride = j.dims.stride[k + 1];
    classify(j.in[k], j.dims, j.chunk);
  }
  const bool rows = j.dims.ndim > 1 && j.dims.size[0] >= 128;
  parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) { rows ? run_rows(j, begin, end) : run_chunks(j, begin, end); });
}

}  // namespace

void fill_elementwise(Kernels& k) {
  k.elementwise = elementwise;
  for (int q = 0; q < 4; ++q) {
    k.dense_loops[0][q] = all_loops().of[static_cast<int>(LoopType::f32)][q];
    k.dense_loops[1][q] = all_loops().of[static_cast<int>(LoopType::f64)][q];
  }
}

}  // namespace ph::cpu
