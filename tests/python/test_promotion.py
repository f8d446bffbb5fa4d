# Hard case 11: the table of tests/promotion_table.h, which the C++ tests read too, through Python: arrays, 0-d arrays and numbers;
# the dtype of gradients; integer division by zero.
import operator
import pathlib
import re

import numpy as np
import pytest

import playhead as ph

TEXT = (pathlib.Path(__file__).parents[1] / "promotion_table.h").read_text()
ORDER = re.search(r"result with: (bool, uint8[^)]*)\)", TEXT).group(1).split(", ")
TABLE = {(a, b): c for a, row in re.findall(r"^PROMOTE\((\w+), ([^)]*)\)", TEXT, re.M) for b, c in zip(ORDER, row.split(", "))}
WEAK = {a: row.split(", ") for a, row in re.findall(r"^WEAK\((\w+), ([^)]*)\)", TEXT, re.M)}
FLOATING = [t for t in ORDER if "float" in t or "complex" in t]
dt = lambda name: getattr(ph, name)  # noqa: E731


def test_the_table_was_read():
    assert len(ORDER) == 15 and len(TABLE) == 225 and list(WEAK) == ORDER and all(len(row) == 4 for row in WEAK.values())


OPS = {"add": operator.add, "mul": operator.mul, "where": lambda a, b: ph.where(ph.tensor([True, False]), a, b), "cat": lambda a, b: ph.cat([a.reshape(-1), b.reshape(-1)]),
       "stack": lambda a, b: ph.stack(ph.broadcast_tensors(a, b)), "result_type": None}


@pytest.mark.parametrize("a", ORDER)
@pytest.mark.parametrize("op", OPS)
def test_arrays(a, op):
    for b in ORDER:
        expected = TABLE[a, b]
        for x in (ph.ones(2, dtype=dt(a)), ph.ones((), dtype=dt(a))):
            for y in (ph.ones(2, dtype=dt(b)), ph.ones((), dtype=dt(b))):  # a 0-d array counts as any array
                if op == "result_type":
                    f = lambda: ph.result_type(x, y)  # noqa: E731
                else:
                    f = lambda: OPS[op](x, y).dtype  # noqa: E731
                if expected == "none":
                    with pytest.raises(TypeError):
                        f()
                else:
                    assert str(f()) == "playhead." + expected, (a, b)
        if expected != "none":
            assert str(ph.promote_types(dt(a), dt(b))) == "playhead." + expected


NUMBERS = (True, 1, 1.0, 1j)


@pytest.mark.parametrize("a", ORDER)
def test_numbers_are_weak(a):
    for number, expected in zip(NUMBERS, WEAK[a]):
        for x in (ph.ones(2, dtype=dt(a)), ph.ones((), dtype=dt(a))):
            for y in (x * number, number * x, ph.where(ph.tensor([True, False]), x, number), ph.where(ph.tensor([True, False]), number, x)):
                assert str(y.dtype) == "playhead." + expected, (a, number)
            assert str(ph.result_type(x, number)) == "playhead." + expected


@pytest.mark.parametrize("a", ORDER)
def test_comparisons_and_divisions(a):
    for b in ORDER:
        expected = TABLE[a, b]
        x, y = ph.ones(2, dtype=dt(a)), ph.ones(2, dtype=dt(b))
        if expected == "none":
            continue
        assert (x == y).dtype == ph.bool
        if "complex" not in expected:
            assert (x <= y).dtype == ph.bool
        quotient = expected if expected in FLOATING else "float32"
        assert str((x / y).dtype) == "playhead." + quotient


@pytest.mark.parametrize("a", FLOATING)
def test_gradients_have_the_dtype_of_their_input(a):
    for b in FLOATING:
        x, y = ph.ones(2, dtype=dt(a), requires_grad=True), ph.ones(1, dtype=dt(b), requires_grad=True)
        z = x * y
        gx, gy = ph.grad(z, (x, y), ph.ones(2, dtype=z.dtype))
        assert gx.dtype == x.dtype and gy.dtype == y.dtype and gy.shape == (1,)
        (x * y).backward(ph.ones(2, dtype=z.dtype))
        assert x.grad.dtype == x.dtype and y.grad.dtype == y.dtype
    for b in ORDER:
        x = ph.ones(2, dtype=dt(a), requires_grad=True)
        z = x * ph.ones(2, dtype=dt(b))
        (g,) = ph.grad(z, x, ph.ones(2, dtype=z.dtype))
        assert g.dtype == x.dtype
    x = ph.ones(2, dtype=dt(a), requires_grad=True)
    for t in FLOATING if "complex" not in a else FLOATING[-2:]:
        z = x.to(dt(t))
        (g,) = ph.grad(z, x, ph.ones(2, dtype=dt(t)))
        assert g.dtype == x.dtype


@pytest.mark.parametrize("a", [t for t in ORDER if "int" in t])
@pytest.mark.parametrize("n", [1, 2, 67, 100000])
def test_integer_division_by_zero_is_an_error(a, n):
    x = ph.ones(n, dtype=dt(a))
    zero = x.clone()
    zero[n - 1] = 0
    for f in (operator.floordiv, operator.mod, ph.fmod, lambda p, q: ph.div(p, q, rounding_mode="trunc"), lambda p, q: ph.div(p, q, rounding_mode="floor")):
        with pytest.raises((ZeroDivisionError, ValueError, RuntimeError), match="zero"):
            f(x, zero)
        with pytest.raises((ZeroDivisionError, ValueError, RuntimeError), match="zero"):
            f(x, 0)
        with pytest.raises((ZeroDivisionError, ValueError, RuntimeError), match="zero"):
            f(1, zero)
    y = x.clone()
    with pytest.raises((ZeroDivisionError, ValueError, RuntimeError), match="zero"):
        y //= zero
    with np.errstate(all="ignore"):
        assert (x / zero)[n - 1].item() == float("inf")  # true division has an answer


def test_division_of_integers_is_exact():
    n = 2**60 + 1
    for mode in ("trunc", "floor"):
        assert ph.div(ph.tensor([n]), 1, rounding_mode=mode).item() == ph.div(n, ph.tensor([1]), rounding_mode=mode).item() == n
    a, b = ph.tensor([7, -7, 7, -7]), ph.tensor([2, 2, -2, -2])
    assert ph.div(a, b, rounding_mode="trunc").tolist() == [3, -3, -3, 3] and ph.div(a, b, rounding_mode="floor").tolist() == [3, -4, -4, 3]
    for mode in ("trunc", "floor"):
        out = ph.zeros(4, dtype=ph.int64)
        assert ph.div(a, b, rounding_mode=mode, out=out).is_same(out) and out.tolist() == ph.div(a, b, rounding_mode=mode).tolist()
        with pytest.raises(TypeError, match="one operand must be a Tensor"):
            ph.div(1, 2, rounding_mode=mode)
    assert ph.div(ph.tensor([7.0, -7.0]), 2, rounding_mode="trunc").tolist() == [3, -3]


def test_the_smallest_integer_over_minus_one():
    """The other division that processors refuse."""
    for t in ("int8", "int16", "int32", "int64"):
        least = np.iinfo(t).min
        x = ph.full((70,), int(least), dtype=dt(t))
        for f in (operator.floordiv, lambda a, b: ph.div(a, b, rounding_mode="trunc")):
            assert set(f(x, -1).tolist()) == {least} and set(f(x, ph.full((70,), -1, dtype=dt(t))).tolist()) == {least}
        assert set((x % -1).tolist()) == {0} and set(ph.fmod(x, -1).tolist()) == {0}
