"""The way to the broker: the Link over MQTT 5, through paho.

The rule to know: a connection that is lost takes everything unacknowledged with it.  paho would
send its own memory again after a reconnect, and so a `passage` of minutes ago as if it were live,
and before `online`; hence each connection gets a client of its own and the outbox is what resends.
"""

from __future__ import annotations

import logging
import random
import socket
import sys
import time
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock
from typing import Literal

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.config import Mqtt
from appliance.errors import ConfigurationError
from appliance.transmit.homeassistant import BIRTH
from appliance.transmit.inbox import LARGEST, Inbox, Order
from appliance.transmit.inflight import PATIENCE_S, WINDOW, InFlight
from appliance.transmit.messages import Publication, Receipt, Topics, availability

ANSWER_S = 30.0  # name look-up, TCP, TLS and CONNACK together; paho alone may wait for ever
KEEPALIVE_S = 30
SESSION_EXPIRY_S = 3600
"""How long the broker keeps commands for a unit that is away or starting anew: a plate that was
taken off a list meanwhile must not go on opening.  What came earlier is lost, and has no answer."""
LARGEST_PACKET = 2 * LARGEST  # bytes; the broker drops a larger one, smaller ones are answered
LEAST_PAUSE_S, MOST_PAUSE_S = 1.0, 30.0
UNACKNOWLEDGED_MS = 10_000  # TCP gives up then, so that no passage arrives minutes later as live

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Note:
    """What paho's thread has to say about one connection."""

    attempt: int
    kind: Literal["connected", "lost", "receipt", "subscribed", "birth"]
    reason: str = ""
    refused: bool = False
    number: int = 0
    refusals: tuple[str | None, ...] = ()  # of each filter


