// What the ops of ops_nn.h share: checks, and operands as their kernels want them. Not for users.
#pragma once
#include "playhead/autograd/placed.h"
#include "playhead/tensor/error.h"

namespace ph::detail {

inline void check_floating(const char* op, const char* name, const Tensor& x) {
  if (!is_floating(x.dtype())) type_error(op, name, " must be floating; got dtype=", x.dtype());
}
inline void check_device(const char* op, const Tensor& x, const char* name, const Tensor& other) {
  if (other.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", ", name, "=", other.device());
}
inline bool is_half(DType t) { return t == float16 || t == bfloat16; }
/// What floats are computed in.
inline DType compute_dtype(DType t) { return t == float64 ? float64 : float32; }

/// x's values, row-major; off the tape.
inline Tensor dense(const Tensor& x) { return x.is_contiguous() ? x : raw_copy(x); }
/// A view that is absent if x is undefined.
inline View maybe_view(const Tensor& x) { return x.defined() ? view_of(x) : View(); }
/// y; with `inplace`, x with y's values.
inline Tensor written(const Tensor& x, const Tensor& y, bool inplace) { return inplace && !y.is_same(x) ? Tensor(x).copy_(y) : y; }
inline Tensor read(const Saved& s, const Backward& d) { return s.defined() ? s(d) : Tensor(); }
/// Softmax over the last dim of masked attention scores: rows that see nothing (-inf everywhere) are 0. In ops_attention.cpp.
Tensor softmax_of_seen(const Tensor& scores);

}  // namespace ph::detail
