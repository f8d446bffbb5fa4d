// Special functions: values by mpmath, special points, polynomials, derivatives that the table's tests do not reach, other names.
#include <map>

#include "harness.h"
#include "special_values.h"

using namespace ph;
using namespace test;

namespace {

using Call = Tensor (*)(const Tensor&, const Tensor&);
const std::map<std::string, Call>& functions() {
#define ONE(name) {#name, [](const Tensor& a, const Tensor&) { return special::name(a); }}
#define TWO(name) {#name, [](const Tensor& a, const Tensor& b) { return special::name(a, b); }}
  static const std::map<std::string, Call> all = {
      {"airy_ai_prime", [](const Tensor& a, const Tensor&) { return airy_ai_prime(a); }},
      {"igamma", [](const Tensor& a, const Tensor& b) { return igamma(a, b); }},
      {"igammac", [](const Tensor& a, const Tensor& b) { return igammac(a, b); }},
      {"mvlgamma", [](const Tensor& a, const Tensor& b) { return mvlgamma(a, b.item<std::int64_t>()); }},
      ONE(airy_ai), ONE(bessel_j0), ONE(bessel_j1), ONE(bessel_y0), ONE(bessel_y1), ONE(modified_bessel_k0), ONE(modified_bessel_k1),
      ONE(scaled_modified_bessel_k0), ONE(scaled_modified_bessel_k1), ONE(erfcx), ONE(ndtr), ONE(log_ndtr), ONE(ndtri), ONE(spherical_bessel_j0),
      TWO(zeta), TWO(chebyshev_polynomial_t), TWO(chebyshev_polynomial_u), TWO(chebyshev_polynomial_v), TWO(chebyshev_polynomial_w),
      TWO(shifted_chebyshev_polynomial_t), TWO(shifted_chebyshev_polynomial_u), TWO(shifted_chebyshev_polynomial_v),
      TWO(shifted_chebyshev_polynomial_w), TWO(hermite_polynomial_h), TWO(hermite_polynomial_he), TWO(laguerre_polynomial_l),
      TWO(legendre_polynomial_p)};
#undef ONE
#undef TWO
  return all;
}
Tensor number(double v, DType t = float64) { return full({}, v, {.dtype = t}); }
double at(const char* name, double a, double b = 0) { return functions().at(name)(number(a), number(b)).item<double>(); }

}  // namespace

TEST_CASE("special: values") {
  for (const SpecialValue& v : special_values) {
    const Call f = functions().at(v.name);
    const double got = f(number(v.a), number(v.b)).item<double>();
    const std::string call = std::string(v.name) + "(" + std::to_string(v.a) + ", " + std::to_string(v.b) + ") = " + std::to_string(got);
    CHECK_MESSAGE(std::fabs(got - v.want) <= 4e-15 * std::fabs(v.want) + 5e-324, call);
    // float32: the same operands, as far as they can be held, rounded once.
    if (v.a != static_cast<float>(v.a) || v.b != static_cast<float>(v.b) || std::fabs(v.want) < 1e-35) continue;
    const float narrow = f(number(v.a, float32), number(v.b, float32)).item<float>();
    if (std::fabs(v.want) < 3e38) CHECK_MESSAGE(std::fabs(static_cast<double>(narrow) - v.want) <= 2e-7 * std::fabs(v.want), call);
  }
}

