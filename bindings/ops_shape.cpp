// Shapes, views, joining and repeating.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"

namespace ph::python {
PH_CHOICE(Pad, {"constant", Pad::constant}, {"reflect", Pad::reflect}, {"replicate", Pad::replicate}, {"circular", Pad::circular})

namespace {
using I = std::int64_t;
using Tensors = std::vector<Tensor>;
/// An int, or a list of them.
struct IntOrShape {
  bool one;
  Shape all;
};
/// What view takes.
struct ShapeOrDType {
  Shape shape;
  std::optional<DType> dtype;
};

/// The same bytes read as another dtype, whose size may change that of the last dimension. Not recorded.
Tensor view_as_dtype(const Tensor& x, DType t) {
  if (t == x.dtype()) return view(x, x.shape());
  if (t == bool_) type_error("view", "bytes of another dtype are no bools; got dtype=", x.dtype());
  Shape shape = x.shape();
  Strides strides = x.strides();
  const auto from = static_cast<I>(x.itemsize()), to = static_cast<I>(itemsize(t));
  if (from != to) {
    if (shape.empty()) value_error("view", "a 0-d tensor cannot be read as elements of another size; got dtype=", x.dtype(), " for ", t);
    bool good = strides.back() == 1 || shape.back() == 1;
    if (to > from) good &= x.storage_offset() % (to / from) == 0 && shape.back() % (to / from) == 0;
    for (int d = 0; d + 1 < shape.size(); ++d) {
      good &= shape[d] <= 1 || (strides[d] * from) % to == 0;
      strides[d] = strides[d] * from / to;
    }
    if (!good)
      value_error("view", "the last dimension must be contiguous and hold whole elements of ", t, "; got shape=", x.shape(), " with strides=", x.strides(), " of ", x.dtype());
    shape[shape.size() - 1] = shape.back() * from / to;
    strides[strides.size() - 1] = 1;
  }
  return detail::make_view(x.detach(), t, std::move(shape), std::move(strides), 0);
}
}  // namespace
template <> struct From<ShapeOrDType> {
  static constexpr const char* type = "int | Sequence[int]";
  static ShapeOrDType get(PyObject* o, const Arg& a) {
    PyObject* only = PyTuple_Check(o) && PyTuple_GET_SIZE(o) == 1 ? PyTuple_GET_ITEM(o, 0) : o;
    if (Py_TYPE(only) == &DTypeObject) return {{}, value_of<DType>(only)};
    return {to_shape(o, a, "a tuple of ints, or a dtype"), std::nullopt};
  }
};
template <> struct From<IntOrShape> {
  static constexpr const char* type = "int | Sequence[int]";
  static IntOrShape get(PyObject* o, const Arg& a) { return {PyIndex_Check(o) && !PySequence_Check(o), to_shape(o, a, "an int or a tuple of ints")}; }
};

void define_shape() {
  op("reshape", "x, /, shape*, copy=None", [](const Tensor& x, const Shape& shape, std::optional<bool> copy) {
    if (copy && !*copy) return view(x, shape);
    const Tensor y = reshape(x, shape);
    return copy && y.shares_storage(x) ? y.clone() : y;
  });
  op("view", "x, *shape", [](const Tensor& x, const ShapeOrDType& to) { return to.dtype ? view_as_dtype(x, *to.dtype) : view(x, to.shape); });
  method("view_as", "self, other", [](const Tensor& x, const Tensor& o) { return view_as(x, o); });
  method("reshape_as", "self, other", [](const Tensor& x, const Tensor& o) { return reshape_as(x, o); });
  op("flatten", "x, start_dim=0, end_dim=-1", [](const Tensor& x, I a, I b) { return flatten(x, a, b); });
  op("unflatten", "x, dim, sizes", [](const Tensor& x, I dim, const Shape& sizes) { return unflatten(x, dim, sizes); });
  op("ravel", "x", [](const Tensor& x) { return ravel(x); });
  op("permute", "x, *dims", [](const Tensor& x, const Shape& dims) { return permute(x, dims); });
  op("permute_dims", "x, /, axes", [](const Tensor& x, const Shape& axes) { return permute(x, axes); });
  op("transpose", "x, dim0, dim1", [](const Tensor& x, I a, I b) { return transpose(x, a, b); });
  alias("swapaxes", "transpose");
  alias("swapdims", "transpose");
  op("matrix_transpose", "x, /", [](const Tensor& x) { return matrix_transpose(x); });
  /// The conjugate of a matrix's transpose, for the last two dimensions.
  op("adjoint", "x", [](const Tensor& x) { return x.mH(); });
  op("t", "x", [](const Tensor& x) { return t(x); });
  op("movedim", "x, source, destination, /", [](const Tensor& x, const Shape& from, const Shape& to) { return movedim(x, from, to); });
  alias("moveaxis", "movedim");
  op("squeeze", "x, /, axis=None", [](const Tensor& x, const Axes& axis) { return axis.nothing ? x : axis.dims.empty() ? squeeze(x) : squeeze(x, axis.dims); });
  op("unsqueeze", "x, dim", [](const Tensor& x, I dim) { return unsqueeze(x, dim); });
  op("expand_dims", "x, /, axis=0", [](const Tensor& x, I axis) { return unsqueeze(x, axis); });
  op("flip", "x, /, axis=None", [](const Tensor& x, const Axes& axis) { return axis.nothing ? x : flip(x, axis.dims); });
  op("fliplr", "x", [](const Tensor& x) { return fliplr(x); });
  op("flipud", "x", [](const Tensor& x) { return flipud(x); });
  op("rot90", "x, k=1, dims=None", [](const Tensor& x, I k, const std::optional<Shape>& dims) { return rot90(x, k, dims.value_or(Shape{0, 1})); });
  op("atleast_1d", "x", [](const Tensor& x) { return atleast_1d(x); });
  op("atleast_2d", "x", [](const Tensor& x) { return atleast_2d(x); });
  op("atleast_3d", "x", [](const Tensor& x) { return atleast_3d(x); });
  op("broadcast_to", "x, /, shape", [](const Tensor& x, const Shape& shape) { return broadcast_to(x, shape); });
  method("expand", "self, *shape", [](const Tensor& x, const Shape& shape) { return expand(x, shape); });
  method("expand_as", "self, other", [](const Tensor& x, const Tensor& o) { return expand_as(x, o); });
  function("broadcast_tensors", "*arrays", [](const Tensors& xs) { return broadcast_tensors(xs); });
  function("broadcast_arrays", "*arrays", [](const Tensors& xs) { return TensorList{broadcast_tensors(xs)}; });
  function("broadcast_shapes", "*shapes", [](PyObject* shapes) {
    std::vector<Shape> all;
    std::int64_t work = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(shapes); ++i) all.push_back(to_shape(PyTuple_GET_ITEM(shapes, i), {"broadcast_shapes", "shapes", &work}));
    return broadcast_shapes(all);
  });
  method("sum_to_size", "self, *size", [](const Tensor& x, const Shape& size) { return sum_to_size(x, size); });
  op("select", "x, dim, index", [](const Tensor& x, I dim, I index) { return select(x, dim, index); });
  op("narrow", "x, dim, start, length", [](const Tensor& x, I dim, I start, I length) { return narrow(x, dim, start, length); });
  op("diagonal", "x, offset=0, dim1=0, dim2=1", [](const Tensor& x, I offset, I a, I b) { return diagonal(x, offset, a, b); });
  method("unfold", "self, dimension, size, step", [](const Tensor& x, I dim, I size, I step) { return unfold(x, dim, size, step); });
  op("as_strided", "x, size, stride, storage_offset=None", [](const Tensor& x, const Shape& size, const Shape& stride, std::optional<I> offset) {
    if (offset && *offset < 0) value_error("as_strided", "storage_offset must not be negative; got ", *offset);
    return as_strided(x, size, stride, offset.value_or(-1));
  });
  op("view_as_real", "x", [](const Tensor& x) { return view_as_real(x); });
  op("view_as_complex", "x", [](const Tensor& x) { return view_as_complex(x); });
  op("split", "x, split_size_or_sections, dim=0", [](const Tensor& x, const IntOrShape& s, I dim) { return s.one ? split(x, s.all[0], dim) : split(x, s.all, dim); });
  op("chunk", "x, chunks, dim=0", [](const Tensor& x, I chunks, I dim) { return chunk(x, chunks, dim); });
  op("tensor_split", "x, indices_or_sections, dim=0", [](const Tensor& x, const IntOrShape& s, I dim) { return s.one ? tensor_split(x, s.all[0], dim) : tensor_split(x, s.all, dim); });
#define PH_SPLIT(name) \
  op(#name, "x, indices_or_sections", [](const Tensor& x, const IntOrShape& s) { return s.one ? ph::name(x, s.all[0]) : ph::name(x, s.all); });
  PH_SPLIT(hsplit)
  PH_SPLIT(vsplit)
  PH_SPLIT(dsplit)
#undef PH_SPLIT
  op("unbind", "x, dim=0", [](const Tensor& x, I dim) { return unbind(x, dim); });
  op("unstack", "x, /, *, axis=0", [](const Tensor& x, I axis) { return unbind(x, axis); });

  function("concat", "arrays, /, *, axis=0", [](Tensors xs, std::optional<I> axis) {
    if (axis) return cat(xs, *axis);
    for (Tensor& x : xs) x = ravel(x);
    return cat(xs, 0);
  });
  function("cat", "tensors, dim=0", [](const Tensors& xs, I dim) { return cat(xs, dim); });
  alias("concatenate", "cat");
  function("stack", "arrays, /, axis=0", [](const Tensors& xs, I axis) { return stack(xs, axis); });
  function("hstack", "tensors", [](const Tensors& xs) { return hstack(xs); });
  function("vstack", "tensors", [](const Tensors& xs) { return vstack(xs); });
  alias("row_stack", "vstack");
  function("dstack", "tensors", [](const Tensors& xs) { return dstack(xs); });
  function("column_stack", "tensors", [](const Tensors& xs) { return column_stack(xs); });
  function("block_diag", "*tensors", [](const Tensors& xs) { return block_diag(xs); });
  function("cartesian_prod", "*tensors", [](const Tensors& xs) { return cartesian_prod(xs); });
  function("combinations", "input, r=2, with_replacement=False", [](const Tensor& x, I r, bool again) { return combinations(x, r, again); });
  op("tile", "x, *repetitions", [](const Tensor& x, const Shape& reps) { return tile(x, reps); });
  // NumPy's and the array API's repeat as a function; the method is PyTorch's, which is tile with at least as many counts as dims.
  function("repeat", "x, repeats, /, *, axis=None", [](const Tensor& x, const Operand& n, std::optional<I> axis) {
    if (!n.is_tensor()) return axis ? repeat(x, n.scalar.to<I>(), *axis) : repeat(x, n.scalar.to<I>());
    return repeat(axis ? x : ravel(x), n.tensor, axis.value_or(0));
  });
  method("repeat", "self, *repeats", [](const Tensor& x, const Shape& reps) {
    if (reps.size() < x.ndim()) value_error("repeat", "needs a count for each dimension; got repeats=", reps, ", shape=", x.shape());
    return tile(x, reps);
  });
  op("repeat_interleave", "x, repeats, dim=None", [](const Tensor& x, const Operand& n, std::optional<I> dim) {
    if (!n.is_tensor()) return dim ? repeat_interleave(x, n.scalar.to<I>(), *dim) : repeat_interleave(x, n.scalar.to<I>());
    return repeat_interleave(dim ? x : ravel(x), n.tensor, dim.value_or(0));
  });
  op("roll", "x, /, shift, axis=None", [](const Tensor& x, const Shape& shift, const Axes& axis) {
    if (axis.dims.empty()) {
      if (shift.size() != 1) value_error("roll", "without axis needs one shift; got shift=", shift);
      return axis.nothing ? x : roll(x, shift[0]);
    }
    return roll(x, shift.size() == 1 ? Shape::filled(axis.dims.size(), shift[0]) : shift, axis.dims);
  });
  op("diag_embed", "x, offset=0, dim1=-2, dim2=-1", [](const Tensor& x, I offset, I a, I b) { return diag_embed(x, offset, a, b); });
  op("diag", "x, diagonal=0", [](const Tensor& x, I k) { return diag(x, k); });
  op("diagflat", "x, offset=0", [](const Tensor& x, I k) { return diagflat(x, k); });
  op("tril", "x, /, k=0", [](const Tensor& x, Diagonal k) { return tril(x, k.k); });
  op("triu", "x, /, k=0", [](const Tensor& x, Diagonal k) { return triu(x, k.k); });
  method("tril_", "self, k=0", [](Tensor& x, Diagonal k) -> Tensor& { return x.copy_(tril(x, k.k)); });
  method("triu_", "self, k=0", [](Tensor& x, Diagonal k) -> Tensor& { return x.copy_(triu(x, k.k)); });
  /// Sets the entries whose indices are all the same.
  method("fill_diagonal_", "self, fill_value", [](Tensor& x, Scalar v) -> Tensor& {
    diagonal(x).fill_(v);
    return x;
  });
  op("pad", "x, pad, mode='constant', value=None", [](const Tensor& x, const Shape& pads, Pad mode, const std::optional<Scalar>& value) { return pad(x, pads, mode, value.value_or(0)); });
}

}  // namespace ph::python
