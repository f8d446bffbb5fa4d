// The part of ops_index.h with masks: filling, selecting, scattering, and the coordinates of what is not 0.
#include "playhead/autograd/indexed.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::fill_value;
using detail::raw_copy;

namespace {

void check_mask(const char* op, const Tensor& x, const Tensor& mask) {
  if (!is_bool(mask.dtype())) type_error(op, "the mask must be bool; got dtype=", mask.dtype());
  if (mask.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", mask=", mask.device());
}

void check_fits(const char* op, const Tensor& x, const Tensor& mask) {
  if (!(broadcast_shapes(op, x.shape(), mask.shape()) == x.shape()))
    value_error(op, "the mask must broadcast to x's shape; got x=", x.shape(), ", mask=", mask.shape());
}

template <class Value>
Tensor masked_filled(const char* op, const Tensor& x, const Tensor& mask, const Value& value) {
  check_mask(op, x, mask);
  return where(mask, fill_value(op, x, value).to(x.dtype()), x);
}

template <class Value>
Tensor& masked_fill_with(Tensor& x, const Tensor& mask, const Value& value) {
  check_mask("masked_fill_", x, mask);
  check_fits("masked_fill_", x, mask);
  const Tensor v = fill_value("masked_fill_", x, value);
  const bool recorded = recording(x, v);
  check_inplace("masked_fill_", x, recorded);
  Tensor target = detail::make_alias(x);
  {
    const no_grad guard;
    where_out(target, mask, v.detach().to(x.dtype()), target);
  }
  Tensor y;
  if (recorded) {
    y = detail::make_alias(x);
    record(y, "masked_fill_", {x, v}, [mask = Saved(mask)](Backward& d) {
      const Tensor m = mask(d);
      if (d.needs(0)) d[0] = where(m, 0, d.g());
      if (d.needs(1)) d[1] = where(m, d.g(), 0);
    });
  }
  finish_inplace(x, y);
  return x;
}

Tensor row_major(const Tensor& x, const Shape& shape) { return expand(x.detach(), shape).contiguous(); }

// Writes source's first elements into the set elements of y, which is fresh and row-major; x is what y is a copy of.
Tensor masked_scattered(Tensor y, const Tensor& x, const Tensor& mask, const Tensor& source) {
  kernels(y.device()).masked_put(view_of(y), view_of(mask), view_of(row_major(source, source.shape()).to(y.dtype())));
  if (recording(x, source))
    record(y, "masked_scatter", {x, source}, [mask = Saved(mask)](Backward& d) {
      const Tensor m = mask(d);
      if (d.needs(0)) d[0] = where(m, 0, d.g());
      if (!d.needs(1)) return;
      const Tensor g = masked_select(d.g(), m);
      const Shape& shape = d.input_shape(1);
      d[1] = reshape(pad(g, {0, numel(shape) - g.numel()}), shape);
    });
  return y;
}

}  // namespace

Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) { return masked_filled("masked_fill", x, mask, value); }
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) { return masked_filled("masked_fill", x, mask, value); }
Tensor& masked_fill_(Tensor& x, const Tensor& mask, Scalar value) { return masked_fill_with(x, mask, value); }
Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Tensor& value) { return masked_fill_with(x, mask, value); }

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_mask("masked_select", x, mask);
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  checked_numel("masked_select", shape, x.itemsize());
  const Tensor source = row_major(x, shape), at = row_major(mask, shape);
  const Kernels& k = kernels(x.device());
  Tensor y = detail::make_tensor({k.count(view_of(at))}, x.dtype(), x.device());
  k.masked_get(view_of(y), view_of(source), view_of(at));
  if (recording(x))
    record(y, "masked_select", {x}, [mask = Saved(at)](Backward& d) {
      const Tensor m = mask(d);
      d[0] = masked_scattered(zeros(m.shape(), {.dtype = d.g().dtype(), .device = d.g().device()}), {}, m, d.g());
    });
  return y;
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) {
  const char* op = "masked_scatter";
  check_mask(op, x, mask);
  if (!can_promote(x.dtype(), source.dtype()) || promote(x.dtype(), source.dtype()) != x.dtype())
    type_error(op, "source must fit x's dtype; got x=", x.dtype(), ", source=", source.dtype());
  if (source.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", source=", source.device());
  const Shape shape = broadcast_shapes(op, x.shape(), mask.shape());
  checked_numel(op, shape, x.itemsize());
  const Tensor at = row_major(mask, shape);
  const std::int64_t n = kernels(x.device()).count(view_of(at));
  if (source.numel() < n) value_error(op, "source must have an element for each that is set; got source=", source.shape(), " for ", n);
  const Tensor wide = expand(x, shape);
  return masked_scattered(raw_copy(wide), wide, at, source);
}

Tensor& masked_scatter_(Tensor& x, const Tensor& mask, const Tensor& source) {
  check_fits("masked_scatter_", x, mask);
  return x.copy_(masked_scatter(x, mask, source));
}

namespace {
// int64 [dims, count]: the coordinates of what is not 0.
Tensor coordinates(const Tensor& x) {
  const Tensor mask = x.detach().to(bool_).contiguous();
  const Kernels& k = kernels(mask.device());
  Tensor out = detail::make_tensor({mask.ndim(), k.count(view_of(mask))}, int64, mask.device());
  k.nonzero(view_of(out), view_of(mask));
  return out;
}
}  // namespace

std::vector<Tensor> nonzero(const Tensor& x) {
  if (x.ndim() == 0) value_error("nonzero", "needs at least one dimension; got shape=[]. Use atleast_1d");
  return unbind(coordinates(x), 0);
}

Tensor argwhere(const Tensor& x) { return transpose(coordinates(x), 0, 1); }

}  // namespace ph
