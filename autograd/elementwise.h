// How a row of the elementwise table becomes an op: promotion, broadcasting, the tape. Internal; the ops themselves are
// declared in ops_elementwise.h.
#pragma once
#include "playhead/tensor/elementwise.h"
#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// A row and what it is applied to: tensors, one of which may be a number instead.
struct RowCall {
  Row row;
  int n = 1;
  const Tensor* tensors[3] = {};
  int scalar_at = -1;
  Scalar scalar = {};
  double params[2] = {0, 0};
};
Tensor apply(const RowCall& c);
Tensor& apply_out(const char* op, Tensor& out, const RowCall& c);
Tensor& apply_inplace(const char* op, Tensor& x, const RowCall& c);

// The same, quick for small dense tensors of one float dtype.
Tensor unary(Row row, const Tensor& x, double p0 = 0, double p1 = 0);
Tensor binary(Row row, const Tensor& a, const Tensor& b);
Tensor binary(Row row, const Tensor& a, Scalar b);
Tensor binary(Row row, Scalar a, const Tensor& b);
Tensor& binary_inplace(Row row, const char* op, Tensor& a, const Tensor& b);

/// g times the derivative of a row, in differentiable ops. `abcy`: operands and output, undefined where not saved.
Tensor row_gradient(Row row, Part part, const Tensor& g, const Tensor* abcy, const double* params);
/// abs, sign, angle and conj of complex numbers, which have no complex derivative.
Tensor complex_row(Row row, const Tensor& x);

}  // namespace ph::detail
