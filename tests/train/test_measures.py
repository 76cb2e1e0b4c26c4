"""The figures: each one on a case small enough to be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Read
from tests.train.judged import (
    FAR,
    PLATE,
    detected,
    examined,
    found,
    judged,
    labelled,
    moved,
    photograph,
    read,
    said,
)
from tools.train.measures import (
    BINS,
    CLIP_TRUTH,
    Bin,
    Point,
    Share,
    bins,
    calibration_error,
    character_outcomes,
    clip_score,
    corner_errors,
    detect_scores,
    figures,
    nobody_labelled,
    plates_found,
    read_scores,
    recall_curve,
    shares,
    whole_outcomes,
)
from tools.train.scoring import DetectedPicture, Looks, ReadPicture

ONE, TWO, THREE = CLIP_TRUTH
NO_PLATE = (0.0, 300.0, 60.0, 320.0)


def lane() -> list[DetectedPicture]:
    """Three of four plates found, one false detection, one unsure, in two pictures."""
    busy = photograph(labelled(PLATE), labelled(FAR), unsure=((0.0, 0.0, 40.0, 20.0),))
    quiet = photograph(labelled(PLATE), labelled(FAR), name="two")
    return [
        detected(busy, found(PLATE, 0.9), found(FAR, 0.5), found((0.0, 0.0, 40.0, 20.0), 0.95)),
        detected(quiet, found(PLATE, 0.8), found(NO_PLATE, 0.6)),
    ]


def test_recall_and_false_plates_are_counted_over_all_pictures() -> None:
    """Three of four plates; one false detection in two pictures; the unsure one is neither."""
    told = figures(judged(*lane()))
    assert (told["detect_recall"].value, told["detect_recall"].note) == (0.75, "3 of 4")
    assert (told["detect_false"].value, told["detect_false"].note) == (0.5, "1 in 2")
    assert plates_found(lane()) == Share("all", 3, 4)


def test_the_recall_curve_goes_from_the_strictest_threshold_down() -> None:
    """One point a detection; the unsure one has none."""
    assert recall_curve(lane()) == [
        Point(0.9, 0.25, 0.0),
        Point(0.8, 0.5, 0.0),
        Point(0.6, 0.5, 0.5),
        Point(0.5, 0.75, 0.5),
    ]


def test_recall_at_the_goal_is_the_best_that_few_enough_false_plates_allow() -> None:
    """The curve's point before the false detection."""
    figure = figures(judged(*lane()))["detect_recall_at_goal"]
    assert (figure.value, figure.note) == (0.5, "threshold 0.80")


def test_corner_error_is_the_mean_distance_over_the_plates_width() -> None:
    """Moved by 10 px, a plate of 100 px errs by a tenth; the worst comes first."""
    labels = photograph(labelled(PLATE, corners=True), labelled(FAR, corners=True))
    picture = detected(labels, found(moved(FAR, 1)), found(moved(PLATE, 10)))
    errors = corner_errors([picture])
    assert [(e.plate, e.detection) for e in errors] == [(0, 1), (1, 0)]
    assert [e.value for e in errors] == pytest.approx([0.1, 1 / 50])
    assert figures(judged(picture))["corners"].value == pytest.approx(0.06)


def test_the_width_of_a_tilted_plate_is_that_of_its_edges() -> None:
    """Not of its box: turned by 37 degrees, its box is narrower and its corners are not."""
    corners = np.array([(0, 0), (80, 60), (68, 76), (-12, 16)], np.float32)
    tilted = replace(labelled((-12.0, 0.0, 80.0, 76.0)), quad=corners)
    picture = detected(photograph(tilted), found((-12.0, 0.0, 80.0, 76.0)))
    distances = [12, np.hypot(0, 60), 12, np.hypot(0, 60)]
    assert corner_errors([picture])[0].value == pytest.approx(np.mean(distances) / 100)


def test_plates_without_corners_or_not_found_have_no_corner_error() -> None:
    """The second number is told, so that a detector cannot win by missing the hard ones."""
    labels = photograph(labelled(PLATE), labelled(FAR, corners=True))
    picture = detected(labels, found(PLATE))
    assert corner_errors([picture]) == []
    figure = figures(judged(picture))["corners"]
    assert (figure.value, figure.note) == (1.0, "0 plates, 1 not found")
    both = figures(judged(picture, detected(labels, found(FAR))))["corners"]
    assert (both.value, both.note) == (0.0, "1 plates, 1 not found")


def test_a_read_is_right_when_every_character_is() -> None:
    """And the worst region is the one with the least share, not the one with the most errors."""
    reads = (
        read("AB1", "AB1"), read("AB2", "AB2"), read("AB3", "ABB"), read("AB4", "AB"),
        read("BR1", "BR1", region="br"), read("BR2", "8R2", region="br"),
        read("CN1", "CN", region="cn"), read("CN2", "CN2", region="cn"),
        read("CN3", "", region="cn"),
    )  # fmt: skip
    told = figures(judged(reads=reads))
    assert (told["read_exact"].value, told["read_exact"].note) == (4 / 9, "4 of 9")
    assert told["read_worst_region"].value == pytest.approx(1 / 3)
    assert told["read_worst_region"].note == "cn, 1 of 3"


def test_scenes_count_apart_from_crops() -> None:
    """End to end."""
    scenes = read("ZG1", "ZG1"), read("ZG2", "ZG")
    assert figures(judged(reads=(read("A1", "A1"),), scenes=scenes))["scenes_exact"].value == 0.5


