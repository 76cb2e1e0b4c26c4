"""The real pictures: `../shared/plates` read into values, and the list of mended labels applied.

The pictures never enter the repository.  `valid`, `scenes` and `clips` are for measuring only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

PLATES = Path(__file__).resolve().parents[3] / "shared" / "plates"


@dataclass(frozen=True, slots=True)
class LabelledPlate:
    """One plate of a photograph.

    Attributes:
        box: x1, y1, x2, y2 in pixels, or None where only the text is known.
        quad: (4, 2) corners in pixels from the top left clockwise, or None where only the box is
            known.
        text: A-Z0-9, or None.
    """

    box: tuple[float, float, float, float] | None
    quad: NDArray[np.float32] | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Photograph:
    """A whole photograph with its plates; an empty tuple makes it a negative."""

    path: Path
    source: str
    licence: str
    region: str
    plates: tuple[LabelledPlate, ...]


@dataclass(frozen=True, slots=True)
class PlateCrop:
    """A cut-out plate with its text; `lines` is 0 where the label does not say."""

    path: Path
    source: str
    licence: str
    region: str
    text: str
    lines: int

    @property
    def set_name(self) -> str:
        """The set that the crop belongs to, such as "eu1" or "vn_xemay"."""
        return self.path.stem.rsplit("_", 1)[0]


def photographs(folder: str, split: str, root: Path = PLATES) -> list[Photograph]:
    """Photographs of `detect` or `scenes`.

    Args:
        folder: "detect" or "scenes".
        split: "train" or "valid".
        root: where the plate pictures lie.
    """
    rows = _rows(root / folder, split)
    return [
        Photograph(
            root / folder / row["image"],
            row["source"],
            row["licence"],
            row["region"],
            tuple(_plate(plate) for plate in row["plates"]),
        )
        for row in rows
    ]


def crops(split: str, root: Path = PLATES) -> list[PlateCrop]:
    """Plate crops of `read`; split is "train" or "valid"."""
    return [
        PlateCrop(
            root / "read" / row["image"],
            row["source"],
            row["licence"],
            row["region"],
            row["text"],
            row["lines"] or 0,
        )
        for row in _rows(root / "read", split)
    ]


def load(path: Path) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) BGR; FileNotFoundError or ValueError name the file."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is not a picture that OpenCV can decode")
    return np.asarray(image, np.uint8)


def _rows(folder: Path, split: str) -> list[dict]:  # type: ignore[type-arg]  # JSON as it comes
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["split"] == split]


def _plate(row: dict) -> LabelledPlate:  # type: ignore[type-arg]  # JSON as it comes
    box, quad = row["box"], row["quad"]
    corners = (box[0], box[1], box[0] + box[2], box[1] + box[3]) if box else None
    return LabelledPlate(corners, np.array(quad, np.float32) if quad else None, row["text"])
