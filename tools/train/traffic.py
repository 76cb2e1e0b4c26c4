"""Lanes as parameters, played frame by frame: what drives, in what light, what stands in the way.

The rule to know: a lane and a seed give the same frames; nothing is stored. World coordinates are
as in `vehicles`, the camera as in `scenery`. The parameters are in `tests/data/drive.toml`.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.domain import Box, Direction, Frame
from tools.train import light, passers, vehicles
from tools.train.lanes import lamplit, width_of
from tools.train.render import RenderedPlate, render_plate
from tools.train.scenery import FAR_LANE, HEIGHT, NEAR_LANE, WIDTH, scene
from tools.train.stage import NO_PLATE, Actor, Sprite, darken, stage, wholly_visible

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Layer = NDArray[np.float32]
ROADSIDE = {"near": NEAR_LANE, "far": FAR_LANE}
PAINTS = ((52, 44, 150), (168, 158, 150), (92, 58, 30), (212, 214, 212), (60, 70, 60), (40, 40, 44))
LEGIBLE_PX = 8.0
"""Pixels from one character to the next from which a plate can be asked for."""
FAIR_FRAMES, FAIR_S = 5, 0.3
"""Legible frames that a vehicle must have, and seconds that they must last, to be counted."""
NOISE = {"day": 0.9, "rain": 1.2, "dusk": 2.0, "night": 3.0, "infra-red": 1.5}
"""Grey levels, by the light; the clip's camera has 0.9 by day."""
GAINS = {"dusk": (0.38, 0.6), "night": (0.12, 0.5)}
"""Share of the daylight that is left, and how brightly plates shine then."""
TINT = np.array([1.15, 1.0, 0.88], np.float32)


@dataclass(frozen=True)
class Vehicle:
    """One vehicle.

    Attributes:
        plate: region and text, as in "gb AB12CDE".
        arrival: seconds into the recording, perhaps before it begins.
        speed: pairs of seconds and metres a second towards the camera; the last goes on for ever.
        start: metres from the camera at its arrival.
        car: a kind of `vehicles.SHAPES`, or "motorcycle"; the estate and it show their rear.
        side: of the road, "near" or "far".
        offset: metres to the right of its lane's middle.
    """

    plate: str
    arrival: float
    speed: list[tuple[float, float]]
    start: float = 32.0
    car: str = "saloon"
    side: str = "near"
    offset: float = 0.0

    @property
    def text(self) -> str:
        """What its plate says, A-Z and 0-9."""
        return self.plate.split()[1]

    def across(self, time: float) -> float:
        """Metres to the right of the camera."""
        return ROADSIDE[self.side] + self.offset

    def distance(self, time: float) -> float:
        """Metres from the camera to the end that faces it."""
        after, gone = time - self.arrival, 0.0
        for number, (seconds, speed) in enumerate(self.speed):
            spent = after if number == len(self.speed) - 1 else min(after, seconds)
            gone += spent * speed
            after -= spent
        return self.start - gone


@dataclass(frozen=True)
class Obstacle:
    """What hides plates: a form of `passers`, where (x, z) it is at its arrival, how it moves."""

    form: str
    at: tuple[float, float]
    arrival: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)

    @property
    def text(self) -> str:
        """What tells it from the others; no plate has small letters."""
        return f"{self.form} of {self.arrival} s"

    def across(self, time: float) -> float:
        """Metres to the right of the camera."""
        return self.at[0] + self.velocity[0] * (time - self.arrival)

    def distance(self, time: float) -> float:
        """Metres from the camera."""
        return self.at[1] + self.velocity[1] * (time - self.arrival)


