// Losses with margins, likelihoods, and cross entropy of a linear layer: PyTorch's numbers, derivatives, errors.
#include "nn_checks.h"

using namespace ph;
using test::close;
using test::derivatives;
using test::leaf;
using test::sample;

namespace {

constexpr LossReduction each = LossReduction::none, total = LossReduction::sum, average = LossReduction::mean;
using V = std::vector<Tensor>;
constexpr TensorOptions f64 = {.dtype = float64};

Tensor yes_or_no() { return where(greater(sample({3, 4}, float64, -2, 2, 4), 0), ones({3, 4}, f64), Scalar(-1)); }
Tensor largest(const Tensor& a, const Tensor& b) { return amax(abs(a - b), {-1}); }

}  // namespace

TEST_CASE("losses with margins: PyTorch's values") {
  const Tensor x = sample({3, 4}), y = sample({3, 4}, float64, -2, 2, 2), p = sample({3, 4}, float64, 0.1, 0.9, 3), yes = yes_or_no();
  const Tensor t = tensor({2, 0, 3}), w = sample({4}, float64, 0.5, 2, 5), labels = tensor({{3, 0, -1, 1}, {1, -1, 2, 3}, {0, 1, 2, 3}});
  CHECK_VALUES(hinge_embedding_loss(x, yes, 0.7, each), {0, -0.5104263084833369, 0.9468643748617886, 0, 1.891761216236935, 0.3169282713334003,
               0.8769227638575028, -1.2562181769005938, -0.7405691023277696, 0, 0.6397576208227533, 0.5655423678634903});
  CHECK_VALUES(margin_ranking_loss(x, y, yes, 0.3, each), {2.282137686744476, 2.389319116142685, 0.5575827357071901, 1.128026642910809, 0, 0, 0,
               1.8522351685740535, 0.05011369316160613, 2.277789928978762, 1.2770970814574325, 0.07482321498909633});
  CHECK_VALUES(soft_margin_loss(x, yes, each), {1.312525585967772, 0.980579699646552, 0.5773134804185603, 1.9671250711413726, 0.26519558801566157,
               0.9029149685473901, 0.6085934142066044, 1.5067658121504712, 1.1304754421857093, 1.7251193355519754, 0.7237219445989443,
               0.7626341532144207});
  CHECK_VALUES(cosine_embedding_loss(x, y, yes.select(1, 1), 0.1, each), {0.9716562482594646, 0, 0});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 1, .margin = 0.8, .reduction = each}), {1.3614066612901579, 1.231303609154827, 0.7300617223264128});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .reduction = each}), {3.1679909592992734, 2.3686234217875777, 1.3356068982177258});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .weight = w, .reduction = each}), {5.3063108929938405, 2.664986995256769,
               2.208122221976557});
  CHECK_VALUES(multilabel_margin_loss(x, labels, each), {0, 0.11000137686897438, 0});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, {}, each), {0.631882625779244, 0.8707857177144807, 0.5917878219727024});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, w, each), {0.9133602657395992, 1.2589992024232586, 0.864954338077635});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .reduction = each}), {3.413568705197121, 2.2014841111053043, 2.6649274671964625});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .p = 1, .swap = true, .reduction = each}), {4.227935269336918, 4.993026198234807,
               2.3767364082748474});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .reduction = each}), {2.5329027714320977, 1.2630932445430654,
               2.431700535390734});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .swap = true, .reduction = each}), {2.5329027714320977,
               2.1861846744677704, 2.431700535390734});
  CHECK_VALUES(hinge_embedding_loss(x, yes, 0.7, average), {0.22754691893868087});
  CHECK_VALUES(margin_ranking_loss(x, y, yes, 0.3, average), {0.9907604390555093});
  CHECK_VALUES(soft_margin_loss(x, yes, average), {1.0385803746371194});
  CHECK_VALUES(cosine_embedding_loss(x, y, yes.select(1, 1), 0.1, average), {0.3238854160864882});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 1, .margin = 0.8, .reduction = average}), {1.1075906642571327});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .reduction = average}), {2.290740426434859});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .weight = w, .reduction = average}), {3.393140036742389});
  CHECK_VALUES(multilabel_margin_loss(x, labels, average), {0.03666712562299146});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, {}, average), {0.6981520551554757});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, w, average), {1.0124379354134978});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .reduction = average}), {2.759993427832962});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .p = 1, .swap = true, .reduction = average}), {3.8658992919488573});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .reduction = average}), {2.075898850455299});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .swap = true, .reduction = average}), {2.383595993763534});
  CHECK_VALUES(hinge_embedding_loss(x, yes, 0.7, total), {2.7305630272641706});
  CHECK_VALUES(margin_ranking_loss(x, y, yes, 0.3, total), {11.889125268666112});
  CHECK_VALUES(soft_margin_loss(x, yes, total), {12.462964495645434});
  CHECK_VALUES(cosine_embedding_loss(x, y, yes.select(1, 1), 0.1, total), {0.9716562482594646});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 1, .margin = 0.8, .reduction = total}), {3.322771992771398});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .reduction = total}), {6.872221279304577});
  CHECK_VALUES(multi_margin_loss(x, t, {.p = 2, .margin = 0.8, .weight = w, .reduction = total}), {10.179420110227166});
  CHECK_VALUES(multilabel_margin_loss(x, labels, total), {0.11000137686897438});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, {}, total), {2.0944561654664273});
  CHECK_VALUES(multilabel_soft_margin_loss(x, p, w, total), {3.037313806240493});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .reduction = total}), {8.279980283498887});
  CHECK_VALUES(triplet_margin_loss(x, y, p, {.margin = 2, .p = 1, .swap = true, .reduction = total}), {11.597697875846572});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .reduction = total}), {6.227696551365897});
  CHECK_VALUES(triplet_margin_with_distance_loss(x, y, p, largest, {.margin = 1.5, .swap = true, .reduction = total}), {7.150787981290602});
  // Integer targets, one row, other floats.
  CHECK(close(hinge_embedding_loss(x, yes.to(int32), 0.7), hinge_embedding_loss(x, yes, 0.7)));
  CHECK(close(soft_margin_loss(x, yes.to(int8)), soft_margin_loss(x, yes)));
  CHECK(multi_margin_loss(x[0], tensor(2), {.reduction = each}).shape() == Shape{});
  CHECK(close(multi_margin_loss(x[0], tensor(2)), multi_margin_loss(x, t, {.reduction = each})[0]));
  CHECK(close(multilabel_margin_loss(x[0], labels[0]), multilabel_margin_loss(x, labels, each)[0]));
  CHECK(close(cosine_embedding_loss(x[0], y[0], tensor(1)), 1 - cosine_similarity(x[0], y[0], 0), 1e-10));
  CHECK(close(multi_margin_loss(x.to(float32), t).to(float64), multi_margin_loss(x, t), 1e-6));
  CHECK(multilabel_margin_loss(x.to(float16), labels).dtype() == float16);
  CHECK(soft_margin_loss(tensor({-1e30, 1e30}), tensor({1, 1}), each).to_vector<float>() == std::vector<float>{1e30f, 0});
}

