// Factories: values, inferred dtypes, sizes that must be refused before anything is allocated, and memory that is lent.
#include "playhead/tensor/allocator.h"

#include "shape_cases.h"

using namespace ph;

TEST_CASE("creation: constants, in every dtype") {
  for (int t = 0; t < dtype_count; ++t) {
    const auto dtype = static_cast<DType>(t);
    CAPTURE(name(dtype));
    const TensorOptions options{.dtype = dtype};
    CHECK(parts(zeros({2, 2}, options)) == parts(tensor({{0, 0}, {0, 0}}, options)));
    CHECK(test::same_bits(ones({3}, options), tensor({1, 1, 1}, options)));
    CHECK(test::same_bits(full({2}, 1, options), ones({2}, options)));
    CHECK(empty({4, 5}, options).shape() == Shape{4, 5});
    CHECK(test::same_bits(eye(2, 3, 1, options), tensor({{0, 1, 0}, {0, 0, 1}}, options)));
    CHECK(test::same_bits(tri(2, 3, 0, options), tensor({{1, 0, 0}, {1, 1, 0}}, options)));
    CHECK(zeros({}, options).dtype() == dtype);
    CHECK(ones_like(zeros({2}, options)).dtype() == dtype);
    CHECK(zeros_like(zeros({2}, options), {.dtype = int8}).dtype() == int8);
    CHECK(new_full(zeros({2}, options), {3}, 1).dtype() == dtype);
    CHECK(test::same_bits(new_ones(zeros({2}, options), {3}), ones({3}, options)));
    CHECK(test::same_bits(new_zeros(ones({2}, options), {3}), zeros({3}, options)));
    CHECK(new_empty(ones({2}, options), {3, 1}).shape() == Shape{3, 1});
    CHECK(empty_like(ones({2, 2}, options)).dtype() == dtype);
  }
}

TEST_CASE("creation: inferred dtypes") {
  CHECK(full({1}, true).dtype() == bool_);
  CHECK(full({1}, 3).dtype() == int64);
  CHECK(full({1}, UINT64_MAX).dtype() == uint64);
  CHECK(full({1}, 3.0).dtype() == float32);
  CHECK(full({1}, cdouble(1, 2)).dtype() == complex64);
  CHECK(tensor({1, 2}).dtype() == int64);
  CHECK(tensor({1, 2.5}).dtype() == float32);
  CHECK(tensor({true, false}).dtype() == bool_);
  CHECK(tensor({{1.5}, {cfloat(0, 1)}}).dtype() == complex64);
  CHECK(tensor({}).dtype() == float32);
  CHECK(tensor({}).shape() == Shape{0});
  CHECK(tensor({{}, {}}).shape() == Shape{2, 0});
  CHECK(tensor({{{1.}}}).shape() == Shape{1, 1, 1});
  CHECK(arange(3).dtype() == int64);
  CHECK(arange(3.0).dtype() == float32);
  CHECK(arange(0, 3, 1, {.requires_grad = false}).dtype() == int64);
  CHECK(zeros({1}).dtype() == float32);
  set_default_dtype(float64);
  CHECK(full({1}, 3.0).dtype() == float64);
  CHECK(tensor({cdouble(0, 1)}).dtype() == complex128);
  CHECK(linspace(0, 1, 3).dtype() == float64);
  set_default_dtype(float32);
  CHECK(ones({2}, {.requires_grad = true}).requires_grad());
}