@pytest.mark.parametrize(
    ("passages", "expected"),
    [
        ([ONE, TWO, THREE], (3, 0)),
        ([], (0, 0)),
        ([ONE, THREE], (2, 0)),
        ([TWO, THREE], (2, 0)),
        ([ONE, "14B02819T", TWO, THREE], (3, 1)),
        ([ONE, ONE, TWO, THREE], (3, 1)),
        ([TWO, ONE, THREE], (2, 1)),
        ([ONE, TWO[:-1], THREE], (2, 1)),
    ],
    ids=["all", "none", "one missing", "first missing", "camera text", "twice", "out of order",
         "misread"],
)  # fmt: skip
def test_passages_are_right_in_order_and_once(
    passages: Sequence[str], expected: tuple[int, int]
) -> None:
    """Every other one is false."""
    assert clip_score(passages) == expected


def test_outcomes_fall_into_bins_of_equal_width() -> None:
    """1.0 belongs to the last bin; a bin without reads is left out."""
    outcomes = [(0.02, False), (0.05, True), (0.97, True), (1.0, True), (0.94, False)]
    assert bins(outcomes, 10) == [
        Bin(pytest.approx(0.035), 0.5, 2),
        Bin(pytest.approx(0.97), pytest.approx(2 / 3), 3),
    ]
    assert [part.count for part in bins(outcomes, 20)] == [1, 1, 1, 2]


def test_the_calibration_error_weighs_each_bin_by_its_reads() -> None:
    """Over- and underconfidence do not cancel."""
    parts = [Bin(0.9, 0.7, 30), Bin(0.5, 0.6, 10)]
    assert calibration_error(parts) == pytest.approx((30 * 0.2 + 10 * 0.1) / 40)
    assert calibration_error([]) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_the_bins_hold_every_read_and_the_error_stays_a_share(
    outcomes: list[tuple[float, bool]],
) -> None:
    """Whatever the confidences."""
    parts = bins(outcomes)
    assert sum(part.count for part in parts) == len(outcomes)
    assert len(parts) <= BINS
    assert 0 <= calibration_error(parts) <= 1


def test_an_unread_crop_counts_in_the_calibration() -> None:
    """As a read of confidence 0 that is wrong, which is perfectly calibrated."""
    nothing = ReadPicture(Path("a.jpg"), "eu1", "eu", 1, "AB1", Read("", 0.0, (), ()))
    assert whole_outcomes([nothing, read("AB2", "AB2", 0.8)]) == [(0.0, False), (0.8, True)]
    assert calibration_error(bins(whole_outcomes([nothing]))) == 0


@pytest.mark.parametrize(
    ("text", "truth", "expected"),
    [
        ("AB1", "AB1", [True, True, True]),
        ("AB1", "A81", [True, False, True]),
        ("B12", "AB12", [True, True, True]),
        ("XAB1", "AB1", [False, True, True, True]),
        ("", "AB1", []),
    ],
    ids=["right", "one wrong", "first dropped", "one too many", "unread"],
)
def test_a_character_is_right_where_it_aligns(text: str, truth: str, expected: list[bool]) -> None:
    """A dropped one does not make all that follow wrong."""
    assert [right for _, right in character_outcomes([read(truth, text)])] == expected


def test_what_nobody_labelled_is_counted_apart() -> None:
    """Of three detections that are false by the labels as they came."""
    seen = found(PLATE), found(FAR), found(NO_PLATE), found((0.0, 0.0, 40.0, 20.0))
    came = detected(photograph(labelled(PLATE)), *seen)
    unsure = ((0.0, 0.0, 40.0, 20.0),)
    mended = detected(photograph(labelled(PLATE), labelled(FAR), unsure=unsure), *seen)
    assert nobody_labelled(judged(came), judged(mended)) == {"false": 1, "unsure": 1, "plate": 1}


def test_a_mended_box_that_makes_a_hit_a_miss_is_not_among_the_false_that_came() -> None:
    """Only what was false before is asked about."""
    came = detected(photograph(labelled(PLATE)), found(PLATE))
    mended = detected(photograph(labelled(FAR)), found(PLATE))
    assert sum(nobody_labelled(judged(came), judged(mended)).values()) == 0


def test_shares_are_grouped_and_sorted_by_name() -> None:
    """Two of three even numbers below four."""
    grouped = shares(range(5), lambda n: "low" if n < 3 else "high", lambda n: n % 2 == 0)
    assert grouped == [Share("high", 1, 2), Share("low", 2, 3)]
    assert Share("none", 0, 0).value == 0


def test_the_manifests_keep_the_labels_as_they_came_first() -> None:
    """And the mended ones under names of their own."""
    seen, scenes = (found(PLATE), found(FAR)), (read("Z1", "Z1"),)
    came, mended = (
        judged(detected(photograph(*plates), *seen), reads=(read(truth, "AB1"),), scenes=scenes)
        for plates, truth in (([labelled(PLATE)], "ABI"), ([labelled(PLATE), labelled(FAR)], "AB1"))
    )  # fmt: skip
    looks = Looks(("d", "r"), {Path("a"): examined()}, {}, {Path("a"): said("A")}, {}, (), 1.0)
    detect, reader = detect_scores(looks, came, mended), read_scores(came, mended)
    assert (detect["valid_plates"], detect["median_ms_1_thread"]) == (1, 5.0)
    assert (detect["false_per_picture"], detect["false_per_picture_mended_labels"]) == (1.0, 0.0)
    assert (reader["valid_exact"], reader["valid_exact_mended_labels"]) == (0.0, 1.0)
    assert reader["scenes_exact"] == 1.0
