"""Draws number plates for training the detector and the reader.

The rule to know: every random choice comes from the generator passed in, so a seed gives the same
plate again. What plates look like is data in `designs`; here text becomes letters in their places.
Images are (H, W, 3) BGR, 0 to 255.

    python -m tools.train.render --sheet FILE.png --seed 1
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from tools.train import arts, designs, furniture, looks, painters, setting, texts
from tools.train.degrade import degrade
from tools.train.glyphs import Canvas, Picture
from tools.train.looks import Design

__all__ = ["REGIONS", "RenderedPlate", "degrade", "render_plate"]

Key = TypeVar("Key")

REGIONS: tuple[str, ...] = tuple(designs.REGION_WEIGHTS)
MAX_WIDTH = 340
# Share of plates with a text that follows no syntax, so that rare letters are learnt everywhere.
FREE_TEXT = 0.05
# Share of plates with a chosen text, and of British ones that spell something.
VANITY = {"us": 0.16, "ca": 0.12, "au": 0.1, "xe": 0.3}
WORDED = 0.12
FRAMED = 0.4
CLUTTERED = 0.06


@dataclass(frozen=True, slots=True)
class RenderedPlate:
    """A flat plate: `image` (H, W, 3) BGR, about 1 px/mm, at most 340 px wide, and what it says.

    `text` is 1 to 10 of A-Z and 0-9 without separators, `lines` 1 or 2, `region` one of `REGIONS`.
    """

    image: Picture
    text: str
    lines: int
    region: str


def render_plate(
    rng: np.random.Generator, region: str | None = None, text: str | None = None
) -> RenderedPlate:
    """A clean random plate; `region` and `text` are drawn at random where they are None.

    A `text` that no pattern of the region allows is set without separators.

    Raises:
        ValueError: `region` is unknown, or `text` is not 1 to 10 of A-Z and 0-9.
        FileNotFoundError: a font is not installed; names the Debian package.
    """
    design, layout = _choose(rng, region, text)
    width = min(design.size[0], MAX_WIDTH)
    height = round(design.size[1] * width / design.size[0])
    canvas = painters.paper(rng, design, width, height)
    arts.ARTS[design.art](rng, canvas, design)
    painters.slogans(rng, canvas, design)
    painters.band(rng, canvas, design)
    setting.letters(rng, canvas, design, layout)
    furniture.furniture(rng, canvas, design)
    if rng.random() < FRAMED:
        canvas = furniture.frame(rng, canvas, design)
    if rng.random() < CLUTTERED:
        furniture.clutter(rng, canvas)
    said = "".join(c for c in layout if c.isalnum())
    return RenderedPlate(_to_picture(canvas), said, 1 + layout.count("|"), design.region)


def _choose(rng: np.random.Generator, region: str | None, text: str | None) -> tuple[Design, str]:
    """A design and the layout of its text."""
    region = region or _weighted(rng, designs.REGION_WEIGHTS)
    if region not in REGIONS:
        raise ValueError(f"region {region!r} is unknown, expected one of {', '.join(REGIONS)}")
    table = {i: d.weight for i, d in enumerate(designs.DESIGNS) if d.region == region}
    design = designs.DESIGNS[_weighted(rng, table)]
    if text is None:
        return design, _layout(rng, design)
    if not 1 <= len(text) <= 10 or set(text) - set(looks.FULL + looks.DIGITS):
        raise ValueError(f"text {text!r} is not 1 to 10 of A-Z and 0-9")
    found = [
        (designs.DESIGNS[i], layout)
        for i in table
        for pattern in designs.DESIGNS[i].patterns
        if (layout := designs.fit(designs.DESIGNS[i], pattern, text)) is not None
    ]
    return _one(rng, found) if found else (design, texts.freely(rng, design, text))


def _layout(rng: np.random.Generator, design: Design) -> str:
    """A text that the design's patterns allow, now and then a chosen or a free one."""
    lot = rng.random()
    if lot < FREE_TEXT:
        return texts.freely(rng, design, texts.random_text(rng, _readable(design)))
    if lot < FREE_TEXT + VANITY.get(design.region, 0):
        return texts.vanity(rng, 8 if design.region == "ca" else 7)
    layout = designs.fill(rng, design, _one(rng, design.patterns))
    if design.region == "gb" and lot < FREE_TEXT + WORDED:
        return texts.worded(rng, layout, design.letters)
    return layout


def _readable(design: Design) -> str:
    """The letters of a text without syntax: none that Charles Wright draws as it draws a digit."""
    if design.family in ("gb", "br"):
        return "".join(c for c in design.letters if c not in "IO")
    return design.letters


def _weighted(rng: np.random.Generator, weights: dict[Key, float]) -> Key:
    ends = np.cumsum(list(weights.values()))
    return list(weights)[int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))]


def _one(rng: np.random.Generator, options: Sequence[Key]) -> Key:
    return options[int(rng.integers(len(options)))]


def _to_picture(canvas: Canvas) -> Picture:
    return np.clip(canvas, 0, 255).astype(np.uint8)


def sheet(rng: np.random.Generator, count: int = 80, columns: int = 8) -> Picture:
    """A contact sheet of degraded plates with their texts, (H, W, 3) BGR."""
    cells = np.full((count, 130, 200, 3), 255, np.uint8)
    for cell in cells:
        plate = render_plate(rng)
        height, width = plate.image.shape[:2]
        scale = min(192 / width, 100 / height)
        small = cv2.resize(
            plate.image, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_AREA
        )
        cell[4 : 4 + small.shape[0], 4 : 4 + small.shape[1]] = degrade(rng, small.astype(np.uint8))
        caption = f"{plate.region} {plate.text}"
        cv2.putText(cell, caption, (6, 124), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1)
    rows = cells.reshape(-1, columns, 130, 200, 3).transpose(0, 2, 1, 3, 4)
    return np.asarray(rows.reshape(-1, columns * 200, 3), np.uint8)


def main() -> None:
    """Writes a contact sheet."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sheet", type=Path, required=True, help="PNG file to write")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not cv2.imwrite(str(options.sheet), sheet(np.random.default_rng(options.seed))):
        raise OSError(f"cannot write {options.sheet}")


if __name__ == "__main__":
    main()
