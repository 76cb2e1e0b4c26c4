"""`gatepost check --connect` at real brokers: what it says, its exit code; nobody minds it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from appliance.__main__ import main
from appliance.config import Mqtt
from appliance.transmit.acl import Account, People, acl_file
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink
from appliance.transmit.trial import try_broker
from tests.authority import Authority
from tests.conftest import PATIENCE_S, Broker, Encrypted, Listener, until
from tests.front import Front

Listen = Callable[..., Listener]
StartBroker = Callable[..., Broker]
UNIT = '[unit]\nid = "unit"\n'

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # paho leaves the socket of a bad handshake
)


class Check:
    """The command on a configuration in a file."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Keep the configuration in `path`."""
        self._path = path
        self._capsys = capsys

    def __call__(self, table: str) -> tuple[int, list[str], list[str]]:
        """Exit code, lines about the broker on stdout, lines of stderr."""
        self._path.write_text(UNIT + table)
        code = main(["check", "--connect", "--config", str(self._path)])
        said = self._capsys.readouterr()
        lines = [line for line in said.out.splitlines() if line.startswith("broker")]
        return code, lines, said.err.splitlines()


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """The command, for the unit `unit`."""
    return Check(tmp_path / "gatepost.toml", capsys)


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("plain", "MQTT 5, not encrypted, 65535 publications at once"),
        ("mtls", "MQTT 5, TLSv1.3 (TLS_AES_256_GCM_SHA384), 65535 publications at once"),
        ("3.1.1", "MQTT 3.1.1, not encrypted"),
    ],
)
def test_it_says_what_was_agreed(
    check: Check, broker_by: Callable[[str], Broker], way: str, told: str
) -> None:
    """Version, encryption, what the unit may; and with 3.1.1 what cannot be known."""
    broker = broker_by(way)
    code, lines, complaint = check(broker.table)
    name = f"broker 127.0.0.1:{broker.mqtt.port}"
    heard = ", ".join(Topics("unit", "homeassistant/status").heard)
    assert code == 0
    assert lines == [
        f"{name}: connected as gatepost-unit-check, {told}",
        f"{name}: may publish below gatepost/unit/, as tried on gatepost/unit/check",
        f"{name}: may subscribe to {heard}",
    ]
    unseen = f"{name}: warning: MQTT 3.1.1 does not tell a refused publication: look into the"
    warned = [line.startswith(unseen) for line in complaint]
    assert warned == ([True] if way == "3.1.1" else [])


def test_a_running_unit_notices_nothing(check: Check, broker: Broker, listen: Listen) -> None:
    """Its session stays, nothing is retained, and only `check` is heard."""
    listener, link = listen(broker), MqttLink(broker.mqtt, Topics("unit"), Event())
    until(lambda: link.tend() or link.session, "a session")
    until(lambda: listener.heard, "online")
    assert check(broker.table)[0] == 0
    until(lambda: listener.on("check"), "the check")
    said = [(heard.topic, heard.payload, heard.retained) for heard in listener.heard[1:]]
    assert said == [("gatepost/unit/check", '{"check":true}', False)]
    link.tend()
    assert (link.session, link.trouble) == (1, None)
    later = listen(broker, "later")
    until(lambda: later.heard, "what is retained")
    assert [heard.topic for heard in later.heard] == ["gatepost/unit/availability"]
    link.close()


def test_it_leaves_no_session(check: Check, broker: Broker) -> None:
    """Or the broker would keep commands for somebody who never comes again."""
    assert check(broker.table)[0] == 0
    assert "gatepost-unit-check" in broker.told()
    broker.save()
    assert b"gatepost-unit-check" not in (broker._folder / "mosquitto.db").read_bytes()


def test_what_the_acl_refuses_is_named(
    check: Check, start_broker: StartBroker, tmp_path: Path
) -> None:
    """Under the account of another unit nothing is allowed; exit 78, for waiting does not help."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed (apt-get install mosquitto)")
    users, acl, secret = (tmp_path / name for name in ("users", "acl", "password"))
    subprocess.run([tool, "-c", "-b", users, "other", "right"], check=True, timeout=PATIENCE_S)
    acl.write_text(acl_file([Account("other", "other")], People()))
    secret.touch(0o600)
    secret.write_text("right\n")
    options = f"password_file {users}", f"acl_file {acl}"
    broker = start_broker("allow_anonymous false", *options)
    broker.way |= {"username": "other", "password_file": secret}
    code, lines, complaint = check(broker.table)
    name = f"broker 127.0.0.1:{broker.port}"
    assert code == 78
    assert len(lines) == 2
    assert complaint == [f"{name}: gatepost/unit/check: Not authorized"]
    secret.write_text("wrong\n")
    code, lines, complaint = check(broker.table)
    told = "not authorized: expected user 'other' with the password in mqtt.password_file"
    assert (code, lines, complaint) == (78, [], [f"{name}: {told}"])


def test_a_certificate_that_is_wrong_is_named(
    check: Check, start_broker: StartBroker, authority: Authority
) -> None:
    """With the key that names ours."""
    broker = start_broker(encrypted=Encrypted(authority, mutual=True))
    own = authority.sign("late", days=0)
    broker.way |= {"cert_file": own.cert, "key_file": own.key}
    code, _, complaint = check(broker.table)
    name = f"broker 127.0.0.1:{broker.mqtt.port}"
    told = "it says that mqtt.cert_file has expired, or is not valid yet"
    assert (code, complaint) == (78, [f"{name}: {told}"])


def test_a_broker_that_is_away_may_come_back(check: Check, broker: Broker) -> None:
    """Exit 75."""
    broker.kill()
    code, _, complaint = check(broker.table)
    told = "connection refused: nothing listens there"
    assert (code, complaint) == (75, [f"broker 127.0.0.1:{broker.port}: {told}"])


def test_who_hangs_up_on_everything_is_told(
    check: Check, broker: Broker, front: Callable[..., Front]
) -> None:
    """After 3.1.1 was tried too."""
    silent = front(broker, b"")
    broker.kill()
    broker.way["port"] = silent.port
    code, _, complaint = check(broker.table)
    told = "it hung up without an answer; does it expect TLS (mqtt.tls)?"
    assert (code, complaint) == (75, [f"broker 127.0.0.1:{silent.port}: {told}"])
    assert silent.versions == [5, 4]


def test_who_says_nothing_is_not_waited_for_long() -> None:
    """Bounded for each version that is tried."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mqtt = Mqtt(host="127.0.0.1", port=listener.getsockname()[1])
        began = time.monotonic()
        report = try_broker(mqtt, Topics("unit"), answer_s=0.3)
        assert time.monotonic() - began < PATIENCE_S / 2
    assert (report.why.text, report.why.kind) == ("no answer within 0.3 s", "hung up")


def test_without_a_broker_there_is_nothing_to_connect_to(check: Check) -> None:
    """A fault, where somebody asked for it."""
    code, lines, complaint = check("")
    assert (code, lines) == (78, [])
    assert complaint == ["mqtt.host is missing: there is no broker to connect to"]
