"""The Pi's camera, against a library that obeys the real one's rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from threading import Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.camerasection import Camera
from appliance.capture.fakepi import fake_library
from appliance.capture.fakesensor import FakeSensor, advertised
from appliance.capture.motion import Motion
from appliance.capture.pi import PATIENCE, PiCamera
from appliance.capture.picamera import BUFFERS, import_library
from appliance.domain import Frame
from appliance.errors import ConfigurationError, PictureError, StalledError
from appliance.exposure import Settings

SIZE = (332, 248)  # rows of 332 bytes are padded to 384
NIGHT = Settings("night", 1 / 2000, 8.0, colour=False, filtered=False, lit=True)


def grey(number: int) -> NDArray[np.uint8]:
    """Brighter by one with each frame."""
    return np.full((SIZE[1], SIZE[0], 3), 40 + number % 160, np.uint8)


def still(_: int) -> NDArray[np.uint8]:
    """Nothing ever moves."""
    return np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)


def quarters(_: int) -> NDArray[np.uint8]:
    """Blue, green, red and white, in the order of reading."""
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    middle = SIZE[1] // 2, SIZE[0] // 2
    image[: middle[0], : middle[1]] = 255, 0, 0
    image[: middle[0], middle[1] :] = 0, 255, 0
    image[middle[0] :, : middle[1]] = 0, 0, 255
    image[middle[0] :, middle[1] :] = 255
    return image


def sensor(picture: Callable[[int], NDArray[np.uint8]] = grey, **more: Any) -> FakeSensor:  # noqa: ANN401
    """A sensor with one small mode."""
    return FakeSensor(picture, SIZE, **more)


def section(**keys: Any) -> Camera:  # noqa: ANN401
    """The table of the configuration."""
    return Camera.model_validate({"kind": "pi", "silent_s": 1, **keys})


def camera_of(seen: FakeSensor, config: Camera | None = None, **more: Any) -> PiCamera:  # noqa: ANN401
    """The camera behind that sensor."""
    library = fake_library(seen)
    return PiCamera(config or section(), library=library, clocks=seen.clocks, **more)


def some(frames: Iterator[Frame], count: int) -> list[Frame]:
    """The next few of them."""
    return list(islice(frames, count))


def done(seen: FakeSensor, what: str) -> list[Any]:
    """What of that kind was done to the camera."""
    return [value for name, value in seen.history if name == what]


class Heard:
    """What the camera told, by its key; and all of it in order."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self.all: list[str] = []

    def __call__(self, key: str, text: str | None) -> None:
        """Take it in, as the unit's health does."""
        if text is None:
            self.wrong.pop(key, None)
        else:
            self.wrong[key] = text
            self.all.append(text)


def test_a_picture_is_that_of_the_sensor_without_its_padding() -> None:
    """In BGR, to the last column; YUV 4:2:0 knows the colours of two by two pixels."""
    image = next(camera_of(sensor(quarters)).frames()).image
    assert image.shape == (SIZE[1], SIZE[0], 3)
    assert not image.flags.writeable
    for at, colour in {
        (3, 3): (255, 0, 0),
        (3, -3): (0, 255, 0),
        (-3, 3): (0, 0, 255),
        (-3, -3): (255, 255, 255),
    }.items():
        assert image[at].astype(int) == pytest.approx(colour, abs=5)


def test_a_frame_is_of_the_time_at_which_it_was_taken() -> None:
    """Which was 16 ms before it came, at 25 a second, and not when somebody came for it."""
    seen = sensor()
    frame = next(camera_of(seen).frames())
    assert seen.clocks()[0] / 1e9 - frame.at == pytest.approx(0.016, abs=1e-6)


@pytest.mark.parametrize("stamps_boottime", [False, True])
def test_a_machine_that_slept_has_frames_of_now(stamps_boottime: bool) -> None:
    """Whichever clock its driver stamps with."""
    seen = sensor(suspended_s=5000, stamps_boottime=stamps_boottime)
    frame = next(camera_of(seen).frames())
    assert seen.clocks()[0] / 1e9 - frame.at == pytest.approx(0.016, abs=1e-6)


def test_what_the_frame_says_is_believed() -> None:
    """Exposure in the sensor's lines and gain in its steps, not what was asked for; and light."""
    config = section(speed_kmh=90, gain=3.3)
    shot = next(camera_of(sensor(), config).frames()).shot
    assert shot is not None
    assert shot.exposure_s == pytest.approx(1 / (11 * 90), abs=8e-6)
    assert shot.exposure_s != pytest.approx(1 / (11 * 90), abs=1e-9)
    assert (shot.gain, shot.lux) == (3.3125, 400)


