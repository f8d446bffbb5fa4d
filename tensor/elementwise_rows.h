// The table's texts as functors: Text<Row, T>::value and ::grad_a, ::grad_b, ::grad_c for scalars on the host and on CUDA, and
// (the derivatives) for T = Tensor. Which loops run them is not decided here.
#pragma once
#include <cstdint>

#include "playhead/tensor/complex.h"
#include "playhead/tensor/elementwise.h"
#include "playhead/tensor/math.h"
#include "playhead/tensor/math_complex.h"
#include "playhead/tensor/math_integer.h"

namespace ph::math {

template <class T> inline constexpr bool is_complex_scalar = false;
template <class R> inline constexpr bool is_complex_scalar<Complex<R>> = true;
// Texts treat numbers of all kinds alike.
template <Number T> PH_INLINE T real(T x) { return x; }
template <Number T> PH_INLINE T conj(T x) { return x; }
template <Real T> PH_INLINE bool isreal(T) { return true; }
template <class T> PH_INLINE bool isreal(Complex<T> z) { return z.im == 0; }
template <class T> PH_INLINE Complex<T> exp2(Complex<T> z) { return exp(z * static_cast<T>(0.69314718055994530942)); }

}  // namespace ph::math

namespace ph::rows {

using namespace ph::math;

// Constants of the texts.
inline constexpr double inf = __builtin_inf(), pi = 3.14159265358979323846;
inline constexpr double ln2 = 0.69314718055994530942, ln10 = 2.30258509299404568402;
inline constexpr double sqrt_pi = 1.77245385090551602730, sqrt_half = 0.70710678118654752440;
inline constexpr double selu_scale = 1.0507009873554804934, selu_alpha = 1.6732632423543772848;
inline constexpr double gelu_k = 0.79788456080286535588;  // sqrt(2 / pi)

/// Floats, integers and complex numbers, as opposed to Tensor.
template <class T> concept ScalarType = Number<T> || is_complex_scalar<T>;

// --- factors that are no numbers --------------------------------------------------------------------------------------
struct One {};
/// A derivative that is v where c holds and nothing elsewhere.
template <class C, class V> struct Only { C c; V v; };
template <class C> PH_INLINE Only<C, One> only(const C& c) { return {c, {}}; }
template <class C, class V> PH_INLINE Only<C, V> only(const C& c, const V& v) { return {c, v}; }
/// A choice between two numbers by a tensor: it has no dtype before it is a factor.
template <class C> struct Pick { C c; double a, b; };
template <class C> requires(__is_class(C)) PH_INLINE Pick<C> where(const C& c, double a, double b) { return {c, a, b}; }
using math::where;

/// A derivative that the library does not have. No kernel has a text for it; the tape raises an error.
struct Unknown {};
PH_INLINE constexpr Unknown unknown() { return {}; }
template <ScalarType T> PH_INLINE T chain(T g, Unknown) { return g; }

/// g times a derivative.
template <ScalarType T> PH_INLINE T chain(T g, T d) { return g * conj(d); }
template <ScalarType T> PH_INLINE T chain(T g, One) { return g; }
template <ScalarType T, class C, class V> requires(!__is_class(C)) PH_INLINE T chain(T g, const Only<C, V>& d) { return where(d.c, chain(g, d.v), T(0)); }

/// Stands for an operand that is not saved; a text that uses it does not compile.
struct Unsaved {};

// --- pieces that texts share; for scalars and tensors ---------------------------------------------------------------------
template <class T> PH_INLINE double poly(const T&, double c) { return c; }
/// c0 + c1 x + c2 x^2 + …
template <class T, class... C> PH_INLINE T poly(const T& x, double c0, double c1, C... c) {
  if constexpr (ScalarType<T>) return static_cast<T>(c0) + x * static_cast<T>(poly(x, c1, c...));
  else return c0 + x * poly(x, c1, c...);
}
template <class T> PH_INLINE T tanh_softplus(const T& x) {
  if constexpr (ScalarType<T>) return tanh(where(x > 0, x, T(0)) + log1p(exp(-abs(x))));
  else return tanh(softplus(x));
}
/// The derivative of erfcx for x >= 30, where 2 x erfcx(x) - 2 / sqrt(pi) would cancel.
template <class T> PH_INLINE T erfcx_slope(const T& x) {
  if constexpr (ScalarType<T>) return static_cast<T>(-1 / sqrt_pi) / (x * x) * poly(T(1) / (x * x), 1.0, -1.5, 3.75, -13.125, 59.0625, -324.84375);
  else return (-1 / sqrt_pi) / (x * x) * poly(1.0 / (x * x), 1.0, -1.5, 3.75, -13.125, 59.0625, -324.84375);
}
/// x, or 0 where it is infinite: for products whose other factor is 0 there.
template <class T> PH_INLINE T finite(const T& x) {
  if constexpr (ScalarType<T>) return where(isinf(x), T(0), x);
  else return where(isinf(x), 0, x);
}
/// x kept where tanh(gelu_inner(x)) is not yet 1 or -1, so that no power of it overflows.
template <class T> PH_INLINE T gelu_bounded(const T& x) {
  if constexpr (ScalarType<T>) return where(x > T(50), T(50), where(x < T(-50), T(-50), x));
  else return clamp(x, -50, 50);
}
template <class T> PH_INLINE T gelu_inner(const T& v) {
  const T x = gelu_bounded(v);
  if constexpr (ScalarType<T>) return static_cast<T>(gelu_k) * (x + static_cast<T>(0.044715) * x * x * x);
  else return gelu_k * (x + 0.044715 * x * x * x);
}

// --- parameters -----------------------------------------------------------------------------------------------------------
/// A parameter as T; for integers the nearest one (NaN is 0), so that infinite bounds of clamp bound nothing.
template <ScalarType T> PH_INLINE T param(double p) {
  if constexpr (Integer<T>) {
    constexpr T least = Signed<T> ? static_cast<T>(static_cast<Wrapped<T>>(1) << (8 * sizeof(T) - 1)) : T(0);
    constexpr T most = static_cast<T>(~least);
    return p != p ? T(0) : p <= static_cast<double>(least) ? least : p >= static_cast<double>(most) ? most : static_cast<T>(p);
  } else {
    return T(static_cast<decltype(real(T()))>(p));
  }
}

// --- the rows -------------------------------------------------------------------------------------------------------------
template <class T> struct Context {
  using P = double;  // Tensor: constants and parameters stay numbers, and so weak
  static constexpr double K(double v) { return v; }
};
template <ScalarType T> struct Context<T> {
  using P = decltype(real(T()));
  PH_INLINE constexpr T K(double v) {
    if constexpr (is_complex_scalar<T>) return T(static_cast<decltype(T::re)>(v));
    else return static_cast<T>(v);
  }
};

template <Row R, class T> struct Text;

#define PH_U [[maybe_unused]]
#define PH_TEXT(name, arity_, domain_, predicate_, Operand)                   \
  template <class T> struct Text<Row::name, T> : Context<T> {                  \
    using Context<T>::K;                                                       \
    using P = typename Context<T>::P;                                          \
    using A = Operand; /* of operand a */                                      \
    static constexpr int arity = arity_;                                       \
    static constexpr char domain = #domain_[0];                                \
    static constexpr bool predicate = predicate_, select = !__is_same(Operand, T);
#define PH_PARAMS(p0, p1) PH_U P p0, PH_U P p1
// The value is asked for with as many operands as there are; a derivative with all of a, b, c, y, Unsaved where it uses none.
#define PH_GRAD(part, a, b, c, p0, p1, df)                                                              \
  template <class A, class B, class C, class Y>                                                         \
  PH_INLINE auto part(PH_U const A& a, PH_U const B& b, PH_U const C& c, PH_U const Y& y, PH_PARAMS(p0, p1)) -> decltype(df) { return df; }

#define UNARY2(name, p0, d0, p1, d1, domain, saves, f, df, ...)                                         \
  PH_TEXT(name, 1, domain, false, T)                                                                    \
  template <class X> PH_INLINE T value(PH_U const X& x, PH_PARAMS(p0, p1)) { return static_cast<T>(f); } \
  PH_GRAD(grad_a, x, b, c, p0, p1, df)                                                                  \
  };
#define UNARY1(name, p0, d0, ...) UNARY2(name, p0, d0, p1_, 0, __VA_ARGS__)
#define UNARY(name, ...) UNARY2(name, p0_, 0, p1_, 0, __VA_ARGS__)
#define BINARY(name, domain, saves, f, dfa, dfb, ...)                                                   \
  PH_TEXT(name, 2, domain, false, T)                                                                    \
  template <class X> PH_INLINE T value(PH_U const X& a, PH_U const X& b, P, P) { return static_cast<T>(f); } \
  PH_GRAD(grad_a, a, b, c, p0_, p1_, dfa)                                                               \
  PH_GRAD(grad_b, a, b, c, p0_, p1_, dfb)                                                               \
  };
