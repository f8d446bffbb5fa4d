// Ops that are made of elementwise rows, and the exact texts of the elementwise ops' errors.
#include "harness.h"

using namespace ph;
using namespace test;

TEST_CASE("elementwise: ops made of rows") {
  const Tensor a = sample({4, 3}), b = sample({4, 3}, float64, 0.5, 2, 9), c = sample({4, 3}, float64, 0.5, 2, 11);
  CHECK(close(addcmul(a, b, c, 0.5), a + 0.5 * b * c));
  CHECK(close(addcdiv(a, b, c, 0.5), a + 0.5 * b / c));
  CHECK(same_bits(rsub(a, b), b - a));
  CHECK(same_bits(rsub(a, 1), 1 - a));
  const Tensor n = arange(5);
  CHECK(float_power(n, n).dtype() == float64);
  CHECK(same_bits(float_power(n, 2), pow(n.to(float64), 2.0)));
  CHECK(same_bits(clamp(a, b, c), clip(a, b, c)));
  CHECK(same_bits(clamp(a, Tensor(), c), minimum(a, c)));
  CHECK(same_bits(clamp(a, b, Tensor()), maximum(a, b)));
  CHECK(same_bits(clamp_min(a, b), maximum(a, b)));
  CHECK(same_bits(clamp_max(a, b), minimum(a, b)));
  const Tensor wild = from_data(std::vector<double>{1.0, ph::nan, inf, -inf});
  CHECK(nan_to_num(wild.to(float64)).to_vector<double>() == std::vector<double>{1, 0, 1.7976931348623157e308, -1.7976931348623157e308});
  CHECK(nan_to_num(wild.to(float64), 7, 8, 9).to_vector<double>() == std::vector<double>{1, 7, 8, 9});
  CHECK(round(from_data(std::vector<double>{1.25, -2.345, 0.5}).to(float64), 1).to_vector<double>() == std::vector<double>{1.2, -2.3, 0.5});
  CHECK(round(from_data(std::vector<double>{149.0, 151.0}).to(float64), -2).to_vector<double>() == std::vector<double>{100, 200});
  CHECK(isclose(from_data(std::vector<double>{1.0, 1.0, ph::nan, inf}), from_data(std::vector<double>{1.000001, 1.1, ph::nan, inf})).to(uint8).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{1, 0, 0, 1});
  CHECK(isclose(from_data(std::vector<double>{ph::nan}), from_data(std::vector<double>{ph::nan}), 1e-5, 1e-8, true).item<bool>());
  CHECK(same_bits(prelu(a, full({1}, 0.2, {.dtype = float64})), where(a > 0, a, a * 0.2)));
  CHECK(same_bits(polygamma(1, b), polygamma(b, 1)));
  CHECK(same_bits(gelu(a).to(float32), gelu(a).to(float32)));
}

TEST_CASE("smooth units have the limits' values and slopes at infinity, and finite ones however large x is") {
  using Unit = Tensor (*)(const Tensor&);
  for (const Unit f : {static_cast<Unit>(silu), static_cast<Unit>(mish), static_cast<Unit>(gelu), static_cast<Unit>(gelu_tanh)})
    for (const DType t : {float32, float64})
      for (const bool create : {false, true}) {
        const Tensor x = from_data(std::vector<double>{-inf, -1e30, -200, 200, 1e30, inf}).to(t).requires_grad_();
        const Tensor y = f(x), g = grad(sum(y), x, {.create_graph = create});
        CHECK(abs(y.narrow(0, 0, 3)).to(float32).to_vector<float>() == std::vector<float>(3));
        CHECK(y.narrow(0, 3, 3).to(float32).to_vector<float>() == std::vector<float>{200, 1e30f, HUGE_VALF});
        CHECK(abs(g).to(float32).to_vector<float>() == std::vector<float>{0, 0, 0, 1, 1, 1});
        if (create) CHECK(abs(grad(sum(g), x)).to(float32).to_vector<float>() == std::vector<float>(6));
      }
}

