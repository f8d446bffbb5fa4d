// Indexing: values against NumPy's and against a naive element-by-element interpreter, derivatives, threads, error texts.
#include <functional>

#include "index_samples.h"
#include "playhead/tensor/cpu/parallel.h"

using namespace ph;
using test::Ints, test::Random, test::coordinates_of, test::shuffled;

namespace {

const std::vector<ShapeCase> plain = {
    {OP(take(x, tensor({{0, 23}, {-1, 5}}))), {2, 2}, {0, 23, 23, 5}},
    {OP(take(x, tensor({{0, 2}, {-1, 1}}), 1)), {2, 2, 2, 4},
      {0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 20, 21, 22, 23, 16, 17, 18, 19}},
    {OP(take(x, tensor(2), -1)), {2, 3}, {2, 6, 10, 14, 18, 22}},
    {OP(index_select(x, 2, tensor({3, 3, 0}))), {2, 3, 3},
      {3, 3, 0, 7, 7, 4, 11, 11, 8, 15, 15, 12, 19, 19, 16, 23, 23, 20}},
    {OP(index_select(x, 0, tensor({}, {.dtype = int32}))), {0, 3, 4}, {}},
    {OP(take_along_dim(x, tensor({{{0, 1, 2, -1}}}), 1)), {2, 1, 4}, {0, 5, 10, 11, 12, 17, 22, 23}},
    {OP(take_along_axis(x, tensor({{{3}, {1}, {-4}}}))), {2, 3, 1}, {3, 5, 8, 15, 17, 20}},
    {OP(masked_select(x, tensor({true, false, false, true}))), {12}, {0, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23}},
    {OP(select_scatter(x, tensor({{1, 2, 3, 4}, {5, 6, 7, 8}}), 1, 1)), {2, 3, 4},
      {0, 1, 2, 3, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 5, 6, 7, 8, 20, 21, 22, 23}},
    {OP(slice_scatter(x, zeros({2, 3, 2}, {.dtype = int64}), 2, {None, None, -2})), {2, 3, 4},
      {0, 0, 2, 0, 4, 0, 6, 0, 8, 0, 10, 0, 12, 0, 14, 0, 16, 0, 18, 0, 20, 0, 22, 0}},
    {OP(diagonal_scatter(x, full({4, 2}, -1))), {2, 3, 4},
      {-1, -1, -1, -1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1, 20, 21, 22, 23}},
    {OP(put(x, tensor({1, -1, 1}), tensor({7, 8, 9}))), {2, 3, 4},
      {0, 9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 8}},
    {OP(put(x, tensor({1, -1, 1}), tensor({7, 8, 9}), true)), {2, 3, 4},
      {0, 17, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 31}},
    {OP(index_fill(x, 2, tensor({0, 2}), 5)), {2, 3, 4},
      {5, 1, 5, 3, 5, 5, 5, 7, 5, 9, 5, 11, 5, 13, 5, 15, 5, 17, 5, 19, 5, 21, 5, 23}},
    {OP(index_add(x, 1, tensor({2, 2}), reshape(arange(16), {2, 2, 4}), 2)), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 16, 21, 26, 31, 12, 13, 14, 15, 16, 17, 18, 19, 60, 65, 70, 75}},
    {OP(index_copy(x, 1, tensor({2, 2}), reshape(arange(16), {2, 2, 4}))), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19, 12, 13, 14, 15}},
};

// Differences of these would move the mask.
const std::vector<ShapeCase> by_value = {
    {OP(argwhere(x % 5 == 0)), {5, 3}, {0, 0, 0, 0, 1, 1, 0, 2, 2, 1, 0, 3, 1, 2, 0}},
    {OP(flat(nonzero(x % 7 == 3))), {9}, {0, 0, 1, 0, 2, 1, 3, 2, 1}},
    {OP(masked_select(x, x % 3 == 1)), {8}, {1, 4, 7, 10, 13, 16, 19, 22}},
    {OP(masked_fill(x, x > 20, -1)), {2, 3, 4},
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, -1, -1, -1}},
    {OP(masked_scatter(x, x % 2 == 0, arange(100, 130))), {2, 3, 4},
      {100, 1, 101, 3, 102, 5, 103, 7, 104, 9, 105, 11, 106, 13, 107, 15, 108, 17, 109, 19, 110, 21, 111, 23}},
};

