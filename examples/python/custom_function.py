"""An op with a derivative of its own: Kepler's equation E - e sin E = M, solved by Newton's method.

Recording Newton's iterations would be wasteful. The implicit function theorem gives the derivative at the solution:
dE/dM = 1 / (1 - e cos E) and dE/de = sin E / (1 - e cos E). Written in ops, it can itself be differentiated.
With it, a comet's eccentricity is found from where it was seen."""
import playhead as ph
from common import Progress, options, picture, report, save


class Kepler(ph.autograd.Function):
    """The eccentric anomaly E of mean anomaly M in an orbit of eccentricity e."""

    @staticmethod
    def forward(ctx: ph.autograd.FunctionCtx, mean: ph.Tensor, e: ph.Tensor) -> ph.Tensor:
        anomaly = mean + e * ph.sin(mean)
        for _ in range(20):
            anomaly = anomaly - (anomaly - e * ph.sin(anomaly) - mean) / (1 - e * ph.cos(anomaly))
        ctx.save_for_backward(anomaly, e)
        return anomaly

    @staticmethod
    def backward(ctx: ph.autograd.FunctionCtx, g: ph.Tensor) -> tuple[ph.Tensor, ph.Tensor]:
        anomaly, e = ctx.saved_tensors
        g_mean = g / (1 - e * ph.cos(anomaly))
        return g_mean, (g_mean * ph.sin(anomaly)).sum()


def position(mean: ph.Tensor, e: ph.Tensor) -> ph.Tensor:
    """Where the comet is, in units of the orbit's long half-axis, seen from the sun. [n, 2]"""
    anomaly = Kepler.apply(mean, e)
    return ph.stack([ph.cos(anomaly) - e, ph.sqrt(1 - e * e) * ph.sin(anomaly)], -1)


def main() -> None:
    args = options(__doc__, steps=300, quick=150)
    ph.set_default_dtype(ph.float64)
    some = ph.tensor([0.3, 1.0, 2.5], requires_grad=True), ph.tensor(0.6, requires_grad=True)
    assert ph.autograd.gradcheck(Kepler.apply, some) and ph.autograd.gradgradcheck(Kepler.apply, some)

    truth, mean = ph.tensor(0.83), ph.linspace(-3, 3, 40)
    seen = position(mean, truth) + 0.01 * ph.randn(40, 2)
    logit = ph.tensor(0.0, requires_grad=True)  # e = sigmoid(logit) stays in (0, 1)
    adam = ph.optim.Adam([logit], lr=0.05)
    for _ in (bar := Progress(args.steps)):
        adam.zero_grad()
        loss = ((position(mean, ph.sigmoid(logit)) - seen) ** 2).sum(-1).mean()
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    e = ph.sigmoid(logit).detach()
    print(f"eccentricity {e.item():.4f}   (truth {truth.item()})")
    report(loss=loss.item(), error=abs(e - truth).item())

    if (axes := picture(args)) is not None:
        axes[0].plot(*seen.T, ".", label="seen")
        axes[0].plot(*position(ph.linspace(-ph.pi, ph.pi, 400), e).T, label="orbit found")
        axes[0].plot(0, 0, "o", color="orange", label="sun")
        axes[0].legend()
        axes[0].set_aspect("equal")
        save(args, axes)


if __name__ == "__main__":
    main()
