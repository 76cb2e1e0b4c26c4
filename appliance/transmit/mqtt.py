"""The way to the broker: the Link over MQTT 5, or 3.1.1 where the broker knows no other.

The rule to know: a connection that is lost takes everything unacknowledged with it.  paho would
send its own memory again after a reconnect, and so a `passage` of minutes ago as if it were live,
and before `online`; hence each connection gets a client of its own and the outbox is what resends.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from queue import SimpleQueue
from threading import Event, Lock

from appliance.config import Mqtt
from appliance.errors import ConfigurationError
from appliance.transmit.connection import Caller, Connection, Note
from appliance.transmit.dialect import NO_TERMS, Dialect, Terms
from appliance.transmit.homeassistant import BIRTH
from appliance.transmit.inbox import Inbox, Order
from appliance.transmit.inflight import PATIENCE_S, WINDOW, InFlight
from appliance.transmit.messages import Publication, Receipt, Topics, availability
from appliance.transmit.refusals import HUNG_UP, Refusal

ANSWER_S = 30.0  # name look-up, TCP, TLS and CONNACK together; paho alone may wait for ever
SUSPICIOUS = 2  # young sessions lost in a row
LEAST_PAUSE_S, MOST_PAUSE_S = 1.0, 30.0

log = logging.getLogger(__name__)


class MqttLink:
    """The Link over MQTT.

    The threads of paho only put notes onto a queue and set `wake`; `tend` reads them.
    """

    def __init__(
        self, broker: Mqtt, topics: Topics, wake: Event, patience_s: float = PATIENCE_S
    ) -> None:
        """Link to `broker`, which must have a host, for the unit of `topics`; connects later."""
        self._broker = broker
        self._topics = topics
        self._wake = wake
        self._notes: SimpleQueue[Note] = SimpleQueue()
        self._lock = Lock()  # publish and the reading of receipts, between threads
        self._in_flight = InFlight(patience_s)
        self._held: deque[Publication] = deque()  # until the broker takes more at once
        self._inbox = Inbox()
        self._births = 0
        self._deaf: set[str] = set()  # filters that the broker refuses
        self._dialect = Dialect()
        self._connection: Connection | None = None
        self._attempt = 0
        self._failures = 0
        self._session = 0
        self._terms = NO_TERMS
        self._trouble: str | None = None
        self._began_at = 0.0
        self._next_at = 0.0

    @property
    def session(self) -> int:
        """Number of the live connection, counted from 1; 0 while there is none."""
        return self._session

    @property
    def room(self) -> int:
        """Publications that may be handed over now; 0 while there is no connection."""
        return max(0, self._window - len(self._in_flight)) if self._session else 0

    @property
    def births(self) -> int:
        """How often Home Assistant has said that it has started; 0 where nobody listens for it."""
        return self._births

    @property
    def terms(self) -> Terms:
        """What was agreed with the broker for the newest connection."""
        return self._terms

    @property
    def trouble(self) -> str | None:
        """Why there is no connection, in words; None while there is one, or before the first."""
        return self._trouble

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
        """End the connection, leaving `offline` behind."""
        with self._lock:
            connection, self._connection, self._session = self._connection, None, 0
            self._forget()
        if connection is not None:
            connection.leave()

    @property
    def _name(self) -> str:
        return f"{self._broker.host}:{self._broker.port}"

    def _take(self) -> list[Note]:
        """All notes so far; nobody else takes any, so none of these can be gone."""
        return [self._notes.get_nowait() for _ in range(self._notes.qsize())]

    def _follow(self, note: Note) -> list[Receipt]:
        """Do what a note asks for; one about an earlier connection is too late."""
        if note.attempt != self._attempt or self._connection is None:
            return []
        if note.kind == "receipt":
            return self._settle(note)
        if note.kind == "subscribed":
            return self._hear(note.refusals)
        if note.kind == "lost":
            self._lose(note.why)
        elif note.kind == "birth":
            self._births += 1
        else:
            self._accept(note.terms, self._connection)
        return []

    def _keep(self) -> None:
        """Connect where it is time to, and give up on a connection that does not come about."""
        now = time.monotonic()
        if self._connection is None and now >= self._next_at:
            self._connect(now)
            return
        is_late = not self._session and now - self._began_at > ANSWER_S
        if self._connection is not None and is_late:
            self._lose(self._connection.silence(ANSWER_S))

    def _connect(self, now: float) -> None:
        self._attempt += 1
        self._began_at = now
        will = availability(self._topics, online=False)
        caller = Caller(f"gatepost-{self._topics.unit}", will, is_lasting=True)
        version = self._dialect.version
        try:
            self._connection = Connection(
                self._broker, caller, version, self._attempt, self._put, self._on_message
            )
        except ConfigurationError as fault:  # sound at the start, and being replaced perhaps
            self._lose(Refusal(str(fault)))
        else:
            self._connection.open()

    def _accept(self, terms: Terms, connection: Connection) -> None:
        """The broker takes us in; once more where the version is still in question."""
        if terms.lacks:
            self._lose(Refusal(terms.lacks, "refused"))
            return
        if not self._dialect.note("accepted"):
            connection.drop()
            self._connection, self._next_at = None, 0.0
            return
        self._session, self._terms, self._trouble = self._attempt, terms, None
        encrypted = terms.tls or "not encrypted"
        log.info("broker %s: connected, MQTT %s, %s", self._name, terms.protocol, encrypted)
        self._hand_over(availability(self._topics, online=True))
        connection.subscribe(self._topics.heard)

    def _hear(self, refusals: tuple[str | None, ...]) -> list[Receipt]:
        """Receipts for the filters that the broker refuses, and for those that it did before."""
        told = dict(zip(self._topics.heard, refusals, strict=True))
        worth_telling = [topic for topic in told if told[topic] or topic in self._deaf]
        self._deaf = {topic for topic in told if told[topic]}
        return [Receipt(Publication(topic, ""), told[topic]) for topic in worth_telling]

    def _lose(self, why: Refusal) -> None:
        """Drop the connection with all it holds, and wait longer after each failure in a row."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()
        self._forget()
        had_session, self._session = self._session > 0, 0
        if not had_session:
            self._dialect.note(why.outcome)
        if self._dialect.is_pressing:
            self._next_at = 0.0
            return
        now = time.monotonic()
        lived = now - self._began_at
        self._failures = 1 if had_session and lived > MOST_PAUSE_S else self._failures + 1
        self._next_at = now + _pause(self._failures)
        hint = self._hint(why) if had_session else ""
        self._trouble = f"broker {self._name}: {why.text}{hint}"

    def _hint(self, why: Refusal) -> str:
        """Why a session may have ended so soon after another failure.

        A broker gives the session to whoever comes last under an id.  MQTT 3.1.1 has no word for
        it, mosquitto 2.0.11 does not say it with MQTT 5 either, and those who do may say it in the
        form that paho does not read (`refusals.NO_CODE`).
        """
        if why != HUNG_UP or self._failures < SUSPICIOUS:
            return ""
        return f"; does another unit or a replay connect as {self._topics.unit!r} (unit.id) too?"

    def _hand_over(self, publication: Publication) -> None:
        self._held.append(publication)
        self._send_held()

    def _send_held(self) -> None:
        """Hand over what the broker takes now; it hangs up on who exceeds the bound of MQTT 5."""
        while self._held and self._connection is not None and len(self._in_flight) < self._window:
            publication = self._held.popleft()
            self._in_flight.add(self._connection.publish(publication), publication)

    def _settle(self, note: Note) -> list[Receipt]:
        receipts = self._in_flight.settle(note.number, note.refusals[0])
        self._send_held()
        return receipts

    def _forget(self) -> None:
        """What was handed over ends with the connection."""
        self._in_flight.clear()
        self._held.clear()

    @property
    def _window(self) -> int:
        return min(WINDOW, self._terms.window)

    def _put(self, note: Note) -> None:
        self._notes.put(note)
        self._wake.set()

    def _on_message(self, topic: str, payload: bytes, retained: bool, name: str | None) -> None:
        if topic != self._topics.birth:
            self._inbox.put(self._topics.below(topic), payload, retained=retained, name=name)
        elif payload == BIRTH:
            self._put(Note(self._attempt, "birth"))


def _pause(failures: int) -> float:
    """Seconds before the next attempt, drawn so that a fleet does not come back all at once."""
    most = min(MOST_PAUSE_S, 2.0**failures)
    return random.uniform(LEAST_PAUSE_S, most)  # noqa: S311  # jitter is no secret
