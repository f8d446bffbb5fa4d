// The elementwise rows' values: over their range and at special values, in every dtype, in place, into `out`, and refused.
#include <playhead/tensor/elementwise.h>

#include <limits>
#include <set>

#include "elementwise_references.h"
#include "row_ops.h"

using namespace ph;
using namespace test;

namespace {

// Rows without a reference of their own: random or special functions that test_math.cpp covers, and what is tested by hand below.
bool close_to(double got, Number want, double rtol, double atol) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want);
  if (static_cast<Number>(got) == want) return true;
  if (std::isinf(got)) return std::fabs(want) > static_cast<Number>(0.99) * std::numeric_limits<double>::max();
  return std::fabs(static_cast<Number>(got) - want) <= static_cast<Number>(atol) + static_cast<Number>(rtol) * std::fabs(want);
}

void compare(const RowOp& op, const Tensors& x, double rtol, double atol) {
  const Reference* r = reference(op.name());
  if (!r || op.info().select) return;
  const Tensor y = op.apply(x);
  std::vector<std::vector<double>> in;
  for (const Tensor& t : x) in.push_back(values(t));
  const std::vector<double> got = values(y);
  for (std::size_t i = 0; i < got.size(); ++i) {
    Number a[3] = {};
    for (std::size_t k = 0; k < in.size(); ++k) a[k] = static_cast<Number>(in[k][i]);
    const Number want = r->f(a[0], a[1], a[2]);
    // What a float cannot hold is infinite.
    const bool over = x[0].dtype() == float32 && std::fabs(want) > static_cast<Number>(std::numeric_limits<float>::max());
    const std::string at = std::string(op.name()) + "(" + std::to_string(a[0]) + ", " + std::to_string(a[1]) + ", " + std::to_string(a[2]) + ") = " +
                           std::to_string(got[i]) + ", expected " + std::to_string(want);
    if (over) CHECK_MESSAGE(std::isinf(got[i]), at);
    else CHECK_MESSAGE(close_to(got[i], want, rtol, atol), at);
  }
}

}  // namespace

TEST_CASE("elementwise: there are at least 80 rows, named once") {
  std::set<std::string> names;
  for (const RowOp& op : row_ops()) {
    CHECK(names.insert(op.name()).second);
    CHECK(std::strlen(op.info().doc) > 0);
    CHECK(op.info().lo < op.info().hi);
  }
  CHECK(names.size() >= 80);
  CHECK(names.size() == static_cast<std::size_t>(row_count));
}

TEST_CASE("elementwise: values over the range") {
  for (const RowOp& op : row_ops()) {
    if (!op.floats()) continue;
    CAPTURE(std::string(op.name()));
    compare(op, operands(op, {300}), 2e-14, 4e-16);
    compare(op, operands(op, {300}, float32), 2e-6, 4e-7);
  }
}

// Hard case 8: NaN, infinities, zeros and extremes through every row.
TEST_CASE("elementwise: special values") {
  const double inf = ph::inf, big = 1e30;
  const std::vector<double> special = {0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 1e-30, -1e-30, big, -big, inf, -inf, ph::nan};
  // Not these: floor_divide, where the definition leaves a choice; lgamma's poles; and sums that cancel what 1e30 leaves.
  const std::set<std::string> free = {"floor_divide", "lgamma", "lerp", "addcmul", "addcdiv"};
  for (const RowOp& op : row_ops()) {
    if (!op.floats() || free.contains(op.name())) continue;
    CAPTURE(std::string(op.name()));
    const auto n = static_cast<std::int64_t>(special.size());
    const Tensor line = from_data(special, {n});
    Tensors x;
    if (op.arity() == 1) x = {line};
    else if (op.arity() == 2) x = {line.unsqueeze(1).expand({n, n}).reshape({-1}), line.expand({n, n}).reshape({-1})};
    else x = {line.reshape({n, 1, 1}).expand({n, n, n}).reshape({-1}), line.reshape({n, 1}).expand({n, n, n}).reshape({-1}), line.expand({n, n, n}).reshape({-1})};
    if (op.info().select) x[0] = greater(x[0], 0.0);
    compare(op, x, 1e-12, 1e-300);
  }
}

