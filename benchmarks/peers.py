# Getting libtorch: the package torch from PyPI, in an environment of its own under the user's cache folder, which the
# benchmarks' C++ files are compiled and linked against. Only the CPU part is used.
import glob
import hashlib
import json
import os
import pathlib
import subprocess
import sys

CXX = os.environ.get("CXX", "g++")
TORCH = os.environ.get("PLAYHEAD_BENCH_TORCH", "2.15.0")  # pinned, so that figures of different days compare
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "playhead"


def python(say, *more):
    """The interpreter of an environment with torch, numpy and mlx in full, or None with a word why it cannot be had. ./dev parity uses it too,
    with `more` packages, each of which is left out with a word."""
    home = CACHE / f"python-peers-{TORCH}"
    try:
        if not (home / "complete").exists():
            say(f"getting torch {TORCH}, numpy and mlx into {home} (about 6 GB, once)")
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, capture_output=True, text=True)
            subprocess.run([str(home / "bin/python"), "-m", "pip", "install", "-q", f"torch=={TORCH}", "numpy", "mlx[cpu]", "pybind11"],
                           check=True, capture_output=True, text=True)
            (home / "complete").touch()
        for package in more:
            done = home / ("with-" + package.split("[")[0])
            if not done.exists():
                install = subprocess.run([str(home / "bin/python"), "-m", "pip", "install", "-q", package], capture_output=True, text=True)
                if install.returncode == 0:
                    done.touch()
                else:
                    say(f"left out: {package} cannot be had ({' '.join(install.stderr.strip().splitlines()[-1:])})")
        return home / "bin/python"
    except (OSError, subprocess.CalledProcessError) as e:
        reason = (getattr(e, "stderr", None) or str(e)).strip().splitlines()[-1:]
        say(f"the Python rows are left out: torch {TORCH}, numpy or mlx cannot be had ({' '.join(reason)})")
        return None


class Torch:
    def __init__(self, site):
        self.site, self.version = pathlib.Path(site), TORCH
        self.library = self.site / "torch/lib/libtorch_cpu.so"

    def compile_flags(self):
        include = self.site / "torch/include"
        return ["-isystem", include, "-isystem", include / "torch/csrc/api/include"]

    def program(self, source):
        """The program made of `source`, which is compiled again only when it or what it includes has changed."""
        flags = ["-std=c++20", "-O3", "-DNDEBUG", "-I", source.parent, *self.compile_flags()]
        texts = [source.read_bytes()] + [p.read_bytes() for p in sorted(source.parent.glob("*.h"))]
        key = hashlib.sha256(b"\0".join([str(flags + [self.version]).encode()] + texts)).hexdigest()[:16]
        made = CACHE / f"{source.stem}-{key}"
        if not made.exists():
            libraries = [self.site / "torch/lib"] + glob.glob(str(self.site / "nvidia/*/lib"))
            part = made.with_suffix(".part")
            subprocess.run([str(x) for x in [CXX, *flags, source, "-o", part, "-L", libraries[0], "-ltorch_cpu", "-lc10",
                                             f"-Wl,-rpath,{libraries[0]}", *(f"-Wl,-rpath-link,{l}" for l in libraries[1:])]], check=True)
            part.rename(made)
        return made


def torch(say):
    """The installed peer, or None with a word why it cannot be had."""
    home = CACHE / f"torch-{TORCH}"
    python = home / "bin/python"

    def call(*command):
        return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout

    try:
        if not (home / "complete").exists():
            say(f"getting torch {TORCH} into {home} (about 2 GB, once)")
            call(sys.executable, "-m", "venv", "--clear", home)
            # Without its dependencies, which are for GPUs and for Python; libtorch_cpu itself wants two small ones of them.
            call(python, "-m", "pip", "install", "--no-deps", f"torch=={TORCH}")
            wanted = json.loads(call(python, "-c", "import importlib.metadata as m, json; print(json.dumps(m.requires('torch')))"))
            for name in (r.split(";")[0] for r in wanted if r.startswith("cuda-toolkit[")):
                call(python, "-m", "pip", "install", "cuda-toolkit[cudart,cupti]" + name.split("]")[1].strip())
            (home / "complete").touch()
        return Torch(call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    except (OSError, subprocess.CalledProcessError) as e:
        reason = (getattr(e, "stderr", None) or str(e)).strip().splitlines()[-1:]
        say(f"libtorch is left out: torch {TORCH} cannot be had ({' '.join(reason)})")
        return None
