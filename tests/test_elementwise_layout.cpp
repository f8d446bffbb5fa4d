// The elementwise engine and copies: every layout gives the bits that dense tensors give. Hard cases 5, 6, 7 and 10.
#include "row_ops.h"

using namespace ph;
using namespace test;

TEST_CASE("elementwise: every row over every layout") {
  for (const RowOp& op : row_ops()) {
    CAPTURE(std::string(op.name()));
    const Tensors x = operands(op, {2, 5, 3}, native(op));
    const Tensor want = op.apply(x);
    std::vector<std::vector<Layout>> all;
    for (const Tensor& t : x) all.push_back(layouts(t));
    for (std::size_t l = 0; l < all[0].size(); ++l) {
      CAPTURE(all[0][l].name);
      Tensors same, mixed = x;
      for (const auto& of : all) same.push_back(of[l].x);
      mixed.back() = all.back()[l].x;
      CHECK(same_bits(op.apply(same), want));
      CHECK(same_bits(op.apply(mixed), want));
    }
  }
}

TEST_CASE("elementwise: broadcast operands of long, short and odd rows") {
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{300, 4}, {4}},      {{300, 4}, {300, 1}},  {{7, 500}, {500}},    {{7, 500}, {7, 1}},     {{5, 1, 9}, {8, 1}},         {{3, 1}, {1, 4}},
      {{1}, {2, 3}},        {{}, {2, 3}},          {{2000}, {}},         {{3, 1000, 2}, {2}},    {{2, 3, 4, 5}, {3, 1, 5}},   {{6, 1, 1, 40}, {33, 1}},
      {{40, 1000}, {1000}}, {{1000, 40}, {1000, 1}}, {{129, 131}, {131}}, {{4, 6, 200}, {6, 1}}, {{3, 1, 1, 1, 2}, {2, 2, 2, 1}}};
  for (const auto& pair : pairs)
    for (const DType dtype : {float32, float64, int32, uint8, float16}) {
      const Shape &s = pair.first, &t = pair.second;  // clang 14 cannot capture a structured binding
      const Tensor a = sample(s, float64, -9, 9, 3).to(dtype), b = sample(t, float64, -9, 9, 4).to(dtype);
      const Shape shape = broadcast_shapes("test", s, t);
      const Tensor x = a.expand(shape).clone(), y = b.expand(shape).clone();
      CAPTURE(to_string(s));
      CAPTURE(to_string(t));
      CAPTURE(std::string(ph::name(dtype)));
      CHECK(same_bits(a + b, x + y));
      CHECK(same_bits(b + a, y + x));
      CHECK(same_bits(a < b, x < y));
      CHECK(same_bits(where(a < b, a, b), where(x < y, x, y)));
      Tensor out = zeros(shape, {.dtype = dtype});
      add_out(out, a, b);
      CHECK(same_bits(out, x + y));
    }
}

TEST_CASE("elementwise: mixed dtypes and strides are packed together") {
  const Tensor a = sample({64, 70}, float32), b = sample({70, 64}, float64, -3, 3, 2).T(), c = sample({64, 140}, float16, -3, 3, 5).slice(1, {0, ph::None, 2});
  const Tensor i = sample({70}, float64, 0, 99, 8).to(int16);
  CHECK(same_bits(a + b, a.to(float64) + b.clone()));
  CHECK(same_bits(a * c, a * c.clone().to(float32)));
  CHECK(same_bits(c * i, (c.clone().to(float32) * i.to(float32)).to(float16)));
  CHECK(same_bits(b / i, b.clone() / i.to(float64)));
  CHECK(same_bits(flip(c, {0, 1}) + flip(a, {1}), flip(c, {0, 1}).clone() + flip(a, {1}).clone()));
}

TEST_CASE("elementwise: large tensors are cut into the same pieces whatever the number of threads") {
  const Tensor a = sample({300, 401}, float32), b = sample({401, 300}, float32, -2, 2, 3).T(), row = sample({401}, float32), col = sample({300, 1}, float32);
  const int before = num_threads();
  std::vector<Tensor> results;
  for (const int threads : {1, 2, 3, 7}) {
    set_num_threads(threads);
    results.push_back(stack({tanh(a), a * b, a + row, a * col, b.clone(), exp(b)}));
  }
  set_num_threads(before);
  for (const Tensor& r : results) CHECK(same_bits(r, results[0]));
}

