// Norms, powers and functions of matrices, distances and covariances: what is made of products and factors. All take batches where
// nothing else is said. Factors and solutions are in ops_linalg.h.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "playhead/autograd/ops_matmul.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/tensor/api.h"
#include "playhead/tensor/scalar.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

namespace linalg {

using ph::cross;
using ph::matmul;
using ph::matrix_transpose;
using ph::outer;
using ph::tensordot;
using ph::vecdot;
using ph::vector_norm;

/// The diagonal of the last two dims, as the last dimension; `offset` above (below, if negative) the main one. A view.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t a = -2, std::int64_t b = -1);
/// Sum of the diagonal of the last two dims, which are dropped; `offset` as in diagonal.
Tensor trace(const Tensor& x, std::int64_t offset = 0);

/// Norm of the matrices in two dims: "fro" or "nuc" (sum of singular values); 2 or -2 (largest, smallest singular value); 1 or -1
/// (largest, smallest sum of |column|), inf or -inf (of |row|). Real, also of complex numbers. "nuc", 2 and -2 need LAPACK.
Tensor matrix_norm(const Tensor& x, const std::string& ord = "fro", const Shape& dims = {-2, -1}, bool keepdim = false);
Tensor matrix_norm(const Tensor& x, double ord, const Shape& dims = {-2, -1}, bool keepdim = false);
/// A norm of matrices or vectors: matrix_norm over two dims, vector_norm over one, or without `ord` over any. Without dims: of a vector or a matrix, or without `ord`
/// of x flattened.
Tensor norm(const Tensor& x, const std::string& ord = "", const Shape& dims = {}, bool keepdim = false);
Tensor norm(const Tensor& x, double ord, const Shape& dims = {}, bool keepdim = false);
/// Condition number in a matrix norm, 2 unless given: norm(x) norm(inv(x)), infinite for a singular matrix. Any shape for 2 and -2.
Tensor cond(const Tensor& x);
Tensor cond(const Tensor& x, const std::string& ord);
Tensor cond(const Tensor& x, double ord);

/// x to the power n: x x … x, n times; of the inverse if n is negative. Square, any numeric dtype; needs LAPACK for n < 0 only.
Tensor matrix_power(const Tensor& x, std::int64_t n);
/// e to the matrix x: the sum of x^k / k!, by Taylor's series of x / 2^s and s squarings. Square. Needs no LAPACK.
Tensor matrix_exp(const Tensor& x);
/// Product of two or more matrices in the cheapest order; the first may be a row vector, the last a column vector. No batches.
Tensor multi_dot(const std::vector<Tensor>& xs);
/// [..., n, count] with x^0, x^1, … in its columns. x: [..., n]; count: n unless given.
Tensor vander(const Tensor& x, std::int64_t count = -1);

}  // namespace linalg

using linalg::matrix_exp;
using linalg::matrix_power;

/// beta * c + alpha * the sum of a[i] @ b[i]. a: [k, n, m]; b: [k, m, p]; c broadcasts to [n, p], and is not read when beta is 0.
Tensor addbmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);
/// beta * c + alpha * outer(a, b) for vectors.
Tensor addr(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);

/// Distance of every row of a from every row of b: (sum |a_i - b_j|^p)^(1/p), p >= 0 or inf. a: [..., n, k]; b: [..., m, k]; y: [..., n, m].
/// Real floats. The gradient is 0 where the distance is.
Tensor cdist(const Tensor& a, const Tensor& b, double p = 2);
/// Norm of a - b, which broadcast, as one number.
Tensor dist(const Tensor& a, const Tensor& b, double p = 2);
/// x with each slice along `dim` whose p-norm is above `most` scaled down to it.
Tensor renorm(const Tensor& x, double p, std::int64_t dim, double most);
/// Covariance of the rows of x, whose columns are observations (a vector is one row): [rows, rows] or []. `fweights` (integers) repeat
/// observations, `aweights` weigh them; the sums are divided by the number of observations - correction.
Tensor cov(const Tensor& x, double correction = 1, const Tensor& fweights = {}, const Tensor& aweights = {});
/// Correlation coefficients of the rows of x, whose columns are observations: the covariance divided by the standard deviations.
Tensor corrcoef(const Tensor& x);

}  // namespace ph
