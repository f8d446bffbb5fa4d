// Distinct values and slices, and membership: against NumPy, and against loops over every dtype.
#include <algorithm>

#include "harness.h"

using namespace ph;
using test::same_bits;
using test::sample;
using test::values;

namespace {

using Row = std::vector<double>;
using Ints = std::vector<std::int64_t>;

const std::vector<DType> all_dtypes = {bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128};

/// Few different values.
Tensor few(const Shape& shape, DType t, std::uint64_t salt = 1) {
  const Tensor x = floor(sample(shape, float64, is_unsigned(t) || is_bool(t) ? 0 : -2, 3, salt));
  return is_complex(t) ? complex(x, floor(sample(shape, float64, -1, 2, salt + 50))).to(t) : x.to(t);
}
std::vector<cdouble> numbers(const Tensor& x) { return x.detach().to(complex128).to_vector<cdouble>(); }
bool before(cdouble a, cdouble b) { return a.re < b.re || (a.re == b.re && a.im < b.im); }

void check_unique_all(const Tensor& x) {
  const UniqueAll u = unique_all(x);
  std::vector<cdouble> want = numbers(x), sorted = want;
  std::stable_sort(sorted.begin(), sorted.end(), before);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  CHECK(u.values.dtype() == x.dtype());
  const bool same_values = numbers(u.values) == sorted;
  CHECK(same_values);
  CHECK(u.inverse_indices.shape() == x.shape());
  CHECK(same_bits(take(u.values, u.inverse_indices), x.contiguous()));
  const auto first = u.indices.to_vector<std::int64_t>(), counts = u.counts.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    CHECK(first[i] == std::find(want.begin(), want.end(), sorted[i]) - want.begin());
    CHECK(counts[i] == std::count(want.begin(), want.end(), sorted[i]));
  }
}

}  // namespace

TEST_CASE("unique: every dtype and layout") {
  for (const DType t : all_dtypes)
    for (const test::Layout& layout : test::layouts(few({5, 7}, t))) {
      CAPTURE(name(t)); CAPTURE(layout.name);
      check_unique_all(layout.x);
    }
}

TEST_CASE("unique: slices of a dim, as NumPy") {
  const Tensor u = tensor({{3, 1, 2}, {1, 1, 2}, {3, 1, 2}, {1, 0, 5}});
  const UniqueAll rows = unique_all(u, 0), columns = unique_all(u, -1);
  CHECK(same_bits(rows.values, tensor({{1, 0, 5}, {1, 1, 2}, {3, 1, 2}})));
  CHECK(rows.indices.to_vector<std::int64_t>() == Ints{3, 1, 0});
  CHECK(rows.inverse_indices.to_vector<std::int64_t>() == Ints{2, 1, 2, 0});
  CHECK(rows.counts.to_vector<std::int64_t>() == Ints{1, 1, 2});
  CHECK(same_bits(columns.values, tensor({{1, 2, 3}, {1, 2, 1}, {1, 2, 3}, {0, 5, 1}})));
  CHECK(columns.indices.to_vector<std::int64_t>() == Ints{1, 2, 0});
  CHECK(columns.inverse_indices.to_vector<std::int64_t>() == Ints{2, 0, 1});
  CHECK(same_bits(unique(u, 1), columns.values));
  for (const DType t : all_dtypes)
    for (const test::Layout& layout : test::layouts(few({4, 6, 2}, t, 7)))
      for (int dim = 0; dim < 3; ++dim) {
        CAPTURE(name(t)); CAPTURE(layout.name); CAPTURE(dim);
        const UniqueAll v = unique_all(layout.x, dim);
        CHECK(same_bits(index_select(v.values, dim, v.inverse_indices), layout.x.contiguous()));
        CHECK(same_bits(index_select(layout.x, dim, v.indices), v.values));
        CHECK(sum(v.counts).item<std::int64_t>() == layout.x.size(dim));
        const Tensor again = unique(v.values, dim);  // sorted and distinct
        CHECK(same_bits(again, v.values.contiguous()));
      }
}

TEST_CASE("unique: neighbours only") {
  const UniqueAll u = unique_consecutive(tensor({{1, 1}, {1, 1}, {2, 1}, {1, 1}}), 0);
  CHECK(same_bits(u.values, tensor({{1, 1}, {2, 1}, {1, 1}})));
  CHECK(u.inverse_indices.to_vector<std::int64_t>() == Ints{0, 0, 1, 2});
  CHECK(u.counts.to_vector<std::int64_t>() == Ints{2, 1, 1});
  CHECK(u.indices.to_vector<std::int64_t>() == Ints{0, 2, 3});
  const UniqueAll flat = unique_consecutive(tensor({{1, 1, 2}, {2, 2, 1}}));
  CHECK(values(flat.values) == Row{1, 2, 1});
  CHECK(same_bits(flat.inverse_indices, tensor({{0, 0, 1}, {1, 1, 2}})));
  CHECK(unique_consecutive(tensor({cdouble(1, 2), cdouble(1, 2), cdouble(1, 3)})).values.numel() == 2);
  CHECK(unique_consecutive(tensor({NAN, NAN})).counts.to_vector<std::int64_t>() == Ints{1, 1});
}

