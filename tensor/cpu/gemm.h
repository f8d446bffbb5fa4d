// One matrix product of any strides, by the built-in kernels (gemm.isa.cpp, compiled per instruction set) or by a BLAS.
// Batches and dtypes that are computed in another are in matmul.cpp.
#pragma once
#include <cstdint>

#include "playhead/tensor/api.h"
#include "playhead/tensor/complex.h"
#include "playhead/tensor/cpu/isa.h"

namespace ph::cpu {

/// c[m, n] = alpha * a[m, k] @ b[k, n] + beta * add[m, n], strides in elements. `add` may be null (nothing is added), or `c`
/// itself with the same strides; c overlaps nothing else. With `add` null, what c held before is never read.
template <class T, class Real = T>
struct Gemm {
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  std::int64_t a_row = 0, a_col = 0;
  const T* b = nullptr;
  std::int64_t b_row = 0, b_col = 0;
  T* c = nullptr;
  std::int64_t c_row = 0, c_col = 1;
  const T* add = nullptr;
  std::int64_t add_row = 0, add_col = 0;
  Real alpha = 1, beta = 1;

  /// The same product seen from the other side: c^T = b^T @ a^T.
  Gemm transposed() const { return {n, m, k, b, b_col, b_row, a, a_col, a_row, c, c_col, c_row, add, add_col, add_row, alpha, beta}; }
};

using GemmC64 = Gemm<cfloat, float>;
using GemmC128 = Gemm<cdouble, double>;

// Each cuts its work by the shape alone and runs the pieces with parallel_for, so that the terms of an element are always
// added in the same order. Integers wrap.
PH_PER_ISA(void gemm_f32(const Gemm<float>&); void gemm_f64(const Gemm<double>&); void gemm_c64(const GemmC64&);
           void gemm_c128(const GemmC128&); void gemm_u8(const Gemm<std::uint8_t>&); void gemm_u16(const Gemm<std::uint16_t>&);
           void gemm_u32(const Gemm<std::uint32_t>&); void gemm_u64(const Gemm<std::uint64_t>&))

/// c[m, n] (+)= a[m, k] @ b, where row p of b is the n elements from b + offsets[p] on: a convolution's shifted views need no copy.
/// `a` is packed by pack_left, and serves `batch` products in turn. Up to `slack` elements after the end of each row of b are
/// read, and not used. Runs on the calling thread.
template <class T>
struct ShiftedGemm {
  std::int64_t m = 0, n = 0, k = 0;
  const T* a = nullptr;
  const T* b = nullptr;
  const std::int64_t* offsets = nullptr;
  T* c = nullptr;
  std::int64_t c_row = 0;
  bool accumulate = false;
  std::int64_t batch = 1, b_batch = 0, c_batch = 0;

  static constexpr std::int64_t slack = 128 / sizeof(T);
};
// pack_left: `packed` has room for (m + 3) * k elements.
// turn: dst[p * height + i] = src[i * row + p] for i < rows, 0 up to height; p < n.
PH_PER_ISA(
    void shifted_f32(const ShiftedGemm<float>&); void shifted_f64(const ShiftedGemm<double>&);
    void pack_left_f32(float* packed, const float* a, std::int64_t a_row, std::int64_t a_col, std::int64_t m, std::int64_t k);
    void pack_left_f64(double* packed, const double* a, std::int64_t a_row, std::int64_t a_col, std::int64_t m, std::int64_t k);
    void turn_f32(float* dst, std::int64_t height, const float* src, std::int64_t row, std::int64_t rows, std::int64_t n);
    void turn_f64(double* dst, std::int64_t height, const double* src, std::int64_t row, std::int64_t rows, std::int64_t n))

// The same for this machine.
void shifted(const ShiftedGemm<float>& g);
void shifted(const ShiftedGemm<double>& g);
void pack_left(float* packed, const float* a, std::int64_t a_row, std::int64_t a_col, std::int64_t m, std::int64_t k);
void pack_left(double* packed, const double* a, std::int64_t a_row, std::int64_t a_col, std::int64_t m, std::int64_t k);
void turn(float* dst, std::int64_t height, const float* src, std::int64_t row, std::int64_t rows, std::int64_t n);
void turn(double* dst, std::int64_t height, const double* src, std::int64_t row, std::int64_t rows, std::int64_t n);

// The same for whoever needs a product: the best there is for the shape (gemm.cpp).
void gemm(const Gemm<float>& g);
void gemm(const Gemm<double>& g);
void gemm(const GemmC64& g);
void gemm(const GemmC128& g);
void gemm(const Gemm<std::uint8_t>& g);
void gemm(const Gemm<std::uint16_t>& g);
void gemm(const Gemm<std::uint32_t>& g);
void gemm(const Gemm<std::uint64_t>& g);

// The BLAS's side (blas.cpp): false if there is none, or if it cannot take this product; nothing was written then.
bool blas_gemm(const Gemm<float>& g);
bool blas_gemm(const Gemm<double>& g);
bool blas_gemm(const GemmC64& g);
bool blas_gemm(const GemmC128& g);

/// Runs f() where it may call BLAS or LAPACK. An OpenBLAS built without threads hands out its work memory without a lock, so that two
/// threads in it write over each other: there all calls take turns, and f must not wait for another thread.
bool blas_takes_turns();
void take_turn_raw(void (*f)(const void*), const void* context);
template <class F> void take_turn(const F& f) { take_turn_raw([](const void* c) { (*static_cast<const F*>(c))(); }, &f); }

}  // namespace ph::cpu

namespace PH_PUBLIC ph {
namespace cpu {

/// Who computes large floating and complex products. `automatic` is the BLAS where the built-in one has no wide vectors (see
/// blas.cpp). Process-wide; for tests and benchmarks.
enum class Products { automatic, builtin, blas };
void set_products(Products who);
Products products();
/// Whether a BLAS was built in, and the name it gives to the kernels it chose ("" without one).
bool has_blas();
const char* blas_kernels();

}  // namespace cpu
}  // namespace ph
