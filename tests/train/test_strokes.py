"""Our own plate types: what tells their letters apart, and what does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tools.train.strokes import STYLES, draw

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def unlike(one: str, other: str, style: str) -> float:
    """The share of a cell in which two letters differ, both stretched into the same die."""
    cells = [cv2.resize(draw(c, style, 80), (50, 80)).astype(float) for c in (one, other)]
    return float(np.abs(cells[0] - cells[1]).mean() / 255)


@pytest.mark.parametrize("style", STYLES)
def test_every_letter_fills_its_height_and_width(style: str) -> None:
    """A die cell is cut to the ink, so that letters of a row stand equally high."""
    for character in CHARACTERS:
        mask = draw(character, style, 80)
        rows, columns = np.nonzero(mask > 100)
        assert np.ptp(rows) >= 76, character
        assert np.ptp(columns) >= mask.shape[1] - 8, character


@pytest.mark.parametrize("pair", ["0O", "1I"])
def test_charles_wright_has_one_shape_for_figure_and_letter(pair: str) -> None:
    """Only the place in the syntax tells them apart, as on British plates."""
    assert np.array_equal(draw(pair[0], "wright", 80), draw(pair[1], "wright", 80))


@pytest.mark.parametrize("pair", ["0O", "1I", "8B", "PR", "EF", "CG", "UV", "MW", "5S", "2Z", "17"])
def test_fe_schrift_tells_every_pair_apart(pair: str) -> None:
    """It is the type that cannot be forged by painting one letter into another."""
    assert unlike(*pair, "fe") > 0.03


def test_the_vietnamese_one_is_no_seven() -> None:
    """Its flag is short and its stem upright, where a 7 has a bar and a slanting stem."""
    assert unlike("1", "7", "asian") > 0.2


def test_an_unknown_style_is_refused() -> None:
    """A misspelt family must not render as some other type."""
    with pytest.raises(KeyError):
        draw("A", "comic", 80)
