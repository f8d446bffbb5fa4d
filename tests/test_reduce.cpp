// Reductions: every op × dtypes × layouts × dims against long double, derivatives, empties, NaN, error texts.
#include "harness.h"

#include <algorithm>

using namespace ph;
using test::leaf;
using test::sample;

namespace {

using Row = std::vector<long double>;

/// A reduction by its name, what it is, and for what: r real, f float, c complex too.
struct Op {
  const char* name;
  Tensor (*f)(const Tensor& x, const Shape& dims, bool keepdim);
  long double (*reference)(const Row& row);
  bool floats_only = false, of_none = true;
};

long double sum_of(const Row& r) {
  long double s = 0;
  for (const long double x : r) s += x;
  return s;
}
long double power_sum(const Row& r, long double p) {
  long double s = 0;
  for (const long double x : r) s += std::pow(std::fabs(x), p);
  return s;
}
long double variance(const Row& r, long double correction) {
  const long double n = static_cast<long double>(r.size()), m = sum_of(r) / n;
  long double s = 0;
  for (const long double x : r) s += (x - m) * (x - m);
  return s / std::fmax(0.0L, n - correction);
}

#define F(...) [](const Tensor& x, const Shape& dims, bool keepdim) -> Tensor { return __VA_ARGS__; }
#define R(...) [](const Row& r) -> long double { __VA_ARGS__ }
const std::vector<Op> ops = {
    {"sum", F(sum(x, dims, keepdim)), R(return sum_of(r);)},
    {"mean", F(mean(x, dims, keepdim)), R(return sum_of(r) / static_cast<long double>(r.size());)},
    {"prod", F(prod(x, dims, keepdim)), R(long double p = 1; for (auto x : r) p *= x; return p;)},
    {"nansum", F(nansum(x, dims, keepdim)), R(return sum_of(r);)},
    {"nanmean", F(nanmean(x, dims, keepdim)), R(return sum_of(r) / static_cast<long double>(r.size());), true},
    {"max", F(max(x, dims, keepdim)), R(return *std::max_element(r.begin(), r.end());), false, false},
    {"min", F(min(x, dims, keepdim)), R(return *std::min_element(r.begin(), r.end());), false, false},
    {"amax", F(amax(x, dims, keepdim)), R(return *std::max_element(r.begin(), r.end());), false, false},
    {"amin", F(amin(x, dims, keepdim)), R(return *std::min_element(r.begin(), r.end());), false, false},
    {"aminmax", F(sub(aminmax(x.to(float64), dims, keepdim).max, aminmax(x.to(float64), dims, keepdim).min)),
     R(return *std::max_element(r.begin(), r.end()) - *std::min_element(r.begin(), r.end());), false, false},
    {"any", F(any(x, dims, keepdim)), R(return std::any_of(r.begin(), r.end(), [](auto x) { return x != 0; });)},
    {"all", F(all(x, dims, keepdim)), R(return std::all_of(r.begin(), r.end(), [](auto x) { return x != 0; });)},
    {"count_nonzero", F(count_nonzero(x, dims, keepdim)), R(return static_cast<long double>(r.size()) - static_cast<long double>(std::count(r.begin(), r.end(), 0));)},
    {"var", F(var(x, dims, keepdim)), R(return variance(r, 0);), true},
    {"var 1", F(var(x, dims, keepdim, 1)), R(return variance(r, 1);), true},
    {"std", F(ph::std(x, dims, keepdim)), R(return std::sqrt(variance(r, 0));), true},
    {"var_mean", F(var_mean(x, dims, keepdim).value), R(return variance(r, 0);), true},
    {"std_mean", F(std_mean(x, dims, keepdim).mean), R(return sum_of(r) / static_cast<long double>(r.size());), true},
    {"norm", F(norm(x, 2, dims, keepdim)), R(return std::sqrt(power_sum(r, 2));), true},
    {"norm 1", F(vector_norm(x, 1, dims, keepdim)), R(return power_sum(r, 1);), true},
    {"norm 3.5", F(vector_norm(x, 3.5, dims, keepdim)), R(return std::pow(power_sum(r, 3.5L), 1 / 3.5L);), true},
    {"norm 0", F(vector_norm(x, 0, dims, keepdim)), R(return static_cast<long double>(r.size()) - static_cast<long double>(std::count(r.begin(), r.end(), 0));), true},
    {"norm inf", F(vector_norm(x, HUGE_VAL, dims, keepdim)), R(long double m = 0; for (auto x : r) m = std::fmax(m, std::fabs(x)); return m;), true, false},
    {"norm -inf", F(vector_norm(x, -HUGE_VAL, dims, keepdim)), R(long double m = HUGE_VAL; for (auto x : r) m = std::fmin(m, std::fabs(x)); return m;), true, false},
    {"logsumexp", F(logsumexp(x, dims, keepdim)), R(long double s = 0; for (auto x : r) s += std::exp(x); return std::log(s);), true},
};
#undef F
#undef R

/// The rows of x, row-major, that meet over `dims` (no dims: all).
std::vector<Row> rows_of(const Tensor& x, const Shape& dims) {
  std::vector<bool> over(static_cast<std::size_t>(x.ndim()), dims.empty());
  for (std::int64_t d : x.ndim() ? dims : Shape{}) over[static_cast<std::size_t>(d < 0 ? d + x.ndim() : d)] = true;
  std::int64_t outputs = 1;
  for (int d = 0; d < x.ndim(); ++d) outputs *= over[static_cast<std::size_t>(d)] ? 1 : x.shape()[d];
  std::vector<Row> rows(static_cast<std::size_t>(outputs));
  const std::vector<double> v = test::values(x);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    std::int64_t rest = i, at = 0, step = 1;
    for (int d = x.ndim() - 1; d >= 0; rest /= x.shape()[d], --d)
      if (!over[static_cast<std::size_t>(d)]) at += rest % x.shape()[d] * step, step *= x.shape()[d];
    rows[static_cast<std::size_t>(at)].push_back(v[static_cast<std::size_t>(i)]);
  }
  return rows;
}

