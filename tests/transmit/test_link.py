"""The contract of `Link`, held by the fake and by paho with a real mosquitto alike."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from appliance.errors import LinkError
from appliance.transmit.fake import FakeLink
from appliance.transmit.inbox import LARGEST, MOST_BYTES, MOST_ORDERS, RETAINED, Inbox, Order
from appliance.transmit.inflight import WINDOW
from appliance.transmit.link import Link
from appliance.transmit.messages import Publication, Receipt, Topics
from appliance.transmit.mqtt import MqttLink
from tests.conftest import Broker, Listener, until

Listen = Callable[[Broker], Listener]


TOPICS = Topics("unit")
LOG = Publication(TOPICS.log, "{}", seq=1)
COMMANDS = {"gatepost/unit/cmd", "gatepost/unit/lists/allowed/add", "gatepost/unit/lists/a/set"}

WAYS = ("fake", "plain", "mtls", "3.1.1")
MQTT_5 = WAYS[:-1]
"""What an older broker cannot do stands in `test_old_broker`."""

pytestmark = pytest.mark.any_payload


class Rig:
    """A link, and power over its broker."""

    def __init__(self, link: Link) -> None:
        """Hold `link`."""
        self.link = link
        self.receipts: list[Receipt] = []
        self.orders: list[Order] = []

    def connect(self) -> None:
        """Have a live session, with the receipt for `online`."""
        before = len(self.receipts)
        self.come_back()
        until(lambda: self.tend() and len(self.receipts) > before, "a session")
        self.subscribe()

    def ordered(self, count: int) -> list[Order]:
        """The first commands that came, once there are so many."""

        def come() -> bool:
            self.tend()
            self.orders += self.link.orders()
            return len(self.orders) >= count

        until(come, f"{count} commands")
        return self.orders

    def tend(self) -> int:
        """Tend the link and keep its receipts; gives its session."""
        self.receipts += self.link.tend()
        return self.link.session

    def come_back(self) -> None:
        """The broker is there."""

    def subscribe(self) -> None:
        """Return once the broker passes commands on."""

    def command(
        self, topic: str, payload: bytes, *, retained: bool = False, name: str | None = None
    ) -> None:
        """Somebody sends a command."""

    def lose(self) -> None:
        """The broker is gone."""

    def part(self) -> None:
        """The connection breaks, and the broker is still there."""

    def fall_silent(self) -> None:
        """The broker answers nothing any more."""

    @property
    def inbox(self) -> Inbox:
        """Where its commands wait."""
        assert isinstance(self.link, FakeLink | MqttLink)
        return self.link._inbox

    def seen(self) -> list[tuple[str, str]]:
        """Topics and payloads that the broker got."""
        return []


class FakeRig(Rig):
    """Plays the broker of a FakeLink."""

    def __init__(self, patience_s: float) -> None:
        """Begin without a connection."""
        self.fake = FakeLink(TOPICS, Event(), patience_s)
        super().__init__(self.fake)

    def come_back(self) -> None:
        """The broker is there."""
        self.fake.is_silent = False
        self.fake.connect()

    def command(
        self, topic: str, payload: bytes, *, retained: bool = False, name: str | None = None
    ) -> None:
        """Somebody sends a command."""
        self.fake.command(topic, payload, retained=retained, name=name)

    def lose(self) -> None:
        """The broker is gone."""
        self.fake.lose()

    def part(self) -> None:
        """The connection breaks."""
        self.fake.lose()

    def fall_silent(self) -> None:
        """The broker answers nothing any more."""
        self.fake.is_silent = True

    def seen(self) -> list[tuple[str, str]]:
        """Topics and payloads that the broker got."""
        return [(each.topic, each.payload) for each in self.fake.history]


class RealRig(Rig):
    """Kills and starts a mosquitto."""

    def __init__(self, patience_s: float, broker: Broker, listen: Listen) -> None:
        """Begin with the broker running, and someone listening."""
        self.broker = broker
        self.listener = listen(broker)
        broker.save()
        self.is_up = True
        self.real = MqttLink(broker.mqtt, TOPICS, Event(), patience_s)
        super().__init__(self.real)

    def come_back(self) -> None:
        """The broker is there."""
        if not self.is_up:
            self.broker.restart()
        self.is_up = True

    def subscribe(self) -> None:
        """The first connection's subscriptions are in the log; those of the session stay."""
        subscribed = "gatepost-unit 1 gatepost/unit/cmd"
        until(lambda: self.tend() and subscribed in self.broker.told(), "subscriptions")

    def command(
        self, topic: str, payload: bytes, *, retained: bool = False, name: str | None = None
    ) -> None:
        """Somebody sends a command."""
        self.listener.say(f"gatepost/unit/{topic}", payload, retained=retained, name=name)

    def lose(self) -> None:
        """The broker is gone."""
        self.broker.kill()
        self.is_up = False
        until(lambda: not self.tend(), "the loss noticed")

    def part(self) -> None:
        """The connection breaks."""
        assert self.real._connection is not None
        opened = self.real._connection._client.socket()
        assert opened is not None
        opened.shutdown(socket.SHUT_RDWR)
        until(lambda: not self.tend(), "the loss noticed")

    def fall_silent(self) -> None:
        """The broker answers nothing any more."""
        self.broker.freeze()

    def seen(self) -> list[tuple[str, str]]:
        """Topics and payloads that the broker got."""
        mine = [heard for heard in self.listener.heard if heard.topic not in COMMANDS]
        return [(heard.topic, heard.payload) for heard in mine]


