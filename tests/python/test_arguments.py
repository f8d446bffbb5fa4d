# Arguments and attributes that PyTorch and NumPy have: real and imag, inplace, max_norm, enable_gqa; printing options; what is refused, and how.
import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import nn
from playhead.nn import functional as F


def test_real_and_imag_are_attributes():
    x = ph.asarray([1 + 2j, 3 - 4j])
    close(x.real, [1.0, 3.0])
    close(x.imag, [2.0, -4.0])
    x.real[0] = 5  # views
    x.imag += 1
    close(x, [5 + 3j, 3 - 3j])
    x.real = 0
    x.imag = [7, 8]
    close(x, [7j, 8j])
    y = ph.asarray([1.0, 2.0])
    assert y.real.is_same(y)
    y.real = 3
    close(y, [3.0, 3.0])
    close(ph.real(x), x.real)
    close(ph.imag(x), x.imag)
    close(np.real(x), [0, 0])
    error(TypeError, "imag: needs a complex tensor; got dtype=float32", lambda: y.imag)
    error(TypeError, "imag: needs a complex tensor; got dtype=float32", lambda: ph.imag(y))
    with pytest.raises(TypeError, match="real: cannot be deleted"):
        del x.real
    with pytest.raises(ValueError, match="real: the shape does not fit; got x=\\[3\\], shape=\\[2\\]"):
        x.real = [1, 2, 3]
    z = ph.asarray([1 + 2j], dtype=ph.complex128).requires_grad_()
    z.imag.sum().backward()
    close(z.grad, [1j])


def test_every_name_of_functional_exists():
    from playhead import _core

    names = F._names
    assert [n for n in names if n != "unfold" and not hasattr(_core, n)] == []
    assert [n for n in names if not callable(getattr(F, n, None))] == []
    assert F.unfold is _core.im2col


INPLACE = {"relu": (), "relu6": (), "selu": (), "silu": (), "mish": (), "hardswish": (), "hardsigmoid": (), "elu": (0.5,), "celu": (0.5,),
           "leaky_relu": (0.3,), "hardtanh": (-0.5, 0.25), "threshold": (0.25, 2.0), "rrelu": (0.2, 0.2, True), "dropout": (1.0,), "dropout1d": (1.0,),
           "alpha_dropout": (1.0, True), "feature_alpha_dropout": (1.0, True)}


@pytest.mark.parametrize("name", INPLACE)
def test_inplace(name):
    f, arguments = getattr(F, name), INPLACE[name]
    data = np.linspace(-2, 2, 24).reshape(2, 3, 4)
    expected = np.asarray(f(ph.asarray(data), *arguments))
    x = ph.asarray(data.copy())
    assert f(x, *arguments, inplace=True) is x
    close(x, expected)
    a, b = (ph.asarray(data).requires_grad_() for _ in range(2))
    f(a, *arguments).sum().backward()
    f(b * 1, *arguments, inplace=True).sum().backward()
    close(b.grad, a.grad)
    with pytest.raises(RuntimeError):  # a leaf that requires its gradient
        f(a, *arguments, inplace=True)


def test_inplace_by_position_and_by_module():
    x = ph.asarray([-1.0, 1.0])
    assert F.relu(x, True) is x and F.elu(x, 1.0, True) is x and F.threshold(x, 0.0, 1.0, True) is x
    close(x, [1.0, 1.0])
    x = ph.asarray([-1.0, 1.0])
    y = nn.ReLU(inplace=True)(x)
    assert y.is_same(x)
    close(x, [0.0, 1.0])
    layer = nn.LeakyReLU(0.5)
    assert not layer.inplace
    layer.inplace = True
    x = ph.asarray([-1.0, 1.0])
    assert layer(x).is_same(x)
    close(x, [-0.5, 1.0])
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)" and repr(nn.Hardtanh(inplace=True)) == "Hardtanh(min_val=-1.0, max_val=1.0, inplace=True)"
    x = ph.ones(100)
    assert nn.Dropout(0.5, inplace=True)(x).is_same(x)
    assert set(x.tolist()) == {0.0, 2.0}
    assert F.dropout(x, training=False, inplace=True) is x


def test_grouped_heads():
    rng = np.random.default_rng(0)
    q, k, v = (ph.asarray(rng.normal(size=s)) for s in ((2, 4, 5, 3), (2, 2, 6, 3), (2, 2, 6, 3)))
    y = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    close(y, F.scaled_dot_product_attention(q, ph.repeat(k, 2, axis=1), ph.repeat(v, 2, axis=1)))
    error(ValueError, "scaled_dot_product_attention: k's heads must divide q's; got q=[2, 4, 5, 3], k=[2, 3, 6, 3]",
          lambda: F.scaled_dot_product_attention(q, ph.ones((2, 3, 6, 3), dtype=ph.float64), v, enable_gqa=True))


