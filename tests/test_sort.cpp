// Sorting, order statistics, searching and scans against the C++ standard library, element by element; derivatives, NaN, error texts.
#include "harness.h"

#include <algorithm>
#include <numeric>

using namespace ph;
using test::leaf;
using test::sample;
using test::values;

namespace {

const std::vector<DType> real_dtypes = {bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64};

/// Many equal ones, both zeros, NaN and infinities where there are.
Tensor mixed(const Shape& shape, DType t, std::uint64_t salt = 1) {
  const Tensor r = sample(shape, float64, 0, 1, salt + 100);
  if (!is_floating(t)) return floor(is_signed_integer(t) ? sample(shape, float64, -9, 9, salt) : sample(shape, float64, 0, 18, salt)).to(t);
  Tensor x = round(sample(shape, float64, -9, 9, salt));
  x = where(r < 0.03, NAN, where(r < 0.06, INFINITY, where(r < 0.09, -INFINITY, where(r < 0.14, 0.0, where(r < 0.19, -0.0, x)))));
  return x.to(t);
}

/// NaN after everything.
bool before(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

using Row = std::vector<double>;
using Order = std::vector<std::size_t>;
Order order_of(const Row& row, bool descending) {
  Order p(row.size());
  std::iota(p.begin(), p.end(), std::size_t{0});
  std::stable_sort(p.begin(), p.end(), [&](std::size_t i, std::size_t j) { return descending ? before(row[j], row[i]) : before(row[i], row[j]); });
  return p;
}

/// The rows of x along dim, in the order of the other dims.
std::vector<Row> rows_along(const Tensor& x, std::int64_t dim) {
  const Tensor last = movedim(x.detach(), dim, -1);
  const std::int64_t n = last.size(-1);
  const Row all = values(last);
  std::vector<Row> rows;
  for (std::size_t i = 0; n > 0 && i < all.size(); i += static_cast<std::size_t>(n)) rows.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(i) + n);
  return rows;
}

bool same(double a, double b) { return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b); }

/// Whether values and indices are elements `first`, … of x's order along dim.
std::string wrong(const Tensor& x, std::int64_t dim, const ValuesIndices& got, bool descending, std::size_t first = 0) {
  if (got.values.dtype() != x.dtype() || got.indices.dtype() != int64) return "dtypes";
  const std::vector<Row> rows = rows_along(x, dim), v = rows_along(got.values, dim), at = rows_along(got.indices, dim);
  for (std::size_t r = 0; r < v.size(); ++r) {
    const Order p = order_of(rows[r], descending);
    for (std::size_t i = 0; i < v[r].size(); ++i)
      if (at[r][i] != static_cast<double>(p[first + i]) || !same(v[r][i], rows[r][p[first + i]]))
        return text("row ", static_cast<std::int64_t>(r), ", place ", static_cast<std::int64_t>(i), ": got index ", at[r][i], ", expected ", static_cast<std::int64_t>(p[first + i]));
  }
  return "";
}

}  // namespace

TEST_CASE("sort: sort, topk and kthvalue, every dtype × layout × dim × length") {
  for (const DType t : real_dtypes)
    for (const Shape& shape : {Shape{4, 3, 5}, Shape{33, 2, 3}, Shape{2, 600}, Shape{900, 2}, Shape{1, 7}, Shape{5}})
      for (const test::Layout& layout : test::layouts(mixed(shape, t)))
        for (int dim = 0; dim < shape.size(); ++dim)
          for (const bool descending : {false, true}) {
            CAPTURE(name(t)); CAPTURE(layout.name); CAPTURE(to_string(shape)); CAPTURE(dim); CAPTURE(descending);
            const Tensor& x = layout.x;
            const std::int64_t n = x.size(dim), k = 1 + n / 3;
            const ValuesIndices s = sort(x, dim - x.ndim(), descending);
            CHECK_EQ(wrong(x, dim, s, descending), "");
            CHECK(test::same_bits(argsort(x, dim, descending), s.indices));
            CHECK_EQ(wrong(x, dim, topk(x, k, dim, descending), descending), "");
            CHECK_EQ(wrong(x, dim, topk(x, 1, dim, descending), descending), "");
            CHECK(test::same_bits(sort(topk(x, k, dim, descending, false).indices, dim).values, sort(topk(x, k, dim, descending).indices, dim).values));
            CHECK_EQ(wrong(x, dim, kthvalue(x, k, dim, true), false, static_cast<std::size_t>(k - 1)), "");
            if (dim == 0) CHECK(test::same_bits(msort(x), sort(x, 0).values));
          }
}

