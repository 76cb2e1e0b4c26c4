"""The port to the broker.  Adapters: `mqtt`, and `fake`, which ships beside it.

The rule to know: a Link keeps nothing for later; what must not be lost waits in the outbox.
"""

from __future__ import annotations

from typing import Protocol

from appliance.transmit.dialect import Terms
from appliance.transmit.inbox import Order
from appliance.transmit.messages import Publication, Receipt


class Link(Protocol):
    """A connection to a broker that comes and goes.

    `online` is published on every connection before anything else, `offline` is left behind
    however it ends.  `publish` may be called from any thread, `orders` from one, and the rest only
    from the sending one.
    """

    @property
    def session(self) -> int:
        """Number of the live connection, counted from 1; 0 while there is none."""

    @property
    def room(self) -> int:
        """Publications that may be handed over now; 0 while there is no connection."""

    @property
    def births(self) -> int:
        """How often Home Assistant has said that it has started; 0 where nobody listens for it."""

    @property
    def terms(self) -> Terms:
        """What was agreed with the broker for the newest connection."""

    @property
    def trouble(self) -> str | None:
        """Why there is no connection, in words; None while there is one, or before the first."""

    def tend(self) -> list[Receipt]:
        """Keep the connection; gives what the broker said since the last call.  Never waits.

        Raises:
            LinkError: nothing was acknowledged for 60 s on a live connection.
        """

    def orders(self) -> list[Order]:
        """Commands that came since the last call, oldest first.  Never waits.

        The broker keeps those that come while the unit is away for a while.
        """

    def publish(self, publication: Publication) -> None:
        """Hand over for sending; without a connection it goes nowhere, and no receipt comes."""

    def close(self) -> None:
        """End the connection."""
