# Shared by the Python tests: comparison with NumPy, and the check of an error's exact text.
import os

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # for test_ecosystem.py; SciPy reads it when it is first imported

import numpy as np
import pytest

import playhead as ph


@pytest.fixture(autouse=True)
def same_numbers_every_time():
    ph.manual_seed(0)


def close(got, expected, rtol=1e-6, atol=1e-8):
    """got (a tensor) has expected's shape and values."""
    got, expected = (np.asarray(x.detach() if isinstance(x, ph.Tensor) else x) for x in (got, expected))
    assert got.shape == expected.shape, (got.shape, expected.shape)
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=atol)


def error(kind, message, call):
    """call() raises exactly this."""
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == message
