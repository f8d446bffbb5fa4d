# playhead.nn: modules in Python and C++ and each in the other, state, copies, hooks, layers against PyTorch 2.15's numbers.
import copy
import pickle

import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import nn
from playhead.nn import functional as F
from playhead.nn.module import _sharing_copy

f64 = ph.float64


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 4)
        self.out = nn.Linear(4, 2)
        self.scale = nn.Parameter(ph.ones(2))
        self.register_buffer("seen", ph.zeros(()))
        self.register_buffer("scratch", ph.zeros(2), persistent=False)
        self.note = "plain"

    def forward(self, x):
        self.seen += 1
        return self.out(self.hidden(x).tanh()) * self.scale


def test_members():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == ["scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert [n for n, _ in net.named_buffers()] == ["seen", "scratch"]
    assert [n for n, _ in net.named_modules()] == ["", "hidden", "out"]
    assert [n for n, _ in net.named_children()] == ["hidden", "out"]
    assert sorted(net.state_dict()) == sorted(["scale", "seen", "hidden.weight", "hidden.bias", "out.weight", "out.bias"])
    assert all(isinstance(p, nn.Parameter) and p.requires_grad and p.is_leaf for p in net.parameters())
    assert net.hidden.weight is net.hidden.weight and net.get_parameter("hidden.weight") is net.hidden.weight
    assert net.get_submodule("out") is net.out and net.get_buffer("seen") is net.seen
    assert isinstance(net.hidden, nn.Linear) and isinstance(net.hidden, nn.Module)
    assert "hidden" in dir(net) and net.note == "plain"
    assert net(ph.ones(5, 3)).shape == (5, 2) and net.seen.item() == 1
    net.hidden = nn.Linear(3, 4, bias=False)  # another module under the name
    assert net.hidden.bias is None and len(list(net.parameters())) == 4
    net.out = None
    assert net.out is None and len(list(net.parameters())) == 2
    del net.hidden
    assert not hasattr(net, "hidden")
    net.note = nn.Parameter(ph.ones(1))  # a plain attribute becomes a parameter
    assert "note" in net._parameters and "note" not in net.__dict__


def test_wrong_members():
    net = Net()
    error(TypeError, "Net: scale is a parameter and takes an nn.Parameter or None; got Tensor", lambda: setattr(net, "scale", ph.ones(2)))
    error(TypeError, "Net: hidden is a module and takes an nn.Module or None; got int", lambda: setattr(net, "hidden", 3))
    error(TypeError, "Net: seen is a buffer and takes a Tensor or None; got str", lambda: setattr(net, "seen", "x"))
    error(TypeError, "register_parameter: param must be an nn.Parameter or None; got Tensor. Wrap it: nn.Parameter(...)", lambda: net.register_parameter("a", ph.ones(1)))
    error(TypeError, "register_buffer: tensor must be a Tensor or None; got list", lambda: net.register_buffer("a", [1.0]))
    error(ValueError, "Net: a member's name must not be empty or contain a dot; got 'a.b'", lambda: net.add_module("a.b", nn.Tanh()))
    with pytest.raises(KeyError, match="there is an attribute 'note' already"):
        net.register_buffer("note", ph.ones(1))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        net.nothing
    error(TypeError, "Parameter: data must be a Tensor; got list. Convert it: ph.tensor(data)", lambda: nn.Parameter([1.0]))
    error(TypeError, "Linear: argument 'out_features' is missing", lambda: nn.Linear(3))
    error(TypeError, "Linear: in_features must be an int; got str", lambda: nn.Linear("a", 3))
    error(ValueError, "Linear: sizes must not be negative; got in=-1", lambda: nn.Linear(-1, 3))
    with pytest.raises(TypeError, match="Linear: has no argument 'biass'"):
        nn.Linear(3, 3, biass=True)
    error(TypeError, "Linear: input must be a Tensor; got numpy.ndarray. Convert it: ph.asarray(...)", lambda: nn.Linear(3, 3)(np.ones(3)))
    error(NotImplementedError, "Bare: forward is missing. Define it in the class", lambda: type("Bare", (nn.Module,), {})()(ph.ones(1)))
    error(TypeError, "Module: takes no arguments", lambda: nn.Module(3))
    error(TypeError, "Linear: is called with a Tanh", lambda: nn.Linear.in_features.__get__(nn.Tanh()))
    with pytest.raises(RuntimeError, match="is not set up"):
        nn.Linear.__new__(nn.Linear)(ph.ones(1))
    with pytest.raises((RuntimeError, TypeError)):
        nn.MSELoss.forward(nn.Tanh(), ph.ones(1), ph.ones(1))
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="follows from other things"):
        layer.in_features = 3
    layer.weight = None
    with pytest.raises(ValueError, match="undefined"):
        layer(ph.ones(2))