double tolerance(DType t) { return t == float64 ? 1e-14 : t == float16 ? 1e-3 : t == bfloat16 ? 8e-3 : 2e-7; }

std::string wrong(const Op& op, const Tensor& x, const Shape& dims, bool keepdim) {
  const Tensor y = op.f(x, dims, keepdim);
  const std::vector<Row> rows = rows_of(x, dims);
  const std::vector<double> got = test::values(y);
  if (got.size() != rows.size()) return text("has ", y.shape());
  if (keepdim && y.ndim() != x.ndim()) return text("keepdim gives ", y.shape());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double want = static_cast<double>(op.reference(rows[i]));
    if (got[i] == want || (std::isnan(got[i]) && std::isnan(want))) continue;
    const double scale = static_cast<double>(power_sum(rows[i], 1)) + std::fabs(want);
    if (!(std::fabs(got[i] - want) <= tolerance(y.dtype()) * scale)) return text("element ", static_cast<std::int64_t>(i), ": got ", got[i], ", expected ", want);
  }
  return "";
}

const std::vector<DType> real_dtypes = {bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64};

/// Small integers of both signs (where there are), and zeros, which any and all need.
Tensor numbers(const Shape& shape, DType t) {
  if (is_floating(t)) return where(sample(shape, float64, 0, 1, 5) < 0.1, 0, sample(shape, float64, -1.5, 1.5)).to(t);
  return floor(is_unsigned(t) || is_bool(t) ? sample(shape, float64, 0, 3.5) : sample(shape, float64, -2, 3)).to(t);
}

}  // namespace

TEST_CASE("reduce: every op × dtype × layout × dims") {
  const std::vector<Shape> dims = {{}, {0}, {-1}, {1}, {0, 2}, {-2, -1}, {2, 0, 1}};
  for (const Op& op : ops)
    for (const DType t : real_dtypes) {
      if (op.floats_only && !is_floating(t)) continue;
      for (const Shape& shape : {Shape{3, 4, 5}, Shape{2, 70, 3}, Shape{70, 3, 2}, Shape{1, 6, 1}})
        for (const test::Layout& layout : test::layouts(numbers(shape, t)))
          for (const Shape& d : dims) {
            CAPTURE(op.name); CAPTURE(name(t)); CAPTURE(layout.name); CAPTURE(to_string(shape)); CAPTURE(to_string(d));
            CHECK_EQ(wrong(op, layout.x, d, d.size() % 2 == 1), "");
          }
    }
}