def test_embeddings():
    w = ph.asarray([[3.0, 4], [6, 8], [0.6, 0.8]])
    y = F.embedding(ph.asarray([0, 2]), w, max_norm=2.5)
    close(w, [[1.5, 2], [6, 8], [0.6, 0.8]], rtol=1e-5)
    close(y, [[1.5, 2], [0.6, 0.8]], rtol=1e-5)
    F.embedding(ph.asarray([1]), w, None, 7.0, 1.0)
    close(w[1], [3.0, 4.0], rtol=1e-5)
    layer = nn.Embedding(5, 4, max_norm=0.5, norm_type=1.0)
    close(layer(ph.asarray([3])).abs().sum(), 0.5, rtol=1e-5)
    assert layer.max_norm == 0.5 and repr(layer) == "Embedding(5, 4, max_norm=0.5, norm_type=1.0)" and nn.Embedding(5, 4).max_norm is None
    bag = nn.EmbeddingBag(5, 4, max_norm=0.5, mode="sum")
    assert float(bag(ph.asarray([[3]])).square().sum().sqrt()) < 0.500001
    error(ValueError, "Embedding: max_norm must be positive; got max_norm=0", lambda: nn.Embedding(5, 4, max_norm=0))
    error(ValueError, "Embedding: scale_grad_by_freq and sparse are not supported; got one of them", lambda: nn.Embedding(5, 4, sparse=True))
    error(ValueError, "embedding: scale_grad_by_freq and sparse are not supported; got one of them", lambda: F.embedding(ph.asarray([0]), w, sparse=True))
    error(IndexError, "embedding: index must not be negative; got index=-1 for dimension 0 of size 3", lambda: F.embedding(ph.asarray([0, -1]), w))
    error(IndexError, "one_hot: values must not be negative; got -1", lambda: F.one_hot(ph.asarray([-1])))


def test_softmax_wants_its_dim():
    x = ph.ones((2, 3))
    for f in (F.softmax, F.log_softmax, F.softmin):
        error(TypeError, f"{f.__name__}: dim is required; got None. The last one is dim=-1", lambda f=f: f(x, dim=None))
    close(F.softmax(x, dim=0), np.full((2, 3), 0.5))


def test_gumbel_softmax():
    x = ph.zeros((1000, 4), requires_grad=True)
    y = F.gumbel_softmax(x, tau=0.5, hard=True)
    assert set(np.asarray(y.detach()).ravel()) == {0.0, 1.0}
    close(y.sum(1), np.ones(1000))
    (y * ph.arange(4)).sum().backward()
    assert float(x.grad.abs().sum()) > 0
    close(F.gumbel_softmax(x, dim=0).sum(0), np.ones(4), rtol=1e-5)


def test_messages_name_the_arguments():
    x, one = ph.ones((2, 3)), ph.asarray([1])
    image = ph.ones((1, 1, 4, 4))
    error(ValueError, "to: needs a dtype such as 'float32' or a device such as 'cuda:0'; got 'foo'", lambda: x.to("foo"))
    assert x.to("float64").dtype == ph.float64 and x.to("cpu").device == ph.device("cpu")
    error(ValueError, "interpolate: needs size or scale_factor; got both", lambda: F.interpolate(image, size=2, scale_factor=2))
    error(ValueError, "fractional_max_pool2d: needs output_size or output_ratio; got neither", lambda: F.fractional_max_pool2d(image, 2))
    error(IndexError, "sum: dimension out of range; got dim=1 for 1 dimension", lambda: ph.ones(2).sum(1))
    error(IndexError, "index: too many indices; got 2 for 1 dimension", lambda: ph.ones(2)[0, 0])
    error(ValueError, "layer_norm: x must end in the normalized shape; got x=[2, 3], normalized_shape=[4]", lambda: F.layer_norm(x, (4,)))
    error(ValueError, "nn.init.trunc_normal_: needs std > 0 and a < b; got std=1, a=2, b=1", lambda: nn.init.trunc_normal_(x, a=2, b=1))
    error(ValueError, "nn.init.uniform_: needs a <= b; got a=2, b=1", lambda: nn.init.uniform_(x, 2, 1))
    error(ValueError, 'linalg.cond: p must be "fro", "nuc" or a number; got p="foo"', lambda: ph.linalg.cond(x, "foo"))
    error(ValueError, "pow: an integer cannot be raised to a negative power. Convert it to a floating dtype", lambda: ph.pow(one, -1))
    error(ValueError, "floor_divide: integer division by zero", lambda: ph.floor_divide(one, 0))
    error(ValueError, "linspace: num must not be negative; got num=-1", lambda: ph.linspace(0, 1, -1))
    error(TypeError, "cat: tensors[1] must be a Tensor; got list. Convert it: ph.asarray(...)", lambda: ph.cat([x, [1.0]]))
    error(TypeError, "asarray: no dtype for elements of dtype '<U1'. Convert them to a number type, in the machine's byte order",
          lambda: ph.asarray(np.array(["a"])))
    error(ValueError, "cross_entropy: reduction must be one of 'none', 'mean', 'sum'; got 'batchmean'",
          lambda: F.cross_entropy(x, ph.asarray([0, 1]), reduction="batchmean"))
    assert nn.KLDivLoss(reduction="batchmean").reduction == "batchmean"
    error(OverflowError, "full: fill_value must fit 64 bits; got 18446744073709551616", lambda: ph.full((2,), 2**64))
    error(OverflowError, "add: x2 must fit 64 bits; got 18446744073709551616", lambda: ph.add(one, 2**64))
    error(OverflowError, "asarray: elements must fit 64 bits; got 18446744073709551616", lambda: ph.asarray([2**64]))
    error(OverflowError, "number: an int must fit 64 bits; got 18446744073709551616", lambda: one * 2**64)


