# What people stumble over who come from PyTorch or NumPy: each wrong call has a clear answer in Python's words, each habit works.
import pathlib

import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import nn, optim

x = ph.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def leaf():
    return ph.asarray([1.0, 2.0, 3.0]).requires_grad_()


# --- whose words ----------------------------------------------------------------------------------------------------------------
def put(key, value, where=None):
    (x.clone() if where is None else where)[key] = value


def add_in_place():
    w = leaf()
    w += 1


def again():
    y = (leaf() * leaf()).sum()
    y.backward()
    y.backward()


@pytest.mark.parametrize("kind, message, call", [
    (TypeError, "clamp: min must be a Tensor or a number; got str", lambda: ph.clamp(x, "a")),
    (TypeError, "clamp: x must be a Tensor; got None", lambda: ph.clamp(None, 0)),
    (TypeError, "arccos: x must be a Tensor; got list. Convert it: ph.asarray(...)", lambda: ph.arccos([1.0])),
    (TypeError, "multiply: one operand must be a Tensor; got numbers only. Convert one: ph.asarray(...)", lambda: ph.multiply(1, 2)),
    (ValueError, "multiply: shapes do not broadcast; got a=[2, 3], b=[5] (3 vs 5 at dimension -1)", lambda: x.multiply(ph.ones(5))),
    (TypeError, "arctan2_: other must be a Tensor or a number; got None", lambda: x.arctan2_(None)),
    (ValueError, "row_stack: needs at least one tensor", lambda: ph.row_stack([])),
    (ValueError, "index: the shape does not fit; got x=[5], shape=[3]", lambda: put(0, ph.ones(5))),
    (IndexError, "index: index out of range; got index=7 for dimension 0 of size 2", lambda: put(7, 1)),
    (TypeError, "index: a complex tensor does not fit a real one; got complex64 to float32. Use real(x) or abs(x)", lambda: put(0, ph.asarray([1j, 2j, 3j]))),
    (TypeError, "index: data must be numbers, nested sequences of them, or an array; got None", lambda: put(0, None)),
    (RuntimeError, "index: a view of a leaf that requires a gradient must not be changed in place; got shape=[]. Use no_grad, or work on a clone",
     lambda: put(0, 1, leaf())),
    (RuntimeError, "add_: a leaf that requires a gradient must not be changed in place; got shape=[3]. Use no_grad, or work on a clone", add_in_place),
    (MemoryError, "zeros: out of memory; got bytes=140737488355328", lambda: ph.zeros(2**45)),
    (MemoryError, "bartlett_window: out of memory", lambda: ph.bartlett_window(2**45)),
    (TypeError, "arange: only floating and complex tensors have gradients; got dtype=int64", lambda: ph.arange(3, requires_grad=True)),
    (ValueError, "abs: `out` must have the result's shape; got [2], expected [2, 3]", lambda: ph.abs(x, out=ph.ones(2))),
    (TypeError, "fft.fft: x must be a Tensor; got str", lambda: ph.fft.fft("a")),
    (ValueError, "linalg.inv: needs square matrices; got shape=[2, 3]", lambda: ph.linalg.inv(x)),
    (ValueError, "inverse: needs square matrices; got shape=[2, 3]", lambda: x.inverse()),
    (TypeError, "max: axis must be an int, a tuple of ints or None; got Tensor", lambda: x.max(x)),
    (ValueError, "zeros: dtype must be a dtype; got 'abc'. There are bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, "
     "float32, float64, complex64, complex128", lambda: ph.zeros(2, dtype="abc")),
    (TypeError, "format: only 0-d tensors take a format; got shape=[2, 3]", lambda: format(x, ".2f")),
    (TypeError, "format: spec must be a str; got int", lambda: x.__format__(3)),
    (RuntimeError, "backward: the graph was freed by an earlier pass; got op=mul. Keep it in the first one (retain_graph)", again),
    (ValueError, "backward: needs a one-element tensor; got shape=[3]. Pass a gradient of that shape", lambda: (leaf() * 2).backward()),
    (TypeError, "backward: gradient must be a Tensor; got float. Convert it: ph.asarray(...)", lambda: (leaf() * 2).backward(2.0)),
    (TypeError, "backward: tensors must be a Tensor or a sequence of Tensors; got None", lambda: ph.autograd.backward(None)),
    (TypeError, "grad: outputs must be a Tensor or a sequence of Tensors; got None", lambda: ph.grad(None, leaf())),
    (TypeError, "grad: inputs must be a Tensor or a sequence of Tensors; got None", lambda: ph.grad(leaf().sum(), None)),
    (TypeError, "grad: inputs must be a Tensor or a sequence of Tensors; got str", lambda: ph.grad(leaf().sum(), ["a"])),
    (TypeError, "grad: grad_outputs must be a Tensor, or a sequence of Tensors and None; got int. Convert it: ph.asarray(...)", lambda: ph.grad(leaf().sum(), leaf(), [1])),
    (RuntimeError, "grad: an input was not used by the outputs; got number 0, shape=[3]. Pass allow_unused if it may be left out",
     lambda: ph.grad(leaf().sum(), leaf())),
    (TypeError, "gradcheck: function must be callable; got int", lambda: ph.autograd.gradcheck(3, [leaf()])),
    (TypeError, "checkpoint: function must be callable; got int", lambda: ph.autograd.checkpoint(3, leaf())),
    (ValueError, "batch_norm: running statistics are needed outside training; got running_mean=none", lambda: ph.batch_norm(x, None, None)),
    (ValueError, "cross_entropy: weight takes no gradient, but requires one. Pass weight.detach()",
     lambda: ph.cross_entropy(x, ph.asarray([0, 1]), weight=leaf())),
], ids=str)
def test_errors_are_pythons(kind, message, call):
    error(kind, message, call)


