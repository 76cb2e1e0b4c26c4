"""One vehicle, one passage: synthetic lanes in which everything is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Box
from appliance.resolve.judge import Terms
from appliance.resolve.track import MOST, Track
from appliance.resolve.tracker import Tracker
from tests.resolve.scenes import (
    RATE,
    SIZE,
    TERMS,
    Lane,
    ends,
    lettering,
    passages,
    sighting,
    texts,
    together,
    vehicle,
    watched,
)


def test_a_vehicle_gives_one_passage_when_it_is_gone() -> None:
    """Not before: in sight it may still be read better."""
    tracker = Tracker(TERMS)
    for frame, seen in vehicle("KX53PXF", range(10)).items():
        assert tracker.update(frame / RATE, SIZE, seen) == []
    assert tracker.update(0.9 + 1.5, SIZE, []) == []
    (passage,) = tracker.update(0.9 + 1.6, SIZE, [])
    assert passage.read.text == "KX53PXF"
    assert tracker.update(9.0, SIZE, []) == []
    assert tracker.flush() == []


def test_a_passage_says_when_and_where_it_was_seen() -> None:
    """First and last frame with their times, counts, size of the picture, box of the best read."""
    lane = vehicle("KX53PXF", range(2, 9), sure=0.8)
    lane[5] = [sighting(5, "KX53PXF", (175, 125), sure=0.95)]
    lane[6] = [sighting(6, "", (190, 130))]
    (passage,) = passages(lane)
    assert (passage.first_frame, passage.last_frame) == (2, 8)
    assert (passage.first_at, passage.last_at) == (0.2, 0.8)
    assert (passage.reads, passage.frames) == (6, 6)
    assert passage.box == Box(175, 125, 275, 150)
    assert passage.image_size == SIZE


LANES: dict[str, tuple[Callable[[], Lane], list[str]]] = {
    "side by side": (
        lambda: together(
            vehicle("KX53PXF", range(10)), vehicle("7439BBG", range(10), start=(500, 110))
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "crossing": (
        lambda: together(
            vehicle("KX53PXF", range(20), start=(100, 100), step=(30, 0)),
            vehicle("7439BBG", range(20), start=(700, 130), step=(-30, 0)),
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "short occlusion": (
        lambda: vehicle("KX53PXF", [*range(6), *range(14, 20)]),
        ["KX53PXF"],
    ),
    "occlusion of a plate misread once": (
        lambda: together(vehicle("KX53PXF", [*range(6), *range(15, 20)]), vehicle("KX58PXF", [14])),
        ["KX53PXF"],
    ),
    "gone, and another at the same place": (
        lambda: together(
            vehicle("KX53PXF", ends(0), step=(0, 0)), vehicle("7439BBG", ends(24), step=(0, 0))
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "a cut to another at the same place": (
        lambda: together(
            vehicle("KX53PXF", ends(0), step=(0, 0)), vehicle("7439BBG", ends(8), step=(0, 0))
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "one sure misread at the same place": (
        lambda: together(vehicle("KX53PXF", [0, 1, 2, 3, 5, 6, 7]), vehicle("7439BBG", [4])),
        ["KX53PXF"],
    ),
    "a cut to another elsewhere": (
        lambda: together(
            vehicle("KX53PXF", ends(0)), vehicle("7439BBG", ends(8), start=(600, 300))
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "a cut to another nearby": (
        lambda: together(
            vehicle("KX53PXF", ends(0), step=(0, 0)),
            vehicle("7439BBG", ends(8), start=(180, 150), step=(0, 0)),
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "the same twice": (
        lambda: together(vehicle("KX53PXF", ends(0)), vehicle("KX53PXF", ends(40), step=(5, 0))),
        ["KX53PXF", "KX53PXF"],
    ),
    "one after the other": (
        lambda: together(
            vehicle("KX53PXF", ends(0), start=(100, 100), step=(60, 20)),
            vehicle("7439BBG", ends(4), start=(-140, 20), step=(60, 20)),
        ),
        ["KX53PXF", "7439BBG"],
    ),
    "fast": (lambda: vehicle("KX53PXF", range(8), step=(115, 40)), ["KX53PXF"]),
    "at rest": (lambda: vehicle("KX53PXF", range(300), step=(0, 0)), ["KX53PXF"]),
    "approaching fast": (
        lambda: vehicle("KX53PXF", range(10), width=40, growth=1.25),
        ["KX53PXF"],
    ),
    "misread at first": (
        lambda: together(vehicle("KX5", [0]), vehicle("KX58PXF", [1]), vehicle("KX53PXF", ends(2))),
        ["KX53PXF"],
    ),
    "illegible now and then": (
        lambda: together(vehicle("KX53PXF", range(0, 12, 2)), vehicle("", range(1, 12, 2))),
        ["KX53PXF"],
    ),
}


@pytest.mark.parametrize("name", LANES)
def test_a_vehicle_is_a_passage(name: str) -> None:
    """Each of them one, in the order of their coming."""
    make, expected = LANES[name]
    assert texts(make()) == expected


REJECTED: dict[str, tuple[Callable[[], Lane], str]] = {
    "never legible": (lambda: vehicle("", range(9)), "not legible"),
    "seen twice": (lambda: vehicle("KX53PXF", range(2)), "too few agreeing reads"),
    "another text each time": (
        lambda: together(
            *(vehicle(t, [f], step=(2, 0)) for f, t in enumerate(["KX53PXF", "KX53PYF", "KX53PZF"]))
        ),
        "too few agreeing reads",
    ),
    "the sign of a shop": (
        lambda: lettering(vehicle("GARAGE", range(30), step=(0, 0))),
        "lettering that never moved",
    ),
    "a sign that a branch hides now and then": (
        lambda: lettering(vehicle("GARAGE", [*range(9), *range(15, 30)], step=(0.1, -0.1))),
        "lettering that never moved",
    ),
    "now this and now that": (
        lambda: together(vehicle("KX53PXF", range(0, 12, 2)), vehicle("KX58PXF", range(1, 12, 2))),
        "low agreement",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_track_without_a_passage_is_counted_by_its_reason(name: str) -> None:
    """Nothing disappears without a trace."""
    make, reason = REJECTED[name]
    tracker, settled = watched(make())
    assert settled + tracker.flush() == []
    assert dict(tracker.rejected) == {reason: 1}


MOVING: dict[str, Lane] = {
    "drives by": vehicle("GARAGE", range(10)),
    "comes nearer": vehicle("GARAGE", range(10), step=(-1.5, -0.4), growth=1.03),
    "a known syntax at rest": vehicle("KX53PXF", range(10), step=(0, 0)),
}


@pytest.mark.parametrize("name", MOVING)
def test_a_vehicle_is_known_by_its_syntax_or_by_moving(name: str) -> None:
    """A foreign plate drives, a waiting vehicle has a known one; either is enough."""
    lane = MOVING[name] if "known" in name else lettering(MOVING[name])
    assert len(passages(lane)) == 1


def test_a_plate_at_rest_is_as_sure_as_its_surest_read() -> None:
    """The toll clip's parked van was read forty times at 0.1, and the votes made 0.6 of it."""
    there = vehicle("KX53PXF", range(40), step=(0, 0), sure=0.3)
    terms = Terms(1.5, 2, 0.6)
    assert passages(there, Terms(1.5, 2, 0.0))[0].read.confidence > 0.6
    assert not passages(there, terms)
    assert passages(vehicle("KX53PXF", range(40), sure=0.3), terms)
    assert passages(together(there, {40: [sighting(40, "KX53PXF", (300, 270), sure=0.7)]}), terms)


