"""The discovery document against the rules that were measured on three Home Assistants."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from appliance.announcer import announced
from appliance.config import Unit, load_config
from appliance.decision import ListState
from appliance.transmit import messages, tallies
from appliance.transmit.component import Features
from appliance.transmit.components import COMPONENTS
from appliance.transmit.homeassistant import announcements, discovery_topic
from appliance.transmit.state import Disk, Stock, state
from appliance.transmit.tallies import Fill
from tests.conftest import PASSAGE, VITALS
from tests.wire import objections

UNIT = Unit(id="7f3a9c21", camera="gate")
EVERYTHING = Features(
    last=True,
    image=True,
    parking=True,
    free_places=True,
    keep_days=90,
    eyes=True,
    light=True,
    light_power=100,
    updates=True,
)
NOTHING = Features(last=False)
BLUEPRINT = Path(__file__).parents[2] / "docs" / "gatepost_gate.yaml"
NOTES = Path(__file__).parents[1] / "data" / "notes_components.json"
MENDED = {"last_plate", "last_seen", "allow_add", "keep", "ir"}
"""Unlike the notes': an empty `last` made errors in its log, a plate that was typed stayed, and a
slip to 0 days would empty the history; a state without `ir` made one in its log."""
LATER = {"aim": "ready", "ir": "lit"}
"""Fields that the states of the first releases lack, and what is asked of them."""
ALLOWED = "lists/allowed/state"
PASSING = {"passage", "log", "last", "last/image", "hit"}
SET = {"retention_days", "night_mode", "illuminator", "illuminator_power", "update"}
PUBLISHED = {"availability", "state", "parking", ALLOWED} | SET | PASSING


def documents(features: Features) -> list[dict[str, Any]]:
    """What is published, parsed."""
    return [json.loads(each.payload) for each in announcements(UNIT, "1.4.0", features, "home")]


@pytest.mark.parametrize("features", [EVERYTHING, NOTHING])
def test_nothing_stands_in_it_that_loses_the_whole_device(features: Features) -> None:
    """No unknown key at the root or in `dev`, no `~`, an `o` with a name, no dot in the topic."""
    for each in announcements(UNIT, "1.4.0", features, "homeassistant"):
        assert each.topic == "homeassistant/device/7f3a9c21/config"
        assert objections(each.topic, each.payload) == []
        document = json.loads(each.payload)
        assert document["o"] == {"name": "gatepost", "sw": "1.4.0"}
        assert document["avty"] == [{"t": "gatepost/7f3a9c21/availability"}]
        assert "~" not in each.payload


def test_it_is_retained_compact_and_far_below_what_tools_cut_off() -> None:
    """MQTT Explorer shows 20 kB; the units sign stands as itself, not escaped."""
    (publication,) = announcements(UNIT, "1.4.0", EVERYTHING, "homeassistant")
    assert publication.retained
    assert publication.expiry_s is None
    assert len(publication.payload.encode()) < 8_000
    assert '": ' not in re.sub(r"\{\{.*?\}\}", "", publication.payload)
    assert "°C" in publication.payload


def test_each_entity_is_the_one_that_was_measured() -> None:
    """As the document of the notes has it, which a real Home Assistant took; ours come on top.

    What this unit has nothing for is not announced: it would stay unknown, or do nothing.
    """
    measured = json.loads(NOTES.read_text(encoding="utf-8"))
    (document,) = documents(EVERYTHING)
    here = document["cmps"]
    same = measured.keys() & here.keys() - MENDED
    assert {key: here[key] for key in same} == {key: measured[key] for key in same}
    assert here["keep"] == measured["keep"] | {"min": 1}
    assert measured.keys() <= here.keys()
    extra = {"inside", "free", "allowed", "trig_open", "disk", "fps", "aim"}
    assert set(here) - set(measured) == extra


def test_no_two_components_share_an_id() -> None:
    """Home Assistant ignores the second."""
    (document,) = documents(EVERYTHING)
    ids = [each["uniq_id"] for each in document["cmps"].values() if "uniq_id" in each]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"gatepost_7f3a9c21_\w+", each) for each in ids)


def test_only_topics_that_somebody_publishes_are_named() -> None:
    """An entity without messages would stay unknown for ever."""
    (document,) = documents(EVERYTHING)
    for component in document["cmps"].values():
        topics = {component[k] for k in ("t", "stat_t", "json_attr_t", "img_t") if k in component}
        assert topics <= {f"gatepost/7f3a9c21/{level}" for level in PUBLISHED}
        assert topics or component["cmd_t"]


def test_only_commands_that_the_unit_hears_are_offered() -> None:
    """A field whose text goes nowhere would look as if it had worked."""
    (document,) = documents(EVERYTHING)
    offered = [each["cmd_t"] for each in document["cmps"].values() if "cmd_t" in each]
    levels = [each.removeprefix("gatepost/7f3a9c21/") for each in offered]
    settings = ["retention_days", "night_mode", "illuminator", "illuminator_power", "update"]
    commands = [*(f"{each}/set" for each in settings), "cmd"]
    assert levels == ["lists/allowed/add", *commands]
    heard = [each.replace("+", "[^/]+") for each in messages.Topics("7f3a9c21").commands]
    assert all(any(re.fullmatch(each, topic) for each in heard) for topic in offered)


def test_no_health_goes_stale_unseen_and_no_plate_ever_does() -> None:
    """A frozen unit's temperature must not look like news, nor a vanished plate like an erasure."""
    (document,) = documents(EVERYTHING)
    stale = {key for key, each in document["cmps"].items() if "exp_aft" in each}
    assert stale == {"temp", "queue", "clock", "disk", "fps"}


