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

from tools.train import designs, glyphs, painters
from tools.train.degrade import degrade
from tools.train.designs import Design
from tools.train.glyphs import Canvas, Picture

__all__ = ["REGIONS", "RenderedPlate", "degrade", "render_plate"]

Key = TypeVar("Key")

REGIONS: tuple[str, ...] = tuple(designs.REGION_WEIGHTS)
MAX_WIDTH = 340
# Share of plates with a text that follows no syntax, so that rare letters are learnt everywhere.
FREE_TEXT = 0.05
EMBOSSED = 0.6
FRAMED = 0.35
# Width of what separates the groups, as a share of a letter's width.
SEPARATOR_WIDTHS = {" ": 0.5, "-": 0.6, ".": 0.45, ":": 0.62, "*": 0.75, "#": 1.35}


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
    painters.PAINTERS[design.art](rng, canvas, design)
    painters.slogans(rng, canvas, design)
    painters.band(rng, canvas, design)
    _letters(rng, canvas, design, layout)
    painters.furniture(rng, canvas, design)
    if rng.random() < FRAMED:
        canvas = painters.frame(rng, canvas)
    said = "".join(c for c in layout if c.isalnum())
    return RenderedPlate(_to_picture(canvas), said, 1 + layout.count("|"), design.region)


def _choose(rng: np.random.Generator, region: str | None, text: str | None) -> tuple[Design, str]:
    """A design and the layout of its text."""
    region = region or _weighted(rng, designs.REGION_WEIGHTS)
    if region not in REGIONS:
        raise ValueError(f"region {region!r} is unknown, expected one of {', '.join(REGIONS)}")
    table = {i: d.weight for i, d in enumerate(designs.DESIGNS) if d.region == region}
    design = designs.DESIGNS[_weighted(rng, table)]
    if text is None and rng.random() >= FREE_TEXT:
        return design, designs.fill(rng, design, _one(rng, design.patterns))
    if text is None:
        return design, designs.freely(rng, design, designs.random_text(rng))
    if not 1 <= len(text) <= 10 or set(text) - set(designs.FULL + designs.DIGITS):
        raise ValueError(f"text {text!r} is not 1 to 10 of A-Z and 0-9")
    found = [
        (designs.DESIGNS[i], layout)
        for i in table
        for pattern in designs.DESIGNS[i].patterns
        if (layout := designs.fit(designs.DESIGNS[i], pattern, text)) is not None
    ]
    return _one(rng, found) if found else (design, designs.freely(rng, design, text))


def _weighted(rng: np.random.Generator, weights: dict[Key, float]) -> Key:
    ends = np.cumsum(list(weights.values()))
    return list(weights)[int(np.searchsorted(ends, rng.random() * ends[-1], side="right"))]


def _one(rng: np.random.Generator, options: Sequence[Key]) -> Key:
    return options[int(rng.integers(len(options)))]


