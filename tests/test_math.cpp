// The scalar maths of tensor/math.h against the next wider type: ulp bounds over dense samples, and the special values.
// Each instruction set's copy is exercised again by the tests of the elementwise rows.
#include "playhead/tensor/math.h"

#include <doctest/doctest.h>
#include <playhead/playhead.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace {

namespace math = ph::math;
using Wide = long double;

std::uint64_t random_bits() {
  static std::uint64_t s = 88172645463325252u;
  s ^= s << 7;
  s ^= s >> 9;
  return s;
}

/// |y - r| in units of r's last place; a wrong class (NaN, infinity) counts as a million.
template <class T>
double ulps(T y, Wide r) {
  if (std::isnan(r) || std::isnan(y)) return std::isnan(r) == std::isnan(y) ? 0 : 1e6;
  const T rounded = static_cast<T>(r);
  if (std::isinf(rounded) || std::isinf(y)) {
    if (y == rounded) return 0;
    const Wide most = std::numeric_limits<T>::max();  // one of both just past the edge
    return std::fabs(static_cast<Wide>(y)) >= most && std::fabs(r) >= most * (1 - std::numeric_limits<T>::epsilon()) ? 1 : 1e6;
  }
  int e = 0;
  std::frexp(r, &e);
  const int least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  return static_cast<double>(std::fabs(static_cast<Wide>(y) - r) / std::ldexp(1.0L, std::max(e - std::numeric_limits<T>::digits, least)));
}

template <class T>
std::vector<T> special() {
  using L = std::numeric_limits<T>;
  std::vector<T> v;
  for (T x : {T(0), T(1), T(0.5), T(2), T(3), L::min(), L::denorm_min(), L::max(), L::infinity(), L::epsilon(), T(1e10), T(88.8), T(709.9)}) {
    v.push_back(x);
    v.push_back(-x);
  }
  v.push_back(L::quiet_NaN());
  return v;
}

/// Floats evenly over all bit patterns, doubles half so and half even over [lo, hi]; and the special ones.
template <class T>
std::vector<T> samples(double lo, double hi, int n) {
  std::vector<T> v = special<T>();
  const T a = static_cast<T>(lo), b = static_cast<T>(hi);
  while (static_cast<int>(v.size()) < n) {
    const math::Bits<T> raw = static_cast<math::Bits<T>>(random_bits() >> (64 - 8 * sizeof(T)));
    T x = math::from_bits<T>(raw);
    if (random_bits() & 1 && std::isfinite(lo) && std::isfinite(hi))
      x = a + (b - a) * static_cast<T>(static_cast<double>(random_bits() >> 11) * 0x1p-53);
    if (x >= a && x <= b) v.push_back(x);
  }
  return v;
}

template <class T, class F, class R>
void check(const std::string& name, F f, R reference, double lo, double hi, double bound) {
  double worst = 0;
  T where = 0;
  // The reference of a float is computed in double: ten times faster, and wide enough.
  using Ref = std::conditional_t<sizeof(T) == 4, double, Wide>;
  for (T x : samples<T>(lo, hi, sizeof(T) == 4 ? 60000 : 15000)) {
    const T y = f(x);
    const Ref r = reference(static_cast<Ref>(x));
    const double u = ulps(y, static_cast<Wide>(r));
    if (u > worst) worst = u, where = x;
    if (r == 0 && !std::isnan(y)) CHECK_MESSAGE(std::signbit(y) == std::signbit(r), name, "(", x, ") has the wrong zero");
  }
  CHECK_MESSAGE(worst <= bound, name, " is off by ", worst, " ulp at ", where);
}

const double inf = std::numeric_limits<double>::infinity();

