"""One connection to a broker through paho, from its beginning to its end.

The rule to know: paho's thread only hands notes to `tell` and commands to `hear`, which return at
once.  A connection that is lost does not come back: its memory goes with it.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.config import Mqtt
from appliance.transmit.credentials import login, tls_context
from appliance.transmit.dialect import NO_TERMS, Terms, Version
from appliance.transmit.inbox import LARGEST
from appliance.transmit.inflight import WINDOW
from appliance.transmit.messages import Publication
from appliance.transmit.refusals import (
    NO_REASON,
    Refusal,
    of_code,
    of_fault,
    of_opening,
    of_silence,
)

KEEPALIVE_S = 30
SESSION_EXPIRY_S = 3600
"""How long the broker keeps commands for a unit that is away or starting anew: a plate that was
taken off a list meanwhile must not go on opening.  What came earlier is lost, and has no answer."""
LARGEST_PACKET = 2 * LARGEST  # bytes; the broker drops a larger one, smaller ones are answered
UNACKNOWLEDGED_MS = 10_000  # TCP gives up then, so that no passage arrives minutes later as live
OLD_REFUSAL = "Refused; MQTT 3.1.1 gives no reason"

Hear = Callable[[str, bytes, bool, str | None], None]
"""Takes the topic, the payload, whether it was retained, and the id for the answer."""


@dataclass(frozen=True, slots=True)
class Note:
    """What paho's thread has to say about one connection.

    Attributes:
        attempt: the connection's number.
        kind: what happened.
        why: of what is lost.
        terms: of what is connected.
        number: of what has a receipt.
        refusals: of a receipt, or of each filter; None where the broker accepted.
    """

    attempt: int
    kind: Literal["connected", "lost", "receipt", "subscribed", "birth"]
    why: Refusal = NO_REASON
    terms: Terms = NO_TERMS
    number: int = 0
    refusals: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who connects.

    Attributes:
        client: the id by which the broker knows the session.
        will: what the broker publishes when the connection breaks; None: nothing.
        is_lasting: the broker keeps what comes while it is away.
    """

    client: str
    will: Publication | None = None
    is_lasting: bool = False


