"""How long each stage took lately: percentiles over a bounded window.  Pure.

The rule to know: taking a time down costs a microsecond, for it is done in every frame; sorting is
for whoever asks.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

Stage = Literal["age", "detect", "read", "track", "frame", "record", "publish"]
"""`age` is how old a live frame is when the lane takes it up, as far as its camera can tell,
`frame` the whole of the lane's turn, `record` one commit, `publish` the way from the outbox to the
broker's acknowledgement."""

WINDOW = 256
"""Times of a stage that are kept, the newest: some 20 s of frames, some hours of passages."""


class Latencies:
    """The newest times of every stage; only one thread at a time may use it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._times: dict[Stage, deque[float]] = {}

    def took(self, stage: Stage, seconds: float) -> None:
        """Take down that a stage took so long."""
        self._times.setdefault(stage, deque(maxlen=WINDOW)).append(seconds)

    def percentiles(self) -> dict[str, dict[str, float]]:
        """Milliseconds by stage: `p50`, `p95`, by the nearest rank, and the worst, `max`."""
        return {stage: _summary(sorted(times)) for stage, times in sorted(self._times.items())}


def _summary(times: list[float]) -> dict[str, float]:
    return {
        "p50": _ms(_ranked(times, 50)),
        "p95": _ms(_ranked(times, 95)),
        "max": _ms(times[-1]),
    }


def _ranked(times: list[float], percent: int) -> float:
    """The smallest time within which so many percent are; of a few, that is the worst."""
    return times[-(-len(times) * percent // 100) - 1]


def _ms(seconds: float) -> float:
    return round(1e3 * seconds, 1)
