// Large work in playhead: our side of `./dev bench large`. The same work stands in large_torch.cpp.
#include <memory>
#include <string>

#include "../examples/char_gpt/model.h"
#include "large_rows.h"
#include "playhead/optim.h"

using bench::many, bench::side, bench::Work;
using ph::Shape;

namespace {

Tensor tensor(const Shape& shape, std::uint32_t seed, bool requires_grad = false) {
  return ph::from_data(bench::numbers(ph::numel(shape), seed), shape).requires_grad_(requires_grad);
}

std::vector<float> values(const Tensor& x) {
  return x.detach().flatten().slice(0, {0, 4096}).to(ph::float32).to_vector<float>();
}

template <class Call>
Work each(Call f) {
  return bench::work([f]() mutable { bench::keep(f()); }, [f]() mutable { return values(f()); });
}

template <class Call>
Work reused(Call f) {
  return each([f, out = ph::zeros({many})]() mutable { return f(out); });
}

template <class Call>
Work unary(Call f) {
  return reused([f, x = tensor({many}, 1)](Tensor& out) { return f(out, x); });
}

Work product(const Shape& a, const Shape& b) {
  return each([a = tensor(a, 1), b = tensor(b, 2)] { return ph::matmul(a, b); });
}

void start(nn::Module& m) {
  const ph::no_grad guard;
  std::uint32_t seed = 10;
  for (auto& [name, p] : m.named_parameters()) {
    if (p.ndim() > 1) p.copy_(tensor(p.shape(), seed++) * 0.1);
    else if (name.ends_with("bias")) p.zero_();
  }
}

template <class Model, class Optimizer, class Options>
Work training(Options options) {
  struct State {
    Model model;
    Optimizer optimizer;
    State(Options o) : optimizer((start(model), model.parameters()), o) {}
    float step() {
      optimizer.zero_grad();
      const Tensor loss = model.loss();
      loss.backward();
      optimizer.step();
      return loss.template item<float>();
    }
  };
  const auto state = std::make_shared<State>(options);
  return bench::work([state] { bench::keep(state->step()); },
                     [options] {
                       State fresh(options);
                       std::vector<float> losses;
                       for (int i = 0; i < 4; ++i) losses.push_back(fresh.step());
                       return losses;
                     });
}

Tensor labels(const Shape& shape, std::int64_t classes, std::uint32_t seed) {
  return ph::floor((tensor(shape, seed) + 1) * (static_cast<double>(classes) / 2)).to(ph::int64);
}

struct Mlp : nn::Module {
  nn::Linear in{784, 128}, out{128, 10};
  Tensor x = tensor({64, 784}, 1), y = labels({64}, 10, 2);
  Tensor loss() { return ph::cross_entropy(out(ph::relu(in(x))), y); }
  PH_MODULE(Mlp, in, out)
};

struct Gpt : CharGPT {
  Gpt() : CharGPT(65, 64, 128, 4, 4) {}
  Tensor x = labels({12, 64}, 65, 1), y = labels({12, 64}, 65, 2);
  Tensor loss() { return ph::cross_entropy(forward(x).reshape({-1, 65}), y.reshape({-1})); }
};

}  // namespace

int main() {
  const auto square = [] { return tensor({side, side}, 1); };
  return bench::serve(
      bench::large_rows,
      {
          [] { return each([a = tensor({many}, 1), b = tensor({many}, 2)] { return a + b; }); },
          [] { return reused([a = tensor({many}, 1), b = tensor({many}, 2)](Tensor& out) { return ph::add_out(out, a, b); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return ph::exp_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return ph::tanh_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return ph::erf_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return ph::sin_out(out, x); }); },
          [] { return each([x = tensor({many}, 1)] { return x.sum(); }); },
          [=] { return each([x = square()] { return x.sum({0}); }); },
          [=] { return each([x = square()] { return x.sum({1}); }); },
          [=] { return each([x = square()] { return ph::softmax(x, -1); }); },
          [=] { return each([x = square(), w = tensor({side}, 2), b = tensor({side}, 3)] { return ph::layer_norm(x, {side}, w, b); }); },
          [=] { return each([x = square().T()] { return x.contiguous(); }); },
          [] { return product({256, 256}, {256, 256}); },
          [] { return product({1024, 1024}, {1024, 1024}); },
          [] { return product({2048, 2048}, {2048, 2048}); },
          [] { return product({64, 128, 128}, {64, 128, 128}); },
          [] { return product({side, side}, {side, 8}); },
          [] { return product({side, side}, {side}); },
          [] {
            return each([q = tensor({8, 8, 512, 64}, 1), k = tensor({8, 8, 512, 64}, 2), v = tensor({8, 8, 512, 64}, 3)] {
              return ph::scaled_dot_product_attention(q, k, v);
            });
          },
          [] { return each([x = tensor({1 << 20}, 1)] { return ph::sort(x).values; }); },
          [=] { return each([x = square()] { return ph::cumsum(x, 1); }); },
          [] { return each([x = tensor({65536, 256}, 1), i = labels({65536}, 65536, 2)] { return ph::take(x, i, 0); }); },
          [] { return each([a = tensor({2048, side}, 1), b = tensor({2048, side}, 2)] { return ph::cat({a, b}); }); },
          [] { return training<Mlp, ph::optim::SGD>(ph::optim::SGDOptions{.lr = 0.01}); },
          [] { return training<Gpt, ph::optim::AdamW>(ph::optim::AdamOptions{.lr = 1e-3, .weight_decay = 1e-2}); },
      },
      [](int n) { ph::set_num_threads(n); });
}
