"""The loop `eyes`: from the newest frame to camera, filter and light.

The rules to know: the lane hands over a few numbers a frame and waits for nothing here.  A loop of
its own, for a turn of `maintain` may wait for the card, and a dark probe would be as long.  Without
frames nothing is decided, and no light is wanted.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.camera import Adjustable, Camera
from appliance.capture.daylight import Daylight
from appliance.capture.illuminator import Illuminator
from appliance.capture.ircut import Filter
from appliance.capture.metering import Light, Look
from appliance.capture.plates import PlateLook
from appliance.capture.steering import matches, px_per_metre
from appliance.config import Config
from appliance.domain import Frame, Settled, Sighting
from appliance.exposure import Outside, Settings, Shot
from appliance.health import Beat, Health
from appliance.nightmode import NightMode
from appliance.wiring import Lights

TURN_S = 0.25
LOOK_S = 0.2  # of frame time, between two that are looked at
SPARSE = (16, 8)  # pixels down and across, of which one is looked at
PARTS = (16, 9)  # of the picture, whose means tell whether there is anything to be seen
BUSY_S = 2.0  # after a plate
FRAMELESS_S = 5.0  # then nobody looks at what the light shows
SURELY_S, ARRIVAL_S = 0.05, 3.0
"""How long before a frame's exposure our light must have been as it is now: with a camera that says
how it was exposed, and with one whose frames have been on their way nobody knows how long."""
COVERED = "nothing is to be seen in our own light: the lens is covered, or the light is dead"
ASSUMED_S = 1.0
"""After which a camera that obeys, and does not say so, is taken to have obeyed."""
MOST_WAITING = 256  # plates, and vehicles, between two turns

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Glance:
    """The few numbers of a frame, as `metering.Look` has them."""

    at: float
    number: int
    brightness: float
    spread: float
    shot: Shot | None


@dataclass(slots=True)
class Eyes:
    """What the unit sees with, set for the time of day.

    Attributes:
        daylight: which time of day it is.
        health: where it shows.
        stopping: set when the loop shall return; the unit's.
        mode: what the user asked for.
        adjust: the camera's; None where it cannot be adjusted.
        light: None where there is none.
        ircut: the filter at the sensor; None where there is none.
        has_work: there is something to set; else nothing is taken in.
        clock: monotonic seconds, of frames too.
    """

    daylight: Daylight
    health: Health
    stopping: Event = field(default_factory=Event)
    mode: NightMode = field(default_factory=NightMode)
    adjust: Callable[[Settings], None] | None = None
    light: Illuminator | None = None
    ircut: Filter | None = None
    has_work: bool = True
    clock: Callable[[], float] = time.monotonic
    _newest: Glance | None = field(default=None, init=False)  # the lane puts, the loop reads
    _look_at: float = field(default=-math.inf, init=False)  # the lane's
    _plates: deque[tuple[PlateLook, Shot | None]] = field(
        default_factory=lambda: deque(maxlen=MOST_WAITING), init=False
    )
    _passed: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_WAITING), init=False)
    _looked: Glance | None = field(default=None, init=False)
    _given: Settings | None = field(default=None, init=False)
    _asked_at: float = field(default=-math.inf, init=False)  # another exposure, or another gain
    _busy_until: float = field(default=-math.inf, init=False)
    _is_lit: bool = field(default=False, init=False)
    _lit_since: float = field(default=-math.inf, init=False)  # or dark since

    def see(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        """Take in a frame, in the lane's thread; what costs most is done LOOK_S apart."""
        if not self.has_work:
            return
        for each in sightings:
            box = each.detection.box
            size = px_per_metre(box.width, box.height)
            self._plates.append((PlateLook(frame.at, each.tones, size), frame.shot))
        if frame.at >= self._look_at:
            self._look_at = frame.at + LOOK_S
            brightness, spread = light_of(frame.image)
            self._newest = Glance(frame.at, frame.number, brightness, spread, frame.shot)

    def passed(self, settled: Settled) -> None:
        """Take in a vehicle that has gone by, in the lane's thread."""
        self._passed.append(settled.reads / max(1, settled.frames))

    def watch(self, beat: Beat) -> None:
        """Look at the newest frame, four times a second, until the unit stops.

        Raises:
            LineError: the light or the filter is not in good hands.
        """
        try:
            while not self.stopping.is_set():
                self.turn()
                beat()
                self.stopping.wait(TURN_S)
        finally:
            self._want_light(lit=False)

    def turn(self) -> None:
        """Do what the newest frame asks for."""
        self._watch_light()
        self._hear()
        glance = self._newest
        if glance is None or self.clock() - glance.at > FRAMELESS_S:
            self._want_light(lit=False)
        elif glance is not self._looked and self._is_told(glance):
            self._looked = glance
            self._decide(glance)
        elif self._given is not None:
            self._want_light(lit=self._given.lit)

    def _is_told(self, glance: Glance) -> bool:
        """Whether it is known how a frame was taken, or never will be."""
        is_late = glance.at >= self._asked_at + ASSUMED_S
        return glance.shot is not None or self.adjust is None or is_late

    def _shot(self, glance: Glance) -> Shot | None:
        """How it was taken; of an adjustable camera that does not say, as it was asked for last."""
        if glance.shot is not None or self.adjust is None or self._given is None:
            return glance.shot
        return Shot(self._given.exposure_s, self._given.gain)

    def _decide(self, glance: Glance) -> None:
        before = self.daylight.time_of_day
        look = Look(
            glance.at,
            glance.number,
            glance.brightness,
            glance.spread,
            self._shot(glance),
            self._light_during(glance),
            busy=glance.at < self._busy_until,
        )
        self._give(self.daylight.step(look, self.mode.mode))
        if self.daylight.time_of_day != before:
            log.info("%s: %s", self.daylight.time_of_day, self.daylight.why)
        self.health.problem("lens", COVERED if self.daylight.is_covered else None)
        self.health.shows(Outside(self.daylight.time_of_day, self.daylight.why, _rounded(look.lux)))

    def _hear(self) -> None:
        """What the lane has said of plates since the last turn."""
        while self._plates:
            plate, shot = self._plates.popleft()
            self._busy_until = plate.at + BUSY_S
            is_settled = plate.at >= self._asked_at + ASSUMED_S
            as_asked = is_settled if shot is None else matches(shot, self.daylight.settings)
            self.daylight.note(plate, as_asked=as_asked)
        while self._passed:
            self.daylight.passed(self._passed.popleft())

    def _give(self, settings: Settings) -> None:
        """Tell filter, camera and light what has changed; the light is asked each time."""
        before, self._given = self._given, settings
        if self.ircut is not None and (before is None or before.filtered != settings.filtered):
            self.ircut.put(settings.filtered)
        if self.adjust is not None and settings != before:
            self.adjust(settings)
        if before is None or _exposure(before) != _exposure(settings):
            self._asked_at = self.clock()
        self._want_light(lit=settings.lit)

    def _want_light(self, *, lit: bool) -> None:
        if self.light is not None:
            self.light.want(lit)

    def _watch_light(self) -> None:
        is_lit = self.light is not None and self.light.is_lit
        if is_lit != self._is_lit:
            self._is_lit, self._lit_since = is_lit, self.clock()

    def _light_during(self, glance: Glance) -> Light:
        """What our light did while that frame was exposed."""
        early_s = ARRIVAL_S if glance.shot is None else glance.shot.exposure_s + SURELY_S
        if glance.at - early_s < self._lit_since:
            return "unknown"
        return "lit" if self._is_lit else "dark"


