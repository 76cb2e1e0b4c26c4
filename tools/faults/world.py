"""Who drives by: seeded vehicles on a road that goes on whether or not the unit lives.

The rule to know: where a vehicle is depends on the machine's monotonic clock alone, so a unit that
is started again finds on the road who is there by then, as a real one would.
"""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from appliance.domain import Candidate, Detection, Frame, Quad, Read, Sighting
from appliance.errors import PictureError

RATE = 12.0  # frames a second
GAP_S = 0.3  # between two vehicles: a few passages a second
SLOTS = 8  # places side by side; a vehicle has left its own before the next one comes there
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One that drives by once.

    Attributes:
        text: its plate, no other's.
        comes_at, leaves_at: monotonic seconds.
        allowed: it stands on the list of those for whom the gate opens.
        sure: confidence of every read, 0 to 1; below 0.9 it is not told early.
        slot: its place across the picture.
    """

    text: str
    comes_at: float
    leaves_at: float
    allowed: bool
    sure: float
    slot: int


def traffic(seed: str, start: float, count: int) -> list[Vehicle]:
    """`count` vehicles from `start` (monotonic seconds); the same plates for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # a game that can be played again
    letters = string.ascii_uppercase + string.digits
    return [
        Vehicle(
            text="".join(chance.sample(letters, 7)),
            comes_at=start + number * GAP_S + chance.uniform(0, GAP_S / 2),
            leaves_at=start + number * GAP_S + chance.uniform(0.9, 1.9),
            allowed=number % 3 == 0,
            sure=0.8 if number % 4 == 1 else 0.97,
            slot=number % SLOTS,
        )
        for number in range(count)
    ]


class Road:
    """A camera of empty pictures; what is on them the Eyes know."""

    def __init__(self) -> None:
        self.fault: PictureError | None = None
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        """A frame now, and again every RATEth of a second."""
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        image.flags.writeable = False
        number = 0
        while not self._closed.wait(1 / RATE):
            yield Frame(image, time.monotonic(), number)
            number += 1

    def close(self) -> None:
        """End `frames` before the next one."""
        self._closed.set()


class Eyes:
    """A recognizer that sees the vehicles that are on the road now.

    Args:
        vehicles: all that ever come.
        quiet: a file; once it exists the road is empty.
        tick: gets the number of each frame that is looked at.
    """

    def __init__(
        self, vehicles: list[Vehicle], quiet: Path, tick: Callable[[int], None] = lambda _: None
    ) -> None:
        self._vehicles = vehicles
        self._quiet = quiet
        self._tick = tick

    def sightings(self, frame: Frame) -> list[Sighting]:
        """Each plate that is on the road at the frame's time, read right."""
        self._tick(frame.number)
        if self._quiet.exists():
            return []
        there = [v for v in self._vehicles if v.comes_at <= frame.at < v.leaves_at]
        return [_sighting(vehicle, frame) for vehicle in there]


def _sighting(vehicle: Vehicle, frame: Frame) -> Sighting:
    """A plate that grows and sinks as its vehicle approaches."""
    done = (frame.at - vehicle.comes_at) / (vehicle.leaves_at - vehicle.comes_at)
    width = 60 + 50 * done
    x, y = 40 + 150 * vehicle.slot, 60 + 500 * done
    right, bottom = x + width, y + width / 4
    quad = Quad(((x, y), (right, y), (right, bottom), (x, bottom)))
    sure, text = vehicle.sure, vehicle.text
    read = Read(text, sure, (sure,) * len(text), (Candidate(text, sure),), format_ok=True)
    return Sighting(frame.number, frame.at, Detection(quad, 0.9), read)
