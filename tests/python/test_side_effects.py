# Hard case 20: importing playhead, and computing with it, leaves the process as it was.
import subprocess
import sys

PROBE = """
import ctypes, locale, os, signal, sys, threading, warnings

def state():
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
    c = ctypes.CDLL(None)
    c.setlocale.restype = ctypes.c_char_p
    m = ctypes.CDLL("libm.so.6")
    environment = (ctypes.c_ubyte * 64)()
    m.fegetenv(ctypes.byref(environment))
    tiny = 5e-324
    return {
        "locale": [c.setlocale(i, None) for i in range(7)],
        "handlers": [signal.getsignal(s) for s in signal.valid_signals()],
        "signals": [int(status[k], 16) & ~(3 << 31) for k in ("SigBlk", "SigIgn", "SigCgt")],  # glibc takes 32 and 33 for threads
        "affinity": os.sched_getaffinity(0),
        "priority": (os.nice(0), os.sched_getscheduler(0)),
        "environment": dict(os.environ),
        "C's environment": ctypes.string_at(ctypes.cast(ctypes.c_void_p.in_dll(c, "environ"), ctypes.POINTER(ctypes.c_void_p))[0]),
        "rounding": m.fegetround(),
        "control words": (bytes(environment[:2]), bytes(environment[28:32])),
        "subnormals": (tiny * 1.0, tiny / 2 * 2, 2.0**-1074 + 0, ctypes.c_float(1e-45).value),
        "text": [repr(x) for x in (0.1, 1e-45, 1e22, 1.0, -0.0, 5e-324, 1 / 3)] + ["%.3f" % 2.5, str(1e16), format(1234.5, "n")],
        "folder": os.getcwd(), "umask": (lambda u: (os.umask(u), u)[1])(os.umask(0)),
        "files": sorted(os.listdir("/proc/self/fd")),
        "flags": sys.flags, "switch": sys.getswitchinterval(), "recursion": sys.getrecursionlimit(), "dlopen": sys.getdlopenflags(),
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.gettrace(), sys.getprofile()),
        "warnings": list(warnings.filters),
    }

def threads():
    return len(os.listdir("/proc/self/task"))

def same(a, b):
    for key in a:
        assert a[key] == b[key], (key, a[key], b[key])

before, count = state(), threads()
import playhead as ph
same(before, state())
assert threads() == count, "threads are started when they are needed"
"""
COMPUTE = """
x = ph.rand(1 << 20, requires_grad=True)
(x.sin() * x.exp()).sum().backward()
(ph.rand(300, 300) @ ph.rand(300, 300)).sum()
ph.linalg.svd(ph.rand(40, 40))
ph.fft.fft(ph.rand(1000))
ph.sort(ph.rand(1 << 18))
ph.io, ph.nn.Linear(3, 3)(ph.ones(3)), ph.optim
same(before, state())
# Subnormals live, on every thread of ours.
tiny = ph.full((1 << 20,), 2.0**-1040, dtype=ph.float64)
assert bool(((tiny * 0.5) * 2 == tiny).all()) and bool((tiny / 4 > 0).all())
small = ph.full((1 << 20,), 1e-40)
assert bool((small * 0.5 > 0).all()) and bool((small.sum() > 0))
same(before, state())
"""


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_import_leaves_the_process_as_it_was():
    run(PROBE)


def test_computing_leaves_the_process_as_it_was():
    run(PROBE + COMPUTE)


def test_another_locale_changes_no_number():
    """A decimal comma is C's business, not that of what we read and write."""
    run("""
import locale
for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        continue
import playhead as ph
assert repr(ph.tensor([1.5, 2.25])) == "tensor([1.5 , 2.25])"
assert float(str(ph.tensor(0.1, dtype=ph.float64))[7:-1].split(",")[0]) == 0.1
try:
    ph.full((2,), 2.5).softmax(7)
except IndexError as e:
    assert "7" in str(e)
""")


def test_rounding_set_by_others_is_kept():
    run("""
import ctypes
m = ctypes.CDLL("libm.so.6")
import playhead as ph
m.fesetround(0x400)
x = ph.rand(1000) @ ph.rand(1000)
assert m.fegetround() == 0x400
m.fesetround(0)
""")
