// Products of vectors, matrices and their batches. Convolutions are in ops_conv.h, the product of elements in ops_elementwise.h.
#pragma once
#include <string>
#include <vector>

#include "playhead/tensor/api.h"
#include "playhead/tensor/scalar.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

// All take tensors of any two dtypes that promote; products of integers wrap, those of bools are bool (or of ands). float16 and
// bfloat16 are summed in float32. An empty sum is 0. Shapes that do not fit are a value error.

/// Matrix product with NumPy's rules: the last two dims of each are matrices, the dims before broadcast.
/// A one-dimensional operand is a row on the left, a column on the right, and its dim is dropped from the result.
/// a: [..., m, k] or [k]; b: [..., k, n] or [k]; y: [..., m, n] less what was dropped.
Tensor matmul(const Tensor& a, const Tensor& b);
/// Product of two matrices. a: [m, k]; b: [k, n]; y: [m, n].
Tensor mm(const Tensor& a, const Tensor& b);
/// Products of two batches of matrices. a: [batch, m, k]; b: [batch, k, n]; y: [batch, m, n].
Tensor bmm(const Tensor& a, const Tensor& b);
/// Product of a matrix and a vector. a: [m, k]; b: [k]; y: [m].
Tensor mv(const Tensor& a, const Tensor& b);
/// Sum of products of two vectors, as one number. a, b: [n].
Tensor dot(const Tensor& a, const Tensor& b);
/// Sum of conj(a) * b over all elements, which must be as many in both.
Tensor vdot(const Tensor& a, const Tensor& b);
/// Sum of conj(a) * b along `axis`; the other dims broadcast.
Tensor vecdot(const Tensor& a, const Tensor& b, std::int64_t axis = -1);
/// Sum of products over the last dim of both; y: a's other dims, then b's.
Tensor inner(const Tensor& a, const Tensor& b);
/// Every element of a times every element of b, both flattened. y: [a's, b's].
Tensor outer(const Tensor& a, const Tensor& b);
/// Sum of products over the last `axes` dims of a and the first of b, or over the given dims in pairs. y: a's other dims, then b's.
Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t axes = 2);
Tensor tensordot(const Tensor& a, const Tensor& b, const Shape& axes_a, const Shape& axes_b);
/// Products of every element of a with the whole of b, as blocks: the size of each dim is the product of the two.
Tensor kron(const Tensor& a, const Tensor& b);
/// Vector product along `dim`, which has 3 entries in both; the other dims broadcast.
Tensor cross(const Tensor& a, const Tensor& b, std::int64_t dim = -1);
/// Sum of the diagonal of two dims, by default the first two, which are dropped; `offset` as in diagonal.
Tensor trace(const Tensor& x, std::int64_t offset = 0, std::int64_t a = 0, std::int64_t b = 1);

/// beta * c + alpha * a @ b for two matrices, in one pass. c broadcasts to the product's shape, and is not read when beta is 0.
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);
/// beta * c + alpha * a @ b for two batches of matrices. c broadcasts to the product's shape, and is not read when beta is 0.
Tensor baddbmm(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);
/// beta * c + alpha * a @ b for a matrix and a vector. c broadcasts to the product's shape, and is not read when beta is 0.
Tensor addmv(const Tensor& c, const Tensor& a, const Tensor& b, Scalar beta = 1, Scalar alpha = 1);
/// x weight^T + bias. x: [..., in] or [in]; weight: [out, in]; bias: [out], or undefined for none; y: [..., out].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// Sum of products by Einstein's convention: "ij,jk->ik". Letters name dims; one that is repeated in an operand takes its diagonal;
/// those not after "->" are summed over. Without "->" the result has the letters that occur once, in alphabetical order.
/// "..." stands for dims that broadcast. Operands are multiplied pair by pair, the cheapest pair first.
Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands);

}  // namespace ph
