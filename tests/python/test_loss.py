# Losses, normalisation, embeddings, attention and playhead.masked, beside NumPy and SciPy.
import numpy as np
import pytest
import scipy.special as ss
from conftest import close, error

import playhead as ph

rng = np.random.default_rng(3)
X, Y = rng.standard_normal((2, 5, 4))
P = rng.uniform(0.1, 0.9, (5, 4))
SIGN = np.where(rng.standard_normal((5, 4)) > 0, 1.0, -1.0)
T = np.array([2, 0, 3, 1, 1])


def t(a):
    return ph.asarray(a)


def reductions(f, loss, scale=None):
    """f(reduction) gives each of these losses, their mean (or their sum over `scale`), their sum."""
    close(f("none"), loss)
    close(f("sum"), loss.sum())
    close(f("mean"), loss.mean() if scale is None else loss.sum() / scale)


def relu(x):
    return np.maximum(x, 0)


def test_losses_of_pairs():
    x, y, p, s = t(X), t(Y), t(P), t(SIGN)
    e = X - Y
    reductions(lambda r: ph.mse_loss(x, y, reduction=r), e**2)
    reductions(lambda r: ph.l1_loss(input=x, target=y, reduction=r), abs(e))
    reductions(lambda r: ph.smooth_l1_loss(x, y, reduction=r, beta=0.5), np.where(abs(e) < 0.5, e**2, abs(e) - 0.25))
    reductions(lambda r: ph.huber_loss(x, y, reduction=r, delta=0.5), np.where(abs(e) < 0.5, e**2 / 2, 0.5 * (abs(e) - 0.25)))
    reductions(lambda r: ph.binary_cross_entropy(p, p, reduction=r), -(P * np.log(P) + (1 - P) * np.log(1 - P)))
    reductions(lambda r: ph.binary_cross_entropy_with_logits(x, p, reduction=r), np.logaddexp(0, X) - P * X)
    reductions(lambda r: ph.kl_div(x, p, reduction=r), P * (np.log(P) - X))
    reductions(lambda r: ph.soft_margin_loss(x, s, reduction=r), np.log1p(np.exp(-SIGN * X)))
    reductions(lambda r: ph.hinge_embedding_loss(x, s, margin=0.5, reduction=r), np.where(SIGN > 0, X, relu(0.5 - X)))
    reductions(lambda r: ph.margin_ranking_loss(x, y, s, margin=0.2, reduction=r), relu(-SIGN * e + 0.2))
    reductions(lambda r: ph.poisson_nll_loss(x, p, reduction=r), np.exp(X) - P * X)
    reductions(lambda r: ph.gaussian_nll_loss(x, y, p, full=True, reduction=r), 0.5 * (np.log(P) + e**2 / P + np.log(2 * np.pi)))
    reductions(lambda r: ph.gaussian_nll_loss(x, y, 0.4, reduction=r), 0.5 * (np.log(0.4) + e**2 / 0.4))
    close(ph.kl_div(x, p, reduction="batchmean"), (P * (np.log(P) - X)).sum() / 5)


