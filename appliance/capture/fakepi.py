"""A stand-in for picamera2 and libcamera that obeys the real rules; no board, no driver.

The rule to know: a frame comes when somebody waits for it.  What is kept from the real library, as
read in 0.3.38:

* a buffer that is not given back is one less, and without buffers no frame comes;
* an order that was not served stays in the queue, and takes the next frame, whoever waits;
* a control shows buffers + 3 frames after the next request went back; set without the lock, while
  requests go back on another thread, it is lost;
* what is not advertised is refused, exposures come in lines and gains in steps;
* rows are padded, and a request's memory is overwritten once it is released;
* a camera that has stalled does not stop, and the library wants to stop it at the exit.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import json
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.capture.fakesensor import FakeSensor, advertised
from appliance.capture.picamera import Library

LATER = 3  # frames more than there are buffers until a control shows (picamera2 #1278)
ALIGNED = 64  # bytes, to which rows are padded
Streams = Mapping[str, NDArray[np.uint8] | None]
HANGS_S = 30.0  # which is for ever to who waits for a test
GONE = 85  # a byte of memory that is the camera's again
TUNINGS = ("imx296.json", "imx296_noir.json")


def fake_library(sensor: FakeSensor) -> Library:
    """What would be imported, with that camera on the first connector."""
    camera = type("Picamera2", (FakePicamera2,), {"sensor": sensor})
    return Library(
        SimpleNamespace(Picamera2=camera, MappedArray=FakeMappedArray),
        SimpleNamespace(ColorSpace=SimpleNamespace(Smpte170m=lambda: "SMPTE170M")),
    )


class FakeJob:
    """An order that waits in the queue of the camera."""

    def __init__(self) -> None:
        self.future: concurrent.futures.Future[FakeRequest] = concurrent.futures.Future()


class FakeRequest:
    """A completed request."""

    def __init__(self, camera: FakePicamera2, streams: Streams, metadata: dict[str, Any]) -> None:
        self.camera, self.streams, self.metadata = camera, streams, metadata
        self.ref_count = 1
        camera.sensor.held += 1

    def acquire(self) -> None:
        """One more uses it."""
        self.ref_count += 1

    def release(self) -> None:
        """Give it back; its memory is the camera's again."""
        self.ref_count -= 1
        if self.ref_count < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        if self.ref_count == 0:
            for planes in self.streams.values():
                if planes is not None:
                    planes[:] = GONE
            self.camera.give_back()

    def get_metadata(self) -> dict[str, Any]:
        """What the camera says of it."""
        return dict(self.metadata)


class FakeMappedArray:
    """The memory of one of its streams."""

    def __init__(
        self, request: FakeRequest, stream: str, reshape: bool = True, write: bool = True
    ) -> None:
        del reshape, write
        self.array = request.streams[stream]

    def __enter__(self) -> FakeMappedArray:  # noqa: PYI034  # typing.Self needs Python 3.11
        if self.array is None:
            raise RuntimeError("failed to find buffer")
        return self

    def __exit__(self, *_: object) -> None:
        self.array = None


