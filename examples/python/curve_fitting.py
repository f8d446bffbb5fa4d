"""Fits a damped oscillation a exp(-k t) cos(w t + p) to noisy measurements: the smallest training loop there is.

Four tensors that require a gradient, a loss, backward, and an optimiser's step."""
import playhead as ph
from common import Progress, options, picture, report, save

TRUTH = {"amplitude": 2.0, "decay": 0.35, "frequency": 3.0, "phase": 0.5}
NOISE = 0.1


def oscillation(t: ph.Tensor, amplitude: ph.Tensor, decay: ph.Tensor, frequency: ph.Tensor, phase: ph.Tensor) -> ph.Tensor:
    return amplitude * ph.exp(-decay * t) * ph.cos(frequency * t + phase)


def main() -> None:
    args = options(__doc__, steps=1000, quick=400)
    t = ph.linspace(0, 6, 200)
    clean = oscillation(t, **{name: ph.tensor(value) for name, value in TRUTH.items()})
    measured = clean + NOISE * ph.randn(200)

    guess = {"amplitude": 1.0, "decay": 0.1, "frequency": 2.7, "phase": 0.0}
    found = {name: ph.tensor(value, requires_grad=True) for name, value in guess.items()}
    adam = ph.optim.Adam(found.values(), lr=0.03)
    for _ in (bar := Progress(args.steps)):
        adam.zero_grad()
        loss = ph.mse_loss(oscillation(t, **found), measured)
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    for name, value in found.items():
        print(f"{name:9} {value.item():6.3f}   (truth {TRUTH[name]})")
    report(rms=loss.sqrt().item(), error=max(abs(v.item() - TRUTH[name]) for name, v in found.items()))

    if (axes := picture(args)) is not None:
        axes[0].plot(t, measured, ".", color="0.6", label="measured")
        axes[0].plot(t, oscillation(t, **found).detach(), label="fitted")
        axes[0].legend()
        save(args, axes)


if __name__ == "__main__":
    main()
