"""The Jetson's camera, over a stand-in for its pipeline that obeys the real rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.camerasection import Camera
from appliance.capture import argustext
from appliance.capture.argus import JetsonCamera
from appliance.capture.fakegst import LATENCY_S, LATER, PROPERTIES, FakePipeline
from appliance.capture.motion import Motion
from appliance.domain import Frame
from appliance.errors import StalledError
from appliance.exposure import Settings

SIZE = (64, 48)
NIGHT = Settings("night", 0.001, 8.0, colour=False, filtered=False, lit=True)


def grey(number: int) -> NDArray[np.uint8]:
    """Brighter from frame to frame."""
    return np.full((SIZE[1], SIZE[0], 3), 40 + number % 160, np.uint8)


def quarters(_: int) -> NDArray[np.uint8]:
    """Blue, green, red and white, in the order of reading."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[:24, :32], image[:24, 32:] = (255, 0, 0), (0, 255, 0)
    image[24:, :32], image[24:, 32:] = (0, 0, 255), (255, 255, 255)
    return image


def section(**keys: Any) -> Camera:  # noqa: ANN401
    """The table of the configuration."""
    return Camera.model_validate({"kind": "jetson", "silent_s": 1, **keys})


def seen_by(
    picture: Callable[[int], NDArray[np.uint8]] = grey,
    **more: Any,  # noqa: ANN401
) -> FakePipeline:
    """A pipeline."""
    return FakePipeline(picture, **more)


def camera_of(pipeline: FakePipeline, **more: Any) -> JetsonCamera:  # noqa: ANN401
    """The camera behind it."""
    return JetsonCamera(section(), start=lambda *_: pipeline, now=pipeline.now, **more)


def some(frames: Iterator[Frame], count: int) -> list[Frame]:
    """The next few of them."""
    return list(islice(frames, count))


def test_every_property_is_in_its_unit() -> None:
    """Nanoseconds, factors, and two equal ends of each range; what would hunt or smear is off."""
    config = section(number=1, width=1920, height=1080, rate=29.97, speed_kmh=90, gain=3.5)
    day = Settings("day", config.exposure_s, config.gain, colour=True, filtered=True, lit=False)
    assert argustext.pipeline_text(config, day) == (
        "nvarguscamerasrc name=source sensor-id=1 aelock=false aeantibanding=0"
        ' ispdigitalgainrange="1 1" tnr-mode=0 ee-mode=0'
        ' exposuretimerange="1010101 1010101" gainrange="3.5 3.5" saturation=1.0'
        " ! video/x-raw(memory:NVMM),format=NV12,width=1920,height=1080,framerate=29970/1000"
        " ! nvvidconv ! video/x-raw,format=NV12"
        " ! appsink name=frames drop=true max-buffers=1 sync=false"
    )


def test_without_a_size_the_camera_chooses() -> None:
    """And a slow exposure is written out, not in powers of ten."""
    slow = Settings("night", 1.25, 16, colour=False, filtered=False, lit=True)
    text = argustext.pipeline_text(section(), slow)
    assert "format=NV12,framerate=25/1 ! nvvidconv" in text
    assert 'exposuretimerange="1250000000 1250000000" gainrange="16 16" saturation=0.0' in text
    assert set(argustext.settings_of(slow)) == set(PROPERTIES)


def test_the_first_settings_are_those_of_the_configuration() -> None:
    """Or what was wished for before it was opened; they hold from the first frame."""
    given: list[Settings] = []

    def start(_: Camera, settings: Settings) -> FakePipeline:
        given.append(settings)
        return seen_by()

    config = section(speed_kmh=90, gain=3)
    next(JetsonCamera(config, start=start).frames())
    camera = JetsonCamera(config, start=start)
    camera.adjust(NIGHT)
    next(camera.frames())
    assert (given[0].exposure_s, given[0].gain) == (pytest.approx(1 / 990), 3)
    assert given[1] == NIGHT


def test_a_picture_is_bgr() -> None:
    """Read-only, to the last pixel; 4:2:0 knows the colours of two by two."""
    image = next(camera_of(seen_by(quarters)).frames()).image
    assert (image.shape, image.flags.writeable) == ((SIZE[1], SIZE[0], 3), False)
    for at, colour in {
        (3, 3): (255, 0, 0),
        (3, -3): (0, 255, 0),
        (-3, 3): (0, 0, 255),
        (-3, -3): (255, 255, 255),
    }.items():
        assert image[at].astype(int) == pytest.approx(colour, abs=5)


