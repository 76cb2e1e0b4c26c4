"""What is counted: moves over the boundary of a car park, vehicles by the hour.

The values cross modules like those of `domain`, and are frozen like them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance.decision import ListName
from appliance.domain import Direction

Way = Literal["in", "out"]
Fate = Literal["", "open", "left", "unseen", "nameless", "stray"]
Key = tuple[int, str]

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Move:
    """A passage over the boundary of the car park.

    Attributes:
        seq: of the passage.
        uuid: of the passage.
        at_ms: wall-clock time, milliseconds since 1970 UTC.
        way: in opens a visit, out closes one.
        plate: as it was read.
        list: on which it counted then.
        is_dated: somebody vouches for `at_ms`.
        fate: of one that went in: its visit is "open", it has "left", or it left "unseen", for the
            same plate came in once more.  Of one that went out: it "left", it is "nameless", that
            is one of the open visits, nobody knows which, or a "stray", which nobody saw come in.
        partner: `seq` of the other end of the visit; 0 where there is none.
        alerted: its overstay has been told.
    """

    seq: int
    uuid: str
    at_ms: int
    way: Way
    plate: str
    list: ListName
    is_dated: bool = True
    fate: Fate = ""
    partner: int = 0
    alerted: bool = False

    @property
    def key(self) -> Key:
        """By which moves are ordered: the time, and the id where two have the same."""
        return self.at_ms, self.uuid

    def hours(self, now_ms: int) -> float:
        """Hours since this move."""
        return (now_ms - self.at_ms) / HOUR_MS


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the unit's own clock.

    Attributes:
        begins_ms: milliseconds since 1970 UTC; this is what tells two hours apart.
        written: local time with its offset ("2026-10-25T02:00+02:00"), for where clocks are put
            back the same hour comes twice.
    """

    begins_ms: int
    written: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many vehicles went one way in one hour.

    Attributes:
        region: as in a passage, or "unknown", or "other".
    """

    hour: Hour
    direction: Direction
    region: str
    vehicles: int
