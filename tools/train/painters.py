"""The plate around its letters: ground, pictures, bands, small type, screws, stickers, frame.

The rule to know: a canvas is (H, W, 3) float32 BGR, 0 to 255, painted in place; `frame` alone
gives a new one.
"""

from collections.abc import Callable

import cv2
import numpy as np

from tools.train import designs, glyphs
from tools.train.designs import Colour, Design
from tools.train.glyphs import Canvas

Painter = Callable[[np.random.Generator, Canvas, Design], None]

DEALERS = (
    "AUTOHAUS", "HONDA", "Auto Sales", "TOYOTA", "Motors.com", "LIVERY SALES", "WHITE PLAINS",
    "GARAGE", "www.cars.net", "HAMILTON BMW", "Subaru", "PORSCHE",
)  # fmt: skip
STAR: Colour = (40, 215, 250)
BAND: Colour = (160, 65, 10)
SKIES: tuple[Colour, ...] = (
    designs.SKY,
    designs.PEACH,
    designs.MINT,
    designs.YELLOW,
    designs.CREAM,
    designs.BLUE,
)


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
    for texts, middle in ((design.top, 0.105), (design.bottom, 0.9)):
        said = texts[int(rng.integers(len(texts)))] if texts else ""
        if said and rng.random() < 0.93:
            size = max(5, round(height * rng.uniform(0.075, 0.125)))
            low = height * (middle + rng.normal(0, 0.01))
            write(canvas, said, (canvas.shape[1] / 2, low), size, design.slogan_ink)


