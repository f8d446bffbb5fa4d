"""A recurrent net that learns to write the Zen of Python, character by character.

The gated unit (GRU) is spelled out, to show a module of your own and a backward pass through a loop of any length."""
import codecs
import contextlib
import importlib
import io

import playhead as ph
import playhead.nn as nn
from common import Progress, options, picture, report, save

BATCH, LENGTH = 16, 48


def text() -> str:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints itself
        return codecs.decode(importlib.import_module("this").s, "rot13")


class CharRNN(nn.Module):
    def __init__(self, characters: int, width: int):
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(characters, width)
        self.gates = nn.Linear(2 * width, 2 * width)
        self.candidate = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, characters)

    def step(self, x: ph.Tensor, h: ph.Tensor) -> ph.Tensor:
        """The next state. x, h: [n, width]"""
        reset, update = ph.sigmoid(self.gates(ph.cat([x, h], 1))).chunk(2, 1)
        return ph.lerp(ph.tanh(self.candidate(ph.cat([x, reset * h], 1))), h, update)

    def forward(self, x: ph.Tensor, h: ph.Tensor | None = None) -> tuple[ph.Tensor, ph.Tensor]:
        """Scores of the next character after each of x [n, t], and the last state."""
        state = ph.zeros(len(x), self.width) if h is None else h
        states = []
        for x_t in self.embedding(x).unbind(1):
            state = self.step(x_t, state)
            states.append(state)
        return self.out(ph.stack(states, 1)), state


def write(net: CharRNN, alphabet: str, start: str, count: int) -> str:
    written, h = start, None
    x = ph.tensor([[alphabet.index(c) for c in start]])
    with ph.no_grad():
        for _ in range(count):
            scores, h = net(x, h)
            x = ph.multinomial(ph.softmax(scores[:, -1] / 0.5, -1), 1)
            written += alphabet[x.item()]
    return written


def main() -> None:
    args = options(__doc__, steps=400, quick=120)
    corpus = text()
    alphabet = "".join(sorted(set(corpus)))
    codes = ph.tensor([alphabet.index(c) for c in corpus])
    net = CharRNN(len(alphabet), 96)
    adam = ph.optim.Adam(net.parameters(), lr=5e-3)
    losses = []
    for _ in (bar := Progress(args.steps)):
        windows = codes[ph.randint(0, len(codes) - LENGTH, (BATCH, 1)) + ph.arange(LENGTH + 1)]
        adam.zero_grad()
        scores, _ = net(windows[:, :-1])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())
        loss.backward()
        adam.step()
        losses.append(loss.item())
        bar.show(loss=losses[-1])

    print(write(net, alphabet, "Beautiful is ", 200))
    report(loss=sum(losses[-10:]) / len(losses[-10:]))

    if (axes := picture(args)) is not None:
        axes[0].plot(losses)
        axes[0].set(xlabel="step", ylabel="nats per character")
        save(args, axes)


if __name__ == "__main__":
    main()
