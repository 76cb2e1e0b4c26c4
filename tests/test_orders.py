"""Commands over MQTT: carried out once, answered each, and the same as by any other way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.__main__ import main
from appliance.decision import ListState
from appliance.errors import StoreError
from appliance.respond.entries import Entry, fields_of
from appliance.respond.listfile import format_csv
from appliance.store.database import Database
from appliance.store.lists import ListStore
from appliance.transmit.inbox import LARGEST, RETAINED
from tests.orders_bench import Bench

ENTRIES = st.lists(
    st.builds(
        Entry,
        plate=st.sampled_from(["AB12CDE", "ZG1234AB", "B1"]),
        label=st.sampled_from(["", "Anna", "=1+1", "Ivo; Mia", '"x", y']),
        valid_until=st.sampled_from(["", "2026-12-31", "2026-12-31T10:00:00Z"]),
        direction=st.sampled_from(["any", "approaching"]),
    ),
    max_size=4,
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """On a new store."""
    made = Bench(tmp_path)
    yield made
    made.database.close()


def test_a_list_is_changed_and_tells_it(bench: Bench) -> None:
    """Each command has its answer, under the sender's id, and the state follows."""
    done = {"id": "7", "ok": True, "topic": "lists/allowed/add"}
    assert bench.send("lists/allowed/add", "ab-12 cde", name="7") == done
    assert bench.send("lists/allowed/add", '{"plate": "B1", "label": "Mia"}')["id"] is None
    assert bench.lists.bodies() == {
        "allowed": ['{"plate":"AB12CDE"}', '{"label":"Mia","plate":"B1"}']
    }
    assert bench.send("lists/allowed/remove", "AB12CDE")["ok"]
    assert bench.send("lists/allowed/set", "[]")["ok"]
    assert [state["count"] for state in bench.states("allowed")] == [1, 2, 1, 0]
    assert bench.states("allowed")[-1] == {
        "version": 4,
        "count": 0,
        "sha256": bench.lists.state("allowed").sha256,
    }


def test_every_connection_is_told_the_lists(bench: Bench) -> None:
    """A broker that was started anew knows nothing of them."""
    bench.turn()
    bench.turn()
    assert [len(bench.states(name)) for name in ("denied", "allowed", "watched")] == [1, 1, 1]
    bench.link.lose()
    bench.turn()
    bench.link.connect()
    bench.turn()
    assert [len(bench.states(name)) for name in ("denied", "allowed", "watched")] == [2, 2, 2]


