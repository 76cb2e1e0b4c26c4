"""A short visit to the broker, beside a unit that may be running: connect, ask, leave.

The rule to know: it disturbs nobody.  It comes under an id of its own and leaves no session and no
will behind.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from appliance.config import Mqtt
from appliance.errors import ConfigurationError, LinkError
from appliance.transmit.connection import Caller, Connection, Hear, Note
from appliance.transmit.dialect import NO_TERMS, Dialect, Terms
from appliance.transmit.refusals import NO_REASON, Refusal

ANSWER_S = 10.0  # for each question: a connection, the right to publish, to subscribe
WHOLE_S = 30.0  # for all of it; looking up a name goes on behind it


def unheard(_topic: str, _payload: bytes, _retained: bool, _name: str | None) -> None:
    """What comes meanwhile is not for who merely visits."""


@dataclass(slots=True)
class Visit:
    """The questions, one after the other; notes of earlier connections are passed over.

    Attributes:
        broker: which must have a host.
        caller: who comes.
        hear: takes what comes in, in paho's thread.
        answer_s: seconds for each answer; the whole takes WHOLE_S at most.
    """

    broker: Mqtt
    caller: Caller
    hear: Hear = unheard
    answer_s: float = ANSWER_S
    notes: SimpleQueue[Note] = field(default_factory=SimpleQueue)
    attempt: int = 0
    terms: Terms = NO_TERMS
    ends_at: float = field(default_factory=lambda: time.monotonic() + WHOLE_S)

    def connect(self) -> tuple[Connection | None, Refusal]:
        """By the version that the broker speaks, or the reason why not.

        Raises:
            ConfigurationError: a file for the broker cannot be read or used.
        """
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
        connection = Connection(
            self.broker, self.caller, dialect.version, self.attempt, self.notes.put, self.hear
        )
        connection.open()
        return connection

    def subscribe(self, connection: Connection, filters: Sequence[str]) -> dict[str, str]:
        """Listen; gives the filters that are refused, with the reason."""
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


def require_taken(broker: Mqtt, why: Refusal) -> None:
    """Raise what a refused connection means to a command; nothing where it was taken.

    Raises:
        ConfigurationError: the broker refuses.
        LinkError: it is away, or too busy.
    """
    if why.text:
        error = LinkError if why.kind in {"away", "hung up"} else ConfigurationError
        raise error(f"broker {broker.host}:{broker.port}: {why.text}")