# --- types ----------------------------------------------------------------------------------------------------------------------
HOW = ". Use ph.tensor(data, dtype=...), or ph.empty(shape), ph.zeros(shape)"


@pytest.mark.parametrize("kind, message, call", [
    (TypeError, "Tensor: takes one argument, the data; got 2" + HOW, lambda: ph.Tensor(2, 3)),
    (TypeError, "Tensor: takes one argument, the data; got 0" + HOW, lambda: ph.Tensor()),
    (TypeError, "Tensor: takes one argument, the data; got 2" + HOW, lambda: ph.Tensor([1], dtype=ph.float32)),
    (TypeError, "Generator: seed must be an int; got str. A generator serves every device", lambda: ph.Generator("cpu")),
    (TypeError, "Generator: seed must be an int; got float", lambda: ph.Generator(1.5)),
    (ValueError, "Generator: seed must fit 64 bits; got 18446744073709551616", lambda: ph.Generator(2**64)),
    (TypeError, "Generator: has no argument 'sed'. Signature: Generator(seed=0, stream=0, *, device=None)", lambda: ph.Generator(sed=1)),
    (TypeError, "manual_seed: seed must be an int; got str", lambda: ph.Generator().manual_seed("a")),
    (TypeError, "set_state: state must be a tuple of three ints, as get_state gives it; got list", lambda: ph.Generator().set_state([1, 2, 3])),
    (TypeError, "device: argument 'type' is missing", lambda: ph.device()),
    (TypeError, "device: type must be a device such as 'cpu' or 'cuda:0'; got int", lambda: ph.device(3)),
    (ValueError, "device: index must be 0 or more, beside 'cpu' or 'cuda'; got 'cuda', index=-1", lambda: ph.device("cuda", -1)),
    (TypeError, "dtype: type must be a dtype such as ph.float32; got int", lambda: ph.dtype(3)),
], ids=str)
def test_types_are_made(kind, message, call):
    error(kind, message, call)


def test_types_are_made_as_elsewhere():
    assert ph.device("cuda", 1) == "cuda:1" and ph.device(type="cpu") == "cpu" and str(ph.device("cpu:0")) == "cpu"
    assert ph.dtype("float32") is ph.float32 and ph.dtype(np.dtype("int8")) is ph.int8
    assert ph.Generator(3).get_state()[0] == 3 and ph.Generator(seed=3, stream=4, device="cpu").get_state()[:2] == (3, 4)
    assert ph.Generator(-1).get_state()[0] == 2**64 - 1 == ph.Generator(2**64 - 1).get_state()[0]
    state = ph.get_rng_state()
    a = ph.rand(3)
    ph.set_rng_state(state)
    close(ph.rand(3), a)
    ph.manual_seed(7)
    assert ph.initial_seed() == 7