TEST_CASE("reduce: repeated elements, windows and chunks") {
  for (const Op& op : ops) {
    CAPTURE(op.name);
    const Tensor x = numbers({7, 1, 5}, float64), windows = unfold(numbers({40}, float64), 0, 8, 3);
    for (const Shape& d : {Shape{}, Shape{1}, Shape{0}, Shape{1, 2}}) {
      CHECK_EQ(wrong(op, expand(x, {7, 6, 5}), d, false), "");
      CHECK_EQ(wrong(op, transpose(expand(x, {7, 6, 5}), 0, 2), d, true), "");
    }
    CHECK_EQ(wrong(op, windows, {1}, false), "");
    CHECK_EQ(wrong(op, windows, {0}, false), "");
    if (std::string(op.name) == "prod") continue;  // over- and underflows
    const Tensor big = numbers({300, 401}, float32);
    for (const Tensor& v : {big, big.mT(), big.slice(1, {None, None, 3}), big.slice(0, {None, None, -2})})
      for (const Shape& d : {Shape{}, Shape{0}, Shape{1}}) CHECK_EQ(wrong(op, v, d, false), "");
    CHECK_EQ(wrong(op, numbers({100003, 2}, bfloat16), {0}, false), "");
    CHECK_EQ(wrong(op, numbers({2, 100003}, float64), {1}, false), "");
    CHECK_EQ(wrong(op, numbers({5, 20011, 3}, float32), {1}, false), "");
  }
}

TEST_CASE("reduce: random layouts") {
  std::uint64_t z = 7;
  const auto random = [&](int n) { return static_cast<int>((z = z * 6364136223846793005u + 1442695040888963407u) >> 33) % n; };
  for (int round = 0; round < 1500; ++round) {
    Shape shape, order, dims;
    for (int d = 0, n = 1 + random(4); d < n; ++d) {
      shape.push_back(random(9) == 0 ? 0 : random(6) == 0 ? 40 : 1 + random(6)), order.insert(random(d + 1), d);
      if (random(2)) dims.push_back(d);
    }
    Tensor x = permute(numbers(shape, real_dtypes[static_cast<std::size_t>(random(13))]), order);
    for (int d = 0; d < x.ndim(); ++d)
      if (const int k = random(5); k < 2) x = x.slice(d, {None, None, k ? 2 : -1});
    const Op& op = ops[static_cast<std::size_t>(random(static_cast<int>(ops.size())))];
    if (op.floats_only && !is_floating(x.dtype())) continue;
    if (!op.of_none && x.numel() == 0) continue;
    CAPTURE(op.name); CAPTURE(name(x.dtype())); CAPTURE(to_string(x.shape())); CAPTURE(to_string(x.strides())); CAPTURE(to_string(dims));
    CHECK_EQ(wrong(op, x, dims, random(2)), "");
  }
}

TEST_CASE("reduce: results' dtypes") {
  for (const DType t : real_dtypes) {
    CAPTURE(name(t));
    const Tensor x = numbers({3, 2}, t);
    const DType total = is_floating(t) ? t : is_unsigned(t) ? uint64 : int64, real = is_floating(t) ? t : float32;
    CHECK(sum(x).dtype() == total);
    CHECK(prod(x, 1).dtype() == total);
    CHECK(cumsum(x, 0).dtype() == total);
    CHECK(mean(x).dtype() == real);
    CHECK(var(x).dtype() == real);
    CHECK(vector_norm(x).dtype() == real);
    CHECK(max(x).dtype() == t);
    CHECK(any(x).dtype() == bool_);
    CHECK(count_nonzero(x).dtype() == int64);
    CHECK(argmin(x).dtype() == int64);
    CHECK(sum(x, {}, false, float64).dtype() == float64);
    CHECK(mean(x, {}, false, complex64).dtype() == complex64);
  }
  CHECK(sum(full({300}, 1, {.dtype = uint8}), {}, false, uint8).item<int>() == 44);  // wraps, as asked
  CHECK(sum(full({300}, 1, {.dtype = uint8})).item<int>() == 300);
  CHECK(prod(tensor({3, 4}), {}, false, float32).item<float>() == 12);
  CHECK(mean(tensor({INT64_MAX, INT64_MAX})).item<float>() == 0x1p63f);
  CHECK(max(tensor({uint64_t{1} << 63, uint64_t{5}}, {.dtype = uint64})).item<std::uint64_t>() == uint64_t{1} << 63);
}

