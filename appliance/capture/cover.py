"""Whether the lens is covered, or the light is dead: nothing is to be seen in it.  Pure.

The rule to know: a road at night may well be black at the exposure that plates want; it is not with
all the light and exposure that there is, and that is tried before anything is concluded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from appliance.capture.metering import Look

FLAT, BLACK = 0.025, 0.08
"""Spread and brightness of a picture in which nothing is to be seen: six grey levels, more than the
noise of parts of some hundred pixels; and a fifth of what a dark picture of a road has."""
FLAT_S, TRIAL_S, LIMIT_S, AGAIN_S = 10.0, 2.0, 15.0, 600.0
"""For how long it must be so before a trial, how long in one, after which a trial that proves
nothing is given up, and how long to the next."""


def is_flat(look: Look) -> bool:
    """Nothing is to be seen."""
    return look.spread < FLAT and look.brightness < BLACK


@dataclass(slots=True)
class Cover:
    """Suspicion and trial."""

    _flat_at: float | None = field(default=None, init=False)
    _begun_at: float = field(default=0.0, init=False)
    _next_at: float = field(default=-inf, init=False)

    def clear(self) -> None:
        """Something was seen."""
        self._flat_at = None

    def is_due(self, look: Look) -> bool:
        """Whether it is time for a trial."""
        return look.at >= self._next_at and not look.busy

    def is_suspected(self, look: Look) -> bool:
        """Whether our light has shown nothing for so long that a trial is due."""
        is_blind = look.light == "lit" and not look.busy and is_flat(look)
        return self._lasts(look, FLAT_S, holds=is_blind) and self.is_due(look)

    def begin(self, look: Look) -> None:
        """All the light and exposure there is, from now on."""
        self._flat_at, self._begun_at = None, look.at

    def verdict(self, look: Look, *, proven: bool) -> bool | None:
        """Whether it is covered; None while nobody knows.

        Args:
            look: the newest.
            proven: it was certainly taken with all the light and exposure.
        """
        is_seen = look.busy or (proven and not is_flat(look))
        is_blind = self._lasts(look, TRIAL_S, holds=proven and not is_seen)
        if not is_blind and not is_seen and look.at - self._begun_at <= LIMIT_S:
            return None
        self._flat_at, self._next_at = None, look.at + AGAIN_S
        return is_blind

    def _lasts(self, look: Look, seconds: float, *, holds: bool) -> bool:
        if not holds:
            self._flat_at = None
        elif self._flat_at is None:
            self._flat_at = look.at
        return self._flat_at is not None and look.at - self._flat_at >= seconds
