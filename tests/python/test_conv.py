# Convolution, pooling, interpolation and grid sampling from Python: beside NumPy and SciPy, PyTorch's arguments, wrong calls.
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from conftest import close, error
from numpy.lib.stride_tricks import sliding_window_view

import playhead as ph

rng = np.random.default_rng(3)


def random(*shape):
    return rng.standard_normal(shape)


def conv(x, w, mode="valid"):
    """The definition, by SciPy: [N, C, size…] with [O, C, kernel…]."""
    return np.stack([np.stack([sum(scipy.signal.correlate(xn[c], wo[c], mode, "direct") for c in range(x.shape[1])) for wo in w]) for xn in x])


def windows(x, k, step):
    """Windows of the last len(k) dims, in the last len(k) dims of the result."""
    n = len(k)
    v = sliding_window_view(x, k, axis=tuple(range(x.ndim - n, x.ndim)))
    return v[(..., *(slice(None, None, s) for s in step), *([slice(None)] * n))]


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_conv(dims):
    x, w, b = random(2, 3, *(6, 7, 5)[:dims]), random(4, 3, *(3, 2, 3)[:dims]), random(4)
    f = getattr(ph, f"conv{dims}d")
    x_, w_, b_ = ph.asarray(x), ph.asarray(w), ph.asarray(b)
    column = b.reshape(4, *[1] * dims)
    expected = conv(x, w)
    close(f(x_, w_), expected)
    close(f(x_, w_, b_), expected + column)
    close(f(x_[0], w_, bias=b_), (expected + column)[0])
    close(f(x_, w_, padding="valid"), expected)
    close(f(x_, w_, stride=2), expected[(..., *[slice(None, None, 2)] * dims)])
    padded = np.pad(x, [(0, 0), (0, 0)] + [((k - 1) // 2, k // 2) for k in w.shape[2:]])
    close(f(x_, w_, padding="same"), conv(padded, w))
    close(f(x_, w_, padding=(1,) * dims), conv(np.pad(x, [(0, 0), (0, 0)] + [(1, 1)] * dims), w))
    close(f(ph.asarray(x[:, :2]), ph.asarray(w[:, :1]), groups=2), np.concatenate([conv(x[:, g:g + 1], w[2 * g:2 * g + 2, :1]) for g in (0, 1)], 1))
    # The transpose: <conv(x), g> = <x, transpose(g)>.
    g = random(*expected.shape)
    t = getattr(ph, f"conv_transpose{dims}d")(ph.asarray(g), w_)
    assert np.isclose(float(ph.sum(t * x_)), np.sum(expected * g))
    x_.requires_grad = True
    assert ph.autograd.gradcheck(lambda v: f(v, w_, b_, 2, 1), (x_,))


def test_conv_errors():
    x, w = ph.zeros((1, 3, 4, 4)), ph.zeros((2, 3, 3, 3))
    error(ValueError, "conv2d: padding must be numbers, 'same' or 'valid'; got 'full'", lambda: ph.conv2d(x, w, padding="full"))
    error(ValueError, 'conv2d: padding "same" needs stride 1; got stride=[2, 2]', lambda: ph.conv2d(x, w, stride=2, padding="same"))
    with pytest.raises(ValueError, match="conv2d: x's channels must be groups times"):
        ph.conv2d(x, ph.zeros((2, 4, 3, 3)))
    with pytest.raises(TypeError):
        ph.conv2d(x, None)
    with pytest.raises(TypeError):
        ph.conv2d(x, w, stride="2")


def test_windows():
    x = random(2, 3, 5, 6)
    u = ph.im2col(ph.asarray(x), (2, 3), stride=(1, 2))
    expected = windows(x, (2, 3), (1, 2)).transpose(0, 1, 4, 5, 2, 3).reshape(2, 18, -1)
    close(u, expected)
    close(ph.fold(ph.im2col(ph.asarray(x[:, :, :4]), 2, stride=2), (4, 6), 2, stride=2), x[:, :, :4])


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pooling(dims):
    x = random(2, 3, *(6, 7, 5)[:dims])
    k, step = (2, 3, 2)[:dims], (2, 1, 3)[:dims]
    x_, last = ph.asarray(x), tuple(range(-dims, 0))
    w, own = windows(x, k, step), windows(x, k, k)
    get = lambda name: getattr(ph, f"{name}{dims}d")
    close(get("max_pool")(x_, k), own.max(last))
    close(get("max_pool")(x_, k, stride=step), w.max(last))
    close(get("avg_pool")(x_, k, step), w.mean(last))
    close(get("lp_pool")(ph.asarray(abs(x)), 2, k, step), np.sqrt((w**2).sum(last)))
    values, indices = get("max_pool")(x_, k, return_indices=True)
    close(np.take_along_axis(x.reshape(2, 3, -1), np.asarray(indices).reshape(2, 3, -1), 2).reshape(values.shape), own.max(last))
    back = get("max_unpool")(values, indices, k, output_size=x.shape)
    close(back, np.where(np.isin(x, own.max(last)), x, 0))
    close(get("adaptive_avg_pool")(x_, 1), x.mean(last, keepdims=True))
    close(get("adaptive_max_pool")(x_, (None,) * dims), x)
    assert get("adaptive_max_pool")(x_, 2, return_indices=True)[1].dtype == ph.int64
    padded = np.pad(x, [(0, 0), (0, 0)] + [(1, 1)] * dims)
    close(get("avg_pool")(x_, 3, 1, 1), windows(padded, (3,) * dims, (1,) * dims).mean(last))
    count = windows(np.pad(np.ones_like(x), [(0, 0), (0, 0)] + [(1, 1)] * dims), (3,) * dims, (1,) * dims).sum(last)
    close(get("avg_pool")(x_, 3, 1, 1, count_include_pad=False), windows(padded, (3,) * dims, (1,) * dims).sum(last) / count)
    if dims > 1:
        close(get("avg_pool")(x_, k, divisor_override=5), own.sum(last) / 5)
        assert get("fractional_max_pool")(x_, 2, output_size=3).shape == (2, 3, *[3] * dims)
        assert get("fractional_max_pool")(x_, 2, output_ratio=0.5, return_indices=True)[0].shape == (2, 3, *[n // 2 for n in x.shape[2:]])
    error(ValueError, f"max_pool{dims}d: the kernel must fit the padded input; got x={list(x.shape)}, kernel={[9] * dims}, padding={[0] * dims}, dilation={[1] * dims}",
          lambda: get("max_pool")(x_, 9))


def test_pooling_at_random():
    # One sample for both dims: windows begin where the definition says.
    x, u = random(1, 1, 9, 9), 0.4
    starts = [int((i + u) * 7 / 3) - int(u * 7 / 3) for i in range(3)] + [7]
    y = ph.fractional_max_pool2d(ph.asarray(x), 2, 4, _random_samples=ph.full((1, 1, 2), u, dtype=ph.float64))
    close(y[0, 0], [[x[0, 0, a:a + 2, b:b + 2].max() for b in starts] for a in starts])


def test_interpolate():
    x = random(2, 3, 5, 7)
    x_ = ph.asarray(x)
    close(ph.interpolate(x_, scale_factor=2), x.repeat(2, 2).repeat(2, 3))
    close(ph.interpolate(x_, (10, 7)), x.repeat(2, 2))
    close(ph.interpolate(x_, 1, mode="area"), x.mean((2, 3), keepdims=True))
    close(ph.interpolate(x_, (3, 4), mode="nearest-exact"), x[:, :, [0, 2, 4]][..., [0, 2, 4, 6]])
    # With aligned corners, linear interpolation is np.interp.
    line = ph.interpolate(x_[:, :, 0], 11, mode="linear", align_corners=True)
    close(line[1, 2], np.interp(np.linspace(0, 6, 11), np.arange(7), x[1, 2, 0]))
    plane = ph.interpolate(x_, (9, 13), mode="bilinear", align_corners=True)
    close(plane[0, 0], scipy.ndimage.zoom(x[0, 0], (9 / 5, 13 / 7), order=1))
    cubic = ph.interpolate(ph.asarray(x[:, :, :1, :].repeat(5, 2)), (5, 28), mode="bicubic")
    assert np.allclose(np.asarray(cubic)[:, :, :1], cubic)
    # Half way between entries Keys' kernel with -0.75 weighs them by -3/32, 19/32, 19/32, -3/32.
    doubled = ph.interpolate(ph.asarray(x[:, :, 0]).unsqueeze(2), (1, 13), mode="bicubic", align_corners=True)
    close(doubled[:, :, 0, 3], (19 * (x[:, :, 0, 1] + x[:, :, 0, 2]) - 3 * (x[:, :, 0, 0] + x[:, :, 0, 3])) / 32)
    assert ph.interpolate(ph.zeros((1, 1, 2, 3, 4)), scale_factor=(2, 1, 0.5), mode="trilinear").shape == (1, 1, 4, 3, 2)
    small = ph.interpolate(ph.asarray(np.ones((1, 1, 20, 20))), (3, 5), mode="bicubic", antialias=True)
    close(small, np.ones((1, 1, 3, 5)))
    error(ValueError, "interpolate: mode must be one of 'nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area'; got 'best'",
          lambda: ph.interpolate(x_, 2, mode="best"))
    error(ValueError, "interpolate: needs size or scale_factor; got neither", lambda: ph.interpolate(x_))


def test_grid_sample():
    x = random(1, 2, 6, 5)
    x_ = ph.asarray(x)
    theta = ph.asarray(np.array([[[0.8, 0.1, 0.06], [-0.2, 0.7, 0.08]]]))
    grid = ph.affine_grid(theta, (1, 2, 4, 3), align_corners=True)
    ys, xs = np.meshgrid(np.linspace(-1, 1, 4), np.linspace(-1, 1, 3), indexing="ij")
    places = np.stack([0.8 * xs + 0.1 * ys + 0.06, -0.2 * xs + 0.7 * ys + 0.08], -1)
    close(grid[0], places)
    at = np.stack([(places[..., 1] + 1) / 2 * 5, (places[..., 0] + 1) / 2 * 4])
    for order, mode in ((1, "bilinear"), (0, "nearest")):
        y = ph.grid_sample(x_, grid, mode=mode, align_corners=True)
        close(y[0], [scipy.ndimage.map_coordinates(plane, at, order=order) for plane in x[0]])
    far = ph.full((1, 1, 1, 2), 5.0, dtype=ph.float64)
    close(ph.grid_sample(x_, far), np.zeros((1, 2, 1, 1)))
    close(ph.grid_sample(x_, far, padding_mode="border"), x[:, :, -1:, -1:])
    grid.requires_grad = True
    ph.sum(ph.grid_sample(x_, grid)).backward()
    assert grid.grad.shape == grid.shape
    error(ValueError, "grid_sample: padding_mode must be one of 'zeros', 'border', 'reflection'; got 'wrap'", lambda: ph.grid_sample(x_, grid, padding_mode="wrap"))