def test_values_of_layers():
    # torch.nn.Linear etc. with these parameters, float64.
    x = ph.asarray([[0.5, -1.0], [1.5, 0.25]], dtype=f64)
    layer = nn.Linear(2, 3, dtype=f64)
    layer.load_state_dict({"weight": ph.asarray([[1.0, 2], [3, 4], [5, 6]], dtype=f64), "bias": ph.asarray([0.5, 0.0, -0.5], dtype=f64)})
    close(layer(x), [[-1.0, -2.5, -4.0], [2.5, 5.5, 8.5]])
    close(nn.LayerNorm(2, dtype=f64)(x), [[0.99999111, -0.99999111], [0.9999872, -0.9999872]], rtol=1e-6)
    close(nn.ReLU()(x), [[0.5, 0], [1.5, 0.25]])
    close(nn.LeakyReLU(0.1)(x), [[0.5, -0.1], [1.5, 0.25]])
    close(nn.GELU("tanh")(x), F.gelu(x, approximate="tanh"))
    close(nn.Softmax(1)(x), np.exp(np.asarray(x)) / np.exp(np.asarray(x)).sum(1, keepdims=True))
    close(nn.MSELoss()(x, x * 2), (np.asarray(x) ** 2).mean())
    close(nn.CrossEntropyLoss(reduction="sum")(x, ph.asarray([0, 1])), F.cross_entropy(x, ph.asarray([0, 1]), reduction="sum"))
    close(nn.MaxPool1d(2)(x), [[0.5], [1.5]])
    values, indices = nn.MaxPool1d(2, return_indices=True)(x)
    close(indices, [[0], [0]])
    close(nn.Embedding.from_pretrained(x)(ph.asarray([1, 0])), [[1.5, 0.25], [0.5, -1.0]])
    close(nn.Flatten(0)(x), np.asarray(x).ravel())
    conv = nn.Conv2d(1, 2, 3, padding=1, stride=2, dtype=f64)
    image = ph.asarray(np.arange(25.0).reshape(1, 1, 5, 5))
    close(conv(image), F.conv2d(image, conv.weight, conv.bias, stride=2, padding=1))
    out, weights = nn.MultiheadAttention(4, 2)(ph.ones(3, 1, 4), ph.ones(3, 1, 4), ph.ones(3, 1, 4))
    assert out.shape == (3, 1, 4)
    close(weights, np.full((1, 3, 3), 1 / 3), rtol=1e-5)


def test_every_layer_can_be_made_copied_and_pickled():
    given = {
        "Linear": (3, 2), "Bilinear": (2, 3, 4), "Embedding": (5, 3), "EmbeddingBag": (5, 3), "LayerNorm": (4,), "RMSNorm": ((2, 3),), "GroupNorm": (2, 4),
        "LocalResponseNorm": (2,), "Threshold": (0.1, 2.0), "MultiheadAttention": (4, 2), "PixelShuffle": (2,), "PixelUnshuffle": (2,), "ChannelShuffle": (2,),
        "Fold": ((4, 4), 2), "Unfold": (2,), "FractionalMaxPool2d": (2, 3), "FractionalMaxPool3d": (2, 3), "Upsample": (None, 2.0),
        "Unflatten": (1, (2, 2)),
    }
    skipped = {"Buffer", "Module", "ModuleDict", "ModuleList", "Parameter", "ParameterDict", "ParameterList", "Sequential"}
    made = 0
    for name in nn.__all__:
        if name in skipped:
            continue
        args = given.get(name)
        if args is None:
            args = (4,) if "Norm" in name else (2, 3, 2) if "Conv" in name else (2.0, 2) if "LPPool" in name else (1, 2.0) if "ConstantPad" in name \
                else (2,) if "ool" in name or "Pad" in name else ()
        layer = getattr(nn, name)(*args)
        assert repr(layer).startswith(name + "("), repr(layer)
        for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), copy.copy(layer)):
            assert type(twin) is type(layer) and repr(twin) == repr(layer)
            assert list(twin.state_dict()) == list(layer.state_dict())
            for k, v in layer.state_dict().items():
                close(twin.state_dict()[k], v)
        made += 1
    assert made > 90


