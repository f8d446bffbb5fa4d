// Reading and combining at index arrays, recorded: what x[...], take, index_add, put and embedding are made of. Not for users.
#pragma once
#include <vector>

#include "playhead/tensor/kernels.h"
#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// `index` as the kernels want it: int64, row-major, on x's device. Throws a type error naming `op` for one that is not of integers.
Tensor as_index(const char* op, const Tensor& x, const Tensor& index);

/// `dim` of x, normalised; x must have one.
int index_dim(const char* op, const Tensor& x, std::int64_t dim);
/// A value to be written into x, 0-d; throws where it does not fit.
Tensor fill_value(const char* op, const Tensor& x, const Tensor& value);
Tensor fill_value(const char* op, const Tensor& x, Scalar value);

/// x with its dims [dim, dim + index.size()) replaced by those of the indices (from as_index, row-major, of one shape).
Tensor take_at(const char* op, const Tensor& x, const std::vector<Tensor>& index, int dim);

/// x with `values`, broadcast to the shape that take_at gives, assigned or added at the indices.
Tensor combined_at(const char* op, const Tensor& x, const std::vector<Tensor>& index, int dim, const Tensor& values, Combine mode);
/// The same in place.
void combine_at(const char* op, Tensor& x, const std::vector<Tensor>& index, int dim, const Tensor& values, Combine mode);

}  // namespace ph::detail
