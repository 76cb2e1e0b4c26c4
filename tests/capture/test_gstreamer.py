"""Real GStreamer pipelines, with GStreamer's test picture in place of a camera."""

from __future__ import annotations

import importlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.camerasection import Camera
from appliance.capture import argustext, gstreamer
from appliance.capture.argus import JetsonCamera
from appliance.capture.gstreamer import (
    BrokenSampleError,
    EndedError,
    GstPipeline,
    Library,
    Sample,
)
from appliance.domain import Frame
from appliance.errors import ConfigurationError, PictureError, StalledError
from appliance.exposure import Settings
from tests.conftest import until

DEBIAN = Path("/usr/lib/python3/dist-packages")
"""Where Debian has python3-gi, which no package index does: for its own Python."""
COLOURS = "video/x-raw,format=NV12,width={},height={},framerate=25/1,colorimetry=bt601"
"""As OpenCV takes every NV12 picture; in BT.709's colours a pure red would be 233."""
RED, WHITE = 4, 3  # of videotestsrc's patterns
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    """GStreamer, once."""
    sys.path.append(str(DEBIAN))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # gi's importer is of an older form
        try:
            importlib.import_module("gi")
        except ImportError as fault:
            pytest.skip(f"{fault}: not in {DEBIAN} for this Python either; tools/test installs it")
        else:
            yield gstreamer.import_library()
        finally:
            sys.path.remove(str(DEBIAN))


Start = Callable[..., GstPipeline]


@pytest.fixture
def start(library: Library) -> Iterator[Start]:
    """Makes a pipeline run that ends in our appsink; it is stopped after the test."""
    started: list[GstPipeline] = []

    def make(
        source: str = "videotestsrc name=source is-live=true pattern=red",
        size: tuple[int, int] = (64, 48),
        between: str = "",
    ) -> GstPipeline:
        caps = COLOURS.format(*size)
        text = f"{source} ! {caps} ! {between} {argustext.sink_text()}"
        started.append(GstPipeline(text, argustext.SOURCE, argustext.FRAMES, library))
        return started[-1]

    yield make
    for each in started:
        each.close()
        each._pipeline.set_state(library.Gst.State.NULL)  # those that were abandoned


def pulled(pipeline: GstPipeline) -> Sample:
    """The next frame, which must come."""
    sample = pipeline.pull(PATIENCE_S)
    assert sample is not None
    return sample


def camera_of(pipeline: GstPipeline, **keys: Any) -> JetsonCamera:  # noqa: ANN401
    """The Jetson's camera with another source."""
    config = Camera.model_validate({"kind": "jetson", "silent_s": 1, **keys})
    return JetsonCamera(config, start=lambda *_: pipeline)


@pytest.mark.parametrize("size", [(64, 48), (322, 242), (1456, 1088)])
def test_a_picture_comes_through_to_the_last_pixel(start: Start, size: tuple[int, int]) -> None:
    """In BGR; rows of 322 bytes are padded to 324."""
    image = next(camera_of(start(size=size)).frames()).image
    assert image.shape == (size[1], size[0], 3)
    assert image.reshape(-1, 3).mean(axis=0) == pytest.approx((0, 0, 255), abs=3)
    assert image[:, -1].std(axis=0).max() < 1


def test_times_are_of_now_and_a_frame_apart(start: Start) -> None:
    """In CLOCK_MONOTONIC, as all of ours are."""
    begun, frames = time.monotonic(), list(islice(camera_of(start()).frames(), 10))
    assert begun <= frames[0].at
    assert frames[-1].at <= time.monotonic()
    steps = np.diff([frame.at for frame in frames]) * 25
    assert np.abs(steps - np.diff([frame.number for frame in frames])).max() < 0.3


def test_the_newest_wins(start: Start) -> None:
    """Who comes back later finds no old frame, and knows how many have gone by."""
    frames = camera_of(start()).frames()
    first: Frame = next(frames)
    until(lambda: time.monotonic() > first.at + 0.5, "half a second")
    second = next(frames)
    assert time.monotonic() - second.at < 0.2
    assert second.number - first.number == pytest.approx((second.at - first.at) * 25, abs=1)
    assert second.number > 8


