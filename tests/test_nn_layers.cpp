// The modules of norm.h, loss.h and the rest of layers.h and activation.h: names, initial values, modes, and that they are their ops.
#include <playhead/nn.h>

#include <algorithm>

#include "nn_checks.h"

using namespace ph;
using test::close;
using test::sample;
using test::same_bits;

namespace {

constexpr TensorOptions f64 = {.dtype = float64};

std::vector<std::string> keys(nn::Module& m) {
  std::vector<std::string> all;
  for (const auto& [name, x] : m.state_dict()) all.push_back(name);
  return all;
}
using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("nn: batch norm keeps statistics while training, by share or as the average, and uses them in eval mode") {
  nn::BatchNorm2d bn(3, {.dtype = float64});
  CHECK(keys(bn) == Keys{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  CHECK(bn.num_batches_tracked.dtype() == int64);
  CHECK(close(bn.running_var, ones({3}, f64)));
  const Tensor x = sample({4, 3, 2, 5});
  Tensor m = zeros({3}, f64), v = ones({3}, f64);
  CHECK(same_bits(bn(x), batch_norm(x, true, {.running_mean = m, .running_var = v, .weight = bn.weight, .bias = bn.bias})));
  CHECK(same_bits(bn.running_mean, m));
  CHECK(same_bits(bn.running_var, v));
  CHECK(bn.num_batches_tracked.item<std::int64_t>() == 1);
  bn.eval();
  CHECK(same_bits(bn(x), batch_norm(x, false, {.running_mean = m, .running_var = v, .weight = bn.weight, .bias = bn.bias})));
  CHECK(bn.num_batches_tracked.item<std::int64_t>() == 1);
  nn::BatchNorm2d copy = nn::clone(bn);
  copy.train();
  copy(x);
  CHECK(same_bits(bn.running_mean, m));
  // Saved and loaded with its statistics.
  nn::BatchNorm2d other(3, {.dtype = float64});
  other.load_state_dict(bn.state_dict());
  other.eval();
  CHECK(same_bits(other(x), bn(x)));

  // The average of all batches; PyTorch's numbers.
  nn::BatchNorm1d average(3, {.momentum = -1, .dtype = float64});
  for (std::uint64_t salt : {30u, 31u, 32u}) average(sample({5, 3}, float64, -2, 2, salt));
  CHECK_VALUES(average.running_mean, {-0.12076487823935696, 0.015075808978885217, -0.20913073698578613});
  CHECK_VALUES(average.running_var, {2.1948601558514618, 1.6263828332007138, 2.0127811137401848});
  average.eval();
  CHECK_VALUES(average(sample({2, 3}, float64, -2, 2, 33)), {0.7849719800542365, 0.9008592351165055, -0.5524681838954129, 1.0344683796734098, 0.3799722182818651, -1.052110430958396});
  nn::BatchNorm1d own(3, {.affine = false, .track_running_stats = false});
  CHECK(keys(own).empty());
  own.eval();
  CHECK(same_bits(own(x[0].reshape({3, 10}).T()), batch_norm(x[0].reshape({3, 10}).T(), true)));
  CHECK(nn::BatchNorm3d(2)(zeros({2, 2, 2, 1, 1})).shape() == Shape{2, 2, 2, 1, 1});
  CHECK_ERROR(nn::BatchNorm1d(3)(zeros({1, 3, 2, 2})), "BatchNorm1d: x must have 2 or 3 dimensions; got shape=[1, 3, 2, 2]");
  CHECK_ERROR(nn::BatchNorm2d(3)(zeros({1, 3, 2})), "BatchNorm2d: x must have 4 dimensions; got shape=[1, 3, 2]");
  CHECK_ERROR(nn::BatchNorm2d(-1), "BatchNorm: sizes must not be negative; got channels=-1");
}

TEST_CASE("nn: instance, group and local response norm") {
  const Tensor x = sample({4, 6, 2, 5});
  nn::InstanceNorm2d plain(6);
  CHECK(keys(plain).empty());
  CHECK(same_bits(plain(x), instance_norm(x)));
  CHECK(same_bits(plain(x[0]), instance_norm(x)[0]));
  plain.eval();
  CHECK(same_bits(plain(x), instance_norm(x)));
  nn::InstanceNorm1d tracked(6, {.affine = true, .track_running_stats = true, .dtype = float64});
  CHECK(keys(tracked) == Keys{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
  tracked(x.flatten(2));
  CHECK(close(tracked.running_mean, mean(x, {0, 2, 3}) * 0.1, 1e-12));
  tracked.eval();
  CHECK(close(tracked(x.flatten(2)), (x.flatten(2) - tracked.running_mean.unsqueeze(1)) / sqrt(tracked.running_var + 1e-5).unsqueeze(1), 1e-12));
  CHECK(nn::InstanceNorm3d(2)(zeros({2, 2, 2, 2, 1})).shape() == Shape{2, 2, 2, 2, 1});
  CHECK_ERROR(plain(zeros({6, 2})), "InstanceNorm2d: x must have 3 or 4 dimensions; got shape=[6, 2]");
  nn::GroupNorm group(3, 6, {.dtype = float64});
  CHECK(keys(group) == Keys{"weight", "bias"});
  CHECK(same_bits(group(x), group_norm(x, 3, group.weight, group.bias)));
  CHECK_ERROR(nn::GroupNorm(4, 6), "GroupNorm: num_groups must divide the channels; got num_groups=4, num_channels=6");
  CHECK(same_bits(nn::LocalResponseNorm(3, 0.5)(x), local_response_norm(x, 3, 0.5)));
}

TEST_CASE("nn: losses are their ops, and their weights are buffers") {
  const Tensor x = sample({3, 4}), y = sample({3, 4}, float64, -2, 2, 2), p = sample({3, 4}, float64, 0.1, 0.9, 3), t = tensor({2, 0, 3});
  const Tensor yes = where(greater(y, 0), ones({3, 4}, f64), Scalar(-1)), w = sample({4}, float64, 0.5, 2, 5), labels = tensor({{3, 0, -1, 1}, {1, -1, 2, 3}, {0, 1, 2, 3}});
  const LossReduction sum = LossReduction::sum;
  CHECK(same_bits(nn::L1Loss()(x, y), l1_loss(x, y)));
  CHECK(same_bits(nn::MSELoss(sum)(x, y), mse_loss(x, y, sum)));
  CHECK(same_bits(nn::SmoothL1Loss(0.5)(x, y), smooth_l1_loss(x, y, LossReduction::mean, 0.5)));
  CHECK(same_bits(nn::HuberLoss(0.5)(x, y), huber_loss(x, y, LossReduction::mean, 0.5)));
  CHECK(same_bits(nn::KLDivLoss(LossReduction::batchmean, true)(x, y), kl_div(x, y, LossReduction::batchmean, true)));
  CHECK(same_bits(nn::SoftMarginLoss()(x, yes), soft_margin_loss(x, yes)));
  CHECK(same_bits(nn::HingeEmbeddingLoss(0.5)(x, yes), hinge_embedding_loss(x, yes, 0.5)));
  CHECK(same_bits(nn::MultiLabelMarginLoss(sum)(x, labels), multilabel_margin_loss(x, labels, sum)));
  CHECK(same_bits(nn::MarginRankingLoss(0.1)(x, y, yes), margin_ranking_loss(x, y, yes, 0.1)));
  CHECK(same_bits(nn::CosineEmbeddingLoss(0.1)(x, y, yes.select(1, 0)), cosine_embedding_loss(x, y, yes.select(1, 0), 0.1)));
  CHECK(same_bits(nn::PoissonNLLLoss({.full = true})(x, p), poisson_nll_loss(x, p, {.full = true})));
  CHECK(same_bits(nn::GaussianNLLLoss()(x, y, p), gaussian_nll_loss(x, y, p)));
  CHECK(same_bits(nn::TripletMarginLoss({.p = 1})(x, y, p), triplet_margin_loss(x, y, p, {.p = 1})));
  const auto l1 = [](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, 1, 0); };
  CHECK(same_bits(nn::TripletMarginWithDistanceLoss(l1)(x, y, p), triplet_margin_loss(x, y, p, {.p = 1, .eps = 0})));
  const Tensor log_p = log_softmax(sample({6, 3, 5}), -1), lengths = tensor({6, 6, 6}), sizes = tensor({1, 1, 1}), targets = tensor({1, 2, 3});
  CHECK(same_bits(nn::CTCLoss({.reduction = sum})(log_p, targets, lengths, sizes), ctc_loss(log_p, targets, lengths, sizes, {.reduction = sum})));

  nn::CrossEntropyLoss ce({.weight = w, .reduction = sum, .label_smoothing = 0.1});
  CHECK(keys(ce) == Keys{"weight"});
  CHECK(same_bits(ce(x, t), cross_entropy(x, t, {.weight = w, .reduction = sum, .label_smoothing = 0.1})));
  nn::CrossEntropyLoss unweighted;
  CHECK(keys(unweighted).empty());
  CHECK(same_bits(nn::NLLLoss({.weight = w})(x, t), nll_loss(x, t, {.weight = w})));
  CHECK(same_bits(nn::MultiMarginLoss({.p = 2, .weight = w})(x, t), multi_margin_loss(x, t, {.p = 2, .weight = w})));
  CHECK(same_bits(nn::BCELoss(w)(p, p), binary_cross_entropy(p, p, w)));
  nn::BCEWithLogitsLoss logits({}, sum, w);
  CHECK(keys(logits) == Keys{"pos_weight"});
  CHECK(same_bits(logits(x, p), binary_cross_entropy_with_logits(x, p, {}, sum, w)));
  CHECK(same_bits(nn::MultiLabelSoftMarginLoss(w)(x, p), multilabel_soft_margin_loss(x, p, w)));
  nn::LinearCrossEntropyLoss head(4, 5, {}, {.bias = true, .dtype = float64});
  CHECK(keys(head) == Keys{"linear.weight", "linear.bias"});
  CHECK(same_bits(head(x, t), linear_cross_entropy(x, head.linear.weight, t, head.linear.bias)));
  // Options move with the module.
  nn::CrossEntropyLoss half = ce;
  half.to(float32);
  CHECK(half.weight.dtype() == float32);
  CHECK_ERROR(ce(x), "CrossEntropyLoss: has no forward of one tensor. Call the forward that it declares");
}

TEST_CASE("nn: the other layers and activations are their ops") {
  const Tensor x = sample({2, 4, 2, 2}), a = sample({3, 4}), b = sample({3, 4}, float64, -2, 2, 2);
  CHECK(same_bits(nn::Tanhshrink()(x), tanhshrink(x)));
  CHECK(same_bits(nn::Softshrink(0.3)(x), softshrink(x, 0.3)));
  CHECK(same_bits(nn::Hardshrink(0.3)(x), hardshrink(x, 0.3)));
  CHECK(same_bits(nn::Threshold(0.1, 7)(x), threshold(x, 0.1, 7)));
  CHECK(same_bits(nn::Softmin(1)(x), softmin(x, 1)));
  CHECK(same_bits(nn::Softmax2d()(x), softmax(x, 1)));
  CHECK(same_bits(nn::GLU(1)(x), glu(x, 1)));
  nn::RReLU rr(0.1, 0.3);
  rr.eval();
  CHECK(same_bits(rr(x), leaky_relu(x, 0.2)));
  CHECK(same_bits(nn::PixelShuffle(2)(x), pixel_shuffle(x, 2)));
  CHECK(same_bits(nn::PixelUnshuffle(2)(x), pixel_unshuffle(x, 2)));
  CHECK(same_bits(nn::ChannelShuffle(2)(x), channel_shuffle(x, 2)));
  CHECK(same_bits(nn::CosineSimilarity()(a, b), cosine_similarity(a, b)));
  CHECK(same_bits(nn::PairwiseDistance(1)(a, b), pairwise_distance(a, b, 1)));
  CHECK_ERROR(nn::Softmax2d()(a), "Softmax2d: x must be [n, c, h, w] or [c, h, w]; got shape=[3, 4]");

  nn::Sequential dropouts{nn::Dropout1d(1), nn::Dropout2d(1), nn::Dropout3d(1), nn::AlphaDropout(1), nn::FeatureAlphaDropout(1)};
  for (std::size_t i = 0; i < dropouts.size(); ++i) {
    const Tensor v = i == 0 ? x[0] : x;
    CHECK(close(dropouts[i](v), zeros_like(v)));
    dropouts[i].eval();
    CHECK(same_bits(dropouts[i](v), v));
  }
  CHECK_ERROR(nn::AlphaDropout(-1), "Dropout: probability must be in [0, 1]; got p=-1");

  nn::EmbeddingBag bag(5, 3, {.mode = BagMode::sum, .padding_idx = 2, .dtype = float64});
  CHECK(keys(bag) == Keys{"weight"});
  CHECK(close(bag.weight[2], zeros({3}, f64)));
  CHECK(same_bits(bag(tensor({1, 2, 4}), tensor({0, 2})), embedding_bag(tensor({1, 2, 4}), bag.weight, {.offsets = tensor({0, 2}), .mode = BagMode::sum, .padding_idx = 2})));
  CHECK(same_bits(bag(tensor({{1, 2}, {4, 0}})), embedding_bag(tensor({{1, 2}, {4, 0}}), bag.weight, {.mode = BagMode::sum, .padding_idx = 2})));
  nn::Bilinear product(4, 4, 2, {.dtype = float64});
  CHECK(keys(product) == Keys{"weight", "bias"});
  CHECK(max(abs(product.weight)).item<double>() <= 0.5);
  CHECK(same_bits(product(a, b), bilinear(a, b, product.weight, product.bias)));
}

TEST_CASE("nn: multi-head attention with learnt keys, and its weights") {
  nn::MultiheadAttention m(4, 2, {.batch_first = true, .add_bias_kv = true, .add_zero_attn = true, .dtype = float64});
  CHECK(keys(m) == Keys{"in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"});
  m.eval();
  const Tensor x = sample({3, 5, 4});
  const MultiheadResult r = m.attend(x, x, x), heads = m.attend(x, x, x, {}, true, false);
  CHECK(r.weights.shape() == Shape{3, 5, 7});
  CHECK(heads.weights.shape() == Shape{3, 2, 5, 7});
  CHECK(close(sum(r.weights, {-1}), ones({3, 5}, f64), 1e-12));
  CHECK(close(mean(heads.weights, {1}), r.weights, 1e-12));
  CHECK(close(m(x), r.output, 1e-12));
  CHECK(close(m(x[0]), r.output[0], 1e-12));
}
