# Sorting, searching, distinct values, counts, quantiles, gradients of samples: against NumPy; argument forms and errors.
import numpy as np
import pytest
from conftest import close, error

import playhead as ph

rng = np.random.default_rng(2)
floats = rng.random((5, 6)) * 4 - 2
few = rng.integers(-3, 4, (5, 6))


def test_sort_and_its_kin():
    x = ph.asarray(few)
    close(ph.sort(x, axis=0, descending=True), -np.sort(-few, axis=0))
    close(ph.argsort(x), np.argsort(few, stable=True))
    close(x.msort(), np.sort(few, axis=0))
    values, indices = ph.topk(ph.asarray(floats), 2)
    close(values, -np.sort(-floats)[:, :2])
    close(ph.take_along_axis(ph.asarray(floats), indices), values)
    r = ph.kthvalue(ph.asarray(floats), 3, dim=0, keepdim=True)
    close(r.values, np.sort(floats, axis=0)[2:3])
    m = ph.mode(ph.tensor([[1, 2, 2], [3, 3, 1]]))
    close(m.values, [2, 3])
    close(ph.median(ph.asarray(floats), 1).values, np.sort(floats)[:, 2])
    close(ph.median(ph.tensor([3.0, 1.0, 2.0])), 2.0)
    close(ph.nanmedian(ph.tensor([3.0, float("nan"), 2.0])), 2.0)


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "midpoint"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_quantile(method, axis):
    q = [0.0, 0.13, 0.5, 0.77, 1.0]
    x, q_tensor = ph.asarray(floats), ph.tensor(q, dtype=ph.float64)
    close(ph.quantile(x, q_tensor, axis, interpolation=method), np.quantile(floats, q, axis=axis, method=method), 1e-12)
    close(ph.quantile(x, 0.4, axis, keepdims=True, interpolation=method), np.quantile(floats, 0.4, axis=axis, keepdims=True, method=method), 1e-12)
    holes = floats.copy()
    holes[rng.random(floats.shape) < 0.3] = np.nan
    close(ph.nanquantile(ph.asarray(holes), q_tensor, axis, interpolation=method), np.nanquantile(holes, q, axis=axis, method=method), 1e-12)


def test_searchsorted():
    edges = np.sort(floats[0])
    x = ph.asarray(edges)
    for side in ("left", "right"):
        close(ph.searchsorted(x, ph.asarray(floats), side=side), np.searchsorted(edges, floats, side=side))
        close(ph.searchsorted(x, ph.asarray(edges), side=side), np.searchsorted(edges, edges, side=side))
    close(ph.searchsorted(ph.asarray(floats[0]), ph.asarray(floats), sorter=ph.argsort(ph.asarray(floats[0]))), np.searchsorted(edges, floats))
    close(ph.searchsorted(x, 0.1, right=True), np.searchsorted(edges, 0.1, "right"))
    assert ph.searchsorted(x, x, out_int32=True).dtype == ph.int32
    close(ph.bucketize(ph.asarray(floats), x, right=True), np.searchsorted(edges, floats, "right"))
    error(ValueError, "searchsorted: side must be 'left' or 'right'; got 'up'", lambda: ph.searchsorted(x, x, side="up"))
    error(ValueError, "searchsorted: right=True contradicts side='left'", lambda: ph.searchsorted(x, x, side="left", right=True))


def test_unique():
    for a in (few, few.astype(np.uint8), floats.round(0), few + 1j * few.T[:5, :5].repeat(2, axis=1)[:, :6], few > 0, np.zeros((0, 3)), np.array(3)):
        u = ph.unique_all(ph.asarray(a))
        values, indices, inverse, counts = np.unique(a, return_index=True, return_inverse=True, return_counts=True)
        close(u.values, values)
        close(u.indices, indices)
        close(u.inverse_indices, inverse.reshape(a.shape))
        close(u.counts, counts)
        close(ph.unique_values(ph.asarray(a)), values)
        assert u._fields if hasattr(u, "_fields") else u[0].is_same(u.values)
    c = ph.unique_counts(ph.asarray(few))
    close(c.counts, np.unique(few, return_counts=True)[1])
    i = ph.unique_inverse(ph.asarray(few))
    close(i.values[i.inverse_indices], few)
    close(ph.unique_values(ph.tensor([float("nan"), 1.0, float("nan")])), [1, np.nan, np.nan])