def test_names():
    assert all(not name.startswith("_") or name.endswith("__") for name in dir(ph)) and "builtins_bool" not in dir(ph) and "TYPE_CHECKING" not in dir(ph)
    assert {"nn", "optim", "io", "cuda", "save", "load", "zeros", "pi", "float"} <= set(dir(ph))
    for name in dir(ph):
        getattr(ph, name)
    for name in ("clamp", "arccos", "multiply", "swapaxes", "eq"):
        assert getattr(ph, name).__name__ == name == getattr(ph.Tensor, name).__name__
    assert ph.Tensor.multiply_.__name__ == "multiply_" and not hasattr(ph, "no_such_name")


# --- habits ---------------------------------------------------------------------------------------------------------------------
def test_size_is_both():
    assert x.size == 6 and isinstance(x.size, int) and x.size() == (2, 3) and x.size(0) == 2 and x.size(-1) == 3 and x.size(dim=1) == 3
    assert repr(x.size) == "6" and x.size + 1 == 7 and list(range(ph.ones(2).size)) == [0, 1]
    error(IndexError, "size: dimension out of range; got dim=2 for 2 dimensions", lambda: x.size(2))
    error(TypeError, "size: dim must be an int; got str", lambda: x.size("a"))


def test_questions():
    assert ph.is_tensor(x) and not ph.is_tensor([1]) and ph.numel(x) == x.nelement() == x.numel() == 6 and x.ndimension() == x.dim() == 2
    assert x.is_floating_point() and not ph.is_floating_point(ph.arange(2)) and ph.is_complex(ph.asarray([1j])) and not x.is_complex()
    assert x.is_signed() and not ph.is_signed(ph.ones(1, dtype=ph.uint8)) and x.is_cpu and not x.is_cuda and x.get_device() == -1
    assert x.type() is ph.float32 and x.type(ph.int32).dtype is ph.int32 and ph.arange(2).type_as(x).dtype is ph.float32
    assert x.to("cpu", non_blocking=True) is not None and x.to(ph.float64, non_blocking=True).dtype is ph.float64


def test_cuda_can_be_asked_anywhere():
    assert ph.cuda.is_available() == (ph.cuda.device_count() > 0) == (ph.cuda.why_unavailable() == "")
    assert ph.cuda.memory_allocated() >= 0 and ph.cuda.max_memory_allocated() >= 0 and ph.cuda.memory_cached() >= 0
    ph.cuda.empty_cache()
    error(ValueError, "cuda.synchronize: device must be a CUDA device; got device=cpu", lambda: ph.cuda.synchronize("cpu"))
    if not ph.cuda.is_available():
        with pytest.raises(RuntimeError, match="^cuda.synchronize: CUDA is not available"):
            ph.cuda.synchronize()


def test_where_alone_says_where():
    a = np.array([[0, 1], [1, 1]], dtype=bool)
    for got, expected in zip(ph.where(ph.asarray(a)), np.where(a)):
        close(got, expected)
    close(ph.where(x > 3, x, 0.0), np.where(np.asarray(x) > 3, np.asarray(x), 0))
    error(TypeError, "where: needs both x1 and x2, or neither; got one of them", lambda: ph.where(x > 3, x))


@pytest.mark.parametrize("dtype", ["int32", "int16", "uint8", "float64", "complex64", "float32"])
@pytest.mark.parametrize("array", [np.arange(12, dtype=np.float32).reshape(3, 4), np.arange(24, dtype=np.float32).reshape(6, 4)[::2]], ids=["rows", "steps"])
def test_view_as_another_dtype(dtype, array):
    y = ph.asarray(array)
    got = y.view(getattr(ph, dtype))
    np.testing.assert_array_equal(np.asarray(got), array.view(dtype))
    got[0, 0] = 1
    np.testing.assert_array_equal(np.asarray(y), array)  # one memory


