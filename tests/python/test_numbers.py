# Numbers and lists beside tensors: what fits a dtype, what is compared by value, what is taken as a tensor; results that are their argument.
import numpy as np
import pytest
from conftest import close, error

import playhead as ph

u = ph.asarray([100, 200], dtype=ph.uint8)
rule = "a number must fit the tensor's dtype; got value="


def test_clip_beyond_the_dtype():
    for clip in (ph.clip, ph.clamp, lambda x, a, b: x.clone().clamp_(a, b)):
        assert clip(u, 0, 300).tolist() == [100, 200] and clip(u, 0, 300).dtype == ph.uint8
        assert clip(u, -1, 150).tolist() == [100, 150]
        assert clip(ph.asarray([1, 100], dtype=ph.int8), -200, 50).tolist() == [1, 50]
        assert clip(ph.asarray([0, 2**64 - 1], dtype=ph.uint64), -5, 7).tolist() == [0, 7]
        assert clip(ph.asarray([-4, 5]), -3, 2**63).tolist() == [-3, 5]
    assert ph.clamp_min(ph.asarray([1, 2**62]), 2**53 + 1).tolist() == [2**53 + 1, 2**62] and ph.clamp_max(u, ph.asarray(150)).tolist() == [100, 150]
    error(ValueError, "clamp_min: " + rule + "300, dtype=uint8", lambda: ph.clamp_min(u, 300))
    assert ph.clip(u, max=300).tolist() == [100, 200] and ph.clip(u, min=-1).tolist() == [100, 200]
    close(ph.clip(u, 0, 150.5), [100, 150.5])
    error(ValueError, "clip: " + rule + "300, dtype=uint8", lambda: ph.clip(u, 300, 400))
    error(ValueError, "clip: " + rule + "-1, dtype=uint8", lambda: ph.clip(u, max=-1))


def test_numbers_that_do_not_fit():
    at, mask = ph.asarray([0]), ph.asarray([True, False])
    for call in (lambda v: ph.full(2, v, dtype=ph.uint8), lambda v: ph.full_like(u, v), lambda v: u.new_full((2,), v), lambda v: ph.scalar_tensor(v, dtype=ph.uint8),
                 lambda v: ph.fill(u, v), lambda v: u.fill_(v), lambda v: ph.masked_fill(u, mask, v), lambda v: u.masked_fill_(mask, v),
                 lambda v: ph.index_fill(u, 0, at, v), lambda v: u.index_fill_(0, at, v), lambda v: ph.scatter(u, 0, at, v), lambda v: ph.pad(u, (1, 1), value=v),
                 lambda v: ph.where(mask, u, v), lambda v: u.__setitem__(0, v), lambda v: u.__setitem__(mask, v), lambda v: u + v):
        for value in (256, -1, 2**63):
            with pytest.raises(ValueError, match="a number must fit the tensor's dtype; got value="):
                call(value)
    for value in (float("nan"), float("inf"), 300.0, -1.0):
        with pytest.raises(ValueError, match="a number must fit the tensor's dtype; got value="):
            u[0] = value
        with pytest.raises(OverflowError, match="elements must fit dtype=uint8; got"):
            ph.asarray([value], dtype=ph.uint8)
    error(ValueError, "threshold: " + rule + "300, dtype=int8", lambda: ph.threshold(ph.asarray([1], dtype=ph.int8), 50, 300))
    error(ValueError, "arange: " + rule + "299, dtype=uint8", lambda: ph.arange(300, dtype=ph.uint8))
    assert u.tolist() == [100, 200]
    for value in ([300, 1], [1, -1], [300.0, 1]):
        with pytest.raises(OverflowError, match="index: elements must fit dtype=uint8; got"):
            u[:] = value
        with pytest.raises(OverflowError, match="new_tensor: elements must fit dtype=uint8; got"):
            u.new_tensor(value)
    assert u.new_tensor([1.5, True]).tolist() == [1, 1] and u.new_tensor(np.array([1, 2])).dtype == ph.uint8
    # A fraction is cut off where a number is written into integers, as in NumPy and PyTorch.
    x = u.clone()
    x[0] = 1.5
    x[1] = 255.9
    assert x.tolist() == [1, 255]
    x[:] = [2.5, 3]
    assert x.tolist() == [2, 3]
    x[:] = np.array([300, 1])  # an array's elements are converted
    assert x.tolist() == [44, 1]
    assert ph.full(2, 1.5, dtype=ph.int32).tolist() == [1, 1] and ph.asarray([1.5], dtype=ph.uint8).tolist() == [1]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
def test_comparisons_by_value(dtype):
    info = np.iinfo(dtype)
    values = [int(info.min), 5, int(info.max)]
    x = ph.asarray(values, dtype=getattr(ph, dtype))
    for n in (-(2**70), -(2**63) - 1, -(2**63), -129, -1, 5, 127, 128, 256, 2**63, 2**64 - 1, 2**64, 10**400):
        for name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
            assert getattr(x, name)(n).tolist() == [getattr(v, name)(n) for v in values], (name, n)
        assert (n < x).tolist() == [n < v for v in values]
        assert ph.less(x, n).tolist() == [v < n for v in values] and ph.greater_equal(n, x).tolist() == [n >= v for v in values]
    assert ph.less(u, 300).tolist() == [True, True] and ph.equal(u, 256).tolist() == [False, False] and 256 not in u
    f = ph.asarray([2.0**64, 1.0])
    out = ph.empty(2, dtype=ph.bool)
    assert ph.equal(2**64, f, out=out) is out and out.tolist() == [True, False]
    assert (f == 2**64).tolist() == [True, False] and (f < 10**400).tolist() == [True, True]


