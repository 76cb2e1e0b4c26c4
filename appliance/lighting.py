"""What people at the broker may ask of the light, remembered over restarts.

The rule to know: they can have it darker than the configuration file says, never brighter: the file
is the ceiling of the power, the switch releases what the mode and the guard allow, no more.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from appliance.capture.daylight import CERTAIN_S
from appliance.capture.illuminator import GuardedLight
from appliance.errors import OrderError
from appliance.lightsection import Light
from appliance.store.marks import Marks

SWITCHED_OFF, PERCENT = "light_off", "light_percent"
"""The store's figures: 1 where the switch is off; percent that were asked for."""
ALL = 100
"""As much as the file allows, be that changed later."""
SWITCH = {b"ON": True, b"OFF": False}
WHOLE = re.compile(rb"\s*\d{1,3}(\.0{1,3})?\s*")
"""Home Assistant writes whole numbers with or without a fraction."""
AFTER_S = CERTAIN_S
"""A dark probe after which the light comes again is shorter, and one of seconds every five minutes
is no news."""


class Shining(Protocol):
    """A light that can be looked at."""

    @property
    def is_lit(self) -> bool:
        """Whether it shines."""


@dataclass(slots=True)
class Glow:
    """Whether the light shines, as others are told: it does until it was dark for AFTER_S.

    Attributes:
        light: which is looked at, once a second at least.
        clock: monotonic seconds.
    """

    light: Shining
    clock: Callable[[], float] = time.monotonic
    _lit_at: float = field(default=-math.inf, init=False)

    @property
    def is_lit(self) -> bool:
        """Whether it does, or did a moment ago."""
        if self.light.is_lit:
            self._lit_at = self.clock()
        return self.clock() < self._lit_at + AFTER_S


@dataclass(slots=True)
class Lighting:
    """The light as a person may set it.

    Attributes:
        light: which obeys.
        ceiling: percent that the configuration file allows.
        marks: remember it, on the connection of the loop that asks.
    """

    light: GuardedLight
    ceiling: int
    marks: Marks
    is_on: bool = field(default=True, init=False)
    percent: int = field(default=ALL, init=False)

    def __post_init__(self) -> None:
        """Go on with what was asked of a process before."""
        asked = self.marks.get(PERCENT)
        self.percent = min(ALL if asked is None else asked, self.ceiling)
        self.is_on = not self.marks.get(SWITCHED_OFF)
        self.light.dim(self.percent)
        self.light.release(self.is_on)

    @property
    def can_dim(self) -> bool:
        """Whether a head knows more than on and off."""
        return self.light.can_dim

    def switch(self, payload: bytes) -> None:
        """OFF: dark; ON: as the mode says.

        Raises:
            OrderError: it is neither.
            StoreError: it cannot be remembered, and nothing has changed.
        """
        wanted = SWITCH.get(payload.strip())
        if wanted is None:
            raise OrderError("illuminator: expected ON or OFF")
        self.marks.put({SWITCHED_OFF: 0 if wanted else 1})
        self.is_on = wanted
        self.light.release(wanted)

    def dim(self, payload: bytes) -> None:
        """So many percent where it is lit.

        Raises:
            OrderError: no such number, more than the file allows, or nothing can be dimmed.
            StoreError: it cannot be remembered, and nothing has changed.
        """
        if not self.can_dim:
            raise OrderError("illuminator_power: the heads know on and off only")
        wanted = int(float(payload)) if WHOLE.fullmatch(payload) else -1
        if not 0 <= wanted <= self.ceiling:
            raise OrderError(
                f"illuminator_power: expected 0 to {self.ceiling}, whole percent: no more than"
                " light.power in the configuration file"
            )
        self.marks.put({PERCENT: ALL if wanted == self.ceiling else wanted})
        self.percent = wanted
        self.light.dim(wanted)


def build_lighting(light: GuardedLight | None, wanted: Light, marks: Marks) -> Lighting | None:
    """Of that light, as configured; None where there is none."""
    if light is None:
        return None
    return Lighting(light, wanted.power, marks)
