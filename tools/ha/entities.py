"""What each entity of the discovery document must show, worked out without its templates.

The rule to know: what is expected comes from what the unit published, as the operator heard it; a
component without a line in SHOWN is a fault here, not one that is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from time import monotonic
from typing import Any

from appliance.announcer import announced
from appliance.config import Config
from appliance.transmit.components import HIT_S
from tools.ha.broker import Ear
from tools.ha.home import Device, Home

UNKNOWN = "unknown"
AWAY = ("unavailable", UNKNOWN)
Published = dict[str, Any]
Seen = Callable[[Home, Ear], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One entity: what it shows and what it should."""

    key: str
    entity: str
    shown: str
    expected: str

    @property
    def is_right(self) -> bool:
        """Whether it shows what it should."""
        return self.shown == self.expected


def _of(topic: str, show: Callable[[Published], str]) -> Seen:
    """What the newest on a topic says."""

    def seen(_home: Home, ear: Ear) -> str:
        heard = ear.newest(topic)
        return show(heard.body) if heard else UNKNOWN

    return seen


def _word(topic: str) -> Seen:
    """What a topic says that is no JSON object, as Home Assistant writes it."""

    def seen(_home: Home, ear: Ear) -> str:
        return ear.word(topic).lower() or UNKNOWN

    return seen


def _plate(last: Published) -> str:
    """With the uuid among its attributes; of an erased one nothing."""
    return UNKNOWN if last["plate"] is None else f"{last['plate']} {last['uuid']}"


def _moment(last: Published) -> str:
    """As Home Assistant writes a time: to the second, in UTC."""
    if last["time"] is None:
        return UNKNOWN
    seen = datetime.fromisoformat(last["time"]).astimezone(timezone.utc)
    return seen.replace(microsecond=0).isoformat()


def _problem(state: Published) -> str:
    return "on" if state["problems"] else "off"


def _celsius(state: Published) -> str:
    return UNKNOWN if state["soc_temp"] is None else str(state["soc_temp"])


def _late(_home: Home, ear: Ear) -> str:
    late = [heard.body for heard in ear.on("log") if heard.body["late"]]
    return f"late {late[-1]['uuid']}" if late else UNKNOWN


def _crop(_home: Home, ear: Ear) -> str:
    heard = ear.newest("last/image")
    return _picture(heard.payload) if heard else UNKNOWN


def _hit(home: Home, ear: Ear) -> str:
    """On for a while; Home Assistant does not remember it over its own restart."""
    heard = ear.newest("hit")
    if heard is None or heard.at < home.started_at:
        return UNKNOWN
    return "on" if monotonic() - heard.at < HIT_S else "off"


def _restart(_home: Home, ear: Ear) -> str:
    return "pressed" if any(heard.payload == b"restart" for heard in ear.on("cmd")) else UNKNOWN


def _update(update: Published) -> str:
    """Whether something newer is offered, and all that the entity knows of it."""
    latest = update.get("latest_version")
    if latest is None:
        return UNKNOWN
    is_newer = "off" if latest == update["installed_version"] else "on"
    return _update_row(is_newer, update)


def _update_row(state: str, known: Published) -> str:
    percent = known["update_percentage"]
    busy = f" {percent if percent is not None else ''}%" if known["in_progress"] else ""
    return f"{state} {known['installed_version']} {known['latest_version']}{busy}"


AIMED = {True: "off", False: "on", None: UNKNOWN}  # a problem, so on is bad
SHOWN: dict[str, Seen] = {
    "last_plate": _of("last", _plate),
    "last_seen": _of("last", _moment),
    "crop": _crop,
    "passage": _of("passage", lambda passage: f"{passage['list']} {passage['uuid']}"),
    "late": _late,
    "hit": _hit,
    "problem": _of("state", _problem),
    "aim": _of("state", lambda state: AIMED[state["aim"]["ready"]]),
    "temp": _of("state", _celsius),
    "queue": _of("state", lambda state: str(state["queue"])),
    "clock": _of("state", lambda state: str(state["clock"])),
    "disk": _of("state", lambda state: str(state["disk"]["free_percent"])),
    "fps": _of("state", lambda state: str(state["fps"])),
    "total": _of("state", lambda state: str(state["passages"])),
    "rejected": _of("state", lambda state: str(state["rejected"])),
    "allowed": _of("lists/allowed/state", lambda state: str(state["count"])),
    "keep": _word("retention_days"),
    "ir": _of("state", lambda state: "on" if state["ir"]["lit"] else "off"),
    "mode": _word("night_mode"),
    "irsw": _word("illuminator"),
    "irpow": _word("illuminator_power"),
    "allow_add": _of("lists/allowed/state", lambda _: ""),  # what was typed does not stay
    "restart": _restart,
    "update": _of("update", _update),
}
"""What a component must show."""


def components(config: Config) -> dict[str, dict[str, Any]]:
    """What the unit announces, by key, from its own document."""
    document = json.loads(announced(config)[-1].payload)
    found: dict[str, dict[str, Any]] = document["cmps"]
    return found


def triggers(config: Config) -> set[str]:
    """The types of the device triggers that it announces."""
    return {each["type"] for each in components(config).values() if _is_trigger(each)}


def rows(home: Home, device: Device, config: Config, ear: Ear) -> list[Row]:
    """Every entity announced, and every one that is there without being announced."""
    keys = [key for key, each in components(config).items() if not _is_trigger(each)]
    told = [_row(home, ear, key, device.entities.get(key, "")) for key in keys]
    strays = device.entities.keys() - set(keys)
    return told + [Row(key, device.entities[key], "there", "gone") for key in sorted(strays)]


def _row(home: Home, ear: Ear, key: str, entity: str) -> Row:
    seen = SHOWN.get(key)
    expected = seen(home, ear) if seen else "nobody has said what it should show"
    return Row(key, entity, _shown(home, entity), expected)


def _shown(home: Home, entity: str) -> str:
    """Its state, of an event its type; where it shows a passage, the uuid too."""
    state = home.state(entity) if entity else None
    if state is None:
        return "missing"
    told, attributes = str(state["state"]), state["attributes"]
    if told in AWAY or entity.startswith("button."):
        return told if told in AWAY else "pressed"
    if entity.startswith("update."):
        return _update_row(told, attributes)
    if entity.startswith("image."):
        return _picture(home.image(entity))
    if "uuid" in attributes:
        return f"{attributes.get('event_type', told)} {attributes['uuid']}"
    return told


def _picture(jpeg: bytes) -> str:
    return f"{len(jpeg)} bytes, {sha256(jpeg).hexdigest()[:12]}"


def _is_trigger(component: dict[str, Any]) -> bool:
    return bool(component["p"] == "device_automation")
