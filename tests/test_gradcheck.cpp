// gradcheck itself: it passes what is right, and says where what is wrong is wrong.
#include "harness.h"

using namespace ph;
using namespace test;

TEST_CASE("gradcheck: passes right derivatives, of one input or several, of one output or several") {
  const Tensor a = leaf({2, 3}), b = leaf({3}, float64, 1, 2, 5);
  CHECK(gradcheck([](const Tensor& x) { return x * x; }, {a}));
  CHECK(gradcheck([](const Tensor& x, const Tensor& y) { return x / y; }, {a, b}));
  CHECK(gradcheck([](const std::vector<Tensor>& x) { return std::vector<Tensor>{x[0] * x[1], exp(x[1])}; }, {a, b}));
  CHECK(gradgradcheck([](const Tensor& x, const Tensor& y) { return sin(x) * y * y; }, {a, b}));
  CHECK(gradgradcheck([](const Tensor& x) { return x + 1; }, {a}));
  CHECK(gradcheck([](const Tensor& x, const Tensor& i) { return where(i > 1, x, x * 2); }, {a, arange(3)}));
}

TEST_CASE("gradcheck: says where a derivative is wrong") {
  const Tensor x = full({2}, 3.0, {.dtype = float64}).requires_grad_();
  // x.detach() hides half of the derivative of x^2.
  std::string message = "nothing was thrown";
  try {
    gradcheck([](const Tensor& x) { return x * x.detach(); }, {x});
  } catch (const Error& e) {
    message = e.what();
  }
  CHECK(message.rfind("gradcheck: the gradient differs from finite differences; got input=0, index=[0], tape=", 0) == 0);
  CHECK_THROWS_AS(gradgradcheck([](const Tensor& x) { return x * x * x.detach(); }, {x}), Error);
  CHECK_THROWS_AS(gradcheck([](const Tensor& x) { return x.detach() * 2; }, {x}), Error);
  CHECK_ERROR(gradcheck([](const Tensor& x) { return x; }, {leaf({2}, float32)}), "gradcheck: inputs must be float64 or complex128; got dtype=float32");
  CHECK_ERROR(gradcheck([](const Tensor& x) { return x; }, {ones({2}, {.dtype = float64})}), "gradcheck: needs an input that requires a gradient");
  CHECK_ERROR(gradcheck([](const Tensor& x, const Tensor& y) { return x * y; }, {x}), "gradcheck: needs as many inputs as the function takes; got 1, expected 2");
  double calls = 0;
  CHECK_ERROR(gradcheck([&](const Tensor& x) { return x * (calls += 1); }, {x}), "gradcheck: the gradient of input 0 is not the same the second time");
}
