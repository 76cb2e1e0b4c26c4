"""From a picture to plates: the code of the corners, the peaks, and the way back to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.domain import Quad
from appliance.recognize.detect import (
    AROUND,
    CELL,
    FILL,
    Detector,
    decode_corners,
    encode_corners,
    one_look,
)
from appliance.recognize.model import FakeModel, LiteModel, read_manifest
from tests.recognize.conftest import MODELS, drawn_scene

GRID = 8
SIDE = GRID * CELL
PIXEL = st.floats(-100, 500, width=32)
CORNERS = st.lists(st.tuples(PIXEL, PIXEL), min_size=4, max_size=4)
Cell = tuple[int, int]


def plate_at(x: float, y: float, width: float = 20, height: float = 6) -> NDArray[np.float32]:
    """An upright plate's corners in input pixels."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return np.array(corners, np.float32)


def seeing(*plates: tuple[Cell, float, NDArray[np.float32]]) -> FakeModel:
    """A model of 64 x 64 that sees a plate at each cell (column and row), with its score."""
    scores = np.zeros((GRID, GRID, 1), np.float32)
    corners = np.zeros((GRID, GRID, 8), np.float32)
    for (column, row), score, quad in plates:
        scores[row, column] = score
        corners[row, column] = encode_corners(quad, np.array([(column, row)]))[:, 0]
    return FakeModel((SIDE, SIDE, 3), (scores, corners))


def picture(width: int = SIDE, height: int = SIDE) -> NDArray[np.uint8]:
    """A grey picture."""
    return np.full((height, width, 3), 50, np.uint8)


