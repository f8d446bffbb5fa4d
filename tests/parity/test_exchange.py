"""Memory exchanged with PyTorch, JAX and CuPy by DLPack, both ways. `./dev parity` runs this, in its environment that has the first two."""
import gc
import warnings
import weakref

import numpy as np
import pytest
import torch

import playhead as ph

try:
    import jax
except ImportError:
    jax = None
else:
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
needs_jax = pytest.mark.skipif(jax is None, reason="JAX is not installed")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
LAYOUTS = {"row-major": lambda t: t, "transposed": lambda t: t.T, "step": lambda t: t[:, ::2], "offset": lambda t: t[1:, 1:], "row": lambda t: t[1],
           "0-d": lambda t: t[1, 1], "empty": lambda t: t[:0], "size-1": lambda t: t[1:2, 2:3]}


def values(x):
    """As nested lists of Python's numbers, of whichever library."""
    if isinstance(x, ph.Tensor):
        return x.to(ph.complex128).tolist()
    if isinstance(x, torch.Tensor):
        return x.to(torch.complex128).tolist()
    return np.asarray(x).astype(complex).tolist()


# --- PyTorch ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*DTYPES, "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_pytorch(dtype, layout):
    t = LAYOUTS[layout](torch.arange(12).reshape(3, 4).to(getattr(torch, dtype)))
    for x in (ph.from_dlpack(t), ph.asarray(t)):
        assert x.shape == tuple(t.shape) and str(x.dtype) == "playhead." + dtype and values(x) == values(t)
        if x.numel():
            assert x.data_ptr() == t.data_ptr()
            x[...] = 1
            assert values(t) == values(x)


@pytest.mark.parametrize("dtype", [*DTYPES, "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_to_pytorch(dtype, layout):
    x = LAYOUTS[layout](ph.arange(12).reshape(3, 4).to(getattr(ph, dtype)))
    t = torch.from_dlpack(x)
    assert tuple(t.shape) == x.shape and str(t.dtype) == "torch." + dtype and values(t) == values(x)
    if x.numel():
        assert t.data_ptr() == x.data_ptr()
        t[...] = 1
        assert values(x) == values(t)


def test_pytorchs_gradients_and_conjugates_are_not_lost_silently():
    with pytest.raises((RuntimeError, BufferError)):
        ph.from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises((RuntimeError, BufferError)):
        ph.from_dlpack(torch.tensor([1j]).conj())
    with pytest.raises(RuntimeError):
        torch.from_dlpack(ph.ones(2, requires_grad=True))


def test_memory_outlives_its_owner():
    t = torch.arange(5.0)
    owner = weakref.ref(t)
    x = ph.from_dlpack(t)
    del t
    gc.collect()
    assert x.tolist() == [0, 1, 2, 3, 4]
    del x
    gc.collect()
    assert owner() is None
    x = ph.arange(5.0)
    t = torch.from_dlpack(x)[1:]
    del x
    gc.collect()
    ph.zeros(5)
    assert t.tolist() == [1, 2, 3, 4]


def test_pytorchs_quantised_and_sparse_tensors_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch means to drop them
        quantised = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    for wrong in (torch.eye(2).to_sparse(), quantised):
        with pytest.raises((RuntimeError, BufferError, TypeError, ValueError)):
            ph.from_dlpack(wrong)


# --- JAX -------------------------------------------------------------------------------------------------------------------


@needs_jax
@pytest.mark.parametrize("dtype", [*DTYPES, "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_jax(dtype, layout):
    a = LAYOUTS[layout](jnp.arange(12).reshape(3, 4).astype(dtype))
    for x in (ph.from_dlpack(a), ph.asarray(a)):
        assert x.shape == a.shape and str(x.dtype) == "playhead." + dtype and values(x) == values(a)


@needs_jax
def test_jaxs_arrays_are_read_only():
    a = jnp.arange(4.0)
    x = ph.from_dlpack(a)
    with pytest.raises(RuntimeError, match="read-only"):
        x += 1
    assert x.data_ptr() == a.unsafe_buffer_pointer() and not np.asarray(x).flags.writeable
    y = ph.from_dlpack(a, copy=True)
    y += 1
    assert a.tolist() == [0, 1, 2, 3] and y.tolist() == [1, 2, 3, 4]


@needs_jax
@pytest.mark.parametrize("dtype", [*DTYPES, "uint16", "uint32", "uint64"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_to_jax(dtype, layout):
    x = LAYOUTS[layout](ph.arange(12).reshape(3, 4).to(getattr(ph, dtype)))
    try:
        a = jnp.from_dlpack(x)
    except Exception as e:  # noqa: BLE001
        # XLA wants dense row-major memory for some layouts and says so; a copy of ours is that.
        assert "strid" in str(e) or "layout" in str(e) or "major" in str(e), e
        assert not x.is_contiguous()
        a = jnp.from_dlpack(x.contiguous())
    assert a.shape == x.shape and a.dtype.name == dtype and values(a) == values(x)
    assert values(ph.asarray(a)) == values(a)


@needs_jax
def test_jax_shares_memory_both_ways():
    x = ph.rand(1000)
    a = jnp.from_dlpack(x)
    if a.unsafe_buffer_pointer() == x.data_ptr():  # XLA copies what is not aligned to its wish
        y = ph.from_dlpack(a)
        assert y.data_ptr() == x.data_ptr()
    del x
    gc.collect()
    ph.zeros(1000)
    assert float(a.sum()) > 100


# --- CuPy ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cupy():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    if not cupy.cuda.is_available() or not ph.__array_namespace_info__().devices()[1:]:
        pytest.skip("no GPU")
    return cupy


def test_cupy(cupy):
    for dtype in DTYPES:
        for layout in LAYOUTS.values() if dtype != "bfloat16" else ():
            a = layout(cupy.arange(12).reshape(3, 4).astype(dtype))
            for x in (ph.from_dlpack(a), ph.asarray(a)):
                assert x.device.type == "cuda" and x.shape == a.shape and values(x.cpu()) == values(cupy.asnumpy(a))
                assert not x.numel() or x.data_ptr() == a.data.ptr
            back = cupy.from_dlpack(x)
            assert back.shape == a.shape and values(cupy.asnumpy(back)) == values(cupy.asnumpy(a))


def test_cupys_streams(cupy):
    """What was computed on another stream has arrived."""
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        a = cupy.ones(1 << 24).cumsum()
        x = ph.from_dlpack(a)
    assert float(x[-1].cpu()) == 1 << 24
