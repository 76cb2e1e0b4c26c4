"""The ACL file at a real mosquitto: everyone can do what is theirs and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from paho.mqtt.client import Client, MQTTMessage, topic_matches_sub
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from appliance.config import Unit
from appliance.domain import Message
from appliance.errors import ConfigurationError
from appliance.transmit import last, messages
from appliance.transmit.acl import Account, People, acl_file
from appliance.transmit.component import Features
from appliance.transmit.homeassistant import announcements, birth_topic
from appliance.transmit.messages import Publication, Receipt, Topics
from appliance.transmit.mqtt import MqttLink
from appliance.transmit.state import Stock, state
from tests.conftest import PATIENCE_S, VITALS, Broker, until

USERS = ("one", "second", "homeassistant", "owner", "guest")
ACCOUNTS = [Account("one", "one"), Account("two", "second")]
REFUSED = "Not authorized"


class Person:
    """Someone at the broker under a name, who hears whatever the broker lets through."""

    def __init__(self, broker: Broker, user: str) -> None:
        """Connect and subscribe to everything."""
        self.heard: list[str] = []
        self._answers: list[str | None] = []
        self._subscribed = Event()
        version = CallbackAPIVersion.VERSION2
        self._client = Client(version, f"person-{user}", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(user, "secret")
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", broker.port, 30)
        self._client.loop_start()
        self._client.subscribe("#", 1)
        assert self._subscribed.wait(PATIENCE_S)

    def say(self, topic: str) -> str | None:
        """Publish; gives why the broker refused it, None where it did not."""
        before = len(self._answers)
        self._client.publish(topic, "{}", 1)
        until(lambda: len(self._answers) > before, "the broker's answer")
        return self._answers[-1]

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard.append(message.topic)

    def _on_publish(
        self, _client: Client, _userdata: object, _number: int, reason: ReasonCode, _more: object
    ) -> None:
        self._answers.append(str(reason) if reason.is_failure else None)


@dataclass
class Site:
    """A broker with the file, and who is there."""

    broker: Broker
    folder: Path
    people: dict[str, Person]

    def __getitem__(self, user: str) -> Person:
        """Who comes under that name; connected from then on."""
        if user not in self.people:
            self.people[user] = Person(self.broker, user)
        return self.people[user]

    def link(self, topics: Topics, user: str) -> MqttLink:
        """A unit's own link."""
        secret = self.folder / "password"
        secret.write_text("secret\n")
        secret.chmod(0o600)
        access = {"username": user, "password_file": secret}
        return MqttLink(self.broker.mqtt.model_copy(update=access), topics, Event())