@dataclass(slots=True)
class Connection:
    """One connection; `open` begins it, in the background.

    Attributes:
        broker: which must have a host.
        caller: who connects.
        version: of MQTT.
        attempt: its number, which stands in all its notes.
        tell: takes what happens, in paho's thread.
        hear: takes what comes in, in paho's thread.

    Raises:
        ConfigurationError: a file for the broker cannot be read or used.
    """

    broker: Mqtt
    caller: Caller
    version: Version
    attempt: int
    tell: Callable[[Note], None]
    hear: Hear
    _client: Client = field(init=False)
    _fault: BaseException | None = field(default=None, init=False)  # the last that paho met
    _is_open: bool = field(default=False, init=False)  # TCP and TLS
    _has_answer: bool = field(default=False, init=False)
    _is_over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Files are read for each connection: a changed password needs no restart."""
        user, password = login(self.broker)
        context = tls_context(self.broker)
        self._client = _client(self.caller, self.version)
        if user is not None:
            self._client.username_pw_set(user, password)
        if context is not None:
            self._client.tls_set_context(context)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_log = self._on_log
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_socket_open = self._on_socket_open  # type: ignore[assignment]  # a socket
        self._client.on_subscribe = self._on_subscribe

    def open(self) -> None:
        """Begin to connect, in a thread of paho's."""
        host, port = str(self.broker.host), self.broker.port
        if self.version == "5":
            session, is_new = _session(self.caller), not self.caller.is_lasting
            self._client.connect_async(
                host, port, KEEPALIVE_S, clean_start=is_new, properties=session
            )
        else:
            self._client.connect_async(host, port, KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, publication: Publication) -> int:
        """Hand over for sending; gives the number of its receipt.

        MQTT 3.1.1 has no expiry: what should expire goes with QoS 0 then, which no broker need
        keep for who is away.
        """
        passes = publication.expiry_s is not None and not publication.retained
        qos = 0 if passes and self.version != "5" else 1
        properties = None
        if self.version == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if publication.expiry_s is not None:
                properties.MessageExpiryInterval = publication.expiry_s
        topic, payload, retained = publication.topic, publication.content, publication.retained
        return self._client.publish(topic, payload, qos, retained, properties).mid

    def subscribe(self, filters: Sequence[str]) -> None:
        """Ask for everything on these topics."""
        if self.version != "5":
            self._client.subscribe([(each, 1) for each in filters])
            return
        # as published: else a retained command would look live to who hears it first
        options = SubscribeOptions(1, retainAsPublished=True)
        self._client.subscribe([(each, options) for each in filters])

    def leave(self) -> None:
        """End it and have the will published: by the broker, or with MQTT 3.1.1 by ourselves."""
        self._is_over = True
        if self.version == "5":
            told = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")
            self._client.disconnect(told)
            return
        will = self.caller.will
        if will is not None:  # QoS 0 waits for no window
            self._client.publish(will.topic, will.payload, 0, will.retained)
        self._client.disconnect()

    def drop(self) -> None:
        """Be done with it; its thread ends by itself: joining it could wait for a look-up."""
        self._is_over = True
        self._client.disconnect()

    def silence(self, waited_s: float) -> Refusal:
        """Why there is no session after so many seconds without a note."""
        return Refusal(f"no answer within {waited_s:g} s", "hung up" if self._is_open else "away")

    def _tell(self, note: Note) -> None:
        if not self._is_over:
            self.tell(note)

    def _on_connect(
        self,
        client: Client,
        _u: object,
        _f: ConnectFlags,
        reason: ReasonCode,
        granted: Properties | None,
    ) -> None:
        self._has_answer = True
        if reason.is_failure:
            why = of_code(reason.value, str(reason), self.broker)
            self._tell(Note(self.attempt, "lost", why))
            return
        terms = _terms(self.version, client.socket(), granted)
        self._tell(Note(self.attempt, "connected", terms=terms))

    def _on_connect_fail(self, _client: Client, _userdata: object) -> None:
        # paho keeps the reason to itself, but calls from within its `except`
        why = of_opening(sys.exc_info()[1], self.broker)
        self._tell(Note(self.attempt, "lost", why))

    def _on_disconnect(
        self, _c: Client, _u: object, flags: object, reason: ReasonCode, _p: object
    ) -> None:
        if not self._has_answer:
            why = of_silence(self.broker, self._fault)
        elif getattr(flags, "is_disconnect_packet_from_server", False):
            why = of_code(reason.value, str(reason), self.broker)
        else:
            why = of_fault(self._fault, self.broker)
        self._tell(Note(self.attempt, "lost", why))

    def _on_log(self, _client: Client, _userdata: object, level: int, _text: str) -> None:
        # the only place where paho shows what ended a read or a write
        if level == LogLevel.MQTT_LOG_ERR:
            self._fault = sys.exc_info()[1] or self._fault

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        named = dict(getattr(message.properties, "UserProperty", ()))
        self.hear(message.topic, message.payload, message.retain, named.get("id"))

    def _on_publish(
        self, _c: Client, _u: object, number: int, reason: ReasonCode, _p: object
    ) -> None:
        refusal = str(reason) if reason.is_failure else None
        self._tell(Note(self.attempt, "receipt", number=number, refusals=(refusal,)))

    def _on_socket_open(self, _client: Client, _userdata: object, opened: socket.socket) -> None:
        self._is_open = True
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        if self._is_over:
            opened.close()  # given up meanwhile: under the same id it would push the new one out

    def _on_subscribe(
        self, _c: Client, _u: object, _n: int, reasons: list[ReasonCode], _p: object
    ) -> None:
        refusals = (str(each) if self.version == "5" else OLD_REFUSAL for each in reasons)
        told = zip(refusals, reasons, strict=True)
        answers = tuple(refusal if reason.is_failure else None for refusal, reason in told)
        self._tell(Note(self.attempt, "subscribed", refusals=answers))


def _client(caller: Caller, version: Version) -> Client:
    """A client of paho's that does not reconnect by itself."""
    is_new = version == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        caller.client,
        clean_session=None if is_new else not caller.is_lasting,
        protocol=MQTTProtocolVersion.MQTTv5 if is_new else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    client.max_inflight_messages_set(WINDOW)
    will = caller.will
    if will is not None:
        client.will_set(will.topic, will.payload, 1, will.retained)
    return client


def _session(caller: Caller) -> Properties:
    """What MQTT 5 asks the broker for."""
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    session.SessionExpiryInterval = SESSION_EXPIRY_S if caller.is_lasting else 0
    session.ReceiveMaximum = WINDOW
    session.MaximumPacketSize = LARGEST_PACKET
    return session


def _terms(version: Version, opened: object, granted: Properties | None) -> Terms:
    """What the broker has agreed to.

    Args:
        version: of MQTT.
        opened: paho's socket.
        granted: the properties of CONNACK, empty with MQTT 3.1.1.
    """
    lacks = ""
    if getattr(granted, "MaximumQoS", 1) < 1:
        lacks = "it takes QoS 0 only, expected 1: nothing would be acknowledged"
    elif not getattr(granted, "RetainAvailable", 1):
        lacks = "it retains nothing, expected a broker that does"
    window = getattr(granted, "ReceiveMaximum", NO_TERMS.window)
    if not isinstance(opened, ssl.SSLSocket):
        return Terms(version, window=window, lacks=lacks)
    cipher = opened.cipher()
    return Terms(version, opened.version(), cipher[0] if cipher else "", window, lacks)
