"""What each region paints behind and beside the letters.

The rule to know: an art paints a canvas, (H, W, 3) float32 BGR, 0 to 255, in place, and leaves the
design's text box legible.
"""

from collections.abc import Callable

import cv2
import numpy as np

from tools.train import glyphs, looks
from tools.train.glyphs import Canvas
from tools.train.looks import Colour, Design
from tools.train.painters import BAND, write

Art = Callable[[np.random.Generator, Canvas, Design], None]

SKIES: tuple[Colour, ...] = (
    looks.SKY, looks.PEACH, looks.MINT, looks.YELLOW, looks.CREAM, looks.BLUE, looks.RED,
    looks.GREEN, looks.AMBER,
)  # fmt: skip


def _plain(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Nothing but the paper."""


def _austria(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Red lines along both long edges."""
    edge = max(2, canvas.shape[0] // 28)
    canvas[2 : 2 + edge] = canvas[-2 - edge : -2] = looks.RED


def _russia(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The line before the region's number and the flag with RUS below it."""
    height, width = canvas.shape[:2]
    canvas[3:-3, round(width * 0.76) : round(width * 0.76) + 2] = looks.BLACK
    write(canvas, "RUS", (width * 0.87, height * 0.87), max(5, height // 7), looks.BLACK)


def _new_york(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A dark band on top of the orange plates, thin lines on the white ones."""
    height = canvas.shape[0]
    if design.slogan_ink == looks.AMBER:
        canvas[: round(height * 0.17)] = looks.NAVY
        canvas[round(height * 0.84) :] = looks.NAVY
    elif rng.random() < 0.6:
        canvas[round(height * 0.17) : round(height * 0.19)] = looks.BLUE
        canvas[round(height * 0.82) : round(height * 0.84)] = looks.BLUE


def _america(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A fade from one side, as many states have, coloured strips or a rim behind the slogans."""
    height, width = canvas.shape[:2]
    kind = rng.random()
    colour = np.asarray(SKIES[int(rng.integers(len(SKIES)))], np.float32) + rng.normal(0, 15)
    if kind < 0.45:
        _fade_in(rng, canvas, colour)
    elif kind < 0.6:
        canvas[: round(height * 0.18)] = colour
        canvas[round(height * 0.83) :] = colour
    elif kind < 0.7:
        cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), colour.tolist(), height // 14)
    elif kind < 0.8:
        _rainbow(rng, canvas)


def _fade_in(rng: np.random.Generator, canvas: Canvas, colour: Canvas) -> None:
    """`colour` that fades away from the top, the bottom or one side."""
    side, reach = int(rng.integers(4)), rng.uniform(0.2, 0.75)
    share = np.linspace(reach, -0.2, canvas.shape[side % 2], dtype=np.float32).clip(0)
    share = share if side < 2 else share[::-1]
    canvas += (colour - canvas) * (share[:, None] if side % 2 == 0 else share[None])[..., None]


def _rainbow(rng: np.random.Generator, canvas: Canvas) -> None:
    """Pale arcs from side to side behind the letters."""
    height, width = canvas.shape[:2]
    layer, thick = canvas.copy(), max(2, height // 22)
    for ring in range(int(rng.integers(2, 6))):
        axes = (round(width * 0.46) - ring * thick, round(height * 0.66) - ring * thick)
        colour = rng.uniform(60, 255, 3).tolist()
        cv2.ellipse(layer, (width // 2, round(height * 0.9)), axes, 0, 180, 360, colour, thick)
    canvas += (layer - canvas) * np.float32(rng.uniform(0.3, 0.7))


def _picture(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """One figure, pale behind the letters or strong at an end: an animal, a tree, a building."""
    height, width = canvas.shape[:2]
    layer = canvas.copy()
    x = width * (0.5 + 0.06 * rng.normal() if rng.random() < 0.6 else rng.choice([0.1, 0.9]))
    for _ in range(int(rng.integers(2, 6))):
        centre = (x, height * 0.5) + rng.normal(0, 0.12, 2) * height
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 14))))
        reach = height * rng.uniform(0.08, 0.42, len(angles))
        ring = np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None] + centre
        cv2.fillPoly(layer, [ring.astype(np.int32)], rng.uniform(20, 245, 3).tolist())
    canvas += (layer - canvas) * np.float32(rng.uniform(0.12, 0.4))
    _america(rng, canvas, design)


def _scenery(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Hills, a sun and a fade behind the letters, pale enough for them to be read."""
    height, width = canvas.shape[:2]
    picture = canvas.copy()
    for _ in range(int(rng.integers(1, 4))):
        x = np.linspace(0, width, 7)
        y = height * np.clip(rng.uniform(0.35, 0.95) + rng.normal(0, 0.12, 7), 0.05, 1)
        ridge = np.concatenate([np.stack([x, y], 1), [[width, height], [0, height]]])
        cv2.fillPoly(picture, [ridge.astype(np.int32)], rng.uniform(60, 255, 3).tolist())
    if rng.random() < 0.4:
        centre = (int(rng.integers(width)), int(height * rng.uniform(0.1, 0.5)))
        cv2.circle(picture, centre, height // 5, rng.uniform(60, 255, 3).tolist(), -1)
    canvas += (picture - canvas) * np.float32(rng.uniform(0.15, 0.5))
    _america(rng, canvas, design)


def _brazil(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The seal between town line and edge, sometimes."""
    if rng.random() < 0.4:
        height, width = canvas.shape[:2]
        x = round(width * (0.22 if rng.random() < 0.5 else 0.8))
        cv2.circle(canvas, (x, round(height * 0.12)), max(2, height // 22), [90.0] * 3, -1)


def _mercosur(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The blue band on top with emblem and flag."""
    height, width = canvas.shape[:2]
    canvas[: round(height * 0.22)] = np.asarray(looks.BLUE) * rng.uniform(0.7, 1.4)
    canvas[round(height * 0.05) : round(height * 0.17), round(width * 0.9) : -6] = rng.uniform(
        80, 240, 3
    )
    cv2.circle(canvas, (round(width * 0.07), round(height * 0.11)), height // 16, looks.WHITE, 1)


def _argentina(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The white strip with the country's name over a black ground in a white rim."""
    height, width = canvas.shape[:2]
    canvas[: round(height * 0.2)] = looks.SILVER
    cv2.rectangle(canvas, (1, 1), (width - 2, height - 2), looks.SILVER, max(2, height // 24))


def _fade(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """White above, the paper's colour below: China's new-energy plates."""
    share = np.linspace(1, 0, canvas.shape[0], dtype=np.float32)[:, None, None]
    canvas += (np.float32(245) - canvas) * share * np.float32(rng.uniform(0.5, 1))


def _saudi(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Arabic-like scribbles over the Latin row, the cross of lines, and the emblem's column."""
    height, width = canvas.shape[:2]
    ruler = [float(v) for v in design.ink]
    side, half, split = round(width * 0.89), round(height * 0.5), round(width * 0.5)
    if rng.random() < 0.4:
        canvas[:, side:] = (190, 110, 40)
    for start, end in (
        ((side, 0), (side, height)),
        ((0, half), (side, half)),
        ((split, 0), (split, height)),
    ):
        cv2.line(canvas, start, end, ruler, 2)
    glyphs.emblem(rng, canvas, ((side + width) // 2, round(height * 0.25)), max(3, width // 32))
    write(canvas[:, side:], "KSA", ((width - side) / 2, height * 0.7), height // 8, looks.BLACK)
    _scribbles(rng, canvas, design, (0.08, 0.42))


def _egypt(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A coloured band with the country's name, scribbles below it."""
    canvas[: round(canvas.shape[0] * 0.24)] = (BAND, looks.AMBER, looks.RED)[int(rng.integers(3))]
    _scribbles(rng, canvas, design, (0.3, 0.56))


def _scribbles(
    rng: np.random.Generator, canvas: Canvas, design: Design, rows: tuple[float, float]
) -> None:
    height, width = canvas.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    top, tall = round(height * rows[0]), round(height * (rows[1] - rows[0]))
    for share in np.linspace(0.05, 0.75, 6):
        box = (round(width * share), top, round(width * 0.1), tall)
        glyphs.scribble(rng, mask, box)
    glyphs.ink(canvas, mask, design.ink)


def _gulf(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Arabic-like marks and the state's name left of the Latin text."""
    height, width = canvas.shape[:2]
    left = canvas[:, : round(width * 0.28)]
    if rng.random() < 0.4:
        left[:] = np.asarray(SKIES[int(rng.integers(len(SKIES)))]) * rng.uniform(0.7, 1)
    _scribbles(rng, left, design, (0.1, 0.55))
    name = ("U.A.E", "DUBAI", "QATAR", "KUWAIT", "BAHRAIN", "OMAN")[int(rng.integers(6))]
    write(left, name, (left.shape[1] / 2, height * 0.76), max(6, height // 6), design.ink)


def _gulf_above(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Arabic-like marks over the Latin text."""
    _scribbles(rng, canvas, design, (0.04, 0.28))


def _thai(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The province's name below the figures."""
    _scribbles(rng, canvas, design, (0.7, 0.92))


def _shields(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Switzerland's two shields, in the upper corners or at both ends."""
    height, width = canvas.shape[:2]
    y = round(height * (0.2 if width < 2.5 * height else 0.5))
    for x in (0.05, 0.95)[int(rng.integers(2)) :]:
        glyphs.emblem(rng, canvas, (round(width * x), y), max(3, height // 9))


def _red_rim(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Denmark's red line round the plate."""
    _rim(canvas, looks.RED)


def _green_rim(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Slovenia's green line round the plate."""
    _rim(canvas, looks.GREEN)


def _rim(canvas: Canvas, colour: Colour) -> None:
    height, width = canvas.shape[:2]
    thick = max(2, height // 36)
    cv2.rectangle(canvas, (thick, thick), (width - 1 - thick, height - 1 - thick), colour, thick)


def _hand(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Uneven house paint on sheet metal."""
    height, width = canvas.shape[:2]
    coarse = rng.normal(0, 10, (5, 9)).astype(np.float32)
    canvas += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]


ARTS: dict[str, Art] = {
    "plain": _plain, "at": _austria, "ru": _russia, "ny": _new_york, "us": _america,
    "scenery": _scenery, "picture": _picture, "br": _brazil, "mercosur": _mercosur,
    "ar": _argentina, "fade": _fade, "sa": _saudi, "eg": _egypt, "gulf": _gulf,
    "gulf top": _gulf_above, "thai": _thai, "ch": _shields, "red rim": _red_rim,
    "green rim": _green_rim, "hand": _hand,
}  # fmt: skip
