"""Early and late, cuts, duplicates, zones, names and stories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.domain import Detection, Quad, Settled, Sighting
from appliance.resolve import align
from appliance.resolve.align import aligned, edits
from appliance.resolve.judge import Terms
from appliance.resolve.story import Story
from appliance.resolve.tracker import Tracker
from appliance.resolve.zones import Line, Zones
from tests.resolve.scenes import (
    RATE,
    SIZE,
    TERMS,
    Lane,
    ends,
    lettering,
    passages,
    sighting,
    together,
    vehicle,
    watched,
)

EAGER = replace(TERMS, sure_reads=4, sure_confidence=0.9)
LASTING = replace(TERMS, again_s=5.0)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def told(lane: Lane, terms: Terms = EAGER) -> list[Settled]:
    """Everything that is settled, early and late, in its order."""
    tracker, settled = watched(lane, terms)
    return settled + tracker.flush()


def test_a_sure_track_is_told_at_once_and_once() -> None:
    """With the fourth agreeing read; the record follows under the same number."""
    early, late = told(vehicle("KX53PXF", range(20)))
    assert (early.early, early.reads, early.last_frame) == (True, 4, 3)
    assert (late.early, late.reads, late.last_frame) == (False, 20, 19)
    assert early.track == late.track == 1
    assert (late.early_text, late.early_text_differs) == ("KX53PXF", False)


def test_a_parked_car_is_not_voted_on_in_every_frame() -> None:
    """Whose direction is not known is not told early: 30 ms a frame saved, once 160 were seen."""
    parked = vehicle("KX53PXF", range(100), step=(0, 0)) | vehicle("KX58PXF", [50], step=(0, 0))
    align.forget()
    watched(parked, replace(EAGER, sure_direction=True))
    assert aligned.cache_info().currsize == 0


def test_nothing_is_told_early_unless_it_is_asked_for() -> None:
    """The default."""
    assert [s.early for s in told(vehicle("KX53PXF", range(20)), TERMS)] == [False]


def test_a_contradiction_asks_for_as_many_reads_again() -> None:
    """One sure misread: eight agreeing reads instead of four; part of the text is none."""
    doubted = together(vehicle("KX53PXF", [0, *range(2, 20)]), vehicle("KX58PXF", [1]))
    assert told(doubted)[0].reads == 8
    part = together(vehicle("KX53PXF", range(1, 20)), vehicle("53PXF", [0]))
    assert told(part)[0].reads == 4


def test_an_unsure_track_waits_for_its_end() -> None:
    """However often it says the same."""
    eager = replace(EAGER, sure_confidence=0.999)
    assert [s.early for s in told(vehicle("KX53PXF", range(20), sure=0.5), eager)] == [False]


def test_a_gate_may_wait_for_the_direction() -> None:
    """Who stands still is not told early."""
    eager = replace(EAGER, sure_direction=True)
    assert len(told(vehicle("KX53PXF", range(20), step=(0, 0)), eager)) == 1
    early, _ = told(vehicle("KX53PXF", range(20), growth=1.05), eager)
    assert early.direction == "approaching"


@pytest.mark.parametrize("edge", [0.0, 1.2])
def test_who_leaves_does_not_approach_because_its_plate_comes_into_the_picture(edge: float) -> None:
    """It grows at the picture's edge and shrinks from then on; early only whole plates count.

    The detector may see a plate that is cut off end within the picture: so did the gate of
    tools/homeassistant open for one that left.
    """
    eager = replace(EAGER, sure_direction=True)
    entering = {
        frame: [sighting(frame, "KX53PXF", (edge, 400), 60.0 + 30 * frame)] for frame in (0, 1)
    }
    whole = vehicle("KX53PXF", range(2, 20), (0, 440), (30, -20), 180, 0.95)
    early, _ = told(together(entering, whole), eager)
    assert early.direction == "receding"


def test_a_gate_may_wait_until_enough_agree() -> None:
    """Four misreads at a distance: six that agree are six of ten."""
    eager = replace(EAGER, sure_agreement=0.6)
    texts = ("KX53PKF", "KX53PZF", "KX5JPXF", "KX53RXF")
    misread = [vehicle(text, [frame], sure=0.5) for frame, text in enumerate(texts)]
    early, _ = told(together(*misread, vehicle("KX53PXF", range(4, 20))), eager)
    assert (early.reads, early.frames) == (6, 10)


def test_a_record_that_says_something_else_says_so() -> None:
    """And it comes whatever the later reads were: what was told has its record."""
    changing = together(vehicle("KX58PXF", range(4)), vehicle("KX53PXF", range(4, 30)))
    early, late = told(changing)
    assert (early.read.text, late.read.text) == ("KX58PXF", "KX53PXF")
    assert (late.early_text, late.early_text_differs) == ("KX58PXF", True)
    doubtful = together(vehicle("KX58PXF", range(4)), vehicle("KX53PXF", range(4, 8)))
    terms = replace(EAGER, least_confidence=0.95)
    assert [s.early for s in told(doubtful, terms)] == [True, False]


def test_a_cut_ends_every_track() -> None:
    """The same place and a like text: without the word of a cut it would be one vehicle."""
    before, after = (
        vehicle("34A23126", ends(0), step=(0, 0)),
        vehicle("34A23128", ends(8), step=(0, 0)),
    )
    lane = together(before, after)
    tracker, settled = Tracker(TERMS), []
    for frame, seen in lane.items():
        settled += tracker.update(frame / RATE, SIZE, seen, cut=frame == 8)
    assert [s.read.text for s in settled + tracker.flush()] == ["34A23126", "34A23128"]
    assert len(passages(lane)) < 2


HIDDEN = vehicle("KX53PXF", [*range(8), *range(28, 40)], step=(0, 0))
AGAIN: dict[str, tuple[Lane, int]] = {
    "hidden for two seconds": (HIDDEN, 1),
    "hidden, and misread then": (
        together(
            vehicle("KX53PXF", [*range(8), 29, 31, 33, 37], step=(0, 0), sure=0.6),
            vehicle("KX58PXF", [28, 30, 32, 34, 35, 36], step=(0, 0), sure=0.6),
        ),
        1,
    ),
    "another of the fleet at its place": (
        together(
            vehicle("KX53PXF", range(8), step=(0, 0)), vehicle("KX58PXF", ends(28), step=(0, 0))
        ),
        2,
    ),
    "half hidden then": (
        together(vehicle("KX53PXF", range(8), step=(0, 0)), vehicle("KX53", ends(28), step=(0, 0))),
        1,
    ),
    "half hidden, and then whole for the gate": (
        together(
            vehicle("X53PXF", range(8), step=(0, 0)), vehicle("KX53PXF", ends(28), step=(0, 0))
        ),
        2,
    ),
    "hidden again and again": (
        vehicle("KX53PXF", [f for f in range(200) if f % 40 < 12], step=(0, 0)),
        1,
    ),
    "found twice in each picture": (
        together(vehicle("KX53PXF", range(20)), vehicle("KX53PXF", range(20), start=(100, 160))),
        1,
    ),
    "its second visit": (vehicle("KX53PXF", [*range(8), *range(70, 80)], step=(1, 0)), 2),
}


@pytest.mark.parametrize("name", AGAIN)
@pytest.mark.parametrize("sure_reads", [0, 3])
def test_the_same_plate_again_is_the_same_passage(name: str, sure_reads: int) -> None:
    """For five seconds after it was last seen, told early or not."""
    lane, count = AGAIN[name]
    lasting = replace(LASTING, sure_reads=sure_reads)
    tracker, settled = watched(lane, lasting)
    settled += tracker.flush()
    assert len([s for s in settled if not s.early]) == count
    assert len({s.track for s in settled}) == count
    if count == 1:
        assert set(tracker.rejected) == {"duplicate"}


def at_edge(lane: Lane) -> Lane:
    """The same with the left edge of each box at the picture's."""
    return {frame: [_cut(s) for s in seen] for frame, seen in lane.items()}