TEST_CASE("frexp: m 2^e, with m in [0.5, 1)") {
  for (const DType t : {float32, float64}) {
    const double tiny = t == float32 ? 1e-40 : 1e-310;
    std::vector<double> v = {0, 1, -1, 0.5, 2, 3, 1e10, -1e-10, 4, 0.25, 0.999999, 1e30, tiny, -8};
    const Tensor x = from_data(v, {static_cast<std::int64_t>(v.size())}, {.dtype = float64}).to(t);
    const auto [m, e] = frexp(x);
    CHECK(e.dtype() == int32);
    const auto got = values(m), at = values(x);
    const auto exponent = e.to_vector<std::int32_t>();
    for (std::size_t i = 0; i < v.size(); ++i) {
      int want;
      const double mantissa = std::frexp(at[i], &want);
      CAPTURE(at[i]);
      CHECK(got[i] == mantissa);
      CHECK(exponent[i] == want);
    }
  }
}

TEST_CASE("complex: conj, abs, sign, angle, polar") {
  const Tensor z = complex(sample({5}), sample({5}, float64, -2, 2, 9));
  const auto v = z.to_vector<cdouble>();
  const auto modulus = abs(z).to_vector<double>(), argument = angle(z).to_vector<double>();
  const auto unit = sign(z).to_vector<cdouble>(), mirrored = conj(z).to_vector<cdouble>();
  for (std::size_t i = 0; i < v.size(); ++i) {
    CHECK(modulus[i] == doctest::Approx(std::hypot(v[i].re, v[i].im)));
    CHECK(argument[i] == doctest::Approx(std::atan2(v[i].im, v[i].re)));
    CHECK(unit[i].re == doctest::Approx(v[i].re / modulus[i]));
    CHECK(mirrored[i] == cdouble(v[i].re, -v[i].im));
  }
  const Tensor back = polar(abs(z), angle(z));
  CHECK(close(real(back), real(z)));
  CHECK(close(imag(back), imag(z)));
  CHECK(sign(zeros({1}, {.dtype = complex128})).to_vector<cdouble>()[0] == cdouble(0));
  CHECK(conj_physical(sample({2})).dtype() == float64);
  const auto fine = [](const auto& f, const Tensor& x) { return gradcheck(f, {x}) && gradgradcheck(f, {x}); };
  const Tensor x = z.clone().requires_grad_();
  CHECK(fine([](const Tensor& z) { return conj(z) * z; }, x));
  CHECK(fine([](const Tensor& z) { return abs(z); }, x));
  CHECK(fine([](const Tensor& z) { return sign(z); }, x));
  CHECK(fine([](const Tensor& z) { return angle(z); }, x));
  CHECK(fine([](const Tensor& z) { return mul(z, 2.0) / (z + 3); }, x));
  Tensor zero = zeros({2}, {.dtype = complex128}).requires_grad_();
  CHECK(same_bits(grad(abs(zero).sum(), zero), zeros({2}, {.dtype = complex128})));
}

