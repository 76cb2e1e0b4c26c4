"""From corners to the upright crop: nothing turned, cut off, mirrored or lost at the edge."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.domain import Point, Quad
from appliance.recognize.rectify import MARGIN_X, MARGIN_Y, rectify, views
from tests.recognize.conftest import PLATE_SIZE, drawn_plate

SIZE = (160, 48)
Corners = tuple[Point, Point, Point, Point]
QUADS: dict[str, Corners] = {
    "upright": ((100, 100), (300, 100), (300, 144), (100, 144)),
    "large": ((40, 60), (600, 60), (600, 183), (40, 183)),
    "turned left": ((100, 200), (290, 140), (304, 182), (114, 242)),
    "turned right": ((120, 120), (310, 190), (296, 234), (106, 164)),
    "from the side": ((150, 100), (310, 140), (310, 175), (150, 160)),
    "leaning": ((130, 100), (330, 100), (310, 144), (110, 144)),
    "upside down": ((300, 144), (100, 144), (100, 100), (300, 100)),
}
OUTSIDE: dict[str, Corners] = {
    "left": ((-60, 100), (140, 100), (140, 144), (-60, 144)),
    "below": ((100, 460), (300, 460), (300, 504), (100, 504)),
    "corner": ((560, -20), (760, -20), (760, 24), (560, 24)),
    "wholly": ((-900, -900), (-700, -900), (-700, -856), (-900, -856)),
    "far away": ((1e5, 1e5), (2e5, 1e5), (2e5, 1.2e5), (1e5, 1.2e5)),
    "a point": ((50, 50), (50, 50), (50, 50), (50, 50)),
    "a line": ((50, 50), (90, 50), (90, 50), (50, 50)),
}
EXPECTED = cv2.resize(drawn_plate(), SIZE, interpolation=cv2.INTER_AREA)[..., 0]


def picture_of(corners: Corners) -> NDArray[np.uint8]:
    """A grey picture of 640 x 480 in which the plate has these corners."""
    width, height = PLATE_SIZE
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, np.array(corners, np.float32))
    ground = np.full((480, 640, 3), 128, np.uint8)
    plate = cv2.warpPerspective(
        drawn_plate(), matrix, (640, 480), dst=ground, borderMode=cv2.BORDER_TRANSPARENT
    )
    return np.asarray(plate, np.uint8)


def likeness(crop: NDArray[np.uint8], expected: NDArray[np.uint8] = EXPECTED) -> float:
    """Correlation with the flat plate as it lies within the crop's margin, -1 to 1."""
    right, down = SIZE[0] * MARGIN_X / (1 + 2 * MARGIN_X), SIZE[1] * MARGIN_Y / (1 + 2 * MARGIN_Y)
    plate = crop[round(down) : SIZE[1] - round(down), round(right) : SIZE[0] - round(right), 0]
    flat = cv2.resize(expected, (plate.shape[1], plate.shape[0]), interpolation=cv2.INTER_AREA)
    return float(np.corrcoef(plate.ravel(), flat.ravel())[0, 1])


@pytest.mark.parametrize("name", QUADS)
def test_a_plate_comes_out_upright(name: str) -> None:
    """However it lies in the picture: the flat plate again, and no other way round."""
    crop = rectify(picture_of(QUADS[name]), Quad(QUADS[name]), SIZE)
    assert (crop.shape, crop.dtype) == ((48, 160, 1), np.uint8)
    assert likeness(crop) > 0.85
    assert likeness(crop, EXPECTED[::-1, ::-1]) < 0.5
    assert likeness(crop, EXPECTED[:, ::-1]) < 0.5


def test_a_margin_is_left_round_the_plate() -> None:
    """The detector's error must not cut a character off."""
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[50:94, 100:300] = 255
    crop = rectify(picture, Quad(((100, 50), (300, 50), (300, 94), (100, 94))), SIZE)[..., 0]
    assert (crop[:2].max(), crop[:, :3].max()) == (0, 0)
    assert (crop[-2:].max(), crop[:, -3:].max()) == (0, 0)
    assert crop[4:-4, 7:-7].min() == 255


def test_a_large_plate_is_smoothed_before_it_is_made_small() -> None:
    """Stripes finer than a pixel of the crop become grey, and no pattern that is not there."""
    picture = np.zeros((300, 1200, 3), np.uint8)
    picture[:, ::2] = 200
    crop = rectify(picture, Quad(((100, 50), (1100, 50), (1100, 250), (100, 250))), SIZE)
    assert int(crop.max()) - int(crop.min()) < 20


@pytest.mark.parametrize("name", OUTSIDE)
def test_corners_outside_the_picture_are_no_fault(name: str) -> None:
    """Vehicles drive in and out of the picture; a crop has its size whatever is missing."""
    crop = rectify(np.full((480, 640, 3), 77, np.uint8), Quad(OUTSIDE[name]), SIZE)
    assert (crop.shape, crop.dtype) == ((48, 160, 1), np.uint8)


def test_what_is_missing_repeats_the_edge() -> None:
    """And is no black bar, which would look like a character."""
    picture = np.full((480, 640, 3), 200, np.uint8)
    for name in ("left", "below", "corner"):
        assert rectify(picture, Quad(OUTSIDE[name]), SIZE).min() == 200


def test_the_part_inside_the_picture_stays_at_its_place() -> None:
    """Half a plate gives half a crop."""
    corners = OUTSIDE["left"]
    whole = tuple((x + 200, y) for x, y in corners)
    shifted = picture_of((whole[0], whole[1], whole[2], whole[3]))
    crop = rectify(np.ascontiguousarray(shifted[:, 200:]), Quad(corners), SIZE)
    expected = rectify(shifted, Quad((whole[0], whole[1], whole[2], whole[3])), SIZE)
    inside = slice(60, None)
    assert crop[:, inside].astype(int) == pytest.approx(expected[:, inside].astype(int), abs=3)


@given(
    st.lists(st.tuples(st.integers(-900, 1500), st.integers(-900, 1500)), min_size=4, max_size=4)
)
def test_any_four_corners_give_a_crop(corners: list[tuple[int, int]]) -> None:
    """A model can say anything; that is no reason to end the lane."""
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    crop = rectify(np.full((60, 80, 3), 77, np.uint8), Quad((a, b, c, d)), SIZE)
    assert crop.shape == (48, 160, 1)


def test_a_picture_stays_as_it_is() -> None:
    """A frame is read-only."""
    picture = picture_of(QUADS["upright"])
    picture.flags.writeable = False
    assert rectify(picture, Quad(QUADS["upright"]), SIZE).shape == (48, 160, 1)


@pytest.mark.parametrize("name", ["upright", "turned left", "upside down", "from the side"])
def test_the_views_lie_round_the_plate(name: str) -> None:
    """Each near it, none the same as another, and their middle is the plate."""
    corners = np.array(QUADS[name])
    found = [np.array(view.corners) for view in views(Quad(QUADS[name]))]
    height = np.linalg.norm(corners[3] - corners[0])
    width = np.linalg.norm(corners[1] - corners[0])
    assert all(0 < np.abs(view - corners).max() < 0.05 * (height + width) for view in found)
    assert len({view.tobytes() for view in found}) == len(found)
    assert np.mean(found, 0) == pytest.approx(corners, abs=0.01)
