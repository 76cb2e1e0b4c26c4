"""The real pictures: `../shared/plates` read into values, and the list of mended labels applied.

The pictures never enter the repository.  `valid`, `scenes` and `clips` are for measuring only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import corrections
from tools.train.corrections import Box, Correction, parse_box

Row = dict[str, Any]  # JSON as it comes
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

    box: Box | None
    quad: NDArray[np.float32] | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Photograph:
    """A whole photograph with its plates; an empty tuple makes it a negative.

    `unsure` are boxes (x1, y1, x2, y2) of which nobody can tell whether they are plates.
    """

    path: Path
    source: str
    licence: str
    region: str
    plates: tuple[LabelledPlate, ...]
    unsure: tuple[Box, ...] = ()


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


def photographs(
    folder: str, split: str, root: Path = PLATES, corrected: bool = True
) -> list[Photograph]:
    """Photographs of `detect` or `scenes`.

    Args:
        folder: "detect" or "scenes".
        split: "train" or "valid".
        root: where the plate pictures lie.
        corrected: with the mended labels of `corrections.csv`.
    """
    return [_photograph(root, folder, row, corrected) for row in _rows(root / folder, split)]


def crops(split: str, root: Path = PLATES, corrected: bool = True) -> list[PlateCrop]:
    """Plate crops of `read`, without those that a correction takes out.

    The split is by text, and a mended text must not break it: no text of `valid` is in `train`.

    Args:
        split: "train" or "valid".
        root: where the plate pictures lie.
        corrected: with the mended labels of `corrections.csv`.
    """
    found = [_crop(root, row, corrected) for row in _rows(root / "read", split)]
    kept_back = {crop.text for crop in crops("valid", root, corrected)} if split == "train" else ()
    return [crop for crop in found if crop.text and crop.text not in kept_back]


def load(path: Path) -> NDArray[np.uint8]:
    """The picture as (H, W, 3) BGR; FileNotFoundError or ValueError name the file."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is not a picture that OpenCV can decode")
    return np.asarray(image, np.uint8)


def _rows(folder: Path, split: str) -> list[Row]:
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["split"] == split]


def _photograph(root: Path, folder: str, row: Row, corrected: bool) -> Photograph:
    plates = [_plate(plate) for plate in row["plates"]]
    mended = corrections.by_image().get(f"{folder}/{row['image']}", ()) if corrected else ()
    unsure = []
    for correction in mended:
        if correction.field == "box":
            plates = [_mended(plate, correction) for plate in plates if _stays(plate, correction)]
        elif correction.field == "plate":
            plates.append(LabelledPlate(parse_box(correction.new), None, None))
        elif correction.field == "unsure":
            unsure.append(parse_box(correction.new))
    return Photograph(root / folder / row["image"], row["source"], row["licence"], row["region"],
                      tuple(plates), tuple(unsure))  # fmt: skip


def _crop(root: Path, row: Row, corrected: bool) -> PlateCrop:
    mended = corrections.by_image().get(f"read/{row['image']}", ()) if corrected else ()
    text = next((c.new for c in mended if c.field == "text"), row["text"])
    return PlateCrop(root / "read" / row["image"], row["source"], row["licence"], row["region"],
                     text, row["lines"] or 0)  # fmt: skip


def _plate(row: Row) -> LabelledPlate:
    box, quad = row["box"], row["quad"]
    corners = (box[0], box[1], box[0] + box[2], box[1] + box[3]) if box else None
    return LabelledPlate(corners, np.array(quad, np.float32) if quad else None, row["text"])


def _stays(plate: LabelledPlate, correction: Correction) -> bool:
    return bool(correction.new) or plate.box is None or not correction.is_of(plate.box)


def _mended(plate: LabelledPlate, correction: Correction) -> LabelledPlate:
    if plate.box is None or not correction.is_of(plate.box):
        return plate
    return LabelledPlate(parse_box(correction.new), None, plate.text)
