"""What Home Assistant is told about this unit: the device discovery document.  Pure.

The rule to know: Home Assistant drops the whole device, and the user sees nothing, for one unknown
key or a `~` in `dev` or at the root, for a missing `o`, and for a dot in the topic; and an entity
whose topic nobody publishes stays unknown for ever, so none is announced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.config import Unit
from appliance.transmit.messages import Publication, Topics

BIRTH = b"online"
"""What Home Assistant says on `birth_topic` when it has started, not retained."""
BIRTH_PAUSE_S = (1.0, 10.0)
"""How long to wait then before all is sent again: drawn, or a fleet would answer in one moment."""
STALE_S = 180
"""Three states missed; only for health, for a plate that vanishes would look like an erasure."""


HIT_S = 30
"""How long a hit is shown; nothing takes it back."""


@dataclass(frozen=True, slots=True)
class Features:
    """What this unit publishes beside what every unit does.

    Attributes:
        last: the newest passage stays with the broker, for dashboards.
        image: so does the picture of its plate.
        parking: who is inside is counted.
        free_places: it is known for how many there is room, too.
    """

    last: bool
    image: bool = False
    parking: bool = False
    free_places: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """One entity or trigger, with the condition under which it exists.

    Attributes:
        key: its name in the document; its unique id is made from it, so it never changes.
        platform: Home Assistant's word for its kind.
        topics: the option that takes a topic, and the topic below the unit's own.
        options: the others, as Home Assistant abbreviates them.
        needs: the field of Features without which it does not exist; empty: every unit has it.
    """

    key: str
    platform: str
    topics: Mapping[str, str]
    options: Mapping[str, object] = field(default_factory=dict)
    needs: str = ""

    def exists(self, features: Features) -> bool:
        """Whether a unit with these features has it."""
        return not self.needs or bool(getattr(features, self.needs))


def _health(key: str, template: str, **options: object) -> Component:
    """A sensor of the state message, which goes stale with it."""
    shown = {"val_tpl": template, "ent_cat": "diagnostic", "exp_aft": STALE_S}
    return Component(key, "sensor", {"stat_t": "state"}, shown | options)


def _unless_empty(field: str) -> str:
    """A template for `last`, which an erasure empties: the entity is unknown then."""
    return f"{{{{ {field} if value_json is defined else none }}}}"


def _parking(key: str, template: str, name: str, icon: str, needs: str) -> Component:
    """A number of vehicles; it is told on a change only, so it never goes stale."""
    shown = {"val_tpl": template, "name": name, "ic": icon, "stat_cla": "measurement"}
    return Component(key, "sensor", {"stat_t": "parking"}, shown, needs)


def _count(key: str, template: str, **options: object) -> Component:
    """A counter of the state message, for statistics over years without a plate."""
    shown = {"val_tpl": template, "stat_cla": "total_increasing"}
    return Component(key, "sensor", {"stat_t": "state"}, shown | options)


def _trigger(key: str, kind: str, template: str, payload: str) -> Component:
    """A device trigger: unlike an event entity's state it fires for a passage and nothing else."""
    options = {"atype": "trigger", "type": kind, "stype": "any", "val_tpl": template, "pl": payload}
    return Component(key, "device_automation", {"t": "passage"}, options)