TEST_CASE("creation: ranges") {
  CHECK(arange(2, 11, 3).to_vector<std::int64_t>() == std::vector<std::int64_t>{2, 5, 8});
  CHECK(arange(5, 0, -2).to_vector<std::int64_t>() == std::vector<std::int64_t>{5, 3, 1});
  CHECK(arange(5, 0).numel() == 0);
  CHECK(arange(-3).numel() == 0);
  CHECK(arange(INT64_MAX - 2, INT64_MAX).to_vector<std::int64_t>() == std::vector<std::int64_t>{INT64_MAX - 2, INT64_MAX - 1});
  CHECK(arange(INT64_MIN, INT64_MAX, INT64_MAX).numel() == 3);
  CHECK(test::same_bits(arange(0, 1, 0.25), tensor({0., 0.25, 0.5, 0.75})));
  const auto tenth = arange(0, 1, 0.1, {.dtype = float64}).to_vector<double>();
  REQUIRE(tenth.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(tenth[i] == 0.1 * static_cast<double>(i));
  const auto l = linspace(0.1, 0.7, 7, {.dtype = float64}).to_vector<double>();
  for (std::size_t i = 0; i < 6; ++i) CHECK(l[i] == 0.1 + static_cast<double>(i) * ((0.7 - 0.1) / 6));
  CHECK(l[6] == 0.7);
  CHECK(test::same_bits(linspace(0, 1, 4, {}, false), tensor({0., 0.25, 0.5, 0.75})));
  CHECK(test::same_bits(linspace(3, 3, 1), tensor({3.})));
  CHECK(linspace(0, 1, 0).numel() == 0);
  CHECK(test::same_bits(linspace(cdouble(0, 0), cdouble(2, -4), 3), tensor({cdouble(0, 0), cdouble(1, -2), cdouble(2, -4)})));
  const double huge = std::numeric_limits<double>::max();
  CHECK(linspace(-huge, huge, 3, {.dtype = float64}).to_vector<double>()[2] == huge);
  CHECK(logspace(0, 7, 8).to_vector<float>() == std::vector<float>{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7});
  CHECK(logspace(0, cdouble(1, 0), 2).dtype() == complex64);
  CHECK_ERROR(logspace(0, 1, 2, 10, {.dtype = int32}), "logspace: needs a floating or complex dtype; got dtype=int32");
  CHECK(parts(logspace(0, 2, 3, 10, {.dtype = float64}))[2] == doctest::Approx(100));
}

TEST_CASE("creation: triangles and grids") {
  CHECK(test::same_bits(tril_indices(3, 2), tensor({{0, 1, 1, 2, 2}, {0, 0, 1, 0, 1}})));
  CHECK(test::same_bits(triu_indices(2, 3, 1), tensor({{0, 0, 1}, {1, 2, 2}})));
  const auto xy = meshgrid({tensor({1, 2, 3}), tensor({4, 5})}), ij = meshgrid({tensor({1, 2, 3}), tensor({4, 5})}, "ij");
  CHECK(test::same_bits(xy[0], tensor({{1, 2, 3}, {1, 2, 3}})));
  CHECK(test::same_bits(xy[1], tensor({{4, 4, 4}, {5, 5, 5}})));
  CHECK(test::same_bits(ij[0], tensor({{1, 1}, {2, 2}, {3, 3}})));
  CHECK(meshgrid({tensor(1), tensor({2, 3}), tensor({4})})[0].shape() == Shape{2, 1, 1});
  CHECK_ERROR((meshgrid({}, "yx")), "meshgrid: indexing must be xy or ij; got indexing=yx");
}

TEST_CASE("creation: absurd sizes are refused") {
  const MemoryStats before = memory_stats();
  CHECK_ERROR((empty({1LL << 32, 1LL << 32})), "empty: too many elements; got shape=[4294967296, 4294967296]");
  CHECK_ERROR((zeros({INT64_MAX})), "zeros: too many elements; got shape=[9223372036854775807]");
  CHECK_ERROR((ones({2, -1})), "ones: sizes must not be negative; got shape=[2, -1]");
  CHECK_ERROR((full({0, INT64_MAX, INT64_MAX}, 1)), "full: too many elements; got shape=[0, 9223372036854775807, 9223372036854775807]");
  CHECK_ERROR((arange(1e20)), "arange: too many elements; got start=0, end=1e+20, step=1");
  CHECK_ERROR((arange(INT64_MIN, INT64_MAX)), "arange: too many elements; got start=-9223372036854775808, end=9223372036854775807, step=1");
  CHECK_ERROR((arange(0, 1, 0)), "arange: step must not be 0; got start=0, end=1");
  CHECK_ERROR((arange(0, NAN)), "arange: bounds and step must be finite; got start=0, end=nan, step=1");
  CHECK_ERROR((arange(0, INFINITY)), "arange: bounds and step must be finite; got start=0, end=inf, step=1");
  CHECK_ERROR((linspace(0, 1, -1)), "linspace: num must not be negative; got num=-1");
  CHECK_ERROR((linspace(0, 1, INT64_MAX)), "linspace: too many elements; got shape=[9223372036854775807]");
  CHECK_ERROR((linspace(0, 1, 3, {.dtype = int64})), "linspace: needs a floating or complex dtype; got dtype=int64");
  CHECK_ERROR((eye(1LL << 40, 1LL << 40)), "eye: too many elements; got shape=[1099511627776, 1099511627776]");
  CHECK_ERROR((full({2}, cdouble(1, 1), {.dtype = float32})), "full: a complex value does not fit; got dtype=float32");
  CHECK_ERROR((zeros({2}, {.dtype = int64, .requires_grad = true})), "requires_grad_: only floating and complex tensors have gradients; got dtype=int64");
  const MemoryStats after = memory_stats();
  CHECK(after.in_use == before.in_use);
}

TEST_CASE("creation: from data") {
  CHECK(test::same_bits(from_data(std::vector<float>{1, 2, 3, 4}, {2, 2}), tensor({{1., 2.}, {3., 4.}})));
  CHECK(from_data(std::vector<double>{1}).dtype() == float64);
  CHECK(from_data(std::vector<bool>{true, false}).dtype() == bool_);
  CHECK(test::same_bits(from_data(std::vector<int>{1, 2}, {2}, {.dtype = float32}), tensor({1., 2.})));
  const std::int16_t raw[] = {5, 6};
  CHECK(test::same_bits(from_data(raw, {1, 2}), tensor({{5, 6}}, {.dtype = int16})));
  CHECK_ERROR((from_data(std::vector<float>{1, 2, 3}, {2, 2})), "from_data: the shape must hold as many elements as the data; got shape=[2, 2] for 3 elements");
  CHECK_ERROR((tensor({{1, 2}, {3}})), "tensor: braces must hold as many values at each level; got 1 beside 2 at depth 1");
  CHECK_ERROR((tensor({{1, 2}, 3})), "tensor: braces must be nested equally deep; got shape=[2, 2] and another");
  CHECK_ERROR((tensor({-1, UINT64_MAX})), "tensor: no integer dtype holds all values; got -1 beside one past 2^63");
  CHECK_ERROR((tensor({cdouble(1, 1)}, {.dtype = float32})), "tensor: complex values do not fit; got dtype=float32");
}

TEST_CASE("creation: lent memory") {
  float data[6] = {0, 1, 2, 3, 4, 5};
  int released = 0;
  {
    Tensor x = from_blob(data, {2, 3}, {3, 1}, {}, [&](float* p) { released += p == data; });
    CHECK(test::same_bits(x, tensor({{0., 1., 2.}, {3., 4., 5.}})));
    x.select(0, 1).fill_(7);
    CHECK(data[4] == 7);
    const Tensor view = x[0];
    x = Tensor();
    CHECK(released == 0);
    CHECK(view.data<float>() == data);
  }
  CHECK(released == 1);
  const Tensor back = from_blob(data + 5, {2, 3}, {-3, -1});
  CHECK(test::same_bits(back, tensor({{7., 7., 7.}, {2., 1., 0.}})));
  CHECK(test::same_bits(as_strided(back, {6}, {1}, 0), tensor({0., 1., 2., 7., 7., 7.})));
  const float* fixed = data;
  Tensor read = from_blob(fixed, {6});
  CHECK_ERROR((read.fill_(1)), "fill_: the memory is read-only; got shape=[6]. Clone it first");
  CHECK(from_blob(static_cast<void*>(data), {3}, {.dtype = int32}).dtype() == int32);
  CHECK(from_blob(static_cast<float*>(nullptr), {0}).numel() == 0);
  CHECK_ERROR((from_blob(data, {2}, {.dtype = float64})), "from_blob: dtype must be the pointer's; got dtype=float64, pointer to float32");
  CHECK_ERROR((from_blob(static_cast<float*>(nullptr), {2})), "from_blob: memory must not be null; got shape=[2]");
  CHECK_ERROR((from_blob(data, {2}, {1, 1})), "from_blob: needs one stride per dimension; got shape=[2], strides=[1, 1]");
  CHECK_ERROR((from_blob(data, {2}, {INT64_MAX})), "from_blob: the layout reaches past the address space; got shape=[2], strides=[9223372036854775807]");
  CHECK_ERROR((from_blob(data, {3}, {INT64_MIN / 8})), "from_blob: the layout reaches past the address space; got shape=[3], strides=[-1152921504606846976]");
  CHECK_ERROR((from_blob(static_cast<void*>(reinterpret_cast<char*>(data) + 1), {1}, {.dtype = float32})),
              "from_blob: memory must be aligned to its elements; got dtype=float32, address 1 past a multiple of 4");
}

TEST_CASE("creation: numbers that the dtype does not have") {
  const TensorOptions u8{.dtype = uint8}, i8{.dtype = int8}, i32{.dtype = int32}, i64{.dtype = int64}, u64{.dtype = uint64};
  Tensor u = tensor({100, 200}, u8);
  const Tensor at = tensor({0}), mask = tensor({true, false});
#define RULE "a number must fit the tensor's dtype; got value="
  CHECK_ERROR(full({2}, 256, u8), "full: " RULE "256, dtype=uint8");
  CHECK_ERROR(full({2}, -1, u8), "full: " RULE "-1, dtype=uint8");
  CHECK_ERROR(full({2}, -129, i8), "full: " RULE "-129, dtype=int8");
  CHECK_ERROR(full({2}, 128, i8), "full: " RULE "128, dtype=int8");
  CHECK_ERROR(full({2}, UINT64_MAX, i64), "full: " RULE "18446744073709551615, dtype=int64");
  CHECK_ERROR(full({2}, -1, u64), "full: " RULE "-1, dtype=uint64");
  CHECK_ERROR(full({2}, ph::nan, i32), "full: " RULE "nan, dtype=int32");
  CHECK_ERROR(full({2}, inf, i64), "full: " RULE "inf, dtype=int64");
  CHECK_ERROR(full({2}, 1e10, i32), "full: " RULE "1e+10, dtype=int32");
  CHECK_ERROR(full({2}, 0x1p63, i64), "full: " RULE "9223372036854775808, dtype=int64");
  CHECK_ERROR(full({2}, -1.0, u64), "full: " RULE "-1, dtype=uint64");
  CHECK_ERROR(full_like(u, 256), "full: " RULE "256, dtype=uint8");
  CHECK_ERROR(new_full(u, {2}, -1), "full: " RULE "-1, dtype=uint8");
  CHECK_ERROR(scalar_tensor(256, u8), "scalar_tensor: " RULE "256, dtype=uint8");
  CHECK_ERROR(tensor({1, 256}, u8), "tensor: " RULE "256, dtype=uint8");
  CHECK_ERROR(fill(u, 256), "fill: " RULE "256, dtype=uint8");
  CHECK_ERROR(u.fill_(256), "fill_: " RULE "256, dtype=uint8");
  CHECK_ERROR(masked_fill(u, mask, 256), "masked_fill: " RULE "256, dtype=uint8");
  CHECK_ERROR(masked_fill_(u, mask, -1), "masked_fill_: " RULE "-1, dtype=uint8");
  CHECK_ERROR(index_fill(u, 0, at, 300), "index_fill: " RULE "300, dtype=uint8");
  CHECK_ERROR(index_fill_(u, 0, at, 300), "index_fill_: " RULE "300, dtype=uint8");
  CHECK_ERROR(scatter(u, 0, at, 300), "scatter: " RULE "300, dtype=uint8");
  CHECK_ERROR(u.index_put_({0}, 256), "index_put_: " RULE "256, dtype=uint8");
  CHECK_ERROR(pad(u, {1, 1}, Pad::constant, 256), "pad: " RULE "256, dtype=uint8");
  CHECK_ERROR(where(mask, u, 256), "where: " RULE "256, dtype=uint8");
  CHECK_ERROR(arange(300, u8), "arange: " RULE "299, dtype=uint8");
  CHECK_ERROR(arange(-3, 2, u8), "arange: " RULE "-3, dtype=uint8");
  CHECK_ERROR(arange(0.0, 400.0, 100.0, u8), "arange: " RULE "300, dtype=uint8");
  CHECK_ERROR(randint(0, 300, {2}, u8), "randint: bounds must fit the dtype; got low=0, high=300, dtype=uint8");
#undef RULE
  CHECK(test::values(u) == std::vector<double>{100, 200});
  // The ends of the range, and fractions, which are cut off as in NumPy and PyTorch.
  CHECK(test::values(full({1}, 255, u8)) == std::vector<double>{255});
  CHECK(test::values(full({1}, -128, i8)) == std::vector<double>{-128});
  CHECK(full({1}, INT64_MIN, i64).item<std::int64_t>() == INT64_MIN);
  CHECK(full({1}, -0x1p63, i64).item<std::int64_t>() == INT64_MIN);
  CHECK(full({1}, UINT64_MAX, u64).item<std::uint64_t>() == UINT64_MAX);
  CHECK(test::values(full({1}, -0.5, u8)) == std::vector<double>{0});
  CHECK(test::values(full({1}, 255.9, u8)) == std::vector<double>{255});
  CHECK(test::values(full({1}, -128.9, i8)) == std::vector<double>{-128});
  CHECK(test::values(full({1}, 1.5, i32)) == std::vector<double>{1});
  CHECK(test::values(full({1}, true, u8)) == std::vector<double>{1});
  CHECK(test::values(full({1}, -7, {.dtype = bool_})) == std::vector<double>{1});
  CHECK(test::values(full({1}, 1e300)) == std::vector<double>{INFINITY});
  CHECK(test::values(arange(256, u8)).back() == 255);
  CHECK(test::values(arange(0, 300, 100, u8)) == std::vector<double>{0, 100, 200});
  CHECK(arange(300, 0, u8).numel() == 0);
}
