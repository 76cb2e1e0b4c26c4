"""The table [camera] of the configuration: where the frames come from.  Pure.

The rule to know: a key that the chosen kind does not have is a fault, for nobody would obey it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from appliance.exposure import longest_exposure_s
from appliance.section import FilePath, Section, Source

Kind = Literal["video", "pi", "jetson"]
KINDS_OF: dict[str, tuple[Kind, ...]] = {
    "source": ("video",),
    "login_file": ("video",),
    "number": ("pi", "jetson"),
    "width": ("pi", "jetson"),
    "height": ("pi", "jetson"),
    "rate": ("pi", "jetson"),
    "speed_kmh": ("pi", "jetson"),
    "gain": ("pi", "jetson"),
    "crop": ("pi",),
    "focus": ("pi",),
    "colour_gains": ("pi",),
    "tuning": ("pi",),
}
"""The keys that not every kind of camera has, and which have them."""
Share = Annotated[float, Field(ge=0, le=1)]
ColourGain = Annotated[float, Field(gt=0, le=32)]
LEAST_SHARE = 0.05
"""Of a sensor's width and height: less than that is a few dozen pixels."""


class Camera(Section):
    """Where the frames come from."""

    # video: a USB or network camera, a file, a folder; pi, jetson: a CSI camera of the board's own
    kind: Kind = "video"
    # device, rtsp:// address, file, or folder of pictures
    source: Source = Field("/dev/video0", min_length=1)
    # one line, user:password, for an address that has none; as a password in the address it would
    # stand in this file
    login_file: Annotated[FilePath | None, Field(strict=False)] = None
    # seconds without a frame before the process ends and is started again
    silent_s: float = Field(10.0, ge=1, le=120)
    # which of the CSI cameras, as `gatepost cameras` counts them
    number: int = Field(0, ge=0, le=7)
    # pixels of the picture that plates are looked for in; None: those of the sensor's mode
    width: int | None = Field(None, ge=320, le=8192)
    height: int | None = Field(None, ge=240, le=8192, validate_default=True)
    # frames a second; more than the lane can look at only heat the board
    rate: float = Field(25.0, ge=1, le=120)
    # of the fastest vehicle that shall be read: sets the longest exposure
    speed_kmh: float = Field(50.0, ge=5, le=250)
    # of the sensor's amplifier, with which each night begins, before a plate was seen
    gain: float = Field(4.0, ge=1, le=64)
    # left, top, width, height: what the picture shows of the sensor, shares of all that it could
    crop: Annotated[tuple[Share, ...], Field(strict=False)] = ()
    # where a lens with a motor stays, in dioptres: 1 / metres, 0 is infinity; None: has no motor
    focus: float | None = Field(None, ge=0, le=32)
    # of red and of blue, fixed; none: the camera balances the white itself, but not by night
    colour_gains: Annotated[tuple[ColourGain, ...], Field(strict=False)] = ()
    # libcamera's, of the sensor and its filter: a name such as "imx296_noir.json", or a path
    tuning: str | None = Field(
        None, pattern=r"^.*\.json$", description="a name or a path that ends in .json"
    )

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the picture; None where the sensor's mode decides."""
        return (self.width, self.height) if self.width and self.height else None

    @property
    def exposure_s(self) -> float:
        """Seconds: the longest that does not smear a plate at `speed_kmh`, within one frame."""
        return min(longest_exposure_s(self.speed_kmh), 1 / self.rate)

    @property
    def is_csi(self) -> bool:
        """A camera of the board's own: the age of its frames is known."""
        return self.kind != "video"

    @field_validator(*KINDS_OF)
    @classmethod
    def _kind_has_it(cls, value: object, before: ValidationInfo) -> object:
        kind, key = before.data.get("kind"), str(before.field_name)
        if value is not None and kind is not None and kind not in KINDS_OF[key]:
            having = " or ".join(f"'{each}'" for each in KINDS_OF[key])
            raise ValueError(
                f"camera.{key} with camera.kind = '{kind}': a camera of that kind has no such key;"
                f" expected camera.kind = {having}, or no camera.{key}"
            )
        return value

    @field_validator("login_file")
    @classmethod
    def _login_needs_address(cls, path: Path | None, before: ValidationInfo) -> Path | None:
        source = before.data.get("source")  # where that is at fault it says so
        if path and source is not None and ("://" not in source or "@" in source):
            raise ValueError(
                "camera.login_file: expected an address without a login in camera.source, such as"
                " rtsp://host/path"
            )
        return path

    @field_validator("width", "height")
    @classmethod
    def _pixels_pair_up(cls, pixels: int | None, before: ValidationInfo) -> int | None:
        """A colour of YUV 4:2:0 is that of two by two pixels."""
        if pixels is not None and pixels % 2:
            raise ValueError(f"camera.{before.field_name} = {pixels}: expected an even number")
        return pixels

    @field_validator("height")
    @classmethod
    def _size_is_whole(cls, height: int | None, before: ValidationInfo) -> int | None:
        """Checked with the field, for a check of the whole table waits until all else is right."""
        width = before.data.get("width", height)  # where that is at fault it says so
        if (width is None) != (height is None):
            named, other = ("width", "height") if height is None else ("height", "width")
            raise ValueError(f"camera.{named} without camera.{other}: expected both or neither")
        return height

    @field_validator("crop")
    @classmethod
    def _crop_is_inside(cls, crop: tuple[float, ...]) -> tuple[float, ...]:
        form = "expected [left, top, width, height], shares of the sensor's view within it"
        if crop and len(crop) != len(("left", "top", "width", "height")):
            raise ValueError(f"camera.crop: {len(crop)} numbers, {form}")
        if crop:
            left, top, width, height = crop
            is_inside = left + width <= 1 and top + height <= 1
            if not is_inside or min(width, height) < LEAST_SHARE:
                raise ValueError(
                    f"camera.crop = {list(crop)}: {form}, width and height {LEAST_SHARE:g} or more"
                )
        return crop

    @field_validator("colour_gains")
    @classmethod
    def _gains_are_two(cls, gains: tuple[float, ...]) -> tuple[float, ...]:
        if len(gains) not in (0, len(("red", "blue"))):
            raise ValueError(
                f"camera.colour_gains: {len(gains)} numbers, expected two, of red and of blue"
            )
        return gains
