// What test_shape.cpp and test_index.cpp share: ops on arange(24) as [2, 3, 4] with the values that NumPy gives.
#pragma once
#include <playhead/playhead.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "derivatives.h"

struct ShapeCase {
  const char* name;
  ph::Tensor (*f)(const ph::Tensor& x);
  ph::Shape shape;
  std::vector<std::int64_t> values;
};

/// All elements as doubles; a complex one as two.
inline std::vector<double> values_of(const ph::Tensor& x) {
  const ph::Tensor y = x.detach();
  return (ph::is_complex(y.dtype()) ? ph::view_as_real(y) : y).to(ph::float64).to_vector<double>();
}

inline bool same(const ph::Tensor& a, const ph::Tensor& b) { return a.shape() == b.shape() && a.dtype() == b.dtype() && values_of(a) == values_of(b); }

inline ph::Tensor numbers() { return ph::reshape(ph::arange(24), {2, 3, 4}); }

/// All elements of several tensors in one.
inline ph::Tensor flat(const std::vector<ph::Tensor>& xs) {
  std::vector<ph::Tensor> rows;
  for (const ph::Tensor& x : xs) rows.push_back(ph::ravel(x));
  return ph::cat(rows);
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const ph::Error& e) {
    return e.what();
  }
  return "no error";
}

/// x's values in memory of every other kind.
inline std::vector<ph::Tensor> layouts(const ph::Tensor& x) {
  using namespace ph;
  Tensor wide = zeros({4, 3, 9}, {.dtype = x.dtype()});
  Tensor step = wide.slice(0, {None, None, 2}).slice(2, {1, None, 2});
  step.copy_(x);
  return {permute(permute(x, {2, 0, 1}).contiguous(), {1, 2, 0}), step, flip(flip(x).contiguous()), expand(x.select(1, 1).unsqueeze(1), {2, 3, 4}),
          expand(x.select(2, 0).unsqueeze(2), {2, 3, 4}), transpose(transpose(x, 0, 2).clone(), 2, 0)};
}

inline void check_values(const std::vector<ShapeCase>& cases) {
  const ph::Tensor x = numbers();
  for (const ShapeCase& c : cases) {
    CAPTURE(c.name);
    const ph::Tensor y = c.f(x);
    CHECK(ph::to_string(y.shape()) == ph::to_string(c.shape));
    CHECK(y.to(ph::int64).to_vector<std::int64_t>() == c.values);
    CHECK(same(x, numbers()));
  }
}

inline void check_layouts(const std::vector<ShapeCase>& cases) {
  for (const ph::Tensor& v : layouts(numbers()))
    for (const ShapeCase& c : cases) {
      CAPTURE(c.name);
      CAPTURE(ph::to_string(v.strides()));
      CHECK(same(c.f(v), c.f(v.clone())));
    }
}

inline void check_derivatives(const std::vector<ShapeCase>& cases) {
  const ph::Tensor x = numbers().to(ph::float64);
  for (const ShapeCase& c : cases) {
    if (ph::numel(c.shape) == 0) continue;
    CAPTURE(c.name);
    const derivatives::Function f = [&](const derivatives::Tensors& in) { return c.f(in[0]); };
    CHECK(derivatives::wrong_gradient(f, {x}) == "");
    CHECK(derivatives::wrong_second_gradient(f, {x}) == "");
  }
}