// --- x[...], naively ---------------------------------------------------------------------------------------------------

// An index array as the interpreter sees it.
struct Array {
  Shape shape;
  Ints values;
  std::int64_t at(const Ints& b) const {  // b: coordinates in the common shape
    std::int64_t i = 0;
    const auto lead = b.size() - static_cast<std::size_t>(shape.size());
    for (int d = 0; d < shape.size(); ++d) i = i * shape[d] + (shape[d] == 1 ? 0 : b[lead + static_cast<std::size_t>(d)]);
    return values[static_cast<std::size_t>(i)];
  }
};

struct Program {
  std::vector<Index> index;
  std::string text;
  Shape result;
  Ints offsets;  // in x, row-major, of each element of the result
};

Program random_program(Random& random, const Shape& x) {
  Program p;
  struct Token {
    bool advanced = false;
    std::vector<std::int64_t> sizes;  // dims of the result that it makes, unless advanced
  };
  struct Source {  // of one dim of x
    int result = -1, array = -1;
    std::int64_t start = 0, step = 0;
  };
  std::vector<Token> tokens;
  std::vector<Source> sources;
  std::vector<Array> arrays;
  int basic = 0;
  const int n = x.size();
  const bool with_arrays = random.chance(70);
  // A mask fixes the length of the arrays; without one they may have two dims.
  Shape common = random.chance(50) ? Shape{random(1, 3)} : Shape{random(1, 3), random(0, 3)};
  const int mask_dim = with_arrays && n > 0 && random.chance(30) ? static_cast<int>(random(0, n - 1)) : -1;
  const int mask_dims = mask_dim < 0 ? 0 : static_cast<int>(random(1, std::min(2, n - mask_dim)));
  std::vector<std::uint8_t> mask;
  Shape mask_shape;
  if (mask_dim >= 0) {
    for (int d = 0; d < mask_dims; ++d) mask_shape.push_back(x[mask_dim + d]);
    std::int64_t set = 0;
    for (std::int64_t i = 0; i < numel(mask_shape); ++i) mask.push_back(random.chance(50)), set += mask.back();
    common = {set};
  }
  const auto range = [&](std::int64_t start, std::int64_t step, std::int64_t length) {
    sources.push_back({basic++, -1, start, step});
    tokens.back().sizes.push_back(length);
  };
  const int ellipsis_at = random.chance(40) ? static_cast<int>(random(0, n)) : -1;
  int taken_end = n;
  if (ellipsis_at < 0 && mask_dim < 0 && random.chance(30)) taken_end = static_cast<int>(random(0, n));
  for (int d = 0; d <= taken_end; ++d) {
    if (random.chance(15)) {
      p.index.push_back(newaxis);
      p.text += "newaxis, ";
      tokens.push_back({false, {1}});
      ++basic;
    }
    if (d == ellipsis_at && !(mask_dim >= 0 && d > mask_dim && d < mask_dim + mask_dims)) {
      int skip = static_cast<int>(random(0, taken_end - d));
      if (mask_dim >= d) skip = std::min(skip, mask_dim - d);
      p.index.push_back(ellipsis);
      p.text += "..., ";
      tokens.push_back({});
      for (int k = 0; k < skip; ++k) range(0, 1, x[d + k]);
      d += skip;
    }
    if (d >= taken_end) break;
    const std::int64_t size = x[d];
    if (d == mask_dim) {
      const Tensor t = from_data(std::vector<std::int64_t>(mask.begin(), mask.end()), mask_shape).to(bool_);
      p.index.push_back(t);
      p.text += "mask" + to_string(mask_shape) + ", ";
      tokens.push_back({true, {}});
      for (int k = 0; k < mask_dims; ++k) {
        Array a{common, {}};
        for (std::int64_t i = 0; i < numel(mask_shape); ++i)
          if (mask[static_cast<std::size_t>(i)]) a.values.push_back(coordinates_of(i, mask_shape)[static_cast<std::size_t>(k)]);
        sources.push_back({-1, static_cast<int>(arrays.size())});
        arrays.push_back(a);
      }
      d += mask_dims - 1;
    } else if (with_arrays && size > 0 && random.chance(40)) {
      Array a{common, {}};
      if (random.chance(30) && a.shape.size() == 2) a.shape.erase(0);
      for (std::int64_t& s : a.shape)
        if (random.chance(25)) s = 1;
      for (std::int64_t i = 0; i < numel(a.shape); ++i) a.values.push_back(random(-size, size - 1));
      Tensor t = from_data(a.values, a.shape);
      if (random.chance(30)) t = t.to(int32);
      p.index.push_back(t);
      p.text += "array" + to_string(a.shape) + ", ";
      for (std::int64_t& v : a.values) v += v < 0 ? size : 0;
      sources.push_back({-1, static_cast<int>(arrays.size())});
      arrays.push_back(a);
      tokens.push_back({true, {}});
    } else if (size > 0 && random.chance(30)) {
      const std::int64_t i = random(-size, size - 1);
      if (random.chance(80)) p.index.push_back(i);
      else p.index.push_back(tensor(i));
      p.text += std::to_string(i) + ", ";
      sources.push_back({-1, -1, i < 0 ? i + size : i, 0});
      tokens.push_back({true, {}});
    } else {
      Slice s;
      if (random.chance(60)) s.start = random(-size - 1, size + 1);
      if (random.chance(60)) s.stop = random(-size - 1, size + 1);
      s.step = random.chance(50) ? 1 : random.chance(50) ? random(1, 3) : -random(1, 3);
      // Python's range, spelled out.
      Ints kept;
      std::int64_t lo = s.start.set ? s.start.value : s.step > 0 ? 0 : size - 1, hi = s.stop.set ? s.stop.value : s.step > 0 ? size : -1;
      if (s.start.set && lo < 0) lo = std::max(lo + size, s.step > 0 ? std::int64_t{0} : std::int64_t{-1});
      if (s.stop.set && hi < 0) hi = std::max(hi + size, std::int64_t{-1});
      if (s.step < 0) lo = std::min(lo, size - 1);
      for (std::int64_t i = lo; s.step > 0 ? i < std::min(hi, size) : i > hi; i += s.step) kept.push_back(i);
      p.index.push_back(s);
      p.text += (s.start.set ? std::to_string(s.start.value) : "") + ":" + (s.stop.set ? std::to_string(s.stop.value) : "") + ":" + std::to_string(s.step) + ", ";
      tokens.push_back({});
      range(kept.empty() ? 0 : kept[0], s.step, static_cast<std::int64_t>(kept.size()));
    }
  }
  tokens.push_back({});
  while (static_cast<int>(sources.size()) < n) range(0, 1, x[static_cast<int>(sources.size())]);

  // Where the arrays' dims go: where the first advanced token stands if no other kind stands between two of them, else in front.
  Shape shape;
  if (!arrays.empty()) {
    for (const Array& a : arrays) {
      while (shape.size() < a.shape.size()) shape.insert(0, 1);
      for (int d = 0; d < a.shape.size(); ++d) {
        std::int64_t& s = shape[shape.size() - a.shape.size() + d];
        if (a.shape[d] != 1) s = a.shape[d];
      }
    }
  }
  int first = -1, last = -1, place = 0, before = 0;
  for (int i = 0; i < static_cast<int>(tokens.size()); ++i) {
    if (!tokens[static_cast<std::size_t>(i)].advanced) {
      before += static_cast<int>(tokens[static_cast<std::size_t>(i)].sizes.size());
      continue;
    }
    if (first < 0) first = i, place = before;
    last = i;
  }
  for (int i = first; i >= 0 && i < last; ++i)
    if (!tokens[static_cast<std::size_t>(i)].advanced) place = 0;
  Shape basics;
  for (const Token& t : tokens)
    for (const std::int64_t s : t.sizes) basics.push_back(s);
  if (arrays.empty()) place = 0;
  for (int d = 0; d < place; ++d) p.result.push_back(basics[d]);
  for (const std::int64_t s : shape) p.result.push_back(s);
  for (int d = place; d < basics.size(); ++d) p.result.push_back(basics[d]);

  for (std::int64_t i = 0; i < numel(p.result); ++i) {
    const Ints at = coordinates_of(i, p.result);
    Ints b, rest;
    for (int d = 0; d < p.result.size(); ++d)
      (d >= place && d < place + shape.size() ? b : rest).push_back(at[static_cast<std::size_t>(d)]);
    std::int64_t offset = 0;
    for (int d = 0; d < n; ++d) {
      const Source& s = sources[static_cast<std::size_t>(d)];
      const std::int64_t k = s.array >= 0 ? arrays[static_cast<std::size_t>(s.array)].at(b) : s.result >= 0 ? s.start + s.step * rest[static_cast<std::size_t>(s.result)] : s.start;
      offset = offset * x[d] + k;
    }
    p.offsets.push_back(offset);
  }
  return p;
}


}  // namespace

