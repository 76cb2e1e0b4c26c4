"""Contact sheets show the whole picture or a part of it, outlines where they belong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.domain import Box
from tools.train.contact import (
    CELL_WIDTH,
    COLUMNS,
    RED,
    ROOM,
    ROWS,
    View,
    around,
    cell,
    corners_of,
    fitted,
    save_pages,
)

GREY = np.full((100, 200, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((200, 100), (400, 200)), ((100, 200), (118, 236)), ((4000, 2000), (478, 239))],
)
def test_a_picture_keeps_its_proportions(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """Enlarged or reduced to what room there is."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    shape = fitted(View(image), *expected).shape[:2]
    assert shape == pytest.approx((expected[1], expected[0]), abs=1)


def test_a_tiny_picture_is_enlarged_only_so_far() -> None:
    """Eight times: beyond that there is nothing more to see."""
    assert fitted(View(GREY[:2, :4]), 480, 236).shape[:2] == (16, 32)


def test_outlines_lie_where_they_lay_in_the_picture() -> None:
    """After cutting and scaling: 50 px of a box become 100, from the part's corner."""
    box = Box(100, 20, 150, 40)
    view = View(GREY, Box(80, 10, 180, 60), ((corners_of(box), RED),))
    drawn = fitted(view, 200, 100)
    is_red = (drawn[..., 2] > 150) & (drawn[..., 0] < 120)
    rows, columns = np.nonzero(is_red)
    edges = columns.min(), rows.min(), columns.max(), rows.max()
    assert edges == pytest.approx((40, 20, 140, 60), abs=1)


@pytest.mark.parametrize(
    "part", [Box(-50, -50, 500, 500), Box(300, 200, 400, 300), Box(20, 20, 20, 20)]
)
def test_a_part_outside_the_picture_is_cut_to_it(part: Box) -> None:
    """A detection's corners may lie anywhere."""
    assert fitted(View(GREY, part), 100, 100).size > 0


def test_the_surroundings_grow_with_the_larger_side() -> None:
    """On each side."""
    assert around(Box(10, 10, 30, 20), 0.5) == Box(0, 0, 40, 30)


def test_a_cell_has_its_pictures_beside_each_other_over_the_caption() -> None:
    """Each in its share of the width; the caption is below."""
    white = np.full((100, 100, 3), 255, np.uint8)
    drawn = cell([View(GREY), View(white)], ["read AB1", "true AB2"])
    half = CELL_WIDTH // 2
    assert (drawn[:50, :half].max(), drawn[:50, half : half + 50].min()) == (90, 255)
    assert drawn[ROOM:].max() > 200


def test_pages_hold_twenty_cells_and_replace_those_of_an_earlier_run(tmp_path: Path) -> None:
    """And leave sheets of other names alone."""
    full = COLUMNS * ROWS
    cells = [cell([View(GREY)], [str(i)]) for i in range(full + 1)]
    assert [p.name for p in save_pages(tmp_path, "read", cells)] == ["read-1.png", "read-2.png"]
    save_pages(tmp_path, "read-scenes", cells[:1])
    assert [p.name for p in save_pages(tmp_path, "read", cells[:2])] == ["read-1.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["read-1.png", "read-scenes-1.png"]
    page = cv2.imread(str(tmp_path / "read-1.png"))
    assert page is not None
    assert page.shape == (cells[0].shape[0], COLUMNS * CELL_WIDTH, 3)


def test_nothing_to_show_leaves_no_page(tmp_path: Path) -> None:
    """Not a black one, and not the last run's."""
    save_pages(tmp_path, "false", [cell([View(GREY)], [])])
    assert save_pages(tmp_path, "false", []) == []
    assert list(tmp_path.iterdir()) == []
