"""Things in the street that look like number plates and are none.

The rule to know: none of them may be read as a plate, so they carry words, telephone numbers and
slats, never a syntax of `designs`. Pictures are (H, W, 3) BGR uint8; all chance comes from the
generator.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import glyphs, looks, texts
from tools.train.looks import Colour
from tools.train.painters import write
from tools.train.warp import Points, paste, rectangle, similarity, transform

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Box = tuple[float, float, float, float]

PAPERS: tuple[tuple[Colour, Colour], ...] = (
    (looks.WHITE, looks.BLACK), (looks.YELLOW, looks.BLACK), (looks.BLUE, looks.WHITE),
    (looks.GREEN, looks.WHITE), (looks.RED, looks.WHITE), (looks.BLACK, looks.WHITE),
    (looks.SILVER, looks.NAVY), (looks.NAVY, looks.YELLOW), (looks.AMBER, looks.BLACK),
    (looks.WHITE, looks.RED), (looks.CREAM, looks.GREEN),
)  # fmt: skip
ROADS = ("ONE WAY", "NO PARKING", "KEEP RIGHT", "YIELD", "SLOW", "TOLL", "SPEED LIMIT", "P", "A 14",
    "I-95 SOUTH", "DO NOT ENTER", "BUS LANE", "AUSFAHRT", "SALIDA", "PARE", "CEDA EL PASO",
    "Leipzig 45 km", "CENTRUM", "DETOUR", "WORK AHEAD", "CLEARANCE 3.8 m")  # fmt: skip
TRUCKS = ("LOGISTICS", "TRANSPORTE", "SPEDITION", "FRESH BREAD DAILY", "MOVERS", "FREIGHT LINES",
    "DHL", "WASTE CONTROL", "PLUMBING & HEATING", "HOW'S MY DRIVING?", "LONG VEHICLE", "EXPRESS",
    "DANGEROUS GOODS", "WIDE LOAD", "AIR SUSPENSION", "REFRIGERATED")  # fmt: skip
SHOPS = ("PHARMACY", "RESTAURANT", "PIZZA", "APOTHEKE", "HOTEL", "BANK", "TYRES", "CAR WASH",
    "OPEN 24H", "SALE -50%", "SUPERMARKET", "BAKERY", "NAILS", "TO LET", "FOR RENT", "PARKING",
    "COFFEE", "Motel", "LIQUOR")  # fmt: skip
STICKERS = ("BABY ON BOARD", "I LOVE NY", "COEXIST", "PROUD PARENT", "GO TEAM!", "VOTE",
    "HONK IF YOU CAN READ", "NO FARMS NO FOOD", "SCHOOL BUS", "KEEP CALM", "MY KID IS A STAR",
    "26.2", "FOR SALE")  # fmt: skip
DEALERS = ("AUTOHAUS MEYER", "MOTORS GROUP", "CITY CARS", "YOUR DEALER", "NEU", "TEST DRIVE",
    "AUTO SALON", "ERNST & SOHN", "COMING SOON", "SOLD")  # fmt: skip
BADGES = ("TDI", "TURBO", "4x4", "HYBRID", "quattro", "SPORT", "V6", "GTI", "ecoboost", "LX",
    "COROLLA", "TRANSIT", "Fiesta", "SPRINTER", "Limited", "AMG", "diesel")  # fmt: skip
MARKS = ("gettyimages", "shutterstock", "alamy stock photo", "iStock", "123RF", "dreamstime",
    "www.autophotos.net", "Photo: J. Novak", "(c) carspotter")  # fmt: skip
PLACES = ("CENTRAL", "AIRPORT", "HARBOUR", "UNIVERSITY", "BAHNHOF", "CITY", "HOSPITAL")


def render_distractor(rng: np.random.Generator) -> Picture:
    """Something that looks like a plate and is none, 60 to 300 px wide, seen from ahead."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    return _finished(kind(rng))


def strew(rng: np.random.Generator, image: Picture, taken: Sequence[Box]) -> Picture:
    """A copy of a photograph with 0 to 3 distractors, none of which touches a box (x1, y1, x2, y2).

    Where no free place is found it carries fewer.
    """
    result, closed = np.array(image), list(taken)
    for _ in range(int(rng.integers(0, 4))):
        drawn = render_distractor(rng)
        for _ in range(8):
            quad = _somewhere(rng, image.shape[:2], drawn.shape[:2])
            box = (*(quad.min(0) - 4), *(quad.max(0) + 4))
            if not any(_touch(box, other) for other in closed):
                result = paste(result, _in_light(rng, drawn), quad)
                closed.append(box)
                break
    return result


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    return not (
        one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    )