TEST_CASE("index: values") {
  check_values(plain);
  check_values(by_value);
}

TEST_CASE("index: layouts") {
  check_layouts(plain);
  check_layouts(by_value);
}

TEST_CASE("index: derivatives") { check_derivatives(plain); }

TEST_CASE("index: random programs agree with an interpreter, values and gradients") {
  Random random{0x1234567};
  for (int round = 0; round < 3000; ++round) {
    Shape shape;
    for (std::int64_t d = random(0, 4); d > 0; --d) shape.push_back(random.chance(5) ? 0 : random(1, 4));
    const Program p = random_program(random, shape);
    CAPTURE(round);
    CAPTURE(to_string(shape));
    CAPTURE(p.text);
    const int n = static_cast<int>(p.index.size());
    const auto count = static_cast<std::size_t>(numel(p.result));
    Tensor leaf = randoms(shape, static_cast<std::uint64_t>(round) + 1).requires_grad_();
    const auto before = leaf.to_vector<double>();

    const Tensor y = shuffled(random, leaf).index(p.index.data(), n);
    REQUIRE(to_string(y.shape()) == to_string(p.result));
    const Tensor g = randoms(p.result, 9);
    const auto gv = g.to_vector<double>();
    std::vector<double> want, want_grad(before.size());
    for (std::size_t i = 0; i < count; ++i) {
      want.push_back(before[static_cast<std::size_t>(p.offsets[i])]);
      want_grad[static_cast<std::size_t>(p.offsets[i])] += gv[i];
    }
    CHECK(y.to_vector<double>() == want);
    y.backward(g);
    CHECK(leaf.grad().to_vector<double>() == want_grad);

    // The value is broadcast: some of its dims are 1, leading ones may be left out.
    Shape value_shape = p.result;
    for (std::int64_t& s : value_shape)
      if (random.chance(20)) s = 1;
    while (!value_shape.empty() && random.chance(20)) value_shape.erase(0);
    const bool accumulate = random.chance(50);
    Tensor value = randoms(value_shape, 11).requires_grad_();
    Tensor x = shuffled(random, leaf);
    x.index_put_(p.index.data(), n, value, accumulate);
    const auto vv = value.detach().expand(p.result).to_vector<double>();
    std::vector<double> after = before;
    std::vector<std::int64_t> writer(before.size(), -1);
    for (std::size_t i = 0; i < count; ++i) {
      double& target = after[static_cast<std::size_t>(p.offsets[i])];
      target = accumulate ? target + vv[i] : vv[i];
      writer[static_cast<std::size_t>(p.offsets[i])] = static_cast<std::int64_t>(i);
    }
    const auto got = x.to_vector<double>();
    bool close = true;
    for (std::size_t i = 0; i < after.size(); ++i) close &= std::fabs(got[i] - after[i]) < 1e-12;
    CHECK(close);
    const Tensor h = randoms(shape, 13);
    const auto hv = h.to_vector<double>();
    std::vector<double> leaf_grad = hv, value_grad(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(p.offsets[i]);
      if (!accumulate) leaf_grad[at] = 0;
      if (accumulate || writer[at] == static_cast<std::int64_t>(i)) value_grad[i] = hv[at];
    }
    const Tensors grads = grad({x}, {leaf, value}, {.gradients = {h}, .allow_unused = true});
    if (grads[0].defined()) CHECK(grads[0].to_vector<double>() == leaf_grad);
    else CHECK(std::vector<double>(leaf_grad.size(), 0) == leaf_grad);
    std::vector<double> summed(static_cast<std::size_t>(numel(value_shape)));
    const Tensor place = arange(numel(value_shape)).reshape(value_shape).expand(p.result);
    const auto places = place.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < count; ++i) summed[static_cast<std::size_t>(places[i])] += value_grad[i];
    const auto value_got = grads[1].defined() ? grads[1].to_vector<double>() : std::vector<double>(summed.size(), 0);
    close = true;
    for (std::size_t i = 0; i < summed.size(); ++i) close &= std::fabs(value_got[i] - summed[i]) < 1e-12;
    CHECK(close);
  }
}

