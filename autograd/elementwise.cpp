// From a row to an op: dtypes and shapes are settled, the kernel runs, and one node class records every row.
#include "playhead/autograd/elementwise.h"

#include <cstring>

#include "playhead/autograd/record.h"
#include "playhead/tensor/fits.h"
#include "playhead/tensor/kernels.h"

namespace ph::detail {

namespace {

DType compute_dtype(DType t) { return t == float16 || t == bfloat16 ? float32 : t; }

// --- dtypes ---------------------------------------------------------------------------------------------------------
/// The dtype that the row computes in (before 16-bit floats are widened), by the operands' dtypes and the row's domain.
DType settle_dtype(const char* op, const RowInfo& row, const RowCall& c) {
  const int first = row.select ? 1 : 0;
  if (row.select && !is_bool(c.tensors[0]->dtype())) type_error(op, "the condition must be bool; got dtype=", c.tensors[0]->dtype());
  DType t{};
  bool any = false;
  for (int i = first; i < c.n; ++i) {
    if (i == c.scalar_at) continue;
    const DType u = c.tensors[i]->dtype();
    if (any && !can_promote(t, u)) type_error(op, "no integer dtype holds both; got ", t, " and ", u, ". Convert one with x.to(dtype)");
    t = any ? promote(t, u) : u;
    any = true;
  }
  if (c.scalar_at >= 0) {
    t = weak_promote(t, c.scalar);
    check_fits(op, c.scalar, t);
  }
  switch (row.domain) {
    case 'N': case 'S': case 'Q':
      if (is_bool(t)) type_error(op, "bool is not a number here; got dtype=bool. Use a logical or bitwise op, or x.to(dtype)");
      break;
    case 'F': case 'C':
      if (!is_differentiable(t)) t = default_dtype();
      break;
    case 'I': case 'Z':
      if (is_differentiable(t) || (row.domain == 'Z' && is_bool(t)))
        type_error(op, row.domain == 'I' ? "needs integers or bool; got dtype=" : "needs integers; got dtype=", t);
      break;
    default: break;
  }
  if (is_complex(t) && (row.domain == 'R' || row.domain == 'Q' || row.domain == 'F'))
    type_error(op, "is not defined for complex numbers; got dtype=", t);
  return t;
}

/// Bounds and the like: for integers they would otherwise be rounded, or wrap, behind the caller's back.
void check_params(const char* op, Row r, const RowInfo& row, DType t, const double* params) {
  if (r == Row::polygamma && !(params[0] >= 0 && params[0] == __builtin_trunc(params[0]) && !__builtin_isinf(params[0])))
    value_error(op, "n must be a whole number, 0 or more; got n=", params[0]);
  if (!is_integer(t) && !is_bool(t)) return;
  for (int i = 0; i < row.nparams(); ++i) {
    const double p = params[i];
    if (!__builtin_isinf(p) && p != __builtin_trunc(p))
      type_error(op, "needs whole numbers for an integer tensor; got ", row.params[i], "=", p, ", dtype=", t, ". Convert it with x.to(dtype)");
    // A bound that nothing reaches bounds nothing; one that all would have to be moved to, or a threshold, must be a value of the dtype.
    const bool least = r == Row::clamp_min || (r == Row::clamp && i == 0), most = r == Row::clamp_max || (r == Row::clamp && i == 1);
    if (!(least && p < 0) && !(most && p > 0)) check_fits(op, p, t);
  }
}

/// A comparison with an integer that x's dtype does not have: it is above or below all of x, so x equals itself or does not.
RowCall compared(const RowCall& c) {
  const Row r = c.row;
  if (c.scalar_at < 0 || !c.scalar.is_integer() || r < Row::equal || r > Row::greater_equal) return c;
  const Tensor* x = c.tensors[1 - c.scalar_at];
  if (!is_integer(x->dtype()) || fits(c.scalar, x->dtype())) return c;
  const bool above = c.scalar.kind() == Scalar::Kind::unsigned_integer || c.scalar.to<std::int64_t>() > 0;
  const bool less = r == Row::less || r == Row::less_equal, greater = r == Row::greater || r == Row::greater_equal;
  const bool holds = r == Row::not_equal || (above == (c.scalar_at == 1) ? less : greater);
  return {.row = holds ? Row::equal : Row::not_equal, .n = 2, .tensors = {x, x}};
}

// --- shapes and devices -----------------------------------------------------------------------------------------------
Shape settle_shape(const char* op, const RowCall& c) {
  const Tensor* first = nullptr;
  Shape shape;
  for (int i = 0; i < c.n; ++i) {
    if (i == c.scalar_at) continue;
    const Tensor& x = *c.tensors[i];
    if (!first) {
      first = &x;
      shape = x.shape();
      continue;
    }
    if (x.device() != first->device())
      runtime_error(op, "tensors must be on one device; got ", first->device(), " and ", x.device(), ". Move one with x.to(device)");
    if (!(x.shape() == shape)) shape = broadcast_shapes(op, shape, x.shape());
  }
  return shape;
}

Device device_of(const RowCall& c) { return c.tensors[c.scalar_at == 0 ? 1 : 0]->device(); }

template <class T>
void put(void* p, Scalar s) {
  const T v = s.to<T>();
  std::memcpy(p, &v, sizeof v);
}
void write_element(void* p, DType t, Scalar s) {
  switch (t) {
    case DType::boolean: *static_cast<std::uint8_t*>(p) = s.re() != 0; break;
    case DType::uint8: put<std::uint8_t>(p, s); break;
    case DType::uint16: put<std::uint16_t>(p, s); break;
    case DType::uint32: put<std::uint32_t>(p, s); break;
    case DType::uint64: put<std::uint64_t>(p, s); break;
    case DType::int8: put<std::int8_t>(p, s); break;
    case DType::int16: put<std::int16_t>(p, s); break;
    case DType::int32: put<std::int32_t>(p, s); break;
    case DType::int64: put<std::int64_t>(p, s); break;
    case DType::float64: put<double>(p, s); break;
    case DType::complex64: put<cfloat>(p, s); break;
    case DType::complex128: put<cdouble>(p, s); break;
    default: put<float>(p, s); break;
  }
}

/// An operand seen as `shape`, or a number in its place. Must outlive the call.
class Operand {
 public:
  View over(const Tensor& x, const Shape& shape) {
    View v = view_of(x);
    if (x.shape() == shape) return v;
    strides_ = Shape::filled(shape.size(), 0);
    const int lead = shape.size() - v.ndim;
    for (int i = 0; i < v.ndim; ++i)
      if (v.shape[i] != 1) strides_[lead + i] = v.strides[i];
    const std::int64_t n = numel(shape);
    return {v.data, shape.data(), strides_.data(), n, shape.size(), v.dtype, n == 1};
  }
  View over(Scalar s, DType t, const Shape& shape, Device device) {
    if (!device.is_cpu()) {
      tensor_ = make_tensor({}, t, device);
      kernels(device).fill(view_of(tensor_), s);
      return over(tensor_, shape);
    }
    write_element(element_, t, s);
    strides_ = Shape::filled(shape.size(), 0);
    const std::int64_t n = numel(shape);
    return {element_, shape.data(), strides_.data(), n, shape.size(), t, n == 1};
  }

