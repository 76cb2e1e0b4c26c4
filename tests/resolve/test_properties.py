"""What holds of a tracker whatever is seen."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import Settled, Sighting
from appliance.resolve.judge import REJECTIONS, Terms
from appliance.resolve.story import Story
from appliance.resolve.tracker import Tracker
from tests.resolve.scenes import RATE, SIZE, sighting

SEEN = st.tuples(
    st.sampled_from(["KX53PXF", "KX58PXF", "7439BBG", "K", ""]),
    st.integers(0, 1200),
    st.integers(0, 700),
)
FRAMES = st.lists(st.lists(SEEN, max_size=4, unique=True), min_size=1, max_size=15)
BUSY = Terms(1.5, 2, 0.6, again_s=5.0, sure_reads=2, sure_confidence=0.7)


def played(
    frames: list[list[Sighting]], terms: Terms = BUSY
) -> tuple[list[Settled], list[Story], Tracker]:
    """Everything that a tracker gives, its stories, and itself."""
    stories: list[Story] = []
    tracker = Tracker(terms, tell=stories.append)
    settled: list[Settled] = []
    for number, seen in enumerate(frames):
        settled += tracker.update(number / RATE, SIZE, seen)
    return settled + tracker.flush(), stories, tracker


def drawn(frames: list[list[tuple[str, int, int]]]) -> list[list[Sighting]]:
    """Sightings of what was drawn by chance."""
    return [[sighting(n, t, (x, y)) for t, x, y in seen] for n, seen in enumerate(frames)]


@settings(deadline=None)
@given(FRAMES)
def test_whatever_is_seen_is_accounted_for(frames: list[list[tuple[str, int, int]]]) -> None:
    """Each sighting in one track, each track a passage or a named rejection, in order."""
    settled, stories, tracker = played(drawn(frames))
    assert sum(story.seen for story in stories) == sum(map(len, frames))
    records = [s for s in settled if not s.early]
    rejected = [story.outcome for story in stories if story.outcome != "passage"]
    assert len(records) + len(rejected) == len(stories)
    assert tracker.rejected.total() == len(rejected)
    assert set(rejected) <= set(REJECTIONS)
    early = [s.track for s in settled if s.early]
    assert len(set(early)) == len(early)
    assert set(early) <= {s.track for s in records}
    assert all(s.frames > 0 for s in settled)


@settings(deadline=None)
@given(FRAMES)
def test_no_sighting_is_in_two_tracks(frames: list[list[tuple[str, int, int]]]) -> None:
    """Each is in one, tracks have no others, and their frames only ever go up."""
    tracker, seen = Tracker(replace(BUSY, gone_s=1e9)), drawn(frames)
    for number, sightings in enumerate(seen):
        tracker.update(number / RATE, SIZE, sightings)
    kept = [[s.frame for s in track.sightings] for track in tracker._tracks]
    assert all(kept)
    assert all(a < b for track in kept for a, b in pairwise(track))
    owned = Counter(id(s) for track in tracker._tracks for s in track.sightings)
    assert owned == Counter(id(s) for sightings in seen for s in sightings)


@settings(deadline=None)
@given(st.lists(FRAMES, min_size=1, max_size=3))
def test_passages_keep_the_order_of_the_vehicles(
    visits: list[list[list[tuple[str, int, int]]]],
) -> None:
    """Who was gone before another came is told before, and what is told early before its record."""
    quiet: list[list[tuple[str, int, int]]] = [[] for _ in range(20)]
    settled, _, _ = played(drawn([frame for visit in visits for frame in [*visit, *quiet]]))
    records = [s for s in settled if not s.early]
    later_first = [
        (a, b) for a, b in combinations(records, 2) if b.last_at + BUSY.gone_s < a.first_at
    ]
    assert not later_first
    at = {(s.track, s.early): n for n, s in enumerate(settled)}
    assert all(n < at[track, False] for (track, early), n in at.items() if early)


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 39), st.sets(st.integers(0, 39), max_size=6))
def test_a_restart_in_the_middle_tells_of_a_vehicle_once_a_run(
    frames: int, restart: int, lost: set[int]
) -> None:
    """The second time from the start on: `pipeline` knows by that whom it has not seen to come."""
    shown = [[] if n in lost else [sighting(n, "KX53PXF", (100, 8 * n))] for n in range(frames)]
    before = Tracker(BUSY)
    first = [
        s for n in range(min(restart, frames)) for s in before.update(n / RATE, SIZE, shown[n])
    ]
    after = Tracker(BUSY)
    second = [s for n in range(restart, frames) for s in after.update(n / RATE, SIZE, shown[n])]
    runs = [*first, *before.flush()], [*second, *after.flush()]
    assert all(Counter(s.early for s in run)[early] <= 1 for run in runs for early in (True, False))
    begin = min((n for n in range(restart, frames) if n not in lost), default=0)
    assert all(s.first_at == begin / RATE for s in runs[1])


@settings(deadline=None)
@given(FRAMES, st.randoms(use_true_random=False))
def test_the_order_within_a_frame_does_not_matter(
    frames: list[list[tuple[str, int, int]]], chance: random.Random
) -> None:
    """The detector may list its plates as it likes."""
    one = drawn(frames)
    other = [chance.sample(seen, len(seen)) for seen in one]
    assert played(one)[0] == played(other)[0]


@settings(deadline=None)
@given(FRAMES, FRAMES)
def test_a_restart_in_a_quiet_moment_changes_nothing(
    first: list[list[tuple[str, int, int]]], second: list[list[tuple[str, int, int]]]
) -> None:
    """But the numbers of the tracks."""
    quiet = [[] for _ in range(80)]
    later = len(first) + len(quiet)
    both = drawn([*first, *quiet, *second])
    restarted = Tracker(BUSY)
    fresh = [s for n in range(later, len(both)) for s in restarted.update(n / RATE, SIZE, both[n])]
    alone = played(both[:later])[0] + fresh + restarted.flush()
    assert [replace(s, track=0) for s in played(both)[0]] == [replace(s, track=0) for s in alone]
