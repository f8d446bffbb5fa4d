// The tape: backward and grad, modes, hooks, deep graphs, threads. Custom functions and tools are in test_custom.cpp.
#include <pthread.h>

#include <atomic>
#include <thread>

#include "harness.h"
#include "playhead/autograd/anomaly.h"
#include "playhead/autograd/checkpoint.h"
#include "playhead/autograd/custom.h"
#include "playhead/autograd/graph.h"
#include "playhead/autograd/hooks.h"
#include "playhead/tensor/random.h"

using namespace ph;
using test::close;
using test::leaf;
using test::sample;

TEST_SUITE_BEGIN("tape");

TEST_CASE("backward adds to the gradients of leaves") {
  Tensor x = leaf({3});
  sum(x * x).backward();
  CHECK(close(x.grad(), 2 * x.detach()));
  sum(x * x).backward();
  CHECK(close(x.grad(), 4 * x.detach()));
  x.set_grad({});
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a tensor used twice gets the sum of both gradients") {
  Tensor x = leaf({2, 3});
  const Tensor y = x * x, z = y + y * x;
  sum(z).backward();
  const Tensor v = x.detach();
  CHECK(close(x.grad(), 2 * v + 3 * v * v));
}

TEST_CASE("backward's errors") {
  Tensor x = leaf({8, 10});
  CHECK_ERROR((x * 2).backward(), "backward: needs a one-element tensor; got shape=[8, 10]. Pass a gradient of that shape");
  CHECK_ERROR(backward(x * 2, ones({2}, {.dtype = float64})), "backward: the gradient must have the output's shape; got [2], expected [8, 10]");
  CHECK_ERROR(backward(sample({})), "backward: the output needs no gradient; got shape=[]. No input of it requires one, or it was made under no_grad");
  const Tensor y = sum(x * x);
  y.backward();
  CHECK_ERROR(y.backward(), "backward: the graph was freed by an earlier pass; got op=mul. Keep it in the first one (retain_graph)");
  CHECK_ERROR(backward({y, y}, {y}), "backward: needs one gradient per output; got 1 for 2");
}

TEST_CASE("retain_graph allows another pass") {
  Tensor x = leaf({3});
  const Tensor y = sum(exp(x));
  backward({y}, {}, true);
  backward({y}, {});
  CHECK(close(x.grad(), 2 * exp(x.detach())));
}

TEST_CASE("an op that saves nothing can be replayed without retain_graph") {
  Tensor x = leaf({3});
  const Tensor y = sum(x + x);
  y.backward();
  y.backward();
  CHECK(close(x.grad(), full({3}, 4., {.dtype = float64})));
}

TEST_CASE("grad leaves the leaves alone") {
  Tensor x = leaf({3}), w = leaf({3}, float64, -2, 2, 7);
  const Tensor y = sum(x * w);
  const std::vector<Tensor> g = grad({y}, {x, w}, {.retain_graph = true});
  CHECK(close(g[0], w.detach()));
  CHECK(close(g[1], x.detach()));
  CHECK_FALSE(x.grad().defined());
  CHECK(close(grad(y, x), w.detach()));
}

TEST_CASE("grad with respect to an intermediate, and through it") {
  Tensor x = leaf({3});
  const Tensor h = x * x, y = sum(h * h);
  const std::vector<Tensor> g = grad({y}, {h, x});
  CHECK(close(g[0], 2 * (x * x).detach()));
  CHECK(close(g[1], 4 * (x * x * x).detach()));
}

TEST_CASE("grad of unused inputs") {
  Tensor x = leaf({3}), unused = leaf({2});
  CHECK_ERROR(grad({sum(x)}, {x, unused}),
              "grad: an input was not used by the outputs; got number 1, shape=[2]. Pass allow_unused if it may be left out");
  const std::vector<Tensor> g = grad({sum(x)}, {x, unused, sample({4})}, {.allow_unused = true});
  CHECK(g[0].defined());
  CHECK_FALSE(g[1].defined());
  CHECK_FALSE(g[2].defined());
  CHECK_ERROR(grad(sum(x), sample({3})), "grad: an input requires no gradient; got shape=[3]. Call x.requires_grad_() or pass allow_unused");
}

TEST_CASE("grad does not run what leads to no input") {
  Tensor x = leaf({3}), w = leaf({3}, float64, -2, 2, 3);
  bool ran = false;
  const Tensor side = w * w;
  register_hook(side, [&](const Tensor&) { ran = true; });
  grad(sum(x * x + exp(side)), x);
  // The hook's gradient is computed (its consumer leads to x too), but w's rule is not run and w gets nothing.
  CHECK_FALSE(w.grad().defined());
  (void)ran;
}

