"""A GStreamer pipeline that ends in an appsink, through python3-gi.

The rule to know: one that has fallen silent is left alone, for stopping it may never return
(NVIDIA's camera daemon wedges: meta-tegra #943).  gi is imported here alone, and only when the
configuration names a camera that needs it.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.errors import ConfigurationError, PictureError

MISSING = (
    "camera.kind = 'jetson': {fault}; on JetPack: apt install python3-gi"
    " gir1.2-gst-plugins-base-1.0, and an environment made with --system-site-packages"
)
NAMESPACES = ("Gst", "GstApp", "GstVideo")
END_S = 2.0
"""What the end of a pipeline may take; a daemon that hears it in time stays well."""
NS_PER_S = 1e9


class BrokenSampleError(Exception):
    """A sample that cannot be used, and why."""


class EndedError(Exception):
    """No frame will come any more, and why."""


class Sample(NamedTuple):
    """A picture in NV12.

    Attributes:
        brightness: (H, W) uint8.
        colour: (H/2, W/2, 2) uint8, U and V.
        at: when it was taken, monotonic seconds; None where it does not say.
    """

    brightness: NDArray[np.uint8]
    colour: NDArray[np.uint8]
    at: float | None


class Pipeline(Protocol):
    """One that runs."""

    def pull(self, wait_s: float) -> Sample | None:
        """The newest frame, None where none comes in time.

        Raises:
            BrokenSampleError: it cannot be used.
            EndedError: none will come any more.
        """

    def set(self, name: str, value: str | float) -> None:
        """Change a property of its source; ConfigurationError where that has none of the name."""

    def close(self) -> None:
        """End it; closing again does nothing."""

    def abandon(self) -> None:
        """Leave it as it is: the process will end."""


@dataclass(frozen=True, slots=True)
class Library:
    """The foreign modules, named as they are."""

    GLib: Any
    Gst: Any
    GstVideo: Any


def import_library() -> Library:
    """The modules; ConfigurationError where they are not installed."""
    try:
        import gi  # noqa: PLC0415  # a unit with another camera needs no library

        for namespace in NAMESPACES:
            gi.require_version(namespace, "1.0")
        from gi.repository import GLib, Gst, GstApp, GstVideo  # noqa: PLC0415
    except (ImportError, ValueError) as fault:
        raise ConfigurationError(MISSING.format(fault=fault)) from fault
    del GstApp  # the appsink of a pipeline has its methods once that is loaded
    Gst.init(None)
    return Library(GLib, Gst, GstVideo)


class GstPipeline:
    """The real one.

    Args:
        text: as gst-launch-1.0 reads it.
        source, sink: names of its source and of its appsink.
        library: None: the installed one.

    Raises:
        ConfigurationError: the library, an element or a property is not there.
        PictureError: the camera does not start.
    """

    def __init__(self, text: str, source: str, sink: str, library: Library | None = None) -> None:
        self._library = library or import_library()
        gst = self._gst = self._library.Gst
        try:
            self._pipeline = gst.parse_launch(text)
        except self._library.GLib.Error as fault:
            raise ConfigurationError(f"camera: {fault.message}") from fault
        self._source = self._pipeline.get_by_name(source)
        self._sink = self._pipeline.get_by_name(sink)
        self._bus = self._pipeline.get_bus()
        self._is_open = True
        self._pipeline.use_clock(gst.SystemClock.obtain())  # CLOCK_MONOTONIC, as ours
        if self._pipeline.set_state(gst.State.PLAYING) == gst.StateChangeReturn.FAILURE:
            told = self._said() or "it does not start"
            self._pipeline.set_state(gst.State.NULL)
            raise PictureError(f"camera: {told}")

    def pull(self, wait_s: float) -> Sample | None:
        """The newest frame."""
        sample = self._sink.try_pull_sample(round(wait_s * NS_PER_S))
        if sample is not None:
            return self._read(sample)
        fault = self._said()
        if fault or self._sink.is_eos():
            raise EndedError(fault or "its stream has ended")
        return None

    def set(self, name: str, value: str | float) -> None:
        """Change a property of its source."""
        if self._source.find_property(name) is None:
            raise ConfigurationError(f"camera: its source has no property {name}")
        self._source.set_property(name, value)

    def close(self) -> None:
        """Say that it is the end, wait until that has come through, stop; twice is once."""
        if not self._is_open:
            return
        self._is_open = False
        self._pipeline.send_event(self._gst.Event.new_eos())
        wanted = self._gst.MessageType.EOS | self._gst.MessageType.ERROR
        self._bus.timed_pop_filtered(round(END_S * NS_PER_S), wanted)
        self._pipeline.set_state(self._gst.State.NULL)

    def abandon(self) -> None:
        """Leave it as it is; nor does Python dispose of it at the exit, which might hang too."""
        self._is_open = False
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._pipeline))

    def _read(self, sample: Any) -> Sample:  # noqa: ANN401
        """Copy a frame out of its buffer, which goes back at once."""
        buffer = sample.get_buffer()
        video = self._library.GstVideo
        shape = video.VideoInfo.new_from_caps(sample.get_caps())
        if buffer is None or shape is None or shape.finfo.name != "NV12":
            raise BrokenSampleError("it is no picture in NV12")
        layout = video.buffer_get_video_meta(buffer) or shape  # rows may be padded otherwise
        content = buffer.extract_dup(0, buffer.get_size())
        size = shape.width, shape.height
        planes = _planes(content, size, list(layout.stride), list(layout.offset))
        return Sample(*planes, self._taken_at(buffer.pts))

    def _taken_at(self, stamp_ns: int) -> float | None:
        """A buffer's time counts from when the pipeline began to play."""
        if stamp_ns == self._gst.CLOCK_TIME_NONE:
            return None
        return float((self._pipeline.get_base_time() + stamp_ns) / NS_PER_S)

    def _said(self) -> str:
        """The fault that an element has reported; empty where none has."""
        message = self._bus.pop_filtered(self._gst.MessageType.ERROR)
        if message is None:
            return ""
        fault, _ = message.parse_error()
        return f"{message.src.get_name()}: {fault.message}"


def _planes(
    content: bytes, size: tuple[int, int], strides: list[int], offsets: list[int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both planes of a picture, without their padding."""
    width, height = size
    rows = height, -(-height // 2)
    whole = np.frombuffer(content, np.uint8)
    cut = []
    for row, stride, offset in zip(rows, strides, offsets, strict=False):
        plane = whole[offset : offset + row * stride]
        if len(plane) < row * stride:
            raise BrokenSampleError(f"it has {len(content)} bytes, too few for {width}x{height} px")
        cut.append(plane.reshape(row, stride))
    wide = -(-width // 2)
    return cut[0][:, :width], cut[1][:, : 2 * wide].reshape(rows[1], wide, 2)