def test_fields_are_the_layers_own():
    x = ph.ones(1000)
    dropout = nn.Dropout(0.0)
    close(dropout(x), np.ones(1000))
    dropout.p = 1.0
    close(dropout(x), np.zeros(1000))
    dropout.eval()
    close(dropout(x), np.ones(1000))
    error(TypeError, "Dropout: p must be a float; got str", lambda: setattr(dropout, "p", "a"))
    with pytest.raises(TypeError, match="reduction cannot be changed. Make a new layer"):
        nn.CrossEntropyLoss().reduction = "sum"
    assert copy.deepcopy(dropout).p == 1.0 and pickle.loads(pickle.dumps(dropout)).p == 1.0 and not pickle.loads(pickle.dumps(dropout)).training


def test_repr_is_pytorchs():
    net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.ReLU(inplace=True)), nn.Dropout(0.1))
    assert repr(net) == """Sequential(
  (0): Linear(in_features=4, out_features=16, bias=True)
  (1): Tanh()
  (2): Sequential(
    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
    (1): ReLU(inplace=True)
  )
  (3): Dropout(p=0.1, inplace=False)
)"""
    assert repr(nn.Embedding(10, 3, padding_idx=0)) == "Embedding(10, 3, padding_idx=0)"
    assert repr(nn.LayerNorm(16)) == "LayerNorm((16,), eps=1e-05, elementwise_affine=True, bias=True)"
    assert repr(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"
    assert repr(nn.GELU()) == "GELU(approximate='none')" and repr(nn.Softmax(1)) == "Softmax(dim=1)"
    assert repr(nn.AdaptiveAvgPool2d((1, 1))) == "AdaptiveAvgPool2d(output_size=(1, 1))" and repr(nn.CrossEntropyLoss()) == "CrossEntropyLoss()"
    assert repr(nn.Parameter(ph.ones(2))).startswith("Parameter containing:\ntensor([1., 1.]")


def test_state_dict():
    net, other = Net(), Net()
    assert repr(other.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
    for a, b in zip(net.parameters(), other.parameters()):
        close(a, b)
    state = net.state_dict()
    del state["scale"]
    state["extra"] = ph.ones(1)
    state["out.bias"] = ph.ones(7)
    before = other.out.weight.clone()
    error(ValueError, "load_state_dict: keys and shapes must match Net's; missing: scale. unexpected: extra. of another shape: out.bias (got [7], expected [2]).",
          lambda: other.load_state_dict(state))
    close(other.out.weight, before)
    state["out.bias"] = net.state_dict()["out.bias"]
    result = other.load_state_dict(state, strict=False)
    assert result.missing_keys == ["scale"] and result.unexpected_keys == ["extra"]
    assert list(nn.MultiheadAttention(8, 2).state_dict()) == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    assert list(nn.BatchNorm2d(2).state_dict()) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    net.state_dict()["scale"].fill_(3)  # it is the module's own memory
    close(net.scale, [3, 3])


def test_conversion():
    net = Net()
    weight = net.hidden.weight
    assert net.double() is net and net.hidden.weight is weight and weight.dtype == f64 and weight.requires_grad and net.seen.dtype == f64
    assert net(ph.ones(2, 3, dtype=f64)).dtype == f64  # the C++ layers follow
    assert net.to("cpu").to(ph.float32).half().hidden.weight.dtype == ph.float16
    assert net.to(ph.zeros(1)).scale.dtype == ph.float32
    error(TypeError, "to: a module's parameters must be floating or complex; got dtype=int32", lambda: net.to(ph.int32))
    net.scale.sum().backward()
    grad = net.scale.grad
    net.to("cpu")  # changes nothing
    assert net.scale.grad.is_same(grad)


def test_training_gradients_and_apply():
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), Net().hidden.__class__(4, 2))
    assert net.eval() is net and not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    net(ph.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net(ph.ones(2, 3)).requires_grad
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Dropout", "Linear", "Sequential"]
    norm = nn.BatchNorm1d(2)
    norm(ph.asarray([[1.0, 2], [3, 6]]))
    close(norm.running_mean, [0.2, 0.4], rtol=1e-6)
    assert norm.num_batches_tracked.item() == 1
    norm.eval()
    close(norm(ph.asarray([[0.2, 0.4]])), [[0, 0]], atol=1e-6)


class Double(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4, bias=False)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.inner(x) * 2


def test_python_modules_in_cpp_ones_and_the_reverse():
    double = Double()
    net = nn.Sequential(nn.Linear(3, 4), double, nn.Sequential(nn.Tanh(), nn.Linear(4, 1)))
    assert net[1] is double
    x = ph.ones(2, 3)
    y = net(x)
    assert double.calls == 1
    close(y, net[2][1](ph.tanh(double.inner(net[0](x)) * 2)))
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.inner.weight", "2.1.weight", "2.1.bias"]
    y.sum().backward()
    assert double.inner.weight.grad is not None
    net[1] = nn.Identity()
    net(x)
    assert double.calls == 1
    twin = copy.deepcopy(net)
    twin.load_state_dict({k: v * 0 for k, v in twin.state_dict().items()})
    close(twin(x), np.zeros((2, 1)))
    assert abs(net(x)).sum().item() > 0
    # A subclass of a C++ layer, and a forward of an object's own.
    class Scaled(nn.Linear):
        def forward(self, x):
            return super().forward(x) * 10

    layer = Scaled(3, 2)
    close(nn.Sequential(layer)(x), nn.Linear.forward(layer, x) * 10)
    layer.forward = lambda x: x
    assert layer(x) is x
    error(TypeError, "Nothing: must return a Tensor; got None",
          lambda: nn.Sequential(type("Nothing", (nn.Module,), {"forward": lambda self, x: None})())(x))
    with pytest.raises(ZeroDivisionError):
        nn.Sequential(type("Broken", (nn.Module,), {"forward": lambda self, x: 1 / 0})())(x)


def test_containers():
    a, b, c = nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)
    net = nn.Sequential(a, b)
    assert net.append(c) is net and len(net) == 3 and net[-1] is c and list(net) == [a, b, c]
    assert list(net[:2]) == [a, b] and isinstance(net[:2], nn.Sequential)
    net.insert(1, nn.ReLU())
    assert repr(net[1]) == "ReLU()" and net[3] is c
    del net[1]
    assert net(ph.ones(2)).shape == (1,) and net.pop(1) is b and list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    error(IndexError, "Sequential: index is out of range; got index=2, size=2", lambda: net[2])
    error(TypeError, "Sequential: members must be modules; got function", lambda: nn.Sequential(lambda x: x))
    named = nn.Sequential({"first": a, "then": b})
    assert named.first is a and named[1] is b and list(named.state_dict()) == ["first.weight", "first.bias"]
    assert nn.Sequential()(ph.ones(1)).item() == 1

    assert len(nn.ModuleList(nn.Linear(1, 1) for _ in range(3))) == 3  # a generator is read once
    layers = nn.ModuleList([a, b])
    layers += [c]
    assert len(layers) == 3 and layers[-1] is c and list(layers[1:]) == [b, c] and a in layers
    layers[1] = nn.ReLU()
    del layers[0]
    assert [n for n, _ in layers.named_parameters()] == ["1.weight", "1.bias"]
    table = nn.ModuleDict({"x": a})
    table["y"] = b
    assert list(table.items()) == [("x", a), ("y", b)] and "x" in table and table.pop("x") is a and len(table) == 1
    params = nn.ParameterList([ph.ones(2), nn.Parameter(ph.zeros(3))])
    params.append(ph.ones(1))
    assert [p.shape for p in params] == [(2,), (3,), (1,)] and all(isinstance(p, nn.Parameter) for p in params) and len(list(params.parameters())) == 3
    assert list(nn.ParameterDict({"w": ph.ones(2)}).state_dict()) == ["w"]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.head = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
        self.head.weight = self.table.weight

    def forward(self, i):
        return self.head(self.table(i))


