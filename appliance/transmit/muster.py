"""Asks a broker what all units have told of themselves: retained messages, and then it leaves.

The rule to know: MQTT does not say when all that is retained has come.  It has once nothing came
for a while.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from secrets import token_hex

from appliance.config import Mqtt
from appliance.errors import ConfigurationError, LinkError
from appliance.transmit.connection import Caller
from appliance.transmit.messages import Topics
from appliance.transmit.roll import LEVELS
from appliance.transmit.visit import Visit, require_taken

SILENCE_S = 2.0  # then all has come: between two messages a slow link needs a fraction of it
LIMIT_S = 60.0  # for a fleet whose units tell something without a pause
MOST_UNITS = 20_000  # of which anything is kept


@dataclass(slots=True)
class _Heard:
    """What comes, handed over from paho's thread."""

    queue: SimpleQueue[tuple[str, bytes]] = field(default_factory=SimpleQueue)

    def hear(self, topic: str, payload: bytes, _retained: bool, _name: str | None) -> None:
        self.queue.put((topic, payload))


def muster(broker: Mqtt) -> dict[str, dict[str, bytes]]:
    """The newest message of each unit on each of LEVELS, by unit and level.

    Raises:
        ConfigurationError: the broker refuses the caller, or lets it hear nothing.
        LinkError: the broker is away, or was lost on the way.
    """
    heard = _Heard()
    visit = Visit(broker, Caller(f"gatepost-fleet-{token_hex(4)}"), heard.hear)
    connection, why = visit.connect()
    require_taken(broker, why)
    assert connection is not None, "it was taken"
    try:
        refusals = visit.subscribe(connection, [Topics("+").at(level) for level in LEVELS])
        if refusals:
            told = [f"broker {broker.host}: {topic}: {why}" for topic, why in refusals.items()]
            raise ConfigurationError("\n".join(told))
        found = _gather(heard)
        if not visit.notes.empty():  # nothing else was asked for
            raise LinkError(f"broker {broker.host}:{broker.port}: lost before all was heard")
    finally:
        connection.drop()
    return found


def _gather(heard: _Heard) -> dict[str, dict[str, bytes]]:
    """All that comes until nothing does for a while."""
    found: dict[str, dict[str, bytes]] = {}
    ends_at = time.monotonic() + LIMIT_S
    while (left := ends_at - time.monotonic()) > 0:
        try:
            topic, payload = heard.queue.get(timeout=min(left, SILENCE_S))
        except Empty:
            break
        _, unit, level = topic.split("/", 2)
        if unit in found or len(found) < MOST_UNITS:
            found.setdefault(unit, {})[level] = payload
    return found
