"""Lanes in which everything is known: parameters become sightings, without a pixel.

`python -m tests.resolve.lanes` prints the scored table.  The parameters (tests/data/lanes.toml)
say what drives by, how the camera sees it and how badly it reads; the seed says when.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from appliance.domain import Box, Candidate, Detection, Quad, Read, Sighting

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LANES = Path(__file__).parents[1] / "data" / "lanes.toml"
SIZE = (1280, 720)
FOCAL, HEIGHT_M, HORIZON = 1400.0, 2.0, -100.0
"""Pixels of focal length, metres from the plates up to the camera, row of the horizon (tilted)."""
PLATE_M, PLATE_RATIO = 0.52, 4.7
SHARP_PX = 90.0
"""Width of a plate at which a character is misread as often as the lane says; wider is better."""
LOOKALIKES = {
    "0": "ODQ", "O": "0DQ", "D": "0O", "Q": "0O", "1": "I7T", "I": "1T", "2": "Z7", "Z": "2",
    "3": "8B", "4": "AL", "A": "4N", "5": "S6", "S": "5", "6": "G8", "G": "6C", "7": "1T",
    "8": "B36", "B": "8R", "9": "0P", "M": "NW", "N": "MH", "V": "YU", "U": "V", "K": "X",
    "X": "K", "C": "G", "E": "F", "F": "EP", "P": "F", "T": "17", "Y": "V", "W": "M", "R": "PK",
}  # fmt: skip
ANY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Vehicle:
    """One vehicle.

    Attributes:
        text: its plate.
        arrival: seconds into the recording.
        start: metres from the camera at its arrival.
        speed: pairs of seconds and metres a second towards the camera; the last goes on for ever.
        offset: metres to the right of the camera.
        hidden: from and to, seconds after its arrival, out of sight.
        plain: its plate fits a known syntax.
        until: seconds into the recording at which it vanishes, as at a cut.
    """

    text: str
    arrival: float
    speed: list[tuple[float, float]]
    start: float = 14.0
    offset: float = 0.0
    hidden: list[tuple[float, float]] = field(default_factory=list)
    plain: bool = True
    until: float = 1e9

    def distance(self, after: float) -> float:
        """Metres from the camera some seconds after its arrival."""
        gone = 0.0
        for number, (seconds, speed) in enumerate(self.speed):
            last = number == len(self.speed) - 1
            spent = after if last else min(after, seconds)
            gone += spent * speed
            after -= spent
        return self.start - gone


@dataclass(frozen=True)
class Lane:
    """A recording.

    Attributes:
        name: says what is special about it.
        rate: frames a second.
        seconds: its length.
        vehicles: that drive by.
        misread: probability that a character of a plate SHARP_PX wide is misread.
        stubborn: the same for one place of each plate, where it is always the same misread.
        lost: probability that a plate is not found in a frame.
        ghosts: false detections a second.
        twice: probability that a plate is found twice in one frame.
        jitter: of each edge of a box, pixels.
        sign: lettering that is always in sight; empty for none.
        cuts: seconds at which the recording begins anew.
    """

    name: str
    rate: float
    seconds: float
    vehicles: list[Vehicle]
    misread: float = 0.03
    stubborn: float = 0.0
    lost: float = 0.05
    ghosts: float = 0.1
    twice: float = 0.0
    jitter: float = 1.5
    sign: str = ""
    cuts: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """What is seen in one frame: each sighting with the number of its vehicle, None for a ghost."""

    frame: int
    at: float
    seen: list[tuple[Sighting, int | None]]
    cut: bool


def load(path: Path = LANES) -> list[Lane]:
    """All lanes of the file."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["lane"]
    return [_lane(table) for table in tables]


def _lane(table: dict[str, Any]) -> Lane:
    vehicles = [Vehicle(**vehicle) for vehicle in table.pop("vehicle")]
    return Lane(vehicles=vehicles, **table)


def pictures(lane: Lane, seed: int) -> list[Picture]:
    """The lane as it is seen, the same for the same seed."""
    chance = random.Random(f"{lane.name} {seed}")  # noqa: S311  # not for secrets
    weak = [_weak_place(vehicle.text, chance) for vehicle in lane.vehicles]
    times = [frame / lane.rate for frame in range(round(lane.seconds * lane.rate))]
    shown = []
    for frame, at in enumerate(times):
        cut = any(frame and times[frame - 1] < c <= at for c in lane.cuts)
        seen = [*_plates(lane, frame, at, weak, chance), *_others(lane, frame, at, chance)]
        chance.shuffle(seen)
        shown.append(Picture(frame, at, seen, cut))
    return shown


def _weak_place(text: str, chance: random.Random) -> tuple[int, str]:
    place = chance.randrange(len(text))
    return place, chance.choice(LOOKALIKES.get(text[place], ANY))


def _plates(
    lane: Lane, frame: int, at: float, weak: list[tuple[int, str]], chance: random.Random
) -> list[tuple[Sighting, int | None]]:
    """The vehicles' plates that are found in a frame."""
    found: list[tuple[Sighting, int | None]] = []
    for number, vehicle in enumerate(lane.vehicles):
        box = place(vehicle, at)
        if box is None or chance.random() < lane.lost:
            continue
        for _ in range(1 + (chance.random() < lane.twice)):
            read = _read(lane, vehicle, box.width, weak[number], chance)
            found.append((_sighting(frame, at, _shaken(box, lane.jitter, chance), read), number))
    return found