class MqttLink:
    """The Link over MQTT 5.

    The threads of paho only put notes onto a queue and set `wake`; `tend` reads them.
    """

    def __init__(
        self, broker: Mqtt, topics: Topics, wake: Event, patience_s: float = PATIENCE_S
    ) -> None:
        """Link to `broker`, which must have a host, for the unit of `topics`; connects later."""
        self._broker = broker
        self._topics = topics
        self._wake = wake
        self._notes: SimpleQueue[_Note] = SimpleQueue()
        self._lock = Lock()  # publish and the reading of receipts, between threads
        self._in_flight = InFlight(patience_s)
        self._inbox = Inbox()
        self._births = 0
        self._deaf: set[str] = set()  # filters that the broker refuses
        self._client: Client | None = None
        self._attempt = 0
        self._failures = 0
        self._session = 0
        self._began_at = 0.0
        self._next_at = 0.0
        self._said = ""

    @property
    def session(self) -> int:
        """Number of the live connection, counted from 1; 0 while there is none."""
        return self._session

    @property
    def room(self) -> int:
        """Publications that may be handed over now; 0 while there is no connection."""
        return max(0, WINDOW - len(self._in_flight)) if self._session else 0

    @property
    def births(self) -> int:
        """How often Home Assistant has said that it has started; 0 where nobody listens for it."""
        return self._births

    def tend(self) -> list[Receipt]:
        """Keep the connection; gives what the broker said since the last call.  Never waits."""
        with self._lock:
            receipts = [receipt for note in self._take() for receipt in self._follow(note)]
            self._in_flight.check()
            self._keep()
        return receipts

    def orders(self) -> list[Order]:
        """Commands that came since the last call, oldest first.  Never waits."""
        return self._inbox.take()

    def publish(self, publication: Publication) -> None:
        """Hand over for sending; without a connection it goes nowhere, and no receipt comes."""
        with self._lock:
            if self._session:
                self._hand_over(publication)

    def close(self) -> None:
        """End the connection; reason 4 has the broker publish the last will, `offline`."""
        with self._lock:
            client, self._client, self._session = self._client, None, 0
            self._in_flight.clear()
        if client is not None:
            client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))

    def _take(self) -> list[_Note]:
        """All notes so far; nobody else takes any, so none of these can be gone."""
        return [self._notes.get_nowait() for _ in range(self._notes.qsize())]

    def _follow(self, note: _Note) -> list[Receipt]:
        """Do what a note asks for; one about an earlier connection is too late."""
        if note.attempt != self._attempt or self._client is None:
            return []
        if note.kind == "receipt":
            return self._in_flight.settle(note.number, note.reason if note.refused else None)
        if note.kind == "subscribed":
            return self._hear(note.refusals)
        if note.kind == "birth":
            self._births += 1
            return []
        if note.kind == "lost":
            self._lose(note.reason)
        else:
            self._begin()
        return []

    def _keep(self) -> None:
        """Connect where it is time to, and give up on a connection that does not come about."""
        now = time.monotonic()
        if self._client is None and now >= self._next_at:
            self._connect(now)
        elif self._client is not None and not self._session and now - self._began_at > ANSWER_S:
            self._lose(f"no answer within {ANSWER_S:g} s")

    def _connect(self, now: float) -> None:
        self._attempt += 1
        self._began_at = now
        self._client = _client(self._broker, self._topics, self._attempt)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_socket_open = self._on_socket_open  # type: ignore[assignment]  # a socket
        host, port = str(self._broker.host), self._broker.port
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = SESSION_EXPIRY_S
        session.MaximumPacketSize = LARGEST_PACKET
        self._client.connect_async(host, port, KEEPALIVE_S, clean_start=False, properties=session)
        self._client.loop_start()

    def _begin(self) -> None:
        self._session = self._attempt
        self._say(logging.INFO, "connected")
        self._hand_over(availability(self._topics, online=True))
        if self._client is not None:
            # as published: else a retained command would look live to who hears it first
            options = SubscribeOptions(1, retainAsPublished=True)
            self._client.subscribe([(topic, options) for topic in self._topics.heard])

    def _hear(self, refusals: tuple[str | None, ...]) -> list[Receipt]:
        """Receipts for the filters that the broker refuses, and for those that it did before."""
        told = dict(zip(self._topics.heard, refusals, strict=True))
        worth_telling = [topic for topic in told if told[topic] or topic in self._deaf]
        self._deaf = {topic for topic in told if told[topic]}
        return [Receipt(Publication(topic, ""), told[topic]) for topic in worth_telling]

    def _lose(self, reason: str) -> None:
        """Drop the client with all it holds, and wait longer after each failure in a row."""
        client, self._client, self._session = self._client, None, 0
        if client is not None:
            client.disconnect()  # its thread ends by itself: joining it could wait for a look-up
        self._in_flight.clear()
        now = time.monotonic()
        lived = now - self._began_at
        self._failures = 1 if lived > MOST_PAUSE_S else self._failures + 1
        self._next_at = now + _pause(self._failures)
        self._say(logging.WARNING, f"away: {reason}")

    def _hand_over(self, publication: Publication) -> None:
        if self._client is None:
            return
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if publication.expiry_s is not None:
            properties.MessageExpiryInterval = publication.expiry_s
        sent = self._client.publish(
            publication.topic, publication.content, 1, publication.retained, properties
        )
        self._in_flight.add(sent.mid, publication)

    def _say(self, level: int, text: str) -> None:
        if text != self._said:
            log.log(level, "broker %s:%d: %s", self._broker.host, self._broker.port, text)
        self._said = text

    def _put(self, note: _Note) -> None:
        self._notes.put(note)
        self._wake.set()

    def _on_connect(
        self, _c: Client, attempt: int, _f: object, reason: ReasonCode, _p: object
    ) -> None:
        self._put(_Note(attempt, "lost" if reason.is_failure else "connected", str(reason)))

    def _on_connect_fail(self, _client: Client, attempt: int) -> None:
        # paho keeps the reason to itself, but calls from within its `except`
        self._put(_Note(attempt, "lost", str(sys.exc_info()[1])))

    def _on_disconnect(
        self, _c: Client, attempt: int, _f: object, reason: ReasonCode, _p: object
    ) -> None:
        self._put(_Note(attempt, "lost", str(reason)))

    def _on_publish(
        self, _c: Client, attempt: int, number: int, reason: ReasonCode, _p: object
    ) -> None:
        self._put(_Note(attempt, "receipt", str(reason), reason.is_failure, number))

    def _on_subscribe(
        self, _c: Client, attempt: int, _n: int, reasons: list[ReasonCode], _p: object
    ) -> None:
        refusals = tuple(str(reason) if reason.is_failure else None for reason in reasons)
        self._put(_Note(attempt, "subscribed", refusals=refusals))

    def _on_message(self, _client: Client, attempt: int, message: MQTTMessage) -> None:
        if message.topic == self._topics.birth:
            if message.payload == BIRTH:
                self._put(_Note(attempt, "birth"))
            return
        named = dict(getattr(message.properties, "UserProperty", ()))
        topic = self._topics.below(message.topic)
        self._inbox.put(topic, message.payload, retained=message.retain, name=named.get("id"))

    def _on_socket_open(self, _client: Client, attempt: int, opened: socket.socket) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        if attempt != self._attempt or self._client is None:
            opened.close()  # given up meanwhile: under the same id it would push the new one out


def _client(broker: Mqtt, topics: Topics, attempt: int) -> Client:
    """A client for one connection, which does not reconnect by itself."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        f"gatepost-{topics.unit}",
        userdata=attempt,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(WINDOW)
    will = availability(topics, online=False)
    client.will_set(will.topic, will.payload, 1, will.retained)
    try:
        _authenticate(client, broker)
    except (OSError, UnicodeError) as fault:  # ssl's errors are OSErrors too
        raise ConfigurationError(f"mqtt: a file cannot be used: {fault}") from fault
    return client


def check_files(broker: Mqtt) -> None:
    """Raise ConfigurationError unless the password and the authorities can be read and used."""
    _client(broker, Topics("check"), 0)


def _authenticate(client: Client, broker: Mqtt) -> None:
    """Files are read for each connection, so that a changed password needs no restart."""
    if broker.username is not None:
        file = broker.password_file
        password = file.read_text(encoding="utf-8").rstrip("\r\n") if file else None
        client.username_pw_set(broker.username, password)
    if broker.tls:
        client.tls_set(str(broker.ca_file) if broker.ca_file else None)


def _pause(failures: int) -> float:
    """Seconds before the next attempt, drawn so that a fleet does not come back all at once."""
    most = min(MOST_PAUSE_S, 2.0**failures)
    return random.uniform(LEAST_PAUSE_S, most)  # noqa: S311  # jitter is no secret
