"""The values that travel: their arithmetic, and that nobody changes them on the way."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Box, Detection, Frame, Quad
from tests.conftest import SETTLED

PIXELS = st.floats(-2000, 4000)
SQUARE = Box(10, 20, 30, 40)
OVERLAPS = {
    "itself": (SQUARE, 1.0),
    "far away": (Box(100, 100, 120, 120), 0.0),
    "touching": (Box(30, 20, 50, 40), 0.0),
    "its left half": (Box(10, 20, 20, 40), 0.5),
    "moved by half": (Box(20, 20, 40, 40), 1 / 3),
    "a corner": (Box(20, 30, 40, 50), 100 / 700),
    "round it": (Box(0, 10, 40, 50), 400 / 1600),
    "without area": (Box(15, 25, 15, 35), 0.0),
    "turned over": (Box(30, 40, 10, 20), 0.0),
}


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Any four numbers, boxes that are turned over among them."""
    return Box(draw(PIXELS), draw(PIXELS), draw(PIXELS), draw(PIXELS))


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlap_is_intersection_over_union(name: str) -> None:
    """Worked out by hand for each case."""
    other, expected = OVERLAPS[name]
    assert SQUARE.overlap(other) == pytest.approx(expected)


@given(boxes(), boxes())
def test_overlap_is_a_share_and_symmetric(one: Box, other: Box) -> None:
    """Whatever the boxes are, 0 to 1, and the same from both sides."""
    assert 0 <= one.overlap(other) <= 1
    assert one.overlap(other) == pytest.approx(other.overlap(one))


@given(boxes())
def test_a_box_has_no_negative_sides(box: Box) -> None:
    """A box that is turned over has none at all."""
    assert box.width == max(0, box.x2 - box.x1)
    assert box.height == max(0, box.y2 - box.y1)


def test_the_centre_of_a_box_is_its_middle() -> None:
    """In x and in y."""
    assert SQUARE.centre == (20, 30)


def test_the_box_of_a_quad_holds_all_corners() -> None:
    """Of a leaning quad too; a detection has the box of its quad."""
    quad = Quad(((10, 25), (60, 20), (62, 41), (8, 44)))
    assert Detection(quad, 0.5).box == quad.box == Box(8, 20, 62, 44)


def test_a_frame_says_width_before_height() -> None:
    """An image's first axis is its height."""
    assert Frame(np.zeros((48, 64, 3), np.uint8), 0.0, 0).size == (64, 48)


@pytest.mark.parametrize(("text", "expected"), [("AB12CDE", 28), ("", 198), ("A", 198)])
def test_a_character_has_its_share_of_the_box(text: str, expected: int) -> None:
    """A plate without a text counts as one character and not as a division by zero."""
    settled = replace(SETTLED, read=replace(SETTLED.read, text=text))
    assert settled.px_per_char == expected


def test_what_travels_cannot_be_changed() -> None:
    """Values are shared between threads without a lock."""
    with pytest.raises(FrozenInstanceError):
        SETTLED.read.text = "XX99XXX"  # type: ignore[misc]
