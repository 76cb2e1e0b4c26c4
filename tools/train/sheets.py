"""Pictures for people: contact sheets of the worst cases, curves, reliability."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from appliance.report import draw
from tools.train.labels import load
from tools.train.scoring import DetectedPicture, ReadPicture

mpl.use("Agg")
from matplotlib import pyplot as plt

RED, WHITE = (40, 40, 230), (255, 255, 255)
CELL_WIDTH, CELL_HEIGHT, COLUMNS, MOST = 240, 180, 6, 48


def detect_sheet(path: Path, results: Sequence[DetectedPicture]) -> None:
    """The photographs with missed (red) or false plates, at most MOST."""
    worst = sorted((r for r in results if r.missed or r.false), key=lambda r: -(r.missed + r.false))
    cells = [_cell(_marked(r), f"missed {r.missed} false {r.false}") for r in worst[:MOST]]
    _save_sheet(path, cells)


def read_sheet(path: Path, results: Sequence[ReadPicture]) -> None:
    """The misread pictures, the surest errors first, with what was read and what is true."""
    wrong = sorted((r for r in results if not r.right), key=lambda r: -r.confidence)
    cells = [
        _cell(load(r.path), f"{r.text or '-'} {r.confidence:.2f} is {r.truth}")
        for r in wrong[:MOST]
    ]
    _save_sheet(path, cells)


def recall_plot(path: Path, curve: Sequence[tuple[float, float, float]]) -> None:
    """Recall over false plates a picture."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot([false for _, _, false in curve], [recall for _, recall, _ in curve])
    axes.axvline(0.10, linestyle=":", color="grey")
    axes.axhline(0.90, linestyle=":", color="grey")
    axes.set(
        xlabel="false plates a picture", ylabel="recall at IoU 0.5", xlim=(0, 0.5), ylim=(0.5, 1)
    )
    _save_plot(path, figure)


def reliability_plot(path: Path, bins: Sequence[tuple[float, float, int]]) -> None:
    """How often a read of some confidence is right."""
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.plot([mean for mean, _, _ in bins], [right for _, right, _ in bins], marker="o")
    for mean, right, count in bins:
        axes.annotate(str(count), (mean, right), textcoords="offset points", xytext=(6, -10))
    axes.set(xlabel="confidence", ylabel="share exactly right", xlim=(0, 1), ylim=(0, 1))
    _save_plot(path, figure)


def training_plot(path: Path, curve: Sequence[tuple[float, float]], title: str) -> None:
    """Loss over minutes of training."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.semilogy([minutes for minutes, _ in curve], [loss for _, loss in curve])
    axes.set(xlabel="minutes", ylabel="loss (running mean)", title=title)
    _save_plot(path, figure)


def _marked(result: DetectedPicture) -> NDArray[np.uint8]:
    image = draw(load(result.photograph.path), result.examined)
    for number, plate in enumerate(result.photograph.plates):
        if plate.box is not None and number not in result.matched:
            x1, y1, x2, y2 = (round(v) for v in plate.box)
            cv2.rectangle(image, (x1, y1), (x2, y2), RED, 2)
    return image


def _cell(image: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    """The picture fitted into a cell, its caption below."""
    cell = np.zeros((CELL_HEIGHT, CELL_WIDTH, 3), np.uint8)
    room = CELL_HEIGHT - 20
    scale = min(CELL_WIDTH / image.shape[1], room / image.shape[0])
    size = (max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale)))
    cell[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    cv2.putText(
        cell, caption, (3, CELL_HEIGHT - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, WHITE, 1, cv2.LINE_AA
    )
    return cell


def _save_sheet(path: Path, cells: list[NDArray[np.uint8]]) -> None:
    blank = np.zeros((CELL_HEIGHT, CELL_WIDTH, 3), np.uint8)
    filled = cells + [blank] * (-len(cells) % COLUMNS or (COLUMNS if not cells else 0))
    rows = [np.hstack(filled[i : i + COLUMNS]) for i in range(0, len(filled), COLUMNS)]
    cv2.imwrite(str(path), np.vstack(rows))


def _save_plot(path: Path, figure: plt.Figure) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