def test_frames_that_pass_meanwhile_are_counted() -> None:
    """By the sensor's time; the newest wins."""
    frames = some(camera_of(sensor(passing=3)).frames(), 4)
    assert [frame.number for frame in frames] == [0, 4, 8, 12]
    assert [int(frame.image[9, 9, 0]) for frame in frames] == pytest.approx([40, 44, 48, 52], abs=2)


def test_no_request_is_held_while_the_lane_looks() -> None:
    """A camera without buffers stands still; ours has them all back before anybody sees a frame."""
    seen = sensor()
    held = [seen.held for _ in islice(camera_of(seen).frames(), 5)]
    assert held == [0] * 5


def test_the_picture_is_not_the_cameras_memory() -> None:
    """Which it writes to again as soon as the request is given back."""
    first, second = some(camera_of(sensor()).frames(), 2)
    assert int(first.image[9, 9, 0]) == pytest.approx(40, abs=2)
    assert int(second.image[9, 9, 0]) == pytest.approx(41, abs=2)


def test_it_is_configured_once_and_before_it_starts() -> None:
    """The mode is pinned, the buffers are few, and the settings hold from the first frame."""
    seen = sensor()
    frames = camera_of(seen, section(speed_kmh=45.4546, rate=30, colour_gains=[1.5, 2])).frames()
    some(frames, 30)
    (made,) = done(seen, "configure")
    assert made["sensor"] == {"output_size": SIZE, "bit_depth": 10}
    assert made["raw"] == {"size": SIZE}
    assert (made["buffer_count"], made["queue"], made["display"]) == (BUFFERS, False, None)
    assert made["main"]["format"] == made["lores"]["format"] == "YUV420"
    assert made["controls"] == {
        "AeEnable": False,
        "ExposureTime": 2000,
        "AnalogueGain": 4.0,
        "FrameDurationLimits": (33333, 33333),
        "NoiseReductionMode": 1,
        "AwbEnable": False,
        "ColourGains": (1.5, 2.0),
        "Saturation": 1.0,
    }
    assert [name for name, _ in seen.history] == ["open", "configure", "start"]


def test_new_settings_show_after_some_frames_and_are_known_by_their_frame() -> None:
    """The camera follows when its buffers are through; until then a frame says how it was taken."""
    seen = sensor(still)
    camera = camera_of(seen)
    frames = camera.frames()
    next(frames)
    camera.adjust(NIGHT)
    shots = [frame.shot for frame in some(frames, 3 * BUFFERS) if frame.shot]
    changed = [abs(shot.exposure_s * 2000 - 1) < 0.03 and shot.gain == 8 for shot in shots]
    assert changed.index(True) in range(BUFFERS, 2 * BUFFERS + 4)
    assert changed == sorted(changed)
    assert done(seen, "controls") == [
        {
            "ExposureTime": 500,
            "AnalogueGain": 8.0,
            "AwbEnable": False,
            "ColourGains": (1.0, 1.0),
            "Saturation": 0.0,
        }
    ]
    assert done(seen, "lost") == []


def test_settings_that_the_sensor_does_not_follow_are_told_and_asked_for_again() -> None:
    """Whatever was set: what the frames say counts; who does as asked is no problem any more."""
    seen, heard = sensor(deaf={"ExposureTime"}), Heard()
    camera = camera_of(seen, told=heard)
    frames = camera.frames()
    next(frames)
    camera.adjust(NIGHT)
    some(frames, 2 * PATIENCE + 2)
    assert "1/2000 s at gain 8.0" in heard.wrong["camera settings"]
    assert len(done(seen, "controls")) == 2
    seen.deaf = ()
    some(frames, 3 * PATIENCE)
    assert "camera settings" not in heard.wrong


def test_settings_beyond_the_sensor_are_those_at_its_end() -> None:
    """What it cannot do is no problem that would be told for ever."""
    seen, heard = sensor(), Heard()
    camera = camera_of(seen, told=heard)
    frames = camera.frames()
    next(frames)
    camera.adjust(Settings("night", 1e-7, 40.0, colour=True, filtered=True, lit=False))
    last = some(frames, 3 * PATIENCE)[-1].shot
    assert last is not None
    assert (round(last.exposure_s * 1e6), last.gain) == (30, 16)
    assert heard.all == []