def test_tied_weights():
    net = Tied()
    assert len(list(net.parameters())) == 1 and len(net.state_dict()) == 2
    net(ph.asarray([0, 1])).sum().backward()
    with ph.no_grad():
        net.table.weight.fill_(1)
    close(net(ph.asarray([0])), [[3, 3, 3, 3, 3]])
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.head.weight is twin.table.weight and twin.head.weight is not net.head.weight
        with ph.no_grad():
            twin.table.weight.fill_(2)
        close(twin(ph.asarray([0])), [[12] * 5])
    net.double()
    assert net.head.weight is net.table.weight
    assert net(ph.asarray([0])).dtype == f64


def test_copies_are_independent():
    net = nn.Sequential(Net(), nn.BatchNorm1d(2))
    net(ph.ones(4, 3) * ph.arange(4.0).reshape(4, 1))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        close(twin[1].running_mean, net[1].running_mean)
        assert twin[0].note == "plain" and "scratch" in twin[0]._non_persistent_buffers_set
        for a, b in zip(net.parameters(), twin.parameters()):
            close(a, b)
            assert type(b) is nn.Parameter and b.requires_grad and not a.is_same(b)
        with ph.no_grad():
            twin[0].scale.fill_(9)
        assert net[0].scale[0].item() == 1
        close(twin(ph.ones(4, 3))[0], twin(ph.ones(4, 3))[1])