def _cut(whole: Sighting) -> Sighting:
    box = replace(whole.detection.box, x1=0.0)
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    return replace(whole, detection=Detection(Quad(corners), 0.9))


def blurred(lane: Lane, sharpness: float) -> Lane:
    """The same, less crisp."""
    return {f: [replace(s, sharpness=sharpness) for s in seen] for f, seen in lane.items()}


STRICT = replace(LASTING, least_height=20.0, least_sharpness=0.3)
PLAIN = vehicle("KX53PXF", range(10), step=(5, 0))
NAMED: dict[str, tuple[Lane, Zones]] = {
    "ignored zone": (PLAIN, Zones(ignore=(LEFT_HALF,))),
    "outside the zone": (vehicle("KX53PXF", range(10), start=(800, 90)), Zones((LEFT_HALF,))),
    "cut off": (at_edge(PLAIN), Zones()),
    "too small": (vehicle("KX53PXF", range(10), width=60), Zones()),
    "blurred": (blurred(PLAIN, 0.2), Zones()),
    "not plausible": (lettering(vehicle("IIIIII", range(10))), Zones()),
}


@pytest.mark.parametrize("name", NAMED)
def test_every_rejection_has_its_name(name: str) -> None:
    """Counted for the track, and the sightings that did not vote stand in its story."""
    lane, zones = NAMED[name]
    stories: list[Story] = []
    tracker = Tracker(STRICT, zones, stories.append)
    for frame, seen in lane.items():
        assert tracker.update(frame / RATE, SIZE, seen) == []
    assert tracker.flush() == []
    assert dict(tracker.rejected) == {name: 1}
    (story,) = stories
    assert story.outcome == name
    assert story.faults == (() if name == "not plausible" else ((name, 10),))


