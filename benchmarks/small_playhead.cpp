// Small work in playhead: our side of `./dev bench small`. The same work stands in small_torch.cpp.
#include <playhead/nn.h>
#include <playhead/optim.h>
#include <playhead/playhead.h>

#include <memory>

#include "small_rows.h"

namespace {

ph::Tensor tensor(const ph::Shape& shape, std::uint32_t seed, bool requires_grad = false) {
  return ph::from_data(bench::numbers(ph::numel(shape), seed), shape).requires_grad_(requires_grad);
}

std::vector<float> values(const ph::Tensor& x) { return x.to_vector<float>(); }

/// Work that is one expression.
template <class F>
bench::Work each(F f) {
  return bench::work([f] { bench::keep(f()); }, [f] { return values(f()); });
}

bench::Work chain(bool both) {
  const auto x = tensor({4, 4}, 1, true), g = tensor({4, 4}, 3);
  // Factors near 1: their powers stay clear of denormals.
  const auto w = (tensor({4, 4}, 2) * 0.01 + 1).requires_grad_(both);
  auto pass = [=, x = x, w = w]() mutable {
    ph::Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * w;
    x.set_grad({});
    if (both) w.set_grad({});
    y.backward(g);
  };
  return bench::work(pass, [=]() mutable { return pass(), values(x.grad()); });
}

struct Tiny : ph::nn::Module {
  ph::nn::Linear in{4, 16}, out{16, 1};
  ph::Tensor forward(const ph::Tensor& x) override { return out(ph::tanh(in(x))); }
  PH_MODULE(Tiny, in, out)
};

struct TinyTraining {
  Tiny model;
  ph::optim::Adam adam;
  ph::Tensor x = tensor({8, 4}, 1), y = tensor({8, 1}, 2);

  TinyTraining() : adam((start(model), model.parameters()), {.lr = 1e-3}) {}
  static void start(Tiny& m) {
    const ph::no_grad guard;
    std::uint32_t seed = 10;
    for (auto& p : m.parameters()) p.copy_(tensor(p.shape(), seed++));
  }
  float step() {
    adam.zero_grad();
    const ph::Tensor loss = ph::mse_loss(model.forward(x), y);
    loss.backward();
    adam.step();
    return loss.item<float>();
  }
};

bench::Work tiny_adam() {
  const auto training = std::make_shared<TinyTraining>();
  return bench::work([training] { bench::keep(training->step()); },
                     [] {
                       TinyTraining fresh;
                       std::vector<float> losses;
                       for (int i = 0; i < 50; ++i) losses.push_back(fresh.step());
                       return losses;
                     });
}

}  // namespace

int main() {
  const auto a = tensor({4, 4}, 1), b = tensor({4, 4}, 2), recorded = tensor({4, 4}, 1, true);
  return bench::serve(bench::small_rows,
                      {
                          [=] { return each([=] { return a + b; }); },
                          [=] { return each([=] { return recorded * b; }); },
                          [] { return chain(false); },
                          [] { return chain(true); },
                          [=] { return each([=] { return a.view({2, 8}); }); },
                          [=] { return each([=] { return a.slice(0, {1, 3}); }); },
                          [=] { return each([=] { return ph::matmul(a, b); }); },
                          tiny_adam,
                      },
                      [](int n) { ph::set_num_threads(n); });
}