TEST_CASE("sort: long rows, by radix and by several threads") {
  for (const DType t : {int8, float16, float32, int32, float64, int64, uint64}) {
    CAPTURE(name(t));
    const Tensor small = mixed({300001}, t), wide = is_floating(t) ? sample({300001}, float64, -1e4, 1e4).to(t) : small;
    for (const Tensor& x : {small, wide, expand(small.slice(0, {0, 1}), {300001})}) {
      CHECK_EQ(wrong(x, 0, sort(x), false), "");
      CHECK_EQ(wrong(x, 0, sort(x, 0, true), true), "");
      CHECK_EQ(wrong(x, 0, topk(x, 100), true), "");
      CHECK_EQ(wrong(x, 0, topk(x, 100000, 0, false), false), "");
    }
  }
}

TEST_CASE("sort: scans against a loop") {
  for (const DType t : real_dtypes)
    for (const Shape& shape : {Shape{4, 3, 5}, Shape{70, 3}, Shape{3, 2100}, Shape{300000}, Shape{7, 700}})
      for (const test::Layout& layout : test::layouts(mixed(shape, t, 3)))
        for (int dim = 0; dim < shape.size(); ++dim) {
          if (shape[0] == 300000 && t != float32 && t != int64 && t != float16) continue;
          CAPTURE(name(t)); CAPTURE(layout.name); CAPTURE(to_string(shape)); CAPTURE(dim);
          const Tensor& x = layout.x;
          const Tensor finite = is_floating(t) ? where(isfinite(x), x, 1).to(t) : x;
          const std::vector<Row> rows = rows_along(x, dim), numbers = rows_along(finite, dim);
          const ValuesIndices high = cummax(x, dim), low = cummin(x, dim);
          const std::vector<Row> hv = rows_along(high.values, dim), hi = rows_along(high.indices, dim), lv = rows_along(low.values, dim), li = rows_along(low.indices, dim);
          const std::vector<Row> sums = rows_along(cumsum(finite, dim, is_floating(t) ? float64 : int64), dim);
          std::int64_t bad = 0;
          for (std::size_t r = 0; r < rows.size(); ++r) {
            std::size_t h = 0, l = 0;
            double s = 0;
            for (std::size_t i = 0; i < rows[r].size(); ++i) {
              const double v = rows[r][i];
              if (std::isnan(v) || v >= rows[r][h]) h = i;
              if (std::isnan(v) || v <= rows[r][l]) l = i;
              s += numbers[r][i];
              bad += hi[r][i] != static_cast<double>(h) || li[r][i] != static_cast<double>(l) || !same(hv[r][i], rows[r][h]) || !same(lv[r][i], rows[r][l]);
              bad += !(std::fabs(sums[r][i] - s) <= 1e-9);
            }
          }
          CHECK(bad == 0);
        }
  const Tensor x = sample({3, 2000}, float64, 0.99, 1.01);
  for (const Tensor& v : {x, x.mT(), x.slice(1, {None, None, -3})})
    for (const int dim : {0, 1}) {
      CHECK(test::close(cumprod(v, dim), exp(cumsum(log(v), dim)), 1e-12));
      CHECK(test::close(logcumsumexp(v, dim), log(cumsum(exp(v), dim)), 1e-13));
    }
  CHECK(test::close(logcumsumexp(tensor({1e4, 1e4, -1e4}), 0), tensor({1e4, 1e4 + std::log(2.0), 1e4 + std::log(2.0)})));
  CHECK(std::isnan(values(logcumsumexp(tensor({1.0, NAN, 2.0}), 0))[2]));
  CHECK(values(cumsum(full({300}, 1, {.dtype = uint8}), 0, uint8))[299] == 44);
}