class Watching:
    """A model without a plate that keeps the pictures that it was given."""

    def __init__(self) -> None:
        self._nothing = seeing()
        self.input_shape = self._nothing.input_shape
        self.seen: list[NDArray[np.uint8]] = []

    def run(self, given_picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Nothing, to every picture."""
        self.seen.append(given_picture)
        return self._nothing.run(given_picture)


@given(CORNERS, st.integers(0, 51), st.integers(0, 51))
def test_decoding_reverses_encoding(
    corners: list[tuple[float, float]], column: int, row: int
) -> None:
    """For any corners and any cell, to a hundredth of a pixel."""
    quad, cells = np.array(corners, np.float32), np.array([(column, row)])
    codes = encode_corners(quad, cells)
    assert codes.shape == (8, 1)
    assert decode_corners(codes, cells)[0] == pytest.approx(quad, abs=0.01)


def test_corners_are_coded_for_each_cell() -> None:
    """Every cell says the same plate in its own words."""
    quad, cells = plate_at(100, 80), np.array([(12, 9), (13, 10), (14, 11)])
    codes = encode_corners(quad, cells)
    assert codes.shape == (8, 3)
    assert decode_corners(codes, cells) == pytest.approx(np.stack([quad] * 3), abs=0.01)


def test_eight_bits_keep_half_a_pixel_of_a_small_plate() -> None:
    """With the scale of the model that ships, for a plate of 48 x 14 input pixels."""
    tensor = read_manifest(MODELS / "detect.toml").outputs[1]
    quad, cells = plate_at(100.3, 80.7, 48, 14), np.array([(15, 10)])
    stored = np.clip(np.round(encode_corners(quad, cells) / tensor.scale), -128, 127)
    assert decode_corners(stored * tensor.scale, cells)[0] == pytest.approx(quad, abs=0.5)


def test_detections_come_most_confident_first() -> None:
    """With the model's score as confidence, and corners from the top left clockwise."""
    model = seeing(((1, 1), 0.5, plate_at(4, 8)), ((5, 6), 0.75, plate_at(36, 48)))
    found = Detector(model, 0.3).detect(picture())
    assert [d.confidence for d in found] == [0.75, 0.5]
    expected = Quad(((36, 48), (56, 48), (56, 54), (36, 54)))
    assert np.array(found[0].quad.corners) == pytest.approx(np.array(expected.corners), abs=0.01)


def test_below_the_threshold_is_no_plate() -> None:
    """At the threshold is one."""
    model = seeing(((1, 1), 0.5, plate_at(4, 8)), ((5, 6), 0.49, plate_at(36, 48)))
    assert [d.confidence for d in Detector(model, 0.5).detect(picture())] == [0.5]


def test_only_the_highest_of_neighbouring_cells_is_a_peak() -> None:
    """Even where its neighbour speaks of a plate elsewhere."""
    model = seeing(((3, 3), 0.9, plate_at(20, 24)), ((4, 4), 0.8, plate_at(40, 50)))
    assert [round(d.confidence, 3) for d in Detector(model, 0.3).detect(picture())] == [0.9]


def test_of_overlapping_detections_the_weaker_goes() -> None:
    """One plate may have two peaks, two cells apart."""
    model = seeing(((2, 3), 0.7, plate_at(20, 24)), ((4, 3), 0.9, plate_at(21, 24)))
    assert [round(d.confidence, 3) for d in Detector(model, 0.3).detect(picture())] == [0.9]


@pytest.mark.parametrize(
    ("neighbour", "score", "x"),
    [
        (plate_at(22, 24), 0.45, 20 + 2 * 0.45 / 1.35),
        (plate_at(22, 24), 0.2, 20),
        (plate_at(26, 24), 0.45, 20),
        (plate_at(0, 0, 0, 0), 0.45, 20),
    ],
    ids=["by its score", "hardly sure", "of another plate", "of nothing"],
)
def test_the_cells_round_a_peak_agree_on_its_corners(
    neighbour: NDArray[np.float32], score: float, x: float
) -> None:
    """The mean of what they say, if they speak of the same plate; the score is the peak's."""
    model = seeing(((3, 3), 0.9, plate_at(20, 24)), ((4, 3), score, neighbour))
    (found,) = Detector(model, 0.3).detect(picture())
    assert found.box.x1 == pytest.approx(x, abs=0.01)
    assert found.box.x2 == pytest.approx(x + 20, abs=0.01)
    assert found.confidence == pytest.approx(0.9)


def test_a_plate_of_no_width_is_no_fault() -> None:
    """A model may say anything."""
    model = seeing(((3, 3), 0.9, plate_at(20, 24, 0, 0)))
    assert len(Detector(model, 0.3).detect(picture())) == 1


def test_neighbouring_plates_both_stay() -> None:
    """Boxes that only touch are two plates."""
    model = seeing(((2, 3), 0.7, plate_at(8, 24)), ((4, 3), 0.9, plate_at(28, 24)))
    assert len(Detector(model, 0.3).detect(picture())) == 2


def test_equal_neighbours_are_one_plate() -> None:
    """Eight bits often give two cells the same score."""
    model = seeing(((3, 3), 0.8, plate_at(20, 24)), ((4, 3), 0.8, plate_at(20, 24)))
    assert len(Detector(model, 0.3).detect(picture())) == 1


SIZES = {
    "as the input": (64, 64, 1.0),
    "twice as large": (128, 128, 2.0),
    "half as large": (32, 32, 0.5),
    "wide": (256, 96, 4.0),
    "tall": (30, 192, 3.0),
    "very wide": (6400, 16, 100.0),
}


@pytest.mark.parametrize("name", SIZES)
def test_corners_are_in_pixels_of_the_original(name: str) -> None:
    """Whatever the picture's size and shape, larger or smaller than the input."""
    width, height, factor = SIZES[name]
    model = seeing(((3, 3), 0.9, plate_at(20, 24)))
    (found,) = Detector(model, 0.3).detect(picture(width, height))
    expected = factor * plate_at(20, 24)
    assert np.array(found.quad.corners) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("width", "height", "filled"), [(128, 64, (64, 32)), (16, 32, (32, 64))])
def test_the_picture_lies_at_the_top_left_and_the_rest_is_grey(
    width: int, height: int, filled: tuple[int, int]
) -> None:
    """As the manifest says, and as it was in training."""
    model = Watching()
    Detector(model, 0.3).detect(picture(width, height))
    (canvas,) = model.seen
    right, bottom = filled
    assert (canvas[:bottom, :right] == 50).all()
    assert (canvas[bottom:] == FILL).all()
    assert (canvas[:, right:] == FILL).all()


def test_detecting_leaves_the_picture_as_it_is() -> None:
    """A frame is read-only."""
    frame = picture()
    frame.flags.writeable = False
    assert len(Detector(seeing(((3, 3), 0.9, plate_at(20, 24))), 0.3).detect(frame)) == 1


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_the_detector_that_ships_works_at_any_size(detect_model: LiteModel, factor: float) -> None:
    """Confidences are shares of 1, and the drawn plate is found where it is."""
    scene = drawn_scene(at=(60, 220))
    if factor > 1:
        scene = scene.repeat(int(factor), 0).repeat(int(factor), 1)
    elif factor < 1:
        scene = np.ascontiguousarray(scene[::2, ::2])
    found = Detector(detect_model, 0.1).detect(scene)
    assert found
    assert all(0.1 <= d.confidence <= 1 for d in found)
    x, y = found[0].box.centre
    assert (x / factor, y / factor) == pytest.approx((160, 242), abs=40)


