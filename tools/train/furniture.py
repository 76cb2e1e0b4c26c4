"""What is fixed onto a plate: screws, registration stickers, the dealer's frame.

The rule to know: a canvas is (H, W, 3) float32 BGR, 0 to 255, painted in place; `frame` alone gives
a new one. Frames may cover slogans and the plate's edge, stickers only corners: letters stay whole.
"""

import cv2
import numpy as np

from tools.train import glyphs, looks
from tools.train.glyphs import Canvas
from tools.train.looks import Design
from tools.train.painters import write

NAMES = (
    "AUTOHAUS", "HONDA", "Auto Sales", "TOYOTA", "Motors.com", "LIVERY SALES", "WHITE PLAINS",
    "GARAGE", "www.cars.net", "HAMILTON BMW", "Subaru", "PORSCHE", "LUXURY MOTOR CLUB", "PANAMA",
    "718-370-0775", "BROOKLYN, NY", "MY OTHER CAR", "ALUMNI", "World's Best Dad", "EASTJEEP.com",
    "Tel. 0512 44 18 90", "UNIVERSITY", "I'd Rather Be Fishing", "CERTIFIED CARS",
)  # fmt: skip
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def furniture(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Screws, and the registration stickers of North America."""
    height, width = canvas.shape[:2]
    if rng.random() < 0.5:
        spots = ((0.2, 0.09), (0.8, 0.09), (0.2, 0.91), (0.8, 0.91))
        if width > 2.6 * height:
            spots = ((0.03, 0.5), (0.97, 0.5), (0.25, 0.1), (0.75, 0.1))
        tone = rng.uniform(20, 220)
        for x, y in spots[int(rng.integers(3)) :]:
            middle = (round(x * width), round(y * height))
            cv2.circle(canvas, middle, max(2, width // 70), [tone] * 3, -1, cv2.LINE_AA)
            cv2.circle(canvas, middle, max(1, width // 160), [tone * 0.5] * 3, -1, cv2.LINE_AA)
    if design.region in ("us", "ca", "mx"):
        for _ in range(int(rng.choice(5, p=(0.4, 0.25, 0.2, 0.1, 0.05)))):
            sticker(rng, canvas)


def sticker(rng: np.random.Generator, canvas: Canvas) -> None:
    """A coloured tag with a month or year in one corner."""
    height, width = canvas.shape[:2]
    tall, wide = round(height * rng.uniform(0.1, 0.18)), round(width * rng.uniform(0.09, 0.15))
    y, x = (3, height - tall - 3)[int(rng.integers(2))], (4, width - wide - 4)[int(rng.integers(2))]
    tag = canvas[y : y + tall, x : x + wide]
    pale = rng.random() < 0.4
    tag[:] = rng.uniform(200, 245) if pale else rng.uniform(20, 240, 3)
    said = MONTHS[int(rng.integers(12))] if rng.random() < 0.4 else f"{rng.integers(1, 32):02d}"
    colour = looks.BLACK if tag.mean() > 110 else looks.WHITE
    write(tag, said, (wide / 2, tall / 2), max(4, tall // 2), colour)


def frame(rng: np.random.Generator, canvas: Canvas, design: Design) -> Canvas:
    """The plate in a holder, as a new canvas of the same width; bars may carry a dealer's name."""
    height, width = canvas.shape[:2]
    rim = max(2, width // 70)
    tone = rng.uniform(10, 60, 3) if rng.random() < 0.75 else rng.uniform(120, 220, 3)
    tall = width < 2.2 * height
    behind = tall and design.box[1] >= 0.18 and design.box[3] <= 0.86
    # Up to 0.13 of a plate with slogans is behind each bar; a plate without them stays whole.
    hidden = [round(height * rng.uniform(0, 0.13)) if behind else 0 for _ in range(2)]
    bars = [
        rim + round(height * rng.uniform(0, 0.15)) if rng.random() < chance else rim
        for chance in (0.35 if tall else 0.05, 0.6)
    ]
    shown = canvas[hidden[0] : height - hidden[1]]
    framed = np.empty((shown.shape[0] + sum(bars), width + 2 * rim, 3), np.float32)
    framed[:] = tone
    framed[bars[0] : bars[0] + shown.shape[0], rim : rim + width] = shown
    for bar, place in zip(bars, (bars[0] / 2, framed.shape[0] - bars[1] / 2), strict=True):
        if bar > height * 0.08:
            _name(rng, framed, place, bar)
    size = (width, round(framed.shape[0] * width / framed.shape[1]))
    return cv2.resize(framed, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _name(rng: np.random.Generator, framed: Canvas, y: float, bar: int) -> None:
    """A dealer's name on a bar of the frame, in a type and colour of its own."""
    dark = float(framed[int(y), 1].mean()) < 100
    colour = looks.WHITE if dark else looks.BLACK
    if rng.random() < 0.3:
        colour = looks.YELLOW if dark else looks.RED
    font = looks.SMALL_TYPES[int(rng.integers(len(looks.SMALL_TYPES)))]
    name = NAMES[int(rng.integers(len(NAMES)))]
    tall = max(5, round(bar * rng.uniform(0.5, 0.8)))
    write(framed, name, (framed.shape[1] / 2, y), tall, colour, font)


def clutter(rng: np.random.Generator, canvas: Canvas) -> None:
    """A bolt, a tow-ball or a bar of the grille before the plate, small enough to read past.

    It covers at most a fifth of a line's height, or a spot narrower than a letter's half.
    """
    height, width = canvas.shape[:2]
    tone = rng.uniform(15, 200)
    kind = rng.random()
    if kind < 0.4:
        y = round(height * (0.06 if rng.random() < 0.5 else 0.94))
        cv2.line(canvas, (0, y), (width, y + round(rng.normal(0, 2))), [tone] * 3, height // 9)
    elif kind < 0.7:
        centre = (round(width * rng.uniform(0.4, 0.6)), height)
        cv2.circle(canvas, centre, round(height * rng.uniform(0.08, 0.17)), [tone] * 3, -1)
    else:
        spot = (round(width * rng.uniform(0.05, 0.95)), round(height * rng.uniform(0.2, 0.8)))
        glyphs.emblem(rng, canvas, spot, max(2, height // 22))
