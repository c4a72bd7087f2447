"""Letters and numerals at the right, where curves end, kept apart from each other."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes


class LineEnd(NamedTuple):
    """What is written at the end of a curve, the value that it ends at, and the colour of the text."""

    text: str
    value: float
    colour: str


def name_ends(axes: Axes, labels: list[LineEnd], closest: float) -> None:
    """Write each name at the right of a panel where its curve ends, names at least a share ``closest`` of the panel's height apart."""
    low, high = axes.get_ylim()
    # Ratings may end in nothing, under anaesthesia.
    labels = [line for line in labels if np.isfinite(line.value)]
    heights = apart([(line.value - low) / (high - low) for line in labels], min(closest, 1 / max(1, len(labels) - 1)))
    for line, height in zip(labels, heights, strict=True):
        axes.annotate(
            line.text,
            (1, (line.value - low) / (high - low)),
            (1.013, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            color=line.colour,
            fontweight="bold",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": line.colour, "lw": 0.6, "alpha": 0.6, "shrinkA": 0, "shrinkB": 0},
        )


def apart(heights: list[float], closest: float) -> np.ndarray:
    """The heights in their order, moved as little as needed to be ``closest`` apart."""
    order = np.argsort(heights)
    target = np.asarray(heights)[order] - closest * np.arange(len(heights))
    # Least-squares monotone fit: neighbours that would cross share their mean.
    blocks: list[list[float]] = []
    for value in target:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    fitted = np.concatenate([np.full(len(block), np.mean(block)) for block in blocks]) if blocks else np.zeros(0)
    fitted = np.clip(fitted, 0, 1 - closest * (len(heights) - 1))
    moved = np.empty(len(heights))
    moved[order] = fitted + closest * np.arange(len(heights))
    return moved
