"""Learning-rate schedules: each sets the lr of an optimiser's groups when step() is called, once after every optimiser step."""
from __future__ import annotations

import bisect
import math

from .. import _core
from .optimizer import Optimizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    N = TypeVar("N", int, float)


class LRScheduler:
    """The base of schedules: get_lr() returns an lr for each group, from self.base_lrs and self.last_epoch (the number of step()s)."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: needs an Optimizer; got {type(optimizer).__name__}")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"{type(self).__name__}: to resume, every group needs its 'initial_lr'; got none in group {i}")
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def get_lr(self) -> list[float]:
        """The lr of each group at last_epoch."""
        raise NotImplementedError(f"{type(self).__name__}: get_lr is missing")

    def get_last_lr(self) -> list[float]:
        """The lr of each group as last set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Goes to the next step, or to the one given."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr())

    def _set(self, rates: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates):
            group["lr"] = lr
        self._last_lr: list[float] = [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All that it remembers but the optimiser."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer" and not callable(v)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from a state_dict."""
        self.__dict__.update(state_dict)


class _Closed(LRScheduler):
    """A schedule whose rates follow from the step alone: factor(step) of the initial lr."""

    def get_lr(self) -> list[float]:
        return [base * self.factor(self.last_epoch) for base in self.base_lrs]

    def factor(self, step: int) -> float:
        raise NotImplementedError


def _steps(schedule: str, name: str, value: N) -> N:
    """A number of steps, checked."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{schedule}: {name} must be an int; got {type(value).__name__}")
    if not value >= 1:
        raise ValueError(f"{schedule}: {name} must be at least 1; got {name}={value}")
    return value


