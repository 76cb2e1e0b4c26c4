"""Where a recording begins anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.capture.cut import Cuts
from appliance.capture.video import RecordedCamera
from tests.capture.test_camera import clip_of, folder_of

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


def test_a_dark_picture_is_no_scene_of_its_own() -> None:
    """Noise of a dark night resembles nothing, itself included; what follows is compared again."""
    dark = [CHANCE.integers(0, 3, ONE.shape, np.uint8) for _ in range(3)]
    assert cuts(*dark) == []
    assert cuts(ONE, *dark, ONE) == []
    assert cuts(ONE, *dark, OTHER) == [4]


def test_a_recording_says_with_which_frame_another_scene_begins(tmp_path: Path) -> None:
    """A film and a folder alike: a sequence of pictures is one scene, strangers are many."""
    scenes = [ONE, ONE, OTHER, OTHER]
    for path in (clip_of(scenes, tmp_path / "clip.avi"), folder_of(scenes, tmp_path / "folder")):
        assert [f.cut for f in RecordedCamera(path).frames()] == [False, False, True, False]


def test_what_is_hidden_makes_no_cut(tmp_path: Path) -> None:
    """It is black before anyone looks, who compares scenes among them."""
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    folder = folder_of([ONE, OTHER], tmp_path / "folder")
    assert not any(f.cut for f in RecordedCamera(folder, hidden=[everything]).frames())
