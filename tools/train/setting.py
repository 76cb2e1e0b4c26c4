"""Sets a text into a plate: rows, letters, what stands between them, and the relief.

The rule to know: a layout is as `designs` says; a canvas is (H, W, 3) float32 BGR, 0 to 255,
painted in place, a mask (H, W) uint8 with 255 where the letters' ink is.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from tools.train import glyphs, looks
from tools.train.glyphs import Canvas, Picture
from tools.train.looks import Design

EMBOSSED = 0.6
# Width of what separates the groups, as a share of a letter's width.
WIDTHS = {
    " ": 0.5, "-": 0.6, ".": 0.45, ":": 0.62, "*": 0.75, "#": 1.35, "=": 0.72, "~": 1.25, "^": 0.0,
}  # fmt: skip
# Height of the letters after `^` and of those that `=` stacks, as shares of the text's.
SUFFIX, STACKED = 0.55, 0.44


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

    def units(self, row: str) -> list[float]:
        """The room each place of a row takes, in letter widths; 1 and I are narrow."""
        room = [WIDTHS.get(c, 1 + self.gap - 0.45 * (c in "1I")) for c in row]
        return [
            space * (SUFFIX + 0.1 if i and row[i - 1] == "^" else 1) for i, space in enumerate(room)
        ]

    def scaled(self, share: float) -> "_Setting":
        """The same with letters of another height."""
        return _Setting(
            self.canvas, self.mask, self.design, self.font, max(5, round(self.height * share)),
            self.aspect, self.gap,
        )  # fmt: skip


def letters(rng: np.random.Generator, canvas: Canvas, design: Design, layout: str) -> None:
    """Sets the layout's lines into the design's text box, inks and embosses them."""
    family = looks.FAMILIES[design.family]
    setting = _Setting(
        canvas=canvas,
        mask=np.zeros(canvas.shape[:2], np.uint8),
        design=design,
        font=family[int(rng.integers(len(family)))],
        height=round(canvas.shape[0] * design.height * rng.uniform(0.92, 1.06)),
        aspect=design.aspect * rng.uniform(0.88, 1.12),
        gap=design.gap * rng.uniform(0.7, 1.4),
    )
    rows = layout.split("|")
    for number, row in enumerate(rows):
        share = design.upper if number < len(rows) - 1 else 1.0
        middle = _middle(design, number, len(rows)) + rng.normal(0, 0.008)
        place = round(canvas.shape[0] * middle - setting.height * share / 2)
        _row(rng, setting.scaled(share), row, place)
    _weigh(rng, setting.mask)
    colour = np.clip(np.asarray(design.ink) + rng.normal(0, 9, 3), 0, 255) * rng.uniform(0.85, 1.1)
    glyphs.ink(canvas, setting.mask, tuple(colour))
    if design.family not in ("flat", "hand") and rng.random() < EMBOSSED:
        _emboss(rng, canvas, setting.mask)


def _middle(design: Design, number: int, rows: int) -> float:
    """Where a row's middle is, as a share of the plate's height."""
    _, top, _, bottom = design.box
    shares = np.array([design.upper] * (rows - 1) + [1.0])
    edges = np.concatenate([[0], np.cumsum(shares)]) / shares.sum()
    return float(top + (bottom - top) * (edges[number] + edges[number + 1]) / 2)


def _row(rng: np.random.Generator, setting: _Setting, row: str, y: int) -> None:
    """Sets one line in the middle of the text box, narrower where it would not fit."""
    left, right = (round(setting.canvas.shape[1] * setting.design.box[i]) for i in (0, 2))
    units = setting.units(row)
    cell = min(setting.height * setting.aspect, (right - left) / sum(units))
    # Where there is room letters stand apart, but not so far that a vanity plate fills its plate.
    spare = (right - left) / (cell * sum(units)) - 1
    step = cell * (1 + min(0.18, spare) * rng.random())
    x = left + (right - left - step * sum(units)) / 2
    for i, (character, room) in enumerate(zip(row, units, strict=True)):
        place = (round(x), y, max(2, round(step * room)))
        if character.isalnum():
            if i and row[i - 1] == "^":
                low = (place[0], y + setting.height - round(setting.height * SUFFIX), place[2])
                _letter(rng, setting.scaled(SUFFIX), character, low, cell * SUFFIX)
            else:
                _letter(rng, setting, character, place, cell)
        else:
            _separate(rng, setting, character, place)
        x += step * room


def _letter(
    rng: np.random.Generator,
    setting: _Setting,
    character: str,
    place: tuple[int, int, int],
    cell: float,
) -> None:
    """Stamps a letter into the middle of its place (x, y, width); hand-painted ones wobble."""
    x, y, room = place
    height = setting.height
    jitter, drop = rng.normal(0, 0.4), 0.0
    if setting.design.family == "hand":
        cell *= rng.uniform(0.85, 1.1)
        height = round(height * rng.uniform(0.88, 1.05))
        jitter, drop = rng.normal(0, 1.0), rng.normal(0, 0.03) * height
    glyph = glyphs.glyph(character, setting.font, max(3, round(cell)), height)
    if setting.design.family == "hand":
        glyph = _leaning(rng, glyph)
    left = round(x + (room - glyph.shape[1]) / 2 + jitter)
    glyphs.stamp(setting.mask, glyph, left, y + round(drop))


def _leaning(rng: np.random.Generator, glyph: Picture) -> Picture:
    """A letter slanted a little, as a brush leaves it."""
    height, width = glyph.shape
    lean = float(np.clip(rng.normal(0, 0.06), -0.12, 0.12))
    slant = np.array([[1, lean, -lean * height / 2], [0, 1, 0]])
    return cv2.warpAffine(glyph, slant, (width, height)).astype(np.uint8)


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
    elif kind in "*~" and (kind == "~" or rng.random() < 0.85):
        radius = max(3, round(width * rng.uniform(0.3, 0.48)))
        glyphs.emblem(rng, setting.canvas, (across, middle), radius)
    elif kind == "=":
        _stack(rng, setting, (x, y, width))
    elif kind == "#":
        glyphs.hanzi(rng, setting.mask, (x, y, round(width * 0.9), height))


def _stack(rng: np.random.Generator, setting: _Setting, place: tuple[int, int, int]) -> None:
    """Two small letters one over the other, as counties and kinds of vehicle are marked."""
    x, y, width = place
    tall = round(setting.height * STACKED)
    for top in (y, y + setting.height - tall):
        character = looks.FULL[int(rng.integers(26))]
        glyph = glyphs.glyph(character, setting.font, max(3, round(width * 0.55)), tall)
        glyphs.stamp(setting.mask, glyph, x + (width - glyph.shape[1]) // 2, top)


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
