"""Reads handwritten digits: a small convolutional net on scikit-learn's data set of 1797 images of 8 x 8.

Shows minibatches, a model of layers, training and evaluation mode, and the NumPy arrays that come and go."""
import sys

import playhead as ph
import playhead.nn as nn
from common import Progress, optional, options, picture, report, save

BATCH = 64


def main() -> None:
    args = options(__doc__, steps=600, quick=150)
    if not (datasets := optional("sklearn.datasets", "data (the package is called scikit-learn)")):
        sys.exit(1)
    data = datasets.load_digits()
    images = ph.asarray(data.images, dtype=ph.float32).unsqueeze(1) / 16  # [n, 1, 8, 8]
    labels = ph.asarray(data.target)
    order = ph.randperm(len(images))
    train, test = order[:1400], order[1400:]

    net = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(32 * 2 * 2, 10),
    )
    adam = ph.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in (bar := Progress(args.steps)):
        batch = train[ph.randint(0, len(train), (BATCH,))]
        adam.zero_grad()
        loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
        loss.backward()
        adam.step()
        bar.show(loss=loss.item())

    net.eval()
    with ph.no_grad():
        predicted = net(images[test]).argmax(1)
    right = predicted == labels[test]
    report(loss=loss.item(), accuracy=right.float().mean().item())

    if (axes := picture(args, columns=6)) is not None:
        worst = ph.argsort(right.int())[: len(axes)]  # mistakes first
        for ax, i in zip(axes, worst.tolist()):
            ax.imshow(images[test][i, 0], cmap="gray_r")
            ax.set_title(f"{labels[test][i].item()}, read as {predicted[i].item()}")
            ax.axis("off")
        save(args, axes)


if __name__ == "__main__":
    main()
