// Hard case 11: promotion of dtypes, 0-d tensors and numbers, by the table in promotion_table.h.
#include "harness.h"

using namespace ph;
using namespace test;

namespace {
struct Line {
  std::string dtype;
  std::vector<std::string> results;
};
std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text)
    if (c == ',') out.emplace_back();
    else if (c != ' ') out.back() += c;
  return out;
}
#define WEAK(...)
#define PROMOTE(dtype, ...) {#dtype, words(#__VA_ARGS__)},
const std::vector<Line> pairs = {
#include "promotion_table.h"
};
#undef WEAK
#undef PROMOTE
#define PROMOTE(...)
#define WEAK(dtype, ...) {#dtype, words(#__VA_ARGS__)},
const std::vector<Line> numbers = {
#include "promotion_table.h"
};
}  // namespace

TEST_CASE("promotion: every pair of dtypes, tensors of any rank") {
  CHECK(pairs.size() == static_cast<std::size_t>(dtype_count));
  for (const Line& line : pairs) {
    CHECK(line.results.size() == static_cast<std::size_t>(dtype_count));
    const DType a = dtype_from_name(line.dtype.c_str());
    for (std::size_t i = 0; i < line.results.size(); ++i) {
      const DType b = dtype_from_name(pairs[i].dtype.c_str());
      CAPTURE(std::string(ph::name(a)));
      CAPTURE(std::string(ph::name(b)));
      const Tensor x = ones({2}, {.dtype = a}), y = ones({2}, {.dtype = b}), x0 = ones({}, {.dtype = a}), y0 = ones({}, {.dtype = b});
      if (line.results[i] == "none") {
        CHECK(!can_promote(a, b));
        CHECK_THROWS_AS(x + y, Error);
        CHECK_THROWS_AS(x * y0, Error);
        continue;
      }
      const DType want = dtype_from_name(line.results[i].c_str());
      CHECK(can_promote(a, b));
      CHECK(promote(a, b) == want);
      for (const Tensor& p : {x, x0})
        for (const Tensor& q : {y, y0}) {
          CHECK((p + q).dtype() == want);
          CHECK((p * q).dtype() == want);
          CHECK((p == q).dtype() == bool_);
          CHECK((p / q).dtype() == (is_differentiable(want) ? want : float32));
          CHECK(where(ones({}, {.dtype = bool_}), p, q).dtype() == want);
        }
    }
  }
}

TEST_CASE("promotion: a number is weak") {
  CHECK(numbers.size() == static_cast<std::size_t>(dtype_count));
  const Scalar of_kind[] = {true, 1, 1.0, cdouble(1, 0)};
  for (const Line& line : numbers) {
    const DType a = dtype_from_name(line.dtype.c_str());
    for (std::size_t k = 0; k < 4; ++k) {
      CAPTURE(std::string(ph::name(a)));
      CAPTURE(k);
      const DType want = dtype_from_name(line.results[k].c_str());
      for (const Tensor& x : {ones({3}, {.dtype = a}), ones({}, {.dtype = a}), ones({2000}, {.dtype = a})}) {
        CHECK((x + of_kind[k]).dtype() == want);
        CHECK((of_kind[k] * x).dtype() == want);
        CHECK((x == of_kind[k]).dtype() == bool_);
      }
    }
  }
}

TEST_CASE("promotion: integers become the default floating dtype where a row needs floats") {
  const Tensor i = arange(4);
  CHECK(sqrt(i).dtype() == float32);
  set_default_dtype(float64);
  CHECK(sqrt(i).dtype() == float64);
  CHECK((i / i.to(float16).to(int32)).dtype() == float64);
  CHECK((i * 1.5).dtype() == float64);
  set_default_dtype(float32);
  CHECK(exp(ones({1}, {.dtype = bfloat16})).dtype() == bfloat16);
}