def test_a_plate_counts_from_where_it_comes_into_the_zone() -> None:
    """The track is older than that, its votes are not."""
    tracker = Tracker(TERMS, Zones((LEFT_HALF,)))
    lane = vehicle("KX53PXF", range(20), start=(1000, 300), step=(-40, 0))
    settled = [s for f, seen in lane.items() for s in tracker.update(f / RATE, SIZE, seen)]
    (passage,) = settled + tracker.flush()
    assert (passage.first_frame, passage.frames) == (0, 9)


@pytest.mark.parametrize(("step", "crossed"), [(20, "in"), (-20, "out"), (2, "none")])
def test_a_passage_says_whether_it_crossed_the_line(step: float, crossed: str) -> None:
    """And which way."""
    line = Line((0, 0.5), (1, 0.5))
    tracker = Tracker(TERMS, Zones(line=line))
    top = 360 - step * 10 - 12.5
    for frame, seen in vehicle("KX53PXF", range(21), (500, top), (0, step)).items():
        tracker.update(frame / RATE, SIZE, [] if step == 2 and frame > 8 else seen)
    (passage,) = tracker.flush()
    assert passage.crossed == crossed


def test_a_story_tells_what_was_seen() -> None:
    """Of a passage with everything that happened to it."""
    stories: list[Story] = []
    tracker = Tracker(EAGER, tell=stories.append)
    lane = together(vehicle("KX53PXF", [0, 1, 2, 3, 5, 6]), vehicle("KX58PXF", [4]))
    for frame, seen in lane.items():
        tracker.update(frame / RATE, SIZE, seen)
    (record,) = tracker.flush()
    (story,) = stories
    assert story.settled == record
    assert (story.outcome, story.seen, story.widths) == ("passage", 7, (100, 100))
    assert story.texts == (("KX53PXF", 6), ("KX58PXF", 1))
    assert story.told is not None
    assert story.told.last_frame == 3


def test_two_plates_that_move_by_their_distance_keep_their_tracks() -> None:
    """Each stands where the other was: the best pair first would tear both tracks apart."""
    one = vehicle("KX53PXF", range(5), start=(100, 100), step=(140, 0), sure=0.7)
    other = vehicle("KX53BBG", range(5), start=(240, 100), step=(140, 0), sure=0.7)
    settled = passages(together(one, other))
    assert [(s.read.text, s.reads, s.frames) for s in settled] == [
        ("KX53PXF", 5, 5),
        ("KX53BBG", 5, 5),
    ]


def test_a_day_of_traffic_leaves_nothing_behind() -> None:
    """Neither tracks nor what they may be a part of."""
    tracker = Tracker(replace(LASTING, sure_reads=3))
    for number in range(3000):
        box = (100 + 15 * (number % 40), 100)
        tracker.update(
            number / RATE, SIZE, [sighting(number, f"AB{number // 40 % 90 + 10}CD", box)]
        )
    assert len(tracker._passed) < 20
    assert len(tracker._tracks) < 5


def test_no_text_is_kept_longer_than_its_vehicle() -> None:
    """Nor in what is remembered between two frames for speed: plates have a retention time."""
    one = vehicle("KX53PXF", range(5), sure=0.7) | vehicle("KX58PXF", range(5, 9), sure=0.7)
    tracker, _ = watched(one, LASTING)
    assert aligned.cache_info().currsize + edits.cache_info().currsize
    for number in range(9, 9 + round((LASTING.gone_s + LASTING.again_s) * RATE) + 2):
        tracker.update(number / RATE, SIZE, [])
    assert aligned.cache_info().currsize + edits.cache_info().currsize == 0
