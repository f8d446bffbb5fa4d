// Modules: names, state, modes, copies. Layers against their formulas, attention against PyTorch 2.15's results.
#include "harness.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "playhead/nn.h"

using namespace ph;

namespace {

struct Block : nn::Module {
  explicit Block(std::int64_t n) : norm(n), up(n, 2 * n, {.bias = false}) {}
  Tensor forward(const Tensor& x) override { return up(norm(x)); }
  nn::LayerNorm norm;
  nn::Linear up;
  PH_MODULE(Block, norm, up)
};

struct Net : nn::Module {
  Net() : count(zeros({2})), scratch(zeros({3}), false) {
    for (Block& b : blocks) b = Block(4);
    head.weight = embed.weight;  // tied
  }
  Tensor forward(const Tensor& ids) override { return head(drop(embed(ids))); }
  nn::Embedding embed{6, 4};
  std::vector<Block> blocks = std::vector<Block>(2, Block(4));
  nn::Dropout drop{0.5};
  nn::Sequential tail{nn::Linear(4, 3), nn::Tanh(), nn::Linear(3, 2)};
  nn::Linear head{4, 6, {.bias = false}};
  nn::Buffer count, scratch;
  nn::Parameter scale{ones({})};
  PH_MODULE(Net, embed, blocks, drop, tail, head, count, scratch, scale)
};

std::vector<std::string> names(const nn::StateDict& d) {
  std::vector<std::string> v;
  for (const auto& [name, x] : d) v.push_back(name);
  return v;
}

// The parameters get values without symmetry, the same as those that PyTorch was given.
void fill(nn::Module& m) {
  const no_grad guard;
  std::uint64_t salt = 100;
  for (auto& [name, p] : m.named_parameters()) p.copy_(test::sample(p.shape(), float64, -0.5, 0.5, salt++));
}

void check_values(const Tensor& got, const std::vector<double>& want) {
  const std::vector<double> v = test::values(got);
  REQUIRE(v.size() == want.size());
  for (std::size_t i = 0; i < v.size(); ++i) CHECK(std::fabs(v[i] - want[i]) < 1e-14);
}

struct Range {
  double low, high, mean, deviation;
};
Range range_of(const Tensor& x) {
  const auto v = test::values(x);
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  double mean = 0, square = 0;
  for (double e : v) mean += e / static_cast<double>(v.size());
  for (double e : v) square += (e - mean) * (e - mean) / static_cast<double>(v.size());
  return {*low, *high, mean, std::sqrt(square)};
}

}  // namespace

TEST_CASE("nn: names follow the members, as in PyTorch") {
  Net net;
  CHECK(names(net.named_parameters()) ==
        std::vector<std::string>{"embed.weight", "blocks.0.norm.weight", "blocks.0.norm.bias", "blocks.0.up.weight", "blocks.1.norm.weight",
                                 "blocks.1.norm.bias", "blocks.1.up.weight", "tail.0.weight", "tail.0.bias", "tail.2.weight", "tail.2.bias", "scale"});
  CHECK(names(net.named_buffers()) == std::vector<std::string>{"count", "scratch"});
  const auto state = names(net.state_dict());
  CHECK(std::find(state.begin(), state.end(), "head.weight") != state.end());  // tied values are listed under both names
  CHECK(std::find(state.begin(), state.end(), "count") != state.end());
  CHECK(std::find(state.begin(), state.end(), "scratch") == state.end());
  CHECK(net.parameters().size() == 12);
  CHECK(net.num_parameters() == 24 + 2 * (4 + 4 + 32) + 12 + 3 + 6 + 2 + 1);
  for (const Tensor& p : net.parameters()) CHECK((p.requires_grad() && p.is_leaf()));
  std::vector<std::string> order;
  net.apply([&](nn::Module& m) { order.push_back(m.type_name()); });
  CHECK(order.size() == 14);
  CHECK(order.back() == "Net");
}

TEST_CASE("nn: train and eval reach every module") {
  Net net;
  net.eval();
  for (auto& [name, m] : net.named_modules()) CHECK(!m->training);
  const Tensor ids = arange(6);
  CHECK(test::values(net(ids)) == test::values(net(ids)));
  net.train();
  for (auto& [name, m] : net.named_modules()) CHECK(m->training);
  CHECK(test::values(net(ids)) != test::values(net(ids)));
}

