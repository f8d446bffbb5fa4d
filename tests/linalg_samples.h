// What the tests of linear algebra share: matrices of each kind and dtype, comparisons, and the skip where LAPACK is left out.
#pragma once
#include "harness.h"
#include "playhead/tensor/cpu/gemm.h"

namespace test {

/// In a build without LAPACK a test ends here.
#define NEEDS_LAPACK \
  if (!ph::cpu::has_blas()) return

inline const std::vector<ph::DType> lapack_dtypes{ph::float32, ph::float64, ph::complex64, ph::complex128};
inline double precision(ph::DType t) { return ph::itemsize(ph::real_dtype(t)) == 4 ? 2e-5 : 1e-12; }

/// No symmetry, of any dtype; complex numbers have both parts.
inline Tensor matrix(const Shape& shape, ph::DType dtype = ph::float64, std::uint64_t salt = 1) {
  const Tensor re = sample(shape, ph::float64, -2, 2, salt);
  return is_complex(dtype) ? ph::complex(re, sample(shape, ph::float64, -2, 2, salt + 100)).to(dtype) : re.to(dtype);
}
inline Tensor leaf_matrix(const Shape& shape, ph::DType dtype = ph::float64, std::uint64_t salt = 1) { return matrix(shape, dtype, salt).requires_grad_(); }
/// Square, and far from singular.
inline Tensor regular(const Shape& shape, ph::DType dtype = ph::float64, std::uint64_t salt = 1) {
  return matrix(shape, dtype, salt) + ph::eye(shape.back(), -1, 0, {.dtype = dtype}) * 3;
}
/// Of x, any matrix: Hermitian; with eigenvalues of 1 at least. Functions of symmetric matrices are differentiated through these.
inline Tensor hermitian(const Tensor& x) { return (x + x.mH()) * 0.5; }
inline Tensor spd(const Tensor& x) { return ph::matmul(x, x.mH()) + ph::eye(x.size(-1), -1, 0, {.dtype = x.dtype()}); }

/// Same shape, and no element further apart than tol beside the largest one.
inline bool near(const Tensor& a_, const Tensor& b_, double tol) {
  if (!(a_.shape() == b_.shape())) return false;
  if (a_.numel() == 0) return true;
  const Tensor a = a_.detach(), b = b_.detach();
  const double most = ph::max(ph::abs(a - b)).to(ph::float64).item<double>(), scale = ph::max(ph::abs(b)).to(ph::float64).item<double>();
  return most <= tol * (1 + scale);
}
inline bool near(const Tensor& a, const Tensor& b) { return near(a, b, precision(a.dtype())); }

inline Tensor identity(const Tensor& like, std::int64_t n) {
  Shape shape(like.shape().data(), like.ndim() - 2);
  shape.push_back(n), shape.push_back(n);
  return ph::eye(n, -1, 0, {.dtype = like.dtype()}).expand(shape);
}

/// First and second derivatives.
template <class F> void check_derivatives(const F& f, const std::vector<Tensor>& inputs) {
  CHECK(ph::gradcheck(f, inputs));
  CHECK(ph::gradgradcheck(f, inputs));
}

}  // namespace test
