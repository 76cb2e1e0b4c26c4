"""What a sighting must be to count, and what a track must show to be a passage.  Pure.

One rule: whatever is turned away has a name, and `REJECTIONS` lists them all.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

from appliance.domain import Box, Read, Settled, Sighting
from appliance.resolve.align import likeness
from appliance.resolve.speed import speed_kmh
from appliance.resolve.track import ALIKE, CERTAIN, SURE, TELLING, Track, direction, moved
from appliance.resolve.vote import support, vote
from appliance.resolve.zones import EVERYWHERE, Zones
from appliance.road import Road

IGNORED, OUTSIDE, CUT_OFF = "ignored zone", "outside the zone", "cut off"
TOO_SMALL, BLURRED = "too small", "blurred"
ILLEGIBLE, IMPLAUSIBLE, FEW = "not legible", "not plausible", "too few agreeing reads"
LOW, LETTERING, DUPLICATE = "low agreement", "lettering that never moved", "duplicate"
SIGHTING_FAULTS = (IGNORED, OUTSIDE, CUT_OFF, TOO_SMALL, BLURRED)
REJECTIONS = (*SIGHTING_FAULTS, ILLEGIBLE, IMPLAUSIBLE, FEW, LOW, LETTERING, DUPLICATE)

LONGEST = 12
"""Characters; the longest plates in use have ten (Indian BH series), and two may be misread."""
RIVAL = 0.02
"""Chance of a candidate from which two tracks at one place may be of the same plate."""
NEAR = 2.0
"""Plate widths within which a plate is at the same place."""
EDGE = 0.1
"""Plate heights from the picture's edge within which a plate may be cut off: of 100 plates of
tests/data/lane.mp4 that were cut at a side, 8 had a box that ended within the picture, by 0.09."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When a track is over, and what it must show to become a passage.

    The defaults behind the first three switch each of their rules off.

    Attributes:
        gone_s: seconds out of sight after which the vehicle is gone.
        least_reads: sightings that must agree with the voted text in each of its characters; one
            at least must say all of it.
        least_confidence: of the vote, 0 to 1.
        least_height: of a plate in pixels, for its read to vote.
        least_sharpness: of its crop, 0 to 1, for the same.
        again_s: seconds after a passage in which the same plate is the same passage.
        sure_reads: agreeing reads from which a track is settled early; 0 for never.
        sure_confidence: of the vote that is settled early, 0 to 1.
        sure_agreement: share of the sightings that voted which must say its text, 0 to 1.
        sure_direction: early only when it is known whether the vehicle approaches.
    """

    gone_s: float
    least_reads: int
    least_confidence: float
    least_height: float = 0.0
    least_sharpness: float = 0.0
    again_s: float = 0.0
    sure_reads: int = 0
    sure_confidence: float = 0.9
    sure_agreement: float = 0.0
    sure_direction: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Says of sightings and tracks what speaks against them.

    Attributes:
        terms: what they must show.
        zones: where plates count.
        road: as it was measured; None where nobody did.
    """

    terms: Terms
    zones: Zones = EVERYWHERE
    road: Road | None = None

    def fault(self, sighting: Sighting, image_size: tuple[int, int]) -> str:
        """Why a sighting does not vote, or an empty string where it does."""
        box, (width, height) = sighting.detection.box, image_size
        x, y = box.centre
        place = (x / max(1, width), y / max(1, height))
        if self.zones.is_ignored(place):
            return IGNORED
        if not self.zones.is_watched(place):
            return OUTSIDE
        if _is_cut_off(sighting, image_size):
            return CUT_OFF
        if box.height < self.terms.least_height:
            return TOO_SMALL
        return BLURRED if sighting.sharpness < self.terms.least_sharpness else ""

    def faults(self, track: Track, image_size: tuple[int, int]) -> Counter[str]:
        """How many of a track's sightings do not vote, by the reason."""
        found = Counter(self.fault(s, image_size) for s in track.sightings)
        del found[""]
        return found

    def _counted(self, track: Track, image_size: tuple[int, int]) -> list[Sighting]:
        return [s for s in track.sightings if not self.fault(s, image_size)]

    def _agree(self, track: Track, settled: Settled) -> bool:
        counted = self._counted(track, settled.image_size)
        agreeing = support(settled.read.text, counted) if settled.reads else 0
        return agreeing >= self.terms.least_reads

    def sum_up(self, track: Track, image_size: tuple[int, int]) -> Settled:
        """What the sightings without a fault agree on.

        Its direction is that of whole plates, because one that comes into the picture grows there,
        also when its vehicle leaves; of all where those do not say.
        """
        counted = self._counted(track, image_size)
        read = vote(counted)
        spoken = [s for s in counted if s.read.text]
        agreeing = [s for s in spoken if s.read.text == read.text]
        best = max(agreeing or counted or track.sightings, key=lambda s: s.read.confidence)
        way = direction(_whole(track, image_size))
        path = [_place(s, image_size) for s in track.sightings]
        return Settled(
            read=read,
            reads=len(agreeing),
            frames=len(spoken),
            first_frame=track.sightings[0].frame,
            last_frame=track.last.frame,
            best_frame=best.frame,
            first_at=track.sightings[0].at,
            last_at=track.last.at,
            direction=way if way != "unknown" else direction(track.sightings),
            box=best.detection.box,
            image_size=image_size,
            track=track.number,
            early_text=track.told.read.text if track.told else "",
            crossed=self.zones.line.crossed(path) if self.zones.line else "none",
        )

    def record(self, track: Track, image_size: tuple[int, int]) -> Settled:
        """The same of a track that is over, with its indicative speed."""
        settled = self.sum_up(track, image_size)
        if self.road is None:
            return settled
        speed = speed_kmh(self.road, track.sightings, image_size)
        return replace(settled, indicative_speed_kmh=speed)

    def against(self, track: Track, settled: Settled) -> str:
        """Why a track is no passage, the first reason that applies; empty where it is one.

        What never moves and fits no plate syntax is a sign, a shop or the camera's own lettering,
        also where a vehicle's plate, hardly read, was taken for a part of its track.  A plate that
        never moves may be a vehicle that waits, but frames of the same pixels are no more witnesses
        than one: without a single sure read it is not sure by their number.
        """
        read, faults = settled.read, self.faults(track, settled.image_size)
        agreed = self._agree(track, settled)
        alike = [s for s in track.sightings if likeness(s.read.text, read.text) >= ALIKE]
        fixed = not moved(alike or track.sightings)
        surest = max((s.read.confidence for s in alike), default=0.0)
        sure = min(read.confidence, surest) if fixed else read.confidence
        common = faults.most_common(1)[0][0] if faults else ""
        verdicts = (
            (common, not agreed and faults.total() > settled.frames),
            (ILLEGIBLE, not read.text),
            (IMPLAUSIBLE, not _is_plausible(read)),
            (FEW, not agreed),
            (LOW, sure < self.terms.least_confidence),
            (LETTERING, fixed and not read.format_ok),
        )
        return next((reason for reason, applies in verdicts if applies), "")

    def early(self, track: Track, image_size: tuple[int, int]) -> Settled | None:
        """What is settled while the vehicle is still in sight; None while anything is in doubt.

        It needs `sure_reads` agreeing reads, and as many again for every sure read of another text.
        Its direction is that of whole plates only.
        """
        need = self.terms.sure_reads
        if not need or not _has_repeated(track, max(need, self.terms.least_reads)):
            return None
        whole = direction(_whole(track, image_size))
        if self.terms.sure_direction and whole == "unknown":
            return None  # before the vote, which a parked car would ask for in every frame
        settled = replace(self.sum_up(track, image_size), early=True, direction=whole)
        others = sum(_denies(s, settled.read.text) for s in track.sightings)
        is_sure = (
            settled.reads >= need * (1 + others)
            and settled.reads >= self.terms.sure_agreement * settled.frames
            and settled.read.confidence >= self.terms.sure_confidence
        )
        return settled if is_sure and not self.against(track, settled) else None

    def is_rival(self, track: Track, passed: Track, text: str) -> bool:
        """Whether a track in sight may turn out to be of the plate that just passed as `text`."""
        if _is_near(track.last.detection.box, passed.last.detection.box):
            return True
        return any(likeness(s.read.text, text) >= ALIKE for s in track.sightings)

    def is_again(self, track: Track, settled: Settled) -> bool:
        """Whether a vehicle that passed was only lost and found again, or found twice."""
        begun = track.sightings[0]
        return any(
            begun.at - last.at <= self.terms.again_s
            and _same(before, settled, _is_near(last.detection.box, begun.detection.box))
            for last, before in track.rivals
            if self.terms.again_s
        )


