"""How the unit is: counters, problems, times, temperature, trust in the clock.

The rule to know: every loop writes here and anyone reads a `Vitals`, a frozen copy.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from appliance.aim import Aim
from appliance.board import Board, hottest
from appliance.decision import Outcome
from appliance.domain import Clock, Frame
from appliance.exposure import Outside
from appliance.hwmon import Fan, Power
from appliance.latency import Latencies, Stage

Counted = Literal["passages", "frames"]
Beat = Callable[[], None]
"""By calling it a loop says that it is alive."""

RATE_S = 30.0  # over which frames a second are counted
MOST_FRAMES = 2048  # remembered for it: 60 a second
LIGHT_S = 1.0  # between two looks at how bright the picture is
TOLD_S = 30.0
"""For which jetson-stats' temperatures are believed; a snapshot a second, but for a slow card."""
EVERY = 32  # pixels across and down, of which one is looked at for that

NO_AIM = Aim()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vitals:
    """The unit's health at one moment.

    Attributes:
        passages, frames: counted since the process began.
        skipped: frames that a camera had and the lane did not look at, since then.
        rejected: tracks that gave no passage, since then.
        rejects: the same by the name of their reason.
        gate: what the gate did when it was asked, by outcome, since then.
        problems: what is wrong now, in words, in alphabetical order.
        soc_temp: the hottest zone in degrees Celsius; None where nobody tells.
        clock: how far wall-clock time can be trusted.
        temps: degrees Celsius by the kernel's name of the zone.
        throttled: why the processor is slower than it could be; None where nobody tells.
        uptime_s: seconds since the process began.
        fps: frames a second that the lane looked at, over the last half minute.
        frame_age_s: seconds since it had the newest; None before the first.
        brightness: of the newest picture, 0 black to 1 white; None before the first.
        latency_ms: by stage `p50`, `p95` and `max` of the newest times.
        power: what the board takes; None where nothing measures it.
        fan: None where there is none.
        power_mode: of a Jetson, by its name; None where nobody tells.
        aim: how the newest vehicles were seen, and whether that will do.
        outside: the time of day; None where nobody looks.
    """

    passages: int
    frames: int
    skipped: int
    rejected: int
    rejects: dict[str, int]
    gate: dict[Outcome, int]
    problems: tuple[str, ...]
    soc_temp: float | None
    clock: Clock
    temps: dict[str, float]
    throttled: tuple[str, ...] | None
    uptime_s: int
    fps: float
    frame_age_s: float | None
    brightness: float | None
    latency_ms: dict[str, dict[str, float]]
    power: Power | None = None
    fan: Fan | None = None
    power_mode: str | None = None
    aim: Aim = NO_AIM
    outside: Outside | None = None


