"""L-BFGS: a quasi-Newton method for smooth problems of any size, with or without a line search."""
from __future__ import annotations

from .. import _core
from ..autograd import no_grad
from .optimizer import Optimizer, evaluated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .optimizer import Params


class LBFGS(Optimizer):
    """Steps along H g, where H approximates the inverse Hessian from the last `history_size` steps (Nocedal 1980). step(closure)
    evaluates the closure many times: it must zero the gradients, compute the loss, call backward and return the loss.

    `line_search_fn="strong_wolfe"` chooses lengths that satisfy the strong Wolfe conditions (Nocedal & Wright, algorithms 3.5 and 3.6)."""

    def __init__(self, params: Params, lr: float = 1, max_iter: int = 20, max_eval: int | None = None, tolerance_grad: float = 1e-7,
                 tolerance_change: float = 1e-9, history_size: int = 100, line_search_fn: str | None = None) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f"LBFGS: line_search_fn must be None or 'strong_wolfe'; got {line_search_fn!r}")
        if not lr > 0:
            raise ValueError(f"LBFGS: lr must be positive; got lr={lr}")
        super().__init__(params, {"lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval, "tolerance_grad": tolerance_grad,
                                  "tolerance_change": tolerance_change, "history_size": history_size, "line_search_fn": line_search_fn})
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS: takes one group only")

    def _gradient(self) -> Any:
        parts = [_core.zeros(p.numel(), dtype=p.dtype, device=p.device) if p.grad is None else p.grad.reshape(-1) for p in self._params()]
        return _core.cat(parts).detach()

    def _move(self, direction: Any, t: Any) -> Any:
        at = 0
        with no_grad():
            for p in self._params():
                p.add_(t * direction[at : at + p.numel()].reshape(p.shape))
                at += p.numel()

    def _put(self, values: Any) -> Any:
        with no_grad():
            for p, v in zip(self._params(), values):
                p.copy_(v)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to max_iter iterations. Returns the loss before the first."""
        if closure is None or not callable(closure):
            raise TypeError("LBFGS: step needs a closure that computes the loss anew")
        group = self.param_groups[0]
        lr, tolerance_grad, tolerance_change = group["lr"], group["tolerance_grad"], group["tolerance_change"]
        state = self.state[self._params()[0]]
        first = evaluated(closure)
        if not isinstance(first, (int, float)) and not (isinstance(first, _core.Tensor) and first.numel() == 1):
            got = "None" if first is None else f"shape={first.shape}" if isinstance(first, _core.Tensor) else type(first).__name__
            raise TypeError(f"LBFGS: the closure must return the loss, one number; got {got}. End it with `return loss`")
        loss, g = float(first), self._gradient()
        evaluations = 1
        state["func_evals"] = state.get("func_evals", 0) + 1
        if float(g.abs().max()) <= tolerance_grad:
            return first
        d, t = state.get("d"), state.get("t")
        steps, changes, scale = state.setdefault("old_stps", []), state.setdefault("old_dirs", []), state.get("H_diag", 1.0)
        previous = state.get("prev_flat_grad")
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] = state.get("n_iter", 0) + 1
            if d is None:
                d = -g
            else:
                y, s = g - previous, d * t
                ys = float((y * s).sum())
                if ys > 1e-10:
                    if len(steps) == group["history_size"]:
                        del steps[0], changes[0]
                    steps.append(s)
                    changes.append(y)
                    scale = ys / float((y * y).sum())
                d = self._direction(g, steps, changes, scale)
            previous, before = g, loss
            slope = float((g * d).sum())
            t = min(1.0, 1.0 / float(g.abs().sum())) * lr if state["n_iter"] == 1 else lr
            if slope > -tolerance_change:
                break
            if group["line_search_fn"]:
                start = [p.detach().clone() for p in self._params()]

                def along(t: Any, start: Any = start, d: Any = d) -> Any:
                    self._put(start)
                    self._move(d, t)
                    value = float(evaluated(closure))
                    gradient = self._gradient()
                    return value, gradient, float((gradient * d).sum())

                loss, g, t, used = strong_wolfe(along, t, loss, g, slope, tolerance_change=tolerance_change, size=float(d.abs().max()))
                self._put(start)
                self._move(d, t)
            else:
                self._move(d, t)
                used = 0
                if iteration != group["max_iter"]:
                    loss, used = float(evaluated(closure)), 1
                    g = self._gradient()
            evaluations += used
            state["func_evals"] += used
            if evaluations >= group["max_eval"] or float(g.abs().max()) <= tolerance_grad:
                break
            if float((d * t).abs().max()) <= tolerance_change or abs(loss - before) < tolerance_change:
                break
        state.update(d=d, t=t, H_diag=scale, prev_flat_grad=previous)
        return first

    @staticmethod
    def _direction(g: Any, steps: Any, changes: Any, scale: Any) -> Any:
        q, kept = -g, []
        for s, y in zip(reversed(steps), reversed(changes)):
            rho = 1.0 / float((y * s).sum())
            a = float((s * q).sum()) * rho
            kept.append((a, rho))
            q = q - a * y
        q = q * scale
        for (a, rho), s, y in zip(reversed(kept), steps, changes):
            q = q + s * (a - float((y * q).sum()) * rho)
        return q


def cubic_minimum(x1: Any, f1: Any, d1: Any, x2: Any, f2: Any, d2: Any, bounds: Any = None) -> Any:
    """Where the cubic through two points with these slopes is least, within the bounds."""
    low, high = bounds if bounds is not None else (min(x1, x2), max(x1, x2))
    a = d1 + d2 - 3 * (f1 - f2) / (x1 - x2)
    square = a * a - d1 * d2
    if not square >= 0:
        return (low + high) / 2
    b = square**0.5
    x = x2 - (x2 - x1) * ((d2 + b - a) / (d2 - d1 + 2 * b)) if x1 <= x2 else x1 - (x1 - x2) * ((d1 + b - a) / (d1 - d2 + 2 * b))
    return min(max(x, low), high)


def strong_wolfe(along: Any, t: Any, f: Any, g: Any, slope: Any, c1: Any = 1e-4, c2: Any = 0.9, tolerance_change: Any = 1e-9, most: Any = 25, size: Any = 1.0) -> Any:
    """A length t with f(t) <= f + c1 t slope and |slope(t)| <= c2 |slope|. Returns f(t), the gradient there, t and the evaluations."""
    new = (t, *along(t))
    old = (0.0, f, g, slope)
    used, bracket = 1, None
    for i in range(most):
        if new[1] > f + c1 * new[0] * slope or (i > 0 and new[1] >= old[1]) or new[1] != new[1]:
            bracket = [old, new]
            break
        if abs(new[3]) <= -c2 * slope:
            return new[1], new[2], new[0], used
        if new[3] >= 0:
            bracket = [old, new]
            break
        low, high = new[0] + 0.01 * (new[0] - old[0]), new[0] * 10
        at = cubic_minimum(old[0], old[1], old[3], new[0], new[1], new[3], (low, high))
        old, new = new, (at, *along(at))
        used += 1
    if bracket is None:
        bracket = [(0.0, f, g, slope), new]

    # The best point so far comes first.
    bracket.sort(key=lambda p: (p[1] != p[1], p[1]))
    slow = False
    for _ in range(most):
        best, other = bracket
        if abs(other[0] - best[0]) * size < tolerance_change:
            break
        at = cubic_minimum(best[0], best[1], best[3], other[0], other[1], other[3])
        low, high = sorted((best[0], other[0]))
        margin = 0.1 * (high - low)
        if min(high - at, at - low) < margin:  # too close to an end: not twice running
            if slow or at >= high or at <= low:
                at = high - margin if abs(at - high) < abs(at - low) else low + margin
                slow = False
            else:
                slow = True
        else:
            slow = False
        point = (at, *along(at))
        used += 1
        if point[1] > f + c1 * at * slope or point[1] >= best[1] or point[1] != point[1]:
            bracket = [best, point] if not point[1] < best[1] else [point, best]
        else:
            if abs(point[3]) <= -c2 * slope:
                return point[1], point[2], point[0], used
            bracket = [point, best if point[3] * (other[0] - best[0]) >= 0 else other]
    best = bracket[0]
    return best[1], best[2], best[0], used