def test_trace_has_numpys_arguments():
    a = np.arange(24.0).reshape(2, 3, 4)
    x = ph.asarray(a)
    close(ph.trace(x), np.trace(a))
    close(ph.trace(x, 1), np.trace(a, 1))
    close(x.trace(-1, axis1=1, axis2=2), np.trace(a, -1, 1, 2))


def test_dist_to_a_number_and_asarray_that_requires_a_gradient():
    close(ph.dist(ph.asarray([3.0, 4.0]), 0.0), 5.0)
    close(ph.asarray([3, 4], dtype=ph.float64).dist(1, p=1), 5.0)
    assert ph.asarray([1.0], requires_grad=True).requires_grad
    x = ph.ones(2)
    y = ph.asarray(x, requires_grad=True)
    assert y.requires_grad and not x.requires_grad and y.data_ptr() == x.data_ptr()
    error(TypeError, "asarray: only floating and complex tensors have gradients; got dtype=int64", lambda: ph.asarray([1], requires_grad=True))


def test_printing():
    x = ph.asarray([0.123456789, 12.5, 1e-4], dtype=ph.float64)
    a = np.asarray(x)
    before = ph.get_printoptions()
    assert before == {"precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "sci_mode": None}
    for options in ({"precision": 3}, {"threshold": 2, "edgeitems": 1}, {"linewidth": 30}):
        with ph.printoptions(**options), np.printoptions(**options):
            ours, numpys = repr(x).removeprefix("tensor(").split("]")[0], repr(a).removeprefix("array(").split("]")[0]
            assert ours.replace("\n ", "\n") == numpys, options  # "tensor(" is a column longer
    with ph.printoptions(precision=3, sci_mode=False) as now:
        assert now["precision"] == 3 and now["sci_mode"] is False and repr(x) == "tensor([ 0.123, 12.5  ,  0.   ], dtype=float64)"
        with ph.printoptions(precision=1):
            assert repr(x) == "tensor([ 0.1, 12.5,  0. ], dtype=float64)"
        assert repr(ph.tensor(0.1234567)) == "tensor(0.123)"
    assert ph.get_printoptions() == before
    with pytest.raises(KeyError), ph.printoptions(precision=2):
        raise KeyError
    assert ph.get_printoptions() == before
    with ph.printoptions(sci_mode=True):
        assert repr(ph.asarray([1.5, 2.0])) == "tensor([1.5e+00, 2.0e+00])"
    ph.set_printoptions(profile="short")
    assert ph.get_printoptions()["precision"] == 2 and ph.get_printoptions()["edgeitems"] == 2
    ph.set_printoptions(profile="full")
    assert "..." not in repr(ph.zeros(2000))
    ph.set_printoptions(threshold=float("inf"), precision=8, edgeitems=3)
    assert "..." not in repr(ph.zeros(2000))
    ph.set_printoptions(profile="default")
    assert ph.get_printoptions() == before
    error(ValueError, "set_printoptions: profile must be one of 'default', 'short', 'full'; got 'long'", lambda: ph.set_printoptions(profile="long"))
    with pytest.raises(ValueError, match="edgeitems must be at least 1; got edgeitems=0"):
        ph.set_printoptions(edgeitems=0)


def test_complex_and_named_tuples():
    for z in (-1 + 0j, 1j, 1.5 - 2j, complex("nan"), complex(0.1, -3e8)):
        assert repr(ph.asarray(z, dtype=ph.complex128)) == repr(np.array(z)).replace("array", "tensor").replace(")", ", dtype=complex128)")
    assert repr(ph.asarray(-1 + 0j)) == "tensor(-1.+0.j)"
    values = ph.asarray([[1.0, 2], [4, 3]])
    assert repr(ph.topk(values, 2)) == """playhead.ValuesIndices(
    values=tensor([[2., 1.],
                   [4., 3.]]),
    indices=tensor([[1, 0],
                    [0, 1]]))"""
    assert repr(ph.topk(values[0], 1)) == "playhead.ValuesIndices(values=tensor([2.]), indices=tensor([1]))"
    assert repr(ph.iinfo(ph.int8)) == "playhead.iinfo(bits=8, max=127, min=-128, dtype=playhead.int8)"
