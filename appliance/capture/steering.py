"""How long and with what gain the sensor looks.  Pure.

The rule to know: no picture is ever exposed for longer than a vehicle of the configured speed
allows.  By day the picture is what shall be seen, by night the plates.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from statistics import median

from appliance.capture.metering import GAMMA, LUX, Look
from appliance.exposure import Settings, Shot, longest_exposure_s

MOST_BLUR_PX = 2.0
ANGLE = math.radians(20)
"""Between the way of a vehicle and the camera's axis, at most (AxxonSoft's rule for mounting)."""
PLATE_M = (0.52, 0.11)
"""Width and height of the usual European plate.  Of another shape one of both errs to the short
side, and that one counts."""
LEAST_S, MOST_GAIN = 50e-6, 16.0
"""Seconds that any sensor can do, and a gain beyond which noise is all that grows."""
LOW, AIM, HIGH = 0.30, 0.42, 0.55
"""Brightness of a picture by day: within the bounds nothing is changed, or the camera hunts."""
PLAIN = (0.1, 0.9)
"""Brightness between which a picture is neither noise nor white to the limit."""
GLARE = 0.6
"""Brightness above which a picture by night is too bright, whatever plates say."""
STEADY_S = 2.0
"""For how long a picture must be so: a white van passes."""
STEP = 4.0
"""By which one change multiplies or divides at most."""
CLOSE = 0.1
"""Share by which a sensor's steps may miss what was asked for."""
STUBBORN = 100
"""Frames after which a camera that gives something else is taken to be unable: with 32 buffers
picamera2 took 80 (its issue 1287)."""


def longest_s(speed_kmh: float, px_per_metre: float | None = None) -> float:
    """Seconds that a vehicle of that speed may be exposed for.

    The rule of `longest_exposure_s` is 25 mm on the road at any speed.  Where it is known how large
    plates are in the picture also no more than MOST_BLUR_PX: of the way of v t metres the camera
    sees v t sin(ANGLE) from the side, and px_per_metre times that in pixels.
    """
    by_rule = longest_exposure_s(speed_kmh)
    if px_per_metre is None:
        return by_rule
    return min(by_rule, MOST_BLUR_PX / (speed_kmh / 3.6 * math.sin(ANGLE) * px_per_metre))


def blur_px(exposure_s: float, speed_kmh: float, px_per_metre: float) -> float:
    """Pixels by which a vehicle of that speed smears, as in `longest_s`."""
    return exposure_s * speed_kmh / 3.6 * math.sin(ANGLE) * px_per_metre


def px_per_metre(width_px: float, height_px: float) -> float:
    """At a plate of that size in the picture; too many rather than too few."""
    return max(width_px / PLATE_M[0], height_px / PLATE_M[1])


