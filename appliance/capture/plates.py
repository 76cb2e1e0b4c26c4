"""What plates by night say of the exposure: burnt out, dark, or read alike.  Pure.

The rule to know: the picture round them may be black; it is the plates that shall be seen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from appliance.exposure import Tones

BURNT, DARK, GREY = 0.25, 0.3, 0.6
"""Share of a plate's pixels that say nothing any more, above which it is burnt out; level of its
brighter part below which it is dark, and below which too little light may be why reads do not
agree.  The first is where reading suffers (tools/calibrate_aim), the others are guesses."""
AGREED = 0.6
"""Share of a vehicle's reads that say the same, below which something is wrong."""
LESS, MORE = 0.71, 1.41  # half a stop
ENOUGH = 8  # plates, before anything is concluded
SIZES = 16  # plates, before their size counts
LONELY_S = 600.0
"""Without a plate, what they said before is forgotten by half a stop: a wrong exposure may be why
none is seen."""


@dataclass(frozen=True, slots=True)
class PlateLook:
    """One plate in one frame.

    Attributes:
        at: the frame's monotonic time, seconds.
        tones: how the light fell on it; None where nobody measured it.
        px_per_metre: at the plate.
    """

    at: float
    tones: Tones | None
    px_per_metre: float


@dataclass(slots=True)
class Plates:
    """The plates since the exposure was changed last."""

    _seen: deque[Tones] = field(default_factory=lambda: deque(maxlen=64), init=False)
    _sizes: deque[float] = field(default_factory=lambda: deque(maxlen=64), init=False)
    _seen_at: float | None = field(default=None, init=False)

    @property
    def px_per_metre(self) -> float | None:
        """The upper quartile at the latest plates; None before there were SIZES."""
        sizes = sorted(self._sizes)
        return sizes[3 * len(sizes) // 4] if len(sizes) >= SIZES else None

    def note(self, plate: PlateLook, *, as_asked: bool) -> None:
        """Take in one; its light says nothing unless the frame was exposed as asked for."""
        self._sizes.append(plate.px_per_metre)
        self._seen_at = plate.at
        if as_asked and plate.tones is not None:
            self._seen.append(plate.tones)

    def verdict(self, agreement: float) -> float:
        """By what to multiply the exposure when a vehicle has gone by, 1 to leave it.

        Args:
            agreement: share of its reads that say what was settled, 0 to 1.
        """
        if len(self._seen) < ENOUGH:
            return 1.0
        burnt = median(tones.burnt for tones in self._seen)
        bright = median(tones.bright for tones in self._seen)
        if burnt > BURNT:
            factor = LESS
        elif bright < DARK or (agreement < AGREED and bright < GREY):
            factor = MORE
        else:
            return 1.0
        self._seen.clear()
        return factor

    def drift(self, now: float, total: float, start: float) -> float:
        """By what to multiply it while nobody comes: back to where it began."""
        if self._seen_at is None or now - self._seen_at < LONELY_S:
            return 1.0
        self._seen_at = now
        self._seen.clear()
        return min(MORE, max(LESS, start / total))
