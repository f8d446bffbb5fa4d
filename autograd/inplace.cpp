// In-place ops and views: who may be written to, and how the tape follows.
//
// Note [History of views]: an in-place op on a view v of a base b is the out-of-place op y = f(v) followed by b = (b with
// y in v's region). So b gets a node with two inputs, b's old history and y, and a new generation. Every view of b, v
// included, has the old generation; asked for its place on the tape, it takes a new one as a region of b.
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/autograd/region.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/view.h"

namespace ph {

namespace detail {

Region region_of(const TensorImpl& view, const TensorImpl& base) {
  return {base.shape, base.strides, view.shape, view.strides, (view.data - base.data) / static_cast<std::int64_t>(itemsize(base.dtype))};
}

namespace {

// Fresh memory laid out as the base is (its strides, gaps and all), with room for every element that it can reach.
struct Canvas {
  Tensor buffer;         // 1-d
  std::int64_t origin;   // of the base's first element

  Canvas(const Region& r, DType dtype, Device device) {
    std::int64_t low = 0, high = 0;
    for (int d = 0; d < r.base_shape.size(); ++d)
      if (r.base_shape[d] > 0) (r.base_strides[d] < 0 ? low : high) += (r.base_shape[d] - 1) * r.base_strides[d];
    origin = -low;
    buffer = make_tensor({high - low + 1}, dtype, device);
  }
  Tensor base(const Region& r) const { return make_view(buffer, r.base_shape, r.base_strides, origin); }
  Tensor view(const Region& r) const { return make_view(buffer, r.shape, r.strides, origin + r.offset); }
};

void write(const Tensor& dst, const Tensor& src) { kernels(dst.device()).copy(view_of(dst), view_of(src)); }

}  // namespace

Tensor take_region(const Tensor& g, const Region& r) {
  Canvas canvas(r, g.dtype(), g.device());
  write(canvas.base(r), g);
  Tensor y = make_tensor(r.shape, g.dtype(), g.device());
  write(y, canvas.view(r));
  if (recording(g)) record(y, "view", {g}, [r](Backward& d) { d[0] = embed_region(d.g(), r); });
  return y;
}

Tensor embed_region(const Tensor& part, const Region& r) {
  Canvas canvas(r, part.dtype(), part.device());
  kernels(part.device()).fill(view_of(canvas.buffer), 0);
  write(canvas.view(r), part);
  Tensor y = make_tensor(r.base_shape, part.dtype(), part.device());
  write(y, canvas.base(r));
  if (recording(part)) record(y, "view_backward", {part}, [r](Backward& d) { d[0] = take_region(d.g(), r); });
  return y;
}

Tensor clear_region(const Tensor& g, const Region& r) {
  Canvas canvas(r, g.dtype(), g.device());
  write(canvas.base(r), g);
  kernels(g.device()).fill(view_of(canvas.view(r)), 0);
  Tensor y = make_tensor(r.base_shape, g.dtype(), g.device());
  write(y, canvas.base(r));
  if (recording(g)) record(y, "clear_region", {g}, [r](Backward& d) { d[0] = clear_region(d.g(), r); });
  return y;
}

namespace {
// Brings a view of a base that was rewritten up to date.
Edge refreshed_edge(const Tensor& x) {
  TensorImpl& v = x.impl();
  TensorImpl& b = *v.base;
  if (!b.node) return {};
  if (v.dtype != b.dtype)
    runtime_error("view", "its base was changed in place and has another dtype, which the tape cannot follow; got view=", v.dtype,
                  ", base=", b.dtype, ". Make the view after the change");
  const Tensor base(v.base);
  const Region r = region_of(v, b);
  Tensor y = x;
  // The generation first, so that `record` takes this node as x's own.
  v.generation = b.generation;
  v.node.reset();
  record(y, "view", {base}, [r](Backward& d) { d[0] = embed_region(d.g(), r); });
  return {Ref<Node>(static_cast<Node*>(v.node.get())), v.output};
}
}  // namespace

}  // namespace detail

Edge gradient_edge(const Tensor& x) {
  TensorImpl& t = x.impl();
  if (t.base && t.generation != t.base->generation) return detail::refreshed_edge(x);
  return {Ref<Node>(static_cast<Node*>(t.node.get())), t.output};
}

void check_inplace(const char* op, const Tensor& x, bool recorded) {
  TensorImpl& t = x.impl();
  if (!t.storage->writable) runtime_error(op, "the memory is read-only; got shape=", t.shape, ". Clone it first");
  if (!t.contiguous && overlaps_itself(view_of(x)))
    runtime_error(op, "several elements are the same memory (an expanded tensor?); got shape=", t.shape, ", strides=", t.strides, ". Clone it first");
  if (!detail::modes.grad) return;
  const TensorImpl& owner = t.base ? *t.base : t;
  const auto* n = static_cast<const Node*>(owner.node.get());
  if (n && n->is_leaf)
    runtime_error(op, t.base ? "a view of a leaf that requires a gradient" : "a leaf that requires a gradient",
                  " must not be changed in place; got shape=", t.shape, ". Use no_grad, or work on a clone");
  if (recorded && t.base && t.dtype != owner.dtype)
    runtime_error(op, "a change to a view of another dtype cannot be recorded; got view=", t.dtype, ", base=", owner.dtype,
                  ". Change the base instead");
}

void finish_inplace(Tensor& x, const Tensor& y) {
  TensorImpl& t = x.impl();
  t.storage->bump_version();
  if (!y.defined() || !y.requires_grad()) return;
  if (!t.base) {
    const Edge e = gradient_edge(y);
    set_edge(x, e.node, e.output);
    ++t.generation;
    return;
  }
  TensorImpl& b = *t.base;
  Tensor base(t.base);
  const detail::Region r = detail::region_of(t, b);
  Tensor rewritten = detail::make_alias(base);
  record(rewritten, "copy_slices", {base, y}, [r](Backward& d) {
    if (d.needs(0)) d[0] = detail::clear_region(d.g(), r);
    if (d.needs(1)) d[1] = detail::take_region(d.g(), r);
  });
  const Edge e = gradient_edge(rewritten);
  set_edge(base, e.node, e.output);
  ++b.generation;
}

}  // namespace ph
