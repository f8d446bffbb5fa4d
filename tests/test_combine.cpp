// block_diag, cartesian_prod, combinations; splits by rows, columns and depth; sum_to_size, fill, unravel_index and other small ones.
#include "shape_cases.h"

using namespace ph;
using test::same_bits;
using Ints = std::vector<std::int64_t>;

TEST_CASE("combine: block_diag") {
  CHECK(same_bits(block_diag({tensor(7), tensor({1, 2}), tensor({{3}, {4}})}),
                  tensor({{7, 0, 0, 0}, {0, 1, 2, 0}, {0, 0, 0, 3}, {0, 0, 0, 4}})));
  CHECK(block_diag({zeros({0, 2}), ones({2, 1})}).shape() == Shape{2, 3});
  CHECK(block_diag({}).shape() == Shape{1, 0});
  CHECK(block_diag({tensor({1}), tensor({0.5}, {.dtype = float64})}).dtype() == float64);
  const auto f = [](const Tensor& a, const Tensor& b) { return block_diag({a, b.mT(), a[0]}); };
  CHECK(wrong_derivative(f, {randoms({2, 3}), randoms({2, 2}, 2)}) == "");
  CHECK_ERROR(block_diag({zeros({1, 1, 1})}), "block_diag: needs at most two dimensions; got shape=[1, 1, 1]");
}

TEST_CASE("combine: cartesian_prod and combinations") {
  CHECK(same_bits(cartesian_prod({tensor({1, 2}), tensor({3, 4, 5})}), tensor({{1, 3}, {1, 4}, {1, 5}, {2, 3}, {2, 4}, {2, 5}})));
  CHECK(same_bits(cartesian_prod({tensor({1, 2})}), tensor({1, 2})));
  CHECK(cartesian_prod({zeros({0}), zeros({2})}).shape() == Shape{0, 2});
  CHECK(same_bits(combinations(tensor({1, 2, 3, 4}), 3), tensor({{1, 2, 3}, {1, 2, 4}, {1, 3, 4}, {2, 3, 4}})));
  CHECK(same_bits(combinations(tensor({1, 2, 3}), 2, true), tensor({{1, 1}, {1, 2}, {1, 3}, {2, 2}, {2, 3}, {3, 3}})));
  CHECK(same_bits(combinations(tensor({5, 6, 7})), tensor({{5, 6}, {5, 7}, {6, 7}})));
  CHECK(combinations(tensor({1, 2}), 3).shape() == Shape{0, 3});
  CHECK(combinations(tensor({1, 2}), 3, true).shape() == Shape{4, 3});
  CHECK(combinations(tensor({1, 2}), 0).shape() == Shape{0});
  CHECK(combinations(zeros({0}), 2, true).shape() == Shape{0, 2});
  CHECK(combinations(arange(12), 6).shape() == Shape{924, 6});
  const auto f = [](const Tensor& a, const Tensor& b) { return Tensors{cartesian_prod({a, b, a}), combinations(a, 2), combinations(b, 3, true)}; };
  CHECK(wrong_derivative(f, {randoms({4}), randoms({2}, 3)}) == "");
  CHECK_ERROR(cartesian_prod({}), "cartesian_prod: needs at least one tensor");
  CHECK_ERROR(cartesian_prod({zeros({1, 2})}), "cartesian_prod: needs one dimension; got shape=[1, 2]");
  CHECK_ERROR(combinations(zeros({1, 2})), "combinations: needs one dimension; got shape=[1, 2]");
  CHECK_ERROR(combinations(zeros({2}), -1), "combinations: r must not be negative; got r=-1");
  CHECK_ERROR(combinations(zeros({1000}), 500), "combinations: too many of them; got n=1000, r=500");
}

