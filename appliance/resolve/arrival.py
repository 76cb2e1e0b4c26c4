"""Who has come, and who stood in sight when the unit started.  Pure.

One rule: after a start nobody knows how long the one in sight has stood there, or whether the gate
has already opened for it; so neither it, nor what may be it, has come.  The same after a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from appliance.domain import Settled, Sighting
from appliance.resolve.align import likeness
from appliance.resolve.track import ALIKE, SAME_PLACE, TELLING

ARRIVAL_S = 1.0
"""Seconds after the first frame; who is in sight by then stood there before."""
WARY_S = 30.0
"""Seconds after it in which one of those may be lost and be found again as another track."""


@dataclass(slots=True)
class Arrivals:
    """Knows who has come since the first frame, or the last cut.

    Attributes:
        began_at: of that frame; None before it.
        there: what was sighted then, and at a start or cut shortly before.
        found: tracks that may be of a vehicle that stood there; once that is so, it stays so.
    """

    began_at: float | None = None
    there: list[Sighting] = field(default_factory=list)
    found: set[int] = field(default_factory=set)

    def watch(self, at: float, sightings: Sequence[Sighting], cut: bool = False) -> None:
        """Take in the sightings of a frame of the time `at`, seconds."""
        if self.began_at is None or cut:
            self.began_at = at
            self.there = [sighting for sighting in self.there if at <= sighting.at + WARY_S]
        if at <= self.began_at + ARRIVAL_S:
            self.there += sightings

    def has_come(self, settled: Settled) -> bool:
        """Whether a vehicle came into sight after the start.

        In the first half minute not if its plate is where one was at the start, or reads like it:
        a track that was lost or rejected has no passage by which the tracker would know it again.
        """
        if self.began_at is None or settled.first_at <= self.began_at + ARRIVAL_S:
            return False
        if settled.first_at > self.began_at + WARY_S:
            return True
        if any(_may_be(sighting, settled) for sighting in self.there):
            self.found.add(settled.track)
        return settled.track not in self.found


def _may_be(sighting: Sighting, settled: Settled) -> bool:
    text = sighting.read.text
    reads_alike = len(text) >= TELLING and likeness(text, settled.read.text) >= ALIKE
    return reads_alike or sighting.detection.box.overlap(settled.box) > SAME_PLACE
