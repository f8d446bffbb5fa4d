# Types: the package and a typed program, seen by mypy in strict mode.
import os
import pathlib
import re
import subprocess
import sys

import pytest

import playhead as ph

HERE = pathlib.Path(__file__).parent
PACKAGE = pathlib.Path(ph.__file__).parent


def mypy(folder, *targets):
    pytest.importorskip("mypy")
    where = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-version=3.10", f"--cache-dir={folder}", *targets], cwd=HERE, env=where,
                          capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("mypy")


def test_the_package_is_typed(cache):
    out = mypy(cache, str(PACKAGE))
    assert re.fullmatch(r"Success: no issues found in \d+ source files\n", out), out


def test_a_program_is_typed(cache):
    expected = {}
    for number, line in enumerate((HERE / "typing_sample.py").read_text().splitlines(), 1):
        if found := re.search(r"reveal_type\(.*# is (.*)$", line):
            expected[number] = found[1]
    out = mypy(cache, "typing_sample.py")
    revealed = {int(n): t.replace("builtins.", "") for n, t in re.findall(r'typing_sample.py:(\d+): note: Revealed type is "(.*)"', out)}
    assert "error:" not in out, out
    assert revealed == expected


def test_a_wrong_program_is_found(cache, tmp_path):
    """A check of the check: mypy sees types, not Any."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import playhead as ph\nph.nn.Linear('a', 2)\nph.zeros(2).no_such_method()\nph.nn.NoSuchLayer\nph.linalg.no_such_function\n")
    out = mypy(cache, str(wrong))
    assert [int(n) for n in re.findall(r"wrong.py:(\d+): error:", out)] == [2, 3, 4, 5], out


def test_the_program_runs(tmp_path):
    sys.path.insert(0, str(HERE))
    import builtins

    builtins.reveal_type = lambda x: x
    try:
        import typing_sample

        typing_sample.tensors()
        typing_sample.derivatives()
        typing_sample.training()
        typing_sample.files(str(tmp_path / "w.safetensors"))
    finally:
        del builtins.reveal_type
        sys.path.remove(str(HERE))