@pytest.fixture(params=WAYS)
def make_rig(request: pytest.FixtureRequest) -> Iterator[Callable[..., Rig]]:
    """Makes a rig of either kind, with its patience in seconds."""
    made: list[Rig] = []

    def make(patience_s: float = 60.0) -> Rig:
        if request.param == "fake":
            made.append(FakeRig(patience_s))
        else:
            broker = request.getfixturevalue("broker_by")(request.param)
            made.append(RealRig(patience_s, broker, request.getfixturevalue("listen")))
        return made[-1]

    yield make
    for each in made:
        each.link.close()


def test_online_comes_first_on_every_connection(make_rig: Callable[..., Rig]) -> None:
    """Home Assistant loses a passage that arrives while it has the unit as offline."""
    rig = make_rig()
    for round_ in (1, 2):
        rig.connect()
        rig.link.publish(LOG)
        until(lambda: rig.tend() and _count(rig, "log") == round_, "the log")  # noqa: B023
        rig.lose()
    sent = [payload for _, payload in rig.seen() if payload != "offline"]
    assert sent == ["online", "{}", "online", "{}"]


def test_a_receipt_names_what_was_published(make_rig: Callable[..., Rig]) -> None:
    """The publication itself, accepted; `online` has one as well."""
    rig = make_rig()
    rig.connect()
    rig.link.publish(LOG)
    until(lambda: rig.tend() and len(rig.receipts) == 2, "two receipts")
    assert [receipt.publication.payload for receipt in rig.receipts] == ["online", "{}"]
    assert rig.receipts[1] == Receipt(LOG, None)


def test_without_a_connection_nothing_is_kept(make_rig: Callable[..., Rig]) -> None:
    """What is published meanwhile is not sent later, for the outbox does that."""
    rig = make_rig()
    rig.connect()
    rig.lose()
    assert (rig.link.session, rig.link.room) == (0, 0)
    rig.link.publish(LOG)
    rig.connect()
    assert _count(rig, "log") == 0


def test_what_is_unacknowledged_ends_with_the_connection(make_rig: Callable[..., Rig]) -> None:
    """A live copy in flight must not come again minutes later, when no car is there."""
    rig = make_rig()
    rig.connect()
    rig.fall_silent()
    rig.link.publish(Publication(TOPICS.passage, "{}", expiry_s=30))
    before = _count(rig, "passage")
    rig.lose()
    rig.connect()
    rig.link.publish(LOG)
    until(lambda: rig.tend() and _count(rig, "log"), "the log")
    assert _count(rig, "passage") == before
    told = [receipt.publication.topic for receipt in rig.receipts]
    at_once = rig.link.terms.protocol == "3.1.1"  # QoS 0: sent is all that there is to know
    assert told.count(TOPICS.passage) == int(at_once)


def test_room_is_what_the_window_leaves(make_rig: Callable[..., Rig]) -> None:
    """It shrinks with what is unacknowledged and is whole again on the next connection."""
    rig = make_rig()
    rig.connect()
    assert rig.link.room == WINDOW
    rig.fall_silent()
    for _ in range(5):
        rig.link.publish(LOG)
    rig.tend()
    assert rig.link.room == WINDOW - 5
    rig.lose()
    rig.connect()
    assert rig.link.room == WINDOW