TEST_CASE("elementwise: NaN at every place of lengths 1 to 67 gives the same result") {
  for (const DType t : {float32, float64})
    for (const char* name : {"maximum", "minimum", "clamp", "relu", "fmax", "sign", "clip", "exp", "tanh", "sin"})
      for (const RowOp& op : row_ops()) {
        if (std::strcmp(op.name(), name) != 0) continue;
        for (std::int64_t n = 1; n <= 67; n += n < 20 ? 1 : 7)
          for (std::int64_t at = 0; at < n; ++at) {
            Tensors x = operands(op, {n}, t);
            const std::vector<double> before = values(op.apply(x));
            x[0].select(0, at).fill_(ph::nan);
            const std::vector<double> after = values(op.apply(x));
            for (std::int64_t i = 0; i < n; ++i) {
              const auto k = static_cast<std::size_t>(i);
              if (i != at) CHECK(after[k] == before[k]);
              else CHECK(std::isnan(after[k]) == (op.row != Row::fmax));
            }
          }
      }
}

TEST_CASE("elementwise: an element's bits do not depend on its place") {
  for (const RowOp& op : row_ops()) {
    if (!op.floats()) continue;
    CAPTURE(std::string(op.name()));
    const Tensors x = operands(op, {70}, float32);
    const Tensor whole = op.apply(x);
    for (const std::int64_t start : {1, 5, 17, 40}) {
      Tensors part;
      for (const Tensor& t : x) part.push_back(t.narrow(0, start, 23).clone());
      CHECK(same_bits(op.apply(part), whole.narrow(0, start, 23)));
    }
  }
}

TEST_CASE("elementwise: 16-bit floats are computed in float32 and rounded once") {
  for (const DType t : {float16, bfloat16})
    for (const RowOp& op : row_ops()) {
      if (!op.floats()) continue;
      CAPTURE(std::string(op.name()));
      Tensors narrow, wide;
      for (const Tensor& x : operands(op, {40})) {
        narrow.push_back(is_bool(x.dtype()) ? x : x.to(t));
        wide.push_back(is_bool(x.dtype()) ? x : narrow.back().to(float32));
      }
      const Tensor y = op.apply(narrow);
      CHECK(y.dtype() == (op.info().predicate ? bool_ : t));
      CHECK(same_bits(y, op.apply(wide).to(y.dtype())));
    }
}

TEST_CASE("elementwise: integers of every width agree with int64") {
  for (const DType t : {uint8, uint16, uint32, uint64, int8, int16, int32, int64})
    for (const RowOp& op : row_ops()) {
      if (!op.integers()) continue;
      CAPTURE(std::string(op.name()));
      CAPTURE(std::string(ph::name(t)));
      Tensors narrow = operands(op, {50}, t), wide;
      for (const Tensor& x : narrow) wide.push_back(is_bool(x.dtype()) ? x : x.to(int64));
      const Tensor y = op.apply(narrow);
      CHECK(y.dtype() == (op.info().predicate ? bool_ : t));
      CHECK(same_bits(y, op.apply(wide).to(y.dtype())));
    }
}

TEST_CASE("elementwise: integer arithmetic wraps and never traps") {
  const auto i64 = [](std::vector<std::int64_t> v) { return from_data(v, {static_cast<std::int64_t>(v.size())}); };
  const std::int64_t least = INT64_MIN, most = INT64_MAX;
  const auto check = [](const Tensor& y, std::vector<std::int64_t> want) { CHECK(y.to_vector<std::int64_t>() == want); };
  check(add(i64({most, least}), 1), {least, least + 1});
  check(neg(i64({least, 5})), {least, -5});
  check(abs(i64({least, -5})), {least, 5});
  check(floor_divide(i64({least, 7, -7, 7, -7}), i64({-1, 2, 2, -2, -2})), {least, 3, -4, -4, 3});
  check(remainder(i64({least, 7, -7, 7, -7}), i64({-1, 2, 2, -2, -2})), {0, 1, 1, -1, -1});
  check(fmod(i64({least, 7, -7, 7, -7}), i64({-1, 2, 2, -2, -2})), {0, 1, -1, 1, -1});
  check(pow(i64({2, -3, 0, 10}), i64({62, 3, 0, 19})), {std::int64_t{1} << 62, -27, 1, static_cast<std::int64_t>(10000000000000000000u)});
  check(bitwise_left_shift(i64({1, 1, 1, -1}), i64({3, 64, -1, 63})), {8, 0, 0, least});
  check(bitwise_right_shift(i64({-8, -8, 8, -8}), i64({1, 64, 64, -1})), {-4, -1, 0, -1});
  check(gcd(i64({12, -12, 0, least}), i64({18, 18, 5, 2})), {6, 6, 5, 2});
  check(lcm(i64({4, -4, 0}), i64({6, 6, 5})), {12, 12, 0});
  check(sign(i64({-3, 0, 9})), {-1, 0, 1});
  CHECK(same_bits(add(full({3}, 200, {.dtype = uint8}), full({3}, 100, {.dtype = uint8})), full({3}, 44, {.dtype = uint8})));
  CHECK(same_bits(mul(full({2}, 65535, {.dtype = uint16}), full({2}, 65535, {.dtype = uint16})), full({2}, 1, {.dtype = uint16})));
  CHECK(same_bits(floor_divide(full({2}, -128, {.dtype = int8}), full({2}, -1, {.dtype = int8})), full({2}, -128, {.dtype = int8})));
  CHECK(same_bits(greater(full({1}, UINT64_MAX, {.dtype = uint64}), zeros({1}, {.dtype = uint64})), ones({1}, {.dtype = bool_})));
}