def place(vehicle: Vehicle, at: float) -> Box | None:
    """Where a vehicle's plate is in the picture, or None where it is not in sight."""
    after = at - vehicle.arrival
    away = vehicle.distance(after)
    hidden = any(begin <= after < end for begin, end in vehicle.hidden)
    if after < 0 or at >= vehicle.until or hidden or not 1.0 < away < vehicle.start + 0.5:
        return None
    x, y = SIZE[0] / 2 + FOCAL * vehicle.offset / away, HORIZON + FOCAL * HEIGHT_M / away
    width = FOCAL * PLATE_M / away
    box = Box(
        x - width / 2, y - width / PLATE_RATIO / 2, x + width / 2, y + width / PLATE_RATIO / 2
    )
    inside = (
        box.x1 >= -width / 4 and box.x2 <= SIZE[0] + width / 4 and box.y2 <= SIZE[1] + width / 8
    )
    return box if inside else None


def _shaken(box: Box, jitter: float, chance: random.Random) -> Box:
    x1, y1, x2, y2 = (chance.gauss(edge, jitter) for edge in (box.x1, box.y1, box.x2, box.y2))
    return Box(max(0.0, x1), max(0.0, y1), min(float(SIZE[0]), x2), min(float(SIZE[1]), y2))


def _sighting(frame: int, at: float, box: Box, read: Read) -> Sighting:
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    return Sighting(frame, at, Detection(Quad(corners), 0.7), read)


def _read(
    lane: Lane, vehicle: Vehicle, width: float, weak: tuple[int, str], chance: random.Random
) -> Read:
    """What is read of a plate: characters mistaken, lost and added, the truth often a candidate."""
    rate = min(0.3, lane.misread * max(0.4, SHARP_PX / width))
    said, sure = [], []
    for number, character in enumerate(vehicle.text):
        if number == weak[0] and chance.random() < lane.stubborn:
            said.append(weak[1])
            sure.append(chance.uniform(0.4, 0.95))
        elif chance.random() < rate:
            kept = chance.random() > 0.25
            said.append(chance.choice(LOOKALIKES.get(character, ANY)) if kept else "")
            sure.append(chance.uniform(0.3, 0.8))
        else:
            said.append(character)
            sure.append(1 - min(0.6, rate * chance.expovariate(1.0)))
    if chance.random() < rate:
        said.append(chance.choice("1I"))
        sure.append(chance.uniform(0.3, 0.7))
    return _written(said, sure, vehicle, chance)


def _written(said: list[str], sure: list[float], vehicle: Vehicle, chance: random.Random) -> Read:
    text, confidence = "".join(said), prod(sure)
    characters = tuple(p for c, p in zip(said, sure, strict=True) if c)
    left = 1 - confidence
    others = {text: confidence}
    if text != vehicle.text and chance.random() < 0.7:
        others[vehicle.text] = min(confidence, left * chance.uniform(0.2, 0.8))
    at = chance.randrange(len(text))
    changed = text[:at] + chance.choice(LOOKALIKES.get(text[at], ANY)) + text[at + 1 :]
    others.setdefault(changed, (1 - sum(others.values())) * chance.uniform(0.1, 0.6))
    ranked = sorted(others.items(), key=lambda item: -item[1])
    candidates = tuple(Candidate(*item) for item in ranked)
    fits = vehicle.plain and (text == vehicle.text or chance.random() < 0.6)
    return Read(text, confidence, characters, candidates, format_ok=fits)


def _others(
    lane: Lane, frame: int, at: float, chance: random.Random
) -> list[tuple[Sighting, int | None]]:
    """What is no plate: a sign, and whatever else the detector takes for one."""
    found: list[tuple[Sighting, int | None]] = []
    if lane.sign and chance.random() > 0.3:
        box = _shaken(Box(900, 60, 1000, 85), lane.jitter, chance)
        found.append((_sighting(frame, at, box, _lettering(lane.sign, chance)), None))
    if chance.random() < lane.ghosts / lane.rate:
        x, y, width = chance.uniform(0, 1100), chance.uniform(0, 680), chance.uniform(30, 150)
        text = "".join(chance.choice(ANY) for _ in range(chance.randrange(7)))
        ghost = _lettering(text, chance, 0.5)
        found.append((_sighting(frame, at, Box(x, y, x + width, y + width / 4), ghost), None))
    return found


def _lettering(text: str, chance: random.Random, most: float = 0.95) -> Read:
    confidence = chance.uniform(0.05, most) if text else 0.0
    share = confidence ** (1 / max(1, len(text)))
    candidates = (Candidate(text, confidence),) if text else ()
    return Read(text, confidence, (share,) * len(text), candidates)


def right_share(lane: Lane, shown: list[Picture]) -> float:
    """The share of the vehicles' sightings that are read right, 0 to 1."""
    reads = [
        (s.read.text, lane.vehicles[v].text) for p in shown for s, v in p.seen if v is not None
    ]
    return sum(said == truth for said, truth in reads) / max(1, len(reads))


def closest_s(lane: Lane) -> float:
    """Seconds between the two nearest arrivals; a measure of how dense the traffic is."""
    arrivals = sorted(vehicle.arrival for vehicle in lane.vehicles)
    return min((b - a for a, b in pairwise(arrivals)), default=0.0)


if __name__ == "__main__":
    from tests.resolve.score import main

    main()