def test_unique_of_pytorch():
    a = rng.integers(0, 2, (7, 2, 2))
    x = ph.asarray(a)
    assert isinstance(ph.unique(x), ph.Tensor)
    for dim in range(3):
        values, inverse, counts = ph.unique(x, return_inverse=True, return_counts=True, dim=dim)
        v, i, c = np.unique(a, axis=dim, return_inverse=True, return_counts=True)
        close(values, v)
        close(inverse, i.reshape(-1))
        close(counts, c)
    values, counts = x.unique(return_counts=True)
    close(counts, np.unique(a, return_counts=True)[1])
    values, inverse, counts = ph.unique_consecutive(ph.tensor([1, 1, 2, 2, 2, 1]), True, True)
    close(values, [1, 2, 1])
    close(inverse, [0, 0, 1, 1, 1, 2])
    close(counts, [2, 3, 1])
    close(ph.unique_consecutive(ph.tensor([[1, 1], [1, 1], [2, 1]]), dim=0), [[1, 1], [2, 1]])


def test_isin():
    a, b = few, np.array([-3, 0, 2])
    x, y = ph.asarray(a), ph.asarray(b)
    close(ph.isin(x, y), np.isin(a, b))
    close(ph.isin(x, y, invert=True), np.isin(a, b, invert=True))
    close(ph.isin(x, 2), np.isin(a, 2))
    close(ph.isin(2, y, assume_unique=True), True)
    close(ph.isin(x, 1000), np.zeros(a.shape, bool))
    error(TypeError, "isin: one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)", lambda: ph.isin(1, 2))


def test_counts():
    n = np.abs(few).reshape(-1)
    w = rng.random(n.size)
    close(ph.bincount(ph.asarray(n)), np.bincount(n))
    close(ph.bincount(ph.asarray(n), ph.asarray(w), minlength=9), np.bincount(n, w, 9), 1e-12)
    close(ph.histc(ph.asarray(floats), 7, -1, 1), np.histogram(floats, 7, (-1, 1))[0])
    for kwargs in ({}, {"range": (-1, 1)}, {"density": True}):
        h = ph.histogram(ph.asarray(floats), 8, **kwargs)
        hist, edges = np.histogram(floats, 8, **kwargs)
        close(h.hist, hist, 1e-12)
        close(h.bin_edges, edges, 1e-12)
    edges = np.array([-2.0, -0.5, 0.3, 2.0])
    weight = rng.random(floats.shape)
    close(ph.histogram(ph.asarray(floats), ph.asarray(edges), weight=ph.asarray(weight)).hist, np.histogram(floats, edges, weights=weight)[0], 1e-12)
    p = rng.random((40, 2))
    for bins in (3, [2, 4]):
        hist, got = ph.histogramdd(ph.asarray(p), bins)
        expected, e = np.histogramdd(p, bins)
        close(hist, expected)
        for i in range(2):
            close(got[i], e[i], 1e-12)
    hist, _ = ph.histogramdd(ph.asarray(p), [3, 2], range=[(0, 1), (0, 0.5)], density=True)
    close(hist, np.histogramdd(p, [3, 2], range=[(0, 1), (0, 0.5)], density=True)[0], 1e-12)
    hist, _ = ph.histogramdd(ph.asarray(p), [ph.tensor([0.0, 0.5, 1.0]), ph.tensor([0.0, 0.2, 1.0])])
    close(hist, np.histogramdd(p, [np.array([0, 0.5, 1], np.float32), np.array([0, 0.2, 1], np.float32)])[0])
    error(ValueError, "histogram: bins must be one number or one Tensor of edges. Use histogramdd", lambda: ph.histogram(ph.asarray(p), [2, 2]))
    error(TypeError, "histogram: bins must be a number of bins, or Tensors of edges; got str", lambda: ph.histogram(ph.asarray(p), "auto"))
    error(ValueError, "histc: needs at least one bin; got bins=0", lambda: ph.histc(ph.asarray(p), 0))


