// Gather, scatter, masks: reading and writing by index arrays.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"
#include "playhead/tensor/fits.h"

namespace ph::python {
PH_CHOICE(Reduce, {"sum", Reduce::sum}, {"prod", Reduce::prod}, {"mean", Reduce::mean}, {"amax", Reduce::amax}, {"amin", Reduce::amin})

namespace {
using I = std::int64_t;

/// PyTorch's names of two reductions.
struct Arithmetic {
  Reduce how;
};
/// src, or a number in its place.
Tensor source_for(const char* op, const Tensor& x, const Tensor& index, const Operand& src) {
  if (src.is_tensor()) return src.tensor;
  detail::check_fits(op, src.scalar, x.dtype());
  return full(index.shape(), src.scalar, {.dtype = x.dtype(), .device = x.device()});
}
}  // namespace
template <> struct From<Arithmetic> {
  static Arithmetic get(PyObject* o, const Arg& a) {
    static constexpr Choice<Reduce> all[] = {{"add", Reduce::sum}, {"multiply", Reduce::prod}};
    return {choose(all, o, a)};
  }
};
template <> struct OrNone<Arithmetic> { static constexpr const char* type = "str | None"; };

void define_index() {
  op("gather", "x, dim, index", [](const Tensor& x, I dim, const Tensor& index) { return gather(x, dim, index); });
  op("take_along_dim", "x, indices, dim=None", [](const Tensor& x, const Tensor& i, std::optional<I> dim) { return dim ? take_along_dim(x, i, *dim) : take_along_dim(x, i); });
  op("take_along_axis", "x, indices, /, *, axis=-1", [](const Tensor& x, const Tensor& i, I axis) { return take_along_dim(x, i, axis); });
  op("take", "x, indices, /, *, axis=None", [](const Tensor& x, const Tensor& i, std::optional<I> axis) {
    if (axis) return take(x, i, *axis);
    return x.ndim() == 1 ? take(x, i, 0) : take(x, i);
  });
  op("index_select", "x, dim, index", [](const Tensor& x, I dim, const Tensor& i) { return index_select(x, dim, i); });
#define PH_BOTH(name, signature, parameters, call, call_in_place)           \
  op(#name, "x, " signature, [](const Tensor& x, parameters) { return call; }); \
  method(#name "_", "self, " signature, [](Tensor& x, parameters) -> Tensor& { return call_in_place; });
#define PH_LIST(...) __VA_ARGS__
  /// x with src[..., i, ...] at [..., index[..., i, ...], ...]; with reduce='add' or 'multiply' that added to, or times, what is there. src is
  /// a number, or has index's rank and at least its sizes, of which a corner is used. Gradient: of a repeated target, only the value that
  /// stayed gets any, unless reduced.
  op("scatter", "x, dim, index, src, *, reduce=None", [](const Tensor& x, I dim, const Tensor& i, const Operand& s, const std::optional<Arithmetic>& r) {
    if (r) return scatter_reduce(x, dim, i, source_for("scatter", x, i, s), r->how);
    return s.is_tensor() ? scatter(x, dim, i, s.tensor) : scatter(x, dim, i, s.scalar);
  });
  method("scatter_", "self, dim, index, src, *, reduce=None", [](Tensor& x, I dim, const Tensor& i, const Operand& s, const std::optional<Arithmetic>& r) -> Tensor& {
    if (r) return scatter_reduce_(x, dim, i, source_for("scatter_", x, i, s), r->how);
    return s.is_tensor() ? scatter_(x, dim, i, s.tensor) : scatter_(x, dim, i, s.scalar);
  });
  PH_BOTH(scatter_add, "dim, index, src", PH_LIST(I dim, const Tensor& i, const Tensor& s), scatter_add(x, dim, i, s), scatter_add_(x, dim, i, s))
  PH_BOTH(scatter_reduce, "dim, index, src, reduce, *, include_self=True", PH_LIST(I dim, const Tensor& i, const Tensor& s, Reduce how, bool self),
          scatter_reduce(x, dim, i, s, how, self), scatter_reduce_(x, dim, i, s, how, self))
  PH_BOTH(index_add, "dim, index, source, *, alpha=1", PH_LIST(I dim, const Tensor& i, const Tensor& s, Scalar alpha), index_add(x, dim, i, s, alpha), index_add_(x, dim, i, s, alpha))
  PH_BOTH(index_copy, "dim, index, source", PH_LIST(I dim, const Tensor& i, const Tensor& s), index_copy(x, dim, i, s), index_copy_(x, dim, i, s))
  PH_BOTH(index_reduce, "dim, index, source, reduce, *, include_self=True", PH_LIST(I dim, const Tensor& i, const Tensor& s, Reduce how, bool self),
          index_reduce(x, dim, i, s, how, self), index_reduce_(x, dim, i, s, how, self))
  PH_BOTH(index_fill, "dim, index, value", PH_LIST(I dim, const Tensor& i, const Operand& v), v.is_tensor() ? index_fill(x, dim, i, v.tensor) : index_fill(x, dim, i, v.scalar),
          v.is_tensor() ? index_fill_(x, dim, i, v.tensor) : index_fill_(x, dim, i, v.scalar))
  PH_BOTH(put, "index, source, accumulate=False", PH_LIST(const Tensor& i, const Tensor& s, bool add), put(x, i, s, add), put_(x, i, s, add))
  PH_BOTH(masked_fill, "mask, value", PH_LIST(const Tensor& m, const Operand& v), v.is_tensor() ? masked_fill(x, m, v.tensor) : masked_fill(x, m, v.scalar),
          v.is_tensor() ? masked_fill_(x, m, v.tensor) : masked_fill_(x, m, v.scalar))
  PH_BOTH(masked_scatter, "mask, source", PH_LIST(const Tensor& m, const Tensor& s), masked_scatter(x, m, s), masked_scatter_(x, m, s))
  PH_BOTH(index_put, "indices, values, accumulate=False", PH_LIST(const std::vector<Tensor>& i, const Tensor& v, bool add),
          index_put(x, std::vector<Index>(i.begin(), i.end()), v, add), x.index_put_(std::vector<Index>(i.begin(), i.end()).data(), static_cast<int>(i.size()), v, add))
#undef PH_BOTH
#undef PH_LIST
  op("masked_select", "x, mask", [](const Tensor& x, const Tensor& m) { return masked_select(x, m); });
  op("nonzero", "x, /", [](const Tensor& x) { return nonzero(x); });
  op("argwhere", "x", [](const Tensor& x) { return argwhere(x); });
  op("select_scatter", "x, src, dim, index", [](const Tensor& x, const Tensor& s, I dim, I i) { return select_scatter(x, s, dim, i); });
  op("slice_scatter", "x, src, dim=0, start=None, end=None, step=1", [](const Tensor& x, const Tensor& s, I dim, std::optional<I> start, std::optional<I> end, I step) {
    return slice_scatter(x, s, dim, Slice(start ? Bound(*start) : Bound(), end ? Bound(*end) : Bound(), step));
  });
  op("as_strided_scatter", "x, src, size, stride, storage_offset=None", [](const Tensor& x, const Tensor& s, const Shape& size, const Shape& stride, std::optional<I> offset) {
    if (offset && *offset < 0) value_error("as_strided_scatter", "storage_offset must not be negative; got ", *offset);
    return as_strided_scatter(x, s, size, stride, offset.value_or(-1));
  });
  function("fill", "x, value", [](const Tensor& x, const Operand& v) { return v.is_tensor() ? fill(x, v.tensor) : fill(x, v.scalar); });
  function("unravel_index", "indices, shape", [](const Tensor& i, const Shape& shape) { return unravel_index(i, shape); });
  op("diagonal_scatter", "x, src, offset=0, dim1=0, dim2=1", [](const Tensor& x, const Tensor& s, I k, I a, I b) { return diagonal_scatter(x, s, k, a, b); });
}

}  // namespace ph::python