def build_eyes(config: Config, camera: Camera, health: Health, lights: Lights) -> Eyes:
    """The eyes of a unit, as it is configured and played."""
    wanted = config.camera
    return Eyes(
        Daylight(wanted.speed_kmh, wanted.gain, 1 / wanted.rate),
        health,
        adjust=camera.adjust if isinstance(camera, Adjustable) else None,
        light=lights.light,
        ircut=lights.ircut,
        has_work=wanted.is_csi or config.light.is_there,
    )


def light_of(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Brightness of a (H, W, 3) BGR picture, and the spread of its parts, 0 to 1 each.

    The brightness is that of all pixels, 0 black to 1 white; the spread the difference between the
    brightest of PARTS and the darkest.  A picture smaller than PARTS is looked at whole.
    """
    down = max(1, min(SPARSE[0], image.shape[0] // PARTS[1]))
    across = max(1, min(SPARSE[1], image.shape[1] // PARTS[0]))
    sparse = np.ascontiguousarray(image[::down, ::across])
    parts = cv2.resize(sparse, PARTS, interpolation=cv2.INTER_AREA).mean(axis=2)
    return float(sparse.mean()) / 255, float(parts.max() - parts.min()) / 255


def _exposure(settings: Settings) -> tuple[float, float]:
    return settings.exposure_s, settings.gain


def _rounded(lux: float) -> float:
    """To two digits: nobody knows it better."""
    return float(f"{lux:.2g}")