def test_losses_of_rows():
    x, y, p, target = t(X), t(Y), t(P), t(T)
    logp = X - ss.logsumexp(X, 1, keepdims=True)
    rows = np.arange(5)
    weight = np.array([0.5, 1, 2, 0.3])
    reductions(lambda r: ph.cross_entropy(x, target, reduction=r), -logp[rows, T])
    reductions(lambda r: ph.nll_loss(t(logp), target, weight=t(weight), reduction=r), -logp[rows, T] * weight[T], weight[T].sum())
    w, b = rng.standard_normal((4, 3)), rng.standard_normal(4)
    z = rng.standard_normal((5, 3))
    reductions(lambda r: ph.linear_cross_entropy(t(z), t(w), target, linear_bias=t(b), reduction=r),
               -(z @ w.T + b - ss.logsumexp(z @ w.T + b, 1, keepdims=True))[rows, T])
    over = relu(0.5 - X[rows, T][:, None] + X)
    over[rows, T] = 0
    reductions(lambda r: ph.multi_margin_loss(x, target, margin=0.5, reduction=r), over.sum(1) / 4)
    reductions(lambda r: ph.multi_margin_loss(x, target, p=2, margin=0.5, weight=t(weight), reduction=r), (over**2).sum(1) / 4 * weight[T])
    reductions(lambda r: ph.multilabel_soft_margin_loss(x, p, reduction=r), (np.logaddexp(0, X) - P * X).mean(1))
    labels = np.array([[3, 0, -1, 1]] * 5)
    others = relu(1 - X[:, [3, 0]][:, :, None] + X[:, [1, 2]][:, None, :])
    reductions(lambda r: ph.multilabel_margin_loss(x, t(labels), reduction=r), others.sum((1, 2)) / 4)
    cosine = (X * Y).sum(1) / np.sqrt((X**2).sum(1) * (Y**2).sum(1))
    sign = SIGN[:, 0]
    reductions(lambda r: ph.cosine_embedding_loss(x, y, t(sign), margin=0.1, reduction=r), np.where(sign > 0, 1 - cosine, relu(cosine - 0.1)))
    near, far = np.linalg.norm(X - Y + 1e-6, axis=1), np.linalg.norm(X - P + 1e-6, axis=1)
    reductions(lambda r: ph.triplet_margin_loss(x, y, p, margin=2.0, reduction=r), relu(near - far + 2))
    distance = lambda a, b: abs(a - b).sum(-1)  # noqa: E731
    reductions(lambda r: ph.triplet_margin_with_distance_loss(x, y, p, distance_function=distance, margin=2.0, reduction=r),
               relu(abs(X - Y).sum(1) - abs(X - P).sum(1) + 2))
    with pytest.raises(ZeroDivisionError):  # what a distance raises comes through
        ph.triplet_margin_with_distance_loss(x, y, p, distance_function=lambda a, b: 1 / 0)


def test_ctc_loss():
    logp = rng.standard_normal((3, 1, 3))
    logp -= ss.logsumexp(logp, -1, keepdims=True)
    q = np.exp(logp[:, 0])
    paths = [(1, 2, 2), (1, 1, 2), (0, 1, 2), (1, 0, 2), (1, 2, 0)]  # all that spell 1 2
    expected = -np.log(sum(q[0, a] * q[1, b] * q[2, c] for a, b, c in paths))
    close(ph.ctc_loss(t(logp), t(np.array([[1, 2]])), (3,), (2,), reduction="none"), [expected])
    close(ph.ctc_loss(t(logp[:, 0]), t(np.array([1, 2])), t(np.array(3)), t(np.array(2))), expected / 2)
    close(ph.ctc_loss(t(logp), t(np.array([[1, 1]])), (2,), (2,), zero_infinity=True), 0)
    error(IndexError, "ctc_loss: targets must be classes in [0, 3) other than the blank; got target=0 at position 1 of sample 0, blank=0",
          lambda: ph.ctc_loss(t(logp), t(np.array([[1, 0]])), (3,), (2,)))


def test_normalisation():
    x = rng.standard_normal((3, 4, 5))
    w, b = rng.standard_normal((2, 4))
    shape = (4, 1)

    def normal(v, axes):
        return (v - v.mean(axes, keepdims=True)) / np.sqrt(v.var(axes, keepdims=True) + 1e-5)

    mean, var = ph.zeros(4, dtype=ph.float64), ph.ones(4, dtype=ph.float64)
    close(ph.batch_norm(t(x), mean, var, t(w), t(b), training=True), normal(x, (0, 2)) * w.reshape(shape) + b.reshape(shape))
    close(mean, 0.1 * x.mean((0, 2)))
    close(var, 0.9 + 0.1 * x.var((0, 2), ddof=1))
    close(ph.batch_norm(t(x), mean, var), (x - np.asarray(mean).reshape(shape)) / np.sqrt(np.asarray(var).reshape(shape) + 1e-5))
    close(ph.batch_norm(t(x), None, None, training=True), normal(x, (0, 2)))
    close(ph.instance_norm(t(x)), normal(x, 2))
    close(ph.group_norm(t(x), 2, t(w)), normal(x.reshape(3, 2, 10), 2).reshape(x.shape) * w.reshape(shape))
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0)))
    around = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
    close(ph.local_response_norm(t(x), 3, alpha=0.5), x / (1 + 0.5 * around) ** 0.75)
    close(ph.layer_norm(t(x), (5,)), normal(x, 2))
    close(ph.rms_norm(t(x), (5,)), x / np.sqrt((x**2).mean(2, keepdims=True)))
    error(ValueError, "batch_norm: running statistics are needed outside training; got running_mean=none", lambda: ph.batch_norm(t(x), None, None))
    error(ValueError, "group_norm: num_groups must divide the channels; got num_groups=3, x=[3, 4, 5]", lambda: ph.group_norm(t(x), num_groups=3))