TEST_CASE("index: 0-d masks, as NumPy") {
  const Tensor x = numbers();
  CHECK(x.index({tensor(true)}).shape() == Shape{1, 2, 3, 4});
  CHECK(x.index({tensor(false)}).shape() == Shape{0, 2, 3, 4});
  CHECK(x.index({Slice(), tensor(true)}).shape() == Shape{2, 1, 3, 4});
  CHECK(x.index({tensor({0, 1}), tensor(true)}).shape() == Shape{2, 3, 4});
  CHECK(x.index({}).shape() == Shape{2, 3, 4});
  Tensor y = x.clone();
  y.index_put_({tensor(false)}, 7);
  CHECK(test::same_bits(y, x));
  y.index_put_({tensor(true)}, 7);
  CHECK(test::same_bits(y, full_like(x, 7)));
}

TEST_CASE("index: a mask without elements fits any size, as NumPy") {
  CHECK(zeros({0, 1})[zeros({0, 0}, {.dtype = bool_})].shape() == Shape{0});
  CHECK(zeros({3, 2})[zeros({0}, {.dtype = bool_})].shape() == Shape{0, 2});
  CHECK(zeros({3, 2})[zeros({3, 0}, {.dtype = bool_})].shape() == Shape{0});
  Tensor x = ones({3, 2});
  x.index_put_({zeros({0}, {.dtype = bool_})}, 5.0);
  CHECK(test::same_bits(x, ones({3, 2})));
  CHECK_ERROR(x[zeros({0, 3}, {.dtype = bool_})], "index: a mask must have the indexed sizes; got 3 for dimension 1 of size 2");
}

