// The transpose of taking a view: zeros (or a copy) with something written into the view. Behind the rules of view ops.
#pragma once
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph::detail {

/// dst = src for tensors that nobody else sees yet: no checks, nothing recorded.
inline void write(const Tensor& dst, const Tensor& src) { kernels(dst.device()).copy(view_of(dst), view_of(src)); }

/// Fresh, row-major, the values of x; not on the tape.
inline Tensor raw_copy(const Tensor& x) {
  Tensor y = make_tensor(x.shape(), x.dtype(), x.device());
  write(y, x);
  return y;
}

/// Zeros of `shape` with g in `view(zeros)`. `view` must be a public op without overlap; it is this op's own rule.
template <class View>
Tensor placed(const char* name, const Tensor& g, const Shape& shape, View view) {
  Tensor y = zeros(shape, {.dtype = g.dtype(), .device = g.device()});
  write(view(y), g);
  if (recording(g)) record(y, name, {g}, [view](Backward& d) { d[0] = view(d.g()); });
  return y;
}

/// A copy of x with src in `view(copy)`.
template <class View>
Tensor overwritten(const char* name, const Tensor& x, const Tensor& src, View view) {
  Tensor y = raw_copy(x);
  const Tensor target = view(y);
  if (!(target.shape() == src.shape())) value_error(name, "src must have the view's shape; got src=", src.shape(), ", view=", target.shape());
  if (is_complex(src.dtype()) && !is_complex(x.dtype())) type_error(name, "complex values do not fit; got x=", x.dtype(), ", src=", src.dtype());
  write(target, src);
  if (recording(x, src))
    record(y, name, {x, src}, [name, view](Backward& d) {
      if (d.needs(1)) d[1] = view(d.g());
      if (d.needs(0)) d[0] = overwritten(name, d.g(), zeros_like(view(d.g())), view);
    });
  return y;
}

}  // namespace ph::detail