def test_embedding_bag_and_shuffles():
    w = rng.standard_normal((6, 3))
    i, offsets = np.array([1, 5, 1, 0, 2]), np.array([0, 2, 2])
    for mode, f in (("sum", np.sum), ("mean", np.mean), ("max", np.max)):
        close(ph.embedding_bag(t(i), t(w), t(offsets), mode=mode), [f(w[i[:2]], 0), np.zeros(3), f(w[i[2:]], 0)])
        close(ph.embedding_bag(t(i[:4].reshape(2, 2)), t(w), mode=mode), f(w[i[:4].reshape(2, 2)], 1))
    close(ph.embedding_bag(t(i[:4].reshape(2, 2)), t(w), mode="sum", padding_idx=1), w[[5, 0]])
    a = np.arange(32.0).reshape(1, 8, 2, 2)
    close(ph.pixel_unshuffle(ph.pixel_shuffle(t(a), 2), 2), a)
    close(ph.channel_shuffle(t(a), 2), a[:, [0, 4, 1, 5, 2, 6, 3, 7]])
    close(ph.glu(t(X)), X[:, :2] * ss.expit(X[:, 2:]))
    close(ph.rrelu(t(X), 0.2, 0.4), np.where(X > 0, X, 0.3 * X))
    close(ph.pdist(t(X)), [np.linalg.norm(X[i] - X[j]) for i in range(5) for j in range(i + 1, 5)])
    m = rng.standard_normal((2, 4, 4))
    close(ph.bilinear(t(X), t(Y), t(m)), np.einsum("ni,oij,nj->no", X, m, Y))
    y = np.asarray(ph.dropout2d(t(np.ones((50, 20, 3))), 0.25))
    assert set(np.unique(y)) <= {0.0, 1 / 0.75} and (y == y[:, :, :1]).all()
    assert ph.alpha_dropout(t(X), 0.5) is not None
    error(ValueError, "embedding_bag: scale_grad_by_freq and sparse are not supported; got one of them",
          lambda: ph.embedding_bag(t(i), t(w), t(offsets), sparse=True))
    error(ValueError, "embedding_bag: mode must be one of 'sum', 'mean', 'max'; got 'min'", lambda: ph.embedding_bag(t(i), t(w), t(offsets), mode="min"))


def test_multi_head_attention_forward():
    q, k = rng.standard_normal((3, 2, 4)), rng.standard_normal((5, 2, 4))
    w, b, ow = rng.standard_normal((12, 4)), rng.standard_normal(12), rng.standard_normal((4, 4))
    out, weights = ph.multi_head_attention_forward(t(q), t(k), t(k), 4, 2, t(w), t(b), None, None, False, 0.0, t(ow), None)
    heads = [(x @ w[i * 4:i * 4 + 4].T + b[i * 4:i * 4 + 4]).reshape(len(x), 2, 2, 2).transpose(1, 2, 0, 3) for i, x in enumerate((q, k, k))]
    a = ss.softmax(heads[0] @ heads[1].swapaxes(-1, -2) / np.sqrt(2), -1)
    close(weights, a.mean(1))
    close(out, (a @ heads[2]).transpose(2, 0, 1, 3).reshape(3, 2, 4) @ ow.T)
    out2, none = ph.multi_head_attention_forward(t(q), t(k), t(k), 4, 2, t(w), t(b), None, None, False, 0.0, t(ow), None, need_weights=False)
    assert none is None
    close(out2, np.asarray(out))
    apart = ph.multi_head_attention_forward(t(q), t(k), t(k), 4, 2, None, t(b), None, None, False, 0.0, t(ow), None, use_separate_proj_weight=True,
                                            q_proj_weight=t(w[:4]), k_proj_weight=t(w[4:8]), v_proj_weight=t(w[8:]))
    close(apart[0], np.asarray(out))


