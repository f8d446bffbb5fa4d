// The part of ops_index.h with an index for each element: gather, and what writes or reduces where an index says.
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

using detail::as_index;
using detail::fill_value;
using detail::index_dim;
using detail::raw_copy;
using detail::write;

// --- an index for each element -----------------------------------------------------------------------------------------

namespace {

void check_index_shape(const char* op, const Tensor& x, const Tensor& index, int dim) {
  bool good = index.ndim() == x.ndim();
  for (int d = 0; d < x.ndim() && good; ++d) good = d == dim || index.shape()[d] <= x.shape()[d];
  if (!good) value_error(op, "index must have x's rank and lie within x but for dimension ", dim, "; got x=", x.shape(), ", index=", index.shape());
}

// src cut down to index's shape.
Tensor corner(const char* op, const Tensor& x, const Tensor& index, Tensor src) {
  if (src.device() != x.device()) runtime_error(op, "devices must match; got x=", x.device(), ", src=", src.device());
  if (!can_promote(x.dtype(), src.dtype()) || promote(x.dtype(), src.dtype()) != x.dtype())
    type_error(op, "src must fit x's dtype; got x=", x.dtype(), ", src=", src.dtype());
  bool good = src.ndim() == index.ndim();
  for (int d = 0; d < index.ndim() && good; ++d) good = index.shape()[d] <= src.shape()[d];
  if (!good) value_error(op, "src must have index's rank and at least its sizes; got index=", index.shape(), ", src=", src.shape());
  for (int d = 0; d < index.ndim(); ++d)
    if (index.shape()[d] != src.shape()[d]) src = narrow(src, d, 0, index.shape()[d]);
  return src.to(x.dtype());
}

Tensor scattered(const char* op, Tensor y, const Tensor& x, int dim, const Tensor& index, const Tensor& src, Combine mode);

// Which entries of the index name their target last.
Tensor last_writers(const Shape& shape, int dim, const Tensor& index) {
  const Tensor id = reshape(arange(index.numel(), {.device = index.device()}), index.shape());
  const Tensor owner = empty(shape, {.dtype = int64, .device = index.device()});
  kernels(index.device()).scatter("scatter", view_of(owner), view_of(index), view_of(id), dim, Combine::assign, true);
  return equal(gather(owner, dim, index), id);
}

void record_scatter(Tensor& y, const char* op, const Tensor& x, int dim, const Tensor& index, const Tensor& src, Combine mode) {
  record(y, op, {x, src}, [dim, index = Saved(index), mode, shape = y.shape()](Backward& d) {
    const Tensor at = index(d);
    if (d.needs(0)) d[0] = mode == Combine::add ? d.g() : scatter(d.g(), dim, at, 0);
    if (!d.needs(1)) return;
    const Tensor g = gather(d.g(), dim, at);
    d[1] = mode == Combine::add ? g : where(last_writers(shape, dim, at), g, 0);
  });
}

// y (op)= src at the index, for assign and add; sums of 16-bit floats are rounded once.
void scatter_into(const char* op, const Tensor& y, int dim, const Tensor& index, const Tensor& src, Combine mode, bool fresh) {
  const Kernels& k = kernels(y.device());
  if (mode == Combine::add && (y.dtype() == float16 || y.dtype() == bfloat16)) {
    const Tensor wide = y.detach().to(float32), values = src.detach().to(float32);
    k.scatter(op, view_of(wide), view_of(index), view_of(values), dim, mode, true);
    write(y, wide);
  } else {
    k.scatter(op, view_of(y), view_of(index), view_of(src), dim, mode, fresh);
  }
}

// Writes into y, which is fresh; x is what y is a copy of, or undefined. `src` has index's shape and y's dtype.
Tensor scattered(const char* op, Tensor y, const Tensor& x, int dim, const Tensor& index, const Tensor& src, Combine mode) {
  scatter_into(op, y, dim, index, src, mode, true);
  if (recording(x, src)) record_scatter(y, op, x, dim, index, src, mode);
  return y;
}

Tensor scatter_out(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Combine mode) {
  const int k = index_dim(op, x, dim);
  check_index_shape(op, x, index, k);
  const Tensor values = corner(op, x, index, src), at = as_index(op, x, index);
  return scattered(op, raw_copy(x), x, k, at, values, mode);
}

Tensor& scatter_inplace(const char* op, Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Combine mode) {
  const int k = index_dim(op, x, dim);
  check_index_shape(op, x, index, k);
  const Tensor values = corner(op, x, index, src);
  Tensor at = as_index(op, x, index);
  const bool recorded = recording(x, values);
  check_inplace(op, x, recorded);
  if (at.shares_storage(x)) at = raw_copy(at);
  scatter_into(op, x, k, at, values.shares_storage(x) ? raw_copy(values) : values, mode, false);
  Tensor y;
  if (recorded) {
    y = detail::make_alias(x);
    record_scatter(y, op, x, k, at, values, mode);
  }
  finish_inplace(x, y);
  return x;
}

Tensor value_for(const char* op, const Tensor& x, const Tensor& index, Scalar value) { return expand(fill_value(op, x, value), index.shape()); }

}  // namespace

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const int k = index_dim("gather", x, dim);
  check_index_shape("gather", x, index, k);
  const Tensor at = as_index("gather", x, index);
  checked_numel("gather", at.shape(), x.itemsize());
  Tensor y = detail::make_tensor(at.shape(), x.dtype(), x.device());
  kernels(x.device()).gather("gather", view_of(y), view_of(x), view_of(at), k);
  if (recording(x))
    record(y, "gather", {x}, [k, index = Saved(at)](Backward& d) {
      d[0] = scattered("scatter_add", zeros(d.input_shape(0), {.dtype = d.g().dtype(), .device = d.g().device()}), {}, k, index(d), d.g(), Combine::add);
    });
  return y;
}

