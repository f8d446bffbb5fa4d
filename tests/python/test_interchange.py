# Other libraries' arrays: mixed expressions, the buffer protocol, DLPack; and how tensors are printed. PyTorch, JAX, CuPy: tests/parity/test_exchange.py.
import ctypes
import math

import numpy as np
import pytest
from conftest import close, error

import playhead as ph

rng = np.random.default_rng(2)
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64", "complex128"]


def array(shape, dtype):
    a = rng.standard_normal(shape) * 3
    if dtype.startswith("complex"):
        a = a + 1j * rng.standard_normal(shape)
    return (np.abs(a) if dtype.startswith("u") else a).astype(dtype)


# --- mixed expressions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "**", "@", "<", "<=", ">", ">=", "==", "!="])
def test_arrays_on_either_side_give_tensors(operator):
    a, b = rng.random((3, 3)) + 1, rng.random((3, 3)) + 1
    f = eval(f"lambda a, b: a {operator} b")
    for y in (f(a, ph.asarray(b)), f(ph.asarray(a), b)):
        assert type(y) is ph.Tensor
        close(y, f(a, b), 1e-12)


def test_numpys_scalars_are_as_weak_as_numbers_or_have_their_dtype():
    x = ph.ones(2)
    assert (np.float64(2) * x).dtype == (x * np.float64(2)).dtype == ph.float32  # np.float64 is a Python float
    assert (np.float32(2) * x).dtype == ph.float32 and (np.int64(2) * ph.tensor([1])).dtype == ph.int64
    assert (x * np.float32(2)).tolist() == [2, 2]
    q = np.zeros(3)
    q[:] = ph.ones(3)
    assert q.tolist() == [1, 1, 1]
    y = ph.zeros(3)
    y += np.ones(3)
    y[1:] = np.array([5.0, 6.0])
    assert y.tolist() == [1, 5, 6]


def test_numpys_functions_take_tensors():
    a = rng.random((3, 4))
    x = ph.asarray(a)
    close(np.sin(x), np.sin(a))
    close(np.add(a, x), 2 * a)
    close(np.concatenate([a, x]), np.concatenate([a, a]))
    close(np.sum(x), a.sum())
    close(np.mean(x, axis=0), a.mean(axis=0))
    close(np.max(x), a.max())
    assert np.array([x, x]).shape == (2, 3, 4) and np.float64(ph.tensor(2.0)) == 2
    close(a[:, ph.tensor([0, 2])], a[:, [0, 2]])


def test_divmod_and_round():
    q, r = divmod(ph.tensor([7, -7]), 2)
    assert q.tolist() == [3, -4] and r.tolist() == [1, 1]
    q, r = divmod(7, ph.tensor(2))
    assert (int(q), int(r)) == (3, 1)
    assert round(ph.tensor(2.5)).item() == 2 and round(ph.tensor([2.25, 3.75], dtype=ph.float64), 1).tolist() == [2.2, 3.8]
    assert math.floor(ph.tensor(2.5)) == 2


# --- buffers and NumPy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["C", "F", "step", "reversed", "0-d", "empty"])
def test_every_dtype_and_layout_shares_memory(dtype, layout):
    a = array((4, 6), dtype)
    a = {"C": a, "F": np.asfortranarray(a), "step": a[:, ::2], "reversed": a[::-1, ::-1], "0-d": np.asarray(array((), dtype)), "empty": a[:0]}[layout]
    for x in (ph.asarray(a), ph.from_numpy(a), ph.from_dlpack(a)):
        close(x, a)
        assert x.shape == a.shape and str(x.dtype) == "playhead." + dtype
        back = np.asarray(x)
        assert back.dtype == a.dtype and (layout == "empty" or np.shares_memory(back, a))
        assert layout == "empty" or np.shares_memory(np.from_dlpack(x), a)
    assert layout == "empty" or not np.shares_memory(np.asarray(ph.asarray(a, copy=True)), a)


def test_numpys_copy_and_dtype_requests():
    x = ph.ones(3)
    assert np.asarray(x, dtype="f8").dtype == np.float64 and np.array(x, copy=False) is not None
    with pytest.raises(ValueError):
        np.asarray(x, dtype="f8", copy=False)
    y = np.array(x, copy=True)
    y[0] = 5
    assert x.tolist() == [1, 1, 1]


def test_other_buffers():
    import array as arrays

    assert ph.asarray(arrays.array("f", [1, 2])).tolist() == [1, 2]
    assert ph.asarray((ctypes.c_int * 3)(1, 2, 3)).dtype == ph.int32
    assert ph.asarray(b"abc").tolist() == [97, 98, 99]
    assert ph.asarray(np.ma.array([1, 2])).tolist() == [1, 2]
    assert ph.asarray([np.array([1, 2]), np.array([3, 4])]).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("data", [np.array(["a"]), np.array([object()]), np.arange(3).astype(">i4"), np.datetime64("2020-01-01"), "abc", {1: 2}, {1}, iter([1]), None, object()],
                         ids=lambda d: type(d).__name__)
def test_what_is_no_array_is_a_type_error(data):
    with pytest.raises(TypeError):
        ph.asarray(data)