COMPONENTS = (
    Component(
        "last_plate",
        "sensor",
        {"stat_t": "last", "json_attr_t": "last"},
        {
            "name": "Last plate",
            "ic": "mdi:car-back",
            "val_tpl": _unless_empty("value_json.plate"),
            "json_attr_tpl": "{{ (dict(value_json) if value_json is defined else {}) | tojson }}",
        },
        needs="last",
    ),
    Component(
        "last_seen",
        "sensor",
        {"stat_t": "last"},
        {
            "name": "Last passage",
            "dev_cla": "timestamp",
            "val_tpl": _unless_empty("value_json.time"),
        },
        needs="last",
    ),
    Component(
        "passage",
        "event",
        {"stat_t": "passage"},
        {
            "name": "Passage",
            "ic": "mdi:car-search",
            "evt_typ": ["allowed", "denied", "watched", "unknown"],
            "val_tpl": "{{ dict(value_json, event_type=(value_json.list or 'unknown')) | tojson }}",
        },
    ),
    Component(
        "late",
        "event",
        {"stat_t": "log"},
        {
            "name": "Late passage",
            "ic": "mdi:car-clock",
            "ent_cat": "diagnostic",
            "evt_typ": ["late"],
            # Home Assistant ignores an empty rendering
            "val_tpl": "{{ (dict(value_json, event_type='late') | tojson)"
            " if value_json.late else '' }}",
        },
    ),
    Component(
        "crop",
        "image",
        {"img_t": "last/image"},
        {"name": "Last plate image", "cont_type": "image/jpeg"},
        needs="image",
    ),
    Component(
        "hit",
        "binary_sensor",
        {"stat_t": "hit"},
        {"name": "Watch list", "ic": "mdi:shield-car", "off_dly": HIT_S},
    ),
    Component(
        "problem",
        "binary_sensor",
        {"stat_t": "state", "json_attr_t": "state"},
        {
            "name": "Problem",
            "dev_cla": "problem",
            "ent_cat": "diagnostic",
            "val_tpl": "{{ 'ON' if value_json.problems else 'OFF' }}",
            "json_attr_tpl": "{{ {'problems': value_json.problems} | tojson }}",
        },
    ),
    _health(
        "temp",
        "{{ value_json.soc_temp }}",
        dev_cla="temperature",
        unit_of_meas="°C",
        stat_cla="measurement",
    ),
    _health("queue", "{{ value_json.queue }}", name="Passages waiting", stat_cla="measurement"),
    _health(
        "clock",
        "{{ value_json.clock }}",
        name="Clock",
        dev_cla="enum",
        ops=["ntp", "gnss", "rtc", "none"],
    ),
    _health(
        "disk",
        "{{ value_json.disk.free_percent if value_json.disk else none }}",
        name="Disk free",
        unit_of_meas="%",
        stat_cla="measurement",
    ),
    _health(
        "fps",
        "{{ value_json.fps }}",
        name="Frames per second",
        unit_of_meas="fps",
        stat_cla="measurement",
    ),
    _count("total", "{{ value_json.passages }}", name="Passages", unit_of_meas="passages"),
    _count(
        "rejected",
        "{{ value_json.rejected }}",
        name="Rejected reads",
        unit_of_meas="reads",
        ent_cat="diagnostic",
    ),
    _parking(
        "inside", "{{ value_json.occupancy }}", "Vehicles inside", "mdi:car-multiple", "parking"
    ),
    _parking("free", "{{ value_json.free }}", "Free places", "mdi:parking", "free_places"),
    Component(
        "allowed",
        "sensor",
        {"stat_t": "lists/allowed/state"},
        {
            "name": "Allowed plates",
            "ic": "mdi:playlist-check",
            "ent_cat": "diagnostic",
            "val_tpl": "{{ value_json.count }}",
        },
    ),
    Component(
        "allow_add",
        "text",
        {"cmd_t": "lists/allowed/add", "stat_t": "lists/allowed/state"},
        {
            "name": "Allow a plate",
            "ic": "mdi:car-key",
            "ent_cat": "config",
            "max": 16,
            "val_tpl": "{{ '' }}",  # without it Home Assistant shows, and records, what was typed
            "msg_exp_int": 60,  # before 2026 ignored
        },
    ),
    Component(
        "restart",
        "button",
        {"cmd_t": "cmd"},
        {
            "dev_cla": "restart",
            "ent_cat": "config",
            "pl_prs": "restart",
            "msg_exp_int": 30,  # before 2026 ignored
        },
    ),
    _trigger("trig_allowed", "plate_allowed", "{{ value_json.list }}", "allowed"),
    _trigger("trig_watched", "plate_watched", "{{ value_json.list }}", "watched"),
    _trigger("trig_open", "decision_open", "{{ value_json.decision.action }}", "open"),
)
"""All that Home Assistant can be told of; a row is never deleted, it gets a condition."""


def birth_topic(prefix: str) -> str:
    """Where Home Assistant says that it has started, or stops."""
    return f"{prefix}/status"


def discovery_topic(unit: str, prefix: str) -> str:
    """Where the document of a unit goes."""
    return f"{prefix}/device/{unit}/config"


def announcements(unit: Unit, version: str, features: Features, prefix: str) -> list[Publication]:
    """What to publish on every connection and at Home Assistant's birth, in this order.

    A component that is merely left out stays with Home Assistant; so where this unit lacks some,
    which it may have had before, a document that takes them away goes before the one that holds.

    Args:
        unit: who it is.
        version: of this software.
        features: what it publishes.
        prefix: under which Home Assistant looks for discovery, "homeassistant" unless changed.
    """
    here = _here(unit, features)
    gone = {c.key: {"p": c.platform} for c in COMPONENTS if c.key not in here}
    documents = [here | gone, here] if gone else [here]
    return [
        Publication(discovery_topic(unit.id, prefix), _document(unit, version, each), retained=True)
        for each in documents
    ]


def _here(unit: Unit, features: Features) -> dict[str, object]:
    """The components that exist."""
    topics = Topics(unit.id)
    return {c.key: _component(c, topics) for c in COMPONENTS if c.exists(features)}


def _document(unit: Unit, version: str, components: Mapping[str, object]) -> str:
    """The device with these components, as compact JSON."""
    device = {
        "ids": [f"gatepost_{unit.id}"],
        "name": f"Gatepost {unit.camera}",
        "mf": "Gatepost",
        "sn": unit.id,
        "sw": version,
    }
    document = {
        "dev": device,
        "o": {"name": "gatepost", "sw": version},
        "avty": [{"t": Topics(unit.id).availability}],
        "cmps": components,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _component(component: Component, topics: Topics) -> dict[str, object]:
    """One component; `qos` in each, for before 2026.11 the root's is ignored."""
    named: dict[str, object] = {"p": component.platform}
    if component.platform != "device_automation":  # a trigger knows no unique id
        named["uniq_id"] = f"gatepost_{topics.unit}_{component.key}"
    places = {option: topics.at(level) for option, level in component.topics.items()}
    return named | dict(component.options) | places | {"qos": 1}