#define TERNARY(name, domain, saves, f, dfa, dfb, dfc, ...)                                             \
  PH_TEXT(name, 3, domain, false, T)                                                                    \
  PH_INLINE T value(const T& a, const T& b, const T& c, P, P) { return static_cast<T>(f); }             \
  PH_GRAD(grad_a, a, b, c, p0_, p1_, dfa)                                                               \
  PH_GRAD(grad_b, a, b, c, p0_, p1_, dfb)                                                               \
  PH_GRAD(grad_c, a, b, c, p0_, p1_, dfc)                                                               \
  };
#define SELECT(name, domain, saves, f, dfb, dfc, ...)                                                   \
  PH_TEXT(name, 3, domain, false, bool)                                                                 \
  PH_INLINE T value(bool a, const T& b, const T& c, P, P) { return f; }                                 \
  PH_GRAD(grad_b, a, b, c, p0_, p1_, dfb)                                                               \
  PH_GRAD(grad_c, a, b, c, p0_, p1_, dfc)                                                               \
  };
#define PREDICATE(name, domain, f, ...)                                                                 \
  PH_TEXT(name, 1, domain, true, T)                                                                     \
  PH_INLINE bool value(PH_U const T& x, P, P) { return f; }                                             \
  };
#define COMPARE(name, domain, f, ...)                                                                   \
  PH_TEXT(name, 2, domain, true, T)                                                                     \
  PH_INLINE bool value(PH_U const T& a, PH_U const T& b, P, P) { return f; }                            \
  };
