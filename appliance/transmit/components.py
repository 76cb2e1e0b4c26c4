"""The entities and triggers that a unit has in Home Assistant, as a table.  Pure.

The rule to know: an entity whose topic nobody publishes stays unknown for ever, so none is
announced; and a template must bear whatever its topic says: an empty retained message, and the
state of an older release, which stays with the broker until this one tells its own.
"""

from __future__ import annotations

from appliance.daylightsection import MODES
from appliance.transmit.component import Component
from appliance.transmit.messages import (
    ASK_MODE,
    ASK_UPDATE,
    DIM,
    KEEP,
    KEPT,
    NIGHT_MODE,
    POWER,
    RELEASE,
    RELEASED,
    UPDATE,
)
from appliance.transmit.release import INSTALL, TITLE

STALE_S = 180
"""Three states missed; only for health, for a plate that vanishes would look like an erasure."""
HIT_S = 30
"""How long a hit is shown; nothing takes it back."""


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
    Component(
        "aim",
        "binary_sensor",
        {"stat_t": "state", "json_attr_t": "state"},
        {
            "name": "Aiming",
            "dev_cla": "problem",
            "ent_cat": "diagnostic",
            # before enough vehicles have come nobody knows: Home Assistant takes None for unknown
            "val_tpl": "{{ {True: 'OFF', False: 'ON'}.get("
            "(value_json.aim | default({})).get('ready')) }}",
            "json_attr_tpl": "{{ value_json.aim | default({}) | tojson }}",
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
        "keep",
        "number",
        {"cmd_t": KEEP, "stat_t": KEPT},
        {
            "name": "Keep passages for",
            "ent_cat": "config",
            "min": 1,
            "step": 1,
            "unit_of_meas": "d",
            "mode": "box",
        },
        needs="keep_days",
        limits={"max": "keep_days"},
    ),
    Component(
        "ir",
        "binary_sensor",
        {"stat_t": "state"},
        {
            "name": "Illuminator lit",
            "dev_cla": "light",
            "ent_cat": "diagnostic",
            "val_tpl": "{{ {True: 'ON', False: 'OFF'}.get("
            "(value_json.ir | default({})).get('lit')) }}",
        },
        needs="light",
    ),
    Component(
        "mode",
        "select",
        {"cmd_t": ASK_MODE, "stat_t": NIGHT_MODE},
        {"name": "Night mode", "ent_cat": "config", "ops": list(MODES)},
        needs="eyes",
    ),
    Component(
        "irsw",
        "switch",
        {"cmd_t": RELEASE, "stat_t": RELEASED},
        {"name": "Illuminator", "ent_cat": "config"},
        needs="light",
    ),
    Component(
        "irpow",
        "number",
        {"cmd_t": DIM, "stat_t": POWER},
        {
            "name": "Illuminator power",
            "ent_cat": "config",
            "min": 0,
            "step": 5,
            "unit_of_meas": "%",
            "mode": "slider",
        },
        needs="light_power",
        limits={"max": "light_power"},
    ),
    Component(
        "update",
        "update",
        {"stat_t": UPDATE, "cmd_t": ASK_UPDATE},
        {"dev_cla": "firmware", "ent_cat": "config", "title": TITLE, "pl_inst": INSTALL.decode()},
        needs="updates",
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