def test_what_is_hidden_is_black() -> None:
    """Before anybody sees it."""
    left = [[(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]]
    image = next(camera_of(seen_by(), hidden=left).frames()).image
    assert not image[:, :32].any()
    assert (image[:, 34:] > 30).all()


def test_a_frame_has_the_time_of_its_buffer_and_says_no_more() -> None:
    """How it was taken nobody tells."""
    pipeline = seen_by()
    frame = next(camera_of(pipeline).frames())
    assert frame.at == pytest.approx(pipeline.now() - LATENCY_S)
    assert frame.shot is None


@pytest.mark.parametrize("fault", ["timeless", "stale"])
def test_a_time_that_cannot_be_is_not_believed(fault: str) -> None:
    """Then it is that of its coming."""
    pipeline = seen_by(broken={0: fault})
    assert next(camera_of(pipeline).frames()).at == pipeline.now()


def test_the_newest_wins_and_the_others_are_counted() -> None:
    """By time."""
    frames = some(camera_of(seen_by(passing=3)).frames(), 4)
    assert [frame.number for frame in frames] == [0, 4, 8, 12]
    assert [int(frame.image[9, 9, 0]) for frame in frames] == pytest.approx([40, 44, 48, 52], abs=2)


def test_a_camera_that_stalls_ends_the_run_and_is_left_alone() -> None:
    """Within its time; stopping it would never return."""
    pipeline = seen_by(stalls_at=3)
    frames = camera_of(pipeline).frames()
    last = some(frames, 3)[-1]
    with pytest.raises(StalledError, match="camera 0: no frame for 1 s"):
        next(frames)
    assert pipeline.now() - last.at < 1.5
    assert pipeline.history == [("abandon", None)]


def test_a_stream_that_ends_by_itself_ends_the_run() -> None:
    """NVIDIA's daemon has gone: a fresh start may help, waiting does not."""
    pipeline = seen_by(ends_at=2)
    with pytest.raises(StalledError, match="camera 0: source: NvArgusCameraSrc: DISCONNECTED"):
        list(camera_of(pipeline).frames())
    assert pipeline.history == [("abandon", None)]


@pytest.mark.parametrize("fault", ["shape", "late"])
def test_a_broken_frame_is_left_out_and_told(fault: str) -> None:
    """The others go on; after a while without it is no problem any more."""
    told: list[str | None] = []
    camera = camera_of(seen_by(broken={2: fault}), told=lambda _, text: told.append(text))
    frames = camera.frames()
    assert [frame.number for frame in some(frames, 4)] == [0, 1, 3, 4]
    assert camera._flow.broken == 1
    assert "frames of the camera cannot be used: it" in str(told[-1])
    some(frames, 25 * 31)
    assert told[-1] is None


def test_frames_that_are_broken_in_turn_are_told_once() -> None:
    """Not 25 lines a second in the log: the first of them says enough."""
    told: list[str] = []
    broken = {number: ("shape", "late")[number % 2] for number in range(2, 12)}

    def hear(_: str, text: str | None) -> None:
        if text is not None:
            told.append(text)

    some(camera_of(seen_by(broken=broken), told=hear).frames(), 4)
    assert len(told) == 1


def test_frames_that_are_all_broken_end_the_run() -> None:
    """They are silence too."""
    pipeline = seen_by(broken=dict.fromkeys(range(3, 999), "shape"))
    with pytest.raises(StalledError, match="no frame that can be used, the last because it has 7"):
        list(camera_of(pipeline).frames())


def test_settings_are_handed_on_once_and_show_later() -> None:
    """Only those that change, before the next frame, from whichever thread."""
    pipeline = seen_by()
    camera = camera_of(pipeline)
    frames = camera.frames()
    some(frames, 2)
    camera.adjust(NIGHT)
    some(frames, LATER - 1)
    assert pipeline.shown == {}
    some(frames, 2)
    wanted = argustext.settings_of(NIGHT)
    assert pipeline.shown == wanted
    assert pipeline.history == list(wanted.items())
    camera.adjust(Settings("dusk", 0.001, 8.0, colour=False, filtered=True, lit=True))
    some(frames, 2)
    assert pipeline.history == list(wanted.items())


def test_an_empty_lane_is_not_looked_at() -> None:
    """But twice a second, and it is not silence."""
    pipeline = seen_by(lambda _: np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))
    frames = some(camera_of(pipeline, motion=Motion()).frames(), 60)
    assert frames[-1].at - frames[0].at > 3
    assert frames[-1].number - frames[-2].number > 5


def test_closing_ends_the_frames_and_the_pipeline() -> None:
    """With an end that it can hear."""
    pipeline = seen_by()
    camera = camera_of(pipeline)
    frames = camera.frames()
    next(frames)
    camera.close()
    camera.close()
    assert list(frames) == []
    assert pipeline.history == [("close", None)]


def test_a_lane_that_ends_closes_the_pipeline() -> None:
    """Also where it asks for no more frames."""
    pipeline = seen_by()
    frames = camera_of(pipeline).frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert pipeline.history == [("close", None)]