#define CHECK_MATH(f, lo, hi, float_bound, double_bound)                                              \
  check<float>(#f, [](float x) { return math::f(x); }, [](double x) { return std::f(x); }, lo, hi, float_bound); \
  check<double>(#f, [](double x) { return math::f(x); }, [](Wide x) { return std::f(x); }, lo, hi, double_bound)

}  // namespace

TEST_CASE("math: exponentials and hyperbolic functions are within 2 ulp") {
  CHECK_MATH(exp, -inf, inf, 1.2, 1.2);
  CHECK_MATH(exp, -2, 2, 1.2, 1.2);
  CHECK_MATH(exp, -760, 720, 1.2, 1.2);
  CHECK_MATH(exp2, -1080, 1030, 1.2, 1.2);
  CHECK_MATH(expm1, -60, 720, 1.6, 1.7);
  CHECK_MATH(expm1, -1, 1, 1.6, 1.7);
  CHECK_MATH(tanh, -25, 25, 1.5, 1.5);
  CHECK_MATH(tanh, -1, 1, 1.5, 1.5);
  CHECK_MATH(sinh, -712, 712, 0.6, 1.8);
  CHECK_MATH(sinh, -3, 3, 0.6, 1.8);
  CHECK_MATH(cosh, -712, 712, 0.6, 1.8);
  CHECK_MATH(cosh, -3, 3, 0.6, 1.8);
  auto sigmoid = [](auto x) { return 1 / (1 + std::exp(-x)); };
  check<float>("sigmoid", [](float x) { return math::sigmoid(x); }, sigmoid, -104, 40, 2);
  check<double>("sigmoid", [](double x) { return math::sigmoid(x); }, sigmoid, -745, 40, 2);
}

TEST_CASE("math: logarithms and powers are within 2 ulp") {
  CHECK_MATH(log, 0, inf, 1, 1);
  CHECK_MATH(log, 0.3, 3, 1, 1);
  CHECK_MATH(log2, 0, inf, 0.6, 1);
  CHECK_MATH(log2, 0.3, 3, 0.6, 1);
  CHECK_MATH(log10, 0, inf, 0.6, 1);
  CHECK_MATH(log10, 0.3, 3, 0.6, 1);
  CHECK_MATH(log1p, -1, inf, 1.6, 1.6);
  CHECK_MATH(log1p, -0.9, 3, 1.6, 1.6);
  CHECK_MATH(asinh, -inf, inf, 0.6, 2.2);
  CHECK_MATH(asinh, -3, 3, 0.6, 2.2);
  CHECK_MATH(acosh, 1, inf, 0.6, 2.6);
  CHECK_MATH(acosh, 1, 3, 0.6, 2.6);
  CHECK_MATH(atanh, -1, 1, 0.6, 2.2);
  CHECK_MATH(cbrt, -inf, inf, 0.6, 0.7);
  for (float b : {0.5f, 3.7f, -3.0f, 17.0f, -0.01f})
    check<float>("pow(x, b)", [b](float x) { return math::pow(x, b); }, [b](double x) { return std::pow(x, static_cast<double>(b)); }, -inf, inf, 0.6);
  for (double b : {0.5, 3.7, -3.0, 17.0, -0.01})
    check<double>("pow(x, b)", [b](double x) { return math::pow(x, b); }, [b](Wide x) { return std::pow(x, static_cast<Wide>(b)); }, -inf, inf, 1.1);
  check<float>("pow(2.1, x)", [](float x) { return math::pow(2.1f, x); }, [](double x) { return std::pow(static_cast<double>(2.1f), x); }, -150, 130, 0.6);
  check<double>("pow(2.1, x)", [](double x) { return math::pow(2.1, x); }, [](Wide x) { return std::pow(static_cast<Wide>(2.1), x); }, -1010, 1000, 1.1);
}

TEST_CASE("math: trigonometric functions are within 2 ulp, however large the argument") {
  for (double r : {1.0, 10.0, 1e4, 1e6, inf}) {
    CHECK_MATH(sin, -r, r, 1.6, 1);
    CHECK_MATH(cos, -r, r, 1.6, 1);
    CHECK_MATH(tan, -r, r, 0.6, 2);
  }
  for (int k = 1; k < 3000; ++k) {  // the numbers next to multiples of pi/2, where the reduction cancels most
    const double x = k * 1.57079632679489661923;
    CHECK(ulps(math::sin(x), std::sin(static_cast<Wide>(x))) <= 1);
    CHECK(ulps(math::cos(x), std::cos(static_cast<Wide>(x))) <= 1);
    CHECK(ulps(math::tan(x), std::tan(static_cast<Wide>(x))) <= 2);
    const float y = static_cast<float>(x);
    CHECK(ulps(math::sin(y), std::sin(static_cast<double>(y))) <= 1.6);
    CHECK(ulps(math::cos(y), std::cos(static_cast<double>(y))) <= 1.6);
  }
  CHECK(math::cos(0.0) == 1.0);
  CHECK(std::isnan(math::sin(math::Quick<float>{1e9f})));
  CHECK(std::isnan(math::cos(math::Quick<double>{-1e30})));
  CHECK_MATH(asin, -1, 1, 0.6, 2.3);
  CHECK_MATH(acos, -1, 1, 0.6, 1.5);
  CHECK_MATH(atan, -inf, inf, 0.6, 2);
  CHECK_MATH(atan, -2, 2, 0.6, 2);
  CHECK(math::sinpi(1e15) == 0.0);
  CHECK(math::sinpi(2.5f) == 1.0f);
  CHECK(math::sinpi(-0.5) == -1.0);
  CHECK(math::sinc(0.0f) == 1.0f);
}

TEST_CASE("math: error functions") {
  CHECK_MATH(erf, -7, 7, 1.5, 1.5);
  CHECK_MATH(erf, -1.2, 1.2, 1.5, 1.5);
  CHECK_MATH(erfc, -7, 28, 0.6, 4);
  CHECK_MATH(erfc, -1, 3, 0.6, 4);
  for (double x : samples<double>(-1, 1, 3000)) {
    const double y = math::erfinv(x), a = std::fabs(x);
    if (!(a < 1)) {
      CHECK((a == 1 ? std::isinf(y) : std::isnan(y)));
      continue;
    }
    CHECK(std::signbit(y) == std::signbit(x));
    if (a < 1e-300) continue;
    // erf(y) = x as well as y's rounding lets it be: the slope over the value is at most 2 y^2 + 1 in relative terms.
    const Wide back = a > 0.5 ? std::erfc(static_cast<Wide>(std::fabs(y))) : std::erf(static_cast<Wide>(std::fabs(y)));
    const Wide goal = a > 0.5 ? 1 - static_cast<Wide>(a) : static_cast<Wide>(a);
    CHECK(std::fabs(back / goal - 1) <= 4e-16 * (2 * y * y + 1));
    CHECK(ulps(math::erfinv(static_cast<float>(x)), math::erfinv(static_cast<double>(static_cast<float>(x)))) <= 0.6);
  }
}

TEST_CASE("math: gamma and Bessel functions") {
  CHECK_MATH(lgamma, 0, 1e6, 1, 6);
  // These are calls inside the library, so they are asked for by their ops.
  const auto call = [](ph::Tensor (*f)(const ph::Tensor&), double x) { return f(ph::full({}, x, {.dtype = ph::float64})).item<double>(); };
  const auto polygamma = [](double n, double x) { return ph::polygamma(ph::full({}, x, {.dtype = ph::float64}), n).item<double>(); };
  CHECK(call(ph::digamma, 1.0) == doctest::Approx(-0.57721566490153286).epsilon(1e-15));
  CHECK(call(ph::digamma, 10.0) == doctest::Approx(2.2517525890667211).epsilon(1e-15));
  CHECK(call(ph::digamma, -10.25) == doctest::Approx(5.5168584198862733).epsilon(1e-14));
  CHECK(call(ph::digamma, 1.4616321449683622) == doctest::Approx(-9.2412655217294275e-17).epsilon(1e-14));
  CHECK(call(ph::digamma, 0.0) == -inf);
  CHECK(std::isnan(call(ph::digamma, -3.0)));
  CHECK(call(ph::digamma, 2.5) == doctest::Approx(0.70315664f).epsilon(1e-6));
  CHECK(polygamma(1.0, 1.0) == doctest::Approx(1.6449340668482264).epsilon(1e-15));
  CHECK(polygamma(1.0, -2.3) == doctest::Approx(14.725912160961291).epsilon(1e-14));
  CHECK(polygamma(2.0, 0.25) == doctest::Approx(-129.32773993753692).epsilon(1e-14));
  CHECK(polygamma(3.0, -1.7) == doctest::Approx(768.84973453013057).epsilon(1e-14));
  CHECK(polygamma(2.0, -1e15 + 0.5) == doctest::Approx(-1e-30).epsilon(2));  // no loop over 1e15 terms
  CHECK(polygamma(2.0, 100.5) == doctest::Approx(-9.9997500145817172e-05).epsilon(1e-14));
  for (int order : {0, 1}) {
    auto series = [order](Wide x) {  // of positive terms only
      Wide term = order ? x / 2 : 1, sum = term;
      for (int k = 1; k < 2000; ++k) term *= x * x / 4 / (static_cast<Wide>(k) * (k + order)), sum += term;
      return std::isnan(x) ? x : sum;
    };
    for (double x : samples<double>(-700, 700, 300)) {
      if (!(std::fabs(x) <= 700)) continue;
      CHECK(ulps(order ? math::i1(x) : math::i0(x), series(x)) <= 5);
      CHECK(ulps(order ? math::i1e(x) : math::i0e(x), series(x) * std::exp(-std::fabs(static_cast<Wide>(x)))) <= 4);
    }
  }
  CHECK(math::i0(inf) == inf);
  CHECK(math::i1(-inf) == -inf);
  CHECK(math::i0e(inf) == 0);
}

TEST_CASE_TEMPLATE("math: functions of two numbers, all pairs of special values", T, float, double) {
  std::vector<T> values = special<T>();
  for (T x : {T(2.5), T(-2.5), T(7), T(-7), T(0.1), T(1e-3), T(1e5), T(-1e5)}) values.push_back(x);
  for (T a : values)
    for (T b : values) {
      CAPTURE(a);
      CAPTURE(b);
      auto same = [](T x, T y) { return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y)); };
      const Wide wa = a, wb = b;
      CHECK(ulps(math::pow(a, b), std::pow(wa, wb)) <= 1);
      CHECK((std::pow(a, b) != 0 || std::signbit(math::pow(a, b)) == std::signbit(std::pow(a, b))));
      CHECK(ulps(math::atan2(a, b), std::atan2(wa, wb)) <= 2);
      CHECK(std::signbit(std::isnan(a + b) ? T(0) : math::atan2(a, b)) == std::signbit(std::isnan(a + b) ? T(0) : std::atan2(a, b)));
      CHECK(ulps(math::hypot(a, b), std::hypot(wa, wb)) <= 1);
      CHECK(same(math::nextafter(a, b), std::nextafter(a, b)));
      CHECK(same(math::fmod(a, b), std::fmod(a, b)));
      CHECK(same(math::fmin(a, b), std::isnan(a) ? b : std::isnan(b) ? a : b > a ? a : b));
      CHECK((std::isnan(math::maximum(a, b)) == (std::isnan(a) || std::isnan(b))));
      CHECK((std::isnan(math::minimum(a, b)) == (std::isnan(a) || std::isnan(b))));
      if (std::isfinite(a) && std::isfinite(b) && b != 0) {
        const T r = math::remainder(a, b), q = math::floor_divide(a, b);
        CHECK((r == 0 || ((r < 0) == (b < 0) && std::fabs(r) <= std::fabs(b))));
        CHECK(std::signbit(r) == std::signbit(b));
        const Wide exact = std::floor(static_cast<Wide>(a) / static_cast<Wide>(b));
        CHECK((std::fabs(exact) > 1e15L || ulps(q, exact) <= 1));
      }
      if (std::isfinite(b) && std::fabs(b) < 5000 && b == std::rint(b)) CHECK(same(math::ldexp(a, b), std::scalbn(a, static_cast<int>(b))));
      const Wide top = std::max(wa, wb), lae = std::isinf(top) || std::isnan(wa + wb) ? wa + wb - (std::isinf(top) ? (top == wa ? wb : wa) : 0) : top;
      if (std::isfinite(top) && std::isfinite(wa) && std::isfinite(wb))
        CHECK(ulps(math::logaddexp(a, b), lae + std::log1p(std::exp(-std::fabs(wa - wb)))) <= 3);
    }
}