TEST_CASE("special: at the ends of where they are defined") {
  const auto is = [](double got, double want) { return got == want || (std::isnan(got) && std::isnan(want)); };
  const double nan = ph::nan;
  for (const auto& [label, f] : functions()) {
    const std::string name = label;  // clang 14 cannot capture a structured binding
    CAPTURE(name);
    const bool degree = name.find("polynomial") != std::string::npos;
    CHECK(std::isnan(f(number(nan), number(degree ? 3 : 2)).item<double>()));
    CHECK(f(zeros({0, 3}, {.dtype = float64}), number(2)).shape() == Shape{0, 3});
    CHECK(f(ones({2}, {.dtype = int32}), number(2, float32)).dtype() == float32);
  }
  for (const char* k : {"modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1"}) {
    CAPTURE(std::string(k));
    CHECK(is(at(k, 0), inf));
    CHECK(is(at(k, -1), nan));
    CHECK(is(at(k, inf), 0));
  }
  for (const char* y : {"bessel_y0", "bessel_y1"}) {
    CHECK(is(at(y, 0), -inf));
    CHECK(is(at(y, -1), nan));
  }
  CHECK(is(at("airy_ai", inf), 0));
  CHECK(is(at("airy_ai", -inf), 0));
  CHECK(is(at("airy_ai", 1e300), 0));
  CHECK(is(at("erfcx", inf), 0));
  CHECK(is(at("erfcx", -inf), inf));
  CHECK(is(at("erfcx", -1e300), inf));
  CHECK(is(at("ndtr", -inf), 0));
  CHECK(is(at("ndtr", inf), 1));
  CHECK(is(at("log_ndtr", -inf), -inf));
  CHECK(is(at("log_ndtr", inf), 0));
  CHECK(is(at("ndtri", 0), -inf));
  CHECK(is(at("ndtri", 1), inf));
  CHECK(is(at("ndtri", -0.1), nan));
  CHECK(is(at("ndtri", 1.1), nan));
  CHECK(std::fabs(at("ndtri", 5e-324) + 38.46740561714434) < 1e-13);
  CHECK(is(at("spherical_bessel_j0", 0), 1));
  CHECK(is(at("spherical_bessel_j0", inf), 0));
  CHECK(is(at("zeta", 1, 2), inf));
  CHECK(is(at("zeta", 0.5, 2), nan));
  CHECK(is(at("zeta", 2, 0), inf));
  CHECK(is(at("zeta", 2, -3), inf));
  CHECK(is(at("zeta", 2.5, -0.5), nan));
  CHECK(is(at("zeta", inf, 1), 1));
  CHECK(is(at("zeta", 3, inf), 0));
  // P, and Q with the two ends exchanged.
  const double cases[][3] = {{0, 1, 1}, {0, 0, nan}, {1, 0, 0}, {-1, 1, nan}, {1, -1, nan}, {inf, 1, 0}, {1, inf, 1}, {inf, inf, nan}, {1e300, 1, 0}, {1, 1e300, 1}, {1e-300, 1, 1}};
  for (const auto& c : cases) {
    CAPTURE(c[0]);
    CAPTURE(c[1]);
    CHECK(is(at("igamma", c[0], c[1]), c[2]));
    CHECK((std::isnan(c[2]) ? std::isnan(at("igammac", c[0], c[1])) : std::fabs(at("igammac", c[0], c[1]) - (1 - c[2])) < 1e-290));
  }
  CHECK(is(at("mvlgamma", 1, 3), nan));
  CHECK(is(at("mvlgamma", 0.5, 3), nan));
}

TEST_CASE("special: incomplete gamma functions add up to 1, and where methods change nothing jumps") {
  for (double a : {0.01, 0.9, 5.0, 19.9, 20.1, 139.0, 141.0, 5e3, 1e8, 1e15})
    for (double x : {0.2, 0.5, 0.69, 0.71, 0.9, 0.999, 1.0, 1.001, 1.1, 1.29, 1.31, 2.0, 5.0}) {
      CAPTURE(a);
      CAPTURE(x);
      const double p = at("igamma", a, a * x), q = at("igammac", a, a * x);
      CHECK(std::fabs(p + q - 1) < 1e-15);
      CHECK((p >= 0 && q >= 0));
      const double near = at("igamma", a, a * x * (1 + 1e-12));
      CHECK(near >= p - 1e-13 * p);
    }
}

