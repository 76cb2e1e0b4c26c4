"""What Home Assistant is told about this unit: the device discovery document.  Pure.

The rule to know: Home Assistant drops the whole device, and the user sees nothing, for one unknown
key or a `~` in `dev` or at the root, for a missing `o`, and for a dot in the topic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from appliance.config import Unit
from appliance.transmit.component import Component, Features
from appliance.transmit.components import COMPONENTS
from appliance.transmit.messages import Publication, Topics

BIRTH = b"online"
"""What Home Assistant says on `birth_topic` when it has started, not retained."""
BIRTH_PAUSE_S = (1.0, 10.0)
"""How long to wait then before all is sent again: drawn, or a fleet would answer in one moment."""


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says that it has started, or stops."""
    return f"{prefix}/status"


def discovery_topic(unit: str, prefix: str) -> str:
    """Where the document of a unit goes."""
    return f"{prefix}/device/{unit}/config"


def announcements(
    unit: Unit, version: str, features: Features, prefix: str, board: str = ""
) -> list[Publication]:
    """What to publish on every connection and at Home Assistant's birth, in this order.

    A component that is merely left out stays with Home Assistant; so where this unit lacks some,
    which it may have had before, a document that takes them away goes before the one that holds.

    Args:
        unit: who it is.
        version: of this software.
        features: what it publishes.
        prefix: under which Home Assistant looks for discovery, "homeassistant" unless changed.
        board: the name of what it runs on; empty where that is not known.
    """
    here = _here(unit, features)
    gone = {c.key: {"p": c.platform} for c in COMPONENTS if c.key not in here}
    parts = [here | gone, here] if gone else [here]
    documents = [_document(unit, version, board, each) for each in parts]
    topic = discovery_topic(unit.id, prefix)
    return [Publication(topic, each, retained=True) for each in documents]


def _here(unit: Unit, features: Features) -> dict[str, object]:
    """The components that exist."""
    topics = Topics(unit.id)
    return {c.key: _component(c, topics, features) for c in COMPONENTS if c.exists(features)}


def _document(unit: Unit, version: str, board: str, components: Mapping[str, object]) -> str:
    """The device with these components, as compact JSON."""
    device = {
        "ids": [f"gatepost_{unit.id}"],
        "name": f"Gatepost {unit.camera}",
        "mf": "Gatepost",
        "sn": unit.id,
        "sw": version,
    }
    document = {
        "dev": device | ({"mdl": board} if board else {}),
        "o": {"name": "gatepost", "sw": version},
        "avty": [{"t": Topics(unit.id).availability}],
        "cmps": components,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _component(component: Component, topics: Topics, features: Features) -> dict[str, object]:
    """One component; `qos` in each, for before 2026.11 the root's is ignored."""
    named: dict[str, object] = {"p": component.platform}
    if component.platform != "device_automation":  # a trigger knows no unique id
        named["uniq_id"] = f"gatepost_{topics.unit}_{component.key}"
    places = {option: topics.at(level) for option, level in component.topics.items()}
    limits = {option: getattr(features, name) for option, name in component.limits.items()}
    return named | dict(component.options) | limits | places | {"qos": 1}