TEST_CASE("reduce: complex numbers") {
  const Tensor z = complex(sample({4, 70}, float64, -1, 1, 1), sample({4, 70}, float64, -1, 1, 2));
  for (const Tensor& x : {z, z.mT(), z.slice(1, {None, None, 2})}) {
    const Tensor re = real(x), im = imag(x);
    CHECK(test::close(view_as_real(sum(x, 1)), stack({sum(re, 1), sum(im, 1)}, -1)));
    CHECK(test::close(view_as_real(mean(x, 0)), stack({mean(re, 0), mean(im, 0)}, -1)));
    CHECK(test::close(vector_norm(x, 2, 1), vector_norm(abs(x), 2, 1)));
    CHECK(test::close(vector_norm(x, 3), vector_norm(abs(x), 3)));
    CHECK(test::close(var(x, 1), var(re, 1) + var(im, 1)));
    CHECK(test::close(view_as_real(cumsum(x, 0)), stack({cumsum(re, 0), cumsum(im, 0)}, -1)));
    CHECK(test::close(abs(prod(x, 0)), prod(abs(x), 0)));
    CHECK(test::close(abs(cumprod(x, 1)), cumprod(abs(x), 1)));
    CHECK(test::same_bits(any(x, 0), any(abs(x), 0)));
  }
  CHECK(count_nonzero(tensor({cdouble(0, 1), cdouble(0, 0)})).item<int>() == 1);
  const Tensor w = z.slice(1, {0, 3}).clone().requires_grad_();
  CHECK(gradcheck([](const Tensor& x) { return std::vector<Tensor>{sum(x, 0), mean(x), prod(x, 1), vector_norm(x, 2, 1), cumsum(x, 1), cumprod(x, 1), var(x, 1)}; }, {w}));
  CHECK(gradgradcheck([](const Tensor& x) { return std::vector<Tensor>{sum(x, 0), prod(x, 1), vector_norm(x, 2, 1), cumprod(x, 1)}; }, {w}));
}

// --- derivatives -------------------------------------------------------------------------------------------------------------

namespace {

struct Rule {
  const char* name;
  Tensor (*f)(const Tensor& x);
};
#define RULE(...) {#__VA_ARGS__, [](const Tensor& x) -> Tensor { return __VA_ARGS__; }}
const std::vector<Rule> rules = {
    RULE(sum(x)), RULE(sum(x, {0, -1}, true)), RULE(mean(x, 1)), RULE(mean(x)), RULE(prod(x)), RULE(prod(x, {0, 2})), RULE(prod(x, 1, true)),
    RULE(nansum(x, 1)), RULE(nanmean(x, {0, 1})), RULE(logsumexp(x)), RULE(logsumexp(x, {1, 2}, true)), RULE(var(x)), RULE(var(x, 1, true, 1)),
    RULE(ph::std(x, {0, 2})), RULE(var_mean(x, 1).value), RULE(std_mean(x, 1).mean), RULE(vector_norm(x)), RULE(vector_norm(x, 1, 1)),
    RULE(vector_norm(x, 3, {0, 1}, true)), RULE(vector_norm(x, 0.5, 1)), RULE(vector_norm(x, -2)), RULE(vector_norm(x, HUGE_VAL, 2)),
    RULE(vector_norm(x, -HUGE_VAL)), RULE(max(x)), RULE(min(x, {0, 1}, true)), RULE(max(x, 1)), RULE(min(x, -1, true)), RULE(aminmax(x, 1).max),
    RULE(max_along(x, 0)), RULE(min_along(x, 2)), RULE(cumsum(x, 1)), RULE(cumprod(x, 1)), RULE(cumprod(x, -1)), RULE(cummax(x, 0)), RULE(cummin(x, 1)),
    RULE(logcumsumexp(x, 1)), RULE(logcumsumexp(x, 0)), RULE(diff(x)), RULE(diff(x, 2, 1)), RULE(diff(x, 1, 0, x, x)), RULE(trapezoid(x, 0.5, 1)),
    RULE(trapz(x, tensor({0.0, 1.0, 4.0, 5.0}, {.dtype = float64}), 1)), RULE(cumulative_trapezoid(x, 2.0)), RULE(cumulative_sum(x, 1, true)),
    RULE(cumulative_prod(x, 1, true)), RULE(sum(x, 1, false, complex128)), RULE(prod(x, 1, false, float64)),
};
#undef RULE

}  // namespace

