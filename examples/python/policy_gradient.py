"""Policy gradient (REINFORCE): learns to balance a pole on a cart.

The environment, in NumPy, is below: 16 carts at a time. Force pushes left or right; an episode is over when the
pole leans by more than 12 degrees, the cart is 2.4 m off, or after 200 steps."""
import numpy as np

import playhead as ph
import playhead.nn as nn
from common import Progress, options, picture, report, save

LIMIT = 200


class CartPoles:
    """Barto, Sutton and Anderson's cart and pole (1983), `n` of them. State: [n, (x, x', angle, angle')]"""

    def __init__(self, n: int, rng: np.random.Generator):
        self.state = rng.uniform(-0.05, 0.05, (n, 4)).astype(np.float32)

    def step(self, right: np.ndarray) -> np.ndarray:
        """Pushes each cart right or left for 0.02 s; which of the poles still stand."""
        x, v, angle, spin = self.state.T
        force, sin, cos = np.where(right, 10.0, -10.0), np.sin(angle), np.cos(angle)
        push = (force + 0.05 * spin**2 * sin) / 1.1
        turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        change = np.stack([v, push - 0.05 * turn * cos / 1.1, spin, turn], 1)
        self.state = (self.state + 0.02 * change).astype(np.float32)
        standing: np.ndarray = (np.abs(self.state[:, 0]) < 2.4) & (np.abs(self.state[:, 2]) < np.radians(12))
        return standing


def episodes(policy: nn.Module, n: int, rng: np.random.Generator) -> tuple[ph.Tensor, ph.Tensor, np.ndarray]:
    """What n carts saw [t, n, 4] and did [t, n], and which poles stood [t, n] when they did."""
    carts, alive = CartPoles(n, rng), np.ones(n, bool)
    seen: list[ph.Tensor] = []
    done: list[ph.Tensor] = []
    stood: list[np.ndarray] = []
    with ph.no_grad():
        while alive.any() and len(seen) < LIMIT:
            seen.append(ph.asarray(carts.state))
            done.append(ph.multinomial(ph.softmax(policy(seen[-1]), -1), 1)[:, 0])
            stood.append(alive)
            alive = alive & carts.step(done[-1].numpy() == 1)
    return ph.stack(seen), ph.stack(done), np.stack(stood)


def main() -> None:
    args = options(__doc__, steps=120, quick=40)
    rng = np.random.default_rng(0)
    policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
    adam = ph.optim.Adam(policy.parameters(), lr=0.02)
    lengths = []
    for _ in (bar := Progress(args.steps)):
        seen, done, stood = episodes(policy, 16, rng)
        reward = np.zeros((LIMIT + 1, 16), np.float32)
        for t in reversed(range(len(stood))):  # one for every step survived, those to come at a discount
            reward[t] = stood[t] + 0.98 * reward[t + 1]
        reward = reward[: len(stood)]
        advantage = ph.asarray(stood * (reward - reward[stood].mean()) / (reward[stood].std() + 1e-6), dtype=ph.float32)

        adam.zero_grad()
        chosen = ph.log_softmax(policy(seen), -1).gather(-1, done[..., None])[..., 0]
        loss = -(chosen * advantage).sum() / int(stood.sum())
        loss.backward()
        adam.step()
        lengths.append(float(stood.sum(0).mean()))
        bar.show(length=lengths[-1])

    report(first=lengths[0], last=sum(lengths[-5:]) / len(lengths[-5:]))

    if (axes := picture(args)) is not None:
        axes[0].plot(lengths)
        axes[0].set(xlabel="update", ylabel="steps until the pole falls")
        save(args, axes)


if __name__ == "__main__":
    main()
