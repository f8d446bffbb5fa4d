# What the gates share. A gate is a script with `check(tree)`, which returns the list of what is wrong and one line of
# summary, and `self_test(tree)`, which is given an empty tree and shows that the check can fail. Run one by hand with
#   python3 tests/gates/layers.py [--root DIR] [--build DIR]
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

LAYERS = ["tensor", "autograd", "nn", "optim", "io", "data", "cuda"]


class Tree:
    """The repository, and a release build of it."""

    def __init__(self, root, build=None):
        self.root, self.build = pathlib.Path(root), pathlib.Path(build or root)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def files(self, folders, suffixes):
        found = (p for f in folders for p in (self.root / f).rglob("*") if p.suffix in suffixes and p.is_file())
        return sorted(p for p in found if "build" not in p.relative_to(self.root).parts)

    def read(self, folders, suffixes):
        """(path relative to the root, text) of each file."""
        return [(str(p.relative_to(self.root)), p.read_text()) for p in self.files(folders, suffixes)]

    def public_headers(self):
        """The umbrella headers, and all that they reach: relative paths."""
        found, todo = set(), [str(p.relative_to(self.root)) for p in (self.root / "include").glob("*.h")]
        while todo:
            path = todo.pop()
            if path not in found and (self.root / path).exists():
                found.add(path)
                todo += [source_of(i) for i in includes((self.root / path).read_text()) if i.startswith("playhead/")]
        return sorted(p for p in found if p.endswith(".h"))


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def includes(text):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', without_comments(text), re.M)


def source_of(include):
    """playhead/tensor/tensor.h -> tensor/tensor.h; playhead/nn.h -> include/nn.h"""
    path = include.removeprefix("playhead/")
    return path if "/" in path else "include/" + path


def output(*command):
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def compile_object(tree, name, source):
    """For self-tests: the object file of a C++ text."""
    tree.write(name + ".cpp", source)
    made = tree.root / (name + ".o")
    output("g++", "-std=c++20", "-fPIC", "-c", tree.root / (name + ".cpp"), "-o", made)
    return made


def main(check, self_test):
    parser = argparse.ArgumentParser()
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--root", default=root)
    parser.add_argument("--build", default=root / "build" / "release")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        self_test(Tree(empty))
    problems, summary = check(Tree(args.root, args.build))
    for p in problems:
        print(p)
    print(summary)
    sys.exit(1 if problems else 0)