 private:
  alignas(16) char element_[16];
  Shape strides_;
  Tensor tensor_;
};

void run(const RowCall& c, DType compute, const Shape& shape, const View& out, Device device) {
  ElementwiseCall k;
  k.row = c.row;
  k.compute = compute;
  k.nin = c.n;
  k.out = out;
  k.params[0] = c.params[0];
  k.params[1] = c.params[1];
  Operand operands[3];
  for (int i = 0; i < c.n; ++i)
    k.in[i] = i == c.scalar_at ? operands[i].over(c.scalar, compute, shape, device) : operands[i].over(*c.tensors[i], shape);
  kernels(device).elementwise(k);
}

// `not` of a bool is no flip of its bits.
Row effective(Row row, DType t) { return row == Row::bitwise_not && is_bool(t) ? Row::logical_not : row; }

// --- the quick way ----------------------------------------------------------------------------------------------------
// Most small tensors are dense, on the CPU, of one shape and one float dtype: then one allocation and one loop do.

constexpr std::int64_t quick_limit = 1 << 15;  // above it, several threads are worth their start

bool quick(const TensorImpl& a) {
  return (a.dtype == float32 || a.dtype == float64) && a.contiguous && a.device.is_cpu() && a.numel <= quick_limit;
}
bool alike(const TensorImpl& a, const TensorImpl& b) {
  return a.dtype == b.dtype && b.contiguous && b.device.is_cpu() && a.shape == b.shape;
}
DenseLoop dense_loop(Row row, Part part, const TensorImpl& a) {
  return kernels(cpu_device).dense_loops[a.dtype == float64][static_cast<int>(part)][static_cast<int>(row)];
}
/// Whether the tape may want to know of an op on x.
bool on_tape(const TensorImpl& x) { return modes.grad && (x.node || x.base); }

// --- the tape ---------------------------------------------------------------------------------------------------------
/// The node of every row.
class RowNode final : public Node {
 public:
  RowNode(const RowCall& c, DType common) : row_(c.row), n_(c.n), scalar_at_(c.scalar_at), common_(common), scalar_(c.scalar) {
    params_[0] = c.params[0];
    params_[1] = c.params[1];
  }

