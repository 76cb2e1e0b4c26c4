"""The aiming figures for a person: lines, and a drawing.  No plate stands in them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.aim import LIMITS, Aim
from appliance.vehicle import Vehicle

Image = NDArray[np.uint8]
ROWS = {
    "px_per_char": "pixels a character",
    "sharpness": "sharpness, 0 to 1",
    "contrast": "contrast of the plate",
    "burnt": "share burnt out",
    "black": "share black",
    "tilt_deg": "plates inclined, degrees",
    "yaw_deg": "from aside, degrees",
    "pitch_deg": "from above, degrees",
    "exposure_ms": "exposure, ms",
    "smear_px": "smear, pixels",
    "shake_px": "shake, pixels",
    "edge": "plate widths to a side",
    "travel_deg": "way, degrees from upright",
    "reads": "reads of a vehicle",
}
"""The figures of Aim as they are called here, in the order in which they are shown."""
GREEN, RED, GREY, WHITE, BLACK = (
    (80, 200, 80),
    (70, 70, 240),
    (170, 170, 170),
    (255, 255, 255),
    (0, 0, 0),
)
FONT = cv2.FONT_HERSHEY_SIMPLEX
PANEL = 460
"""Pixels that the figures take beside a picture 720 high."""


def verdict(aim: Aim) -> str:
    """In one line: ready, not ready, or not known yet."""
    rests = f"{aim.vehicles} vehicles, {aim.read} of them read"
    if aim.ready is None:
        return f"no verdict yet: {', '.join(aim.because)}"
    return f"ready ({rests})" if aim.ready else f"not ready ({rests}), because"


def text(aim: Aim) -> str:
    """The verdict, its reasons, and a line a figure with what is expected of it."""
    lines = [verdict(aim)]
    if aim.ready is False:
        lines += [f"  {reason}" for reason in aim.because]
    return "\n".join(
        [*lines, *(f"  {name:<26}{value:>9}  {wanted}" for name, value, wanted in rows(aim))]
    )


def rows(aim: Aim) -> list[tuple[str, str, str]]:
    """What each figure is called, how large it is, and what is expected; those that are known."""
    wanted = {limit.figure: limit.expected for limit in LIMITS}
    if aim.longest_ms is not None:
        wanted["exposure_ms"] = f"{aim.longest_ms:g} or less"
    return [
        (name, f"{value:g}", wanted.get(figure, ""))
        for figure, name in ROWS.items()
        if (value := getattr(aim, figure)) is not None
    ]


def line(number: int, vehicle: Vehicle) -> str:
    """One vehicle as it has gone by."""
    tilt = "" if vehicle.tilt_deg is None else f", inclined by {vehicle.tilt_deg:+.1f} degrees"
    what = f"{vehicle.reads} reads" if vehicle.is_read else "not read"
    return (
        f"{number:>4}: {what}, {vehicle.px_per_char:.1f} px a character,"
        f" sharpness {vehicle.sharpness:.2f}{tilt}"
    )


def drawing(image: Image, vehicles: Sequence[Vehicle], aim: Aim) -> Image:
    """A copy of a (H, W, 3) BGR picture with the plates' outlines, the figures beside it."""
    scale = max(0.4, image.shape[0] / 720)
    drawn = np.array(image)
    for vehicle in vehicles:
        corners = np.nan_to_num(np.array(vehicle.quad.corners)).clip(-1e4, 1e4)
        cv2.polylines(
            drawn,
            [corners.round().astype(np.int32)],
            True,
            GREEN if vehicle.is_read else RED,
            max(1, round(2 * scale)),
            cv2.LINE_AA,
        )
    return np.hstack([drawn, _panel(image.shape[0], scale, aim)])


def _panel(height: int, scale: float, aim: Aim) -> Image:
    """The verdict, its reasons and the figures on a dark ground."""
    panel = np.full((height, round(PANEL * scale), 3), 30, np.uint8)
    colour = {True: GREEN, False: RED, None: GREY}[aim.ready]
    y = _written(panel, verdict(aim), 34, scale, 0.62, colour)
    for reason in aim.because if aim.ready is False else ():
        y = _written(panel, f"- {reason}", y + 4, scale, 0.5, WHITE)
    y += 16
    for name, value, wanted in rows(aim):
        _put(panel, name, (14, y), scale, 0.5, GREY)
        _put(panel, value, (240, y), scale, 0.5, WHITE)
        _put(panel, wanted, (320, y), scale, 0.45, GREY)
        y += 26
    told = "green, red: where each vehicle was measured, read or not"
    _put(panel, told, (14, round(height / scale) - 14), scale, 0.4, GREY)
    return panel


def _written(
    panel: Image, words: str, y: int, scale: float, size: float, colour: tuple[int, int, int]
) -> int:
    """Words in as many lines as they need; where the next line begins."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if cv2.getTextSize(longer, FONT, size, 1)[0][0] > PANEL - 28:
            _put(panel, line, (14, y), scale, size, colour)
            line, y = f"  {word}", y + 22
        else:
            line = longer
    _put(panel, line, (14, y), scale, size, colour)
    return y + 22


def _put(
    panel: Image,
    words: str,
    place: tuple[int, int],
    scale: float,
    size: float,
    colour: tuple[int, int, int],
) -> None:
    x, y = (round(each * scale) for each in place)
    thick = max(1, round(1.2 * scale))
    cv2.putText(panel, words, (x, y), FONT, size * scale, colour, thick, cv2.LINE_AA)
