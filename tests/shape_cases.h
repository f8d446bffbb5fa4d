// What test_shape.cpp and test_index.cpp share: ops on arange(24) as [2, 3, 4] with the values that NumPy gives.
#pragma once
#include "harness.h"
#include "playhead/autograd/gradcheck.h"

struct ShapeCase {
  std::string name;
  ph::Tensor (*f)(const ph::Tensor& x);
  ph::Shape shape;
  std::vector<std::int64_t> values;
};

/// The name and the function of a case.
#define OP(...) #__VA_ARGS__, [](const Tensor& x) { return __VA_ARGS__; }

using Tensors = std::vector<ph::Tensor>;

inline ph::Tensor randoms(const ph::Shape& shape, std::uint64_t salt = 1, ph::DType dtype = ph::float64) { return test::sample(shape, dtype, -1, 1, 1000003 * salt); }

inline ph::Tensor numbers() { return ph::reshape(ph::arange(24), {2, 3, 4}); }

/// All elements of several tensors in one.
inline ph::Tensor flat(const Tensors& xs) {
  Tensors rows;
  for (const ph::Tensor& x : xs) rows.push_back(ph::ravel(x));
  return ph::cat(rows);
}

/// As test::values, a complex element as two.
inline std::vector<double> parts(const ph::Tensor& x) { return test::values(ph::is_complex(x.dtype()) ? ph::view_as_real(x.detach()) : x); }

/// Empty if the first and second derivatives of f at xs are right, else what is wrong.
inline std::string wrong_derivative(const ph::TensorFunction& f, const Tensors& xs) {
  Tensors leaves;
  for (const ph::Tensor& x : xs) leaves.push_back(x.detach().clone().requires_grad_());
  try {
    ph::gradcheck(f, leaves);
    ph::gradgradcheck(f, leaves);
  } catch (const ph::Error& e) {
    return e.what();
  }
  return "";
}

inline void check_values(const std::vector<ShapeCase>& cases) {
  const ph::Tensor x = numbers();
  for (const ShapeCase& c : cases) {
    CAPTURE(c.name);
    const ph::Tensor y = c.f(x);
    CHECK(ph::to_string(y.shape()) == ph::to_string(c.shape));
    CHECK(y.to(ph::int64).to_vector<std::int64_t>() == c.values);
    CHECK(test::same_bits(x, numbers()));
  }
}

inline void check_layouts(const std::vector<ShapeCase>& cases) {
  const ph::Tensor x = numbers();
  std::vector<test::Layout> all = test::layouts(x);
  all.push_back({"broadcast in the middle", expand(x.select(1, 1).unsqueeze(1), {2, 3, 4})});
  all.push_back({"broadcast at the end", expand(x.select(2, 0).unsqueeze(2), {2, 3, 4})});
  for (const test::Layout& layout : all)
    for (const ShapeCase& c : cases) {
      CAPTURE(c.name);
      CAPTURE(layout.name);
      CHECK(test::same_bits(c.f(layout.x), c.f(layout.x.clone())));
    }
}

inline void check_derivatives(const std::vector<ShapeCase>& cases) {
  const ph::Tensor x = numbers().to(ph::float64);
  for (const ShapeCase& c : cases) {
    CAPTURE(c.name);
    CHECK(wrong_derivative(c.f, {x}) == "");
  }
}
