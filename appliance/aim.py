"""Whether the camera is aimed well: what the figures of the newest vehicles say together.  Pure.

The rule to know: a figure that nobody knows is None and no fault; too few vehicles are no verdict.
No plate stands in any of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from appliance.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Aim:
    """What the newest vehicles say together; each figure their median, None where nobody knows it.

    Attributes:
        ready: the camera is aimed well; None while too few vehicles were seen.
        because: why it is not, or not known, in words.
        vehicles: that this rests on.
        read: those of them whose plate could be read; where they are enough the figures are theirs.
        px_per_char, sharpness, burnt, black, contrast, tilt_deg, yaw_deg, pitch_deg, smear_px,
            edge, travel_deg, reads: as in Vehicle.
        exposure_ms: as it was, milliseconds.
        longest_ms: as it may be at the configured speed; None where nobody configured one.
        shake_px: by how much the picture shakes, pixels (standard deviation).
    """

    ready: bool | None = None
    because: tuple[str, ...] = ("0 of 5 vehicles seen",)
    vehicles: int = 0
    read: int = 0
    px_per_char: float | None = None
    sharpness: float | None = None
    burnt: float | None = None
    black: float | None = None
    contrast: float | None = None
    tilt_deg: float | None = None
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    smear_px: float | None = None
    edge: float | None = None
    travel_deg: float | None = None
    reads: float | None = None
    exposure_ms: float | None = None
    longest_ms: float | None = None
    shake_px: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure must keep.

    Attributes:
        figure: its name in Aim.
        bound: that it must reach, or stay within.
        is_least: it must be at least that; else at most, to either side of 0.
        words: what is wrong with it, with the figure and the bound.
        cure: what to do.
    """

    figure: str
    bound: float
    is_least: bool
    words: str
    cure: str

    @property
    def expected(self) -> str:
        """The bound as a person reads it."""
        return f"{self.bound:g} or {'more' if self.is_least else 'less'}"

    def fault(self, value: float | None) -> str | None:
        """In words; None where it is kept, or nobody knows."""
        if value is None:
            return None
        size = value if self.is_least else abs(value)
        is_kept = size >= self.bound if self.is_least else size <= self.bound
        return None if is_kept else f"{self.words.format(size, self.bound)}: {self.cure}"


LIMITS = (
    Limit("px_per_char", 10, True, "characters are {:.1f} px apart, expected {:g} or more",
          "zoom in, or go nearer"),
    Limit("sharpness", 0.45, True, "sharpness is {:.2f}, expected {:g} or more",
          "focus, or expose for less long"),
    Limit("contrast", 0.1, True, "the contrast of the plates is {:.2f}, expected {:g} or more",
          "more light"),
    Limit("burnt", 0.25, False, "{:.0%} of the plates is burnt out, expected {:.0%} or less",
          "expose for less long, or dim the light"),
    Limit("smear_px", 2, False, "plates move by {:.1f} px while exposed, expected {:g} or less",
          "expose for less long"),
    Limit("tilt_deg", 15, False, "plates are inclined by {:.0f} degrees, expected {:g} or less",
          "level the camera, or let it stand less far aside"),
    Limit("yaw_deg", 45, False, "seen from {:.0f} degrees aside, expected {:g} or less",
          "nearer to the lane's axis, or farther away"),
    Limit("pitch_deg", 40, False, "seen from {:.0f} degrees above, expected {:g} or less",
          "lower, or farther away"),
    Limit("edge", 1, True, "{:.1f} plate widths to the picture's side, expected {:g} or more",
          "turn the camera to the lane, or zoom out"),
    Limit("reads", 4, True, "a vehicle is read in {:g} frames, expected {:g} or more",
          "a longer stretch of the lane, or more frames a second"),
    Limit("shake_px", 2, False, "the picture shakes by {:.1f} px, expected {:g} or less",
          "a stiffer mount"),
)  # fmt: skip
"""What a camera that is aimed well keeps.  Of 87 photographs (`tools/calibrate_aim`; shares in the
README) those with 10 px a character are read 9 times of 10 that those with 16 are, with 8 px half
as often; inclined by 20 degrees a fifteenth less than level ones, by 30 less than half as often;
from 50 degrees aside or 40 above a tenth less; smeared by 3 px (a sharpness of 0.47) a fourteenth
less, by 4 less than half; 0.3 burnt out, or at a contrast of 0.05, a sixth less.  Axis asks for 30
degrees at most, AxxonSoft for 20 aside, 30 above and 10 inclined; ours leave room for what `pose`
errs.  The others follow: in a lane of 3 m a vehicle strays by a plate's width; `sight.SURE_READS`
reads settle it early; a shake that is no more than the smear harms nothing, be it ever so fast."""
LEAST_VEHICLES, LEAST_READ = 5, 0.5
"""Vehicles without which nothing is said; share of them that can be read where all is well: others
leave the lane, are hidden, or have none."""
SLACK = 1.05
"""By how much an exposure may be longer than the rule: a sensor counts whole lines."""


MIDDLES = (
    "px_per_char", "sharpness", "burnt", "black", "contrast", "tilt_deg", "yaw_deg", "pitch_deg",
    "smear_px", "edge", "travel_deg", "reads",
)  # fmt: skip
"""Figures of Aim that are the median of the vehicles' own, of the same name."""


def aim_of(
    vehicles: Sequence[Vehicle], shake_px: float | None = None, longest_s: float | None = None
) -> Aim:
    """What vehicles say together.

    Args:
        vehicles: the newest.
        shake_px: by how much the picture shakes, pixels; None where nobody knows.
        longest_s: seconds that an exposure may take; None where nobody configured a speed.
    """
    read = [each for each in vehicles if each.is_read]
    telling = read if len(read) >= LEAST_VEHICLES else list(vehicles)

    def middle(figure: str, digits: int = 2) -> float | None:
        return _middle([getattr(each, figure) for each in telling], digits)

    exposure_s = middle("exposure_s", digits=7)
    middles: dict[str, Any] = {figure: middle(figure) for figure in MIDDLES}
    aim = Aim(
        vehicles=len(vehicles),
        read=len(read),
        **middles,
        exposure_ms=None if exposure_s is None else round(1e3 * exposure_s, 3),
        longest_ms=None if longest_s is None else round(1e3 * longest_s, 3),
        shake_px=None if shake_px is None else round(shake_px, 2),
    )
    if len(vehicles) < LEAST_VEHICLES:
        return replace(aim, because=(f"{len(vehicles)} of {LEAST_VEHICLES} vehicles seen",))
    because = tuple(_faults(aim))
    return replace(aim, ready=not because, because=because)


def _faults(aim: Aim) -> Iterator[str]:
    """What is wrong, the surest cause of misreads first."""
    if aim.read < LEAST_READ * aim.vehicles:
        yield f"{aim.read} of {aim.vehicles} vehicles could be read"
    for limit in LIMITS:
        fault = limit.fault(getattr(aim, limit.figure))
        if fault is not None:
            yield fault
    longest = aim.longest_ms
    if aim.exposure_ms is not None and longest is not None and aim.exposure_ms > SLACK * longest:
        yield (
            f"exposed for {aim.exposure_ms:g} ms, expected {longest:g} at most"
            " at the configured speed: more light, or more gain"
        )


def _middle(values: Sequence[float | None], digits: int) -> float | None:
    """The median of those that are known; None where none is."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    middle = median(known) if known else math.nan
    return round(middle, digits) if math.isfinite(middle) else None
