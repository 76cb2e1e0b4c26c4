"""What a configuration names beside itself: models, home regions, files, the webhook, the lines.

The rule to know: every fault begins with the key that names what is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from appliance.capture import gstreamer, lamp, picamera
from appliance.capture.address import address
from appliance.config import Config
from appliance.errors import ConfigurationError
from appliance.gpio import require_library
from appliance.recognize.model import LiteModel
from appliance.recognize.regions import load_regions
from appliance.sight import build_detector
from appliance.transmit.credentials import credential_faults
from appliance.transmit.webhook import require_webhook_files


def check_parts(config: Config) -> list[str]:
    """Every fault of what the configuration names, a line each; nothing is opened or switched."""
    models = config.recognition.models
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("recognition.models: ", lambda: build_detector(config)),
        ("recognition.models: ", lambda: LiteModel(models / "read.toml", 1)),
        ("recognition.regions: ", lambda: _require_regions(config)),
        ("", lambda: require_files(config)),
        ("", lambda: require_webhook(config)),
        ("", lambda: _require_camera(config)),
        ("", lambda: address(config.camera)),
        ("gate.", lambda: _require_line(config)),
        ("gate.confirm_", lambda: _require_contact(config)),
        ("light: ", lambda: _require_light(config)),
    )
    return [fault for key, check in checks for fault in _faults(key, check)]


def require_files(config: Config) -> None:
    """Raise ConfigurationError, naming each, where a file for the broker cannot be used."""
    told = credential_faults(config.mqtt)
    if told:
        raise ConfigurationError("\n".join(told))


def require_webhook(config: Config) -> None:
    """Raise ConfigurationError where what the webhook needs is not there."""
    if config.webhook.url is not None:
        require_webhook_files(config.webhook)


def _faults(key: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except ConfigurationError as fault:
        return [key + line for line in str(fault).splitlines()]
    return []


def _require_regions(config: Config) -> None:
    recognition = config.recognition
    load_regions(recognition.models / "regions").require(recognition.regions)


def _require_camera(config: Config) -> None:
    if config.camera.kind == "pi":
        picamera.require_library()
    if config.camera.kind == "jetson":
        gstreamer.require_library()


def _require_line(config: Config) -> None:
    if config.gate.line is not None and not config.gate.dry_run:
        require_library(config.gate.line)


def _require_contact(config: Config) -> None:
    if config.gate.confirm_line is not None:
        require_library(config.gate.confirm_line)


def _require_light(config: Config) -> None:
    faults = []
    for head in config.light.head:
        if head.led is not None:
            faults += _faults("", partial(lamp.led_steps, lamp.LEDS / head.led))
    faults += [
        fault
        for _, line in config.light.lines()
        for fault in _faults("", partial(require_library, line))
    ]
    if faults:
        raise ConfigurationError("\n".join(faults))
