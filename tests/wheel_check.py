#!/usr/bin/env python3
"""Checks an installed wheel from an empty environment: `python wheel_check.py`, run by its interpreter and from a folder that is not
this repository. Nothing but the wheel may be needed, and importing it must be cheap."""
import importlib
import importlib.metadata
import os
import pathlib
import pkgutil
import statistics
import subprocess
import sys
import time

IMPORT_MS, IMPORT_MB = 9, 20


def child(code):
    return subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout


def took(code):
    began = time.perf_counter()
    child(code)
    return (time.perf_counter() - began) * 1e3


def main():
    installed = {d.metadata["Name"] for d in importlib.metadata.distributions()}
    assert installed <= {"playhead", "pip", "setuptools"}, f"the environment is not empty: {installed}"

    # What it costs, before this process has read any of it.
    took("import playhead")
    cost = statistics.median(took("import playhead") - took("pass") for _ in range(21))
    resident = "print(int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGESIZE') / 2**20)"
    memory = float(child(f"import os, playhead as ph; ph.ones(2) + 1; {resident}")) - float(child(f"import os; {resident}"))
    threads = int(child("import os, playhead; print(len(os.listdir('/proc/self/task')))"))

    import playhead as ph

    root = pathlib.Path(ph.__file__).parent
    for module in pkgutil.walk_packages([str(root)], "playhead."):
        if not module.name.startswith(("playhead.lib", "playhead._numpy")):  # shared libraries; what only NumPy calls
            importlib.import_module(module.name)
    assert ph.__version__ == importlib.metadata.version("playhead"), (ph.__version__, importlib.metadata.version("playhead"))
    for name in ["_core.pyi", "py.typed"]:
        assert (root / name).exists(), f"{name} is missing"
    twins = [p for p in root.rglob("*") if p.is_symlink()]
    assert not twins, f"links cannot be installed: {twins}"

    # LAPACK is the wheel's own, and opened only when it is needed.
    libraries = lambda: {line.split()[-1] for line in open("/proc/self/maps") if "blas" in line}
    assert not libraries(), f"opened without need: {libraries()}"
    x = ph.randn(50, 40, dtype=ph.float64, requires_grad=True)
    u, s, vh = ph.linalg.svd(x, full_matrices=False)
    assert bool(ph.allclose((u * s) @ vh, x)) and libraries() == {str(root / "libplayhead_openblas.so")}, libraries()
    s.sum().backward()
    assert bool(ph.allclose(x.grad, (u @ vh).detach()))

    # It trains, saves and loads.
    model = ph.nn.Sequential(ph.nn.Linear(3, 8), ph.nn.Tanh(), ph.nn.Linear(8, 1))
    optimizer = ph.optim.Adam(model.parameters(), lr=0.01)
    inputs = ph.randn(64, 3)
    target = inputs.sum(axis=1, keepdims=True)
    losses = []
    for _ in range(200):
        loss = ph.nn.functional.mse_loss(model(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10, losses[::50]

    print(f"playhead {ph.__version__}, Python {sys.version.split()[0]}: import {cost:.1f} ms and {memory:.1f} MB beyond the interpreter, {threads} thread")
    assert threads == 1, f"import started {threads - 1} threads"
    assert memory <= IMPORT_MB, f"more than {IMPORT_MB} MB"
    if "--timing" in sys.argv:  # a busy machine cannot tell
        assert cost <= IMPORT_MS, f"more than {IMPORT_MS} ms"


main()