class LambdaLR(LRScheduler):
    """The initial lr times a function of the step; one for all groups, or a list."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]], last_epoch: int = -1) -> None:
        n = len(optimizer.param_groups)
        self.lr_lambdas: list[Callable[[int], float]] = [lr_lambda] * n if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != n:
            raise ValueError(f"LambdaLR: needs a function for each group; got {len(self.lr_lambdas)}, expected {n}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas)]

    def state_dict(self) -> dict[str, Any]:
        return {k: v for k, v in super().state_dict().items() if k != "lr_lambdas"}


class StepLR(_Closed):
    """gamma times the lr every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = _steps("StepLR", "step_size", step_size), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float(self.gamma ** (step // self.step_size))


class MultiStepLR(_Closed):
    """gamma times the lr at each milestone."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float(self.gamma ** bisect.bisect_right(self.milestones, step))


class ExponentialLR(_Closed):
    """gamma times the lr at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float(self.gamma**step)


class ConstantLR(_Closed):
    """factor times the lr for total_iters steps, then the lr itself."""

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        self.share, self.total_iters = factor, _steps("ConstantLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.share if step < self.total_iters else 1.0


class LinearLR(_Closed):
    """From start_factor to end_factor times the lr in a line of total_iters steps: a warm-up, or a decay."""

    def __init__(self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5, last_epoch: int = -1) -> None:
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, _steps("LinearLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return self.start_factor + (self.end_factor - self.start_factor) * min(step, self.total_iters) / self.total_iters


class PolynomialLR(_Closed):
    """(1 - step / total_iters)^power times the lr."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = _steps("PolynomialLR", "total_iters", total_iters), power
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        return float((1.0 - min(step, self.total_iters) / self.total_iters) ** self.power)


class CosineAnnealingLR(LRScheduler):
    """From the lr to eta_min along half a cosine of T_max steps, and back. (Loshchilov & Hutter 2017)"""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        self.T_max, self.eta_min = _steps("CosineAnnealingLR", "T_max", T_max), eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half cosines of T_0, T_0 T_mult, T_0 T_mult^2, … steps, each from the lr to eta_min. (Loshchilov & Hutter 2017)"""

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        self.T_0, self.T_mult, self.eta_min = _steps("CosineAnnealingWarmRestarts", "T_0", T_0), _steps("CosineAnnealingWarmRestarts", "T_mult", T_mult), eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        at, length = self.last_epoch, self.T_0
        while at >= length:
            at, length = at - length, length * self.T_mult
        share = (1 + math.cos(math.pi * at / length)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class CosineWarmup(LRScheduler):
    """From 0 up to the lr in a line of `warmup` steps, then down to min_lr along half a cosine, until `total` steps (C++'s schedule)."""

    def __init__(self, optimizer: Optimizer, warmup: int = 0, total: int = 1, min_lr: float = 0.0, last_epoch: int = -1) -> None:
        if not 0 <= warmup <= total or total < 1:
            raise ValueError(f"CosineWarmup: needs 0 <= warmup <= total and total >= 1; got warmup={warmup}, total={total}")
        self.warmup, self.total, self.min_lr = warmup, total, min_lr
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [_core._nn._cosine_warmup(base, self.warmup, self.total, self.min_lr, self.last_epoch) for base in self.base_lrs]


class OneCycleLR(LRScheduler):
    """From max_lr / div_factor up to max_lr in pct_start of the steps, then down to the start / final_div_factor; the momentum (or first
    beta) goes the other way. (Smith & Topin 2018)"""

    def __init__(self, optimizer: Optimizer, max_lr: Any, total_steps: Any = None, epochs: Any = None, steps_per_epoch: Any = None, pct_start: Any = 0.3, anneal_strategy: Any = "cos", cycle_momentum: Any = True,
                 base_momentum: Any = 0.85, max_momentum: Any = 0.95, div_factor: Any = 25.0, final_div_factor: Any = 1e4, three_phase: Any = False, last_epoch: int = -1) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: needs total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy must be 'cos' or 'linear'; got {anneal_strategy!r}")
        self.total_steps, self.cos = total_steps, anneal_strategy == "cos"
        peak = float(pct_start * total_steps) - 1
        self.cycle_momentum = cycle_momentum
        n = len(optimizer.param_groups)
        peaks = list(max_lr) if isinstance(max_lr, (list, tuple)) else [max_lr] * n
        starts = [m / div_factor for m in peaks]
        self.rates = [(s, m, s / final_div_factor) for s, m in zip(starts, peaks)]
        if three_phase:
            self.phases = [(peak, 0, 1, 1, 0), (2 * peak, 1, 0, 0, 1), (total_steps - 1.0, 0, 2, 1, 1)]
        else:
            self.phases = [(peak, 0, 1, 1, 0), (total_steps - 1.0, 1, 2, 0, 1)]
        self.momenta = (base_momentum, max_momentum)
        if last_epoch == -1:
            for group, start in zip(optimizer.param_groups, starts):
                group["initial_lr"] = start
        super().__init__(optimizer, last_epoch)

    def _between(self, a: Any, b: Any, share: Any) -> Any:
        return b + (a - b) / 2.0 * (math.cos(math.pi * share) + 1) if self.cos else a + (b - a) * share

    def get_lr(self) -> list[float]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR: has no more steps; got step {step} of {self.total_steps}")
        begin = 0.0
        for i, (end, a, b, m, k) in enumerate(self.phases):
            if step <= end or i == len(self.phases) - 1:
                share = (step - begin) / (end - begin) if end != begin else 1.0
                break
            begin = end
        if self.cycle_momentum:
            momentum = self._between(self.momenta[m], self.momenta[k], share)
            for group in self.optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                elif group.get("momentum"):
                    group["momentum"] = momentum
        return [self._between(rates[a], rates[b], share) for rates in self.rates]


class SequentialLR:
    """One schedule after the other: the next begins at its milestone."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1) -> None:
        if len(schedulers) != len(milestones) + 1:
            raise ValueError(f"SequentialLR: needs a milestone between schedules; got {len(schedulers)} schedules, {len(milestones)} milestones")
        self.optimizer, self._schedulers, self._milestones = optimizer, list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        schedulers[0].last_epoch = -1
        schedulers[0].step()

    def step(self) -> None:
        """Goes to the next step."""
        self.last_epoch += 1
        i = bisect.bisect_right(self._milestones, self.last_epoch)
        if i and self._milestones[i - 1] == self.last_epoch:
            self._schedulers[i].step(0)
        else:
            self._schedulers[i].step()

    def get_last_lr(self) -> list[float]:
        """The lr of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The state of all."""
        return {"last_epoch": self.last_epoch, "schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: Any) -> Any:
        """Goes on from a state_dict."""
        self.last_epoch = state_dict["last_epoch"]
        for s, state in zip(self._schedulers, state_dict["schedulers"]):
            s.load_state_dict(state)


class ReduceLROnPlateau:
    """factor times the lr once a metric, given to step(metric), has not improved for more than `patience` steps."""

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: Any = 0.1, patience: Any = 10, threshold: Any = 1e-4, threshold_mode: Any = "rel", cooldown: Any = 0, min_lr: float = 0.0, eps: float = 1e-8) -> None:
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: mode must be 'min' or 'max', threshold_mode 'rel' or 'abs'; got {mode!r}, {threshold_mode!r}")
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1; got factor={factor}")
        self.optimizer, self.mode, self.factor, self.patience, self.threshold, self.threshold_mode = optimizer, mode, factor, patience, threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best: float | None = None
        self.num_bad_epochs, self.cooldown_counter, self.last_epoch = 0, 0, 0

    def _better(self, value: Any) -> Any:
        if self.best is None:
            return True
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold * (abs(self.best) if self.threshold_mode == "rel" else 1)
        return sign * value < sign * self.best - margin

    def step(self, metrics: Any) -> Any:
        """Takes the metric of one more epoch."""
        value = float(metrics)
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group in self.optimizer.param_groups:
                lr = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def get_last_lr(self) -> list[float]:
        """The lr of each group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All that it remembers but the optimiser."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: Any) -> Any:
        """Goes on from a state_dict."""
        self.__dict__.update(state_dict)
