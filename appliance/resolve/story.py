"""How a track came to its end, for whoever asks why.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from appliance.domain import Settled
from appliance.resolve.track import Track


@dataclass(frozen=True, slots=True)
class Story:
    """One track, from its first sighting to what was made of it.

    Attributes:
        settled: what was made of it, whether it became a passage or not.
        outcome: "passage", or the name of the rejection.
        seen: sightings in all.
        texts: what was read and how often, most frequent first; of a long stay not all of it.
        faults: why sightings did not vote and how often, most frequent first; the same.
        widths: smallest and largest width of the plate in pixels.
        told: what was said early; None where nothing was.
    """

    settled: Settled
    outcome: str
    seen: int
    texts: tuple[tuple[str, int], ...]
    faults: tuple[tuple[str, int], ...]
    widths: tuple[float, float]
    told: Settled | None


Tell = Callable[[Story], None]


def untold(_story: Story) -> None:
    """Nobody asks why."""


def story_of(track: Track, settled: Settled, outcome: str, faults: Counter[str]) -> Story:
    """The story of a track that is over."""
    widths = [s.detection.box.width for s in track.sightings]
    return Story(
        settled=settled,
        outcome=outcome,
        seen=track.seen,
        texts=tuple(Counter(s.read.text for s in track.sightings).most_common()),
        faults=tuple(faults.most_common()),
        widths=(min(widths), max(widths)),
        told=track.told,
    )