TEST_CASE("losses with margins: derivatives of both orders, and at the margin") {
  const Tensor x = leaf({3, 4}), y = leaf({3, 4}, float64, -2, 2, 2), z = leaf({3, 4}, float64, -2, 2, 6), yes = yes_or_no();
  const Tensor t = tensor({2, 0, 3}), w = sample({4}, float64, 0.5, 2, 5), labels = tensor({{3, 0, -1, 1}, {1, -1, 2, 3}, {0, 1, 2, 3}});
  for (LossReduction r : {each, total, average}) {
    derivatives([=](const V& v) { return hinge_embedding_loss(v[0], yes, 0.7, r); }, {x});
    derivatives([=](const V& v) { return margin_ranking_loss(v[0], v[1], yes, 0.3, r); }, {x, y});
    derivatives([=](const V& v) { return soft_margin_loss(v[0], v[1], r); }, {x, y});
    derivatives([=](const V& v) { return cosine_embedding_loss(v[0], v[1], yes.select(1, 1), 0.1, r); }, {x, y});
    derivatives([=](const V& v) { return multi_margin_loss(v[0], t, {.p = 1, .margin = 0.8, .reduction = r}); }, {x});
    derivatives([=](const V& v) { return multi_margin_loss(v[0], t, {.p = 2, .margin = 0.8, .weight = w, .reduction = r}); }, {x});
    derivatives([=](const V& v) { return multilabel_margin_loss(v[0], labels, r); }, {x});
    derivatives([=](const V& v) { return multilabel_soft_margin_loss(v[0], v[1], w, r); }, {x, y});
    derivatives([=](const V& v) { return triplet_margin_loss(v[0], v[1], v[2], {.margin = 2, .swap = true, .reduction = r}); }, {x, y, z});
    derivatives([=](const V& v) { return triplet_margin_with_distance_loss(v[0], v[1], v[2], largest, {.reduction = r}); }, {x, y, z});
  }
  // What is exactly at its margin gets no gradient, as in PyTorch.
  const Tensor one = ones({2}, f64).requires_grad_();
  CHECK_VALUES(grad(hinge_embedding_loss(one, tensor({-1, 1})), one), {0, 0.5});
  CHECK_VALUES(grad(margin_ranking_loss(one, ones({2}, f64), tensor({1, -1})), one), {0, 0});
  CHECK_VALUES(grad(multi_margin_loss(tensor({1.0, 0.0}, f64) * one, tensor(0)), one), {0, 0});
  // A triplet of equal points: the distance of none has gradient 0.
  CHECK_VALUES(grad(triplet_margin_loss(one, ones({2}, f64), ones({2}, f64), {.eps = 0}), one), {0, 0});
}