Tensor take_along_dim(const Tensor& x, const Tensor& index, std::int64_t dim) {
  const int k = index_dim("take_along_dim", x, dim);
  if (index.ndim() != x.ndim()) value_error("take_along_dim", "index must have x's rank; got x=", x.shape(), ", index=", index.shape());
  Shape xs = x.shape(), is = index.shape();
  xs[k] = is[k] = 1;
  Shape common = broadcast_shapes("take_along_dim", xs, is);
  common[k] = x.shape()[k];
  const Tensor wide = expand(x, common);
  common[k] = index.shape()[k];
  return gather(wide, k, expand(index, common));
}

Tensor take_along_dim(const Tensor& x, const Tensor& index) { return gather(ravel(x), 0, ravel(index)); }

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src) { return scatter_out("scatter", x, dim, index, src, Combine::assign); }
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  return scatter_out("scatter", x, dim, index, value_for("scatter", x, index, value), Combine::assign);
}
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src) { return scatter_out("scatter_add", x, dim, index, src, Combine::add); }
Tensor& scatter_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src) { return scatter_inplace("scatter_", x, dim, index, src, Combine::assign); }
Tensor& scatter_(Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  return scatter_inplace("scatter_", x, dim, index, value_for("scatter_", x, index, value), Combine::assign);
}
Tensor& scatter_add_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src) { return scatter_inplace("scatter_add_", x, dim, index, src, Combine::add); }

// --- scatter_reduce ------------------------------------------------------------------------------------------------------

