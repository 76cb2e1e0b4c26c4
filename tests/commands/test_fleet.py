"""`gatepost fleet` at a real broker: whoever told anything is in the table, whoever is away too."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.__main__ import main
from appliance.health import Vitals
from appliance.transmit import messages, release
from appliance.transmit.acl import Account, People, acl_file
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.mqtt import MqttLink
from appliance.transmit.release import Report
from appliance.transmit.roll import Member, member_of, news_of
from appliance.transmit.state import Stock, state
from tests.conftest import PATIENCE_S, QUIET_S, VITALS, Broker, Listener, until

Told = tuple[int, str, str]
AT = "2026-11-21T20:15:42Z"


@pytest.fixture
def fleet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Told]:
    """The command, with a table [mqtt]: exit code, stdout, stderr."""
    monkeypatch.setattr("appliance.transmit.muster.SILENCE_S", 2 * QUIET_S)

    def ask(table: str, *more: str) -> Told:
        path = tmp_path / "fleet.toml"
        path.write_text(table)
        code = main(["fleet", "--config", str(path), *more])
        return code, *capsys.readouterr()

    return ask


def vitals(*problems: str) -> Vitals:
    """Of a unit with these problems."""
    return Vitals(
        **{name: getattr(VITALS, name) for name in Vitals.__slots__} | {"problems": problems}
    )


def unit(name: str, *, online: bool, report: Report, problems: tuple[str, ...] = ()) -> list[Any]:
    """What a unit has told of itself."""
    topics = Topics(name)
    return [
        messages.availability(topics, online=online),
        release.release(topics, report, AT),
        state(topics, vitals(*problems), Stock()),
    ]


POLE = unit("pole-1", online=True, report=Report("0.2.0", last="0.2.0 is good, after 1 starts"))
TRIAL = {"version": "0.3.0", "starts": 1}
YARD = unit(
    "yard",
    online=True,
    report=Report(
        "0.2.0", sequence=9, trial=TRIAL, slots={"booted": "B", "committed": "A"}, failed={}
    ),
)
BARN = unit(
    "barn",
    online=False,
    report=Report("0.1.0", available="0.2.0", fault="no updater here", last="0.1.0 is good"),
    problems=("camera dark", "disk nearly full"),
)
OLD = [messages.availability(Topics("old"), online=True)]


@pytest.fixture
def told(broker: Broker, listen: Callable[..., Listener]) -> Listener:
    """A broker at which four units have been."""
    listener = listen(broker)
    for each in (*POLE, *YARD, *BARN, *OLD):
        listener.say(each.topic, each.payload, retained=True)
    return listener


@pytest.mark.usefixtures("told")
def test_the_fleet_is_a_table(fleet: Callable[..., Told], broker: Broker) -> None:
    """A line a unit in the order of their ids; what is to be summed up goes to stderr."""
    code, table, said = fleet(broker.table)
    assert code == 0
    assert [line.split("  ")[0].strip() for line in table.splitlines()] == [
        "unit",
        "barn",
        "old",
        "pole-1",
        "yard",
    ]
    rows = [" ".join(line.split()) for line in table.splitlines()]
    assert rows[1] == (
        "barn away 0.1.0 2026-11-21 20:15Z no updater here camera dark; disk nearly full"
    )
    assert rows[2] == "old online - - - -"
    assert rows[3] == "pole-1 online 0.2.0 2026-11-21 20:15Z 0.2.0 is good, after 1 starts -"
    assert rows[4] == "yard online 0.2.0 (B) 2026-11-21 20:15Z 0.3.0 on trial, start 1 -"
    assert said == (
        "4 units, 3 online, 1 with problems; 1 of 0.1.0, 2 of 0.2.0, 1 of an unknown version\n"
    )


@pytest.mark.usefixtures("told")
def test_the_fleet_is_json(fleet: Callable[..., Told], broker: Broker) -> None:
    """With all that was told, for other programs."""
    code, said, _ = fleet(broker.table, "--json")
    members = {each["unit"]: each for each in json.loads(said)}
    assert (code, list(members)) == (0, ["barn", "old", "pole-1", "yard"])
    assert members["barn"]["problems"] == ["camera dark", "disk nearly full"]
    assert members["barn"]["told_at"] == AT
    assert members["barn"]["available"] == "0.2.0"
    assert members["yard"]["slots"] == {"booted": "B", "committed": "A"}
    assert (members["yard"]["trial"], members["yard"]["sequence"]) == ("0.3.0", 9)


@pytest.mark.any_payload
def test_what_is_not_understood_is_said(
    fleet: Callable[..., Told], broker: Broker, told: Listener
) -> None:
    """A terminal is not told what to do, and a unit that was taken away is gone."""
    told.say("gatepost/pole-1/state", "\x1b[2J", retained=True)
    told.say("gatepost/yard/release", '{"version": "\\u001b[31m9", "trial": 7}', retained=True)
    for level in ("availability", "release", "state"):
        told.say(f"gatepost/barn/{level}", "", retained=True)
    code, table, _ = fleet(broker.table)
    assert code == 0
    assert "\x1b" not in table
    rows = [line.split() for line in table.splitlines()]
    assert [row[0] for row in rows] == ["unit", "old", "pole-1", "yard"]
    assert rows[2][-3:] == ["state:", "not", "understood"]
    assert rows[3][2] == "?[31m9"


def test_a_fleet_of_nobody_is_told(fleet: Callable[..., Told], broker: Broker) -> None:
    """Who expected some has asked the wrong broker, or as somebody without the right."""
    code, table, said = fleet(broker.table)
    assert (code, table) == (1, "")
    name = f"broker 127.0.0.1:{broker.port}"
    expected = "no unit has told anything below gatepost/ that a caller without a name may hear"
    assert said == f"{name}: {expected}\n"


def test_it_hears_what_its_account_may(
    fleet: Callable[..., Told], start_broker: Callable[..., Broker], tmp_path: Path
) -> None:
    """With the file of `broker-acl`: the operator all, a unit's own account nobody."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed (apt-get install mosquitto)")
    passwords, acl, secret = tmp_path / "passwords", tmp_path / "acl", tmp_path / "secret"
    passwords.write_text("owner:secret\none:secret\n")
    subprocess.run([tool, "-U", passwords], check=True, timeout=PATIENCE_S)
    acl.write_text(acl_file([Account("one", "one")], People(operator="owner")))
    secret.write_text("secret\n")
    secret.chmod(0o600)
    files = (f"password_file {passwords}", f"acl_file {acl}")
    broker = start_broker("allow_anonymous false", *files)

    def ask(user: str) -> Told:
        return fleet(f"{broker.table}username = '{user}'\npassword_file = '{secret}'\n")

    assert ask("owner")[0] == 1
    own = broker.mqtt.model_copy(update={"username": "one", "password_file": secret})
    link = MqttLink(own, Topics("one"), Event())
    until(lambda: link.tend() or link.session, "the unit is there")
    until(lambda: ask("owner")[0] == 0, "the owner hears of it")
    assert ask("one")[0] == 1
    link.close()
    secret.write_text("another\n")
    code, _, said = ask("owner")
    assert code == 78
    assert "user" in said