def test_templates_read_fields_that_exist() -> None:
    """A field that is renamed in a payload must be renamed here."""
    told = json.loads(state(messages.Topics("unit"), VITALS, Stock(disk=Disk(1, 2.0))).payload)
    passage = json.loads(messages.passage_body(PASSAGE, UNIT, "m")) | {"late": False}
    parking = json.loads(tallies.parking(messages.Topics("unit"), Fill(3, 40, 0, 0, 0)).payload)
    listed = messages.list_state(messages.Topics("unit"), "allowed", ListState(1, 1, "0" * 64))
    bodies = {"state": told, "parking": parking, ALLOWED: json.loads(listed.payload)}
    for component in COMPONENTS:
        shown = {each for option, each in component.topics.items() if option != "cmd_t"}
        sent = bodies.get("".join(shown), passage)
        for field in re.findall(r"value_json\.([a-z_.]+)", str(component.options)):
            _follow(sent, field)


def test_a_state_of_an_older_release_is_understood() -> None:
    """It is retained: the entity is unknown then, and nothing stands in Home Assistant's log."""
    told = json.loads(state(messages.Topics("unit"), VITALS, Stock()).payload)
    (document,) = documents(EVERYTHING)
    for name, asked in LATER.items():
        assert asked in told[name]
        component = document["cmps"][name]
        for option in {"val_tpl", "json_attr_tpl"} & set(component):
            uses = re.findall(rf"value_json\.{name}\b(.*?)[)|}}]", component[option])
            assert uses == [" "], option
            assert f"value_json.{name} | default({{}})" in component[option]
        assert f"(value_json.{name} | default({{}})).get('{asked}')" in component["val_tpl"]


def _follow(body: dict[str, Any], path: str) -> None:
    for level in path.split("."):
        assert level in body, path
        body = body[level]


def test_an_empty_last_is_understood() -> None:
    """It is emptied when a plate is erased; a template that fails leaves the plate standing."""
    (document,) = documents(EVERYTHING)
    showing = [each for each in document["cmps"].values() if each.get("stat_t", "")[-5:] == "/last"]
    assert len(showing) == 2
    for component in showing:
        for option in {"val_tpl", "json_attr_tpl"} & set(component):
            assert "if value_json is defined" in component[option]


def test_what_was_typed_does_not_stay_in_home_assistant() -> None:
    """A text entity without a state of its own shows, and records, the plate."""
    (document,) = documents(EVERYTHING)
    field = document["cmps"]["allow_add"]
    assert field["stat_t"] == "gatepost/7f3a9c21/lists/allowed/state"
    assert field["val_tpl"] == "{{ '' }}"


def test_the_triggers_are_by_list_and_by_the_units_own_decision() -> None:
    """Who trusts the unit's policy needs no conditions of their own."""
    (document,) = documents(EVERYTHING)
    triggers = [each for each in document["cmps"].values() if each["p"] == "device_automation"]
    assert [(each["type"], each["val_tpl"], each["pl"]) for each in triggers] == [
        ("plate_allowed", "{{ value_json.list }}", "allowed"),
        ("plate_watched", "{{ value_json.list }}", "watched"),
        ("decision_open", "{{ value_json.decision.action }}", "open"),
    ]
    assert {each["t"] for each in triggers} == {"gatepost/7f3a9c21/passage"}


def test_what_no_longer_exists_is_taken_away_first() -> None:
    """Merely leaving it out would keep it; what stays retained names it no more."""
    taking, holding = documents(NOTHING)
    assert taking["cmps"]["last_plate"] == {"p": "sensor"}
    assert taking["cmps"]["last_seen"] == {"p": "sensor"}
    assert not {"last_plate", "last_seen"} & set(holding["cmps"])
    assert taking["cmps"] | holding["cmps"] == taking["cmps"]


@pytest.mark.parametrize(
    ("parking", "entities"),
    [
        ("", set()),
        ("[parking]\nentering = 'approaching'", {"inside"}),
        ("[parking]\nentering = 'approaching'\ncapacity = 40", {"inside", "free"}),
    ],
)
def test_a_car_park_has_entities_where_it_is_counted(
    parking: str, entities: set[str], tmp_path: Path
) -> None:
    """Free places need a capacity."""
    file = tmp_path / "gatepost.toml"
    file.write_text(f"[mqtt]\nhost = 'broker'\n{parking}")
    document = json.loads(announced(load_config(file))[-1].payload)
    assert {"inside", "free"} & set(document["cmps"]) == entities


