// Large work in libtorch: the peer's side of `./dev bench large`. The same work stands in large_playhead.cpp.
#include <torch/torch.h>

#include <memory>

#include "large_rows.h"

using bench::many, bench::side, bench::Work;
using torch::Tensor;

namespace {

Tensor tensor(torch::IntArrayRef shape, std::uint32_t seed, bool requires_grad = false) {
  Tensor x = torch::empty(shape);
  const auto v = bench::numbers(x.numel(), seed);
  std::memcpy(x.data_ptr<float>(), v.data(), v.size() * sizeof(float));
  return x.set_requires_grad(requires_grad);
}

/// At most the first 4096 values: enough to see that the sides agree, little enough to send.
std::vector<float> values(const Tensor& x) {
  const Tensor y = x.detach().flatten().slice(0, 0, 4096).to(torch::kFloat).contiguous();
  return {y.data_ptr<float>(), y.data_ptr<float>() + y.numel()};
}

template <class Call>
Work each(Call f) {
  return bench::work([f]() mutable { bench::keep(f()); }, [f]() mutable { return values(f()); });
}

/// An op that writes to a buffer that stays.
template <class Call>
Work reused(Call f) {
  return each([f, out = torch::zeros({many})]() mutable { return f(out); });
}

template <class Call>
Work unary(Call f) {
  return reused([f, x = tensor({many}, 1)](Tensor& out) { return f(out, x); });
}

Work product(torch::IntArrayRef a, torch::IntArrayRef b) {
  return each([a = tensor(a, 1), b = tensor(b, 2)] { return torch::matmul(a, b); });
}

/// Matrices from the numbers, scaled; vectors stay as they are initialised but for biases, which are 0.
void start(torch::nn::Module& m) {
  const torch::NoGradGuard guard;
  std::uint32_t seed = 10;
  for (auto& p : m.named_parameters()) {
    if (p->dim() > 1) p->copy_(tensor(p->sizes(), seed++) * 0.1);
    else if (p.key().ends_with("bias")) p->zero_();
  }
}

/// Training of `Model`, whose `loss()` is one forward pass over its batch.
template <class Model, class Optimizer, class Options>
Work training(Options options) {
  struct State {
    std::shared_ptr<Model> model = std::make_shared<Model>();
    Optimizer optimizer;
    State(Options o) : optimizer((start(*model), model->parameters()), o) {}
    float step() {
      optimizer.zero_grad();
      const Tensor loss = model->loss();
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

Tensor labels(torch::IntArrayRef shape, std::int64_t classes, std::uint32_t seed) {
  return ((tensor(shape, seed) + 1) * (static_cast<double>(classes) / 2)).floor().to(torch::kLong);
}

struct Mlp : torch::nn::Module {
  torch::nn::Linear in{register_module("in", torch::nn::Linear(784, 128))}, out{register_module("out", torch::nn::Linear(128, 10))};
  Tensor x = tensor({64, 784}, 1), y = labels({64}, 10, 2);
  Tensor loss() { return torch::cross_entropy_loss(out(torch::relu(in(x))), y); }
};

/// The twin of examples/char_gpt/model.h, parameters in the same order.
struct Block : torch::nn::Module {
  static constexpr std::int64_t width = 128, heads = 4;
  using Norm = torch::nn::LayerNorm;
  using Linear = torch::nn::Linear;
  Norm ln1{register_module("ln1", Norm(torch::nn::LayerNormOptions({width})))};
  Linear qkv{register_module("qkv", Linear(width, 3 * width))}, proj{register_module("proj", Linear(width, width))};
  Norm ln2{register_module("ln2", Norm(torch::nn::LayerNormOptions({width})))};
  Linear up{register_module("up", Linear(width, 4 * width))}, down{register_module("down", Linear(4 * width, width))};

  Tensor attention(const Tensor& x) {
    const auto b = x.size(0), t = x.size(1);
    const auto parts = qkv(x).view({b, t, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
    const Tensor y = torch::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, true);
    return proj(y.transpose(1, 2).reshape({b, t, width}));
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = x + attention(ln1(x));
    return y + down(torch::gelu(up(ln2(y))));
  }
};

struct CharGpt : torch::nn::Module {
  static constexpr std::int64_t vocabulary = 65, context = 64, batch = 12;
  torch::nn::Embedding tokens{register_module("tokens", torch::nn::Embedding(vocabulary, Block::width))};
  torch::nn::Embedding positions{register_module("positions", torch::nn::Embedding(context, Block::width))};
  std::vector<std::shared_ptr<Block>> blocks;
  torch::nn::LayerNorm norm{nullptr};
  Tensor x = labels({batch, context}, vocabulary, 1), y = labels({batch, context}, vocabulary, 2);

  CharGpt() {
    for (int i = 0; i < 4; ++i) blocks.push_back(register_module("block" + std::to_string(i), std::make_shared<Block>()));
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({Block::width})));
  }
  Tensor loss() {
    Tensor h = tokens(x) + positions->weight.narrow(0, 0, context);
    for (const auto& block : blocks) h = block->forward(h);
    return torch::cross_entropy_loss(torch::linear(norm(h), tokens->weight).view({-1, vocabulary}), y.view(-1));
  }
};

}  // namespace

int main() {
  const auto square = [] { return tensor({side, side}, 1); };
  return bench::serve(
      bench::large_rows,
      {
          [] { return each([a = tensor({many}, 1), b = tensor({many}, 2)] { return a + b; }); },
          [] { return reused([a = tensor({many}, 1), b = tensor({many}, 2)](Tensor& out) { return torch::add_out(out, a, b); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return torch::exp_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return torch::tanh_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return torch::erf_out(out, x); }); },
          [] { return unary([](Tensor& out, const Tensor& x) { return torch::sin_out(out, x); }); },
          [] { return each([x = tensor({many}, 1)] { return x.sum(); }); },
          [=] { return each([x = square()] { return x.sum(0); }); },
          [=] { return each([x = square()] { return x.sum(1); }); },
          [=] { return each([x = square()] { return torch::softmax(x, -1); }); },
          [=] { return each([x = square(), w = tensor({side}, 2), b = tensor({side}, 3)] { return torch::layer_norm(x, {side}, w, b); }); },
          [=] { return each([x = square().t()] { return x.contiguous(); }); },
          [] { return product({256, 256}, {256, 256}); },
          [] { return product({1024, 1024}, {1024, 1024}); },
          [] { return product({2048, 2048}, {2048, 2048}); },
          [] { return product({64, 128, 128}, {64, 128, 128}); },
          [] { return product({side, side}, {side, 8}); },
          [] { return product({side, side}, {side}); },
          [] {
            return each([q = tensor({8, 8, 512, 64}, 1), k = tensor({8, 8, 512, 64}, 2), v = tensor({8, 8, 512, 64}, 3)] {
              return torch::scaled_dot_product_attention(q, k, v);
            });
          },
          [] { return each([x = tensor({1 << 20}, 1)] { return std::get<0>(torch::sort(x)); }); },
          [=] { return each([x = square()] { return torch::cumsum(x, 1); }); },
          [] { return each([x = tensor({65536, 256}, 1), i = labels({65536}, 65536, 2)] { return x.index_select(0, i); }); },
          [] { return each([a = tensor({2048, side}, 1), b = tensor({2048, side}, 2)] { return torch::cat({a, b}); }); },
          [] { return training<Mlp, torch::optim::SGD>(torch::optim::SGDOptions(0.01)); },
          [] { return training<CharGpt, torch::optim::AdamW>(torch::optim::AdamWOptions(1e-3)); },
      },
      [](int n) { torch::set_num_threads(n); });
}
