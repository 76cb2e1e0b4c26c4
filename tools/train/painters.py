"""The plate's ground, its small type and its band.

The rule to know: a canvas is (H, W, 3) float32 BGR, 0 to 255, painted in place. What regions paint
is in `arts`, what owners and dealers fix onto the plate in `furniture`.
"""

import cv2
import numpy as np

from tools.train import glyphs, looks
from tools.train.glyphs import Canvas
from tools.train.looks import Colour, Design

STAR: Colour = (40, 215, 250)
BAND: Colour = (160, 65, 10)
# Electric cars' green flash, and the yellow-lettered one of Israel.
BANDS: dict[str, Colour] = {"UK": (90, 150, 20), "IL": (140, 60, 20)}


def paper(rng: np.random.Generator, design: Design, width: int, height: int) -> Canvas:
    """The plate's ground, slightly off its colour, with the border line."""
    ground = np.asarray(design.paper) * rng.uniform(0.86, 1.04) + rng.normal(0, 4, 3)
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = ground
    if rng.random() < design.border * 0.8:
        inset, thick = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        corner = (width - 1 - inset, height - 1 - inset)
        cv2.rectangle(canvas, (inset, inset), corner, [float(v) for v in design.ink], thick)
    return canvas


def slogans(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The small type above and below the text."""
    height = canvas.shape[0]
    font = looks.SMALL_TYPE
    if design.region in looks.SCRIPTED:
        font = looks.SMALL_TYPES[int(rng.integers(len(looks.SMALL_TYPES)))]
    for texts, middle in ((design.top, 0.105), (design.bottom, 0.9)):
        said = texts[int(rng.integers(len(texts)))] if texts else ""
        if said and rng.random() < 0.93:
            size = max(5, round(height * rng.uniform(0.075, 0.125)))
            low = height * (middle + rng.normal(0, 0.01))
            write(canvas, said, (canvas.shape[1] / 2, low), size, design.slogan_ink, font)


def write(
    canvas: Canvas,
    text: str,
    centre: tuple[float, float],
    height: int,
    colour: Colour,
    font: str = looks.SMALL_TYPE,
) -> None:
    """Small type of at most 0.8 of the canvas in width around `centre` (x, y in pixels)."""
    mask = glyphs.small_type(text, font, height)
    limit = int(canvas.shape[1] * 0.8)
    if mask.shape[1] > limit:
        mask = cv2.resize(mask, (limit, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
    x = max(0, round(centre[0] - mask.shape[1] / 2))
    y = max(0, min(canvas.shape[0] - height, round(centre[1] - height / 2)))
    glyphs.ink(canvas[y : y + height, x : x + mask.shape[1]], mask, colour)


def band(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The blue band with the ring of stars and the country's letters; some have a second one."""
    if not design.band:
        return
    height, width = canvas.shape[:2]
    side = round(width * (0.08 if width > 2 * height else 0.13))
    blue = np.asarray(BANDS.get(design.band, BAND)) * rng.uniform(0.7, 1.35)
    canvas[:, :side] = blue
    for angle in np.arange(12) * np.pi / 6:
        x, y = side * (0.5 + 0.3 * np.cos(angle)), height * 0.3 + side * 0.3 * np.sin(angle)
        cv2.circle(canvas, (round(x), round(y)), max(1, side // 24), STAR, -1)
    letters = canvas[:, : side - 2]
    size = max(5, round(height * rng.uniform(0.15, 0.22)))
    write(letters, design.band, (side / 2, height * 0.78), size, looks.WHITE)
    if design.band_right and rng.random() < 0.85:
        canvas[:, -side:] = blue
        number = str(rng.integers(1, 96))
        write(canvas[:, -side:], number, (side / 2, height * 0.8), size, looks.WHITE)