TEST_CASE("nn: state dicts") {
  Net a, b;
  CHECK(test::values(a.embed.weight) != test::values(b.embed.weight));
  const nn::StateDict state = a.state_dict();
  CHECK(state[0].second.shares_storage(a.embed.weight));
  CHECK(!state[0].second.requires_grad());
  b.load_state_dict(state);
  for (std::size_t i = 0; i < state.size(); ++i) CHECK(test::values(b.state_dict()[i].second) == test::values(state[i].second));
  CHECK(!b.embed.weight.shares_storage(a.embed.weight));
  CHECK(b.head.weight.is_same(b.embed.weight));
  CHECK(b.embed.weight.requires_grad());

  nn::StateDict wrong = state;
  wrong.erase(wrong.begin() + 1);                           // blocks.0.norm.weight
  wrong[2].second = zeros({4, 8});                          // blocks.0.up.weight
  wrong.push_back({"blocks.2.up.weight", zeros({8, 4})});
  const auto before = test::values(b.embed.weight);
  for (auto& [name, x] : wrong)
    if (name == "embed.weight" || name == "head.weight") x = zeros({6, 4});
  CHECK_ERROR(b.load_state_dict(wrong),
              "load_state_dict: keys and shapes must match Net's; missing: blocks.0.norm.weight. unexpected: blocks.2.up.weight. "
              "of another shape: blocks.0.up.weight (got [4, 8], expected [8, 4]).");
  CHECK(test::values(b.embed.weight) == before);  // nothing was changed
  wrong.erase(wrong.begin() + 2);
  CHECK_ERROR(b.load_state_dict(wrong),
              "load_state_dict: keys and shapes must match Net's; missing: blocks.0.norm.weight, blocks.0.up.weight. unexpected: blocks.2.up.weight.");
  b.load_state_dict(wrong, false);
  CHECK(test::values(b.embed.weight) == std::vector<double>(24, 0.0));
  CHECK_ERROR(b.load_state_dict({{"scale", ones({})}, {"scale", ones({})}}), "load_state_dict: a key appears twice; got \"scale\"");
  // Another dtype is converted.
  nn::Linear one(2, 2);
  one.load_state_dict({{"weight", full({2, 2}, 0.5, {.dtype = float64})}, {"bias", zeros({2}, {.dtype = float16})}});
  CHECK(one.weight.dtype() == float32);
  CHECK(test::values(one.weight) == std::vector<double>(4, 0.5));
}

TEST_CASE("hard case 19: tied weights stay tied through clone and conversion") {
  Net a;
  Net shared = a, own = nn::clone(a);
  CHECK(shared.embed.weight.is_same(a.embed.weight));
  CHECK(!own.embed.weight.shares_storage(a.embed.weight));
  CHECK(own.head.weight.is_same(own.embed.weight));
  CHECK(test::values(own.embed.weight) == test::values(a.embed.weight));
  CHECK(own.embed.weight.requires_grad());
  CHECK(!own.blocks[0].up.weight.is_same(a.blocks[0].up.weight));
  CHECK(!dynamic_cast<nn::Linear&>(own.tail[0]).weight.is_same(dynamic_cast<nn::Linear&>(a.tail[0]).weight));
  own.to(float64);
  CHECK(own.head.weight.is_same(own.embed.weight));
  CHECK(own.head.weight.dtype() == float64);
  CHECK(own.count.dtype() == float64);
  for (const Tensor& p : own.parameters()) CHECK((p.dtype() == float64 && p.requires_grad() && p.is_leaf()));
  CHECK(own(arange(6)).dtype() == float64);
  CHECK_ERROR(own.to(int32), "to: a module's parameters must be floating or complex; got dtype=int32");
}

TEST_CASE("nn: gradients of a module's parameters") {
  nn::Sequential net{nn::Linear(3, 5), nn::Tanh(), nn::Linear(5, 2)};
  net.to(float64);
  const Tensor x = test::sample({4, 3});
  sum(net(x)).backward();
  for (auto& [key, p] : net.named_parameters()) {
    const std::string name = key;  // clang 14 cannot capture a structured binding
    CAPTURE(name);
    REQUIRE(p.grad().defined());
    CHECK(p.grad().shape() == p.shape());
  }
  net.zero_grad();
  for (const Tensor& p : net.parameters()) CHECK(!p.grad().defined());
  net.requires_grad_(false);
  CHECK(!net(x).requires_grad());
  CHECK_ERROR(net[3], "Sequential: index is out of range; got index=3, size=3");
}

