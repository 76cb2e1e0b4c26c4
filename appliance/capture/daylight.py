"""Day, dusk or night, and what the camera, the filter and the light shall do.  Pure.

The rules to know: our own light is dark by day and at dusk, so the picture tells how light it is;
by night only a dark probe does, a moment without our light, and only a frame is believed that was
certainly exposed in it.  Nothing changes twice within DWELL_S but by the wish of the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Literal

from appliance.capture.cover import Cover, is_flat
from appliance.capture.metering import Look, Meter
from appliance.capture.plates import PlateLook, Plates
from appliance.capture.steering import MOST_GAIN, Bounds, Steering, longest_s, matches
from appliance.daylightsection import Mode
from appliance.exposure import Settings, TimeOfDay

Phase = Literal["steady", "probe", "trial", "covered"]

NIGHT_LUX, DUSK_LUX, LIGHT_LUX, DAY_LUX = 8.0, 30.0, 60.0, 120.0
"""Below the first it is night, below the second dusk; above the third a probe ends the night, above
the fourth it is day."""
LOOK_S, DWELL_S = 60.0, 120.0
"""Of which half must be dark for the night to come, and three quarters bright for it to go; and
between two changes at least."""
MOVED, UNMOVED = 8.0, 3.0
"""By which it must be lighter than it was when a time of day ended, for that to come back: with the
IR-cut filter moved between (sunlight reads double without it, a bulb sixfold), and without."""
PROBE_S, LATER_S, SOON_S = 300.0, 60.0, 120.0
"""Between two dark probes; for how long one waits while somebody is in sight, and until the next
one after one in which no frame was proven; after which the picture may ask for one earlier."""
DEPTH = 8
"""Frames that a change may take: four buffers and four more (picamera2's issue 1278)."""
UNPROVEN_S, CERTAIN_S = 15.0, 20.0
"""Without a frame that proves anything a probe is given up; for so long every frame must be bright:
head-lights drive on."""
OUTSHONE = 10.0
"""How much more light than in a dark probe there must be where ours is never dark."""
RELAPSE_S, MOST_DOUBT = 900.0, 3
"""Night again so soon after a probe ended it: the next must be twice as sure, three times over."""
START = "at the start"


@dataclass(slots=True)
class Daylight:
    """The time of day as the pictures tell it; one call of `step` a look, in the order of time.

    Attributes:
        speed_kmh: of the fastest vehicle that shall be read.
        night_gain: with which a night begins, before a plate was seen.
        frame_s: from one frame to the next: no exposure is longer.
        time_of_day: now.
        why: it is, in words.
        settings: what is wanted now.
        phase: of a night: a probe or a trial is going on, or the lens is covered.
    """

    speed_kmh: float
    night_gain: float = 4.0
    frame_s: float = inf
    time_of_day: TimeOfDay = field(default="day", init=False)
    why: str = field(default=START, init=False)
    settings: Settings = field(init=False)
    phase: Phase = field(default="steady", init=False)
    meter: Meter = field(default_factory=Meter, init=False)
    plates: Plates = field(default_factory=Plates, init=False)
    cover: Cover = field(default_factory=Cover, init=False)
    steering: Steering = field(init=False)
    _mode: Mode = field(default="auto", init=False)
    _begun_at: float = field(default=inf, init=False)  # of the first look
    _since: float = field(default=-inf, init=False)  # of the time of day; times are monotonic
    _woke_at: float = field(default=-inf, init=False)  # a probe ended the night
    _doubt: int = field(default=0, init=False)
    _day_lux: float = field(default=DAY_LUX, init=False)  # from which on it is day
    _light_lux: float = field(default=LIGHT_LUX, init=False)  # from which on it is night no more
    _own_lux: float = field(default=0.0, init=False)  # what our own light gave when a probe failed
    _pinning_lux: float = field(default=0.0, init=False)  # where exposure and gain are at their end
    _phase_at: float = field(default=0.0, init=False)  # when the phase began, or was proven last
    _phase_from: int = field(default=0, init=False)  # number of its first frame
    _bright_at: float | None = field(default=None, init=False)  # first bright frame of a probe
    _probe_at: float = field(default=inf, init=False)
    _probed_at: float = field(default=-inf, init=False)

    def __post_init__(self) -> None:
        """Begin as cameras and filter do; night may follow at once."""
        bounds = self._bounds()
        self.steering = Steering(bounds, bounds.longest_s * self.night_gain)
        self.settings = self._wanted()

    @property
    def is_covered(self) -> bool:
        """Nothing is to be seen, with all the light there is."""
        return self.phase == "covered"

    def note(self, plate: PlateLook, *, as_asked: bool) -> None:
        """Take in a plate of a frame that was exposed as asked for, or not."""
        self.plates.note(plate, as_asked=as_asked)
        self.cover.clear()

    def passed(self, agreement: float) -> None:
        """A vehicle has gone by; its reads agreed so much, 0 to 1."""
        if self.time_of_day == "night" and self.phase == "steady":
            self.steering.set(self.steering.total * self.plates.verdict(agreement))
            self.settings = self._wanted()

    def step(self, look: Look, mode: Mode = "auto") -> Settings:
        """What is wanted after this look.

        Args:
            look: at the newest frame; the same one again is no harm.
            mode: the user's wish.
        """
        self._begun_at = min(self._begun_at, look.at)
        if mode != self._mode:
            self._mode, self._since = mode, -inf
        pinned = self.steering.is_pinned(look)
        is_noted = self.meter.note(look, pinned=pinned)
        if is_noted and look.light == "dark":
            self._pinning_lux = self.steering.pinning_lux(look) or self._pinning_lux
        if mode != "auto":
            self._obey(mode, look)
        elif self.time_of_day == "night":
            self._by_night(look)
        elif is_noted:
            self._by_light(look)
        self._steer(look)
        self.settings = self._wanted()
        return self.settings

    def _obey(self, mode: TimeOfDay, look: Look) -> None:
        if self.time_of_day != mode:
            self._enter(mode, look, "asked for")
        self.phase, self.why = "steady", "asked for"

    def _by_light(self, look: Look) -> None:
        """By day and at dusk: our own light is dark, and the picture is believed."""
        if look.at - self._since < DWELL_S:
            return
        dark, bright = self.meter.middle(LOOK_S), self.meter.bright(LOOK_S)
        pinned = self.meter.is_pinned(LOOK_S)
        if dark is not None and dark < NIGHT_LUX:
            self._fall("night", look, dark, f"less than {NIGHT_LUX:g} lux")
        elif dark is not None and pinned:
            is_new = self.why == START and look.at - self._begun_at <= DWELL_S  # maybe at night
            darker: TimeOfDay = "dusk" if self.time_of_day == "day" and not is_new else "night"
            self._fall(darker, look, dark, "exposure and gain can do no more")
        elif self.time_of_day == "day" and dark is not None and dark < DUSK_LUX:
            self._fall("dusk", look, dark, f"less than {DUSK_LUX:g} lux")
        elif self.time_of_day == "dusk" and bright is not None and bright > self._day_lux:
            self._enter("day", look, f"more than {self._day_lux:.0f} lux")

    def _fall(self, darker: TimeOfDay, look: Look, lux: float, why: str) -> None:
        """It has become darker; what has become dark at so many lux needs more to be light.

        More, too, than is needed for a picture that does not ask for the light at once again.
        """
        lux = max(lux, self._pinning_lux or self.steering.usual_pinning_lux(look))
        if self.time_of_day == "day":
            self._day_lux = max(DAY_LUX, MOVED * lux)
        if darker == "night":
            factor = MOVED if self.time_of_day == "day" else UNMOVED
            self._light_lux = max(LIGHT_LUX, factor * lux)
            is_relapse = look.at - self._woke_at < RELAPSE_S
            self._doubt = min(MOST_DOUBT, self._doubt + 1) if is_relapse else 0
        self._enter(darker, look, why)

    def _by_night(self, look: Look) -> None:
        if self.phase == "probe":
            self._probe(look)
        elif self.phase == "trial":
            self._try(look)
        elif self.phase == "covered" and self.cover.is_due(look):
            self._begin("trial", look)
        elif self.phase == "covered" or self.meter.light == "dark":
            self._without_light(look)
        elif self._is_probe_due(look):
            self._begin("probe", look)
        elif self.cover.is_suspected(look):
            self._begin("trial", look)

    def _without_light(self, look: Look) -> None:
        """Our light does not shine, or there is none: the picture is believed as at dusk."""
        bright = self.meter.bright(LOOK_S) if self.meter.light == "dark" else None
        if bright is not None and bright > self._needed and look.at - self._since >= DWELL_S:
            self._wake(look, f"more than {self._needed:.0f} lux")
        elif self.phase == "covered" and look.light == "dark" and not is_flat(look):
            self._uncover(look)

    def _uncover(self, look: Look) -> None:
        """Something is to be seen without our light; where that is much, it may be day."""
        if look.lux <= self._needed:
            self.phase = "steady"

    @property
    def _needed(self) -> float:
        return float(self._light_lux * 2**self._doubt)

    def _wake(self, look: Look, why: str) -> None:
        self._woke_at = look.at
        self._enter("dusk", look, why)

    def _is_probe_due(self, look: Look) -> bool:
        if look.at - self._since < DWELL_S or look.at < self._probed_at + LATER_S:
            return False
        lit = self.meter.bright(LOOK_S)
        is_bright = lit is not None and lit > max(self._needed, 2 * self._own_lux)
        if is_bright and look.at >= self._probed_at + SOON_S:
            return True
        return look.at >= self._probe_at + (LATER_S if look.busy else 0.0)

    def _begin(self, phase: Phase, look: Look) -> None:
        self.phase, self._phase_at, self._phase_from = phase, look.at, look.number
        self._bright_at = None
        self.cover.begin(look)
        if phase == "probe":
            self._own_lux = self.meter.bright(0.0) or 0.0

    def _probe(self, look: Look) -> None:
        """Our light is dark for a moment: is it night?"""
        if not self._is_proven(look, "dark"):
            if look.at - self._phase_at > UNPROVEN_S:
                self._go_without(look)
        elif look.lux <= self._needed:
            self._end_probe(look, PROBE_S)
        else:
            self._phase_at = look.at
            self._bright_at = look.at if self._bright_at is None else self._bright_at
            if look.at - self._bright_at >= CERTAIN_S:
                self._wake(look, f"more than {self._needed:.0f} lux without our light")

    def _go_without(self, look: Look) -> None:
        """A probe proved nothing: where somebody keeps our light lit the sun outshines it."""
        lit = self.meter.bright(LOOK_S) if self.meter.light == "lit" else None
        if lit is not None and lit > OUTSHONE * self._needed:
            self._wake(look, f"more than {OUTSHONE * self._needed:.0f} lux")
        else:
            self._end_probe(look, LATER_S)

    def _end_probe(self, look: Look, pause_s: float) -> None:
        self.phase = "steady"
        self.cover.clear()
        self._probed_at, self._probe_at = look.at, look.at + pause_s
        self.meter.clear()

    def _is_proven(self, look: Look, light: Literal["dark", "lit"]) -> bool:
        """Whether a frame was certainly taken as asked for, as far as the camera can be asked."""
        is_new = look.number >= self._phase_from + DEPTH
        is_asked = matches(look.shot, self.settings) or self.steering.is_unruly(look)
        return is_new and is_asked and look.light == light

    def _try(self, look: Look) -> None:
        """All the light and exposure there is: is anything to be seen?"""
        covered = self.cover.verdict(look, proven=self._is_proven(look, "lit"))
        if covered is not None:
            self.phase = "covered" if covered else "steady"
            self.meter.clear()

    def _enter(self, time_of_day: TimeOfDay, look: Look, why: str) -> None:
        self.time_of_day, self.why, self._since = time_of_day, why, look.at
        self.phase = "steady"
        self.cover.clear()
        self._probe_at = look.at + PROBE_S
        if time_of_day == "day":
            self._doubt = 0
        self.meter.clear()
        free = self._bounds()
        by_plates = free.longest_s * self.night_gain
        self.steering.begin(by_plates if time_of_day == "night" else self.steering.total, free)

    def _bounds(self) -> Bounds:
        longest = longest_s(self.speed_kmh, self.plates.px_per_metre)
        return Bounds(min(longest, self.frame_s), most_gain=max(MOST_GAIN, self.night_gain))

    def _steer(self, look: Look) -> None:
        self.steering.learn(look, self.settings)
        if self.phase != "steady":
            return
        self.steering.watch(look, self.settings)
        if self.time_of_day == "night":
            start = self.steering.bounds.longest_s * self.night_gain
            factor = self.plates.drift(look.at, self.steering.total, start)
            if factor != 1.0:
                self.steering.set(self.steering.total * factor)

    def _wanted(self) -> Settings:
        bounds, by_night = self.steering.bounds, self.time_of_day == "night"
        total = bounds.most if self.phase == "trial" else self.steering.total
        exposure_s, gain = bounds.split(total)
        return Settings(
            time_of_day=self.time_of_day,
            exposure_s=exposure_s,
            gain=gain,
            colour=self.time_of_day == "day",
            filtered=self.time_of_day == "day",
            lit=by_night and self.phase in {"steady", "trial"},
        )