TEST_CASE("higher derivatives") {
  Tensor x = leaf({3});
  Tensor y = sum(x * x * x * x);
  const double factors[] = {4, 12, 24, 24};
  Tensor power = x.detach() * x.detach() * x.detach();
  for (int order = 0; order < 4; ++order) {
    const Tensor g = grad(y, x, {.create_graph = order < 3});
    Tensor want = full({3}, factors[order], {.dtype = float64});
    for (int k = 0; k < 3 - order; ++k) want = want * x.detach();
    CHECK(close(g, want, 1e-12));
    if (order < 3) y = sum(g);
  }
}

TEST_CASE("gradient penalty agrees with finite differences") {
  Tensor w = leaf({4}, float64, 0.2, 1);
  const Tensor x = sample({4}, float64, 0.5, 2, 9);
  const auto penalty = [&](const Tensor& weights) {
    Tensor in = x.clone().requires_grad_();
    const Tensor out = sum(exp(weights * in) * in);
    const Tensor g = grad(out, in, {.create_graph = true});
    return sum(g * g);
  };
  penalty(w).backward();
  const Tensor got = w.grad();
  for (int i = 0; i < 4; ++i) {
    constexpr double h = 1e-6;
    Tensor up = w.detach().clone(), down = w.detach().clone();
    up.data<double>()[i] += h, down.data<double>()[i] -= h;
    const double want = (penalty(up).item<double>() - penalty(down).item<double>()) / (2 * h);
    CHECK(got.data<double>()[i] == doctest::Approx(want).epsilon(1e-6));
  }
}

TEST_CASE("modes") {
  Tensor x = leaf({2});
  {
    const no_grad guard;
    CHECK_FALSE((x * x).requires_grad());
    const enable_grad inner;
    CHECK((x * x).requires_grad());
  }
  CHECK(is_grad_enabled());
  Tensor made;
  {
    const inference_mode guard;
    made = sample({2}) * 2;
    CHECK(is_inference_mode());
  }
  CHECK_FALSE(is_inference_mode());
  CHECK_ERROR(made * x, "mul: a tensor made in inference mode cannot be recorded; got shape=[2]. Clone it outside");
  CHECK_ERROR(made.requires_grad_(), "requires_grad_: a tensor made in inference mode cannot be recorded; got shape=[2]. Clone it outside");
  CHECK_NOTHROW(made.clone() * x);
}

TEST_CASE("modes are thread-local") {
  const no_grad guard;
  bool enabled = false;
  std::thread([&] { enabled = is_grad_enabled(); }).join();
  CHECK(enabled);
}

TEST_CASE("leaves and detaching") {
  Tensor x = leaf({2});
  CHECK(x.is_leaf());
  Tensor y = x * 2;
  CHECK_FALSE(y.is_leaf());
  CHECK_ERROR(y.requires_grad_(false), "requires_grad_: only a leaf can stop requiring a gradient. Use x.detach()");
  CHECK(y.detach().is_leaf());
  CHECK_FALSE(y.detach().requires_grad());
  CHECK(y.detach().shares_storage(y));
  y.detach_();
  CHECK_FALSE(y.requires_grad());
  CHECK_ERROR(arange(3).requires_grad_(), "requires_grad_: only floating and complex tensors have gradients; got dtype=int64");
  CHECK_ERROR(x.set_grad(sample({3})), "set_grad: shapes must match; got [3], expected [2]");
  x.requires_grad_(false);
  CHECK_FALSE(x.requires_grad());
}

TEST_CASE("retain_grad keeps the gradient of a non-leaf") {
  Tensor x = leaf({3});
  Tensor y = x * x;
  CHECK_FALSE(y.grad().defined());
  y.retain_grad();
  sum(y * y).backward();
  CHECK(close(y.grad(), 2 * y.detach()));
}

TEST_CASE("the gradient of float32 in a float64 computation is float32") {
  Tensor x = leaf({3}, float32);
  sum(x.to(float64) * sample({3})).backward();
  CHECK(x.grad().dtype() == float32);
  Tensor z = leaf({3}, float32);
  sum(z * sample({3}, float64)).backward();
  CHECK(z.grad().dtype() == float32);
}

// --- hooks ---------------------------------------------------------------------------------------------------------

TEST_CASE("a tensor hook sees the whole gradient once and may replace it") {
  Tensor x = leaf({2});
  Tensor y = x * 3;
  int calls = 0;
  HookHandle h = register_hook(y, [&](const Tensor& g) {
    ++calls;
    return g * 10;
  });
  sum(y + y).backward();
  CHECK(calls == 1);
  CHECK(close(x.grad(), full({2}, 60., {.dtype = float64})));
  h.remove();
  x.set_grad({});
  sum(x * 3).backward();
  CHECK(calls == 1);
  register_hook(x, [](const Tensor& g) { return g * 2; });
  x.set_grad({});
  sum(x).backward();
  CHECK(close(x.grad(), full({2}, 2., {.dtype = float64})));
}

