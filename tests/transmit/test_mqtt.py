"""MQTT 5 to a real mosquitto: will, expiry, refusals, a new password, coming back."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from appliance.transmit.inbox import Order
from appliance.transmit.messages import Publication, Receipt, Topics
from appliance.transmit.mqtt import MqttLink, _pause
from tests.conftest import PATIENCE_S, Broker, Listener, until

Listen = Callable[..., Listener]
StartBroker = Callable[..., Broker]


TOPICS = Topics("unit")
CHILD = """
import sys
import threading
from threading import Event
from appliance.config import Mqtt
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink
wake = Event()
link = MqttLink(Mqtt(host="127.0.0.1", port=int(sys.argv[1])), Topics("unit"), wake)
while True:
    link.tend()
    wake.wait(0.1)
"""


@dataclass
class Tended:
    """A link with all its receipts."""

    link: MqttLink
    receipts: list[Receipt]

    def until_receipts(self, count: int) -> None:
        """Tend until there are that many."""
        until(lambda: self.tend() >= count, f"{count} receipts")

    def tend(self) -> int:
        """Tend once; gives how many receipts there are by now."""
        self.receipts += self.link.tend()
        return len(self.receipts)


def _tended(broker: Broker, **changes: object) -> Tended:
    mqtt = broker.mqtt.model_copy(update=changes)
    return Tended(MqttLink(mqtt, TOPICS, Event()), [])


def test_offline_when_the_unit_is_killed(broker: Broker, listen: Listen) -> None:
    """The last will: retained, so that who comes later knows as well."""
    listener = listen(broker)
    command = [sys.executable, "-c", CHILD, str(broker.port)]
    with subprocess.Popen(command, cwd=Path.cwd()) as child:
        until(lambda: listener.on("availability"), "online")
        child.kill()
    until(lambda: len(listener.on("availability")) == 2, "offline")
    assert [heard.payload for heard in listener.heard] == ["online", "offline"]
    later = listen(broker, "later")
    until(lambda: later.heard, "the retained message")
    assert [(heard.payload, heard.retained) for heard in later.heard] == [("offline", True)]


def test_offline_when_the_unit_stops(broker: Broker, listen: Listen) -> None:
    """A clean end leaves the same behind, though MQTT forgets the will then."""
    tended = _tended(broker)
    tended.until_receipts(1)
    tended.link.close()
    listener = listen(broker)
    until(lambda: listener.heard and listener.heard[-1].payload == "offline", "offline")
    assert listener.heard[-1].retained


@pytest.mark.any_payload
def test_expiry_retain_and_qos_reach_the_broker(broker: Broker, listen: Listen) -> None:
    """Without the expiry a passage that waited in the broker would open the gate."""
    listener = listen(broker)
    tended = _tended(broker)
    tended.until_receipts(1)
    tended.link.publish(Publication(TOPICS.passage, "1", expiry_s=30))
    tended.link.publish(Publication(TOPICS.last, "2", retained=True, expiry_s=7200))
    tended.link.publish(Publication(TOPICS.log, "3"))
    until(lambda: len(listener.heard) == 4, "all of them")
    assert [(heard.payload, heard.qos, heard.expiry_s) for heard in listener.heard[1:]] == [
        ("1", 1, 30),
        ("2", 1, 7200),
        ("3", 1, None),
    ]
    later = listen(broker, "later")
    until(lambda: len(later.heard) == 2, "what is retained")
    assert {heard.topic for heard in later.heard} == {TOPICS.availability, TOPICS.last}
    tended.link.close()


def test_a_refused_publication_says_why(start_broker: StartBroker, tmp_path: Path) -> None:
    """The ACL's refusal is in the PUBACK's reason code, which 3.1.1 does not have."""
    acl = tmp_path / "acl"
    acl.write_text("topic write gatepost/unit/availability\n")
    tended = _tended(start_broker("allow_anonymous true", f"acl_file {acl}"))
    tended.until_receipts(1)
    tended.link.publish(Publication(TOPICS.log, "{}", seq=7))
    tended.until_receipts(2)
    assert tended.receipts[0].refusal is None
    assert tended.receipts[1].publication.seq == 7
    assert tended.receipts[1].refusal == "Not authorized"
    tended.link.close()


def test_a_wrong_password_is_trouble_and_the_right_one_found(
    start_broker: StartBroker, tmp_path: Path
) -> None:
    """It stays trouble however often it comes; a mended file needs no restart."""
    broker = _with_password(start_broker, tmp_path)
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    tended = _tended(broker, username="unit", password_file=secret)
    until(lambda: tended.link.tend() or tended.link._failures > 1, "two refusals")
    assert tended.link.session == 0
    assert tended.link.trouble == (
        f"broker 127.0.0.1:{broker.port}: not authorized: expected user 'unit' with the password"
        " in mqtt.password_file"
    )
    secret.write_text("right\n")
    tended.until_receipts(1)
    assert tended.link.trouble is None
    tended.link.close()


def _with_password(start_broker: StartBroker, folder: Path) -> Broker:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed (apt-get install mosquitto)")
    users = folder / "users"
    subprocess.run([tool, "-c", "-b", users, "unit", "right"], check=True, timeout=PATIENCE_S)
    return start_broker("allow_anonymous false", f"password_file {users}")


def test_a_broker_that_is_away_is_trouble_and_no_error(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """The reason is named, which paho keeps to itself; the link comes back by itself."""
    broker.kill()
    tended = _tended(broker)
    with caplog.at_level("INFO"):
        until(lambda: tended.link.tend() or tended.link._failures > 1, "two failures")
        refused = "connection refused: nothing listens there"
        assert tended.link.trouble == f"broker 127.0.0.1:{broker.port}: {refused}"
        broker.restart()
        tended.until_receipts(1)
    lines = [record.getMessage().split(": ", 1)[1] for record in caplog.records]
    assert lines == ["connected, MQTT 5, not encrypted"]
    assert tended.link.trouble is None
    tended.link.close()


def test_a_broker_that_takes_few_at_once_is_not_given_more(start_broker: StartBroker) -> None:
    """HiveMQ's bound is 10, and a broker hangs up on who does not keep to it."""
    tended = _tended(start_broker("allow_anonymous true", "max_inflight_messages 3"))
    tended.until_receipts(1)
    assert tended.link.room == 3
    for number in range(30):
        tended.link.publish(Publication(TOPICS.log, "{}", seq=number))
    assert (tended.link.room, len(tended.link._in_flight)) == (0, 3)
    tended.until_receipts(31)
    assert [receipt.publication.seq for receipt in tended.receipts[1:]] == list(range(30))
    assert tended.link.session == 1
    tended.link.close()


