"""What the examples share: options, a progress bar, pictures, the result. tqdm and matplotlib may be missing."""
import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playhead as ph


def options(doc: str | None, steps: int, quick: int) -> argparse.Namespace:
    """--steps, --quick and --out; seeds the random numbers. `quick` is the number of steps that --quick takes."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, help=f"steps of the optimiser ({steps})")
    parser.add_argument("--quick", action="store_true", help=f"only {quick} steps: a check that it works")
    parser.add_argument("--out", type=Path, default=Path("out/examples"), help="folder of the picture (%(default)s)")
    args = parser.parse_args()
    if args.steps is None:
        args.steps = quick if args.quick else steps
    if args.steps < 1:
        parser.error(f"--steps must be at least 1; got {args.steps}")
    ph.manual_seed(0)
    return args


def optional(name: str, what: str) -> Any:
    """The package, or None after saying what is missing without it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed, so there is no {what}: pip install {name}")
        return None


class Progress:
    """range(steps) with a bar: for step in (bar := Progress(100)): ...; bar.show(loss=1.5)."""

    def __init__(self, steps: int):
        tqdm = optional("tqdm", "progress bar")
        self.bar = tqdm.tqdm(range(steps), mininterval=0.5, leave=False) if tqdm else range(steps)

    def __iter__(self) -> Iterator[int]:
        return iter(self.bar)

    def show(self, **values: float) -> None:
        """Numbers beside the bar."""
        if not isinstance(self.bar, range):
            self.bar.set_postfix({k: f"{v:.4g}" for k, v in values.items()}, refresh=False)


def picture(args: argparse.Namespace, columns: int = 1) -> Any:
    """A row of axes to draw into before save(args); None without matplotlib."""
    if not optional("matplotlib", "picture"):
        return None
    importlib.import_module("matplotlib").use("Agg")  # into files: no window is needed
    pyplot = importlib.import_module("matplotlib.pyplot")
    return pyplot.subplots(1, columns, figsize=(5 * columns, 4), squeeze=False, layout="constrained")[1][0]


def save(args: argparse.Namespace, axes: Any) -> None:
    """Writes the picture that axes belong to, under the script's name."""
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{Path(sys.argv[0]).stem}.png"
    axes[0].figure.savefig(path, dpi=100)
    print(f"picture: {path}")


def report(**values: float) -> None:
    """The result, a line each, as tests/python/test_examples.py reads it."""
    for name, value in values.items():
        print(f"{name} = {value:.6g}")
