// Indexing along a dim, by flat position, and by mask. NumPy's brackets are in brackets.cpp.
#include "playhead/autograd/ops_index.h"

#include "playhead/autograd/indexed.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_reduce.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/kernels.h"

namespace ph {

using detail::as_index;
using detail::raw_copy;
using detail::write;

namespace {

Tensor scalar_like(const Tensor& x, Scalar value) { return full({}, value, {.dtype = x.dtype(), .device = x.device()}); }

int dim_of(const char* op, const Tensor& x, std::int64_t dim) {
  if (x.ndim() == 0) value_error(op, "needs at least one dimension; got shape=[]");
  return normalize_dim(op, dim, x.ndim());
}

// --- an index for each element -----------------------------------------------------------------------------------------

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
  const int k = dim_of(op, x, dim);
  check_index_shape(op, x, index, k);
  const Tensor values = corner(op, x, index, src), at = as_index(op, x, index);
  return scattered(op, raw_copy(x), x, k, at, values, mode);
}

Tensor& scatter_inplace(const char* op, Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Combine mode) {
  const int k = dim_of(op, x, dim);
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

Tensor value_for(const char* op, const Tensor& x, const Tensor& index, Scalar value) {
  if (value.is_complex() && !is_complex(x.dtype())) type_error(op, "a complex value does not fit; got x=", x.dtype());
  return expand(scalar_like(x, value), index.shape());
}

}  // namespace

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const int k = dim_of("gather", x, dim);
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
  const int k = dim_of("take_along_dim", x, dim);
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
Tensor scatter_extreme(const Tensor& x, int dim, const Tensor& index, const Tensor& src, bool largest) {
  Tensor y = raw_copy(x);
  kernels(x.device()).scatter("scatter_reduce", view_of(y), view_of(index), view_of(src), dim, largest ? Combine::maximum : Combine::minimum, true);
  if (recording(x, src))
    record(y, "scatter_reduce", {x, src}, [x = Saved(x), src = Saved(src), index = Saved(index), y = Saved::output(y), dim](Backward& d) {
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

Tensor scatter_product(const Tensor& x, int dim, const Tensor& index, const Tensor& src) {
  Tensor y = raw_copy(x);
  kernels(x.device()).scatter("scatter_reduce", view_of(y), view_of(index), view_of(src), dim, Combine::multiply, true);
  if (recording(x, src))
    record(y, "scatter_reduce", {x, src}, [x = Saved(x), src = Saved(src), index = Saved(index), y = Saved::output(y), dim](Backward& d) {
      const Tensor at = index(d), a = x(d), b = src(d), g = d.g();
      if (!has_zero(a) && !has_zero(b)) {
        const Tensor gy = mul(g, y(d));
        if (d.needs(0)) d[0] = div(gy, a);
        if (d.needs(1)) d[1] = div(gather(gy, dim, at), b);
      } else {
        if (d.needs(0)) d[0] = mul(g, scatter_product(ones_like(a), dim, at, b));
        if (d.needs(1)) d[1] = mul(gather(mul(g, a), dim, at), other_factors(b, dim, at, a.shape()[dim]));
      }
    });
  return y;
}

// The value that leaves any other as it is.
Scalar least(DType t, bool largest) {
  if (is_floating(t)) return largest ? -__builtin_inf() : __builtin_inf();
  if (is_bool(t)) return !largest;
  const int bits = static_cast<int>(8 * itemsize(t));
  if (is_unsigned(t)) return largest ? Scalar(0) : Scalar(~std::uint64_t{0} >> (64 - bits));
  return largest ? INT64_MIN >> (64 - bits) : INT64_MAX >> (64 - bits);
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self) {
  const char* op = "scatter_reduce";
  const int k = dim_of(op, x, dim);
  check_index_shape(op, x, index, k);
  const Tensor values = corner(op, x, index, src), at = as_index(op, x, index);
  const auto start = [&](Scalar neutral) { return include_self ? x : scatter(x, k, at, neutral); };
  switch (reduce) {
    case Reduce::sum: return scatter_add(start(0), k, at, values);
    case Reduce::prod: return scatter_product(start(1), k, at, values);
    case Reduce::amax:
    case Reduce::amin:
      if (is_complex(x.dtype())) type_error(op, "complex numbers have no order; got x=", x.dtype());
      return scatter_extreme(start(least(x.dtype(), reduce == Reduce::amax)), k, at, values, reduce == Reduce::amax);
    default: {
      if (is_bool(x.dtype())) type_error(op, "bools have no mean; got x=", x.dtype());
      const TensorOptions like{.dtype = x.dtype(), .device = x.device()};
      Tensor count = ones(x.shape(), like);
      if (!include_self) count = scatter(count, k, at, 0);
      count = scatter_add(count, k, at, ones(at.shape(), like));
      const Tensor total = scatter_add(start(0), k, at, values);
      return is_integer(x.dtype()) ? floor_divide(total, count) : div(total, count);
    }
  }
}

Tensor& scatter_reduce_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& src, Reduce reduce, bool include_self) {
  // The rule may need x as it was.
  return x.copy_(scatter_reduce(recording(x, src) ? x.clone() : x, dim, index, src, reduce, include_self));
}

// --- an index for each slice ---------------------------------------------------------------------------------------------

namespace {

// One row-major index for take_at and combine_at.
std::vector<Tensor> one_index(const char* op, const Tensor& x, const Tensor& index, bool vector) {
  if (vector && index.ndim() > 1) value_error(op, "the index must have one dimension; got index=", index.shape());
  const Tensor at = as_index(op, x, index).contiguous();
  return {vector && at.ndim() == 0 ? unsqueeze(at, 0) : at};
}

void check_source(const char* op, const Tensor& x, const Tensor& index, int k, const Tensor& source) {
  Shape want = x.shape();
  want[k] = index.numel();
  if (!(source.shape() == want)) value_error(op, "source must have x's shape with one slice per index; got source=", source.shape(), ", expected ", want);
  if (!can_promote(x.dtype(), source.dtype()) || promote(x.dtype(), source.dtype()) != x.dtype())
    type_error(op, "source must fit x's dtype; got x=", x.dtype(), ", source=", source.dtype());
}

// What index_add adds.
Tensor scaled(const Tensor& source, Scalar alpha) { return alpha.is_integer() && alpha.to<std::int64_t>() == 1 ? source : mul(source, alpha); }

struct Slices {
  int dim;
  std::vector<Tensor> index;
};
Slices slices(const char* op, const Tensor& x, std::int64_t dim, const Tensor& index) {
  const int k = dim_of(op, x, dim);
  return {k, one_index(op, x, index, true)};
}

Tensor fill_value(const char* op, const Tensor& x, const Tensor& value) {
  if (value.ndim() != 0) value_error(op, "the value must be 0-d; got value=", value.shape());
  if (is_complex(value.dtype()) && !is_complex(x.dtype())) type_error(op, "a complex value does not fit; got x=", x.dtype());
  return value;
}

Tensor fill_value(const char* op, const Tensor& x, Scalar value) {
  if (value.is_complex() && !is_complex(x.dtype())) type_error(op, "a complex value does not fit; got x=", x.dtype());
  return scalar_like(x, value);
}

}  // namespace

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index) {
  const Slices s = slices("index_select", x, dim, index);
  return detail::take_at("index_select", x, s.index, s.dim);
}

Tensor take(const Tensor& x, const Tensor& indices, std::int64_t axis) {
  return detail::take_at("take", x, one_index("take", x, indices, false), dim_of("take", x, axis));
}
Tensor take(const Tensor& x, const Tensor& indices) { return take(ravel(x), indices, 0); }

Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  const Slices s = slices("index_add", x, dim, index);
  check_source("index_add", x, s.index[0], s.dim, source);
  return detail::combined_at("index_add", x, s.index, s.dim, scaled(source, alpha), Combine::add);
}
Tensor& index_add_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  const Slices s = slices("index_add_", x, dim, index);
  check_source("index_add_", x, s.index[0], s.dim, source);
  detail::combine_at("index_add_", x, s.index, s.dim, scaled(source, alpha), Combine::add);
  return x;
}

Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Slices s = slices("index_copy", x, dim, index);
  check_source("index_copy", x, s.index[0], s.dim, source);
  return detail::combined_at("index_copy", x, s.index, s.dim, source, Combine::assign);
}
Tensor& index_copy_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const Slices s = slices("index_copy_", x, dim, index);
  check_source("index_copy_", x, s.index[0], s.dim, source);
  detail::combine_at("index_copy_", x, s.index, s.dim, source, Combine::assign);
  return x;
}