TEST_CASE("reduce: first and second derivatives") {
  for (const Rule& r : rules) {
    CAPTURE(r.name);
    CHECK(gradcheck(r.f, {leaf({2, 4, 3})}));
    CHECK(gradgradcheck(r.f, {leaf({2, 4, 3})}));
    const Tensor strided = sample({3, 4, 4}, float64).permute({2, 1, 0}).slice(0, {None, None, -2}).detach().requires_grad_();
    CHECK(gradcheck(r.f, {strided}));
    CHECK(gradgradcheck(r.f, {strided}));
  }
  for (const Rule& r : rules) {
    CAPTURE(r.name);  // a gradient of float32 is that of float64, but for rounding; and 0-d tensors are their own rows
    const Tensor a = leaf({2, 4, 3}), b = leaf({2, 4, 3}, float32);
    const Tensor ga = grad(real(sum(r.f(a))), a), gb = grad(real(sum(r.f(b))), b);
    CHECK(gb.dtype() == float32);
    CHECK(test::close(ga, gb, 1e-4, 1e-4));
  }
  for (const auto f : {+[](const Tensor& x) -> Tensor { return sum(x, -1); }, +[](const Tensor& x) -> Tensor { return prod(x, 0); },
                       +[](const Tensor& x) -> Tensor { return max(x, 0); }, +[](const Tensor& x) -> Tensor { return cumprod(x, 0); },
                       +[](const Tensor& x) -> Tensor { return cummin(x, -1); }, +[](const Tensor& x) -> Tensor { return logcumsumexp(x, 0); },
                       +[](const Tensor& x) -> Tensor { return cumsum(x, 0); }, +[](const Tensor& x) -> Tensor { return vector_norm(x); }}) {
    const Tensor x = leaf({});
    CHECK(f(x).shape() == Shape{});
    CHECK(gradcheck(f, {x}));
    CHECK(gradgradcheck(f, {x}));
  }
}

TEST_CASE("reduce: derivatives at zeros (hard case 4)") {
  const std::vector<std::vector<double>> rows = {{2, 3, 0, 0}, {2, 0, 4, 5}, {0, 0, 0, 0}, {1, 2, 3, 4}, {0, 2, 3, 4}};
  for (const auto& row : rows) {
    const Tensor x = from_data(row).requires_grad_();
    for (const auto f : {+[](const Tensor& t) -> Tensor { return prod(t); }, +[](const Tensor& t) -> Tensor { return cumprod(t, 0); },
                         +[](const Tensor& t) -> Tensor { return prod(reshape(t, {2, 2}), 1); }}) {
      CHECK(gradcheck(f, {x}));
      CHECK(gradgradcheck(f, {x}));
    }
  }
  const Tensor x = tensor({2.0, 3.0, 0.0, 0.0}, {.dtype = float64, .requires_grad = true});
  const Tensor g = grad(prod(x), x, {.create_graph = true});
  CHECK(test::values(g) == std::vector<double>{0, 0, 0, 0});
  CHECK(test::values(grad(g[2], x, {.create_graph = true})) == std::vector<double>{0, 0, 0, 6});
  const Tensor third = grad(grad(g[2], x, {.create_graph = true})[3], x);
  CHECK(test::values(third) == std::vector<double>{3, 2, 0, 0});
}

