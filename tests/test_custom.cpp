// What users add to the tape, and tools that look at it: custom functions, checkpointing, anomaly mode, pictures.
#include "harness.h"
#include "playhead/autograd/anomaly.h"
#include "playhead/autograd/checkpoint.h"
#include "playhead/autograd/custom.h"
#include "playhead/autograd/graph.h"
#include "playhead/tensor/random.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;

TEST_SUITE_BEGIN("tape");

// --- custom functions ----------------------------------------------------------------------------------------------

namespace {
struct Cube : Function<Cube> {
  static constexpr const char* name = "Cube";
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x * x;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& g) {
    const Tensor x = ctx.saved(0);
    return {g * 3 * x * x};
  }
};
struct Exp : Function<Exp> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    const Tensor y = exp(x);
    ctx.save_for_backward({y});
    return y;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& g) { return {g * ctx.saved(0)}; }
};
struct WrongShape : Function<WrongShape> {
  static constexpr const char* name = "WrongShape";
  static Tensor forward(Context&, const Tensor& x) { return x * 2; }
  static std::vector<Tensor> backward(Context&, const Tensor& g) { return {g.unsqueeze(0)}; }
};
struct Intermediate : Function<Intermediate> {
  static constexpr const char* name = "Intermediate";
  static Tensor forward(Context& ctx, const Tensor& x) {
    const Tensor h = x * x;  // neither input nor output
    ctx.save_for_backward({h});
    return h * x;
  }
  static std::vector<Tensor> backward(Context& ctx, const Tensor& g) { return {g * 3 * ctx.saved(0)}; }
};
struct DivMod : Function<DivMod> {
  static std::vector<Tensor> forward(Context& ctx, const Tensor& a, const Tensor& b, double scale) {
    ctx.save_for_backward({a, b});
    return {a * b * scale, a + b};
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& g) {
    return {g[0] * ctx.saved(1) * 2 + g[1], g[0] * ctx.saved(0) * 2 + g[1]};
  }
};
struct TooFew : Function<TooFew> {
  static Tensor forward(Context&, const Tensor& a, const Tensor& b) { return a + b; }
  static std::vector<Tensor> backward(Context&, const Tensor& g) { return {g}; }
};
}  // namespace

TEST_CASE("a custom function and its second derivative") {
  Tensor x = leaf({3});
  const Tensor g = grad(sum(Cube::apply(x)), x, {.create_graph = true});
  CHECK(close(g, 3 * (x * x).detach()));
  CHECK(close(grad(sum(g), x), 6 * x.detach()));
  const Tensor e = grad(sum(Exp::apply(x)), x, {.create_graph = true});
  CHECK(close(grad(sum(e), x), exp(x.detach())));
}

TEST_CASE("a custom function with several inputs, outputs and a plain argument") {
  Tensor a = leaf({2}), b = leaf({2}, float64, -2, 2, 5);
  const std::vector<Tensor> y = DivMod::apply(a, b, 2.0);
  sum(y[0]).backward();  // nothing flows into the second output
  CHECK(close(a.grad(), 2 * b.detach()));
  CHECK(close(b.grad(), 2 * a.detach()));
}

TEST_CASE("what a custom function may not do") {
  Tensor x = leaf({3});
  CHECK_ERROR(sum(WrongShape::apply(x)).backward(), "WrongShape: its backward returned a gradient of the wrong shape; got [1, 3], expected [3]");
  CHECK_ERROR(sum(TooFew::apply(x, x)).backward(), "Function: its backward must return one gradient per tensor argument; got 1, expected 2");
  const Tensor y = sum(Intermediate::apply(x));
  CHECK(close(grad(y, x, {.retain_graph = true}), 3 * (x * x).detach()));
  const Tensor g = grad(y, x, {.create_graph = true});
  CHECK_ERROR(grad(sum(g), x),
              "Intermediate: cannot be differentiated twice: its backward uses a saved tensor that is neither an input nor an output. "
              "Return it from forward as an output, or compute it again in backward");
  Tensor w = x * 1;
  const Tensor z = sum(Cube::apply(w));
  w.mul_(2);
  CHECK_ERROR(z.backward(), "Cube: saved tensor was changed in place after it was recorded; got shape=[3], version 1, saved at 0. Clone it before the change");
}

// --- checkpointing -------------------------------------------------------------------------------------------------

TEST_CASE("checkpointing gives the same gradients, also of captured parameters and of higher order") {
  Tensor x = leaf({3}), w = leaf({3}, float64, -2, 2, 4);
  int runs = 0;
  const auto f = [&, w](const Tensor& in) {
    ++runs;
    return exp(in * w) * in;
  };
  const Tensor h = x * 2;
  const std::vector<Tensor> want = grad({sum(f(h))}, {x, w}, {.retain_graph = true});
  runs = 0;
  const Tensor y = sum(checkpoint(f, h));
  CHECK(runs == 1);
  const std::vector<Tensor> got = grad({y}, {x, w}, {.create_graph = true});
  CHECK(runs == 2);
  CHECK(close(got[0], want[0]));
  CHECK(close(got[1], want[1]));
  const Tensor direct = grad(sum(grad(sum(f(h)), x, {.create_graph = true})), w);
  CHECK(close(grad(sum(got[0]), w), direct));
}

TEST_CASE("checkpointing repeats random numbers and leaves the generator as it was") {
  Tensor x = leaf({100});
  manual_seed(3);
  const Tensor y = checkpoint([](const Tensor& in) { return in * rand(in.shape(), {.dtype = float64}); }, x);
  const GeneratorState after = default_generator().state();
  sum(y).backward();
  CHECK(default_generator().state() == after);
  CHECK(close(x.grad() * x.detach(), y.detach()));
}

// --- anomaly mode and pictures -------------------------------------------------------------------------------------

TEST_CASE("anomaly mode names the op and the place behind a NaN") {
  Tensor x = leaf({2});
  const detect_anomaly guard;
  const Tensor y = sum(sqrt(x * 0 - 1));
  std::string message;
  try {
    y.backward();
  } catch (const Error& e) {
    message = e.what();
  }
  CHECK(message.starts_with("sqrt: its backward returned NaN for input 0; got shape=[2]. The op was called from "));
  CHECK(message.find("playhead_tests") != std::string::npos);
}

TEST_CASE("a picture of the tape") {
  Tensor w = leaf({2});
  const std::string dot = to_dot({sum(w * w)}, {{"weight", w}});
  CHECK(dot.starts_with("digraph tape {"));
  CHECK(dot.find("label=\"weight [2] float64\", shape=ellipse") != std::string::npos);
  CHECK(dot.find("label=\"mul [2] float64\", shape=box") != std::string::npos);
}

TEST_SUITE_END();
