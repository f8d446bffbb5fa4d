#!/usr/bin/env python3
"""Random calls of every function and method of the Python package: tensors of any dtype, shape and layout, numbers of any size, and
what is no argument at all. Each call must return or raise one of Python's exceptions; a crash, or a call that does not end, is a finding.

usage: calls.py [--seed N] [--seconds N] [--only TEXT]"""
import argparse
import faulthandler
import mmap
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings

LONGEST = 60  # seconds of one call
MEMORY = 6 << 30
# Change the whole process.
SKIPPED = ("set_num_threads", "set_default", "set_print", "manual_seed", "empty_cache", "seed")
SIZES = (0, 1, 1, 2, 3, 4, 5, 7)
SMALL = (0, 1, 2, 3, -1)
LARGE = (5, 100, 1 << 20, (1 << 31) - 1, 1 << 31, -(1 << 31), 1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, -(1 << 63), 1 << 64)
FLOATS = (0.0, 1.0, 0.5, -1.0, 2.5, float("nan"), float("inf"), -float("inf"), 1e308, 1e-320)
TEXTS = ("sum", "mean", "none", "same", "fro", "nuc", "reflect", "bilinear", "foo", "", "ij", "i,j->ij", "forward", "linear", "left")
EXPECTED = (ValueError, TypeError, IndexError, RuntimeError, MemoryError, OverflowError, OSError, BufferError)


class Calls:
    def __init__(self, seed, only):
        import playhead as ph

        self.ph, self.random = ph, random.Random(seed)
        self.dtypes = [getattr(ph, n) for n in "float32 float64 float16 bfloat16 int64 int32 uint8 int8 uint64 bool complex64 complex128".split()]
        self.names = [
            ((module or "") + name, self.parameters(signature), is_function)
            for module, name, signature, _, _, is_function, *_ in ph._core._registry()
            if not name.startswith("_") and not name.startswith(SKIPPED) and only in (module or "") + name
        ]

    @staticmethod
    def parameters(signature):
        pieces = re.split(r",(?![^(\[]*[)\]])", signature)
        return [re.split(r"[=*]", p.strip().lstrip("*"))[0] for p in pieces if p.strip() not in ("/", "*", "")]

    def tensor(self):
        ph, pick = self.ph, self.random.choice
        shape = tuple(pick(SIZES) for _ in range(pick((0, 1, 1, 2, 2, 2, 3, 3, 4, 5))))
        dtype = pick(self.dtypes[:2]) if self.random.random() < 0.6 else pick(self.dtypes)
        if dtype in self.dtypes[:4]:
            x = ph.randn(shape).to(dtype)
        elif "complex" in str(dtype):
            x = ph.complex(ph.randn(shape), ph.randn(shape)).to(dtype)
        else:
            x = ph.randint(0 if dtype in (ph.uint8, ph.uint64) else -3, 6, shape).to(dtype)
        layout = self.random.random()
        if layout < 0.15 and x.ndim > 1:
            x = ph.matrix_transpose(x)
        elif layout < 0.25 and x.ndim:
            x = x[..., ::2]
        elif layout < 0.3:
            x = ph.broadcast_to(x, (pick((0, 1, 2, 3)), *x.shape))
        elif layout < 0.35 and dtype in self.dtypes[:4]:
            x = ph.where(ph.randn(x.shape) > 1, ph.asarray(float("nan"), dtype=dtype), x)
        return x.detach().requires_grad_() if x.dtype in self.dtypes[:4] and self.random.random() < 0.4 else x

    def value(self, depth=0):
        pick, r = self.random.choice, self.random.random()
        for limit, make in (
            (0.45, self.tensor), (0.57, lambda: pick(SMALL)), (0.62, lambda: pick(LARGE)), (0.70, lambda: pick(FLOATS)), (0.74, lambda: None), (0.77, lambda: pick((True, False))),
            (0.80, lambda: pick(TEXTS)), (0.83, lambda: pick(self.dtypes)), (0.84, lambda: 1j), (0.86, object),
        ):
            if r < limit:
                return make()
        if depth == 2:
            return None
        return pick((list, tuple))(self.value(depth + 1) if self.random.random() < 0.3 else pick(SMALL) for _ in range(self.random.randint(0, 4)))

    def next(self):
        name, parameters, is_function = self.random.choice(self.names)
        args = [self.value() for _ in range(self.random.randint(0, max(1, len(parameters))))]
        if args and self.random.random() < 0.8 and not isinstance(args[0], self.ph.Tensor):
            args[0] = self.tensor()
        left = parameters[len(args):]
        chosen = self.random.sample(left, min(len(left), self.random.choice((0, 0, 0, 1, 2))))
        kwargs = {p: self.value() for p in chosen if p != "out"}
        if not is_function:
            x = args.pop(0) if args and isinstance(args[0], self.ph.Tensor) else self.tensor()
            return name, lambda: getattr(x, name.split(".")[-1])(*args, **kwargs), (x, *args), kwargs
        f = self.ph
        for part in name.split("."):
            f = getattr(f, part)
        return name, lambda: f(*args, **kwargs), args, kwargs

    def shown(self, v):
        if isinstance(v, self.ph.Tensor):
            return f"<{v.dtype}{list(v.shape)} strides={v.stride()}{' grad' if v.requires_grad else ''}>"
        if isinstance(v, (list, tuple)):
            return type(v).__name__ + "[" + ", ".join(map(self.shown, v)) + "]"
        return repr(v)

    def run(self, seconds, note):
        returned = raised = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            name, call, args, kwargs = self.next()
            note(f"{name} {self.shown(args)} { {k: self.shown(v) for k, v in kwargs.items()} }")
            try:
                result = call()
                returned += 1
                for y in result if isinstance(result, (tuple, list)) else [result]:
                    if isinstance(y, self.ph.Tensor):
                        repr(y)
                        if y.requires_grad and y.dtype in self.dtypes[:4]:
                            (y * y).sum().backward()
            except EXPECTED:
                raised += 1
        return returned, raised


def child(options, fd):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    faulthandler.enable()
    warnings.simplefilter("ignore")
    page = mmap.mmap(fd, 1 << 16)

    def note(text):
        raw = text.encode()[: (1 << 16) - 16]
        page[8 : 8 + len(raw) + 1] = raw + b"\0"
        page[:8] = (int.from_bytes(page[:8], "little") + 1).to_bytes(8, "little")

    returned, raised = Calls(options.seed, options.only).run(options.seconds, note)
    print(f"{returned + raised} calls, {raised} of them refused")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--child", type=int)
    options = parser.parse_args()
    if options.child is not None:
        return child(options, options.child)
    with tempfile.TemporaryFile() as shared:
        shared.truncate(1 << 16)
        process = subprocess.Popen([sys.executable, *sys.argv, "--child", str(shared.fileno())], pass_fds=[shared.fileno()])
        page, count, since = mmap.mmap(shared.fileno(), 1 << 16), -1, time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            if (now := int.from_bytes(page[:8], "little")) != count:
                count, since = now, time.monotonic()
            elif time.monotonic() - since > LONGEST:
                process.send_signal(signal.SIGABRT)
                process.wait()
        if process.returncode:
            last = page[8 : page.find(b"\0", 8)].decode(errors="replace")
            sys.exit(f"call {count} of seed {options.seed} ended with {process.returncode}: {last}")


main()