TEST_CASE("reduce: gradients of logarithms of sums far from 0") {
  const auto four = [](double at, DType t) { return add(tensor({0.0, 1.0, 2.0, -1.0}, {.dtype = t}), at).detach().requires_grad_(); };
  for (const double at : {0.0, 1e4, 1e6, -1e6, 4e6}) {
    CAPTURE(at);
    const Tensor x = four(at, float32), near = four(0, float64);
    const auto both = [&](auto f, double tolerance) {
      const Tensor g = grad(f(x), x, {.create_graph = true}), want = grad(f(near), near, {.create_graph = true});
      CHECK(test::close(g.detach(), want.detach().to(float32), tolerance));
      const Tensor gg = grad(sum(mul(g, tensor({1.0, -2.0, 3.0, 0.5}))), x), want2 = grad(sum(mul(want, tensor({1.0, -2.0, 3.0, 0.5}, {.dtype = float64}))), near);
      CHECK(test::close(gg, want2.to(float32), 4 * tolerance));
    };
    both([](const Tensor& v) { return logsumexp(v); }, 1e-6);
    both([](const Tensor& v) { return sum(logsumexp(v.reshape({2, 2}), {0, 1}, true)); }, 1e-6);
    both([](const Tensor& v) { return sum(logsumexp(v.reshape({2, 2}), 0)); }, 1e-6);
    both([](const Tensor& v) { return sum(mul(logcumsumexp(v, 0), tensor({1.0, 2.0, -1.0, 0.5}, {.dtype = v.dtype()}))); }, 3e-6);
    both([](const Tensor& v) { return sum(logaddexp(v.slice(0, {None, 2}), v.slice(0, {2}))); }, 1e-6);
    both([](const Tensor& v) { return sum(masked::logsumexp(v, tensor({true, true, false, true}), 0)); }, 1e-6);
    both([](const Tensor& v) { return cross_entropy(v.reshape({1, 4}), tensor({1})); }, 1e-6);
  }
  const Tensor equal = full({4}, 1e8, {.requires_grad = true});
  CHECK(test::values(grad(logsumexp(equal), equal)) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  CHECK(test::close(grad(logcumsumexp(equal, 0)[3], equal), full({4}, 0.25), 1e-6));
  const Tensor half = full({4}, 1e3, {.dtype = float16, .requires_grad = true});
  CHECK(test::values(grad(logsumexp(half), half)) == std::vector<double>{0.25, 0.25, 0.25, 0.25});
  const Tensor ends = tensor({INFINITY, INFINITY, 1.0}, {.requires_grad = true});
  CHECK(test::values(grad(logsumexp(ends), ends)) == std::vector<double>{0.5, 0.5, 0});
  const Tensor nothing = zeros({2, 0}, {.requires_grad = true});
  CHECK(grad(sum(logsumexp(nothing, 1)), nothing).shape() == Shape{2, 0});
  CHECK(grad(sum(logcumsumexp(nothing, 1)), nothing).shape() == Shape{2, 0});
}

TEST_CASE("reduce: variance of no more than the correction") {
  const Tensor x = tensor({1.0, 2.0, 3.0}), same = ones({3});
  for (const double correction : {3.0, 4.0, 5.5}) {
    CHECK(var(x, {}, false, correction).item<float>() == INFINITY);
    CHECK(ph::std(x, {}, false, correction).item<float>() == INFINITY);
    CHECK(std::isnan(var(same, {}, false, correction).item<float>()));
  }
  CHECK(std::isnan(var(zeros({0})).item<float>()));
  CHECK(std::isnan(var(ones({1}), {}, false, 1).item<float>()));
}

TEST_CASE("reduce: gradients at kinks (hard case 9)") {
  const Tensor zero = zeros({3}, {.dtype = float64, .requires_grad = true});
  for (const double p : {1.0, 2.0, 3.0, 0.5, -1.0, 2.5}) {
    CAPTURE(p);
    const Tensor g = grad(vector_norm(zero, p), zero, {.create_graph = true});
    CHECK(test::values(g) == std::vector<double>{0, 0, 0});
    CHECK(all(isfinite(grad(sum(g), zero))).item<bool>());
  }
  CHECK(test::values(grad(ph::std(zero), zero)) == std::vector<double>{0, 0, 0});
  const Tensor none = full({3}, -INFINITY, {.dtype = float64, .requires_grad = true});
  CHECK(logsumexp(none).item<double>() == -INFINITY);
  CHECK(test::values(grad(logsumexp(none), none)) == std::vector<double>{0, 0, 0});
  CHECK(test::values(grad(sum(logcumsumexp(none, 0)), none)) == std::vector<double>{0, 0, 0});
  const Tensor one = tensor({1.0, INFINITY, 2.0}, {.dtype = float64, .requires_grad = true});
  CHECK(logsumexp(one).item<double>() == INFINITY);
  CHECK(test::values(grad(logsumexp(one), one)) == std::vector<double>{0, 1, 0});
  const Tensor some = tensor({-INFINITY, 1.0, 1.0}, {.dtype = float64, .requires_grad = true});
  CHECK(test::close(grad(logsumexp(some), some), tensor({0.0, 0.5, 0.5}, {.dtype = float64})));
  CHECK(test::close(grad(logcumsumexp(some, 0)[2], some), tensor({0.0, 0.5, 0.5}, {.dtype = float64})));
  CHECK(logsumexp(tensor({1e4, 1e4})).item<float>() == doctest::Approx(1e4 + std::log(2.0)));
  const Tensor ties = tensor({{3.0, 1.0, 3.0}, {2.0, 2.0, 2.0}}, {.dtype = float64, .requires_grad = true});
  CHECK(test::close(grad(sum(max(ties, {1})), ties), tensor({{0.5, 0.0, 0.5}, {1.0 / 3, 1.0 / 3, 1.0 / 3}}, {.dtype = float64})));
  CHECK(test::close(grad(sum(max(ties, 1).values), ties), tensor({{1.0, 0.0, 0.0}, {1.0, 0.0, 0.0}}, {.dtype = float64})));
  const Tensor m = leaf({2, 3, 4});
  CHECK(test::close(grad(sum(mean(m, {1, 2})), m), full({2, 3, 4}, 1.0 / 12, {.dtype = float64})));
}

// --- empty, 0-d, NaN, errors -----------------------------------------------------------------------------------------------------

TEST_CASE("reduce: of nothing (hard case 6), and of 0-d tensors (hard case 7)") {
  for (const Op& op : ops) {
    CAPTURE(op.name);
    for (const Shape& shape : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 3}})
      for (const Shape& d : {Shape{}, Shape{0}, Shape{-1}}) {
        const Tensor x = zeros(shape);
        const bool none = rows_of(x, d).size() > 0;  // outputs without elements
        if (op.of_none) CHECK_EQ(wrong(op, x, d, false), "");
        else if (none) CHECK_THROWS_AS(op.f(x, d, false), Error);
      }
    for (const Shape& d : {Shape{}, Shape{0}, Shape{-1}}) {
      CHECK(op.f(tensor(2.5), d, true).shape() == Shape{});
      CHECK_EQ(wrong(op, tensor(2.5), d, false), "");
    }
    CHECK_THROWS_AS(op.f(tensor(2.5), 1, false), Error);
  }
  CHECK(sum(zeros(0)).item<float>() == 0);
  CHECK(prod(zeros(0)).item<float>() == 1);
  CHECK(std::isnan(mean(zeros(0)).item<float>()));
  CHECK(std::isnan(var(zeros(1), {}, false, 1).item<float>()));
  CHECK(logsumexp(zeros(0)).item<float>() == -INFINITY);
  CHECK(cumsum(zeros({0, 2}), 0).shape() == Shape{0, 2});
  CHECK(cummax(zeros({2, 0}), 0).indices.shape() == Shape{2, 0});
  CHECK(diff(zeros(0)).shape() == Shape{0});
  CHECK(trapezoid(zeros(1)).item<float>() == 0);
  CHECK(cumulative_sum(zeros(0), true).shape() == Shape{1});
  CHECK(cumulative_sum(ones({3}, {.dtype = uint8}), 0, true, uint8).dtype() == uint8);
  CHECK(test::values(cumulative_prod(full({3}, 2, {.dtype = int8}), 0, true, float32)) == std::vector<double>{1, 2, 4, 8});
  for (const auto f : {+[](const Tensor& x) -> Tensor { return sum(x, 0); }, +[](const Tensor& x) -> Tensor { return prod(x, 0); },
                       +[](const Tensor& x) -> Tensor { return var(x, 0); }, +[](const Tensor& x) -> Tensor { return cumprod(x, 0); },
                       +[](const Tensor& x) -> Tensor { return logcumsumexp(x, 0); }, +[](const Tensor& x) -> Tensor { return vector_norm(x, 2, 0); }}) {
    const Tensor x = leaf({0, 3});
    CHECK(grad(sum(f(x)), x).shape() == Shape{0, 3});
  }
}