TEST_CASE("nn: layers are their ops") {
  const Tensor x = test::sample({2, 3, 4}, float32);
  nn::Linear linear_layer(4, 5);
  CHECK(test::close(linear_layer(x), matmul(x, linear_layer.weight.mT()) + linear_layer.bias, 1e-5, 1e-6));
  CHECK(nn::Linear(4, 5, {.bias = false})(x).shape() == Shape{2, 3, 5});
  CHECK(nn::Linear(4, 5, {.dtype = float64}).weight.dtype() == float64);
  nn::Embedding table(7, 3);
  const Tensor ids = from_data<std::int64_t>({1, 6, 1, 0}, Shape{2, 2});
  CHECK(test::close(table(ids), table.weight.index({ids}), 0));
  nn::Embedding padded(7, 3, {.padding_idx = -2});
  CHECK(test::values(padded.weight[5]) == std::vector<double>(3, 0.0));
  sum(padded(from_data<std::int64_t>({5, 1}))).backward();
  CHECK(test::values(padded.weight.grad()[5]) == std::vector<double>(3, 0.0));
  CHECK(test::values(padded.weight.grad()[1]) == std::vector<double>(3, 1.0));
  nn::LayerNorm norm(4);
  const Tensor centred = x - mean(x, {2}, true);
  CHECK(test::close(norm(x), centred / sqrt(var(x, {2}, true) + 1e-5), 1e-5, 1e-6));
  nn::RMSNorm rms(4, {.eps = 1e-6});
  CHECK(test::close(rms(x), x / sqrt(mean(square(x), {2}, true) + 1e-6), 1e-5, 1e-6));
  nn::Dropout drop(0.25);
  const Tensor y = drop(ones({10000}));
  double kept = 0;
  for (double v : test::values(y)) {
    CHECK((v == 0 || std::fabs(v - 1 / 0.75) < 1e-6));
    kept += v != 0;
  }
  CHECK(std::fabs(kept - 7500) < 5 * 43.3);
  drop.eval();
  CHECK(test::close(drop(x), x, 0));
  CHECK(nn::Flatten()(x).shape() == Shape{2, 12});
  CHECK(test::close(nn::GELU(true)(x), gelu_tanh(x), 0));
  CHECK(test::close(nn::Softmax(1)(x), softmax(x, 1), 0));
  CHECK(test::close(nn::ELU(0.5)(x), elu(x, 0.5), 0));
  nn::PReLU one, each(3);
  CHECK(test::close(one(x), leaky_relu(x, 0.25), 1e-6));
  each.weight[1].detach().fill_(2);
  CHECK(test::close(each(x).select(1, 1), where(greater(x, 0), x, x * 2).select(1, 1), 1e-6));
  CHECK_ERROR(nn::PReLU(2)(x), "prelu: weight must be one number, or one for each entry of dim 1; got x=[2, 3, 4], weight=[2]");
  CHECK_ERROR(nn::Linear(-1, 2), "Linear: sizes must not be negative; got in=-1");
  CHECK_ERROR(nn::Dropout(1.5), "Dropout: probability must be in [0, 1]; got p=1.5");
  CHECK_ERROR(nn::Embedding(3, 2, {.padding_idx = 3}), "Embedding: padding_idx is out of range; got padding_idx=3, count=3");
}

TEST_CASE("hard case 6: a layer on an empty batch trains with zero gradients") {
  nn::Linear layer(4, 2);
  sum(layer(zeros({0, 4}))).backward();
  CHECK(test::values(layer.weight.grad()) == std::vector<double>(8, 0.0));
  CHECK(test::values(layer.bias.grad()) == std::vector<double>(2, 0.0));
}