def test_asarray_copies_as_the_array_api_says():
    x = ph.ones(3)
    assert ph.asarray(x).is_same(x) and ph.asarray(x, copy=False).is_same(x) and ph.asarray(x, copy=True).data_ptr() != x.data_ptr()
    error(ValueError, "asarray: cannot convert without a copy, which copy=False forbids", lambda: ph.asarray(x, dtype=ph.float64, copy=False))
    error(ValueError, "asarray: Python numbers and lists cannot become a tensor without a copy", lambda: ph.asarray([1], copy=False))


# --- DLPack --------------------------------------------------------------------------------------------------------------


def test_dlpack_protocol():
    x = ph.ones(2, 3)
    assert x.__dlpack_device__() == (1, 0)
    for keywords in ({}, {"max_version": None}, {"max_version": (0, 8)}, {"max_version": (1, 0)}, {"copy": True}, {"copy": False}, {"dl_device": (1, 0)}, {"stream": None}):
        assert "dltensor" in repr(x.__dlpack__(**keywords))
    assert "dltensor_versioned" in repr(x.__dlpack__(max_version=(1, 0)))
    error(ValueError, "dlpack: stream must be None for memory of the CPU", lambda: x.__dlpack__(stream=1))
    error(RuntimeError, "dlpack: the tensor requires a gradient, which would be lost. Use x.detach()", lambda: ph.ones(2, requires_grad=True).__dlpack__())
    error(TypeError, "from_dlpack: needs an object with __dlpack__; got int", lambda: ph.from_dlpack(1))
    capsule = x.__dlpack__()
    assert ph.from_dlpack(capsule).shape == (2, 3)
    error(ValueError, "from_dlpack: needs a DLPack capsule that nobody has used yet", lambda: ph.from_dlpack(capsule))
    y = ph.from_dlpack(x)
    y[0, 0] = 7
    assert x[0, 0] == 7
    assert ph.from_dlpack(x, copy=True).data_ptr() != x.data_ptr()


def test_dlpack_keeps_read_only_memory_read_only():
    a = np.arange(3.0)
    a.flags.writeable = False
    x = ph.from_dlpack(a)
    with pytest.raises(RuntimeError):
        x += 1
    assert not np.from_dlpack(x).flags.writeable


def test_dlpack_without_versions_is_read_only_unless_the_caller_took_the_capsule():
    class Old:
        def __init__(self, x):
            self.x = x

        def __dlpack__(self, stream=None):
            return self.x.__dlpack__()

    x = ph.ones(3)
    y = ph.from_dlpack(Old(x))
    assert y.data_ptr() == x.data_ptr()
    with pytest.raises(RuntimeError, match="read-only"):
        y += 1
    z = ph.from_dlpack(x.__dlpack__())
    z += 1
    assert x.tolist() == y.tolist() == [2, 2, 2]


# --- text ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (30,), (2000,), (4, 5), (3, 4, 5), (1, 1, 7), (30, 40), (2, 3, 600)], ids=str)
@pytest.mark.parametrize("dtype", ["bool", "int16", "int64", "uint8", "float16", "float32", "float64", "complex64", "complex128"])
def test_repr_is_numpys(shape, dtype):
    for scale in (1, 1e-6, 1e9):
        with np.errstate(all="ignore"):
            a = array(shape, dtype) if scale == 1 else (array(shape, "complex128" if dtype.startswith("complex") else "float64") * scale).astype(dtype)
        if shape == ():  # NumPy prints 1. where we print 1.0
            shown = repr(np.asarray(a)).removeprefix("array(").split(",")[0].rstrip(")") if dtype.startswith("complex") else str(a).rstrip(".")
            assert repr(ph.asarray(a)).startswith(f"tensor({shown}")
        else:
            assert repr(ph.asarray(a)).startswith("tensor(" + np.array2string(a, separator=", ", prefix="tensor(", suffix=")"))


def test_repr_says_what_the_values_do_not_show():
    assert repr(ph.tensor([[1.0, 2.0], [3.0, 4.5]])) == "tensor([[1. , 2. ],\n        [3. , 4.5]])"
    assert repr(ph.tensor([1.0, 2.0], dtype=ph.float64)) == "tensor([1., 2.], dtype=float64)"
    x = ph.tensor([1.0], requires_grad=True)
    assert repr(x) == "tensor([1.], requires_grad=True)" and repr(x * 2) == "tensor([2.], grad_fn=<mul>)"
    assert repr(ph.zeros(2, 0)) == "tensor([], shape=(2, 0), dtype=float32)" and repr(ph.tensor(True)) == "tensor(True)"
    assert repr(ph.arange(2000)) == "tensor([   0,    1,    2, ..., 1997, 1998, 1999], shape=(2000,))"
    assert repr(ph.arange(11, dtype=ph.float64) + 0.125) == (
        "tensor([ 0.125,  1.125,  2.125,  3.125,  4.125,  5.125,  6.125,  7.125,\n         8.125,  9.125, 10.125], dtype=float64)")
    assert str(ph.tensor(2.0)) == "tensor(2.0)" and f"{ph.tensor(2.0)}" == "2.0"


def test_repr_in_notebooks():
    html = (ph.ones(2, requires_grad=True) * 2)._repr_html_()
    assert "shape (2,), float32, cpu" in html and "grad_fn=&lt;mul&gt;" in html