// Hard case 6.
TEST_CASE("elementwise: empty tensors") {
  for (const RowOp& op : row_ops())
    for (const Shape& s : {Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 4}}) {
      Tensors x = operands(op, s, native(op));
      CAPTURE(std::string(op.name()));
      const Tensor y = op.apply(x);
      CHECK(y.shape() == s);
      if (!op.differentiable()) continue;
      for (int i = 0; i < op.arity(); ++i)
        if (is_differentiable(x[static_cast<std::size_t>(i)].dtype()) && op.differentiable_by(i)) x[static_cast<std::size_t>(i)].requires_grad_();
      const Tensor z = op.apply(x);
      z.backward(zeros(s, {.dtype = z.dtype()}));
      for (const Tensor& t : x)
        if (t.requires_grad()) CHECK(t.grad().shape() == s);
    }
  CHECK((ones({0, 1}) + ones({1, 4})).shape() == Shape{0, 4});
}

// Hard case 7.
TEST_CASE("elementwise: 0-d tensors stay 0-d") {
  for (const RowOp& op : row_ops()) {
    const Tensors x = operands(op, {}, native(op));
    CAPTURE(std::string(op.name()));
    CHECK(op.apply(x).shape() == Shape{});
    CHECK(same_bits(op.apply(x), op.apply(operands(op, {1}, native(op))).reshape({})));
  }
}

// Hard case 10, with the smallest dtype; the shape's numel passes 2^31.
TEST_CASE("elementwise: broadcast past 2^31 elements") {
  const std::int64_t rows = 65536, cols = 32769;
  const Tensor a = arange(rows).reshape({rows, 1}).to(uint8), b = arange(cols).reshape({1, cols}).to(uint8);
  Tensor y = a + b;
  CHECK(y.numel() == rows * cols);
  const auto at = [&](std::int64_t i) {
    const std::int64_t r = i / cols, c = i % cols;
    CHECK(y[r][c].item<int>() == static_cast<std::uint8_t>(static_cast<std::uint8_t>(r) + static_cast<std::uint8_t>(c)));
  };
  at(0), at((std::int64_t{1} << 31) - 1), at(std::int64_t{1} << 31), at(rows * cols - 1);
  y = {};
  empty_cache();
  CHECK_ERROR(ones({1, 1 << 20}).expand({std::int64_t{1} << 21, 1 << 20}).unsqueeze(0) + ones({std::int64_t{1} << 21, 1, 1}),
              "add: too many elements; got shape=[2097152, 2097152, 1048576]");
}

TEST_CASE("copy: every pair of dtypes") {
  const std::vector<double> v = {0, 1, 2, 3, 5, 100, 7, 1, 0, 9, 120};
  for (int f = 0; f < dtype_count; ++f)
    for (int t = 0; t < dtype_count; ++t) {
      const auto from = static_cast<DType>(f), to = static_cast<DType>(t);
      if (is_complex(from) && !is_complex(to) && !is_bool(to)) continue;
      CAPTURE(std::string(ph::name(from)));
      CAPTURE(std::string(ph::name(to)));
      const Tensor x = from_data(v, {11}, {.dtype = float64}).to(from), y = x.to(to);
      std::vector<double> want;
      for (const double d : v) want.push_back(is_bool(from) || is_bool(to) ? d != 0 : d);
      CHECK(values(is_complex(to) ? real(y) : y) == want);
      // Long and strided ones take other ways.
      const Tensor wide = x.unsqueeze(1).expand({11, 300}).clone().T();
      CHECK(values(is_complex(to) ? real(wide.to(to)) : wide.to(to)) == values(is_complex(to) ? real(y.expand({300, 11})) : y.expand({300, 11})));
    }
}