TEST_CASE("elementwise: exact errors") {
  const Tensor f = ones({2, 3}), i = ones({2, 3}, {.dtype = int64}), b = ones({2, 3}, {.dtype = bool_}), z = ones({2, 3}, {.dtype = complex64});
  CHECK_ERROR(f + ones({2, 4}), "add: shapes do not broadcast; got a=[2, 3], b=[2, 4] (3 vs 4 at dimension -1)");
  CHECK_ERROR(f + Tensor(), "tensor: it is undefined (default-constructed or moved from)");
  CHECK_ERROR(exp(Tensor()), "tensor: it is undefined (default-constructed or moved from)");
  CHECK_ERROR(b - b, "sub: bool is not a number here; got dtype=bool. Use a logical or bitwise op, or x.to(dtype)");
  CHECK_ERROR(-b, "neg: bool is not a number here; got dtype=bool. Use a logical or bitwise op, or x.to(dtype)");
  CHECK_ERROR(f & f, "bitwise_and: needs integers or bool; got dtype=float32");
  CHECK_ERROR(gcd(f, f), "gcd: needs integers; got dtype=float32");
  CHECK_ERROR(gcd(b, b), "gcd: needs integers; got dtype=bool");
  CHECK_ERROR(floor(z), "floor: is not defined for complex numbers; got dtype=complex64");
  CHECK_ERROR(z < z, "less: is not defined for complex numbers; got dtype=complex64");
  CHECK_ERROR(maximum(z, f), "maximum: is not defined for complex numbers; got dtype=complex64");
  CHECK_ERROR(where(f, f, f), "where: the condition must be bool; got dtype=float32");
  CHECK_ERROR(i + ones({3}, {.dtype = uint64}), "add: no integer dtype holds both; got int64 and uint64. Convert one with x.to(dtype)");
  CHECK_ERROR(ones({3}, {.dtype = uint8}) + 300, "add: a number must fit the tensor's dtype; got value=300, dtype=uint8");
  CHECK_ERROR(ones({3}, {.dtype = uint8}) + -1, "add: a number must fit the tensor's dtype; got value=-1, dtype=uint8");
  CHECK_ERROR(i / i + UINT64_MAX * i, "mul: a number must fit the tensor's dtype; got value=18446744073709551615, dtype=int64");
  CHECK_ERROR(floor_divide(i, i - 1), "floor_divide: integer division by zero");
  CHECK_ERROR(remainder(i, 0), "remainder: integer division by zero");
  CHECK_ERROR(fmod(i, i.T().reshape({2, 3}) * 0), "fmod: integer division by zero");
  CHECK_ERROR(i % 0, "remainder: integer division by zero");
  CHECK_ERROR(pow(i, -1), "pow: an integer cannot be raised to a negative power. Convert it to a floating dtype");
  CHECK_ERROR(clamp(i, 0.5, 2), "clamp: needs whole numbers for an integer tensor; got min=0.5, dtype=int64. Convert it with x.to(dtype)");
  Tensor out = zeros({2, 2}), whole = zeros({2, 3}, {.dtype = int32}), x = ones({2, 3}).requires_grad_();
  CHECK_ERROR(add_out(out, f, f), "add_out: `out` must have the result's shape; got [2, 2], expected [2, 3]");
  CHECK_ERROR(add_out(whole, f, f), "add_out: the result does not fit the tensor that is written to; got float32 for dtype=int32");
  Tensor target = zeros({2, 3});
  CHECK_ERROR(add_out(target, x, f), "add_out: a result that is written to `out` cannot be recorded; got an input that requires a gradient. Use no_grad");
  CHECK_ERROR(whole.add_(f), "add_: the result does not fit the tensor that is written to; got float32 for dtype=int32");
  CHECK_ERROR(whole.div_(2), "div_: the result does not fit the tensor that is written to; got float32 for dtype=int32");
  CHECK_ERROR(zeros({3}).add_(f), "add_: the result must have the tensor's shape; got [3], expected [2, 3]");
  CHECK_ERROR(x.add_(1), "add_: a leaf that requires a gradient must not be changed in place; got shape=[2, 3]. Use no_grad, or work on a clone");
  CHECK_ERROR(isclose(f, f, -1), "isclose: tolerances must not be negative; got rtol=-1, atol=1e-08");
  CHECK_ERROR(clamp(f, Tensor(), Tensor()), "clamp: needs a bound; got neither min nor max");
  CHECK_ERROR(frexp(z), "frexp: is not defined for complex numbers; got dtype=complex64");
}

