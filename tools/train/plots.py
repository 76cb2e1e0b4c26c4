"""Curves as pictures: recall, reliability, training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

from tools.train.measures import FALSE_GOAL, Bin, Point

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

RECALL_GOAL = 0.98


def recall_plot(path: Path, curves: Mapping[str, Sequence[Point]]) -> None:
    """Recall over false plates a picture, a line for each set of labels."""
    figure, axes = plt.subplots(figsize=(6, 4))
    for name, curve in curves.items():
        axes.plot([point.false for point in curve], [point.recall for point in curve], label=name)
    axes.axvline(FALSE_GOAL, linestyle=":", color="grey")
    axes.axhline(RECALL_GOAL, linestyle=":", color="grey")
    axes.set(
        xlabel="false plates a picture", ylabel="recall at IoU 0.5", xlim=(0, 0.2), ylim=(0.7, 1)
    )
    axes.legend(loc="lower right")
    _save(path, figure)


def reliability_plot(path: Path, bins: Sequence[Bin], what: str) -> None:
    """How often what has some confidence is right, with the count in each bin."""
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([part.confidence for part in bins], [part.right for part in bins], marker="o")
    for part in bins:
        at = (part.confidence, part.right)
        axes.annotate(str(part.count), at, textcoords="offset points", xytext=(6, -10))
    axes.set(xlabel=f"confidence of a {what}", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    _save(path, figure)


def training_plot(path: Path, curve: Sequence[tuple[float, float]], title: str) -> None:
    """Loss over minutes of training."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.semilogy([minutes for minutes, _ in curve], [loss for _, loss in curve])
    axes.set(xlabel="minutes", ylabel="loss (running mean)", title=title)
    _save(path, figure)


def _save(path: Path, figure: Figure) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