TEST_CASE("unique: complex numbers, NaN, zeros of both signs, nothing") {
  const UniqueAll z = unique_all(tensor({cdouble(1, 2), cdouble(1, -1), cdouble(0), cdouble(1, 2), cdouble(-1, 5)}));
  CHECK(z.indices.to_vector<std::int64_t>() == Ints{4, 2, 1, 0});
  CHECK(z.inverse_indices.to_vector<std::int64_t>() == Ints{3, 2, 1, 3, 0});
  CHECK(z.counts.to_vector<std::int64_t>() == Ints{1, 1, 1, 2});
  CHECK(unique(tensor({cdouble(NAN, 1), cdouble(0), cdouble(NAN, 1), cdouble(-0.0, 0)})).numel() == 3);
  CHECK(unique(tensor({0.0, -0.0})).numel() == 1);
  CHECK(unique(tensor({{NAN, 1.0}, {NAN, 1.0}, {2.0, 1.0}, {2.0, 1.0}}), 0).shape() == Shape{3, 2});
  CHECK(unique_all(zeros({3, 0}), 0).values.shape() == Shape{1, 0});
  CHECK(unique_all(zeros({3, 0}), 1).values.shape() == Shape{3, 0});
  CHECK(unique_all(zeros({0})).inverse_indices.shape() == Shape{0});
  CHECK(unique_consecutive(zeros({0, 2}), 0).inverse_indices.shape() == Shape{0});
  CHECK(unique_all(tensor(5)).inverse_indices.shape() == Shape{});
  CHECK(values(unique_counts(tensor({2, 2, 1})).counts) == Row{1, 2});
  CHECK(values(unique_inverse(tensor({2, 2, 1})).inverse_indices) == Row{1, 1, 0});
  CHECK_FALSE(unique_values(sample({3}).requires_grad_()).requires_grad());
  CHECK_ERROR(unique_all(tensor(1), 0), "unique_all: needs at least one dimension; got shape=[]");
  CHECK_ERROR(unique_all(zeros({2}), 1), "unique_all: dimension out of range; got dim=1 for 1 dimension");
  CHECK_ERROR(unique_consecutive(tensor(1), 0), "unique_consecutive: needs at least one dimension; got shape=[]");
}

TEST_CASE("isin: every dtype, inverted, numbers") {
  for (const DType t : all_dtypes) {
    CAPTURE(name(t));
    const Tensor x = few({6, 5}, t, 3), test = few({4}, t, 9);
    const Tensor want = any(equal(unsqueeze(x, 2), test), 2);
    for (const test::Layout& layout : test::layouts(x)) {
      CHECK(same_bits(isin(layout.x, test), want));
      CHECK(same_bits(isin(layout.x, test, false, true), logical_not(want)));
    }
    CHECK(same_bits(isin(x, test[1]), equal(x, test[1])));
  }
  CHECK(values(isin(tensor({1, 2, 3}), 2)) == Row{0, 1, 0});
  CHECK(values(isin(tensor({1, 2, 3}), 2.5)) == Row{0, 0, 0});
  CHECK(isin(2, tensor({1, 2, 3}), true).item<bool>());
  CHECK(isin(-1, tensor({1, 255}, {.dtype = uint8}), true, true).item<bool>());
  CHECK(values(isin(tensor({1, 255}, {.dtype = uint8}), -1)) == Row{0, 0});
  CHECK(values(isin(tensor({1, 255}, {.dtype = uint8}), 256, false, true)) == Row{1, 1});
  CHECK(values(isin(tensor({INT64_MAX, INT64_MAX - 1}), INT64_MAX)) == Row{1, 0});
  CHECK(values(isin(tensor({0.1, 0.2}), 0.1)) == Row{1, 0});
  CHECK(values(isin(tensor({NAN, 1.0}), tensor({NAN, 1.0}))) == Row{0, 1});
  CHECK(values(isin(tensor({1, 2}), tensor({1.0, 2.5}))) == Row{1, 0});
  CHECK(values(isin(tensor({1, 2}), zeros({0}), false, true)) == Row{1, 1});
  CHECK(isin(zeros({0, 3}), tensor({1.0})).shape() == Shape{0, 3});
  CHECK(isin(tensor(3.0), tensor({{3.0}})).item<bool>());
  CHECK_ERROR(isin(tensor({1}, {.dtype = uint64}), tensor({1})), "isin: dtypes do not promote; got x=uint64, test=int64");
}