TEST_CASE("sort: NaN at every position of lengths 1 to 67 (hard case 8)") {
  for (std::int64_t n = 1; n <= 67; ++n)
    for (std::int64_t at = 0; at < n; ++at) {
      CAPTURE(n); CAPTURE(at);
      Tensor row = sample({n}, float32);
      row[at].fill_(NAN);
      for (const Tensor& x : {row, stack({row, row}, 1).select(1, 0), flip(flip(row).clone())}) {
        CHECK(sort(x).indices[n - 1].item<std::int64_t>() == at);
        CHECK(argsort(x, 0, true)[0].item<std::int64_t>() == at);
        CHECK(topk(x, 1).indices.item<std::int64_t>() == at);
        CHECK(std::isnan(topk(x, n, 0, false).values[n - 1].item<float>()));
        CHECK(std::isnan(kthvalue(x, n).values.item<float>()));
        CHECK(median(x, 0).indices.item<std::int64_t>() == at);
        CHECK(std::isnan(median(x).item<float>()));
        CHECK(std::isnan(nanmedian(x).item<float>()) == (n == 1));
        CHECK(std::isnan(quantile(x, 0.5).item<float>()));
        CHECK(std::isnan(nanquantile(x, 0.5).item<float>()) == (n == 1));
      }
    }
}

TEST_CASE("sort: medians, modes and quantiles") {
  for (const DType t : {int32, uint8, float32, float64, float16})
    for (int dim = 0; dim < 3; ++dim) {
      CAPTURE(name(t)); CAPTURE(dim);
      const Tensor x = floor(sample({6, 5, 8}, float64, 0, 6)).to(t);
      const std::size_t n = static_cast<std::size_t>(x.size(dim));
      const std::vector<Row> rows = rows_along(x, dim);
      const Row medians = values(median(x, dim).values), modes = values(mode(x, dim).values), at = values(mode(x, dim).indices);
      for (std::size_t r = 0; r < rows.size(); ++r) {
        Row sorted = rows[r];
        std::sort(sorted.begin(), sorted.end());
        CHECK(medians[r] == sorted[(n - 1) / 2]);
        double best = sorted[0];
        for (const double v : sorted)
          if (std::count(sorted.begin(), sorted.end(), v) > std::count(sorted.begin(), sorted.end(), best)) best = v;
        CHECK(modes[r] == best);
        CHECK(at[r] == static_cast<double>(rows[r].rend() - std::find(rows[r].rbegin(), rows[r].rend(), best)) - 1);
      }
    }
  const Tensor x = tensor({3.0, 1.0, 4.0, 2.0}, {.dtype = float64});
  CHECK(quantile(x, 0.4).item<double>() == doctest::Approx(2.2));
  CHECK(quantile(x, 0.4, Interpolation::lower).item<double>() == 2);
  CHECK(quantile(x, 0.4, Interpolation::higher).item<double>() == 3);
  CHECK(quantile(x, 0.4, Interpolation::nearest).item<double>() == 2);
  CHECK(quantile(x, 0.4, Interpolation::midpoint).item<double>() == 2.5);
  CHECK(test::close(quantile(x, tensor({0.0, 0.5, 1.0})), tensor({1.0, 2.5, 4.0}, {.dtype = float64})));
  CHECK(quantile(reshape(x, {2, 2}), tensor({0.0, 0.5, 1.0}), 1, true).shape() == Shape{3, 2, 1});
  CHECK(quantile(reshape(x, {2, 2}), 0.5, 0).shape() == Shape{2});
  CHECK(test::close(quantile(tensor({1.0, INFINITY}), tensor({0.0, 1.0})), tensor({1.0, INFINITY})));
  CHECK(test::close(nanquantile(tensor({{1.0, NAN, 3.0}, {NAN, NAN, 5.0}}), tensor({0.5}), 1), tensor({{2.0, 5.0}})));
  CHECK(nanmedian(tensor({1.0, NAN, 3.0, 2.0})).item<float>() == 2);
  CHECK(nanmedian(tensor({1.0, NAN, 3.0, 2.0}), 0).indices.item<int>() == 3);
}