TEST_CASE("likelihoods: PyTorch's values, and derivatives") {
  const Tensor x = sample({3, 4}), y = sample({3, 4}, float64, -2, 2, 2), p = sample({3, 4}, float64, 0.1, 0.9, 3);
  const Tensor counts = tensor({{0, 1, 2, 3}, {5, 0, 1, 8}, {1, 2, 0, 4}}, f64);
  CHECK_VALUES(poisson_nll_loss(x, counts, {.reduction = each}), {2.7155458025600985, 1.1106659454951053, 1.2749753927540217, 0.7006903179119925,
               6.262492017373937, 1.466783236700947, 1.0147672577582345, 10.334474202049975, 1.2174115684574363, 1.5553512941508343,
               1.062093944806611, 0.6060856641445607});
  CHECK_VALUES(poisson_nll_loss(x, counts, {.full = true, .reduction = each}), {2.7155458025600985, 1.1106659454951053, 1.9267818773585577,
               2.4647718614550493, 11.03333906896616, 1.466783236700947, 1.0147672577582345, 20.928665839533252, 1.2174115684574363,
               2.20715777875537, 1.062093944806611, 3.763348822388741});
  CHECK_VALUES(poisson_nll_loss(p, counts, {.log_input = false, .full = true, .eps = 1e-3, .reduction = each}), {0.7522891243324538,
               1.2486447315341995, 2.799613623147102, 3.343298677702873, 7.968989616890122, 0.676747464534993, 1.1820930454796053,
               13.819830258493752, 1.4879916139244795, 1.810747769886282, 0.82154493816873, 5.223967374020079});
  CHECK_VALUES(gaussian_nll_loss(x, y, p, {.reduction = each}), {2.468959213198342, 4.469757580712605, -0.35411177899922874, 0.313855962930133,
               1.2536750548424889, 0.9719853687802487, 2.670877771472927, 1.4911853914675537, -0.49067802065617117, 2.198212445174951,
               0.48276649164165425, -0.1344591260315534});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.select(1, 2), {.full = true, .reduction = each}), {5.1559540936110295, 5.6746560275592195,
               0.5648267542054439, 1.3009237133886886, 2.345397263892319, 2.1326281924047947, 3.5898163046775995, 2.947155926638496,
               0.8586577131336938, 3.2013231340932533, 1.401705024846327, 0.8515135014831107});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.narrow(0, 1, 1), {.eps = 0.5, .reduction = each}), {3.051913777242429, 3.0299437630513495,
               -0.2722542342360274, 0.31229993749277885, 1.2536750548424889, 0.9719853687802487, 2.670877771472927, 1.4911853914675537,
               -0.20870778957312883, 2.6948103568101356, 0.5999588867037124, -0.12191491419916756});
  CHECK_VALUES(gaussian_nll_loss(x, y, 0.4, {.reduction = each}), {4.452941895578852, 4.998422595411987, -0.37520928376907736, 0.3988897857756029,
               1.787515241469578, 1.5166272818083049, 3.3718532872448486, 2.5536471572605723, -0.3800914080054126, 4.431420888025195,
               0.7352530173037128, -0.3947646353022691});
  CHECK_VALUES(poisson_nll_loss(x, counts, {.reduction = average}), {2.4434447203469793});
  CHECK_VALUES(poisson_nll_loss(x, counts, {.full = true, .reduction = average}), {4.242611083686297});
  CHECK_VALUES(poisson_nll_loss(p, counts, {.log_input = false, .full = true, .eps = 1e-3, .reduction = average}), {3.4279798531762222});
  CHECK_VALUES(gaussian_nll_loss(x, y, p, {.reduction = average}), {1.2785021962111625});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.select(1, 2), {.full = true, .reduction = average}), {2.5020464708278314});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.narrow(0, 1, 1), {.eps = 0.5, .reduction = average}), {1.289481114154608});
  CHECK_VALUES(gaussian_nll_loss(x, y, 0.4, {.reduction = average}), {1.9247088185668246});
  CHECK_VALUES(poisson_nll_loss(x, counts, {.reduction = total}), {29.32133664416375});
  CHECK_VALUES(poisson_nll_loss(x, counts, {.full = true, .reduction = total}), {50.911333004235566});
  CHECK_VALUES(poisson_nll_loss(p, counts, {.log_input = false, .full = true, .eps = 1e-3, .reduction = total}), {41.13575823811467});
  CHECK_VALUES(gaussian_nll_loss(x, y, p, {.reduction = total}), {15.34202635453395});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.select(1, 2), {.full = true, .reduction = total}), {30.024557649933975});
  CHECK_VALUES(gaussian_nll_loss(x, y, p.narrow(0, 1, 1), {.eps = 0.5, .reduction = total}), {15.473773369855298});
  CHECK_VALUES(gaussian_nll_loss(x, y, 0.4, {.reduction = total}), {23.096505822801895});
  for (LossReduction r : {each, total, average}) {
    derivatives([=](const V& v) { return poisson_nll_loss(v[0], v[1], {.full = true, .reduction = r}); }, {leaf({3, 4}), leaf({3, 4}, float64, 1.5, 5)});
    derivatives([=](const V& v) { return poisson_nll_loss(v[0], v[1], {.log_input = false, .reduction = r}); }, {leaf({3, 4}, float64, 0.5, 2), leaf({3, 4})});
    derivatives([=](const V& v) { return gaussian_nll_loss(v[0], v[1], v[2], {.full = true, .reduction = r}); },
                {leaf({3, 4}), leaf({3, 4}, float64, -2, 2, 2), leaf({3}, float64, 0.5, 2)});
  }
  // The least variance passes the gradient on.
  const Tensor var = tensor({0.1, 0.7}, f64).requires_grad_();
  CHECK_VALUES(grad(gaussian_nll_loss(zeros({2}, f64), ones({2}, f64), var, {.eps = 0.5}), var), {-0.5, -0.15306122448979598});
}

