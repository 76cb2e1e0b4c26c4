"""A try of the broker, beside a unit that may be running: what it agrees to, what it allows.

The rule to know: it disturbs nobody.  It comes under an id of its own, leaves no session and no
will, retains nothing, and publishes on `check` alone, which nobody takes for the unit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from appliance.config import Mqtt
from appliance.transmit.connection import Caller, Connection, Note
from appliance.transmit.dialect import NO_TERMS, Dialect, Terms
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.refusals import NO_REASON, Refusal

ANSWER_S = 10.0  # for each question: a connection, the right to publish, to subscribe
WHOLE_S = 30.0  # for all of it; looking up a name goes on behind it


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it.

    Attributes:
        terms: of the connection.
        why: there was none; NO_REASON where there was.
        refusals: by topic or filter, of those that the broker does not allow.
    """

    terms: Terms = NO_TERMS
    why: Refusal = NO_REASON
    refusals: dict[str, str] = field(default_factory=dict)


def try_broker(broker: Mqtt, topics: Topics, answer_s: float = ANSWER_S) -> Report:
    """Connect, publish on `check`, subscribe to what the unit listens to, and leave.

    Args:
        broker: which must have a host.
        topics: of the unit.
        answer_s: seconds for each answer; the whole takes WHOLE_S at most.

    Raises:
        ConfigurationError: a file for the broker cannot be read or used.
    """
    trial = _Trial(broker, topics, answer_s)
    connection, why = trial.connect()
    if connection is None:
        return Report(why=why)
    try:
        refusals = trial.publish(connection) | trial.subscribe(connection)
    finally:
        connection.drop()
    return Report(trial.terms, refusals=refusals)


@dataclass(slots=True)
class _Trial:
    """The questions, one after the other; notes of earlier connections are passed over."""

    broker: Mqtt
    topics: Topics
    answer_s: float
    notes: SimpleQueue[Note] = field(default_factory=SimpleQueue)
    attempt: int = 0
    terms: Terms = NO_TERMS
    ends_at: float = field(default_factory=lambda: time.monotonic() + WHOLE_S)

    def connect(self) -> tuple[Connection | None, Refusal]:
        """By the version that the broker speaks, or the reason why not."""
        dialect = Dialect()
        while True:
            connection = self.dial(dialect)
            note = self.answer(connection, {"connected"})
            why = note.why if note.kind == "lost" else Refusal(note.terms.lacks, "refused")
            if dialect.note(why.outcome if why.text else "accepted"):
                self.terms = note.terms
                return connection, NO_REASON
            connection.drop()
            if dialect.stage == "first":
                return None, why

    def dial(self, dialect: Dialect) -> Connection:
        """The next attempt."""
        self.attempt += 1
        caller = Caller(client_of(self.topics))
        connection = Connection(
            self.broker, caller, dialect.version, self.attempt, self.notes.put, _unheard
        )
        connection.open()
        return connection

    def publish(self, connection: Connection) -> dict[str, str]:
        """Say that this is a check; gives the topic where that is refused."""
        check = probe(self.topics)
        connection.publish(check)
        note = self.answer(connection, {"receipt"})
        refusal = note.refusals[0] if note.kind == "receipt" else note.why.text
        return {check.topic: refusal} if refusal else {}

    def subscribe(self, connection: Connection) -> dict[str, str]:
        """Listen to what the unit listens to; gives the filters that are refused."""
        filters = self.topics.heard
        connection.subscribe(filters)
        note = self.answer(connection, {"subscribed"})
        if note.kind != "subscribed":
            return dict.fromkeys(filters, note.why.text)
        answers = zip(filters, note.refusals, strict=True)
        return {each: refusal for each, refusal in answers if refusal}

    def answer(self, connection: Connection, kinds: set[str]) -> Note:
        """The first note of one of the kinds, or what is told when none comes."""
        ends_at = min(self.ends_at, time.monotonic() + self.answer_s)
        kinds = kinds | {"lost"}
        while True:
            try:
                note = self.notes.get(timeout=max(0.0, ends_at - time.monotonic()))
            except Empty:
                return Note(self.attempt, "lost", connection.silence(self.answer_s))
            if note.attempt == self.attempt and note.kind in kinds:
                return note


def probe(topics: Topics) -> Publication:
    """What is published to see whether it may be."""
    return Publication(topics.check, '{"check":true}')


def client_of(topics: Topics) -> str:
    """The id under which it comes."""
    return f"gatepost-{topics.unit}-check"


def _unheard(_topic: str, _payload: bytes, _retained: bool, _name: str | None) -> None:
    """A command that comes meanwhile is the unit's own business."""
