"""What the webhook's consumer has not taken yet.

The rule to know: a row leaves when the consumer has taken it, with its passage (retention, an
erasure), or, when the limit is reached, as the oldest that is no hit; that last way is counted.  A
row that the consumer refuses is set aside: it stays, blocks nobody, and has another go at the next
start.
"""

from __future__ import annotations

from appliance.domain import Message
from appliance.store.database import SESSION, Database
from appliance.store.marks import Marks

TRIES = 5  # refusals after which a row is set aside

MESSAGES = """SELECT seq, uuid, body, epoch_ms, CASE session WHEN ? THEN fresh_until END
    FROM posts JOIN passages USING (seq)"""


class Posts:
    """The passages that wait for the webhook's consumer.

    Raises:
        StoreError: the file cannot be read or written; every method raises it.
    """

    def __init__(self, database: Database) -> None:
        """Read and shorten what waits in `database`."""
        self._database = database
        self._store = Marks(database).store

    def next(self) -> Message | None:
        """The oldest that is not set aside."""
        rows = self._database.rows(
            f"{MESSAGES} WHERE refusals < ? ORDER BY seq LIMIT 1", (SESSION, TRIES)
        )
        if not rows:
            return None
        seq, uuid, body, epoch_ms, fresh_until = rows[0]
        return Message(seq, uuid, body, epoch_ms, fresh_until, self._store)

    def taken(self, seq: int) -> None:
        """The consumer has it; one that is not here any more is no fault."""
        self._database.change("DELETE FROM posts WHERE seq = ?", (seq,))

    def refused(self, seq: int) -> bool:
        """Note that the consumer does not want this one; gives whether it is now set aside."""
        with self._database.transaction():
            self._database.change("UPDATE posts SET refusals = refusals + 1 WHERE seq = ?", (seq,))
            rows = self._database.rows("SELECT refusals FROM posts WHERE seq = ?", (seq,))
        return bool(rows) and int(rows[0][0]) >= TRIES

    def bring_back(self) -> None:
        """Give everything that was set aside one more go."""
        self._database.change(
            "UPDATE posts SET refusals = ? WHERE refusals >= ?", (TRIES - 1, TRIES)
        )

    def waiting(self) -> int:
        """Rows that are still to be posted."""
        return self._count("SELECT count(*) FROM posts WHERE refusals < ?", TRIES)

    def set_aside(self) -> int:
        """Rows that the consumer has refused for good."""
        return self._count("SELECT count(*) FROM posts WHERE refusals >= ?", TRIES)

    def dropped(self) -> int:
        """Rows that gave way at the limit, ever."""
        return self._count("SELECT value FROM counters WHERE name = ?", "posts_dropped")

    def _count(self, sql: str, value: object) -> int:
        return int(self._database.rows(sql, (value,))[0][0])


def enqueue(database: Database, seq: int, hit: bool, size: int, until: float | None) -> None:
    """Let history row `seq`, whose body has `size` bytes, wait for the consumer.

    Belongs inside the transaction that writes the history row.
    """
    database.change(
        "INSERT INTO posts (seq, hit, bytes, session, fresh_until) VALUES (?, ?, ?, ?, ?)",
        (seq, hit, size, SESSION, until),
    )


def trim(database: Database, limit_bytes: int) -> None:
    """Drop the oldest rows, those that are no hit first, until the rest fits."""
    sum_of_bytes = "SELECT value FROM counters WHERE name = 'posts_bytes'"
    while int(database.rows(sum_of_bytes)[0][0]) > limit_bytes:
        database.change(
            "DELETE FROM posts WHERE seq = (SELECT seq FROM posts ORDER BY hit, seq LIMIT 1)"
        )
        database.change("UPDATE counters SET value = value + 1 WHERE name = 'posts_dropped'")