TEST_CASE("elementwise: bools") {
  const Tensor f = zeros({1}, {.dtype = bool_}), t = ones({1}, {.dtype = bool_});
  CHECK(same_bits(add(t, t), t));
  CHECK(same_bits(mul(t, f), f));
  CHECK(same_bits(bitwise_not(t), f));
  CHECK(same_bits(~f, t));
  CHECK(same_bits(bitwise_xor(t, t), f));
  CHECK(same_bits(maximum(t, f), t));
  CHECK(same_bits(t & t, t));
  CHECK(same_bits(!t, f));
  CHECK(add(t, 1).dtype() == int64);
  CHECK(exp(t).dtype() == float32);
}

TEST_CASE("elementwise: floor_divide and remainder of floats") {
  const auto two = [](double a, double b) { return floor_divide(full({}, a, {.dtype = float64}), b).item<double>(); };
  CHECK(two(1.0, 0.1) == 9);  // 1 / 0.1 rounds to 10
  CHECK(two(-7.5, 2) == -4);
  CHECK(std::isinf(two(1, 0)));
  for (const DType t : {float32, float64}) {
    const Tensor a = mul(sample({500}, t, -100, 100, 5), 1.0), b = sample({500}, t, 0.01, 3, 6);
    const Tensor q = floor_divide(a, b), r = remainder(a, b);
    CHECK(close(add(mul(q, b), r), a, 1e-5, 1e-5));
    for (const double v : values(r)) CHECK(v >= 0);
  }
}

TEST_CASE("elementwise: in place and into `out`") {
  for (const RowOp& op : row_ops()) {
    CAPTURE(std::string(op.name()));
    const DType t = native(op);
    const Tensors x = operands(op, {4, 5}, t);
    Tensors before;
    for (const Tensor& v : x) before.push_back(v.clone());
    const Tensor y = op.apply(x);
    Tensor out = zeros({4, 5}, {.dtype = y.dtype()});
    CHECK(op.out(out, x).is_same(out));
    CHECK(same_bits(out, y));
    CHECK(out.version() == 1);
    // A strided `out`, and one of a wider dtype.
    Tensor wide = zeros({5, 9}, {.dtype = y.dtype()}), part = wide.slice(1, {0, 8, 2}).transpose(0, 1);
    op.out(part, x);
    CHECK(same_bits(part, y));
    if (op.floats() && !op.info().predicate) {
      Tensor other = zeros({4, 5}, {.dtype = float32});
      op.out(other, x);
      CHECK(same_bits(other, y.to(float32)));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(same_bits(x[i], before[i]));
      CHECK(x[i].version() == before[i].version());
    }
    if (!op.inplace) continue;
    Tensor z = x[0].clone();
    CHECK(op.inplace(z, x).is_same(z));
    CHECK(same_bits(z, y));
    CHECK(z.version() == 1);
    // `out` that is an input.
    Tensor self = x[0].clone();
    Tensors again = x;
    again[0] = self;
    op.out(self, again);
    CHECK(same_bits(self, y));
  }
}

