"""Hard case 6: every op on tensors without elements, against PyTorch: the samples of records.py with each size in turn made zero."""
import copy

import compare
import numpy as np
import pytest
import torch
from records import T, records, row_samples

import playhead as ph

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's, of degrees of freedom and the like
CASES = {}
for module, name, signature, _, _, is_function, _ in ph._core._registry():
    path = (module or "") + name
    if not is_function or name.startswith("_") or path in CASES or path in compare.elsewhere:
        continue
    if path in records:
        CASES[path] = records[path]
    elif "out=None" in signature and not module:
        try:
            CASES[path] = (path, row_samples(*ph._core._row(name)), {})
        except KeyError:
            pass

# Where we differ on purpose, with the reason.
nothing = "an average or maximum of nothing is an error; PyTorch gives 0 or NaN"
explained = {
    **compare.explained,
    **{f"adaptive_avg_pool{n}d": nothing for n in (1, 2, 3)},
    **dict.fromkeys(("median", "nanmedian", "linalg.matrix_norm"), nothing),
    "bincount": "weights decide the dtype, also when there are none; PyTorch then gives int64",
    "block_diag": "PyTorch's gradient misses that a row without elements is a row",
    "combinations": "what has no elements needs no gradient",
    **{f"conv{n}d": "no channels, but as many outputs as the weight says; PyTorch gives none" for n in (1, 2, 3)},
    "cross_entropy": "no classes: nothing is lost; PyTorch gives NaN",
    "index_add": "an index beyond the end is an error also when there is nothing to add to",
    "multi_margin_loss": "PyTorch returns memory that it has not written to",
    "multilabel_margin_loss": "PyTorch returns memory that it has not written to",
    "pixel_shuffle": "needs at least as many channels as the factor's square",
    "pixel_unshuffle": "PyTorch leaves the shape as it was",
    "scaled_dot_product_attention": "a width of 0 has the scale 1 / sqrt(0); PyTorch leaves it out of the mask's gradient",
    "squeeze": "only a dimension of size 1 can be dropped, as in the array API",
}
# PyTorch reads beyond the end of its memory.
CRASHES = {"embedding_bag", "multi_head_attention_forward", "pdist"}


def tensors_of(sample):
    for a in (*sample.args, *sample.kwargs.values()):
        if isinstance(a, T):
            yield a
        elif isinstance(a, (list, tuple)):
            yield from (e for e in a if isinstance(e, T))


def emptied(sample, size):
    """The sample with every dimension of that size made empty."""
    sample = copy.deepcopy(sample)
    for t in tensors_of(sample):
        if t.values is not None:
            shape = np.shape(t.values)
            t.values = np.zeros([0 if n == size else n for n in shape], np.asarray(t.values).dtype) if size in shape else t.values
        t.shape = tuple(0 if n == size else n for n in t.shape)
    return sample


def empties():
    for name, (path, samples, extra) in sorted(CASES.items()):
        seen = set()
        for number, sample in enumerate(samples):
            sizes = {n for t in tensors_of(sample) for n in (np.shape(t.values) if t.values is not None else t.shape)}
            for size in sorted(sizes - {0}):
                key = (str([(t.shape, t.values is None) for t in tensors_of(emptied(sample, size))]), str(sample.args[1:]), str(sample.kwargs))
                if key not in seen:
                    seen.add(key)
                    yield pytest.param(name, path, emptied(sample, size), extra, id=f"{name}-{number}-without-{size}")


@pytest.mark.parametrize(("name", "path", "sample", "extra"), list(empties()))
def test_empty(name, path, sample, extra):
    ours, theirs = compare.OURS.find(name), compare.resolve(path)
    status, why = "skip", ""
    if theirs and name not in CRASHES:
        status, why = compare.compare_sample(ours, theirs, sample, False, {**extra, "first": True})
    assert status != "differs" or name in explained, why
    if status == "skip":  # an error of PyTorch's: ours may be one too, or an answer
        args, kwargs, _ = compare.build(sample, False)[0]
        try:
            compare.tensors(ours(*args, **kwargs))
        except (ValueError, IndexError, TypeError, RuntimeError) as e:
            assert ": " in str(e)


@pytest.mark.parametrize("make", ["Conv1d(3, 4, 2)", "Conv2d(3, 4, 2)", "Conv3d(3, 4, 2)", "ConvTranspose2d(3, 4, 2)", "BatchNorm2d(3)", "GroupNorm(3, 3)", "InstanceNorm2d(3)", "MaxPool2d(2)", "AvgPool2d(2)",
                                  "AdaptiveAvgPool2d(1)", "LayerNorm(4)", "Flatten()", "PixelShuffle(1)", "Upsample(scale_factor=2)"])
def test_modules_on_a_batch_of_none(make):
    n = 3 if "1d" in make else 5 if "3d" in make else 4
    shape = (0, 3) + (4,) * (n - 2)
    ours, theirs = eval("ph.nn." + make), eval("torch.nn." + make)
    ours.eval(), theirs.eval()
    x, t = ph.ones(shape, requires_grad=True), torch.ones(shape, requires_grad=True)
    y, z = ours(x), theirs(t)
    assert y.shape == tuple(z.shape)
    y.sum().backward()
    assert x.grad.shape == shape
    for p in ours.parameters():
        assert p.grad is None or not p.grad.any()