TEST_CASE("reduce: NaN at every position of lengths 1 to 67 (hard case 8)") {
  for (const DType t : {float32, float64, float16, bfloat16})
    for (std::int64_t n = 1; n <= 67; ++n)
      for (std::int64_t at = 0; at < n; ++at) {
        CAPTURE(n); CAPTURE(at); CAPTURE(name(t));
        if (t != float32 && at % 7) continue;
        Tensor row = sample({n}, float32).to(t);
        row[at].fill_(NAN);
        // The same along rows, columns and a strided axis.
        for (const Tensor& x : {reshape(row, {1, n}), expand(row, {3, n}).clone().mT(), stack({row, row}, 1)}) {
          const std::int64_t axis = x.size(0) == n && n > 1 ? 0 : x.size(1) == n ? 1 : 0;
          for (const Op& op : ops) {
            const std::string what = op.name;
            const bool skips = what == "nansum" || what == "nanmean" || what == "any" || what == "all" || what == "count_nonzero" || what == "norm 0";
            CAPTURE(op.name);
            const Tensor y = op.f(x, axis, false);
            CHECK(all(isnan(y.to(float64))).item<bool>() == !(skips && !(what == "nanmean" && n == 1)));
          }
          CHECK(all(argmax(x, axis) == at).item<bool>());
          CHECK(all(argmin(x, axis) == at).item<bool>());
          CHECK(all(isnan(max(x, axis).values)).item<bool>());
          CHECK(all(isnan(cummax(x, axis).values) == (cumsum(isnan(x), axis) > 0)).item<bool>());
          CHECK(all(isnan(cummin(x, axis).values) == (cumsum(isnan(x), axis) > 0)).item<bool>());
          CHECK(all(isnan(cumsum(x, axis)) == (cumsum(isnan(x), axis) > 0)).item<bool>());
        }
      }
}