def test_a_sign_has_not_moved_by_the_plate_that_went_before_it() -> None:
    """In a rendered lane a plate, hardly read, and NO PARKING behind it were one track."""
    plate = vehicle("8V71", range(6), start=(210, 252), step=(15, 3), sure=0.3)
    sign = vehicle("NOPARKNG", range(6, 14), start=(300, 270), step=(0, 0), sure=0.7)
    tracker, settled = watched(lettering(together(plate, sign)))
    assert settled + tracker.flush() == []
    assert tracker.rejected["lettering that never moved"] == 1


def test_terms_decide_what_is_enough() -> None:
    """A passage at both bounds is one."""
    lane = vehicle("KX53PXF", range(8), sure=0.4)
    sure = passages(lane, Terms(1.5, 8, 0.0))[0].read.confidence
    assert passages(lane, Terms(1.5, 8, sure))
    assert not passages(lane, Terms(1.5, 9, sure))
    assert not passages(lane, Terms(1.5, 8, sure + 1e-6))


def test_a_longer_absence_than_allowed_is_two_vehicles() -> None:
    """And the same absence with more patience is one."""
    lane = vehicle("KX53PXF", [*range(6), *range(20, 26)], step=(1, 0))
    assert len(passages(lane, Terms(1.0, 3, 0.6))) == 2
    assert len(passages(lane, Terms(1.5, 3, 0.6))) == 1


def test_flushing_ends_every_track() -> None:
    """As at the end of a recording; afterwards nothing is in sight."""
    lane = together(vehicle("KX53PXF", range(9)), vehicle("7439BBG", range(9), start=(600, 300)))
    tracker, settled = watched(lane)
    assert settled == []
    assert [passage.read.text for passage in tracker.flush()] == ["KX53PXF", "7439BBG"]
    assert tracker.flush() == []


def test_misreads_do_not_win_against_the_vehicle() -> None:
    """The vote is over all frames of the track."""
    lane = together(vehicle("KX53PXF", [0, 1, 3, 4, 6, 7]), vehicle("KX58PXF", [2, 5]))
    (passage,) = passages(lane)
    assert (passage.read.text, passage.reads, passage.frames) == ("KX53PXF", 6, 8)


@given(st.integers(0, 5), st.integers(4, 20), st.floats(-20, 20), st.floats(-10, 10))
def test_any_steady_vehicle_is_one_passage(
    first: int, count: int, right: float, down: float
) -> None:
    """Wherever it drives, in both directions."""
    lane = vehicle("KX53PXF", ends(first, count), start=(600, 300), step=(right, down))
    assert texts(lane) == ["KX53PXF"]


@given(st.lists(st.lists(st.tuples(st.sampled_from(["KX53PXF", "7439BBG", "K", ""]),
                                   st.integers(0, 1200), st.integers(0, 700)), max_size=4),
                min_size=1, max_size=12))  # fmt: skip
def test_no_sighting_counts_twice(frames: list[list[tuple[str, int, int]]]) -> None:
    """Whatever is seen: no more reads in passages than there were, and every track comes to an end.

    A passage needs three sightings, and each sighting belongs to one track.
    """
    lane = {
        number: [sighting(number, text, (x, y)) for text, x, y in seen]
        for number, seen in enumerate(frames)
    }
    legible = sum(1 for seen in lane.values() for s in seen if s.read.text)
    settled = passages(lane)
    assert sum(passage.frames for passage in settled) <= legible
    assert all(passage.reads >= 3 for passage in settled)


def test_a_sign_that_stays_for_ever_stays_small() -> None:
    """A track keeps its beginning and its end, and no more than it can vote on in no time."""
    track = Track()
    for number in range(5000):
        track.add(sighting(number, "NOPARKNG", (100, 100)))
    assert len(track.sightings) <= MOST
    assert [s.frame for s in track.sightings[:3]] == [0, 1, 2]
    assert track.last.frame == 4999
