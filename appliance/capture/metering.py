"""How light it is, as the pictures tell.  Pure.

The rule to know: a figure follows from what a frame's `Shot` says, never from what was asked for;
and a frame counts for daylight only where it is known that our own light was dark.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from appliance.exposure import Shot

LUX = 55.0
"""Lux for which a picture stands whose linear mean is 1, at 1 s and gain 1.  The equation of
incident light, E = C N^2 / (t S) with C = 250 (ISO 2720), gives middle grey, 0.18 of white; taken
with an aperture of f/2 and gain 1 as ISO 100.  Good to a factor of three, and so used."""
GAMMA = 2.2
GUESSED_LUX, GUESSED_AT, GUESSED_POWER = 8.0, 0.12, 2.5
"""Where a camera says nothing of its exposure, and steers it itself: a picture that stays darker
than 0.12 counts as dark, one brighter than 0.35 as day.  A guess of ours."""
SAMPLE_S, GAP_S, LONGEST_S = 0.9, 12.0, 60.0
"""Seconds between two samples at least, without one before all begins anew, and of memory."""

Light = Literal["dark", "lit", "unknown"]


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one frame.

    Attributes:
        at: its monotonic time, seconds.
        number: in the stream.
        brightness: mean of the picture, 0 black to 1 white, as a screen shows it.
        spread: of the means of its parts, from the darkest to the brightest, 0 to 1.
        shot: how it was taken; None where the camera does not say.
        light: what our own light did while it was exposed.
        busy: a plate is in sight, or was just now.
    """

    at: float
    number: int
    brightness: float
    spread: float
    shot: Shot | None
    light: Light
    busy: bool = False

    @property
    def lux(self) -> float:
        """Of the scene: as the camera says, by its exposure, or guessed by the picture alone."""
        if self.shot is None:
            return GUESSED_LUX * float((self.brightness / GUESSED_AT) ** GUESSED_POWER)
        if self.shot.lux is not None:
            return self.shot.lux
        return LUX * float(self.brightness**GAMMA) / (self.shot.exposure_s * self.shot.gain)


@dataclass(slots=True)
class Meter:
    """The light of the last minute, all of it with our own light dark, or all with it lit.

    Attributes:
        light: which of both.
    """

    light: Light = "unknown"
    _samples: deque[tuple[float, float, bool]] = field(default_factory=deque, init=False)
    _begun: float = field(default=0.0, init=False)

    def clear(self) -> None:
        """Begin anew: what was seen before was seen with other eyes."""
        self._samples.clear()
        self.light = "unknown"

    def note(self, look: Look, *, pinned: bool) -> bool:
        """Take in a look, once a second; gives whether it was taken.

        Args:
            look: the newest.
            pinned: exposure and gain could give no more, and the picture wants more.
        """
        if look.light == "unknown":
            return False
        last = self._samples[-1][0] if self._samples else None
        if last is not None and look.at - last < SAMPLE_S and look.light == self.light:
            return False
        if last is None or look.light != self.light or look.at - last > GAP_S:
            self._samples.clear()
            self._begun, self.light = look.at, look.light
        self._samples.append((look.at, look.lux, pinned))
        while self._samples[0][0] < look.at - LONGEST_S:
            self._samples.popleft()
        return True

    def bright(self, seconds: float) -> float | None:
        """Lux that most of the last seconds had; None where they have not passed yet.

        The lower quartile: head-lights that pass do not make a night bright.
        """
        return self._ranked(seconds, 1 / 4)

    def middle(self, seconds: float) -> float | None:
        """Lux that half of the last seconds had: neither a lorry nor head-lights decide it."""
        return self._ranked(seconds, 1 / 2)

    def is_pinned(self, seconds: float) -> bool:
        """Whether half of the last seconds were, and they have passed."""
        flags = [pinned for _, _, pinned in self._within(seconds)]
        return bool(flags) and sum(flags) > len(flags) / 2

    def _ranked(self, seconds: float, share: float) -> float | None:
        values = sorted(lux for _, lux, _ in self._within(seconds))
        return values[int(len(values) * share)] if values else None

    def _within(self, seconds: float) -> list[tuple[float, float, bool]]:
        if not self._samples:
            return []
        now = self._samples[-1][0]
        if now - self._begun < seconds:
            return []
        return [sample for sample in self._samples if sample[0] >= now - seconds]