@pytest.mark.parametrize(("hours", "most"), [(0.05, None), (24, None), (60, 2.5), (72, 3)])
def test_the_file_is_the_most_that_passages_are_kept(
    hours: float, most: float | None, tmp_path: Path
) -> None:
    """And where it leaves no choice of a day or more, there is no number to change."""
    file = tmp_path / "gatepost.toml"
    file.write_text(f"[mqtt]\nhost = 'broker'\n[store]\nretention_hours = {hours}")
    keep = json.loads(announced(load_config(file))[-1].payload)["cmps"].get("keep", {})
    assert (keep.get("min"), keep.get("max")) == (most and 1, most)


@pytest.mark.parametrize(
    ("light", "entities", "most"),
    [
        ("", set(), None),
        ("[[light.head]]\nline = 13", {"ir", "irsw"}, None),
        ("[[light.head]]\nled = 'gatepost:ir:illuminator'", {"ir", "irsw", "irpow"}, 100),
        (
            "[light]\npower = 60\n[[light.head]]\nled = 'gatepost:ir:illuminator'",
            {"ir", "irsw", "irpow"},
            60,
        ),
        ("[[light.head]]\nled = 'gatepost:ir:illuminator'", {"ir", "irsw"}, None),
        ("[light.filter]\nlines = [23, 24]", set(), None),
    ],
)
def test_a_light_has_entities_where_there_is_one(
    light: str, entities: set[str], most: int | None, tmp_path: Path
) -> None:
    """A power where it can be dimmed, as its LED tells, and no more of it than the file says."""
    file = tmp_path / "gatepost.toml"
    file.write_text(f"[mqtt]\nhost = 'broker'\n{light}")
    can_dim = most is not None
    document = json.loads(announced(load_config(file), can_dim=can_dim)[-1].payload)
    assert {"ir", "irsw", "irpow"} & set(document["cmps"]) == entities
    assert document["cmps"].get("irpow", {}).get("max") == most


@pytest.mark.parametrize(
    ("table", "has_it"),
    [
        ("", False),
        ("[camera]\nsource = 'rtsp://camera/1'", False),
        ("[camera]\nkind = 'pi'", True),
        ("[[light.head]]\nline = 13", True),
        ("[light.filter]\nlines = [23, 24]", True),
    ],
)
def test_night_mode_is_offered_where_there_is_something_to_set(
    table: str, has_it: bool, tmp_path: Path
) -> None:
    """A select that changes nothing would look like a fault."""
    file = tmp_path / "gatepost.toml"
    file.write_text(f"[mqtt]\nhost = 'broker'\n{table}")
    document = json.loads(announced(load_config(file))[-1].payload)
    assert ("mode" in document["cmps"]) == has_it


@pytest.mark.parametrize(
    ("table", "has_it"),
    [("", False), ("[update]\nurl = 'https://u.example'\nroot_file = 'root.pub'", True)],
)
def test_an_update_is_offered_where_somebody_looks_for_one(
    table: str, has_it: bool, tmp_path: Path
) -> None:
    """Without an address it would say for ever that nobody knows of any."""
    file = tmp_path / "gatepost.toml"
    file.write_text(f"[mqtt]\nhost = 'broker'\n{table}")
    document = json.loads(announced(load_config(file))[-1].payload)
    assert ("update" in document["cmps"]) == has_it


@pytest.mark.parametrize("board", ["", "Raspberry Pi 5 Model B Rev 1.0"])
def test_the_device_names_its_board(board: str) -> None:
    """Where the kernel tells; an empty name would be one."""
    (publication,) = announcements(UNIT, "1.4.0", EVERYTHING, "home", board)
    assert objections("homeassistant/device/unit/config", publication.payload) == []
    assert json.loads(publication.payload)["dev"].get("mdl", "") == board


def test_the_prefix_is_the_users() -> None:
    """Home Assistant may look elsewhere."""
    assert discovery_topic("u", "ha/lab") == "ha/lab/device/u/config"


def test_the_blueprint_asks_only_for_what_a_passage_has() -> None:
    """An attribute that is not in the payload would keep the gate shut, or open."""
    asked = set(re.findall(r"attributes\.(\w+)", BLUEPRINT.read_text(encoding="utf-8")))
    (document,) = documents(EVERYTHING)
    assert "allowed" in document["cmps"]["passage"]["evt_typ"]
    sent = json.loads(messages.passage_body(PASSAGE, UNIT, "m"))
    assert asked == {"event_type", "confidence", "direction", "time"}
    assert asked - {"event_type"} <= set(sent)


def test_the_blueprint_is_deaf_to_restarts_and_to_what_waited() -> None:
    """Both lines held in a real Home Assistant; neither may be lost in an edit."""
    text = BLUEPRINT.read_text(encoding="utf-8")
    assert "not_from: [unavailable]" in text
    assert "not_to: [unavailable, unknown]" in text
    assert "total_seconds() | abs < fresh" in text