TEST_CASE("special: orthogonal polynomials") {
  const Tensor x = from_data<double>({-1, -0.5, 0, 0.3, 1, 2});
  const auto check = [&](const Tensor& got, const Tensor& want) { CHECK(close(got, want, 1e-14, 1e-15)); };
  check(special::chebyshev_polynomial_t(x, 3), 4 * x * x * x - 3 * x);
  check(special::chebyshev_polynomial_u(x, 2), 4 * x * x - 1);
  check(special::chebyshev_polynomial_v(x, 2), 4 * x * x - 2 * x - 1);
  check(special::chebyshev_polynomial_w(x, 2), 4 * x * x + 2 * x - 1);
  check(special::hermite_polynomial_h(x, 3), 8 * x * x * x - 12 * x);
  check(special::hermite_polynomial_he(x, 3), x * x * x - 3 * x);
  check(special::laguerre_polynomial_l(x, 2), 0.5 * x * x - 2 * x + 1);
  check(special::legendre_polynomial_p(x, 3), 2.5 * x * x * x - 1.5 * x);
  check(special::shifted_chebyshev_polynomial_t(x, 2), 2 * (2 * x - 1) * (2 * x - 1) - 1);
  // Degrees as a tensor, broadcast; a number at the left; cut and negative degrees.
  const Tensor n = from_data<std::int64_t>({0, 1, 2, 5}), table = special::legendre_polynomial_p(x.unsqueeze(1), n);
  CHECK(table.shape() == Shape{6, 4});
  check(table.select(1, 2), 1.5 * x * x - 0.5);
  CHECK(close(special::hermite_polynomial_h(0.5, n), from_data<double>({1, 1, -1, 41}), 1e-6));
  CHECK(special::hermite_polynomial_h(0.5, n).dtype() == float32);
  check(special::chebyshev_polynomial_u(x, number(2.9)), special::chebyshev_polynomial_u(x, 2));
  check(special::chebyshev_polynomial_u(x, -1), zeros_like(x));
  CHECK(all(isnan(special::legendre_polynomial_p(x, number(ph::nan)))).item<bool>());
  CHECK(all(isnan(special::legendre_polynomial_p(x, 1 << 25))).item<bool>());
  // What leaves the numbers has the right sign.
  CHECK(special::chebyshev_polynomial_t(number(-10), 1001).item<double>() == -inf);
  CHECK(special::chebyshev_polynomial_w(number(-10), 1000).item<double>() == inf);
  CHECK(special::laguerre_polynomial_l(number(1e5), 999).item<double>() == -inf);
  CHECK(special::hermite_polynomial_he(number(-3), 2000).item<double>() == inf * std::copysign(1.0, special::hermite_polynomial_he(number(3), 2000).item<double>()));
}

TEST_CASE("special: derivatives of the polynomials, of every order") {
  const Tensor x = leaf({5}, float64, -0.9, 1.5);
  const Tensor n = from_data<std::int64_t>({0, 1, 2, 5, 8});
  const auto all = [&](const Tensor& v) {
    return std::vector<Tensor>{special::chebyshev_polynomial_t(v, n), special::chebyshev_polynomial_u(v, n), special::chebyshev_polynomial_v(v, n),
                               special::chebyshev_polynomial_w(v, n), special::hermite_polynomial_h(v, n) * 1e-3, special::hermite_polynomial_he(v, n) * 1e-2,
                               special::laguerre_polynomial_l(v, n), special::legendre_polynomial_p(v, n), special::shifted_chebyshev_polynomial_t(v, n) * 1e-3,
                               special::shifted_chebyshev_polynomial_u(v, n) * 1e-3, special::shifted_chebyshev_polynomial_v(v, n) * 1e-3,
                               special::shifted_chebyshev_polynomial_w(v, n) * 1e-3};
  };
  CHECK(gradcheck(all, {x}));
  CHECK(gradgradcheck(all, {x}));
  // Five times: d^5 P_5 = 945, d^5 H_5 = 2^5 5!.
  const Tensor at_ends = from_data<double>({-1, 0.25, 1}).requires_grad_();
  const auto derived = [&](Tensor y, int times) {
    for (int i = 0; i < times; ++i) y = grad(sum(y), at_ends, {.create_graph = true});
    return y;
  };
  CHECK(close(derived(special::legendre_polynomial_p(at_ends, 5), 5), full({3}, 945.0, {.dtype = float64}), 1e-14));
  CHECK(close(derived(special::hermite_polynomial_h(at_ends, 5), 5), full({3}, 3840.0, {.dtype = float64}), 1e-14));
  CHECK(close(derived(special::legendre_polynomial_p(at_ends, 5), 6), zeros({3}, {.dtype = float64})));
  CHECK(close(derived(special::chebyshev_polynomial_t(at_ends, 4), 1).detach(), from_data<double>({-16, -3.5, 16}), 1e-14));
}

