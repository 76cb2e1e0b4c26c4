"""The stand-in's queue of orders serves whom the real one serves: the wheel's own code is run."""

from __future__ import annotations

import ast
import concurrent.futures
import logging
import threading
import time
import types
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
import pytest

from appliance.capture.fakepi import FakePicamera2, fake_library
from appliance.capture.fakesensor import FakeSensor
from tests.capture.test_contract import WHEEL, source

pytestmark = pytest.mark.skipif(
    not WHEEL.exists(), reason=f"{WHEEL} is not there: tools/test fetches it"
)
METHODS = {
    "cancel_all_and_flush",
    "capture_request",
    "capture_request_",
    "dispatch_functions",
    "process_requests",
    "wait",
    "wait_for_timestamp_",
}
SIZE = (64, 48)
SUCCESS = object()


class Queue(Protocol):
    """What both are asked; `camera` takes orders, and a frame comes when `frame` is called."""

    camera: Any
    held: int

    def frame(self) -> None:
        """One comes."""


class Request:
    """A request of the real queue: one reference when it comes."""

    def __init__(self, queue: Real) -> None:
        self.queue, self.references = queue, 1
        self.request = SimpleNamespace(
            buffers={"main": SimpleNamespace(metadata=SimpleNamespace(status=SUCCESS))}
        )
        self.configure_count, self.config = 0, {"display": None}
        queue.held += 1

    def acquire(self) -> None:
        """One more."""
        self.references += 1

    def release(self) -> None:
        """One less."""
        self.references -= 1
        self.queue.held -= self.references == 0


class Real:
    """The methods of picamera2's own class that make up its queue, without the camera."""

    def __init__(self) -> None:
        self.held = 0
        self.camera = _real_class()()
        self.camera.__dict__.update(
            lock=threading.Lock(),
            _requestslock=threading.Lock(),
            _requests=[],
            _job_list=[],
            completed_requests=[],
            _encoders=set(),
            frames=0,
            pre_callback=None,
            post_callback=None,
            configure_count=0,
            _max_queue_len=0,  # queue=False
            _run_process_requests=lambda: None,
        )

    def frame(self) -> None:
        """What the event loop does when libcamera completes a request."""
        self.camera._requests.append(Request(self))
        self.camera.process_requests(None)


def _real_class() -> type:
    """Picamera2 with the methods of its queue only, as they stand in the wheel."""
    jobs = types.ModuleType("job")
    exec(compile(source("job.py"), "job.py", "exec"), jobs.__dict__)  # noqa: S102  # a pinned wheel
    tree = ast.parse(source("picamera2.py"))
    whole = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Picamera2")
    found = [n for n in whole.body if isinstance(n, ast.FunctionDef) and n.name in METHODS]
    kept = [method for method in found if not method.decorator_list]  # no overloads
    assert {method.name for method in kept} == METHODS
    lines = ["from __future__ import annotations", "class Queue:"]
    lines += [f"    {line}" for method in kept for line in ast.unparse(method).splitlines()]
    status = SimpleNamespace(FrameMetadata=SimpleNamespace(Status=SimpleNamespace(Success=SUCCESS)))
    names: dict[str, Any] = {"Job": jobs.Job, "partial": partial, "libcamera": status, "time": time}
    names |= {"T": jobs.T, "_log": logging.getLogger("wheel")}
    exec(compile("\n".join(lines), "picamera2.py", "exec"), names)  # noqa: S102  # the same
    return names["Queue"]  # type: ignore[no-any-return]


class Fake:
    """The stand-in's."""

    def __init__(self) -> None:
        self.sensor = FakeSensor(lambda _: np.zeros((SIZE[1], SIZE[0], 3), np.uint8), SIZE)
        camera: FakePicamera2 = fake_library(self.sensor).picamera2.Picamera2()
        main, controls = (
            {"size": SIZE, "format": "YUV420"},
            {"ExposureTime": 1000, "AnalogueGain": 1.0},
        )
        camera.configure(
            camera.create_video_configuration(
                main=main, lores=dict(main), buffer_count=4, controls=controls, queue=False
            )
        )
        camera.start()
        self.camera: Any = camera

    @property
    def held(self) -> int:
        """Requests that were not given back."""
        return self.sensor.held

    def frame(self) -> None:
        """One comes, as if somebody waited."""
        self.camera._turn()


@pytest.fixture(params=[Real, Fake], ids=["the wheel", "the stand-in"])
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    """Each of them, running, with nothing ordered."""
    made: Queue = request.param()
    yield made
    if isinstance(made, Fake):
        made.sensor.stalls_at = None
        made.camera.close()


def served(queue: Queue, order: Any) -> Any | None:  # noqa: ANN401
    """The request of an order; None where none has come."""
    try:
        return queue.camera.wait(order, timeout=0.001)
    except concurrent.futures.TimeoutError:
        return None


def stopped(queue: Queue) -> None:
    """From here on no frame comes by itself: the stand-in's would when somebody waits."""
    if isinstance(queue, Fake):
        queue.sensor.stalls_at = queue.camera.number + 1


def test_a_frame_that_nobody_ordered_goes_back(queue: Queue) -> None:
    """Nothing waits for who comes late: it gets a new one."""
    queue.frame()
    assert queue.held == 0


def test_an_order_gets_the_next_frame_and_holds_it(queue: Queue) -> None:
    """Until it is released; the one after goes back."""
    order = queue.camera.capture_request(wait=False)
    queue.frame()
    request = served(queue, order)
    assert request is not None
    assert queue.held == 1
    queue.frame()
    assert queue.held == 1
    request.release()
    assert queue.held == 0


def test_an_order_that_waited_in_vain_takes_the_next_frame_from_who_came_after(
    queue: Queue,
) -> None:
    """And holds it for ever, for who waited has gone: so one waits for the same order again."""
    stopped(queue)
    forgotten = queue.camera.capture_request(wait=False)
    assert served(queue, forgotten) is None
    order = queue.camera.capture_request(wait=False)
    queue.frame()
    stopped(queue)
    assert served(queue, order) is None
    assert queue.held == 1
    queue.frame()
    request = served(queue, order)
    assert request is not None
    request.release()
    assert queue.held == 1


def test_what_is_cancelled_takes_no_frame(queue: Queue) -> None:
    """So that a camera can be closed while somebody waits."""
    queue.camera.capture_request(wait=False)
    queue.camera.cancel_all_and_flush()
    queue.frame()
    assert queue.held == 0
