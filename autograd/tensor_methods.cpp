// Methods of Tensor that concern its place on the tape, its dtype and device, and copies of it.
#include "playhead/autograd/engine.h"
#include "playhead/autograd/hooks.h"
#include "playhead/autograd/leaf.h"
#include "playhead/autograd/ops.h"
#include "playhead/autograd/record.h"
#include "playhead/tensor/fits.h"
#include "playhead/tensor/kernels.h"
#include "playhead/tensor/view.h"

namespace ph {

// --- gradients -----------------------------------------------------------------------------------------------------

Tensor& Tensor::requires_grad_(bool on) {
  TensorImpl& t = impl();
  if (on == requires_grad()) return *this;
  if (!on) {
    if (!leaf_node(*this)) runtime_error("requires_grad_", "only a leaf can stop requiring a gradient. Use x.detach()");
    t.node.reset();
    return *this;
  }
  if (!is_differentiable(t.dtype)) type_error("requires_grad_", "only floating and complex tensors have gradients; got dtype=", t.dtype);
  if (t.inference) runtime_error("requires_grad_", "a tensor made in inference mode cannot be recorded; got shape=", t.shape, ". Clone it outside");
  set_edge(*this, Ref<Node>::adopt(new LeafNode(*this)), 0);
  return *this;
}

bool Tensor::is_leaf() const { return !requires_grad() || leaf_node(*this) != nullptr; }

Tensor Tensor::grad() const {
  if (const LeafNode* leaf = leaf_node(*this)) return leaf->grad();
  if (!requires_grad()) return {};
  const Edge e = gradient_edge(*this);
  if (e.node->extras)
    for (const auto& [output, g] : e.node->extras->retained)
      if (output == e.output) return g;
  return {};
}

void Tensor::set_grad(const Tensor& g) {
  LeafNode* leaf = leaf_node(*this);
  if (!leaf) runtime_error("set_grad", "needs a leaf that requires a gradient; got shape=", shape());
  if (g.defined()) {
    if (!(g.shape() == shape())) value_error("set_grad", "shapes must match; got ", g.shape(), ", expected ", shape());
    if (g.dtype() != dtype()) type_error("set_grad", "dtypes must match; got ", g.dtype(), ", expected ", dtype());
    if (g.device() != device()) runtime_error("set_grad", "devices must match; got ", g.device(), ", expected ", device());
  }
  leaf->set_grad(g);
}

void Tensor::retain_grad() {
  if (!requires_grad()) runtime_error("retain_grad", "the tensor needs no gradient; got shape=", shape());
  if (leaf_node(*this)) return;
  const Edge e = gradient_edge(*this);
  for (const auto& kept : e.node->more().retained)
    if (kept.first == e.output) return;
  e.node->more().retained.push_back({e.output, {}});
}

void Tensor::backward() const { ph::backward(*this); }
void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph) const {
  ph::backward({*this}, {gradient}, retain_graph, create_graph);
}

Tensor Tensor::detach() const { return detail::make_alias(*this); }

Tensor& Tensor::detach_() {
  // The handle moves to a new impl: tensors saved for backward and other handles keep their place on the tape.
  if (impl().node || impl().base) impl_ = detail::make_alias(*this).impl_;
  return *this;
}

// --- copies --------------------------------------------------------------------------------------------------------

namespace {
// Fresh and row-major, same values, on x's device.
Tensor raw_copy(const Tensor& x, DType dtype) {
  Tensor y = detail::make_tensor(x.shape(), dtype, x.device());
  kernels(x.device()).copy(view_of(y), view_of(x));
  return y;
}

// The gradient passes through; the engine casts it and moves it to x's dtype and device.
void record_copy(Tensor& y, const char* op, const Tensor& x) {
  if (recording(x) && is_differentiable(y.dtype())) record(y, op, {x}, [](Backward& d) { d[0] = d.g(); });
}
}  // namespace

Tensor Tensor::clone() const {
  Tensor y = raw_copy(*this, dtype());
  record_copy(y, "clone", *this);
  return y;
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::to(DType t) const {
  if (t == dtype()) return *this;
  if (is_complex(dtype()) && !is_complex(t) && !is_bool(t))
    type_error("to", "a complex tensor has no real dtype; got ", dtype(), " to ", t, ". Use real(x) or abs(x)");
  Tensor y = raw_copy(*this, t);
  record_copy(y, "to", *this);
  return y;
}

Tensor Tensor::to(Device to) const {
  if (to == device()) return *this;
  const Device from = device();
  const Tensor source = is_contiguous() ? *this : raw_copy(*this, dtype());
  Tensor y = detail::make_tensor(shape(), dtype(), to);
  kernels(to.is_cpu() ? from : to).transfer(y.data_ptr(), to, source.data_ptr(), from, nbytes());
  record_copy(y, "to", *this);
  return y;
}

Tensor Tensor::to(Device d, DType t) const { return is_cuda() ? to(t).to(d) : to(d).to(t); }

Tensor& Tensor::copy_(const Tensor& src) {
  TensorImpl& t = impl();
  if (is_complex(src.dtype()) && !is_complex(t.dtype))
    type_error("copy_", "a complex tensor does not fit a real one; got ", src.dtype(), " to ", t.dtype, ". Use real(x) or abs(x)");
  const bool recorded = recording(*this, src);
  check_inplace("copy_", *this, recorded);
  Tensor from = src.detach();
  if (!(from.shape() == t.shape)) from = from.expand(t.shape);
  if (from.device() != t.device) from = from.to(t.device);
  const Overlap shared = overlap(view_of(*this), view_of(from));
  if (shared == Overlap::partial) from = raw_copy(from, from.dtype());
  if (shared != Overlap::same) kernels(t.device).copy(view_of(*this), view_of(from));
  Tensor y;
  if (recorded) {
    y = detail::make_alias(*this);
    record(y, "copy_", {src, *this}, [](Backward& d) {
      if (d.needs(0)) d[0] = d.g();
      if (d.needs(1)) d[1] = zeros_like(d.g());  // the past is overwritten
    });
  }
  finish_inplace(*this, y);
  return *this;
}

Tensor& Tensor::fill_(Scalar value) {
  TensorImpl& t = impl();
  if (value.is_complex() && !is_complex(t.dtype)) type_error("fill_", "a complex value does not fit a real tensor; got dtype=", t.dtype);
  detail::check_fits("fill_", value, t.dtype);
  const bool recorded = recording(*this);
  check_inplace("fill_", *this, recorded);
  kernels(t.device).fill(view_of(*this), value);
  Tensor y;
  if (recorded) {
    y = detail::make_alias(*this);
    record(y, "fill_", {*this}, [](Backward& d) { d[0] = zeros_like(d.g()); });  // the past is overwritten
  }
  finish_inplace(*this, y);
  return *this;
}

}  // namespace ph
