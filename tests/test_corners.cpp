// Special values of elementwise ops, in the words of the array API standard (2024.12); C99's Annex G where it is silent.
#include "harness.h"

using namespace ph;
using test::values;

namespace {

const double huge = INFINITY;

/// Bit for bit, but that any NaN is as good as another.
bool same(double a, double b) { return std::isnan(b) ? std::isnan(a) : a == b && std::signbit(a) == std::signbit(b); }

struct Case {
  double a, b, y;
};
/// The op on every case, in long rows (the loop's vector part) and alone, in both float dtypes.
template <class F> void check_cases(const char* op, F f, const std::vector<Case>& cases) {
  for (const DType t : {float64, float32})
    for (const Case& c : cases)
      for (const std::int64_t n : {1, 67}) {
        const std::vector<double> y = values(f(full({n}, c.a, {.dtype = t}), full({n}, c.b, {.dtype = t})));
        for (const double v : y) CHECK_MESSAGE(same(v, c.y), op, "(", c.a, ", ", c.b, ") = ", v, ", not ", c.y, " in ", name(t), " of ", n);
      }
}

Tensor number(double re, double im) { return full({1}, cdouble(re, im), {.dtype = complex128}); }
void check_complex(const char* op, const Tensor& y, double re, double im) {
  const cdouble z = y.to_vector<cdouble>()[0];
  CHECK_MESSAGE((same(z.re, re) && same(z.im, im)), op, " = ", z.re, " + ", z.im, "j, not ", re, " + ", im, "j");
}

}  // namespace

TEST_CASE("corners: floor_divide is floor(a / b) at infinities and zeros") {
  check_cases("floor_divide", [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); },
              {{huge, 2, huge}, {huge, -2, -huge}, {-huge, 2, -huge}, {-huge, -2, huge}, {huge, huge, NAN}, {huge, -huge, NAN}, {-huge, huge, NAN},
               {1, huge, 0.0}, {1, -huge, -0.0}, {-1, huge, -0.0}, {-1, -huge, 0.0}, {0.0, huge, 0.0}, {-0.0, huge, -0.0}, {0.0, 0.0, NAN},
               {0.0, 3, 0.0}, {-0.0, 3, -0.0}, {0.0, -3, -0.0}, {-0.0, -3, 0.0}, {1, 0.0, huge}, {1, -0.0, -huge}, {-1, 0.0, -huge}, {-1, -0.0, huge},
               {NAN, 1, NAN}, {1, NAN, NAN}, {NAN, huge, NAN}, {huge, NAN, NAN}, {huge, 0.0, huge}, {7, 2, 3}, {-7, 2, -4}, {7, -2, -4}, {-7, -2, 3}, {0.5, 3, 0.0}, {-0.5, 3, -1}});
}

TEST_CASE("corners: remainder is Python's %") {
  check_cases("remainder", [](const Tensor& a, const Tensor& b) { return remainder(a, b); },
              {{1, huge, 1}, {1, -huge, -huge}, {-1, huge, huge}, {-1, -huge, -1}, {0.0, 3, 0.0}, {-0.0, 3, 0.0}, {0.0, -3, -0.0}, {-0.0, -3, -0.0},
               {huge, 2, NAN}, {-huge, -2, NAN}, {huge, huge, NAN}, {1, 0.0, NAN}, {0.0, 0.0, NAN}, {NAN, 1, NAN}, {1, NAN, NAN}, {7, -2, -1}, {-7, 2, 1}});
}

TEST_CASE("corners: pow") {
  check_cases("pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); },
              {{NAN, 0.0, 1}, {NAN, -0.0, 1}, {1, NAN, 1}, {2, NAN, NAN}, {-1, huge, 1}, {-1, -huge, 1}, {0.5, huge, 0.0}, {0.5, -huge, huge}, {-2, -huge, 0.0},
               {-huge, 3, -huge}, {-huge, 2, huge}, {-huge, 0.5, huge}, {-huge, -3, -0.0}, {-huge, -2, 0.0}, {-0.0, 3, -0.0}, {-0.0, 2, 0.0}, {-0.0, -3, -huge}, {-0.0, -2, huge},
               {0.0, -1, huge}, {-8, 1.0 / 3, NAN}, {huge, -1, 0.0}, {huge, 0.5, huge}});
}

