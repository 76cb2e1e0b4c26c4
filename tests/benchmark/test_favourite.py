"""The favourite's steps: each does the work that it is timed for."""

from __future__ import annotations

import numpy as np

from appliance.domain import Box
from tools.benchmark.favourite import FILL, LETTERS, SIDE, cut, letterbox, pretend, spell, suppress

PICTURE = np.full((720, 1280, 3), (10, 20, 30), np.uint8)


def test_the_picture_lies_in_the_middle_of_a_grey_square() -> None:
    """Red first, 0 to 1, channels before rows."""
    (planes,) = letterbox(PICTURE)
    assert planes.shape == (3, SIDE, SIDE)
    assert planes.dtype == np.float32
    assert np.allclose(planes[:, SIDE // 2, SIDE // 2] * 255, (30, 20, 10), atol=1e-3)
    assert np.allclose(planes[:, (0, -1)] * 255, FILL, atol=1e-3)


def test_of_the_cells_that_claim_a_plate_one_is_left() -> None:
    """And of an answer without a plate none."""
    answer = np.zeros((1, 5, 3024), np.float32)
    assert len(suppress(answer)) == 0
    assert np.allclose(suppress(pretend(answer)), [[170, 142, 60, 16]])


def test_the_plate_is_cut_out_as_the_reader_takes_it() -> None:
    """Red first, stretched to 128 x 64."""
    (crop,) = cut(PICTURE, Box(100, 100, 180, 120))
    assert crop.shape == (64, 128, 3)
    assert crop[32, 64].tolist() == [30, 20, 10]


def test_slots_spell_a_text_without_its_padding() -> None:
    """With the mean confidence of all slots."""
    slots = np.eye(37, dtype=np.float32)[[LETTERS.index(c) for c in "KX53PXF__"]][None]
    assert spell(slots) == ("KX53PXF", 1.0)