TEST_CASE("index: basic indices are views, arrays copy") {
  Tensor x = zeros({3, 4});
  CHECK(x.index({1, Slice(None, None, -1)}).shares_storage(x));
  CHECK(x.index({ellipsis, newaxis}).shares_storage(x));
  CHECK(x.index({tensor(1)}).shares_storage(x));
  CHECK(!x.index({tensor({1})}).shares_storage(x));
  x[1].index_put_({Slice(0, 2)}, 5.0);
  CHECK(test::same_bits(x, tensor({{0., 0., 0., 0.}, {5., 5., 0., 0.}, {0., 0., 0., 0.}})));
}

TEST_CASE("index: writing from overlapping memory") {
  Tensor a = arange(6), want = tensor({0, 0, 1, 2, 3, 4});
  a.index_put_({Slice(1, None)}, a.index({Slice(None, -1)}));
  CHECK(test::same_bits(a, want));
  Tensor b = arange(6);
  b.index_put_({tensor({1, 2, 3, 4, 5})}, b.index({Slice(None, -1)}));
  CHECK(test::same_bits(b, want));
  Tensor c = tensor({2, 0, 1});
  c.index_put_({c}, tensor({10, 20, 30}));
  CHECK(test::same_bits(c, tensor({20, 30, 10})));
  Tensor d = tensor({2, 0, 1});
  scatter_(d, 0, d, d);
  CHECK(test::same_bits(d, tensor({0, 1, 2})));
  Tensor e = zeros({3}).expand({4, 3});
  CHECK_ERROR((e.index_put_({tensor({0})}, 1.0)), "index_put_: several elements are the same memory (an expanded tensor?); got shape=[4, 3], strides=[0, 1]. Clone it first");
}

