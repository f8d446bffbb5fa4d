// Layouts of reductions: ordering and merging dimensions, collecting scattered elements.
#include "playhead/tensor/cpu/reduce_layout.h"

#include <algorithm>
#include <cmath>

namespace ph::cpu {

using std::int64_t;

namespace {

/// Bigger means further out.
bool outside(const Dim& a, const Dim& b) {
  if (a.in == 0 || b.in == 0) return a.in == 0 && b.in != 0;
  return a.in > b.in;
}

using CopyLoop = void (*)(void* to, const char* x, const int64_t* where, int64_t n);

/// `where` points to the one step between elements, or to every element's offset.
template <class T, bool Gather> void copy(void* to, const char* x, const int64_t* where, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<T*>(to)[i] = *reinterpret_cast<const T*>(x + (Gather ? where[i] : i * *where));
}
template <bool Gather> CopyLoop copy_loop(int64_t item) {
  switch (item) {
    case 1: return copy<std::uint8_t, Gather>;
    case 2: return copy<std::uint16_t, Gather>;
    case 4: return copy<std::uint32_t, Gather>;
    case 8: return copy<std::uint64_t, Gather>;
    default: return copy<cdouble, Gather>;
  }
}

}  // namespace

void Dims::order_by_memory() {
  if (n_ < 2) return;
  Dim* d = data();
  for (int i = 1; i < n_; ++i)  // insertion sort: few, and mostly in order
    for (int j = i; j > 0 && outside(d[j], d[j - 1]); --j) {
      const Dim t = d[j];
      d[j] = d[j - 1], d[j - 1] = t;
    }
  int kept = 0;
  for (int i = 0; i < n_; ++i) {
    if (kept > 0 && d[kept - 1].in == d[i].in * d[i].size && d[kept - 1].out == d[i].out * d[i].size &&
        d[kept - 1].out2 == d[i].out2 * d[i].size)
      d[kept - 1] = {d[kept - 1].size * d[i].size, d[i].in, d[i].out, d[i].out2};
    else
      d[kept++] = d[i];
  }
  n_ = kept;
}

template <int64_t Dim::*Stride> void Dims::offsets(int64_t flat, int64_t n, int64_t* to) const {
  const Dim last = n_ > 0 ? inner() : Dim{1, 0, 0};
  for (int64_t i = 0; i < n;) {  // a run of the innermost dimension at a time
    const int64_t base = offset<Stride>(flat + i), run = std::min(n - i, last.size - (flat + i) % last.size);
    for (int64_t k = 0; k < run; ++k) to[i + k] = base + k * (last.*Stride);
    i += run;
  }
}
template void Dims::offsets<&Dim::in>(int64_t, int64_t, int64_t*) const;
template void Dims::offsets<&Dim::out>(int64_t, int64_t, int64_t*) const;
template void Dims::offsets<&Dim::out2>(int64_t, int64_t, int64_t*) const;

void add_dims_but(int axis, const View& in, const View& out, const View& out2, Dims& dims) {
  auto stride = [](const View& v, int d) { return absent(v) ? 0 : v.strides[d] * static_cast<int64_t>(itemsize(v.dtype)); };
  for (int d = 0; d < in.ndim; ++d)
    if (d != axis && in.shape[d] != 1) dims.add({in.shape[d], stride(in, d), stride(out, d), stride(out2, d)});
}

void Packer::collect(CopyLoop copy, void* lanes, const char* x, const int64_t* where, int64_t n) const {
  if (!convert) return copy(lanes, x, where, n);
  alignas(64) char raw[16 * pack_lanes];
  copy(raw, x, where, n);
  contiguous(lanes, raw, n);
}

void Packer::strided(void* lanes, const char* x, int64_t stride, int64_t n) const {
  if (stride == item) contiguous(lanes, x, n);
  else collect(copy_loop<false>(item), lanes, x, &stride, n);
}

void Packer::gather(void* lanes, const char* x, const int64_t* offsets, int64_t n) const {
  collect(copy_loop<true>(item), lanes, x, offsets, n);
}

void Packer::contiguous(void* lanes, const void* x, int64_t n) const {
  if (!convert) std::memcpy(lanes, x, static_cast<std::size_t>(n * item));
  else convert(lanes, x, n);
  if (power != 1)
    for (int64_t i = 0; i < n; ++i) static_cast<double*>(lanes)[i] = std::pow(static_cast<double*>(lanes)[i], power);
}

namespace {

template <class From, class To> void store_as(const void* v, int64_t n, char* out, const int64_t* offsets) {
  const From* x = static_cast<const From*>(v);
  auto convert = [](From a) {
    if constexpr (__is_same(To, Half) || __is_same(To, BFloat16)) return To(static_cast<float>(a));
    else if constexpr (__is_same(To, bool)) return a != 0;
    else return static_cast<To>(a);
  };
  if (offsets == nullptr)
    for (int64_t i = 0; i < n; ++i) reinterpret_cast<To*>(out)[i] = convert(x[i]);
  else
    for (int64_t i = 0; i < n; ++i) *reinterpret_cast<To*>(out + offsets[i]) = convert(x[i]);
}
// Two's complement: the sign of the target makes no difference to its bits.
template <class From> void store_integers(const void* v, int64_t n, DType to, char* out, const int64_t* offsets) {
  if (to == DType::boolean) return store_as<From, bool>(v, n, out, offsets);
  switch (itemsize(to)) {
    case 1: return store_as<From, std::uint8_t>(v, n, out, offsets);
    case 2: return store_as<From, std::uint16_t>(v, n, out, offsets);
    case 4: return store_as<From, std::uint32_t>(v, n, out, offsets);
    default: return store_as<From, std::uint64_t>(v, n, out, offsets);
  }
}
template <class From> void store_floats(const void* v, int64_t n, DType to, char* out, const int64_t* offsets) {
  switch (to) {
    case DType::float16: return store_as<From, Half>(v, n, out, offsets);
    case DType::bfloat16: return store_as<From, BFloat16>(v, n, out, offsets);
    case DType::float32: return store_as<From, float>(v, n, out, offsets);
    default: return store_as<From, double>(v, n, out, offsets);
  }
}

}  // namespace

void store_lanes(Lane lane, const void* v, int64_t n, DType to, char* out, const int64_t* offsets) {
  switch (lane) {
    case Lane::u8: return store_integers<std::uint8_t>(v, n, to, out, offsets);
    case Lane::i32: return store_integers<std::int32_t>(v, n, to, out, offsets);
    case Lane::i64: case Lane::u64: return store_integers<std::uint64_t>(v, n, to, out, offsets);
    case Lane::f32: return store_floats<float>(v, n, to, out, offsets);
    case Lane::f64: return store_floats<double>(v, n, to, out, offsets);
    case Lane::c128:
      return to == DType::complex64 ? store_as<cdouble, cfloat>(v, n, out, offsets) : store_as<cdouble, cdouble>(v, n, out, offsets);
  }
}

Lane extremum_lane(DType t) {
  switch (t) {
    case DType::boolean: case DType::uint8: return Lane::u8;
    case DType::int8: case DType::int16: case DType::uint16: case DType::int32: return Lane::i32;
    case DType::uint32: case DType::int64: return Lane::i64;
    case DType::uint64: return Lane::u64;
    case DType::float64: return Lane::f64;
    default: return Lane::f32;
  }
}

Packer packer(DType from, Lane lane, Map map) {
  constexpr int64_t lane_sizes[] = {1, 4, 8, 8, 4, 8, 16};
  constexpr DType lane_types[] = {DType::uint8, DType::int32, DType::int64, DType::uint64, DType::float32, DType::float64, DType::complex128};
  const DType own = lane_types[static_cast<int>(lane)];
  const bool native = map == Map::none && (from == own || (lane == Lane::u64 && from == DType::int64));
  return {static_cast<int64_t>(itemsize(from)), lane_sizes[static_cast<int>(lane)],
          native ? nullptr : PH_PICK_ISA(load_loop)(lane, from, map)};
}

}  // namespace ph::cpu