TEST_CASE("sort: searching and distinct values") {
  for (const DType t : real_dtypes) {
    CAPTURE(name(t));
    const Tensor x = mixed({57}, t, 2), v = mixed({4, 9}, t, 3), s = sort(x).values;
    const Row row = values(s), wanted = values(v), left = values(searchsorted(s, v)), right = values(searchsorted(x, v, true, argsort(x)));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(left[i] == static_cast<double>(std::lower_bound(row.begin(), row.end(), wanted[i], before) - row.begin()));
      CHECK(right[i] == static_cast<double>(std::upper_bound(row.begin(), row.end(), wanted[i], before) - row.begin()));
    }
    const UniqueAll u = unique_all(x);
    CHECK(sum(u.counts).item<std::int64_t>() == 57);
    CHECK(test::close(take(u.values, u.inverse_indices), x));
    CHECK(test::close(take(x, u.indices), u.values));
    CHECK(test::close(unique(x), u.values));
    CHECK(test::close(unique_values(x), u.values));
    CHECK(test::same_bits(unique_counts(x).counts, u.counts));
    CHECK(test::same_bits(unique_inverse(x).inverse_indices, u.inverse_indices));
    CHECK(test::same_bits(isin(v, x), any(equal(v.unsqueeze(2), x), 2)));
  }
  CHECK(values(unique(tensor({3, 1, 2, 3, 1}))) == Row{1, 2, 3});
  CHECK(values(unique_all(tensor({3, 1, 2, 3, 1})).indices) == Row{1, 2, 0});
  CHECK(values(unique_all(tensor({{3, 1}, {2, 3}})).inverse_indices) == Row{2, 0, 1, 2});
  CHECK(unique(tensor({NAN, 1.0, NAN})).numel() == 3);
  CHECK(unique_all(zeros({0, 2})).counts.shape() == Shape{0});
  CHECK(values(unique_consecutive(tensor({1, 1, 2, 2, 1})).values) == Row{1, 2, 1});
  CHECK(values(unique_consecutive(tensor({1, 1, 2, 2, 1})).counts) == Row{2, 2, 1});
  CHECK(values(bucketize(tensor({0.0, 2.0, 9.0}), tensor({1.0, 2.0}))) == Row{0, 1, 2});
  CHECK(values(searchsorted(tensor({{1, 3, 5}, {2, 4, 6}}), tensor({{3}, {3}}))) == Row{1, 1});
  CHECK(values(bincount(tensor({1, 2, 2, 5}))) == Row{0, 1, 2, 0, 0, 1});
  CHECK(values(bincount(tensor({1, 1}), tensor({0.5, 0.25}), 3)) == Row{0, 0.75, 0});
  CHECK(bincount(zeros({0}, {.dtype = int64})).shape() == Shape{0});
  CHECK(isin(tensor({1, 2}), zeros(0)).dtype() == bool_);
}

TEST_CASE("sort: first and second derivatives") {
  struct Rule {
    const char* name;
    Tensor (*f)(const Tensor& x);
  };
#define RULE(...) {#__VA_ARGS__, [](const Tensor& x) -> Tensor { return __VA_ARGS__; }}
  const std::vector<Rule> rules = {
      RULE(sort(x, 1)), RULE(sort(x, 0, true)), RULE(msort(x)), RULE(topk(x, 2, 1)), RULE(topk(x, 3, -1, false, false)), RULE(kthvalue(x, 2, 1)),
      RULE(median(x)), RULE(median(x, 1)), RULE(nanmedian(x)), RULE(nanmedian(x, 0, true)), RULE(mode(x, 1)), RULE(quantile(x, 0.3)),
      RULE(quantile(x, tensor({0.1, 0.7}), 1, true)), RULE(nanquantile(x, 0.6, 0)), RULE(nanquantile(x, tensor({0.4}))),
      RULE(quantile(x, 0.3, 1, false, Interpolation::midpoint)), RULE(max(square(x), 1)), RULE(square(sort(square(x), 2).values)),
  };
#undef RULE
  for (const Rule& r : rules) {
    CAPTURE(r.name);
    CHECK(gradcheck(r.f, {leaf({3, 4, 3})}));
    CHECK(gradgradcheck(r.f, {leaf({3, 4, 3})}));
    CHECK(gradcheck(r.f, {sample({3, 4, 6}, float64).permute({2, 1, 0}).slice(0, {None, None, -2}).detach().requires_grad_()}));
  }
  const Tensor x = leaf({});
  for (const auto f : {+[](const Tensor& t) -> Tensor { return sort(t); }, +[](const Tensor& t) -> Tensor { return topk(t, 1); },
                       +[](const Tensor& t) -> Tensor { return kthvalue(t, 1); }, +[](const Tensor& t) -> Tensor { return median(t, 0); },
                       +[](const Tensor& t) -> Tensor { return median(t); }, +[](const Tensor& t) -> Tensor { return mode(t); },
                       +[](const Tensor& t) -> Tensor { return nanmedian(t, -1); }, +[](const Tensor& t) -> Tensor { return quantile(t, 0.5, 0); }}) {
    CHECK(f(x).shape() == Shape{});
    CHECK(gradcheck(f, {x}));
    CHECK(gradgradcheck(f, {x}));
  }
}

