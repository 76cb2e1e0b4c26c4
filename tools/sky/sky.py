"""Light from above: sun, twilight, moon, clouds, by date and latitude.

Good to a factor of two, which is what clouds make of it anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Literal

TILT = 23.44  # degrees
MONTH_DAYS = 29.53  # from new moon to new moon
FULL_MOON = 0.25  # lux
DAY_S, HOUR_S = 86400.0, 3600.0
TWILIGHT = ((-18.0, 6.5e-4), (-12.0, 8e-3), (-6.0, 3.0), (-0.8, 500.0))
"""Degrees of the sun's centre and lux on the ground: AMS glossary of meteorology, civil, nautical
and astronomical twilight."""

Weather = Literal["clear", "broken", "overcast", "storm"]
WEATHERS: tuple[Weather, ...] = ("clear", "broken", "overcast", "storm")


def elevation(seconds: float, latitude: float) -> float:
    """Degrees of the sun over the horizon, `seconds` after the year began, in local solar time."""
    day, of_day = seconds / DAY_S, seconds % DAY_S
    declination = math.radians(-TILT * math.cos(2 * math.pi * (day + 10) / 365))
    hour = 2 * math.pi * (of_day / DAY_S - 0.5)
    north = math.radians(latitude)
    return math.degrees(
        math.asin(
            math.sin(north) * math.sin(declination)
            + math.cos(north) * math.cos(declination) * math.cos(hour)
        )
    )


def clear_lux(degrees: float) -> float:
    """Lux on the ground under a clear sky: about 17,000 at 10 degrees, 130,000 in the zenith."""
    if degrees > TWILIGHT[-1][0]:
        return TWILIGHT[-1][1] + 130e3 * float(max(0.0, math.sin(math.radians(degrees))) ** 1.2)
    if degrees <= TWILIGHT[0][0]:
        return TWILIGHT[0][1]
    for (low, dark), (high, bright) in pairwise(TWILIGHT):
        if degrees <= high:
            share = (degrees - low) / (high - low)
            return dark * float((bright / dark) ** share)
    raise AssertionError


def moon_lux(seconds: float) -> float:
    """Lux of the moon by its phase; it is up all night here."""
    phase = 2 * math.pi * seconds / DAY_S / MONTH_DAYS
    return FULL_MOON * float(((1 - math.cos(phase)) / 2) ** 2)


@dataclass(slots=True)
class Clouds:
    """What clouds leave of the light; the weather is drawn for each day."""

    chance: Random
    weather: Weather = field(default="clear", init=False)
    left: float = field(default=1.0, init=False)  # share of the light
    _day: int = field(default=-1, init=False)
    _until: float = field(default=0.0, init=False)
    _thick: float = field(default=0.1, init=False)  # share of the light, on an overcast day
    _storm: tuple[float, float] = field(default=(0.0, 0.0), init=False)  # from, to

    def at(self, seconds: float) -> float:
        """The share of the light that comes through; `seconds` must not go back."""
        day = int(seconds // DAY_S)
        if day != self._day:
            self._day = day
            self.weather = self.chance.choices(WEATHERS, (30, 35, 30, 5))[0]
            begin = day * DAY_S + self.chance.uniform(6, 20) * HOUR_S
            self._storm = begin, begin + self.chance.uniform(300, 2400)
            self._thick = self.chance.uniform(0.03, 0.25)
        if seconds >= self._until:
            self._until = seconds + self.chance.expovariate(1 / 90)
            self.left = self._drawn()
        is_storm = self.weather == "storm" and self._storm[0] <= seconds < self._storm[1]
        return 0.004 if is_storm else self.left

    def _drawn(self) -> float:
        if self.weather == "clear":
            return 1.0
        if self.weather == "overcast":
            return self._thick * self.chance.uniform(0.6, 1.6)
        return self.chance.choice((1.0, 0.2, 0.4))
