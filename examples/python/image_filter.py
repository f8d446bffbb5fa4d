"""Image filters by convolution: finds edges, and learns the 7 x 7 filter that best removes noise.

The picture is drawn with NumPy. The filter is trained on one noisy copy and tried on another, beside a Gaussian blur."""
import numpy as np

import playhead as ph
from common import Progress, options, picture, report, save

SIZE, NOISE = 128, 0.25


def drawing() -> ph.Tensor:
    """Discs, a ramp and stripes, from 0 to 1. [1, 1, SIZE, SIZE]"""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    image = 0.3 + 0.3 * x
    for cx, cy, r, value in (0.3, 0.35, 0.2, 1.0), (0.65, 0.3, 0.13, 0.1), (0.3, 0.35, 0.1, 0.4):
        image[(x - cx) ** 2 + (y - cy) ** 2 < r**2] = value
    image[y > 0.65] = (0.5 + 0.5 * np.sin(30 * x))[y > 0.65]
    return ph.asarray(image, dtype=ph.float32)[None, None]


def filtered(image: ph.Tensor, kernel: ph.Tensor) -> ph.Tensor:
    """The image correlated with a kernel of odd size, its border mirrored."""
    margin = kernel.shape[-1] // 2
    return ph.conv2d(ph.pad(image, (margin,) * 4, mode="reflect"), kernel[None, None])


def gaussian(size: int, sigma: float) -> ph.Tensor:
    x = ph.arange(size) - (size - 1) / 2
    bell = ph.exp(-0.5 * (x / sigma) ** 2)
    return ph.outer(bell, bell) / bell.sum() ** 2


def psnr(image: ph.Tensor, truth: ph.Tensor) -> float:
    """How near an image is to the truth, in decibels."""
    return -10 * float(ph.log10(ph.mse_loss(image, truth)))


def main() -> None:
    args = options(__doc__, steps=300, quick=100)
    clean = drawing()
    noisy, other = (clean + NOISE * ph.randn_like(clean) for _ in range(2))

    kernel = gaussian(7, 1.0).requires_grad_()
    adam = ph.optim.Adam([kernel], lr=2e-3)
    for _ in (bar := Progress(args.steps)):
        adam.zero_grad()
        loss = ph.mse_loss(filtered(noisy, kernel), clean)
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    with ph.no_grad():
        learnt, blurred = filtered(other, kernel), filtered(other, gaussian(7, 1.0))
        sobel = ph.outer(ph.tensor([1.0, 2.0, 1.0]), ph.tensor([-1.0, 0.0, 1.0]))
        edges = ph.hypot(filtered(learnt, sobel), filtered(learnt, sobel.T))
    report(before=psnr(other, clean), blurred=psnr(blurred, clean), learnt=psnr(learnt, clean))

    if (axes := picture(args, columns=4)) is not None:
        titles = "before", "blurred", "after the learnt filter", "its edges"
        for ax, image, title in zip(axes, (other, blurred, learnt, edges), titles):
            ax.imshow(image[0, 0], cmap="gray", vmin=0, vmax=1 if image is not edges else 2)
            ax.set_title(title)
            ax.axis("off")
        save(args, axes)


if __name__ == "__main__":
    main()