TEST_CASE("sort: nothing, and error texts") {
  CHECK(sort(zeros({0, 3}), 0).values.shape() == Shape{0, 3});
  CHECK(sort(zeros({3, 0}), 0).indices.shape() == Shape{3, 0});
  CHECK(topk(zeros({3, 0}), 0).values.shape() == Shape{3, 0});
  CHECK(topk(zeros({3, 4}), 0).values.shape() == Shape{3, 0});
  CHECK(searchsorted(zeros(0), zeros({2})).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 0});
  CHECK(searchsorted(zeros(3), zeros({0, 2})).shape() == Shape{0, 2});
  const Tensor x = zeros({2, 3}), z = zeros({2}, {.dtype = complex64});
  CHECK_ERROR(sort(z), "sort: complex numbers have no order; got dtype=complex64");
  CHECK_ERROR(argsort(x, 2), "argsort: dimension out of range; got dim=2 for 2 dimensions");
  CHECK_ERROR(topk(x, 4), "topk: k must be between 0 and the size of the dim; got k=4, size=3, dim=-1");
  CHECK_ERROR(kthvalue(x, 0, 1), "kthvalue: k must be between 1 and the size of the dim; got k=0, size=3, dim=1");
  CHECK_ERROR(median(zeros(0)), "median: needs at least one element; got shape=[0], dims=[0]");
  CHECK_ERROR(nanmedian(zeros({2, 0}), 1), "nanmedian: needs at least one element; got shape=[2, 0], dims=[1]");
  CHECK_ERROR(mode(zeros(0)), "mode: needs at least one element; got shape=[0], dims=[0]");
  CHECK_ERROR(quantile(x, 1.5), "quantile: q must be between 0 and 1; got q=1.5");
  CHECK_ERROR(quantile(x, zeros({1, 2})), "quantile: q must be a number or one-dimensional; got shape=[1, 2]");
  CHECK_ERROR(nanquantile(tensor({1, 2}), 0.5), "nanquantile: needs floats; got dtype=int64");
  CHECK_ERROR(searchsorted(x, zeros({3, 3})),
              "searchsorted: the sorted tensor must have one dimension, or all but the last of values' dimensions; got sorted=[2, 3], values=[3, 3]");
  CHECK_ERROR(searchsorted(x, x, false, zeros({3})), "searchsorted: sorter must have the shape of what it sorts; got sorter=[3], sorted=[2, 3]");
  CHECK_ERROR(bincount(x), "bincount: needs one dimension of integers; got shape=[2, 3], dtype=float32");
  CHECK_ERROR(bincount(tensor({1, -1})), "bincount: needs numbers from 0 up; got min=-1");
  CHECK_ERROR(bincount(tensor({1, 1}), zeros({3})), "bincount: needs one weight for each element; got x=[2], weights=[3]");
  CHECK_ERROR(bincount(tensor({1, 1}), {}, -1), "bincount: min_length must not be negative; got min_length=-1");
}