  /// Keeps what the derivatives by the operands in `wanted` (bits) use, but the output.
  void save_inputs(const RowInfo& row, const RowCall& c, unsigned wanted) {
    unsigned used = 0;
    for (int i = 0; i < n_; ++i)
      if (wanted >> i & 1) used |= row.uses[i];
    saves_output_ = (used & 8) != 0;
    frees = used != 0;
    for (int i = 0; i < n_; ++i)
      if ((used >> i & 1) && i != scalar_at_) saved_[i] = Saved(*c.tensors[i]);
  }
  void save_output(const Tensor& y) {
    if (saves_output_) saved_[3] = Saved::output(y);
  }
  bool saves_output() const { return saves_output_; }

  void backward(Backward& d) override {
    const RowInfo& row = info(row_);
    if (d.create_graph()) return backward_recorded(d, row);
    static const Tensor unused[4];
    Tensor scalar;
    for (int i = 0; i < n_; ++i) {
      if (!d.needs(i)) continue;
      const Tensor* abcy[4] = {};
      for (int s = 0; s < 4; ++s)
        if (row.uses[i] >> s & 1) {
          if (s == scalar_at_ && !scalar.defined()) scalar = scalar_tensor(d.g().device());
          abcy[s] = s == scalar_at_ ? &scalar : &saved_[s].unrecorded(d);
        }
      const auto part = static_cast<Part>(i + 1);
      d[i] = row.constant[i] ? row_gradient(row_, part, d.g(), unused, params_) : fused(row, part, d.g(), abcy, i);
    }
  }
  void release_saved() noexcept override {
    for (Saved& s : saved_) s = Saved();
  }

 private:
  Tensor scalar_tensor(Device device) const {
    Tensor t = make_tensor({}, common_, device);
    kernels(device).fill(view_of(t), scalar_);
    return t;
  }

  // Operands meet in the dtype of the result: 1 / b of an integer b would else be float32.
  Tensor common(const Tensor& x, const RowInfo& row, int at) const { return row.select && at == 0 ? x : x.to(common_); }
  // In ops, so that the derivative is recorded itself.
  void backward_recorded(Backward& d, const RowInfo& row) {
    Tensor abcy[4];
    unsigned loaded = 0;
    for (int i = 0; i < n_; ++i) {
      if (!d.needs(i)) continue;
      for (int s = 0; s < 4; ++s)
        if ((row.uses[i] & ~loaded) >> s & 1) abcy[s] = s == scalar_at_ ? scalar_tensor(d.g().device()) : common(saved_[s](d), row, s);
      loaded |= row.uses[i];
      d[i] = row_gradient(row_, static_cast<Part>(i + 1), d.g(), abcy, params_);
    }
  }

