// What the matrix product kernel is called with.
#pragma once
#include "playhead/tensor/api.h"
#include "playhead/tensor/view.h"

namespace PH_PUBLIC ph {

/// out = alpha * a @ b + beta * c.
/// out is [batch…, m, n], a [batch…, m, k], b [batch…, k, n], all of one number of dims, of one numeric dtype (not bool) and of
/// any strides; broadcast batch dims have stride 0. c is absent, or of out's shape; it may be the same memory as out, element
/// for element. An absent c adds nothing, whatever out held; an empty sum is 0. For integers, which wrap, alpha and beta are 1.
struct MatmulCall {
  View out, a, b, c;
  double alpha = 1, beta = 1;
};

}  // namespace ph
