"""What the broker has not acknowledged yet.

The rule to know: a row leaves by an acknowledgement, by retention, or, when the limit is reached,
as the oldest that is no hit; that last way is counted.  The body itself lives in the history.
"""

from __future__ import annotations

from collections.abc import Iterable

from appliance.decision import Decision
from appliance.domain import Message
from appliance.store.database import SESSION, Database, Row
from appliance.store.marks import Marks

MESSAGES = """SELECT seq, uuid, body, epoch_ms, CASE session WHEN ? THEN fresh_until END
    FROM outbox JOIN passages USING (seq)"""
NEWEST = """SELECT seq, uuid, body, epoch_ms, CASE session WHEN ? THEN fresh_until END
    FROM passages LEFT JOIN outbox USING (seq) ORDER BY seq DESC LIMIT 1"""
EARLY = """SELECT 0, uuid, body, epoch_ms, fresh_until FROM early
    WHERE session = ? AND fresh_until > ? ORDER BY epoch_ms, uuid"""


class Outbox:
    """The passages that wait for the broker.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Read and shorten the outbox in `database`."""
        self._database = database
        self._store = Marks(database).store

    def pending(self, after_seq: int, limit: int) -> list[Message]:
        """At most `limit` waiting messages behind `after_seq`, oldest first."""
        return self._messages("WHERE seq > ? ORDER BY seq LIMIT ?", after_seq, limit)

    def fresh(self, after_seq: int, now: float, limit: int) -> list[Message]:
        """Those behind `after_seq` that may still go out as live at `now` (monotonic seconds)."""
        return self._messages(
            "WHERE session = ? AND fresh_until > ? AND seq > ? ORDER BY seq LIMIT ?",
            SESSION,
            now,
            after_seq,
            limit,
        )

    def early(self, now: float) -> list[Message]:
        """Those told early, in sight still and fresh at `now` (monotonic seconds); `seq` is 0."""
        return [self._message(row) for row in self._database.rows(EARLY, (SESSION, now))]

    def newest(self) -> Message | None:
        """The latest passage, whether it waits or not."""
        rows = self._database.rows(NEWEST, (SESSION,))
        return self._message(rows[0]) if rows else None

    def crop(self, seq: int) -> bytes:
        """The JPEG of a passage's plate; empty where there is none, or it is not the newest."""
        rows = self._database.rows("SELECT jpeg FROM crops WHERE seq = ?", (seq,))
        return bytes(rows[0][0]) if rows else b""

    def acknowledge(self, seqs: Iterable[int]) -> None:
        """The broker has these: delete them, all in one commit; unknown ones are no fault."""
        numbers = list(seqs)
        if not numbers:
            return
        with self._database.transaction():
            for seq in numbers:
                self._database.change("DELETE FROM outbox WHERE seq = ?", (seq,))

    def waiting(self) -> int:
        """Messages that the broker has not acknowledged."""
        return int(self._database.rows("SELECT count(*) FROM outbox")[0][0])

    def dropped(self) -> int:
        """Messages that gave way at the limit, ever."""
        return counter(self._database, "outbox_dropped")

    def _messages(self, where: str, *values: object) -> list[Message]:
        rows = self._database.rows(f"{MESSAGES} {where}", (SESSION, *values))
        return [self._message(row) for row in rows]

    def _message(self, row: Row) -> Message:
        seq, uuid, body, epoch_ms, fresh_until = row
        return Message(seq, uuid, body, epoch_ms, fresh_until, self._store)


def enqueue(database: Database, seq: int, hit: bool, size: int, until: float | None) -> None:
    """Let history row `seq`, whose body has `size` bytes, wait for the broker.

    Belongs inside the transaction that writes the history row.
    """
    database.change(
        "INSERT INTO outbox (seq, hit, bytes, session, fresh_until) VALUES (?, ?, ?, ?, ?)",
        (seq, hit, size, SESSION, until),
    )


def is_hit(decision: Decision) -> bool:
    """Whether somebody waits for this passage: it is watched, or something was done about it."""
    return decision.list == "watched" or decision.action != "ignore"


def trim(database: Database, limit_bytes: int) -> None:
    """Drop the oldest waiting rows, those that are no hit first, until the rest fits."""
    while counter(database, "outbox_bytes") > limit_bytes:
        database.change(
            "DELETE FROM outbox WHERE seq = (SELECT seq FROM outbox ORDER BY hit, seq LIMIT 1)"
        )
        database.change("UPDATE counters SET value = value + 1 WHERE name = 'outbox_dropped'")


def counter(database: Database, name: str) -> int:
    """One of the figures that the file keeps: "outbox_bytes" or "outbox_dropped"."""
    return int(database.rows("SELECT value FROM counters WHERE name = ?", (name,))[0][0])
