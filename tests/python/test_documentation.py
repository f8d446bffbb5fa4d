# The documentation: every public name has an example and words of its own, and all examples and guides run as doctests, exactly.
import doctest
import pathlib
import re
import sys

import pytest

import playhead as ph

root = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(root / "docs/site"))
import facts  # noqa: E402

EXAMPLES = facts.contracts.examples(root)
GUIDES = sorted((root / "docs/guides").glob("*.md"))


def run(text, name, path, line):
    """Runs text as a doctest; what went wrong."""
    from playhead import nn

    names = {"ph": ph, "nn": nn, "F": nn.functional}
    test = doctest.DocTestParser().get_doctest(text, names, name, path, line)
    assert test.examples, f"{name}: nothing that runs"
    out = []
    doctest.DocTestRunner(verbose=False).run(test, out=out.append)
    return "".join(out)


@pytest.mark.parametrize("family", sorted({e.family for e in EXAMPLES.values()}))
def test_examples_run(family, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failures = ""
    for name, e in EXAMPLES.items():
        if e.family == family:
            ph.manual_seed(0)
            failures += run(e.code, name, e.path, e.line)
    assert not failures, failures


@pytest.mark.parametrize("path", GUIDES, ids=lambda p: p.stem)
def test_guides_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = path.read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    failures = run("\n".join(blocks), path.stem, str(path), 0)
    assert not failures, failures
    assert all(b.startswith(">>> ") for b in blocks)  # what is not run is not shown as Python


def test_readme_runs(capsys):
    block = re.search(r"^```python\n(.*?)^```$", (root / "README.md").read_text(), re.M | re.S)[1]
    exec(block, {})
    shown = re.search(r"print\(x\.grad\) *# (.*)", block)[1]
    assert capsys.readouterr().out.startswith(shown + "\n")


OPS = facts.ops()
OBJECTS = facts.objects()


def test_everything_has_an_example():
    assert [n for n, op in OPS.items() if op.example is None] == []
    assert [n for n in OBJECTS if n not in EXAMPLES] == []


def test_no_example_of_what_is_not_there():
    known = set(OBJECTS).union(*({n, *op.names, op.plain, *op.more_examples} for n, op in OPS.items()))
    assert [n for n in EXAMPLES if n not in known] == []


def test_every_op_says_what_it_gives():
    def weak(text):
        """Nothing, or words that lean on those of another op."""
        return not text or re.match(r"(The same|As above|Likewise|Dtypes as)\b", text)

    assert [n for n, op in OPS.items() if weak(op.text)] == []
    assert [n for n, o in OBJECTS.items() if not (o.__doc__ or "").strip()] == []


def test_docstrings_have_contract_and_example():
    doc = ph.cumsum.__doc__
    assert facts.contracts.contracts(root)["cumsum"].text in doc
    assert ">>> " in doc and EXAMPLES["cumsum"].code.splitlines()[0] in doc
    assert "Example:" in ph.Tensor.cumsum.__doc__
    assert ph.Tensor.add_.__doc__.startswith("In place: ")


def test_facts_are_found_by_running():
    by = {n: OPS[n] for n in ("cumsum", "abs", "gcd", "linalg.qr", "argmax", "conv2d", "floor", "zeta")}
    assert facts.gradient(by["cumsum"]) == {"x": "any"}
    assert facts.gradient(by["argmax"]) == {}
    assert facts.gradient(by["conv2d"]) == {"x": "any", "weight": "any", "bias": "any"}
    assert facts.gradient(by["floor"]) == {"x": "zero"} and facts.gradient(by["zeta"]) == {"x2": "any"}  # none by x1 is known
    assert dict(facts.dtypes(by["gcd"]))["bool, floats, complex"] == "refused"
    assert ("complex64", "float32") in facts.dtypes(by["abs"])
    assert ("cumsum([3, 4, 5], 1)", "[3, 4, 5]") in facts.shapes(by["cumsum"])
    assert facts.refusal(by["gcd"]) == "TypeError: gcd: needs integers; got dtype=complex128"
    assert facts.peers(by["linalg.qr"]) == {"PyTorch": "torch.linalg.qr", "array API": "linalg.qr", "NumPy": "numpy.linalg.qr"}
