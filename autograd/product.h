// The matrix product without a tape: what matmul, linear and their rules are made of.
#pragma once
#include "playhead/tensor/tensor.h"

namespace ph::detail {

/// How the operands of a product are read.
struct ProductOptions {
  bool transpose_a = false, transpose_b = false;  // the last two dims swapped; nothing for a vector
  const Tensor* add = nullptr;                    // y = alpha * a @ b + beta * add, which broadcasts to y
  double alpha = 1, beta = 1;
};

/// a @ b by matmul's rules of shapes, which are checked; operands of one numeric dtype on one device. Not recorded.
Tensor product(const char* op, const Tensor& a, const Tensor& b, const ProductOptions& options = {});

}  // namespace ph::detail