TEST_CASE_TEMPLATE("math: rounding is exact", T, float, double) {
  for (T x : samples<T>(-1e9, 1e9, 20000)) {
    auto same = [](T a, T b) { return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b)); };
    CHECK(same(math::floor(x), std::floor(x)));
    CHECK(same(math::ceil(x), std::ceil(x)));
    CHECK(same(math::trunc(x), std::trunc(x)));
    CHECK(same(math::round(x), std::nearbyint(x)));
    CHECK(same(math::sqrt(x), std::sqrt(x)));
  }
  for (T x : {T(0.5), T(1.5), T(2.5), T(-0.5), T(-1.5)}) CHECK(math::round(x) == std::nearbyint(x));
}

TEST_CASE("math: integers divide as in Python, and never trap") {
  for (int a = -7; a <= 7; ++a)
    for (int b = -3; b <= 3; ++b) {
      if (b == 0) continue;
      const int q = static_cast<int>(std::floor(static_cast<double>(a) / b));
      CHECK(math::floor_divide(a, b) == q);
      CHECK(math::remainder(a, b) == a - q * b);
      CHECK(math::fmod(a, b) == a % b);
    }
  const int least = std::numeric_limits<int>::min();
  CHECK(math::floor_divide(least, -1) == least);
  CHECK(math::remainder(least, -1) == 0);
  CHECK(math::fmod(5, 0) == 0);
  CHECK(math::abs(least) == least);
  CHECK(math::sign(-5) == -1);
  CHECK(math::floor_divide<std::uint8_t>(200, 7) == 28);
}

TEST_CASE_TEMPLATE("math: ops with a quick form fall back to the full one, in place too", T, float, double) {
  std::vector<T> v, w;
  for (int i = 0; i < 1500; ++i) {
    v.push_back(static_cast<T>(i % 7 == 3 ? 1e10 * i : i % 501 == 2 ? inf : 0.01 * i));
    w.push_back(static_cast<T>(i % 11 == 3 ? 1e-12 : 0.75));
  }
  const ph::Tensor x = ph::from_data(v), y = ph::from_data(w);
  ph::Tensor z = x.clone();
  z.sin_();
  const std::vector<T> s = z.to_vector<T>(), c = ph::cos(x).to_vector<T>(), m = ph::fmod(x, y).to_vector<T>();
  for (std::size_t i = 0; i < v.size(); ++i) {
    CHECK(ulps(s[i], std::sin(static_cast<Wide>(v[i]))) <= 2);
    CHECK(ulps(c[i], std::cos(static_cast<Wide>(v[i]))) <= 2);
    CHECK((std::isinf(v[i]) ? std::isnan(m[i]) : m[i] == std::fmod(v[i], w[i])));
  }
}
