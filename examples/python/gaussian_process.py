"""Gaussian process regression, its three hyperparameters learnt by the marginal likelihood.

The likelihood takes a Cholesky factor, a triangular solve and a log-determinant; all have derivatives."""
import math

import playhead as ph
from common import Progress, options, picture, report, save

NOISE = 0.15


def kernel(a: ph.Tensor, b: ph.Tensor, log: dict[str, ph.Tensor]) -> ph.Tensor:
    """Covariances of the function's values at a [n] and b [m]: [n, m]."""
    distance = (a[:, None] - b[None, :]) / log["length"].exp()
    return (2 * log["scale"]).exp() * ph.exp(-0.5 * distance**2)


def factor(x: ph.Tensor, log: dict[str, ph.Tensor]) -> ph.Tensor:
    """Of the covariance of what was measured at x."""
    chol: ph.Tensor = ph.linalg.cholesky(kernel(x, x, log) + (2 * log["noise"]).exp() * ph.eye(len(x)))
    return chol


def negative_log_likelihood(x: ph.Tensor, y: ph.Tensor, log: dict[str, ph.Tensor]) -> ph.Tensor:
    chol = factor(x, log)
    white: ph.Tensor = ph.linalg.solve_triangular(chol, y[:, None], upper=False)
    return 0.5 * (white**2).sum() + chol.diagonal().log().sum() + 0.5 * len(x) * math.log(2 * math.pi)


def predict(x: ph.Tensor, y: ph.Tensor, at: ph.Tensor, log: dict[str, ph.Tensor]) -> tuple[ph.Tensor, ph.Tensor]:
    """Mean and standard deviation of the function at new points."""
    chol, cross = factor(x, log), kernel(x, at, log)
    mean = cross.mT @ ph.cholesky_solve(y[:, None], chol)
    explained = ph.linalg.solve_triangular(chol, cross, upper=False)
    variance = (2 * log["scale"]).exp() - (explained**2).sum(0)
    return mean[:, 0], variance.clamp(min=0).sqrt()


def main() -> None:
    args = options(__doc__, steps=300, quick=150)
    ph.set_default_dtype(ph.float64)
    x = ph.sort(6 * ph.rand(60))
    y = ph.sin(2 * x) * x / 3 + NOISE * ph.randn(60)

    log = {name: ph.zeros((), requires_grad=True) for name in ("length", "scale", "noise")}
    adam = ph.optim.Adam(log.values(), lr=0.05)
    for _ in (bar := Progress(args.steps)):
        adam.zero_grad()
        loss = negative_log_likelihood(x, y, log)
        loss.backward()
        adam.step()
        bar.show(nll=loss.item())

    at = ph.linspace(0, 6, 300)
    with ph.no_grad():
        mean, std = predict(x, y, at, log)
    truth = ph.sin(2 * at) * at / 3
    print("   ".join(f"{name} {value.exp().item():.3f}" for name, value in log.items()), f"  (true noise {NOISE})")
    inside = ((mean - truth).abs() < 2 * std).double().mean()
    rms = ((mean - truth) ** 2).mean().sqrt()
    report(nll=loss.item(), noise=log["noise"].exp().item(), inside=inside.item(), rms=rms.item())

    if (axes := picture(args)) is not None:
        axes[0].plot(x, y, ".", color="0.4", label="measured")
        axes[0].plot(at, truth, "--", label="truth")
        axes[0].plot(at, mean, label="mean")
        axes[0].fill_between(at, mean - 2 * std, mean + 2 * std, alpha=0.25, label="two standard deviations")
        axes[0].legend()
        save(args, axes)


if __name__ == "__main__":
    main()