def test_views_that_cannot_be():
    error(ValueError, "view: the last dimension must be contiguous and hold whole elements of float64; got shape=[2, 3] with strides=[3, 1] of float32",
          lambda: x.view(ph.float64))
    error(ValueError, "view: the last dimension must be contiguous and hold whole elements of int16; got shape=[3, 2] with strides=[1, 3] of float32",
          lambda: x.T.view(ph.int16))
    error(ValueError, "view: a 0-d tensor cannot be read as elements of another size; got dtype=float32 for int8", lambda: ph.tensor(1.0).view(ph.int8))
    error(TypeError, "view: bytes of another dtype are no bools; got dtype=uint8", lambda: ph.ones(2, dtype=ph.uint8).view(ph.bool))
    error(TypeError, "view: shape must be a tuple of ints, or a dtype; got str", lambda: x.view("a"))


def test_comparisons_take_numbers():
    assert ph.isclose(x, 1.0).tolist() == [[True, False, False], [False] * 3] == ph.isclose(1.0, x).tolist() == x.isclose(1).tolist()
    assert ph.allclose(ph.ones(2), 1) and not x.allclose(1) and not ph.array_equal(x, 1) and ph.array_equal(ph.tensor(1.0), 1)


def test_alpha():
    a, b = np.arange(3.0), np.array([2.0, 3.0, 5.0])
    p, q = ph.asarray(a), ph.asarray(b)
    close(ph.add(p, q, alpha=2), a + 2 * b)
    close(p.sub(q, alpha=0.5), a - 0.5 * b)
    close(p.clone().add_(q, alpha=3).sub_(1, alpha=2), a + 3 * b - 2)
    close(ph.add(p, 4, alpha=2), a + 8)
    assert ph.add(ph.asarray([1]), ph.asarray([2]), alpha=3).tolist() == [7]
    w = leaf()
    ph.add(ph.ones(3), w, alpha=2).sum().backward()
    close(w.grad, [2, 2, 2])
    error(TypeError, "add: alpha must be an int for integers; got dtype=int64", lambda: ph.add(ph.asarray([1]), ph.asarray([2]), alpha=0.5))


def test_in_place():
    a, b, c = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([2.0, 4.0, 8.0])
    y = ph.asarray(a.copy())
    assert y.lerp_(ph.asarray(b), 0.5) is y
    close(y, (a + b) / 2)
    close(ph.asarray(a.copy()).addcmul_(ph.asarray(b), ph.asarray(c), value=2), a + 2 * b * c)
    close(ph.asarray(a.copy()).addcdiv_(ph.asarray(b), ph.asarray(c), value=2), a + 2 * b / c)
    close(ph.asarray(a.copy()).clip_(max=2), [1, 2, 2])
    close(ph.asarray(a.copy()).multiply_(2).subtract_(1), 2 * a - 1)
    m = np.arange(9.0).reshape(3, 3)
    close(ph.asarray(m.copy()).tril_(), np.tril(m))
    close(ph.asarray(m.copy()).triu_(1), np.triu(m, 1))
    close(ph.asarray(m.copy()).fill_diagonal_(-1), m - np.diag(np.diag(m)) - np.eye(3))


def test_short_names():
    m = np.array([[2.0, 1.0], [1.0, 3.0]])
    close(ph.det(ph.asarray(m)), 5.0)
    close(ph.asarray(m).inverse(), np.linalg.inv(m))
    assert ph.asarray(m).slogdet().logabsdet.item() == pytest.approx(np.log(5))
    z = np.array([[1 + 1j, 2], [3j, 4]])
    close(ph.adjoint(ph.asarray(z)), z.conj().T)
    n = np.arange(8)
    close(ph.hann_window(8), 0.5 - 0.5 * np.cos(2 * np.pi * n / 8))
    close(ph.hann_window(8, False), np.hanning(8), atol=1e-7)
    close(ph.kaiser_window(8, False, 5.0), np.kaiser(8, 5.0), rtol=1e-5)
    assert ph.as_tensor(x).is_same(x) and ph.as_tensor([1, 2], dtype=ph.float32).dtype is ph.float32
    error(TypeError, "from_numpy: array must be an array of NumPy; got list. Use ph.tensor(data)", lambda: ph.from_numpy([1]))
    w = leaf()
    assert w.numpy(force=True).tolist() == [1, 2, 3]
    unused, used = ph.grad((w * 2).sum(), [leaf(), w], materialize_grads=True)
    close(unused, [0, 0, 0])
    close(used, [2, 2, 2])
    close(ph.grad((w * 2).sum(), (p for p in [w]))[0], [2, 2, 2])