// Hard case 2.
TEST_CASE("elementwise: overlapping operands give what apart ones give") {
  for (int round = 0; round < 20; ++round) {
    Tensor a = sample({70, 70}, float32, -1, 1, static_cast<std::uint64_t>(round + 1));
    const Tensor want = add(a, a.T().clone());
    a.add_(a.T());
    CHECK(same_bits(a, want));
    Tensor b = sample({5000}, float64);
    const Tensor shifted = mul(b.narrow(0, 0, 4999).clone(), 2.0);
    Tensor out = b.narrow(0, 1, 4999);
    mul_out(out, b.narrow(0, 0, 4999), 2.0);
    CHECK(same_bits(out, shifted));
    Tensor c = sample({300}, float64);
    const Tensor by_first = mul(c, c.select(0, 0).clone());
    c.mul_(c.select(0, 0));
    CHECK(same_bits(c, by_first));
  }
  CHECK_ERROR(ones({3, 1}).expand({3, 3}).add_(1),
              "add_: several elements are the same memory (an expanded tensor?); got shape=[3, 3], strides=[1, 0]. Clone it first");
}

TEST_CASE("elementwise: numbers on either side") {
  const Tensor x = sample({3, 4}, float32);
  CHECK(same_bits(x + 2, add(x, full({3, 4}, 2.0))));
  CHECK(same_bits(2 - x, sub(full({3, 4}, 2.0), x)));
  CHECK(same_bits(1.0 / x, div(ones({3, 4}), x)));
  CHECK(same_bits(pow(2, x), pow(full({3, 4}, 2.0), x)));
  CHECK(same_bits(x % 0.5, remainder(x, full({3, 4}, 0.5))));
  CHECK(same_bits(x > 0, greater(x, zeros({3, 4}))));
  CHECK(same_bits(0.5 <= x, less_equal(full({3, 4}, 0.5), x)));
  CHECK(same_bits(where(x > 0, x, 0), mul(x, (x > 0).to(float32)) + 0));
  CHECK(same_bits(where(x > 0, 1, x), where(x > 0, ones({3, 4}), x)));
  CHECK(where(x > 0, 1, 2).dtype() == int64);
  CHECK(where(x > 0, 1.5, 2).dtype() == float32);
  CHECK(where(x > 0, true, false).dtype() == bool_);
  const Tensor big = sample({100, 30}, float32);
  CHECK(same_bits(big * 3.0, mul(big, full({100, 30}, 3.0))));
  CHECK(same_bits(big.T() * 3.0, mul(big.T(), full({30, 100}, 3.0))));
  CHECK(same_bits(lerp(x, x + 1, 0.25), lerp(x, x + 1, full({3, 4}, 0.25))));
  CHECK((x == x).to(uint8).to_vector<std::uint8_t>() == std::vector<std::uint8_t>(12, 1));
}

TEST_CASE("elementwise: the other names") {
  const Tensor a = sample({7}), b = sample({7}, float64, 0.5, 2, 9);
  CHECK(same_bits(subtract(a, b), a - b));
  CHECK(same_bits(multiply(a, 2), a * 2));
  CHECK(same_bits(divide(a, b), a / b));
  CHECK(same_bits(true_divide(1, b), 1 / b));
  CHECK(same_bits(negative(a), -a));
  CHECK(same_bits(absolute(a), abs(a)));
  CHECK(same_bits(fix(a), trunc(a)));
  CHECK(same_bits(sgn(a), sign(a)));
  CHECK(same_bits(arctan2(a, b), atan2(a, b)));
  CHECK(same_bits(arcsin(div(a, 4)), asin(div(a, 4))));
  CHECK(same_bits(arccos(div(a, 4)), acos(div(a, 4))));
  CHECK(same_bits(arctan(a), atan(a)));
  CHECK(same_bits(arcsinh(a), asinh(a)));
  CHECK(same_bits(arccosh(b + 1), acosh(b + 1)));
  CHECK(same_bits(arctanh(div(a, 4)), atanh(div(a, 4))));
  CHECK(same_bits(bitwise_invert(a > 0), logical_not(a > 0)));
  CHECK(same_bits(eq(a, b), a == b));
  CHECK(same_bits(ne(a, b), a != b));
  CHECK(same_bits(lt(a, b), a < b));
  CHECK(same_bits(le(a, 0.5), a <= 0.5));
  CHECK(same_bits(gt(a, b), a > b));
  CHECK(same_bits(ge(a, b), a >= b));
}
