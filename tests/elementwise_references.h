// What rows of the elementwise table should compute, written once more in long double and independently of their texts.
#pragma once
#include <cmath>
#include <cstring>
#include <limits>

namespace test {

using Number = long double;
struct Reference {
  const char* name;
  Number (*f)(Number a, Number b, Number c);
};

inline constexpr Number ref_pi = 3.14159265358979323846264338327950288L, ref_nan = std::numeric_limits<Number>::quiet_NaN();
inline Number ref_sigmoid(Number x) { return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
inline Number ref_softplus(Number x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
inline Number ref_mod(Number a, Number b) {
  const Number m = std::fmod(a, b);
  return m == 0 ? std::copysign(Number(0), b) : (m < 0) != (b < 0) ? m + b : m;
}
inline Number ref_clamp(Number x, Number lo, Number hi) { return std::isnan(x) ? x : x < lo ? lo : x > hi ? hi : x; }
inline Number ref_max(Number a, Number b) { return std::isnan(a) || std::isnan(b) ? ref_nan : a > b ? a : b; }

inline const Reference* reference(const char* name) {
#define ONE(name, f) {#name, []([[maybe_unused]] Number x, Number, Number) -> Number { return f; }},
#define TWO(name, f) {#name, [](Number a, Number b, Number) -> Number { return f; }},
#define THREE(name, f) {#name, [](Number a, Number b, Number c) -> Number { return f; }},
  using namespace std;
  static const Reference all[] = {
      TWO(add, a + b) TWO(sub, a - b) TWO(mul, a * b) TWO(div, a / b) TWO(fmod, fmod(a, b)) TWO(remainder, ref_mod(a, b))
      TWO(floor_divide, isfinite(a) && isfinite(b) && b != 0 ? floor((a - ref_mod(a, b)) / b + 0.5L) : ref_nan)
      TWO(pow, pow(a, b)) ONE(neg, -x) ONE(positive, x) ONE(abs, fabs(x)) ONE(sign, isnan(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0)
      ONE(square, x * x) ONE(reciprocal, 1 / x) ONE(sqrt, sqrt(x)) ONE(rsqrt, 1 / sqrt(x)) TWO(hypot, hypot(a, b))
      ONE(floor, floor(x)) ONE(ceil, ceil(x)) ONE(trunc, trunc(x)) ONE(round, nearbyint(x)) ONE(frac, isinf(x) ? ref_nan : x - trunc(x))
      TWO(copysign, copysign(a, b)) TWO(ldexp, isnan(b) ? b : a == 0 || isinf(a) ? a : a * exp2(b)) ONE(exp, exp(x)) ONE(exp2, exp2(x)) ONE(expm1, expm1(x)) ONE(log, log(x))
      ONE(log2, log2(x)) ONE(log10, log10(x)) ONE(log1p, log1p(x)) ONE(logit, log(x) - log1p(-x))
      TWO(logaddexp, a == b ? a + log(2.0L) : ref_max(a, b) + log1p(exp(-fabs(a - b))))
      TWO(logaddexp2, a == b ? a + 1 : ref_max(a, b) + log1p(exp2(-fabs(a - b))) / log(2.0L))
      TWO(xlogy, isnan(b) ? b : a == 0 ? 0 : a * log(b)) TWO(xlog1py, isnan(b) ? b : a == 0 ? 0 : a * log1p(b))
      ONE(entr, x == 0 ? 0 : x < 0 ? -HUGE_VALL : -x * log(x)) ONE(sin, sin(x)) ONE(cos, cos(x)) ONE(tan, tan(x)) ONE(asin, asin(x))
      ONE(acos, acos(x)) ONE(atan, atan(x)) ONE(sinh, sinh(x)) ONE(cosh, cosh(x)) ONE(tanh, tanh(x)) ONE(asinh, asinh(x))
      ONE(acosh, acosh(x)) ONE(atanh, atanh(x)) TWO(atan2, atan2(a, b)) ONE(angle, isnan(x) ? x : x < 0 ? ref_pi : 0)
      ONE(deg2rad, x / 180 * ref_pi) ONE(rad2deg, x / ref_pi * 180) ONE(sinc, x == 0 ? 1 : x == floor(x) ? 0 : sin(ref_pi * x) / (ref_pi * x))
      ONE(erf, erf(x)) ONE(erfc, erfc(x)) ONE(ndtr, erfc(-x / sqrt(2.0L)) / 2)
      ONE(erfcx, x > 50 ? 1 / (x * sqrt(ref_pi)) : exp(x * x) * erfc(x))
      ONE(log_ndtr, x < -100 ? -x * x / 2 - log(-x * sqrt(2 * ref_pi)) : log(erfc(-x / sqrt(2.0L)) / 2)) ONE(bessel_j0, ::j0l(x)) ONE(bessel_j1, ::j1l(x)) ONE(bessel_y0, x < 0 ? ref_nan : ::y0l(x))
      ONE(bessel_y1, x < 0 ? ref_nan : ::y1l(x)) ONE(spherical_bessel_j0, x == 0 ? 1 : isinf(x) ? 0 : sin(x) / x) ONE(lgamma, lgamma(x))
      ONE(relu, isnan(x) ? x : x > 0 ? x : 0) ONE(relu6, ref_clamp(x, 0, 6)) ONE(sigmoid, ref_sigmoid(x)) ONE(logsigmoid, -ref_softplus(-x))
      ONE(softplus, ref_softplus(x)) ONE(softsign, x / (1 + fabs(x))) ONE(silu, x == -HUGE_VALL ? 0 : x * ref_sigmoid(x))
      ONE(mish, x == -HUGE_VALL ? 0 : x * tanh(ref_softplus(x)))
      ONE(gelu, x == -HUGE_VALL ? 0 : x * (1 + erf(x / sqrt(2.0L))) / 2)
      ONE(gelu_tanh, x == -HUGE_VALL ? 0 : x * (1 + tanh(sqrt(2 / ref_pi) * (x + 0.044715L * x * x * x))) / 2)
      ONE(elu, x > 0 ? x : expm1(x)) ONE(celu, x > 0 ? x : expm1(x))
      ONE(selu, 1.0507009873554804934193349852946L * (x > 0 ? x : 1.6732632423543772848170429916717L * expm1(x)))
      ONE(leaky_relu, x > 0 ? x : x * 0.01L) ONE(hardtanh, ref_clamp(x, -1, 1)) ONE(hardswish, x <= -3 ? 0 : x * ref_clamp(x + 3, 0, 6) / 6)
      ONE(hardsigmoid, ref_clamp(x + 3, 0, 6) / 6) ONE(tanhshrink, x - tanh(x)) ONE(softshrink, x > 0.5L ? x - 0.5L : x < -0.5L ? x + 0.5L : isnan(x) ? x : 0)
      ONE(hardshrink, x > 0.5L || x < -0.5L || isnan(x) ? x : 0) ONE(threshold, x > 0 || isnan(x) ? x : 0) TWO(maximum, ref_max(a, b))
      TWO(minimum, -ref_max(-a, -b)) TWO(fmax, fmax(a, b)) TWO(fmin, fmin(a, b)) ONE(clamp, x) ONE(clamp_min, ref_max(x, 0)) ONE(clamp_max, -ref_max(-x, 0))
      THREE(clip, -ref_max(-ref_max(a, b), -c)) TWO(heaviside, isnan(a) ? a : a > 0 ? 1 : a < 0 ? 0 : b) THREE(lerp, a + c * (b - a))
      THREE(addcmul, a + b * c) THREE(addcdiv, a + b / c) TWO(equal, a == b) TWO(not_equal, a != b) TWO(less, a < b) TWO(less_equal, a <= b)
      TWO(greater, a > b) TWO(greater_equal, a >= b) TWO(logical_and, a != 0 && b != 0) TWO(logical_or, a != 0 || b != 0)
      TWO(logical_xor, (a != 0) != (b != 0)) ONE(logical_not, x == 0) ONE(isnan, isnan(x)) ONE(isinf, isinf(x)) ONE(isfinite, isfinite(x))
      ONE(isposinf, isinf(x) && x > 0) ONE(isneginf, isinf(x) && x < 0) ONE(signbit, signbit(x)) ONE(isreal, 1)};
#undef ONE
#undef TWO
#undef THREE
  for (const Reference& r : all)
    if (strcmp(r.name, name) == 0) return &r;
  return nullptr;
}

}  // namespace test