class Health:
    """Counters and problems that any thread may change."""

    def __init__(self, board: Board | None = None) -> None:
        """Ask `board`, or the machine that this runs on."""
        self._board = board or Board()
        self._lock = Lock()
        self._counts: dict[Counted, int] = {"passages": 0, "frames": 0}
        self._rejects: dict[str, int] = {}
        self._gate: dict[Outcome, int] = {}
        self._problems: dict[str, str] = {}
        self._latencies = Latencies()
        self._began_at = time.monotonic()
        self._skipped, self._number = 0, -1  # frames, and the newest one's
        self._seen_at: deque[float] = deque(maxlen=MOST_FRAMES)
        self._look_at = self._plate_at = 0.0
        self._brightness: float | None = None
        self._aim = NO_AIM
        self._outside: Outside | None = None
        self._told: tuple[float, dict[str, float]] = (-math.inf, {})  # by jetson-stats, and when

    def count(self, what: Counted, by: int = 1) -> None:
        """Add `by` to one of the counters."""
        with self._lock:
            self._counts[what] += by

    def reject(self, reasons: Mapping[str, int]) -> None:
        """Take over how many tracks gave no passage, by reason, since the process began."""
        with self._lock:
            self._rejects = dict(reasons)

    def count_gate(self, outcome: Outcome) -> None:
        """Add one to what the gate did."""
        with self._lock:
            self._gate[outcome] = self._gate.get(outcome, 0) + 1

    def problem(self, key: str, text: str | None) -> None:
        """Note what is wrong under `key`, or with None that nothing is; a change is logged."""
        with self._lock:
            before = self._problems.pop(key, None)
            if text is not None:
                self._problems[key] = text
        if text is not None and text != before:
            log.warning("problem: %s", text)
        if text is None and before is not None:
            log.info("no longer a problem: %s", before)

    def took(self, stage: Stage, seconds: float) -> None:
        """Take down how long a stage took."""
        with self._lock:
            self._latencies.took(stage, seconds)

    def aimed(self, aim: Aim) -> None:
        """Take over how the newest vehicles were seen."""
        with self._lock:
            self._aim = aim

    @contextmanager
    def timing(self, stage: Stage) -> Iterator[None]:
        """Take down how long it takes what is done inside; nothing where that fails."""
        begun = time.perf_counter()
        yield
        self.took(stage, time.perf_counter() - begun)

    def saw(self, frame: Frame) -> None:
        """Count a frame that the lane has looked at, and now and then how bright it is."""
        now = time.monotonic()
        is_due = now >= self._look_at
        level = float(frame.image[::EVERY, ::EVERY].mean()) / 255 if is_due else 0.0
        with self._lock:
            self._counts["frames"] += 1
            self._skipped += max(0, frame.number - self._number - 1)
            self._number = frame.number
            self._seen_at.append(now)
            if is_due:
                self._look_at, self._brightness = now + LIGHT_S, round(level, 3)

    def noticed(self) -> None:
        """Note that a plate is in sight, whosever it is."""
        self._plate_at = time.monotonic()

    def plate_age_s(self) -> float:
        """Seconds since a plate was in sight; since the process began where none was yet."""
        return time.monotonic() - max(self._plate_at, self._began_at)

    def frame_age_s(self) -> float | None:
        """Seconds since the lane has looked at the newest frame; None before the first."""
        with self._lock:
            return time.monotonic() - self._seen_at[-1] if self._seen_at else None

    def celsius(self) -> float | None:
        """The hottest zone, as in the newest snapshot where the kernel names none; None: unknown.

        Any thread may ask; jetson-stats is asked by the one alone that takes snapshots.
        """
        told_at, told = self._told
        is_new = time.monotonic() < told_at + TOLD_S
        return hottest(self._board.temperatures() or (told if is_new else {}))

    def shows(self, outside: Outside) -> None:
        """Note what time of day it is."""
        self._outside = outside

    def is_night(self) -> bool:
        """Whether the time of day was taken for night; false where nobody looked."""
        return self._outside is not None and self._outside.time_of_day == "night"

    def clock(self) -> Clock:
        """How far wall-clock time can be trusted now."""
        return self._board.clock()

    def snapshot(self) -> Vitals:
        """A frozen copy of everything."""
        board, told = self._board, self._board.told()
        if told is not None:
            self._told = time.monotonic(), told.temperatures
        temperatures = board.temperatures() or (told.temperatures if told else {})
        throttled, clock, now = board.throttled(), self.clock(), time.monotonic()
        with self._lock:
            return Vitals(
                **self._counts,
                skipped=self._skipped,
                rejected=sum(self._rejects.values()),
                rejects=dict(self._rejects),
                gate=dict(self._gate),
                problems=tuple(sorted(self._problems.values())),
                soc_temp=hottest(temperatures),
                clock=clock,
                temps=temperatures,
                throttled=throttled,
                uptime_s=round(now - self._began_at),
                fps=self._rate(now),
                frame_age_s=round(now - self._seen_at[-1], 1) if self._seen_at else None,
                brightness=self._brightness,
                latency_ms=self._latencies.percentiles(),
                power=(told and told.power) or board.power(),
                fan=(told and told.fan) or board.fan(),
                power_mode=told.mode if told else None,
                aim=self._aim,
                outside=self._outside,
            )

    def _rate(self, now: float) -> float:
        seconds = min(RATE_S, max(1.0, now - self._began_at))
        return round(sum(at > now - seconds for at in self._seen_at) / seconds, 1)
