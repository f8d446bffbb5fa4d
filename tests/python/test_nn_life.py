# How modules live and die: garbage, threads, modules that hold themselves, the end of the interpreter.
import gc
import os
import subprocess
import sys
import threading
import weakref

import pytest

import playhead as ph
from playhead import nn


class Double(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x):
        return self.inner(x) * 2


def test_garbage_goes():
    net = nn.Sequential(Double(), nn.Linear(4, 4))
    net(ph.ones(4))
    net.itself = [net]
    gone = weakref.ref(net[0])
    del net
    gc.collect()
    assert gone() is None
    count = sys.getrefcount(nn.Parameter)
    for _ in range(100):
        nn.Parameter(ph.ones(1))
        nn.Linear(1, 1)
    assert abs(sys.getrefcount(nn.Parameter) - count) < 5


def test_modules_that_hold_themselves():
    net = nn.Sequential(nn.Tanh())
    net.append(net)
    for call in (lambda: net(ph.ones(2)), net.state_dict, lambda: repr(net), net.double):
        with pytest.raises(RecursionError):
            call()
    assert len(list(net.modules())) == 2
    assert net.eval()[0].training is False


def test_threads():
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64))
    x, expected, wrong = ph.rand(256, 64), None, []
    with ph.no_grad():
        expected = net(x)

    def work():
        with ph.no_grad():
            for i in range(50):
                if not bool((net(x) == expected).all()):
                    wrong.append(i)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for i in range(20):  # meanwhile handles change, to tensors of the same values
        for layer in (net[0], net[2]):
            layer.weight = nn.Parameter(layer.weight.detach().clone())
    for t in threads:
        t.join()
    assert not wrong


def test_exit_with_live_modules():
    code = """
import playhead as ph
from playhead import nn
class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    def forward(self, x):
        return self.a(x)
net = nn.Sequential(M(), nn.MultiheadAttention(2, 1).out_proj)
net.itself = [net]
net.register_forward_hook(lambda *a: None)
loss = net(ph.ones(2)).sum()
loss.backward()
opt = ph.optim.Adam(net.parameters())
opt.step()
import threading
threading.Thread(target=lambda: net(ph.ones(2)), daemon=True).start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_import_is_lazy():
    code = "import sys, playhead; assert 'playhead.nn' not in sys.modules; playhead.nn.Linear; assert 'playhead.nn' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
