# Hard case 17, on programs of their own: Ctrl-C during long work, and the end of the interpreter while tensors, graphs and threads live.
import signal
import subprocess
import sys
import textwrap
import time

import pytest


def run(code):
    """A program of its own, which must end well and in silence. Its output."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------------


def interrupt(code):
    """Runs `code`, which prints "go" and then computes for seconds, and interrupts it a little later. What it printed."""
    # A shell starts what runs in the background deaf to SIGINT, and its children inherit that.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    process = subprocess.Popen([sys.executable, "-u", "-c", hears + textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "go\n"
        time.sleep(0.15)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    return out.splitlines()


def test_interrupted_op():
    """The op ends, then KeyboardInterrupt comes: nothing is half done."""
    assert interrupt("""
        import playhead as ph
        x = ph.rand(1 << 24)
        before = float(x.sum(dtype=ph.float64))
        print("go")
        try:
            while True:
                x.add_(1)
                x.sub_(1)
                ph.sort(x)
        except KeyboardInterrupt:
            print("interrupted")
        x -= (x >= 1).to(x.dtype)  # stopped between the two
        assert abs(float(x.sum(dtype=ph.float64)) - before) < 20
        y = ph.tensor([2.0], requires_grad=True)
        (y * y).backward()
        print(y.grad.tolist())
        """) == ["interrupted", "[4.0]"]


def test_interrupted_backward():
    """A pass stops; the same graph's next one is right."""
    assert interrupt("""
        import playhead as ph
        x = ph.rand(1 << 18, requires_grad=True)
        y = x
        for _ in range(100):
            y = y.sin() + x
        y = y.sum()
        y.backward(retain_graph=True)
        good, x.grad = x.grad, None
        print("go")
        try:
            while True:
                y.backward(retain_graph=True)
        except KeyboardInterrupt:
            print("interrupted")
        x.grad = None
        y.backward()
        print(bool((x.grad == good).all()))
        """) == ["interrupted", "True"]


def test_interrupted_deep_backward():
    """One pass of seconds stops between two of its nodes, long before the leaf."""
    out = interrupt("""
        import time
        import playhead as ph
        x = ph.rand(1 << 17, requires_grad=True)
        y = x
        began = time.perf_counter()
        while time.perf_counter() - began < 2:  # the pass takes about as long
            for _ in range(100):
                y = -y
        y = y.sum()
        print("go")
        try:
            y.backward()
            print("ended")
        except KeyboardInterrupt:
            print("interrupted", x.grad)
        y = (x * 2).sum()
        y.backward()
        print(bool((x.grad == 2).all()))
        """)
    assert out == ["interrupted None", "True"]


def test_interrupted_while_another_thread_computes():
    assert interrupt("""
        import threading
        import playhead as ph
        stop = []
        def work():
            x = ph.rand(300, 300, requires_grad=True)
            while not stop:
                (x @ x).sum().backward()
                x.grad = None
            stop.append("done")
        thread = threading.Thread(target=work)
        thread.start()
        print("go")
        try:
            while True:
                ph.rand(1 << 22).sort()
        except KeyboardInterrupt:
            print("interrupted")
        stop.append(True)
        thread.join()
        print(stop[-1])
        """) == ["interrupted", "done"]


# --- the end of the interpreter ---------------------------------------------------------------------------------------------

ENDS = {
    "graphs": "y = (x * x).sum()\nz = y.exp()",
    "gradients of gradients": "(g,) = ph.grad((x ** 3).sum(), x, create_graph=True)",
    "hooks": "y = x * 2\ny.register_hook(lambda g: g)\nx.register_hook(print)\nx.register_hook(lambda g, y=y: g)",
    "functions": "y = F.apply(x)\nkept = F\nF.kept = y",
    "checkpoints": "y = ph.autograd.checkpoint(lambda v: v.sin(), x)",
    "numpy's memory": "a = np.ones(5)\ny = ph.asarray(a) * x\nb = np.asarray(y.detach())\nc = ph.from_dlpack(b)\nd = x.detach().__dlpack__()",
    "modes": "ph.no_grad().__enter__()\nph.inference_mode().__enter__()\nph.autograd.detect_anomaly().__enter__()",
    "a cycle": "class Node: pass\nn = Node()\nn.x, n.self = (x * 2).sin(), n\nx.register_hook(lambda g, n=n: g)",
    "exit in a hook": "def stop(g):\n    import sys\n    sys.exit(0)\ny = x * 2\ny.register_hook(stop)\ny.sum().backward()",
    "a thread that ends first": "t = threading.Thread(target=lambda: F.apply(x).sum().backward())\nt.start()",
    "a thread in a long op": "big = ph.rand(1 << 22)\ndef work():\n    while True:\n        big.sort()\nthreading.Thread(target=work, daemon=True).start()\ntime.sleep(0.05)",
    "a thread in a backward": "big = ph.rand(1 << 20, requires_grad=True)\ndef work():\n    while True:\n        big.sin().cos().sum().backward()\n"
    "threading.Thread(target=work, daemon=True).start()\ntime.sleep(0.05)",
    "threads in backwards with functions and hooks": "def work():\n    while True:\n        w = ph.ones(5, requires_grad=True)\n        y = F.apply(w)\n        y.register_hook(lambda g: g * 2)\n"
    "        (ph.autograd.checkpoint(lambda v: v.sin(), y) * ph.asarray(np.ones(5, 'f4'))).sum().backward()\n"
    "for _ in range(4):\n    threading.Thread(target=work, daemon=True).start()\ntime.sleep(0.05)",
    "threads in modules": "net = nn.Sequential(nn.Linear(64, 64), Mine(), nn.Linear(64, 1))\ndef work():\n    while True:\n        net(ph.rand(256, 64)).sum().backward()\n"
    "for _ in range(3):\n    threading.Thread(target=work, daemon=True).start()\ntime.sleep(0.05)",
    "a thread that sleeps in a function": "def work():\n    y = Sleeps.apply(x)\n    y.sum().backward()\nthreading.Thread(target=work, daemon=True).start()\ntime.sleep(0.05)",
    "atexit": "import atexit\natexit.register(lambda: F.apply(x).sum().backward())",
    "a finalizer": "class Last:\n    def __del__(self, ph=ph):\n        (ph.ones(3) * 2).sum()\nlast = Last()",
    "an uncollected child": "pid = os.fork()\nif pid == 0:\n    F.apply(x).sum().backward()\n    sys.exit(0)\nassert os.waitpid(pid, 0)[1] == 0",
}


@pytest.mark.parametrize("what", ENDS)
def test_the_interpreter_ends_with(what):
    start = """
import os, sys, threading, time
import numpy as np
import playhead as ph
from playhead import nn
x = ph.ones(5, requires_grad=True)
class F(ph.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]
class Sleeps(F):
    @staticmethod
    def backward(ctx, g):
        time.sleep(0.3)
        return g
class Mine(nn.Module):
    def forward(self, x):
        return x.relu()
"""
    for _ in range(3 if "thread" in what else 1):
        run(start + ENDS[what])
