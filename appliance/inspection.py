"""What a configuration names beside itself: models, home regions, files, the webhook, the lines.

The rule to know: every fault begins with the key that names what is at fault.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from appliance.access import doubts
from appliance.capture import gstreamer, lamp, picamera
from appliance.capture.address import address, is_live, unreadable
from appliance.config import Config
from appliance.errors import ConfigurationError
from appliance.gpio import require_library
from appliance.header import overlay_doubt
from appliance.recognize.model import LiteModel
from appliance.recognize.regions import load_regions
from appliance.sight import build_detector
from appliance.transmit.credentials import credential_faults
from appliance.transmit.webhook import require_webhook_files
from appliance.update.trust import update_faults


def check_parts(config: Config) -> list[str]:
    """Every fault of what the configuration names, a line each; nothing is opened or switched."""
    models = config.recognition.models
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("recognition.models: ", lambda: build_detector(config)),
        ("recognition.models: ", lambda: LiteModel(models / "read.toml", 1)),
        ("recognition.regions: ", lambda: _require_regions(config)),
        ("", lambda: require_files(config)),
        ("", lambda: require_webhook(config)),
        ("", lambda: _require_update(config)),
        ("", lambda: _require_camera(config)),
        ("camera.", lambda: _require_source(config)),
        ("store.", lambda: _require_folder(config.store.folder)),
        ("", lambda: address(config.camera)),
        ("gate.", lambda: _require_line(config)),
        ("gate.confirm_", lambda: _require_contact(config)),
        ("light: ", lambda: _require_light(config)),
    )
    return [fault for key, check in checks for fault in _faults(key, check)]


def doubts_of(config: Config) -> list[str]:
    """What of a configuration can hardly be meant, or may not hold for the unit: a line each."""
    folder, told = config.store.folder, config.homeassistant.model_fields_set
    cases = (
        (
            "discovery" in told and config.homeassistant.discovery and config.mqtt.host is None,
            "homeassistant.discovery = true: does nothing without [mqtt]",
        ),
        (
            config.store.retention_hours == 0,
            "store.retention_hours = 0: passages are forgotten within seconds, sent or not",
        ),
        (
            _is_missing_device(config),
            f"camera.source = '{config.camera.source}': is not there now; without it the unit ends",
        ),
        (
            not _may_write(folder),
            f"store.folder = '{folder}': whoever checks may not write there; the unit's user must",
        ),
    )
    doubted = [doubt for applies, doubt in cases if applies]
    return doubts(config.lists, config.gate, config.policy) + doubted + _overlay_doubts(config)


def _overlay_doubts(config: Config) -> list[str]:
    """Of lines that the overlay takes, which is a Raspberry Pi's."""
    gate = (("gate.line", config.gate.line), ("gate.confirm_line", config.gate.confirm_line))
    lines = () if config.camera.kind == "jetson" else (*gate, *config.light.lines())
    return [doubt for key, line in lines if (doubt := overlay_doubt(key, line))]


def require_files(config: Config) -> None:
    """Raise ConfigurationError, naming each, where a file for the broker cannot be used."""
    told = credential_faults(config.mqtt)
    if told:
        raise ConfigurationError("\n".join(told))


def require_webhook(config: Config) -> None:
    """Raise ConfigurationError where what the webhook needs is not there."""
    if config.webhook.url is not None:
        require_webhook_files(config.webhook)


def require_named(config: Config) -> None:
    """Raise ConfigurationError where a file that the configuration names cannot be used."""
    require_files(config)
    require_webhook(config)


def _require_update(config: Config) -> None:
    """Not asked by `run`: a unit that can take no update watches its lane all the same."""
    told = update_faults(config.update)
    if told:
        raise ConfigurationError("\n".join(told))


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
    """By an import, which opens no camera: that it is there does not say that it fits."""
    if config.camera.kind == "pi":
        picamera.import_library()
    if config.camera.kind == "jetson":
        gstreamer.import_library()


def _require_source(config: Config) -> None:
    """A recording must be there; a device may be plugged in later, and `%` begins a number."""
    source = config.camera.source
    is_file = config.camera.kind == "video" and not is_live(source) and "%" not in source
    if is_file and (why := unreadable(Path(source))):
        raise ConfigurationError(f"source = '{source}': cannot be read: {why}")


def _is_missing_device(config: Config) -> bool:
    source = config.camera.source
    is_named = config.camera.kind == "video" and "source" in config.camera.model_fields_set
    return is_named and source.startswith("/dev/") and unreadable(Path(source)) is not None


def _require_folder(folder: Path) -> None:
    there = _nearest(folder)
    if not there.is_dir():
        raise ConfigurationError(f"folder = '{folder}': '{there}' is a file, expected a folder")


def _may_write(folder: Path) -> bool:
    there = _nearest(folder)
    return not there.is_dir() or os.access(there, os.W_OK | os.X_OK)


def _nearest(folder: Path) -> Path:
    """The folder, or where it would be made."""
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)


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
