"""A neural ordinary differential equation: learns the law of motion of a damped pendulum from how it was seen to swing.

A net gives the velocity of the state; Runge and Kutta's method of order 4 integrates it, and the backward pass goes
through the integrator itself. What was learnt is tried on a swing that was never shown."""
from collections.abc import Callable

import playhead as ph
import playhead.nn as nn
from common import Progress, options, picture, report, save

Field = Callable[[ph.Tensor], ph.Tensor]
DT, WINDOW = 0.1, 10


def pendulum(y: ph.Tensor) -> ph.Tensor:
    """The true law. y: [..., (angle, speed)]"""
    angle, speed = y.unbind(-1)
    return ph.stack([speed, -4 * ph.sin(angle) - 0.2 * speed], -1)


def integrate(f: Field, y: ph.Tensor, steps: int) -> ph.Tensor:
    """The states at 0, DT, …, steps * DT. y: [n, 2]; result: [steps + 1, n, 2]"""
    states = [y]
    for _ in range(steps):
        k1 = f(y)
        k2 = f(y + DT / 2 * k1)
        k3 = f(y + DT / 2 * k2)
        k4 = f(y + DT * k3)
        y = y + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return ph.stack(states)


def main() -> None:
    args = options(__doc__, steps=1000, quick=400)
    starts = ph.rand(32, 2) * ph.tensor([4.0, 6.0]) - ph.tensor([2.0, 3.0])
    seen = integrate(pendulum, starts, 60)  # [61, 32, 2]

    net = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, 2))
    adam = ph.optim.Adam(net.parameters(), lr=0.05)
    for step in (bar := Progress(args.steps)):
        adam.param_groups[0]["lr"] = 0.05 * (1 - step / args.steps)
        when, which = ph.randint(0, 61 - WINDOW, (64,)), ph.randint(0, 32, (64,))
        target = seen[when + ph.arange(WINDOW + 1)[:, None], which]  # [WINDOW + 1, 64, 2]
        adam.zero_grad()
        loss = ph.mse_loss(integrate(net, target[0], WINDOW), target)
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    new = ph.tensor([[1.5, -1.0]])
    with ph.no_grad():
        truth, found = integrate(pendulum, new, 80)[:, 0], integrate(net, new, 80)[:, 0]
    report(loss=loss.item(), error=(found - truth).abs().max().item())

    if (axes := picture(args, columns=2)) is not None:
        t = DT * ph.arange(81)
        axes[0].plot(t, truth[:, 0], "--", label="truth")
        axes[0].plot(t, found[:, 0], label="learnt")
        axes[0].set(xlabel="time", ylabel="angle")
        axes[0].legend()
        axes[1].plot(*truth.T, "--")
        axes[1].plot(*found.T)
        axes[1].set(xlabel="angle", ylabel="speed")
        save(args, axes)


if __name__ == "__main__":
    main()