  Tensor fused(const RowInfo& row, Part part, const Tensor& g, const Tensor* const* abcy, int i) const {
    const unsigned used = row.uses[i];
    const TensorImpl& gi = g.impl();
    const Tensor* in[5] = {&g};
    int nin = 1;
    bool dense = quick(gi) && !row.select;
    for (int s = 0; s < 4; ++s)
      if (used >> s & 1) {
        dense = dense && alike(gi, abcy[s]->impl());
        in[nin++] = abcy[s];
      }
    if (dense) {
      const void* p[5];
      for (int k = 0; k < nin; ++k) p[k] = in[k]->impl().data;
      Tensor out = make_like(gi, gi.dtype);
      dense_loop(row_, part, gi)(out.impl().data, p, gi.numel, params_);
      return out;
    }
    Tensor out = make_tensor(gi.shape, gi.dtype, gi.device);
    ElementwiseCall k;
    k.row = row_;
    k.part = part;
    k.compute = compute_dtype(common_);
    k.nin = nin;
    k.out = view_of(out);
    k.params[0] = params_[0];
    k.params[1] = params_[1];
    Operand operands[5];
    for (int j = 0; j < nin; ++j) k.in[j] = operands[j].over(*in[j], gi.shape);
    kernels(gi.device).elementwise(k);
    return out;
  }