REFUSED = {
    "a letter that only looks Latin": (
        "lists/allowed/add",
        "SECRET1\u0410",
        "payload: plate: expe",
    ),
    "no JSON": ("lists/allowed/add", '{"plate": "SECRET1"', "not JSON"),
    "an unknown field": ("lists/allowed/add", '{"plate": "SECRET1", "x": 1}', "payload: field"),
    "not on the list": ("lists/allowed/remove", "SECRET1", "plate: does not stand on allowed"),
    "one bad entry of two": ("lists/allowed/set", '["B2", "SECRET1?"]', "entry 2: plate"),
    "the same twice": ("lists/allowed/set", '["SECRET1", "SECRET1"]', "entry 2: plate: stands"),
    "no array": ("lists/allowed/set", '"SECRET1"', "expected a JSON array"),
    "no such list": ("lists/unknown/add", "SECRET1", "topic: expected denied|allowed|watched"),
    "an entry too long": ("lists/allowed/add", "SECRET1" * 1000, "payload: 7000 bytes"),
    "a list too long": ("lists/allowed/set", bytes(LARGEST + 1), "2000001 bytes, expected"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_changes_nothing_and_is_explained(
    bench: Bench, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In words without a plate; the log has none either."""
    bench.send("lists/allowed/set", '["AB12CDE"]')
    before = bench.lists.bodies(), bench.lists.versions()
    topic, payload, told = REFUSED[name]
    with caplog.at_level("DEBUG"):
        answer = bench.send(topic, payload)
    assert (answer["ok"], answer["topic"]) == (False, topic)
    assert answer["error"].startswith(told)
    assert (bench.lists.bodies(), bench.lists.versions()) == before
    assert "SECRET1" not in answer["error"] + caplog.text


def test_a_retained_command_is_answered_and_not_carried_out(bench: Bench) -> None:
    """It would be repeated at every connection, and through a whole fleet."""
    answer = bench.send("lists/allowed/add", "AB12CDE", retained=True, name="7")
    told = {"id": "7", "ok": False, "error": RETAINED, "topic": "lists/allowed/add"}
    assert answer == told
    assert bench.lists.bodies() == {}


def test_a_command_that_comes_twice_is_carried_out_once(bench: Bench) -> None:
    """QoS 1 allows it: the version stays, and both have an answer."""
    for _ in range(2):
        assert bench.send("lists/allowed/add", "AB12CDE")["ok"]
    assert bench.lists.versions() == {"allowed": 1}
    assert len(bench.answers()) == 2


def test_an_answer_waits_for_the_broker(bench: Bench) -> None:
    """The command is carried out at once."""
    bench.link.command("lists/allowed/add", b"AB12CDE")
    bench.link.lose()
    bench.turn()
    assert bench.lists.versions() == {"allowed": 1}
    assert bench.answers() == []
    bench.link.connect()
    bench.turn()
    assert [answer["ok"] for answer in bench.answers()] == [True]


def test_a_store_that_fails_is_told_before_the_process_ends(bench: Bench) -> None:
    """Who asked would wait in vain."""
    bench.database.close()
    bench.link.command("lists/allowed/add", b"AB12CDE")
    with pytest.raises(StoreError):
        bench.orders.carry_out()
    assert bench.answers()[-1]["error"] == "the store cannot be read or written"


@settings(max_examples=25, deadline=None)
@given(entries=ENTRIES)
def test_file_command_and_mqtt_give_the_same_list(entries: list[Entry]) -> None:
    """One by one by command and by MQTT, or at once by CSV and by MQTT: the same checksum."""
    last = {entry.plate: entry for entry in entries}.values()
    ways = (_by_command, _by_mqtt)
    states = {_state_after(entries, way) for way in ways}
    states |= {_state_after(last, way) for way in (_by_csv, _by_mqtt_at_once)}
    assert len({(state.count, state.sha256) for state in states}) == 1


def _state_after(entries: Any, way: Any) -> ListState:  # noqa: ANN401  # a table of functions
    """That of `allowed`, when they came to a new store on that way."""
    with TemporaryDirectory() as folder:
        way(Path(folder), entries)
        with closing(Database(Path(folder) / "passages.sqlite")) as database:
            return ListStore(database).state("allowed")


def _lists(folder: Path, *arguments: str) -> None:
    config = folder / "gatepost.toml"
    config.write_text(f"[store]\nfolder = '{folder}'\n")
    assert main(["lists", *arguments, "--config", str(config)]) == 0


def _by_command(folder: Path, entries: list[Entry]) -> None:
    for entry in entries:
        options = {"--label": entry.label, "--until": entry.valid_until}
        given = [f"{option}={value}" for option, value in options.items() if value]
        _lists(folder, "add", "allowed", entry.plate, *given, "--direction", entry.direction)


def _by_csv(folder: Path, entries: list[Entry]) -> None:
    (folder / "plates.csv").write_text(format_csv(entries))
    _lists(folder, "import", "allowed", str(folder / "plates.csv"))


def _by_mqtt(folder: Path, entries: list[Entry]) -> None:
    bench = Bench(folder)
    for entry in entries:
        assert bench.send("lists/allowed/add", json.dumps(fields_of(entry)))["ok"]
    bench.database.close()


def _by_mqtt_at_once(folder: Path, entries: list[Entry]) -> None:
    bench = Bench(folder)
    assert bench.send("lists/allowed/set", json.dumps([*map(fields_of, entries)]))["ok"]
    bench.database.close()