def test_gradient():
    x = ph.asarray(floats)
    for order in (1, 2):
        for got, expected in zip(ph.gradient(x, edge_order=order), np.gradient(floats, edge_order=order)):
            close(got, expected, 1e-12)
        for got, expected in zip(ph.gradient(x, spacing=[0.5, 2.0], edge_order=order), np.gradient(floats, 0.5, 2.0, edge_order=order)):
            close(got, expected, 1e-12)
        points = np.cumsum(rng.random(6) + 0.1)
        close(ph.gradient(x, spacing=[ph.asarray(points)], dim=1, edge_order=order)[0], np.gradient(floats, points, axis=1, edge_order=order), 1e-11)
        close(ph.gradient(x, spacing=ph.asarray(points), dim=1, edge_order=order)[0], np.gradient(floats, points, axis=1, edge_order=order), 1e-11)
    close(ph.gradient(x, spacing=2, dim=(1, 0))[0], np.gradient(floats, 2.0, axis=1), 1e-12)


def test_combinations_and_blocks():
    from itertools import combinations, combinations_with_replacement, product

    v = [3, 1, 4, 1]
    close(ph.combinations(ph.tensor(v)), list(combinations(v, 2)))
    close(ph.combinations(ph.tensor(v), 3, with_replacement=True), list(combinations_with_replacement(v, 3)))
    close(ph.cartesian_prod(ph.tensor([1, 2]), ph.tensor(v)), list(product([1, 2], v)))
    close(ph.block_diag(ph.tensor([[1, 2]]), ph.tensor(3)), [[1, 2, 0], [0, 0, 3]])
    a = np.arange(24).reshape(2, 4, 3)
    for name in ("hsplit", "vsplit", "dsplit"):
        cut = {"hsplit": 2, "vsplit": 2, "dsplit": 3}[name]
        for got, expected in zip(getattr(ph, name)(ph.asarray(a), cut), getattr(np, name)(a, cut)):
            close(got, expected)
        for got, expected in zip(getattr(ph.asarray(a), name)([1]), getattr(np, name)(a, [1])):
            close(got, expected)
    assert ph.broadcast_shapes((2, 1), (3,), 1) == (2, 3)
    close(ph.asarray(a).sum_to_size(4, 1), a.sum((0, 2)).reshape(4, 1))
    close(ph.asarray(a).sum_to_size((2, 1, 1)), a.sum((1, 2), keepdims=True))
    for got, expected in zip(ph.unravel_index(ph.tensor([5, 23]), (2, 3, 4)), np.unravel_index([5, 23], (2, 3, 4))):
        close(got, expected)
    close(ph.fill(ph.asarray(a), 7), np.full(a.shape, 7))
    close(ph.tensor([[1.0, 2.0], [3.0, 4.0]]).index_reduce(0, ph.tensor([0, 0]), ph.tensor([[2.0, 3.0], [4.0, 5.0]]), "prod"), [[8, 30], [3, 4]])
    close(ph.as_strided_scatter(ph.zeros(3, 3), ph.ones(2, 2), (2, 2), (1, 2)), [[1, 1, 1], [1, 0, 0], [0, 0, 0]])
    assert ph.array_equal(ph.tensor([1, 2]), ph.tensor([1.0, 2.0])) and not ph.array_equal(ph.tensor([1]), ph.tensor([1, 1]))
    assert ph.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert ph.scalar_tensor(2).dtype == ph.float32 and ph.scalar_tensor(1j).dtype == ph.complex64


def test_gradients_pass():
    x = ph.asarray(floats).requires_grad_()
    (ph.quantile(x, 0.3, 1).sum() + ph.median(x) + ph.gradient(x)[0].square().sum() + ph.combinations(x[0]).prod(1).sum()).backward()
    assert bool(ph.isfinite(x.grad).all()) and float(ph.count_nonzero(x.grad)) > 12
    w = ph.ones(30, dtype=ph.float64, requires_grad=True)
    ph.histogram(ph.asarray(floats).reshape(-1), 3, weight=w).hist[1].backward()
    close(w.grad.sum(), np.histogram(floats, 3)[0][1])
