"""A Link to nowhere, with a history: for tests, and for trying things without a broker.

The rule to know: it obeys the rules of `Link` and passes the same contract tests as `MqttLink`.
"""

from __future__ import annotations

from threading import Event, Lock

from appliance.transmit.dialect import Terms
from appliance.transmit.inbox import Inbox, Order
from appliance.transmit.inflight import PATIENCE_S, WINDOW, InFlight
from appliance.transmit.messages import Publication, Receipt, Topics, availability


class FakeLink:
    """The Link whose broker is played by whoever holds it.

    Attributes:
        history: what the broker was given, in order, with its own `offline` where a connection
            broke.
        refusals: topics that the broker refuses, with its reason.
        is_silent: the broker acknowledges nothing.
        terms: what the broker agrees to.
    """

    def __init__(self, topics: Topics, wake: Event, patience_s: float = PATIENCE_S) -> None:
        """Begin without a connection."""
        self.history: list[Publication] = []
        self.refusals: dict[str, str] = {}
        self.is_silent = False
        self.terms = Terms()
        self._trouble: str | None = None
        self._topics = topics
        self._wake = wake
        self._lock = Lock()
        self._in_flight = InFlight(patience_s)
        self._connections = 0
        self._number = 0
        self._session = 0
        self._births = 0
        self._inbox = Inbox()
        self._kept: list[tuple[str, bytes]] = []  # by the broker, while the unit is away

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
        """How often Home Assistant has said that it has started."""
        return self._births

    @property
    def trouble(self) -> str | None:
        """Why there is no connection; None while there is one, or before the first."""
        return self._trouble

    def give_birth(self) -> None:
        """Home Assistant starts; a unit that is away does not hear it."""
        if self._session:
            self._births += 1
        self._wake.set()

    def connect(self) -> None:
        """The broker is there."""
        with self._lock:
            self._connections += 1
            self._session, self._trouble = self._connections, None
            self._hand_over(availability(self._topics, online=True))
            for topic, payload in self._kept:
                self._inbox.put(topic, payload, retained=False)
            self._kept.clear()
        self._wake.set()

    def command(
        self, topic: str, payload: bytes, *, retained: bool = False, name: str | None = None
    ) -> None:
        """Somebody publishes a command to `topic`, which is below the unit's own.

        While the unit is away the broker keeps it, provided that the unit has been there.
        """
        with self._lock:
            if self._session:
                self._inbox.put(topic, payload, retained=retained, name=name)
            elif self._connections:
                self._kept.append((topic, payload))

    def lose(self) -> None:
        """The connection breaks: what is unacknowledged is gone, the last will is published."""
        with self._lock:
            self._session, self._trouble = 0, "broker: lost"
            self._in_flight.clear()
            self.history.append(availability(self._topics, online=False))
        self._wake.set()

    def tend(self) -> list[Receipt]:
        """Gives a receipt for everything handed over since the last call, unless silent."""
        with self._lock:
            numbers = [] if self.is_silent else self._in_flight.numbers()
            receipts = [receipt for number in numbers for receipt in self._settle(number)]
            self._in_flight.check()
        return receipts

    def orders(self) -> list[Order]:
        """Commands that came since the last call."""
        return self._inbox.take()

    def publish(self, publication: Publication) -> None:
        """Hand over; without a connection it goes nowhere, and no receipt comes."""
        with self._lock:
            if self._session:
                self._hand_over(publication)
        self._wake.set()

    def close(self) -> None:
        """End the connection, leaving `offline` behind."""
        if self._session:
            self.lose()

    def _hand_over(self, publication: Publication) -> None:
        self._number += 1
        self.history.append(publication)
        self._in_flight.add(self._number, publication)

    def _settle(self, number: int) -> list[Receipt]:
        topic = self._in_flight.topic(number)
        return self._in_flight.settle(number, self.refusals.get(topic))