TEST_CASE("index: an index changed after it was recorded is an error") {
  Tensor x = randoms({4}).requires_grad_(), index = tensor({1, 2});
  const Tensor y = take(x, index, 0), z = gather(x, 0, index);
  index.fill_(0);
  CHECK_ERROR((y.backward(ones({2}, {.dtype = float64}))), "take: saved tensor was changed in place after it was recorded; got shape=[2], version 1, saved at 0. Clone it before the change");
  CHECK_ERROR((z.backward(ones({2}, {.dtype = float64}))), "gather: saved tensor was changed in place after it was recorded; got shape=[2], version 1, saved at 0. Clone it before the change");
}

// --- large: every way of sharing the work ------------------------------------------------------------------------------------

TEST_CASE("index: large work agrees with loops, and no bit depends on the threads") {
  Random random{5};
  struct Sizes {
    std::int64_t outer, targets, inner, indices;
  };
  const int threads_before = num_threads();
  for (const Sizes z : {Sizes{1, 50, 200, 900}, {1, 5000, 1, 90000}, {40, 30, 3, 900}, {3, 70, 5, 5000}, {1, 3, 1, 70000}, {200, 200, 1, 300}}) {
    Ints at;
    for (std::int64_t i = 0; i < z.indices; ++i) at.push_back(random(-z.targets, z.targets - 1));
    const Tensor index = from_data(at), x = randoms({z.outer, z.targets, z.inner}, 1, float32), v = randoms({z.outer, z.indices, z.inner}, 2, float32);
    auto want = x.to_vector<float>(), assigned = want;
    const auto values = v.to_vector<float>();
    for (std::int64_t o = 0; o < z.outer; ++o)
      for (std::int64_t i = 0; i < z.indices; ++i)
        for (std::int64_t k = 0; k < z.inner; ++k) {
          const std::int64_t t = at[static_cast<std::size_t>(i)], j = t < 0 ? t + z.targets : t;
          const auto to = static_cast<std::size_t>((o * z.targets + j) * z.inner + k), from = static_cast<std::size_t>((o * z.indices + i) * z.inner + k);
          want[to] += values[from];
          assigned[to] = values[from];
        }
    const Tensor wide = index.reshape({1, z.indices, 1}).expand({z.outer, z.indices, z.inner});
    for (const int threads : {1, 2, 7}) {
      set_num_threads(threads);
      CAPTURE(z.inner);
      CAPTURE(threads);
      CHECK(index_add(x, 1, index, v).to_vector<float>() == want);
      CHECK(scatter_add(x, 1, wide, v).to_vector<float>() == want);
      CHECK(index_copy(x, 1, index, v).to_vector<float>() == assigned);
      CHECK(scatter(x, 1, wide, v).to_vector<float>() == assigned);
      const Tensor y = index_select(x, 1, index);
      CHECK(y.to_vector<float>() == gather(x, 1, wide).to_vector<float>());
      CHECK(y.select(1, z.indices / 2).to_vector<float>() == x.select(1, at[static_cast<std::size_t>(z.indices / 2)]).to_vector<float>());
    }
  }
  const Tensor x = randoms({3, 100, 700}), mask = x > 0.3;
  Tensor filled;
  for (const int threads : {1, 2, 7}) {
    set_num_threads(threads);
    const auto all = x.to_vector<double>();
    std::vector<double> kept;
    Ints flat_at;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] > 0.3) kept.push_back(all[i]), flat_at.push_back(static_cast<std::int64_t>(i));
    CHECK(masked_select(x, mask).to_vector<double>() == kept);
    const std::vector<Tensor> at = nonzero(mask);
    CHECK((at[0] * 70000 + at[1] * 700 + at[2]).to_vector<std::int64_t>() == flat_at);
    CHECK(test::same_bits(masked_scatter(zeros_like(x), mask, masked_select(x, mask)), where(mask, x, zeros_like(x))));
    CHECK(test::same_bits(x.index({mask}), x.index({at[0], at[1], at[2]})));
  }
  set_num_threads(threads_before);
}