#include "playhead/tensor/elementwise.def"

// --- what a derivative uses -------------------------------------------------------------------------------------------
template <Row R, Part Q, class A, class B, class C, class Y>
inline constexpr bool derivable = [] {
  using X = Text<R, double>;
  if constexpr (Q == Part::grad_a) return requires(A a, B b, C c, Y y) { chain(0., X::grad_a(a, b, c, y, 0., 0.)); };
  else if constexpr (Q == Part::grad_b) return requires(A a, B b, C c, Y y) { chain(0., X::grad_b(a, b, c, y, 0., 0.)); };
  else return requires(A a, B b, C c, Y y) { chain(0., X::grad_c(a, b, c, y, 0., 0.)); };
}();
/// Bit set of the operands that a part's text uses: 1 a, 2 b, 4 c, 8 y. None: the derivative is a number.
template <Row R, Part Q>
inline constexpr std::uint8_t uses = [] {
  using T = double;
  using S = Text<R, T>;
  using A = typename S::A;
  return static_cast<std::uint8_t>((derivable<R, Q, Unsaved, T, T, T> ? 0 : 1) | (derivable<R, Q, A, Unsaved, T, T> ? 0 : 2) |
                                   (derivable<R, Q, A, T, Unsaved, T> ? 0 : 4) | (derivable<R, Q, A, T, T, Unsaved> ? 0 : 8));
}();
/// Whether the row has that derivative at all.
template <Row R, Part Q>
inline constexpr bool has_grad = !Text<R, double>::predicate && static_cast<int>(Q) >= (Text<R, double>::select ? 2 : 1) &&
                                 static_cast<int>(Q) <= Text<R, double>::arity;

/// Rows made of functions that have a quick form (math::Quick), which gives NaN where it gives up.
template <Row R>
inline constexpr bool has_quick_form = R == Row::sin || R == Row::cos || R == Row::tan || R == Row::fmod || R == Row::remainder || R == Row::floor_divide;

#undef PH_U
#undef PH_TEXT
#undef PH_PARAMS
#undef PH_GRAD

}  // namespace ph::rows
