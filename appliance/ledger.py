"""Where the lane writes passages down, and where they wait while the card takes none.

The rule to know: a full disk ends nothing.  What cannot be written waits in memory, in order, and
is written as soon as there is room; at the end of the process the reserve gives way to it, and what
is lost all the same is a fault.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from appliance.domain import Message, Passage
from appliance.errors import FullError
from appliance.health import Health
from appliance.store.outbox import is_hit
from appliance.store.passages import Passages

RETRY_S = 1.0  # between two attempts on a full disk
MOST_WAITING = 1000  # passages, some 10 MB; beyond it the oldest that is no hit gives way

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage to be written: its payload, how long it may go out as live, its plate's JPEG."""

    passage: Passage
    body: str
    fresh_until: float | None
    jpeg: bytes = b""


@dataclass(slots=True)
class Ledger:
    """Writes passages down in the order of their coming.

    Attributes:
        passages: the history.
        health: where it shows that something waits.
        give_way: makes room on the disk, once; whether there was any to make.
        waiting: what could not be written, oldest first.
    """

    passages: Passages
    health: Health
    give_way: Callable[[], bool] = lambda: False
    waiting: deque[Entry] = field(default_factory=deque, init=False)
    is_behind: bool = field(default=False, init=False)  # `recover` is still to be done
    retry_at: float = field(default=0.0, init=False)  # monotonic seconds
    lost: int = field(default=0, init=False)  # since the process began

    def put(self, entry: Entry) -> None:
        """Take in a passage; `write` writes it."""
        self.waiting.append(entry)
        self.retry_at = 0.0 if len(self.waiting) == 1 else self.retry_at
        if len(self.waiting) > MOST_WAITING:
            self._drop_one()

    def write(self) -> Iterator[tuple[Passage, Message]]:
        """Write what waits, oldest first, and give each passage once it is safe.

        Raises:
            StoreError: the file cannot be written for another reason than a full disk.
        """
        if self.is_behind and time.monotonic() >= self.retry_at:
            self.recover()
        while self.waiting and time.monotonic() >= self.retry_at:
            entry = self.waiting[0]
            passage = entry.passage
            try:
                with self.health.timing("record"):
                    seq = self.passages.record(passage, entry.body, entry.fresh_until, entry.jpeg)
            except FullError as fault:
                self._bear(fault)
                return
            self.waiting.popleft()
            if not self.waiting:
                self.health.problem("ledger", self._loss())
            yield (
                passage,
                Message(seq, passage.uuid, entry.body, passage.epoch_ms, entry.fresh_until),
            )

    def tell_early(self, passage: Passage, body: str, fresh_until: float) -> None:
        """Write what is said of a vehicle in sight; on a full disk only its record will tell."""
        try:
            self.passages.tell_early(passage, body, fresh_until)
        except FullError as fault:
            self._bear(fault)

    def amend_early(self, passage: Passage, body: str) -> None:
        """Put in its place what is known now; on a full disk only its record will tell."""
        try:
            self.passages.amend_early(passage, body)
        except FullError as fault:
            self._bear(fault)

    def recover(self) -> int:
        """Record what a process that was ended had told early; on a full disk `write` does it.

        Returns:
            How many passages these were.
        """
        try:
            recovered = self.passages.recover()
        except FullError as fault:
            self.is_behind = True
            self._bear(fault)
            return 0
        self.is_behind = False
        return recovered

    def write_last(self) -> Iterator[tuple[Passage, Message]]:
        """Write what waits although the process ends, in the reserve's room if need be."""
        self.retry_at = 0.0
        yield from self.write()
        if (self.waiting or self.is_behind) and self.give_way():
            self.retry_at = 0.0
            yield from self.write()
        if self.waiting:
            log.error("%d passages could not be written and are lost", len(self.waiting))

    def require_written(self) -> None:
        """Raise FullError where passages are lost with the process."""
        if self.waiting:
            raise FullError(f"{len(self.waiting)} passages are lost: the disk is full to the end")

    def _bear(self, fault: FullError) -> None:
        self.retry_at = time.monotonic() + RETRY_S
        self.health.problem("ledger", f"passages wait in memory to be written: {fault}")

    def _drop_one(self) -> None:
        hits = [is_hit(entry.passage.decision) for entry in self.waiting]
        del self.waiting[hits.index(False) if False in hits else 0]
        self.lost += 1

    def _loss(self) -> str | None:
        return f"{self.lost} passages were lost on a full disk" if self.lost else None
