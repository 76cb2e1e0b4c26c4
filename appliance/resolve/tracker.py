"""Following each plate from frame to frame until its vehicle has gone by.  Pure.

One rule: a vehicle gives one passage, when it is gone, and only if its reads agree; every track
that gives none is counted under the name of its reason.  Where the terms ask for it, a track that
is sure is told once before, for a gate that cannot wait until the vehicle has left.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from appliance.domain import Settled, Sighting
from appliance.resolve import align
from appliance.resolve.assign import assign
from appliance.resolve.judge import DUPLICATE, Judge, Terms
from appliance.resolve.story import Tell, story_of, untold
from appliance.resolve.track import MOST_RIVALS, Track, fit, rests
from appliance.resolve.zones import EVERYWHERE, Zones
from appliance.road import Road


class Tracker:
    """All vehicles in sight.

    Args:
        terms: when a track is over, and what makes it a passage.
        zones: where plates count.
        tell: hears the story of every track that ends.
        road: as it was measured, for an indicative speed; None where nobody did.

    Attributes:
        rejected: tracks that gave no passage, by the name of the reason.
    """

    def __init__(
        self,
        terms: Terms,
        zones: Zones = EVERYWHERE,
        tell: Tell = untold,
        road: Road | None = None,
    ) -> None:
        self._terms = terms
        self._judge = Judge(terms, zones, road)
        self._tell = tell
        self._tracks: list[Track] = []
        self._passed: list[tuple[Track, Settled]] = []  # lately, or told early and still in sight
        self._count = 0
        self._image_size = (0, 0)
        self.rejected: Counter[str] = Counter()

    def update(
        self,
        at: float,
        image_size: tuple[int, int],
        sightings: Sequence[Sighting],
        cut: bool = False,
    ) -> list[Settled]:
        """Take in one frame; returns what is settled with it.

        With `early` set it is for the gate: the vehicle is in sight, and its record follows with
        the same `track`, even if the later reads no longer agree.  Without it, it is the record.

        Args:
            at: the frame's time, seconds, never before the last one's.
            image_size: width and height of the frame in pixels.
            sightings: of this frame, in any order.
            cut: recording or stream begins anew with this frame: nobody from before is in sight.
        """
        settled = self.flush() if cut else []
        self._image_size = image_size
        over = [t for t in self._tracks if at - t.last.at > self._terms.gone_s]
        self._tracks = [t for t in self._tracks if t not in over]
        settled += self._settle(over)
        self._forget(at)
        return settled + self._tell_early(self._continue(at, sorted(sightings, key=_order)))

    def flush(self) -> list[Settled]:
        """End every track, as at the end of a recording or at a cut; returns their passages."""
        over, self._tracks = self._tracks, []
        return self._settle(over)

    def last_at(self, number: int) -> float | None:
        """When the track of that number was last sighted, seconds; None where it is over."""
        return next((t.last.at for t in self._tracks if t.number == number), None)

    def stands(self, number: int, at: float) -> bool:
        """Whether the track of that number was sighted at that time and is at rest."""
        return any(t.number == number and t.last.at == at and rests(t) for t in self._tracks)

    def sighted(self, at: float) -> list[tuple[int, Sighting]]:
        """The tracks that were sighted at that time, by their number, each with the sighting."""
        return [(track.number, track.last) for track in self._tracks if track.last.at == at]

    def _continue(self, at: float, sightings: list[Sighting]) -> list[Track]:
        """Give each sighting to the track that it fits best; the rest begin new tracks."""
        fits = {
            (t, s): how_well
            for t, track in enumerate(self._tracks)
            for s, sighting in enumerate(sightings)
            if (how_well := fit(track, sighting, at)) > 0
        }
        chosen = assign(fits)
        for t, s in chosen.items():
            self._tracks[t].add(sightings[s])
        begun = [self._begin(x) for s, x in enumerate(sightings) if s not in chosen.values()]
        grown = [self._tracks[t] for t in sorted(chosen)]
        self._tracks += begun
        return grown + begun

    def _begin(self, sighting: Sighting) -> Track:
        self._count += 1
        lately = [(t.last, settled) for t, settled in self._passed]
        track = Track(number=self._count, rivals=deque(lately, MOST_RIVALS))
        track.add(sighting)
        return track

    def _tell_early(self, tracks: Sequence[Track]) -> list[Settled]:
        """What became sure with this frame; each track once."""
        settled = []
        for track in tracks:
            early = None if track.told else self._judge.early(track, self._image_size)
            if early is not None and not self._judge.is_again(track, early):
                track.told = early
                settled.append(early)
                self._remember(track, early, self._tracks)
        return settled

    def _settle(self, over: list[Track]) -> list[Settled]:
        """The records of tracks that are over, in the order of their coming."""
        settled = []
        for track in sorted(over, key=lambda t: (t.sightings[0].at, t.number)):
            record = self._judge.record(track, self._image_size)
            reason = self._reason(track, record)
            faults = self._judge.faults(track, self._image_size)
            self._tell(story_of(track, record, reason or "passage", faults))
            if reason:
                self.rejected[reason] += 1
            else:
                settled.append(record)
            if reason in {"", DUPLICATE}:
                self._remember(track, record, [*self._tracks, *over])
        if over:
            align.forget()
        return settled

    def _reason(self, track: Track, record: Settled) -> str:
        """Why a track is no passage; what was told early always has its record."""
        if track.told:
            return ""
        again = self._judge.is_again(track, record)
        return self._judge.against(track, record) or (DUPLICATE if again else "")

    def _remember(self, track: Track, settled: Settled, others: Sequence[Track]) -> None:
        """Whoever else looks alike, is near, or comes soon may be the same vehicle."""
        self._passed.append((track, settled))
        for other in others:
            if other is not track and self._judge.is_rival(other, track, settled.read.text):
                other.rivals.append((track.last, settled))

    def _forget(self, at: float) -> None:
        """Nobody is the same vehicle longer than `again_s` after its last sighting."""
        oldest = at - self._terms.again_s
        kept = [(t, s) for t, s in self._passed if t.last.at >= oldest]
        if len(kept) < len(self._passed):
            self._passed = kept
            align.forget()


def _order(sighting: Sighting) -> tuple[float, float, str]:
    """The same for the same picture, however its plates were listed."""
    box = sighting.detection.box
    return box.x1, box.y1, sighting.read.text