class FakePicamera2:
    """The camera."""

    sensor: FakeSensor

    def __init__(
        self,
        camera_num: int = 0,
        verbose_console: Any = None,  # noqa: ANN401
        tuning: Any = None,  # noqa: ANN401
        allocator: Any = None,  # noqa: ANN401
    ) -> None:
        del verbose_console, allocator
        if camera_num >= len(self.global_camera_info()):
            raise RuntimeError(f"No camera number {camera_num} found")
        self.sensor.history.append(("open", tuning))
        self.request_lock = Lock()
        self.camera_controls = self.sensor.controls or advertised(self.sensor.size)
        self.config: dict[str, Any] = {}
        self.orders: list[FakeJob] = []
        self.controls: dict[str, Any] = {}
        self.coming: list[tuple[int, dict[str, Any]]] = []
        self.holding: dict[str, Any] = {"ExposureTime": 20_000, "AnalogueGain": 1.0}
        self.number = -1
        self.started = False
        atexit.register(self.close)

    @staticmethod
    def load_tuning_file(tuning_file: str, dir: str | None = None) -> dict[str, Any]:  # noqa: A002
        """A tuning file's content."""
        if dir is None and tuning_file in TUNINGS:
            return {"version": 2.0, "name": tuning_file}
        path = Path(dir or "", tuning_file)
        if dir is None or not path.is_file():
            raise RuntimeError("Tuning file not found")
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        """The cameras that are there."""
        path = "/base/soc/i2c0mux/i2c@1/imx296@1a"
        return [{"Model": "imx296", "Location": 2, "Rotation": 180, "Id": path, "Num": 0}]

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        """Its one mode; it has to be configured to find out."""
        mode = {"format": "SBGGR10_CSI2P", "unpacked": "SBGGR10", "bit_depth": 10}
        crop, least = (0, 0, *self.sensor.size), self.camera_controls["ExposureTime"][0]
        size, fps = self.sensor.size, 60.38
        return [mode | {"size": size, "fps": fps, "crop_limits": crop, "exposure_limits": (least,)}]

    def create_video_configuration(  # noqa: D102, PLR0913, PLR0917  # the signature is picamera2's
        self,
        main: Any = {},  # noqa: ANN401, B006
        lores: Any = None,  # noqa: ANN401
        raw: Any = {},  # noqa: ANN401, B006
        transform: Any = None,  # noqa: ANN401
        colour_space: Any = None,  # noqa: ANN401
        buffer_count: int = 6,
        controls: Any = {},  # noqa: ANN401, B006
        display: str | None = "main",
        encode: str | None = "main",
        queue: bool = True,
        sensor: Any = {},  # noqa: ANN401, B006
        use_case: str = "video",
    ) -> dict[str, Any]:
        del transform, use_case
        streams = {"main": dict(main), "lores": dict(lores or main), "raw": dict(raw)}
        made = {"colour_space": colour_space, "buffer_count": buffer_count, "controls": controls}
        return (
            streams
            | made
            | {"display": display, "encode": encode, "queue": queue}
            | {"sensor": sensor}
        )

    def configure(self, camera_config: Any = None) -> None:  # noqa: ANN401
        """Take over a configuration, whose rows become longer than its pictures."""
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        main, lores = camera_config["main"], camera_config["lores"]
        if lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]:
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        if any(side % 2 for stream in (main, lores) for side in stream["size"]):
            raise RuntimeError("width and height should be even")
        for stream in (main, lores):
            stream["stride"] = -(-stream["size"][0] // ALIGNED) * ALIGNED
        self.config = camera_config
        self.free = camera_config["buffer_count"]
        self.sensor.history.append(("configure", camera_config))
        self._check(camera_config["controls"])
        self.holding |= camera_config["controls"]

    def camera_configuration(self) -> dict[str, Any]:
        """What it has come to."""
        return self.config

    def start(self, config: Any = None, show_preview: bool = False) -> None:  # noqa: ANN401
        """Begin; what was set before holds from the first frame."""
        del config, show_preview
        self.holding |= self.controls
        self.controls, self.started = {}, True
        self.sensor.history.append(("start", None))

    def set_controls(self, controls: dict[str, Any]) -> None:
        """Ask for it with the next request that goes back."""
        self._check(controls)
        is_safe = self.request_lock.locked() or not self.started
        self.sensor.history.append(("controls" if is_safe else "lost", controls))
        if is_safe:
            self.controls |= controls

    def capture_request(
        self,
        wait: Any = None,  # noqa: ANN401
        signal_function: Any = None,  # noqa: ANN401
        flush: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """An order, or its request."""
        del signal_function, flush
        order = FakeJob()
        self.orders.append(order)
        return order if wait is False else self.wait(order, wait)

    def wait(self, job: FakeJob, timeout: float | None = None) -> FakeRequest:
        """The request of an order, once it is its turn."""
        if timeout is None or timeout is True:
            raise AssertionError("would hang for ever: expected a number of seconds")
        while not job.future.done():
            if self._is_stalled() or not self.free:
                Event().wait(timeout)
                raise concurrent.futures.TimeoutError
            self._turn()
        return job.future.result()

    def cancel_all_and_flush(self) -> None:
        """Forget the orders."""
        self.orders.clear()

    def close(self) -> None:
        """Stop it and let it go."""
        atexit.unregister(self.close)
        if self._is_stalled():
            Event().wait(HANGS_S)
            raise AssertionError("stop() of a camera that has stalled never returns")
        self.started = False
        self.sensor.history.append(("close", self.sensor.held))

    def give_back(self) -> None:
        """A request's buffer, and with it the controls that wait."""
        self.sensor.held -= 1
        self.free += 1
        if self.controls:
            due = self.number + self.config["buffer_count"] + LATER
            self.coming.append((due, self.controls))
            self.controls = {}

    def _check(self, controls: Mapping[str, Any]) -> None:
        for name in controls:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")

    def _is_stalled(self) -> bool:
        at = self.sensor.stalls_at
        return at is not None and self.number + 1 >= at

    def _turn(self) -> None:
        """A frame comes; the oldest order has it, or nobody."""
        sensor = self.sensor
        self.number += sensor.pass_on(self.number < 0)
        for due, controls in self.coming:
            if due <= self.number:
                wanted = {n: v for n, v in controls.items() if n not in sensor.deaf}
                self.holding |= wanted
        self.coming = [(due, controls) for due, controls in self.coming if due > self.number]
        if self.orders:
            self.free -= 1
            streams = sensor.streams(self.number, self.holding, self.config)
            request = FakeRequest(self, streams, sensor.metadata(self.number, self.holding))
            self.orders.pop(0).future.set_result(request)