TEST_CASE("corners: copysign, nextafter, atan2, hypot, logaddexp") {
  check_cases("copysign", [](const Tensor& a, const Tensor& b) { return copysign(a, b); }, {{0.0, -0.0, -0.0}, {-huge, 1, huge}, {3, -NAN, -3}, {-3, NAN, 3}});
  check_cases("nextafter", [](const Tensor& a, const Tensor& b) { return nextafter(a, b); }, {{0.0, -0.0, -0.0}, {-0.0, 0.0, 0.0}, {NAN, 1, NAN}, {1, NAN, NAN}, {huge, huge, huge}});
  check_cases("atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }, {{0.0, 1, 0.0}, {-0.0, 1, -0.0}, {1, huge, 0.0}, {-1, huge, -0.0}, {0.0, 0.0, 0.0}, {-0.0, 0.0, -0.0}});
  check_cases("hypot", [](const Tensor& a, const Tensor& b) { return hypot(a, b); }, {{huge, NAN, huge}, {NAN, -huge, huge}, {NAN, 1, NAN}, {-0.0, 0.0, 0.0}});
  check_cases("logaddexp", [](const Tensor& a, const Tensor& b) { return logaddexp(a, b); }, {{huge, -huge, huge}, {huge, huge, huge}, {-huge, -huge, -huge}, {NAN, huge, NAN}, {-huge, 3, 3}});
}

TEST_CASE("corners: a bound that is NaN makes NaN") {
  check_cases("clamp", [](const Tensor& a, const Tensor& b) { return clamp(a, b[0].item<double>(), 5); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {9, 0, 5}});
  check_cases("clamp_min", [](const Tensor& a, const Tensor& b) { return clamp_min(a, b[0].item<double>()); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {-9, 0, 0.0}});
  check_cases("clamp_max", [](const Tensor& a, const Tensor& b) { return clamp_max(a, b[0].item<double>()); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {9, 0, 0.0}});
  check_cases("clamp_min of tensors", [](const Tensor& a, const Tensor& b) { return clamp_min(a, b); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {-9, 0, 0.0}});
  check_cases("clamp_max of tensors", [](const Tensor& a, const Tensor& b) { return clamp_max(a, b); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {9, 0, 0.0}});
  check_cases("clip", [](const Tensor& a, const Tensor& b) { return clip(a, b, full_like(a, 5)); }, {{1, NAN, NAN}, {NAN, 0, NAN}, {9, 0, 5}});
  CHECK(values(clamp_min(tensor({1, 5}), tensor(3))) == std::vector<double>{3, 5});
}

TEST_CASE("corners: round halves to even, parts of complex numbers each for itself") {
  check_cases("round", [](const Tensor& a, const Tensor&) { return round(a); },
              {{0.5, 0, 0.0}, {-0.5, 0, -0.0}, {1.5, 0, 2}, {2.5, 0, 2}, {-2.5, 0, -2}, {huge, 0, huge}, {NAN, 0, NAN}, {-0.0, 0, -0.0}});
  check_complex("round", round(number(2.5, -3.5)), 2, -4);
  check_complex("round", round(number(-0.4, NAN)), -0.0, NAN);
  check_complex("round", round(number(huge, -0.5)), huge, -0.0);
  check_complex("round to one place", round(number(0.25, 1.35), 1), 0.2, 1.4);
  const Tensor z = number(2.5, 1.5).to(complex64);
  CHECK(round(z).dtype() == complex64);
  Tensor in_place = z.clone();
  CHECK(test::same_bits(in_place.round_(), round(z)));
  const Tensor x = number(0.3, 0.4).requires_grad_();
  CHECK(test::same_bits(grad(real(round(x)).sum(), x), number(0, 0)));
}

TEST_CASE("corners: complex tanh, log1p, expm1, sqrt, sign, nan_to_num") {
  check_complex("tanh", tanh(number(huge, 2)), 1, 0.0);
  check_complex("tanh", tanh(number(huge, -2)), 1, -0.0);
  check_complex("tanh", tanh(number(-huge, 2)), -1, 0.0);
  check_complex("tanh", tanh(number(0.0, huge)), 0.0, NAN);
  check_complex("tanh", tanh(number(NAN, 0.0)), NAN, 0.0);
  check_complex("log1p", log1p(number(-0.0, 0.0)), -0.0, 0.0);
  check_complex("log1p", log1p(number(0.25, -0.0)), std::log1p(0.25), -0.0);
  check_complex("log1p", log1p(number(-1, 0.0)), -huge, 0.0);
  check_complex("log1p", log1p(number(NAN, huge)), huge, NAN);
  check_complex("log1p", log1p(number(-3, 0.0)), std::log(2.0), pi);
  check_complex("expm1", expm1(number(-huge, 1)), -1, 0.0);
  check_complex("expm1", expm1(number(-0.0, 0.0)), 0.0, 0.0);
  check_complex("expm1", expm1(number(huge, huge)), huge, NAN);
  check_complex("expm1", expm1(number(NAN, 0.0)), NAN, 0.0);
  check_complex("sqrt", sqrt(number(NAN, huge)), huge, huge);
  check_complex("sqrt", sqrt(number(-huge, 1)), 0.0, huge);
  check_complex("sqrt", sqrt(number(-4, -0.0)), 0.0, -2);
  for (const double re : {0.0, -0.0})
    for (const double im : {0.0, -0.0}) check_complex("sign", sign(number(re, im)), 0.0, 0.0);
  check_complex("sign", sign(number(NAN, 1)), NAN, NAN);
  check_complex("sign", sign(number(0, -3)), 0.0, -1);
  check_complex("nan_to_num", nan_to_num(number(NAN, -huge), 7, 8, 9), 7, 9);
  check_complex("nan_to_num", nan_to_num(number(1, NAN)), 1, 0.0);
  CHECK(nan_to_num(number(1, huge).to(complex64)).to_vector<cfloat>()[0] == cfloat(1, 3.4028234663852886e38f));
}

TEST_CASE("corners: frexp of what has no exponent, entr of 0") {
  CHECK(values(frexp(tensor({huge, -huge, 0.0})).second) == std::vector<double>{0, 0, 0});
  CHECK(values(frexp(tensor({huge, -huge})).first) == std::vector<double>{huge, -huge});
  CHECK_FALSE(std::signbit(values(entr(tensor({0.0})))[0]));
}
