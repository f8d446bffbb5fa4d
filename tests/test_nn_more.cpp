// Gates, distances, shuffles, bags of embeddings, dropout of channels, multi-head attention as an op: PyTorch's numbers, derivatives, errors.
#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::layouts;
using test::leaf;
using test::sample;
using test::same_bits;

namespace {

using V = std::vector<Tensor>;
constexpr TensorOptions f64 = {.dtype = float64};

}  // namespace

TEST_CASE("glu, gelu by name, prelu, rrelu") {
  const Tensor x = sample({2, 4}, float64, -2, 2, 47);
  CHECK_VALUES(glu(x, 1), {0.4794794946033925, -0.15487276722061377, -0.655412761240409, -0.4664066462750469});
  CHECK_VALUES(glu(x, 0), {0.12354844754062332, -0.06689990245258595, 0.6098826947440346, 1.4745903554218276});
  derivatives([](const V& v) { return glu(v[0], 0); }, {leaf({4, 3})});
  CHECK(glu(zeros({0, 4})).shape() == Shape{0, 2});
  CHECK(same_bits(gelu(x, "none"), gelu(x)));
  CHECK(same_bits(gelu(x, "tanh"), gelu_tanh(x)));
  const Tensor images = sample({2, 3, 4}), slopes = sample({3}, float64, 0.1, 0.5, 2);
  CHECK(same_bits(prelu(images, slopes), where(greater(images, 0), images, images * slopes.unsqueeze(1))));
  derivatives([](const V& v) { return prelu(v[0], v[1]); }, {leaf({2, 3, 4}), leaf({3}, float64, -1, 1, 2)});
  derivatives([](const V& v) { return prelu(v[0], v[1]); }, {leaf({}), leaf({1}, float64, -1, 1, 2)});

  CHECK(same_bits(rrelu(x, 0.2, 0.4), leaky_relu(x, (0.2 + 0.4) / 2)));
  Generator g(7);
  const Tensor y = rrelu(full({2000}, -1.0, f64), 0.2, 0.4, true, g);
  CHECK(max(y).item<double>() <= -0.2);
  CHECK(min(y).item<double>() >= -0.4);
  CHECK(mean(y).item<double>() == doctest::Approx(-0.3).epsilon(0.01));
  const Tensor leaf_x = leaf({50});
  const Tensor z = rrelu(leaf_x, 0.2, 0.4, true, g), slope = grad(sum(z), leaf_x);
  CHECK(close(slope * leaf_x, z, 1e-14));  // the slope that was drawn is the derivative
  CHECK_ERROR(glu(zeros({2, 3})), "glu: the dimension must be even; got shape=[2, 3], dim=-1");
  CHECK_ERROR(gelu(x, "erf"), "gelu: approximate must be none or tanh; got approximate=erf");
  CHECK_ERROR(prelu(zeros({2, 3}), zeros({2})), "prelu: weight must be one number, or one for each entry of dim 1; got x=[2, 3], weight=[2]");
  CHECK_ERROR(rrelu(x, 0.5, 0.2), "rrelu: lower must not be above upper; got lower=0.5, upper=0.2");
}

