"""What holds of a tracker whatever is seen."""

from __future__ import annotations

import random
from dataclasses import replace

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
