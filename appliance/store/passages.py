"""The local history of passages, and the one way into the outbox.

The rule to know: history row and outbox row are written in one transaction, and forgotten together.
"""

from __future__ import annotations

import time

from appliance.domain import Message, Passage
from appliance.store.database import SESSION, Database
from appliance.store.outbox import enqueue, trim

AT_A_TIME = 500  # rows that one transaction forgets: tens of milliseconds on a good disk


class Passages:
    """Every passage of the last days, with a `seq` that counts them without a gap.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database, outbox_bytes: int | None) -> None:
        """Keep passages in `database`.

        Args:
            database: of the loop that calls.
            outbox_bytes: what may wait for the broker at most; None where there is no broker, so
                that nothing waits at all.
        """
        self._database = database
        self._outbox_bytes = outbox_bytes

    def record(self, passage: Passage, body: str, fresh_until: float | None) -> int:
        """Write a passage, durably; one that is already here is left as it is.

        Args:
            passage: its uuid is what makes it the same.
            body: the payload as JSON, without what is known only at sending.
            fresh_until: monotonic seconds up to which it may go out as live; None: never.

        Returns:
            Its `seq`.
        """
        with self._database.transaction():
            known = self._database.rows("SELECT seq FROM passages WHERE uuid = ?", (passage.uuid,))
            if known:
                return int(known[0][0])
            return self._insert(passage, body, fresh_until)

    def recent(self, limit: int) -> list[Message]:
        """The last `limit` passages, newest first, none of them fresh any more."""
        rows = self._database.rows(
            "SELECT seq, uuid, body, epoch_ms FROM passages ORDER BY seq DESC LIMIT ?", (limit,)
        )
        return [Message(seq, uuid, body, at, None) for seq, uuid, body, at in rows]

    def forget(self, before_epoch_ms: int) -> int:
        """Delete what passed before that time, sent or not, from the file itself.

        A passage of a recording counts from when it was recorded here, or a clip of last year
        would be forgotten before it could be sent.

        Returns:
            How many passages were forgotten.
        """
        gone = 0
        while forgotten := self._forget_some(before_epoch_ms):
            gone += forgotten
        self._database.empty_log()
        return gone

    def newest_before_this_process(self) -> int:
        """The highest `seq` that another process wrote, 0 where there is none."""
        rows = self._database.rows(
            "SELECT max(seq) FROM passages WHERE written_by != ?", (SESSION,)
        )
        return int(rows[0][0] or 0)

    def move_in_time(self, after_seq: int, by_ms: int) -> None:
        """Let retention of all passages after a `seq` begin that much later: the clock was set."""
        with self._database.transaction():
            self._database.change(
                "UPDATE passages SET kept_from_ms = kept_from_ms + ? WHERE seq > ?",
                (by_ms, after_seq),
            )

    def _forget_some(self, before_epoch_ms: int) -> int:
        """A few at a time: whoever records must not wait for a large clearance."""
        with self._database.transaction():
            return self._database.change(
                "DELETE FROM passages WHERE seq IN"
                " (SELECT seq FROM passages WHERE kept_from_ms < ? LIMIT ?)",
                (before_epoch_ms, AT_A_TIME),
            )

    def _insert(self, passage: Passage, body: str, fresh_until: float | None) -> int:
        self._database.change(
            "INSERT INTO passages (uuid, epoch_ms, kept_from_ms, written_by, body)"
            " VALUES (?, ?, ?, ?, ?)",
            (passage.uuid, passage.epoch_ms, _kept_from_ms(passage), SESSION, body),
        )
        seq = int(self._database.rows("SELECT last_insert_rowid()")[0][0])
        if self._outbox_bytes is not None:
            enqueue(self._database, seq, passage, len(body.encode()), fresh_until)
            trim(self._database, self._outbox_bytes)
        return seq


def _kept_from_ms(passage: Passage) -> int:
    return round(time.time() * 1000) if passage.recorded else passage.epoch_ms