def test_a_result_that_is_its_argument():
    x = ph.ones(2, 3)
    for y in (ph.asarray(x), ph.asarray(x, dtype=ph.float32), ph.real(x), ph.conj(x), x.to(ph.float32), x.to(x), x.to("cpu"), x.contiguous(), x.cpu(), x.float(),
              ph.astype(x, ph.float32, copy=False), x.astype(ph.float32, copy=False), x.requires_grad_(False), x.mul_(1)):
        assert y is x
    out = ph.empty(2, 3)
    assert ph.add(x, x, out=out) is out and ph.exp(x, out=out) is out and ph.relu(x, out=out) is out and ph.relu(x, inplace=True) is x and x.real is x
    for y in (ph.asarray(x, copy=True), x.clone(), x.detach(), x.to(ph.float64), ph.positive(x), +x, ph.astype(x, ph.float32), x[:], x.view(2, 3)):
        assert y is not x
    assert ph.meshgrid(x[0], x[1]).__class__ is list and "list" in ph.meshgrid.__doc__


def test_lists_and_numbers_as_tensors():
    x = ph.asarray([0.1, 1.0], dtype=ph.float64)
    assert ph.isclose(x, 1).tolist() == [False, True] and ph.isclose(1.0, x).tolist() == [False, True] and ph.isclose(x, [0.1, 2]).tolist() == [True, False]
    assert ph.array_equal(x, [0.1, 1.0]) and ph.array_equal([0.1, 1.0], x) and not ph.array_equal(x, 0.1) and not ph.array_equal(u, [256, 200])
    assert ph.allclose(x, np.array([0.1, 1.0])) and ph.allclose([1, 2], [1, 2]) and not ph.allclose(u, 256) and x.allclose((0.1, 1))
    assert ph.isin(u, test_elements=[100, 7]).tolist() == [True, False] and ph.isin(u, [256]).tolist() == [False, False]
    assert ph.isin(u, 200).tolist() == [False, True] and bool(ph.isin(200, u)) and ph.isin([1, 100], u).tolist() == [False, True]
    close(ph.quantile(x, [0.0, 0.5, 1.0]), [0.1, 0.55, 1.0])
    close(ph.quantile(ph.asarray([1.0, 2, 3]), q=[0.5]), [2.0])
    close(ph.nanquantile(x, (0.5,)), [0.55])


def test_forms_of_pytorch():
    x = ph.asarray([1.0, 30.0])
    close(ph.softplus(x, 1, 20), [1.3132616, 30.0])
    close(x.softplus(beta=2, threshold=30), np.log1p(np.exp(np.array([2.0, 60.0]))) / 2)
    error(ValueError, "softplus: is exact, so that a threshold under 20 would change nothing but its accuracy; got threshold=10", lambda: ph.softplus(x, 1, 10))
    at = ph.asarray([0, 0])
    assert ph.ones(3).scatter(0, at, ph.asarray([1.0, 2.0]), reduce="add").tolist() == [4, 1, 1]
    assert ph.ones(3).scatter_(0, at, 3.0, reduce="multiply").tolist() == [9, 1, 1]
    error(ValueError, "scatter: reduce must be one of 'add', 'multiply'; got 'sum'", lambda: ph.ones(3).scatter(0, at, 3.0, reduce="sum"))
    for dtype, end in ((ph.uint8, 256), (ph.int16, 2**15), (ph.float16, 2049), (ph.float32, 2**24 + 1), (ph.bool, 2), (ph.int64, 2**63)):
        y = ph.empty(1000, dtype=dtype).random_().to(ph.float64)
        assert 0 <= float(y.min()) and float(y.max()) < end and float(y.max()) > 0.9 * (end - 1)
    y = ph.zeros(1000).random_(5)
    assert set(y.tolist()) == {0, 1, 2, 3, 4} and set(y.random_(-1, 1).tolist()) == {-1, 0}
    p = ph.zeros(1000)
    assert p.bernoulli().sum() == 0 and 200 < p.bernoulli(0.3).sum() < 400 and ph.bernoulli(ph.zeros(2, 3, dtype=ph.int32), p=1).tolist() == [[1] * 3] * 2
    assert ph.bernoulli(1, (2, 3)).shape == (2, 3) and ph.bernoulli(0.5, 4, dtype=ph.bool).dtype == ph.bool


def test_gradients_at_clip_bounds():
    for clip in (lambda x: ph.clip(x, -1, 1), lambda x: ph.clip(x, ph.asarray(-1.0), ph.asarray(1.0)), lambda x: ph.clip(ph.clip(x, min=-1), max=1)):
        x = ph.tensor([-2.0, -1, 0, 1, 2], requires_grad=True)
        clip(x).sum().backward()
        assert x.grad.tolist() == [0, 1, 1, 1, 0]