def _somewhere(rng: np.random.Generator, room: tuple[int, ...], shape: tuple[int, ...]) -> Points:
    """A crooked place inside a picture of (height, width) `room` for a distractor of `shape`."""
    (tall, wide), (height, width) = room[:2], shape[:2]
    scale = float(np.exp(rng.uniform(np.log(0.04), np.log(0.4)))) * wide / width
    scale = min(scale, 0.4 * tall / height)
    reach = np.array([0.5 * scale * width, 0.5 * scale * height])
    spot = rng.uniform(reach, np.maximum(np.array([wide, tall]) - reach, reach + 1))
    matrix = similarity(scale, rng.normal(0, 0.08), (width / 2, height / 2), (spot[0], spot[1]))
    quad = transform(matrix, rectangle(0, 0, width, height))
    return np.asarray(quad + rng.normal(0, 0.06 * scale * height, (4, 2)), np.float32)


def _in_light(rng: np.random.Generator, drawn: Picture) -> Picture:
    """The distractor in the photograph's light, more or less."""
    lit = drawn.astype(np.float32) * rng.uniform(0.45, 1.05) * rng.uniform(0.92, 1.08, 3)
    return np.clip(lit + rng.normal(0, 4, drawn.shape), 0, 255).astype(np.uint8)


def _finished(canvas: Canvas) -> Picture:
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _one(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _board(rng: np.random.Generator, said: str, aspect: tuple[float, float]) -> Canvas:
    """A coloured board with a word, its width over height drawn between the two of `aspect`."""
    height = int(rng.integers(36, 80))
    width = int(np.clip(height * rng.uniform(*aspect), 60, 300))
    paper, ink = PAPERS[int(rng.integers(len(PAPERS)))]
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = np.asarray(paper) * rng.uniform(0.8, 1.05)
    if rng.random() < 0.5:
        inset = int(rng.integers(1, 5))
        corner = (width - 1 - inset, height - 1 - inset)
        cv2.rectangle(canvas, (inset, inset), corner, [float(v) for v in ink], 2)
    font = looks.SMALL_TYPES[int(rng.integers(len(looks.SMALL_TYPES)))]
    tall = round(height * rng.uniform(0.35, 0.65))
    write(canvas, said, (width / 2, height / 2), tall, ink, font)
    return canvas


def _road_sign(rng: np.random.Generator) -> Canvas:
    return _board(rng, _one(rng, ROADS), (1.2, 4))


def _round_sign(rng: np.random.Generator) -> Canvas:
    """A speed limit: a figure in a red ring, on a square of what is behind it."""
    canvas = np.full((80, 80, 3), rng.uniform(40, 210, 3), np.float32)
    cv2.circle(canvas, (40, 40), 38, (40, 30, 190), -1, cv2.LINE_AA)
    cv2.circle(canvas, (40, 40), 29, (240, 240, 240), -1, cv2.LINE_AA)
    write(canvas, str(rng.integers(1, 13) * 10), (40, 40), 28, looks.BLACK)
    return canvas


def _exit_sign(rng: np.random.Generator) -> Canvas:
    """A lit sign over a door or a gate."""
    colour = ((30, 30, 220), (80, 160, 20))[int(rng.integers(2))]
    canvas = np.empty((56, int(rng.integers(110, 200)), 3), np.float32)
    canvas[:] = colour if rng.random() < 0.6 else (235, 240, 240)
    ink = looks.WHITE if canvas[0, 0].mean() < 200 else colour
    said = _one(rng, ("EXIT", "EXIT", "SALIDA", "AUSGANG", "SORTIE", "WAY OUT", "ENTRANCE"))
    write(canvas, said, (canvas.shape[1] / 2, 28), 36, ink)
    return canvas


def _truck(rng: np.random.Generator) -> Canvas:
    return _board(rng, _one(rng, TRUCKS), (2.5, 6))


def _shop(rng: np.random.Generator) -> Canvas:
    return _board(rng, _one(rng, SHOPS), (2, 5))


def _bumper_sticker(rng: np.random.Generator) -> Canvas:
    return _board(rng, _one(rng, STICKERS), (2, 4))


def _phone(rng: np.random.Generator) -> Canvas:
    number = "".join(str(digit) for digit in rng.integers(0, 10, 10))
    said = _one(rng, ("({0}) {1}-{2}", "1-800-{1}-{2}", "+49 {0} {1}{2}", "Tel. {0}/{1} {2}"))
    return _board(rng, said.format(number[:3], number[3:6], number[6:]), (3, 6))


def _dealer(rng: np.random.Generator) -> Canvas:
    """What stands in a showroom where the plate will be, sometimes with the blue band."""
    canvas = _board(rng, _one(rng, DEALERS), (3.5, 4.8))
    if rng.random() < 0.4:
        canvas[:, : canvas.shape[1] // 12] = looks.BLUE
    return canvas


def _taxi(rng: np.random.Generator) -> Canvas:
    """A roof sign, lit or not."""
    canvas = np.full((50, 120, 3), rng.uniform(20, 200, 3), np.float32)
    paper = (looks.YELLOW, looks.WHITE, looks.CREAM)[int(rng.integers(3))]
    cv2.ellipse(canvas, (60, 50), (58, 48), 0, 180, 360, paper, -1, cv2.LINE_AA)
    write(canvas, _one(rng, ("TAXI", "TAXI", "CAB", "OFF DUTY")), (60, 32), 20, looks.BLACK)
    return canvas


def _bus_line(rng: np.random.Generator) -> Canvas:
    """Amber dots on black: a line's number and where it goes."""
    said = f"{rng.integers(1, 400)} {_one(rng, PLACES)}"
    mask = glyphs.small_type(said, looks.SMALL_TYPE, 12)
    dots = np.zeros((16 * 4, (min(mask.shape[1], 68) + 4) * 4, 3), np.float32)
    for y, x in np.argwhere(mask[:, :68] > 110):
        cv2.circle(dots, (int(x) * 4 + 10, int(y) * 4 + 10), 1, (20, 170, 250), -1)
    return dots + 14


def _fleet_number(rng: np.random.Generator) -> Canvas:
    """A bus's or a lorry's number, painted straight onto the body: it has no edge."""
    canvas = np.empty((48, int(rng.integers(80, 130)), 3), np.float32)
    canvas[:] = rng.uniform(30, 200, 3)
    ink = looks.WHITE if canvas[0, 0].mean() < 120 else looks.NAVY
    write(canvas, str(rng.integers(10, 9999)), (canvas.shape[1] / 2, 24), 28, ink)
    return canvas


def _burned_in(rng: np.random.Generator) -> Canvas:
    """The line that a camera writes into its picture: date, time, name, sometimes a text."""
    day = f"20{rng.integers(10, 27)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    clock = f"{rng.integers(24):02d}:{rng.integers(60):02d}:{rng.integers(60):02d}"
    tail = _one(rng, ("CAM 04", "Camera01", "LANE 2", "1280x720 25fps", "F2.8 1/500", "62 km/h"))
    said = (f"{day} {clock}", f"{clock} {tail}", f"{day} {clock} {tail}")[int(rng.integers(3))]
    dark = rng.random() < 0.6
    canvas = np.full((24, 300, 3), rng.uniform(0, 60) if dark else rng.uniform(90, 170), np.float32)
    write(canvas, said, (150, 12), 13, looks.WHITE if dark else looks.BLACK)
    return canvas


def _watermark(rng: np.random.Generator) -> Canvas:
    """A picture agency's bar, grey in grey."""
    tone = rng.uniform(60, 190)
    canvas = np.full((30, 190, 3), tone, np.float32)
    ink = int(np.clip(tone + rng.choice((-45, 45)), 0, 255))
    write(canvas, _one(rng, MARKS), (95, 15), 16, (ink, ink, ink))
    return canvas


def _badge(rng: np.random.Generator) -> Canvas:
    """Chrome letters on paint."""
    canvas = np.full((36, 110, 3), rng.uniform(15, 210, 3), np.float32)
    shine = np.linspace(20, -20, 36, dtype=np.float32)[:, None, None]
    write(canvas, _one(rng, (*BADGES, _one(rng, texts.WORDS))), (55, 18), 20, looks.SILVER)
    return canvas + shine


def _slats(rng: np.random.Generator) -> Canvas:
    """A grille or an air vent: bars along or across, or both, in a rim."""
    height, width = int(rng.integers(36, 80)), int(rng.integers(90, 260))
    canvas = np.full((height, width, 3), rng.uniform(5, 50), np.float32)
    tone, pitch = rng.uniform(70, 230, 3).tolist(), int(rng.integers(6, 14))
    kind = rng.random()
    if kind < 0.7:
        for y in range(pitch // 2, height, pitch):
            cv2.line(canvas, (0, y), (width, y), tone, int(rng.integers(1, 5)))
    if kind > 0.45:
        for x in range(pitch, width, pitch * int(rng.integers(1, 4))):
            cv2.line(canvas, (x, 0), (x, height), tone, int(rng.integers(1, 4)))
    cv2.rectangle(canvas, (0, 0), (width - 1, height - 1), tone, int(rng.integers(1, 6)))
    return canvas


def _lamps(rng: np.random.Generator) -> Canvas:
    """A cluster of head- or tail-lamps."""
    height, width = int(rng.integers(40, 70)), int(rng.integers(90, 200))
    canvas = np.full((height, width, 3), rng.uniform(30, 160, 3), np.float32)
    red = rng.random() < 0.5
    for x in np.linspace(0.2, 0.8, int(rng.integers(2, 5))):
        light = rng.uniform((20, 20, 150), (60, 60, 250)) if red else rng.uniform(150, 250, 3)
        centre, axes = (round(x * width), height // 2), (width // 8, round(height * 0.38))
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, light.tolist(), -1, cv2.LINE_AA)
        core = (light * 0.5 + 120).tolist()
        cv2.ellipse(canvas, centre, (axes[0] // 2, axes[1] // 2), 0, 0, 360, core, -1, cv2.LINE_AA)
    return canvas


KINDS: tuple[Callable[[np.random.Generator], Canvas], ...] = (
    _road_sign, _round_sign, _exit_sign, _truck, _shop, _bumper_sticker, _phone, _dealer, _taxi,
    _bus_line, _fleet_number, _burned_in, _watermark, _badge, _slats, _slats, _lamps,
)  # fmt: skip
