"""Where a recording begins anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.capture.cut import Cuts

CHANCE = np.random.default_rng(4)
ONE, OTHER = (
    np.kron(CHANCE.integers(0, 255, (9, 16, 3), np.uint8), np.ones((20, 20, 1), np.uint8))
    for _ in range(2)
)


def cuts(*images: NDArray[np.uint8]) -> list[int]:
    """The numbers of the pictures with which a new scene begins."""
    watching = Cuts()
    return [number for number, image in enumerate(images) if watching.is_cut(image)]


def test_another_scene_is_a_cut() -> None:
    """Once, and back again."""
    assert cuts(ONE, ONE, OTHER, OTHER, ONE) == [2, 4]


def test_a_folder_of_strangers_is_all_cuts() -> None:
    """Each picture is another scene; the first is none."""
    assert cuts(ONE, OTHER, ONE, OTHER) == [1, 2, 3]


def test_light_is_no_cut() -> None:
    """Neither a lamp nor the camera's exposure."""
    assert cuts(ONE, (ONE // 2).astype(np.uint8), ONE, (ONE // 3 + 90).astype(np.uint8)) == []


def test_who_drives_through_the_picture_is_no_cut() -> None:
    """Though in the end it fills half of it."""
    driven = []
    for step in range(0, 170, 12):
        image = ONE.copy()
        image[:step, 80:240] = 30
        driven.append(image)
    assert cuts(*driven) == []
