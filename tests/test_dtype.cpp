// Facts about dtypes, conversion and promotion of mixed operands, in the array API's words.
#include <limits>

#include "harness.h"

using namespace ph;

TEST_CASE("dtype: finfo and iinfo") {
  CHECK(finfo(float32).eps == std::numeric_limits<float>::epsilon());
  CHECK(finfo(float32).max == std::numeric_limits<float>::max());
  CHECK(finfo(float64).smallest_normal == std::numeric_limits<double>::min());
  CHECK(finfo(float64).min == std::numeric_limits<double>::lowest());
  CHECK(finfo(complex128).dtype == float64);
  CHECK(finfo(complex64).bits == 32);
  for (const DType t : {float16, bfloat16}) {
    const FloatInfo i = finfo(t);
    CHECK(i.bits == 16);
    const auto in = [t](double v) { return full({}, v, {.dtype = t}).item<double>(); };
    CHECK(in(i.max) == i.max);
    CHECK(std::isinf(in(i.max * 1.01)));
    CHECK(in(1 + i.eps) == 1 + i.eps);
    CHECK(in(1 + i.eps / 2) == 1);
    CHECK(in(i.smallest_normal) == i.smallest_normal);
  }
  CHECK(iinfo(int8).min == -128);
  CHECK(iinfo(int8).max == 127);
  CHECK(iinfo(uint16).max == 65535);
  CHECK(iinfo(uint16).min == 0);
  CHECK(iinfo(int64).min == INT64_MIN);
  CHECK(iinfo(uint64).max == UINT64_MAX);
  CHECK(iinfo(uint32).bits == 32);
  CHECK_ERROR(finfo(int32), "finfo: needs a floating or complex dtype; got dtype=int32");
  CHECK_ERROR(iinfo(bool_), "iinfo: needs an integer dtype; got dtype=bool");
}

TEST_CASE("dtype: kinds") {
  CHECK(isdtype(bool_, "bool"));
  CHECK_FALSE(isdtype(bool_, "numeric"));
  CHECK(isdtype(int8, "signed integer"));
  CHECK_FALSE(isdtype(uint8, "signed integer"));
  CHECK(isdtype(uint8, "unsigned integer"));
  CHECK(isdtype(uint8, "integral"));
  CHECK(isdtype(bfloat16, "real floating"));
  CHECK(isdtype(complex64, "complex floating"));
  CHECK_FALSE(isdtype(float32, "complex floating"));
  CHECK(isdtype(complex128, "numeric"));
  CHECK_ERROR(isdtype(int8, "int"), "isdtype: unknown kind; got \"int\". Known: bool, signed integer, unsigned integer, integral, real floating, complex floating, numeric");
}

TEST_CASE("dtype: can_cast and result_type") {
  CHECK(can_cast(int8, int16));
  CHECK_FALSE(can_cast(int16, int8));
  CHECK_FALSE(can_cast(uint8, int8));
  CHECK_FALSE(can_cast(uint64, int64));
  CHECK(can_cast(bool_, int8));
  CHECK(can_cast(int32, float32));
  CHECK_FALSE(can_cast(float64, complex64));
  CHECK(can_cast(zeros({2}, {.dtype = float32}), float64));
  const Tensor i = zeros({2}, {.dtype = int8}), f = zeros({2}, {.dtype = float32});
  CHECK(result_type({i, f}) == float32);
  CHECK(result_type({i, uint8}) == int16);
  CHECK(result_type({i, 1000}) == int8);
  CHECK(result_type({1.5, i}) == float32);
  CHECK(result_type({f, 1.5}) == float32);
  CHECK(result_type({f, cdouble(0, 1)}) == complex64);
  CHECK(result_type({bool_, 1}) == int64);
  CHECK(result_type({1, 2.5}) == float32);
  CHECK(result_type({float64}) == float64);
  CHECK_ERROR(result_type({}), "result_type: needs at least one operand");
  CHECK_ERROR(result_type({uint64, int8}), "result_type: no dtype holds both; got uint64 and int8");
}

TEST_CASE("dtype: astype, and bool as a vector") {
  const Tensor x = tensor({0.0, 1.5}), same = astype(x, float32), b = astype(x, bool_);
  CHECK_FALSE(same.shares_storage(x));
  CHECK(astype(x, float32, false).is_same(x));
  CHECK(b.to_vector<bool>() == std::vector<bool>{false, true});
  CHECK(b.to_vector<std::uint8_t>() == std::vector<std::uint8_t>{0, 1});
  const Tensor leaf = test::leaf({2}, float32);
  sum(astype(leaf, float64) * 2).backward();
  CHECK(test::close(leaf.grad(), full({2}, 2.0)));
  CHECK_ERROR(x.to_vector<bool>(), "to_vector: element type must match; got dtype=float32, asked for bool");
  CHECK_ERROR(tensor({1}, {.dtype = uint8}).to_vector<bool>(), "to_vector: element type must match; got dtype=uint8, asked for bool");
  CHECK_ERROR(b.to_vector<std::int8_t>(), "to_vector: element type must match; got dtype=bool, asked for int8");
  CHECK_ERROR(astype(zeros({1}, {.dtype = complex64}), float32), "to: a complex tensor has no real dtype; got complex64 to float32. Use real(x) or abs(x)");
}