TEST_CASE("cosine_similarity, pdist, bilinear: PyTorch's values, derivatives") {
  const Tensor a = sample({2, 3}, float64, -2, 2, 40), b = sample({2, 3}, float64, -2, 2, 41), x = sample({4, 3}, float64, -2, 2, 42);
  CHECK_VALUES(cosine_similarity(a * 1e-9, b), {0.08221801554945347, -0.06954030072990286});
  CHECK_VALUES(pdist(x, 2), {3.9562912620988016, 2.693935520299799, 4.01433145349053, 4.030231172371235, 2.853954042993529, 2.501255736574395});
  CHECK_VALUES(pdist(x, 1), {5.749065420486726, 3.6741493239145924, 6.70486331095559, 6.339179422563655, 4.25294882771512, 3.0904903500176175});
  CHECK_VALUES(pdist(x, inf), {3.2817944727629995, 2.377142123814172, 2.879272001398714, 3.3116826542513094, 2.604373359091992, 2.4462090722610754});
  CHECK_VALUES(pdist(x, 0), {3, 3, 3, 3, 3, 3});
  CHECK_VALUES(pdist(x, 3), {3.5805510833922796, 2.4915591018803056, 3.4419424273107224, 3.593476910340389, 2.65869248796497, 2.4534003663555333});
  derivatives([](const V& v) { return cosine_similarity(v[0], v[1], 1); }, {leaf({2, 3}), leaf({4, 1, 3}, float64, -2, 2, 2)});
  for (double p : {1.0, 2.0, 3.0, inf}) derivatives([p](const V& v) { return pdist(v[0], p); }, {leaf({4, 3})});
  const Tensor same = ones({3, 2}, f64).requires_grad_();
  CHECK(close(grad(sum(pdist(same)), same), zeros({3, 2}, f64)));
  CHECK(pdist(zeros({1, 3})).shape() == Shape{0});
  CHECK(pdist(zeros({3, 0})).to_vector<float>() == std::vector<float>(3));
  const Tensor left = sample({2, 3}, float64, -2, 2, 43), right = sample({2, 4}, float64, -2, 2, 44), w = sample({2, 3, 4}, float64, -2, 2, 45);
  CHECK_VALUES(bilinear(left, right, w, sample({2}, float64, -2, 2, 46)), {11.017341389825116, -3.3593909596262934, -1.5970571618769793, -4.65191710350976});
  CHECK(close(bilinear(left[0], right[0], w), bilinear(left, right, w)[0], 1e-13));
  derivatives([](const V& v) { return bilinear(v[0], v[1], v[2], v[3]); }, {leaf({2, 2, 3}), leaf({2, 2, 4}, float64, -2, 2, 2), leaf({2, 3, 4}), leaf({2})});
  CHECK(bilinear(zeros({0, 3}), zeros({0, 4}), zeros({2, 3, 4})).shape() == Shape{0, 2});
  CHECK_ERROR(pdist(zeros({3})), "pdist: x must be a matrix; got shape=[3]");
  CHECK_ERROR(pdist(x, -1), "pdist: p must not be negative; got p=-1");
  CHECK_ERROR(bilinear(left, left, w), "bilinear: a must be [..., n], b [..., m], and weight [out, n, m]; got a=[2, 3], b=[2, 3], weight=[2, 3, 4]");
  CHECK_ERROR(bilinear(left, zeros({3, 4}, f64), w), "bilinear: a and b must have one batch shape; got a=[2, 3], b=[3, 4]");
  CHECK_ERROR(bilinear(left, right, w, zeros({3})), "bilinear: bias must be [out]; got bias=[3], weight=[2, 3, 4]");
}

