"""A try of the broker, beside a unit that may be running: what it agrees to, what it allows.

The rule to know: it retains nothing, and publishes on `check` alone, which nobody takes for the
unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.config import Mqtt
from appliance.transmit.connection import Caller, Connection
from appliance.transmit.dialect import NO_TERMS, Terms
from appliance.transmit.messages import Publication, Topics
from appliance.transmit.refusals import NO_REASON, Refusal
from appliance.transmit.visit import ANSWER_S, Visit


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
    visit = Visit(broker, Caller(client_of(topics)), answer_s=answer_s)
    connection, why = visit.connect()
    if connection is None:
        return Report(why=why)
    try:
        refusals = _publish(visit, connection, topics) | visit.subscribe(connection, topics.heard)
    finally:
        connection.drop()
    return Report(visit.terms, refusals=refusals)


def _publish(visit: Visit, connection: Connection, topics: Topics) -> dict[str, str]:
    """Say that this is a check; gives the topic where that is refused."""
    check = probe(topics)
    connection.publish(check)
    note = visit.answer(connection, {"receipt"})
    refusal = note.refusals[0] if note.kind == "receipt" else note.why.text
    return {check.topic: refusal} if refusal else {}


def probe(topics: Topics) -> Publication:
    """What is published to see whether it may be."""
    return Publication(topics.check, '{"check":true}')


def client_of(topics: Topics) -> str:
    """The id under which it comes."""
    return f"gatepost-{topics.unit}-check"