def test_sessions_are_told_apart(make_rig: Callable[..., Rig]) -> None:
    """A new connection has a higher number, so that the sender starts over."""
    rig = make_rig()
    rig.connect()
    first = rig.link.session
    rig.lose()
    rig.connect()
    assert rig.link.session > first > 0


def test_there_is_trouble_while_there_is_no_connection(make_rig: Callable[..., Rig]) -> None:
    """And none before the first: nobody knows yet."""
    rig = make_rig()
    assert rig.link.trouble is None
    rig.connect()
    assert rig.link.trouble is None
    rig.lose()
    assert str(rig.link.trouble).startswith("broker")
    rig.connect()
    assert rig.link.trouble is None


def test_silence_on_a_live_session_raises(make_rig: Callable[..., Rig]) -> None:
    """Only while something waits for an answer, and not before the patience is over."""
    rig = make_rig(0.3)
    rig.connect()
    rig.fall_silent()
    Event().wait(0.4)
    rig.tend()
    rig.link.publish(LOG)
    rig.tend()
    with pytest.raises(LinkError, match="none of 1 messages"):
        until(lambda: not rig.tend(), "LinkError")


@pytest.mark.parametrize("make_rig", MQTT_5, indirect=True)
def test_commands_arrive_in_order_with_their_ids(make_rig: Callable[..., Rig]) -> None:
    """Topic below the unit's own, payload byte for byte; once taken they are gone."""
    rig = make_rig()
    rig.connect()
    rig.command("lists/allowed/add", b"AB12CDE", name="7")
    rig.command("cmd", b"\xff\x00")
    rig.command("lists/a/set", b"")
    assert rig.ordered(3) == [
        Order("lists/allowed/add", b"AB12CDE", "7"),
        Order("cmd", b"\xff\x00"),
        Order("lists/a/set"),
    ]
    assert rig.link.orders() == []


@pytest.mark.parametrize("make_rig", MQTT_5, indirect=True)
def test_a_retained_command_is_refused(make_rig: Callable[..., Rig]) -> None:
    """Also by who hears it live; that it is taken back is no command."""
    rig = make_rig()
    rig.connect()
    rig.command("cmd", b"restart", retained=True)
    rig.command("cmd", b"", retained=True)
    rig.command("cmd", b"next")
    assert rig.ordered(2) == [Order("cmd", refusal=RETAINED), Order("cmd", b"next")]


def test_what_is_too_large_is_refused_before_it_is_held(make_rig: Callable[..., Rig]) -> None:
    """The answer is all that is kept; what is as large as may be arrives."""
    rig = make_rig()
    rig.connect()
    rig.command("lists/a/set", bytes(LARGEST + 1))
    rig.command("lists/a/set", bytes(LARGEST))
    refused, held = rig.ordered(2)
    assert (refused.payload, refused.refusal) == (b"", "2000001 bytes, expected at most 2000000")
    assert (len(held.payload), held.refusal) == (LARGEST, "")


def test_what_waits_is_bounded(make_rig: Callable[..., Rig]) -> None:
    """By bytes, and by number; who finds no room is refused, and the last are only counted."""
    rig = make_rig()
    rig.connect()
    for _ in range(3):
        rig.command("lists/a/set", bytes(LARGEST))
    rig.command("cmd", b"small")
    for _ in range(MOST_ORDERS):
        rig.command("cmd", b"")
    until(lambda: rig.tend() and rig.inbox._missed == 4, "all of them")
    orders = rig.ordered(1)
    assert sum(len(order.payload) for order in orders) <= MOST_BYTES
    assert [bool(order.refusal) for order in orders[:4]] == [False, False, True, True]
    assert len(orders) == MOST_ORDERS + 1
    assert orders[-1].refusal.startswith("4 commands more than the 100")
    rig.command("cmd", b"now")
    assert rig.ordered(len(orders) + 1)[-1] == Order("cmd", b"now")


def test_a_command_for_who_is_away_arrives_later(make_rig: Callable[..., Rig]) -> None:
    """A plate that was taken off a list meanwhile must not go on opening."""
    rig = make_rig()
    rig.connect()
    rig.part()
    rig.command("lists/allowed/add", b"AB12CDE")
    rig.connect()
    assert rig.ordered(1) == [Order("lists/allowed/add", b"AB12CDE")]


def _count(rig: Rig, topic: str) -> int:
    return [seen for seen, _ in rig.seen()].count(f"gatepost/unit/{topic}")