def _to_picture(canvas: Canvas) -> Picture:
    return np.clip(canvas, 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one plate's lines share: `mask` takes what has the letters' ink, `canvas` the rest.

    `height` is the letters' in pixels, `aspect` and `gap` are as in `Design`, varied.
    """

    canvas: Canvas
    mask: Picture
    design: Design
    font: str
    height: int
    aspect: float
    gap: float

    def units(self, character: str) -> float:
        """The room `character` takes, in letter widths; 1 and I are narrow."""
        return SEPARATOR_WIDTHS.get(character, 1 + self.gap - 0.45 * (character in "1I"))


def _letters(rng: np.random.Generator, canvas: Canvas, design: Design, layout: str) -> None:
    """Sets the layout's lines into the design's text box, inks and embosses them."""
    setting = _Setting(
        canvas=canvas,
        mask=np.zeros(canvas.shape[:2], np.uint8),
        design=design,
        font=_one(rng, designs.FAMILIES[design.family]),
        height=round(canvas.shape[0] * design.height * rng.uniform(0.92, 1.06)),
        aspect=design.aspect * rng.uniform(0.88, 1.12),
        gap=design.gap * rng.uniform(0.7, 1.4),
    )
    rows = layout.split("|")
    _, top, _, bottom = design.box
    for number, row in enumerate(rows):
        middle = top + (bottom - top) * (number + 0.5) / len(rows) + rng.normal(0, 0.008)
        _row(rng, setting, row, round(canvas.shape[0] * middle - setting.height / 2))
    _weigh(rng, setting.mask)
    colour = np.clip(np.asarray(design.ink) + rng.normal(0, 9, 3), 0, 255) * rng.uniform(0.85, 1.1)
    glyphs.ink(canvas, setting.mask, tuple(colour))
    if rng.random() < EMBOSSED:
        _emboss(rng, canvas, setting.mask)


def _row(rng: np.random.Generator, setting: _Setting, row: str, y: int) -> None:
    """Sets one line in the middle of the text box, narrower where it would not fit."""
    left, right = (round(setting.canvas.shape[1] * setting.design.box[i]) for i in (0, 2))
    units = sum(setting.units(c) for c in row)
    cell = min(setting.height * setting.aspect, (right - left) / units)
    # Where there is room letters stand apart, but not so far that a vanity plate fills its plate.
    spare = (right - left) / (cell * units) - 1
    step = cell * (1 + min(0.18, spare) * rng.random())
    x = left + (right - left - step * units) / 2
    for character in row:
        width = step * setting.units(character)
        if character.isalnum():
            glyph = glyphs.glyph(character, setting.font, max(3, round(cell)), setting.height)
            jitter = rng.normal(0, 0.4)
            glyphs.stamp(setting.mask, glyph, round(x + (width - glyph.shape[1]) / 2 + jitter), y)
        else:
            _separate(rng, setting, character, (round(x), y, max(2, round(width))))
        x += width


def _separate(
    rng: np.random.Generator, setting: _Setting, kind: str, place: tuple[int, int, int]
) -> None:
    """Draws a separator whose cell has its corner and width at `place` (x, y, width)."""
    x, y, width = place
    height = setting.height
    across, middle = x + width // 2, y + height // 2
    if kind == "-":
        half, thick = round(width * rng.uniform(0.2, 0.36)), max(2, height // 9)
        end = (across + half, middle + thick - 1)
        cv2.rectangle(setting.mask, (across - half, middle), end, 255, -1)
    elif kind == ".":
        dot = (across, y + height - height // 9 if rng.random() < 0.4 else middle)
        cv2.circle(setting.mask, dot, max(1, height // 13), 255, -1, cv2.LINE_AA)
    elif kind == ":":
        for share in (0.24, 0.74):
            spot = (across, round(y + height * share))
            glyphs.emblem(rng, setting.canvas, spot, max(3, height // 6))
    elif kind == "*" and rng.random() < 0.85:
        radius = max(3, round(width * rng.uniform(0.3, 0.48)))
        glyphs.emblem(rng, setting.canvas, (across, middle), radius)
    elif kind == "#":
        glyphs.hanzi(rng, setting.mask, (x, y, round(width * 0.9), height))


def _emboss(rng: np.random.Generator, canvas: Canvas, mask: Picture) -> None:
    """One edge of every stroke lit, the other in shade."""
    relief = cv2.Sobel(mask, cv2.CV_32F, 1, 0) + cv2.Sobel(mask, cv2.CV_32F, 0, 1)
    canvas += (relief * rng.uniform(-0.05, 0.05)).astype(np.float32)[..., None]


def _weigh(rng: np.random.Generator, mask: Picture) -> None:
    """Makes all strokes a little thicker or thinner, in place."""
    change = cv2.dilate if rng.random() < 0.55 else cv2.erode
    other = change(mask, np.ones((3, 3), np.uint8))
    share = rng.uniform(0, 0.9) if mask.shape[0] > 60 else rng.uniform(0, 0.5)
    cv2.addWeighted(mask, 1 - share, other, share, 0, dst=mask)


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