def test_paho_does_not_revive_a_lost_connection_by_itself(broker: Broker) -> None:
    """It would send its old live copies before the sending loop has even noticed the loss."""
    tended = _tended(broker)
    tended.until_receipts(1)
    until(lambda: len(_of_paho()) == 1, "the end of what other tests left")
    broker.kill()
    broker.restart()
    until(lambda: not _of_paho(), "the end of paho's thread", 10.0)
    tended.link.close()


def _of_paho() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("paho")]


def test_pauses_grow_and_differ_between_units() -> None:
    """1 to 30 s, drawn: a fleet must not come back in the same second."""
    drawn = [[_pause(failures) for _ in range(200)] for failures in (1, 2, 3, 9)]
    assert all(1.0 <= pause <= 30.0 for pauses in drawn for pause in pauses)
    assert [max(pauses) <= most for pauses, most in zip(drawn, (2, 4, 8, 30), strict=True)]
    assert max(drawn[0]) <= 2.0
    assert max(drawn[3]) > 15.0
    assert len(set(drawn[3])) > 100


def test_every_note_wakes_the_sender(broker: Broker) -> None:
    """Or an acknowledgement would wait for the end of the sleep."""
    wake = Event()
    link = MqttLink(broker.mqtt, TOPICS, wake)
    link.tend()
    assert wake.wait(PATIENCE_S)
    wake.clear()
    link.tend()
    link.publish(Publication(TOPICS.log, "{}", seq=1))
    assert wake.wait(PATIENCE_S)
    link.close()


def test_home_assistant_is_heard_when_it_starts(broker: Broker, listen: Listen) -> None:
    """Where the unit listens for it, and not when it stops."""
    topics = Topics("unit", birth="homeassistant/status")
    link, home = MqttLink(broker.mqtt, topics, Event()), listen(broker)

    def is_listening() -> list[Order]:
        link.tend()
        home.say(topics.at("cmd"), "first")
        return link.orders()

    until(is_listening, "the subscriptions")
    for word in ("offline", "online", "offline"):
        home.say("homeassistant/status", word)
    home.say(topics.at("cmd"), "last")
    until(lambda: b"last" in [order.payload for order in link.orders()], "what was said last")
    link.tend()
    assert link.births == 1
    link.close()


@pytest.mark.any_payload
def test_nothing_goes_out_before_online(broker: Broker, listen: Listen) -> None:
    """Not even when the broker has answered and the sending loop has not noticed yet."""
    listener, wake = listen(broker), Event()
    link = MqttLink(broker.mqtt, TOPICS, wake)
    link.tend()
    assert wake.wait(PATIENCE_S)
    link.publish(Publication(TOPICS.log, "too early"))
    until(link.tend, "the receipt for online")
    link.publish(Publication(TOPICS.log, "in time"))
    until(lambda: len(listener.heard) > 1, "the log")
    assert [heard.payload for heard in listener.heard] == ["online", "in time"]
    link.close()


def test_a_file_that_goes_bad_while_the_unit_runs_is_trouble(
    broker: Broker, tmp_path: Path
) -> None:
    """It may be in the middle of being replaced: the unit goes on, and looks again."""
    tended = _tended(broker, username="unit", password_file=tmp_path / "password")
    until(lambda: tended.link.tend() or tended.link.trouble, "trouble")
    assert "password': cannot be read: No such file" in str(tended.link.trouble)
    (tmp_path / "password").touch(0o600)
    tended.until_receipts(1)
    assert tended.link.trouble is None
    tended.link.close()
