// The innermost loops behind index arrays, gather and scatter: chosen by dtype, called on stretches of offsets or rows of indices.
#pragma once
#include <cstdint>

#include "playhead/tensor/dtype.h"
#include "playhead/tensor/kernels.h"

namespace ph::cpu {

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

/// Where bytes only move there is one loop per element size, where they are combined one per dtype.
Moves moves_for(DType t);
Loops loops_for(DType t, Combine mode);

inline std::int64_t wrapped(std::int64_t i, std::int64_t size) { return i < 0 ? i + size : i; }

}  // namespace ph::cpu
