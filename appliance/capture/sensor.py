"""Arithmetic of a CSI camera: its modes, the piece of the sensor that is used, times.  Pure.

The rule to know: what the sensor says of a frame is believed, what it was asked for is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.exposure import Shot

Size = tuple[int, int]
Rectangle = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the sensor."""
Shares = tuple[float, float, float, float]
"""The same as shares of what the mode shows, 0 to 1."""
WHOLE: Shares = (0.0, 0.0, 1.0, 1.0)

MOST_PIXELS = 5_000_000
"""Of a mode that nobody asked for: four buffers of a 12 megapixel sensor are a quarter of the
memory that a Pi 4 has for cameras, and no lane needs them."""
SLOWER = 0.99
"""A mode of 24.95 frames a second will do for 25."""
ALIKE = 0.08
"""Relative difference up to which what the sensor does counts as what it was asked for: gains come
in steps, the coarsest of them 1/16 (OV9281)."""
LINE_S = 40e-6
"""And exposures come in lines of the sensor, of 8 to 40 us."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a sensor can be read out.

    Attributes:
        size: width and height in pixels that leave the sensor.
        bits: of a pixel.
        rate: frames a second at most.
        crop: what part of the sensor it shows.
        name: of its raw format.
    """

    size: Size
    bits: int
    rate: float
    crop: Rectangle
    name: str

    @property
    def field(self) -> int:
        """Pixels of the sensor that it shows, binned or not."""
        return self.crop[2] * self.crop[3]


def choose_mode(modes: Sequence[Mode], rate: float, size: Size | None) -> Mode:
    """The mode with the widest view that is fast and large enough; of these the plainest.

    Without a size the finest that is not too large to be handled; with one the coarsest that still
    has it, for every pixel costs memory and heat.

    Raises:
        ValueError: no mode does; what was expected is the text.
    """
    fast = [mode for mode in modes if mode.rate >= SLOWER * rate]
    if not fast:
        fastest = max((mode.rate for mode in modes), default=0)
        raise ValueError(f"camera.rate = {rate:g}: expected at most {fastest:g}, for this sensor")
    if size is None:
        return max(
            [mode for mode in fast if _area(mode.size) <= MOST_PIXELS] or fast,
            key=lambda mode: (mode.field, _area(mode.size), mode.bits),
        )
    large = [m for m in fast if m.size[0] >= size[0] and m.size[1] >= size[1]]
    if not large:
        sizes = ", ".join(sorted({f"{mode.size[0]}x{mode.size[1]}" for mode in fast}))
        raise ValueError(
            f"camera.width and camera.height = {size[0]}x{size[1]}: expected no more than the"
            f" sensor has at {rate:g} frames a second: {sizes}"
        )
    return max(large, key=lambda mode: (mode.field, -_area(mode.size), mode.bits))


def picture_size(mode: Mode, shares: Shares, size: Size | None) -> Size:
    """Width and height of the picture: as asked, or what the mode has of the piece."""
    if size is not None:
        return size
    return _even(mode.size[0] * shares[2]), _even(mode.size[1] * shares[3])


def piece(view: Rectangle, shares: Shares, size: Size) -> Rectangle:
    """The part of the sensor that fills a picture of `size` without being stretched.

    Args:
        view: what the mode shows of it.
        shares: what was asked for of that; the piece is within it and has its middle.
        size: of the picture.
    """
    left, top, width, height = view
    x, y = left + shares[0] * width, top + shares[1] * height
    wide, high = shares[2] * width, shares[3] * height
    shape = size[0] / size[1]
    fit_wide, fit_high = min(wide, high * shape), min(high, wide / shape)
    return (
        _even(x + (wide - fit_wide) / 2),
        _even(y + (high - fit_high) / 2),
        _even(fit_wide),
        _even(fit_high),
    )


def small_size(size: Size, width: int) -> Size:
    """A size of the same shape and about that width."""
    return min(width, size[0]), min(_even(width * size[1] / size[0]), size[1])


def age_s(stamp_ns: int, clocks_ns: Sequence[int]) -> float:
    """Seconds since a sensor's time stamp, which counts from the start of the machine.

    libcamera's documentation says CLOCK_BOOTTIME, the Pi's kernel drivers stamp in CLOCK_MONOTONIC
    (libcamera bug 254); they differ by the time that the machine was suspended.  No frame is of the
    future: so it is the youngest age that is possible, and right in both cases.

    Args:
        stamp_ns: the time stamp.
        clocks_ns: what both clocks say now.

    Raises:
        ValueError: it is of the future by both.
    """
    ages = [now - stamp_ns for now in clocks_ns if now >= stamp_ns]
    if not ages:
        raise ValueError("its time stamp is of the future")
    return min(ages) / 1e9


def frames_between(earlier: float, later: float, interval_s: float) -> int:
    """How many frames further the later one is, at least one."""
    return max(1, round((later - earlier) / interval_s))


def is_alike(shot: Shot, exposure_s: float, gain: float) -> bool:
    """Whether a frame was taken as it was asked for, as far as a sensor can."""
    slack_s = max(LINE_S, ALIKE * exposure_s)
    return abs(shot.exposure_s - exposure_s) <= slack_s and abs(shot.gain / gain - 1) <= ALIKE


def _area(size: Size) -> int:
    return size[0] * size[1]


def _even(pixels: float) -> int:
    return int(pixels) // 2 * 2