def test_differences_of_any_order_end():
    assert ph.diff(x, n=2**40).shape == (2, 0)


# --- NumPy ----------------------------------------------------------------------------------------------------------------------
def test_arrays_change_in_place():
    a = np.ones(3)
    before = a
    a += ph.ones(3)
    assert a is before and type(a) is np.ndarray and a.tolist() == [2, 2, 2]
    a *= ph.asarray([1.0, 2.0, 3.0])
    assert a is before and a.tolist() == [2, 4, 6]
    with pytest.raises(RuntimeError, match="^numpy: the tensor requires a gradient, which NumPy would lose. Use x.detach"):
        a += leaf()
    with pytest.raises(TypeError, match="^add: out must be an array of NumPy; got Tensor. Use playhead's own op$"):
        np.add(a, a, out=ph.ones(3))


def test_ufuncs():
    w = leaf()
    y = np.sin(w) * np.float32(2)
    assert type(y) is ph.Tensor
    y.sum().backward()
    close(w.grad, 2 * np.cos([1, 2, 3]))
    assert type(np.add(np.ones(3), ph.ones(3))) is ph.Tensor and np.power(ph.asarray([2.0]), 3).item() == 8
    assert np.add.reduce(ph.ones(2, 3), axis=1).tolist() == [3, 3] and np.spacing(ph.ones(1, dtype=ph.float64)).item() == np.spacing(1.0)
    assert type(np.float32(2) + ph.ones(1)) is ph.Tensor and (np.arange(3) == ph.arange(3)).all()


# --- nn, optim ------------------------------------------------------------------------------------------------------------------
linear = nn.Linear(3, 4)


class Forgot(nn.Linear):
    def __init__(self):
        self.width = 3