def test_what_lies_outside_the_picture_is_not_looked_at_again() -> None:
    """The grey rest of the input has no pixels to look at, and no plate is there."""
    model = seeing(((3, 3), 0.9, plate_at(20, 24)))
    wide, detector = picture(4000, 16), Detector(model, 0.3)
    (found,) = detector.detect(wide)
    closer = detector.look_closer(wide, found)
    assert (closer.quad, closer.confidence) == (found.quad, 0.0)


def test_two_looks_share_the_confidence() -> None:
    """Its geometric mean: one look that sees little counts for much."""
    scale = SIDE / (20 + 2 * AROUND * 20)  # the second look shows this much, at this scale
    again = plate_at(12 * scale, 12 * scale, 20 * scale, 6 * scale)
    first = seeing(((3, 3), 0.9, plate_at(20, 24)))
    detector = Detector(first, 0.3)
    (found,) = detector.detect(picture())
    second = Detector(seeing(((4, 2), 0.4, again)), 0.3)
    closer = second.look_closer(picture(), found)
    assert closer.confidence == pytest.approx((0.9 * 0.4) ** 0.5, abs=0.01)
    assert Detector(seeing(), 0.3).look_closer(picture(), found).confidence == 0


@given(st.floats(0.05, 0.99))
def test_one_look_may_be_less_sure_than_both_together(least: float) -> None:
    """But not by so much that nearly everything is looked at twice."""
    assert least / 2 < one_look(least) < least


@pytest.mark.parametrize(("width", "height"), [(64, 64), (40, 64), (20, 20)])
def test_a_picture_that_fits_the_input_has_no_tiles(width: int, height: int) -> None:
    """A part of it would show no more."""
    assert Detector(seeing(), 0.3).tiles(picture(width, height)) == []


@pytest.mark.parametrize(("width", "height"), [(65, 20), (1280, 720), (301, 999)])
def test_tiles_cover_a_larger_picture_and_overlap(width: int, height: int) -> None:
    """Every pixel lies in one, and the middle in all."""
    covered = np.zeros((height, width), np.uint8)
    tiles = Detector(seeing(), 0.3).tiles(picture(width, height))
    for x1, y1, x2, y2 in tiles:
        covered[y1:y2, x1:x2] += 1
    assert covered.min() == 1
    assert covered[height // 2, width // 2] == covered.max() == len(tiles)


def test_a_plate_in_a_tile_is_where_it_is_in_the_picture() -> None:
    """Corners in pixels of the whole, at the scale at which the tile fits the input."""
    model = seeing(((3, 3), 0.9, plate_at(20, 24)))
    (found,) = Detector(model, 0.3).look_at(picture(400, 400), (100, 200, 228, 328))
    expected = 2 * plate_at(20, 24) + np.array([100, 200])
    assert np.array(found.quad.corners) == pytest.approx(expected, rel=1e-3)


def test_a_shrunk_picture_keeps_its_mean() -> None:
    """Whole pixels are averaged before the rest of the way: no pixel is skipped."""
    model = Watching()
    fine = np.random.default_rng(0).integers(0, 255, (512, 512, 3), np.uint8)
    Detector(model, 0.3).detect(fine)
    blocks = fine.reshape(64, 8, 64, 8, 3).mean((1, 3))
    assert np.abs(model.seen[0] - blocks).max() < 1


def test_a_plate_that_fills_the_picture_is_seen_from_farther_away() -> None:
    """At half the scale, and told in pixels of the picture."""
    watching = Watching()
    Detector(watching, 0.3).look_harder(picture())
    (seen,) = watching.seen
    assert (seen[: SIDE // 2, : SIDE // 2] == 50).all()
    assert (seen[SIDE // 2 :] == FILL).all()
    model = seeing(((3, 3), 0.9, plate_at(20, 24)))
    (found,) = Detector(model, 0.3).look_harder(picture())
    assert np.array(found.quad.corners) == pytest.approx(2 * plate_at(20, 24), abs=0.05)
