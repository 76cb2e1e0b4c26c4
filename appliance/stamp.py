"""Ids and dates for settled tracks: the only place where monotonic time becomes a date."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from ulid import ULID

from appliance.domain import Clock, Settled


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a passage gets on top of its track.

    Attributes:
        uuid: ULID of the passage, of the time at which it was first told; of a recording, of its
            first sighting.
        epoch_ms: wall-clock time of the last sighting, milliseconds since 1970 UTC.
        clock: how far that can be trusted.
    """

    uuid: str
    epoch_ms: int
    clock: Clock


class Stamp(Protocol):
    """Gives a settled track its id and its time.

    Attributes:
        recorded: the tracks come from a recording, so they are never live.
    """

    recorded: ClassVar[bool]

    def __call__(self, settled: Settled, uuid: str | None = None) -> Stamped:
        """The id and time of a passage.

        Args:
            settled: its track.
            uuid: the id that it was told early with; None where it was not.
        """


@dataclass(frozen=True, slots=True)
class LiveStamp:
    """For a camera: the time is now less the time since the last sighting, the id is new.

    Attributes:
        clock: asked for each passage, for a unit may learn the time while it runs.
    """

    clock: Callable[[], Clock]
    recorded: ClassVar[bool] = False

    def __call__(self, settled: Settled, uuid: str | None = None) -> Stamped:
        """The id and time of a passage that was just seen."""
        epoch_ms = time.time_ns() // 1_000_000 - round(1000 * (time.monotonic() - settled.last_at))
        return Stamped(uuid or str(ULID()), epoch_ms, self.clock())


@dataclass(frozen=True, slots=True)
class RecordedStamp:
    """For a recording: the same recording gives the same ids and times however often it is played.

    Whoever collects passages drops repeats by the id, so a replay that was broken off may simply
    be started again.  The plate is not in the id: a hash of few possibilities would give it away.
    Nor is what a track learns after its first sighting: the id is the same early and late.

    Attributes:
        source: the recording.
        begun_ms: wall-clock time of its first frame, from the file's date; nobody vouches for it.
        unit: the id of the unit that plays it.
    """

    source: Path
    begun_ms: int
    unit: str
    recorded: ClassVar[bool] = True

    def __call__(self, settled: Settled, uuid: str | None = None) -> Stamped:
        """The id and time of a passage of this recording."""
        epoch_ms = self.begun_ms + round(1000 * settled.last_at)
        return Stamped(uuid or self._uuid(settled), epoch_ms, "none")

    def _uuid(self, settled: Settled) -> str:
        """A ULID of the time of the first sighting."""
        came_ms = self.begun_ms + round(1000 * settled.first_at)
        place = (settled.track, settled.first_frame)
        told = repr((str(self.source.resolve()), self.begun_ms, self.unit, place))
        chance = hashlib.sha256(told.encode()).digest()[:10]
        return str(ULID.from_bytes(came_ms.to_bytes(6, "big") + chance))
