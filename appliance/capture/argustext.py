"""What a Jetson's camera is told, as GStreamer reads it: elements, properties, units.  Pure.

Unverified on hardware; properties and units as in the source of NVIDIA's gst-nvarguscamerasrc and
in the Jetson Linux Developer Guide ("Accelerated GStreamer").

The rule to know: what is fixed is a range with two equal ends, for there is no other way to fix it.
Whether JetPack 6 follows a range that is set while it runs is doubtful: its source compares it with
limits that nobody has filled in (gstnvarguscamerasrc.cpp, StreamConsumer::threadExecute).
"""

from __future__ import annotations

from appliance.camerasection import Camera
from appliance.exposure import Settings

SOURCE, FRAMES = "source", "frames"
"""Names of the elements that are spoken to."""
NS_PER_S = 1_000_000_000


def pipeline_text(config: Camera, settings: Settings) -> str:
    """The whole pipeline, from the sensor to the newest frame in NV12 in plain memory."""
    return f"{source_text(config, settings)} ! nvvidconv ! video/x-raw,format=NV12 ! {sink_text()}"


def source_text(config: Camera, settings: Settings) -> str:
    """The camera with its settings, and the pictures that it shall give in the chip's memory."""
    fixed = {
        "name": SOURCE,
        "sensor-id": config.number,
        "aelock": "false",  # ranges that are set while it runs would not be followed
        "aeantibanding": 0,  # off: else exposures are multiples of the mains' half period
        "ispdigitalgainrange": _range(1),
        "tnr-mode": 0,  # noise reduction over time smears what moves
        "ee-mode": 0,  # sharpened edges are halos round the characters
    }
    told = fixed | settings_of(settings)
    words = " ".join(f"{name}={_quoted(value)}" for name, value in told.items())
    caps = "video/x-raw(memory:NVMM),format=NV12"
    if config.size is not None:
        caps += f",width={config.size[0]},height={config.size[1]}"
    return f"nvarguscamerasrc {words} ! {caps},framerate={_fraction(config.rate)}"


def sink_text() -> str:
    """Where frames are taken from: the newest, whatever was not fetched is dropped."""
    return f"appsink name={FRAMES} drop=true max-buffers=1 sync=false"


def settings_of(settings: Settings) -> dict[str, str | float]:
    """Properties that may change while it runs: exposure in nanoseconds, gain as a factor."""
    return {
        "exposuretimerange": _range(round(settings.exposure_s * NS_PER_S)),
        "gainrange": _range(settings.gain),
        "saturation": 1.0 if settings.colour else 0.0,
    }


def _range(value: float) -> str:
    return f"{value:.10g} {value:.10g}"


def _quoted(value: object) -> str:
    return f'"{value}"' if " " in str(value) else str(value)


def _fraction(rate: float) -> str:
    """Frames a second, in thousandths where they are not whole."""
    return f"{rate:.0f}/1" if rate == round(rate) else f"{round(1000 * rate)}/1000"
