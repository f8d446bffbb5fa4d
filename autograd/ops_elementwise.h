// The elementwise ops, one for each row of tensor/elementwise.def (which says what each computes), and the operators.
//
// Shapes broadcast. Dtypes promote by the array API's rules; a Scalar is weak: it takes the tensor's dtype where its kind
// allows it, and must fit. Integers become the default floating dtype where the row says so; a dtype that a row does not
// take is a type error. Comparisons and predicates give bool. Every op has derivatives of any order.
// `name_out(out, …)` writes into `out`, which must have the result's shape and a dtype of at least its kind; it may be an
// input, and is not recorded. The in-place methods `x.name_(…)` are recorded.
#pragma once
#include <utility>

#include "playhead/tensor/api.h"
#include "playhead/tensor/tensor.h"

namespace PH_PUBLIC ph {

#define UNARY(name, ...) Tensor name(const Tensor& x); Tensor& name##_out(Tensor& out, const Tensor& x);
#define UNARY1(name, p0, d0, ...) Tensor name(const Tensor& x, double p0 = d0); Tensor& name##_out(Tensor& out, const Tensor& x, double p0 = d0);
#define UNARY2(name, p0, d0, p1, d1, ...)                      \
  Tensor name(const Tensor& x, double p0 = d0, double p1 = d1); \
  Tensor& name##_out(Tensor& out, const Tensor& x, double p0 = d0, double p1 = d1);
#define BINARY(name, ...)                                                                                      \
  Tensor name(const Tensor& a, const Tensor& b); Tensor name(const Tensor& a, Scalar b); Tensor name(Scalar a, const Tensor& b); \
  Tensor& name##_out(Tensor& out, const Tensor& a, const Tensor& b); Tensor& name##_out(Tensor& out, const Tensor& a, Scalar b);
#define TERNARY(name, ...)                                                                                     \
  Tensor name(const Tensor& a, const Tensor& b, const Tensor& c); Tensor name(const Tensor& a, const Tensor& b, Scalar c); \
  Tensor& name##_out(Tensor& out, const Tensor& a, const Tensor& b, const Tensor& c);
#define SELECT(name, ...)                                                                                      \
  Tensor name(const Tensor& a, const Tensor& b, const Tensor& c); Tensor name(const Tensor& a, const Tensor& b, Scalar c); \
  Tensor name(const Tensor& a, Scalar b, const Tensor& c); Tensor name(const Tensor& a, Scalar b, Scalar c);     \
  Tensor& name##_out(Tensor& out, const Tensor& a, const Tensor& b, const Tensor& c);
#define PREDICATE UNARY
#define COMPARE BINARY
// Under another name, whatever a row takes.
#define ALIAS(alias, name)                                                                        \
  template <class... Args> requires requires(const Args&... args) { ph::name(args...); }             \
  Tensor alias(const Args&... args) { return ph::name(args...); }
#include "playhead/tensor/elementwise.def"

// --- operators ------------------------------------------------------------------------------------------------------
#define PH_OPERATOR(op, name)                                                                  \
  inline Tensor operator op(const Tensor& a, const Tensor& b) { return name(a, b); }           \
  inline Tensor operator op(const Tensor& a, Scalar b) { return name(a, b); }                  \
  inline Tensor operator op(Scalar a, const Tensor& b) { return name(a, b); }
PH_OPERATOR(+, add)
PH_OPERATOR(-, sub)
PH_OPERATOR(*, mul)
PH_OPERATOR(/, div)
PH_OPERATOR(%, remainder)
PH_OPERATOR(&, bitwise_and)
PH_OPERATOR(|, bitwise_or)
PH_OPERATOR(^, bitwise_xor)
PH_OPERATOR(==, equal)
PH_OPERATOR(!=, not_equal)
PH_OPERATOR(<, less)
PH_OPERATOR(<=, less_equal)
PH_OPERATOR(>, greater)
PH_OPERATOR(>=, greater_equal)
#undef PH_OPERATOR
inline Tensor operator-(const Tensor& x) { return neg(x); }
inline Tensor operator+(const Tensor& x) { return x; }
inline Tensor operator~(const Tensor& x) { return bitwise_not(x); }
inline Tensor operator!(const Tensor& x) { return logical_not(x); }

// --- made of rows ---------------------------------------------------------------------------------------------------
/// With a number: a + value * b * c.
Tensor addcmul(const Tensor& a, const Tensor& b, const Tensor& c, Scalar value);
/// With a number: a + value * b / c.
Tensor addcdiv(const Tensor& a, const Tensor& b, const Tensor& c, Scalar value);
/// b - a: sub with the operands exchanged.
Tensor rsub(const Tensor& a, const Tensor& b);
Tensor rsub(const Tensor& a, Scalar b);
/// a to the power b, in float64 (complex128 for complex).
Tensor float_power(const Tensor& a, const Tensor& b);
Tensor float_power(const Tensor& a, Scalar b);
/// x kept between two numbers, or two tensors; what is left out does not bound.
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max);
Tensor clamp_min(const Tensor& x, const Tensor& min);
Tensor clamp_max(const Tensor& x, const Tensor& max);
/// x (of a complex number each part) with NaN, +inf and -inf replaced; infinities by default by the dtype's largest and least number.
Tensor nan_to_num(const Tensor& x, double nan = 0);
Tensor nan_to_num(const Tensor& x, double nan, double posinf, double neginf);
/// Rounded to `decimals` digits after the point (before it, if negative), halves to even.
Tensor round(const Tensor& x, int decimals);
/// |a - b| <= atol + rtol |b|, or equal; NaN is close to nothing unless `equal_nan`.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// (m, e) with x = m * 2^e, |m| in [0.5, 1) or 0; e is int32.
std::pair<Tensor, Tensor> frexp(const Tensor& x);
/// (The number first, as in PyTorch.)
inline Tensor polygamma(double n, const Tensor& x) { return polygamma(x, n); }
/// x where positive, else weight * x; one weight, or one for each entry of dim 1.
Tensor prelu(const Tensor& x, const Tensor& weight);

// --- complex numbers (autograd/ops_complex.cpp) -----------------------------------------------------------------------
/// The conjugate; x itself if it is real.
Tensor conj(const Tensor& x);
inline Tensor conj_physical(const Tensor& x) { return conj(x); }
/// abs (cos angle + i sin angle).
Tensor polar(const Tensor& abs, const Tensor& angle);

}  // namespace ph
