# Hard case 17: where the interpreter and the library meet. Kinds of errors, tracebacks through the tape and anomaly mode, memory that dies
# anywhere, the interpreter's lock. Ctrl-C and the end of the interpreter: test_process.py.
import gc
import sys
import threading
import time
import traceback
import weakref

import numpy as np
import pytest
from conftest import close, error

import playhead as ph

# --- errors -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (ValueError, lambda: ph.ones(2, 3) + ph.ones(4)),
        (TypeError, lambda: ph.ones(2) << 1.5),
        (IndexError, lambda: ph.ones(2)[5]),
        (RuntimeError, lambda: ph.ones(2).backward()),
        (MemoryError, lambda: ph.empty(2**47, dtype=ph.uint8)),  # all that a process can address
        (FileNotFoundError, lambda: ph.io.load_safetensors("/no/such/file")),
        (OverflowError, lambda: ph.tensor([2**70])),
        (BufferError, lambda: memoryview(ph.ones(2, requires_grad=True))),
        (AttributeError, lambda: ph.ones(2).no_such_thing),
        (AttributeError, lambda: ph.no_such_thing),
        (NotImplementedError, lambda: ph.autograd.Function.apply(ph.ones(2, requires_grad=True))),
        (ZeroDivisionError, lambda: ph.tensor([1 / 0])),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_each_kind_of_error_is_pythons_own(kind, call):
    with pytest.raises(kind) as raised:
        call()
    assert raised.type is kind


