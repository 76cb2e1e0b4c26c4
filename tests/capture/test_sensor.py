"""Modes, pieces of the sensor, and times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture.sensor import (
    WHOLE,
    Mode,
    Shares,
    Size,
    age_s,
    choose_mode,
    frames_between,
    is_alike,
    picture_size,
    piece,
    small_size,
)
from appliance.exposure import Shot

FULL = (0, 0, 4056, 3040)
IMX477 = [
    Mode((1332, 990), 10, 120.05, (696, 528, 2664, 1980), "SRGGB10_CSI2P"),
    Mode((2028, 1080), 12, 50.03, (0, 440, 4056, 2160), "SRGGB12_CSI2P"),
    Mode((2028, 1520), 12, 40.01, FULL, "SRGGB12_CSI2P"),
    Mode((4056, 3040), 12, 10.0, FULL, "SRGGB12_CSI2P"),
]
CHOICES: dict[str, tuple[float, Size | None, Size]] = {
    "the whole view at the usual rate": (25, None, (2028, 1520)),
    "faster, of what is left": (50, None, (2028, 1080)),
    "no mode that is too large without need": (10, None, (2028, 1520)),
    "too large where it was asked for": (10, (2500, 1000), (4056, 3040)),
    "the coarsest that still has the size": (10, (1280, 720), (2028, 1520)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_mode_has_the_widest_view_that_is_fast_enough(name: str) -> None:
    """Of a sensor with four, named by rate and size."""
    rate, size, chosen = CHOICES[name]
    assert choose_mode(IMX477, rate, size).size == chosen


@pytest.mark.parametrize(
    ("rate", "size", "told"),
    [
        (121.5, None, "camera.rate = 121.5: expected at most 120.05"),
        (25, (3000, 2000), "camera.height = 3000x2000: expected no more than the sensor has"),
    ],
)
def test_what_the_sensor_cannot_do_is_named(rate: float, size: Size | None, told: str) -> None:
    """With the key, its value and what there is."""
    with pytest.raises(ValueError, match=r"camera\.") as raised:
        choose_mode(IMX477, rate, size)
    assert told in str(raised.value)


def test_a_picture_has_the_pixels_of_its_piece() -> None:
    """None is invented; where a size was asked for, that is it."""
    assert picture_size(IMX477[2], (0.25, 0.5, 0.5, 0.25), None) == (1014, 380)
    assert picture_size(IMX477[2], (0.25, 0.5, 0.5, 0.25), (640, 360)) == (640, 360)


SHARE = st.floats(0.05, 0.5)


@given(
    shares=st.tuples(SHARE, SHARE, SHARE, SHARE),
    size=st.tuples(st.integers(160, 2000), st.integers(120, 2000)),
)
def test_a_piece_is_within_what_was_asked_for_and_of_the_pictures_shape(
    shares: Shares, size: Size
) -> None:
    """Nothing is stretched, nothing shows what was cut away, and one side is used to its end."""
    left, top, width, height = piece(FULL, shares, size)
    assert left >= shares[0] * 4056 - 2
    assert top >= shares[1] * 3040 - 2
    assert left + width <= (shares[0] + shares[2]) * 4056 + 1
    assert top + height <= (shares[1] + shares[3]) * 3040 + 1
    assert width * size[1] == pytest.approx(height * size[0], abs=2.1 * sum(size))
    assert width >= shares[2] * 4056 - 3 or height >= shares[3] * 3040 - 3


def test_the_whole_is_the_whole() -> None:
    """Of the picture's own shape."""
    assert piece(FULL, WHOLE, (2028, 1520)) == FULL


@pytest.mark.parametrize("size", [(1456, 1088), (640, 480), (2028, 1520), (320, 240), (300, 900)])
def test_the_small_picture_fits_into_the_large_one(size: Size) -> None:
    """Both sides even, as the library asks."""
    small = small_size(size, 320)
    assert small[0] <= size[0]
    assert small[1] <= size[1]
    assert not any(side % 2 for side in small)


SUSPENDED_NS = 3_600_000_000_000


@pytest.mark.parametrize("suspended_ns", [0, SUSPENDED_NS])
@pytest.mark.parametrize("stamped_by", ["monotonic", "boottime"])
@given(age_ns=st.integers(0, 30_000_000_000))
def test_the_age_is_right_whichever_clock_the_driver_stamps_with(
    suspended_ns: int, stamped_by: str, age_ns: int
) -> None:
    """After an hour asleep too: a frame of the future or of an hour ago would stop the lane."""
    monotonic = 10**13
    clocks = monotonic, monotonic + suspended_ns
    stamp = clocks[stamped_by == "boottime"] - age_ns
    assert age_s(stamp, clocks) == pytest.approx(age_ns / 1e9)


def test_a_stamp_of_the_future_is_refused() -> None:
    """By whichever clock; it would make a passage fresh for ever."""
    with pytest.raises(ValueError, match="future"):
        age_s(200, (50, 100))


@pytest.mark.parametrize(("later", "count"), [(1.04, 1), (1.079, 2), (1.122, 3), (1.001, 1)])
def test_what_nobody_looked_at_is_counted(later: float, count: int) -> None:
    """By the sensor's own interval, however its times tremble; each frame is another."""
    assert frames_between(1.0, later, 0.04) == count


@pytest.mark.parametrize(
    ("shot", "alike"),
    [
        (Shot(0.001, 4.0), True),
        (Shot(0.00103, 4.0625), True),
        (Shot(0.002, 4.0), False),
        (Shot(0.001, 5.0), False),
        (Shot(0.00002, 4.0), False),
    ],
)
def test_lines_and_steps_of_a_sensor_count_as_asked(shot: Shot, alike: bool) -> None:
    """And nothing else does."""
    assert is_alike(shot, 0.001, 4.0) is alike