def test_copies_that_share():
    net = nn.Sequential(Double(), nn.Linear(4, 2))
    twin = _sharing_copy(net)  # what C++ does when it copies a module
    assert twin[0] is not net[0] and all(a.is_same(b) and a is not b for a, b in zip(net.parameters(), twin.parameters()))
    close(twin(ph.ones(4)), net(ph.ones(4)))


def test_dicts_with_the_wrong_things_in_them():
    net = Double()
    net._parameters["w"] = 3
    error(TypeError, "Double: w must be a Tensor; got int", net.state_dict)
    net = nn.Sequential(nn.Tanh())
    net._modules["0"] = "x"
    error(TypeError, "Sequential: its members must be modules; got str", lambda: net(ph.ones(1)))
    error(TypeError, "Sequential: 0 must be an nn.Module; got str", net.double)


def test_unpickling_uses_no_random_numbers():
    data = pickle.dumps(nn.Linear(3, 3))
    ph.manual_seed(5)
    expected = ph.rand(4)
    ph.manual_seed(5)
    pickle.loads(data)
    close(ph.rand(4), expected)


def test_hooks():
    layer, log = nn.Linear(2, 2), []
    before = layer.register_forward_pre_hook(lambda m, args: log.append("before") or (args[0] * 0,))
    after = layer.register_forward_hook(lambda m, args, y: log.append("after") or y + 1)
    close(nn.Sequential(layer)(ph.ones(2)), layer.bias + 1)
    assert log == ["before", "after"]
    before.remove()
    after.remove()
    close(layer(ph.zeros(2)), layer.bias)
    with layer.register_forward_hook(lambda m, args, kwargs, y: y * len(kwargs), with_kwargs=True):
        close(layer(input=ph.zeros(2)), layer.bias)
    assert log == ["before", "after"]
    error(TypeError, "Linear: a hook must be callable; got int", lambda: layer.register_forward_hook(3))


def test_weights_that_are_computed_each_time():
    layer = nn.Linear(2, 2, bias=False)
    raw = nn.Parameter(layer.weight.detach().clone())
    del layer.weight
    layer.weight = raw * 2
    close(layer(ph.ones(1, 2)), ph.matmul(ph.ones(1, 2), raw.T * 2))
    layer(ph.ones(1, 2)).sum().backward()
    assert raw.grad is not None


def test_init_and_utils():
    w = ph.empty(50, 30)
    assert nn.init.ones_(w) is w and w.sum().item() == 1500
    nn.init.constant_(w, 2.5)
    assert w.max().item() == 2.5
    nn.init.kaiming_uniform_(w, nonlinearity="relu")
    assert w.abs().max().item() <= (6 / 30) ** 0.5
    nn.init.xavier_uniform_(w)
    assert w.abs().max().item() <= (6 / 80) ** 0.5
    nn.init.orthogonal_(w)
    close(w.T @ w, np.eye(30), atol=1e-5)
    assert nn.init.calculate_gain("relu") == 2**0.5
    nn.init.trunc_normal_(w, std=2.0, a=-1.0, b=1.0)
    assert w.abs().max().item() <= 1
    with pytest.raises(ValueError, match="nonlinearity must be one of"):
        nn.init.kaiming_normal_(w, nonlinearity="swish")
    p = [nn.Parameter(ph.asarray([3.0])), nn.Parameter(ph.asarray([4.0]))]
    for x in p:
        x.grad = x.detach().clone()
    assert abs(nn.utils.clip_grad_norm_(iter(p), 1.0).item() - 5) < 1e-6
    close(p[0].grad, [0.6], rtol=1e-5)
    nn.utils.clip_grad_value_(p, 0.5)
    close(p[1].grad, [0.5])
    vector = nn.utils.parameters_to_vector(p)
    close(vector, [3, 4])
    nn.utils.vector_to_parameters(vector.detach() * 2, p)
    close(p[1], [8])
    with pytest.raises(ValueError, match="as many elements as the parameters have \\(2\\)"):
        nn.utils.vector_to_parameters(ph.ones(3), p)


def test_same_numbers_as_functional_and_seed():
    ph.manual_seed(3)
    a = nn.Linear(4, 4)
    ph.manual_seed(3)
    b = nn.Linear(4, 4)
    close(a.weight, b.weight)
    for name in ("relu", "softmax", "cross_entropy", "linear", "conv2d", "layer_norm", "dropout", "mse_loss", "scaled_dot_product_attention"):
        assert callable(getattr(F, name))
