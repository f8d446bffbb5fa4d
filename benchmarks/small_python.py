# The Python rows of `./dev bench small`, served to the driver as bench.h does it in C++: `small_python.py LIBRARY` answers
# rows, open N, outcome, time N, memory, threads N on its standard input and output.
import json
import sys
import time

# Name, the peer it is measured against, the ratio asked for, what one repeat counts for.
ROWS = [
    ("Python a + b, 4x4", "numpy", 1.25, 1),
    ("Python a + 1.0, 4x4", "numpy", 1.25, 1),
    ("Python a + b, 4x4 (torch)", "torch", 1, 1),
    ("Python a + b, 4x4 (mlx, evaluated)", "mlx", 1, 1),
    ("Python chain of 100, forward and backward, per op", "torch", 8, 100),
    ("Python Adam step of Linear(4,16)-Tanh-Linear(16,1), batch 8", "torch", 8, 1),
]
W1 = [[((3 * i + 5 * j) % 7 - 3) / 10 for j in range(4)] for i in range(16)]
W2 = [[((2 * i + 3) % 7 - 3) / 10 for i in range(16)]]
X = [[((7 * i + 3 * j) % 11 - 5) / 5 for j in range(4)] for i in range(8)]


class Library:
    def __init__(self, name):
        self.name = name
        if name == "playhead":
            import playhead as m

            self.make = m.tensor
        elif name == "numpy":
            import numpy as m

            self.make = lambda v: m.array(v, dtype=m.float32)
        elif name == "torch":
            import torch as m

            self.make = m.tensor
        else:
            import mlx.core as m

            m.set_default_device(m.cpu)
            self.make = m.array
        self.m = m

    def sums(self, scalar):
        a = self.make([[1.0, 2, 3, 4]] * 4)
        b = 1.0 if scalar else self.make([[0.5, 1.5, 2.5, 3.5]] * 4)
        evaluate = self.m.eval if self.name == "mlx" else None

        def run(n):
            if evaluate:
                for _ in range(n):
                    c = a + b
                    evaluate(c)
            else:
                for _ in range(n):
                    c = a + b
            return c

        return run

    def chain(self):
        x = self.make([[1.0, 0.9, 0.8, 1.1]] * 4)
        x.requires_grad_()

        def run(n):
            for _ in range(n):
                y = x
                for _ in range(100):
                    y = y * x
                x.grad = None
                y.sum().backward()
            return x.grad

        return run

    def training(self):
        nn = self.m.nn
        net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
        net.load_state_dict({"0.weight": self.make(W1), "0.bias": self.make([0.0] * 16), "2.weight": self.make(W2), "2.bias": self.make([0.0])})
        optimizer = self.m.optim.Adam(net.parameters(), lr=1e-3)
        x = self.make(X)
        y = x.sum(1, keepdim=True) if self.name == "torch" else x.sum(axis=1, keepdims=True)
        loss_of = nn.functional.mse_loss

        def run(n):
            for _ in range(n):
                optimizer.zero_grad()
                loss = loss_of(net(x), y)
                loss.backward()
                optimizer.step()
            return loss

        return run

    def open(self, row):
        name = ROWS[row][0]
        if "Adam" in name:
            return self.training()
        if "chain" in name:
            return self.chain()
        return self.sums("1.0" in name)


def numbers(x):
    x = x.detach() if hasattr(x, "detach") else x
    x = x.tolist()
    while isinstance(x, list) and x and isinstance(x[0], list):
        x = [e for row in x for e in row]
    return x if isinstance(x, list) else [x]


def main():
    library, run = Library(sys.argv[1]), None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "rows":
                for name, peer, target, per in ROWS:
                    print(json.dumps({"name": name, "peer": peer, "target": target, "per": per, "rate": None, "amount": 0}))
                print()
            elif words[0] == "threads":
                if library.name in ("playhead", "torch"):
                    library.m.set_num_threads(int(words[1]))
                print("ok")
            elif words[0] == "open":
                run = library.open(int(words[1]))
                print("ok")
            elif words[0] == "outcome":
                print(*numbers(run(1)))
            elif words[0] == "time":
                began = time.perf_counter_ns()
                run(int(words[1]))
                print(time.perf_counter_ns() - began)
        except Exception as e:  # noqa: BLE001
            print("error", type(e).__name__, str(e).replace("\n", " "))
        sys.stdout.flush()


main()
