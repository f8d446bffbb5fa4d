// What reductions know of layouts: lists of dimensions in the order of memory, and elements brought together as lanes.
#pragma once
#include <cstdint>
#include <cstring>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/cpu/reduce_loops.h"
#include "playhead/tensor/view.h"

namespace ph::cpu {

/// Scratch memory from the caching allocator.
class Scratch {
 public:
  explicit Scratch(std::int64_t bytes) : bytes_(static_cast<std::size_t>(bytes)), p_(bytes > 0 ? allocate(bytes_) : nullptr) {}
  ~Scratch() { if (p_) deallocate(p_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  char* bytes() const { return static_cast<char*>(p_); }
  template <class T> T* as() const { return static_cast<T*>(p_); }

 private:
  std::size_t bytes_;
  void* p_;
};

/// One dimension; strides in bytes. `out2` is for kernels with two outputs.
struct Dim {
  std::int64_t size, in, out, out2 = 0;
};

/// Dimensions, outermost first.
class Dims {
 public:
  explicit Dims(int capacity) : heap_(capacity > inside_dims ? new Dim[static_cast<std::size_t>(capacity)] : nullptr) {}
  ~Dims() { delete[] heap_; }
  Dims(const Dims&) = delete;
  Dims& operator=(const Dims&) = delete;

  int count() const { return n_; }
  Dim* data() { return heap_ ? heap_ : inside_; }
  const Dim* data() const { return heap_ ? heap_ : inside_; }
  Dim& operator[](int i) { return data()[i]; }
  const Dim& operator[](int i) const { return data()[i]; }
  const Dim& inner() const { return data()[n_ - 1]; }
  void add(Dim d) { data()[n_++] = d; }
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (int i = 0; i < n_; ++i) n *= data()[i].size;
    return n;
  }
  /// Largest step in `in` first (repeated elements, of stride 0, outermost), neighbours that make one dimension merged.
  void order_by_memory();
  /// Where element number `flat` (row-major over these dimensions) is, in bytes: `offset<&Dim::in>(flat)`.
  template <std::int64_t Dim::*Stride> std::int64_t offset(std::int64_t flat) const {
    std::int64_t sum = 0;
    for (int i = n_ - 1; i >= 0; flat /= data()[i].size, --i) sum += flat % data()[i].size * (data()[i].*Stride);
    return sum;
  }
  /// The same for `n` elements from `flat` on.
  template <std::int64_t Dim::*Stride> void offsets(std::int64_t flat, std::int64_t n, std::int64_t* to) const;

 private:
  static constexpr int inside_dims = 8;
  int n_ = 0;
  Dim* heap_;
  Dim inside_[inside_dims];
};

/// How elements become lanes.
struct Packer {
  std::int64_t item = 0;       ///< bytes of an element
  std::int64_t lane = 0;       ///< bytes of a lane
  LoadLoop convert = nullptr;  ///< null: an element is a lane
  double power = 1;            ///< then |x| is raised to it (lanes are doubles)

  bool is_native() const { return convert == nullptr; }
  void contiguous(void* lanes, const void* x, std::int64_t n) const;
  /// At most `pack_lanes` elements at a time.
  void strided(void* lanes, const char* x, std::int64_t stride, std::int64_t n) const;
  void gather(void* lanes, const char* x, const std::int64_t* offsets, std::int64_t n) const;

 private:
  using CopyLoop = void (*)(void* to, const char* x, const std::int64_t* where, std::int64_t n);
  void collect(CopyLoop copy, void* lanes, const char* x, const std::int64_t* where, std::int64_t n) const;
};
inline constexpr std::int64_t pack_lanes = 1024;

/// Stores accumulators or lanes: out[i] at `offsets[i]` bytes, or side by side if that is null. Integers go to integers, floats to floats, c128 to complex.
void store_lanes(Lane lane, const void* v, std::int64_t n, DType to, char* out, const std::int64_t* offsets);

/// The dimensions of `in` but `axis`, and where they are in up to two outputs (either may be absent).
void add_dims_but(int axis, const View& in, const View& out, const View& out2, Dims& dims);

/// The lane type whose minimum and maximum are those of `t`. Bool is to be loaded with Map::nonzero.
Lane extremum_lane(DType t);
/// A packer of `from` into `lane`; native where the bits are the same already.
Packer packer(DType from, Lane lane, Map map = Map::none);

}  // namespace ph::cpu
