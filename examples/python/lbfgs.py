"""Differentiable optimisation with L-BFGS: the slide on which a bead comes down fastest.

A bead starts at rest and slides without friction along straight pieces; how long it takes is a formula of the depths at
the joints, and the gradient follows from it. The curve sought is Bernoulli's brachistochrone, a cycloid (1696): here it
ends at (pi, -2) after pi / sqrt(g) seconds."""
import math

import playhead as ph
from common import Progress, options, picture, report, save

G, JOINTS = 9.81, 80


def duration(x: ph.Tensor, depth: ph.Tensor) -> ph.Tensor:
    """Seconds along the pieces between the points (x, -depth). Each is a fall of constant acceleration, its mean speed that
    of its ends."""
    speed = ph.sqrt(2 * G * depth)
    length = ph.hypot(ph.diff(x), ph.diff(depth))
    return (2 * length / (speed[1:] + speed[:-1])).sum()


def main() -> None:
    args = options(__doc__, steps=40, quick=20)
    ph.set_default_dtype(ph.float64)
    x = ph.pi * ph.linspace(0, 1, JOINTS + 2) ** 2  # more joints where it is steep
    straight = 2 * x / ph.pi
    log_depth = straight[1:-1].log().requires_grad_()  # of the inner joints; depths stay positive
    lbfgs = ph.optim.LBFGS([log_depth], max_iter=10, line_search_fn="strong_wolfe")

    def depths() -> ph.Tensor:
        return ph.cat([straight[:1], log_depth.exp(), straight[-1:]])

    def closure() -> ph.Tensor:
        lbfgs.zero_grad()
        loss = duration(x, depths())
        loss.backward()
        return loss

    for _ in (bar := Progress(args.steps)):
        bar.show(seconds=lbfgs.step(closure).item())

    found, best = duration(x, depths()).item(), math.pi / math.sqrt(G)
    print(f"straight {duration(x, straight).item():.5f} s, found {found:.5f} s, cycloid {best:.5f} s")
    report(seconds=found, excess=found / best - 1)

    if (axes := picture(args)) is not None:
        angle = ph.linspace(0, ph.pi, 200)
        axes[0].plot(angle - ph.sin(angle), ph.cos(angle) - 1, linewidth=5, alpha=0.3, label="cycloid")
        axes[0].plot(x, -depths().detach(), label="found")
        axes[0].plot(x, -straight, ":", label="straight")
        axes[0].legend()
        axes[0].set_aspect("equal")
        save(args, axes)


if __name__ == "__main__":
    main()
