# Every script of examples/python, run as a person would, learns what it should: a broken derivative misses these bounds.
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "python"

# What `script --quick` reports: (smallest, largest).
RESULTS = {
    "char_rnn": {"loss": (0.05, 0.4)},
    "curve_fitting": {"rms": (0.08, 0.12), "error": (0, 0.05)},
    "custom_function": {"loss": (1e-4, 4e-4), "error": (0, 0.01)},
    "digits": {"accuracy": (0.93, 1)},
    "gaussian_process": {"nll": (-5, 0.45), "noise": (0.1, 0.22), "inside": (0.8, 1), "rms": (0, 0.15)},
    "image_filter": {"before": (11, 13), "blurred": (21, 22.5), "learnt": (22.7, 26)},
    "lbfgs": {"excess": (0, 0.002)},
    "neural_ode": {"loss": (0, 0.05), "error": (0, 0.6)},
    "pinn": {"loss": (0, 0.06), "error": (0, 0.1)},
    "policy_gradient": {"first": (10, 40), "last": (120, 200)},
}


def installed(name):
    return importlib.util.find_spec(name) is not None


def run(script, *arguments):
    done = subprocess.run([sys.executable, FOLDER / f"{script}.py", *arguments], capture_output=True, text=True, timeout=300,
                          check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_example_is_listed():
    assert sorted(RESULTS) == sorted(p.stem for p in FOLDER.glob("*.py") if p.stem != "common")


@pytest.mark.parametrize("script", RESULTS)
def test_example(script, tmp_path):
    if script == "digits" and not installed("sklearn"):
        pytest.skip("needs scikit-learn")
    said = run(script, "--quick", "--out", tmp_path)
    results = {name: float(value) for name, value in re.findall(r"^(\w+) = (\S+)$", said, re.MULTILINE)}
    for name, (low, high) in RESULTS[script].items():
        assert low <= results[name] <= high, f"{name} = {results[name]} is not in [{low}, {high}]\n{said}"
    assert (tmp_path / f"{script}.png").exists() == installed("matplotlib")


def test_examples_do_without_optional_packages(tmp_path, monkeypatch):
    for name in ("tqdm", "matplotlib"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    said = run("curve_fitting", "--steps", "2")
    assert "tqdm is not installed, so there is no progress bar: pip install tqdm" in said
    assert "matplotlib is not installed, so there is no picture: pip install matplotlib" in said
