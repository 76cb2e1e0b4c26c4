"""A lane under that sky, and a camera that obeys late beside a light that it sees.

With head-lights that pass or stand, a street lamp, snow, lorries that park and a cap on the lens.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from appliance.capture.metering import GAMMA, LUX, Light, Look
from appliance.capture.steering import MOST_GAIN
from appliance.exposure import Settings, Shot
from tools.sky.sky import DAY_S, HOUR_S, Clouds, clear_lux, elevation, moon_lux

RATE = 25.0  # frames a second
LATENCY = 7  # frames from an order to the first one that obeys
SUN_UNFILTERED, BULB_UNFILTERED = 2.0, 5.0
"""By how much more a sensor sees without the IR-cut filter."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site.

    Attributes:
        latitude: degrees north.
        lamp_lux: what our own light adds to the picture, without the filter.
        street_lux: what the street lamp adds; 0: there is none.
        reading: lux that the camera tells for each that there is: its calibration.
        tells_lux: the camera does so, instead of exposure and gain alone.
        most_gain: of the sensor.
        vehicles: that pass in the busiest hour.
        caps: times a year that somebody covers the lens.
        speed_kmh: as configured.
    """

    latitude: float = 50.0
    lamp_lux: float = 40.0
    street_lux: float = 10.0
    reading: float = 1.0
    tells_lux: bool = True
    most_gain: float = MOST_GAIN
    vehicles: float = 200.0
    caps: int = 6
    speed_kmh: float = 30.0


@dataclass(slots=True)
class Spell:
    """Something that begins by chance and lasts, and how strong it is while it does."""

    chance: Random
    lasts_s: tuple[float, float]
    strong: tuple[float, float]
    strength: float = field(default=0.0, init=False)
    _until: float = field(default=0.0, init=False)
    _next: float | None = field(default=None, init=False)

    def at(self, seconds: float, per_hour: float) -> float:
        """Its strength now, 0 where there is none; it begins so often an hour."""
        if seconds >= self._until:
            self.strength = 0.0
            if self._next is None:
                self._next = seconds + self.chance.expovariate(max(per_hour, 1e-9) / HOUR_S)
            if seconds >= self._next:
                self._next = None
                self._until = seconds + self.chance.uniform(*self.lasts_s)
                self.strength = self.chance.uniform(*self.strong)
        return self.strength


class World:
    """All light on the lane but our own, in lux on the ground."""

    def __init__(self, place: Place, seed: int) -> None:
        """Draw the weather and the traffic of a year."""
        chance = Random(seed)  # noqa: S311  # weather, no secret
        self.place = place
        self.clouds = Clouds(chance)
        self.lights = Spell(chance, (2, 6), (20, 300))
        self.jam = Spell(chance, (180, 900), (30, 150))
        self.lorry = Spell(chance, (10, 180), (0.05, 0.3))
        self.cap = Spell(chance, (HOUR_S, DAY_S), (1, 1))
        self.snow_days = {day for day in (*range(60), *range(330, 365)) if chance.random() < 0.4}
        self.is_street_lit = False

    def sky_lux(self, seconds: float) -> float:
        """Of sun, twilight and moon through the clouds."""
        degrees = elevation(seconds, self.place.latitude)
        return (clear_lux(degrees) + moon_lux(seconds)) * self.clouds.at(seconds)

    def is_capped(self, seconds: float) -> bool:
        """Whether the lens is covered."""
        return self.cap.at(seconds, self.place.caps / (365 * 24)) > 0

    def sensed_lux(self, seconds: float, sky: float, *, filtered: bool) -> float:
        """What the camera gets of it, with or without its filter."""
        hour = seconds % DAY_S / HOUR_S
        rush = 1.0 if 6 <= hour < 9 or 15 <= hour < 19 else 0.3 if 5 <= hour < 23 else 0.03
        dim = sky < 200
        bulbs = self.lights.at(seconds, self.place.vehicles * rush) if dim else 0.0
        bulbs += self.jam.at(seconds, 0.05 * rush) if dim else 0.0
        if sky < 15 or (self.is_street_lit and sky < 40):
            self.is_street_lit, bulbs = True, bulbs + self.place.street_lux
        else:
            self.is_street_lit = False
        snow = 2.5 if int(seconds // DAY_S) in self.snow_days else 1.0
        lorry = self.lorry.at(seconds, 2 * rush) or 1.0
        unfiltered = (1.0, 1.0) if filtered else (SUN_UNFILTERED, BULB_UNFILTERED)
        return lorry * snow * (sky * unfiltered[0] + bulbs * unfiltered[1])


@dataclass(slots=True)
class Eye:
    """The camera, and the light that shines as it is told."""

    place: Place
    chance: Random
    _asked: deque[tuple[int, Settings]] = field(default_factory=deque, init=False)
    _holds: Settings | None = field(default=None, init=False)
    _lit_from: float = field(default=0.0, init=False)
    _is_lit: bool = field(default=False, init=False)

    @property
    def is_lit(self) -> bool:
        """Whether our own light shines."""
        return self._is_lit

    def obey(self, seconds: float, settings: Settings) -> None:
        """The filter and the light at once, the sensor LATENCY frames later."""
        last = self._asked[-1][1] if self._asked else self._holds
        if settings != last:
            self._asked.append((int(seconds * RATE) + LATENCY, settings))
        if settings.lit != self._is_lit:
            self._is_lit, self._lit_from = settings.lit, seconds

    def look(self, seconds: float, sensed: float, *, capped: bool) -> Look:
        """The frame of that moment."""
        number = int(seconds * RATE)
        while self._asked and number >= self._asked[0][0]:
            self._holds = self._asked.popleft()[1]
        held = self._holds
        exposure_s = held.exposure_s if held else 0.01
        gain = min(self.place.most_gain, held.gain if held else 1.0)
        is_filtered = held.filtered if held else False
        own = self.place.lamp_lux if self._is_lit and not is_filtered else 0.0
        lux = 0.0 if capped else sensed + own
        linear = min(1.0, lux * exposure_s * gain / LUX + 1e-6 * gain)
        brightness = float(linear ** (1 / GAMMA)) * self.chance.uniform(0.97, 1.03)
        spread = 0.008 if capped else 0.008 + 0.5 * brightness
        told = self.place.reading * LUX * float(min(1.0, brightness) ** GAMMA)
        shot = Shot(exposure_s, gain, told / (exposure_s * gain) if self.place.tells_lux else None)
        light: Light = "lit" if self._is_lit else "dark"
        known: Light = light if seconds - exposure_s - 0.05 >= self._lit_from else "unknown"
        return Look(seconds, number, min(1.0, brightness), spread, shot, known)