TEST_CASE("combine: hsplit, vsplit, dsplit") {
  const Tensor x = numbers();
  CHECK(same_bits(hsplit(x, 3)[2], x.slice(1, {2, 3})));
  CHECK(same_bits(vsplit(x, 2)[1], x.slice(0, {1, 2})));
  CHECK(same_bits(dsplit(x, 2)[0], x.slice(2, {0, 2})));
  CHECK(same_bits(hsplit(ravel(x), {4, 20})[1], arange(4, 20)));
  CHECK(vsplit(x, Shape{1})[1].shape() == Shape{1, 3, 4});
  CHECK(dsplit(x, {1, 2}).size() == 3);
  CHECK(wrong_derivative([](const Tensor& a) { return Tensors{hsplit(a, 2)[1], vsplit(a, 2)[0], dsplit(a, Shape{1})[1]}; }, {randoms({2, 2, 3})}) == "");
  CHECK_ERROR(hsplit(x, 2), "hsplit: sections must divide the dimension's size; got sections=2 for dimension 1 of size 3");
  CHECK_ERROR(hsplit(tensor(1), 1), "hsplit: needs at least 1 dimension; got shape=[]");
  CHECK_ERROR(vsplit(zeros({4}), 2), "vsplit: needs at least 2 dimensions; got shape=[4]");
  CHECK_ERROR(dsplit(zeros({4, 4}), Shape{2}), "dsplit: needs at least 3 dimensions; got shape=[4, 4]");
  CHECK_ERROR(vsplit(x, 0), "vsplit: sections must divide the dimension's size; got sections=0 for dimension 0 of size 2");
}

TEST_CASE("combine: sum_to_size, broadcast_shapes, views like another, matrix transposes") {
  const Tensor x = randoms({2, 3, 4});
  CHECK(test::close(sum_to_size(x, {3, 1}), sum(x, {0, 2}).unsqueeze(1)));
  CHECK(test::close(sum_to_size(x, {}), sum(x)));
  CHECK(sum_to_size(x, {2, 3, 4}).is_same(x));
  CHECK(sum_to_size(ones({2, 2}, {.dtype = int8}), {1, 2}).dtype() == int8);
  CHECK(sum_to_size(zeros({0, 2}), {1, 2}).shape() == Shape{1, 2});
  CHECK(wrong_derivative([](const Tensor& a) { return sum_to_size(a, {3, 1}); }, {x}) == "");
  CHECK(broadcast_shapes({{2, 1}, {3}, {1, 1, 1}}) == Shape{1, 2, 3});
  CHECK(broadcast_shapes(std::vector<Shape>{}) == Shape{});
  CHECK(reshape_as(x, zeros({6, 4})).shape() == Shape{6, 4});
  CHECK(view_as(x, zeros({24})).shares_storage(x));
  CHECK(same_bits(t(tensor({{1, 2}, {3, 4}})), tensor({{1, 3}, {2, 4}})));
  CHECK(t(tensor({1, 2})).shape() == Shape{2});
  CHECK(t(tensor(1)).shape() == Shape{});
  CHECK(same_bits(complex(x[0], x[1]).H(), conj(complex(x[0], x[1]).mT())));
  CHECK(wrong_derivative([](const Tensor& a) { return Tensors{t(a), a.H(), view_as(a, zeros({6})), reshape_as(a.mT(), zeros({6}))}; }, {randoms({2, 3})}) == "");
  CHECK_ERROR(sum_to_size(x, {2, 4}), "sum_to_size: the shape must broadcast to x's; got x=[2, 3, 4], shape=[2, 4]");
  CHECK_ERROR(sum_to_size(x, {1, 2, 3, 4}), "sum_to_size: the shape must broadcast to x's; got x=[2, 3, 4], shape=[1, 2, 3, 4]");
  CHECK_ERROR(broadcast_shapes({{2}, {3}}), "broadcast_shapes: shapes do not broadcast; got a=[2], b=[3] (2 vs 3 at dimension -1)");
  CHECK_ERROR(t(x), "t: needs at most two dimensions; got shape=[2, 3, 4]. Use mT or permute");
  CHECK_ERROR(x.H(), "H: needs a matrix; got shape=[2, 3, 4]. Use mH");
}

