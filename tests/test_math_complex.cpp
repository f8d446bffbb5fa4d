// The complex functions of tensor/math_complex.h against std::complex: accuracy in long double, C99's special values in double.
#include "playhead/tensor/math_complex.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <string>

namespace {

namespace math = ph::math;
using ph::Complex;
using Wide = std::complex<long double>;

double uniform() {
  static std::uint64_t s = 88172645463325252u;
  s ^= s << 7;
  s ^= s >> 9;
  s ^= s << 8;
  return static_cast<double>(s >> 11) * 0x1p-53;
}

/// Where Annex G leaves the sign of a result open, it is not compared.
bool same(double a, double b, bool open_sign) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(b) || b == 0) return std::fabs(a) == std::fabs(b) && (open_sign || std::signbit(a) == std::signbit(b));
  return std::fabs(a - b) <= 1e-13 * std::fabs(b) + 1e-322;
}

template <class T, class F, class R>
void accuracy(const std::string& name, F f, R reference, double range, double bound) {
  double worst = 0;
  Complex<double> where;
  for (int i = 0; i < 10000; ++i) {
    T a = static_cast<T>((uniform() * 2 - 1) * range), b = static_cast<T>((uniform() * 2 - 1) * range);
    if (i % 2) a *= static_cast<T>(std::pow(10.0, -10 * uniform())), b *= static_cast<T>(std::pow(10.0, -10 * uniform()));
    if (i % 5 == 0) {  // around the unit circle
      const double t = uniform() * 7;
      a = static_cast<T>(std::cos(t)), b = static_cast<T>(std::sin(t));
    }
    const Complex<T> y = f(Complex<T>(a, b));
    const Wide r = reference(Wide(a, b)), error = Wide(y.re, y.im) - r;
    if (!std::isfinite(static_cast<T>(std::abs(r)))) continue;
    const double e = static_cast<double>(std::abs(error) / std::abs(r)) / static_cast<double>(std::numeric_limits<T>::epsilon());
    if (!(e <= worst)) worst = e, where = Complex<double>(static_cast<double>(a), static_cast<double>(b));
  }
  CHECK_MESSAGE(worst <= bound, name, " is off by ", worst, " epsilon at ", where.re, ", ", where.im);
}

template <class F, class R>
void specials(const std::string& name, F f, R reference) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (double a : {0.0, -0.0, 1.0, -1.0, 0.5, -2.5, inf, -inf, nan, 1e-300, 1e30, -1e30})
    for (double b : {0.0, -0.0, 1.0, -1.0, 0.5, -2.5, inf, -inf, nan, 1e-300, 1e30, -1e30}) {
      const Complex<double> y = f(Complex<double>(a, b));
      const std::complex<double> r = reference(std::complex<double>(a, b));
      const bool open = std::isnan(r.real()) || std::isnan(r.imag()) || std::isinf(a) || std::isinf(b);
      CHECK_MESSAGE((same(y.re, r.real(), open) && same(y.im, r.imag(), open)), name, "(", a, ", ", b, ") = ", y.re, ", ", y.im, ", not ",
                    r.real(), ", ", r.imag());
    }
}

#define CHECK_COMPLEX(f, range)                                                                                          \
  accuracy<float>(#f, [](Complex<float> z) { return math::f(z); }, [](Wide z) { return std::f(z); }, range, 4);          \
  accuracy<double>(#f, [](Complex<double> z) { return math::f(z); }, [](Wide z) { return std::f(z); }, range, 4);        \
  specials(#f, [](Complex<double> z) { return math::f(z); }, [](std::complex<double> z) { return std::f(z); })

}  // namespace

TEST_CASE("complex math: values and special values") {
  CHECK_COMPLEX(exp, 40);
  CHECK_COMPLEX(log, 1000);
  CHECK_COMPLEX(sqrt, 1000);
  CHECK_COMPLEX(sin, 30);
  CHECK_COMPLEX(cos, 30);
  CHECK_COMPLEX(tan, 30);
  CHECK_COMPLEX(sinh, 30);
  CHECK_COMPLEX(cosh, 30);
  CHECK_COMPLEX(tanh, 30);
  CHECK_COMPLEX(asin, 30);
  CHECK_COMPLEX(acos, 30);
  CHECK_COMPLEX(atan, 30);
  CHECK_COMPLEX(asinh, 30);
  CHECK_COMPLEX(acosh, 30);
  CHECK_COMPLEX(atanh, 30);
}

TEST_CASE("complex math: expm1, log1p, pow, sign") {
  auto expm1 = [](Wide z) {
    const long double h = std::sin(z.imag() / 2);
    return Wide(std::expm1(z.real()) * std::cos(z.imag()) - 2 * h * h, std::exp(z.real()) * std::sin(z.imag()));
  };
  accuracy<double>("expm1", [](Complex<double> z) { return math::expm1(z); }, expm1, 5, 4);
  accuracy<double>("log1p", [](Complex<double> z) { return math::log1p(z); }, [](Wide z) {
    const long double s = z.real() * (2 + z.real()) + z.imag() * z.imag();
    return Wide(std::log1p(s) / 2, std::atan2(z.imag(), 1 + z.real()));
  }, 0.4, 4);
  accuracy<double>("pow", [](Complex<double> z) { return math::pow(z, Complex<double>(1.5, -0.25)); },
                   [](Wide z) { return std::pow(z, Wide(1.5L, -0.25L)); }, 30, 60);
  accuracy<double>("pow 3", [](Complex<double> z) { return math::pow(z, Complex<double>(3)); }, [](Wide z) { return z * z * z; }, 30, 4);
  CHECK(math::pow(Complex<double>(0, 0), Complex<double>(0, 0)) == Complex<double>(1, 0));
  CHECK(math::pow(Complex<double>(0, 0), Complex<double>(2, 1)) == Complex<double>(0, 0));
  CHECK(math::sign(Complex<double>(3, -4)) == Complex<double>(0.6, -0.8));
  CHECK(math::sign(Complex<double>(0, 0)) == Complex<double>(0, 0));
  CHECK(math::exp(Complex<double>(710, 1)).re == doctest::Approx(1.2076e308).epsilon(1e-3));
}