namespace {

// x, and src at the index, reduced by an order: the gradient goes to whatever is equal to the result, in equal shares.
Tensor scatter_extreme(const char* op, const Tensor& x, int dim, const Tensor& index, const Tensor& src, bool largest) {
  Tensor y = raw_copy(x);
  kernels(x.device()).scatter(op, view_of(y), view_of(index), view_of(src), dim, largest ? Combine::maximum : Combine::minimum, true);
  if (recording(x, src))
    record(y, op, {x, src}, [x = Saved(x), src = Saved(src), index = Saved(index), y = Saved::output(y), dim](Backward& d) {
      const Tensor at = index(d), result = y(d).detach(), g = d.g();
      const Tensor in_x = equal(x(d).detach(), result), in_src = equal(src(d).detach(), gather(result, dim, at));
      const Tensor shares = scatter_add(in_x.to(g.dtype()), dim, at, in_src.to(g.dtype()));
      const Tensor share = div(g, where(equal(shares, 0), 1, shares));
      if (d.needs(0)) d[0] = where(in_x, share, 0);
      if (d.needs(1)) d[1] = where(in_src, gather(share, dim, at), 0);
    });
  return y;
}

bool has_zero(const Tensor& x) {
  const Tensor mask = equal(x.detach(), 0);
  return kernels(mask.device()).count(view_of(mask)) > 0;
}

// For each entry of src, the product of the others with its target. Quadratic along dim, but exact where some are 0.
Tensor other_factors(const Tensor& src, int dim, const Tensor& index, std::int64_t size) {
  const Tensor target = movedim(where(less(index, 0), add(index, size), index), dim, -1);
  const std::int64_t n = src.shape()[dim];
  const Tensor meets = logical_and(equal(unsqueeze(target, -1), unsqueeze(target, -2)), logical_not(eye(n, n, 0, {.dtype = bool_, .device = src.device()})));
  return movedim(prod(where(meets, unsqueeze(movedim(src, dim, -1), -2), 1), {-1}), -1, dim);
}

Tensor scatter_product(const char* op, const Tensor& x, int dim, const Tensor& index, const Tensor& src) {
  Tensor y = raw_copy(x);
  kernels(x.device()).scatter(op, view_of(y), view_of(index), view_of(src), dim, Combine::multiply, true);
  if (recording(x, src))
    record(y, op, {x, src}, [x = Saved(x), src = Saved(src), index = Saved(index), y = Saved::output(y), dim](Backward& d) {
      const Tensor at = index(d), a = x(d), b = src(d), g = d.g();
      if (!has_zero(a) && !has_zero(b)) {
        const Tensor gy = mul(g, conj(y(d)));
        if (d.needs(0)) d[0] = div(gy, conj(a));
        if (d.needs(1)) d[1] = div(gather(gy, dim, at), conj(b));
      } else {
        if (d.needs(0)) d[0] = mul(g, conj(scatter_product("scatter_reduce", ones_like(a), dim, at, b)));
        if (d.needs(1)) d[1] = mul(gather(mul(g, conj(a)), dim, at), conj(other_factors(b, dim, at, a.shape()[dim])));
      }
    });
  return y;
}

// The value that leaves any other as it is.
Scalar least(DType t, bool largest) {
  if (is_floating(t)) return largest ? -inf : inf;
  if (is_bool(t)) return !largest;
  return largest ? Scalar(iinfo(t).min) : Scalar(iinfo(t).max);
}

Tensor scatter_reduced(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self) {
  const int k = index_dim(op, x, dim);
  check_index_shape(op, x, index, k);
  const Tensor values = corner(op, x, index, src), at = as_index(op, x, index);
  const auto start = [&](Scalar neutral) { return include_self ? x : scatter_out(op, x, k, at, value_for(op, x, at, neutral), Combine::assign); };
  const auto added = [&](const Tensor& to, const Tensor& what) { return scatter_out(op, to, k, at, what, Combine::add); };
  switch (reduce) {
    case Reduce::sum: return added(start(0), values);
    case Reduce::prod: return scatter_product(op, start(1), k, at, values);
    case Reduce::amax:
    case Reduce::amin:
      if (is_complex(x.dtype())) type_error(op, "complex numbers have no order; got x=", x.dtype());
      return scatter_extreme(op, start(least(x.dtype(), reduce == Reduce::amax)), k, at, values, reduce == Reduce::amax);
    default: {
      if (is_bool(x.dtype())) type_error(op, "bools have no mean; got x=", x.dtype());
      const TensorOptions like{.dtype = x.dtype(), .device = x.device()};
      Tensor count = ones(x.shape(), like);
      if (!include_self) count = scatter(count, k, at, 0);
      count = added(count, ones(at.shape(), like));
      const Tensor total = added(start(0), values);
      return is_integer(x.dtype()) ? floor_divide(total, count) : div(total, count);
    }
  }
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self) {
  return scatter_reduced("scatter_reduce", x, dim, index, src, reduce, include_self);
}

Tensor& scatter_reduce_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self) {
  // The rule may need x as it was.
  return x.copy_(scatter_reduce(recording(x, src) ? x.clone() : x, dim, index, src, reduce, include_self));
}

// --- index_reduce --------------------------------------------------------------------------------------------------------

namespace {
// The index of each slice as one for each element.
Tensor index_of_slices(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const int k = index_dim(op, x, dim);
  if (index.ndim() > 1) value_error(op, "the index must have one dimension; got index=", index.shape());
  Shape want = x.shape(), along = Shape::filled(x.ndim(), 1);
  want[k] = along[k] = index.numel();
  if (!(source.shape() == want)) value_error(op, "source must have x's shape with one slice per index; got source=", source.shape(), ", expected ", want);
  return expand(reshape(index, along), want);
}
}  // namespace

Tensor index_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Reduce reduce, bool include_self) {
  return scatter_reduced("index_reduce", x, dim, index_of_slices("index_reduce", x, dim, index, source), source, reduce, include_self);
}
Tensor& index_reduce_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Reduce reduce, bool include_self) {
  // The rule may need x as it was.
  return x.copy_(index_reduce(recording(x, source) ? x.clone() : x, dim, index, source, reduce, include_self));
}

}  // namespace ph