class Fails(ph.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        raise KeyError("of the function")  # line of the function


def failing_hook(g):
    raise LookupError("of the hook")  # line of the hook


def segment(x):
    if segment.fail:
        raise ArithmeticError("of the segment")  # line of the segment
    return x.exp()


def through_a_function(x):
    return Fails.apply(x.exp())


def through_a_hook(x):
    y = x.exp()
    y.register_hook(failing_hook)
    return y * 2


def through_a_leafs_hook(x):
    x = x.detach().requires_grad_()
    x.register_hook(failing_hook)
    return x * 2


def through_a_checkpoint(x):
    segment.fail = False
    y = ph.autograd.checkpoint(segment, x)
    segment.fail = True
    return y


WAYS = [(through_a_function, KeyError, "function"), (through_a_hook, LookupError, "hook"), (through_a_leafs_hook, LookupError, "hook"),
        (through_a_checkpoint, ArithmeticError, "segment")]


@pytest.mark.parametrize(("way", "kind", "what"), WAYS, ids=lambda v: getattr(v, "__name__", ""))
@pytest.mark.parametrize("how", ["backward", "grad", "create_graph", "on a thread"])
def test_exceptions_of_users_keep_their_traceback(way, kind, what, how):
    x = ph.tensor([1.0, 2.0], requires_grad=True)
    y = way(x).sum()
    caught = []

    def work():
        try:
            if how in ("backward", "on a thread"):
                y.backward()
            else:
                ph.grad(y, x, create_graph=how == "create_graph", allow_unused=True)
                if way is through_a_leafs_hook:  # x is not that leaf
                    y.backward()
        except kind as e:
            caught.append(e)

    if how == "on a thread":
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    else:
        work()
    (e,) = caught
    last = traceback.extract_tb(e.__traceback__)[-1]
    assert last.filename == __file__ and last.line.endswith(f"# line of the {what}")
    assert e.args == (f"of the {what}",)
    # All goes on: modes are as they were, the tape records, other graphs run.
    assert ph.is_grad_enabled() and not ph.is_inference_mode_enabled()
    z = ph.tensor([3.0], requires_grad=True)
    (z * z).sum().backward()
    close(z.grad, [6])


def test_what_failed_can_be_tried_again():
    x = ph.tensor([1.0, 2.0], requires_grad=True)
    y = through_a_checkpoint(x).sum()
    with pytest.raises(ArithmeticError):
        y.backward(retain_graph=True)
    assert x.grad is None
    segment.fail = False
    y.backward()
    close(x.grad, np.exp([1.0, 2.0]))


def test_exceptions_half_way_leak_nothing():
    gc.collect()
    alive = []
    for way, kind, _ in WAYS:
        x = ph.tensor(np.ones(3, np.float32), requires_grad=True)
        alive.append(weakref.ref(x))
        with pytest.raises(kind):
            way(x).sum().backward()
        del x
    gc.collect()
    assert [r() for r in alive] == [None] * len(WAYS)


# --- anomaly mode ----------------------------------------------------------------------------------------------------------


def root(x):
    return x.sqrt()  # the guilty line


@pytest.mark.parametrize("n", [1, 100000])  # with the lock and without
def test_anomaly_mode_shows_pythons_lines(n):
    x = ph.full((n,), -1.0, requires_grad=True)
    with ph.autograd.detect_anomaly():
        y = root(x).sum()
        with pytest.raises(RuntimeError) as raised:
            y.backward()
    text = str(raised.value)
    assert text.startswith(f"sqrt: its backward returned NaN for input 0; got shape=[{n}]. The op was called from\n  File ")
    assert f'File "{__file__}", line {root.__code__.co_firstlineno + 1}, in root\n    return x.sqrt()  # the guilty line' in text
    assert "in test_anomaly_mode_shows_pythons_lines\n    y = root(x).sum()" in text
    assert text.endswith("# the guilty line")
    late = root(x).sum()
    with ph.autograd.detect_anomaly():
        error(RuntimeError, f"sqrt: its backward returned NaN for input 0; got shape=[{n}]. Record the op inside detect_anomaly to learn where it was called from", late.backward)


class Inner(ph.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return root(g * 0 - 1)


def forward_line(x):
    return Inner.apply(x)


def test_anomaly_mode_shows_which_pass_recorded_an_op():
    x, seed = ph.tensor([0.0], requires_grad=True), ph.ones((), requires_grad=True)
    with ph.autograd.detect_anomaly():
        with ph.autograd.set_detect_anomaly(True, check_nan=False):  # the first gradient is NaN already
            (g,) = ph.grad(forward_line(x).sum(), x, seed, create_graph=True)
        with pytest.raises(RuntimeError) as raised:
            g.sum().backward()
    first, _, second = str(raised.value).partition("\nIt was recorded by the backward of ")
    assert first.startswith("sqrt: its backward returned NaN") and "in backward\n    return root(g * 0 - 1)" in first
    assert second.startswith("Inner, which was called from\n") and second.endswith("in forward_line\n    return Inner.apply(x)")


@pytest.mark.parametrize(("way", "kind", "what"), WAYS, ids=lambda v: getattr(v, "__name__", ""))
def test_anomaly_mode_notes_where_a_failing_op_came_from(way, kind, what):
    x = ph.tensor([1.0, 2.0], requires_grad=True)
    with ph.autograd.detect_anomaly():
        y = way(x).sum()
        with pytest.raises(kind) as raised:
            y.backward()
    shown = "".join(traceback.format_exception(raised.value))
    assert f"# line of the {what}" in shown
    if what != "hook" and sys.version_info >= (3, 11):  # which have notes
        note = shown.partition("The op was called from\n  File ")[2]
        assert f"in {way.__name__}\n" in note.splitlines(keepends=True)[-2]


def test_anomaly_mode_on_errors_of_ops():
    x = ph.tensor([1.0, 2.0], requires_grad=True)
    with ph.autograd.detect_anomaly():
        a = x * 1
        y = root(a)
        a.detach().add_(1)
        y = (y * a).sum()
        a.detach().add_(1)
        with pytest.raises(RuntimeError, match="(?s)saved tensor was changed in place.*The op was called from.*y = \\(y \\* a\\).sum"):
            y.backward()


def test_anomaly_mode_is_entered_and_left():
    x = ph.tensor([-1.0], requires_grad=True)

    def fails(check=True):
        try:
            root(x).sum().backward()
        except RuntimeError:
            return True
        return False

    assert not fails()
    ph.autograd.set_detect_anomaly(True)
    assert fails()
    with ph.autograd.set_detect_anomaly(False):
        assert not fails()
    assert fails()
    ph.autograd.set_detect_anomaly(True, check_nan=False)
    assert not fails()
    with ph.autograd.detect_anomaly():
        assert fails()
        with ph.autograd.detect_anomaly(check_nan=False):
            assert not fails()
    assert not fails()
    ph.autograd.set_detect_anomaly(False)
    assert not fails() and ph.autograd.detect_anomaly()(fails)() and not fails()
    other = []
    with ph.autograd.detect_anomaly():
        thread = threading.Thread(target=lambda: other.append(fails()))  # modes are a thread's own
        thread.start()
        thread.join()
    assert other == [False]


# --- memory of others dies anywhere ----------------------------------------------------------------------------------------


def lent(how):
    """A tensor over NumPy's memory, and a weak reference to its owner."""
    a = np.ones(5)
    x = ph.asarray(a) if how == "buffer" else ph.from_dlpack(a)
    assert np.shares_memory(np.asarray(x), a)
    return x, weakref.ref(a)


@pytest.mark.parametrize("how", ["buffer", "dlpack"])
def test_lent_memory_goes_back(how):
    x, owner = lent(how)
    view = x[1:]
    del x
    gc.collect()
    assert owner() is not None
    del view
    gc.collect()
    assert owner() is None


@pytest.mark.parametrize("how", ["buffer", "dlpack"])
def test_lent_memory_goes_back_on_another_thread(how):
    x, owner = lent(how)
    box = [x]
    del x
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    assert owner() is None


@pytest.mark.parametrize("how", ["buffer", "dlpack"])
@pytest.mark.parametrize("thread", [False, True])
def test_lent_memory_goes_back_while_the_lock_is_not_held(how, thread):
    """backward runs without the lock, and frees what it has used."""
    w = ph.ones(5, dtype=ph.float64, requires_grad=True)
    x, owner = lent(how)
    y = (x * w).sum()
    del x
    gc.collect()
    assert owner() is not None
    if thread:
        t = threading.Thread(target=y.backward)
        t.start()
        t.join()
        del t
    else:
        y.backward()
    gc.collect()
    assert owner() is None
    close(w.grad, np.ones(5))


def test_lent_memory_dies_on_many_threads_at_once():
    owners, mistakes = [], []

    def work():
        try:
            for _ in range(200):
                w = ph.ones(5, dtype=ph.float64, requires_grad=True)
                for how in ("buffer", "dlpack"):
                    x, owner = lent(how)
                    owners.append(owner)
                    (x * w).sum().backward()
        except Exception as e:  # noqa: BLE001
            mistakes.append(e)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    gc.collect()
    assert not mistakes and len(owners) == 3200 and all(o() is None for o in owners)


def test_borrowed_tensors_keep_their_memory():
    """The reverse: NumPy's arrays and capsules over our memory."""
    for borrow in (np.asarray, np.from_dlpack, memoryview):
        x = ph.arange(5.0)
        a = borrow(x)
        del x
        gc.collect()
        ph.zeros(5)  # would take the memory if it were free
        assert list(a) == [0, 1, 2, 3, 4]
    x = ph.ones(5)
    unused = x.__dlpack__(max_version=(1, 0)), x.__dlpack__()
    del x, unused


# --- the lock --------------------------------------------------------------------------------------------------------------


def others_run(action):
    """In the middle of `action`, one call, another thread runs Python. With the lock held it never would; without, it may be slow to start."""
    for _ in range(5):
        stamps, began, ended = stamps_during(action)
        third = (ended - began) / 3
        if any(began + third < s < ended - third for s in stamps):
            return
    pytest.fail(f"no other thread ran in {ended - began:.3f} s")


def stamps_during(action):
    """Another thread's stamps of time, and when `action` began and ended."""
    stamps, stop = [], threading.Event()

    def count():
        while not stop.is_set():
            stamps.append(time.perf_counter())

    thread = threading.Thread(target=count)
    thread.start()
    while not stamps:
        time.sleep(0.001)
    began = time.perf_counter()
    action()
    ended = time.perf_counter()
    stop.set()
    thread.join()
    return stamps, began, ended


BIG = 1 << 24
NOT_FIRST = ph.arange(1, BIG)
LONG = {
    "op": lambda x, w: ph.sort(x),
    "operator": lambda x, w: x**1.5,
    "in place": lambda x, w: x.__ipow__(1.5),
    "reduction": lambda x, w: x.logsumexp(0),
    "matmul": lambda x, w: w @ w,
    "factory": lambda x, w: ph.rand(4 * BIG),
    "factory without a shape": lambda x, w: ph.randperm(BIG),
    "indexing": lambda x, w: x[x > 0.5],
    "assignment": lambda x, w: x.__setitem__(NOT_FIRST, 7.0),
    "module": lambda x, w: ph.nn.Linear(2000, 4000)(w),
}


@pytest.mark.parametrize("name", LONG)
def test_the_lock_is_released_in_long_ops(name):
    x, w = ph.rand(BIG), ph.rand(2000, 2000)
    others_run(lambda: LONG[name](x, w))


def test_the_lock_is_released_in_backward():
    x = ph.rand(1 << 22, requires_grad=True)
    y = x
    for _ in range(10):
        y = y.sin()
    y = y.sum()
    others_run(lambda: y.backward(retain_graph=True))
