# stft and istft beside their definition, playhead.signal.windows beside scipy.signal.windows; the random in-place methods.
import numpy as np
import pytest
import scipy.signal.windows as sw
from conftest import close, error

import playhead as ph

W = ph.signal.windows
rng = np.random.default_rng(5)


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("m", [0, 1, 2, 7, 8])
def test_windows(m, sym):
    d = {"sym": sym, "dtype": ph.float64}
    for name, arguments, theirs in [
            ("bartlett", {}, sw.bartlett(m, sym)), ("blackman", {}, sw.blackman(m, sym)), ("cosine", {}, sw.cosine(m, sym)),
            ("hamming", {}, sw.hamming(m, sym)), ("hann", {}, sw.hann(m, sym)), ("nuttall", {}, sw.nuttall(m, sym)),
            ("exponential", {"tau": 2.0}, sw.exponential(m, None, 2.0, sym)), ("gaussian", {"std": 1.5}, sw.gaussian(m, 1.5, sym)),
            ("general_cosine", {"a": [0.5, 0.3, 0.2]}, sw.general_cosine(m, [0.5, 0.3, 0.2], sym)),
            ("general_hamming", {"alpha": 0.7}, sw.general_hamming(m, 0.7, sym)), ("kaiser", {"beta": 5.0}, sw.kaiser(m, 5.0, sym))]:
        close(getattr(W, name)(m, **arguments, **d), theirs, 1e-13, 1e-15)
    if not sym:
        close(W.exponential(5, center=1, tau=2.0, **d), sw.exponential(5, 1, 2.0, False), 1e-14)


def test_stft():
    x, w = rng.standard_normal((2, 50)), sw.hann(8, False)
    y = ph.stft(ph.asarray(x), 8, hop_length=3, window=ph.asarray(w))
    padded = np.pad(x, [(0, 0), (4, 4)], mode="reflect")
    close(y, np.stack([np.fft.rfft(padded[:, 3 * t:3 * t + 8] * w) for t in range(17)], -1), 1e-12, 1e-13)
    close(y.istft(8, hop_length=3, window=ph.asarray(w), length=50), x, 1e-12, 1e-13)
    assert ph.stft(ph.asarray(x), 8, return_complex=False).shape == (2, 5, 26, 2)
    assert ph.stft(ph.asarray(x), 8, onesided=False, center=False).shape == (2, 8, 22)
    z = x + 1j * x[::-1]
    close(ph.istft(ph.stft(ph.asarray(z), 8, window=ph.asarray(w)), 8, window=ph.asarray(w), return_complex=True, length=50), z, 1e-12, 1e-13)
    leaf = ph.asarray(x[0, :20]).requires_grad_()
    assert ph.autograd.gradcheck(lambda v: ph.stft(v, 6, pad_mode="replicate"), [leaf])
    error(ValueError, "stft: n_fft must be positive; got n_fft=0", lambda: ph.stft(leaf, 0))
    error(ValueError, "stft: pad_mode must be one of 'reflect', 'constant', 'replicate', 'circular'; got 'edge'", lambda: ph.stft(leaf, 8, pad_mode="edge"))
    error(ValueError, "signal.windows.hann: M must not be negative; got M=-1", lambda: W.hann(-1))
    error(TypeError, "signal.windows.general_cosine: a must be a sequence of numbers; got int", lambda: W.general_cosine(4, a=3))


def test_random_in_place():
    x = ph.zeros(4000)
    assert abs(float(x.exponential_(2.0).mean()) - 0.5) < 0.05
    assert abs(float(ph.median(x.cauchy_(3.0, 1.0))) - 3) < 0.1
    assert abs(float(ph.log(x.log_normal_(1.0, 2.0)).mean()) - 1) < 0.2
    assert abs(float(x.geometric_(0.25).mean()) - 4) < 0.4
    assert 0.4 < float(x.bernoulli_(0.5).mean()) < 0.6
    assert float(x.bernoulli_(ph.zeros(())).sum()) == 0
    g = ph.Generator(3)
    a = ph.zeros(5).exponential_(generator=g)
    assert a.shape == (5,) and not np.array_equal(np.asarray(a), np.asarray(ph.zeros(5).exponential_(generator=g)))
    error(ValueError, "geometric_: probability must be in (0, 1]; got p=0", lambda: x.geometric_(0.0))
