#!/usr/bin/env python3
"""Builds the documentation site: writes its pages from what the sources say, and has Sphinx make HTML of them. Anything Sphinx warns of is an error.

usage: build.py FOLDER    with playhead, numpy and requirements.txt importable"""
import pathlib
import shutil
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))


def main():
    output = pathlib.Path(sys.argv[1]).resolve()
    source = output.with_name(output.name + "-pages")
    from pages import Site

    Site(source).whole()
    shutil.copytree(here / "static", source / "static", dirs_exist_ok=True)
    shutil.copy(here / "conf.py", source)
    shutil.rmtree(output, ignore_errors=True)
    from sphinx.cmd.build import main as sphinx

    sys.exit(sphinx(["-b", "html", "-W", "--keep-going", "-q", "-d", str(source / ".doctrees"), str(source), str(output)]))


if __name__ == "__main__":
    main()