TEST_CASE("combine: fill, unravel_index, array_equal") {
  const Tensor x = randoms({2, 3}).mT();
  CHECK(same_bits(fill(x, 2), full({3, 2}, 2.0, {.dtype = float64})));
  CHECK(same_bits(fill(x, tensor(2)), fill(x, 2)));
  CHECK(fill(zeros({0}), 1).shape() == Shape{0});
  CHECK(wrong_derivative([](const Tensor& a, const Tensor& v) { return Tensors{fill(a, v), fill(a, 3.0)}; }, {randoms({2, 3}), randoms({}, 4)}) == "");
  CHECK_ERROR(fill(x, tensor({1.0})), "fill: the value must be 0-d; got value=[1]");
  CHECK_ERROR(fill(x, cdouble(0, 1)), "fill: a complex value does not fit; got x=float64");
  const Tensors at = unravel_index(tensor({{0, 5}, {23, 7}}, {.dtype = uint8}), {2, 3, 4});
  CHECK(at.size() == 3);
  CHECK(same_bits(at[0], tensor({{0, 0}, {1, 0}})));
  CHECK(same_bits(at[1], tensor({{0, 1}, {2, 1}})));
  CHECK(same_bits(at[2], tensor({{0, 1}, {3, 3}})));
  CHECK(unravel_index(tensor(0), {}).empty());
  CHECK(unravel_index(zeros({0}, {.dtype = int64}), {0, 3}).size() == 2);
  CHECK_ERROR(unravel_index(tensor({6}), {2, 3}), "unravel_index: index out of range; got index=6 for shape=[2, 3] of 6 elements");
  CHECK_ERROR(unravel_index(tensor({-1}), {2, 3}), "unravel_index: index out of range; got index=-1 for shape=[2, 3] of 6 elements");
  CHECK_ERROR(unravel_index(tensor({0}), {0}), "unravel_index: index out of range; got index=0 for shape=[0] of 0 elements");
  CHECK_ERROR(unravel_index(tensor({0.5}), {2}), "unravel_index: the index must be of integers; got dtype=float32");
  CHECK(array_equal(tensor({1, 2}), tensor({1.0, 2.0})));
  CHECK_FALSE(array_equal(tensor({1, 2}), tensor({{1, 2}})));
  CHECK_FALSE(array_equal(tensor({1.0, NAN}), tensor({1.0, NAN})));
  CHECK(array_equal(zeros({0, 2}), ones({0, 2})));
}

TEST_CASE("combine: as_strided_scatter") {
  const Tensor x = zeros({3, 3});
  CHECK(same_bits(as_strided_scatter(x, ones({2, 2}), {2, 2}, {1, 2}), tensor({{1.0, 1.0, 1.0}, {1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}})));
  CHECK(same_bits(as_strided_scatter(x, tensor({{1.0, 2.0}, {3.0, 4.0}}), {2, 2}, {1, 1}, 2), tensor({{0.0, 0.0, 1.0}, {3.0, 4.0, 0.0}, {0.0, 0.0, 0.0}})));
  // Positions count in x's memory, whatever its layout.
  const Tensor turned = numbers().select(0, 1).mT();  // elements 12 ... 23
  CHECK(same_bits(as_strided_scatter(turned, tensor({-1, -2}), {2}, {4}, 13), [&] {
    Tensor y = turned.clone();
    y.index_put_({1, 0}, -1), y.index_put_({1, 1}, -2);
    return y;
  }()));
  CHECK(same_bits(as_strided_scatter(x, zeros({0, 2}), {0, 2}, {1, 1}), x));
  const auto f = [](const Tensor& a, const Tensor& s) { return as_strided_scatter(a, s, {2, 2}, {3, 2}, 1); };
  CHECK(wrong_derivative(f, {randoms({3, 3}), randoms({2, 2}, 5)}) == "");
  CHECK_ERROR(as_strided_scatter(x, ones({3}), {2}, {1}), "as_strided_scatter: src must have the region's shape; got src=[3], shape=[2]");
  CHECK_ERROR(as_strided_scatter(turned, tensor({1}), {1}, {1}, 2),
              "as_strided_scatter: the region must lie within x's elements; got shape=[1], strides=[1], offset=2 for x=[4, 3] with strides=[1, 4], offset=12");
  CHECK_ERROR(as_strided_scatter(expand(x[0], {2, 3}), ones({1}), {1}, {1}), "as_strided_scatter: x must not overlap itself; got strides=[0, 1]. Clone it first");
}