  Row row_;
  int n_, scalar_at_;
  DType common_;
  bool saves_output_ = false;
  Scalar scalar_;
  double params_[2];
  Saved saved_[4];  // a, b, c, y
};

unsigned wanted_operands(const RowCall& c) {
  unsigned wanted = 0;
  for (int i = 0; i < c.n; ++i)
    if (i != c.scalar_at && c.tensors[i]->requires_grad()) wanted |= 1u << i;
  return wanted;
}

/// Puts y, the result of c, on the tape. The output is saved by the caller once y's version is final.
RowNode* attach_row(Tensor& y, const RowCall& c, const RowInfo& row, DType common, unsigned wanted) {
  static const Tensor absent;
  auto* node = new RowNode(c, common);
  auto ref = Ref<Node>::adopt(node);
  node->save_inputs(row, c, wanted);
  const Input inputs[3] = {c.scalar_at == 0 ? absent : *c.tensors[0], c.n > 1 && c.scalar_at != 1 ? *c.tensors[1] : absent,
                           c.n > 2 && c.scalar_at != 2 ? *c.tensors[2] : absent};
  Tensor* outputs[] = {&y};
  attach(static_cast<Ref<Node>&&>(ref), row.name, inputs, c.n, outputs, 1);
  return node;
}

void record_row(Tensor& y, const RowCall& c, const RowInfo& row, DType common) {
  if (!modes.grad || !is_differentiable(y.dtype())) return;
  const unsigned wanted = wanted_operands(c);
  if (wanted) attach_row(y, c, row, common, wanted)->save_output(y);
}

// What a result of dtype `made` may be written to: a dtype of the same kind or a wider one.
int kind(DType t) { return is_bool(t) ? 0 : is_integer(t) ? 1 : is_floating(t) ? 2 : 3; }
void check_castable(const char* op, DType made, DType to) {
  if (kind(made) > kind(to)) type_error(op, "the result does not fit the tensor that is written to; got ", made, " for dtype=", to);
}

Tensor dense_copy(const Tensor& x) {
  Tensor y = make_tensor(x.shape(), x.dtype(), x.device());
  kernels(x.device()).copy(view_of(y), view_of(x));
  return y;
}

}  // namespace

Tensor apply(const RowCall& asked) {
  const RowCall c = compared(asked);
  const RowInfo& row = info(c.row);
  const Shape shape = settle_shape(row.name, c);
  const DType common = settle_dtype(row.name, row, c);
  check_params(row.name, c.row, row, common, c.params);
  const DType made = row.predicate ? bool_ : common;
  checked_numel(row.name, shape, itemsize(made));
  RowCall real = c;
  real.row = effective(c.row, common);
  const Device device = device_of(c);
  Tensor y = make_tensor(shape, made, device);
  run(real, compute_dtype(common), shape, view_of(y), device);
  record_row(y, c, row, common);
  return y;
}

Tensor& apply_out(const char* op, Tensor& out, const RowCall& asked) {
  const RowCall c = compared(asked);
  const RowInfo& row = info(c.row);
  for (int i = 0; i < c.n; ++i)
    if (modes.grad && i != c.scalar_at && c.tensors[i]->requires_grad())
      runtime_error(op, "a result that is written to `out` cannot be recorded; got an input that requires a gradient. Use no_grad");
  const Shape shape = settle_shape(op, c);
  const DType common = settle_dtype(op, row, c);
  check_params(op, c.row, row, common, c.params);
  if (!(out.shape() == shape)) value_error(op, "`out` must have the result's shape; got ", out.shape(), ", expected ", shape);
  check_castable(op, row.predicate ? bool_ : common, out.dtype());
  const Device device = device_of(c);
  if (out.device() != device) runtime_error(op, "tensors must be on one device; got ", out.device(), " and ", device, ". Move one with x.to(device)");
  check_inplace(op, out, out.requires_grad());
  RowCall apart = c;
  apart.row = effective(c.row, common);
  Tensor copies[3];
  for (int i = 0; i < c.n; ++i)
    if (i != c.scalar_at && overlap(view_of(out), view_of(*c.tensors[i])) == Overlap::partial) apart.tensors[i] = &(copies[i] = dense_copy(*c.tensors[i]));
  run(apart, compute_dtype(common), shape, view_of(out), device);
  finish_inplace(out, {});
  return out;
}

Tensor& apply_inplace(const char* op, Tensor& x, const RowCall& c) {
  const RowInfo& row = info(c.row);
  const Shape shape = settle_shape(op, c);
  const DType common = settle_dtype(op, row, c);
  check_params(op, c.row, row, common, c.params);
  if (!(x.shape() == shape)) value_error(op, "the result must have the tensor's shape; got ", x.shape(), ", expected ", shape);
  check_castable(op, common, x.dtype());
  const unsigned wanted = modes.grad && is_differentiable(common) ? wanted_operands(c) : 0;
  check_inplace(op, x, wanted != 0);

  RowCall apart = c;
  apart.row = effective(c.row, common);
  Tensor copies[3];
  unsigned used = 0;
  for (int i = 0; i < c.n; ++i)
    if (wanted >> i & 1) used |= row.uses[i];
  for (int i = 0; i < c.n; ++i) {
    if (i == c.scalar_at) continue;
    const Tensor& t = *c.tensors[i];
    const Overlap shared = overlap(view_of(x), view_of(t));
    // Overwritten memory that the derivative needs is copied now rather than refused later.
    if (shared == Overlap::none || (shared == Overlap::same && !(used >> i & 1))) continue;
    copies[i] = dense_copy(t);
    if (t.requires_grad()) {
      const Edge e = gradient_edge(t);
      set_edge(copies[i], e.node, e.output);
    }
    apart.tensors[i] = &copies[i];
  }
  Tensor y;
  RowNode* node = nullptr;
  if (wanted) {
    y = make_alias(x);
    node = attach_row(y, apart, row, common, wanted);
  }
  run(apart, compute_dtype(common), shape, view_of(x), x.device());
  finish_inplace(x, y);
  if (node) node->save_output(y);
  return x;
}

Tensor unary(Row r, const Tensor& x, double p0, double p1) {
  const TensorImpl& t = x.impl();
  const RowCall c{.row = r, .n = 1, .tensors = {&x}, .params = {p0, p1}};
  if (quick(t) && r != Row::polygamma) {  // whose n is checked
    if (const DenseLoop loop = dense_loop(r, Part::value, t)) {
      const RowInfo& row = info(r);
      Tensor y = make_like(t, row.predicate ? bool_ : t.dtype);
      const void* in[] = {t.data};
      loop(y.impl().data, in, t.numel, c.params);
      if (on_tape(t)) record_row(y, c, row, t.dtype);
      return y;
    }
  }
  if (is_complex(t.dtype) && (r == Row::abs || r == Row::sign || r == Row::angle)) return complex_row(r, x);
  return apply(c);
}

Tensor binary(Row r, const Tensor& a, const Tensor& b) {
  const TensorImpl& t = a.impl();
  const TensorImpl& u = b.impl();
  if (quick(t) && alike(t, u)) {
    if (const DenseLoop loop = dense_loop(r, Part::value, t)) {
      const RowInfo& row = info(r);
      Tensor y = make_like(t, row.predicate ? bool_ : t.dtype);
      const void* in[] = {t.data, u.data};
      constexpr double none[2] = {};
      loop(y.impl().data, in, t.numel, none);
      if (on_tape(t) || on_tape(u)) record_row(y, {.row = r, .n = 2, .tensors = {&a, &b}}, row, t.dtype);
      return y;
    }
  }
  return apply({.row = r, .n = 2, .tensors = {&a, &b}});
}

namespace {
// `number` is the operand at `at`; it is spread to a row of equal elements for the loop.
Tensor with_number(Row r, const Tensor& x, Scalar number, int at) {
  const TensorImpl& t = x.impl();
  RowCall c{.row = r, .n = 2, .scalar_at = at, .scalar = number};
  c.tensors[1 - at] = &x;
  constexpr std::int64_t most = 256;
  if (!quick(t) || t.numel > most || number.is_complex()) return apply(c);
  const DenseLoop loop = dense_loop(r, Part::value, t);
  if (!loop) return apply(c);
  const RowInfo& row = info(r);
  alignas(64) char spread[most * sizeof(double)];
  if (t.dtype == float32) {
    const auto v = static_cast<float>(number.re());
    for (std::int64_t i = 0; i < t.numel; ++i) reinterpret_cast<float*>(spread)[i] = v;
  } else {
    for (std::int64_t i = 0; i < t.numel; ++i) reinterpret_cast<double*>(spread)[i] = number.re();
  }
  Tensor y = make_like(t, row.predicate ? bool_ : t.dtype);
  const void* in[2];
  in[at] = spread;
  in[1 - at] = t.data;
  loop(y.impl().data, in, t.numel, c.params);
  if (on_tape(t)) record_row(y, c, row, t.dtype);
  return y;
}
}  // namespace

Tensor binary(Row r, const Tensor& a, Scalar b) { return with_number(r, a, b, 1); }
Tensor binary(Row r, Scalar a, const Tensor& b) { return with_number(r, b, a, 0); }

Tensor& binary_inplace(Row r, const char* op, Tensor& a, const Tensor& b) {
  const TensorImpl& t = a.impl();
  const TensorImpl& u = b.impl();
  if (quick(t) && alike(t, u) && !(t.storage == u.storage) && !on_tape(t) && !on_tape(u)) {
    if (const DenseLoop loop = dense_loop(r, Part::value, t)) {
      check_inplace(op, a, false);
      const void* in[] = {t.data, u.data};
      constexpr double none[2] = {};
      loop(t.data, in, t.numel, none);
      finish_inplace(a, {});
      return a;
    }
  }
  return apply_inplace(op, a, {.row = r, .n = 2, .tensors = {&a, &b}});
}

}  // namespace ph::detail