TEST_CASE("pixel_shuffle, pixel_unshuffle, channel_shuffle") {
  const Tensor x = arange(32.0, f64).reshape({1, 8, 2, 2});
  CHECK_VALUES(pixel_shuffle(x, 2), {0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15, 16, 20, 17, 21, 24, 28, 25, 29, 18, 22, 19, 23, 26, 30, 27, 31});
  CHECK_VALUES(channel_shuffle(x, 4), {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31});
  CHECK(pixel_shuffle(x, 2).shape() == Shape{1, 2, 4, 4});
  CHECK(same_bits(pixel_unshuffle(pixel_shuffle(x, 2), 2), x));
  CHECK(pixel_shuffle(zeros({2, 0, 2, 3}), 2).shape() == Shape{2, 0, 4, 6});
  CHECK_THROWS_AS(pixel_shuffle(zeros({2, 0, 2, 3}), INT64_MAX), Error);
  CHECK_THROWS_AS(pixel_unshuffle(zeros({2, 0, 0}), INT64_MAX), Error);
  CHECK(same_bits(pixel_shuffle(x[0], 2), pixel_shuffle(x, 2)[0]));
  for (const auto& [label, view] : layouts(x)) CHECK(same_bits(pixel_shuffle(view, 2), pixel_shuffle(x, 2)));
  derivatives([](const V& v) { return pixel_shuffle(v[0], 2); }, {leaf({2, 4, 1, 3})});
  derivatives([](const V& v) { return pixel_unshuffle(v[0], 2); }, {leaf({1, 2, 4})});
  derivatives([](const V& v) { return channel_shuffle(v[0], 2); }, {leaf({2, 4, 3})});
  CHECK(pixel_shuffle(zeros({0, 4, 2, 2}), 2).shape() == Shape{0, 1, 4, 4});
  CHECK_ERROR(pixel_shuffle(zeros({3, 2, 2}), 2), "pixel_shuffle: the factor's square must divide the channels; got factor=2, x=[3, 2, 2]");
  CHECK_ERROR(pixel_shuffle(zeros({2, 2}), 2), "pixel_shuffle: x must be [..., C, H, W]; got shape=[2, 2]");
  CHECK_ERROR(pixel_shuffle(x, 0), "pixel_shuffle: the factor must be positive; got 0");
  CHECK_ERROR(pixel_unshuffle(zeros({1, 3, 4}), 2), "pixel_unshuffle: the factor must divide height and width; got factor=2, x=[1, 3, 4]");
  CHECK_ERROR(channel_shuffle(zeros({1, 3, 4}), 2), "channel_shuffle: groups must divide the channels; got groups=2, x=[1, 3, 4]");
}

