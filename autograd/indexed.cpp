// take_at and combine_at: the two recorded ops behind index arrays, each the other's derivative.
#include "playhead/autograd/indexed.h"

#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/fits.h"

namespace ph::detail {

namespace {

using Indices = std::vector<Tensor>;

// Index arrays kept for backward; changing one in place meanwhile is an error, as for any saved tensor.
struct SavedIndices {
  std::vector<Saved> saved;
  explicit SavedIndices(const Indices& index) {
    for (const Tensor& t : index) saved.emplace_back(t);
  }
  Indices operator()(const Backward& d) const {
    Indices out;
    for (const Saved& s : saved) out.push_back(s(d));
    return out;
  }
};

std::vector<View> views(const Indices& index) {
  std::vector<View> out;
  for (const Tensor& t : index) out.push_back(view_of(t));
  return out;
}

Shape taken_shape(const Tensor& x, const Indices& index, int dim) {
  Shape shape(x.shape().data(), dim);
  for (const std::int64_t n : index[0].shape()) shape.push_back(n);
  for (int d = dim + static_cast<int>(index.size()); d < x.ndim(); ++d) shape.push_back(x.shape()[d]);
  return shape;
}

void put(const char* op, const Tensor& x, const Indices& index, int dim, const Tensor& values, Combine mode) {
  const std::vector<View> at = views(index);
  kernels(x.device()).index_put(op, view_of(x), at.data(), static_cast<int>(at.size()), dim, view_of(values), mode);
}

// Which of the indices name their target last, as a mask of their shape; undefined if all do.
Tensor last_writers(const Shape& x_shape, const Indices& index, int dim) {
  const Tensor& first = index[0];
  const Tensor id = reshape(arange(first.numel(), {.device = first.device()}), first.shape());
  const Shape sizes(x_shape.data() + dim, static_cast<int>(index.size()));
  const Tensor owner = empty(sizes, {.dtype = int64, .device = first.device()});
  put("index_put", owner, index, 0, id, Combine::assign);
  const Tensor mask = equal(take_at("index", owner, index, 0), id);
  return kernels(mask.device()).count(view_of(mask)) == mask.numel() ? Tensor() : mask;
}

// Values as index_put wants them: x's dtype, of `shape`, with one step over the dims of the indices, apart from x's memory.
Tensor settle_values(const char* op, const Tensor& x, const Tensor& values, const Shape& shape) {
  if (values.device() != x.device() && values.ndim() > 0) runtime_error(op, "devices must match; got x=", x.device(), ", values=", values.device());
  if (is_complex(values.dtype()) && !is_complex(x.dtype())) type_error(op, "complex values do not fit; got x=", x.dtype(), ", values=", values.dtype());
  Tensor v = values.detach().to(x.device()).to(x.dtype());
  while (v.ndim() > shape.size() && v.shape()[0] == 1) v = squeeze(v, 0);  // as NumPy's assignment does
  bool fits = v.ndim() <= shape.size();
  for (int d = 0; d < v.ndim() && fits; ++d) {
    const std::int64_t n = v.shape()[v.ndim() - 1 - d];
    fits = n == 1 || n == shape[shape.size() - 1 - d];
  }
  if (!fits) value_error(op, "values do not broadcast to the indexed shape; got values=", values.shape(), ", indexed=", shape);
  v = expand(v, shape);
  if (values.numel() != 1) v = v.contiguous();
  return v.shares_storage(x) ? raw_copy(v) : v;
}

void write_at(const char* op, const Tensor& x, const Indices& index, int dim, const Tensor& values, Combine mode) {
  if (mode == Combine::add && (x.dtype() == float16 || x.dtype() == bfloat16)) {
    // Many values may meet in one element: their sum is rounded once.
    const Tensor wide = x.detach().to(float32);
    put(op, wide, index, dim, values.to(float32), mode);
    write(x, wide);
  } else {
    put(op, x, index, dim, values, mode);
  }
}

// The rule is the same in place and out of it: nothing of x is needed.
void record_put(Tensor& y, const char* op, const Tensor& x, const Indices& index, int dim, const Tensor& values, Combine mode) {
  record(y, op, {x, values}, [index = SavedIndices(index), dim, mode, lead = y.shape()](Backward& d) {
    const Indices at = index(d);
    if (d.needs(0)) {
      const Tensor zero = zeros({}, {.dtype = d.g().dtype(), .device = d.g().device()});
      d[0] = mode == Combine::add ? d.g() : combined_at("index_put", d.g(), at, dim, zero, Combine::assign);
    }
    if (!d.needs(1)) return;
    Tensor v = take_at("index", d.g(), at, dim);
    const Tensor last = mode == Combine::assign ? last_writers(lead, at, dim) : Tensor();
    if (last.defined()) {
      Shape shape = last.shape();
      for (int k = dim + static_cast<int>(at.size()); k < lead.size(); ++k) shape.push_back(1);
      v = where(reshape(last, shape), v, 0);
    }
    while (v.ndim() < d.input_shape(1).size()) v = unsqueeze(v, 0);
    d[1] = v;
  });
}

// Writes into y, which is fresh; x is what y is a copy of, or undefined.

Tensor put_into(const char* op, Tensor y, const Tensor& x, const Indices& index, int dim, const Tensor& values, Combine mode) {
  write_at(op, y, index, dim, settle_values(op, y, values, taken_shape(y, index, dim)), mode);
  if (recording(x, values)) record_put(y, op, x, index, dim, values, mode);
  return y;
}

}  // namespace

Tensor as_index(const char* op, const Tensor& x, const Tensor& index) {
  if (!is_integer(index.dtype())) type_error(op, "the index must be of integers; got dtype=", index.dtype());
  return index.to(x.device()).to(int64).contiguous();
}

int index_dim(const char* op, const Tensor& x, std::int64_t dim) {
  if (x.ndim() == 0) value_error(op, "needs at least one dimension; got shape=[]");
  return normalize_dim(op, dim, x.ndim());
}

Tensor fill_value(const char* op, const Tensor& x, const Tensor& value) {
  if (value.ndim() != 0) value_error(op, "the value must be 0-d; got value=", value.shape());
  if (is_complex(value.dtype()) && !is_complex(x.dtype())) type_error(op, "a complex value does not fit; got x=", x.dtype());
  return value;
}

Tensor fill_value(const char* op, const Tensor& x, Scalar value) {
  if (value.is_complex() && !is_complex(x.dtype())) type_error(op, "a complex value does not fit; got x=", x.dtype());
  check_fits(op, value, x.dtype());
  return full({}, value, {.dtype = x.dtype(), .device = x.device()});
}

Tensor take_at(const char* op, const Tensor& x, const std::vector<Tensor>& index, int dim) {
  const Shape shape = taken_shape(x, index, dim);
  checked_numel(op, shape, x.itemsize());
  Tensor y = make_tensor(shape, x.dtype(), x.device());
  const std::vector<View> at = views(index);
  kernels(x.device()).index_get(op, view_of(y), view_of(x), at.data(), static_cast<int>(at.size()), dim);
  if (recording(x))
    record(y, op, {x}, [index = SavedIndices(index), dim](Backward& d) {
      d[0] = put_into("index_put", zeros(d.input_shape(0), {.dtype = d.g().dtype(), .device = d.g().device()}), {}, index(d), dim, d.g(), Combine::add);
    });
  return y;
}

Tensor combined_at(const char* op, const Tensor& x, const std::vector<Tensor>& index, int dim, const Tensor& values, Combine mode) {
  return put_into(op, raw_copy(x), x, index, dim, values, mode);
}

void combine_at(const char* op, Tensor& x, const std::vector<Tensor>& index, int dim, const Tensor& values, Combine mode) {
  const bool recorded = recording(x, values);
  check_inplace(op, x, recorded);
  Tensor v = settle_values(op, x, values, taken_shape(x, index, dim));
  Indices apart = index;
  for (Tensor& t : apart)
    if (t.shares_storage(x)) t = raw_copy(t);
  write_at(op, x, apart, dim, v, mode);
  Tensor y;
  if (recorded) {
    y = make_alias(x);
    record_put(y, op, x, apart, dim, values, mode);
  }
  finish_inplace(x, y);
}

}  // namespace ph::detail