@pytest.mark.parametrize("kind, message, call", [
    (RuntimeError, "Forgot: is not set up. Call super().__init__(...) first", lambda: Forgot()(x)),
    (TypeError, "Sequential: members must be modules; got list. Unpack it: Sequential(*modules)", lambda: nn.Sequential([nn.ReLU()])),
    (TypeError, "Sequential: members must be modules; got type. Make one: ReLU()", lambda: nn.Sequential(nn.ReLU)),
    (TypeError, "ModuleList: takes a list of modules; got Linear. Put it in a list: ModuleList([module])", lambda: nn.ModuleList(linear)),
    (TypeError, "Parameter: data must be floating or complex; got dtype=int64. Pass requires_grad=False", lambda: nn.Parameter(ph.arange(3))),
    (TypeError, "load_state_dict: state_dict must be a dict from str to Tensor; got int", lambda: linear.load_state_dict(3)),
    (TypeError, "load_state_dict: state_dict must be a dict from str to Tensor; got str. Pass ph.load(path)", lambda: linear.load_state_dict("file")),
    (TypeError, "load_state_dict: state_dict must be a dict from str to Tensor; got PosixPath. Pass ph.load(path)", lambda: linear.load_state_dict(pathlib.Path("file"))),
    (TypeError, "load_state_dict: state_dict must be a dict from str to Tensor; got Linear. Pass its state_dict()", lambda: linear.load_state_dict(linear)),
    (TypeError, "load_state_dict: state_dict must be a dict from str to Tensor; got Tensor", lambda: linear.load_state_dict(x)),
    (ValueError, "to: needs a dtype such as 'float32' or a device such as 'cuda:0'; got 'float16x'", lambda: linear.to("float16x")),
    (TypeError, "Parameter: data must be a Tensor; got list. Convert it: ph.tensor(data)", lambda: nn.Parameter([1.0])),
    (TypeError, "Buffer: data must be a Tensor; got float. Convert it: ph.tensor(data)", lambda: nn.Buffer(1.0)),
    (ValueError, "Conv2d: stride must be positive; got stride=[0, 0]", lambda: nn.Conv2d(1, 2, 3, stride=0)),
    (ValueError, "Conv1d: dilation must be positive; got dilation=[-1]", lambda: nn.Conv1d(1, 2, 3, dilation=-1)),
    (ValueError, "ConvTranspose2d: stride must be positive; got stride=[1, 0]", lambda: nn.ConvTranspose2d(1, 2, 3, stride=(1, 0))),
    (TypeError, "clip_grad_norm_: parameters must be Tensors; got method. Pass net.parameters()", lambda: nn.utils.clip_grad_norm_(linear.parameters, 1.0)),
    (ValueError, "SGD: needs at least one parameter; got none. A module does not see layers that lie in a plain list or dict: use nn.ModuleList or nn.ModuleDict",
     lambda: optim.SGD([])),
    (TypeError, "LBFGS: the closure must return the loss, one number; got None. End it with `return loss`", lambda: optim.LBFGS(linear.parameters()).step(lambda: None)),
    (TypeError, "LBFGS: the closure must return the loss, one number; got shape=(2, 3). End it with `return loss`", lambda: optim.LBFGS(linear.parameters()).step(lambda: x)),
    (ValueError, "linalg.lu: pivot=False is not supported: without exchanges of rows the factors are not accurate", lambda: ph.linalg.lu(ph.eye(2), pivot=False)),
    (TypeError, "triplet_margin_with_distance_loss: distance_function must be callable or None; got int",
     lambda: nn.functional.triplet_margin_with_distance_loss(x, x, x, distance_function=3)),
    (TypeError, "clip_grad_norm_: parameters must be Tensors; got Linear. Pass net.parameters()", lambda: nn.utils.clip_grad_norm_(linear, 1.0)),
    (TypeError, "clip_grad_norm_: max_norm must be a float; got str", lambda: nn.utils.clip_grad_norm_(linear.parameters(), "a")),
    (TypeError, "SGD: params must be a list of Tensors or of dicts; got Linear. Pass net.parameters()", lambda: optim.SGD(linear)),
    (TypeError, "SGD: params must be a list of Tensors or of dicts; got method. Pass net.parameters()", lambda: optim.SGD(linear.parameters)),
    (TypeError, "SGD: params must be a list of Tensors or of dicts; got None", lambda: optim.SGD(None)),
    (ValueError, "SGD: maximize is not supported; got maximize=True", lambda: optim.SGD(linear.parameters(), maximize=True)),
    (ValueError, "AdamW: amsgrad is not supported; got amsgrad=True", lambda: optim.AdamW(linear.parameters(), amsgrad=True)),
    (ValueError, "Adam.load_state_dict: state_dict must be what state_dict() gives, with 'state' and 'param_groups'; got a dict with ['a']",
     lambda: optim.Adam(linear.parameters()).load_state_dict({"a": 1})),
    (ValueError, "StepLR: step_size must be at least 1; got step_size=0", lambda: optim.lr_scheduler.StepLR(optim.SGD(linear.parameters()), 0)),
    (TypeError, "CosineAnnealingLR: T_max must be an int; got str", lambda: optim.lr_scheduler.CosineAnnealingLR(optim.SGD(linear.parameters()), "a")),
    (TypeError, "no_grad: takes no argument; got int. Use set_grad_enabled(mode)", lambda: ph.no_grad(3)),
    (TypeError, "set_grad_enabled: mode must be a bool; got str", lambda: ph.set_grad_enabled("a")),
    (TypeError, "Function: is not made but applied. Call Function.apply(...)", lambda: ph.autograd.Function(x)),
], ids=str)
def test_modules_and_optimisers(kind, message, call):
    error(kind, message, call)