def write(
    canvas: Canvas, text: str, centre: tuple[float, float], height: int, colour: Colour
) -> None:
    """Small type of at most 0.8 of the canvas in width around `centre` (x, y in pixels)."""
    mask = glyphs.small_type(text, designs.SMALL_TYPE, height)
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
    blue = np.asarray(BAND) * rng.uniform(0.7, 1.35)
    canvas[:, :side] = blue
    for angle in np.arange(12) * np.pi / 6:
        x, y = side * (0.5 + 0.3 * np.cos(angle)), height * 0.3 + side * 0.3 * np.sin(angle)
        cv2.circle(canvas, (round(x), round(y)), max(1, side // 24), STAR, -1)
    letters = canvas[:, : side - 2]
    size = max(5, round(height * rng.uniform(0.15, 0.22)))
    write(letters, design.band, (side / 2, height * 0.78), size, designs.WHITE)
    if design.band_right and rng.random() < 0.85:
        canvas[:, -side:] = blue
        number = str(rng.integers(1, 96))
        write(canvas[:, -side:], number, (side / 2, height * 0.8), size, designs.WHITE)


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
    if design.region in ("us", "ca") and rng.random() < 0.4:
        sticker(rng, canvas)


def sticker(rng: np.random.Generator, canvas: Canvas) -> None:
    """A coloured tag with a month or year in one corner."""
    height, width = canvas.shape[:2]
    tall, wide = round(height * rng.uniform(0.12, 0.2)), round(width * rng.uniform(0.09, 0.14))
    y, x = (3, height - tall - 3)[int(rng.integers(2))], (4, width - wide - 4)[int(rng.integers(2))]
    tag = canvas[y : y + tall, x : x + wide]
    tag[:] = rng.uniform(20, 240, 3)
    write(tag, f"{rng.integers(1, 25):02d}", (wide / 2, tall / 2), max(4, tall // 2), designs.BLACK)


def frame(rng: np.random.Generator, canvas: Canvas) -> Canvas:
    """The plate in a holder, as a new canvas; broad below where a dealer's name may stand."""
    height, width = canvas.shape[:2]
    rim = max(2, width // 70)
    tone = rng.uniform(10, 60, 3) if rng.random() < 0.75 else rng.uniform(120, 220, 3)
    covered = round(height * 0.05) if width < 2.2 * height else 0
    foot = covered + round(height * rng.uniform(0.0, 0.15))
    shape = (height + 2 * rim + foot - covered, width + 2 * rim, 3)
    framed = np.empty(shape, np.float32)
    framed[:] = tone
    shown = height - covered
    framed[rim : rim + shown, rim : rim + width] = canvas[:shown]
    if foot > height * 0.08:
        name = DEALERS[int(rng.integers(len(DEALERS)))]
        colour = designs.WHITE if tone.mean() < 100 else designs.BLACK
        middle = (shape[1] / 2, shape[0] - (foot + rim) / 2)
        write(framed, name, middle, max(5, round(foot * 0.7)), colour)
    scale = width / shape[1]
    size = (width, round(shape[0] * scale))
    return cv2.resize(framed, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _plain(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Nothing but the paper."""


def _austria(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """Red lines along both long edges."""
    edge = max(2, canvas.shape[0] // 28)
    canvas[2 : 2 + edge] = canvas[-2 - edge : -2] = designs.RED


def _russia(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The line before the region's number and the flag with RUS below it."""
    height, width = canvas.shape[:2]
    canvas[3:-3, round(width * 0.76) : round(width * 0.76) + 2] = designs.BLACK
    write(canvas, "RUS", (width * 0.87, height * 0.87), max(5, height // 7), designs.BLACK)


def _new_york(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A dark band on top of the orange plates, thin lines on the white ones."""
    height = canvas.shape[0]
    if design.slogan_ink == designs.AMBER:
        canvas[: round(height * 0.17)] = designs.NAVY
        canvas[round(height * 0.84) :] = designs.NAVY
    elif rng.random() < 0.6:
        canvas[round(height * 0.17) : round(height * 0.19)] = designs.BLUE
        canvas[round(height * 0.82) : round(height * 0.84)] = designs.BLUE


def _america(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A fade from above, as many states have, or coloured strips behind the slogans."""
    height = canvas.shape[0]
    kind = rng.random()
    colour = np.asarray(SKIES[int(rng.integers(len(SKIES)))], np.float32) + rng.normal(0, 15)
    if kind < 0.35:
        share = np.linspace(rng.uniform(0.2, 0.7), 0, height, dtype=np.float32)[:, None, None]
        canvas += (colour - canvas) * share
    elif kind < 0.5:
        canvas[: round(height * 0.18)] = colour
        canvas[round(height * 0.83) :] = colour


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
    canvas[: round(height * 0.22)] = np.asarray(designs.BLUE) * rng.uniform(0.7, 1.4)
    canvas[round(height * 0.05) : round(height * 0.17), round(width * 0.9) : -6] = rng.uniform(
        80, 240, 3
    )
    cv2.circle(canvas, (round(width * 0.07), round(height * 0.11)), height // 16, designs.WHITE, 1)


def _argentina(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """The white strip with the country's name over a black ground in a white rim."""
    height, width = canvas.shape[:2]
    canvas[: round(height * 0.2)] = designs.SILVER
    cv2.rectangle(canvas, (1, 1), (width - 2, height - 2), designs.SILVER, max(2, height // 24))


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
    write(canvas[:, side:], "KSA", ((width - side) / 2, height * 0.7), height // 8, designs.BLACK)
    _scribbles(rng, canvas, design, (0.08, 0.42))


def _egypt(rng: np.random.Generator, canvas: Canvas, design: Design) -> None:
    """A coloured band with the country's name, scribbles below it."""
    canvas[: round(canvas.shape[0] * 0.24)] = (BAND, designs.AMBER, designs.RED)[
        int(rng.integers(3))
    ]
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


PAINTERS: dict[str, Painter] = {
    "plain": _plain, "at": _austria, "ru": _russia, "ny": _new_york, "us": _america,
    "scenery": _scenery, "br": _brazil, "mercosur": _mercosur, "ar": _argentina, "fade": _fade,
    "sa": _saudi, "eg": _egypt,
}  # fmt: skip
