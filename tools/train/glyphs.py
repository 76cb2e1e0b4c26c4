"""Glyphs, small type and the odd marks between them, as coverage masks.

The rule to know: masks are (H, W) uint8, 255 where there is ink; those from `small_type` and
`glyph` are cached, so read-only.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tools.train import looks, strokes

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]

FONT_ROOT = Path("/usr/share/fonts")
GLYPH_HEIGHT = 120


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    found = sorted(FONT_ROOT.rglob(name))
    if not found:
        package = looks.FONTS[name].package
        raise FileNotFoundError(f"font {name} is not under {FONT_ROOT}: install Debian's {package}")
    return ImageFont.truetype(str(found[0]), size)


@lru_cache(maxsize=8192)
def small_type(text: str, font: str, height: int) -> Picture:
    """`text` as a coverage mask (height, W), cropped to its ink; cached, so read-only.

    `font` is a file of `looks.FONTS`, or a style of `strokes` where `text` is one character.
    """
    mask = _natural(text, font)
    width = max(1, round(mask.shape[1] * height / mask.shape[0]))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


@lru_cache(maxsize=4096)
def _natural(text: str, font: str) -> Picture:
    """`text` at about `GLYPH_HEIGHT`; apart from `small_type` because FreeType is the slow half."""
    if font in strokes.STYLES:
        return strokes.draw(text, font, GLYPH_HEIGHT)
    face = _font(font, GLYPH_HEIGHT * 4 // 3)
    left, top, right, bottom = (int(v) for v in face.getbbox(text))
    sheet = Image.new("L", (right - left + 40, bottom - top + 40), 0)
    ImageDraw.Draw(sheet).text((20 - left, 20 - top), text, 255, font=face)
    mask = np.asarray(sheet, np.uint8)
    if bolden := looks.FONTS[font].bolden:
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (bolden, bolden))
        mask = cv2.dilate(mask, brush).astype(np.uint8)
    rows, columns = np.nonzero(mask.max(1))[0], np.nonzero(mask.max(0))[0]
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@lru_cache(maxsize=32768)
def glyph(character: str, font: str, width: int, height: int) -> Picture:
    """One letter stretched into its die cell, as a mask; I stays narrow, W a little wider."""
    natural = small_type(character, font, GLYPH_HEIGHT)
    ratio = natural.shape[1] / small_type("H", font, GLYPH_HEIGHT).shape[1]
    if ratio < 0.8:
        width = max(3, round(width * ratio))
    elif ratio > 1.2:
        width = round(width * 1.12)
    return cv2.resize(natural, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def stamp(mask: Picture, piece: Picture, x: int, y: int) -> None:
    """Adds `piece` to `mask` with its corner at x, y; what falls outside is lost."""
    x, y = max(0, x), max(0, y)
    target = mask[y : y + piece.shape[0], x : x + piece.shape[1]]
    np.maximum(target, piece[: target.shape[0], : target.shape[1]], out=target)


def ink(canvas: Canvas, mask: Picture, colour: tuple[float, ...]) -> None:
    """Paints `colour` where `mask` covers."""
    rows = np.flatnonzero(mask.any(axis=1))
    if len(rows):
        inked = slice(int(rows[0]), int(rows[-1]) + 1)
        share = mask[inked].astype(np.float32)[..., None] / 255
        canvas[inked] += (np.asarray(colour, np.float32) - canvas[inked]) * share


def emblem(rng: np.random.Generator, canvas: Canvas, centre: tuple[int, int], radius: int) -> None:
    """A seal, sticker or coat of arms: a disc or ragged patch with two tones inside."""
    colour = tuple(float(v) for v in rng.uniform(30, 240, 3))
    if rng.random() < 0.6:
        cv2.circle(canvas, centre, radius, colour, -1, cv2.LINE_AA)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    reach = radius * rng.uniform(0.35, 1.0, 9)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None] + centre
    cv2.fillPoly(canvas, [ring.astype(np.int32)], tuple(float(v) for v in rng.uniform(10, 200, 3)))


def hanzi(rng: np.random.Generator, mask: Picture, box: tuple[int, int, int, int]) -> None:
    """A box-like glyph, as the province's sign on Chinese plates; `box` is x, y, width, height."""
    x, y, width, height = box
    thick = max(1, height // 16)
    left, right = x + width // 10, x + width - width // 10
    columns = np.sort(rng.integers(left, right, int(rng.integers(2, 4))))
    for level in np.linspace(0.04, 0.93, int(rng.integers(3, 6))):
        start, end = (left, right) if rng.random() < 0.5 else (int(columns[0]), int(columns[-1]))
        at = y + round(height * (level + rng.normal(0, 0.02)))
        cv2.line(mask, (start, at), (end, at), 255, thick, cv2.LINE_AA)
    for column in columns:
        ends = y + (height * np.sort(rng.beta(0.5, 0.5, 2))).astype(int)
        cv2.line(mask, (int(column), int(ends[0])), (int(column), int(ends[1])), 255, thick)
    for side in (left, right)[int(rng.integers(2)) :]:
        foot = (side, y + height - 2)
        cv2.line(mask, ((left + right) // 2, y + height // 2), foot, 255, thick, cv2.LINE_AA)


def scribble(rng: np.random.Generator, mask: Picture, box: tuple[int, int, int, int]) -> None:
    """Curls and a dot, as Arabic letters look from afar; `box` is x, y, width, height."""
    x, y, width, height = box
    for _ in range(2):
        centre = (x + int(width * rng.uniform(0.3, 0.7)), y + int(height * rng.uniform(0.3, 0.7)))
        axes = (int(width * rng.uniform(0.1, 0.3)), int(height * rng.uniform(0.1, 0.35)))
        start = rng.uniform(0, 360)
        cv2.ellipse(mask, centre, axes, 0, start, start + 220, 255, max(1, height // 12))
    dot = (x + width // 2, y + int(height * rng.uniform(0.0, 0.9)))
    cv2.circle(mask, dot, max(1, height // 14), 255, -1)