def test_a_broker_that_is_away_is_told(fleet: Callable[..., Told]) -> None:
    """With an exit code that says: try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code, _, said = fleet(f"[mqtt]\nhost = '127.0.0.1'\nport = {port}\n")
    assert code == 75
    assert said.startswith(f"broker 127.0.0.1:{port}: ")


def test_without_a_broker_there_is_nobody_to_ask(fleet: Callable[..., Told]) -> None:
    """The key is named."""
    code, _, said = fleet("")
    assert (code, said) == (78, "mqtt.host is missing: there is no broker to ask\n")


@given(st.dictionaries(st.sampled_from(["availability", "release", "state"]), st.binary()))
def test_whatever_a_unit_says_there_is_a_member(told: dict[str, bytes]) -> None:
    """And what is printed of it moves no cursor."""
    member = member_of("u\x1b[2J", told)
    assert (member.unit, news_of(member).isprintable()) == ("u?[2J", True)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_json_a_unit_says_there_is_a_member(body: object) -> None:
    """Of another release, or of a stranger."""
    content = json.dumps({"version": body, "trial": body, "failed": body, "problems": body})
    member = member_of("u", {"release": content.encode(), "state": content.encode()})
    assert isinstance(member, Member)
    assert all(each.isprintable() for each in (member.version, news_of(member), *member.problems))


def test_nothing_that_is_read_has_a_plate() -> None:
    """The levels of a fleet are not those of passages."""
    publications: list[Publication] = [*POLE, *YARD, *BARN]
    assert {each.topic.rpartition("/")[2] for each in publications} == {
        "availability",
        "release",
        "state",
    }
