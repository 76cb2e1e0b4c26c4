"""picamera2 as the unit uses it: opened, configured once, asked for frames.

Unverified on hardware; written against picamera2 0.3.38, read in its source.

The rule to know: it is configured before it starts and never again, and a camera that has fallen
silent is not stopped: `stop()` would not return (picamera2 #1264), and changing modes loses memory
(#1125).  picamera2 and libcamera are imported here alone, and only when the configuration names
this kind of camera.
"""

from __future__ import annotations

import atexit
import concurrent.futures  # its TimeoutError is no TimeoutError before Python 3.11
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.camerasection import Camera
from appliance.capture import sensor
from appliance.capture.sensor import Mode, Shares, Size
from appliance.errors import ConfigurationError, PictureError
from appliance.exposure import Settings

MISSING = (
    "camera.kind = 'pi': {fault}; on Raspberry Pi OS: apt install python3-picamera2, which brings"
    " libcamera, and an environment made with --system-site-packages"
)
UNFIT = (
    "camera.kind = 'pi': picamera2 is there and cannot be imported here: {kind}: {fault}; apt's"
    " modules must fit this environment, its Python and its numpy {numpy}: on Raspberry Pi OS 13"
    " they do; on 12 they are built for numpy 1, see README.md, Installing"
)
BUFFERS = 4
"""One is filled, one is with the lane, two are on their way: with more a control takes longer
(#1287: 80 frames with 32) and a Pi 4 runs out of contiguous memory (#972)."""
SMALL_WIDTH = 320
"""Of the second stream, for motion."""
FORMAT = "YUV420"
FAST = 1
"""libcamera's NoiseReductionModeEnum: the better ones smear what moves."""
MANUAL = 0
"""libcamera's AfModeEnum."""
OPENING = (RuntimeError, OSError, IndexError, KeyError, ValueError)
"""What picamera2 raises where a camera is not there, is in use, or has lost its driver."""