TEST_CASE("embedding_bag: PyTorch's values, derivatives, errors") {
  const Tensor w = sample({5, 3}, float64, -2, 2, 50), grid = tensor({{1, 4, 1}, {0, 2, 4}}), list = tensor({1, 4, 1, 0, 2, 4, 3}), offsets = tensor({0, 2, 2, 6});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::sum}), {1.5104256040626285, 4.1682574116357625, 2.818980166924097, 2.156872202267578, 1.4895538361131537, -1.24650694863095});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::sum, .padding_idx = 4}), {2.3054948083445437, 2.172543113825766, 3.2023362005198246, 2.9519414065494933, -0.5061604616968425,
               -0.8631509150352223});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::sum}), {0.35767819989035665, 3.081985854722879, 1.2178120666641847, 0, 0, 0, 3.3096196064398495, 2.5758253930260366,
               0.3546611516289624, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::sum, .padding_idx = -4}), {-0.7950692042819152, 1.9957142978099962, -0.38335603359572756, 0, 0, 0, 2.156872202267578, 1.4895538361131537,
               -1.24650694863095, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = tensor({0, 2, 2, 7}), .mode = BagMode::sum, .include_last_offset = true}), {0.35767819989035665, 3.081985854722879, 1.2178120666641847, 0, 0, 0, 1.730293682728397, 1.7607224365922933,
               0.8797064874785612});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::mean}), {0.5034752013542095, 1.389419137211921, 0.9396600556413657, 0.7189574007558593, 0.49651794537105126,
               -0.41550231621031664});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::mean, .padding_idx = 4}), {1.1527474041722718, 1.086271556912883, 1.6011681002599123, 1.4759707032747467, -0.25308023084842124,
               -0.43157545751761117});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::mean}), {0.17883909994517833, 1.5409929273614396, 0.6089060333320924, 0, 0, 0, 0.8274049016099624, 0.6439563482565092,
               0.0886652879072406, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::mean, .padding_idx = -4}), {-0.7950692042819152, 1.9957142978099962, -0.38335603359572756, 0, 0, 0, 0.7189574007558593, 0.49651794537105126,
               -0.41550231621031664, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = tensor({0, 2, 2, 7}), .mode = BagMode::mean, .include_last_offset = true}), {0.17883909994517833, 1.5409929273614396, 0.6089060333320924, 0, 0, 0, 0.3460587365456794, 0.35214448731845865,
               0.17594129749571225});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::max}), {1.1527474041722718, 1.9957142978099962, 1.6011681002599123, 1.7720693350216452, 1.9957142978099962, 0.8903023613438164});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::max, .padding_idx = 4}), {1.1527474041722718, 1.086271556912883, 1.6011681002599123, 1.7720693350216452, 0.3455489998754464,
               0.8903023613438164});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::max}), {1.1527474041722718, 1.9957142978099962, 1.6011681002599123, 0, 0, 0, 1.7720693350216452, 1.9957142978099962,
               1.6011681002599123, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::max, .padding_idx = -4}), {-0.7950692042819152, 1.9957142978099962, -0.38335603359572756, 0, 0, 0, 1.7720693350216452, 1.9957142978099962,
               0.8903023613438164, -1.5793259237114525, -0.8151029564337433, 0.5250453358495988});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = tensor({0, 2, 2, 7}), .mode = BagMode::max, .include_last_offset = true}), {1.1527474041722718, 1.9957142978099962, 1.6011681002599123, 0, 0, 0, 1.7720693350216452, 1.9957142978099962,
               1.6011681002599123});
  CHECK_VALUES(embedding_bag(grid, w, {.mode = BagMode::sum, .per_sample_weights = sample({2, 3}, float64, -2, 2, 51)}), {-3.964223852384362, 0.4518830983509561, -4.406406271714537, -0.6398967870302921, -3.840266580164912, -2.452895391541608});
  CHECK_VALUES(embedding_bag(list, w, {.offsets = offsets, .mode = BagMode::sum, .per_sample_weights = sample({7}, float64, -2, 2, 52), .padding_idx = 4}), {-0.9529641510956417, -0.8980092675516663, -1.3236688227645557, 0, 0, 0, 6.291915081850615, 1.3390943811698952,
               1.8988541060993933, 0.7229867377889602, 0.3731393365906893, -0.24035622341026336});
  const Tensor t = w.clone().requires_grad_();
  CHECK_VALUES(grad(sum(embedding_bag(list, t, {.offsets = offsets, .mode = BagMode::max, .padding_idx = 1})), t), {1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 1});
  CHECK_VALUES(grad(sum(embedding_bag(list, t, {.offsets = offsets, .padding_idx = 1})), t), {0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 0, 0, 0, 0.3333333333333333, 0.3333333333333333,
               0.3333333333333333, 1, 1, 1, 1.3333333333333333, 1.3333333333333333, 1.3333333333333333});
  for (BagMode mode : {BagMode::sum, BagMode::mean, BagMode::max})
    for (Bound padding : {Bound(), Bound(4)}) {
      derivatives([=](const V& v) { return embedding_bag(grid, v[0], {.mode = mode, .padding_idx = padding}); }, {t});
      derivatives([=](const V& v) { return embedding_bag(list, v[0], {.offsets = offsets, .mode = mode, .padding_idx = padding}); }, {t});
    }
  derivatives([=](const V& v) { return embedding_bag(list, v[0], {.offsets = offsets, .mode = BagMode::sum, .per_sample_weights = v[1], .padding_idx = 4}); }, {t, leaf({7})});
  derivatives([=](const V& v) { return embedding_bag(grid, v[0], {.mode = BagMode::sum, .per_sample_weights = v[1]}); }, {t, leaf({2, 3})});
  for (BagMode mode : {BagMode::sum, BagMode::mean, BagMode::max}) {
    CHECK(close(embedding_bag(zeros({2, 0}, {.dtype = int64}), w, {.mode = mode}), zeros({2, 3}, f64)));
    CHECK(close(embedding_bag(zeros({0}, {.dtype = int64}), w, {.offsets = tensor({0, 0}), .mode = mode}), zeros({2, 3}, f64)));
    CHECK(embedding_bag(zeros({0}, {.dtype = int64}), w, {.offsets = zeros({0}, {.dtype = int64}), .mode = mode}).shape() == Shape{0, 3});
    CHECK(embedding_bag(list.to(int32), w.to(float16), {.offsets = offsets.to(int32), .mode = mode}).dtype() == float16);
  }
  CHECK_ERROR(embedding_bag(list, w), "embedding_bag: offsets belong to x of one dimension; got x=[7], offsets=none");
  CHECK_ERROR(embedding_bag(grid, w, {.offsets = offsets}), "embedding_bag: offsets belong to x of one dimension; got x=[2, 3], offsets=a tensor");
  CHECK_ERROR(embedding_bag(list, w, {.offsets = tensor({1, 2})}), "embedding_bag: offsets must begin with 0; got 1");
  CHECK_ERROR(embedding_bag(list, w, {.offsets = tensor({0, 5, 2})}),
              "embedding_bag: offsets must ascend from 0 to at most the number of entries; got offset=5, next=2, entries=7");
  CHECK_ERROR(embedding_bag(list, w, {.offsets = tensor({0, 5}), .include_last_offset = true}),
              "embedding_bag: offsets must end with the number of entries when include_last_offset is set; got last=5, entries=7");
  CHECK_ERROR(embedding_bag(grid, w, {.per_sample_weights = zeros({2, 3})}), "embedding_bag: per_sample_weights are for sums; got mode=mean");
  CHECK_ERROR(embedding_bag(grid, w, {.mode = BagMode::sum, .per_sample_weights = zeros({2, 2})}),
              "embedding_bag: per_sample_weights must have x's shape; got per_sample_weights=[2, 2], x=[2, 3]");
  CHECK_ERROR(embedding_bag(grid, w, {.padding_idx = 5}), "embedding_bag: padding_idx must be a row of weight; got padding_idx=5, weight=[5, 3]");
}

