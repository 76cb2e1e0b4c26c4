"""The stand-in for picamera2 is what the real wheel is, read from its source without libcamera."""

from __future__ import annotations

import ast
import inspect
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.capture import fakepi, picamera
from appliance.capture.fakesensor import FakeSensor, advertised
from appliance.capture.pi import PiCamera

WHEELS = Path(__file__).parents[2] / ".wheels"
WHEEL = WHEELS / "picamera2-0.3.38-py3-none-any.whl"
pytestmark = pytest.mark.skipif(
    not WHEEL.exists(), reason=f"{WHEEL} is not there: tools/test fetches it"
)
CLASSES = {
    "Picamera2": ("picamera2.py", fakepi.FakePicamera2),
    "CompletedRequest": ("request.py", fakepi.FakeRequest),
    "MappedArray": ("request.py", fakepi.FakeMappedArray),
}
OURS = {
    "FakePicamera2": {"give_back"},  # what the real one does where a request is released
    "FakeRequest": {"__init__"},  # made by the library alone
    "FakeMappedArray": {"__exit__"},  # its three arguments as one
}
METADATA = {"AnalogueGain", "ExposureTime", "FrameDuration", "Lux", "SensorTimestamp"}
LIBCAMERA = {
    "AeEnable",
    "AfMode",
    "AnalogueGain",
    "AwbEnable",
    "ColourGains",
    "DigitalGain",
    "ExposureTime",
    "FrameDuration",
    "FrameDurationLimits",
    "LensPosition",
    "Lux",
    "NoiseReductionMode",
    "Saturation",
    "ScalerCrop",
    "SensorTimestamp",
}
"""Names in control_ids.h of Debian's libcamera-dev 0.0.3; `ScalerCrops`, Raspberry Pi's own, stands
in the wheel."""


def source(name: str) -> str:
    """A module of the wheel."""
    with zipfile.ZipFile(WHEEL) as wheel:
        return wheel.read(f"picamera2/{name}").decode()


def methods(name: str) -> dict[str, list[str]]:
    """The methods of a real class, each with its arguments."""
    tree = ast.parse(source(CLASSES[name][0]))
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    functions = [n for n in found.body if isinstance(n, ast.FunctionDef)]
    return {f.name: [argument.arg for argument in f.args.args] for f in functions}


def arguments(function: Any) -> list[str]:  # noqa: ANN401
    """Those of one of ours."""
    return list(inspect.signature(function).parameters)


def of_the_stand_in(name: str) -> dict[str, Any]:
    """What the stand-in shows to whoever takes it for the real one."""
    fake = CLASSES[name][1]
    public = {n: f for n, f in vars(fake).items() if not n.startswith("_") or n.startswith("__")}
    ours = OURS[fake.__name__]
    return {n: f for n, f in public.items() if _is_function(f) and n not in ours}


def _is_camera(node: ast.expr) -> bool:
    """`camera`, or `self._camera`."""
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name in {"camera", "_camera"}


def _is_function(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, staticmethod)


@pytest.mark.parametrize("name", CLASSES)
def test_each_method_of_the_stand_in_is_the_real_ones(name: str) -> None:
    """By name, and by the names and the order of its arguments."""
    real = methods(name)
    for method, function in of_the_stand_in(name).items():
        called = function.__func__ if isinstance(function, staticmethod) else function
        assert arguments(called) == real[method], method


def test_what_we_call_is_there() -> None:
    """Every attribute of the camera that the adapter names is one of the real class."""
    tree = ast.parse(inspect.getsource(picamera))
    members = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    named = {node.attr for node in members if _is_camera(node.value)}
    real = source("picamera2.py")
    assert {"request_lock", "camera_controls", "capture_request"} <= named
    for name in named:
        assert re.search(rf"def {name}\(|self\.{name} = ", real), name


def test_what_we_read_of_a_mode_and_a_configuration_is_there() -> None:
    """The keys of `sensor_modes` and of a configured stream."""
    real = source("picamera2.py")
    for key in ("format", "bit_depth", "fps", "crop_limits"):
        assert f'["{key}"]' in real, key
    for key in ("size", "stride"):
        assert f'stream_config["{key}"]' in real, key


def test_every_control_is_one_of_libcameras() -> None:
    """A name that is not advertised is an error on the unit, not here."""
    shown = set(advertised((64, 48), motor=True))
    asked = set(re.findall(r'"([A-Z][A-Za-z]{2,})"', inspect.getsource(picamera)))
    assert "ExposureTime" in asked
    assert shown | asked - {"YUV420"} <= LIBCAMERA | {"ScalerCrops"}
    assert "ScalerCrops" in source("picamera2.py")
    told = FakeSensor(lambda _: pytest.fail("nobody looks")).metadata(
        0, {"ExposureTime": 1000, "AnalogueGain": 1.0}
    )
    read = set(re.findall(r'metadata(?:\.get\(|\[)"(\w+)"', inspect.getsource(PiCamera)))
    assert read == METADATA
    assert read <= set(told) <= LIBCAMERA


def test_a_stream_has_the_shape_that_the_wheel_gives_it() -> None:
    """Its own code on the bytes of a picture of 100 x 60 whose rows are padded to 128."""
    tree = ast.parse(source("request.py"))
    named = "_make_array_shared"
    shaping = next(n for n in ast.walk(tree) if getattr(n, "name", "") == named)
    names: dict[str, Any] = {"np": np}
    code = "from __future__ import annotations\n" + ast.unparse(shaping)
    exec(compile(code, "request.py", "exec"), names)  # noqa: S102  # a pinned wheel
    config = {"format": "YUV420", "size": (100, 60), "stride": 128}
    real = names[named](None, np.zeros(128 * 90, np.uint8), config)
    seen = FakeSensor(lambda _: np.zeros((60, 100, 3), np.uint8), (100, 60))
    holding = {"ExposureTime": 1000, "AnalogueGain": 1.0}
    ours = seen.streams(0, holding, {"main": config, "lores": config, "controls": holding})["main"]
    assert ours is not None
    assert real.shape == ours.shape == (90, 128)


def test_what_the_adapter_relies_on_still_holds() -> None:
    """Three things of the real source that ours is written around."""
    whole = source("picamera2.py")
    configuring = whole[whole.index("def configure_(") : whole.index("def configure(")]
    assert configuring.index('"ScalerCrops"') > configuring.index("self.controls = Controls(")
    assert "self.picam2.controls = Controls(self.picam2)" in source("request.py")
    assert "reshape((h * 3 // 2, stride))" in source("request.py")
    waiting = source("job.py")
    assert "self._future.result(timeout=timeout)" in waiting
    assert "_job_list" not in waiting  # who waits in vain leaves the order in the queue