TEST_CASE("combine: index_reduce") {
  const Tensor x = full({2, 3}, 2.0), s = reshape(arange(1.0, 10.0), {3, 3}), at = tensor({0, 0, 1});
  CHECK(test::close(index_reduce(x, 0, at, s, Reduce::mean), tensor({{7.0 / 3, 3.0, 11.0 / 3}, {4.5, 5.0, 5.5}}), 1e-6));
  CHECK(same_bits(index_reduce(x, 0, at, s, Reduce::prod, false), tensor({{4.0, 10.0, 18.0}, {7.0, 8.0, 9.0}})));
  CHECK(same_bits(index_reduce(x, -1, tensor({2, -3, 2}), reshape(arange(1.0, 7.0), {2, 3}), Reduce::amax), tensor({{2.0, 2.0, 3.0}, {5.0, 2.0, 6.0}})));
  CHECK(same_bits(index_reduce(x, 0, at, s, Reduce::sum), index_add(x, 0, at, s)));
  Tensor y = x.clone();
  CHECK(same_bits(index_reduce_(y, 0, at, s, Reduce::amin), index_reduce(x, 0, at, s, Reduce::amin)));
  for (const Reduce r : {Reduce::sum, Reduce::prod, Reduce::mean, Reduce::amax, Reduce::amin})
    for (const bool self : {true, false})
      CHECK(wrong_derivative([=](const Tensor& a, const Tensor& b) { return index_reduce(a, 0, at, b, r, self); }, {randoms({2, 3}), randoms({3, 3}, 2)}) == "");
  const auto complex_product = [&](const Tensor& a, const Tensor& b) { return view_as_real(index_reduce(a, 0, at, b, Reduce::prod)); };
  const Tensor z = complex(randoms({2, 3}), randoms({2, 3}, 3)), v = complex(randoms({3, 3}, 4), randoms({3, 3}, 5));
  CHECK(wrong_derivative(complex_product, {z, v}) == "");
  Tensor with_zeros = v.clone();
  with_zeros[0].fill_(0), with_zeros[1][1].fill_(0);
  CHECK(wrong_derivative(complex_product, {z, with_zeros}) == "");
  CHECK_ERROR(index_reduce(x, 0, at, ones({2, 3}), Reduce::prod),
              "index_reduce: source must have x's shape with one slice per index; got source=[2, 3], expected [3, 3]");
  CHECK_ERROR(index_reduce(x, 0, tensor({0, 0, 2}), s, Reduce::mean), "index_reduce: index out of range; got index=2 for dimension 0 of size 2");
  CHECK_ERROR(index_reduce(x, 0, tensor({{0}}), s, Reduce::mean), "index_reduce: the index must have one dimension; got index=[1, 1]");
}

TEST_CASE("combine: scalar_tensor and empty_strided") {
  CHECK(scalar_tensor(3).dtype() == float32);
  CHECK(scalar_tensor(cdouble(1, 2)).dtype() == complex64);
  CHECK(scalar_tensor(3, {.dtype = int8}).item<int>() == 3);
  CHECK_ERROR(scalar_tensor(cdouble(1, 2), {.dtype = float32}), "scalar_tensor: a complex value does not fit; got dtype=float32");
  Tensor x = empty_strided({2, 3}, {1, 2}, {.dtype = float64});
  CHECK(x.strides() == Strides{1, 2});
  x.copy_(randoms({2, 3}));
  CHECK(same_bits(x, randoms({2, 3})));
  CHECK(empty_strided({2, 2}, {0, 1}).nbytes() == 16);
  CHECK(empty_strided({0, 2}, {7, 1}).shape() == Shape{0, 2});
  CHECK(empty_strided({2}, {3}, {.requires_grad = true}).is_leaf());
  CHECK_ERROR(empty_strided({2, 2}, {1}), "empty_strided: needs one stride per dimension; got shape=[2, 2], strides=[1]");
  CHECK_ERROR(empty_strided({2}, {-1}), "empty_strided: strides must not be negative; got strides=[-1]");
  CHECK_ERROR(empty_strided({3}, {INT64_MAX}), "empty_strided: the layout reaches past the address space; got shape=[3], strides=[9223372036854775807]");
}
