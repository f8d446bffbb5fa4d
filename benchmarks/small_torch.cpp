// Small work in libtorch: the peer's side of `./dev bench small`. The same work stands in small_playhead.cpp.
#include <torch/torch.h>

#include "small_rows.h"

namespace {

torch::Tensor tensor(torch::IntArrayRef shape, std::uint32_t seed, bool requires_grad = false) {
  torch::Tensor x = torch::empty(shape);
  const auto v = bench::numbers(x.numel(), seed);
  std::memcpy(x.data_ptr<float>(), v.data(), v.size() * sizeof(float));
  return x.set_requires_grad(requires_grad);
}

std::vector<float> values(const torch::Tensor& x) {
  const torch::Tensor y = x.detach().contiguous();
  return {y.data_ptr<float>(), y.data_ptr<float>() + y.numel()};
}

/// Work that is one expression.
template <class F>
bench::Work each(F f) {
  return bench::work([f] { bench::keep(f()); }, [f] { return values(f()); });
}

bench::Work chain(bool both) {
  const auto x = tensor({4, 4}, 1, true), g = tensor({4, 4}, 3);
  // Factors near 1: their powers stay clear of denormals.
  const auto w = (tensor({4, 4}, 2) * 0.01 + 1).set_requires_grad(both);
  const auto pass = [=] {
    torch::Tensor y = x;
    for (int i = 0; i < 100; ++i) y = y * w;
    x.mutable_grad().reset();
    w.mutable_grad().reset();
    y.backward(g);
  };
  return bench::work(pass, [=] { return pass(), values(x.grad()); });
}

struct TinyImpl : torch::nn::Module {
  torch::nn::Linear in, out;
  TinyImpl() : in(register_module("in", torch::nn::Linear(4, 16))), out(register_module("out", torch::nn::Linear(16, 1))) {}
  torch::Tensor forward(const torch::Tensor& x) { return out->forward(torch::tanh(in->forward(x))); }
};
TORCH_MODULE(Tiny);

struct TinyTraining {
  Tiny model;
  torch::optim::Adam adam;
  torch::Tensor x = tensor({8, 4}, 1), y = tensor({8, 1}, 2);

  TinyTraining() : adam((start(*model), model->parameters()), torch::optim::AdamOptions(1e-3)) {}
  static void start(TinyImpl& m) {
    const torch::NoGradGuard guard;
    std::uint32_t seed = 10;
    for (auto& p : m.parameters()) p.copy_(tensor(p.sizes(), seed++));
  }
  float step() {
    adam.zero_grad();
    torch::Tensor loss = torch::mse_loss(model->forward(x), y);
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
                          [=] { return each([=] { return a.slice(0, 1, 3); }); },
                          [=] { return each([=] { return torch::matmul(a, b); }); },
                          tiny_adam,
                      },
                      [](int n) { torch::set_num_threads(n); });
}