TEST_CASE("elementwise: comparisons with numbers that the dtype does not have") {
  const auto truth = [](const Tensor& y) { return test::values(y); };
  const std::vector<double> yes{1, 1}, no{0, 0};
  const Tensor u = tensor({100, 200}, {.dtype = uint8}), i = tensor({-1, 5}, {.dtype = int64}), w = tensor({std::uint64_t{0}, UINT64_MAX}, {.dtype = uint64});
  for (const auto& [x, above] : {std::pair{u, Scalar(256)}, std::pair{u, Scalar(UINT64_MAX)}, std::pair{i, Scalar(UINT64_MAX)}}) {
    CHECK(truth(x == above) == no);
    CHECK(truth(x != above) == yes);
    CHECK(truth(x < above) == yes);
    CHECK(truth(x <= above) == yes);
    CHECK(truth(x > above) == no);
    CHECK(truth(x >= above) == no);
    CHECK(truth(above > x) == yes);
    CHECK(truth(above >= x) == yes);
    CHECK(truth(above < x) == no);
    CHECK(truth(above <= x) == no);
  }
  for (const Tensor& x : {u, w}) {
    CHECK(truth(x > -1) == yes);
    CHECK(truth(x >= -1) == yes);
    CHECK(truth(x < -1) == no);
    CHECK(truth(x <= -1) == no);
    CHECK(truth(x == -1) == no);
    CHECK(truth(x != -1) == yes);
    CHECK(truth(-1 < x) == yes);
  }
  Tensor out = zeros({2}, {.dtype = bool_});
  CHECK(truth(less_out(out, u, 300)) == yes);
  CHECK((u < 300).dtype() == bool_);
  CHECK((u.T() == 256).shape() == Shape{2});
  CHECK_ERROR(logical_and(u, 256), "logical_and: a number must fit the tensor's dtype; got value=256, dtype=uint8");
}

TEST_CASE("elementwise: numbers of integer rows") {
  const Tensor u = tensor({100, 200}, {.dtype = uint8}), i = tensor({-128, 100}, {.dtype = int8});
  using V = std::vector<double>;
  CHECK(test::values(clamp(u, 0, 300)) == V{100, 200});
  CHECK(test::values(clamp(u, -1, 150)) == V{100, 150});
  CHECK(test::values(clamp(i, -200, 50)) == V{-128, 50});
  CHECK(test::values(clamp_min(i, -inf)) == V{-128, 100});
  CHECK(test::values(clamp_max(i, 1e30)) == V{-128, 100});
  CHECK_ERROR(clamp_min(u, 300), "clamp_min: a number must fit the tensor's dtype; got value=300, dtype=uint8");
  CHECK_ERROR(clamp_max(u, -1), "clamp_max: a number must fit the tensor's dtype; got value=-1, dtype=uint8");
  CHECK_ERROR(clamp(u, 300, 400), "clamp: a number must fit the tensor's dtype; got value=300, dtype=uint8");
  CHECK_ERROR(clamp(u, ph::nan, 400), "clamp: needs whole numbers for an integer tensor; got min=nan, dtype=uint8. Convert it with x.to(dtype)");
  CHECK(test::values(threshold(i, 50, -128)) == V{-128, 100});
  CHECK_ERROR(threshold(i, 50, 300), "threshold: a number must fit the tensor's dtype; got value=300, dtype=int8");
  CHECK_ERROR(threshold(i, -200, 0), "threshold: a number must fit the tensor's dtype; got value=-200, dtype=int8");
}

TEST_CASE("elementwise: what has no derivative, or no value, says so") {
  const Tensor x = ones({2}, {.requires_grad = true});
  const Tensor whole = arange(3) + 1;
  for (const Tensor& v : {x, x.to(float64), x.to(float16), whole}) {
    CHECK_ERROR(polygamma(v, -1), "polygamma: n must be a whole number, 0 or more; got n=-1");
    CHECK_ERROR(polygamma(1.5, v), "polygamma: n must be a whole number, 0 or more; got n=1.5");
    CHECK_ERROR(polygamma(v, inf), "polygamma: n must be a whole number, 0 or more; got n=inf");
    CHECK_ERROR(polygamma(v, ph::nan), "polygamma: n must be a whole number, 0 or more; got n=nan");
  }
  Tensor y = ones({2});
  CHECK_ERROR(y.polygamma_(-1), "polygamma_: n must be a whole number, 0 or more; got n=-1");
  CHECK(test::close(polygamma(0, y), digamma(y)));
  CHECK_ERROR(igamma(x, y).sum().backward(), "igamma: has no derivative by its first operand. Detach it");
  CHECK_ERROR(igammac(x, y).sum().backward(), "igammac: has no derivative by its first operand. Detach it");
  CHECK_ERROR(zeta(x + 1, y).sum().backward(), "zeta: has no derivative by its first operand. Detach it");
}