TEST_CASE("copy: floats to integers are cut and kept in range; to 16 bits rounded once") {
  const Tensor x = from_data(std::vector<double>{ph::nan, inf, -inf, 1e30, -1e30, 300.9, -1.9, 2.5}, {8}, {.dtype = float64});
  for (const DType from : {float32, float64}) {
    const Tensor f = x.to(from);
    CHECK(f.to(uint8).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{0, 255, 0, 255, 0, 255, 0, 2});
    CHECK(f.to(int8).to_vector<std::int8_t>() == std::vector<std::int8_t>{0, 127, -128, 127, -128, 127, -1, 2});
    CHECK(f.to(int32).to_vector<std::int32_t>() == std::vector<std::int32_t>{0, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 300, -1, 2});
    CHECK(f.to(int64).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN, 300, -1, 2});
    CHECK(f.to(uint64).to_vector<std::uint64_t>() == std::vector<std::uint64_t>{0, UINT64_MAX, 0, UINT64_MAX, 0, 300, 0, 2});
    CHECK(f.to(bool_).to(uint8).to_vector<std::uint8_t>() == std::vector<std::uint8_t>(8, 1));
  }
  // 1 + 2^-11 + 2^-40 is above the middle of two halves; by way of float32 it would be on it, and go down.
  const Tensor middle = full({1}, 1 + 0x1p-11 + 0x1p-40, {.dtype = float64});
  CHECK(middle.to(float16).item<double>() == 1 + 0x1p-10);
  CHECK(full({1}, 1 + 0x1p-8 + 0x1p-40, {.dtype = float64}).to(bfloat16).item<double>() == 1 + 0x1p-7);
  CHECK(full({1}, 1e300, {.dtype = float64}).to(float16).item<double>() == inf);
  CHECK(std::isnan(full({1}, ph::nan, {.dtype = float64}).to(bfloat16).item<double>()));
}

TEST_CASE("copy: transposed, permuted and reversed layouts of every element size") {
  for (const DType t : {uint8, int16, float32, float64, complex128})
    for (const Shape& s : {Shape{33, 65}, Shape{100, 7}, Shape{3, 40, 50}, Shape{2, 9, 8, 70}}) {
      const Tensor x = sample(s, float64, 0, 100).to(t);
      Shape dims;
      for (int d = x.ndim(); d-- > 0;) dims.push_back(d);
      const Tensor p = x.permute(dims), c = p.clone();
      CHECK(c.is_contiguous());
      bool right = true;
      const auto direct = x.to(complex128).to_vector<cdouble>(), moved = c.to(complex128).to_vector<cdouble>();
      for (std::int64_t i = 0; i < p.numel(); ++i) {
        std::int64_t rest = i, offset = 0;
        for (int d = p.ndim(); d-- > 0;) {
          offset += rest % p.size(d) * p.strides()[d];
          rest /= p.size(d);
        }
        right &= moved[static_cast<std::size_t>(i)] == direct[static_cast<std::size_t>(offset)];
      }
      CHECK(right);
      Tensor back = zeros(s, {.dtype = t});
      back.permute(dims).copy_(c);
      CHECK(same_bits(back, x));
      CHECK(same_bits(flip(flip(x).clone()), x));
    }
}

TEST_CASE("fill and ranges over strided memory") {
  Tensor x = zeros({40, 50}, {.dtype = int16});
  x.T().slice(0, {0, ph::None, 3}).fill_(-7);
  CHECK(x.to(float64).sum().item<double>() == -7.0 * 17 * 40);
  CHECK(full({3}, Scalar(cdouble(1, 2)), {.dtype = complex64}).to_vector<cfloat>()[2] == cfloat(1, 2));
  CHECK(full({2}, -2.75, {.dtype = int32}).to_vector<std::int32_t>()[0] == -2);
  CHECK(full({2}, UINT64_MAX, {.dtype = uint64}).to_vector<std::uint64_t>()[1] == UINT64_MAX);
  const auto v = arange(3000).to_vector<std::int64_t>();
  for (std::int64_t i = 0; i < 3000; ++i) CHECK(v[static_cast<std::size_t>(i)] == i);
}