def test_a_grey_sensor_is_asked_for_no_colours() -> None:
    """It has no such controls, and the library refuses them all for one that it does not know."""
    seen = sensor(controls=advertised(SIZE, colour=False))
    camera = camera_of(seen)
    frames = camera.frames()
    next(frames)
    camera.adjust(NIGHT)
    some(frames, 2)
    assert done(seen, "controls") == [{"ExposureTime": 500, "AnalogueGain": 8.0}]


def test_the_picture_shows_the_piece_that_was_asked_for() -> None:
    """The lower right quarter, with the pixels that the sensor has for it."""
    seen = sensor(quarters)
    image = some(camera_of(seen, section(crop=[0.5, 0.5, 0.5, 0.5])).frames(), 3)[-1].image
    assert image.shape == (SIZE[1] // 2, SIZE[0] // 2, 3)
    assert (image > 240).all()


def test_each_stream_of_a_pi_5_gets_the_piece() -> None:
    """There `configure` sets one for each, and the singular is passed over."""
    limits = advertised(SIZE) | {"ScalerCrops": ((0, 0, *SIZE), (0, 0, *SIZE), (0, 0, *SIZE))}
    seen = sensor(controls=limits)
    some(camera_of(seen, section(crop=[0.5, 0.5, 0.5, 0.5])).frames(), 1)
    piece = (166, 124, 166, 124)
    assert done(seen, "controls") == [{"ScalerCrops": [piece, piece]}]


def test_a_lens_with_a_motor_stays_where_it_was_put() -> None:
    """In dioptres; the motor does not look for a focus of its own."""
    seen = sensor(controls=advertised(SIZE, motor=True))
    some(camera_of(seen, section(focus=0.25)).frames(), 1)
    controls = done(seen, "configure")[0]["controls"]
    assert (controls["AfMode"], controls["LensPosition"]) == (0, 0.25)


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a lens without a motor": (
        {"focus": 2},
        ConfigurationError,
        "camera.focus = 2: the lens of this camera cannot be moved",
    ),
    "a rate that it has not": (
        {"rate": 90},
        ConfigurationError,
        "camera.rate = 90: expected at most 60.38",
    ),
    "pixels that it has not": (
        {"width": 640, "height": 480},
        ConfigurationError,
        "640x480: expected no more than the sensor has at 25 frames a second: 332x248",
    ),
    "a camera that is not there": ({"number": 1}, PictureError, "camera 1: No camera number 1"),
    "a tuning file that is not there": (
        {"tuning": "imx999.json"},
        ConfigurationError,
        "camera.tuning = 'imx999.json': Tuning file not found (libcamera's folders)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_camera_has_not_is_named(name: str) -> None:
    """Where it is opened, with the key; and the camera is not left open."""
    keys, kind, told = WRONG[name]
    seen = sensor()
    with pytest.raises(kind) as raised:
        next(camera_of(seen, section(**keys)).frames())
    assert told in str(raised.value)
    assert len(done(seen, "open")) == len(done(seen, "close"))


def test_a_tuning_file_is_read_where_it_lies(tmp_path: Any) -> None:  # noqa: ANN401
    """By its path, or by its name among libcamera's; what is no JSON is named."""
    path = tmp_path / "ours.json"
    path.write_text('{"version": 2.0}')
    for name, content in ((str(path), {"version": 2.0}), ("imx296_noir.json", {})):
        seen = sensor()
        some(camera_of(seen, section(tuning=name)).frames(), 1)
        assert content.items() <= done(seen, "open")[0].items()
    path.write_text("{")
    with pytest.raises(ConfigurationError, match=r"ours\.json"):
        next(camera_of(sensor(), section(tuning=str(path))).frames())


def test_without_the_library_it_says_what_to_install() -> None:
    """Off a Pi neither of the modules is there."""
    with pytest.raises(ConfigurationError, match="apt install python3-picamera2"):
        import_library()


BROKEN = ("SensorTimestamp", "ExposureTime", "AnalogueGain", "late", "shape", "empty")


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_frame_is_left_out_counted_and_told(fault: str) -> None:
    """The ones around it are as ever, and every buffer comes back."""
    seen, heard = sensor(broken={2: fault, 3: fault}), Heard()
    camera = camera_of(seen, told=heard)
    frames = some(camera.frames(), 5)
    assert [frame.number for frame in frames] == [0, 1, 4, 5, 6]
    assert camera._flow.broken == 2
    assert "cannot be used" in heard.wrong["camera frames"]
    assert len(heard.all) == 1
    assert seen.held == 0


def test_frames_that_are_all_broken_end_the_run() -> None:
    """As if none came: within the time that a camera may be silent, and a little more."""
    seen = sensor(broken=dict.fromkeys(range(3, 100_000), "AnalogueGain"))
    camera, begun = camera_of(seen), time.monotonic()
    with pytest.raises(StalledError, match="the last because it comes without AnalogueGain"):
        some(camera.frames(), 100)
    assert time.monotonic() - begun > 0.9
    assert seen.held == 0


def test_a_camera_that_falls_silent_ends_the_run_and_is_left_alone() -> None:
    """Its `stop()` would not return; the fake says so, and says it at the exit too."""
    seen = sensor(stalls_at=3)
    camera = camera_of(seen)
    frames = camera.frames()
    some(frames, 3)
    with pytest.raises(StalledError, match="camera 0: no frame for 1 s"):
        next(frames)
    assert done(seen, "close") == []


def test_waiting_leaves_no_order_behind() -> None:
    """Each order that is not served would keep a buffer for ever: after four the camera stands."""
    seen = sensor()
    camera = camera_of(seen)
    frames = camera.frames()
    some(frames, 2)
    seen.stalls_at = 2
    waiter = Thread(target=next, args=(frames, None))
    waiter.start()
    waiter.join(0.5)  # two rounds of waiting
    assert waiter.is_alive()
    seen.stalls_at = None
    waiter.join(5)
    assert not waiter.is_alive()
    assert len(some(frames, 3 * BUFFERS)) == 3 * BUFFERS
    assert seen.held == 0


def test_closing_while_it_waits_ends_the_frames() -> None:
    """From another thread, within a moment; and lets the camera go."""
    seen = sensor(stalls_at=2)
    camera = camera_of(seen, section(silent_s=60))
    got: list[Frame] = []
    waiter = Thread(target=lambda: got.extend(camera.frames()))
    waiter.start()
    while len(got) < 2 and waiter.is_alive():
        waiter.join(0.01)
    seen.stalls_at = None  # it would have gone on
    camera.close()
    camera.close()
    waiter.join(5)
    assert not waiter.is_alive()
    assert done(seen, "close") == [0]


def test_who_asks_for_no_more_frames_lets_the_camera_go() -> None:
    """A lane that fails leaves the loop."""
    seen = sensor()
    frames = camera_of(seen).frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert done(seen, "close") == [0]


def test_what_is_hidden_is_black() -> None:
    """Before anybody sees it."""
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    image = next(camera_of(sensor(), hidden=[left]).frames()).image
    assert not image[:, : SIZE[0] // 2].any()
    assert image[:, SIZE[0] // 2 + 2 :].all()


def test_an_empty_lane_is_looked_at_now_and_then() -> None:
    """What nothing moves in is not even copied; its frames are counted."""
    frames = some(camera_of(sensor(still), motion=Motion()).frames(), 60)
    between = [b.number - a.number for a, b in pairwise(frames)]
    assert between[:50] == [1] * 50  # two seconds after the start
    assert set(between[52:]) == {13}  # half a second


def test_what_moves_is_looked_at_at_once() -> None:
    """In the very frame in which it moves, and for a while after."""

    def comes(number: int) -> NDArray[np.uint8]:
        image = still(number).copy()
        if number >= 107:
            image[100:160, 2 * (number - 107) : 2 * (number - 107) + 80] = 160
        return image

    numbers = [f.number for f in some(camera_of(sensor(comes), motion=Motion()).frames(), 70)]
    assert 107 in numbers
    after = numbers[numbers.index(107) :]
    assert after == list(range(107, 107 + len(after)))


@pytest.mark.parametrize("until", [40, 400])
def test_a_cap_and_a_lamp_are_only_pictures(until: int) -> None:
    """A black picture is a frame like any other, by the light that its camera tells."""
    seen = sensor(still, light=lambda number: 0.0 if number < until else 1.0)
    frames = some(camera_of(seen).frames(), until + 3)
    assert not (frames[until - 1].image > 2).any()
    assert (frames[until].image > 80).all()
    first, last = frames[0].shot, frames[-1].shot
    assert first is not None
    assert last is not None
    assert (first.lux, last.lux) == (0, 400)
