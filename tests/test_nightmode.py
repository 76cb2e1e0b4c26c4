"""What people at the broker may ask of day and night, remembered."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event

import pytest

from appliance.config import load_config
from appliance.errors import ConfigurationError, OrderError
from appliance.exposure import Outside
from appliance.health import Health
from appliance.nightmode import NightMode
from appliance.orders import Orders
from appliance.retention import Retention
from appliance.store.database import Database
from appliance.store.history import History
from appliance.store.lists import ListStore
from appliance.store.marks import Marks
from appliance.transmit.fake import FakeLink
from appliance.transmit.messages import Topics
from appliance.transmit.state import Stock, state
from tests import gate_bench
from tests.standin import Pins
from tests.wire import objections

TOPICS = Topics("unit")


class Bench:
    """A unit with a link to nowhere."""

    def __init__(self, folder: Path, filed: str = "auto") -> None:
        """Be connected."""
        database = Database(folder / "passages.sqlite")
        self.mode = NightMode(filed, Marks(database))  # type: ignore[arg-type]
        self.link = FakeLink(TOPICS, Event())
        self.orders = Orders(
            self.link,
            TOPICS,
            ListStore(database),
            History(database, 10**6),
            Retention(3600.0),
            night_mode=self.mode,
        )
        self.link.connect()
        self.turn()

    def turn(self) -> None:
        """What the loop does every second."""
        self.orders.carry_out()
        self.orders.tell(lists_changed=False)

    def ask(self, payload: bytes, *, retained: bool = False) -> dict[str, object]:
        """The answer."""
        self.link.command("night_mode/set", payload, retained=retained)
        self.turn()
        answer: dict[str, object] = json.loads(self.told("cmd/result")[-1])
        return answer

    def told(self, level: str) -> list[str]:
        """What was published there, in order."""
        return [each.payload for each in self.link.history if each.topic == TOPICS.at(level)]


def test_what_is_asked_for_holds_and_is_told(tmp_path: Path) -> None:
    """Each mode, retained as a bare word; the same once only."""
    bench = Bench(tmp_path)
    assert bench.told("night_mode") == ["auto"]
    for mode in ("night", "day", "auto"):
        assert bench.ask(mode.encode())["ok"]
        assert bench.mode.mode == mode
    assert bench.told("night_mode") == ["auto", "night", "day", "auto"]
    assert not objections(TOPICS.at("night_mode"), "night")
    assert all(each.retained for each in bench.link.history if each.topic.endswith("night_mode"))


@pytest.mark.parametrize("payload", [b"", b"dusk", b"NIGHT", b"\xff\xfe", b"1"])
def test_anything_else_is_refused(tmp_path: Path, payload: bytes) -> None:
    """By its name, and nothing changes."""
    bench = Bench(tmp_path)
    answer = bench.ask(payload)
    assert not answer["ok"]
    assert answer["error"] == "night_mode: expected auto, day or night"
    assert bench.mode.mode == "auto"


def test_a_retained_command_is_refused(tmp_path: Path) -> None:
    """It would come again at every connection."""
    bench = Bench(tmp_path)
    assert "retained" in str(bench.ask(b"night", retained=True)["error"])
    assert bench.mode.mode == "auto"


def test_it_outlives_the_process_and_the_file_comes_back(tmp_path: Path) -> None:
    """What was asked for holds after a restart, until the same as the file is asked for."""
    assert Bench(tmp_path).ask(b"night")["ok"]
    assert Bench(tmp_path).mode.mode == "night"
    assert Bench(tmp_path, "day").mode.mode == "night"
    assert Bench(tmp_path, "day").ask(b"day")["ok"]
    assert Bench(tmp_path, "auto").mode.mode == "auto"


def test_a_unit_with_nothing_to_set_knows_no_such_command(tmp_path: Path) -> None:
    """It says so, and tells no mode."""
    bench = Bench(tmp_path)
    bench.orders.night_mode = None
    assert bench.ask(b"night")["error"] == "not known here"


def test_without_a_store_it_lasts_as_long_as_the_process() -> None:
    """And a wrong word is refused there too."""
    mode = NightMode("day")
    mode.ask(b"night\n")
    assert mode.mode == "night"
    with pytest.raises(OrderError, match="expected auto, day or night"):
        mode.ask(b"dawn")


def test_the_file_names_one_of_three(tmp_path: Path) -> None:
    """The key, the value and what was expected are in the fault."""
    file = tmp_path / "gatepost.toml"
    file.write_text("[daylight]\nmode = 'dusk'\n")
    with pytest.raises(
        ConfigurationError, match=r"daylight\.mode.*'dusk'.*'auto', 'day' or 'night'"
    ):
        load_config(file)
    file.write_text("[daylight]\nmode = 'night'\n")
    assert load_config(file).daylight.mode == "night"


def test_the_state_says_what_it_is_taken_for() -> None:
    """As the schema has it; null where nobody looks."""
    health = Health()
    payload = state(TOPICS, health.snapshot(), Stock()).payload
    assert json.loads(payload)["outside"] is None
    health.shows(Outside("dusk", "less than 30 lux", 25.0))
    payload = state(TOPICS, health.snapshot(), Stock()).payload
    assert json.loads(payload)["outside"]["time_of_day"] == "dusk"
    assert not objections(TOPICS.state, payload)


def test_a_passage_says_whether_it_was_night(tmp_path: Path, pins: Pins) -> None:
    """False where nobody looked."""
    unit = gate_bench.Bench(tmp_path, pins)
    told = []
    for outside in (None, Outside("night", "less than 8 lux", 2.0), Outside("dusk", "", 20.0)):
        if outside is not None:
            unit.health.shows(outside)
        unit.come()
        told.append(unit.recorded()["night"])
    unit.gate.close()
    assert told == [False, True, False]