TEST_CASE("nn: initial values are PyTorch's") {
  const auto uniform_in = [](const Tensor& x, double bound) {
    const Range r = range_of(x);
    CHECK(r.low >= -bound);
    CHECK(r.high <= bound);
    CHECK(std::fabs(r.deviation - bound / std::sqrt(3.0)) < 0.02 * bound);
    CHECK(std::fabs(r.mean) < 0.03 * bound);
  };
  const auto normal_of = [](const Tensor& x, double deviation) {
    const Range r = range_of(x);
    CHECK(std::fabs(r.deviation - deviation) < 0.03 * deviation);
    CHECK(std::fabs(r.mean) < 0.03 * deviation);
    CHECK(r.high > 3 * deviation);
  };
  const nn::Linear layer(100, 400);
  uniform_in(layer.weight, 0.1);
  CHECK(range_of(layer.bias).high <= 0.1);
  CHECK(range_of(layer.bias).deviation > 0.04);
  normal_of(nn::Embedding(300, 100).weight, 1);
  CHECK(test::values(nn::LayerNorm(3).weight) == std::vector<double>(3, 1.0));
  CHECK(test::values(nn::LayerNorm(3).bias) == std::vector<double>(3, 0.0));

  Tensor w = empty({50, 20, 3, 5}, {.requires_grad = true});  // in place on a leaf, unrecorded
  CHECK(nn::init::fan_in(w) == 300);
  CHECK(nn::init::fan_out(w) == 750);
  uniform_in(nn::init::xavier_uniform_(w, 2), 2 * std::sqrt(6.0 / 1050));
  normal_of(nn::init::xavier_normal_(w), std::sqrt(2.0 / 1050));
  uniform_in(nn::init::kaiming_uniform_(w, 0, nn::init::Fan::out, nn::init::Nonlinearity::relu), std::sqrt(6.0 / 750));
  normal_of(nn::init::kaiming_normal_(w), std::sqrt(2.0 / 300));
  nn::init::trunc_normal_(w, 1, 2, 0, 3);
  const Range r = range_of(w);
  CHECK(r.low >= 0);
  CHECK(r.high <= 3);
  // Mean and deviation of that truncated normal distribution.
  CHECK(std::fabs(r.mean - 1.4133) < 0.02);
  CHECK(std::fabs(r.deviation - 0.8309) < 0.02);
  for (const Shape& shape : {Shape{20, 30}, Shape{30, 20}, Shape{8, 3, 2, 2}}) {
    Tensor q = empty(shape, {.dtype = float64});
    nn::init::orthogonal_(q, 2);
    const Tensor m = q.reshape({shape[0], -1}), tall = m.size(0) > m.size(1) ? m : m.mT();
    CHECK(test::close(matmul(tall.mT(), tall), eye(tall.size(1), -1, 0, {.dtype = float64}) * 4, 1e-12, 1e-12));
  }
  Tensor i = empty({2, 3});
  CHECK(test::values(nn::init::eye_(i)) == std::vector<double>{1, 0, 0, 0, 1, 0});
  Tensor d = empty({4, 2, 3});
  CHECK(test::values(nn::init::dirac_(d, 2).select(2, 1)) == std::vector<double>{1, 0, 0, 1, 1, 0, 0, 1});
  CHECK(range_of(d.select(2, 0)).high == 0);
  Tensor v = empty({3});
  CHECK_ERROR(nn::init::xavier_uniform_(v), "init: fan needs at least two dims; got shape=[3]");
  CHECK_ERROR(nn::init::orthogonal_(v), "orthogonal_: needs at least two dims; got shape=[3]");
  CHECK_ERROR(nn::init::eye_(v), "eye_: needs two dims; got shape=[3]");
  CHECK_ERROR(nn::init::dirac_(v), "dirac_: needs [out, in, kernel…]; got shape=[3]");
  CHECK_ERROR(nn::init::trunc_normal_(v, 0, -1), "trunc_normal_: needs std > 0 and a < b; got std=-1, a=-2, b=2");
  const nn::MultiheadAttention attention(64, 4);
  uniform_in(attention.in_proj_weight, std::sqrt(6.0 / 256));
  CHECK(range_of(attention.in_proj_bias).high == 0);
  CHECK(range_of(attention.out_proj.bias).high == 0);
}

