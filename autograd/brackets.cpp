// x[...] with NumPy's rules, read and written: integers, slices, new axes, an ellipsis, index arrays and masks.
#include <vector>

#include "playhead/autograd/indexed.h"
#include "playhead/autograd/ops_creation.h"
#include "playhead/autograd/ops_elementwise.h"
#include "playhead/autograd/ops_index.h"
#include "playhead/autograd/ops_shape.h"
#include "playhead/autograd/placed.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/index.h"

namespace ph {

namespace {

// What becomes of one dim of x, or a new one.
struct Axis {
  enum Kind : std::uint8_t { range, point, fresh } kind;
  detail::SliceRange range_of = {0, 1, 0};  // start is the point
};

// The basic part of an index: a view, recorded as one op whatever it is made of.
Tensor basic(const Tensor& x, const std::vector<Axis>& axes) {
  Shape shape;
  Strides strides;
  std::int64_t offset = 0;
  int d = 0;
  for (const Axis& a : axes) {
    if (a.kind == Axis::fresh) {
      shape.push_back(1);
      strides.push_back(0);
      continue;
    }
    const std::int64_t step = x.strides()[d++];
    if (a.kind == Axis::point || a.range_of.length > 0) offset += a.range_of.start * step;
    if (a.kind == Axis::point) continue;
    shape.push_back(a.range_of.length);
    strides.push_back(step * a.range_of.step);
  }
  if (numel(shape) == 0) offset = 0;
  Tensor y = detail::make_view(x, std::move(shape), std::move(strides), offset);
  if (recording(x))
    record(y, "index", {x}, [axes](Backward& d) {
      d[0] = detail::placed("index_backward", d.g(), d.input_shape(0), [axes](const Tensor& t) { return basic(t, axes); });
    });
  return y;
}

// An index, resolved against a shape: first a view of x, then arrays at some dims of that view.
struct Plan {
  std::vector<Axis> axes;
  std::vector<Tensor> arrays;   // int64, all of one shape, row-major
  std::vector<int> dims;        // of the view, which they index
  int place = 0;                // where their dims go in the result
  bool whole = true;            // the view is x itself
};

// 1 for [True], none for [False]: the index of the axis that a 0-d mask makes.
Tensor mask_axis(const Tensor& mask) { return zeros({mask.item<bool>() ? 1 : 0}, {.dtype = int64, .device = mask.device()}); }

int dims_taken(const Index& i) {
  switch (i.kind()) {
    case Index::Kind::integer:
    case Index::Kind::slice: return 1;
    case Index::Kind::tensor: return is_bool(i.tensor().dtype()) ? i.tensor().ndim() : 1;
    default: return 0;
  }
}

class Parser {
 public:
  Parser(const char* op, const Tensor& x) : op_(op), x_(x) {}

  Plan run(const Index* indices, int n) {
    int taken = 0, ellipses = 0;
    for (int i = 0; i < n; ++i) {
      taken += dims_taken(indices[i]);
      ellipses += indices[i].kind() == Index::Kind::ellipsis;
    }
    if (ellipses > 1) index_error(op_, "only one ellipsis is allowed; got ", ellipses);
    if (taken > x_.ndim()) index_error(op_, "too many indices; got ", taken, " for ", x_.ndim(), x_.ndim() == 1 ? " dimension" : " dimensions");
    for (int i = 0; i < n; ++i) add(indices[i], x_.ndim() - taken);
    while (from_ < x_.ndim()) keep();
    finish();
    return std::move(plan_);
  }

 private:
  // NumPy counts integers among the arrays when it asks whether those stand side by side.
  void advanced() {
    if (run_ == none) place_ = to_, run_ = inside;
    else if (run_ == left) apart_ = true;
  }
  void plain() {
    if (run_ == inside) run_ = left;
  }
  void keep() {
    plan_.axes.push_back({Axis::range, {0, 1, x_.shape()[from_++]}});
    ++to_;
  }

  void point(std::int64_t i) {
    const std::int64_t size = x_.shape()[from_], at = i < 0 ? i + size : i;
    if (at < 0 || at >= size) index_error(op_, "index out of range; got index=", i, " for dimension ", from_, " of size ", size);
    advanced();
    plan_.axes.push_back({Axis::point, {at, 1, 1}});
    plan_.whole = false;
    ++from_;
  }

  void array(const Tensor& index) {
    advanced();
    plan_.arrays.push_back(index);
    plan_.dims.push_back(view_dim_++);
    plan_.axes.push_back({Axis::range, {0, 1, x_.shape()[from_++]}});
  }

  void add_tensor(const Tensor& t) {
    if (is_integer(t.dtype())) {
      if (t.ndim() == 0) return point(t.item<std::int64_t>());
      return array(detail::as_index(op_, x_, t));
    }
    if (!is_bool(t.dtype())) type_error(op_, "an index tensor must be of integers or bool; got dtype=", t.dtype());
    if (t.ndim() == 0) {
      advanced();
      plan_.arrays.push_back(mask_axis(t).to(x_.device()));
      plan_.dims.push_back(view_dim_++);
      plan_.axes.push_back({Axis::fresh});
      plan_.whole = false;
      return;
    }
    for (int d = 0; d < t.ndim(); ++d)  // a size of 0 fits any, as in NumPy: nothing is set
      if (t.shape()[d] != x_.shape()[from_ + d] && t.shape()[d] != 0)
        index_error(op_, "a mask must have the indexed sizes; got ", t.shape()[d], " for dimension ", from_ + d, " of size ", x_.shape()[from_ + d]);
    for (const Tensor& index : nonzero(t.to(x_.device()))) array(index);
  }