// 5 GB and some seconds: run with --no-skip.
TEST_CASE("index: beyond 2^31 elements" * doctest::skip()) {
  const std::int64_t n = (1LL << 31) + 65536, last = n - 1;
  const Tensor at = tensor({std::int64_t{0}, (1LL << 31) - 1, 1LL << 31, last});
  Tensor x = zeros({n}, {.dtype = uint8});
  index_add_(x, 0, at, tensor({1, 2, 3, 4}, {.dtype = uint8}));
  CHECK(test::same_bits(take(x, at, 0), tensor({1, 2, 3, 4}, {.dtype = uint8})));
  scatter_add_(x, 0, at, tensor({1, 1, 1, 1}, {.dtype = uint8}));
  CHECK(test::same_bits(gather(x, 0, at), tensor({2, 3, 4, 5}, {.dtype = uint8})));
  const Tensor found = argwhere(x);
  CHECK(test::same_bits(found.reshape({4}), at));
  CHECK(test::same_bits(masked_select(x, x > 3), tensor({4, 5}, {.dtype = uint8})));
  const Tensor joined = cat({x.slice(0, {n - 10, n}), x});
  CHECK(joined.index({-1}).item<int>() == 5);
  CHECK(joined.index({9}).item<int>() == 5);
  CHECK(roll(x, 1)[0].item<int>() == 5);
  Tensor table = x.slice(0, {0, 262144LL * 8192}).reshape({262144, 8192});
  CHECK(index_select(table, 0, tensor({262143})).index({0, -1}).item<int>() == 3);
}