TEST_CASE("nn: multi-head attention is PyTorch's") {
  const std::int64_t c = 4, heads = 2, n = 2, t = 3, s = 5;
  nn::MultiheadAttention m(c, heads, {.dtype = float64});
  CHECK(names(m.state_dict()) == std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
  fill(m);
  m.eval();
  const Tensor x = test::sample({t, n, c});
  check_values(m(x), {-0.12382129883559252,  0.29786634043199534,  -0.03064403743914776, 0.3165897297001568, -0.5371636062856825,  -0.153195609128156,
                      0.6386513999030892, 0.5905384886627875, -0.2141959455794485,  0.2060760970681095,  0.1484442480053942, 0.48960212526951113,
                      -0.17797648120729798,   -0.34490884228893903, 0.558186030814354, 0.37459269165117354,   -0.2068437269863254, 0.224853247694621,
                      0.1406399846596179, 0.4883151040613858, -0.593739553673112, -0.09625133963726862, 0.6165798333743516, 0.6473536695387405});
  check_values(m(x.select(1, 0)), {-0.12382129883559259, 0.29786634043199534, -0.030644037439147676, 0.3165897297001568, -0.21419594557944852,
                                   0.20607609706810948, 0.14844424800539424, 0.48960212526951113, -0.20684372698632544, 0.224853247694621,
                                   0.14063998465961794, 0.48831510406138584});
  const Tensor k = test::sample({s, n, c}, float64, -2, 2, 2), v = test::sample({s, n, c}, float64, -2, 2, 3);
  const Tensor padding = from_data<bool>({0, 0, 0, 1, 1, 0, 0, 0, 0, 1}, Shape{n, s});
  const Tensor hidden = from_data<bool>({0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, Shape{t, s});
  check_values(m(x, k, v, {.key_padding_mask = padding, .attn_mask = hidden}),
               {0.06750157847973909, 0.19486110885429797, -0.10508763311127456, 0.07546265798861668, 0.05583445303978021, 0.7191528401902264,
                -0.5227095867149588, 0.15158903010142538, -0.2765079820657496, 0.6531391216062941, -0.2540929019526781, 0.36121069608164874,
                0.23762901955537657, 0.6600060882666037, -0.48420961571542565, 0.12489262899660619, -0.021450210264364944, 0.5439355554847128,
                -0.29853893697674305, 0.2406069706054313, -0.047156070260051086, 0.4984747603856377, -0.2629455296717344, 0.21551729786322332});
  check_values(m(x, k, v, {.key_padding_mask = padding, .attn_mask = test::sample({n * heads, t, s}, float64, -2, 2, 5)}),
               {0.19428931024068863, 0.5477627924377959, -0.4207732839707037, 0.28519935953240344, -0.2950053806798104, 0.43571070214137575,
                -0.13156812460497985, 0.3295404731515581, 0.1514201821883157, 0.39792227756125276, -0.2914085004831589, 0.40092211685691087,
                0.6647546258425375, 0.2550735759514142, -0.3410126091613154, 0.17516698017377547, -0.14010396201823658, 0.5374968633313526,
                -0.23704957004788874, 0.15227060071040377, -0.24436331554300075, 0.6246294379425412, -0.35347772433977365, 0.2822355014692238});
  nn::MultiheadAttention w(c, heads, {.batch_first = true, .kdim = 3, .vdim = 2, .dtype = float64});
  CHECK(names(w.state_dict()) ==
        std::vector<std::string>{"q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
  fill(w);
  w.eval();
  check_values(w(test::sample({n, t, c}), test::sample({n, s, 3}, float64, -2, 2, 2), test::sample({n, s, 2}, float64, -2, 2, 3)),
               {-0.4999537629254629, -0.12846332829815754, -0.6900863646455972, -0.7368518718597006, -0.40446293934089306, -0.126578212250146,
                -0.5822842852337422, -0.5898829824575026, -0.42109635120361183, -0.12341691705508764, -0.5944715701372236, -0.6114809046882371,
                -0.39866992434777915, -0.12786443990228846, -0.5267371037083525, -0.6029528498779694, -0.5917660472506924, -0.09720562776294153,
                -0.7038795421246717, -0.6771024508937201, -0.5395625371414077, -0.08425278789168238, -0.6369404857481135, -0.5944031300403421});
  // Causal: what comes later changes nothing.
  const Tensor causal = m(x, x, x, {.is_causal = true}), shorter = x.narrow(0, 0, 2);
  CHECK(test::close(causal.narrow(0, 0, 2), m(shorter, shorter, shorter, {.is_causal = true}), 1e-12));
  CHECK_ERROR(nn::MultiheadAttention(5, 2), "MultiheadAttention: the width must be a multiple of the heads; got width=5, heads=2");
  CHECK_ERROR(m(x, k.select(1, 0), v),
              "multi_head_attention_forward: query, key and value must all have two dims, or three; got query=[3, 2, 4], key=[5, 4], value=[5, 2, 4]");
  CHECK_ERROR(m(x, k, v, {.attn_mask = zeros({3, 4})}),
              "multi_head_attention_forward: attn_mask must be [t, s] or [n * heads, t, s]; got shape=[3, 4], expected [4, 3, 5]");
  CHECK_ERROR(m(x, k, v, {.key_padding_mask = zeros({5, 2})}), "multi_head_attention_forward: key_padding_mask must be [n, s]; got shape=[5, 2], expected [2, 5]");
}
