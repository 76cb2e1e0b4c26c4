"""Commands that came from the broker and wait to be carried out.

The rule to know: the thread that receives them only puts them here.  What is held is bounded by
number and by bytes; what does not fit, or may not be carried out, is held without its payload and
with the reason, so that whoever sent it gets an answer.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock

LARGEST = 2_000_000  # bytes of one payload, as a whole list may be
MOST_BYTES = 2 * LARGEST  # of all that wait
MOST_ORDERS = 100  # that wait; they are taken every second
LONGEST_NAME = 64  # characters of the id that a sender gives

RETAINED = "retained: a retained command is never carried out, for it would come again and again"
TOO_MUCH = f"more than {MOST_BYTES} bytes of commands at once, send it again"


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came from the broker.

    Attributes:
        topic: below the unit's own, such as "lists/allowed/add"; empty: no single one is meant.
        payload: empty where it is refused.
        name: the id under which the sender wants the answer; None where none was given.
        refusal: why it is not carried out, in words without a plate; empty where it may be.
    """

    topic: str
    payload: bytes = b""
    name: str | int | None = None
    refusal: str = ""


class Inbox:
    """The orders that wait, oldest first; any thread may put and take."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = Lock()  # held for a moment, never while anything else is called
        self._orders: deque[Order] = deque()
        self._bytes = 0
        self._missed = 0

    def put(self, topic: str, payload: bytes, *, retained: bool, name: str | None = None) -> None:
        """Hold a command, or the reason why it is refused; the newest are those that find no room.

        An empty retained payload is no command: somebody takes back one that was retained.
        """
        if retained and not payload:
            return
        name = name and name[:LONGEST_NAME]
        refusal = RETAINED if retained else _too_large(payload)
        with self._lock:
            if not refusal and self._bytes + len(payload) > MOST_BYTES:
                refusal = TOO_MUCH
            if len(self._orders) >= MOST_ORDERS:
                self._missed += 1
                return
            self._orders.append(Order(topic, b"" if refusal else payload, name, refusal))
            self._bytes += 0 if refusal else len(payload)

    def take(self) -> list[Order]:
        """All that wait; behind them one refusal for those that found no room, with their count."""
        with self._lock:
            orders, missed = list(self._orders), self._missed
            self._orders.clear()
            self._bytes = self._missed = 0
        if missed:
            told = (
                f"{missed} commands more than the {MOST_ORDERS} that wait at most, send them again"
            )
            orders.append(Order("", refusal=told))
        return orders


def _too_large(payload: bytes) -> str:
    size = len(payload)
    return f"{size} bytes, expected at most {LARGEST}" if size > LARGEST else ""
