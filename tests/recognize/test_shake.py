"""By how much the picture shakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.domain import Frame
from appliance.recognize.shake import BURST, EVERY_S, Shake

RATE = 15.0
Image = NDArray[np.uint8]
Way = Callable[[float], tuple[float, float]]


def road(seed: int = 1, size: tuple[int, int] = (480, 300)) -> Image:
    """Things of all sizes, as a street has them."""
    chance = np.random.default_rng(seed)
    drawn = np.full((size[1], size[0], 3), 90, np.uint8)
    for _ in range(120):
        (x, y), (w, h) = chance.integers(0, size), chance.integers(4, 60, 2)
        grey = int(chance.integers(20, 220))
        cv2.rectangle(drawn, (int(x), int(y)), (int(x + w), int(y + h)), (grey,) * 3, cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.0), np.uint8)


def film(
    picture: Image, way: Way, seconds: float, noise: float = 3.0, begin: float = 0.0
) -> Iterator[Frame]:
    """Frames of a picture whose place goes some way over time, with a sensor's noise."""
    chance, (height, width) = np.random.default_rng(2), picture.shape[:2]
    for number in range(round(seconds * RATE)):
        at = begin + number / RATE
        x, y = way(at)
        moved = cv2.warpAffine(
            picture,
            np.array([[1, 0, x], [0, 1, y]], np.float64),
            (width, height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        noisy = np.clip(moved + chance.normal(0, noise, picture.shape), 0, 255)
        yield Frame(noisy.astype(np.uint8), at, number)


def swaying(px: float, hertz: float = 3.1) -> Way:
    """To both sides, by so many pixels at most."""
    return lambda at: (px * math.sin(2 * math.pi * hertz * at), 0.0)


def watched(frames: Iterator[Frame], shake: Shake | None = None) -> Shake:
    """After all of the frames."""
    shake = shake or Shake()
    for frame in frames:
        shake.watch(frame)
    return shake


@pytest.mark.parametrize("px", [0.0, 0.5, 1.0, 3.0, 8.0])
def test_a_swaying_picture_is_measured(px: float) -> None:
    """Its deviation is the amplitude by the root of two: to 0.15 px and a fifth of it."""
    found = watched(film(road(), swaying(px), 1)).px
    assert found is not None
    assert found == pytest.approx(px / math.sqrt(2), abs=0.15 + 0.2 * px)


def test_a_vehicle_that_drives_through_is_no_shake() -> None:
    """It hides one place after the other, never most of them."""
    shake = Shake()
    for frame in film(road(), swaying(0), 1):
        image, x = frame.image.copy(), round(200 * frame.at)
        image[180:280, x : x + 140] = road(9)[180:280, x : x + 140][:, ::-1]
        shake.watch(Frame(image, frame.at, frame.number))
    assert shake.px is not None
    assert shake.px < 0.3


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((300, 480, 3), 3, np.uint8), id="a dark night"),
        pytest.param(np.full((300, 480, 3), 180, np.uint8), id="fog"),
        pytest.param(np.zeros((300, 480, 3), np.uint8), id="a lens cap"),
        pytest.param(road()[:90, :90], id="too small"),
        pytest.param(road()[:40, :], id="too low"),
    ],
)
def test_what_shows_nothing_tells_nothing(picture: Image) -> None:
    """Rather than that it is still."""
    assert watched(film(picture, swaying(3), 1, noise=2)).px is None


def test_black_places_tell_nothing() -> None:
    """The edge of what is blacked out never shakes, whatever the camera does."""
    shake = Shake()
    for frame in film(road(), swaying(4), 1):
        image = frame.image.copy()
        image[:100] = 0
        image[180:, :260] = 0
        shake.watch(Frame(image, frame.at, frame.number))
    assert shake.px is None, "one place alone is not believed"


def test_it_looks_now_and_then() -> None:
    """BURST frames in EVERY_S seconds; between them a frame costs nothing."""
    shake, picture, working = Shake(), road(), 0
    for number in range(round(EVERY_S * 2 * RATE)):
        before = shake.first
        shake.watch(Frame(picture, number / RATE, number))
        working += bool(before or shake.first)
    assert working <= 2 * (BURST + 1)
    assert len(shake.looks) == 2


def test_one_look_in_which_all_moved_does_not_count() -> None:
    """A lorry in front of the lens: the median of the looks stays."""
    shake = Shake()
    for number, px in enumerate((0.0, 9.0, 0.0)):
        watched(film(road(), swaying(px), 1, begin=number * EVERY_S), shake)
    assert shake.px is not None
    assert shake.px < 0.3


def test_another_size_begins_anew() -> None:
    """A camera that changes its resolution raises nothing."""
    shake = watched(film(road(), swaying(1), 0.3))
    watched(film(road(size=(360, 240)), swaying(1), 1, begin=0.3), shake)
    assert shake.px == pytest.approx(0.7, abs=0.3)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 99))
def test_any_picture_will_do(width: int, height: int, seed: int) -> None:
    """Of whatever size and pixels, nothing is raised."""
    chance, shake = np.random.default_rng(seed), Shake()
    for number in range(BURST + 2):
        image = chance.integers(0, 256, (height, width, 3)).astype(np.uint8)
        shake.watch(Frame(image, number / RATE, number))