TEST_CASE("linear_cross_entropy: PyTorch's values, the whole product's in parts, derivatives") {
  const Tensor x = sample({3, 4}), w5 = sample({5, 4}, float64, -2, 2, 6), b5 = sample({5}, float64, -2, 2, 7), c5 = sample({5}, float64, 0.5, 2, 8);
  const Tensor t5 = tensor({4, -100, 1}), q5 = softmax(sample({3, 5}, float64, -2, 2, 9), -1), t52 = tensor({{4, 0}, {2, 1}, {3, 3}});
  const Tensor w52 = sample({5, 2, 4}, float64, -2, 2, 10), b52 = sample({5, 2}, float64, -2, 2, 11);
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, {}, {.reduction = each}), {0.3112676312202734, 0, 0.7999282831749465});
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, b5, {.weight = c5, .reduction = each, .label_smoothing = 0.2}), {2.0142832155424726, 0,
               3.885146932147307});
  CHECK_VALUES(linear_cross_entropy(x, w5, q5, b5, {.weight = c5, .reduction = each, .label_smoothing = 0.2}), {4.260343513233343, 4.322361652185363,
               3.355815741094956});
  CHECK_VALUES(linear_cross_entropy(x, w52, t52, b52, {.ignore_index = 3, .reduction = each}), {8.274826924475814, 1.3970961193801363,
               7.0862442219243444, 0.5811852997650542, 0, 0});
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, {}, {.reduction = average}), {0.55559795719761});
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, b5, {.weight = c5, .reduction = average, .label_smoothing = 0.2}), {1.5303082673337443});
  CHECK_VALUES(linear_cross_entropy(x, w5, q5, b5, {.weight = c5, .reduction = average, .label_smoothing = 0.2}), {3.979506968837887});
  CHECK_VALUES(linear_cross_entropy(x, w52, t52, b52, {.ignore_index = 3, .reduction = average}), {4.334838141386337});
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, {}, {.reduction = total}), {1.11119591439522});
  CHECK_VALUES(linear_cross_entropy(x, w5, t5, b5, {.weight = c5, .reduction = total, .label_smoothing = 0.2}), {5.899430147689779});
  CHECK_VALUES(linear_cross_entropy(x, w5, q5, b5, {.weight = c5, .reduction = total, .label_smoothing = 0.2}), {11.938520906513661});
  CHECK_VALUES(linear_cross_entropy(x, w52, t52, b52, {.ignore_index = 3, .reduction = total}), {17.339352565545347});
  CHECK_VALUES(linear_cross_entropy(x[0], w5, t5[0], b5), {0.5212838226771548});
  CHECK(linear_cross_entropy(x[0], w5, t5[0], b5, {.reduction = each}).shape() == Shape{});
  for (LossReduction r : {each, total, average}) {
    derivatives([=](const V& v) { return linear_cross_entropy(v[0], v[1], t5, v[2], {.reduction = r}); }, {leaf({3, 4}), leaf({5, 4}), leaf({5})});
    derivatives([=](const V& v) { return linear_cross_entropy(v[0], v[1], softmax(v[2], 1), {}, {.reduction = r}); }, {leaf({3, 4}), leaf({5, 4}), leaf({3, 5})});
  }
  // Many classes: three parts, which are the same as the whole to all orders.
  const std::int64_t n = 600, classes = 8192;
  const Tensor many = leaf({n, 3}), table = leaf({classes, 3}, float64, -2, 2, 2), bias = leaf({classes}, float64, -2, 2, 3);
  Tensor target = remainder(arange(n) * 977, Scalar(classes));
  target[5].fill_(-100);
  for (LossReduction r : {each, total, average}) {
    const ClassLossOptions o = {.reduction = r, .label_smoothing = 0.1};
    const Tensor parts = linear_cross_entropy(many, table, target, bias, o), whole = cross_entropy(linear(many, table, bias), target, o);
    CHECK(close(parts, whole, 1e-12));
    const Tensor g = sample(parts.shape(), float64, 0.5, 1.5, 9);
    const V inputs{many, table, bias};
    const V a = grad({parts}, inputs, {.gradients = {g}, .create_graph = true}), b = grad({whole}, inputs, {.gradients = {g}, .create_graph = true});
    for (std::size_t i = 0; i < 3; ++i) CHECK(close(a[i], b[i], 1e-9, 1e-12));
    if (r == average) CHECK(close(grad(sum(square(a[0])), table), grad(sum(square(b[0])), table), 1e-8, 1e-12));
  }
  CHECK(linear_cross_entropy(zeros({0, 4}), zeros({5, 4}), zeros({0}, {.dtype = int64}), {}, {.reduction = total}).item<float>() == 0);
}

