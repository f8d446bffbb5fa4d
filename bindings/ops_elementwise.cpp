// Every row of the elementwise table as a function, a method and an in-place method; and what is made of rows.
#include "bindings/op.h"
#include "bindings/tensor_slots.h"
#include "playhead/tensor/elementwise.h"
#include "playhead/tensor/fits.h"

namespace ph::python {
/// An operand of a comparison: also an int beyond 64 bits.
struct Compared {
  Operand given;
  std::optional<double> far;
  Operand beside(const Compared& o) const { return far && o.given.is_tensor() ? Operand{{}, far_from(o.given.tensor, *far)} : given; }
};
template <> struct From<Compared> {
  static constexpr const char* type = From<Operand>::type;
  static Compared get(PyObject* o, const Arg& a) {
    const auto far = far_value(o);
    return {far ? Operand() : From<Operand>::get(o, a), far};
  }
};

namespace {
/// What where gives: a tensor, or where the condition holds.
struct Chosen {
  Tensor values;
  std::vector<Tensor> places;
};
}  // namespace
template <> struct Into<Chosen> {
  static constexpr const char* type = "Tensor";
  static PyObject* get(Chosen&& c) { return c.values.defined() ? wrap(std::move(c.values)) : Into<std::vector<Tensor>>::get(std::move(c.places)); }
};
namespace {

[[noreturn]] void no_tensor(const char* op) { type_error(op, "one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)"); }

template <class Both, class Right, class Left>
Tensor call(const char* op, const Operand& a, const Operand& b, Both both, Right right, Left left) {
  if (a.is_tensor()) return b.is_tensor() ? both(a.tensor, b.tensor) : right(a.tensor, b.scalar);
  if (!b.is_tensor()) no_tensor(op);
  return left(a.scalar, b.tensor);
}
/// With out=: a number becomes a tensor, of which the kernel knows only the right one.
using BothOut = Tensor& (*)(Tensor&, const Tensor&, const Tensor&);
using RightOut = Tensor& (*)(Tensor&, const Tensor&, Scalar);
Tensor call_out(const char* op, Tensor out, const Operand& a, const Operand& b, BothOut both, RightOut right) {
  if (a.is_tensor()) return b.is_tensor() ? both(out, a.tensor, b.tensor) : right(out, a.tensor, b.scalar);
  if (!b.is_tensor()) no_tensor(op);
  return both(out, full({}, a.scalar, {.dtype = weak_promote(b.tensor.dtype(), a.scalar)}), b.tensor);
}
using Both = Tensor (*)(const Tensor&, const Tensor&);
using Right = Tensor (*)(const Tensor&, Scalar);
using Left = Tensor (*)(Scalar, const Tensor&);

/// a / b toward zero; of integers exactly, which floating numbers on the way would not be.
Tensor divide_toward_zero(const Operand& a, const Operand& b) {
  const Tensor rest = call("div", a, b, static_cast<Both>(&ph::fmod), static_cast<Right>(&ph::fmod), static_cast<Left>(&ph::fmod));
  if (!is_integer(rest.dtype())) return trunc(call("div", a, b, static_cast<Both>(&ph::div), static_cast<Right>(&ph::div), static_cast<Left>(&ph::div)));
  const Tensor multiple = a.is_tensor() ? a.tensor - rest : sub(a.scalar, rest);
  return b.is_tensor() ? floor_divide(multiple, b.tensor) : floor_divide(multiple, b.scalar);
}

void define_unary() {
#define UNARY(name, ...)                                                                                                        \
  op(#name, "x, /, *, out=None", [](const Tensor& x, MaybeTensor out) { return out.defined() ? ph::name##_out(out, x) : ph::name(x); }); \
  method(#name "_", "self", [](Tensor& x) -> Tensor& { return x.name##_(); });
#define PREDICATE(name, ...) \
  op(#name, "x, /, *, out=None", [](const Tensor& x, MaybeTensor out) { return out.defined() ? ph::name##_out(out, x) : ph::name(x); });
#define UNARY1(name, p0, d0, ...)                                                                    \
  op(#name, "x, /, " #p0 "=" #d0, [](const Tensor& x, double p) { return ph::name(x, p); });         \
  method(#name "_", "self, " #p0 "=" #d0, [](Tensor& x, double p) -> Tensor& { return x.name##_(p); });
#define UNARY2(name, p0, d0, p1, d1, ...)                                                                                 \
  op(#name, "x, /, " #p0 "=" #d0 ", " #p1 "=" #d1, [](const Tensor& x, double p, double q) { return ph::name(x, p, q); }); \
  method(#name "_", "self, " #p0 "=" #d0 ", " #p1 "=" #d1, [](Tensor& x, double p, double q) -> Tensor& { return x.name##_(p, q); });
#include "playhead/tensor/elementwise.def"
}

void define_binary() {
#define PH_CALL(name)                                                                                                              \
  op(#name, "x1, x2, /, *, out=None", [](const Operand& a, const Operand& b, const MaybeTensor& out) {                              \
    if (out.defined()) return call_out(#name, out, a, b, &ph::name##_out, &ph::name##_out);                                         \
    return call(#name, a, b, static_cast<Both>(&ph::name), static_cast<Right>(&ph::name), static_cast<Left>(&ph::name));            \
  });
#define BINARY(name, ...)                                                                                                           \
  PH_CALL(name)                                                                                                                     \
  method(#name "_", "self, other", [](Tensor& x, const Operand& b) -> Tensor& { return b.is_tensor() ? x.name##_(b.tensor) : x.name##_(b.scalar); });
#define COMPARE(name, ...)                                                                                                          \
  op(#name, "x1, x2, /, *, out=None", [](const Compared& x, const Compared& y, const MaybeTensor& out) {                            \
    const Operand a = x.beside(y), b = y.beside(x);                                                                                 \
    if (out.defined()) return call_out(#name, out, a, b, &ph::name##_out, &ph::name##_out);                                         \
    return call(#name, a, b, static_cast<Both>(&ph::name), static_cast<Right>(&ph::name), static_cast<Left>(&ph::name));            \
  });
#include "playhead/tensor/elementwise.def"
#undef PH_CALL
}

/// Once more, for what PyTorch's functions have an `inplace` of.
void define_inplace() {
#define PH_INPLACE(name)                                                                                      \
  op(#name, "x, /, inplace=False, *, out=None", [](Tensor& x, bool inplace, MaybeTensor out) -> Changed {     \
    if (inplace) return x.name##_(), Changed{};                                                               \
    return {out.defined() ? ph::name##_out(out, x) : ph::name(x)};                                            \
  });
#define PH_INPLACE1(name, p0, d0)                                                                   \
  op(#name, "x, /, " #p0 "=" #d0 ", inplace=False", [](Tensor& x, double p, bool inplace) -> Changed { \
    if (inplace) return x.name##_(p), Changed{};                                                    \
    return {ph::name(x, p)};                                                                        \
  });
#define PH_INPLACE2(name, p0, p1)                                                                              \
  op(#name, "x, /, " #p0 ", " #p1 ", inplace=False", [](Tensor& x, double p, double q, bool inplace) -> Changed { \
    if (inplace) return x.name##_(p, q), Changed{};                                                            \
    return {ph::name(x, p, q)};                                                                                \
  });
  PH_INPLACE(relu)
  PH_INPLACE(relu6)
  PH_INPLACE(selu)
  PH_INPLACE(silu)
  PH_INPLACE(mish)
  PH_INPLACE(hardswish)
  PH_INPLACE(hardsigmoid)
  PH_INPLACE1(elu, alpha, 1.0)
  PH_INPLACE1(celu, alpha, 1.0)
  PH_INPLACE1(leaky_relu, negative_slope, 0.01)
  PH_INPLACE2(hardtanh, min_val=-1.0, max_val=1.0)
  PH_INPLACE2(threshold, threshold, value)
#undef PH_INPLACE
#undef PH_INPLACE1
#undef PH_INPLACE2
}

void define_aliases() {
#define ALIAS(name, of) \
  alias(#name, #of);    \
  if (PyDict_GetItemString(TensorType.tp_dict, #of "_")) alias(#name "_", #of "_");
#include "playhead/tensor/elementwise.def"
}

/// b times PyTorch's alpha.
Operand scaled(const char* op, const Operand& b, const Scalar& alpha) {
  if (b.is_tensor()) {
    if (!is_floating(b.tensor.dtype()) && !is_complex(b.tensor.dtype()) && (alpha.is_floating() || alpha.is_complex()))
      type_error(op, "alpha must be an int for integers; got dtype=", b.tensor.dtype());
    return {mul(b.tensor, alpha), {}};
  }
  const auto times = [&](const Scalar& s) -> Scalar {
    if (s.is_complex() || alpha.is_complex()) return s.to<cdouble>() * alpha.to<cdouble>();
    if (s.is_floating() || alpha.is_floating()) return s.re() * alpha.re();
    return s.to<std::int64_t>() * alpha.to<std::int64_t>();
  };
  return {{}, times(b.scalar)};
}
bool is_one(const Scalar& s) { return !s.is_floating() && !s.is_complex() && s.to<std::int64_t>() == 1; }

/// A bound as a tensor. A number beyond the dtype, where it bounds nothing, is the dtype's own end; on the other side it is an error.
Tensor bound_of(const char* op, const Operand& a, const Tensor& x, bool least) {
  if (a.is_tensor()) return a.tensor;
  const DType t = weak_promote(x.dtype(), a.scalar);
  Scalar s = a.scalar;
  if (!detail::fits(s, t) && least == (s.kind() == Scalar::Kind::integer && s.to<std::int64_t>() < 0)) s = least ? Scalar(iinfo(t).min) : Scalar(iinfo(t).max);
  detail::check_fits(op, s, t);
  return full({}, s, {.dtype = t, .device = x.device()});
}
Tensor clip_to(const char* op, const Tensor& x, const std::optional<Operand>& min, const std::optional<Operand>& max) {
  if (!min && !max) return x.clone();
  const auto numbers = [](const std::optional<Operand>& v) { return !v || (!v->is_tensor() && !v->scalar.is_complex()); };
  if (numbers(min) && numbers(max) && is_floating(x.dtype())) {
    if (min && max) return clamp(x, min->scalar.re(), max->scalar.re());
    return min ? clamp_min(x, min->scalar.re()) : clamp_max(x, max->scalar.re());
  }
  return clamp(x, min ? bound_of(op, *min, x, true) : Tensor(), max ? bound_of(op, *max, x, false) : Tensor());
}
Tensor choose_where(const Tensor& c, const Operand& a, const Operand& b) {
  if (a.is_tensor()) return b.is_tensor() ? where(c, a.tensor, b.tensor) : where(c, a.tensor, b.scalar);
  return b.is_tensor() ? where(c, a.scalar, b.tensor) : where(c, a.scalar, b.scalar);
}

}  // namespace

void define_elementwise() {
  define_unary();
  define_binary();
  define_inplace();
  /// input + weight * (end - input).
  op("lerp", "input, end, weight", [](const Tensor& a, const Tensor& b, const Operand& w) { return w.is_tensor() ? lerp(a, b, w.tensor) : lerp(a, b, w.scalar); });
  /// input + value * tensor1 * tensor2.
  op("addcmul", "input, tensor1, tensor2, *, value=1", [](const Tensor& a, const Tensor& b, const Tensor& c, Scalar v) { return addcmul(a, b, c, v); });
  /// input + value * tensor1 / tensor2; integers are promoted to floats.
  op("addcdiv", "input, tensor1, tensor2, *, value=1", [](const Tensor& a, const Tensor& b, const Tensor& c, Scalar v) { return addcdiv(a, b, c, v); });
#define PH_ALPHA(name)                                                                                                                       \
  op(#name, "x1, x2, /, *, alpha=1, out=None", [](const Operand& a, const Operand& b_, Scalar alpha, const MaybeTensor& out) {                  \
    const Operand b = is_one(alpha) ? b_ : scaled(#name, b_, alpha);                                                                          \
    if (out.defined()) return call_out(#name, out, a, b, &ph::name##_out, &ph::name##_out);                                                   \
    return call(#name, a, b, static_cast<Both>(&ph::name), static_cast<Right>(&ph::name), static_cast<Left>(&ph::name));                      \
  });                                                                                                                                         \
  method(#name "_", "self, other, *, alpha=1", [](Tensor& x, const Operand& b_, Scalar alpha) -> Tensor& {                                     \
    const Operand b = is_one(alpha) ? b_ : scaled(#name "_", b_, alpha);                                                                      \
    return b.is_tensor() ? x.name##_(b.tensor) : x.name##_(b.scalar);                                                                         \
  });
  PH_ALPHA(add)
  PH_ALPHA(sub)
#undef PH_ALPHA
  /// x kept between two numbers or two tensors; what is left out does not bound, nor does a number beyond an integer x's dtype. max where
  /// min > max. Where x equals a bound the gradient is x's.
  op("clip", "x, /, min=None, max=None", [](const Tensor& x, const std::optional<Operand>& min, const std::optional<Operand>& max) { return clip_to("clip", x, min, max); });
  alias("clamp", "clip");
  /// x, at least min, a number or a tensor. Where they are equal the gradient is x's.
  op("clamp_min", "x, /, min=0", [](const Tensor& x, const Operand& min) { return clip_to("clamp_min", x, min, std::nullopt); });
  /// x, at most max, a number or a tensor. Where they are equal the gradient is x's.
  op("clamp_max", "x, /, max=0", [](const Tensor& x, const Operand& max) { return clip_to("clamp_max", x, std::nullopt, max); });
  method("lerp_", "self, end, weight", [](Tensor& x, const Tensor& b, const Operand& w) -> Tensor& {
    return x.copy_(w.is_tensor() ? lerp(x, b, w.tensor) : lerp(x, b, w.scalar));
  });
  method("addcmul_", "self, tensor1, tensor2, *, value=1", [](Tensor& x, const Tensor& b, const Tensor& c, Scalar v) -> Tensor& { return x.copy_(addcmul(x, b, c, v)); });
  method("addcdiv_", "self, tensor1, tensor2, *, value=1", [](Tensor& x, const Tensor& b, const Tensor& c, Scalar v) -> Tensor& { return x.copy_(addcdiv(x, b, c, v)); });
  method("clamp_", "self, min=None, max=None", [](Tensor& x, const std::optional<Operand>& min, const std::optional<Operand>& max) -> Tensor& {
    return x.copy_(clip_to("clamp_", x, min, max));
  });
  alias("clip_", "clamp_");
  /// x1 where the condition holds, else x2. The gradient goes to the one that was taken. Without both, where it holds: what nonzero gives.
  op("where", "condition, x1=None, x2=None, /", [](const Tensor& c, const std::optional<Operand>& a, const std::optional<Operand>& b) -> Chosen {
    if (a.has_value() != b.has_value()) type_error("where", "needs both x1 and x2, or neither; got one of them");
    if (!a) return {{}, nonzero(c)};
    return {choose_where(c, *a, *b), {}};
  });
  /// The tensor where the condition holds, else other.
  method("where", "self, condition, other", [](const Tensor& x, const Tensor& c, const Operand& other) { return choose_where(c, {x, {}}, other); });
  /// other - input: sub with the operands exchanged.
  op("rsub", "input, other", [](const Tensor& a, const Operand& b) { return b.is_tensor() ? rsub(a, b.tensor) : rsub(a, b.scalar); });
  op("float_power", "x1, x2, /", [](const Operand& a, const Operand& b) {
    if (a.is_tensor()) return b.is_tensor() ? float_power(a.tensor, b.tensor) : float_power(a.tensor, b.scalar);
    if (!b.is_tensor()) no_tensor("float_power");
    return float_power(full({}, a.scalar), b.tensor);
  });
  op("nan_to_num", "x, nan=0.0, posinf=None, neginf=None", [](const Tensor& x, double nan, std::optional<double> pos, std::optional<double> neg) {
    if (!pos && !neg) return nan_to_num(x, nan);
    if (!is_floating(x.dtype()) && !is_complex(x.dtype())) return nan_to_num(x, nan);
    const FloatInfo limits = finfo(x.dtype());
    return nan_to_num(x, nan, pos.value_or(limits.max), neg.value_or(limits.min));
  });
  op("round", "x, /, *, decimals=0, out=None", [](const Tensor& x, int decimals, MaybeTensor out) {
    if (decimals == 0) return out.defined() ? round_out(out, x) : round(x);
    return round(x, decimals);
  });
  op("isclose", "x1, x2, rtol=1e-05, atol=1e-08, equal_nan=False",
     [](const Values& a, const Values& b, double rtol, double atol, bool equal_nan) {
       const auto [x, y] = together(a, b);
       return isclose(x, y, rtol, atol, equal_nan);
     });
  op("frexp", "x", [](const Tensor& x) { return frexp(x); });
  function("polygamma", "n, x", [](double n, const Tensor& x) { return polygamma(n, x); });
  method("polygamma", "self, n", [](const Tensor& x, double n) { return polygamma(n, x); });
  /// log(1 + e^(beta x)) / beta, without overflow. It is exact, so that PyTorch's threshold, from which on x is given back, is not needed.
  op("softplus", "x, /, beta=1, threshold=20", [](const Tensor& x, double beta, double threshold) {
    if (!(threshold >= 20)) value_error("softplus", "is exact, so that a threshold under 20 would change nothing but its accuracy; got threshold=", threshold);
    return softplus(x, beta);
  });
  /// x where positive, else weight * x; one weight, or one for each entry of dim 1.
  op("prelu", "x, weight", [](const Tensor& x, const Tensor& w) { return prelu(x, w); });
  op("gelu", "x, approximate='none'", [](const Tensor& x, const std::string& approximate) {
    if (approximate != "none" && approximate != "tanh") value_error("gelu", "approximate must be 'none' or 'tanh'; got '", approximate, "'");
    return approximate == "tanh" ? gelu_tanh(x) : gelu(x);
  });
  op("div", "x1, x2, /, *, rounding_mode=None, out=None", [](const Operand& a, const Operand& b, const std::optional<std::string>& mode, MaybeTensor out) {
    if (mode && *mode != "floor" && *mode != "trunc") value_error("div", "rounding_mode must be None, 'floor' or 'trunc'; got '", *mode, "'");
    if (mode && *mode == "trunc") {
      const Tensor q = divide_toward_zero(a, b);
      return out.defined() ? positive_out(out, q) : q;
    }
    if (out.defined()) return mode ? call_out("floor_divide", out, a, b, &ph::floor_divide_out, &ph::floor_divide_out) : call_out("div", out, a, b, &ph::div_out, &ph::div_out);
    return mode ? call("floor_divide", a, b, static_cast<Both>(&ph::floor_divide), static_cast<Right>(&ph::floor_divide), static_cast<Left>(&ph::floor_divide))
                : call("div", a, b, static_cast<Both>(&ph::div), static_cast<Right>(&ph::div), static_cast<Left>(&ph::div));
  });
  op("conj", "x, /", [](const Tensor& x) { return conj(x); });
  alias("conj_physical", "conj");
  op("polar", "abs, angle", [](const Tensor& r, const Tensor& a) { return polar(r, a); });
  function("real", "x, /", [](const Tensor& x) { return real(x); });
  function("imag", "x, /", [](const Tensor& x) { return imag(x); });
  define_aliases();
  // For tests: the range that a row's samples are drawn from, its number of operands, its domain.
  function("_row", "name", [](const std::string& name) {
    for (int i = 0; i < row_count; ++i)
      if (const RowInfo& r = info(static_cast<Row>(i)); name == r.name) return checked(Py_BuildValue("(ddiC)", r.lo, r.hi, int{r.arity}, int{r.domain}));
    PyErr_SetString(PyExc_KeyError, name.c_str());
    throw PythonError();
  });
  function("complex", "real, imag", [](const Tensor& re, const Tensor& im) { return complex(re, im); });
}

}  // namespace ph::python