def _has_repeated(track: Track, times: int) -> bool:
    """Whether the newest text was read so often: cheaper than a vote in every frame."""
    text = track.last.read.text
    return bool(text) and sum(s.read.text == text for s in track.sightings) >= times


def _is_cut_off(sighting: Sighting, image_size: tuple[int, int]) -> bool:
    """Whether the picture ends within the plate."""
    return not _is_within(sighting, image_size, 0.0)


def _is_within(sighting: Sighting, image_size: tuple[int, int], edge: float) -> bool:
    """Whether a plate lies farther than `edge` pixels from each edge of the picture."""
    box, (width, height) = sighting.detection.box, image_size
    return min(box.x1, box.y1, width - box.x2, height - box.y2) > edge


def _whole(track: Track, image_size: tuple[int, int]) -> list[Sighting]:
    """The sightings of a plate that the picture surely holds all of."""
    edges = ((s, EDGE * s.detection.box.height) for s in track.sightings)
    return [s for s, edge in edges if _is_within(s, image_size, edge)]


def _denies(sighting: Sighting, text: str) -> bool:
    """Whether a sure read says something else, and not only a part of it at the picture's edge."""
    read = sighting.read
    return read.confidence > SURE and len(read.text) >= TELLING and read.text not in text


def _is_plausible(read: Read) -> bool:
    """Whether a text can stand on a plate; a known syntax is enough, but nobody needs one."""
    return read.format_ok or (TELLING <= len(read.text) <= LONGEST and len(set(read.text)) > 1)


def _same(before: Settled, after: Settled, near: bool) -> bool:
    """Whether two tracks are of one plate: the same text anywhere, a likely one or a part there.

    Only a part that follows: the gate that stayed shut for a part must open for the whole.
    """
    was, now = before.read.text, after.read.text
    if was == now and len(now) >= CERTAIN:
        return True
    return near and (_is_part(now, was) or _thinks_of(before, now) or _thinks_of(after, was))


def _is_part(text: str, whole: str) -> bool:
    """Whether something hides one end of the whole."""
    return len(text) >= TELLING and (whole.startswith(text) or whole.endswith(text))


def _is_near(one: Box, other: Box) -> bool:
    return math.dist(one.centre, other.centre) < NEAR * max(1.0, one.width, other.width)


def _thinks_of(settled: Settled, text: str) -> bool:
    return any(c.text == text and c.confidence >= RIVAL for c in settled.read.candidates)


def _place(sighting: Sighting, image_size: tuple[int, int]) -> tuple[float, float]:
    """The plate's middle as shares of the picture."""
    x, y = sighting.detection.box.centre
    return x / max(1, image_size[0]), y / max(1, image_size[1])
