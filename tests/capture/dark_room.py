"""A lane whose light a test decides, before the simulated camera of `tools/sky`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from appliance.capture.daylight import Daylight, Mode
from appliance.capture.metering import Look
from tools.sky.site import Eye, Place

COARSE_S, FINE_S = 2.0, 0.25
"""Between two looks, and while something is being tried."""
CALM_S = 2.0


@dataclass
class Room:
    """The machine before that camera.

    Attributes:
        place: of the camera.
        lux: of the scene without our own light, by the second.
        capped: whether the lens is covered, by the second.
        mode: what the user asks for.
        changed_at: when the time of day changed.
    """

    place: Place = field(default_factory=lambda: Place(lamp_lux=20))
    lux: Callable[[float], float] = lambda _: 0.0
    capped: Callable[[float], bool] = lambda _: False
    mode: Mode = "auto"
    at: float = 1000.0
    changed_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin."""
        self.step_s = COARSE_S
        self.daylight = Daylight(self.place.speed_kmh)
        self.eye = Eye(self.place, Random(1))  # noqa: S311  # noise, no secret

    def live(self, seconds: float) -> Iterator[Look]:
        """Live for so long; gives every look after the machine has seen it."""
        until, calm_at = self.at + seconds, self.at
        while self.at < until:
            before, phase = self.daylight.time_of_day, self.daylight.phase
            look = self.eye.look(self.at, self.lux(self.at), capped=self.capped(self.at))
            self.eye.obey(self.at, self.daylight.step(look, self.mode))
            if self.daylight.time_of_day != before:
                self.changed_at.append(self.at)
            if (self.daylight.time_of_day, self.daylight.phase) != (before, phase):
                calm_at = self.at + CALM_S
            is_calm = self.daylight.phase in {"steady", "covered"} and self.at >= calm_at
            self.step_s = COARSE_S if is_calm else FINE_S
            yield look
            self.at += self.step_s

    def go(self, seconds: float) -> Daylight:
        """The machine after so long."""
        for _ in self.live(seconds):
            pass
        return self.daylight

    def lit_s(self, seconds: float) -> float:
        """For how much of so long our light shone."""
        return sum(self.step_s for _ in self.live(seconds) if self.eye.is_lit)