TEST_CASE("special: derivatives that the table does not test") {
  const Tensor x = leaf({2, 3}, float64, 2.1, 6);
  const auto multi = [](const Tensor& v) { return mvlgamma(v, 4); };
  CHECK(gradcheck(multi, {x}));
  CHECK(gradgradcheck(multi, {x}));
  const Tensor p = leaf({2, 3}, float64, 0.2, 0.8);
  CHECK(gradcheck([](const Tensor& v) { return logit(v, 0.05); }, {p}));
  Tensor q = from_data<double>({0, 0.5, 1}).requires_grad_();
  const Tensor y = logit(q, 0.1);
  CHECK(close(y, from_data<double>({-std::log(9.0), 0, std::log(9.0)}), 1e-15));
  sum(y).backward();
  CHECK(close(q.grad(), from_data<double>({0, 4, 0}), 1e-14));
  // Far out, where the plain formula would cancel: -1 / (sqrt(pi) x^2) (1 - 3 / (2 x^2)).
  Tensor far = from_data<double>({29.9, 30.1, 1e5}).requires_grad_();
  sum(erfcx(far)).backward();
  CHECK(close(far.grad(), from_data<double>({-0.0006300215927275239, -0.000621690790042063, -5.641895834631278e-11}), 1e-12));
  const Tensor a = leaf({3}, float64, 1, 2), b = leaf({3}, float64, 1, 2, 9);
  CHECK_ERROR(sum(igamma(a, b)).backward(), "igamma: has no derivative by its first operand. Detach it");
  CHECK_ERROR(sum(igammac(a, b)).backward(), "igammac: has no derivative by its first operand. Detach it");
  CHECK_ERROR(sum(zeta(a + 1, b)).backward(), "zeta: has no derivative by its first operand. Detach it");
  CHECK(grad(sum(zeta(a + 1, b)), b).shape() == Shape{3});
}

TEST_CASE("special: other names, errors") {
  const Tensor x = sample({7}, float64, 0.1, 0.9), n = sample({7}, float64, 1, 3, 4);
  CHECK(same_bits(special::expit(x), sigmoid(x)));
  CHECK(same_bits(special::psi(x), digamma(x)));
  CHECK(same_bits(special::gammaln(x), lgamma(x)));
  CHECK(same_bits(special::gammainc(n, x), igamma(n, x)));
  CHECK(same_bits(special::gammaincc(n, x), igammac(n, x)));
  CHECK(same_bits(special::multigammaln(n, 1), lgamma(n)));
  CHECK(same_bits(special::modified_bessel_i0(x), i0(x)));
  CHECK(same_bits(special::modified_bessel_i1(x), special::i1(x)));
  CHECK(same_bits(special::logit(x), log(x / (1 - x))) == false);  // more accurate around 1/2
  CHECK(same_bits(special::softmax(x, 0), softmax(x, 0)));
  CHECK(same_bits(special::round(x, 1), round(x, 1)));
  CHECK(special::logit(number(0.5 + 1e-9)).item<double>() == doctest::Approx(4 * (0.5 + 1e-9 - 0.5)).epsilon(1e-15));
  CHECK_ERROR(mvlgamma(x, 0), "mvlgamma: p must be positive; got p=0");
  CHECK_ERROR(mvlgamma(x, 1 << 21), "mvlgamma: p must be at most 2^20, for it is a sum of p terms; got p=2097152");
  CHECK_ERROR(mvlgamma(ones({1}, {.dtype = complex64}), 1), "mvlgamma: is not defined for complex numbers; got dtype=complex64");
  CHECK_ERROR(logit(x, 0.7), "logit: eps must be between 0 and 1 / 2; got eps=0.7");
  CHECK_ERROR(airy_ai(ones({1}, {.dtype = complex64})), "airy_ai: is not defined for complex numbers; got dtype=complex64");
}
