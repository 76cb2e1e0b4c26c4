"""What the camera and the light are asked for, and what camera and plates say of it.  Pure.

The rule to know: a `Shot` comes with its frame and is believed; `Settings` are a wish that a sensor
follows some frames later, if at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TimeOfDay = Literal["day", "dusk", "night"]
SMEARED = 11.0
"""An exposure of 1 / (11 km/h) s leaves a plate sharp, such as 1/500 s at 45 km/h: the rule of the
manual of Milestone XProtect."""


def longest_exposure_s(speed_kmh: float) -> float:
    """Seconds of exposure above which the plate of a vehicle of that speed is smeared."""
    return 1 / (SMEARED * speed_kmh)


@dataclass(frozen=True, slots=True)
class Shot:
    """How one frame was taken, as its camera says.

    Attributes:
        exposure_s: seconds that the sensor gathered light.
        gain: of the sensor's amplifier, 1 or more.
        lux: brightness of the scene, as far as the camera can tell; None where it cannot.
    """

    exposure_s: float
    gain: float
    lux: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What camera, filter and light shall do at a time of day.

    Attributes:
        time_of_day: for which they are made.
        exposure_s: seconds; short enough that a vehicle of the configured speed does not smear.
        gain: of the sensor's amplifier, 1 or more.
        colour: colours are worth something; else a grey picture, with colour gains at rest.
        filtered: the IR-cut filter is in front of the sensor.
        lit: the infra-red light is wanted.
    """

    time_of_day: TimeOfDay
    exposure_s: float
    gain: float
    colour: bool
    filtered: bool
    lit: bool


@dataclass(frozen=True, slots=True)
class Tones:
    """How the light fell on a plate, from the grey levels of its crop; each 0 to 1.

    Attributes:
        burnt: share of the pixels that are so bright that they say nothing any more.
        black: the same for the darkest.
        bright: mean level of its brighter part, be it the ground or the characters.
        contrast: by how much its darker part is darker.
    """

    burnt: float
    black: float
    bright: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Outside:
    """What the unit takes the time of day for.

    Attributes:
        time_of_day: day, dusk or night.
        why: in words.
        lux: of the newest frame, our own light included; to a factor of three at best.
    """

    time_of_day: TimeOfDay
    why: str
    lux: float
