"""How crisp a crop is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.domain import Frame, Quad
from appliance.recognize.rectify import rectify
from appliance.recognize.sharpness import LEAST, sharpness
from tests.recognize.test_recognizer import PICTURE, recognizer


def crop(smeared: int = 1, contrast: int = 200) -> NDArray[np.uint8]:
    """Dark strokes, smeared to the side over so many pixels as by a vehicle that drives by."""
    drawn = np.full((48, 160), 30 + contrast, np.uint8)
    for number, letter in enumerate("AB12CDE"):
        place = (6 + 22 * number, 38)
        cv2.putText(drawn, letter, place, cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 3, cv2.LINE_AA)
    return cv2.blur(drawn, (smeared, 1))[..., None].astype(np.uint8)


def test_the_more_a_crop_is_smeared_the_less_sharp_it_is() -> None:
    """From crisp down to what does not vote any more, and never out of 0 to 1."""
    levels = [sharpness(crop(smeared)) for smeared in (1, 5, 9, 15, 25, 61)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 0.5
    assert levels[-1] < LEAST
    assert all(0 <= level <= 1 for level in levels)


def test_contrast_is_not_sharpness() -> None:
    """A dirty plate at dusk may be crisp."""
    assert sharpness(crop(contrast=60)) == pytest.approx(sharpness(crop()), abs=0.02)


def test_noise_does_not_make_a_smeared_crop_crisp() -> None:
    """Nor does a dark one, in which there is nothing else."""
    chance = np.random.default_rng(2)
    noise = chance.normal(0, 6, (48, 160, 1))
    noisy = np.clip(crop(15) + noise, 0, 255).astype(np.uint8)
    assert sharpness(noisy) < sharpness(crop(5))
    assert sharpness(np.full((48, 160, 1), 40, np.uint8)) == 0.0


def test_a_sighting_has_the_sharpness_of_its_crop() -> None:
    """Of the crop that is read; the vote weighs it."""
    (first, _) = recognizer("KX53PXF").sightings(Frame(PICTURE, at=0.0, number=0))
    assert first.sharpness == 0.0, "one grey from edge to edge"
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    (best, _) = recognizer("KX53PXF").sightings(Frame(stripes, at=0.0, number=0))
    left, top, right, bottom = 40.0, 24.0, 56.0, 30.0
    corners = Quad(((left, top), (right, top), (right, bottom), (left, bottom)))
    assert best.sharpness == pytest.approx(sharpness(rectify(stripes, corners, (160, 48))), abs=0.1)
    assert best.sharpness > 0.3
