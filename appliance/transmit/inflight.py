"""What was handed to the broker and has no answer yet.

The rule to know: it belongs to one connection and ends with it.
"""

from __future__ import annotations

import time

from appliance.errors import LinkError
from appliance.transmit.messages import Publication, Receipt

WINDOW = 20  # at most: mosquitto's receive maximum, and what an outage can repeat
PATIENCE_S = 60.0  # a live session that acknowledges nothing for so long is broken


class InFlight:
    """What was handed over on this connection and has no receipt yet."""

    def __init__(self, patience_s: float) -> None:
        """Be content with silence for `patience_s` seconds."""
        self._patience_s = patience_s
        self._waiting: dict[int, Publication] = {}
        self._quiet_since = 0.0

    def __len__(self) -> int:
        """Publications without a receipt."""
        return len(self._waiting)

    def numbers(self) -> list[int]:
        """Of what waits, oldest first."""
        return list(self._waiting)

    def topic(self, number: int) -> str:
        """Where the publication under `number`, which must be waiting, goes."""
        return self._waiting[number].topic

    def add(self, number: int, publication: Publication) -> None:
        """Expect a receipt under `number`."""
        if not self._waiting:
            self._quiet_since = time.monotonic()
        self._waiting[number] = publication

    def settle(self, number: int, refusal: str | None) -> list[Receipt]:
        """The receipt for `number`; none for a number that nobody waits for."""
        self._quiet_since = time.monotonic()
        publication = self._waiting.pop(number, None)
        return [] if publication is None else [Receipt(publication, refusal)]

    def clear(self) -> None:
        """Expect nothing more: the connection is gone."""
        self._waiting.clear()

    def check(self) -> None:
        """Raise LinkError when the silence has lasted too long."""
        quiet_s = time.monotonic() - self._quiet_since
        if self._waiting and quiet_s > self._patience_s:
            raise LinkError(
                f"the broker acknowledged none of {len(self)} messages for {quiet_s:.0f} s,"
                f" expected within {self._patience_s:g} s"
            )