@dataclass(frozen=True)
class Lane:
    """A recording.

    Attributes:
        name: says what is special about it.
        rate: frames a second.
        seconds: its length.
        vehicles: that drive by, each with a text of its own.
        obstacles: that hide them.
        light: a key of NOISE.
        caption: what the camera burns in, beside the time; empty for nothing.
    """

    name: str
    rate: float
    seconds: float
    vehicles: list[Vehicle]
    obstacles: list[Obstacle] = field(default_factory=list)
    light: str = "day"
    caption: str = ""

    @property
    def frames(self) -> int:
        """How many it has."""
        return round(self.rate * self.seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame with the box of each vehicle's plate, and which of the plates are legible."""

    frame: Frame
    boxes: dict[str, Box]
    legible: frozenset[str]


def load(path: Path) -> list[Lane]:
    """All lanes of a file."""
    return [_lane(table) for table in tomllib.loads(path.read_text(encoding="utf-8"))["lane"]]


def _lane(table: dict[str, Any]) -> Lane:
    cars = [Vehicle(**vehicle) for vehicle in table.pop("vehicle")]
    things = [Obstacle(**thing) for thing in table.pop("obstacle", [])]
    return Lane(vehicles=cars, obstacles=things, **table)


def shots(lane: Lane, seed: int) -> Iterator[Shot]:
    """The lane's frames (720, 1280, 3) with their truth, one after the other.

    Raises:
        FileNotFoundError: a font is not installed; names the Debian package.
    """
    rng = np.random.default_rng((seed, zlib.crc32(lane.name.encode())))
    empty, plates = scene(rng).astype(np.float32), _plates(rng, lane)
    cast = [*_cars(rng, lane, plates), *_things(rng, lane)]
    arrivals = {passer.text: passer.arrival for passer in lane.vehicles}
    arrivals |= {passer.text: passer.arrival for passer in lane.obstacles}
    for number in range(lane.frames):
        at, frame = number / lane.rate, empty.copy()
        sprites = stage(frame, [actor for actor in cast if arrivals[actor[0].text] <= at], at)
        frame = _lit(rng, frame, list(sprites.values()), lane.light)
        _grain(rng, frame, NOISE[lane.light])
        image = np.clip(frame, 0, 255).astype(np.uint8)
        if lane.caption:
            _burn_in(image, f"{lane.caption} {17 + int(at) // 60:02d}:04:{int(at) % 60:02d}")
        image.flags.writeable = False
        shown = {text: s for text, s in sprites.items() if text in plates}
        boxes = {text: _box(sprite) for text, sprite in shown.items()}
        yield Shot(Frame(image, at, number), boxes, _legible(plates, sprites))


def heading(lane: Lane, vehicle: Vehicle, shown: Sequence[int]) -> Direction:
    """Which way a vehicle went while it was in sight; unknown where it ended up where it was."""
    first, last = (vehicle.distance(number / lane.rate) for number in (shown[0], shown[-1]))
    if abs(first - last) < 1:
        return "unknown"
    return "approaching" if last < first else "receding"


def is_fair(lane: Lane, legible: int) -> bool:
    """Whether a vehicle is counted that was legible in so many frames."""
    return legible >= max(FAIR_FRAMES, FAIR_S * lane.rate)


def _plates(rng: np.random.Generator, lane: Lane) -> dict[str, RenderedPlate]:
    return {
        vehicle.text: render_plate(rng, vehicle.plate.split()[0], vehicle.text)
        for vehicle in lane.vehicles
    }


def _cars(
    rng: np.random.Generator, lane: Lane, plates: dict[str, RenderedPlate]
) -> Iterator[Actor]:
    for vehicle in lane.vehicles:
        plate, paint = plates[vehicle.text], PAINTS[int(rng.integers(len(PAINTS)))]
        height, width = plate.image.shape[:2]
        wide = 0.19 if vehicle.car == "motorcycle" else width_of(plate)
        size = (wide, wide * height / width)
        if vehicle.car == "motorcycle":
            yield vehicle, vehicles.motorcycle(paint, size), plate.image
        else:
            yield vehicle, vehicles.car(vehicle.car, paint, size), plate.image


def _things(rng: np.random.Generator, lane: Lane) -> Iterator[Actor]:
    for thing in lane.obstacles:
        paint = PAINTS[int(rng.integers(len(PAINTS)))]
        yield thing, passers.FORMS[thing.form](paint), NO_PLATE


def _lit(rng: np.random.Generator, frame: Layer, sprites: list[Sprite], sky: str) -> Layer:
    if sky == "infra-red":
        return darken(frame, sprites)
    if sky == "rain":
        return light.rain(rng, frame * np.float32(0.75), 1.0)
    if sky == "day":
        return frame
    gain, shine = GAINS[sky]
    return lamplit(frame * (np.float32(gain) * TINT), sprites, [shine] * len(sprites))


def _grain(rng: np.random.Generator, frame: Layer, level: float) -> None:
    noise = rng.standard_normal((HEIGHT // 2, WIDTH // 2), np.float32) * np.float32(level)
    frame += cv2.resize(noise, (WIDTH, HEIGHT))[..., None]


def _burn_in(image: NDArray[np.uint8], text: str) -> None:
    """White letters with a black edge at the top left, as cameras write them."""
    for colour, thick in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(image, text, (24, 48), cv2.FONT_HERSHEY_DUPLEX, 1.1, colour, thick, cv2.LINE_AA)


def _box(sprite: Sprite) -> Box:
    (x1, y1), (x2, y2) = sprite.quad.min(0).tolist(), sprite.quad.max(0).tolist()
    return Box(x1, y1, x2, y2)


def _legible(plates: dict[str, RenderedPlate], sprites: dict[str, Sprite]) -> frozenset[str]:
    """The texts whose plates are large enough, whole in the picture and behind nothing."""
    order, found = list(sprites.items()), []
    for i, (text, sprite) in enumerate(order):
        if text not in plates:
            continue
        places = len(text) / plates[text].lines
        large = _box(sprite).width >= LEGIBLE_PX * places
        if large and wholly_visible(sprite, [nearer for _, nearer in order[i + 1 :]]):
            found.append(text)
    return frozenset(found)