TEST_CASE("reduce: error texts") {
  const Tensor x = zeros({2, 3});
  CHECK_ERROR(sum(x, 2), "sum: dimension out of range; got dim=2 for 2 dimensions");
  CHECK_ERROR(sum(x, {1, -1}), "sum: a dimension is repeated; got dims=[1, -1]");
  CHECK_ERROR(max(zeros({2, 0}), 1), "max: needs at least one element; got shape=[2, 0], dims=[1]");
  CHECK_ERROR(min(zeros({2, 0})), "min: needs at least one element; got shape=[2, 0], dims=[0, 1]");
  CHECK_ERROR(argmax(zeros({0})), "argmax: needs at least one element; got shape=[0], dims=[0]");
  CHECK_ERROR(argmin(zeros({2, 0}), 1), "argmin: needs at least one element; got shape=[2, 0], dims=[1]");
  CHECK_ERROR(max(zeros({2}, {.dtype = complex64})), "max: complex numbers have no order; got dtype=complex64");
  CHECK_ERROR(cummax(zeros({2}, {.dtype = complex64}), 0), "cummax: complex numbers have no order; got dtype=complex64");
  CHECK_ERROR(nansum(zeros({2}, {.dtype = complex64})), "nansum: needs real numbers; got dtype=complex64");
  CHECK_ERROR(logsumexp(zeros({2}, {.dtype = complex64})), "logsumexp: needs real numbers; got dtype=complex64");
  CHECK_ERROR(logcumsumexp(zeros({2}, {.dtype = complex64}), 0), "logcumsumexp: needs real numbers; got dtype=complex64");
  CHECK_ERROR(mean(x, {}, false, int32), "mean: needs a floating or complex dtype; got dtype=int32");
  CHECK_ERROR(vector_norm(zeros({0}), HUGE_VAL), "vector_norm: p=±inf needs at least one element; got shape=[0], dims=[0]");
  CHECK_ERROR(vector_norm(x, NAN), "vector_norm: p must be a number; got p=nan");
  CHECK_ERROR(cumsum(x, 5), "cumsum: dimension out of range; got dim=5 for 2 dimensions");
  CHECK_ERROR(cumulative_sum(x), "cumulative_sum: needs a dim; got shape=[2, 3]. Pass one: cumulative_sum(x, dim)");
  CHECK_ERROR(cumulative_prod(tensor(1.0), true), "cumulative_prod: include_initial needs a dimension; got shape=[]");
  CHECK_ERROR(diff(tensor(1.0)), "diff: needs at least one dimension; got shape=[]");
  CHECK_ERROR(diff(x, -1), "diff: n must not be negative; got n=-1");
  CHECK_ERROR(trapezoid(x, zeros({2})), "trapezoid: needs one x for each y; got x=[2], y=[2, 3], dim=1");
  CHECK_ERROR(cumulative_trapezoid(x, zeros({3, 2})), "cumulative_trapezoid: x must be one-dimensional or of y's shape; got x=[3, 2], y=[2, 3]");
}

TEST_CASE("reduce: methods, shorthands and small facts") {
  const Tensor x = tensor({{1.0, 5.0, 3.0}, {4.0, 2.0, 6.0}});
  CHECK(x.sum().item<float>() == 21);
  CHECK(test::values(x.sum({0})) == std::vector<double>{5, 7, 9});
  CHECK(x.mean().item<float>() == 3.5);
  CHECK(test::values(x.mean(-1, true)) == std::vector<double>{3, 4});
  CHECK(x.max().item<float>() == 6);
  CHECK(x.min().item<float>() == 1);
  CHECK(test::values(x.argmax(0)) == std::vector<double>{1, 0, 1});
  const auto [values, indices] = max(x, 1);
  CHECK(test::values(values) == std::vector<double>{5, 6});
  CHECK(test::values(indices) == std::vector<double>{1, 2});
  CHECK(argmax(x).item<int>() == 5);
  CHECK(test::values(sum(x, {}, true)) == std::vector<double>{21});
  CHECK(test::values(cumulative_sum(tensor({1, 2, 3}), true)) == std::vector<double>{0, 1, 3, 6});
  CHECK(test::values(cumulative_prod(tensor({1, 2, 3}))) == std::vector<double>{1, 2, 6});
  CHECK(test::values(diff(tensor({true, true, false}))) == std::vector<double>{0, 1});
  CHECK(test::values(diff(tensor({1, 4, 9}), 1, 0, tensor({0}))) == std::vector<double>{1, 3, 5});
  CHECK(trapz(tensor({1.0, 2.0, 3.0})).item<float>() == 4);
  CHECK(trapezoid(tensor({1.0, 2.0, 3.0}), tensor({0.0, 1.0, 3.0})).item<float>() == 6.5);
  CHECK(allclose(tensor({1.0, 2.0}), tensor({1.0, 2.0 + 1e-6})));
  CHECK(!allclose(tensor({1.0, NAN}), tensor({1.0, NAN})));
  CHECK(allclose(tensor({1.0, NAN}), tensor({1.0, NAN}), 0, 0, true));
}