@pytest.fixture
def site(start_broker: Callable[..., Broker], tmp_path: Path) -> Iterator[Site]:
    """A mosquitto with passwords and the ACL file of two units."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed (apt-get install mosquitto)")
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.write_text("".join(f"{user}:secret\n" for user in USERS))
    subprocess.run([tool, "-U", passwords], check=True, timeout=PATIENCE_S)
    acl.write_text(acl_file(ACCOUNTS, People(operator="owner")))
    files = (f"password_file {passwords}", f"acl_file {acl}")
    made = Site(start_broker("allow_anonymous false", *files), tmp_path, {})
    yield made
    for person in made.people.values():
        person.leave()


def test_a_unit_can_publish_all_that_it_does(site: Site) -> None:
    """Nothing that it sends is refused, discovery included."""
    topics = Topics("two")
    message = Message(1, "01JD3K7W6Y8ZB2Q4XN5T0V9M3C", "{}", 0, None)
    sent = [
        messages.live(topics, message),
        messages.logged(topics, message, None),
        last.passage(topics, message, None, 60),
        state(topics, VITALS, Stock()),
        *announcements(Unit(id="two"), "1", Features(last=False), "homeassistant"),
        *(Publication(topics.at(level), "{}") for level in ("cmd/result", "lists/allowed/state")),
    ]
    link, receipts = site.link(topics, "second"), list[Receipt]()
    until(lambda: link.tend() or link.session, "a session")
    for publication in sent:
        link.publish(publication)
    until(lambda: receipts.extend(link.tend()) or len(receipts) >= len(sent), "all receipts")
    assert [(each.publication.topic, each.refusal) for each in receipts if each.refusal] == []
    link.close()


@pytest.mark.parametrize(
    ("user", "topic", "answer"),
    [
        ("homeassistant", "gatepost/one/cmd", None),
        ("homeassistant", "gatepost/two/lists/allowed/add", None),
        ("homeassistant", "gatepost/two/lists/allowed/remove", None),
        ("homeassistant", "gatepost/two/lists/allowed/set", None),
        ("homeassistant", "gatepost/one/night_mode/set", None),
        ("homeassistant", "gatepost/one/retention_days/set", None),
        ("homeassistant", "homeassistant/status", None),
        ("homeassistant", "gatepost/one/passage", REFUSED),
        ("homeassistant", "gatepost/one/log", REFUSED),
        ("homeassistant", "gatepost/one/last", REFUSED),
        ("homeassistant", "gatepost/one/state", REFUSED),
        ("homeassistant", "gatepost/one/availability", REFUSED),
        ("homeassistant", "gatepost/one/cmd/result", REFUSED),
        ("homeassistant", "gatepost/one/lists/allowed/state", REFUSED),
        ("homeassistant", "homeassistant/device/one/config", REFUSED),
        ("one", "gatepost/two/passage", REFUSED),
        ("one", "gatepost/two/cmd", REFUSED),
        ("one", "gatepost/two/lists/allowed/add", REFUSED),
        ("one", "gatepost/two/retention_days/set", REFUSED),
        ("one", "gatepost/second/passage", REFUSED),
        ("one", "homeassistant/device/two/config", REFUSED),
        ("one", "homeassistant/status", REFUSED),
        ("second", "gatepost/two/passage", None),
        ("second", "gatepost/second/passage", REFUSED),
        ("owner", "gatepost/one/last", None),
        ("owner", "homeassistant/device/one/config", REFUSED),
        ("guest", "gatepost/guest/passage", REFUSED),
        ("guest", "gatepost/one/cmd", REFUSED),
    ],
)
def test_who_may_say_what(site: Site, user: str, topic: str, answer: str | None) -> None:
    """Nobody fakes a passage; no unit speaks for another; who is not named is not heard."""
    assert site[user].say(topic) == answer


def test_who_hears_what(site: Site) -> None:
    """A unit hears its own commands and Home Assistant's birth, of other units nothing."""
    home, owner, one, guest = (site[user] for user in ("homeassistant", "owner", "one", "guest"))
    said = ["gatepost/two/cmd", "gatepost/two/lists/denied/set", "gatepost/one/lists/denied/set"]
    for topic in said:
        home.say(topic)
    site["second"].say("gatepost/two/passage")
    home.say("homeassistant/status")
    owner.say("gatepost/one/passage")
    home.say("gatepost/one/cmd")
    until(lambda: one.heard and one.heard[-1] == "gatepost/one/cmd", "the last command")
    until(lambda: len(home.heard) == 7, "all of it")
    assert one.heard == [said[2], "homeassistant/status", "gatepost/one/cmd"]
    until(lambda: site["second"].heard, "the birth")
    assert site["second"].heard == ["homeassistant/status"]
    assert guest.heard == []


def test_a_unit_may_read_all_that_it_listens_to() -> None:
    """No filter of its own goes beyond the file."""
    heard = Topics("one", birth_topic("homeassistant")).heard
    lines = acl_file([Account("one", "one")], People()).partition("user one\n")[2].splitlines()
    readable = [line.removeprefix("topic read ") for line in lines if "topic read" in line]
    unread = [
        each for each in heard if not any(topic_matches_sub(right, each) for right in readable)
    ]
    assert unread == []


@pytest.mark.parametrize("user", ["homeassistant", "owner"])
def test_no_unit_shares_an_account(user: str) -> None:
    """Who writes commands would then write passages as well."""
    with pytest.raises(ConfigurationError, match=f"one: its user '{user}' is another's"):
        acl_file([Account("one", user)], People(operator="owner"))