def matches(shot: Shot | None, settings: Settings) -> bool:
    """Whether a frame was taken as asked for; a camera that says nothing is not asked."""
    return shot is None or (
        math.isclose(shot.exposure_s, settings.exposure_s, rel_tol=CLOSE)
        and math.isclose(shot.gain, settings.gain, rel_tol=CLOSE)
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which exposure and gain may be."""

    longest_s: float
    shortest_s: float = LEAST_S
    least_gain: float = 1.0
    most_gain: float = MOST_GAIN

    @property
    def most(self) -> float:
        """Exposure times gain that gives the brightest picture."""
        return self.longest_s * self.most_gain

    def clamp(self, total: float) -> float:
        """The nearest exposure times gain that there is."""
        return min(self.most, max(self.shortest_s * self.least_gain, total))

    def split(self, total: float) -> tuple[float, float]:
        """Seconds and gain: as little gain as the longest exposure leaves."""
        exposure_s = min(self.longest_s, max(self.shortest_s, total / self.least_gain))
        return exposure_s, min(self.most_gain, max(self.least_gain, total / exposure_s))

    def as_taken(self, shot: Shot, asked: Settings) -> Bounds:
        """What is left of them for a camera that keeps giving `shot` when asked for `asked`."""
        changed: dict[str, float] = {}
        if shot.gain < asked.gain * (1 - CLOSE):
            changed["most_gain"] = shot.gain
        if shot.gain > asked.gain * (1 + CLOSE):
            changed["least_gain"] = shot.gain
        if shot.exposure_s < asked.exposure_s * (1 - CLOSE):
            changed["longest_s"] = shot.exposure_s
        if shot.exposure_s > asked.exposure_s * (1 + CLOSE):
            changed["shortest_s"] = min(shot.exposure_s, self.longest_s)
        return replace(self, **changed)


@dataclass(slots=True)
class Steering:
    """Exposure times gain, as the pictures want it.

    Attributes:
        free: the bounds of the lane.
        total: exposure times gain, seconds.
        bounds: what the camera has shown to be able to do of them.
    """

    free: Bounds
    total: float
    bounds: Bounds = field(init=False)
    _seen: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=64), init=False)
    _refused: tuple[float, float] | None = field(default=None, init=False)
    _refused_from: int = field(default=0, init=False)  # a frame's number
    _strayed_from: int | None = field(default=None, init=False)  # the same

    def __post_init__(self) -> None:
        """Trust the camera."""
        self.bounds = self.free

    def begin(self, total: float, free: Bounds) -> None:
        """Go on from there, and trust the camera anew."""
        self.free = self.bounds = free
        self.set(total)
        self._refused = self._strayed_from = None

    def set(self, total: float) -> None:
        """Want so much from now on."""
        self.total = self.bounds.clamp(total)
        self._seen.clear()

    def is_unruly(self, look: Look) -> bool:
        """Whether the camera has long done as it likes: its pictures are all that there will be."""
        return self._strayed_from is not None and look.number - self._strayed_from >= STUBBORN

    def pinning_lux(self, look: Look) -> float | None:
        """Below how many lux a picture would want more than there is; None where nobody can say.

        In the lux of the look, however the camera's are calibrated.
        """
        shot = look.shot
        if shot is None or not PLAIN[0] < look.brightness < PLAIN[1]:
            return None
        darker = (LOW / look.brightness) ** GAMMA
        return look.lux * float(darker) * shot.exposure_s * shot.gain / self.bounds.most

    def usual_pinning_lux(self, look: Look) -> float:
        """The same for a camera of which nobody has seen it; 0 for one that says nothing."""
        return LUX * float(LOW**GAMMA) / self.bounds.most if look.shot is not None else 0.0

    def is_pinned(self, look: Look) -> bool:
        """Whether a picture wants more than there is."""
        shot = look.shot
        if shot is None:
            return False
        return shot.exposure_s * shot.gain > 0.95 * self.bounds.most and look.brightness < LOW

    def learn(self, look: Look, asked: Settings) -> None:
        """Count for how long the camera has not obeyed, and learn from one that stays so."""
        shot = look.shot
        if shot is None or matches(shot, asked):
            self._refused = self._strayed_from = None
            return
        if self._strayed_from is None:
            self._strayed_from = look.number
        before, self._refused = self._refused, (shot.exposure_s, shot.gain)
        if before != self._refused:
            self._refused_from = look.number
        elif look.number - self._refused_from >= STUBBORN:
            self.bounds = self.bounds.as_taken(shot, asked)
            self.set(self.total)

    def watch(self, look: Look, asked: Settings) -> None:
        """Take in a look, and steer by it where it was taken as asked."""
        if look.shot is None or not matches(look.shot, asked):
            self._seen.clear()
            return
        self._seen.append((look.at, look.brightness))
        if look.at - self._seen[0][0] >= STEADY_S:
            self._steer(median(brightness for _, brightness in self._seen), asked)
            while self._seen and look.at - self._seen[0][0] >= STEADY_S:
                self._seen.popleft()

    def _steer(self, brightness: float, asked: Settings) -> None:
        if asked.lit:
            factor = 1 / 2 if brightness > GLARE else 1.0
        elif LOW <= brightness <= HIGH:
            factor = 1.0
        else:
            factor = min(STEP, max(1 / STEP, (AIM / max(brightness, 1e-3)) ** GAMMA))
        if factor != 1.0:
            self.set(self.total * factor)