  void add(const Index& i, int missing) {
    switch (i.kind()) {
      case Index::Kind::integer: return point(i.integer());
      case Index::Kind::tensor: return add_tensor(i.tensor());
      case Index::Kind::newaxis:
        plain();
        plan_.axes.push_back({Axis::fresh});
        plan_.whole = false;
        ++to_, ++view_dim_;
        return;
      case Index::Kind::slice: {
        plain();
        const std::int64_t size = x_.shape()[from_++];
        const detail::SliceRange r = detail::resolve_slice(op_, i.slice(), size);
        plan_.whole = plan_.whole && r.start == 0 && r.step == 1 && r.length == size;
        plan_.axes.push_back({Axis::range, r});
        ++to_, ++view_dim_;
        return;
      }
      case Index::Kind::ellipsis:
        plain();
        for (int k = 0; k < missing; ++k) keep(), ++view_dim_;
        return;
    }
  }

  void finish() {
    plan_.place = apart_ ? 0 : place_;
    if (plan_.arrays.empty()) return;
    Shape shape;
    bool fit = true;
    for (const Tensor& t : plan_.arrays) {  // broadcast_shapes would name two of perhaps many
      for (int k = 1; k <= t.ndim(); ++k) {
        const std::int64_t have = k <= shape.size() ? shape[shape.size() - k] : 1, size = t.shape()[t.ndim() - k];
        fit &= have == size || have == 1 || size == 1;
      }
      if (!fit) {
        std::string shapes;
        for (const Tensor& s : plan_.arrays) shapes += text(shapes.empty() ? "" : ", ", s.shape());
        index_error(op_, "index arrays do not broadcast; got ", shapes);
      }
      shape = broadcast_shapes(op_, shape, t.shape());
    }
    checked_numel(op_, shape, sizeof(std::int64_t));
    for (Tensor& t : plan_.arrays) t = expand(t, shape).contiguous();
  }

  const char* op_;
  const Tensor& x_;
  Plan plan_;
  int from_ = 0, to_ = 0, view_dim_ = 0, place_ = 0;
  enum { none, inside, left } run_ = none;
  bool apart_ = false;
};

// The view that the arrays of `plan` index, arranged so that they stand side by side where their dims go in the result.
Tensor arranged(const Tensor& x, const Plan& plan) {
  const Tensor v = plan.whole ? x : basic(x, plan.axes);
  const int n = static_cast<int>(plan.dims.size());
  bool in_place = true;
  for (int i = 0; i < n; ++i) in_place &= plan.dims[static_cast<std::size_t>(i)] == plan.place + i;
  if (in_place) return v;
  Shape source, target;
  for (int i = 0; i < n; ++i) {
    source.push_back(plan.dims[static_cast<std::size_t>(i)]);
    target.push_back(plan.place + i);
  }
  return movedim(v, source, target);
}

// A mask over all of x is by far the most common array, and needs no coordinates.
bool is_full_mask(const Tensor& x, const Index* indices, int n) {
  if (n != 1 || indices[0].kind() != Index::Kind::tensor) return false;
  const Tensor t = indices[0].tensor();
  return is_bool(t.dtype()) && t.ndim() > 0 && t.shape() == x.shape() && t.device() == x.device();
}

// NumPy lets a value have leading dims of size 1 that its target lacks.
Tensor trimmed(Tensor value, int ndim) {
  while (value.ndim() > ndim && value.shape()[0] == 1) value = squeeze(value, 0);
  return value;
}

}  // namespace

Tensor Tensor::index(const Index* indices, int n) const {
  if (is_full_mask(*this, indices, n)) return masked_select(*this, indices[0].tensor());
  const Plan plan = Parser("index", *this).run(indices, n);
  if (plan.arrays.empty()) return basic(*this, plan.axes);
  return detail::take_at("index", arranged(*this, plan), plan.arrays, plan.place);
}

Tensor& Tensor::index_put_(const Index* indices, int n, const Tensor& value, bool accumulate) {
  if (value.numel() == 1 && !accumulate && is_full_mask(*this, indices, n) && value.device() == device()) {
    if (is_complex(value.dtype()) && !is_complex(dtype())) type_error("index_put_", "complex values do not fit; got x=", dtype(), ", values=", value.dtype());
    return masked_fill_(*this, indices[0].tensor(), value.reshape({}));
  }
  const Plan plan = Parser("index_put_", *this).run(indices, n);
  if (plan.arrays.empty()) {
    Tensor target = basic(*this, plan.axes);
    const Tensor v = trimmed(value, target.ndim());
    if (accumulate) target.add_(v);
    else target.copy_(v);
    return *this;
  }
  Tensor target = arranged(*this, plan);
  detail::combine_at("index_put_", target, plan.arrays, plan.place, value, accumulate ? Combine::add : Combine::assign);
  return *this;
}

Tensor& Tensor::index_put_(std::initializer_list<Index> indices, Scalar value) {
  return index_put_(indices.begin(), static_cast<int>(indices.size()), detail::fill_value("index_put_", *this, value), false);
}

Tensor index_put(const Tensor& x, const std::vector<Index>& indices, const Tensor& values, bool accumulate) {
  Tensor y = x.clone();
  y.index_put_(indices.data(), static_cast<int>(indices.size()), values, accumulate);
  return y;
}

}  // namespace ph