def test_masked():
    m = ph.masked
    mask = np.array([[True, True, False, True], [False] * 4, [False, True, True, False], [True] * 4, [True, False, False, False]])
    held = np.ma.array(X, mask=~mask)
    for name in ("sum", "prod", "mean"):
        close(getattr(m, name)(t(X), 1, mask=t(mask)), getattr(held, name)(1).filled({"sum": 0, "prod": 1, "mean": np.nan}[name]))
    close(m.amax(t(X), 0, mask=t(mask)), held.max(0))
    close(m.amin(t(X), dim=0, keepdim=True, mask=t(mask)), held.min(0)[None])
    close(m.argmax(t(X), 0, mask=t(mask)), held.argmax(0))
    assert int(m.argmin(t(X), mask=t(mask))) == held.argmin()
    close(m.var(t(X), 0, mask=t(mask)), held.var(0, ddof=1))
    close(m.std(t(X), 0, correction=0, mask=t(mask)), held.std(0))
    close(m.var(t(X), 0, False, mask=t(mask)), held.var(0))
    close(m.logsumexp(t(X), 1, mask=t(mask)), ss.logsumexp(np.where(mask, X, -np.inf), 1))
    close(m.norm(t(X), 2.0, 1, mask=t(mask)), np.sqrt((X**2 * mask).sum(1)))
    close(m.cumsum(t(X), 1, mask=t(mask)), np.cumsum(X * mask, 1))
    close(m.cumprod(t(X), 1, mask=t(mask)), np.cumprod(np.where(mask, X, 1), 1))
    close(m.softmax(t(X), 0, mask=t(mask)), ss.softmax(np.where(mask, X, -np.inf), 0))
    close(m.softmin(t(X), 0, mask=t(mask)), ss.softmax(np.where(mask, -X, -np.inf), 0))
    close(m.log_softmax(t(X), 0, mask=t(mask)), ss.log_softmax(np.where(mask, X, -np.inf), 0))
    close(m.normalize(t(X), 2.0, 1, mask=t(mask)), np.where(mask, X, 0) / np.maximum(np.sqrt((X**2 * mask).sum(1, keepdims=True)), 1e-12))
    close(m.median(t(X), 1, mask=t(mask)), [np.nan if not k.any() else np.sort(v[k])[(k.sum() - 1) // 2] for v, k in zip(X, mask)])
    close(m.logaddexp(t(X), t(Y), input_mask=t(mask)), np.logaddexp(np.where(mask, X, -np.inf), Y))
    assert m.sum(t(X), 1, dtype=ph.float32, mask=t(mask)).dtype == ph.float32
    error(TypeError, "masked.sum: mask must be bool; got dtype=float64", lambda: m.sum(t(X), mask=t(X)))


def test_gradients():
    x = ph.asarray(X[:3, :3].copy())
    x.requires_grad_()
    target = t(np.array([2, 0, 1]))
    for f in (lambda v: ph.cross_entropy(v, target), lambda v: ph.group_norm(v.reshape((1, 3, 3)), 3).sum(), lambda v: ph.multi_margin_loss(v, target)):
        (g,) = ph.grad([f(x)], [x])
        for i, j in ((0, 0), (1, 2), (2, 1)):
            step = np.zeros((3, 3))
            step[i, j] = 1e-6
            numeric = (float(f(t(X[:3, :3] + step))) - float(f(t(X[:3, :3] - step)))) / 2e-6
            assert abs(float(g[i, j]) - numeric) < 1e-5
