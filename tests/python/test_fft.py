# playhead.fft beside numpy.fft (which has no hfft2 and the like: those are built from their definition).
import numpy as np
import pytest
from conftest import close, error

import playhead as ph

F = ph.fft
rng = np.random.default_rng(3)
norms = ["backward", "ortho", "forward"]


def real(*shape):
    return rng.standard_normal(shape)


def complexes(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.mark.parametrize("norm", norms)
@pytest.mark.parametrize("n", [None, 3, 7, 10])
@pytest.mark.parametrize("axis", [-1, 0])
def test_one_dimension(norm, n, axis):
    x, z = real(5, 7), complexes(5, 7)
    for name, data in [("fft", x), ("fft", z), ("ifft", z), ("rfft", x), ("irfft", z), ("hfft", z), ("ihfft", x)]:
        close(getattr(F, name)(ph.asarray(data), n=n, axis=axis, norm=norm), getattr(np.fft, name)(data, n=n, axis=axis, norm=norm), 1e-11, 1e-12)
        close(getattr(F, name)(ph.asarray(data), n, dim=axis, norm=norm), getattr(np.fft, name)(data, n=n, axis=axis, norm=norm), 1e-11, 1e-12)


@pytest.mark.parametrize("norm", norms)
def test_several_dimensions(norm):
    x, z = real(4, 5, 6), complexes(4, 5, 6)
    for name, data in [("fft2", z), ("ifft2", z), ("rfft2", x), ("irfft2", z), ("fftn", z), ("ifftn", x), ("rfftn", x), ("irfftn", z)]:
        ours, theirs = getattr(F, name), getattr(np.fft, name)
        close(ours(ph.asarray(data), norm=norm), theirs(data, norm=norm), 1e-11, 1e-12)
        close(ours(ph.asarray(data), s=(3, 8), axes=(0, 2), norm=norm), theirs(data, s=(3, 8), axes=(0, 2), norm=norm), 1e-11, 1e-12)
    for axes in [(0, 1, 2), (1, 2)]:
        n = [x.shape[a] for a in axes]
        spectrum = F.ihfftn(ph.asarray(x), axes=axes, norm=norm)
        close(spectrum, np.fft.rfftn(x, axes=axes, norm={"backward": "forward", "forward": "backward"}.get(norm, norm)).conj(), 1e-11, 1e-12)
        close(F.hfftn(spectrum, s=n, axes=axes, norm=norm), x, 1e-11, 1e-12)
    close(F.hfft2(F.ihfft2(ph.asarray(x)), s=(5, 6)), x, 1e-11, 1e-12)
    close(F.fftn(ph.asarray(x), axes=()), x.astype(complex))


def test_dtypes_and_frequencies():
    assert F.fft(ph.ones(4)).dtype == ph.complex64 and F.rfft(ph.ones(4, dtype=ph.float64)).dtype == ph.complex128
    assert F.irfft(ph.ones(4, dtype=ph.complex64)).dtype == ph.float32 and F.fft(ph.arange(4)).dtype == ph.complex64
    for n in (1, 5, 8):
        close(F.fftfreq(n, d=0.5, dtype=ph.float64), np.fft.fftfreq(n, 0.5), 1e-15)
        close(F.rfftfreq(n, d=0.5, dtype=ph.float64), np.fft.rfftfreq(n, 0.5), 1e-15)
    x = np.arange(12).reshape(3, 4)
    for axes in (None, 0, (0, 1), ()):
        close(F.fftshift(ph.asarray(x), axes=axes), np.fft.fftshift(x, axes=axes))
        close(F.ifftshift(ph.asarray(x), axes=axes), np.fft.ifftshift(x, axes=axes))


def test_gradients():
    x = ph.asarray(real(3, 6)).requires_grad_()
    assert ph.autograd.gradcheck(lambda v: F.irfft(F.rfft(v, n=8) * 2j, n=5), [x])
    z = ph.asarray(complexes(3, 4)).requires_grad_()
    assert ph.autograd.gradcheck(lambda v: F.hfftn(F.fft2(v)), [z])


def test_errors():
    x = ph.ones((2, 4))
    error(ValueError, "fft.fft: n must be positive; got n=0", lambda: F.fft(x, n=0))
    error(IndexError, "fft.fft: dimension out of range; got dim=5 for 2 dimensions", lambda: F.fft(x, axis=5))
    error(TypeError, "fft.rfft: needs a real input; got dtype=complex64", lambda: F.rfft(x * 1j))
    error(TypeError, "fft.fft: needs 32 bits or more; got dtype=float16. Convert it with x.to(float32)", lambda: F.fft(x.to(ph.float16)))
    error(ValueError, "fft.fft: norm must be one of 'backward', 'ortho', 'forward'; got 'none'", lambda: F.fft(x, norm="none"))
    error(ValueError, "fft.rfftn: needs an axis to transform; got axes=()", lambda: F.rfftn(x, axes=()))
    error(ValueError, "fft.fftn: s and dims must have one length; got s=[2], dims=[0, 1]", lambda: F.fftn(x, s=(2,), axes=(0, 1)))