class BrokenFrameError(Exception):
    """A frame that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Library:
    """The two foreign modules."""

    picamera2: Any
    libcamera: Any


def import_library() -> Library:
    """Both modules; ConfigurationError where they are not installed, or do not fit ours.

    An import opens no camera.
    """
    try:
        import libcamera  # noqa: PLC0415  # a unit with another camera needs no library
        import picamera2  # noqa: PLC0415
    except ModuleNotFoundError as fault:
        raise ConfigurationError(MISSING.format(fault=fault)) from fault
    # two lines that run the initialisers of a dozen compiled modules, none of them ours: one that
    # was built for another numpy has raised ValueError (picamera2 #1211), RuntimeError, ImportError
    except Exception as fault:
        raise ConfigurationError(_unfit(fault)) from fault
    return Library(picamera2, libcamera)


def modes_of(camera: Any) -> list[Mode]:  # noqa: ANN401  # a foreign object without types
    """The modes of an opened camera, not yet configured; ValueError where it is no CSI camera.

    It is configured in each of them to find out.
    """
    raw = [mode for mode in camera.sensor_modes if "size" in mode and "fps" in mode]
    if not raw:
        raise ValueError("is not on a CSI connector: expected one that is, or camera.kind 'video'")
    return [
        Mode(m["size"], m["bit_depth"], m["fps"], m["crop_limits"], str(m["format"])) for m in raw
    ]


class Device:
    """A camera that runs.

    Args:
        library: picamera2 and libcamera.
        config: which camera, and how it is set up.
        settings: that hold from the first frame.

    Attributes:
        size: width and height of its pictures.
        small: the same of the small grey ones.

    Raises:
        ConfigurationError: what is configured cannot be had from this camera.
        PictureError: it cannot be opened.
    """

    def __init__(self, library: Library, config: Camera, settings: Settings) -> None:
        self._mapped_array = library.picamera2.MappedArray
        self._colour_gains = config.colour_gains
        tuning = _tuning(library, config.tuning)
        try:
            self._camera = library.picamera2.Picamera2(config.number, tuning=tuning)
        except OPENING as fault:
            raise PictureError(_told(config, fault)) from fault
        try:
            self._set_up(library.libcamera, config, settings)
        except OPENING as fault:
            self.close()
            raise PictureError(_told(config, fault)) from fault
        except BaseException:
            self.close()
            raise

    def _set_up(self, libcamera: Any, config: Camera, settings: Settings) -> None:  # noqa: ANN401
        camera = self._camera
        shares: Shares = config.crop or sensor.WHOLE  # type: ignore[assignment]  # four, or none
        mode, size = _chosen(modes_of(camera), config, shares)
        self._has = camera.camera_controls
        camera.configure(
            camera.create_video_configuration(
                main={"size": size, "format": FORMAT},
                lores={"size": sensor.small_size(size, SMALL_WIDTH), "format": FORMAT},
                raw={"size": mode.size},  # its format too would be wrong for a Pi 5's own ones
                sensor={"output_size": mode.size, "bit_depth": mode.bits},  # or main decides
                colour_space=libcamera.ColorSpace.Smpte170m(),  # what OpenCV converts from
                buffer_count=BUFFERS,
                queue=False,  # a fresh frame, not the one that waits
                display=None,
                encode=None,
                controls=self._at_start(config, settings),
            )
        )
        self._has = camera.camera_controls  # of this mode
        made = camera.camera_configuration()  # libcamera may have adjusted it
        self.size: Size = made["main"]["size"]
        self.small: Size = made["lores"]["size"]
        if config.crop:
            self._crop(sensor.piece(self._has["ScalerCrop"][1], shares, self.size))
        camera.start()

    def _at_start(self, config: Camera, settings: Settings) -> dict[str, Any]:
        """The controls that are never changed, and the first of those that are."""
        between_us = round(1e6 / config.rate)
        fixed: dict[str, Any] = {
            "AeEnable": False,  # and both exposure and gain, or it hunts with the other
            "FrameDurationLimits": (between_us, between_us),
            "NoiseReductionMode": FAST,
        }
        if config.focus is not None:
            if "LensPosition" not in self._has:
                raise ConfigurationError(
                    f"camera.focus = {config.focus:g}: the lens of this camera cannot be moved;"
                    " expected no camera.focus"
                )
            fixed |= {"AfMode": MANUAL, "LensPosition": config.focus}
        return self._known(fixed | self._controls(settings))

    def _crop(self, piece: sensor.Rectangle) -> None:
        """On a Pi 5 the plural, one for each stream: there `configure` has set it, and it wins."""
        if "ScalerCrops" in self._has:
            self._camera.set_controls({"ScalerCrops": [piece, piece]})
        else:
            self._camera.set_controls({"ScalerCrop": piece})

    def ask(self, settings: Settings) -> None:
        """Set exposure, gain and colour; it takes BUFFERS and 3 or 4 frames (#1278), or is lost.

        Picamera2 replaces the controls when a request goes back, also on its own thread: what is
        set in between would be gone without the lock that it holds meanwhile.
        """
        with self._camera.request_lock:
            self._camera.set_controls(self._known(self._controls(settings)))

    def within(self, settings: Settings) -> tuple[float, float]:
        """Exposure in seconds and gain that this sensor can do of what is asked for."""
        exposure_us = _clip(settings.exposure_s * 1e6, self._has["ExposureTime"])
        return exposure_us / 1e6, _clip(settings.gain, self._has["AnalogueGain"])

    def _controls(self, settings: Settings) -> dict[str, Any]:
        exposure_s, gain = self.within(settings)
        asked: dict[str, Any] = {"ExposureTime": round(exposure_s * 1e6), "AnalogueGain": gain}
        if not settings.colour:  # by infra-red light there is no white to balance
            return asked | {"AwbEnable": False, "ColourGains": (1.0, 1.0), "Saturation": 0.0}
        if self._colour_gains:
            asked |= {"AwbEnable": False, "ColourGains": self._colour_gains}
        else:
            asked |= {"AwbEnable": True}
        return asked | {"Saturation": 1.0}

    def _known(self, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Those that this camera has; a grey sensor has none for colours, and one more is fatal."""
        return {name: value for name, value in controls.items() if name in self._has}

    def order(self) -> Any:  # noqa: ANN401  # picamera2's Job
        """Ask for the next frame that comes; RuntimeError where the library cannot."""
        return self._camera.capture_request(wait=False)

    def wait(self, order: Any, timeout_s: float) -> Any | None:  # noqa: ANN401
        """The request of an order, to be released soon, or None where none came in time.

        The same order is to be waited for again: it stays in the library's queue, and a second one
        would leave to it a buffer that nobody gives back (#889).
        """
        with suppress(concurrent.futures.TimeoutError):
            return self._camera.wait(order, timeout=timeout_s)
        return None

    def picture(self, request: Any) -> NDArray[np.uint8]:  # noqa: ANN401
        """Its (H, W, 3) BGR picture, a copy; BrokenFrameError where it has not that shape."""
        with self._planes(request, "main", self.size) as planes:
            # with the padding of its rows, which must not be cut off before the conversion
            padded = cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)
        return np.asarray(padded[:, : self.size[0]], np.uint8)

    def grey(self, request: Any) -> NDArray[np.uint8]:  # noqa: ANN401
        """Its small (H, W) brightness, a copy; BrokenFrameError where it has not that shape."""
        width, height = self.small
        with self._planes(request, "lores", self.small) as planes:
            return np.array(planes[:height, :width])

    @contextmanager
    def _planes(self, request: Any, name: str, size: Size) -> Iterator[NDArray[np.uint8]]:  # noqa: ANN401
        """The camera's own memory of a stream, which is never to be kept."""
        try:
            with self._mapped_array(request, name, write=False) as mapped:
                yield _planes(mapped.array, size, name)
        except RuntimeError as fault:
            raise BrokenFrameError(f"{name}: {fault}") from fault

    def close(self) -> None:
        """Stop it, and let it go; of a camera that has fallen silent this may never return."""
        self._camera.cancel_all_and_flush()
        self._camera.close()

    def abandon(self) -> None:
        """Leave it as it is: the process will end, and must not wait for it then either."""
        atexit.unregister(self._camera.close)


