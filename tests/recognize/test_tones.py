"""How the light fell on a plate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.domain import Frame
from appliance.exposure import Tones
from appliance.recognize.tones import tones
from tests.recognize.test_recognizer import PICTURE, recognizer


def crop(ground: int, characters: int) -> NDArray[np.uint8]:
    """Characters on a quarter of the plate."""
    drawn = np.full((48, 160, 1), ground, np.uint8)
    drawn[12:36, 40:120] = characters
    return drawn


@pytest.mark.parametrize(
    ("ground", "characters", "expected"),
    [
        pytest.param(200, 50, Tones(0.0, 0.0, 200 / 255, 150 / 255), id="dark on bright"),
        pytest.param(50, 200, Tones(0.0, 0.0, 200 / 255, 150 / 255), id="bright on dark"),
        pytest.param(255, 60, Tones(0.75, 0.0, 1.0, 195 / 255), id="the ground is burnt out"),
        pytest.param(70, 5, Tones(0.0, 0.25, 70 / 255, 65 / 255), id="the characters are black"),
        pytest.param(255, 252, Tones(1.0, 0.0, 1.0, 3 / 255), id="all is burnt out"),
        pytest.param(90, 90, Tones(0.0, 0.0, 90 / 255, 0.0), id="of one level"),
        pytest.param(0, 0, Tones(0.0, 1.0, 0.0, 0.0), id="a lens cap"),
    ],
)
def test_ground_and_characters_are_told_apart(
    ground: int, characters: int, expected: Tones
) -> None:
    """Shares of the pixels, and levels of 0 to 1, whichever of the two is brighter."""
    found = tones(crop(ground, characters))
    assert (found.burnt, found.black) == pytest.approx((expected.burnt, expected.black))
    assert (found.bright, found.contrast) == pytest.approx((expected.bright, expected.contrast))


def test_of_nothing_all_is_zero() -> None:
    """A crop without a pixel is no fault."""
    assert tones(np.zeros((0, 160, 1), np.uint8)) == Tones(0.0, 0.0, 0.0, 0.0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 200), st.floats(0, 3))
def test_it_is_never_out_of_bounds(seed: int, height: int, width: int, gain: float) -> None:
    """Each from 0 to 1, the contrast no more than the bright part, for whatever pixels."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 1)) * gain
    found = tones(np.clip(noise, 0, 255).astype(np.uint8))
    assert all(0 <= share <= 1 for share in (found.burnt, found.black, found.bright))
    assert 0 <= found.contrast <= found.bright
    assert found.burnt + found.black <= 1


def test_a_sighting_has_the_tones_of_its_crop() -> None:
    """Of the crop that is read; the exposure is steered by it."""
    (first, _) = recognizer("KX53PXF").sightings(Frame(PICTURE, at=0.0, number=0))
    assert first.tones is not None
    assert first.tones.contrast == 0.0, "one grey from edge to edge"
