"""Contact sheets: cells of pictures with captions, twenty to a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Box

Colour = tuple[int, int, int]
RED, GREEN, YELLOW, WHITE = (60, 60, 255), (90, 230, 90), (60, 220, 255), (255, 255, 255)
CELL_WIDTH, ROOM, LINE = 480, 236, 20
"""Pixels: of a cell, of the pictures' height in it, of a line of its caption."""
COLUMNS, ROWS, LINES = 4, 5, 3
FONT, FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.5
MOST_ENLARGED = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A part of a picture with outlines on it.

    Attributes:
        image: (H, W, 3) BGR.
        part: what is shown of it, or None for all.
        outlines: (N, 2) corners in pixels of the image, with their colour.
    """

    image: NDArray[np.uint8]
    part: Box | None = None
    outlines: tuple[tuple[NDArray[np.float32], Colour], ...] = ()


def cell(views: Sequence[View], caption: Sequence[str]) -> NDArray[np.uint8]:
    """The views beside each other over at most LINES lines of caption."""
    canvas = np.zeros((ROOM + LINES * LINE + 4, CELL_WIDTH, 3), np.uint8)
    share = CELL_WIDTH // max(1, len(views))
    for number, view in enumerate(views):
        drawn = fitted(view, share - 2, ROOM)
        x = number * share
        canvas[: drawn.shape[0], x : x + drawn.shape[1]] = drawn
    for number, line in enumerate(caption[:LINES]):
        at = (4, ROOM + (number + 1) * LINE - 4)
        cv2.putText(canvas, line, at, FONT, FONT_SCALE, WHITE, 1, cv2.LINE_AA)
    return canvas


def fitted(view: View, width: int, height: int) -> NDArray[np.uint8]:
    """The view as large as it fits; outlines are drawn after scaling, so they stay thin."""
    x1, y1, x2, y2 = _inside(view)
    part = view.image[y1:y2, x1:x2]
    scale = min(width / part.shape[1], height / part.shape[0], MOST_ENLARGED)
    size = (max(1, int(part.shape[1] * scale)), max(1, int(part.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    drawn = cv2.resize(part, size, interpolation=how)
    for corners, colour in view.outlines:
        moved = np.round((corners - (x1, y1)) * scale).astype(np.int32)
        cv2.polylines(drawn, [moved], True, colour, 1, cv2.LINE_AA)
    return np.asarray(drawn, np.uint8)


def around(box: Box, margin: float = 0.6) -> Box:
    """The surroundings of a box, `margin` of its larger side on each side."""
    room = margin * max(box.width, box.height)
    return Box(box.x1 - room, box.y1 - room, box.x2 + room, box.y2 + room)


def corners_of(box: Box) -> NDArray[np.float32]:
    """(4, 2) corners from the top left clockwise."""
    return np.array(
        [(box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)], np.float32
    )


def save_pages(folder: Path, name: str, cells: Iterable[NDArray[np.uint8]]) -> list[Path]:
    """Write `name-1.png` and so on, and remove those of an earlier, longer run."""
    for old in folder.glob(f"{name}-[0-9]*.png"):
        old.unlink()
    waiting = iter(cells)
    written: list[Path] = []
    while page := list(islice(waiting, COLUMNS * ROWS)):
        path = folder / f"{name}-{len(written) + 1}.png"
        cv2.imwrite(str(path), _page(page))
        written.append(path)
    return written


def _page(cells: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    blank = np.zeros_like(cells[0])
    filled = cells + [blank] * (-len(cells) % COLUMNS)
    rows = [np.hstack(filled[i : i + COLUMNS]) for i in range(0, len(filled), COLUMNS)]
    return np.vstack(rows)


def _inside(view: View) -> tuple[int, int, int, int]:
    """The shown part in whole pixels within the picture, at least one pixel."""
    height, width = view.image.shape[:2]
    part = view.part or Box(0, 0, width, height)
    x1, y1 = int(np.clip(part.x1, 0, width - 1)), int(np.clip(part.y1, 0, height - 1))
    x2, y2 = int(np.clip(part.x2, x1 + 1, width)), int(np.clip(part.y2, y1 + 1, height))
    return x1, y1, x2, y2