TEST_CASE("dropout of channels, and dropout for selu") {
  Generator g(3);
  const Tensor x = sample({40, 30, 7}, float64, 0.5, 2);
  for (const bool alpha : {false, true}) {
    const Tensor y = alpha ? feature_alpha_dropout(x, 0.25, true, g) : dropout2d(x, 0.25, true, g);
    // Whole channels: the ratio (or what replaces it) is one for all of a channel's pixels.
    const double scale = 1 / std::sqrt((1.7580993408473766 * 1.7580993408473766 * 0.25 + 1) * 0.75), least = -1.7580993408473766;
    const Tensor kept = alpha ? x * scale - least * scale * 0.25 : x / 0.75, gone = alpha ? full({}, least * scale * 0.75, f64) : zeros({}, f64);
    const Tensor is_kept = less(abs(y - kept), 1e-12), is_gone = less(abs(y - gone), 1e-12);
    CHECK(all(logical_or(all(is_kept, {2}), all(is_gone, {2}))).item<bool>());
    CHECK(mean(is_kept.to(float64)).item<double>() == doctest::Approx(0.75).epsilon(0.05));
  }
  // Mean and variance of normal numbers stay.
  const Tensor normal = randn({200000}, f64, g), dropped = alpha_dropout(normal, 0.3, true, g);
  CHECK(std::fabs(mean(dropped).item<double>()) < 0.01);
  CHECK(var(dropped).item<double>() == doctest::Approx(1).epsilon(0.02));
  // One sample, the dims that PyTorch takes, and nothing to do.
  CHECK(dropout1d(x[0], 0.5, true, g).shape() == Shape{30, 7});
  CHECK(dropout3d(ones({2, 3, 2, 2}), 0.5, true, g).shape() == Shape{2, 3, 2, 2});
  CHECK(same_bits(dropout1d(x, 0.5, false), x));
  CHECK(same_bits(alpha_dropout(x, 0), x));
  CHECK(close(alpha_dropout(x, 1), zeros_like(x)));
  CHECK(close(dropout2d(x, 1), zeros_like(x)));
  const Tensor l = leaf({3, 4, 5});
  const Tensor once = dropout2d(l, 0.5, true, g);
  CHECK(close(grad(sum(once), l) * l, once, 1e-14));
  CHECK_ERROR(dropout1d(zeros({3})), "dropout1d: x must have 2 or 3 dimensions; got shape=[3]");
  CHECK_ERROR(dropout2d(zeros({3})), "dropout2d: x must be [N, C, size...]; got shape=[3]");
  CHECK_ERROR(dropout3d(zeros({3, 2})), "dropout3d: x must have 4 or 5 dimensions; got shape=[3, 2]");
  CHECK_ERROR(alpha_dropout(x, 2), "alpha_dropout: p must be a probability; got p=2");
  CHECK_ERROR(feature_alpha_dropout(zeros({3})), "feature_alpha_dropout: x must be [N, C, size...]; got shape=[3]");
}