def _chosen(modes: list[Mode], config: Camera, shares: Shares) -> tuple[Mode, Size]:
    try:
        mode = sensor.choose_mode(modes, config.rate, config.size)
    except ValueError as fault:
        raise ConfigurationError(str(fault)) from fault
    return mode, sensor.picture_size(mode, shares, config.size)


def _planes(array: NDArray[np.uint8] | None, size: Size, name: str) -> NDArray[np.uint8]:
    """The three planes of a YUV 4:2:0 picture as picamera2 shows them, rows with their padding."""
    width, height = size
    shape = None if array is None else array.shape
    if array is None or array.ndim != len(size) or len(array) != height * 3 // 2:
        raise BrokenFrameError(f"{name} has the shape {shape}, expected {height * 3 // 2} rows")
    if array.shape[1] < width or array.dtype != np.uint8:
        raise BrokenFrameError(f"{name} has rows of {array.shape[1]}, expected {width} bytes")
    return array


def _tuning(library: Library, name: str | None) -> dict[str, Any] | None:
    """The content of a tuning file, which libcamera would otherwise ignore where it is missing."""
    if name is None:
        return None
    path = Path(name)
    folder = str(path.parent) if path.parent != Path() else None
    try:
        tuning: dict[str, Any] = library.picamera2.Picamera2.load_tuning_file(path.name, folder)
    except (RuntimeError, OSError, ValueError) as fault:
        where = folder or "libcamera's folders"
        raise ConfigurationError(f"camera.tuning = '{name}': {fault} ({where})") from fault
    return tuning


def _unfit(fault: Exception) -> str:
    """In one line: numpy's own words are a page."""
    said = (str(fault).strip() or "no words").splitlines()[0]
    return UNFIT.format(kind=type(fault).__name__, fault=said, numpy=np.__version__)


def _told(config: Camera, fault: Exception) -> str:
    return f"camera {config.number}: {fault}; `gatepost cameras` lists what is there"


def _clip(value: float, limits: tuple[float, float, float]) -> float:
    """Within what the camera says of a control: least, most (0: not known), default."""
    least, most, _ = limits
    return min(max(value, least), most or math.inf)