TEST_CASE("a hook must keep the shape, and the engine survives its error") {
  Tensor x = leaf({2});
  Tensor y = x * 3;
  HookHandle h = register_hook(y, [](const Tensor&) { return ph::zeros({5}, {.dtype = float64}); });
  CHECK_ERROR(sum(y).backward(), "register_hook: a hook must keep the gradient's shape; got [5], expected [2]");
  h.remove();
  sum(x * 3).backward();
  CHECK(close(x.grad(), full({2}, 3., {.dtype = float64})));
  CHECK_ERROR(register_hook(sample({2}), [](const Tensor&) {}), "register_hook: the tensor needs no gradient; got shape=[2]. Call x.requires_grad_()");
}

TEST_CASE("a post-accumulate hook can take a step of its own") {
  Tensor x = leaf({2});
  const Tensor before = x.detach().clone();
  register_post_accumulate_grad_hook(x, [](const Tensor& p) {
    Tensor q = p;
    q.sub_(p.grad() * 0.5);
    q.set_grad({});
  });
  sum(x * 4).backward();
  CHECK(close(x.detach(), before - 2));
  CHECK_FALSE(x.grad().defined());
  CHECK_ERROR(register_post_accumulate_grad_hook(x * 2, [](const Tensor&) {}),
              "register_post_accumulate_grad_hook: the tensor must be a leaf; got the result of mul");
}

// --- hard cases 14 and 15 ------------------------------------------------------------------------------------------

namespace {
void on_small_stack(void* (*f)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t t;
  REQUIRE(pthread_create(&t, &attributes, f, nullptr) == 0);
  pthread_join(t, nullptr);
  pthread_attr_destroy(&attributes);
}
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int deep = 50'000, slices = 5'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int deep = 50'000, slices = 5'000;
#else
constexpr int deep = 1'000'000, slices = 100'000;
#endif
#else
constexpr int deep = 1'000'000, slices = 100'000;
#endif
double deep_gradient, slice_gradient;
}  // namespace

TEST_CASE("hard case 15: a chain of 10^6 nodes on a 256 KiB stack") {
  on_small_stack([](void*) -> void* {
    Tensor x = ones({}).requires_grad_();
    const auto chain = [&] {
      Tensor y = x;
      for (int i = 0; i < deep; ++i) y = y * x;
      return y;
    };
    chain().backward();  // dies by scope exit
    deep_gradient = x.grad().item<double>();
    Tensor y = chain();
    y = Tensor();  // by reassignment
    try {
      const Tensor z = chain();
      throw 1;  // by exception
    } catch (int) {
    }
    return nullptr;
  });
  CHECK(deep_gradient == deep + 1);
}

TEST_CASE("hard case 15: 10^5 slice assignments into one tensor") {
  on_small_stack([](void*) -> void* {
    Tensor w = ones({}).requires_grad_();
    Tensor x = zeros({100});
    for (int i = 0; i < slices; ++i) x[i % 100].add_(w);
    sum(x).backward();
    slice_gradient = w.grad().item<double>();
    return nullptr;
  });
  CHECK(slice_gradient == slices);
}

TEST_CASE("hard case 14: threads with their own graphs over shared weights [threads]") {
  Tensor w = ones({16, 16}, {.dtype = float64}).requires_grad_();
  std::atomic<int> failed{0}, threw{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 32; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const Tensor x = sample({4, 16}, float64, -1, 1, static_cast<std::uint64_t>(t * 20 + i + 1));
        const Tensor y = sum(matmul(x, w) * 2);
        y.backward();
        if (t == 7) {  // an error in one thread leaves the others alone
          try {
            y.backward();
            y.backward();
          } catch (const Error&) {
            ++threw;
          }
        }
        if (!is_grad_enabled()) ++failed;
      }
    });
  for (std::thread& t : threads) t.join();
  Tensor want = zeros({16, 16}, {.dtype = float64});
  for (int k = 1; k <= 640; ++k) want.add_(sum(sample({4, 16}, float64, -1, 1, static_cast<std::uint64_t>(k)), {0}).unsqueeze(1) * 2);
  CHECK(failed == 0);
  CHECK(threw == 20);
  CHECK(close(w.grad(), want, 1e-9, 1e-9));
}

TEST_CASE("one graph replayed by many threads at once [threads]") {
  Tensor x = leaf({8});
  const Tensor y = sum(exp(x) * x);
  std::atomic<int> done{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      try {
        const Tensor g = grad(y, x, {.retain_graph = t != 0});
        if (close(g, (exp(x) * x + exp(x)).detach())) ++done;
      } catch (const Error&) {
        ++refused;  // the graph was freed by thread 0 first
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(done + refused == 8);
  CHECK(done >= 1);
}

TEST_SUITE_END();