def test_a_module_without_super_init_works():
    """PyTorch needs the call; here the object is whole from the start."""
    class Net(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(3, 2)

        def forward(self, x):
            return self.inner(x)

    assert len(list(Net().parameters())) == 2 and Net()(x).shape == (2, 2)


def test_arguments_that_change_nothing():
    close(nn.functional.relu(x, inplace=False), x)
    close(nn.functional.mse_loss(x, x, size_average=None, reduce=None), 0)
    close(nn.functional.dropout(x, 0.5, False, False), x)
    nn.MSELoss(size_average=None, reduction="sum")
    nn.Embedding(3, 2, None, None, 2.0, False, False)
    optim.AdamW(linear.parameters(), foreach=True, fused=False, capturable=False)


def test_losses_with_options():
    logits, target = ph.asarray([[1.0, 2.0, 0.5], [0.1, 0.2, 3.0]]), ph.asarray([1, 2])
    weight = ph.asarray([1.0, 2.0, 3.0])
    loss = nn.CrossEntropyLoss(weight=weight, ignore_index=1, label_smoothing=0.1)
    close(loss(logits, target), nn.functional.cross_entropy(logits, target, weight=weight, ignore_index=1, label_smoothing=0.1))
    close(nn.BCEWithLogitsLoss(pos_weight=weight)(logits, ph.ones(2, 3)),
          (weight * ph.log1p(ph.exp(-logits))).mean(), rtol=1e-6)


def test_triplets_with_a_distance():
    a, p, n = ph.asarray([[0.0, 0.0]]), ph.asarray([[1.0, 0.0]]), ph.asarray([[0.0, 1.5]])
    loss = nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1), margin=2.0)
    close(loss(a, p, n), 1.5)
    close(nn.TripletMarginWithDistanceLoss()(a, p, n), nn.TripletMarginLoss()(a, p, n))
    error(TypeError, "TripletMarginWithDistanceLoss: distance_function must be callable or None; got int",
          lambda: nn.TripletMarginWithDistanceLoss(distance_function=3))


def test_unflatten():
    assert nn.Unflatten(1, (3, 1))(x).shape == (2, 3, 1) and repr(nn.Unflatten(1, (3, 1))) == "Unflatten(dim=1, unflattened_size=(3, 1))"


def test_save_and_load(tmp_path):
    ph.save({"x": x}, tmp_path / "x.safetensors")
    close(ph.load(tmp_path / "x.safetensors")["x"], x)


def test_pythons_own_types_are_dtypes_as_in_numpy():
    for python in (bool, int, float, complex):
        assert str(ph.zeros(1, dtype=python).dtype).removeprefix("playhead.") == np.zeros(1, dtype=python).dtype.name
    assert ph.ones(1, dtype=ph.float64).to(float).dtype == ph.float64


def test_numpys_std_and_var_take_tensors():
    x = ph.asarray([[1.0, 2.0, 4.0], [4.0, 5.0, 9.0]])
    assert float(np.std(x)) == pytest.approx(np.std(np.asarray(x)), rel=1e-6)
    assert np.allclose(np.var(x, axis=1, ddof=1), np.var(np.asarray(x), axis=1, ddof=1))
    assert ph.linspace(0, 1, steps=3).tolist() == [0, 0.5, 1]


def test_a_parameter_dict_of_no_dict():
    with pytest.raises(TypeError, match="^ParameterDict: needs a dict of names to parameters; got list$"):
        nn.ParameterDict([ph.ones(2)])


def test_ufuncs_with_keywords_of_numpy():
    a = np.asarray([[9.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    t = ph.asarray(a)
    assert np.add.reduce(t, axis=None) == 24 and np.add.reduce(t).tolist() == [12, 5, 7] and np.ptp(t) == 8
    assert np.maximum.reduce(t, axis=None, initial=10) == 10
    into = np.zeros_like(a)
    np.exp(t, where=t < 3, out=into)
    assert np.array_equal(into, np.where(a < 3, np.exp(a), 0))
    b = a.copy()
    b @= ph.ones(3, 3, dtype=ph.float64)
    assert np.array_equal(b, a @ np.ones((3, 3)))
    with pytest.raises(TypeError, match="^add: out must be an array of NumPy; got Tensor"):
        np.add(a, a, out=t)