TEST_CASE("multi_head_attention_forward: PyTorch's values, weights, more keys, derivatives, errors") {
  const std::int64_t t = 2, n = 2, s = 3, c = 4, heads = 2;
  const Tensor q = sample({t, n, c}), k = sample({s, n, c}, float64, -2, 2, 2), v = sample({s, n, c}, float64, -2, 2, 3);
  MultiheadParameters p{.in_proj_weight = sample({3 * c, c}, float64, -0.5, 0.5, 4), .in_proj_bias = sample({3 * c}, float64, -0.5, 0.5, 5),
                        .out_proj_weight = sample({c, c}, float64, -0.5, 0.5, 8), .out_proj_bias = sample({c}, float64, -0.5, 0.5, 9)};
  const auto run = [&](const MultiheadOptions& o) { return multi_head_attention_forward(q, k, v, heads, p, o); };
  CHECK_VALUES(run({}).output, {0.3684600544347776, -0.045654476202152544, 0.3008117587243873, -0.08772011636121999, 0.3897235853261347, 0.2177880756367876,
               0.4216136150785021, 0.2668972282661658, 0.4172492268747524, -0.0375588902865253, 0.3132599513383615, -0.07232066077757301,
               0.3294429248846803, -0.00017312676630210945, 0.1604320070688387, 0.03576343056976236});
  CHECK_VALUES(run({.need_weights = true}).output, {0.3684600544347776, -0.045654476202152544, 0.3008117587243873, -0.08772011636121999, 0.3897235853261347, 0.2177880756367876,
               0.4216136150785021, 0.2668972282661658, 0.4172492268747524, -0.0375588902865253, 0.3132599513383615, -0.07232066077757301,
               0.3294429248846803, -0.00017312676630210945, 0.1604320070688387, 0.03576343056976236});
  CHECK_VALUES(run({.need_weights = true}).weights, {0.36347451346581783, 0.24057425738984514, 0.395951229144337, 0.30431846871912577, 0.40139351798344935, 0.2942880132974249,
               0.2115723558126939, 0.576755765104335, 0.21167187908297114, 0.5291255883919681, 0.09267489647399148, 0.3781995151340404});
  CHECK_VALUES(run({.need_weights = true, .average_attn_weights = false}).weights, {0.41193632438152483, 0.13610109465421016, 0.45196258096426495, 0.2605484925880714, 0.4794015063967797, 0.26005000101514886,
               0.3150127025501109, 0.3450474201254801, 0.339939877324409, 0.34808844485018015, 0.323385529570119, 0.3285260255797009,
               0.08548369518647811, 0.8324953973300644, 0.08202090748345747, 0.5325744498024986, 0.0639000907875425, 0.4035254594099589,
               0.3376610164389097, 0.3210161328786056, 0.3413228506824848, 0.5256767269814377, 0.12144970216044046, 0.35287357085812193});
  CHECK(!run({}).weights.defined());
  const Tensor fixed_k = sample({n * heads, 5, c / heads}, float64, -2, 2, 11), fixed_v = sample({n * heads, 5, c / heads}, float64, -2, 2, 12);
  CHECK_VALUES(run({.static_k = fixed_k, .static_v = fixed_v}).output, {-0.6283425494699719, 0.41101099524042334, 0.47297417049132595, 0.5400227346847285, 0.4589077488521237, 0.7264650316088199,
               0.4084658716746424, 0.7885847214537883, -0.5153662575858465, 0.4601824460637491, 0.236820329585527, 0.5758725903194276,
               0.35738332952088525, 0.7504687855489832, 0.05661169379579439, 0.7911297530981536});
  // Causal, told three ways.
  const Tensor later = triu(ones({t, s}, {.dtype = bool_}), 1);
  CHECK(close(run({.is_causal = true}).output, run({.attn_mask = later}).output, 1e-12));
  CHECK(close(run({.is_causal = true, .need_weights = true}).output, run({.attn_mask = later}).output, 1e-12));
  // A sample whose keys are all hidden gets the output's bias.
  const Tensor hidden = tensor({{true, true, true}, {false, true, false}});
  for (bool weights : {false, true}) CHECK(close(run({.key_padding_mask = hidden, .need_weights = weights}).output.select(1, 0), p.out_proj_bias.expand({t, c}), 1e-13));

  p.bias_k = sample({1, 1, c}, float64, -2, 2, 6), p.bias_v = sample({1, 1, c}, float64, -2, 2, 7);
  const MultiheadOptions all{.key_padding_mask = tensor({{false, false, true}, {false, true, false}}), .attn_mask = sample({t, s}, float64, -2, 2, 10), .add_zero_attn = true};
  MultiheadOptions and_weights = all;
  and_weights.need_weights = true;
  CHECK_VALUES(run(all).output, {0.14538536102732824, 0.5828496234831114, 0.36628956720664946, 0.4755572929751127, 0.30611824626876627, 0.36141230226560644,
               0.2723565660224119, 0.33127766766465694, 0.3819730626976514, -0.04646529106910738, 0.3968186207250118, -0.09655642426090535,
               0.35113307084040535, 0.06840297353073235, 0.18300204304589418, 0.06355616820969208});
  CHECK_VALUES(run(and_weights).output, {0.14538536102732824, 0.5828496234831114, 0.36628956720664946, 0.4755572929751127, 0.30611824626876627, 0.36141230226560644,
               0.2723565660224119, 0.33127766766465694, 0.3819730626976514, -0.04646529106910738, 0.3968186207250118, -0.09655642426090535,
               0.35113307084040535, 0.06840297353073235, 0.18300204304589418, 0.06355616820969208});
  CHECK_VALUES(run(and_weights).weights, {0.06013428396279984, 0.04059013648025879, 0, 0.5950650743536932, 0.30421050520324827, 0.4523121821598101, 0.3990990565868942,
               0, 0.0594670127971615, 0.0891217484561342, 0.0687041961266, 0, 0.16934127540668403, 0.2744222206984498, 0.48753230776826617,
               0.6376408449491735, 0, 0.21730059218023434, 0.09206277410265021, 0.052995788767941865});
  CHECK(close(run({.is_causal = true}).output, run({.attn_mask = later}).output, 1e-12));
  const auto f = [&](const V& x) {
    MultiheadParameters own = p;
    own.in_proj_weight = x[3], own.in_proj_bias = x[4], own.bias_k = x[5], own.bias_v = x[5];
    return multi_head_attention_forward(x[0], x[1], x[2], heads, own, and_weights).output;
  };
  derivatives(f, {leaf({t, n, c}), leaf({s, n, c}, float64, -2, 2, 2), leaf({s, n, c}, float64, -2, 2, 3), leaf({3 * c, c}, float64, -0.5, 0.5, 4), leaf({3 * c}), leaf({1, 1, c})});

  CHECK_ERROR(multi_head_attention_forward(q, k, v, 3, p), "multi_head_attention_forward: the width must be a multiple of the heads; got width=4, heads=3");
  CHECK_ERROR(multi_head_attention_forward(q, k, q, 2, p),
              "multi_head_attention_forward: key and value must be as long, and all have one batch size; got query=[2, 2, 4], key=[3, 2, 4], value=[2, 2, 4]");
  CHECK_ERROR(multi_head_attention_forward(q, k, v, 2, {}),
              "multi_head_attention_forward: in_proj_weight is needed, or q_proj_weight, k_proj_weight and v_proj_weight; got in_proj_weight=none");
  CHECK_ERROR(run({.static_k = fixed_k}), "multi_head_attention_forward: bias_k and bias_v cannot be joined to static_k, static_v");
}