TEST_CASE("index: error texts") {
  Tensor x = zeros({2, 3}), s = tensor(1.0);
  const Tensor i = tensor({0, 1}), bad = tensor({0, 3}), f = tensor({0.5});
  CHECK_ERROR((x.index({0, 0, 0})), "index: too many indices; got 3 for 2 dimensions");
  CHECK_ERROR((x.index({ellipsis, ellipsis})), "index: only one ellipsis is allowed; got 2");
  CHECK_ERROR((x.index({2})), "index: index out of range; got index=2 for dimension 0 of size 2");
  CHECK_ERROR((x.index({Slice(), -4})), "index: index out of range; got index=-4 for dimension 1 of size 3");
  CHECK_ERROR((x.index({Slice(), bad})), "index: index out of range; got index=3 for dimension 1 of size 3");
  CHECK_ERROR((x.index({f})), "index: an index tensor must be of integers or bool; got dtype=float32");
  CHECK_ERROR((x.index({tensor({true, false, true})})), "index: a mask must have the indexed sizes; got 3 for dimension 0 of size 2");
  CHECK_ERROR((x.index({i, tensor({0, 1, 2})})), "index: index arrays do not broadcast; got [2], [3]");
  CHECK_ERROR((x.index({Slice(0, 1, 0)})), "index: the step of a slice must not be 0");
  CHECK_ERROR((s[0]), "select: a 0-d tensor cannot be indexed; got index=0");
  CHECK_ERROR((s.index({0})), "index: too many indices; got 1 for 0 dimensions");
  CHECK_ERROR((x.index_put_({Slice(), bad}, 1.0)), "index_put_: index out of range; got index=3 for dimension 1 of size 3");
  CHECK(test::same_bits(x, zeros({2, 3})));
  CHECK_ERROR((x.index_put_({i}, ones({2, 2}))), "index_put_: values do not broadcast to the indexed shape; got values=[2, 2], indexed=[2, 3]");
  CHECK_ERROR((x.index_put_({i}, cdouble(1, 1))), "index_put_: a complex value does not fit; got x=float32");
  CHECK_ERROR((gather(x, 2, i)), "gather: dimension out of range; got dim=2 for 2 dimensions");
  CHECK_ERROR((gather(x, 0, i)), "gather: index must have x's rank and lie within x but for dimension 0; got x=[2, 3], index=[2]");
  CHECK_ERROR((gather(x, 0, f.reshape({1, 1}))), "gather: the index must be of integers; got dtype=float32");
  CHECK_ERROR((gather(x, 1, tensor({{-4}}))), "gather: index out of range; got index=-4 for dimension 1 of size 3");
  CHECK_ERROR((scatter_(x, 1, tensor({{0, 7}}), 1.0)), "scatter_: index out of range; got index=7 for dimension 1 of size 3");
  CHECK(test::same_bits(x, zeros({2, 3})));
  CHECK_ERROR((scatter(x, 1, tensor({{0, 1}}), ones({1, 1}))), "scatter: src must have index's rank and at least its sizes; got index=[1, 2], src=[1, 1]");
  CHECK_ERROR((scatter_add(x, 1, tensor({{0}}), ones({1, 1}, {.dtype = float64}))), "scatter_add: src must fit x's dtype; got x=float32, src=float64");
  CHECK_ERROR((index_select(x, 0, tensor({{0}}))), "index_select: the index must have one dimension; got index=[1, 1]");
  CHECK_ERROR((index_select(x, 1, bad)), "index_select: index out of range; got index=3 for dimension 1 of size 3");
  CHECK_ERROR((index_select(zeros({0, 3}), 0, tensor({0}))), "index_select: index out of range; got index=0 for dimension 0 of size 0");
  CHECK_ERROR((index_add(x, 0, i, ones({3, 3}))), "index_add: source must have x's shape with one slice per index; got source=[3, 3], expected [2, 3]");
  CHECK_ERROR((index_fill(x, 0, i, ones({1}))), "index_fill: the value must be 0-d; got value=[1]");
  CHECK_ERROR((put(x, i, ones({3}))), "put: needs one value per index; got index=[2], source=[3]");
  CHECK_ERROR((take(x, tensor({6}))), "take: index out of range; got index=6 for dimension 0 of size 6");
  CHECK_ERROR((masked_select(x, i)), "masked_select: the mask must be bool; got dtype=int64");
  CHECK_ERROR((masked_fill_(x, ones({2, 2, 3}, {.dtype = bool_}), 1.0)), "masked_fill_: the mask must broadcast to x's shape; got x=[2, 3], mask=[2, 2, 3]");
  CHECK_ERROR((masked_scatter(x, ones({2, 3}, {.dtype = bool_}), ones({5}))), "masked_scatter: source must have an element for each that is set; got source=[5] for 6");
  CHECK_ERROR((nonzero(s)), "nonzero: needs at least one dimension; got shape=[]. Use atleast_1d");
  CHECK_ERROR((scatter_reduce(zeros({1}, {.dtype = complex64}), 0, tensor({0}), zeros({1}, {.dtype = complex64}), Reduce::amax)), "scatter_reduce: complex numbers have no order; got x=complex64");
  CHECK_ERROR((select_scatter(x, ones({2}), 0, 1)), "select_scatter: src must have the view's shape; got src=[2], view=[3]");
  Tensor leaf = ones({2}, {.requires_grad = true});
  CHECK_ERROR(leaf.index_put_({i}, 1.0), "index_put_: a leaf that requires a gradient must not be changed in place; got shape=[2]. Use no_grad, or work on a clone");
}
