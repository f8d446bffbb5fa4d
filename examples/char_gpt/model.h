// A character-level transformer, as in GPT-2: pre-norm blocks, learned positions, the output tied to the token table.
#pragma once
#include <cmath>

#include "playhead/nn.h"
#include "playhead/playhead.h"

namespace nn = ph::nn;
using ph::Tensor;

struct Attention : nn::Module {
  Attention(std::int64_t c, std::int64_t heads) : heads(heads), qkv(c, 3 * c), proj(c, c) {}
  Tensor forward(const Tensor& x) override {  // [b, t, c]
    const auto b = x.size(0), t = x.size(1), c = x.size(2);
    const Tensor parts = qkv(x).reshape({b, t, 3, heads, c / heads}).permute({2, 0, 3, 1, 4});  // [3, b, h, t, c/h]
    const Tensor y = ph::scaled_dot_product_attention(parts[0], parts[1], parts[2], {.is_causal = true});
    return proj(y.transpose(1, 2).reshape({b, t, c}));
  }
  std::int64_t heads;
  nn::Linear qkv, proj;
  PH_MODULE(Attention, qkv, proj)
};

struct Block : nn::Module {
  Block(std::int64_t c, std::int64_t heads) : ln1(c), ln2(c), attn(c, heads), up(c, 4 * c), down(4 * c, c) {}
  Tensor forward(const Tensor& x) override {
    const Tensor y = x + attn(ln1(x));
    return y + down(ph::gelu(up(ln2(y))));
  }
  nn::LayerNorm ln1, ln2;
  Attention attn;
  nn::Linear up, down;
  PH_MODULE(Block, ln1, attn, ln2, up, down)
};

struct CharGPT : nn::Module {
  CharGPT(std::int64_t vocabulary, std::int64_t context, std::int64_t c, std::int64_t heads, int layers)
      : context(context), tokens(vocabulary, c), positions(context, c), blocks(static_cast<std::size_t>(layers), Block(c, heads)), norm(c) {
    for (Block& block : blocks) block = Block(c, heads);  // each with weights of its own
    for (auto& [name, p] : named_parameters()) {
      const bool residual = name.ends_with("proj.weight") || name.ends_with("down.weight");
      if (p.ndim() == 2) nn::init::normal_(p, 0, residual ? 0.02 / std::sqrt(2.0 * layers) : 0.02);
      if (name.ends_with(".bias")) nn::init::zeros_(p);
    }
  }
  Tensor forward(const Tensor& ids) override {  // integers [b, t] -> logits [b, t, vocabulary]
    Tensor x = tokens(ids) + positions.weight.narrow(0, 0, ids.size(1));
    for (Block& block : blocks) x = block(x);
    return ph::linear(norm(x), tokens.weight);
  }
  std::int64_t context;
  nn::Embedding tokens, positions;
  std::vector<Block> blocks;
  nn::LayerNorm norm;
  PH_MODULE(CharGPT, tokens, positions, blocks, norm)
};
