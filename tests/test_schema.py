"""The published schemas: strict, complete, and of the same mind as the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from appliance.config import Unit
from appliance.decision import Action, ListName, Outcome
from appliance.domain import Clock, Direction, Message
from appliance.tally import HOUR_MS, Count, Hour, Move
from appliance.transmit import last, messages, release, settings, tallies
from appliance.transmit.component import Features
from appliance.transmit.homeassistant import announcements
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.release import Firmware, Report
from appliance.transmit.state import Disk, ListAge, Stock, state
from appliance.transmit.tallies import Fill
from appliance.transmit.trial import probe
from tests.conftest import PASSAGE, VITALS
from tests.wire import FOLDER, SCHEMAS, objections, text_of, validator

TOPICS = Topics("unit")
NAMES: tuple[ListName, ...] = ("allowed", "denied", "watched")
HOUR = Hour(0, "1970-01-01T00:00+00:00")
AGES = {name: ListAge(1, None) for name in NAMES}


def _passage() -> Publication:
    body = json.loads(messages.passage_body(PASSAGE, Unit(), "det/ocr"))
    body["store"] = "9f21c004"
    body["match"] = {"entry": "AB12CDE", "distance": 0.0, "label": ""}
    return messages.logged(TOPICS, Message(1, PASSAGE.uuid, json.dumps(body), 0, None), 5)


SAMPLES = {
    "passage": _passage(),
    "state": state(TOPICS, VITALS, Stock(0, 0, 0, Disk(1, 2.0), AGES, 1.0, "9f21c004")),
    "stats": tallies.stats(TOPICS, HOUR, [Count(HOUR, "approaching", "gb", 7)]),
    "parking": tallies.parking(TOPICS, Fill(3, 40, 1, 0, 0)),
    "overstay": tallies.overstay(
        TOPICS, Move(1, PASSAGE.uuid, 0, "in", "AB12CDE", "unknown"), 3 * HOUR_MS, 2.0
    ),
    "list-state": Publication(
        TOPICS.at("lists/allowed/state"), json.dumps({"version": 1, "count": 2, "sha256": "0" * 64})
    ),
    "erasure": last.forgotten(TOPICS)[2],
    "command-result": Publication(
        TOPICS.at("cmd/result"), '{"id":"a","ok":false,"topic":"cmd","error":"not known here"}'
    ),
    "update": release.update(TOPICS, Firmware("0.1.0", "0.2.0", "better", is_busy=True, percent=3)),
    "release": release.release(
        TOPICS,
        Report(
            version="0.1.0",
            available="0.2.0",
            sequence=7,
            trial={"version": "0.2.0", "starts": 1},
            last="0.1.1 failed: nothing stored",
            failed={"0.1.1": "nothing stored"},
            slots={"booted": "A", "committed": "B"},
        ),
        "2026-11-21T20:15:00Z",
    ),
    "check": probe(TOPICS),
    "discovery": announcements(Unit(), "1", Features(last=True, image=True), "homeassistant")[0],
}
"""A valid message for each schema whose payload is an object."""
PLAIN = {"availability", "hit", "retention-days", "illuminator", "illuminator-power", "night-mode"}


def test_every_schema_is_one_and_somebody_sends_it() -> None:
    """JSON Schema 2020-12, with the payload's version in its name; no file without a topic."""
    names = {path.stem for path in FOLDER.glob("*.json")}
    assert names == set(SCHEMAS.values())
    assert names == set(SAMPLES) | PLAIN
    for name in names:
        assert validator(name).schema["$id"] == f"urn:gatepost:schema:{messages.SCHEMA}:{name}"


def test_every_object_says_what_it_may_have() -> None:
    """A field that is new or misspelt is noticed."""
    for path in FOLDER.glob("*.json"):
        for place, schema in _objects(json.loads(path.read_text(encoding="utf-8"))):
            assert "additionalProperties" in schema, f"{path.name}: {place}"
            assert schema["additionalProperties"] is not True


def _objects(schema: object, place: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if "object" in schema.get("type", ()):
            yield place, schema
        for key, part in schema.items():
            yield from _objects(part, f"{place}.{key}")
    elif isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from _objects(part, f"{place}[{number}]")


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_missing_and_what_is_unknown_is_named(name: str) -> None:
    """Each field that must be there, and one that nobody knows."""
    topic, payload = SAMPLES[name].topic, SAMPLES[name].payload
    assert objections(topic, payload) == []
    body = json.loads(payload)
    for field in validator(name).schema["required"]:
        without = {key: value for key, value in body.items() if key != field}
        assert any(field in fault for fault in objections(topic, json.dumps(without)))
    (fault,) = objections(topic, json.dumps(body | {"unheard_of": 1}))
    assert "unheard_of" in fault


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("clock", get_args(Clock)),
        ("direction", get_args(Direction)),
        ("list", get_args(ListName)),
    ],
)
def test_a_passage_may_say_what_the_code_may(field: str, values: tuple[str, ...]) -> None:
    """No more and no less."""
    schema = validator("passage").schema
    assert set((schema["properties"][field] | schema["$defs"].get(field, {}))["enum"]) == set(
        values
    )


def test_a_decision_may_say_what_the_code_may() -> None:
    """Action and outcome, on the passage and in the state's counts."""
    decision = validator("passage").schema["properties"]["decision"]["properties"]
    assert set(decision["action"]["enum"]) == set(get_args(Action))
    assert set(decision["gate"]["enum"]) == {*get_args(Outcome), None}
    counted = validator("state").schema["properties"]["gate"]["propertyNames"]["enum"]
    assert set(counted) == set(get_args(Outcome))


def test_only_what_is_late_has_an_age() -> None:
    """And what is late always has one."""
    body = json.loads(SAMPLES["passage"].payload)
    assert objections(TOPICS.log, json.dumps(body | {"late": False}))
    del body["age_s"]
    assert objections(TOPICS.log, json.dumps(body))
    assert objections(TOPICS.log, json.dumps(body | {"late": False})) == []


def test_a_topic_that_nobody_described_is_noticed() -> None:
    """A new message needs its schema."""
    assert objections("gatepost/unit/novelty", "{}") == [
        "gatepost/unit/novelty: no schema, expected one"
    ]
    assert objections(TOPICS.log, "no JSON")
    assert objections(TOPICS.availability, "on")
    assert objections(TOPICS.hit, "OFF")
    told = settings.kept(TOPICS, 2.5), settings.released(TOPICS, is_on=True)
    for each in (*told, settings.power(TOPICS, 80)):
        assert objections(each.topic, each.payload) == []
    assert objections(TOPICS.at("retention_days"), "two")
    assert objections(TOPICS.at("retention_days"), "-1")
    assert objections(TOPICS.image, "no JPEG")
    assert objections(TOPICS.image, text_of(TOPICS.image, last.NO_PICTURE)) == []
    assert objections(TOPICS.last, "") == []


def test_the_schemas_are_part_of_the_package() -> None:
    """They lie beside the code, and the build is told of them."""
    pyproject = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"appliance" = ["schema/*.json"]' in pyproject