def test_a_property_changes_while_it_runs(start: Start) -> None:
    """By its name; one that is not there is a fault that names it."""
    pipeline = start()
    assert pulled(pipeline).brightness.mean() < 120
    pipeline.set("pattern", WHITE)
    until(lambda: pulled(pipeline).brightness.mean() > 220, "white")
    with pytest.raises(ConfigurationError, match="its source has no property exposuretimerange"):
        pipeline.set("exposuretimerange", "1 1")


def test_settings_that_the_source_does_not_know_end_the_run(start: Start) -> None:
    """Better than a camera that nobody can steer."""
    camera = camera_of(start())
    frames = camera.frames()
    next(frames)
    camera.adjust(Settings("night", 0.001, 8.0, colour=False, filtered=False, lit=True))
    with pytest.raises(ConfigurationError, match="no property"):
        list(frames)


def test_a_pipeline_that_gives_nothing_is_waited_for_and_then_left(start: Start) -> None:
    """A valve that is shut stands for a camera that has stalled."""
    pipeline = start(between="valve drop=true !")
    assert pipeline.pull(0.1) is None
    with pytest.raises(StalledError, match="camera 0: no frame for 1 s"):
        next(camera_of(pipeline).frames())


def test_the_end_of_a_stream_is_told(start: Start) -> None:
    """After its last frame."""
    source = "videotestsrc name=source is-live=true num-buffers=5"
    camera = camera_of(start(source))
    seen: list[Frame] = []
    with pytest.raises(StalledError, match="camera 0: its stream has ended"):
        seen.extend(camera.frames())


def test_a_fault_in_the_pipeline_is_told(start: Start) -> None:
    """With the name of the element that found it."""
    pipeline = start(between="identity name=sensor error-after=3 !")
    pulls = (pipeline.pull(PATIENCE_S) for _ in range(9))
    with pytest.raises(EndedError, match="sensor: Failed after iterations as requested"):
        list(pulls)


def test_closing_lets_it_end(start: Start) -> None:
    """At once, and a second time; then nothing comes."""
    pipeline, begun = start(), time.monotonic()
    pulled(pipeline)
    pipeline.close()
    pipeline.close()
    assert time.monotonic() - begun < gstreamer.END_S
    with pytest.raises(EndedError):
        pipeline.pull(0.1)


def test_what_is_no_nv12_is_broken(library: Library) -> None:
    """Whatever the element before it says it gives."""
    text = (
        f"videotestsrc name=source is-live=true ! video/x-raw,format=RGB ! {argustext.sink_text()}"
    )
    pipeline = GstPipeline(text, argustext.SOURCE, argustext.FRAMES, library)
    with pytest.raises(BrokenSampleError, match="no picture in NV12"):
        pipeline.pull(PATIENCE_S)
    pipeline.close()


def test_without_nvidias_element_it_is_told_which_is_missing(library: Library) -> None:
    """As here, and on a Jetson without its multimedia packages."""
    config = Camera.model_validate({"kind": "jetson"})
    settings = Settings("day", 0.001, 4.0, colour=True, filtered=True, lit=False)
    text = argustext.pipeline_text(config, settings)
    with pytest.raises(ConfigurationError, match='no element "nvarguscamerasrc"'):
        GstPipeline(text, argustext.SOURCE, argustext.FRAMES, library)


def test_a_camera_that_does_not_start_is_a_fault(library: Library) -> None:
    """A device that is not there."""
    text = f"filesrc name=source location=/nowhere ! {argustext.sink_text()}"
    with pytest.raises(PictureError, match="camera: source: Resource not found"):
        GstPipeline(text, argustext.SOURCE, argustext.FRAMES, library)


def test_without_gi_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words that can be typed."""
    monkeypatch.setitem(sys.modules, "gi", None)  # as the import system marks what is not there
    with pytest.raises(
        ConfigurationError, match=r"camera\.kind = 'jetson'.*apt install python3-gi"
    ):
        gstreamer.import_library()