TEST_CASE("losses with margins and likelihoods: errors, word for word") {
  const Tensor x = zeros({2, 3}), t = tensor({0, 1});
  CHECK_ERROR(hinge_embedding_loss(tensor({1, 2}), t), "hinge_embedding_loss: x must be floating; got dtype=int64");
  CHECK_ERROR(cosine_embedding_loss(x, x, x), "cosine_embedding_loss: a and b must be [N, D] with target [N], or [D] with []; got a=[2, 3], b=[2, 3], target=[2, 3]");
  CHECK_ERROR(multi_margin_loss(x, tensor({0, 3})), "multi_margin_loss: targets must be classes in [0, 3); got target=3 at position 1");
  CHECK_ERROR(multi_margin_loss(x, t, {.p = 3}), "multi_margin_loss: p must be 1 or 2; got p=3");
  CHECK_ERROR(multi_margin_loss(x, tensor({0.0, 1.0})), "multi_margin_loss: target must be integers; got dtype=float32");
  CHECK_ERROR(multi_margin_loss(x, tensor({0})), "multi_margin_loss: target does not fit; got x=[2, 3], target=[1], expected [2]");
  CHECK_ERROR(multi_margin_loss(x, t, {.weight = ones({2})}), "multi_margin_loss: weight must have one number per class; got weight=[2], x=[2, 3]");
  CHECK_ERROR(multilabel_margin_loss(x, tensor({{0, -1, 9}, {1, 3, -1}})), "multilabel_margin_loss: targets must be classes in [0, 3); got target=3 at position 4");
  CHECK_ERROR(multilabel_margin_loss(zeros({2, 0}), zeros({2, 0}, {.dtype = int64})), "multilabel_margin_loss: x must be [N, C] or [C] with at least one class; got shape=[2, 0]");
  CHECK_ERROR(multilabel_soft_margin_loss(x, zeros({3})), "multilabel_soft_margin_loss: shapes must be equal; got x=[2, 3], target=[3]");
  CHECK_ERROR(margin_ranking_loss(x, x, x, 0, LossReduction::batchmean),
              "margin_ranking_loss: reduction must be none, mean or sum; got reduction=batchmean. Only kl_div has it");
  CHECK_ERROR(triplet_margin_loss(x, x, zeros({3})), "triplet_margin_loss: all must have one number of dimensions; got anchor=[2, 3], positive=[2, 3], negative=[3]");
  CHECK_ERROR(triplet_margin_with_distance_loss(x, x, x, largest, {.margin = 0}), "triplet_margin_with_distance_loss: margin must be positive; got margin=0");
  CHECK_ERROR(gaussian_nll_loss(x, x, zeros({4})),
              "gaussian_nll_loss: var must have x's shape, or size 1 in one dimension, or leave out the last one; got x=[2, 3], var=[4]");
  CHECK_ERROR(gaussian_nll_loss(x, x, -1.0), "gaussian_nll_loss: var must not be negative; got -1");
  CHECK_ERROR(linear_cross_entropy(x, zeros({5, 4}), t), "linear_cross_entropy: x must be [in] or [N, in], and weight [C, in] or [C, size..., in]; got x=[2, 3], weight=[5, 4]");
  CHECK_ERROR(linear_cross_entropy(x, zeros({5, 3}), tensor({1})), "linear_cross_entropy: target does not fit; got target=[1], expected [2]");
  CHECK_ERROR(linear_cross_entropy(x, zeros({5, 3}), t, zeros({3})),
              "linear_cross_entropy: bias must have weight's shape without its last dimension; got bias=[3], weight=[5, 3]");
  CHECK_ERROR(linear_cross_entropy(x, zeros({5, 3}), t, {}, {.weight = ones({5}).requires_grad_()}),
              "linear_cross_entropy: weight takes no gradient, but requires one. Pass weight.detach()");
}