namespace {
template <class Value>
Tensor filled_at(const Tensor& x, std::int64_t dim, const Tensor& index, const Value& value) {
  const Slices s = slices("index_fill", x, dim, index);
  return detail::combined_at("index_fill", x, s.index, s.dim, fill_value("index_fill", x, value), Combine::assign);
}
template <class Value>
Tensor& fill_at(Tensor& x, std::int64_t dim, const Tensor& index, const Value& value) {
  const Slices s = slices("index_fill_", x, dim, index);
  detail::combine_at("index_fill_", x, s.index, s.dim, fill_value("index_fill_", x, value), Combine::assign);
  return x;
}
}  // namespace

Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) { return filled_at(x, dim, index, value); }
Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value) { return filled_at(x, dim, index, value); }
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) { return fill_at(x, dim, index, value); }
Tensor& index_fill_(Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& value) { return fill_at(x, dim, index, value); }

// --- flat positions --------------------------------------------------------------------------------------------------------

namespace {
void check_put(const char* op, const Tensor& index, const Tensor& source) {
  if (index.numel() != source.numel()) value_error(op, "needs one value per index; got index=", index.shape(), ", source=", source.shape());
}
}  // namespace

Tensor put(const Tensor& x, const Tensor& index, const Tensor& source, bool accumulate) {
  check_put("put", index, source);
  const Tensor flat = ravel(x);
  return reshape(detail::combined_at("put", flat, one_index("put", x, ravel(index), true), 0, ravel(source), accumulate ? Combine::add : Combine::assign), x.shape());
}

Tensor& put_(Tensor& x, const Tensor& index, const Tensor& source, bool accumulate) {
  if (!x.is_contiguous()) return x.copy_(put(x, index, source, accumulate));
  check_put("put_", index, source);
  Tensor flat = ravel(x);
  detail::combine_at("put_", flat, one_index("put_", x, ravel(index), true), 0, ravel(source), accumulate ? Combine::add : Combine::assign);
  return x;
}

// --- masks -------------------------------------------------------------------------------------------------------------------

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

// --- into views ----------------------------------------------------------------------------------------------------------------

Tensor select_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, std::int64_t index) {
  return detail::overwritten("select_scatter", x, src, [dim, index](const Tensor& t) { return select(t, dim, index); });
}
Tensor slice_scatter(const Tensor& x, const Tensor& src, std::int64_t dim, Slice s) {
  return detail::overwritten("slice_scatter", x, src, [dim, s](const Tensor& t) { return slice(t, dim, s); });
}
Tensor diagonal_scatter(const Tensor& x, const Tensor& src, std::int64_t offset, std::int64_t a, std::int64_t b) {
  return detail::overwritten("diagonal_scatter", x, src, [offset, a, b](const Tensor& t) { return diagonal(t, offset, a, b); });
}

}  // namespace ph
